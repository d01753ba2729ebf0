//! Records: where a desk is, and which keys open what is sealed for it.
//!
//! Signed by the desk's office key (object name `record`), issued daily, valid 35 days, at most
//! 8 KiB. Payload: `[office number, [kind, ..], certificate hash, sequence, issued, until,
//! [peer ids, addresses, relays, couriers, capabilities], [[suite, key, made, until], ..], ext]`.
//! A record read from anywhere is a claim; [`verify`] alone makes a [`Record`].

use std::fmt;

use ed25519_dalek::{SigningKey, VerifyingKey};
use libp2p_identity::PeerId;
use serde_bytes::ByteBuf;
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use crate::{
    cbor::Ext,
    ids::{Address, Hash, Kind, OfficeNumber},
    seal::{
        PublicKey, Suite,
        keys::{self, USE_FOR},
    },
    signed::{self, Payload, Signed, Unverified},
    time::{DAY, Timestamp},
};

/// The longest signed record in bytes.
pub const MAX: usize = 8 * 1024;
/// How long a record is valid at most.
pub const VALID_FOR: u64 = 35 * DAY;
/// A record is issued again after this long.
pub const ISSUE_EVERY: u64 = DAY;

/// The most kinds of one desk.
const MAX_KINDS: usize = 64;
/// The most peer ids, relays and couriers, each.
const MAX_FEW: usize = 8;
/// The most addresses.
const MAX_ADDRESSES: usize = 32;
/// The longest multiaddr in bytes.
const MAX_ADDRESS: usize = 256;
/// The most capabilities.
const MAX_CAPABILITIES: usize = 64;
/// The most sealing keys; five of suite 1 fill a record.
const MAX_KEYS: usize = 8;

/// Why a record was not accepted.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Not a signed record, or not signed by the certificate's key.
    #[error(transparent)]
    Signed(#[from] signed::Error),
    /// It speaks for another certificate, office number or kind.
    #[error("the record is not of this certificate's desk")]
    Holder,
    /// A list is too long, empty, or not in strictly rising order.
    #[error("the record's {0} are not a list of the allowed length and order")]
    List(&'static str),
    /// Not a peer id.
    #[error("the record holds what is not a peer id")]
    PeerId,
    /// Not a multiaddr's text.
    #[error("the record holds what is not a network address")]
    Multiaddr,
    /// Issued and until contradict each other, or are more than 35 days apart.
    #[error("the record's times do not fit")]
    Times,
    /// The validity of a sealing key is empty or longer than 42 days.
    #[error("the times of the record's sealing keys do not fit")]
    KeyTimes,
    /// A sealing key of a known suite is none.
    #[error(transparent)]
    Key(#[from] keys::Error),
    /// No sealing key of suite 1.
    #[error("the record has no sealing key of suite 1")]
    NoKey,
}

/// Where a desk is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Locator {
    /// The node keys that speak for it, as libp2p writes them. At least one.
    pub peers: Vec<ByteBuf>,
    /// Multiaddrs in text, best first.
    pub addresses: Vec<String>,
    /// Multiaddrs of relays that it listens on, in text.
    pub relays: Vec<String>,
    /// Multiaddrs of couriers that it has chosen, in text.
    pub couriers: Vec<String>,
    /// Codes of what it can do, rising. Unknown ones mean nothing.
    pub capabilities: Vec<u64>,
}

/// A sealing key as a record offers it.
#[derive(Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Offer {
    /// The number of the suite. Unknown ones mean nothing.
    pub suite: u16,
    /// The public key.
    pub key: ByteBuf,
    /// When it was made.
    pub made: Timestamp,
    /// Until when senders may use it.
    pub until: Timestamp,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Claim {
    /// The desk's office number.
    pub office: OfficeNumber,
    /// The desk's kinds, rising.
    pub kinds: Vec<Kind>,
    /// SHA-256 of the DER of the certificate whose key signs.
    pub certificate: Hash,
    /// Of two records of one certificate the higher counts, see [`next_sequence`].
    pub sequence: u64,
    /// When it was issued.
    pub issued: Timestamp,
    /// The last second in which it is valid.
    pub until: Timestamp,
    /// Where the desk is.
    pub locator: Locator,
    /// Which keys open what is sealed for it.
    pub keys: Vec<Offer>,
    /// Extensions.
    pub ext: Ext,
}

/// Whose record it must be: what its certificate says.
#[derive(Clone, Copy, Debug)]
pub struct Holder<'a> {
    /// The certificate's office number.
    pub office: OfficeNumber,
    /// The certificate's kinds.
    pub kinds: &'a [Kind],
    /// SHA-256 of the certificate's DER.
    pub certificate: Hash,
    /// The office key.
    pub key: &'a VerifyingKey,
}

