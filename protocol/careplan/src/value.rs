//! Typed values of cells.
//!
//! Dates, times and numbers are kept in the few bytes they need: a month of ten thousand people fits in memory.

use std::{fmt, str::FromStr};

use crate::ids::{Month, ParseError};

/// A day of the calendar, written `20251104`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(u32);

/// A time of day, written `0930`, or [`Time::NONE`] (`9999`) for a service without one.
///
/// The notice leaves open how hours after midnight are written, so hours up to 29 are read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u16);

/// Days of a month for daily proration (日割対象日): 31 characters, `1` on each day that counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Days(u32);

/// A number with two decimals, as yen per unit (`11.05`); kept in hundredths.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i32);

/// The value of a cell that is not empty.
///
/// `Debug` prints no content: cells tell of persons.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Value {
    /// Free text, line breaks as they stand in the file.
    Text(Box<str>),
    /// Letters and digits in their plain form: half-width, capitals.
    Code(Box<str>),
    /// A day.
    Date(Date),
    /// A month.
    Month(Month),
    /// A time of day.
    Time(Time),
    /// A whole number: units, yen, counts.
    Number(i64),
    /// A number with decimals.
    Decimal(Decimal),
    /// Days of a month.
    Days(Days),
    /// What stands in a cell whose type asks for something else; kept, so that nothing is lost.
    Unreadable(Box<str>),
}

impl Date {
    /// Puts a day together; `None` if the calendar has none such.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let real = year <= 9999 && (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        (year > 0 && real).then(|| Self(u32::from(year) * 10_000 + u32::from(month) * 100 + u32::from(day)))
    }

    /// Returns the year.
    #[must_use]
    pub fn year(self) -> u16 {
        u16::try_from(self.0 / 10_000).unwrap_or_default()
    }

    /// Returns the month of the calendar.
    #[must_use]
    pub fn month(self) -> Month {
        // A date holds a real month.
        Month::new(self.year(), u8::try_from(self.0 / 100 % 100).unwrap_or(1)).unwrap_or(Month::FIRST)
    }

    /// Returns the day of the month, 1 to 31.
    #[must_use]
    pub fn day(self) -> u8 {
        u8::try_from(self.0 % 100).unwrap_or_default()
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let number = digits(bytes, 8)?;
        let part = |number: u32| u8::try_from(number % 100).ok();
        Self::new(u16::try_from(number / 10_000).ok()?, part(number / 100)?, part(number)?)
    }
}

impl Time {
    /// A service without a time of day.
    pub const NONE: Self = Self(9999);

    /// Puts a time together: hours 0 to 29, minutes 0 to 59.
    #[must_use]
    pub fn new(hour: u8, minute: u8) -> Option<Self> {
        (hour < 30 && minute < 60).then(|| Self(u16::from(hour) * 100 + u16::from(minute)))
    }

    /// Returns the minutes since midnight; `None` for [`Time::NONE`].
    #[must_use]
    pub fn minutes(self) -> Option<u16> {
        (self != Self::NONE).then(|| self.0 / 100 * 60 + self.0 % 100)
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let number = digits(bytes, 4)?;
        if number == 9999 {
            return Some(Self::NONE);
        }
        Self::new(u8::try_from(number / 100).ok()?, u8::try_from(number % 100).ok()?)
    }
}

impl Days {
    /// Returns the days, from 1.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (1..=31).filter(move |day| self.0 >> (day - 1) & 1 == 1)
    }

    /// Returns the last day; `None` without any.
    #[must_use]
    pub fn last(self) -> Option<u8> {
        u8::try_from(32 - self.0.leading_zeros()).ok().filter(|&day| day > 0)
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != 31 {
            return None;
        }
        let mut days = 0;
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'0' => {}
                b'1' => days |= 1 << at,
                _ => return None,
            }
        }
        Some(Self(days))
    }
}

impl FromIterator<u8> for Days {
    /// Takes the days of a month; what is no day from 1 to 31 is passed over.
    fn from_iter<I: IntoIterator<Item = u8>>(days: I) -> Self {
        Self(days.into_iter().filter(|day| (1..=31).contains(day)).fold(0, |days, day| days | 1 << (day - 1)))
    }
}

impl Decimal {
    /// Makes a number from hundredths.
    #[must_use]
    pub const fn from_hundredths(hundredths: i32) -> Self {
        Self(hundredths)
    }

    /// Returns the number in hundredths.
    #[must_use]
    pub const fn hundredths(self) -> i32 {
        self.0
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (negative, rest) = sign(bytes);
        let point = rest.iter().position(|&byte| byte == b'.').unwrap_or(rest.len());
        let (whole, decimals) = rest.split_at(point);
        let decimals = decimals.get(1..).unwrap_or_default();
        if whole.is_empty() || whole.len() > 6 || decimals.len() > 2 || (point < rest.len() && decimals.is_empty()) {
            return None;
        }
        let mut hundredths = i32::try_from(digits(whole, whole.len())?).ok()? * 100;
        hundredths += match decimals.len() {
            0 => 0,
            1 => i32::try_from(digits(decimals, 1)?).ok()? * 10,
            _ => i32::try_from(digits(decimals, 2)?).ok()?,
        };
        Some(Self(if negative { -hundredths } else { hundredths }))
    }
}

