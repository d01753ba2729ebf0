//! A revocation takes effect where it is known, at once, and travels to where it is not.

use musubi_network::Multiaddr;
use musubi_node::{
    outbox::{self, Order},
    wire::Dialed,
};
use musubi_protocol::{
    certificate::LeafIn,
    entry::{Body, What},
    gate::Refusal,
    link::{
        Log,
        frame::{Frame, Stop},
    },
    trust::testing::TestAuthority,
};
use musubi_tests::{
    TestNetwork, TestNode,
    partner::{Partner, Written},
    sample,
};

const MANAGER: (&str, &[&str]) = ("1379905001", &["43"]);
const HOME_VISIT: (&str, &[&str]) = ("1379900010", &["11"]);
const DAY_CARE: (&str, &[&str]) = ("1379900028", &["15", "21"]);
const TO_HOME_VISIT: &str = "20251024090725-B2-1379905001-43-to-1379900010-11";
const FROM_HOME_VISIT: &str = "20251202091006-B5-1379900010-11-to-1379905001-43";
const TO_DAY_CARE: &str = "20251024090755-B2-1379905001-43-to-1379900028-15";

fn address(node: &TestNode) -> Multiaddr {
    node.node.listen()[0].parse().unwrap()
}

async fn install(node: &TestNode, crl: &[u8]) {
    node.node.core().install(vec![crl.to_vec()], None).await.unwrap();
}

fn crl_numbers(node: &TestNode) -> Vec<u64> {
    let trust = node.node.core().trust.trust().unwrap();
    let mut numbers: Vec<u64> = trust.crl_numbers().into_iter().map(|(_, number)| number).collect();
    numbers.sort_unstable();
    numbers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_office_is_cut_off_and_its_mail_is_held() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let home_visit = net.start(net.install("home-visit", &[HOME_VISIT]), &[&manager]).await;
    let day_care = net.start(net.install("day-care", &[DAY_CARE]), &[&manager]).await;
    let id = manager.send_sample(TO_HOME_VISIT).await;
    manager.until_state(id, "delivered").await;
    manager.until_connected("1379900028-15").await;

    let crl = net.revoke(&home_visit.installed.leaves[0]);
    install(&manager, &crl).await;
    home_visit.until("the cut", |node| node.node.core().partners.addresses().is_empty()).await;
    // It may have heard of it before it was cut: then it shows no credential.
    let dialed = home_visit.node.wire().dial(address(&manager)).await;
    let is_out = matches!(dialed, Dialed::Refused(Refusal::Revoked | Refusal::NoCredential));
    assert!(is_out, "{dialed:?}");

    // From here to there: sealed, and held with the reason.
    let held = manager.send_sample("20251105090409-B2-1379905001-43-to-1379900010-11").await;
    let row = manager.sent(held);
    assert_eq!((row.state.as_str(), row.why.as_deref()), ("held", Some("revoked")));
    // From there to here nothing is sealed any more once the office has the list too.
    install(&home_visit, &crl).await;
    assert_eq!(refused(&home_visit, FROM_HOME_VISIT).await.as_deref(), Some("MU-SEND-006"));
    // The others go on.
    let id = manager.send_sample(TO_DAY_CARE).await;
    manager.until_state(id, "delivered").await;
    assert!(manager.inbox().is_empty());
    assert_eq!(home_visit.inbox().len(), 1);
    for node in [manager, home_visit, day_care] {
        node.stop().await;
    }
}

