//! Receiving: judge an entry, take its body, sign for it; later open it and hand its files over.

use std::{
    io::{self, Read, Seek, SeekFrom, Write},
    sync::Arc,
};

use bytes::Bytes;
use musubi_protocol::{
    certificate::{Leaf, LeafIn, Role},
    entry::{Body, By, Entry, Message, Position, What},
    ids::{Hash, MessageId},
    link::{
        Log,
        book::{self, Arrival, Taken},
        frame::{INLINE_BODY, Stop},
        recovery as rules,
    },
    seal::{self, ContentKey, Envelope, Opener, length, opener},
    signed::{Signed, Unverified},
};
use musubi_store::{BodyId, Room, Store, crash};
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};

use crate::{
    core::{Applied, Core, CoreError},
    db::{Side, Writes},
    keys::Label,
    outbox::short,
    transparency,
};

/// Most second entries of one log that are kept as evidence: one proves a fork.
const MAX_FORKS: usize = 16;
/// Most messages of one log that may be announced while their bodies are not here; the next one is answered "busy".
pub const MAX_INCOMPLETE: usize = 64;

/// What came with an entry.
pub struct Parcel {
    /// The log it belongs to, as the frame says.
    pub log: Log,
    /// Signed bytes.
    pub entry: Vec<u8>,
    /// Envelope, or empty.
    pub envelope: Vec<u8>,
    /// Whole ciphertext, or empty.
    pub body: Vec<u8>,
}

impl Parcel {
    /// Bytes that it holds.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.entry.len() + self.envelope.len() + self.body.len()
    }
}

/// What became of an entry.
pub enum Received {
    /// Applied; `have` may be said once all that was applied is durable.
    New {
        /// A body that is still missing, to be asked for.
        missing: Option<MessageId>,
        /// A message whose envelope cannot be opened.
        need_envelope: Option<MessageId>,
    },
    /// Held already.
    Known,
    /// Earlier entries are missing.
    Gap((u64, u64)),
    /// It names an entry of our own log that is not here.
    Behind(Position),
    /// Not taken.
    Refused(Stop),
}

/// An entry whose signature holds, and what its envelope gave. Nothing of it depends on what was received before.
pub struct Prepared {
    entry: Signed<Entry>,
    /// Whether the sender's licence covers the entry's time.
    covered: bool,
    /// Whether the body, if it came, is the one that the entry announces.
    matches: bool,
    /// Of a message that may be taken.
    opened: Option<Opened>,
}

/// Checks an entry from the desk with this certificate, and tries its envelope. Blocks: on keys. Several may be checked
/// at the same time; they are [received](receive) in their order.
///
/// # Errors
/// [`CoreError`] if the store fails; what is wrong with the entry is a [`Stop`].
pub fn prepare(core: &Core, leaf: &Leaf, parcel: &Parcel) -> Result<Result<Prepared, Stop>, CoreError> {
    let (entry, covered) = match verify(core, leaf, parcel)? {
        Ok(verified) => verified,
        Err(stop) => return Ok(Err(stop)),
    };
    let Body::Message(header) = &entry.value().body else {
        return Ok(Ok(Prepared { entry, covered, matches: true, opened: None }));
    };
    let matches = parcel.body.is_empty() || (header.length <= INLINE_BODY && matches(header, &parcel.body));
    let opened = match covered && matches {
        true => Some(open(core, parcel.log, &entry.id(), header, parcel)?),
        false => None,
    };
    Ok(Ok(Prepared { entry, covered, matches, opened }))
}

