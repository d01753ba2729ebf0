//! Numbers and codes that are parsed once, at the boundary.

use std::{fmt, str::FromStr};

use crate::value::days_in;

/// Text that is not the number or code it should be.
///
/// The texts come from file names and hold no personal data; they are shortened all the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// Not an office number.
    #[error("`{0}` is not an office number (ten digits or capital letters, two digits first)")]
    OfficeNumber(String),
    /// Not a service kind.
    #[error("`{0}` is not a service kind (two digits or capital letters)")]
    ServiceKind(String),
    /// Not a service code.
    #[error("`{0}` is not a service code (six digits or capital letters)")]
    ServiceCode(String),
    /// Not a serial.
    #[error("`{0}` is not a serial (14 digits)")]
    Serial(String),
    /// Not a month.
    #[error("`{0}` is not a month (YYYYMM, months 01 to 12)")]
    Month(String),
    /// Not a day of the calendar. Days, as of birth, are personal: the text is left out.
    #[error("not a day of the calendar (YYYYMMDD)")]
    Date,
    /// Not a time of day.
    #[error("not a time of day (HHMM, or 9999 for none)")]
    Time,
    /// Not the days of a month.
    #[error("not the days of a month (31 characters, 0 or 1)")]
    Days,
    /// Not a number with two decimals.
    #[error("not a number with at most two decimals")]
    Decimal,
}

/// An office number (事業所番号): ten characters, the two digits of the prefecture first.
///
/// The standard knows a letter at the third place only (`13A9900047`); letters further on are read
/// too, and fail [`OfficeNumber::has_check_digit`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfficeNumber([u8; 10]);

/// A service kind (サービス種類): two characters, `43` care management, `11` home-visit care, `A2`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceKind([u8; 2]);

/// A serial (連番): 14 digits that the files of one sending unit share.
///
/// Care software fills it from its clock, but it is an opaque text that only orders.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial([u8; 14]);

/// A service code (サービスコード): six characters, the service kind first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceCode([u8; 6]);

/// A calendar month, written `202511`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: u16,
    month: u8,
}

/// What a text may be shortened to in an error: enough to recognise it, bounded.
fn shown(text: &str) -> String {
    text.chars().take(24).collect()
}

fn is_code(bytes: &[u8]) -> bool {
    bytes.iter().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
}

impl OfficeNumber {
    /// Returns the ten characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Tells whether the last character is the check digit of the others (modulus 10, weights 2 and 1).
    ///
    /// The notice's own example numbers fail this, so a number without it is unusual, never wrong.
    #[must_use]
    pub fn has_check_digit(&self) -> bool {
        let Some(expected) = digit(self.0[9]) else { return false };
        let mut sum = 0;
        for (place, &character) in self.0[..9].iter().enumerate() {
            let value = match digit(character) {
                Some(value) => value,
                None if place == 2 => match letter(character) {
                    Some(value) => value,
                    None => return false,
                },
                None => return false,
            };
            let product = if place % 2 == 0 { value * 2 } else { value };
            sum += product / 10 + product % 10;
        }
        (10 - sum % 10) % 10 == expected
    }
}

fn digit(character: u8) -> Option<u32> {
    character.is_ascii_digit().then(|| u32::from(character - b'0'))
}

/// The value of a letter in the check sum: A is 10, and I, O and Q are left out.
fn letter(character: u8) -> Option<u32> {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPRSTUVWXYZ";
    LETTERS.iter().position(|&known| known == character).and_then(|at| u32::try_from(at + 10).ok())
}

impl FromStr for OfficeNumber {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bytes: [u8; 10] = text.as_bytes().try_into().map_err(|_| ParseError::OfficeNumber(shown(text)))?;
        let prefecture = bytes[..2].iter().all(u8::is_ascii_digit);
        if prefecture && is_code(&bytes) { Ok(Self(bytes)) } else { Err(ParseError::OfficeNumber(shown(text))) }
    }
}

impl ServiceKind {
    pub(crate) fn from_bytes(bytes: [u8; 2]) -> Option<Self> {
        is_code(&bytes).then_some(Self(bytes))
    }

    /// Returns the two characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for ServiceKind {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bytes: [u8; 2] = text.as_bytes().try_into().map_err(|_| ParseError::ServiceKind(shown(text)))?;
        if is_code(&bytes) { Ok(Self(bytes)) } else { Err(ParseError::ServiceKind(shown(text))) }
    }
}

