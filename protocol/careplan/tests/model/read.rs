use std::collections::{BTreeMap, BTreeSet};

use careplan::{Action, CarePlan, Contents, Document, FileKind, Key, Ledger, Record, Time, Value};

use crate::sample::{self, Named};

/// Counts the rows of each kind of file in contents.
pub fn rows(contents: &Contents) -> BTreeMap<FileKind, usize> {
    use FileKind::*;
    let mut rows = BTreeMap::new();
    let mut add = |kind, count| *rows.entry(kind).or_insert(0) += count;
    match &contents.action {
        Action::Remove(keys) => {
            for key in keys {
                add(
                    match key.subject() {
                        careplan::Subject::CarePlan => Dlt1Kyo,
                        careplan::Subject::PlanMonth => DltPlan,
                        careplan::Subject::Actual => DltJsk,
                        careplan::Subject::BasicInformation => DltKihon,
                        _ => DltYobo,
                    },
                    1,
                );
            }
        }
        Action::Replace(documents) => {
            for document in documents {
                match document {
                    Document::CarePlan(plan) => {
                        add(Up1Kyo, usize::from(plan.table1.is_some()));
                        add(Up2Kyo, plan.table2.len());
                        add(Up3Kyo, plan.table3.len());
                        add(UpHosoku, usize::from(plan.supplement.is_some()));
                    }
                    Document::MonthPlan(plan) => {
                        add(UpPlan, plan.rows.len());
                        add(UpSikyu, plan.benefits.len());
                        add(UpHosoku, usize::from(plan.supplement.is_some()));
                    }
                    Document::MonthActual(actual) => add(UpJsk, actual.rows.len()),
                    Document::BasicInformation(basic) => {
                        add(UpKihon, usize::from(basic.record.is_some()));
                        add(UpKihonSub1, basic.day.len());
                        add(UpKihonSub2, basic.history.len());
                        add(UpKihonImage, usize::from(basic.image.is_some()));
                    }
                    Document::SupportPlan(plan) => {
                        add(UpYobo, usize::from(plan.record.is_some()));
                        add(UpYoboSub, plan.rows.len());
                    }
                    other => panic!("{other:?} is new"),
                }
            }
        }
    }
    rows.retain(|_, count| *count > 0);
    rows
}

#[test]
fn every_row_of_the_sample_is_in_the_model() {
    let oracle = sample::oracle();
    for bundle in sample::bundles() {
        let folder = &bundle.told["folder"];
        let mut expected = BTreeMap::new();
        for file in oracle["files"].as_array().unwrap().iter().filter(|file| file["bundle"] == *folder) {
            let kind = FileKind::ALL.into_iter().find(|kind| file["kind"] == kind.prefix()).unwrap();
            let rows = if kind.is_image() { 1 } else { usize::try_from(file["rows"].as_u64().unwrap()).unwrap() };
            *expected.entry(kind).or_insert(0) += rows;
        }
        let reading = &bundle.reading;
        assert_eq!(rows(&reading.contents), expected, "{folder}");
        assert_eq!((reading.superseded, reading.left_out), (0, 0), "{folder}");
        let keys: BTreeSet<Key> = match &reading.contents.action {
            Action::Replace(documents) => documents.iter().map(Document::key).collect(),
            Action::Remove(keys) => keys.iter().cloned().collect(),
        };
        assert_eq!(keys, bundle.unit.keys().into_iter().cloned().collect(), "{folder}");
        assert!(documents(&reading.contents).iter().all(Document::has_head), "{folder}");
    }
}

#[test]
fn no_cell_of_the_sample_is_unreadable() {
    for bundle in sample::bundles() {
        let all = format!("{:?}", cells(&bundle.reading.contents));
        assert!(!all.contains("Unreadable") && !all.contains("unreadable"), "{}", bundle.told["folder"]);
    }
}

fn documents(contents: &Contents) -> &[Document] {
    match &contents.action {
        Action::Replace(documents) => documents,
        Action::Remove(_) => &[],
    }
}

