//! What goes out on one connection: entries in order, at most a window ahead of the receiver.

use std::collections::{BTreeMap, VecDeque};

use super::{Log, frame::Stop};
use crate::ids::MessageId;

/// Entries on the way that the receiver has not yet confirmed as durable, over all links of a
/// connection (measured: three times the throughput of one at a time).
pub const WINDOW: usize = 64;

/// Most requests of a receiver kept waiting; a further one is dropped and will be asked again
/// on the next connection.
pub const MAX_REQUESTS: usize = 256;

/// What the sending side should do next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Send {
    /// Send the entry that follows this place in the log, with envelope and inline body.
    EntryAfter(Log, (u64, u64)),
    /// Send an envelope, new if the one at hand did not do.
    Envelope(Log, MessageId),
    /// Send the body from an offset on, on a stream of its own.
    Body(Log, MessageId, u64),
}

/// State of the sending side for one connection. Nothing of it outlives the connection: what
/// the receiver has, it says again.
#[derive(Clone, Debug, Default, Hash)]
pub struct Sender {
    lanes: BTreeMap<Log, Lane>,
    /// Logs with something to send, in the order in which they are served.
    turn: VecDeque<Log>,
    requests: VecDeque<Send>,
    in_flight: usize,
}

#[derive(Clone, Debug, Hash)]
struct Lane {
    /// Where the next entry starts: the last one sent, or had.
    cursor: (u64, u64),
    flight: VecDeque<(u64, u64)>,
    /// The receiver has said where it stands.
    open: bool,
    stopped: Option<Stop>,
    /// Where the receiver last said that something is missing, and how often in a row.
    missing: ((u64, u64), u32),
    /// In `turn`.
    waiting: bool,
}

/// How often in a row a receiver may miss the same entry. It cannot be had, then.
const MAX_MISSING: u32 = 8;

impl Sender {
    /// Starts with nothing offered.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether this log has been offered on this connection; offers it if not.
    pub fn offer(&mut self, log: Log) -> bool {
        if self.lanes.contains_key(&log) {
            return false;
        }
        let lane = Lane {
            cursor: (0, 0),
            flight: VecDeque::new(),
            open: false,
            stopped: None,
            missing: ((0, 0), 0),
            waiting: false,
        };
        self.lanes.insert(log, lane);
        true
    }

    /// Takes "durable up to here". What was on the way up to there has arrived.
    pub fn have(&mut self, log: Log, at: (u64, u64)) {
        let Some(lane) = self.lanes.get_mut(&log) else { return };
        while lane.flight.front().is_some_and(|sent| *sent <= at) {
            lane.flight.pop_front();
            self.in_flight -= 1;
        }
        lane.cursor = lane.cursor.max(at);
        lane.open = true;
        self.wake(log);
    }

    /// Takes "missing, go back to here": everything later is sent again. A log that gets no further stops.
    pub fn missing(&mut self, log: Log, at: (u64, u64)) {
        let Some(lane) = self.lanes.get_mut(&log) else { return };
        lane.missing = (at, if lane.missing.0 == at { lane.missing.1 + 1 } else { 1 });
        if lane.missing.1 > MAX_MISSING {
            return self.stop(log, Stop::Restart);
        }
        self.in_flight -= lane.flight.len();
        lane.flight.clear();
        lane.cursor = at;
        lane.open = true;
        self.wake(log);
    }

    /// Takes "I want this body": kept until polled.
    pub fn want(&mut self, log: Log, id: MessageId, offset: u64) {
        self.request(Send::Body(log, id, offset));
    }

    /// Takes "I cannot open this envelope".
    pub fn need_envelope(&mut self, log: Log, id: MessageId) {
        self.request(Send::Envelope(log, id));
    }

    /// Takes "no more of this log": nothing of it goes out on this connection any more.
    pub fn stop(&mut self, log: Log, reason: Stop) {
        if let Some(lane) = self.lanes.get_mut(&log) {
            lane.stopped = Some(reason);
            self.in_flight -= lane.flight.len();
            lane.flight.clear();
        }
    }

