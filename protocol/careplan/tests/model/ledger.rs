use std::collections::{BTreeMap, BTreeSet};

use careplan::{
    Action, CarePlan, Contents, Document, Edition, Effect, End, FileKind, Key, Ledger, Person, Record, Subject, Value,
};
use proptest::prelude::*;

use crate::sample;

#[test]
fn each_office_holds_what_the_oracle_says() {
    let bundles = sample::bundles();
    let forward: Vec<Contents> = bundles.into_iter().map(|bundle| bundle.reading.contents).collect();
    let mut ledger = Ledger::new();
    for contents in forward.clone() {
        for change in ledger.apply(contents) {
            assert!(
                matches!(change.effect, Effect::Added | Effect::Replaced { .. } | Effect::Removed { .. }),
                "{change:?}"
            );
        }
    }
    let mut held: BTreeMap<(String, &str), BTreeSet<Vec<String>>> = BTreeMap::new();
    for document in ledger.documents() {
        let key = document.document.key();
        let part = match key.subject() {
            Subject::CarePlan => "care_plans",
            Subject::PlanMonth => "plan_months",
            Subject::Actual => "actuals",
            Subject::BasicInformation => "basic_information",
            Subject::SupportPlan => "support_plans",
            other => panic!("{other:?} is new"),
        };
        let cells = key.cells().map(str::to_owned).collect();
        held.entry((document.receiver.office.to_string(), part)).or_default().insert(cells);
        assert_eq!(ledger.get(document.sender, document.receiver, &key).unwrap().document, document.document);
        assert!(ledger.find(&key).any(|found| found.serial == document.serial));
    }
    let mut expected = BTreeMap::new();
    for (office, inbox) in sample::oracle()["inboxes"].as_object().unwrap() {
        for (part, keys) in inbox.as_object().unwrap() {
            let keys: BTreeSet<Vec<String>> = serde_json::from_value(keys.clone()).unwrap();
            let part = ["care_plans", "plan_months", "actuals", "basic_information", "support_plans"]
                .into_iter()
                .find(|known| known == part)
                .unwrap();
            if !keys.is_empty() {
                expected.insert((office.clone(), part), keys);
            }
        }
    }
    assert_eq!(held, expected);

    let mut backward = Ledger::new();
    for contents in forward.into_iter().rev() {
        backward.apply(contents);
    }
    assert_eq!(backward, ledger);
}

/// What a unit of the tests does to one of three people: brings a document with this text, or removes it.
type Said = (u8, Option<u8>);

fn document(person: u8, text: u8) -> Document {
    let mut table1 = Record::new(FileKind::Up1Kyo).unwrap();
    assert!(table1.set("overall_policy", Some(Value::Text(text.to_string().into()))));
    Document::CarePlan(CarePlan {
        person: Person { insurer: "139014".into(), insured: format!("{person:010}").into() },
        date: "20251011".parse().unwrap(),
        table1: Some(table1),
        table2: Vec::new(),
        table3: Vec::new(),
        supplement: None,
    })
}

fn key(person: u8) -> Key {
    document(person, 0).key()
}

fn ends() -> (End, End) {
    let end = |office: &str, kind: &str| End { office: office.parse().unwrap(), kind: kind.parse().ok() };
    (end("1379905001", "43"), end("1379900010", "11"))
}

fn unit(serial: usize, action: Action) -> Contents {
    let (sender, receiver) = ends();
    Contents { sender, receiver, serial: format!("{serial:014}").parse().unwrap(), edition: Edition::V4_1, action }
}

fn effects(ledger: &mut Ledger, contents: Contents) -> Vec<Effect> {
    ledger.apply(contents).into_iter().map(|change| change.effect).collect()
}

#[test]
fn every_effect() {
    let mut ledger = Ledger::new();
    let replace = |serial, text| unit(serial, Action::Replace(vec![document(1, text)]));
    let remove = |serial| unit(serial, Action::Remove(vec![key(1)]));
    let before = |text| Box::new(document(1, text));
    assert_eq!(effects(&mut ledger, remove(2)), [Effect::Unknown]);
    assert_eq!(effects(&mut ledger, replace(1, 1)), [Effect::Stale]);
    assert_eq!(effects(&mut ledger, replace(3, 3)), [Effect::Added]);
    assert_eq!(effects(&mut ledger, replace(3, 3)), [Effect::Same]);
    assert_eq!(effects(&mut ledger, replace(3, 4)), [Effect::Conflict { other: Some(before(4)) }]);
    assert_eq!(effects(&mut ledger, remove(3)), [Effect::Conflict { other: None }]);
    assert_eq!(effects(&mut ledger, replace(5, 5)), [Effect::Replaced { before: before(3) }]);
    assert_eq!(effects(&mut ledger, remove(4)), [Effect::Stale]);
    assert_eq!(effects(&mut ledger, remove(6)), [Effect::Removed { before: before(5) }]);
    assert_eq!(effects(&mut ledger, remove(6)), [Effect::Same]);
    let Document::CarePlan(mut plan) = document(1, 7) else { unreachable!() };
    plan.table1 = None;
    assert_eq!(effects(&mut ledger, unit(7, Action::Replace(vec![Document::CarePlan(plan)]))), [Effect::Headless]);
    assert_eq!(ledger.documents().count(), 0);

    // Another sender's document of the same key is another document.
    let mut other = replace(1, 8);
    other.sender.kind = "46".parse().ok();
    assert_eq!(effects(&mut ledger, other), [Effect::Added]);
    assert_eq!(format!("{ledger:?}"), "Ledger(1 documents)");
}

fn units() -> impl Strategy<Value = (Vec<Contents>, Vec<Contents>)> {
    let said = proptest::collection::vec((0u8..3, proptest::option::of(any::<u8>())), 0..20);
    said.prop_map(|said: Vec<Said>| {
        said.into_iter()
            .enumerate()
            .map(|(serial, (person, text))| {
                let action = match text {
                    Some(text) => Action::Replace(vec![document(person, text), document(person + 1, text)]),
                    None => Action::Remove(vec![key(person)]),
                };
                unit(serial, action)
            })
            .collect::<Vec<_>>()
    })
    .prop_flat_map(|units| (Just(units.clone()), Just(units).prop_shuffle()))
}

proptest! {
    #[test]
    fn the_order_of_coming_does_not_matter((in_order, shuffled) in units()) {
        let mut expected: BTreeMap<Key, (String, Document)> = BTreeMap::new();
        let mut ordered = Ledger::new();
        for contents in in_order {
            match &contents.action {
                Action::Replace(documents) => {
                    for document in documents {
                        expected.insert(document.key(), (contents.serial.to_string(), document.clone()));
                    }
                }
                Action::Remove(keys) => keys.iter().for_each(|key| drop(expected.remove(key))),
            }
            ordered.apply(contents);
        }
        let mut ledger = Ledger::new();
        for contents in shuffled.iter().cloned() {
            ledger.apply(contents);
        }
        let held: BTreeMap<Key, (String, Document)> = ledger
            .documents()
            .map(|held| (held.document.key(), (held.serial.to_string(), held.document.clone())))
            .collect();
        prop_assert_eq!(held, expected);
        prop_assert_eq!(&ledger, &ordered);
        // Coming once more changes nothing.
        for contents in shuffled {
            for change in ledger.apply(contents) {
                prop_assert!(matches!(change.effect, Effect::Same | Effect::Stale));
            }
        }
        prop_assert_eq!(&ledger, &ordered);
    }
}
