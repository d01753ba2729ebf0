//! The rows of one file with their layout and key: what the checker judges and what the model is made of.
//!
//! Both go through the same steps, so a row is either in the model or has a finding that says why not.

use std::borrow::Cow;

use crate::{
    edition::Edition,
    file::{MAX_CELL_BYTES, MAX_FILE_BYTES, MAX_ROWS},
    ids::{Month, OfficeNumber, ServiceKind},
    key::{Key, Subject},
    kind::FileKind,
    layout::{FieldType, Layout, layouts_of},
    name::FileName,
    rows::{Row, Rows},
    text::{self, Detected, Encoding},
    value::Date,
};

/// What a file is before its rows are read.
#[derive(Debug)]
pub(crate) enum Opened<'a> {
    Table(Box<Table<'a>>),
    Picture,
    Empty,
    TooLarge,
    Utf16,
}

/// A row, as long as the table is not moved on.
#[derive(Debug)]
pub(crate) struct Step<'t> {
    pub(crate) row: Row<'t>,
    pub(crate) what: What<'t>,
}

/// What a row is.
#[derive(Debug)]
pub(crate) enum What<'t> {
    /// Headings; only the first row can be.
    Header,
    /// Data that can be read, with its key.
    Record(&'static Layout, &'t Key),
    /// Data that cannot be read: something about the row as a whole, or a cell of its key.
    Refused(&'static Layout, Refusal),
    /// One row more than is read.
    Surplus,
}

/// Why a row cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    OpenQuote,
    LongCell,
    TooFew,
    TooMany,
    /// A cell of the key.
    Key,
}

/// Reads the rows of a file.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    name: &'a FileName,
    encoding: Encoding,
    rows: Rows<'a>,
    layout: Option<&'static Layout>,
    count: usize,
    ended: bool,
    key: KeyReader,
}

/// Opens a file that has this name.
pub(crate) fn open<'a>(name: &'a FileName, bytes: &'a [u8]) -> Opened<'a> {
    if bytes.is_empty() {
        return Opened::Empty;
    }
    if bytes.len() > MAX_FILE_BYTES {
        return Opened::TooLarge;
    }
    if name.kind().is_image() {
        return Opened::Picture;
    }
    match text::detect(bytes) {
        Detected::Utf16 => Opened::Utf16,
        Detected::Text { encoding, start } => Opened::Table(Box::new(Table {
            name,
            encoding,
            rows: Rows::after(bytes, start),
            layout: None,
            count: 0,
            ended: false,
            key: KeyReader::new(name),
        })),
    }
}

impl Table<'_> {
    pub(crate) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Returns the layout that the first row of data chose.
    pub(crate) fn layout(&self) -> Option<&'static Layout> {
        self.layout
    }

    /// Returns how many rows of data were met.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Tells whether a record ended otherwise than with CR LF, outside of quotes.
    pub(crate) fn has_other_line_ends(&self) -> bool {
        self.rows.has_other_line_ends()
    }

    /// Reads the next row.
    pub(crate) fn next(&mut self) -> Option<Step<'_>> {
        if self.ended {
            return None;
        }
        let row = self.rows.next_row()?;
        if self.count >= MAX_ROWS {
            self.ended = true;
            return Some(Step { row, what: What::Surplus });
        }
        if self.count == 0 && row.number == 1 && is_header(&row, self.encoding) {
            return Some(Step { row, what: What::Header });
        }
        self.count += 1;
        let layout = match self.layout {
            Some(layout) => layout,
            None => {
                let layout = choose_layout(self.name, &row, self.encoding)?;
                self.layout = Some(layout);
                self.key.columns_of(layout);
                layout
            }
        };
        let columns = layout.fields.len();
        let refusal = if row.open_quote {
            // What follows belongs to the cell that never ends.
            self.ended = true;
            Some(Refusal::OpenQuote)
        } else if row.width < columns {
            Some(Refusal::TooFew)
        } else if row.filled > columns {
            Some(Refusal::TooMany)
        } else if row.longest > MAX_CELL_BYTES {
            Some(Refusal::LongCell)
        } else if !self.key.read(&row, self.encoding) {
            Some(Refusal::Key)
        } else {
            None
        };
        let what = match (refusal, &self.key.key) {
            (None, Some(key)) => What::Record(layout, key),
            (refusal, _) => What::Refused(layout, refusal.unwrap_or(Refusal::Key)),
        };
        Some(Step { row, what })
    }
}

