//! Sending: check, seal, append to the log, durable. What then goes out and when is the exchange's business.

use std::sync::Arc;

use careplan::{Collection, Lang, Unit};
use musubi_protocol::{
    cbor::{self, Ext},
    delivery::{Outbound, State},
    entry::{Message, What},
    ids::{Address, Hash, Kind, MessageId, OfficeNumber},
    link::{Log, book},
    record::Record,
    seal::{self, ContentKey, Draft, Sealed, Suite, envelope::Begun, manifest::Month},
};
use musubi_store::{BodyId, Room, crash};
use serde_bytes::ByteBuf;
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use crate::{
    api::types::{FindingRow, Row},
    core::{Applied, Core, CoreError, Standing, rng},
    db::{Side, Writes},
    findings::{self, Reason},
    keys::Label,
    rows::{self, Rows},
};

/// Most bytes of one bundle. Attachments travel another way and may be larger.
pub const MAX_BUNDLE: u64 = 256 << 20;

/// What somebody wants sent.
#[derive(Debug, Default)]
pub struct Order {
    /// Files under their own names.
    pub files: Vec<(String, Vec<u8>)>,
    /// The sender, where the files leave it open or a check is wanted.
    pub from: Option<Address>,
    /// The receiver's kind, where the files leave it open.
    pub to_kind: Option<Kind>,
    /// Send even where a newer serial went out before.
    pub older: bool,
}

/// A unit that is ready to be sealed.
struct Ready {
    log: Log,
    draft: Draft,
    /// Positions in the order's files.
    files: Vec<usize>,
    /// Where what was sent is noted: for the unit itself, and for each document of which nothing newer was sent.
    marks: Vec<[u8; 32]>,
    serial: String,
    content: Hash,
    findings: Vec<FindingRow>,
}

/// What was sent: for a unit, or as the newest for one document.
#[derive(Serialize_tuple, Deserialize_tuple)]
struct Mark {
    serial: String,
    content: Hash,
    id: MessageId,
}

enum Verdict {
    Ready(Box<Ready>),
    Sent { id: MessageId, findings: Vec<FindingRow> },
    Refused(Box<Row>),
}

/// Checks, seals and appends; returns when everything accepted is durable. One row for each bundle, refused ones
/// included, in order of their serials, and one for each file that belongs to none.
///
/// Dropping the future does not call it off: sent again, everything is found sent.
///
/// # Errors
/// [`CoreError::DiskLow`] where the disk has no room for more mail; nothing was sent then. [`CoreError`] if store or
/// keys fail. Files that are no good are rows, not errors.
pub async fn send(core: &Arc<Core>, order: Order, lang: Lang) -> Result<Vec<Row>, CoreError> {
    let core = Arc::clone(core);
    let sending = tokio::spawn(async move { send_all(&core, order, lang).await });
    sending.await.map_err(|_| CoreError::Stopped)?
}

async fn send_all(core: &Arc<Core>, order: Order, lang: Lang) -> Result<Vec<Row>, CoreError> {
    let bytes = order.files.iter().map(|(_, bytes)| bytes.len() as u64).sum();
    if core.db.store().room_beside(bytes)? != Room::Ample {
        return Err(CoreError::DiskLow);
    }
    let order = Arc::new(order);
    let sorted = Arc::clone(&order);
    let (mut rows, units) = blocking(move || Ok(sort(&sorted, lang))).await?;
    let mut outcomes = Vec::new();
    let mut last: Option<Applied> = None;
    for unit in units {
        // Nobody else sends between the look at what was sent and the message: nothing goes twice.
        let _one_at_a_time = core.sending.lock().await;
        let (judging, files) = (Arc::clone(core), Arc::clone(&order));
        match blocking(move || judge(&judging, &files, unit, lang)).await? {
            Verdict::Refused(row) => rows.push(*row),
            Verdict::Sent { id, findings } => outcomes.push(Outcome::Sent { id, findings, already: true }),
            Verdict::Ready(ready) => {
                let findings = ready.findings.clone();
                let (sealing, files) = (Arc::clone(core), Arc::clone(&order));
                let (id, applied) = blocking(move || seal_unit(&sealing, &files, *ready)).await?;
                outcomes.push(Outcome::Sent { id, findings, already: false });
                // Batches become durable in order, so the last one speaks for all.
                last = Some(applied);
            }
        }
    }
    rows.extend(settled(core, outcomes, last).await?);
    rows.sort_by(|a, b| (&a.serial, &a.id).cmp(&(&b.serial, &b.id)));
    Ok(rows)
}

