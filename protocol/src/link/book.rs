//! What a log may take, and what follows from an entry: pure rules over what a node keeps.
//!
//! Every function reads a [`Shelf`] and answers with [`Change`]s that the caller writes as one
//! atomic batch. Nothing may leave the process before that batch is durable.

use ed25519_dalek::SigningKey;

use super::{Log, frame::Stop};
use crate::{
    cbor::Ext,
    delivery::{End, Fact, Inbound, Outbound, Receipts},
    entry::{Body, By, Ended, Entry, Message, Position, Receipt, Restart, What},
    ids::{Hash, MessageId},
    signed::{self, Signed},
    time::Timestamp,
};

/// What a node keeps of its links, for reading.
pub trait Shelf {
    /// Why it could not be read.
    type Error;

    /// The newest entry of a log, ours or a partner's; [`Position::NONE`] for an empty one.
    ///
    /// # Errors
    /// Those of the store, here and below.
    fn head(&self, log: Log) -> Result<Position, Self::Error>;
    /// The id of the entry at a place.
    ///
    /// # Errors
    /// Those of the store.
    fn hash_at(&self, log: Log, at: (u64, u64)) -> Result<Option<Hash>, Self::Error>;
    /// A message sent from here.
    ///
    /// # Errors
    /// Those of the store.
    fn outbound(&self, id: &MessageId) -> Result<Option<Outbound>, Self::Error>;
    /// A message for an address here.
    ///
    /// # Errors
    /// Those of the store.
    fn inbound(&self, id: &MessageId) -> Result<Option<Inbound>, Self::Error>;
    /// The entries of an own log after a place, in order, with their ids.
    ///
    /// # Errors
    /// Those of the store.
    fn after(&self, log: Log, at: (u64, u64)) -> Result<Vec<(MessageId, Entry)>, Self::Error>;
    /// What our own log, taken back, says of a partner's message that is not here again yet.
    ///
    /// # Errors
    /// Those of the store.
    fn said(&self, id: &MessageId) -> Result<Receipts, Self::Error>;
    /// How far a partner's log was held here before it was lost, as our own log, taken back, says.
    ///
    /// # Errors
    /// Those of the store.
    fn lost(&self, log: Log) -> Result<Position, Self::Error>;
    /// How far the partner says it held an own log, which neither side has any more.
    ///
    /// # Errors
    /// Those of the store.
    fn vanished(&self, log: Log) -> Result<Position, Self::Error>;
}

/// One write of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Append an entry; its position becomes the head of its log.
    Append(Box<Signed<Entry>>),
    /// Store the state of a message sent from here.
    Outbound(MessageId, Outbound),
    /// Store the state of a message for an address here.
    Inbound(MessageId, Inbound),
    /// Remove the entry of an own log at a place.
    Remove(Log, (u64, u64)),
    /// A message of ours has been announced anew: what is kept of it goes from the first id to the second.
    Moved(MessageId, MessageId),
    /// Note what our own log says of a message that is not here; nothing, when it has come.
    Said(MessageId, Receipts),
    /// Note how far a partner's log was held here once.
    Lost(Log, Position),
    /// Note how far an own log was held at the partner, and is nowhere any more.
    Vanished(Log, Position),
}

/// Who signs entries for an address, and what they have seen.
#[derive(Clone, Copy)]
pub struct Voice<'a> {
    /// The office key.
    pub key: &'a SigningKey,
    /// SHA-256 of the certificate.
    pub certificate: Hash,
    /// Size and root of the authority's log in the newest head held; zeros without one.
    pub log: (u64, Hash),
}

/// Why an own entry could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError<E> {
    /// The store could not be read.
    #[error("the store could not be read")]
    Shelf(#[source] E),
    /// The entry could not be signed.
    #[error("the entry could not be signed")]
    Sign(#[source] signed::Error),
    /// No such message, or not one that this can be said of.
    #[error("no such message in that state")]
    Unknown,
}

/// What became of an entry of a partner's log.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// New: write these changes, then say `have`.
    New(Vec<Change>),
    /// Held already; say `have` again.
    Known,
    /// Earlier entries are missing: ask from this place on.
    Gap(Position),
    /// It shows an entry of our own log that is not here: that has to be taken back first ([`super::recovery`]).
    Behind(Position),
    /// Not taken; the log stops on this connection. A fork is kept as evidence by the caller.
    Refused(Stop),
}

