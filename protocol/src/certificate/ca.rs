//! The certificate of a root or of an issuing CA.

use std::fmt;

use ed25519_dalek::{Signature, VerifyingKey};
use x509_parser::{certificate::X509CertificateParser, nom::Parser, x509::X509Version};

use super::{
    MAX_CERTIFICATE, ProfileError, Serial, der,
    der::{ed25519_only, extensions_once, key_from, moment},
};
use crate::{ids::Hash, time::Timestamp};

/// keyUsage keyCertSign and cRLSign.
const KEY_USAGE: &[u8] = &[0x03, 0x02, 0x01, 0x06];
/// basicConstraints of a root: a CA.
const CONSTRAINTS_ROOT: &[u8] = &[0x30, 3, 0x01, 1, 0xff];
/// basicConstraints of an issuing CA: a CA with no CA below it.
const CONSTRAINTS_ISSUING: &[u8] = &[0x30, 6, 0x01, 1, 0xff, 0x02, 1, 0];

/// Where a CA stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// Signed by itself, trusted because it is pinned.
    Root,
    /// Signed by a root; signs desks and log heads.
    Issuing,
}

/// A CA's certificate that follows the profile. It proves nothing by itself: a root counts when
/// it is pinned, an issuing CA when a trust bundle lists it and a root signed it.
#[derive(Clone, PartialEq, Eq)]
pub struct Ca {
    der: Vec<u8>,
    id: Hash,
    rank: Rank,
    serial: Serial,
    subject: Vec<u8>,
    issuer: Vec<u8>,
    common_name: String,
    key: VerifyingKey,
    key_id: [u8; 20],
    not_before: Timestamp,
    not_after: Timestamp,
    signed: Vec<u8>,
    signature: [u8; 64],
}

impl Ca {
    /// Reads a CA's certificate strictly; the signature of a root by itself is checked.
    ///
    /// # Errors
    /// The first way in which it is not one of ours; never panics.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProfileError> {
        if bytes.len() > MAX_CERTIFICATE {
            return Err(ProfileError::TooLarge(bytes.len()));
        }
        let (rest, certificate) = X509CertificateParser::new()
            .with_deep_parse_extensions(false)
            .parse(bytes)
            .map_err(|_| ProfileError::Malformed)?;
        let tbs = &certificate.tbs_certificate;
        if !rest.is_empty() || tbs.issuer_uid.is_some() || tbs.subject_uid.is_some() {
            return Err(ProfileError::Malformed);
        }
        if tbs.version != X509Version::V3 {
            return Err(ProfileError::Version);
        }
        ed25519_only(&tbs.signature)?;
        ed25519_only(&certificate.signature_algorithm)?;
        let frame = der::unframe(bytes, tbs.as_ref())?;
        let key = key_from(&tbs.subject_pki)?;
        let key_id = der::key_id(&key);
        let (subject, issuer) = (tbs.subject.as_raw().to_vec(), tbs.issuer.as_raw().to_vec());
        let mut names = tbs.subject.iter_common_name();
        let (Some(name), None) = (names.next(), names.next()) else {
            return Err(ProfileError::Subject);
        };
        let common_name = name.as_str().map_err(|_| ProfileError::Subject)?.to_owned();
        super::check_name(&common_name)?;

        let rank = if subject == issuer { Rank::Root } else { Rank::Issuing };
        let mut extensions = extensions_once(tbs.extensions())?;
        let constraints = match rank {
            Rank::Root => CONSTRAINTS_ROOT,
            Rank::Issuing => {
                let issuer = extensions.take("authorityKeyIdentifier", der::OID_AUTHORITY_KEY_ID, false)?;
                der::read_authority_key_id(issuer)?;
                CONSTRAINTS_ISSUING
            }
        };
        extensions.exactly("basicConstraints", der::OID_BASIC_CONSTRAINTS, true, constraints)?;
        extensions.exactly("keyUsage", der::OID_KEY_USAGE, true, KEY_USAGE)?;
        let own = der::subject_key_id(&key_id);
        extensions.exactly("subjectKeyIdentifier", der::OID_SUBJECT_KEY_ID, false, &own)?;
        extensions.finish()?;

        let (not_before, not_after) = (moment(tbs.validity.not_before)?, moment(tbs.validity.not_after)?);
        if not_before >= not_after {
            return Err(ProfileError::Validity);
        }
        let ca = Self {
            der: bytes.to_vec(),
            id: Hash::of(&[bytes]),
            rank,
            serial: Serial::from_bytes(tbs.raw_serial())?,
            subject,
            issuer,
            common_name,
            key,
            key_id,
            not_before,
            not_after,
            signed: tbs.as_ref().to_vec(),
            signature: *frame.signature,
        };
        if rank == Rank::Root && !ca.is_signed_by(&ca) {
            return Err(ProfileError::SelfSignature);
        }
        Ok(ca)
    }

    /// The certificate's bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The issuer id: SHA-256 of the bytes.
    #[must_use]
    pub const fn id(&self) -> Hash {
        self.id
    }

    /// Whether it is a root or an issuing CA.
    #[must_use]
    pub const fn rank(&self) -> Rank {
        self.rank
    }

    /// The serial number.
    #[must_use]
    pub const fn serial(&self) -> Serial {
        self.serial
    }

    /// The common name.
    #[must_use]
    pub fn common_name(&self) -> &str {
        &self.common_name
    }

    /// The subject as DER, by which certificates and CRLs name their issuer.
    #[must_use]
    pub fn subject(&self) -> &[u8] {
        &self.subject
    }

    /// The public key.
    #[must_use]
    pub const fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// The key identifier.
    #[must_use]
    pub const fn key_id(&self) -> &[u8; 20] {
        &self.key_id
    }

    /// The first moment of validity.
    #[must_use]
    pub const fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The last moment of validity.
    #[must_use]
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Says whether another CA issued this one, by name and signature.
    #[must_use]
    pub fn is_signed_by(&self, issuer: &Self) -> bool {
        self.issuer == issuer.subject && issuer.has_signed(&self.signed, &self.signature)
    }

    /// Checks a signature by this CA's key, strictly.
    #[must_use]
    pub fn has_signed(&self, bytes: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verify_strict(bytes, &Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Debug for Ca {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ca({:?}, {:?}, {:?})", self.rank, self.common_name, self.id)
    }
}
