//! Stores whose files were flipped, cut, mixed up or taken away: an error with a name, never a panic on the screen, and
//! never records that are missing without a word.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use musubi_store::{AsideError, Batch, OpenError, Options, Space, Store, examine, set_aside};

const DIR: &str = "MUSUBI_TEST_DAMAGED_DIR";
const WRITER: &str = "MUSUBI_TEST_WRITER_DIR";
const SPACE: Space = Space::new(16, "test");
const RECORDS: u32 = 400;

fn value(number: u32) -> Vec<u8> {
    (0..20_000_u32).map(|at| (at.wrapping_mul(2_654_435_761 ^ number) >> 13) as u8).collect()
}

/// A store of two segments that was opened twice, as an office has after a day.
fn make(dir: &Path) {
    for half in 0..2 {
        let store = Store::open(dir, Options::default()).unwrap();
        for number in (0..RECORDS).filter(|number| number % 2 == half) {
            let mut batch = Batch::new();
            batch.put(SPACE, &number.to_be_bytes(), 1, &value(number)).unwrap();
            store.commit_blocking(batch).unwrap();
        }
    }
}

/// Opens a store and reads all of it, in a process of its own; an ordinary test unless that is asked for.
#[test]
fn opener() {
    let Some(dir) = env::var_os(DIR) else { return };
    println!("outcome: {}", outcome(Path::new(&dir)));
}

fn outcome(dir: &Path) -> String {
    let options = Options { create: false, ..Options::default() };
    let store = match Store::open(dir, options) {
        Ok(store) => store,
        Err(OpenError::Damaged { .. }) => return "damaged".to_owned(),
        Err(OpenError::TooNew { found }) => return format!("format {found}"),
        Err(OpenError::Missing) => return "missing".to_owned(),
        Err(other) => return format!("{other:?}"),
    };
    let mut missing = 0;
    for number in 0..RECORDS {
        match store.get(SPACE, &number.to_be_bytes()) {
            Ok(Some(read)) if read.bytes() == value(number) => {}
            Ok(None) => missing += 1,
            Ok(Some(_)) => return "altered".to_owned(),
            Err(_) => return "unreadable".to_owned(),
        }
    }
    if missing == 0 { "whole".to_owned() } else { format!("{missing} gone") }
}

/// What opening in a process of its own gives, and that it writes nothing else.
fn look(dir: &Path) -> String {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "opener", "--nocapture"])
        .env(DIR, dir)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!errors.contains("panicked"), "{errors}");
    let text = String::from_utf8_lossy(&output.stdout);
    let outcome = text.lines().find_map(|line| line.split_once("outcome: "));
    outcome.unwrap_or_else(|| panic!("no outcome: {text}{errors}")).1.to_owned()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &to) } else { fs::copy(entry.path(), to).map(drop).unwrap() }
    }
}

fn snapshot(records: &Path) -> PathBuf {
    let names = fs::read_dir(records).unwrap().map(|entry| entry.unwrap().path());
    names.into_iter().find(|path| path.to_string_lossy().contains("snap.")).expect("a snapshot")
}

fn flip(file: &Path, from: usize, every: usize) {
    let mut bytes = fs::read(file).unwrap();
    for at in (from..bytes.len()).step_by(every) {
        bytes[at] ^= 0xff;
    }
    fs::write(file, bytes).unwrap();
}

/// Flips a bit wherever a record's value lies in a file.
fn flip_value(file: &Path, number: u32) {
    let (mut bytes, wanted) = (fs::read(file).unwrap(), &value(number)[100..164]);
    let places: Vec<usize> = (0..bytes.len() - wanted.len()).filter(|at| bytes[*at..].starts_with(wanted)).collect();
    assert!(!places.is_empty(), "the value lies in the log");
    for at in places {
        bytes[at] ^= 1;
    }
    fs::write(file, bytes).unwrap();
}

