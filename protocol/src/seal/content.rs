//! Content: files to ciphertext, in one pass and constant memory.
//!
//! Plaintext = files in order | manifest | zeros | u64 BE end of the manifest | u32 BE length of
//! the manifest; total = max(4096, Padmé length), see [`super::length`]. Chunks of 64 KiB are
//! sealed by STREAM-BE32 with ChaCha20-Poly1305 under HKDF-SHA256(content key, no salt,
//! "musubi/1 content"), with an empty AAD.

use std::{
    collections::HashSet,
    fmt,
    io::{self, Read, Write},
    mem,
};

use rand::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use super::{
    keys::ContentKey,
    length,
    manifest::{self, Draft, Manifest},
    stream::{CHUNK, Chunks, SEALED_CHUNK},
};
use crate::ids::Hash;

/// Zeros to pad with, a piece at a time.
static ZEROS: [u8; 4096] = [0; 4096];

/// Why content could not be sealed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The draft is no manifest.
    #[error(transparent)]
    Manifest(#[from] manifest::Error),
    /// A file has not the size that the draft gives it: it changed meanwhile.
    #[error("file {index} has another size than when it was listed")]
    Size {
        /// Which file, from 0.
        index: usize,
    },
    /// Files of the draft are missing.
    #[error("{0} files have not been given")]
    Missing(usize),
    /// More files than the draft has.
    #[error("more files than were listed")]
    Surplus,
    /// A file could not be read.
    #[error("a file could not be read")]
    Source(#[source] io::Error),
    /// The ciphertext could not be written.
    #[error("the ciphertext could not be written")]
    Sink(#[source] io::Error),
    /// An earlier error has ended this sealer.
    #[error("sealing failed before")]
    Failed,
}

/// What a signed entry says of content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Length of the ciphertext.
    pub length: u64,
    /// SHA-256 of the ciphertext.
    pub sha256: Hash,
    /// Commitment to content key and manifest, see [`super::Opening::commitment`].
    pub commitment: Hash,
}

/// What sealing has made, beside the ciphertext.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The key, to be wrapped here and put in an envelope for the receiver.
    pub key: ContentKey,
    /// What the entry says of it.
    pub header: Header,
    /// What lies in the seal.
    pub manifest: Manifest,
    /// SHA-256 of the manifest, which the commitment covers.
    pub manifest_sha256: Hash,
}

/// Seals one content into `W` as the files' bytes come. Holds one chunk, whatever the sizes.
///
/// It makes its own content key, so that no key ever seals twice: the nonces are constant.
/// Dropped before [`Sealer::finish`], what was written is no content: nothing opens it.
pub struct Sealer<W> {
    out: Out<W>,
    key: ContentKey,
    draft: Draft,
    /// The names so far, where files are announced one by one and the draft grows with them.
    growing: Option<HashSet<String>>,
    hashes: Vec<Hash>,
    hasher: Sha256,
    /// Bytes of the present file so far.
    written: u64,
    /// Bytes of all files so far.
    total: u64,
}

impl Header {
    /// Says whether these bytes are the ciphertext that the header means.
    #[must_use]
    pub fn matches(&self, ciphertext: &[u8]) -> bool {
        ciphertext.len() as u64 == self.length && Hash::of(&[ciphertext]) == self.sha256
    }
}

impl<W: Write> Sealer<W> {
    /// Begins. The draft is checked here, before any byte is written.
    ///
    /// # Errors
    /// [`Error::Manifest`].
    pub fn new(draft: Draft, sink: W, rng: &mut impl CryptoRng) -> Result<Self, Error> {
        draft.ciphertext_len()?;
        Ok(Self::begin(draft, None, sink, rng))
    }

    /// Begins where neither names nor sizes are known yet: each file is announced by
    /// [`Sealer::begin_file`] when its turn comes, for they stand behind the files. `draft` holds
    /// everything else, and no files.
    ///
    /// # Errors
    /// [`Error::Manifest`], [`Error::Surplus`] if the draft lists files.
    pub fn growing(draft: Draft, sink: W, rng: &mut impl CryptoRng) -> Result<Self, Error> {
        if !draft.files.is_empty() {
            return Err(Error::Surplus);
        }
        // A file stands in for those to come, so that the rest is checked before any byte is written.
        Draft { files: vec![("file".into(), 0)], ..draft.clone() }.ciphertext_len()?;
        Ok(Self::begin(draft, Some(HashSet::new()), sink, rng))
    }

    fn begin(draft: Draft, growing: Option<HashSet<String>>, sink: W, rng: &mut impl CryptoRng) -> Self {
        let key = ContentKey::generate(rng);
        let (hashes, hasher) = (Vec::new(), Sha256::new());
        Self { out: Out::new(&key, sink), key, draft, growing, hashes, hasher, written: 0, total: 0 }
    }

    /// Announces the next file of a growing sealer; the one before has been ended.
    ///
    /// # Errors
    /// [`Error::Manifest`] if the name is not harmless or there is one too many; not final: nothing was taken.
    /// [`Error::Surplus`] of a sealer that is not growing, or while a file is open.
    pub fn begin_file(&mut self, name: &str) -> Result<(), Error> {
        self.out.alive()?;
        let index = self.draft.files.len();
        let Some(names) = self.growing.as_mut().filter(|_| index == self.hashes.len()) else {
            return Err(self.out.fail(Error::Surplus));
        };
        manifest::check_name(names, index, name)?;
        self.draft.files.push((name.to_owned(), 0));
        Ok(())
    }

