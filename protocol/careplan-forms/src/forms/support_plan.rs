//! Preventive care plan (介護予防サービス・支援計画書).

use careplan::{Issue, Record, Support, SupportPlan};

use super::{Names, Recipient, parts};
use crate::{
    era,
    sheet::{Align, Block, Cell, Field, Line, Orientation, Row, Sheet, Table},
    show,
};

/// The areas of the assessment, with the beginnings of their columns.
const AREAS: [(&str, &str); 4] = [
    ("運動・移動について", "mobility"),
    ("日常生活（家庭生活）について", "daily_living"),
    ("社会参加、対人関係・コミュニケーションについて", "social"),
    ("健康管理について", "health"),
];

/// The programmes, with the ends of their columns.
const PROGRAMMES: [(&str, &str); 6] = [
    ("運動不足", "exercise"),
    ("栄養改善", "nutrition"),
    ("口腔内ケア", "oral"),
    ("閉じこもり予防", "withdrawal"),
    ("物忘れ予防", "forgetfulness"),
    ("うつ予防", "depression"),
];

/// Arranges the form; without the record itself it holds the rows.
#[must_use]
pub fn sheets(plan: &SupportPlan, recipient: Recipient, names: &Names) -> Vec<Sheet> {
    let mut sheet = parts::sheet("介護予防サービス・支援計画書", "", Orientation::Landscape);
    sheet.foot = recipient.foot(names);
    let mut blocks = vec![Block::Fields(head(plan))];
    if let Some(record) = &plan.record {
        blocks.push(Block::Table(areas(record)));
    }
    if !plan.rows.is_empty() {
        blocks.push(Block::Table(issues(&plan.issues())));
    }
    if let Some(record) = &plan.record {
        blocks.push(Block::Fields(policies(record)));
        blocks.push(Block::Table(programmes(record)));
        blocks.push(Block::Fields(consent(record)));
    }
    if recipient == Recipient::User {
        blocks.push(Block::Paragraph("上記計画について、同意いたします。".to_owned()));
        blocks.push(Block::Signature(vec!["同意日".to_owned(), "氏名".to_owned()]));
    }
    sheet.blocks = blocks;
    vec![sheet]
}

fn head(plan: &SupportPlan) -> Vec<Line> {
    let Some(record) = &plan.record else {
        return vec![
            parts::numbers(&plan.person, 25, 35),
            vec![Field::new("計画作成（変更）日", era::date(plan.date), 60)],
        ];
    };
    let field = |label, column, shares| parts::field(label, record, column, shares);
    let choice = |label, column, shares| Field::new(label, show::choice(record, column), shares);
    let office = ["planner_office_name", "planner_office_address"].map(|column| show::column(record, column));
    let period = show::period(record, "certification_from", "certification_to");
    let mut numbers = parts::numbers(&plan.person, 14, 18);
    numbers.push(choice("計画種類", "plan_kind", 28));
    vec![
        vec![
            field("Ｎｏ．", "reference_number", 12),
            Field::new("利用者名", parts::name(Some(record), "　様"), 20),
            choice("計画書区分", "plan_type", 16),
            choice("認定状況", "certification_status", 12),
        ],
        numbers,
        vec![
            field("認定年月日", "certified_on", 14),
            Field::new("認定の有効期間", period, 22),
            choice("要支援状態区分", "support_level", 24),
        ],
        vec![
            field("計画作成者氏名（地域包括支援センター担当者）", "centre_planner_name", 32),
            field("担当介護支援専門員", "care_manager_name", 16),
            choice("委託", "entrusted", 12),
        ],
        vec![
            Field::new("計画作成者事業者・事業所名及び所在地", show::lines(office), 42),
            field("電話番号", "planner_office_phone", 18),
        ],
        vec![
            Field::new("計画作成（変更）日", era::date(plan.date), 19),
            field("初回作成日", "first_plan_date", 17),
            field("担当地域包括支援センター", "support_centre", 24),
        ],
        vec![
            field("目標とする生活　１日", "goal_of_day", 30).above(2),
            field("目標とする生活　１年", "goal_of_year", 30).above(2),
        ],
    ]
}

