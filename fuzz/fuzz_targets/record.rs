//! Records: where a desk is and which keys it offers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musubi_protocol::{record::Claim, signed::Unverified};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(record) = Unverified::<Claim>::from_bytes(bytes) {
        assert_eq!(record.bytes(), bytes);
    }
});
