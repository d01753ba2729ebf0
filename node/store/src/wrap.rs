//! Wrapping what must not lie in clear on the disk: private keys, content keys, plaintext indexes.
//!
//! A wrapped value is `format | root number u32 BE | nonce 24 | ciphertext | tag 16`. Key = HKDF-SHA256(root, no salt,
//! info "musubi/1 wrap " | label), cipher = XChaCha20-Poly1305, associated data = the first five bytes | the caller's.
//! The nonce is random: at 24 bytes it does not repeat, so no counter has to survive a crash or a restored backup.
//! The label keeps uses apart; the associated data (the record's key, say) ties a value to its place.

use std::fmt;
use std::io;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::random;

/// Bytes that wrapping adds.
pub const OVERHEAD: usize = HEADER + NONCE + TAG;

const FORMAT: u8 = 1;
const HEADER: usize = 5;
const NONCE: usize = 24;
const TAG: usize = 16;

/// Why a value could not be wrapped or unwrapped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WrapError {
    /// Wrapped under a root that is not at hand.
    #[error("wrapped under root {number}, which is not at hand")]
    UnknownRoot {
        /// That root's number.
        number: u32,
    },
    /// Altered, moved, or wrapped for another use.
    #[error("the wrapped value cannot be opened")]
    Refused,
    /// Written by a newer version.
    #[error("the wrapped value has format {found}")]
    TooNew {
        /// The number found.
        found: u8,
    },
    /// The operating system gave no random bytes.
    #[error("no random bytes")]
    Random(#[source] io::Error),
}

/// A root key: 32 bytes that wrap all others, and the number under which wrapped values name it.
#[derive(Clone)]
pub struct Root {
    number: u32,
    key: Zeroizing<[u8; 32]>,
}

impl Root {
    /// Takes a key from elsewhere.
    pub fn new(number: u32, key: Zeroizing<[u8; 32]>) -> Self {
        Self { number, key }
    }

    /// Makes a new key.
    ///
    /// # Errors
    /// If the operating system gives no random bytes.
    pub fn generate(number: u32) -> io::Result<Self> {
        Ok(Self { number, key: Zeroizing::new(random::bytes()?) })
    }

