use std::collections::BTreeMap;

use careplan::{
    Action, Adapted, BasicInformation, CarePlan, Contents, Document, Edition, End, FileKind, Image, MonthActual,
    OfficeNumber, Person, Reading, Record, ServiceRow, SupportPlan, Time, Value, WriteError, Written, encode_ms932,
};
use proptest::prelude::*;

use crate::{
    sample::{self, Named},
    strategies,
};

pub fn named(written: &Written) -> Vec<Named> {
    written.files.iter().map(|file| (file.name.to_string(), file.bytes.clone())).collect()
}

/// Reads what was written; names of edition 3 hold no service kinds, so those of the contents are supplied.
pub fn read_again(written: &Written, contents: &Contents) -> Reading {
    let files = named(written);
    let mut units = sample::units(&files);
    assert_eq!(units.len(), 1);
    units[0].assume_kinds(contents.sender.kind, contents.receiver.kind);
    Contents::read(&units[0], |position| &files[position].1).unwrap()
}

/// 髙 and 﨑 have two byte pairs each, and the sample has both; the writer takes the first.
fn canonical(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while at + 1 < bytes.len() {
        let lead = matches!(bytes[at], 0x81..=0x9f | 0xe0..=0xfc);
        match &mut bytes[at..at + 2] {
            pair @ [0xee, 0xe0] => pair.copy_from_slice(&[0xfb, 0xfc]),
            pair @ [0xed, 0x95] => pair.copy_from_slice(&[0xfa, 0xb1]),
            _ => {}
        }
        at += if lead { 2 } else { 1 };
    }
    bytes
}

#[test]
fn the_sample_is_written_as_it_is() {
    let mut to_the_byte = 0;
    for bundle in sample::bundles() {
        let folder = &bundle.told["folder"];
        let contents = &bundle.reading.contents;
        let written = contents.write().unwrap();
        assert_eq!(written.edition.to_string(), bundle.told["edition"].as_str().unwrap(), "{folder}");
        assert!(written.missing.is_empty() && written.report.is_empty(), "{folder} {:?}", written.report);
        let given: BTreeMap<&str, &[u8]> = bundle.files.iter().map(|(name, bytes)| (&**name, &**bytes)).collect();
        let named = named(&written);
        assert_eq!(given.keys().copied().collect::<Vec<_>>(), {
            let mut names: Vec<_> = named.iter().map(|(name, _)| name.as_str()).collect();
            names.sort();
            names
        });
        for (name, bytes) in &named {
            let given = given[name.as_str()];
            let image = name.ends_with(".jpg");
            assert!(if image { bytes == given } else { *bytes == canonical(given) }, "{name}");
            to_the_byte += usize::from(bytes == given);
        }
        assert_eq!(read_again(&written, contents), bundle.reading, "{folder}");
    }
    assert_eq!(to_the_byte, 124); // all but one
}

/// The reader takes a file for UTF-8 that is UTF-8 by its looks; text in Japanese hardly ever is, a few random
/// characters may be.
fn looks_like_utf8(written: &Written) -> bool {
    let files = written.files.iter().filter(|file| !file.name.kind().is_image());
    let mut bytes = files.map(|file| file.bytes.as_slice());
    bytes.any(|bytes| std::str::from_utf8(bytes).is_ok() && bytes.iter().any(|&byte| byte >= 0xe0))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_again(contents in strategies::contents()) {
        let written = contents.write().unwrap();
        prop_assume!(!looks_like_utf8(&written));
        let reading = read_again(&written, &contents);
        prop_assert_eq!((reading.superseded, reading.left_out), (0, 0));
        // `Debug` prints no content, so a difference is shown by its place only.
        prop_assert!(reading.contents == contents, "{:?}", written.files);
        prop_assert_eq!(named(&reading.contents.write().unwrap()), named(&written));
        for adaptation in &written.report {
            let kept = matches!(&adaptation.what, Adapted::Character(told) if told.is_kept());
            prop_assert!(kept || matches!(adaptation.what, Adapted::Unreadable | Adapted::NoPicture), "{adaptation:?}");
        }
        for file in written.files.iter().filter(|file| !file.name.kind().is_image()) {
            prop_assert!(file.bytes.ends_with(b"\r\n"));
        }
    }

    #[test]
    fn any_text_is_written_with_its_replacements_told(texts in proptest::collection::vec(any::<String>(), 1..5)) {
        let contents = care_plan(&texts);
        let written = contents.write().unwrap();
        prop_assume!(!looks_like_utf8(&written));
        let again = read_again(&written, &contents).contents;
        let Action::Replace(documents) = &again.action else { panic!() };
        let Document::CarePlan(plan) = &documents[0] else { panic!() };
        let mut told = written.report.iter();
        for (text, row) in texts.iter().zip(&plan.table3) {
            let (bytes, replacements) = encode_ms932(text);
            prop_assert_eq!(row.text("daily_activity"), encoding_rs::SHIFT_JIS.decode_without_bom_handling(&bytes).0);
            for replacement in replacements {
                prop_assert!(told.next().unwrap().what == Adapted::Character(replacement));
            }
        }
        prop_assert!(told.next().is_none());
        prop_assert_eq!(named(&again.write().unwrap()), named(&written));
    }
}

