//! Attachments: files of any kind with a note, sealed while they come in.
//!
//! One worker, on a thread where waiting is allowed, takes the bytes of one request, in order, and seals them straight
//! into a body. It holds a chunk and a few pieces, whatever the sizes; plaintext never touches the disk. What is wrong
//! with a file refuses its message; the rest of the request is still read, so that its sender hears of everything at
//! once. If the request ends before it says that it is complete, what was being sealed is gone; messages that were
//! complete before stay.

use std::{io, mem, sync::Arc};

use bytes::Bytes;
use careplan::{FileName, Lang};
use musubi_protocol::{
    ids::Address,
    link::Log,
    seal::{
        self, Draft, Sealer,
        content::Error as SealError,
        manifest::{self, check_note},
        name,
    },
    time::DAY,
};
use musubi_store::{Room, crash};
use rand::rngs::StdRng;
use tokio::{runtime::Handle, sync::mpsc, task::JoinHandle};

use self::spool::Spool;
use crate::{
    api::types::{FindingRow, Row},
    core::{Applied, Core, CoreError, rng},
    db::DbError,
    findings::{self, Reason},
    outbox::{self, Outcome},
};

pub mod kind;
mod spool;

/// Handfuls of a request that wait for the worker.
const AHEAD: usize = 4;
/// Bytes that are handed over together.
const TOGETHER: usize = 128 << 10;
/// Most problems that are told of one message.
const MAX_PROBLEMS: usize = 100;
/// How long the same files to the same address count as sent already.
const SAME_FOR: u64 = DAY;
/// Characters of a name that is refused, as it is told.
const SHOWN: usize = 255;

/// What somebody wants sent, files aside.
#[derive(Clone, Debug)]
pub struct Order {
    /// The sender; may be left out where this node has one address only.
    pub from: Option<Address>,
    /// The receiver.
    pub to: Address,
    /// What is said with the files; with `each`, with every one of them.
    pub note: Option<String>,
    /// Each file is a message of its own.
    pub each: bool,
    /// Send even what was sent the same a short while ago.
    pub again: bool,
    /// Let programs through.
    pub programs: bool,
    /// Let files of the care-plan standard through as attachments, which nobody imports.
    pub standard: bool,
    /// How many bytes are to come about, if that is known.
    pub expected: Option<u64>,
}

/// A request whose files are coming. Dropped before [`Upload::finish`], the message that is not complete is gone.
pub struct Upload {
    core: Arc<Core>,
    /// What has come and is not handed over yet, and its bytes.
    held: (Vec<Part>, usize),
    parts: mpsc::Sender<Vec<Part>>,
    worker: JoinHandle<Result<Done, CoreError>>,
}

enum Part {
    File(String),
    Bytes(Bytes),
    End,
}

type Done = (Vec<Outcome>, Option<Applied>);

impl Upload {
    /// Begins. What is wrong with the order itself is told at the end, like everything.
    ///
    /// # Panics
    /// Outside a runtime.
    #[must_use]
    pub fn begin(core: &Arc<Core>, order: Order, lang: Lang) -> Self {
        let (parts, coming) = mpsc::channel(AHEAD);
        let working = Arc::clone(core);
        let worker = tokio::task::spawn_blocking(move || Worker::new(working, order, lang)?.run(coming));
        Self { core: Arc::clone(core), held: (Vec::new(), 0), parts, worker }
    }

    /// The next file begins.
    pub async fn file(&mut self, name: &str) {
        self.say(Part::File(name.into())).await;
    }

    /// The next bytes of the file that has begun.
    pub async fn bytes(&mut self, bytes: Bytes) {
        self.say(Part::Bytes(bytes)).await;
    }

    /// Everything has come: returns when what was accepted is durable. One row for each message, in order.
    ///
    /// Dropping the future does not call it off.
    ///
    /// # Errors
    /// [`CoreError`] if store or keys fail. Files that are no good are rows, not errors.
    pub async fn finish(mut self) -> Result<Vec<Row>, CoreError> {
        self.held.1 = TOGETHER;
        self.say(Part::End).await;
        let (outcomes, last) = (&mut self.worker).await.map_err(|_| CoreError::Stopped)??;
        outbox::settled(&self.core, outcomes, last).await
    }

