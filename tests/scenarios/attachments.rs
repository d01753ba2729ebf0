//! Files of any kind, with a note: on the same path and with the same receipts as bundles.

use std::{collections::BTreeMap, io::Write, net::TcpStream, path::Path, time::Duration};

use aho_corasick::AhoCorasick;
use careplan::Lang;
use musubi_node::inbox::MAX_INCOMPLETE;
use musubi_node::{
    api::{self, types::Row},
    attachments::{Order, Upload},
};
use musubi_protocol::{
    entry::Message,
    ids::MessageId,
    link::frame::{Frame, Stop},
    seal::length,
};
use musubi_tests::{
    TestNetwork, TestNode,
    partner::{Partner, Written, header, sealed},
    sample, within,
};

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

fn each_file(dir: &Path, look: &mut impl FnMut(&Path)) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { each_file(&path, look) } else { look(&path) }
    }
}

/// Ciphertexts that lie in files of a node's store.
fn bodies(node: &TestNode) -> usize {
    let mut count = 0;
    each_file(&node.installed.home.store(), &mut |path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        count += usize::from(name.len() == 32 && name.bytes().all(|c| c.is_ascii_hexdigit()));
    });
    count
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
    // One whose envelope has to be asked for arrives after later ones.
    for row in rows.iter().filter(|row| row.state != "refused") {
        manager.until_state(id(row), "delivered").await;
    }
    let all = home_visit.node.core().db.all_inbound().unwrap();
    let places: BTreeMap<String, (u64, u64)> =
        all.into_iter().map(|(id, message)| (id.to_string(), message.place)).collect();
    let mut came = home_visit.inbox();
    came.sort_by_key(|row| row.id.as_ref().map(|id| places[id]));
    let arrived: Vec<_> = came.into_iter().map(|row| row.files[0].name.clone()).collect();
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
        assert_eq!(rules(&manager.attach(note(&bad), std::slice::from_ref(&large)).await[0]), ["MU-SEND-027"]);
    }
    let from = |from: &str| Order { from: Some(from.parse().unwrap()), ..order() };
    assert_eq!(rules(&manager.attach(from("1379905001-11"), std::slice::from_ref(&large)).await[0]), ["MU-SEND-025"]);
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

/// A program that goes away in the middle of a file: nothing of it is left, and the node goes on.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let net = TestNetwork::default();
    let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let token = api::read_token(&manager.installed.home.api_token()).unwrap();
    let host = manager.node.api().strip_prefix("http://").unwrap().to_owned();
    let part = |name: &str| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"");
    let head = format!(
        "POST /api/attachments HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nContent-Length: 100000000\r\n\
         Content-Type: multipart/form-data; boundary=x\r\n\r\n{}\r\n\r\n{TO}\r\n{}; filename=\"a.pdf\"\r\n\r\n",
        token.as_str(),
        part("to"),
        part("file"),
    );
    let mut stream = TcpStream::connect(&host).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&pdf(5_000_000)).unwrap();
    // Nothing tells of a file that comes or goes on the disk.
    let until = async |count: usize| {
        while bodies(&manager) != count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    within("a body in the making", until(1)).await;
    drop(stream);
    within("its end", until(0)).await;
    assert!(manager.outbox().is_empty());
    // Messages of the same request that were complete have been sent.
    let mut upload = Upload::begin(manager.node.core(), Order { each: true, ..order() }, Lang::Ja);
    for name in ["a.pdf", "b.pdf", "c.pdf"] {
        upload.file(name).await;
        upload.bytes(pdf(2_000_000).into()).await;
    }
    drop(upload);
    manager.until("what was complete", |node| node.outbox().len() == 2).await;
    within("its end", until(2)).await;
    manager.stop().await;
}

/// Limits are the settings': of a file, of a message, and of what is taken.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_by_sender_and_receiver() {
    let net = TestNetwork::default();
    let manager = net.install("manager", &[MANAGER]);
    let settings = "[attachments]\nfile_mib = 2\nmessage_mib = 3\n";
    std::fs::write(manager.home.dir().join("musubi.toml"), settings).unwrap();
    let manager = net.start(manager, &[]).await;
    let file = |name: &str, length| (name.to_owned(), pdf(length));
    let (over, most) = ((2 << 20) + 1, 2 << 20);
    let rows = manager.attach(order(), &[file("a.pdf", over)]).await;
    assert_eq!((rules(&rows[0]), rows[0].findings[0].file.as_deref()), (vec!["MU-SEND-008"], Some("a.pdf")));
    let rows = manager.attach(order(), &[file("a.pdf", most), file("b.pdf", most)]).await;
    assert_eq!(rules(&rows[0]), ["MU-SEND-008"]);
    assert_eq!(bodies(&manager), 0);
    let each = Order { each: true, ..order() };
    let rows = manager.attach(each, &[file("a.pdf", most), file("b.pdf", over), file("c.pdf", most)]).await;
    assert_eq!(rows.iter().map(|row| row.id.is_some()).collect::<Vec<_>>(), [true, false, true]);
    manager.stop().await;
}

