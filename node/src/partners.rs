//! Who is connected, who refused us, and which logs were stopped.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use libp2p_identity::PeerId;
use musubi_protocol::{
    certificate::Role,
    credential::Admitted,
    entry::Position,
    gate::Refusal,
    ids::Address,
    link::{Log, frame::Stop},
    news::Known,
};
use tokio::sync::{Notify, watch};

/// The desks that a peer may speak for, shared by all its connections.
pub type SharedAdmitted = Arc<Mutex<Admitted>>;

/// Live knowledge of partners; nothing of it is kept on disk.
#[derive(Default)]
pub struct Partners {
    inner: Mutex<Inner>,
}

/// Most network addresses and nodes of partners that are remembered for the gate's reserved places.
const MAX_KNOWN: usize = 4096;

/// Most nodes of which is remembered what they have shown before they were connected.
const MAX_SHOWN: usize = 1024;

/// The turn in which a node's news is followed up; dropped, another may begin.
pub(crate) struct Hearing<'a> {
    partners: &'a Partners,
    peer: PeerId,
}

impl Drop for Hearing<'_> {
    fn drop(&mut self) {
        self.partners.inner().heard.remove(&self.peer);
    }
}

#[derive(Default)]
struct Inner {
    known_addresses: HashSet<IpAddr>,
    known_peers: HashSet<PeerId>,
    peers: HashMap<PeerId, Peer>,
    refused: HashMap<PeerId, Refusal>,
    stopped: HashMap<Log, Stop>,
    /// What connected nodes have shown or were told that they know of lists.
    known: HashMap<PeerId, Known>,
    /// What nodes have shown in the gate that are not connected yet; forgotten when there are too many.
    shown: HashMap<PeerId, Known>,
    /// Nodes whose news is being followed up.
    heard: HashSet<PeerId>,
    /// Of logs of ours, an entry that a partner names and that is not here.
    claimed: HashMap<Log, Position>,
}

struct Peer {
    admitted: SharedAdmitted,
    connections: usize,
    probe: Arc<Probe>,
}

/// Asks the node of a partner whether it is still there, over the session that runs.
#[derive(Default)]
pub struct Probe {
    /// Wakes the session.
    pub(crate) asked: Notify,
    answered: watch::Sender<u64>,
}

impl Probe {
    /// Waits for an answer to a question asked now. Cancel safe.
    pub async fn answer(&self) {
        let mut answered = self.answered.subscribe();
        self.asked.notify_one();
        // The sender is this probe's own.
        let _ = answered.changed().await;
    }

    /// Notes an answer.
    pub(crate) fn answered(&self) {
        self.answered.send_modify(|count| *count += 1);
    }
}

