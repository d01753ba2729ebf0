//! One file: its name and content, checked as far as sending needs it.

use std::collections::BTreeSet;

use crate::{
    edition::Edition,
    finding::{Finding, Findings},
    key::Key,
    kind::FileKind,
    layout::Layout,
    name::{FileName, NameError, Oddity},
    reader::{self, Opened, What},
    rule::Rule,
    text::Encoding,
};

/// How many bytes of a file are read; a larger one is refused unread.
pub const MAX_FILE_BYTES: usize = 64 << 20;
/// How many rows of a file are read; a longer one is refused.
pub const MAX_ROWS: usize = 1_000_000;
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
        let mut reader = Checker::new(name, &parsed);
        for oddity in oddities {
            reader.findings.push(match oddity {
                Oddity::LongServiceKinds => Finding::new(Rule::NameLongKinds, name),
                Oddity::UnexpectedMonth => Finding::new(Rule::NameUnexpectedMonth, name).with("kind", parsed.kind()),
            });
        }
        reader.read(bytes);
        let edition = reader::edition(&parsed, reader.layout, reader.version.as_deref());
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

/// Judges one file, row by row.
struct Checker<'a> {
    file: &'a str,
    name: &'a FileName,
    version: Option<String>,
    rows: usize,
    layout: Option<&'static Layout>,
    encoding: Option<Encoding>,
    keys: BTreeSet<Key>,
    images: Vec<(u32, FileName)>,
    in_month: usize,
    other_months: Vec<u32>,
    findings: Findings,
}

impl<'a> Checker<'a> {
    fn new(file: &'a str, name: &'a FileName) -> Self {
        Self {
            file,
            name,
            version: None,
            rows: 0,
            layout: None,
            encoding: None,
            keys: BTreeSet::new(),
            images: Vec::new(),
            in_month: 0,
            other_months: Vec::new(),
            findings: Findings::default(),
        }
    }

    fn read(&mut self, bytes: &[u8]) {
        match reader::open(self.name, bytes) {
            Opened::Empty => {}
            Opened::TooLarge => {}
            Opened::Utf16 => {}
            Opened::Picture => {}
            Opened::Table(mut table) => {
                self.encoding = Some(table.encoding());
                while let Some(step) = table.next() {
                    if let What::Record(_, key) = step.what {
                        if !self.keys.contains(key) {
                            self.keys.insert(key.clone());
                        }
                    }
                }
                self.rows = table.count();
                self.layout = table.layout();
            }
        }
    }
}
