//! Rows and units, per person and per office.

use std::collections::{BTreeMap, HashMap};

use crate::{
    ids::{Month, OfficeNumber, ServiceKind},
    model::MonthPlan,
    reconcile::{
        BenefitTotal, OfficeTotals, Pending, Sum, UserOfficeTotals, UserTotals,
        select::{Line, Selection},
    },
};

pub(super) struct Totals {
    pub(super) users: Vec<UserTotals>,
    pub(super) offices: Vec<OfficeTotals>,
    pub(super) pending: Vec<Pending>,
}

/// Planned and given.
#[derive(Clone, Copy, Default)]
struct Both {
    planned: Sum,
    actual: Sum,
}

type Offices = BTreeMap<(Option<OfficeNumber>, Option<ServiceKind>), Both>;

impl Totals {
    pub(super) fn of(selection: &Selection<'_>) -> Self {
        let mut people: HashMap<(u32, Month), Offices> = HashMap::new();
        for &key in selection.plans.keys().chain(&selection.with_actuals) {
            people.entry(key).or_default();
        }
        add(&selection.planned, &mut people, |both| &mut both.planned);
        add(&selection.actual, &mut people, |both| &mut both.actual);
        let mut people: Vec<_> = people.into_iter().collect();
        people.sort_by_key(|((place, month), _)| {
            let person = selection.persons[*place as usize];
            (&person.insurer, &person.insured, *month)
        });

        let mut offices: BTreeMap<(Month, Option<OfficeNumber>, Option<ServiceKind>), OfficeTotals> = BTreeMap::new();
        let mut pending = Vec::new();
        let mut users = Vec::with_capacity(people.len());
        for ((place, month), by_office) in people {
            let person = selection.persons[place as usize];
            let (insurer_number, insured_number) = (&person.insurer, &person.insured);
            let plan = selection.plans.get(&(place, month));
            let mut user = UserTotals {
                month,
                insurer_number: insurer_number.clone(),
                insured_number: insured_number.clone(),
                planned_rows: 0,
                planned_units: 0,
                actual_rows: 0,
                actual_units: 0,
                by_office: Vec::with_capacity(by_office.len()),
                table7_total: plan.and_then(|plan| benefit_total(plan)),
            };
            for ((office, kind), Both { planned, actual }) in by_office {
                let actuals_expected = selection.is_expected(month, office, kind);
                user.planned_rows += planned.rows;
                user.planned_units = user.planned_units.saturating_add(planned.units);
                user.actual_rows += actual.rows;
                user.actual_units = user.actual_units.saturating_add(actual.units);
                let at_office = UserOfficeTotals {
                    office,
                    kind,
                    planned_rows: planned.rows,
                    planned_units: planned.units,
                    actual_rows: actual.rows,
                    actual_units: actual.units,
                    actuals_expected,
                };
                user.by_office.push(at_office);
                let totals = offices.entry((month, office, kind)).or_insert(OfficeTotals {
                    month,
                    office,
                    kind,
                    people: 0,
                    planned_rows: 0,
                    planned_units: 0,
                    actual_rows: 0,
                    actual_units: 0,
                    actuals_expected,
                });
                totals.people += 1;
                totals.planned_rows += planned.rows;
                totals.planned_units = totals.planned_units.saturating_add(planned.units);
                totals.actual_rows += actual.rows;
                totals.actual_units = totals.actual_units.saturating_add(actual.units);
                if !actuals_expected {
                    let (insurer_number, insured_number) = (insurer_number.clone(), insured_number.clone());
                    pending.push(Pending { month, insurer_number, insured_number, office, kind, planned });
                }
            }
            users.push(user);
        }
        Self { users, offices: offices.into_values().collect(), pending }
    }
}

/// Adds up one side.
fn add(lines: &[Line<'_>], people: &mut HashMap<(u32, Month), Offices>, side: impl Fn(&mut Both) -> &mut Sum) {
    let key = |line: &Line<'_>| (line.month, line.office, line.person, line.kind);
    for part in lines.chunk_by(|a, b| key(a) == key(b)) {
        let (month, office, person, kind) = key(&part[0]);
        let both = people.entry((person, month)).or_default().entry((office, kind)).or_default();
        *side(both) = Sum::of(part.iter().map(|line| line.row));
    }
}

/// Reads the grand total of table 7: the row of no office with the code that sums all.
fn benefit_total(plan: &MonthPlan) -> Option<BenefitTotal> {
    let total = plan
        .benefits
        .iter()
        .find(|row| row.text("service_office_number") == "9999999999" && row.text("service_code") == "999999")?;
    Some(BenefitTotal {
        service_units_amount: total.number("service_units_amount"),
        benefit_management_units: total.number("benefit_management_units"),
        over_category_limit_units: total.number("over_category_limit_units"),
        within_category_limit_units: total.number("within_category_limit_units"),
        total_cost_insured: total.number("total_cost_insured"),
        insurance_claim: total.number("insurance_claim"),
        copay_insured: total.number("copay_insured"),
        copay_full: total.number("copay_full"),
    })
}
