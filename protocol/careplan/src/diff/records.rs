//! Changes in all tables but the sixth.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::Hash,
};

use super::{Change, Place, What};
use crate::{kind::FileKind, layout::Field, record::Record, value::Value};

/// Columns that all rows of a table have in common: a change in one is told once.
pub(super) const COMMON: [&str; 3] = ["created_on", "updated_by_office", "entered_by"];

/// Compares what stands once.
pub(super) fn single(table: FileKind, old: Option<&Record>, new: Option<&Record>, changes: &mut Vec<Change>) {
    let place = || Place::Table(table);
    match (old, new) {
        (Some(old), Some(new)) if old.kind() == new.kind() => {
            changes.extend(fields(old, new).map(|(_, what)| Change { place: place(), what }));
        }
        (Some(_), Some(_)) => {
            changes.extend([What::Removed, What::Added].map(|what| Change { place: place(), what }));
        }
        (Some(_), None) => changes.push(Change { place: place(), what: What::Removed }),
        (None, Some(_)) => changes.push(Change { place: place(), what: What::Added }),
        (None, None) => {}
    }
}

/// Compares rows: those that are alike first, then by what a reader knows them by.
pub(super) fn rows(old: &[Record], new: &[Record], changes: &mut Vec<Change>) {
    let mut left: Vec<&Record> = old.iter().collect();
    let mut right: Vec<&Record> = new.iter().collect();
    take_pairs(&mut left, &mut right, |row| Some((row.kind(), all(row))));
    let mut found: HashMap<*const Record, &Record> = HashMap::new();
    for step in 0..STEPS {
        let pairs = take_pairs(&mut left, &mut right, |row| {
            let columns = steps(row.kind()).get(step)?;
            let known: Vec<_> = match columns {
                By::Columns(columns) => columns.iter().map(|name| row.get(name)).collect(),
                By::AllBut(columns) => {
                    row.iter().map(|(field, value)| value.filter(|_| !columns.contains(&field.name_en()))).collect()
                }
            };
            known.iter().any(Option::is_some).then(|| (row.kind(), known))
        });
        found.extend(pairs.into_iter().map(|(one, other)| (std::ptr::from_ref(one), other)));
    }
    let left: HashSet<*const Record> = left.into_iter().map(std::ptr::from_ref).collect();
    let mut told = HashSet::new();
    let mut common = Vec::new();
    for row in old {
        let place = || Place::Row { table: row.kind(), name: name(row) };
        if left.contains(&std::ptr::from_ref(row)) {
            changes.push(Change { place: place(), what: What::Removed });
        } else if let Some(other) = found.get(&std::ptr::from_ref(row)) {
            for (field, what) in fields(row, other) {
                if COMMON.contains(&field.name_en()) {
                    let change = Change { place: Place::Table(row.kind()), what };
                    if told.insert(change.clone()) {
                        common.push(change);
                    }
                } else {
                    changes.push(Change { place: place(), what });
                }
            }
        }
    }
    changes.extend(
        right
            .into_iter()
            .map(|row| Change { place: Place::Row { table: row.kind(), name: name(row) }, what: What::Added }),
    );
    changes.append(&mut common);
}

/// Tells each column in which two records of a kind differ.
fn fields(old: &Record, new: &Record) -> impl Iterator<Item = (&'static Field, What)> {
    let pairs = old.iter().zip(new.iter()).filter(|((_, before), (_, after))| before != after);
    pairs.map(|((field, before), (_, after))| {
        (field, What::Field { field, before: before.cloned(), after: after.cloned() })
    })
}

fn all(row: &Record) -> Vec<Option<&Value>> {
    row.iter().map(|(_, value)| value).collect()
}

/// Takes pairs of rows with equal keys out of both sides, first with first; a row without a key stays.
fn take_pairs<'a, K: Hash + Eq>(
    left: &mut Vec<&'a Record>,
    right: &mut Vec<&'a Record>,
    key: impl Fn(&'a Record) -> Option<K>,
) -> Vec<(&'a Record, &'a Record)> {
    let mut places: HashMap<K, VecDeque<usize>> = HashMap::new();
    for (at, row) in right.iter().enumerate() {
        if let Some(key) = key(row) {
            places.entry(key).or_default().push_back(at);
        }
    }
    let mut taken = vec![false; right.len()];
    let mut pairs = Vec::new();
    left.retain(|row| {
        let found = key(row).and_then(|key| places.get_mut(&key)?.pop_front());
        if let Some(at) = found {
            taken[at] = true;
            pairs.push((*row, right[at]));
        }
        found.is_none()
    });
    let mut taken = taken.into_iter();
    right.retain(|_| !taken.next().unwrap_or(false));
    pairs
}

/// What rows of two versions may have in common.
enum By {
    /// These columns.
    Columns(&'static [&'static str]),
    /// All columns but these.
    AllBut(&'static [&'static str]),
}

const STEPS: usize = 2;

/// Returns by what rows of a table are paired, one after the other.
fn steps(table: FileKind) -> &'static [By] {
    use By::{AllBut, Columns};
    match table {
        FileKind::Up2Kyo => {
            const NUMBERS: &[&str] = &["need_no", "goal_no", "support_no"];
            const { &[Columns(NUMBERS), AllBut(NUMBERS)] }
        }
        FileKind::UpYoboSub => {
            const NUMBERS: &[&str] = &["need_no", "support_plan_no", "used_service_no"];
            const { &[Columns(NUMBERS), AllBut(NUMBERS)] }
        }
        FileKind::Up3Kyo => {
            const {
                &[
                    Columns(&["weekday", "service_content", "daily_activity", "non_weekly_service"]),
                    Columns(&["weekday", "service_start", "service_end", "activity_start", "activity_end"]),
                ]
            }
        }
        FileKind::UpSikyu => {
            const CODE: &[&str] = &["service_office_number", "service_code"];
            const EQUIPMENT: &[&str] =
                &["service_office_number", "service_code", "satellite_no", "tais_code", "equipment_notification_code"];
            const { &[Columns(EQUIPMENT), Columns(CODE)] }
        }
        FileKind::UpKihonSub1 => const { &[Columns(&["time_text"]), AllBut(&["time_text"])] },
        FileKind::UpKihonSub2 => const { &[Columns(&["onset_text", "disease_name"]), Columns(&["disease_name"])] },
        _ => &[],
    }
}

/// Returns what a reader knows a row by.
fn name(row: &Record) -> Vec<(&'static Field, Value)> {
    let columns: &[&str] = match row.kind() {
        FileKind::Up2Kyo => &["need_no", "goal_no", "support_no", "service_content"],
        FileKind::UpYoboSub => &["need_no", "support_plan_no", "used_service_no", "service_type_text"],
        FileKind::Up3Kyo => &[
            "weekday",
            "service_start",
            "service_end",
            "service_content",
            "activity_start",
            "activity_end",
            "daily_activity",
            "non_weekly_service",
        ],
        FileKind::UpSikyu => &["service_office_number", "satellite_no", "service_code", "tais_code"],
        FileKind::UpKihonSub1 => &["time_text"],
        FileKind::UpKihonSub2 => &["onset_text", "disease_name"],
        _ => &[],
    };
    let cells = row.iter().filter(|(field, _)| columns.contains(&field.name_en()));
    let mut name: Vec<_> = cells.filter_map(|(field, value)| Some((field, value?.clone()))).collect();
    if name.is_empty() {
        // Some rows have but other columns: the first of them.
        name.extend(row.iter().find_map(|(field, value)| Some((field, value?.clone()))));
    }
    name
}
