//! Reconciliation of plan and actuals (予定と実績の照合).
//!
//! Documents come in their final state, after every sending unit has replaced and removed what it does. Which copy of a
//! plan counts is told by `select`, what differs by `compare`.
//!
//! 1. Per month and office. Planned rows of an office and kind that sent no actuals are pending and not compared.
//! 2. People match by insurer and insured number, then by the insured number if it is the only one left on both sides.
//! 3. The rows of one person at one office are paired by `pairing`, each used once.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
};

use crate::{
    ids::{Month, OfficeNumber, Serial, ServiceCode, ServiceKind},
    key::{Key, Subject},
    ledger::Ledger,
    model::{Document, MonthActual, MonthPlan, Person, ServiceRow},
    name::End,
    pairing::equipment,
    value::{Date, Time},
};

mod compare;
mod select;
mod totals;

/// A document with its sender, its receiver and the serial of the unit that brought it.
pub type Sent<'a, T> = (End, End, Serial, &'a T);

/// A plan that an office once received and that was taken back: sender, receiver, key.
pub type Withdrawal = (OfficeNumber, OfficeNumber, Key);

/// What comes out when actuals are held against the plan.
///
/// `differences` and `tolerated` are sorted by month, insured number, insurer, office, day, start, end, service code,
/// the name of the kind, satellite, detail number and equipment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Reconciliation {
    /// Where actuals are not as planned.
    pub differences: Vec<Difference>,
    /// Percentage add-ons whose units stand as 0 in the actuals: the standard allows it, so at most a note.
    pub tolerated: Vec<Difference>,
    /// People who match although plan and actuals name another insurer, by month, insured number and office.
    pub insurer_mismatches: Vec<InsurerMismatch>,
    /// What is planned with offices and kinds that sent no actuals yet, in the order of `users`.
    pub pending: Vec<Pending>,
    /// Per person and month, by insurer, insured number and month.
    pub users: Vec<UserTotals>,
    /// Per month, office and kind, in this order.
    pub offices: Vec<OfficeTotals>,
    /// All counted.
    pub summary: Summary,
}

/// How actuals differ from the plan. The order is that of the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum DifferenceKind {
    /// Another service code.
    CodeChanged,
    /// Another count.
    CountChanged,
    /// Given, and not planned.
    Extra,
    /// Planned, and not given.
    Missing,
    /// Another time on the same day.
    TimeChanged,
    /// Other units.
    UnitsChanged,
    /// A person with actuals of the office and nothing planned with it.
    UserExtra,
    /// A person with something planned with the office and no actuals of it.
    UserMissing,
}

/// A difference. What names it is the planned row's, or the actual one's if nothing was planned.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Difference {
    /// The month.
    pub month: Month,
    /// The insurer.
    pub insurer_number: Box<str>,
    /// The insured person.
    pub insured_number: Box<str>,
    /// The office.
    pub office: OfficeNumber,
    /// The satellite; as all cells down to `end`, `None` for a person as a whole too.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::json::name"))]
    pub satellite: Option<i32>,
    /// The service code.
    pub service_code: Option<ServiceCode>,
    /// The day.
    pub date: Option<Date>,
    /// When it begins.
    pub start: Option<Time>,
    /// When it ends.
    pub end: Option<Time>,
    /// What differs.
    pub kind: DifferenceKind,
    /// What was planned.
    pub planned: Option<Side>,
    /// What was given.
    pub actual: Option<Side>,
    /// All rows of a person who is missing or extra; they are not told one by one.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub rows: Option<Vec<RowCells>>,
    /// For a person who is missing: whether another office has actuals of the person in this month; for one who is
    /// extra: whether something is planned with another office.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub also_at_other_offices: Option<bool>,
}

/// One side of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(untagged))]
pub enum Side {
    /// A row.
    Row(RowCells),
    /// All rows of a person at an office.
    All(Sum),
}

/// The cells of a row that are compared.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RowCells {
    /// The insurer.
    pub insurer_number: Box<str>,
    /// The satellite.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::json::name"))]
    pub satellite: Option<i32>,
    /// The service code.
    pub service_code: Option<ServiceCode>,
    /// The day.
    pub date: Option<Date>,
    /// When it begins.
    pub start: Time,
    /// When it ends.
    pub end: Time,
    /// How often.
    pub count: Option<i32>,
    /// Units of one service.
    pub units: Option<i32>,
    /// Tells equal rows apart.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::json::name"))]
    pub detail_no: Option<i32>,
    /// TAIS code of equipment, or else its notification code.
    pub equipment: Option<Box<str>>,
}

