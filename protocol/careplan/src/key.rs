//! Keys: what a newer sending unit replaces.

use std::fmt;

/// What the documents under a key are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Subject {
    /// Tables 1 to 3; cells: insurer, insured person, plan date.
    CarePlan,
    /// Tables 6 (plan) and 7; cells: insurer, insured person, month.
    PlanMonth,
    /// Table 6 (actuals); cells: insurer, insured person, month, office number, service kind.
    Actual,
    /// Basic information of preventive care; cells: insurer, insured person, consultation date.
    BasicInformation,
    /// Preventive care plan; cells: insurer, insured person, plan date.
    SupportPlan,
}

/// Names one document of one person: a newer unit with the same key replaces it, a delete removes it.
///
/// A key names a person. It does not print, and belongs in no log; whoever stores it hashes it with a secret first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    subject: Subject,
    /// The cells, joined by [`Key::SEPARATOR`].
    cells: Box<str>,
}

impl Key {
    const SEPARATOR: char = '\u{1f}';

    /// Joins cells to a key; they hold letters and digits only, so joining loses nothing.
    pub(crate) fn new(subject: Subject, cells: &[String]) -> Self {
        debug_assert!(cells.iter().all(|cell| !cell.contains(Self::SEPARATOR)));
        Self { subject, cells: cells.join("\u{1f}").into_boxed_str() }
    }

    /// Returns what the documents under this key are.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.subject
    }

    /// Returns the cells, in the order that [`Subject`] tells.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        self.cells.split(Self::SEPARATOR)
    }

    /// Returns the person: insurer and insured number.
    #[must_use]
    pub fn person(&self) -> (&str, &str) {
        let mut cells = self.cells();
        (cells.next().unwrap_or_default(), cells.next().unwrap_or_default())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?}, ..)", self.subject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_not_print() {
        let key = Key::new(Subject::Actual, &["139014".into(), "0009000000".into()]);
        assert_eq!(format!("{key:?}"), "Key(Actual, ..)");
        assert_eq!(key.cells().collect::<Vec<_>>(), ["139014", "0009000000"]);
    }
}
