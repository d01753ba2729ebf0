//! What differs, person by person at each office.

use std::collections::HashMap;

use crate::{
    ids::{Month, OfficeNumber},
    model::{Person, ServiceRow},
    pairing::{self, Lines, Pair},
    reconcile::{
        Difference, DifferenceKind, InsurerMismatch, Reconciliation, RowCells, Side, Sum,
        select::{Line, Selection},
    },
    value::Time,
};

/// A person's rows at an office in a month.
#[derive(Clone, Copy)]
struct Part<'s, 'a> {
    person: u32,
    lines: &'s [Line<'a>],
}

/// Compares all that counts; totals are left to `totals`.
pub(super) fn compare(selection: &Selection<'_>) -> Reconciliation {
    let mut result = Reconciliation::default();
    let planned: Vec<Line<'_>> = selection
        .planned
        .iter()
        .copied()
        .filter(|line| selection.is_expected(line.month, line.office, line.kind))
        .collect();
    result.summary.planned_rows_compared = planned.len();
    result.summary.actual_rows_compared = selection.actual.len();
    let comparison =
        Comparison { selection, planned_at: Places::of(&selection.planned), actual_at: Places::of(&selection.actual) };
    let mut found = Found::default();
    let place = |line: &Line<'_>| (line.month, line.office);
    let (mut planned, mut actual) = (planned.as_slice(), selection.actual.as_slice());
    while let Some(next) = [planned.first(), actual.first()].into_iter().flatten().map(place).min() {
        let at_office = |side: &[Line<'_>]| side.partition_point(|line| place(line) <= next);
        let (mine, theirs);
        (mine, planned) = planned.split_at(at_office(planned));
        (theirs, actual) = actual.split_at(at_office(actual));
        // Rows without an office are never expected, and actuals have one.
        let (month, Some(office)) = next else { continue };
        comparison.office(Place { month, office }, mine, theirs, &mut found);
    }
    let sorted = |mut differences: Vec<(u32, Difference)>| {
        differences.sort_by(|(a, left), (b, right)| {
            let key = |difference: &Difference| (difference.office, difference.date, difference.start, difference.end);
            (left.month, *a, key(left), left.service_code, left.kind, detail(left)).cmp(&(
                right.month,
                *b,
                key(right),
                right.service_code,
                right.kind,
                detail(right),
            ))
        });
        differences.into_iter().map(|(_, difference)| difference).collect()
    };
    result.summary.equal_rows = found.equal;
    result.differences = sorted(found.differences);
    result.tolerated = sorted(found.tolerated);
    found.mismatches.sort_by_key(|(person, mismatch)| (mismatch.month, *person, mismatch.office));
    result.insurer_mismatches = found.mismatches.into_iter().map(|(_, mismatch)| mismatch).collect();
    result
}

/// What comes last in the order of differences.
fn detail(difference: &Difference) -> (Option<i32>, Option<i32>, Option<&str>) {
    let side = difference.planned.as_ref().or(difference.actual.as_ref());
    let Some(Side::Row(row)) = side else { return (difference.satellite, None, None) };
    (difference.satellite, row.detail_no, row.equipment.as_deref())
}

/// Differences, each with the person it is sorted by.
#[derive(Default)]
struct Found {
    differences: Vec<(u32, Difference)>,
    tolerated: Vec<(u32, Difference)>,
    mismatches: Vec<(u32, InsurerMismatch)>,
    equal: usize,
}

#[derive(Clone, Copy)]
struct Place {
    month: Month,
    office: OfficeNumber,
}

/// The offices at which a person has rows in a month: one of them, and whether there are others.
struct Places(HashMap<(Month, u32), (Option<OfficeNumber>, bool)>);

impl Places {
    fn of(lines: &[Line<'_>]) -> Self {
        let mut places = HashMap::new();
        for part in lines.chunk_by(|a, b| (a.month, a.office, a.person) == (b.month, b.office, b.person)) {
            let line = &part[0];
            let (office, others) = places.entry((line.month, line.person)).or_insert((line.office, false));
            *others |= *office != line.office;
        }
        Self(places)
    }

    fn elsewhere(&self, place: Place, person: u32) -> bool {
        let found = self.0.get(&(place.month, person));
        found.is_some_and(|(office, others)| *others || *office != Some(place.office))
    }
}

struct Comparison<'s, 'a> {
    selection: &'s Selection<'a>,
    planned_at: Places,
    actual_at: Places,
}

impl<'a> Comparison<'_, 'a> {
    fn person(&self, place: u32) -> &'a Person {
        self.selection.persons[place as usize]
    }

    /// Compares what one office has in one month.
    fn office(&self, place: Place, planned: &[Line<'a>], actual: &[Line<'a>], found: &mut Found) {
        let (mut missing, mut extra) = (Vec::new(), Vec::new());
        let (mut mine, mut theirs) = (parts(planned).peekable(), parts(actual).peekable());
        loop {
            match (mine.peek(), theirs.peek()) {
                (None, None) => break,
                (Some(one), Some(other)) if one.person == other.person => {
                    self.person_at(place, *one, *other, found);
                    (_, _) = (mine.next(), theirs.next());
                }
                (Some(one), other) if other.is_none_or(|other| one.person < other.person) => {
                    missing.extend(mine.next())
                }
                _ => extra.extend(theirs.next()),
            }
        }
        // Persons are in the order of their insured numbers, so equal ones stand together.
        let number = |part: &Part<'_, '_>| &self.person(part.person).insured;
        let (mut mine, mut theirs) = (missing.as_slice(), extra.as_slice());
        while let Some(next) = [mine.first(), theirs.first()].into_iter().flatten().map(number).min() {
            let same = |side: &[Part<'_, '_>]| side.partition_point(|part| number(part) <= next);
            let (left, right);
            (left, mine) = mine.split_at(same(mine));
            (right, theirs) = theirs.split_at(same(theirs));
            if let (&[one], &[other]) = (left, right) {
                let (planned, actual) = (self.person(one.person), self.person(other.person));
                let mismatch = InsurerMismatch {
                    month: place.month,
                    insured_number: planned.insured.clone(),
                    office: place.office,
                    planned_insurer: planned.insurer.clone(),
                    actual_insurer: actual.insurer.clone(),
                };
                found.mismatches.push((one.person, mismatch));
                self.person_at(place, one, other, found);
                continue;
            }
            for part in left {
                let elsewhere = self.actual_at.elsewhere(place, part.person);
                self.whole(place, *part, DifferenceKind::UserMissing, elsewhere, found);
            }
            for part in right {
                let elsewhere = self.planned_at.elsewhere(place, part.person);
                self.whole(place, *part, DifferenceKind::UserExtra, elsewhere, found);
            }
        }
    }

    /// Tells of a person who stands on one side only.
    fn whole(&self, place: Place, part: Part<'_, 'a>, kind: DifferenceKind, elsewhere: bool, found: &mut Found) {
        let person = self.person(part.person);
        let mut rows: Lines<'_> = part.lines.iter().map(|line| line.row).collect();
        rows.sort_by(|a, b| pairing::order(a).cmp(&pairing::order(b)));
        let all = Some(Side::All(Sum::of(rows.iter().copied())));
        let (planned, actual) = if kind == DifferenceKind::UserMissing { (all, None) } else { (None, all) };
        let difference = Difference {
            month: place.month,
            insurer_number: person.insurer.clone(),
            insured_number: person.insured.clone(),
            office: place.office,
            satellite: None,
            service_code: None,
            date: None,
            start: None,
            end: None,
            kind,
            planned,
            actual,
            rows: Some(rows.into_iter().map(|row| RowCells::new(person, row)).collect()),
            also_at_other_offices: Some(elsewhere),
        };
        found.differences.push((part.person, difference));
    }

    /// Compares the rows of one person at one office.
    fn person_at(&self, place: Place, planned: Part<'_, 'a>, actual: Part<'_, 'a>, found: &mut Found) {
        let rows = |part: Part<'_, 'a>| part.lines.iter().map(|line| line.row).collect();
        let pairs = pairing::pair(rows(planned), rows(actual));
        let teller = Teller { place, planned: self.person(planned.person), actual: self.person(actual.person) };
        let person = planned.person;
        let mut tell = |kind, one, other| found.differences.push((person, teller.difference(kind, one, other)));
        for (one, other) in pairs.same {
            if one.count != other.count {
                tell(DifferenceKind::CountChanged, Some(one), Some(other));
            } else if one.units == other.units {
                found.equal += 1;
            } else if is_tolerated((one, other)) {
                let difference = teller.difference(DifferenceKind::UnitsChanged, Some(one), Some(other));
                found.tolerated.push((person, difference));
            } else {
                tell(DifferenceKind::UnitsChanged, Some(one), Some(other));
            }
        }
        pairs.time.into_iter().for_each(|(one, other)| tell(DifferenceKind::TimeChanged, Some(one), Some(other)));
        pairs.code.into_iter().for_each(|(one, other)| tell(DifferenceKind::CodeChanged, Some(one), Some(other)));
        pairs.left.into_iter().for_each(|row| tell(DifferenceKind::Missing, Some(row), None));
        pairs.right.into_iter().for_each(|row| tell(DifferenceKind::Extra, None, Some(row)));
    }
}