    /// Hands parts over to the worker, small ones together: it is woken for each time.
    async fn say(&mut self, part: Part) {
        let (parts, bytes) = &mut self.held;
        // Empty files are held in memory, too.
        *bytes += size_of::<Part>();
        *bytes += match &part {
            Part::File(name) => name.len(),
            Part::Bytes(more) => more.len(),
            Part::End => 0,
        };
        parts.push(part);
        if TOGETHER <= *bytes {
            *bytes = 0;
            // A worker that has failed says why at the end.
            let _ = self.parts.send(mem::take(parts)).await;
        }
    }
}

impl Drop for Upload {
    /// A request that broke off: what came before is looked at all the same.
    fn drop(&mut self) {
        let (parts, _) = mem::take(&mut self.held);
        if let (false, Ok(runtime)) = (parts.is_empty(), Handle::try_current()) {
            let sender = self.parts.clone();
            // Nobody is left to hear of it.
            runtime.spawn(async move { drop(sender.send(parts).await) });
        }
    }
}

struct Worker {
    core: Arc<Core>,
    order: Order,
    lang: Lang,
    rng: StdRng,
    /// From whom to whom, or what is wrong with the order.
    log: Result<Log, FindingRow>,
    message: Option<Message>,
    outcomes: Vec<Outcome>,
    last: Option<Applied>,
}

/// A message in the making.
struct Message {
    /// None once something is wrong with it.
    sealer: Option<Sealer<Spool>>,
    problems: Vec<FindingRow>,
    files: u64,
    size: u64,
    file: Option<OpenFile>,
}

struct OpenFile {
    name: String,
    size: u64,
    /// Its first bytes until there are enough to tell what it is.
    head: Option<Vec<u8>>,
}

impl Worker {
    fn new(core: Arc<Core>, mut order: Order, lang: Lang) -> Result<Self, CoreError> {
        // Consoles and forms end lines in their own ways, and an empty note is none.
        let note = order.note.take().map(|note| note.replace("\r\n", "\n").trim_end().to_owned());
        order.note = note.filter(|note| !note.is_empty());
        let log = log_of(&core, &order)?.map_err(|(reason, values)| findings::row(lang, reason, &values, None));
        Ok(Self { core, order, lang, rng: rng()?, log, message: None, outcomes: Vec::new(), last: None })
    }

    fn run(mut self, mut coming: mpsc::Receiver<Vec<Part>>) -> Result<Done, CoreError> {
        while let Some(parts) = coming.blocking_recv() {
            for part in parts {
                match part {
                    Part::File(name) => {
                        self.end_file()?;
                        if self.order.each {
                            self.end_message()?;
                        }
                        self.begin_file(&name)?;
                    }
                    Part::Bytes(bytes) => self.bytes(&bytes)?,
                    Part::End => {
                        self.end_file()?;
                        self.end_message()?;
                        return Ok((self.outcomes, self.last));
                    }
                }
            }
        }
        // The request broke off: half a file is no file.
        Ok((self.outcomes, self.last))
    }

    fn begin_file(&mut self, name: &str) -> Result<(), CoreError> {
        let mut message = match self.message.take() {
            Some(message) => message,
            None => self.begin_message()?,
        };
        message.files += 1;
        let most = self.core.attachments.files;
        if !self.order.each && message.files == most + 1 {
            self.refuse(&mut message, Reason::TooManyFiles, &[("limit", most.to_string())], None);
        }
        if name::check(name).is_err() {
            self.refuse(&mut message, Reason::FileName, &[], Some(name));
        } else if !self.order.standard && name.parse::<FileName>().is_ok() {
            self.refuse(&mut message, Reason::StandardFile, &[], Some(name));
        }
        match message.sealer.as_mut().map(|sealer| sealer.begin_file(name)) {
            None | Some(Ok(())) => {}
            Some(Err(SealError::Manifest(manifest::Error::Count(_)))) => {
                let limit = manifest::MAX_FILES.to_string();
                self.refuse(&mut message, Reason::TooManyFiles, &[("limit", limit)], None);
            }
            Some(Err(_)) => self.refuse(&mut message, Reason::SameName, &[], Some(name)),
        }
        message.file = Some(OpenFile { name: name.into(), size: 0, head: Some(Vec::new()) });
        self.message = Some(message);
        Ok(())
    }

