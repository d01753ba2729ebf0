//! The gate: what two nodes say to each other on the first substream of a connection, before
//! anything else may be opened on it.
//!
//! This module holds the words and their bytes. Reading, waiting and closing are the node's; the
//! limits that it has to keep are the constants here.
//!
//! # Bytes
//!
//! The node that opened the connection (for a hole punched from both ends: the one whose role is
//! dialer) opens one substream without protocol negotiation and speaks first. Integers are
//! big-endian.
//!
//! | step | from | bytes |
//! |---|---|---|
//! | 1 | dialer | preamble, hello |
//! | 2 | listener | one byte: 0 = accepted, go to 5; 1 = "send me the CRLs that I lack"; other = [`Refusal`], end |
//! | 3 | dialer, after a 1 | CRL list, possibly empty |
//! | 4 | listener, after 3 | one byte: 0 = accepted, other = [`Refusal`], end (1 is not said twice) |
//! | 5 | listener, after its 0 | preamble, hello, one byte: 0 = nothing follows, 1 = a CRL list follows |
//! | 6 | dialer | one byte: 0 = accepted, other = [`Refusal`], end; then it closes its half |
//! | 7 | listener | closes its half |
//!
//! - preamble = the six bytes `MUSUBI`, then the version byte 1.
//! - hello = u32 length (at most [`HELLO_MAX`]), then the CBOR array [network id, trust bundle number,
//!   [[issuer id, CRL number], ...], log size, [credential, ...]], the shape of [`Hello`].
//! - credential = a byte string: the encoding that [`crate::credential`] defines. It stays closed
//!   here, so that one unreadable credential does not spoil the others.
//! - CRL list = u32 length (at most [`CRLS_MAX`]), then a CBOR array of at most [`CRLS_COUNT`] byte strings, each a
//!   CRL in DER.
//!
//! The listener shows nothing of itself before it accepts. A byte before its turn, a second
//! substream before the verdict, or more than [`TALK_MAX`] bytes (beside CRL lists) end the connection.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _, SeqAccess, Visitor},
};
use serde_bytes::ByteBuf;
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use crate::{cbor, ids::Hash};

/// What the preamble begins with.
pub const MAGIC: [u8; 6] = *b"MUSUBI";
/// The version of this exchange, the last byte of the preamble.
pub const VERSION: u8 = 1;
/// The longest hello in bytes, its length prefix not counted.
pub const HELLO_MAX: usize = 16 * 1024;
/// The longest CRL list in bytes, its length prefix not counted.
pub const CRLS_MAX: usize = 2 * 1024 * 1024;
/// The most CRLs in a list: those of two roots and of 32 issuing CAs.
pub const CRLS_COUNT: usize = 34;
/// The most credentials in a hello; further desks are shown on the admitted connection.
pub const CREDENTIALS_MAX: usize = 8;
/// The most bytes that one side may say in the gate, CRL lists not counted.
pub const TALK_MAX: usize = 64 * 1024;
/// Bytes of the preamble.
pub const PREAMBLE: usize = MAGIC.len() + 1;

// What a well-behaved side can say at all fits, so that the limit needs no counting of its own:
// preamble, length, hello, and one byte per step.
const _: () = assert!(PREAMBLE + 4 + HELLO_MAX + 8 <= TALK_MAX);

/// What a node says of itself. All of it is a claim until the credentials are judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Hello {
    /// Which network this is: SHA-256 over the first two roots.
    pub network: Hash,
    /// The number of the trust bundle held.
    pub trust: u64,
    /// The CRLs held: issuer id and CRL number, the root's included.
    pub crls: Vec<(Hash, u64)>,
    /// The size of the newest log head held, 0 for none.
    pub log_size: u64,
    /// One credential for each desk, at most [`CREDENTIALS_MAX`].
    pub credentials: Vec<ByteBuf>,
}

/// Why bytes of the gate were not understood.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The other side does not speak this protocol at all.
    #[error("not a gate of this protocol")]
    Magic,
    /// The other side speaks another version.
    #[error("version {0} of the gate, where {VERSION} is spoken here")]
    Version(u8),
    /// A length prefix above the limit.
    #[error("{found} bytes announced, where at most {limit} are allowed")]
    TooLarge {
        /// What was announced.
        found: usize,
        /// What is allowed.
        limit: usize,
    },
    /// More than [`CREDENTIALS_MAX`] credentials.
    #[error("{0} credentials, where at most {CREDENTIALS_MAX} are allowed")]
    TooManyCredentials(usize),
    /// A byte that means nothing at its place.
    #[error("byte {0} has no meaning here")]
    Byte(u8),
    /// Not the CBOR expected.
    #[error(transparent)]
    Encoding(#[from] cbor::Error),
}

