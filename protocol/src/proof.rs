//! Proofs that an office takes part, and that it exchanges: for supplements and subsidies that depend on it.
//!
//! ```text
//! proof = CBOR [1, issuer id, membership]                                 of membership, file and QR code
//!       | CBOR [2, issuer id, certificate, use, [[issuer id, certificate, attestation], ..]]   of use, file
//!       | CBOR [3, issuer id, certificate, use]                           of use, QR code
//! ```
//!
//! *membership* is signed by the authority's issuing CA ([`Membership`]), *use* by the office ([`Use`]), an *attestation*
//! by an office that has exchanged with it ([`Attestation`]). As text, for a QR code, a proof is `MUSUBI-PROOF:` and
//! base32 without padding (RFC 4648), all of it in the QR code's alphanumeric set; as a file it is PEM.
//!
//! A verifier holds a trust bundle and CRLs, and needs no network: what comes out holds as of the oldest of those used.

pub mod exchange;

use std::collections::BTreeSet;

use data_encoding::BASE32_NOPAD;
use ed25519_dalek::SigningKey;
use pem::{EncodeConfig, LineEnding, Pem};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use crate::{
    cbor::{self, Ext},
    certificate::{Ca, LeafIn, Role, Serial, in_force},
    crl::{Freshness, Reason, Revoked},
    ids::{Hash, OfficeNumber},
    policy::Standing,
    signed::{self, Payload, Signed, Unverified},
    time::{DAY, Timestamp},
    trust::{Distrust, Trust},
};

/// PEM label of proofs; ours.
pub const LABEL: &str = "MUSUBI PROOF";
/// What a proof as text begins with.
pub const PREFIX: &str = "MUSUBI-PROOF:";
/// The longest proof in bytes.
pub const MAX: usize = 1 << 20;
/// How far a clock of whoever signs may be ahead of the verifier's.
const AHEAD: u64 = DAY;
/// The most attestations in a proof.
pub const MAX_PARTNERS: usize = 512;
/// From how many partner offices on an exchange matters for the subsidy.
pub const ENOUGH_PARTNERS: usize = 5;

/// "This office takes part"; signed by the issuing CA of the certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Membership {
    /// The office number.
    pub office: OfficeNumber,
    /// The office's name, as in the certificate.
    pub name: String,
    /// When it first had a licence.
    pub joined: Timestamp,
    /// When the licence in force began.
    pub from: Timestamp,
    /// When it ends.
    pub until: Timestamp,
    /// The serial number of the certificate, by which a CRL revokes it.
    pub serial: ByteBuf,
    /// When this was signed.
    pub time: Timestamp,
    /// Extensions.
    pub ext: Ext,
}

impl Membership {
    /// Describes the licence of a certificate.
    #[must_use]
    pub fn of(leaf: &LeafIn, joined: Timestamp, time: Timestamp) -> Self {
        Self {
            office: leaf.office(),
            name: leaf.name().to_owned(),
            joined,
            from: leaf.from(),
            until: leaf.until(),
            serial: ByteBuf::from(leaf.serial().as_bytes().as_slice()),
            time,
            ext: Ext::none(),
        }
    }
}

impl Payload for Membership {
    const NAME: &'static str = "membership";
    const MAX: usize = 1024;

    fn ext(&self) -> &Ext {
        &self.ext
    }
}

/// Months of a fiscal year (年度, April to March): bit 0 is April.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Months(u16);

impl Months {
    /// Adds a month of the calendar, 1 to 12; others are ignored.
    #[must_use]
    pub const fn with(self, month: u8) -> Self {
        match month {
            4..=12 => Self(self.0 | 1 << (month - 4)),
            1..=3 => Self(self.0 | 1 << (month + 8)),
            _ => self,
        }
    }

