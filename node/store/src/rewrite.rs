//! Giving space back: the records are copied into a new engine beside the old one, which then takes its place.
//!
//! The engine's file never shrinks. The copy is durable and was read back before the switch, and the switch is two
//! renames, each durable before the next. So a power cut at any step leaves one engine that is whole, and [`settle`]
//! tells which by the names alone:
//!
//! | `records` | `records.new` | `records.old` | step | what counts |
//! |---|---|---|---|---|
//! | yes | | | before or after | `records` |
//! | yes | yes | | copying | `records`; the copy is removed |
//! | | yes | yes | between the renames | `records.new`, complete: it becomes `records` |
//! | yes | | yes | switched | `records`; the old one is removed once the new one is open |
//!
//! Bodies stay where they are: their names are in the records.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::batch::MAX_BATCH;
use crate::crash;
use crate::open::{self, OpenError, Options, damaged};
use crate::platform;
use crate::quiet::caught;
use crate::space::Space;

/// A log below this is left as it is.
const FLOOR: u64 = 64 << 20;
/// A log of which less than so much is in use is rewritten, in percent.
const SHARE: u64 = 40;
/// What the copy may need beyond twice the records: the engine begins with whole segments.
const SLACK: u64 = 64 << 20;
/// Bytes after which the copy is flushed, so that the engine can use its segments again.
const FLUSH: usize = 4 * MAX_BATCH;

/// Key of the bytes in use, as last counted.
const LIVE: &[u8] = b"live";
/// Key of the log's length after the last rewriting.
const LEFT: &[u8] = b"left";

const NEW: &str = "records.new";
const OLD: &str = "records.old";

/// What a store knows of its own size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filling {
    /// The engine's log.
    pub log: u64,
    /// Records in use, when they were last counted; none before the first count.
    pub live: Option<u64>,
    /// The log's length after the last rewriting; 0 before the first.
    pub left: u64,
}

impl Filling {
    /// Says whether rewriting is worth it: little of a log that is not small is in use, and the log has at least doubled
    /// since the last time, or copying would go on and on where it gains nothing.
    #[must_use]
    pub const fn is_due(&self) -> bool {
        match self.live {
            Some(live) => {
                FLOOR < self.log
                    && live.saturating_mul(100) < self.log.saturating_mul(SHARE)
                    && self.left.saturating_mul(2) < self.log
            }
            None => false,
        }
    }

    /// Says whether so many free bytes suffice for a copy.
    #[must_use]
    pub const fn fits(&self, free: u64) -> bool {
        match self.live {
            Some(live) => live.saturating_mul(2).saturating_add(SLACK) < free,
            None => false,
        }
    }
}

/// Reads what is known of an engine's filling. `get` reads a record.
pub(crate) fn filling(
    get: impl Fn(&[u8]) -> sled::Result<Option<sled::IVec>>,
    records: &Path,
) -> Result<Filling, OpenError> {
    let number = |key| -> Result<Option<u64>, OpenError> {
        let raw = get(&Space::STORE.key(key)).map_err(open::broken)?;
        Ok(raw.as_deref().and_then(|raw| raw.get(1..)?.try_into().ok()).map(u64::from_be_bytes))
    };
    let log = fs::metadata(records.join("db"))?.len();
    Ok(Filling { log, live: number(LIVE)?, left: number(LEFT)?.unwrap_or(0) })
}

/// Adds up what is in use, which reads every record; none if it is told to stop.
pub(crate) fn count(db: &sled::Db, go_on: impl Fn() -> bool) -> sled::Result<Option<u64>> {
    let mut sum = 0;
    for pair in db.iter() {
        let (key, value) = pair?;
        sum += (key.len() + value.len()) as u64;
        if !go_on() {
            return Ok(None);
        }
    }
    Ok(Some(sum))
}

/// The record that keeps a count.
pub(crate) fn counted(live: u64) -> (Vec<u8>, Vec<u8>) {
    (Space::STORE.key(LIVE), open::with_format(&live.to_be_bytes()))
}

/// What an earlier process left in the middle of rewriting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    Nothing,
    /// A copy was not finished: whatever stopped it may stop it again.
    Copy,
    /// The switch was done, and the old engine lies there still.
    Old,
}

