//! The sample month against its oracle, which is read to compare only.

use std::{fs, path::PathBuf};

use careplan::{Collection, Contents, Ledger, reconcile::Reconciliation};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("samples/aoba-202511")
}

fn oracle() -> Value {
    serde_json::from_slice(&fs::read(folder().join("oracle.json")).unwrap()).unwrap()
}

/// What all bundles say, by serial.
fn contents() -> Vec<Contents> {
    let mut files: Vec<Vec<u8>> = Vec::new();
    let mut collection = Collection::new();
    for bundle in fs::read_dir(folder().join("bundles")).unwrap() {
        for file in fs::read_dir(bundle.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            files.push(fs::read(&path).unwrap());
            collection.add(path.file_name().unwrap().to_str().unwrap(), files.last().unwrap());
        }
    }
    let units = collection.sort().units;
    units.iter().map(|unit| Contents::read(unit, |position| &files[position]).unwrap().contents).collect()
}

/// Compares two values place by place: a difference in thousands of lines is hard to find.
fn assert_same(found: &Value, expected: &Value, path: &str) {
    match (found, expected) {
        (Value::Array(found), Value::Array(expected)) => {
            for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
                assert_same(found, expected, &format!("{path}[{at}]"));
            }
            assert_eq!(found.len(), expected.len(), "{path}");
        }
        (Value::Object(found), Value::Object(expected)) => {
            for (key, expected) in expected {
                assert_same(found.get(key).unwrap_or(&json!("missing")), expected, &format!("{path}.{key}"));
            }
            assert_eq!(found.len(), expected.len(), "{path}");
        }
        _ => assert_eq!(found, expected, "{path}"),
    }
}

#[test]
fn the_oracle_is_reproduced() {
    let mut ledger = Ledger::new();
    contents().into_iter().for_each(|contents| drop(ledger.apply(contents)));
    let result = Reconciliation::of_ledgers(&ledger, &ledger);
    compare(&result);
}

fn compare(result: &Reconciliation) {
    let found = serde_json::to_value(result).unwrap();
    let oracle = oracle();
    for key in ["differences", "tolerated", "insurer_mismatches", "users", "summary"] {
        assert_same(&found[key], &oracle[key], key);
    }
    // The order of the fields too, as far as text shows it.
    let difference = serde_json::to_string(&result.differences[0]).unwrap();
    let fields = [
        "month",
        "insurer_number",
        "insured_number",
        "office",
        "satellite",
        "service_code",
        "date",
        "start",
        "end",
        "kind",
        "planned",
        "actual",
    ];
    let places: Vec<_> = fields.iter().map(|field| difference.find(&format!("\"{field}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{difference}");
}
