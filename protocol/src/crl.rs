//! Certificate revocation lists (RFC 5280, section 5): full lists, version 2, one per CA.
//!
//! Entries stand in rising order of their serial numbers and carry nothing but a reason, so a
//! list is a function of its entries, number and times: a delta can be turned into the exact bytes
//! that were signed.

use std::fmt;

mod delta;

pub use delta::{Delta, DeltaError};
use rcgen::{CertificateRevocationListParams, Issuer, KeyIdMethod, RevocationReason, RevokedCertParams, SerialNumber};
use webpki::{CertRevocationList, OwnedCertRevocationList};
use x509_parser::{prelude::FromDer, revocation_list::CertificateRevocationList, x509::X509Version};

use crate::{
    certificate::{self, Authority, Ca, IssueError, ProfileError, Serial},
    ids::Hash,
    time::{DAY, Timestamp},
};

/// How long a CRL is current: nextUpdate - thisUpdate.
pub const LIFETIME: u64 = 3 * DAY;
/// How long a CRL of a root is current that is kept offline: a year, and a month to sign the next one.
pub const ROOT_LIFETIME: u64 = 400 * DAY;
/// How long beyond nextUpdate partners already known are still dealt with.
pub const GRACE: u64 = 14 * DAY;
/// The longest CRL in bytes: some 50,000 revoked certificates.
pub const MAX: usize = 2 * 1024 * 1024;

/// Why a CRL was not accepted.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Longer than [`MAX`].
    #[error("{0} bytes, more than a CRL has")]
    TooLarge(usize),
    /// Not a CRL in DER, or bytes behind it.
    #[error("not a CRL in DER")]
    Malformed,
    /// Not version 2, not Ed25519, or an extension that ours do not have.
    #[error("not within the profile: {0}")]
    Profile(#[from] ProfileError),
    /// No number, or one beyond 64 bits.
    #[error("the CRL number is missing or too large")]
    Number,
    /// No nextUpdate, or one not after thisUpdate.
    #[error("nextUpdate is missing or not after thisUpdate")]
    NextUpdate,
    /// Entries that do not rise, or that carry something other than a reason.
    #[error("an entry is out of order or not of the expected form")]
    Entry,
    /// Issued by none of the CAs in the trust bundle.
    #[error("issued by an unknown CA")]
    Issuer,
    /// The signature is not by the issuer.
    #[error("the signature does not match")]
    Signature,
}

/// Why a certificate is revoked (RFC 5280, section 5.3.1); certificateHold is never used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Not told.
    Unspecified,
    /// The private key may be in other hands.
    KeyCompromise,
    /// The CA's key may be in other hands.
    CaCompromise,
    /// The office's name or affiliation changed.
    AffiliationChanged,
    /// Replaced by a newer certificate.
    Superseded,
    /// The office has closed.
    CessationOfOperation,
    /// The licence was withdrawn.
    PrivilegeWithdrawn,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::CaCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::PrivilegeWithdrawn,
    ];

    /// The reason's name in RFC 5280, by which commands take and show it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
        }
    }

    /// The reason's code in RFC 5280.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::CaCompromise => 2,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::PrivilegeWithdrawn => 9,
        }
    }

    /// The reason with this code; `None` for codes that are no reason here.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    const fn for_rcgen(self) -> RevocationReason {
        match self {
            Self::Unspecified => RevocationReason::Unspecified,
            Self::KeyCompromise => RevocationReason::KeyCompromise,
            Self::CaCompromise => RevocationReason::CaCompromise,
            Self::AffiliationChanged => RevocationReason::AffiliationChanged,
            Self::Superseded => RevocationReason::Superseded,
            Self::CessationOfOperation => RevocationReason::CessationOfOperation,
            Self::PrivilegeWithdrawn => RevocationReason::PrivilegeWithdrawn,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Not the name of a revocation reason.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a revocation reason")]
pub struct UnknownReason;

impl std::str::FromStr for Reason {
    type Err = UnknownReason;

    fn from_str(text: &str) -> Result<Self, UnknownReason> {
        Self::ALL.into_iter().find(|reason| reason.as_str().eq_ignore_ascii_case(text)).ok_or(UnknownReason)
    }
}

/// An entry: which certificate is revoked, since when and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The certificate's serial number.
    pub serial: Serial,
    /// When it was revoked.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
}

impl Authority {
    /// Makes a CRL of this CA that is current for [`LIFETIME`]. The entries may come in any order;
    /// of two for one serial number the earlier counts.
    ///
    /// # Errors
    /// [`IssueError::Time`] for times that a CRL cannot hold.
    pub fn crl(&self, number: u64, this_update: Timestamp, revoked: &[Revoked]) -> Result<CrlIn, IssueError> {
        self.crl_for(LIFETIME, number, this_update, revoked)
    }

