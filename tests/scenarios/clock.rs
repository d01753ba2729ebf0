//! A clock on the wall that is years off: shown, set by nobody, and nothing is lost by it.

use std::collections::BTreeSet;
#[cfg(unix)]
use std::process::Command;

use musubi_node::{core::Event, db::Side, tidy::tidy};
use musubi_protocol::{
    ids::{Address, MessageId},
    time::DAY,
};
#[cfg(unix)]
use musubi_tests::{
    NodeProcess,
    process::{Start, put_clock},
};
use musubi_tests::{TestNetwork, TestNode, WrongClock, sample};

const MANAGER: (&str, &[&str]) = ("1379905001", &["43"]);
const HOME_VISIT: (&str, &[&str]) = ("1379900010", &["11"]);
const BUNDLES: [&str; 3] = [
    "20251024090725-B2-1379905001-43-to-1379900010-11",
    "20251105090409-B2-1379905001-43-to-1379900010-11",
    "20251112091403-B2-1379905001-43-to-1379900010-11",
];
const YEARS: i64 = 3 * 365 * DAY as i64;

/// Ids of the sealing keys that can open envelopes.
fn sealing_keys(node: &TestNode) -> Vec<Vec<u8>> {
    let ids =
        |desk: &musubi_node::desk::Desk| desk.sealing.iter().map(|key| key.pair.public().id().0.to_vec()).collect();
    node.node.core().with_desks(|desks| desks.iter().flat_map(|desk| -> Vec<_> { ids(desk) }).collect())
}

/// What a node does by its clock, at once: judge everybody, renew what is due.
async fn look_at_the_clock(node: &TestNode) {
    node.node.core().tell(Event::Trust);
    node.node.core().renew().await.unwrap();
}

async fn all_files(node: &TestNode, id: MessageId) -> BTreeSet<Vec<u8>> {
    let text = id.to_string();
    let row = node.inbox().into_iter().find(|row| row.id.as_ref() == Some(&text)).expect("a message that came");
    node.files(id, row.files.len()).await.into_iter().collect()
}

