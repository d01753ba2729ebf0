//! A node that was put back to an earlier day, or replaced, takes back what its partners hold, and goes on.

use musubi_node::{core::Confirmed, db::Side};
use musubi_protocol::{
    crl::Reason,
    entry::{Body, Entry, Position, What},
    ids::{Hash, MessageId},
    link::{Log, frame::Frame},
    signed::Unverified,
    time::Timestamp,
};
use musubi_tests::{
    Installed, LIMIT, TestNetwork, TestNode,
    partner::{Partner, Written},
    process::copy,
};

const MANAGER: (&str, &[&str]) = ("1379905001", &["43"]);
const HOME_VISIT: (&str, &[&str]) = ("1379900010", &["11"]);
/// Plans of the manager for the home visits, and what came back of them.
const PLANS: [&str; 5] = [
    "20251020090308-B1-1379905001-43-to-1379900010-11",
    "20251024090725-B2-1379905001-43-to-1379900010-11",
    "20251105090349-B1-1379905001-43-to-1379900010-11",
    "20251105090409-B2-1379905001-43-to-1379900010-11",
    "20251112091403-B2-1379905001-43-to-1379900010-11",
];
const ACTUALS: [&str; 2] =
    ["20251202091006-B5-1379900010-11-to-1379905001-43", "20251203090744-B6-1379900010-11-to-1379905001-43"];

fn log() -> Log {
    Log::new("1379905001-43".parse().unwrap(), "1379900010-11".parse().unwrap())
}

/// Entries of a log as one side keeps it.
fn entries(node: &TestNode, side: Side, log: Log) -> Vec<Unverified<Entry>> {
    node.node.core().db.entries_after(side, log, (0, 0), usize::MAX).unwrap()
}

/// Both sides hold the same two logs; gives the epochs of the first.
fn same_logs(a: &TestNode, b: &TestNode) -> Vec<u64> {
    let all = |node, side, log| entries(node, side, log).iter().map(|e| e.bytes().to_vec()).collect::<Vec<_>>();
    assert_eq!(all(a, Side::Own, log()), all(b, Side::Partner, log()));
    assert_eq!(all(b, Side::Own, log().reverse()), all(a, Side::Partner, log().reverse()));
    for node in [a, b] {
        assert_eq!(node.node.core().db.forks().unwrap(), 0, "nobody has seen a fork");
    }
    let mut epochs: Vec<u64> = entries(a, Side::Own, log()).iter().map(|entry| entry.claim().epoch).collect();
    epochs.dedup();
    epochs
}

/// Waits until both sides hold the same two logs.
async fn until_same_logs(a: &TestNode, b: &TestNode) -> Vec<u64> {
    let heads = |own: &TestNode, other: &TestNode, log| {
        own.node.core().db.head(Side::Own, log).unwrap() == other.node.core().db.head(Side::Partner, log).unwrap()
    };
    a.until("the same log of the manager", |a| heads(a, b, log())).await;
    b.until("the same log of the home visits", |b| heads(b, a, log().reverse())).await;
    a.until("the same log of the home visits", |a| heads(b, a, log().reverse())).await;
    same_logs(a, b)
}

/// The message's files come out of the node as they went in.
async fn holds(node: &TestNode, id: MessageId, bundle: &str) {
    let row = node.inbox().into_iter().find(|row| row.id == Some(id.to_string())).expect("in the inbox");
    let files = node.files(id, row.files.len()).await;
    let mut sent = musubi_tests::sample::bundle(bundle);
    sent.sort();
    let mut got: Vec<_> = row.files.iter().map(|file| file.name.clone()).zip(files).collect();
    got.sort();
    assert_eq!(got, sent);
}