/// Tells the edition of a file: by the columns where they differ, else by the version cell, else by the name.
pub(crate) fn edition(name: &FileName, layout: Option<&'static Layout>, version: Option<&str>) -> Edition {
    let by_columns = layout.filter(|layout| layouts_of(layout.kind).count() > 1).map(|layout| layout.edition);
    by_columns.unwrap_or_else(|| edition_told(name, version.unwrap_or_default()))
}

/// Tells the edition where the columns do not.
fn edition_told(name: &FileName, version: &str) -> Edition {
    let by_name = if name.sender().kind.is_none() { Edition::V3 } else { Edition::V4_1 };
    Edition::of_version(version).unwrap_or(by_name).max(name.kind().since())
}

/// Finds the layout: by the number of columns, else by what the version says, else the widest that fits.
fn choose_layout(name: &FileName, row: &Row<'_>, encoding: Encoding) -> Option<&'static Layout> {
    let kind = name.kind();
    let (version, _) = text::plain(&row.text(0, encoding));
    let told = || {
        let edition = Edition::of_version(&version)?;
        layouts_of(kind).find(|layout| layout.edition == edition)
    };
    // Empty columns at the end can make an old row as wide as a new one.
    let padded = told().filter(|layout| (row.filled..row.width).contains(&layout.fields.len()));
    let exact = padded.or_else(|| layouts_of(kind).find(|layout| layout.fields.len() == row.width));
    let fitting = || layouts_of(kind).rev().find(|layout| (row.filled..=row.width).contains(&layout.fields.len()));
    let by_name = || {
        let edition = edition_told(name, &version);
        layouts_of(kind).rev().min_by_key(|layout| layout.edition != edition)
    };
    exact.or_else(told).or_else(fitting).or_else(by_name)
}

/// A first row of headings has neither a version nor an insurer.
fn is_header(row: &Row<'_>, encoding: Encoding) -> bool {
    let digits = |column| {
        let (text, _) = text::plain(&row.text(column, encoding));
        !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit())
    };
    // A number with commas in it is no heading.
    let numbers = |column| row.text(column, encoding).chars().filter(char::is_ascii_digit).count() > 3;
    let short = row.cells().iter().take(3).all(|cell| row.raw(cell).len() <= MAX_CELL_BYTES);
    short && row.filled > 1 && !row.open_quote && !digits(0) && !digits(1) && !(0..3).any(numbers)
}

/// Reads the key of each row; rows of one person follow each other, so the last key is mostly the next one's too.
#[derive(Debug)]
struct KeyReader {
    subject: Subject,
    names: &'static [&'static str],
    columns: Vec<usize>,
    supplement: Option<Supplement>,
    /// The cells of the last key as they stand in the file, joined; empty before the first.
    raw: Vec<u8>,
    key: Option<Key>,
}

/// What else the key of a supplement may be: its rows tell by themselves which tables they go with.
#[derive(Debug)]
struct Supplement {
    month_of_name: Option<Month>,
    other: (Subject, &'static str),
    column: usize,
}

impl KeyReader {
    fn new(name: &FileName) -> Self {
        let (subject, names) = key_of(name);
        let supplement = (name.kind() == FileKind::UpHosoku).then(|| Supplement {
            month_of_name: name.month(),
            other: if name.month().is_some() {
                (Subject::CarePlan, "care_plan_date")
            } else {
                (Subject::PlanMonth, "service_month")
            },
            column: 0,
        });
        Self { subject, names, columns: Vec::new(), supplement, raw: Vec::new(), key: None }
    }

    fn columns_of(&mut self, layout: &Layout) {
        // A test makes sure that every layout has the columns of its key.
        self.columns = self.names.iter().filter_map(|name| layout.column(name)).collect();
        if let Some(supplement) = &mut self.supplement {
            supplement.column = layout.column(supplement.other.1).unwrap_or_default();
        }
    }

