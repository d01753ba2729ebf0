//! Requests for a certificate (PKCS#10, RFC 2986).
//!
//! Subject and alternative name are those of the certificate asked for; the kinds travel as a
//! requested extension of our own, a DER OCTET STRING with CBOR `[version = 1, [kinds], ext]`.

use std::fmt;

use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use rcgen::{CertificateParams, CustomExtension};
use serde_tuple::{Deserialize_tuple, Serialize_tuple};
use x509_parser::{
    certification_request::X509CertificationRequest, cri_attributes::ParsedCriAttribute, prelude::FromDer,
    x509::X509Version,
};

use crate::{
    cbor::Ext,
    certificate::{self, IssueError, KeyRef, LeafIn, MAX_CERTIFICATE, ProfileError, licence, oid},
    ids::{Kind, OfficeNumber},
};

/// The version written here; another is refused.
const VERSION: u8 = 1;

/// Content bytes of 1.2.840.113549.1.9.14, extensionRequest (PKCS#9).
const OID_EXTENSION_REQUEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14];

/// The content of the requested extension.
#[derive(Serialize_tuple, Deserialize_tuple)]
struct Wanted {
    version: u8,
    kinds: Vec<Kind>,
    ext: Ext,
}

/// A request whose signature shows that the asker holds the key. Name, number and kinds are what
/// the asker says.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    der: Vec<u8>,
    office: OfficeNumber,
    name: String,
    kinds: Vec<Kind>,
    key: VerifyingKey,
}

/// In what a certificate differs from the request it should answer.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// Another key.
    #[error("the certificate is for another key")]
    Key,
    /// Another office number.
    #[error("the certificate is for another office number")]
    Office,
    /// Other kinds.
    #[error("the certificate is for other kinds")]
    Kinds,
}

impl Request {
    /// Makes a request, signed with the office key. The kinds may come in any order.
    ///
    /// # Errors
    /// [`IssueError::Profile`] for a name or kinds that a certificate cannot hold.
    pub fn create(office: OfficeNumber, name: &str, kinds: &[Kind], key: &SigningKey) -> Result<Self, IssueError> {
        let mut kinds = kinds.to_vec();
        kinds.sort_unstable();
        licence::check_kinds(&kinds)?;
        let wanted = Wanted { version: VERSION, kinds, ext: Ext::none() };
        let mut params = CertificateParams::default();
        params.distinguished_name = certificate::office_name(&office, name)?;
        params.subject_alt_names = vec![certificate::office_uri(&office)?];
        params.custom_extensions =
            vec![CustomExtension::from_oid_content(oid::KINDS, licence::to_octets("kinds", &wanted)?)];
        let request = params.serialize_request(&KeyRef(key))?;
        Ok(Self::parse(request.der())?)
    }

    /// Reads a request strictly and checks its signature.
    ///
    /// # Errors
    /// The first way in which it is not one of ours; never panics.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProfileError> {
        if bytes.len() > MAX_CERTIFICATE {
            return Err(ProfileError::TooLarge(bytes.len()));
        }
        let (rest, request) = X509CertificationRequest::from_der(bytes).map_err(|_| ProfileError::Malformed)?;
        if !rest.is_empty() {
            return Err(ProfileError::Malformed);
        }
        let info = &request.certification_request_info;
        // Version 1 is written 0, as it is for certificates.
        if info.version != X509Version::V1 {
            return Err(ProfileError::Version);
        }
        certificate::ed25519_only(&request.signature_algorithm)?;
        let key = certificate::key_from(&info.subject_pki)?;
        let frame = certificate::unframe(bytes, info.raw)?;
        key.verify_strict(info.raw, &Signature::from_bytes(frame.signature))
            .map_err(|_| ProfileError::SelfSignature)?;

