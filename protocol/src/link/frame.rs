//! Frames of `/musubi/<network>/link/1`.
//!
//! ```text
//! frame = u32 BE length of the rest | u8 type | CBOR array
//!
//! type  array                                              who says it
//!   1   [from, to]                                         sender: I keep this log
//!   2   [from, to, entry, envelope, body]                  sender: the next entry
//!   3   [from, to, message id, envelope]                   sender: a new envelope
//!   4   [credential]                                       sender: one more desk of this node
//!   5   [certificate]                                      sender: signed older entries
//!   6   [record]                                           sender: a desk's record
//!   7   [number]                                           sender: are you still there?
//!   8   [from, to, epoch, seq]                             sender: give me back my entries after this one
//!   9   [from, to, message id]                             sender: this body is not here any more
//!  16   [from, to, epoch, seq, hash]                       receiver: I durably have the log up to here
//!  17   [from, to, epoch, seq]                             receiver: something is missing, go back to here
//!  18   [from, to, message id, offset]                     receiver: I want the body from here on
//!  19   [from, to, message id]                             receiver: I cannot open the envelope
//!  20   [from, to, reason]                                 receiver: no more of this log for now
//!  21   [number]                                           receiver: I am, as an answer to type 7
//!  22   [from, to, entry]                                  receiver: an entry of yours, as an answer to type 8
//!  32   [from, to, message id, offset, length]             body stream: what follows, raw
//!  33   [[[issuer id, CRL number], ..], bundle, log size]  news stream: what I know
//!  34   [from, to, fiscal year]                            attestation stream: confirm that you exchange with me
//!  35   [from, to, fiscal year, outcome, [attested]]       its answer
//! ```
//! `from` and `to` name the log: `from` is an address of the stream's sending side. The first
//! frame on a stream is of type 32 (a body stream, which ends after `length` raw bytes), of type
//! 33 (a news stream: the other side asks for what it lacks by questions 4 to 6, and 10, of
//! [`enrol`](crate::enrol) and gets their answers, until it closes), of type 34 (an attestation
//! stream: one answer of type 35, and its end) or
//! another of the sender's (the main stream, for all links of the connection). An empty
//! envelope or body in type 2 means "not now". Type 5 is said by a receiver too, before entries
//! of type 22 that were signed under that certificate.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_bytes::ByteBuf;

use super::Log;
use crate::{
    cbor,
    entry::Position,
    ids::{Address, Hash, MessageId},
    news::Known,
    proof::Attested,
};

/// Bodies up to this many bytes travel with their entry; longer ones on a stream of their own.
pub const INLINE_BODY: u64 = 1 << 20;

/// The longest envelope: suite 1 takes 1,120 + 48 bytes and its frame.
pub const MAX_ENVELOPE: usize = 2048;

/// The longest frame: an entry, its envelope and an inline body.
pub const MAX_FRAME: usize = (1 << 20) + 16 * 1024;

/// The longest frame of type 35: a certificate, a signed attestation, and what surrounds them.
pub const MAX_ATTESTED: usize = 4 * 1024;

