//! Reading a unit's files into the model.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::{
    Action, BasicInformation, CarePlan, Contents, Document, Image, MonthActual, MonthPlan, Person, ServiceRow,
    SupportPlan, service::ServiceReader,
};
use crate::{
    key::{Key, Subject},
    kind::FileKind,
    name::FileName,
    reader::{self, Opened, Table, What},
    record::Record,
    unit::Unit,
    value::Value,
};

/// What came out of reading a unit.
///
/// Every row that can be read is either in the contents or counted here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What the unit says.
    pub contents: Contents,
    /// Rows that a later row of the same key took the place of, where only one can be (table 1, the supplement,
    /// basic information, a preventive plan, a removal), and the rows of a file that came twice.
    pub superseded: usize,
    /// Rows that remove something, in a unit that brings documents.
    pub left_out: usize,
}

impl Contents {
    /// Reads the files of a unit; `bytes` gives the content of a file by its [`File::position`](crate::File::position).
    ///
    /// It reads what it can: a unit may be incomplete or have errors. Rows that cannot be read are left out, and
    /// the unit's findings tell which. Documents stand in the order in which their keys come up. Rows of another
    /// month, office or service kind than the file's name tells go to documents of their own, and so does a row of an
    /// attached file without its leading one; [`Document::has_head`] tells those apart. Columns that the standard
    /// says are to be ignored are: the plan date in a month's supplement, the month in a care plan's.
    ///
    /// `None` if there is no readable row.
    #[must_use]
    pub fn read<'b>(unit: &Unit, bytes: impl Fn(usize) -> &'b [u8]) -> Option<Reading> {
        let mut gatherer = Gatherer::default();
        let mut pictures: HashMap<&FileName, Arc<[u8]>> = HashMap::new();
        let mut before: HashSet<(&FileName, &[u8])> = HashSet::new();
        for file in unit.files() {
            let (name, content) = (file.parsed(), bytes(file.position()));
            match reader::open(name, content) {
                Opened::Table(table) if before.insert((name, content)) => gatherer.table(name.kind(), *table),
                Opened::Table(table) => gatherer.superseded += records(*table),
                Opened::Picture => {
                    pictures.insert(name, Arc::from(content));
                }
                Opened::Empty | Opened::TooLarge | Opened::Utf16 => {}
            }
        }
        gatherer.finish(&pictures);
        let Gatherer { documents, removed, superseded, left_out, .. } = gatherer;
        let (action, left_out) = match (documents.is_empty(), removed.is_empty()) {
            (true, true) => return None,
            (true, false) => (Action::Remove(removed), left_out),
            (false, _) => (Action::Replace(documents), left_out + removed.len()),
        };
        let contents = Contents {
            sender: unit.sender(),
            receiver: unit.receiver(),
            serial: unit.serial(),
            edition: unit.edition(),
            action,
        };
        Some(Reading { contents, superseded, left_out })
    }
}

fn records(mut table: Table<'_>) -> usize {
    let mut count = 0;
    while let Some(step) = table.next() {
        count += usize::from(matches!(step.what, What::Record(..)));
    }
    count
}

/// Puts rows into documents.
#[derive(Default)]
struct Gatherer {
    documents: Vec<Document>,
    places: HashMap<Key, usize>,
    /// The key of the row before: rows of one document mostly follow each other.
    last: Option<(Key, usize)>,
    removed: Vec<Key>,
    removed_before: HashSet<Key>,
    superseded: usize,
    left_out: usize,
}

impl Gatherer {
    fn table(&mut self, kind: FileKind, mut table: Table<'_>) {
        let encoding = table.encoding();
        let mut services = None;
        while let Some(step) = table.next() {
            let What::Record(layout, key) = step.what else { continue };
            if kind.is_delete() {
                self.remove(key);
                continue;
            }
            let Some(at) = self.place(key) else {
                self.left_out += 1;
                continue;
            };
            if reader::is_table6(kind) {
                let services = services.get_or_insert_with(|| ServiceReader::new(layout));
                let row = services.read(&step.row, encoding);
                if let Document::MonthPlan(MonthPlan { rows, .. }) | Document::MonthActual(MonthActual { rows, .. }) =
                    &mut self.documents[at]
                {
                    rows.push(row);
                }
            } else {
                self.put(at, Record::read(&step.row, layout, encoding));
            }
        }
    }

    fn remove(&mut self, key: &Key) {
        if self.removed_before.insert(key.clone()) {
            self.removed.push(key.clone());
        } else {
            self.superseded += 1;
        }
    }

    /// Finds the document of a key, or begins it.
    fn place(&mut self, key: &Key) -> Option<usize> {
        if let Some((_, at)) = self.last.as_ref().filter(|(last, _)| last == key) {
            return Some(*at);
        }
        let at = match self.places.get(key) {
            Some(&at) => at,
            None => {
                self.documents.push(Document::empty(key)?);
                let at = self.documents.len() - 1;
                self.places.insert(key.clone(), at);
                at
            }
        };
        self.last = Some((key.clone(), at));
        Some(at)
    }

