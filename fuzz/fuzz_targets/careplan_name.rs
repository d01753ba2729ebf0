//! File names of the care-plan standard, as people and systems change them.
#![no_main]

use careplan::FileName;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(name) = text.parse::<FileName>() else { return };
    // What is written from a name that was read is a name of the standard, and nothing about it needs mending.
    let written = name.to_string();
    assert_eq!(written.parse::<FileName>().as_ref(), Ok(&name));
    assert_eq!(careplan::mend(&written, b"").name, written);
    // Mending a name twice changes nothing more, and never what it means.
    let mended = careplan::mend(text, b"");
    assert_eq!(mended.name.parse::<FileName>(), Ok(name));
    assert!(careplan::mend(&mended.name, b"").rules.is_empty());
});
