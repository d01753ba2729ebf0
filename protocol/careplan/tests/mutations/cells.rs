//! Mutations made from the layouts: kind x column x operator.

use careplan::{Field, FieldType, FileKind, FileName, Rule};

use crate::{
    Report, check_reading,
    support::{BASES, Table, bundle, judge},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Empty,
    Blanks,
    FullWidth,
    Letters,
    Kana,
    TooLong,
    UnknownCode,
    NoSuchDay,
    NoSuchTime,
    LateTime,
    CheckDigit,
    Undecodable,
    Nul,
    Gaiji,
    Control,
    StrayQuote,
    AnotherText,
}

const OPERATORS: [Operator; 17] = [
    Operator::Empty,
    Operator::Blanks,
    Operator::FullWidth,
    Operator::Letters,
    Operator::Kana,
    Operator::TooLong,
    Operator::UnknownCode,
    Operator::NoSuchDay,
    Operator::NoSuchTime,
    Operator::LateTime,
    Operator::CheckDigit,
    Operator::Undecodable,
    Operator::Nul,
    Operator::Gaiji,
    Operator::Control,
    Operator::StrayQuote,
    Operator::AnotherText,
];

/// Applies an operator to a cell; `None` where it means nothing for such a column or value.
fn mutate(operator: Operator, field: &Field, cell: &[u8]) -> Option<Vec<u8>> {
    let text = field.field_type() == FieldType::Text;
    let unused = field.field_type() == FieldType::Unused;
    let plain = !cell.is_empty() && cell.iter().all(u8::is_ascii_alphanumeric);
    let quoted = |content: &[u8]| Some([b"\"", content, b"\""].concat());
    let max = usize::from(field.max_len().unwrap_or_default());
    Some(match operator {
        Operator::Empty if !cell.is_empty() => Vec::new(),
        Operator::Blanks if plain && !text => [b" ", cell].concat(),
        Operator::FullWidth if plain && !text => {
            let wide: String = cell.iter().map(|&c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
            encoding_rs::SHIFT_JIS.encode(&wide).0.into_owned()
        }
        Operator::Letters if !unused => b"XYZ".to_vec(),
        Operator::Kana if !unused => b"\x82\xa0".to_vec(),
        Operator::TooLong => match field.field_type() {
            FieldType::Integer if max < 9 => b"1".repeat(max + 1),
            FieldType::Alnum => b"A".repeat(max + 1),
            FieldType::Text if max > 0 => return quoted(&b"\x82\xa0".repeat(max + 1)),
            _ => return None,
        },
        Operator::UnknownCode if field.field_type() == FieldType::Flag => {
            let wrong =
                ["9", "8", "98", "97"].into_iter().find(|code| code.len() == max && field.meaning(code).is_none());
            wrong?.as_bytes().to_vec()
        }
        Operator::NoSuchDay if field.field_type() == FieldType::Date => b"20251332".to_vec(),
        Operator::NoSuchTime if field.field_type() == FieldType::Time => b"1260".to_vec(),
        Operator::LateTime if field.field_type() == FieldType::Time => b"2430".to_vec(),
        Operator::CheckDigit if matches!(field.field_type(), FieldType::Insurer | FieldType::Office) && plain => {
            let (last, rest) = cell.split_last()?;
            [rest, &[b'0' + (last - b'0' + 1) % 10]].concat()
        }
        Operator::Undecodable if text => return quoted(b"a\xff"),
        Operator::Nul if text => return quoted(b"a\0"),
        Operator::Gaiji if text => return quoted(b"\xf0\x40"),
        Operator::Control if text => return quoted(b"a\x07"),
        Operator::StrayQuote if text => b"\"a\"b".to_vec(),
        Operator::AnotherText if text => return quoted(b"\x95\xca"),
        _ => return None,
    })
}

/// Which rule must be the first to notice it at that cell; `None` if nobody can.
fn root(kind: FileKind, key: bool, operator: Operator, field: &Field) -> Option<Rule> {
    use FieldType as T;
    let name = field.field_type();
    let form = if field.name_en().ends_with("postal_code") {
        Some(Rule::CodePostal)
    } else if field.name_en() == "tais_code" {
        Some(Rule::CodeEquipment)
    } else {
        None
    };
    let nobody = name == T::Unused || field.name_en() == "updated_by_office";
    match operator {
        // The name of the supplement tells the month too.
        Operator::Empty if kind == FileKind::UpHosoku && field.name_en() == "service_month" => None,
        Operator::Empty => match (key, field.required()) {
            (true, _) => Some(Rule::CellUnreadable),
            _ if name == T::Version => Some(Rule::CellNoVersion),
            (_, careplan::Required::Yes) => Some(Rule::CellRequired),
            _ if kind == FileKind::UpHosoku && matches!(field.name_en(), "care_plan_date" | "service_month") => None,
            (_, careplan::Required::Probably) => Some(Rule::CellExpected),
            _ if field.name_en() == "tais_code" => Some(Rule::NeedEquipment),
            _ if field.name_en() == "weekday" => Some(Rule::NeedWeekday),
            _ => None,
        },
        Operator::Blanks | Operator::FullWidth => (name != T::Unused).then_some(Rule::CellUnusual),
        Operator::Letters | Operator::Kana if nobody => None,
        Operator::Letters | Operator::Kana => match name {
            T::Version => Some(Rule::CellNoVersion),
            T::Insured if operator == Operator::Letters => Some(Rule::CellUnusual),
            T::ServiceCode if key && operator == Operator::Letters => Some(Rule::CellUnusual),
            _ if key => Some(Rule::CellUnreadable),
            T::Date => Some(Rule::CellNotDate),
            T::Month => Some(Rule::CellNotMonth),
            T::Time => Some(Rule::CellNotTime),
            T::Integer | T::Decimal => Some(Rule::CellNotNumber),
            T::Days => Some(Rule::CellNotDays),
            T::Flag => Some(Rule::CodeUnknown),
            T::Alnum if operator == Operator::Letters => None,
            T::Office | T::ServiceCode | T::ServiceKind | T::Alnum => Some(Rule::CellNotCode),
            T::Text if field.name_en() == "family_image_file" => Some(Rule::ImageName),
            T::Text if field.max_len().is_some_and(|max| max < 3) && operator == Operator::Letters => {
                Some(Rule::CellTooLong)
            }
            T::Text => form,
            other => panic!("{other:?} of no key"),
        },
        Operator::TooLong => Some(form.unwrap_or(Rule::CellTooLong)),
        Operator::UnknownCode => Some(Rule::CodeUnknown),
        Operator::NoSuchDay => Some(if key { Rule::CellUnreadable } else { Rule::CellNotDate }),
        Operator::NoSuchTime => Some(Rule::CellNotTime),
        Operator::LateTime => Some(Rule::CellLateTime),
        Operator::CheckDigit if nobody => None,
        Operator::CheckDigit if name == T::Insurer => Some(Rule::CodeInsurerDigit),
        Operator::CheckDigit => Some(Rule::CodeOfficeDigit),
        Operator::Undecodable => Some(Rule::TextUndecodable),
        Operator::Nul => Some(Rule::TextNul),
        Operator::Gaiji => Some(Rule::TextGaiji),
        Operator::Control => Some(Rule::TextControl),
        Operator::StrayQuote => Some(Rule::RowStrayQuote),
        Operator::AnotherText if field.name_en() == "family_image_file" => Some(Rule::ImageName),
        Operator::AnotherText => form,
    }
}

/// Beginnings of the codes that may follow, by the column that was changed.
fn further(key: bool, operator: Operator, field: &Field) -> &'static [&'static str] {
    match field.name_en() {
        _ if operator == Operator::StrayQuote => &["CP-CODE-006", "CP-CODE-007", "CP-CELL-007", "CP-IMAGE"],
        "csv_version" => &["CP-CELL-003", "CP-CELL-004", "CP-UNIT-006"],
        // The row belongs to somebody else now, or to nobody.
        "service_office_number" | "service_code" | "service_kind" => &[
            "CP-NAME-012",
            "CP-NAME-013",
            "CP-TABLES",
            "CP-BENEFIT",
            "CP-PRIVACY",
            "CP-CODE",
            "CP-CELL-012",
            "CP-NEED",
            "CP-OVER",
            "CP-DOUBLE",
            "CP-LINK",
        ],
        _ if key => &[
            "CP-LINK",
            "CP-TABLES",
            "CP-BENEFIT",
            "CP-DOUBLE",
            "CP-PRIVACY",
            "CP-MONTH",
            "CP-DATE",
            "CP-IMAGE",
            "CP-CELL-002",
            "CP-CODE-004",
        ],
        "cm_office_number" => &["CP-NAME-013"],
        "satellite_no" | "count" | "units" | "count_or_days" => &["CP-TABLES", "CP-BENEFIT"],
        "start_time" | "end_time" | "service_start" | "service_end" | "activity_start" | "activity_end" => {
            &["CP-DATE-002", "CP-DATE-003"]
        }
        "over_30_days" => &["CP-OVER"],
        "detail_no" => &["CP-NEED-002"],
        "tais_code" => &["CP-DOUBLE-004", "CP-DOUBLE-003"],
        "need_no" | "goal_no" | "support_no" | "support_plan_no" | "used_service_no" => &["CP-DOUBLE-002"],
        "family_image_file" => &["CP-IMAGE"],
        "care_plan_date" | "service_month" => &["CP-MONTH-005"],
        "service_content" => &["CP-NEED-005"],
        name if name.starts_with("type_limit") => &["CP-NEED-004"],
        "consult_method" | "current_situation" | "daily_living_support_reason" => &["CP-NEED-003"],
        name if name.ends_with("_other") || name.ends_with("_situation_note") => &["CP-NEED-003"],
        name if name.ends_with("_from") || name.ends_with("_to") => &["CP-DATE-004"],
        // The sums of table 7.
        _ if matches!(field.field_type(), FieldType::Integer | FieldType::Decimal) => &["CP-BENEFIT", "CP-TABLES-004"],
        _ => &[],
    }
}

