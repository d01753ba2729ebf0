//! The engine's door: what is applied is seen at once, made durable by the journal, and reaches the engine later.
//!
//! The engine writes its log twice for each batch, whatever its size, waits for the disk each time, and lets nobody read
//! meanwhile. So batches are made durable in the [journal](crate::journal), and stay in memory, where whoever reads finds
//! them first, until enough of them have gathered: then the engine gets them at once, in pieces, each key once.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::mem;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::batch::Batch;
use crate::bodies::BodyError;
use crate::crash;
use crate::journal::{self, Index, Item, Place, Span, Tail, Writer};
use crate::open::sync_files;
use crate::space::Space;
use crate::store::StoreError;

/// A key with its value.
pub(crate) type Pair = (sled::IVec, sled::IVec);

/// Changes that a walk copies at a time.
const PART: usize = 32;
/// Bytes that the engine gets at one stroke: it lets nobody read so long.
const STROKE: usize = 128 << 10;
/// Rough cost in memory of a change that waits, beyond its own bytes.
const OVERHEAD: usize = 96;
/// Key of the place up to which the engine has the journal's records.
const SETTLED: &[u8] = b"journal";

/// The engine on its files.
pub(crate) struct Disk {
    pub(crate) db: sled::Db,
    /// A second handle of the engine's log, to sync it: the engine's own flush does not reach the disk.
    pub(crate) log: File,
    pub(crate) blobs: PathBuf,
}

impl Disk {
    /// Waits until the engine's own files are durable.
    pub(crate) fn sync(&self) -> Result<(), sled::Error> {
        self.db.flush()?;
        self.log.sync_data()?;
        Ok(sync_files(&self.blobs)?)
    }

    /// Brings changes into the engine; each counts on its own, and all of them only with the place that is noted after
    /// them.
    pub(crate) fn apply(&self, changes: &Index) -> sled::Result<()> {
        let (mut stroke, mut bytes) = (sled::Batch::default(), 0);
        for (key, change) in changes {
            bytes += key.len();
            match change {
                Some(value) => {
                    bytes += value.len();
                    stroke.insert(key.as_slice(), value);
                }
                None => stroke.remove(key.as_slice()),
            }
            if STROKE < bytes {
                self.db.apply_batch(mem::take(&mut stroke))?;
                bytes = 0;
            }
        }
        self.db.apply_batch(stroke)
    }

    /// The place up to which the engine has everything; none before the first.
    pub(crate) fn settled(&self) -> sled::Result<Option<Place>> {
        Ok(self.db.get(Space::STORE.key(SETTLED))?.and_then(|value| Place::from_value(&value)))
    }

    /// Notes that place, once what comes before it is durable. Durable with the next sync.
    pub(crate) fn note(&self, place: Place) -> sled::Result<()> {
        self.db.insert(Space::STORE.key(SETTLED), place.to_value()).map(drop)
    }
}

pub(crate) struct Engine {
    disk: Disk,
    journal: PathBuf,
    writer: Mutex<Writer>,
    /// Held by the one who settles: how far the engine has everything.
    settled: Mutex<Place>,
    waiting: RwLock<Waiting>,
}

struct Waiting {
    tail: Tail,
    /// What the engine has not got.
    index: Index,
    /// Rough size of the index.
    bytes: usize,
    /// What the engine is just getting, and its size.
    going: Arc<Index>,
    going_bytes: usize,
}

/// What there is to do after a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Bytes that wait for the journal's next write.
    pub(crate) unwritten: usize,
    /// Bytes that the engine has not got.
    pub(crate) unsettled: usize,
}

impl Engine {
    /// Goes on where the journal ends, everything in it being in the engine.
    pub(crate) fn new(disk: Disk, journal: PathBuf, next: Place) -> io::Result<Self> {
        let waiting =
            Waiting { tail: Tail::new(next), index: Index::new(), bytes: 0, going: Arc::default(), going_bytes: 0 };
        Ok(Self {
            disk,
            writer: Mutex::new(Writer::open(&journal, next)?),
            journal,
            settled: Mutex::new(next),
            waiting: RwLock::new(waiting),
        })
    }

    /// Takes a batch in; everybody sees it from here on, whole. `number` runs before a commit can take it.
    pub(crate) fn put<T>(&self, batch: Batch, number: impl FnOnce() -> T) -> (T, Load) {
        let mut waiting = self.write();
        waiting.add(batch);
        (number(), Load { unwritten: waiting.tail.waiting(), unsettled: waiting.bytes })
    }