/// Brings the names in order after an interruption; to be called before the engine is opened or made.
pub(crate) fn settle(live: &Path) -> Result<Left, OpenError> {
    let (records, new, old) = (live.join("records"), live.join(NEW), live.join(OLD));
    match (records.try_exists()?, new.try_exists()?, old.try_exists()?) {
        (_, false, false) => Ok(Left::Nothing),
        (true, true, _) => {
            fs::remove_dir_all(&new)?;
            platform::sync_dir(live)?;
            Ok(Left::Copy)
        }
        (true, false, true) => Ok(Left::Old),
        (false, true, true) => {
            fs::rename(&new, &records)?;
            platform::sync_dir(live)?;
            Ok(Left::Old)
        }
        (false, false, true) => {
            // Not by our steps; it is whole all the same.
            fs::rename(&old, &records)?;
            platform::sync_dir(live)?;
            Ok(Left::Nothing)
        }
        (false, true, false) => Err(damaged("only a copy of the records is there".to_owned())),
    }
}

/// Removes the old engine, once the new one was opened.
pub(crate) fn clear(live: &Path) -> io::Result<()> {
    let old = live.join(OLD);
    if old.try_exists()? {
        fs::remove_dir_all(old)?;
        platform::sync_dir(live)?;
        crash::point("rewrite.cleared");
    }
    Ok(())
}

/// Copies an engine's records and puts the copy in its place; the old engine stays beside it for [`clear`].
///
/// On an error before the switch everything is as it was, but for an unfinished copy that the next opening removes.
pub(crate) fn run(db: sled::Db, live: &Path, options: Options) -> Result<(), OpenError> {
    let (records, new, old) = (live.join("records"), live.join(NEW), live.join(OLD));
    platform::create_private_dir(&new)?;
    crash::point("rewrite.begun");
    let copied = {
        let copy = open::open_engine(&new, options)?;
        let copied = caught(|| copy_all(&db, &copy)).map_err(|_| stopped())??;
        drop(copy);
        open::await_end(&new.join("db"))?;
        copied
    };
    crash::point("rewrite.copied");
    let left = fs::metadata(new.join("db"))?.len();
    {
        // Read back from the files, as every later start will.
        let copy = open::open_engine(&new, options)?;
        let read = caught(|| digest(&copy)).map_err(|_| stopped())?.map_err(open::broken)?;
        if read != copied.digest {
            return Err(damaged("the copy differs from the records".to_owned()));
        }
        for (key, value) in [counted(copied.live), (Space::STORE.key(LEFT), open::with_format(&left.to_be_bytes()))] {
            copy.insert(key, value).map_err(open::broken)?;
        }
        copy.flush().map_err(open::broken)?;
        drop(copy);
        open::await_end(&new.join("db"))?;
    }
    sync_all(&new)?;
    platform::sync_dir(live)?;
    crash::point("rewrite.durable");
    drop(db);
    open::await_end(&records.join("db"))?;
    fs::rename(&records, &old)?;
    platform::sync_dir(live)?;
    crash::point("rewrite.aside");
    fs::rename(&new, &records)?;
    platform::sync_dir(live)?;
    crash::point("rewrite.switched");
    Ok(())
}

struct Copied {
    digest: [u8; 32],
    live: u64,
}

fn copy_all(from: &sled::Db, to: &sled::Db) -> Result<Copied, OpenError> {
    let (mut batch, mut bytes, mut unflushed) = (sled::Batch::default(), 0, 0);
    let (mut hash, mut live) = (Sha256::new(), 0);
    for pair in from.iter() {
        let (key, value) = pair.map_err(open::broken)?;
        if is_own(&key) {
            continue;
        }
        absorb(&mut hash, &key, &value);
        let length = key.len() + value.len();
        live += length as u64;
        if MAX_BATCH < bytes + length {
            to.apply_batch(std::mem::take(&mut batch)).map_err(open::broken)?;
            unflushed += bytes;
            bytes = 0;
            if FLUSH < unflushed {
                to.flush().map_err(open::broken)?;
                unflushed = 0;
            }
        }
        bytes += length;
        batch.insert(key, value);
    }
    to.apply_batch(batch).map_err(open::broken)?;
    to.flush().map_err(open::broken)?;
    Ok(Copied { digest: hash.finalize().into(), live })
}

fn digest(db: &sled::Db) -> sled::Result<[u8; 32]> {
    let mut hash = Sha256::new();
    for pair in db.iter() {
        let (key, value) = pair?;
        if !is_own(&key) {
            absorb(&mut hash, &key, &value);
        }
    }
    Ok(hash.finalize().into())
}

