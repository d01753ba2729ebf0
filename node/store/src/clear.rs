//! Erasing from the journal what the engine has: a key that was destroyed there shall not lie here for years, among bodies
//! that are still in use.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use crate::batch::{MAX_KEY, MAX_VALUE};
use crate::bodies::SMALL;
use crate::crash;
use crate::journal::{self, HEADER, Item, MAGIC, Place, Written};

/// Stands at the beginning of a file in which there is nothing left to erase. No frame begins like that, so that such a
/// file is never taken for one that can be replayed.
const CLEARED: [u8; 4] = [MAGIC[0], MAGIC[1], MAGIC[2], 0xff];

/// Overwrites the values of records with zeros, durably: in all of a file, or up to `until` in one that is still being
/// written. Keys and bodies stay, each in its place. Nothing of it may be needed for a replay any more.
///
/// # Errors
/// Those of the file system; `InvalidData` if a frame makes no sense: then nothing of it was overwritten, and nothing after
/// it.
pub(crate) fn clear(dir: &Path, segment: u64, until: Option<u64>) -> io::Result<()> {
    let path = journal::path(dir, segment);
    let mut from = BufReader::new(File::open(&path)?);
    let end = match until {
        Some(until) => until,
        None => from.get_ref().metadata()?.len(),
    };
    if end == 0 {
        return Ok(());
    }
    let mut begin = [0; CLEARED.len()];
    from.read_exact(&mut begin)?;
    if begin == CLEARED {
        return Ok(());
    }
    from.rewind()?;
    let mut file = OpenOptions::new().write(true).open(&path)?;
    let mut place = Place { segment, at: 0 };
    let (mut header, mut items) = ([0; HEADER], Vec::new());
    while place.at < end {
        from.read_exact(&mut header)?;
        let (said, _) = journal::read_header(place, &header).ok_or(ErrorKind::InvalidData)?;
        items.resize(said.len, 0);
        from.read_exact(&mut items)?;
        for value in values(&items).ok_or(ErrorKind::InvalidData)? {
            if items[value.clone()].iter().any(|byte| *byte != 0) {
                file.seek(SeekFrom::Start(place.at + (HEADER + value.start) as u64))?;
                file.write_all(&vec![0; value.len()])?;
            }
        }
        place.at += (HEADER + items.len()) as u64;
    }
    file.sync_data()?;
    crash::point("journal.cleared");
    if until.is_none() {
        // Only what is erased durably is said to be.
        file.rewind()?;
        file.write_all(&CLEARED)?;
        file.sync_data()?;
    }
    Ok(())
}

