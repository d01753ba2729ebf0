//! One file: rows to bytes.

use std::{
    borrow::Cow,
    fmt::{Display, Write as _},
};

use super::{Adaptation, Adapted, WriteError, WrittenFile};
use crate::{
    edition::Edition,
    file::{MAX_CELL_BYTES, MAX_FILE_BYTES, MAX_ROWS},
    layout::{Field, FieldType, Layout},
    model::{IMAGE_COLUMN, ServiceRow},
    ms932::encode_ms932,
    name::FileName,
    reader::shape,
    record::{Record, is_key, parse},
    value::{Time, Value},
};

/// The cells that a document, and not its records, tells.
#[derive(Debug)]
pub(super) struct KeyCells {
    pub(super) insurer: Box<str>,
    pub(super) insured: Box<str>,
    /// The date or the month.
    pub(super) when: String,
    /// The office and service kind of removed actuals.
    pub(super) service: Option<(String, String)>,
    /// The name of the picture.
    pub(super) image: Option<String>,
}

/// A file that is being written.
#[derive(Debug)]
pub(super) struct Sheet {
    name: FileName,
    layout: &'static Layout,
    newest: &'static Layout,
    version: &'static str,
    bytes: Vec<u8>,
    rows: usize,
    report: Vec<Adaptation>,
    cell: String,
}

impl Sheet {
    /// Begins a file; `None` for pictures.
    pub(super) fn new(name: FileName, edition: Edition) -> Option<Self> {
        Some(Self {
            layout: Layout::of(name.kind(), edition)?,
            newest: Layout::newest(name.kind())?,
            version: edition.csv_version(),
            name,
            bytes: Vec::new(),
            rows: 0,
            report: Vec::new(),
            cell: String::new(),
        })
    }

    pub(super) fn finish(self, report: &mut Vec<Adaptation>) -> WrittenFile {
        report.extend(self.report);
        WrittenFile { name: self.name, bytes: self.bytes }
    }

    /// Writes a row that has nothing but its key.
    pub(super) fn removal(&mut self, key: &KeyCells) -> Result<(), WriteError> {
        self.row(key, |_, _| {})
    }

    pub(super) fn record(&mut self, key: &KeyCells, record: &Record) -> Result<(), WriteError> {
        self.row(key, |sheet, field| {
            let Some(value) = record.get(field.name_en) else { return };
            sheet.show(value);
            let free = matches!(value, Value::Text(_)) && field.field_type() == FieldType::Text;
            if !free && !sheet.cell.is_empty() && !reads_back(field, &sheet.cell, value) {
                sheet.adapt(field, Adapted::Unreadable);
            }
        })?;
        for (field, value) in record.iter() {
            let written_otherwise = field.name_en == IMAGE_COLUMN && key.image.is_some();
            if value.is_some() && (written_otherwise || self.layout.column(field.name_en).is_none()) {
                self.adapt(field, Adapted::LeftOut);
            } else if value.is_some() && field.name_en == IMAGE_COLUMN {
                self.adapt(field, Adapted::NoPicture);
            }
        }
        Ok(())
    }

    pub(super) fn service(&mut self, key: &KeyCells, row: &ServiceRow) -> Result<(), WriteError> {
        self.row(key, |sheet, field| sheet.service_cell(field, row))?;
        if self.layout.edition == self.newest.edition {
            return Ok(());
        }
        for field in &self.newest.fields {
            let lost = match field.name_en {
                "tais_code" => row.tais.is_some(),
                "equipment_notification_code" => row.notification.is_some(),
                "equipment_name" => row.equipment.is_some(),
                _ => false,
            };
            if lost {
                self.adapt(field, Adapted::LeftOut);
            }
        }
        Ok(())
    }

    fn service_cell(&mut self, field: &'static Field, row: &ServiceRow) {
        match field.name_en {
            "created_on" => self.show_some(row.created_on.as_ref()),
            "cm_office_number" => self.show_some(row.cm_office.as_ref()),
            "care_manager_name" => self.show_some(row.care_manager.as_ref()),
            "units" => self.show_some(row.units.as_ref()),
            "short_stay_days_to_previous_month" => self.show_some(row.short_stay_days_before.as_ref()),
            "service_date" => self.show_some(row.date.as_ref()),
            "prorated_days" => self.show_some(row.prorated.as_ref()),
            // A service without a time has 9999, unless something stood there that was no time.
            "start_time" => self.show_some(Some(&row.start).filter(|&&time| time != Time::NONE)),
            "end_time" => self.show_some(Some(&row.end).filter(|&&time| time != Time::NONE)),
            "count" => self.show_some(row.count.as_ref()),
            "service_code" => self.show_some(row.code.as_ref()),
            "tais_code" => self.show_some(row.tais.as_ref()),
            "equipment_notification_code" => self.show_some(row.notification.as_ref()),
            "equipment_name" => self.show_some(row.equipment.as_ref()),
            "detail_no" => self.show_some(row.detail_no.as_ref()),
            "service_office_number" => self.show_some(row.office.as_ref()),
            "service_office_name" => self.show_some(row.office_name.as_ref()),
            "satellite_no" => self.show_some(row.satellite.as_ref()),
            "over_30_days" => self.show_some(row.over_30_days.map(u8::from).as_ref()),
            "updated_by_office" => self.show_some(row.updated_by.as_ref()),
            _ => {}
        }
        if self.cell.is_empty() {
            let kept = row.unreadable.iter().find(|(name, text)| *name == field.name_en && !text.is_empty());
            if let Some((_, text)) = kept {
                self.cell.push_str(text);
                self.adapt(field, Adapted::Unreadable);
            } else if field.field_type() == FieldType::Time {
                self.show(&Time::NONE);
            }
        } else if field.field_type() == FieldType::Integer && parse(field, &self.cell).is_none_or(is_unreadable) {
            self.adapt(field, Adapted::Unreadable);
        }
    }

