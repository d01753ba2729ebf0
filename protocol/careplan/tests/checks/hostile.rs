//! Input made to exhaust or to confuse.

use std::time::{Duration, Instant};

use careplan::{
    Action, Collection, Contents, Document, File, Lang, Ledger, MAX_CELL_BYTES, MAX_FILE_BYTES, MAX_ROWS, Rule,
    encode_ms932, mend, reconcile::Reconciliation,
};
use proptest::prelude::*;

const NAME: &str = "UPJSK_202511_1379900010_11_1379905001_43_20251202091006.CSV";
const ROW: &[u8] =
    b"202407,139014,0009000000,20251204,202511,1379905001,,1,,20251101,,0900,0930,1,111111,,,,,1379900010,,,0,,\r\n";
/// Enough for a slow machine that does something else, far too little for anything worse than linear.
const QUICK: Duration = Duration::from_secs(20);

fn read(bytes: &[u8]) -> File {
    let start = Instant::now();
    let file = File::read(NAME, bytes).unwrap();
    assert!(start.elapsed() < QUICK, "took {:?}", start.elapsed());
    assert!(file.findings().len() <= 101 * Rule::ALL.len());
    file
}

fn rules(file: &File) -> Vec<Rule> {
    file.findings().iter().map(|finding| finding.rule()).collect()
}

#[test]
fn too_large_is_refused_unread() {
    assert_eq!(rules(&read(&vec![b','; 65 << 20])), [Rule::FileTooLarge]);
    assert_eq!(rules(&read(&vec![b'"'; MAX_FILE_BYTES + 1])), [Rule::FileTooLarge]);
}

#[test]
fn as_large_as_allowed_is_quick() {
    for unit in
        [&b","[..], b"\"", b"\"\"", b"\n", b"\"\n", b"a\n", b"\xff,\n", b"\0", b",\"a\"b", b"\x82\xa0", "あ".as_bytes()]
    {
        let bytes: Vec<u8> = unit.iter().copied().cycle().take(MAX_FILE_BYTES).collect();
        let file = read(&bytes);
        assert!(file.findings().iter().any(|finding| finding.is_error()), "{unit:?}");
    }
    let rows = ROW.repeat(MAX_FILE_BYTES / ROW.len());
    let found = rules(&read(&rows));
    assert_eq!(found.iter().filter(|rule| **rule == Rule::FileTooManyRows).count(), 1);
    assert_eq!(found.iter().filter(|rule| **rule == Rule::DoubleService).count(), 100);
    assert_eq!(read(&rows).rows(), MAX_ROWS);
}

#[test]
fn a_gigantic_cell() {
    let cell = |size: usize| {
        let row = String::from_utf8(ROW.to_vec()).unwrap();
        row.replacen(",1379900010,,", &format!(",1379900010,\"{}\",", "x".repeat(size)), 1).into_bytes()
    };
    assert_eq!(rules(&read(&cell(MAX_CELL_BYTES))), []);
    assert_eq!(rules(&read(&cell(MAX_CELL_BYTES + 1))), [Rule::RowLongCell]);
    assert_eq!(rules(&read(&cell(MAX_FILE_BYTES - 1000))), [Rule::RowLongCell]);
}

#[test]
fn many_findings_are_bounded_and_counted() {
    let file = read(&b"202407,139014\r\n".repeat(1000));
    assert_eq!(file.findings().len(), 101);
    let more = file.findings().last().unwrap();
    assert_eq!(more.rule(), Rule::More);
    assert!(more.text(Lang::Ja).contains("900件") && more.text(Lang::Ja).contains("CP-ROW-004"));
}

#[test]
fn names_cannot_steer_a_terminal() {
    let finding = File::read("\u{1b}]0;x\u{7}\u{202e}.csv", b"").unwrap_err();
    assert_eq!(finding.rule(), Rule::NameForeign);
    assert!(!finding.text(Lang::Ja).contains(['\u{1b}', '\u{7}', '\u{202e}']));
    assert!(!format!("{finding:?}").contains("csv"));
}

#[test]
fn thousands_of_files_are_sorted_quickly() {
    let start = Instant::now();
    let mut collection = Collection::new();
    for serial in 0..20_000 {
        collection.add(&format!("UPPLAN_202511_1379905001_43_1379900010_11_{serial:014}.CSV"), ROW);
    }
    let sorted = collection.sort();
    assert_eq!(sorted.units.len(), 20_000);
    assert!(sorted.units.iter().all(|unit| !unit.is_sendable()));
    assert!(start.elapsed() < QUICK, "took {:?}", start.elapsed());
}

