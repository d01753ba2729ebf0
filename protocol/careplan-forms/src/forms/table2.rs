//! Table 2: care plan (2) (居宅サービス計画書（２）): needs, goals and what is done for them.

use careplan::{CarePlan, Goal, Need, Record};

use super::{Names, Recipient, parts};
use crate::{
    era,
    sheet::{Align, Block, Cell, Field, Orientation, Row, Sheet, Table},
    show,
};

/// Arranges the form; none without a row.
#[must_use]
pub fn sheets(plan: &CarePlan, recipient: Recipient, names: &Names) -> Vec<Sheet> {
    if plan.table2.is_empty() {
        return Vec::new();
    }
    let mut sheet = parts::sheet("居宅サービス計画書（２）", "第２表", Orientation::Landscape);
    sheet.foot = recipient.foot(names);
    let created = show::distinct(plan.table2.iter().map(|row| show::column(row, "created_on")));
    sheet.blocks = vec![
        Block::Fields(vec![
            vec![
                Field::new("利用者名", parts::name(plan.supplement.as_ref(), "　殿"), 30),
                Field::new("作成年月日", created, 30),
            ],
            vec![
                Field::new("被保険者番号", plan.person.insured.to_string(), 30),
                Field::new("計画作成（変更）日", era::date(plan.date), 30),
            ],
        ]),
        Block::Table(table(plan)),
        Block::Paragraph(
            "※１ 保険給付の対象となるかどうかの区分。対象となるサービスに○印を付す。\n\
             ※２ 当該サービス提供を行う事業所。"
                .to_owned(),
        ),
    ];
    vec![sheet]
}

fn table(plan: &CarePlan) -> Table {
    let mut table = parts::table("課題・目標・援助内容", &[8, 7, 4, 7, 4, 9, 3, 5, 6, 3, 4]);
    table.shows_caption = false;
    table.head = vec![
        parts::row([
            Cell::head("生活全般の解決すべき課題（ニーズ）").rows(2),
            Cell::head("目標").columns(4),
            Cell::head("援助内容").columns(6),
        ]),
        parts::head([
            "長期目標",
            "（期間）",
            "短期目標",
            "（期間）",
            "サービス内容",
            "※１",
            "サービス種別",
            "※２",
            "頻度",
            "期間",
        ]),
    ];
    table.groups = plan.needs().iter().map(group).collect();
    table
}

/// One need: its cell spans its goals, and theirs what is done for them.
fn group(need: &Need<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    let count = |goals: &[Goal<'_>]| parts::span(goals.iter().map(|goal| goal.supports.len()).sum());
    let same = |one: &Goal<'_>, other: &Goal<'_>| one.number == other.number && one.long_term == other.long_term;
    for shared in need.goals.chunk_by(same) {
        for (at, goal) in shared.iter().enumerate() {
            for (place, support) in goal.supports.iter().enumerate() {
                let mut cells = Vec::new();
                if rows.is_empty() {
                    let text = Cell { heads: true, ..Cell::new(show::text(need.text)) };
                    cells.push(text.rows(count(&need.goals)));
                }
                if (at, place) == (0, 0) {
                    let all = shared.iter().flat_map(|goal| &goal.supports).copied();
                    cells.push(Cell::new(show::text(goal.long_term)).rows(count(shared)));
                    cells.push(Cell::new(every(all, "long_term_period")).rows(count(shared)));
                }
                if place == 0 {
                    let span = parts::span(goal.supports.len());
                    cells.push(Cell::new(show::text(goal.short_term)).rows(span));
                    cells.push(Cell::new(every(goal.supports.iter().copied(), "short_term_period")).rows(span));
                }
                cells.extend(service(support));
                rows.push(parts::row(cells));
            }
        }
    }
    rows
}

/// All texts of a column: a goal has one period, but nothing keeps software from writing two.
fn every<'a>(rows: impl Iterator<Item = &'a Record>, column: &str) -> String {
    show::distinct(rows.map(|row| show::column(row, column)))
}

fn service(row: &Record) -> [Cell; 6] {
    let insured = match row.text("insurance_target") {
        "Y" => "○".to_owned(),
        _ => show::column(row, "insurance_target"),
    };
    let office = show::lines([show::column(row, "service_office_name"), show::column(row, "service_office_number")]);
    [
        parts::cell(row, "service_content"),
        Cell::new(insured).align(Align::Middle),
        parts::cell(row, "service_type_text"),
        Cell::new(office),
        parts::cell(row, "frequency"),
        parts::cell(row, "period"),
    ]
}
