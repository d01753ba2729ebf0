//! The engine's door: what is applied is seen at once, and reaches the engine with the next commit.
//!
//! The engine writes its log twice for each batch, whatever its size, and waits for the disk each time. So batches wait
//! in memory for the commit thread, which merges them: 64 callers cost two such writes instead of 128. Whoever reads
//! finds them here first. Nothing is promised for what waits: a process that ends loses it, as it would lose what the
//! engine has not flushed.

use std::collections::BTreeMap;
use std::mem;
use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::batch::{Batch, MAX_BATCH};
use crate::crash;

/// Changes by engine key, the newest of each; none for a removal.
type Index = BTreeMap<Vec<u8>, Option<sled::IVec>>;
/// A key with its value.
pub(crate) type Pair = (sled::IVec, sled::IVec);

pub(crate) struct Engine {
    db: sled::Db,
    /// Held while batches go in, so that they do so in the order in which they came.
    turn: Mutex<()>,
    waiting: RwLock<Waiting>,
}

#[derive(Default)]
struct Waiting {
    /// In the order in which they came.
    queue: Vec<Batch>,
    /// What the queue changes.
    index: Index,
    /// Of keys and values in the queue.
    bytes: usize,
    /// What the commit thread is just bringing into the engine.
    going: Arc<Index>,
}

impl Engine {
    pub(crate) fn new(db: sled::Db) -> Self {
        Self { db, turn: Mutex::default(), waiting: RwLock::default() }
    }

    /// Takes a batch in; everybody sees it from here on, whole. `number` runs before a commit can take it. Gives its
    /// result, and how many bytes wait by now.
    pub(crate) fn put<T>(&self, batch: Batch, number: impl FnOnce() -> T) -> (T, usize) {
        let mut waiting = self.write();
        for (key, change) in &batch.changes {
            waiting.index.insert(key.clone(), change.clone());
        }
        waiting.bytes += batch.bytes;
        waiting.queue.push(batch);
        (number(), waiting.bytes)
    }

