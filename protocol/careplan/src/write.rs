//! Writing: the model as the files of one sending unit, as strictly as the standard can be read.
//!
//! MS932, CR LF, no headings, free text in quotes and nothing else, names and columns of edition 4.1 (of edition 3 for
//! months before April 2025). Nothing is changed silently: what cannot be written as it stands is in the report.

mod sheet;
mod unit;

use std::fmt;

use crate::{
    edition::Edition,
    ids::Month,
    kind::FileKind,
    layout::Field,
    model::Contents,
    ms932::Replacement,
    name::{FileName, NameError},
};

/// The files of a sending unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The edition that they were written in.
    pub edition: Edition,
    /// The files, in the order of [`FileKind::ALL`]. One that would be empty is not there.
    pub files: Vec<WrittenFile>,
    /// Kinds of files that the unit should have, but for which the contents have no row.
    pub missing: Vec<FileKind>,
    /// What was not written as it stands.
    pub report: Vec<Adaptation>,
}

/// A file as it is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct WrittenFile {
    /// Its name.
    pub name: FileName,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// A place where the files say something else than the contents, or nothing.
#[derive(Clone, Debug)]
pub struct Adaptation {
    /// The file.
    pub file: FileName,
    /// Its row, counted from 1.
    pub row: usize,
    /// The column; `None` for the whole row.
    pub column: Option<&'static Field>,
    /// What was done.
    pub what: Adapted,
}

/// What was done to a cell or row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Adapted {
    /// A character that MS932 lacks was replaced, or one that an office made itself was kept.
    Character(Replacement),
    /// The value is not what its column asks for; it was written as it stands.
    Unreadable,
    /// The edition has no such column or file, or the writer fills the column itself: it was left out.
    LeftOut,
    /// The record names a picture, and none comes with it; the name was written as it stands.
    NoPicture,
}

/// Why contents cannot be written as one sending unit. Documents and rows are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// There is nothing to write.
    #[error("there is nothing to write")]
    Empty,
    /// Documents of several months; each month is a unit of its own.
    #[error("the documents are of several months ({0} and {1})")]
    Months(Month, Month),
    /// Documents that do not go into one unit, as a care plan and actuals.
    #[error("the documents are of several sorts that do not go into one unit")]
    Mixed,
    /// Actuals of several service kinds from an office that gives services; each kind is a unit of its own.
    #[error("the actuals are of several service kinds")]
    SeveralKinds,
    /// The edition has no such file.
    #[error("edition {edition} has no file of the kind {kind}")]
    NotInEdition {
        /// The kind of file.
        kind: FileKind,
        /// The edition.
        edition: Edition,
    },
    /// The names of the files cannot be made; mostly a service kind of sender or receiver is missing.
    #[error("the file name cannot be made")]
    Name(#[from] NameError),
    /// Two documents, or removals, with one key.
    #[error("document {document} has the key of another")]
    Twice {
        /// The second.
        document: usize,
    },
    /// The document has no row in the leading file, so its receiver would not take it over.
    #[error("document {document} has no row in the leading file")]
    Headless {
        /// The document.
        document: usize,
    },
    /// The numbers of insurer or insured person are none.
    #[error("the person's numbers in document {document} cannot be written")]
    Person {
        /// The document or removal.
        document: usize,
    },
    /// A row of actuals is of another office or service kind than its document.
    #[error("row {row} of document {document} is of another office or service kind")]
    OtherKey {
        /// The document.
        document: usize,
        /// The row.
        row: usize,
    },
    /// A record of another table stands in its place.
    #[error("document {document} holds a record of {found} where {expected} belongs")]
    OtherTable {
        /// The document.
        document: usize,
        /// The kind of file whose record belongs there.
        expected: FileKind,
        /// The kind that the record is of.
        found: FileKind,
    },
    /// A picture is empty, has a number over 9999, or another picture has its number.
    #[error("picture {number} is empty, or its number cannot be given to it")]
    Picture {
        /// Its number.
        number: u16,
    },
    /// More bytes or rows than a reader of this crate takes.
    #[error("a file of the kind {kind} would be too large")]
    TooLarge {
        /// The kind of file.
        kind: FileKind,
    },
    /// A cell has more bytes than a reader of this crate takes.
    #[error("the cell {column} in row {row} of the file {kind} would be too large")]
    LongCell {
        /// The kind of file.
        kind: FileKind,
        /// The row, counted from 1.
        row: usize,
        /// The column's identifier.
        column: &'static str,
    },
}

impl Contents {
    /// Writes the contents as the files of one sending unit.
    ///
    /// Months before April 2025 are written in edition 3, later ones in edition 4.1; what has no month is written in
    /// the edition of the contents. Lengths of values and codes are not judged here: whoever wants to know reads the
    /// files with [`Collection`](crate::Collection). Reading them gives the contents back, but for what the report
    /// tells and for the service kinds of sender and receiver, which names of edition 3 do not hold.
    ///
    /// # Errors
    /// [`WriteError`] if the contents are more than one unit, or less.
    pub fn write(&self) -> Result<Written, WriteError> {
        unit::write(self)
    }
}

impl PartialEq for Adaptation {
    fn eq(&self, other: &Self) -> bool {
        let column = |adaptation: &Self| adaptation.column.map(Field::name_en);
        (&self.file, self.row, column(self), &self.what) == (&other.file, other.row, column(other), &other.what)
    }
}

impl Eq for Adaptation {}

impl fmt::Debug for WrittenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrittenFile({}, {} bytes)", self.name, self.bytes.len())
    }
}
