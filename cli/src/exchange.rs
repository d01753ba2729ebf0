//! What exchange files say, without a node: read unit by unit, in their final state, and put into words.

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    str::FromStr,
};

use careplan::{
    Action, Collection, Contents, Document, Effect, End, FileName, Finding, Key, Ledger, MAX_FILE_BYTES, Month,
    OfficeNumber, Person, Record, Rule, Serial, ServiceKind, ServiceRow, Subject, Unit,
};
use careplan_forms::{
    forms::{self, Persons},
    show,
};
use serde::Serialize;

use crate::{
    error::CommandError,
    msg,
    search::{Found, search},
    text::{Lang, Text},
    ui::Ui,
};

/// Files passed over that are named one by one.
const NAMED: usize = 5;

/// What lies in files, after each unit replaced and removed what it does.
#[derive(Debug, Default)]
pub(crate) struct Holdings {
    /// The documents.
    pub ledger: Ledger,
    /// Who people and offices are.
    pub names: Names,
    /// What is not in the ledger.
    pub unread: Unread,
    /// Files and rows of it by receiver, where names tell one.
    pub unread_at: Vec<(End, usize, usize)>,
    /// Units of which files are missing: what these would say stands nowhere.
    pub incomplete: Vec<Incomplete>,
}

/// A unit of which files are missing.
#[derive(Debug)]
pub(crate) struct Incomplete {
    /// Its serial.
    pub serial: Serial,
    /// Who sent it.
    pub sender: End,
    /// Whom it went to.
    pub receiver: End,
    /// Its month, if it has one.
    pub month: Option<Month>,
    /// What is missing.
    pub findings: Vec<Finding>,
}

/// What could not be read or does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Unread {
    /// Files of which nothing could be read.
    pub files: usize,
    /// Rows that could not be read.
    pub rows: usize,
    /// Rows that a later row of the same key replaced in its own unit, and rows without their leading one.
    pub left_out: usize,
    /// Documents of which two versions came under one serial.
    pub conflicts: usize,
}

/// Names of people and offices as the newest files tell them.
#[derive(Debug, Default)]
pub(crate) struct Names {
    people: HashMap<Person, (Serial, String)>,
    /// Who is who, of all that was read.
    pub persons: Persons,
    offices: HashMap<OfficeNumber, (Serial, String)>,
    /// Offices that make care plans, for forms.
    planners: HashMap<OfficeNumber, (Serial, String)>,
}

impl Holdings {
    /// Reads all files; `keep` tells of subject and month whether a document is wanted.
    ///
    /// Memory holds one unit's files at a time, and the documents.
    ///
    /// # Errors
    /// A path that does not exist or cannot be read, or no file at all.
    pub(crate) fn read(
        ui: &mut Ui,
        paths: &[PathBuf],
        keep: impl Fn(Subject, Option<Month>) -> bool,
    ) -> Result<Self, CommandError> {
        let search = search(paths)?;
        note_passed_over(ui, &search.passed_over);
        if search.found.is_empty() {
            return Err(CommandError::failed(msg!("err-exchange-nothing")));
        }
        let mut holdings = Self::default();
        let mut groups: BTreeMap<(Serial, End, End), Vec<Found>> = BTreeMap::new();
        let mut progress = ui.progress(&msg!("exchange-progress"), search.found.len() as u64);
        for found in search.found {
            match FileName::from_str(&found.name) {
                Ok(name) if found.trouble.is_none() => {
                    groups.entry((name.serial(), name.sender(), name.receiver())).or_default().push(found);
                }
                name => {
                    holdings.unread.files += 1;
                    holdings.unread_at.extend(name.ok().map(|name| (name.receiver(), 1, 0)));
                    progress.step();
                }
            }
        }
        for ((_, _, receiver), group) in groups {
            let mut bytes: Vec<Vec<u8>> = Vec::new();
            let mut collection = Collection::new();
            let mut places: HashMap<FileName, (usize, &Path)> = HashMap::new();
            for found in &group {
                progress.step();
                match read(&found.path) {
                    Ok(content) => {
                        if let Ok(name) = FileName::from_str(&found.name) {
                            match places.get(&name) {
                                // A copy says nothing new; another version may not be mixed in.
                                Some((at, _)) if bytes[*at] == content => continue,
                                Some((_, other)) => {
                                    let (file, other) = (found.path.as_path(), *other);
                                    return Err(CommandError::failed(msg!(
                                        "err-exchange-two",
                                        file = file,
                                        other = other
                                    )));
                                }
                                None => {
                                    places.insert(name, (bytes.len(), &found.path));
                                }
                            }
                        }
                        collection.add(&found.name, &content);
                        bytes.push(content);
                    }
                    Err(_) => {
                        holdings.unread.files += 1;
                        holdings.unread_at.push((receiver, 1, 0));
                    }
                }
            }
            for unit in &collection.sort().units {
                let Unread { files, rows, .. } = holdings.unread;
                holdings.take(unit, &bytes, &keep);
                let (files, rows) = (holdings.unread.files - files, holdings.unread.rows - rows);
                if 0 < files + rows {
                    holdings.unread_at.push((unit.receiver(), files, rows));
                }
            }
        }
        drop(progress);
        holdings.unread.tell(ui);
        Ok(holdings)
    }

