//! Changes between two versions of a document.

use careplan::{
    BasicInformation, CarePlan, Document, FileKind, Image, Lang, MonthPlan, Record, ServiceRow, SupportPlan, Value,
    diff::{Change, What, diff},
};

use crate::build::{DAY_CARE, EQUIPMENT, actual, at, monthly, person, plan, row};

fn lines(old: &Document, new: &Document, lang: Lang) -> Vec<String> {
    diff(old, new).iter().map(|change| change.text(lang)).collect()
}

fn services(old: Vec<ServiceRow>, new: Vec<ServiceRow>) -> Vec<String> {
    lines(&Document::MonthPlan(plan("1", old)), &Document::MonthPlan(plan("1", new)), Lang::Ja)
}

pub fn record(kind: FileKind, cells: &[(&str, Value)]) -> Record {
    let mut record = Record::new(kind).unwrap();
    for (name, value) in cells {
        assert!(record.set(name, Some(value.clone())), "{name}");
    }
    record
}

fn words(text: &str) -> Value {
    Value::Text(text.into())
}

fn code(text: &str) -> Value {
    Value::Code(text.into())
}

fn care_plan(table1: Option<Record>, table2: Vec<Record>, table3: Vec<Record>) -> Document {
    let (person, date) = (person("1"), "20251010".parse().unwrap());
    Document::CarePlan(CarePlan { person, date, table1, table2, table3, supplement: None })
}

fn both(old: &Document, new: &Document) -> (String, String) {
    let (ja, en) = (lines(old, new, Lang::Ja), lines(old, new, Lang::En));
    assert_eq!((ja.len(), en.len()), (1, 1), "{ja:?}");
    (ja[0].clone(), en[0].clone())
}

#[test]
fn services_of_a_day() {
    let old = vec![row("111211", 12, "1000", "1100"), at(DAY_CARE, "152444", 15, "0915", "1630")];
    let mut new = old.clone();
    (new[0].start, new[0].end) = ("1100".parse().unwrap(), "1200".parse().unwrap());
    assert_eq!(services(old.clone(), new), ["12日の訪問介護（111211）が10:00～11:00から11:00～12:00に変わりました"]);
    assert_eq!(services(old.clone(), old[..1].to_vec()), ["15日 9:15～16:30の通所介護（152444）がなくなりました"]);
    assert_eq!(services(old[1..].to_vec(), old.clone()), ["12日 10:00～11:00の訪問介護（111211）が加わりました"]);
    let mut new = old.clone();
    new[0].code = "111311".parse().ok();
    assert_eq!(services(old.clone(), new), ["12日 10:00～11:00の訪問介護（111211）が訪問介護（111311）に変わりました"]);
    let mut new = old.clone();
    (new[0].count, new[0].units, new[1].satellite) = (Some(2), Some(-47), Some(1));
    assert_eq!(
        services(old.clone(), new.clone()),
        [
            "12日 10:00～11:00の訪問介護（111211）の単位数が変わりました：100→-47",
            "12日 10:00～11:00の訪問介護（111211）のサービス回数が変わりました：1→2",
            "15日 9:15～16:30の通所介護（152444）のサテライト枝番が記入されました：1",
        ]
    );
    let mut other = old.clone();
    other[1].office = EQUIPMENT.parse().ok();
    assert_eq!(
        services(old.clone(), other),
        ["15日 9:15～16:30の通所介護（152444）のサービス事業者コードが変わりました：1379900028→1379900036"]
    );
    let [old, new] = [old, new].map(|rows| Document::MonthActual(actual("1", rows)));
    assert_eq!(
        lines(&old, &new, Lang::En),
        [
            "Service 111211 (10:00–11:00) on day 12: units changed: 100 → -47",
            "Service 111211 (10:00–11:00) on day 12: count changed: 1 → 2",
            "Service 152444 (9:15–16:30) on day 15: satellite no was filled in: 1",
        ]
    );
}

#[test]
fn days_that_change_alike_are_one_line() {
    let rows = |start: &str| [4, 11, 18, 25].map(|day| row("111211", day, start, "1100")).to_vec();
    assert_eq!(
        services(rows("1000"), rows("1030")),
        ["4日・11日・18日・25日の訪問介護（111211）が10:00～11:00から10:30～11:00に変わりました"]
    );
    let twice = [rows("1000"), rows("1000")[..1].to_vec()].concat();
    assert_eq!(
        services(twice, Vec::new()),
        ["4日（2件）・11日・18日・25日 10:00～11:00の訪問介護（111211）がなくなりました"]
    );
    // What all rows have in common is told once, without days.
    let mut new = rows("1000");
    for row in &mut new {
        row.care_manager = Some("見本 花子".into());
        row.created_on = "20251104".parse().ok();
    }
    assert_eq!(
        services(rows("1000"), new),
        ["第6表の作成年月日が記入されました：2025年11月4日", "第6表のプラン担当者名が記入されました：「見本 花子」"]
    );
}

