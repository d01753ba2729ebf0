//! Who is who.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use careplan::{Document, Key, Month, OfficeNumber, Person, ServiceKind, Subject};

/// Tells persons apart. An insured number is an insurer's own: of two insurers with one number, each has a person of its
/// own. Actuals under another insurer are those of the person whom plans know (住所地特例) only if nothing speaks against
/// it: plans know the number from one insurer, actuals from one other, and no office reports under both.
#[derive(Clone, Default)]
pub struct Persons {
    /// By insured number.
    numbers: HashMap<Box<str>, Number>,
}

/// Who uses a number.
#[derive(Clone, Default)]
struct Number {
    /// Insurers of plans.
    plans: BTreeSet<Box<str>>,
    /// Insurers of actuals, and what was reported under them.
    actuals: BTreeMap<Box<str>, BTreeSet<(OfficeNumber, ServiceKind, Month)>>,
}

impl Persons {
    /// Collects the persons that documents are about.
    #[must_use]
    pub fn of<'a>(documents: impl IntoIterator<Item = &'a Document>) -> Self {
        let mut persons = Self::default();
        documents.into_iter().for_each(|document| persons.add(document));
        persons
    }

    /// Adds the person that a document is about.
    pub fn add(&mut self, document: &Document) {
        let Person { insurer, insured } = document.person();
        let number = self.numbers.entry(insured.clone()).or_default();
        if let Document::MonthActual(actual) = document {
            let reported = number.actuals.entry(insurer.clone()).or_default();
            reported.insert((actual.office, actual.kind, actual.month));
        } else {
            number.plans.insert(insurer.clone());
        }
    }

    /// Adds the person that a withdrawn document was about.
    pub fn add_withdrawn(&mut self, key: &Key) {
        let (insurer, insured) = key.person();
        if key.subject() != Subject::Actual {
            self.numbers.entry(insured.into()).or_default().plans.insert(insurer.into());
        }
    }

    /// Adds whom another side knows.
    pub fn merge(&mut self, other: Self) {
        for (insured, number) in other.numbers {
            let known = self.numbers.entry(insured).or_default();
            known.plans.extend(number.plans);
            for (insurer, reported) in number.actuals {
                known.actuals.entry(insurer).or_default().extend(reported);
            }
        }
    }

    /// Returns who is meant.
    #[must_use]
    pub fn who(&self, person: &Person) -> Person {
        let insurer = self.insurer(&person.insurer, &person.insured);
        Person { insurer: insurer.into(), insured: person.insured.clone() }
    }

    /// Tells whether both are one person.
    #[must_use]
    pub fn are_one(&self, one: &Person, other: &Person) -> bool {
        let insured = &one.insured;
        *insured == other.insured && self.insurer(&one.insurer, insured) == self.insurer(&other.insurer, insured)
    }

    /// The insurer under whom plans know who is meant.
    pub(crate) fn insurer<'a>(&'a self, insurer: &'a str, insured: &str) -> &'a str {
        self.numbers.get(insured).and_then(|number| number.planned(insurer)).unwrap_or(insurer)
    }
}

impl Number {
    /// The insurer of the plans, if they are about the person whom another insurer's actuals are about.
    fn planned(&self, insurer: &str) -> Option<&str> {
        let mut plans = self.plans.iter();
        let (only, None) = (plans.next()?, plans.next()) else { return None };
        let mut others = self.actuals.iter().filter(|(of, _)| *of != only);
        let ((of, reported), None) = (others.next()?, others.next()) else { return None };
        let is_twice = self.actuals.get(only).is_some_and(|own| !own.is_disjoint(reported));
        (**of == *insurer && !is_twice).then_some(only)
    }
}

impl std::fmt::Debug for Persons {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Persons({})", self.numbers.len())
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
        let actual = |of: &Person, office: &str| {
            Document::MonthActual(MonthActual {
                person: of.clone(),
                month: "202511".parse().unwrap(),
                office: office.parse().unwrap(),
                kind: "11".parse().unwrap(),
                rows: Vec::new(),
            })
        };
        let under_two = actual(&two, "1379900010");
        // One insurer's plans, and actuals under another: one person.
        let moved = Persons::of([&plan(&one), &under_two]);
        assert!(moved.are_one(&one, &two) && moved.who(&two) == one);
        // Plans of both: two.
        let persons = Persons::of([&plan(&one), &plan(&two)]);
        assert!(!persons.are_one(&one, &two) && persons.who(&two) == two && persons.who(&third) == third);
        // Actuals alone tell no more than they say.
        assert!(!Persons::of([&under_two]).are_one(&one, &two));
        assert!(!moved.are_one(&one, &person("139014", "2")) && !moved.are_one(&one, &third));
        // So are actuals of one office under one insurer, of another under the other; not if one office reports both, or
        // there are two other insurers.
        let both = |office: &str| Persons::of([&plan(&one), &under_two, &actual(&one, office)]);
        assert!(both("1379900028").are_one(&one, &two) && !both("1379900010").are_one(&one, &two));
        let three = Persons::of([&plan(&one), &under_two, &actual(&third, "1379900028")]);
        assert!(!three.are_one(&one, &two) && !three.are_one(&one, &third));
        // A plan that was withdrawn was somebody's, and so was one that another side knows.
        let mut withdrawn = moved.clone();
        withdrawn.add_withdrawn(&plan(&two).key());
        assert!(!withdrawn.are_one(&one, &two));
        let mut merged = moved;
        merged.merge(Persons::of([&plan(&two)]));
        assert!(!merged.are_one(&one, &two));
    }
}
