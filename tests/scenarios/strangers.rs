//! Who has no certificate of this network gets one byte or a closed connection, and nothing of ours; the same peer with
//! a certificate gets in.

use std::collections::BTreeMap;

use musubi_network::{Keypair, Multiaddr, counters::Counters};
use musubi_protocol::{
    cbor,
    certificate::{Grant, LeafIn, Role, Serial},
    credential::{Credential, NodeStatement},
    crl::Reason,
    gate::{Hello, MAGIC, Refusal, VERSION},
    ids::Hash,
    request::Request,
    signed::Signed,
    time::{DAY, Timestamp},
    trust::testing::{TestAuthority, TestDesk},
};
use musubi_tests::{
    TestNetwork, TestNode,
    partner::Partner,
    raw::{Raw, garbage_after_noise},
};

const OFFICE: (&str, &[&str]) = ("1379905001", &["43"]);
const GUEST: &str = "1379900010";

fn listening(node: &TestNode, quic: bool) -> Multiaddr {
    let addresses = node.node.listen();
    let address = addresses.iter().find(|address| address.contains("quic") == quic);
    address.expect("the node listens on both").parse().expect("an address")
}

fn counters(node: &TestNode) -> Counters {
    node.node.wire().handle().expect("the network runs").counters()
}

/// A hello of this network with the lists that the node holds.
fn hello(node: &TestNode, credentials: Vec<Credential>) -> Hello {
    let trust = node.node.core().trust.trust().expect("trust is installed");
    Hello {
        network: trust.network_id(),
        trust: trust.bundle().number,
        crls: trust.crl_numbers(),
        log_size: 0,
        credentials: credentials.iter().map(|credential| cbor::to_vec(credential).unwrap().into()).collect(),
    }
}

fn credential(desk: &TestDesk, keypair: &Keypair) -> Credential {
    Credential::new(&desk.leaf, desk.issuer, &keypair.public().to_peer_id(), &desk.key, Timestamp::now()).unwrap()
}

/// Signs a node statement for a certificate with a key of one's choice.
fn stated(desk: &TestDesk, key: &ed25519_dalek::SigningKey, statement: NodeStatement) -> Credential {
    let statement = Signed::sign(statement, key).unwrap();
    Credential {
        leaf: desk.leaf.der().to_vec(),
        issuer: desk.issuer,
        node: statement.bytes().to_vec(),
        proof: Vec::new(),
    }
}

/// Issues as if it were `days` ago, for a licence that ends `until` days ago.
fn issued_then(authority: &mut TestAuthority, days: u64, until: u64) -> TestDesk {
    let now = authority.now;
    authority.now = now.minus(days * DAY);
    let key = ed25519_dalek::SigningKey::generate(&mut authority.rng);
    let desk = authority.issue_for(GUEST, &["11"], key, authority.now, now.minus(until * DAY));
    authority.now = now;
    desk
}

fn with_role(authority: &mut TestAuthority, role: Role) -> TestDesk {
    let key = ed25519_dalek::SigningKey::generate(&mut authority.rng);
    let kinds = ["11".parse().unwrap()];
    let request = Request::create(GUEST.parse().unwrap(), "みほん", &kinds, &key).unwrap();
    let now = authority.now;
    let grant = Grant { role, desk: 1, class: 0, from: now, until: now.plus(365 * DAY), issue_number: 900 };
    let serial = Serial::random(&mut authority.rng);
    let leaf = authority.issuing.issue(&request, &grant, serial, now).unwrap();
    TestDesk { key, leaf, issuer: authority.issuing.ca().id() }
}