    /// Writes a row; `show` puts the text of a cell that is neither fixed nor part of the key into `self.cell`.
    fn row(&mut self, key: &KeyCells, show: impl Fn(&mut Self, &'static Field)) -> Result<(), WriteError> {
        let kind = self.name.kind();
        self.rows += 1;
        for (at, field) in self.layout.fields.iter().enumerate() {
            if at > 0 {
                self.bytes.push(b',');
            }
            self.cell.clear();
            match field.field_type() {
                FieldType::Version => self.cell.push_str(self.version),
                FieldType::Unused => {}
                _ if field.name_en == "office_code_fixed" => self.cell.push_str("9999999999"),
                _ => match self.key_cell(key, field.name_en) {
                    Some(cell) => self.cell.push_str(&cell),
                    None => show(self, field),
                },
            }
            let begin = self.bytes.len();
            self.put(field);
            if self.bytes.len() - begin > MAX_CELL_BYTES {
                return Err(WriteError::LongCell { kind, row: self.rows, column: field.name_en });
            }
        }
        self.bytes.extend_from_slice(b"\r\n");
        if self.bytes.len() > MAX_FILE_BYTES || self.rows > MAX_ROWS {
            return Err(WriteError::TooLarge { kind });
        }
        Ok(())
    }

    /// Returns what the document tells about a column; `None` if the record has to.
    fn key_cell<'k>(&self, key: &'k KeyCells, name: &str) -> Option<Cow<'k, str>> {
        let kind = self.name.kind();
        if name == IMAGE_COLUMN {
            return key.image.as_deref().map(Cow::Borrowed);
        }
        if !is_key(kind, name) {
            return None;
        }
        let by_month = self.name.month().is_some();
        let cell = match name {
            "insurer_number" => &key.insurer,
            "insured_number" => &key.insured,
            // The supplement has a column for either table that it comes with; the other's is filled with zeros.
            "care_plan_date" if by_month => "00000000",
            "service_month" if !by_month => "000000",
            "service_office_number" => key.service.as_ref().map(|(office, _)| office.as_str())?,
            "service_kind" => key.service.as_ref().map(|(_, kind)| kind.as_str())?,
            // The kind in a row of actuals is part of its service code.
            "service_code" => return None,
            _ => &key.when,
        };
        Some(Cow::Borrowed(cell))
    }

    /// Writes the cell. No second byte of a character is a comma, a quote or a line end, so quotes can be doubled in
    /// the bytes.
    fn put(&mut self, field: &'static Field) {
        if self.cell.is_empty() {
            return;
        }
        let encoded = if self.cell.is_ascii() {
            Cow::Borrowed(self.cell.as_bytes())
        } else {
            let (encoded, replacements) = encode_ms932(&self.cell);
            for what in replacements.into_iter().map(Adapted::Character) {
                self.report.push(Adaptation { file: self.name.clone(), row: self.rows, column: Some(field), what });
            }
            Cow::Owned(encoded)
        };
        // Of the columns for text, those with a length are for phone numbers and the like; only free text has none.
        let free = field.field_type() == FieldType::Text && field.max_len().is_none();
        let quoted = free || encoded.iter().any(|byte| matches!(byte, b'"' | b',' | b'\r' | b'\n'));
        // Of a text that only had invisible characters nothing is left.
        if encoded.is_empty() || !quoted {
            self.bytes.extend_from_slice(&encoded);
            return;
        }
        self.bytes.push(b'"');
        for (at, part) in encoded.split(|&byte| byte == b'"').enumerate() {
            if at > 0 {
                self.bytes.extend_from_slice(b"\"\"");
            }
            self.bytes.extend_from_slice(part);
        }
        self.bytes.push(b'"');
    }

    fn show(&mut self, value: &impl Display) {
        // Writing to a string does not fail.
        let _ = write!(self.cell, "{value}");
    }

    fn show_some(&mut self, value: Option<&impl Display>) {
        if let Some(value) = value {
            self.show(value);
        }
    }

    fn adapt(&mut self, field: &'static Field, what: Adapted) {
        self.report.push(Adaptation { file: self.name.clone(), row: self.rows, column: Some(field), what });
    }
}

fn is_unreadable(value: Value) -> bool {
    matches!(value, Value::Unreadable(_))
}

/// Tells whether a cell is read as the value again, and as one of its column's type.
fn reads_back(field: &Field, cell: &str, value: &Value) -> bool {
    !matches!(value, Value::Unreadable(_))
        && parse(field, &shape(field.field_type(), Cow::Borrowed(cell))).as_ref() == Some(value)
}
