//! Every form there is, of the sample month and of data at the edge.
#![allow(dead_code, reason = "each user takes some of it")]

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    path::{Path, PathBuf},
};

use careplan::{
    Action, Contents, Date, Document, End, Key, Ledger, MonthActual, OfficeNumber, diff::diff,
    reconcile::Reconciliation,
};
use careplan_forms::{
    cover::Cover,
    forms::{self, Month, Names, Recipient, withdrawn::Withdrawn},
    month,
    sheet::{Pack, Sheet},
};

#[path = "../forms/extreme.rs"]
pub mod extreme;
#[path = "../forms/full.rs"]
pub mod full;
#[path = "../forms/samples.rs"]
pub mod samples;

/// A name for each form, by its title: for files, in the order of the crate's documentation.
pub const NAMES: [(&str, &str); 19] = [
    ("table1", "居宅サービス計画書（１）"),
    ("table2", "居宅サービス計画書（２）"),
    ("table3", "週間サービス計画表"),
    ("table6", "サービス利用票（兼居宅サービス計画）"),
    ("table6-office", "サービス提供票"),
    ("table6-reported", "サービス提供票（実績）"),
    ("table7", "サービス利用票別表"),
    ("table7-office", "サービス提供票別表"),
    ("supplement", "利用者補足情報"),
    ("basic-information", "利用者基本情報"),
    ("support-plan", "介護予防サービス・支援計画書"),
    ("by-person", "予定・実績照合表（利用者別）"),
    ("by-office", "予定・実績照合表（事業所別）"),
    ("by-row", "予定・実績対照表"),
    ("telephone", "電話確認一覧"),
    ("difference", "変更箇所一覧"),
    ("alone", "片方の版にだけある書類の一覧"),
    ("withdrawn", "取り消された書類の一覧"),
    ("cover", "送付状"),
];

/// What stands in a partner's copies.
const OFFICE: &str = "1379900036";
/// To whom offices report.
const PLANNER: &str = "1379905001";

/// All forms of the sample month: what is held in the end, and what changed on the way.
pub fn sample() -> BTreeMap<&'static str, Pack> {
    let ledger = samples::ledger();
    let mut sheets = held(&ledger, OFFICE);
    let documents = samples::documents();
    let names = Names::of(&documents);
    for (at, old) in documents.iter().enumerate() {
        for new in documents[at + 1..].iter().filter(|new| new.key() == old.key() && *new != old) {
            sheets.extend(changed(old, new, &names));
        }
    }
    sheets.extend(forms::difference::alone(
        &documents.iter().map(|new| samples::versions(None, Some(new))).collect::<Vec<_>>(),
        &names,
    ));
    let reported = ledger.documents().filter(|held| matches!(held.document, Document::MonthActual(_)));
    sheets.extend(reported.flat_map(|held| alone(held.document, &names)));
    let withdrawn: Vec<_> =
        ledger.removed().map(|(sender, receiver, key)| gone(sender, receiver, key.clone())).collect();
    sheets.extend(forms::withdrawn::sheet(&withdrawn, &names));
    by_form(sheets)
}

fn gone(sender: End, receiver: End, key: Key) -> Withdrawn {
    Withdrawn { sender, receiver, key, is_in_force: false }
}

/// Actuals without their plan.
fn alone(actual: &Document, names: &Names) -> Vec<Sheet> {
    forms::of(actual, &[], Recipient::ReportedTo(PLANNER.parse().unwrap()), names)
}

/// All forms of data at the edge: 3,000 characters in every text, 60 services on 31 days, 45 persons, names that break
/// what is careless, and a picture.
pub fn extremes() -> BTreeMap<&'static str, Pack> {
    let (month, actual) = extreme::month(60);
    let plans = [extreme::care_plan(), extreme::support_plan(), extreme::basic(&picture())];
    let mut sheets = Vec::new();
    for recipient in [Recipient::User, Recipient::Office("1379900001".parse().unwrap())] {
        sheets.extend(forms::of(&month, &[&actual], recipient, &Names::default()));
    }
    sheets.extend(alone(&Document::MonthActual(actual.clone()), &Names::default()));
    sheets.extend(plans.iter().flat_map(|plan| forms::of(plan, &[], Recipient::Planner, &Names::default())));
    let mut ledger = Ledger::new();
    let template = samples::contents().remove(0);
    let people = extreme::people(45);
    let brought = people.iter().flat_map(|(plan, actual)| [plan.clone(), Document::MonthActual(actual.clone())]);
    ledger.apply(Contents { action: Action::Replace(brought.collect()), ..template });
    sheets.extend(reconciled(&ledger, 3));
    let names = Names::of(people.iter().map(|(plan, _)| plan));
    let short = full::full_documents();
    for (old, new) in [(&short[0], &plans[0]), (&short[3], &plans[1])] {
        sheets.extend(changed(old, new, &names));
    }
    sheets.extend(forms::difference::alone(
        &people.iter().map(|(plan, _)| samples::versions(Some(plan), None)).collect::<Vec<_>>(),
        &names,
    ));
    let keys = people.iter().flat_map(|(plan, actual)| [plan.key(), Document::MonthActual(actual.clone()).key()]);
    let end = |office: &str| End { office: office.parse().unwrap(), kind: "43".parse().ok() };
    let withdrawn: Vec<_> = keys.map(|key| gone(end(PLANNER), end(OFFICE), key)).collect();
    sheets.extend(forms::withdrawn::sheet(&withdrawn, &names));
    sheets.push(cover(extreme::NAMES.iter().cycle().take(45).map(|name| ((*name).to_owned(), 99)).collect()));
    by_form(sheets)
}

