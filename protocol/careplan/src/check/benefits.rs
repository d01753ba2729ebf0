//! Table 7: lines of services, subtotals by kind, and the grand total of each person.
//!
//! Where the notice leaves room (money on the lines or on the subtotal, lines outside the limit with or without their
//! units under benefit management) every reading that adds up is accepted. What adds up in none is a warning only.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    check::{Given, Place, services::Service},
    finding::Finding,
    key::Key,
    layout::Layout,
    rule::Rule,
    service::{is_equipment, is_short_stay},
};

/// Columns with sums, in the order of [`Line::sums`].
const SUMS: [&str; 8] = [
    "service_units_amount",
    "benefit_management_units",
    "over_category_limit_units",
    "within_category_limit_units",
    "total_cost_insured",
    "insurance_claim",
    "copay_insured",
    "copay_full",
];
/// How many readings of the lines are tried for one total.
const STEPS: usize = 10_000;
const AMOUNT: usize = 0;
const MANAGED: usize = 1;
const OVER: usize = 2;
const WITHIN: usize = 3;
const COST: usize = 4;
const CLAIM: usize = 5;
const COPAY: usize = 6;

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// A service.
    Service,
    /// `AAAA`: what counts against the limit.
    Inside,
    /// `EEEE`: what does not.
    Outside,
    /// `ZZZZ`: days over 30.
    Over30,
    /// The grand total.
    Total,
}

/// A line.
#[derive(Clone, Debug)]
struct Line {
    /// One of its numbers cannot be read.
    broken: bool,
    row: u32,
    service: Service,
    role: Role,
    equipment: u64,
    /// It has a code of equipment, or its layout has no column for one.
    equipped: bool,
    units: Option<i64>,
    discounted: Option<i64>,
    has_rate: bool,
    count: Option<i64>,
    sums: [Option<i64>; SUMS.len()],
    /// Yen per unit, in hundredths.
    price: Option<i64>,
    rate: Option<i64>,
    fixed: bool,
    days: [Option<i64>; 3],
    over: bool,
}

struct Columns {
    satellite: usize,
    office: usize,
    code: usize,
    equipment: Vec<usize>,
    units: usize,
    rate: usize,
    discounted: usize,
    count: usize,
    sums: [usize; SUMS.len()],
    price: usize,
    benefit_rate: usize,
    fixed: usize,
    days: [usize; 3],
    over: usize,
}

/// The lines of each person.
pub(crate) struct Benefits {
    columns: Option<Columns>,
    persons: HashMap<Key, Vec<Line>>,
    /// Keys by their first rows, so that findings come in the order of the file.
    order: Vec<Key>,
}

impl std::fmt::Debug for Benefits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Benefits({} persons)", self.persons.len())
    }
}

impl Columns {
    fn of(layout: &Layout) -> Option<Self> {
        let column = |name| layout.column(name);
        let mut sums = [0; SUMS.len()];
        for (to, name) in sums.iter_mut().zip(SUMS) {
            *to = column(name)?;
        }
        Some(Self {
            satellite: column("satellite_no")?,
            office: column("service_office_number")?,
            code: column("service_code")?,
            equipment: ["tais_code", "equipment_notification_code"].into_iter().filter_map(column).collect(),
            units: column("units")?,
            rate: column("discount_rate")?,
            discounted: column("discounted_units")?,
            count: column("count_or_days")?,
            sums,
            price: column("yen_per_unit")?,
            benefit_rate: column("benefit_rate")?,
            fixed: column("fixed_copay_unit_price")?,
            days: [
                column("short_stay_days_to_previous_month")?,
                column("short_stay_days_this_month")?,
                column("short_stay_days_cumulative")?,
            ],
            over: column("over_30_days")?,
        })
    }
}

fn role(code: &str) -> Role {
    match code.get(2..) {
        _ if code == "999999" => Role::Total,
        Some("AAAA") => Role::Inside,
        Some("EEEE") => Role::Outside,
        Some("ZZZZ") => Role::Over30,
        _ => Role::Service,
    }
}

