//! The public log has teeth: from a date on what it does not hold is refused, an authority that shows two logs is found
//! out where they meet, and what is withheld is told.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use musubi_network::Multiaddr;
use musubi_node::{
    core::Event,
    db::{Db, Writes},
    office, transparency,
    wire::Dialed,
};
use musubi_protocol::{
    gate::Refusal,
    ids::Address,
    log::{Act, Fork, Head, Operation, Side, Tree},
    signed::Signed,
    time::{DAY, Timestamp},
    trust::testing::TestAuthority,
};
use musubi_tests::{Installed, TestNetwork, TestNode, WrongClock, within};

const MANAGER: (&str, &[&str]) = ("1379905001", &["43"]);
const HOME_VISIT: (&str, &[&str]) = ("1379900010", &["11"]);
const DAY_CARE: (&str, &[&str]) = ("1379900028", &["15"]);
const BUNDLES: [&str; 2] =
    ["20251024090725-B2-1379905001-43-to-1379900010-11", "20251105090409-B2-1379905001-43-to-1379900010-11"];
const TO_DAY_CARE: &str = "20251024090755-B2-1379905001-43-to-1379900028-15";

fn address((office, kinds): (&str, &[&str])) -> Address {
    Address::new(office.parse().unwrap(), kinds[0].parse().unwrap())
}

fn listening(node: &TestNode) -> Multiaddr {
    node.node.listen()[0].parse().unwrap()
}

/// Installs without a network, as an office without Internet does.
fn by_file(installed: &Installed, files: &[Vec<u8>]) {
    office::install(&installed.home, files, None).expect("good files");
}

/// An office with the proofs of its certificates.
fn proven(net: &TestNetwork, name: &str, desk: (&str, &[&str])) -> Installed {
    let installed = net.install(name, &[desk]);
    by_file(&installed, &installed.leaves.iter().map(|leaf| net.proof(leaf)).collect::<Vec<_>>());
    installed
}

