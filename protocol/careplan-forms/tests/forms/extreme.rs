//! Data at the edge of what may come.

use std::sync::Arc;

use careplan::{
    CarePlan, Date, Document, FileKind, Image, MonthActual, MonthPlan, OfficeNumber, Person, Record, ServiceRow,
    SupportPlan, Time, Value,
};

use super::full;

/// Names that break what is careless.
pub(crate) const NAMES: [&str; 7] = [
    "髙﨑　①㈱～濵",
    "<script>window.ran=1;alert('x')</script>",
    "<img src=x onerror=\"window.ran=1\">",
    "a & b \"c\" 'd' </td></dd>",
    "ﾊﾝｶｸ ｶﾅ|縦棒|",
    "改行\r\n二行目\n三行目",
    "\u{202e}逆\u{1b}[31m赤\u{0}終",
];

/// A month of so many services, each on every day, each twice a day, with actuals of half of them.
pub(crate) fn month(services: usize) -> (Document, MonthActual) {
    let mut rows = Vec::new();
    for service in 0..services {
        for day in 1..=31 {
            rows.push(row(service, day));
        }
    }
    let month = "202512".parse().unwrap();
    let Some(Document::MonthPlan(full)) = full::full_documents().into_iter().nth(1) else { panic!("no month") };
    let person = full.person.clone();
    let actual = MonthActual {
        person,
        month,
        office: office(0),
        kind: "15".parse().unwrap(),
        rows: rows.iter().filter(|row| row.office == Some(office(0))).step_by(2).cloned().collect(),
    };
    let mut benefits = Vec::new();
    for service in 0..services {
        let mut record = full.benefits[0].clone();
        record.set("service_office_number", Some(Value::Code(office(service).to_string().into())));
        record.set("service_code", Some(Value::Code(format!("15{service:04}").into())));
        record.set("equipment_name", Some(Value::Text(NAMES[service % NAMES.len()].into())));
        benefits.push(record);
    }
    benefits.extend(full.benefits.iter().skip(1).cloned());
    (Document::MonthPlan(MonthPlan { month, rows, benefits, ..full }), actual)
}

fn office(number: usize) -> OfficeNumber {
    format!("13799{:05}", number % 3).parse().unwrap()
}

fn row(service: usize, day: u8) -> ServiceRow {
    let hour = u8::try_from(service % 24).unwrap();
    ServiceRow {
        created_on: Date::new(2025, 11, 25),
        cm_office: Some("1379905001".parse().unwrap()),
        care_manager: Some(NAMES[0].into()),
        units: Some(i32::try_from(service).unwrap() * 100 - 50),
        short_stay_days_before: Some(12_345),
        date: Date::new(2025, 12, day),
        prorated: Some((1..=31).collect()),
        start: Time::new(hour, 0).unwrap(),
        end: Time::new(hour + 1, 30).unwrap(),
        count: Some(99),
        code: Some(format!("15{service:04}").parse().unwrap()),
        tais: Some("00001-000010".into()),
        notification: Some("99999-999999".into()),
        equipment: Some(NAMES[service % NAMES.len()].into()),
        detail_no: Some(99),
        office: Some(office(service)),
        office_name: Some(NAMES[service % 3].into()),
        satellite: Some(99),
        over_30_days: Some(true),
        updated_by: Some("1379905001".into()),
        unreadable: vec![("count", "多い".into())],
    }
}

/// A care plan whose texts are as long as the reader lets them be on paper: 3,000 characters each, and many rows.
pub(crate) fn care_plan() -> Document {
    let Some(Document::CarePlan(plan)) = full::full_documents().into_iter().next() else { panic!("no plan") };
    let table2 = (1..=30).map(|number| {
        let mut record = full::full(FileKind::Up2Kyo);
        record.set("need_no", Some(Value::Number(number / 4)));
        record.set("goal_no", Some(Value::Number(number / 2)));
        record.set("support_no", Some(Value::Number(number)));
        record.set("need", Some(Value::Text(format!("課題{}", number / 4).into())));
        record.set("long_term_goal", Some(Value::Text(format!("目標{}", number / 2).into())));
        record.set("short_term_goal", Some(Value::Text(format!("短期{number}").into())));
        record
    });
    Document::CarePlan(CarePlan {
        table1: plan.table1.clone().map(lengthen),
        table2: table2.collect(),
        table3: plan.table3.iter().cloned().map(lengthen).collect(),
        supplement: plan.supplement.clone().map(lengthen),
        ..plan
    })
}

/// A support plan whose texts are as long, with ten rows of which each has a need of its own.
pub(crate) fn support_plan() -> Document {
    let Some(Document::SupportPlan(plan)) = full::full_documents().into_iter().nth(3) else { panic!("no plan") };
    let rows = (1..=10).map(|number| {
        let mut record = full::full(FileKind::UpYoboSub);
        for column in ["need_no", "support_plan_no", "used_service_no"] {
            record.set(column, Some(Value::Number(number)));
        }
        if number == 1 { lengthen(record) } else { record }
    });
    Document::SupportPlan(SupportPlan { record: plan.record.clone().map(lengthen), rows: rows.collect(), ..plan })
}

/// Makes every text of a record 3,000 characters long, with all names that break things before.
fn lengthen(mut record: Record) -> Record {
    for field in record.layout().fields() {
        let name = field.name_en();
        if matches!(record.get(name), Some(Value::Text(_))) {
            let long = format!("{name}{}{}", NAMES.join("\n"), "長い文章が続きます。".repeat(300));
            record.set(name, Some(Value::Text(long.into())));
        }
    }
    record
}

/// Basic information whose texts are as long, with a picture, or with bytes that are none.
pub(crate) fn basic(jpeg: &[u8]) -> Document {
    let Some(Document::BasicInformation(mut basic)) = full::full_documents().into_iter().nth(2) else {
        panic!("no information")
    };
    basic.record = basic.record.map(lengthen);
    basic.image = Some(Image { number: 1, bytes: Arc::from(jpeg) });
    Document::BasicInformation(basic)
}

/// A month of so many persons: three services each, and actuals in which something differs for each of them.
pub(crate) fn people(count: usize) -> Vec<(Document, MonthActual)> {
    let people = (0..count).map(|number| {
        let person = Person { insurer: "139999".into(), insured: format!("{:010}", 13_000 + number).into() };
        let (Document::MonthPlan(plan), actual) = month(3) else { panic!("no month") };
        let mut supplement = plan.supplement.clone().unwrap();
        supplement.set("user_name", Some(Value::Text(NAMES[number % NAMES.len()].into())));
        supplement.set("insured_number", Some(Value::Code(person.insured.clone())));
        let mut rows: Vec<ServiceRow> = actual.rows.into_iter().step_by(5).collect();
        match number % 3 {
            0 => rows[0].count = Some(1),
            1 => rows[0].start = Time::new(23, 59).unwrap(),
            _ => drop(rows.remove(0)),
        }
        let planned = plan
            .rows
            .into_iter()
            .filter(|row| row.office != Some(office(0)) || row.date.is_some_and(|date| date.day() % 10 == 1));
        let plan = MonthPlan { person: person.clone(), rows: planned.collect(), supplement: Some(supplement), ..plan };
        (Document::MonthPlan(plan), MonthActual { person, rows, ..actual })
    });
    people.collect()
}
