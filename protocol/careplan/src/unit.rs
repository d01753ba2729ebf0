//! Sorting files into sending units, and judging each unit.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

mod links;

use crate::{
    bundle::{Bundle, Combination},
    edition::Edition,
    file::File,
    finding::{Argument, Finding, Findings},
    ids::{Month, Serial, ServiceKind},
    key::Key,
    kind::FileKind,
    name::{End, FileName},
    rule::Rule,
    service::service_of,
};

/// Takes files in any order and sorts them into units.
///
/// It keeps what [`File`] keeps and not the bytes, so a folder can be gone through file by file.
#[derive(Debug, Default)]
pub struct Collection {
    files: Vec<File>,
    strays: Vec<(usize, Finding)>,
    count: usize,
}

/// What a collection of files holds.
#[derive(Debug)]
pub struct Sorted {
    /// The units by serial, sender and receiver; those with errors too.
    pub units: Vec<Unit>,
    /// Files whose names are none of the standard's, each with its position and why.
    pub strays: Vec<(usize, Finding)>,
}

/// The files with one sender, receiver and serial, and the judgement about them.
#[derive(Debug)]
pub struct Unit {
    sender: End,
    receiver: End,
    serial: Serial,
    files: Vec<File>,
    edition: Edition,
    combination: Option<&'static Combination>,
    whole: bool,
    month: Option<Month>,
    findings: Vec<Finding>,
}

impl Collection {
    /// Starts without a file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a file and returns its position, counted from 0. The name is the file's own, without a folder.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> usize {
        let position = self.count;
        self.count += 1;
        match File::read(name, bytes) {
            Ok(file) => self.files.push(file.at(position)),
            Err(finding) => self.strays.push((position, finding)),
        }
        position
    }

    /// Sorts the files into units and judges these.
    #[must_use]
    pub fn sort(self) -> Sorted {
        let mut groups: BTreeMap<(Serial, End, End), Vec<File>> = BTreeMap::new();
        for file in self.files {
            groups.entry((file.parsed().serial(), file.sender(), file.receiver())).or_default().push(file);
        }
        let mut units: Vec<Unit> = groups.into_values().filter_map(Unit::new).collect();
        let scattered = scattered(&units);
        for unit in &mut units {
            unit.judge(&scattered);
        }
        Sorted { units, strays: self.strays }
    }
}

/// The serials of incomplete units by ends and kind: there may lie what another unit lacks.
type Scattered = HashMap<(End, End, FileKind), Vec<Serial>>;

fn scattered(units: &[Unit]) -> Scattered {
    let mut scattered = Scattered::new();
    for unit in units {
        let kinds = unit.kinds();
        if unit.combination.is_none_or(|combination| combination.missing(&kinds, unit.edition).next().is_none()) {
            continue;
        }
        for kind in kinds {
            let serials = scattered.entry((unit.sender, unit.receiver, kind)).or_default();
            // Two are enough to find one that is not the asking unit's own.
            if serials.len() < 2 {
                serials.push(unit.serial);
            }
        }
    }
    scattered
}

impl Unit {
    /// Puts files with the same ends and serial together; `None` without a file.
    fn new(mut files: Vec<File>) -> Option<Self> {
        files.sort_by(|one, other| {
            let key = |file: &File| (file.kind(), file.parsed().image(), file.position());
            key(one).cmp(&key(other))
        });
        let head = files.first()?;
        let (sender, receiver, serial) = (head.sender(), head.receiver(), head.parsed().serial());
        let edition = head.edition();
        let mut kinds: Vec<_> = files.iter().map(File::kind).collect();
        kinds.dedup();
        let supplement = files.iter().find(|file| file.kind() == FileKind::UpHosoku);
        let care_plan = supplement.is_some_and(|file| file.parsed().month().is_none());
        let combination = Combination::nearest(&kinds, edition, care_plan);
        Some(Self {
            sender,
            receiver,
            serial,
            files,
            edition,
            combination,
            whole: false,
            month: None,
            findings: Vec::new(),
        })
    }

    /// Returns the unit's code; `None` if the files are none.
    ///
    /// Without service kinds (edition 3, or see [`Unit::assume_kinds`]) it is never a preventive one where the files
    /// leave that open.
    #[must_use]
    pub fn bundle(&self) -> Option<Bundle> {
        let combination = self.combination.filter(|_| self.whole)?;
        Some(combination.bundle(self.edition, [self.sender.kind, self.receiver.kind]))
    }

