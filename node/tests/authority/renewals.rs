//! One more year, as an office asks for it by its key.

use ed25519_dalek::SigningKey;
use musubi_node::authority::{Authority, Deed, Target};
use musubi_protocol::{
    certificate::{LeafIn, material},
    crl::Reason,
    enrol::{Refusal, Renewal, State},
    policy::{Policy, Term},
    signed::Signed,
    time::{DAY, Timestamp},
};

use super::support::*;

const OFFICE: &str = "1379900010";

fn leaf(pem: &str) -> LeafIn {
    match material::read(pem.as_bytes()).unwrap().remove(0) {
        material::Material::Leaf(leaf) => leaf,
        other => panic!("{}", other.label()),
    }
}

fn renewal(of: &LeafIn, by: &SigningKey, fee: u32, at: Timestamp) -> Vec<u8> {
    Signed::sign(Renewal::new(of.hash(), fee, at), by).unwrap().bytes().to_vec()
}

fn renew(authority: &mut Authority, renewal: &[u8], now: Timestamp) -> State {
    authority.renew(renewal, now, &mut rng(now.0)).unwrap()
}

fn granted(state: State) -> LeafIn {
    match state {
        State::Granted { certificate, .. } => LeafIn::parse(&certificate).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_licence_that_is_free_is_renewed_once_and_the_same_answer_comes_again() {
    let (_dir, mut authority) = authority();
    let held = leaf(&issue(&mut authority, OFFICE, &["11"], &key(1)).unwrap().pem);
    let early = held.until().minus(61 * DAY);
    assert_eq!(renew(&mut authority, &renewal(&held, &key(1), 0, early), early), State::Refused(Refusal::Early));
    let due = held.until().minus(60 * DAY);
    let asked = renewal(&held, &key(1), 0, due);
    let next = granted(renew(&mut authority, &asked, due));
    assert_eq!((next.from(), next.desk(), next.kinds()), (held.until().plus(1), held.desk(), held.kinds()));
    assert!(held.issue_number() < next.issue_number());
    // The answer was lost: nothing is issued twice.
    let size = authority.log_size();
    assert_eq!(granted(renew(&mut authority, &asked, due.plus(5))), next);
    assert_eq!(authority.log_size(), size);
    // And the next one has a year of its own.
    let again = renewal(&next, &key(1), 0, due);
    assert_eq!(renew(&mut authority, &again, due), State::Refused(Refusal::Early));
}

#[test]
fn a_fee_is_named_and_granted_to_who_agrees() {
    let (_dir, mut authority) = authority();
    let term = Term { from: NOW.minus(365 * DAY), fee: 21_000, grace: 30 };
    authority.set_policy(Policy::new(vec![term], vec![]).unwrap(), NOW).unwrap();
    let held = leaf(&issue(&mut authority, OFFICE, &["11"], &key(1)).unwrap().pem);
    let due = held.until().minus(DAY);
    for less in [0, 20_999] {
        assert_eq!(renew(&mut authority, &renewal(&held, &key(1), less, due), due), State::Fee(21_000));
    }
    granted(renew(&mut authority, &renewal(&held, &key(1), 30_000, due), due));
    let charged = authority.charges(due, due.plus(1)).unwrap();
    assert_eq!(charged.iter().map(|due| due.fee).collect::<Vec<_>>(), [21_000], "its own fee and no more");
    let audit = authority.audit().unwrap();
    assert!(audit.iter().any(|entry| entry.deed() == Deed::Renewed && entry.detail() == "30000"));
}

#[test]
fn what_speaks_against_it_is_an_answer() {
    let (_dir, mut authority) = authority();
    let held = leaf(&issue(&mut authority, OFFICE, &["11"], &key(1)).unwrap().pem);
    let due = held.until().minus(DAY);
    let refused = |state| match state {
        State::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    };
    let mut ask = |bytes: &[u8], at| refused(renew(&mut authority, bytes, at));
    // Another's key; a certificate of another authority; no renewal at all.
    assert_eq!(ask(&renewal(&held, &key(2), 0, due), due), Refusal::Certificate);
    let (_other, mut foreign) = super::support::authority();
    let theirs = leaf(&issue(&mut foreign, OFFICE, &["11"], &key(1)).unwrap().pem);
    assert_eq!(ask(&renewal(&theirs, &key(1), 0, due), due), Refusal::Certificate);
    assert_eq!(ask(&[1, 2, 3], due), Refusal::Malformed);
    // One that was kept for days, and one from a clock that is far ahead.
    assert_eq!(ask(&renewal(&held, &key(1), 0, due.minus(3 * DAY)), due), Refusal::Other);
    assert_eq!(ask(&renewal(&held, &key(1), 0, due.plus(3 * DAY)), due), Refusal::Other);
    // Expired: that is a new application.
    let late = held.not_after().plus(1);
    assert_eq!(ask(&renewal(&held, &key(1), 0, late), late), Refusal::Certificate);
}

/// Of two certificates the later was revoked in error of its issue: the earlier goes on, and is renewed.
#[test]
fn a_certificate_whose_successor_is_revoked_is_renewed() {
    let (_dir, mut authority) = authority();
    let first = leaf(&issue(&mut authority, OFFICE, &["11"], &key(1)).unwrap().pem);
    let second = leaf(&issue(&mut authority, OFFICE, &["11"], &key(1)).unwrap().pem);
    authority.revoke(Target::Serial(second.serial()), Reason::Unspecified, NOW).unwrap();
    let due = first.until().minus(DAY);
    let refused = renew(&mut authority, &renewal(&second, &key(1), 0, due), due);
    assert_eq!(refused, State::Refused(Refusal::Certificate));
    let next = granted(renew(&mut authority, &renewal(&first, &key(1), 0, due), due));
    assert!(second.issue_number() < next.issue_number());
}

/// The number of the authority's own node is no office's.
#[test]
fn nobody_gets_the_number_of_the_authority() {
    let (_dir, mut authority) = authority();
    let refused = issue(&mut authority, "0000000000", &["11"], &key(1));
    assert!(matches!(refused, Err(musubi_node::authority::Error::OwnNumber)));
}