fn ends() -> (End, End) {
    let end = |office: &str, kind: &str| End { office: office.parse().unwrap(), kind: kind.parse().ok() };
    (end("1379905001", "43"), end("1379900010", "11"))
}

fn contents(edition: Edition, documents: Vec<Document>) -> Contents {
    let (sender, receiver) = ends();
    let serial = "20251020090308".parse().unwrap();
    Contents { sender, receiver, serial, edition, action: Action::Replace(documents) }
}

fn person(number: u8) -> Person {
    Person { insurer: "139014".into(), insured: format!("{number:010}").into() }
}

/// A care plan with these texts in table 3.
fn care_plan(texts: &[String]) -> Contents {
    let row = |text: &String| {
        let mut row = Record::new(FileKind::Up3Kyo).unwrap();
        assert!(row.set("daily_activity", Some(Value::Text(text.as_str().into()))));
        row
    };
    contents(
        Edition::V4_1,
        vec![Document::CarePlan(CarePlan {
            person: person(1),
            date: "20251011".parse().unwrap(),
            table1: Record::new(FileKind::Up1Kyo),
            table2: Vec::new(),
            table3: texts.iter().map(row).collect(),
            supplement: None,
        })],
    )
}

fn actual(number: u8, month: &str, kind: &str) -> Document {
    let office: OfficeNumber = "1379900010".parse().unwrap();
    let row = ServiceRow {
        created_on: None,
        cm_office: None,
        care_manager: None,
        units: Some(-5),
        short_stay_days_before: None,
        date: None,
        prorated: None,
        start: Time::NONE,
        end: Time::NONE,
        count: Some(1),
        code: format!("{kind}1111").parse().ok(),
        tais: Some("00000-000000".into()),
        notification: None,
        equipment: Some("A\"B".into()),
        detail_no: None,
        office: Some(office),
        office_name: None,
        satellite: None,
        over_30_days: Some(false),
        updated_by: None,
        unreadable: Vec::new(),
    };
    let (month, kind) = (month.parse().unwrap(), kind.parse().unwrap());
    Document::MonthActual(MonthActual { person: person(number), month, office, kind, rows: vec![row] })
}

#[test]
fn the_bytes_of_a_row() {
    let mut unit = contents(Edition::V4_1, vec![actual(1, "202504", "11")]);
    let written = unit.write().unwrap();
    let row =
        "202407,139014,0000000001,,202504,,,-5,,,,9999,9999,1,111111,00000-000000,,\"A\"\"B\",,1379900010,,,0,,\r\n";
    assert_eq!(
        named(&written),
        [("UPJSK_202504_1379905001_43_1379900010_11_20251020090308.CSV".into(), row.as_bytes().to_vec())]
    );
    assert!(written.report.is_empty() && written.missing.is_empty());

    // A month before April 2025 is of edition 3, and loses what that has no column for.
    unit.action = Action::Replace(vec![actual(1, "202503", "11")]);
    let written = unit.write().unwrap();
    let row = "202208,139014,0000000001,,202503,,,-5,,,,9999,9999,1,111111,,1379900010,,,0,,\r\n";
    assert_eq!(
        named(&written),
        [("UPJSK_202503_1379905001_1379900010_20251020090308.CSV".into(), row.as_bytes().to_vec())]
    );
    let lost: Vec<_> =
        written.report.iter().map(|told| (told.row, told.column.unwrap().name_en(), &told.what)).collect();
    assert_eq!(lost, [(1, "tais_code", &Adapted::LeftOut), (1, "equipment_name", &Adapted::LeftOut)]);
}

#[test]
fn what_is_missing_and_what_is_lost_is_told() {
    let mut unit = care_plan(&["A".into(), "😀".into()]);
    let written = unit.write().unwrap();
    assert_eq!(written.missing, [FileKind::Up2Kyo, FileKind::UpHosoku]);
    assert_eq!(written.files.len(), 2);
    let told: Vec<_> = written.report.iter().map(|told| (told.row, told.column.unwrap().name_en())).collect();
    assert_eq!(told, [(2, "daily_activity")]);
    assert!(!format!("{written:?}").contains('😀') && !format!("{written:?}").contains("0000000001"));

    unit.edition = Edition::V3;
    let written = unit.write().unwrap();
    let told: Vec<_> = written.report.iter().map(|told| (told.row, told.column.is_none(), &told.what)).collect();
    assert_eq!(told, [(1, true, &Adapted::LeftOut), (2, true, &Adapted::LeftOut)]);
}

