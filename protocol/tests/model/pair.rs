//! Two nodes, what is on the way between them, and what may happen next.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque, hash_map::DefaultHasher},
    hash::{Hash as _, Hasher},
    rc::Rc,
};

use musubi_protocol::{
    delivery::CODE_LOST,
    entry::{Body, Position, What},
    ids::{Hash, MessageId},
    link::{
        frame::Stop,
        sender::{Send, Sender},
    },
};

use super::{
    kept::Kept,
    rules::{Ask, Broken, Line, Rules, Said, Stored, content, number},
};

/// How much may happen.
#[derive(Clone, Copy, Debug, Hash)]
pub struct Scope {
    /// Messages by side 0 and side 1.
    pub sends: [u8; 2],
    pub opens: u8,
    pub losses: u8,
    pub duplicates: u8,
    pub reorders: u8,
    pub crashes: u8,
    pub backups: u8,
    pub restores: u8,
    /// Times that a log is offered again after "busy" before everything else has come to rest.
    pub retries: u8,
    /// All of these together, but backups.
    pub faults: u8,
    /// Bodies come with their entries; otherwise when asked for.
    pub inline: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Send(usize),
    Open(usize),
    /// The first frame of a way arrives: `2 * side` is what it says as sender, the next one what it answers.
    Deliver(usize),
    Commit(usize),
    /// The pause after "busy" is over.
    Retry(usize),
    Lose,
    Duplicate(usize),
    Reorder(usize),
    Crash(usize),
    Backup(usize),
    Restore(usize),
}

#[derive(Clone, Hash)]
enum Packet {
    Offer,
    Entry(Line, bool),
    Body(MessageId),
    Back((u64, u64)),
    Gone(MessageId),
    Have(Position),
    Yours(Line),
    Missing((u64, u64)),
    Want(MessageId),
    Stop,
}

/// A log that comes back.
#[derive(Clone, Hash)]
struct Returning {
    common: Position,
    end: Position,
    entries: Vec<Line>,
}

/// What a node knows of its connection, and forgets with it.
#[derive(Clone, Default, Hash)]
struct Session {
    sender: Sender,
    /// `Some(None)`: it did not come back as it should; the log stays stopped.
    returning: Option<Option<Returning>>,
    claim: Option<Position>,
    stopped: bool,
    busy: bool,
    /// The sending side waits until what it has written is durable; then it offers its log.
    settling: bool,
    offer: bool,
    /// Answers that wait until what they speak of is durable.
    answers: Vec<Packet>,
}

#[derive(Clone)]
struct Node {
    now: Rc<Stored>,
    durable: Rc<Stored>,
    backup: Rc<Stored>,
    /// Crashes and rollbacks so far.
    life: u64,
    /// Rollbacks so far.
    restored: u64,
    session: Session,
}

/// What the check remembers and no node knows.
#[derive(Clone, Default, Hash)]
struct Past {
    /// Messages by each side.
    sent: [u8; 2],
    /// Numbers of messages whose `send` was durable.
    acknowledged: u32,
    /// Of these, those that neither side had after a crash or rollback.
    excused: u32,
    /// Entries that have left, by writer and place.
    left: [BTreeMap<(u64, u64), Hash>; 2],
    /// Since its last rollback, the side has noticed that something was lost.
    aware: [bool; 2],
    /// Entries with `delivered` that left while the message was durable.
    said: BTreeSet<MessageId>,
}

#[derive(Clone)]
pub struct Pair {
    nodes: [Node; 2],
    ways: [VecDeque<Packet>; 4],
    scope: Scope,
    past: Past,
}

type Outcome = Result<(), String>;

/// Most steps until two sides rest that hold four entries each.
const REST: usize = 400;

impl Pair {
    pub fn new(scope: Scope, rules: &mut Rules) -> Self {
        let empty = rules.stored(Kept::default());
        let node = || Node {
            now: Rc::clone(&empty),
            durable: Rc::clone(&empty),
            backup: Rc::clone(&empty),
            life: 0,
            restored: 0,
            session: Session::default(),
        };
        let mut pair = Self { nodes: [node(), node()], ways: Default::default(), scope, past: Past::default() };
        pair.connect(rules);
        // From two sides that have met: a new connection is among the faults.
        pair.run_dry(rules).unwrap();
        pair
    }

