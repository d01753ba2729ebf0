//! The model: what the files of a sending unit say, as documents about persons.
//!
//! A [`Contents`] is one sending unit; each [`Document`] in it is what one [`Key`] names: the unit of replacing and
//! removing. Rows that cannot be read are not in the model; the unit's findings tell why. What the key says stands in
//! the document and not in its records too.

mod read;
mod service;
mod tree;

use std::{fmt, sync::Arc};

use crate::{
    edition::Edition,
    ids::{Month, OfficeNumber, Serial, ServiceCode, ServiceKind},
    key::{Key, Subject},
    name::End,
    record::Record,
    value::{Date, Days, Time},
};

pub use read::Reading;
pub(crate) use read::{IMAGE_COLUMN, sort_table2};
pub use tree::{Goal, Issue, Need, Support};

/// A person, by the numbers of insurer and insured.
///
/// `Debug` prints neither.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Person {
    /// Number of the insurer (保険者番号). Plan and actuals may differ in it (住所地特例).
    pub insurer: Box<str>,
    /// Number of the insured person (被保険者番号).
    pub insured: Box<str>,
}

/// What one sending unit says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Who sent it.
    pub sender: End,
    /// Whom it was sent to.
    pub receiver: End,
    /// The serial of its files.
    pub serial: Serial,
    /// The edition of its files.
    pub edition: Edition,
    /// What it does.
    pub action: Action,
}

/// What a sending unit does to the documents that its receiver holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It brings documents; each replaces what was there under its key.
    Replace(Vec<Document>),
    /// It removes what is there under these keys.
    Remove(Vec<Key>),
}

/// What one key names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Document {
    /// Tables 1 to 3.
    CarePlan(CarePlan),
    /// Table 6 (plan) and table 7 of a month.
    MonthPlan(MonthPlan),
    /// Table 6 (actuals) of a month, one office and one service kind.
    MonthActual(MonthActual),
    /// Basic information of preventive care.
    BasicInformation(BasicInformation),
    /// Preventive care plan.
    SupportPlan(SupportPlan),
}

/// A care plan (居宅サービス計画書): tables 1 to 3 of one person and plan date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarePlan {
    /// Whose it is.
    pub person: Person,
    /// The day it was made or changed.
    pub date: Date,
    /// Table 1; missing only where its file or row is.
    pub table1: Option<Record>,
    /// Table 2 in the order of its numbers.
    pub table2: Vec<Record>,
    /// Table 3 in the order of its rows.
    pub table3: Vec<Record>,
    /// The supplement about the person.
    pub supplement: Option<Record>,
}

/// The plan of a month (利用票・提供票): the services of all offices for one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthPlan {
    /// Whose it is.
    pub person: Person,
    /// The month.
    pub month: Month,
    /// Table 6 in the order of its rows.
    pub rows: Vec<ServiceRow>,
    /// Table 7 in the order of its rows.
    pub benefits: Vec<Record>,
    /// The supplement about the person.
    pub supplement: Option<Record>,
}

/// The actuals of a month: what one office did for one person under one service kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthActual {
    /// Whose they are.
    pub person: Person,
    /// The month.
    pub month: Month,
    /// The office.
    pub office: OfficeNumber,
    /// The service kind.
    pub kind: ServiceKind,
    /// Table 6 in the order of its rows.
    pub rows: Vec<ServiceRow>,
}

/// Basic information about a person in preventive care (利用者基本情報).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasicInformation {
    /// Whose it is.
    pub person: Person,
    /// The day of the consultation.
    pub date: Date,
    /// The record itself; missing only where its file or row is.
    pub record: Option<Record>,
    /// The day's timetable.
    pub day: Vec<Record>,
    /// The medical history.
    pub history: Vec<Record>,
    /// The drawing of the family.
    pub image: Option<Image>,
}

/// A preventive care plan (介護予防サービス・支援計画書).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupportPlan {
    /// Whose it is.
    pub person: Person,
    /// The day it was made or changed.
    pub date: Date,
    /// The plan itself; missing only where its file or row is.
    pub record: Option<Record>,
    /// Its rows.
    pub rows: Vec<Record>,
}

/// A picture.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    /// The number in its file name, 0 to 9999.
    pub number: u16,
    /// The JPEG file.
    pub bytes: Arc<[u8]>,
}

