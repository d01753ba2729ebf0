//! Sample bundles with one thing changed, and the rule that must notice.

use careplan::{Bundle, Edition, FileName, Lang, Purpose, Rule, Severity, Sorted, Unit};

use crate::sample::{Named, bundle, sort};

const B1: &str = "20251020090353-B1";
const B2: &str = "20251112091422-B2";
const B5: &str = "20251204090448-B5";
const Y2: &str = "20251010090154-Y2";
const OLD_B2: &str = "20250220090747-B2";

/// The bytes of the file of this kind.
fn of<'a>(files: &'a mut [Named], prefix: &str) -> &'a mut Vec<u8> {
    let prefix = format!("{prefix}_");
    &mut files.iter_mut().find(|(name, _)| name.starts_with(&prefix)).unwrap().1
}

fn only(files: &[Named]) -> Unit {
    let Sorted { mut units, strays } = sort(files);
    assert!(strays.is_empty(), "{strays:?}");
    assert_eq!(units.len(), 1);
    units.remove(0)
}

/// What was found: rule and row.
fn found(unit: &Unit) -> Vec<(Rule, Option<u32>)> {
    unit.findings().iter().map(|finding| (finding.rule(), finding.row_number())).collect()
}

fn assert_found(files: &[Named], expected: &[(Rule, Option<u32>)]) {
    let unit = only(files);
    assert_eq!(found(&unit), expected);
    let refused = expected.iter().any(|(rule, _)| rule.severity(Purpose::Sending) == Severity::Error);
    assert_eq!(unit.is_sendable(), !refused);
    for finding in unit.findings() {
        for lang in [Lang::Ja, Lang::En] {
            assert!(finding.text(lang).contains(finding.file()) && !finding.text(lang).contains("{"));
        }
    }
}

/// Replaces bytes, which must be there.
fn replace(bytes: &mut Vec<u8>, from: &[u8], to: &[u8]) {
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    bytes.splice(at..at + from.len(), to.iter().copied());
}

fn to_utf8(bytes: &[u8]) -> Vec<u8> {
    encoding_rs::SHIFT_JIS.decode(bytes).0.into_owned().into_bytes()
}

#[test]
fn a_missing_companion() {
    for (begin, missing) in
        [(B1, "UP2KYO"), (B1, "UP3KYO"), (B1, "UPHOSOKU"), (B2, "UPSIKYU"), (B2, "UPPLAN"), (Y2, "UPKIHON")]
    {
        let mut files = bundle(begin);
        files.retain(|(name, _)| name.parse::<FileName>().unwrap().kind().prefix() != missing);
        let unit = only(&files);
        assert_eq!(found(&unit), [(Rule::UnitMissing, None)], "{missing}");
        assert_eq!((unit.bundle(), unit.is_sendable()), (None, false));
        let text = unit.findings()[0].text(Lang::Ja);
        assert!(text.contains(missing) && text.contains("ありません"), "{text}");
    }
}

#[test]
fn a_supplement_alone_tells_where_it_belongs() {
    for (begin, kinds) in [(B1, 3), (B2, 2)] {
        let mut files = bundle(begin);
        files.retain(|(name, _)| name.starts_with("UPHOSOKU"));
        assert_found(&files, &vec![(Rule::UnitMissing, None); kinds]);
    }
}

#[test]
fn edition_3_has_no_table_3() {
    let unit = only(&bundle("20250220090727-B1"));
    assert_eq!((unit.bundle(), unit.edition(), unit.files().len()), (Some(Bundle::B1), Edition::V3, 3));
}

#[test]
fn a_companion_under_another_serial() {
    let mut files = bundle(B2);
    for (name, _) in files.iter_mut().filter(|(name, _)| name.starts_with("UPSIKYU")) {
        *name = name.replace("20251112091422", "20251112091423");
    }
    let Sorted { units, .. } = sort(&files);
    assert_eq!(units.len(), 2);
    assert_eq!(found(&units[0]), [(Rule::UnitOtherSerial, None)]);
    assert_eq!(found(&units[1]), [(Rule::UnitOtherSerial, None); 2]);
    assert!(units[0].findings()[0].text(Lang::En).contains("20251112091423"));
    assert!(units.iter().all(|unit| !unit.is_sendable()));
}