fn areas(record: &Record) -> Table {
    let mut table = parts::table("アセスメント", &[10, 18, 14, 18]);
    table.shows_caption = false;
    table.head = vec![parts::head([
        "アセスメント領域",
        "現在の状況",
        "本人・家族の意欲・意向",
        "領域における課題（背景・原因）",
    ])];
    table.groups = AREAS
        .map(|(name, area)| {
            let column = |of: &str| show::column(record, &format!("{area}_{of}"));
            let has_issue = show::choice(record, &format!("{area}_has_issue"));
            vec![parts::row([
                Cell { align: Align::Start, ..Cell::head(name) },
                Cell::new(column("status")),
                Cell::new(column("intention")),
                Cell::new(show::lines([has_issue, column("issue")])),
            ])]
        })
        .into();
    table
}

fn issues(issues: &[Issue<'_>]) -> Table {
    let mut table = parts::table("課題・目標・支援計画", &[6, 7, 7, 6, 7, 7, 7, 4, 5, 4]);
    table.shows_caption = false;
    table.small = true;
    let names = ["総合的課題", "課題に対する目標と具体策の提案", "具体策についての意向　本人・家族", "目標"];
    let first = names.map(|name| Cell::head(name).rows(2));
    table.head = vec![
        parts::row(first.into_iter().chain([Cell::head("支援計画").columns(6)])),
        parts::head([
            "目標についての支援のポイント",
            "本人等のセルフケアや家族の支援、インフォーマルサービス（民間サービス）",
            "介護保険サービス又は地域支援事業（総合事業のサービス）",
            "サービス種別",
            "事業所（利用先）",
            "期間",
        ]),
    ];
    table.groups = issues.iter().map(group).collect();
    table
}

/// One issue: its cells span its plans of support, and theirs the services.
fn group(issue: &Issue<'_>) -> Vec<Row> {
    let all = || issue.plans.iter().flat_map(|plan| &plan.services).copied();
    let spans = parts::span(all().count());
    let mut rows = Vec::new();
    for plan in &issue.plans {
        for (place, service) in plan.services.iter().enumerate() {
            let mut cells = Vec::new();
            if rows.is_empty() {
                let text = Cell { heads: true, ..Cell::new(show::text(issue.text)) };
                cells.push(text.rows(spans));
                for column in ["goal_and_measure_proposal", "intention_on_measures", "goal"] {
                    cells.push(Cell::new(every(all(), column)).rows(spans));
                }
            }
            if place == 0 {
                cells.extend(support(plan));
            }
            cells.extend(["service_type_text", "service_office_text", "period"].map(|name| parts::cell(service, name)));
            rows.push(parts::row(cells));
        }
    }
    rows
}

fn support(plan: &Support<'_>) -> [Cell; 3] {
    ["support_points", "self_care_and_informal", "insured_or_municipal_service"]
        .map(|column| Cell::new(every(plan.services.iter().copied(), column)).rows(parts::span(plan.services.len())))
}

/// All texts of a column: they stand on the first row of their group, but nothing keeps software from writing more.
fn every<'a>(rows: impl Iterator<Item = &'a Record>, column: &str) -> String {
    show::distinct(rows.map(|row| show::column(row, column)))
}

fn policies(record: &Record) -> Vec<Line> {
    let text = |label, column, lines| parts::long(label, show::column(record, column), lines);
    vec![
        text("健康状態について（健康状態の留意点）", "health_caution", 2),
        text("【本来行うべき支援が実施できない場合】妥当な支援の実施に向けた方針", "support_policy", 2),
        text("総合的な方針（生活不活発病の改善・予防のポイント）", "overall_policy", 2),
    ]
}

fn programmes(record: &Record) -> Table {
    let mut table = parts::table("基本チェックリスト・必要な事業プログラム", &[12, 8, 8, 8, 8, 8, 8]);
    let names = PROGRAMMES.map(|(name, _)| Cell::head(name));
    table.head = vec![parts::row([Cell::head("区分")].into_iter().chain(names))];
    let cells =
        |shown: &dyn Fn(&str) -> String| PROGRAMMES.map(|(_, column)| Cell::new(shown(column)).align(Align::Middle));
    let counts = cells(&|column| show::column(record, &format!("checklist_count_{column}")));
    let needs = cells(&|column| show::choice(record, &format!("program_needed_{column}")));
    table.groups = vec![vec![
        parts::row([Cell::head("該当数（項目）")].into_iter().chain(counts)),
        parts::row([Cell::head("事業プログラムの要否")].into_iter().chain(needs)),
    ]];
    table
}

fn consent(record: &Record) -> Vec<Line> {
    vec![
        parts::long("地域包括支援センターの意見", show::column(record, "centre_opinion"), 2),
        vec![
            parts::field("同意日", record, "consented_on", 25),
            parts::field("同意者氏名", record, "consenter_name", 35),
        ],
    ]
}
