//! The store's handle: reading, applying batches, making them durable.

use std::fmt;
use std::fs::File;
use std::io;
use std::ops::RangeBounds;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::batch::Batch;
use crate::bodies::Bodies;
use crate::commit::{Committer, Ticket};
use crate::crash;
use crate::open::{self, OpenError, Options, sync_files};
use crate::platform;
use crate::scan::Scan;
use crate::space::{Space, Value};

/// Free space below which a node takes no new mail, so that there is always room to finish what it took.
pub const RESERVE: u64 = 512 << 20;

/// Whether the disk has room for new mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// At least [`RESERVE`] is free.
    Ample,
    /// Less is free: refuse new mail, say so, go on with everything else.
    Low,
}

/// Why a store refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A key, value, body or batch passes its bound.
    #[error("the {what} is larger than {max} bytes")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The bound in bytes.
        max: usize,
    },
    /// The disk refused a commit, now or earlier. Nothing is taken any more: the process has to end.
    #[error("the disk did not take what was written")]
    SyncFailed,
    /// The storage engine could not read.
    #[error("the store could not be read")]
    Engine(#[source] io::Error),
    /// A value is not what was written.
    #[error("a value in `{space}` is damaged")]
    Damaged {
        /// Name of the value's space.
        space: &'static str,
    },
    /// The file system refused.
    #[error("a file of the store could not be used")]
    Io(#[from] io::Error),
    /// The work ended before it had an answer; the process is going down.
    #[error("the work was interrupted")]
    Interrupted,
}

impl StoreError {
    pub(crate) fn engine(error: sled::Error) -> Self {
        Self::Engine(error.into())
    }
}

/// A handle of an open store; clones share it.
///
/// When the last one goes, what was applied is committed and the store closed, which may take as long as a disk
/// sync. Reading and applying take microseconds when the pages are in memory, else a disk read; a task that walks
/// through many records uses [`run`](Self::run).
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    // Dropped in this order: commit the rest, close the engine, then let others in.
    committer: Committer,
    db: sled::Db,
    bodies: Bodies,
    dir: PathBuf,
    _lock: File,
}

impl Store {
    /// Opens or creates the store in `dir`, for its owner only. Blocks while the engine reads its log.
    ///
    /// # Errors
    /// [`OpenError`]; nothing is deleted or renamed.
    pub fn open(dir: &Path, options: Options) -> Result<Self, OpenError> {
        Self::open_with(dir, options, |sync| sync())
    }

    /// Opens with something around each commit's sync, so that tests can make it fail.
    fn open_with(
        dir: &Path,
        options: Options,
        mut around: impl FnMut(&mut dyn FnMut() -> io::Result<()>) -> io::Result<()> + Send + 'static,
    ) -> Result<Self, OpenError> {
        let opened = open::open(dir, options)?;
        let (db, log, blobs) = (opened.db.clone(), opened.log, opened.blobs);
        let committer = Committer::start(move || {
            around(&mut || {
                db.flush()?;
                crash::point("store.flushed");
                log.sync_data()?;
                sync_files(&blobs)
            })
        })?;
        let bodies = Bodies::new(opened.db.clone(), opened.bodies);
        let inner = Inner { committer, db: opened.db, bodies, dir: dir.to_owned(), _lock: opened.lock };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Reads a value; not found is not an error.
    ///
    /// # Errors
    /// [`StoreError::Engine`] or [`StoreError::Damaged`].
    pub fn get(&self, space: Space, key: &[u8]) -> Result<Option<Value>, StoreError> {
        match self.inner.db.get(space.key(key)).map_err(StoreError::engine)? {
            None => Ok(None),
            Some(raw) => Value::from_raw(raw).map(Some).ok_or(StoreError::Damaged { space: space.name() }),
        }
    }

    /// Tells whether a key holds a value.
    ///
    /// # Errors
    /// [`StoreError::Engine`].
    pub fn contains(&self, space: Space, key: &[u8]) -> Result<bool, StoreError> {
        self.inner.db.contains_key(space.key(key)).map_err(StoreError::engine)
    }

    /// Walks through the keys that begin with `prefix` (empty: the whole space).
    pub fn prefix(&self, space: Space, prefix: &[u8]) -> Scan {
        Scan::prefix(&self.inner.db, space, prefix)
    }

    /// Walks through a range of keys; one that ends before it starts is empty.
    pub fn range<'a>(&self, space: Space, range: impl RangeBounds<&'a [u8]>) -> Scan {
        Scan::range(&self.inner.db, space, &range)
    }

    /// Applies a batch: visible at once, whole or not at all, not yet durable.
    ///
    /// # Errors
    /// [`StoreError::SyncFailed`] if a commit failed earlier or the engine fails now; the store is finished then.
    pub fn apply(&self, batch: Batch) -> Result<Ticket, StoreError> {
        let Inner { committer, db, bodies, .. } = &*self.inner;
        if committer.has_failed() {
            return Err(StoreError::SyncFailed);
        }
        let Batch { changes, discarded, .. } = batch;
        match catch_unwind(AssertUnwindSafe(|| db.apply_batch(changes))) {
            Ok(Ok(())) => {}
            failure => {
                // Half of the batch may be in memory. It is never acknowledged, and the engine drops it at restart.
                if let Ok(Err(error)) = failure {
                    tracing::error!(%error, "the storage engine did not take a batch");
                }
                committer.fail();
                return Err(StoreError::SyncFailed);
            }
        }
        crash::point("store.applied");
        Ok(committer.applied(discarded.iter().filter_map(|id| bodies.file(id))))
    }

    /// Applies a batch and waits until it is durable.
    ///
    /// Dropping the future does not undo the batch.
    ///
    /// # Errors
    /// As [`apply`](Self::apply) and [`Ticket::durable`].
    pub async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.apply(batch)?.durable().await
    }

    /// As [`commit`](Self::commit), holding the calling thread. For commands that run without a node.
    ///
    /// # Errors
    /// As [`commit`](Self::commit).
    pub fn commit_blocking(&self, batch: Batch) -> Result<(), StoreError> {
        self.apply(batch)?.durable_blocking()
    }

    /// Returns a ticket for everything applied so far, by anyone.
    pub fn newest(&self) -> Ticket {
        self.inner.committer.newest()
    }

    /// Waits until everything applied so far is durable: the last step of a shutdown.
    ///
    /// # Errors
    /// As [`Ticket::durable`].
    pub async fn durable(&self) -> Result<(), StoreError> {
        self.newest().durable().await
    }

    /// Waits until the store has failed; in a healthy node this never returns. The process should end then.
    pub async fn failed(&self) {
        self.inner.committer.failed().await;
    }

    /// Returns the message bodies.
    pub fn bodies(&self) -> &Bodies {
        &self.inner.bodies
    }

    /// Tells whether the disk has room for new mail.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the file system does not say.
    pub fn room(&self) -> Result<Room, StoreError> {
        Ok(room_for(platform::free_bytes(&self.inner.dir)?))
    }

    /// Runs blocking work on the store outside the async workers.
    ///
    /// The work goes on if the future is dropped.
    ///
    /// # Errors
    /// The work's own, or [`StoreError::Interrupted`] if it panicked or the runtime is ending.
    pub async fn run<T, E>(&self, work: impl FnOnce(&Self) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let store = self.clone();
        match tokio::task::spawn_blocking(move || work(&store)).await {
            Ok(result) => result,
            Err(_) => Err(StoreError::Interrupted.into()),
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store(..)")
    }
}

fn room_for(free: u64) -> Room {
    if free < RESERVE { Room::Low } else { Room::Ample }
}
