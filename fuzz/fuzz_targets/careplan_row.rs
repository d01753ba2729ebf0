//! The rows of one file of the care-plan standard, of every kind.
#![no_main]

use careplan::{File, FileKind, Rows, Rule};
use libfuzzer_sys::fuzz_target;

// The first byte chooses the kind, the rest is the file.
fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, bytes)) = bytes.split_first() else { return };
    let kind = FileKind::ALL[usize::from(choice) % FileKind::ALL.len()];
    let month = if kind.has_month() { "_202511" } else { "" };
    let end = if kind.is_image() { "_0001.jpg" } else { ".CSV" };
    let name = format!("{}{month}_1379905001_43_1379900010_11_20251024090725{end}", kind.prefix());
    let Ok(file) = File::read(&name, bytes) else { panic!("{name} is a name") };

    // Rows lie one after the other, and their cells inside of them.
    let mut rows = Rows::new(bytes);
    let (mut at, mut count) = (0, 0);
    while let Some(row) = rows.next_row() {
        let range = row.range();
        assert!(range.start >= at && range.end <= bytes.len());
        let mut cells = range.start;
        for cell in row.cells() {
            assert!(cell.range().start >= cells && cell.range().end <= range.end);
            cells = cell.range().end;
        }
        at = range.end;
        count += 1;
    }
    if kind.is_image() || bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return;
    }
    // Every row is data or headings, and what is refused has an error, unless its rule had a hundred before.
    let headings = file.findings().iter().filter(|finding| finding.rule() == Rule::RowHeader).count();
    let open = file.findings().iter().any(|finding| finding.rule() == Rule::RowOpenQuote);
    assert!(open || file.rows() + headings == count, "{} and {headings} of {count}", file.rows());
    assert!(file.refused_rows() <= file.rows());
    assert!(file.refused_rows() == 0 || file.findings().iter().any(|finding| finding.is_error()));
    let mended = careplan::mend(&name, bytes);
    assert!(careplan::mend(&mended.name, &mended.bytes).rules.is_empty());
});
