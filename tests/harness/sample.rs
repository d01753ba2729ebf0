//! The synthetic month of the samples.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// The sample month.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/careplan/samples/aoba-202511")
}

/// What must come out.
///
/// # Panics
/// If the sample is not there.
#[must_use]
pub fn oracle() -> Value {
    let text = fs::read(folder().join("oracle.json")).expect("the sample has an oracle");
    serde_json::from_slice(&text).expect("the oracle is JSON")
}

/// The files of one bundle, by name.
///
/// # Panics
/// If there is no such bundle.
#[must_use]
pub fn bundle(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = folder().join("bundles").join(name);
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .expect("the bundle is there")
        .map(|entry| entry.expect("the folder can be read").path())
        .map(|path| {
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            (name, fs::read(path).expect("the file can be read"))
        })
        .collect();
    files.sort();
    files
}

/// The bundles of edition 4.1 between these offices, in order of their serials.
#[must_use]
pub fn bundles_between(offices: &[&str]) -> Vec<String> {
    let oracle = oracle();
    let among = |bundle: &Value, end: &str| offices.contains(&bundle[end].as_str().unwrap_or_default());
    let bundles = oracle["bundles"].as_array().into_iter().flatten();
    let chosen = bundles.filter(|b| b["edition"] == "4.1" && among(b, "sender") && among(b, "receiver"));
    let mut names: Vec<String> = chosen.filter_map(|b| b["folder"].as_str()).map(Into::into).collect();
    names.sort();
    names
}

/// A bundle under another serial, fourteen digits: another message with the same contents.
///
/// # Panics
/// If a name does not end in a serial.
#[must_use]
pub fn renumbered(files: &[(String, Vec<u8>)], serial: &str) -> Vec<(String, Vec<u8>)> {
    let renamed = |name: &String| {
        let (front, last) = name.rsplit_once('_').expect("a serial at the end of a name");
        let (_, ending) = last.split_once('.').expect("an ending");
        format!("{front}_{serial}.{ending}")
    };
    files.iter().map(|(name, bytes)| (renamed(name), bytes.clone())).collect()
}

/// A bundle with its rows again and again, each time for other insured persons, until it holds this many bytes.
///
/// # Panics
/// If its rows do not begin as those of the sample do.
#[must_use]
pub fn widened(files: &[(String, Vec<u8>)], bytes: usize) -> Vec<(String, Vec<u8>)> {
    // Cells 1 to 3: creation, insurer, insured person. The last six characters tell the persons of the sample apart.
    const PERSON: std::ops::Range<usize> = 14..24;
    const KEPT: usize = 6;
    let mut wide = files.to_vec();
    let mut turn = 8000_u32;
    while wide.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() < bytes {
        turn += 1;
        assert!(turn < 10_000, "no more persons can be told apart");
        for ((_, wide), (_, once)) in wide.iter_mut().zip(files) {
            for row in once.split_inclusive(|byte| *byte == b'\n') {
                assert_eq!((row[6], row[13], row[24]), (b',', b',', b','), "a row of the sample");
                wide.extend_from_slice(&row[..PERSON.start]);
                wide.extend_from_slice(format!("{turn:04}").as_bytes());
                wide.extend_from_slice(&row[PERSON.end - KEPT..]);
            }
        }
    }
    wide
}
