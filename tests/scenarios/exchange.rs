//! Bundles go out, receipts come back: between nodes, and between desks of one node.

use std::{collections::BTreeMap, time::Duration};

use careplan::Lang;
use musubi_node::{
    api::types::{FindingRow, Row},
    outbox::{self, Order},
    rows,
};
use musubi_protocol::ids::{Hash, MessageId};
use musubi_tests::{TestNetwork, TestNode, sample};

const MANAGER: (&str, &[&str]) = ("1379905001", &["43"]);
const HOME_VISIT: (&str, &[&str]) = ("1379900010", &["11"]);
const DAY_CARE: (&str, &[&str]) = ("1379900028", &["15", "21"]);

/// Sends the whole month between the three offices in serial order and checks every byte and receipt.
/// `node_of` gives the node on which an office has its desk.
async fn month(node_of: &BTreeMap<&str, &TestNode>) {
    let bundles = sample::bundles_between(&[MANAGER.0, HOME_VISIT.0, DAY_CARE.0]);
    assert_eq!(bundles.len(), 19);
    for bundle in &bundles {
        let part = |at: usize| bundle.split('-').nth(at).unwrap();
        let (from, to) = (node_of[part(2)], node_of[part(5)]);
        let id = from.send_sample(bundle).await;
        from.until_state(id, "delivered").await;
        let row = to.inbox().into_iter().find(|row| row.id == Some(id.to_string())).expect("in the inbox");
        assert_eq!(row.bundle.as_deref(), Some(part(1)));
        assert_eq!(row.serial.as_deref(), Some(part(0)));
        let files = sample::bundle(bundle);
        let received = to.files(id, row.files.len()).await;
        let by_name: BTreeMap<&str, &Vec<u8>> =
            row.files.iter().map(|file| file.name.as_str()).zip(&received).collect();
        assert_eq!(by_name.len(), files.len());
        for (name, bytes) in &files {
            assert_eq!(by_name[name.as_str()], bytes, "{name}");
        }
        for (file, bytes) in row.files.iter().zip(&received) {
            assert_eq!(file.sha256, Hash::of(&[bytes]).to_string());
        }
        from.until_state(id, "opened").await;
        let kinds: Vec<_> = from.sent(id).receipts.into_iter().map(|r| (r.kind, r.by)).collect();
        assert_eq!(kinds, [("delivered".into(), "node".into()), ("opened".to_owned(), "api".to_owned())]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_between_three_nodes() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let home_visit = net.start(net.install("home-visit", &[HOME_VISIT]), &[&manager]).await;
    let day_care = net.start(net.install("day-care", &[DAY_CARE]), &[&manager]).await;
    let nodes = BTreeMap::from([(MANAGER.0, &manager), (HOME_VISIT.0, &home_visit), (DAY_CARE.0, &day_care)]);
    month(&nodes).await;
    for node in [manager, home_visit, day_care] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_between_desks_of_one_node() {
    let net = TestNetwork::default();
    let node = net.start(net.install("all", &[MANAGER, HOME_VISIT, DAY_CARE]), &[]).await;
    month(&BTreeMap::from([(MANAGER.0, &node), (HOME_VISIT.0, &node), (DAY_CARE.0, &node)])).await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_to_a_partner_who_is_away_arrives_when_he_comes() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let home_visit = net.install("home-visit", &[HOME_VISIT]);
    let ids = send_all(&manager).await;
    for id in &ids {
        let row = manager.sent(*id);
        assert_eq!((row.state.as_str(), row.why.as_deref()), ("waiting", Some("no_key")));
    }
    let home_visit = net.start(home_visit, &[&manager]).await;
    for id in &ids {
        manager.until_state(*id, "delivered").await;
    }
    // Order of delivery is the order of sending.
    let arrived: Vec<_> = home_visit.inbox().into_iter().filter_map(|row| row.serial).collect();
    let mut sorted = arrived.clone();
    sorted.sort();
    assert_eq!(arrived, sorted);
    // Away again: now the key is known, only the partner is not there.
    let home_visit = home_visit.stop().await;
    manager.until("a closed connection", |node| node.node.core().partners.addresses().is_empty()).await;
    let id = manager.send_sample("20251112091403-B2-1379905001-43-to-1379900010-11").await;
    assert_eq!(manager.sent(id).why.as_deref(), Some("not_connected"));
    let home_visit = net.start(home_visit, &[&manager]).await;
    manager.until_state(id, "delivered").await;
    assert_eq!(home_visit.inbox().len(), ids.len() + 1);
}

/// Somebody presses the button twice, or a program tries again before it has an answer.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_bundle_at_once_from_two_sides_goes_once() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let order =
        || Order { files: sample::bundle("20251020090308-B1-1379905001-43-to-1379900010-11"), ..Order::default() };
    let core = manager.node.core();
    // One of them is given up in the middle, as when a client goes away.
    let given_up = tokio::time::timeout(Duration::ZERO, outbox::send(core, order(), Lang::Ja)).await;
    let (one, two) = tokio::join!(manager.try_send(order()), manager.try_send(order()));
    let id = |rows: &[Row]| rows[0].id.clone().expect("accepted");
    assert_eq!(id(&one), id(&two));
    assert!(one[0].already_sent || two[0].already_sent || given_up.is_err());
    assert_eq!(manager.outbox().len(), 1);
    manager.stop().await;
}

/// An error stops its own bundle and no other; warnings go along, and are kept with the message.
#[tokio::test(flavor = "multi_thread")]
async fn the_check_stops_errors_and_keeps_warnings() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let mut files = sample::bundle("20251024090725-B2-1379905001-43-to-1379900010-11");
    files[0].0 = files[0].0.to_ascii_lowercase();
    let mut cut_off = sample::bundle("20251024090755-B2-1379905001-43-to-1379900028-15");
    let half = cut_off[0].1.len() - 20;
    cut_off[0].1.truncate(half);
    files.append(&mut cut_off);
    let rows = manager.try_send(Order { files, ..Order::default() }).await;
    let [good, bad] = rows.as_slice() else { panic!("{rows:#?}") };
    assert_eq!((good.state.as_str(), bad.state.as_str()), ("waiting", "refused"));
    assert!(bad.findings.iter().any(|finding| finding.severity == "error"), "{bad:#?}");
    let found = |findings: &[FindingRow]| findings.iter().map(|finding| finding.rule.clone()).collect::<Vec<_>>();
    assert_eq!(found(&good.findings), ["CP-NAME-008"]);

    let id: MessageId = good.id.as_ref().unwrap().parse().unwrap();
    let manager = net.start(manager.stop().await, &[]).await;
    let detail = rows::detail(manager.node.core(), id).unwrap().unwrap();
    assert_eq!(detail.row.findings, good.findings);
    assert!(manager.outbox()[0].findings.is_empty(), "lists are short");
    manager.stop().await;
}

/// The whole month once more: nothing goes a second time, and nothing old replaces something newer.
#[tokio::test(flavor = "multi_thread")]
async fn a_month_that_is_sent_again_sends_nothing() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let bundles = sample::bundles_between(&[MANAGER.0, HOME_VISIT.0, DAY_CARE.0]);
    let down: Vec<_> = bundles.iter().filter(|bundle| bundle.contains("-1379905001-43-to-")).collect();
    for bundle in &down {
        manager.send_sample(bundle).await;
    }
    assert_eq!(manager.outbox().len(), down.len());
    for bundle in &down {
        let rows = manager.try_send(Order { files: sample::bundle(bundle), ..Order::default() }).await;
        let [row] = rows.as_slice() else { panic!("{bundle}: {rows:#?}") };
        assert!(row.already_sent, "{bundle}: {row:#?}");
    }
    // Other content of an older serial is refused, and sent only on purpose; after that all is as before.
    let mut files = sample::bundle(down[3]);
    let (_, bytes) = files.last_mut().unwrap();
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    bytes.truncate(end + 1);
    let order = |older| Order { files: files.clone(), older, ..Order::default() };
    assert_eq!(manager.try_send(order(false)).await[0].findings[0].rule, "MU-SEND-007");
    assert!(manager.try_send(order(true)).await[0].id.is_some());
    assert!(manager.try_send(order(true)).await[0].already_sent);
    for bundle in &down[4..] {
        let rows = manager.try_send(Order { files: sample::bundle(bundle), ..Order::default() }).await;
        assert!(rows[0].already_sent, "{bundle}: {rows:#?}");
    }
    assert_eq!(manager.outbox().len(), down.len() + 1);
    manager.stop().await;
}

async fn send_all(manager: &TestNode) -> Vec<MessageId> {
    let mut ids = Vec::new();
    for bundle in [
        "20251020090308-B1-1379905001-43-to-1379900010-11",
        "20251024090725-B2-1379905001-43-to-1379900010-11",
        "20251105090349-B1-1379905001-43-to-1379900010-11",
    ] {
        ids.push(manager.send_sample(bundle).await);
    }
    ids
}
