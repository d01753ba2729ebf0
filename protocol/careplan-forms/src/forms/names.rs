//! Names of persons and offices, for forms about numbers.

use std::collections::HashMap;

use careplan::{CarePlan, Document, FileKind, OfficeNumber, Person};

use super::Persons;
use crate::show;

/// Names of persons and offices, as documents tell them; the first told stays.
#[derive(Clone, Default)]
pub struct Names {
    /// By insured number, with the insurer: two insurers may have given one number.
    persons: HashMap<Box<str>, Vec<(Box<str>, String)>>,
    offices: HashMap<OfficeNumber, String>,
    who: Persons,
}

impl Names {
    /// Collects the names that stand in documents, the newest of which come first.
    #[must_use]
    pub fn of<'a>(documents: impl IntoIterator<Item = &'a Document>) -> Self {
        let mut names = Self::default();
        for document in documents {
            names.who.add(document);
            let (record, rows) = match document {
                Document::CarePlan(plan) => {
                    if let Some((office, name)) = planner(plan) {
                        names.add_office(office, show::text(name));
                    }
                    (plan.supplement.as_ref(), &[][..])
                }
                Document::MonthPlan(plan) => (plan.supplement.as_ref(), &plan.rows[..]),
                Document::MonthActual(actual) => (None, &actual.rows[..]),
                Document::BasicInformation(basic) => (basic.record.as_ref(), &[][..]),
                Document::SupportPlan(plan) => (plan.record.as_ref(), &[][..]),
                _ => (None, &[][..]),
            };
            if let Some(name) = record.map(|record| show::column(record, "user_name")).filter(|name| !name.is_empty()) {
                names.add_person(document.person(), name);
            }
            for row in rows {
                if let (Some(office), Some(name)) = (row.office, &row.office_name) {
                    names.add_office(office, show::text(name));
                }
            }
        }
        names
    }

    /// Adds the name of a person, unless one is known.
    pub fn add_person(&mut self, person: &Person, name: impl Into<String>) {
        let known = self.persons.entry(person.insured.clone()).or_default();
        if known.iter().all(|(insurer, _)| *insurer != person.insurer) {
            known.push((person.insurer.clone(), name.into()));
        }
    }

    /// Adds the name of an office, unless one is known.
    pub fn add_office(&mut self, office: OfficeNumber, name: impl Into<String>) {
        self.offices.entry(office).or_insert_with(|| name.into());
    }

    /// Adds who is who.
    pub fn add_persons(&mut self, persons: Persons) {
        self.who.merge(persons);
    }

    /// Finds the name of a person, who may be known under another insurer.
    pub(crate) fn find(&self, insurer: &str, insured: &str) -> Option<&str> {
        let known = self.persons.get(insured)?;
        let under = |insurer: &str| known.iter().find(|(of, _)| **of == *insurer);
        let found = under(insurer).or_else(|| under(self.who.insurer(insurer, insured)));
        found.map(|(_, name)| name.as_str())
    }

    /// Returns how a person is told on following pages: 0009079191　例田　花子　様; the number alone where no name is known.
    pub(crate) fn about(&self, (insurer, insured): (&str, &str), honorific: &str) -> String {
        let name = self.find(insurer, insured).map(|name| format!("　{}　{honorific}", name.replace('\n', "　")));
        insured.to_owned() + &name.unwrap_or_default()
    }

    /// Returns the name of a person as it stands at the head of a form: 例田　花子　様; a sign for none where none is known.
    pub(crate) fn person_at_head(&self, (insurer, insured): (&str, &str)) -> String {
        self.find(insurer, insured).map_or_else(|| "（氏名不明）".to_owned(), |name| format!("{name}　様"))
    }

    /// Returns the name of a person; the insured number where none is known.
    #[must_use]
    pub fn person(&self, insurer: &str, insured: &str) -> String {
        self.find(insurer, insured).unwrap_or(insured).to_owned()
    }

    /// Returns the name of a person and the insured number in two lines, for two may have one name; the number alone where
    /// no name is known.
    pub(crate) fn person_in_full(&self, (insurer, insured): (&str, &str)) -> String {
        show::distinct([self.person(insurer, insured), insured.to_owned()])
    }

    /// Returns the name of an office; the number where none is known.
    #[must_use]
    pub fn office(&self, office: OfficeNumber) -> String {
        self.offices.get(&office).cloned().unwrap_or_else(|| office.to_string())
    }

    /// Returns the name of an office and its number in two lines; the number alone where no name is known.
    #[must_use]
    pub fn office_in_full(&self, office: OfficeNumber) -> String {
        show::distinct([self.office(office), office.to_string()])
    }
}

/// Returns number and name of the office that makes a care plan: table 1 has both.
#[must_use]
pub fn planner(plan: &CarePlan) -> Option<(OfficeNumber, &str)> {
    let record = plan.table1.as_ref().filter(|record| record.kind() == FileKind::Up1Kyo)?;
    let name = record.text("cm_office_name").trim();
    let office = record.text("cm_office_number").parse().ok()?;
    (!name.is_empty()).then_some((office, name))
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Names({} persons, {} offices)", self.persons.len(), self.offices.len())
    }
}
