//! A proof of membership, as an office asks for it by its key.

use libp2p_identity::{Keypair, PeerId};
use musubi_node::authority::{Authority, Target};
use musubi_protocol::{
    certificate::{LeafIn, material},
    crl::Reason,
    enrol::{Answer, MAX_PROOF, ProofRequest, Refusal, State},
    proof::Proof,
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

fn end(seed: u8) -> PeerId {
    Keypair::ed25519_from_bytes([seed; 32]).unwrap().public().to_peer_id()
}

/// Asks by the key of a seed, for one end of a connection, on another.
fn ask(authority: &Authority, of: &LeafIn, by: u8, ends: (u8, u8), at: Timestamp, now: Timestamp) -> Answer {
    let request = Signed::sign(ProofRequest::new(of.hash(), &end(ends.0), at), &key(by)).unwrap();
    authority.prove(request.bytes(), &end(ends.1), now).unwrap()
}

#[test]
fn the_office_gets_the_proof_that_the_authority_signs() {
    let (_dir, mut authority) = authority();
    let name = "み".repeat(64);
    let kinds = ["11".parse().unwrap()];
    let request = musubi_protocol::request::Request::create(OFFICE.parse().unwrap(), &name, &kinds, &key(1)).unwrap();
    let request = material::to_pem([(material::REQUEST, request.der())]).into_bytes();
    let issued = authority.issue(&request, musubi_node::authority::Period::default(), NOW, &mut rng(5)).unwrap();
    let held = leaf(&issued.pem);
    let Answer::Membership { proof } = ask(&authority, &held, 1, (7, 7), NOW, NOW) else { panic!("no proof") };
    let expected = authority.membership(&held.office(), NOW).unwrap();
    assert_eq!(Proof::read(&proof), Ok(expected));
    // The longest name passes.
    assert!(proof.len() <= MAX_PROOF, "{}", proof.len());
}

#[test]
fn nobody_else_has_it_signed() {
    let (_dir, mut authority) = authority();
    let held = leaf(&issue(&mut authority, OFFICE, &["11"], &key(1)).unwrap().pem);
    let refused = |answer, refusal| assert_eq!(answer, Answer::State(State::Refused(refusal)));
    // Another's key; what was said on another connection; a certificate of another authority; no request at all.
    refused(ask(&authority, &held, 2, (7, 7), NOW, NOW), Refusal::Certificate);
    refused(ask(&authority, &held, 1, (7, 8), NOW, NOW), Refusal::Certificate);
    let (_other, mut foreign) = super::support::authority();
    let theirs = leaf(&issue(&mut foreign, OFFICE, &["11"], &key(1)).unwrap().pem);
    refused(ask(&authority, &theirs, 1, (7, 7), NOW, NOW), Refusal::Certificate);
    refused(authority.prove(&[1, 2, 3], &end(7), NOW).unwrap(), Refusal::Malformed);
    // A clock that is days off.
    for at in [NOW.minus(3 * DAY), NOW.plus(3 * DAY)] {
        refused(ask(&authority, &held, 1, (7, 7), at, NOW), Refusal::Clock);
    }
    // Expired, and revoked.
    let late = held.not_after().plus(1);
    refused(ask(&authority, &held, 1, (7, 7), late, late), Refusal::Certificate);
    authority.revoke(Target::Serial(held.serial()), Reason::PrivilegeWithdrawn, NOW).unwrap();
    refused(ask(&authority, &held, 1, (7, 7), NOW, NOW), Refusal::Certificate);
}