/// What a partner announces must have room on the disk, all of it together; more is answered "busy" and comes later.
#[tokio::test(flavor = "multi_thread")]
async fn more_than_the_disk_holds_is_answered_busy() {
    let net = TestNetwork::default();
    let node = net.start(net.install("manager", &[MANAGER]), &[]).await;
    let desk = net.authority().issue(HOME_VISIT.0, HOME_VISIT.1);
    let partner = Partner::new(&node, vec![desk]).await;
    partner.connect(node.node.listen()[0].parse().unwrap()).await;
    let mut talk = partner.talk().await;
    let log = partner.log(0, &node);
    talk.offer(log).await;
    let mut written = Written::new(log);
    let (_, honest) = sealed(&files());
    let length = length::ciphertext_len(length::LARGEST);
    let room = node.node.core().db.store().free().unwrap() / length;
    let mut taken = 0;
    loop {
        let header = Message { length, ..header(&honest) };
        let mail = written.mail_of(&partner.desks[0], &node, header, honest.clone(), Vec::new());
        talk.say(&mail.frame(log)).await;
        match talk.hear().await {
            Some(Frame::Have { .. }) => {}
            Some(Frame::Stop { reason, .. }) => {
                assert_eq!(reason, Stop::Busy);
                break;
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(talk.hear().await, Some(Frame::Want { log, id: mail.id(), offset: 0 }));
        // Its envelope may be good or not: without the body nobody can tell.
        written.advance(&mail.entry);
        taken += 1;
    }
    // Others write to this disk too: one more or less.
    let most = room.min(MAX_INCOMPLETE as u64);
    assert!(taken <= room + 1 && taken + 2 >= most, "{taken} of {most}");
    node.stop().await;
}

/// Neither node's disk holds a word of what was sent.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_readable_stays_on_either_disk() {
    let net = TestNetwork::default();
    let (manager, home_visit) = pair(&net).await;
    let secret = "見本さんの電話番号が変わりました";
    let mut files = files();
    files.push(("秘密の名前.txt".into(), secret.repeat(100_000).into_bytes()));
    files.push(("小さい.txt".into(), secret.into()));
    let note = Some(format!("ひとこと{secret}"));
    let id = id(&manager.attach(Order { note, ..order() }, &files).await[0]);
    manager.until_state(id, "delivered").await;
    assert_eq!(home_visit.files(id, files.len()).await[4], secret.as_bytes());
    let homes = [manager.stop().await.home, home_visit.stop().await.home];
    let words = AhoCorasick::new([secret, "秘密の名前", "アセスメント", "ひとこと"]).unwrap();
    let mut looked = 0;
    for home in homes {
        each_file(home.dir(), &mut |path| {
            looked += 1;
            assert!(!words.is_match(&std::fs::read(path).unwrap()), "{}", path.display());
        });
    }
    assert!(looked > 10, "{looked}");
}

/// A thousand files with long names make a manifest that no single record of the store holds.
#[tokio::test(flavor = "multi_thread")]
async fn as_many_files_as_a_message_may_have_arrive() {
    let net = TestNetwork::default();
    let manager = net.install("manager", &[MANAGER]);
    std::fs::write(manager.home.dir().join("musubi.toml"), "[attachments]\nfiles = 1000\n").unwrap();
    let manager = net.start(manager, &[]).await;
    let home_visit = net.start(net.install("home-visit", &[HOME_VISIT]), &[&manager]).await;
    let files: Vec<_> = (0..1000).map(|n| (format!("{n:0>200}.txt"), format!("{n}").into_bytes())).collect();
    let rows = manager.attach(order(), &files).await;
    let id = id(&rows[0]);
    manager.until_state(id, "delivered").await;
    let row = home_visit.inbox().remove(0);
    let names: Vec<_> = row.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, files.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>());
    let bytes = musubi_node::inbox::hand_over(home_visit.node.core(), id, 999, None).await.unwrap();
    assert_eq!(bytes.whole().await.unwrap(), b"999");
    // Nobody has said `opened`.
    assert_eq!(home_visit.inbox()[0].state, "delivered");
    manager.stop().await;
    home_visit.stop().await;
}

#[cfg(unix)]
mod processes {
    use musubi_protocol::ids::Hash;
    use musubi_tests::{
        NodeProcess,
        process::{Start, passed},
    };

    use super::*;

    const PROGRAM: &str = env!("CARGO_BIN_EXE_musubi-under-test");
    /// Bytes of the file: 160 pieces of a body stream.
    const LENGTH: usize = 40 << 20;

    /// The receiver is killed in the middle of a large body: it goes on where it stopped, and the file is whole.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_large_file_goes_on_where_the_receiver_was_killed() {
        let net = TestNetwork::default();
        let manager = NodeProcess::start(Start::new(PROGRAM, &net.install("manager", &[MANAGER]))).await;
        let log = net.dir().join("passed");
        let home_visit = NodeProcess::start(Start {
            peers: manager.listen(),
            crash_at: Some("body.appended:60".into()),
            log: Some(log.clone()),
            ..Start::new(PROGRAM, &net.install("home-visit", &[HOME_VISIT]))
        })
        .await;
        let bytes = pdf(LENGTH);
        let rows = manager.attach(TO, "大きい.pdf", bytes.clone()).await;
        manager.until(&id(&rows[0]).to_string(), "delivered").await;
        assert_eq!(home_visit.killed(), 1);
        let row = home_visit.inbox().await.remove(0);
        assert_eq!(row.files[0].sha256, Hash::of(&[&bytes]).to_string());
        let files = home_visit.files(&row).await;
        assert!(files["大きい.pdf"] == bytes);
        // From the beginning it would have been 160 more after the 60.
        let appended = passed(&log).iter().filter(|point| *point == "body.appended").count();
        assert!((161..210).contains(&appended), "{appended}");
        manager.kill().await;
        home_visit.kill().await;
    }
}