impl Value {
    /// Returns the text of free text, codes and cells that could not be read.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Code(text) | Self::Unreadable(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    /// Writes the value as the standard does in a file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Code(text) | Self::Unreadable(text) => f.write_str(text),
            Self::Date(date) => date.fmt(f),
            Self::Month(month) => month.fmt(f),
            Self::Time(time) => time.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Decimal(decimal) => decimal.fmt(f),
            Self::Days(days) => days.fmt(f),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(..)",
            Self::Code(_) => "Code(..)",
            Self::Date(_) => "Date(..)",
            Self::Month(_) => "Month(..)",
            Self::Time(_) => "Time(..)",
            Self::Number(_) => "Number(..)",
            Self::Decimal(_) => "Decimal(..)",
            Self::Days(_) => "Days(..)",
            Self::Unreadable(_) => "Unreadable(..)",
        })
    }
}

/// Reads a whole number: an optional sign and one to nine digits.
pub(crate) fn number(bytes: &[u8]) -> Option<i64> {
    let (negative, rest) = sign(bytes);
    if rest.is_empty() || rest.len() > 9 {
        return None;
    }
    let value = i64::from(digits(rest, rest.len())?);
    Some(if negative { -value } else { value })
}

fn sign(bytes: &[u8]) -> (bool, &[u8]) {
    match bytes {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, bytes),
    }
}

/// Reads exactly so many digits, at most nine.
fn digits(bytes: &[u8], count: usize) -> Option<u32> {
    if bytes.len() != count || count > 9 {
        return None;
    }
    bytes.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0')))
}

/// Returns how many days a month has.
pub(crate) fn days_in(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

macro_rules! text_forms {
    ($($type:ident),*) => {$(
        impl FromStr for $type {
            type Err = ParseError;

            fn from_str(text: &str) -> Result<Self, ParseError> {
                Self::from_bytes(text.as_bytes()).ok_or(ParseError::$type)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($type), "({})"), self)
            }
        }
    )*};
}

text_forms!(Date, Time, Days, Decimal);

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08}", self.0)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..31).try_for_each(|at| f.write_str(if self.0 >> at & 1 == 1 { "1" } else { "0" }))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let hundredths = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", hundredths / 100, hundredths % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let date: Date = "20240229".parse().unwrap();
        assert_eq!((date.year(), date.month().to_string(), date.day()), (2024, "202402".into(), 29));
        assert_eq!(date.to_string(), "20240229");
        for wrong in ["20250229", "20250431", "20251301", "20250100", "00000000", "2025010", "2025０1", "+2025010"] {
            assert!(wrong.parse::<Date>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn times() {
        assert_eq!("0930".parse::<Time>().unwrap().minutes(), Some(570));
        assert_eq!("9999".parse::<Time>().unwrap(), Time::NONE);
        assert_eq!("2530".parse::<Time>().unwrap().minutes(), Some(1530));
        assert_eq!("0005".parse::<Time>().unwrap().to_string(), "0005");
        for wrong in ["", "930", "0960", "3000", "9998", "09:0", "00930"] {
            assert!(wrong.parse::<Time>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn days() {
        let text = "1000000000000000000000000000010";
        let days: Days = text.parse().unwrap();
        assert_eq!(days.iter().collect::<Vec<_>>(), [1, 30]);
        assert_eq!((days.last(), days.to_string().as_str()), (Some(30), text));
        assert_eq!(days.iter().collect::<Days>(), days);
        assert_eq!("0".repeat(31).parse::<Days>().unwrap().last(), None);
        assert_eq!("1".repeat(31).parse::<Days>().unwrap().last(), Some(31));
        assert!("1".repeat(30).parse::<Days>().is_err() && "2".repeat(31).parse::<Days>().is_err());
    }

    #[test]
    fn numbers() {
        assert_eq!(number(b"-47"), Some(-47));
        assert_eq!(number(b"007"), Some(7));
        for wrong in [&b""[..], b"-", b"1.5", b"1234567890", b"--1", b"1,0"] {
            assert_eq!(number(wrong), None);
        }
        for (text, shown) in [("11.05", "11.05"), ("10", "10.00"), ("9.5", "9.50"), ("-0.05", "-0.05")] {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), shown);
        }
        for wrong in ["", ".", ".5", "1.", "1.234", "1,5", "a"] {
            assert!(wrong.parse::<Decimal>().is_err(), "{wrong}");
        }
    }
}
