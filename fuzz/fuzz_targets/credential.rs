//! Credentials: certificate, node statement and proof inside a hello; proofs in files, and evidence of two logs.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musubi_protocol::{
    cbor,
    credential::{Credential, NodeStatement},
    log::{Fork, Inclusion},
    signed::Unverified,
};

fuzz_target!(|bytes: &[u8]| {
    let _ = Unverified::<NodeStatement>::from_bytes(bytes);
    if let Ok((certificate, proof)) = Inclusion::from_file(bytes) {
        assert_eq!(proof.to_file(certificate).expect("what was read can be written"), bytes);
    }
    if let Ok(fork) = Fork::from_bytes(bytes) {
        assert_eq!(fork.to_bytes().expect("what was read can be written"), bytes);
    }
    if let Ok(credential) = cbor::from_slice::<Credential>(bytes, 16 * 1024) {
        assert_eq!(cbor::to_vec(&credential).expect("what was read can be written"), bytes);
        if let Ok(proof) = Inclusion::from_parts(&credential.proof) {
            assert_eq!(proof.to_parts(), credential.proof);
        }
    }
});
