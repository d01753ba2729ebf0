//! Values of options, parsed once: what a command gets needs no further check of its form.
//!
//! Reading is lenient where a Japanese keyboard makes it likely: full-width letters and digits are
//! taken as what they mean, small letters of office numbers as capitals.

use std::{
    fmt,
    str::FromStr,
    time::{Duration, Instant},
};

use data_encoding::HEXLOWER_PERMISSIVE;
use jiff::civil::Date;
use musubi_config::check::{self, BadValue};
use musubi_protocol::{
    ids::{Address, Hash, Kind, OfficeNumber},
    invitation::Place,
};

use crate::{error::bad_value, msg, text::Message};

/// A value that is not what its option takes. The message says what it takes; the value itself is
/// shown by whoever reports the error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidValue {
    /// Not an office number.
    Office,
    /// Not a kind.
    Kind,
    /// Not a month.
    Month,
    /// Not an address.
    Address,
    /// Not a network address, listening address or API address.
    Setting(BadValue),
    /// Not a date.
    Date,
    /// Not a SHA-256 value.
    Sha256,
    /// Not a certificate's serial number.
    Serial,
    /// Not the number of a key.
    KeyNumber,
    /// Not the beginning of a message id.
    MessageId,
    /// Not a state to wait for.
    Wait,
    /// Not a receipt to wait for.
    WaitForReceipt,
    /// Empty, too long, or with control characters.
    Name,
    /// Not host and port.
    Place,
    /// Not a TCP address.
    ListenTcp,
}

impl InvalidValue {
    /// What the value must look like.
    #[must_use]
    pub fn message(&self) -> Message {
        match self {
            Self::Office => msg!("want-office"),
            Self::Kind => msg!("want-kind"),
            Self::Month => msg!("want-month"),
            Self::Address => msg!("want-address"),
            Self::Setting(reason) => bad_value(reason),
            Self::Date => msg!("want-date"),
            Self::Sha256 => msg!("want-sha256"),
            Self::Serial => msg!("want-serial"),
            Self::KeyNumber => msg!("want-key-number"),
            Self::MessageId => msg!("want-message-id"),
            Self::Wait => msg!("want-wait"),
            Self::WaitForReceipt => msg!("want-wait-for-receipt"),
            Self::Name => msg!("want-name"),
            Self::Place => msg!("want-place"),
            Self::ListenTcp => msg!("want-listen-tcp"),
        }
    }
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message().key())
    }
}

impl std::error::Error for InvalidValue {}

/// The first characters of a message id, at least eight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdPrefix(String);

impl IdPrefix {
    /// 8 to 52 characters `a-z2-7`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What to wait for, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// `delivered` or `opened`.
    pub state: &'static str,
    /// Seconds at most; `None` where none were given.
    pub seconds: Option<u64>,
}

impl Wait {
    /// Seconds where none were given.
    const USUAL: u64 = 60;

    /// The moment at which waiting ends; `None` if it lies beyond what the clock can count.
    #[must_use]
    pub fn until(self) -> Option<Instant> {
        Instant::now().checked_add(Duration::from_secs(self.seconds.unwrap_or(Self::USUAL)))
    }
}

/// Reads an office number.
pub(crate) fn office(text: &str) -> Result<OfficeNumber, InvalidValue> {
    OfficeNumber::from_str(&narrow(text).to_ascii_uppercase()).map_err(|_| InvalidValue::Office)
}

/// Reads a kind.
pub(crate) fn kind(text: &str) -> Result<Kind, InvalidValue> {
    Kind::from_str(&narrow(text).to_ascii_uppercase()).map_err(|_| InvalidValue::Kind)
}

/// Reads an office number of the exchange's files.
pub(crate) fn exchange_office(text: &str) -> Result<careplan::OfficeNumber, InvalidValue> {
    narrow(text).to_ascii_uppercase().parse().map_err(|_| InvalidValue::Office)
}

/// Reads an address, `1379900010-11`, or an office number of the exchange's files.
pub(crate) fn exchange_address(text: &str) -> Result<careplan::End, InvalidValue> {
    let text = narrow(text);
    let (office, kind) =
        text.split_once(['-', 'ー']).map_or((text.as_str(), None), |(office, kind)| (office, Some(kind)));
    let kind = kind.map(|kind| kind.parse().map_err(|_| InvalidValue::Office)).transpose()?;
    Ok(careplan::End { office: exchange_office(office)?, kind })
}

/// An insured number, with the insurer's where two persons have one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insured {
    /// The insurer, if it was told.
    pub insurer: Option<Box<str>>,
    /// The number.
    pub number: Box<str>,
}

/// Reads an insured number, `0009000000`, or one with its insurer, `139014-0009000000`.
pub(crate) fn insured(text: &str) -> Result<Insured, std::convert::Infallible> {
    let text = narrow(text).to_ascii_uppercase();
    Ok(match text.split_once(['-', 'ー']) {
        Some((insurer, number)) => Insured { insurer: Some(insurer.into()), number: number.into() },
        None => Insured { insurer: None, number: text.as_str().into() },
    })
}

