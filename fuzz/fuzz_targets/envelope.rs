//! Envelopes: a content key sealed for a desk.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

use musubi_protocol::{
    ids::MessageId,
    seal::{Envelope, SealingKeyPair, Suite},
};

fuzz_target!(|bytes: &[u8]| {
    static KEYS: OnceLock<[SealingKeyPair; 2]> = OnceLock::new();
    let keys =
        KEYS.get_or_init(|| [Suite::XWing, Suite::X25519].map(|suite| SealingKeyPair::from_private(suite, &[7; 32])));
    if let Ok(envelope) = Envelope::from_slice(bytes) {
        assert_eq!(envelope.to_vec().expect("what was read can be written"), bytes);
        let _ = envelope.open(keys, &MessageId([3; 32]));
    }
});
