//! A new certificate for the same desk: mail in flight is not lost by it, and nobody has to start anew.

use libp2p::identity::Keypair;
use musubi_protocol::{
    cbor,
    credential::Credential,
    link::frame::{Frame, Stop},
    time::{DAY, Timestamp},
};
use musubi_tests::{
    Installed, TestNetwork,
    partner::{Partner, Written, sign},
};

const MANAGER: (&str, &[&str]) = ("1379905001", &["43"]);
const HOME_VISIT: (&str, &[&str]) = ("1379900010", &["11"]);
const DAY_CARE: (&str, &[&str]) = ("1379900028", &["15"]);
const MORE: [&str; 3] = [
    "20251024090725-B2-1379905001-43-to-1379900010-11",
    "20251105090409-B2-1379905001-43-to-1379900010-11",
    "20251112091403-B2-1379905001-43-to-1379900010-11",
];

/// A second certificate for the office, whose licence begins `later` seconds from now.
fn renewed(net: &TestNetwork, installed: &Installed, office: &str, later: u64) -> Vec<u8> {
    let now = net.authority().now;
    // As an authority that works on that day; its certificates are backdated.
    net.authority().now = Timestamp::now().plus(later);
    let leaf = net.issue(installed, office, 365);
    net.authority().now = now;
    leaf.der().to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_installed_while_connected_speaks_at_once() {
    let net = TestNetwork::default();
    let manager = net.install("manager", &[MANAGER]);
    let leaf = renewed(&net, &manager, MANAGER.0, 0);
    let manager = net.start(manager, &[]).await;
    let home_visit = net.start(net.install("home-visit", &[HOME_VISIT]), &[&manager]).await;
    let id = manager.send_sample(MORE[0]).await;
    manager.until_state(id, "delivered").await;
    let connected = home_visit.node.wire().handle().unwrap().counters().established;

    let before = speaker(&manager);
    manager.node.core().install(vec![leaf], None).await.unwrap();
    assert_ne!(speaker(&manager), before);
    let id = manager.send_sample(MORE[1]).await;
    manager.until_state(id, "delivered").await;
    let row = &home_visit.inbox()[1];
    home_visit.files(id, row.files.len()).await;
    // Its receipts reach the desk under the new certificate as before.
    manager.until_state(id, "opened").await;
    assert_eq!(home_visit.node.wire().handle().unwrap().counters().established, connected);
    manager.stop().await;
    home_visit.stop().await;
}

fn speaker(node: &musubi_tests::TestNode) -> musubi_protocol::ids::Hash {
    node.node.core().with_desks(|desks| desks[0].certificate().unwrap().1.hash())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_licence_for_later_does_not_silence_the_desk_today() {
    let net = TestNetwork::default();
    let manager = net.install("manager", &[MANAGER]);
    // Backdated by a day: valid now, while its licence has not begun.
    let leaf = renewed(&net, &manager, MANAGER.0, DAY / 2);
    let manager = net.start(manager, &[]).await;
    let home_visit = net.start(net.install("home-visit", &[HOME_VISIT]), &[&manager]).await;
    let before = speaker(&manager);
    manager.node.core().install(vec![leaf], None).await.unwrap();
    assert_eq!(speaker(&manager), before);
    let id = manager.send_sample(MORE[0]).await;
    manager.until_state(id, "delivered").await;
    // Started anew, too.
    let manager = net.start(manager.stop().await, &[&home_visit]).await;
    assert_eq!(speaker(&manager), before);
    let id = manager.send_sample(MORE[1]).await;
    manager.until_state(id, "delivered").await;
    manager.stop().await;
    home_visit.stop().await;
}

/// Sealed on Friday, partner away, renewed on Monday: what counts is the licence under which it was signed.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_sealed_before_a_renewal_is_taken() {
    let net = TestNetwork::default();
    let node = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let (older, newer) = {
        let mut authority = net.authority();
        let now = authority.now;
        let older = authority.issue(HOME_VISIT.0, HOME_VISIT.1);
        let older_from = now.minus(300 * DAY);
        let older = authority.issue_for(HOME_VISIT.0, HOME_VISIT.1, older.key, older_from, now.plus(30 * DAY));
        let until = now.plus(365 * DAY);
        let newer = authority.issue_for(HOME_VISIT.0, HOME_VISIT.1, older.key.clone(), now.minus(60), until);
        (older, newer)
    };
    let partner = Partner::new(&node, vec![newer]).await;
    partner.connect(node.node.listen()[0].parse().unwrap()).await;
    let mut talk = partner.talk().await;
    let log = partner.log(0, &node);
    talk.offer(log).await;
    talk.say(&Frame::Certificate(older.leaf.der().to_vec())).await;

    let files = vec![("a.csv".to_owned(), vec![7; 1000])];
    let written = Written::new(log);
    let mail = written.mail(&partner.desks[0], &node, &files);
    let sealed_at = mail.entry.value().time.minus(3 * DAY);
    assert!(sealed_at < partner.desks[0].leaf.from());
    let mut entry = mail.entry.value().clone();
    (entry.time, entry.signer) = (sealed_at, older.leaf.hash());
    let entry = sign(entry, &older);
    let envelope = musubi_tests::partner::envelope(&node, log.to, &mail.sealed, &entry.id());
    let at = entry.position();
    talk.say(&Frame::Entry { log, entry: entry.bytes().to_vec(), envelope, body: mail.body.clone() }).await;
    assert_eq!(talk.hear().await, Some(Frame::Have { log, at }));
    node.until("the arrival", |node| node.inbox().iter().any(|row| row.times.contains_key("delivered"))).await;
    node.stop().await;
}

/// An old PC that still shows the older of two certificates is not let in beside the new one.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_certificates_the_newer_one_speaks_whoever_comes_last() {
    let net = TestNetwork::default();
    let node = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let older = net.authority().issue(HOME_VISIT.0, HOME_VISIT.1);
    let newer = net.authority().issue(HOME_VISIT.0, HOME_VISIT.1);
    let later = {
        let mut authority = net.authority();
        let (from, until) = (authority.now.plus(DAY / 2), authority.now.plus(365 * DAY));
        authority.issue_for(HOME_VISIT.0, HOME_VISIT.1, newer.key.clone(), from, until)
    };
    let listening = node.node.listen()[0].parse::<musubi_network::Multiaddr>().unwrap();
    let old_pc = Partner::new(&node, vec![older]).await;
    old_pc.connect(listening.clone()).await;
    old_pc.leave().await;
    let new_pc = Partner::new(&node, vec![newer.clone()]).await;
    new_pc.connect(listening.clone()).await;
    // The gate has let it in a moment before the node takes note of it.
    let (address, hash) = (newer.address(), newer.leaf.hash());
    node.until("the newer one", |node| node.node.core().db.partner(address).unwrap() == Some(hash)).await;
    let refused = old_pc.desks.clone();
    let old_pc = Partner::new(&node, refused).await;
    let reason = old_pc.try_connect(listening.clone()).await.unwrap_err();
    assert!(reason.contains("certificate"), "{reason}");
    // One for later silences nobody today.
    new_pc.leave().await;
    let both = Partner::new(&node, vec![later, newer.clone()]).await;
    both.connect(listening.clone()).await;
    both.leave().await;
    Partner::new(&node, vec![newer]).await.connect(listening).await;
    node.stop().await;
}