pub fn run(report: &mut Report, failures: &mut Vec<String>) {
    for base in BASES {
        let files = bundle(base);
        for at in 0..files.len() {
            let name: FileName = files[at].0.parse().unwrap();
            if !name.kind().is_image() {
                columns(base, &files, at, &name, report, failures);
            }
        }
    }
}

fn columns(
    base: &str,
    files: &[(String, Vec<u8>)],
    at: usize,
    name: &FileName,
    report: &mut Report,
    failures: &mut Vec<String>,
) {
    let table = Table::of(&files[at].1);
    let layouts = careplan::Layout::all().iter().filter(|layout| layout.kind() == name.kind());
    let layout = layouts.into_iter().find(|layout| layout.fields().len() == table.0[0].len()).unwrap();
    let edition = layout.edition();
    for (column, field) in layout.fields().iter().enumerate() {
        let row = table.0.iter().position(|row| !row[column].is_empty()).unwrap_or(0);
        for operator in OPERATORS {
            let Some(cell) = mutate(operator, field, &table.0[row][column]) else { continue };
            let mut mutated = Table(table.0.clone());
            if mutated.0[row][column] == cell {
                continue;
            }
            mutated.0[row][column] = cell;
            let mut files = files.to_vec();
            files[at].1 = mutated.bytes();
            let noticed = judge(&files);
            let label = format!("{} {edition} {} {operator:?}", name.kind(), field.name_en());
            report.take(&format!("{} {operator:?}", name.kind()), &noticed);
            check_reading(&format!("{base} {label}"), &noticed, failures);

            let key = is_key(name, field.name_en());
            let root = root(name.kind(), key, operator, field);
            let number = u16::try_from(column + 1).unwrap();
            let here = |finding: &&careplan::Finding| {
                finding.file() == files[at].0
                    && finding.row_number() == Some(u32::try_from(row + 1).unwrap())
                    && finding.column_number() == Some(number)
            };
            let first = noticed.findings.iter().find(here).map(|finding| finding.rule());
            let further = further(key, operator, field);
            let stray: Vec<_> = noticed
                .findings
                .iter()
                .filter(|finding| Some(finding.rule()) != root || !here(finding))
                .filter(|finding| !further.iter().any(|begin| finding.code().starts_with(begin)))
                .collect();
            let allowed = first.is_some_and(|rule| further.iter().any(|begin| rule.code().starts_with(begin)));
            let as_expected = first == root || (root.is_none() && allowed);
            if !as_expected || !stray.is_empty() {
                failures.push(format!("{base} {label}: first {first:?} for {root:?}, and {stray:?}"));
            }
        }
    }
}

