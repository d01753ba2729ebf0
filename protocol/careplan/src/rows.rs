//! A reader of comma-separated rows over raw bytes, in flat memory: one row's byte ranges at a time.
//!
//! It splits before it decodes. That is safe in both encodings: no byte of a longer character is a comma, a quote or
//! a line end. Rows end with CR LF, LF or CR, any cell may be quoted, and the last line end may be missing.

use std::{borrow::Cow, ops::Range};

use crate::text::{self, Encoding};

/// How many cells of a row are kept; the widest layout has 71. Further ones are only counted.
const MAX_CELLS: usize = 256;

/// A cell of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    start: usize,
    end: usize,
    quoted: bool,
    stray: bool,
}

/// A row, as long as the reader is not moved on.
#[derive(Debug)]
pub struct Row<'r> {
    bytes: &'r [u8],
    range: Range<usize>,
    cells: &'r [Cell],
    pub(crate) number: u32,
    pub(crate) width: usize,
    /// How many cells there are up to the last that is not empty.
    pub(crate) filled: usize,
    pub(crate) open_quote: bool,
    /// The bytes of the longest cell.
    pub(crate) longest: usize,
}

impl Cell {
    /// Returns where the content lies in the file, without the quotes round it.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Tells whether it stood in quotes; doubled ones inside mean one.
    #[must_use]
    pub fn is_quoted(&self) -> bool {
        self.quoted
    }

    /// Tells whether something follows the closing quote; the range then holds all of it as it stands.
    #[must_use]
    pub fn has_stray_text(&self) -> bool {
        self.stray
    }
}

impl Row<'_> {
    /// Returns the row's number, counted from 1, blank lines too, as a spreadsheet shows it.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns where the row lies in the file, without its line end.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Returns the bytes of the row, without its line end.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(self.range()).unwrap_or_default()
    }

    /// Returns the cells; of a row wider than 256 cells the first.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        self.cells
    }

    /// Returns how many cells the row has.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Tells whether a quote was opened and never closed, so that the row reaches to the end of the file.
    #[must_use]
    pub fn has_open_quote(&self) -> bool {
        self.open_quote
    }

    /// Returns the bytes of a cell, as they stand between its quotes.
    #[must_use]
    pub fn raw(&self, cell: &Cell) -> &[u8] {
        self.bytes.get(cell.range()).unwrap_or_default()
    }

    /// Returns the bytes of a cell by its column, the first is 0; a missing one is empty.
    pub(crate) fn raw_at(&self, column: usize) -> &[u8] {
        self.cells.get(column).map_or(&[][..], |cell| self.raw(cell))
    }

    /// Returns the text of a cell by its column, the first is 0; a missing one is empty. Bytes that are no character
    /// stand as U+FFFD.
    #[must_use]
    pub fn text(&self, column: usize, encoding: Encoding) -> Cow<'_, str> {
        self.text_or_broken(column, encoding).0
    }

    /// Returns the text of a cell, and whether some bytes are no character.
    pub(crate) fn text_or_broken(&self, column: usize, encoding: Encoding) -> (Cow<'_, str>, bool) {
        let Some(cell) = self.cells.get(column) else { return (Cow::Borrowed(""), false) };
        let (text, broken) = text::decode(encoding, self.raw(cell));
        if cell.quoted && text.contains("\"\"") {
            (Cow::Owned(text.replace("\"\"", "\"")), broken)
        } else {
            (text, broken)
        }
    }
}

/// Reads rows one by one, in memory that does not grow with the file.
#[derive(Debug)]
pub struct Rows<'a> {
    bytes: &'a [u8],
    at: usize,
    number: u32,
    other_line_ends: bool,
    cells: Vec<Cell>,
}

