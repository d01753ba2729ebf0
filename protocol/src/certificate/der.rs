//! What every certificate, request and CRL of ours shares in DER, read from `x509-parser`.

use std::{collections::BTreeMap, ops::Range};

use ed25519_dalek::VerifyingKey;
use x509_parser::{
    asn1_rs::{Oid, Tag, oid},
    extensions::X509Extension,
    time::ASN1Time,
    x509::{AlgorithmIdentifier, SubjectPublicKeyInfo, X509Name},
};

use super::{ProfileError, URN, check_name};
use crate::{
    ids::{Hash, OfficeNumber},
    time::Timestamp,
};

/// Content bytes of 1.3.101.112, Ed25519 (RFC 8410).
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
/// A SubjectPublicKeyInfo with an Ed25519 key is this and the 32 bytes of the key.
const SPKI_HEAD: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// What stands between the signed part and the signature: Ed25519, BIT STRING of 64 bytes.
const FRAME_TAIL: [u8; 10] = [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x41, 0x00];

/// Where in the bytes the signed part lies, and the signature.
pub(crate) struct Frame<'a> {
    pub(crate) signed: Range<usize>,
    pub(crate) signature: &'a [u8; 64],
}

/// Content bytes of the OIDs of the extensions in use (2.5.29.x).
pub(crate) const OID_SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1d, 14];
pub(crate) const OID_KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
pub(crate) const OID_SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 17];
pub(crate) const OID_BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];
pub(crate) const OID_CRL_NUMBER: &[u8] = &[0x55, 0x1d, 20];
pub(crate) const OID_REASON_CODE: &[u8] = &[0x55, 0x1d, 21];
pub(crate) const OID_AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1d, 35];
pub(crate) const OID_EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 37];

/// An extension's criticality and content.
struct Extension<'a> {
    critical: bool,
    value: &'a [u8],
}

/// The extensions that have not been looked at yet, by the content bytes of their OID.
pub(crate) struct Extensions<'a>(BTreeMap<Vec<u8>, Extension<'a>>);

/// Collects extensions.
///
/// # Errors
/// [`ProfileError::Duplicate`].
pub(crate) fn extensions_once<'a>(
    list: impl IntoIterator<Item = &'a X509Extension<'a>>,
) -> Result<Extensions<'a>, ProfileError> {
    let mut found = BTreeMap::new();
    for item in list {
        let extension = Extension { critical: item.critical, value: item.value };
        if found.insert(item.oid.as_bytes().to_vec(), extension).is_some() {
            return Err(ProfileError::Duplicate);
        }
    }
    Ok(Extensions(found))
}

impl<'a> Extensions<'a> {
    /// Takes one out.
    pub(crate) fn take(&mut self, name: &'static str, oid: &[u8], critical: bool) -> Result<&'a [u8], ProfileError> {
        let extension = self.0.remove(oid).ok_or(ProfileError::Missing(name))?;
        if extension.critical != critical {
            return Err(ProfileError::Extension(name));
        }
        Ok(extension.value)
    }

    /// Takes one out whose content must be exactly `value`.
    pub(crate) fn exactly(
        &mut self,
        name: &'static str,
        oid: &[u8],
        critical: bool,
        value: &[u8],
    ) -> Result<(), ProfileError> {
        if self.take(name, oid, critical)? == value { Ok(()) } else { Err(ProfileError::Extension(name)) }
    }

    /// Refuses whatever was not taken.
    pub(crate) fn finish(self) -> Result<(), ProfileError> {
        match self.0.into_keys().next() {
            None => Ok(()),
            Some(oid) => Err(ProfileError::Unknown(Oid::new(oid.into()).to_id_string())),
        }
    }
}

/// Accepts Ed25519 without parameters.
pub(crate) fn ed25519_only(algorithm: &AlgorithmIdentifier<'_>) -> Result<(), ProfileError> {
    if algorithm.algorithm.as_bytes() == ED25519 && algorithm.parameters.is_none() {
        Ok(())
    } else {
        Err(ProfileError::SignatureAlgorithm)
    }
}

/// Takes the outer frame of a certificate, request or CRL apart: SEQUENCE { signed part, Ed25519,
/// BIT STRING with the signature }, in the one encoding that DER allows. The frame is not under
/// the signature, so whatever else a parser lets pass could be altered by anybody.
pub(crate) fn unframe<'a>(bytes: &'a [u8], signed: &[u8]) -> Result<Frame<'a>, ProfileError> {
    let (rest, signature) = bytes.split_last_chunk::<64>().ok_or(ProfileError::Malformed)?;
    let header = header(0x30, signed.len() + FRAME_TAIL.len() + signature.len());
    if rest == [header.as_slice(), signed, &FRAME_TAIL].concat() {
        Ok(Frame { signed: header.len()..header.len() + signed.len(), signature })
    } else {
        Err(ProfileError::Malformed)
    }
}

