//! Opening a store: who else has it, whether we can read it, what to do when it is damaged.
//!
//! ```text
//! DIR/lock            held while the store is open
//! DIR/live/format     this module's format number, written when the records are known to be durable
//! DIR/live/records/   the engine
//! DIR/live/journal/   what the engine has not got yet, and bodies up to 1 MiB
//! DIR/live/bodies/    bodies over 1 MiB
//! DIR.damaged-../     a former `live`, set aside
//! ```

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::crash;
use crate::engine::Disk;
use crate::journal::{self, Place};
use crate::platform;
use crate::quiet::caught;
use crate::rewrite::{self, Filling, Left};
use crate::room::RESERVE;
use crate::space::Space;

/// What this version writes; a store of a higher number is refused, a lower one would be migrated here.
pub(crate) const FORMAT: u32 = 2;
/// Fixed when a store is created. With values of at most 64 KiB it keeps every page out of the engine's unsynced
/// side files.
const SEGMENT: usize = 8 << 20;
/// How long a former engine of this process may take to let go of its file.
const RELEASE: Duration = Duration::from_secs(10);

/// How to open a store.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Memory for pages read or changed recently; 8 to 16 MiB serves an office.
    pub cache_bytes: u64,
    /// Free space below which no new mail is taken.
    pub reserve_bytes: u64,
    /// Bytes of records that gather in memory, durable in the journal, before the engine gets them when the node is at
    /// rest; three times as much if it is not, and up to six times where the engine is slow.
    pub settle_bytes: usize,
    /// Whether a store is made where there is none.
    pub create: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { cache_bytes: 8 << 20, reserve_bytes: RESERVE, settle_bytes: 8 << 20, create: true }
    }
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process, or another part of this one, has it open.
    #[error("the store is in use")]
    InUse,
    /// There is none, and none was to be made.
    #[error("there is no store")]
    Missing,
    /// It cannot be read. Nothing was deleted; [`set_aside`](crate::set_aside) makes room for a new one.
    #[error("the store is damaged: {what}")]
    Damaged {
        /// What was found, for the log.
        what: String,
    },
    /// A newer version of the program wrote it.
    #[error("the store has format {found}, this program knows {FORMAT}")]
    TooNew {
        /// The number found.
        found: u32,
    },
    /// The file system refused.
    #[error("the store could not be opened")]
    Io(#[from] io::Error),
}

/// How long opening waits for who is only looking, or for a process that was just started from ours and still holds
/// copies of our files, and how often it tries.
const PATIENCE: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(10);

/// The parts of an open store, in the order in which they must be let go.
pub(crate) struct Opened {
    pub(crate) disk: Disk,
    pub(crate) journal: PathBuf,
    /// Where the journal goes on.
    pub(crate) next: Place,
    pub(crate) bodies: PathBuf,
    pub(crate) lock: File,
}

/// Opens or creates the store in `dir`; everything found or written is durable on return. With `tidying` the records are
/// rewritten first if that is due, which is told to it before it begins.
pub(crate) fn open(dir: &Path, options: Options, tidying: Option<Tidying<'_>>) -> Result<Opened, OpenError> {
    let live = dir.join("live");
    if !options.create && !live.try_exists()? {
        return Err(OpenError::Missing);
    }
    platform::create_private_dir(dir)?;
    let lock = lock(dir)?;
    open_locked(dir, &live, options, lock, tidying).map_err(|error| match error {
        // A disk that does not answer is not a damaged store.
        OpenError::Damaged { .. } => read_all(&live).map_or_else(OpenError::Io, |()| error),
        other => other,
    })
}

/// What is told before the records are rewritten.
pub(crate) type Tidying<'a> = &'a mut dyn FnMut(Filling);

