//! The rules as steps between two kept states, each computed once; and the same rules broken on purpose.

use std::{
    collections::{BTreeSet, HashMap, hash_map::DefaultHasher},
    convert::Infallible,
    hash::{Hash as _, Hasher},
    rc::Rc,
};

use ed25519_dalek::SigningKey;
use musubi_protocol::{
    cbor::Ext,
    delivery::{CODE_LOST, End, Fact, Inbound, Outbound, Receipts},
    entry::{Body, By, Entry, Message, Position, What},
    ids::{Address, Hash, MessageId},
    link::{
        Log,
        book::{self, Arrival, Change, Shelf, Taken, Voice, WriteError},
        frame::Stop,
        recovery::{self, Returned},
    },
    signed::{Signed, Unverified},
    time::Timestamp,
};

use super::kept::Kept;

/// A rule that is broken on purpose, so that it is seen whether the check would find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// `have` leaves before what it speaks of is durable.
    EarlyHave,
    /// An entry, thus a receipt, leaves before it is durable.
    EarlyEntry,
    /// The same, but only what follows from it is looked at.
    EarlyEntryUnseen,
    /// What the partner shows of the own log after a rollback is passed over.
    NotTakenBack,
    /// The log is taken back, and goes on in the epoch that it had.
    SameEpoch,
    /// What the returned log says of messages that are not here is not noted.
    NothingSaid,
    /// An entry is taken although earlier ones are missing.
    GapTaken,
    /// An entry that is here is taken again.
    KnownTaken,
    /// What was written unaware of the loss is not written again.
    NotWrittenAgain,
    /// A message that came back under another id is announced once more.
    AnnouncedTwice,
    /// What is nowhere any more is not noted, and the log goes on where it was.
    NotGivenUp,
}

/// An entry with its id at hand.
#[derive(Clone)]
pub struct Line {
    pub entry: Rc<Signed<Entry>>,
    pub at: Position,
}

impl std::hash::Hash for Line {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.at.hash(state);
    }
}

impl Line {
    fn new(entry: &Rc<Signed<Entry>>) -> Self {
        Self { entry: Rc::clone(entry), at: entry.position() }
    }

    pub fn id(&self) -> MessageId {
        MessageId(self.at.hash.0)
    }
}

/// What is kept, with what is often asked of it.
pub struct Stored {
    pub kept: Kept,
    pub digest: u64,
    /// Both logs, by the side that writes them.
    lines: [Vec<Line>; 2],
    /// Numbers of the messages that are sent from here.
    pub sent: u32,
    /// Numbers of the messages in both logs.
    pub announced: [u32; 2],
    /// What of it must never be kept.
    pub wrong: Option<&'static str>,
}

impl Stored {
    pub fn lines(&self, writer: usize) -> &[Line] {
        &self.lines[writer]
    }

    pub fn head(&self, writer: usize) -> Position {
        self.lines[writer].last().map_or(Position::NONE, |line| line.at)
    }

    pub fn holds(&self, writer: usize, at: Position) -> bool {
        self.lines[writer].iter().any(|line| line.at == at)
    }

    pub fn after(&self, writer: usize, at: (u64, u64)) -> impl Iterator<Item = &Line> {
        self.lines[writer].iter().filter(move |line| line.at.at() > at)
    }
}

/// What a rule is asked.
#[derive(Clone, Hash)]
pub enum Ask {
    Send(u8),
    Open,
    Take(Line, bool),
    Body(MessageId),
    NotHere(MessageId),
    TakeBack { common: Position, end: Position, entries: Vec<Line> },
    GoOnWithout { theirs: Position, claimed: Position },
    Gone(MessageId),
}

/// What a rule answered; `Changed` and `New` with what is kept from now on.
#[derive(Clone)]
pub enum Said {
    Nothing,
    Changed(Rc<Stored>),
    Known,
    Gap(Position),
    Behind(Position),
    Refused(Stop),
    NotOurs,
    /// The batch breaks a rule of the store.
    Wrong(&'static str),
}

/// Both sides' names and keys, and every answer that was given.
pub struct Rules {
    pub broken: Option<Broken>,
    pub names: [Address; 2],
    /// Seconds by which a side's clock has moved on after each crash or rollback; 0 is the harder case.
    pub clock: u64,
    keys: [SigningKey; 2],
    answers: HashMap<u64, Said>,
}

/// The number of a message in `acknowledged` and the like, by its sender and the count there.
pub fn number(side: usize, count: u8) -> u8 {
    side as u8 * 4 + count
}

pub fn content(number: u8) -> Hash {
    Hash::of(&[&[number]])
}

impl Rules {
    pub fn new(broken: Option<Broken>, clock: u64) -> Self {
        let names = ["1379905001-43".parse().unwrap(), "1379900010-11".parse().unwrap()];
        let keys = [1, 2].map(|key| SigningKey::from_bytes(&[key; 32]));
        Self { broken, names, clock, keys, answers: HashMap::new() }
    }

