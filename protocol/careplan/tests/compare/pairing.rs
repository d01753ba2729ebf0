//! Pairing against the rule of the samples, followed word by word.

use careplan::{
    ServiceRow,
    reconcile::{DifferenceKind, Reconciliation, Side},
};
use proptest::prelude::*;

use crate::build::{HOME_CARE, PLANNER, actual, held, plan, row};

fn order(row: &ServiceRow) -> impl Ord {
    let equipment = row.tais.clone().or_else(|| row.notification.clone());
    (row.start, row.end, row.code, row.satellite, row.detail_no, equipment, row.count, row.units)
}

fn equipment(row: &ServiceRow) -> Option<String> {
    row.tais.as_deref().or(row.notification.as_deref()).map(str::to_owned)
}

/// The rule as it is written, each step a walk over all rows of both sides.
fn by_the_rule(planned: &[ServiceRow], actual: &[ServiceRow]) -> Vec<(ServiceRow, ServiceRow, DifferenceKind)> {
    let sorted = |rows: &[ServiceRow]| {
        let mut rows = rows.to_vec();
        rows.sort_by(|a, b| a.date.cmp(&b.date).then_with(|| order(a).cmp(&order(b))));
        rows
    };
    let (mut planned, mut actual) = (sorted(planned), sorted(actual));
    let mut found = Vec::new();
    let service = |a: &ServiceRow, b: &ServiceRow| {
        a.satellite == b.satellite
            && a.code == b.code
            && a.detail_no == b.detail_no
            && equipment(a) == equipment(b)
            && a.date == b.date
    };
    let same = |a: &ServiceRow, b: &ServiceRow| service(a, b) && (a.start, a.end) == (b.start, b.end);
    type Fits<'a> = Box<dyn Fn(&ServiceRow, &ServiceRow) -> bool + 'a>;
    let steps: [(Option<DifferenceKind>, Fits<'_>); 5] = [
        (None, Box::new(|a, b| same(a, b) && (a.count, a.units) == (b.count, b.units))),
        (Some(DifferenceKind::UnitsChanged), Box::new(|a, b| same(a, b) && a.count == b.count)),
        (Some(DifferenceKind::CountChanged), Box::new(same)),
        (Some(DifferenceKind::TimeChanged), Box::new(|a, b| service(a, b) && (a.start, a.end) != (b.start, b.end))),
        (
            Some(DifferenceKind::CodeChanged),
            Box::new(|a, b| {
                a.satellite == b.satellite
                    && a.code.map(|code| code.kind()) == b.code.map(|code| code.kind())
                    && (a.date, a.start) == (b.date, b.start)
                    && a.code != b.code
            }),
        ),
    ];
    for (kind, fits) in steps {
        let mut at = 0;
        while at < planned.len() {
            let Some(other) = actual.iter().position(|other| fits(&planned[at], other)) else {
                at += 1;
                continue;
            };
            let pair = (planned.remove(at), actual.remove(other));
            found.extend(kind.map(|kind| (pair.0, pair.1, kind)));
        }
    }
    let nothing = row("", 1, "9999", "9999");
    found.extend(planned.into_iter().map(|row| (row, nothing.clone(), DifferenceKind::Missing)));
    found.extend(actual.into_iter().map(|row| (nothing.clone(), row, DifferenceKind::Extra)));
    found
}

fn rows() -> impl Strategy<Value = Vec<ServiceRow>> {
    let one = (
        prop::sample::select(vec!["111211", "111111", "112345", "211111"]),
        1..3u8,
        prop::sample::select(vec![("0900", "1000"), ("0900", "1030"), ("1000", "1100"), ("1100", "1200")]),
        prop::option::weighted(0.2, 1..3),
        prop::option::weighted(0.2, 1..3),
        prop::sample::select(vec![1, 1, 2]),
        prop::sample::select(vec![100, 100, 50]),
        prop::bool::weighted(0.05),
    );
    let one = one.prop_map(|(code, day, (start, end), satellite, detail_no, count, units, unreadable)| {
        let mut row = row(if unreadable { "" } else { code }, day, start, end);
        (row.satellite, row.detail_no, row.count, row.units) = (satellite, detail_no, Some(count), Some(units));
        row
    });
    // The first one tells office and kind.
    prop::collection::vec(one, 0..14).prop_map(|mut rows| {
        rows.insert(0, row("111999", 20, "0900", "1000"));
        rows
    })
}

type Cells = (Option<careplan::Date>, String, Option<i32>, Option<i32>, Option<i32>, Option<i32>);

fn cells(side: &Option<Side>) -> Option<Cells> {
    let Some(Side::Row(row)) = side else { return None };
    let time = format!("{:?} {} {}", row.service_code, row.start, row.end);
    Some((row.date, time, row.satellite, row.detail_no, row.count, row.units))
}

fn cells_of(row: &ServiceRow) -> Cells {
    let time = format!("{:?} {} {}", row.code, row.start, row.end);
    (row.date, time, row.satellite, row.detail_no, row.count, row.units)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn pairs_are_those_of_the_rule(planned in rows(), given in rows()) {
        let expected_pairs = by_the_rule(&planned, &given);
        let mut expected: Vec<_> = expected_pairs
            .iter()
            .map(|(one, other, kind)| {
                let one = (*kind != DifferenceKind::Extra).then(|| cells_of(one));
                let other = (*kind != DifferenceKind::Missing).then(|| cells_of(other));
                (*kind, one, other)
            })
            .collect();
        let plan = plan("1", planned.clone());
        // Kind 21 is expected too.
        let actual = actual("1", given.clone());
        let mut other = actual.clone();
        (other.kind, other.rows) = ("21".parse().unwrap(), Vec::new());
        let result = Reconciliation::of(
            [held(PLANNER, HOME_CARE, 1, &plan)],
            [held(HOME_CARE, PLANNER, 2, &actual), held(HOME_CARE, PLANNER, 2, &other)],
        );
        let mut found: Vec<_> =
            result.differences.iter().map(|found| (found.kind, cells(&found.planned), cells(&found.actual))).collect();
        expected.sort();
        found.sort();
        prop_assert_eq!(found, expected);
        let count = |kinds: &[DifferenceKind]| {
            result.differences.iter().filter(|difference| kinds.contains(&difference.kind)).count()
        };
        let paired = result.differences.len() - count(&[DifferenceKind::Missing, DifferenceKind::Extra]);
        prop_assert_eq!(planned.len(), result.summary.equal_rows + paired + count(&[DifferenceKind::Missing]));
        prop_assert_eq!(given.len(), result.summary.equal_rows + paired + count(&[DifferenceKind::Extra]));
    }
}
