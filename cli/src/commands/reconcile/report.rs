//! The differences in words: by month, office and person.

use std::collections::BTreeMap;

use careplan::{
    Month, OfficeNumber, ServiceCode, Time,
    reconcile::{Difference, DifferenceKind, RowCells, Side, Sum},
};

use super::Outcome;
use crate::{
    exchange::{self, Names, grouped},
    msg,
    text::{Text, harmless},
    ui::{Table, Ui, layout::wrap},
};

/// Columns of a service's name.
const SERVICE: usize = 18;
/// Columns of an office's name in the totals.
const OFFICE: usize = 30;

/// Writes differences, notes, totals and the sum.
pub(super) fn words(ui: &mut Ui, outcome: &Outcome, names: &Names) {
    for place in outcome.differences.chunk_by(|a, b| a.month == b.month).flat_map(by_office) {
        office(ui, place.0, place.1, &place.2, names);
    }
    notes(ui, outcome, names);
    totals(ui, outcome, names);
    ui.text_line("");
    let pending = pending_offices(outcome);
    match (outcome.differences.len(), pending.len()) {
        (0, 0) => ui.line(&msg!("reconcile-same", count = outcome.summary.equal_rows)),
        (0, pending) => ui.line(&msg!("reconcile-same-so-far", count = outcome.summary.equal_rows, pending = pending)),
        (count, _) => ui.line(&msg!("reconcile-sum", count = count)),
    }
}

/// The differences of a month by office.
fn by_office(differences: &[Difference]) -> Vec<(Month, OfficeNumber, Vec<&Difference>)> {
    let mut offices: BTreeMap<(Month, OfficeNumber), Vec<&Difference>> = BTreeMap::new();
    for difference in differences {
        offices.entry((difference.month, difference.office)).or_default().push(difference);
    }
    offices.into_iter().map(|((month, office), found)| (month, office, found)).collect()
}

fn office(ui: &mut Ui, month: Month, office: OfficeNumber, differences: &[&Difference], names: &Names) {
    let (month, office) = (exchange::month(ui.text(), month), exchange::office(names, office));
    ui.line(&msg!("reconcile-office", month = month, office = office, count = differences.len()));
    let person = |difference: &Difference| (difference.insured_number.clone(), difference.insurer_number.clone());
    for differences in differences.chunk_by(|a, b| person(a) == person(b)) {
        let first = differences[0];
        let name = exchange::person(ui.text(), names, &first.insurer_number, &first.insured_number);
        ui.text_line(&format!("\n  {}", harmless(&name)));
        let (whole, rows): (Vec<&Difference>, Vec<&Difference>) = differences
            .iter()
            .partition(|found| matches!(found.kind, DifferenceKind::UserMissing | DifferenceKind::UserExtra));
        for difference in whole {
            let words = whole_person(ui.text(), difference);
            for line in wrap(&words, ui.width().saturating_sub(4).max(20)) {
                ui.text_line(&format!("    {line}"));
            }
        }
        if !rows.is_empty() {
            let table = table(ui.text(), &rows);
            indented(ui, &table, 4);
        }
    }
    ui.text_line("");
}

/// A person without any actual row, or without any planned one.
fn whole_person(text: &Text, difference: &Difference) -> String {
    let sum = |side: &Option<Side>| match side {
        Some(Side::All(sum)) => *sum,
        _ => Sum::default(),
    };
    let elsewhere = difference.also_at_other_offices == Some(true);
    let words = if difference.kind == DifferenceKind::UserMissing {
        let sum = sum(&difference.planned);
        let told = text.show(&msg!("reconcile-person-missing", rows = sum.rows, units = grouped(sum.units)));
        (told, msg!("reconcile-person-missing-elsewhere"))
    } else {
        let sum = sum(&difference.actual);
        let told = text.show(&msg!("reconcile-person-extra", rows = sum.rows, units = grouped(sum.units)));
        (told, msg!("reconcile-person-extra-elsewhere"))
    };
    if elsewhere { format!("{}{}", words.0, text.show(&words.1)) } else { words.0 }
}