/// Tells whether units may differ: a percentage add-on has no time of day, and its units may stand as 0 in actuals.
fn is_tolerated((planned, actual): Pair<'_>) -> bool {
    planned.start == Time::NONE && planned.end == Time::NONE && actual.units == Some(0)
}

fn parts<'s, 'a>(lines: &'s [Line<'a>]) -> impl Iterator<Item = Part<'s, 'a>> {
    lines.chunk_by(|a, b| a.person == b.person).map(|lines| Part { person: lines[0].person, lines })
}

/// Makes the differences of one person at one office.
struct Teller<'a> {
    place: Place,
    planned: &'a Person,
    actual: &'a Person,
}

impl Teller<'_> {
    fn difference(&self, kind: DifferenceKind, one: Option<&ServiceRow>, other: Option<&ServiceRow>) -> Difference {
        let person = if one.is_some() { self.planned } else { self.actual };
        let named = one.or(other);
        Difference {
            month: self.place.month,
            insurer_number: person.insurer.clone(),
            insured_number: person.insured.clone(),
            office: self.place.office,
            satellite: named.and_then(|row| row.satellite),
            service_code: named.and_then(|row| row.code),
            date: named.and_then(|row| row.date),
            start: named.map(|row| row.start),
            end: named.map(|row| row.end),
            kind,
            planned: one.map(|row| Side::Row(RowCells::new(self.planned, row))),
            actual: other.map(|row| Side::Row(RowCells::new(self.actual, row))),
            rows: None,
            also_at_other_offices: None,
        }
    }
}
