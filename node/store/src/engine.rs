//! The engine's door for writing: batches go in one after the other, and several at once where they may.
//!
//! The engine writes its log twice for each batch, whatever its size, and waits for the disk each time. So batches that
//! are to be committed anyway wait here for the commit thread, which merges them: 64 callers cost two such writes
//! instead of 128.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::batch::{Batch, MAX_BATCH};
use crate::crash;

pub(crate) struct Engine {
    pub(crate) db: sled::Db,
    /// Held while batches go in, so that they do so in the order in which they came.
    turn: Mutex<()>,
    queue: Mutex<Vec<Batch>>,
}

impl Engine {
    pub(crate) fn new(db: sled::Db) -> Self {
        Self { db, turn: Mutex::default(), queue: Mutex::default() }
    }

    /// Lets a batch wait for [`apply_queued`](Self::apply_queued). `number` runs before that can see the batch.
    pub(crate) fn enqueue<T>(&self, batch: Batch, number: impl FnOnce() -> T) -> T {
        let mut queue = lock(&self.queue);
        queue.push(batch);
        number()
    }

    /// Applies everything that waits, then this batch.
    pub(crate) fn apply(&self, batch: Batch) -> sled::Result<()> {
        let _turn = lock(&self.turn);
        self.apply_all(mem::take(&mut *lock(&self.queue)))?;
        self.apply_all([batch])
    }

    /// Applies everything that waits.
    pub(crate) fn apply_queued(&self) -> sled::Result<()> {
        let _turn = lock(&self.turn);
        self.apply_all(mem::take(&mut *lock(&self.queue)))
    }

    /// Applies batches in their order, as few of the engine's own as their bound allows.
    fn apply_all(&self, batches: impl IntoIterator<Item = Batch>) -> sled::Result<()> {
        let (mut merged, mut bytes) = (sled::Batch::default(), 0);
        crash::fault("store.write")?;
        for batch in batches {
            if MAX_BATCH < bytes + batch.bytes {
                self.db.apply_batch(mem::take(&mut merged))?;
                bytes = 0;
            }
            bytes += batch.bytes;
            for (key, change) in batch.changes {
                match change {
                    Some(value) => merged.insert(key, value),
                    None => merged.remove(key),
                }
            }
        }
        if 0 < bytes {
            self.db.apply_batch(merged)?;
            crash::point("store.applied");
        }
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic inside the engine makes the store fail as a whole; the queue itself is whole at any time.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