/// Takes an entry that was [checked](prepare). Blocks: on the disk for a long body.
///
/// # Errors
/// [`CoreError`] if the store fails; what is wrong with the entry is [`Received::Refused`].
pub fn receive(core: &Arc<Core>, parcel: Parcel, prepared: Result<Prepared, Stop>) -> Result<Received, CoreError> {
    let Prepared { entry, covered, matches, opened } = match prepared {
        Ok(prepared) => prepared,
        Err(stop) => return Ok(Received::Refused(stop)),
    };
    let id = entry.id();
    let stop = match &entry.value().body {
        // What was sealed in time is taken, whatever certificate speaks by now.
        Body::Message(header) => bounds(core, covered, matches, header, &parcel)?,
        _ => (core.db.store().room()? == Room::Rest).then_some(Stop::Busy),
    };
    if let Some(stop) = stop {
        return Ok(Received::Refused(stop));
    }
    crash::point("receive.checked");
    let fork = entry.clone();
    // Made before the logs are locked: it waits for the disk. One that is not used is swept at the next start.
    let wants_file = opened.is_some() && parcel.body.is_empty() && core.db.inbound(&id)?.is_none();
    let file = match wants_file {
        true => Some(core.db.store().bodies().create().map_err(crate::db::DbError::from)?),
        false => None,
    };
    // Whoever answers waits for all that was applied by then.
    let (taken, _applied) = core.change(|db, writes| {
        let arrival = opened.as_ref().map_or(Arrival { body: false, envelope: false }, |opened| opened.arrival);
        let now = core.now();
        let taken =
            core.speak(parcel.log.to, |voice| Ok(book::take(&db.book(parcel.log.to), entry, arrival, voice, now)?))?;
        if let (Taken::New(_), Some(opened)) = (&taken, &opened) {
            let body = match file {
                Some(file) => file,
                None => writes.new_body(db, &parcel.body)?,
            };
            writes.body(Side::Partner, &id, body)?;
            opened.keep(core, writes, &id, &parcel.envelope)?;
        }
        match &taken {
            Taken::New(changes) => {
                if let Body::Cancel(ended) | Body::Expire(ended) = &fork.value().body
                    && db.inbound(&ended.id)?.is_some_and(|message| message.log == parcel.log && !message.is_complete())
                {
                    // Nobody will ask for the rest.
                    writes.discard_body(db, Side::Partner, &ended.id)?;
                }
                writes.changes(db, parcel.log.to, changes.clone())?;
            }
            Taken::Refused(Stop::Fork) if db.forks_of(parcel.log)? < MAX_FORKS => writes.fork(&fork)?,
            _ => {}
        }
        Ok(taken)
    })?;
    crash::point("receive.applied");
    if matches!(taken, Taken::New(_)) {
        transparency::compare_entry(core, &fork)?;
    }
    if let (Some(file), false) = (file, matches!(taken, Taken::New(_))) {
        core.db.store().bodies().remove(file).map_err(crate::db::DbError::from)?;
    }
    Ok(match taken {
        Taken::New(_) => {
            let arrival = opened.as_ref().map(|opened| opened.arrival);
            Received::New {
                missing: arrival.filter(|arrival| !arrival.body).map(|_| id),
                need_envelope: opened.as_ref().filter(|opened| !opened.good).map(|_| id),
            }
        }
        Taken::Known => Received::Known,
        Taken::Gap(head) => Received::Gap(head.at()),
        Taken::Behind(named) => Received::Behind(named),
        Taken::Refused(stop) => {
            tracing::warn!(from = %parcel.log.from, to = %parcel.log.to, ?stop, "an entry was refused");
            Received::Refused(stop)
        }
    })
}

/// Checks frame against entry and the signature, by the admitted certificate or an older one of the same desk; says
/// whether its licence covers the entry's time.
fn verify(core: &Core, leaf: &Leaf, parcel: &Parcel) -> Result<Result<(Signed<Entry>, bool), Stop>, CoreError> {
    let Ok(entry) = Unverified::<Entry>::from_bytes(&parcel.entry) else { return Ok(Err(Stop::Invalid)) };
    let claim = entry.claim();
    if (claim.from, claim.to) != (parcel.log.from, parcel.log.to) {
        return Ok(Err(Stop::Invalid));
    }
    let (signer, time) = (claim.signer, claim.time);
    let signed_by = |by: &LeafIn, entry: Unverified<Entry>| {
        let covered = core.trust.covers(by, time);
        entry.verify(by.key()).map(|entry| (entry, covered)).map_err(|_| Stop::Invalid)
    };
    if signer == leaf.hash() {
        return Ok(signed_by(leaf, entry));
    }
    // An older certificate of the same desk: judged like any other, against now.
    let Some((issuer, der)) = core.db.certificate(&signer)? else { return Ok(Err(Stop::Invalid)) };
    let Ok(older) = LeafIn::parse(&der) else { return Ok(Err(Stop::Invalid)) };
    if older.role() != Role::Office || !older.holds(&parcel.log.from) {
        return Ok(Err(Stop::Invalid));
    }
    if core.trust.certificate(&der, &issuer).is_err() {
        let Some(trust) = core.trust.trust() else { return Ok(Err(Stop::NotAdmitted)) };
        // Unless it counted when this entry was here first, and was lost.
        let was_here = rules::was_here(&core.db.book(parcel.log.to), &entry)?;
        let was_good = trust.judge_but_revocation(&der, &issuer, older.not_after()).is_ok();
        if !(was_here && was_good) {
            return Ok(Err(Stop::NotAdmitted));
        }
    }
    Ok(signed_by(&older, entry))
}