impl Error {
    /// What to answer to the side that sent it.
    #[must_use]
    pub const fn refusal(&self) -> Refusal {
        match self {
            Self::Version(_) => Refusal::Version,
            _ => Refusal::Malformed,
        }
    }
}

impl Hello {
    /// Writes preamble, length and hello.
    ///
    /// # Errors
    /// [`Error::TooManyCredentials`] and [`Error::TooLarge`]: the caller shows fewer and the rest
    /// later, inside.
    pub fn frame(&self) -> Result<Vec<u8>, Error> {
        self.check()?;
        let mut bytes = Vec::from(MAGIC);
        bytes.push(VERSION);
        bytes.extend(framed(self, HELLO_MAX)?);
        Ok(bytes)
    }

    /// Reads the bytes after the length.
    ///
    /// # Errors
    /// See [`Error`]; never panics.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let hello: Self = cbor::from_slice(bytes, HELLO_MAX)?;
        hello.check()?;
        Ok(hello)
    }

    fn check(&self) -> Result<(), Error> {
        match self.credentials.len() {
            0..=CREDENTIALS_MAX => Ok(()),
            more => Err(Error::TooManyCredentials(more)),
        }
    }
}

/// Checks the preamble of the other side.
///
/// # Errors
/// [`Error::Magic`] and [`Error::Version`].
pub fn check_preamble(preamble: [u8; PREAMBLE]) -> Result<(), Error> {
    match preamble {
        [magic @ .., VERSION] if magic == MAGIC => Ok(()),
        [magic @ .., version] if magic == MAGIC => Err(Error::Version(version)),
        _ => Err(Error::Magic),
    }
}

/// Reads a length prefix, at most `limit`.
///
/// # Errors
/// [`Error::TooLarge`].
pub fn length(prefix: [u8; 4], limit: usize) -> Result<usize, Error> {
    let found = usize::try_from(u32::from_be_bytes(prefix)).unwrap_or(usize::MAX);
    if found > limit { Err(Error::TooLarge { found, limit }) } else { Ok(found) }
}

/// A list of CRLs as it crosses the gate, at most [`CRLS_COUNT`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Crls(Vec<ByteBuf>);

impl<'de> Deserialize<'de> for Crls {
    /// Counts while it reads: two million empty lists fit into [`CRLS_MAX`] bytes.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Counted;

        impl<'de> Visitor<'de> for Counted {
            type Value = Vec<ByteBuf>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "at most {CRLS_COUNT} byte strings")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut crls = Vec::new();
                while let Some(crl) = items.next_element()? {
                    if crls.len() >= CRLS_COUNT {
                        return Err(A::Error::invalid_length(CRLS_COUNT + 1, &self));
                    }
                    crls.push(crl);
                }
                Ok(crls)
            }
        }

        deserializer.deserialize_seq(Counted).map(Self)
    }
}

impl Crls {
    /// Takes as many of the CRLs, in order, as a list may hold; the first that does not fit ends it.
    #[must_use]
    pub fn fitting(ders: Vec<Vec<u8>>) -> Self {
        // A head of at most five bytes for the array and for each byte string (RFC 8949, section 3).
        let mut size = 5;
        Self(
            ders.into_iter()
                .take(CRLS_COUNT)
                .take_while(|der| {
                    size += der.len() + 5;
                    size <= CRLS_MAX
                })
                .map(ByteBuf::from)
                .collect(),
        )
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The CRLs, each in DER.
    #[must_use]
    pub fn into_ders(self) -> Vec<Vec<u8>> {
        self.0.into_iter().map(ByteBuf::into_vec).collect()
    }

    /// Writes length and list.
    ///
    /// # Errors
    /// [`Error::TooLarge`], which [`Crls::fitting`] excludes.
    pub fn frame(&self) -> Result<Vec<u8>, Error> {
        framed(self, CRLS_MAX)
    }

    /// Reads the bytes after the length.
    ///
    /// # Errors
    /// See [`Error`]; never panics.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Ok(cbor::from_slice(bytes, CRLS_MAX)?)
    }
}

