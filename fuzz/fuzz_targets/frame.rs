//! Frames of the link protocol.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musubi_protocol::link::frame::Frame;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(frame) = Frame::decode(bytes) {
        // An unknown reason to stop is read as "other", so not every frame has its bytes again.
        let again = frame.encode().expect("what was read can be written");
        assert_eq!(Frame::decode(&again), Ok(frame));
    }
});
