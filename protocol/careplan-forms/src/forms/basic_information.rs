//! Basic information in preventive care (利用者基本情報): two sheets, the second about the life of the person.

use careplan::{BasicInformation, Record};

use super::parts;
use crate::{
    era,
    sheet::{Align, Block, Cell, Field, Line, Orientation, Picture, Sheet, Table},
    show,
};

/// How many people an emergency can be told to.
const CONTACTS: u8 = 4;

/// Arranges the two sheets; without the record itself they hold what else there is.
#[must_use]
pub fn sheets(basic: &BasicInformation) -> Vec<Sheet> {
    let mut first = parts::sheet("利用者基本情報", "", Orientation::Portrait);
    let mut second = first.clone();
    first.subtitle = "《基本情報》".to_owned();
    second.subtitle = "《介護予防に関する事項》".to_owned();
    let record = basic.record.as_ref();
    first.blocks.push(Block::Fields(consultation(basic)));
    if let Some(record) = record {
        first.blocks.push(Block::Fields(person(basic, record)));
        first.blocks.push(Block::Fields(visitor(record)));
        first.blocks.push(Block::Table(contacts(record)));
    }
    first.blocks.push(Block::Heading("家族構成".to_owned()));
    match &basic.image {
        Some(image) => first
            .blocks
            .push(Block::Picture(Picture { description: "家族構成図".to_owned(), jpeg: image.bytes.clone() })),
        None => first.blocks.push(Block::Paragraph(no_picture(record))),
    }
    let text = |label, column, lines| record.map(|record| parts::long(label, show::column(record, column), lines));
    first.blocks.push(Block::Fields(text("家族関係等の状況", "family_situation", 3).into_iter().collect()));

    let life = [
        text("今までの生活", "life_so_far", 4),
        text("現在の生活状況（どんな暮らしを送っているか）　１日の生活・すごし方", "daily_life", 3),
    ];
    // A sheet about illnesses must not get loose without saying whose they are.
    let mut whose = parts::numbers(&basic.person, 16, 20);
    whose.insert(0, Field::new("本人氏名", parts::name(record, "　様"), 24));
    second.blocks.push(Block::Fields(vec![whose]));
    second.blocks.push(Block::Fields(life.into_iter().flatten().collect()));
    second.blocks.push(Block::Table(day(&basic.day)));
    let interests = [text("趣味・楽しみ・特技", "hobbies", 2), text("友人・地域との関係", "social_relations", 2)];
    second.blocks.push(Block::Fields(interests.into_iter().flatten().collect()));
    second.blocks.push(Block::Table(history(&basic.history)));
    second.blocks.push(Block::Heading("《現在利用しているサービス》".to_owned()));
    let services = [text("公的サービス", "public_services", 2), text("非公的サービス", "informal_services", 2)];
    second.blocks.push(Block::Fields(services.into_iter().flatten().collect()));
    if let Some(record) = record {
        second.blocks.push(Block::Fields(vec![vec![
            parts::field("同意日", record, "consented_on", 25),
            parts::field("同意者氏名", record, "consenter_name", 35),
        ]]));
    }
    vec![first, second]
}

fn no_picture(record: Option<&Record>) -> String {
    let name = record.map(|record| show::column(record, "family_image_file")).unwrap_or_default();
    if name.is_empty() { "画像なし".to_owned() } else { format!("画像が届いていません：{name}") }
}

fn consultation(basic: &BasicInformation) -> Vec<Line> {
    let column = |name: &str| basic.record.as_ref().map(|record| show::column(record, name)).unwrap_or_default();
    let choice = |name: &str| basic.record.as_ref().map(|record| show::choice(record, name)).unwrap_or_default();
    let other = |name: &str, note: &str| match column(note) {
        note if note.is_empty() => choice(name),
        note => format!("{}（{note}）", choice(name)),
    };
    vec![
        vec![Field::new("作成担当者", column("prepared_by"), 24), Field::new("計画種類", choice("plan_kind"), 36)],
        vec![
            Field::new("相談日", era::date(basic.date), 24),
            Field::new("相談方法", other("consult_method", "consult_method_other"), 36),
        ],
        vec![
            Field::new("相談回数", choice("consult_times"), 24),
            Field::new("前回相談日", column("previous_consulted_on"), 18),
            Field::new("委託", choice("entrusted"), 18),
        ],
        vec![Field::new("本人の現況", other("current_situation", "current_situation_note"), 60)],
        parts::numbers(&basic.person, 24, 36),
    ]
}

