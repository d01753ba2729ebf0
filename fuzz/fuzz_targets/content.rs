//! Content: what a partner who holds the right key may have sealed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musubi_protocol::{
    ids::Hash,
    seal::{self, ContentKey, content::Header},
};

fuzz_target!(|bytes: &[u8]| {
    let header = Header { length: bytes.len() as u64, sha256: Hash::of(&[bytes]), commitment: Hash::ZERO };
    assert!(seal::open(&ContentKey::from_bytes([1; 32]), bytes, &header).is_err());
});
