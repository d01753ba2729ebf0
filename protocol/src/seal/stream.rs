//! STREAM-BE32 (Hoang, Reyhanitabar, Rogaway, Vizár, 2015) over ChaCha20-Poly1305 (RFC 8439).
//!
//! Nonce = 7 zero bytes | chunk number (u32 BE) | 1 for the last chunk, else 0; no associated
//! data. The prefix may be constant because a content key seals one content.

use aead_stream::{NewStream, StreamBE32, StreamPrimitive};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};

use super::{keys::ContentKey, length};

/// Plaintext bytes of a full chunk.
pub(super) const CHUNK: usize = length::CHUNK as usize;
/// Ciphertext bytes of a full chunk.
pub(super) const SEALED_CHUNK: usize = (length::CHUNK + length::TAG) as usize;

/// The chunks of one content.
pub(super) struct Chunks(StreamBE32<ChaCha20Poly1305>);

/// A chunk did not open: another key, another place, or altered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mismatch;

impl Chunks {
    pub(super) fn new(key: &ContentKey) -> Self {
        let cipher = ChaCha20Poly1305::new((&*key.stream_key()).into());
        Self(StreamBE32::from_aead(cipher, &Default::default()))
    }

    /// Seals a chunk in place; the buffer grows by the tag.
    pub(super) fn seal(&self, number: u32, last: bool, buffer: &mut Vec<u8>) {
        // Fails only beyond 256 GiB in one chunk.
        self.0.encrypt_in_place(number, last, b"", buffer).expect("a chunk is short");
    }

    /// Opens a chunk in place; the buffer shrinks by the tag. After a mismatch it holds rubbish.
    pub(super) fn open(&self, number: u32, last: bool, buffer: &mut Vec<u8>) -> Result<(), Mismatch> {
        self.0.decrypt_in_place(number, last, b"", buffer).map_err(|_| Mismatch)
    }
}
