//! The bytes of version 1, as they stand in `protocol/vectors`. A change here is a new version.

use ed25519_dalek::SigningKey;
use musubi_protocol::{
    cbor::Ext,
    ids::{Hash, Kind, MessageId},
    record::{self, Claim, Holder, Locator, Offer, VALID_FOR},
    seal::{self, ContentKey, Draft, Envelope, Header, SealingKeyPair, Suite, manifest::Month},
    signed::Unverified,
    time::{DAY, Timestamp},
};
use serde_bytes::ByteBuf;
use serde_json::{Value, json};

use crate::support::{self, Replay, hex, pattern, unhex};

const CONTENT: &str = include_str!("../../vectors/content.json");
const ENVELOPE: &str = include_str!("../../vectors/envelope.json");
const RECORD: &str = include_str!("../../vectors/record.json");

fn content_case(name: &str, key: u8, draft: &Draft, files: &[Vec<u8>]) -> Value {
    let parts: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let (ciphertext, sealed) = seal::seal(draft.clone(), &parts, &mut Replay::new([key; 32])).unwrap();
    let mut case = json!({
        "name": name,
        "content_key": hex(sealed.key.as_bytes()),
        "files": draft.files.iter().map(|(name, size)| json!({"name": name, "size": size})).collect::<Vec<_>>(),
        "manifest": hex(&sealed.manifest.to_vec().unwrap()),
        "opening": hex(sealed.key.opening().as_bytes()),
        "commitment": sealed.header.commitment.to_string(),
        "ciphertext_length": sealed.header.length,
        "ciphertext_sha256": sealed.header.sha256.to_string(),
    });
    if ciphertext.len() < 5000 {
        case["ciphertext"] = hex(&ciphertext).into();
    }
    case
}

fn content() -> Value {
    let bundle = Draft {
        bundle: Some("B2".into()),
        month: Month::new(202_511),
        serial: Some("20251024090725".into()),
        edition: Some("4.1".into()),
        note: None,
        files: vec![("UPPLAN.CSV".into(), 1000), ("UPSIKYU.CSV".into(), 10)],
    };
    let files = vec![("写真 1.jpg".into(), 150_000), ("空.txt".into(), 0)];
    let attachments = Draft { files, ..Draft::default() };
    json!({
        "about": "byte n of every file is n * 7 mod 251",
        "cases": [
            content_case("a bundle in one chunk", 1, &bundle, &[pattern(1000), pattern(10)]),
            content_case("attachments over three chunks", 2, &attachments, &[pattern(150_000), pattern(0)]),
        ],
    })
}

fn envelope_case(suite: Suite) -> Value {
    let private: [u8; 32] = pattern(32).try_into().unwrap();
    let pair = SealingKeyPair::from_private(suite, &private);
    let (key, id) = (ContentKey::from_bytes([1; 32]), MessageId([2; 32]));
    let (envelope, randomness) = support::envelope(&pair, &key, &id);
    assert!(envelope.open([&pair], &id).unwrap() == key);
    json!({
        "suite": suite.number(),
        "private_key": hex(&private),
        "public_key": hex(pair.public().as_bytes()),
        "key_id": pair.public().id().to_string(),
        "randomness": hex(&randomness),
        "content_key": hex(key.as_bytes()),
        "message_id": hex(&id.0),
        "envelope": hex(&envelope.to_vec().unwrap()),
    })
}

fn envelopes() -> Value {
    json!({
        "about": "randomness: suite 1 the 64 bytes of X-Wing's encapsulation, suite 2 ikmE of RFC 9180",
        "cases": [envelope_case(Suite::XWing), envelope_case(Suite::X25519)],
    })
}

const ISSUED: Timestamp = Timestamp(1_763_769_600);

fn claim() -> Claim {
    let peer = libp2p_identity::Keypair::ed25519_from_bytes([5; 32]).unwrap().public().to_peer_id();
    let pair = |suite| SealingKeyPair::from_private(suite, &pattern(32).try_into().unwrap());
    let kind = |text: &str| text.parse::<Kind>().unwrap();
    Claim {
        office: "1379900028".parse().unwrap(),
        kinds: vec![kind("15"), kind("21")],
        certificate: Hash([9; 32]),
        sequence: record::next_sequence(Some(1), ISSUED),
        issued: ISSUED,
        until: ISSUED.plus(VALID_FOR),
        locator: Locator {
            peers: vec![ByteBuf::from(peer.to_bytes())],
            addresses: vec!["/ip4/192.0.2.7/udp/4001/quic-v1".into(), "/ip4/192.0.2.7/tcp/4001".into()],
            relays: vec!["/dns/relay.example/tcp/4001".into()],
            couriers: vec![],
            capabilities: vec![1, 4],
        },
        keys: vec![
            Offer::new(pair(Suite::XWing).public(), ISSUED.minus(3 * DAY)),
            Offer::new(pair(Suite::X25519).public(), ISSUED),
        ],
        ext: Ext::none(),
    }
}

fn office_key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn records() -> Value {
    let record = record::sign(claim(), &office_key()).unwrap();
    json!({
        "about": "the sealing keys are those of envelope.json, made 3 days before and when the record was issued",
        "office_key": hex(&office_key().to_bytes()),
        "certificate": Hash([9; 32]).to_string(),
        "issued": ISSUED.0,
        "record": hex(record.bytes()),
    })
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn bytes_of_version_1_stay_the_same() {
    for (made, recorded) in [(content(), CONTENT), (envelopes(), ENVELOPE), (records(), RECORD)] {
        // Not `assert_eq`, whose message nobody could read.
        assert!(made == read(recorded), "made now: {made}");
    }
}

#[test]
fn recorded_content_opens() {
    let case = &read(CONTENT)["cases"][0];
    let text = |name: &str| case[name].as_str().unwrap();
    let key = ContentKey::from_bytes(unhex(text("content_key")).try_into().unwrap());
    let header = Header {
        length: case["ciphertext_length"].as_u64().unwrap(),
        sha256: text("ciphertext_sha256").parse().unwrap(),
        commitment: text("commitment").parse().unwrap(),
    };
    let (manifest, files) = seal::open(&key, &unhex(text("ciphertext")), &header).unwrap();
    assert_eq!(manifest.serial(), Some("20251024090725"));
    assert!(*files[0] == pattern(1000) && *files[1] == pattern(10));
}

#[test]
fn recorded_envelopes_open() {
    for case in read(ENVELOPE)["cases"].as_array().unwrap() {
        let bytes = |name: &str| unhex(case[name].as_str().unwrap());
        let suite = Suite::try_from(case["suite"].as_u64().unwrap() as u16).unwrap();
        let pair = SealingKeyPair::from_private(suite, &bytes("private_key").try_into().unwrap());
        let id = MessageId(bytes("message_id").try_into().unwrap());
        let key = Envelope::from_slice(&bytes("envelope")).unwrap().open([&pair], &id).unwrap();
        assert_eq!(key.as_bytes().as_slice(), bytes("content_key"));
    }
}

#[test]
fn the_recorded_record_verifies() {
    let bytes = unhex(read(RECORD)["record"].as_str().unwrap());
    let (key, kinds) = (office_key().verifying_key(), claim().kinds);
    let holder = Holder { office: claim().office, kinds: &kinds, certificate: Hash([9; 32]), key: &key };
    let record = record::verify(Unverified::from_bytes(&bytes).unwrap(), &holder).unwrap();
    assert_eq!(record.claim(), &claim());
    assert!(record.key_for(&Suite::ORDER, ISSUED).is_some());
}
