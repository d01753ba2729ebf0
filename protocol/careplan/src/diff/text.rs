//! Changes in a reader's words.

use super::{Change, Place, Service, What};
use crate::{
    finding::Lang,
    ids::{Month, ServiceCode, ServiceKind},
    key::Subject,
    kind::FileKind,
    layout::{Field, FieldType},
    messages::{format, safe},
    service::service_of,
    value::{Date, Time, Value},
};

/// How much is shown before the place where two long texts part.
const BEFORE: usize = 12;

/// How many days are shown: all of a month, and some outside that a damaged file may have.
const DAYS: usize = 40;

/// The keys with their arguments, apart from the tables' names.
#[cfg(test)]
pub(crate) const KEYS: &[(&str, &[&str])] = &[
    ("change-added", &["what"]),
    ("change-removed", &["what"]),
    ("change-picture", &["what"]),
    ("change-field", &["what", "before", "after"]),
    ("change-set", &["what", "after"]),
    ("change-cleared", &["what", "before"]),
    ("change-time", &["what", "before", "after"]),
    ("change-code", &["what", "after"]),
    ("change-field-of", &["place", "field"]),
    ("change-row", &["table", "row"]),
    ("change-benefit", &["service", "office"]),
    ("change-benefit-nowhere", &["service"]),
    ("change-benefit-total", &[]),
    ("change-row-cell", &["field", "value"]),
    ("change-row-separator", &[]),
    ("change-services", &["days", "service"]),
    ("change-services-at", &["days", "time", "service"]),
    ("change-day", &["day"]),
    ("change-day-often", &["day", "count"]),
    ("change-day-none", &[]),
    ("change-day-separator", &[]),
    ("change-service", &["code"]),
    ("change-service-named", &["name", "code"]),
    ("change-service-none", &[]),
    ("change-clock", &["hour", "minute"]),
    ("change-clock-none", &[]),
    ("change-period", &["start", "end"]),
    ("change-date", &["year", "month", "day"]),
    ("change-month", &["year", "month"]),
    ("change-text", &["text"]),
    ("change-meaning", &["code", "meaning"]),
    ("change-careplan", &["date"]),
    ("change-planmonth", &["month"]),
    ("change-actual", &["month", "office", "service"]),
    ("change-basicinformation", &["date"]),
    ("change-supportplan", &["date"]),
    ("change-table-up1kyo", &[]),
    ("change-table-up2kyo", &[]),
    ("change-table-up3kyo", &[]),
    ("change-table-upplan", &[]),
    ("change-table-upsikyu", &[]),
    ("change-table-uphosoku", &[]),
    ("change-table-upjsk", &[]),
    ("change-table-upyobo", &[]),
    ("change-table-upyobo_sub", &[]),
    ("change-table-upkihon", &[]),
    ("change-table-upkihon_sub1", &[]),
    ("change-table-upkihon_sub2", &[]),
    ("change-table-upkihon_image", &[]),
];

