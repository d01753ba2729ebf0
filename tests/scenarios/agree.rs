//! Two readers of the protocol, ours and the one in Python, are shown the same objects, altered byte by byte and then
//! properly signed: what one takes and the other refuses is a fault of one of them or of the document.

use data_encoding::HEXLOWER;
use ed25519_dalek::{Signer, SigningKey};
use libp2p::identity::Keypair;
use musubi_protocol::{
    cbor::{self, Ext},
    credential::{self, Credential},
    crl::{CrlIn, Reason},
    entry::{Body, By, Entry, Position, Receipt, What},
    gate::Hello,
    ids::{Hash, MessageId},
    record::{self, Claim, Holder, Locator, Offer, VALID_FOR},
    request::Request,
    seal::{self, Draft, Manifest, SealingKeyPair, Suite, manifest::Month},
    signed::Unverified,
    time::{DAY, Timestamp},
    trust::{
        Trust,
        testing::{TestAuthority, TestDesk},
    },
};
use musubi_tests::reader::Reader;
use serde_json::json;

const NOW: Timestamp = Timestamp(1_763_769_600);

/// What is around an object: its signature, and how it is put around the altered part.
enum Frame<'a> {
    /// Nothing.
    Bare,
    /// COSE, under this name and key.
    Signed(&'static str, &'a SigningKey),
    /// The same inside a credential.
    Statement(&'a Credential, &'a SigningKey),
    /// X.509.
    Der(&'a SigningKey),
}

/// What a reader says of bytes.
type Takes<'a> = Box<dyn Fn(&[u8]) -> bool + 'a>;

/// One good object, and what our reader says of bytes like it.
struct Sort<'a> {
    name: &'static str,
    /// The part that is altered.
    part: Vec<u8>,
    frame: Frame<'a>,
    takes: Takes<'a>,
    /// Every how many bytes something is altered.
    step: usize,
}

/// A byte string in CBOR.
fn octets(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap();
    let [high, low] = length.to_be_bytes();
    let head: &[u8] = match length {
        0..=23 => &[0x40 | low],
        24..=255 => &[0x58, low],
        _ => &[0x59, high, low],
    };
    [head, bytes].concat()
}

fn signed(name: &str, payload: &[u8], key: &SigningKey) -> Vec<u8> {
    let protected = [0xa1, 1, 0x27];
    let parts = [protected.as_slice(), format!("musubi/1 {name}").as_bytes(), payload].map(octets).concat();
    let covered = [b"\x84\x6aSignature1".as_slice(), &parts].concat();
    let signature = octets(&key.sign(&covered).to_bytes());
    [&[0x84][..], &octets(&protected), &[0xa0], &octets(payload), &signature].concat()
}

fn der_length(length: usize) -> Vec<u8> {
    let digits: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    if length < 0x80 { digits } else { [&[0x80 | digits.len() as u8][..], &digits].concat() }
}

/// The outer frame of certificates, requests and lists.
fn outer(inner: &[u8], key: &SigningKey) -> Vec<u8> {
    let algorithm = [0x30, 5, 6, 3, 0x2b, 0x65, 0x70];
    let tail = [&algorithm[..], &[3, 65, 0], &key.sign(inner).to_bytes()].concat();
    [&[0x30], der_length(inner.len() + tail.len()).as_slice(), inner, &tail].concat()
}

/// What is inside that frame.
fn inner(der: &[u8]) -> Vec<u8> {
    let header = if der[1] < 0x80 { 2 } else { 2 + usize::from(der[1] & 0x7f) };
    der[header..der.len() - 74].to_vec()
}

impl Frame<'_> {
    fn around(&self, part: &[u8]) -> Vec<u8> {
        match self {
            Self::Bare => part.to_vec(),
            Self::Signed(name, key) => signed(name, part, key),
            Self::Statement(credential, key) => {
                cbor::to_vec(&Credential { node: signed("node", part, key), ..(*credential).clone() }).unwrap()
            }
            Self::Der(key) => outer(part, key),
        }
    }
}