impl ServiceCode {
    /// Returns the six characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Returns the service kind.
    #[must_use]
    pub fn kind(&self) -> ServiceKind {
        ServiceKind([self.0[0], self.0[1]])
    }
}

impl FromStr for ServiceCode {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bytes: [u8; 6] = text.as_bytes().try_into().map_err(|_| ParseError::ServiceCode(shown(text)))?;
        if is_code(&bytes) { Ok(Self(bytes)) } else { Err(ParseError::ServiceCode(shown(text))) }
    }
}

impl Serial {
    /// Returns the 14 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Serial {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bytes: [u8; 14] = text.as_bytes().try_into().map_err(|_| ParseError::Serial(shown(text)))?;
        if bytes.iter().all(u8::is_ascii_digit) { Ok(Self(bytes)) } else { Err(ParseError::Serial(shown(text))) }
    }
}

impl Month {
    pub(crate) const FIRST: Self = Self { year: 1, month: 1 };

    /// Puts a month together; `None` if the year is 0 or over 9999, or the month none of 1 to 12.
    #[must_use]
    pub fn new(year: u16, month: u8) -> Option<Self> {
        ((1..=9999).contains(&year) && (1..=12).contains(&month)).then_some(Self { year, month })
    }

    /// Returns how many days the month has.
    #[must_use]
    pub fn days(&self) -> u8 {
        days_in(self.year, self.month)
    }

    /// Returns the year.
    #[must_use]
    pub fn year(&self) -> u16 {
        self.year
    }

    /// Returns the month of the year, 1 to 12.
    #[must_use]
    pub fn month(&self) -> u8 {
        self.month
    }
}

impl FromStr for Month {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wrong = || ParseError::Month(shown(text));
        if text.len() != 6 || !text.bytes().all(|c| c.is_ascii_digit()) {
            return Err(wrong());
        }
        let year = text[..4].parse().map_err(|_| wrong())?;
        let month = text[4..].parse().map_err(|_| wrong())?;
        if year > 0 && (1..=12).contains(&month) { Ok(Self { year, month }) } else { Err(wrong()) }
    }
}

impl fmt::Display for OfficeNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for ServiceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for ServiceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for ServiceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceCode({self})")
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}{:02}", self.year, self.month)
    }
}

impl fmt::Debug for OfficeNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OfficeNumber({self})")
    }
}

impl fmt::Debug for ServiceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceKind({self})")
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serial({self})")
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Month({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn office_numbers_and_their_check_digits() {
        for (number, valid) in [
            ("1370000018", true),
            ("1370000019", false),
            ("2700000124", true),
            ("2700000125", false),
            ("13A0000011", true),
            ("13A0000012", false),
            ("1390000055", true),
            ("0300000100", false),
            ("13I0000011", false),
            ("137000001A", false),
        ] {
            assert_eq!(number.parse::<OfficeNumber>().unwrap().has_check_digit(), valid, "{number}");
        }
        for wrong in ["", "137000001", "13700000188", "1A70000018", "13a0000011", "13700０001", "137000001-"] {
            assert!(wrong.parse::<OfficeNumber>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn other_codes() {
        assert_eq!("2A".parse::<ServiceKind>().unwrap().as_str(), "2A");
        assert!("2a".parse::<ServiceKind>().is_err() && "あ".parse::<ServiceKind>().is_err());
        let code: ServiceCode = "A21234".parse().unwrap();
        assert_eq!((code.as_str(), code.kind().as_str()), ("A21234", "A2"));
        assert!("11121".parse::<ServiceCode>().is_err() && "11121a".parse::<ServiceCode>().is_err());
        assert_eq!("20251020090353".parse::<Serial>().unwrap().to_string(), "20251020090353");
        assert!("2025102009035".parse::<Serial>().is_err() && "2025102009035x".parse::<Serial>().is_err());
        let month: Month = "202511".parse().unwrap();
        assert_eq!((month.year(), month.month(), month.to_string().as_str()), (2025, 11, "202511"));
        for wrong in ["000000", "202513", "202500", "2025１", "20251", "+20251"] {
            assert!(wrong.parse::<Month>().is_err(), "{wrong}");
        }
    }
}
