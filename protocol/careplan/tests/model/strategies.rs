//! Contents as they may be: every kind of document, every kind of cell.

use std::collections::BTreeSet;

use careplan::{
    Action, BasicInformation, CarePlan, Contents, Date, Days, Decimal, Document, Edition, End, Field, FieldType,
    FileKind, Image, Layout, Month, MonthActual, MonthPlan, OfficeNumber, Person, Record, Serial, ServiceCode,
    ServiceKind, ServiceRow, SupportPlan, Time, Value,
};
use proptest::{collection::vec, option, prelude::*, strategy::Union};

/// Text of characters that MS932 has, with all that needs care in a cell.
pub fn text() -> impl Strategy<Value = String> {
    "[ -~\"\",,\t\r\n\u{e000}\u{e757}あ-んァ-ヶｦ-ﾟ一表ソ能髙﨑①㈱ⅳ～―－∥￢￠Ωя]{1,12}"
}

/// What is no value of any type but text, in the form that it is kept in.
fn unreadable() -> impl Strategy<Value = String> {
    "\\?[A-Z0-9,\"\nあ髙]{0,4}X"
}

pub fn date() -> impl Strategy<Value = Date> {
    (1u16..=9999, 1u8..=12, 1u8..=28).prop_map(|(year, month, day)| Date::new(year, month, day).unwrap())
}

fn month(edition: Edition) -> impl Strategy<Value = Month> {
    let years = if edition == Edition::V3 { 1u16..=2024 } else { 2026..=9999 };
    (years, 1u8..=12, any::<bool>()).prop_map(move |(year, month, edge)| match (edge, edition) {
        (true, Edition::V3) => Month::new(2025, 3).unwrap(),
        (true, _) => Month::new(2025, 4).unwrap(),
        _ => Month::new(year, month).unwrap(),
    })
}

fn time() -> impl Strategy<Value = Time> {
    prop_oneof![Just(Time::NONE), (0u8..30, 0u8..60).prop_map(|(hour, minute)| Time::new(hour, minute).unwrap())]
}

fn days() -> impl Strategy<Value = Days> {
    vec(1u8..=31, 0..31).prop_map(|days| days.into_iter().collect())
}

fn office() -> impl Strategy<Value = OfficeNumber> {
    "[0-9]{2}[0-9A-Z]{8}".prop_map(|text| text.parse().unwrap())
}

fn service_kind() -> impl Strategy<Value = ServiceKind> {
    "[0-9A-Z]{2}".prop_map(|text| text.parse().unwrap())
}

fn person() -> impl Strategy<Value = Person> {
    ("[0-9]{1,8}", "[0-9A-Z]{1,10}")
        .prop_map(|(insurer, insured)| Person { insurer: insurer.into(), insured: insured.into() })
}

fn value(field: &'static Field) -> BoxedStrategy<Value> {
    let code = "[0-9A-Z]{1,10}".prop_map(|code| Value::Code(code.into()));
    let typed = match field.field_type() {
        FieldType::Text => return text().prop_map(|text| Value::Text(text.into())).boxed(),
        FieldType::Month => {
            (1u16..=9999, 1u8..=12).prop_map(|(year, month)| Value::Month(Month::new(year, month).unwrap())).boxed()
        }
        FieldType::Date => date().prop_map(Value::Date).boxed(),
        FieldType::Time => time().prop_map(Value::Time).boxed(),
        FieldType::Integer => (-999_999_999i64..=999_999_999).prop_map(Value::Number).boxed(),
        FieldType::Decimal => (-99_999_999i32..=99_999_999)
            .prop_map(|hundredths| Value::Decimal(Decimal::from_hundredths(hundredths)))
            .boxed(),
        FieldType::Days => days().prop_map(Value::Days).boxed(),
        FieldType::Flag => {
            let codes = field.codes().iter().map(|(code, _)| Just(Value::Code((*code).into())));
            Union::new(codes).boxed()
        }
        _ => code.boxed(),
    };
    prop_oneof![8 => typed, 1 => unreadable().prop_map(|text| Value::Unreadable(text.into()))].boxed()
}