    fn take(&mut self, unit: &Unit, bytes: &[Vec<u8>], keep: &impl Fn(Subject, Option<Month>) -> bool) {
        for file in unit.files() {
            self.unread.rows += file.refused_rows();
            // Tables that only add to others may have nothing to say.
            let nothing = file.findings().iter().any(|finding| finding.rule() == Rule::FileNoRows);
            self.unread.files += usize::from(!file.kind().is_image() && file.rows() == 0 && !nothing);
        }
        let missing = unit.findings().iter().filter(|finding| finding.rule() == Rule::UnitMissing);
        let findings: Vec<Finding> = missing.cloned().collect();
        if !findings.is_empty() && keep(Subject::PlanMonth, unit.month()) {
            let (serial, sender, receiver) = (unit.serial(), unit.sender(), unit.receiver());
            self.incomplete.push(Incomplete { serial, sender, receiver, month: unit.month(), findings });
        }
        let content = |position: usize| bytes.get(position).map_or(&[][..], Vec::as_slice);
        let Some(reading) = Contents::read(unit, content) else { return };
        self.unread.left_out += reading.superseded + reading.left_out;
        let mut contents = reading.contents;
        self.names.learn(&contents);
        if let Action::Replace(documents) = &contents.action {
            // A row without a day, or without a service, can be held against nothing.
            let lost = |rows: &[ServiceRow]| rows.iter().filter(|row| row.date.is_none() || row.code.is_none()).count();
            self.unread.rows += documents
                .iter()
                .map(|document| match document {
                    Document::MonthPlan(plan) => lost(&plan.rows),
                    Document::MonthActual(actual) => lost(&actual.rows),
                    _ => 0,
                })
                .sum::<usize>();
        }
        match &mut contents.action {
            Action::Replace(documents) => documents.retain(|document| keep(document.subject(), document.month())),
            Action::Remove(keys) => keys.retain(|key| keep(key.subject(), month_of(key))),
        }
        for change in self.ledger.apply(contents) {
            match change.effect {
                Effect::Conflict { .. } => self.unread.conflicts += 1,
                Effect::Headless => self.unread.left_out += 1,
                _ => {}
            }
        }
    }
}

fn month_of(key: &Key) -> Option<Month> {
    match key.subject() {
        Subject::PlanMonth | Subject::Actual => key.cells().nth(2)?.parse().ok(),
        _ => None,
    }
}

impl Unread {
    /// Tells on stderr what is missing from the result, and where to look.
    fn tell(&self, ui: &mut Ui) {
        if self.files + self.rows > 0 {
            ui.warn(&msg!("warn-exchange-unread", files = self.files, rows = self.rows));
        }
        if self.left_out > 0 {
            ui.note(&msg!("exchange-left-out", count = self.left_out));
        }
        if self.conflicts > 0 {
            ui.warn(&msg!("warn-exchange-conflicts", count = self.conflicts));
        }
    }
}

