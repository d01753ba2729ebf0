//! Data at the edge of what may come.

use std::sync::Arc;

use careplan::{
    CarePlan, Date, Document, FileKind, Image, MonthActual, MonthPlan, OfficeNumber, Record, ServiceRow, Time, Value,
};

use crate::values;

/// Names that break what is careless.
pub(crate) const NAMES: [&str; 6] = [
    "髙﨑　①㈱～濵",
    "<script>alert('x')</script>",
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
    let Some(Document::MonthPlan(full)) = values::full_documents().into_iter().nth(1) else { panic!("no month") };
    let person = full.person.clone();
    let actual = MonthActual {
        person,
        month,
        office: office(0),
        kind: "15".parse().unwrap(),
        rows: rows.iter().filter(|row| row.office == Some(office(0))).step_by(2).cloned().collect(),
    };
    (Document::MonthPlan(MonthPlan { month, rows, ..full }), actual)
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
    let long = |name: &str| format!("{name}{}{}", NAMES.join("\n"), "長い文章が続きます。".repeat(300));
    let lengthen = |mut record: Record| {
        for field in record.layout().fields() {
            if matches!(record.get(field.name_en()), Some(Value::Text(_))) {
                record.set(field.name_en(), Some(Value::Text(long(field.name_en()).into())));
            }
        }
        record
    };
    let Some(Document::CarePlan(plan)) = values::full_documents().into_iter().next() else { panic!("no plan") };
    let table2 = (1..=30).map(|number| {
        let mut record = values::full(FileKind::Up2Kyo);
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

/// Basic information with a picture, or with bytes that are none.
pub(crate) fn basic(jpeg: &[u8]) -> Document {
    let Some(Document::BasicInformation(mut basic)) = values::full_documents().into_iter().nth(2) else {
        panic!("no information")
    };
    basic.image = Some(Image { number: 1, bytes: Arc::from(jpeg) });
    Document::BasicInformation(basic)
}