        let (office, name) = certificate::read_subject(&info.subject)?;
        let mut attributes = info.iter_attributes();
        let (Some(attribute), None) = (attributes.next(), attributes.next()) else {
            return Err(ProfileError::Missing("extensionRequest"));
        };
        let ParsedCriAttribute::ExtensionRequest(asked) = attribute.parsed_attribute() else {
            return Err(ProfileError::Missing("extensionRequest"));
        };
        let mut extensions = certificate::extensions_once(&asked.extensions)?;
        let uri = certificate::subject_alt_name(&office);
        extensions.exactly("subjectAltName", certificate::OID_SUBJECT_ALT_NAME, false, &uri)?;
        let wanted: Wanted = licence::from_octets("kinds", extensions.take("kinds", oid::KINDS_DER, false)?)?;
        extensions.finish()?;
        if wanted.version != VERSION {
            return Err(ProfileError::Version);
        }
        wanted.ext.check().map_err(|error| ProfileError::Content("kinds", error))?;
        licence::check_kinds(&wanted.kinds)?;
        let listed = asked.extensions.iter().map(|item| {
            let parts = [certificate::element(0x06, &[item.oid.as_bytes()]), certificate::element(0x04, &[item.value])];
            certificate::element(0x30, &[&parts[0], &parts[1]])
        });
        if info.raw != written(info.subject.as_raw(), &key, &listed.collect::<Vec<_>>().concat()) {
            return Err(ProfileError::Malformed);
        }
        Ok(Self { der: bytes.to_vec(), office, name, kinds: wanted.kinds, key })
    }

    /// Checks that a certificate answers this request: same key, number and kinds. The name may
    /// have been corrected by the authority.
    ///
    /// # Errors
    /// The first difference.
    pub fn matches(&self, leaf: &LeafIn) -> Result<(), Mismatch> {
        if *leaf.key() != self.key {
            return Err(Mismatch::Key);
        }
        if leaf.office() != self.office {
            return Err(Mismatch::Office);
        }
        if leaf.kinds() != self.kinds { Err(Mismatch::Kinds) } else { Ok(()) }
    }

    /// The request's bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The office number.
    #[must_use]
    pub const fn office(&self) -> OfficeNumber {
        self.office
    }

    /// The office's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The kinds, rising.
    #[must_use]
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// The office key.
    #[must_use]
    pub const fn key(&self) -> &VerifyingKey {
        &self.key
    }
}

