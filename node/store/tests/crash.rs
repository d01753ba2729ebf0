//! A process that is killed keeps what it acknowledged.
//!
//! The writer is this test binary itself, started again with a directory in the environment; it prints a line for
//! each durable commit, and is killed in the middle of its work.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use musubi_store::{Batch, BodyId, Options, Space, Store};

const DIR: &str = "MUSUBI_TEST_WRITER_DIR";
const RECORDS: Space = Space::new(16, "records");
const BODIES: Space = Space::new(17, "entries");
const ROUNDS: u32 = 5;
const ENOUGH: usize = 600;

/// Writes until it is killed; does nothing as an ordinary test.
#[test]
fn writer() {
    let Some(dir) = env::var_os(DIR) else { return };
    let store = Store::open(Path::new(&dir), Options::default()).unwrap();
    let last = store.prefix(RECORDS, b"").next_back().map(|entry| number(&entry.unwrap().0));
    let start = last.map_or(0, |last| last / 4 + 1);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            loop {
                store.count(|| true).unwrap();
                store.reclaim(|| true).unwrap();
            }
        });
        for lane in 0_u32..4 {
            let store = &store;
            scope.spawn(move || {
                for at in start.. {
                    let number = at * 4 + lane;
                    let body = vec![number as u8; 70_000];
                    let mut batch = Batch::new();
                    let id = store.bodies().put(&mut batch, &body).unwrap();
                    batch.put(BODIES, &number.to_be_bytes(), 1, &id.to_bytes()).unwrap();
                    batch.put(RECORDS, &number.to_be_bytes(), 1, &number.to_le_bytes()).unwrap();
                    remove(store, number, &mut batch);
                    store.commit_blocking(batch).unwrap();
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "durable {number}").unwrap();
                    out.flush().unwrap();
                }
            });
        }
    });
}

fn number(key: &[u8]) -> u32 {
    u32::from_be_bytes(key.try_into().unwrap())
}

/// Three of four go again, so that files of the journal are emptied.
fn goes(number: u32) -> bool {
    !number.is_multiple_of(4)
}

/// Takes back what was written some rounds ago.
fn remove(store: &Store, number: u32, batch: &mut Batch) {
    let Some(old) = number.checked_sub(40).filter(|old| goes(*old)) else { return };
    let key = old.to_be_bytes();
    // A kill may have come before it was written.
    let Some(id) = store.get(BODIES, &key).unwrap() else { return };
    store.bodies().discard(batch, BodyId::from_bytes(id.bytes()).unwrap()).unwrap();
    batch.remove(BODIES, &key).unwrap();
    batch.remove(RECORDS, &key).unwrap();
}

#[test]
fn everything_acknowledged_survives_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let mut child = start(dir.path());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut seen = 0;
        // Killed in another phase of its work each time; what is still in the pipe was acknowledged too.
        while seen < ENOUGH + round as usize * 7 {
            let line = lines.next().expect("the writer ended by itself").unwrap();
            seen += usize::from(note(&line, &mut acknowledged));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        for line in lines.map_while(Result::ok) {
            note(&line, &mut acknowledged);
        }
        verify(dir.path(), &acknowledged);
    }
    let store = Store::open(dir.path(), Options::default()).unwrap();
    store.reclaim(|| true).unwrap();
    drop(store);
    assert!(!dir.path().join("live/journal/0000000000000001").exists(), "nothing was given back");
    verify(dir.path(), &acknowledged);
}

fn start(dir: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "writer", "--nocapture"])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

/// Keeps the number of a whole line; the last one may be cut off.
fn note(line: &str, acknowledged: &mut Vec<u32>) -> bool {
    let Some(number) = line.rsplit_once("durable ").and_then(|(_, number)| number.parse().ok()) else { return false };
    acknowledged.push(number);
    true
}

fn verify(dir: &Path, acknowledged: &[u32]) {
    let store = Store::open(dir, Options::default()).unwrap();
    for number in acknowledged.iter().filter(|number| !goes(**number)) {
        let key = number.to_be_bytes();
        assert_eq!(store.get(RECORDS, &key).unwrap().unwrap().bytes(), number.to_le_bytes(), "{number} is lost");
    }
    // A batch is whole or absent, acknowledged or not.
    for entry in store.prefix(RECORDS, b"") {
        let (key, _) = entry.unwrap();
        let id = store.get(BODIES, &key).unwrap().unwrap();
        let body = store.bodies().read(BodyId::from_bytes(id.bytes()).unwrap(), 0, usize::MAX).unwrap();
        assert_eq!(body, vec![key[3]; 70_000]);
    }
}
