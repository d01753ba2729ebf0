//! Plan and actuals side by side (予定・実績の照合表): where they differ, per person or per office, with totals; and the
//! list of what has to be cleared by telephone.
//!
//! No such form is the ministry's; the arrangement is ours. Each difference has a sign and words.

use std::collections::BTreeSet;

use careplan::{
    Date, Month, OfficeNumber, ServiceKind,
    reconcile::{Difference, DifferenceKind, OfficeTotals, Reconciliation, RowCells, Side},
};

use super::{Names, parts};
use crate::{
    era,
    sheet::{Align, Block, Cell, Field, Line, Orientation, Row, Sheet, Table},
    show,
};

mod rows;

pub use rows::by_row;

/// One sheet per person and month, by month and insured number.
#[must_use]
pub fn by_person(result: &Reconciliation, names: &Names) -> Vec<Sheet> {
    let mut users: Vec<_> = result.users.iter().collect();
    users.sort_by_key(|user| (user.month, &user.insured_number, &user.insurer_number));
    let sheets = users.into_iter().map(|user| {
        let mine = |month: Month, insured: &str| month == user.month && insured == &*user.insured_number;
        let is_mine = |difference: &&Difference| {
            mine(difference.month, &difference.insured_number) && difference.insurer_number == user.insurer_number
        };
        let mut sheet = parts::sheet("予定・実績照合表（利用者別）", "", Orientation::Landscape);
        sheet.subtitle = era::month_of_service(user.month);
        sheet.about = names.about((&user.insurer_number, &user.insured_number), "様");
        sheet.blocks.push(Block::Fields(vec![vec![
            Field::new("利用者名", names.person_at_head((&user.insurer_number, &user.insured_number)), 24),
            Field::new("保険者番号", user.insurer_number.to_string(), 16),
            Field::new("被保険者番号", user.insured_number.to_string(), 20),
        ]]));
        let of_insurer = |insurer: &str| *insurer == *user.insurer_number;
        let compared = Compared {
            pending: result
                .pending
                .iter()
                .filter(|of| mine(of.month, &of.insured_number) && of_insurer(&of.insurer_number))
                .map(|of| format!("{}　{}", office(of.office, names).replace('\n', "　"), kind(of.kind, true)))
                .collect(),
            has_actuals: 0 < user.actual_rows,
        };
        sheet.blocks.extend(differences(result, names, Column::Office, compared, is_mine));
        // On the sheets of both insurers, for on one of them the other side is missing.
        for other in result.insurer_mismatches.iter().filter(|other| {
            mine(other.month, &other.insured_number)
                && (of_insurer(&other.planned_insurer) || of_insurer(&other.actual_insurer))
        }) {
            sheet.blocks.push(Block::Paragraph(format!(
                "{INSURERS}：{}　予定 {}　実績 {}",
                names.office(other.office),
                other.planned_insurer,
                other.actual_insurer,
            )));
        }
        let mut table = totals_table("事業所・サービス種類別の合計", "事業所", &[20, 14, 5, 8, 5, 8]);
        for of in &user.by_office {
            let numbers = [(of.planned_rows, of.planned_units), (of.actual_rows, of.actual_units)];
            table.groups.push(vec![totals(
                office(of.office, names),
                kind(of.kind, of.actuals_expected),
                numbers,
                false,
            )]);
        }
        let all = [(user.planned_rows, user.planned_units), (user.actual_rows, user.actual_units)];
        table.groups.push(vec![totals("合計".to_owned(), String::new(), all, true)]);
        sheet.blocks.push(Block::Table(table));
        if let Some(total) = user.table7_total {
            let yen = |amount: Option<i64>| amount.map(|yen| show::number(yen) + "円").unwrap_or_default();
            let units = |units: Option<i64>| units.map(|of| show::number(of) + "単位").unwrap_or_default();
            sheet.blocks.push(Block::Heading("第７表の全合計".to_owned()));
            sheet.blocks.push(Block::Fields(vec![
                vec![
                    Field::new("サービス単位／金額", show::some(total.service_units_amount), 15),
                    Field::new("給付管理単位数", units(total.benefit_management_units), 15),
                    Field::new("区分支給限度基準を超える単位数", units(total.over_category_limit_units), 15),
                    Field::new("区分支給限度基準内単位数", units(total.within_category_limit_units), 15),
                ],
                vec![
                    Field::new("費用総額", yen(total.total_cost_insured), 15),
                    Field::new("保険／事業費請求額", yen(total.insurance_claim), 15),
                    Field::new("利用者負担（保険／事業対象分）", yen(total.copay_insured), 15),
                    Field::new("利用者負担（全額負担分）", yen(total.copay_full), 15),
                ],
            ]));
        }
        sheet
    });
    sheets.collect()
}