/// What a partner can grow is bounded, and what was sealed after the licence ended is not taken.
fn bounds(
    core: &Core,
    covered: bool,
    matches: bool,
    header: &Message,
    parcel: &Parcel,
) -> Result<Option<Stop>, CoreError> {
    if !covered {
        return Ok(Some(Stop::Licence));
    }
    let Some(plain) = length::plaintext_len(header.length) else { return Ok(Some(Stop::Invalid)) };
    if !matches {
        return Ok(Some(Stop::Invalid));
    }
    let whole = !parcel.body.is_empty();
    let incomplete = if whole { Vec::new() } else { core.db.incomplete(parcel.log)? };
    let mut announced = header.length;
    let mut without_body = 0;
    for id in &incomplete {
        // One that waits for an envelope only takes no room that it does not have already.
        without_body += usize::from(core.db.inbound(id)?.is_none_or(|inbound| !inbound.body));
        announced = announced.saturating_add(partial(core, parcel.log, id)?.map_or(0, |partial| partial.rest()));
    }
    let room = core.db.store().room_beside(announced)? == Room::Ample;
    let busy = plain > core.attachments.receive_mib << 20 || !room || without_body >= MAX_INCOMPLETE;
    Ok(busy.then_some(Stop::Busy))
}

fn matches(header: &Message, body: &[u8]) -> bool {
    seal_header(header).matches(body)
}

const fn seal_header(header: &Message) -> seal::Header {
    seal::Header { length: header.length, sha256: header.sha256, commitment: header.commitment }
}

/// What could be done with envelope and body on arrival.
struct Opened {
    /// The envelope counts as arrived once it was tried on the whole body: only then is the commitment proven.
    arrival: Arrival,
    /// The envelope opens, as far as that can be told now.
    good: bool,
    /// Content key and manifest bytes, if the reading lock is open and the envelope was good.
    secrets: Option<(ContentKey, Option<Vec<u8>>)>,
}

impl Opened {
    fn keep(&self, core: &Core, writes: &mut Writes, id: &MessageId, envelope: &[u8]) -> Result<(), CoreError> {
        if self.good {
            writes.envelope(Side::Partner, id, envelope)?;
        }
        if let Some((key, manifest)) = &self.secrets {
            writes.content_key(Side::Partner, id, &core.keys.wrap(Label::ContentKey, &id.0, key.as_bytes())?)?;
            if let Some(manifest) = manifest {
                writes.index(Side::Partner, id, &core.keys.wrap(Label::Index, &id.0, manifest)?)?;
            }
        }
        Ok(())
    }
}

fn open(core: &Core, log: Log, id: &MessageId, header: &Message, parcel: &Parcel) -> Result<Opened, CoreError> {
    let body = !parcel.body.is_empty();
    let source = body.then(|| io::Cursor::new(&parcel.body));
    open_with(core, log, id, header, &parcel.envelope, source, body)
}