/// A row of table 6: one service on one day.
///
/// Texts are shared between rows. `Debug` prints no content.
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceRow {
    /// The day the table was made.
    pub created_on: Option<Date>,
    /// The office that plans (プラン担当業者コード).
    pub cm_office: Option<OfficeNumber>,
    /// The care manager's name.
    pub care_manager: Option<Arc<str>>,
    /// Units of one service (単位数), negative for reductions.
    pub units: Option<i32>,
    /// Days of short stay up to the month before.
    pub short_stay_days_before: Option<i32>,
    /// The day.
    pub date: Option<Date>,
    /// The days that count for daily proration.
    pub prorated: Option<Days>,
    /// When it begins; an empty cell is read as [`Time::NONE`].
    pub start: Time,
    /// When it ends; an empty cell is read as [`Time::NONE`].
    pub end: Time,
    /// How often on that day.
    pub count: Option<i32>,
    /// The service code.
    pub code: Option<ServiceCode>,
    /// TAIS code of equipment, with a half-width hyphen.
    pub tais: Option<Arc<str>>,
    /// Notification code of equipment without a TAIS code.
    pub notification: Option<Arc<str>>,
    /// Name of the equipment.
    pub equipment: Option<Arc<str>>,
    /// Tells rows of equal code and units apart (明細判別コード).
    pub detail_no: Option<i32>,
    /// The office that gives the service.
    pub office: Option<OfficeNumber>,
    /// Its name.
    pub office_name: Option<Arc<str>>,
    /// The satellite (サテライト枝番).
    pub satellite: Option<i32>,
    /// Over 30 days of short stay.
    pub over_30_days: Option<bool>,
    /// Who last changed it (更新業者コード), as it stands.
    pub updated_by: Option<Arc<str>>,
    /// Cells whose text is not what their column asks for, by the column's identifier: kept, so that nothing is lost.
    pub unreadable: Vec<(&'static str, Arc<str>)>,
}

impl Document {
    /// Returns the key that names it.
    #[must_use]
    pub fn key(&self) -> Key {
        let person = self.person();
        let mut cells = vec![person.insurer.to_string(), person.insured.to_string()];
        match self {
            Self::CarePlan(plan) => cells.push(plan.date.to_string()),
            Self::MonthPlan(plan) => cells.push(plan.month.to_string()),
            Self::MonthActual(actual) => {
                cells.extend([actual.month.to_string(), actual.office.to_string(), actual.kind.to_string()]);
            }
            Self::BasicInformation(basic) => cells.push(basic.date.to_string()),
            Self::SupportPlan(plan) => cells.push(plan.date.to_string()),
        }
        Key::new(self.subject(), &cells)
    }

    /// Returns whose it is.
    #[must_use]
    pub fn person(&self) -> &Person {
        match self {
            Self::CarePlan(plan) => &plan.person,
            Self::MonthPlan(plan) => &plan.person,
            Self::MonthActual(actual) => &actual.person,
            Self::BasicInformation(basic) => &basic.person,
            Self::SupportPlan(plan) => &plan.person,
        }
    }

    /// Returns what it is.
    #[must_use]
    pub fn subject(&self) -> Subject {
        match self {
            Self::CarePlan(_) => Subject::CarePlan,
            Self::MonthPlan(_) => Subject::PlanMonth,
            Self::MonthActual(_) => Subject::Actual,
            Self::BasicInformation(_) => Subject::BasicInformation,
            Self::SupportPlan(_) => Subject::SupportPlan,
        }
    }

    /// Returns the month of those that have one.
    #[must_use]
    pub fn month(&self) -> Option<Month> {
        match self {
            Self::MonthPlan(plan) => Some(plan.month),
            Self::MonthActual(actual) => Some(actual.month),
            _ => None,
        }
    }

    /// Tells whether the leading file has a row for it (table 1, table 6, the plan or the record itself); without, it
    /// stands in attached files only and replaces nothing.
    #[must_use]
    pub fn has_head(&self) -> bool {
        match self {
            Self::CarePlan(plan) => plan.table1.is_some(),
            Self::MonthPlan(plan) => !plan.rows.is_empty(),
            Self::MonthActual(actual) => !actual.rows.is_empty(),
            Self::BasicInformation(basic) => basic.record.is_some(),
            Self::SupportPlan(plan) => plan.record.is_some(),
        }
    }
}

impl ServiceRow {
    /// Returns the units of all times of the day.
    #[must_use]
    pub fn total_units(&self) -> i64 {
        i64::from(self.units.unwrap_or_default()) * i64::from(self.count.unwrap_or(1))
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(..)")
    }
}

impl fmt::Debug for ServiceRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceRow(..)")
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Image({}, {} bytes)", self.number, self.bytes.len())
    }
}
