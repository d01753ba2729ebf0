//! A disk that is really full: the commit fails, nothing hangs, and what was durable is there afterwards.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use musubi_store::{Batch, Options, Space, Store, StoreError};

const SPACE: Space = Space::new(16, "test");

/// A small disk in memory; taking one needs root.
struct Disk(tempfile::TempDir);

impl Disk {
    fn mount(mib: u32) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let size = format!("size={mib}m");
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(dir.path()).output();
        if done.is_ok_and(|output| output.status.success()) {
            return Some(Self(dir));
        }
        assert!(std::env::var_os("MUSUBI_REQUIRE_TOOLS").is_none(), "a small disk cannot be mounted");
        println!("SKIPPED full: mount (as root)");
        None
    }

    fn fill(&self) {
        let mut file = fs::File::create(self.0.path().join("filling")).unwrap();
        while file.write_all(&[0x5a; 4096]).is_ok() {}
    }

    fn clear(&self) {
        fs::remove_file(self.0.path().join("filling")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

fn put(number: u32) -> Batch {
    let mut batch = Batch::new();
    batch.put(SPACE, &number.to_be_bytes(), 1, &[number as u8; 3000]).unwrap();
    batch
}

fn all_there(dir: &Path, durable: &[u32]) {
    let store = Store::open(dir, Options::default()).unwrap();
    for number in durable {
        let value = store.get(SPACE, &number.to_be_bytes()).unwrap();
        assert_eq!(value.expect("a durable record").bytes(), [*number as u8; 3000]);
    }
    store.commit_blocking(put(1_000_000)).unwrap();
}

#[test]
fn a_full_disk_fails_the_commit_and_loses_nothing_durable() {
    for applied in [false, true] {
        let Some(disk) = Disk::mount(64) else { return };
        let dir = disk.0.path().join("store");
        let store = Store::open(&dir, Options::default()).unwrap();
        let mut durable = Vec::new();
        for number in 0..50 {
            store.commit_blocking(put(number)).unwrap();
            durable.push(number);
        }
        disk.fill();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            for number in 50..100_000 {
                let committed = if applied {
                    store.apply(put(number)).and_then(|ticket| ticket.durable_blocking())
                } else {
                    store.commit_blocking(put(number))
                };
                match committed {
                    Ok(()) => durable.push(number),
                    Err(StoreError::SyncFailed) => break,
                    Err(other) => panic!("{other}"),
                }
            }
            assert!(store.has_failed());
            println!("{} durable", durable.len());
            drop(store);
            tell.send(durable).unwrap();
        });
        let durable =
            told.recv_timeout(Duration::from_secs(60)).expect("an end, and no waiting for a disk that refused");
        disk.clear();
        all_there(&dir, &durable);
    }
}
