//! The account in words: each unit with a table of what was found in it.

use std::path::Path;

use careplan::Severity;
use musubi_node::api::types::Row;

use super::{
    fix::Mended,
    told::{Account, Counts, Head, Judged, Told},
};
use crate::{
    msg, rows,
    search::Found,
    text::{Text, harmless},
    ui::{Table, Ui, layout::wrap},
};

/// Columns of the place in the table.
const PLACE: usize = 26;
/// Rows that are named for one finding.
const ROWS: usize = 6;

/// Writes units with findings, what stands alone, and the sum.
pub(super) fn words(ui: &mut Ui, account: &Account, counts: &Counts) {
    for unit in account.units.iter().filter(|unit| !unit.told.is_empty()) {
        self::unit(ui, unit);
        ui.text_line("");
    }
    if !account.alone.is_empty() {
        ui.line(&msg!("check-alone", count = account.alone.len()));
        for told in &account.alone {
            ui.text_line(&format!("  {}", harmless(&told.path.to_string_lossy())));
            let weight = weight(ui.text(), told);
            let words = format!("{weight}  {}\n{}\n→ {}", told.rule, told.what, told.remedy);
            indented(ui, &words);
        }
        ui.text_line("");
    }
    let (files, units) = (counts.files, counts.units);
    if account.alone.is_empty() && counts.good == units {
        ui.line(&msg!("check-clean", files = files, units = units));
        return;
    }
    ui.line(&msg!("check-sum-files", files = files, units = units, count = counts.good));
    ui.line(&msg!("check-sum", errors = counts.errors, warnings = counts.warnings, repaired = counts.repaired));
    if counts.errors + counts.repaired == 0 {
        ui.line(&msg!("check-no-errors", warnings = counts.warnings));
    }
}

/// Tells of what `--fix` would mend.
pub(super) fn mendable(ui: &mut Ui, account: &Account) {
    let told = account.units.iter().flat_map(|unit| &unit.told).chain(&account.alone);
    let count = told.filter(|told| told.mendable).count();
    if count > 0 {
        ui.line(&msg!("check-mendable", count = count));
    }
}

/// Writes what became of the copies.
pub(super) fn mended(ui: &mut Ui, mended: &Mended, places: &[&Found]) {
    let path = |position: &usize| places.get(*position).map_or(Path::new(""), |found| &found.path);
    ui.text_line("");
    let (all, count) = (mended.positions.len(), mended.changed);
    ui.line(&msg!("check-mended", path = &mended.dir, all = all, count = count));
    for (twin, kept) in &mended.twins {
        ui.line(&msg!("check-mended-twin", file = path(twin), other = path(kept)));
    }
    for path in &mended.left_out {
        ui.line(&msg!("check-mended-left-out", file = path));
    }
}

fn unit(ui: &mut Ui, unit: &Judged) {
    let head = &unit.head;
    let what = what(ui.text(), head);
    ui.line(&msg!("check-unit", what = what, people = head.people, rows = head.rows));
    let ends = ui.text().show(&msg!("check-unit-ends", from = &head.from, to = &head.to, serial = &head.serial));
    ui.text_line(&format!("  {ends}"));
    // The table says which kind of file; here is where it lies.
    for (_, path) in head.files.iter().filter(|(_, path)| unit.told.iter().any(|told| told.path == *path)) {
        ui.text_line(&format!("  {}", harmless(&path.to_string_lossy())));
    }
    let text = ui.text();
    let headings = [msg!("check-column-rule"), msg!("check-column-place"), msg!("check-column-what")];
    let mut table = Table::new(headings.iter().map(|heading| text.show(heading)).collect());
    for group in groups(&unit.told) {
        let first = group[0];
        let twice = head.files.iter().filter(|(kind, _)| Some(*kind) == first.kind).count() > 1;
        let name = match (first.kind, first.path.file_name()) {
            (Some(kind), _) if !twice => kind.to_owned(),
            (_, Some(name)) => name.to_string_lossy().into_owned(),
            _ => String::new(),
        };
        let rule = format!("{}\n{}", weight(text, first), first.rule);
        let done = text.show(&msg!("check-repaired-so"));
        let remedy = if first.repaired { &done } else { &first.remedy };
        table.tall_row([rule, place(text, &name, &group), format!("{}\n→ {remedy}", first.what)]);
    }
    ui.table(&table);
}

fn what(text: &Text, head: &Head) -> String {
    match &head.bundle {
        Some((bundle, month)) => {
            rows::what(text, &Row { bundle: Some(bundle.clone()), month: month.clone(), ..Row::default() })
        }
        None => text.show(&msg!("bundle-none")),
    }
}

/// How much a finding weighs, in a word.
fn weight(text: &Text, told: &Told) -> String {
    text.show(&match told.severity {
        _ if told.repaired => msg!("check-repaired"),
        Severity::Error => msg!("check-error"),
        Severity::Warning => msg!("check-warning"),
        Severity::Info => msg!("check-info"),
    })
}

/// Findings that say the same about one column of one file, in the order of the first of each.
fn groups(told: &[Told]) -> Vec<Vec<&Told>> {
    let mut groups: Vec<Vec<&Told>> = Vec::new();
    for one in told {
        let alike = |group: &&mut Vec<&Told>| {
            let other = group[0];
            (other.rule, other.repaired, other.column, &other.path) == (one.rule, one.repaired, one.column, &one.path)
                && other.what == one.what
                && other.remedy == one.remedy
        };
        match groups.iter_mut().find(alike) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}

/// The file, the rows, the column with its name.
fn place(text: &Text, name: &str, group: &[&Told]) -> String {
    let mut lines = pieces(name);
    let rows: Vec<String> = group.iter().filter_map(|told| told.row).map(|row| row.to_string()).collect();
    if !rows.is_empty() {
        let named = rows[..rows.len().min(ROWS)].join(&text.show(&msg!("check-row-separator")));
        let more = rows.len().saturating_sub(ROWS);
        lines.extend(wrap(&text.show(&msg!("check-rows", rows = named, more = more)), PLACE));
    }
    if let Some(column) = group[0].column {
        let field = &group[0].field_name;
        lines.extend(wrap(&text.show(&msg!("check-place-column", number = column, name = field)), PLACE));
    }
    lines.join("\n")
}

/// A file name in pieces that fit; it may be broken behind any `_`.
fn pieces(name: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for part in name.split_inclusive('_') {
        match lines.last_mut() {
            Some(line) if line.len() + part.len() <= PLACE => line.push_str(part),
            _ => lines.push(part.to_owned()),
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

fn indented(ui: &mut Ui, words: &str) {
    for line in wrap(&harmless(words), ui.width().saturating_sub(4).max(20)) {
        ui.text_line(&format!("    {line}"));
    }
}
