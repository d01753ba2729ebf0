//! Each row as a whole, by the kind of its file.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
};

use crate::{
    check::{
        Benefits, Given, Place, Services,
        services::{Table6, is_planner},
    },
    finding::{Argument, Finding},
    key::Key,
    kind::FileKind,
    layout::Layout,
    name::FileName,
    rule::Rule,
    text,
    value::{Date, Time},
};

/// Checks the rows of one file.
pub(crate) enum Tables {
    /// Table 6.
    Services(Box<Table6>),
    /// Table 7.
    Benefits(Benefits),
    /// The others.
    Plain(Plain),
}

/// What is kept of a file for the checks of its unit.
pub(crate) enum Facts {
    /// Of table 6, and whether the service kinds in the name stand the wrong way round.
    Services(Option<Services>, bool),
    /// Of table 7.
    Benefits(Benefits),
    /// Of others the latter only.
    None(bool),
}

impl Tables {
    pub(crate) fn new(name: &FileName, layout: &'static Layout) -> Self {
        match layout.kind {
            FileKind::UpPlan | FileKind::UpJsk => Self::Services(Box::new(Table6::new(name, layout))),
            FileKind::UpSikyu => Self::Benefits(Benefits::new(layout)),
            _ => Self::Plain(Plain::new(name, layout)),
        }
    }

    pub(crate) fn check(&mut self, given: &Given<'_>, place: &mut Place<'_>) {
        match self {
            Self::Services(table) => table.check(given, place),
            Self::Benefits(table) => table.take(given),
            Self::Plain(table) => table.check(given, place),
        }
    }

    pub(crate) fn finish(self, keys: &BTreeMap<Key, u32>, place: &mut Place<'_>) -> Facts {
        match self {
            Self::Services(table) => {
                let (services, swapped) = table.finish(keys, place);
                Facts::Services(services, swapped)
            }
            Self::Benefits(mut table) => {
                table.check(place);
                Facts::Benefits(table)
            }
            Self::Plain(table) => {
                table.check_named(place);
                Facts::None(table.is_swapped())
            }
        }
    }
}

/// Periods: their beginning and end.
const PERIODS: [[&str; 2]; 2] = [["certification_from", "certification_to"], ["limit_from", "limit_to"]];
/// Times: their beginning and end. Getting up has no end.
const TIMES: [[&str; 2]; 1] = [["service_start", "service_end"]];
/// A code that means "other", and the text that says what.
const EXPLAINED: [(&str, &str, &str); 3] = [
    ("consult_method", "03", "consult_method_other"),
    ("current_situation", "02", "current_situation_note"),
    ("daily_living_support_reason", "3", "daily_living_support_reason_other"),
];
/// Numbers that must be unique together.
const NUMBERS: [[&str; 3]; 2] =
    [["need_no", "goal_no", "support_no"], ["need_no", "support_plan_no", "used_service_no"]];

