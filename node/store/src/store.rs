//! The store's handle: reading, applying batches, making them durable.

use std::fmt;
use std::fs::File;
use std::io;
use std::ops::RangeBounds;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::batch::Batch;
use crate::bodies::Bodies;
use crate::commit::{Committer, Then, Ticket};
use crate::crash;
use crate::engine::Engine;
use crate::journal::Item;
use crate::open::{self, OpenError, Options};
use crate::platform;
use crate::quiet::caught;
use crate::reclaim;
use crate::rewrite::{self, Filling};
use crate::room::{Room, Usage, size_of};
use crate::scan::Scan;
use crate::settle::Settler;
use crate::space::{Space, Value};

/// Bytes of applied batches above which a commit is begun though nobody waits for one.
const MUCH: usize = 4 << 20;
/// Bytes of applied batches above which nothing more is applied before the next commit.
const TOO_MUCH: usize = 16 << 20;
/// How many times more than what is due may wait for the engine, before it gets that though the node is not at rest.
const URGENT: usize = 3;
/// And before nothing more is applied.
const BEHIND: usize = 6;

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
/// When the last one goes, what was applied is committed, the engine gets what it has not got, and the store is closed,
/// which may take a second. Reading and applying take microseconds when the pages are in memory, else a disk read; a task that walks
/// through many records uses [`run`](Self::run).
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    // Dropped in this order: settle all, commit the rest, close the engine, then let others in.
    settler: Settler,
    committer: Committer,
    engine: Arc<Engine>,
    bodies: Bodies,
    dir: PathBuf,
    reserve: u64,
    settle: usize,
    _lock: File,
}

impl Store {
    /// Opens or creates the store in `dir`, for its owner only. Blocks while the engine reads its log.
    ///
    /// # Errors
    /// [`OpenError`]; nothing is deleted or renamed.
    pub fn open(dir: &Path, options: Options) -> Result<Self, OpenError> {
        Self::open_with(dir, options, None, |sync| sync())
    }

    /// As [`open`](Self::open), and rewrites the records first where little of the engine's log is in use, which gives
    /// that space back to the disk. `tidying` is told before it begins: it takes as long as copying what is in use.
    ///
    /// # Errors
    /// As [`open`](Self::open). That rewriting fails is none: then everything is as it was.
    pub fn open_tidied(dir: &Path, options: Options, mut tidying: impl FnMut(Filling)) -> Result<Self, OpenError> {
        Self::open_with(dir, options, Some(&mut tidying), |sync| sync())
    }