fn person(basic: &BasicInformation, record: &Record) -> Vec<Line> {
    let circled = |choices: &[(&str, &str)]| {
        let marked = choices.iter().map(|(name, column)| {
            let sign = match record.text(column) {
                "1" => "■".to_owned(),
                "" | "0" => "□".to_owned(),
                other => format!("［{other}］"),
            };
            sign + name
        });
        marked.collect::<Vec<_>>().join("　")
    };
    let handicaps = [
        ("身障", "disability_physical"),
        ("療育", "disability_intellectual"),
        ("精神", "disability_mental"),
        ("難病", "disability_intractable"),
    ];
    let incomes = [
        ("国民年金", "pension_national"),
        ("厚生年金", "pension_employees"),
        ("障害年金", "pension_disability"),
        ("生活保護", "public_assistance"),
    ];
    let period = show::period(record, "certification_from", "certification_to");
    vec![
        vec![
            Field::new("本人氏名", parts::name(Some(record), ""), 24),
            Field::new("性別", show::choice(record, "sex"), 14),
            Field::new("生年月日", parts::birth(Some(record), Some(basic.date)), 22),
        ],
        vec![parts::field("住所", record, "user_address", 60)],
        vec![parts::field("電話番号", record, "user_phone", 30), parts::field("ＦＡＸ番号", record, "user_fax", 30)],
        vec![
            parts::field("障害高齢者の日常生活自立度", record, "disability_independence", 30),
            parts::field("認知症高齢者の日常生活自立度", record, "dementia_independence", 30),
        ],
        // Beside their label the eight choices would need two lines, and one would be torn.
        vec![Field::new("要介護状態区分", show::choice(record, "care_level"), 60).above(1)],
        vec![Field::new("認定有効期間", period, 38), parts::field("前回の介護度", record, "previous_care_level", 22)],
        vec![
            Field::new("基本チェックリスト記入結果", show::choice(record, "checklist_result"), 40),
            parts::field("記入日", record, "checklist_date", 20),
        ],
        vec![
            Field::new("障害等認定", circled(&handicaps), 30),
            parts::field("特記事項", record, "disability_note", 30),
        ],
        vec![
            Field::new("本人の住居環境", show::column(record, "housing_type"), 24),
            Field::new("自室", show::with_unit(record, "room_floor", "階"), 14),
            Field::new("住宅改修", show::choice(record, "home_modified"), 22),
        ],
        vec![Field::new("経済状況", circled(&incomes), 38), parts::field("詳細", record, "economic_note", 22)],
    ]
}

fn visitor(record: &Record) -> Vec<Line> {
    vec![
        vec![
            parts::field("来所者（相談者）", record, "visitor_name", 38),
            parts::field("続柄", record, "visitor_relation", 22),
        ],
        vec![
            parts::field("住所・連絡先", record, "visitor_address", 38),
            parts::field("電話番号", record, "visitor_phone", 22),
        ],
    ]
}

fn contacts(record: &Record) -> Table {
    let mut table = parts::table("緊急連絡先", &[14, 8, 24, 14]);
    table.head = vec![parts::head(["氏名", "続柄", "住所・連絡先", "電話番号"])];
    for place in 1..=CONTACTS {
        let texts = ["name", "relation", "address", "phone"]
            .map(|name| show::column(record, &format!("emergency{place}_{name}")));
        if texts.iter().any(|text| !text.is_empty()) || place == 1 {
            table.groups.push(vec![parts::row(texts.map(Cell::new))]);
        }
    }
    table
}

fn day(rows: &[Record]) -> Table {
    let mut table = parts::table("１日の生活・すごし方", &[10, 25, 25]);
    table.head = vec![parts::head(["時間", "本人", "介護者・家族"])];
    table.groups = rows
        .iter()
        .map(|row| {
            let time = Cell { heads: true, ..parts::cell(row, "time_text") };
            vec![parts::row([time, parts::cell(row, "user_routine"), parts::cell(row, "family_routine")])]
        })
        .collect();
    parts::never_empty(table)
}

fn history(rows: &[Record]) -> Table {
    let mut table = parts::table("《現病歴・既往歴と経過》", &[9, 13, 15, 10, 13]);
    table.head = vec![parts::head([
        "年月日",
        "病名",
        "医療機関・医師名（主治医・意見作成者）",
        "電話番号",
        "経過／治療中の場合は内容",
    ])];
    table.groups = rows
        .iter()
        .map(|row| {
            let doctor = show::lines([show::column(row, "clinic_and_doctor"), show::column(row, "attending_doctor")]);
            let course = show::lines([show::column(row, "course"), show::column(row, "treatment_note")]);
            vec![parts::row([
                Cell { heads: true, align: Align::Start, ..parts::cell(row, "onset_text") },
                parts::cell(row, "disease_name"),
                Cell::new(doctor),
                parts::cell(row, "clinic_phone"),
                Cell::new(course),
            ])]
        })
        .collect();
    parts::never_empty(table)
}