/// The good one, and one for each alteration.
fn altered(part: &[u8], step: usize) -> Vec<Vec<u8>> {
    let mut all = vec![part.to_vec()];
    for at in (0..part.len()).step_by(step) {
        for flip in [0x01, 0x02, 0x04, 0x20, 0x80, 0xff] {
            let mut other = part.to_vec();
            other[at] ^= flip;
            all.push(other);
        }
        all.push([&part[..at], &part[at + 1..]].concat());
        all.push([&part[..at], &[0], &part[at..]].concat());
        all.push([&part[..=at], &part[at..]].concat());
    }
    all
}

fn entry(desk: &TestDesk) -> Vec<u8> {
    let receipt = Receipt { id: MessageId([9; 32]), what: What::Rejected, code: 3, by: By::Folder, ext: Ext::none() };
    let entry = Entry {
        from: desk.address(),
        to: "1379905001-43".parse().unwrap(),
        epoch: NOW.0,
        seq: 2,
        prev: Hash([1; 32]),
        peer: Position { epoch: 5, seq: 6, hash: Hash([2; 32]) },
        log_size: 4,
        log_root: Hash([3; 32]),
        time: NOW,
        signer: desk.leaf.hash(),
        body: Body::Receipt(receipt),
        ext: Ext::of(vec![(2, vec![7])]),
    };
    cbor::to_vec(&entry).unwrap()
}

fn claim(desk: &TestDesk, peer: &[u8]) -> Vec<u8> {
    let offer = |suite| Offer::new(SealingKeyPair::from_private(suite, &[7; 32]).public(), NOW.minus(DAY));
    let claim = Claim {
        office: desk.leaf.office(),
        kinds: desk.leaf.kinds().to_vec(),
        certificate: desk.leaf.hash(),
        sequence: NOW.0,
        issued: NOW,
        until: NOW.plus(VALID_FOR),
        locator: Locator {
            peers: vec![peer.to_vec().into()],
            addresses: vec!["/ip4/192.0.2.7/tcp/4001".into()],
            relays: vec!["/dns/relay.example/tcp/4001".into()],
            couriers: Vec::new(),
            capabilities: vec![1, 4],
        },
        keys: vec![offer(Suite::X25519), offer(Suite::XWing)],
        ext: Ext::none(),
    };
    cbor::to_vec(&claim).unwrap()
}

fn manifest() -> Vec<u8> {
    let draft = Draft {
        bundle: Some("B1".into()),
        month: Month::new(202_511),
        serial: Some("20251020090353".into()),
        files: vec![("con2.csv".into(), 1), ("写真 1.jpg".into(), 2)],
        ..Draft::default()
    };
    let (_, sealed) = seal::seal(draft, &[b"a", b"bc"], &mut rand::rng()).unwrap();
    sealed.manifest.to_vec().unwrap()
}