impl Names {
    /// Returns the person's name.
    pub(crate) fn person(&self, insurer: &str, insured: &str) -> Option<&str> {
        let person = Person { insurer: insurer.into(), insured: insured.into() };
        let found = self.people.get(&person).or_else(|| self.people.get(&self.persons.who(&person)));
        found.map(|(_, name)| name.as_str())
    }

    /// Returns the office's name.
    pub(crate) fn office(&self, office: OfficeNumber) -> Option<&str> {
        self.offices.get(&office).map(|(_, name)| name.as_str())
    }

    /// Takes over what another side knows.
    pub(crate) fn merge(&mut self, other: Self) {
        self.persons.merge(other.persons);
        for (person, name) in other.people {
            newest(&mut self.people, person, name);
        }
        for (office, name) in other.offices {
            newest(&mut self.offices, office, name);
        }
        for (office, name) in other.planners {
            newest(&mut self.planners, office, name);
        }
    }

    /// Returns the same names for forms, which tell those of offices that make care plans too.
    pub(crate) fn for_forms(&self) -> forms::Names {
        let mut names = forms::Names::default();
        names.add_persons(self.persons.clone());
        for (person, (_, name)) in &self.people {
            names.add_person(person, show::text(name));
        }
        for (office, (_, name)) in self.offices.iter().chain(&self.planners) {
            names.add_office(*office, show::text(name));
        }
        names
    }

    fn learn(&mut self, contents: &Contents) {
        let documents = match &contents.action {
            Action::Replace(documents) => documents,
            Action::Remove(keys) => return keys.iter().for_each(|key| self.persons.add_withdrawn(key)),
        };
        for document in documents {
            self.persons.add(document);
            let (record, rows): (Option<&Record>, &[ServiceRow]) = match document {
                Document::CarePlan(plan) => (plan.supplement.as_ref(), &[]),
                Document::MonthPlan(plan) => (plan.supplement.as_ref(), &plan.rows),
                Document::MonthActual(actual) => (None, &actual.rows),
                Document::BasicInformation(basic) => (basic.record.as_ref(), &[]),
                Document::SupportPlan(plan) => (plan.record.as_ref(), &[]),
                _ => (None, &[]),
            };
            let name = record.map(|record| record.text("user_name").trim()).filter(|name| !name.is_empty());
            if let Some(name) = name {
                newest(&mut self.people, document.person().clone(), (contents.serial, name.to_owned()));
            }
            if let Document::CarePlan(plan) = document
                && let Some((office, name)) = forms::planner(plan)
            {
                newest(&mut self.planners, office, (contents.serial, name.to_owned()));
            }
            let mut before = None;
            for row in rows {
                // Rows of one office mostly follow each other.
                let (Some(office), Some(name)) = (row.office, row.office_name.as_deref()) else { continue };
                if before != Some(office) && !name.trim().is_empty() {
                    newest(&mut self.offices, office, (contents.serial, name.trim().to_owned()));
                    before = Some(office);
                }
            }
        }
    }
}

fn newest<K: std::hash::Hash + Eq>(names: &mut HashMap<K, (Serial, String)>, key: K, name: (Serial, String)) {
    let kept = names.entry(key).or_insert_with(|| name.clone());
    if kept.0 < name.0 {
        *kept = name;
    }
}

/// Reads a file, at most one byte more than the standard's files may have, so that "too large" is seen.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Tells of files in directories that are none of the exchange's.
pub(crate) fn note_passed_over(ui: &mut Ui, paths: &[PathBuf]) {
    for path in paths.iter().take(NAMED) {
        ui.note(&msg!("exchange-passed-over", path = path));
    }
    if paths.len() > NAMED {
        ui.note(&msg!("exchange-passed-over-more", count = paths.len() - NAMED));
    }
}

