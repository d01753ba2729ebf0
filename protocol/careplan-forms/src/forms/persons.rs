//! Who is who.

use std::collections::{BTreeSet, HashMap};

use careplan::{Document, Person};

/// Tells persons apart. An insured number is an insurer's own: of two insurers with one number, each has a person of its
/// own. Only where plans know the number from one insurer alone, actuals under another are that person's (住所地特例).
#[derive(Clone, Default)]
pub struct Persons {
    /// The insurers of plans, by insured number.
    insurers: HashMap<Box<str>, BTreeSet<Box<str>>>,
}

impl Persons {
    /// Collects the persons that documents are about.
    #[must_use]
    pub fn of<'a>(documents: impl IntoIterator<Item = &'a Document>) -> Self {
        let mut persons = Self::default();
        for document in documents.into_iter().filter(|document| !matches!(document, Document::MonthActual(_))) {
            let Person { insurer, insured } = document.person();
            persons.insurers.entry(insured.clone()).or_default().insert(insurer.clone());
        }
        persons
    }

    /// Returns who is meant.
    #[must_use]
    pub fn who(&self, person: &Person) -> Person {
        Person { insurer: self.insurer(person).into(), insured: person.insured.clone() }
    }

    /// Tells whether both are one person.
    #[must_use]
    pub fn are_one(&self, one: &Person, other: &Person) -> bool {
        one.insured == other.insured && self.insurer(one) == self.insurer(other)
    }

    fn insurer<'a>(&'a self, person: &'a Person) -> &'a str {
        let known = self.insurers.get(&person.insured);
        match known.and_then(|known| known.first()) {
            Some(only) if known.is_some_and(|known| known.len() == 1) => only,
            _ => &person.insurer,
        }
    }
}

impl std::fmt::Debug for Persons {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Persons({})", self.insurers.len())
    }
}

#[cfg(test)]
mod tests {
    use careplan::{MonthActual, MonthPlan};

    use super::*;

    fn person(insurer: &str, insured: &str) -> Person {
        Person { insurer: insurer.into(), insured: insured.into() }
    }

    fn plan(of: &Person) -> Document {
        Document::MonthPlan(MonthPlan {
            person: of.clone(),
            month: "202511".parse().unwrap(),
            rows: Vec::new(),
            benefits: Vec::new(),
            supplement: None,
        })
    }

    #[test]
    fn a_number_is_an_insurers_own() {
        let (one, two, third) = (person("139014", "1"), person("139022", "1"), person("139030", "1"));
        let actual = Document::MonthActual(MonthActual {
            person: two.clone(),
            month: "202511".parse().unwrap(),
            office: "1379900010".parse().unwrap(),
            kind: "11".parse().unwrap(),
            rows: Vec::new(),
        });
        // One insurer's plans, and actuals under another: one person.
        let moved = Persons::of([&plan(&one), &actual]);
        assert!(moved.are_one(&one, &two) && moved.who(&two) == one);
        // Plans of both: two.
        let persons = Persons::of([&plan(&one), &plan(&two)]);
        assert!(!persons.are_one(&one, &two) && persons.who(&two) == two && persons.who(&third) == third);
        // Actuals alone tell no more than they say.
        assert!(!Persons::of([&actual]).are_one(&one, &two));
        assert!(!moved.are_one(&one, &person("139014", "2")));
    }
}
