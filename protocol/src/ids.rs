//! Names that are parsed once, at the boundary: office number, kind, address, hash, message id.

use std::{fmt, str::FromStr};

use data_encoding::{BASE32_NOPAD, HEXLOWER_PERMISSIVE};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// An office number (事業所番号): ten characters, two digits of the prefecture first; letters
/// are possible further on (`13A9900047`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OfficeNumber([u8; 10]);

/// A service kind (サービス種類): two characters, `43` care management, `11` home-visit care, `A2`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Kind([u8; 2]);

/// What a document is sent to and from: office number and kind, written `1379900010-11`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    /// The office number.
    pub office: OfficeNumber,
    /// The kind.
    pub kind: Kind,
}

/// Text that is not the name it should be. The texts are public identifiers, so they may be shown.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseError {
    /// Not an office number.
    #[error("`{0}` is not an office number (ten digits or capital letters, two digits first)")]
    OfficeNumber(String),
    /// Not a kind.
    #[error("`{0}` is not a service kind (two digits or capital letters)")]
    Kind(String),
    /// Not an address.
    #[error("`{0}` is not an address (office number, hyphen, kind: 1379900010-11)")]
    Address(String),
    /// Not a hash.
    #[error("not 64 hexadecimal characters")]
    Hash,
    /// Not a message id.
    #[error("`{0}` is not a message id (52 characters a-z and 2-7)")]
    MessageId(String),
}

/// What a name may be shortened to in an error: enough to recognise it, bounded.
fn shown(text: &str) -> String {
    text.chars().take(24).collect()
}

impl OfficeNumber {
    /// The ten characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for OfficeNumber {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bytes: [u8; 10] = text.as_bytes().try_into().map_err(|_| ParseError::OfficeNumber(shown(text)))?;
        let prefecture = bytes[..2].iter().all(u8::is_ascii_digit);
        let rest = bytes.iter().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase());
        if prefecture && rest { Ok(Self(bytes)) } else { Err(ParseError::OfficeNumber(shown(text))) }
    }
}

impl Kind {
    /// The two characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Kind {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bytes: [u8; 2] = text.as_bytes().try_into().map_err(|_| ParseError::Kind(shown(text)))?;
        if bytes.iter().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase()) {
            Ok(Self(bytes))
        } else {
            Err(ParseError::Kind(shown(text)))
        }
    }
}

impl Address {
    /// Puts an office number and one of its kinds together.
    #[must_use]
    pub const fn new(office: OfficeNumber, kind: Kind) -> Self {
        Self { office, kind }
    }
}

impl FromStr for Address {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (office, kind) = text.split_once('-').ok_or_else(|| ParseError::Address(shown(text)))?;
        Ok(Self { office: office.parse()?, kind: kind.parse()? })
    }
}

impl fmt::Display for OfficeNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}-{}", self.office.as_str(), self.kind.as_str()))
    }
}

/// Gives a type whose text form is its only form the conversions that serde and Debug need.
macro_rules! text_form {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseError;

            fn try_from(text: String) -> Result<Self, ParseError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.to_string()
            }
        }
    )+};
}
text_form!(OfficeNumber, Kind, Address);

/// A SHA-256 value; 32 zero bytes stand for "none yet".
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hash(#[serde(with = "serde_bytes")] pub [u8; 32]);

impl Hash {
    /// "None yet": 32 zero bytes.
    pub const ZERO: Self = Self([0; 32]);

    /// Hashes the parts one after another.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }
}

impl FromStr for Hash {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| ParseError::Hash)?;
        Ok(Self(bytes.try_into().map_err(|_| ParseError::Hash)?))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER_PERMISSIVE.encode(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({})", HEXLOWER_PERMISSIVE.encode(&self.0[..4]))
    }
}

/// The id of an entry, and so of the message it announces:
/// SHA-256("musubi/1 entry" | payload of the entry). Shown as 52 lower-case base32 characters
/// (RFC 4648, no padding).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(#[serde(with = "serde_bytes")] pub [u8; 32]);

impl MessageId {
    /// Computes the id from the signed payload of an entry.
    #[must_use]
    pub fn of_payload(payload: &[u8]) -> Self {
        Self(Hash::of(&[b"musubi/1 entry", payload]).0)
    }

    /// The id as a plain hash, as it stands in `prev hash`.
    #[must_use]
    pub const fn hash(&self) -> Hash {
        Hash(self.0)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE32_NOPAD.encode(&self.0).to_ascii_lowercase())
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.to_string();
        write!(f, "MessageId({})", &text[..8])
    }
}

impl FromStr for MessageId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bad = || ParseError::MessageId(shown(text));
        let bytes = BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).map_err(|_| bad())?;
        Ok(Self(bytes.try_into().map_err(|_| bad())?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        let address: Address = "13A9900047-A2".parse().unwrap();
        assert_eq!(address.to_string(), "13A9900047-A2");
        assert_eq!(format!("{address:?}"), "Address(13A9900047-A2)");
        for bad in [
            "",
            "1379900010",
            "1379900010-1",
            "1379900010-1a",
            "A379900010-11",
            "13799000100-11",
            "1379900010-111",
            "１379900010-11",
        ] {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
    }

    #[test]
    fn message_ids_have_52_characters() {
        let id = MessageId::of_payload(b"x");
        assert_eq!(id.to_string().len(), 52);
        assert_eq!(id.to_string().parse::<MessageId>().unwrap(), id);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text: String) {
            let _ = (text.parse::<Address>(), text.parse::<MessageId>(), text.parse::<Hash>());
        }
    }
}