/// A frame.
#[derive(Clone, PartialEq, Eq)]
pub enum Frame {
    /// I keep this log.
    Offer(Log),
    /// The next entry of the log.
    Entry {
        /// The log.
        log: Log,
        /// Signed bytes of the entry.
        entry: Vec<u8>,
        /// Envelope of a message, or empty.
        envelope: Vec<u8>,
        /// Ciphertext of a message of at most [`INLINE_BODY`] bytes, or empty.
        body: Vec<u8>,
    },
    /// A new envelope for a message sent before.
    Envelope {
        /// The message's log.
        log: Log,
        /// The message.
        id: MessageId,
        /// The envelope.
        envelope: Vec<u8>,
    },
    /// One more desk of the sending node.
    Credential(Vec<u8>),
    /// A certificate under which older entries were signed.
    Certificate(Vec<u8>),
    /// A desk's record.
    Record(Vec<u8>),
    /// Are you still there? A connection whose other end has lost power shows no other way.
    Ping(u64),
    /// I am: the number of the ping.
    Pong(u64),
    /// Give me back the entries of my own log that you hold after this one: they were lost here.
    Back {
        /// The log.
        log: Log,
        /// Epoch and number; zeros for all.
        at: (u64, u64),
    },
    /// The body of a message is not kept here any more.
    Gone {
        /// The message's log.
        log: Log,
        /// The message.
        id: MessageId,
    },
    /// Durable here up to this entry.
    Have {
        /// The log.
        log: Log,
        /// Which; [`Position::NONE`] for nothing.
        at: Position,
    },
    /// An entry of your own log, as it was signed.
    Yours {
        /// The log.
        log: Log,
        /// Signed bytes of the entry.
        entry: Vec<u8>,
    },
    /// Entries are missing: go on after this one.
    Missing {
        /// The log.
        log: Log,
        /// Epoch and number; zeros for nothing.
        at: (u64, u64),
    },
    /// The body is wanted from this offset on.
    Want {
        /// The message's log.
        log: Log,
        /// The message.
        id: MessageId,
        /// First byte wanted.
        offset: u64,
    },
    /// The envelope cannot be opened; another is wanted.
    NeedEnvelope {
        /// The message's log.
        log: Log,
        /// The message.
        id: MessageId,
    },
    /// No more of this log on this connection.
    Stop {
        /// The log.
        log: Log,
        /// Why.
        reason: Stop,
    },
    /// Opens a body stream: raw bytes follow.
    Body {
        /// The message's log.
        log: Log,
        /// The message.
        id: MessageId,
        /// Offset of the first byte.
        offset: u64,
        /// How many bytes follow.
        length: u64,
    },
    /// Opens a news stream: what the opening side knows.
    News(Known),
    /// Opens an attestation stream: please confirm that your office exchanges with mine.
    Attest {
        /// Who asks, and who is asked: one address of either office.
        log: Log,
        /// In which fiscal year (年度), by the calendar year in which it begins.
        fiscal_year: u16,
    },
    /// The answer on an attestation stream.
    Attested {
        /// As asked.
        log: Log,
        /// As asked.
        fiscal_year: u16,
        /// The signed attestation, or why there is none.
        answer: Result<Attested, Unattested>,
    },
}

/// Why an office confirms nothing. Numbers are part of the format; 0 stands for an attestation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unattested {
    /// `from` or `to` is not among the admitted desks.
    NotAdmitted = 1,
    /// Nothing was exchanged in that year with an office that is a partner here.
    Nothing = 2,
    /// Asked too often; later.
    Busy = 3,
    /// The office has no certificate to sign by.
    NoCertificate = 4,
    /// A reason of a later version.
    Other = 255,
}

impl Unattested {
    const ALL: [Self; 4] = [Self::NotAdmitted, Self::Nothing, Self::Busy, Self::NoCertificate];
}

impl From<u64> for Unattested {
    fn from(number: u64) -> Self {
        Self::ALL.into_iter().find(|reason| *reason as u64 == number).unwrap_or(Self::Other)
    }
}

/// Why a receiver takes no more of a log. Numbers are part of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stop {
    /// `from` or `to` is not among the admitted desks.
    NotAdmitted = 1,
    /// The entry or its signature is not good.
    Invalid = 2,
    /// Two entries at one place, or a chain that does not fit what is held here.
    Fork = 3,
    /// The log begins where it may not.
    Restart = 4,
    /// A bound is reached or the disk is short; later.
    Busy = 5,
    /// The sender's licence ended before the message was sealed.
    Licence = 6,
    /// A reason of a later version.
    Other = 255,
}

impl Stop {
    const ALL: [Self; 6] = [Self::NotAdmitted, Self::Invalid, Self::Fork, Self::Restart, Self::Busy, Self::Licence];
}

impl From<u64> for Stop {
    fn from(number: u64) -> Self {
        Self::ALL.into_iter().find(|stop| *stop as u64 == number).unwrap_or(Self::Other)
    }
}

/// Why bytes are no frame.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameError {
    /// A type that this version does not know.
    #[error("unknown frame type {0}")]
    Type(u8),
    /// No type at all.
    #[error("an empty frame")]
    Empty,
    /// Not the array of that type.
    #[error(transparent)]
    Encoding(#[from] cbor::Error),
    /// Values that the array may not hold.
    #[error("a value is out of its bounds")]
    Value,
}

type Bytes = ByteBuf;

