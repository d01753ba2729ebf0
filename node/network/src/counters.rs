//! What happened at the network, in numbers: no peer, no office, no address.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use musubi_protocol::gate::Refusal;

use crate::gate::Error;

/// A reading of the counters. All but the two marked as levels only rise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Level: incoming connections that are before or in the gate.
    pub pending: u64,
    /// Level: admitted connections.
    pub admitted: u64,
    /// Incoming connections that were closed at once because the bounds were reached.
    pub turned_away: u64,
    /// Connections that the swarm has shown as established.
    pub established: u64,
    /// Refusals that were said here, by reason.
    pub refused: BTreeMap<Refusal, u64>,
    /// Refusals that other nodes said to this one, by reason.
    pub refused_by_peers: BTreeMap<Refusal, u64>,
    /// Gates that ended without a word in time.
    pub silent: u64,
    /// Gates or handshakes that took too long.
    pub too_slow: u64,
    /// Connections whose place was given to somebody else before they were through.
    pub displaced: u64,
    /// Gates in which a second substream was opened.
    pub second_stream: u64,
    /// Gates and handshakes that ended otherwise: closed, reset, not secured.
    pub lost: u64,
    /// Streams that other nodes opened and that were taken.
    pub streams_in: u64,
    /// Streams that were answered "busy" here.
    pub streams_busy: u64,
    /// Streams that broke before they were taken; the other side sees a reset and opens again.
    pub streams_broken: u64,
    /// Streams opened by this node and answered "ready".
    pub streams_out: u64,
}

/// The counters themselves.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    pub(crate) turned_away: AtomicU64,
    pub(crate) established: AtomicU64,
    pub(crate) streams_in: AtomicU64,
    pub(crate) streams_busy: AtomicU64,
    pub(crate) streams_broken: AtomicU64,
    pub(crate) streams_out: AtomicU64,
    gate: Mutex<Gate>,
}

#[derive(Debug, Default)]
struct Gate {
    refused: BTreeMap<Refusal, u64>,
    refused_by_peers: BTreeMap<Refusal, u64>,
    silent: u64,
    too_slow: u64,
    displaced: u64,
    second_stream: u64,
    lost: u64,
}

/// Adds one.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Registry {
    /// Counts a gate that did not admit.
    pub(crate) fn failed(&self, error: &Error) {
        let mut gate = self.gate();
        match error {
            Error::Refused(refusal) => *gate.refused.entry(*refusal).or_default() += 1,
            Error::RefusedByPeer(refusal) => *gate.refused_by_peers.entry(*refusal).or_default() += 1,
            Error::Silent => gate.silent += 1,
            Error::TooSlow => gate.too_slow += 1,
            Error::Displaced => gate.displaced += 1,
            Error::SecondStream => gate.second_stream += 1,
            Error::OtherNode | Error::OwnNode | Error::Own(_) | Error::Lost(_) => gate.lost += 1,
        }
    }

    /// Reads the counters; the levels are known elsewhere.
    pub(crate) fn read(&self, pending: usize, admitted: usize) -> Counters {
        let gate = self.gate();
        let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            pending: u64::try_from(pending).unwrap_or(u64::MAX),
            admitted: u64::try_from(admitted).unwrap_or(u64::MAX),
            turned_away: value(&self.turned_away),
            established: value(&self.established),
            refused: gate.refused.clone(),
            refused_by_peers: gate.refused_by_peers.clone(),
            silent: gate.silent,
            too_slow: gate.too_slow,
            displaced: gate.displaced,
            second_stream: gate.second_stream,
            lost: gate.lost,
            streams_in: value(&self.streams_in),
            streams_busy: value(&self.streams_busy),
            streams_broken: value(&self.streams_broken),
            streams_out: value(&self.streams_out),
        }
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        // Numbers are never half-written.
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