#[test]
fn a_file_of_another_bundle_does_not_disturb() {
    let mut files = bundle(B2);
    files.extend(bundle(B1));
    files.push(("memo.txt".into(), b"x".to_vec()));
    files.push(("UPPLAN_202511_137990500_43.CSV".into(), b"x".to_vec()));
    let Sorted { units, strays } = sort(&files);
    assert_eq!(units.iter().map(Unit::bundle).collect::<Vec<_>>(), [Some(Bundle::B1), Some(Bundle::B2)]);
    assert!(units.iter().all(Unit::is_sendable));
    let strays: Vec<_> = strays.iter().map(|(position, finding)| (*position, finding.rule())).collect();
    assert_eq!(strays, [(7, Rule::NameForeign), (8, Rule::NamePart)]);
}

#[test]
fn a_foreign_file_under_the_same_serial() {
    let mut files = bundle(B2);
    let name = "UPJSK_202511_1379905001_43_1379900028_21_20251112091422.CSV";
    files.push((name.into(), bundle(B5).remove(0).1));
    assert_found(&files, &[(Rule::UnitForeign, None)]);
    let unit = only(&files);
    let finding = &unit.findings()[0];
    assert_eq!((finding.file(), unit.bundle()), (name, None));
    assert!(finding.text(Lang::Ja).contains("UPPLAN"));
}

#[test]
fn the_same_file_or_kind_twice() {
    let mut files = bundle(B2);
    files.push(files[0].clone());
    assert_found(&files, &[(Rule::FileTwice, None)]);

    let mut files = bundle(B1);
    let (name, bytes) = files.iter().find(|(name, _)| name.starts_with("UPHOSOKU")).unwrap().clone();
    files.push((name.replace("000000", "202511"), bytes));
    let unit = only(&files);
    assert!(found(&unit).contains(&(Rule::UnitKindTwice, None)) && !unit.is_sendable());
}

#[test]
fn names_lie() {
    // The kind says table 7, the content is table 6.
    let mut files = bundle(B2);
    let plan = of(&mut files, "UPPLAN").clone();
    *of(&mut files, "UPSIKYU") = plan;
    let unit = only(&files);
    assert!(found(&unit).contains(&(Rule::RowTooFew, Some(1))) && !unit.is_sendable());

    // The month was changed by hand, in one name and in all.
    let mut files = bundle(B2);
    for (name, _) in files.iter_mut().filter(|(name, _)| name.starts_with("UPSIKYU")) {
        *name = name.replace("202511_", "202512_");
    }
    assert_found(&files, &[(Rule::MonthOfName, None), (Rule::MonthOfUnit, None)]);
    for (name, _) in &mut files {
        *name = name.replace("202511_", "202512_");
    }
    assert_found(&files, &[(Rule::MonthOfName, None); 3]);
}

#[test]
fn months_mixed_in_a_file_are_a_warning() {
    let mut files = bundle(B5);
    replace(&mut files[0].1, b",202511,", b",202510,");
    assert_found(&files, &[(Rule::MonthInRow, Some(1))]);
}

#[test]
fn a_supplement_with_the_wrong_sort_of_month() {
    let mut files = bundle(B2);
    for (name, _) in files.iter_mut().filter(|(name, _)| name.starts_with("UPHOSOKU")) {
        *name = name.replace("202511_", "000000_");
    }
    let unit = only(&files);
    assert!(found(&unit).contains(&(Rule::MonthOfSupplement, None)));
}

#[test]
fn empty_files() {
    for empty in [&b""[..], b"\r\n\r\n", b"\x1a"] {
        let mut files = bundle(B2);
        *of(&mut files, "UPPLAN") = empty.to_vec();
        assert_found(&files, &[(Rule::FileEmpty, None)]);
    }
}

#[test]
fn columns_cut_off_or_added() {
    let mut files = bundle(B2);
    let bytes = of(&mut files, "UPPLAN");
    let end = bytes.windows(2).position(|window| window == b"\r\n").unwrap();
    let cut = bytes[..end].iter().rposition(|&byte| byte == b',').unwrap();
    bytes.drain(cut..end);
    assert_found(&files, &[(Rule::RowTooFew, Some(1))]);

    let mut files = bundle(B2);
    let bytes = of(&mut files, "UPPLAN");
    let at = bytes.windows(2).position(|window| window == b"\r\n").unwrap();
    bytes.splice(at..at, *b",,,");
    assert_found(&files, &[]);
    replace(of(&mut files, "UPPLAN"), b",,,\r\n", b",,1\r\n");
    assert_found(&files, &[(Rule::RowTooMany, Some(1))]);
}

#[test]
fn old_layouts_are_told_by_their_columns() {
    let unit = only(&bundle(OLD_B2));
    assert_eq!(unit.files().iter().filter_map(|file| file.columns()).collect::<Vec<_>>(), [22, 34, 63]);
    // A row cut off does not turn the new layout into the old one.
    let mut files = bundle(B5);
    files[0].1 =
        b"202407,139014,0009237573,20251204,202511,1379905001,,1023,,20251104,,0915,1630,1,152444,,,,,,,,\r\n".to_vec();
    assert_found(&files, &[(Rule::RowTooFew, Some(1))]);
}

