//! The files of a unit: which there are, and which rows stand in them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{
    Adaptation, Adapted, WriteError, Written, WrittenFile,
    sheet::{KeyCells, Sheet},
};
use crate::{
    bundle::Combination,
    edition::Edition,
    file::MAX_FILE_BYTES,
    ids::Month,
    key::{Key, Subject},
    kind::FileKind,
    model::{
        Action, BasicInformation, CarePlan, Contents, Document, Image, MonthActual, MonthPlan, ServiceRow, SupportPlan,
        sort_table2,
    },
    name::{End, FileName, NameError},
    reader::key_cell,
    record::Record,
    service::service_of,
};

pub(super) fn write(contents: &Contents) -> Result<Written, WriteError> {
    let keys: Vec<Key> = match &contents.action {
        Action::Replace(documents) => documents.iter().map(Document::key).collect(),
        Action::Remove(keys) => keys.clone(),
    };
    let month = check(contents, &keys)?;
    let edition = match month {
        Some(month) => Edition::of_month(month),
        None => contents.edition,
    };
    let mut files = Files::new(contents, edition, month);
    match &contents.action {
        Action::Remove(_) => {
            for key in &keys {
                let kind = match key.subject() {
                    Subject::CarePlan => FileKind::Dlt1Kyo,
                    Subject::PlanMonth => FileKind::DltPlan,
                    Subject::Actual => FileKind::DltJsk,
                    Subject::BasicInformation => FileKind::DltKihon,
                    Subject::SupportPlan => FileKind::DltYobo,
                };
                files.sheet(kind)?.removal(&KeyCells::of(key))?;
            }
        }
        Action::Replace(documents) => {
            for (at, (document, key)) in documents.iter().zip(&keys).enumerate() {
                files.document(at, document, KeyCells::of(key))?;
            }
        }
    }
    Ok(files.finish())
}

/// Checks that the contents are one unit, and returns its month.
fn check(contents: &Contents, keys: &[Key]) -> Result<Option<Month>, WriteError> {
    let Some(first) = keys.first() else { return Err(WriteError::Empty) };
    let replaces = matches!(contents.action, Action::Replace(_));
    let preventive = |subject| matches!(subject, Subject::BasicInformation | Subject::SupportPlan);
    let (mut month, mut kinds, mut seen) = (None, BTreeSet::new(), HashSet::new());
    for (at, key) in keys.iter().enumerate() {
        let together = replaces && preventive(first.subject()) && preventive(key.subject());
        if key.subject() != first.subject() && !together {
            return Err(WriteError::Mixed);
        }
        let mut cells = key.cells();
        for column in ["insurer_number", "insured_number"] {
            let cell = cells.next().unwrap_or_default();
            if key_cell(column, cell).is_none() || cell.bytes().any(|byte| byte.is_ascii_lowercase()) {
                return Err(WriteError::Person { document: at });
            }
        }
        if matches!(key.subject(), Subject::PlanMonth | Subject::Actual) {
            let own = cells.next().and_then(|cell| cell.parse::<Month>().ok());
            match (month, own) {
                (Some(month), Some(own)) if month != own => return Err(WriteError::Months(month, own)),
                _ => month = month.or(own),
            }
        }
        if key.subject() == Subject::Actual {
            kinds.extend(cells.nth(1));
        }
        if !seen.insert(key) {
            return Err(WriteError::Twice { document: at });
        }
    }
    // A planner may pass on actuals of many offices; an office that gives services sends one kind at a time.
    let planner = contents.sender.kind.and_then(service_of).is_some_and(|service| service.planner);
    if kinds.len() > 1 && !planner {
        return Err(WriteError::SeveralKinds);
    }
    Ok(month)
}

