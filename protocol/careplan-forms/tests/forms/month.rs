//! A month for everybody, or for a partner.

use careplan::{Date, Document, FileKind, OfficeNumber, Value};
use careplan_forms::{
    cover::Cover,
    era,
    forms::{self, Names, Recipient, supplement},
    month,
    sheet::{Block, Sheet},
};

use crate::samples;

fn documents() -> Vec<Document> {
    let ledger = samples::ledger();
    let mut held: Vec<_> = ledger.documents().collect();
    held.sort_by_key(|held| std::cmp::Reverse(held.serial));
    held.iter().map(|held| held.document.clone()).collect()
}

fn insured(sheet: &Sheet) -> String {
    let Block::Fields(lines) = &sheet.blocks[0] else { panic!("no fields") };
    let field = lines.iter().flatten().find(|field| field.label == "被保険者番号").unwrap();
    field.value.clone()
}

#[test]
fn a_month_has_everybody_once_in_an_order_of_its_own() {
    let documents = documents();
    let month = "202511".parse().unwrap();
    let pack = month::pack(&documents, month, Recipient::User);
    let mut persons: Vec<String> = pack.sheets.iter().map(insured).collect();
    persons.dedup();
    let mut planned: Vec<String> = documents
        .iter()
        .filter(|document| matches!(document, Document::MonthPlan(plan) if plan.month == month))
        .map(|document| document.person().insured.to_string())
        .collect();
    planned.sort();
    planned.dedup();
    assert!(planned.len() > 5);
    assert!(planned.iter().all(|person| persons.iter().filter(|other| *other == person).count() == 1));
    // Another order in, the same order out: keys that came twice stay in theirs.
    let mut turned = documents.clone();
    turned.sort_by_key(|document| std::cmp::Reverse(document.person().insured.clone()));
    assert_eq!(month::pack(&turned, month, Recipient::User), pack);
    assert_eq!(pack.title, "サービス利用票　令和7年11月分");
}

#[test]
fn a_partner_gets_its_own_people_and_a_cover() {
    let documents = documents();
    let office = "1379900036".parse().unwrap();
    let pack = month::pack(&documents, "202511".parse().unwrap(), Recipient::Office(office));
    let everybody = month::pack(&documents, "202511".parse().unwrap(), Recipient::User);
    assert!(!pack.sheets.is_empty() && pack.sheets.len() < everybody.sheets.len());
    for sheet in &pack.sheets {
        let all = sheet.texts().join("\n");
        assert!(all.contains("1379900036") && !all.contains("1379900010") && !all.contains("1379900028"), "{all}");
    }
    let count = pack.sheets.len();
    let cover = Cover { addressee: "れい".into(), date: Date::new(2025, 11, 25), ..Cover::default() };
    // The cover has more pages than one, too.
    let with = month::with_cover(pack, cover, |sheet| if sheet.title == "送付状" { 3 } else { 2 });
    assert_eq!((with.sheets.len(), with.sheets[0].title.as_str()), (count + 1, "送付状"));
    let all = with.sheets[0].texts().join("\n");
    assert!(all.contains(&format!("{}枚（送付状を含め{}枚）", count * 2, count * 2 + 3)), "{all}");
    assert!(all.contains("サービス提供票　令和7年11月分") && all.contains("サービス提供票別表　令和7年11月分"));
}

/// The value of a field on the first sheet that has it.
fn field(sheets: &[Sheet], label: &str) -> String {
    let fields = sheets.iter().flat_map(|sheet| &sheet.blocks).filter_map(|block| match block {
        Block::Fields(lines) => Some(lines.iter().flatten()),
        _ => None,
    });
    fields.flatten().find(|field| field.label == label).unwrap().value.clone()
}

#[test]
fn offices_are_told_by_name_and_number_where_a_name_is_known() {
    let mut documents = documents();
    let table1 = documents.iter().find_map(|document| match document {
        Document::CarePlan(plan) => plan.table1.as_ref().filter(|record| record.kind() == FileKind::Up1Kyo),
        _ => None,
    });
    let name = table1.unwrap().text("cm_office_name").to_owned();
    let month = "202511".parse().unwrap();
    let office: OfficeNumber = "1379900036".parse().unwrap();
    let own = Names::of(&documents).office(office);
    assert!(!name.is_empty() && own != office.to_string());
    let sheets = month::pack(&documents, month, Recipient::Office(office)).sheets;
    assert_eq!(field(&sheets, "居宅介護支援事業者"), format!("{name}\n1379905001"));
    assert_eq!(sheets[0].foot, format!("サービス事業所用（{own}　{office}）"));
    // Rows may tell an office by its number alone.
    let told = Names::of(&documents);
    let mut plans = documents.iter().filter_map(|document| match document {
        Document::MonthPlan(plan) => Some(plan.clone()),
        _ => None,
    });
    let mut plan = plans.find(|plan| plan.rows.iter().any(|row| row.office == Some(office))).unwrap();
    plan.rows.iter_mut().for_each(|row| row.office_name = None);
    let nameless = Document::MonthPlan(plan);
    for names in [&told, &Names::default()] {
        let texts: Vec<String> = forms::of(&nameless, &[], Recipient::User, names)[0]
            .texts()
            .iter()
            .map(|text| (*text).to_owned())
            .collect();
        let both = format!("{own}\n{office}");
        assert_eq!(texts.contains(&both), names.office(office) == own);
        assert_eq!(texts.contains(&office.to_string()), names.office(office) != own);
    }
    // The supplement tells offices by their numbers alone.
    let supplement = documents.iter().find_map(|document| match document {
        Document::CarePlan(plan) => plan.supplement.clone().map(|record| (document, plan.date, record)),
        _ => None,
    });
    let (document, date, mut record) = supplement.unwrap();
    record.set("consent_receiver_office", Some(Value::Code("1379905001".into())));
    let sheets = supplement::sheets(document, &record, &Names::of(&documents));
    assert_eq!(field(&sheets, "同意書受付業者"), format!("{name}\n1379905001"));
    let limit = field(&sheets, "区分支給限度基準額");
    assert!(limit.ends_with("単位"), "{limit}");
    // A person has one with each plan.
    assert_eq!(sheets[0].subtitle, format!("居宅サービス計画書　{}", era::date(date)));
    // What goes out by fax says on every page whose it is.
    for recipient in [Recipient::Office(office), Recipient::User] {
        for sheet in month::pack(&documents, month, recipient).sheets {
            let number = sheet.about.split('　').next().unwrap();
            assert!(!number.is_empty() && sheet.texts().contains(&number), "{}", sheet.about);
        }
    }
    // Without a care plan nobody tells the name.
    documents.retain(|document| !matches!(document, Document::CarePlan(_)));
    let sheets = month::pack(&documents, month, Recipient::Planner).sheets;
    assert_eq!(field(&sheets, "居宅介護支援事業者"), "1379905001");
}