/// Rows counted, with their units (the sum of units x count).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Sum {
    /// How many rows.
    pub rows: usize,
    /// Their units.
    pub units: i64,
}

/// A person who matches although plan and actuals name another insurer (住所地特例).
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct InsurerMismatch {
    /// The month.
    pub month: Month,
    /// The insured person.
    pub insured_number: Box<str>,
    /// The office.
    pub office: OfficeNumber,
    /// The insurer in the plan.
    pub planned_insurer: Box<str>,
    /// The insurer in the actuals.
    pub actual_insurer: Box<str>,
}

/// What is planned for a person with an office and kind that sent no actuals for the month.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Pending {
    /// The month.
    pub month: Month,
    /// The insurer.
    pub insurer_number: Box<str>,
    /// The insured person.
    pub insured_number: Box<str>,
    /// The office; `None` where it cannot be read.
    pub office: Option<OfficeNumber>,
    /// The service kind; `None` where the service code cannot be read.
    pub kind: Option<ServiceKind>,
    /// What is planned.
    pub planned: Sum,
}

/// What is planned and given for a person in a month.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct UserTotals {
    /// The month.
    pub month: Month,
    /// The insurer.
    pub insurer_number: Box<str>,
    /// The insured person.
    pub insured_number: Box<str>,
    /// Rows planned, pending ones too.
    pub planned_rows: usize,
    /// Their units.
    pub planned_units: i64,
    /// Rows of the actuals.
    pub actual_rows: usize,
    /// Their units.
    pub actual_units: i64,
    /// The same per office and kind, in this order.
    pub by_office: Vec<UserOfficeTotals>,
    /// The grand total of table 7 in the newest copy of the plan.
    pub table7_total: Option<BenefitTotal>,
}

/// What is planned and given for a person in a month by one office under one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct UserOfficeTotals {
    /// The office; `None` where it cannot be read.
    pub office: Option<OfficeNumber>,
    /// The service kind; `None` where the service code cannot be read.
    pub kind: Option<ServiceKind>,
    /// Rows planned.
    pub planned_rows: usize,
    /// Their units.
    pub planned_units: i64,
    /// Rows of the actuals.
    pub actual_rows: usize,
    /// Their units.
    pub actual_units: i64,
    /// Whether the office sent actuals of the kind for anybody: if not, what is planned is pending.
    pub actuals_expected: bool,
}

/// What is planned and given in a month by one office under one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct OfficeTotals {
    /// The month.
    pub month: Month,
    /// The office; `None` where it cannot be read.
    pub office: Option<OfficeNumber>,
    /// The service kind; `None` where the service code cannot be read.
    pub kind: Option<ServiceKind>,
    /// For how many people something is planned or was given.
    pub people: usize,
    /// Rows planned.
    pub planned_rows: usize,
    /// Their units.
    pub planned_units: i64,
    /// Rows of the actuals.
    pub actual_rows: usize,
    /// Their units.
    pub actual_units: i64,
    /// Whether the office sent actuals of the kind: if not, what is planned is pending.
    pub actuals_expected: bool,
}

/// The grand total of table 7. The names are the standard's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct BenefitTotal {
    /// サービス単位金額.
    pub service_units_amount: Option<i64>,
    /// 給付管理単位数.
    pub benefit_management_units: Option<i64>,
    /// 区分支給限度基準超単位数.
    pub over_category_limit_units: Option<i64>,
    /// 区分支給限度基準内単位数.
    pub within_category_limit_units: Option<i64>,
    /// 費用総額保険／事業対象分.
    pub total_cost_insured: Option<i64>,
    /// 保険／事業費請求額.
    pub insurance_claim: Option<i64>,
    /// 利用者負担保険／事業対象分.
    pub copay_insured: Option<i64>,
    /// 利用者負担（全額負担分）.
    pub copay_full: Option<i64>,
}