/// A record with the columns that an edition has.
pub fn record(kind: FileKind, edition: Edition) -> BoxedStrategy<Record> {
    let layout = Layout::of(kind, edition).unwrap();
    let values: Vec<_> = layout
        .fields()
        .iter()
        .filter(|field| Record::new(kind).unwrap().set(field.name_en(), None) && field.name_en() != "family_image_file")
        .map(|field| option::of(value(field)).prop_map(|value| (field.name_en(), value)))
        .collect();
    values
        .prop_map(move |values| {
            let mut record = Record::new(kind).unwrap();
            for (name, value) in values {
                assert!(record.set(name, value));
            }
            record
        })
        .boxed()
}

/// A row of table 6, of one office and kind or of any.
fn service_row(edition: Edition, of: Option<(OfficeNumber, ServiceKind)>) -> BoxedStrategy<ServiceRow> {
    let shared = || option::of(text().prop_map(|text| text.into()));
    let number = || option::of(-999_999_999i32..=999_999_999);
    let equipment = (option::of("[0-9]{5}-[0-9]{6}"), option::of("[0-9A-Z-]{1,12}"), shared()).prop_map(
        move |(tais, other, name)| {
            if edition == Edition::V3 { (None, None, None) } else { (tais, other, name) }
        },
    );
    let code = "[0-9A-Z]{6}".prop_map(|code| code.parse::<ServiceCode>().unwrap());
    let first = (option::of(date()), option::of(office()), shared(), number(), number(), option::of(date()));
    let second = (option::of(days()), time(), time(), number(), code, equipment);
    let third = (number(), option::of(office()), shared(), number(), option::of(any::<bool>()), shared());
    let faults = (0u8..12, unreadable(), any::<bool>());
    (first, second, third, faults)
        .prop_map(move |(first, second, third, (fault, text, long_code))| {
            let (created_on, cm_office, care_manager, units, short_stay_days_before, date) = first;
            let (prorated, start, end, count, code, (tais, notification, equipment)) = second;
            let (detail_no, office, office_name, satellite, over_30_days, updated_by) = third;
            let tail = &code.as_str()[2..];
            let code = match of {
                Some((_, kind)) => format!("{kind}{tail}").parse().unwrap(),
                None => code,
            };
            let mut row = ServiceRow {
                created_on,
                cm_office,
                care_manager,
                units,
                short_stay_days_before,
                date,
                prorated,
                start,
                end,
                count,
                code: Some(code),
                tais: tais.map(|text| text.into()),
                notification: notification.map(|text| text.into()),
                equipment,
                detail_no,
                office: of.map(|(office, _)| office).or(office),
                office_name,
                satellite,
                over_30_days,
                updated_by,
                unreadable: Vec::new(),
            };
            let column = match fault {
                0 => {
                    row.created_on = None;
                    "created_on"
                }
                1 => {
                    row.units = None;
                    "units"
                }
                2 => {
                    row.end = Time::NONE;
                    "end_time"
                }
                3 => {
                    row.over_30_days = None;
                    "over_30_days"
                }
                _ => "",
            };
            if !column.is_empty() {
                row.unreadable.push((column, text.as_str().into()));
            }
            if long_code && fault == 4 {
                row.code = None;
                row.unreadable.push(("service_code", format!("{code}7").into()));
            }
            row
        })
        .boxed()
}

fn care_plan(edition: Edition) -> BoxedStrategy<Document> {
    use FileKind::*;
    let table3 = if edition == Edition::V3 { 0..1 } else { 0..3 };
    let supplement = option::of(record(UpHosoku, edition));
    let tables =
        (record(Up1Kyo, edition), vec(record(Up2Kyo, edition), 0..4), vec(record(Up3Kyo, Edition::V4_1), table3));
    (person(), date(), tables, supplement)
        .prop_map(|(person, date, (table1, mut table2, table3), supplement)| {
            // In the order of its numbers.
            for (at, row) in table2.iter_mut().enumerate() {
                let at = i64::try_from(at).unwrap();
                assert!(row.set("need_no", Some(Value::Number(at / 2))) && row.set("goal_no", Some(Value::Number(at))));
            }
            Document::CarePlan(CarePlan { person, date, table1: Some(table1), table2, table3, supplement })
        })
        .boxed()
}