    /// The log that a side writes.
    pub fn log(&self, writer: usize) -> Log {
        Log::new(self.names[writer], self.names[1 - writer])
    }

    pub fn stored(&self, kept: Kept) -> Rc<Stored> {
        let lines = [0, 1].map(|writer| kept.after(self.log(writer), (0, 0)).map(Line::new).collect::<Vec<_>>());
        let mut hasher = DefaultHasher::new();
        lines.hash(&mut hasher);
        let rest = (&kept.outbound, &kept.inbound, &kept.said, &kept.lost, &kept.vanished, &kept.bodies);
        format!("{rest:?}").hash(&mut hasher);
        let sent = numbers(kept.outbound.values().map(|message| message.header.sha256));
        let announced = [0, 1].map(|writer: usize| {
            numbers(lines[writer].iter().filter_map(|line| match &line.entry.value().body {
                Body::Message(header) => Some(header.sha256),
                _ => None,
            }))
        });
        let wrong = wrong(&kept, &lines);
        Rc::new(Stored { kept, digest: hasher.finish(), lines, sent, announced, wrong })
    }

    /// Asks a rule; `life` counts the crashes and rollbacks of the side, so that what is signed anew differs.
    pub fn ask(&mut self, side: usize, life: u64, stored: &Rc<Stored>, ask: Ask) -> Said {
        let mut hasher = DefaultHasher::new();
        (side, life, stored.digest, &ask).hash(&mut hasher);
        let key = hasher.finish();
        if let Some(said) = self.answers.get(&key) {
            return said.clone();
        }
        let said = self.compute(side, life, stored, ask);
        self.answers.insert(key, said.clone());
        said
    }

    fn compute(&self, side: usize, life: u64, stored: &Rc<Stored>, ask: Ask) -> Said {
        let now = Timestamp(100 + self.clock * life);
        let seen = if life == 0 { (0, Hash::ZERO) } else { (life, Hash([9; 32])) };
        let voice = Voice { key: &self.keys[side], certificate: Hash([1; 32]), log: seen };
        let kept = &stored.kept;
        let (own, theirs) = (self.log(side), self.log(1 - side));
        let mut sealed = None;
        let changes = match ask {
            Ask::Send(number) => {
                let (sha256, ext) = (content(number), Ext::none());
                let header = Message { suite: 1, length: 4112, sha256, commitment: Hash::ZERO, ext };
                let (id, changes) = book::announce(kept, own, header, voice, now).unwrap();
                sealed = Some(id);
                changes
            }
            Ask::Open => {
                let waits = |message: &Inbound| {
                    message.body && message.receipts.has(What::Delivered) && !message.receipts.has(What::Opened)
                };
                let Some((id, _)) = kept.inbound.iter().find(|(_, message)| waits(message)) else {
                    return Said::Nothing;
                };
                book::acknowledge(kept, *id, What::Opened, By::Api, 0, voice, now).unwrap()
            }
            Ask::Take(line, body) => match self.take(kept, &line, body, voice, now) {
                Taken::New(changes) => changes,
                Taken::Known => return Said::Known,
                Taken::Gap(head) => return Said::Gap(head),
                Taken::Behind(claimed) => return Said::Behind(claimed),
                Taken::Refused(stop) => return Said::Refused(stop),
            },
            Ask::Body(id) => {
                // One stream at a time, and only for what is missing.
                if kept.inbound.get(&id).is_none_or(|message| message.is_complete()) {
                    return Said::Nothing;
                }
                book::complete(kept, id, Arrival { body: true, envelope: false }, voice, now).unwrap()
            }
            Ask::NotHere(id) => book::end(kept, id, (End::Cancelled, CODE_LOST), voice, now).unwrap(),
            Ask::TakeBack { common, end, entries } => {
                let read = |line: &Line| Unverified::from_bytes(line.entry.bytes()).unwrap();
                let unverified = entries.iter().map(read).collect();
                let Ok(returned) = Returned::check(own, end, unverified, &self.keys[side].verifying_key()) else {
                    return Said::NotOurs;
                };
                let changes = match recovery::take_back(kept, own, common, returned, voice, now) {
                    Ok(changes) => changes,
                    Err(WriteError::Unknown) => return Said::NotOurs,
                    Err(other) => panic!("{other}"),
                };
                return match self.taken_back((kept, own), changes, voice, now) {
                    Ok(kept) => Said::Changed(self.stored(kept)),
                    Err(wrong) => Said::Wrong(wrong),
                };
            }
            Ask::GoOnWithout { .. } if self.broken == Some(Broken::NotGivenUp) => return Said::Nothing,
            Ask::GoOnWithout { theirs, claimed } => {
                match recovery::go_on_without(kept, own, theirs, claimed, voice, now).unwrap() {
                    Some(changes) => changes,
                    None => return Said::Nothing,
                }
            }
            Ask::Gone(id) => recovery::gone(kept, theirs, id, now).unwrap().into_iter().collect(),
        };
        if changes.is_empty() {
            return Said::Nothing;
        }
        let mut kept = kept.clone();
        kept.bodies.extend(sealed);
        if self.broken == Some(Broken::KnownTaken) || self.broken == Some(Broken::NotTakenBack) {
            // Whoever breaks these writes over what is there.
            for change in &changes {
                if let Change::Append(entry) = change {
                    let value = entry.value();
                    kept.entries.remove(&(Log::new(value.from, value.to), value.epoch, value.seq));
                }
            }
        }
        match kept.write(changes) {
            Ok(()) => Said::Changed(self.stored(kept)),
            Err(wrong) => Said::Wrong(wrong),
        }
    }

