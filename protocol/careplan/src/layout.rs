//! Layouts: the columns of each kind of file, one table per kind and edition in `layout/`.
//!
//! Reader, checker, writer and documents all work from these tables: a new edition is a new table.

use std::sync::LazyLock;

use crate::{edition::Edition, kind::FileKind};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FieldType {
    /// The version of the standard (CSVバージョン), six digits.
    Version,
    /// The number of an insurer (保険者番号), six digits.
    Insurer,
    /// The number of an insured person (被保険者番号), ten letters and digits.
    Insured,
    /// A month, `202511`.
    Month,
    /// A day, `20251104`.
    Date,
    /// A time of day, `0930`, or `9999` for none.
    Time,
    /// The number of an office, ten letters and digits.
    Office,
    /// A service code: kind and item, six letters and digits.
    ServiceCode,
    /// A service kind, two letters and digits.
    ServiceKind,
    /// One of a few codes, told by [`Field::codes`].
    Flag,
    /// Letters and digits.
    Alnum,
    /// A whole number.
    Integer,
    /// A number with two decimals.
    Decimal,
    /// The days of a month, 31 characters.
    Days,
    /// Free text.
    Text,
    /// Not used; whatever stands here is passed over.
    Unused,
}

/// Whether a column must hold something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Required {
    /// Yes.
    Yes,
    /// The standard asks for it as far as its text can be read; software leaves it out here and there.
    Probably,
    /// Under a condition that its rules know.
    Conditional,
    /// No.
    No,
}

/// A column.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Field {
    number: u16,
    pub(crate) name_en: &'static str,
    pub(crate) name_ja: &'static str,
    field_type: FieldType,
    max_len: Option<u16>,
    required: Required,
    codes: Vec<(&'static str, &'static str)>,
}

/// The columns of one kind of file in one edition.
#[derive(Debug)]
pub struct Layout {
    pub(crate) kind: FileKind,
    pub(crate) edition: Edition,
    pub(crate) fields: Vec<Field>,
}

impl Field {
    /// Returns the column's number, counted from 1 as the standard does.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }

    /// Returns the identifier, as in `insurer_number`.
    #[must_use]
    pub fn name_en(&self) -> &'static str {
        self.name_en
    }

    /// Returns the standard's own name, as in `保険者番号`.
    #[must_use]
    pub fn name_ja(&self) -> &'static str {
        self.name_ja
    }

    /// Returns what the column holds.
    #[must_use]
    pub fn field_type(&self) -> FieldType {
        self.field_type
    }

    /// Returns how long a value may be (項目長); `None` where the standard sets no limit. The notice does not say
    /// whether characters or bytes; characters are counted.
    #[must_use]
    pub fn max_len(&self) -> Option<u16> {
        self.max_len
    }

    /// Tells whether the column must hold something.
    #[must_use]
    pub fn required(&self) -> Required {
        self.required
    }

    /// Returns the codes with their meaning; empty where any value goes.
    #[must_use]
    pub fn codes(&self) -> &[(&'static str, &'static str)] {
        &self.codes
    }

    /// Returns what a code means, in the standard's words: `要介護２` for `22`.
    #[must_use]
    pub fn meaning(&self, code: &str) -> Option<&'static str> {
        self.codes.iter().find(|(known, _)| *known == code).map(|(_, meaning)| *meaning)
    }
}

impl Layout {
    /// Returns the layout of a kind as an edition has it, or as the next older one that has: edition 4.1 changed only
    /// tables 6 and 7. `None` for pictures.
    #[must_use]
    pub fn of(kind: FileKind, edition: Edition) -> Option<&'static Self> {
        layouts_of(kind).rev().find(|layout| layout.edition <= edition).or_else(|| layouts_of(kind).next())
    }

    /// Returns the newest layout of a kind, the one that records are kept in.
    pub(crate) fn newest(kind: FileKind) -> Option<&'static Self> {
        layouts_of(kind).next_back()
    }

    /// Returns all layouts, one per table.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &LAYOUTS
    }

    /// Returns the kind of file.
    #[must_use]
    pub fn kind(&self) -> FileKind {
        self.kind
    }

    /// Returns the edition that the table was made for.
    #[must_use]
    pub fn edition(&self) -> Edition {
        self.edition
    }

    /// Returns the columns.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Finds a column by its identifier; the first is 0.
    #[must_use]
    pub fn column(&self, name_en: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name_en == name_en)
    }
}

macro_rules! layouts {
    ($($edition:ident $folder:literal: $($kind:ident $table:literal),* ;)*) => {
        vec![$($(Layout {
            kind: FileKind::$kind,
            edition: Edition::$edition,
            fields: fields(include_str!(concat!("../layout/", $folder, "/", $table, ".csv"))),
        }),*),*]
    };
}