/// Tries an envelope. With the reading lock open it must open and, as far as the body is here, satisfy the
/// commitment; with the lock closed it must be for a sealing key of this desk.
fn open_with<R: Read + Seek>(
    core: &Core,
    log: Log,
    id: &MessageId,
    header: &Message,
    envelope: &[u8],
    source: Option<R>,
    body: bool,
) -> Result<Opened, CoreError> {
    let unopened = Opened { arrival: Arrival { body, envelope: false }, good: false, secrets: None };
    let Ok(envelope) = Envelope::from_slice(envelope) else { return Ok(unopened) };
    let key = core.with_desks(|desks| {
        let desk = desks.iter().find(|desk| desk.holds(log.to))?;
        envelope.open(desk.sealing.iter().map(|sealing| &sealing.pair), id).ok()
    });
    let Some(key) = key else { return Ok(unopened) };
    let manifest = match source {
        None => None,
        Some(source) => match Opener::new(&key, source, &seal_header(header)) {
            Ok(opener) => Some(opener.manifest_bytes().to_vec()),
            Err(error) if error.needs_envelope() => return Ok(unopened),
            // Delivered all the same: that it cannot be read is the reader's finding, not the carrier's.
            Err(error) => {
                tracing::warn!(id = %short(id), %error, "a message arrived that cannot be read");
                None
            }
        },
    };
    Ok(Opened { arrival: Arrival { body, envelope: body }, good: true, secrets: Some((key, manifest)) })
}

/// Takes another envelope for a message that waits for one. `None` if it does not open either, or none is waited for.
///
/// # Errors
/// [`CoreError`].
pub fn take_envelope(core: &Arc<Core>, log: Log, id: MessageId, envelope: &[u8]) -> Result<Option<Applied>, CoreError> {
    let applied = try_envelope(core, log, id, envelope)?;
    // The body may have been completed while this one was tried without it.
    let late = core.db.inbound(&id)?.is_some_and(|inbound| inbound.body && !inbound.is_complete());
    if applied.is_some() && late { try_envelope(core, log, id, envelope) } else { Ok(applied) }
}

fn try_envelope(core: &Arc<Core>, log: Log, id: MessageId, envelope: &[u8]) -> Result<Option<Applied>, CoreError> {
    let Some(inbound) = core.db.inbound(&id)? else { return Ok(None) };
    if inbound.log != log || inbound.envelope {
        return Ok(None);
    }
    let source = if inbound.body { body_reader(core, Side::Partner, &id)? } else { None };
    let opened = open_with(core, log, &id, &inbound.header, envelope, source, inbound.body)?;
    if !opened.good {
        return Ok(None);
    }
    let ((), applied) = core.change(|db, writes| {
        let now = core.now();
        let changes =
            core.speak(log.to, |voice| Ok(book::complete(&db.book(log.to), id, opened.arrival, voice, now)?))?;
        opened.keep(core, writes, &id, envelope)?;
        Ok(writes.changes(db, log.to, changes)?)
    })?;
    Ok(Some(applied))
}

/// A body on its way: where it lies and how much of it is here.
pub struct Partial {
    body: BodyId,
    length: u64,
    sha256: Hash,
    /// Bytes that are here.
    pub at: u64,
    /// Over all bytes that are here. None until it is needed: what came before a break is read once then.
    hasher: Option<Sha256>,
}

/// A message's body that is still to come; `None` if nothing of it is wanted.
///
/// # Errors
/// [`CoreError`].
pub fn partial(core: &Core, log: Log, id: &MessageId) -> Result<Option<Partial>, CoreError> {
    let (Some(inbound), Some(body)) = (core.db.inbound(id)?, core.db.body(Side::Partner, id)?) else { return Ok(None) };
    if inbound.log != log || inbound.body || inbound.ended.is_some() {
        return Ok(None);
    }
    let at = core.db.store().bodies().len(body).map_err(crate::db::DbError::from)?;
    Ok(Some(Partial { body, length: inbound.header.length, sha256: inbound.header.sha256, at, hasher: None }))
}

impl Partial {
    /// Bytes still missing.
    #[must_use]
    pub const fn rest(&self) -> u64 {
        self.length.saturating_sub(self.at)
    }

    /// Appends bytes; blocks on the disk.
    ///
    /// # Errors
    /// [`CoreError`], and [`CoreError::NoMessage`] for more bytes than announced.
    pub fn append(&mut self, store: &Store, bytes: &[u8]) -> Result<(), CoreError> {
        if bytes.len() as u64 > self.rest() {
            return Err(CoreError::NoMessage);
        }
        let mut hasher = self.hashed(store)?;
        self.at = store.bodies().append(self.body, self.at, bytes).map_err(crate::db::DbError::from)?;
        hasher.update(bytes);
        self.hasher = Some(hasher);
        Ok(())
    }

