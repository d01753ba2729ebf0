//! Trust bundles, as the first one is read that a person is asked to pin.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musubi_protocol::trust::Trust;

fuzz_target!(|bytes: &[u8]| {
    let _ = Trust::first(bytes, None);
});
