//! Layouts: the columns of each kind of file, one table per kind and edition in `layout/`.
//!
//! The tables hold more than is read here (type, length, required, codes): they are the standard's own.

use std::sync::LazyLock;

use crate::{edition::Edition, kind::FileKind};

/// A column.
#[derive(Debug)]
pub(crate) struct Field {
    /// Identifier, as in `insurer_number`.
    pub(crate) name_en: &'static str,
    /// The standard's own name.
    pub(crate) name_ja: &'static str,
}

/// The columns of one kind of file in one edition.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) kind: FileKind,
    /// The edition that the table was made for; edition 3 uses the newer table where nothing changed.
    pub(crate) edition: Edition,
    pub(crate) fields: Vec<Field>,
}

impl Layout {
    /// Finds a column by its identifier; the first is 0.
    pub(crate) fn column(&self, name_en: &str) -> Option<usize> {
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
    let mut cells = line.split(',').skip(1);
    Some(Field { name_en: cells.next()?, name_ja: cells.next()? })
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
            let folder = if layout.edition == Edition::V3 { "3" } else { "4.1" };
            let path = format!("{}/layout/{folder}/{}.csv", env!("CARGO_MANIFEST_DIR"), layout.kind);
            for (at, line) in std::fs::read_to_string(path).unwrap().lines().skip(1).enumerate() {
                assert_eq!(line.split(',').next(), Some((at + 1).to_string().as_str()), "{}", layout.kind);
                assert_eq!(line.split(',').count(), 7, "{} {line}", layout.kind);
            }
        }
    }
}
