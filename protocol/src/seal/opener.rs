//! Opening content: the tail first, then any file.
//!
//! Every byte that leaves has passed the authentication of its chunk; that the content ends where
//! it should is known from the start, because the last chunk is opened first. That the ciphertext
//! has the header's SHA-256 is checked where it arrives, not here.

use std::{
    fmt,
    io::{self, Read, Seek, SeekFrom, Write},
};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    content::Header,
    keys::ContentKey,
    length,
    manifest::{self, Manifest},
    stream::{CHUNK, Chunks, SEALED_CHUNK},
};
use crate::ids::Hash;

/// Why content could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not the ciphertext of the header.
    #[error("the ciphertext is not the one that was announced")]
    Ciphertext,
    /// No content has this length.
    #[error("no content has a ciphertext of {0} bytes")]
    Length(u64),
    /// The content key does not open the last chunk: it belongs to other content.
    #[error("the content key does not open this content")]
    Key,
    /// The content key opens, but is not the one that the sender committed to.
    #[error("content key and manifest are not what the sender committed to")]
    Commitment,
    /// A chunk does not open, although the key is right: altered, moved or damaged on the disk.
    #[error("chunk {0} is damaged")]
    Chunk(u64),
    /// The trailer points outside, or lengths contradict each other.
    #[error("the content's inner lengths do not fit")]
    Layout,
    /// The padding is not zeros.
    #[error("the padding is not empty")]
    Padding,
    /// The manifest is bad or dangerous.
    #[error(transparent)]
    Manifest(#[from] manifest::Error),
    /// There is no file of this number.
    #[error("there is no file {0}")]
    NoFile(usize),
    /// A file has not the SHA-256 that the manifest gives it.
    #[error("file {0} is not what the manifest says")]
    File(usize),
    /// The ciphertext could not be read.
    #[error("the ciphertext could not be read")]
    Source(#[source] io::Error),
    /// The file could not be written.
    #[error("a file could not be written")]
    Sink(#[source] io::Error),
}

impl Error {
    /// Says whether another envelope may help: the key was wrong, not the content.
    #[must_use]
    pub const fn needs_envelope(&self) -> bool {
        matches!(self, Self::Key | Self::Commitment)
    }
}

/// Opened content: manifest known, commitment proven, padding checked. Holds one chunk.
pub struct Opener<R> {
    plaintext: Plaintext<R>,
    manifest: Manifest,
    manifest_bytes: Vec<u8>,
}

impl<R: Read + Seek> Opener<R> {
    /// Opens the tail of a ciphertext that begins at the source's position 0: trailer, manifest
    /// and padding, checked against the header's length and commitment.
    ///
    /// # Errors
    /// See [`Error`]; those where [`Error::needs_envelope`] are answered `need_envelope`, the rest
    /// is the sender's mistake or a damaged disk. Never panics, whatever the bytes.
    pub fn new(key: &ContentKey, source: R, header: &Header) -> Result<Self, Error> {
        let total = length::plaintext_len(header.length).ok_or(Error::Length(header.length))?;
        let mut plaintext = Plaintext::new(key, source, total);
        plaintext.load(plaintext.last()).map_err(|error| match error {
            Error::Chunk(_) => Error::Key,
            other => other,
        })?;
        let (start, end) = plaintext.manifest_at()?;

        let mut manifest_bytes = Vec::new();
        plaintext.each(start, end, |piece| {
            manifest_bytes.extend_from_slice(piece);
            Ok(())
        })?;
        if key.opening().commitment(Hash::of(&[&manifest_bytes])) != header.commitment {
            return Err(Error::Commitment);
        }
        let manifest = Manifest::from_slice(&manifest_bytes)?;
        if manifest.content_size()? != start {
            return Err(Error::Layout);
        }
        plaintext.each(end, total - length::TRAILER, |piece| {
            if piece.iter().all(|byte| *byte == 0) { Ok(()) } else { Err(Error::Padding) }
        })?;
        Ok(Self { plaintext, manifest, manifest_bytes })
    }

    /// What lies in the seal.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The manifest's own bytes: with the opening they prove to an inspector what was sealed.
    #[must_use]
    pub fn manifest_bytes(&self) -> &[u8] {
        &self.manifest_bytes
    }

    /// Writes one file out and then checks its SHA-256.
    ///
    /// # Errors
    /// See [`Error`]; after any of them what was written must be thrown away.
    pub fn file(&mut self, index: usize, mut sink: impl Write) -> Result<(), Error> {
        let file = self.manifest.files().get(index).ok_or(Error::NoFile(index))?;
        // The sum of all sizes was checked when the manifest was read.
        let start: u64 = self.manifest.files().iter().take(index).map(manifest::File::size).sum();
        let mut hasher = Sha256::new();
        self.plaintext.each(start, start + file.size(), |piece| {
            hasher.update(piece);
            sink.write_all(piece).map_err(Error::Sink)
        })?;
        if Hash(hasher.finalize().into()) == file.sha256() { Ok(()) } else { Err(Error::File(index)) }
    }

    /// Checks every file, and with it every chunk, and keeps nothing.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn check(&mut self) -> Result<(), Error> {
        (0..self.manifest.files().len()).try_for_each(|index| self.file(index, io::sink()))
    }
}

/// The plaintext by position; one chunk at a time is open.
struct Plaintext<R> {
    chunks: Chunks,
    source: R,
    total: u64,
    /// Never grows beyond a sealed chunk.
    buffer: Zeroizing<Vec<u8>>,
    /// The number of the chunk in the buffer.
    loaded: Option<u64>,
}

impl<R: Read + Seek> Plaintext<R> {
    fn new(key: &ContentKey, source: R, total: u64) -> Self {
        // No more than it will hold: all of it is cleared at the end.
        let longest = usize::try_from(total + length::TAG).unwrap_or(SEALED_CHUNK).min(SEALED_CHUNK);
        let buffer = Zeroizing::new(Vec::with_capacity(longest));
        Self { chunks: Chunks::new(key), source, total, buffer, loaded: None }
    }

    /// The number of the last chunk; there is always one.
    const fn last(&self) -> u64 {
        (self.total - 1) / length::CHUNK
    }

    /// Where the manifest begins and ends, from the trailer.
    fn manifest_at(&mut self) -> Result<(u64, u64), Error> {
        let mut trailer = [0; length::TRAILER as usize];
        let mut filled = 0;
        self.each(self.total - length::TRAILER, self.total, |piece| {
            trailer[filled..filled + piece.len()].copy_from_slice(piece);
            filled += piece.len();
            Ok(())
        })?;
        let [end @ .., l0, l1, l2, l3] = trailer;
        let end = u64::from_be_bytes(end);
        let size = u64::from(u32::from_be_bytes([l0, l1, l2, l3]));
        let start = end.checked_sub(size).ok_or(Error::Layout)?;
        // The total follows from the end; any other padding would hide something.
        if length::total(end) != Some(self.total) || size > manifest::MAX as u64 {
            return Err(Error::Layout);
        }
        Ok((start, end))
    }

    /// Hands the bytes from `from` to `to` over, in pieces that end where chunks end.
    fn each(&mut self, from: u64, to: u64, mut take: impl FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
        let mut at = from;
        while at < to {
            let number = at / length::CHUNK;
            self.load(number)?;
            let begin = number * length::CHUNK;
            let stop = to.min(begin + self.buffer.len() as u64);
            // Both lie inside the chunk, which has at most 64 KiB.
            take(&self.buffer[(at - begin) as usize..(stop - begin) as usize])?;
            at = stop;
        }
        Ok(())
    }

    fn load(&mut self, number: u64) -> Result<(), Error> {
        if self.loaded == Some(number) {
            return Ok(());
        }
        self.loaded = None;
        let last = number == self.last();
        let plain = if last { (self.total - number * length::CHUNK) as usize } else { CHUNK };
        self.buffer.resize(plain + length::TAG as usize, 0);
        self.source.seek(SeekFrom::Start(number * SEALED_CHUNK as u64)).map_err(Error::Source)?;
        self.source.read_exact(&mut self.buffer).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Error::Ciphertext,
            _ => Error::Source(error),
        })?;
        // At most 65,536 chunks, see `length::LARGEST`.
        let counter = u32::try_from(number).map_err(|_| Error::Chunk(number))?;
        self.chunks.open(counter, last, &mut self.buffer).map_err(|_| Error::Chunk(number))?;
        self.loaded = Some(number);
        Ok(())
    }
}

impl<R> fmt::Debug for Opener<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opener({:?})", self.manifest)
    }
}
