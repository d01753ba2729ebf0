//! Mutations by hand: names, bytes, rows, dates, links between files, sums.

use careplan::{Finding, Rule};

use crate::{
    Report, check_reading,
    support::{Named, Table, bundle, judge, position},
};

type Change = fn(&mut Vec<Named>);

/// A mutation: of which bundle, what is done, what must notice it first, and beginnings of codes that may follow.
struct Mutation {
    label: &'static str,
    base: &'static str,
    change: Change,
    root: Rule,
    further: &'static [&'static str],
}

const B1: &str = "20251020090308-B1";
const B2: &str = "20251024090834-B2";
const B4: &str = "20251105090320-B4";
const B5: &str = "20251202091006-B5";
const B6: &str = "20251203090744-B6";
const Y2: &str = "20251010090154-Y2";
const Y3: &str = "20251014091933-Y3";
const OLD_B2: &str = "20250220090747-B2";

fn rename(files: &mut [Named], from: &str, to: &str) {
    let mut renamed = 0;
    for (name, _) in files {
        if name.contains(from) {
            *name = name.replace(from, to);
            renamed += 1;
        }
    }
    assert!(renamed > 0, "no name has {from}");
}

fn edit(files: &mut [Named], kind: &str, change: impl FnOnce(&mut Vec<Vec<Vec<u8>>>)) {
    let at = position(files, kind);
    let mut table = Table::of(&files[at].1);
    change(&mut table.0);
    files[at].1 = table.bytes();
}

/// Sets a cell; rows and columns are counted from 1 as findings count them.
fn set(files: &mut [Named], kind: &str, row: usize, column: usize, cell: &str) {
    edit(files, kind, |table| table[row - 1][column - 1] = cell.as_bytes().to_vec());
}

/// Takes out the rows that a test of their cells finds; at least one.
fn drop_rows(files: &mut [Named], kind: &str, wanted: impl Fn(&[Vec<u8>]) -> bool) {
    edit(files, kind, |table| {
        let before = table.len();
        table.retain(|row| !wanted(row));
        assert!(table.len() < before, "no row of {kind} is such");
    });
}

/// The first row that a test of its cells finds, counted from 1.
fn row_of(files: &[Named], kind: &str, wanted: impl Fn(&[Vec<u8>]) -> bool) -> usize {
    let table = Table::of(&files[position(files, kind)].1);
    table.0.iter().position(|row| wanted(row)).unwrap_or_else(|| panic!("no row of {kind} is such")) + 1
}

fn first_insured(files: &[Named], kind: &str) -> Vec<u8> {
    Table::of(&files[position(files, kind)].1).0[0][2].clone()
}

fn to_utf8(bytes: &[u8]) -> Vec<u8> {
    encoding_rs::SHIFT_JIS.decode(bytes).0.into_owned().into_bytes()
}

/// Column numbers of tables 6 and 7 in edition 4.1.
mod plan {
    pub const UNITS: usize = 8;
    pub const DATE: usize = 10;
    pub const PRORATED: usize = 11;
    pub const START: usize = 12;
    pub const END: usize = 13;
    pub const COUNT: usize = 14;
    pub const CODE: usize = 15;
    pub const TAIS: usize = 16;
    pub const DETAIL: usize = 19;
    pub const OFFICE: usize = 20;
    pub const OVER: usize = 23;
}
mod benefit {
    pub const CODE: usize = 9;
    pub const UNITS: usize = 13;
    pub const AMOUNT: usize = 17;
    pub const COST: usize = 24;
    pub const CLAIM: usize = 26;
    pub const COPAY: usize = 28;
    pub const DAYS: usize = 32;
    pub const OVER: usize = 33;
}

fn timed(row: &[Vec<u8>]) -> bool {
    row[plan::START - 1] != b"9999"
}

fn code(row: &[Vec<u8>]) -> &[u8] {
    &row[benefit::CODE - 1]
}

fn is_subtotal(row: &[Vec<u8>]) -> bool {
    code(row).ends_with(b"AAAA")
}

