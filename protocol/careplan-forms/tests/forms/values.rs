//! Every value of the model is found on the forms, in its printed form.

use careplan::{Document, FileKind, Record, ServiceRow, Time, Value};
use careplan_forms::{
    era,
    forms::{self, Names, Recipient},
    sheet::{Block, Sheet},
};

use crate::{full::full_documents, samples};

/// Columns that no form prints, and why. What is not here has to be found.
const NOT_PRINTED: &[(FileKind, &str, &str)] = &[
    (FileKind::Up1Kyo, "updated_by_office", LAST_CHANGE),
    (FileKind::Up2Kyo, "updated_by_office", LAST_CHANGE),
    (FileKind::UpSikyu, "updated_by_office", LAST_CHANGE),
    (FileKind::UpHosoku, "updated_by_office", LAST_CHANGE),
    (FileKind::UpSikyu, "entered_by", LAST_CHANGE),
    (FileKind::Up2Kyo, "need_no", NUMBER),
    (FileKind::Up2Kyo, "goal_no", NUMBER),
    (FileKind::Up2Kyo, "support_no", NUMBER),
    (FileKind::UpYoboSub, "need_no", NUMBER),
    (FileKind::UpYoboSub, "support_plan_no", NUMBER),
    (FileKind::UpYoboSub, "used_service_no", NUMBER),
    (FileKind::UpKihon, "family_image_file", "links to the picture, which stands there itself"),
];
const LAST_CHANGE: &str = "who touched the record last: for software, and on no paper";
const NUMBER: &str = "links and orders rows: cells that span rows show it";

/// Values that say nothing on paper, and why.
const NOTHING: &[(FileKind, &str, &str, &str)] = &[
    (FileKind::UpSikyu, "service_office_number", "9999999999", "stands for all offices in the grand total"),
    (FileKind::UpSikyu, "service_code", "999999", "stands for the grand total: 合計"),
    (FileKind::UpSikyu, "over_30_days", "0", "only what is over is marked"),
];

/// Columns where all choices stand and the one taken is marked.
const CHOICES: &[&str] = &[
    "plan_type",
    "certification_status",
    "daily_living_support_reason",
    "support_level",
    "plan_kind",
    "entrusted",
    "consult_method",
    "consult_times",
    "current_situation",
    "checklist_result",
    "home_modified",
    "mobility_has_issue",
    "daily_living_has_issue",
    "social_has_issue",
    "health_has_issue",
];

/// Flags of the basic information with the word that is marked.
const FLAGS: &[(&str, &str)] = &[
    ("disability_physical", "身障"),
    ("disability_intellectual", "療育"),
    ("disability_mental", "精神"),
    ("disability_intractable", "難病"),
    ("pension_national", "国民年金"),
    ("pension_employees", "厚生年金"),
    ("pension_disability", "障害年金"),
    ("public_assistance", "生活保護"),
];

#[test]
fn every_value_of_the_sample_is_printed() {
    let mut seen = 0;
    for document in samples::documents() {
        let sheets = forms::of(&document, &[], Recipient::Planner, &Names::default());
        seen += check(&document, &sheets);
    }
    assert!(seen > 5_000, "{seen}");
}

#[test]
fn every_column_has_its_place() {
    let mut seen = 0;
    for document in full_documents() {
        let sheets = forms::of(&document, &[], Recipient::Planner, &Names::default());
        seen += check(&document, &sheets);
    }
    assert!(seen > 250, "{seen}");
}

/// What the notice's drawings print of the supplement, by document, form and item: it has to stand there, for the
/// supplement's own sheet would hide that it does not.
const OF_THE_SUPPLEMENT: &[(usize, &str, &[u16])] = &[
    (0, "居宅サービス計画書（１）", &[5, 6, 7, 8, 10, 11]),
    (1, "サービス利用票（兼居宅サービス計画）", &[5, 6, 8, 14, 15, 16, 17, 18, 19, 57, 59]),
    (1, "サービス利用票別表", &[20, 21, 22, 23, 52, 53, 54, 55, 56]),
];

#[test]
fn the_supplement_stands_where_the_notice_prints_it() {
    let documents = full_documents();
    for (document, title, items) in OF_THE_SUPPLEMENT {
        let document = &documents[*document];
        let sheets = forms::of(document, &[], Recipient::Planner, &Names::default());
        let sheet = sheets.iter().find(|sheet| sheet.title == *title).unwrap();
        let all = sheet.texts().join("\u{1e}");
        let record = records(document).into_iter().find(|record| record.kind() == FileKind::UpHosoku).unwrap();
        for item in *items {
            let (field, value) = record.iter().find(|(field, _)| field.number() == *item).unwrap();
            for needle in printed(record, field.name_en(), value.unwrap()) {
                assert!(holds(&all, &needle), "{title} {}: {needle:?}", field.name_en());
            }
        }
    }
}