/// What became of one message that somebody wants sent.
pub(crate) enum Outcome {
    /// It is in the log, now or already.
    Sent {
        /// Which one it is.
        id: MessageId,
        /// What was found in its files.
        findings: Vec<FindingRow>,
        /// It was sent before.
        already: bool,
    },
    /// It cannot be sent.
    Refused(Box<Row>),
}

/// Waits until everything is durable, up to and with the batch that was applied last; rows in order.
pub(crate) async fn settled(
    core: &Arc<Core>,
    outcomes: Vec<Outcome>,
    last: Option<Applied>,
) -> Result<Vec<Row>, CoreError> {
    if let Some(applied) = last {
        core.settle(applied).await?;
    }
    // What was sent before may be a moment old.
    core.db.store().durable().await?;
    crash::point("send.durable");
    let mut lister = Rows::new(core);
    let mut row = |outcome| match outcome {
        Outcome::Refused(row) => Ok(*row),
        Outcome::Sent { id, findings, already } => {
            // It may have been announced anew meanwhile.
            let id = core.db.newest_id(id)?;
            let message = core.db.outbound(&id)?.ok_or(CoreError::NoMessage)?;
            Ok(Row { findings, already_sent: already, ..lister.outbound(id, &message)? })
        }
    };
    outcomes.into_iter().map(&mut row).collect()
}

/// Parses, hashes or seals up to 256 MiB: not on the threads that serve everybody.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CoreError> + Send + 'static,
) -> Result<T, CoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| CoreError::Stopped)?
}

/// Sorts files into units; files that belong to none become rows at once.
fn sort(order: &Order, lang: Lang) -> (Vec<Row>, Vec<Unit>) {
    let mut collection = Collection::new();
    for (name, bytes) in &order.files {
        collection.add(name, bytes);
    }
    let sorted = collection.sort();
    let strays = sorted.strays.iter().map(|(_, finding)| {
        let findings = vec![findings::standard_row(lang, finding)];
        Row { state: "refused".into(), findings, ..Row::default() }
    });
    (strays.collect(), sorted.units)
}

fn judge(core: &Core, order: &Order, mut unit: Unit, lang: Lang) -> Result<Verdict, CoreError> {
    let log = match ends(core, order, &mut unit)? {
        Ok(log) => log,
        Err((reason, values)) => {
            let own = findings::row(lang, reason, &values, None);
            return Ok(Verdict::Refused(Box::new(refused(&unit, None, vec![own], lang))));
        }
    };
    let size: u64 = unit.files().iter().map(|file| file.size() as u64).sum();
    let problem = may_not_send(core, log.from)?.or((size > MAX_BUNDLE).then_some(Reason::TooLarge));
    if let Some(reason) = problem {
        let values = [("address", log.from.to_string()), ("limit", (MAX_BUNDLE >> 20).to_string())];
        let own = findings::row(lang, reason, &values, None);
        return Ok(Verdict::Refused(Box::new(refused(&unit, Some(log), vec![own], lang))));
    }
    let Some(bundle) = unit.bundle().filter(|_| unit.is_sendable()) else {
        return Ok(Verdict::Refused(Box::new(refused(&unit, Some(log), Vec::new(), lang))));
    };
    let serial = unit.serial().to_string();
    let content = content_hash(order, &unit);
    let (of_unit, of_documents) = marks(core, log, &unit)?;
    let before = of_documents.iter().map(|mark| read_mark(core, mark)).collect::<Result<Vec<_>, _>>()?;
    let standard: Vec<FindingRow> =
        unit.findings().iter().map(|finding| findings::standard_row(lang, finding)).collect();
    if let Some(sent) = read_mark(core, &of_unit)?.filter(|sent| sent.content == content) {
        return Ok(Verdict::Sent { id: sent.id, findings: standard });
    }
    // The newest stays the newest, also where something older is sent on purpose.
    let is_newest = |before: &Option<Mark>| before.as_ref().is_none_or(|mark| mark.serial <= serial);
    let marks = of_documents.iter().zip(&before).filter(|(_, before)| is_newest(before)).map(|(mark, _)| *mark);
    let marks = marks.chain([of_unit]).collect();
    let newer = before.into_iter().flatten().find(|mark| mark.serial >= serial && mark.content != content);
    if let Some(mark) = newer
        && !order.older
    {
        let own = findings::row(lang, Reason::OlderSerial, &[("serial", mark.serial)], None);
        return Ok(Verdict::Refused(Box::new(refused(&unit, Some(log), vec![own], lang))));
    }
    let draft = Draft {
        bundle: Some(bundle.code().into()),
        month: unit.month().and_then(|month| Month::new(u32::from(month.year()) * 100 + u32::from(month.month()))),
        serial: Some(serial.clone()),
        edition: Some(unit.edition().to_string()),
        note: None,
        files: unit.files().iter().map(|file| (file.name().to_owned(), file.size() as u64)).collect(),
    };
    let files = unit.files().iter().map(careplan::File::position).collect();
    let findings = standard;
    Ok(Verdict::Ready(Box::new(Ready { log, draft, files, marks, serial, content, findings })))
}