fn table(text: &Text, differences: &[&Difference]) -> Table {
    let headings = [
        msg!("reconcile-column-day"),
        msg!("reconcile-column-service"),
        msg!("reconcile-column-planned"),
        msg!("reconcile-column-actual"),
        msg!("reconcile-column-what"),
    ];
    let mut table = Table::new(headings.iter().map(|heading| text.show(heading)).collect());
    for difference in differences {
        let day = match difference.date {
            Some(date) if date.month() == difference.month => text.show(&msg!("reconcile-day", day = date.day())),
            Some(date) => text.show(&msg!("reconcile-date", month = date.month().month(), day = date.day())),
            None => "-".to_owned(),
        };
        let side = |side: &Option<Side>| match side {
            Some(Side::Row(row)) => cell(text, row),
            _ => "-".to_owned(),
        };
        let (planned, actual) = (side(&difference.planned), side(&difference.actual));
        table.tall_row([day, service(text, difference), planned, actual, kind(text, difference)]);
    }
    table
}

/// Name and code of the service, and what tells it from others.
fn service(text: &Text, difference: &Difference) -> String {
    let mut lines = Vec::new();
    if let Some(code) = difference.service_code {
        lines.extend(wrap(short(&exchange::kind(text, code.kind())), SERVICE));
        lines.push(code.to_string());
    } else {
        lines.push(text.show(&msg!("reconcile-no-code")));
    }
    if let Some(satellite) = difference.satellite {
        lines.push(text.show(&msg!("reconcile-satellite", number = satellite)));
    }
    let row = [&difference.planned, &difference.actual].into_iter().find_map(|side| match side {
        Some(Side::Row(row)) => Some(row),
        _ => None,
    });
    lines.extend(row.and_then(|row| row.equipment.as_deref()).map(str::to_owned));
    lines.join("\n")
}

/// A kind's name up to what stands in brackets.
fn short(name: &str) -> &str {
    name.split('（').next().unwrap_or(name)
}

/// Time, count and units.
fn cell(text: &Text, row: &RowCells) -> String {
    let mut lines = Vec::new();
    if row.start != Time::NONE || row.end != Time::NONE {
        lines.push(text.show(&msg!("reconcile-period", from = clock(row.start), to = clock(row.end))));
    }
    let units = row.units.map_or_else(|| "-".to_owned(), |units| grouped(units.into()));
    let count = row.count.map_or_else(|| "-".to_owned(), |count| count.to_string());
    lines.push(text.show(&msg!("reconcile-units", units = units, count = count)));
    lines.join("\n")
}

fn clock(time: Time) -> String {
    time.minutes().map_or_else(|| "--:--".to_owned(), |minutes| format!("{:02}:{:02}", minutes / 60, minutes % 60))
}

/// What differs.
fn kind(text: &Text, difference: &Difference) -> String {
    let code = |side: &Option<Side>| match side {
        Some(Side::Row(row)) => row.service_code,
        _ => None,
    };
    let shown = |code: Option<ServiceCode>| code.map_or_else(|| "-".to_owned(), |code| code.to_string());
    text.show(&match difference.kind {
        DifferenceKind::Missing => msg!("difference-missing"),
        DifferenceKind::Extra => msg!("difference-extra"),
        DifferenceKind::TimeChanged => msg!("difference-time"),
        DifferenceKind::CountChanged => msg!("difference-count"),
        DifferenceKind::UnitsChanged => msg!("difference-units"),
        DifferenceKind::CodeChanged => msg!("difference-code", value = shown(code(&difference.actual))),
        other => return other.name().to_owned(),
    })
}