impl KeyCells {
    fn of(key: &Key) -> Self {
        let mut cells = key.cells();
        let mut next = || cells.next().unwrap_or_default();
        let (insurer, insured, when) = (next().into(), next().into(), next().to_owned());
        let service = (key.subject() == Subject::Actual).then(|| (next().to_owned(), next().to_owned()));
        Self { insurer, insured, when, service, image: None }
    }
}

/// The files that are being written.
struct Files<'c> {
    contents: &'c Contents,
    sender: End,
    receiver: End,
    edition: Edition,
    month: Option<Month>,
    sheets: BTreeMap<FileKind, Sheet>,
    images: BTreeMap<u16, (FileName, &'c Image)>,
    /// Rows of files that the edition does not have.
    left_out: Vec<Adaptation>,
}

impl<'c> Files<'c> {
    fn new(contents: &'c Contents, edition: Edition, month: Option<Month>) -> Self {
        // Names of edition 3 have no service kinds.
        let end = |end: End| End { kind: end.kind.filter(|_| edition != Edition::V3), ..end };
        let (sender, receiver) = (end(contents.sender), end(contents.receiver));
        let (sheets, images) = (BTreeMap::new(), BTreeMap::new());
        Self { contents, sender, receiver, edition, month, sheets, images, left_out: Vec::new() }
    }

    fn name(&self, kind: FileKind, image: Option<u16>) -> Result<FileName, WriteError> {
        let month = self.month.filter(|_| kind.has_month());
        if self.edition != Edition::V3 && (self.sender.kind.is_none() || self.receiver.kind.is_none()) {
            let part = crate::NamePart::ServiceKinds;
            return Err(NameError::Part { kind, part }.into());
        }
        Ok(FileName::new(kind, month, self.sender, self.receiver, self.contents.serial, image)?)
    }

    /// Returns the file of a kind; it begins with the first row.
    fn sheet(&mut self, kind: FileKind) -> Result<&mut Sheet, WriteError> {
        let edition = self.edition;
        if kind.since() > edition {
            return Err(WriteError::NotInEdition { kind, edition });
        }
        if !self.sheets.contains_key(&kind) {
            let sheet = Sheet::new(self.name(kind, None)?, edition);
            let sheet = sheet.ok_or(WriteError::NotInEdition { kind, edition })?;
            self.sheets.insert(kind, sheet);
        }
        self.sheets.get_mut(&kind).ok_or(WriteError::NotInEdition { kind, edition })
    }

    fn document(&mut self, at: usize, document: &'c Document, key: KeyCells) -> Result<(), WriteError> {
        if !document.has_head() {
            return Err(WriteError::Headless { document: at });
        }
        let write = &mut Rows { files: self, at, key };
        match document {
            Document::CarePlan(plan) => write.care_plan(plan),
            Document::MonthPlan(plan) => write.month_plan(plan),
            Document::MonthActual(actual) => write.month_actual(actual),
            Document::BasicInformation(basic) => write.basic_information(basic),
            Document::SupportPlan(plan) => write.support_plan(plan),
        }
    }

    /// Gives a picture its name.
    fn image(&mut self, image: &'c Image) -> Result<FileName, WriteError> {
        let number = image.number;
        if image.bytes.is_empty() || number > 9999 {
            return Err(WriteError::Picture { number });
        }
        if image.bytes.len() > MAX_FILE_BYTES {
            return Err(WriteError::TooLarge { kind: FileKind::UpKihonImage });
        }
        let name = self.name(FileKind::UpKihonImage, Some(number))?;
        let (name, same) = self.images.entry(number).or_insert((name, image));
        if same.bytes == image.bytes { Ok(name.clone()) } else { Err(WriteError::Picture { number }) }
    }

