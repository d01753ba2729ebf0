use ed25519_dalek::SigningKey;
use libp2p_identity::Keypair;
use proptest::prelude::*;

use super::*;
use crate::{
    cbor,
    certificate::{Grant, Role, Serial},
    crl::{Outcome, Reason},
    request::Request,
    trust::{
        Bundle,
        testing::{TestAuthority, TestDesk},
    },
};

const NOW: Timestamp = Timestamp(1_790_000_000);

fn peer(seed: u8) -> PeerId {
    Keypair::ed25519_from_bytes([seed; 32]).unwrap().public().to_peer_id()
}

fn office() -> (TestAuthority, TestDesk, Trust) {
    let mut authority = TestAuthority::new(1, NOW);
    let desk = authority.issue("1379900028", &["21", "15"]);
    let trust = authority.trust();
    (authority, desk, trust)
}

fn credential(desk: &TestDesk) -> Credential {
    Credential::new(&desk.leaf, desk.issuer, &peer(1), &desk.key, NOW).unwrap()
}

fn ask(credential: &Credential, trust: &Trust, now: Timestamp) -> Result<AdmittedDesk, Refused> {
    admit(credential, &peer(1), trust, now, |_| false)
}

/// The credential with a statement of another kind.
fn stated(desk: &TestDesk, key: &SigningKey, change: impl FnOnce(&mut NodeStatement)) -> Credential {
    let mut statement = NodeStatement::new(&peer(1), &desk.leaf, NOW);
    change(&mut statement);
    Credential { node: Signed::sign(statement, key).unwrap().bytes().to_vec(), ..credential(desk) }
}

#[test]
fn a_desk_is_admitted_on_its_node_only() {
    let (_, desk, trust) = office();
    let credential = credential(&desk);
    let admitted = ask(&credential, &trust, NOW).unwrap();
    assert_eq!(**admitted.leaf(), desk.leaf);
    assert_eq!(admitted.until(), NOW.plus(6 * DAY));
    assert_eq!(admit(&credential, &peer(2), &trust, NOW, |_| true), Err(Refused::OtherNode));
}

#[test]
fn a_stolen_certificate_admits_nobody() {
    let (mut authority, desk, trust) = office();
    let thief = authority.issue("1379900010", &["11"]);
    // Its own statement beside the other's certificate, and one about it signed with its own key.
    let mixed = Credential { node: credential(&thief).node, ..credential(&desk) };
    assert_eq!(ask(&mixed, &trust, NOW), Err(Refused::Statement(signed::Error::Signature)));
    let forged = stated(&desk, &thief.key, |_| {});
    assert_eq!(ask(&forged, &trust, NOW), Err(Refused::Statement(signed::Error::Signature)));
    // One office key under two certificates: a statement speaks for one of them.
    let twin = authority.issue_for("1379900028", &["15"], desk.key.clone(), NOW, NOW.plus(DAY));
    let borrowed = Credential { node: credential(&twin).node, ..credential(&desk) };
    assert_eq!(ask(&borrowed, &trust, NOW), Err(Refused::OtherCertificate));
}

#[test]
fn a_statement_lasts_seven_days_at_most() {
    let (_, desk, trust) = office();
    let good = credential(&desk);
    assert!(ask(&good, &trust, NOW.minus(DAY)).is_ok());
    let as_partner = |now| admit(&good, &peer(1), &trust, now, |_| true);
    assert!(as_partner(NOW.plus(6 * DAY)).is_ok());
    assert_eq!(as_partner(NOW.plus(6 * DAY + 1)), Err(Refused::StatementPeriod));
    for (from, until) in [
        (NOW, NOW.plus(STATEMENT_LIFETIME + 1)),
        (NOW.plus(1), NOW.plus(DAY)),
        (NOW.minus(DAY), NOW.minus(1)),
        (NOW, NOW),
        (NOW.plus(DAY), NOW.minus(DAY)),
    ] {
        let odd = stated(&desk, &desk.key, |statement| (statement.from, statement.until) = (from, until));
        assert_eq!(ask(&odd, &trust, NOW), Err(Refused::StatementPeriod), "{from} to {until}");
    }
}

#[test]
fn an_untrusted_certificate_names_its_reason() {
    let (mut authority, desk, mut trust) = office();
    authority.revoke(&desk.leaf, Reason::PrivilegeWithdrawn);
    assert_eq!(trust.accept_crl(authority.crl().der()), Ok(Outcome::New));
    assert_eq!(ask(&credential(&desk), &trust, NOW), Err(Refused::Distrust(Distrust::Revoked)));
    let garbage = Credential { leaf: vec![1, 2, 3], ..credential(&desk) };
    assert!(matches!(ask(&garbage, &trust, NOW), Err(Refused::Distrust(Distrust::Profile(_)))));
}

#[test]
fn only_offices_exchange_documents() {
    let (mut authority, desk, trust) = office();
    let request =
        Request::create("1379900036".parse().unwrap(), "みほん", &["11".parse().unwrap()], &desk.key).unwrap();
    let grant = |role| Grant { role, desk: 1, class: 0, from: NOW, until: NOW.plus(DAY), issue_number: 90 };
    for (role, admitted) in [(Role::Office, true), (Role::Relay, false), (Role::Courier, false)] {
        let serial = Serial::random(&mut authority.rng);
        let leaf = authority.issuing.issue(&request, &grant(role), serial, NOW).unwrap();
        let shown = credential(&TestDesk { leaf, ..desk.clone() });
        let asked = ask(&shown, &trust, NOW);
        assert!(if admitted { asked.is_ok() } else { asked == Err(Refused::Role) }, "{role:?}: {asked:?}");
        assert_eq!(is_worth_asking(&shown, &peer(1), &trust, NOW), admitted, "{role:?}");
    }
}

