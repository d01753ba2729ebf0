//! Each cell by itself: its text, and what its column asks for.

use crate::{
    check::Place,
    ids::{OfficeNumber, ServiceKind},
    kind::FileKind,
    layout::{Field, FieldType, Layout, Required},
    ms932::encode_without_loss,
    name::FileName,
    reader::{is_key_column, key_cell},
    rows::{Cell, Row},
    rule::Rule,
    service::service_of,
    text::{self, Encoding},
    value::{Date, Days, Decimal, Time, number},
};

/// Checks the cells of rows of one layout.
///
/// Rows of a person repeat most of their cells; a cell that is the same as a clean one above it is passed at once.
#[derive(Debug)]
pub(crate) struct Cells {
    kind: FileKind,
    encoding: Encoding,
    key_columns: Vec<bool>,
    /// The column of the service code in table 6, which decides about others.
    code: Option<usize>,
    clean: Vec<Clean>,
}

/// The last cells of a column that were not plain and had no findings.
#[derive(Debug, Default)]
struct Clean {
    cells: [Vec<u8>; 4],
    next: usize,
}

/// The longest cell that is remembered.
const REMEMBERED: usize = 64;

impl Clean {
    fn holds(&self, raw: &[u8]) -> bool {
        self.cells.iter().any(|cell| cell == raw)
    }

    fn remember(&mut self, raw: &[u8]) {
        if raw.len() <= REMEMBERED {
            let cell = &mut self.cells[self.next];
            cell.clear();
            cell.extend_from_slice(raw);
            self.next = (self.next + 1) % self.cells.len();
        }
    }
}

impl Cells {
    pub(crate) fn new(name: &FileName, layout: &'static Layout, encoding: Encoding) -> Self {
        let key_columns = layout.fields.iter().map(|field| is_key_column(name, field.name_en())).collect();
        let clean = layout.fields.iter().map(|_| Clean::default()).collect();
        let table6 = matches!(layout.kind, FileKind::UpPlan | FileKind::UpJsk);
        let code = layout.column("service_code").filter(|_| table6);
        Self { kind: layout.kind, encoding, key_columns, code, clean }
    }

