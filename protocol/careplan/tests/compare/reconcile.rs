//! Each step of holding actuals against the plan.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use careplan::{
    Action, Contents, Document, Edition, End, Ledger, MonthActual, MonthPlan, ServiceRow,
    reconcile::{Difference, DifferenceKind, Reconciliation, Sent, Side, Sum, Withdrawal},
};

use crate::build::{
    DAY_CARE, EQUIPMENT, HOME_CARE, PLANNER, actual, at, end, held, insured_by, monthly, plan, row, serial,
};

/// Compares rows of one person at one office.
fn compare(planned: Vec<ServiceRow>, given: Vec<ServiceRow>) -> Reconciliation {
    let (plan, actual) = (plan("0009000000", planned), actual("0009000000", given));
    Reconciliation::of([held(PLANNER, HOME_CARE, 1, &plan)], [held(HOME_CARE, PLANNER, 2, &actual)])
}

/// What differs, as kind, planned time and actual time.
fn told(result: &Reconciliation) -> Vec<String> {
    let time = |side: &Option<Side>| match side {
        Some(Side::Row(row)) => format!(" {}-{}", row.start, row.end),
        Some(Side::All(sum)) => format!(" {} rows", sum.rows),
        None => " nothing".to_owned(),
    };
    let one = |found: &Difference| format!("{}{}{}", found.kind, time(&found.planned), time(&found.actual));
    result.differences.iter().map(one).collect()
}

#[test]
fn rows_alike_are_no_difference() {
    let rows = || vec![row("111211", 4, "0900", "1000"), row("111211", 5, "0900", "1000"), monthly("116279", 190)];
    let mut reversed = rows();
    reversed.reverse();
    let result = compare(rows(), reversed);
    assert!(result.differences.is_empty() && result.tolerated.is_empty());
    assert_eq!(result.summary.equal_rows, 3);
}

#[test]
fn each_kind_of_difference() {
    let planned = || vec![row("111211", 4, "0900", "1000")];
    let changed = |change: fn(&mut ServiceRow)| {
        let mut given = planned();
        change(&mut given[0]);
        told(&compare(planned(), given))
    };
    assert_eq!(changed(|row| row.count = Some(2)), ["count_changed 0900-1000 0900-1000"]);
    assert_eq!(changed(|row| row.count = None), ["count_changed 0900-1000 0900-1000"]);
    assert_eq!(changed(|row| row.units = Some(99)), ["units_changed 0900-1000 0900-1000"]);
    // Count and units: the count is told.
    assert_eq!(changed(|row| (row.count, row.units) = (Some(2), Some(0))), ["count_changed 0900-1000 0900-1000"]);
    assert_eq!(changed(|row| row.end = "1030".parse().unwrap()), ["time_changed 0900-1000 0900-1030"]);
    assert_eq!(changed(|row| row.code = "111111".parse().ok()), ["code_changed 0900-1000 0900-1000"]);
    let apart = ["extra nothing 0900-1000", "missing 0900-1000 nothing"];
    assert_eq!(changed(|row| row.satellite = Some(1)), apart);
    assert_eq!(changed(|row| row.detail_no = Some(1)), apart);
    assert_eq!(changed(|row| row.tais = Some("00001-000001".into())), apart);
    assert_eq!(
        changed(|row| row.date = "20251105".parse().ok()),
        ["missing 0900-1000 nothing", "extra nothing 0900-1000"]
    );
}

#[test]
fn another_code_needs_the_same_beginning() {
    let result = compare(vec![row("111211", 4, "0900", "1000")], vec![row("111111", 4, "0930", "1000")]);
    assert_eq!(told(&result), ["missing 0900-1000 nothing", "extra nothing 0930-1000"]);
    let result = compare(vec![row("111211", 4, "0900", "1000")], vec![row("111311", 4, "0900", "1030")]);
    assert_eq!(told(&result), ["code_changed 0900-1000 0900-1030"]);
}

