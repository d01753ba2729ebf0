//! The authority and its offices. Every key and serial number is given, so every byte follows.

use ed25519_dalek::SigningKey;
use libp2p_identity::PeerId;
use musubi_protocol::{
    cbor::{self, Ext},
    certificate::{Authority, CaName, Grant, LeafIn, Role, Serial},
    credential::{self, Credential},
    crl::{CrlIn, Outcome, Reason, Revoked},
    gate::{Crls, Hello},
    ids::{Hash, Kind},
    log::{self, Act, Head, Inclusion, Operation, Tree},
    record::{self, Claim, Holder, Locator, Offer, Record, VALID_FOR},
    request::Request,
    seal::{SealingKeyPair, Suite},
    signed::{Signed, Unverified},
    time::{DAY, Timestamp},
    trust::{Bundle, Distrust, Trust},
};
use serde_bytes::ByteBuf;
use serde_json::{Value, json};

use crate::{
    kept, recorded,
    support::{hex, unhex},
};

/// The moment of everything.
pub const NOW: Timestamp = Timestamp(1_763_769_600);

/// A desk: its office key and its certificate.
pub struct Desk {
    pub name: &'static str,
    pub key: SigningKey,
    pub request: Request,
    pub leaf: LeafIn,
}

/// Everything that the authority has made.
pub struct World {
    pub root1: Authority,
    pub root2: Authority,
    pub issuing: Authority,
    /// The manager's older certificate, its newer one, the service office, and a revoked one.
    pub desks: Vec<Desk>,
    pub crl: CrlIn,
    pub acts: Vec<Act>,
    pub head: Signed<Head>,
    pub bundles: [Vec<u8>; 2],
}

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn serial(number: u8) -> Serial {
    Serial::from_bytes(&[0x40 | number; 16]).unwrap()
}

fn tree(acts: &[Act]) -> Tree {
    let mut tree = Tree::new();
    tree.extend(acts.iter().map(Act::leaf_hash));
    tree
}

impl World {
    pub fn new() -> Self {
        let (from, until) = (NOW.minus(400 * DAY), NOW.plus(3_650 * DAY));
        let name = |common_name| CaName { organisation: "見本中央機関", common_name };
        let root1 = Authority::root(name("Musubi Sample Root 1"), key(0x11), serial(1), from, until).unwrap();
        // Beyond 2049, where times are written otherwise.
        let late = NOW.plus(30 * 365 * DAY);
        let root2 = Authority::root(name("Musubi Sample Root 2"), key(0x12), serial(2), from, late).unwrap();
        let issuing = root1.issuing(name("Musubi Sample Issuing CA"), key(0x13), serial(3), from, until).unwrap();

        let offices = [
            ("manager, older", 0x21, "1379905001", &["43"][..]),
            ("manager", 0x22, "1379905001", &["43"]),
            ("service", 0x23, "1379900010", &["11", "A2"]),
            ("revoked", 0x24, "1379900028", &["15"]),
        ];
        let mut desks = Vec::new();
        for (number, (name, seed, office, kinds)) in (1_u8..).zip(offices) {
            let key = key(seed);
            let kinds: Vec<Kind> = kinds.iter().map(|kind| kind.parse().unwrap()).collect();
            let request = Request::create(office.parse().unwrap(), "みほん事業所", &kinds, &key).unwrap();
            let from = NOW.minus(30 * DAY);
            let until = from.plus(365 * DAY);
            let grant = Grant { role: Role::Office, desk: 1, class: 0, from, until, issue_number: u64::from(number) };
            let leaf = issuing.issue(&request, &grant, serial(0x10 + number), from).unwrap();
            desks.push(Desk { name, key, request, leaf });
        }

        let gone = &desks[3].leaf;
        let revoked = [
            Revoked { serial: gone.serial(), at: NOW.minus(DAY), reason: Reason::KeyCompromise },
            Revoked { serial: serial(0x3f), at: NOW.minus(2 * DAY), reason: Reason::Unspecified },
        ];
        let crl = issuing.crl(7, NOW.minus(3_600), &revoked).unwrap();
        let root_crl = root1.crl(3, NOW.minus(3_600), &[]).unwrap();

        let issued = desks.iter().map(|desk| Act::about(&desk.leaf, Operation::Issue, NOW.minus(30 * DAY)));
        let mut acts: Vec<Act> = issued.collect();
        acts.push(Act::about(gone, Operation::Revoke, NOW.minus(DAY)));
        let head = Signed::sign(Head::of(&tree(&acts), NOW.minus(3_600)), issuing.key()).unwrap();

        let bundle = |number, root_crl: &CrlIn, head| Bundle {
            number,
            time: NOW.minus(3_600),
            roots: [&root1, &root2].map(|root| ByteBuf::from(root.ca().der())).to_vec(),
            issuing: vec![ByteBuf::from(issuing.ca().der())],
            root_crl: root_crl.der().to_vec(),
            policy: Vec::new(),
            bootstrap: Vec::new(),
            enforce_from: Timestamp(0),
            head,
            ext: Ext::none(),
        };
        let older = root1.crl(2, NOW.minus(2 * DAY), &[]).unwrap();
        let first = Signed::sign(bundle(1, &older, None), root1.key()).unwrap();
        let second = bundle(2, &root_crl, Some(ByteBuf::from(head.bytes())));
        let second = Signed::sign(second, root2.key()).unwrap();
        let bundles = [first.bytes().to_vec(), second.bytes().to_vec()];
        Self { root1, root2, issuing, desks, crl, acts, head, bundles }
    }

