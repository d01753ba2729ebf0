//! The rules of a link over an in-memory pipe that breaks, while nodes forget what they had not
//! yet made durable, or are put back to an earlier day: every message arrives once, every receipt
//! once, and both sides end with the same two logs.

use std::collections::{BTreeSet, VecDeque};

use ed25519_dalek::{SigningKey, VerifyingKey};
use musubi_protocol::{
    cbor::Ext,
    delivery::{CODE_LOST, End},
    entry::{Body, By, Entry, Message, Position, Restart, What},
    ids::{Address, Hash, MessageId},
    link::{
        Log,
        book::{self, Arrival, Shelf, Taken, Voice, WriteError},
        frame::{Frame, Stop},
        recovery::{self, Returned},
        sender::{Send, Sender},
    },
    signed::{Signed, Unverified},
    time::Timestamp,
};
use proptest::prelude::*;

#[path = "link_pair/kept.rs"]
mod kept;

use kept::Kept;

fn content(number: u64) -> Hash {
    Hash::of(&[&number.to_be_bytes()])
}

/// Entries that come back: behind what is common, up to an end.
struct Returning {
    common: Position,
    end: Position,
    entries: Vec<Unverified<Entry>>,
}

/// One node: what it holds now, what would survive a crash, and its end of the connection.
struct Node {
    address: Address,
    key: SigningKey,
    now: Kept,
    durable: Kept,
    /// A backup, put back by [`Event::Restore`].
    backup: Kept,
    sender: Sender,
    /// Our own log as the partner gives it back.
    returning: Option<Returning>,
    /// The partner shows more of our log than is here: it is to be offered, so that the partner says what it has.
    behind: Option<Position>,
    /// We take no more of the partner's log until it is offered again.
    stopped: bool,
    /// The partner takes no more for now: our log is to be offered again.
    busy: bool,
    clock: u64,
}

impl Node {
    fn new(address: &str, key: u8) -> Self {
        Self {
            address: address.parse().unwrap(),
            key: SigningKey::from_bytes(&[key; 32]),
            now: Kept::default(),
            durable: Kept::default(),
            backup: Kept::default(),
            sender: Sender::new(),
            returning: None,
            behind: None,
            stopped: false,
            busy: false,
            clock: 100,
        }
    }

    fn commit(&mut self) {
        self.durable = self.now.clone();
    }

    fn crash(&mut self) {
        self.now = self.durable.clone();
    }

