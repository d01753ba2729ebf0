//! What was found, finding by finding, with the file it is in.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use careplan::{File, Finding, Lang, Purpose, Rule, Severity, Sorted, Unit};
use serde::Serialize;

use super::fix::Mended;
use crate::{
    msg,
    search::{Found, Trouble},
    text::Text,
};

/// Everything that was found.
#[derive(Debug)]
pub(super) struct Account {
    lang: Lang,
    purpose: Purpose,
    /// The units.
    pub units: Vec<Judged>,
    /// What stands alone: files that are none of the standard's or cannot be read.
    pub alone: Vec<Told>,
}

/// A unit and what was found in it.
#[derive(Debug)]
pub(super) struct Judged {
    /// What it is, taken from the files as they are, or as they were mended.
    pub head: Head,
    /// The findings, by file and place.
    pub told: Vec<Told>,
}

/// What names a unit.
#[derive(Debug)]
pub(super) struct Head {
    /// The bundle's code and month.
    pub bundle: Option<(String, Option<String>)>,
    /// The sender.
    pub from: String,
    /// The receiver.
    pub to: String,
    /// The serial.
    pub serial: String,
    /// People in it.
    pub people: usize,
    /// Rows in it.
    pub rows: usize,
    /// The files: kind, place.
    pub files: Vec<(&'static str, PathBuf)>,
}

/// A finding.
#[derive(Clone, Debug)]
pub(super) struct Told {
    position: Option<usize>,
    /// The rule's code.
    pub rule: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// The file, as it was named or found.
    pub path: PathBuf,
    /// The kind of file: `UPPLAN`.
    pub kind: Option<&'static str>,
    /// The row, from 1.
    pub row: Option<u32>,
    /// The column, from 1.
    pub column: Option<u16>,
    /// The column's identifier.
    pub field: Option<&'static str>,
    /// The column's name for the reader.
    pub field_name: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: String,
    /// Whether `--fix` can mend such a thing.
    pub mendable: bool,
    /// Whether the mended copy does not have it any more.
    pub repaired: bool,
}

/// A finding as scripts get it.
#[derive(Debug, Serialize)]
pub(super) struct JsonRow<'a> {
    rule: &'static str,
    severity: &'static str,
    file: std::borrow::Cow<'a, str>,
    row: Option<u32>,
    column: Option<u16>,
    field: Option<&'static str>,
    message: &'a str,
    remedy: &'a str,
    repaired: bool,
}

/// All counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub files: usize,
    pub units: usize,
    pub good: usize,
    pub errors: usize,
    pub warnings: usize,
    pub repaired: usize,
}

impl Account {
    pub(super) fn new(lang: Lang, purpose: Purpose) -> Self {
        Self { lang, purpose, units: Vec::new(), alone: Vec::new() }
    }

    /// Tells of a file that cannot be read at all.
    pub(super) fn trouble(&mut self, text: &Text, found: &Found, trouble: Trouble) {
        let (rule, what, remedy) = match trouble {
            Trouble::NoFile => ("MU-SEND-016", msg!("check-no-file"), msg!("check-no-file-remedy")),
            Trouble::Name => ("MU-SEND-017", msg!("check-bad-name"), msg!("check-bad-name-remedy")),
            Trouble::Unreadable | Trouble::TooLarge => {
                ("MU-SEND-015", msg!("check-unreadable"), msg!("check-unreadable-remedy"))
            }
        };
        self.alone.push(Told {
            position: None,
            rule,
            severity: Severity::Error,
            path: found.path.clone(),
            kind: None,
            row: None,
            column: None,
            field: None,
            field_name: String::new(),
            what: text.show(&what),
            remedy: text.show(&remedy),
            mendable: false,
            repaired: false,
        });
    }

    /// Takes over what a collection found; `at` gives the position among all files of one in it.
    pub(super) fn sorted(&mut self, sorted: &Sorted, places: &[&Found], at: impl Fn(usize) -> usize) {
        let path = |position: usize| places.get(position).map(|found| found.path.clone()).unwrap_or_default();
        for unit in &sorted.units {
            let owners = owners(unit);
            let told = unit.findings().iter().zip(owners).map(|(finding, file)| {
                let position = at(file.position());
                self.told(finding, Some(file), position, path(position))
            });
            let told = told.collect();
            let files = unit.files().iter().map(|file| (file.kind().prefix(), path(at(file.position())))).collect();
            let head = Head {
                bundle: unit
                    .bundle()
                    .map(|bundle| (bundle.code().to_owned(), unit.month().map(|month| month.to_string()))),
                from: unit.sender().to_string(),
                to: unit.receiver().to_string(),
                serial: unit.serial().to_string(),
                people: unit.people(),
                rows: unit.files().iter().map(File::rows).sum(),
                files,
            };
            self.units.push(Judged { head, told });
        }
        for (position, finding) in &sorted.strays {
            let position = at(*position);
            self.alone.push(self.told(finding, None, position, path(position)));
        }
    }