    /// The same, current for as many seconds as is said: a root that is kept offline cannot sign every day
    /// ([`ROOT_LIFETIME`]).
    ///
    /// # Errors
    /// As [`Authority::crl`].
    pub fn crl_for(
        &self,
        lifetime: u64,
        number: u64,
        this_update: Timestamp,
        revoked: &[Revoked],
    ) -> Result<CrlIn, IssueError> {
        let mut entries = revoked.to_vec();
        entries.sort_by_key(|entry| (entry.serial, entry.at));
        entries.dedup_by_key(|entry| entry.serial);
        let times = (this_update, this_update.plus(lifetime));
        let der = encode(&self.issuer()?, self.ca().key_id(), number, times, &entries)?;
        CrlIn::parse(&der).map_err(|_| IssueError::Profile(ProfileError::Malformed))
    }
}

/// Writes a CRL with these entries, which rise by serial number.
fn encode(
    issuer: &Issuer<'_, impl rcgen::SigningKey>,
    key_id: &[u8; 20],
    number: u64,
    (this_update, next_update): (Timestamp, Timestamp),
    entries: &[Revoked],
) -> Result<Vec<u8>, IssueError> {
    let revoked_certs = entries
        .iter()
        .map(|entry| {
            Ok(RevokedCertParams {
                serial_number: SerialNumber::from(entry.serial.as_bytes().to_vec()),
                revocation_time: certificate::time_of(entry.at)?,
                reason_code: Some(entry.reason.for_rcgen()),
                invalidity_date: None,
            })
        })
        .collect::<Result<_, IssueError>>()?;
    let params = CertificateRevocationListParams {
        this_update: certificate::time_of(this_update)?,
        next_update: certificate::time_of(next_update)?,
        crl_number: SerialNumber::from(number),
        issuing_distribution_point: None,
        revoked_certs,
        key_identifier_method: KeyIdMethod::PreSpecified(key_id.to_vec()),
    };
    Ok(params.signed_by(issuer)?.der().to_vec())
}

/// A CRL as read. Who signed it is only a claim; [`CrlIn::verify`] decides.
#[derive(Clone, PartialEq, Eq)]
pub struct CrlIn {
    der: Vec<u8>,
    issuer: Vec<u8>,
    issuer_key_id: [u8; 20],
    number: u64,
    this_update: Timestamp,
    next_update: Timestamp,
    revoked: Vec<Revoked>,
    signed: std::ops::Range<usize>,
    signature: [u8; 64],
}

impl CrlIn {
    /// Reads a CRL strictly.
    ///
    /// # Errors
    /// The first way in which it is not one of ours; never panics.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX {
            return Err(Error::TooLarge(bytes.len()));
        }
        let (rest, crl) = CertificateRevocationList::from_der(bytes).map_err(|_| Error::Malformed)?;
        let list = &crl.tbs_cert_list;
        if !rest.is_empty() {
            return Err(Error::Malformed);
        }
        if list.version != Some(X509Version::V2) {
            return Err(ProfileError::Version.into());
        }
        certificate::ed25519_only(&list.signature)?;
        certificate::ed25519_only(&crl.signature_algorithm)?;
        let frame = certificate::unframe(bytes, list.as_ref())?;
        let mut extensions = certificate::extensions_once(list.extensions())?;
        let issuer = extensions.take("authorityKeyIdentifier", certificate::OID_AUTHORITY_KEY_ID, false)?;
        let issuer_key_id = certificate::read_authority_key_id(issuer)?;
        let number = read_number(extensions.take("cRLNumber", certificate::OID_CRL_NUMBER, false)?)?;
        extensions.finish()?;
        let this_update = certificate::moment(list.this_update)?;
        let next_update = certificate::moment(list.next_update.ok_or(Error::NextUpdate)?)?;
        if next_update <= this_update {
            return Err(Error::NextUpdate);
        }
        let mut revoked = Vec::<Revoked>::with_capacity(list.revoked_certificates.len());
        for entry in &list.revoked_certificates {
            let mut extensions = certificate::extensions_once(entry.extensions())?;
            let reason = match extensions.take("reasonCode", certificate::OID_REASON_CODE, false) {
                // The code 0 is never written: RFC 5280 wants its extension left out.
                Ok([0x0a, 1, code @ 1..=9]) => Reason::from_code(*code).ok_or(Error::Entry)?,
                Err(ProfileError::Missing(_)) => Reason::Unspecified,
                _ => return Err(Error::Entry),
            };
            extensions.finish()?;
            let serial = Serial::from_bytes(entry.raw_serial())?;
            if revoked.last().is_some_and(|last| last.serial >= serial) {
                return Err(Error::Entry);
            }
            revoked.push(Revoked { serial, at: certificate::moment(entry.revocation_date)?, reason });
        }
        Ok(Self {
            der: bytes.to_vec(),
            issuer: list.issuer.as_raw().to_vec(),
            issuer_key_id,
            number,
            this_update,
            next_update,
            revoked,
            signed: frame.signed,
            signature: *frame.signature,
        })
    }

    /// Says whether a CA is the one that this CRL names.
    #[must_use]
    pub fn names(&self, ca: &Ca) -> bool {
        self.issuer == ca.subject() && self.issuer_key_id == *ca.key_id()
    }

    /// Checks the signature and makes the list ready for verdicts.
    ///
    /// # Errors
    /// [`Error::Issuer`], [`Error::Signature`], [`Error::Malformed`].
    pub fn verify(self, ca: &Ca) -> Result<Crl, Error> {
        if !self.names(ca) {
            return Err(Error::Issuer);
        }
        let signed = self.der.get(self.signed.clone()).ok_or(Error::Malformed)?;
        if !ca.has_signed(signed, &self.signature) {
            return Err(Error::Signature);
        }
        // webpki reads signed bytes only: its parser has panicked on hostile ones before.
        let list = OwnedCertRevocationList::from_der(&self.der).map_err(|_| Error::Malformed)?;
        Ok(Crl { issuer: ca.id(), list: list.into(), crl: self })
    }

    /// The CRL's bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The number, which only rises.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// When it was made.
    #[must_use]
    pub const fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// By when there will be another.
    #[must_use]
    pub const fn next_update(&self) -> Timestamp {
        self.next_update
    }

    /// The entries, rising by serial number.
    #[must_use]
    pub fn revoked(&self) -> &[Revoked] {
        &self.revoked
    }

    /// The entry of a certificate, if it is revoked.
    #[must_use]
    pub fn entry(&self, serial: &Serial) -> Option<&Revoked> {
        let at = self.revoked.binary_search_by_key(serial, |entry| entry.serial).ok()?;
        self.revoked.get(at)
    }
}

