//! Content keys, suites, and sealing keys with the time they live.
//!
//! A sealing key is made every 7 days, used by senders for 42 days and destroyed after 45, by
//! trusted time: then nothing that travelled before can be opened again (forward secrecy).

use std::{fmt, sync::Arc};

use hkdf::Hkdf;
use hpke::{Deserializable, Kem, Serializable, kem::X25519HkdfSha256};
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use x25519_dalek::StaticSecret;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::xwing::XWing;
use crate::{
    ids::Hash,
    time::{DAY, Timestamp},
};

/// A new sealing key is made this long after the last.
pub const MAKE_EVERY: u64 = 7 * DAY;
/// Senders use a sealing key this long.
pub const USE_FOR: u64 = 42 * DAY;
/// A sealing key is destroyed this long after it was made: margin for mail under way.
pub const KEEP_FOR: u64 = 45 * DAY;

/// Why bytes are no key of a suite.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Not a suite that this version knows.
    #[error("{0} is not a known suite")]
    Suite(u16),
    /// Not a public key of the suite.
    #[error("not a public key of suite {0}")]
    PublicKey(Suite),
}

/// The key of one content. Clears itself, does not print.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ContentKey([u8; 32]);

/// Opens a commitment without giving the content key up: with the manifest it proves to an
/// inspector what was sealed. Not secret from those who may see the manifest.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Opening([u8; 32]);

/// How a content key is sealed; the number stands in entries and in the HPKE info.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
#[repr(u16)]
pub enum Suite {
    /// X-Wing (0x647A: X25519 and ML-KEM-768) / HKDF-SHA256 / ChaCha20-Poly1305.
    XWing = 1,
    /// DHKEM(X25519, HKDF-SHA256) / HKDF-SHA256 / ChaCha20-Poly1305; only by explicit setting.
    X25519 = 2,
}

/// Names a sealing key: the first 8 bytes of the SHA-256 of the public key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(#[serde(with = "serde_bytes")] pub [u8; 8]);

/// A sealing key's public half, known to be one of its suite. Clones share it.
#[derive(Clone)]
pub struct PublicKey {
    suite: Suite,
    bytes: Vec<u8>,
    ready: ReadyPublic,
}

/// The public half as HPKE takes it: making X-Wing's takes as long as a third of sealing an envelope.
#[derive(Clone)]
pub(super) enum ReadyPublic {
    XWing(Arc<<XWing as Kem>::PublicKey>),
    X25519(Arc<<X25519HkdfSha256 as Kem>::PublicKey>),
}

/// A sealing key. Its private half, 32 bytes in either suite, clears itself and does not print.
#[derive(Clone)]
pub struct SealingKeyPair {
    private: Zeroizing<[u8; 32]>,
    public: PublicKey,
    ready: Ready,
}

/// The private half as HPKE takes it. Made once: making X-Wing's takes as long as a third of opening an envelope.
#[derive(Clone)]
pub(super) enum Ready {
    XWing(Box<<XWing as Kem>::PrivateKey>),
    X25519(Box<<X25519HkdfSha256 as Kem>::PrivateKey>),
}

impl ContentKey {
    /// Makes a key for one content.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut key = Self([0; 32]);
        rng.fill_bytes(&mut key.0);
        key
    }

    /// Takes a key back from where it was wrapped.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key, to be wrapped or put in an envelope.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What opens the commitment.
    #[must_use]
    pub fn opening(&self) -> Opening {
        Opening(*self.derive(b"musubi/1 opening"))
    }

    /// The key of the chunks.
    pub(super) fn stream_key(&self) -> Zeroizing<[u8; 32]> {
        self.derive(b"musubi/1 content")
    }

    fn derive(&self, info: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut derived = Zeroizing::new([0; 32]);
        // HKDF-SHA256 gives up to 8,160 bytes.
        Hkdf::<Sha256>::new(None, &self.0).expand(info, &mut *derived).expect("32 bytes are few");
        derived
    }
}

impl PartialEq for ContentKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for ContentKey {}