fn framed<T: Serialize + DeserializeOwned>(value: &T, limit: usize) -> Result<Vec<u8>, Error> {
    let body = cbor::to_vec(value)?;
    let found = body.len();
    let Some(prefix) = u32::try_from(found).ok().filter(|_| found <= limit) else {
        return Err(Error::TooLarge { found, limit });
    };
    Ok([prefix.to_be_bytes().as_slice(), &body].concat())
}

/// The byte by which one side answers a hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 0: the other side is admitted.
    Accepted,
    /// 1: "my CRLs are older than yours: send them, then I judge". Said by a listener, once.
    SendCrls,
    /// Any other byte: the end.
    Refused(Refusal),
}

impl Answer {
    /// The byte on the wire.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::Accepted => 0,
            Self::SendCrls => 1,
            Self::Refused(refusal) => refusal.code(),
        }
    }

    /// Reads the byte; every byte has a meaning.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        match byte {
            0 => Self::Accepted,
            1 => Self::SendCrls,
            code => Self::Refused(Refusal::from_code(code)),
        }
    }
}

/// Reads the byte after the listener's hello: whether a CRL list follows.
///
/// # Errors
/// [`Error::Byte`] for anything but 0 and 1.
pub const fn crls_follow(byte: u8) -> Result<bool, Error> {
    match byte {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(Error::Byte(other)),
    }
}

/// Declares the reasons once: name, number, what it says.
macro_rules! refusals {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $text:literal;)+) => {
        /// Why a node is not admitted: one byte. Numbers are never used again for something else.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Refusal {
            $($(#[doc = $doc])+ $name,)+
            /// A reason that a later version knows.
            Other(u8),
        }

        impl Refusal {
            /// All reasons of this version.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The byte on the wire, 2 or above.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self {
                    $(Self::$name => $code,)+
                    // 0 and 1 would be no refusal: nothing may make one look like an admission.
                    Self::Other(code) => if code < 2 { 3 } else { code },
                }
            }

            /// The reason with this number. 0 and 1 are no reasons and read as [`Refusal::Malformed`].
            #[must_use]
            pub const fn from_code(code: u8) -> Self {
                match code {
                    0 | 1 => Self::Malformed,
                    $($code => Self::$name,)+
                    other => Self::Other(other),
                }
            }

            /// A short name for logs and counters, stable like the number.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                    Self::Other(_) => "other",
                }
            }
        }
    };
}

refusals! {
    /// Another version of the gate is spoken here.
    Version = 2, "version";
    /// The bytes are not what this protocol says.
    Malformed = 3, "malformed";
    /// Another network (test and production never mix).
    Network = 4, "network";
    /// No credential was shown, or none that could be read.
    NoCredential = 5, "no-credential";
    /// The issuer is in no trust bundle held here.
    Issuer = 6, "issuer";
    /// The certificate does not verify, or is no office certificate.
    Certificate = 7, "certificate";
    /// The certificate is revoked.
    Revoked = 8, "revoked";
    /// The certificate's time is over.
    Expired = 9, "expired";
    /// The certificate's time has not begun; often a wrong clock.
    NotYetValid = 10, "not-yet-valid";
    /// The credential was made for another node than the one that shows it.
    Peer = 11, "peer";
    /// The node statement does not verify or is too old.
    Statement = 12, "statement";
    /// Revocation state is too old here, and the other side could not help.
    Stale = 13, "stale";
    /// The role does not speak this protocol.
    Role = 14, "role";
    /// The certificate is not in the public log, and has to be by now.
    Proof = 15, "proof";
    /// Full at the moment, come again later.
    Busy = 16, "busy";
    /// Not wanted here by decision of a person.
    Unwanted = 17, "unwanted";
    /// Stopping, come again later.
    Stopping = 18, "stopping";
}

impl Refusal {
    /// Whether to come again soon is sensible: nothing about the credential was wrong.
    #[must_use]
    pub const fn is_temporary(self) -> bool {
        matches!(self, Self::Stale | Self::Busy | Self::Stopping)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.code())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hello() -> Hello {
        Hello {
            network: Hash([1; 32]),
            trust: 7,
            crls: vec![(Hash([2; 32]), 300)],
            log_size: 0,
            credentials: vec![ByteBuf::from(vec![9, 9])],
        }
    }

