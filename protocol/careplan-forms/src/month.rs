//! All forms of a month at once: for every person, or for one partner with a cover.
//!
//! The order of the sheets hangs on the persons alone: by the reading of the name, then by the insured number. Each sheet
//! is about one person and begins on a new page, so a stack can be taken apart.

use std::collections::BTreeMap;

use careplan::{Document, Month, MonthActual, MonthPlan, OfficeNumber};

use crate::{
    cover::{self, Cover},
    era,
    forms::{self, Names, Persons, Recipient},
    sheet::{Pack, Sheet},
    show,
};

/// Returns tables 6 and 7 of everybody for whom something is planned or was done in a month, as far as it concerns the
/// recipient; the person's actuals stand beside the plan.
///
/// Documents of other kinds and months are asked for names only, as a care plan for that of its office.
/// Of documents with one key the first counts, so the newest come first. Actuals without a plan come last.
#[must_use]
pub fn pack<'a>(documents: impl IntoIterator<Item = &'a Document>, month: Month, recipient: Recipient) -> Pack {
    let documents: Vec<&Document> = documents.into_iter().collect();
    let names = Names::of(documents.iter().copied());
    let persons = Persons::of(documents.iter().copied());
    let mut plans: BTreeMap<_, &MonthPlan> = BTreeMap::new();
    let mut actuals: BTreeMap<_, &MonthActual> = BTreeMap::new();
    for document in documents {
        match document {
            Document::MonthPlan(plan) if plan.month == month => {
                plans.entry(document.key()).or_insert(plan);
            }
            Document::MonthActual(actual) if actual.month == month => {
                actuals.entry(document.key()).or_insert(actual);
            }
            _ => {}
        }
    }
    let reading = |plan: &MonthPlan| {
        plan.supplement.as_ref().map(|record| show::column(record, "user_name_kana")).unwrap_or_default()
    };
    let mut plans: Vec<&MonthPlan> = plans.into_values().collect();
    plans.sort_by_cached_key(|plan| (reading(plan), plan.person.insured.clone(), plan.person.insurer.clone()));
    let concerns = |office: Option<OfficeNumber>| recipient.sees(office);
    let mut sheets = Vec::new();
    for plan in &plans {
        let beside: Vec<&MonthActual> =
            actuals.values().copied().filter(|actual| persons.are_one(&actual.person, &plan.person)).collect();
        let is_planned = plan.rows.iter().any(|row| concerns(row.office));
        if !is_planned && !beside.iter().any(|actual| concerns(Some(actual.office))) {
            continue;
        }
        let mut made = forms::table6::sheets(&forms::Month { plan: Some(plan), actuals: &beside }, recipient, &names);
        made.extend(forms::table7::sheets(plan, recipient, &names));
        forms::name_person(&mut made, &plan.person, &names);
        sheets.extend(made);
    }
    let mut others: BTreeMap<_, Vec<&MonthActual>> = BTreeMap::new();
    for actual in actuals.into_values() {
        let is_planned = plans.iter().any(|plan| persons.are_one(&plan.person, &actual.person));
        if !is_planned && concerns(Some(actual.office)) {
            others.entry(&actual.person).or_default().push(actual);
        }
    }
    for (person, actuals) in &others {
        let mut made = forms::table6::sheets(&forms::Month { plan: None, actuals }, recipient, &names);
        forms::name_person(&mut made, person, &names);
        sheets.extend(made);
    }
    let what = match recipient {
        Recipient::Office(_) => "サービス提供票",
        _ => "サービス利用票",
    };
    Pack { title: format!("{what}　{}", era::month_of_service(month)), sheets }
}

/// Puts a cover before a pack. The contents of the cover are told by the names of the pack's forms, if it has none:
/// `pages` says how many pages a form takes, and is asked for each sheet in order and for the cover.
#[must_use]
pub fn with_cover(mut pack: Pack, mut cover: Cover, pages: impl Fn(&Sheet) -> usize) -> Pack {
    if cover.contents.is_empty() {
        for sheet in &pack.sheets {
            let name = match sheet.subtitle.as_str() {
                "" => sheet.title.clone(),
                subtitle => format!("{}　{subtitle}", sheet.title),
            };
            match cover.contents.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => *count += pages(sheet),
                None => cover.contents.push((name, pages(sheet))),
            }
        }
        cover.pages = cover.contents.iter().map(|(_, pages)| pages).sum();
    }
    // A number more or less changes no line of it.
    cover.own_pages = pages(&cover::sheet(&cover)).max(1);
    pack.sheets.insert(0, cover::sheet(&cover));
    pack
}
