//! Documents with a value of its own in every column.

use std::collections::BTreeSet;

use careplan::{
    BasicInformation, CarePlan, Date, Decimal, Document, FieldType, FileKind, MonthPlan, Person, Record, SupportPlan,
    Time, Value,
};

/// A document of each kind with something of its own in every column.
pub(crate) fn full_documents() -> Vec<Document> {
    let person = || Person { insurer: "139999".into(), insured: "H123456789".into() };
    let date = Date::new(2025, 4, 1).unwrap();
    let benefits = ["111211", "11AAAA", "999999"].map(|code| {
        let mut record = full(FileKind::UpSikyu);
        record.set("service_code", Some(Value::Code(code.into())));
        record
    });
    let week = |columns: [&str; 4]| {
        let mut record = full(FileKind::Up3Kyo);
        for field in record.layout().fields() {
            if !columns.contains(&field.name_en()) {
                record.set(field.name_en(), None);
            }
        }
        record
    };
    vec![
        Document::CarePlan(CarePlan {
            person: person(),
            date,
            table1: Some(full(FileKind::Up1Kyo)),
            table2: vec![full(FileKind::Up2Kyo)],
            table3: vec![
                full(FileKind::Up3Kyo),
                week(["service_content", "created_on", "service_start", "service_end"]),
                week(["daily_activity", "created_on", "", ""]),
                week(["service_content", "weekday", "", ""]),
                week(["weekday", "", "", ""]),
            ],
            supplement: Some(full(FileKind::UpHosoku)),
        }),
        Document::MonthPlan(MonthPlan {
            person: person(),
            month: "202511".parse().unwrap(),
            rows: Vec::new(),
            benefits: benefits.into(),
            supplement: Some(full(FileKind::UpHosoku)),
        }),
        Document::BasicInformation(BasicInformation {
            person: person(),
            date,
            record: Some(full(FileKind::UpKihon)),
            day: vec![full(FileKind::UpKihonSub1)],
            history: vec![full(FileKind::UpKihonSub2)],
            image: None,
        }),
        Document::SupportPlan(SupportPlan {
            person: person(),
            date,
            record: Some(full(FileKind::UpYobo)),
            rows: vec![full(FileKind::UpYoboSub)],
        }),
    ]
}

/// A record with another value in each column, as far as its codes allow.
pub(crate) fn full(kind: FileKind) -> Record {
    let mut record = Record::new(kind).unwrap();
    let mut values = BTreeSet::new();
    for field in record.layout().fields() {
        let number = field.number();
        let small = u8::try_from(number).unwrap();
        // Tables of one document differ too.
        let salt = u8::try_from(FileKind::ALL.iter().position(|of| *of == kind).unwrap()).unwrap();
        let value = match field.field_type() {
            FieldType::Text => Value::Text(format!("値{number}の{salt}\r\n{}", field.name_en()).into()),
            FieldType::Integer => Value::Number(100_000 + i64::from(salt) * 100_000 + i64::from(number) * 1_001),
            FieldType::Decimal => Value::Decimal(Decimal::from_hundredths(1_000 + i32::from(number))),
            FieldType::Date => Value::Date(Date::new(1930 + number, small % 12 + 1, salt + 1).unwrap()),
            FieldType::Time => Value::Time(Time::new(small % 24, 40 + salt).unwrap()),
            FieldType::Flag => Value::Code(field.codes().last().map_or("9", |(code, _)| code).into()),
            FieldType::ServiceKind => Value::Code("2B".into()),
            FieldType::ServiceCode => Value::Code(format!("11{number:04}").into()),
            _ => Value::Code(format!("9A{salt:04}{number:04}").into()),
        };
        if record.set(field.name_en(), Some(value.clone())) && field.codes().is_empty() {
            assert!(
                values.insert(value.to_string()) || field.field_type() == FieldType::ServiceKind,
                "{}",
                field.name_en()
            );
        }
    }
    record
}
