//! Which documents go on whose copy, and in which order: by person, then as the standard counts its tables.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use careplan::{Document, End, Held, Key, Month, MonthActual, OfficeNumber, Person, reconcile::Reconciliation};
use careplan_forms::{
    forms::{self, Form, Names, Persons, Recipient, withdrawn::Withdrawn},
    sheet::Sheet,
};

use crate::{
    args::values::Insured,
    exchange::{Holdings, Incomplete, Unread},
    msg,
    text::Text,
};

/// Whose copy it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Copy {
    /// Everybody's: the planner's own.
    All,
    /// An office's: what it got, under one service kind if there is one.
    Office(End),
    /// A person's.
    Person(Person),
}

/// What lies in files, ready to be chosen from.
pub(crate) struct Selection<'a> {
    /// The newest first.
    held: Vec<Held<'a>>,
    /// What was withdrawn: sender, receiver, key.
    withdrawn: Vec<(End, End, &'a Key)>,
    names: Names,
    holdings: &'a Holdings,
}

impl<'a> Selection<'a> {
    pub(crate) fn new(holdings: &'a Holdings) -> Self {
        let mut held: Vec<Held<'a>> = holdings.ledger.documents().collect();
        held.sort_by_key(|held| Reverse(held.serial));
        Self { withdrawn: holdings.ledger.removed().collect(), names: holdings.names.for_forms(), held, holdings }
    }

    /// The offices that sent what is on a copy, or withdrew it.
    pub(crate) fn senders(&self, copy: &Copy) -> BTreeSet<OfficeNumber> {
        let held = self.held.iter().filter(|held| self.is_for(copy, held)).map(|held| held.sender.office);
        held.chain(self.withdrawn_from(copy).iter().map(|of| of.sender.office)).collect()
    }

    /// Leaves out what is not about a person.
    pub(crate) fn keep(&mut self, person: &Person) {
        let persons = self.who_is_who();
        self.held.retain(|held| persons.are_one(held.document.person(), person));
        self.withdrawn.retain(|(.., key)| persons.are_one(person, &person_of(key)));
    }