    fn take(&self, kept: &Kept, line: &Line, body: bool, voice: Voice<'_>, now: Timestamp) -> Taken {
        let arrival = Arrival { body, envelope: true };
        let entry = Signed::clone(&line.entry);
        let taken = book::take(kept, entry.clone(), arrival, voice, now).unwrap();
        match (&taken, self.broken) {
            (Taken::Gap(_), Some(Broken::GapTaken)) | (Taken::Known, Some(Broken::KnownTaken)) => {
                let believed = Believing { kept, log: Log::new(entry.value().from, entry.value().to), entry: &entry };
                book::take(&believed, entry.clone(), arrival, voice, now).unwrap()
            }
            _ => taken,
        }
    }

    /// Writes the batch that takes a log back, or one that is broken.
    fn taken_back(
        &self,
        (before, log): (&Kept, Log),
        mut changes: Vec<Change>,
        voice: Voice<'_>,
        now: Timestamp,
    ) -> Result<Kept, &'static str> {
        let mut kept = before.clone();
        let is_restart = |change: &Change| match change {
            // One of an earlier loss may have come back: the new one is the last.
            Change::Append(entry) => matches!(entry.value().body, Body::Restart(_)),
            _ => false,
        };
        let restart = changes.iter().rposition(is_restart).unwrap();
        match self.broken {
            Some(Broken::NothingSaid) => changes.retain(|change| !matches!(change, Change::Said(..))),
            Some(Broken::NotWrittenAgain) => {
                let again: Vec<MessageId> = appended(&changes[restart + 1..]);
                let (mut at, all) = (0, changes);
                changes = all
                    .into_iter()
                    .filter(|change| {
                        at += 1;
                        match change {
                            Change::Append(_) => at <= restart + 1,
                            Change::Moved(_, new) | Change::Outbound(new, _) => !again.contains(new),
                            _ => true,
                        }
                    })
                    .collect();
            }
            Some(Broken::SameEpoch) => {
                let again: Vec<(MessageId, Entry)> = changes[restart + 1..].iter().filter_map(entry_of).collect();
                let moved: Vec<(MessageId, MessageId)> = changes
                    .iter()
                    .filter_map(|change| match change {
                        Change::Moved(old, new) => Some((*old, *new)),
                        _ => None,
                    })
                    .collect();
                kept.write(changes)?;
                let newest = kept.head(log).unwrap();
                kept.entries.retain(|(of, epoch, _), _| *of != log || *epoch != newest.epoch);
                for (was, entry) in again {
                    let written = book::write(&kept, log, entry.body.clone(), voice, now).unwrap();
                    let (id, at) = (written.id(), written.position().at());
                    kept.entries.insert((log, at.0, at.1), Rc::new(written));
                    if let Body::Receipt(receipt) = &entry.body
                        && let Some(message) = kept.inbound.get_mut(&receipt.id)
                    {
                        message.receipts.forget(&was);
                        message.receipts.add(Fact::of(receipt, now, id));
                    }
                    if let Body::Message(header) = entry.body {
                        let old =
                            moved.iter().find(|(_, new)| kept.outbound.get(new).is_some_and(|m| m.header == header));
                        let Some((_, new)) = old else { continue };
                        kept.outbound.remove(new);
                        kept.bodies.remove(new);
                        kept.bodies.insert(id);
                        kept.outbound.insert(id, Outbound::new(log, at, entry.time, header));
                    }
                }
                return Ok(kept);
            }
            Some(Broken::AnnouncedTwice) => {
                let new = appended(&changes[restart + 1..]);
                let met = changes.iter().find_map(|change| match change {
                    Change::Moved(old, known) if !new.contains(known) => Some(*old),
                    _ => None,
                });
                if let Some(old) = met {
                    let message = before.outbound[&old].clone();
                    changes.retain(|change| !matches!(change, Change::Moved(of, _) if *of == old));
                    kept.write(changes)?;
                    let (id, more) = book::announce(&kept, message.log, message.header, voice, now).unwrap();
                    kept.outbound.remove(&old);
                    kept.bodies.insert(id);
                    kept.write(more)?;
                    return Ok(kept);
                }
            }
            _ => {}
        }
        kept.write(changes)?;
        Ok(kept)
    }
}

