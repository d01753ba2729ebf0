//! The short forms of what `musubi-faults` does at length.

use std::{path::Path, time::Duration};

use musubi_tests::{
    disk,
    faults::{
        HOME_VISIT, MANAGER, cuts,
        kills::{Stage, large},
        parts, storm,
    },
    lan, system,
};

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_musubi-under-test"))
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments() {
    let stage = Stage::between_two_nodes(program(), (HOME_VISIT, MANAGER), large());
    stage.kill_at_random("kill -9 at random moments", 6, 1).await.judge();
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
    let (time, every) = (Duration::from_secs(12), Duration::from_millis(1200));
    storm::run(program(), storm::Plan { messages: 60, time, every, seed: 1 }).await.judge();
}
