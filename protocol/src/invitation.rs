//! Invitations: what the authority's letter gives an office, so that it can join without anybody's help.
//!
//! The text is `K3W9M-...-2Q7RS@authority.example.jp:47300`: ten groups ([`musubi_paper`]) that carry 80 random bits,
//! the code, and the first 120 bits of the root pin; behind the `@`, where the authority is reached. The place may be
//! left out where it is known otherwise. Ten zero bytes are no code: such an invitation is for everybody, and who applies
//! with it waits for a decision. The code alone is secret: whoever has it may join as the office to which the
//! authority has bound it, once. It is sent to nobody who has not shown the root that the pin names.

use std::{fmt, net::Ipv6Addr, str::FromStr};

use musubi_paper::PaperError;
use rand::CryptoRng;
use zeroize::Zeroizing;

use crate::ids::{Hash, OfficeNumber};

/// The length of a code in bytes.
const CODE: usize = 10;
/// How much of the root pin an invitation holds, in bytes.
const PIN: usize = 15;
/// The longest host name (RFC 1035, section 2.3.4).
const MAX_HOST: usize = 253;

/// A code from a letter. It does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(Zeroizing<[u8; CODE]>);

impl Code {
    /// Draws a code.
    #[must_use]
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; CODE]);
        rng.fill_bytes(&mut bytes[..]);
        Self(bytes)
    }

    /// What stands where an invitation has none: whoever applies with it waits for a decision.
    #[must_use]
    pub fn none() -> Self {
        Self(Zeroizing::new([0; CODE]))
    }

    /// Whether it is none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::none()
    }

    /// Takes the bytes of a code.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0[..]
    }

    /// What the authority keeps of it, bound to the office: SHA-256("musubi/1 code" | office number | code).
    #[must_use]
    pub fn hash(&self, office: &OfficeNumber) -> Hash {
        Hash::of(&[b"musubi/1 code", office.as_str().as_bytes(), self.as_bytes()])
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(..)")
    }
}

/// The beginning of a root pin: enough to know the root by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShortPin([u8; PIN]);

impl ShortPin {
    /// Shortens a root pin.
    #[must_use]
    pub fn of(pin: &Hash) -> Self {
        let mut short = [0; PIN];
        short.copy_from_slice(&pin.0[..PIN]);
        Self(short)
    }

    /// Says whether this is the beginning of a root pin.
    #[must_use]
    pub fn matches(&self, pin: &Hash) -> bool {
        *self == Self::of(pin)
    }
}

/// Where the authority is reached: host and port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    host: String,
    port: u16,
}

impl Place {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }
}

/// Not a place.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a host name or address with a port")]
pub struct PlaceError;

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let (host, port) = text.rsplit_once(':').ok_or(PlaceError)?;
        let port = port.parse().ok().filter(|port| *port != 0).ok_or(PlaceError)?;
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(host) => host.parse::<Ipv6Addr>().map_err(|_| PlaceError)?.to_string(),
            None => host.to_ascii_lowercase(),
        };
        let label = |label: &str| {
            let good = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
            (1..=63).contains(&label.len())
                && label.bytes().all(good)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let name = !host.is_empty() && host.len() <= MAX_HOST && host.split('.').all(label);
        if name || host.parse::<Ipv6Addr>().is_ok() { Ok(Self { host, port }) } else { Err(PlaceError) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// An invitation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invitation {
    /// The code.
    pub code: Code,
    /// Which root the authority has to show first.
    pub pin: ShortPin,
    /// Where it is reached, if the invitation says so.
    pub place: Option<Place>,
}

/// Why a text is no invitation.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvitationError {
    /// The groups are not right.
    #[error(transparent)]
    Groups(#[from] PaperError),
    /// What stands behind the `@` is not a place.
    #[error(transparent)]
    Place(#[from] PlaceError),
}

impl Invitation {
    /// The text for letter and QR code.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = self.groups();
        if let Some(place) = &self.place {
            // Grown once: the secret part would stay behind otherwise.
            let place = format!("@{place}");
            let mut longer = Zeroizing::new(String::with_capacity(text.len() + place.len()));
            longer.push_str(&text);
            longer.push_str(&place);
            text = longer;
        }
        text
    }

    /// The groups alone, for typing.
    #[must_use]
    pub fn groups(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; CODE + PIN]);
        bytes[..CODE].copy_from_slice(self.code.as_bytes());
        bytes[CODE..].copy_from_slice(&self.pin.0);
        musubi_paper::encode(&bytes[..])
    }

    /// Reads what a person typed or a camera read.
    ///
    /// # Errors
    /// [`InvitationError`]; a wrong group is named.
    pub fn parse(text: &str) -> Result<Self, InvitationError> {
        let (groups, place) = match text.split_once(['@', '＠']) {
            Some((groups, place)) => (groups, Some(narrow(place).parse()?)),
            None => (text, None),
        };
        let bytes = musubi_paper::decode::<{ CODE + PIN }>(groups)?;
        let (mut code, mut pin) = (Zeroizing::new([0; CODE]), [0; PIN]);
        code.copy_from_slice(&bytes[..CODE]);
        pin.copy_from_slice(&bytes[CODE..]);
        Ok(Self { code: Code(code), pin: ShortPin(pin), place })
    }
}

