//! Files of the care-plan standard as a person drops them.
#![no_main]

use careplan::Collection;
use libfuzzer_sys::fuzz_target;

// The first line is the file's name, the rest its bytes.
fuzz_target!(|bytes: &[u8]| {
    let at = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (name, content) = bytes.split_at(at);
    let Ok(name) = std::str::from_utf8(name) else { return };
    let mut collection = Collection::new();
    collection.add(name, content.get(1..).unwrap_or_default());
    let sorted = collection.sort();
    assert!(sorted.units.len() + sorted.strays.len() <= 1);
});