fn open_locked(
    dir: &Path,
    live: &Path,
    options: Options,
    lock: File,
    tidying: Option<Tidying<'_>>,
) -> Result<Opened, OpenError> {
    let (records, journal, bodies) = (live.join("records"), live.join("journal"), live.join("bodies"));
    // First: what a newer version left behind is not ours to put in order.
    let marker = read_marker(live)?;
    let left = rewrite::settle(live)?;
    if !records.join("db").try_exists()? {
        // The engine would begin anew.
        if marker {
            return Err(damaged("the records are missing".to_owned()));
        }
        if !options.create {
            return Err(OpenError::Missing);
        }
    }
    if marker && !journal.try_exists()? {
        return Err(damaged("the journal is missing".to_owned()));
    }
    for path in [live, &records, &journal, &bodies] {
        platform::create_private_dir(path)?;
    }
    let mut db = open_engine(&records, options)?;
    check_format(&db, marker)?;
    if left == Left::Old {
        rewrite::clear(live)?;
    }
    if let Some(tidying) = tidying {
        db = tidied(db, dir, live, options, left, tidying)?;
    }
    let log = OpenOptions::new().read(true).write(true).open(records.join("db"))?;
    let disk = Disk { db, log, blobs: records.join("blobs") };
    let next = replayed(&disk, &journal, marker)?;
    disk.log.sync_all()?;
    if !marker {
        sync_file(&records.join("conf"))?;
        platform::sync_dir(&records)?;
        write_marker(live)?;
        for path in [live, dir] {
            platform::sync_dir(path)?;
        }
    }
    Ok(Opened { disk, journal, next, bodies, lock })
}

/// Has the engine get what the journal made durable before the last process ended; gives where the journal goes on. All
/// of it is durable on return.
fn replayed(disk: &Disk, journal: &Path, marker: bool) -> Result<Place, OpenError> {
    let Some(from) = disk.settled().map_err(broken)? else {
        if marker {
            return Err(damaged("the records do not know of the journal".to_owned()));
        }
        // Of a beginning that was cut off, in which nothing was written yet.
        for (segment, len) in journal::segments(journal)? {
            if len > 0 {
                return Err(damaged("the records do not know of the journal".to_owned()));
            }
            fs::remove_file(journal::path(journal, segment))?;
        }
        let first = Place { segment: 1, at: 0 };
        drop(journal::begin(journal, first.segment)?);
        disk.note(first).map_err(broken)?;
        disk.sync().map_err(broken)?;
        return Ok(first);
    };
    let (changes, end) = journal::replay(journal, from)?;
    // What is behind it was never promised. What is before it may be on its way to the disk still.
    let last = OpenOptions::new().write(true).open(journal::path(journal, end.segment))?;
    last.set_len(end.at)?;
    last.sync_all()?;
    if end != from {
        tracing::info!(changes = changes.len(), "taking over what was written last");
        disk.apply(&changes).map_err(broken)?;
        crash::point("settle.applied");
        disk.sync().map_err(broken)?;
        disk.note(end).map_err(broken)?;
    }
    disk.sync().map_err(broken)?;
    Ok(end)
}

fn check_format(db: &sled::Db, marker: bool) -> Result<(), OpenError> {
    match stored_format(db)? {
        Some(FORMAT) => Ok(()),
        Some(found) if FORMAT < found => Err(OpenError::TooNew { found }),
        Some(found) => Err(damaged(format!("unknown format {found}"))),
        // The marker is written last: with it the engine held records once, and has lost them.
        None if marker || !db.is_empty() => Err(damaged("the records lost their format number".to_owned())),
        None => {
            db.insert(Space::STORE.key(b"format"), with_format(&FORMAT.to_be_bytes())).map_err(broken)?;
            Ok(())
        }
    }
}

/// Rewrites the records if that is due and there is room; if it does not come to an end, all stays as it was.
fn tidied(
    db: sled::Db,
    dir: &Path,
    live: &Path,
    options: Options,
    left: Left,
    tidying: Tidying<'_>,
) -> Result<sled::Db, OpenError> {
    let records = live.join("records");
    let filling = rewrite::filling(|key| db.get(key), &records)?;
    if !filling.is_due() {
        return Ok(db);
    }
    if left == Left::Copy {
        // Whatever ended it may do so again: a node must come to start. The next time it is tried once more.
        tracing::warn!("tidying up did not come to an end the last time and is left out this time");
        return Ok(db);
    }
    if !filling.fits(platform::free_bytes(dir)?) {
        tracing::warn!("the store would shrink if it were rewritten, and there is no room to do so");
        return Ok(db);
    }
    tidying(filling);
    tracing::info!(log = filling.log, live = filling.live, "rewriting the store");
    let rewritten = rewrite::run(db, live, options);
    if let Err(error) = &rewritten {
        tracing::warn!(%error, "the store could not be rewritten");
    }
    let db = match open_again(live, &records, options) {
        Ok(db) => db,
        // An engine that was refused while copying opens nothing any more in this process. The next one leaves tidying
        // up out, for the copy lies there.
        Err(_) if rewritten.is_err() => {
            return Err(OpenError::Io(io::Error::other("tidying up did not come to an end")));
        }
        Err(error) => return Err(error),
    };
    rewrite::settle(live)?;
    check_format(&db, true)?;
    rewrite::clear(live)?;
    tracing::info!(log = rewrite::filling(|key| db.get(key), &records)?.log, "the store was rewritten");
    Ok(db)
}

