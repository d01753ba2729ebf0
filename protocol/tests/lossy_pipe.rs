//! The rules of a link over an in-memory pipe that breaks, while nodes forget what they had not
//! yet made durable: every message arrives once, every receipt once, and both sides end with
//! the same two logs.

use std::collections::{BTreeMap, VecDeque};

use ed25519_dalek::{SigningKey, VerifyingKey};
use musubi_protocol::{
    cbor::Ext,
    delivery::{Inbound, Outbound},
    entry::{Body, By, Entry, Message, Position, Restart, What},
    ids::{Address, Hash, MessageId},
    link::{
        Log,
        book::{self, Arrival, Change, Shelf, Taken, Voice},
        frame::Frame,
        sender::{Send, Sender},
    },
    signed::{Signed, Unverified},
    time::Timestamp,
};
use proptest::prelude::*;

/// What one node keeps: enough for the rules, nothing more.
#[derive(Clone, Default)]
struct Kept {
    entries: BTreeMap<(Log, u64, u64), Signed<Entry>>,
    outbound: BTreeMap<MessageId, Outbound>,
    inbound: BTreeMap<MessageId, Inbound>,
}

impl Shelf for Kept {
    type Error = std::convert::Infallible;

    fn head(&self, log: Log) -> Result<Position, Self::Error> {
        Ok(self.after(log, (0, 0)).last().map_or(Position::NONE, |entry| entry.position()))
    }

    fn hash_at(&self, log: Log, at: (u64, u64)) -> Result<Option<Hash>, Self::Error> {
        Ok(self.entries.get(&(log, at.0, at.1)).map(|entry| entry.id().hash()))
    }

    fn outbound(&self, id: &MessageId) -> Result<Option<Outbound>, Self::Error> {
        Ok(self.outbound.get(id).cloned())
    }

    fn inbound(&self, id: &MessageId) -> Result<Option<Inbound>, Self::Error> {
        Ok(self.inbound.get(id).cloned())
    }
}

impl Kept {
    fn after(&self, log: Log, at: (u64, u64)) -> impl Iterator<Item = &Signed<Entry>> {
        self.entries.range((log, at.0, at.1 + 1)..(log, u64::MAX, u64::MAX)).map(|(_, entry)| entry)
    }

    fn write(&mut self, changes: Vec<Change>) {
        for change in changes {
            match change {
                Change::Append(entry) => {
                    let value = entry.value();
                    let key = (Log::new(value.from, value.to), value.epoch, value.seq);
                    assert!(self.entries.insert(key, *entry).is_none(), "a place in a log is written once");
                }
                Change::Outbound(id, state) => drop(self.outbound.insert(id, state)),
                Change::Inbound(id, state) => drop(self.inbound.insert(id, state)),
            }
        }
    }
}

/// One node: what it holds now, what would survive a crash, and its end of the connection.
struct Node {
    address: Address,
    key: SigningKey,
    now: Kept,
    durable: Kept,
    sender: Sender,
}