#[test]
fn the_earliest_goes_first() {
    let planned = vec![row("111211", 4, "1500", "1600"), row("111211", 4, "0900", "1000")];
    let given = vec![row("111211", 4, "1700", "1800"), row("111211", 4, "1100", "1200")];
    assert_eq!(
        told(&compare(planned, given)),
        ["time_changed 0900-1000 1100-1200", "time_changed 1500-1600 1700-1800"]
    );
    // What is alike is paired before: the earliest planned row takes the only one left.
    let planned = vec![row("111211", 4, "0900", "1000"), row("111211", 4, "1100", "1200")];
    let given = vec![row("111211", 4, "1100", "1200"), row("111211", 4, "1500", "1600")];
    assert_eq!(told(&compare(planned, given)), ["time_changed 0900-1000 1500-1600"]);
}

#[test]
fn two_equal_rows_are_two() {
    let one = || row("111211", 4, "0900", "1000");
    assert_eq!(told(&compare(vec![one(), one()], vec![one()])), ["missing 0900-1000 nothing"]);
    assert_eq!(told(&compare(vec![one()], vec![one(), one()])), ["extra nothing 0900-1000"]);
    let mut other = one();
    other.units = Some(7);
    let result = compare(vec![one(), other.clone()], vec![other, one()]);
    assert!(result.differences.is_empty(), "their order does not matter");
}

#[test]
fn only_percentage_add_ons_are_tolerated() {
    let result = compare(vec![monthly("116279", 190)], vec![monthly("116279", 0)]);
    assert!(result.differences.is_empty());
    assert_eq!(result.tolerated.len(), 1);
    assert_eq!((result.summary.tolerated, result.summary.equal_rows), (1, 0));
    let changed = |planned, given| told(&compare(vec![planned], vec![given]));
    assert_eq!(changed(monthly("116279", 0), monthly("116279", 190)), ["units_changed 9999-9999 9999-9999"]);
    assert_eq!(changed(monthly("116279", 190), monthly("116279", 180)), ["units_changed 9999-9999 9999-9999"]);
    let mut twice = monthly("116279", 0);
    twice.count = Some(2);
    assert_eq!(changed(monthly("116279", 190), twice), ["count_changed 9999-9999 9999-9999"]);
    let timed = |units| {
        let mut row = row("111211", 4, "0900", "1000");
        row.units = Some(units);
        row
    };
    assert_eq!(changed(timed(5), timed(0)), ["units_changed 0900-1000 0900-1000"]);
}

#[test]
fn monthly_and_prorated_services() {
    let prorated = |days: &[u8]| {
        let mut row = at(EQUIPMENT, "171010", 1, "9999", "9999");
        row.prorated = Some(days.iter().copied().collect());
        (row.tais, row.units) = (Some("99007-000090".into()), Some(300));
        row
    };
    let (planned, mut given) = (plan("1", vec![prorated(&[1, 2, 3])]), actual("1", vec![prorated(&[1, 2])]));
    let compare = |given: &MonthActual| {
        Reconciliation::of([held(PLANNER, EQUIPMENT, 1, &planned)], [held(EQUIPMENT, PLANNER, 2, given)])
    };
    // The days are no part of the rule; what they change are the units.
    assert!(compare(&given).differences.is_empty());
    given.rows[0].units = Some(200);
    assert_eq!(told(&compare(&given)), ["units_changed 9999-9999 9999-9999"]);
    // A notification code stands where there is no TAIS code.
    (given.rows[0].tais, given.rows[0].notification) = (None, Some("99007-000090".into()));
    assert_eq!(told(&compare(&given)), ["units_changed 9999-9999 9999-9999"]);
}

