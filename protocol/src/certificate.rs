//! Certificates (RFC 5280): which ones exist, what stands in them, and how they are made.
//!
//! Two self-signed roots, an issuing CA per year below a root, desks ([`LeafIn`]) below an issuing
//! CA; all Ed25519 (RFC 8410). The profile is closed: an extension, name or value that is not
//! exactly the one written here refuses the certificate. Nothing in this module decides trust;
//! only [`Trust::judge`](crate::trust::Trust::judge) turns a [`LeafIn`] into a [`Leaf`].
//!
//! | module | subject |
//! |---|---|
//! | [`licence`] | our own extension |
//! | [`material`] | files that hold certificates, CRLs and bundles |

use std::fmt;

use data_encoding::HEXLOWER;
use rand::CryptoRng;

mod authority;
mod ca;
mod der;
mod leaf;
pub mod licence;
pub mod material;
#[cfg(test)]
mod tests;

pub use authority::{Authority, CaName, Grant, IssueError, Subject};
pub(crate) use authority::{KeyRef, office_name, office_uri, time_of};
pub use ca::{Ca, Rank};
pub(crate) use der::{
    OID_AUTHORITY_KEY_ID, OID_CRL_NUMBER, OID_REASON_CODE, OID_SUBJECT_ALT_NAME, ed25519_only, element,
    extensions_once, key_from, moment, read_authority_key_id, read_subject, spki, subject_alt_name, unframe,
};
pub use leaf::{Leaf, LeafIn};
pub use licence::{Licence, Role};

use crate::{
    cbor,
    time::{DAY, Timestamp},
};

/// Object identifiers. The arc 1.3.6.1.4.1.32473 is reserved for examples (RFC 5612); it stands
/// here, and nowhere else, until a number of our own is registered.
pub mod oid {
    /// Extended key usage "desk of an office": 1.3.6.1.4.1.32473.1.1.
    pub const EKU_OFFICE: &[u64] = &[1, 3, 6, 1, 4, 1, 32473, 1, 1];
    /// The same as the content bytes of a DER OBJECT IDENTIFIER.
    pub const EKU_OFFICE_DER: &[u8] = &[0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 1, 1];
    /// Extension [`Licence`](super::Licence): 1.3.6.1.4.1.32473.1.2.
    pub const LICENCE: &[u64] = &[1, 3, 6, 1, 4, 1, 32473, 1, 2];
    /// The same as content bytes.
    pub const LICENCE_DER: &[u8] = &[0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 1, 2];
    /// Extension of a request, the kinds asked for: 1.3.6.1.4.1.32473.1.3.
    pub const KINDS: &[u64] = &[1, 3, 6, 1, 4, 1, 32473, 1, 3];
    /// The same as content bytes.
    pub const KINDS_DER: &[u8] = &[0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 1, 3];
    /// X.520 serialNumber, which holds the office number: 2.5.4.5.
    pub const SERIAL_NUMBER: &[u64] = &[2, 5, 4, 5];
}

/// What precedes the office number in the URI of the subject's alternative name.
pub const URN: &str = "urn:musubi:office:";
/// How long before its issue a certificate is valid: clocks of PCs run behind.
pub const BACKDATE: u64 = DAY;
/// How long after the licence's end a certificate is valid: grace 30, message lifetime 30,
/// margin 15 days, so that mail in flight is always judged against now.
pub const TAIL: u64 = 75 * DAY;
/// How long after the licence's end an office may still send.
pub const GRACE: u64 = 30 * DAY;
/// The longest office name, in characters (X.520 ub-common-name).
pub const MAX_NAME: usize = 64;
/// The longest certificate in bytes: eight of them fit the gate's hello.
pub const MAX_CERTIFICATE: usize = 2048;
/// The most kinds that one desk holds.
pub const MAX_KINDS: usize = 64;