    /// Reads the row's key; `false` if a cell of it cannot be read.
    fn read(&mut self, row: &Row<'_>, encoding: Encoding) -> bool {
        if self.key.is_some() && self.is_same(row) {
            return true;
        }
        let mut raw = std::mem::take(&mut self.raw);
        raw.clear();
        for column in self.compared() {
            raw.extend_from_slice(row.raw_at(column));
            raw.push(b',');
        }
        self.raw = raw;
        self.key = None;
        let mut subject = self.subject;
        let mut cells = Vec::with_capacity(self.names.len());
        for (&name, &column) in self.names.iter().zip(&self.columns) {
            let (plain, _) = text::plain(&row.text(column, encoding));
            let read = key_cell(name, &plain).map(|cell| cell.value);
            let none = plain.bytes().all(|c| c == b'0');
            let read = match (&self.supplement, read) {
                (Some(supplement), None) if none && name != "insurer_number" && name != "insured_number" => {
                    let (other, name) = supplement.other;
                    let (plain, _) = text::plain(&row.text(supplement.column, encoding));
                    match key_cell(name, &plain) {
                        Some(cell) => {
                            subject = other;
                            Some(cell.value)
                        }
                        None => supplement.month_of_name.map(|month| month.to_string()),
                    }
                }
                (_, read) => read,
            };
            let Some(read) = read else { return false };
            cells.push(read);
        }
        self.key = Some(Key::new(subject, &cells));
        true
    }

    /// The columns that decide about the key.
    fn compared(&self) -> impl Iterator<Item = usize> {
        self.columns.iter().copied().chain(self.supplement.as_ref().map(|supplement| supplement.column))
    }

    /// Tells whether the cells of the key are those of the last row.
    fn is_same(&self, row: &Row<'_>) -> bool {
        let mut rest = self.raw.as_slice();
        for column in self.compared() {
            let Some(after) = rest.strip_prefix(row.raw_at(column)) else { return false };
            let Some(after) = after.strip_prefix(b",") else { return false };
            rest = after;
        }
        rest.is_empty()
    }
}

/// Returns what the rows of a file replace or remove, and the columns that name it. A supplement is expected to go with
/// the tables that its name tells.
pub(crate) fn key_of(name: &FileName) -> (Subject, &'static [&'static str]) {
    name.kind().key().unwrap_or(if name.month().is_some() {
        (Subject::PlanMonth, &["insurer_number", "insured_number", "service_month"])
    } else {
        (Subject::CarePlan, &["insurer_number", "insured_number", "care_plan_date"])
    })
}

/// A cell of a key.
pub(crate) struct KeyCell {
    pub(crate) value: String,
    /// It has the length that it should have.
    pub(crate) usual: bool,
}

/// Reads a cell of a key from its plain form; `None` if it cannot be one.
pub(crate) fn key_cell(name: &str, text: &str) -> Option<KeyCell> {
    let code = (1..=20).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_alphanumeric());
    if !code {
        return None;
    }
    let usual = |value: &str, usual| Some(KeyCell { value: value.to_owned(), usual });
    match name {
        "insurer_number" if text.bytes().all(|c| c.is_ascii_digit()) => usual(text, text.len() == 6),
        "insured_number" => usual(text, text.len() == 10),
        "service_month" if text.parse::<Month>().is_ok() => usual(text, true),
        "care_plan_date" | "plan_date" | "consulted_on" if text.parse::<Date>().is_ok() => usual(text, true),
        "service_office_number" if text.parse::<OfficeNumber>().is_ok() => usual(text, true),
        "service_kind" if text.parse::<ServiceKind>().is_ok() => usual(text, true),
        // The first two characters of a service code are its kind.
        "service_code" => text.get(..2).and_then(|kind| usual(kind, text.len() == 6)),
        _ => None,
    }
}

/// Brings a cell to the form that its value is read from: blanks and full-width letters gone, except in free text.
pub(crate) fn shape(field_type: FieldType, text: Cow<'_, str>) -> Cow<'_, str> {
    match field_type {
        FieldType::Text => text,
        _ if text.bytes().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase()) => text,
        _ => Cow::Owned(text::plain(&text).0),
    }
}

/// Tells whether a column is part of the key of such a file.
pub(crate) fn is_key_column(name: &FileName, field: &str) -> bool {
    key_of(name).1.contains(&field)
}

/// The kind of a file whose rows stand for a month of services.
pub(crate) fn is_table6(kind: FileKind) -> bool {
    matches!(kind, FileKind::UpPlan | FileKind::UpJsk)
}
