use ed25519_dalek::SigningKey;
use libp2p_identity::Keypair;
use proptest::prelude::*;

use super::*;
use crate::{
    cbor,
    certificate::{CaName, Grant, Role, Serial},
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

/// An authority with a log of some length, a desk in the midst of it, and a trust that wants proofs from tomorrow on.
fn logged() -> (TestAuthority, TestDesk, Trust) {
    let mut authority = TestAuthority::new(1, NOW);
    for _ in 0..5 {
        authority.issue("1379900010", &["11"]);
    }
    let desk = authority.issue("1379900028", &["21", "15"]);
    for _ in 0..7 {
        authority.issue("1379900036", &["11"]);
    }
    let mut trust = authority.trust();
    let strict = Bundle { enforce_from: NOW.plus(DAY), ..authority.bundle() };
    assert_eq!(trust.accept_bundle(&authority.sign(strict)), Ok(Outcome::New));
    (authority, desk, trust)
}

#[test]
fn a_certificate_counts_only_with_a_proof_from_the_date_on() {
    let (authority, desk, trust) = logged();
    let bare = credential(&desk);
    let proven = bare.clone().with_proof(&authority.inclusion(&desk.leaf));
    let garbage = Credential { proof: vec![ByteBuf::from([1, 2])], ..bare.clone() };
    // Before the date nothing depends on it.
    for shown in [&bare, &garbage, &proven] {
        let admitted = ask(shown, &trust, NOW.plus(DAY - 1)).unwrap();
        assert_eq!(admitted.shown().is_some(), *shown == proven);
    }
    assert_eq!(ask(&bare, &trust, NOW.plus(DAY)), Err(Refused::LogProof));
    assert_eq!(ask(&garbage, &trust, NOW.plus(DAY)), Err(Refused::LogProof));
    let admitted = ask(&proven, &trust, NOW.plus(DAY)).unwrap();
    assert_eq!(admitted.shown(), Some(&authority.head()));
    assert_eq!(admitted.unshown(&trust, NOW.plus(DAY)), Err(Refused::LogProof));
}

#[test]
fn the_date_takes_out_who_has_shown_nothing() {
    let (mut authority, desk, trust) = logged();
    let silent = authority.issue("1379900010", &["15"]);
    let (proven, desk_hash) = (credential(&desk).with_proof(&authority.inclusion(&desk.leaf)), desk.leaf.hash());
    let mut set = Admitted::new();
    set.add(ask(&proven, &trust, NOW).unwrap()).unwrap();
    set.add(ask(&credential(&silent), &trust, NOW).unwrap()).unwrap();
    // A later credential without a proof takes nothing away.
    set.add(ask(&credential(&desk), &trust, NOW).unwrap()).unwrap();
    assert_eq!(set.recheck(&trust, NOW.plus(DAY - 1), |_| true), []);
    let removed = set.recheck(&trust, NOW.plus(DAY), |_| true);
    assert_eq!(removed.iter().map(|(desk, _)| desk.leaf().hash()).collect::<Vec<_>>(), [silent.leaf.hash()]);
    assert_eq!(removed[0].1, Refused::LogProof);
    assert_eq!(set.addresses(), desk.leaf.addresses().collect::<Vec<_>>());
    // Unless the head turns out to be of another log.
    set.unshow(|head| *head != authority.head());
    assert!(set.desks().all(|desk| desk.shown().is_some() == (desk.leaf().hash() == desk_hash)));
    set.unshow(|_| true);
    assert_eq!(set.recheck(&trust, NOW.plus(DAY - 1), |_| true), []);
    assert_eq!(set.recheck(&trust, NOW.plus(DAY), |_| true).len(), 1);
    // Who shows one in time stays.
    let mut set = Admitted::new();
    set.add(ask(&credential(&desk), &trust, NOW).unwrap()).unwrap();
    set.add(ask(&proven, &trust, NOW).unwrap()).unwrap();
    assert_eq!(set.recheck(&trust, NOW.plus(DAY), |_| true), []);
}

#[test]
fn a_proof_whose_signer_is_revoked_counts_no_more() {
    let (mut authority, desk, mut trust) = logged();
    let proven = credential(&desk).with_proof(&authority.inclusion(&desk.leaf));
    let admitted = ask(&proven, &trust, NOW.plus(DAY)).unwrap();
    let now = NOW.plus(DAY);
    assert_eq!(admitted.check(&trust, now), Ok(()));
    let serial = authority.issuing.ca().serial();
    authority.root_revoked.push(crate::crl::Revoked { serial, at: NOW, reason: Reason::CaCompromise });
    assert_eq!(trust.accept_crl(authority.root_crl().der()), Ok(Outcome::New));
    assert_eq!(admitted.check(&trust, now), Err(Refused::LogProof));
}

#[test]
fn a_proof_whose_signer_is_certified_anew_counts_on() {
    let (mut authority, desk, mut trust) = logged();
    let proven = credential(&desk).with_proof(&authority.inclusion(&desk.leaf));
    let now = NOW.plus(DAY);
    let admitted = ask(&proven, &trust, now).unwrap();
    // The same name and key under another certificate, as after the roots have changed.
    let name = CaName { organisation: "見本中央機関", common_name: "Musubi Test Issuing CA" };
    let (serial, key) = (Serial::random(&mut authority.rng), authority.issuing.key().clone());
    let (from, until) = (authority.issuing.ca().not_before(), authority.issuing.ca().not_after());
    let before = authority.issuing.ca().id();
    authority.issuing = authority.root1.issuing(name, key, serial, from, until).unwrap();
    assert_ne!(authority.issuing.ca().id(), before);
    let bundle = Bundle { enforce_from: now, ..authority.bundle() };
    assert_eq!(trust.accept_bundle(&authority.sign(bundle)), Ok(Outcome::New));
    assert_eq!(admitted.check(&trust, now), Ok(()));
    // Revoked under its new certificate it counts no more.
    let serial = authority.issuing.ca().serial();
    authority.root_revoked.push(crate::crl::Revoked { serial, at: NOW, reason: Reason::CaCompromise });
    assert_eq!(trust.accept_crl(authority.root_crl().der()), Ok(Outcome::New));
    assert_eq!(admitted.check(&trust, now), Err(Refused::LogProof));
}

#[test]
fn proofs_that_prove_something_else_are_refused() {
    let (mut authority, desk, trust) = logged();
    let (other, now) = (authority.issue("1379900044", &["11"]), NOW.plus(DAY));
    let good = authority.inclusion(&desk.leaf);
    let before = {
        let mut before = TestAuthority::new(1, NOW);
        before.issue("1379900010", &["11"]);
        before
    };
    let elsewhere = TestAuthority::new(2, NOW);
    let foreign = Signed::sign(Head::of(&authority.log, NOW), elsewhere.issuing.key()).unwrap();
    // The same leaf but for the operation, and but for the time.
    let twisted = |change: &dyn Fn(&mut crate::log::Act)| {
        let mut twisted = TestAuthority::new(1, NOW);
        let mut act = Inclusion::act_of(&desk.leaf);
        change(&mut act);
        twisted.note(act);
        Inclusion::new(twisted.head().bytes().to_vec(), 0, Vec::new())
    };
    let parts = good.to_parts();
    let place = |place: Vec<u8>| Credential { proof: vec![parts[0].clone(), place.into()], ..credential(&desk) };
    let mut swapped = parts[1].to_vec();
    swapped[8..72].rotate_left(32);
    let at = |index: u64| [&index.to_be_bytes()[..], &parts[1][8..]].concat();
    let with = |proof: &Inclusion| credential(&desk).with_proof(proof);
    let head = Inclusion::new(before.head().bytes().to_vec(), 0, Vec::new());
    for (name, shown) in [
        ("another certificate's", with(&authority.inclusion(&other.leaf))),
        ("an earlier head", with(&head)),
        ("another authority's head", with(&authority.inclusion_by(&desk.leaf, &foreign))),
        ("a leaf that revokes", with(&twisted(&|act| act.operation = crate::log::Operation::Revoke))),
        ("a leaf of another moment", with(&twisted(&|act| act.time = act.time.plus(1)))),
        ("a leaf of another desk", with(&twisted(&|act| act.desk += 1))),
        ("another index", place(at(good.index() + 1))),
        ("an index outside", place(at(u64::MAX))),
        ("a way in another order", place(swapped)),
        ("a way that is too short", place(parts[1][..parts[1].len() - 32].to_vec())),
        ("a way that is too long", place([&parts[1][..], &[0; 32]].concat())),
        ("part of a hash", place([&parts[1][..], &[0]].concat())),
        ("no index", place(vec![0; 7])),
        ("one part", Credential { proof: parts[..1].to_vec(), ..credential(&desk) }),
        ("three parts", Credential { proof: [&parts[..], &parts[..1]].concat(), ..credential(&desk) }),
        ("parts in another order", Credential { proof: vec![parts[1].clone(), parts[0].clone()], ..credential(&desk) }),
    ] {
        assert_eq!(ask(&shown, &trust, now), Err(Refused::LogProof), "{name}");
    }
    assert!(ask(&with(&good), &trust, now).is_ok());
    assert!(ask(&with(&twisted(&|_| {})), &trust, now).is_ok());
}

#[test]
fn ten_thousand_altered_proofs_show_nothing() {
    use rand::{RngExt, SeedableRng, rngs::StdRng};
    let (authority, desk, trust) = logged();
    let good = authority.inclusion(&desk.leaf).to_parts();
    let mut rng = StdRng::seed_from_u64(7);
    for round in 0..10_000 {
        let mut parts = good.clone();
        let part = &mut parts[round % 2];
        let at = rng.random_range(0..part.len());
        match rng.random_range(0..5) {
            0 => part[at] ^= 1 << rng.random_range(0..8),
            1 => part[at] = part[at].wrapping_add(rng.random_range(1..=255)),
            2 => part.truncate(at),
            3 => part.insert(at, rng.random()),
            _ => drop(part.remove(at)),
        }
        // A byte put in or taken out beside its like leaves the same bytes only together with another length.
        assert_ne!(parts, good);
        let shown = Inclusion::from_parts(&parts).and_then(|proof| proof.verify(&desk.leaf, &trust, NOW));
        assert!(shown.is_err(), "round {round}: {parts:?}");
    }
    assert!(Inclusion::from_parts(&good).unwrap().verify(&desk.leaf, &trust, NOW).is_ok());
}

#[test]
fn a_date_may_move_and_not_go() {
    let (mut authority, _, mut trust) = logged();
    let later = Bundle { enforce_from: NOW.plus(9 * DAY), ..authority.bundle() };
    assert_eq!(trust.accept_bundle(&authority.sign(later)), Ok(Outcome::New));
    let gone = authority.bundle();
    assert_eq!(trust.accept_bundle(&authority.sign(gone)), Err(crate::trust::BundleError::Enforcement));
    assert!(trust.wants_log_proof(NOW.plus(9 * DAY)));
}

#[test]
fn eight_credentials_with_proofs_from_a_large_log_fit_a_hello() {
    let (authority, desk, _) = office();
    let long = Inclusion::new(authority.head().bytes().to_vec(), 900_000, vec![Hash([7; 32]); 20]);
    let bytes = cbor::to_vec(&credential(&desk).with_proof(&long)).unwrap();
    assert!(8 * (bytes.len() + 3) + 200 < crate::gate::HELLO_MAX, "{} bytes each", bytes.len());
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