/// Why a certificate or request is not one of ours, whoever signed it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProfileError {
    /// Longer than any of ours.
    #[error("{0} bytes, more than a certificate or request of this kind has")]
    TooLarge(usize),
    /// Not the ASN.1 structure it should be, or bytes behind it.
    #[error("not a certificate or request in DER")]
    Malformed,
    /// Not X.509 version 3, or PKCS#10 version 1.
    #[error("not of the expected version")]
    Version,
    /// Signed with something other than Ed25519.
    #[error("not signed with Ed25519")]
    SignatureAlgorithm,
    /// The signature of a request or of a root is not by its own key.
    #[error("the signature is not by the key inside")]
    SelfSignature,
    /// Not an Ed25519 key, or one of the keys that anybody can sign for.
    #[error("the key is not a sound Ed25519 key")]
    Key,
    /// A serial number that is not 128 bits and positive.
    #[error("the serial number has not 128 bits")]
    Serial,
    /// Names in other number, order or form than CN, O, serialNumber.
    #[error("the subject is not CN, O and serialNumber")]
    Subject,
    /// The name is empty, too long, contains control characters, or CN and O differ.
    #[error("the office name is empty, longer than {MAX_NAME} characters or not printable")]
    Name,
    /// The serialNumber in the subject is no office number.
    #[error("the subject's serialNumber is not an office number")]
    OfficeNumber,
    /// A period that ends before it begins, or not the profile's.
    #[error("the validity is not the one that belongs to the licence")]
    Validity,
    /// A needed extension is absent.
    #[error("extension {0} is missing")]
    Missing(&'static str),
    /// An extension stands twice.
    #[error("an extension stands twice")]
    Duplicate,
    /// An extension that the profile does not have.
    #[error("unknown extension {0}")]
    Unknown(String),
    /// An extension with another value, or another criticality, than the profile's.
    #[error("extension {0} is not the expected one")]
    Extension(&'static str),
    /// The content of our own extension is wrong.
    #[error("extension {0} cannot be read")]
    Content(&'static str, #[source] cbor::Error),
    /// A role that this version does not know.
    #[error("unknown role {0}")]
    Role(u8),
    /// Desks are counted from 1.
    #[error("a desk without a number")]
    Desk,
    /// Kinds that are none, too many, repeated or out of order.
    #[error("the kinds are not a rising list of 1 to {MAX_KINDS}")]
    Kinds,
}

/// A serial number: 128 random bits, of which the first two are fixed (`01`), so that its DER
/// form is always positive and always 16 bytes long.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial([u8; 16]);

impl Serial {
    /// Draws a serial number.
    #[must_use]
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        bytes[0] = bytes[0] & 0x3f | 0x40;
        Self(bytes)
    }

    /// Takes the content bytes of a DER INTEGER.
    ///
    /// # Errors
    /// [`ProfileError::Serial`] if they are not 16, or not positive with the first bits `01`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProfileError> {
        match <[u8; 16]>::try_from(bytes) {
            Ok(bytes) if bytes[0] & 0xc0 == 0x40 => Ok(Self(bytes)),
            _ => Err(ProfileError::Serial),
        }
    }

    /// The content bytes of the DER INTEGER.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serial({self})")
    }
}

impl std::str::FromStr for Serial {
    type Err = ProfileError;

    /// Reads 32 hexadecimal characters, in either case, with or without colons: all the ways in
    /// which `openssl` and we print them.
    fn from_str(text: &str) -> Result<Self, ProfileError> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE
            .decode(text.replace(':', "").as_bytes())
            .map_err(|_| ProfileError::Serial)?;
        Self::from_bytes(&bytes)
    }
}

/// Says whether `now` lies inside a certificate's validity (both ends included).
pub(crate) fn in_force(not_before: Timestamp, now: Timestamp, not_after: Timestamp) -> bool {
    not_before <= now && now <= not_after
}

/// Accepts a name that fits X.520 and shows as what it is: 1 to 64 characters, no control
/// characters, none that are invisible or turn the direction of the text.
pub(crate) fn check_name(name: &str) -> Result<(), ProfileError> {
    let long = name.chars().count() > MAX_NAME;
    let hidden =
        |c| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    if name.trim().is_empty() || long || name.chars().any(|c| c.is_control() || hidden(c)) {
        return Err(ProfileError::Name);
    }
    Ok(())
}
