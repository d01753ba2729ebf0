//! Places for incoming connections that have not passed the gate: bounded in all and per address,
//! with a part that only known partners may use.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};
use tokio_util::sync::CancellationToken;

use crate::limits::Limits;

/// Addresses from which somebody did not pass the gate lately; beyond, further ones are not noted.
const MAX_FAILED: usize = 4096;
/// How long that is held against an address.
const FAILED_FOR: Duration = Duration::from_secs(30);

/// All places.
///
/// When they are taken, a newcomer gets the place of somebody who makes nothing of his: turning newcomers away instead
/// would let a thousand silent strangers, who come again as soon as they are cut, keep everybody else out. Who is
/// displaced says [`Places::enter`].
#[derive(Debug)]
pub(crate) struct Places {
    pending: usize,
    per_address: usize,
    per_peer: usize,
    strangers: usize,
    /// Over QUIC, whose first packet may come from anybody's address: the rest stays free for TCP.
    quic: usize,
    /// How long a stranger may take for securing the connection, and for the gate, while others want its place.
    patience: Duration,
    /// The same between the two: an honest dialer's hello comes with its last word of the handshake.
    pause: Duration,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    next: u64,
    /// The older, the lower the number.
    slots: BTreeMap<u64, Slot>,
    strangers: usize,
    quic: usize,
    by_address: HashMap<IpAddr, usize>,
    by_remote: HashMap<Multiaddr, u64>,
    by_peer: HashMap<PeerId, usize>,
    /// From where somebody did not pass the gate, and when.
    failed: HashMap<IpAddr, Instant>,
}

#[derive(Debug)]
struct Slot {
    remote: Multiaddr,
    address: IpAddr,
    stranger: bool,
    by_address: bool,
    quic: bool,
    peer: Option<PeerId>,
    stage: Stage,
    since: Instant,
    displaced: CancellationToken,
}

/// How far somebody has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Connected over TCP, and has not said a byte.
    Mute,
    /// Securing the connection.
    Securing,
    /// Secured it, and has not said a byte in the gate.
    Secured,
    /// In the gate.
    Talking,
    /// Certified in all but revocation, and handing over the lists that tell.
    CatchingUp,
}

/// A taken place; dropping it frees the place.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    id: u64,
    displaced: CancellationToken,
    admitted: bool,
}