    fn begin_message(&mut self) -> Result<Message, CoreError> {
        let draft = Draft { note: self.order.note.clone(), ..Draft::default() };
        let mut message = Message { sealer: None, problems: Vec::new(), files: 0, size: 0, file: None };
        match &self.log {
            Err(problem) => message.problems.push(problem.clone()),
            Ok(_) => match Sealer::growing(draft, Spool::new(self.core.db.store().clone()), &mut self.rng) {
                Ok(sealer) => message.sealer = Some(sealer),
                Err(_) => return Err(CoreError::NoMessage),
            },
        }
        Ok(message)
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), CoreError> {
        let Some(mut message) = self.message.take() else { return Ok(()) };
        if let Some(file) = &mut message.file {
            file.size += bytes.len() as u64;
            message.size += bytes.len() as u64;
            if let Some(head) = &mut file.head {
                // Bytes beyond the head are sealed with it.
                head.extend_from_slice(bytes);
                if head.len() >= kind::HEAD {
                    self.judge(&mut message)?;
                }
            } else {
                self.seal(&mut message, bytes)?;
            }
        }
        let limits = self.core.attachments;
        for (size, limit) in [(message.file_size(), limits.file_mib), (message.size, limits.message_mib)] {
            if message.sealer.is_some() && size > limit << 20 {
                let name = message.file.as_ref().map(|file| file.name.clone());
                self.refuse(&mut message, Reason::TooLarge, &[("limit", limit.to_string())], name.as_deref());
            }
        }
        self.message = Some(message);
        Ok(())
    }

    /// Looks what the open file is, now that its first bytes are here, and seals them.
    fn judge(&mut self, message: &mut Message) -> Result<(), CoreError> {
        let Some(file) = &mut message.file else { return Ok(()) };
        let Some(head) = file.head.take() else { return Ok(()) };
        let name = file.name.clone();
        let first = &head[..head.len().min(kind::HEAD)];
        match kind::judge(&name, first, self.order.programs) {
            Ok(_) => {}
            Err(kind::Unfit::Program) => self.refuse(message, Reason::Program, &[], Some(&name)),
            Err(kind::Unfit::OtherContent) => self.refuse(message, Reason::OtherContent, &[], Some(&name)),
        }
        self.seal(message, &head)
    }

    fn seal(&self, message: &mut Message, bytes: &[u8]) -> Result<(), CoreError> {
        match message.sealer.as_mut().map(|sealer| sealer.write(bytes)) {
            None | Some(Ok(())) => Ok(()),
            Some(Err(error)) => self.unsealed(message, error),
        }
    }

    /// Sealing failed: a full disk refuses the message, anything else is a fault here.
    fn unsealed(&self, message: &mut Message, error: SealError) -> Result<(), CoreError> {
        match error {
            SealError::Sink(cause) if is_full(&cause) => self.refuse(message, Reason::DiskFull, &[], None),
            SealError::Sink(cause) => return Err(DbError::from(musubi_store::bodies::BodyError::from(cause)).into()),
            SealError::Manifest(manifest::Error::TooLarge) => {
                let limit = self.core.attachments.message_mib.to_string();
                self.refuse(message, Reason::TooLarge, &[("limit", limit)], None);
            }
            _ => return Err(CoreError::NoMessage),
        }
        Ok(())
    }

    fn end_file(&mut self) -> Result<(), CoreError> {
        let Some(mut message) = self.message.take() else { return Ok(()) };
        self.judge(&mut message)?;
        if message.file.take().is_some()
            && let Some(sealer) = &mut message.sealer
        {
            sealer.end_file().map_err(|_| CoreError::NoMessage)?;
        }
        self.message = Some(message);
        Ok(())
    }

    fn end_message(&mut self) -> Result<(), CoreError> {
        let Some(mut message) = self.message.take() else { return Ok(()) };
        if let (Some(sealer), Ok(log)) = (message.sealer.take(), &self.log) {
            match sealer.finish() {
                Ok((sealed, spool)) => {
                    let outcome = self.keep(*log, &sealed, spool)?;
                    self.outcomes.push(outcome);
                    return Ok(());
                }
                Err(error) => self.unsealed(&mut message, error)?,
            }
        }
        let from = self.log.as_ref().map_or(self.order.from, |log| Some(log.from));
        self.outcomes.push(Outcome::Refused(Box::new(Row {
            from: from.map(|from| from.to_string()),
            to: Some(self.order.to.to_string()),
            state: "refused".into(),
            findings: message.problems,
            ..Row::default()
        })));
        Ok(())
    }