    /// Returns the number.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Wraps a value for one use (`label`) at one place (`aad`).
    ///
    /// # Errors
    /// [`WrapError::Random`].
    pub fn wrap(&self, label: &str, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, WrapError> {
        let header = self.header();
        let key = derive(&self.key[..], "musubi/1 wrap ", label);
        let mut out = Vec::with_capacity(OVERHEAD + plaintext.len());
        out.extend_from_slice(&header);
        out.extend_from_slice(&seal(&key, &[&header, aad].concat(), plaintext).map_err(WrapError::Random)?);
        Ok(out)
    }

    /// Opens what [`wrap`](Self::wrap) made, for the same label and place.
    ///
    /// # Errors
    /// [`WrapError`]; bytes from anywhere are safe to pass.
    pub fn unwrap(&self, label: &str, aad: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, WrapError> {
        let number = root_number(wrapped)?;
        if number != self.number {
            return Err(WrapError::UnknownRoot { number });
        }
        let (header, sealed) = wrapped.split_at(HEADER); // root_number saw that the header is whole
        let key = derive(&self.key[..], "musubi/1 wrap ", label);
        open(&key, &[header, aad].concat(), sealed).ok_or(WrapError::Refused)
    }

    pub(crate) fn key(&self) -> &[u8; 32] {
        &self.key
    }

    fn header(&self) -> [u8; HEADER] {
        let [a, b, c, d] = self.number.to_be_bytes();
        [FORMAT, a, b, c, d]
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root({}, ..)", self.number)
    }
}

/// The roots of one lock: what new values are wrapped under, and while a replacement runs the one before.
#[derive(Clone, Debug)]
pub struct Keyring {
    /// Wraps everything new.
    pub current: Root,
    /// Still opens what has not been wrapped again.
    pub previous: Option<Root>,
}

impl Keyring {
    /// Wraps under the current root.
    ///
    /// # Errors
    /// As [`Root::wrap`].
    pub fn wrap(&self, label: &str, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, WrapError> {
        self.current.wrap(label, aad, plaintext)
    }

    /// Opens under whichever root the value names.
    ///
    /// # Errors
    /// As [`Root::unwrap`].
    pub fn unwrap(&self, label: &str, aad: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, WrapError> {
        let number = root_number(wrapped)?;
        match &self.previous {
            Some(previous) if previous.number == number => previous.unwrap(label, aad, wrapped),
            _ => self.current.unwrap(label, aad, wrapped),
        }
    }

    /// Tells whether a value is not yet wrapped under the current root.
    ///
    /// # Errors
    /// As [`Root::unwrap`] where the header cannot be read.
    pub fn is_stale(&self, wrapped: &[u8]) -> Result<bool, WrapError> {
        Ok(root_number(wrapped)? != self.current.number)
    }
}

fn root_number(wrapped: &[u8]) -> Result<u32, WrapError> {
    match wrapped {
        [FORMAT, a, b, c, d, ..] => Ok(u32::from_be_bytes([*a, *b, *c, *d])),
        [found, ..] if FORMAT < *found => Err(WrapError::TooNew { found: *found }),
        _ => Err(WrapError::Refused),
    }
}

/// Derives a key for one use.
pub(crate) fn derive(key: &[u8], purpose: &str, label: &str) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    // Cannot fail: 32 bytes are far below HKDF's limit of 255 hashes.
    let _ = Hkdf::<Sha256>::new(None, key).expand_multi_info(&[purpose.as_bytes(), label.as_bytes()], &mut out[..]);
    out
}

/// Seals under a key: nonce, ciphertext, tag.
pub(crate) fn seal(key: &[u8; 32], aad: &[u8], plaintext: &[u8]) -> io::Result<Vec<u8>> {
    let nonce: [u8; NONCE] = random::bytes()?;
    let cipher = XChaCha20Poly1305::new(key.into());
    let sealed = cipher
        .encrypt(&XNonce::from(nonce), Payload { msg: plaintext, aad })
        .map_err(|_| io::Error::other("too long to seal"))?; // 256 GiB
    Ok([&nonce[..], &sealed].concat())
}

/// Opens what [`seal`] made; nothing if it is not that.
pub(crate) fn open(key: &[u8; 32], aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
    let cipher = XChaCha20Poly1305::new(key.into());
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad }).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn root(number: u32) -> Root {
        Root::new(number, Zeroizing::new([7; 32]))
    }

    #[test]
    fn a_value_opens_only_for_its_use_and_place() {
        let wrapped = root(1).wrap("content key", b"message 1", b"secret").unwrap();
        assert_eq!(wrapped.len(), OVERHEAD + 6);
        assert_eq!(&**root(1).unwrap("content key", b"message 1", &wrapped).unwrap(), b"secret");
        assert!(matches!(root(1).unwrap("node key", b"message 1", &wrapped), Err(WrapError::Refused)));
        assert!(matches!(root(1).unwrap("content key", b"message 2", &wrapped), Err(WrapError::Refused)));
        assert!(matches!(
            root(2).unwrap("content key", b"message 1", &wrapped),
            Err(WrapError::UnknownRoot { number: 1 })
        ));
        assert_ne!(wrapped, root(1).wrap("content key", b"message 1", b"secret").unwrap());
    }

    #[test]
    fn a_keyring_opens_what_the_previous_root_wrapped() {
        let old = root(1).wrap("x", b"", b"secret").unwrap();
        let ring = Keyring { current: Root::generate(2).unwrap(), previous: Some(root(1)) };
        assert!(ring.is_stale(&old).unwrap());
        let plain = ring.unwrap("x", b"", &old).unwrap();
        let new = ring.wrap("x", b"", &plain).unwrap();
        assert!(!ring.is_stale(&new).unwrap());
        assert_eq!(ring.unwrap("x", b"", &new).unwrap(), plain);
    }

    #[test]
    fn bytes_of_format_1_stay_readable() {
        let recorded =
            data_encoding::HEXLOWER.decode(include_bytes!("../tests/recorded/wrapped-1.hex").trim_ascii_end()).unwrap();
        assert_eq!(&**root(1).unwrap("label", b"place", &recorded).unwrap(), b"musubi");
    }

    #[test]
    fn nothing_prints_a_key() {
        assert_eq!(format!("{:?}", root(3)), "Root(3, ..)");
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(root(1).unwrap("x", b"", &bytes).is_err());
        }

        #[test]
        fn any_flipped_bit_is_refused(at in 0_usize..(OVERHEAD + 6) * 8) {
            let mut wrapped = root(1).wrap("x", b"", b"secret").unwrap();
            wrapped[at / 8] ^= 1 << (at % 8);
            prop_assert!(root(1).unwrap("x", b"", &wrapped).is_err());
        }
    }
}