    fn finish(self) -> Written {
        let mut report = Vec::new();
        let kinds: Vec<FileKind> = self.sheets.keys().copied().collect();
        let care_plan = kinds.contains(&FileKind::Up1Kyo);
        let combination = Combination::nearest(&kinds, self.edition, care_plan);
        let missing = combination.map(|combination| combination.missing(&kinds, self.edition).collect());
        let mut files: Vec<WrittenFile> = self.sheets.into_values().map(|sheet| sheet.finish(&mut report)).collect();
        files.extend(self.images.into_values().map(|(name, image)| WrittenFile { name, bytes: image.bytes.to_vec() }));
        files.sort_by_key(|file| (file.name.kind(), file.name.image()));
        report.extend(self.left_out);
        Written { edition: self.edition, files, missing: missing.unwrap_or_default(), report }
    }
}

/// Writes the rows of one document.
struct Rows<'f, 'c> {
    files: &'f mut Files<'c>,
    at: usize,
    key: KeyCells,
}

impl<'c> Rows<'_, 'c> {
    fn care_plan(&mut self, plan: &CarePlan) -> Result<(), WriteError> {
        let mut table2 = plan.table2.clone();
        if table2.iter().all(|record| record.kind() == FileKind::Up2Kyo) {
            sort_table2(&mut table2);
        }
        self.records(FileKind::Up1Kyo, &plan.table1)?;
        self.records(FileKind::Up2Kyo, &table2)?;
        if self.files.edition < FileKind::Up3Kyo.since() {
            for row in 1..=plan.table3.len() {
                let file = self.files.name(FileKind::Up3Kyo, None)?;
                self.files.left_out.push(Adaptation { file, row, column: None, what: Adapted::LeftOut });
            }
        } else {
            self.records(FileKind::Up3Kyo, &plan.table3)?;
        }
        self.records(FileKind::UpHosoku, &plan.supplement)
    }

    fn month_plan(&mut self, plan: &MonthPlan) -> Result<(), WriteError> {
        self.services(FileKind::UpPlan, &plan.rows)?;
        self.records(FileKind::UpSikyu, &plan.benefits)?;
        self.records(FileKind::UpHosoku, &plan.supplement)
    }

    fn month_actual(&mut self, actual: &MonthActual) -> Result<(), WriteError> {
        for (row, service) in actual.rows.iter().enumerate() {
            let kind = match service.code {
                Some(code) => Some(code.kind()),
                None => {
                    let kept = service.unreadable.iter().find(|(name, _)| *name == "service_code");
                    let cell = kept.and_then(|(name, text)| key_cell(name, text));
                    cell.and_then(|cell| cell.value.parse().ok())
                }
            };
            if service.office != Some(actual.office) || kind != Some(actual.kind) {
                return Err(WriteError::OtherKey { document: self.at, row });
            }
        }
        self.key.service = None; // the rows tell office and kind themselves
        self.services(FileKind::UpJsk, &actual.rows)
    }

    fn basic_information(&mut self, basic: &'c BasicInformation) -> Result<(), WriteError> {
        if let Some(image) = &basic.image {
            self.key.image = Some(self.files.image(image)?.to_string());
        }
        self.records(FileKind::UpKihon, &basic.record)?;
        self.records(FileKind::UpKihonSub1, &basic.day)?;
        self.records(FileKind::UpKihonSub2, &basic.history)
    }

    fn support_plan(&mut self, plan: &SupportPlan) -> Result<(), WriteError> {
        self.records(FileKind::UpYobo, &plan.record)?;
        self.records(FileKind::UpYoboSub, &plan.rows)
    }

    fn records<'r>(
        &mut self,
        expected: FileKind,
        records: impl IntoIterator<Item = &'r Record>,
    ) -> Result<(), WriteError> {
        for record in records {
            let found = record.kind();
            if found != expected {
                return Err(WriteError::OtherTable { document: self.at, expected, found });
            }
            self.files.sheet(expected)?.record(&self.key, record)?;
        }
        Ok(())
    }

    fn services(&mut self, kind: FileKind, rows: &[ServiceRow]) -> Result<(), WriteError> {
        rows.iter().try_for_each(|row| self.files.sheet(kind)?.service(&self.key, row))
    }
}