/// Reads the desks of a peer.
pub fn look(admitted: &SharedAdmitted) -> MutexGuard<'_, Admitted> {
    admitted.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Partners {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a connection; the desks of several connections of one peer are one set.
    pub fn connected(&self, peer: PeerId, admitted: Admitted) -> SharedAdmitted {
        let mut inner = self.inner();
        inner.refused.remove(&peer);
        let entry = inner.peers.entry(peer).or_insert_with(|| Peer {
            admitted: Arc::new(Mutex::new(Admitted::new())),
            connections: 0,
            probe: Arc::default(),
        });
        entry.connections += 1;
        let shared = Arc::clone(&entry.admitted);
        if let Some(known) = inner.shown.remove(&peer) {
            inner.known.insert(peer, known);
        }
        drop(inner);
        let mut set = look(&shared);
        for desk in admitted.desks() {
            // More desks than the set holds were refused in the gate already.
            let _ = set.add(desk.clone());
        }
        drop(set);
        shared
    }

    /// Notes where a partner's node was seen: it may then use the places reserved for known partners.
    ///
    /// `address` is as the gate counts it: see [`musubi_network::address_of`].
    pub fn seen(&self, peer: Option<PeerId>, address: Option<IpAddr>) {
        let mut inner = self.inner();
        if let Some(peer) = peer
            && inner.known_peers.len() < MAX_KNOWN
        {
            inner.known_peers.insert(peer);
        }
        if let Some(address) = address
            && inner.known_addresses.len() < MAX_KNOWN
        {
            inner.known_addresses.insert(address);
        }
    }

    /// Notes what a node knows of lists: it has said so, or was told.
    pub fn knows(&self, peer: PeerId, known: Known) {
        let mut inner = self.inner();
        if inner.peers.contains_key(&peer) {
            inner.known.insert(peer, known);
            return;
        }
        if MAX_SHOWN <= inner.shown.len() {
            // Those are told once what they may know already.
            inner.shown.clear();
        }
        inner.shown.insert(peer, known);
    }

    /// Takes the one turn in which a node's news is followed up; none while it is taken.
    #[must_use]
    pub(crate) fn hearing(&self, peer: PeerId) -> Option<Hearing<'_>> {
        self.inner().heard.insert(peer).then_some(Hearing { partners: self, peer })
    }

    /// What a node knows of lists, as far as has been heard; nothing of one that is not connected.
    #[must_use]
    pub fn known_to(&self, peer: &PeerId) -> Known {
        self.inner().known.get(peer).cloned().unwrap_or_default()
    }

    /// Whether this is a node of the authority's, and no office's.
    #[must_use]
    pub fn is_authority(&self, peer: &PeerId) -> bool {
        let admitted = self.inner().peers.get(peer).map(|peer| Arc::clone(&peer.admitted));
        admitted.is_some_and(|admitted| {
            let admitted = admitted.lock().unwrap_or_else(PoisonError::into_inner);
            !admitted.is_empty() && admitted.desks().all(|desk| desk.leaf().role() == Role::Authority)
        })
    }

    /// Notes that a node is no partner's any more.
    pub fn forget(&self, peer: &PeerId) {
        self.inner().known_peers.remove(peer);
    }

    /// Whether this is the node of a known partner.
    #[must_use]
    pub fn knows_peer(&self, peer: &PeerId) -> bool {
        self.inner().known_peers.contains(peer)
    }

    /// Whether a known partner was seen at this address.
    #[must_use]
    pub fn knows_address(&self, address: IpAddr) -> bool {
        self.inner().known_addresses.contains(&address)
    }

    /// Notes the end of a connection.
    pub fn closed(&self, peer: &PeerId) {
        let mut inner = self.inner();
        if let Some(entry) = inner.peers.get_mut(peer) {
            entry.connections = entry.connections.saturating_sub(1);
            if entry.connections == 0 {
                inner.peers.remove(peer);
                inner.known.remove(peer);
            }
        }
    }

    /// Notes that a peer's node refused us.
    pub fn refused(&self, peer: PeerId, refusal: Refusal) {
        self.inner().refused.insert(peer, refusal);
    }

    /// All nodes that refused us at the last attempt.
    #[must_use]
    pub fn refusals(&self) -> Vec<(PeerId, Refusal)> {
        self.inner().refused.iter().map(|(peer, refusal)| (*peer, *refusal)).collect()
    }

    /// How to ask the node that holds an address; none if it is not connected.
    #[must_use]
    pub fn probe_of(&self, address: Address) -> Option<Arc<Probe>> {
        let inner = self.inner();
        let peer = inner.peers.values().find(|peer| look(&peer.admitted).contains(&address))?;
        Some(Arc::clone(&peer.probe))
    }

    /// How to ask a node; a probe that asks nobody if it is not connected.
    #[must_use]
    pub fn probe(&self, peer: &PeerId) -> Arc<Probe> {
        self.inner().peers.get(peer).map(|peer| Arc::clone(&peer.probe)).unwrap_or_default()
    }

    /// Whether one of these nodes refused us at the last attempt.
    #[must_use]
    pub fn refused_by(&self, peers: &[PeerId]) -> Option<Refusal> {
        let inner = self.inner();
        peers.iter().find_map(|peer| inner.refused.get(peer).copied())
    }

    /// Notes that a partner takes no more of a log on this connection; [`Partners::goes_on`] follows with its end.
    pub fn stopped(&self, log: Log, reason: Stop) {
        self.inner().stopped.insert(log, reason);
    }

    /// Notes that a log may go on.
    pub fn goes_on(&self, log: Log) {
        self.inner().stopped.remove(&log);
    }

    /// Whether a log was stopped.
    #[must_use]
    pub fn is_stopped(&self, log: Log) -> bool {
        self.inner().stopped.contains_key(&log)
    }

    /// Notes that a partner names an entry of a log of ours that is not here.
    pub fn claims(&self, log: Log, named: Position) {
        self.inner().claimed.insert(log, named);
    }

    /// Logs of ours of which a partner has named an entry that is not here, and has not been asked yet.
    #[must_use]
    pub fn claimed(&self) -> Vec<Log> {
        self.inner().claimed.keys().copied().collect()
    }

    /// Takes what a partner named of a log of ours.
    #[must_use]
    pub fn take_claim(&self, log: Log) -> Option<Position> {
        self.inner().claimed.remove(&log)
    }

    /// Whether the desk of an address is connected and admitted.
    #[must_use]
    pub fn is_connected(&self, address: Address) -> bool {
        self.inner().peers.values().any(|peer| look(&peer.admitted).contains(&address))
    }

    /// Whether any connection to a peer is open.
    #[must_use]
    pub fn has(&self, peer: &PeerId) -> bool {
        self.inner().peers.contains_key(peer)
    }

    /// The addresses of all connected desks, rising.
    #[must_use]
    pub fn addresses(&self) -> Vec<Address> {
        let mut addresses: Vec<Address> =
            self.inner().peers.values().flat_map(|peer| look(&peer.admitted).addresses()).collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses
    }

    /// All connected peers with their desks.
    #[must_use]
    pub fn peers(&self) -> Vec<(PeerId, SharedAdmitted)> {
        self.inner().peers.iter().map(|(peer, entry)| (*peer, Arc::clone(&entry.admitted))).collect()
    }
}