impl Opening {
    /// Takes an opening that was shown.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The opening, to be shown to an inspector.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// SHA-256("musubi/1 commit" | opening | SHA-256 of the manifest).
    #[must_use]
    pub fn commitment(&self, manifest_sha256: Hash) -> Hash {
        Hash::of(&[b"musubi/1 commit", &self.0, &manifest_sha256.0])
    }

    /// Says whether this manifest is what a commitment of an entry stands for.
    #[must_use]
    pub fn proves(&self, manifest: &[u8], commitment: Hash) -> bool {
        self.commitment(Hash::of(&[manifest])) == commitment
    }
}

impl Suite {
    /// What a sender uses unless a person has set a partner otherwise.
    pub const ORDER: [Self; 1] = [Self::XWing];

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }
}

impl TryFrom<u16> for Suite {
    type Error = Error;

    fn try_from(number: u16) -> Result<Self, Error> {
        match number {
            1 => Ok(Self::XWing),
            2 => Ok(Self::X25519),
            _ => Err(Error::Suite(number)),
        }
    }
}

impl From<Suite> for u16 {
    fn from(suite: Suite) -> Self {
        suite.number()
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.suite == other.suite && self.bytes == other.bytes
    }
}

impl Eq for PublicKey {}

impl PublicKey {
    /// Takes a key from a record.
    ///
    /// # Errors
    /// [`Error::PublicKey`] for a wrong length or, in suite 1, coefficients out of range
    /// (FIPS 203, section 7.2).
    pub fn from_bytes(suite: Suite, bytes: &[u8]) -> Result<Self, Error> {
        let ready = match suite {
            Suite::XWing => public_of::<XWing>(bytes).map(ReadyPublic::XWing),
            Suite::X25519 => public_of::<X25519HkdfSha256>(bytes).map(ReadyPublic::X25519),
        };
        let ready = ready.ok_or(Error::PublicKey(suite))?;
        Ok(Self { suite, bytes: bytes.to_vec(), ready })
    }

    pub(super) const fn ready(&self) -> &ReadyPublic {
        &self.ready
    }

    /// The suite.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// The key's bytes: 1,216 in suite 1, 32 in suite 2.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The name of the key.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let [a, b, c, d, e, f, g, h, ..] = Hash::of(&[&self.bytes]).0;
        KeyId([a, b, c, d, e, f, g, h])
    }
}

impl SealingKeyPair {
    /// Makes a key.
    #[must_use]
    pub fn generate(suite: Suite, rng: &mut impl CryptoRng) -> Self {
        match suite {
            Suite::XWing => {
                // An X-Wing key is 32 random bytes (draft-connolly-cfrg-xwing-kem-10, section 5.2).
                let mut seed = Zeroizing::new([0; 32]);
                rng.fill_bytes(&mut *seed);
                Self::from_private(suite, &seed)
            }
            Suite::X25519 => Self::from_private(suite, StaticSecret::random_from_rng(rng).as_bytes()),
        }
    }

    /// Takes a key back from where it was wrapped. Any 32 bytes are a key.
    #[must_use]
    pub fn from_private(suite: Suite, private: &[u8; 32]) -> Self {
        let ready = match suite {
            Suite::XWing => Ready::XWing(Box::new(private_of::<XWing>(private))),
            Suite::X25519 => Ready::X25519(Box::new(private_of::<X25519HkdfSha256>(private))),
        };
        let (bytes, public) = match &ready {
            Ready::XWing(key) => {
                let public = XWing::sk_to_pk(key);
                (public.to_bytes().to_vec(), ReadyPublic::XWing(Arc::new(public)))
            }
            Ready::X25519(key) => {
                let public = X25519HkdfSha256::sk_to_pk(key);
                (public.to_bytes().to_vec(), ReadyPublic::X25519(Arc::new(public)))
            }
        };
        let public = PublicKey { suite, bytes, ready: public };
        Self { private: Zeroizing::new(*private), public, ready }
    }