fn numbers(contents: impl Iterator<Item = Hash>) -> u32 {
    let number = |hash| (0..8).find(|number| content(*number) == hash).unwrap();
    contents.fold(0, |all, hash| all | 1 << number(hash))
}

fn wrong(kept: &Kept, lines: &[Vec<Line>; 2]) -> Option<&'static str> {
    let contents: BTreeSet<Hash> = kept.inbound.values().map(|message| message.header.sha256).collect();
    if contents.len() != kept.inbound.len() {
        return Some("one content is twice in an inbox");
    }
    for log in lines {
        let receipts = log.iter().filter_map(|line| match &line.entry.value().body {
            Body::Receipt(receipt) => Some((receipt.id, receipt.what)),
            _ => None,
        });
        let mut seen = BTreeSet::new();
        if !receipts.into_iter().all(|receipt| seen.insert(receipt)) {
            return Some("one receipt is twice in a log");
        }
    }
    None
}

fn entry_of(change: &Change) -> Option<(MessageId, Entry)> {
    match change {
        Change::Append(entry) => Some((entry.id(), entry.value().clone())),
        _ => None,
    }
}

fn appended(changes: &[Change]) -> Vec<MessageId> {
    let id = |change: &Change| match change {
        Change::Append(entry) => Some(entry.id()),
        _ => None,
    };
    changes.iter().filter_map(id).collect()
}

/// A shelf that takes an entry for the next one, whichever it is.
struct Believing<'a> {
    kept: &'a Kept,
    log: Log,
    entry: &'a Signed<Entry>,
}

impl Shelf for Believing<'_> {
    type Error = Infallible;

    fn head(&self, log: Log) -> Result<Position, Infallible> {
        let entry = self.entry.value();
        if log != self.log {
            return self.kept.head(log);
        }
        Ok(match &entry.body {
            Body::Restart(end) => Position { epoch: end.old_epoch, seq: end.last_seq, hash: end.last_hash },
            _ if entry.seq == 1 => Position::NONE,
            _ => Position { epoch: entry.epoch, seq: entry.seq - 1, hash: entry.prev },
        })
    }

    fn hash_at(&self, log: Log, at: (u64, u64)) -> Result<Option<Hash>, Infallible> {
        self.kept.hash_at(log, at)
    }

    fn outbound(&self, id: &MessageId) -> Result<Option<Outbound>, Infallible> {
        self.kept.outbound(id)
    }

    fn inbound(&self, id: &MessageId) -> Result<Option<Inbound>, Infallible> {
        self.kept.inbound(id)
    }

    fn after(&self, log: Log, at: (u64, u64)) -> Result<Vec<(MessageId, Entry)>, Infallible> {
        Shelf::after(self.kept, log, at)
    }

    fn said(&self, id: &MessageId) -> Result<Receipts, Infallible> {
        self.kept.said(id)
    }

    fn lost(&self, log: Log) -> Result<Position, Infallible> {
        self.kept.lost(log)
    }

    fn vanished(&self, log: Log) -> Result<Position, Infallible> {
        self.kept.vanished(log)
    }
}