fn month_plan(edition: Edition, month: Month) -> BoxedStrategy<Document> {
    let supplement = option::of(record(FileKind::UpHosoku, edition));
    let benefits = vec(record(FileKind::UpSikyu, edition), 0..3);
    (person(), vec(service_row(edition, None), 1..5), benefits, supplement)
        .prop_map(move |(person, rows, benefits, supplement)| {
            Document::MonthPlan(MonthPlan { person, month, rows, benefits, supplement })
        })
        .boxed()
}

fn month_actual(edition: Edition, month: Month) -> BoxedStrategy<Document> {
    (person(), office(), service_kind())
        .prop_flat_map(move |(person, office, kind)| {
            vec(service_row(edition, Some((office, kind))), 1..5).prop_map(move |rows| {
                Document::MonthActual(MonthActual { person: person.clone(), month, office, kind, rows })
            })
        })
        .boxed()
}

fn basic_information() -> BoxedStrategy<Document> {
    use FileKind::*;
    let edition = Edition::V4_1;
    let day = vec(record(UpKihonSub1, edition), 0..3);
    let history = vec(record(UpKihonSub2, edition), 0..3);
    let image = option::of(vec(any::<u8>(), 1..20));
    (person(), date(), record(UpKihon, edition), day, history, image, option::of("見取り図[a-z]{3}"))
        .prop_map(|(person, date, mut record, day, history, image, unknown)| {
            if let (None, Some(name)) = (&image, unknown) {
                assert!(record.set("family_image_file", Some(Value::Text(name.into()))));
            }
            // The number is given when it is known how many there are.
            let image = image.map(|bytes| Image { number: 0, bytes: bytes.into() });
            Document::BasicInformation(BasicInformation { person, date, record: Some(record), day, history, image })
        })
        .boxed()
}

fn support_plan() -> BoxedStrategy<Document> {
    let edition = Edition::V4_1;
    (person(), date(), record(FileKind::UpYobo, edition), vec(record(FileKind::UpYoboSub, edition), 0..3))
        .prop_map(|(person, date, record, rows)| {
            Document::SupportPlan(SupportPlan { person, date, record: Some(record), rows })
        })
        .boxed()
}

/// Documents that make one unit.
fn documents(edition: Edition) -> BoxedStrategy<Vec<Document>> {
    let months = month(edition).prop_flat_map(move |month| {
        prop_oneof![vec(month_plan(edition, month), 1..4), vec(month_actual(edition, month), 1..4)]
    });
    let both = || vec(care_plan(edition), 1..4);
    if edition == Edition::V3 {
        return prop_oneof![both(), months].boxed();
    }
    let preventive = (vec(support_plan(), 0..3), vec(basic_information(), 0..3))
        .prop_filter("at least one", |(plans, basics)| !plans.is_empty() || !basics.is_empty())
        .prop_map(|(plans, basics)| plans.into_iter().chain(basics).collect());
    prop_oneof![both(), months, preventive].boxed()
}

/// Contents that can be written, and are read again as they are.
pub fn contents() -> impl Strategy<Value = Contents> {
    let edition = prop_oneof![Just(Edition::V3), Just(Edition::V4_1)];
    let ends = (office(), office(), service_kind(), "[0-9]{14}".prop_map(|serial| serial.parse::<Serial>().unwrap()));
    (edition.prop_flat_map(|edition| (Just(edition), documents(edition))), ends, 0u8..4).prop_map(
        |((edition, mut documents), (sender, receiver, kind, serial), remove)| {
            let mut keys = BTreeSet::new();
            documents.retain(|document| keys.insert(document.key()));
            for (number, document) in documents.iter_mut().enumerate() {
                if let Document::BasicInformation(BasicInformation { image: Some(image), .. }) = document {
                    image.number = u16::try_from(number).unwrap();
                }
            }
            let subject = documents[0].subject();
            let action = if remove == 0 {
                Action::Remove(keys.into_iter().filter(|key| key.subject() == subject).collect())
            } else {
                Action::Replace(documents)
            };
            Contents {
                // Planners may pass on actuals of many kinds.
                sender: End { office: sender, kind: "43".parse().ok() },
                receiver: End { office: receiver, kind: Some(kind) },
                serial,
                edition,
                action,
            }
        },
    )
}