fn append(file: &Path, bytes: &[u8]) {
    let mut file = fs::OpenOptions::new().append(true).open(file).unwrap();
    std::io::Write::write_all(&mut file, bytes).unwrap();
}

fn cut(file: &Path, len: impl Fn(u64) -> u64) {
    let file = fs::OpenOptions::new().write(true).open(file).unwrap();
    file.set_len(len(file.metadata().unwrap().len())).unwrap();
}

#[test]
fn each_damage_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let good = dir.path().join("good");
    make(&good);
    assert_eq!(look(&good), "whole");
    type Damage = fn(&Path);
    let damages: &[(&str, Damage, &[&str])] = &[
        ("log gone", |live| fs::remove_file(live.join("records/db")).unwrap(), &["damaged"]),
        ("log empty", |live| fs::write(live.join("records/db"), "").unwrap(), &["damaged"]),
        ("log of rubbish", |live| fs::write(live.join("records/db"), vec![0x5a; 1 << 20]).unwrap(), &["damaged"]),
        ("log cut in half", |live| cut(&live.join("records/db"), |len| len / 2), &["damaged"]),
        ("log cut by a page", |live| cut(&live.join("records/db"), |len| len - 4096), &["damaged", "whole"]),
        ("log flipped throughout", |live| flip(&live.join("records/db"), 1000, 4096), &["damaged"]),
        ("a value flipped", |live| flip_value(&live.join("records/db"), 7), &["damaged", "unreadable"]),
        ("a late value flipped", |live| flip_value(&live.join("records/db"), RECORDS - 1), &["damaged", "unreadable"]),
        ("snapshot gone", |live| fs::remove_file(snapshot(&live.join("records"))).unwrap(), &["damaged", "whole"]),
        ("snapshot flipped", |live| flip(&snapshot(&live.join("records")), 10, 50), &["damaged", "whole"]),
        ("snapshot cut", |live| cut(&snapshot(&live.join("records")), |len| len / 2), &["damaged", "whole"]),
        (
            "settings of the engine gone",
            |live| fs::remove_file(live.join("records/conf")).unwrap(),
            &["damaged", "whole"],
        ),
        ("settings of the engine flipped", |live| flip(&live.join("records/conf"), 3, 7), &["damaged"]),
        ("records gone", |live| fs::remove_dir_all(live.join("records")).unwrap(), &["damaged"]),
        ("newer", |live| fs::write(live.join("format"), "9\n").unwrap(), &["format 9"]),
        ("store gone", |live| fs::remove_dir_all(live).unwrap(), &["missing"]),
    ];
    let mut wrong = Vec::new();
    for (at, (what, damage, expected)) in damages.iter().enumerate() {
        let bad = dir.path().join(format!("bad-{at}"));
        copy(&good, &bad);
        damage(&bad.join("live"));
        // The first look may make the engine write its files anew; the second one must not take that for a new store.
        for round in 0..2 {
            let seen = look(&bad);
            println!("{what}, look {round}: {seen}");
            if !expected.contains(&seen.as_str()) {
                wrong.push((*what, round, seen));
            }
        }
        fs::remove_dir_all(bad).unwrap();
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Writes a store and is gone before the engine has any of it; an ordinary test unless that is asked for.
#[test]
fn writer() {
    let Some(dir) = env::var_os(WRITER) else { return };
    let store = Store::open(Path::new(&dir), Options { settle_bytes: 1 << 30, ..Options::default() }).unwrap();
    for number in 0..RECORDS {
        let mut batch = Batch::new();
        batch.put(SPACE, &number.to_be_bytes(), 1, &value(number)).unwrap();
        store.commit_blocking(batch).unwrap();
    }
    std::process::abort();
}

#[test]
fn each_damage_of_a_journal_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let good = dir.path().join("good");
    let output = Command::new(env::current_exe().unwrap()).args(["--exact", "writer"]).env(WRITER, &good).output();
    assert!(!output.unwrap().status.success(), "it ends without a word");
    let first = |live: &Path| live.join("journal/0000000000000001");
    type Damage<'a> = &'a dyn Fn(&Path);
    let damages: [(&str, Damage<'_>, &str); 6] = [
        ("nothing", &|_| (), "whole"),
        ("the journal gone", &|live| fs::remove_dir_all(live.join("journal")).unwrap(), "damaged"),
        ("its file gone", &|live| fs::remove_file(first(live)).unwrap(), "damaged"),
        ("flipped throughout", &|live| flip(&first(live), 1000, 4096), "damaged"),
        ("a value flipped", &|live| flip_value(&first(live), 7), "damaged"),
        ("something behind its end", &|live| append(&first(live), &[0x5a; 9000]), "whole"),
    ];
    for (at, (what, damage, expected)) in damages.iter().enumerate() {
        let bad = dir.path().join(format!("bad-{at}"));
        copy(&good, &bad);
        damage(&bad.join("live"));
        for round in 0..2 {
            assert_eq!(look(&bad), *expected, "{what}, look {round}");
        }
        fs::remove_dir_all(bad).unwrap();
    }
}

#[test]
fn a_body_without_its_journal_is_damage_that_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("store");
    {
        let store = Store::open(&store, Options::default()).unwrap();
        let mut batch = Batch::new();
        store.bodies().put(&mut batch, &[7; 5000]).unwrap();
        store.commit_blocking(batch).unwrap();
    }
    examine(&store).unwrap();
    cut(&store.join("live/journal/0000000000000001"), |_| 100);
    assert!(matches!(examine(&store), Err(OpenError::Damaged { .. })));
}

