//! Files: certificates, requests, CRLs, trust bundles, log heads and proofs from the log, told apart by content.
//!
//! A file is PEM with one or many blocks (text around them is allowed), or one object in its
//! binary form. `c.pem` is leaf, issuing CA, both roots, both CRLs, trust bundle.

use pem::{EncodeConfig, LineEnding, Pem};

use super::{Ca, LeafIn, ProfileError};
use crate::{
    crl::{self, CrlIn},
    ids::Hash,
    log::{Head, Inclusion, NotIncluded},
    request::Request,
    signed::{self, Unverified},
    trust::Bundle,
};

/// PEM label of certificates (RFC 7468).
pub const CERTIFICATE: &str = "CERTIFICATE";
/// PEM label of requests (RFC 7468).
pub const REQUEST: &str = "CERTIFICATE REQUEST";
/// PEM label of CRLs (RFC 7468).
pub const CRL: &str = "X509 CRL";
/// PEM label of trust bundles; ours.
pub const TRUST_BUNDLE: &str = "MUSUBI TRUST BUNDLE";
/// PEM label of log heads; ours.
pub const LOG_HEAD: &str = "MUSUBI LOG HEAD";

/// PEM label of what shows that a certificate stands in the log; ours.
pub const LOG_PROOF: &str = "MUSUBI LOG PROOF";

/// The longest file in bytes.
pub const MAX_FILE: usize = 8 * 1024 * 1024;
/// The most objects in a file.
pub const MAX_ITEMS: usize = 64;

/// One object out of a file, read but not verified.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Material {
    /// A desk's certificate.
    Leaf(LeafIn),
    /// A root or issuing CA.
    Ca(Ca),
    /// A CRL.
    Crl(CrlIn),
    /// A trust bundle, as its bytes.
    TrustBundle(Vec<u8>),
    /// A signed log head, as its bytes.
    Head(Vec<u8>),
    /// What shows that the certificate with this hash stands in the log, and the bytes of both.
    Proof(Hash, Inclusion, Vec<u8>),
    /// A request.
    Request(Request),
}

/// Why a file could not be taken apart.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Longer than [`MAX_FILE`].
    #[error("the file has {0} bytes, more than any of its kind")]
    TooLarge(usize),
    /// More than [`MAX_ITEMS`] objects.
    #[error("the file holds more than {MAX_ITEMS} objects")]
    TooMany,
    /// PEM that is broken.
    #[error("the PEM text is damaged")]
    Pem,
    /// Neither PEM nor one of our objects.
    #[error("neither a certificate, request, CRL, trust bundle, log head nor log proof")]
    Unknown,
    /// A PEM label that has no place here: a private key, for instance.
    #[error("a `{0}` does not belong here")]
    Label(String),
    /// A certificate or request that is not one of ours.
    #[error("a certificate or request is not one of ours")]
    Certificate(#[from] ProfileError),
    /// A CRL that is not one of ours.
    #[error("a CRL is not one of ours")]
    Crl(#[from] crl::Error),
    /// A proof from the log that cannot be read.
    #[error("a proof from the log cannot be read")]
    Proof(#[from] NotIncluded),
    /// A trust bundle or log head that cannot be read.
    #[error("a trust bundle or log head cannot be read")]
    Signed(#[from] signed::Error),
}

/// Takes a file apart, in its order.
///
/// # Errors
/// The first object that is not one of ours; never panics.
pub fn read(file: &[u8]) -> Result<Vec<Material>, Error> {
    if file.len() > MAX_FILE {
        return Err(Error::TooLarge(file.len()));
    }
    // DER begins with SEQUENCE, our signed objects with an array of four, a proof from the log with one of three; text does
    // with none of them.
    match file.first() {
        // A text may begin with the same character, "0".
        Some(0x30) if file.get(1).is_some_and(u8::is_ascii_graphic) && file.is_ascii() => {}
        Some(0x30) if CrlIn::parse(file).is_ok() => return Ok(vec![Material::Crl(CrlIn::parse(file)?)]),
        Some(0x30) if Request::parse(file).is_ok() => return Ok(vec![Material::Request(Request::parse(file)?)]),
        Some(0x30) => return Ok(vec![certificate(file)?]),
        Some(0x84) if Unverified::<Bundle>::from_bytes(file).is_ok() => {
            return Ok(vec![Material::TrustBundle(file.to_vec())]);
        }
        Some(0x84) => return Ok(vec![head(file)?]),
        Some(0x83) => return Ok(vec![proof(file)?]),
        _ => {}
    }
    let blocks = pem::parse_many(file).map_err(|_| Error::Pem)?;
    if blocks.is_empty() {
        return Err(Error::Unknown);
    }
    if blocks.len() > MAX_ITEMS {
        return Err(Error::TooMany);
    }
    blocks.iter().map(one).collect()
}

/// Writes objects as PEM blocks with line feeds, in order.
#[must_use]
pub fn to_pem<'a>(items: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> String {
    let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
    items.into_iter().map(|(label, bytes)| pem::encode_config(&Pem::new(label, bytes), config)).collect()
}

impl Material {
    /// The PEM label of the object.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Leaf(_) | Self::Ca(_) => CERTIFICATE,
            Self::Crl(_) => CRL,
            Self::TrustBundle(_) => TRUST_BUNDLE,
            Self::Head(_) => LOG_HEAD,
            Self::Proof(..) => LOG_PROOF,
            Self::Request(_) => REQUEST,
        }
    }

    /// The object's bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Leaf(leaf) => leaf.der(),
            Self::Ca(ca) => ca.der(),
            Self::Crl(crl) => crl.der(),
            Self::TrustBundle(bytes) | Self::Head(bytes) | Self::Proof(_, _, bytes) => bytes,
            Self::Request(request) => request.der(),
        }
    }
}