/// One sheet per office and month, by month and office number.
#[must_use]
pub fn by_office(result: &Reconciliation, names: &Names) -> Vec<Sheet> {
    let offices: BTreeSet<(Month, Option<OfficeNumber>)> =
        result.offices.iter().map(|totals| (totals.month, totals.office)).collect();
    let sheets = offices.into_iter().map(|(month, of)| {
        let mut sheet = parts::sheet("予定・実績照合表（事業所別）", "", Orientation::Landscape);
        sheet.subtitle = era::month_of_service(month);
        sheet.about = office(of, names).replace('\n', "　");
        sheet.blocks.push(Block::Fields(vec![office_fields(of, names)]));
        let is_mine = |difference: &&Difference| difference.month == month && Some(difference.office) == of;
        let mine = || result.offices.iter().filter(|totals| (totals.month, totals.office) == (month, of));
        let compared = Compared {
            pending: mine().filter(|of| !of.actuals_expected).map(|of| kind(of.kind, true)).collect(),
            has_actuals: mine().any(|of| 0 < of.actual_rows),
        };
        sheet.blocks.extend(differences(result, names, Column::Person, compared, is_mine));
        let mut table = totals_table("サービス種類別の合計", "サービス種類", &[24, 10, 5, 8, 5, 8]);
        let mut all = [(0, 0), (0, 0)];
        for totals_of in mine() {
            let OfficeTotals { planned_rows, planned_units, actual_rows, actual_units, .. } = *totals_of;
            let numbers = [(planned_rows, planned_units), (actual_rows, actual_units)];
            for (sum, (rows, units)) in all.iter_mut().zip(numbers) {
                *sum = (sum.0 + rows, sum.1 + units);
            }
            let people = format!("{}人", show::count(totals_of.people));
            table.groups.push(vec![totals(kind(totals_of.kind, totals_of.actuals_expected), people, numbers, false)]);
        }
        table.groups.push(vec![totals("合計".to_owned(), String::new(), all, true)]);
        sheet.blocks.push(Block::Table(table));
        sheet
    });
    sheets.collect()
}

/// What has to be cleared by telephone: all differences and what is still missing, office by office, with a box to tick.
/// Where there is nothing to clear, it says so.
#[must_use]
pub fn telephone(result: &Reconciliation, names: &Names) -> Sheet {
    let mut sheet = parts::sheet("電話確認一覧", "", Orientation::Landscape);
    let mut offices: BTreeSet<Option<OfficeNumber>> =
        result.differences.iter().map(|difference| Some(difference.office)).collect();
    offices.extend(result.pending.iter().map(|pending| pending.office));
    offices.extend(result.insurer_mismatches.iter().map(|other| Some(other.office)));
    for of in &offices {
        let office = office(*of, names);
        let mut table = parts::table(&office, &[4, 8, 10, 6, 3, 25, 4]);
        table.shows_caption = false;
        // In the head, the office stands on following pages too: a call to the wrong one tells of somebody's care.
        let office = Cell { heads: true, ..Cell::new(office.replace('\n', "　")) }.columns(7);
        table.head =
            vec![parts::row([office]), parts::head(["確認", "対象年月", "利用者名", "日", "印", "内容", "件数"])];
        for difference in result.differences.iter().filter(|difference| Some(difference.office) == *of) {
            let rows = difference.rows.as_ref().map_or(1, Vec::len);
            let text = show::lines([words(difference), sides(difference)]);
            let what = (difference.date, sign(difference.kind), text);
            let who = names.person_in_full((&difference.insurer_number, &difference.insured_number));
            table.groups.push(to_clear(difference.month, who, what, rows));
        }
        for other in result.insurer_mismatches.iter().filter(|other| Some(other.office) == *of) {
            let text = format!("{INSURERS}\n予定：{}　実績：{}", other.planned_insurer, other.actual_insurer);
            let who = names.person_in_full((&other.planned_insurer, &other.insured_number));
            table.groups.push(to_clear(other.month, who, (None, "≠", text), 1));
        }
        for pending in result.pending.iter().filter(|pending| pending.office == *of) {
            let text = format!("実績がまだ届いていません：{}", kind(pending.kind, true));
            let who = names.person_in_full((&pending.insurer_number, &pending.insured_number));
            table.groups.push(to_clear(pending.month, who, (None, "？", text), pending.planned.rows));
        }
        sheet.blocks.push(Block::Table(table));
    }
    if offices.is_empty() {
        sheet.blocks.push(Block::Paragraph("電話で確かめることはありません。".to_owned()));
    }
    sheet
}