/// An office with a certificate of which the log says nothing.
fn silent(net: &TestNetwork, name: &str, desk: (&str, &[&str])) -> Installed {
    let (log, acts) = {
        let authority = net.authority();
        (authority.log.clone(), authority.acts.clone())
    };
    let installed = net.install(name, &[desk]);
    let mut authority = net.authority();
    (authority.log, authority.acts) = (log, acts);
    installed
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_date_on_only_what_the_log_holds_is_let_in() {
    let net = TestNetwork::default();
    let ahead = WrongClock::default();
    let files = [proven(&net, "manager", MANAGER), proven(&net, "home-visit", HOME_VISIT)];
    let unlogged = silent(&net, "day-care", DAY_CARE);
    let from = Timestamp::now().plus(DAY);
    let bundle = net.wanting_proofs(from);
    let [manager, home_visit] = files;
    for installed in [&manager, &home_visit, &unlogged] {
        by_file(installed, std::slice::from_ref(&bundle));
    }
    let manager = net.start_with_clock(manager, &[], ahead.clock()).await;
    let home_visit = net.start_with_clock(home_visit, &[&manager], ahead.clock()).await;
    let unlogged = net.start_with_clock(unlogged, &[&manager], ahead.clock()).await;

    // Before the date nothing depends on it.
    for (bundle, desk) in [(BUNDLES[0], HOME_VISIT), (TO_DAY_CARE, DAY_CARE)] {
        manager.until_connected(&address(desk).to_string()).await;
        let sent = manager.send_sample(bundle).await;
        manager.until_state(sent, "delivered").await;
    }
    // It passes on open connections: who has shown a proof stays, the other goes at once.
    ahead.shift(DAY as i64 + 60);
    for node in [&manager, &home_visit, &unlogged] {
        node.node.core().tell(Event::Trust);
    }
    let is_out = |node: &TestNode| !node.node.core().partners.is_connected(address(DAY_CARE));
    manager.until("the cut", is_out).await;
    assert!(manager.node.core().partners.is_connected(address(HOME_VISIT)));
    assert_eq!(unlogged.node.wire().dial(listening(&manager)).await, Dialed::Refused(Refusal::Proof));
    let sent = manager.send_sample(BUNDLES[1]).await;
    manager.until_state(sent, "delivered").await;
    // Connected anew, the same.
    let home_visit = net.start_with_clock(home_visit.stop().await, &[&manager], ahead.clock()).await;
    manager.until_connected(&address(HOME_VISIT).to_string()).await;

    // The authority puts it into the log after all, and the proof comes by file: the office is let in again.
    let leaf = unlogged.installed.leaves[0].clone();
    {
        let mut authority = net.authority();
        let issued = leaf.not_before().plus(DAY);
        authority.note(Act::about(&leaf, Operation::Issue, issued));
    }
    unlogged.node.core().install(vec![net.proof(&leaf)], None).await.unwrap();
    manager.until_connected(&address(DAY_CARE).to_string()).await;
    for node in [manager, home_visit, unlogged] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_without_internet_is_let_in_by_its_files() {
    let net = TestNetwork::default();
    let manager = proven(&net, "manager", MANAGER);
    let bare = net.install("home-visit", &[HOME_VISIT]);
    let wanting = net.wanting_proofs(Timestamp::now().minus(60));
    by_file(&manager, std::slice::from_ref(&wanting));
    let manager = net.start(manager, &[]).await;
    // Without the proof nobody lets it in; with the file of the authority, which holds it, everybody does.
    by_file(&bare, std::slice::from_ref(&wanting));
    let newcomer = net.start(bare, &[]).await;
    assert_eq!(newcomer.node.wire().dial(listening(&manager)).await, Dialed::Refused(Refusal::Proof));
    let bare = newcomer.stop().await;
    by_file(&bare, &[net.proof(&bare.leaves[0])]);
    let newcomer = net.start(bare, &[&manager]).await;
    manager.until_connected(&address(HOME_VISIT).to_string()).await;
    let sent = manager.send_sample(BUNDLES[0]).await;
    manager.until_state(sent, "delivered").await;
    for node in [manager, newcomer] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_let_in_without_a_proof_silences_nobody_after_the_date() {
    let net = TestNetwork::default();
    let ahead = WrongClock::default();
    let manager = proven(&net, "manager", MANAGER);
    let honest = proven(&net, "home-visit", HOME_VISIT);
    // Somebody else gets a certificate for the same number, with a higher issue number and no word in the log.
    let impostor = silent(&net, "impostor", HOME_VISIT);
    let bundle = net.wanting_proofs(Timestamp::now().plus(DAY));
    for installed in [&manager, &honest, &impostor] {
        by_file(installed, std::slice::from_ref(&bundle));
    }
    let manager = net.start_with_clock(manager, &[], ahead.clock()).await;
    let impostor = net.start_with_clock(impostor, &[&manager], ahead.clock()).await;
    manager.until_connected(&address(HOME_VISIT).to_string()).await;
    let honest = net.start_with_clock(honest, &[], ahead.clock()).await;
    assert_eq!(honest.node.wire().dial(listening(&manager)).await, Dialed::Refused(Refusal::Certificate));
    ahead.shift(DAY as i64 + 60);
    manager.node.core().tell(Event::Trust);
    manager.until("the cut", |node| node.node.core().partners.addresses().is_empty()).await;
    assert_eq!(impostor.node.wire().dial(listening(&manager)).await, Dialed::Refused(Refusal::Proof));
    assert_eq!(honest.node.wire().dial(listening(&manager)).await, Dialed::Connected);
    for node in [manager, honest, impostor] {
        node.stop().await;
    }
}

/// What an office keeps that was shown a log of these acts.
fn shown(installed: &Installed, authority: &TestAuthority, acts: &[Act]) -> Signed<Head> {
    let mut tree = Tree::new();
    tree.extend(acts.iter().map(Act::leaf_hash));
    let head = Signed::sign(Head::of(&tree, Timestamp::now()), authority.issuing.key()).unwrap();
    by_file(installed, &[head.bytes().to_vec()]);
    let db = Db::new(installed.home.open_store(8 << 20).unwrap());
    let mut writes = Writes::new();
    let leaves: Vec<u8> = acts.iter().flat_map(Act::to_bytes).collect();
    writes.log_chunk(0, &leaves).unwrap();
    writes.meta("log covered", &(acts.len() as u64, Side::of(&head).head)).unwrap();
    db.store().commit_blocking(writes.into_batch()).unwrap();
    head
}

/// Two offices that were shown two logs: of three acts and of six, of which the first two are the same.
fn two_logs(net: &TestNetwork) -> ([Installed; 2], [Signed<Head>; 2]) {
    let (manager, home_visit) = (net.install("manager", &[MANAGER]), net.install("home-visit", &[HOME_VISIT]));
    let mut authority = net.authority();
    let mut log_of = |office: &str, count: usize| {
        authority.silently(|authority| {
            for _ in 0..count {
                authority.issue(office, &["11"]);
            }
            authority.acts.clone()
        })
    };
    let (one, other) = (log_of("1379900036", 1), log_of("1379900044", 4));
    assert_eq!(one[..2], other[..2]);
    let heads = [shown(&manager, &authority, &one), shown(&home_visit, &authority, &other)];
    ([manager, home_visit], heads)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_from_another_log_lets_nobody_in() {
    let net = TestNetwork::default();
    let ([manager, home_visit], _) = two_logs(&net);
    let wanting = net.wanting_proofs(Timestamp::now().minus(60));
    for installed in [&manager, &home_visit] {
        by_file(installed, std::slice::from_ref(&wanting));
    }
    let manager = net.start(manager, &[]).await;
    let home_visit = net.start(home_visit, &[]).await;
    // Its proof holds by itself, in the log that it was shown.
    assert!(!manager.node.core().admitted_here().is_empty());
    assert_eq!(manager.node.wire().dial(listening(&home_visit)).await, Dialed::Refused(Refusal::Proof));
    assert!(evidence(&home_visit).is_some());
    for node in [manager, home_visit] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_cannot_be_compared_yet_silences_nobody() {
    let net = TestNetwork::default();
    let (manager, honest) = (net.install("manager", &[MANAGER]), net.install("home-visit", &[HOME_VISIT]));
    {
        let authority = net.authority();
        let acts = authority.acts.clone();
        shown(&manager, &authority, &acts);
        shown(&honest, &authority, &acts);
    }
    let wanting = net.wanting_proofs(Timestamp::now().minus(60));
    // Somebody else gets a certificate for the same number, with a higher issue number, in a log that goes further.
    let impostor = net.install("impostor", &[HOME_VISIT]);
    by_file(&impostor, &[net.proof(&impostor.leaves[0])]);
    for installed in [&manager, &honest, &impostor] {
        by_file(installed, std::slice::from_ref(&wanting));
    }
    let manager = net.start(manager, &[]).await;
    let impostor = net.start(impostor, &[&manager]).await;
    manager.until_connected(&address(HOME_VISIT).to_string()).await;
    let honest = net.start(honest, &[]).await;
    assert_eq!(honest.node.wire().dial(listening(&manager)).await, Dialed::Connected);
    for node in [manager, honest, impostor] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_proof_from_another_log_gives_way_to_one_from_ours() {
    let net = TestNetwork::default();
    let (manager, home_visit) = (net.install("manager", &[MANAGER]), net.install("home-visit", &[HOME_VISIT]));
    {
        let mut authority = net.authority();
        let acts = authority.acts.clone();
        for installed in [&manager, &home_visit] {
            shown(installed, &authority, &acts);
        }
        // In the other log the manager's certificate stands elsewhere.
        let other = authority.silently(|authority| {
            (authority.log, authority.acts) = (Tree::new(), Vec::new());
            authority.issue("1379900036", &["11"]);
            authority.note(acts[0]);
            authority.inclusion(&manager.leaves[0])
        });
        let hash = manager.leaves[0].hash();
        let db = Db::new(manager.home.open_store(8 << 20).unwrap());
        let mut writes = Writes::new();
        let mut filed = other.to_parts().remove(0);
        *filed = other.to_file(hash).unwrap();
        writes.meta(&format!("log proof {hash}"), &filed).unwrap();
        db.store().commit_blocking(writes.into_batch()).unwrap();
    }
    let wanting = net.wanting_proofs(Timestamp::now().minus(60));
    for installed in [&manager, &home_visit] {
        by_file(installed, std::slice::from_ref(&wanting));
    }
    let home_visit = net.start(home_visit, &[]).await;
    let manager = net.start(manager, &[]).await;
    assert_eq!(manager.node.wire().dial(listening(&home_visit)).await, Dialed::Connected);
    for node in [manager, home_visit] {
        node.stop().await;
    }
}

fn evidence(node: &TestNode) -> Option<Fork> {
    transparency::fork(&node.node.core().db).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_shows_two_logs_is_found_out_where_they_meet() {
    let net = TestNetwork::default();
    let ([manager, home_visit], heads) = two_logs(&net);
    let manager = net.start(manager, &[]).await;
    let home_visit = net.start(home_visit, &[&manager]).await;
    // Each has computed its proof from its own log, and shows the head of that.
    home_visit.until_connected(&address(MANAGER).to_string()).await;
    let found = evidence(&home_visit).expect("the longer log has shown the difference");
    let trust = home_visit.node.core().trust.trust().unwrap();
    let sizes = found.verify(&trust).expect("anybody can verify it").map(|head| head.value().size);
    assert_eq!((sizes, found.size), ([6, 3], 3));
    assert_eq!(found.theirs.head.as_slice(), heads[0].bytes());
    // An authority's word of its own is no evidence against another one.
    let elsewhere = TestAuthority::new(2, Timestamp::now()).trust();
    assert!(found.verify(&elsewhere).is_none());

    // What it says in an entry is kept, too.
    let sent = manager.send_sample(BUNDLES[0]).await;
    manager.until_state(sent, "delivered").await;
    let doubt = transparency::doubt(&home_visit.node.core().db).unwrap();
    assert_eq!(doubt.map(|(of, _)| of), Some(address(MANAGER)));

    // The other side asks when it hears that there is more, and is shown how that log was.
    let crl = net.authority().crl();
    home_visit.node.core().install(vec![crl.der().to_vec()], None).await.unwrap();
    manager
        .until("the newer list", |node| {
            let numbers = node.node.core().trust.trust().unwrap().crl_numbers();
            numbers.iter().any(|(_, number)| *number == crl.number())
        })
        .await;
    let found = within("the evidence", async {
        loop {
            if let Some(found) = evidence(&manager) {
                break found;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    let sizes = found.verify(&trust).expect("anybody can verify it").map(|head| head.value().size);
    assert_eq!((sizes, found.size), ([3, 6], 3));
    // A person writes it to a file, and another office checks that by itself.
    let path = net.dir().join("evidence.pem");
    let commands = move |dirs: [PathBuf; 2]| {
        let musubi = |dir: &Path, line: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_musubi-under-test"));
            let output = command.args(line).arg("--dir").arg(dir).arg("--json").output().unwrap();
            let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            (output.status.code().unwrap(), value)
        };
        let file = path.to_str().unwrap();
        assert_eq!(musubi(&dirs[0], &["log", "evidence", file]).0, 0);
        let (code, checked) = musubi(&dirs[1], &["log", "verify", "--evidence", file]);
        assert_eq!(
            (code, &checked["ours"]["size"], &checked["theirs"]["size"]),
            (1, &6.into(), &3.into()),
            "{checked}"
        );
        let status = musubi(&dirs[0], &["status"]).1;
        assert_eq!((&status["log_fork"], &status["log_doubt"]["address"]), (&true.into(), &"1379905001-43".into()));
        assert_eq!(musubi(&dirs[0], &["log", "verify"]).1["fork"], true);
        assert_eq!(musubi(&dirs[1], &["doctor"]).0, 1);
        let altered =
            std::fs::read_to_string(&path).unwrap().replace("-----BEGIN MUSUBI LOG FORK", "-----BEGIN MUSUBI LOG HEAD");
        std::fs::write(&path, altered).unwrap();
        let (code, error) = musubi(&dirs[1], &["log", "verify", "--evidence", file]);
        assert_eq!((code, &error["error"]["code"]), (1, &"log-evidence".into()), "{error}");
    };
    let dirs = [&home_visit, &manager].map(|node| node.installed.home.dir().to_owned());
    tokio::task::spawn_blocking(move || commands(dirs)).await.unwrap();
    for node in [manager, home_visit] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_names_another_log_is_asked_to_show_it() {
    let net = TestNetwork::default();
    let (manager, home_visit) = (net.install("manager", &[MANAGER]), net.install("home-visit", &[HOME_VISIT]));
    {
        // The manager's own certificate is not in the log that it was shown, so that it has no proof to show.
        let mut authority = net.authority();
        let acts = authority.acts.clone();
        authority.acts.clear();
        for _ in 0..3 {
            authority.issue("1379900036", &["11"]);
        }
        let other = authority.acts.clone();
        shown(&manager, &authority, &other);
        shown(&home_visit, &authority, &[acts, other].concat());
    }
    let manager = net.start(manager, &[]).await;
    let home_visit = net.start(home_visit, &[&manager]).await;
    home_visit.until_connected(&address(MANAGER).to_string()).await;
    assert_eq!(evidence(&home_visit), None);
    let sent = manager.send_sample(BUNDLES[0]).await;
    manager.until_state(sent, "delivered").await;
    assert!(transparency::doubt(&home_visit.node.core().db).unwrap().is_some());
    // With the next news it is asked, and what it shows is signed by the authority.
    let crl = net.authority().crl();
    manager.node.core().install(vec![crl.der().to_vec()], None).await.unwrap();
    let found = within("the evidence", async {
        loop {
            if let Some(found) = evidence(&home_visit) {
                break found;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(found.verify(&home_visit.node.core().trust.trust().unwrap()).is_some());
    for node in [manager, home_visit] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_log_comes_from_a_partner_in_parts() {
    const SIZE: u64 = 50_000;
    let net = TestNetwork::default();
    let (manager, home_visit) = (net.install("manager", &[MANAGER]), net.install("home-visit", &[HOME_VISIT]));
    {
        let mut authority = net.authority();
        let last = *authority.acts.last().unwrap();
        while authority.log.size() < SIZE {
            let issue_number = authority.log.size() + 1;
            authority.note(Act { issue_number, office: "1379900036".parse().unwrap(), ..last });
        }
        let head = authority.head();
        by_file(&manager, &[head.bytes().to_vec()]);
        let db = Db::new(manager.home.open_store(8 << 20).unwrap());
        for (number, chunk) in (0..).zip(authority.acts.chunks(512)) {
            let mut writes = Writes::new();
            writes.log_chunk(number, &chunk.iter().flat_map(Act::to_bytes).collect::<Vec<u8>>()).unwrap();
            db.store().commit_blocking(writes.into_batch()).unwrap();
        }
        let mut writes = Writes::new();
        writes.meta("log covered", &(SIZE, Side::of(&head).head)).unwrap();
        db.store().commit_blocking(writes.into_batch()).unwrap();
    }
    let manager = net.start(manager, &[]).await;
    let home_visit = net.start(home_visit, &[&manager]).await;
    home_visit.until_connected(&address(MANAGER).to_string()).await;
    let db = &home_visit.node.core().db;
    let behind = || db.meta::<(u64, Side)>("log behind").unwrap().map(|(size, _)| size);
    let covered = || transparency::check(db, None).unwrap().size;
    // Each piece of news brings a part.
    let news = async |done: &dyn Fn() -> bool| {
        let crl = net.authority().crl().der().to_vec();
        manager.node.core().install(vec![crl], None).await.unwrap();
        within("a part of the log", async {
            while !done() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    };
    news(&|| behind().is_some()).await;
    assert_eq!((behind(), covered()), (Some(12 * 4_096), 0));
    news(&|| covered() == SIZE).await;
    for node in [manager, home_visit] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_nobody_gives_is_told_after_a_day() {
    let net = TestNetwork::default();
    let (office, partner) = (net.install("manager", &[MANAGER]), net.install("home-visit", &[HOME_VISIT]));
    {
        let mut authority = net.authority();
        let short = authority.acts.clone();
        authority.issue("1379900036", &["11"]);
        shown(&office, &authority, &short);
        shown(&partner, &authority, &short);
        by_file(&office, &[authority.head().bytes().to_vec()]);
    }
    let node = net.start(office, &[]).await;
    let partner = net.start(partner, &[&node]).await;
    node.until_connected(&address(HOME_VISIT).to_string()).await;
    let told = |node: &TestNode| transparency::withheld(node.node.core()).unwrap();
    node.node.core().tell(Event::Trust);
    node.until("a look", |_| true).await;
    assert_eq!(told(&node), None);
    // A list that the authority has signed a day and a half later shows how late it is.
    let later = {
        let mut authority = net.authority();
        authority.now = authority.now.plus(DAY + DAY / 2);
        authority.crl().der().to_vec()
    };
    within("a note of it", async {
        while node.node.core().db.meta::<(u64, Timestamp)>("log ahead").unwrap().is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    node.node.core().install(vec![later], None).await.unwrap();
    // Nobody was asked for it since, as after a weekend.
    assert_eq!(told(&node), None);
    let next = net.authority().crl().der().to_vec();
    partner.node.core().install(vec![next], None).await.unwrap();
    within("the word", async {
        while told(&node).is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(told(&node).map(|missing| missing.size), Some(3));
    for node in [node, partner] {
        node.stop().await;
    }
}