    /// Brings everything that waits into the journal, durably.
    pub(crate) fn commit(&self) -> io::Result<()> {
        let mut writer = lock(&self.writer);
        let frames = self.write().tail.take();
        writer.write(&frames)?;
        drop(frames);
        // Let go outside the lock.
        let written = self.write().tail.written();
        drop(written);
        Ok(())
    }

    /// Has the engine get what it has not got. `durable` waits until everything applied before it is in the journal.
    pub(crate) fn settle(&self, durable: impl FnOnce() -> Result<(), StoreError>) -> Result<(), StoreError> {
        let mut settled = lock(&self.settled);
        let (going, place) = {
            let mut waiting = self.write();
            if !waiting.going.is_empty() {
                // It failed before.
                return Err(StoreError::SyncFailed);
            }
            waiting.going_bytes = mem::take(&mut waiting.bytes);
            waiting.going = Arc::new(mem::take(&mut waiting.index));
            (Arc::clone(&waiting.going), waiting.tail.next())
        };
        if going.is_empty() {
            return Ok(());
        }
        // Or the engine could know of a body that the journal has not.
        durable()?;
        let engine = StoreError::engine;
        self.disk.apply(&going).map_err(engine)?;
        crash::point("settle.applied");
        crash::fault("store.flush")?;
        self.disk.sync().map_err(engine)?;
        crash::point("settle.durable");
        self.disk.note(place).map_err(engine)?;
        self.disk.sync().map_err(engine)?;
        crash::point("settle.noted");
        *settled = place;
        // Whoever reads from here on finds it in the engine. After an error it stays, and the store is finished.
        let gone = {
            let mut waiting = self.write();
            waiting.going_bytes = 0;
            mem::take(&mut waiting.going)
        };
        drop((gone, going));
        Ok(())
    }

    /// Rough size of what the engine has not got.
    pub(crate) fn unsettled(&self) -> usize {
        let waiting = self.read();
        waiting.bytes + waiting.going_bytes
    }

    /// Reads a small body's place; none if there is no such body.
    pub(crate) fn span(&self, key: &[u8]) -> Result<Option<Span>, StoreError> {
        let Some(value) = self.get(key).map_err(StoreError::engine)? else { return Ok(None) };
        Span::from_value(&value).map(Some).ok_or(StoreError::Damaged { space: Space::BODIES.name() })
    }

