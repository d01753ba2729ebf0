//! Rows out are records in: whatever the bytes, each record of a file is in the model, counted, or refused.

use std::{collections::BTreeSet, fs, path::Path};

use proptest::{prelude::*, sample::Index};

use super::*;
use crate::{Collection, File, Rule, Sorted};

type Named = (String, Vec<u8>);

/// Counts the records of a file: lines that are not blank, where a line end inside quotes ends no line. It shares
/// nothing with the reader.
fn count(bytes: &[u8]) -> usize {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return 0; // UTF-16 is not read
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\x1a").unwrap_or(bytes);
    enum State {
        LineBegins,
        CellBegins,
        Bare,
        Quoted,
        QuoteInside,
    }
    let (mut state, mut count) = (State::LineBegins, 0);
    for byte in bytes {
        state = match (state, byte) {
            (State::LineBegins, b'\r' | b'\n') => State::LineBegins,
            (State::Quoted, b'"') => State::QuoteInside,
            (State::Quoted, _) | (State::QuoteInside, b'"') => State::Quoted,
            (before, byte) => {
                count += usize::from(matches!(before, State::LineBegins));
                match (before, byte) {
                    (_, b'\r' | b'\n') => State::LineBegins,
                    (_, b',') => State::CellBegins,
                    (State::LineBegins | State::CellBegins, b'"') => State::Quoted,
                    _ => State::Bare,
                }
            }
        };
    }
    count
}

/// Counts the rows that stand in contents.
fn rows(contents: &Contents) -> usize {
    let Action::Replace(documents) = &contents.action else {
        let Action::Remove(keys) = &contents.action else { unreachable!() };
        return keys.len();
    };
    let one = |record: &Option<Record>| usize::from(record.is_some());
    documents
        .iter()
        .map(|document| match document {
            Document::CarePlan(plan) => {
                one(&plan.table1) + plan.table2.len() + plan.table3.len() + one(&plan.supplement)
            }
            Document::MonthPlan(plan) => plan.rows.len() + plan.benefits.len() + one(&plan.supplement),
            Document::MonthActual(actual) => actual.rows.len(),
            Document::BasicInformation(basic) => one(&basic.record) + basic.day.len() + basic.history.len(),
            Document::SupportPlan(plan) => one(&plan.record) + plan.rows.len(),
        })
        .sum()
}

/// Counts the rows that the checker reports: headings, and rows that cannot be read, each with an error of its own.
fn reported(file: &File) -> usize {
    let of = |rules: &[Rule]| {
        let rows = file.findings().iter().filter(|finding| rules.contains(&finding.rule()));
        rows.filter_map(|finding| finding.row_number()).collect::<BTreeSet<_>>().len()
    };
    let refused = of(&[Rule::RowOpenQuote, Rule::RowLongCell, Rule::RowTooFew, Rule::RowTooMany, Rule::CellUnreadable]);
    // Of one rule no more than a hundred are listed.
    if file.findings().iter().all(|finding| finding.rule() != Rule::More) {
        assert_eq!(refused, file.refused_rows());
    }
    file.refused_rows() + of(&[Rule::RowHeader])
}

fn check(files: &[Named]) {
    let mut collection = Collection::new();
    for (name, bytes) in files {
        collection.add(name, bytes);
    }
    let Sorted { units, .. } = collection.sort();
    for unit in &units {
        let (mut records, mut out) = (0, 0);
        for file in unit.files().iter().filter(|file| !file.kind().is_image()) {
            let bytes = &files[file.position()].1;
            records += count(bytes);
            out += reported(file);
        }
        if let Some(reading) = Contents::read(unit, |position| &files[position].1) {
            out += rows(&reading.contents) + reading.superseded + reading.left_out;
            write_twice(&reading.contents);
        }
        assert_eq!(out, records);
    }
}

/// What can be read can be written, or there is a reason why not; what was written is read and written as it is.
fn write_twice(contents: &Contents) {
    let Ok(written) = contents.write() else { return };
    let files: Vec<Named> = written.files.iter().map(|file| (file.name.to_string(), file.bytes.clone())).collect();
    let mut collection = Collection::new();
    for (name, bytes) in &files {
        collection.add(name, bytes);
    }
    let mut units = collection.sort().units;
    assert_eq!(units.len(), 1);
    units[0].assume_kinds(contents.sender.kind, contents.receiver.kind);
    let again = Contents::read(&units[0], |position| &files[position].1).unwrap();
    assert_eq!((again.superseded, again.left_out), (0, 0));
    assert_eq!(again.contents.write().unwrap().files, written.files);
    if written.report.is_empty() && contents.edition == written.edition {
        assert!(again.contents == *contents);
    }
}

