//! The manifest: what lies in the seal. It stands behind the files, inside the ciphertext.
//!
//! CBOR `[bundle, month, serial, edition, [[name, size, sha256], ..], ext]`; bundle, month, serial
//! and edition are `[]` or `[value]`. Without a bundle code the files are attachments. Extension 2
//! of `ext` is the sender's note. Nothing of a manifest is ever printed: names, serials and notes
//! may tell of a person.

use std::{collections::HashSet, fmt};

use serde::{Deserialize, Serialize};
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use super::{length, name};
use crate::{
    cbor::{self, Ext},
    ids::Hash,
};

/// The longest manifest in bytes: [`MAX_FILES`] of the longest names, and room for extensions.
pub const MAX: usize = 384 * 1024;
/// The most files of one message.
pub const MAX_FILES: usize = 1000;
/// The longest note in bytes of UTF-8.
pub const MAX_NOTE: usize = 8192;
/// The extension that holds the note. Its number is even: a reader that does not know notes takes
/// the files all the same.
const NOTE: u64 = 2;
/// The longest bundle code, serial and edition in bytes.
const MAX_TEXT: usize = 32;

/// Why a manifest was refused. Tells nothing of what stands in it.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Not the deterministic CBOR of a manifest, or longer than [`MAX`].
    #[error("the manifest cannot be read")]
    Encoding,
    /// An extension that must be understood and is not.
    #[error("the manifest has the unknown extension {0} that must be understood")]
    UnknownExtension(u64),
    /// No file, or more than [`MAX_FILES`].
    #[error("{0} files, where 1 to {MAX_FILES} are allowed")]
    Count(usize),
    /// A name that is not harmless.
    #[error("file {index}: {error}")]
    Name {
        /// Which file, from 0.
        index: usize,
        /// Why.
        error: name::Error,
    },
    /// Two files with one name, capitals aside.
    #[error("file {index} has the name of another")]
    SameName {
        /// The later of the two, from 0.
        index: usize,
    },
    /// Bundle code, serial or edition: not 1 to 32 printable ASCII characters without blanks.
    #[error("bundle, serial or edition is not a short code")]
    Text,
    /// The files have more than [`length::LARGEST`] bytes.
    #[error("the files are too large")]
    TooLarge,
    /// The note: not 1 to [`MAX_NOTE`] bytes of text without control characters.
    #[error("the note is no short text")]
    Note,
}

/// A month: year and month, written `202511`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Month(u32);

/// What is to be sealed, its sizes known and its hashes not yet.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// The bundle's code (`B1`), none for attachments.
    pub bundle: Option<String>,
    /// The month that the bundle is about.
    pub month: Option<Month>,
    /// The serial (連番), an opaque text.
    pub serial: Option<String>,
    /// The edition of the standard (`4.1`).
    pub edition: Option<String>,
    /// What the sender wants to say with it, see [`check_note`].
    pub note: Option<String>,
    /// Name and size in bytes of each file, in order.
    pub files: Vec<(String, u64)>,
}

/// What lies in a seal. Every manifest has been checked: names are harmless and unique.
#[derive(Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Manifest {
    #[serde(with = "cbor::optional")]
    bundle: Option<String>,
    #[serde(with = "cbor::optional")]
    month: Option<Month>,
    #[serde(with = "cbor::optional")]
    serial: Option<String>,
    #[serde(with = "cbor::optional")]
    edition: Option<String>,
    files: Vec<File>,
    ext: Ext,
}

/// One file of a manifest.
#[derive(Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct File {
    name: String,
    size: u64,
    sha256: Hash,
}

impl Month {
    /// Takes a number like 202511; none if that is no month of the years 1900 to 9999.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        let (year, month) = (number / 100, number % 100);
        if year >= 1900 && year <= 9999 && month >= 1 && month <= 12 { Some(Self(number)) } else { None }
    }

    /// The number, like 202511.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for Month {
    type Error = &'static str;

    fn try_from(number: u32) -> Result<Self, Self::Error> {
        Self::new(number).ok_or("not a month")
    }
}

impl From<Month> for u32 {
    fn from(month: Month) -> Self {
        month.0
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Month({})", self.0)
    }
}

