//! Making certificates: a CA together with its private key.

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyUsagePurpose, SanType, SerialNumber, SubjectPublicKeyInfo,
};
use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;

use super::{BACKDATE, Ca, LeafIn, Licence, ProfileError, Rank, Role, Serial, TAIL, URN, licence, oid};
use crate::{
    cbor::Ext,
    ids::{Kind, OfficeNumber},
    request::Request,
    time::Timestamp,
};

/// Why nothing was issued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// What was to be made, or was made, does not follow the profile.
    #[error("not within the profile")]
    Profile(#[from] ProfileError),
    /// The private key does not belong to the CA's certificate.
    #[error("the key does not belong to this CA")]
    Key,
    /// A root cannot issue this, or an issuing CA cannot.
    #[error("a CA of this rank does not issue that")]
    Rank,
    /// The certificate would be valid before or after its issuer is.
    #[error("the validity exceeds that of the issuing CA")]
    OutlivesIssuer,
    /// A time outside years 1970 to 9999.
    #[error("a time that a certificate cannot hold")]
    Time,
    /// The encoder refused.
    #[error("the certificate could not be encoded")]
    Encoding(#[from] rcgen::Error),
}

/// How a CA is called. Two CAs of one network never share both names.
#[derive(Clone, Copy, Debug)]
pub struct CaName<'a> {
    /// The authority's name, O.
    pub organisation: &'a str,
    /// The CA's own name, CN.
    pub common_name: &'a str,
}

/// What the authority adds to a request when it grants it.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The desk's role.
    pub role: Role,
    /// The desk's number within its office number.
    pub desk: u16,
    /// The licence's class.
    pub class: u16,
    /// When the licence begins.
    pub from: Timestamp,
    /// When the licence ends.
    pub until: Timestamp,
    /// Above every issue number used before.
    pub issue_number: u64,
}

/// Who is to be certified: what a request asks for, or what an earlier certificate says.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// The office number.
    pub office: OfficeNumber,
    /// The office's name.
    pub name: &'a str,
    /// The kinds, rising.
    pub kinds: &'a [Kind],
    /// The office key.
    pub key: &'a VerifyingKey,
}

impl<'a> From<&'a Request> for Subject<'a> {
    fn from(request: &'a Request) -> Self {
        Self { office: request.office(), name: request.name(), kinds: request.kinds(), key: request.key() }
    }
}

impl<'a> From<&'a LeafIn> for Subject<'a> {
    fn from(leaf: &'a LeafIn) -> Self {
        Self { office: leaf.office(), name: leaf.name(), kinds: leaf.kinds(), key: leaf.key() }
    }
}

/// A CA and its private key.
pub struct Authority {
    ca: Ca,
    key: SigningKey,
}

impl Authority {
    /// Puts a CA's certificate and its key together.
    ///
    /// # Errors
    /// [`IssueError::Key`] if they do not belong together.
    pub fn new(ca: Ca, key: SigningKey) -> Result<Self, IssueError> {
        if *ca.key() == key.verifying_key() { Ok(Self { ca, key }) } else { Err(IssueError::Key) }
    }

    /// Makes a self-signed root.
    ///
    /// # Errors
    /// Names or times that a certificate cannot hold.
    pub fn root(
        name: CaName<'_>,
        key: SigningKey,
        serial: Serial,
        not_before: Timestamp,
        not_after: Timestamp,
    ) -> Result<Self, IssueError> {
        let mut params = ca_params(name, serial, not_before, not_after)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&KeyRef(&key))?;
        Self::new(Ca::parse(certificate.der())?, key)
    }

    /// Makes an issuing CA below this root.
    ///
    /// # Errors
    /// [`IssueError::Rank`] if this is not a root, [`IssueError::OutlivesIssuer`], names or times
    /// that a certificate cannot hold.
    pub fn issuing(
        &self,
        name: CaName<'_>,
        key: SigningKey,
        serial: Serial,
        not_before: Timestamp,
        not_after: Timestamp,
    ) -> Result<Self, IssueError> {
        Self::new(self.certify(name, &key.verifying_key(), serial, not_before, not_after)?, key)
    }

    /// Certifies the key of an issuing CA below this root, which is held elsewhere.
    ///
    /// # Errors
    /// As [`Authority::issuing`].
    pub fn certify(
        &self,
        name: CaName<'_>,
        key: &VerifyingKey,
        serial: Serial,
        not_before: Timestamp,
        not_after: Timestamp,
    ) -> Result<Ca, IssueError> {
        if self.ca.rank() != Rank::Root {
            return Err(IssueError::Rank);
        }
        self.must_cover(not_before, not_after)?;
        let mut params = ca_params(name, serial, not_before, not_after)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&public_key(key)?, &self.issuer()?)?;
        Ok(Ca::parse(certificate.der())?)
    }

    /// Issues a desk's certificate: valid from [`BACKDATE`] before `now` to
    /// [`TAIL`] after the licence's end. Whether the office is who it says, and whether its kinds
    /// overlap with another desk's, has been decided before.
    ///
    /// # Errors
    /// [`IssueError::Rank`] if this is a root, [`IssueError::OutlivesIssuer`],
    /// [`IssueError::Profile`] for a licence that ends before it begins.
    pub fn issue<'a>(
        &self,
        subject: impl Into<Subject<'a>>,
        grant: &Grant,
        serial: Serial,
        now: Timestamp,
    ) -> Result<LeafIn, IssueError> {
        let subject = subject.into();
        if self.ca.rank() != Rank::Issuing {
            return Err(IssueError::Rank);
        }
        let content = Licence {
            version: licence::VERSION,
            role: grant.role,
            desk: grant.desk,
            kinds: subject.kinds.to_vec(),
            class: grant.class,
            from: grant.from,
            until: grant.until,
            issue_number: grant.issue_number,
            ext: Ext::none(),
        };
        content.check()?;
        let (not_before, not_after) = (now.minus(BACKDATE), grant.until.plus(TAIL));
        self.must_cover(not_before, not_after)?;

        let params = leaf_params(&subject, &content, serial, not_before, not_after)?;
        let certificate = params.signed_by(&public_key(subject.key)?, &self.issuer()?)?;
        // What leaves here is read back as every partner will read it.
        Ok(LeafIn::parse(certificate.der())?)
    }

    /// The CA's certificate.
    #[must_use]
    pub const fn ca(&self) -> &Ca {
        &self.ca
    }

    /// The private key, which also signs log heads (issuing CA) and trust bundles (root).
    #[must_use]
    pub const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The same as rcgen wants it.
    pub(crate) fn issuer(&self) -> Result<Issuer<'static, KeyRef<'_>>, IssueError> {
        Ok(Issuer::from_ca_cert_der(&CertificateDer::from(self.ca.der()), KeyRef(&self.key))?)
    }

    fn must_cover(&self, not_before: Timestamp, not_after: Timestamp) -> Result<(), IssueError> {
        // A certificate issued on the CA's first day is backdated behind the CA's own beginning;
        // that is harmless, since the whole chain must be valid at the moment that counts.
        let starts = self.ca.not_before() <= not_before.plus(BACKDATE);
        if starts && not_after <= self.ca.not_after() { Ok(()) } else { Err(IssueError::OutlivesIssuer) }
    }
}