/// Tables 6 and 7 of 45 persons.
pub fn month_of_45() -> Pack {
    let people = extreme::people(45);
    let documents: Vec<Document> =
        people.into_iter().flat_map(|(plan, actual)| [plan, Document::MonthActual(actual)]).collect();
    month::pack(&documents, "202512".parse().unwrap(), Recipient::User)
}

/// A configuration of fontconfig with the crate's own font and no other, so that a browser shows the same everywhere. What
/// it keeps goes into a folder.
pub fn fonts(keeps: &Path) -> String {
    let fonts = Path::new(env!("CARGO_MANIFEST_DIR")).join("fonts");
    format!(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE fontconfig SYSTEM \"fonts.dtd\">\n\
         <fontconfig><dir>{}</dir><cachedir>{}</cachedir></fontconfig>\n",
        fonts.display(),
        keeps.join("fontconfig").display()
    )
}

/// Chromium, if it is here: as MUSUBI_CHROMIUM says, or by one of its names.
pub fn chromium() -> Option<PathBuf> {
    env::var_os("MUSUBI_CHROMIUM").map(PathBuf::from).or_else(|| {
        let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH")?).collect();
        let names = ["chromium", "chromium-browser", "google-chrome"];
        names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|file| file.is_file())
    })
}

/// What an office holds, each document once, as forms for the person, and its month for a partner with a cover.
fn held(ledger: &Ledger, office: &str) -> Vec<Sheet> {
    let newest = newest(ledger);
    let names = Names::of(newest.iter().copied());
    let actuals: Vec<&MonthActual> = newest
        .iter()
        .filter_map(|document| if let Document::MonthActual(actual) = document { Some(actual) } else { None })
        .collect();
    let mut sheets = Vec::new();
    for document in newest.iter().filter(|document| !matches!(document, Document::MonthActual(_))) {
        sheets.extend(forms::of(document, &beside(document, &actuals), Recipient::User, &names));
    }
    let office: OfficeNumber = office.parse().unwrap();
    let pack = month::pack(newest.iter().copied(), "202511".parse().unwrap(), Recipient::Office(office));
    let cover = Cover {
        addressee: "見本デイサービス".to_owned(),
        addressee_contact: "00-0000-0000".to_owned(),
        sender: "あおば見本居宅介護支援事業所".to_owned(),
        sender_contact: "00-0000-0001".to_owned(),
        date: Date::new(2025, 11, 25),
        ..Cover::default()
    };
    sheets.extend(month::with_cover(pack, cover, |_| 1).sheets);
    sheets.extend(reconciled(ledger, usize::MAX));
    sheets
}

/// Plan and actuals side by side; row by row for so many persons.
fn reconciled(ledger: &Ledger, persons: usize) -> Vec<Sheet> {
    let newest = newest(ledger);
    let names = Names::of(newest.iter().copied());
    let result = Reconciliation::of_ledgers(ledger, ledger);
    let mut sheets = forms::reconciliation::by_person(&result, &names);
    sheets.extend(forms::reconciliation::by_office(&result, &names));
    sheets.push(forms::reconciliation::telephone(&result, &names));
    let actuals: Vec<&MonthActual> = newest
        .iter()
        .filter_map(|document| if let Document::MonthActual(actual) = document { Some(actual) } else { None })
        .collect();
    let rows = newest.iter().filter_map(|document| {
        let Document::MonthPlan(plan) = document else { return None };
        let month = Month { plan: Some(plan), actuals: &beside(document, &actuals) };
        forms::reconciliation::by_row(&result, &month, &names)
    });
    sheets.extend(rows.take(persons));
    sheets
}

fn changed(old: &Document, new: &Document, names: &Names) -> Vec<Sheet> {
    forms::difference::sheets(&samples::versions(Some(old), Some(new)), &diff(old, new), names)
}

fn newest(ledger: &Ledger) -> Vec<&Document> {
    let mut held: Vec<_> = ledger.documents().collect();
    held.sort_by_key(|held| std::cmp::Reverse(held.serial));
    let mut seen = BTreeSet::new();
    held.into_iter().map(|held| held.document).filter(|document| seen.insert(document.key())).collect()
}

fn beside<'a>(document: &Document, actuals: &[&'a MonthActual]) -> Vec<&'a MonthActual> {
    let mine = actuals
        .iter()
        .copied()
        .filter(|actual| Some(actual.month) == document.month() && actual.person.insured == document.person().insured);
    mine.collect()
}

fn cover(contents: Vec<(String, usize)>) -> Sheet {
    let name = extreme::NAMES.join("\n");
    careplan_forms::cover::sheet(&Cover {
        addressee: name.clone(),
        addressee_contact: name.clone(),
        sender: name.clone(),
        sender_contact: name,
        date: Date::new(2025, 11, 25),
        pages: 4_455,
        own_pages: 2,
        contents,
    })
}

/// A picture of the sample month.
fn picture() -> Vec<u8> {
    let documents = samples::documents();
    let image = documents.iter().find_map(|document| match document {
        Document::BasicInformation(basic) => basic.image.as_ref(),
        _ => None,
    });
    image.unwrap().bytes.to_vec()
}

fn by_form(sheets: Vec<Sheet>) -> BTreeMap<&'static str, Pack> {
    let mut forms: BTreeMap<&'static str, Pack> = BTreeMap::new();
    for sheet in sheets {
        let known = NAMES.iter().find(|(_, title)| *title == sheet.title);
        let (name, title) = known.unwrap_or_else(|| panic!("a form without a name here: {}", sheet.title));
        let pack = forms.entry(name).or_insert_with(|| Pack { title: (*title).to_owned(), sheets: Vec::new() });
        pack.sheets.push(sheet);
    }
    for (name, title) in NAMES {
        assert!(forms.contains_key(name), "no {title}");
    }
    forms
}