#[test]
fn a_day_of_the_week_has_its_column() {
    for (day, code) in (1..=7).map(|day| (day, day.to_string())) {
        let Some(Document::CarePlan(mut plan)) = full_documents().into_iter().next() else { panic!("no plan") };
        plan.table3.truncate(1);
        plan.table3[0].set("weekday", Some(Value::Code(code.into())));
        let sheets = forms::of(&Document::CarePlan(plan), &[], Recipient::Planner, &Names::default());
        let sheet = sheets.iter().find(|sheet| sheet.title == "週間サービス計画表").unwrap();
        let Block::Table(table) = &sheet.blocks[1] else { panic!("no week") };
        let row = table.groups[0].iter().find(|row| row.cells.iter().any(|cell| cell.text.contains("service_content")));
        let cells = &row.unwrap().cells;
        // Seven days and the activities come last.
        let days = &cells[cells.len() - 8..];
        assert_eq!(days.iter().position(|cell| cell.text.contains("service_content")), Some(day - 1));
    }
}

#[test]
fn a_forgotten_column_is_noticed() {
    let document = &full_documents()[0];
    let mut sheets = forms::of(document, &[], Recipient::Planner, &Names::default());
    // The supplement tells about the person only.
    sheets[0].blocks.truncate(1);
    assert!(std::panic::catch_unwind(|| check(document, &sheets)).is_err());
}

#[test]
fn who_touched_a_record_last_is_on_no_form() {
    for document in samples::documents() {
        let sheets = forms::of(&document, &[], Recipient::Planner, &Names::default());
        assert!(!sheets.iter().flat_map(Sheet::texts).any(|text| text == "更新業者コード"));
    }
}

#[test]
fn the_tables_of_exceptions_name_real_columns() {
    for (kind, column, _) in NOT_PRINTED {
        assert!(Record::new(*kind).unwrap().layout().column(column).is_some(), "{kind} {column}");
    }
}

fn check(document: &Document, sheets: &[Sheet]) -> usize {
    let all: Vec<&str> = sheets.iter().flat_map(Sheet::texts).collect();
    let all = all.join("\u{1e}");
    let find = |needle: &str, what: &str| assert!(holds(&all, needle), "{what}: {needle:?} is on no form\n{all}");
    let mut seen = 0;
    let person = document.person();
    find(&person.insured, "insured");
    for record in records(document) {
        for (field, value) in record.iter() {
            let Some(value) = value else { continue };
            let (kind, name) = (record.kind(), field.name_en());
            if NOT_PRINTED.iter().any(|(of, column, _)| (*of, *column) == (kind, name)) {
                continue;
            }
            let raw = value.to_string();
            if NOTHING.iter().any(|(of, column, nothing, _)| (*of, *column, *nothing) == (kind, name, raw.as_str())) {
                continue;
            }
            let sum =
                record.kind() == FileKind::UpSikyu && !raw_code(record).bytes().skip(2).all(|c| c.is_ascii_digit());
            // Sums have no units and count of their own; the standard writes noughts there.
            if (sum || raw_code(record) == "999999") && matches!(name, "units" | "count_or_days") && raw == "0" {
                continue;
            }
            for needle in printed(record, name, value) {
                find(&needle, &format!("{kind} {name}"));
                seen += 1;
            }
        }
    }
    let rows = match document {
        Document::MonthPlan(plan) => &plan.rows[..],
        Document::MonthActual(actual) => &actual.rows[..],
        _ => &[],
    };
    for row in rows {
        for needle in service(row) {
            find(&needle, "table 6");
            seen += 1;
        }
    }
    seen
}

fn raw_code(record: &Record) -> &str {
    record.text("service_code")
}

fn records(document: &Document) -> Vec<&Record> {
    match document {
        Document::CarePlan(plan) => {
            plan.table1.iter().chain(&plan.table2).chain(&plan.table3).chain(&plan.supplement).collect()
        }
        Document::MonthPlan(plan) => plan.benefits.iter().chain(&plan.supplement).collect(),
        Document::BasicInformation(basic) => basic.record.iter().chain(&basic.day).chain(&basic.history).collect(),
        Document::SupportPlan(plan) => plan.record.iter().chain(&plan.rows).collect(),
        _ => Vec::new(),
    }
}

/// What has to be found for a value; written apart from what the forms use, but for the days.
fn printed(record: &Record, name: &str, value: &Value) -> Vec<String> {
    let layout = record.layout();
    let field = &layout.fields()[layout.column(name).unwrap()];
    if let Some((_, word)) = FLAGS.iter().find(|(column, _)| *column == name) {
        return vec![format!("{}{word}", if value.text() == Some("1") { '■' } else { '□' })];
    }
    let marked = CHOICES.contains(&name)
        || name.starts_with("program_needed")
        || (matches!(name, "care_level" | "sex") && record.kind() != FileKind::UpHosoku);
    match value {
        Value::Code(code) => match field.meaning(code) {
            Some(meaning) if marked && record.kind() != FileKind::UpHosoku => {
                meaning.split('＆').map(|part| format!("■{part}")).collect()
            }
            Some("対象") if name == "insurance_target" => vec!["○".into()],
            Some("該当") if name == "over_30_days" => vec!["30日超".into()],
            Some(meaning) => vec![meaning.into()],
            None => vec![code.to_string()],
        },
        Value::Text(text) | Value::Unreadable(text) => vec![text.replace("\r\n", "\n").replace('\r', "\n")],
        Value::Date(date) => vec![era::date(*date)],
        Value::Month(month) => vec![era::month(*month)],
        Value::Time(time) => clock(*time).into_iter().collect(),
        Value::Number(number) => vec![grouped(*number)],
        other => vec![other.to_string()],
    }
}

