//! Which documents count, and their rows with what they are sorted by.
//!
//! One plan of a month goes to several offices, and each copy holds the rows of all offices. The rows of an office are
//! taken from the newest copy that it received itself: after a correction an office that was not concerned may still
//! have the older copy. An office that received none is taken from the newest copy of the others, and one that received
//! a copy and lost it has nothing planned. Copies of several planners are kept apart, and what each plans is united.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

use crate::{
    ids::{Month, OfficeNumber, ServiceKind},
    key::{Key, Subject},
    model::{MonthActual, MonthPlan, Person, ServiceRow},
    reconcile::{Sent, Withdrawal},
};

/// A row with what it is sorted by. The person is a place in [`Selection::persons`].
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) month: Month,
    pub(super) office: Option<OfficeNumber>,
    pub(super) person: u32,
    pub(super) kind: Option<ServiceKind>,
    pub(super) row: &'a ServiceRow,
}

/// The rows that count, both sides by month, office, person and kind.
pub(super) struct Selection<'a> {
    /// By insured number, then insurer.
    pub(super) persons: Vec<&'a Person>,
    pub(super) planned: Vec<Line<'a>>,
    pub(super) actual: Vec<Line<'a>>,
    /// The newest plan per person and month.
    pub(super) plans: HashMap<(u32, Month), &'a MonthPlan>,
    /// Persons and months that have actuals, even without a row.
    pub(super) with_actuals: HashSet<(u32, Month)>,
    /// Who sent actuals of which kind.
    expected: HashSet<(Month, OfficeNumber, Option<ServiceKind>)>,
}

impl<'a> Selection<'a> {
    pub(super) fn new(
        mut plans: Vec<Sent<'a, MonthPlan>>,
        mut actuals: Vec<Sent<'a, MonthActual>>,
        withdrawn: &HashSet<Withdrawal>,
    ) -> Self {
        let mut persons: Vec<&Person> =
            plans.iter().map(|plan| &plan.3.person).chain(actuals.iter().map(|actual| &actual.3.person)).collect();
        persons.sort_unstable_by_key(|person| (&person.insured, &person.insurer));
        persons.dedup();
        let places: HashMap<&Person, u32> = persons.iter().copied().zip(0..).collect();

        // Newest first. Equal serials of one sender are copies of one edition; the receiver makes the order definite.
        plans.sort_by_cached_key(|(sender, receiver, serial, plan)| {
            (places[&plan.person], plan.month, sender.office, Reverse(*serial), *receiver)
        });
        let mut planned = Vec::new();
        for copies in
            plans.chunk_by(|a, b| a.3.person == b.3.person && a.3.month == b.3.month && a.0.office == b.0.office)
        {
            select_copies(copies, places[&copies[0].3.person], withdrawn, &mut planned);
        }
        let mut newest: HashMap<(u32, Month), &Sent<'_, MonthPlan>> = HashMap::new();
        for held in &plans {
            let kept = newest.entry((places[&held.3.person], held.3.month)).or_insert(held);
            if kept.2 < held.2 {
                *kept = held;
            }
        }

        actuals.sort_by_cached_key(|(sender, receiver, serial, actual)| {
            let key = (places[&actual.person], actual.month, actual.office, actual.kind);
            (key, Reverse(*serial), *sender, *receiver)
        });
        let key = |held: &Sent<'a, MonthActual>| (held.3.month, held.3.office, held.3.kind);
        actuals.dedup_by(|later, kept| key(later) == key(kept) && later.3.person == kept.3.person);
        let mut actual = Vec::new();
        let mut expected = HashSet::new();
        let mut with_actuals = HashSet::new();
        for (.., document) in &actuals {
            let (month, office, kind) = (document.month, document.office, document.kind);
            let person = places[&document.person];
            expected.extend([(month, office, Some(kind)), (month, office, None)]);
            with_actuals.insert((person, month));
            actual.extend(document.rows.iter().map(|row| Line {
                month,
                office: Some(office),
                person,
                kind: Some(kind),
                row,
            }));
        }
        for side in [&mut planned, &mut actual] {
            side.sort_by_key(|line| (line.month, line.office, line.person, line.kind));
        }
        let plans = newest.into_iter().map(|(key, held)| (key, held.3)).collect();
        Self { persons, planned, actual, plans, with_actuals, expected }
    }

    /// Tells whether the office sent actuals of the kind for the month; of any kind, if the row's cannot be read.
    pub(super) fn is_expected(&self, month: Month, office: Option<OfficeNumber>, kind: Option<ServiceKind>) -> bool {
        office.is_some_and(|office| self.expected.contains(&(month, office, kind)))
    }
}

/// Takes each office's rows from the copy that counts for it; the copies are of one sender, the newest first.
fn select_copies<'a>(
    copies: &[Sent<'a, MonthPlan>],
    person: u32,
    withdrawn: &HashSet<Withdrawal>,
    planned: &mut Vec<Line<'a>>,
) {
    let (sender, _, _, plan) = &copies[0];
    let lost = |office: OfficeNumber| {
        let cells = || [plan.person.insurer.to_string(), plan.person.insured.to_string(), plan.month.to_string()];
        !withdrawn.is_empty() && withdrawn.contains(&(sender.office, office, Key::new(Subject::PlanMonth, &cells())))
    };
    let mut counting: HashMap<Option<OfficeNumber>, Option<usize>> = HashMap::new();
    for (at, (_, receiver, ..)) in copies.iter().enumerate() {
        counting.entry(Some(receiver.office)).or_insert(Some(at));
    }
    for (at, (.., copy)) in copies.iter().enumerate() {
        for row in &copy.rows {
            let counts = *counting.entry(row.office).or_insert_with(|| match row.office {
                Some(office) if lost(office) => None,
                _ => Some(0),
            });
            if counts == Some(at) {
                let kind = row.code.map(|code| code.kind());
                planned.push(Line { month: copy.month, office: row.office, person, kind, row });
            }
        }
    }
}