    /// The hash so far: the one that grew with the pieces, or one over what lies on the disk.
    fn hashed(&mut self, store: &Store) -> Result<Sha256, CoreError> {
        if let Some(hasher) = self.hasher.take() {
            return Ok(hasher);
        }
        let mut hasher = Sha256::new();
        let mut reader = BodyReader { store: store.clone(), body: self.body, at: 0, length: self.at };
        let mut piece = vec![0; 256 << 10];
        loop {
            match reader.read(&mut piece) {
                Ok(0) => return Ok(hasher),
                Ok(count) => hasher.update(&piece[..count]),
                Err(_) => return Err(CoreError::Stopped),
            }
        }
    }

    /// Makes the body durable and checks its hash, which grew with it; a body that does not match begins again at 0.
    /// Blocks.
    ///
    /// # Errors
    /// [`CoreError`].
    pub fn check(&mut self, store: &Store) -> Result<bool, CoreError> {
        let bodies = store.bodies();
        let broken = crate::db::DbError::from;
        bodies.sync(self.body).map_err(broken)?;
        let hasher = self.hashed(store)?;
        let good = Hash(hasher.finalize().into()) == self.sha256;
        if !good {
            bodies.truncate(self.body, 0).map_err(broken)?;
            self.at = 0;
        }
        Ok(good)
    }
}

/// Notes that a body is complete and durable. Opens the message if it can; an envelope that turns out not to open it
/// is forgotten, so that another is asked for.
///
/// # Errors
/// [`CoreError`].
pub fn body_complete(core: &Arc<Core>, log: Log, id: MessageId) -> Result<Applied, CoreError> {
    let inbound = core.db.inbound(&id)?.ok_or(CoreError::NoMessage)?;
    let envelope = core.db.envelope(Side::Partner, &id)?.unwrap_or_default();
    let opened = open_with(core, log, &id, &inbound.header, &envelope, body_reader(core, Side::Partner, &id)?, true)?;
    let ((), applied) = core.change(|db, writes| {
        let now = core.now();
        let changes =
            core.speak(log.to, |voice| Ok(book::complete(&db.book(log.to), id, opened.arrival, voice, now)?))?;
        if opened.good {
            opened.keep(core, writes, &id, &envelope)?;
        } else {
            writes.no_envelope(Side::Partner, &id)?;
        }
        Ok(writes.changes(db, log.to, changes)?)
    })?;
    crash::point("receive.body");
    Ok(applied)
}

/// One file of a message on its way out, in pieces of at most 64 KiB.
///
/// Every piece has passed the authentication of its chunk. The last one comes only when the whole file has its hash,
/// so a file that came to its end is good. Dropped, nothing more is read and nothing signed.
#[derive(Debug)]
pub struct Handed {
    /// The file's size.
    pub bytes: u64,
    pieces: mpsc::Receiver<Result<Bytes, CoreError>>,
}

impl Handed {
    /// The next piece; none after the last.
    ///
    /// # Errors
    /// [`CoreError::NoMessage`] if the rest cannot be read; what came before must be thrown away.
    pub async fn next(&mut self) -> Option<Result<Bytes, CoreError>> {
        self.pieces.recv().await
    }

    /// All of it, for files that are known to be small.
    ///
    /// # Errors
    /// As [`Handed::next`].
    pub async fn whole(mut self) -> Result<Vec<u8>, CoreError> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.next().await {
            bytes.extend_from_slice(&piece?);
        }
        Ok(bytes)
    }
}

/// Opens one file of a message, to be taken piece by piece. With `by`, a message for us is signed `opened`, once,
/// before the last piece comes.
///
/// # Errors
/// [`CoreError::NoMessage`] if there is none, or its content cannot be read; [`CoreError::Key`] while the reading
/// lock is closed.
pub async fn hand_over(core: &Arc<Core>, id: MessageId, index: usize, by: Option<By>) -> Result<Handed, CoreError> {
    let (begun, beginning) = oneshot::channel();
    let (sink, pieces) = mpsc::channel(2);
    let worker = Arc::clone(core);
    tokio::task::spawn_blocking(move || match open_file(&worker, &id, index) {
        Err(error) => drop(begun.send(Err(error))),
        Ok((opener, bytes)) => {
            // Somebody who is gone already wants no pieces either.
            if begun.send(Ok(bytes)).is_ok() {
                pour(&worker, id, (opener, index), by, sink);
            }
        }
    });
    let bytes = beginning.await.map_err(|_| CoreError::Stopped)??;
    Ok(Handed { bytes, pieces })
}

