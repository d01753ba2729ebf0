//! Changes that happen together or not at all.

use crate::bodies::BodyId;
use crate::space::Space;
use crate::store::StoreError;

/// Largest value in bytes, its format number included.
///
/// Above this the engine moves pages into separate files that it never syncs.
pub const MAX_VALUE: usize = 64 << 10;
/// Longest key in bytes, the space's prefix not included.
pub const MAX_KEY: usize = 512;
/// Most bytes of keys and values in one batch: half a segment of the engine's log.
pub const MAX_BATCH: usize = 4 << 20;

/// Puts and removals to be applied as one.
///
/// Of several changes to one key the last one counts.
#[derive(Default)]
pub struct Batch {
    /// Engine keys with their new values, or none for a removal, in the order of the calls.
    pub(crate) changes: Vec<(Vec<u8>, Option<sled::IVec>)>,
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
        let mut value = Vec::with_capacity(1 + bytes.len());
        value.push(format);
        value.extend_from_slice(bytes);
        self.changes.push((space.key(key), Some(value.into())));
        Ok(self)
    }

    /// Adds the removal of a key, which need not exist.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn remove(&mut self, space: Space, key: &[u8]) -> Result<&mut Self, StoreError> {
        self.account(key, 0)?;
        self.changes.push((space.key(key), None));
        Ok(self)
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
        // Rough cost of one change in the engine's log beyond its own bytes.
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