impl<'a> Rows<'a> {
    /// Reads the rows of a file, past a byte order mark. An end mark of old systems (1A) closes the text.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self::after(bytes, if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 })
    }

    /// Reads what begins at `start`.
    pub(crate) fn after(bytes: &'a [u8], start: usize) -> Self {
        let bytes = bytes.strip_suffix(b"\x1a").unwrap_or(bytes);
        Self { bytes, at: start.min(bytes.len()), number: 0, other_line_ends: false, cells: Vec::new() }
    }

    /// Tells whether a row read so far ended with LF or CR alone.
    pub(crate) fn has_other_line_ends(&self) -> bool {
        self.other_line_ends
    }

    /// Reads the next row that is not blank.
    pub fn next_row(&mut self) -> Option<Row<'_>> {
        while matches!(self.bytes.get(self.at), Some(b'\r' | b'\n')) {
            self.end_line();
        }
        if self.at >= self.bytes.len() {
            return None;
        }
        let start = self.at;
        self.cells.clear();
        let (mut width, mut filled, mut longest, mut open_quote) = (0, 0, 0, false);
        loop {
            let (cell, open) = self.cell();
            open_quote |= open;
            width += 1;
            let length = cell.end - cell.start;
            if length > 0 {
                filled = width;
                longest = longest.max(length);
            }
            if self.cells.len() < MAX_CELLS {
                self.cells.push(cell);
            }
            match self.bytes.get(self.at) {
                Some(b',') => self.at += 1,
                _ => break,
            }
        }
        let range = start..self.at;
        self.end_line();
        Some(Row {
            bytes: self.bytes,
            range,
            cells: &self.cells,
            number: self.number,
            width,
            filled,
            open_quote,
            longest,
        })
    }

    /// Passes a line end, or the end of the file.
    fn end_line(&mut self) {
        self.number = self.number.saturating_add(1);
        match (self.bytes.get(self.at), self.bytes.get(self.at + 1)) {
            (None, _) => {}
            (Some(b'\r'), Some(b'\n')) => self.at += 2,
            _ => {
                self.other_line_ends = true;
                self.at += 1;
            }
        }
    }

    /// Reads a cell and stops at what ends it; `true` if its quote stays open.
    fn cell(&mut self) -> (Cell, bool) {
        let start = self.at;
        if self.bytes.get(start) != Some(&b'"') {
            self.pass_bare();
            return (Cell { start, end: self.at, quoted: false, stray: false }, false);
        }
        self.at += 1;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(quote) = memchr::memchr(b'"', rest) else {
                self.at = self.bytes.len();
                return (Cell { start: start + 1, end: self.at, quoted: true, stray: false }, true);
            };
            if rest.get(quote + 1) == Some(&b'"') {
                self.at += quote + 2;
                continue;
            }
            let end = self.at + quote;
            self.at = end + 1;
            self.pass_bare();
            let stray = self.at > end + 1;
            let (start, end) = if stray { (start, self.at) } else { (start + 1, end) };
            return (Cell { start, end, quoted: !stray, stray }, false);
        }
    }

    fn pass_bare(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += rest.iter().position(|byte| matches!(byte, b',' | b'\r' | b'\n')).unwrap_or(rest.len());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Read = (u32, Vec<String>, bool);

    fn read(bytes: &[u8]) -> Vec<Read> {
        let mut rows = Rows::new(bytes);
        let mut all = Vec::new();
        while let Some(row) = rows.next_row() {
            let cells = (0..row.cells.len()).map(|at| row.text(at, Encoding::Utf8).into_owned()).collect();
            all.push((row.number, cells, row.open_quote));
        }
        all
    }

    fn row(number: u32, cells: &[&str]) -> Read {
        (number, cells.iter().map(|&cell| cell.to_owned()).collect(), false)
    }

    #[test]
    fn line_ends_and_quotes() {
        assert_eq!(read(b"a,b\r\nc,\r\n"), [row(1, &["a", "b"]), row(2, &["c", ""])]);
        assert_eq!(read(b"a\rb\nc"), [row(1, &["a"]), row(2, &["b"]), row(3, &["c"])]);
        assert_eq!(read(b"\r\n\na"), [row(3, &["a"])]);
        assert_eq!(read(b"\"a,\r\n\"\"b\"\"\",c"), [row(1, &["a,\r\n\"b\"", "c"])]);
        assert_eq!(read(b"\"\",\"\"\"\"\n"), [row(1, &["", "\""])]);
        assert_eq!(read(b"\"a\"b,c\n"), [row(1, &["\"a\"b", "c"])]);
        assert_eq!(read(b"a\"b,c"), [row(1, &["a\"b", "c"])]);
        assert_eq!(read(b"a,"), [row(1, &["a", ""])]);
        assert_eq!(read(b"a\n\x1a"), [row(1, &["a"])]);
        assert_eq!(read(b""), []);
    }

    #[test]
    fn an_endless_quote_is_told() {
        assert_eq!(read(b"a\nb,\"c\nd"), [row(1, &["a"]), (2, vec!["b".into(), "c\nd".into()], true)]);
        assert!(read(b"\"")[0].2 && read(b"\"\"\"")[0].2);
    }

    #[test]
    fn a_row_of_commas_is_counted_and_not_kept() {
        let commas = vec![b','; 100_000];
        let mut rows = Rows::new(&commas);
        let row = rows.next_row().unwrap();
        assert_eq!((row.width, row.filled, row.cells.len()), (100_001, 0, MAX_CELLS));
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(prop_oneof![Just(b'"'), Just(b','), Just(b'\r'), Just(b'\n'), any::<u8>()], 0..200)) {
            let mut rows = Rows::new(&bytes);
            let mut before = 0;
            while let Some(row) = rows.next_row() {
                prop_assert!(row.number > before && row.filled <= row.width && !row.cells.is_empty());
                before = row.number;
            }
        }

        #[test]
        fn quoted_rows_are_read_as_written(table in proptest::collection::vec(proptest::collection::vec("[a\",\r\n]{0,5}", 1..5), 0..5)) {
            let written: String = table.iter().map(|row| {
                let cells: Vec<_> = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
                cells.join(",") + "\r\n"
            }).collect();
            let read: Vec<_> = read(written.as_bytes()).into_iter().map(|(_, cells, _)| cells).collect();
            prop_assert_eq!(read, table);
        }
    }
}