/// The language for texts of the standard's library.
pub(crate) fn lang(text: &Text) -> careplan::Lang {
    match text.lang() {
        Lang::Ja => careplan::Lang::Ja,
        Lang::En => careplan::Lang::En,
    }
}

/// A month: `2025年11月`.
pub(crate) fn month(text: &Text, month: Month) -> String {
    let (year, month) = (month.year().to_string(), month.month());
    text.show(&msg!("exchange-month", year = year, month = month))
}

/// A service kind in words; the standard has names in Japanese only.
pub(crate) fn kind(text: &Text, kind: ServiceKind) -> String {
    match kind.name_ja().filter(|_| text.lang() == Lang::Ja) {
        Some(name) => name.to_owned(),
        None => text.show(&msg!("exchange-kind", kind = kind.to_string())),
    }
}

/// A person: name, if it is known, and number.
pub(crate) fn person(text: &Text, names: &Names, insurer: &str, insured: &str) -> String {
    match names.person(insurer, insured) {
        Some(name) => text.show(&msg!("exchange-person", name = name, number = insured)),
        None => text.show(&msg!("exchange-person-unnamed", number = insured)),
    }
}

/// An office: number and name, if it is known.
pub(crate) fn office(names: &Names, office: OfficeNumber) -> String {
    match names.office(office) {
        Some(name) => format!("{office} {name}"),
        None => office.to_string(),
    }
}

/// A number with marks between thousands.
pub(crate) fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::from(if number < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::testing;

    const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../protocol/careplan/samples/aoba-202511/bundles");

    #[test]
    fn the_sample_is_read_whole_and_names_are_known() {
        let (mut ui, _, err) = testing::ui(Lang::Ja, false, None);
        let holdings = Holdings::read(&mut ui, &[SAMPLE.into()], |_, _| true).unwrap();
        assert_eq!((err.text().as_str(), holdings.unread.rows), ("", 0));
        assert_eq!(holdings.names.person("139014", "0009000000"), Some("濵見本　末吉"));
        // Plans know her under one insurer, one office reports under another.
        let name = holdings.names.person("139014", "0009237573").unwrap();
        assert_eq!(holdings.names.person("139022", "0009237573"), Some(name));
        assert_eq!(holdings.names.person("999999", "0009000000"), None);
        assert!(holdings.names.office("1379900010".parse().unwrap()).is_some());
        let wanted = |subject, month: Option<Month>| {
            subject == Subject::Actual && month.is_some_and(|month| month.to_string() == "202503")
        };
        let march = Holdings::read(&mut ui, &[SAMPLE.into()], wanted).unwrap();
        assert!(march.ledger.documents().count() > 0);
        assert!(march.ledger.documents().all(|held| held.document.month().unwrap().to_string() == "202503"));
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let name = "DLTPLAN_202511_1379905001_43_1379900036_17_20251105090320.CSV";
        std::fs::write(dir.path().join(name), "202407,139014\r\n").unwrap();
        std::fs::write(dir.path().join("memo.csv"), "x").unwrap();
        for at in 0..7 {
            std::fs::write(dir.path().join(format!("{at}.txt")), "x").unwrap();
        }
        let (mut ui, out, err) = testing::ui(Lang::Ja, false, None);
        let holdings = Holdings::read(&mut ui, &[dir.path().to_owned()], |_, _| true).unwrap();
        assert_eq!((holdings.unread.files, holdings.unread.rows), (1, 1));
        assert_eq!(out.text(), "");
        assert!(err.text().contains("musubi check"), "{}", err.text());
        assert!(err.text().contains("ほかに 2 件"), "{}", err.text());
        let none = tempfile::tempdir().unwrap();
        let error = Holdings::read(&mut ui, &[none.path().to_owned()], |_, _| true).unwrap_err();
        assert_eq!(error.code(), "exchange-nothing");
    }

    #[test]
    fn thousands_are_marked() {
        assert_eq!(
            [0, 999, 1000, -20_194, 1_234_567].map(grouped),
            ["0", "999", "1,000", "-20,194", "1,234,567"].map(str::to_owned)
        );
    }
}