fn service(row: &ServiceRow) -> Vec<String> {
    let texts = [&row.care_manager, &row.tais, &row.notification, &row.equipment, &row.office_name];
    let mut needles: Vec<String> = texts.into_iter().flatten().map(|text| text.replace("\r\n", "\n")).collect();
    needles.extend(row.created_on.map(era::date));
    needles.extend(row.cm_office.map(|office| office.to_string()));
    needles.extend(row.office.map(|office| office.to_string()));
    needles.extend(row.code.map(|code| code.to_string()));
    needles.extend(row.code.and_then(|code| code.kind().name_ja()).map(str::to_owned));
    needles.extend(row.units.map(|units| grouped(units.into())));
    needles.extend(row.short_stay_days_before.map(|days| format!("{days}日")));
    needles.extend(row.detail_no.map(|number| format!("明細：{number}")));
    needles.extend(row.satellite.map(|number| format!("サテライト：{number}")));
    needles.extend(row.unreadable.iter().map(|(_, text)| text.to_string()));
    needles.extend(clock(row.start));
    needles.extend(clock(row.end));
    if row.over_30_days == Some(true) {
        needles.push("30日超".into());
    }
    needles
}

fn clock(time: Time) -> Option<String> {
    time.minutes().map(|minutes| format!("{:02}:{:02}", minutes / 60, minutes % 60))
}

fn grouped(number: i64) -> String {
    if number.abs() < 1000 {
        return number.to_string();
    }
    format!("{},{:03}", grouped(number / 1000), number.abs() % 1000)
}

/// Tells whether a text stands somewhere, and not as a part of a longer number.
fn holds(all: &str, needle: &str) -> bool {
    let digit = |c: char| c.is_ascii_digit() || c == ',';
    let starts = needle.starts_with(digit);
    let ends = needle.ends_with(digit);
    all.match_indices(needle).any(|(at, _)| {
        let before = all[..at].chars().next_back().is_some_and(digit);
        let after = all[at + needle.len()..].chars().next().is_some_and(digit);
        !(starts && before || ends && after)
    })
}

#[test]
fn the_calendar_adds_up_to_the_oracle() {
    let text = std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../careplan/samples/aoba-202511/oracle.json"),
    );
    let oracle: serde_json::Value = serde_json::from_str(&text.unwrap()).unwrap();
    let ledger = samples::ledger();
    let mut seen = 0;
    for user in oracle["users"].as_array().unwrap() {
        let text = |name: &str| user[name].as_str().unwrap();
        let mine = |document: &Document| {
            document.month().is_some_and(|month| month.to_string() == text("month"))
                && *document.person().insured == *text("insured_number")
        };
        let mut held: Vec<_> = ledger.documents().filter(|held| mine(held.document)).collect();
        held.sort_by_key(|held| std::cmp::Reverse(held.serial));
        let Some(plan) = held.iter().find(|held| matches!(held.document, Document::MonthPlan(_))) else { continue };
        let actuals: Vec<_> = held
            .iter()
            .filter_map(|held| if let Document::MonthActual(actual) = held.document { Some(actual) } else { None })
            .collect();
        let sheets = forms::of(plan.document, &actuals, Recipient::User, &Names::default());
        let Some(Block::Table(table)) = sheets[0].blocks.iter().find(|block| matches!(block, Block::Table(_))) else {
            panic!("no calendar")
        };
        let totals = table.groups.last().unwrap();
        for (row, name) in totals.iter().zip(["planned_units", "actual_units"]) {
            let shown = &row.cells.last().unwrap().text;
            // Plan and actuals may name another insurer and still stand on one sheet.
            let same = |other: &&serde_json::Value| {
                ["month", "insured_number"].iter().all(|column| other[column] == user[column])
            };
            let users = oracle["users"].as_array().unwrap().iter().filter(same);
            let expected: i64 = users.map(|user| user[name].as_i64().unwrap()).sum();
            assert_eq!(*shown, grouped(expected), "{name} of {}", text("insured_number"));
            let days = &row.cells[row.cells.len() - 34..row.cells.len() - 3];
            let sum: i64 = days.iter().filter_map(|cell| cell.text.replace(',', "").parse::<i64>().ok()).sum();
            assert_eq!(grouped(sum), row.cells[row.cells.len() - 3].text);
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
}