    /// The months of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The months of the calendar, from April on.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..12_u8).filter(move |bit| self.0 >> bit & 1 == 1).map(|bit| (bit + 3) % 12 + 1)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    const fn check(self) -> bool {
        self.0 < 1 << 12
    }

    /// Whether it has all months of the other.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Those of them that have begun, in Japan, at a moment.
    #[must_use]
    pub fn begun(self, fiscal_year: u16, time: Timestamp) -> Self {
        let Some((year, month)) = exchange::calendar(time) else { return Self::default() };
        let then = (u32::from(year), month);
        let begun = |month: &u8| (u32::from(fiscal_year) + u32::from(*month < 4), *month) <= then;
        self.iter().filter(begun).fold(Self::default(), Self::with)
    }

    /// Whether each of them had begun, in Japan, when something was signed.
    fn had_begun(self, fiscal_year: u16, time: Timestamp) -> bool {
        self.begun(fiscal_year, time) == self
    }
}

/// "I have exchanged documents with this office in these months"; signed by the office key of the one who says it.
/// It tells no counts, no documents and no person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Attestation {
    /// About whom.
    pub about: OfficeNumber,
    /// By whom.
    pub by: OfficeNumber,
    /// The fiscal year, by the calendar year in which it begins.
    pub fiscal_year: u16,
    /// In which months.
    pub months: Months,
    /// SHA-256 of the certificate of the key that signs.
    pub certificate: Hash,
    /// When this was signed.
    pub time: Timestamp,
    /// Extensions.
    pub ext: Ext,
}

impl Payload for Attestation {
    const NAME: &'static str = "attestation";
    const MAX: usize = 512;

    fn ext(&self) -> &Ext {
        &self.ext
    }
}

/// "With so many offices have I exchanged, and in these months"; signed by the office key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Use {
    /// The office number.
    pub office: OfficeNumber,
    /// The fiscal year, by the calendar year in which it begins.
    pub fiscal_year: u16,
    /// In which months, over all partners.
    pub months: Months,
    /// How many partner offices, each counted once.
    pub partners: u32,
    /// SHA-256 of the attestations, which are the CBOR array of the file.
    pub attestations: Hash,
    /// SHA-256 of the certificate of the key that signs.
    pub certificate: Hash,
    /// When this was signed.
    pub time: Timestamp,
    /// Extensions.
    pub ext: Ext,
}

impl Payload for Use {
    const NAME: &'static str = "use";
    const MAX: usize = 512;

    fn ext(&self) -> &Ext {
        &self.ext
    }
}

/// An attestation with what is needed to judge it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Attested {
    /// The id of the CA that issued the certificate.
    pub issuer: Hash,
    /// The certificate of the office that attests, DER.
    pub certificate: ByteBuf,
    /// The signed [`Attestation`].
    pub attestation: ByteBuf,
}

#[derive(Serialize, Deserialize)]
struct OfMembership(u8, Hash, ByteBuf);
#[derive(Serialize, Deserialize)]
struct OfUse(u8, Hash, ByteBuf, ByteBuf, Vec<Attested>);
#[derive(Serialize, Deserialize)]
struct Short(u8, Hash, ByteBuf, ByteBuf);

/// A proof as read; nothing of it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Of membership.
    Membership {
        /// The id of the issuing CA.
        issuer: Hash,
        /// The signed [`Membership`].
        membership: Vec<u8>,
    },
    /// Of use.
    Use {
        /// The id of the CA that issued the certificate.
        issuer: Hash,
        /// The office's certificate, DER.
        certificate: Vec<u8>,
        /// The signed [`Use`].
        statement: Vec<u8>,
        /// The attestations; a QR code has no room for them.
        attested: Option<Vec<Attested>>,
    },
}

/// What a proof has shown, as of [`Shown::as_of`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What was proven.
    pub fact: Fact,
    /// How the verifier's newest CRL of the CAs concerned stands; the least fresh of them counts.
    pub freshness: Freshness,
    /// The moment up to which the verifier's data know of revocations: what was revoked later is not seen.
    pub as_of: Timestamp,
}

/// What was proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The office takes part.
    Member {
        /// What the authority has signed.
        membership: Membership,
        /// What the licence is worth now.
        standing: Standing,
    },
    /// The office exchanges.
    User {
        /// The office's name.
        name: String,
        /// What the office has signed.
        statement: Use,
        /// The offices whose attestations were verified; `None` for a QR code, which only names the file's hash.
        partners: Option<Vec<OfficeNumber>>,
    },
}

