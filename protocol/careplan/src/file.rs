//! One file: its name and content, checked as far as sending needs it.

use std::collections::BTreeSet;

use crate::{
    edition::Edition,
    finding::{Finding, Findings},
    ids::{Month, OfficeNumber, ServiceKind, is_date},
    key::{Key, Subject},
    kind::FileKind,
    layout::{Layout, layouts_of},
    name::{FileName, NameError, Oddity},
    rows::{Row, Rows},
    rule::Rule,
    text::{self, Detected, Encoding},
};

/// How many bytes of a file are read; a larger one is refused unread.
pub const MAX_FILE_BYTES: usize = 32 << 20;
/// How many rows of a file are read; a longer one is refused.
pub const MAX_ROWS: usize = 200_000;
/// How many bytes a cell may have.
pub const MAX_CELL_BYTES: usize = 64 << 10;

/// A file with a name of the standard, and what was found in it.
///
/// It holds the keys of its rows but not their text, so many files can be sorted without holding them all.
#[derive(Debug)]
pub struct File {
    position: usize,
    name: String,
    parsed: FileName,
    size: usize,
    edition: Edition,
    encoding: Option<Encoding>,
    version: Option<String>,
    rows: usize,
    columns: Option<usize>,
    keys: BTreeSet<Key>,
    images: Vec<(u32, FileName)>,
    findings: Vec<Finding>,
}

impl File {
    /// Reads and checks a file. What is wrong with the content is told by [`File::findings`].
    ///
    /// # Errors
    /// A finding if the name is none of the standard's.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, Finding> {
        let (parsed, oddities) = FileName::read(name).map_err(|error| match error {
            NameError::Foreign => Finding::new(Rule::NameForeign, name),
            NameError::Part { kind, part } => Finding::new(Rule::NamePart, name).with("kind", kind).with("part", part),
        })?;
        let mut reader = Reader::new(name, &parsed);
        for oddity in oddities {
            reader.findings.push(match oddity {
                Oddity::LongServiceKinds => Finding::new(Rule::NameLongKinds, name),
                Oddity::UnexpectedMonth => Finding::new(Rule::NameUnexpectedMonth, name).with("kind", parsed.kind()),
            });
        }
        reader.read(bytes);
        let edition = reader.edition();
        Ok(Self {
            position: 0,
            name: name.to_owned(),
            size: bytes.len(),
            edition,
            encoding: reader.encoding,
            version: reader.version,
            rows: reader.rows,
            columns: reader.layout.map(|layout| layout.fields.len()),
            keys: reader.keys,
            images: reader.images,
            findings: reader.findings.finish(name),
            parsed,
        })
    }

    /// Remembers which of many files this was.
    pub(crate) fn at(mut self, position: usize) -> Self {
        self.position = position;
        self
    }

    /// Returns which file this was, counted from 0 in the order of [`crate::Collection::add`].
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// Returns the name as it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what the name says.
    #[must_use]
    pub fn parsed(&self) -> &FileName {
        &self.parsed
    }

    /// Returns the kind of the file.
    #[must_use]
    pub fn kind(&self) -> FileKind {
        self.parsed.kind()
    }

    /// Returns the size in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Returns the edition: told by the columns where they differ, else by the version cell, else by the name.
    #[must_use]
    pub fn edition(&self) -> Edition {
        self.edition
    }

    /// Returns the encoding; `None` for pictures and for files that were not read.
    #[must_use]
    pub fn encoding(&self) -> Option<Encoding> {
        self.encoding
    }

    /// Returns the version cell (CSVバージョン) of the first row.
    #[must_use]
    pub fn csv_version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Returns the number of rows of data, wrong ones among them.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the number of columns of the layout; `None` for pictures and files without data.
    #[must_use]
    pub fn columns(&self) -> Option<usize> {
        self.columns
    }

    /// Returns the keys of the rows that could be read.
    #[must_use]
    pub fn keys(&self) -> &BTreeSet<Key> {
        &self.keys
    }

    /// Returns what was found in this file alone.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns the pictures that basic information names, with their rows.
    pub(crate) fn images(&self) -> &[(u32, FileName)] {
        &self.images
    }
}

/// Reads one file.
struct Reader<'a> {
    file: &'a str,
    name: &'a FileName,
    encoding: Option<Encoding>,
    layout: Option<&'static Layout>,
    version: Option<String>,
    rows: usize,
    keys: BTreeSet<Key>,
    images: Vec<(u32, FileName)>,
    /// Rows of the name's month, and the numbers of the others.
    in_month: usize,
    other_months: Vec<u32>,
    findings: Findings,
}

impl<'a> Reader<'a> {
    fn new(file: &'a str, name: &'a FileName) -> Self {
        Self {
            file,
            name,
            encoding: None,
            layout: None,
            version: None,
            rows: 0,
            keys: BTreeSet::new(),
            images: Vec::new(),
            in_month: 0,
            other_months: Vec::new(),
            findings: Findings::default(),
        }
    }

    fn found(&mut self, rule: Rule) {
        self.findings.push(Finding::new(rule, self.file));
    }