    /// Checks the cells of a row; `taken` tells whether its key could be read.
    pub(crate) fn check(&mut self, row: &Row<'_>, taken: bool, place: &mut Place<'_>) {
        let Some(layout) = place.layout else { return };
        for (column, (cell, field)) in row.cells().iter().zip(&layout.fields).enumerate() {
            let raw = row.raw(cell);
            if raw.is_empty() {
                match field.required() {
                    Required::Yes | Required::Probably => self.empty(row, taken, column, field, place),
                    Required::Conditional | Required::No => {}
                }
                continue;
            }
            if cell.has_stray_text() {
                place.cell(Rule::RowStrayQuote, row.number, column);
                self.check_cell(row, taken, cell, column, field, place);
                continue;
            }
            let plain = raw.iter().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase());
            // Of a supplement's day or month it depends on the rest of the row whether it can be read.
            let alike = !(self.kind == FileKind::UpHosoku && self.key_columns[column]);
            if plain && self.is_plainly_good(raw, column, field) || alike && self.clean[column].holds(raw) {
                continue;
            }
            if self.check_cell(row, taken, cell, column, field, place) && alike {
                self.clean[column].remember(raw);
            }
        }
    }

    fn empty(&self, row: &Row<'_>, taken: bool, column: usize, field: &Field, place: &mut Place<'_>) {
        let supplement =
            self.kind == FileKind::UpHosoku && matches!(field.name_en(), "care_plan_date" | "service_month");
        let rule = if self.key_columns[column] && !taken {
            Rule::CellUnreadable
        } else if supplement || field.field_type() == FieldType::Version {
            // Empty may stand for zeros; versions are judged with those of the other rows.
            return;
        } else if field.required() == Required::Yes {
            Rule::CellRequired
        } else {
            Rule::CellExpected
        };
        // What the exchange leaves out need not be whole.
        let left_out = || {
            let code = self.code.map_or(&[][..], |column| row.raw_at(column));
            let kind = code.get(..2).and_then(|kind| ServiceKind::from_bytes([kind[0], kind[1]]));
            kind.and_then(service_of).is_some_and(|kind| !kind.exchanged)
        };
        place.add(place.at(rule, row.number, column).mild(rule == Rule::CellRequired && left_out()));
    }

    /// Tells of digits and capitals at a glance that nothing is wrong with them; `false` means that it takes a look.
    fn is_plainly_good(&self, raw: &[u8], column: usize, field: &Field) -> bool {
        let fits = |limit: Option<u16>| limit.is_none_or(|limit| raw.len() <= usize::from(limit));
        match field.field_type() {
            FieldType::Date => Date::from_bytes(raw).is_some(),
            FieldType::Time => Time::from_bytes(raw).is_some_and(|time| time.minutes().is_none_or(|at| at < 24 * 60)),
            FieldType::Integer => fits(field.max_len()) && number(raw).is_some(),
            FieldType::Flag => field.codes().iter().any(|(code, _)| code.as_bytes() == raw),
            FieldType::Insured => raw.len() == 10,
            FieldType::Insurer => raw.len() == 6 && has_check_digit(raw),
            FieldType::Month => {
                raw.len() == 6
                    && (1..=12).contains(&(u32::from(raw[4] - b'0') * 10 + u32::from(raw[5] - b'0')))
                    && raw[0] != b'0'
                    && raw.iter().all(u8::is_ascii_digit)
            }
            FieldType::Days => Days::from_bytes(raw).is_some(),
            FieldType::Text => !self.key_columns[column] && field.max_len().is_none(),
            FieldType::Office => std::str::from_utf8(raw)
                .ok()
                .and_then(|text| text.parse::<OfficeNumber>().ok())
                .is_some_and(|office| office.has_check_digit()),
            FieldType::ServiceCode => {
                raw.len() == 6
                    && !(self.code.is_some() && raw[2..].iter().all(|&c| c == raw[2] && c.is_ascii_uppercase()))
                    && ServiceKind::from_bytes([raw[0], raw[1]]).and_then(service_of).is_some_and(|kind| kind.exchanged)
            }
            FieldType::Version | FieldType::Unused => true,
            _ => false,
        }
    }

    /// Checks a cell that is not empty; `true` if nothing was found.
    fn check_cell(
        &self,
        row: &Row<'_>,
        taken: bool,
        cell: &Cell,
        column: usize,
        field: &Field,
        place: &mut Place<'_>,
    ) -> bool {
        let mut clean = true;
        let mut found = |rule, place: &mut Place<'_>| {
            clean = false;
            place.cell(rule, row.number, column);
        };
        let raw = row.raw(cell);
        if raw.contains(&0) {
            found(Rule::TextNul, place);
        }
        if matches!(field.field_type(), FieldType::Unused | FieldType::Version) {
            return clean;
        }
        let (text, broken) = row.text_or_broken(column, self.encoding);
        if !raw.is_ascii() {
            if broken {
                found(Rule::TextUndecodable, place);
            }
            if text::has_gaiji(&text) {
                found(Rule::TextGaiji, place);
            }
            if self.encoding == Encoding::Utf8 && encode_without_loss(&text).is_none() {
                found(Rule::TextNotMs932, place);
            }
        }
        if text.chars().any(|c| c.is_control() && !matches!(c, '\r' | '\n' | '\t' | '\0')) {
            found(Rule::TextControl, place);
        }
        if field.field_type() == FieldType::Text {
            // What is no text has no form either.
            return clean && self.check_text(&text, row, column, field, place);
        }
        let (plain, changed) = text::plain(&text);
        if plain.is_empty() {
            found(Rule::CellUnusual, place);
            if matches!(field.required(), Required::Yes | Required::Probably) {
                self.empty(row, taken, column, field, place);
            }
            return false;
        }
        if self.key_columns[column] {
            match key_cell(field.name_en(), &plain) {
                // Zeros, or a supplement whose other column tells where it belongs.
                None if taken => {}
                None => {
                    found(Rule::CellUnreadable, place);
                    return false;
                }
                Some(cell) if changed || !cell.usual => found(Rule::CellUnusual, place),
                Some(_) => {}
            }
        } else if changed {
            found(Rule::CellUnusual, place);
        }
        self.check_code(&plain, row, column, field, place) && clean
    }

    /// Checks free text; only a few columns of it have a form.
    fn check_text(&self, text: &str, row: &Row<'_>, column: usize, field: &Field, place: &mut Place<'_>) -> bool {
        let rule = match field.name_en() {
            name if name.ends_with("postal_code") && !is_postal_code(text) => Rule::CodePostal,
            "tais_code" if !is_tais_code(text) => Rule::CodeEquipment,
            _ => return fits(text, row, column, field, place),
        };
        place.cell(rule, row.number, column);
        false
    }

    /// Checks the plain form of anything but free text; `true` if nothing was found.
    fn check_code(&self, plain: &str, row: &Row<'_>, column: usize, field: &Field, place: &mut Place<'_>) -> bool {
        let bytes = plain.as_bytes();
        let zeros = bytes.iter().all(|&c| c == b'0');
        let key = self.key_columns[column];
        let wrong = match field.field_type() {
            // The form of a key was judged as such.
            FieldType::Insured | FieldType::Month | FieldType::Date if key => None,
            FieldType::Date if zeros && bytes.len() == 8 => {
                // Zeros stand for "none" in the supplement, and are no day elsewhere.
                let special = self.kind == FileKind::UpHosoku && field.name_en() == "care_plan_date";
                (!special).then_some(Rule::CellNotDate)
            }
            FieldType::Date => Date::from_bytes(bytes).is_none().then_some(Rule::CellNotDate),
            FieldType::Month if zeros && bytes.len() == 6 => None,
            FieldType::Month => plain.parse::<crate::Month>().is_err().then_some(Rule::CellNotMonth),
            FieldType::Time => match Time::from_bytes(bytes) {
                None => Some(Rule::CellNotTime),
                Some(time) => time.minutes().is_some_and(|at| at >= 24 * 60).then_some(Rule::CellLateTime),
            },
            FieldType::Integer => match number(bytes) {
                None => Some(Rule::CellNotNumber),
                Some(_) => return fits(plain.trim_start_matches(['-', '+']), row, column, field, place),
            },
            FieldType::Decimal => match Decimal::from_bytes(bytes) {
                None => Some(Rule::CellNotNumber),
                Some(_) => return fits(plain, row, column, field, place),
            },
            FieldType::Days => Days::from_bytes(bytes).is_none().then_some(Rule::CellNotDays),
            FieldType::Flag => return self.check_flag(plain, row, column, field, place),
            FieldType::Insurer => (bytes.len() == 6 && !has_check_digit(bytes)).then_some(Rule::CodeInsurerDigit),
            FieldType::Office => return self.check_office(plain, row, column, field, place),
            FieldType::ServiceCode | FieldType::ServiceKind => {
                return self.check_service(plain, row, column, field, place);
            }
            FieldType::Alnum if !bytes.iter().all(u8::is_ascii_alphanumeric) => Some(Rule::CellNotCode),
            FieldType::Alnum | FieldType::Insured => return fits(plain, row, column, field, place),
            FieldType::Text | FieldType::Version | FieldType::Unused => None,
        };
        if let Some(rule) = wrong {
            // What may be left out harms nobody when it is odd.
            let optional = matches!(field.required(), Required::No | Required::Conditional);
            place.add(place.at(rule, row.number, column).mild(optional));
        }
        wrong.is_none()
    }

    fn check_flag(&self, plain: &str, row: &Row<'_>, column: usize, field: &Field, place: &mut Place<'_>) -> bool {
        if field.meaning(plain).is_some() {
            return true;
        }
        if field.meaning("Y").is_some() && matches!(plain, "0" | "1") {
            place.cell(Rule::CellUnusual, row.number, column);
            return false;
        }
        let codes: Vec<_> = field.codes().iter().map(|(code, meaning)| format!("{code} {meaning}")).collect();
        place.add(place.at(Rule::CodeUnknown, row.number, column).with("codes", codes.join("、")));
        false
    }

    fn check_service(&self, plain: &str, row: &Row<'_>, column: usize, field: &Field, place: &mut Place<'_>) -> bool {
        let benefits = self.kind == FileKind::UpSikyu;
        let total = plain == "999999";
        if total && benefits {
            return true;
        }
        if self.code.is_some() && (total || ["AAAA", "EEEE", "ZZZZ"].iter().any(|end| plain.get(2..) == Some(end))) {
            place.cell(Rule::CodeSubtotal, row.number, column);
            return false;
        }
        let length = if field.field_type() == FieldType::ServiceKind { 2 } else { 6 };
        let code = plain.len() == length && plain.bytes().all(|c| c.is_ascii_alphanumeric());
        let kind = plain.get(..2).and_then(|kind| kind.parse::<ServiceKind>().ok()).filter(|_| code);
        let Some(kind) = kind else {
            let optional = matches!(field.required(), Required::No | Required::Conditional);
            place.add(place.at(Rule::CellNotCode, row.number, column).mild(optional));
            return false;
        };
        let rule = match service_of(kind) {
            None => Rule::CodeUnknownService,
            Some(service) if !service.exchanged => Rule::CodeNotExchanged,
            Some(_) => return true,
        };
        place.add(place.at(rule, row.number, column).with("service", kind.to_string()));
        false
    }

    fn check_office(&self, plain: &str, row: &Row<'_>, column: usize, field: &Field, place: &mut Place<'_>) -> bool {
        // Who changed a row last means nothing to others; in the total of table 7 no office stands.
        if field.name_en() == "updated_by_office" || (self.kind == FileKind::UpSikyu && plain == "9999999999") {
            return true;
        }
        let Ok(office) = plain.parse::<OfficeNumber>() else {
            if !self.key_columns[column] {
                let optional = matches!(field.required(), Required::No | Required::Conditional);
                place.add(place.at(Rule::CellNotCode, row.number, column).mild(optional));
            }
            return false;
        };
        if !office.has_check_digit() {
            place.add(place.at(Rule::CodeOfficeDigit, row.number, column).with("office", office.to_string()));
        }
        office.has_check_digit()
    }
}

