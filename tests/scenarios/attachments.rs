//! Files of any kind, with a note: on the same path and with the same receipts as bundles.

use musubi_node::{api::types::Row, attachments::Order};
use musubi_protocol::ids::MessageId;
use musubi_tests::{TestNetwork, TestNode, sample};

const MANAGER: (&str, &[&str]) = ("1379905001", &["43"]);
const HOME_VISIT: (&str, &[&str]) = ("1379900010", &["11"]);
const TO: &str = "1379900010-11";

fn order() -> Order {
    Order {
        from: None,
        to: TO.parse().unwrap(),
        note: None,
        each: false,
        again: false,
        programs: false,
        standard: false,
        expected: None,
    }
}

fn pdf(length: usize) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.extend((bytes.len()..length).map(|n| (n * 7 % 251) as u8));
    bytes
}

fn files() -> Vec<(String, Vec<u8>)> {
    vec![
        ("アセスメント.pdf".into(), pdf(3_000_000)),
        ("写真 1.jpg".into(), b"\xff\xd8\xff\xe0\0\x10JFIF\0 and so on".to_vec()),
        ("空.txt".into(), Vec::new()),
    ]
}

fn rules(row: &Row) -> Vec<&str> {
    row.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

fn id(row: &Row) -> MessageId {
    row.id.as_ref().unwrap_or_else(|| panic!("refused: {row:#?}")).parse().unwrap()
}

/// Ciphertexts that lie in files of a node's store.
fn bodies(node: &TestNode) -> usize {
    fn count(dir: &std::path::Path) -> usize {
        let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
        let bodies = |name: &std::ffi::OsStr| {
            name.len() == 32 && name.to_str().is_some_and(|n| n.bytes().all(|c| c.is_ascii_hexdigit()))
        };
        entries
            .map(
                |entry| {
                    if entry.path().is_dir() { count(&entry.path()) } else { usize::from(bodies(&entry.file_name())) }
                },
            )
            .sum()
    }
    count(&node.installed.home.store())
}

async fn pair(net: &TestNetwork) -> (TestNode, TestNode) {
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let home_visit = net.start(net.install("home-visit", &[HOME_VISIT]), &[&manager]).await;
    (manager, home_visit)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_and_three_files_arrive_byte_for_byte() {
    let net = TestNetwork::default();
    let (manager, home_visit) = pair(&net).await;
    let note = Some("よろしくお願いします。\r\n明日うかがいます。\n".into());
    let rows = manager.attach(Order { note, ..order() }, &files()).await;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    let id = id(&rows[0]);
    manager.until_state(id, "delivered").await;
    let row = home_visit.inbox().remove(0);
    assert_eq!((row.id, row.bundle, row.serial), (Some(id.to_string()), None, None));
    assert_eq!(row.note.as_deref(), Some("よろしくお願いします。\n明日うかがいます。"));
    let kinds: Vec<_> = row.files.iter().map(|file| (file.name.as_str(), file.kind.as_str())).collect();
    assert_eq!(kinds, [("アセスメント.pdf", "pdf"), ("写真 1.jpg", "image"), ("空.txt", "text")]);
    let received = home_visit.files(id, 3).await;
    assert_eq!(received, files().into_iter().map(|(_, bytes)| bytes).collect::<Vec<_>>());
    manager.until_state(id, "opened").await;
    assert_eq!((bodies(&manager), bodies(&home_visit)), (1, 1));
    manager.stop().await;
    home_visit.stop().await;
}

/// With `each` many small files are many messages, in their order.
#[tokio::test(flavor = "multi_thread")]
async fn each_file_on_its_own_arrives_in_order() {
    let net = TestNetwork::default();
    let (manager, home_visit) = pair(&net).await;
    let mut files: Vec<_> = (0..120).map(|n| (format!("{n:03}.pdf"), pdf(2_000 + n))).collect();
    files.insert(60, ("setup.exe".into(), b"MZ".to_vec()));
    let rows = manager.attach(Order { each: true, ..order() }, &files).await;
    assert_eq!(rows.len(), 121);
    assert_eq!((rows[60].state.as_str(), rules(&rows[60])), ("refused", vec!["MU-SEND-019"]));
    let last = id(&rows[120]);
    manager.until_state(last, "delivered").await;
    let arrived: Vec<_> = home_visit.inbox().into_iter().map(|row| row.files[0].name.clone()).collect();
    let sent: Vec<_> = files.iter().map(|(name, _)| name.clone()).filter(|name| name != "setup.exe").collect();
    assert_eq!(arrived, sent);
    manager.stop().await;
    home_visit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_must_not_travel_is_refused_and_leaves_nothing() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let large = ("a.pdf".to_owned(), pdf(3_000_000));
    let (name, standard) = sample::bundle("20251020090308-B1-1379905001-43-to-1379900010-11").remove(0);
    let long = format!("{}.pdf", "あ".repeat(100));
    for (file, bytes, rule) in [
        ("b.pdf", b"MZ\x90\0\x03\0\0\0".to_vec(), "MU-SEND-020"),
        ("b.exe", b"MZ\x90\0\x03\0\0\0".to_vec(), "MU-SEND-019"),
        ("b.sh", b"#!/bin/sh\n".to_vec(), "MU-SEND-019"),
        (name.as_str(), standard.clone(), "MU-SEND-018"),
        ("../b.pdf", pdf(10), "MU-SEND-021"),
        ("..\\b.pdf", pdf(10), "MU-SEND-021"),
        ("con.pdf", pdf(10), "MU-SEND-021"),
        ("b\u{202e}fdp.pdf", pdf(10), "MU-SEND-021"),
        ("b\u{7}.pdf", pdf(10), "MU-SEND-021"),
        (long.as_str(), pdf(10), "MU-SEND-021"),
        ("A.PDF", pdf(10), "MU-SEND-022"),
    ] {
        let rows = manager.attach(order(), &[large.clone(), (file.into(), bytes)]).await;
        assert_eq!((rows.len(), rules(&rows[0])), (1, vec![rule]), "{file:?}");
        assert_eq!((rows[0].state.as_str(), bodies(&manager)), ("refused", 0), "{file:?}");
    }
    let many: Vec<_> = (0..101).map(|n| (format!("{n}.pdf"), pdf(10))).collect();
    assert_eq!(rules(&manager.attach(order(), &many).await[0]), ["MU-SEND-023"]);
    let note = |note: &str| Order { note: Some(note.into()), ..order() };
    for bad in ["a".repeat(8193), "a\u{1b}[2J".into()] {
        assert_eq!(rules(&manager.attach(note(&bad), &[large.clone()]).await[0]), ["MU-SEND-027"]);
    }
    let from = |from: &str| Order { from: Some(from.parse().unwrap()), ..order() };
    assert_eq!(rules(&manager.attach(from("1379905001-11"), &[large.clone()]).await[0]), ["MU-SEND-025"]);
    assert!(manager.outbox().is_empty());
    assert_eq!(bodies(&manager), 0);
    // On purpose, a program and a file of the standard go.
    let meant = Order { programs: true, standard: true, ..order() };
    let rows = manager.attach(meant, &[("b.exe".into(), b"MZ\x90\0\x03\0\0\0".to_vec()), (name, standard)]).await;
    assert!(rows[0].id.is_some(), "{rows:#?}");
    manager.stop().await;
}

/// Two clicks send once; on purpose, and with another note, it goes again.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_files_go_once() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let files = files();
    let (one, two) = tokio::join!(manager.attach(order(), &files), manager.attach(order(), &files));
    assert_eq!(id(&one[0]), id(&two[0]));
    assert!(one[0].already_sent != two[0].already_sent);
    assert_eq!((manager.outbox().len(), bodies(&manager)), (1, 1));
    let noted = Order { note: Some("もう一度".into()), ..order() };
    let again = Order { again: true, ..order() };
    for order in [noted, again] {
        let rows = manager.attach(order, &files).await;
        assert!(!rows[0].already_sent && id(&rows[0]) != id(&one[0]), "{rows:#?}");
    }
    assert_eq!(manager.outbox().len(), 3);
    manager.stop().await;
}
