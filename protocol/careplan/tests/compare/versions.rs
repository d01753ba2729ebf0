//! Whatever two versions say: no change is told of equal ones, and always one of unequal ones.

use careplan::{
    BasicInformation, CarePlan, Document, FieldType, FileKind, Image, Lang, Layout, MonthPlan, Record, ServiceRow,
    SupportPlan, Value, diff::diff,
};
use proptest::prelude::*;

use crate::build::{DAY_CARE, HOME_CARE, actual, at, person, plan};

/// A value for a column, one of three or none.
fn value(field_type: FieldType, codes: &[(&'static str, &'static str)], choice: u8) -> Option<Value> {
    let text = |text: &str| Some(Value::Code(text.into()));
    match (field_type, choice % 4) {
        (_, 0) => None,
        (_, 3) => Some(Value::Unreadable("?".into())),
        (FieldType::Month, n) => format!("20250{n}").parse().ok().map(Value::Month),
        (FieldType::Date, n) => format!("2025010{n}").parse().ok().map(Value::Date),
        (FieldType::Time, n) => format!("090{n}").parse().ok().map(Value::Time),
        (FieldType::Integer, n) => Some(Value::Number(n.into())),
        (FieldType::Decimal, n) => format!("1{n}.5").parse().ok().map(Value::Decimal),
        (FieldType::Days, n) => Some(Value::Days([n].into_iter().collect())),
        (FieldType::Flag, n) => codes.get(usize::from(n)).and_then(|(code, _)| text(code)),
        (FieldType::Text, n) => Some(Value::Text(format!("文{n}").into())),
        (_, n) => text(&format!("11{n}")),
    }
}

fn record(kind: FileKind) -> impl Strategy<Value = Record> {
    let layout = Layout::all().iter().rev().find(|layout| layout.kind() == kind).unwrap();
    let cells = prop::collection::vec((0..layout.fields().len(), any::<u8>()), 0..4);
    cells.prop_map(move |cells| {
        let mut record = Record::new(kind).unwrap();
        for (at, choice) in cells {
            let field = &layout.fields()[at];
            record.set(field.name_en(), value(field.field_type(), field.codes(), choice));
        }
        record
    })
}

fn records(kind: FileKind) -> impl Strategy<Value = Vec<Record>> {
    prop::collection::vec(record(kind), 0..4)
}

fn service() -> impl Strategy<Value = ServiceRow> {
    let some = |weight| prop::option::weighted(weight, 1..3);
    let plain = (
        prop::sample::select(vec!["111211", "111111", "152444", ""]),
        prop::sample::select(vec![1, 2, 99]),
        prop::sample::select(vec![("0900", "1000"), ("0900", "1030"), ("1000", "1100"), ("9999", "9999")]),
        prop::bool::ANY,
    );
    let texts = prop::collection::vec(prop::option::weighted(0.1, "[ab]"), 6);
    (plain, (some(0.2), some(0.2), some(0.9), some(0.9), some(0.1)), texts, 0..40u8).prop_map(
        |((code, day, (start, end), day_care), (satellite, detail, count, units, before), texts, rare)| {
            let mut row = at(if day_care { DAY_CARE } else { HOME_CARE }, code, day, start, end);
            (row.satellite, row.detail_no, row.count, row.units) = (satellite, detail, count, units);
            row.short_stay_days_before = before;
            let mut texts = texts.into_iter().map(|text| text.map(|text| text.as_str().into()));
            let mut next = || texts.next().flatten();
            (row.care_manager, row.tais, row.notification) = (next(), next(), next());
            (row.equipment, row.office_name, row.updated_by) = (next(), next(), next());
            match rare {
                0 => row.created_on = "20251104".parse().ok(),
                1 => row.prorated = Some([1, 2].into_iter().collect()),
                2 => row.over_30_days = Some(true),
                3 => row.cm_office = None,
                4 => row.office = None,
                5 => row.unreadable = vec![("start_time", "朝".into())],
                6 => row.unreadable = vec![("service_code", "？".into())],
                7 => row.unreadable = vec![("units", "x".into()), ("count", "y".into())],
                _ => {}
            }
            row
        },
    )
}

