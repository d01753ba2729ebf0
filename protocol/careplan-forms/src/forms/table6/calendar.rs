//! The calendar of table 6.

use std::{
    collections::{BTreeSet, HashMap},
    iter,
};

use careplan::{Date, FileKind, OfficeNumber, Record, ServiceCode, ServiceKind, ServiceRow, Time};

use super::Month;
use crate::{
    era,
    forms::{Names, Recipient, parts},
    sheet::{Align, Cell, Row, Table},
    show,
};

/// Days that have a column; those that the month lacks stay grey.
const DAYS: u8 = 31;

/// The names of both rows of a service.
const SIDES: [&str; 2] = ["予定", "実績"];

/// What the rows of one line have in common.
type Same<'a> = (
    Time,
    Time,
    Option<ServiceCode>,
    Option<i32>,
    Option<&'a str>,
    Option<&'a str>,
    Option<OfficeNumber>,
    Option<i32>,
    &'a [(&'static str, std::sync::Arc<str>)],
);

/// A service of the month: all its rows.
#[derive(Default)]
struct Service<'a> {
    planned: Vec<&'a ServiceRow>,
    actual: Vec<&'a ServiceRow>,
}

/// Arranges the table.
pub(super) fn table(month: &Month<'_>, of: careplan::Month, recipient: Recipient, names: &Names) -> Table {
    let mut widths = vec![5, 7, 7, 2];
    widths.extend(iter::repeat_n(1, usize::from(DAYS)));
    widths.extend([2, 3, 3]);
    let mut table = parts::table("月間サービス計画及び実績の記録", &widths);
    table.small = true;
    table.head = head(of);
    let services = services(month, of, recipient);
    // Without a plan there is nothing from which actuals could differ.
    let compared = month.actuals(of).filter(|_| month.plan.is_some());
    let sent: BTreeSet<(OfficeNumber, ServiceKind)> = compared.map(|actual| (actual.office, actual.kind)).collect();
    table.groups = services.iter().map(|service| group(service, of, &sent, names)).collect();
    table.groups.push(totals(&services, of));
    table
}

fn services<'a>(month: &Month<'a>, of: careplan::Month, recipient: Recipient) -> Vec<Service<'a>> {
    let mut places: HashMap<Same<'a>, usize> = HashMap::new();
    let mut services: Vec<(Same<'a>, Service<'a>)> = Vec::new();
    let planned = month.plan.into_iter().flat_map(|plan| &plan.rows).map(|row| (row, true));
    let actual = month.actuals.iter().filter(|actual| actual.month == of);
    let actual = actual.flat_map(|actual| &actual.rows).map(|row| (row, false));
    for (row, is_planned) in planned.chain(actual) {
        if !recipient.sees(row.office) {
            continue;
        }
        let at = *places.entry(same(row)).or_insert_with(|| {
            services.push((same(row), Service::default()));
            services.len() - 1
        });
        let service = &mut services[at].1;
        if is_planned { &mut service.planned } else { &mut service.actual }.push(row);
    }
    // By the day's time as on paper, what has none last; otherwise as it stood.
    services.sort_by_key(|((start, end, ..), _)| (*start, *end));
    services.into_iter().map(|(_, service)| service).collect()
}

fn same(row: &ServiceRow) -> Same<'_> {
    let (tais, notification) = (row.tais.as_deref(), row.notification.as_deref());
    let identity = (row.start, row.end, row.code, row.detail_no);
    let (start, end, code, detail) = identity;
    (start, end, code, detail, tais, notification, row.office, row.satellite, &row.unreadable)
}

fn head(of: careplan::Month) -> Vec<Row> {
    let days = (1..=DAYS).map(|day| if day <= of.days() { day.to_string() } else { "－".to_owned() });
    let first = ["提供時間帯", "サービス内容", "事業者・事業所名"].map(|name| Cell::head(name).rows(2));
    let last = ["回数", "単位数", "合計単位数"].map(|name| Cell::head(name).rows(2));
    let numbers = first.into_iter().chain([Cell::head("日付")]).chain(days.map(Cell::head)).chain(last);
    let weekdays = (1..=DAYS).map(|day| match Date::new(of.year(), of.month(), day) {
        // The name of the day says that it is a Sunday; a fax would set dots behind it.
        Some(date) => Cell::head(era::WEEKDAYS[era::weekday(date)]),
        None => grey(Cell::head("－"), of, day),
    });
    vec![parts::row(numbers), parts::row([Cell::head("曜日")].into_iter().chain(weekdays))]
}