/// Why nothing new may be sent from an own address, if that is so.
pub(crate) fn may_not_send(core: &Core, from: Address) -> Result<Option<Reason>, CoreError> {
    Ok(match core.may_send(from)? {
        Standing::NoCertificate => Some(Reason::NoCertificate),
        Standing::NotYetValid => Some(Reason::NotYetValid),
        Standing::Ended | Standing::Expired => Some(Reason::LicenceEnded),
        Standing::Revoked => Some(Reason::Revoked),
        Standing::Active | Standing::Grace => None,
    })
}

type Refusal = (Reason, Vec<(&'static str, String)>);

/// Who sends to whom: from the file names, from what the order says, or from what is known of either.
fn ends(core: &Core, order: &Order, unit: &mut Unit) -> Result<Result<Log, Refusal>, CoreError> {
    let office = |end: careplan::End| end.office.to_string().parse::<OfficeNumber>();
    // What `careplan` takes for an office number is one for us too; were it not, nobody here has it.
    let (Ok(sender), Ok(receiver)) = (office(unit.sender()), office(unit.receiver())) else {
        return Ok(Err((Reason::NotOurOffice, vec![("office", unit.sender().office.to_string())])));
    };
    if let Some(from) = order.from
        && from.office != sender
    {
        return Ok(Err((Reason::OtherSender, vec![("from", from.to_string()), ("office", sender.to_string())])));
    }
    let own = core.with_desks(|desks| {
        let desk = desks.iter().find(|desk| desk.kept().office() == sender)?;
        Some(desk.kept().kinds().to_vec())
    });
    let Some(own) = own else {
        return Ok(Err((Reason::NotOurOffice, vec![("office", sender.to_string())])));
    };
    let choices = own.iter().map(|kind| Address::new(sender, *kind).to_string()).collect::<Vec<_>>().join(", ");
    let in_name = |end: careplan::End| end.kind.and_then(|kind| kind.to_string().parse::<Kind>().ok());
    let named = (in_name(unit.sender()), in_name(unit.receiver()));
    // An option fills in what a name leaves open; it does not send a file elsewhere than its name says.
    if let (Some(from), Some(kind)) = (order.from, named.0)
        && from.kind != kind
    {
        let in_files = Address::new(sender, kind).to_string();
        return Ok(Err((Reason::OtherSender, vec![("from", from.to_string()), ("office", in_files)])));
    }
    if let (Some(wanted), Some(kind)) = (order.to_kind, named.1)
        && wanted != kind
    {
        let (kind, in_files) = (wanted.to_string(), Address::new(receiver, kind).to_string());
        return Ok(Err((Reason::OtherReceiver, vec![("kind", kind), ("office", in_files)])));
    }
    let from = order.from.map(|from| from.kind).or(named.0).or(only(&own));
    let Some(from) = from else {
        return Ok(Err((Reason::SenderKind, vec![("office", sender.to_string()), ("choices", choices)])));
    };
    let from = Address::new(sender, from);
    if !own.contains(&from.kind) {
        return Ok(Err((Reason::NotOurKind, vec![("address", from.to_string()), ("choices", choices)])));
    }
    let known = known_kinds(core, receiver)?;
    let Some(to) = order.to_kind.or(named.1).or(only(&known)) else {
        return Ok(Err((Reason::ReceiverKind, vec![("office", receiver.to_string())])));
    };
    let to = Address::new(receiver, to);
    if from == to {
        return Ok(Err((Reason::ToItself, vec![("from", from.to_string()), ("to", to.to_string())])));
    }
    let assume = |kind: Kind| kind.to_string().parse().ok();
    unit.assume_kinds(assume(from.kind), assume(to.kind));
    Ok(Ok(Log::new(from, to)))
}

fn only(kinds: &[Kind]) -> Option<Kind> {
    if let [kind] = kinds { Some(*kind) } else { None }
}

/// Kinds under which an office number is known here: own desks and partners that were admitted before.
fn known_kinds(core: &Core, office: OfficeNumber) -> Result<Vec<Kind>, CoreError> {
    let own = core.with_desks(|desks| {
        let of = desks.iter().filter(|desk| desk.kept().office() == office);
        of.flat_map(|desk| desk.kept().kinds().to_vec()).collect::<Vec<_>>()
    });
    let partners = core.db.partners()?.into_iter().map(|(address, _)| address);
    let mut kinds = own;
    kinds.extend(partners.filter(|address| address.office == office).map(|address| address.kind));
    kinds.sort_unstable();
    kinds.dedup();
    Ok(kinds)
}

fn refused(unit: &Unit, log: Option<Log>, mut own: Vec<FindingRow>, lang: Lang) -> Row {
    own.extend(unit.findings().iter().map(|finding| findings::standard_row(lang, finding)));
    Row {
        from: Some(log.map_or_else(|| unit.sender().to_string(), |log| log.from.to_string())),
        to: Some(log.map_or_else(|| unit.receiver().to_string(), |log| log.to.to_string())),
        bundle: unit.bundle().map(|bundle| bundle.code().into()),
        month: unit.month().map(|month| month.to_string()),
        serial: Some(unit.serial().to_string()),
        state: "refused".into(),
        findings: own,
        ..Row::default()
    }
}

/// What stands for the unit's content: the hashes of its files by name.
fn content_hash(order: &Order, unit: &Unit) -> Hash {
    let mut files: Vec<(&str, Hash)> =
        unit.files().iter().map(|file| (file.name(), Hash::of(&[&order.files[file.position()].1]))).collect();
    files.sort_unstable();
    let parts: Vec<Vec<u8>> = files.into_iter().map(|(name, hash)| [name.as_bytes(), &[0], &hash.0].concat()).collect();
    Hash::of(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// Where the unit and its documents stand among what was sent.
fn marks(core: &Core, log: Log, unit: &Unit) -> Result<([u8; 32], Vec<[u8; 32]>), CoreError> {
    let of_documents = unit.keys().into_iter().map(|key| {
        let cells = key.cells().collect::<Vec<_>>().join("\u{1f}");
        mark(core, &format!("{:?}", key.subject()), log, &cells)
    });
    let bundle = unit.bundle().map(|bundle| bundle.code()).unwrap_or_default();
    let of_unit = mark(core, &format!("unit {bundle}"), log, &unit.serial().to_string())?;
    Ok((of_unit, of_documents.collect::<Result<_, _>>()?))
}

/// Where something stands among what was sent: a hash under a secret, for keys name persons.
pub(crate) fn mark(core: &Core, subject: &str, log: Log, cells: &str) -> Result<[u8; 32], CoreError> {
    const SECRET: &str = "secret of sent marks";
    let secret = match core.db.meta::<ByteBuf>(SECRET)? {
        Some(wrapped) => core.keys.unwrap_key(Label::Sent, &[], &wrapped)?,
        None => {
            let secret = *ContentKey::generate(&mut rng()?).as_bytes();
            let mut writes = Writes::new();
            writes.meta(SECRET, &ByteBuf::from(core.keys.wrap(Label::Sent, &[], &secret)?))?;
            core.db.apply_lazily(writes)?;
            zeroize::Zeroizing::new(secret)
        }
    };
    let subject = format!("{subject}|{}|{}", log.from, log.to);
    Ok(Hash::of(&[secret.as_slice(), subject.as_bytes(), &[0], cells.as_bytes()]).0)
}

fn read_mark(core: &Core, key: &[u8; 32]) -> Result<Option<Mark>, CoreError> {
    let Some(wrapped) = core.db.sent(key)? else { return Ok(None) };
    let bytes = core.keys.unwrap(Label::Sent, key, &wrapped)?;
    let Ok(mark) = cbor::from_slice::<Mark>(&bytes, 4096) else { return Ok(None) };
    // The message may have been announced anew since.
    Ok(Some(Mark { id: core.db.newest_id(mark.id)?, ..mark }))
}

/// The message that was sent last under a mark.
pub(crate) fn sent_before(core: &Core, key: &[u8; 32]) -> Result<Option<MessageId>, CoreError> {
    Ok(read_mark(core, key)?.map(|mark| mark.id))
}

/// Whether the receiver has sent it back.
pub(crate) fn was_rejected(message: &Outbound) -> bool {
    message.receipts.has(What::Rejected)
}

/// A ciphertext, complete.
pub(crate) enum Body {
    /// Goes among the records.
    Small(Vec<u8>),
    /// Lies in a file, durable.
    File(BodyId),
}

/// What is kept with a message, beside what its partner gets.
pub(crate) struct Kept<'a> {
    /// Where it is noted that it was sent.
    pub marks: &'a [[u8; 32]],
    /// Its serial, if it has one.
    pub serial: &'a str,
    /// What stands for its content.
    pub content: Hash,
    /// What was found in its files.
    pub findings: &'a [FindingRow],
}

/// Seals one unit and appends its message.
fn seal_unit(core: &Arc<Core>, order: &Order, ready: Ready) -> Result<(MessageId, Applied), CoreError> {
    let files: Vec<&[u8]> = ready.files.iter().map(|at| order.files[*at].1.as_slice()).collect();
    let mut rng = rng()?;
    crash::point("send.checked");
    // The draft was made from these very files, so sealing cannot find other sizes.
    let (ciphertext, sealed) = seal::seal(ready.draft, &files, &mut rng).map_err(|_| CoreError::NoMessage)?;
    crash::point("send.sealed");
    // Written and synced before the logs are locked; one that comes to nothing is swept at the next start.
    let body = core.db.large_body(&ciphertext)?.map_or(Body::Small(ciphertext), Body::File);
    let Ready { log, marks, serial, content, findings, .. } = ready;
    append(core, log, &sealed, &body, &Kept { marks: &marks, serial: &serial, content, findings: &findings })
}

/// Appends a message: content, key, index, envelope and entry in one batch.
pub(crate) fn append(
    core: &Arc<Core>,
    log: Log,
    sealed: &Sealed,
    body: &Body,
    kept: &Kept<'_>,
) -> Result<(MessageId, Applied), CoreError> {
    // Before the logs are locked: it is most of the work.
    let begun = core.sealing_record(log.to)?.and_then(|record| begin_envelope(core, log.to, &record));
    let (id, applied) = core.change(|db, writes| {
        let header = header(sealed);
        let now = core.now();
        let body = match body {
            Body::File(file) => *file,
            Body::Small(bytes) => writes.new_body(db, bytes)?,
        };
        let (id, changes) =
            core.speak(log.from, |voice| Ok(book::announce(&db.book(log.from), log, header, voice, now)?))?;
        writes.changes(db, log.from, changes)?;
        writes.body(Side::Own, &id, body)?;
        keep_secrets(core, writes, id, sealed)?;
        keep_findings(core, writes, &id, kept.findings)?;
        if let Some(envelope) = begun.and_then(|begun| end_envelope(begun, &sealed.key, &id)) {
            writes.envelope(Side::Own, &id, &envelope)?;
        }
        let mark = Mark { serial: kept.serial.into(), content: kept.content, id };
        for key in kept.marks {
            writes.sent(
                key,
                &core.keys.wrap(Label::Sent, key, &cbor::to_vec(&mark).map_err(crate::db::DbError::from)?)?,
            )?;
        }
        Ok(id)
    })?;
    crash::point("send.applied");
    tracing::info!(id = %short(&id), from = %log.from, to = %log.to, bytes = sealed.header.length, "sealed");
    Ok((id, applied))
}

fn header(sealed: &Sealed) -> Message {
    let seal::Header { length, sha256, commitment } = sealed.header;
    Message { suite: Suite::XWing.number(), length, sha256, commitment, ext: Ext::none() }
}

/// Content key and index, wrapped for the disk.
fn keep_secrets(core: &Core, writes: &mut Writes, id: MessageId, sealed: &Sealed) -> Result<(), CoreError> {
    let manifest = sealed.manifest.to_vec().map_err(|_| CoreError::NoMessage)?;
    writes.content_key(Side::Own, &id, &core.keys.wrap(Label::ContentKey, &id.0, sealed.key.as_bytes())?)?;
    writes.index(Side::Own, &id, &core.keys.wrap(Label::Index, &id.0, &manifest)?)?;
    Ok(())
}

/// What the check found, for whoever looks at the message later.
fn keep_findings(core: &Core, writes: &mut Writes, id: &MessageId, findings: &[FindingRow]) -> Result<(), CoreError> {
    if findings.is_empty() {
        return Ok(());
    }
    let kept = &findings[..findings.len().min(rows::MAX_FINDINGS)];
    let bytes = cbor::to_vec(kept).map_err(crate::db::DbError::from)?;
    writes.findings(id, &core.keys.wrap(Label::Findings, &id.0, &bytes)?)?;
    Ok(())
}

/// Begins an envelope for a partner's newest sealing key; `None` if the record offers none that may be used.
fn begin_envelope(core: &Core, to: Address, record: &Record) -> Option<Begun> {
    Begun::new(&core.key_of(to, record)?, &mut rng().ok()?).ok()
}

fn end_envelope(begun: Begun, key: &ContentKey, id: &MessageId) -> Option<Vec<u8>> {
    begun.seal(key, id).ok()?.to_vec().ok()
}

/// The envelope of a message sent from here: the one at hand, or with `fresh` a new one; `None` without a record, and where
/// nothing is sealed for the partner's new key yet.
///
/// # Errors
/// [`CoreError`].
pub fn envelope_of(core: &Core, log: Log, id: &MessageId, fresh: bool) -> Result<Option<Vec<u8>>, CoreError> {
    // A partner may name any id: what was sealed for another must never be sealed for this one.
    if core.db.outbound(id)?.is_none_or(|message| message.log != log) {
        return Ok(None);
    }
    if !fresh && let Some(envelope) = core.db.envelope(Side::Own, id)? {
        return Ok(Some(envelope));
    }
    let (Some(record), Some(wrapped)) = (core.sealing_record(log.to)?, core.db.content_key(Side::Own, id)?) else {
        return Ok(None);
    };
    let key = ContentKey::from_bytes(*core.keys.unwrap_key(Label::ContentKey, &core.db.origin(id)?.0, &wrapped)?);
    let begun = begin_envelope(core, log.to, &record);
    let Some(envelope) = begun.and_then(|begun| end_envelope(begun, &key, id)) else { return Ok(None) };
    let mut writes = Writes::new();
    writes.envelope(Side::Own, id, &envelope)?;
    // Another can be made at any time: no need to wait for the disk.
    core.db.apply_lazily(writes)?;
    crash::point("envelope.made");
    Ok(Some(envelope))
}

/// Messages that are still to be delivered.
pub struct Pending {
    /// All of them.
    pub waiting: u64,
    /// Those that do not go on by themselves.
    pub held: u64,
}

/// Counts the messages of ours that are still to be delivered.
///
/// # Errors
/// [`CoreError`].
pub fn pending(core: &Core) -> Result<Pending, CoreError> {
    let rows = rows::outbox(core)?;
    let count = |states: &[&str]| rows.iter().filter(|row| states.contains(&row.state.as_str())).count() as u64;
    Ok(Pending { waiting: count(&[State::Sealed.name(), "waiting", "held"]), held: count(&["held"]) })
}

/// The first characters of an id, for logs.
#[must_use]
pub fn short(id: &MessageId) -> String {
    id.to_string().chars().take(8).collect()
}
