//! The short forms of what `musubi-faults` does at length.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::Path,
    time::Duration,
};

use musubi_store::platform::free_bytes;
use musubi_tests::{
    disk::{self, Image},
    faults::{
        HOME_VISIT, MANAGER, cuts,
        kills::{Stage, large},
        parts, storm,
    },
    lan, place, system,
};

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_musubi-under-test"))
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments() {
    let stage = Stage::between_two_nodes(program(), (HOME_VISIT, MANAGER), large());
    stage.kill_at_random("kill -9 at random moments", 6, 1).await.judge();
}

/// What the simulation is worth: a file that was not synced is not there after a cut.
#[test]
fn a_cut_keeps_what_was_synced_and_no_more() {
    if !system::has("a power cut without a node", true, &disk::TOOLS) {
        return;
    }
    let place = place();
    let image = Image::create(&place.path().join("image"), 64 << 20);
    let mount = image.mount_with(&place.path().join("before"), "loop,commit=600");
    for (name, is_synced) in [("synced", true), ("not-synced", false)] {
        let mut file = File::create(mount.dir().join(name)).unwrap();
        file.write_all(&[1; 100_000]).unwrap();
        if is_synced {
            file.sync_all().unwrap();
            File::open(mount.dir()).unwrap().sync_all().unwrap();
        }
    }
    let after = image.cut(&place.path().join("copy")).mount(&place.path().join("after"));
    assert_eq!(fs::read(after.dir().join("synced")).unwrap(), [1; 100_000]);
    assert!(!fs::exists(after.dir().join("not-synced")).unwrap());
    assert_eq!(fs::read(mount.dir().join("not-synced")).unwrap(), [1; 100_000]);
}

#[test]
fn a_disk_of_ones_own_can_be_filled_and_freed() {
    if !system::has("a full disk", true, &disk::TOOLS) {
        return;
    }
    let place = place();
    let mount = Image::create(&place.path().join("image"), 64 << 20).mount(&place.path().join("at"));
    let free = || free_bytes(mount.dir()).unwrap();
    let before = free();
    mount.fill(10 << 20);
    assert!(free() <= 11 << 20, "{} bytes are free", free());
    mount.fill(0);
    let written = fs::write(mount.dir().join("file"), vec![1; 1 << 20]);
    assert_eq!(written.unwrap_err().kind(), ErrorKind::StorageFull);
    fs::remove_file(mount.dir().join("file")).unwrap();
    mount.free();
    assert_eq!(free(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_in_a_power_cut() {
    if system::has("power cuts", true, &disk::TOOLS) {
        cuts::cut_power(program(), 4, 1).await.judge();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_holds_messages_back_and_loses_none() {
    if system::has("partitions", true, &lan::TOOLS) {
        parts::part(program(), "short", 2, 1, false).await.judge();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_at_once_loses_nothing() {
    let (time, every) = (Duration::from_secs(10), Duration::from_millis(800));
    storm::run(program(), storm::Plan { messages: 60, time, every, quic: false, seed: 1 }).await.judge();
}