#[derive(Serialize, Deserialize)]
struct EntryParts(Address, Address, Bytes, Bytes, Bytes);
#[derive(Serialize, Deserialize)]
struct EnvelopeParts(Address, Address, MessageId, Bytes);
#[derive(Serialize, Deserialize)]
struct Blob((Bytes,));
#[derive(Serialize, Deserialize)]
struct Place(Address, Address, u64, u64);
#[derive(Serialize, Deserialize)]
struct Held(Address, Address, u64, u64, Hash);
#[derive(Serialize, Deserialize)]
struct Yours(Address, Address, Bytes);
#[derive(Serialize, Deserialize)]
struct Answered(Address, Address, u16, u64, Vec<Attested>);

impl Frame {
    /// Encodes type and array, without the length in front.
    ///
    /// # Errors
    /// None that can occur for frames built from our types.
    pub fn encode(&self) -> Result<Vec<u8>, cbor::Error> {
        let bytes = |bytes: &Vec<u8>| ByteBuf::from(bytes.clone());
        let place = |log: &Log, at: &(u64, u64)| cbor::to_vec(&Place(log.from, log.to, at.0, at.1));
        let held = |log: &Log, at: &Position| cbor::to_vec(&Held(log.from, log.to, at.epoch, at.seq, at.hash));
        let (kind, array) = match self {
            Self::Offer(log) => (1, cbor::to_vec(log)?),
            Self::Entry { log, entry, envelope, body } => {
                (2, cbor::to_vec(&EntryParts(log.from, log.to, bytes(entry), bytes(envelope), bytes(body)))?)
            }
            Self::Envelope { log, id, envelope } => {
                (3, cbor::to_vec(&EnvelopeParts(log.from, log.to, *id, bytes(envelope)))?)
            }
            Self::Credential(blob) => (4, cbor::to_vec(&Blob((bytes(blob),)))?),
            Self::Certificate(blob) => (5, cbor::to_vec(&Blob((bytes(blob),)))?),
            Self::Record(blob) => (6, cbor::to_vec(&Blob((bytes(blob),)))?),
            Self::Ping(number) => (7, cbor::to_vec(&(number,))?),
            Self::Pong(number) => (21, cbor::to_vec(&(number,))?),
            Self::Back { log, at } => (8, place(log, at)?),
            Self::Gone { log, id } => (9, cbor::to_vec(&(log.from, log.to, id))?),
            Self::Have { log, at } => (16, held(log, at)?),
            Self::Yours { log, entry } => (22, cbor::to_vec(&Yours(log.from, log.to, bytes(entry)))?),
            Self::Missing { log, at } => (17, place(log, at)?),
            Self::Want { log, id, offset } => (18, cbor::to_vec(&(log.from, log.to, id, offset))?),
            Self::NeedEnvelope { log, id } => (19, cbor::to_vec(&(log.from, log.to, id))?),
            Self::Stop { log, reason } => (20, cbor::to_vec(&(log.from, log.to, *reason as u64))?),
            Self::Body { log, id, offset, length } => (32, cbor::to_vec(&(log.from, log.to, id, offset, length))?),
            Self::News(known) => (33, cbor::to_vec(known)?),
            Self::Attest { log, fiscal_year } => (34, cbor::to_vec(&(log.from, log.to, fiscal_year))?),
            Self::Attested { log, fiscal_year, answer } => {
                let (outcome, attested) = match answer {
                    Ok(attested) => (0, vec![attested.clone()]),
                    Err(reason) => (*reason as u64, Vec::new()),
                };
                (35, cbor::to_vec(&Answered(log.from, log.to, *fiscal_year, outcome, attested))?)
            }
        };
        let mut frame = Vec::with_capacity(array.len() + 1);
        frame.push(kind);
        frame.extend(array);
        Ok(frame)
    }

