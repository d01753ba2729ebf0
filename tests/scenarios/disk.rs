//! A disk that gets full, refuses, or has lost what was on it.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use musubi_node::{
    core::CoreError,
    keys::{Mode, Unlock},
    office::{self, Init},
    outbox::{self, Order},
};
use musubi_protocol::{crl::Reason, entry::By, ids::MessageId};
use musubi_tests::{Installed, TestNetwork, TestNode, mount::SmallDisk, process::Start, sample, within};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_musubi-under-test");
const MANAGER: (&str, &[&str]) = ("1379905001", &["43"]);
const HOME_VISIT: (&str, &[&str]) = ("1379900010", &["11"]);
const PLANS: [&str; 3] = [
    "20251024090725-B2-1379905001-43-to-1379900010-11",
    "20251105090409-B2-1379905001-43-to-1379900010-11",
    "20251112091403-B2-1379905001-43-to-1379900010-11",
];

/// Free MiB below which tests refuse new mail: the least that can be set.
const RESERVE: u64 = 64;

fn set_reserve(installed: &Installed) {
    fs::write(installed.home.settings(), format!("[store]\nreserve_mib = {RESERVE}\n")).unwrap();
}

/// Runs a command on an office's directory.
async fn musubi(home: &Path, args: &[&str], more: &[(&str, &Path)]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(args).args(["--json", "--lang", "ja", "--dir"]).arg(home).stdin(Stdio::null());
    for (option, value) in more {
        command.arg(option).arg(value);
    }
    let run = tokio::task::spawn_blocking(move || command.output().unwrap());
    within("a command", run).await.unwrap()
}

fn json(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}

fn inbox_ids(node: &TestNode) -> Vec<String> {
    node.inbox().into_iter().filter(|row| row.times.contains_key("delivered")).filter_map(|row| row.id).collect()
}

async fn open_first_file(node: &TestNode, id: MessageId) {
    let file = async { musubi_node::inbox::hand_over(node.node.core(), id, 0, Some(By::Api)).await?.whole().await };
    within("a file", file).await.unwrap();
}

/// Sends a bundle and waits until it lies there.
async fn deliver(from: &TestNode, bundle: &str) -> MessageId {
    let id = from.send_sample(bundle).await;
    from.until_state(id, "delivered").await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_nearly_full_refuses_new_mail_and_nothing_else() {
    let net = TestNetwork::default();
    let place = net.dir().join("small");
    let Some(disk) = SmallDisk::mount("a_disk_that_is_nearly_full", &place, 192) else { return };
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let home_visit = net.install("small/home-visit", &[HOME_VISIT]);
    set_reserve(&home_visit);
    let home_visit = net.start(home_visit, &[&manager]).await;
    let first = deliver(&manager, PLANS[0]).await;
    let bundles = sample::bundles_between(&[HOME_VISIT.0, MANAGER.0]);
    let to_manager = format!("{}-{}-to-{}", HOME_VISIT.0, HOME_VISIT.1[0], MANAGER.0);
    let actuals = sample::bundle(bundles.iter().find(|name| name.contains(&to_manager)).unwrap());
    let sent = within(
        "sending",
        outbox::send(home_visit.node.core(), Order { files: actuals.clone(), ..Order::default() }, careplan::Lang::Ja),
    )
    .await
    .unwrap();
    let back: MessageId = sent[0].id.as_ref().expect("accepted").parse().unwrap();
    home_visit.until_state(back, "delivered").await;

    disk.fill_up_to(40);
    let status = json(&musubi(home_visit.installed.home.dir(), &["status"], &[]).await);
    assert_eq!((status["disk_low"].as_bool(), status["disk"]["free"].as_u64().unwrap() >> 20), (Some(true), 40));
    assert_eq!(status["disk"]["reserve"].as_u64(), Some(RESERVE << 20));
    assert!(status["disk"]["log"].as_u64().unwrap() > 0 && status["disk"]["live_percent"].as_u64().unwrap() <= 100);
    // Receipts come in. (Behind a document that is refused they wait with it: a log goes in order.)
    open_first_file(&manager, back).await;
    home_visit.until_state(back, "opened").await;
    // New mail is answered "busy", and none is sent.
    let waiting = manager.send_sample(PLANS[1]).await;
    manager.until("busy", |node| node.sent(waiting).why.as_deref() == Some("stopped")).await;
    let refused =
        outbox::send(home_visit.node.core(), Order { files: actuals, ..Order::default() }, careplan::Lang::Ja);
    assert!(matches!(within("sending", refused).await, Err(CoreError::DiskLow)));
    let folder = net.dir().join("out");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("x.csv"), "x").unwrap();
    let output = musubi(home_visit.installed.home.dir(), &["send", folder.to_str().unwrap()], &[]).await;
    assert_eq!((output.status.code(), json(&output)["error"]["code"].as_str()), (Some(1), Some("disk-low")));
    // Receipts leave, lists are taken, keys renewed.
    open_first_file(&home_visit, first).await;
    manager.until_state(first, "opened").await;
    let stranger = net.authority().issue("1379900036", &["17"]);
    let crl = net.revoke(&stranger.leaf);
    home_visit.node.core().install(vec![crl], None).await.unwrap();
    home_visit.node.core().renew().await.unwrap();
    assert_eq!(inbox_ids(&home_visit), [first.to_string()]);

    // With room again it flows by itself, in order.
    disk.clear();
    manager.until_state(waiting, "delivered").await;

    // Down to the last rest what the office itself writes goes on.
    disk.fill_up_to(8);
    let last = manager.send_sample(PLANS[2]).await;
    manager.until("busy", |node| node.sent(last).why.as_deref() == Some("stopped")).await;
    open_first_file(&home_visit, waiting).await;
    manager.until_state(waiting, "opened").await;
    disk.clear();
    manager.until_state(last, "delivered").await;
    assert!(!home_visit.node.disk_failed());
    manager.stop().await;
    home_visit.stop().await;
}