impl Benefits {
    pub(crate) fn new(layout: &'static Layout) -> Self {
        Self { columns: Columns::of(layout), persons: HashMap::new(), order: Vec::new() }
    }

    /// Takes a row.
    pub(crate) fn take(&mut self, given: &Given<'_>) {
        // A test makes sure that every layout of table 7 has the columns.
        let Some(columns) = &self.columns else { return };
        let code = given.plain(columns.code);
        let mut equipment = 0xcbf2_9ce4_8422_2325_u64;
        for &column in &columns.equipment {
            for &byte in given.row.raw_at(column).iter().chain(b",") {
                equipment = (equipment ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        let number = |column| given.number(column);
        // With a number that cannot be read nothing adds up; that it cannot was told.
        let odd = |column: usize| !given.row.raw_at(column).is_empty() && given.number(column).is_none();
        let broken = [columns.units, columns.count, columns.discounted].into_iter().chain(columns.sums).any(odd);
        let line = Line {
            broken,
            row: given.row.number,
            service: Service::new(&given.plain(columns.office), number(columns.satellite), &code),
            role: role(&code),
            equipment,
            equipped: columns.equipment.is_empty()
                || columns.equipment.iter().any(|&column| !given.row.raw_at(column).is_empty()),
            units: number(columns.units),
            discounted: number(columns.discounted),
            has_rate: !given.row.raw_at(columns.rate).is_empty(),
            count: number(columns.count),
            sums: columns.sums.map(number),
            price: given.plain(columns.price).parse::<crate::Decimal>().ok().map(|price| price.hundredths().into()),
            rate: number(columns.benefit_rate),
            fixed: number(columns.fixed).is_some_and(|yen| yen != 0),
            days: columns.days.map(number),
            over: given.row.raw_at(columns.over) == b"1",
        };
        if let Some(lines) = self.persons.get_mut(given.key) {
            lines.push(line);
        } else {
            self.order.push(given.key.clone());
            self.persons.insert(given.key.clone(), vec![line]);
        }
    }

    /// Judges the lines of each person.
    pub(crate) fn check(&mut self, place: &mut Place<'_>) {
        let Some(columns) = &self.columns else { return };
        for key in &self.order {
            let Some(lines) = self.persons.get(key) else { continue };
            if lines.iter().any(|line| line.broken) {
                continue;
            }
            let person = Person::new(lines, columns);
            person.check_lines(place);
            person.check_doubles(place);
            person.check_subtotals(place);
            person.check_total(place);
        }
    }

    /// Returns each service of a person with count and units; `None` if the person has no lines.
    pub(crate) fn services_of(&self, key: &Key) -> Option<BTreeMap<Service, super::services::Sum>> {
        let lines = self.persons.get(key).filter(|lines| lines.iter().all(|line| !line.broken))?;
        let mut services: BTreeMap<Service, super::services::Sum> = BTreeMap::new();
        for line in lines.iter().filter(|line| line.role == Role::Service) {
            let sum = services.entry(line.service).or_default();
            if sum.row == 0 {
                sum.row = line.row;
            }
            sum.count = sum.count.saturating_add(line.count.unwrap_or_default());
            let single = line.discounted.filter(|&units| units != 0).or(line.units).unwrap_or_default();
            let units = line.sums[AMOUNT].unwrap_or_else(|| single.saturating_mul(line.count.unwrap_or_default()));
            sum.units = sum.units.saturating_add(units);
        }
        Some(services)
    }

    pub(crate) fn count_column(&self) -> usize {
        self.columns.as_ref().map_or(0, |columns| columns.count)
    }

    pub(crate) fn amount_column(&self) -> usize {
        self.columns.as_ref().map_or(0, |columns| columns.sums[AMOUNT])
    }

    pub(crate) fn code_column(&self) -> usize {
        self.columns.as_ref().map_or(0, |columns| columns.code)
    }
}

/// The lines of one person.
struct Person<'a> {
    lines: &'a [Line],
    columns: &'a Columns,
    /// How many services there are of each kind.
    services: HashMap<[u8; 2], i64>,
}

impl<'a> Person<'a> {
    fn new(lines: &'a [Line], columns: &'a Columns) -> Self {
        let mut services = HashMap::new();
        for line in lines.iter().filter(|line| line.role == Role::Service) {
            *services.entry([line.service.code[0], line.service.code[1]]).or_default() += 1;
        }
        Self { lines, columns, services }
    }

    fn differs(&self, rule: Rule, row: u32, column: usize, expected: i64, found: i64, place: &mut Place<'_>) {
        let finding = place.at(rule, row, column);
        place.add(finding.with("expected", expected.to_string()).with("found", found.to_string()));
    }

    /// Judges each line by itself.
    fn check_lines(&self, place: &mut Place<'_>) {
        for line in self.lines {
            if line.role == Role::Service {
                self.check_amount(line, place);
                if is_equipment(&line.service.code[..2]) && !line.equipped {
                    place.cell(Rule::NeedEquipment, line.row, self.columns.equipment[0]);
                }
                if line.over && !is_short_stay(&line.service.code[..2]) {
                    place.cell(Rule::OverKind, line.row, self.columns.over);
                }
            } else {
                if line.units.is_some_and(|units| units != 0) || line.has_rate || line.discounted.is_some() {
                    place.cell(Rule::BenefitFilled, line.row, self.columns.units);
                }
                if line.role != Role::Total && line.over != (line.role == Role::Over30) {
                    place.cell(Rule::OverSubtotal, line.row, self.columns.over);
                }
            }
            if line.role != Role::Total {
                self.check_money(line, place);
            }
            if let [Some(before), Some(month), Some(all)] = line.days
                && before + month != all
            {
                self.differs(Rule::BenefitDays, line.row, self.columns.days[2], before + month, all, place);
            }
        }
    }

    fn check_amount(&self, line: &Line, place: &mut Place<'_>) {
        let single = line.discounted.filter(|&units| units != 0).or(line.units);
        let (Some(units), Some(count), Some(amount)) = (single, line.count, line.sums[AMOUNT]) else { return };
        // Kyosei services have the units of the whole month on the first day.
        if units.saturating_mul(count) != amount && units != amount {
            let expected = units.saturating_mul(count);
            self.differs(Rule::BenefitAmount, line.row, self.columns.sums[AMOUNT], expected, amount, place);
        }
    }

    /// Yen are cut off, never rounded up; on a subtotal they may have been cut off line by line.
    fn check_money(&self, line: &Line, place: &mut Place<'_>) {
        let services = self.services.get(&[line.service.code[0], line.service.code[1]]).copied().unwrap_or_default();
        let slack = if line.role == Role::Service { 0 } else { services };
        let near = |expected: i64, found: i64| (found..=found.saturating_add(slack)).contains(&expected);
        let Some(cost) = line.sums[COST] else { return };
        if let Some(price) = line.price {
            // What is over the limit is not paid for; a large day service has other units under management.
            let over = line.sums[OVER].unwrap_or_default() != 0;
            let bases = [line.sums[WITHIN], line.sums[MANAGED], line.sums[AMOUNT].filter(|_| !over)];
            let costs: Vec<i64> =
                bases.into_iter().flatten().map(|units| units.saturating_mul(price).div_euclid(100)).collect();
            if let Some(&expected) = costs.first().filter(|_| !costs.iter().any(|&expected| near(expected, cost))) {
                self.differs(Rule::BenefitCost, line.row, self.columns.sums[COST], expected, cost, place);
            }
        }
        if line.fixed {
            return;
        }
        let Some(claim) = line.sums[CLAIM] else { return };
        if let Some(rate) = line.rate {
            let expected = cost.saturating_mul(rate).div_euclid(100);
            if !near(expected, claim) {
                self.differs(Rule::BenefitClaim, line.row, self.columns.sums[CLAIM], expected, claim, place);
            }
        }
        // Public funds may take the person's share.
        if let Some(copay) = line.sums[COPAY].filter(|&copay| copay != 0 && cost - claim != copay) {
            self.differs(Rule::BenefitClaim, line.row, self.columns.sums[COPAY], cost - claim, copay, place);
        }
    }

    fn check_doubles(&self, place: &mut Place<'_>) {
        let mut met = HashMap::new();
        // Of equipment two of a sort may be lent, and table 7 has no number to tell them apart.
        let told = |line: &&Line| line.role != Role::Total && !is_equipment(&line.service.code[..2]);
        for line in self.lines.iter().filter(told) {
            let identity = (line.service, line.equipment, line.units, line.discounted, line.over);
            if let Some(first) = met.insert(identity, line.row) {
                let finding = place.at(Rule::DoubleBenefit, line.row, self.columns.code);
                place.add(finding.with("row", first.to_string()));
            }
        }
    }

    /// Groups lines by kind, and within it as subtotals may stand: for all offices together, for each, for each
    /// satellite.
    fn groupings(&self) -> Vec<[Vec<Vec<&Line>>; 3]> {
        let mut by_kind: BTreeMap<[u8; 2], Vec<&Line>> = BTreeMap::new();
        for line in self.lines.iter().filter(|line| line.role != Role::Total) {
            by_kind.entry([line.service.code[0], line.service.code[1]]).or_default().push(line);
        }
        fn split<'l>(lines: &[&'l Line], satellites: bool) -> Vec<Vec<&'l Line>> {
            let mut groups: BTreeMap<([u8; 10], i32), Vec<&Line>> = BTreeMap::new();
            for &line in lines {
                let satellite = if satellites { line.service.satellite } else { -1 };
                groups.entry((line.service.office, satellite)).or_default().push(line);
            }
            groups.into_values().collect()
        }
        by_kind
            .into_values()
            .map(|lines| {
                let (offices, satellites) = (split(&lines, false), split(&lines, true));
                [offices, satellites, vec![lines]]
            })
            .collect()
    }

    fn check_subtotals(&self, place: &mut Place<'_>) {
        for grouping in self.groupings() {
            if grouping.iter().any(|groups| groups.iter().all(|group| subtotal(group) == Subtotal::Right)) {
                continue;
            }
            for group in &grouping[0] {
                match subtotal(group) {
                    Subtotal::Right => {}
                    Subtotal::Missing(row) => {
                        let kind = group[0].service.code().get(..2).unwrap_or_default().to_owned();
                        place.add(Finding::new(Rule::BenefitNoSubtotal, place.file).row(row).with("service", kind));
                    }
                    Subtotal::Wrong { row, expected, found } => {
                        self.differs(Rule::BenefitSubtotal, row, self.columns.sums[AMOUNT], expected, found, place);
                    }
                }
            }
        }
    }

    fn check_total(&self, place: &mut Place<'_>) {
        for line in self.lines {
            if (line.role == Role::Total) != (line.service.office == *b"9999999999") {
                place.cell(Rule::BenefitOffice, line.row, self.columns.office);
            }
        }
        let mut totals = self.lines.iter().filter(|line| line.role == Role::Total);
        let Some(total) = totals.next() else {
            if let Some(last) = self.lines.last() {
                place.add(Finding::new(Rule::BenefitNoTotal, place.file).row(last.row));
            }
            return;
        };
        if let Some(second) = totals.next() {
            place.add(Finding::new(Rule::BenefitTwoTotals, place.file).row(second.row));
            return;
        }
        let mut groups: BTreeMap<([u8; 10], [u8; 2]), Vec<&Line>> = BTreeMap::new();
        for line in self.lines.iter().filter(|line| line.role != Role::Total) {
            let kind = [line.service.code[0], line.service.code[1]];
            groups.entry((line.service.office, kind)).or_default().push(line);
        }
        for (at, &column) in self.columns.sums.iter().enumerate() {
            let Some(found) = total.sums[at] else { continue };
            let mut reachable = BTreeSet::from([0]);
            let (mut expected, mut fixed, mut steps) = (0, 0, 0);
            for group in groups.values() {
                let of = |services: bool| {
                    let lines = group.iter().filter(|line| (line.role == Role::Service) == services);
                    let sums: Vec<i64> = lines.filter_map(|line| line.sums[at]).collect();
                    (!sums.is_empty()).then(|| sums.iter().sum::<i64>())
                };
                let (lines, subtotals) = (of(true), of(false));
                // Either side carries the money, or each a part of it; a kind outside the exchange may not count.
                let outside = (!group[0].service.is_exchanged()).then_some(0);
                let both = lines.zip(subtotals).map(|(lines, subtotals)| lines + subtotals);
                let first = lines.or(subtotals).unwrap_or_default();
                expected += first;
                let ways: BTreeSet<i64> = [Some(first), subtotals, both, outside].into_iter().flatten().collect();
                if ways.len() == 1 {
                    fixed += first;
                    continue;
                }
                steps += reachable.len() * ways.len();
                // So many ways to read the lines that one will do.
                if steps > STEPS {
                    break;
                }
                reachable = reachable.iter().flat_map(|sum| ways.iter().map(move |way| sum + way)).collect();
            }
            if steps <= STEPS && !reachable.contains(&(found - fixed)) {
                self.differs(Rule::BenefitTotal, total.row, column, expected, found, place);
            }
        }
    }
}