/// Why a proof shows nothing. Each is a verdict of its own.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProofError {
    /// Not a proof, or damaged on the way.
    #[error("not a proof, or damaged on the way")]
    Malformed,
    /// By another authority, or by a CA that is not known yet.
    #[error("issued by an authority or CA that the data at hand do not name")]
    UnknownIssuer,
    /// Its signature does not hold: forged or altered.
    #[error("the signature does not hold")]
    Forged,
    /// Its parts do not belong together.
    #[error("the parts of the proof do not belong together")]
    Mixed,
    /// The licence is over, grace included.
    #[error("the licence ended")]
    Ended {
        /// When.
        until: Timestamp,
    },
    /// The licence has not begun.
    #[error("the licence has not begun")]
    NotYet {
        /// When it begins.
        from: Timestamp,
    },
    /// It says that it was signed later than now: one of the two clocks is wrong.
    #[error("signed in the future")]
    Ahead {
        /// When.
        time: Timestamp,
    },
    /// The certificate behind it is revoked.
    #[error("the certificate is revoked")]
    Revoked(Revoked),
    /// The issuing CA is revoked, or was not in force.
    #[error("the issuing CA is revoked or was not in force")]
    Issuer,
    /// The certificate behind it is not good in another way.
    #[error("the certificate is not good")]
    Certificate(#[source] Distrust),
    /// There is no CRL of the issuing CA among the verifier's data, or it is beyond its grace.
    #[error("no revocation list that is new enough is at hand")]
    OldData,
}

impl Proof {
    /// A proof of membership.
    ///
    /// # Errors
    /// [`signed::Error`] for a name that is too long.
    pub fn membership(membership: Membership, issuer: &Ca, key: &SigningKey) -> Result<Self, signed::Error> {
        let signed = Signed::sign(membership, key)?;
        Ok(Self::Membership { issuer: issuer.id(), membership: signed.bytes().to_vec() })
    }

    /// A proof of use, from attestations that were verified before ([`verify_attested`]); of each office the last one
    /// counts. None for nobody: without attestations there is nothing to prove.
    ///
    /// # Errors
    /// [`signed::Error`] if it cannot be encoded.
    pub fn used(
        (leaf, issuer): (&LeafIn, Hash),
        key: &SigningKey,
        fiscal_year: u16,
        attested: &[(OfficeNumber, Months, Attested)],
        time: Timestamp,
    ) -> Result<Option<Self>, signed::Error> {
        let mut by_office: Vec<&(OfficeNumber, Months, Attested)> = Vec::new();
        for item in attested {
            by_office.retain(|other| other.0 != item.0);
            by_office.push(item);
        }
        by_office.sort_by_key(|item| item.0);
        by_office.truncate(MAX_PARTNERS);
        if by_office.is_empty() {
            return Ok(None);
        }
        let list: Vec<Attested> = by_office.iter().map(|item| item.2.clone()).collect();
        let statement = Use {
            office: leaf.office(),
            fiscal_year,
            months: by_office.iter().fold(Months::default(), |months, item| months.and(item.1)),
            partners: u32::try_from(list.len()).unwrap_or(u32::MAX),
            attestations: hash_of(&list)?,
            certificate: leaf.hash(),
            time,
            ext: Ext::none(),
        };
        let statement = Signed::sign(statement, key)?.bytes().to_vec();
        Ok(Some(Self::Use { issuer, certificate: leaf.der().to_vec(), statement, attested: Some(list) }))
    }

    /// The same without attestations, for a QR code.
    #[must_use]
    pub fn short(&self) -> Self {
        match self.clone() {
            Self::Use { issuer, certificate, statement, .. } => {
                Self::Use { issuer, certificate, statement, attested: None }
            }
            membership => membership,
        }
    }