    pub fn desk(&self, name: &str) -> &Desk {
        self.desks.iter().find(|desk| desk.name == name).unwrap()
    }

    /// A sealing key of a desk.
    pub fn sealing(suite: Suite, seed: u8) -> SealingKeyPair {
        SealingKeyPair::from_private(suite, &[seed; 32])
    }

    pub fn trust(&self) -> Trust {
        let mut trust = Trust::first(&self.bundles[0], Some(&self.root1.ca().id())).unwrap();
        assert_eq!(trust.accept_bundle(&self.bundles[1]), Ok(Outcome::New));
        assert_eq!(trust.accept_crl(self.crl.der()), Ok(Outcome::New));
        trust
    }

    pub fn record(&self, name: &str, seed: u8) -> Record {
        let desk = self.desk(name);
        let peer = peer(seed);
        let claim = Claim {
            office: desk.leaf.office(),
            kinds: desk.leaf.kinds().to_vec(),
            certificate: desk.leaf.hash(),
            sequence: NOW.0,
            issued: NOW.minus(60),
            until: NOW.minus(60).plus(VALID_FOR),
            locator: Locator {
                peers: vec![ByteBuf::from(peer.to_bytes())],
                addresses: vec!["/ip4/192.0.2.7/tcp/4001".into()],
                ..Locator::default()
            },
            keys: [Suite::XWing, Suite::X25519]
                .map(|suite| Offer::new(Self::sealing(suite, seed).public(), NOW.minus(DAY)))
                .to_vec(),
            ext: Ext::none(),
        };
        record::sign(claim, &desk.key).unwrap()
    }

    fn credential(&self, name: &str, seed: u8) -> Vec<u8> {
        let desk = self.desk(name);
        let issuer = self.issuing.ca().id();
        cbor::to_vec(&Credential::new(&desk.leaf, issuer, &peer(seed), &desk.key, NOW).unwrap()).unwrap()
    }

    fn hello(&self) -> Hello {
        let trust = self.trust();
        Hello {
            network: trust.network_id(),
            trust: trust.bundle().number,
            crls: trust.crl_numbers(),
            log_size: self.head.value().size,
            credentials: vec![self.credential("manager", 0x32).into(), self.credential("revoked", 0x32).into()],
        }
    }

