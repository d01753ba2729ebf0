//! Ciphertext bodies, written once.
//!
//! A body up to [`SMALL`] goes into the journal, in the same [`Batch`] as the entry that refers to it. A larger one
//! is a file under a random name, created in place (no rename): append, [`sync`](Bodies::sync), and only then commit
//! the record that refers to it. A crash in between leaves a file nobody refers to; [`sweep`](Bodies::sweep) removes
//! it at the next start.
//!
//! A transfer that should survive a restart commits a record that refers to the empty file first. Bytes appended
//! after the last `sync` may be wrong after a power cut even where the length is right, so a receiver that resumes
//! goes back to the length it knows to be synced ([`truncate`](Bodies::truncate)) or checks the whole hash.
//!
//! Everything here blocks; async tasks use [`Store::run`](crate::Store::run).

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use data_encoding::HEXLOWER;

use crate::batch::Batch;
use crate::commit::Failer;
use crate::engine::Engine;
use crate::space::Space;
use crate::store::StoreError;
use crate::{crash, platform, random};

/// Largest body kept in the journal.
pub const SMALL: usize = 1 << 20;

/// Why a body was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// No such body.
    #[error("the body does not exist")]
    Missing,
    /// Bytes for another place than the end. Go on at `len`.
    #[error("the body ends at {len}")]
    Offset {
        /// Length so far.
        len: u64,
    },
    /// Only bodies in files can be appended to, synced, truncated or removed on the spot.
    #[error("the body lies in the journal")]
    Small,
    /// Bodies were created since the store was opened, so what is rubbish can no longer be told.
    #[error("the store is already in use")]
    TooLate,
    /// The records refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file system refused.
    #[error("a body's file could not be used")]
    Io(#[from] io::Error),
}

/// Names a body: where it lies, and 16 random bytes. It says nothing about the content.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BodyId {
    place: Place,
    random: [u8; 16],
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Place {
    Journal,
    File,
}

impl BodyId {
    /// Length of the stored form.
    pub const LEN: usize = 17;

    /// Returns the stored form: one byte for the place, then the random bytes.
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        out[0] = match self.place {
            Place::Journal => 0,
            Place::File => 1,
        };
        out[1..].copy_from_slice(&self.random);
        out
    }

    /// Reads the stored form.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; Self::LEN] = bytes.try_into().ok()?;
        let (&place, random) = bytes.split_first()?;
        let place = match place {
            0 => Place::Journal,
            1 => Place::File,
            _ => return None,
        };
        Some(Self { place, random: random.try_into().ok()? })
    }

    /// Tells whether the body lies in the journal.
    pub fn is_small(self) -> bool {
        self.place == Place::Journal
    }

    fn new(place: Place) -> io::Result<Self> {
        Ok(Self { place, random: random::bytes()? })
    }

    /// The engine's key of a small body.
    fn key(&self) -> Vec<u8> {
        Space::BODIES.key(&self.random)
    }
}

impl fmt::Debug for BodyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BodyId({})", HEXLOWER.encode(&self.random[..4]))
    }
}

/// What a sweep found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swept {
    /// Files that a record refers to.
    pub kept: usize,
    /// Files removed.
    pub removed: usize,
}

/// A body in a file that is being written; nothing refers to it yet.
pub struct BodyWriter {
    id: BodyId,
    path: PathBuf,
    /// None once it is finished.
    file: Option<File>,
    written: u64,
    early: Early,
}

impl BodyWriter {
    /// Makes the body durable and names it. From here on it is the caller's to refer to or to
    /// [`remove`](Bodies::remove).
    ///
    /// # Errors
    /// [`BodyError::Io`]; the file is gone then.
    pub fn finish(mut self) -> Result<BodyId, BodyError> {
        if let Some(file) = &self.file {
            file.sync_all()?;
        }
        self.file = None;
        crash::point("body.synced");
        Ok(self.id)
    }
}