    /// Lets a stopped log go on once the receiver says where it stands, which the caller asks by offering it again.
    pub fn reopen(&mut self, log: Log) {
        if let Some(lane) = self.lanes.get_mut(&log) {
            // What was refused is behind the cursor: from the beginning, until the receiver says where it stands.
            (lane.stopped, lane.open, lane.cursor) = (None, false, (0, 0));
        }
    }

    /// Whether an entry of a log is on the way: then "have" about it tells nothing that is not known.
    #[must_use]
    pub fn is_on_its_way(&self, log: Log, at: (u64, u64)) -> bool {
        self.lanes.get(&log).is_some_and(|lane| lane.flight.contains(&at))
    }

    /// Holds a log back until the receiver says anew where it stands, which the caller asks by offering it again.
    pub fn hold(&mut self, log: Log) {
        if let Some(lane) = self.lanes.get_mut(&log) {
            self.in_flight -= lane.flight.len();
            lane.flight.clear();
            (lane.open, lane.cursor) = (false, (0, 0));
        }
    }

    /// Whether a log has been offered on this connection.
    #[must_use]
    pub fn has_offered(&self, log: Log) -> bool {
        self.lanes.contains_key(&log)
    }

    /// Why the receiver stopped a log, if it did.
    #[must_use]
    pub fn stopped(&self, log: Log) -> Option<Stop> {
        self.lanes.get(&log).and_then(|lane| lane.stopped)
    }

    /// Tells that a log may have more to send.
    pub fn wake(&mut self, log: Log) {
        if let Some(lane) = self.lanes.get_mut(&log)
            && !lane.waiting
        {
            lane.waiting = true;
            self.turn.push_back(log);
        }
    }

    /// What to send next, links in turn; `None` until something changes. After
    /// [`Send::EntryAfter`] the caller answers with [`Self::sent`]; if the log has no such entry, it is
    /// asked again after [`Self::wake`].
    pub fn poll(&mut self) -> Option<Send> {
        if let Some(request) = self.requests.pop_front() {
            return Some(request);
        }
        if self.in_flight >= WINDOW {
            return None;
        }
        while let Some(log) = self.turn.pop_front() {
            let Some(lane) = self.lanes.get_mut(&log) else { continue };
            lane.waiting = false;
            if lane.open && lane.stopped.is_none() {
                return Some(Send::EntryAfter(log, lane.cursor));
            }
        }
        None
    }

    /// The entry at this place went out; the log takes its next turn behind the others.
    pub fn sent(&mut self, log: Log, at: (u64, u64)) {
        if let Some(lane) = self.lanes.get_mut(&log) {
            lane.cursor = at;
            lane.flight.push_back(at);
            self.in_flight += 1;
        }
        self.wake(log);
    }