/// An Ed25519 key as rcgen's signer.
pub(crate) struct KeyRef<'a>(pub(crate) &'a SigningKey);

impl rcgen::PublicKeyData for KeyRef<'_> {
    fn der_bytes(&self) -> &[u8] {
        AsRef::<VerifyingKey>::as_ref(self.0).as_bytes()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ED25519
    }
}

impl rcgen::SigningKey for KeyRef<'_> {
    fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(self.0.sign(bytes).to_bytes().to_vec())
    }
}

/// A moment as rcgen wants it.
pub(crate) fn time_of(moment: Timestamp) -> Result<OffsetDateTime, IssueError> {
    let seconds = i64::try_from(moment.0).map_err(|_| IssueError::Time)?;
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| IssueError::Time)
}

/// The subject of a desk: CN and O are the office's name, serialNumber its number.
pub(crate) fn office_name(office: &OfficeNumber, name: &str) -> Result<DistinguishedName, IssueError> {
    super::check_name(name)?;
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    subject.push(DnType::OrganizationName, name);
    let number = office.as_str().try_into()?;
    subject.push(DnType::CustomDnType(oid::SERIAL_NUMBER.to_vec()), DnValue::PrintableString(number));
    Ok(subject)
}

/// The alternative name of a desk.
pub(crate) fn office_uri(office: &OfficeNumber) -> Result<SanType, IssueError> {
    Ok(SanType::URI(format!("{URN}{office}").try_into()?))
}

fn ca_params(
    name: CaName<'_>,
    serial: Serial,
    not_before: Timestamp,
    not_after: Timestamp,
) -> Result<CertificateParams, IssueError> {
    super::check_name(name.common_name)?;
    super::check_name(name.organisation)?;
    let mut params = CertificateParams::default();
    params.not_before = time_of(not_before)?;
    params.not_after = time_of(not_after)?;
    params.serial_number = Some(SerialNumber::from(serial.as_bytes().to_vec()));
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name.common_name);
    params.distinguished_name.push(DnType::OrganizationName, name.organisation);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

/// Everything of a desk's certificate but key and issuer.
pub(super) fn leaf_params(
    subject: &Subject<'_>,
    content: &Licence,
    serial: Serial,
    not_before: Timestamp,
    not_after: Timestamp,
) -> Result<CertificateParams, IssueError> {
    let mut params = CertificateParams::default();
    params.not_before = time_of(not_before)?;
    params.not_after = time_of(not_after)?;
    params.serial_number = Some(SerialNumber::from(serial.as_bytes().to_vec()));
    params.distinguished_name = office_name(&subject.office, subject.name)?;
    params.subject_alt_names = vec![office_uri(&subject.office)?];
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::Other(oid::EKU_OFFICE.to_vec()), ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    params.custom_extensions =
        vec![CustomExtension::from_oid_content(oid::LICENCE, licence::to_octets("licence", content)?)];
    Ok(params)
}

pub(super) fn public_key(key: &VerifyingKey) -> Result<SubjectPublicKeyInfo, IssueError> {
    Ok(SubjectPublicKeyInfo::from_der(&super::der::spki(key))?)
}
