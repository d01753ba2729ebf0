//! Times for people and scripts: always Japan's, whatever zone the machine keeps.

use jiff::{
    civil::{Date, DateTime},
    tz::{Offset, TimeZone},
};
use musubi_protocol::time::Timestamp;

use crate::{msg, text::Text};

/// Asia/Tokyo, which has known no summer time since 1951.
const TOKYO: Offset = Offset::constant(9);

/// RFC 3339 with `+09:00`, as every JSON value has it. A time beyond the year 9999 reads as its end.
#[must_use]
pub fn rfc3339(time: Timestamp) -> String {
    let local = local(time);
    format!("{}+09:00", local.strftime("%Y-%m-%dT%H:%M:%S"))
}

/// A time for a table: `2026年11月22日(日) 20:19`.
#[must_use]
pub fn friendly(text: &Text, time: Timestamp) -> String {
    let local = local(time);
    text.show(&msg!(
        "time-moment",
        date = day(text, local.date()),
        hour = format!("{:02}", local.hour()),
        minute = format!("{:02}", local.minute())
    ))
}

/// A day for a table: `2026年11月22日(日)`.
#[must_use]
pub fn day(text: &Text, date: Date) -> String {
    text.show(&msg!(
        "time-day",
        year = date.year().to_string(),
        month = i32::from(date.month()),
        day = i32::from(date.day()),
        weekday = i32::from(date.weekday().to_monday_one_offset())
    ))
}

/// The first second of a day in Japan; a day before 1970 gives 1970.
#[must_use]
pub fn start_of(date: Date) -> Timestamp {
    let start = TOKYO.to_timestamp(date.at(0, 0, 0, 0)).map_or(0, |time| time.as_second());
    Timestamp(u64::try_from(start).unwrap_or(0))
}

/// The last second of a day in Japan: a licence until a day includes it.
#[must_use]
pub fn end_of(date: Date) -> Timestamp {
    start_of(date).plus(musubi_protocol::time::DAY - 1)
}

/// The day in Japan.
#[must_use]
pub fn date_of(time: Timestamp) -> Date {
    local(time).date()
}

fn local(time: Timestamp) -> DateTime {
    let seconds = i64::try_from(time.0).unwrap_or(i64::MAX);
    let time = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX);
    time.to_zoned(TimeZone::fixed(TOKYO)).datetime()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    #[test]
    fn japans_time_everywhere() {
        assert_eq!(rfc3339(Timestamp(0)), "1970-01-01T09:00:00+09:00");
        assert_eq!(rfc3339(Timestamp(1_795_346_384)), "2026-11-22T20:19:44+09:00");
        assert!(rfc3339(Timestamp(u64::MAX)).starts_with("9999-12-3"));
        let ja = Text::new(Lang::Ja);
        assert_eq!(friendly(&ja, Timestamp(1_795_346_384)), "2026年11月22日(日) 20:19");
        assert_eq!(friendly(&Text::new(Lang::En), Timestamp(1_795_346_384)), "Sun 22 Nov 2026, 20:19");
    }

    #[test]
    fn days_begin_and_end_in_japan() {
        let date = Date::new(2026, 4, 1).unwrap();
        assert_eq!(rfc3339(start_of(date)), "2026-04-01T00:00:00+09:00");
        assert_eq!(rfc3339(end_of(date)), "2026-04-01T23:59:59+09:00");
        assert_eq!(date_of(end_of(date)), date);
        assert_eq!(start_of(Date::new(1950, 1, 1).unwrap()), Timestamp(0));
    }
}
