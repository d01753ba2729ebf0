//! Gate: preamble, hello, CRL list and answer bytes of a stranger.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musubi_protocol::gate::{Answer, Crls, Hello, PREAMBLE, check_preamble};

fuzz_target!(|bytes: &[u8]| {
    if let Some((preamble, rest)) = bytes.split_first_chunk::<PREAMBLE>() {
        let _ = check_preamble(*preamble);
        let _ = Crls::from_bytes(rest);
    }
    if let Some(byte) = bytes.first() {
        assert_eq!(Answer::from_byte(*byte).byte(), *byte);
    }
    if let Ok(hello) = Hello::from_bytes(bytes) {
        let frame = hello.frame().expect("what was read can be written");
        assert!(frame.ends_with(bytes), "one encoding only");
    }
});
