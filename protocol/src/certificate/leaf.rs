//! The certificate of a desk.

use std::{fmt, ops::Deref, sync::Arc};

use ed25519_dalek::VerifyingKey;
use x509_parser::{certificate::X509CertificateParser, nom::Parser, x509::X509Version};

use super::{
    Licence, MAX_CERTIFICATE, ProfileError, Role, Serial, TAIL, der,
    der::{ed25519_only, extensions_once, key_from, moment, read_subject},
    licence, oid,
};
use crate::{
    ids::{Address, Hash, Kind, OfficeNumber},
    time::Timestamp,
};

/// keyUsage digitalSignature.
const KEY_USAGE: &[u8] = &[0x03, 0x02, 0x07, 0x80];
/// extendedKeyUsage: ours, then clientAuth (1.3.6.1.5.5.7.3.2).
const EXTENDED_KEY_USAGE: &[u8] =
    &[0x30, 22, 0x06, 10, 0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 1, 1, 0x06, 8, 0x2b, 6, 1, 5, 5, 7, 3, 2];
/// basicConstraints: not a CA.
const BASIC_CONSTRAINTS: &[u8] = &[0x30, 0x00];

/// A desk's certificate that has been read and follows the profile. Who signed it is only a claim.
#[derive(Clone, PartialEq, Eq)]
pub struct LeafIn {
    der: Vec<u8>,
    hash: Hash,
    serial: Serial,
    office: OfficeNumber,
    name: String,
    licence: Licence,
    key: VerifyingKey,
    not_before: Timestamp,
    not_after: Timestamp,
    issuer_key_id: [u8; 20],
}

/// A desk's certificate that our trust has judged good. Cheap to clone.
///
/// Only [`Trust`](crate::trust::Trust) makes one. The verdict belongs to the moment of the
/// judgement: what stays open is judged again when a CRL comes or time passes
/// ([`Trust::judge_again`](crate::trust::Trust::judge_again)).
#[derive(Clone, PartialEq, Eq)]
pub struct Leaf(Arc<Judged>);

#[derive(PartialEq, Eq)]
struct Judged {
    leaf: LeafIn,
    issuer: Hash,
}

impl LeafIn {
    /// Reads a certificate strictly.
    ///
    /// # Errors
    /// The first way in which it is not a desk's certificate; never panics.
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
        der::unframe(bytes, tbs.as_ref())?;
        let key = key_from(&tbs.subject_pki)?;
        let (office, name) = read_subject(&tbs.subject)?;

        let mut extensions = extensions_once(tbs.extensions())?;
        let issuer = extensions.take("authorityKeyIdentifier", der::OID_AUTHORITY_KEY_ID, false)?;
        let issuer_key_id = der::read_authority_key_id(issuer)?;
        let own = der::subject_key_id(&der::key_id(&key));
        extensions.exactly("subjectKeyIdentifier", der::OID_SUBJECT_KEY_ID, false, &own)?;
        extensions.exactly("keyUsage", der::OID_KEY_USAGE, true, KEY_USAGE)?;
        extensions.exactly("extKeyUsage", der::OID_EXTENDED_KEY_USAGE, false, EXTENDED_KEY_USAGE)?;
        extensions.exactly("basicConstraints", der::OID_BASIC_CONSTRAINTS, true, BASIC_CONSTRAINTS)?;
        extensions.exactly("subjectAltName", der::OID_SUBJECT_ALT_NAME, false, &der::subject_alt_name(&office))?;
        let licence: Licence = licence::from_octets("licence", extensions.take("licence", oid::LICENCE_DER, false)?)?;
        extensions.finish()?;
        licence.check()?;

        let (not_before, not_after) = (moment(tbs.validity.not_before)?, moment(tbs.validity.not_after)?);
        if not_before >= not_after || not_after != licence.until.plus(TAIL) {
            return Err(ProfileError::Validity);
        }
        Ok(Self {
            der: bytes.to_vec(),
            hash: Hash::of(&[bytes]),
            serial: Serial::from_bytes(tbs.raw_serial())?,
            office,
            name,
            licence,
            key,
            not_before,
            not_after,
            issuer_key_id,
        })
    }

    /// The certificate's bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of the bytes, by which entries and node statements name the certificate.
    #[must_use]
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    /// The serial number.
    #[must_use]
    pub const fn serial(&self) -> Serial {
        self.serial
    }

    /// The office number.
    #[must_use]
    pub const fn office(&self) -> OfficeNumber {
        self.office
    }

    /// The office's name as the authority wrote it; public.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The kinds that the desk holds, rising.
    #[must_use]
    pub fn kinds(&self) -> &[Kind] {
        &self.licence.kinds
    }

    /// The addresses that the desk holds, rising.
    pub fn addresses(&self) -> impl Iterator<Item = Address> + '_ {
        self.licence.kinds.iter().map(|kind| Address::new(self.office, *kind))
    }

    /// Says whether the desk holds an address.
    #[must_use]
    pub fn holds(&self, address: &Address) -> bool {
        address.office == self.office && self.licence.kinds.binary_search(&address.kind).is_ok()
    }

    /// What the desk is in the network.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.licence.role
    }

    /// Which desk of the office number this is.
    #[must_use]
    pub const fn desk(&self) -> u16 {
        self.licence.desk
    }

    /// The class of the licence.
    #[must_use]
    pub const fn class(&self) -> u16 {
        self.licence.class
    }

    /// When the licence begins.
    #[must_use]
    pub const fn from(&self) -> Timestamp {
        self.licence.from
    }

    /// When the licence ends, without grace.
    #[must_use]
    pub const fn until(&self) -> Timestamp {
        self.licence.until
    }

    /// The issue number: of several valid certificates for one address the highest speaks.
    #[must_use]
    pub const fn issue_number(&self) -> u64 {
        self.licence.issue_number
    }

    /// The office key.
    #[must_use]
    pub const fn key(&self) -> &VerifyingKey {
        &self.key
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

    /// The key identifier of the claimed issuer.
    #[must_use]
    pub const fn issuer_key_id(&self) -> &[u8; 20] {
        &self.issuer_key_id
    }
}

impl Leaf {
    /// Marks a certificate as judged; for [`Trust`](crate::trust::Trust) alone.
    pub(crate) fn judged(leaf: LeafIn, issuer: Hash) -> Self {
        Self(Arc::new(Judged { leaf, issuer }))
    }

    /// The id of the CA that issued it, proven.
    #[must_use]
    pub fn issuer(&self) -> Hash {
        self.0.issuer
    }
}

impl Deref for Leaf {
    type Target = LeafIn;

    fn deref(&self) -> &LeafIn {
        &self.0.leaf
    }
}

impl fmt::Debug for LeafIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LeafIn({}, desk {}, issue {})", self.office, self.desk(), self.issue_number())
    }
}

impl fmt::Debug for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Leaf({}, desk {}, issue {})", self.office, self.desk(), self.issue_number())
    }
}