/// The sample's bundles.
fn bundles() -> Vec<Vec<Named>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/aoba-202511/bundles");
    let files = |folder: &Path| {
        let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        paths.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())).collect()
    };
    let mut bundles: Vec<Vec<Named>> =
        fs::read_dir(folder).unwrap().map(|entry| files(&entry.unwrap().path())).collect();
    bundles.iter_mut().for_each(|files| files.sort());
    bundles.sort();
    bundles
}

#[test]
fn the_sample_is_read_whole() {
    bundles().iter().for_each(|files| check(files));
}

/// A change to a file: at this place so many bytes go, and these come.
type Change = (Index, Index, usize, Vec<u8>);

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let piece = prop_oneof![
        Just(b"\"".to_vec()),
        Just(b",".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\n\r".to_vec()),
        Just(b"\x1a".to_vec()),
        Just(b"\xef\xbb\xbf".to_vec()),
        Just("髙見".as_bytes().to_vec()),
        Just(b"202511".to_vec()),
        Just(b"0009000000".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..4),
    ];
    let removed = prop_oneof![3 => 0usize..3, 1 => 3usize..400];
    proptest::collection::vec((any::<Index>(), any::<Index>(), removed, piece), 1..12)
}

fn apply(files: &mut [Named], changes: &[Change]) {
    for (file, place, removed, piece) in changes {
        let bytes = &mut files[file.index(files.len())].1;
        let begin = place.index(bytes.len() + 1);
        let end = (begin + removed).min(bytes.len());
        bytes.splice(begin..end, piece.iter().copied());
    }
}

fn name() -> impl Strategy<Value = String> {
    proptest::sample::select(FileKind::ALL.to_vec()).prop_filter("a table", |kind| !kind.is_image()).prop_map(|kind| {
        let month = if kind.has_month() { "_202511" } else { "" };
        format!("{kind}{month}_1379905001_43_1379900010_11_20251020090308.CSV")
    })
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let signs = prop_oneof![
        Just(b'"'),
        Just(b','),
        Just(b'\r'),
        Just(b'\n'),
        Just(b'0'),
        Just(b'1'),
        Just(b'A'),
        Just(0x1a),
        any::<u8>()
    ];
    prop_oneof![proptest::collection::vec(any::<u8>(), 0..200), proptest::collection::vec(signs, 0..200)]
}

/// Rows of the right width, so that many of them are read, a few hurt.
fn table() -> impl Strategy<Value = Vec<u8>> {
    let cell = prop_oneof![
        Just("202407"),
        Just("139014"),
        Just("0009000000"),
        Just("20251011"),
        Just("202511"),
        Just("1379900010"),
        Just("111111"),
        Just("1"),
        Just(""),
        Just("\"a,\r\nb\"\"\""),
        Just("\"a"),
        Just("-5"),
    ];
    let width = proptest::sample::select(vec![4usize, 6, 7, 11, 13, 17, 22, 25, 28, 34, 37]);
    width.prop_flat_map(move |width| {
        let row = proptest::collection::vec(cell.clone(), width - 4..=width - 3).prop_map(|cells| {
            let mut row = String::from("202407,139014,0009000000");
            for cell in cells {
                row.push(',');
                row.push_str(cell);
            }
            row + "\r\n"
        });
        proptest::collection::vec(row, 0..8).prop_map(|rows| rows.concat().into_bytes())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn hurt_files_lose_no_row(
        bundle in any::<Index>(),
        changes in changes(),
        repeated in proptest::option::of(any::<Index>()),
        removal in any::<bool>(),
        twice in any::<bool>(),
    ) {
        let bundles = bundles();
        let mut files = bundles[bundle.index(bundles.len())].clone();
        if let Some(file) = repeated {
            // All rows of a file once more, so that keys repeat.
            let at = file.index(files.len());
            let bytes = &mut files[at].1;
            bytes.extend_from_within(..);
        }
        if removal {
            let name: FileName = files[0].0.parse().unwrap();
            let (sender, receiver, serial) = (name.sender(), name.receiver(), name.serial());
            let name = FileName::new(FileKind::Dlt1Kyo, None, sender, receiver, serial, None).unwrap();
            files.push((name.to_string(), b"202407,139014,0009000000,20251011\r\n".repeat(2)));
        }
        apply(&mut files, &changes);
        if twice {
            let (name, bytes) = files[0].clone();
            files.push((name.to_ascii_lowercase(), bytes));
        }
        check(&files);
    }

    #[test]
    fn any_bytes_lose_no_row(names in proptest::collection::vec(name(), 1..4), content in proptest::collection::vec(bytes(), 4)) {
        let files: Vec<Named> = names.into_iter().zip(content).collect();
        check(&files);
    }

    #[test]
    fn any_tables_lose_no_row(names in proptest::collection::vec(name(), 1..5), content in proptest::collection::vec(table(), 5)) {
        let files: Vec<Named> = names.into_iter().zip(content).collect();
        check(&files);
    }
}
