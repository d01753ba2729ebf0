//! Shows files of the standard as forms: `render html FOLDER...` or `render text FOLDER...`, to stdout.
//!
//! What the units replace and remove counts, so a folder of a month gives what an office holds in the end. Actuals stand
//! beside the plan of their person and month. Instead of folders, files may be named.

use std::{collections::BTreeMap, env, error::Error, fs, path::Path};

use careplan::{Collection, Contents, Document, Ledger, MonthActual, reconcile::Reconciliation};
use careplan_forms::{
    forms::{self, Month, Names, Recipient},
    html,
    sheet::{Pack, Sheet},
    text,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let Some(format) = arguments.next() else { return Err("say html or text, then folders or files".into()) };
    let mut files = Vec::new();
    for argument in arguments {
        gather(Path::new(&argument), &mut files)?;
    }
    let ledger = read(&files);
    let sheets = sheets(&ledger);
    match format.as_str() {
        "html" => print!("{}", html::html(&Pack { title: "帳票".into(), sheets })),
        _ => sheets.iter().for_each(|sheet| println!("{}", text::text(sheet, 80))),
    }
    Ok(())
}

fn gather(path: &Path, files: &mut Vec<(String, Vec<u8>)>) -> Result<(), Box<dyn Error>> {
    if !path.is_dir() {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.push((name, fs::read(path)?));
        return Ok(());
    }
    let mut inside: Vec<_> = fs::read_dir(path)?.collect::<Result<_, _>>()?;
    inside.sort_by_key(fs::DirEntry::file_name);
    inside.iter().try_for_each(|entry| gather(&entry.path(), files))
}

fn read(files: &[(String, Vec<u8>)]) -> Ledger {
    let mut collection = Collection::new();
    for (name, bytes) in files {
        collection.add(name, bytes);
    }
    let mut ledger = Ledger::new();
    for unit in collection.sort().units {
        if let Some(reading) = Contents::read(&unit, |at| &files[at].1) {
            ledger.apply(reading.contents);
        }
    }
    ledger
}

fn sheets(ledger: &Ledger) -> Vec<Sheet> {
    let mut held: Vec<_> = ledger.documents().collect();
    held.sort_by_key(|held| std::cmp::Reverse(held.serial));
    let documents: Vec<&Document> = held.iter().map(|held| held.document).collect();
    let actuals: Vec<&MonthActual> = documents
        .iter()
        .filter_map(|document| if let Document::MonthActual(actual) = document { Some(actual) } else { None })
        .collect();
    // Each receiver has a copy; the newest is shown.
    let mut newest = BTreeMap::new();
    for document in &documents {
        newest.entry(document.key()).or_insert(*document);
    }
    let names = Names::of(documents.iter().copied());
    let mut sheets = Vec::new();
    for document in newest.values() {
        let beside = beside(document, &actuals);
        // Actuals stand on the sheet of their plan.
        if !matches!(document, Document::MonthActual(_)) {
            sheets.extend(forms::of(document, &beside, Recipient::User, &names));
        }
    }
    let result = Reconciliation::of_ledgers(ledger, ledger);
    for document in newest.values() {
        if let Document::MonthPlan(plan) = document {
            let beside = beside(document, &actuals);
            let month = Month { plan: Some(plan), actuals: &beside };
            sheets.extend(forms::reconciliation::by_row(&result, &month, &names));
        }
    }
    sheets.extend(forms::reconciliation::by_person(&result, &names));
    sheets.extend(forms::reconciliation::by_office(&result, &names));
    sheets.push(forms::reconciliation::telephone(&result, &names));
    sheets
}

fn beside<'a>(document: &Document, actuals: &[&'a MonthActual]) -> Vec<&'a MonthActual> {
    let mine = actuals
        .iter()
        .copied()
        .filter(|actual| Some(actual.month) == document.month() && actual.person.insured == document.person().insured);
    mine.collect()
}
