//! The envelope: a content key for one sealing key, HPKE (RFC 9180) base mode, single shot.
//!
//! CBOR `[suite, sealing key id, enc, ciphertext]`; info = "musubi/1 envelope" | suite (u16 BE),
//! aad = message id. It is unsigned: whoever holds the content key may make it again, and the
//! commitment in the signed entry says whether the key in it is the right one.

use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable,
    aead::{AeadCtxS, ChaCha20Poly1305},
    kdf::HkdfSha256,
    kem::X25519HkdfSha256,
    setup_sender_with_rng, single_shot_open,
};
use rand::CryptoRng;
use serde_tuple::{Deserialize_tuple, Serialize_tuple};
use zeroize::{Zeroize, Zeroizing};

use super::keys::{ContentKey, KeyId, PublicKey, Ready, ReadyPublic, SealingKeyPair, Suite};
use super::xwing::XWing;
use crate::{cbor, ids::MessageId};

/// The longest envelope in bytes; one of suite 1 has 1,189.
pub const MAX: usize = 2048;
/// What the info begins with; the suite's number follows.
const INFO: &[u8] = b"musubi/1 envelope";

/// Why no envelope could be made.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealError {
    /// The receiver's key is unfit: of small order, say.
    #[error("nothing can be sealed for this key")]
    Key,
}

/// Why an envelope gave no content key. Each is answered `need_envelope`, never a refusal.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError {
    /// It is for a sealing key that is not here: destroyed, lost or never ours.
    #[error("the envelope is for the unknown sealing key {0}")]
    UnknownKey(KeyId),
    /// It is for a key that is here and yet does not open: altered, or for another message.
    #[error("the envelope cannot be opened")]
    CannotOpen,
}

impl OpenError {
    /// Says whether another envelope may help, which it always may.
    #[must_use]
    pub const fn needs_envelope(&self) -> bool {
        true
    }
}

/// A content key, sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Envelope {
    /// A number, not yet a [`Suite`]: an unknown one is answered, not refused.
    suite: u16,
    key: KeyId,
    #[serde(with = "serde_bytes")]
    enc: Vec<u8>,
    #[serde(with = "serde_bytes")]
    ciphertext: Vec<u8>,
}

impl Envelope {
    /// Seals a content key for the receiver's sealing key.
    ///
    /// # Errors
    /// [`SealError::Key`].
    pub fn seal(
        to: &PublicKey,
        content_key: &ContentKey,
        id: &MessageId,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, SealError> {
        Begun::new(to, rng)?.seal(content_key, id)
    }

    /// Opens it with the one of our keys that it is for.
    ///
    /// The result is right only if it satisfies the commitment: [`super::Opener::new`] says.
    ///
    /// # Errors
    /// See [`OpenError`]; never panics.
    pub fn open<'a>(
        &self,
        keys: impl IntoIterator<Item = &'a SealingKeyPair>,
        id: &MessageId,
    ) -> Result<ContentKey, OpenError> {
        let ours =
            |pair: &&SealingKeyPair| pair.public().suite().number() == self.suite && pair.public().id() == self.key;
        let pair = keys.into_iter().find(ours).ok_or(OpenError::UnknownKey(self.key))?;
        let suite = pair.public().suite();
        match pair.ready() {
            Ready::XWing(key) => self.open_with::<XWing>(key, suite, id),
            Ready::X25519(key) => self.open_with::<X25519HkdfSha256>(key, suite, id),
        }
    }

    /// Reads an envelope.
    ///
    /// # Errors
    /// Those of [`cbor::from_slice`].
    pub fn from_slice(bytes: &[u8]) -> Result<Self, cbor::Error> {
        cbor::from_slice(bytes, MAX)
    }

    /// Writes the envelope.
    ///
    /// # Errors
    /// Those of [`cbor::to_vec`].
    pub fn to_vec(&self) -> Result<Vec<u8>, cbor::Error> {
        cbor::to_vec(self)
    }

    /// The number of the suite, known or not.
    #[must_use]
    pub const fn suite(&self) -> u16 {
        self.suite
    }

    /// The sealing key that it is for.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.key
    }

    fn open_with<K: Kem>(&self, key: &K::PrivateKey, suite: Suite, id: &MessageId) -> Result<ContentKey, OpenError> {
        let enc = K::EncappedKey::from_bytes(&self.enc).map_err(|_| OpenError::CannotOpen)?;
        let opened = single_shot_open::<ChaCha20Poly1305, HkdfSha256, K>(
            &OpModeR::Base,
            key,
            &enc,
            &info(suite),
            &self.ciphertext,
            &id.0,
        );
        let opened = Zeroizing::new(opened.map_err(|_| OpenError::CannotOpen)?);
        let mut bytes = <[u8; 32]>::try_from(opened.as_slice()).map_err(|_| OpenError::CannotOpen)?;
        let key = ContentKey::from_bytes(bytes);
        bytes.zeroize();
        Ok(key)
    }
}

/// An envelope without its content: what is costly of it, and does not depend on whom it is about.
pub struct Begun {
    suite: Suite,
    key: KeyId,
    enc: Vec<u8>,
    context: Context,
}

type Setup<K> = AeadCtxS<ChaCha20Poly1305, HkdfSha256, K>;

enum Context {
    XWing(Box<Setup<XWing>>),
    X25519(Box<Setup<X25519HkdfSha256>>),
}