/// Sends a bundle and waits until it was delivered and opened.
async fn exchange(from: &TestNode, to: &TestNode, bundle: &str) -> MessageId {
    let id = from.send_sample(bundle).await;
    from.until_state(id, "delivered").await;
    // It may have been announced anew meanwhile.
    let id = from.node.core().db.newest_id(id).unwrap();
    holds(to, id, bundle).await;
    from.until_state(id, "opened").await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_backup_is_filled_up_by_the_partner() {
    let net = TestNetwork::default();
    let home_visit = net.start(net.install("home-visit", &[HOME_VISIT]), &[]).await;
    let manager = net.start(net.install("manager", &[MANAGER]), &[&home_visit]).await;
    let first = exchange(&manager, &home_visit, PLANS[0]).await;
    let manager = manager.stop().await;
    let backup = copy(&manager, &net.dir().join("backup"));

    let manager = net.start(manager, &[&home_visit]).await;
    let second = exchange(&manager, &home_visit, PLANS[1]).await;
    let actual = exchange(&home_visit, &manager, ACTUALS[0]).await;
    manager.stop().await;

    // Put back, the node knows nothing of what came after; and it goes on writing before it meets anybody.
    let manager = net.start(backup, &[]).await;
    let unaware = [send(&manager, PLANS[2]).await, send(&manager, PLANS[3]).await];
    let backup = manager.stop().await;
    let manager = net.start(backup, &[&home_visit]).await;
    // Who waits for the id of before hears of it too.
    let core = manager.node.core();
    let arrived = |_| {
        let message = core.db.outbound(&core.db.newest_id(unaware[1])?)?;
        Ok(message.is_some_and(|message| message.receipts.has(What::Delivered)))
    };
    assert!(core.wait_for(&[unaware[1]], LIMIT, arrived).await.unwrap());
    for (id, bundle) in unaware.into_iter().zip([PLANS[2], PLANS[3]]) {
        let newest = || manager.node.core().db.newest_id(id).unwrap();
        manager
            .until("delivery under a new id", |node| newest() != id && node.sent(newest()).state == "delivered")
            .await;
        holds(&home_visit, newest(), bundle).await;
    }
    let epochs = until_same_logs(&manager, &home_visit).await;
    assert_eq!(epochs.len(), 2, "the log goes on in one new epoch");
    assert!(matches!(entries(&manager, Side::Own, log())[4].claim().body, Body::Restart(_)));
    // What was lost came back, with its receipts; nothing is there twice.
    assert_eq!(manager.sent(first).state, "opened");
    assert_eq!(manager.sent(second).state, "opened");
    holds(&manager, actual, ACTUALS[0]).await;
    assert_eq!((manager.inbox().len(), manager.outbox().len(), home_visit.inbox().len()), (1, 4, 4));
    assert_eq!(home_visit.sent(actual).receipts.len(), 2);
    // And both go on as ever.
    exchange(&manager, &home_visit, PLANS[4]).await;
    exchange(&home_visit, &manager, ACTUALS[1]).await;
    assert_eq!(until_same_logs(&manager, &home_visit).await, epochs);
    manager.stop().await;
    home_visit.stop().await;
}

async fn send(from: &TestNode, bundle: &str) -> MessageId {
    from.send_sample(bundle).await
}

/// A new computer without a backup: another key for the same address, and the certificate before is revoked.
async fn replace(net: &TestNetwork, name: &str, before: &Installed, partners: &[&TestNode]) -> Installed {
    let crl = {
        let mut authority = net.authority();
        authority.revoke(&before.leaves[0], Reason::Superseded);
        authority.crl().der().to_vec()
    };
    for partner in partners {
        partner.node.core().install(vec![crl.clone()], None).await.unwrap();
    }
    let office = if name.starts_with("manager") { MANAGER } else { HOME_VISIT };
    net.install(name, &[office])
}

/// A person at a node has heard by telephone that an office's new key is its own.
async fn confirm(node: &TestNode, office: &str) {
    let core = node.node.core();
    let keys = core.new_keys().unwrap();
    let key = keys.iter().find(|key| key.address.office.as_str() == office).expect("a new key of that office");
    let confirmed = core.confirm_key(key.address.office, &key.spoken).await.unwrap();
    assert_eq!(confirmed, Confirmed::Addresses(vec![key.address]));
    assert_eq!(core.new_keys().unwrap().len(), keys.len() - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_computer_gets_its_mail_again() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let home_visit = net.start(net.install("home-visit", &[HOME_VISIT]), &[&manager]).await;
    let plan = exchange(&manager, &home_visit, PLANS[0]).await;
    let actual = exchange(&home_visit, &manager, ACTUALS[0]).await;
    let gone = home_visit.stop().await;
    // On its way while the computer is gone.
    let waiting = manager.send_sample(PLANS[1]).await;

    let home_visit = replace(&net, "home-visit-2", &gone, &[&manager]).await;
    let home_visit = net.start(home_visit, &[]).await;
    // Before it has met anybody it writes a first entry of its own.
    let unaware = home_visit.send_sample(ACTUALS[1]).await;
    let home_visit = net.start(home_visit.stop().await, &[&manager]).await;
    // It has everything, and can open nothing, until somebody has heard from it.
    manager.until("its new key", |node| node.sent(waiting).why.as_deref() == Some("new_key")).await;
    let of_both = |node: &TestNode| [plan, waiting].map(|id| node.node.core().db.body(Side::Partner, &id).unwrap());
    home_visit.until("the ciphertexts", |node| of_both(node).iter().all(Option::is_some)).await;
    assert_eq!(home_visit.inbox().len(), 0);
    confirm(&manager, HOME_VISIT.0).await;
    manager.until_state(waiting, "delivered").await;
    home_visit.until("all mail", |node| node.inbox().len() == 2).await;
    holds(&home_visit, plan, PLANS[0]).await;
    holds(&home_visit, waiting, PLANS[1]).await;
    let newest = home_visit.node.core().db.newest_id(unaware).unwrap();
    assert_ne!(newest, unaware);
    home_visit.until_state(newest, "delivered").await;
    holds(&manager, newest, ACTUALS[1]).await;
    assert_eq!(home_visit.sent(actual).state, "opened", "known again from the partner's receipts");
    // The receipts of the old computer still count, and are not given twice.
    assert_eq!(manager.sent(plan).receipts.iter().filter(|receipt| receipt.kind == "delivered").count(), 1);
    until_same_logs(&manager, &home_visit).await;

    // The manager's computer goes too. What came under the home visits' revoked certificate was judged when it came.
    let gone = manager.stop().await;
    let manager = replace(&net, "manager-2", &gone, &[&home_visit]).await;
    let manager = net.start(manager, &[]).await;
    let home_visit = net.start(home_visit.stop().await, &[&manager]).await;
    home_visit.until("its new key", |node| !node.node.core().new_keys().unwrap().is_empty()).await;
    confirm(&home_visit, MANAGER.0).await;
    let more = exchange(&manager, &home_visit, PLANS[2]).await;
    manager.until("all its mail", |node| node.inbox().len() == 2).await;
    holds(&manager, newest, ACTUALS[1]).await;
    // What both have lost is gone, and said to be.
    let row = manager.inbox().into_iter().find(|row| row.id == Some(actual.to_string())).expect("in the inbox");
    assert_eq!((row.state.as_str(), row.files.len()), ("lost", 0));
    assert_eq!(manager.sent(plan).state, "opened");
    assert_eq!(home_visit.inbox().len(), 3);
    assert_eq!(manager.sent(more).state, "opened");
    exchange(&home_visit, &manager, "20250402090613-B5-1379900010-11-to-1379905001-43").await;
    manager.stop().await;
    home_visit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_claims_to_hold_more_has_to_show_it() {
    let net = TestNetwork::default();
    let node = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let guest = net.authority().issue(HOME_VISIT.0, HOME_VISIT.1);
    let partner = Partner::new(&node, vec![guest]).await;
    partner.connect(node.node.listen()[0].parse().unwrap()).await;
    let mut talk = partner.talk().await;
    let theirs = log().reverse();
    talk.offer(theirs).await;
    // An entry that names one of ours which never was.
    let written = Written::new(theirs);
    let mail = written.mail(&partner.desks[0], &node, &musubi_tests::sample::bundle(ACTUALS[0]));
    let mut entry = mail.entry.value().clone();
    entry.peer = Position { epoch: entry.epoch, seq: 7, hash: Hash([7; 32]) };
    let entry = musubi_tests::partner::sign(entry, &partner.desks[0]);
    let (bytes, envelope) = (entry.bytes().to_vec(), mail.envelope.clone());
    talk.say(&Frame::Entry { log: theirs, entry: bytes, envelope, body: mail.body.clone() }).await;
    assert!(matches!(talk.hear().await, Some(Frame::Stop { .. })));
    // The node asks what we have, and goes on in an epoch above the claim when it is nothing.
    let first = partner.until_entry("a restart", |entry| matches!(entry.body, Body::Restart(_))).await;
    assert!(first.claim().epoch > entry.value().epoch);
    node.stop().await;
}

/// The claim came while the node's own stream to the partner was not open yet.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_from_before_the_stream_is_followed_up() {
    let net = TestNetwork::default();
    let node = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let guest = net.authority().issue(HOME_VISIT.0, HOME_VISIT.1);
    let claimed = Position { epoch: Timestamp::now().0, seq: 7, hash: Hash([7; 32]) };
    node.node.core().partners.claims(log(), claimed);
    let partner = Partner::new(&node, vec![guest]).await;
    partner.connect(node.node.listen()[0].parse().unwrap()).await;
    let first = partner.until_entry("a restart", |entry| matches!(entry.body, Body::Restart(_))).await;
    assert!(first.claim().epoch > claimed.epoch);
    node.stop().await;
}

/// A partner that has lost its log may refuse what it would take with it: an entry under a certificate that was revoked
/// since it first came.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_before_a_log_came_back_is_offered_again() {
    let net = TestNetwork::default();
    let node = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let guest = net.authority().issue(HOME_VISIT.0, HOME_VISIT.1);
    let partner = Partner::new(&node, vec![guest]).await;
    partner.refuse(true);
    partner.connect(node.node.listen()[0].parse().unwrap()).await;
    let id = node.send_sample(PLANS[0]).await;
    partner.until_refusal().await;
    partner.refuse(false);
    let mut talk = partner.talk().await;
    let theirs = log().reverse();
    talk.offer(theirs).await;
    talk.say(&Frame::Back { log: theirs, at: (0, 0) }).await;
    talk.offer(theirs).await;
    let plan = partner.until_entry("the plan", |entry| matches!(entry.body, Body::Message(_))).await;
    assert_eq!(plan.id(), id);
    node.stop().await;
}
