//! Judging one file: every row once, in memory that grows with persons and findings and not with the file.

use std::collections::BTreeMap;

use crate::{
    edition::Edition,
    file::{MAX_CELL_BYTES, MAX_FILE_BYTES, MAX_ROWS},
    finding::{Finding, Findings},
    ids::Month,
    key::Key,
    kind::FileKind,
    layout::Layout,
    name::FileName,
    reader::{self, Opened, Refusal, Table, What},
    rows::Row,
    rule::Rule,
    text::{self, Encoding},
};

mod benefits;
mod cells;
mod services;
mod tables;

pub(crate) use benefits::Benefits;
use cells::Cells;
pub(crate) use services::Services;
use tables::Tables;

/// What was found out about a file.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    pub(crate) encoding: Option<Encoding>,
    pub(crate) layout: Option<&'static Layout>,
    pub(crate) version: Option<String>,
    pub(crate) rows: usize,
    pub(crate) refused: usize,
    /// The keys of the rows that can be read, with the first row of each.
    pub(crate) keys: BTreeMap<Key, u32>,
    pub(crate) images: Vec<(u32, FileName)>,
    /// The service kinds in the name stand the wrong way round.
    pub(crate) swapped: bool,
    /// What table 6 (plan) and table 7 have to agree in.
    pub(crate) services: Option<Services>,
    pub(crate) benefits: Option<Benefits>,
    pub(crate) findings: Findings,
}

/// Where a finding is made: the file, its columns and the list it goes to.
pub(crate) struct Place<'a> {
    pub(crate) file: &'a str,
    pub(crate) layout: Option<&'static Layout>,
    pub(crate) findings: &'a mut Findings,
}

impl Place<'_> {
    /// Adds a finding about a cell; the first column is 0.
    pub(crate) fn cell(&mut self, rule: Rule, row: u32, column: usize) {
        self.add(self.at(rule, row, column));
    }

    /// Makes a finding about a cell, to be completed and added.
    pub(crate) fn at(&self, rule: Rule, row: u32, column: usize) -> Finding {
        let field = self.layout.and_then(|layout| layout.fields.get(column));
        Finding::new(rule, self.file).row(row).column(column, field)
    }

    /// Adds a finding.
    pub(crate) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}

/// A row that can be read, with what was worked out about it already.
pub(crate) struct Given<'a> {
    pub(crate) row: &'a Row<'a>,
    pub(crate) key: &'a Key,
    /// The key is another than that of the row before.
    pub(crate) fresh: bool,
    pub(crate) encoding: Encoding,
}

/// Judges a file.
pub(crate) fn check(file: &str, name: &FileName, bytes: &[u8]) -> Checked {
    let mut checked = Checked::default();
    match reader::open(name, bytes) {
        Opened::Empty => checked.findings.push(Finding::new(without_rows(name), file)),
        Opened::TooLarge => {
            let finding = Finding::new(Rule::FileTooLarge, file);
            checked.findings.push(finding.with("limit", (MAX_FILE_BYTES >> 20).to_string()));
        }
        Opened::Picture => {
            if !bytes.starts_with(b"\xff\xd8\xff") {
                checked.findings.push(Finding::new(Rule::FileNotJpeg, file));
            }
        }
        Opened::Utf16 => checked.findings.push(Finding::new(Rule::TextUtf16, file)),
        Opened::Table(table) => check_table(file, name, *table, &mut checked),
    }
    checked
}

/// Returns the rule for a file without rows: there may be nothing to say in tables that only add to others.
fn without_rows(name: &FileName) -> Rule {
    match name.kind() {
        FileKind::Up3Kyo | FileKind::UpKihonSub1 | FileKind::UpKihonSub2 | FileKind::UpYoboSub => Rule::FileNoRows,
        _ => Rule::FileEmpty,
    }
}