impl Node {
    fn new(address: &str, key: u8) -> Self {
        Self {
            address: address.parse().unwrap(),
            key: SigningKey::from_bytes(&[key; 32]),
            now: Kept::default(),
            durable: Kept::default(),
            sender: Sender::new(),
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
    fn send(&mut self, to: Address, number: u64) -> MessageId {
        let sha256 = Hash::of(&[&number.to_be_bytes()]);
        let header = Message { suite: 1, length: 4112, sha256, commitment: Hash::ZERO, ext: Ext::none() };
        let log = Log::new(self.address, to);
        let (id, changes) = book::announce(&self.now, log, header, self.voice(), Timestamp(100 + number)).unwrap();
        self.now.write(changes);
        self.commit();
        self.sender.wake(log);
        id
    }

    /// Frames that may leave: only what is durable.
    fn outgoing(&mut self, inline: bool) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Some(send) = self.sender.poll() {
            match send {
                Send::EntryAfter(log, at) => {
                    let Some(entry) = self.durable.after(log, at).next() else { continue };
                    let message = self.durable.outbound.contains_key(&entry.id());
                    let part = |there: bool| if there { vec![1] } else { Vec::new() };
                    self.sender.sent(log, entry.position().at());
                    frames.push(Frame::Entry {
                        log,
                        entry: entry.bytes().to_vec(),
                        envelope: part(message && inline),
                        body: part(message && inline),
                    });
                }
                Send::Envelope(log, id) => frames.push(Frame::Envelope { log, id, envelope: vec![1] }),
                Send::Body(log, id, offset) => frames.push(Frame::Body { log, id, offset, length: 1 }),
            }
        }
        frames
    }

    /// Takes a frame of the partner's sending side; answers travel back on the same stream.
    fn take(&mut self, frame: Frame, partner: &VerifyingKey) -> Vec<Frame> {
        let have = |kept: &Kept, log| Frame::Have { log, at: kept.head(log).unwrap().at() };
        match frame {
            Frame::Offer(log) => {
                let waiting: Vec<MessageId> = self
                    .now
                    .inbound
                    .iter()
                    .filter(|(_, message)| message.log == log && !message.receipts.has(What::Delivered))
                    .map(|(id, _)| *id)
                    .collect();
                let wants = waiting
                    .into_iter()
                    .flat_map(|id| [Frame::Want { log, id, offset: 0 }, Frame::NeedEnvelope { log, id }]);
                [have(&self.durable, log)].into_iter().chain(wants).collect()
            }
            Frame::Entry { log, entry, envelope, body } => {
                let entry = Unverified::<Entry>::from_bytes(&entry).unwrap().verify(partner).unwrap();
                let arrival = Arrival { body: !body.is_empty(), envelope: !envelope.is_empty() };
                let id = entry.id();
                match book::take(&self.now, entry, arrival, self.voice(), Timestamp(1_000)).unwrap() {
                    Taken::New(changes) => {
                        self.now.write(changes);
                        self.commit();
                        self.sender.wake(log.reverse());
                        let missing = self.now.inbound.get(&id).is_some_and(|message| !message.body);
                        let wants = [Frame::Want { log, id, offset: 0 }, Frame::NeedEnvelope { log, id }];
                        let wants = wants.into_iter().filter(|_| missing);
                        [have(&self.durable, log)].into_iter().chain(wants).collect()
                    }
                    Taken::Known => vec![have(&self.durable, log)],
                    Taken::Gap(head) => vec![Frame::Missing { log, at: head.at() }],
                    Taken::Refused(stop) => panic!("an honest log was refused: {stop:?}"),
                }
            }
            Frame::Envelope { log, id, .. } => self.complete(log, id, Arrival { body: false, envelope: true }),
            Frame::Body { log, id, .. } => self.complete(log, id, Arrival { body: true, envelope: false }),
            other => panic!("not of a sender: {other:?}"),
        }
    }

    fn complete(&mut self, log: Log, id: MessageId, arrival: Arrival) -> Vec<Frame> {
        let changes = book::complete(&self.now, id, arrival, self.voice(), Timestamp(1_001)).unwrap();
        self.now.write(changes);
        self.commit();
        self.sender.wake(log.reverse());
        Vec::new()
    }

    /// Takes an answer of the partner's receiving side.
    fn answer(&mut self, frame: Frame) {
        match frame {
            Frame::Have { log, at } => self.sender.have(log, at),
            Frame::Missing { log, at } => self.sender.missing(log, at),
            Frame::Want { log, id, offset } => self.sender.want(log, id, offset),
            Frame::NeedEnvelope { log, id } => self.sender.need_envelope(log, id),
            other => panic!("not of a receiver: {other:?}"),
        }
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
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
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
    sent: Vec<(usize, MessageId)>,
}

impl Pair {
    fn new(inline: bool) -> Self {
        let nodes = [Node::new("1379905001-43", 1), Node::new("1379900010-11", 2)];
        let mut pair = Self { nodes, pipes: Default::default(), inline, sent: Vec::new() };
        pair.connect();
        pair
    }

    /// A new connection: everything on the way is gone, both sides offer their logs again.
    fn connect(&mut self) {
        for side in 0..2 {
            let log = Log::new(self.nodes[side].address, self.nodes[1 - side].address);
            self.nodes[side].sender = Sender::new();
            self.nodes[side].sender.offer(log);
            self.pipes[side] = VecDeque::from([Frame::Offer(log)]);
        }
    }

    /// One frame of `side` reaches the other, whose answers come back at once.
    fn step(&mut self, side: usize) {
        let fresh = self.nodes[side].outgoing(self.inline);
        self.pipes[side].extend(fresh);
        let Some(frame) = self.pipes[side].pop_front() else { return };
        let key = self.nodes[side].key.verifying_key();
        for answer in self.nodes[1 - side].take(frame, &key) {
            self.nodes[side].answer(answer);
        }
    }

    fn run(&mut self, event: Event) {
        match event {
            Event::Send(side) => {
                let (side, number) = (usize::from(side), self.sent.len() as u64);
                let to = self.nodes[1 - side].address;
                let id = self.nodes[side].send(to, number);
                self.sent.push((side, id));
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
                    node.now.write(changes);
                    node.commit();
                    node.sender.wake(log.reverse());
                }
            }
            Event::Step(side) => self.step(usize::from(side)),
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
        }
    }

    /// Lets everything arrive on a pipe that holds.
    fn settle(&mut self) {
        self.connect();
        for _ in 0..20 * (self.sent.len() + 2) {
            self.step(0);
            self.step(1);
        }
    }

    fn check(&self) {
        let [a, b] = &self.nodes;
        assert_eq!(a.now.entries, b.now.entries, "both sides hold both logs");
        for (side, id) in &self.sent {
            let (from, to) = (&self.nodes[*side].now, &self.nodes[1 - *side].now);
            assert!(to.inbound[id].receipts.has(What::Delivered));
            assert_eq!(from.outbound[id].receipts, to.inbound[id].receipts);
        }
        assert_eq!(a.now.inbound.len() + b.now.inbound.len(), self.sent.len(), "nothing twice, nothing else");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn everything_arrives_once(events in proptest::collection::vec(event(), 1..120), inline: bool) {
        let mut pair = Pair::new(inline);
        for event in events {
            pair.run(event);
        }
        pair.settle();
        pair.check();
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

#[test]
fn forks_gaps_and_lost_memory_are_told_apart() {
    use musubi_protocol::link::frame::Stop;

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
    // And nothing begins with a restart from something.
    let restart = Restart { old_epoch: held.epoch, last_seq: 1, last_hash: head.hash };
    let log = Log::new("1379900044-11".parse().unwrap(), log.to);
    let first =
        Entry { from: log.from, epoch: 9_000, body: Body::Restart(restart), peer: Position::NONE, ..held.clone() };
    assert_eq!(verdict(first.clone()), Taken::Refused(Stop::Restart));
    let nothing = Restart { old_epoch: 0, last_seq: 0, last_hash: Hash::ZERO };
    assert!(matches!(verdict(Entry { body: Body::Restart(nothing), ..first }), Taken::New(_)));
    let ahead = Position { epoch: seen.epoch, seq: seen.seq + 1, hash: Hash([7; 32]) };
    assert_eq!(verdict(Entry { peer: ahead, ..next.clone() }), Taken::Refused(Stop::Restart));
    let false_peer = Position { hash: Hash([7; 32]), ..seen };
    assert_eq!(verdict(Entry { peer: false_peer, ..next }), Taken::Refused(Stop::Fork));
}
