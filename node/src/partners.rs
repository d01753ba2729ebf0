//! Who is connected, who refused us, and which logs were stopped.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use libp2p_identity::PeerId;
use musubi_protocol::{
    credential::Admitted,
    gate::Refusal,
    ids::Address,
    link::{Log, frame::Stop},
};

/// The desks that a peer may speak for, shared by all its connections.
pub type SharedAdmitted = Arc<Mutex<Admitted>>;

/// Live knowledge of partners; nothing of it is kept on disk.
#[derive(Default)]
pub struct Partners {
    inner: Mutex<Inner>,
}

/// Most network addresses and nodes of partners that are remembered for the gate's reserved places.
const MAX_KNOWN: usize = 4096;

#[derive(Default)]
struct Inner {
    known_addresses: HashSet<IpAddr>,
    known_peers: HashSet<PeerId>,
    peers: HashMap<PeerId, Peer>,
    refused: HashMap<PeerId, Refusal>,
    stopped: HashMap<Log, Stop>,
}

struct Peer {
    admitted: SharedAdmitted,
    connections: usize,
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
        let entry = inner
            .peers
            .entry(peer)
            .or_insert_with(|| Peer { admitted: Arc::new(Mutex::new(Admitted::new())), connections: 0 });
        entry.connections += 1;
        let shared = Arc::clone(&entry.admitted);
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
            }
        }
    }

    /// Notes that a peer's node refused us.
    pub fn refused(&self, peer: PeerId, refusal: Refusal) {
        self.inner().refused.insert(peer, refusal);
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