fn check_table(file: &str, name: &FileName, mut table: Table<'_>, checked: &mut Checked) {
    let encoding = table.encoding();
    checked.encoding = Some(encoding);
    if encoding == Encoding::Utf8 {
        checked.findings.push(Finding::new(Rule::TextUtf8, file));
    }
    let mut judge = Judge::new(file, name, encoding);
    while let Some(step) = table.next() {
        judge.step(&step.row, step.what, checked);
    }
    checked.rows = table.count();
    checked.layout = table.layout();
    if table.has_other_line_ends() {
        checked.findings.push(Finding::new(Rule::TextLineEnds, file));
    }
    if checked.rows == 0 {
        checked.findings.push(Finding::new(without_rows(name), file));
    }
    judge.finish(checked);
}

/// What is kept from row to row.
struct Judge<'a> {
    file: &'a str,
    name: &'a FileName,
    encoding: Encoding,
    cells: Option<Cells>,
    tables: Option<Tables>,
    /// Whether the last row with a key was the name's month, and the rows of other months.
    in_month: bool,
    month_met: bool,
    other_months: Vec<u32>,
    /// The last row with a key had this one; `None` before the first.
    last: Option<Key>,
}

impl<'a> Judge<'a> {
    fn new(file: &'a str, name: &'a FileName, encoding: Encoding) -> Self {
        Self {
            file,
            name,
            encoding,
            cells: None,
            tables: None,
            in_month: true,
            month_met: false,
            other_months: Vec::new(),
            last: None,
        }
    }

    fn step(&mut self, row: &Row<'_>, what: What<'_>, checked: &mut Checked) {
        let (layout, key) = match what {
            What::Header => {
                checked.findings.push(Finding::new(Rule::RowHeader, self.file).row(row.number));
                return;
            }
            What::Surplus => {
                let finding = Finding::new(Rule::FileTooManyRows, self.file).row(row.number);
                checked.findings.push(finding.with("limit", MAX_ROWS.to_string()));
                return;
            }
            What::Refused(layout, refusal) => {
                checked.refused += 1;
                self.refused(row, layout, refusal, checked);
                if refusal != Refusal::Key {
                    return;
                }
                (layout, None)
            }
            What::Record(layout, key) => (layout, Some(key)),
        };
        let cells = self.cells.get_or_insert_with(|| Cells::new(self.name, layout, self.encoding));
        let mut place = Place { file: self.file, layout: Some(layout), findings: &mut checked.findings };
        cells.check(row, key.is_some(), &mut place);
        self.check_version(row, layout, checked);
        let Some(key) = key else { return };
        let fresh = self.last.as_ref() != Some(key);
        if fresh {
            self.take_key(row, key, checked);
        }
        self.check_month(row);
        self.read_image(row, layout, checked);
        let tables = self.tables.get_or_insert_with(|| Tables::new(self.name, layout));
        let mut place = Place { file: self.file, layout: Some(layout), findings: &mut checked.findings };
        tables.check(&Given { row, key, fresh, encoding: self.encoding }, &mut place);
        if fresh {
            self.last = Some(key.clone());
        }
    }

    /// Tells why a row cannot be read; what is wrong with a key stands at its cell.
    fn refused(&self, row: &Row<'_>, layout: &'static Layout, refusal: Refusal, checked: &mut Checked) {
        let finding = |rule| Finding::new(rule, self.file).row(row.number);
        let expected = layout.fields.len();
        let width = |rule| finding(rule).with("expected", expected.to_string()).with("found", row.width.to_string());
        let mut place = Place { file: self.file, layout: Some(layout), findings: &mut checked.findings };
        match refusal {
            Refusal::OpenQuote => place.add(finding(Rule::RowOpenQuote)),
            Refusal::TooFew => place.add(width(Rule::RowTooFew)),
            Refusal::TooMany => place.add(width(Rule::RowTooMany)),
            Refusal::LongCell => {
                for (column, cell) in row.cells().iter().enumerate() {
                    if cell.range().len() > MAX_CELL_BYTES {
                        let found = place.at(Rule::RowLongCell, row.number, column);
                        place.add(found.with("limit", (MAX_CELL_BYTES >> 10).to_string()));
                    }
                }
            }
            Refusal::Key => {}
        }
    }

