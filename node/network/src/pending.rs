//! Places for incoming connections that have not passed the gate: bounded in all and per address,
//! with a part that only known partners may use.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use libp2p::{Multiaddr, multiaddr::Protocol};

use crate::limits::Limits;

/// All places.
#[derive(Debug)]
pub(crate) struct Places {
    pending: usize,
    per_address: usize,
    strangers: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    strangers: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A taken place; dropping it frees the place.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    address: IpAddr,
    stranger: bool,
    by_address: bool,
}

impl Places {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            pending: limits.pending,
            per_address: limits.pending_per_address,
            strangers: limits.pending.saturating_sub(limits.reserved_for_known),
            taken: Mutex::default(),
        }
    }

    /// Takes a place for a connection from `address`, or none if the bounds are reached.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr, known: bool) -> Option<Place> {
        let mut taken = self.taken();
        let here = taken.by_address.get(&address).copied().unwrap_or_default();
        if taken.all >= self.pending || here >= self.per_address || (!known && taken.strangers >= self.strangers) {
            return None;
        }
        taken.all += 1;
        taken.strangers += usize::from(!known);
        taken.by_address.insert(address, here + 1);
        Some(Place { places: self.clone(), address, stranger: !known, by_address: true })
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
    /// longer stands in the way of others from the same address.
    pub(crate) fn is_known(&mut self) {
        self.places.clone().taken().leave_strangers(self);
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
    }
}

/// The address that a bound applies to: an IPv4 address, or an IPv6 /64, which one household has.
/// What has no IP address in front (a relayed circuit) shares one place in the books.
pub(crate) fn address_of(remote: &Multiaddr) -> IpAddr {
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
        let strangers: Vec<_> = (0..10).filter_map(|n| places.enter(ip(n), false)).collect();
        assert_eq!((strangers.len(), places.len()), (6, 6));
        let known: Vec<_> = (20..30).filter_map(|n| places.enter(ip(n), true)).collect();
        assert_eq!(known.len(), 2);
        drop(strangers);
        drop(known);
        assert_eq!(places.len(), 0);
        assert!(places.taken().by_address.is_empty());
    }

    #[test]
    fn one_address_fills_only_its_own_part_until_it_is_known() {
        let places = places();
        let mut held: Vec<_> = (0..5).filter_map(|_| places.enter(ip(1), false)).collect();
        assert_eq!(held.len(), 3);
        held[0].is_known();
        held[0].is_known();
        assert!(places.enter(ip(1), false).is_some());
        assert_eq!(places.taken().strangers, 2);
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