impl Draft {
    /// The length that the ciphertext will have: a hash takes the same room whatever its value.
    ///
    /// # Errors
    /// Whatever makes the draft no manifest.
    pub fn ciphertext_len(&self) -> Result<u64, Error> {
        let hashes = vec![Hash::ZERO; self.files.len()];
        let manifest = self.clone().manifest(&hashes)?;
        let end = manifest.content_size()?.checked_add(manifest.to_vec()?.len() as u64).ok_or(Error::TooLarge)?;
        length::total(end).map(length::ciphertext_len).ok_or(Error::TooLarge)
    }

    /// Makes the manifest, the files' hashes being known.
    pub(super) fn manifest(self, hashes: &[Hash]) -> Result<Manifest, Error> {
        let files = self.files.into_iter().zip(hashes);
        let manifest = Manifest {
            bundle: self.bundle,
            month: self.month,
            serial: self.serial,
            edition: self.edition,
            files: files.map(|((name, size), sha256)| File { name, size, sha256: *sha256 }).collect(),
            ext: self.note.map_or_else(Ext::none, |note| Ext::of(vec![(NOTE, note.into_bytes())])),
        };
        manifest.check()?;
        Ok(manifest)
    }
}

/// Accepts a note: 1 to [`MAX_NOTE`] bytes, no control characters but line feeds and tabs.
///
/// # Errors
/// [`Error::Note`].
pub fn check_note(note: &str) -> Result<(), Error> {
    let odd = |c: char| c.is_control() && c != '\n' && c != '\t';
    if (1..=MAX_NOTE).contains(&note.len()) && !note.contains(odd) { Ok(()) } else { Err(Error::Note) }
}

impl Manifest {
    /// Reads a manifest strictly and checks it; for what an inspector is shown, too.
    ///
    /// # Errors
    /// See [`Error`]; never panics.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, Error> {
        // The decoder's message could quote a name, so it is dropped.
        let manifest: Self = cbor::from_slice(bytes, MAX).map_err(|_| Error::Encoding)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Writes the one encoding, whose hash is committed to.
    ///
    /// # Errors
    /// [`Error::Encoding`] if it is longer than [`MAX`].
    pub fn to_vec(&self) -> Result<Vec<u8>, Error> {
        let bytes = cbor::to_vec(self).map_err(|_| Error::Encoding)?;
        if bytes.len() > MAX { Err(Error::Encoding) } else { Ok(bytes) }
    }

    /// The bundle's code, none for attachments.
    #[must_use]
    pub fn bundle(&self) -> Option<&str> {
        self.bundle.as_deref()
    }

    /// The month that the bundle is about.
    #[must_use]
    pub const fn month(&self) -> Option<Month> {
        self.month
    }

    /// The serial (連番), an opaque text.
    #[must_use]
    pub fn serial(&self) -> Option<&str> {
        self.serial.as_deref()
    }

    /// The edition of the standard.
    #[must_use]
    pub fn edition(&self) -> Option<&str> {
        self.edition.as_deref()
    }

    /// What the sender says with it. May tell of a person, and may hold characters that turn the
    /// direction of writing: not for logs, and to be made harmless before it is shown.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        // Every manifest has been checked.
        self.ext.get(NOTE).and_then(|bytes| std::str::from_utf8(bytes).ok())
    }

    /// The files in order.
    #[must_use]
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// The bytes of all files together.
    ///
    /// # Errors
    /// [`Error::TooLarge`] beyond [`length::LARGEST`].
    pub fn content_size(&self) -> Result<u64, Error> {
        let sum = self.files.iter().try_fold(0_u64, |sum, file| sum.checked_add(file.size));
        sum.filter(|sum| *sum <= length::LARGEST).ok_or(Error::TooLarge)
    }

    fn check(&self) -> Result<(), Error> {
        self.ext.check().map_err(|error| match error {
            cbor::Error::UnknownExtension(id) => Error::UnknownExtension(id),
            _ => Error::Encoding,
        })?;
        if let Some(note) = self.ext.get(NOTE) {
            check_note(std::str::from_utf8(note).map_err(|_| Error::Note)?)?;
        }
        let texts = [&self.bundle, &self.serial, &self.edition];
        if !texts.into_iter().flatten().all(|text| is_code(text)) {
            return Err(Error::Text);
        }
        if !(1..=MAX_FILES).contains(&self.files.len()) {
            return Err(Error::Count(self.files.len()));
        }
        let mut seen = HashSet::new();
        for (index, file) in self.files.iter().enumerate() {
            check_name(&mut seen, index, &file.name)?;
        }
        self.content_size().map(|_| ())
    }
}