    fn check_version(&self, row: &Row<'_>, layout: &'static Layout, checked: &mut Checked) {
        let raw = row.raw_at(0);
        if checked.version.as_ref().is_some_and(|version| version.as_bytes() == raw) {
            return;
        }
        let (version, changed) = text::plain(&row.text(0, self.encoding));
        let mut place = Place { file: self.file, layout: Some(layout), findings: &mut checked.findings };
        if version.len() != 6 || !version.bytes().all(|c| c.is_ascii_digit()) {
            place.cell(Rule::CellNoVersion, row.number, 0);
            return;
        }
        if changed {
            place.cell(Rule::CellUnusual, row.number, 0);
        }
        let rule = match &checked.version {
            None if Edition::is_standard(&version) => None,
            None => Some(Rule::CellUnknownVersion),
            Some(first) if *first == version => None,
            Some(_) => Some(Rule::CellOtherVersion),
        };
        if let Some(rule) = rule {
            let finding = Finding::new(rule, self.file).row(row.number);
            place.add(finding.with("version", version.clone()));
        }
        checked.version.get_or_insert(version);
    }

    /// Notes the first row of a key, and whether its month is the file's.
    fn take_key(&mut self, row: &Row<'_>, key: &Key, checked: &mut Checked) {
        if let Some(month) = self.name.month() {
            // In a supplement that goes with a care plan stands a day.
            let of_key = key.cells().nth(2).and_then(|cell| cell.parse::<Month>().ok());
            self.in_month = of_key.is_none_or(|of_key| of_key == month);
        }
        checked.keys.entry(key.clone()).or_insert(row.number);
    }

    fn check_month(&mut self, row: &Row<'_>) {
        if self.in_month {
            self.month_met = true;
        } else {
            self.other_months.push(row.number);
        }
    }

    fn read_image(&self, row: &Row<'_>, layout: &'static Layout, checked: &mut Checked) {
        if layout.kind != FileKind::UpKihon {
            return;
        }
        let Some(column) = layout.column("family_image_file") else { return };
        let text = row.text(column, self.encoding);
        if text.trim().is_empty() {
            return;
        }
        match text.trim().parse::<FileName>() {
            Ok(name) if name.kind().is_image() => checked.images.push((row.number, name)),
            _ => {
                let mut place = Place { file: self.file, layout: Some(layout), findings: &mut checked.findings };
                place.cell(Rule::ImageName, row.number, column);
            }
        }
    }

    fn finish(self, checked: &mut Checked) {
        self.judge_months(checked);
        let layout = checked.layout;
        let mut place = Place { file: self.file, layout, findings: &mut checked.findings };
        if let Some(tables) = self.tables {
            match tables.finish(&checked.keys, &mut place) {
                tables::Facts::Services(services, swapped) => {
                    checked.services = services;
                    checked.swapped = swapped;
                }
                tables::Facts::Benefits(benefits) => checked.benefits = Some(benefits),
                tables::Facts::None(swapped) => checked.swapped = swapped,
            }
        }
        if checked.swapped {
            let name = self.name.with_kinds_swapped().to_string();
            checked.findings.push(Finding::new(Rule::NameKindsSwapped, self.file).with("name", name));
        }
    }

    /// Some rows of another month are unusual; no row of the name's month means that the name is wrong.
    fn judge_months(&self, checked: &mut Checked) {
        let Some(month) = self.name.month() else { return };
        if !self.month_met && !self.other_months.is_empty() {
            checked.findings.push(Finding::new(Rule::MonthOfName, self.file).with("month", month));
            return;
        }
        let Some(column) = checked.layout.and_then(|layout| layout.column("service_month")) else { return };
        let mut place = Place { file: self.file, layout: checked.layout, findings: &mut checked.findings };
        for &row in &self.other_months {
            place.add(place.at(Rule::MonthInRow, row, column).with("month", month));
        }
    }
}