/// The values of all records, and the names of columns that could not be read.
fn cells(contents: &Contents) -> (Vec<Value>, Vec<String>) {
    let (mut values, mut unreadable) = (Vec::new(), Vec::new());
    for document in documents(contents) {
        let (records, rows): (Vec<&Record>, &[_]) = match document {
            Document::CarePlan(plan) => {
                (plan.table1.iter().chain(&plan.table2).chain(&plan.table3).chain(&plan.supplement).collect(), &[])
            }
            Document::MonthPlan(plan) => (plan.benefits.iter().chain(&plan.supplement).collect(), &plan.rows),
            Document::MonthActual(actual) => (Vec::new(), &actual.rows),
            Document::BasicInformation(basic) => {
                (basic.record.iter().chain(&basic.day).chain(&basic.history).collect(), &[])
            }
            Document::SupportPlan(plan) => (plan.record.iter().chain(&plan.rows).collect(), &[]),
            _ => continue,
        };
        values.extend(records.into_iter().flat_map(|record| record.iter().filter_map(|(_, value)| value.cloned())));
        unreadable.extend(rows.iter().flat_map(|row| &row.unreadable).map(|(name, _)| format!("unreadable {name}")));
    }
    (values, unreadable)
}

fn named(name: &str, rows: &[&str]) -> Named {
    (name.to_owned(), rows.iter().flat_map(|row| [row, "\r\n"]).collect::<String>().into_bytes())
}

const ENDS: &str = "1379905001_43_1379900010_11_20251020090308";

fn service(person: &str, month: &str, office: &str, code: &str) -> String {
    format!(
        "202407,139014,{person},20251020,{month},1379905001,\"A\",567,,{month}04,,0930,1030,1,{code},,,,,{office},\"B\",,0,,"
    )
}