impl File {
    /// The name, harmless on every system. May tell of a person: not for logs.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The size in bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The SHA-256 of the content.
    #[must_use]
    pub const fn sha256(&self) -> Hash {
        self.sha256
    }
}

/// Accepts the name of one more file.
pub(super) fn check_name(seen: &mut HashSet<String>, index: usize, name: &str) -> Result<(), Error> {
    if index >= MAX_FILES {
        return Err(Error::Count(index + 1));
    }
    name::check(name).map_err(|error| Error::Name { index, error })?;
    if seen.insert(name::folded(name)) { Ok(()) } else { Err(Error::SameName { index }) }
}

fn is_code(text: &str) -> bool {
    (1..=MAX_TEXT).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_graphic())
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Draft({} files)", self.files.len())
    }
}

impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Manifest({} files)", self.files.len())
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "File({} bytes)", self.size)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn draft() -> Draft {
        Draft {
            bundle: Some("B2".into()),
            month: Month::new(202_511),
            serial: Some("20251020090353".into()),
            edition: Some("4.1".into()),
            note: None,
            files: vec![("UPPLAN.CSV".into(), 3), ("UPSIKYU.CSV".into(), 0)],
        }
    }

    fn manifest(draft: Draft) -> Result<Manifest, Error> {
        let hashes = vec![Hash([7; 32]); draft.files.len()];
        draft.manifest(&hashes)
    }

    #[test]
    fn a_manifest_reads_back() {
        let written = manifest(draft()).unwrap();
        let bytes = written.to_vec().unwrap();
        assert_eq!(bytes[..5], [0x86, 0x81, 0x62, b'B', b'2']);
        let read = Manifest::from_slice(&bytes).unwrap();
        assert_eq!(read, written);
        assert_eq!((read.bundle(), read.edition(), read.files()[0].name()), (Some("B2"), Some("4.1"), "UPPLAN.CSV"));
        assert_eq!((read.serial(), read.month().map(Month::number)), (Some("20251020090353"), Some(202_511)));
    }

    #[test]
    fn what_is_wrong_is_refused_on_both_sides() {
        let named = |names: &[&str]| Draft { files: names.iter().map(|n| ((*n).into(), 1)).collect(), ..draft() };
        let many: Vec<String> = (0..=MAX_FILES).map(|n| format!("{n}.csv")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let at = |index, error| Error::Name { index, error };
        for (draft, error) in [
            (named(&[]), Error::Count(0)),
            (named(&many), Error::Count(1001)),
            (named(&["a.csv", "../a.csv"]), at(1, name::Error::Character)),
            (named(&["nul"]), at(0, name::Error::Reserved)),
            (named(&["a.csv", "b.csv", "A.CSV"]), Error::SameName { index: 2 }),
            (named(&["ſ.csv", "S.csv"]), Error::SameName { index: 1 }),
            (Draft { serial: Some(String::new()), ..draft() }, Error::Text),
            (Draft { bundle: Some("B 2".into()), ..draft() }, Error::Text),
            (Draft { edition: Some("4".repeat(33)), ..draft() }, Error::Text),
            (Draft { files: vec![("a".into(), u64::MAX), ("b".into(), 1)], ..draft() }, Error::TooLarge),
            (Draft { files: vec![("a".into(), length::LARGEST + 1)], ..draft() }, Error::TooLarge),
        ] {
            assert_eq!(manifest(draft.clone()).unwrap_err(), error);
            // A sender that does not check meets the same refusal at the receiver.
            let files = draft.files.into_iter().map(|(name, size)| File { name, size, sha256: Hash::ZERO }).collect();
            let Draft { bundle, month, serial, edition, .. } = draft;
            let hostile = Manifest { bundle, month, serial, edition, files, ext: Ext::none() };
            assert_eq!(Manifest::from_slice(&cbor::to_vec(&hostile).unwrap()).unwrap_err(), error);
        }
    }

    #[test]
    fn extensions_and_months_are_checked() {
        let mut hostile = manifest(draft()).unwrap();
        hostile.ext = Ext::of(vec![(3, vec![])]);
        assert_eq!(Manifest::from_slice(&hostile.to_vec().unwrap()), Err(Error::UnknownExtension(3)));
        hostile.ext = Ext::of(vec![(4, vec![1])]);
        assert_eq!(Manifest::from_slice(&hostile.to_vec().unwrap()).as_ref(), Ok(&hostile));
        hostile.month = Some(Month(202_513));
        assert_eq!(Manifest::from_slice(&hostile.to_vec().unwrap()), Err(Error::Encoding));
        assert_eq!((Month::new(202_500), Month::new(11), Month::new(u32::MAX)), (None, None, None));
    }

    /// The bytes of a note in a manifest: they stand in protocol.md and do not change.
    #[test]
    fn bytes_of_a_note_of_version_1_stay_the_same() {
        let files = vec![("a.pdf".into(), 3)];
        let note = Draft { note: Some("よろしく\n".into()), files, ..Draft::default() };
        let written = manifest(note).unwrap();
        let bytes = written.to_vec().unwrap();
        let ext: &[u8] = &[0x81, 0x82, 0x02, 0x4d];
        assert!(bytes.ends_with(&[ext, "よろしく\n".as_bytes()].concat()), "{bytes:x?}");
        assert_eq!(Manifest::from_slice(&bytes).unwrap().note(), Some("よろしく\n"));
        assert_eq!(manifest(draft()).unwrap().note(), None);
    }

    #[test]
    fn a_bad_note_is_refused_on_both_sides() {
        let good = ["a".repeat(MAX_NOTE), "a\n\tb".into(), "\u{202e}".into()];
        let bad = [String::new(), "a".repeat(MAX_NOTE + 1), "a\u{1b}[2J".into(), "a\r\n".into(), "\u{85}".into()];
        for note in good {
            assert!(manifest(Draft { note: Some(note), ..draft() }).is_ok());
        }
        for note in bad {
            assert_eq!(manifest(Draft { note: Some(note.clone()), ..draft() }).unwrap_err(), Error::Note);
            let mut hostile = manifest(draft()).unwrap();
            hostile.ext = Ext::of(vec![(NOTE, note.into_bytes())]);
            assert_eq!(Manifest::from_slice(&hostile.to_vec().unwrap()), Err(Error::Note));
        }
        let mut hostile = manifest(draft()).unwrap();
        hostile.ext = Ext::of(vec![(NOTE, vec![0xff])]);
        assert_eq!(Manifest::from_slice(&hostile.to_vec().unwrap()), Err(Error::Note));
    }

    #[test]
    fn the_largest_manifest_fits() {
        let files = (0..MAX_FILES).map(|n| (format!("{n:0>255}"), length::LARGEST / 1000)).collect();
        let note = Some("a".repeat(MAX_NOTE));
        let largest = manifest(Draft { files, note, ..draft() }).unwrap();
        assert_eq!(Manifest::from_slice(&largest.to_vec().unwrap()).unwrap(), largest);
    }

    #[test]
    fn nothing_of_it_is_printed() {
        let printed = format!("{:?} {:?} {:?}", draft(), manifest(draft()).unwrap(), manifest(draft()).unwrap().files);
        assert!(!printed.contains("UP") && !printed.contains("2025"), "{printed}");
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Manifest::from_slice(&bytes);
        }

        #[test]
        fn one_changed_byte_is_refused_or_another_manifest(at: prop::sample::Index, flip in 1_u8..) {
            let mut bytes = manifest(draft()).unwrap().to_vec().unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            if let Ok(read) = Manifest::from_slice(&bytes) {
                prop_assert_eq!(read.to_vec().unwrap(), bytes);
            }
        }
    }
}