/// Reads a month, `202511`, `2025-11` or `2025/11`.
pub(crate) fn month(text: &str) -> Result<careplan::Month, InvalidValue> {
    let text = narrow(text);
    let parts: Vec<&str> = text.split(['-', '/']).collect();
    let digits = match parts.as_slice() {
        [month] => (*month).to_owned(),
        [year, month] if year.len() == 4 => format!("{year}{month:0>2}"),
        _ => return Err(InvalidValue::Month),
    };
    digits.parse().map_err(|_| InvalidValue::Month)
}

/// Reads an address.
pub(crate) fn address(text: &str) -> Result<Address, InvalidValue> {
    // The long vowel mark and the minus sign are what a kana keyboard gives for a hyphen.
    let text = narrow(text).replace(['ー', '−', '‐'], "-").to_ascii_uppercase();
    Address::from_str(&text).map_err(|_| InvalidValue::Address)
}

/// Checks an address to listen at.
pub(crate) fn listen(text: &str) -> Result<String, InvalidValue> {
    check::listen(text).map(|()| text.to_owned()).map_err(InvalidValue::Setting)
}

/// Checks an address to listen at for those who enrol: TCP only.
pub(crate) fn listen_tcp(text: &str) -> Result<String, InvalidValue> {
    let checked = listen(text)?;
    if checked.contains("/tcp/") { Ok(checked) } else { Err(InvalidValue::ListenTcp) }
}

/// Reads where an authority is reached.
pub(crate) fn place(text: &str) -> Result<Place, InvalidValue> {
    narrow(text).parse().map_err(|_| InvalidValue::Place)
}

/// Checks the address of a partner's node.
pub(crate) fn peer(text: &str) -> Result<String, InvalidValue> {
    check::peer(text).map(|()| text.to_owned()).map_err(InvalidValue::Setting)
}

/// Checks the address of the local API.
pub(crate) fn api(text: &str) -> Result<String, InvalidValue> {
    check::api(text).map(|()| text.to_owned()).map_err(InvalidValue::Setting)
}

/// Reads a day, `2026-04-01` or `2026/4/1`.
pub(crate) fn date(text: &str) -> Result<Date, InvalidValue> {
    let text = narrow(text).replace('/', "-");
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(InvalidValue::Date);
    };
    let digits = |part: &str, len| part.len() <= len && part.bytes().all(|b| b.is_ascii_digit());
    if year.len() != 4 || !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
        return Err(InvalidValue::Date);
    }
    let bad = |_| InvalidValue::Date;
    Date::new(year.parse().map_err(bad)?, month.parse().map_err(bad)?, day.parse().map_err(bad)?)
        .map_err(|_| InvalidValue::Date)
}

/// Reads a SHA-256 value, with colons as `openssl` prints it or without.
pub(crate) fn sha256(text: &str) -> Result<Hash, InvalidValue> {
    // As fingerprints are shown to people, in groups, too.
    text.replace([':', ' ', '\n'], "").parse().map_err(|_| InvalidValue::Sha256)
}

/// Reads a certificate's serial number in hexadecimal, with colons or without; leading zeros go.
pub(crate) fn serial(text: &str) -> Result<Vec<u8>, InvalidValue> {
    let digits = text.replace(':', "");
    let padded = if digits.len() % 2 == 1 { format!("0{digits}") } else { digits };
    let bytes = HEXLOWER_PERMISSIVE.decode(padded.as_bytes()).map_err(|_| InvalidValue::Serial)?;
    let bytes: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
    // RFC 5280, 4.1.2.2: at most 20 octets, not zero.
    if (1..=20).contains(&bytes.len()) { Ok(bytes) } else { Err(InvalidValue::Serial) }
}

/// Reads the number of a key as somebody has read it out: 20 digits, in groups or not.
pub(crate) fn key_number(text: &str) -> Result<String, InvalidValue> {
    let digits: String = narrow(text).chars().filter(|c| !matches!(c, '-' | 'ー') && !c.is_whitespace()).collect();
    let good = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if good { Ok(digits) } else { Err(InvalidValue::KeyNumber) }
}

/// Reads the beginning of a message id.
pub(crate) fn message_id(text: &str) -> Result<IdPrefix, InvalidValue> {
    let text = narrow(text).to_ascii_lowercase();
    let good = text.bytes().all(|c| matches!(c, b'a'..=b'z' | b'2'..=b'7'));
    if good && (8..=52).contains(&text.len()) { Ok(IdPrefix(text)) } else { Err(InvalidValue::MessageId) }
}

/// Reads `delivered` or `delivered=SECONDS`.
pub(crate) fn wait(text: &str) -> Result<Wait, InvalidValue> {
    wait_for(text, &["delivered"]).ok_or(InvalidValue::Wait)
}

/// Reads `delivered`, `opened`, or one of them with `=SECONDS`.
pub(crate) fn wait_for_receipt(text: &str) -> Result<Wait, InvalidValue> {
    wait_for(text, &["delivered", "opened"]).ok_or(InvalidValue::WaitForReceipt)
}

