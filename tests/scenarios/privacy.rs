//! The demo, and what it leaves on the disk: nothing that names a person, outside the folders where plain files belong.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use aho_corasick::AhoCorasick;
use data_encoding::{BASE64, BASE64URL, HEXLOWER, HEXUPPER};
use encoding_rs::SHIFT_JIS;
use musubi_tests::sample;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_musubi-under-test");
const OFFICES: [&str; 3] = ["1379905001", "1379900010", "1379900028"];
/// What is tried after the revocation.
const AFTER: [&str; 2] = ["20250220090747-B2-", "20250402090613-B5-"];
/// Shorter cells occur by chance.
const SHORTEST: usize = 6;

/// Columns, from 1, that name a person: number, name, kana, birth date, postal code, address, telephone of the insured,
/// and the names of care managers (layouts of the standard).
fn columns(file: &str) -> &'static [usize] {
    match file.split('_').next().unwrap_or_default() {
        "UP1KYO" => &[3, 5, 6, 7, 8],
        "UPHOSOKU" => &[3, 5, 6, 8, 9, 10, 11, 12],
        "UPPLAN" | "UPJSK" => &[3, 7],
        _ => &[3],
    }
}

/// Cells of a file; quoted ones hold commas, doubled quotes and line ends.
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            c => cell.push(c),
        }
    }
    rows
}

/// The texts of bundles that must not be found: cells that name persons, and names of files.
fn secrets(bundles: &[String]) -> BTreeSet<String> {
    let mut secrets = BTreeSet::new();
    for (name, bytes) in bundles.iter().flat_map(|bundle| sample::bundle(bundle)) {
        let (text, _, broken) = SHIFT_JIS.decode(&bytes);
        assert!(!broken, "{name}");
        for row in rows(&text) {
            let named = columns(&name).iter().filter_map(|column| row.get(column - 1));
            secrets.extend(named.filter(|cell| SHIFT_JIS.encode(cell).0.len() >= SHORTEST).cloned());
        }
        secrets.insert(name);
    }
    secrets
}

/// All forms in which a text could lie on a disk.
fn forms(text: &str) -> BTreeSet<Vec<u8>> {
    let plain = [
        text.as_bytes().to_vec(),
        SHIFT_JIS.encode(text).0.into_owned(),
        text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
    ];
    let mut forms = BTreeSet::new();
    for bytes in plain {
        forms.insert(HEXLOWER.encode(&bytes).into_bytes());
        forms.insert(HEXUPPER.encode(&bytes).into_bytes());
        // In base64 a text looks different at each of three places; what its neighbours decide is cut off.
        for before in 0..3 {
            let shifted = [&[0; 2][..before], &bytes].concat();
            let (first, whole) = ((before * 8).div_ceil(6), shifted.len() * 8 / 6);
            for encoding in [&BASE64, &BASE64URL] {
                forms.insert(encoding.encode(&shifted).into_bytes()[first..whole].to_vec());
            }
        }
        forms.insert(bytes);
    }
    forms
}

/// All files below a directory.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// Which texts are found below a directory, in names and contents, and where.
fn found(dir: &Path, secrets: &BTreeSet<String>) -> BTreeMap<String, PathBuf> {
    let forms: Vec<(&String, Vec<u8>)> =
        secrets.iter().flat_map(|text| forms(text).into_iter().map(move |form| (text, form))).collect();
    let search = AhoCorasick::new(forms.iter().map(|(_, form)| form)).unwrap();
    let mut found = BTreeMap::new();
    for path in files(dir) {
        let name = path.strip_prefix(dir).unwrap().to_string_lossy().into_owned().into_bytes();
        for bytes in [name, fs::read(&path).unwrap()] {
            for at in search.find_overlapping_iter(&bytes) {
                found.insert(forms[at.pattern().as_usize()].0.clone(), path.clone());
            }
        }
    }
    found
}

#[test]
fn a_form_is_found_wherever_it_stands() {
    let text = "濵見本　末吉";
    let secrets = BTreeSet::from([text.to_owned()]);
    let dir = tempfile::tempdir().unwrap();
    let write = |bytes: &[u8]| fs::write(dir.path().join("file"), bytes).unwrap();
    for before in 0..5 {
        for bytes in [text.as_bytes().to_vec(), SHIFT_JIS.encode(text).0.into_owned()] {
            let inside = [&b"abcde"[..before], &bytes, b"xyz"].concat();
            for written in [inside.clone(), BASE64.encode(&inside).into(), HEXUPPER.encode(&inside).into()] {
                write(&written);
                assert_eq!(found(dir.path(), &secrets).len(), 1, "{before}");
            }
        }
    }
    write("濵見本　末広".as_bytes());
    assert!(found(dir.path(), &secrets).is_empty());
}

#[test]
fn the_demo_leaves_nobodys_name_behind() {
    let place = tempfile::tempdir().unwrap();
    let keep = place.path().join("demo");
    let output = Command::new(PROGRAM).args(["demo", "--json", "--lang", "ja", "--keep"]).arg(&keep).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stdout));
    let line = String::from_utf8(output.stdout).unwrap();
    assert_eq!(line.lines().count(), 1, "{line}");
    let seen: Value = serde_json::from_str(&line).unwrap();
    for count in ["messages", "delivered", "receipts_verified"] {
        assert_eq!(seen[count], 19, "{count}");
    }
    for sentence in ["files_identical", "inboxes_complete", "refused_after_revocation", "nodes_stopped_in_order"] {
        assert_eq!(seen[sentence], true, "{sentence}");
    }
    assert!(seen["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0));
    #[cfg(target_os = "linux")]
    nobody_works_in(&keep);

    let month = sample::bundles_between(&OFFICES);
    let oracle = sample::oracle();
    let folders = oracle["bundles"].as_array().into_iter().flatten().filter_map(|bundle| bundle["folder"].as_str());
    let after = folders.filter(|folder| AFTER.iter().any(|start| folder.starts_with(start))).map(str::to_owned);
    let sent: Vec<String> = month.iter().cloned().chain(after).collect();
    assert_eq!((month.len(), sent.len()), (19, 21));
    let all = secrets(&sent);
    assert!(all.len() > 100, "{}", all.len());
    // What the care software wrote and what it is to read is plain by nature; there everything must be found, or the
    // search is blind.
    let outgoing: BTreeSet<String> = found(&keep.join("outgoing"), &all).into_keys().collect();
    assert_eq!(outgoing, all);
    let arrived = secrets(&month);
    let incoming: BTreeSet<String> = found(&keep.join("incoming"), &arrived).into_keys().collect();
    assert_eq!(incoming, arrived);
    for dir in ["outgoing", "incoming"] {
        fs::remove_dir_all(keep.join(dir)).unwrap();
    }
    for dir in ["authority", "care-manager", "home-visit", "day-care", "logs"] {
        assert!(!files(&keep.join(dir)).is_empty(), "{dir}");
    }
    assert_eq!(found(&keep, &all), BTreeMap::new());
    // The control of the control: what is public is there, so the files can be read as they are.
    let public = BTreeSet::from(["デイサービスセンターみほん".to_owned()]);
    assert_eq!(found(&keep, &public).len(), 1);
}

/// No process has a directory in its command line.
#[cfg(target_os = "linux")]
fn nobody_works_in(dir: &Path) {
    let dir = dir.to_string_lossy().into_owned();
    for entry in fs::read_dir("/proc").unwrap() {
        // One that ends while it is looked at is gone.
        let line = fs::read(entry.unwrap().path().join("cmdline")).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&line).contains(&dir), "a process is left");
    }
}
