//! Rows and documents made by hand.

use careplan::{End, MonthActual, MonthPlan, Person, Serial, ServiceRow, Time, reconcile::Sent};

pub const DAY_CARE: &str = "1379900028";
pub const HOME_CARE: &str = "1379900010";
pub const EQUIPMENT: &str = "1379900036";
pub const PLANNER: &str = "1379905001";

/// A row at the office that gives home care.
pub fn row(code: &str, day: u8, start: &str, end: &str) -> ServiceRow {
    at(HOME_CARE, code, day, start, end)
}

pub fn at(office: &str, code: &str, day: u8, start: &str, end: &str) -> ServiceRow {
    ServiceRow {
        created_on: None,
        cm_office: PLANNER.parse().ok(),
        care_manager: None,
        units: Some(100),
        short_stay_days_before: None,
        date: format!("202511{day:02}").parse().ok(),
        prorated: None,
        start: start.parse().unwrap(),
        end: end.parse().unwrap(),
        count: Some(1),
        code: code.parse().ok(),
        tais: None,
        notification: None,
        equipment: None,
        detail_no: None,
        office: office.parse().ok(),
        office_name: None,
        satellite: None,
        over_30_days: Some(false),
        updated_by: None,
        unreadable: Vec::new(),
    }
}

/// A row without a time of day: monthly services and percentage add-ons.
pub fn monthly(code: &str, units: i32) -> ServiceRow {
    let mut row = row(code, 1, "9999", "9999");
    row.units = Some(units);
    assert_eq!(row.start, Time::NONE);
    row
}

pub fn person(insured: &str) -> Person {
    insured_by("139014", insured)
}

pub fn insured_by(insurer: &str, insured: &str) -> Person {
    Person { insurer: insurer.into(), insured: insured.into() }
}

pub fn plan(insured: &str, rows: Vec<ServiceRow>) -> MonthPlan {
    MonthPlan {
        person: person(insured),
        month: "202511".parse().unwrap(),
        rows,
        benefits: Vec::new(),
        supplement: None,
    }
}

/// Actuals of the office and kind of the first row.
pub fn actual(insured: &str, rows: Vec<ServiceRow>) -> MonthActual {
    let office = rows.iter().find_map(|row| row.office).unwrap();
    let kind = rows.iter().find_map(|row| row.code).unwrap().kind();
    MonthActual { person: person(insured), month: "202511".parse().unwrap(), office, kind, rows }
}

pub fn end(office: &str) -> End {
    End { office: office.parse().unwrap(), kind: None }
}

pub fn serial(number: u32) -> Serial {
    format!("{number:014}").parse().unwrap()
}

/// A document as its receiver holds it.
pub fn held<'a, T>(sender: &str, receiver: &str, number: u32, document: &'a T) -> Sent<'a, T> {
    (end(sender), end(receiver), serial(number), document)
}