/// Sums of the largest numbers that can be read do not overflow, in check and reconciliation.
#[test]
fn sums_of_large_numbers_stay_in_bounds() {
    let row = |day: usize| {
        format!(
            "202407,139014,0009000000,20251024,202511,1379905001,,999999999,,202511{day:02},,9999,9999,999999999,111111,,,,,1379900010,,,0,,\r\n"
        )
    };
    let line = "202407,139014,0009000000,20251024,202511,,1379900010,,111111,,,,999999999,,,999999999,,,,,,,,,,,,,,,,,0,,,,\r\n";
    let plan: String = (1..31).map(row).collect();
    let files = [
        ("UPPLAN_202511_1379905001_43_1379900010_11_20251024090725.CSV", plan.clone()),
        ("UPSIKYU_202511_1379905001_43_1379900010_11_20251024090725.CSV", line.repeat(30)),
        ("UPJSK_202511_1379900010_11_1379905001_43_20251202091006.CSV", plan),
    ];
    let mut collection = Collection::new();
    for (name, text) in &files {
        collection.add(name, text.as_bytes());
    }
    let mut ledger = Ledger::new();
    for unit in collection.sort().units {
        assert!(!unit.findings().is_empty());
        let read = Contents::read(&unit, |at| files[at].1.as_bytes()).unwrap();
        ledger.apply(read.contents);
    }
    let result = Reconciliation::of_ledgers(&ledger, &ledger);
    assert_eq!((result.differences.len(), result.users[0].planned_units), (0, i64::MAX));
}

/// Totals of many offices can be read in very many ways; not all are tried.
#[test]
fn a_table_7_of_many_offices_is_quick() {
    let mut text = String::new();
    for office in 0..20_000 {
        let office = format!("{:010}", 1_300_000_000 + office);
        for (code, units) in [("111111", "3"), ("11AAAA", "5")] {
            text += &format!(
                "202407,139014,0009000000,20251024,202511,,{office},,{code},,,,{units},,,1,{units},,,,,,,,,,,,,,,,0,,,,\r\n"
            );
        }
    }
    text +=
        "202407,139014,0009000000,20251024,202511,,9999999999,,999999,,,,0,,,0,1,1,1,1,1,1,1,1,1,1,1,,,,,,0,,,,\r\n";
    let start = Instant::now();
    let name = "UPSIKYU_202511_1379905001_43_1379900010_11_20251024090725.CSV";
    assert_eq!(File::read(name, text.as_bytes()).unwrap().refused_rows(), 0);
    assert!(start.elapsed() < QUICK, "took {:?}", start.elapsed());
}

/// Tens of thousands of different characters that MS932 lacks.
#[test]
fn many_strange_characters_are_quick() {
    let strange: String = (0x2_0000..0x2_a000).filter_map(char::from_u32).collect();
    let start = Instant::now();
    let (_, replacements) = encode_ms932(&strange);
    assert!(replacements.len() > 40_000);
    assert!(mend(NAME, strange.as_bytes()).rules.is_empty());
    assert!(start.elapsed() < QUICK, "took {:?}", start.elapsed());
}

#[test]
fn endless_names_are_none() {
    for name in [" ".repeat(1 << 20) + NAME, "コピー ".repeat(100_000), format!("{NAME}{}", ".CSV".repeat(1000))] {
        let start = Instant::now();
        let finding = File::read(&name, ROW).unwrap_err();
        assert_eq!((finding.rule(), finding.file().chars().count()), (Rule::NameForeign, 255));
        assert!(start.elapsed() < QUICK, "took {:?}", start.elapsed());
    }
}

/// A picture that many persons name is held once.
#[test]
fn a_picture_is_held_once() {
    let image = "UPKIHON_IMAGE_1309900015_46_1379905001_43_20251010090154_0001.jpg";
    let mut rows = String::new();
    for person in 0..50 {
        let mut cells = vec![String::new(); 71];
        for (column, cell) in [(0, "202407"), (1, "139014"), (3, "20251010"), (61, image)] {
            cells[column] = cell.to_owned();
        }
        cells[2] = format!("{person:010}");
        rows += &(cells.join(",") + "\r\n");
    }
    let files = [
        ("UPKIHON_1309900015_46_1379905001_43_20251010090154.CSV", rows.into_bytes()),
        (image, b"\xff\xd8\xff".repeat(1000)),
    ];
    let mut collection = Collection::new();
    for (name, bytes) in &files {
        collection.add(name, bytes);
    }
    let units = collection.sort().units;
    let contents = Contents::read(&units[0], |at| &files[at].1).unwrap().contents;
    let Action::Replace(documents) = contents.action else { panic!("documents") };
    let pictures = documents.iter().map(|document| match document {
        Document::BasicInformation(basic) => basic.image.as_ref().unwrap().bytes.as_ptr(),
        other => panic!("{other:?}"),
    });
    assert_eq!(pictures.collect::<std::collections::HashSet<_>>().len(), 1);
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for finding in read(&bytes).findings() {
            for lang in [Lang::Ja, Lang::En] {
                prop_assert!(!finding.text(lang).is_empty());
            }
        }
    }

    #[test]
    fn a_changed_row_is_read(at in 0..ROW.len(), with in proptest::collection::vec(any::<u8>(), 0..4)) {
        let mut bytes = ROW.to_vec();
        bytes.splice(at..=at, with);
        read(&bytes);
    }
}