#[test]
fn cells_that_cannot_be_read_are_compared_like_others() {
    let unreadable = || row("", 99, "0900", "1000");
    assert_eq!((unreadable().code, unreadable().date), (None, None));
    let read = || row("111211", 4, "0900", "1000");
    assert!(compare(vec![unreadable(), read()], vec![unreadable(), read()]).differences.is_empty());
    assert_eq!(told(&compare(vec![unreadable(), read()], vec![read()])), ["missing 0900-1000 nothing"]);
    assert_eq!(told(&compare(vec![read()], vec![unreadable(), read()])), ["extra nothing 0900-1000"]);
}

#[test]
fn kinds_without_actuals_are_pending() {
    let day = |code| at(DAY_CARE, code, 4, "0915", "1630");
    let plan = plan("1", vec![row("111211", 4, "0900", "1000"), day("152444"), day("211111")]);
    let stay = actual("2", vec![at(DAY_CARE, "211111", 5, "9999", "9999")]);
    let result = Reconciliation::of([held(PLANNER, HOME_CARE, 1, &plan)], [held(DAY_CARE, PLANNER, 2, &stay)]);
    let pending: Vec<_> = result
        .pending
        .iter()
        .map(|pending| (pending.office.unwrap().to_string(), pending.kind.unwrap().to_string()))
        .collect();
    assert_eq!(pending, [(HOME_CARE.to_owned(), "11".to_owned()), (DAY_CARE.to_owned(), "15".to_owned())]);
    assert_eq!(result.pending[0].planned, Sum { rows: 1, units: 100 });
    assert_eq!(told(&result), ["user_missing 1 rows nothing", "user_extra nothing 1 rows"]);
    assert_eq!((result.summary.planned_rows_compared, result.summary.actual_rows_compared), (1, 1));
    let expected: Vec<_> = result.offices.iter().map(|office| (office.people, office.actuals_expected)).collect();
    assert_eq!(expected, [(1, false), (1, false), (2, true)]);
}

#[test]
fn people_missing_and_extra() {
    let one = plan("1", vec![row("111211", 4, "0900", "1000"), at(DAY_CARE, "152444", 4, "0915", "1630")]);
    let two = plan("2", vec![row("111211", 4, "0900", "1000")]);
    let [there, day] = [
        actual("2", vec![row("111211", 4, "0900", "1000")]),
        actual("1", vec![at(DAY_CARE, "152444", 4, "0915", "1630")]),
    ];
    let result = Reconciliation::of(
        [held(PLANNER, HOME_CARE, 1, &one), held(PLANNER, HOME_CARE, 1, &two)],
        [held(HOME_CARE, PLANNER, 2, &there), held(DAY_CARE, PLANNER, 2, &day)],
    );
    assert_eq!(told(&result), ["user_missing 1 rows nothing"]);
    let missing = &result.differences[0];
    assert_eq!((&*missing.insured_number, missing.also_at_other_offices), ("1", Some(true)));
    assert_eq!((missing.date, missing.start, missing.service_code), (None, None, None));
    assert_eq!(missing.rows.as_ref().unwrap().len(), 1);
}

/// One person planned under 139014; actuals under the insurers given.
fn by_insurers(planned: &[&str], given: &[&str]) -> Reconciliation {
    let with = |insurer: &&str| insured_by(insurer, "1");
    let plans: Vec<MonthPlan> = planned
        .iter()
        .map(|insurer| MonthPlan { person: with(insurer), ..plan("", vec![row("111211", 4, "0900", "1000")]) })
        .collect();
    let actuals: Vec<MonthActual> = given
        .iter()
        .map(|insurer| MonthActual { person: with(insurer), ..actual("", vec![row("111211", 4, "1100", "1200")]) })
        .collect();
    Reconciliation::of(
        plans.iter().map(|plan| held(PLANNER, HOME_CARE, 1, plan)),
        actuals.iter().map(|actual| held(HOME_CARE, PLANNER, 2, actual)),
    )
}

