use std::{fs, path::Path};

use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::{text::Lang, ui::testing};

const BUNDLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../protocol/careplan/samples/aoba-202511/bundles");
const PLAN: &str = "20251024090725-B2-1379905001-43-to-1379900010-11";
const ACTUAL: &str = "20251202091006-B5-1379900010-11-to-1379905001-43";
const ACTUAL_NAME: &str = "UPJSK_202511_1379900010_11_1379905001_43_20251202091006.CSV";

struct Run {
    exit: Result<Exit, CommandError>,
    rows: Vec<Value>,
    words: String,
    notes: String,
}

/// Checks twice, for scripts and for people; mended copies are made the first time.
fn check(paths: &[&Path], received: bool, fix: Option<&Path>) -> Run {
    let args = |fix: Option<&Path>| Args {
        paths: paths.iter().map(|path| path.to_path_buf()).collect(),
        received,
        fix: fix.map(Path::to_owned),
    };
    let (mut ui, out, _) = testing::ui(Lang::Ja, true, None);
    let exit = run(&mut ui, &args(fix));
    if exit.is_ok() {
        ui.finish().unwrap();
        assert_eq!(out.text().lines().count(), 1);
    }
    let rows = serde_json::from_str(&out.text()).unwrap_or_default();
    let (mut ui, out, err) = testing::ui(Lang::Ja, false, None);
    let elsewhere = tempfile::tempdir().unwrap();
    let again = fix.map(|_| elsewhere.path().join("again"));
    let _ = run(&mut ui, &args(again.as_deref()));
    Run { exit, rows, words: out.text(), notes: err.text() }
}

/// A directory with the files of bundles in it.
fn with(bundles: &[&str]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for bundle in bundles {
        for file in fs::read_dir(Path::new(BUNDLES).join(bundle)).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), dir.path().join(file.file_name())).unwrap();
        }
    }
    dir
}

fn all_files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let inner = all_files(&path).into_iter();
            let folder = path.file_name().unwrap().to_str().unwrap().to_owned();
            files.extend(inner.map(|(name, bytes)| (format!("{folder}/{name}"), bytes)));
        } else {
            files.push((path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap()));
        }
    }
    files.sort();
    files
}

fn rules(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["rule"].as_str().unwrap()).collect()
}

#[test]
fn a_clean_bundle_is_one_sentence_and_an_empty_array() {
    let dir = with(&[PLAN]);
    let run = check(&[dir.path()], false, None);
    assert_eq!(run.exit.unwrap(), Exit::Done);
    assert_eq!(run.rows, Vec::<Value>::new());
    assert!(run.words.contains("誤りも注意もありません"), "{}", run.words);
    assert_eq!((run.words.lines().count(), run.notes.as_str()), (1, ""));
}

#[test]
fn the_sample_has_no_errors() {
    let run = check(&[Path::new(BUNDLES)], false, None);
    assert_eq!(run.exit.unwrap(), Exit::Done, "{}", run.words);
    assert!(run.rows.iter().all(|row| row["severity"] != "error"));
}

#[test]
fn a_finding_has_its_shape_and_an_error_its_exit_code() {
    let dir = with(&[PLAN]);
    let supplement = "UPHOSOKU_202511_1379905001_43_1379900010_11_20251024090725.CSV";
    fs::remove_file(dir.path().join(supplement)).unwrap();
    fs::write(dir.path().join("memo.csv"), "x").unwrap();
    fs::write(dir.path().join("readme.txt"), "x").unwrap();
    let run = check(&[dir.path()], false, None);
    assert_eq!(run.exit.unwrap(), Exit::Refused);
    assert_eq!(rules(&run.rows), ["CP-UNIT-002", "CP-NAME-001"]);
    for row in &run.rows {
        let keys: Vec<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
        let mut expected =
            ["rule", "severity", "file", "row", "column", "field", "message", "remedy", "repaired"].to_vec();
        expected.sort_unstable();
        let mut found = keys;
        found.sort_unstable();
        assert_eq!(found, expected);
        assert_eq!((row["severity"].as_str(), row["repaired"].as_bool()), (Some("error"), Some(false)));
        assert!(Path::new(row["file"].as_str().unwrap()).starts_with(dir.path()));
    }
    assert!(run.notes.contains("readme.txt"), "{}", run.notes);
    assert!(run.words.contains("提供票") || run.words.contains("送信単位"), "{}", run.words);
    // What has come may lack something: that does not make it unreadable.
    let run = check(&[dir.path()], true, None);
    assert_eq!(run.rows[0]["severity"], "warning");
}

#[test]
fn a_cell_is_told_by_row_column_and_field() {
    let dir = with(&[ACTUAL]);
    let path = dir.path().join(ACTUAL_NAME);
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(8).position(|part| part == b"20251104").unwrap();
    bytes[at..at + 8].copy_from_slice(b"20251199");
    fs::write(&path, bytes).unwrap();
    let run = check(&[dir.path()], false, None);
    assert_eq!(run.exit.unwrap(), Exit::Refused);
    let found = run.rows.iter().find(|row| row["rule"] == "CP-CELL-008").unwrap();
    assert!(found["row"].is_u64() && found["column"].is_u64() && found["field"].is_string(), "{found}");
    assert!(run.words.contains("行目") && run.words.contains("列目"), "{}", run.words);
}

#[test]
fn nothing_to_check_and_paths_that_are_not_there() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("readme.txt"), "x").unwrap();
    let run = check(&[dir.path()], false, None);
    assert_eq!(run.exit.unwrap_err().code(), "exchange-nothing");
    assert!(run.notes.contains("readme.txt"), "{}", run.notes);
    let run = check(&[&dir.path().join("none")], false, None);
    assert_eq!(run.exit.unwrap_err().code(), "file-missing");
}

