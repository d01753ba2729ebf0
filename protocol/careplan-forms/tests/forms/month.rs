//! A month for everybody, or for a partner.

use careplan::{Date, Document};
use careplan_forms::{
    cover::Cover,
    forms::Recipient,
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
    let with = month::with_cover(pack, cover, |_| 2);
    assert_eq!((with.sheets.len(), with.sheets[0].title.as_str()), (count + 1, "送付状"));
    let all = with.sheets[0].texts().join("\n");
    assert!(all.contains(&format!("{}枚（送付状を含め{}枚）", count * 2, count * 2 + 1)), "{all}");
    assert!(all.contains("サービス提供票　令和7年11月分") && all.contains("サービス提供票別表　令和7年11月分"));
}
