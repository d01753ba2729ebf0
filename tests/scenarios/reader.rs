//! What running nodes write is read by a second reader, written in Python from the document alone, and the other way
//! round: what it writes, a node takes.

use std::path::Path;

use data_encoding::{BASE64, HEXLOWER};
use musubi_node::{db::Side, rows};
use musubi_protocol::{
    cbor,
    entry::{Body, Entry, Position, What},
    ids::{Address, MessageId},
    link::frame::Frame,
    seal::Envelope,
    signed::Unverified,
    time::Timestamp,
};
use musubi_tests::{
    TestNetwork, TestNode,
    partner::Partner,
    reader::{Reader, Verdict},
    sample,
};
use serde_json::{Value, json};

const MANAGER: (&str, &[&str]) = ("1379905001", &["43"]);
const HOME_VISIT: (&str, &[&str]) = ("1379900010", &["11"]);

fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

fn unhex(value: &Value) -> Vec<u8> {
    HEXLOWER.decode(value.as_str().unwrap().as_bytes()).unwrap()
}

/// An entry as evidence shows it, with the certificate that it names.
fn read(entry: &[u8]) -> Unverified<Entry> {
    Unverified::from_bytes(entry).unwrap()
}

/// The entries of one direction, in order, each once.
fn log(entries: &[Vec<u8>], from: &str, to: &str) -> Value {
    let (from, to): (Address, Address) = (from.parse().unwrap(), to.parse().unwrap());
    let mut own: Vec<_> = entries
        .iter()
        .map(|bytes| (read(bytes), bytes))
        .filter(|(entry, _)| (entry.claim().from, entry.claim().to) == (from, to))
        .map(|(entry, bytes)| ((entry.claim().epoch, entry.claim().seq), hex(bytes)))
        .collect();
    own.sort();
    own.dedup();
    let entries: Vec<_> = own.into_iter().map(|(_, bytes)| bytes).collect();
    json!({"from": from.to_string(), "to": to.to_string(), "entries": entries})
}

/// What the authority has published, as a node holds it.
fn published(node: &TestNode) -> Value {
    let trust = node.node.core().trust.trust().unwrap();
    json!({
        "now": Timestamp::now().0,
        "pin": trust.root_pin().to_string(),
        "bundles": [hex(trust.bundle_bytes())],
        "crls": trust.crls().map(|crl| hex(crl.der())).collect::<Vec<_>>(),
    })
}

/// A message as its receiver holds it, with the key that opens it.
fn held(node: &TestNode, id: MessageId, files: &[(String, Vec<u8>)]) -> Value {
    let core = node.node.core();
    let envelope = core.db.envelope(Side::Partner, &id).unwrap().unwrap();
    let key_id = Envelope::from_slice(&envelope).unwrap().key_id();
    let private = core.with_desks(|desks| {
        let keys = desks.iter().flat_map(|desk| &desk.sealing);
        keys.map(|key| &key.pair).find(|pair| pair.public().id() == key_id).map(|pair| hex(pair.private().as_slice()))
    });
    let body = core.db.body(Side::Partner, &id).unwrap().unwrap();
    let bodies = core.db.store().bodies();
    let length = usize::try_from(bodies.len(body).unwrap()).unwrap();
    json!({
        "id": hex(&id.0),
        "manifest": hex(&rows::manifest(core, &id).unwrap().unwrap().to_vec().unwrap()),
        "envelope": hex(&envelope),
        "private_key": private.unwrap(),
        "ciphertext": hex(&bodies.read(body, 0, length).unwrap()),
        "files": files.iter().map(|(name, bytes)| json!({"name": name, "bytes": hex(bytes)})).collect::<Vec<_>>(),
    })
}

/// Everything that a month's first bundles between two nodes leave behind, taken from what `show --json` prints.
struct Story {
    net: TestNetwork,
    manager: TestNode,
    home_visit: TestNode,
    evidence: Value,
    sent: usize,
}