/// What is no difference, and should be known.
fn notes(ui: &mut Ui, outcome: &Outcome, names: &Names) {
    let mut lines = Vec::new();
    let text = ui.text();
    for mismatch in &outcome.insurer_mismatches {
        let person = exchange::person(text, names, &mismatch.planned_insurer, &mismatch.insured_number);
        lines.push(text.show(&msg!(
            "reconcile-insurer",
            month = exchange::month(text, mismatch.month),
            office = mismatch.office.to_string(),
            name = person,
            value = mismatch.planned_insurer.as_ref(),
            other = mismatch.actual_insurer.as_ref()
        )));
    }
    if !outcome.tolerated.is_empty() {
        lines.push(text.show(&msg!("reconcile-tolerated", count = outcome.tolerated.len())));
    }
    if !lines.is_empty() {
        ui.line(&msg!("reconcile-notes"));
        for words in &lines {
            let lines = wrap(&harmless(words), ui.width().saturating_sub(4).max(20));
            ui.text_line(&format!("  - {}", lines.join("\n    ")));
        }
        ui.text_line("");
    }
    let pending = pending_offices(outcome);
    if pending.is_empty() {
        return;
    }
    let text = ui.text();
    let headings = [
        msg!("reconcile-column-month"),
        msg!("reconcile-column-service"),
        msg!("reconcile-column-people"),
        msg!("reconcile-column-planned"),
        msg!("reconcile-column-office"),
    ];
    let mut table = Table::new(headings.iter().map(|heading| text.show(heading)).collect());
    for ((month, office, kind), (people, sum)) in pending {
        let units = grouped(sum.units);
        table.tall_row([
            exchange::month(text, month),
            wrap(&kind_name(text, kind), SERVICE).join("\n"),
            text.show(&msg!("reconcile-people", count = people)),
            text.show(&msg!("reconcile-rows-units", rows = sum.rows, units = units)),
            office_name(text, office, names),
        ]);
    }
    ui.line(&msg!("reconcile-pending"));
    indented(ui, &table, 2);
    ui.text_line("");
}

type Place = (Month, Option<OfficeNumber>, Option<careplan::ServiceKind>);

/// Offices and kinds that sent no actuals: people, and what is planned.
fn pending_offices(outcome: &Outcome) -> BTreeMap<Place, (usize, Sum)> {
    let mut offices: BTreeMap<Place, (usize, Sum)> = BTreeMap::new();
    for pending in &outcome.pending {
        let (people, sum) = offices.entry((pending.month, pending.office, pending.kind)).or_default();
        *people += 1;
        sum.rows += pending.planned.rows;
        sum.units += pending.planned.units;
    }
    offices
}

fn totals(ui: &mut Ui, outcome: &Outcome, names: &Names) {
    let text = ui.text();
    let headings = [
        msg!("reconcile-column-office-service"),
        msg!("reconcile-column-planned"),
        msg!("reconcile-column-actual"),
        msg!("reconcile-column-balance"),
    ];
    let mut tables = Vec::new();
    for months in outcome.totals.chunk_by(|a, b| a.month == b.month) {
        let mut table = Table::new(headings.iter().map(|heading| text.show(heading)).collect());
        let sum = |rows: usize, units: i64| {
            let (rows, units) =
                (msg!("reconcile-rows", rows = rows), msg!("reconcile-of-units", units = grouped(units)));
            format!("{}\n{}", text.show(&rows), text.show(&units))
        };
        for offices in months.chunk_by(|a, b| a.office == b.office) {
            for (at, total) in offices.iter().enumerate() {
                let (actual, balance) = if total.actuals_expected {
                    (sum(total.actual_rows, total.actual_units), grouped(total.actual_units - total.planned_units))
                } else {
                    (text.show(&msg!("reconcile-not-yet")), "-".to_owned())
                };
                // The office is named once for all its services.
                let office = if at == 0 { wrap(&office_name(text, total.office, names), OFFICE) } else { Vec::new() };
                let service = kind_name(text, total.kind);
                let service = wrap(&service, OFFICE - 2).into_iter().map(|line| format!("  {line}"));
                let name = office.into_iter().chain(service).collect::<Vec<_>>().join("\n");
                table.tall_row([name, sum(total.planned_rows, total.planned_units), actual, balance]);
            }
        }
        tables.push((exchange::month(text, months[0].month), table));
    }
    for (at, (month, table)) in tables.iter().enumerate() {
        if at > 0 {
            ui.text_line("");
        }
        ui.line(&msg!("reconcile-totals", month = month));
        indented(ui, table, 2);
    }
}

fn kind_name(text: &Text, kind: Option<careplan::ServiceKind>) -> String {
    match kind {
        Some(kind) => short(&exchange::kind(text, kind)).to_owned(),
        None => "-".to_owned(),
    }
}

fn office_name(text: &Text, office: Option<OfficeNumber>, names: &Names) -> String {
    match office {
        Some(office) => exchange::office(names, office),
        None => text.show(&msg!("reconcile-no-office")),
    }
}

/// A table some columns from the left.
fn indented(ui: &mut Ui, table: &Table, columns: usize) {
    let shown = table.render(ui.width().saturating_sub(columns));
    for line in shown.trim_end().lines() {
        ui.text_line(format!("{}{line}", " ".repeat(columns)).trim_end());
    }
}