/// Figures about the engine itself, which the copy has of its own.
fn is_own(key: &[u8]) -> bool {
    [LIVE, LEFT].iter().any(|own| Space::STORE.key(own) == key)
}

fn absorb(hash: &mut Sha256, key: &[u8], value: &[u8]) {
    for part in [key, value] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
}

/// Syncs every file of an engine, and its directories.
fn sync_all(dir: &Path) -> io::Result<()> {
    let entries: Vec<PathBuf> = fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    for path in entries {
        if path.is_dir() { sync_all(&path)? } else { open::sync_file(&path)? }
    }
    platform::sync_dir(dir)
}

fn stopped() -> OpenError {
    damaged("the storage engine stopped while copying".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Batch;
    use crate::bodies::BodyId;
    use crate::store::Store;

    const MIB: u64 = 1 << 20;

    #[test]
    fn rewriting_is_due_when_little_of_a_large_log_is_in_use() {
        let is_due = |log, live, left| Filling { log: log * MIB, live, left: left * MIB }.is_due();
        assert!(is_due(500, Some(50 * MIB), 0));
        assert!(is_due(100, Some(40 * MIB - 1), 0));
        assert!(!is_due(100, Some(40 * MIB), 0), "at 40 %");
        assert!(!is_due(64, Some(MIB), 0), "at the floor");
        assert!(is_due(65, Some(MIB), 0));
        assert!(!is_due(500, None, 0), "nothing was counted");
        // Where the last time gained little, not at each start.
        assert!(!is_due(200, Some(50 * MIB), 100));
        assert!(is_due(201, Some(50 * MIB), 100));
        assert!(!is_due(u64::MAX / MIB, Some(u64::MAX), 0));
    }

    #[test]
    fn a_copy_needs_room() {
        let filling = Filling { log: 500 * MIB, live: Some(50 * MIB), left: 0 };
        assert!(filling.fits(165 * MIB) && !filling.fits(164 * MIB));
        assert!(!Filling { live: None, ..filling }.fits(u64::MAX));
    }

    #[test]
    fn names_tell_which_engine_counts() {
        let cases = [
            (&["records"][..], Left::Nothing, &["records"][..]),
            (&[], Left::Nothing, &[]),
            (&["records", NEW], Left::Copy, &["records"]),
            (&["records", OLD], Left::Old, &["records", OLD]),
            (&[NEW, OLD], Left::Old, &["records=new", OLD]),
            (&[OLD], Left::Nothing, &["records=old"]),
        ];
        for (there, left, after) in cases {
            let dir = tempfile::tempdir().unwrap();
            for name in there {
                fs::create_dir(dir.path().join(name)).unwrap();
                fs::write(dir.path().join(name).join("db"), name.trim_start_matches("records.")).unwrap();
            }
            assert_eq!(settle(dir.path()).unwrap(), left, "{there:?}");
            let mut names: Vec<String> = fs::read_dir(dir.path())
                .unwrap()
                .map(|entry| entry.unwrap())
                .map(|entry| {
                    let name = entry.file_name().into_string().unwrap();
                    let inside = fs::read_to_string(entry.path().join("db")).unwrap();
                    if name == "records" && inside != name { format!("{name}={inside}") } else { name }
                })
                .collect();
            names.sort();
            let mut after = after.to_vec();
            after.sort_unstable();
            assert_eq!(names, after, "{there:?}");
        }
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join(NEW)).unwrap();
        assert!(matches!(settle(dir.path()), Err(OpenError::Damaged { .. })));
    }

    const SPACE: Space = Space::new(16, "test");
    const KEPT: u32 = 300;
    const DIR: &str = "MUSUBI_TEST_REWRITTEN_DIR";

    fn value(number: u32) -> Vec<u8> {
        (0..9_000_u32).map(|at| (at.wrapping_mul(2_654_435_761 ^ number) >> 13) as u8).collect()
    }

    /// A store of more than the floor, of which little is in use, counted. It stays so when it is opened: an engine cuts
    /// off what is free at its log's end then, which is more or less as its threads went.
    fn make(dir: &Path) -> BodyId {
        loop {
            let body = filled(dir);
            let store = Store::open(dir, Options::default()).unwrap();
            store.count(|| true).unwrap();
            let filling = store.filling().unwrap();
            if filling.is_due() && FLOOR + 8 * MIB < filling.log {
                return body;
            }
            drop(store);
            fs::remove_dir_all(dir).unwrap();
        }
    }

    fn filled(dir: &Path) -> BodyId {
        let store = Store::open(dir, Options::default()).unwrap();
        for number in 0..KEPT {
            let mut batch = Batch::new();
            batch.put(SPACE, &number.to_be_bytes(), 1, &value(number)).unwrap();
            let _ = store.apply(batch).unwrap();
        }
        // The engine uses its segments again, so only what is in use at one time makes its log long.
        let mut end = KEPT;
        while store.filling().unwrap().log < FLOOR + 32 * MIB {
            let mut batch = Batch::new();
            for number in end..end + 300 {
                batch.put(SPACE, &number.to_be_bytes(), 1, &value(number)).unwrap();
            }
            end += 300;
            store.commit_blocking(batch).unwrap();
        }
        for from in (KEPT..end).step_by(300) {
            let mut batch = Batch::new();
            for number in from..from + 300 {
                batch.remove(SPACE, &number.to_be_bytes()).unwrap();
            }
            store.commit_blocking(batch).unwrap();
        }
        let body = store.bodies().create().unwrap();
        store.bodies().append(body, 0, b"in a file").unwrap();
        store.bodies().sync(body).unwrap();
        body
    }

    fn check(store: &Store, body: BodyId) {
        for number in 0..KEPT {
            assert_eq!(store.get(SPACE, &number.to_be_bytes()).unwrap().expect("a record").bytes(), value(number));
        }
        assert_eq!(store.prefix(SPACE, b"").count(), KEPT as usize);
        assert_eq!(store.bodies().read(body, 0, 100).unwrap(), b"in a file");
    }

    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let to = to.join(path.file_name().unwrap());
            if path.is_dir() { copy(&path, &to) } else { fs::copy(&path, to).map(drop).unwrap() }
        }
    }

    /// Opens and tidies up in a process of its own; an ordinary test unless that is asked for.
    #[test]
    fn tidying() {
        let Some(dir) = std::env::var_os(DIR) else { return };
        // Shown where the test that asked for it fails: whether it was tried at all.
        let store =
            Store::open_tidied(Path::new(&dir), Options::default(), |filling| println!("due: {filling:?}")).unwrap();
        println!("after: {:?}", store.filling());
    }

    #[test]
    fn killed_at_any_step_one_engine_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let good = dir.path().join("good");
        let body = make(&good);
        let points = [
            "rewrite.begun",
            "rewrite.copied",
            "rewrite.durable",
            "rewrite.aside",
            "rewrite.switched",
            "rewrite.cleared",
            "never",
        ];
        for point in points {
            let case = dir.path().join(point);
            copy(&good, &case);
            let output = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "rewrite::tests::tidying", "--nocapture"])
                .env(DIR, &case)
                .env("MUSUBI_CRASH_AT", point)
                .output()
                .unwrap();
            assert_eq!(output.status.success(), point == "never", "{point}: {output:?}");
            let before = ["rewrite.begun", "rewrite.copied", "rewrite.durable"].contains(&point);
            let store = Store::open(&case, Options::default()).unwrap();
            check(&store, body);
            assert_eq!(store.filling().unwrap().log > FLOOR, before, "{point}: {:?}", store.filling());
            let names = fs::read_dir(case.join("live")).unwrap().count();
            assert_eq!(names, 4, "{point}: something is left behind");
            drop(store);
            // The next start with room for it finishes what this one left.
            let mut told = 0;
            let store = Store::open_tidied(&case, Options::default(), |_| told += 1).unwrap();
            check(&store, body);
            assert_eq!(told, u32::from(before), "{point}");
            assert!(store.filling().unwrap().log < FLOOR && !store.filling().unwrap().is_due());
            fs::remove_dir_all(case).unwrap();
        }
    }

    #[test]
    fn a_copy_that_did_not_come_to_an_end_is_not_tried_at_the_next_start() {
        let dir = tempfile::tempdir().unwrap();
        let body = make(dir.path());
        fs::create_dir(dir.path().join("live").join(NEW)).unwrap();
        for told in [false, true] {
            let mut heard = false;
            let store = Store::open_tidied(dir.path(), Options::default(), |_| heard = true).unwrap();
            assert_eq!(heard, told);
            check(&store, body);
        }
    }
}