    pub fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for node in &self.nodes {
            let kept = [&node.now, &node.durable, &node.backup].map(|stored| stored.digest);
            (kept, node.life, node.restored, &node.session).hash(&mut hasher);
        }
        (&self.ways, &self.scope, &self.past).hash(&mut hasher);
        hasher.finish()
    }

    /// Everything that may happen next.
    pub fn actions(&self) -> Vec<Action> {
        let mut actions = Vec::new();
        let scope = &self.scope;
        let mut may = |possible: bool, action| {
            if possible {
                actions.push(action);
            }
        };
        for way in 0..4 {
            may(!self.ways[way].is_empty() && !self.waits(way), Action::Deliver(way));
        }
        for side in 0..2 {
            let node = &self.nodes[side];
            may(self.is_dirty(side), Action::Commit(side));
            may(scope.retries > 0 && node.session.busy, Action::Retry(side));
            may(scope.sends[side] > 0, Action::Send(side));
            may(scope.opens > 0 && self.can_open(side), Action::Open(side));
            may(scope.backups > 0 && node.backup.digest != node.durable.digest, Action::Backup(side));
        }
        if scope.faults == 0 {
            return actions;
        }
        let on_the_way = self.ways.iter().any(|way| !way.is_empty());
        may(scope.losses > 0 && on_the_way, Action::Lose);
        for way in 0..4 {
            may(scope.duplicates > 0 && !self.ways[way].is_empty(), Action::Duplicate(way));
            may(scope.reorders > 0 && self.ways[way].len() > 1, Action::Reorder(way));
        }
        for side in 0..2 {
            let node = &self.nodes[side];
            may(scope.crashes > 0 && self.is_dirty(side), Action::Crash(side));
            may(scope.restores > 0 && node.backup.digest != node.now.digest, Action::Restore(side));
        }
        actions
    }

    /// # Errors
    /// What must never happen, in words.
    pub fn act(&mut self, action: Action, rules: &mut Rules) -> Outcome {
        let scope = &mut self.scope;
        match action {
            Action::Send(side) => {
                scope.sends[side] -= 1;
                let number = number(side, self.past.sent[side]);
                self.past.sent[side] += 1;
                self.ask(side, Ask::Send(number), rules)?;
            }
            Action::Open(side) => {
                scope.opens -= 1;
                self.ask(side, Ask::Open, rules)?;
            }
            Action::Deliver(way) => self.deliver(way, rules)?,
            Action::Commit(side) => self.commit(side, rules)?,
            Action::Retry(side) => {
                scope.retries = scope.retries.saturating_sub(1);
                self.retry(side, rules);
            }
            Action::Lose => {
                (scope.losses, scope.faults) = (scope.losses - 1, scope.faults - 1);
                self.connect(rules);
            }
            Action::Duplicate(way) => {
                (scope.duplicates, scope.faults) = (scope.duplicates - 1, scope.faults - 1);
                let first = self.ways[way][0].clone();
                self.ways[way].push_front(first);
            }
            Action::Reorder(way) => {
                (scope.reorders, scope.faults) = (scope.reorders - 1, scope.faults - 1);
                self.ways[way].swap(0, 1);
            }
            Action::Crash(side) => {
                (scope.crashes, scope.faults) = (scope.crashes - 1, scope.faults - 1);
                let node = &mut self.nodes[side];
                (node.now, node.life) = (Rc::clone(&node.durable), node.life + 1);
                self.forgotten();
                self.connect(rules);
            }
            Action::Backup(side) => {
                scope.backups -= 1;
                self.nodes[side].backup = Rc::clone(&self.nodes[side].durable);
            }
            Action::Restore(side) => {
                (scope.restores, scope.faults) = (scope.restores - 1, scope.faults - 1);
                let node = &mut self.nodes[side];
                (node.now, node.durable) = (Rc::clone(&node.backup), Rc::clone(&node.backup));
                (node.life, node.restored) = (node.life + 1, node.restored + 1);
                self.past.aware[side] = false;
                self.forgotten();
                self.connect(rules);
            }
        }
        for side in 0..2 {
            self.pump(side, rules)?;
        }
        self.holds()
    }

    fn waits(&self, way: usize) -> bool {
        way % 2 == 1 && self.nodes[1 - way / 2].session.settling
    }

    fn is_dirty(&self, side: usize) -> bool {
        let node = &self.nodes[side];
        node.now.digest != node.durable.digest || !node.session.answers.is_empty() || node.session.settling
    }

    fn can_open(&self, side: usize) -> bool {
        self.nodes[side]
            .now
            .kept
            .inbound
            .values()
            .any(|message| message.body && message.receipts.has(What::Delivered) && !message.receipts.has(What::Opened))
    }

    /// What neither side has after a crash or a rollback is lost without anybody's fault.
    fn forgotten(&mut self) {
        let [a, b] = [&self.nodes[0].now, &self.nodes[1].now];
        self.past.excused |= !(a.sent | b.sent | a.announced[1] | b.announced[0]);
    }

    /// A new connection: everything on the way is gone, both sides offer their logs again.
    fn connect(&mut self, rules: &Rules) {
        self.ways = Default::default();
        for side in 0..2 {
            self.nodes[side].session = Session::default();
            self.nodes[side].session.sender.offer(rules.log(side));
            self.ways[2 * side].push_back(Packet::Offer);
        }
    }

    /// Asks a rule and keeps what it decides. Whether it decided anything, or what else it said.
    fn ask(&mut self, side: usize, ask: Ask, rules: &mut Rules) -> Result<Said, String> {
        let node = &mut self.nodes[side];
        let said = rules.ask(side, node.life, &node.now, ask);
        match &said {
            Said::Changed(now) => node.now = Rc::clone(now),
            Said::Wrong(wrong) => return Err((*wrong).to_owned()),
            _ => {}
        }
        Ok(said)
    }

    fn retry(&mut self, side: usize, rules: &Rules) {
        let session = &mut self.nodes[side].session;
        session.busy = false;
        session.sender.reopen(rules.log(side));
        self.ways[2 * side].push_back(Packet::Offer);
    }

    /// Everything decided so far is durable; what waited for that leaves.
    fn commit(&mut self, side: usize, rules: &Rules) -> Outcome {
        let node = &mut self.nodes[side];
        node.durable = Rc::clone(&node.now);
        self.past.acknowledged |= node.durable.sent;
        node.session.settling = false;
        if std::mem::take(&mut node.session.offer) {
            self.ways[2 * side].push_back(Packet::Offer);
        }
        node.session.sender.wake(rules.log(side));
        let answers = std::mem::take(&mut node.session.answers);
        self.leave(side, answers)
    }

    /// Answers leave, now or when everything decided so far is durable.
    fn answer(&mut self, side: usize, answers: Vec<Packet>, rules: &Rules) -> Outcome {
        let node = &mut self.nodes[side];
        if node.now.digest == node.durable.digest || rules.broken == Some(Broken::EarlyHave) {
            return self.leave(side, answers);
        }
        node.session.answers.extend(answers);
        Ok(())
    }

    fn leave(&mut self, side: usize, answers: Vec<Packet>) -> Outcome {
        for answer in answers {
            match &answer {
                Packet::Have(at) if *at != Position::NONE && !self.nodes[side].durable.holds(1 - side, *at) => {
                    return Err(format!("side {side} says that it has what is not durable there"));
                }
                _ => self.ways[2 * side + 1].push_back(answer),
            }
        }
        Ok(())
    }

    fn deliver(&mut self, way: usize, rules: &mut Rules) -> Outcome {
        let Some(packet) = self.ways[way].pop_front() else { return Ok(()) };
        let side = 1 - way / 2;
        if way.is_multiple_of(2) { self.take(side, packet, rules) } else { self.hear(side, packet, rules) }
    }

    /// A frame of the partner's sending side.
    fn take(&mut self, side: usize, packet: Packet, rules: &mut Rules) -> Outcome {
        let have = |node: &Node| Packet::Have(node.now.head(1 - side));
        let answers = match packet {
            Packet::Offer => {
                let node = &mut self.nodes[side];
                node.session.stopped = false;
                let waiting = node.now.kept.inbound.iter().filter(|(_, message)| !message.is_complete());
                let wants = waiting.map(|(id, _)| Packet::Want(*id));
                [have(node)].into_iter().chain(wants).collect()
            }
            Packet::Entry(..) if self.nodes[side].session.stopped => Vec::new(),
            Packet::Entry(line, body) => {
                let id = line.id();
                match self.ask(side, Ask::Take(line, body), rules)? {
                    Said::Gap(head) => vec![Packet::Missing(head.at())],
                    Said::Behind(claimed) => {
                        let session = &mut self.nodes[side].session;
                        (session.claim, session.stopped) = (Some(claimed), true);
                        // Both at once: neither speaks of anything that has to be durable.
                        self.ways[2 * side + 1].push_back(Packet::Stop);
                        if session.returning.is_none() {
                            self.ways[2 * side].push_back(Packet::Offer);
                        }
                        Vec::new()
                    }
                    Said::Refused(stop) => return Err(format!("side {side} refuses an honest log: {stop:?}")),
                    _ => {
                        let node = &mut self.nodes[side];
                        node.session.sender.wake(rules.log(side));
                        let incomplete = node.now.kept.inbound.get(&id).is_some_and(|message| !message.is_complete());
                        let want = (incomplete && !body).then_some(Packet::Want(id));
                        [have(node)].into_iter().chain(want).collect()
                    }
                }
            }
            Packet::Body(id) => {
                self.ask(side, Ask::Body(id), rules)?;
                Vec::new()
            }
            Packet::Gone(id) => {
                self.ask(side, Ask::Gone(id), rules)?;
                Vec::new()
            }
            Packet::Back(at) => self.nodes[side].now.after(1 - side, at).cloned().map(Packet::Yours).collect(),
            _ => return Err("a frame of the wrong kind".into()),
        };
        self.answer(side, answers, rules)
    }

    /// An answer of the partner's receiving side.
    fn hear(&mut self, side: usize, packet: Packet, rules: &mut Rules) -> Outcome {
        let log = rules.log(side);
        let node = &mut self.nodes[side];
        match packet {
            Packet::Have(at) => return self.hear_have(side, at, rules),
            Packet::Missing(_) if node.session.returning.is_some() => {}
            Packet::Missing(at) => node.session.sender.missing(log, at),
            Packet::Want(id) => node.session.sender.want(log, id, 0),
            Packet::Stop => {
                node.session.sender.stop(log, Stop::Busy);
                node.session.busy = true;
            }
            Packet::Yours(line) => {
                let Some(Some(returning)) = &mut node.session.returning else { return Ok(()) };
                let is_last = line.at == returning.end;
                returning.entries.push(line);
                if !is_last {
                    return Ok(());
                }
                let Returning { common, end, entries } = returning.clone();
                let said = self.ask(side, Ask::TakeBack { common, end, entries }, rules)?;
                let session = &mut self.nodes[side].session;
                if let Said::NotOurs = said {
                    session.returning = Some(None);
                    session.sender.stop(log, Stop::Restart);
                } else {
                    session.returning = None;
                    (session.settling, session.offer) = (true, true);
                    self.past.aware[side] = true;
                }
            }
            _ => return Err("a frame of the wrong kind".into()),
        }
        Ok(())
    }

    fn hear_have(&mut self, side: usize, at: Position, rules: &mut Rules) -> Outcome {
        let log = rules.log(side);
        let node = &mut self.nodes[side];
        if node.session.sender.is_on_its_way(log, at.at()) {
            node.session.sender.have(log, at.at());
            return Ok(());
        }
        if node.session.returning.is_some() {
            return Ok(());
        }
        let is_lost = at != Position::NONE && !node.now.holds(side, at);
        if is_lost && rules.broken != Some(Broken::NotTakenBack) {
            node.session.sender.hold(log);
            let named = node.now.lines(1 - side).last().map_or(Position::NONE, |line| line.entry.value().peer);
            let is_common = named != Position::NONE && node.now.holds(side, named);
            let common = if is_common { named } else { Position::NONE };
            node.session.returning = Some(Some(Returning { common, end: at, entries: Vec::new() }));
            self.ways[2 * side].push_back(Packet::Back(common.at()));
            return Ok(());
        }
        if let Some(claimed) = node.session.claim.take()
            && let Said::Changed(_) = self.ask(side, Ask::GoOnWithout { theirs: at, claimed }, rules)?
        {
            self.nodes[side].session.settling = true;
            self.past.aware[side] = true;
        }
        self.nodes[side].session.sender.have(log, at.at());
        Ok(())
    }

    /// What may leave by itself leaves: entries that are durable, and what was asked for.
    fn pump(&mut self, side: usize, rules: &mut Rules) -> Outcome {
        while !self.nodes[side].session.settling
            && let Some(send) = self.nodes[side].session.sender.poll()
        {
            let node = &mut self.nodes[side];
            match send {
                Send::EntryAfter(log, at) => {
                    let Some(line) = node.now.after(side, at).next().cloned() else { continue };
                    let early = matches!(rules.broken, Some(Broken::EarlyEntry | Broken::EarlyEntryUnseen));
                    if !early && !node.durable.holds(side, line.at) {
                        continue;
                    }
                    let is_message = matches!(line.entry.value().body, Body::Message(_));
                    let is_here = node.now.kept.bodies.contains(&line.id());
                    node.session.sender.sent(log, line.at.at());
                    self.entry_leaves(side, &line, rules)?;
                    let id = line.id();
                    self.ways[2 * side].push_back(Packet::Entry(line, is_here && self.scope.inline));
                    if is_message && !is_here {
                        self.not_here(side, id, rules)?;
                    }
                }
                Send::Body(_, id, _) if node.now.kept.bodies.contains(&id) => {
                    self.ways[2 * side].push_back(Packet::Body(id));
                }
                Send::Body(_, id, _) | Send::Envelope(_, id) => self.not_here(side, id, rules)?,
            }
        }
        Ok(())
    }

    fn not_here(&mut self, side: usize, id: MessageId, rules: &mut Rules) -> Outcome {
        let Some(message) = self.nodes[side].now.kept.outbound.get(&id) else { return Ok(()) };
        if message.receipts.has(What::Delivered) {
            self.ways[2 * side].push_back(Packet::Gone(id));
        } else if let Said::Changed(_) = self.ask(side, Ask::NotHere(id), rules)? {
            self.nodes[side].session.settling = true;
        }
        Ok(())
    }

    fn entry_leaves(&mut self, side: usize, line: &Line, rules: &Rules) -> Outcome {
        let [node, partner] = [&self.nodes[side], &self.nodes[1 - side]];
        if !node.durable.holds(side, line.at) && rules.broken != Some(Broken::EarlyEntryUnseen) {
            return Err(format!("side {side} sends an entry that is not durable there"));
        }
        let theirs = partner.now.lines(side).iter().find(|held| held.at.at() == line.at.at());
        if theirs.is_some_and(|held| held.at != line.at) {
            return Err(format!("side {side} sends another entry where the partner has one"));
        }
        let before = self.past.left[side].insert(line.at.at(), line.at.hash);
        // A rollback that leaves no trace at the partner cannot be noticed, nor that the epoch after an earlier one was
        // lost as well; that a moving clock keeps apart.
        let aware = self.past.aware[side] && (node.restored == 1 || rules.clock > 0);
        let unnoticed = node.restored > 0 && !aware;
        if before.is_some_and(|before| before != line.at.hash) && !unnoticed {
            return Err(format!("two different entries of side {side} have left for one place"));
        }
        if let Body::Receipt(receipt) = &line.entry.value().body
            && receipt.what == What::Delivered
            && rules.broken != Some(Broken::EarlyEntryUnseen)
            && self.past.said.insert(line.id())
        {
            let message = node.durable.kept.inbound.get(&receipt.id);
            if !message.is_some_and(|message| message.body && message.envelope) {
                return Err(format!("side {side} says `delivered` of what is not complete and durable there"));
            }
        }
        Ok(())
    }

    /// What holds in every state.
    fn holds(&self) -> Outcome {
        self.nodes.iter().find_map(|node| node.now.wrong).map_or(Ok(()), |wrong| Err(wrong.to_owned()))
    }

    /// Without further faults everything arrives until nothing is left to do.
    fn run_dry(&mut self, rules: &mut Rules) -> Outcome {
        for _ in 0..REST {
            let mut moved = false;
            for side in 0..2 {
                if self.is_dirty(side) {
                    self.act(Action::Commit(side), rules)?;
                    moved = true;
                }
            }
            for way in 0..4 {
                if !self.ways[way].is_empty() && !self.waits(way) {
                    self.act(Action::Deliver(way), rules)?;
                    moved = true;
                }
            }
            if !moved {
                // What did not come back as it should is tried again on the next connection, and not before.
                if self.nodes.iter().any(|node| matches!(node.session.returning, Some(None))) {
                    return Ok(());
                }
                let Some(side) = (0..2).find(|side| self.nodes[*side].session.busy) else { return Ok(()) };
                self.act(Action::Retry(side), rules)?;
            }
        }
        Err("the two do not come to rest".into())
    }

    /// Lets the pair come to rest as it is connected, then on a new connection, and looks at what has become of all.
    ///
    /// `known` holds the digests of what was found good before.
    pub fn come_to_rest(&self, rules: &mut Rules, known: &mut BTreeSet<u64>) -> Outcome {
        let mut pair = self.clone();
        pair.run_dry(rules)?;
        let mut hasher = DefaultHasher::new();
        for node in &pair.nodes {
            (node.now.digest, node.life, node.restored).hash(&mut hasher);
        }
        pair.past.hash(&mut hasher);
        if !known.insert(hasher.finish()) {
            return Ok(());
        }
        pair.connect(rules);
        pair.run_dry(rules)?;
        pair.is_good()
    }

    fn is_good(&self) -> Outcome {
        let [a, b] = &self.nodes;
        if a.now.kept.entries != b.now.kept.entries {
            return Err("the two hold different logs at rest".into());
        }
        let both = a.restored > 0 && b.restored > 0;
        for (side, count) in [0, 1].into_iter().flat_map(|side| (0..self.past.sent[side]).map(move |n| (side, n))) {
            let number = number(side, count);
            let (bit, hash) = (1_u32 << number, content(number));
            let (from, to) = (&self.nodes[side].now.kept, &self.nodes[1 - side].now.kept);
            let sent: Vec<_> = from.outbound.iter().filter(|(_, message)| message.header.sha256 == hash).collect();
            let [(id, outbound)] = sent.as_slice() else {
                if !sent.is_empty() {
                    return Err(format!("message {number} is there twice at its sender"));
                }
                if self.past.acknowledged & !self.past.excused & bit != 0 {
                    return Err(format!("message {number} is lost at its sender"));
                }
                continue;
            };
            let Some(inbound) = to.inbound.get(id) else {
                return Err(format!("message {number} is unknown to its receiver at rest"));
            };
            if outbound.receipts != inbound.receipts {
                return Err(format!("the two know different receipts of message {number}"));
            }
            let delivered = inbound.receipts.has(What::Delivered);
            if outbound.ended.is_some() {
                let cancel = |line: &&Line| match &line.entry.value().body {
                    Body::Cancel(ended) => ended.id == **id && ended.code == CODE_LOST,
                    _ => false,
                };
                let is_said = self.nodes[side].now.lines(side).iter().any(|line| cancel(&line));
                if !is_said || self.nodes[side].restored == 0 || (delivered && !both) {
                    return Err(format!("message {number} was ended though it could arrive"));
                }
            } else if !delivered || !inbound.is_complete() || !(inbound.body || both) {
                return Err(format!("message {number} did not arrive"));
            }
        }
        Ok(())
    }
}