/// Tag and length as DER writes them.
fn header(tag: u8, length: usize) -> Vec<u8> {
    match length {
        ..0x80 => vec![tag, length as u8],
        _ => {
            let digits: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
            [&[tag, 0x80 | digits.len() as u8][..], &digits].concat()
        }
    }
}

/// Writes an element: what a parser may read from several encodings has one that counts.
pub(crate) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    [header(tag, content.len()), content].concat()
}

/// Reads a public key; keys of small order are refused.
pub(crate) fn key_from(spki: &SubjectPublicKeyInfo<'_>) -> Result<VerifyingKey, ProfileError> {
    let bytes: [u8; 32] =
        spki.raw.strip_prefix(&SPKI_HEAD).and_then(|rest| rest.try_into().ok()).ok_or(ProfileError::Key)?;
    match VerifyingKey::from_bytes(&bytes) {
        Ok(key) if !key.is_weak() => Ok(key),
        _ => Err(ProfileError::Key),
    }
}

/// Writes a public key.
pub(crate) fn spki(key: &VerifyingKey) -> Vec<u8> {
    [&SPKI_HEAD[..], key.as_bytes()].concat()
}

/// The key identifier of RFC 7093, method 4: the first 160 bits of SHA-256 of the
/// SubjectPublicKeyInfo. It is what rcgen writes.
pub(crate) fn key_id(key: &VerifyingKey) -> [u8; 20] {
    let mut id = [0; 20];
    id.copy_from_slice(&Hash::of(&[&spki(key)]).0[..20]);
    id
}

/// The content of a subjectKeyIdentifier.
pub(crate) fn subject_key_id(id: &[u8; 20]) -> Vec<u8> {
    [&[0x04, 20][..], id].concat()
}

/// Reads the key identifier from the content of an authorityKeyIdentifier that holds nothing else.
pub(crate) fn read_authority_key_id(value: &[u8]) -> Result<[u8; 20], ProfileError> {
    value
        .strip_prefix(&[0x30, 22, 0x80, 20])
        .and_then(|id| id.try_into().ok())
        .ok_or(ProfileError::Extension("authorityKeyIdentifier"))
}

/// The content of a subjectAltName with the office's URI only.
pub(crate) fn subject_alt_name(office: &OfficeNumber) -> Vec<u8> {
    let uri = format!("{URN}{office}");
    // 18 + 10 characters: both lengths fit one byte.
    let length = uri.len() as u8;
    [&[0x30, length + 2, 0x86, length], uri.as_bytes()].concat()
}

/// A time of a certificate or CRL.
pub(crate) fn moment(time: ASN1Time) -> Result<Timestamp, ProfileError> {
    u64::try_from(time.timestamp()).map(Timestamp).map_err(|_| ProfileError::Validity)
}

/// Reads the subject of a desk: CN and O (the office's name, UTF-8), serialNumber (its number).
pub(crate) fn read_subject(subject: &X509Name<'_>) -> Result<(OfficeNumber, String), ProfileError> {
    let wanted =
        [(oid!(2.5.4.3), Tag::Utf8String), (oid!(2.5.4.10), Tag::Utf8String), (oid!(2.5.4.5), Tag::PrintableString)];
    let mut texts = Vec::with_capacity(wanted.len());
    for rdn in subject.iter_rdn() {
        let (mut attributes, Some((oid, tag))) = (rdn.iter(), wanted.get(texts.len())) else {
            return Err(ProfileError::Subject);
        };
        let (Some(attribute), None) = (attributes.next(), attributes.next()) else {
            return Err(ProfileError::Subject);
        };
        if attribute.attr_type() != oid || attribute.attr_value().tag() != *tag {
            return Err(ProfileError::Subject);
        }
        texts.push(attribute.as_str().map_err(|_| ProfileError::Subject)?);
    }
    let [common_name, organisation, number] = texts[..] else {
        return Err(ProfileError::Subject);
    };
    check_name(common_name)?;
    if common_name != organisation {
        return Err(ProfileError::Name);
    }
    // The parser looks into sets, sequences and object identifiers whatever their tags say.
    let attribute = |id: u8, tag, text: &str| {
        let parts = [element(0x06, &[&[0x55, 4, id]]), element(tag, &[text.as_bytes()])];
        element(0x31, &[&element(0x30, &[&parts[0], &parts[1]])])
    };
    let rdns = [attribute(3, 0x0c, common_name), attribute(10, 0x0c, organisation), attribute(5, 0x13, number)];
    if subject.as_raw() != element(0x30, &[&rdns[0], &rdns[1], &rdns[2]]) {
        return Err(ProfileError::Subject);
    }
    Ok((number.parse().map_err(|_| ProfileError::OfficeNumber)?, common_name.to_owned()))
}