/// The signed part in its one encoding: parsers read it from others too.
fn written(subject: &[u8], key: &VerifyingKey, extensions: &[u8]) -> Vec<u8> {
    use certificate::element;
    let asked = element(0x31, &[&element(0x30, &[extensions])]);
    let attribute = element(0x30, &[&element(0x06, &[OID_EXTENSION_REQUEST]), &asked]);
    element(0x30, &[&element(0x02, &[&[0]]), subject, &certificate::spki(key), &element(0xa0, &[&attribute])])
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({}, {:?})", self.office, self.kinds)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{time::Timestamp, trust::testing::TestAuthority};

    const NOW: Timestamp = Timestamp(1_790_000_000);

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn kinds(texts: &[&str]) -> Vec<Kind> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn request() -> Request {
        Request::create("1379900028".parse().unwrap(), "みほん通所", &kinds(&["21", "15"]), &key()).unwrap()
    }

    #[test]
    fn a_request_is_read_back() {
        let request = request();
        let read = Request::parse(request.der()).unwrap();
        assert_eq!(read, request);
        assert_eq!((read.office().as_str(), read.name()), ("1379900028", "みほん通所"));
        assert_eq!(read.kinds(), kinds(&["15", "21"]));
        assert_eq!(*read.key(), key().verifying_key());
    }

    #[test]
    fn names_and_kinds_that_a_certificate_cannot_hold_are_refused() {
        let create = |name: &str, list: &[&str]| match Request::create(
            "1379900028".parse().unwrap(),
            name,
            &kinds(list),
            &key(),
        ) {
            Err(IssueError::Profile(error)) => Some(error),
            other => other.map(|_| None).unwrap(),
        };
        let longest = "介".repeat(certificate::MAX_NAME);
        assert_eq!(create(&longest, &["15"]), None);
        for name in ["", " ", "a\nb", "a\u{202e}b", "\u{feff}a", &format!("{longest}護")] {
            assert_eq!(create(name, &["15"]), Some(ProfileError::Name), "{name:?}");
        }
        assert_eq!(create("a", &[]), Some(ProfileError::Kinds));
        assert_eq!(create("a", &["15", "15"]), Some(ProfileError::Kinds));
    }

    #[test]
    fn every_altered_byte_is_refused() {
        let good = request();
        for at in 0..good.der().len() {
            let mut altered = good.der().to_vec();
            altered[at] ^= 1;
            assert!(Request::parse(&altered).is_err(), "byte {at}");
        }
        let longer = [good.der(), &[0]].concat();
        assert_eq!(Request::parse(&longer), Err(ProfileError::Malformed));
    }

    /// Signed by the key inside and read by the parser, but not in the one encoding.
    #[test]
    fn a_request_in_another_encoding_is_refused() {
        use ed25519_dalek::Signer;

        let good = request();
        let inner = &good.der()[4..good.der().len() - 74];
        let signed = |inner: &[u8]| {
            let head = [0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 65, 0];
            certificate::element(0x30, &[inner, &head, &key().sign(inner).to_bytes()])
        };
        assert_eq!(Request::parse(&signed(inner)), Ok(request()));
        let asked = inner.windows(9).position(|window| window == OID_EXTENSION_REQUEST).unwrap();
        // The whole, the version, the attribute, its identifier, the set and list of values, an extension.
        for (at, tag) in
            [(0, 0x10), (3, 0x82), (asked - 4, 0x10), (asked - 2, 0x07), (asked + 9, 0x11), (asked + 13, 0xb0)]
        {
            let mut altered = inner.to_vec();
            altered[at] = tag;
            assert!(Request::parse(&signed(&altered)).is_err(), "{tag:x} at {at}");
        }
    }

    #[test]
    fn a_request_with_more_or_less_in_it_is_refused() {
        let bare = CertificateParams::default().serialize_request(&KeyRef(&key())).unwrap();
        assert_eq!(Request::parse(bare.der()), Err(ProfileError::Subject));
        let mut params = CertificateParams::default();
        params.distinguished_name = certificate::office_name(&request().office(), "a").unwrap();
        let parse =
            |params: &CertificateParams| Request::parse(params.serialize_request(&KeyRef(&key())).unwrap().der());
        assert_eq!(parse(&params), Err(ProfileError::Missing("extensionRequest")));
        params.subject_alt_names = vec![certificate::office_uri(&request().office()).unwrap()];
        assert_eq!(parse(&params), Err(ProfileError::Missing("kinds")));
        let wanted = |version, list: &[&str]| {
            let wanted = Wanted { version, kinds: kinds(list), ext: Ext::none() };
            vec![CustomExtension::from_oid_content(oid::KINDS, licence::to_octets("kinds", &wanted).unwrap())]
        };
        params.custom_extensions = wanted(VERSION + 1, &["15"]);
        assert_eq!(parse(&params), Err(ProfileError::Version));
        params.custom_extensions = wanted(VERSION, &["21", "15"]);
        assert_eq!(parse(&params), Err(ProfileError::Kinds));
        params.custom_extensions = wanted(VERSION, &["15", "21"]);
        assert!(parse(&params).is_ok());
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        assert!(matches!(parse(&params), Err(ProfileError::Unknown(_))));
    }

    #[test]
    fn a_certificate_answers_its_request_only() {
        let mut authority = TestAuthority::new(1, NOW);
        let mut leaf = |office, list: &[&str], key| authority.issue_for(office, list, key, NOW, NOW.plus(1)).leaf;
        let other = SigningKey::from_bytes(&[8; 32]);
        assert_eq!(request().matches(&leaf("1379900028", &["15", "21"], key())), Ok(()));
        assert_eq!(request().matches(&leaf("1379900028", &["15", "21"], other)), Err(Mismatch::Key));
        assert_eq!(request().matches(&leaf("1379900010", &["15", "21"], key())), Err(Mismatch::Office));
        assert_eq!(request().matches(&leaf("1379900028", &["15"], key())), Err(Mismatch::Kinds));
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Request::parse(&bytes);
        }

        #[test]
        fn damaged_bytes_never_panic(at in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>()) {
            let mut bytes = request().der().to_vec();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = Request::parse(&bytes);
            let _ = Request::parse(&bytes[..cut.index(bytes.len())]);
        }
    }
}