    /// The proof's bytes.
    ///
    /// # Errors
    /// None that can occur for proofs built here.
    pub fn to_bytes(&self) -> Result<Vec<u8>, cbor::Error> {
        match self {
            Self::Membership { issuer, membership } => {
                cbor::to_vec(&OfMembership(1, *issuer, ByteBuf::from(membership.as_slice())))
            }
            Self::Use { issuer, certificate, statement, attested } => {
                let (certificate, statement) =
                    (ByteBuf::from(certificate.as_slice()), ByteBuf::from(statement.as_slice()));
                match attested {
                    None => cbor::to_vec(&Short(3, *issuer, certificate, statement)),
                    Some(list) => cbor::to_vec(&OfUse(2, *issuer, certificate, statement, list.clone())),
                }
            }
        }
    }

    /// The proof as text, for a QR code.
    ///
    /// # Errors
    /// As [`Proof::to_bytes`].
    pub fn to_text(&self) -> Result<String, cbor::Error> {
        Ok(format!("{PREFIX}{}", BASE32_NOPAD.encode(&self.to_bytes()?)))
    }

    /// The proof as a file.
    ///
    /// # Errors
    /// As [`Proof::to_bytes`].
    pub fn to_pem(&self) -> Result<String, cbor::Error> {
        let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
        Ok(pem::encode_config(&Pem::new(LABEL, self.to_bytes()?), config))
    }