impl Story {
    async fn tell() -> Self {
        let net = TestNetwork::default();
        let manager = net.start(net.install("manager", &[MANAGER]), &[]).await;
        let home_visit = net.start(net.install("home-visit", &[HOME_VISIT]), &[&manager]).await;
        let (mut entries, mut certificates, mut messages) = (Vec::new(), Vec::new(), Vec::new());
        let bundles = sample::bundles_between(&[MANAGER.0, HOME_VISIT.0]);
        for bundle in &bundles {
            let there = bundle.contains("-1379905001-43-to-");
            let (from, to) = if there { (&manager, &home_visit) } else { (&home_visit, &manager) };
            let id = from.send_sample(bundle).await;
            from.until_state(id, "delivered").await;
            let files = sample::bundle(bundle);
            let received = to.files(id, files.len()).await;
            from.until_state(id, "opened").await;
            let names = from.sent(id).files.into_iter().map(|file| file.name);
            messages.push(held(to, id, &names.zip(received).collect::<Vec<_>>()));
            for evidence in rows::detail(from.node.core(), id).unwrap().unwrap().evidence {
                entries.push(BASE64.decode(evidence.entry.as_bytes()).unwrap());
                certificates.push(hex(&BASE64.decode(evidence.certificate.unwrap().as_bytes()).unwrap()));
            }
        }
        certificates.sort();
        certificates.dedup();
        let (one, other) = ("1379905001-43", "1379900010-11");
        let mut evidence = published(&manager);
        evidence["certificates"] = json!(certificates);
        evidence["logs"] = json!([log(&entries, one, other), log(&entries, other, one)]);
        evidence["messages"] = json!(messages);
        evidence["records"] = [&manager, &home_visit]
            .iter()
            .flat_map(|node| node.node.core().records())
            .map(|r| hex(r.bytes()))
            .collect();
        let credential = |node: &TestNode| {
            let credential = node.node.core().credentials().unwrap().remove(0);
            json!({"peer": hex(&node.node.core().peer_id().to_bytes()), "credential": hex(&cbor::to_vec(&credential).unwrap())})
        };
        evidence["credentials"] = json!([credential(&manager), credential(&home_visit)]);
        Self { net, manager, home_visit, evidence, sent: bundles.len() }
    }

    fn judge(&self, reader: &Reader, change: impl FnOnce(&mut Value)) -> Verdict {
        let mut evidence = self.evidence.clone();
        change(&mut evidence);
        reader.judge("evidence", self.net.dir(), &evidence)
    }
}

/// The entries of one of the two logs.
fn entries(evidence: &mut Value, log: usize) -> &mut Vec<Value> {
    evidence["logs"][log]["entries"].as_array_mut().unwrap()
}

/// Where in a log entries of one sort stand.
fn places(evidence: &mut Value, log: usize, wanted: impl Fn(&Body) -> bool) -> Vec<usize> {
    let bodies = entries(evidence, log).iter().map(|entry| read(&unhex(entry)).claim().body.clone());
    bodies.enumerate().filter(|(_, body)| wanted(body)).map(|(at, _)| at).collect()
}

const fn is_receipt(body: &Body) -> bool {
    matches!(body, Body::Receipt(_))
}

const fn is_message(body: &Body) -> bool {
    matches!(body, Body::Message(_))
}

