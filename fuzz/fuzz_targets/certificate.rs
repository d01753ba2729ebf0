//! Certificates of desks and CAs, and requests.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musubi_protocol::{
    certificate::{Ca, LeafIn},
    request::Request,
};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(leaf) = LeafIn::parse(bytes) {
        assert_eq!(leaf.der(), bytes);
        assert!(leaf.addresses().all(|address| leaf.holds(&address)));
    }
    let _ = Ca::parse(bytes);
    let _ = Request::parse(bytes);
});