/// Writes pieces into the channel, one behind, so that the last one waits for the check.
struct Pieces {
    sink: mpsc::Sender<Result<Bytes, CoreError>>,
    held: Option<Bytes>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(held) = self.held.replace(Bytes::copy_from_slice(bytes)) {
            self.sink.blocking_send(Ok(held)).map_err(|_| io::ErrorKind::BrokenPipe)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn pour(
    core: &Arc<Core>,
    id: MessageId,
    (mut opener, index): (Opener<BodyReader>, usize),
    by: Option<By>,
    sink: mpsc::Sender<Result<Bytes, CoreError>>,
) {
    let mut pieces = Pieces { sink, held: None };
    let done = match opener.file(index, &mut pieces) {
        Ok(()) => {
            crash::point("open.read");
            let runtime = tokio::runtime::Handle::current();
            by.map_or(Ok(()), |by| runtime.block_on(opened(core, id, by)))
        }
        // Nobody listens any more.
        Err(opener::Error::Sink(_)) => return,
        Err(error) => {
            tracing::warn!(id = %short(&id), %error, "a file cannot be handed over");
            Err(CoreError::NoMessage)
        }
    };
    let last = done.map(|()| pieces.held.take()).transpose();
    if let Some(last) = last {
        // As above.
        let _ = pieces.sink.blocking_send(last);
    }
}

fn open_file(core: &Core, id: &MessageId, index: usize) -> Result<(Opener<BodyReader>, u64), CoreError> {
    let (side, header) = match (core.db.inbound(id)?, core.db.outbound(id)?) {
        (Some(message), _) if message.receipts.has(What::Delivered) => (Side::Partner, message.header),
        (_, Some(message)) => (Side::Own, message.header),
        _ => return Err(CoreError::NoMessage),
    };
    let wrapped = core.db.content_key(side, id)?.ok_or(CoreError::NoMessage)?;
    let key = ContentKey::from_bytes(*core.keys.unwrap_key(Label::ContentKey, &core.db.origin(id)?.0, &wrapped)?);
    let source = body_reader(core, side, id)?.ok_or(CoreError::NoMessage)?;
    let opener = Opener::new(&key, source, &seal_header(&header)).map_err(|_| CoreError::NoMessage)?;
    let bytes = opener.manifest().files().get(index).ok_or(CoreError::NoMessage)?.size();
    Ok((opener, bytes))
}

/// Signs `opened` for a message that was delivered here, once, and waits until that is durable.
///
/// # Errors
/// [`CoreError`].
pub async fn opened(core: &Arc<Core>, id: MessageId, by: By) -> Result<(), CoreError> {
    let Some(inbound) = core.db.inbound(&id)? else { return Ok(()) };
    if inbound.receipts.has(What::Opened) {
        return Ok(());
    }
    core.commit(|db, writes| {
        let now = core.now();
        let to = inbound.log.to;
        let changes =
            core.speak(to, |voice| Ok(book::acknowledge(&db.book(to), id, What::Opened, by, 0, voice, now)?))?;
        Ok(writes.changes(db, to, changes)?)
    })
    .await?;
    crash::point("open.durable");
    Ok(())
}

fn body_reader(core: &Core, side: Side, id: &MessageId) -> Result<Option<BodyReader>, CoreError> {
    let Some(body) = core.db.body(side, id)? else { return Ok(None) };
    let store = core.db.store().clone();
    let length = store.bodies().len(body).map_err(crate::db::DbError::from)?;
    Ok(Some(BodyReader { store, body, at: 0, length }))
}

/// A ciphertext as a file to read from.
pub struct BodyReader {
    store: Store,
    body: BodyId,
    at: u64,
    length: u64,
}

impl Read for BodyReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(self.length.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let count = into.len().min(rest);
        if count == 0 {
            return Ok(0);
        }
        let bytes = self.store.bodies().read(self.body, self.at, count).map_err(io::Error::other)?;
        into[..bytes.len()].copy_from_slice(&bytes);
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }
}

impl Seek for BodyReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