/// Which parts of a message are durable or arrive in the same batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The whole ciphertext, checked against the entry.
    pub body: bool,
    /// An envelope for a sealing key that is held here.
    pub envelope: bool,
}

/// Writes entries of one own log, one after the other.
pub(super) struct Pen<'a> {
    log: Log,
    head: Position,
    peer: Position,
    voice: Voice<'a>,
    now: Timestamp,
}

impl<'a> Pen<'a> {
    /// Takes up a log behind its head. `peer` is how far the partner's log is held.
    pub(super) const fn new(log: Log, head: Position, peer: Position, voice: Voice<'a>, now: Timestamp) -> Self {
        Self { log, head, peer, voice, now }
    }

    /// Opens a new epoch, above the one before and above all those in `epochs`.
    pub(super) fn restart(&mut self, epochs: &[u64]) -> Result<Signed<Entry>, signed::Error> {
        let end = std::mem::take(&mut self.head);
        let above = epochs.iter().copied().max().unwrap_or_default().max(end.epoch) + 1;
        let body = Restart { old_epoch: end.epoch, last_seq: end.seq, last_hash: end.hash };
        self.sign(self.now.0.max(above), 1, Body::Restart(body), self.now)
    }

    /// The next entry. Of a message announced anew, `time` is when it was sealed.
    pub(super) fn write(&mut self, body: Body, time: Timestamp) -> Result<Signed<Entry>, signed::Error> {
        let Position { epoch, seq, .. } = self.head;
        let (epoch, seq) = if seq == 0 { (self.now.0.max(1), 1) } else { (epoch, seq + 1) };
        self.sign(epoch, seq, body, time)
    }

    fn sign(&mut self, epoch: u64, seq: u64, body: Body, time: Timestamp) -> Result<Signed<Entry>, signed::Error> {
        let entry = Entry {
            from: self.log.from,
            to: self.log.to,
            epoch,
            seq,
            prev: self.head.hash,
            peer: self.peer,
            log_size: self.voice.log.0,
            log_root: self.voice.log.1,
            time,
            signer: self.voice.certificate,
            body,
            ext: Ext::none(),
        };
        let entry = Signed::sign(entry, self.voice.key)?;
        self.head = entry.position();
        Ok(entry)
    }
}

/// Makes the next entry of an own log.
///
/// # Errors
/// [`WriteError`].
pub fn write<S: Shelf>(
    shelf: &S,
    log: Log,
    body: Body,
    voice: Voice<'_>,
    now: Timestamp,
) -> Result<Signed<Entry>, WriteError<S::Error>> {
    let peer = shelf.head(log.reverse()).map_err(WriteError::Shelf)?;
    write_seeing(shelf, log, body, peer, voice, now)
}

/// Makes the next entry, which says that the partner's log is held up to `peer`.
fn write_seeing<S: Shelf>(
    shelf: &S,
    log: Log,
    body: Body,
    peer: Position,
    voice: Voice<'_>,
    now: Timestamp,
) -> Result<Signed<Entry>, WriteError<S::Error>> {
    let head = shelf.head(log).map_err(WriteError::Shelf)?;
    Pen::new(log, head, peer, voice, now).write(body, now).map_err(WriteError::Sign)
}

/// Announces a sealed message: appends its entry and begins its state.
///
/// # Errors
/// [`WriteError`].
pub fn announce<S: Shelf>(
    shelf: &S,
    log: Log,
    header: Message,
    voice: Voice<'_>,
    now: Timestamp,
) -> Result<(MessageId, Vec<Change>), WriteError<S::Error>> {
    let entry = write(shelf, log, Body::Message(header.clone()), voice, now)?;
    let id = entry.id();
    let outbound = Outbound::new(log, entry.position().at(), now, header);
    Ok((id, vec![Change::Append(Box::new(entry)), Change::Outbound(id, outbound)]))
}