    fn voice(&self) -> Voice<'_> {
        Voice { key: &self.key, certificate: Hash([1; 32]), log: (0, Hash::ZERO) }
    }

    /// Seals a message; as `send` does, it is durable when this returns.
    fn send(&mut self, to: Address, number: u64) {
        let header =
            Message { suite: 1, length: 4112, sha256: content(number), commitment: Hash::ZERO, ext: Ext::none() };
        let log = Log::new(self.address, to);
        let (id, changes) = book::announce(&self.now, log, header, self.voice(), Timestamp(self.clock)).unwrap();
        self.now.write(changes).unwrap();
        self.now.bodies.insert(id);
        self.commit();
        self.sender.wake(log);
    }

    /// Frames that may leave: only what is durable.
    fn outgoing(&mut self, inline: bool) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Some(send) = self.sender.poll() {
            match send {
                Send::EntryAfter(log, at) => {
                    let Some(entry) = self.durable.after(log, at).next() else { continue };
                    let id = entry.id();
                    let message = self.durable.bodies.contains(&id);
                    let part = |there: bool| if there { vec![1] } else { Vec::new() };
                    let at = entry.position().at();
                    frames.push(Frame::Entry {
                        log,
                        entry: entry.bytes().to_vec(),
                        envelope: part(message && inline),
                        body: part(message && inline),
                    });
                    self.sender.sent(log, at);
                }
                Send::Envelope(log, id) if self.durable.bodies.contains(&id) => {
                    frames.push(Frame::Envelope { log, id, envelope: vec![1] });
                }
                Send::Body(log, id, offset) if self.durable.bodies.contains(&id) => {
                    frames.push(Frame::Body { log, id, offset, length: 1 });
                }
                Send::Envelope(log, id) | Send::Body(log, id, _) => frames.extend(self.not_here(log, id)),
            }
        }
        frames
    }

    /// What becomes of a message of ours whose content was lost here: the partner had it once, or never gets it.
    fn not_here(&mut self, log: Log, id: MessageId) -> Option<Frame> {
        let message = self.now.outbound.get(&id)?;
        if message.receipts.has(What::Delivered) {
            return Some(Frame::Gone { log, id });
        }
        let lost = (End::Cancelled, CODE_LOST);
        let changes = book::end(&self.now, id, lost, self.voice(), Timestamp(self.clock)).unwrap();
        self.now.write(changes).unwrap();
        self.commit();
        self.sender.wake(log);
        None
    }

    /// Takes a frame of the partner's sending side; answers travel back on the same stream.
    fn take(&mut self, frame: Frame, partner: &VerifyingKey) -> Vec<Frame> {
        let have = |kept: &Kept, log| Frame::Have { log, at: kept.head(log).unwrap() };
        match frame {
            Frame::Offer(log) => {
                self.stopped = false;
                let waiting: Vec<MessageId> = self
                    .now
                    .inbound
                    .iter()
                    .filter(|(_, message)| message.log == log && !message.is_complete())
                    .map(|(id, _)| *id)
                    .collect();
                let wants = waiting
                    .into_iter()
                    .flat_map(|id| [Frame::Want { log, id, offset: 0 }, Frame::NeedEnvelope { log, id }]);
                [have(&self.durable, log)].into_iter().chain(wants).collect()
            }
            Frame::Entry { .. } if self.stopped => Vec::new(),
            Frame::Entry { log, entry, envelope, body } => {
                let entry = Unverified::<Entry>::from_bytes(&entry).unwrap().verify(partner).unwrap();
                let arrival = Arrival { body: !body.is_empty(), envelope: !envelope.is_empty() };
                let id = entry.id();
                match book::take(&self.now, entry, arrival, self.voice(), Timestamp(self.clock)).unwrap() {
                    Taken::New(changes) => {
                        self.now.write(changes).unwrap();
                        self.commit();
                        self.sender.wake(log.reverse());
                        let missing = self.now.inbound.get(&id).is_some_and(|message| !message.is_complete());
                        let wants = [Frame::Want { log, id, offset: 0 }, Frame::NeedEnvelope { log, id }];
                        let wants = wants.into_iter().filter(|_| missing);
                        [have(&self.durable, log)].into_iter().chain(wants).collect()
                    }
                    Taken::Known => vec![have(&self.durable, log)],
                    Taken::Gap(head) => vec![Frame::Missing { log, at: head.at() }],
                    // Ours has to be taken back first; then they offer theirs again.
                    Taken::Behind(claimed) => {
                        (self.behind, self.stopped) = (Some(claimed), true);
                        vec![Frame::Stop { log, reason: Stop::Busy }]
                    }
                    Taken::Refused(stop) => panic!("an honest log was refused: {stop:?}"),
                }
            }
            Frame::Back { log, at } => {
                let entries = self.durable.after(log, at);
                entries.map(|entry| Frame::Yours { log, entry: entry.bytes().to_vec() }).collect()
            }
            Frame::Gone { log, id } => {
                let change = recovery::gone(&self.now, log, id, Timestamp(self.clock)).unwrap();
                self.now.write(change.into_iter().collect()).unwrap();
                self.commit();
                Vec::new()
            }
            Frame::Envelope { log, id, .. } => self.complete(log, id, Arrival { body: false, envelope: true }),
            Frame::Body { log, id, .. } => self.complete(log, id, Arrival { body: true, envelope: false }),
            other => panic!("not of a sender: {other:?}"),
        }
    }

    fn complete(&mut self, log: Log, id: MessageId, arrival: Arrival) -> Vec<Frame> {
        let changes = book::complete(&self.now, id, arrival, self.voice(), Timestamp(self.clock)).unwrap();
        self.now.write(changes).unwrap();
        self.commit();
        self.sender.wake(log.reverse());
        Vec::new()
    }

    /// Takes an answer of the partner's receiving side; what it calls for goes out at once.
    fn answer(&mut self, frame: Frame) -> Vec<Frame> {
        match frame {
            Frame::Have { log, at } if recovery::is_lost(&self.now, log, at).unwrap() => {
                self.sender.hold(log);
                let common = self.common(log);
                self.returning = Some(Returning { common, end: at, entries: Vec::new() });
                return vec![Frame::Back { log, at: common.at() }];
            }
            Frame::Have { .. } if self.returning.is_some() => {}
            Frame::Have { log, at } => match self.behind.take() {
                Some(claimed) => {
                    let clock = Timestamp(self.clock);
                    let changes = recovery::go_on_without(&self.now, log, at, claimed, self.voice(), clock).unwrap();
                    self.now.write(changes.unwrap_or_default()).unwrap();
                    self.commit();
                    self.sender.hold(log);
                    return vec![Frame::Offer(log)];
                }
                None => self.sender.have(log, at.at()),
            },
            Frame::Missing { .. } if self.returning.is_some() => {}
            Frame::Missing { log, at } => self.sender.missing(log, at),
            Frame::Want { log, id, offset } => self.sender.want(log, id, offset),
            Frame::NeedEnvelope { log, id } => self.sender.need_envelope(log, id),
            Frame::Yours { log, entry } => return self.returned(log, &entry),
            Frame::Stop { log, .. } => {
                self.sender.stop(log, Stop::Busy);
                self.busy = true;
            }
            other => panic!("not of a receiver: {other:?}"),
        }
        Vec::new()
    }

    /// Up to where both are known to have the same of a log of ours: what the partner's newest entry here says.
    fn common(&self, log: Log) -> Position {
        let newest = self.now.after(log.reverse(), (0, 0)).last();
        let named = newest.map_or(Position::NONE, |entry| entry.value().peer);
        recovery::common(&self.now, log, named).unwrap()
    }

    fn returned(&mut self, log: Log, entry: &[u8]) -> Vec<Frame> {
        let Some(mut returning) = self.returning.take() else { return Vec::new() };
        returning.entries.push(Unverified::from_bytes(entry).unwrap());
        if returning.entries.last().map(Unverified::position) != Some(returning.end) {
            self.returning = Some(returning);
            return Vec::new();
        }
        let Returning { common, end, entries } = returning;
        let returned = Returned::check(log, end, entries, &self.key.verifying_key()).unwrap();
        let changes = recovery::take_back(&self.now, log, common, returned, self.voice(), Timestamp(self.clock));
        self.now.write(changes.unwrap()).unwrap();
        self.commit();
        vec![Frame::Offer(log)]
    }
}