/// Greys a Sunday, and a day that the month does not have.
fn grey(cell: Cell, of: careplan::Month, day: u8) -> Cell {
    match Date::new(of.year(), of.month(), day) {
        Some(date) if era::weekday(date) != 0 => cell,
        _ => cell.shaded(),
    }
}

/// The two rows of a service.
fn group(
    service: &Service<'_>,
    of: careplan::Month,
    sent: &BTreeSet<(OfficeNumber, ServiceKind)>,
    names: &Names,
) -> Vec<Row> {
    let Some(first) = service.rows().next() else { return Vec::new() };
    let is_sent = first.office.zip(first.code).is_some_and(|(office, code)| sent.contains(&(office, code.kind())));
    let office_name = show::distinct(service.rows().filter_map(|row| row.office_name.as_deref()).map(show::text));
    let office = show::lines([
        match first.office {
            // A row may have the number alone.
            Some(office) if office_name.is_empty() => names.office_in_full(office),
            Some(office) => show::lines([office_name, office.to_string()]),
            None => office_name,
        },
        show::labelled("サテライト", show::some(first.satellite)),
    ]);
    let time = match show::times(first.start, first.end) {
        none if none.is_empty() => "時間なし".to_owned(),
        times => times.replace('～', "\n～"),
    };
    let mut planned = vec![
        Cell { heads: true, ..Cell::new(time) }.rows(2),
        Cell { heads: true, ..Cell::new(name(service, first, of)) }.rows(2),
        Cell::new(office).rows(2),
        Cell::head("予定"),
    ];
    let mut actual = vec![Cell::head("実績")];
    for day in 1..=DAYS {
        let counts = [&service.planned, &service.actual].map(|rows| count(rows, of, day));
        // A planned service that was not given shows a nought once the office has sent its actuals.
        let missing = is_sent && counts[0].is_some() && counts[1].is_none();
        let differs = is_sent && counts[0].unwrap_or(0) != counts[1].unwrap_or(0);
        let shown = counts.map(show::some);
        let cell = |text: String| grey(Cell::new(text).align(Align::Middle), of, day);
        planned.push(cell(shown[0].clone()));
        let done = cell(if missing { "0".to_owned() } else { shown[1].clone() });
        actual.push(if differs { done.differs() } else { done });
    }
    planned.extend(sums(&service.planned));
    let mut done = sums(&service.actual);
    let [planned_units, actual_units] = [&service.planned, &service.actual].map(|rows| sum(rows.iter().copied()).1);
    if let (Some(total), true) = (done.last_mut(), is_sent && planned_units != actual_units) {
        total.differs = true;
    }
    actual.extend(done);
    vec![parts::row(planned), parts::row(actual)]
}

impl<'a> Service<'a> {
    fn rows(&self) -> impl Iterator<Item = &'a ServiceRow> {
        self.planned.iter().chain(&self.actual).copied()
    }
}

/// What the service is, and everything about it that has no column.
fn name(service: &Service<'_>, first: &ServiceRow, of: careplan::Month) -> String {
    let all = |text: fn(&ServiceRow) -> Option<&str>| show::distinct(service.rows().filter_map(text).map(show::text));
    let mut lines = vec![
        first.code.map(show::service).unwrap_or_default(),
        show::labelled("コード", first.code.map(|code| code.to_string()).unwrap_or_default()),
        all(|row| row.equipment.as_deref()),
        show::labelled("ＴＡＩＳ", first.tais.as_deref().map(show::text).unwrap_or_default()),
        show::labelled("届出", first.notification.as_deref().map(show::text).unwrap_or_default()),
        show::labelled("明細", show::some(first.detail_no)),
    ];
    let both = [&service.planned, &service.actual];
    let over = both.map(|rows| {
        let over = rows.iter().filter(|row| row.over_30_days == Some(true)).filter_map(|row| row.date);
        show::days(over.map(Date::day).collect::<BTreeSet<_>>())
    });
    lines.extend(sides("30日超", over));
    let prorated =
        both.map(|rows| show::distinct(rows.iter().filter_map(|row| row.prorated).map(|days| show::days(days.iter()))));
    lines.extend(sides("日割", prorated));
    for (rows, side) in both.into_iter().zip(SIDES) {
        for row in rows.iter().filter(|row| row.date.is_none_or(|date| date.month() != of)) {
            let day = row.date.map_or("日付なし".to_owned(), era::date);
            lines.push(format!("{side}{day}：{}回", show::number(row.count.unwrap_or(1).into())));
        }
    }
    let layout = Record::new(FileKind::UpPlan).map(|record| record.layout());
    for (column, text) in &first.unreadable {
        let field = layout.and_then(|layout| layout.fields().get(layout.column(column)?));
        lines.push(show::labelled(field.map_or(*column, |field| field.name_ja()), show::text(text)));
    }
    show::lines(lines)
}