#[test]
fn two_files_of_one_name_keep_their_paths() {
    let dir = with(&[]);
    for folder in ["a", "b"] {
        fs::create_dir(dir.path().join(folder)).unwrap();
        fs::copy(Path::new(BUNDLES).join(ACTUAL).join(ACTUAL_NAME), dir.path().join(folder).join(ACTUAL_NAME)).unwrap();
    }
    let run = check(&[dir.path()], false, None);
    let twice = run.rows.iter().find(|row| row["rule"] == "CP-FILE-003").unwrap();
    assert_eq!(Path::new(twice["file"].as_str().unwrap()), dir.path().join("b").join(ACTUAL_NAME));
}

#[test]
fn copies_are_mended_and_the_files_stay() {
    let dir = with(&[PLAN]);
    fs::create_dir(dir.path().join("in")).unwrap();
    let bytes = fs::read(Path::new(BUNDLES).join(ACTUAL).join(ACTUAL_NAME)).unwrap();
    let broken: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != b'\r').collect();
    let copied = ACTUAL_NAME.replace(".CSV", " (1).CSV");
    fs::write(dir.path().join("in").join(&copied), &broken).unwrap();
    fs::write(dir.path().join("memo.csv"), "x").unwrap();
    let before = all_files(dir.path());
    let out = tempfile::tempdir().unwrap();
    let to = out.path().join("new/mended");

    let run = check(&[dir.path()], false, Some(&to));
    assert_eq!(run.exit.unwrap(), Exit::Refused, "memo.csv is left");
    assert!(all_files(dir.path()) == before);
    let repaired: Vec<&str> = run
        .rows
        .iter()
        .filter(|row| row["repaired"] == true)
        .map(|row| {
            assert_eq!(Path::new(row["file"].as_str().unwrap()), dir.path().join("in").join(&copied));
            row["rule"].as_str().unwrap()
        })
        .collect();
    assert_eq!(repaired, ["CP-NAME-009", "CP-TEXT-006"]);
    assert_eq!(run.rows.last().unwrap()["rule"], "CP-NAME-001");
    assert!(run.words.contains("直しました") && run.words.contains("memo.csv"), "{}", run.words);

    let mut expected: Vec<(String, Vec<u8>)> = before.into_iter().filter(|(name, _)| name.starts_with("UP")).collect();
    expected.push((format!("in/{ACTUAL_NAME}"), bytes));
    expected.sort();
    assert!(all_files(&to) == expected);
    // What was mended is clean.
    let run = check(&[&to], false, None);
    assert_eq!((run.exit.unwrap(), run.rows.len()), (Exit::Done, 0));
}

#[test]
fn copies_go_nowhere_else() {
    let dir = with(&[PLAN]);
    for inside in [dir.path().to_owned(), dir.path().join("mended"), dir.path().join("a/../b/../mended")] {
        let run = check(&[dir.path()], false, Some(&inside));
        let error = run.exit.unwrap_err();
        assert_eq!((error.code(), error.exit_code()), ("check-fix-inside", 2), "{}", inside.display());
    }
    let full = with(&[ACTUAL]);
    let before = all_files(full.path());
    assert_eq!(check(&[dir.path()], false, Some(full.path())).exit.unwrap_err().code(), "check-fix-not-empty");
    let file = full.path().join(ACTUAL_NAME);
    assert_eq!(check(&[&file], false, Some(full.path())).exit.unwrap_err().code(), "check-fix-not-empty");
    assert_eq!(check(&[dir.path()], false, Some(&file)).exit.unwrap_err().code(), "file-exists");
    assert!(all_files(full.path()) == before);
    assert!(!dir.path().join("mended").exists());
}

#[test]
fn of_two_copies_with_one_name_neither_goes_over_the_other() {
    let dir = with(&[ACTUAL]);
    let copied = dir.path().join(ACTUAL_NAME.replace(".CSV", " (1).CSV"));
    fs::copy(dir.path().join(ACTUAL_NAME), &copied).unwrap();
    let out = tempfile::tempdir().unwrap();
    let to = out.path().join("same");
    let run = check(&[dir.path()], false, Some(&to));
    assert_eq!(run.exit.unwrap(), Exit::Done, "{}", run.words);
    assert_eq!(all_files(&to).len(), 1);
    assert!(run.words.contains("1つだけ書きました"), "{}", run.words);
    assert!(run.rows.iter().any(|row| row["repaired"] == true));

    let mut bytes = fs::read(&copied).unwrap();
    let at = bytes.windows(8).position(|part| part == b"20251104").unwrap();
    bytes[at + 7] = b'5';
    fs::write(&copied, bytes).unwrap();
    let to = out.path().join("other");
    let error = check(&[dir.path()], false, Some(&to)).exit.unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("check-fix-collision", 1));
    assert!(!to.exists(), "nothing is left of it");
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_an_error_and_keeps_nothing() {
    let dir = with(&[ACTUAL]);
    let gone = dir.path().join("DLTJSK_202511_1379900010_11_1379905001_43_20251202091007.CSV");
    std::os::unix::fs::symlink(dir.path().join("gone"), gone).unwrap();
    let run = check(&[dir.path()], false, None);
    assert_eq!(run.exit.unwrap(), Exit::Refused);
    assert_eq!(rules(&run.rows), ["MU-SEND-015"]);
}
