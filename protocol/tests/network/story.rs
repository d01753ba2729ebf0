//! The two logs of a link with entries of every type, and what four messages held, as evidence for `tests/reader`.

use musubi_protocol::{
    cbor::Ext,
    entry::{Body, By, Ended, Entry, Message, Position, Receipt, Restart, What},
    ids::{Address, Hash, MessageId},
    seal::{self, ContentKey, Draft, Envelope, Sealed, Suite, manifest::Month},
    signed::{Signed, Unverified},
};
use serde_json::{Value, json};

use crate::{
    kept, recorded,
    support::{self, Replay, hex, pattern, unhex},
    world::{Desk, NOW, World},
};

/// One log as it is written.
struct Writer<'a> {
    from: Address,
    to: Address,
    desk: &'a Desk,
    log: (u64, Hash),
    epoch: u64,
    head: Position,
    time: u64,
    entries: Vec<Signed<Entry>>,
}

impl Writer<'_> {
    /// Signs the next entry, which has seen the other log up to `peer`.
    fn write(&mut self, peer: Position, body: Body) -> MessageId {
        let first = self.head == Position::NONE || self.head.epoch != self.epoch;
        self.time += 1;
        let entry = Entry {
            from: self.from,
            to: self.to,
            epoch: self.epoch,
            seq: if first { 1 } else { self.head.seq + 1 },
            prev: if first { Hash::ZERO } else { self.head.hash },
            peer,
            log_size: self.log.0,
            log_root: self.log.1,
            time: musubi_protocol::time::Timestamp(self.time),
            signer: self.desk.leaf.hash(),
            body,
            ext: Ext::none(),
        };
        let entry = Signed::sign(entry, &self.desk.key).unwrap();
        self.head = entry.position();
        let id = entry.id();
        self.entries.push(entry);
        id
    }
}

fn draft(number: u8) -> (Draft, Vec<Vec<u8>>) {
    let files = vec![pattern(400 * usize::from(number)), pattern(10)];
    let named = vec![("UPPLAN.CSV".to_owned(), files[0].len() as u64), ("写真.jpg".to_owned(), 10)];
    let bundle = Draft {
        bundle: Some("B1".into()),
        month: Month::new(202_511),
        serial: Some(format!("2025102009035{number}")),
        edition: Some("4.1".into()),
        ..Draft::default()
    };
    let draft = if number % 2 == 1 { bundle } else { Draft::default() };
    (Draft { files: named, ..draft }, files)
}

fn sealed(number: u8) -> (Vec<u8>, Sealed, Vec<Vec<u8>>) {
    let (draft, files) = draft(number);
    let parts: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let (ciphertext, sealed) = seal::seal(draft, &parts, &mut Replay::new([number; 32])).unwrap();
    (ciphertext, sealed, files)
}

fn message(number: u8) -> Body {
    let header = sealed(number).1.header;
    Body::Message(Message {
        suite: 1,
        length: header.length,
        sha256: header.sha256,
        commitment: header.commitment,
        ext: Ext::none(),
    })
}

fn receipt(id: MessageId, what: What, code: u64, by: By) -> Body {
    Body::Receipt(Receipt { id, what, code, by, ext: Ext::none() })
}

/// What an inspector is given of a message: everything.
fn row(number: u8, id: MessageId, suite: Suite) -> Value {
    let (ciphertext, sealed, files) = sealed(number);
    let pair = World::sealing(suite, 0x33);
    let (envelope, _) = support::envelope(&pair, &sealed.key, &id);
    let names = draft(number).0.files;
    json!({
        "id": hex(&id.0),
        "content_key": hex(sealed.key.as_bytes()),
        "opening": hex(sealed.key.opening().as_bytes()),
        "manifest": hex(&sealed.manifest.to_vec().unwrap()),
        "envelope": hex(&envelope.to_vec().unwrap()),
        "private_key": hex(&[0x33; 32]),
        "ciphertext": hex(&ciphertext),
        "files": names.iter().zip(&files).map(|((name, _), bytes)| json!({"name": name, "bytes": hex(bytes)}))
            .collect::<Vec<_>>(),
    })
}