/// What is said about planned and actual days: once, if both say the same or nothing is said about actuals.
fn sides(label: &str, [planned, actual]: [String; 2]) -> Vec<String> {
    if planned == actual || actual.is_empty() {
        return vec![show::labelled(label, planned)];
    }
    [planned, actual]
        .into_iter()
        .zip(SIDES)
        .map(|(days, side)| show::labelled(&format!("{side}{label}"), days))
        .collect()
}

/// How often on a day; `None` if nothing stands there.
fn count(rows: &[&ServiceRow], of: careplan::Month, day: u8) -> Option<i64> {
    let date = Date::new(of.year(), of.month(), day)?;
    let counts = rows.iter().filter(|row| row.date == Some(date)).map(|row| i64::from(row.count.unwrap_or(1)));
    counts.reduce(|sum, count| sum + count)
}

/// How often in the month, units of one service, units in all.
fn sums(rows: &[&ServiceRow]) -> [Cell; 3] {
    let units = show::distinct(rows.iter().map(|row| show::some(row.units)));
    if rows.is_empty() {
        return [parts::number(""), parts::number(""), parts::number("")];
    }
    let (count, total) = sum(rows.iter().copied());
    [parts::number(show::number(count)), parts::number(units), parts::number(show::number(total))]
}

fn sum<'a>(rows: impl Iterator<Item = &'a ServiceRow>) -> (i64, i64) {
    rows.fold((0, 0), |(count, units), row| {
        (count + i64::from(row.count.unwrap_or(1)), units.saturating_add(row.total_units()))
    })
}

/// The last two rows: how often on each day, and the units in all.
fn totals(services: &[Service<'_>], of: careplan::Month) -> Vec<Row> {
    let side = |name: &str, rows: Vec<&ServiceRow>| {
        let days = (1..=DAYS).map(|day| {
            // A place as narrow as this has no room for what parts thousands.
            let shown = count(&rows, of, day).map(|count| count.to_string()).unwrap_or_default();
            grey(Cell::new(shown).align(Align::Middle), of, day)
        });
        let (count, units) = sum(rows.iter().copied());
        let sums = [show::number(count), String::new(), show::number(units)];
        let cells: Vec<Cell> = iter::once(Cell::head(name)).chain(days).chain(sums.map(parts::number)).collect();
        cells
    };
    let planned = side("予定", services.iter().flat_map(|service| &service.planned).copied().collect());
    let actual = side("実績", services.iter().flat_map(|service| &service.actual).copied().collect());
    let name = Cell::head("合計").columns(3).rows(2);
    let first = iter::once(name).chain(planned);
    vec![Row { strong: true, ..parts::row(first) }, Row { strong: true, ..parts::row(actual) }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_stand_under_their_weekdays() {
        let head = head("202511".parse().unwrap());
        let (days, weekdays) = (&head[0].cells[4..35], &head[1].cells[1..]);
        let at = |day: usize| (days[day - 1].text.as_str(), weekdays[day - 1].text.as_str(), weekdays[day - 1].shaded);
        assert_eq!(at(1), ("1", "土", false));
        assert_eq!(at(2), ("2", "日", false));
        assert_eq!(at(30), ("30", "日", false));
        assert_eq!(at(31), ("－", "－", true));
    }

    #[test]
    fn sides_that_agree_are_told_once() {
        let days = |planned: &str, actual: &str| sides("日割", [planned.to_owned(), actual.to_owned()]);
        assert_eq!(days("1日", "1日"), ["日割：1日"]);
        assert_eq!(days("1日", ""), ["日割：1日"]);
        assert_eq!(days("1日", "2日"), ["予定日割：1日", "実績日割：2日"]);
    }
}