impl Places {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            pending: limits.pending,
            per_address: limits.pending_per_address,
            per_peer: limits.connections_per_peer,
            strangers: limits.pending.saturating_sub(limits.reserved_for_known),
            quic: limits.pending - limits.pending / 4,
            patience: limits.patience,
            pause: limits.patience / 4,
            taken: Mutex::default(),
        }
    }

    /// Takes a place for a connection, or none if the bounds are reached and everybody inside has a better claim.
    ///
    /// A newcomer displaces a stranger who has said nothing, or takes longer than an honest dialer; else one from an
    /// address where somebody has failed lately, unless the newcomer's is one too; else one from an address that has at
    /// least two places more. Of several the one with most of these against it, and then the oldest. Over QUIC, where
    /// addresses can be invented, nobody on TCP is displaced; and known partners never are.
    pub(crate) fn enter(self: &Arc<Self>, remote: &Multiaddr, known: bool, quic: bool) -> Option<Place> {
        let (address, now) = (address_of(remote), Instant::now());
        let mut taken = self.taken();
        let here = taken.here(address);
        let address_full = here >= self.per_address;
        let strangers_full = !known && taken.strangers >= self.strangers;
        let quic_full = quic && taken.quic >= self.quic;
        if address_full || strangers_full || quic_full || taken.slots.len() >= self.pending {
            let has_failed = taken.has_failed(address, now);
            let claim = |(id, slot): (&u64, &Slot)| {
                let in_the_way = slot.peer.is_none()
                    && (slot.stranger || address_full)
                    && (!address_full || (slot.by_address && slot.address == address))
                    && (!quic || slot.quic);
                let slot_failed = taken.has_failed(slot.address, now);
                let overdue = self.is_overdue(slot, has_failed && !slot_failed, now);
                let failed = !has_failed && slot_failed;
                let places = taken.here(slot.address);
                (in_the_way && (overdue || failed || places > here + 1)).then_some((
                    overdue,
                    failed,
                    places,
                    Reverse(*id),
                ))
            };
            let (.., Reverse(id)) = taken.slots.iter().filter_map(claim).max()?;
            let slot = taken.remove(id)?;
            // Who had no time to say a word may be as honest as the newcomer.
            if self.is_overdue(&slot, true, now) {
                taken.fail(slot.address, now);
            }
            slot.displaced.cancel();
        }
        Some(self.take(taken, remote, known, quic))
    }

    fn take(self: &Arc<Self>, mut taken: MutexGuard<'_, Taken>, remote: &Multiaddr, known: bool, quic: bool) -> Place {
        let (id, address, displaced) = (taken.next, address_of(remote), CancellationToken::new());
        taken.next += 1;
        taken.quic += usize::from(quic);
        taken.strangers += usize::from(!known);
        *taken.by_address.entry(address).or_default() += 1;
        taken.by_remote.insert(remote.clone(), id);
        let slot = Slot {
            remote: remote.clone(),
            address,
            stranger: !known,
            by_address: true,
            quic,
            peer: None,
            stage: if quic { Stage::Securing } else { Stage::Mute },
            since: Instant::now(),
            displaced: displaced.clone(),
        };
        taken.slots.insert(id, slot);
        drop(taken);
        Place { places: self.clone(), id, displaced, admitted: false }
    }

    /// Whether somebody makes nothing of its place. Its first byte has to be there at once, unless its claim is `better`
    /// than the newcomer's: it may have come this very moment.
    fn is_overdue(&self, slot: &Slot, better: bool, now: Instant) -> bool {
        let patience = match slot.stage {
            Stage::Mute if better => self.pause,
            Stage::Mute => Duration::ZERO,
            Stage::Securing | Stage::Talking => self.patience,
            Stage::Secured => self.pause,
            Stage::CatchingUp => return false,
        };
        now.saturating_duration_since(slot.since) >= patience
    }

    /// Whoever is at this address of an incoming TCP connection has begun to speak.
    pub(crate) fn spoke(&self, remote: &Multiaddr) {
        let mut taken = self.taken();
        if let Some(id) = taken.by_remote.get(remote).copied() {
            taken.reach(id, Stage::Securing);
        }
    }

    /// How many places are taken.
    pub(crate) fn len(&self) -> usize {
        self.taken().slots.len()
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // Each change is complete before anything could panic.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Moves to the part for known partners, once the peer has proven to be one: it then no
    /// longer stands in the way of others from the same address. A peer has only so many places there.
    pub(crate) fn is_known(&self, peer: PeerId) {
        let mut taken = self.places.taken();
        let of_peer = taken.by_peer.get(&peer).copied().unwrap_or_default();
        let Some(slot) = taken.slots.get_mut(&self.id) else { return };
        if slot.peer.is_none() && of_peer < self.places.per_peer {
            slot.peer = Some(peer);
            taken.by_peer.insert(peer, of_peer + 1);
            taken.leave_strangers(self.id);
        }
    }

    /// The connection is secured.
    pub(crate) fn secured(&self) {
        self.places.taken().reach(self.id, Stage::Secured);
    }

    /// The first byte of the gate has come.
    pub(crate) fn talks(&self) {
        self.places.taken().reach(self.id, Stage::Talking);
    }

    /// It was asked for revocation lists, which may be long.
    pub(crate) fn catches_up(&self) {
        self.places.taken().reach(self.id, Stage::CatchingUp);
    }

    /// It has passed the gate: nothing is held against its address.
    pub(crate) const fn is_admitted(&mut self) {
        self.admitted = true;
    }

    /// Ready when somebody else has been given this place.
    pub(crate) fn displaced(&self) -> CancellationToken {
        self.displaced.clone()
    }
}

impl Taken {
    fn here(&self, address: IpAddr) -> usize {
        self.by_address.get(&address).copied().unwrap_or_default()
    }

    fn has_failed(&self, address: IpAddr, now: Instant) -> bool {
        self.failed.get(&address).is_some_and(|at| now.saturating_duration_since(*at) < FAILED_FOR)
    }

    fn fail(&mut self, address: IpAddr, now: Instant) {
        if self.failed.len() >= MAX_FAILED {
            self.failed.retain(|_, at| now.saturating_duration_since(*at) < FAILED_FOR);
        }
        if self.failed.len() < MAX_FAILED {
            self.failed.insert(address, now);
        }
    }

    fn reach(&mut self, id: u64, stage: Stage) {
        if let Some(slot) = self.slots.get_mut(&id) {
            (slot.stage, slot.since) = (stage, Instant::now());
        }
    }

