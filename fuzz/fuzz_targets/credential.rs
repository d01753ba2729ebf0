//! Credentials: certificate, node statement and proof inside a hello.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musubi_protocol::{
    cbor,
    credential::{Credential, NodeStatement},
    signed::Unverified,
};

fuzz_target!(|bytes: &[u8]| {
    let _ = Unverified::<NodeStatement>::from_bytes(bytes);
    if let Ok(credential) = cbor::from_slice::<Credential>(bytes, 16 * 1024) {
        assert_eq!(cbor::to_vec(&credential).expect("what was read can be written"), bytes);
    }
});