#[test]
fn another_insurer_is_the_same_person_if_there_is_no_doubt() {
    let result = by_insurers(&["139014"], &["139022"]);
    assert_eq!(told(&result), ["time_changed 0900-1000 1100-1200"]);
    let mismatch = &result.insurer_mismatches[0];
    assert_eq!((&*mismatch.planned_insurer, &*mismatch.actual_insurer), ("139014", "139022"));
    let Some(Side::Row(given)) = &result.differences[0].actual else { panic!("a row") };
    assert_eq!((&*result.differences[0].insurer_number, &*given.insurer_number), ("139014", "139022"));

    // The number is left once on both sides after those who match in full.
    let result = by_insurers(&["139014", "139030"], &["139014", "139022"]);
    assert_eq!((result.differences.len(), result.insurer_mismatches.len()), (2, 1));
    assert_eq!(&*result.insurer_mismatches[0].planned_insurer, "139030");

    let result = by_insurers(&["139014"], &["139022", "139030"]);
    assert_eq!(
        told(&result),
        ["user_missing 1 rows nothing", "user_extra nothing 1 rows", "user_extra nothing 1 rows"]
    );
    assert!(result.insurer_mismatches.is_empty());
}

#[test]
fn an_office_is_held_against_the_copy_it_received() {
    let at_nine = plan("1", vec![row("111211", 4, "0900", "1000"), at(DAY_CARE, "152444", 4, "0915", "1630")]);
    let at_ten = plan("1", vec![row("111211", 4, "1000", "1100"), at(DAY_CARE, "152444", 4, "0915", "1630")]);
    let mut away = at_ten.clone();
    away.rows.truncate(1);
    let given = actual("1", vec![row("111211", 4, "0900", "1000")]);
    let compare = |plans: &[Sent<'_, MonthPlan>], withdrawn: &HashSet<Withdrawal>| {
        told(&Reconciliation::with_withdrawals(plans.iter().copied(), [held(HOME_CARE, PLANNER, 9, &given)], withdrawn))
    };
    let none = HashSet::new();
    let own = held(PLANNER, HOME_CARE, 1, &at_nine);
    assert!(compare(&[own, held(PLANNER, DAY_CARE, 2, &at_ten)], &none).is_empty(), "the other copy is newer");
    // Copies to two kinds of one office: the newer.
    let mut kinds = [own, held(PLANNER, HOME_CARE, 2, &at_ten)];
    (kinds[0].1.kind, kinds[1].1.kind) = ("11".parse().ok(), "13".parse().ok());
    assert_eq!(compare(&kinds, &none), ["time_changed 1000-1100 0900-1000"]);
    // No copy of its own: the newest of the others.
    let others = [held(PLANNER, EQUIPMENT, 1, &at_nine), held(PLANNER, DAY_CARE, 2, &away)];
    assert_eq!(compare(&others, &none), ["time_changed 1000-1100 0900-1000"]);
}

#[test]
fn an_office_that_lost_its_copy_has_nothing_planned() {
    let day_care = at(DAY_CARE, "152444", 4, "0915", "1630");
    let document = Document::MonthPlan(plan("1", vec![row("111211", 4, "0900", "1000"), day_care]));
    let mut ledger = Ledger::new();
    let mut say = |receiver: &str, number, action| {
        let (sender, receiver, serial) = (end(PLANNER), end(receiver), serial(number));
        drop(ledger.apply(Contents { sender, receiver, serial, edition: Edition::V4_1, action }));
    };
    say(HOME_CARE, 1, Action::Replace(vec![document.clone()]));
    say(DAY_CARE, 1, Action::Replace(vec![document.clone()]));
    say(DAY_CARE, 2, Action::Remove(vec![document.key()]));
    let actuals = [
        actual("1", vec![row("111211", 4, "0900", "1000")]),
        actual("2", vec![at(DAY_CARE, "152444", 4, "0915", "1630")]),
    ];
    let mut given = Ledger::new();
    for actual in actuals {
        let (sender, receiver) = (End { office: actual.office, kind: None }, end(PLANNER));
        let action = Action::Replace(vec![Document::MonthActual(actual)]);
        given.apply(Contents { sender, receiver, serial: serial(9), edition: Edition::V4_1, action });
    }
    // The copy of the other office still names it, and does not count.
    let result = Reconciliation::of_ledgers(&ledger, &given);
    assert_eq!(told(&result), ["user_extra nothing 1 rows"]);
    assert_eq!(result.users[0].planned_rows, 1);

    let (sender, receiver, edition) = (end(PLANNER), end(DAY_CARE), Edition::V4_1);
    let action = Action::Replace(vec![document]);
    ledger.apply(Contents { sender, receiver, serial: serial(3), edition, action });
    let result = Reconciliation::of_ledgers(&ledger, &given);
    assert_eq!(told(&result), ["user_missing 1 rows nothing", "user_extra nothing 1 rows"]);
}

