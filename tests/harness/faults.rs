//! Faults on purpose, and what must hold in spite of them. Short forms are ordinary tests; `musubi-faults` runs the
//! long ones and prints these tables.

pub mod cuts;
pub mod kills;
pub mod mail;
pub mod parts;
pub mod storm;

use std::{any::Any, fmt::Write, panic::AssertUnwindSafe};

use futures::FutureExt;
use serde::Serialize;

/// Files under their names.
pub type Files = Vec<(String, Vec<u8>)>;

/// An office number and its kinds.
pub type Office = (&'static str, &'static [&'static str]);

/// The care manager of the sample.
pub const MANAGER: Office = ("1379905001", &["43"]);
/// Its home-visit care.
pub const HOME_VISIT: Office = ("1379900010", &["11"]);
/// Its day care, of two kinds.
pub const DAY_CARE: Office = ("1379900028", &["15", "21"]);
/// Its rented equipment.
pub const EQUIPMENT: Office = ("1379900036", &["17"]);

/// What came of one kind of fault.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What was done.
    pub title: String,
    /// With it the same is drawn again; which of two things comes first is not in its hands.
    pub seed: u64,
    /// Columns.
    pub head: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<String>>,
    /// What did not hold; empty if all is well.
    pub problems: Vec<String>,
}

impl Report {
    /// An empty table.
    #[must_use]
    pub fn new(title: &str, seed: u64, head: &[&str]) -> Self {
        let head = head.iter().map(ToString::to_string).collect();
        Self { title: title.into(), seed, head, rows: Vec::new(), problems: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: &[&dyn ToString]) {
        self.rows.push(cells.iter().map(|cell| cell.to_string()).collect());
    }

    /// The table as text.
    #[must_use]
    pub fn text(&self) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column)).chain(self.head.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let mut text = format!("{} (seed {})\n", self.title, self.seed);
        for row in std::iter::once(&self.head).chain(&self.rows) {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let width = width(column);
                // The first column is words, the others are mostly numbers.
                let _ = match column {
                    0 => write!(line, "{cell:<width$}"),
                    _ => write!(line, "  {cell:>width$}"),
                };
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        for problem in &self.problems {
            let _ = writeln!(text, "PROBLEM {problem}");
        }
        text
    }

    /// Prints the table.
    ///
    /// # Panics
    /// If something did not hold.
    pub fn judge(&self) {
        println!("{}", self.text());
        assert!(self.problems.is_empty(), "{}: {:#?}", self.title, self.problems);
    }
}

/// Runs one case to its end; a panic in it is what did not hold.
pub(crate) async fn case<T>(case: impl Future<Output = T>) -> Result<T, String> {
    AssertUnwindSafe(case).catch_unwind().await.map_err(|panic| message(&*panic))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words").to_owned()
}
