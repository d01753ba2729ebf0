//! Taking one's own log back from the partner after a loss: a restored backup, a replaced computer.
//!
//! The partner's copy holds what this side has signed and no longer has. All of it is taken back before anything else
//! of the link goes on; then the log continues in a new epoch, so that no place in it is ever written twice. What was
//! written here meanwhile, without knowing of the loss, is written again in the new epoch: nobody has taken it yet.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry as Slot};

use ed25519_dalek::VerifyingKey;

use super::{
    Log,
    book::{Change, Pen, Shelf, Voice, WriteError},
};
use crate::{
    delivery::{End, Fact, Inbound, Outbound, Receipts},
    entry::{Body, Entry, Position, What},
    ids::{Hash, MessageId},
    signed::{Signed, Unverified},
    time::{DAY, Timestamp},
};

/// Most entries of one log that are taken back.
pub const MAX_ENTRIES: usize = 100_000;

/// Most bytes of entries of one log that are taken back.
pub const MAX_BYTES: usize = 64 << 20;

/// Entries of our own log that a partner gave back: they follow each other, and the last one is signed by us.
#[derive(Debug)]
pub struct Returned(Vec<Signed<Entry>>);

/// Why entries that a partner gave back are not ours.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReturnError {
    /// They do not end where the partner said.
    #[error("the entries do not end where the partner said")]
    End,
    /// They are of another log, or do not follow each other.
    #[error("the entries do not follow each other")]
    Chain,
    /// The last one is not signed by this key.
    #[error("the last entry is not signed by us")]
    Signature,
}

impl Returned {
    /// Checks entries in order: each names the hash of the one before, and the signature of the last vouches for all.
    ///
    /// `end` is what the partner said it has; `key` that of the certificate which the last entry names.
    ///
    /// # Errors
    /// [`ReturnError`].
    pub fn check(
        log: Log,
        end: Position,
        mut entries: Vec<Unverified<Entry>>,
        key: &VerifyingKey,
    ) -> Result<Self, ReturnError> {
        let of_log = |entry: &Unverified<Entry>| Log::new(entry.claim().from, entry.claim().to) == log;
        if !entries.iter().all(of_log) {
            return Err(ReturnError::Chain);
        }
        let last = entries.pop().filter(|last| last.position() == end).ok_or(ReturnError::End)?;
        let mut checked = vec![last.verify(key).map_err(|_| ReturnError::Signature)?];
        while let Some(entry) = entries.pop() {
            let follows = checked.last().map(|next| before(next.value()));
            if follows != Some(Some(entry.position())) {
                return Err(ReturnError::Chain);
            }
            checked.push(entry.vouched());
        }
        checked.reverse();
        Ok(Self(checked))
    }
}

/// The place that an entry says is right before it; `None` where a log begins.
fn before(entry: &Entry) -> Option<Position> {
    match &entry.body {
        Body::Restart(end) => Some(Position { epoch: end.old_epoch, seq: end.last_seq, hash: end.last_hash }),
        _ if entry.seq > 1 => Some(Position { epoch: entry.epoch, seq: entry.seq - 1, hash: entry.prev }),
        _ => None,
    }
}

/// Whether something of an own log was lost here: the partner has it up to `theirs`, which this side does not know.
///
/// # Errors
/// Those of the shelf.
pub fn is_lost<S: Shelf>(shelf: &S, log: Log, theirs: Position) -> Result<bool, S::Error> {
    Ok(theirs != Position::NONE && shelf.hash_at(log, theirs.at())? != Some(theirs.hash))
}

/// Up to where both sides are known to hold the same of an own log: `named` is the newest entry of it that the
/// partner's log, as held here, names.
///
/// # Errors
/// Those of the shelf.
pub fn common<S: Shelf>(shelf: &S, log: Log, named: Position) -> Result<Position, S::Error> {
    Ok(if is_lost(shelf, log, named)? { Position::NONE } else { named })
}

