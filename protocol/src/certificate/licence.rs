//! The extension `licence`: what a desk may do, as whom, and until when.
//!
//! extnValue holds a DER OCTET STRING (so that every X.509 tool can walk it) whose content is
//! deterministic CBOR: `[version = 1, role, desk, [kinds], class, from, until, issue number, ext]`.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_tuple::{Deserialize_tuple, Serialize_tuple};
use x509_parser::asn1_rs::{FromDer, OctetString, ToDer};

use super::{MAX_CERTIFICATE, MAX_KINDS, ProfileError};
use crate::{
    cbor::{self, Ext},
    ids::Kind,
    time::Timestamp,
};

/// The version written here; another is refused.
pub const VERSION: u8 = 1;

/// What a desk is in the network; each role is admitted to its own protocols only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
#[non_exhaustive]
pub enum Role {
    /// Sends and receives documents.
    Office,
    /// Carries connections that cannot be made directly.
    Relay,
    /// Serves signed records.
    Directory,
    /// Keeps ciphertext for partners who are switched off.
    Courier,
    /// Speaks for the authority.
    Authority,
}

impl From<Role> for u8 {
    fn from(role: Role) -> Self {
        match role {
            Role::Office => 0,
            Role::Relay => 1,
            Role::Directory => 2,
            Role::Courier => 3,
            Role::Authority => 4,
        }
    }
}

impl TryFrom<u8> for Role {
    type Error = ProfileError;

    fn try_from(code: u8) -> Result<Self, ProfileError> {
        match code {
            0 => Ok(Self::Office),
            1 => Ok(Self::Relay),
            2 => Ok(Self::Directory),
            3 => Ok(Self::Courier),
            4 => Ok(Self::Authority),
            other => Err(ProfileError::Role(other)),
        }
    }
}

/// The content of the extension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Licence {
    /// [`VERSION`].
    pub version: u8,
    /// What the desk is.
    pub role: Role,
    /// Which desk of the office number this is, counted by the authority from 1.
    pub desk: u16,
    /// The kinds it holds, rising; at least one for an office.
    pub kinds: Vec<Kind>,
    /// The class of the licence; the licence policy in the trust bundle says what a class is.
    pub class: u16,
    /// When the licence begins.
    pub from: Timestamp,
    /// When the licence ends; [`GRACE`](super::GRACE) is not counted in.
    pub until: Timestamp,
    /// Rises with every certificate that the authority issues: of several valid certificates for
    /// one address the highest speaks.
    pub issue_number: u64,
    /// Extensions.
    pub ext: Ext,
}

impl Licence {
    /// Checks what the types do not say.
    ///
    /// # Errors
    /// The first fault found.
    pub fn check(&self) -> Result<(), ProfileError> {
        if self.version != VERSION {
            return Err(ProfileError::Version);
        }
        if self.desk == 0 {
            return Err(ProfileError::Desk);
        }
        if self.role == Role::Office || !self.kinds.is_empty() {
            check_kinds(&self.kinds)?;
        }
        if self.from >= self.until {
            return Err(ProfileError::Validity);
        }
        self.ext.check().map_err(|error| ProfileError::Content("licence", error))
    }
}

/// Accepts a rising list of 1 to [`MAX_KINDS`] kinds.
pub(crate) fn check_kinds(kinds: &[Kind]) -> Result<(), ProfileError> {
    let rising = kinds.windows(2).all(|pair| pair[0] < pair[1]);
    if rising && (1..=MAX_KINDS).contains(&kinds.len()) { Ok(()) } else { Err(ProfileError::Kinds) }
}

/// Writes CBOR into a DER OCTET STRING.
pub(crate) fn to_octets<T: Serialize>(name: &'static str, value: &T) -> Result<Vec<u8>, ProfileError> {
    let content = cbor::to_vec(value).map_err(|error| ProfileError::Content(name, error))?;
    OctetString::from(content.as_slice()).to_der_vec().map_err(|_| ProfileError::Extension(name))
}

/// Reads CBOR from a DER OCTET STRING; another encoding of the same value is refused.
pub(crate) fn from_octets<T: Serialize + DeserializeOwned>(
    name: &'static str,
    bytes: &[u8],
) -> Result<T, ProfileError> {
    let (rest, content) = OctetString::from_der(bytes).map_err(|_| ProfileError::Extension(name))?;
    if !rest.is_empty() {
        return Err(ProfileError::Extension(name));
    }
    let value =
        cbor::from_slice(content.as_ref(), MAX_CERTIFICATE).map_err(|error| ProfileError::Content(name, error))?;
    if to_octets(name, &value)? != bytes {
        return Err(ProfileError::Extension(name));
    }
    Ok(value)
}