    /// Decodes type and array.
    ///
    /// # Errors
    /// [`FrameError`]; never panics.
    pub fn decode(frame: &[u8]) -> Result<Self, FrameError> {
        let (kind, array) = frame.split_first().ok_or(FrameError::Empty)?;
        Ok(match kind {
            1 => Self::Offer(read(array)?),
            2 => {
                let EntryParts(from, to, entry, envelope, body) = read(array)?;
                Self::Entry {
                    log: Log { from, to },
                    entry: entry.into_vec(),
                    envelope: envelope.into_vec(),
                    body: body.into_vec(),
                }
            }
            3 => {
                let EnvelopeParts(from, to, id, envelope) = read(array)?;
                Self::Envelope { log: Log { from, to }, id, envelope: envelope.into_vec() }
            }
            4 => Self::Credential(blob(array)?),
            5 => Self::Certificate(blob(array)?),
            6 => Self::Record(blob(array)?),
            7 => Self::Ping(read::<(u64,)>(array)?.0),
            21 => Self::Pong(read::<(u64,)>(array)?.0),
            8 => {
                let Place(from, to, epoch, seq) = read(array)?;
                Self::Back { log: Log { from, to }, at: (epoch, seq) }
            }
            9 => {
                let (from, to, id) = read(array)?;
                Self::Gone { log: Log { from, to }, id }
            }
            16 => {
                let Held(from, to, epoch, seq, hash) = read(array)?;
                Self::Have { log: Log { from, to }, at: Position { epoch, seq, hash } }
            }
            22 => {
                let Yours(from, to, entry) = read(array)?;
                Self::Yours { log: Log { from, to }, entry: entry.into_vec() }
            }
            17 => {
                let Place(from, to, epoch, seq) = read(array)?;
                Self::Missing { log: Log { from, to }, at: (epoch, seq) }
            }
            18 => {
                let (from, to, id, offset) = read(array)?;
                Self::Want { log: Log { from, to }, id, offset }
            }
            19 => {
                let (from, to, id) = read(array)?;
                Self::NeedEnvelope { log: Log { from, to }, id }
            }
            20 => {
                let (from, to, reason): (Address, Address, u64) = read(array)?;
                Self::Stop { log: Log { from, to }, reason: reason.into() }
            }
            32 => {
                let (from, to, id, offset, length) = read(array)?;
                Self::Body { log: Log { from, to }, id, offset, length }
            }
            33 => Self::News(read(array)?),
            34 => {
                let (from, to, fiscal_year) = read(array)?;
                Self::Attest { log: Log { from, to }, fiscal_year }
            }
            35 => {
                let Answered(from, to, fiscal_year, outcome, attested) = cbor::from_slice(array, MAX_ATTESTED)?;
                let answer = match (outcome, <[Attested; 1]>::try_from(attested)) {
                    (0, Ok([attested])) => Ok(attested),
                    (1.., Err(attested)) if attested.is_empty() => Err(outcome.into()),
                    _ => return Err(FrameError::Value),
                };
                Self::Attested { log: Log { from, to }, fiscal_year, answer }
            }
            other => return Err(FrameError::Type(*other)),
        })
    }
}

fn read<T: Serialize + DeserializeOwned>(array: &[u8]) -> Result<T, cbor::Error> {
    cbor::from_slice(array, MAX_FRAME)
}