pub fn evidence(world: &World) -> Value {
    let log = (world.head.value().size, world.head.value().root);
    let (there, back): (Address, Address) = ("1379905001-43".parse().unwrap(), "1379900010-11".parse().unwrap());
    let writer = |name, from, to, epoch| {
        let desk = world.desk(name);
        Writer { from, to, desk, log, epoch, head: Position::NONE, time: epoch, entries: Vec::new() }
    };
    let mut manager = writer("manager, older", there, back, NOW.0 - 1000);
    let mut service = writer("service", back, there, NOW.0 - 900);

    let one = manager.write(Position::NONE, message(1));
    let two = manager.write(Position::NONE, message(2));
    service.write(manager.head, receipt(one, What::Delivered, 0, By::Node));
    service.write(manager.head, receipt(two, What::Delivered, 0, By::Node));
    service.write(manager.head, receipt(one, What::Opened, 0, By::Api));
    // A renewed certificate in the middle of an epoch.
    manager.desk = world.desk("manager");
    let three = manager.write(service.head, message(3));
    service.write(manager.head, receipt(one, What::Imported, 0, By::Person));
    service.write(manager.head, receipt(two, What::Opened, 0, By::Folder));
    service.write(manager.head, receipt(two, What::Rejected, 7, By::Folder));
    let four = manager.write(service.head, message(4));
    manager.write(service.head, Body::Cancel(Ended { id: three, code: 0, ext: Ext::none() }));
    manager.write(service.head, Body::Expire(Ended { id: four, code: 0, ext: Ext::none() }));
    let end = manager.head;
    manager.epoch = NOW.0 - 500;
    manager.time = manager.epoch;
    let restart = Restart { old_epoch: end.epoch, last_seq: end.seq, last_hash: end.hash };
    manager.write(service.head, Body::Restart(restart));
    let five = manager.write(service.head, message(5));
    service.write(manager.head, receipt(five, What::Delivered, 0, By::Node));

    let entries = |writer: &Writer<'_>| {
        let entries: Vec<_> = writer.entries.iter().map(|entry| hex(entry.bytes())).collect();
        json!({"from": writer.from.to_string(), "to": writer.to.to_string(), "entries": entries})
    };
    let shown = ["manager, older", "manager", "service"];
    json!({
        "about": "evidence of one link, everything in it; keys and offices are those of network.json",
        "now": NOW.0,
        "pin": world.root1.ca().id().to_string(),
        "bundles": world.bundles.iter().map(|bundle| hex(bundle)).collect::<Vec<_>>(),
        "crls": [hex(world.crl.der())],
        "certificates": shown.map(|name| hex(world.desk(name).leaf.der())),
        "records": [hex(world.record("service", 0x33).bytes())],
        "logs": [entries(&manager), entries(&service)],
        "messages": [row(1, one, Suite::XWing), row(2, two, Suite::X25519), row(5, five, Suite::XWing)],
    })
}

#[test]
fn bytes_of_version_1_stay_the_same() {
    recorded("evidence.json", &evidence(&World::new()));
}

/// Judges the recorded evidence with nothing but what stands in it.
#[test]
fn the_recorded_evidence_holds() {
    let world = World::new();
    let trust = world.trust();
    let kept = kept("evidence.json");
    let bytes = |value: &Value| unhex(value.as_str().unwrap());
    let issuer = world.issuing.ca().id();
    let rows = kept["certificates"].as_array().unwrap();
    let leaves: Vec<_> = rows.iter().map(|der| trust.judge(&bytes(der), &issuer, NOW, false).unwrap()).collect();
    let mut messages = Vec::new();
    for log in kept["logs"].as_array().unwrap() {
        let mut head = Position::NONE;
        for entry in log["entries"].as_array().unwrap() {
            let entry = Unverified::<Entry>::from_bytes(&bytes(entry)).unwrap();
            let leaf = leaves.iter().find(|leaf| leaf.hash() == entry.claim().signer).unwrap();
            let entry = entry.verify(leaf.key()).unwrap();
            assert!(leaf.holds(&entry.value().from));
            match &entry.value().body {
                Body::Restart(restart) => {
                    assert_eq!(
                        (restart.old_epoch, restart.last_seq, restart.last_hash),
                        (head.epoch, head.seq, head.hash)
                    );
                }
                _ => assert_eq!(entry.value().prev, head.hash),
            }
            head = entry.position();
            messages.push(entry);
        }
    }
    assert_eq!(messages.len(), 15);
    for row in kept["messages"].as_array().unwrap() {
        let id = MessageId(bytes(&row["id"]).try_into().unwrap());
        let entry = messages.iter().find(|entry| entry.id() == id).unwrap();
        let Body::Message(header) = &entry.value().body else { panic!("no message") };
        let envelope = Envelope::from_slice(&bytes(&row["envelope"])).unwrap();
        let pairs = [Suite::XWing, Suite::X25519].map(|suite| World::sealing(suite, 0x33));
        let key: ContentKey = envelope.open(&pairs, &id).unwrap();
        let header = seal::Header { length: header.length, sha256: header.sha256, commitment: header.commitment };
        let (manifest, files) = seal::open(&key, &bytes(&row["ciphertext"]), &header).unwrap();
        assert_eq!(hex(&manifest.to_vec().unwrap()), row["manifest"]);
        let given: Vec<_> = row["files"].as_array().unwrap().iter().map(|file| bytes(&file["bytes"])).collect();
        assert!(files.iter().map(|file| file.to_vec()).eq(given));
    }
}