    fn put(&mut self, at: usize, record: Record) {
        use FileKind::*;
        let single = match (&mut self.documents[at], record.kind()) {
            (Document::CarePlan(plan), Up1Kyo) => &mut plan.table1,
            (Document::CarePlan(plan), UpHosoku) => &mut plan.supplement,
            (Document::MonthPlan(plan), UpHosoku) => &mut plan.supplement,
            (Document::BasicInformation(basic), UpKihon) => &mut basic.record,
            (Document::SupportPlan(plan), UpYobo) => &mut plan.record,
            (Document::CarePlan(plan), Up2Kyo) => return plan.table2.push(record),
            (Document::CarePlan(plan), Up3Kyo) => return plan.table3.push(record),
            (Document::MonthPlan(plan), UpSikyu) => return plan.benefits.push(record),
            (Document::BasicInformation(basic), UpKihonSub1) => return basic.day.push(record),
            (Document::BasicInformation(basic), UpKihonSub2) => return basic.history.push(record),
            (Document::SupportPlan(plan), UpYoboSub) => return plan.rows.push(record),
            // The subject of a key follows from the kind of file, so this does not happen.
            _ => {
                self.left_out += 1;
                return;
            }
        };
        self.superseded += usize::from(single.replace(record).is_some());
    }

    fn finish(&mut self, pictures: &HashMap<&FileName, Arc<[u8]>>) {
        for document in &mut self.documents {
            match document {
                Document::CarePlan(plan) => sort_table2(&mut plan.table2),
                Document::BasicInformation(basic) => basic.take_image(pictures),
                _ => {}
            }
        }
    }
}

impl Document {
    /// Begins the document that a key names.
    fn empty(key: &Key) -> Option<Self> {
        let mut cells = key.cells();
        let person = Person { insurer: cells.next()?.into(), insured: cells.next()?.into() };
        let when = cells.next()?;
        Some(match key.subject() {
            Subject::CarePlan => Self::CarePlan(CarePlan {
                person,
                date: when.parse().ok()?,
                table1: None,
                table2: Vec::new(),
                table3: Vec::new(),
                supplement: None,
            }),
            Subject::PlanMonth => Self::MonthPlan(MonthPlan {
                person,
                month: when.parse().ok()?,
                rows: Vec::new(),
                benefits: Vec::new(),
                supplement: None,
            }),
            Subject::Actual => Self::MonthActual(MonthActual {
                person,
                month: when.parse().ok()?,
                office: cells.next()?.parse().ok()?,
                kind: cells.next()?.parse().ok()?,
                rows: Vec::<ServiceRow>::new(),
            }),
            Subject::BasicInformation => Self::BasicInformation(BasicInformation {
                person,
                date: when.parse().ok()?,
                record: None,
                day: Vec::new(),
                history: Vec::new(),
                image: None,
            }),
            Subject::SupportPlan => {
                Self::SupportPlan(SupportPlan { person, date: when.parse().ok()?, record: None, rows: Vec::new() })
            }
        })
    }
}

impl BasicInformation {
    /// Takes the picture that the record names; the name stays where no such picture came.
    fn take_image(&mut self, pictures: &HashMap<&FileName, Arc<[u8]>>) {
        let Some(record) = &mut self.record else { return };
        let Ok(name) = record.text(IMAGE_COLUMN).trim().parse::<FileName>() else { return };
        if let (Some(bytes), Some(number)) = (pictures.get(&name), name.image()) {
            self.image = Some(Image { number, bytes: Arc::clone(bytes) });
            record.set(IMAGE_COLUMN, None);
        }
    }
}

/// The column that names the picture of basic information.
pub(crate) const IMAGE_COLUMN: &str = "family_image_file";

/// Sorts table 2 by its numbers; rows that are equal in them keep their order, and a row without a number goes with the
/// row before it.
pub(crate) fn sort_table2(rows: &mut [Record]) {
    let mut before = [i64::MIN; 3];
    let mut numbers = Vec::with_capacity(rows.len());
    for row in rows.iter() {
        let mut own = [i64::MIN; 3];
        let mut same = true;
        for (at, column) in ["need_no", "goal_no", "support_no"].into_iter().enumerate() {
            own[at] = match row.get(column) {
                Some(Value::Number(number)) => *number,
                _ if same => before[at],
                _ => i64::MIN,
            };
            same &= own[at] == before[at];
        }
        numbers.push(own);
        before = own;
    }
    if numbers.is_sorted() {
        return;
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&at| numbers[at]);
    let sorted: Vec<Record> = order.into_iter().map(|at| rows[at].clone()).collect();
    for (row, record) in rows.iter_mut().zip(sorted) {
        *row = record;
    }
}

#[cfg(test)]
mod tests;