    fn leave_strangers(&mut self, id: u64) {
        let Some(slot) = self.slots.get_mut(&id) else { return };
        if std::mem::take(&mut slot.stranger) {
            self.strangers -= 1;
        }
        if std::mem::take(&mut slot.by_address)
            && let Some(here) = self.by_address.get_mut(&slot.address)
        {
            *here -= 1;
            if *here == 0 {
                self.by_address.remove(&slot.address);
            }
        }
    }

    /// Frees a place, if it is not free yet.
    fn remove(&mut self, id: u64) -> Option<Slot> {
        self.leave_strangers(id);
        let slot = self.slots.remove(&id)?;
        self.quic -= usize::from(slot.quic);
        if self.by_remote.get(&slot.remote) == Some(&id) {
            self.by_remote.remove(&slot.remote);
        }
        if let Some(peer) = slot.peer
            && let Some(of_peer) = self.by_peer.get_mut(&peer)
        {
            *of_peer -= 1;
            if *of_peer == 0 {
                self.by_peer.remove(&peer);
            }
        }
        Some(slot)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        // Where it was displaced, that is done.
        if let Some(slot) = taken.remove(self.id)
            && !self.admitted
            && slot.peer.is_none()
        {
            taken.fail(slot.address, Instant::now());
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

    fn at(last: u8, port: u16) -> Multiaddr {
        format!("/ip4/192.0.2.{last}/tcp/{port}").parse().unwrap()
    }

    /// Somebody from this address who gets on with it.
    fn enter(places: &Arc<Places>, last: u8, known: bool, quic: bool) -> Option<Place> {
        let place = places.enter(&at(last, 1), known, quic)?;
        place.talks();
        Some(place)
    }

    #[test]
    fn strangers_fill_only_their_part() {
        let places = places();
        let strangers: Vec<_> = (0..10).filter_map(|n| enter(&places, n, false, false)).collect();
        assert_eq!((strangers.len(), places.len()), (6, 6));
        let known: Vec<_> = (20..30).filter_map(|n| enter(&places, n, true, false)).collect();
        // Two places are theirs alone; there they are among themselves, and may take strangers' too.
        assert_eq!(known.len(), 2);
        drop(strangers);
        drop(known);
        assert_eq!(places.len(), 0);
        let taken = places.taken();
        assert!(taken.by_address.is_empty() && taken.by_remote.is_empty());
        assert_eq!((taken.strangers, taken.quic), (0, 0));
    }

    #[test]
    fn one_address_fills_only_its_own_part_until_it_is_known() {
        let places = places();
        let held: Vec<_> = (0..5).filter_map(|_| enter(&places, 1, false, false)).collect();
        assert_eq!(held.len(), 3);
        let peer = PeerId::random();
        held[0].is_known(peer);
        held[0].is_known(peer);
        assert!(enter(&places, 1, false, false).is_some());
        assert_eq!(places.taken().strangers, 2);
    }

    #[test]
    fn a_known_peer_does_not_fill_the_part_of_all() {
        let limits = Limits { pending: 64, pending_per_address: 64, connections_per_peer: 2, ..Limits::default() };
        let places = Arc::new(Places::new(&Limits { reserved_for_known: 0, ..limits }));
        let peer = PeerId::random();
        let held: Vec<_> = (0..10).filter_map(|_| enter(&places, 1, false, false)).collect();
        held.iter().for_each(|place| place.is_known(peer));
        let strangers = places.taken().strangers;
        assert_eq!((strangers, places.taken().by_address[&ip(1)]), (8, 8));
        drop(held);
        assert!(places.taken().by_peer.is_empty());
    }

    #[test]
    fn packets_from_invented_addresses_leave_room_for_tcp() {
        let places = places();
        let quic: Vec<_> = (0..10).filter_map(|n| enter(&places, n, true, true)).collect();
        assert_eq!(quic.len(), 6);
        assert!(enter(&places, 20, true, false).is_some());
    }

    fn is_displaced(place: &Place) -> bool {
        place.displaced().is_cancelled()
    }

    #[test]
    fn who_says_nothing_makes_room_the_oldest_first() {
        let places = places();
        let mute: Vec<_> = (0..6).map(|n| places.enter(&at(n, 1), false, false).unwrap()).collect();
        places.spoke(&at(0, 1));
        let newcomer = places.enter(&at(50, 1), false, false).unwrap();
        assert_eq!(mute.iter().map(is_displaced).collect::<Vec<_>>(), [false, true, false, false, false, false]);
        assert_eq!(places.len(), 6);
        // Freed once: the displaced one ends later.
        drop(mute);
        assert_eq!((places.len(), places.taken().strangers), (1, 1));
        assert!(!is_displaced(&newcomer));
    }

    #[test]
    fn at_a_full_address_only_its_own_mute_ones_make_room() {
        let places = places();
        let elsewhere = places.enter(&at(2, 1), false, false).unwrap();
        let here: Vec<_> = (0..3).map(|port| places.enter(&at(1, port), false, false).unwrap()).collect();
        here[0].talks();
        let newcomer = places.enter(&at(1, 9), false, false).unwrap();
        assert_eq!(here.iter().map(is_displaced).collect::<Vec<_>>(), [false, true, false]);
        here[2].secured();
        newcomer.talks();
        // Just secured: its hello may be on its way.
        assert!(places.enter(&at(1, 10), false, false).is_none());
        assert!(!is_displaced(&elsewhere));
    }

    #[test]
    fn who_takes_too_long_makes_room() {
        let limits = Limits { pending: 2, reserved_for_known: 0, patience: Duration::ZERO, ..Limits::default() };
        let places = Arc::new(Places::new(&limits));
        let slow = [1, 2].map(|n| enter(&places, n, false, false).unwrap());
        let newcomer = enter(&places, 3, false, false).unwrap();
        assert_eq!(slow.each_ref().map(is_displaced), [true, false]);
        assert!(places.taken().has_failed(ip(1), Instant::now()));
        // Who was asked for lists takes the time that they take.
        slow[1].catches_up();
        newcomer.catches_up();
        assert!(enter(&places, 4, false, false).is_none());
    }

    #[test]
    fn who_comes_from_where_somebody_failed_makes_room_for_who_does_not() {
        let places = places();
        drop(enter(&places, 1, false, false));
        let held: Vec<_> = [2, 1, 3, 4, 5, 6].map(|n| enter(&places, n, false, false).unwrap()).into();
        // A third failure of the same makes no room.
        assert!(enter(&places, 1, false, false).is_none());
        assert!(enter(&places, 7, false, false).is_some());
        assert_eq!(held.iter().position(is_displaced), Some(1));
        // Somebody who was admitted has not failed.
        let mut good = enter(&places, 8, true, false).unwrap();
        good.is_admitted();
        drop(good);
        assert!(!places.taken().has_failed(ip(8), Instant::now()));
    }

    #[test]
    fn who_has_just_come_is_not_displaced_from_where_somebody_failed() {
        let places = places();
        drop(enter(&places, 1, false, false));
        let _talking: Vec<_> = (2..7).map(|n| enter(&places, n, false, false).unwrap()).collect();
        let mute = places.enter(&at(50, 1), false, false).unwrap();
        assert!(places.enter(&at(1, 1), false, false).is_none());
        assert!(!is_displaced(&mute));
        assert!(places.enter(&at(51, 1), false, false).is_some());
        assert!(is_displaced(&mute));
    }

    #[test]
    fn an_address_with_many_places_makes_room_for_one_with_none() {
        let places = places();
        let many: Vec<_> = (0..3).map(|_| enter(&places, 1, false, false).unwrap()).collect();
        let few: Vec<_> = [2, 3, 4].map(|n| enter(&places, n, false, false).unwrap()).into();
        let newcomer = enter(&places, 5, false, false).unwrap();
        assert_eq!(many.iter().filter(|place| is_displaced(place)).count(), 1);
        let another = enter(&places, 6, false, false).unwrap();
        assert_eq!(many.iter().filter(|place| is_displaced(place)).count(), 2);
        // Now all are alike.
        assert!(enter(&places, 7, false, false).is_none());
        assert!(!few.iter().chain([&newcomer, &another]).any(is_displaced));
    }

    #[test]
    fn quic_displaces_nobody_on_tcp_and_nobody_a_known_partner() {
        let places = places();
        let known = places.enter(&at(1, 1), false, false).unwrap();
        known.is_known(PeerId::random());
        let mute: Vec<_> = (2..8).map(|n| places.enter(&at(n, 1), false, false).unwrap()).collect();
        assert!(places.enter(&at(20, 1), false, true).is_none());
        assert!(places.enter(&at(20, 2), false, false).is_some());
        assert!(!is_displaced(&known));
        assert_eq!(mute.iter().filter(|place| is_displaced(place)).count(), 1);
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
