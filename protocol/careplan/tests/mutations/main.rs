//! One thing changed at a time, everywhere: which rule notices it first, and what else may follow.
//!
//! `cargo test -p careplan --test mutations -- --nocapture` prints the report: how often each rule noticed
//! something, and the changes that no rule notices.

mod cells;
mod support;
mod units;

use std::collections::{BTreeMap, BTreeSet};

use careplan::{Purpose, Rule, Severity};

use support::{BASES, Noticed, bundle, judge};

/// What all mutations together brought to light.
#[derive(Default)]
struct Report {
    fired: BTreeMap<&'static str, usize>,
    unnoticed: BTreeMap<String, usize>,
    mutations: usize,
}

impl Report {
    fn take(&mut self, label: &str, noticed: &Noticed) {
        self.mutations += 1;
        let mut rules: BTreeSet<Rule> = noticed.findings.iter().map(|finding| finding.rule()).collect();
        rules.extend(noticed.strays.iter().map(|finding| finding.rule()));
        if rules.is_empty() {
            *self.unnoticed.entry(label.to_owned()).or_default() += 1;
        }
        for rule in rules {
            *self.fired.entry(rule.code()).or_default() += 1;
        }
    }

    fn print(&self) {
        println!("{} mutations", self.mutations);
        for rule in Rule::ALL {
            println!("{:18} {:6}  {rule:?}", rule.code(), self.fired.get(rule.code()).copied().unwrap_or_default());
        }
        println!("noticed by nobody:");
        for (label, count) in &self.unnoticed {
            println!("{count:6}  {label}");
        }
    }
}

/// Nothing is found in clean data.
#[test]
fn clean_data_is_clean() {
    for base in BASES {
        let files = bundle(base);
        let noticed = judge(&files);
        assert!(noticed.findings.is_empty() && noticed.strays.is_empty(), "{base}: {:?}", noticed.findings);
    }
}

#[test]
fn every_change_is_noticed_as_it_should_be() {
    let mut report = Report::default();
    let mut failures = Vec::new();
    cells::run(&mut report, &mut failures);
    units::run(&mut report, &mut failures);
    report.print();
    for failure in failures.iter().take(40) {
        println!("{failure}");
    }
    assert!(failures.is_empty(), "{} of {} mutations were judged otherwise", failures.len(), report.mutations);
    for rule in Rule::ALL {
        assert!(report.fired.contains_key(rule.code()), "{} never fired", rule.code());
    }
}

/// What a lenient reader must still take is taken: only an error of reading keeps a row out.
fn check_reading(label: &str, noticed: &Noticed, failures: &mut Vec<String>) {
    let is_row = |rule: Rule| {
        matches!(
            rule,
            Rule::RowOpenQuote | Rule::RowLongCell | Rule::RowTooFew | Rule::RowTooMany | Rule::CellUnreadable
        )
    };
    let errors = noticed.findings.iter().filter(|finding| finding.severity_for(Purpose::Reading) == Severity::Error);
    let rows: BTreeSet<_> = errors
        .filter(|finding| is_row(finding.rule()))
        .map(|finding| (finding.file().to_owned(), finding.row_number()))
        .collect();
    if noticed.refused != rows.len() {
        failures.push(format!("{label}: {} rows refused, {} with errors", noticed.refused, rows.len()));
    }
}