    #[test]
    fn bytes_of_version_1_stay_the_same() {
        let mut expected = b"MUSUBI\x01\x00\x00\x00\x50\x85\x58\x20".to_vec();
        expected.extend([1; 32]);
        expected.extend(b"\x07\x81\x82\x58\x20");
        expected.extend([2; 32]);
        expected.extend(b"\x19\x01\x2c\x00\x81\x42\x09\x09");
        assert_eq!(hello().frame().unwrap(), expected);
        let list = Crls::fitting(vec![vec![1], vec![2, 3]]);
        assert_eq!(list.frame().unwrap(), b"\x00\x00\x00\x06\x82\x41\x01\x42\x02\x03");
    }

    #[test]
    fn a_list_holds_no_more_than_there_are_cas() {
        let list = |count| Crls::from_bytes(&cbor::to_vec(&vec![ByteBuf::new(); count]).unwrap());
        assert_eq!(list(CRLS_COUNT).unwrap().into_ders().len(), CRLS_COUNT);
        assert!(list(CRLS_COUNT + 1).is_err());
        // Two million empty ones fit into the bytes of a list.
        let mut bytes = vec![0x9a, 0, 0x1e, 0x84, 0x80];
        bytes.resize(5 + 2_000_000, 0x40);
        assert!(Crls::from_bytes(&bytes).is_err());
        assert_eq!(Crls::fitting(vec![vec![1]; 100]).into_ders().len(), CRLS_COUNT);
    }

    #[test]
    fn numbers_of_the_reasons_stay_the_same() {
        let codes: Vec<u8> = Refusal::ALL.iter().map(|refusal| refusal.code()).collect();
        assert_eq!(codes, (2..=18).collect::<Vec<u8>>());
        for byte in 0..=u8::MAX {
            assert_eq!(Answer::from_byte(byte).byte(), byte, "every byte means one thing");
        }
    }

    #[test]
    fn no_refusal_looks_like_an_admission() {
        assert_eq!([Refusal::from_code(0), Refusal::from_code(1)], [Refusal::Malformed; 2]);
        assert_eq!([Refusal::Other(0).code(), Refusal::Other(1).code()], [3, 3]);
    }

    #[test]
    fn a_hello_is_read_back_and_bounded() {
        let frame = hello().frame().unwrap();
        check_preamble(frame[..PREAMBLE].try_into().unwrap()).unwrap();
        let announced = length(frame[PREAMBLE..PREAMBLE + 4].try_into().unwrap(), HELLO_MAX).unwrap();
        assert_eq!(announced, frame.len() - PREAMBLE - 4);
        assert_eq!(Hello::from_bytes(&frame[PREAMBLE + 4..]).unwrap(), hello());

        let many = Hello { credentials: vec![ByteBuf::new(); CREDENTIALS_MAX + 1], ..hello() };
        assert_eq!(many.frame(), Err(Error::TooManyCredentials(9)));
        assert_eq!(Hello::from_bytes(&cbor::to_vec(&many).unwrap()), Err(Error::TooManyCredentials(9)));
        let long = Hello { credentials: vec![ByteBuf::from(vec![0; HELLO_MAX])], ..hello() };
        assert!(matches!(long.frame(), Err(Error::TooLarge { .. })));
        assert!(matches!(length(u32::MAX.to_be_bytes(), HELLO_MAX), Err(Error::TooLarge { .. })));
    }

    #[test]
    fn another_protocol_and_another_version_are_told_apart() {
        assert_eq!(check_preamble(*b"MUSUBI\x02").unwrap_err().refusal(), Refusal::Version);
        assert_eq!(check_preamble(*b"\x13/multi").unwrap_err().refusal(), Refusal::Malformed);
    }

    #[test]
    fn a_list_of_crls_never_outgrows_its_limit() {
        let list = Crls::fitting(vec![vec![0; CRLS_MAX / 2], vec![0; CRLS_MAX], vec![1]]);
        assert!(list.frame().unwrap().len() <= CRLS_MAX + 4);
        assert_eq!(list.into_ders().len(), 1);
        assert!(Crls::fitting(vec![vec![0; CRLS_MAX]]).is_empty());
        assert!(Crls::fitting(vec![vec![0; CRLS_MAX - 10]]).frame().is_ok());
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Hello::from_bytes(&bytes);
            let _ = Crls::from_bytes(&bytes);
        }
    }
}