fn wait_for(text: &str, states: &[&'static str]) -> Option<Wait> {
    let (name, seconds) = match text.split_once('=') {
        Some((name, seconds)) => (name, Some(seconds.parse().ok()?)),
        None => (text, None),
    };
    let state = states.iter().find(|state| **state == name)?;
    Some(Wait { state, seconds })
}

/// Reads the name of an office or authority: 1 to 64 characters, which is X.520's bound.
pub(crate) fn name(text: &str) -> Result<String, InvalidValue> {
    let text = text.trim();
    let good = (1..=64).contains(&text.chars().count()) && crate::text::harmless(text) == text && !text.contains('\n');
    if good { Ok(text.to_owned()) } else { Err(InvalidValue::Name) }
}

/// Full-width ASCII (U+FF01 to U+FF5E) as plain ASCII.
fn narrow(text: &str) -> String {
    let narrow = |c| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    };
    text.trim().chars().map(narrow).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_key_may_be_spaced() {
        let number = "00012345678901234567";
        for typed in
            [number, "0001 2345 6789 0123 4567", "0001-2345-6789-0123-4567", "０００１　２３４５ー6789 0123　4567"]
        {
            assert_eq!(key_number(typed).as_deref(), Ok(number), "{typed}");
        }
        for typed in ["", "0001 2345 6789 0123 456", "0001 2345 6789 0123 45678", "0001 2345 6789 0123 456x"] {
            assert_eq!(key_number(typed), Err(InvalidValue::KeyNumber), "{typed}");
        }
    }

    #[test]
    fn a_japanese_keyboard_is_understood() {
        assert_eq!(office("１３ａ９９０００４７").unwrap().to_string(), "13A9900047");
        assert_eq!(kind("ａ2").unwrap().to_string(), "A2");
        assert_eq!(address("１３７９９０００１０－１１").unwrap().to_string(), "1379900010-11");
        assert_eq!(address("1379900010ー11").unwrap().to_string(), "1379900010-11");
        assert_eq!(date("2026/4/1"), date("２０２６-04-01"));
    }

    #[test]
    fn months_are_read_as_people_write_them() {
        for good in ["202511", "2025-11", "２０２５/11"] {
            assert_eq!(month(good).unwrap().to_string(), "202511", "{good}");
        }
        assert_eq!(month("2025/1").unwrap().to_string(), "202501");
        for bad in ["202513", "25-11", "2025", "2025-11-01", ""] {
            assert_eq!(month(bad), Err(InvalidValue::Month), "{bad}");
        }
    }

    #[test]
    fn wrong_values_are_told_apart() {
        assert_eq!(office("137990001"), Err(InvalidValue::Office));
        assert_eq!(kind("111"), Err(InvalidValue::Kind));
        assert_eq!(address("1379900010"), Err(InvalidValue::Address));
        for bad in ["2026-02-30", "26-04-01", "2026-04", "2026-04-01-1", "+026-4-1", ""] {
            assert_eq!(date(bad), Err(InvalidValue::Date), "{bad}");
        }
        assert_eq!(api("0.0.0.0:1"), Err(InvalidValue::Setting(BadValue::NotLoopback)));
    }

    #[test]
    fn hexadecimal_as_openssl_prints_it() {
        assert_eq!(serial("00:AB:01"), Ok(vec![0xab, 1]));
        assert_eq!(serial("AB1"), Ok(vec![0x0a, 0xb1]));
        for bad in ["", "0", "xy", &"1".repeat(41)] {
            assert_eq!(serial(bad), Err(InvalidValue::Serial), "{bad}");
        }
        assert_eq!(sha256(&"AB:".repeat(31).add("AB")).unwrap(), sha256(&"ab".repeat(32)).unwrap());
        assert!(sha256("ab").is_err());
    }

    use std::ops::Add;

    #[test]
    fn ids_and_waiting() {
        assert_eq!(message_id("ABCDEFG2").unwrap().as_str(), "abcdefg2");
        for bad in ["abcdefg", "abcdefg1", &"a".repeat(53)] {
            assert_eq!(message_id(bad), Err(InvalidValue::MessageId), "{bad}");
        }
        assert_eq!(wait("delivered"), Ok(Wait { state: "delivered", seconds: None }));
        assert_eq!(wait("delivered=30"), Ok(Wait { state: "delivered", seconds: Some(30) }));
        for bad in ["opened", "delivered=", "delivered30", "delivered=-1", "delivered=1=2"] {
            assert_eq!(wait(bad), Err(InvalidValue::Wait), "{bad}");
        }
        assert_eq!(wait_for_receipt("opened=5"), Ok(Wait { state: "opened", seconds: Some(5) }));
        assert_eq!(wait_for_receipt("imported"), Err(InvalidValue::WaitForReceipt));
    }

    #[test]
    fn names() {
        assert_eq!(name(" みほん通所 ").unwrap(), "みほん通所");
        for bad in ["", "  ", "a\u{7}b", "a\nb", &"あ".repeat(65)] {
            assert_eq!(name(bad), Err(InvalidValue::Name), "{bad:?}");
        }
    }
}
