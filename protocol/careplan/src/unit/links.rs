//! What the files of a unit say about each other.
//!
//! Sources: main text pages 11 and 16 (links inside a bundle), annex pages 7 and 9 (tables 6 and 7).

use std::collections::BTreeMap;

use crate::{
    check::{Benefits, Place, Services},
    file::File,
    finding::{Finding, Findings},
    key::Key,
    kind::FileKind::{self, *},
    rule::Rule,
};

/// A leading file, a file that hangs on it, and whether each leading row asks for rows there.
const LINKS: [(FileKind, FileKind, bool); 8] = [
    (Up1Kyo, Up2Kyo, true),
    (Up1Kyo, Up3Kyo, false),
    (Up1Kyo, UpHosoku, true),
    (UpPlan, UpSikyu, true),
    (UpPlan, UpHosoku, true),
    (UpYobo, UpYoboSub, true),
    (UpKihon, UpKihonSub1, false),
    (UpKihon, UpKihonSub2, false),
];

/// Checks the links between the files of a unit.
pub(super) fn check(files: &mut [File], findings: &mut Vec<Finding>) {
    for (head, hanging, asked) in LINKS {
        let of = |kind| files.iter().find(|file| file.kind() == kind);
        let (Some(head), Some(hanging)) = (of(head), of(hanging)) else { continue };
        // Rows that cannot be read were told of; what they may have linked is not known.
        if is_read(head) {
            orphans(head, hanging, findings);
        }
        if asked && is_read(hanging) {
            alone(head, hanging, findings);
        }
    }
    let services = files.iter_mut().find(|file| file.kind() == UpPlan).and_then(File::take_services);
    let benefits = files.iter_mut().find(|file| file.kind() == UpSikyu).and_then(File::take_benefits);
    let (Some(services), Some(benefits)) = (services, benefits) else { return };
    let of = |kind| files.iter().find(|file| file.kind() == kind);
    let (Some(plan), Some(table7)) = (of(UpPlan), of(UpSikyu)) else { return };
    if is_read(plan) && is_read(table7) {
        compare([plan, table7], &services, &benefits, findings);
    }
}

fn is_read(file: &File) -> bool {
    file.rows() > 0 && file.refused_rows() == 0
}

/// Rows whose leading row is not there: the receiver could not tell where they belong.
fn orphans(head: &File, hanging: &File, findings: &mut Vec<Finding>) {
    let mut found = Findings::default();
    let mut rows: Vec<u32> = missing(hanging.key_rows(), head.key_rows());
    rows.sort_unstable();
    for row in rows {
        found.push(Finding::new(Rule::LinkOrphan, hanging.name()).row(row).with("missing", head.kind()));
    }
    findings.extend(found.finish(hanging.name()));
}

/// Leading rows without those that belong to them.
fn alone(head: &File, hanging: &File, findings: &mut Vec<Finding>) {
    let mut found = Findings::default();
    let mut rows: Vec<u32> = missing(head.key_rows(), hanging.key_rows());
    rows.sort_unstable();
    for row in rows {
        found.push(Finding::new(Rule::LinkAlone, head.name()).row(row).with("missing", hanging.kind()));
    }
    findings.extend(found.finish(head.name()));
}

fn missing(of: &BTreeMap<Key, u32>, there: &BTreeMap<Key, u32>) -> Vec<u32> {
    of.iter().filter(|(key, _)| !there.contains_key(key)).map(|(_, &row)| row).collect()
}

/// Compares tables 6 and 7: the same services, as often, with as many units.
fn compare([plan, table7]: [&File; 2], services: &Services, benefits: &Benefits, findings: &mut Vec<Finding>) {
    let (mut of_plan, mut of_table7) = (Findings::default(), Findings::default());
    let mut by_person: BTreeMap<u32, Vec<_>> = BTreeMap::new();
    for ((person, service), sum) in &services.sums {
        by_person.entry(*person).or_default().push((*service, *sum));
    }
    let mut persons: Vec<(&Key, u32)> = services.persons.iter().map(|(key, person)| (key, *person)).collect();
    persons.sort_unstable_by_key(|(_, person)| *person);
    for (key, person) in persons {
        // Somebody without any line was told of already.
        let Some(mut listed) = benefits.services_of(key) else { continue };
        let mut planned = by_person.remove(&person).unwrap_or_default();
        planned.sort_unstable_by_key(|(_, sum)| sum.row);
        let mut place = Place { file: table7.name(), layout: table7.layout(), findings: &mut of_table7 };
        for (service, sum) in planned.into_iter().filter(|(service, _)| service.is_exchanged()) {
            let Some(line) = listed.remove(&service) else {
                let finding = Finding::new(Rule::TablesPlanOnly, plan.name()).row(sum.row);
                of_plan.push(finding.with("service", service.code()));
                continue;
            };
            let mut differs = |rule, column, expected: i64, found: i64| {
                let finding = place.at(rule, line.row, column).with("service", service.code());
                place.add(finding.with("expected", expected.to_string()).with("found", found.to_string()));
            };
            let monthly = sum.prorated || service.is_monthly();
            if sum.count != line.count && !monthly {
                differs(Rule::TablesCount, benefits.count_column(), sum.count, line.count);
            } else if sum.units != line.units && sum.units != 0 && !(monthly && sum.first == line.units) {
                differs(Rule::TablesUnits, benefits.amount_column(), sum.units, line.units);
            }
        }
        for (service, line) in listed.into_iter().filter(|(service, _)| service.is_exchanged()) {
            let finding = place.at(Rule::TablesBenefitOnly, line.row, benefits.code_column());
            place.add(finding.with("service", service.code()));
        }
    }
    findings.extend(of_plan.finish(plan.name()));
    findings.extend(of_table7.finish(table7.name()));
}
