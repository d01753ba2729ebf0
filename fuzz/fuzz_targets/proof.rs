//! Proofs in every form, licence policies and deltas of CRLs, before anybody knows who signed them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musubi_protocol::{crl::Delta, policy::Policy, proof::Proof};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(proof) = Proof::read(bytes) {
        assert_eq!(Proof::read(&proof.to_bytes().expect("what was read can be written")).as_ref(), Ok(&proof));
        assert_eq!(Proof::read(proof.to_text().expect("text").as_bytes()).as_ref(), Ok(&proof));
    }
    if let Ok(policy) = Policy::from_bytes(bytes) {
        assert_eq!(policy.to_bytes().as_deref(), Ok(bytes), "one encoding only");
    }
    if let Ok(delta) = Delta::from_bytes(bytes) {
        let again = delta.to_bytes().expect("what was read can be written");
        assert_eq!(Delta::from_bytes(&again), Ok(delta));
    }
});