    /// Tells whether the unit may be sent: it is whole, and no finding is an error.
    #[must_use]
    pub fn is_sendable(&self) -> bool {
        self.whole && !self.findings.iter().any(Finding::is_error)
    }

    /// Supplies service kinds that the names do not tell; what they tell stays.
    pub fn assume_kinds(&mut self, sender: Option<ServiceKind>, receiver: Option<ServiceKind>) {
        self.sender.kind = self.sender.kind.or(sender);
        self.receiver.kind = self.receiver.kind.or(receiver);
    }

    /// Returns the sender.
    #[must_use]
    pub fn sender(&self) -> End {
        self.sender
    }

    /// Returns the receiver.
    #[must_use]
    pub fn receiver(&self) -> End {
        self.receiver
    }

    /// Returns the serial.
    #[must_use]
    pub fn serial(&self) -> Serial {
        self.serial
    }

    /// Returns the edition, that of the first file.
    #[must_use]
    pub fn edition(&self) -> Edition {
        self.edition
    }

    /// Returns the month; `None` where the unit has none.
    #[must_use]
    pub fn month(&self) -> Option<Month> {
        self.month
    }

    /// Returns the files, in the order of [`FileKind::ALL`].
    #[must_use]
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// Returns all findings, of the files and of the unit.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns the keys that this unit replaces or removes, those of its leading files: a person who stands only
    /// in an attached file replaces nothing.
    #[must_use]
    pub fn keys(&self) -> BTreeSet<&Key> {
        self.files.iter().filter(|file| file.kind().is_head()).flat_map(File::keys).collect()
    }

    /// Returns how many people the unit is about.
    #[must_use]
    pub fn people(&self) -> usize {
        self.keys().into_iter().map(Key::person).collect::<BTreeSet<_>>().len()
    }

    fn kinds(&self) -> Vec<FileKind> {
        let mut kinds: Vec<_> = self.files.iter().map(File::kind).collect();
        kinds.dedup();
        kinds
    }

    fn judge(&mut self, scattered: &Scattered) {
        let mut findings: Vec<Finding> = self.files.iter().flat_map(File::findings).cloned().collect();
        let structure = findings.len();
        if let Some(combination) = self.combination {
            self.check_files(combination, scattered, &mut findings);
            self.whole = !findings[structure..].iter().any(Finding::is_error);
            self.check_months(combination, &mut findings);
        }
        self.check_ends(&mut findings);
        self.check_editions(&mut findings);
        self.check_images(&mut findings);
        self.check_direction(&mut findings);
        links::check(&mut self.files, &mut findings);
        let order: HashMap<&str, usize> =
            self.files.iter().enumerate().rev().map(|(at, file)| (file.name(), at)).collect();
        findings.sort_by_key(|finding| (order.get(finding.file()).copied(), finding.spot()));
        self.findings = findings;
    }

    /// Checks that each file belongs here, stands once, and that none is missing.
    fn check_files(&self, combination: &'static Combination, scattered: &Scattered, findings: &mut Vec<Finding>) {
        let kinds = self.kinds();
        let belonging: Vec<_> = kinds.iter().copied().filter(|&kind| combination.takes(kind)).collect();
        let mut before: Option<&File> = None;
        for file in &self.files {
            if !combination.takes(file.kind()) {
                let finding = Finding::new(Rule::UnitForeign, file.name()).with("kind", file.kind());
                findings.push(finding.with("others", Argument::Kinds(belonging.clone())));
            } else if let Some(before) = before.filter(|before| before.kind() == file.kind()) {
                if before.parsed() == file.parsed() {
                    findings.push(Finding::new(Rule::FileTwice, file.name()));
                } else if !file.kind().is_image() {
                    findings.push(Finding::new(Rule::UnitKindTwice, file.name()).with("kind", file.kind()));
                }
            }
            before = Some(file);
        }
        let Some(head) = self.files.iter().find(|file| combination.takes(file.kind())) else { return };
        for missing in combination.missing(&kinds, self.edition) {
            let serials = scattered.get(&(self.sender, self.receiver, missing));
            let elsewhere = serials.and_then(|serials| serials.iter().find(|&&serial| serial != self.serial));
            findings.push(match elsewhere {
                Some(serial) => Finding::new(Rule::UnitOtherSerial, head.name())
                    .with("missing", missing)
                    .with("serial", serial.to_string()),
                None => Finding::new(Rule::UnitMissing, head.name()).with("missing", missing),
            });
        }
        if kinds.contains(&FileKind::UpYobo) && !kinds.contains(&FileKind::UpYoboSub) {
            findings.push(Finding::new(Rule::UnitNoRows, head.name()).with("missing", FileKind::UpYoboSub));
        }
    }