#[test]
fn a_copied_certificate_is_not_worth_asking() {
    let (mut authority, desk, mut trust) = office();
    let good = credential(&desk);
    let thief = authority.issue("1379900036", &["11"]);
    authority.revoke(&desk.leaf, Reason::KeyCompromise);
    assert_eq!(trust.accept_crl(authority.crl().der()), Ok(Outcome::New));
    // A revoked desk may still hand over the list by which it is judged.
    assert!(is_worth_asking(&good, &peer(1), &trust, NOW));
    assert!(!is_worth_asking(&good, &peer(2), &trust, NOW), "the statement is for another node");
    assert!(!is_worth_asking(&stated(&desk, &thief.key, |_| {}), &peer(1), &trust, NOW), "by another key");
    assert!(!is_worth_asking(&Credential { node: Vec::new(), ..good }, &peer(1), &trust, NOW));
}

#[test]
fn a_proof_is_ignored_until_one_is_wanted() {
    let (mut authority, desk, mut trust) = office();
    let with_proof = Credential { proof: vec![ByteBuf::from([1, 2])], ..credential(&desk) };
    assert!(ask(&with_proof, &trust, NOW).is_ok());
    let strict = Bundle { enforce_from: NOW.plus(DAY), ..authority.bundle() };
    assert_eq!(trust.accept_bundle(&authority.sign(strict)), Ok(Outcome::New));
    assert!(ask(&with_proof, &trust, NOW).is_ok());
    assert_eq!(ask(&with_proof, &trust, NOW.plus(DAY)), Err(Refused::LogProof));
}

#[test]
fn the_set_names_who_may_speak() {
    let (mut authority, desk, trust) = office();
    let newer = authority.issue("1379900028", &["15"]);
    let mut set = Admitted::new();
    assert!(set.is_empty());
    for desk in [&desk, &newer, &desk] {
        set.add(ask(&credential(desk), &trust, NOW).unwrap()).unwrap();
    }
    assert_eq!(set.desks().count(), 2);
    let address = |text: &str| text.parse::<Address>().unwrap();
    assert_eq!(set.addresses(), [address("1379900028-15"), address("1379900028-21")]);
    assert!(set.contains(&address("1379900028-21")) && !set.contains(&address("1379900028-11")));
    let speaks = |text| set.desk(&address(text)).map(|desk| desk.leaf().hash());
    assert_eq!(speaks("1379900028-15"), Some(newer.leaf.hash()));
    assert_eq!(speaks("1379900028-21"), Some(desk.leaf.hash()));
    assert_eq!(speaks("1379900010-11"), None);
    assert!(set.remove(&newer.leaf.hash()).is_some());
    assert!(set.remove(&newer.leaf.hash()).is_none());
}

#[test]
fn revocation_and_expiry_take_one_desk_out() {
    let (mut authority, desk, mut trust) = office();
    let other = authority.issue("1379900010", &["11"]);
    let mut set = Admitted::new();
    for desk in [&desk, &other] {
        set.add(ask(&credential(desk), &trust, NOW).unwrap()).unwrap();
    }
    assert_eq!(set.recheck(&trust, NOW, |_| false), []);
    authority.revoke(&desk.leaf, Reason::KeyCompromise);
    assert_eq!(trust.accept_crl(authority.crl().der()), Ok(Outcome::New));
    let removed = set.recheck(&trust, NOW, |_| true);
    assert_eq!(removed.len(), 1);
    assert_eq!((removed[0].0.leaf().hash(), &removed[0].1), (desk.leaf.hash(), &Refused::Distrust(Distrust::Revoked)));
    assert_eq!(set.addresses(), [other.address()]);
    // A later statement keeps it beyond the first one's end; without, it goes.
    let later = NOW.plus(5 * DAY);
    let renewed = Credential::new(&other.leaf, other.issuer, &peer(1), &other.key, later).unwrap();
    set.add(admit(&renewed, &peer(1), &trust, later, |_| true).unwrap()).unwrap();
    assert_eq!(set.recheck(&trust, NOW.plus(7 * DAY), |_| true), []);
    let removed = set.recheck(&trust, NOW.plus(12 * DAY), |_| true);
    assert_eq!(removed[0].1, Refused::StatementPeriod);
    assert!(set.is_empty());
}

#[test]
fn the_set_is_bounded() {
    let (mut authority, _, trust) = office();
    let mut set = Admitted::new();
    for n in 0..=MAX_DESKS {
        let desk = authority.issue("1379900010", &["11"]);
        let added = set.add(ask(&credential(&desk), &trust, NOW).unwrap());
        assert_eq!(added, if n < MAX_DESKS { Ok(()) } else { Err(Refused::TooMany) });
    }
}

#[test]
fn a_credential_is_an_array_of_four() {
    let (_, desk, _) = office();
    let credential = credential(&desk);
    let bytes = cbor::to_vec(&credential).unwrap();
    assert_eq!((bytes[0], bytes[bytes.len() - 1]), (0x84, 0x80));
    assert!(bytes.len() < 1024, "{} bytes", bytes.len());
    assert_eq!(cbor::from_slice::<Credential>(&bytes, 4096).unwrap(), credential);
}

proptest! {
    #[test]
    fn hostile_credentials_never_panic(
        leaf in proptest::collection::vec(any::<u8>(), 0..200), node in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let (_, desk, trust) = office();
        let hostile = Credential { leaf, ..credential(&desk) };
        prop_assert!(ask(&hostile, &trust, NOW).is_err());
        let hostile = Credential { node, ..credential(&desk) };
        prop_assert!(ask(&hostile, &trust, NOW).is_err());
    }
}