#[test]
fn actuals_are_split_by_month_office_and_kind() {
    let rows = [
        service("0009000000", "202511", "1379900010", "111111"),
        service("0009000000", "202511", "1379900010", "211111"),
        service("0009000000", "202511", "1379900010", "111211"),
        service("0009000000", "202510", "1379900010", "111111"),
        service("0009000000", "202511", "1379900028", "111111"),
        service("0009000001", "202511", "1379900010", "111111"),
    ];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let reading = sample::read(&[named(&format!("UPJSK_202511_{ENDS}.CSV"), &rows)]).unwrap();
    let found: Vec<usize> = documents(&reading.contents)
        .iter()
        .map(|document| match document {
            Document::MonthActual(actual) => actual.rows.len(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(found, [2, 1, 1, 1, 1]);
}

#[test]
fn incomplete_units_and_repeated_rows_are_read() {
    let plan = |text: &str| format!("202407,139014,0009000000,20251011,20251011,1,\"{text}\",,,,,,,,,,,,,,,");
    let files = [
        named(&format!("UP2KYO_{ENDS}.CSV"), &[&plan("A"), &plan("B")]),
        named(
            &format!("UPHOSOKU_000000_{ENDS}.CSV"),
            &[&format!("202407,139014,0009000001,20251011{}", ",".repeat(59))],
        ),
    ];
    let reading = sample::read(&files).unwrap();
    assert_eq!(rows(&reading.contents), BTreeMap::from([(FileKind::Up2Kyo, 2), (FileKind::UpHosoku, 1)]));
    assert!(!documents(&reading.contents).iter().any(Document::has_head));

    let removal = "202407,139014,0009000000,20251011";
    let reading = sample::read(&[named(&format!("DLT1KYO_{ENDS}.CSV"), &[removal, removal])]).unwrap();
    assert_eq!((rows(&reading.contents).len(), reading.superseded), (1, 1));

    let first = format!("202407,139014,0009000000{}20251011{}", ",".repeat(11), ",".repeat(14));
    let mut files = vec![named(&format!("UP1KYO_{ENDS}.CSV"), &[&first, &first])];
    let reading = sample::read(&files).unwrap();
    assert_eq!((rows(&reading.contents)[&FileKind::Up1Kyo], reading.superseded), (1, 1));
    // The same file once more adds nothing.
    files.push((format!("up1kyo_{ENDS}.csv"), files[0].1.clone()));
    let twice = sample::read(&files).unwrap();
    assert_eq!((&twice.contents, twice.superseded), (&reading.contents, 3));
    files.push(named(&format!("DLT1KYO_{ENDS}.CSV"), &[removal]));
    assert_eq!(sample::read(&files).unwrap().left_out, 1);

    assert_eq!(sample::read(&[named(&format!("UP1KYO_{ENDS}.CSV"), &["202407,x"])]), None);
}

#[test]
fn cells_of_table_6_that_cannot_be_read_are_kept() {
    let row = service("０００９000000", "202511", "1379900010", "1111112")
        .replace(",567,", ",５６７,")
        .replace("0930", "9:30");
    let reading = sample::read(&[named(&format!("UPJSK_202511_{ENDS}.CSV"), &[&row])]).unwrap();
    let Document::MonthActual(actual) = &documents(&reading.contents)[0] else { panic!() };
    let row = &actual.rows[0];
    assert_eq!((&*actual.person.insured, row.units, row.start, row.code), ("0009000000", Some(567), Time::NONE, None));
    assert_eq!(row.unreadable, [("start_time", "9:30".into()), ("service_code", "1111112".into())]);
}

#[test]
fn codes_of_equipment_get_plain_hyphens() {
    let row = service("0009000000", "202511", "1379900010", "171001").replace("171001,,", "171001,０００００－000001,");
    let reading = sample::read(&[named(&format!("UPJSK_202511_{ENDS}.CSV"), &[&row])]).unwrap();
    let Document::MonthActual(actual) = &documents(&reading.contents)[0] else { panic!() };
    assert_eq!(actual.rows[0].tais.as_deref(), Some("00000-000001"));
}

fn table2(rows: &[[&str; 6]]) -> CarePlan {
    let rows: Vec<String> = rows
        .iter()
        .map(|[need_no, need, goal_no, long, short, support_no]| {
            format!("202407,139014,0009000000,20251011,20251011,{need_no},\"{need}\",{goal_no},\"{long}\",\"{short}\",,,{support_no},,,,,,,,,")
        })
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let reading = sample::read(&[named(&format!("UP2KYO_{ENDS}.CSV"), &rows)]).unwrap();
    match &documents(&reading.contents)[0] {
        Document::CarePlan(plan) => plan.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn table_2_is_sorted_and_filled_in() {
    let plan = table2(&[
        ["2", "Second", "1", "L", "S", "1"],
        ["1", "", "1", "", "", "2"],
        ["1", "First", "1", "Long", "Short", "1"],
        ["1", "", "1", "", "Next short", "3"],
        ["1", "First", "1", "Long", "Next short", "4"],
        ["1", "", "2", "Other long", "", "5"],
        ["", "", "", "", "", ""],
        ["3", "", "", "", "", ""],
        ["3", "Late", "1", "", "", "1"],
    ]);
    let tree: Vec<_> = plan
        .needs()
        .iter()
        .map(|need| {
            let goals: Vec<_> = need
                .goals
                .iter()
                .map(|goal| (goal.number, goal.long_term.to_owned(), goal.short_term.to_owned(), goal.supports.len()))
                .collect();
            (need.number, need.text.to_owned(), goals)
        })
        .collect();
    let goal = |number, long: &str, short: &str, supports| (number, long.to_owned(), short.to_owned(), supports);
    assert_eq!(
        tree,
        [
            (
                Some(1),
                "First".into(),
                vec![
                    goal(Some(1), "Long", "Short", 2),
                    goal(Some(1), "Long", "Next short", 2),
                    goal(Some(2), "Other long", "", 2)
                ]
            ),
            (Some(2), "Second".into(), vec![goal(Some(1), "L", "S", 1)]),
            (Some(3), "Late".into(), vec![goal(None, "", "", 1), goal(Some(1), "", "", 1)]),
        ]
    );
}

#[test]
fn preventive_plans_of_the_sample_are_trees() {
    let mut plans = 0;
    for bundle in sample::bundles() {
        for document in documents(&bundle.reading.contents) {
            let Document::SupportPlan(plan) = document else { continue };
            let issues = plan.issues();
            plans += 1;
            assert!(!issues.is_empty() && issues.iter().all(|issue| !issue.text.is_empty() && !issue.plans.is_empty()));
            let services = issues.iter().flat_map(|issue| &issue.plans).map(|plan| plan.services.len()).sum::<usize>();
            assert_eq!(services, plan.rows.len());
        }
    }
    assert!(plans > 0);
}

#[test]
fn nothing_personal_prints() {
    let mut ledger = Ledger::new();
    let mut printed = String::new();
    for bundle in sample::bundles() {
        let contents = bundle.reading.contents;
        printed += &format!("{contents:?} {:?}", contents.write().unwrap());
        for document in documents(&contents) {
            match document {
                Document::CarePlan(plan) => printed += &format!("{:?}", plan.needs()),
                Document::SupportPlan(plan) => printed += &format!("{:?}", plan.issues()),
                _ => {}
            }
        }
        printed += &format!("{:?}", ledger.apply(contents));
    }
    printed += &format!("{ledger:?} {:?}", ledger.documents().collect::<Vec<_>>());
    assert!(printed.is_ascii());
    for person in sample::oracle()["people"].as_array().unwrap() {
        assert!(!printed.contains(person["insured_number"].as_str().unwrap()));
    }
}
