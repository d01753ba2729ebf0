//! CRLs, before anybody knows who signed them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musubi_protocol::crl::CrlIn;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(crl) = CrlIn::parse(bytes) {
        for revoked in crl.revoked() {
            assert_eq!(crl.entry(&revoked.serial), Some(revoked));
        }
    }
});
