//! The sample month.

use std::{fs, path::Path};

use careplan::{Action, Collection, Contents, Document, Ledger};

/// All units of the sample month, by serial.
pub(crate) fn contents() -> Vec<Contents> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../careplan/samples/aoba-202511/bundles");
    let mut files = Vec::new();
    let mut folders: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    for folder in folders {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            files.push((entry.file_name().to_str().unwrap().to_owned(), fs::read(entry.path()).unwrap()));
        }
    }
    let mut collection = Collection::new();
    for (name, bytes) in &files {
        collection.add(name, bytes);
    }
    let units = collection.sort().units;
    units.iter().filter_map(|unit| Contents::read(unit, |at| &files[at].1)).map(|reading| reading.contents).collect()
}

/// Every document that any unit brings, replaced ones too.
pub(crate) fn documents() -> Vec<Document> {
    let brought = contents().into_iter().flat_map(|contents| match contents.action {
        Action::Replace(documents) => documents,
        Action::Remove(_) => Vec::new(),
    });
    brought.collect()
}

/// What is held in the end.
pub(crate) fn ledger() -> Ledger {
    let mut ledger = Ledger::new();
    for contents in contents() {
        ledger.apply(contents);
    }
    ledger
}