/// A process of its own that is expected to end by itself: its exit code and what it wrote to stderr.
struct OwnProcess {
    child: tokio::process::Child,
    ready: Option<Value>,
}

impl OwnProcess {
    async fn start(start: &Start, fault: Option<&str>) -> Self {
        use tokio::io::{AsyncBufReadExt, BufReader};
        let mut command = tokio::process::Command::new(PROGRAM);
        command.args([
            "run",
            "--json",
            "--lang",
            "ja",
            "--api",
            "127.0.0.1:0",
            "--listen",
            "/ip4/127.0.0.1/tcp/0",
            "--dir",
        ]);
        command.arg(start.home.dir()).arg("--machine-key").arg(&start.machine_key);
        for peer in &start.peers {
            command.args(["--peer", peer]);
        }
        if let Some(fault) = fault {
            // The engine is to get something, too.
            command.env("MUSUBI_FAULT_AT", fault).env("MUSUBI_SETTLE_AT", "64");
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = within("a first line", lines.next_line()).await.unwrap();
        let ready = line.map(|line| serde_json::from_str(&line).unwrap());
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { child, ready }
    }

    fn is_ready(&self) -> bool {
        self.ready.as_ref().is_some_and(|line| line["ready"] == true)
    }

    async fn ended(self) -> (Option<i32>, String) {
        let output = within("an end", self.child.wait_with_output()).await.unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }
}

fn says_that_the_disk_refused((code, words): &(Option<i32>, String)) {
    assert_eq!(*code, Some(3), "{words}");
    assert!(words.contains("ディスクに書き込めなくなったため"), "{words}");
    assert!(!words.contains("panicked"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_refuses_ends_the_node_and_nothing_was_promised() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let mut start = Start::new(PROGRAM, &net.install("home-visit", &[HOME_VISIT]));
    start.peers = manager.node.listen();
    let mut sent = Vec::new();
    let mut while_running = 0;
    for fault in ["store.write:1", "store.write:5", "store.flush:1", "store.flush:4", "store.sync:1", "store.sync:4"] {
        let process = OwnProcess::start(&start, Some(fault)).await;
        if process.is_ready() {
            while_running += 1;
            if let Some(bundle) = PLANS[..3].get(sent.len()) {
                sent.push(manager.send_sample(bundle).await);
            }
            // Commits gather what comes together, and the engine gets what has gathered: as many further ones as it takes
            // until the disk refuses.
            for number in 0..100 {
                let stranger = net.authority().issue("1379900036", &["17"]);
                net.authority().revoke(&stranger.leaf, Reason::Superseded);
                let file = net.dir().join(format!("{number}.crl"));
                fs::write(&file, net.authority().crl().der()).unwrap();
                let installed = musubi(start.home.dir(), &["install", file.to_str().unwrap()], &[]).await;
                if installed.status.code() != Some(0) {
                    break;
                }
            }
        }
        let end = process.ended().await;
        says_that_the_disk_refused(&end);
    }
    assert!(while_running >= 2 && !sent.is_empty());
    // Nothing that was told here is missing there.
    let told: Vec<String> = manager
        .outbox()
        .into_iter()
        .filter(|row| row.times.contains_key("delivered"))
        .filter_map(|row| row.id)
        .collect();
    let installed = Installed { home: start.home.clone(), machine_key: start.machine_key.clone(), leaves: Vec::new() };
    let home_visit = net.start(installed, &[&manager]).await;
    assert!(told.iter().all(|id| inbox_ids(&home_visit).contains(id)));
    for id in &sent {
        manager.until_state(*id, "delivered").await;
    }
    let mut ids = inbox_ids(&home_visit);
    ids.sort();
    let mut all: Vec<String> = sent.iter().map(ToString::to_string).collect();
    all.sort();
    assert_eq!(ids, all);
    manager.stop().await;
    home_visit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_ends_the_node_and_a_restart_is_clean() {
    let net = TestNetwork::default();
    let place = net.dir().join("small");
    let Some(disk) = SmallDisk::mount("a_disk_that_is_full", &place, 160) else { return };
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let home_visit = net.install("small/home-visit", &[HOME_VISIT]);
    set_reserve(&home_visit);
    let mut start = Start::new(PROGRAM, &home_visit);
    start.peers = manager.node.listen();
    let process = OwnProcess::start(&start, None).await;
    assert!(process.is_ready());
    let first = deliver(&manager, PLANS[0]).await;
    // Past the reserve, by somebody else's file. Lists are still taken in, long ones, until the engine needs more of the
    // disk than it holds already.
    disk.fill_up_to(0);
    for _ in 0..4_000 {
        let stranger = net.authority().issue("1379900036", &["17"]);
        net.authority().revoke(&stranger.leaf, Reason::Superseded);
    }
    let mut codes = Vec::new();
    for number in 0..200 {
        let crl = net.authority().crl().der().to_vec();
        let file = net.dir().join(format!("{number}.crl"));
        fs::write(&file, crl).unwrap();
        let output = musubi(start.home.dir(), &["install", file.to_str().unwrap()], &[]).await;
        codes.push(output.status.code());
        if output.status.code() != Some(0) {
            break;
        }
    }
    let end = process.ended().await;
    says_that_the_disk_refused(&end);
    // Whoever asked heard it, or found nobody any more.
    assert!(matches!(codes.last(), Some(Some(1 | 3))), "{codes:?}");

    disk.clear();
    let home_visit = net.start(home_visit, &[&manager]).await;
    assert_eq!(inbox_ids(&home_visit), [first.to_string()]);
    open_first_file(&home_visit, first).await;
    manager.until_state(first, "opened").await;
    deliver(&manager, PLANS[1]).await;
    manager.stop().await;
    home_visit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_is_told_and_set_aside_on_a_word() {
    let net = TestNetwork::default();
    let office = net.install("home-visit", &[HOME_VISIT]);
    let (home, machine_key) = (office.home.clone(), office.machine_key.clone());
    let (dir, key) = (home.dir(), [("--machine-key", machine_key.as_path())]);
    let code_of = |output: &Output| json(output)["error"]["code"].as_str().map(ToOwned::to_owned);
    let refused = musubi(dir, &["store", "set-aside"], &[]).await;
    assert_eq!((refused.status.code(), code_of(&refused).as_deref()), (Some(1), Some("store-healthy")));

    let log = office.home.store().join("live/records/db");
    let good = fs::read(&log).unwrap();
    let mut flipped = good.clone();
    flipped.iter_mut().step_by(64).for_each(|byte| *byte ^= 0xff);
    for bad in [Vec::new(), flipped] {
        fs::write(&log, bad).unwrap();
        let output = musubi(dir, &["run"], &key).await;
        assert_eq!((output.status.code(), code_of(&output).as_deref()), (Some(1), Some("store-damaged")));
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(words.contains("musubi store set-aside") && !words.contains("panicked"), "{words}");
        let doctor = json(&musubi(dir, &["doctor"], &[]).await);
        let store = doctor["checks"].as_array().unwrap().iter().find(|check| check["check"] == "store").unwrap();
        assert_eq!(store["state"], "wrong");
    }
    let output = musubi(dir, &["store", "set-aside"], &[]).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let aside = json(&output)["set_aside"].as_str().unwrap().to_owned();
    assert!(aside.contains("store.damaged-2"), "{aside}");
    assert!(Path::new(&aside).join("records/db").is_file());

    let output = musubi(dir, &["run"], &key).await;
    assert_eq!((output.status.code(), code_of(&output).as_deref()), (Some(1), Some("store-missing")));
    // The keys still open, and the office begins anew with them.
    let init = Init {
        office: HOME_VISIT.0.parse().unwrap(),
        kinds: vec![HOME_VISIT.1[0].parse().unwrap()],
        name: "みほん".into(),
        mode: Mode::Unattended,
        unlock: Unlock::Machine(Some(office.machine_key.clone())),
        machine_key: Some(office.machine_key.clone()),
    };
    assert!(office::init(&office.home, init).unwrap().recovery.is_none(), "the keys are the same");
    let again = Installed { leaves: Vec::new(), ..office };
    let again = net.certify(again, &[HOME_VISIT], 365);
    let node = net.start(again, &[]).await;
    assert!(node.inbox().is_empty());
    node.stop().await;
}