/// Checks the rows of all files but tables 6 and 7.
pub(crate) struct Plain {
    kind: FileKind,
    name: FileName,
    periods: Vec<[usize; 2]>,
    times: Vec<[usize; 2]>,
    explained: Vec<(usize, &'static str, usize)>,
    numbers: Option<[usize; 3]>,
    birth: Option<usize>,
    first_plan: Option<usize>,
    cm_office: Option<usize>,
    /// The column of the supplement that holds zeros here.
    zeros: Option<usize>,
    service_office: Option<usize>,
    service_kind: Option<usize>,
    /// In table 2 the offices of each person: the first row with one, and whether one is the receiver.
    offices: Option<usize>,
    named: BTreeMap<Key, (u32, bool)>,
    /// Limits by service kind, in their order.
    slots: Vec<usize>,
    /// A service of the week, and its day.
    weekly: Option<[usize; 2]>,
    /// Rows by their numbers; and by key where one row is all there may be, with what they say.
    met: HashMap<(Key, [i64; 3]), u32>,
    once: HashMap<Key, (u32, u64)>,
    office_told: bool,
    /// The rows' office is the sender and their kind the one that the name gives to the receiver.
    fits_swapped: Option<bool>,
}

impl Plain {
    fn new(name: &FileName, layout: &'static Layout) -> Self {
        let column = |name: &str| layout.column(name);
        let pairs = |pairs: &[[&'static str; 2]]| {
            let both = pairs.iter().filter_map(|[from, to]| Some([column(from)?, column(to)?]));
            both.collect()
        };
        let supplement = layout.kind == FileKind::UpHosoku;
        let zeros = if name.month().is_some() { "care_plan_date" } else { "service_month" };
        Self {
            kind: layout.kind,
            name: name.clone(),
            periods: pairs(&PERIODS),
            times: pairs(&TIMES),
            explained: EXPLAINED
                .iter()
                .filter_map(|&(code, other, text)| Some((column(code)?, other, column(text)?)))
                .collect(),
            numbers: NUMBERS.iter().find_map(|&[a, b, c]| Some([column(a)?, column(b)?, column(c)?])),
            birth: column("birth_date"),
            first_plan: column("first_plan_date").filter(|_| layout.kind == FileKind::Up1Kyo),
            cm_office: column("cm_office_number"),
            zeros: column(zeros).filter(|_| supplement),
            service_office: column("service_office_number").filter(|_| layout.kind == FileKind::DltJsk),
            service_kind: column("service_kind").filter(|_| layout.kind == FileKind::DltJsk),
            offices: column("service_office_number").filter(|_| layout.kind == FileKind::Up2Kyo),
            named: BTreeMap::new(),
            slots: (1..=9).filter_map(|slot| column(&format!("type_limit{slot}_service_kind"))).collect(),
            weekly: column("service_content")
                .zip(column("weekday"))
                .filter(|_| layout.kind == FileKind::Up3Kyo)
                .map(|(content, day)| [content, day]),
            met: HashMap::new(),
            once: HashMap::new(),
            office_told: false,
            fits_swapped: None,
        }
    }

    fn is_swapped(&self) -> bool {
        self.fits_swapped == Some(true)
    }

    fn check(&mut self, given: &Given<'_>, place: &mut Place<'_>) {
        let row = given.row;
        for &[from, to] in &self.periods {
            if let (Some(begin), Some(end)) = (given.date(from), given.date(to))
                && end < begin
            {
                place.cell(Rule::DateReversed, row.number, to);
            }
        }
        for &[from, to] in &self.times {
            check_times(given, [from, to], place);
        }
        for &(code, other, explanation) in &self.explained {
            if given.plain(code) == other && given.plain(explanation).is_empty() {
                let Some(field) = place.layout.and_then(|layout| layout.fields.get(code)) else { continue };
                let finding = place.at(Rule::NeedExplanation, row.number, explanation);
                place.add(finding.with("field", Argument::Column(field)));
            }
        }
        for pair in self.slots.windows(2) {
            if row.raw_at(pair[0]).is_empty() && !row.raw_at(pair[1]).is_empty() {
                place.cell(Rule::NeedSlot, row.number, pair[1]);
            }
        }
        if let Some([content, day]) = self.weekly
            && !row.raw_at(content).is_empty()
            && row.raw_at(day).is_empty()
        {
            place.cell(Rule::NeedWeekday, row.number, day);
        }
        self.check_dates(given, place);
        self.check_zeros(given, place);
        self.check_doubles(given, place);
        self.check_offices(given, place);
    }

    fn check_dates(&self, given: &Given<'_>, place: &mut Place<'_>) {
        let row = given.row;
        let of_key = given.key.cells().nth(2).unwrap_or_default();
        if let Some(column) = self.birth {
            // The day or month of the key, as text: both begin with the year.
            let born = given.date(column).map(|date| date.to_string());
            if born.is_some_and(|born| born.as_str() > of_key && !born.starts_with(of_key)) {
                place.cell(Rule::DateOfBirth, row.number, column);
            }
        }
        if let Some(column) = self.first_plan
            && given.date(column).is_some_and(|first| first.to_string().as_str() > of_key)
        {
            place.cell(Rule::DateFirstPlan, row.number, column);
        }
    }

    fn check_zeros(&self, given: &Given<'_>, place: &mut Place<'_>) {
        let Some(column) = self.zeros else { return };
        let text = given.plain(column);
        if text.bytes().any(|c| c != b'0') {
            place.cell(Rule::MonthZeros, given.row.number, column);
        }
    }

    fn check_doubles(&mut self, given: &Given<'_>, place: &mut Place<'_>) {
        let row = given.row;
        if let Some(columns) = self.numbers {
            let numbers = columns.map(|column| given.number(column));
            let [Some(a), Some(b), Some(c)] = numbers else { return };
            if let Some(first) = self.met.insert((given.key.clone(), [a, b, c]), row.number) {
                let finding = place.at(Rule::DoubleNumbers, row.number, columns[2]);
                place.add(finding.with("row", first.to_string()));
            }
        } else if !matches!(self.kind, FileKind::Up3Kyo | FileKind::UpKihonSub1 | FileKind::UpKihonSub2)
            && let Some((first, said)) = self.once.insert(given.key.clone(), (row.number, hash(row.bytes())))
        {
            // To say the same twice, or to remove something twice, leaves no doubt about what is meant.
            let same = self.kind.is_delete() || said == hash(row.bytes());
            let finding = Finding::new(Rule::DoubleRow, place.file).row(row.number);
            place.add(finding.with("row", first.to_string()).mild(same));
        }
    }

    /// A care plan that names offices, but not the one it goes to.
    fn check_named(&self, place: &mut Place<'_>) {
        let receiver = self.name.receiver();
        if is_planner(receiver) {
            return;
        }
        let mut rows: Vec<u32> = self.named.values().filter(|(_, named)| !named).map(|(row, _)| *row).collect();
        rows.sort_unstable();
        for row in rows {
            let finding = Finding::new(Rule::PrivacyCarePlan, place.file).row(row);
            place.add(finding.with("office", receiver.office.to_string()));
        }
    }

    /// Compares the offices of rows with those of the name; the first that differs is told.
    fn check_offices(&mut self, given: &Given<'_>, place: &mut Place<'_>) {
        if let Some(column) = self.cm_office.filter(|_| !self.office_told) {
            let office = given.plain(column);
            if office != self.name.sender().office.as_str() && !office.is_empty() {
                self.office_told = true;
                let finding = place.at(Rule::NameOfficeContent, given.row.number, column);
                place.add(finding.with("office", self.name.sender().office.to_string()));
            }
        }
        if let Some(column) = self.offices.filter(|&column| !given.row.raw_at(column).is_empty()) {
            let receiver = given.plain(column) == self.name.receiver().office.as_str();
            let named = self.named.entry(given.key.clone()).or_insert((given.row.number, false));
            named.1 |= receiver;
        }
        let (Some(office), Some(kind)) = (self.service_office, self.service_kind) else { return };
        let fits = swapped_kinds(&self.name, &given.plain(office), &given.plain(kind));
        self.fits_swapped = Some(fits && self.fits_swapped.unwrap_or(true));
        if !self.office_told {
            self.office_told = check_service_side(&self.name, given, [office, kind], place);
        }
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// Tells whether a row says that the service kinds in the name stand the wrong way round.
pub(crate) fn swapped_kinds(name: &FileName, office: &str, kind: &str) -> bool {
    let is = |end: Option<crate::ServiceKind>, planner| {
        end.and_then(crate::service::service_of).is_some_and(|service| service.planner == planner)
    };
    is(name.sender().kind, true)
        && is(name.receiver().kind, false)
        && office == name.sender().office.as_str()
        && name.receiver().kind.is_some_and(|end| end.as_str() == kind)
}

/// Compares office and kind of actuals with the sender's in the name; `true` if one was told.
///
/// Actuals that a planner passes on to another are those of many offices.
pub(crate) fn check_service_side(
    name: &FileName,
    given: &Given<'_>,
    [office, kind]: [usize; 2],
    place: &mut Place<'_>,
) -> bool {
    let sender = name.sender();
    let planner =
        |end: crate::End| end.kind.and_then(crate::service::service_of).is_some_and(|service| service.planner);
    let text = given.plain(office);
    let code = given.plain(kind);
    let code = code.get(..2).unwrap_or_default();
    if text != sender.office.as_str() && !planner(sender) && !text.is_empty() {
        let finding = place.at(Rule::NameOfficeContent, given.row.number, office);
        place.add(finding.with("office", sender.office.to_string()));
        return true;
    }
    let Some(expected) = sender.kind.filter(|_| !planner(sender)) else { return false };
    if code != expected.as_str() && !code.is_empty() {
        let finding = place.at(Rule::NameKindContent, given.row.number, kind);
        place.add(finding.with("service", expected.to_string()));
        return true;
    }
    false
}

/// Checks a beginning and an end. An end before the beginning is one after midnight.
pub(crate) fn check_times(given: &Given<'_>, [from, to]: [usize; 2], place: &mut Place<'_>) {
    let [begin, end] = [from, to].map(|column| given.time(column));
    let rule = match (begin, end) {
        (Some(begin), Some(end)) if begin == end => Rule::DateNoLength,
        (Some(_), None) | (None, Some(_)) => Rule::DateOneSided,
        _ => return,
    };
    place.cell(rule, given.row.number, to);
}

impl Given<'_> {
    /// Returns the plain form of a cell.
    pub(crate) fn plain(&self, column: usize) -> std::borrow::Cow<'_, str> {
        let raw = self.row.raw_at(column);
        match std::str::from_utf8(raw) {
            Ok(text) if raw.iter().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase()) => text.into(),
            _ => text::plain(&self.row.text(column, self.encoding)).0.into(),
        }
    }

    /// Returns a day.
    pub(crate) fn date(&self, column: usize) -> Option<Date> {
        let raw = self.row.raw_at(column);
        Date::from_bytes(raw).or_else(|| if raw.is_empty() { None } else { self.plain(column).parse().ok() })
    }

    /// Returns a time of day; `None` for none, and for what is not one.
    pub(crate) fn time(&self, column: usize) -> Option<Time> {
        let raw = self.row.raw_at(column);
        let read = || if raw.is_empty() { None } else { self.plain(column).parse().ok() };
        Time::from_bytes(raw).or_else(read).filter(|time| *time != Time::NONE)
    }

    /// Returns a whole number.
    pub(crate) fn number(&self, column: usize) -> Option<i64> {
        let raw = self.row.raw_at(column);
        let read = || if raw.is_empty() { None } else { crate::value::number(self.plain(column).as_bytes()) };
        crate::value::number(raw).or_else(read)
    }
}
