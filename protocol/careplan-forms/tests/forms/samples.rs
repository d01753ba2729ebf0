//! The sample month.

use std::{fs, path::Path};

use careplan::{Action, Collection, Contents, Document, End, Ledger};
use careplan_forms::forms::difference::{Sent, Versions};

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

/// Versions from one planner to two offices, one of which got the new one only.
pub(crate) fn versions<'a>(old: Option<&'a Document>, new: Option<&'a Document>) -> Versions<'a> {
    let end = |office: &str, kind: &str| End { office: office.parse().unwrap(), kind: kind.parse().ok() };
    let sent = |office: &str, serial: Option<&str>| Sent {
        receiver: end(office, "11"),
        old: serial.filter(|_| old.is_some()).map(|serial| serial.parse().unwrap()),
        new: new.and("20251112091403".parse().ok()),
    };
    let sent = vec![sent("1379900010", Some("20251024090725")), sent("1379999990", None)];
    Versions { old, new, sender: end("1379905001", "43"), sent }
}
