//! What came out as sheets.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use careplan::{Document, Key, Ledger, MonthActual, MonthPlan, OfficeNumber, Person, reconcile::Reconciliation};
use careplan_forms::{
    forms::{Month, Names, reconciliation},
    sheet::Sheet,
};

use super::Kind;

/// What was held against each other.
pub(super) struct Months<'a> {
    /// Where plans are.
    pub plans: &'a Ledger,
    /// Where actuals are.
    pub actuals: &'a Ledger,
    /// The one office whose rows are shown.
    pub office: Option<OfficeNumber>,
}

/// Arranges the sheets that are asked for, in one order; those for persons, offices and the telephone if none are.
pub(super) fn sheets(result: &Reconciliation, months: &Months<'_>, kinds: &[Kind], names: &Names) -> Vec<Sheet> {
    let wanted = |kind: Kind| if kinds.is_empty() { kind != Kind::Rows } else { kinds.contains(&kind) };
    let mut sheets = Vec::new();
    if wanted(Kind::Person) {
        sheets.extend(reconciliation::by_person(result, names));
    }
    if wanted(Kind::Office) {
        sheets.extend(reconciliation::by_office(result, names));
    }
    if wanted(Kind::Rows) {
        sheets.extend(months.by_row(result, names));
    }
    if wanted(Kind::Telephone) {
        sheets.push(reconciliation::telephone(result, names));
    }
    sheets
}

impl Months<'_> {
    /// All rows of each person's month, in the order of the sheets by person.
    fn by_row(&self, result: &Reconciliation, names: &Names) -> Vec<Sheet> {
        let mut plans = Vec::new();
        for document in newest(self.plans) {
            if let Document::MonthPlan(plan) = document {
                let mut plan: MonthPlan = plan.clone();
                plan.rows.retain(|row| self.shows(row.office));
                plans.push(plan);
            }
        }
        let actuals: Vec<&MonthActual> = newest(self.actuals)
            .into_iter()
            .filter_map(|document| match document {
                Document::MonthActual(actual) if self.shows(Some(actual.office)) => Some(actual),
                _ => None,
            })
            .collect();
        let persons: BTreeSet<_> = result.users.iter().map(|user| (user.month, &user.insured_number)).collect();
        let mut sheets = Vec::new();
        for (of, insured) in persons {
            let is_hers = |month, person: &Person| (month, &person.insured) == (of, insured);
            let plans: Vec<&MonthPlan> = plans.iter().filter(|plan| is_hers(plan.month, &plan.person)).collect();
            let actuals = actuals.iter().copied().filter(|actual| is_hers(actual.month, &actual.person));
            // Actuals stand with the plan of their insurer, or with that which they were held against.
            let mut beside: BTreeMap<&str, Vec<&MonthActual>> = BTreeMap::new();
            for actual in actuals {
                let insurer = &*actual.person.insurer;
                let is_planned = plans.iter().any(|plan| &*plan.person.insurer == insurer);
                let found = result.insurer_mismatches.iter().find(|other| {
                    (other.month, &other.insured_number, other.office, &*other.actual_insurer)
                        == (of, insured, actual.office, insurer)
                });
                let planned = found.filter(|_| !is_planned).map_or(insurer, |other| &*other.planned_insurer);
                beside.entry(planned).or_default().push(actual);
            }
            for plan in plans {
                let actuals = beside.remove(&*plan.person.insurer).unwrap_or_default();
                sheets.extend(reconciliation::by_row(result, &Month { plan: Some(plan), actuals: &actuals }, names));
            }
            for actuals in beside.into_values() {
                sheets.extend(reconciliation::by_row(result, &Month { plan: None, actuals: &actuals }, names));
            }
        }
        sheets
    }

    fn shows(&self, office: Option<OfficeNumber>) -> bool {
        self.office.is_none_or(|only| office == Some(only))
    }
}

/// Of each key the newest document: every receiver has a copy of a plan.
fn newest(ledger: &Ledger) -> Vec<&Document> {
    let mut held: Vec<_> = ledger.documents().collect();
    held.sort_by_key(|held| Reverse(held.serial));
    let mut newest: BTreeMap<Key, &Document> = BTreeMap::new();
    for held in held {
        newest.entry(held.document.key()).or_insert(held.document);
    }
    newest.into_values().collect()
}