/// Tells a change.
pub(super) fn of(change: &Change, lang: Lang) -> String {
    let words = Words { lang };
    let text = words.change(change);
    if lang == Lang::Ja {
        return text;
    }
    // A line in English begins with a capital, whatever word it begins with.
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

struct Words {
    lang: Lang,
}

impl Words {
    fn say(&self, key: &str, arguments: &[(&'static str, String)]) -> String {
        format(self.lang, key, None, arguments)
    }

    fn change(&self, change: &Change) -> String {
        let place = self.place(&change.place, &change.what);
        let what = |what: String| ("what", what);
        match &change.what {
            What::Added => self.say("change-added", &[what(place)]),
            What::Removed => self.say("change-removed", &[what(place)]),
            What::Picture => self.say("change-picture", &[what(place)]),
            What::Time { before, after } => {
                let (before, after) = (self.period(*before), self.period(*after));
                self.say("change-time", &[what(place), ("before", before), ("after", after)])
            }
            What::Code { after, .. } => self.say("change-code", &[what(place), ("after", self.service(Some(*after)))]),
            What::Field { field, before, after } => {
                let subject = what(self.field_of(&change.place, place, field));
                let (shown, now) = self.both(field, before.as_ref(), after.as_ref());
                match (before, after) {
                    (None, _) => self.say("change-set", &[subject, ("after", now)]),
                    (_, None) => self.say("change-cleared", &[subject, ("before", shown)]),
                    _ => self.say("change-field", &[subject, ("before", shown), ("after", now)]),
                }
            }
        }
    }

    /// A column of the table that a document mostly is speaks for itself.
    fn field_of(&self, place: &Place, told: String, field: &Field) -> String {
        let name = self.name(field);
        match place {
            Place::Table(FileKind::Up1Kyo | FileKind::UpYobo | FileKind::UpKihon) => name,
            _ => self.say("change-field-of", &[("place", told), ("field", name)]),
        }
    }

    fn name(&self, field: &Field) -> String {
        match self.lang {
            Lang::Ja => field.name_ja().to_owned(),
            Lang::En => field.name_en().replace('_', " "),
        }
    }

    fn place(&self, place: &Place, what: &What) -> String {
        match place {
            Place::Document { subject, date, month, office, kind } => {
                let date = || ("date", date.map(|date| self.date(date)).unwrap_or_default());
                let month = || ("month", month.map(|month| self.month(month)).unwrap_or_default());
                match subject {
                    Subject::CarePlan => self.say("change-careplan", &[date()]),
                    Subject::PlanMonth => self.say("change-planmonth", &[month()]),
                    Subject::BasicInformation => self.say("change-basicinformation", &[date()]),
                    Subject::SupportPlan => self.say("change-supportplan", &[date()]),
                    Subject::Actual => {
                        let office = office.map(|office| office.to_string()).unwrap_or_default();
                        let service = kind.map(|kind| self.kind(kind)).unwrap_or_default();
                        self.say("change-actual", &[month(), ("office", office), ("service", service)])
                    }
                }
            }
            Place::Table(table) => self.table(*table),
            Place::Row { table: FileKind::UpSikyu, name } => self.benefit(name),
            Place::Row { table, name } => {
                let cells: Vec<_> = name
                    .iter()
                    .map(|(field, value)| {
                        let shown = self.value(field, value, 0);
                        self.say("change-row-cell", &[("field", self.name(field)), ("value", shown)])
                    })
                    .collect();
                let row = cells.join(&self.say("change-row-separator", &[]));
                self.say("change-row", &[("table", self.table(*table)), ("row", row)])
            }
            Place::Services { month, days, service, .. } => self.services(*month, days, service, what),
        }
    }

    fn table(&self, table: FileKind) -> String {
        self.say(&format!("change-table-{}", table.prefix().to_ascii_lowercase()), &[])
    }

    /// A row of table 7: a service of an office, or the grand total, which has a number that is no office's.
    fn benefit(&self, name: &[(&'static Field, Value)]) -> String {
        let cell = |column: &str| name.iter().find(|(field, _)| field.name_en() == column);
        let shown = |(field, value): &(&'static Field, Value)| self.value(field, value, 0);
        let office = cell("service_office_number");
        if office.is_some_and(|(field, value)| value.text().is_some_and(|number| field.meaning(number).is_some())) {
            return self.say("change-benefit-total", &[]);
        }
        let code = cell("service_code");
        let read = code.and_then(|(_, value)| value.text()?.parse().ok());
        let service = match (read, code) {
            (None, Some(code)) => shown(code),
            (read, _) => self.service(read),
        };
        match office {
            Some(office) => self.say("change-benefit", &[("service", service), ("office", shown(office))]),
            None => self.say("change-benefit-nowhere", &[("service", service)]),
        }
    }

    fn services(&self, month: Month, days: &[Option<Date>], service: &Service, what: &What) -> String {
        let mut groups = days.chunk_by(|a, b| a == b);
        let mut shown: Vec<_> = groups.by_ref().take(DAYS).map(|days| self.day(month, days[0], days.len())).collect();
        if groups.next().is_some() {
            shown.push("…".to_owned());
        }
        let days = ("days", shown.join(&self.say("change-day-separator", &[])));
        let name = ("service", self.service(service.code));
        let time = (service.start, service.end);
        // A change of the time tells the time itself.
        if time == (Time::NONE, Time::NONE) || matches!(what, What::Time { .. }) {
            return self.say("change-services", &[days, name]);
        }
        self.say("change-services-at", &[days, ("time", self.period(time)), name])
    }

    fn day(&self, month: Month, day: Option<Date>, count: usize) -> String {
        let Some(date) = day else { return self.say("change-day-none", &[]) };
        if date.month() != month {
            return self.date(date);
        }
        let day = ("day", date.day().to_string());
        if count == 1 {
            self.say("change-day", &[day])
        } else {
            self.say("change-day-often", &[day, ("count", count.to_string())])
        }
    }

    fn service(&self, code: Option<ServiceCode>) -> String {
        let Some(code) = code else { return self.say("change-service-none", &[]) };
        self.named(code.kind(), code.to_string())
    }

    fn kind(&self, kind: ServiceKind) -> String {
        self.named(kind, kind.to_string())
    }

    /// Names a service by its kind; the standard has names in Japanese only.
    fn named(&self, kind: ServiceKind, code: String) -> String {
        match service_of(kind).filter(|_| self.lang == Lang::Ja) {
            Some(service) => self.say("change-service-named", &[("name", service.name_ja.to_owned()), ("code", code)]),
            None => self.say("change-service", &[("code", code)]),
        }
    }

    fn period(&self, (start, end): (Time, Time)) -> String {
        if start == Time::NONE && end == Time::NONE {
            return self.say("change-clock-none", &[]);
        }
        self.say("change-period", &[("start", self.clock(start)), ("end", self.clock(end))])
    }

    fn clock(&self, time: Time) -> String {
        let Some(minutes) = time.minutes() else { return self.say("change-clock-none", &[]) };
        let minute = format!("{:02}", minutes % 60);
        self.say("change-clock", &[("hour", (minutes / 60).to_string()), ("minute", minute)])
    }

    fn date(&self, date: Date) -> String {
        let month = date.month();
        // Only English writes days and months with two digits.
        let width = if self.lang == Lang::En { 2 } else { 1 };
        let parts = [
            ("year", month.year().to_string()),
            ("month", format!("{:0width$}", month.month())),
            ("day", format!("{:0width$}", date.day())),
        ];
        self.say("change-date", &parts)
    }

    fn month(&self, month: Month) -> String {
        self.say("change-month", &[("year", month.year().to_string()), ("month", month.month().to_string())])
    }

    /// Shows both values, long texts from about where they part: what they begin with may be all that fits.
    fn both(&self, field: &Field, before: Option<&Value>, after: Option<&Value>) -> (String, String) {
        let texts = (before.and_then(Value::text), after.and_then(Value::text));
        let common = match texts {
            (Some(one), Some(other)) => one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count(),
            _ => 0,
        };
        let skipped = if common > 4 * BEFORE { common - BEFORE } else { 0 };
        let show = |value: Option<&Value>| value.map(|value| self.value(field, value, skipped)).unwrap_or_default();
        (show(before), show(after))
    }

    fn value(&self, field: &Field, value: &Value, skipped: usize) -> String {
        match value {
            Value::Text(text) | Value::Unreadable(text) => self.say("change-text", &[("text", excerpt(text, skipped))]),
            Value::Code(code) => self.code(field, code),
            Value::Date(date) => self.date(*date),
            Value::Month(month) => self.month(*month),
            Value::Time(time) => self.clock(*time),
            Value::Days(days) => {
                let days: Vec<_> = days.iter().map(|day| self.say("change-day", &[("day", day.to_string())])).collect();
                if days.is_empty() {
                    return self.say("change-day-none", &[]);
                }
                days.join(&self.say("change-day-separator", &[]))
            }
            Value::Number(_) | Value::Decimal(_) => value.to_string(),
        }
    }

    fn code(&self, field: &Field, code: &str) -> String {
        if let Some(meaning) = field.meaning(code) {
            let arguments = [("code", code.to_owned()), ("meaning", meaning.to_owned())];
            return self.say("change-meaning", &arguments);
        }
        let kind: Option<ServiceKind> = match field.field_type() {
            FieldType::ServiceCode => code.parse().ok().map(|code: ServiceCode| code.kind()),
            FieldType::ServiceKind => code.parse().ok(),
            _ => None,
        };
        // Codes that sum others belong to no kind, and stand for themselves.
        match kind.filter(|&kind| self.lang == Lang::Ja && service_of(kind).is_some()) {
            Some(kind) => self.named(kind, code.to_owned()),
            None => safe(code),
        }
    }
}

/// Shows a text in one line, from a character on.
fn excerpt(text: &str, skipped: usize) -> String {
    let rest: String = text.replace("\r\n", "↵").replace(['\r', '\n'], "↵").chars().skip(skipped).collect();
    let rest = safe(&rest);
    if skipped > 0 { format!("…{rest}") } else { rest }
}
