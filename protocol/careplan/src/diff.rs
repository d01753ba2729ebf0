//! What changed between two versions of a document.
//!
//! Nothing is a difference that no reader would see as one: the order of rows in any table, and the order in which
//! unreadable cells are listed. Rows of table 6 are paired as in a reconciliation, office by office; what is left then
//! pairs if only office, satellite or equipment changed. Rows of other tables are paired by the numbers or names that a
//! reader knows them by.

use std::fmt;

use crate::{
    finding::Lang,
    ids::{Month, OfficeNumber, ServiceCode, ServiceKind},
    key::Subject,
    kind::FileKind,
    layout::Field,
    model::{BasicInformation, CarePlan, Document, MonthActual, MonthPlan, SupportPlan},
    value::{Date, Time, Value},
};

mod records;
mod services;
mod text;

#[cfg(test)]
pub(crate) use text::KEYS;

/// A change.
///
/// `Debug` prints no content: it is about persons.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Change {
    /// Where.
    pub place: Place,
    /// What.
    pub what: What,
}

/// Where something changed.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Place {
    /// The document as a whole.
    Document {
        /// What it is.
        subject: Subject,
        /// The day in its key.
        date: Option<Date>,
        /// The month in its key.
        month: Option<Month>,
        /// The office in its key.
        office: Option<OfficeNumber>,
        /// The service kind in its key.
        kind: Option<ServiceKind>,
    },
    /// A table as a whole: of those with one row, and what the rows of others have in common.
    Table(FileKind),
    /// A row.
    Row {
        /// The table.
        table: FileKind,
        /// What a reader knows it by, as it was before; as it is now, if it was added.
        name: Vec<(&'static Field, Value)>,
    },
    /// Rows of table 6 that changed alike.
    Services {
        /// The table: plan or actuals.
        table: FileKind,
        /// The document's month.
        month: Month,
        /// The days, sorted; one that two rows have stands twice.
        days: Vec<Option<Date>>,
        /// What they had in common before; now, if they were added.
        service: Service,
    },
}

/// A service that stands in table 6.
///
/// Count and units are told of one that was added or removed: changes of a service that stays tell theirs themselves.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Service {
    /// When it begins.
    pub start: Time,
    /// When it ends.
    pub end: Time,
    /// The service code.
    pub code: Option<ServiceCode>,
    /// The office.
    pub office: Option<OfficeNumber>,
    /// The satellite.
    pub satellite: Option<i32>,
    /// How often on a day.
    pub count: Option<i32>,
    /// Units of one.
    pub units: Option<i32>,
}

/// What changed.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum What {
    /// It was not there before.
    Added,
    /// It is there no more.
    Removed,
    /// A picture.
    Picture,
    /// A column.
    Field {
        /// The column.
        field: &'static Field,
        /// What stood there.
        before: Option<Value>,
        /// What stands there.
        after: Option<Value>,
    },
    /// Beginning or end of a service.
    Time {
        /// Both before.
        before: (Time, Time),
        /// Both now.
        after: (Time, Time),
    },
    /// A service became another one.
    Code {
        /// Which it was.
        before: ServiceCode,
        /// Which it is.
        after: ServiceCode,
    },
}

/// Tells what changed from `old` to `new`; empty if nothing did.
///
/// Both are versions of one document. Of documents with different keys the one is told as removed and the other as
/// added.
#[must_use]
pub fn diff(old: &Document, new: &Document) -> Vec<Change> {
    if old.key() != new.key() {
        return vec![Change::removed(old), Change::added(new)];
    }
    match (old, new) {
        (Document::CarePlan(old), Document::CarePlan(new)) => care_plan(old, new),
        (Document::MonthPlan(old), Document::MonthPlan(new)) => month_plan(old, new),
        (Document::MonthActual(old), Document::MonthActual(new)) => month_actual(old, new),
        (Document::BasicInformation(old), Document::BasicInformation(new)) => basic_information(old, new),
        (Document::SupportPlan(old), Document::SupportPlan(new)) => support_plan(old, new),
        // Equal keys are of one subject.
        _ => Vec::new(),
    }
}

