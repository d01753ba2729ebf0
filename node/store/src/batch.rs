//! Changes that happen together or not at all.

use crate::bodies::BodyId;
use crate::journal::{self, Change, Item};
use crate::space::Space;
use crate::store::StoreError;

/// Largest value in bytes, its format number included.
///
/// Above this the engine moves pages into separate files that it never syncs.
pub const MAX_VALUE: usize = 64 << 10;
/// Longest key in bytes, the space's prefix not included.
pub const MAX_KEY: usize = 512;
/// Most bytes of keys, values and small bodies in one batch.
pub const MAX_BATCH: usize = 4 << 20;

/// Puts and removals to be applied as one.
///
/// Of several changes to one key the last one counts.
#[derive(Default)]
pub struct Batch {
    /// What becomes of engine keys, in the order of the calls.
    pub(crate) changes: Vec<(Vec<u8>, Change)>,
    /// The same as the journal holds it.
    pub(crate) items: Vec<u8>,
    /// Body files that no record refers to once this batch is durable.
    pub(crate) discarded: Vec<BodyId>,
    pub(crate) bytes: usize,
}

impl Batch {
    /// Starts an empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value with its format number, replacing what the key holds.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] if the key, the value or the whole batch passes its bound; the batch stays as it was.
    pub fn put(&mut self, space: Space, key: &[u8], format: u8, bytes: &[u8]) -> Result<&mut Self, StoreError> {
        if MAX_VALUE < 1 + bytes.len() {
            return Err(StoreError::TooLarge { what: "value", max: MAX_VALUE });
        }
        self.account(key, 1 + bytes.len())?;
        self.add(space.key(key), Item::Record(&[&[format], bytes].concat()));
        Ok(self)
    }

    /// Adds the removal of a key, which need not exist.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn remove(&mut self, space: Space, key: &[u8]) -> Result<&mut Self, StoreError> {
        self.account(key, 0)?;
        self.add(space.key(key), Item::Remove);
        Ok(self)
    }

    /// Adds a body under a key of which it is known that none has it.
    pub(crate) fn body(&mut self, space: Space, key: &[u8], bytes: &[u8]) -> Result<(), StoreError> {
        self.account(key, bytes.len())?;
        self.add(space.key(key), Item::Body(bytes));
        Ok(())
    }

    /// Adds a change that keeps its bounds.
    pub(crate) fn add(&mut self, key: Vec<u8>, item: Item<'_>) {
        let change = journal::add(&mut self.items, &key, item);
        self.changes.push((key, change));
    }

    /// Returns the number of changes added.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Tells whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.discarded.is_empty()
    }

    /// Returns how many bytes of keys and values still fit.
    pub fn room(&self) -> usize {
        MAX_BATCH - self.bytes
    }

    fn account(&mut self, key: &[u8], value: usize) -> Result<(), StoreError> {
        // Rough cost of one change beyond its own bytes.
        const OVERHEAD: usize = 32;
        if MAX_KEY < key.len() {
            return Err(StoreError::TooLarge { what: "key", max: MAX_KEY });
        }
        let bytes = self.bytes + OVERHEAD + key.len() + value;
        if MAX_BATCH < bytes {
            return Err(StoreError::TooLarge { what: "batch", max: MAX_BATCH });
        }
        self.bytes = bytes;
        Ok(())
    }
}