#[test]
fn editions_mixed_are_a_warning() {
    let mut files = bundle(OLD_B2);
    let new = bundle(B2);
    let supplement = &new.iter().find(|(name, _)| name.starts_with("UPHOSOKU")).unwrap().1;
    *of(&mut files, "UPHOSOKU") = supplement.clone();
    let unit = only(&files);
    assert!(found(&unit).contains(&(Rule::UnitEditions, None)));
}

#[test]
fn utf8_is_read_with_a_warning() {
    for mark in ["", "\u{feff}"] {
        let mut files = bundle(B2);
        let bytes = of(&mut files, "UPHOSOKU");
        *bytes = [mark.as_bytes(), &to_utf8(bytes)].concat();
        let before = only(&bundle(B2));
        assert_found(&files, &[(Rule::TextUtf8, None)]);
        assert_eq!(only(&files).keys(), before.keys());
    }
}

#[test]
fn bytes_that_are_no_text() {
    let mut files = bundle(B2);
    let bytes = of(&mut files, "UPHOSOKU");
    replace(bytes, b"\r\n", b"\r\n\r\n"); // a blank line counts as a row
    let at = bytes.windows(3).position(|window| window == b"000").unwrap();
    bytes[at..at + 3].copy_from_slice(b"0\xff0");
    let unit = only(&files);
    let undecodable = unit.findings().iter().find(|finding| finding.rule() == Rule::TextUndecodable).unwrap();
    assert_eq!((undecodable.row_number(), undecodable.column_number()), (Some(1), Some(3)));
    assert!(undecodable.text(Lang::Ja).contains("1行目・3列目（被保険者番号）"));
    assert!(undecodable.text(Lang::En).contains("(insured number)"));
    assert!(found(&unit).contains(&(Rule::CellUnreadable, Some(1))) && !unit.is_sendable());

    let mut files = bundle(B5);
    replace(&mut files[0].1, b"\x89", b"\0");
    assert!(found(&only(&files)).iter().any(|(rule, _)| *rule == Rule::TextNul));
    files[0].1 = b"\xff\xfe2\x000\x00".to_vec();
    assert_found(&files, &[(Rule::TextUtf16, None)]);
    files[0].1 = b"PK\x03\x04\x00\x00".to_vec();
    assert!(!only(&files).is_sendable());
}

#[test]
fn characters_made_by_an_office() {
    let mut files = bundle(B5);
    replace(&mut files[0].1, b",\"", b",\"\xf0\x40");
    assert_found(&files, &[(Rule::TextGaiji, Some(1))]);
}

#[test]
fn quotes_astray() {
    let mut files = bundle(B5);
    replace(&mut files[0].1, b"\",1023", b",1023");
    let unit = only(&files);
    assert!(!unit.is_sendable());
    let mut files = bundle(B5);
    files[0].1.extend_from_slice(b"202407,139014,\"0009");
    let unit = only(&files);
    let row = u32::try_from(unit.files()[0].rows()).unwrap();
    assert_eq!(found(&unit), [(Rule::RowOpenQuote, Some(row))]);
    let mut files = bundle(B5);
    replace(&mut files[0].1, b"\",1023", b"\"x,1023");
    assert_found(&files, &[(Rule::RowStrayQuote, Some(1))]);
}

#[test]
fn headings_are_passed_over() {
    let mut files = bundle(B5);
    let rows = only(&files).files()[0].rows();
    files[0].1.splice(0..0, *b"version,insurer,insured\r\n");
    assert_found(&files, &[(Rule::RowHeader, Some(1))]);
    assert_eq!(only(&files).files()[0].rows(), rows);
    files[0].1 = b"version,insurer,insured\r\n".to_vec();
    assert_found(&files, &[(Rule::FileEmpty, None), (Rule::RowHeader, Some(1))]);
}