/// What happens next to the pair.
#[derive(Clone, Debug)]
enum Event {
    Send(bool),
    Open(bool),
    Step(bool),
    Duplicate(bool),
    Break,
    Crash(bool),
    Backup(bool),
    Restore(bool),
}

fn event(restores: u32) -> impl Strategy<Value = Event> {
    prop_oneof![
        restores => any::<bool>().prop_map(Event::Backup),
        restores => any::<bool>().prop_map(Event::Restore),
        3 => any::<bool>().prop_map(Event::Send),
        1 => any::<bool>().prop_map(Event::Open),
        12 => any::<bool>().prop_map(Event::Step),
        1 => any::<bool>().prop_map(Event::Duplicate),
        1 => Just(Event::Break),
        1 => any::<bool>().prop_map(Event::Crash),
    ]
}

/// Two nodes and, for each direction, the frames on the way.
struct Pair {
    nodes: [Node; 2],
    pipes: [VecDeque<Frame>; 2],
    inline: bool,
    /// Who sent what: contents, for a message's id may change.
    sent: Vec<(usize, Hash)>,
    /// Who was put back to an earlier day.
    restored: [bool; 2],
}

impl Pair {
    fn new(inline: bool) -> Self {
        let nodes = [Node::new("1379905001-43", 1), Node::new("1379900010-11", 2)];
        let mut pair = Self { nodes, pipes: Default::default(), inline, sent: Vec::new(), restored: [false; 2] };
        pair.connect();
        pair
    }