/// A record whose signature, holder and shape have been checked. Whether it is valid *now*, and
/// its certificate too, is asked at each use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record(Signed<Claim>);

impl Payload for Claim {
    const NAME: &'static str = "record";
    // The frame takes less than 128 bytes.
    const MAX: usize = MAX - 128;

    fn ext(&self) -> &Ext {
        &self.ext
    }
}

/// The sequence of the next record: max(previous + 1, unix seconds), so that it rises even where
/// the previous one was forgotten. One that a wrong clock has put more than a day ahead is left behind: no reader
/// whose clock is right has taken it, and none would take what comes after it.
#[must_use]
pub fn next_sequence(previous: Option<u64>, now: Timestamp) -> u64 {
    let plausible = previous.filter(|previous| *previous <= now.plus(DAY).0);
    plausible.map_or(0, |previous| previous.saturating_add(1)).max(now.0)
}

/// Signs a record.
///
/// # Errors
/// Whatever a receiver would refuse, and [`Error::Signed`] if it is too large.
pub fn sign(claim: Claim, key: &SigningKey) -> Result<Record, Error> {
    claim.check()?;
    Ok(Record(Signed::sign(claim, key)?))
}

/// Accepts a record that is signed by the office key of its certificate, speaks only for that
/// certificate's addresses, and has the right shape. That the certificate itself is good is the
/// caller's to know.
///
/// # Errors
/// See [`Error`].
pub fn verify(record: Unverified<Claim>, holder: &Holder<'_>) -> Result<Record, Error> {
    let claim = record.claim();
    let ours = claim.certificate == holder.certificate
        && claim.office == holder.office
        && claim.kinds.iter().all(|kind| holder.kinds.contains(kind));
    if !ours {
        return Err(Error::Holder);
    }
    let signed = record.verify(holder.key)?;
    signed.value().check()?;
    Ok(Record(signed))
}

impl Record {
    /// The record as it is stored and passed on.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }

    /// What it says.
    #[must_use]
    pub const fn claim(&self) -> &Claim {
        self.0.value()
    }

    /// Says whether it may be used at `now`, the later of clock and trusted time.
    ///
    /// A record from the future may: the clock here can be slow.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        now <= self.claim().until
    }

    /// Says whether it speaks for an address.
    #[must_use]
    pub fn speaks_for(&self, address: Address) -> bool {
        self.claim().office == address.office && self.claim().kinds.contains(&address.kind)
    }

    /// The peers that speak for the desk.
    #[must_use]
    pub fn peer_ids(&self) -> Vec<PeerId> {
        self.claim().locator.peers.iter().filter_map(|peer| PeerId::from_bytes(peer).ok()).collect()
    }

    /// Chooses the key to seal for: the first suite of the sender's order that has a usable key,
    /// and of its keys the youngest. [`Suite::ORDER`] unless a person has set this partner
    /// otherwise. None too if the record itself is no longer valid.
    #[must_use]
    pub fn key_for(&self, order: &[Suite], now: Timestamp) -> Option<PublicKey> {
        self.offer_for(order, now)?.public_key().ok()
    }

    /// As [`Self::key_for`], as it is offered.
    #[must_use]
    pub fn offer_for(&self, order: &[Suite], now: Timestamp) -> Option<&Offer> {
        if !self.is_valid(now) {
            return None;
        }
        order.iter().find_map(|suite| {
            let usable = self.claim().keys.iter().filter(|offer| {
                offer.suite == suite.number() && offer.until > now && keys::usable_by_sender(offer.made, now)
            });
            usable.max_by_key(|offer| offer.made)
        })
    }
}