/// Opens the engine that counts after an attempt to rewrite; an unfinished copy stays.
fn open_again(live: &Path, records: &Path, options: Options) -> Result<sled::Db, OpenError> {
    if !records.try_exists()? {
        rewrite::settle(live)?;
    }
    open_engine(records, options)
}

/// Reads every file, to tell damage from a disk that does not answer.
fn read_all(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            read_all(&path)?;
        } else {
            io::copy(&mut File::open(path)?, &mut io::sink())?;
        }
    }
    Ok(())
}

/// Syncs every file of a directory, and the directory if there was one.
pub(crate) fn sync_files(dir: &Path) -> io::Result<()> {
    let mut any = false;
    for entry in fs::read_dir(dir)? {
        any = true;
        match sync_file(&entry?.path()) {
            // The engine removes such files by itself.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other?,
        }
    }
    if any { platform::sync_dir(dir) } else { Ok(()) }
}

pub(crate) fn sync_file(path: &Path) -> io::Result<()> {
    // Windows flushes only handles that may write.
    OpenOptions::new().write(true).open(path)?.sync_all()
}

pub(crate) fn lock(dir: &Path) -> Result<File, OpenError> {
    let file = platform::open_private(&dir.join("lock"))?;
    let mut patience = PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            // Whoever only looks (`is_open`) is gone in a moment.
            Err(TryLockError::WouldBlock) if !patience.is_zero() => {
                thread::sleep(LOOK);
                patience = patience.saturating_sub(LOOK);
            }
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
}

/// Tells whether a process has the store in `dir` open at this moment.
///
/// # Errors
/// Those of the file system; a directory without a store is not open.
pub fn is_open(dir: &Path) -> io::Result<bool> {
    let file = match OpenOptions::new().read(true).open(dir.join("lock")) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    match file.try_lock_shared() {
        // Let go with the file.
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn read_marker(live: &Path) -> Result<bool, OpenError> {
    let text = match fs::read_to_string(live.join("format")) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => String::new(),
        Err(error) => return Err(error.into()),
    };
    match text.trim_end().parse() {
        Ok(FORMAT) => Ok(true),
        Ok(found) if FORMAT < found => Err(OpenError::TooNew { found }),
        // Cut off while it was written: the number among the records decides.
        _ => Ok(false),
    }
}

fn write_marker(live: &Path) -> io::Result<()> {
    let mut file = platform::open_private(&live.join("format"))?;
    file.set_len(0)?;
    file.write_all(format!("{FORMAT}\n").as_bytes())?;
    file.sync_all()
}

fn stored_format(db: &sled::Db) -> Result<Option<u32>, OpenError> {
    let Some(raw) = db.get(Space::STORE.key(b"format")).map_err(broken)? else { return Ok(None) };
    match raw.get(1..).and_then(|bytes| bytes.try_into().ok()) {
        Some(bytes) => Ok(Some(u32::from_be_bytes(bytes))),
        None => Err(damaged("the format number cannot be read".to_owned())),
    }
}

/// Values of the store itself carry a format number like all others; theirs is 1.
pub(crate) fn with_format(bytes: &[u8]) -> Vec<u8> {
    [&[1], bytes].concat()
}

pub(crate) fn open_engine(records: &Path, options: Options) -> Result<sled::Db, OpenError> {
    let config = sled::Config::new()
        .path(records)
        .segment_size(SEGMENT)
        .cache_capacity(options.cache_bytes)
        .flush_every_ms(None);
    let until = Instant::now() + RELEASE;
    loop {
        match start_engine(&config) {
            Ok(db) => return Ok(db),
            // Again without what stood in the way: the engine has its lock when it tells of damage, so nobody else is
            // writing there.
            Err(Start::Failed(OpenError::Damaged { .. })) if drop_unfinished(records)? => {}
            Err(Start::Failed(error)) => return Err(error),
            // Ends with the time limit. Once is not always enough: a process that is being started holds every lock of
            // this one for a moment.
            Err(Start::Locked) => await_release(&records.join("db"), until)?,
        }
    }
}

/// Removes a snapshot that was never finished; tells whether there was one.
///
/// The engine writes one each time that it opens, under a name that it later takes for its newest snapshot: a full
/// disk, a kill or a power cut in that moment would be damage for ever. The log and the snapshot before hold all of it.
fn drop_unfinished(records: &Path) -> io::Result<bool> {
    let mut dropped = false;
    for entry in fs::read_dir(records)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| name.starts_with("snap.") && name.ends_with(".generating")) {
            tracing::warn!("a snapshot of the records was never finished; it is removed");
            fs::remove_file(entry.path())?;
            dropped = true;
        }
    }
    Ok(dropped)
}

