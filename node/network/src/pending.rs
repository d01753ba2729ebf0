//! Places for incoming connections that have not passed the gate: bounded in all and per address,
//! with a part that only known partners may use.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};

use crate::limits::Limits;

/// All places.
#[derive(Debug)]
pub(crate) struct Places {
    pending: usize,
    per_address: usize,
    per_peer: usize,
    strangers: usize,
    /// Over QUIC, whose first packet may come from anybody's address: the rest stays free for TCP.
    quic: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    strangers: usize,
    quic: usize,
    by_address: HashMap<IpAddr, usize>,
    by_peer: HashMap<PeerId, usize>,
}

/// A taken place; dropping it frees the place.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    address: IpAddr,
    stranger: bool,
    by_address: bool,
    quic: bool,
    peer: Option<PeerId>,
}

impl Places {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            pending: limits.pending,
            per_address: limits.pending_per_address,
            per_peer: limits.connections_per_peer,
            strangers: limits.pending.saturating_sub(limits.reserved_for_known),
            quic: limits.pending - limits.pending / 4,
            taken: Mutex::default(),
        }
    }

    /// Takes a place for a connection from `address`, or none if the bounds are reached.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr, known: bool, quic: bool) -> Option<Place> {
        let mut taken = self.taken();
        let here = taken.by_address.get(&address).copied().unwrap_or_default();
        let full = taken.all >= self.pending || (quic && taken.quic >= self.quic);
        if full || here >= self.per_address || (!known && taken.strangers >= self.strangers) {
            return None;
        }
        taken.all += 1;
        taken.quic += usize::from(quic);
        taken.strangers += usize::from(!known);
        taken.by_address.insert(address, here + 1);
        Some(Place { places: self.clone(), address, stranger: !known, by_address: true, quic, peer: None })
    }

    /// How many places are taken.
    pub(crate) fn len(&self) -> usize {
        self.taken().all
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // Each change is complete before anything could panic.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Moves to the part for known partners, once the peer has proven to be one: it then no
    /// longer stands in the way of others from the same address. A peer has only so many places there.
    pub(crate) fn is_known(&mut self, peer: PeerId) {
        let places = self.places.clone();
        let mut taken = places.taken();
        let of_peer = taken.by_peer.entry(peer).or_default();
        if self.peer.is_none() && *of_peer < places.per_peer {
            *of_peer += 1;
            self.peer = Some(peer);
            taken.leave_strangers(self);
        }
    }
}

impl Taken {
    fn leave_strangers(&mut self, place: &mut Place) {
        if std::mem::take(&mut place.stranger) {
            self.strangers -= 1;
        }
        if std::mem::take(&mut place.by_address)
            && let Some(here) = self.by_address.get_mut(&place.address)
        {
            *here -= 1;
            if *here == 0 {
                self.by_address.remove(&place.address);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let places = self.places.clone();
        let mut taken = places.taken();
        taken.leave_strangers(self);
        taken.all -= 1;
        taken.quic -= usize::from(self.quic);
        if let Some(peer) = self.peer
            && let Some(of_peer) = taken.by_peer.get_mut(&peer)
        {
            *of_peer -= 1;
            if *of_peer == 0 {
                taken.by_peer.remove(&peer);
            }
        }
    }
}

/// The address that a bound applies to: an IPv4 address, or an IPv6 /64, which one household has.
/// What has no IP address in front (a relayed circuit) shares one place in the books.
#[must_use]
pub fn address_of(remote: &Multiaddr) -> IpAddr {
    let ip = remote.iter().find_map(|part| match part {
        Protocol::Ip4(ip) => Some(IpAddr::V4(ip)),
        Protocol::Ip6(ip) => Some(ip.to_canonical()),
        _ => None,
    });
    match ip {
        Some(IpAddr::V6(ip)) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64))),
        Some(ip) => ip,
        None => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Arc<Places> {
        let limits = Limits { pending: 8, pending_per_address: 3, reserved_for_known: 2, ..Limits::default() };
        Arc::new(Places::new(&limits))
    }

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn strangers_fill_only_their_part() {
        let places = places();
        let strangers: Vec<_> = (0..10).filter_map(|n| places.enter(ip(n), false, false)).collect();
        assert_eq!((strangers.len(), places.len()), (6, 6));
        let known: Vec<_> = (20..30).filter_map(|n| places.enter(ip(n), true, false)).collect();
        assert_eq!(known.len(), 2);
        drop(strangers);
        drop(known);
        assert_eq!(places.len(), 0);
        assert!(places.taken().by_address.is_empty());
    }

    #[test]
    fn one_address_fills_only_its_own_part_until_it_is_known() {
        let places = places();
        let mut held: Vec<_> = (0..5).filter_map(|_| places.enter(ip(1), false, false)).collect();
        assert_eq!(held.len(), 3);
        let peer = PeerId::random();
        held[0].is_known(peer);
        held[0].is_known(peer);
        assert!(places.enter(ip(1), false, false).is_some());
        assert_eq!(places.taken().strangers, 2);
    }

    #[test]
    fn a_known_peer_does_not_fill_the_part_of_all() {
        let limits = Limits { pending: 64, pending_per_address: 64, connections_per_peer: 2, ..Limits::default() };
        let places = Arc::new(Places::new(&Limits { reserved_for_known: 0, ..limits }));
        let peer = PeerId::random();
        let mut held: Vec<_> = (0..10).filter_map(|_| places.enter(ip(1), false, false)).collect();
        held.iter_mut().for_each(|place| place.is_known(peer));
        let strangers = places.taken().strangers;
        assert_eq!((strangers, places.taken().by_address[&ip(1)]), (8, 8));
        drop(held);
        assert!(places.taken().by_peer.is_empty());
    }

    #[test]
    fn packets_from_invented_addresses_leave_room_for_tcp() {
        let places = places();
        let quic: Vec<_> = (0..10).filter_map(|n| places.enter(ip(n), true, true)).collect();
        assert_eq!(quic.len(), 6);
        assert!(places.enter(ip(20), true, false).is_some());
    }

    #[test]
    fn a_household_with_ipv6_is_one_address() {
        let of = |text: &str| address_of(&text.parse().unwrap());
        assert_eq!(of("/ip6/2001:db8:1:2::7/tcp/1"), of("/ip6/2001:db8:1:2:ffff::1/udp/1/quic-v1"));
        assert_ne!(of("/ip6/2001:db8:1:2::7/tcp/1"), of("/ip6/2001:db8:1:3::7/tcp/1"));
        assert_eq!(of("/ip6/::ffff:192.0.2.1/tcp/1"), ip(1));
        assert_eq!(of("/ip4/192.0.2.1/tcp/1"), ip(1));
    }
}
