//! Table 6: rows of services, planned or delivered.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::{BuildHasher, RandomState},
};

use crate::{
    check::{
        Given, Place,
        tables::{check_service_side, check_times, swapped_kinds},
    },
    edition::Edition,
    finding::Finding,
    ids::{Month, ServiceKind},
    key::Key,
    kind::FileKind,
    layout::Layout,
    name::{End, FileName},
    rule::Rule,
    service::{is_equipment, is_short_stay, service_of},
    value::Days,
};

/// A service of one person: office, satellite, code. Cells of other lengths are cut: their findings stand elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Service {
    pub(crate) office: [u8; 10],
    pub(crate) satellite: i32,
    pub(crate) code: [u8; 6],
}

/// How often a service stands in a table, and its units; the first row tells where.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    pub(crate) row: u32,
    pub(crate) count: i64,
    pub(crate) units: i64,
    /// Units of the first row alone.
    pub(crate) first: i64,
    /// Some row counts days for proration.
    pub(crate) prorated: bool,
}

/// The services of each person in the plan of a month, persons by the order of their first rows.
#[derive(Debug, Default)]
pub(crate) struct Services {
    pub(crate) sums: HashMap<(u32, Service), Sum>,
    pub(crate) persons: HashMap<Key, u32>,
}

impl Service {
    pub(crate) fn new(office: &str, satellite: Option<i64>, code: &str) -> Self {
        let mut service = Self { office: [b' '; 10], satellite: -1, code: [b' '; 6] };
        service.office.iter_mut().zip(office.bytes()).for_each(|(to, from)| *to = from);
        service.code.iter_mut().zip(code.bytes()).for_each(|(to, from)| *to = from);
        service.satellite = satellite.and_then(|number| i32::try_from(number).ok()).unwrap_or(-1);
        service
    }

    /// Returns the code for a reader.
    pub(crate) fn code(&self) -> String {
        String::from_utf8_lossy(&self.code).trim_end().to_owned()
    }

    /// Tells whether it is paid by the month, however often it takes place.
    pub(crate) fn is_monthly(&self) -> bool {
        matches!(&self.code[..2], b"73" | b"75" | b"76" | b"77")
    }

    /// Tells whether rows of this kind take part in the exchange.
    pub(crate) fn is_exchanged(&self) -> bool {
        let kind = ServiceKind::from_bytes([self.code[0], self.code[1]]);
        kind.and_then(service_of).is_some_and(|service| service.exchanged)
    }
}

/// The columns that are looked at.
struct Columns {
    units: usize,
    date: usize,
    prorated: usize,
    start: usize,
    end: usize,
    count: usize,
    code: usize,
    equipment: Option<[usize; 2]>,
    detail: usize,
    office: usize,
    satellite: usize,
    over: usize,
    /// What makes a row the same as another.
    identity: Vec<usize>,
}

/// Checks the rows of table 6.
pub(crate) struct Table6 {
    name: FileName,
    edition: Edition,
    columns: Columns,
    plan: bool,
    month: Option<Month>,
    person: u32,
    services: Services,
    /// Persons with a row of the addressee, by number.
    addressed: HashSet<u32>,
    addressee_rows: bool,
    addressee_kind_met: bool,
    hasher: RandomState,
    identities: Vec<(u64, u32)>,
    side_told: bool,
    fits_swapped: Option<bool>,
}

impl Columns {
    fn of(layout: &Layout) -> Option<Self> {
        let column = |name| layout.column(name);
        let both = || Some([column("tais_code")?, column("equipment_notification_code")?]);
        let identity = [
            "insurer_number",
            "insured_number",
            "service_month",
            "service_office_number",
            "satellite_no",
            "service_code",
            "tais_code",
            "equipment_notification_code",
            "detail_no",
            "service_date",
            "start_time",
            "end_time",
        ];
        Some(Self {
            units: column("units")?,
            date: column("service_date")?,
            prorated: column("prorated_days")?,
            start: column("start_time")?,
            end: column("end_time")?,
            count: column("count")?,
            code: column("service_code")?,
            equipment: both(),
            detail: column("detail_no")?,
            office: column("service_office_number")?,
            satellite: column("satellite_no")?,
            over: column("over_30_days")?,
            identity: identity.into_iter().filter_map(column).collect(),
        })
    }
}