fn fits(text: &str, row: &Row<'_>, column: usize, field: &Field, place: &mut Place<'_>) -> bool {
    let Some(limit) = field.max_len().filter(|&limit| text.chars().count() > usize::from(limit)) else { return true };
    place.add(place.at(Rule::CellTooLong, row.number, column).with("limit", limit.to_string()));
    false
}

/// Tells whether the last digit is the check digit of the others (modulus 10, weights 2 and 1 from the right).
fn has_check_digit(digits: &[u8]) -> bool {
    let Some((last, rest)) = digits.split_last().filter(|_| digits.iter().all(u8::is_ascii_digit)) else {
        return false;
    };
    let sum: u32 = rest
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let product = u32::from(digit.wrapping_sub(b'0')) * if place % 2 == 0 { 2 } else { 1 };
            product / 10 + product % 10
        })
        .sum();
    (10 - sum % 10) % 10 == u32::from(last.wrapping_sub(b'0'))
}

fn is_postal_code(text: &str) -> bool {
    matches!(text.as_bytes(), [a @ .., b'-', _, _, _, _] if a.len() == 3)
        && text.bytes().filter(u8::is_ascii_digit).count() == 7
}

/// Five digits, a hyphen (the notice prints a wide one) and six digits; the trade press writes them without.
fn is_tais_code(text: &str) -> bool {
    let (plain, _) = text::plain(text);
    let digits = |text: &str, length| text.len() == length && text.bytes().all(|c| c.is_ascii_digit());
    match plain.split_once('-') {
        Some((maker, item)) => digits(maker, 5) && digits(item, 6),
        None => digits(&plain, 11),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_of_insurers() {
        // 139L14 would pass if letters were reckoned with.
        for (number, good) in [
            ("139L14", false),
            ("", false),
            ("435073", true),
            ("131003", true),
            ("271007", true),
            ("131004", false),
            ("1", false),
        ] {
            assert_eq!(has_check_digit(number.as_bytes()), good, "{number}");
        }
    }

    #[test]
    fn forms_of_text() {
        assert!(is_postal_code("123-4567") && !is_postal_code("1234567") && !is_postal_code("12-34567"));
        for good in ["00001-000010", "00001－000010", "00001000010"] {
            assert!(is_tais_code(good), "{good}");
        }
        for wrong in ["", "0001-000010", "00001-00010", "ABC"] {
            assert!(!is_tais_code(wrong), "{wrong}");
        }
    }
}
