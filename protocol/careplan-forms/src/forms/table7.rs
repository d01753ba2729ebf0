//! Table 7: benefits of the month (サービス利用票別表, サービス提供票別表).

use careplan::{MonthPlan, Record};

use super::{Names, Recipient, parts, supplement};
use crate::{
    era,
    sheet::{Block, Cell, Field, Line, Orientation, Row, Sheet, Table},
    show,
};

/// The numbers of a row, with their headings, which are broken here as their words are, widths and identifiers.
const NUMBERS: [(&str, u16, &str); 17] = [
    ("単位数", 3, "units"),
    ("割引後\n率％", 2, "discount_rate"),
    ("割引後\n単位数", 3, "discounted_units"),
    ("回数", 2, "count_or_days"),
    ("サービス\n単位／金額", 3, "service_units_amount"),
    ("給付管理\n単位数", 3, "benefit_management_units"),
    ("種類支給\n限度基準を\n超える\n単位数", 3, "over_type_limit_units"),
    ("種類支給\n限度基準内\n単位数", 3, "within_type_limit_units"),
    ("区分支給\n限度基準を\n超える\n単位数", 3, "over_category_limit_units"),
    ("区分支給\n限度基準内\n単位数", 3, "within_category_limit_units"),
    ("単位数\n単価", 2, "yen_per_unit"),
    ("費用総額\n（保険／\n事業\n対象分）", 3, "total_cost_insured"),
    ("給付\n率％", 2, "benefit_rate"),
    ("保険／\n事業費\n請求額", 3, "insurance_claim"),
    ("定額利用者負担単価金額", 2, "fixed_copay_unit_price"),
    ("利用者負担\n（保険／\n事業\n対象分）", 3, "copay_insured"),
    ("利用者負担\n（全額\n負担分）", 3, "copay_full"),
];

/// The office of the grand total.
pub(super) const ALL_OFFICES: &str = "9999999999";
/// The code of a total.
const TOTAL: &str = "999999";

/// Arranges the form; none without a row for the recipient.
#[must_use]
pub fn sheets(plan: &MonthPlan, recipient: Recipient, names: &Names) -> Vec<Sheet> {
    let sees = |row: &&Record| recipient.sees(row.text("service_office_number").parse().ok());
    let rows: Vec<&Record> = plan.benefits.iter().filter(sees).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let title = match recipient {
        Recipient::Office(_) => "サービス提供票別表",
        _ => "サービス利用票別表",
    };
    let mut sheet = parts::sheet(title, "第７表", Orientation::Landscape);
    sheet.subtitle = era::month_of_service(plan.month);
    sheet.foot = recipient.foot(names);
    sheet.blocks = vec![Block::Fields(head(plan, &rows)), Block::Table(table(&rows, names))];
    if let Some(record) = &plan.supplement {
        // Those of kinds that an office does not give are none of its business.
        let kinds: Vec<&str> = rows.iter().filter_map(|row| row.text("service_code").get(..2)).collect();
        let kinds = matches!(recipient, Recipient::Office(_)).then_some(kinds.as_slice());
        sheet.blocks.extend(supplement::limits(record, true, kinds).map(Block::Table));
    }
    sheet.blocks.push(Block::Heading("要介護認定期間中の短期入所利用日数".to_owned()));
    sheet.blocks.push(Block::Fields(vec![days(plan, &rows)]));
    vec![sheet]
}

fn head(plan: &MonthPlan, rows: &[&Record]) -> Vec<Line> {
    let supplement = plan.supplement.as_ref();
    let column = |name| supplement.map(|record| show::column(record, name)).unwrap_or_default();
    let limit = supplement.map(|record| show::with_unit(record, "category_limit_units", "単位／月"));
    let created = show::distinct(rows.iter().map(|row| show::column(row, "created_on")));
    vec![
        vec![
            Field::new("被保険者氏名", parts::name(supplement, "　様"), 24),
            Field::new("被保険者番号", plan.person.insured.to_string(), 18),
            Field::new("作成年月日", created, 18),
        ],
        vec![
            Field::new("要介護状態区分", column("care_level"), 24),
            Field::new("区分支給限度基準額", limit.unwrap_or_default(), 36),
        ],
    ]
}

