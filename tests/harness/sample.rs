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