    /// Opens with something around each commit's sync, so that tests can make it fail.
    fn open_with(
        dir: &Path,
        options: Options,
        tidying: Option<open::Tidying<'_>>,
        mut around: impl FnMut(&mut dyn FnMut() -> io::Result<()>) -> io::Result<()> + Send + 'static,
    ) -> Result<Self, OpenError> {
        let opened = open::open(dir, options, tidying)?;
        let engine = Arc::new(Engine::new(opened.disk, opened.journal, opened.next)?);
        let writer = Arc::clone(&engine);
        let committer = Committer::start(move || around(&mut || writer.commit()))?;
        let settler = Settler::start(Arc::clone(&engine), committer.for_settling())?;
        let bodies = Bodies::new(Arc::clone(&engine), opened.bodies, committer.failer());
        let inner = Inner {
            settler,
            committer,
            engine,
            bodies,
            dir: dir.to_owned(),
            reserve: options.reserve_bytes,
            settle: crash::settle_at().unwrap_or(options.settle_bytes),
            _lock: opened.lock,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Reads a value; not found is not an error.
    ///
    /// # Errors
    /// [`StoreError::Engine`] or [`StoreError::Damaged`].
    pub fn get(&self, space: Space, key: &[u8]) -> Result<Option<Value>, StoreError> {
        match read(|| self.inner.engine.get(&space.key(key)))? {
            None => Ok(None),
            Some(raw) => Value::from_raw(raw).map(Some).ok_or(StoreError::Damaged { space: space.name() }),
        }
    }

    /// Tells whether a key holds a value.
    ///
    /// # Errors
    /// [`StoreError::Engine`].
    pub fn contains(&self, space: Space, key: &[u8]) -> Result<bool, StoreError> {
        read(|| self.inner.engine.contains(&space.key(key)))
    }

    /// Walks through the keys that begin with `prefix` (empty: the whole space).
    pub fn prefix(&self, space: Space, prefix: &[u8]) -> Scan {
        Scan::prefix(&self.inner.engine, space, prefix)
    }

    /// Walks through a range of keys; one that ends before it starts is empty.
    pub fn range<'a>(&self, space: Space, range: impl RangeBounds<&'a [u8]>) -> Scan {
        Scan::range(&self.inner.engine, space, &range)
    }

    /// Applies a batch: visible at once, whole or not at all, not yet durable.
    ///
    /// Costs memory until the next commit, and for records until the engine has them. Where more waits than 4 MiB, a
    /// commit is begun; above 16 MiB, or where the engine is far behind, this blocks.
    ///
    /// # Errors
    /// [`StoreError::SyncFailed`] if a commit failed, now or earlier; the store is finished then.
    pub fn apply(&self, batch: Batch) -> Result<Ticket, StoreError> {
        self.put(batch, None)
    }

    /// As [`apply`](Self::apply), begins a commit at once, and has `then` called as soon as the batch is durable: in the
    /// order of the batches, on the commit thread, which it must not hold up, and before any ticket of it is durable.
    /// Never called if the commit fails.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub fn apply_then(&self, batch: Batch, then: impl FnOnce() + Send + 'static) -> Result<Ticket, StoreError> {
        let ticket = self.put(batch, Some(Box::new(then)))?;
        ticket.begin();
        Ok(ticket)
    }

    fn put(&self, batch: Batch, then: Option<Then>) -> Result<Ticket, StoreError> {
        let Inner { committer, engine, settler, .. } = &*self.inner;
        if committer.has_failed() {
            return Err(StoreError::SyncFailed);
        }
        let rubbish = self.rubbish(&batch);
        let (ticket, load) = engine.put(batch, || committer.applied(rubbish, then));
        if TOO_MUCH < load.unwritten {
            ticket.durable_blocking()?;
        } else if MUCH < load.unwritten {
            ticket.begin();
        }
        if BEHIND * self.inner.settle < load.unsettled {
            settler.wait()?;
        } else if self.inner.settle < load.unsettled {
            settler.begin(URGENT * self.inner.settle < load.unsettled);
        }
        Ok(ticket)
    }

    /// Applies a batch and waits until it is durable. Others may see it a little earlier.
    ///
    /// Batches of several callers go to the disk together. Dropping the future does not undo the batch; one that was
    /// never polled did nothing.
    ///
    /// # Errors
    /// [`StoreError::SyncFailed`]: the disk refused, now or earlier; nothing may be promised about the batch.
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

    fn rubbish(&self, batch: &Batch) -> Vec<PathBuf> {
        batch.discarded.iter().filter_map(|id| self.inner.bodies.file(id)).collect()
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
        self.room_beside(0)
    }

    /// As [`room`](Self::room), once so many bytes more will have been written. What the engine has not got is counted,
    /// too: it will be written once more, and the engine's pages with it.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the file system does not say.
    pub fn room_beside(&self, bytes: u64) -> Result<Room, StoreError> {
        let owed = self.inner.engine.unsettled() as u64 * 2;
        Ok(Room::of(self.free()?.saturating_sub(bytes.saturating_add(owed)), self.inner.reserve))
    }