impl Begun {
    /// Begins an envelope for the receiver's sealing key.
    ///
    /// # Errors
    /// [`SealError::Key`].
    pub fn new(to: &PublicKey, rng: &mut impl CryptoRng) -> Result<Self, SealError> {
        let info = info(to.suite());
        let (enc, context) = match to.ready() {
            ReadyPublic::XWing(key) => {
                let (enc, context) = setup::<XWing>(key, &info, rng)?;
                (enc, Context::XWing(Box::new(context)))
            }
            ReadyPublic::X25519(key) => {
                let (enc, context) = setup::<X25519HkdfSha256>(key, &info, rng)?;
                (enc, Context::X25519(Box::new(context)))
            }
        };
        Ok(Self { suite: to.suite(), key: to.id(), enc, context })
    }

    /// Seals the content key of one message.
    ///
    /// # Errors
    /// [`SealError::Key`].
    pub fn seal(self, content_key: &ContentKey, id: &MessageId) -> Result<Envelope, SealError> {
        let sealed = match self.context {
            Context::XWing(mut context) => context.seal(content_key.as_bytes(), &id.0),
            Context::X25519(mut context) => context.seal(content_key.as_bytes(), &id.0),
        };
        let ciphertext = sealed.map_err(|_| SealError::Key)?;
        Ok(Envelope { suite: self.suite.number(), key: self.key, enc: self.enc, ciphertext })
    }
}

fn setup<K: Kem>(to: &K::PublicKey, info: &[u8], rng: &mut impl CryptoRng) -> Result<(Vec<u8>, Setup<K>), SealError> {
    let (enc, context) = setup_sender_with_rng::<ChaCha20Poly1305, HkdfSha256, K>(&OpModeS::Base, to, info, rng)
        .map_err(|_| SealError::Key)?;
    Ok((enc.to_bytes().to_vec(), context))
}

fn info(suite: Suite) -> Vec<u8> {
    [INFO, &suite.number().to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: MessageId = MessageId([3; 32]);

    fn sealed(suite: Suite) -> (SealingKeyPair, ContentKey, Envelope) {
        let pair = SealingKeyPair::generate(suite, &mut rand::rng());
        let key = ContentKey::generate(&mut rand::rng());
        let envelope = Envelope::seal(pair.public(), &key, &ID, &mut rand::rng()).unwrap();
        (pair, key, envelope)
    }

    fn opened(envelope: &Envelope, pair: &SealingKeyPair, id: &MessageId) -> Result<(), OpenError> {
        envelope.open([pair], id).map(|_| ())
    }

    #[test]
    fn the_right_key_opens() {
        for suite in [Suite::XWing, Suite::X25519] {
            let (pair, key, envelope) = sealed(suite);
            let bytes = envelope.to_vec().unwrap();
            assert!(bytes.len() <= 1189, "{}", bytes.len());
            let read = Envelope::from_slice(&bytes).unwrap();
            let other = SealingKeyPair::generate(suite, &mut rand::rng());
            assert!(read.open([&other, &pair], &ID).unwrap() == key);
        }
    }

    #[test]
    fn another_key_message_suite_or_byte_is_refused() {
        for suite in [Suite::XWing, Suite::X25519] {
            let (pair, _, envelope) = sealed(suite);
            let other = SealingKeyPair::generate(suite, &mut rand::rng());
            let unknown = Err(OpenError::UnknownKey(envelope.key_id()));
            assert_eq!(opened(&envelope, &other, &ID), unknown);
            assert_eq!(opened(&envelope, &pair, &MessageId([4; 32])), Err(OpenError::CannotOpen));
            for number in [0, 3 - suite.number(), 3, u16::MAX] {
                assert_eq!(opened(&Envelope { suite: number, ..envelope.clone() }, &pair, &ID), unknown);
            }
            let last = envelope.enc.len() - 1;
            for at in [0, last / 2, last] {
                let mut altered = envelope.clone();
                altered.enc[at] ^= 1;
                assert_eq!(opened(&altered, &pair, &ID), Err(OpenError::CannotOpen), "enc {at}");
            }
            for at in 0..envelope.ciphertext.len() {
                let mut altered = envelope.clone();
                altered.ciphertext[at] ^= 1;
                assert_eq!(opened(&altered, &pair, &ID), Err(OpenError::CannotOpen), "ciphertext {at}");
            }
            let renamed = Envelope { key: other.public().id(), ..envelope.clone() };
            assert_eq!(opened(&renamed, &other, &ID), Err(OpenError::CannotOpen));
        }
    }

    #[test]
    fn a_key_of_small_order_gets_no_envelope() {
        let zero = PublicKey::from_bytes(Suite::X25519, &[0; 32]).unwrap();
        let key = ContentKey::from_bytes([1; 32]);
        assert_eq!(Envelope::seal(&zero, &key, &ID, &mut rand::rng()), Err(SealError::Key));
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            suite in 0_u16..4,
            enc in proptest::collection::vec(any::<u8>(), 0..1300),
            ciphertext in proptest::collection::vec(any::<u8>(), 0..80),
            bytes in proptest::collection::vec(any::<u8>(), 0..100),
        ) {
            let _ = Envelope::from_slice(&bytes);
            let pair = SealingKeyPair::from_private(Suite::X25519, &[7; 32]);
            let wide = SealingKeyPair::from_private(Suite::XWing, &[7; 32]);
            for key in [pair.public().id(), wide.public().id()] {
                let envelope = Envelope { suite, key, enc: enc.clone(), ciphertext: ciphertext.clone() };
                prop_assert!(envelope.open([&pair, &wide], &ID).is_err());
            }
        }
    }
}