    /// Takes over what the mended copies still have, and what they have no more.
    pub(super) fn mended(&mut self, sorted: &Sorted, mended: &Mended, places: &[&Found]) {
        self.sorted(&mended.sorted, places, |position| mended.positions.get(position).copied().unwrap_or_default());
        let mut before = Self::new(self.lang, self.purpose);
        before.sorted(sorted, places, |position| position);
        let mut left: HashMap<Key, usize> = HashMap::new();
        let told = |account: &Self| account.units.iter().flat_map(|unit| unit.told.clone()).collect::<Vec<_>>();
        for told in told(self) {
            *left.entry(told.key()).or_default() += 1;
        }
        let twin = |position: usize| mended.twins.iter().find(|(twin, _)| *twin == position).map(|(_, kept)| *kept);
        // What is none of the exchange's was not copied, so nothing of it was mended.
        self.alone.extend(std::mem::take(&mut before.alone));
        for mut gone in told(&before) {
            if let Some(count) = left.get_mut(&gone.key()).filter(|count| **count > 0) {
                *count -= 1;
                continue;
            }
            let Some(position) = gone.position else { continue };
            // Of a second copy that was not written only this is told: that it is one no more.
            if twin(position).is_some() && gone.rule != Rule::FileTwice.code() {
                continue;
            }
            gone.repaired = true;
            let kept = twin(position).unwrap_or(position);
            let path = places.get(kept).map(|found| found.path.as_path()).unwrap_or(Path::new(""));
            let unit = self.units.iter_mut().find(|unit| unit.head.files.iter().any(|(_, file)| file == path));
            match unit {
                Some(unit) => unit.told.push(gone),
                None => self.alone.push(gone),
            }
        }
    }

    fn told(&self, finding: &Finding, file: Option<&File>, position: usize, path: PathBuf) -> Told {
        let field = finding.field();
        let of_layout = || file?.layout()?.fields().iter().find(|known| Some(known.name_en()) == field);
        let field_name = match self.lang {
            Lang::Ja => of_layout().map(|field| field.name_ja().to_owned()),
            Lang::En => field.map(|field| field.replace('_', " ")),
        };
        Told {
            position: Some(position),
            rule: finding.code(),
            severity: finding.severity_for(self.purpose),
            path,
            kind: file.map(|file| file.kind().prefix()),
            row: finding.row_number(),
            column: finding.column_number(),
            field,
            field_name: field_name.unwrap_or_default(),
            what: finding.what(self.lang),
            remedy: finding.remedy_for(self.lang, self.purpose),
            mendable: finding.rule().is_mendable(),
            repaired: false,
        }
    }

    /// All findings, as scripts get them.
    pub(super) fn rows(&self) -> Vec<JsonRow<'_>> {
        self.all().map(Told::json).collect()
    }

    fn all(&self) -> impl Iterator<Item = &Told> {
        self.units.iter().flat_map(|unit| &unit.told).chain(&self.alone)
    }
}

/// What tells one finding from another before and after mending.
type Key = (Option<usize>, &'static str, Option<u32>, Option<u16>);

impl Told {
    fn key(&self) -> Key {
        (self.position, self.rule, self.row, self.column)
    }

    fn json(&self) -> JsonRow<'_> {
        JsonRow {
            rule: self.rule,
            severity: match self.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "info",
            },
            file: self.path.to_string_lossy(),
            row: self.row,
            column: self.column,
            field: self.field,
            message: &self.what,
            remedy: &self.remedy,
            repaired: self.repaired,
        }
    }
}

impl Counts {
    pub(super) fn of(account: &Account, files: usize) -> Self {
        let left = |severity| account.all().filter(|told| !told.repaired && told.severity == severity).count();
        Self {
            files,
            units: account.units.len(),
            good: account.units.iter().filter(|unit| unit.told.is_empty()).count(),
            errors: left(Severity::Error),
            warnings: left(Severity::Warning),
            repaired: account.all().filter(|told| told.repaired).count(),
        }
    }
}

/// Tells for each finding of a unit which file it is about. Findings know names only, and two files may have one.
fn owners(unit: &Unit) -> Vec<&File> {
    type Place<'a> = (Rule, Option<u32>, Option<u16>, &'a str);
    let place = |finding: &Finding| (finding.rule(), finding.row_number(), finding.column_number());
    let mut named: HashMap<&str, Vec<&File>> = HashMap::new();
    for file in unit.files() {
        named.entry(file.name()).or_default().push(file);
    }
    // The findings of files whose names occur twice, in the order of the files.
    let mut own: HashMap<Place<'_>, Vec<&File>> = HashMap::new();
    for file in named.values().filter(|files| files.len() > 1).flatten() {
        for finding in file.findings() {
            let (rule, row, column) = place(finding);
            own.entry((rule, row, column, file.name())).or_default().push(file);
        }
    }
    own.values_mut().for_each(|files| files.reverse());
    let mut copies: HashMap<&str, usize> = HashMap::new();
    let mut owner = |finding: &Finding| {
        let files = named.get(finding.file())?;
        if files.len() > 1 {
            let (rule, row, column) = place(finding);
            if let Some(file) = own.get_mut(&(rule, row, column, files[0].name())).and_then(Vec::pop) {
                return Some(file);
            }
            if rule == Rule::FileTwice {
                let copy = copies.entry(files[0].name()).or_default();
                *copy += 1;
                return files.get(*copy).or(files.last()).copied();
            }
        }
        files.first().copied()
    };
    // A finding of a unit is about one of its files.
    unit.findings().iter().map(|finding| owner(finding).unwrap_or(&unit.files()[0])).collect()
}