#[test]
fn pictures_are_named_by_the_writer() {
    let basic = |number: u16, person_number, bytes: &[u8]| {
        let mut record = Record::new(FileKind::UpKihon).unwrap();
        assert!(record.set("family_image_file", Some(Value::Text("old.jpg".into()))));
        Document::BasicInformation(BasicInformation {
            person: person(person_number),
            date: "20251011".parse().unwrap(),
            record: Some(record),
            day: Vec::new(),
            history: Vec::new(),
            image: Some(Image { number, bytes: bytes.into() }),
        })
    };
    let write = |documents| contents(Edition::V4_1, documents).write();
    let written = write(vec![basic(7, 1, b"A"), basic(7, 2, b"A")]).unwrap();
    let names: Vec<_> = written.files.iter().map(|file| file.name.to_string()).collect();
    let image = "UPKIHON_IMAGE_1379905001_43_1379900010_11_20251020090308_0007.jpg";
    assert_eq!(names, ["UPKIHON_1379905001_43_1379900010_11_20251020090308.CSV", image]);
    assert!(String::from_utf8(written.files[0].bytes.clone()).unwrap().contains(&format!("\"{image}\"")));
    assert_eq!(written.report.iter().filter(|told| told.what == Adapted::LeftOut).count(), 2);
    assert_eq!(write(vec![basic(7, 1, b"A"), basic(7, 2, b"B")]), Err(WriteError::Picture { number: 7 }));
    assert_eq!(write(vec![basic(10_000, 1, b"A")]), Err(WriteError::Picture { number: 10_000 }));
    assert_eq!(write(vec![basic(1, 1, b"")]), Err(WriteError::Picture { number: 1 }));
}

#[test]
fn what_is_no_unit_is_refused() {
    let write = |documents| contents(Edition::V4_1, documents).write().unwrap_err();
    let months = WriteError::Months("202511".parse().unwrap(), "202510".parse().unwrap());
    assert_eq!(write(vec![]), WriteError::Empty);
    assert_eq!(write(vec![actual(1, "202511", "11"), actual(2, "202510", "11")]), months);
    assert_eq!(write(vec![actual(1, "202511", "11"), actual(1, "202511", "11")]), WriteError::Twice { document: 1 });

    let mut kinds = contents(Edition::V4_1, vec![actual(1, "202511", "11"), actual(1, "202511", "12")]);
    assert!(kinds.write().is_ok());
    kinds.sender.kind = "11".parse().ok();
    assert_eq!(kinds.write(), Err(WriteError::SeveralKinds));
    kinds.sender.kind = None;
    assert_eq!(kinds.write(), Err(WriteError::SeveralKinds));
    let mut short = contents(Edition::V4_1, vec![actual(1, "202511", "11")]);
    short.receiver.kind = None;
    assert!(matches!(short.write(), Err(WriteError::Name(_))));

    let plan = |change: fn(&mut CarePlan)| {
        let Action::Replace(mut documents) = care_plan(&[]).action else { panic!() };
        let Document::CarePlan(plan) = &mut documents[0] else { panic!() };
        change(plan);
        documents.remove(0)
    };
    assert_eq!(write(vec![plan(|_| {}), actual(1, "202511", "11")]), WriteError::Mixed);
    assert_eq!(write(vec![plan(|plan| plan.table1 = None)]), WriteError::Headless { document: 0 });
    assert_eq!(write(vec![plan(|plan| plan.person.insured = "a".into())]), WriteError::Person { document: 0 });
    let (expected, found) = (FileKind::Up2Kyo, FileKind::Up3Kyo);
    let foreign = plan(|plan| plan.table2.extend(Record::new(FileKind::Up3Kyo)));
    assert_eq!(write(vec![foreign]), WriteError::OtherTable { document: 0, expected, found });
    let (kind, row, column) = (FileKind::Up3Kyo, 1, "daily_activity");
    assert_eq!(care_plan(&["A".repeat(65_537)]).write(), Err(WriteError::LongCell { kind, row, column }));

    let Document::MonthActual(mut other) = actual(1, "202511", "11") else { panic!() };
    other.rows[0].office = None;
    assert_eq!(write(vec![Document::MonthActual(other)]), WriteError::OtherKey { document: 0, row: 0 });
    let mut old = contents(Edition::V3, vec![]);
    old.action = Action::Replace(vec![Document::SupportPlan(SupportPlan {
        person: person(1),
        date: "20251011".parse().unwrap(),
        record: Record::new(FileKind::UpYobo),
        rows: Vec::new(),
    })]);
    let (kind, edition) = (FileKind::UpYobo, Edition::V3);
    assert_eq!(old.write(), Err(WriteError::NotInEdition { kind, edition }));
}
