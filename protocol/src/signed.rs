//! Signed objects: COSE_Sign1 (RFC 9052, section 4.2) with Ed25519 over deterministic CBOR.
//!
//! Untagged, protected header exactly `{1: -8}`, empty unprotected header, external_aad =
//! `"musubi/1 "` and the object's name. The signature is checked on the bytes as received, and
//! those bytes are what is stored and passed on.

use std::fmt;

use coset::{CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder, iana};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Serialize, de::DeserializeOwned};

use crate::cbor::{self, Ext};

/// What COSE adds to a payload, at most: headers, lengths and 64 bytes of signature.
pub(crate) const MAX_OVERHEAD: usize = 96;

/// A kind of object that is signed: its name separates it from every other kind.
pub trait Payload: Serialize + DeserializeOwned {
    /// The name in the external_aad: `entry`, `node`, `record`, `head`, `trust`, `delta`, `proof`.
    const NAME: &'static str;
    /// The longest payload in bytes.
    const MAX: usize;
    /// The array's last element.
    fn ext(&self) -> &Ext;
}

/// Why a signed object was not accepted.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are not such an object.
    #[error(transparent)]
    Encoding(#[from] cbor::Error),
    /// The COSE frame is not exactly the one we write.
    #[error("not the expected COSE_Sign1 frame")]
    Frame,
    /// The signature is not by this key over these bytes.
    #[error("the signature does not match")]
    Signature,
}

/// A signed object whose signature has been checked, or that was signed here.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed<T> {
    value: T,
    parts: Parts,
}

/// A signed object as read. Who signed it is only a claim; [`Unverified::verify`] decides.
#[derive(Clone, PartialEq, Eq)]
pub struct Unverified<T> {
    value: T,
    parts: Parts,
}

#[derive(Clone, PartialEq, Eq)]
struct Parts {
    bytes: Vec<u8>,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

fn aad<T: Payload>() -> Vec<u8> {
    format!("musubi/1 {}", T::NAME).into_bytes()
}

fn frame(payload: Vec<u8>) -> CoseSign1Builder {
    let protected = HeaderBuilder::new().algorithm(iana::Algorithm::EdDSA).build();
    CoseSign1Builder::new().protected(protected).payload(payload)
}

impl<T: Payload> Signed<T> {
    /// Signs a value.
    ///
    /// # Errors
    /// [`Error::Encoding`] if the value is too large or cannot be encoded.
    pub fn sign(value: T, key: &SigningKey) -> Result<Self, Error> {
        value.ext().check()?;
        let payload = cbor::to_vec(&value)?;
        if payload.len() > T::MAX {
            return Err(cbor::Error::TooLarge { found: payload.len(), limit: T::MAX }.into());
        }
        let signed =
            frame(payload.clone()).create_signature(&aad::<T>(), |bytes| key.sign(bytes).to_bytes().to_vec()).build();
        let signature = signed.signature.clone();
        let bytes = signed.to_vec().map_err(|_| Error::Frame)?;
        Ok(Self { value, parts: Parts { bytes, payload, signature } })
    }

    /// The whole object as it is stored and passed on.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.parts.bytes
    }

    /// The signed payload, whose hash may serve as an id.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.parts.payload
    }

    /// What was signed.
    #[must_use]
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// What was signed, alone.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }
}