/// A desk runs on one node; while it moves there may be two. It is not let in from any number.
#[tokio::test(flavor = "multi_thread")]
async fn a_desk_is_not_everywhere() {
    let net = TestNetwork::default();
    let node = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let desk = net.authority().issue(HOME_VISIT.0, HOME_VISIT.1);
    let listening = node.node.listen()[0].parse::<musubi_network::Multiaddr>().unwrap();
    let mut partners = Vec::new();
    for _ in 0..3 {
        let partner = Partner::new(&node, vec![desk.clone()]).await;
        partner.connect(listening.clone()).await;
        partners.push(partner);
    }
    node.until("three nodes", |node| node.node.core().partners.peers().len() == 3).await;
    let one_more = Partner::new(&node, vec![desk.clone()]).await;
    let reason = one_more.try_connect(listening.clone()).await.unwrap_err();
    assert!(reason.contains("busy"), "{reason}");

    // Nor beside another desk that is let in.
    let cover = net.authority().issue(DAY_CARE.0, DAY_CARE.1);
    let keypair = Keypair::generate_ed25519();
    let credential =
        Credential::new(&desk.leaf, desk.issuer, &keypair.public().to_peer_id(), &desk.key, Timestamp::now());
    let credential = cbor::to_vec(&credential.unwrap()).unwrap();
    let covered = Partner::with_key(&node, keypair, vec![cover]).await;
    covered.connect(listening.clone()).await;
    let log = partners[0].log(0, &node);
    let mut talk = covered.talk().await;
    talk.say(&Frame::Credential(credential.clone())).await;
    talk.say(&Frame::Offer(log)).await;
    assert_eq!(talk.hear().await, Some(Frame::Stop { log, reason: Stop::NotAdmitted }));

    partners.pop().unwrap().leave().await;
    node.until("three nodes again", |node| node.node.core().partners.peers().len() == 3).await;
    talk.say(&Frame::Credential(credential)).await;
    talk.offer(log).await;
    // Now it speaks from three, the covered one among them.
    let reason = one_more.try_connect(listening.clone()).await.unwrap_err();
    assert!(reason.contains("busy"), "{reason}");
    covered.leave().await;
    node.until("two nodes", |node| node.node.core().partners.peers().len() == 2).await;
    one_more.connect(listening).await;
    node.stop().await;
}
