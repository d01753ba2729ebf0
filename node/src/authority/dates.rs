//! Days and years of the authority, which are those of Asia/Tokyo.
//!
//! A licence is agreed on in days of the Japanese calendar, so it begins when such a day begins and ends with the last
//! second of one, wherever the computer stands. Japan is nine hours ahead of UTC all year round: no time zone data is
//! needed.

use jiff::{ToSpan, civil::Date, tz};
use musubi_protocol::time::{DAY, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Error, MAX_LICENCE};
use crate::times;

const TOKYO: tz::Offset = tz::offset(9);

/// When a licence begins and ends: days of the Japanese calendar, both included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The first day; else today.
    #[serde(with = "times::optional_text")]
    pub from: Option<Date>,
    /// The last day; else that of one year from the first day, or from today if the first lies behind.
    #[serde(with = "times::optional_text")]
    pub until: Option<Date>,
}

impl Period {
    /// Settles the first and the last second.
    pub(super) fn settle(self, now: Timestamp) -> Result<(Timestamp, Timestamp), Error> {
        let today = day_of(now)?;
        let from = self.from.unwrap_or(today);
        let until = match self.until {
            Some(until) => until,
            None => year_from(from.max(today))?,
        };
        let (begin, end) = (start_of(from)?, end_of(until)?);
        if end <= begin {
            return Err(Error::PeriodOrder);
        }
        if end < now {
            return Err(Error::PeriodPast);
        }
        if MAX_LICENCE < end.since(now) { Err(Error::PeriodTooLong) } else { Ok((begin, end)) }
    }
}

/// The last day of a year that begins on this day.
pub(super) fn year_from(first: Date) -> Result<Date, Error> {
    Ok(first.checked_add(1.year())?.checked_sub(1.day())?)
}

/// The year in which a moment lies.
pub(super) fn year_of(moment: Timestamp) -> Result<i16, Error> {
    Ok(day_of(moment)?.year())
}

/// The day on which a moment lies.
pub(super) fn day_of(moment: Timestamp) -> Result<Date, Error> {
    Ok(TOKYO.to_datetime(instant(moment)?).date())
}

/// The first second of a day.
pub(super) fn start_of(day: Date) -> Result<Timestamp, Error> {
    let seconds = TOKYO.to_timestamp(day.at(0, 0, 0, 0))?.as_second();
    // Before 1970 is before every licence.
    Ok(Timestamp(u64::try_from(seconds).unwrap_or_default()))
}

/// The last second of a day.
pub(super) fn end_of(day: Date) -> Result<Timestamp, Error> {
    Ok(start_of(day)?.plus(DAY - 1))
}

fn instant(moment: Timestamp) -> Result<jiff::Timestamp, Error> {
    Ok(jiff::Timestamp::from_second(i64::try_from(moment.0).unwrap_or(i64::MAX))?)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::times::rfc3339;

    /// 2026-11-22T00:30:00+09:00: still the 21st in UTC.
    const NOW: Timestamp = Timestamp(1_795_275_000);

    fn settled(from: Option<Date>, until: Option<Date>) -> Result<(String, String), &'static str> {
        let period = Period { from, until }.settle(NOW).map_err(|error| error.code())?;
        Ok((rfc3339(period.0), rfc3339(period.1)))
    }

    #[test]
    fn days_are_those_of_tokyo() {
        assert_eq!(rfc3339(NOW), "2026-11-22T00:30:00+09:00");
        let expected = ("2026-11-22T00:00:00+09:00".to_owned(), "2027-11-21T23:59:59+09:00".to_owned());
        assert_eq!(settled(None, None), Ok(expected));
        // 2026-12-31T15:00:00Z
        assert_eq!(year_of(Timestamp(1_798_729_200)).unwrap(), 2027);
        assert_eq!(year_of(Timestamp(1_798_729_199)).unwrap(), 2026);
    }

    #[test]
    fn a_period_is_checked() {
        let day = |text: &str| Some(text.parse::<Date>().unwrap());
        let (from, until) = settled(day("2028-02-29"), day("2028-02-29")).unwrap();
        assert_eq!((&from[..10], &until[..10]), ("2028-02-29", "2028-02-29"));
        assert_eq!(&settled(day("2027-04-01"), None).unwrap().1[..10], "2028-03-31");
        assert_eq!(&settled(day("2020-04-01"), None).unwrap().1[..10], "2027-11-21");
        assert_eq!(settled(day("2027-04-01"), day("2027-03-31")), Err("period_order"));
        assert_eq!(settled(day("2020-04-01"), day("2026-11-21")), Err("period_past"));
        assert_eq!(settled(None, day("2030-01-01")), Err("period_too_long"));
        assert!(settled(None, day("2026-11-22")).is_ok());
        assert_eq!(settled(Some(date(9999, 12, 31)), None), Err("date"));
    }
}
