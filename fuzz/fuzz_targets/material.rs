//! Files that a person installs: PEM or one object, told by content.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musubi_protocol::certificate::material;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(items) = material::read(bytes) {
        let text = material::to_pem(items.iter().map(|item| (item.label(), item.bytes())));
        assert_eq!(material::read(text.as_bytes()).expect("what was read can be written").len(), items.len());
    }
});