    /// A new connection: everything on the way is gone, both sides offer their logs again.
    fn connect(&mut self) {
        for side in 0..2 {
            let log = Log::new(self.nodes[side].address, self.nodes[1 - side].address);
            let node = &mut self.nodes[side];
            (node.sender, node.returning) = (Sender::new(), None);
            (node.behind, node.busy, node.stopped) = (None, false, false);
            node.sender.offer(log);
            self.pipes[side] = VecDeque::from([Frame::Offer(log)]);
        }
    }

    /// One frame of `side` reaches the other, whose answers come back at once; false if there was none.
    fn step(&mut self, side: usize) -> bool {
        let fresh = self.nodes[side].outgoing(self.inline);
        self.pipes[side].extend(fresh);
        let Some(frame) = self.pipes[side].pop_front() else { return false };
        let key = self.nodes[side].key.verifying_key();
        for answer in self.nodes[1 - side].take(frame, &key) {
            let more = self.nodes[side].answer(answer);
            self.pipes[side].extend(more);
        }
        for side in 0..2 {
            let log = Log::new(self.nodes[side].address, self.nodes[1 - side].address);
            let node = &mut self.nodes[side];
            if node.behind.is_some() && self.pipes[side].is_empty() {
                self.pipes[side].push_back(Frame::Offer(log));
            }
            if self.pipes[side].is_empty() && std::mem::take(&mut node.busy) {
                node.sender.reopen(log);
                self.pipes[side].push_back(Frame::Offer(log));
            }
        }
        true
    }

    fn run(&mut self, event: Event) {
        match event {
            Event::Send(side) => {
                let (side, number) = (usize::from(side), self.sent.len() as u64);
                let to = self.nodes[1 - side].address;
                self.nodes[side].send(to, number);
                self.sent.push((side, content(number)));
            }
            Event::Open(side) => {
                let node = &mut self.nodes[usize::from(side)];
                let delivered = node
                    .now
                    .inbound
                    .iter()
                    .find(|(_, m)| m.receipts.has(What::Delivered) && !m.receipts.has(What::Opened));
                if let Some(id) = delivered.map(|(id, _)| *id) {
                    let by = (What::Opened, By::Api);
                    let changes =
                        book::acknowledge(&node.now, id, by.0, by.1, 0, node.voice(), Timestamp(2_000)).unwrap();
                    let log = node.now.inbound[&id].log;
                    node.now.write(changes).unwrap();
                    node.commit();
                    node.sender.wake(log.reverse());
                }
            }
            Event::Step(side) => drop(self.step(usize::from(side))),
            Event::Duplicate(side) => {
                let pipe = &mut self.pipes[usize::from(side)];
                if let Some(frame) = pipe.front().cloned() {
                    pipe.push_front(frame);
                }
            }
            Event::Break => self.connect(),
            Event::Crash(side) => {
                self.nodes[usize::from(side)].crash();
                self.connect();
            }
            Event::Backup(side) => {
                let node = &mut self.nodes[usize::from(side)];
                node.backup = node.durable.clone();
            }
            Event::Restore(side) => {
                let node = &mut self.nodes[usize::from(side)];
                node.durable = node.backup.clone();
                node.crash();
                self.restored[usize::from(side)] = true;
                self.connect();
            }
        }
    }

    /// Lets everything arrive on a pipe that holds.
    fn settle(&mut self) {
        self.connect();
        for _ in 0..20_000 {
            let moved = [self.step(0), self.step(1)];
            if moved == [false; 2] {
                return;
            }
        }
        panic!("the two do not come to rest");
    }