    /// Units of which files are missing, if they belong to a copy. Where the leading file is missing nothing of the unit is
    /// held; then something older stands on the copy, or nothing. One after which the same came again does not count.
    pub(crate) fn incomplete(&self, copy: &Copy) -> Vec<&'a Incomplete> {
        let is_on = |of: &&Incomplete| {
            let held = || {
                let ends = self.held.iter().filter(|held| (held.sender, held.receiver) == (of.sender, of.receiver));
                ends.filter(|held| held.document.month() == of.month)
            };
            let belongs = match copy {
                Copy::All => true,
                Copy::Office(office) => is_at(*office, of.receiver),
                Copy::Person(_) => held().any(|held| held.serial == of.serial && self.is_for(copy, held)),
            };
            belongs && (held().any(|held| held.serial == of.serial) || !held().any(|held| of.serial < held.serial))
        };
        self.holdings.incomplete.iter().filter(is_on).collect()
    }

    /// What of an office's was withdrawn, or has nothing of the office's any more.
    fn withdrawn_from(&self, copy: &Copy) -> Vec<Withdrawn> {
        let Copy::Office(office) = copy else { return Vec::new() };
        let gone = self.withdrawn.iter().filter(|(_, receiver, _)| is_at(*office, *receiver));
        let gone = gone.map(|(sender, receiver, key)| (*sender, *receiver, (*key).clone(), false));
        let documents = self.documents(copy);
        let mine = self.held.iter().filter(|held| documents.iter().any(|of| std::ptr::eq(*of, held.document)));
        let idle = mine.filter(|held| self.is_idle(copy, held.document, &documents));
        let idle = idle.map(|held| (held.sender, held.receiver, held.document.key(), true));
        let all = gone.chain(idle);
        all.map(|(sender, receiver, key, is_in_force)| Withdrawn { sender, receiver, key, is_in_force }).collect()
    }

    /// Whether a plan has nothing of an office's, nor did the office report anything of its month.
    fn is_idle(&self, copy: &Copy, document: &'a Document, documents: &[&'a Document]) -> bool {
        let (Copy::Office(office), Document::MonthPlan(plan)) = (copy, document) else { return false };
        !plan.rows.iter().any(|row| row.office == Some(office.office))
            && self.beside(copy, document, documents).is_empty()
    }

    /// The sheet that tells an office what was withdrawn, if something was.
    pub(crate) fn withdrawn(&self, copy: &Copy) -> Option<Sheet> {
        forms::withdrawn::sheet(&self.withdrawn_from(copy), &self.names)
    }

    /// What of a copy could not be read; files whose names do not tell whose they are count for none but the whole.
    pub(crate) fn unread(&self, copy: &Copy) -> Unread {
        let Copy::Office(office) = copy else { return self.holdings.unread };
        let mine = self.holdings.unread_at.iter().filter(|(receiver, ..)| is_at(*office, *receiver));
        mine.fold(Unread::default(), |sum, (_, files, rows)| Unread {
            files: sum.files + files,
            rows: sum.rows + rows,
            ..sum
        })
    }

    /// A name for a copy's file, which sorts as the numbers do and holds nobody's name.
    pub(crate) fn file_name(&self, copy: &Copy, month: Option<Month>) -> String {
        let name = match copy {
            Copy::All => "forms".to_owned(),
            Copy::Office(office) => office.to_string(),
            Copy::Person(person) => {
                let number = Insured { insurer: None, number: person.insured.clone() };
                let is_one = self.with_number(&number).len() < 2;
                // A number of the standard is letters and digits; whatever else stands there goes into no path.
                let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
                let insured = plain(&person.insured);
                if is_one { insured } else { format!("{insured}-{}", plain(&person.insurer)) }
            }
        };
        // Files of other months in the folder are other files.
        month.map_or(name.clone(), |month| format!("{name}-{month}"))
    }

    /// How many persons something on a copy is about.
    pub(crate) fn people(&self, copy: &Copy) -> usize {
        let persons = self.documents(copy).into_iter().map(|document| self.who_is_who().who(document.person()));
        let withdrawn = self.withdrawn_from(copy).into_iter().map(|of| person_of(&of.key));
        persons.chain(withdrawn.map(|person| self.who_is_who().who(&person))).collect::<BTreeSet<_>>().len()
    }

    /// The persons with a number, of whom there is something, or was.
    pub(crate) fn with_number(&self, wanted: &Insured) -> Vec<Person> {
        let held = self.held.iter().map(|held| held.document.person().clone());
        let persons = held.chain(self.withdrawn.iter().map(|(.., key)| person_of(key)));
        let meant =
            persons.filter(|person| person.insured == wanted.number).map(|person| self.who_is_who().who(&person));
        let meant: BTreeSet<Person> =
            meant.filter(|person| wanted.insurer.as_ref().is_none_or(|insurer| person.insurer == *insurer)).collect();
        meant.into_iter().collect()
    }

    /// Tells persons apart.
    fn who_is_who(&self) -> &'a Persons {
        &self.holdings.names.persons
    }

    /// The names of persons and offices.
    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// A copy for each office that got something, or from which something was withdrawn.
    pub(crate) fn partners(&self) -> Vec<Copy> {
        let got = self.held.iter().map(|held| held.receiver.office);
        let offices: BTreeSet<OfficeNumber> =
            got.chain(self.withdrawn.iter().map(|(_, receiver, _)| receiver.office)).collect();
        offices.into_iter().map(|office| Copy::Office(End { office, kind: None })).collect()
    }

    /// A copy for each person.
    pub(crate) fn persons(&self) -> Vec<Copy> {
        let persons = self.held.iter().map(|held| self.who_is_who().who(held.document.person()));
        let mut persons: Vec<Person> = persons.collect::<BTreeSet<_>>().into_iter().collect();
        persons.sort_by(|one, other| (&one.insured, &one.insurer).cmp(&(&other.insured, &other.insurer)));
        persons.into_iter().map(Copy::Person).collect()
    }

    /// What a copy is called.
    pub(crate) fn title(&self, copy: &Copy, text: &Text) -> String {
        text.show(&match copy {
            Copy::All => msg!("render-title-all"),
            Copy::Office(office) => msg!("render-title-office", name = self.names.office(office.office)),
            // Titles stand in lists of windows and of what waits for a printer.
            Copy::Person(person) => msg!("render-title-person", name = &*person.insured),
        })
    }

    /// The documents of a copy, of each key the newest, by person.
    pub(crate) fn documents(&self, copy: &Copy) -> Vec<&'a Document> {
        let mut newest: BTreeMap<(Box<str>, Box<str>, Key), &'a Document> = BTreeMap::new();
        for held in self.held.iter().filter(|held| self.is_for(copy, held)) {
            let Person { insurer, insured } = self.who_is_who().who(held.document.person());
            newest.entry((insured, insurer, held.document.key())).or_insert(held.document);
        }
        newest.into_values().collect()
    }

    /// The forms of a copy that are wanted.
    pub(crate) fn sheets(&self, copy: &Copy, wanted: impl Fn(Form) -> bool) -> Vec<Sheet> {
        let documents = self.documents(copy);
        let mut sheets = Vec::new();
        for document in &documents {
            if self.is_idle(copy, document, &documents) {
                continue;
            }
            let beside = self.beside(copy, document, &documents);
            let is_beside = |actual: &MonthActual| documents.iter().any(|other| self.is_month_of(other, actual));
            // Actuals stand on the sheet of their plan, where that is on the same copy.
            if matches!(document, Document::MonthActual(actual) if is_beside(actual)) {
                continue;
            }
            let made = forms::by_form(document, &beside, recipient(copy, document, &beside), &self.names);
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

    /// The actuals beside a plan: on an office's copy those that it got, and what it reported itself.
    fn beside(&self, copy: &Copy, document: &Document, documents: &[&'a Document]) -> Vec<&'a MonthActual> {
        let actuals = self.held.iter().filter_map(|held| match (held.document, copy) {
            (Document::MonthActual(actual), Copy::Office(office)) if actual.office != office.office => {
                documents.iter().any(|got| std::ptr::eq(*got, held.document)).then_some(actual)
            }
            (Document::MonthActual(actual), _) => Some(actual),
            _ => None,
        });
        actuals.filter(|actual| self.is_month_of(document, actual)).collect()
    }

    /// Whether actuals are of the month and person of a plan.
    fn is_month_of(&self, document: &Document, actual: &MonthActual) -> bool {
        match document {
            Document::MonthPlan(plan) => {
                plan.month == actual.month && self.who_is_who().are_one(&plan.person, &actual.person)
            }
            _ => false,
        }
    }

    fn is_for(&self, copy: &Copy, held: &Held<'_>) -> bool {
        match copy {
            Copy::All => true,
            Copy::Office(office) => is_at(*office, held.receiver),
            Copy::Person(person) => self.who_is_who().are_one(held.document.person(), person),
        }
    }
}

/// The person that a key names.
fn person_of(key: &Key) -> Person {
    let (insurer, insured) = key.person();
    Person { insurer: insurer.into(), insured: insured.into() }
}

/// Whether a receiver is who is asked for. Names of edition 3 tell no kinds.
pub(crate) fn is_at(wanted: End, receiver: End) -> bool {
    let is_kind = wanted.kind.is_none() || receiver.kind.is_none() || wanted.kind == receiver.kind;
    wanted.office == receiver.office && is_kind
}

/// Whose copy a document is shown as. An office that gets the actuals of others is the planner to whom they report.
fn recipient(copy: &Copy, document: &Document, beside: &[&MonthActual]) -> Recipient {
    let office = match copy {
        Copy::All => return Recipient::Planner,
        Copy::Person(_) => return Recipient::User,
        Copy::Office(office) => office.office,
    };
    let is_reported = match document {
        Document::MonthActual(actual) => actual.office != office,
        _ => beside.iter().any(|actual| actual.office != office),
    };
    if is_reported { Recipient::ReportedTo(office) } else { Recipient::Office(office) }
}