/// Flips a bit somewhere in an entry.
fn flip(entry: &mut Value, at: impl FnOnce(&[u8]) -> usize) {
    let mut bytes = unhex(entry);
    let at = at(&bytes);
    bytes[at] ^= 4;
    *entry = hex(&bytes).into();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_reader_verifies_a_live_exchange() {
    let Some(reader) = Reader::find("a_second_reader_verifies_a_live_exchange") else { return };
    let story = Story::tell().await;
    let sent = story.sent;
    assert!(sent > 5, "the sample has bundles between these two");
    let counts = story.judge(&reader, |_| ()).good();
    let mut own = story.evidence.clone();
    let files: usize = own["messages"].as_array().unwrap().iter().map(|m| m["files"].as_array().unwrap().len()).sum();
    assert_eq!(entries(&mut own, 0).len() + entries(&mut own, 1).len(), 3 * sent);
    assert_eq!(
        counts,
        json!({
            "certificates": 2, "records": 2, "credentials": 2, "entries": 3 * sent, "messages": sent,
            "receipts": 2 * sent, "commitments": sent, "envelopes": sent, "contents": sent, "files": files,
        })
    );

    let refused = |change: &dyn Fn(&mut Value)| story.judge(&reader, change).refused();
    // A byte of what is signed, and of the signature.
    let commitment = |bytes: &[u8]| {
        let Body::Message(message) = read(bytes).claim().body.clone() else { panic!("no message") };
        bytes.windows(32).position(|window| window == message.commitment.0).unwrap()
    };
    let first = |log: usize| move |evidence: &mut Value| places(evidence, log, is_message)[0];
    assert_eq!(
        refused(&|e| {
            let at = first(0)(e);
            flip(&mut entries(e, 0)[at], commitment)
        }),
        "signature"
    );
    assert_eq!(
        refused(&|e| {
            let at = first(1)(e);
            flip(&mut entries(e, 1)[at], |bytes| bytes.len() - 20)
        }),
        "signature"
    );
    // An entry out of the middle, and the last one, which the other side has seen.
    assert_eq!(
        refused(&|e| {
            entries(e, 0).remove(1);
        }),
        "chain"
    );
    let seen = |evidence: &mut Value| {
        let last = entries(evidence, 0).last().map(|entry| read(&unhex(entry)).claim().peer.seq).unwrap();
        usize::try_from(last).unwrap()
    };
    assert_eq!(
        refused(&|e| {
            let seen = seen(e);
            entries(e, 1).truncate(seen - 1);
        }),
        "missing"
    );
    // Receipts in each other's places; a receipt from the other log; one said about a message that is not there.
    assert_eq!(
        refused(&|e| {
            let at = places(e, 1, is_receipt);
            entries(e, 1).swap(at[0], at[1]);
        }),
        "chain"
    );
    assert_eq!(
        refused(&|e| {
            let (from, to) = (places(e, 0, is_receipt)[0], places(e, 1, is_receipt)[0]);
            entries(e, 1)[to] = entries(e, 0)[from].clone();
        }),
        "link"
    );
    // The files of another message, and the envelope of another.
    let swap = |e: &mut Value, what: &str| e["messages"][0][what] = e["messages"][1][what].clone();
    assert_eq!(refused(&|e| swap(e, "manifest")), "commitment");
    assert_eq!(refused(&|e| swap(e, "ciphertext")), "ciphertext");
    assert_eq!(refused(&|e| swap(e, "envelope")), "envelope");
    assert_eq!(refused(&|e| e["messages"][0]["files"][0]["bytes"] = json!("00")), "files");
    // Nobody vouches for the certificates: another authority, no list, a list that names one of them.
    assert_eq!(refused(&|e| e["pin"] = hex(&[0; 32]).into()), "pin");
    assert_eq!(refused(&|e| e["crls"] = json!([])), "stale");
    assert_eq!(refused(&|e| e["now"] = (Timestamp::now().0 + 40 * 86_400).into()), "stale");
    let crl = story.net.revoke(&story.home_visit.installed.leaves[0]);
    assert_eq!(refused(&|e| e["crls"].as_array_mut().unwrap().push(hex(&crl).into())), "revoked");
    assert_eq!(
        refused(&|e| {
            e["certificates"].as_array_mut().unwrap().pop();
        }),
        "certificate"
    );
    // A credential shown by another node.
    assert_eq!(refused(&|e| e["credentials"][0]["peer"] = e["credentials"][1]["peer"].clone()), "peer");

    let Story { manager, home_visit, .. } = story;
    manager.stop().await;
    home_visit.stop().await;
}

/// What the second reader writes, with suites 2 and 1, is delivered and read; and it verifies the receipts.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_takes_what_the_second_reader_writes() {
    let Some(reader) = Reader::find("a_node_takes_what_the_second_reader_writes") else { return };
    let net = TestNetwork::default();
    let node = net.start(net.install("office", &[MANAGER]), &[]).await;
    let desk = net.authority().issue(HOME_VISIT.0, HOME_VISIT.1);
    let partner = Partner::new(&node, vec![desk.clone()]).await;
    partner.connect(node.node.listen()[0].parse().unwrap()).await;
    let mut talk = partner.talk().await;
    let link = partner.log(0, &node);
    assert_eq!(talk.offer(link).await, Position::NONE);

    let record = node.node.core().record_of(link.to).unwrap().unwrap();
    let leaf = node.installed.leaves[0].der();
    let (mut head, mut mine, mut messages) = (Position::NONE, Vec::new(), Vec::new());
    let epoch = Timestamp::now().0;
    for suite in [2, 1] {
        let files = [("計画.csv".to_owned(), vec![7; 100_000]), ("空.txt".to_owned(), Vec::new())];
        let order = json!({
            "record": hex(record.bytes()),
            "record_certificate": hex(leaf),
            "office_key": hex(&desk.key.to_bytes()),
            "certificate": hex(desk.leaf.der()),
            "from": link.from.to_string(),
            "to": link.to.to_string(),
            "time": Timestamp::now().0,
            "suite": suite,
            "epoch": epoch,
            "seq": head.seq + 1,
            "prev": hex(&head.hash.0),
            "peer": last_of(&partner),
            "files": files.iter().map(|(name, bytes)| json!({"name": name, "bytes": hex(bytes)})).collect::<Vec<_>>(),
        });
        let written = reader.judge("seal", net.dir(), &order).good();
        let entry = unhex(&written["entry"]);
        let id = read(&entry).id();
        assert_eq!(hex(&id.0), written["id"]);
        let (envelope, body) = (unhex(&written["envelope"]), unhex(&written["ciphertext"]));
        assert_eq!(Envelope::from_slice(&envelope).unwrap().suite(), suite);
        let frame = Frame::Entry { log: link, entry: entry.clone(), envelope, body };
        talk.say(&frame).await;
        let receipt =
            |what| move |entry: &Entry| matches!(&entry.body, Body::Receipt(r) if (r.id, r.what) == (id, what));
        partner.until_entry("delivered", receipt(What::Delivered)).await;
        let bytes: Vec<Vec<u8>> = files.iter().map(|(_, bytes)| bytes.clone()).collect();
        assert_eq!(node.files(id, files.len()).await, bytes);
        partner.until_entry("opened", receipt(What::Opened)).await;
        head = Position { epoch, seq: head.seq + 1, hash: id.hash() };
        mine.push(entry);
        messages.push(held(&node, id, &files));
    }

    let theirs: Vec<Vec<u8>> = partner.entries().iter().map(|entry| entry.bytes().to_vec()).collect();
    let all = [mine, theirs].concat();
    let (from, to) = (link.from.to_string(), link.to.to_string());
    let mut evidence = published(&node);
    evidence["certificates"] = json!([hex(leaf), hex(desk.leaf.der())]);
    evidence["logs"] = json!([log(&all, &from, &to), log(&all, &to, &from)]);
    evidence["messages"] = json!(messages);
    let counts = reader.judge("evidence", net.dir(), &evidence).good();
    let count = |name: &str| counts[name].as_u64().unwrap();
    assert_eq!(["entries", "messages", "receipts", "contents"].map(count), [6, 2, 4, 2]);
    node.stop().await;
}

/// Place and id of the newest entry that came from the node, as an entry names it.
fn last_of(partner: &Partner) -> Value {
    let newest = partner.entries().into_iter().max_by_key(|entry| (entry.claim().epoch, entry.claim().seq));
    match newest {
        Some(entry) => json!([entry.claim().epoch, entry.claim().seq, hex(&entry.id().0)]),
        None => json!([0, 0, hex(&[0; 32])]),
    }
}

#[test]
fn a_second_reader_passes_the_recorded_vectors() {
    let Some(reader) = Reader::find("a_second_reader_passes_the_recorded_vectors") else { return };
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/vectors");
    let counts = reader.run("vectors", &vectors).good();
    let each = ["content", "envelope", "record", "entry_ids", "network", "evidence", "frames", "refused"];
    for name in each {
        assert!(counts[name].as_u64().is_some_and(|count| count > 0), "{name}: {counts}");
    }
}