fn document() -> impl Strategy<Value = Document> {
    let one = |kind| prop::option::of(record(kind));
    let services = || prop::collection::vec(service(), 0..6);
    let date = || "20251010".parse().unwrap();
    prop_oneof![
        (services(), records(FileKind::UpSikyu), one(FileKind::UpHosoku)).prop_map(|(rows, benefits, supplement)| {
            Document::MonthPlan(MonthPlan { benefits, supplement, ..plan("1", rows) })
        }),
        services().prop_map(|rows| {
            let mut document = actual("1", vec![at(HOME_CARE, "111211", 1, "0900", "1000")]);
            document.rows = rows;
            Document::MonthActual(document)
        }),
        (one(FileKind::Up1Kyo), records(FileKind::Up2Kyo), records(FileKind::Up3Kyo), one(FileKind::UpHosoku))
            .prop_map(move |(table1, table2, table3, supplement)| {
                Document::CarePlan(CarePlan { person: person("1"), date: date(), table1, table2, table3, supplement })
            }),
        (
            one(FileKind::UpKihon),
            records(FileKind::UpKihonSub1),
            records(FileKind::UpKihonSub2),
            prop::option::of(0..3u16)
        )
            .prop_map(move |(record, day, history, image)| {
                let image = image.map(|number| Image { number, bytes: vec![1; usize::from(number)].into() });
                Document::BasicInformation(BasicInformation {
                    person: person("1"),
                    date: date(),
                    record,
                    day,
                    history,
                    image,
                })
            }),
        (one(FileKind::UpYobo), records(FileKind::UpYoboSub)).prop_map(move |(record, rows)| {
            Document::SupportPlan(SupportPlan { person: person("1"), date: date(), record, rows })
        }),
    ]
}

/// Tells whether both hold the same, in any order.
fn alike<T: PartialEq>(one: &[T], other: &[T]) -> bool {
    let mut rest: Vec<&T> = other.iter().collect();
    one.iter().all(|row| rest.iter().position(|other| *other == row).map(|at| rest.remove(at)).is_some())
        && rest.is_empty()
}

fn equal(one: &Document, other: &Document) -> bool {
    match (one, other) {
        (Document::CarePlan(a), Document::CarePlan(b)) => {
            a.table1 == b.table1
                && alike(&a.table2, &b.table2)
                && alike(&a.table3, &b.table3)
                && a.supplement == b.supplement
        }
        (Document::MonthPlan(a), Document::MonthPlan(b)) => {
            alike(&a.rows, &b.rows) && alike(&a.benefits, &b.benefits) && a.supplement == b.supplement
        }
        (Document::MonthActual(a), Document::MonthActual(b)) => alike(&a.rows, &b.rows),
        (Document::BasicInformation(a), Document::BasicInformation(b)) => {
            a.record == b.record && alike(&a.day, &b.day) && alike(&a.history, &b.history) && a.image == b.image
        }
        (Document::SupportPlan(a), Document::SupportPlan(b)) => a.record == b.record && alike(&a.rows, &b.rows),
        _ => false,
    }
}

fn reversed(document: &Document) -> Document {
    let mut document = document.clone();
    match &mut document {
        Document::CarePlan(plan) => {
            plan.table2.reverse();
            plan.table3.reverse();
        }
        Document::MonthPlan(plan) => {
            plan.rows.reverse();
            plan.benefits.reverse();
        }
        Document::MonthActual(actual) => actual.rows.reverse(),
        Document::BasicInformation(basic) => {
            basic.day.reverse();
            basic.history.reverse();
        }
        Document::SupportPlan(plan) => plan.rows.reverse(),
        _ => {}
    }
    document
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn changes_are_told_if_there_are_any(one in document(), other in document()) {
        prop_assert!(diff(&one, &one).is_empty());
        prop_assert!(diff(&one, &reversed(&one)).is_empty());
        let changes = diff(&one, &other);
        prop_assert_eq!(changes.is_empty(), equal(&one, &other));
        for change in &changes {
            for lang in [Lang::Ja, Lang::En] {
                let text = change.text(lang);
                prop_assert!(!text.contains("change-") && !text.contains(['{', '}', '$', '\n']), "{}", text);
            }
        }
    }
}