/// The columns that name what a row belongs to.
fn is_key(name: &FileName, field: &str) -> bool {
    match name.kind() {
        FileKind::UpHosoku if name.month().is_some() => {
            matches!(field, "insurer_number" | "insured_number" | "service_month")
        }
        FileKind::UpHosoku => matches!(field, "insurer_number" | "insured_number" | "care_plan_date"),
        FileKind::UpJsk => matches!(
            field,
            "insurer_number" | "insured_number" | "service_month" | "service_office_number" | "service_code"
        ),
        FileKind::DltJsk => matches!(
            field,
            "insurer_number" | "insured_number" | "service_month" | "service_office_number" | "service_kind"
        ),
        FileKind::UpYobo | FileKind::UpYoboSub | FileKind::DltYobo => {
            matches!(field, "insurer_number" | "insured_number" | "plan_date")
        }
        FileKind::UpKihon | FileKind::UpKihonSub1 | FileKind::UpKihonSub2 | FileKind::DltKihon => {
            matches!(field, "insurer_number" | "insured_number" | "consulted_on")
        }
        FileKind::UpPlan | FileKind::UpSikyu | FileKind::DltPlan => {
            matches!(field, "insurer_number" | "insured_number" | "service_month")
        }
        _ => matches!(field, "insurer_number" | "insured_number" | "care_plan_date"),
    }
}