fn contents(bundle: &str) -> BTreeSet<Vec<u8>> {
    sample::bundle(bundle).into_iter().map(|(_, bytes)| bytes).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_years_off_destroys_and_loses_nothing() {
    let net = TestNetwork::default();
    let wrong = WrongClock::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let home_visit = net.install("home-visit", &[HOME_VISIT]);
    let mut home_visit = net.start_with_clock(home_visit, &[&manager], wrong.clock()).await;
    let address = format!("{}-{}", HOME_VISIT.0, HOME_VISIT.1[0]);
    let held = manager.send_sample(BUNDLES[0]).await;
    manager.until_state(held, "delivered").await;
    let keys = sealing_keys(&home_visit);
    assert!(!keys.is_empty());

    // Ahead: by it every certificate is over, so nobody is let in, and that is all.
    wrong.shift(YEARS);
    look_at_the_clock(&home_visit).await;
    let partner = Address::new(MANAGER.0.parse().unwrap(), MANAGER.1[0].parse().unwrap());
    home_visit.until("nobody let in", |node| !node.node.core().partners.is_connected(partner)).await;
    let sent = manager.send_sample(BUNDLES[1]).await;
    assert!(keys.iter().all(|key| sealing_keys(&home_visit).contains(key)), "destroyed by a wrong clock");
    // What is held can be read, and its receipt goes out one day.
    assert!(all_files(&home_visit, held).await == contents(BUNDLES[0]));
    // Started anew by that clock, still.
    home_visit = net.start_with_clock(home_visit.stop().await, &[&manager], wrong.clock()).await;
    assert!(keys.iter().all(|key| sealing_keys(&home_visit).contains(key)), "destroyed by a wrong clock");

    wrong.shift(0);
    look_at_the_clock(&home_visit).await;
    manager.until_state(held, "opened").await;
    manager.until_state(sent, "delivered").await;
    assert!(all_files(&home_visit, sent).await == contents(BUNDLES[1]));

    // Behind: trusted time stands in for it, and exchange goes on.
    wrong.shift(-YEARS);
    look_at_the_clock(&home_visit).await;
    manager.until_connected(&address).await;
    let sent = manager.send_sample(BUNDLES[2]).await;
    manager.until_state(sent, "delivered").await;
    home_visit = net.start_with_clock(home_visit.stop().await, &[&manager], wrong.clock()).await;
    assert!(keys.iter().all(|key| sealing_keys(&home_visit).contains(key)), "destroyed by a wrong clock");
    wrong.shift(0);
    look_at_the_clock(&home_visit).await;
    assert!(all_files(&home_visit, sent).await == contents(BUNDLES[2]));
    manager.until_state(sent, "opened").await;
    manager.stop().await;
    home_visit.stop().await;
}

/// A process whose clock jumps while it runs: `status` and `doctor` tell it, and nothing sets it.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_is_shown_while_it_is_wrong() {
    const PROGRAM: &str = env!("CARGO_BIN_EXE_musubi-under-test");
    let net = TestNetwork::default();
    let file = net.dir().join("clock");
    let mut start = Start::new(PROGRAM, &net.install("manager", &[MANAGER]));
    start.clock = Some(file.clone());
    let node = NodeProcess::start(start.clone()).await;
    let doctor = || {
        let mut command = Command::new(PROGRAM);
        command.args(["doctor", "--json", "--lang", "ja", "--dir"]).arg(start.home.dir());
        let output = command.env("MUSUBI_TEST_CLOCK", &file).output().unwrap();
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let clock = told["checks"].as_array().unwrap().iter().find(|check| check["check"] == "clock").unwrap().clone();
        (clock["state"].as_str().unwrap().to_owned(), clock["text"].as_str().unwrap().to_owned())
    };
    assert_eq!(doctor().0, "good");
    // Between the authority's last signature and these questions lies less than an hour.
    let about = |seconds: u64| seconds.abs_diff(YEARS.unsigned_abs()) < 3600;
    for (shift, word) in [(YEARS, "先に進んでいます"), (-YEARS, "遅れています"), (0, ""), (YEARS, "先に進んでいます")]
    {
        put_clock(&file, shift);
        let status = node.status().await;
        assert_eq!(about(status.clock_ahead_s), shift > 0, "{status:?}");
        assert_eq!(about(status.clock_behind_s), shift < 0, "{status:?}");
        let (state, text) = doctor();
        assert_eq!(state, if shift == 0 { "good" } else { "wrong" });
        assert!(text.contains(word), "{text}");
    }
    node.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_collects_ends_by_signed_time_alone() {
    let net = TestNetwork::default();
    let wrong = WrongClock::default();
    let manager = net.start_with_clock(net.install("manager", &[MANAGER]), &[], wrong.clock()).await;
    let core = manager.node.core();
    let id = manager.send_sample(BUNDLES[0]).await;
    let later = |days: u64| {
        let mut authority = net.authority();
        authority.now = authority.now.plus(days * DAY);
        authority.crl().der().to_vec()
    };
    let kept = || core.db.content_key(Side::Own, &id).unwrap().is_some();
    for off in [YEARS, -YEARS] {
        wrong.shift(off);
        assert_eq!(tidy(core).await.unwrap(), (0, 0), "a clock alone ends nothing");
    }
    wrong.shift(0);
    assert_eq!(manager.sent(id).state, "waiting");
    core.install(vec![later(29)], None).await.unwrap();
    assert_eq!(tidy(core).await.unwrap(), (0, 0));
    core.install(vec![later(2)], None).await.unwrap();
    assert_eq!(tidy(core).await.unwrap(), (1, 0));
    assert_eq!(manager.sent(id).state, "expired");
    assert!(kept(), "the partner may still ask what it was");
    core.install(vec![later(36)], None).await.unwrap();
    assert_eq!(tidy(core).await.unwrap(), (0, 1));
    assert!(!kept());
    assert_eq!(tidy(core).await.unwrap(), (0, 0));
    assert_eq!(manager.sent(id).state, "expired");
    manager.stop().await;
}