    /// The private half, to be wrapped.
    #[must_use]
    pub fn private(&self) -> &Zeroizing<[u8; 32]> {
        &self.private
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    pub(super) const fn ready(&self) -> &Ready {
        &self.ready
    }
}

fn public_of<K: Kem>(bytes: &[u8]) -> Option<Arc<K::PublicKey>> {
    K::PublicKey::from_bytes(bytes).ok().map(Arc::new)
}

fn private_of<K: Kem>(private: &[u8; 32]) -> K::PrivateKey {
    // Both of our KEMs take any 32 bytes.
    K::PrivateKey::from_bytes(private).expect("a private key is any 32 bytes")
}

/// Says whether a desk whose newest sealing key was made at `newest` needs a new one.
///
/// `now` is the later of clock and trusted time. A key that a wrong clock has dated far into the
/// future does not hold the next one up.
#[must_use]
pub const fn should_make_new(newest: Option<Timestamp>, now: Timestamp) -> bool {
    match newest {
        None => true,
        Some(made) => now.since(made) >= MAKE_EVERY || made.since(now) >= MAKE_EVERY,
    }
}

/// Says whether a key can have been made at `made`: not further in the future than clocks differ. A key of a clock
/// that was years ahead is neither offered nor counted as the newest.
#[must_use]
pub const fn is_plausible(made: Timestamp, now: Timestamp) -> bool {
    made.since(now) < MAKE_EVERY
}

/// Says whether a sender may still use a key that was made at `made`.
///
/// A key from the future is usable: the sender's clock may be slow.
#[must_use]
pub const fn usable_by_sender(made: Timestamp, now: Timestamp) -> bool {
    now.since(made) < USE_FOR
}

/// The moment from which *trusted time* must have passed before a key is destroyed.
#[must_use]
pub const fn destroy_after(made: Timestamp) -> Timestamp {
    made.plus(KEEP_FOR)
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({}, {})", self.suite, self.id())
    }
}

impl fmt::Debug for SealingKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKeyPair({}, {})", self.public.suite, self.public.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_live_as_long_as_the_rules_say() {
        let made = Timestamp(1_000 * DAY);
        let after = |days: u64| made.plus(days * DAY);
        assert!(should_make_new(None, made));
        assert!(is_plausible(made, made) && is_plausible(after(6), made) && is_plausible(made, after(400)));
        assert!(!is_plausible(after(7), made) && !is_plausible(after(365), made));
        assert!(!should_make_new(Some(made), after(7).minus(1)));
        assert!(should_make_new(Some(made), after(7)));
        assert!(!should_make_new(Some(made), made.minus(6 * DAY)));
        assert!(should_make_new(Some(after(365)), made));
        assert!(usable_by_sender(made, after(42).minus(1)));
        assert!(!usable_by_sender(made, after(42)));
        assert!(usable_by_sender(made, made.minus(DAY)));
        assert_eq!(destroy_after(made), after(45));
    }

    #[test]
    fn a_key_pair_survives_being_wrapped() {
        for suite in [Suite::XWing, Suite::X25519] {
            let pair = SealingKeyPair::generate(suite, &mut rand::rng());
            let again = SealingKeyPair::from_private(suite, pair.private());
            assert_eq!(again.public(), pair.public());
            let public = PublicKey::from_bytes(suite, pair.public().as_bytes()).unwrap();
            assert_eq!(public.id(), pair.public().id());
            assert_eq!(public.as_bytes().len(), if suite == Suite::XWing { 1216 } else { 32 });
        }
    }

    #[test]
    fn bytes_that_are_no_key_are_refused() {
        assert_eq!(PublicKey::from_bytes(Suite::X25519, &[1; 31]), Err(Error::PublicKey(Suite::X25519)));
        assert_eq!(PublicKey::from_bytes(Suite::XWing, &[1; 32]), Err(Error::PublicKey(Suite::XWing)));
        assert_eq!(PublicKey::from_bytes(Suite::XWing, &[0xff; 1216]), Err(Error::PublicKey(Suite::XWing)));
        assert_eq!(Suite::try_from(3), Err(Error::Suite(3)));
    }

    #[test]
    fn private_bytes_are_not_printed() {
        let pair = SealingKeyPair::from_private(Suite::X25519, &[0xab; 32]);
        assert!(!format!("{pair:?}").contains("abab"));
    }
}