    /// Brings everything that waits into the engine, and has the engine write it out.
    pub(crate) fn drain(&self) -> sled::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = {
            let mut waiting = self.write();
            waiting.bytes = 0;
            waiting.going = Arc::new(mem::take(&mut waiting.index));
            mem::take(&mut waiting.queue)
        };
        self.apply_all(queue)?;
        // Whoever reads from here on finds it in the engine. After an error it stays, and the store is finished.
        let gone = mem::take(&mut self.write().going);
        drop(gone);
        crash::fault("store.flush")?;
        self.db.flush()?;
        Ok(())
    }

    /// Applies batches in their order, as few of the engine's own as their bound allows.
    fn apply_all(&self, batches: Vec<Batch>) -> sled::Result<()> {
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

    pub(crate) fn get(&self, key: &[u8]) -> sled::Result<Option<sled::IVec>> {
        {
            let waiting = self.read();
            if let Some(change) = waiting.index.get(key).or_else(|| waiting.going.get(key)) {
                return Ok(change.clone());
            }
        }
        // Not waiting a moment ago: the engine has what there was, or something newer by now.
        self.db.get(key)
    }

    pub(crate) fn contains(&self, key: &[u8]) -> sled::Result<bool> {
        {
            let waiting = self.read();
            if let Some(change) = waiting.index.get(key).or_else(|| waiting.going.get(key)) {
                return Ok(change.is_some());
            }
        }
        self.db.contains_key(key)
    }

    /// Walks through the keys that begin with `prefix`, which is not empty.
    pub(crate) fn prefix(&self, prefix: &[u8]) -> Walk {
        let end = match prefix.iter().rposition(|byte| *byte < u8::MAX) {
            Some(at) => {
                let mut end = prefix[..=at].to_vec();
                end[at] += 1;
                Bound::Excluded(end)
            }
            None => Bound::Unbounded,
        };
        self.range(Bound::Included(prefix.to_vec()), end)
    }

    /// Walks through a range of keys; one that ends before it starts is empty.
    pub(crate) fn range(&self, start: Bound<Vec<u8>>, end: Bound<Vec<u8>>) -> Walk {
        // Both maps and engine panic on such a range.
        let empty = match (&start, &end) {
            (Bound::Included(a), Bound::Included(b)) => a > b,
            (Bound::Included(a) | Bound::Excluded(a), Bound::Excluded(b) | Bound::Included(b)) => a >= b,
            _ => false,
        };
        if empty {
            return Walk {
                changes: Index::new(),
                iter: self.db.range(Vec::new()..Vec::new()),
                front: None,
                back: None,
            };
        }
        let range = (start, end);
        let changes = {
            let waiting = self.read();
            let mut changes: Index = copied(&waiting.going, &range);
            changes.extend(copied(&waiting.index, &range));
            changes
        };
        // Read after what waits: whatever left there meanwhile is found here.
        Walk { changes, iter: self.db.range(range), front: None, back: None }
    }

    /// The engine itself, which knows nothing of what waits.
    pub(crate) const fn db(&self) -> &sled::Db {
        &self.db
    }

    fn read(&self) -> RwLockReadGuard<'_, Waiting> {
        // No code panics while it holds the lock with half a change made.
        self.waiting.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Waiting> {
        self.waiting.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn copied(index: &Index, range: &(Bound<Vec<u8>>, Bound<Vec<u8>>)) -> Index {
    index.range(range.clone()).map(|(key, change)| (key.clone(), change.clone())).collect()
}

/// The records of a range, in key order, from both ends.
pub(crate) struct Walk {
    /// What waited when the walk began; it counts before what the engine holds.
    changes: Index,
    iter: sled::Iter,
    /// What the engine has given from either end, and what is not yet its turn.
    front: Option<Pair>,
    back: Option<Pair>,
}

impl Walk {
    /// The next of either end: the change or the engine's record, whichever comes first; of both, the change.
    fn step(&mut self, from_front: bool) -> Option<sled::Result<Pair>> {
        loop {
            let held = if from_front { &mut self.front } else { &mut self.back };
            if held.is_none() {
                let next = if from_front { self.iter.next() } else { self.iter.next_back() };
                *held = match next.transpose() {
                    Ok(next) => next,
                    Err(error) => return Some(Err(error)),
                };
            }
            // Where the engine has nothing left, the other end may still hold its last record.
            let held = match (from_front, self.front.is_some(), self.back.is_some()) {
                (true, false, true) => &mut self.back,
                (false, true, false) => &mut self.front,
                (true, ..) => &mut self.front,
                (false, ..) => &mut self.back,
            };
            let change = if from_front { self.changes.first_key_value() } else { self.changes.last_key_value() };
            let order = match (&change, &*held) {
                (None, None) => return None,
                (None, Some(_)) => return held.take().map(Ok),
                (Some(_), None) => std::cmp::Ordering::Less,
                (Some((change, _)), Some((record, _))) => {
                    let order = change.as_slice().cmp(record);
                    if from_front { order } else { order.reverse() }
                }
            };
            match order {
                std::cmp::Ordering::Greater => return held.take().map(Ok),
                std::cmp::Ordering::Equal => *held = None,
                std::cmp::Ordering::Less => {}
            }
            let change = if from_front { self.changes.pop_first() } else { self.changes.pop_last() };
            if let Some((key, Some(value))) = change {
                return Some(Ok((key.into(), value)));
            }
            // Removed: on to the next.
        }
    }
}

impl Iterator for Walk {
    type Item = sled::Result<Pair>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step(true)
    }
}

impl DoubleEndedIterator for Walk {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.step(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Space;

    const SPACE: Space = Space::new(16, "test");

    fn engine() -> (tempfile::TempDir, Engine) {
        let dir = tempfile::tempdir().unwrap();
        let db = sled::Config::new().path(dir.path()).open().unwrap();
        (dir, Engine::new(db))
    }

    fn put(engine: &Engine, key: &[u8], value: Option<&[u8]>) {
        let mut batch = Batch::new();
        match value {
            Some(value) => batch.put(SPACE, key, 1, value).unwrap(),
            None => batch.remove(SPACE, key).unwrap(),
        };
        engine.put(batch, || ());
    }

    fn all(walk: impl Iterator<Item = sled::Result<Pair>>) -> String {
        let shown = walk.map(|found| {
            let (key, value) = found.unwrap();
            format!("{}{} ", String::from_utf8_lossy(&key[1..]), String::from_utf8_lossy(&value[1..]))
        });
        shown.collect()
    }

    /// `a c e g` in the engine, `b d f` waiting, `c` changed and `e` removed.
    fn mixed(engine: &Engine) {
        for key in [b"a", b"c", b"e", b"g"] {
            put(engine, key, Some(b"1"));
        }
        engine.drain().unwrap();
        for key in [b"b", b"c", b"d", b"f"] {
            put(engine, key, Some(b"2"));
        }
        put(engine, b"e", None);
    }

    #[test]
    fn what_waits_is_seen_before_and_after_it_goes() {
        let (_dir, engine) = engine();
        mixed(&engine);
        for _ in 0..2 {
            assert_eq!(all(engine.prefix(&SPACE.key(b""))), "a1 b2 c2 d2 f2 g1 ");
            assert_eq!(all(engine.prefix(&SPACE.key(b"")).rev()), "g1 f2 d2 c2 b2 a1 ");
            let range =
                |a: &[u8], b: &[u8]| all(engine.range(Bound::Included(SPACE.key(a)), Bound::Excluded(SPACE.key(b))));
            assert_eq!(
                (range(b"b", b"d"), range(b"e", b"f"), range(b"f", b"b")),
                ("b2 c2 ".into(), "".into(), "".into())
            );
            assert_eq!(engine.get(&SPACE.key(b"e")).unwrap(), None);
            assert!(!engine.contains(&SPACE.key(b"e")).unwrap() && engine.contains(&SPACE.key(b"f")).unwrap());
            assert_eq!(&engine.get(&SPACE.key(b"c")).unwrap().unwrap()[1..], b"2");
            engine.drain().unwrap();
        }
        assert_eq!(all(engine.db().iter()), "a1 b2 c2 d2 f2 g1 ");
    }

    #[test]
    fn both_ends_meet_wherever_a_walk_turns() {
        let (_dir, engine) = engine();
        mixed(&engine);
        for turns in 0..64_u32 {
            let mut walk = engine.prefix(&SPACE.key(b""));
            let (mut front, mut back) = (Vec::new(), Vec::new());
            for step in 0..8 {
                let from_front = turns >> step & 1 == 1;
                let found = if from_front { walk.next() } else { walk.next_back() };
                let Some(found) = found else { break };
                if from_front { &mut front } else { &mut back }.push(found.unwrap().0);
            }
            front.extend(back.into_iter().rev());
            let keys: Vec<u8> = front.iter().map(|key| key[1]).collect();
            assert_eq!(keys, b"abcdfg", "{turns:b}");
        }
    }

    #[test]
    fn batches_keep_their_order_where_their_bound_splits_them() {
        let (_dir, engine) = engine();
        let big = vec![b'x'; 60 << 10];
        for round in 0..100_u8 {
            let mut batch = Batch::new();
            batch.put(SPACE, b"same", 1, &[round]).unwrap();
            batch.put(SPACE, &[b'k', round], 1, &big).unwrap();
            engine.put(batch, || ());
        }
        engine.drain().unwrap();
        assert_eq!(&engine.db().get(SPACE.key(b"same")).unwrap().unwrap()[1..], [99]);
        assert_eq!(engine.db().scan_prefix(SPACE.key(b"k")).count(), 100);
    }

    #[test]
    fn readers_never_miss_a_record_that_is_on_its_way() {
        let (_dir, engine) = engine();
        let engine = Arc::new(engine);
        let writer = Arc::clone(&engine);
        put(&engine, b"n", Some(&0_u32.to_be_bytes()));
        let thread = std::thread::spawn(move || {
            for number in 1..400_u32 {
                put(&writer, b"n", Some(&number.to_be_bytes()));
                if number % 4 == 0 {
                    writer.drain().unwrap();
                }
            }
        });
        let mut last = 0;
        while !thread.is_finished() {
            let read = |value: &sled::IVec| u32::from_be_bytes(value[1..].try_into().unwrap());
            let by_key = read(&engine.get(&SPACE.key(b"n")).unwrap().expect("it is there from the beginning"));
            let by_walk = read(&engine.prefix(&SPACE.key(b"n")).next().expect("it is there").unwrap().1);
            assert!(last <= by_key && by_key <= by_walk, "{last} {by_key} {by_walk}");
            last = by_walk;
        }
        thread.join().unwrap();
    }
}