/// What a group of lines says of its subtotal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subtotal {
    /// It is the sum, or none is needed.
    Right,
    /// There should be one, after this row.
    Missing(u32),
    /// It is another number.
    Wrong { row: u32, expected: i64, found: i64 },
}

/// Holds the subtotals of a group against its lines.
fn subtotal(group: &[&Line]) -> Subtotal {
    let services = || group.iter().filter(|line| line.role == Role::Service);
    let sum = |lines: &mut dyn Iterator<Item = &&Line>| -> i64 { lines.filter_map(|line| line.sums[AMOUNT]).sum() };
    let Some(first) = group.iter().find(|line| line.role != Role::Service) else {
        let managed = services().filter(|line| line.sums[MANAGED].is_some());
        let codes: BTreeSet<[u8; 6]> = managed.map(|line| line.service.code).collect();
        return match group.last() {
            Some(last) if codes.len() > 1 => Subtotal::Missing(last.row),
            _ => Subtotal::Right,
        };
    };
    // Without lines there is nothing to compare with.
    if services().all(|line| line.sums[AMOUNT].is_none()) {
        return Subtotal::Right;
    }
    let all = sum(&mut services());
    let inside = sum(&mut services().filter(|line| line.sums[MANAGED].is_some()));
    let found = sum(&mut group.iter().filter(|line| line.role != Role::Service));
    if found == all || found == inside {
        return Subtotal::Right;
    }
    let outside = group.iter().any(|line| line.role == Role::Outside);
    Subtotal::Wrong { row: first.row, expected: if outside { all } else { inside }, found }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{kind::FileKind, layout::layouts_of};

    #[test]
    fn every_layout_of_table_7_has_its_columns() {
        for layout in layouts_of(FileKind::UpSikyu) {
            let columns = Columns::of(layout).unwrap();
            assert_eq!(columns.equipment.len(), if layout.fields.len() == 37 { 2 } else { 0 });
        }
    }

    #[test]
    fn roles() {
        for (code, expected) in [
            ("111111", Role::Service),
            ("11AAAA", Role::Inside),
            ("11EEEE", Role::Outside),
            ("21ZZZZ", Role::Over30),
            ("999999", Role::Total),
            ("", Role::Service),
        ] {
            assert_eq!(role(code), expected, "{code}");
        }
    }
}