/// A line to clear: the month, whom it is about, the day, sign and words, and how many rows it is about.
fn to_clear(month: Month, who: String, (day, sign, text): (Option<Date>, &str, String), rows: usize) -> Vec<Row> {
    vec![parts::row([
        Cell::new("□").align(Align::Middle),
        Cell::new(era::month(month)),
        Cell { heads: true, ..Cell::new(who) },
        Cell::new(day.map(era::day).unwrap_or_default()),
        Cell::new(sign).align(Align::Middle),
        Cell::new(text),
        parts::number(show::count(rows)),
    ])]
}

/// What a sheet is not about, and so each of its rows tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Person,
    Office,
}

/// What is said where plan and actuals name other insurers.
const INSURERS: &str = "保険者番号が異なります（住所地特例など）";

/// What was held against each other on a sheet.
struct Compared {
    /// Of what no actuals came.
    pending: BTreeSet<String>,
    /// Whether actuals came at all.
    has_actuals: bool,
}

fn differences(
    result: &Reconciliation,
    names: &Names,
    column: Column,
    compared: Compared,
    is_mine: impl Fn(&&Difference) -> bool,
) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !result.differences.iter().any(|difference| is_mine(&difference)) && compared.has_actuals {
        // Nothing is called equal that was not compared.
        let none = if compared.pending.is_empty() {
            "予定と実績に違いはありません。"
        } else {
            "届いた実績に、予定との違いはありません。"
        };
        blocks.push(Block::Paragraph(none.to_owned()));
    }
    if !compared.pending.is_empty() {
        let pending: Vec<String> = compared.pending.into_iter().collect();
        let text = format!("実績がまだ届いていないため、照合していません：{}", pending.join("、"));
        blocks.push(Block::Paragraph(text));
    }
    for (found, caption) in
        [(&result.differences, "予定と実績の違い"), (&result.tolerated, "単位数０で届いた加算（違いとして数えない）")]
    {
        let mine: Vec<&Difference> = found.iter().filter(&is_mine).collect();
        if mine.is_empty() {
            continue;
        }
        let mut table = parts::table(caption, &[10, 6, 3, 13, 14, 14]);
        let who = if column == Column::Person { "利用者名" } else { "事業所" };
        table.head = vec![parts::head([who, "日", "印", "違い", "予定", "実績"])];
        table.groups = mine.into_iter().flat_map(|difference| groups(difference, names, column)).collect();
        blocks.push(Block::Table(table));
    }
    blocks
}

/// Rows of one group: then a browser does not break it, and it says on each page whom it is about.
const TOGETHER: usize = 12;

/// One difference. The rows of a person who is missing or extra follow it one by one.
fn groups(difference: &Difference, names: &Names, column: Column) -> Vec<Vec<Row>> {
    let who = match column {
        Column::Person => names.person_in_full((&difference.insurer_number, &difference.insured_number)),
        Column::Office => office(Some(difference.office), names),
    };
    let also = match (difference.kind, difference.also_at_other_offices) {
        (DifferenceKind::UserMissing, Some(true)) => "他の事業所の実績はあります",
        (DifferenceKind::UserExtra, Some(true)) => "他の事業所には予定があります",
        _ => "",
    };
    let rows = difference.rows.iter().flatten();
    let is_planned = difference.kind == DifferenceKind::UserMissing;
    let mut all = vec![parts::row([
        Cell::new(difference.date.map(era::day).unwrap_or_default()),
        Cell::new(sign(difference.kind)).align(Align::Middle),
        Cell::new(show::lines([words(difference).as_str(), also])),
        Cell::new(difference.planned.as_ref().map_or("なし".to_owned(), side)),
        Cell::new(difference.actual.as_ref().map_or("なし".to_owned(), side)).differs(),
    ])];
    all.extend(rows.map(|row| {
        let (planned, actual) = if is_planned { (cells(row), String::new()) } else { (String::new(), cells(row)) };
        parts::row([
            Cell::new(row.date.map(era::day).unwrap_or_default()),
            Cell::new(sign(difference.kind)).align(Align::Middle),
            // On the next page nothing else says why it is listed.
            Cell::new(format!("内訳（{}）", words(difference))),
            Cell::new(planned),
            Cell::new(actual),
        ])
    }));
    let groups = all.chunks(TOGETHER).map(|rows| {
        let mut group = rows.to_vec();
        let who = Cell { heads: true, ..Cell::new(&who) }.rows(parts::span(group.len()));
        group[0].cells.insert(0, who);
        group
    });
    groups.collect()
}

