//! One file: its name and content, and what was found in them.

use std::collections::BTreeMap;

use crate::{
    check::{self, Benefits, Checked, Services},
    edition::Edition,
    finding::Finding,
    key::Key,
    kind::FileKind,
    layout::Layout,
    name::{End, FileName, NameError, Oddity},
    reader,
    rule::Rule,
    text::Encoding,
};

/// How many bytes of a file are read; a larger one is refused unread.
pub const MAX_FILE_BYTES: usize = 64 << 20;
/// How many rows of a file are read; a longer one is refused.
pub const MAX_ROWS: usize = 500_000;
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
    checked: Checked,
    findings: Vec<Finding>,
}

impl File {
    /// Reads and checks a file. What is wrong with the content is told by [`File::findings`].
    ///
    /// # Errors
    /// A finding if the name is none of the standard's.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, Finding> {
        let read = FileName::read(name).map_err(|error| match error {
            NameError::Foreign => Finding::new(Rule::NameForeign, name),
            NameError::Part { kind, part } => Finding::new(Rule::NamePart, name).with("kind", kind).with("part", part),
        })?;
        let parsed = read.name;
        let mut findings: Vec<Finding> = read
            .oddities
            .iter()
            .map(|oddity| match oddity {
                Oddity::LongServiceKinds => Finding::new(Rule::NameLongKinds, name),
                Oddity::UnexpectedMonth => Finding::new(Rule::NameUnexpectedMonth, name).with("kind", parsed.kind()),
                Oddity::Spelling => Finding::new(Rule::NameSpelling, name).with("name", read.tidy.clone()),
                Oddity::Copied => Finding::new(Rule::NameCopied, name).with("name", read.tidy.clone()),
                Oddity::Ending => Finding::new(Rule::NameEnding, name).with("name", read.tidy.clone()),
            })
            .collect();
        let mut checked = check::check(name, &parsed, bytes);
        findings.extend(std::mem::take(&mut checked.findings).finish(name));
        Ok(Self {
            position: 0,
            name: name.to_owned(),
            size: bytes.len(),
            edition: reader::edition(&parsed, checked.layout, checked.version.as_deref()),
            parsed,
            checked,
            findings,
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

    /// Returns the sender: that of the name, with the service kind that the content tells where the name has the kinds
    /// of sender and receiver the wrong way round (as the notice's own example of actuals has).
    #[must_use]
    pub fn sender(&self) -> End {
        let name = &self.parsed;
        if self.checked.swapped { name.with_kinds_swapped().sender() } else { name.sender() }
    }

    /// Returns the receiver, as [`File::sender`] does.
    #[must_use]
    pub fn receiver(&self) -> End {
        let name = &self.parsed;
        if self.checked.swapped { name.with_kinds_swapped().receiver() } else { name.receiver() }
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
        self.checked.encoding
    }

    /// Returns the version cell (CSVバージョン) of the first row.
    #[must_use]
    pub fn csv_version(&self) -> Option<&str> {
        self.checked.version.as_deref()
    }

    /// Returns the number of rows of data, wrong ones among them.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.checked.rows
    }

    /// Returns how many of the rows cannot be read; each has an error among the findings, unless it was one too many
    /// to be listed.
    #[must_use]
    pub fn refused_rows(&self) -> usize {
        self.checked.refused
    }

    /// Returns the layout; `None` for pictures and files without data.
    #[must_use]
    pub fn layout(&self) -> Option<&'static Layout> {
        self.checked.layout
    }

    /// Returns the number of columns of the layout; `None` for pictures and files without data.
    #[must_use]
    pub fn columns(&self) -> Option<usize> {
        self.checked.layout.map(|layout| layout.fields().len())
    }

    /// Returns the keys of the rows that could be read.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.checked.keys.keys()
    }

    /// Returns what was found in this file alone.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns the pictures that basic information names, with their rows.
    pub(crate) fn images(&self) -> &[(u32, FileName)] {
        &self.checked.images
    }

    /// Returns the keys with the first row of each.
    pub(crate) fn key_rows(&self) -> &BTreeMap<Key, u32> {
        &self.checked.keys
    }

    /// Takes what tables 6 and 7 have to agree in; it is needed once.
    pub(crate) fn take_services(&mut self) -> Option<Services> {
        self.checked.services.take()
    }

    /// Takes the other side of it.
    pub(crate) fn take_benefits(&mut self) -> Option<Benefits> {
        self.checked.benefits.take()
    }
}