    /// Reads a proof from its bytes, its text (spaces and line breaks do not matter) or its file.
    ///
    /// # Errors
    /// [`ProofError::Malformed`]; never panics.
    pub fn read(input: &[u8]) -> Result<Self, ProofError> {
        // Base32 of the longest proof, with a line break after every character.
        if input.len() > 4 * MAX {
            return Err(ProofError::Malformed);
        }
        if let Ok(text) = std::str::from_utf8(input) {
            let packed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            if let Some(coded) = packed.get(..PREFIX.len()).filter(|head| head.eq_ignore_ascii_case(PREFIX)) {
                let coded = packed.get(coded.len()..).unwrap_or_default().to_ascii_uppercase();
                let bytes = BASE32_NOPAD.decode(coded.as_bytes()).map_err(|_| ProofError::Malformed)?;
                return Self::from_bytes(&bytes);
            }
            if text.contains("-----BEGIN") {
                let mut blocks = pem::parse_many(text).map_err(|_| ProofError::Malformed)?;
                let block = blocks.pop().filter(|block| block.tag() == LABEL && blocks.is_empty());
                return Self::from_bytes(block.ok_or(ProofError::Malformed)?.contents());
            }
        }
        Self::from_bytes(input)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, ProofError> {
        let malformed = |_| ProofError::Malformed;
        // An array of three, four or five, and the kind.
        match bytes {
            [0x83, 1, ..] => {
                let OfMembership(_, issuer, membership) = cbor::from_slice(bytes, MAX).map_err(malformed)?;
                Ok(Self::Membership { issuer, membership: membership.into_vec() })
            }
            [0x85, 2, ..] => {
                let OfUse(_, issuer, certificate, statement, list) = cbor::from_slice(bytes, MAX).map_err(malformed)?;
                if list.is_empty() || list.len() > MAX_PARTNERS {
                    return Err(ProofError::Malformed);
                }
                Ok(Self::Use {
                    issuer,
                    certificate: certificate.into_vec(),
                    statement: statement.into_vec(),
                    attested: Some(list),
                })
            }
            [0x84, 3, ..] => {
                let Short(_, issuer, certificate, statement) = cbor::from_slice(bytes, MAX).map_err(malformed)?;
                Ok(Self::Use {
                    issuer,
                    certificate: certificate.into_vec(),
                    statement: statement.into_vec(),
                    attested: None,
                })
            }
            _ => Err(ProofError::Malformed),
        }
    }

    /// Judges the proof by the data at hand.
    ///
    /// # Errors
    /// [`ProofError`].
    pub fn verify(&self, trust: &Trust, now: Timestamp) -> Result<Shown, ProofError> {
        match self {
            Self::Membership { issuer, membership } => verify_membership(issuer, membership, trust, now),
            Self::Use { issuer, certificate, statement, attested } => {
                verify_use((issuer, certificate), statement, attested.as_deref(), trust, now)
            }
        }
    }
}

/// Judges an attestation about an office: by whom it is, and for which months.
///
/// # Errors
/// [`ProofError`].
pub fn verify_attested(
    attested: &Attested,
    about: &OfficeNumber,
    fiscal_year: u16,
    trust: &Trust,
    now: Timestamp,
) -> Result<(OfficeNumber, Months), ProofError> {
    judge_attested(attested, about, fiscal_year, trust, now).map(|(office, months, _)| (office, months))
}

/// The same, and how new the data were by which it was judged.
fn judge_attested(
    attested: &Attested,
    about: &OfficeNumber,
    fiscal_year: u16,
    trust: &Trust,
    now: Timestamp,
) -> Result<(OfficeNumber, Months, Data), ProofError> {
    let attestation =
        Unverified::<Attestation>::from_bytes(&attested.attestation).map_err(|_| ProofError::Malformed)?;
    let time = attestation.claim().time;
    not_ahead(time, now)?;
    // An office that has closed or replaced its PC since has said it all the same.
    let past = |entry: &Revoked| {
        let harmless = [Reason::Superseded, Reason::CessationOfOperation, Reason::AffiliationChanged];
        harmless.contains(&entry.reason) && time < entry.at
    };
    let (leaf, data) = office_certificate(&attested.certificate, &attested.issuer, time, trust, now, past)?;
    let said = attestation.verify(leaf.key()).map_err(|_| ProofError::Forged)?.into_value();
    let fits = said.certificate == leaf.hash()
        && said.by == leaf.office()
        && said.about == *about
        && said.by != said.about
        && said.fiscal_year == fiscal_year
        && said.months.check()
        && said.months.had_begun(fiscal_year, time)
        && !said.months.is_empty();
    if fits { Ok((said.by, said.months, data)) } else { Err(ProofError::Mixed) }
}

fn verify_membership(issuer: &Hash, bytes: &[u8], trust: &Trust, now: Timestamp) -> Result<Shown, ProofError> {
    let signed = Unverified::<Membership>::from_bytes(bytes).map_err(|_| ProofError::Malformed)?;
    let ca = trust.issuing().find(|ca| ca.id() == *issuer).ok_or(ProofError::UnknownIssuer)?;
    let membership = signed.verify(ca.key()).map_err(|_| ProofError::Forged)?.into_value();
    let serial = Serial::from_bytes(&membership.serial).map_err(|_| ProofError::Malformed)?;
    not_ahead(membership.time, now)?;
    if !in_force(ca.not_before(), membership.time, ca.not_after()) {
        return Err(ProofError::Issuer);
    }
    let (freshness, as_of) = data_of(ca, trust, now)?;
    if let Some(entry) = revoked(ca, &serial, trust) {
        return Err(ProofError::Revoked(entry));
    }
    let standing = trust.policy().standing(membership.from, membership.until, now);
    match standing {
        Standing::NotYet => return Err(ProofError::NotYet { from: membership.from }),
        Standing::Ended => return Err(ProofError::Ended { until: membership.until }),
        Standing::Active | Standing::Grace => {}
    }
    Ok(Shown { fact: Fact::Member { membership, standing }, freshness, as_of })
}

fn verify_use(
    (issuer, certificate): (&Hash, &[u8]),
    statement: &[u8],
    attested: Option<&[Attested]>,
    trust: &Trust,
    now: Timestamp,
) -> Result<Shown, ProofError> {
    let statement = Unverified::<Use>::from_bytes(statement).map_err(|_| ProofError::Malformed)?;
    // The office can make another: a certificate that was revoked for whatever reason proves nothing.
    let time = statement.claim().time;
    let (leaf, data) = office_certificate(certificate, issuer, time, trust, now, |_| false)?;
    let statement = statement.verify(leaf.key()).map_err(|_| ProofError::Forged)?.into_value();
    let months = statement.months.check() && statement.months.had_begun(statement.fiscal_year, statement.time);
    if statement.certificate != leaf.hash() || statement.office != leaf.office() || !months {
        return Err(ProofError::Mixed);
    }
    not_ahead(statement.time, now)?;
    let (mut freshness, mut as_of) = data;
    let partners = match attested {
        None => None,
        Some(list) => {
            if hash_of(list).map_err(|_| ProofError::Malformed)? != statement.attestations {
                return Err(ProofError::Mixed);
            }
            let (mut by, mut months) = (BTreeSet::new(), Months::default());
            for attested in list {
                let (office, their_months, theirs) =
                    judge_attested(attested, &statement.office, statement.fiscal_year, trust, now)?;
                by.insert(office);
                months = months.and(their_months);
                (freshness, as_of) = (freshness.max(theirs.0), as_of.min(theirs.1));
            }
            if by.len() != list.len() || by.len() as u64 != u64::from(statement.partners) || months != statement.months
            {
                return Err(ProofError::Mixed);
            }
            Some(by.into_iter().collect())
        }
    };
    let fact = Fact::User { name: leaf.name().to_owned(), statement, partners };
    Ok(Shown { fact, freshness, as_of })
}

/// Refuses what says that it was signed in the future.
fn not_ahead(time: Timestamp, now: Timestamp) -> Result<(), ProofError> {
    if now.plus(AHEAD) < time { Err(ProofError::Ahead { time }) } else { Ok(()) }
}

/// Judges the certificate of an office that has signed something at `time`.
fn office_certificate(
    der: &[u8],
    issuer: &Hash,
    time: Timestamp,
    trust: &Trust,
    now: Timestamp,
    harmless: impl Fn(&Revoked) -> bool,
) -> Result<(LeafIn, Data), ProofError> {
    let leaf = trust.judge_but_revocation(der, issuer, time).map_err(|error| match error {
        Distrust::UnknownIssuer => ProofError::UnknownIssuer,
        Distrust::Profile(_) => ProofError::Malformed,
        Distrust::Chain => ProofError::Forged,
        other => ProofError::Certificate(other),
    })?;
    // The id is no hint here: every byte of a proof counts.
    let ca = trust.issuing().find(|ca| ca.id() == *issuer).ok_or(ProofError::UnknownIssuer)?;
    let data = data_of(ca, trust, now)?;
    match revoked(ca, &leaf.serial(), trust).filter(|entry| !harmless(entry)) {
        Some(entry) => Err(ProofError::Revoked(entry)),
        None if leaf.role() == Role::Office => Ok((leaf, data)),
        None => Err(ProofError::Mixed),
    }
}

/// How new the verifier's data about a CA are, and up to when they know of revocations.
type Data = (Freshness, Timestamp);

/// How new the verifier's data about a CA are: its own CRL and that of its root, of which the less fresh counts. What was
/// revoked below it is known as of its own CRL; that of a root kept offline may be a year old.
fn data_of(ca: &Ca, trust: &Trust, now: Timestamp) -> Result<Data, ProofError> {
    let crl = trust.crls().find(|crl| crl.issuer() == ca.id()).ok_or(ProofError::OldData)?;
    let roots = trust.roots();
    let root = roots.iter().find(|root| ca.is_signed_by(root)).ok_or(ProofError::UnknownIssuer)?;
    let above = trust.crls().find(|crl| crl.issuer() == root.id()).ok_or(ProofError::OldData)?;
    if above.entry(&ca.serial()).is_some() {
        return Err(ProofError::Issuer);
    }
    let freshness = Freshness::of(crl.next_update().min(above.next_update()), now);
    if freshness == Freshness::Stale {
        return Err(ProofError::OldData);
    }
    Ok((freshness, crl.this_update()))
}

fn revoked(ca: &Ca, serial: &Serial, trust: &Trust) -> Option<Revoked> {
    trust.crls().find(|crl| crl.issuer() == ca.id())?.entry(serial).copied()
}

fn hash_of(list: &[Attested]) -> Result<Hash, cbor::Error> {
    Ok(Hash::of(&[&cbor::to_vec(list)?]))
}

#[cfg(test)]
mod tests;