static LAYOUTS: LazyLock<Vec<Layout>> = LazyLock::new(|| {
    layouts! {
        V3 "3": UpPlan "UPPLAN", UpSikyu "UPSIKYU", UpJsk "UPJSK";
        V4_1 "4.1": Up1Kyo "UP1KYO", Up2Kyo "UP2KYO", Up3Kyo "UP3KYO", UpPlan "UPPLAN", UpSikyu "UPSIKYU",
            UpHosoku "UPHOSOKU", Dlt1Kyo "DLT1KYO", DltPlan "DLTPLAN", UpJsk "UPJSK", DltJsk "DLTJSK",
            UpYobo "UPYOBO", UpYoboSub "UPYOBO_SUB", UpKihon "UPKIHON", UpKihonSub1 "UPKIHON_SUB1",
            UpKihonSub2 "UPKIHON_SUB2", DltKihon "DLTKIHON", DltYobo "DLTYOBO";
    }
});

/// Returns the layouts of a kind, the older first; a picture has none.
pub(crate) fn layouts_of(kind: FileKind) -> impl DoubleEndedIterator<Item = &'static Layout> {
    LAYOUTS.iter().filter(move |layout| layout.kind == kind)
}

fn fields(table: &'static str) -> Vec<Field> {
    table.lines().skip(1).filter_map(field).collect()
}

fn field(line: &'static str) -> Option<Field> {
    let mut cells = line.split(',');
    let number = cells.next()?.parse().ok()?;
    let name_en = cells.next()?;
    let name_ja = cells.next()?;
    let field_type = match cells.next()? {
        "version" => FieldType::Version,
        "insurer" => FieldType::Insurer,
        "insured" => FieldType::Insured,
        "month" => FieldType::Month,
        "date" => FieldType::Date,
        "time" => FieldType::Time,
        "office" => FieldType::Office,
        "service_code" => FieldType::ServiceCode,
        "service_kind" => FieldType::ServiceKind,
        "flag" => FieldType::Flag,
        "alnum" => FieldType::Alnum,
        "integer" => FieldType::Integer,
        "decimal" => FieldType::Decimal,
        "days" => FieldType::Days,
        "text" => FieldType::Text,
        "unused" => FieldType::Unused,
        _ => return None,
    };
    let max_len = match cells.next()? {
        "" => None,
        length => Some(length.parse().ok()?),
    };
    let required = match cells.next()? {
        "Y" => Required::Yes,
        "P" => Required::Probably,
        "C" => Required::Conditional,
        "N" => Required::No,
        _ => return None,
    };
    let codes = cells.next()?.split(';').filter_map(|code| code.split_once('=')).collect();
    Some(Field { number, name_en, name_ja, field_type, max_len, required, codes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_complete() {
        let widths = [
            (FileKind::Up1Kyo, vec![28]),
            (FileKind::Up2Kyo, vec![22]),
            (FileKind::Up3Kyo, vec![13]),
            (FileKind::UpPlan, vec![22, 25]),
            (FileKind::UpSikyu, vec![34, 37]),
            (FileKind::UpHosoku, vec![63]),
            (FileKind::Dlt1Kyo, vec![4]),
            (FileKind::DltPlan, vec![4]),
            (FileKind::UpJsk, vec![22, 25]),
            (FileKind::DltJsk, vec![6]),
            (FileKind::UpYobo, vec![57]),
            (FileKind::UpYoboSub, vec![17]),
            (FileKind::UpKihon, vec![71]),
            (FileKind::UpKihonSub1, vec![7]),
            (FileKind::UpKihonSub2, vec![11]),
            (FileKind::UpKihonImage, vec![]),
            (FileKind::DltKihon, vec![4]),
            (FileKind::DltYobo, vec![4]),
        ];
        assert_eq!(widths.len(), FileKind::ALL.len());
        for (kind, widths) in widths {
            assert_eq!(layouts_of(kind).map(|layout| layout.fields.len()).collect::<Vec<_>>(), widths, "{kind}");
            for layout in layouts_of(kind) {
                assert_eq!(layout.column("csv_version"), Some(0), "{kind}");
                for name in kind.key().map_or(&[][..], |(_, columns)| columns) {
                    assert!(layout.column(name).is_some(), "{kind} {name}");
                }
            }
        }
    }

    #[test]
    fn numbers_in_the_tables_count_up_from_one() {
        for layout in LAYOUTS.iter() {
            for (at, field) in layout.fields.iter().enumerate() {
                assert_eq!(usize::from(field.number), at + 1, "{}", layout.kind);
                let coded = field.field_type == FieldType::Flag;
                assert!(!coded || !field.codes.is_empty(), "{} {}", layout.kind, field.name_en);
                for (code, _) in &field.codes {
                    assert!(field.max_len.is_some_and(|length| code.len() == usize::from(length)), "{}", field.name_en);
                }
            }
        }
    }

    /// An older table has the newer one's columns, in its order, less some.
    #[test]
    fn older_tables_are_part_of_newer_ones() {
        for old in LAYOUTS.iter().filter(|layout| layout.edition == Edition::V3) {
            let new = Layout::newest(old.kind).unwrap();
            let columns: Vec<_> = old.fields.iter().map(|field| new.column(field.name_en).unwrap()).collect();
            assert!(columns.is_sorted(), "{}", old.kind);
        }
        assert_eq!(Layout::of(FileKind::UpPlan, Edition::V3).unwrap().fields.len(), 22);
        assert_eq!(Layout::of(FileKind::Up1Kyo, Edition::V3).unwrap().fields.len(), 28);
    }
}