    fn request(&mut self, request: Send) {
        let (Send::EntryAfter(log, _) | Send::Envelope(log, _) | Send::Body(log, _, _)) = &request;
        // After "no more of this log" nothing of it goes out, asked for or not.
        let open = self.lanes.get(log).is_some_and(|lane| lane.stopped.is_none());
        if open && self.requests.len() < MAX_REQUESTS && !self.requests.contains(&request) {
            self.requests.push_back(request);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(kind: &str) -> Log {
        Log::new("1379905001-43".parse().unwrap(), format!("1379900028-{kind}").parse().unwrap())
    }

    /// Polls like a node whose logs hold `length` entries of epoch 1 each.
    fn run(sender: &mut Sender, length: u64) -> Vec<(Log, u64)> {
        let mut out = Vec::new();
        while let Some(Send::EntryAfter(log, (_, seq))) = sender.poll() {
            if seq < length {
                sender.sent(log, (1, seq + 1));
                out.push((log, seq + 1));
            }
        }
        out
    }

    #[test]
    fn nothing_goes_out_before_the_receiver_said_where_it_stands() {
        let mut sender = Sender::new();
        assert!(sender.offer(log("15")));
        assert!(!sender.offer(log("15")));
        sender.wake(log("15"));
        assert_eq!(run(&mut sender, 5), []);
        sender.have(log("15"), (1, 3));
        assert_eq!(run(&mut sender, 5), [(log("15"), 4), (log("15"), 5)]);
    }

    #[test]
    fn links_take_turns_inside_one_window() {
        let mut sender = Sender::new();
        for kind in ["15", "21"] {
            sender.offer(log(kind));
            sender.have(log(kind), (0, 0));
        }
        let out = run(&mut sender, 1_000);
        assert_eq!(out.len(), WINDOW);
        assert_eq!(out.iter().filter(|(l, _)| *l == log("15")).count(), WINDOW / 2);
        sender.have(log("15"), (1, 10));
        assert_eq!(run(&mut sender, 1_000).len(), 10);
    }

    #[test]
    fn missing_goes_back_and_stop_ends() {
        let mut sender = Sender::new();
        sender.offer(log("15"));
        sender.have(log("15"), (0, 0));
        assert_eq!(run(&mut sender, 3).len(), 3);
        sender.missing(log("15"), (1, 1));
        assert_eq!(run(&mut sender, 3), [(log("15"), 2), (log("15"), 3)]);
        sender.stop(log("15"), Stop::Fork);
        sender.missing(log("15"), (0, 0));
        assert_eq!(run(&mut sender, 3), []);
        assert_eq!(sender.stopped(log("15")), Some(Stop::Fork));
        sender.want(log("15"), MessageId([0; 32]), 0);
        assert_eq!(sender.poll(), None);
        sender.reopen(log("15"));
        sender.wake(log("15"));
        assert_eq!(run(&mut sender, 3), []);
        sender.have(log("15"), (1, 2));
        assert_eq!(run(&mut sender, 3), [(log("15"), 3)]);
        sender.stop(log("15"), Stop::Busy);
        sender.reopen(log("15"));
        sender.have(log("15"), (1, 1));
        assert_eq!(run(&mut sender, 3), [(log("15"), 2), (log("15"), 3)], "what was refused goes again");
    }

    #[test]
    fn an_entry_that_is_missed_for_ever_stops_its_log() {
        let mut sender = Sender::new();
        sender.offer(log("15"));
        for _ in 0..MAX_MISSING {
            sender.missing(log("15"), (1, 1));
            assert_eq!(run(&mut sender, 2), [(log("15"), 2)]);
        }
        sender.missing(log("15"), (1, 1));
        assert_eq!(run(&mut sender, 2), []);
        assert_eq!(sender.stopped(log("15")), Some(Stop::Restart));
    }

    #[test]
    fn a_log_that_is_held_back_waits_for_the_receiver() {
        let mut sender = Sender::new();
        sender.offer(log("15"));
        sender.have(log("15"), (0, 0));
        assert_eq!(run(&mut sender, WINDOW as u64).len(), WINDOW);
        assert!(sender.is_on_its_way(log("15"), (1, 1)) && !sender.is_on_its_way(log("15"), (2, 1)));
        sender.hold(log("15"));
        sender.wake(log("15"));
        assert_eq!(run(&mut sender, 100), []);
        sender.have(log("15"), (1, 3));
        assert_eq!(run(&mut sender, 5), [(log("15"), 4), (log("15"), 5)]);
    }

    #[test]
    fn requests_are_bounded_and_come_first() {
        let mut sender = Sender::new();
        sender.offer(log("15"));
        sender.have(log("15"), (0, 0));
        for n in 0..10_000_u64 {
            sender.want(log("15"), MessageId([0; 32]), n);
        }
        sender.want(log("99"), MessageId([1; 32]), 0);
        for n in 0..MAX_REQUESTS as u64 {
            assert_eq!(sender.poll(), Some(Send::Body(log("15"), MessageId([0; 32]), n)));
        }
        assert_eq!(sender.poll(), Some(Send::EntryAfter(log("15"), (0, 0))));
    }
}