    fn found_at(&mut self, rule: Rule, row: &Row<'_>, column: usize) {
        let field = self.layout.and_then(|layout| layout.fields.get(column));
        self.findings.push(Finding::new(rule, self.file).row(row.number).column(column, field));
    }

    fn edition(&self) -> Edition {
        let by_columns = self.layout.filter(|layout| layouts_of(layout.kind).count() > 1).map(|layout| layout.edition);
        by_columns.unwrap_or_else(|| self.edition_told(self.version.as_deref().unwrap_or_default()))
    }

    /// Tells the edition where the columns do not.
    fn edition_told(&self, version: &str) -> Edition {
        let by_name = if self.name.sender().kind.is_none() { Edition::V3 } else { Edition::V4_1 };
        Edition::of_version(version).unwrap_or(by_name).max(self.name.kind().since())
    }

    fn read(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            self.found(Rule::FileEmpty);
        } else if bytes.len() > MAX_FILE_BYTES {
            let finding = Finding::new(Rule::FileTooLarge, self.file);
            self.findings.push(finding.with("limit", (MAX_FILE_BYTES >> 20).to_string()));
        } else if self.name.kind().is_image() {
            if !bytes.starts_with(b"\xff\xd8\xff") {
                self.found(Rule::FileNotJpeg);
            }
        } else {
            match text::detect(bytes) {
                Detected::Utf16 => self.found(Rule::TextUtf16),
                Detected::Text { encoding, start } => {
                    self.encoding = Some(encoding);
                    if encoding == Encoding::Utf8 {
                        self.found(Rule::TextUtf8);
                    }
                    self.read_rows(Rows::new(bytes, start), encoding);
                }
            }
        }
    }

    fn read_rows(&mut self, mut rows: Rows<'_>, encoding: Encoding) {
        while let Some(row) = rows.next_row() {
            if self.rows >= MAX_ROWS {
                let finding = Finding::new(Rule::FileTooManyRows, self.file).row(row.number);
                self.findings.push(finding.with("limit", MAX_ROWS.to_string()));
                break;
            }
            let first = self.rows == 0;
            if first && row.number == 1 && is_header(&row, encoding) {
                self.findings.push(Finding::new(Rule::RowHeader, self.file).row(row.number));
                continue;
            }
            self.rows += 1;
            let layout = match self.layout {
                Some(layout) => layout,
                None => match self.choose_layout(&row, encoding) {
                    Some(layout) => layout,
                    None => break, // every kind of table has a layout
                },
            };
            self.layout = Some(layout);
            if row.open_quote {
                self.findings.push(Finding::new(Rule::RowOpenQuote, self.file).row(row.number));
                break;
            }
            self.check_cells(&row, encoding);
            if self.has_its_columns(&row, layout.fields.len()) {
                self.check_version(&row, encoding);
                self.read_key(&row, layout, encoding);
                self.read_image(&row, layout, encoding);
            }
        }
        if self.rows == 0 {
            self.found(Rule::FileEmpty);
        }
        self.judge_months();
    }

    /// Finds the layout: by the number of columns, else by what the version says, else the widest that fits.
    fn choose_layout(&self, row: &Row<'_>, encoding: Encoding) -> Option<&'static Layout> {
        let kind = self.name.kind();
        let (version, _) = text::plain(&row.text(0, encoding));
        let exact = layouts_of(kind).find(|layout| layout.fields.len() == row.width);
        let told = || {
            let edition = Edition::of_version(&version)?;
            layouts_of(kind).find(|layout| layout.edition == edition)
        };
        let fitting = || layouts_of(kind).rev().find(|layout| (row.filled..=row.width).contains(&layout.fields.len()));
        let by_name = || {
            let edition = self.edition_told(&version);
            layouts_of(kind).rev().min_by_key(|layout| layout.edition != edition)
        };
        exact.or_else(told).or_else(fitting).or_else(by_name)
    }

    fn check_cells(&mut self, row: &Row<'_>, encoding: Encoding) {
        for (column, cell) in row.cells.iter().enumerate() {
            if cell.stray {
                self.found_at(Rule::RowStrayQuote, row, column);
            }
            let raw = row.raw(cell);
            if raw.len() > MAX_CELL_BYTES {
                let field = self.layout.and_then(|layout| layout.fields.get(column));
                let finding = Finding::new(Rule::RowLongCell, self.file).row(row.number).column(column, field);
                self.findings.push(finding.with("limit", (MAX_CELL_BYTES >> 10).to_string()));
                continue;
            }
            if raw.contains(&0) {
                self.found_at(Rule::TextNul, row, column);
            }
            if raw.is_ascii() {
                continue;
            }
            let (text, broken) = text::decode(encoding, raw);
            if broken {
                self.found_at(Rule::TextUndecodable, row, column);
            }
            if text::has_gaiji(&text) {
                self.found_at(Rule::TextGaiji, row, column);
            }
        }
    }

    /// Checks the number of columns; empty ones at the end may be too many.
    fn has_its_columns(&mut self, row: &Row<'_>, expected: usize) -> bool {
        let rule = if row.width < expected {
            Rule::RowTooFew
        } else if row.filled > expected {
            Rule::RowTooMany
        } else {
            return true;
        };
        let finding = Finding::new(rule, self.file).row(row.number);
        self.findings.push(finding.with("expected", expected.to_string()).with("found", row.width.to_string()));
        false
    }

    fn check_version(&mut self, row: &Row<'_>, encoding: Encoding) {
        let (version, changed) = text::plain(&row.text(0, encoding));
        if !is_version(&version) {
            self.found_at(Rule::CellUnreadable, row, 0);
            return;
        }
        if changed {
            self.found_at(Rule::CellUnusual, row, 0);
        }
        let rule = match &self.version {
            None if Edition::is_standard(&version) => None,
            None => Some(Rule::CellUnknownVersion),
            Some(first) if *first == version => None,
            Some(_) => Some(Rule::CellOtherVersion),
        };
        if let Some(rule) = rule {
            let finding = Finding::new(rule, self.file).row(row.number);
            self.findings.push(finding.with("version", version.clone()));
        }
        self.version.get_or_insert(version);
    }

    fn read_key(&mut self, row: &Row<'_>, layout: &'static Layout, encoding: Encoding) {
        let supplement = if self.name.month().is_some() {
            (Subject::PlanMonth, &["insurer_number", "insured_number", "service_month"][..])
        } else {
            (Subject::CarePlan, &["insurer_number", "insured_number", "care_plan_date"][..])
        };
        let (subject, names) = self.name.kind().key().unwrap_or(supplement);
        let mut cells = Vec::with_capacity(names.len());
        for &name in names {
            // A test makes sure that every layout has the columns of its key.
            let Some(column) = layout.column(name) else { return };
            let text = row.text(column, encoding);
            let (plain, changed) = text::plain(&text);
            let Some(KeyCell { value, usual }) = key_cell(name, &plain) else {
                self.found_at(Rule::CellUnreadable, row, column);
                continue;
            };
            if changed || !usual {
                self.found_at(Rule::CellUnusual, row, column);
            }
            if let (Some(month), "service_month") = (self.name.month(), name) {
                if value == month.to_string() { self.in_month += 1 } else { self.other_months.push(row.number) }
            }
            cells.push(value);
        }
        if cells.len() == names.len() {
            self.keys.insert(Key::new(subject, &cells));
        }
    }

    fn read_image(&mut self, row: &Row<'_>, layout: &'static Layout, encoding: Encoding) {
        let Some(column) = layout.column("family_image_file") else { return };
        let text = row.text(column, encoding);
        if text.trim().is_empty() {
            return;
        }
        match text.trim().parse::<FileName>() {
            Ok(name) if name.kind().is_image() => self.images.push((row.number, name)),
            _ => self.found_at(Rule::ImageName, row, column),
        }
    }

    /// Some rows of another month are unusual; no row of the name's month means that the name is wrong.
    fn judge_months(&mut self) {
        let Some(month) = self.name.month() else { return };
        let others = std::mem::take(&mut self.other_months);
        if self.in_month == 0 && !others.is_empty() {
            self.findings.push(Finding::new(Rule::MonthOfName, self.file).with("month", month));
            return;
        }
        for row in others {
            let finding = Finding::new(Rule::MonthInRow, self.file).row(row);
            self.findings.push(finding.with("month", month));
        }
    }
}