    fn json(&self) -> Value {
        let cas = [("root 1", &self.root1), ("root 2", &self.root2), ("issuing CA", &self.issuing)];
        let trust = self.trust();
        let leaves: Vec<Hash> = self.acts.iter().map(Act::leaf_hash).collect();
        let proofs = (0..leaves.len()).map(|index| {
            let path = log::prove(&leaves, index).unwrap();
            assert!(log::verify(leaves[index], index as u64, leaves.len() as u64, &path, &self.head.value().root));
            path.iter().map(ToString::to_string).collect::<Vec<_>>()
        });
        let records = [("manager", 0x32), ("service", 0x33)].map(|(name, seed)| {
            json!({
                "of": name,
                "record": hex(self.record(name, seed).bytes()),
                "private_key": hex(&[seed; 32]),
            })
        });
        let credentials = [("manager", 0x32), ("service", 0x33)].map(|(name, seed)| {
            json!({
                "of": name,
                "node_key": hex(&[seed; 32]),
                "peer": hex(&peer(seed).to_bytes()),
                "credential": hex(&self.credential(name, seed)),
            })
        });
        json!({
            "about": "private keys are Ed25519 seeds, X25519 scalars or X-Wing seeds; everything is judged at `now`",
            "now": NOW.0,
            "pin": trust.root_pin().to_string(),
            "network_id": trust.network_id().to_string(),
            "cas": cas.map(|(name, ca)| json!({
                "name": name,
                "private_key": hex(&ca.key().to_bytes()),
                "certificate": hex(ca.ca().der()),
                "issuer_id": ca.ca().id().to_string(),
            })),
            "bundles": self.bundles.iter().map(|bundle| hex(bundle)).collect::<Vec<_>>(),
            "crl": {
                "issuer_id": self.issuing.ca().id().to_string(),
                "number": self.crl.number(),
                "next_update": self.crl.next_update().0,
                "revoked": self.crl.revoked().iter().map(|entry| json!({
                    "serial": entry.serial.to_string(), "at": entry.at.0, "reason": entry.reason.code(),
                })).collect::<Vec<_>>(),
                "der": hex(self.crl.der()),
            },
            "desks": self.desks.iter().map(|desk| json!({
                "name": desk.name,
                "private_key": hex(&desk.key.to_bytes()),
                "request": hex(desk.request.der()),
                "certificate": hex(desk.leaf.der()),
                "certificate_hash": desk.leaf.hash().to_string(),
                "serial": desk.leaf.serial().to_string(),
                "office": desk.leaf.office().to_string(),
                "kinds": desk.leaf.kinds().iter().map(ToString::to_string).collect::<Vec<_>>(),
                "issue_number": desk.leaf.issue_number(),
                "from": desk.leaf.from().0,
                "until": desk.leaf.until().0,
                "trusted": desk.name != "revoked",
            })).collect::<Vec<_>>(),
            "log": {
                "leaves": self.acts.iter().map(|act| hex(&act.to_bytes())).collect::<Vec<_>>(),
                "head": hex(self.head.bytes()),
                "root": self.head.value().root.to_string(),
                "proofs": proofs.collect::<Vec<_>>(),
            },
            "records": records,
            "credentials": credentials,
            "hello": hex(&self.hello().frame().unwrap()),
            "crl_list": hex(&Crls::fitting(vec![self.crl.der().to_vec()]).frame().unwrap()),
        })
    }
}

/// Credentials with proofs from the log, and such that prove nothing, at the moment from which a later bundle wants them.
fn log_proofs(world: &World) -> Value {
    let mut bundle = Unverified::<Bundle>::from_bytes(&world.bundles[1]).unwrap().claim().clone();
    (bundle.number, bundle.enforce_from) = (3, NOW);
    let bundle = Signed::sign(bundle, world.root1.key()).unwrap();
    let leaves: Vec<Hash> = world.acts.iter().map(Act::leaf_hash).collect();
    let bare: Credential = cbor::from_slice(&world.credential("manager", 0x32), 16_384).unwrap();
    let by = |acts: &[Act], index: usize, key: &SigningKey| {
        let head = Signed::sign(Head::of(&tree(acts), NOW.minus(60)), key).unwrap();
        let leaves: Vec<Hash> = acts.iter().map(Act::leaf_hash).collect();
        Inclusion::new(head.bytes().to_vec(), index as u64, log::prove(&leaves, index).unwrap())
    };
    let key = world.issuing.key();
    let good = Inclusion::new(world.head.bytes().to_vec(), 1, log::prove(&leaves, 1).unwrap());
    let revoke = Act { operation: Operation::Revoke, ..world.acts[1] };
    let later = Act { time: world.acts[1].time.plus(1), ..world.acts[1] };
    let [head, place] = <[ByteBuf; 2]>::try_from(good.to_parts()).unwrap();
    let elsewhere = [&2_u64.to_be_bytes()[..], &place[8..]].concat();
    let mut turned = place.to_vec();
    turned[8..].rotate_left(32);
    let cases: Vec<(&str, Vec<ByteBuf>, bool)> = vec![
        ("by the head of the bundle", good.to_parts(), true),
        ("by another head", by(&world.acts[..3], 1, key).to_parts(), true),
        ("by a head of one leaf", by(&world.acts[1..2], 0, key).to_parts(), true),
        ("none", Vec::new(), false),
        ("another certificate's", by(&world.acts, 2, key).to_parts(), false),
        ("by a head of another authority", by(&world.acts, 1, world.root1.key()).to_parts(), false),
        ("a leaf that revokes", by(&[revoke], 0, key).to_parts(), false),
        ("a leaf of another moment", by(&[later], 0, key).to_parts(), false),
        ("another index", vec![head.clone(), elsewhere.into()], false),
        ("a way in another order", vec![head.clone(), turned.into()], false),
        ("a way that is too short", vec![head.clone(), place[..place.len() - 32].to_vec().into()], false),
        ("a part too many", vec![head, place, ByteBuf::new()], false),
    ];
    json!({
        "about": "the pin, the earlier bundles and the CRL are those of network.json",
        "now": NOW.0,
        "peer": hex(&peer(0x32).to_bytes()),
        "bundle": hex(bundle.bytes()),
        "cases": cases.into_iter().map(|(name, proof, admits)| json!({
            "name": name,
            "credential": hex(&cbor::to_vec(&Credential { proof, ..bare.clone() }).unwrap()),
            "admits": admits,
        })).collect::<Vec<_>>(),
    })
}

