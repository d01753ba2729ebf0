//! Walking through a space in key order.

use std::ops::{Bound, RangeBounds};

use crate::space::{Space, Value};
use crate::store::StoreError;

/// The records of a space, prefix or range, in key order.
///
/// Reads as it goes and holds one page at a time: `rev()` walks downwards, `take(n)` bounds the work. Records
/// written meanwhile may or may not be seen, but each one is seen whole. Reading may touch the disk.
pub struct Scan {
    iter: sled::Iter,
    space: Space,
}

impl Scan {
    pub(crate) fn prefix(tree: &sled::Tree, space: Space, prefix: &[u8]) -> Self {
        Self { iter: tree.scan_prefix(space.key(prefix)), space }
    }

    pub(crate) fn range<'a>(tree: &sled::Tree, space: Space, range: &impl RangeBounds<&'a [u8]>) -> Self {
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
        // The engine panics on a range that ends before it starts; here it is simply empty.
        let empty = match (&start, &end) {
            (Bound::Included(a), Bound::Included(b)) => a > b,
            (Bound::Included(a) | Bound::Excluded(a), Bound::Excluded(b) | Bound::Included(b)) => a >= b,
            _ => false,
        };
        let iter = if empty {
            let point = space.key(&[]);
            tree.range(point.clone()..point)
        } else {
            tree.range((start, end))
        };
        Self { iter, space }
    }

    fn entry(&self, found: sled::Result<(sled::IVec, sled::IVec)>) -> Result<(Vec<u8>, Value), StoreError> {
        let (key, raw) = found.map_err(StoreError::engine)?;
        let value = Value::from_raw(raw).ok_or(StoreError::Damaged { space: self.space.name() })?;
        Ok((key[1..].to_vec(), value)) // every key starts with its space
    }
}

impl Iterator for Scan {
    type Item = Result<(Vec<u8>, Value), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.iter.next()?;
        Some(self.entry(found))
    }
}

impl DoubleEndedIterator for Scan {
    fn next_back(&mut self) -> Option<Self::Item> {
        let found = self.iter.next_back()?;
        Some(self.entry(found))
    }
}
