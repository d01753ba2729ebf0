//! All rows of a person's month side by side, equal ones too.
//!
//! What differs is what the reconciliation tells; nothing is judged here. A row that it does not name is told as equal only
//! where an equal row of the actuals stands beside it.

use std::collections::HashMap;

use careplan::{
    Date, OfficeNumber, ServiceCode, ServiceKind, ServiceRow, Time,
    reconcile::{Difference, DifferenceKind, Reconciliation, RowCells, Side},
};

use super::{cells, office, sign, words};
use crate::{
    era,
    forms::{Month, Names, parts},
    sheet::{Align, Block, Cell, Field, Orientation, Row, Sheet},
    show,
};

/// What makes two rows of an office equal.
type Same = (
    OfficeNumber,
    (Option<Date>, Time, Time),
    Option<ServiceCode>,
    (Option<i32>, Option<i32>, Option<Box<str>>),
    (Option<i32>, Option<i32>),
);

/// What stands after the words of a difference that is none for the bill.
const NOTE: &str = "（違いとして数えない）";

/// A line of the table.
struct Line {
    order: (Option<Date>, Time, Time, Option<ServiceCode>),
    office: Option<OfficeNumber>,
    planned: Option<RowCells>,
    actual: Option<RowCells>,
    sign: &'static str,
    words: String,
}

/// Rows that no line shows yet, by what they say.
#[derive(Default)]
struct Rest {
    rows: Vec<Option<(Option<OfficeNumber>, RowCells)>>,
    places: HashMap<Option<Same>, Vec<usize>>,
}

/// Arranges all rows of a month, plan and actuals side by side (予定・実績対照表); none without a document. The month holds
/// what the reconciliation was made from: the newest plan, and the actuals of all offices.
#[must_use]
pub fn by_row(result: &Reconciliation, month: &Month<'_>, names: &Names) -> Option<Sheet> {
    let (person, of) = month.head()?;
    // Actuals that stand here may name another insurer. Somebody else with the same number is not meant.
    let insurers: Vec<&str> =
        [person].into_iter().chain(month.actuals(of).map(|actual| &actual.person)).map(|of| &*of.insurer).collect();
    let mine =
        |month, insurer: &str, insured: &str| (month, insured) == (of, &*person.insured) && insurers.contains(&insurer);
    let is_mine =
        |difference: &&Difference| mine(difference.month, &difference.insurer_number, &difference.insured_number);
    let mut planned = Rest::of(month.plan.into_iter().flat_map(|plan| &plan.rows));
    let mut actual = Rest::of(month.actuals(of).flat_map(|actual| &actual.rows));
    let mut lines = Vec::new();
    for (differences, note) in [(&result.differences, ""), (&result.tolerated, NOTE)] {
        for difference in differences.iter().filter(&is_mine) {
            lines.extend(told(difference, note, &mut planned, &mut actual));
        }
    }
    let pending =
        result.pending.iter().filter(|pending| mine(pending.month, &pending.insurer_number, &pending.insured_number));
    let pending: Vec<(Option<OfficeNumber>, Option<ServiceKind>)> =
        pending.map(|pending| (pending.office, pending.kind)).collect();
    for (office, row) in planned.rows.into_iter().flatten() {
        let kind = row.service_code.map(|code| code.kind());
        let (other, sign, words) = if pending.contains(&(office, kind)) {
            (None, "？", "実績未着")
        } else if actual.take(office, &row) {
            (Some(row.clone()), "＝", "一致")
        } else {
            (None, "？", "照合の対象外")
        };
        lines.push(Line::new(office, Some(row), other, sign, words.to_owned()));
    }
    for (office, row) in actual.rows.into_iter().flatten() {
        lines.push(Line::new(office, None, Some(row), "？", "照合の対象外".to_owned()));
    }
    lines.sort_by_key(|line| (line.order, line.office));

    let mut sheet = parts::sheet("予定・実績対照表", "", Orientation::Landscape);
    sheet.subtitle = era::month_of_service(of);
    sheet.about = names.about((&person.insurer, &person.insured), "様");
    let mut table = parts::table("予定と実績", &[4, 11, 16, 2, 17, 10]);
    table.small = true;
    table.head = vec![parts::head(["日", "事業所", "予定", "印", "実績", "違い"])];
    table.groups = lines.chunk_by(|one, other| one.order.0 == other.order.0).map(|day| group(day, names)).collect();
    table.groups.push(vec![totals(&lines)]);
    sheet.blocks = vec![
        Block::Fields(vec![vec![
            Field::new("利用者名", names.person_at_head((&person.insurer, &person.insured)), 24),
            Field::new("保険者番号", person.insurer.to_string(), 16),
            Field::new("被保険者番号", person.insured.to_string(), 20),
        ]]),
        Block::Table(table),
    ];
    Some(sheet)
}