    /// Appends a sealed message to the log, unless the same was sent a short while ago.
    fn keep(&mut self, log: Log, sealed: &seal::Sealed, spool: Spool) -> Result<Outcome, CoreError> {
        let core = &self.core;
        let body = spool.finish()?;
        crash::point("attachments.sealed");
        // Nobody else sends between the look at what was sent and the message: two clicks send once.
        let _one_at_a_time = core.sending.blocking_lock();
        // The manifest tells names, contents and note, and nothing else.
        let content = sealed.manifest_sha256;
        let mark = outbox::mark(core, "attachments", log, &content.to_string())?;
        if !self.order.again
            && let Some(before) = outbox::sent_before(core, &mark)?
            && let Some(message) = core.db.outbound(&before)?
            && message.ended.is_none()
            && !outbox::was_rejected(&message)
            && core.now().since(message.sealed_at) < SAME_FOR
        {
            spool::forget(core.db.store(), &body);
            return Ok(Outcome::Sent { id: before, findings: Vec::new(), already: true });
        }
        let kept = outbox::Kept { marks: &[mark], serial: "", content, findings: &[] };
        let (id, applied) =
            outbox::append(core, log, sealed, &body, &kept).inspect_err(|_| spool::forget(core.db.store(), &body))?;
        // Batches become durable in order, so the last one speaks for all.
        self.last = Some(applied);
        Ok(Outcome::Sent { id, findings: Vec::new(), already: false })
    }

    /// Notes what is wrong; what was sealed of the message goes.
    fn refuse(&self, message: &mut Message, reason: Reason, values: &[(&str, String)], file: Option<&str>) {
        message.sealer = None;
        if message.problems.len() < MAX_PROBLEMS {
            let file = file.map(|name| name.chars().take(SHOWN).collect());
            message.problems.push(findings::row(self.lang, reason, values, file));
        }
    }
}

impl Message {
    fn file_size(&self) -> u64 {
        self.file.as_ref().map_or(0, |file| file.size)
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

type Refusal = (Reason, Vec<(&'static str, String)>);

/// Who sends to whom, and whether anything can be sent at all.
fn log_of(core: &Core, order: &Order) -> Result<Result<Log, Refusal>, CoreError> {
    let own: Vec<Address> = core.with_desks(|desks| {
        let of = |desk: &crate::desk::Desk| {
            let office = desk.kept().office();
            desk.kept().kinds().iter().map(move |kind| Address::new(office, *kind)).collect::<Vec<_>>()
        };
        desks.iter().flat_map(of).collect()
    });
    let choices = own.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let from = match (order.from, own.as_slice()) {
        (Some(from), own) if own.contains(&from) => from,
        (Some(from), _) => {
            return Ok(Err((Reason::NotOurAddress, vec![("address", from.to_string()), ("choices", choices)])));
        }
        (None, [from]) => *from,
        (None, _) => return Ok(Err((Reason::WhichSender, vec![("choices", choices)]))),
    };
    if from == order.to {
        return Ok(Err((Reason::ToItself, vec![("from", from.to_string()), ("to", order.to.to_string())])));
    }
    if let Some(reason) = outbox::may_not_send(core, from)? {
        return Ok(Err((reason, vec![("address", from.to_string())])));
    }
    if order.note.as_ref().is_some_and(|note| check_note(note).is_err()) {
        return Ok(Err((Reason::Note, vec![("limit", manifest::MAX_NOTE.to_string())])));
    }
    if core.db.store().room_beside(order.expected.unwrap_or_default())? != Room::Ample {
        return Ok(Err((Reason::DiskFull, Vec::new())));
    }
    Ok(Ok(Log::new(from, order.to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_full_disk_is_told_as_one() {
        assert!(is_full(&io::ErrorKind::StorageFull.into()));
        assert!(!is_full(&io::ErrorKind::PermissionDenied.into()));
    }
}