/// Takes an entry whose signature is good, by an admitted desk that holds `from`.
///
/// `voice` speaks for the address `to`. Reading and deciding only: the caller writes.
///
/// # Errors
/// [`WriteError`] if the store cannot be read or a receipt cannot be signed.
pub fn take<S: Shelf>(
    shelf: &S,
    entry: Signed<Entry>,
    arrival: Arrival,
    voice: Voice<'_>,
    now: Timestamp,
) -> Result<Taken, WriteError<S::Error>> {
    if let Some(taken) = place(shelf, &entry).map_err(WriteError::Shelf)? {
        return Ok(taken);
    }
    let id = entry.id();
    let seen = entry.position();
    let claim = entry.value().clone();
    let log = Log::new(claim.from, claim.to);
    let mut changes = vec![Change::Append(Box::new(entry))];
    match claim.body {
        Body::Message(header) => {
            let mut inbound = Inbound::new(log, seen.at(), claim.time, header);
            // Delivered here before, and lost: it is wanted again, and what was said of it is not said twice.
            inbound.receipts = shelf.said(&id).map_err(WriteError::Shelf)?;
            if inbound.receipts != Receipts::default() {
                changes.push(Change::Said(id, Receipts::default()));
            }
            changes.extend(arrive(shelf, id, &mut inbound, arrival, seen, voice, now)?);
            changes.push(Change::Inbound(id, inbound));
        }
        Body::Receipt(receipt) => {
            // A receipt for a message that was never sent there stands in the log and has no effect.
            if let Some(mut outbound) = shelf.outbound(&receipt.id).map_err(WriteError::Shelf)?
                && outbound.log == log.reverse()
            {
                outbound.receipts.add(Fact::of(&receipt, claim.time, id));
                changes.push(Change::Outbound(receipt.id, outbound));
            }
        }
        Body::Cancel(ended) | Body::Expire(ended) => {
            if let Some(mut inbound) = shelf.inbound(&ended.id).map_err(WriteError::Shelf)?
                && inbound.log == log
            {
                inbound.ended = Some(claim.time);
                changes.push(Change::Inbound(ended.id, inbound));
            }
        }
        Body::Restart(_) => {}
    }
    Ok(Taken::New(changes))
}

/// Takes note that a body or an envelope has become complete; signs `delivered` once both are.
///
/// # Errors
/// [`WriteError::Unknown`] if no such message was announced.
pub fn complete<S: Shelf>(
    shelf: &S,
    id: MessageId,
    arrival: Arrival,
    voice: Voice<'_>,
    now: Timestamp,
) -> Result<Vec<Change>, WriteError<S::Error>> {
    let mut inbound = shelf.inbound(&id).map_err(WriteError::Shelf)?.ok_or(WriteError::Unknown)?;
    let seen = shelf.head(inbound.log).map_err(WriteError::Shelf)?;
    let mut changes = arrive(shelf, id, &mut inbound, arrival, seen, voice, now)?;
    changes.push(Change::Inbound(id, inbound));
    Ok(changes)
}

/// Signs a receipt about a delivered message, once for each kind: `opened` at the first
/// hand-over, then `imported` or `rejected`. Empty if it was said before.
///
/// # Errors
/// [`WriteError::Unknown`] before delivery, and once the message was imported or rejected.
pub fn acknowledge<S: Shelf>(
    shelf: &S,
    id: MessageId,
    what: What,
    by: By,
    code: u64,
    voice: Voice<'_>,
    now: Timestamp,
) -> Result<Vec<Change>, WriteError<S::Error>> {
    let mut inbound = shelf.inbound(&id).map_err(WriteError::Shelf)?.ok_or(WriteError::Unknown)?;
    if inbound.receipts.has(what) {
        return Ok(Vec::new());
    }
    if !inbound.receipts.has(What::Delivered) || inbound.receipts.ended() {
        return Err(WriteError::Unknown);
    }
    let seen = shelf.head(inbound.log).map_err(WriteError::Shelf)?;
    let entry = receipt(shelf, id, &mut inbound, (what, by, code), seen, voice, now)?;
    Ok(vec![entry, Change::Inbound(id, inbound)])
}