/// Why a bundle is not sent at all.
async fn refused(node: &TestNode, bundle: &str) -> Option<String> {
    let rows = node.try_send(Order { files: sample::bundle(bundle), ..Order::default() }).await;
    assert_eq!((rows.len(), &rows[0].id), (1, &None), "{rows:?}");
    rows[0].findings.first().map(|finding| finding.rule.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_nine_desks_goes_and_the_connection_stays_for_the_others() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    // More desks than the gate shows at once.
    let numbers: Vec<String> = (1..=7).map(|n| format!("13799001{n:02}")).collect();
    let others = numbers.iter().map(|number| (number.as_str(), ["11"].as_slice()));
    let desks: Vec<(&str, &[&str])> = [HOME_VISIT, DAY_CARE].into_iter().chain(others).collect();
    let nine = net.start(net.install("nine", &desks), &[&manager]).await;
    for (office, kinds) in &desks {
        manager.until_connected(&format!("{office}-{}", kinds[0])).await;
    }
    let peer = manager.node.core().partners.peers()[0].0;
    let counters = || manager.node.wire().handle().unwrap().counters();
    let before = counters().established;
    let crl = net.revoke(&nine.installed.leaves[0]);
    install(&manager, &crl).await;
    // Nine kinds of eight desks are left: day care holds two.
    manager.until("the desk's end", |node| node.node.core().partners.addresses().len() == 9).await;
    assert!(manager.node.core().partners.has(&peer));
    let id = manager.send_sample(TO_DAY_CARE).await;
    manager.until_state(id, "delivered").await;
    // The node has heard it over this very connection, and sends nothing for that desk.
    nine.until("the list", |node| node.node.core().trust.trust().unwrap().crls().any(|held| held.der() == crl)).await;
    assert_eq!(refused(&nine, FROM_HOME_VISIT).await.as_deref(), Some("MU-SEND-006"));
    assert!(manager.inbox().is_empty());
    assert_eq!(counters().established, before, "no new connection was needed");
    manager.stop().await;
    nine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_to_a_revoked_desk_of_the_same_node_is_held_too() {
    let net = TestNetwork::default();
    let node = net.start(net.install("all", &[MANAGER, HOME_VISIT]), &[]).await;
    let id = node.send_sample(TO_HOME_VISIT).await;
    node.until_state(id, "delivered").await;
    let crl = net.revoke(&node.installed.leaves[1]);
    install(&node, &crl).await;
    let id = node.send_sample("20251105090409-B2-1379905001-43-to-1379900010-11").await;
    let row = node.sent(id);
    assert_eq!((row.state.as_str(), row.why.as_deref()), ("held", Some("revoked")));
    node.stop().await;
}

/// Both directions of the gate: whoever has the older list gets the newer one, and judges by it.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_travels_to_whoever_lags_behind() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let home_visit = net.start(net.install("home-visit", &[HOME_VISIT]), &[]).await;
    let day_care = net.start(net.install("day-care", &[DAY_CARE]), &[]).await;
    // All begin with the same lists.
    let crl = net.authority().crl();
    let root_crl = net.authority().root_crl();
    for node in [&manager, &home_visit, &day_care] {
        install(node, crl.der()).await;
        install(node, root_crl.der()).await;
    }
    let before = crl_numbers(&manager);
    let crl = net.revoke(&home_visit.installed.leaves[0]);
    install(&manager, &crl).await;
    assert_ne!(crl_numbers(&manager), before);
    assert_eq!(crl_numbers(&day_care), before);
    // The dialer lags behind, then the listener.
    assert_eq!(day_care.node.wire().dial(address(&manager)).await, Dialed::Connected);
    assert_eq!(crl_numbers(&day_care), crl_numbers(&manager));
    let leaf = net.authority().issue("1379900036", &["11"]).leaf;
    let crl = net.revoke(&leaf);
    install(&manager, &crl).await;
    assert_eq!(manager.node.wire().dial(address(&day_care)).await, Dialed::Connected);
    assert_eq!(crl_numbers(&day_care), crl_numbers(&manager));
    // Who was told knows.
    assert_eq!(home_visit.node.wire().dial(address(&day_care)).await, Dialed::Refused(Refusal::Revoked));
    for node in [manager, home_visit, day_care] {
        node.stop().await;
    }
}

/// Nobody has to dial: whoever has a newer list or bundle tells all who are connected, and they theirs.
#[tokio::test(flavor = "multi_thread")]
async fn news_travels_over_open_connections_and_on() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let middle = net.start(net.install("middle", &[DAY_CARE]), &[&manager]).await;
    let far = net.start(net.install("far", &[HOME_VISIT]), &[&middle]).await;
    manager.until_connected("1379900028-15").await;
    middle.until_connected("1379900010-11").await;
    let gone = net.authority().issue("1379900036", &["11"]).leaf;
    for _ in 0..3 {
        // From the first list on a delta leads to the next.
        let crl = net.revoke(&gone);
        install(&manager, &crl).await;
        let has = |node: &TestNode| node.node.core().trust.trust().unwrap().crls().any(|held| held.der() == crl);
        far.until("the list", has).await;
        assert!(has(&middle));
    }
    let bundle = {
        let mut authority = net.authority();
        let bundle = authority.bundle();
        authority.sign(bundle)
    };
    manager.node.core().learn_bundle(bundle.clone()).await.unwrap();
    far.until("the bundle", |node| node.node.core().trust.trust().unwrap().bundle_bytes() == bundle).await;
    // Two halves of one truth under one number are no news, and nothing is torn down.
    assert!(manager.node.core().partners.is_connected("1379900028-15".parse().unwrap()));
    for node in [manager, middle, far] {
        node.stop().await;
    }
}

