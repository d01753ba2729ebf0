//! Sealing: content and envelope are two things.
//!
//! *Content* is sealed once under a fresh [`ContentKey`]; a signed entry holds its [`Header`].
//! An *envelope* carries the content key to one sealing key of the receiver, is unsigned and may
//! be made again at any time: only the right content key satisfies the header's commitment.
//!
//! | module | subject |
//! |---|---|
//! | [`content`] | files to ciphertext, in one pass |
//! | [`opener`] | ciphertext to manifest and files |
//! | [`manifest`], [`name`] | what lies in the seal, and which file names are harmless |
//! | [`length`] | padding, and lengths of plaintext and ciphertext |
//! | [`keys`] | content keys, suites, sealing keys and how long they live |
//! | [`envelope`] | HPKE (RFC 9180) |

use std::io::Cursor;

use rand::CryptoRng;
use zeroize::Zeroizing;

pub use self::{
    content::{Header, Sealed, Sealer},
    envelope::Envelope,
    keys::{ContentKey, Opening, PublicKey, SealingKeyPair, Suite},
    manifest::{Draft, Manifest},
    opener::Opener,
};

pub mod content;
pub mod envelope;
pub mod keys;
pub mod length;
pub mod manifest;
pub mod name;
pub mod opener;
mod stream;
mod xwing;

/// A file's bytes, cleared when they are dropped.
pub type Content = Zeroizing<Vec<u8>>;

/// Seals files that are in memory; for the rest there is [`Sealer`].
///
/// `files` are the contents, in the order of the draft.
///
/// # Errors
/// Those of [`Sealer`], and [`content::Error::Missing`] if there are fewer contents than names.
pub fn seal(draft: Draft, files: &[&[u8]], rng: &mut impl CryptoRng) -> Result<(Vec<u8>, Sealed), content::Error> {
    let mut sealer = Sealer::new(draft, Vec::new(), rng)?;
    for file in files {
        sealer.write(file)?;
        sealer.end_file()?;
    }
    let (sealed, ciphertext) = sealer.finish()?;
    Ok((ciphertext, sealed))
}

/// Opens a ciphertext that is in memory and checks all of it, its hash first.
///
/// # Errors
/// Those of [`Opener`].
pub fn open(key: &ContentKey, ciphertext: &[u8], header: &Header) -> Result<(Manifest, Vec<Content>), opener::Error> {
    if !header.matches(ciphertext) {
        return Err(opener::Error::Ciphertext);
    }
    let mut opener = Opener::new(key, Cursor::new(ciphertext), header)?;
    let mut files = Vec::new();
    for (index, entry) in opener.manifest().files().to_vec().iter().enumerate() {
        // Exactly the size, so that no smaller allocation with plaintext is left behind.
        let mut file = Zeroizing::new(Vec::with_capacity(usize::try_from(entry.size()).unwrap_or_default()));
        opener.file(index, &mut *file)?;
        files.push(file);
    }
    Ok((opener.manifest().clone(), files))
}
