//! The supplement (利用者補足情報): what the exchange tells about the person besides the tables.
//!
//! The ministry draws no form for it, so the arrangement is ours: every column that holds something, in the order of
//! the standard and by its names. Tables 1, 6 and 7 print the most of it in their own places too.

use careplan::{Document, Record};

use super::{Names, parts};
use crate::{
    era,
    sheet::{Block, Cell, Field, Orientation, Row, SHARES, Sheet, Table},
    show,
};

/// How many kinds of service a supplement can hold limits of.
pub(crate) const LIMITS: u8 = 9;

/// Arranges the form for the supplement of a document: a person has one with each plan, and they may differ.
#[must_use]
pub fn sheets(document: &Document, record: &Record, names: &Names) -> Vec<Sheet> {
    let person = document.person();
    let mut sheet = parts::sheet("利用者補足情報", "", Orientation::Portrait);
    sheet.subtitle = match document {
        Document::CarePlan(plan) => format!("居宅サービス計画書　{}", era::date(plan.date)),
        _ => document
            .month()
            .map(|month| format!("サービス利用票　{}", era::month_of_service(month)))
            .unwrap_or_default(),
    };
    // The limits are a table of their own; who touched the record last is for software.
    let is_told = |name: &str| !name.starts_with("type_limit") && name != "updated_by_office";
    let columns = record.iter().filter(|(field, _)| is_told(field.name_en()));
    let told = columns.filter_map(|(field, value)| {
        let shown = show::value(field, value?) + unit(field.name_en());
        // Offices are told by their numbers alone.
        let office = shown.parse().ok().filter(|_| field.name_en().ends_with("_office"));
        let shown = office.map_or(shown, |office| names.office_in_full(office));
        Some(Field::new(field.name_ja(), shown, SHARES))
    });
    let mut lines = vec![parts::numbers(person, SHARES / 2, SHARES / 2)];
    lines.extend(told.map(|field| vec![field]));
    sheet.blocks = vec![parts::fields(lines)];
    sheet.blocks.extend(limits(record, false, None).map(Block::Table));
    vec![sheet]
}

/// What a column counts: its name in Japanese does not tell.
fn unit(column: &str) -> &'static str {
    match column {
        "category_limit_units" => "単位",
        "short_stay_days_to_previous_month" | "short_stay_days_cumulative" => "日",
        _ => "",
    }
}

/// Returns the limits per service kind (種類別支給限度管理) as a table, without a row if none is told; `None` then
/// unless an empty frame is asked for. Of some service kinds only, it has no sum.
pub(crate) fn limits(record: &Record, framed: bool, kinds: Option<&[&str]>) -> Option<Table> {
    let mut table = parts::table("種類別支給限度管理", &[24, 12, 12, 12]);
    table.head = vec![parts::head([
        "サービス種類",
        "種類支給限度基準額（単位）",
        "合計単位数",
        "種類支給限度基準を超える単位数",
    ])];
    for slot in 1..=LIMITS {
        let column = |name: &str| show::column(record, &format!("type_limit{slot}_{name}"));
        if kinds.is_some_and(|kinds| !kinds.contains(&record.text(&format!("type_limit{slot}_service_kind")))) {
            continue;
        }
        let kind = column("service_kind");
        let numbers = [column("limit_units"), column("total_units"), column("over_units")];
        if !kind.is_empty() || numbers.iter().any(|number| !number.is_empty()) {
            let kind = Cell { heads: true, ..Cell::new(kind) };
            table.groups.push(vec![parts::row([kind].into_iter().chain(numbers.map(parts::number)))]);
        }
    }
    let over = show::column(record, "type_limit_over_units_total");
    if table.groups.is_empty() && over.is_empty() && !framed {
        return None;
    }
    if kinds.is_some() {
        return Some(table).filter(|table| !table.groups.is_empty());
    }
    let sum = Cell::head("合計").columns(3);
    table.groups.push(vec![Row { strong: true, ..parts::row([sum, parts::number(over)]) }]);
    Some(table)
}