impl Table6 {
    pub(crate) fn new(name: &FileName, layout: &'static Layout) -> Self {
        // A test makes sure that every layout of table 6 has these columns.
        let none = Columns {
            units: 0,
            date: 0,
            prorated: 0,
            start: 0,
            end: 0,
            count: 0,
            code: 0,
            equipment: None,
            detail: 0,
            office: 0,
            satellite: 0,
            over: 0,
            identity: Vec::new(),
        };
        Self {
            name: name.clone(),
            edition: layout.edition,
            columns: Columns::of(layout).unwrap_or(none),
            plan: layout.kind == FileKind::UpPlan,
            month: None,
            person: 0,
            services: Services::default(),
            addressed: HashSet::new(),
            addressee_rows: false,
            addressee_kind_met: false,
            hasher: RandomState::new(),
            identities: Vec::new(),
            side_told: false,
            fits_swapped: None,
        }
    }

    pub(crate) fn check(&mut self, given: &Given<'_>, place: &mut Place<'_>) {
        if given.fresh {
            self.take_person(given, place);
        }
        let code = given.plain(self.columns.code);
        let office = given.plain(self.columns.office);
        self.check_days(given, place);
        self.check_kind(given, &code, place);
        self.check_sides(given, &office, &code, place);
        self.identities.push((self.identity(given), given.row.number));
        if self.plan {
            self.add(given, &office, &code);
        }
    }

    /// Begins the rows of a person; one met before goes on under its number.
    fn take_person(&mut self, given: &Given<'_>, place: &mut Place<'_>) {
        let next = u32::try_from(self.services.persons.len()).unwrap_or(u32::MAX);
        if self.plan {
            self.person = *self.services.persons.entry(given.key.clone()).or_insert(next);
        }
        let month = given.key.cells().nth(2).and_then(|cell| cell.parse().ok());
        let first = self.month.is_none();
        self.month = month;
        if let (true, Some(month)) = (first, month) {
            let expected = Edition::of_month(month);
            if expected != self.edition {
                let finding = Finding::new(Rule::DateEdition, place.file).row(given.row.number);
                place.add(finding.with("edition", self.edition.to_string()).with("expected", expected.to_string()));
            }
        }
    }

    fn check_days(&self, given: &Given<'_>, place: &mut Place<'_>) {
        let (columns, row) = (&self.columns, given.row);
        let Some(month) = self.month else { return };
        // In a row of another month than the file's, that month is what is wrong.
        let outside = |date: crate::Date| date.month() != month && Some(date.month()) != self.name.month();
        if given.date(columns.date).is_some_and(outside) {
            place.add(place.at(Rule::DateOutsideMonth, row.number, columns.date).with("month", month));
        }
        if let Some(days) = Days::from_bytes(row.raw_at(columns.prorated))
            && days.last().is_some_and(|last| last > month.days())
        {
            place.cell(Rule::DateProration, row.number, columns.prorated);
        }
        check_times(given, [columns.start, columns.end], place);
    }

    fn check_kind(&self, given: &Given<'_>, code: &str, place: &mut Place<'_>) {
        let (columns, row) = (&self.columns, given.row);
        let kind = code.as_bytes().get(..2).unwrap_or_default();
        if kind.is_empty() {
            return;
        }
        if let Some(equipment) = columns.equipment.filter(|_| is_equipment(kind))
            && equipment.iter().all(|&column| row.raw_at(column).is_empty())
        {
            place.cell(Rule::NeedEquipment, row.number, equipment[0]);
        }
        if !is_equipment(kind) && !row.raw_at(columns.detail).is_empty() {
            place.cell(Rule::NeedNoDetail, row.number, columns.detail);
        }
        if row.raw_at(columns.over) == b"1" && !is_short_stay(kind) {
            place.cell(Rule::OverKind, row.number, columns.over);
        }
    }

    fn check_sides(&mut self, given: &Given<'_>, office: &str, code: &str, place: &mut Place<'_>) {
        let kind = code.get(..2).unwrap_or_default();
        if self.plan {
            if office == self.name.receiver().office.as_str() {
                self.addressed.insert(self.person);
                self.addressee_rows = true;
                self.addressee_kind_met |= self.name.receiver().kind.is_none_or(|end| end.as_str() == kind);
            }
            return;
        }
        let fits = swapped_kinds(&self.name, office, kind);
        self.fits_swapped = Some(fits && self.fits_swapped.unwrap_or(true));
        if !self.side_told {
            self.side_told = check_service_side(&self.name, given, [self.columns.office, self.columns.code], place);
        }
    }

    /// Hashes what makes a row the same as another, under a secret of this run.
    fn identity(&self, given: &Given<'_>) -> u64 {
        let mut bytes = [0; 256];
        let mut length = 0;
        for &column in &self.columns.identity {
            let cell = given.row.raw_at(column);
            // Cells that are far too long are cut: their findings stand elsewhere.
            if let Some(to) = bytes.get_mut(length..length + cell.len() + 1) {
                to[..cell.len()].copy_from_slice(cell);
                to[cell.len()] = b',';
                length += cell.len() + 1;
            }
        }
        self.hasher.hash_one(&bytes[..length])
    }