impl Change {
    /// Tells that a document was added.
    #[must_use]
    pub fn added(document: &Document) -> Self {
        Self { place: Place::of(document), what: What::Added }
    }

    /// Tells that a document was removed.
    #[must_use]
    pub fn removed(document: &Document) -> Self {
        Self { place: Place::of(document), what: What::Removed }
    }

    /// Returns the change in words, one line. It shows what stands in the document.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        text::of(self, lang)
    }
}

impl Place {
    fn of(document: &Document) -> Self {
        let (date, office, kind) = match document {
            Document::CarePlan(plan) => (Some(plan.date), None, None),
            Document::MonthPlan(_) => (None, None, None),
            Document::MonthActual(actual) => (None, Some(actual.office), Some(actual.kind)),
            Document::BasicInformation(basic) => (Some(basic.date), None, None),
            Document::SupportPlan(plan) => (Some(plan.date), None, None),
        };
        Self::Document { subject: document.subject(), date, month: document.month(), office, kind }
    }
}

fn care_plan(old: &CarePlan, new: &CarePlan) -> Vec<Change> {
    let mut changes = Vec::new();
    records::single(FileKind::Up1Kyo, old.table1.as_ref(), new.table1.as_ref(), &mut changes);
    records::rows(&old.table2, &new.table2, &mut changes);
    records::rows(&old.table3, &new.table3, &mut changes);
    records::single(FileKind::UpHosoku, old.supplement.as_ref(), new.supplement.as_ref(), &mut changes);
    changes
}

fn month_plan(old: &MonthPlan, new: &MonthPlan) -> Vec<Change> {
    let mut changes = services::changes(FileKind::UpPlan, old.month, &old.rows, &new.rows);
    records::rows(&old.benefits, &new.benefits, &mut changes);
    records::single(FileKind::UpHosoku, old.supplement.as_ref(), new.supplement.as_ref(), &mut changes);
    changes
}

fn month_actual(old: &MonthActual, new: &MonthActual) -> Vec<Change> {
    services::changes(FileKind::UpJsk, old.month, &old.rows, &new.rows)
}

fn basic_information(old: &BasicInformation, new: &BasicInformation) -> Vec<Change> {
    let mut changes = Vec::new();
    records::single(FileKind::UpKihon, old.record.as_ref(), new.record.as_ref(), &mut changes);
    records::rows(&old.day, &new.day, &mut changes);
    records::rows(&old.history, &new.history, &mut changes);
    let picture = match (&old.image, &new.image) {
        (Some(old), Some(new)) => (old != new).then_some(What::Picture),
        (Some(_), None) => Some(What::Removed),
        (None, Some(_)) => Some(What::Added),
        (None, None) => None,
    };
    changes.extend(picture.map(|what| Change { place: Place::Table(FileKind::UpKihonImage), what }));
    changes
}

fn support_plan(old: &SupportPlan, new: &SupportPlan) -> Vec<Change> {
    let mut changes = Vec::new();
    records::single(FileKind::UpYobo, old.record.as_ref(), new.record.as_ref(), &mut changes);
    records::rows(&old.rows, &new.rows, &mut changes);
    changes
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Change({:?}, {:?})", self.place, self.what)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document { subject, .. } => write!(f, "Document({subject:?}, ..)"),
            Self::Table(table) => write!(f, "Table({table})"),
            Self::Row { table, .. } => write!(f, "Row({table}, ..)"),
            Self::Services { table, .. } => write!(f, "Services({table}, ..)"),
        }
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Service(..)")
    }
}

impl fmt::Debug for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added => f.write_str("Added"),
            Self::Removed => f.write_str("Removed"),
            Self::Picture => f.write_str("Picture"),
            Self::Field { field, .. } => write!(f, "Field({}, ..)", field.name_en()),
            Self::Time { .. } => f.write_str("Time(..)"),
            Self::Code { .. } => f.write_str("Code(..)"),
        }
    }
}
