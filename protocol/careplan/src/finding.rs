//! Findings: what is wrong with a file or unit, where, and what to do about it.

use std::{collections::HashMap, fmt};

use crate::{
    ids::Month,
    kind::FileKind,
    layout::Field,
    messages,
    name::{MAX_NAME_CHARS, NamePart},
    rule::{Purpose, Rule, Severity},
};

/// A language that findings are told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Japanese.
    Ja,
    /// English.
    En,
}

/// An argument of a finding.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Argument {
    /// Numbers and codes.
    Text(String),
    /// A month.
    Month(Month),
    /// A part of a file name.
    Part(NamePart),
    /// Kinds of files, told with their names.
    Kinds(Vec<FileKind>),
    /// A column, told by its name.
    Column(&'static Field),
}

/// Something about a file that somebody should know.
///
/// It holds of the cells only versions, offices, service kinds and sums. The file's name is the user's own and may say anything, so `Debug` leaves it out.
#[derive(Clone)]
pub struct Finding {
    rule: Rule,
    file: String,
    row: Option<u32>,
    column: Option<Column>,
    /// It is about something that may be left out altogether, so it weighs no more than a warning.
    mild: bool,
    arguments: Vec<(&'static str, Argument)>,
}

/// A column: its number, counted from 1, and its names.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Column {
    number: u16,
    name_ja: &'static str,
    name_en: &'static str,
}

impl Finding {
    /// Makes a finding about a file.
    pub(crate) fn new(rule: Rule, file: &str) -> Self {
        let file = file.chars().take(MAX_NAME_CHARS).collect();
        Self { rule, file, row: None, column: None, mild: false, arguments: Vec::new() }
    }

    /// Adds the row.
    pub(crate) fn row(mut self, row: u32) -> Self {
        self.row = Some(row);
        self
    }

    /// Adds the column; the first is 0.
    pub(crate) fn column(mut self, column: usize, field: Option<&'static Field>) -> Self {
        self.column = Some(Column {
            number: u16::try_from(column + 1).unwrap_or(u16::MAX),
            name_ja: field.map_or("", |field| field.name_ja),
            name_en: field.map_or("", |field| field.name_en),
        });
        self
    }

    /// Makes it weigh no more than a warning, on a condition.
    pub(crate) fn mild(mut self, mild: bool) -> Self {
        self.mild = mild;
        self
    }

    /// Adds an argument.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Argument>) -> Self {
        debug_assert!(self.rule.arguments().contains(&name), "{} has no {name}", self.rule.code());
        self.arguments.push((name, value.into()));
        self
    }

    /// Returns the rule.
    #[must_use]
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// Returns the rule's stable code: `CP-NAME-001`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.rule.code()
    }

    /// Returns how much the finding weighs before sending.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity_for(Purpose::Sending)
    }

    /// Returns how much the finding weighs.
    #[must_use]
    pub fn severity_for(&self, purpose: Purpose) -> Severity {
        let severity = self.rule.severity(purpose);
        if self.mild { severity.min(Severity::Warning) } else { severity }
    }

    /// Tells whether the unit must not be sent.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity() == Severity::Error
    }

    /// Returns the name of the file, as it was given.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Returns the row, counted from 1 as a spreadsheet shows it.
    #[must_use]
    pub fn row_number(&self) -> Option<u32> {
        self.row
    }

    /// Returns the column, counted from 1.
    #[must_use]
    pub fn column_number(&self) -> Option<u16> {
        self.column.map(|column| column.number)
    }

    /// Returns the identifier of the column, as in `service_date`.
    #[must_use]
    pub fn field(&self) -> Option<&'static str> {
        self.column.map(|column| column.name_en).filter(|name| !name.is_empty())
    }

    /// Returns the arguments of the rule.
    #[must_use]
    pub fn arguments(&self) -> &[(&'static str, Argument)] {
        &self.arguments
    }

    /// Returns where it stands in its file: what concerns all of it first, the count of further ones last.
    pub(crate) fn spot(&self) -> (bool, Option<u32>, Option<u16>) {
        (self.rule == Rule::More, self.row, self.column_number())
    }

    /// Tells all of it: where, what is wrong, what to do.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        messages::finding(lang, &self.place(lang), &self.what(lang), &self.remedy(lang))
    }

    /// Tells where it is: the file and, where known, row and column.
    #[must_use]
    pub fn place(&self, lang: Lang) -> String {
        let file = messages::safe(&self.file);
        let column = self.column.map(|column| {
            let name = match lang {
                Lang::Ja => column.name_ja.to_owned(),
                Lang::En => column.name_en.replace('_', " "),
            };
            (column.number, name)
        });
        messages::place(lang, &file, self.row, column)
    }

    /// Tells what is wrong.
    #[must_use]
    pub fn what(&self, lang: Lang) -> String {
        messages::what(lang, self.rule, &self.arguments)
    }

    /// Tells what to do before sending.
    #[must_use]
    pub fn remedy(&self, lang: Lang) -> String {
        messages::remedy(lang, self.rule, &self.arguments)
    }

    /// Tells what to do: who reads cannot mend the file, and can only ask for another.
    #[must_use]
    pub fn remedy_for(&self, lang: Lang, purpose: Purpose) -> String {
        match purpose {
            Purpose::Sending => self.remedy(lang),
            Purpose::Reading => messages::remedy_of_reader(lang, self.severity_for(purpose)),
        }
    }
}

impl fmt::Debug for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.code(), self.rule)?;
        if let Some(row) = self.row {
            write!(f, " row {row}")?;
        }
        if let Some(column) = self.column {
            write!(f, " column {}", column.number)?;
        }
        Ok(())
    }
}

impl From<FileKind> for Argument {
    fn from(kind: FileKind) -> Self {
        Self::Kinds(vec![kind])
    }
}

impl From<Month> for Argument {
    fn from(month: Month) -> Self {
        Self::Month(month)
    }
}

impl From<NamePart> for Argument {
    fn from(part: NamePart) -> Self {
        Self::Part(part)
    }
}

impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// Collects the findings about one file, and bounds them: of each rule the first [`Findings::PER_RULE`] are kept.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Finding>,
    counts: HashMap<Rule, usize>,
}

impl Findings {
    const PER_RULE: usize = 100;

    /// Adds a finding, or counts it.
    pub(crate) fn push(&mut self, finding: Finding) {
        let count = self.counts.entry(finding.rule).or_default();
        *count += 1;
        if *count <= Self::PER_RULE {
            self.list.push(finding);
        }
    }

    /// Returns what was kept in the order of rows and columns, with a note per rule about what was not.
    pub(crate) fn finish(mut self, file: &str) -> Vec<Finding> {
        self.list.sort_by_key(Finding::spot);
        for &rule in Rule::ALL {
            let more = self.counts.get(&rule).map_or(0, |count| count.saturating_sub(Self::PER_RULE));
            if more > 0 {
                let note = Finding::new(Rule::More, file).with("code", rule.code().to_owned());
                self.list.push(note.with("count", more.to_string()));
            }
        }
        self.list
    }
}