    fn add(&mut self, given: &Given<'_>, office: &str, code: &str) {
        let service = Service::new(office, given.number(self.columns.satellite), code);
        let count = given.number(self.columns.count).unwrap_or(1);
        let units = count.saturating_mul(given.number(self.columns.units).unwrap_or_default());
        let sum = self.services.sums.entry((self.person, service)).or_default();
        if sum.row == 0 {
            sum.row = given.row.number;
            sum.first = units;
        }
        sum.count = sum.count.saturating_add(count);
        sum.units = sum.units.saturating_add(units);
        sum.prorated |= !given.row.raw_at(self.columns.prorated).is_empty();
    }

    /// Judges what only all rows tell.
    pub(crate) fn finish(
        mut self: Box<Self>,
        keys: &BTreeMap<Key, u32>,
        place: &mut Place<'_>,
    ) -> (Option<Services>, bool) {
        self.identities.sort_unstable();
        let mut doubles: Vec<(u32, u32)> = self
            .identities
            .windows(2)
            .filter(|pair| pair[0].0 == pair[1].0)
            .map(|pair| (pair[1].1, pair[0].1))
            .collect();
        doubles.sort_unstable();
        for (row, first) in doubles {
            let finding = Finding::new(Rule::DoubleService, place.file).row(row);
            place.add(finding.with("row", first.to_string()));
        }
        if !self.plan {
            return (None, self.fits_swapped == Some(true));
        }
        self.check_addressee(keys, place);
        (Some(self.services), false)
    }

    /// Every person in a plan has a service of the office that it goes to.
    fn check_addressee(&self, keys: &BTreeMap<Key, u32>, place: &mut Place<'_>) {
        let receiver = self.name.receiver();
        // Between planners plans concern whomever they concern.
        if is_planner(receiver) {
            return;
        }
        let mut unrelated: Vec<u32> = keys
            .iter()
            .filter(|(key, _)| self.services.persons.get(key).is_none_or(|person| !self.addressed.contains(person)))
            .map(|(_, &row)| row)
            .collect();
        unrelated.sort_unstable();
        for row in unrelated {
            let finding = Finding::new(Rule::PrivacyUnrelated, place.file).row(row);
            place.add(finding.with("office", receiver.office.to_string()));
        }
        if let Some(kind) = receiver.kind.filter(|_| self.addressee_rows && !self.addressee_kind_met) {
            place.add(Finding::new(Rule::NameKindContent, place.file).with("service", kind.to_string()));
        }
    }
}

/// Tells whether an office plans care: by its kind, and where the name tells none by its number, which support centres
/// have a range of their own for (third digit 0, serials up to 4999).
pub(crate) fn is_planner(end: End) -> bool {
    match end.kind {
        Some(kind) => service_of(kind).is_some_and(|service| service.planner),
        None => {
            let number = end.office.as_str();
            number.get(2..3) == Some("0") && number.get(5..9).is_some_and(|serial| ("0001"..="4999").contains(&serial))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::layouts_of;

    #[test]
    fn every_layout_of_table_6_has_its_columns() {
        for kind in [FileKind::UpPlan, FileKind::UpJsk] {
            for layout in layouts_of(kind) {
                let columns = Columns::of(layout).unwrap();
                let equipment = layout.edition == Edition::V4_1;
                assert_eq!(columns.identity.len(), if equipment { 12 } else { 10 });
                assert_eq!(columns.equipment.is_some(), equipment);
            }
        }
    }

    #[test]
    fn planners_are_told_by_kind_or_number() {
        let end = |office: &str, kind: &str| End { office: office.parse().unwrap(), kind: kind.parse().ok() };
        assert!(is_planner(end("1379905001", "43")) && !is_planner(end("1379900010", "11")));
        assert!(is_planner(end("1300000015", "")) && !is_planner(end("1300050009", "")));
        assert!(!is_planner(end("1379905001", "")));
    }

    #[test]
    fn services_compare_by_office_satellite_and_code() {
        let service = Service::new("1379900010", None, "111111");
        assert_eq!(service, Service::new("1379900010", None, "111111"));
        assert_ne!(service, Service::new("1379900010", Some(1), "111111"));
        assert_eq!(service.code(), "111111");
        assert!(!service.is_monthly() && Service::new("1379900010", None, "731111").is_monthly());
        assert!(service.is_exchanged() && !Service::new("1379900010", None, "331111").is_exchanged());
    }
}