/// Takes an own log back and goes on with it in a new epoch, in one batch.
///
/// What stands here after `common` and is not among the entries was written without knowing of the loss. Messages among
/// that get a new id ([`Change::Moved`]); their time stays that of their sealing.
///
/// # Errors
/// [`WriteError::Unknown`] if the first of them follows an entry that is not here: then some were left out, and a log
/// with a hole would say again what they have said. Other [`WriteError`]s if the shelf cannot be read or an entry cannot
/// be signed.
pub fn take_back<S: Shelf>(
    shelf: &S,
    log: Log,
    common: Position,
    returned: Returned,
    voice: Voice<'_>,
    now: Timestamp,
) -> Result<Vec<Change>, WriteError<S::Error>> {
    // What the first of them follows is the same on both sides as well.
    let before = returned.0.first().and_then(|first| before(first.value())).unwrap_or_default();
    if is_lost(shelf, log, before).map_err(WriteError::Shelf)? {
        return Err(WriteError::Unknown);
    }
    let follows = before.at() > common.at();
    go_on(shelf, log, (if follows { before } else { common }, returned.0), 0, voice, now)
}

/// Goes on with an own log after a loss on both sides: the partner has it up to `theirs`, which is here too, so what its
/// own log names as `claimed`, and is not here, is nowhere any more. `None` if that is not so, or is known already.
///
/// The log goes on behind its head in an epoch above the one that is named, so that no place in it is written twice from
/// now on.
///
/// # Errors
/// As [`take_back`].
pub fn go_on_without<S: Shelf>(
    shelf: &S,
    log: Log,
    theirs: Position,
    claimed: Position,
    voice: Voice<'_>,
    now: Timestamp,
) -> Result<Option<Vec<Change>>, WriteError<S::Error>> {
    let known = shelf.vanished(log).map_err(WriteError::Shelf)?;
    // What they have comes back first; and what they name may have come back meanwhile.
    let lost = is_lost(shelf, log, theirs).map_err(WriteError::Shelf)?;
    let here = !is_lost(shelf, log, claimed).map_err(WriteError::Shelf)?;
    // No epoch can be above one that claims to begin in the far future.
    let possible = claimed.epoch <= now.plus(DAY).0;
    if lost || here || !possible || claimed.at() <= known.at() {
        return Ok(None);
    }
    let mut changes = vec![Change::Vanished(log, claimed)];
    let head = shelf.head(log).map_err(WriteError::Shelf)?;
    if claimed.epoch >= head.epoch {
        changes.extend(go_on(shelf, log, (head, Vec::new()), claimed.epoch, voice, now)?);
    }
    Ok(Some(changes))
}

/// Begins a new epoch, above `above`, behind what is common and what was given back.
fn go_on<S: Shelf>(
    shelf: &S,
    log: Log,
    (common, returned): (Position, Vec<Signed<Entry>>),
    above: u64,
    voice: Voice<'_>,
    now: Timestamp,
) -> Result<Vec<Change>, WriteError<S::Error>> {
    let theirs: BTreeMap<(u64, u64), Hash> =
        returned.iter().map(|entry| (entry.position().at(), entry.id().hash())).collect();
    let own = shelf.after(log, common.at()).map_err(WriteError::Shelf)?;
    let displaced: Vec<(MessageId, Entry)> =
        own.into_iter().filter(|(id, entry)| theirs.get(&(entry.epoch, entry.seq)) != Some(&id.hash())).collect();
    let mut work = Work {
        shelf,
        log,
        displaced: displaced.iter().map(|(id, _)| *id).collect(),
        announced: BTreeMap::new(),
        changes: Vec::new(),
        inbound: BTreeMap::new(),
        outbound: BTreeMap::new(),
    };
    for (id, entry) in &displaced {
        work.displace(*id, entry, &theirs)?;
    }
    let (mut end, mut seen) = (common, Position::NONE);
    for entry in returned {
        end = entry.position();
        seen = seen.max(entry.value().peer);
        work.adopt(entry)?;
    }
    let peer = shelf.head(log.reverse()).map_err(WriteError::Shelf)?;
    if seen.at() > peer.at() {
        work.changes.push(Change::Lost(log.reverse(), seen));
    }
    let ours = shelf.head(log).map_err(WriteError::Shelf)?;
    let mut pen = Pen::new(log, end, peer, voice, now);
    let restart = pen.restart(&[ours.epoch, above]).map_err(WriteError::Sign)?;
    work.changes.push(Change::Append(Box::new(restart)));
    for (id, entry) in displaced {
        work.write_again(id, entry, &mut pen, now)?;
    }
    Ok(work.finish())
}