/// A first row of headings has neither a version nor an insurer.
fn is_header(row: &Row<'_>, encoding: Encoding) -> bool {
    let digits = |column| {
        let (text, _) = text::plain(&row.text(column, encoding));
        !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit())
    };
    let headings = row.cells.iter().take(2).all(|cell| row.raw(cell).len() <= MAX_CELL_BYTES);
    headings && row.filled > 1 && !row.open_quote && !digits(0) && !digits(1)
}

fn is_version(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|c| c.is_ascii_digit())
}

struct KeyCell {
    value: String,
    usual: bool,
}

/// Reads a cell of a key; `None` if it cannot be one.
fn key_cell(name: &str, text: &str) -> Option<KeyCell> {
    let code = (1..=20).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_alphanumeric());
    if !code {
        return None;
    }
    let usual = |value: &str, usual| Some(KeyCell { value: value.to_owned(), usual });
    match name {
        "insurer_number" if text.bytes().all(|c| c.is_ascii_digit()) => usual(text, text.len() == 6),
        "insured_number" => usual(text, text.len() == 10),
        "service_month" if text.parse::<Month>().is_ok() => usual(text, true),
        "care_plan_date" | "plan_date" | "consulted_on" if is_date(text) => usual(text, true),
        "service_office_number" if text.parse::<OfficeNumber>().is_ok() => usual(text, true),
        "service_kind" if text.parse::<ServiceKind>().is_ok() => usual(text, true),
        // The first two characters of a service code are its kind.
        "service_code" => text.get(..2).and_then(|kind| usual(kind, text.len() == 6)),
        _ => None,
    }
}