#[test]
fn recorded_proofs_from_the_log_hold_or_do_not() {
    let world = World::new();
    recorded("log-proof.json", &log_proofs(&world));
    let (kept, mut trust) = (kept("log-proof.json"), world.trust());
    let bytes = |value: &Value| unhex(value.as_str().unwrap());
    assert_eq!(trust.accept_bundle(&bytes(&kept["bundle"])), Ok(Outcome::New));
    for case in kept["cases"].as_array().unwrap() {
        let shown: Credential = cbor::from_slice(&bytes(&case["credential"]), 16_384).unwrap();
        let judged = |now| credential::admit(&shown, &peer(0x32), &trust, now, |_| false);
        assert!(judged(NOW.minus(1)).is_ok(), "{}", case["name"]);
        match case["admits"].as_bool().unwrap() {
            true => assert!(judged(NOW).is_ok(), "{}", case["name"]),
            false => assert_eq!(judged(NOW), Err(credential::Refused::LogProof), "{}", case["name"]),
        }
    }
}

fn peer(seed: u8) -> PeerId {
    libp2p_identity::Keypair::ed25519_from_bytes([seed; 32]).unwrap().public().to_peer_id()
}

#[test]
fn bytes_of_version_1_stay_the_same() {
    recorded("network.json", &World::new().json());
}

#[test]
fn the_recorded_network_holds() {
    let kept = kept("network.json");
    let bytes = |value: &Value| unhex(value.as_str().unwrap());
    let mut trust = Trust::first(&bytes(&kept["bundles"][0]), None).unwrap();
    assert_eq!(trust.root_pin().to_string(), kept["pin"]);
    assert_eq!(trust.network_id().to_string(), kept["network_id"]);
    assert_eq!(trust.accept_bundle(&bytes(&kept["bundles"][1])), Ok(Outcome::New));
    assert_eq!(trust.accept_crl(&bytes(&kept["crl"]["der"])), Ok(Outcome::New));
    let issuer: Hash = kept["cas"][2]["issuer_id"].as_str().unwrap().parse().unwrap();
    for desk in kept["desks"].as_array().unwrap() {
        let judged = trust.judge(&bytes(&desk["certificate"]), &issuer, NOW, false);
        match judged {
            Ok(leaf) => {
                assert!(desk["trusted"] == true && leaf.hash().to_string() == desk["certificate_hash"]);
                let request = Request::parse(&bytes(&desk["request"])).unwrap();
                request.matches(&leaf).unwrap();
            }
            Err(error) => assert!(desk["trusted"] == false && error == Distrust::Revoked, "{error}"),
        }
    }
    let hello = bytes(&kept["hello"]);
    let hello = Hello::from_bytes(&hello[11..]).unwrap();
    let shown: Vec<Credential> =
        hello.credentials.iter().map(|bytes| cbor::from_slice(bytes, 16_384).unwrap()).collect();
    let admitted = |credential: &Credential| credential::admit(credential, &peer(0x32), &trust, NOW, |_| false);
    assert!(admitted(&shown[0]).is_ok());
    assert_eq!(admitted(&shown[1]), Err(credential::Refused::Distrust(Distrust::Revoked)));
    for row in kept["records"].as_array().unwrap() {
        let desk = kept["desks"].as_array().unwrap().iter().find(|desk| desk["name"] == row["of"]).unwrap();
        let leaf = trust.judge(&bytes(&desk["certificate"]), &issuer, NOW, false).unwrap();
        let holder = Holder { office: leaf.office(), kinds: leaf.kinds(), certificate: leaf.hash(), key: leaf.key() };
        let record = record::verify(Unverified::from_bytes(&bytes(&row["record"])).unwrap(), &holder).unwrap();
        assert!(record.key_for(&[Suite::X25519], NOW).is_some());
    }
}