/// All counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Summary {
    /// Planned rows that were compared: all but the pending ones.
    pub planned_rows_compared: usize,
    /// Rows of actuals that were compared.
    pub actual_rows_compared: usize,
    /// Pairs without a difference, tolerated ones not counted.
    pub equal_rows: usize,
    /// Differences.
    pub differences: usize,
    /// Differences by kind; a kind that does not occur is left out.
    pub differences_by_kind: BTreeMap<DifferenceKind, usize>,
    /// Tolerated differences.
    pub tolerated: usize,
    /// People with another insurer.
    pub insurer_mismatches: usize,
}

impl Reconciliation {
    /// Holds the actuals in one ledger against the plans in another, or in the same.
    #[must_use]
    pub fn of_ledgers(plans: &Ledger, actuals: &Ledger) -> Self {
        let withdrawn = plans
            .removed()
            .filter(|(.., key)| key.subject() == Subject::PlanMonth)
            .map(|(sender, receiver, key)| (sender.office, receiver.office, key.clone()))
            .collect();
        let plans = plans.documents().filter_map(|held| match held.document {
            Document::MonthPlan(plan) => Some((held.sender, held.receiver, held.serial, plan)),
            _ => None,
        });
        let actuals = actuals.documents().filter_map(|held| match held.document {
            Document::MonthActual(actual) => Some((held.sender, held.receiver, held.serial, actual)),
            _ => None,
        });
        Self::with_withdrawals(plans, actuals, &withdrawn)
    }

    /// Holds actuals against plans; both in their final state, in any order.
    pub fn of<'a>(
        plans: impl IntoIterator<Item = Sent<'a, MonthPlan>>,
        actuals: impl IntoIterator<Item = Sent<'a, MonthActual>>,
    ) -> Self {
        Self::with_withdrawals(plans, actuals, &HashSet::new())
    }

    /// Does the same, and knows which plans were taken back: an office that lost its copy has nothing planned, even if
    /// older copies of others still name it.
    pub fn with_withdrawals<'a>(
        plans: impl IntoIterator<Item = Sent<'a, MonthPlan>>,
        actuals: impl IntoIterator<Item = Sent<'a, MonthActual>>,
        withdrawn: &HashSet<Withdrawal>,
    ) -> Self {
        let selection = select::Selection::new(plans.into_iter().collect(), actuals.into_iter().collect(), withdrawn);
        let totals = totals::Totals::of(&selection);
        let mut result = compare::compare(&selection);
        result.summary.differences = result.differences.len();
        for difference in &result.differences {
            *result.summary.differences_by_kind.entry(difference.kind).or_default() += 1;
        }
        result.summary.tolerated = result.tolerated.len();
        result.summary.insurer_mismatches = result.insurer_mismatches.len();
        (result.users, result.offices, result.pending) = (totals.users, totals.offices, totals.pending);
        result
    }
}

impl DifferenceKind {
    /// Returns the name, as in `time_changed`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CodeChanged => "code_changed",
            Self::CountChanged => "count_changed",
            Self::Extra => "extra",
            Self::Missing => "missing",
            Self::TimeChanged => "time_changed",
            Self::UnitsChanged => "units_changed",
            Self::UserExtra => "user_extra",
            Self::UserMissing => "user_missing",
        }
    }
}

impl fmt::Display for DifferenceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl RowCells {
    fn new(person: &Person, row: &ServiceRow) -> Self {
        Self {
            insurer_number: person.insurer.clone(),
            satellite: row.satellite,
            service_code: row.code,
            date: row.date,
            start: row.start,
            end: row.end,
            count: row.count,
            units: row.units,
            detail_no: row.detail_no,
            equipment: equipment(row).map(Into::into),
        }
    }
}

impl Sum {
    fn of<'a>(rows: impl IntoIterator<Item = &'a ServiceRow>) -> Self {
        rows.into_iter().fold(Self::default(), |sum, row| Self {
            rows: sum.rows + 1,
            units: sum.units.saturating_add(row.total_units()),
        })
    }
}

impl fmt::Debug for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Difference({}, ..)", self.kind)
    }
}

impl fmt::Debug for RowCells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RowCells(..)")
    }
}

impl fmt::Debug for InsurerMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InsurerMismatch(..)")
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pending(..)")
    }
}

impl fmt::Debug for UserTotals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserTotals(..)")
    }
}