#[test]
fn planners_are_kept_apart() {
    const OTHER: &str = "1309900015";
    let one = plan("1", vec![row("111211", 4, "0900", "1000")]);
    let two = plan("1", vec![row("111211", 18, "0900", "1000")]);
    let given = actual("1", vec![row("111211", 4, "0900", "1000"), row("111211", 18, "0900", "1000")]);
    let result = Reconciliation::of(
        [held(PLANNER, HOME_CARE, 1, &one), held(OTHER, HOME_CARE, 2, &two)],
        [held(HOME_CARE, PLANNER, 9, &given)],
    );
    assert!(result.differences.is_empty());
    assert_eq!(result.users[0].planned_rows, 2);
}

#[test]
fn nothing_prints_who_it_is_about() {
    let result = by_insurers(&["139014"], &["139022", "139030"]);
    let printed = format!("{result:?}{:?}", by_insurers(&["139014"], &["139022"]));
    assert!(!printed.contains("1390") && !printed.contains("111211"), "{printed}");
}

#[test]
fn ten_thousand_people() {
    let rows = |start: &str, end: &str| (1..=30).map(|day| row("111211", day, start, end)).collect::<Vec<_>>();
    let plans: Vec<_> = (0..10_000).map(|n| plan(&format!("{n:010}"), rows("0900", "1000"))).collect();
    let actuals: Vec<_> = (0..10_000)
        .map(|n| actual(&format!("{n:010}"), rows(if n % 10 == 0 { "0930" } else { "0900" }, "1000")))
        .collect();
    let begin = Instant::now();
    let result = Reconciliation::of(
        plans.iter().map(|plan| held(PLANNER, HOME_CARE, 1, plan)),
        actuals.iter().map(|actual| held(HOME_CARE, PLANNER, 2, actual)),
    );
    println!("10,000 people: {:?}", begin.elapsed());
    assert_eq!(result.summary.differences, 30_000);
    assert_eq!(result.differences[0].kind, DifferenceKind::TimeChanged);
    // Far more than it takes; a walk over all pairs would take days.
    assert!(begin.elapsed() < Duration::from_secs(20));
}

#[test]
fn one_person_with_very_many_rows() {
    let rows = |end: &str, units| {
        let one = (0..300_000).map(|n| {
            let mut row = row(if n % 2 == 0 { "111211" } else { "111111" }, 4, "0900", end);
            row.units = Some(units + n);
            row
        });
        one.collect::<Vec<_>>()
    };
    for (planned, given) in [(("1000", 0), ("1000", 7)), (("1000", 0), ("1100", 0))] {
        let begin = Instant::now();
        let result = compare(rows(planned.0, planned.1), rows(given.0, given.1));
        println!("300,000 rows: {:?}, {} differences", begin.elapsed(), result.differences.len());
        assert!(begin.elapsed() < Duration::from_secs(30));
    }
}
