//! Entries: the signed lines of a log.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musubi_protocol::{cbor, entry::Entry, signed::Unverified};

fuzz_target!(|bytes: &[u8]| {
    let _ = Unverified::<Entry>::from_bytes(bytes);
    if let Ok(entry) = cbor::from_slice::<Entry>(bytes, 4096) {
        assert_eq!(cbor::to_vec(&entry).expect("what was read can be written"), bytes);
    }
});