#[test]
fn two_readers_agree_on_altered_objects() {
    let Some(reader) = Reader::find("two_readers_agree_on_altered_objects") else { return };
    let mut authority = TestAuthority::new(5, NOW);
    let desk = authority.issue("1379900010", &["11", "15"]);
    let gone = authority.issue("1379900028", &["15"]);
    authority.revoke(&gone.leaf, Reason::KeyCompromise);
    let bundle = authority.bundle();
    let (bundle_part, bundle) = (cbor::to_vec(&bundle).unwrap(), authority.sign(bundle));
    let crl = authority.crl();
    let head = authority.head();
    let mut trust = Trust::first(&bundle, None).unwrap();
    assert!(trust.accept_crl(crl.der()).is_ok());
    let node = Keypair::ed25519_from_bytes([5; 32]).unwrap().public().to_peer_id();
    let credential = Credential::new(&desk.leaf, desk.issuer, &node, &desk.key, NOW).unwrap();
    let statement = Unverified::<credential::NodeStatement>::from_bytes(&credential.node).unwrap();
    let request = Request::create(desk.leaf.office(), "みほん", desk.leaf.kinds(), &desk.key).unwrap();
    let hello = Hello {
        network: trust.network_id(),
        trust: 3,
        crls: trust.crl_numbers(),
        log_size: 2,
        credentials: vec![vec![1, 2].into()],
    };
    let (leaf, key) = (&desk.leaf, desk.leaf.key());
    let holder = Holder { office: leaf.office(), kinds: leaf.kinds(), certificate: leaf.hash(), key };
    let ca = authority.issuing.ca();
    let sorts = [
        Sort {
            name: "entry",
            part: entry(&desk),
            frame: Frame::Signed("entry", &desk.key),
            takes: Box::new(|b| Unverified::<Entry>::from_bytes(b).is_ok_and(|entry| entry.verify(key).is_ok())),
            step: 1,
        },
        Sort {
            name: "record",
            part: claim(&desk, &node.to_bytes()),
            frame: Frame::Signed("record", &desk.key),
            takes: Box::new(|b| Unverified::from_bytes(b).is_ok_and(|record| record::verify(record, &holder).is_ok())),
            step: 3,
        },
        Sort {
            name: "credential",
            part: statement.payload().to_vec(),
            frame: Frame::Statement(&credential, &desk.key),
            takes: Box::new(|b| {
                let read = cbor::from_slice::<Credential>(b, 16_384);
                read.is_ok_and(|read| credential::admit(&read, &node, &trust, NOW, |_| false).is_ok())
            }),
            step: 1,
        },
        Sort {
            name: "certificate",
            part: inner(leaf.der()),
            frame: Frame::Der(authority.issuing.key()),
            takes: Box::new(|b| trust.judge(b, &ca.id(), NOW, false).is_ok()),
            step: 1,
        },
        Sort {
            name: "request",
            part: inner(request.der()),
            frame: Frame::Der(&desk.key),
            takes: Box::new(|b| Request::parse(b).is_ok()),
            step: 1,
        },
        Sort {
            name: "crl",
            part: inner(crl.der()),
            frame: Frame::Der(authority.issuing.key()),
            takes: Box::new(|b| CrlIn::parse(b).is_ok_and(|crl| crl.verify(ca).is_ok())),
            step: 1,
        },
        Sort {
            name: "trust",
            part: bundle_part,
            frame: Frame::Signed("trust", authority.root1.key()),
            takes: Box::new(|b| Trust::first(b, None).is_ok()),
            step: 11,
        },
        Sort {
            name: "head",
            part: head.payload().to_vec(),
            frame: Frame::Signed("head", authority.issuing.key()),
            takes: Box::new(|b| trust.head(b).is_some()),
            step: 1,
        },
        Sort {
            name: "manifest",
            part: manifest(),
            frame: Frame::Bare,
            takes: Box::new(|b| Manifest::from_slice(b).is_ok()),
            step: 1,
        },
        Sort {
            name: "hello",
            part: cbor::to_vec(&hello).unwrap(),
            frame: Frame::Bare,
            takes: Box::new(|b| Hello::from_bytes(b).is_ok()),
            step: 1,
        },
    ];

    let mut cases = Vec::new();
    for sort in &sorts {
        for (index, part) in altered(&sort.part, sort.step).iter().enumerate() {
            let bytes = sort.frame.around(part);
            let taken = (sort.takes)(&bytes);
            assert!(index > 0 || taken, "{}: the good one is refused", sort.name);
            cases.push((sort.name, bytes, taken));
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let hex = |bytes: &[u8]| HEXLOWER.encode(bytes);
    let order = json!({
        "now": NOW.0,
        "pin": trust.root_pin().to_string(),
        "bundle": hex(&bundle),
        "crls": [hex(crl.der())],
        "certificate": hex(leaf.der()),
        "peer": hex(&node.to_bytes()),
        "cases": cases.iter().map(|(name, bytes, _)| (name, hex(bytes))).collect::<Vec<_>>(),
    });
    let answer = reader.judge("verdicts", dir.path(), &order).good();
    let said = answer["said"].as_array().unwrap();
    assert_eq!(said.len(), cases.len());
    let differ = cases.iter().zip(said).filter(|((_, _, taken), said)| *taken != said.is_null());
    let differ: Vec<_> = differ
        .map(|((name, bytes, taken), said)| format!("{name}: ours {taken}, theirs {said}: {}", hex(bytes)))
        .collect();
    for sort in &sorts {
        let of = cases.iter().filter(|(name, _, _)| *name == sort.name);
        println!("{}: {} shown, {} taken", sort.name, of.clone().count(), of.filter(|(_, _, taken)| *taken).count());
    }
    assert!(differ.is_empty(), "{} of {} differ:\n{}", differ.len(), cases.len(), differ.join("\n"));
}
