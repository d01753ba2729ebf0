//! Walking through a space in key order.

use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use crate::engine::{Engine, Pair, Walk};
use crate::space::{Space, Value};
use crate::store::StoreError;

/// The records of a space, prefix or range, in key order.
///
/// Reads as it goes and holds one page at a time, and a few of the records that the engine has not got: `rev()`
/// walks downwards, `take(n)` bounds the work. Records written meanwhile may or may not be seen, but each one is seen
/// whole. Reading may touch the disk.
pub struct Scan {
    walk: Walk,
    space: Space,
}

impl Scan {
    pub(crate) fn prefix(engine: &Arc<Engine>, space: Space, prefix: &[u8]) -> Self {
        Self { walk: engine.prefix(&space.key(prefix)), space }
    }

    pub(crate) fn range<'a>(engine: &Arc<Engine>, space: Space, range: &impl RangeBounds<&'a [u8]>) -> Self {
        let start = match range.start_bound() {
            Bound::Included(key) => Bound::Included(space.key(key)),
            Bound::Excluded(key) => Bound::Excluded(space.key(key)),
            Bound::Unbounded => Bound::Included(space.key(&[])),
        };
        let end = match range.end_bound() {
            Bound::Included(key) => Bound::Included(space.key(key)),
            Bound::Excluded(key) => Bound::Excluded(space.key(key)),
            Bound::Unbounded => Bound::Excluded(space.end()),
        };
        Self { walk: engine.range(start, end), space }
    }

    fn entry(&self, found: sled::Result<Pair>) -> Result<(Vec<u8>, Value), StoreError> {
        let (key, raw) = found.map_err(StoreError::engine)?;
        let value = Value::from_raw(raw).ok_or(StoreError::Damaged { space: self.space.name() })?;
        Ok((key[1..].to_vec(), value)) // every key starts with its space
    }
}

impl Iterator for Scan {
    type Item = Result<(Vec<u8>, Value), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.walk.next()?;
        Some(self.entry(found))
    }
}

impl DoubleEndedIterator for Scan {
    fn next_back(&mut self) -> Option<Self::Item> {
        let found = self.walk.next_back()?;
        Some(self.entry(found))
    }
}