/// Full-width forms as an input method may produce them, without the spaces around.
fn narrow(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3002}' => '.',
        other => other,
    };
    text.trim().chars().map(narrow).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn invitation(place: Option<&str>) -> Invitation {
        let pin = Hash(std::array::from_fn(|at| at as u8 * 7));
        Invitation {
            code: Code::from_bytes(&[9; 10]).unwrap(),
            pin: ShortPin::of(&pin),
            place: place.map(|place| place.parse().unwrap()),
        }
    }

    #[test]
    fn an_invitation_is_read_back() {
        for place in [None, Some("authority.example.jp:47300"), Some("192.0.2.7:1"), Some("[2001:db8::1]:65535")] {
            let invitation = invitation(place);
            let text = invitation.to_text();
            assert_eq!(text.split('@').nth(1), place);
            assert_eq!(text.split('@').next().unwrap().split('-').map(str::len).collect::<Vec<_>>(), [5; 10]);
            assert_eq!(Invitation::parse(&text), Ok(invitation));
        }
    }

    #[test]
    fn what_people_type_is_understood() {
        let good = invitation(Some("authority.example.jp:47300"));
        let wide: String = good
            .to_text()
            .chars()
            .map(|c| match c {
                '-' => 'ー',
                '!'..='~' => char::from_u32(c as u32 + 0xfee0).unwrap(),
                other => other,
            })
            .collect();
        assert_eq!(Invitation::parse(&wide), Ok(good.clone()));
        let lower = format!(" {} @ Authority.Example.JP:47300 ", good.groups().to_lowercase().replace('-', " "));
        assert_eq!(Invitation::parse(&lower), Ok(good));
    }

    #[test]
    fn a_typo_names_its_group_and_a_bad_place_is_told() {
        let text = invitation(None).to_text();
        for (at, right) in text.char_indices().filter(|(_, c)| *c != '-') {
            let mut typed = text.to_string();
            typed.replace_range(at..=at, if right == 'Z' { "Y" } else { "Z" });
            let group = PaperError::Group { group: at / 6 + 1 };
            assert_eq!(Invitation::parse(&typed), Err(InvitationError::Groups(group)));
        }
        let long = "a".repeat(64);
        for place in [
            "",
            ":",
            "a",
            "a:",
            "a:0",
            "a:65536",
            ":1",
            "-a:1",
            "a..b:1",
            "a b:1",
            "[::1:1",
            "[1.2.3.4]:1",
            &format!("{long}:1"),
        ] {
            let typed = format!("{}@{place}", *text);
            assert_eq!(Invitation::parse(&typed), Err(InvitationError::Place(PlaceError)), "{place}");
        }
    }

    #[test]
    fn a_code_belongs_to_one_office_and_stays_unseen() {
        let code = invitation(None).code;
        let hash = |office: &str| code.hash(&office.parse().unwrap());
        assert_ne!(hash("1379900010"), hash("1379900028"));
        assert_eq!(format!("{code:?}"), "Code(..)");
        assert_eq!(Code::from_bytes(&[1; 9]), None);
    }

    #[test]
    fn a_pin_matches_its_own_root() {
        let pin = Hash(std::array::from_fn(|at| at as u8 * 7));
        let short = invitation(None).pin;
        assert!(short.matches(&pin));
        for at in 0..PIN {
            let mut other = pin;
            other.0[at] ^= 1;
            assert!(!short.matches(&other), "{at}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_panic(text in ".{0,80}") {
            let _ = (Invitation::parse(&text), text.parse::<Place>());
        }

        #[test]
        fn every_place_reads_as_it_shows(text in "[a-z0-9.:-]{1,30}") {
            if let Ok(place) = text.parse::<Place>() {
                prop_assert_eq!(place.to_string().parse::<Place>(), Ok(place));
            }
        }
    }
}