/// Everything that the loss of a file or a person may bring along.
const LOSS: &[&str] = &["CP-UNIT", "CP-LINK", "CP-TABLES", "CP-BENEFIT", "CP-IMAGE"];
const SUMS: &[&str] = &["CP-TABLES", "CP-BENEFIT"];

const MUTATIONS: &[Mutation] = &[
    // Names
    Mutation {
        label: "a name of another sort",
        base: B1,
        change: |files| files[0].0 = "memo.csv".into(),
        root: Rule::NameForeign,
        further: LOSS,
    },
    Mutation {
        label: "a serial of 13 digits",
        base: B1,
        change: |files| files[1].0 = files[1].0.replace("090308", "09030"),
        root: Rule::NamePart,
        further: LOSS,
    },
    Mutation {
        label: "service kinds of three characters",
        base: B1,
        change: |files| {
            rename(files, "_43_", "_430_");
            rename(files, "_11_", "_110_");
        },
        root: Rule::NameLongKinds,
        further: &[],
    },
    Mutation {
        label: "a month where none is due",
        base: B1,
        change: |files| rename(files, "UP1KYO_", "UP1KYO_202511_"),
        root: Rule::NameUnexpectedMonth,
        further: &[],
    },
    Mutation {
        label: "the sender's check digit",
        base: B4,
        change: |files| rename(files, "1379905001", "1379905002"),
        root: Rule::NameCheckDigit,
        further: &[],
    },
    Mutation {
        label: "the receiver's kind unknown",
        base: B4,
        change: |files| rename(files, "_17_", "_ZZ_"),
        root: Rule::NameUnknownKind,
        further: &[],
    },
    Mutation {
        label: "an old name on new content",
        base: B4,
        change: |files| {
            rename(files, "_43_", "_");
            rename(files, "_17_", "_");
        },
        root: Rule::NameShort,
        further: &[],
    },
    Mutation {
        label: "small letters",
        base: B4,
        change: |files| files[0].0 = files[0].0.to_ascii_lowercase(),
        root: Rule::NameSpelling,
        further: &[],
    },
    Mutation {
        label: "the mark of a copy",
        base: B2,
        change: |files| files[0].0 = files[0].0.replace(".CSV", " (1).CSV"),
        root: Rule::NameCopied,
        further: &[],
    },
    Mutation {
        label: "the ending of a text",
        base: B2,
        change: |files| files[0].0 = files[0].0.replace(".CSV", ".txt"),
        root: Rule::NameEnding,
        further: &[],
    },
    Mutation {
        label: "kinds the wrong way round (actuals)",
        base: B5,
        change: |files| rename(files, "1379900010_11_1379905001_43", "1379900010_43_1379905001_11"),
        root: Rule::NameKindsSwapped,
        further: &[],
    },
    Mutation {
        label: "kinds the wrong way round (removed actuals)",
        base: B6,
        change: |files| rename(files, "1379900010_11_1379905001_43", "1379900010_43_1379905001_11"),
        root: Rule::NameKindsSwapped,
        further: &[],
    },
    Mutation {
        label: "a plan for another kind",
        base: B2,
        change: |files| rename(files, "1379900036_17", "1379900036_11"),
        root: Rule::NameKindContent,
        further: &[],
    },
    Mutation {
        label: "actuals of another kind",
        base: B5,
        change: |files| rename(files, "1379900010_11", "1379900010_12"),
        root: Rule::NameKindContent,
        further: &[],
    },
    Mutation {
        label: "actuals of another office",
        base: B5,
        change: |files| rename(files, "1379900010_11", "1379900028_11"),
        root: Rule::NameOfficeContent,
        further: &[],
    },
    Mutation {
        label: "a care plan of another planner",
        base: B1,
        change: |files| set(files, "UP1KYO", 1, 13, "1379900028"),
        root: Rule::NameOfficeContent,
        further: &[],
    },
    // Files and bytes
    Mutation {
        label: "nothing in a file",
        base: B1,
        change: |files| files[1].1.clear(),
        root: Rule::FileEmpty,
        further: &[],
    },
    Mutation {
        label: "nothing in table 3",
        base: B1,
        change: |files| {
            let at = position(files, "UP3KYO");
            files[at].1.clear();
        },
        root: Rule::FileNoRows,
        further: &[],
    },
    Mutation {
        label: "a gigantic file",
        base: B4,
        change: |files| files[0].1 = vec![b','; careplan::MAX_FILE_BYTES + 1],
        root: Rule::FileTooLarge,
        further: &[],
    },
    Mutation {
        label: "a file twice",
        base: B2,
        change: |files| files.push(files[0].clone()),
        root: Rule::FileTwice,
        further: &[],
    },
    Mutation {
        label: "no JPEG",
        base: Y2,
        change: |files| {
            let at = position(files, "UPKIHON_IMAGE");
            files[at].1 = b"GIF89a".to_vec();
        },
        root: Rule::FileNotJpeg,
        further: &[],
    },
    Mutation {
        label: "too many rows",
        base: B4,
        change: |files| files[0].1 = files[0].1.repeat(careplan::MAX_ROWS + 1),
        root: Rule::FileTooManyRows,
        further: &["CP-DOUBLE-001", "CP-MORE"],
    },
    Mutation {
        label: "UTF-8",
        base: B2,
        change: |files| {
            let at = position(files, "UPPLAN");
            files[at].1 = to_utf8(&files[at].1);
        },
        root: Rule::TextUtf8,
        further: &[],
    },
    Mutation {
        label: "UTF-8 with a character that MS932 lacks",
        base: B2,
        change: |files| {
            let at = position(files, "UPPLAN");
            let text = String::from_utf8(to_utf8(&files[at].1)).unwrap();
            files[at].1 = text.replacen(",\"", ",\"\u{20bb7}", 1).into_bytes();
        },
        root: Rule::TextNotMs932,
        further: &["CP-TEXT-001"],
    },
    Mutation {
        label: "UTF-16",
        base: B4,
        change: |files| files[0].1.splice(0..0, *b"\xff\xfe").for_each(drop),
        root: Rule::TextUtf16,
        further: &[],
    },
    Mutation {
        label: "rows that end with LF",
        base: B2,
        change: |files| {
            for (_, bytes) in files.iter_mut() {
                bytes.retain(|byte| *byte != b'\r');
            }
        },
        root: Rule::TextLineEnds,
        further: &[],
    },
    // Rows
    Mutation {
        label: "an endless quote",
        base: B2,
        change: |files| {
            let at = position(files, "UPPLAN");
            files[at].1.extend_from_slice(b"202407,\"");
        },
        root: Rule::RowOpenQuote,
        further: &[],
    },
    Mutation {
        label: "a row cut off",
        base: B2,
        change: |files| edit(files, "UPPLAN", |table| table[2].truncate(20)),
        root: Rule::RowTooFew,
        further: &[],
    },
    Mutation {
        label: "a row too wide",
        base: B2,
        change: |files| edit(files, "UPPLAN", |table| table[2].push(b"1".to_vec())),
        root: Rule::RowTooMany,
        further: &[],
    },
    Mutation {
        label: "a gigantic cell",
        base: B2,
        change: |files| edit(files, "UPPLAN", |table| table[2][6] = vec![b'x'; careplan::MAX_CELL_BYTES + 1]),
        root: Rule::RowLongCell,
        further: &[],
    },
    Mutation {
        label: "headings",
        base: B2,
        change: |files| {
            let at = position(files, "UPPLAN");
            files[at].1.splice(0..0, *b"version,insurer,insured\r\n").for_each(drop);
        },
        root: Rule::RowHeader,
        further: &[],
    },
    Mutation {
        label: "an unknown version",
        base: B4,
        change: |files| set(files, "DLTPLAN", 1, 1, "202410"),
        root: Rule::CellUnknownVersion,
        further: &[],
    },
    Mutation {
        label: "two versions",
        base: B2,
        change: |files| set(files, "UPPLAN", 3, 1, "202208"),
        root: Rule::CellOtherVersion,
        further: &[],
    },
    // Codes
    Mutation {
        label: "an unknown service kind",
        base: B2,
        change: |files| set(files, "UPPLAN", 1, plan::CODE, "ZZ1111"),
        root: Rule::CodeUnknownService,
        further: SUMS,
    },
    Mutation {
        label: "a service outside the exchange",
        base: B2,
        change: |files| set(files, "UPPLAN", 1, plan::CODE, "331111"),
        root: Rule::CodeNotExchanged,
        further: SUMS,
    },
    Mutation {
        label: "a subtotal among services",
        base: B2,
        change: |files| set(files, "UPPLAN", 1, plan::CODE, "11AAAA"),
        root: Rule::CodeSubtotal,
        further: SUMS,
    },
    Mutation {
        label: "a total among services",
        base: B2,
        change: |files| set(files, "UPPLAN", 1, plan::CODE, "999999"),
        root: Rule::CodeSubtotal,
        further: SUMS,
    },
    // What one cell asks of another
    Mutation {
        label: "the second limit without the first",
        base: B2,
        change: |files| set(files, "UPHOSOKU", 1, 24, "11"),
        root: Rule::NeedSlot,
        further: &[],
    },
    Mutation {
        label: "a service of the week without its day",
        base: B1,
        change: |files| {
            let row = row_of(files, "UP3KYO", |row| !row[5].is_empty());
            set(files, "UP3KYO", row, 7, "");
        },
        root: Rule::NeedWeekday,
        further: &[],
    },
    Mutation {
        label: "equipment without a code",
        base: B2,
        change: |files| {
            let row = row_of(files, "UPPLAN", |row| row[plan::CODE - 1].starts_with(b"17"));
            set(files, "UPPLAN", row, plan::TAIS, "");
        },
        root: Rule::NeedEquipment,
        further: &[],
    },
    Mutation {
        label: "a detail number for a visit",
        base: B2,
        change: |files| {
            let row = row_of(files, "UPPLAN", |row| row[plan::CODE - 1].starts_with(b"11"));
            set(files, "UPPLAN", row, plan::DETAIL, "1");
        },
        root: Rule::NeedNoDetail,
        further: &[],
    },
    Mutation {
        label: "other, and not what",
        base: Y2,
        change: |files| {
            set(files, "UPKIHON", 1, 8, "03");
            set(files, "UPKIHON", 1, 9, "");
        },
        root: Rule::NeedExplanation,
        further: &[],
    },
    // Days and times
    Mutation {
        label: "a day of the next month",
        base: B2,
        change: |files| set(files, "UPPLAN", 1, plan::DATE, "20251201"),
        root: Rule::DateOutsideMonth,
        further: &[],
    },
    Mutation {
        label: "a beginning without an end",
        base: B2,
        change: |files| {
            let row = row_of(files, "UPPLAN", timed);
            set(files, "UPPLAN", row, plan::END, "9999");
        },
        root: Rule::DateOneSided,
        further: &[],
    },
    Mutation {
        label: "an end at the beginning",
        base: B2,
        change: |files| {
            let row = row_of(files, "UPPLAN", timed);
            set(files, "UPPLAN", row, plan::START, "0900");
            set(files, "UPPLAN", row, plan::END, "0900");
        },
        root: Rule::DateNoLength,
        further: &[],
    },
    Mutation {
        label: "a period back in time",
        base: B1,
        change: |files| {
            set(files, "UP1KYO", 1, 19, "20251001");
            set(files, "UP1KYO", 1, 20, "20250930");
        },
        root: Rule::DateReversed,
        further: &[],
    },
    Mutation {
        label: "born after the plan",
        base: B1,
        change: |files| set(files, "UPHOSOKU", 1, 8, "20251201"),
        root: Rule::DateOfBirth,
        further: &[],
    },
    Mutation {
        label: "proration on the 31st of November",
        base: B2,
        change: |files| set(files, "UPPLAN", 1, plan::PRORATED, "0000000000000000000000000000001"),
        root: Rule::DateProration,
        further: &[],
    },
    Mutation {
        label: "a new month in the old layout",
        base: OLD_B2,
        change: |files| {
            rename(files, "202503", "202505");
            for (_, bytes) in files.iter_mut() {
                let text: String = encoding_rs::SHIFT_JIS.decode(bytes).0.replace(",202503", ",202505");
                *bytes = encoding_rs::SHIFT_JIS.encode(&text).0.into_owned();
            }
        },
        root: Rule::DateEdition,
        further: &[],
    },
    Mutation {
        label: "the first plan after this one",
        base: B1,
        change: |files| set(files, "UP1KYO", 1, 15, "20301231"),
        root: Rule::DateFirstPlan,
        further: &[],
    },
    // Months
    Mutation {
        label: "a row of another month",
        base: B5,
        change: |files| set(files, "UPJSK", 1, 5, "202510"),
        root: Rule::MonthInRow,
        further: &[],
    },
    Mutation {
        label: "another month in the name",
        base: B5,
        change: |files| rename(files, "UPJSK_202511", "UPJSK_202510"),
        root: Rule::MonthOfName,
        further: &[],
    },
    Mutation {
        label: "files of two months",
        base: B2,
        change: |files| {
            rename(files, "UPSIKYU_202511", "UPSIKYU_202510");
            edit(files, "UPSIKYU", |table| table.iter_mut().for_each(|row| row[4] = b"202510".to_vec()));
        },
        root: Rule::MonthOfUnit,
        further: &["CP-LINK", "CP-TABLES"],
    },
    Mutation {
        label: "a supplement of the other sort",
        base: B1,
        change: |files| rename(files, "UPHOSOKU_000000", "UPHOSOKU_202511"),
        root: Rule::MonthOfSupplement,
        further: &["CP-CELL-001", "CP-MONTH-005"],
    },
    Mutation {
        label: "a month in the supplement of a care plan",
        base: B1,
        change: |files| set(files, "UPHOSOKU", 1, 63, "202511"),
        root: Rule::MonthZeros,
        further: &[],
    },
    // Rows twice
    Mutation {
        label: "a care plan twice",
        base: B1,
        change: |files| edit(files, "UP1KYO", |table| table.push(table[0].clone())),
        root: Rule::DoubleRow,
        further: &[],
    },
    Mutation {
        label: "a removal twice",
        base: B6,
        change: |files| edit(files, "DLTJSK", |table| table.push(table[0].clone())),
        root: Rule::DoubleRow,
        further: &[],
    },
    Mutation {
        label: "numbers of table 2 twice",
        base: B1,
        change: |files| edit(files, "UP2KYO", |table| table.push(table[0].clone())),
        root: Rule::DoubleNumbers,
        further: &[],
    },
    Mutation {
        label: "numbers of the support plan twice",
        base: Y3,
        change: |files| edit(files, "UPYOBO_SUB", |table| table.push(table[0].clone())),
        root: Rule::DoubleNumbers,
        further: &[],
    },
    Mutation {
        label: "a visit twice",
        base: B5,
        change: |files| edit(files, "UPJSK", |table| table.push(table[0].clone())),
        root: Rule::DoubleService,
        further: &[],
    },
    Mutation {
        label: "a line of table 7 twice",
        base: B2,
        change: |files| edit(files, "UPSIKYU", |table| table.insert(0, table[0].clone())),
        root: Rule::DoubleBenefit,
        further: SUMS,
    },
    // Links
    Mutation {
        label: "table 2 without table 1",
        base: B1,
        change: |files| {
            let insured = first_insured(files, "UP1KYO");
            drop_rows(files, "UP1KYO", |row| row[2] == insured);
        },
        root: Rule::LinkOrphan,
        further: &[],
    },
    Mutation {
        label: "table 7 without table 6",
        base: B2,
        change: |files| {
            let insured = first_insured(files, "UPPLAN");
            drop_rows(files, "UPPLAN", |row| row[2] == insured);
        },
        root: Rule::LinkOrphan,
        further: &[],
    },
    Mutation {
        label: "table 1 without table 2",
        base: B1,
        change: |files| {
            let insured = first_insured(files, "UP1KYO");
            drop_rows(files, "UP2KYO", |row| row[2] == insured);
        },
        root: Rule::LinkAlone,
        further: &[],
    },
    Mutation {
        label: "table 6 without the supplement",
        base: B2,
        change: |files| drop_rows(files, "UPHOSOKU", |row| row[2].ends_with(b"48")),
        root: Rule::LinkAlone,
        further: &[],
    },
    // Table 7
    Mutation {
        label: "no total",
        base: B2,
        change: |files| {
            let insured = first_insured(files, "UPSIKYU");
            drop_rows(files, "UPSIKYU", |row| row[2] == insured && code(row) == b"999999");
        },
        root: Rule::BenefitNoTotal,
        further: &[],
    },
    Mutation {
        label: "two totals",
        base: B2,
        change: |files| {
            edit(files, "UPSIKYU", |table| {
                let total = table.iter().find(|row| code(row) == b"999999").cloned().unwrap();
                table.push(total);
            });
        },
        root: Rule::BenefitTwoTotals,
        further: &[],
    },
    Mutation {
        label: "no subtotal",
        base: B2,
        change: |files| {
            let insured = first_insured(files, "UPSIKYU");
            drop_rows(files, "UPSIKYU", |row| row[2] == insured && code(row).starts_with(b"17") && is_subtotal(row));
        },
        root: Rule::BenefitNoSubtotal,
        further: &["CP-BENEFIT-006"],
    },
    Mutation {
        label: "an amount of a line",
        base: B2,
        change: |files| {
            let row = row_of(files, "UPSIKYU", |row| !is_subtotal(row));
            set(files, "UPSIKYU", row, benefit::AMOUNT, "99999");
        },
        root: Rule::BenefitAmount,
        further: SUMS,
    },
    Mutation {
        label: "a subtotal",
        base: B2,
        change: |files| {
            let row = row_of(files, "UPSIKYU", is_subtotal);
            set(files, "UPSIKYU", row, benefit::AMOUNT, "1");
        },
        root: Rule::BenefitSubtotal,
        further: &[],
    },
    Mutation {
        label: "the total",
        base: B2,
        change: |files| {
            let row = row_of(files, "UPSIKYU", |row| code(row) == b"999999");
            set(files, "UPSIKYU", row, benefit::COST, "1");
        },
        root: Rule::BenefitTotal,
        further: &[],
    },
    Mutation {
        label: "units in a subtotal",
        base: B2,
        change: |files| {
            let row = row_of(files, "UPSIKYU", is_subtotal);
            set(files, "UPSIKYU", row, benefit::UNITS, "5");
        },
        root: Rule::BenefitFilled,
        further: &[],
    },
    Mutation {
        label: "a cost",
        base: B2,
        change: |files| {
            let row = row_of(files, "UPSIKYU", is_subtotal);
            set(files, "UPSIKYU", row, benefit::COST, "1");
        },
        root: Rule::BenefitCost,
        further: &["CP-BENEFIT"],
    },
    Mutation {
        label: "a claim",
        base: B2,
        change: |files| {
            let row = row_of(files, "UPSIKYU", is_subtotal);
            set(files, "UPSIKYU", row, benefit::CLAIM, "1");
        },
        root: Rule::BenefitClaim,
        further: &["CP-BENEFIT"],
    },
    Mutation {
        label: "a share",
        base: B2,
        change: |files| {
            let row = row_of(files, "UPSIKYU", is_subtotal);
            set(files, "UPSIKYU", row, benefit::COPAY, "1");
        },
        root: Rule::BenefitClaim,
        further: &["CP-BENEFIT-006"],
    },
    Mutation {
        label: "days of short stay",
        base: "20251024090725-B2",
        change: |files| {
            let row = row_of(files, "UPSIKYU", |row| !row[benefit::DAYS - 1].is_empty());
            set(files, "UPSIKYU", row, benefit::DAYS, "1");
        },
        root: Rule::BenefitDays,
        further: &[],
    },
    Mutation {
        label: "the total under an office",
        base: B2,
        change: |files| {
            let row = row_of(files, "UPSIKYU", |row| code(row) == b"999999");
            set(files, "UPSIKYU", row, 7, "1379900036");
        },
        root: Rule::BenefitOffice,
        further: &[],
    },
    // Table 6 and table 7
    Mutation {
        label: "a service that table 7 lacks",
        base: B2,
        change: |files| set(files, "UPPLAN", 1, plan::CODE, "111999"),
        root: Rule::TablesPlanOnly,
        further: SUMS,
    },
    Mutation {
        label: "a service that table 6 lacks",
        base: B2,
        change: |files| {
            let row = row_of(files, "UPSIKYU", |row| code(row).starts_with(b"11") && !is_subtotal(row));
            set(files, "UPSIKYU", row, benefit::CODE, "111999");
        },
        root: Rule::TablesBenefitOnly,
        further: SUMS,
    },
    Mutation {
        label: "a visit more",
        base: B2,
        change: |files| {
            let row = row_of(files, "UPPLAN", timed);
            set(files, "UPPLAN", row, plan::COUNT, "2");
        },
        root: Rule::TablesCount,
        further: &[],
    },
    Mutation {
        label: "other units",
        base: B2,
        change: |files| {
            let row = row_of(files, "UPPLAN", timed);
            set(files, "UPPLAN", row, plan::UNITS, "9");
        },
        root: Rule::TablesUnits,
        further: &[],
    },
    // Over 30 days
    Mutation {
        label: "a visit over 30 days",
        base: B2,
        change: |files| {
            let row = row_of(files, "UPPLAN", timed);
            set(files, "UPPLAN", row, plan::OVER, "1");
        },
        root: Rule::OverKind,
        further: &[],
    },
    Mutation {
        label: "a line of visits over 30 days",
        base: B2,
        change: |files| {
            let row = row_of(files, "UPSIKYU", |row| code(row).starts_with(b"17") && !is_subtotal(row));
            set(files, "UPSIKYU", row, benefit::OVER, "1");
        },
        root: Rule::OverKind,
        further: &[],
    },
    Mutation {
        label: "a subtotal over 30 days",
        base: B2,
        change: |files| {
            let row = row_of(files, "UPSIKYU", is_subtotal);
            set(files, "UPSIKYU", row, benefit::OVER, "1");
        },
        root: Rule::OverSubtotal,
        further: &[],
    },
    // Privacy
    Mutation {
        label: "a person of other offices only",
        base: B2,
        change: |files| {
            let insured = first_insured(files, "UPPLAN");
            drop_rows(files, "UPPLAN", |row| row[2] == insured && row[plan::OFFICE - 1] == b"1379900036");
        },
        root: Rule::PrivacyUnrelated,
        further: SUMS,
    },
    Mutation {
        label: "a care plan of other offices only",
        base: B1,
        change: |files| {
            edit(files, "UP2KYO", |table| {
                for row in table.iter_mut().filter(|row| row[16] == b"1379900010") {
                    row[16] = b"1379900028".to_vec();
                }
            });
        },
        root: Rule::PrivacyCarePlan,
        further: &[],
    },
    // Units
    Mutation {
        label: "a foreign file",
        base: B2,
        change: |files| {
            let mut other = bundle(B4);
            rename(&mut other, "20251105090320", "20251024090834");
            files.append(&mut other);
        },
        root: Rule::UnitForeign,
        further: &[],
    },
    Mutation {
        label: "a companion missing",
        base: B2,
        change: |files| {
            let at = position(files, "UPSIKYU");
            files.remove(at);
        },
        root: Rule::UnitMissing,
        further: &[],
    },
    Mutation {
        label: "a companion elsewhere",
        base: B2,
        change: |files| {
            let at = position(files, "UPSIKYU");
            files[at].0 = files[at].0.replace("20251024090834", "20251024090835");
        },
        root: Rule::UnitOtherSerial,
        further: &[],
    },
    Mutation {
        label: "a kind twice",
        base: B2,
        change: |files| {
            let at = position(files, "UPPLAN");
            let (name, bytes) = files[at].clone();
            let name = name.replace("202511", "202512");
            let text: String = encoding_rs::SHIFT_JIS.decode(&bytes).0.replace(",202511", ",202512");
            files.push((name, encoding_rs::SHIFT_JIS.encode(&text).0.into_owned()));
        },
        root: Rule::UnitKindTwice,
        further: &["CP-MONTH-003"],
    },
    Mutation {
        label: "a support plan without rows",
        base: Y3,
        change: |files| {
            let at = position(files, "UPYOBO_SUB");
            files.remove(at);
        },
        root: Rule::UnitNoRows,
        further: &[],
    },
    Mutation {
        label: "two editions",
        base: OLD_B2,
        change: |files| {
            let at = position(files, "UPHOSOKU");
            let text: String = encoding_rs::SHIFT_JIS.decode(&files[at].1).0.replace("202208,", "202407,");
            files[at].1 = encoding_rs::SHIFT_JIS.encode(&text).0.into_owned();
        },
        root: Rule::UnitEditions,
        further: &[],
    },
    Mutation {
        label: "a removal of plans from who plans none",
        base: B4,
        change: |files| rename(files, "_43_", "_11_"),
        root: Rule::UnitDirection,
        further: &[],
    },
    // Pictures
    Mutation {
        label: "a picture missing",
        base: Y2,
        change: |files| files.retain(|(name, _)| !name.ends_with("_0001.jpg")),
        root: Rule::ImageMissing,
        further: &[],
    },
    Mutation {
        label: "a picture of nobody",
        base: Y2,
        change: |files| {
            let at = position(files, "UPKIHON_IMAGE");
            let (name, bytes) = files[at].clone();
            files.push((name.replace("_0001.jpg", "_0009.jpg"), bytes));
        },
        root: Rule::ImageUnused,
        further: &[],
    },
    Mutation {
        label: "a picture under another name",
        base: Y2,
        change: |files| set(files, "UPKIHON", 1, 62, "\"family.jpg\""),
        root: Rule::ImageName,
        further: &["CP-IMAGE-002"],
    },
    Mutation {
        label: "a hundred and one findings",
        base: B4,
        change: |files| files[0].1 = b"202407,139014\r\n".repeat(101),
        root: Rule::RowTooFew,
        further: &["CP-MORE-001"],
    },
];

