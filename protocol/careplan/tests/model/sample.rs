//! The sample month as contents.

use std::{fs, path::PathBuf};

use careplan::{Collection, Contents, Reading, Sorted, Unit};
use serde_json::Value;

/// A file by its name.
pub type Named = (String, Vec<u8>);

pub fn oracle() -> Value {
    serde_json::from_slice(&fs::read(folder().join("oracle.json")).unwrap()).unwrap()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("samples/aoba-202511")
}

/// Sorts files into units.
pub fn units<'a>(files: impl IntoIterator<Item = &'a Named>) -> Vec<Unit> {
    let mut collection = Collection::new();
    for (name, bytes) in files {
        collection.add(name, bytes);
    }
    let Sorted { units, strays } = collection.sort();
    assert!(strays.is_empty());
    units
}

/// Reads files that make one unit.
pub fn read(files: &[Named]) -> Option<Reading> {
    let units = units(files);
    assert_eq!(units.len(), 1);
    Contents::read(&units[0], |position| &files[position].1)
}

/// A bundle of the sample.
pub struct Bundle {
    /// What the oracle says about it.
    pub told: Value,
    pub files: Vec<Named>,
    pub unit: Unit,
    pub reading: Reading,
}

/// All bundles in the order of their serials. Names of edition 3 have no service kinds; they are supplied.
pub fn bundles() -> Vec<Bundle> {
    let oracle = oracle();
    let bundles = oracle["bundles"].as_array().unwrap();
    bundles
        .iter()
        .map(|told| {
            let folder = folder().join("bundles").join(told["folder"].as_str().unwrap());
            let files: Vec<Named> = told["files"]
                .as_array()
                .unwrap()
                .iter()
                .map(|name| name.as_str().unwrap().to_owned())
                .map(|name| (name.clone(), fs::read(folder.join(name)).unwrap()))
                .collect();
            let mut unit = units(&files).pop().unwrap();
            let kind = |end: &str| told[end].as_str().unwrap().parse().ok();
            unit.assume_kinds(kind("sender_kind"), kind("receiver_kind"));
            let reading = Contents::read(&unit, |position| &files[position].1).unwrap();
            Bundle { told: told.clone(), files, unit, reading }
        })
        .collect()
}
