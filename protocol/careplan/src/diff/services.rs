//! Changes in table 6.

use std::collections::{HashMap, HashSet};

use super::{Change, Place, Service, What, records::COMMON};
use crate::{
    ids::Month,
    kind::FileKind,
    layout::{Field, Layout},
    model::ServiceRow,
    pairing::{self, Pair, order, pair_in_order, split},
    value::{Date, Time, Value},
};

/// Compares the rows of a month.
pub(super) fn changes(table: FileKind, month: Month, old: &[ServiceRow], new: &[ServiceRow]) -> Vec<Change> {
    let alike = split(old.iter().collect(), new.iter().collect(), everything, pair_in_order);
    let mut pairs = Vec::new();
    let at_office = split(
        alike.left,
        alike.right,
        |row| row.office,
        |left, right, rest| {
            let pairing = pairing::pair(left.to_vec(), right.to_vec());
            pairs.extend(pairing.same.into_iter().chain(pairing.time).chain(pairing.code));
            rest.left.extend(pairing.left);
            rest.right.extend(pairing.right);
        },
    );
    // The same service with another office, satellite or equipment.
    let moved = split(at_office.left, at_office.right, |row| (row.date, row.start, row.end, row.code), pair_in_order);
    pairs.extend(moved.pairs);

    let mut told = Told {
        table,
        month,
        fields: Layout::newest(table).map_or(&[], |layout| layout.fields()),
        common: Vec::new(),
        groups: HashMap::new(),
    };
    let mut seen = HashSet::new();
    pairs.into_iter().for_each(|pair| told.pair(pair, &mut seen));
    moved.left.into_iter().for_each(|row| told.group(row, What::Removed));
    moved.right.into_iter().for_each(|row| told.group(row, What::Added));
    told.finish()
}

/// All that a row says, to find those that are alike.
fn everything(row: &ServiceRow) -> impl Ord {
    (
        (order(row), row.count, row.units, row.office, row.created_on, row.cm_office, &row.care_manager),
        (row.short_stay_days_before, row.prorated, &row.tais, &row.notification, &row.equipment),
        (&row.office_name, row.over_30_days, &row.updated_by, &row.unreadable),
    )
}

/// Collects changes; rows that change alike go to one.
struct Told {
    table: FileKind,
    month: Month,
    fields: &'static [Field],
    common: Vec<Change>,
    groups: HashMap<(Service, What), Vec<Option<Date>>>,
}

impl Told {
    fn pair(&mut self, (old, new): Pair<'_>, seen: &mut HashSet<Change>) {
        let readable = |columns: &[&str]| {
            [old, new].iter().all(|row| row.unreadable.iter().all(|(column, _)| !columns.contains(column)))
        };
        let times = ((old.start, old.end), (new.start, new.end));
        let time_told = readable(&["start_time", "end_time"]);
        if time_told && times.0 != times.1 {
            self.group(old, What::Time { before: times.0, after: times.1 });
        }
        let code_told = match (old.code, new.code) {
            (Some(before), Some(after)) if readable(&["service_code"]) => {
                if before != after {
                    self.group(old, What::Code { before, after });
                }
                true
            }
            _ => false,
        };
        for field in self.fields {
            let is_told = match field.name_en() {
                "start_time" | "end_time" => time_told,
                "service_code" => code_told,
                _ => false,
            };
            let (before, after) = (cell(old, field.name_en()), cell(new, field.name_en()));
            if is_told || before == after {
                continue;
            }
            let what = What::Field { field, before, after };
            if !is_common(field.name_en()) {
                self.group(old, what);
                continue;
            }
            let change = Change { place: Place::Table(self.table), what };
            if seen.insert(change.clone()) {
                self.common.push(change);
            }
        }
    }

    fn group(&mut self, row: &ServiceRow, what: What) {
        let ServiceRow { start, end, code, office, satellite, .. } = *row;
        let is_whole = matches!(what, What::Added | What::Removed);
        let (count, units) = if is_whole { (row.count, row.units) } else { (None, None) };
        let service = Service { start, end, code, office, satellite, count, units };
        self.groups.entry((service, what)).or_default().push(row.date);
    }

    /// Puts changes in the order of their days, times and services, removed before added; what the rows have in common
    /// comes last, for the day on which a table was made changes each time.
    fn finish(self) -> Vec<Change> {
        let mut groups: Vec<_> = self.groups.into_iter().collect();
        groups.iter_mut().for_each(|(_, days)| days.sort());
        groups.sort_by_cached_key(|((service, what), days)| {
            let rank = match what {
                What::Time { after, .. } => (0, after.0.to_string() + &after.1.to_string()),
                What::Code { after, .. } => (1, after.to_string()),
                What::Field { field, before, after } => {
                    let text = |value: &Option<Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
                    (2 + field.number(), format!("{}\0{}\0{before:?}{after:?}", text(before), text(after)))
                }
                What::Removed | What::Picture => (200, String::new()),
                What::Added => (201, String::new()),
            };
            (days.clone(), service.clone(), rank)
        });
        let (table, month) = (self.table, self.month);
        let grouped = groups
            .into_iter()
            .map(|((service, what), days)| Change { place: Place::Services { table, month, days, service }, what });
        grouped.chain(self.common).collect()
    }
}

/// Tells whether the rows of a table have a column in common, so that a change is told once.
fn is_common(column: &str) -> bool {
    COMMON.contains(&column)
        || matches!(
            column,
            "cm_office_number" | "care_manager_name" | "short_stay_days_to_previous_month" | "service_office_name"
        )
}

/// Returns what stands in a cell; nothing for the columns of the key, which the document has.
fn cell(row: &ServiceRow, column: &str) -> Option<Value> {
    if let Some((_, text)) = row.unreadable.iter().find(|(known, _)| *known == column) {
        return Some(Value::Unreadable((&**text).into()));
    }
    let number = |number: Option<i32>| number.map(|number| Value::Number(number.into()));
    let text = |text: &Option<std::sync::Arc<str>>| text.as_deref().map(|text| Value::Text(text.into()));
    let code = |code: &dyn ToString| Value::Code(code.to_string().into());
    let time = |time: Time| Some(Value::Time(time));
    match column {
        "created_on" => row.created_on.map(Value::Date),
        "cm_office_number" => row.cm_office.map(|office| code(&office)),
        "care_manager_name" => text(&row.care_manager),
        "units" => number(row.units),
        "short_stay_days_to_previous_month" => number(row.short_stay_days_before),
        "service_date" => row.date.map(Value::Date),
        "prorated_days" => row.prorated.map(Value::Days),
        "start_time" => time(row.start),
        "end_time" => time(row.end),
        "count" => number(row.count),
        "service_code" => row.code.map(|service| code(&service)),
        "tais_code" => text(&row.tais),
        "equipment_notification_code" => text(&row.notification),
        "equipment_name" => text(&row.equipment),
        "detail_no" => number(row.detail_no),
        "service_office_number" => row.office.map(|office| code(&office)),
        "service_office_name" => text(&row.office_name),
        "satellite_no" => number(row.satellite),
        "over_30_days" => row.over_30_days.map(|over| code(&if over { "1" } else { "0" })),
        "updated_by_office" => text(&row.updated_by),
        _ => None,
    }
}