/// An older list beside a newer one changes nothing, whatever comes last.
#[tokio::test(flavor = "multi_thread")]
async fn lists_that_come_at_once_do_not_undo_each_other() {
    let net = TestNetwork::default();
    let node = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let leaf: LeafIn = net.authority().issue("1379900036", &["11"]).leaf;
    let older = net.authority().crl().der().to_vec();
    let newer = net.revoke(&leaf);
    let core = node.node.core();
    let (one, two) = tokio::join!(core.learn_crls(vec![older]), core.learn_crls(vec![newer.clone()]));
    one.unwrap();
    two.unwrap();
    let trust = core.trust.trust().unwrap();
    assert!(trust.crls().any(|crl| crl.der() == newer));
    node.stop().await;
}

/// Bundles do not travel with lists: one of a CA that is not known here must not hide the others.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_an_unknown_ca_does_not_hide_the_others() {
    let net = TestNetwork::default();
    let node = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let mut elsewhere = TestAuthority::new(9, net.authority().now);
    let (foreign, unknown) = (elsewhere.root_crl().der().to_vec(), elsewhere.crl().der().to_vec());
    let leaf: LeafIn = net.authority().issue("1379900036", &["11"]).leaf;
    let newer = net.revoke(&leaf);
    node.node.core().learn_crls(vec![foreign, unknown, newer.clone()]).await.unwrap();
    let trust = node.node.core().trust.trust().unwrap();
    assert!(trust.crls().any(|crl| crl.der() == newer));
    node.stop().await;
}

/// A partner who is cut off in the middle of a long body does not get it finished.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_a_revoked_desk_is_not_completed() {
    let net = TestNetwork::default();
    let node = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let desks =
        [("1379900010", "11"), ("1379900028", "15")].map(|(office, kind)| net.authority().issue(office, &[kind]));
    let partner = Partner::new(&node, desks.to_vec()).await;
    partner.connect(address(&node)).await;
    let mut talk = partner.talk().await;
    let log = partner.log(0, &node);
    talk.offer(log).await;
    let files = vec![("a.csv".to_owned(), vec![7; 3 << 19])];
    let mail = Written::new(log).mail(&partner.desks[0], &node, &files);
    let (id, length) = (mail.id(), mail.body.len() as u64);
    let announced =
        Frame::Entry { log, entry: mail.entry.bytes().to_vec(), envelope: mail.envelope.clone(), body: Vec::new() };
    talk.say(&announced).await;
    assert_eq!(talk.hear().await, Some(Frame::Have { log, at: mail.entry.position() }));
    assert_eq!(talk.hear().await, Some(Frame::Want { log, id, offset: 0 }));
    let mut body = partner.talk().await;
    body.say(&Frame::Body { log, id, offset: 0, length }).await;
    let (first, rest) = mail.body.split_at(1 << 20);
    body.try_say(first).await.unwrap();

    let crl = net.revoke(&partner.desks[0].leaf);
    install(&node, &crl).await;
    node.until("the desk's end", |node| node.node.core().partners.addresses().len() == 1).await;
    // The connection lives on for the other desk, and the node has ended this stream.
    let _ = body.try_say(rest).await;
    let _ = body.try_finish().await;
    assert_eq!(body.hear().await, None);
    let answer = {
        talk.say(&announced).await;
        talk.hear().await
    };
    assert_eq!(answer, Some(Frame::Stop { log, reason: Stop::NotAdmitted }));
    assert!(node.inbox().iter().all(|row| !row.times.contains_key("delivered")));
    let told = |entry: &musubi_protocol::entry::Entry| match &entry.body {
        Body::Receipt(receipt) => receipt.what == What::Delivered,
        _ => false,
    };
    assert!(!partner.entries().iter().any(|entry| told(entry.claim())));
    node.stop().await;
}

/// Whoever asks for an envelope gets one for messages to himself only.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_sealed_for_one_partner_is_sealed_for_no_other() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let home_visit = net.start(net.install("home-visit", &[HOME_VISIT]), &[&manager]).await;
    let day_care = net.start(net.install("day-care", &[DAY_CARE]), &[&manager]).await;
    let ids = [manager.send_sample(TO_HOME_VISIT).await, manager.send_sample(TO_DAY_CARE).await];
    for id in ids {
        manager.until_state(id, "delivered").await;
    }
    let to = |address: &str| Log::new("1379905001-43".parse().unwrap(), address.parse().unwrap());
    let envelope = |log, id| outbox::envelope_of(manager.node.core(), log, id, true).unwrap();
    assert!(envelope(to("1379900010-11"), &ids[0]).is_some());
    assert_eq!(envelope(to("1379900028-15"), &ids[0]), None);
    assert_eq!(envelope(to("1379900010-11"), &ids[1]), None);
    let files = sample::bundle(TO_HOME_VISIT);
    assert_eq!(home_visit.files(ids[0], files.len()).await.len(), files.len());
    for node in [manager, home_visit, day_care] {
        node.stop().await;
    }
}