/// The lines of a difference: one, or one per row of a person who is missing or extra.
fn told(difference: &Difference, note: &str, planned: &mut Rest, actual: &mut Rest) -> Vec<Line> {
    let (office, sign, words) = (Some(difference.office), sign(difference.kind), words(difference) + note);
    let row = |side: &Option<Side>| match side {
        Some(Side::Row(row)) => Some(row.clone()),
        _ => None,
    };
    let sides: Vec<[Option<RowCells>; 2]> = match &difference.rows {
        Some(rows) if difference.kind == DifferenceKind::UserMissing => {
            rows.iter().map(|row| [Some(row.clone()), None]).collect()
        }
        Some(rows) => rows.iter().map(|row| [None, Some(row.clone())]).collect(),
        None => vec![[row(&difference.planned), row(&difference.actual)]],
    };
    let lines = sides.into_iter().map(|[left, right]| {
        for (row, rest) in [(&left, &mut *planned), (&right, &mut *actual)] {
            // A row that another copy of the plan holds is shown all the same.
            row.as_ref().map(|row| rest.take(office, row));
        }
        Line::new(office, left, right, sign, words.clone())
    });
    lines.collect()
}

impl Line {
    fn new(
        office: Option<OfficeNumber>,
        planned: Option<RowCells>,
        actual: Option<RowCells>,
        sign: &'static str,
        words: String,
    ) -> Self {
        let first = planned.as_ref().or(actual.as_ref());
        let order = first.map(|row| (row.date, row.start, row.end, row.service_code));
        Self { order: order.unwrap_or((None, Time::NONE, Time::NONE, None)), office, planned, actual, sign, words }
    }

    /// Tells whether the sides are not the same.
    fn differs(&self) -> bool {
        matches!(self.sign, "＋" | "－" | "≠")
    }
}

impl Rest {
    fn of<'a>(rows: impl Iterator<Item = &'a ServiceRow>) -> Self {
        let mut rest = Self::default();
        for row in rows {
            let cells = RowCells {
                // The line tells about one person; her insurer is in the head of the form.
                insurer_number: Box::default(),
                satellite: row.satellite,
                service_code: row.code,
                date: row.date,
                start: row.start,
                end: row.end,
                count: row.count,
                units: row.units,
                detail_no: row.detail_no,
                equipment: row.tais.as_deref().or(row.notification.as_deref()).map(Into::into),
            };
            rest.places.entry(same(row.office, &cells)).or_default().push(rest.rows.len());
            rest.rows.push(Some((row.office, cells)));
        }
        rest
    }

    /// Takes an equal row out; `false` if there is none left.
    fn take(&mut self, office: Option<OfficeNumber>, row: &RowCells) -> bool {
        let Some(place) = self.places.get_mut(&same(office, row)).and_then(Vec::pop) else { return false };
        self.rows[place] = None;
        true
    }
}

fn same(office: Option<OfficeNumber>, row: &RowCells) -> Option<Same> {
    let what = (row.satellite, row.detail_no, row.equipment.clone());
    Some((office?, (row.date, row.start, row.end), row.service_code, what, (row.count, row.units)))
}

/// The lines of one day.
fn group(day: &[Line], names: &Names) -> Vec<Row> {
    let rows = day.iter().enumerate().map(|(at, line)| {
        let shown =
            |row: &Option<RowCells>| row.as_ref().map_or("なし".to_owned(), |row| cells(row).replace('\n', "　"));
        let actual = Cell::new(shown(&line.actual));
        let mut row = parts::row([
            Cell::new(office(line.office, names).replace('\n', "　")),
            Cell::new(shown(&line.planned)),
            Cell::new(line.sign).align(Align::Middle),
            if line.differs() { actual.differs() } else { actual },
            Cell::new(line.words.clone()),
        ]);
        if at == 0 {
            let date = line.order.0.map_or("日付なし".to_owned(), era::day);
            row.cells.insert(0, Cell { heads: true, ..Cell::new(date) }.rows(parts::span(day.len())));
        }
        row
    });
    rows.collect()
}

fn totals(lines: &[Line]) -> Row {
    let side = |row: fn(&Line) -> Option<&RowCells>| {
        let rows: Vec<&RowCells> = lines.iter().filter_map(row).collect();
        let units = rows
            .iter()
            .map(|row| i64::from(row.units.unwrap_or_default()) * i64::from(row.count.unwrap_or(1)))
            .fold(0, i64::saturating_add);
        format!("{}件　{}単位", show::count(rows.len()), show::number(units))
    };
    let count = |is_wanted: fn(&Line) -> bool| lines.iter().filter(|line| is_wanted(line)).count();
    let told = [
        ("一致", count(|line| line.sign == "＝")),
        ("違い", count(|line| line.differs() && !line.words.ends_with(NOTE))),
        ("違いとして数えない", count(|line| line.differs() && line.words.ends_with(NOTE))),
        ("照合していない", count(|line| line.sign == "？")),
    ];
    let told = told.into_iter().enumerate().filter(|(at, (_, count))| *at < 2 || 0 < *count);
    let told = told.map(|(_, (word, count))| format!("{word}　{}件", show::count(count)));
    let cells = [
        Cell::head("合計").columns(2),
        Cell::new(side(|line| line.planned.as_ref())),
        Cell::new(""),
        Cell::new(side(|line| line.actual.as_ref())),
        Cell::new(show::lines(told)),
    ];
    Row { strong: true, ..parts::row(cells) }
}