#[test]
fn keys_that_cannot_be_read_or_are_unusual() {
    let name = "DLTPLAN_202511_1379905001_43_1379900036_17_20251105090320.CSV";
    for (row, expected) in [
        ("202407,139014,0009000000,202511", vec![]),
        ("202407,,0009000000,202511", vec![Rule::CellUnreadable]),
        ("202407,139014,,202511", vec![Rule::CellUnreadable]),
        ("202407,139014,000900 000,202511", vec![Rule::CellUnreadable]),
        ("202407,139014,0009000000,202513", vec![Rule::CellUnreadable]),
        ("2024,139014,0009000000,202511", vec![Rule::CellNoVersion]),
        ("202407,139014,9000000,202511", vec![Rule::CellUnusual]),
        ("202407,39014,0009000000,202511", vec![Rule::CellUnusual]),
        ("202410,139014,0009000000,202511", vec![Rule::CellUnknownVersion]),
        ("202407,139014,0009000000,202511\r\n202208,139014,0009000001,202511", vec![Rule::CellOtherVersion]),
    ] {
        let unit = only(&[(name.into(), row.into())]);
        assert_eq!(unit.findings().iter().map(|finding| finding.rule()).collect::<Vec<_>>(), expected, "{row}");
    }
    let wide = encoding_rs::SHIFT_JIS.encode("202407,１３９０１４,ｈ000000001,202511").0.into_owned();
    let unit = only(&[(name.into(), wide)]);
    assert_eq!(found(&unit), [(Rule::CellUnusual, Some(1)); 2]);
    assert_eq!(unit.keys().first().unwrap().cells().collect::<Vec<_>>(), ["139014", "H000000001", "202511"]);
}

#[test]
fn pictures() {
    let mut files = bundle(Y2);
    files.retain(|(name, _)| !name.ends_with("_0002.jpg"));
    assert_found(&files, &[(Rule::ImageMissing, Some(2))]);

    let mut files = bundle(Y2);
    let (name, bytes) = files.iter().find(|(name, _)| name.ends_with("_0002.jpg")).unwrap().clone();
    files.push((name.replace("_0002.jpg", "_0003.JPG"), bytes));
    assert_found(&files, &[(Rule::ImageUnused, None)]);

    let mut files = bundle(Y2);
    *of(&mut files, "UPKIHON_IMAGE") = b"GIF89a".to_vec();
    assert_found(&files, &[(Rule::FileNotJpeg, None)]);

    let mut files = bundle(Y2);
    replace(of(&mut files, "UPKIHON"), b"_0001.jpg", b"_x.jpg");
    assert_found(&files, &[(Rule::ImageName, Some(1)), (Rule::ImageUnused, None)]);
}

#[test]
fn a_preventive_plan_without_its_rows_is_a_warning() {
    let mut files = bundle("20251014091933-Y3");
    files.retain(|(name, _)| !name.starts_with("UPYOBO_SUB"));
    assert_found(&files, &[(Rule::UnitNoRows, None)]);
}

#[test]
fn unusual_names() {
    let content = b"202407,139014,0009000000,202511\r\n";
    for (name, expected) in [
        ("DLTPLAN_202511_1379905001_43_1379900036_17_20251105090320.csv", vec![Rule::NameSpelling]),
        ("DLTPLAN_202511_1379905002_43_1379900036_17_20251105090320.CSV", vec![Rule::NameCheckDigit]),
        ("DLTPLAN_202511_1379905001_43_1379900036_ZZ_20251105090320.CSV", vec![Rule::NameUnknownKind]),
        ("DLTPLAN_202511_1379905001_1379900036_20251105090320.CSV", vec![Rule::NameShort]),
        ("DLTPLAN_202511_1379905001_430_1379900036_170_20251105090320.CSV", vec![Rule::NameLongKinds]),
    ] {
        let unit = only(&[(name.into(), content.to_vec())]);
        assert_eq!(unit.findings().iter().map(|finding| finding.rule()).collect::<Vec<_>>(), expected, "{name}");
        assert!(unit.is_sendable() && unit.bundle() == Some(Bundle::B4));
    }
    let name = "DLT1KYO_000000_1379905001_43_1379900036_17_20251105090320.CSV";
    let unit = only(&[(name.into(), b"202407,139014,0009000000,20251111\r\n".to_vec())]);
    assert_eq!(found(&unit), [(Rule::NameUnexpectedMonth, None)]);
}

#[test]
fn assumed_kinds_decide_only_where_the_name_is_silent() {
    let content = b"202407,139014,0009000000,202511\r\n";
    let kind = |text: &str| text.parse().ok();
    let mut silent = only(&[("DLTPLAN_202511_1379905001_1379900036_20251105090320.CSV".into(), content.to_vec())]);
    silent.assume_kinds(kind("43"), kind("A2"));
    assert_eq!(silent.bundle(), Some(Bundle::Y7));
    let mut told = only(&[("DLTPLAN_202511_1379905001_43_1379900036_17_20251105090320.CSV".into(), content.to_vec())]);
    told.assume_kinds(kind("46"), kind("A2"));
    assert_eq!((told.bundle(), told.receiver().to_string().as_str()), (Some(Bundle::B4), "1379900036-17"));
}