/// One batch that is being made: what was read of a message's state, and changed.
struct Work<'a, S> {
    shelf: &'a S,
    log: Log,
    /// Entries that nobody has taken.
    displaced: BTreeSet<MessageId>,
    /// Messages that were given back, by the hash of their ciphertext, which no two have in common.
    announced: BTreeMap<Hash, MessageId>,
    changes: Vec<Change>,
    /// Of messages that are not here, only what was said of them.
    inbound: BTreeMap<MessageId, Result<Inbound, Receipts>>,
    outbound: BTreeMap<MessageId, Option<Outbound>>,
}

impl<S: Shelf> Work<'_, S> {
    fn displace(
        &mut self,
        id: MessageId,
        entry: &Entry,
        theirs: &BTreeMap<(u64, u64), Hash>,
    ) -> Result<(), WriteError<S::Error>> {
        let at = (entry.epoch, entry.seq);
        if !theirs.contains_key(&at) {
            self.changes.push(Change::Remove(self.log, at));
        }
        if let Body::Receipt(receipt) = &entry.body {
            self.receipts(receipt.id)?.forget(&id);
        }
        Ok(())
    }

    fn adopt(&mut self, entry: Signed<Entry>) -> Result<(), WriteError<S::Error>> {
        let (id, at) = (entry.id(), entry.position().at());
        if let Body::Message(header) = &entry.value().body {
            self.announced.insert(header.sha256, id);
        }
        let held = self.shelf.hash_at(self.log, at).map_err(WriteError::Shelf)?;
        if held == Some(id.hash()) {
            return Ok(());
        }
        let value = entry.value().clone();
        self.changes.push(Change::Append(Box::new(entry)));
        match value.body {
            Body::Message(header) => {
                let log = self.log;
                self.outbound(id)?.get_or_insert_with(|| Outbound::new(log, at, value.time, header));
            }
            Body::Receipt(receipt) => self.receipts(receipt.id)?.add(Fact::of(&receipt, value.time, id)),
            Body::Cancel(ended) => self.end(ended.id, End::Cancelled, value.time)?,
            Body::Expire(ended) => self.end(ended.id, End::Expired, value.time)?,
            Body::Restart(_) => {}
        }
        Ok(())
    }

    fn end(&mut self, id: MessageId, how: End, at: Timestamp) -> Result<(), WriteError<S::Error>> {
        if let Some(message) = self.outbound(id)? {
            message.ended.get_or_insert((how, at));
        }
        Ok(())
    }

    /// Says again, behind everything that was taken back, what stood in an entry that nobody has taken.
    fn write_again(
        &mut self,
        id: MessageId,
        entry: Entry,
        pen: &mut Pen<'_>,
        now: Timestamp,
    ) -> Result<(), WriteError<S::Error>> {
        match entry.body {
            Body::Message(header) => {
                let log = self.log;
                let waits = |message: &Outbound| message.ended.is_none() && !message.receipts.has(What::Delivered);
                if !self.outbound(id)?.as_ref().is_some_and(waits) {
                    return Ok(());
                }
                if let Some(announced) = self.announced.get(&header.sha256).copied() {
                    // It was announced anew before, after an earlier loss, and a backup from before that was put back.
                    self.changes.push(Change::Moved(id, announced));
                    self.outbound.remove(&id);
                    return Ok(());
                }
                let again = pen.write(Body::Message(header.clone()), entry.time).map_err(WriteError::Sign)?;
                let (new, at) = (again.id(), again.position().at());
                self.changes.push(Change::Append(Box::new(again)));
                self.changes.push(Change::Moved(id, new));
                self.outbound.remove(&id);
                self.outbound.insert(new, Some(Outbound::new(log, at, entry.time, header)));
            }
            Body::Receipt(receipt) => {
                let receipts = self.receipts(receipt.id)?;
                if receipts.has(receipt.what) || receipts.ended() {
                    return Ok(());
                }
                let again = pen.write(Body::Receipt(receipt.clone()), now).map_err(WriteError::Sign)?;
                receipts.add(Fact::of(&receipt, now, again.id()));
                self.changes.push(Change::Append(Box::new(again)));
            }
            // A message that nobody has heard of ends without a word.
            Body::Cancel(ended) | Body::Expire(ended) if self.displaced.contains(&ended.id) => {}
            body @ (Body::Cancel(_) | Body::Expire(_)) => {
                let again = pen.write(body, now).map_err(WriteError::Sign)?;
                self.changes.push(Change::Append(Box::new(again)));
            }
            Body::Restart(_) => {}
        }
        Ok(())
    }

    /// What was said here of a message of the partner, whether it is here or not.
    fn receipts(&mut self, id: MessageId) -> Result<&mut Receipts, WriteError<S::Error>> {
        let known = match self.inbound.entry(id) {
            Slot::Occupied(known) => known.into_mut(),
            Slot::Vacant(free) => {
                let inbound = self.shelf.inbound(&id).map_err(WriteError::Shelf)?;
                free.insert(match inbound.filter(|inbound| inbound.log == self.log.reverse()) {
                    Some(inbound) => Ok(inbound),
                    None => Err(self.shelf.said(&id).map_err(WriteError::Shelf)?),
                })
            }
        };
        Ok(match known {
            Ok(inbound) => &mut inbound.receipts,
            Err(receipts) => receipts,
        })
    }

    /// A message of this log.
    fn outbound(&mut self, id: MessageId) -> Result<&mut Option<Outbound>, WriteError<S::Error>> {
        Ok(match self.outbound.entry(id) {
            Slot::Occupied(known) => known.into_mut(),
            Slot::Vacant(free) => {
                let outbound = self.shelf.outbound(&id).map_err(WriteError::Shelf)?;
                free.insert(outbound.filter(|outbound| outbound.log == self.log))
            }
        })
    }

    fn finish(mut self) -> Vec<Change> {
        for (id, message) in self.outbound {
            self.changes.extend(message.map(|message| Change::Outbound(id, message)));
        }
        for (id, message) in self.inbound {
            self.changes.push(match message {
                Ok(inbound) => Change::Inbound(id, inbound),
                Err(receipts) => Change::Said(id, receipts),
            });
        }
        self.changes
    }
}

/// Whether an entry of a partner's log was held here before it was lost, as our own log, taken back, says: then its
/// certificate was judged when it first came, and what has become of that since does not matter.
///
/// # Errors
/// Those of the shelf.
pub fn was_here<S: Shelf>(shelf: &S, entry: &Unverified<Entry>) -> Result<bool, S::Error> {
    let lost = shelf.lost(Log::new(entry.claim().from, entry.claim().to))?;
    let place = entry.position();
    Ok(place == lost || place.at() < lost.at())
}

/// Takes note that the sender keeps the body of a message no more. `None` unless it was delivered here once, and lost.
///
/// # Errors
/// Those of the shelf.
pub fn gone<S: Shelf>(shelf: &S, log: Log, id: MessageId, now: Timestamp) -> Result<Option<Change>, S::Error> {
    let lost =
        |inbound: &Inbound| inbound.log == log && !inbound.is_complete() && inbound.receipts.has(What::Delivered);
    Ok(shelf.inbound(&id)?.filter(lost).map(|inbound| Change::Inbound(id, Inbound { ended: Some(now), ..inbound })))
}