fn blob(array: &[u8]) -> Result<Vec<u8>, cbor::Error> {
    let Blob((bytes,)) = read(array)?;
    Ok(bytes.into_vec())
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Offer(log) => write!(f, "Offer({} -> {})", log.from, log.to),
            Self::Entry { log, entry, body, .. } => {
                write!(f, "Entry({} -> {}, {} + {} bytes)", log.from, log.to, entry.len(), body.len())
            }
            Self::Envelope { id, .. } => write!(f, "Envelope({id:?})"),
            Self::Credential(_) => f.write_str("Credential"),
            Self::Certificate(_) => f.write_str("Certificate"),
            Self::Record(_) => f.write_str("Record"),
            Self::Ping(number) => write!(f, "Ping({number})"),
            Self::Pong(number) => write!(f, "Pong({number})"),
            Self::Back { log, at } => write!(f, "Back({} -> {}, {at:?})", log.from, log.to),
            Self::Gone { id, .. } => write!(f, "Gone({id:?})"),
            Self::Have { log, at } => write!(f, "Have({} -> {}, {:?})", log.from, log.to, at.at()),
            Self::Yours { log, entry } => write!(f, "Yours({} -> {}, {} bytes)", log.from, log.to, entry.len()),
            Self::Missing { log, at } => write!(f, "Missing({} -> {}, {at:?})", log.from, log.to),
            Self::Want { id, offset, .. } => write!(f, "Want({id:?}, {offset})"),
            Self::NeedEnvelope { id, .. } => write!(f, "NeedEnvelope({id:?})"),
            Self::Stop { log, reason } => write!(f, "Stop({} -> {}, {reason:?})", log.from, log.to),
            Self::Body { id, offset, length, .. } => write!(f, "Body({id:?}, {offset}, {length})"),
            Self::News(known) => write!(f, "News({} CRLs, {}, {})", known.crls.len(), known.bundle, known.log),
            Self::Attest { log, fiscal_year } => write!(f, "Attest({} -> {}, {fiscal_year})", log.from, log.to),
            Self::Attested { log, answer, .. } => {
                write!(f, "Attested({} -> {}, {:?})", log.from, log.to, answer.as_ref().map(|_| ()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn log() -> Log {
        Log::new("1379905001-43".parse().unwrap(), "1379900010-11".parse().unwrap())
    }

    fn attested() -> Attested {
        let (certificate, attestation) = (ByteBuf::from(vec![1; 800]), ByteBuf::from(vec![2; 200]));
        Attested { issuer: Hash([5; 32]), certificate, attestation }
    }

    fn every_frame() -> Vec<Frame> {
        let (log, id) = (log(), MessageId([7; 32]));
        vec![
            Frame::Offer(log),
            Frame::Entry { log, entry: vec![1], envelope: vec![2], body: vec![3; 70_000] },
            Frame::Envelope { log, id, envelope: vec![4] },
            Frame::Credential(vec![5]),
            Frame::Certificate(vec![6]),
            Frame::Record(vec![]),
            Frame::Ping(24),
            Frame::Pong(u64::MAX),
            Frame::Back { log, at: (8, 9) },
            Frame::Gone { log, id },
            Frame::Have { log, at: Position { epoch: 8, seq: 9, hash: Hash([1; 32]) } },
            Frame::Yours { log, entry: vec![8] },
            Frame::Missing { log, at: (0, 0) },
            Frame::Want { log, id, offset: 10 },
            Frame::NeedEnvelope { log, id },
            Frame::Stop { log, reason: Stop::Fork },
            Frame::Body { log, id, offset: 0, length: 1 << 40 },
            Frame::News(Known { crls: vec![(Hash([3; 32]), 12)], bundle: 4, log: 1 << 33 }),
            Frame::Attest { log, fiscal_year: 2026 },
            Frame::Attested { log, fiscal_year: 2026, answer: Ok(attested()) },
            Frame::Attested { log, fiscal_year: u16::MAX, answer: Err(Unattested::Nothing) },
        ]
    }

    #[test]
    fn every_frame_comes_back() {
        for frame in every_frame() {
            assert_eq!(Frame::decode(&frame.encode().unwrap()), Ok(frame));
        }
    }

    #[test]
    fn bytes_of_version_1_stay_the_same() {
        let at = Position { epoch: 8, seq: 9, hash: Hash([1; 32]) };
        let have = Frame::Have { log: log(), at }.encode().unwrap();
        let hash = "01".repeat(32);
        assert_eq!(
            data_encoding::HEXLOWER.encode(&have),
            format!("1085{}{}08095820{hash}", "6d313337393930353030312d3433", "6d313337393930303031302d3131")
        );
    }

    #[test]
    fn unknown_reasons_are_kept_apart_and_unknown_types_refused() {
        let strange = [vec![20], cbor::to_vec(&(log().from, log().to, 77_u64)).unwrap()].concat();
        assert_eq!(Frame::decode(&strange), Ok(Frame::Stop { log: log(), reason: Stop::Other }));
        let answered = |outcome: u64, attested: Vec<Attested>| {
            let array = Answered(log().from, log().to, 2026, outcome, attested);
            Frame::decode(&[vec![35], cbor::to_vec(&array).unwrap()].concat())
        };
        let other = Frame::Attested { log: log(), fiscal_year: 2026, answer: Err(Unattested::Other) };
        assert_eq!(answered(77, vec![]), Ok(other));
        for (outcome, count) in [(0, 0), (0, 2), (2, 1)] {
            assert_eq!(answered(outcome, vec![attested(); count]), Err(FrameError::Value));
        }
        let long = Attested { certificate: ByteBuf::from(vec![1; MAX_ATTESTED]), ..attested() };
        assert!(matches!(answered(0, vec![long]), Err(FrameError::Encoding(_))));
        assert_eq!(Frame::decode(&[99]), Err(FrameError::Type(99)));
        assert_eq!(Frame::decode(&[]), Err(FrameError::Empty));
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Frame::decode(&bytes);
        }
    }
}