impl fmt::Debug for CrlIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CrlIn(number {}, {} entries)", self.number, self.revoked.len())
    }
}

/// A CRL that its CA has signed.
pub struct Crl {
    issuer: Hash,
    crl: CrlIn,
    list: CertRevocationList<'static>,
}

impl Crl {
    /// The issuer id: SHA-256 of the CA's DER.
    #[must_use]
    pub const fn issuer(&self) -> Hash {
        self.issuer
    }

    /// The list in webpki's form, parsed once.
    pub(crate) const fn list(&self) -> &CertRevocationList<'static> {
        &self.list
    }
}

impl std::ops::Deref for Crl {
    type Target = CrlIn;

    fn deref(&self) -> &CrlIn {
        &self.crl
    }
}

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crl({:?}, number {}, {} entries)", self.issuer, self.crl.number, self.crl.revoked.len())
    }
}

/// What became of something numbered that was offered: a CRL, a trust bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// It was newer and is in force now.
    New,
    /// It is the one in force.
    Known,
    /// It has a lower number than the one in force, and was ignored.
    Older,
    /// It has the number of the one in force and other bytes: its signer speaks with two tongues.
    /// It was ignored; both are evidence.
    Alarm,
}

impl Outcome {
    /// Compares numbers and bytes: numbers only rise.
    pub fn of(held: Option<(u64, &[u8])>, offered: (u64, &[u8])) -> Self {
        match held {
            None => Self::New,
            Some((number, _)) if offered.0 > number => Self::New,
            Some((number, _)) if offered.0 < number => Self::Older,
            Some((_, bytes)) if offered.1 == bytes => Self::Known,
            Some(_) => Self::Alarm,
        }
    }
}

/// How much a CRL is worth now. The order is from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Freshness {
    /// Before nextUpdate.
    Fresh,
    /// Past nextUpdate by at most [`GRACE`]: only partners already known, and loudly.
    Grace,
    /// Beyond that: nobody.
    Stale,
}

impl Freshness {
    /// Judges a nextUpdate.
    #[must_use]
    pub fn of(next_update: Timestamp, now: Timestamp) -> Self {
        if now < next_update {
            Self::Fresh
        } else if now <= next_update.plus(GRACE) {
            Self::Grace
        } else {
            Self::Stale
        }
    }
}

/// Reads a DER INTEGER that is not negative and fits 64 bits.
fn read_number(value: &[u8]) -> Result<u64, Error> {
    let [0x02, length, digits @ ..] = value else {
        return Err(Error::Number);
    };
    let minimal = match digits {
        [] => false,
        [0, next, ..] => *next >= 0x80,
        [first, ..] => *first < 0x80,
    };
    if usize::from(*length) != digits.len() || !minimal || digits.len() > 9 || (digits.len() == 9 && digits[0] != 0) {
        return Err(Error::Number);
    }
    Ok(digits.iter().fold(0, |number, digit| number << 8 | u64::from(*digit)))
}

#[cfg(test)]
mod tests;
