//! Parts that several forms have.

use careplan::{Date, Person, Record};

use crate::{
    era,
    sheet::{Align, Block, Cell, Field, Line, Orientation, Row, Sheet, Table},
    show,
};

/// A sheet without a block, with what nearly all have in common.
pub(crate) fn sheet(title: &str, corner: &str, orientation: Orientation) -> Sheet {
    Sheet {
        title: title.to_owned(),
        corner: corner.to_owned(),
        subtitle: String::new(),
        foot: String::new(),
        about: String::new(),
        orientation,
        blocks: Vec::new(),
    }
}

/// A table without a row.
pub(crate) fn table(caption: &str, widths: &[u16]) -> Table {
    Table {
        caption: caption.to_owned(),
        shows_caption: true,
        widths: widths.to_vec(),
        head: Vec::new(),
        groups: Vec::new(),
        small: false,
    }
}

/// Gives a table without a row an empty one, as paper has it.
pub(crate) fn never_empty(mut table: Table) -> Table {
    if table.groups.is_empty() {
        table.groups.push(vec![row(table.widths.iter().map(|_| Cell::new("")))]);
    }
    table
}

/// A row of headings.
pub(crate) fn head<'a>(texts: impl IntoIterator<Item = &'a str>) -> Row {
    row(texts.into_iter().map(Cell::head))
}

/// A row.
pub(crate) fn row(cells: impl IntoIterator<Item = Cell>) -> Row {
    Row { cells: cells.into_iter().collect(), strong: false }
}

/// A cell with a number.
pub(crate) fn number(text: impl Into<String>) -> Cell {
    Cell::new(text).align(Align::End)
}

/// A cell with a column of a record.
pub(crate) fn cell(record: &Record, name_en: &str) -> Cell {
    Cell::new(show::column(record, name_en))
}

/// A field with a column of a record.
pub(crate) fn field(label: &str, record: &Record, name_en: &str, shares: u16) -> Field {
    Field::new(label, show::column(record, name_en), shares)
}

/// Lines of one field each.
pub(crate) fn long(label: &str, value: String, lines: u8) -> Line {
    vec![Field::new(label, value, crate::sheet::SHARES).above(lines)]
}

/// How many there are, for a span.
pub(crate) fn span(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// The numbers of a person.
pub(crate) fn numbers(person: &Person, insurer: u16, insured: u16) -> Line {
    vec![
        Field::new("保険者番号", person.insurer.to_string(), insurer),
        Field::new("被保険者番号", person.insured.to_string(), insured),
    ]
}

/// The name of a person, with the reading above it.
pub(crate) fn name(record: Option<&Record>, title: &str) -> String {
    let Some(record) = record else { return String::new() };
    let name = show::column(record, "user_name");
    let name = if name.is_empty() { name } else { name + title };
    show::lines([show::column(record, "user_name_kana"), name])
}

/// The birthday, with the age on a day.
pub(crate) fn birth(record: Option<&Record>, on: Option<Date>) -> String {
    let Some(record) = record else { return String::new() };
    let age = record.date("birth_date").zip(on).and_then(|(birth, on)| era::age(birth, on));
    let age = age.map(|age| format!("（{age}歳）")).unwrap_or_default();
    show::column(record, "birth_date") + &age
}

/// An address in one line: its code and its parts.
pub(crate) fn address(record: &Record, columns: [&str; 3]) -> String {
    let [code, first, second] = columns.map(|column| show::column(record, column));
    beside([if code.is_empty() { code } else { format!("〒{code}") }, first, second])
}

/// Texts that are not empty, beside each other.
pub(crate) fn beside(texts: impl IntoIterator<Item = String>) -> String {
    texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("　")
}

/// A block of fields.
pub(crate) fn fields(lines: Vec<Line>) -> Block {
    Block::Fields(lines)
}