    fn check(&self) {
        let [a, b] = &self.nodes;
        assert_eq!(a.now.entries, b.now.entries, "both sides hold both logs");
        for (side, content) in &self.sent {
            let (from, to) = (&self.nodes[*side].now, &self.nodes[1 - *side].now);
            let sent: Vec<_> = from.outbound.iter().filter(|(_, message)| message.header.sha256 == *content).collect();
            // What had not left when everything after a backup was lost is lost, and then said to be.
            let [(id, outbound)] = sent.as_slice() else {
                assert!(sent.is_empty() && self.restored[*side], "sent once");
                continue;
            };
            let inbound = &to.inbound[*id];
            assert_eq!(outbound.receipts, inbound.receipts);
            if outbound.ended.is_some() {
                // The partner, who had it, asked for it again before its receipt was here again.
                let both_lost = inbound.receipts.has(What::Delivered) && self.restored == [true; 2];
                assert!(self.restored[*side] && (both_lost || !inbound.receipts.has(What::Delivered)));
                continue;
            }
            assert!(inbound.receipts.has(What::Delivered));
            assert!(inbound.is_complete());
            // Gone is only what both have lost.
            assert!(inbound.body || self.restored == [true; 2]);
        }
        for node in &self.nodes {
            let contents: BTreeSet<Hash> = node.now.inbound.values().map(|message| message.header.sha256).collect();
            assert_eq!(contents.len(), node.now.inbound.len(), "nothing twice");
        }
        let arrived = a.now.inbound.len() + b.now.inbound.len();
        assert!(arrived == self.sent.len() || self.restored != [false; 2], "nothing else");
    }
}

/// Lets all of it happen, then everything arrive, and looks what came of it.
fn play(events: impl IntoIterator<Item = Event>, inline: bool) {
    let mut pair = Pair::new(inline);
    for event in events {
        pair.run(event);
    }
    pair.settle();
    pair.check();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn everything_arrives_once(events in proptest::collection::vec(event(0), 1..120), inline: bool) {
        play(events, inline);
    }

    #[test]
    fn what_the_partner_has_comes_back(events in proptest::collection::vec(event(1), 1..120), inline: bool) {
        play(events, inline);
    }
}

#[test]
fn a_window_of_messages_crosses_a_pipe_that_breaks_after_every_few_frames() {
    let mut pair = Pair::new(true);
    for n in 0..200 {
        pair.run(Event::Send(n % 3 == 0));
    }
    for round in 0..100 {
        for _ in 0..round % 7 {
            pair.step(0);
            pair.step(1);
        }
        pair.connect();
    }
    pair.settle();
    pair.check();
}

/// Found by chance, each of them once.
#[test]
fn losses_on_both_sides_in_unlucky_order() {
    use Event::{Backup, Restore, Send, Step};
    let told_twice = [
        Step(false),
        Send(true),
        Step(true),
        Step(true),
        Step(false),
        Backup(true),
        Restore(false),
        Backup(false),
        Step(false),
        Step(false),
        Send(true),
        Step(true),
        Step(true),
        Step(true),
        Restore(true),
        Event::Duplicate(true),
        Step(true),
        Step(false),
        Step(false),
        Step(true),
        Step(true),
    ];
    let delivered_and_lost_again = [
        Step(true),
        Send(true),
        Step(true),
        Send(false),
        Step(false),
        Step(false),
        Step(false),
        Step(true),
        Backup(false),
        Send(false),
        Step(false),
        Step(true),
        Restore(true),
        Backup(true),
        Send(false),
        Step(true),
        Step(true),
        Restore(false),
        Step(true),
        Step(true),
        Step(false),
    ];
    let announced_twice = [
        Step(true),
        Send(true),
        Step(true),
        Backup(false),
        Restore(true),
        Send(true),
        Backup(true),
        Step(true),
        Step(true),
        Step(true),
        Step(true),
        Step(true),
        Restore(true),
    ];
    for events in [&told_twice[..], &delivered_and_lost_again, &announced_twice] {
        for inline in [true, false] {
            play(events.iter().cloned(), inline);
        }
    }
}

