//! The sample month against its oracle.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use careplan::{Bundle, Collection, Edition, Encoding, FileName, Rows, Sorted, Subject, Unit};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A file by its name.
pub type Named = (String, Vec<u8>);

pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("samples/aoba-202511")
}

fn oracle() -> Value {
    serde_json::from_slice(&fs::read(folder().join("oracle.json")).unwrap()).unwrap()
}

/// The files of the bundle whose folder begins so.
pub fn bundle(begin: &str) -> Vec<Named> {
    let mut folders = fs::read_dir(folder().join("bundles")).unwrap().map(|entry| entry.unwrap().path());
    let folder = folders.find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(begin)).unwrap();
    let mut files: Vec<Named> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

pub fn sort<'a>(files: impl IntoIterator<Item = &'a Named>) -> Sorted {
    let mut collection = Collection::new();
    for (name, bytes) in files {
        collection.add(name, bytes);
    }
    collection.sort()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// All bundles of the oracle with their files, in the oracle's order, and the units found in all of them at once.
fn all() -> (Value, Vec<Named>, Vec<Unit>) {
    let oracle = oracle();
    let files: Vec<Named> = oracle["files"]
        .as_array()
        .unwrap()
        .iter()
        .rev() // any order
        .map(|file| (text(&file["name"]).unwrap(), fs::read(folder().join(file["path"].as_str().unwrap())).unwrap()))
        .collect();
    let Sorted { units, strays } = sort(&files);
    assert!(strays.is_empty());
    (oracle, files, units)
}

#[test]
fn every_bundle_is_recognised() {
    let (oracle, _, mut units) = all();
    let bundles = oracle["bundles"].as_array().unwrap();
    assert_eq!(units.len(), bundles.len());
    for bundle in bundles {
        let folder = bundle["folder"].as_str().unwrap();
        let unit = units
            .iter_mut()
            .find(|unit| {
                unit.serial().as_str() == bundle["serial"] && unit.sender().office.as_str() == bundle["sender"]
            })
            .unwrap();
        let findings = unit.findings();
        assert!(findings.is_empty(), "{folder}: {findings:?}");
        assert!(unit.is_sendable());
        assert_eq!(unit.edition().to_string(), bundle["edition"].as_str().unwrap(), "{folder}");

        let kinds = [&bundle["sender_kind"], &bundle["receiver_kind"]].map(|kind| kind.as_str().unwrap().parse().ok());
        if unit.edition() == Edition::V3 {
            assert_eq!((unit.sender().kind, unit.receiver().kind), (None, None), "{folder}");
            unit.assume_kinds(kinds[0], kinds[1]);
        }
        assert_eq!([unit.sender().kind, unit.receiver().kind], kinds, "{folder}");
        assert_eq!(unit.receiver().office.as_str(), bundle["receiver"], "{folder}");
        let code = unit.bundle().unwrap();
        assert_eq!(code.code(), bundle["code"], "{folder}");
        assert_eq!(unit.month().map(|month| month.to_string()), text(&bundle["month"]), "{folder}");
        assert_eq!(unit.month().is_some(), code.has_month());

        let names: BTreeSet<_> = unit.files().iter().map(|file| file.name()).collect();
        assert_eq!(names, bundle["files"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect());
        let people: BTreeSet<Vec<_>> = bundle["people"]
            .as_array()
            .unwrap()
            .iter()
            .map(|person| person.as_array().unwrap().iter().map(|cell| cell.as_str().unwrap()).collect())
            .collect();
        let found: BTreeSet<Vec<_>> = unit.keys().iter().map(|key| key.cells().take(2).collect()).collect();
        assert_eq!(found, people, "{folder}");
        assert_eq!(unit.people(), people.len(), "{folder}");
    }
    let codes: BTreeSet<_> = units.iter().filter_map(Unit::bundle).collect();
    assert_eq!(codes.len(), Bundle::ALL.len());
}

#[test]
fn every_file_is_as_the_oracle_says() {
    let (oracle, named, units) = all();
    let files: BTreeMap<_, _> = units.iter().flat_map(Unit::files).map(|file| (file.name(), file)).collect();
    let expected = oracle["files"].as_array().unwrap();
    assert_eq!(files.len(), expected.len());
    for expected in expected {
        let name = expected["name"].as_str().unwrap();
        let file = files[name];
        let number = |value: &Value| value.as_u64().map(|number| usize::try_from(number).unwrap());
        assert_eq!(file.kind().prefix(), expected["kind"], "{name}");
        assert_eq!(file.edition().to_string(), expected["edition"].as_str().unwrap(), "{name}");
        assert_eq!(file.csv_version().map(str::to_owned), text(&expected["csv_version"]), "{name}");
        assert_eq!(file.columns(), number(&expected["columns"]), "{name}");
        assert_eq!(file.rows(), number(&expected["rows"]).unwrap_or(0), "{name}");
        assert_eq!(Some(file.size()), number(&expected["bytes"]), "{name}");
        assert_eq!(file.encoding(), (!file.kind().is_image()).then_some(Encoding::Cp932), "{name}");

        let parsed = file.parsed();
        assert_eq!(parsed.serial().as_str(), expected["serial"], "{name}");
        for (end, office, kind) in
            [(parsed.sender(), "sender", "sender_kind"), (parsed.receiver(), "receiver", "receiver_kind")]
        {
            assert_eq!(end.office.as_str(), expected[office], "{name}");
            if !file.kind().is_image() {
                assert_eq!(end.kind.map(|kind| kind.to_string()), text(&expected[kind]), "{name}"); // pictures have none there
            }
        }
        let month = text(&expected["month_in_name"]).filter(|month| month != "000000");
        assert_eq!(parsed.month().map(|month| month.to_string()), month, "{name}");
        assert_eq!(parsed.to_string(), name);
        assert_eq!(name.parse::<FileName>().as_ref(), Ok(parsed));

        // The position leads back to the caller's own bytes, and these are the sample's.
        let (given, bytes) = &named[file.position()];
        assert_eq!(given, name);
        assert_eq!(expected["sha256"], hash(bytes), "{name}");
        if let Some(encoding) = file.encoding() {
            assert_eq!(expected["content_sha256"], hash(content(bytes, encoding).as_bytes()), "{name}");
        }
    }
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The decoded cells as the oracle hashes them: cells parted by U+001F, each row ended by U+001E.
fn content(bytes: &[u8], encoding: Encoding) -> String {
    let mut rows = Rows::new(bytes);
    let mut content = String::new();
    while let Some(row) = rows.next_row() {
        let cells: Vec<_> = (0..row.width()).map(|column| row.text(column, encoding)).collect();
        content += &cells.join("\u{1f}");
        content.push('\u{1e}');
        // The row's own bytes are where it says.
        assert_eq!(Rows::new(&bytes[row.range()]).next_row().unwrap().width(), row.width());
    }
    content
}

/// Units replace and delete by key: what each office holds in the end is what the oracle says.
#[test]
fn keys_replace_and_delete() {
    let (oracle, _, units) = all();
    let mut held: BTreeMap<String, BTreeMap<&str, BTreeSet<Vec<String>>>> = BTreeMap::new();
    for unit in &units {
        let inbox = held.entry(unit.receiver().office.to_string()).or_default();
        let deletes = unit.files().iter().any(|file| file.kind().prefix().starts_with("DLT"));
        for key in unit.keys() {
            let part = match key.subject() {
                Subject::CarePlan => "care_plans",
                Subject::PlanMonth => "plan_months",
                Subject::Actual => "actuals",
                Subject::BasicInformation => "basic_information",
                Subject::SupportPlan => "support_plans",
                other => panic!("{other:?} is new"),
            };
            let cells: Vec<String> = key.cells().map(str::to_owned).collect();
            if deletes {
                assert!(inbox.entry(part).or_default().remove(&cells), "{}", unit.serial());
            } else {
                inbox.entry(part).or_default().insert(cells);
            }
        }
    }
    for (office, inbox) in oracle["inboxes"].as_object().unwrap() {
        for (part, keys) in inbox.as_object().unwrap() {
            let expected: BTreeSet<Vec<String>> = serde_json::from_value(keys.clone()).unwrap();
            let found = held.get(office).and_then(|inbox| inbox.get(part.as_str())).cloned().unwrap_or_default();
            assert_eq!(found, expected, "{office} {part}");
        }
    }
}

#[test]
fn nothing_personal_prints() {
    let (oracle, _, units) = all();
    let printed = format!("{units:?}");
    for person in oracle["people"].as_array().unwrap() {
        for part in ["insured_number", "name", "kana"] {
            assert!(!printed.contains(person[part].as_str().unwrap()));
        }
    }
}
