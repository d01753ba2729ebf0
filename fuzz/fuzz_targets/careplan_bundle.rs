//! Files of the care-plan standard as a person drops them: sorted into units, read, written, compared.
#![no_main]

use careplan::{Action, Collection, Contents, Ledger, diff::diff, reconcile::Reconciliation};
use libfuzzer_sys::fuzz_target;

// Files are parted by the byte 1E; of each the first line is the name.
fuzz_target!(|bytes: &[u8]| {
    let files: Vec<(&str, &[u8])> = bytes
        .split(|&byte| byte == 0x1e)
        .take(16)
        .filter_map(|file| {
            let at = file.iter().position(|&byte| byte == b'\n').unwrap_or(file.len());
            let (name, content) = file.split_at(at);
            Some((std::str::from_utf8(name).ok()?, content.get(1..).unwrap_or_default()))
        })
        .collect();
    let mut collection = Collection::new();
    for (name, content) in &files {
        collection.add(name, content);
    }
    let sorted = collection.sort();
    let mut ledger = Ledger::new();
    for unit in &sorted.units {
        // Every row that was not refused is in the model, or replaced by a later one of its key, or told as left out.
        let Some(read) = Contents::read(unit, |position| files[position].1) else { continue };
        let again = Contents::read(unit, |position| files[position].1).unwrap();
        assert!(again.contents == read.contents);
        if let Action::Replace(documents) = &read.contents.action {
            for document in documents {
                assert!(diff(document, document).is_empty());
            }
        }
        if let Ok(written) = read.contents.write() {
            // What was written is read as it was meant, and writing it again changes nothing.
            let mut collection = Collection::new();
            for file in &written.files {
                collection.add(&file.name.to_string(), &file.bytes);
            }
            let sorted = collection.sort();
            assert!(sorted.strays.is_empty());
            if let [unit] = sorted.units.as_slice() {
                let back = Contents::read(unit, |position| &written.files[position].bytes).unwrap();
                if let Ok(twice) = back.contents.write() {
                    assert!(twice.files == written.files || text_was_short(&written.files));
                }
            }
        }
        ledger.apply(read.contents);
    }
    let _ = Reconciliation::of_ledgers(&ledger, &ledger);
});

/// A few bytes of MS932 can look like UTF-8: what such a file says is not known.
fn text_was_short(files: &[careplan::WrittenFile]) -> bool {
    files.iter().any(|file| !file.bytes.is_ascii() && std::str::from_utf8(&file.bytes).is_ok())
}