/// Everyone who must stay outside, with the byte that he gets.
fn strangers(net: &TestNetwork, node: &TestNode, keypair: &Keypair) -> Vec<(&'static str, Refusal, Vec<u8>)> {
    let mut authority = net.authority();
    let authority = &mut *authority;
    let now = authority.now;
    let peer = keypair.public().to_peer_id();
    let desk = authority.issue(GUEST, &["11"]);
    let revoked = authority.issue(GUEST, &["11"]);
    authority.revoke(&revoked.leaf, Reason::KeyCompromise);
    let other = authority.issue("1379900028", &["15"]);
    let mut elsewhere = TestAuthority::new(2, now);
    let foreign = elsewhere.issue(GUEST, &["11"]);
    let pretending = TestDesk { issuer: authority.issuing.ca().id(), ..foreign.clone() };
    let expired = issued_then(authority, 300, 100);
    let later = {
        authority.now = now.plus(5 * DAY);
        let desk = authority.issue(GUEST, &["11"]);
        authority.now = now;
        desk
    };
    let relay = with_role(authority, Role::Relay);
    let statement = |leaf: &LeafIn, at: Timestamp| NodeStatement::new(&peer, leaf, at);
    let long = NodeStatement { until: now.plus(30 * DAY), ..statement(&desk.leaf, now) };
    let words = |credentials| hello(node, credentials).frame().unwrap();
    let network = Hello { network: Hash([9; 32]), ..hello(node, vec![credential(&desk, keypair)]) };
    let mut version = words(vec![credential(&desk, keypair)]);
    version[MAGIC.len()] = VERSION + 1;
    let mut torn = hello(node, Vec::new());
    torn.credentials = vec![b"no credential".to_vec().into()];
    vec![
        ("no certificate", Refusal::NoCredential, words(vec![])),
        ("other root", Refusal::Issuer, words(vec![credential(&foreign, keypair)])),
        ("other root under our CA's name", Refusal::Certificate, words(vec![credential(&pretending, keypair)])),
        ("expired", Refusal::Expired, words(vec![credential(&expired, keypair)])),
        ("revoked", Refusal::Revoked, words(vec![credential(&revoked, keypair)])),
        ("other PeerId", Refusal::Peer, words(vec![credential(&desk, &Keypair::generate_ed25519())])),
        (
            "other office's certificate",
            Refusal::Statement,
            words(vec![stated(&other, &desk.key, statement(&other.leaf, now))]),
        ),
        ("not yet valid", Refusal::NotYetValid, words(vec![credential(&later, keypair)])),
        (
            "statement of last month",
            Refusal::Statement,
            words(vec![stated(&desk, &desk.key, statement(&desk.leaf, now.minus(30 * DAY)))]),
        ),
        ("statement for a month", Refusal::Statement, words(vec![stated(&desk, &desk.key, long)])),
        (
            "statement for another certificate",
            Refusal::Peer,
            words(vec![stated(&desk, &desk.key, statement(&revoked.leaf, now))]),
        ),
        ("a relay", Refusal::Role, words(vec![credential(&relay, keypair)])),
        ("other network", Refusal::Network, network.frame().unwrap()),
        ("other version", Refusal::Version, version),
        ("unreadable credential", Refusal::NoCredential, torn.frame().unwrap()),
        ("garbage", Refusal::Malformed, vec![0x5a; 300]),
        ("plain libp2p", Refusal::Malformed, b"\x13/multistream/1.0.0\n\x07/ls/1.0\n".to_vec()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_get_one_byte_and_the_same_peer_with_a_certificate_gets_in() {
    let net = TestNetwork::default();
    let node = net.start(net.install("office", &[OFFICE]), &[]).await;
    let keypair = Keypair::generate_ed25519();
    let strangers = strangers(&net, &node, &keypair);
    let crl = net.authority().crl().der().to_vec();
    node.node.core().install(vec![crl], None).await.unwrap();

    let mut expected: BTreeMap<Refusal, u64> = BTreeMap::new();
    for quic in [false, true] {
        for (who, reason, words) in &strangers {
            let mut raw = Raw::dial(&keypair, listening(&node, quic)).await;
            assert_eq!(raw.say(words).await, [reason.code()], "{who}, QUIC {quic}");
            raw.cut().await;
            *expected.entry(*reason).or_default() += 1;
        }
    }
    garbage_after_noise(listening(&node, false), &[0x5a; 4096]).await;

    let counted = counters(&node);
    assert_eq!(counted.refused, expected);
    assert_eq!((counted.established, counted.admitted), (0, 0));
    let streams = (counted.streams_in, counted.streams_out, counted.streams_busy, counted.streams_broken);
    assert_eq!(streams, (0, 0, 0, 0));
    assert_eq!(node.node.core().partners.addresses(), []);
    assert!(node.inbox().is_empty());

    // The control: the very same peer, with a certificate.
    for (round, quic) in [(1, false), (2, true)] {
        let desk = net.authority().issue(GUEST, &["11"]);
        let partner = Partner::with_key(&node, keypair.clone(), vec![desk]).await;
        partner.connect(listening(&node, quic)).await;
        let mut talk = partner.talk().await;
        talk.offer(partner.log(0, &node)).await;
        let counted = counters(&node);
        assert_eq!((counted.established, counted.streams_in), (round, round), "QUIC {quic}");
        assert_eq!(counted.refused, expected);
        partner.leave().await;
        node.until("the partner's leaving", |node| node.node.core().partners.addresses().is_empty()).await;
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_that_we_dial_is_refused_too() {
    let net = TestNetwork::default();
    let node = net.start(net.install("office", &[OFFICE]), &[]).await;
    let foreign = TestAuthority::new(2, Timestamp::now()).issue(GUEST, &["11"]);
    let stranger = Partner::new(&node, vec![foreign]).await;
    let outcome = node.node.wire().dial(stranger.listening()).await;
    assert_eq!(outcome, musubi_node::wire::Dialed::Unreachable);
    let counted = counters(&node);
    assert_eq!((counted.established, counted.streams_in, counted.streams_out), (0, 0, 0));
    assert_eq!(counted.refused, BTreeMap::from([(Refusal::Issuer, 1)]));
    // The control.
    let desk = net.authority().issue(GUEST, &["11"]);
    let partner = Partner::new(&node, vec![desk]).await;
    assert_eq!(node.node.wire().dial(partner.listening()).await, musubi_node::wire::Dialed::Connected);
    node.stop().await;
}