/// Ends a message of ours that was not delivered. Empty if it was, or has ended before.
///
/// # Errors
/// [`WriteError::Unknown`] if there is no such message.
pub fn end<S: Shelf>(
    shelf: &S,
    id: MessageId,
    (how, code): (End, u64),
    voice: Voice<'_>,
    now: Timestamp,
) -> Result<Vec<Change>, WriteError<S::Error>> {
    let mut outbound = shelf.outbound(&id).map_err(WriteError::Shelf)?.ok_or(WriteError::Unknown)?;
    if outbound.receipts.has(What::Delivered) || outbound.ended.is_some() {
        return Ok(Vec::new());
    }
    let ended = Ended { id, code, ext: Ext::none() };
    let body = match how {
        End::Cancelled => Body::Cancel(ended),
        End::Expired => Body::Expire(ended),
    };
    let entry = write(shelf, outbound.log, body, voice, now)?;
    outbound.ended = Some((how, now));
    Ok(vec![Change::Append(Box::new(entry)), Change::Outbound(id, outbound)])
}

/// Whether the next entry of a log fits. `None` means it is the next one.
fn place<S: Shelf>(shelf: &S, entry: &Signed<Entry>) -> Result<Option<Taken>, S::Error> {
    let claim = entry.value();
    let log = Log::new(claim.from, claim.to);
    let head = shelf.head(log)?;
    let at = (claim.epoch, claim.seq);
    if at <= head.at() {
        return Ok(Some(match shelf.hash_at(log, at)? {
            Some(held) if held == entry.id().hash() => Taken::Known,
            Some(_) => Taken::Refused(Stop::Fork),
            // An epoch below the newest that was never here: no second entry at one place, but no way on either.
            None => Taken::Refused(Stop::Restart),
        }));
    }
    if claim.peer != Position::NONE {
        match shelf.hash_at(log.reverse(), claim.peer.at())? {
            Some(held) if held == claim.peer.hash => {}
            // It is known that nobody has it any more.
            _ if claim.peer.at() <= shelf.vanished(log.reverse())?.at() => {}
            // They hold more of our log than we do, or another: something was lost here, and perhaps written over.
            _ => return Ok(Some(Taken::Behind(claim.peer))),
        }
    }
    let end = match &claim.body {
        Body::Restart(end) => Some(Position { epoch: end.old_epoch, seq: end.last_seq, hash: end.last_hash }),
        _ => None,
    };
    let next = match end {
        // A new epoch goes on where the one before ended, and nowhere else.
        Some(end) if end == head => return Ok(None),
        Some(end) if end.at() <= head.at() => return Ok(Some(Taken::Refused(Stop::Restart))),
        Some(_) => false,
        None if head == Position::NONE => claim.seq == 1,
        None if claim.epoch == head.epoch => claim.seq == head.seq + 1,
        // An epoch begins with `restart`.
        None if claim.seq == 1 => return Ok(Some(Taken::Refused(Stop::Restart))),
        None => false,
    };
    if !next {
        return Ok(Some(Taken::Gap(head)));
    }
    Ok((claim.prev != head.hash).then_some(Taken::Refused(Stop::Fork)))
}

/// Notes what has arrived of a message; with everything there, signs `delivered`.
/// `seen` is the partner's head with this batch written: a receipt covers its message.
fn arrive<S: Shelf>(
    shelf: &S,
    id: MessageId,
    inbound: &mut Inbound,
    arrival: Arrival,
    seen: Position,
    voice: Voice<'_>,
    now: Timestamp,
) -> Result<Vec<Change>, WriteError<S::Error>> {
    inbound.body |= arrival.body;
    inbound.envelope |= arrival.envelope;
    if !(inbound.body && inbound.envelope) || inbound.receipts.has(What::Delivered) || inbound.ended.is_some() {
        return Ok(Vec::new());
    }
    Ok(vec![receipt(shelf, id, inbound, (What::Delivered, By::Node, 0), seen, voice, now)?])
}

fn receipt<S: Shelf>(
    shelf: &S,
    id: MessageId,
    inbound: &mut Inbound,
    (what, by, code): (What, By, u64),
    seen: Position,
    voice: Voice<'_>,
    now: Timestamp,
) -> Result<Change, WriteError<S::Error>> {
    let body = Receipt { id, what, code, by, ext: Ext::none() };
    let entry = write_seeing(shelf, inbound.log.reverse(), Body::Receipt(body.clone()), seen, voice, now)?;
    inbound.receipts.add(Fact::of(&body, now, entry.id()));
    Ok(Change::Append(Box::new(entry)))
}
