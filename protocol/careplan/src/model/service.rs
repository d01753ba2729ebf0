//! Reading rows of table 6: by far the most rows there are, so nothing is made twice that the row before has.

use std::sync::Arc;

use super::ServiceRow;
use crate::{
    layout::Layout,
    rows::Row,
    text::{self, Encoding},
    value::{Date, Days, Time, number},
};

/// Reads the rows of one file.
pub(super) struct ServiceReader {
    columns: [Column; 20],
}

/// A column, and what its last cell that was not empty held.
struct Column {
    name: &'static str,
    at: Option<usize>,
    raw: Vec<u8>,
    quoted: bool,
    shared: Option<Arc<str>>,
}

impl ServiceReader {
    pub(super) fn new(layout: &'static Layout) -> Self {
        let column = |name| Column { name, at: layout.column(name), raw: Vec::new(), quoted: false, shared: None };
        Self { columns: COLUMNS.map(column) }
    }

    pub(super) fn read(&mut self, row: &Row<'_>, encoding: Encoding) -> ServiceRow {
        let [
            created_on,
            cm_office,
            care_manager,
            units,
            short_stay_days_before,
            date,
            prorated,
            start,
            end,
            count,
            code,
            tais,
            notification,
            equipment,
            detail_no,
            office,
            office_name,
            satellite,
            over_30_days,
            updated_by,
        ] = &mut self.columns;
        let mut cells = Cells { row, encoding, unreadable: Vec::new() };
        ServiceRow {
            created_on: cells.typed(created_on, day),
            cm_office: cells.typed(cm_office, parse),
            care_manager: cells.text(care_manager, None),
            units: cells.typed(units, integer),
            short_stay_days_before: cells.typed(short_stay_days_before, integer),
            date: cells.typed(date, day),
            prorated: cells.typed(prorated, |cell| Days::from_bytes(cell).map(Some)),
            start: cells.typed(start, time).unwrap_or(Time::NONE),
            end: cells.typed(end, time).unwrap_or(Time::NONE),
            count: cells.typed(count, integer),
            code: cells.typed(code, parse),
            tais: cells.text(tais, Some(hyphenated)),
            notification: cells.text(notification, Some(hyphenated)),
            equipment: cells.text(equipment, None),
            detail_no: cells.typed(detail_no, integer),
            office: cells.typed(office, parse),
            office_name: cells.text(office_name, None),
            satellite: cells.typed(satellite, integer),
            over_30_days: cells.typed(over_30_days, flag),
            updated_by: cells.text(updated_by, None),
            unreadable: cells.unreadable,
        }
    }
}

/// The columns of [`ServiceRow`], in its order and the layout's.
const COLUMNS: [&str; 20] = [
    "created_on",
    "cm_office_number",
    "care_manager_name",
    "units",
    "short_stay_days_to_previous_month",
    "service_date",
    "prorated_days",
    "start_time",
    "end_time",
    "count",
    "service_code",
    "tais_code",
    "equipment_notification_code",
    "equipment_name",
    "detail_no",
    "service_office_number",
    "service_office_name",
    "satellite_no",
    "over_30_days",
    "updated_by_office",
];

struct Cells<'r, 'b> {
    row: &'r Row<'b>,
    encoding: Encoding,
    unreadable: Vec<(&'static str, Arc<str>)>,
}

impl Cells<'_, '_> {
    /// Reads a cell; `read` gives `None` for what is not of the type, and `Some(None)` for what stands for nothing.
    fn typed<T>(&mut self, column: &Column, read: impl Fn(&[u8]) -> Option<Option<T>>) -> Option<T> {
        let at = column.at?;
        let raw = self.row.raw_at(at);
        if raw.is_empty() {
            return None;
        }
        if let Some(value) = read(raw) {
            return value;
        }
        let (plain, _) = text::plain(&self.row.text(at, self.encoding));
        if plain.is_empty() {
            return None;
        }
        read(plain.as_bytes()).unwrap_or_else(|| {
            self.unreadable.push((column.name, plain.into()));
            None
        })
    }

    fn text(&self, column: &mut Column, form: Option<fn(&str) -> String>) -> Option<Arc<str>> {
        let at = column.at?;
        let cell = self.row.cells().get(at)?;
        let raw = self.row.raw(cell);
        if raw.is_empty() {
            return None;
        }
        if column.raw != raw || column.quoted != cell.is_quoted() || column.shared.is_none() {
            let text = self.row.text(at, self.encoding);
            column.shared = Some(match form {
                Some(form) => form(&text).into(),
                None => text.into(),
            });
            column.raw.clear();
            column.raw.extend_from_slice(raw);
            column.quoted = cell.is_quoted();
        }
        column.shared.clone().filter(|text| !text.is_empty())
    }
}

fn integer(cell: &[u8]) -> Option<Option<i32>> {
    number(cell).and_then(|number| i32::try_from(number).ok()).map(Some)
}

fn day(cell: &[u8]) -> Option<Option<Date>> {
    if cell.iter().all(|&byte| byte == b'0') { Some(None) } else { Date::from_bytes(cell).map(Some) }
}

fn time(cell: &[u8]) -> Option<Option<Time>> {
    Time::from_bytes(cell).map(Some)
}

fn flag(cell: &[u8]) -> Option<Option<bool>> {
    match cell {
        b"1" => Some(Some(true)),
        b"0" => Some(Some(false)),
        _ => None,
    }
}

fn parse<T: std::str::FromStr>(cell: &[u8]) -> Option<Option<T>> {
    std::str::from_utf8(cell).ok()?.parse().ok().map(Some)
}

/// Brings the code of equipment to half-width letters and hyphens.
fn hyphenated(text: &str) -> String {
    let (plain, _) = text::plain(text);
    plain.replace(['\u{2010}', '\u{2012}', '\u{2013}', '\u{2015}', '\u{2212}', 'ー', 'ｰ'], "-")
}