#[test]
fn only_a_damaged_store_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("store");
    assert!(matches!(set_aside(&store, "x", false), Err(AsideError::Open(OpenError::Missing))));
    make(&store);
    assert!(matches!(set_aside(&store, "x", false), Err(AsideError::Healthy)));
    assert_eq!(look(&store), "whole");
    fs::write(store.join("live/format"), "9\n").unwrap();
    assert!(matches!(set_aside(&store, "x", true), Err(AsideError::Open(OpenError::TooNew { found: 9 }))));
    fs::write(store.join("live/format"), "2\n").unwrap();

    cut(&store.join("live/records/db"), |_| 0);
    assert!(examine(&store).is_err());
    let aside = set_aside(&store, "damaged-1", false).unwrap();
    assert_eq!(aside, dir.path().join("store.damaged-1"));
    assert!(aside.join("records/db").is_file() && aside.join("format").is_file());
    assert!(matches!(Store::open(&store, Options { create: false, ..Options::default() }), Err(OpenError::Missing)));
    make(&store);
    assert_eq!(look(&store), "whole");
    // A second one never falls onto the first, whoever asks.
    assert!(matches!(set_aside(&store, "damaged-1", true), Err(AsideError::Io(_))));
    assert_eq!(look(&store), "whole");
}

/// Where a way cannot be walked, nothing is known of damage.
#[cfg(unix)]
#[test]
fn a_disk_that_does_not_answer_is_not_damage() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("store");
    make(&store);
    let (log, away) = (store.join("live/records/db"), store.join("live/records/away"));
    fs::rename(&log, &away).unwrap();
    std::os::unix::fs::symlink(&log, &log).unwrap();
    let options = Options { create: false, ..Options::default() };
    assert!(matches!(Store::open(&store, options), Err(OpenError::Io(_))));
    assert!(matches!(set_aside(&store, "x", true), Err(AsideError::Open(OpenError::Io(_)))));
    fs::remove_file(&log).unwrap();
    fs::rename(&away, &log).unwrap();
    assert_eq!(look(&store), "whole");

    // The disk with the store is not there: its place is empty.
    let place = dir.path().join("place");
    std::os::unix::fs::symlink(dir.path().join("no-disk/store"), &place).unwrap();
    assert!(matches!(Store::open(&place, options), Err(OpenError::Missing)));
    assert!(!dir.path().join("no-disk").exists());
}