    /// Finds the unit's month and checks that all names agree.
    fn check_months(&mut self, combination: &'static Combination, findings: &mut Vec<Finding>) {
        let belonging = || self.files.iter().filter(|file| combination.takes(file.kind()));
        let mut unit_month = None;
        for file in belonging() {
            let month = file.parsed().month();
            if file.kind() == FileKind::UpHosoku && month.is_some() == combination.is_care_plan() {
                findings.push(Finding::new(Rule::MonthOfSupplement, file.name()));
                continue;
            }
            let Some(month) = month else { continue };
            let expected = *unit_month.get_or_insert(month);
            if month != expected {
                let finding = Finding::new(Rule::MonthOfUnit, file.name());
                findings.push(finding.with("month", expected).with("other", month));
            }
        }
        self.month = unit_month;
    }

    /// Checks the numbers and kinds in the names, once for all files.
    fn check_ends(&self, findings: &mut Vec<Finding>) {
        let Some(head) = self.files.first() else { return };
        for office in BTreeSet::from([self.sender.office, self.receiver.office]) {
            if !office.has_check_digit() {
                let finding = Finding::new(Rule::NameCheckDigit, head.name());
                findings.push(finding.with("office", office.to_string()));
            }
        }
        let kinds = [self.sender.kind, self.receiver.kind];
        for kind in kinds.into_iter().flatten().collect::<BTreeSet<_>>() {
            if service_of(kind).is_none() {
                let finding = Finding::new(Rule::NameUnknownKind, head.name());
                findings.push(finding.with("service", kind.to_string()));
            }
        }
        let told = findings.iter().any(|finding| finding.rule() == Rule::NameLongKinds);
        if self.edition != Edition::V3 && kinds == [None, None] && !told {
            findings.push(Finding::new(Rule::NameShort, head.name()));
        }
    }

    /// Checks that plans come from who plans, and actuals do not go to who gives care.
    fn check_direction(&self, findings: &mut Vec<Finding>) {
        let planner = |end: End| end.kind.and_then(service_of).map(|service| service.planner);
        let wrong = |kind: FileKind| match kind {
            FileKind::UpJsk | FileKind::DltJsk => planner(self.receiver) == Some(false),
            _ => planner(self.sender) == Some(false),
        };
        let belongs = |kind| self.combination.is_some_and(|combination| combination.takes(kind));
        if let Some(file) = self.files.iter().find(|file| belongs(file.kind()) && wrong(file.kind())) {
            findings.push(Finding::new(Rule::UnitDirection, file.name()).with("kind", file.kind()));
        }
    }

    /// Checks that all files are of one edition; a file that could not be read tells none.
    fn check_editions(&self, findings: &mut Vec<Finding>) {
        for file in self.files.iter().filter(|file| file.csv_version().is_some()) {
            if file.edition() != self.edition {
                findings.push(Finding::new(Rule::UnitEditions, file.name()));
            }
        }
    }

    /// Checks that the pictures named in the basic information are those that came.
    fn check_images(&self, findings: &mut Vec<Finding>) {
        let here: HashSet<&FileName> = self.files.iter().map(File::parsed).collect();
        let mut named = HashSet::new();
        let mut basic = false;
        for file in self.files.iter().filter(|file| file.kind() == FileKind::UpKihon) {
            basic = true;
            let mut missing = Findings::default();
            for (row, image) in file.images() {
                named.insert(image);
                if !here.contains(image) {
                    let finding = Finding::new(Rule::ImageMissing, file.name()).row(*row);
                    missing.push(finding.with("image", image.to_string()));
                }
            }
            findings.extend(missing.finish(file.name()));
        }
        for file in self.files.iter().filter(|file| basic && file.kind().is_image()) {
            if !named.contains(file.parsed()) {
                findings.push(Finding::new(Rule::ImageUnused, file.name()));
            }
        }
    }
}