#[test]
fn services_without_time_or_code_or_day() {
    let mut prorated = monthly("171010", 300);
    prorated.prorated = Some([1, 2].into_iter().collect());
    let mut longer = prorated.clone();
    longer.prorated = Some([1, 2, 3].into_iter().collect());
    assert_eq!(
        services(vec![prorated.clone()], vec![longer]),
        ["1日の福祉用具貸与（171010）の日割対象日が変わりました：1日・2日→1日・2日・3日"]
    );
    let mut timed = prorated.clone();
    (timed.start, timed.end) = ("0900".parse().unwrap(), "1000".parse().unwrap());
    assert_eq!(
        services(vec![prorated], vec![timed]),
        ["1日の福祉用具貸与（171010）が時刻なしから9:00～10:00に変わりました"]
    );
    let mut unreadable = row("", 99, "0900", "1000");
    unreadable.unreadable = vec![("service_code", "１１?".into()), ("service_date", "昨日".into())];
    assert_eq!(
        services(vec![], vec![unreadable.clone()]),
        ["日付なし 9:00～10:00のサービスコードのない行が加わりました"]
    );
    let mut other = unreadable.clone();
    other.unreadable[1].1 = "明日".into();
    assert_eq!(
        services(vec![unreadable], vec![other]),
        ["日付なし 9:00～10:00のサービスコードのない行のサービス利用日が変わりました：「昨日」→「明日」"]
    );
    let mut outside = row("111211", 4, "0900", "1000");
    outside.date = "20251201".parse().ok();
    assert_eq!(services(vec![], vec![outside]), ["2025年12月1日 9:00～10:00の訪問介護（111211）が加わりました"]);
}

#[test]
fn fields_of_the_first_table() {
    let table1 = |policy: &str, level: &str, day: &str| {
        let cells = [
            ("overall_policy", words(policy)),
            ("care_level", code(level)),
            ("certified_on", Value::Date(day.parse().unwrap())),
        ];
        care_plan(Some(record(FileKind::Up1Kyo, &cells)), vec![], vec![])
    };
    let old = table1("歩く", "22", "20251010");
    assert_eq!(
        both(&old, &table1("歩いて\r\n出かける", "22", "20251010")),
        (
            "総合的な援助の方針が変わりました：「歩く」→「歩いて↵出かける」".to_owned(),
            "Overall policy changed: “歩く” → “歩いて↵出かける”".to_owned()
        )
    );
    assert_eq!(
        both(&old, &table1("歩く", "23", "20251010")),
        (
            "要介護状態区分が変わりました：要介護２→要介護３".to_owned(),
            "Care level changed: 22 (要介護２) → 23 (要介護３)".to_owned()
        )
    );
    assert_eq!(both(&old, &table1("歩く", "22", "20251104")).0, "認定日が変わりました：2025年10月10日→2025年11月4日");
    let gone = care_plan(None, vec![], vec![]);
    assert_eq!(both(&old, &gone).0, "第1表がなくなりました");
    assert_eq!(both(&gone, &old).1, "Added: table 1");
}

#[test]
fn long_and_hostile_texts() {
    let policy =
        |text: &str| care_plan(Some(record(FileKind::Up1Kyo, &[("overall_policy", words(text))])), vec![], vec![]);
    let long = "あ".repeat(3000);
    let (ja, _) = both(&policy(&format!("{long}一")), &policy(&format!("{long}二")));
    assert_eq!(ja, "総合的な援助の方針が変わりました：「…ああああああああああああ一」→「…ああああああああああああ二」");
    let (ja, en) = both(&policy("a"), &policy(&format!("\u{1b}[31m\u{202e}{{ $what }}{long}")));
    for text in [ja, en] {
        assert!(text.chars().count() < 300 && !text.contains(['\u{1b}', '\u{202e}']), "{text}");
        assert!(text.contains("{ $what }"), "{text}");
    }
}

