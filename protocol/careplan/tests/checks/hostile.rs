//! Input made to exhaust or to confuse.

use std::time::{Duration, Instant};

use careplan::{Collection, File, Lang, MAX_CELL_BYTES, MAX_FILE_BYTES, MAX_ROWS, Rule};
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