impl<T: Payload> Unverified<T> {
    /// Reads an object strictly: exactly our frame, deterministic payload, no extension that
    /// must be understood.
    ///
    /// # Errors
    /// [`Error::Encoding`] or [`Error::Frame`]; never panics.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let limit = T::MAX + MAX_OVERHEAD;
        if bytes.len() > limit {
            return Err(cbor::Error::TooLarge { found: bytes.len(), limit }.into());
        }
        let cose = CoseSign1::from_slice(bytes).map_err(|_| Error::Frame)?;
        let (Some(payload), signature) = (cose.payload, cose.signature) else {
            return Err(Error::Frame);
        };
        // Built again from the two parts that may differ, it must be the same bytes: no other
        // header, tag or encoding passes.
        let again = frame(payload.clone()).signature(signature.clone()).build();
        if again.to_vec().map_err(|_| Error::Frame)? != bytes {
            return Err(Error::Frame);
        }
        let value: T = cbor::from_slice(&payload, T::MAX)?;
        value.ext().check()?;
        Ok(Self { value, parts: Parts { bytes: bytes.to_vec(), payload, signature } })
    }

    /// What the object claims, before anything is proven.
    #[must_use]
    pub const fn claim(&self) -> &T {
        &self.value
    }

    /// The whole object as it was read.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.parts.bytes
    }

    /// The signed payload, before anything is proven.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.parts.payload
    }

    /// Checks the signature (`verify_strict`: no small-order keys, no malleability).
    ///
    /// # Errors
    /// [`Error::Signature`].
    pub fn verify(self, key: &VerifyingKey) -> Result<Signed<T>, Error> {
        let signature = Signature::from_slice(&self.parts.signature).map_err(|_| Error::Signature)?;
        let again = frame(self.parts.payload.clone()).build();
        let signed_bytes = again.tbs_data(&aad::<T>());
        key.verify_strict(&signed_bytes, &signature).map_err(|_| Error::Signature)?;
        Ok(Signed { value: self.value, parts: self.parts })
    }

    /// Takes the object as good without its signature: something signed names the hash of its payload.
    pub(crate) fn vouched(self) -> Signed<T> {
        Signed { value: self.value, parts: self.parts }
    }
}

impl<T> fmt::Debug for Signed<T>
where
    T: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signed").field(&self.value).finish()
    }
}

impl<T> fmt::Debug for Unverified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unverified({} bytes)", self.parts.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_tuple::{Deserialize_tuple, Serialize_tuple};

    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize_tuple, Deserialize_tuple)]
    struct Note {
        text: String,
        ext: Ext,
    }

    impl Payload for Note {
        const NAME: &'static str = "note";
        const MAX: usize = 256;
        fn ext(&self) -> &Ext {
            &self.ext
        }
    }

    /// The same shape under another name.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(transparent)]
    struct Other(Note);

    impl Payload for Other {
        const NAME: &'static str = "other";
        const MAX: usize = 256;
        fn ext(&self) -> &Ext {
            &self.0.ext
        }
    }

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn note() -> Note {
        Note { text: "hello".into(), ext: Ext::none() }
    }

    #[test]
    fn signed_bytes_verify_and_stay_the_same() {
        let signed = Signed::sign(note(), &key()).unwrap();
        assert_eq!(signed.bytes()[..6], [0x84, 0x43, 0xa1, 0x01, 0x27, 0xa0]);
        let read = Unverified::<Note>::from_bytes(signed.bytes()).unwrap();
        let verified = read.verify(&key().verifying_key()).unwrap();
        assert_eq!(verified.bytes(), signed.bytes());
        assert_eq!(verified.value(), &note());
    }

    #[test]
    fn another_key_another_name_and_another_byte_are_refused() {
        let signed = Signed::sign(note(), &key()).unwrap();
        let other = SigningKey::from_bytes(&[8; 32]).verifying_key();
        let read = Unverified::<Note>::from_bytes(signed.bytes()).unwrap();
        assert_eq!(read.verify(&other), Err(Error::Signature));
        let renamed = Unverified::<Other>::from_bytes(signed.bytes()).unwrap();
        assert_eq!(renamed.verify(&key().verifying_key()), Err(Error::Signature));
        for at in 0..signed.bytes().len() {
            let mut altered = signed.bytes().to_vec();
            altered[at] ^= 1;
            let outcome = Unverified::<Note>::from_bytes(&altered).and_then(|n| n.verify(&key().verifying_key()));
            assert!(outcome.is_err(), "byte {at}");
        }
    }

    #[test]
    fn an_unknown_odd_extension_refuses_the_object() {
        let strange = Note { ext: Ext::of(vec![(1, vec![])]), ..note() };
        assert!(matches!(Signed::sign(strange, &key()), Err(Error::Encoding(cbor::Error::UnknownExtension(1)))));
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Unverified::<Note>::from_bytes(&bytes);
        }
    }
}