fn table(rows: &[&Record], names: &Names) -> Table {
    let mut widths = vec![5, 6, 3];
    widths.extend(NUMBERS.map(|(_, width, _)| width));
    let mut table = parts::table("区分支給限度管理・利用者負担計算", &widths);
    table.small = true;
    let first = ["事業所名\n事業所番号", "サービス内容／種類", "サービスコード"];
    table.head = vec![parts::head(first.into_iter().chain(NUMBERS.map(|(name, ..)| name)))];
    let office = |row: &Record| ["service_office_number", "satellite_no"].map(|name| show::column(row, name));
    let is_total = |row: &Record| row.text("service_code") == TOTAL;
    for of_office in rows.chunk_by(|one, other| office(one) == office(other) && is_total(one) == is_total(other)) {
        let mut group: Vec<Row> = of_office.iter().map(|row| line(row)).collect();
        if let (Some(first), false) = (group.first_mut(), is_total(of_office[0])) {
            let told = show::distinct(of_office.iter().map(|row| show::column(row, "service_office_name")));
            let [number, satellite] = office(of_office[0]);
            let known = number.parse().ok().filter(|_| told.is_empty()).map(|office| names.office(office));
            let name = known.filter(|name| *name != number).unwrap_or(told);
            let text = show::lines([name, number, show::labelled("サテライト", satellite)]);
            let cell = Cell { heads: true, ..Cell::new(text) };
            first.cells.insert(0, cell.rows(parts::span(of_office.len())));
        }
        table.groups.push(group);
    }
    table
}

/// What a code that sums others stands for.
pub(super) fn sum(code: &str) -> Option<&'static str> {
    match code.get(2..) {
        _ if code == TOTAL => Some("合計"),
        Some("AAAA") => Some("小計（区分支給対象）"),
        Some("EEEE") => Some("小計（区分支給対象外）"),
        Some("ZZZZ") => Some("小計（30日超過分）"),
        _ => None,
    }
}

/// The service kind of a code, of one that sums others too; empty if none is known.
pub(super) fn kind(code: &str) -> &'static str {
    let kind = code.get(..2).and_then(|kind| kind.parse().ok());
    kind.and_then(careplan::ServiceKind::name_ja).unwrap_or_default()
}

/// A row without its office, which spans several.
fn line(row: &Record) -> Row {
    let code = row.text("service_code");
    let sum = sum(code);
    let over = if row.text("over_30_days") == "1" { "30日超" } else { "" };
    let what = show::lines([
        kind(code).to_owned(),
        sum.unwrap_or_default().to_owned(),
        show::column(row, "equipment_name"),
        show::labelled("ＴＡＩＳ", show::column(row, "tais_code")),
        show::labelled("届出", show::column(row, "equipment_notification_code")),
        over.to_owned(),
    ]);
    let mut cells = if code == TOTAL {
        let office = row.text("service_office_number");
        let office = if office == ALL_OFFICES { String::new() } else { office.to_owned() };
        vec![Cell::head(show::lines([what, show::column(row, "service_office_name"), office])).columns(3)]
    } else {
        vec![Cell { heads: true, ..Cell::new(what) }, Cell::new(code)]
    };
    cells.extend(NUMBERS.map(|(_, _, column)| {
        let nothing = sum.is_some() && matches!(column, "units" | "count_or_days") && row.number(column) == Some(0);
        parts::number(if nothing { String::new() } else { show::column(row, column) })
    }));
    Row { strong: sum.is_some(), ..parts::row(cells) }
}

/// Days of short stay: those of the rows, or of the person.
fn days(plan: &MonthPlan, rows: &[&Record]) -> Line {
    let told = |name: &str, own: &str| {
        let own = plan.supplement.as_ref().map(|record| show::with_unit(record, own, "日"));
        show::distinct(rows.iter().map(|row| show::with_unit(row, name, "日")).chain(own))
    };
    vec![
        Field::new(
            "前月までの利用日数",
            told("short_stay_days_to_previous_month", "short_stay_days_to_previous_month"),
            20,
        ),
        Field::new("当月の計画利用日数", told("short_stay_days_this_month", ""), 20),
        Field::new("累積利用日数", told("short_stay_days_cumulative", "short_stay_days_cumulative"), 20),
    ]
}