    /// Reads up to `len` bytes of a small body from `from`.
    pub(crate) fn read_body(&self, key: &[u8], from: u64, len: usize) -> Result<Vec<u8>, BodyError> {
        let mut before = None;
        loop {
            let span = self.span(key)?.ok_or(BodyError::Missing)?;
            let from = from.min(u64::from(span.len));
            let len = len.min((u64::from(span.len) - from) as usize);
            if let Some(bytes) = self.read().tail.bytes(span) {
                return Ok(bytes[from as usize..][..len].to_vec());
            }
            match journal::read(&self.journal, span, from, len) {
                // It was moved since its place was looked up.
                Err(error) if error.kind() == io::ErrorKind::NotFound && before != Some(span) => before = Some(span),
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof) => {
                    return Err(StoreError::Damaged { space: Space::BODIES.name() }.into());
                }
                other => return Ok(other?),
            }
        }
    }

    /// Files of the journal of which nothing but bodies is needed any more, with their lengths; and how far the one after
    /// them is like that.
    pub(crate) fn old_segments(&self) -> io::Result<(BTreeMap<u64, u64>, Place)> {
        let settled = *lock(&self.settled);
        let mut segments = journal::segments(&self.journal)?;
        segments.retain(|segment, _| *segment < settled.segment);
        Ok((segments, settled))
    }

    /// Writes a body anew at the journal's end, unless it was removed meanwhile.
    pub(crate) fn move_body<T>(
        &self,
        key: &[u8],
        from: Span,
        bytes: &[u8],
        number: impl FnOnce() -> T,
    ) -> Result<Option<T>, StoreError> {
        let mut waiting = self.write();
        let now = match waiting.change(key) {
            Some(change) => change,
            None => self.disk.db.get(key).map_err(StoreError::engine)?,
        };
        if now.as_deref().and_then(Span::from_value) != Some(from) {
            return Ok(None);
        }
        let mut batch = Batch::new();
        batch.add(key.to_vec(), Item::Body(bytes));
        waiting.add(batch);
        Ok(Some(number()))
    }

    /// Removes a file of the journal in which nothing is in use.
    pub(crate) fn remove_segment(&self, segment: u64) -> io::Result<()> {
        std::fs::remove_file(journal::path(&self.journal, segment))
    }

    /// Where the journal lies.
    pub(crate) fn journal(&self) -> &Path {
        &self.journal
    }

    pub(crate) fn get(&self, key: &[u8]) -> sled::Result<Option<sled::IVec>> {
        {
            let waiting = self.read();
            if let Some(change) = waiting.change(key) {
                return Ok(change);
            }
        }
        // Not waiting a moment ago: the engine has what there was, or something newer by now.
        self.disk.db.get(key)
    }

    pub(crate) fn contains(&self, key: &[u8]) -> sled::Result<bool> {
        {
            let waiting = self.read();
            if let Some(change) = waiting.change(key) {
                return Ok(change.is_some());
            }
        }
        self.disk.db.contains_key(key)
    }

    /// Walks through the keys that begin with `prefix`, which is not empty.
    pub(crate) fn prefix(self: &Arc<Self>, prefix: &[u8]) -> Walk {
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
    pub(crate) fn range(self: &Arc<Self>, start: Bound<Vec<u8>>, end: Bound<Vec<u8>>) -> Walk {
        Walk { engine: Arc::clone(self), middle: Some((start, end)), front: None, back: None }
    }

    /// The first or last part of a range, with what is left of the range.
    fn part(&self, range: Range, from_front: bool) -> (Part, Option<Range>) {
        if is_empty(&range) {
            // Both maps and engine panic on such a range.
            return (Part::default(), None);
        }
        let (changes, edge) = {
            let waiting = self.read();
            let maps = [&*waiting.going, &waiting.index];
            let edges = maps.map(|map| {
                let mut keys = map.range(range.clone()).map(|(key, _)| key);
                if from_front { keys.nth(PART) } else { keys.nth_back(PART) }
            });
            let edges = edges.into_iter().flatten();
            let edge = if from_front { edges.min() } else { edges.max() }.cloned();
            let within = within(range.clone(), edge.clone(), from_front);
            let mut changes = Index::new();
            for map in maps {
                changes.extend(map.range(within.clone()).map(|(key, change)| (key.clone(), change.clone())));
            }
            (changes, edge)
        };
        let rest = edge.clone().map(|edge| match from_front {
            true => (Bound::Excluded(edge), range.1.clone()),
            false => (range.0.clone(), Bound::Excluded(edge)),
        });
        // Read after what waits: whatever left there meanwhile is found here.
        let iter = self.disk.db.range(within(range, edge, from_front));
        (Part { changes, iter: Some(iter), front: None, back: None }, rest)
    }

    /// The engine itself, which knows nothing of what waits.
    pub(crate) const fn db(&self) -> &sled::Db {
        &self.disk.db
    }

    fn read(&self) -> RwLockReadGuard<'_, Waiting> {
        // No code panics while it holds the lock with half a change made.
        self.waiting.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Waiting> {
        self.waiting.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn add(&mut self, batch: Batch) {
        for (key, change) in self.tail.add(batch.items, batch.changes) {
            self.bytes += OVERHEAD + key.len() + change.as_ref().map_or(0, |value| value.len());
            self.index.insert(key, change);
        }
    }

    /// What waits for a key; none if nothing does.
    fn change(&self, key: &[u8]) -> Option<Option<sled::IVec>> {
        self.index.get(key).or_else(|| self.going.get(key)).cloned()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whole after every statement; and where writing failed, the store is finished.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

type Range = (Bound<Vec<u8>>, Bound<Vec<u8>>);

fn is_empty(range: &Range) -> bool {
    match range {
        (Bound::Included(a), Bound::Included(b)) => a > b,
        (Bound::Included(a) | Bound::Excluded(a), Bound::Excluded(b) | Bound::Included(b)) => a >= b,
        _ => false,
    }
}

/// The side of a range up to an edge, which belongs to it; all of it without one.
fn within((start, end): Range, edge: Option<Vec<u8>>, from_front: bool) -> Range {
    match (edge, from_front) {
        (None, _) => (start, end),
        (Some(edge), true) => (start, Bound::Included(edge)),
        (Some(edge), false) => (Bound::Included(edge), end),
    }
}

/// The records of a range, in key order, from both ends.
///
/// What waits is copied a part at a time: whoever wants the first record of many pays for few.
pub(crate) struct Walk {
    engine: Arc<Engine>,
    /// What neither end has come to.
    middle: Option<Range>,
    front: Option<Part>,
    back: Option<Part>,
}

impl Walk {
    fn step(&mut self, from_front: bool) -> Option<sled::Result<Pair>> {
        loop {
            let near = if from_front { &mut self.front } else { &mut self.back };
            if let Some(found) = near.as_mut().and_then(|part| part.step(from_front)) {
                return Some(found);
            }
            match self.middle.take() {
                Some(range) => {
                    let (part, rest) = self.engine.part(range, from_front);
                    self.middle = rest;
                    *near = Some(part);
                }
                None => {
                    let far = if from_front { &mut self.back } else { &mut self.front };
                    return far.as_mut()?.step(from_front);
                }
            }
        }
    }
}

/// A part of a range: what waited when the walk came to it, and what the engine has.
#[derive(Default)]
struct Part {
    /// It counts before what the engine holds.
    changes: Index,
    iter: Option<sled::Iter>,
    /// What the engine has given from either end, and what is not yet its turn.
    front: Option<Pair>,
    back: Option<Pair>,
}

impl Part {
    /// The next of either end: the change or the engine's record, whichever comes first; of both, the change.
    fn step(&mut self, from_front: bool) -> Option<sled::Result<Pair>> {
        let iter = self.iter.as_mut()?;
        loop {
            let held = if from_front { &mut self.front } else { &mut self.back };
            if held.is_none() {
                let next = if from_front { iter.next() } else { iter.next_back() };
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

    fn engine() -> (tempfile::TempDir, Arc<Engine>) {
        let dir = tempfile::tempdir().unwrap();
        let (records, journal) = (dir.path().join("records"), dir.path().join("journal"));
        std::fs::create_dir(&journal).unwrap();
        drop(journal::begin(&journal, 1).unwrap());
        let db = sled::Config::new().path(&records).open().unwrap();
        let disk = Disk { db, log: File::open(records.join("db")).unwrap(), blobs: records.join("blobs") };
        let engine = Engine::new(disk, journal, Place { segment: 1, at: 0 }).unwrap();
        (dir, Arc::new(engine))
    }

    fn settle(engine: &Engine) {
        engine.settle(|| Ok(engine.commit()?)).unwrap();
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
    fn mixed(engine: &Arc<Engine>) {
        for key in [b"a", b"c", b"e", b"g"] {
            put(engine, key, Some(b"1"));
        }
        settle(engine);
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
            settle(&engine);
        }
        assert_eq!(all(engine.db().scan_prefix(SPACE.key(b""))), "a1 b2 c2 d2 f2 g1 ");
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
    fn parts_join_without_a_seam() {
        let (_dir, engine) = engine();
        let key = |number: usize| (number as u16).to_be_bytes();
        // Every third in the engine, every second waiting, every fifth removed.
        for number in (0..600).step_by(3) {
            put(&engine, &key(number), Some(b"old"));
        }
        settle(&engine);
        for number in (0..600).step_by(2) {
            put(&engine, &key(number), Some(b"new"));
        }
        for number in (0..600).step_by(5) {
            put(&engine, &key(number), None);
        }
        let wanted: Vec<(usize, &[u8])> = (0..600)
            .filter(|number| number % 5 != 0 && (number % 2 == 0 || number % 3 == 0))
            .map(|number| (number, if number % 2 == 0 { &b"new"[..] } else { b"old" }))
            .collect();
        for turns in [0_u64, u64::MAX, 0xaaaa_aaaa_aaaa_aaaa, 0xffff_0000_ffff_0000, 0x1234_5678_9abc_def0] {
            let mut walk = engine.prefix(&SPACE.key(b""));
            let (mut front, mut back) = (Vec::new(), Vec::new());
            for step in 0.. {
                let from_front = turns >> (step % 64) & 1 == 1;
                let found = if from_front { walk.next() } else { walk.next_back() };
                let Some(found) = found else { break };
                if from_front { &mut front } else { &mut back }.push(found.unwrap());
            }
            assert!(walk.next().is_none() && walk.next_back().is_none());
            front.extend(back.into_iter().rev());
            let seen: Vec<(usize, &[u8])> = front
                .iter()
                .map(|(key, value)| (usize::from(u16::from_be_bytes(key[1..].try_into().unwrap())), &value[1..]))
                .collect();
            assert_eq!(seen, wanted, "{turns:x}");
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
        settle(&engine);
        assert_eq!(&engine.db().get(SPACE.key(b"same")).unwrap().unwrap()[1..], [99]);
        assert_eq!(engine.db().scan_prefix(SPACE.key(b"k")).count(), 100);
    }

    #[test]
    fn readers_never_miss_a_record_that_is_on_its_way() {
        let (_dir, engine) = engine();
        let writer = Arc::clone(&engine);
        put(&engine, b"n", Some(&0_u32.to_be_bytes()));
        let thread = std::thread::spawn(move || {
            for number in 1..400_u32 {
                put(&writer, b"n", Some(&number.to_be_bytes()));
                if number % 4 == 0 {
                    settle(&writer);
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