impl Write for BodyWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.as_mut().ok_or(io::ErrorKind::BrokenPipe)?.write(bytes)?;
        let now = self.written + count as u64;
        self.early.look(&self.path, self.written, now);
        self.written = now;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for BodyWriter {
    fn drop(&mut self) {
        // Windows removes no file that is open.
        if self.file.take().is_some() {
            // What stays all the same is swept at the next start.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Bytes after which a growing body begins to be synced while more is written, so that little is left at its end.
const EARLY: u64 = 8 << 20;

/// Syncs growing bodies beside their writers, one at a time. It promises nothing: that is what `sync` and `finish` are
/// for. But an error that it meets would be seen by nobody else, so it makes the store fail.
#[derive(Clone)]
struct Early {
    failer: Failer,
    running: Arc<AtomicBool>,
}

impl Early {
    /// Begins if a body has just grown past a multiple of [`EARLY`] and nothing is being synced.
    fn look(&self, path: &Path, before: u64, now: u64) {
        if before / EARLY == now / EARLY || self.running.swap(true, Ordering::SeqCst) {
            return;
        }
        let (early, path) = (self.clone(), path.to_owned());
        let sync = move || {
            // Windows flushes only handles that may write.
            let synced = OpenOptions::new().write(true).open(path).and_then(|file| file.sync_data());
            early.running.store(false, Ordering::SeqCst);
            match synced {
                // Given up meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    tracing::error!(%error, "the disk did not take a body");
                    early.failer.fail();
                }
                Ok(()) => {}
            }
        };
        if thread::Builder::new().name("musubi-body".to_owned()).spawn(sync).is_err() {
            // Then all of it is synced at the end.
            self.running.store(false, Ordering::SeqCst);
        }
    }
}

/// The bodies of a store.
pub struct Bodies {
    engine: Arc<Engine>,
    dir: PathBuf,
    created: AtomicBool,
    failer: Failer,
    early: Early,
}

impl Bodies {
    pub(crate) fn new(engine: Arc<Engine>, dir: PathBuf, failer: Failer) -> Self {
        let early = Early { failer: failer.clone(), running: Arc::default() };
        Self { engine, dir, created: AtomicBool::new(false), failer, early }
    }

    /// Adds a complete small body to a batch and names it.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] above [`SMALL`] or if the batch has no room; the batch is then unfit for use.
    pub fn put(&self, batch: &mut Batch, body: &[u8]) -> Result<BodyId, BodyError> {
        if SMALL < body.len() {
            return Err(StoreError::TooLarge { what: "body", max: SMALL }.into());
        }
        let id = BodyId::new(Place::Journal)?;
        batch.body(Space::BODIES, &id.random, body)?;
        Ok(id)
    }

    /// Adds a body's removal to a batch, together with the record that refers to it.
    ///
    /// A file goes when the batch is durable, or at the next sweep; the room of a small body comes back when that is
    /// [reclaimed](crate::Store::reclaim).
    ///
    /// # Errors
    /// As [`Batch::remove`].
    pub fn discard(&self, batch: &mut Batch, id: BodyId) -> Result<(), BodyError> {
        match id.place {
            Place::File => batch.discarded.push(id),
            Place::Journal => {
                batch.remove(Space::BODIES, &id.random)?;
            }
        }
        Ok(())
    }

    /// Creates an empty body in a file and names it. The name is durable on return.
    ///
    /// # Errors
    /// [`BodyError::Io`].
    pub fn create(&self) -> Result<BodyId, BodyError> {
        self.created.store(true, Ordering::SeqCst);
        let id = BodyId::new(Place::File)?;
        platform::create_private(&self.path(&id))?;
        self.synced(platform::sync_dir(&self.dir))?;
        crash::point("body.created");
        Ok(id)
    }

    /// Creates a body in a file, to be written from its beginning to its end in one go. Dropped before
    /// [`BodyWriter::finish`], the file goes.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn write(&self) -> Result<BodyWriter, BodyError> {
        let id = self.create()?;
        let path = self.path(&id);
        let file = OpenOptions::new().write(true).open(&path)?;
        Ok(BodyWriter { id, path, file: Some(file), written: 0, early: self.early.clone() })
    }

    /// Appends to a body in a file and returns its new length. Not durable before [`sync`](Self::sync).
    ///
    /// # Errors
    /// [`BodyError::Offset`] if `offset` is not its length: it says where to go on.
    pub fn append(&self, id: BodyId, offset: u64, bytes: &[u8]) -> Result<u64, BodyError> {
        let mut file = self.open(id)?;
        let len = file.seek(SeekFrom::End(0))?;
        if len != offset {
            return Err(BodyError::Offset { len });
        }
        if let Err(error) = file.write_all(bytes) {
            // A full disk may have taken half: the next append shall find the length the caller knows.
            let _ = file.set_len(len);
            return Err(error.into());
        }
        crash::point("body.appended");
        let now = len + bytes.len() as u64;
        self.early.look(&self.path(&id), len, now);
        Ok(now)
    }

    /// Makes a body in a file durable as it is now.
    ///
    /// # Errors
    /// [`BodyError::Io`]: the body must not be referred to as complete, and the store has failed: asked once more, the
    /// system might say yes to what it has lost.
    pub fn sync(&self, id: BodyId) -> Result<(), BodyError> {
        let file = self.open(id)?;
        self.synced(crash::fault("body.sync").and_then(|()| file.sync_all()))?;
        crash::point("body.synced");
        Ok(())
    }

    /// Cuts a body in a file back to a length, to receive the rest again.
    ///
    /// # Errors
    /// [`BodyError::Offset`] if it is shorter than that.
    pub fn truncate(&self, id: BodyId, len: u64) -> Result<(), BodyError> {
        let file = self.open(id)?;
        let now = file.metadata()?.len();
        if now < len {
            return Err(BodyError::Offset { len: now });
        }
        file.set_len(len)?;
        self.synced(file.sync_all())?;
        Ok(())
    }

    /// Returns a body's length.
    ///
    /// # Errors
    /// [`BodyError::Missing`] if there is none.
    pub fn len(&self, id: BodyId) -> Result<u64, BodyError> {
        match id.place {
            Place::File => Ok(self.open(id)?.metadata()?.len()),
            Place::Journal => Ok(self.engine.span(&id.key())?.ok_or(BodyError::Missing)?.len.into()),
        }
    }

    /// Reads up to `len` bytes from `offset`; fewer only at the body's end.
    ///
    /// # Errors
    /// [`BodyError::Missing`] if there is no such body, [`StoreError::Damaged`] if a part of it is gone.
    pub fn read(&self, id: BodyId, offset: u64, len: usize) -> Result<Vec<u8>, BodyError> {
        if id.is_small() {
            return self.engine.read_body(&id.key(), offset, len);
        }
        let end = offset.saturating_add(len as u64).min(self.len(id)?);
        let mut out = Vec::with_capacity(end.saturating_sub(offset) as usize);
        let mut file = self.open(id)?;
        file.seek(SeekFrom::Start(offset))?;
        file.take(end.saturating_sub(offset)).read_to_end(&mut out)?;
        Ok(out)
    }

    /// Removes a body in a file that no durable record refers to, such as a transfer given up.
    ///
    /// # Errors
    /// [`BodyError::Missing`], [`BodyError::Small`] (use [`discard`](Self::discard)) or [`BodyError::Io`].
    pub fn remove(&self, id: BodyId) -> Result<(), BodyError> {
        let path = self.file(&id).ok_or(BodyError::Small)?;
        fs::remove_file(path).map_err(missing)
    }

    /// Removes the files no record refers to. To be called after opening, before anything else is started.
    ///
    /// Names this module did not give are left alone.
    ///
    /// # Errors
    /// [`BodyError::TooLate`] once a body was created; [`BodyError::Io`].
    pub fn sweep(&self, referenced: impl Fn(BodyId) -> bool) -> Result<Swept, BodyError> {
        let mut swept = Swept { kept: 0, removed: 0 };
        for entry in fs::read_dir(&self.dir)? {
            if self.created.load(Ordering::SeqCst) {
                return Err(BodyError::TooLate);
            }
            let entry = entry?;
            let name = entry.file_name();
            let Some(random) = name.to_str().and_then(|name| HEXLOWER.decode(name.as_bytes()).ok()) else { continue };
            let Ok(random) = random.try_into() else { continue };
            if referenced(BodyId { place: Place::File, random }) {
                swept.kept += 1;
            } else {
                fs::remove_file(entry.path())?;
                swept.removed += 1;
            }
        }
        Ok(swept)
    }

    /// Passes on what syncing gave; the store has failed where it failed.
    fn synced(&self, outcome: io::Result<()>) -> io::Result<()> {
        if let Err(error) = &outcome {
            tracing::error!(%error, "the disk did not take a body");
            self.failer.fail();
        }
        outcome
    }

    /// Returns the file of a body that has one.
    pub(crate) fn file(&self, id: &BodyId) -> Option<PathBuf> {
        (id.place == Place::File).then(|| self.path(id))
    }

    fn path(&self, id: &BodyId) -> PathBuf {
        self.dir.join(HEXLOWER.encode(&id.random))
    }

    fn open(&self, id: BodyId) -> Result<File, BodyError> {
        let path = self.file(&id).ok_or(BodyError::Small)?;
        OpenOptions::new().read(true).write(true).open(path).map_err(missing)
    }
}

fn missing(error: io::Error) -> BodyError {
    if error.kind() == io::ErrorKind::NotFound { BodyError::Missing } else { BodyError::Io(error) }
}