    /// Takes the next bytes of the present file.
    ///
    /// # Errors
    /// [`Error::Size`] at the first byte too many, [`Error::Surplus`], [`Error::Manifest`] beyond
    /// [`length::LARGEST`], [`Error::Sink`]. Every error is final: the sealer must be dropped.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.out.alive()?;
        let index = self.hashes.len();
        let Some((_, size)) = self.draft.files.get_mut(index) else {
            return Err(self.out.fail(Error::Surplus));
        };
        self.written = self.written.saturating_add(bytes.len() as u64);
        self.total = self.total.saturating_add(bytes.len() as u64);
        if self.growing.is_some() {
            *size = self.written;
        } else if self.written > *size {
            return Err(self.out.fail(Error::Size { index }));
        }
        if self.total > length::LARGEST {
            return Err(self.out.fail(manifest::Error::TooLarge.into()));
        }
        self.hasher.update(bytes);
        self.out.write(bytes)
    }

    /// Ends the present file; the next byte belongs to the next one.
    ///
    /// # Errors
    /// [`Error::Size`] if bytes are missing, [`Error::Surplus`]; both final.
    pub fn end_file(&mut self) -> Result<(), Error> {
        self.out.alive()?;
        let index = self.hashes.len();
        let Some((_, size)) = self.draft.files.get(index) else {
            return Err(self.out.fail(Error::Surplus));
        };
        if mem::take(&mut self.written) != *size {
            return Err(self.out.fail(Error::Size { index }));
        }
        self.hashes.push(Hash(self.hasher.finalize_reset().into()));
        Ok(())
    }

    /// Takes the whole next file from a reader, up to its end.
    ///
    /// # Errors
    /// [`Error::Source`], and those of [`Sealer::write`] and [`Sealer::end_file`].
    pub fn file(&mut self, mut source: impl Read) -> Result<(), Error> {
        let mut piece = Zeroizing::new(vec![0; CHUNK]);
        loop {
            match source.read(&mut piece) {
                Ok(0) => return self.end_file(),
                Ok(count) => self.write(&piece[..count])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.out.fail(Error::Source(error))),
            }
        }
    }

    /// Writes manifest, padding and trailer, and gives the sink back, which is not flushed.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Manifest`], [`Error::Sink`].
    pub fn finish(mut self) -> Result<(Sealed, W), Error> {
        self.out.alive()?;
        let missing = self.draft.files.len() - self.hashes.len();
        if missing > 0 {
            return Err(Error::Missing(missing));
        }
        let manifest = self.draft.manifest(&self.hashes)?;
        let bytes = Zeroizing::new(manifest.to_vec()?);
        let manifest_sha256 = Hash::of(&[&bytes]);
        self.out.write(&bytes)?;
        let end = self.out.plaintext;
        let total = length::total(end).ok_or(manifest::Error::TooLarge)?;
        let mut zeros = total - end - length::TRAILER;
        while zeros > 0 {
            let piece = usize::try_from(zeros).map_or(ZEROS.len(), |zeros| zeros.min(ZEROS.len()));
            self.out.write(&ZEROS[..piece])?;
            zeros -= piece as u64;
        }
        self.out.write(&end.to_be_bytes())?;
        // A manifest is bounded far below 4 GiB.
        self.out.write(&u32::try_from(bytes.len()).map_err(|_| manifest::Error::TooLarge)?.to_be_bytes())?;
        let (length, sha256, sink) = self.out.finish()?;
        let header = Header { length, sha256, commitment: self.key.opening().commitment(manifest_sha256) };
        Ok((Sealed { key: self.key, header, manifest, manifest_sha256 }, sink))
    }
}

/// Collects plaintext into chunks, seals them and writes them on.
struct Out<W> {
    chunks: Chunks,
    /// None after an error.
    sink: Option<W>,
    /// Never grows: it holds one chunk and its tag from the start.
    buffer: Zeroizing<Vec<u8>>,
    number: u32,
    plaintext: u64,
    length: u64,
    hasher: Sha256,
}

impl<W: Write> Out<W> {
    fn new(key: &ContentKey, sink: W) -> Self {
        Self {
            chunks: Chunks::new(key),
            sink: Some(sink),
            buffer: Zeroizing::new(Vec::with_capacity(SEALED_CHUNK)),
            number: 0,
            plaintext: 0,
            length: 0,
            hasher: Sha256::new(),
        }
    }

    fn write(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        while !bytes.is_empty() {
            // Only a byte behind it shows that a full chunk is not the last.
            if self.buffer.len() == CHUNK {
                self.chunk(false)?;
            }
            let (piece, rest) = bytes.split_at(bytes.len().min(CHUNK - self.buffer.len()));
            self.buffer.extend_from_slice(piece);
            self.plaintext += piece.len() as u64;
            bytes = rest;
        }
        Ok(())
    }

    fn alive(&self) -> Result<(), Error> {
        if self.sink.is_some() { Ok(()) } else { Err(Error::Failed) }
    }

    fn finish(mut self) -> Result<(u64, Hash, W), Error> {
        self.chunk(true)?;
        let sink = self.sink.ok_or(Error::Failed)?;
        Ok((self.length, Hash(self.hasher.finalize().into()), sink))
    }

    fn chunk(&mut self, last: bool) -> Result<(), Error> {
        let sink = self.sink.as_mut().ok_or(Error::Failed)?;
        self.chunks.seal(self.number, last, &mut self.buffer);
        self.hasher.update(&*self.buffer);
        if let Err(error) = sink.write_all(&self.buffer) {
            return Err(self.fail(Error::Sink(error)));
        }
        self.number += 1;
        self.length += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Ends everything: what follows a lost piece must not become valid content.
    fn fail(&mut self, error: Error) -> Error {
        self.sink = None;
        self.buffer.zeroize();
        error
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.header.length)
    }
}

impl<W> fmt::Debug for Sealer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({} of {} files)", self.hashes.len(), self.draft.files.len())
    }
}
