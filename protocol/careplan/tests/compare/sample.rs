//! The sample month against its oracle, which is read to compare only.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use careplan::{Collection, Contents, Effect, Lang, Ledger, diff::diff, reconcile::Reconciliation};
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

#[test]
fn corrections_are_told_in_words() {
    let mut ledger = Ledger::new();
    let mut told: BTreeMap<String, BTreeSet<Vec<String>>> = BTreeMap::new();
    for contents in contents() {
        let (sender, receiver, serial) = (contents.sender, contents.receiver, contents.serial);
        for change in ledger.apply(contents) {
            let Effect::Replaced { before } = change.effect else { continue };
            let now = ledger.get(sender, receiver, &change.key).unwrap().document;
            let changes = diff(&before, now);
            // A person who stands in a correction may be as before.
            assert_eq!(changes.is_empty(), *before == *now);
            let english = changes.iter().map(|change| change.text(Lang::En));
            english.for_each(|line| assert!(line.starts_with(char::is_uppercase), "{line}"));
            // Table 7 follows from table 6.
            let lines = changes.iter().map(|change| change.text(Lang::Ja)).filter(|line| !line.starts_with("第7表"));
            told.entry(serial.to_string()).or_default().insert(lines.collect());
        }
    }
    let expected = vec![
        "1日の訪問介護（111211）が8:20～9:20から8:00～9:00に変わりました".to_owned(),
        "1日の訪問介護（116279）の単位数が変わりました：1690→1750".to_owned(),
        "29日 9:00～9:30の訪問介護（111111）が加わりました".to_owned(),
        "第6表の作成年月日が変わりました：2025年10月24日→2025年11月12日".to_owned(),
    ];
    assert_eq!(told["20251112091403"], BTreeSet::from([expected.clone()]));
    assert_eq!(told["20251112091422"], BTreeSet::from([expected]), "the other office's copy says the same");
    let day_care: Vec<_> = told["20251204090448"].iter().flatten().filter(|line| line.starts_with("4日")).collect();
    assert_eq!(day_care[0], "4日の通所介護（152444）が9:20～16:35から9:15～16:30に変わりました");
    assert_eq!(day_care.len(), 4);
}