impl Offer {
    /// Offers a key for the 42 days from when it was made.
    #[must_use]
    pub fn new(key: &PublicKey, made: Timestamp) -> Self {
        let bytes = ByteBuf::from(key.as_bytes());
        Self { suite: key.suite().number(), key: bytes, made, until: made.plus(USE_FOR) }
    }

    /// The key.
    ///
    /// # Errors
    /// [`keys::Error`] for an unknown suite or what is no key of a known one.
    pub fn public_key(&self) -> Result<PublicKey, keys::Error> {
        PublicKey::from_bytes(Suite::try_from(self.suite)?, &self.key)
    }
}

impl Claim {
    /// Checks everything that needs neither key nor certificate nor clock.
    fn check(&self) -> Result<(), Error> {
        if !(1..=MAX_KINDS).contains(&self.kinds.len()) || !rises(&self.kinds) {
            return Err(Error::List("kinds"));
        }
        if self.until <= self.issued || self.until.since(self.issued) > VALID_FOR {
            return Err(Error::Times);
        }
        self.locator.check()?;
        if self.keys.len() > MAX_KEYS {
            return Err(Error::List("sealing keys"));
        }
        for offer in &self.keys {
            if offer.until <= offer.made || offer.until.since(offer.made) > USE_FOR {
                return Err(Error::KeyTimes);
            }
            match offer.public_key() {
                // A key of a later version's suite is not ours to judge.
                Ok(_) | Err(keys::Error::Suite(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let has_main = self.keys.iter().any(|offer| offer.suite == Suite::XWing.number());
        if has_main { Ok(()) } else { Err(Error::NoKey) }
    }
}

impl Locator {
    fn check(&self) -> Result<(), Error> {
        if !(1..=MAX_FEW).contains(&self.peers.len()) {
            return Err(Error::List("peers"));
        }
        if self.peers.iter().any(|peer| PeerId::from_bytes(peer).is_err()) {
            return Err(Error::PeerId);
        }
        let lists = [
            ("addresses", &self.addresses, MAX_ADDRESSES),
            ("relays", &self.relays, MAX_FEW),
            ("couriers", &self.couriers, MAX_FEW),
        ];
        for (name, list, most) in lists {
            if list.len() > most {
                return Err(Error::List(name));
            }
            if !list.iter().all(|text| is_multiaddr(text)) {
                return Err(Error::Multiaddr);
            }
        }
        if self.capabilities.len() > MAX_CAPABILITIES || !rises(&self.capabilities) {
            return Err(Error::List("capabilities"));
        }
        Ok(())
    }
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Offer(suite {}, made {})", self.suite, self.made)
    }
}

fn rises<T: PartialOrd>(items: &[T]) -> bool {
    items.windows(2).all(|pair| pair[0] < pair[1])
}

/// Says whether a text looks like a multiaddr; the network's own parser has the last word.
fn is_multiaddr(text: &str) -> bool {
    text.len() <= MAX_ADDRESS && text.starts_with('/') && text.bytes().all(|c| c.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{cbor, seal::SealingKeyPair};

    const NOW: Timestamp = Timestamp(1_763_769_600);
    const CERTIFICATE: Hash = Hash([9; 32]);

    fn office_key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn offer(suite: Suite, seed: u8, made: Timestamp) -> Offer {
        Offer::new(SealingKeyPair::from_private(suite, &[seed; 32]).public(), made)
    }

    fn kind(text: &str) -> Kind {
        text.parse().unwrap()
    }

    fn claim() -> Claim {
        let peer = libp2p_identity::Keypair::ed25519_from_bytes([5; 32]).unwrap().public().to_peer_id();
        Claim {
            office: "1379900028".parse().unwrap(),
            kinds: vec![kind("15"), kind("21")],
            certificate: CERTIFICATE,
            sequence: NOW.0,
            issued: NOW,
            until: NOW.plus(VALID_FOR),
            locator: Locator {
                peers: vec![ByteBuf::from(peer.to_bytes())],
                addresses: vec!["/ip4/192.0.2.7/tcp/4001".into()],
                ..Locator::default()
            },
            keys: vec![offer(Suite::XWing, 1, NOW)],
            ext: Ext::none(),
        }
    }

    /// Signs without any check, as a hostile desk would, and verifies.
    fn judged(claim: Claim) -> Result<Record, Error> {
        let signed = Signed::sign(claim, &office_key()).unwrap();
        let key = office_key().verifying_key();
        let kinds = [kind("15"), kind("21"), kind("43")];
        let holder =
            Holder { office: "1379900028".parse().unwrap(), kinds: &kinds, certificate: CERTIFICATE, key: &key };
        verify(Unverified::from_bytes(signed.bytes()).unwrap(), &holder)
    }

    #[test]
    fn a_record_verifies_and_stays_the_same() {
        let record = judged(claim()).unwrap();
        assert_eq!(record, sign(claim(), &office_key()).unwrap());
        assert!(record.bytes().len() <= MAX);
        assert!(record.speaks_for("1379900028-15".parse().unwrap()));
        assert!(!record.speaks_for("1379900028-43".parse().unwrap()));
        assert!(!record.speaks_for("1379900010-15".parse().unwrap()));
        assert_eq!(record.peer_ids().len(), 1);
        assert!(record.is_valid(NOW.plus(VALID_FOR)) && !record.is_valid(NOW.plus(VALID_FOR + 1)));
    }

    #[test]
    fn another_desk_does_not_speak() {
        assert_eq!(judged(Claim { office: "1379900010".parse().unwrap(), ..claim() }), Err(Error::Holder));
        assert_eq!(judged(Claim { kinds: vec![kind("11")], ..claim() }), Err(Error::Holder));
        assert_eq!(judged(Claim { certificate: Hash::ZERO, ..claim() }), Err(Error::Holder));
        let signed = Signed::sign(claim(), &SigningKey::from_bytes(&[8; 32])).unwrap();
        let (key, kinds) = (office_key().verifying_key(), [kind("15"), kind("21")]);
        let holder = Holder { office: claim().office, kinds: &kinds, certificate: CERTIFICATE, key: &key };
        let judged = verify(Unverified::from_bytes(signed.bytes()).unwrap(), &holder);
        assert_eq!(judged, Err(Error::Signed(signed::Error::Signature)));
    }

    #[test]
    fn what_does_not_fit_is_refused_on_both_sides() {
        let located = |change: fn(&mut Locator)| {
            let mut claim = claim();
            change(&mut claim.locator);
            claim
        };
        let keyed = |keys: Vec<Offer>| Claim { keys, ..claim() };
        let long = Offer { until: NOW.plus(USE_FOR + 1), ..offer(Suite::XWing, 1, NOW) };
        let empty = Offer { until: NOW, ..offer(Suite::XWing, 1, NOW) };
        let broken = Offer { key: ByteBuf::from([1; 32]), ..offer(Suite::XWing, 1, NOW) };
        for (claim, error) in [
            (Claim { kinds: vec![], ..claim() }, Error::List("kinds")),
            (Claim { kinds: vec![kind("21"), kind("15")], ..claim() }, Error::List("kinds")),
            (Claim { kinds: vec![kind("15"), kind("15")], ..claim() }, Error::List("kinds")),
            (Claim { until: NOW, ..claim() }, Error::Times),
            (Claim { until: NOW.plus(VALID_FOR + 1), ..claim() }, Error::Times),
            (located(|l| l.peers.clear()), Error::List("peers")),
            (located(|l| l.peers = vec![ByteBuf::from([0; 3])]), Error::PeerId),
            (located(|l| l.peers = vec![l.peers[0].clone(); 9]), Error::List("peers")),
            (located(|l| l.addresses = vec!["/a".into(); 33]), Error::List("addresses")),
            (located(|l| l.addresses = vec!["a".into()]), Error::Multiaddr),
            (located(|l| l.relays = vec!["/a b".into()]), Error::Multiaddr),
            (located(|l| l.couriers = vec![format!("/{}", "a".repeat(256))]), Error::Multiaddr),
            (located(|l| l.capabilities = vec![2, 1]), Error::List("capabilities")),
            (keyed(vec![]), Error::NoKey),
            (keyed(vec![offer(Suite::X25519, 1, NOW)]), Error::NoKey),
            (keyed(vec![long]), Error::KeyTimes),
            (keyed(vec![empty]), Error::KeyTimes),
            (keyed(vec![broken]), Error::Key(keys::Error::PublicKey(Suite::XWing))),
        ] {
            assert_eq!(sign(claim.clone(), &office_key()).unwrap_err(), error);
            assert_eq!(judged(claim).unwrap_err(), error);
        }
        let large = keyed((1..8).map(|seed| offer(Suite::XWing, seed, NOW)).collect());
        assert!(matches!(sign(large, &office_key()), Err(Error::Signed(signed::Error::Encoding(_)))));
    }

    #[test]
    fn the_fullest_allowed_frame_stays_below_the_limit() {
        let mut full = claim();
        full.ext = Ext::of(vec![(2, vec![0; 5000])]);
        let room = Claim::MAX - cbor::to_vec(&full).unwrap().len();
        full.ext = Ext::of(vec![(2, vec![0; 5000 + room])]);
        assert_eq!(cbor::to_vec(&full).unwrap().len(), Claim::MAX);
        assert!(judged(full).unwrap().bytes().len() <= MAX);
    }

    #[test]
    fn the_senders_order_and_the_youngest_key_decide() {
        let old = offer(Suite::XWing, 1, NOW.minus(20 * DAY));
        let young = offer(Suite::XWing, 2, NOW.minus(DAY));
        let classic = offer(Suite::X25519, 3, NOW);
        let later = Offer { suite: 9, key: ByteBuf::from([1]), ..classic.clone() };
        let keys = vec![old.clone(), young.clone(), classic.clone(), later];
        let record = judged(Claim { keys, until: NOW.plus(30 * DAY), ..claim() }).unwrap();
        let chosen = |order: &[Suite], now| record.key_for(order, now).map(|key| key.as_bytes().to_vec());
        let bytes = |offer: &Offer| Some(offer.key.to_vec());
        assert_eq!(chosen(&Suite::ORDER, NOW), bytes(&young));
        assert_eq!(chosen(&[Suite::X25519, Suite::XWing], NOW), bytes(&classic));
        assert_eq!(chosen(&[], NOW), None);
        assert_eq!(chosen(&Suite::ORDER, NOW.plus(31 * DAY)), None);
        let record = judged(Claim { keys: vec![old], ..claim() }).unwrap();
        assert!(record.key_for(&Suite::ORDER, NOW.plus(21 * DAY)).is_some());
        assert!(record.key_for(&Suite::ORDER, NOW.plus(22 * DAY)).is_none());
    }

    #[test]
    fn sequences_rise() {
        assert_eq!(next_sequence(None, Timestamp(100)), 100);
        assert_eq!(next_sequence(Some(50), Timestamp(100)), 100);
        assert_eq!(next_sequence(Some(100), Timestamp(100)), 101);
        assert_eq!(next_sequence(Some(100 + DAY), Timestamp(100)), 101 + DAY);
        assert_eq!(next_sequence(Some(101 + DAY), Timestamp(100)), 100, "of a clock that was ahead");
        assert_eq!(next_sequence(Some(u64::MAX), Timestamp(100)), 100);
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Unverified::<Claim>::from_bytes(&bytes);
        }

        #[test]
        fn one_changed_byte_is_refused(at: prop::sample::Index, flip in 1_u8..) {
            let mut bytes = sign(claim(), &office_key()).unwrap().bytes().to_vec();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            let key = office_key().verifying_key();
            let read = Unverified::<Claim>::from_bytes(&bytes);
            prop_assert!(read.and_then(|read| read.verify(&key)).is_err());
        }
    }
}
