//! Table 1: care plan (1) (居宅サービス計画書（１）).

use careplan::{CarePlan, FileKind, Record};

use super::{Names, Recipient, parts};
use crate::{
    era,
    sheet::{Block, Field, Orientation, Sheet},
    show,
};

/// Arranges the form; none without table 1.
#[must_use]
pub fn sheets(plan: &CarePlan, recipient: Recipient, names: &Names) -> Vec<Sheet> {
    let Some(record) = plan.table1.as_ref().filter(|record| record.kind() == FileKind::Up1Kyo) else {
        return Vec::new();
    };
    let mut sheet = parts::sheet("居宅サービス計画書（１）", "第１表", Orientation::Landscape);
    sheet.foot = recipient.foot(names);
    sheet.blocks = vec![Block::Fields(person(plan, record)), Block::Fields(texts(record))];
    if recipient == Recipient::User {
        sheet
            .blocks
            .push(Block::Paragraph("居宅サービス計画について説明を受け、内容に同意し、交付を受けました。".to_owned()));
        sheet.blocks.push(Block::Signature(vec!["説明・同意日".to_owned(), "利用者同意欄".to_owned()]));
    }
    vec![sheet]
}

fn person(plan: &CarePlan, record: &Record) -> Vec<Vec<Field>> {
    let supplement = plan.supplement.as_ref();
    let address = |record| parts::address(record, ["user_postal_code", "user_address1", "user_address2"]);
    let addresses = show::distinct(supplement.map(address).into_iter().chain([address(record)]));
    let sex = supplement.map(|record| show::column(record, "sex")).unwrap_or_default();
    let number = show::labelled("事業所番号", show::column(record, "cm_office_number"));
    let office = show::lines([
        parts::beside([show::column(record, "cm_office_name"), number]),
        parts::address(record, ["cm_office_postal_code", "cm_office_address1", "cm_office_address2"]),
    ]);
    vec![
        vec![
            Field::new("計画書区分", show::choice(record, "plan_type"), 22),
            Field::new("認定状況", show::choice(record, "certification_status"), 18),
            parts::field("作成年月日", record, "created_on", 20),
        ],
        vec![
            Field::new("利用者名", parts::name(supplement, "　殿"), 22),
            Field::new("性別", sex, 8),
            Field::new("生年月日", parts::birth(supplement, Some(plan.date)), 30),
        ],
        parts::numbers(&plan.person, 22, 38),
        vec![Field::new("住所", addresses, 60)],
        vec![parts::field("居宅サービス計画作成者氏名", record, "planner_name", 60)],
        vec![Field::new("居宅介護支援事業者・事業所名及び所在地", office, 60)],
        vec![
            Field::new("居宅サービス計画作成（変更）日", era::date(plan.date), 30),
            parts::field("初回居宅サービス計画作成日", record, "first_plan_date", 30),
        ],
        vec![
            parts::field("認定日", record, "certified_on", 22),
            Field::new("認定の有効期間", show::period(record, "certification_from", "certification_to"), 38),
        ],
        vec![Field::new("要介護状態区分", show::choice(record, "care_level"), 60)],
    ]
}

fn texts(record: &Record) -> Vec<Vec<Field>> {
    let text = |label, column, lines| parts::long(label, show::column(record, column), lines);
    let other = show::column(record, "daily_living_support_reason_other");
    let reason = format!("{}（　{other}　）", show::choice(record, "daily_living_support_reason"));
    vec![
        text("利用者及び家族の生活に対する意向を踏まえた課題分析の結果", "intention_and_issue_analysis", 4),
        text("介護認定審査会の意見及びサービスの種類の指定", "review_board_opinion", 2),
        text("総合的な援助の方針", "overall_policy", 5),
        vec![Field::new("生活援助中心型の算定理由", reason, 60)],
    ]
}