#[test]
fn what_comes_back_without_its_beginning_is_not_taken() {
    let mut pair = Pair::new(true);
    pair.run(Event::Send(false));
    pair.run(Event::Send(false));
    pair.settle();
    let [writer, partner] = &pair.nodes;
    let log = Log::new(writer.address, partner.address);
    let take_back = |left_out: usize| {
        let entries = partner.now.after(log, (0, 0)).skip(left_out);
        let entries = entries.map(|entry| Unverified::from_bytes(entry.bytes()).unwrap()).collect();
        let end = partner.now.head(log).unwrap();
        let returned = Returned::check(log, end, entries, &writer.key.verifying_key()).unwrap();
        let voice = writer.voice();
        recovery::take_back(&Kept::default(), log, Position::NONE, returned, voice, Timestamp(3_000))
    };
    assert!(take_back(0).is_ok(), "control");
    assert!(matches!(take_back(1), Err(WriteError::Unknown)));
}

#[test]
fn forks_gaps_and_lost_memory_are_told_apart() {
    let mut pair = Pair::new(true);
    pair.run(Event::Send(false));
    pair.settle();
    let (sender_key, log) = {
        let sender = &pair.nodes[0];
        (sender.key.clone(), Log::new(sender.address, pair.nodes[1].address))
    };
    let held = pair.nodes[0].now.after(log, (0, 0)).next().unwrap().value().clone();
    let seen = pair.nodes[0].now.head(log.reverse()).unwrap();
    let receiver = &pair.nodes[1];
    let verdict = |entry: Entry| {
        let entry = Signed::sign(entry, &sender_key).unwrap();
        let arrival = Arrival { body: true, envelope: true };
        book::take(&receiver.now, entry, arrival, receiver.voice(), Timestamp(3_000)).unwrap()
    };
    let head = receiver.now.head(log).unwrap();
    let next = Entry { seq: 2, prev: head.hash, peer: seen, ..held.clone() };
    assert!(matches!(verdict(next.clone()), Taken::New(_)), "control");
    assert_eq!(verdict(held.clone()), Taken::Known);
    assert_eq!(verdict(Entry { time: Timestamp(9), ..held.clone() }), Taken::Refused(Stop::Fork));
    assert_eq!(verdict(Entry { prev: Hash([9; 32]), ..next.clone() }), Taken::Refused(Stop::Fork));
    assert_eq!(verdict(Entry { seq: 3, prev: Hash([9; 32]), ..next.clone() }), Taken::Gap(head));
    assert_eq!(
        verdict(Entry { epoch: held.epoch + 1, seq: 1, prev: Hash::ZERO, ..next.clone() }),
        Taken::Refused(Stop::Restart)
    );
    // An earlier epoch that was never here is no second entry at one place.
    let earlier = Entry { epoch: held.epoch - 1, ..held.clone() };
    assert_eq!(verdict(earlier), Taken::Refused(Stop::Restart));
    // And nothing begins with a restart from something: that is missing.
    let restart = Restart { old_epoch: held.epoch, last_seq: 1, last_hash: head.hash };
    let log = Log::new("1379900044-11".parse().unwrap(), log.to);
    let first =
        Entry { from: log.from, epoch: 9_000, body: Body::Restart(restart), peer: Position::NONE, ..held.clone() };
    assert_eq!(verdict(first.clone()), Taken::Gap(Position::NONE));
    let nothing = Restart { old_epoch: 0, last_seq: 0, last_hash: Hash::ZERO };
    assert!(matches!(verdict(Entry { body: Body::Restart(nothing), ..first }), Taken::New(_)));
    let ahead = Position { epoch: seen.epoch, seq: seen.seq + 1, hash: Hash([7; 32]) };
    assert_eq!(verdict(Entry { peer: ahead, ..next.clone() }), Taken::Behind(ahead));
    let false_peer = Position { hash: Hash([7; 32]), ..seen };
    assert_eq!(verdict(Entry { peer: false_peer, ..next }), Taken::Behind(false_peer));
}