#[test]
fn rows_of_other_tables() {
    let support = |need: i64, support: i64, content: &str, how_often: &str| {
        let cells = [
            ("need_no", Value::Number(need)),
            ("goal_no", Value::Number(1)),
            ("support_no", Value::Number(support)),
            ("service_content", words(content)),
            ("frequency", words(how_often)),
        ];
        record(FileKind::Up2Kyo, &cells)
    };
    let table2 = |rows: &[Record]| care_plan(None, rows.to_vec(), vec![]);
    let (one, two) = (support(1, 1, "掃除", "週1回"), support(1, 2, "買い物", "週2回"));
    let old = table2(&[one.clone(), two.clone()]);
    assert!(diff(&old, &table2(&[two.clone(), one.clone()])).is_empty(), "the order does not matter");
    let changed = table2(&[one.clone(), support(1, 2, "買い物", "週3回")]);
    assert_eq!(
        both(&old, &changed),
        (
            "第2表の行（課題ＮＯ：1、援助目標ＮＯ：1、援助内容ＮＯ：2、サービス内容：「買い物」）の頻度が変わりました：「週2回」→「週3回」".to_owned(),
            "Table 2, row (need no: 1, goal no: 1, support no: 2, service content: “買い物”): frequency changed: “週2回” → “週3回”".to_owned()
        )
    );
    assert_eq!(
        both(&old, &table2(&[one.clone(), support(2, 2, "買い物", "週2回")])).0,
        "第2表の行（課題ＮＯ：1、援助目標ＮＯ：1、援助内容ＮＯ：2、サービス内容：「買い物」）の課題ＮＯが変わりました：1→2"
    );
    assert_eq!(
        both(&old, &table2(&[one])).0,
        "第2表の行（課題ＮＯ：1、援助目標ＮＯ：1、援助内容ＮＯ：2、サービス内容：「買い物」）がなくなりました"
    );

    let week = |start: &str| {
        let start = Value::Time(start.parse().unwrap());
        let cells = [("weekday", code("1")), ("service_content", words("訪問介護")), ("service_start", start)];
        care_plan(None, vec![], vec![record(FileKind::Up3Kyo, &cells)])
    };
    assert_eq!(
        both(&week("0900"), &week("1000")).0,
        "第3表の行（介護サービス内容：「訪問介護」、曜日：月、開始時間：9:00）の開始時間が変わりました：9:00→10:00"
    );

    let total = |units: i64| {
        let cells = [
            ("service_office_number", code("9999999999")),
            ("service_code", code("999999")),
            ("service_units_amount", Value::Number(units)),
        ];
        Document::MonthPlan(MonthPlan { benefits: vec![record(FileKind::UpSikyu, &cells)], ..plan("1", vec![]) })
    };
    assert_eq!(both(&total(100), &total(200)).0, "第7表の全合計のサービス単位金額が変わりました：100→200");
}

#[test]
fn supplements_and_preventive_documents() {
    let supplement = |kind: &str| {
        let supplement = record(FileKind::UpHosoku, &[("type_limit1_service_kind", code(kind))]);
        Document::MonthPlan(MonthPlan { supplement: Some(supplement), ..plan("1", vec![]) })
    };
    assert_eq!(
        both(&supplement("11"), &supplement("15")).0,
        "利用者補足情報の１サービス種類コードが変わりました：訪問介護（11）→通所介護（15）"
    );
    let basic = |bytes: &[u8], disease: &str| {
        let history = record(FileKind::UpKihonSub2, &[("onset_text", words("春")), ("disease_name", words(disease))]);
        Document::BasicInformation(BasicInformation {
            person: person("1"),
            date: "20251010".parse().unwrap(),
            record: None,
            day: vec![],
            history: vec![history],
            image: Some(Image { number: 1, bytes: bytes.into() }),
        })
    };
    assert_eq!(both(&basic(b"1", "腰痛"), &basic(b"2", "腰痛")).0, "家族構成の画像が変わりました");
    assert_eq!(lines(&basic(b"1", "腰痛"), &basic(b"1", "頭痛"), Lang::Ja).len(), 2);
    let support = |goal: &str| {
        let cells = [("need_no", Value::Number(1)), ("goal", words(goal))];
        Document::SupportPlan(SupportPlan {
            person: person("1"),
            date: "20251010".parse().unwrap(),
            record: None,
            rows: vec![record(FileKind::UpYoboSub, &cells)],
        })
    };
    assert_eq!(
        both(&support("歩く"), &support("走る")).0,
        "支援計画の表の行（課題ＮＯ：1）の目標が変わりました：「歩く」→「走る」"
    );
}

#[test]
fn very_many_rows() {
    let rows = |start: &str| (0..200_000).map(|n| row("111211", n as u8 % 28 + 1, start, "1100")).collect::<Vec<_>>();
    let lines = services(rows("1000"), rows("1030"));
    assert_eq!(lines.len(), 1);
    assert!(lines[0].starts_with("1日（"), "{}", lines[0]);
    // Days outside the month are shown in full, so only some of them.
    let outside = (0..5000).map(|n| {
        let mut row = row("111211", 1, "1000", "1100");
        row.date = format!("{:04}0101", n + 1).parse().ok();
        row
    });
    let lines = services(outside.collect(), Vec::new());
    assert!(lines.len() == 1 && lines[0].chars().count() < 600, "{}", lines[0]);
}

#[test]
fn whole_documents() {
    let plan = Document::MonthPlan(plan("1", vec![]));
    let actual = Document::MonthActual(actual("1", vec![row("111211", 4, "0900", "1000")]));
    assert_eq!(Change::added(&plan).text(Lang::Ja), "2025年11月の予定が加わりました");
    assert_eq!(
        Change::removed(&actual).text(Lang::Ja),
        "2025年11月の実績（事業所1379900010、訪問介護（11））がなくなりました"
    );
    assert_eq!(
        Change::removed(&actual).text(Lang::En),
        "Removed: the actuals of 2025/11 (office 1379900010, service 11)"
    );
    assert_eq!(
        Change::added(&care_plan(None, vec![], vec![])).text(Lang::Ja),
        "2025年10月10日の居宅サービス計画が加わりました"
    );
    let changes = diff(&plan, &actual);
    assert_eq!(changes.iter().map(|change| change.what.clone()).collect::<Vec<_>>(), [What::Removed, What::Added]);
    let printed = format!("{changes:?}");
    assert!(!printed.contains("111211") && !printed.contains("13799"), "{printed}");
}