enum Start {
    Locked,
    Failed(OpenError),
}

fn start_engine(config: &sled::Config) -> Result<sled::Db, Start> {
    // On many kinds of damage the engine panics instead of returning an error.
    match caught(|| config.open()) {
        Ok(Ok(db)) => Ok(db),
        Ok(Err(error)) if error.to_string().contains("could not acquire lock") => Err(Start::Locked),
        Ok(Err(error)) => Err(Start::Failed(broken(error))),
        Err(_) => Err(Start::Failed(damaged("the storage engine stopped while reading it".to_owned()))),
    }
}

/// Waits until an engine that was dropped has let go of its file.
pub(crate) fn await_end(db: &Path) -> Result<(), OpenError> {
    await_release(db, Instant::now() + RELEASE)
}

/// Waits until nobody holds the engine's file; [`OpenError::InUse`] if it is held at `until` still.
///
/// We hold `DIR/lock`, so it can only be an engine of this process whose last background write is still running. Our
/// own lock of the file is granted the moment the engine lets go; nothing polls.
fn await_release(db: &Path, until: Instant) -> Result<(), OpenError> {
    let file = OpenOptions::new().read(true).write(true).open(db)?;
    let (done, released) = mpsc::channel();
    thread::Builder::new().name("musubi-unlock".to_owned()).spawn(move || {
        // Let go before the word, or the engine would find our own lock; and by unlocking, for a process that is just
        // being started from this one holds a copy of the file.
        let locked = file.lock().and_then(|()| file.unlock());
        // After the time limit nobody listens any more.
        let _ = done.send(locked);
    })?;
    match released.recv_timeout(until.saturating_duration_since(Instant::now())) {
        Ok(result) => Ok(result?),
        Err(_) => Err(OpenError::InUse),
    }
}

/// Tells what the engine could not read from what the file system refused.
pub(crate) fn broken(error: sled::Error) -> OpenError {
    use io::ErrorKind as Kind;
    match error {
        sled::Error::Io(error) => match error.kind() {
            Kind::UnexpectedEof | Kind::InvalidData | Kind::InvalidInput | Kind::Other => damaged(error.to_string()),
            _ => OpenError::Io(error),
        },
        other => damaged(other.to_string()),
    }
}

pub(crate) fn damaged(what: String) -> OpenError {
    OpenError::Damaged { what }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_that_was_never_finished_is_no_damage() {
        let dir = tempfile::tempdir().unwrap();
        let records = dir.path().join("records");
        fs::create_dir(&records).unwrap();
        let open = || open_engine(&records, Options::default());
        open().unwrap().insert(b"key", b"value").unwrap();
        // Later than any other, as the engine would name its next one.
        let unfinished = records.join("snap.7FFFFFFFFFFFFFFF.generating");
        for left in [&b""[..], b"the first half of a snapshot"] {
            fs::write(&unfinished, left).unwrap();
            assert_eq!(open().unwrap().get(b"key").unwrap().as_deref(), Some(&b"value"[..]));
            assert!(!unfinished.exists());
        }
        // One under its final name is another matter.
        fs::write(records.join("snap.7FFFFFFFFFFFFFFF"), b"not a snapshot").unwrap();
        assert!(matches!(open(), Err(OpenError::Damaged { .. })));
    }

    #[test]
    fn what_is_released_is_free_for_the_engine() {
        let dir = tempfile::tempdir().unwrap();
        let db = dir.path().join("db");
        let engine = File::create(&db).unwrap();
        for round in 0..500 {
            await_release(&db, Instant::now() + RELEASE).unwrap();
            engine.try_lock().unwrap_or_else(|error| panic!("round {round}: {error}"));
            engine.unlock().unwrap();
        }
        engine.lock().unwrap();
        assert!(matches!(await_release(&db, Instant::now()), Err(OpenError::InUse)));
    }
}
