//! Records: the rows of all tables but the sixth, with typed values.

use std::fmt;

use crate::{
    Month,
    kind::FileKind,
    layout::{Field, FieldType, Layout},
    reader::shape,
    rows::Row,
    text::Encoding,
    value::{Date, Days, Decimal, Time, Value, number},
};

/// A row of a table, its cells by the identifiers of [`Layout`].
///
/// Records of all editions are kept in the newest layout, so that they compare; what an older edition lacks is empty.
/// What the standard fixes is left out: the version, which the writer knows, and the column that is not used. The
/// columns of the key are left out too: the document that the record is part of has them.
/// `Debug` prints no content: records tell of persons.
#[derive(Clone)]
pub struct Record {
    layout: &'static Layout,
    values: Vec<Option<Value>>,
}

impl Record {
    /// Makes an empty record; `None` for pictures.
    #[must_use]
    pub fn new(kind: FileKind) -> Option<Self> {
        let layout = Layout::newest(kind)?;
        Some(Self { layout, values: vec![None; layout.fields.len()] })
    }

    /// Takes the cells of a row that has the columns of `from`.
    pub(crate) fn read(row: &Row<'_>, from: &'static Layout, encoding: Encoding) -> Self {
        let layout = Layout::newest(from.kind).unwrap_or(from);
        let values = layout.fields.iter().map(|field| {
            let column = from.column(field.name_en).filter(|_| !is_key(layout.kind, field.name_en))?;
            value(field, row, column, encoding)
        });
        Self { layout, values: values.collect() }
    }

    /// Returns the kind of file that the record belongs to.
    #[must_use]
    pub fn kind(&self) -> FileKind {
        self.layout.kind
    }

    /// Returns the columns.
    #[must_use]
    pub fn layout(&self) -> &'static Layout {
        self.layout
    }

    /// Returns the value of a column; `None` if it is empty or there is none of this name.
    #[must_use]
    pub fn get(&self, name_en: &str) -> Option<&Value> {
        self.values.get(self.layout.column(name_en)?)?.as_ref()
    }

    /// Sets the value of a column; `false` if there is none of this name, or the writer fills it itself.
    pub fn set(&mut self, name_en: &str, value: Option<Value>) -> bool {
        let Some(column) = self.layout.column(name_en) else { return false };
        if is_fixed(&self.layout.fields[column]) || is_key(self.layout.kind, name_en) {
            return false;
        }
        self.values[column] = value;
        true
    }

    /// Returns the columns with their values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Field, Option<&Value>)> {
        self.layout.fields.iter().zip(self.values.iter().map(Option::as_ref))
    }

    /// Returns free text or a code; empty if there is none.
    #[must_use]
    pub fn text(&self, name_en: &str) -> &str {
        self.get(name_en).and_then(Value::text).unwrap_or_default()
    }

    /// Returns what the code in a column means, in the standard's words.
    #[must_use]
    pub fn meaning(&self, name_en: &str) -> Option<&'static str> {
        self.layout.fields.get(self.layout.column(name_en)?)?.meaning(self.text(name_en))
    }

    /// Returns a day.
    #[must_use]
    pub fn date(&self, name_en: &str) -> Option<Date> {
        if let Some(Value::Date(date)) = self.get(name_en) { Some(*date) } else { None }
    }

    /// Returns a month.
    #[must_use]
    pub fn month(&self, name_en: &str) -> Option<Month> {
        if let Some(Value::Month(month)) = self.get(name_en) { Some(*month) } else { None }
    }

    /// Returns a time of day.
    #[must_use]
    pub fn time(&self, name_en: &str) -> Option<Time> {
        if let Some(Value::Time(time)) = self.get(name_en) { Some(*time) } else { None }
    }

    /// Returns a whole number.
    #[must_use]
    pub fn number(&self, name_en: &str) -> Option<i64> {
        if let Some(Value::Number(number)) = self.get(name_en) { Some(*number) } else { None }
    }

    /// Returns a number with decimals.
    #[must_use]
    pub fn decimal(&self, name_en: &str) -> Option<Decimal> {
        if let Some(Value::Decimal(decimal)) = self.get(name_en) { Some(*decimal) } else { None }
    }

    /// Returns the days of a month.
    #[must_use]
    pub fn days(&self, name_en: &str) -> Option<Days> {
        if let Some(Value::Days(days)) = self.get(name_en) { Some(*days) } else { None }
    }
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        // A test keeps the tables apart by kind, so the same kind means the same columns.
        self.layout.kind == other.layout.kind && self.values == other.values
    }
}

impl Eq for Record {}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({}, ..)", self.layout.kind)
    }
}

/// Tells whether the writer fills a column by itself.
pub(crate) fn is_fixed(field: &Field) -> bool {
    matches!(field.field_type(), FieldType::Version | FieldType::Unused) || field.name_en == "office_code_fixed"
}

/// Tells whether a column is part of the key of such records. The supplement has the columns of both tables it comes
/// with, and on either side the other's is ignored.
pub(crate) fn is_key(kind: FileKind, name_en: &str) -> bool {
    match kind.key() {
        Some((_, columns)) => columns.contains(&name_en),
        None => matches!(name_en, "insurer_number" | "insured_number" | "care_plan_date" | "service_month"),
    }
}

/// Reads a cell; `None` if it is empty or says nothing that the writer does not know.
pub(crate) fn value(field: &Field, row: &Row<'_>, column: usize, encoding: Encoding) -> Option<Value> {
    if row.raw_at(column).is_empty() || is_fixed(field) {
        return None;
    }
    parse(field, &shape(field.field_type(), row.text(column, encoding)))
}

/// Reads the text of a cell, in its plain form, as the column's type asks.
pub(crate) fn parse(field: &Field, text: &str) -> Option<Value> {
    if text.is_empty() {
        return None;
    }
    let bytes = text.as_bytes();
    let read = match field.field_type() {
        FieldType::Text => Some(Value::Text(text.into())),
        FieldType::Month if bytes.iter().all(|&c| c == b'0') => return None,
        FieldType::Date if bytes.iter().all(|&c| c == b'0') => return None,
        FieldType::Month => text.parse().ok().map(Value::Month),
        FieldType::Date => Date::from_bytes(bytes).map(Value::Date),
        FieldType::Time => Time::from_bytes(bytes).map(Value::Time),
        FieldType::Integer => number(bytes).map(Value::Number),
        FieldType::Decimal => Decimal::from_bytes(bytes).map(Value::Decimal),
        FieldType::Days => Days::from_bytes(bytes).map(Value::Days),
        // Some software writes 1 and 0 for Y and N.
        FieldType::Flag if field.meaning("Y").is_some() && text == "1" => Some(Value::Code("Y".into())),
        FieldType::Flag if field.meaning("N").is_some() && text == "0" => Some(Value::Code("N".into())),
        _ if bytes.iter().all(u8::is_ascii_alphanumeric) => Some(Value::Code(text.into())),
        _ => None,
    };
    Some(read.unwrap_or_else(|| Value::Unreadable(text.into())))
}