/// The sign of a difference: ＋ for what is there too much, － for what is missing, ≠ for what is another.
const fn sign(kind: DifferenceKind) -> &'static str {
    match kind {
        DifferenceKind::Extra | DifferenceKind::UserExtra => "＋",
        DifferenceKind::Missing | DifferenceKind::UserMissing => "－",
        _ => "≠",
    }
}

fn words(difference: &Difference) -> String {
    match difference.kind {
        DifferenceKind::CodeChanged => "サービスコードが異なる",
        DifferenceKind::CountChanged => "回数が異なる",
        DifferenceKind::Extra => "予定になく実績がある",
        DifferenceKind::Missing => "予定にあり実績がない",
        DifferenceKind::TimeChanged => "時間が異なる",
        DifferenceKind::UnitsChanged => "単位数が異なる",
        DifferenceKind::UserExtra => "予定のない利用者の実績",
        DifferenceKind::UserMissing => "利用者の実績がない",
        _ => "異なる",
    }
    .to_owned()
}

/// Both sides in one text.
fn sides(difference: &Difference) -> String {
    let told = |name: &str, of: &Option<Side>| match of {
        Some(of) => format!("{name}：{}", side(of).replace('\n', "　")),
        None => format!("{name}：なし"),
    };
    show::lines([told("予定", &difference.planned), told("実績", &difference.actual)])
}

fn side(side: &Side) -> String {
    match side {
        Side::Row(row) => cells(row),
        Side::All(sum) => format!("{}件　{}単位", show::count(sum.rows), show::number(sum.units)),
    }
}

fn cells(row: &RowCells) -> String {
    let code = row.service_code.map(|code| format!("{}({code})", show::service(code))).unwrap_or_default();
    let count = row.count.map(|count| format!("{}回", show::number(count.into()))).unwrap_or_default();
    let units = row.units.map(|units| format!("{}単位", show::number(units.into()))).unwrap_or_default();
    let amounts: Vec<String> = [count, units].into_iter().filter(|text| !text.is_empty()).collect();
    show::lines([
        show::times(row.start, row.end),
        code,
        amounts.join("　"),
        show::labelled("サテライト", show::some(row.satellite)),
        show::labelled("明細", show::some(row.detail_no)),
        show::labelled("用具", row.equipment.as_deref().map(show::text).unwrap_or_default()),
    ])
}

fn office(of: Option<OfficeNumber>, names: &Names) -> String {
    let Some(number) = of else { return "事業所番号なし".to_owned() };
    names.office_in_full(number)
}

fn office_fields(of: Option<OfficeNumber>, names: &Names) -> Line {
    vec![
        Field::new("事業所名", of.map(|number| names.office(number)).unwrap_or_default(), 40),
        Field::new("事業所番号", of.map_or("なし".to_owned(), |number| number.to_string()), 20),
    ]
}

fn kind(kind: Option<ServiceKind>, has_actuals: bool) -> String {
    let name = kind.map_or("種類不明".to_owned(), show::kind);
    if has_actuals { name } else { name + "\n実績未着" }
}

fn totals_table(caption: &str, first: &str, widths: &[u16]) -> Table {
    let mut table = parts::table(caption, widths);
    let second = if first == "事業所" { "サービス種類" } else { "人数" };
    let names = [first, second].map(|name| Cell::head(name).rows(2));
    let sides = ["予定", "実績"].map(|name| Cell::head(name).columns(2));
    table.head = vec![parts::row(names.into_iter().chain(sides)), parts::head(["件数", "単位数", "件数", "単位数"])];
    table
}

fn totals(first: String, second: String, numbers: [(usize, i64); 2], strong: bool) -> Row {
    let mut row = parts::row([Cell { heads: true, ..Cell::new(first) }, Cell::new(second)]);
    for (rows, units) in numbers {
        row.cells.push(parts::number(show::count(rows)));
        row.cells.push(parts::number(show::number(units)));
    }
    row.strong = strong;
    row
}
