//! Which documents go on whose copy, and in which order: by person, then as the standard counts its tables.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use careplan::{Document, Held, Key, MonthActual, OfficeNumber, reconcile::Reconciliation};
use careplan_forms::{
    forms::{self, Form, Names},
    sheet::Sheet,
};

use super::recipient;
use crate::{exchange::Holdings, msg, text::Text};

/// Whose copy it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Copy {
    /// Everybody's: the planner's own.
    All,
    /// An office's: what it got.
    Office(OfficeNumber),
    /// A person's, by the insured number.
    Person(Box<str>),
}

/// What lies in files, ready to be chosen from.
pub(crate) struct Selection<'a> {
    /// The newest first.
    held: Vec<Held<'a>>,
    actuals: Vec<&'a MonthActual>,
    names: Names,
}

impl Copy {
    /// A name for its file, which sorts as the numbers do and holds nobody's name.
    pub(crate) fn file_name(&self) -> String {
        match self {
            Self::All => "forms".to_owned(),
            Self::Office(office) => office.to_string(),
            // A number of the standard is letters and digits; whatever else stands there goes into no path.
            Self::Person(insured) => insured.chars().filter(char::is_ascii_alphanumeric).collect(),
        }
    }
}

impl<'a> Selection<'a> {
    pub(crate) fn new(holdings: &'a Holdings) -> Self {
        let mut held: Vec<Held<'a>> = holdings.ledger.documents().collect();
        held.sort_by_key(|held| Reverse(held.serial));
        let actuals = held.iter().filter_map(|held| match held.document {
            Document::MonthActual(actual) => Some(actual),
            _ => None,
        });
        let actuals = actuals.collect();
        Self { held, actuals, names: holdings.names.for_forms() }
    }

    /// Who sent what there is, if it is one office.
    pub(crate) fn sender_of(&self, office: OfficeNumber) -> Option<OfficeNumber> {
        let got = self.held.iter().filter(|held| held.receiver.office == office);
        let senders: BTreeSet<OfficeNumber> = got.map(|held| held.sender.office).collect();
        match senders.into_iter().collect::<Vec<_>>()[..] {
            [sender] => Some(sender),
            _ => None,
        }
    }

    /// The names of persons and offices.
    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// A copy for each office that got something.
    pub(crate) fn partners(&self) -> Vec<Copy> {
        let offices: BTreeSet<OfficeNumber> = self.held.iter().map(|held| held.receiver.office).collect();
        offices.into_iter().map(Copy::Office).collect()
    }

    /// A copy for each person.
    pub(crate) fn persons(&self) -> Vec<Copy> {
        let persons: BTreeSet<Box<str>> = self.held.iter().map(|held| held.document.person().insured.clone()).collect();
        persons.into_iter().map(Copy::Person).collect()
    }

    /// What a copy is called.
    pub(crate) fn title(&self, copy: &Copy, text: &Text) -> String {
        text.show(&match copy {
            Copy::All => msg!("render-title-all"),
            Copy::Office(office) => msg!("render-title-office", name = self.names.office(*office)),
            Copy::Person(insured) => msg!("render-title-person", name = self.names.person(insured)),
        })
    }

    /// The documents of a copy, of each key the newest, by person.
    pub(crate) fn documents(&self, copy: &Copy) -> Vec<&'a Document> {
        let mut newest: BTreeMap<(&str, Key), &'a Document> = BTreeMap::new();
        for held in self.held.iter().filter(|held| is_for(copy, held)) {
            let person = held.document.person();
            newest.entry((&person.insured, held.document.key())).or_insert(held.document);
        }
        newest.into_values().collect()
    }

    /// The forms of a copy that are wanted.
    pub(crate) fn sheets(&self, copy: &Copy, wanted: impl Fn(Form) -> bool) -> Vec<Sheet> {
        let documents = self.documents(copy);
        let mut sheets = Vec::new();
        for document in &documents {
            let beside = self.beside(document);
            let is_beside = |actual: &MonthActual| documents.iter().any(|other| is_month_of(other, actual));
            // Actuals stand on the sheet of their plan, where that is on the same copy.
            if matches!(document, Document::MonthActual(actual) if is_beside(actual)) {
                continue;
            }
            let made = forms::by_form(document, &beside, recipient(copy), &self.names);
            sheets.extend(made.into_iter().filter(|(form, _)| wanted(*form)).map(|(_, sheet)| sheet));
        }
        sheets
    }

    /// The sheets on which plan and actuals stand side by side, and what is to be cleared by telephone.
    pub(crate) fn reconciled(&self, result: &Reconciliation) -> Vec<Sheet> {
        let mut sheets = forms::reconciliation::by_person(result, &self.names);
        sheets.extend(forms::reconciliation::by_office(result, &self.names));
        sheets.push(forms::reconciliation::telephone(result, &self.names));
        sheets
    }

    fn beside(&self, document: &Document) -> Vec<&'a MonthActual> {
        self.actuals.iter().copied().filter(|actual| is_month_of(document, actual)).collect()
    }
}

/// Whether actuals are of the month and person of a plan. Plan and actuals may name another insurer.
fn is_month_of(document: &Document, actual: &MonthActual) -> bool {
    match document {
        Document::MonthPlan(plan) => plan.month == actual.month && plan.person.insured == actual.person.insured,
        _ => false,
    }
}

fn is_for(copy: &Copy, held: &Held<'_>) -> bool {
    match copy {
        Copy::All => true,
        Copy::Office(office) => held.receiver.office == *office,
        Copy::Person(insured) => held.document.person().insured == *insured,
    }
}