fn one(block: &Pem) -> Result<Material, Error> {
    let bytes = block.contents();
    match block.tag() {
        CERTIFICATE => certificate(bytes),
        // OpenSSL writes the second label with `req -newhdr`.
        REQUEST | "NEW CERTIFICATE REQUEST" => Ok(Material::Request(Request::parse(bytes)?)),
        CRL => Ok(Material::Crl(CrlIn::parse(bytes)?)),
        TRUST_BUNDLE => {
            Unverified::<Bundle>::from_bytes(bytes)?;
            Ok(Material::TrustBundle(bytes.to_vec()))
        }
        LOG_HEAD => head(bytes),
        LOG_PROOF => proof(bytes),
        other => Err(Error::Label(other.chars().take(40).collect())),
    }
}

/// A CA is what reads as a CA; of the two complaints about anything else the desk's is shown.
fn certificate(bytes: &[u8]) -> Result<Material, Error> {
    match Ca::parse(bytes) {
        Ok(ca) => Ok(Material::Ca(ca)),
        Err(_) => Ok(Material::Leaf(LeafIn::parse(bytes)?)),
    }
}

fn head(bytes: &[u8]) -> Result<Material, Error> {
    Unverified::<Head>::from_bytes(bytes)?;
    Ok(Material::Head(bytes.to_vec()))
}

fn proof(bytes: &[u8]) -> Result<Material, Error> {
    let (certificate, inclusion) = Inclusion::from_file(bytes)?;
    Ok(Material::Proof(certificate, inclusion, bytes.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{time::Timestamp, trust::testing::TestAuthority};

    fn samples() -> Vec<(&'static str, Vec<u8>)> {
        let mut authority = TestAuthority::new(1, Timestamp(1_790_000_000));
        let desk = authority.issue("1379900010", &["11"]);
        let kinds = ["11".parse().unwrap()];
        let request = Request::create(desk.leaf.office(), "みほん", &kinds, &desk.key).unwrap();
        let bundle = authority.bundle();
        vec![
            (CERTIFICATE, desk.leaf.der().to_vec()),
            (CERTIFICATE, authority.issuing.ca().der().to_vec()),
            (CERTIFICATE, authority.root1.ca().der().to_vec()),
            (CRL, authority.crl().der().to_vec()),
            (TRUST_BUNDLE, authority.sign(bundle)),
            (LOG_HEAD, authority.head().bytes().to_vec()),
            (LOG_PROOF, authority.inclusion(&desk.leaf).to_file(desk.leaf.hash()).unwrap()),
            (REQUEST, request.der().to_vec()),
        ]
    }

    #[test]
    fn files_are_told_by_content() {
        let samples = samples();
        let text = to_pem(samples.iter().map(|(label, bytes)| (*label, bytes.as_slice())));
        assert!(!text.contains('\r'));
        // Text around the blocks and Windows line ends are harmless.
        let windows = format!("見本\r\n{}", text.replace('\n', "\r\n"));
        for file in [text, windows] {
            let items = read(file.as_bytes()).unwrap();
            let found: Vec<_> = items.iter().map(|item| (item.label(), item.bytes().to_vec())).collect();
            assert_eq!(found, samples);
            assert!(matches!(items[..3], [Material::Leaf(_), Material::Ca(_), Material::Ca(_)]));
        }
        for (label, bytes) in &samples {
            let items = read(bytes).unwrap();
            assert_eq!((items.len(), items[0].label(), items[0].bytes()), (1, *label, bytes.as_slice()));
        }
    }

    #[test]
    fn other_files_are_refused() {
        for nothing in [&b""[..], b"hello", "見本".as_bytes()] {
            assert_eq!(read(nothing).err(), Some(Error::Unknown));
        }
        let key = to_pem([("PRIVATE KEY", &[1, 2, 3][..])]);
        assert_eq!(read(key.as_bytes()).err(), Some(Error::Label("PRIVATE KEY".into())));
        let many = to_pem(std::iter::repeat_n(("CERTIFICATE", &[1][..]), MAX_ITEMS + 1));
        assert_eq!(read(many.as_bytes()).err(), Some(Error::TooMany));
        let broken = "-----BEGIN X509 CRL-----\n!!!\n-----END X509 CRL-----\n";
        assert_eq!(read(broken.as_bytes()).err(), Some(Error::Pem));
        assert!(matches!(read(&[0x30, 0]).err(), Some(Error::Certificate(_))));
        assert!(matches!(read(&[0x84, 0]).err(), Some(Error::Signed(_))));
        assert!(matches!(read(&vec![b' '; MAX_FILE + 1]).err(), Some(Error::TooLarge(_))));
    }
}