    /// What it takes up.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn usage(&self) -> Result<Usage, StoreError> {
        let live = self.inner.dir.join("live");
        Ok(Usage {
            free: self.free()?,
            reserve: self.inner.reserve,
            log: size_of(&live.join("records"))?,
            bodies: size_of(&live.join("bodies"))? + size_of(self.inner.engine.journal())?,
            live: self.filling()?.live,
        })
    }

    /// What is known of how full the engine's log is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn filling(&self) -> Result<Filling, StoreError> {
        let records = self.inner.dir.join("live").join("records");
        rewrite::filling(|key| self.inner.engine.get(key), &records)
            .map_err(|error| StoreError::Engine(io::Error::other(error)))
    }

    /// Adds up the records in use and notes it for [`usage`](Self::usage) and the next start. Reads them all, and stops
    /// with none where `go_on` says so.
    ///
    /// # Errors
    /// [`StoreError::Engine`] if one cannot be read.
    pub fn count(&self, go_on: impl Fn() -> bool) -> Result<Option<u64>, StoreError> {
        // What waits would not be counted.
        self.inner.settler.wait()?;
        let Some(live) = read(|| rewrite::count(self.inner.engine.db(), go_on))? else { return Ok(None) };
        let (key, value) = rewrite::counted(live);
        let mut batch = Batch::new();
        batch.add(key, Item::Record(&value));
        // Lost in a power cut, it is counted again.
        let _ticket = self.apply(batch)?;
        Ok(Some(live))
    }

    /// Gives back to the disk what small bodies that are gone have left, and tells how many bytes. Those that lie among
    /// them are written anew. Records that the engine has are overwritten in the journal, or what was removed could be
    /// read there as long as a body beside it stays. Stops where `go_on` says so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn reclaim(&self, go_on: impl Fn() -> bool) -> Result<u64, StoreError> {
        reclaim::run(&self.inner.engine, &self.inner.committer, go_on)
    }

    /// Tells whether the disk has refused a commit: nothing is taken any more then.
    pub fn has_failed(&self) -> bool {
        self.inner.committer.has_failed()
    }

    /// Bytes of disk that are free for this store.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the file system does not say.
    pub fn free(&self) -> Result<u64, StoreError> {
        Ok(platform::free_bytes(&self.inner.dir)?)
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

/// Reads with the engine, which panics over some kinds of damage.
fn read<T>(work: impl FnOnce() -> sled::Result<T>) -> Result<T, StoreError> {
    match caught(work) {
        Ok(done) => done.map_err(StoreError::engine),
        Err(_) => Err(StoreError::Engine(io::Error::other("the storage engine stopped while reading"))),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    const SPACE: Space = Space::new(16, "test");

    fn batch(key: &[u8]) -> Batch {
        let mut batch = Batch::new();
        batch.put(SPACE, key, 1, b"x").unwrap();
        batch
    }

    #[tokio::test]
    async fn after_a_sync_error_nothing_is_taken_any_more() {
        let dir = tempfile::tempdir().unwrap();
        let broken = Arc::new(AtomicBool::new(false));
        let disk = Arc::clone(&broken);
        let store = Store::open_with(dir.path(), Options::default(), None, move |sync| {
            if disk.load(Ordering::SeqCst) { Err(io::ErrorKind::StorageFull.into()) } else { sync() }
        })
        .unwrap();
        store.commit(batch(b"good")).await.unwrap();
        broken.store(true, Ordering::SeqCst);
        let ticket = store.apply(batch(b"lost")).unwrap();
        assert!(matches!(ticket.durable().await, Err(StoreError::SyncFailed)));
        store.failed().await;
        broken.store(false, Ordering::SeqCst);
        assert!(matches!(store.apply(batch(b"late")), Err(StoreError::SyncFailed)));
        assert!(matches!(store.durable().await, Err(StoreError::SyncFailed)));
        // What was durable before stays readable, so that the node can say goodbye.
        assert!(store.contains(SPACE, b"good").unwrap());
        drop(store);
        assert!(Store::open(dir.path(), Options::default()).unwrap().contains(SPACE, b"good").unwrap());
    }

    #[test]
    fn a_value_of_no_bytes_is_damage_and_no_panic() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Options::default()).unwrap();
        store.inner.engine.db().insert(SPACE.key(b"k"), &[]).unwrap();
        assert!(matches!(store.get(SPACE, b"k"), Err(StoreError::Damaged { space: "test" })));
        assert!(store.prefix(SPACE, b"").next().unwrap().is_err());
    }
}