/// Where the values of records stand among the items of a frame; none if that is not certain. The frame's sum says nothing
/// here: erasing may have been cut off. A damaged length would have a body overwritten, so all of it must make sense first.
fn values(items: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut values = Vec::new();
    for found in journal::walk(items) {
        let Written { key, item, at } = found?;
        let most = match item {
            Item::Remove => 0,
            Item::Record(_) => MAX_VALUE,
            Item::Body(_) => SMALL,
        };
        let len = item.bytes().len();
        // The space's number stands before the key.
        if most < len || 1 + MAX_KEY < key.len() {
            return None;
        }
        if matches!(item, Item::Record(_)) {
            values.push(at..at + len);
        }
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::batch::Batch;
    use crate::open::Options;
    use crate::space::Space;
    use crate::store::Store;

    const SPACE: Space = Space::new(16, "test");
    /// As a key that is destroyed.
    const SECRET: &[u8] = b"the sealing key of last month";

    fn holds(dir: &Path, segment: u64) -> bool {
        let bytes = fs::read(journal::path(&dir.join("live/journal"), segment)).unwrap();
        memchr::memmem::find(&bytes, SECRET).is_some()
    }

    fn batch(number: u32, value: &[u8]) -> Batch {
        let mut batch = Batch::new();
        batch.put(SPACE, &number.to_be_bytes(), 1, value).unwrap();
        batch
    }

    #[test]
    fn what_the_engine_has_is_erased_and_bodies_stay() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Options::default()).unwrap();
        let mut ids = Vec::new();
        for number in 0..50_u32 {
            let mut batch = batch(number, SECRET);
            ids.push(store.bodies().put(&mut batch, &vec![number as u8; 1 << 20]).unwrap());
            store.commit_blocking(batch).unwrap();
        }
        let mut gone = Batch::new();
        gone.remove(SPACE, &7_u32.to_be_bytes()).unwrap();
        store.commit_blocking(gone).unwrap();
        assert!(holds(dir.path(), 1) && holds(dir.path(), 2));
        // The engine has got nothing yet, and would be lost with it.
        store.reclaim(|| true).unwrap();
        assert!(holds(dir.path(), 1) && holds(dir.path(), 2));

        store.count(|| true).unwrap();
        store.commit_blocking(batch(99, b"later")).unwrap();
        store.reclaim(|| true).unwrap();
        let check = |store: &Store| {
            assert!(!holds(dir.path(), 1) && !holds(dir.path(), 2));
            for number in 0..50_u32 {
                let found = store.get(SPACE, &number.to_be_bytes()).unwrap();
                assert_eq!(found.is_some_and(|value| value.bytes() == SECRET), number != 7, "{number}");
                let body = store.bodies().read(ids[number as usize], 0, usize::MAX).unwrap();
                assert!(body == vec![number as u8; 1 << 20], "{number}");
            }
            assert_eq!(store.get(SPACE, &99_u32.to_be_bytes()).unwrap().unwrap().bytes(), b"later");
        };
        check(&store);
        // The second time there is nothing to do in the old file.
        let before = fs::read(journal::path(&dir.path().join("live/journal"), 1)).unwrap();
        assert!(before.starts_with(&CLEARED));
        store.reclaim(|| true).unwrap();
        assert!(before == fs::read(journal::path(&dir.path().join("live/journal"), 1)).unwrap());
        drop(store);
        check(&Store::open(dir.path(), Options::default()).unwrap());
    }

    #[test]
    fn erasing_that_was_cut_off_is_done_again() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Options::default()).unwrap();
        for number in 0..3 {
            store.commit_blocking(batch(number, SECRET)).unwrap();
        }
        drop(store);
        // Which cuts off what was written ahead.
        drop(Store::open(dir.path(), Options::default()).unwrap());
        let journal = dir.path().join("live/journal");
        let path = journal::path(&journal, 1);
        let whole = fs::read(&path).unwrap();
        clear(&journal, 1, Some(whole.len() as u64)).unwrap();
        let cleared = fs::read(&path).unwrap();
        assert_eq!(whole.len(), cleared.len());
        for cut in 0..whole.len() {
            fs::write(&path, [&cleared[..cut], &whole[cut..]].concat()).unwrap();
            clear(&journal, 1, Some(whole.len() as u64)).unwrap();
            assert!(cleared == fs::read(&path).unwrap(), "{cut}");
        }
    }

    #[test]
    fn the_largest_of_all_is_erased_like_the_rest() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Options::default()).unwrap();
        let value: Vec<u8> = SECRET.iter().copied().cycle().take(MAX_VALUE - 1).collect();
        let mut batch = Batch::new();
        batch.put(SPACE, &[7; MAX_KEY], 1, &value).unwrap();
        store.bodies().put(&mut batch, &vec![7; SMALL]).unwrap();
        store.commit_blocking(batch).unwrap();
        store.count(|| true).unwrap();
        store.reclaim(|| true).unwrap();
        assert!(!holds(dir.path(), 1));
        assert!(store.get(SPACE, &[7; MAX_KEY]).unwrap().unwrap().bytes() == value);
    }

    #[test]
    fn a_flipped_bit_costs_no_body() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place { segment: 1, at: 0 };
        let body = vec![3; 70_000];
        let mut items = Vec::new();
        for (key, item) in [
            (&b"first"[..], Item::Record(SECRET)),
            (b"second", Item::Body(&body)),
            (b"third", Item::Remove),
            (b"fourth", Item::Record(SECRET)),
        ] {
            let _change = journal::add(&mut items, key, item);
        }
        let frame = journal::frame(place, items);
        let path = journal::path(dir.path(), 1);
        let at = memchr::memmem::find(&frame, &body).unwrap();
        let outside = (0..frame.len()).filter(|byte| !(at..at + body.len()).contains(byte));
        for (byte, bit) in outside.flat_map(|byte| (0..8).map(move |bit| (byte, bit))) {
            let mut flipped = frame.clone();
            flipped[byte] ^= 1 << bit;
            fs::write(&path, &flipped).unwrap();
            match clear(dir.path(), 1, Some(flipped.len() as u64)) {
                Ok(()) => {}
                Err(error) => {
                    assert!(matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof), "{error}");
                    assert!(flipped == fs::read(&path).unwrap(), "{byte} {bit}");
                }
            }
            assert!(fs::read(&path).unwrap()[at..at + body.len()] == body, "{byte} {bit}");
        }
    }
}