pub fn run(report: &mut Report, failures: &mut Vec<String>) {
    for Mutation { label, base, change, root, further } in MUTATIONS {
        let mut files = bundle(base);
        change(&mut files);
        let noticed = judge(&files);
        report.take(label, &noticed);
        // Rows of one cause can be more than are listed.
        if *root != Rule::RowTooFew || *label == "a row cut off" {
            check_reading(label, &noticed, failures);
        }
        let all: Vec<&Finding> = noticed.strays.iter().chain(&noticed.findings).collect();
        let Some(found) = all.iter().find(|finding| finding.rule() == *root) else {
            failures.push(format!("{base} {label}: nothing by {root:?}, but {all:?}"));
            continue;
        };
        let place = |finding: &Finding| (finding.file().to_owned(), finding.row_number(), finding.column_number());
        let first = all.iter().find(|finding| place(finding) == place(found)).map(|finding| finding.rule());
        let stray: Vec<_> = all
            .iter()
            .filter(|finding| finding.rule() != *root)
            .filter(|finding| !further.iter().any(|begin| finding.code().starts_with(begin)))
            .collect();
        if first != Some(*root) || !stray.is_empty() {
            failures.push(format!("{base} {label}: first {first:?} for {root:?}, and {stray:?}"));
        }
    }
}
