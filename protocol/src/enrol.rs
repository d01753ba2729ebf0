//! What the authority and somebody without a certificate say to each other: `/musubi/enrol/1`.
//!
//! ```text
//! message = u32 BE length of the rest | u8 type | CBOR array
//!
//! type  array                                            who says it
//!   1   [nonce]                                          asker: who are you?
//!   2   [request, code, replaces]                        asker: I apply
//!   3   [request hash]                                   asker: what has become of my application?
//!   4   [[[issuer id, CRL number], ..]]                  asker: newer CRLs, please
//!   5   [bundle number]                                  asker: a newer trust bundle, please
//!   6   [log size]                                       asker: the leaves after these, please
//!   7   [certificate hash]                               asker: the newest certificate of the key in this one, please
//!   8   [renewal]                                        asker: one more year for this certificate, please
//!   9   [proof request]                                  asker: a proof that my office takes part, please
//!  10   [log size]                                       asker: how does your log lead on from that size?
//!  65   [trust bundle, greeting]                         authority, to 1
//!  66   [state, detail, [certificate, ..], issuer id]    authority, to 2, 3, 7 and 8; to 9 what is refused
//!  67   [[delta, ..], [CRL, ..]]                         authority, to 4
//!  68   [[trust bundle]]                                 authority, to 5
//!  69   [first, leaves, head]                            authority, to 6
//!  70   [again]                                          authority: busy; try again after so many seconds
//!  71   [proof]                                          authority, to 9
//!  72   [head, root, [hash, ..]]                         authority, to 10
//! ```
//!
//! Each question has a stream of its own. An asker sends its code only on a connection on which the authority has
//! greeted it: the greeting is signed by an issuing CA of a trust bundle whose first root the invitation names, over
//! both ends of the connection and the asker's nonce ([`Greeting`]), so that nobody in between can pass it on.
//! A renewal is signed by the office key ([`Renewal`]), and so is the wish for a proof ([`ProofRequest`]), which also
//! names the asker's end of the connection: nobody else has the authority sign about an office. Questions 4 to 6 and 10 are asked of partners too, on news streams
//! ([`frame`](crate::link::frame)).
//! A request is no secret and shows by its signature that the asker holds the key; what has become of it may be asked by
//! whoever knows its hash, and the answer is public too.

use libp2p_identity::PeerId;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_bytes::ByteBuf;
use serde_tuple::{Deserialize_tuple, Serialize_tuple};
use zeroize::Zeroizing;

use crate::{
    cbor::{self, Ext},
    certificate::{MAX_CERTIFICATE, Serial},
    crl,
    ids::Hash,
    invitation::{Code, ShortPin},
    log::{Inclusion, LEAF, Side},
    signed::{self, Payload, Signed, Unverified},
    time::Timestamp,
    trust::{BundleError, Trust},
};

/// The longest question.
pub const MAX_QUESTION: usize = 8 * 1024;
/// The longest answer: a CRL of the root, one of an issuing CA, and what surrounds them.
pub const MAX_ANSWER: usize = 2 * crl::MAX + 64 * 1024;
/// The longest proof of membership in an answer: the signed object and what surrounds it.
pub const MAX_PROOF: usize = 1280;
/// The most leaves in one answer: 256 KiB.
pub const MAX_LEAVES: usize = (1 << 18) / LEAF;

/// "I am the authority, on this connection, now"; signed by an issuing CA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Greeting {
    /// The asker's nonce.
    #[serde(with = "serde_bytes")]
    pub nonce: [u8; 32],
    /// The PeerId of the authority's end.
    #[serde(with = "serde_bytes")]
    pub authority: Vec<u8>,
    /// The PeerId of the asker's end.
    #[serde(with = "serde_bytes")]
    pub asker: Vec<u8>,
    /// When.
    pub time: Timestamp,
    /// Extensions.
    pub ext: Ext,
}

impl Payload for Greeting {
    const NAME: &'static str = "enrol";
    const MAX: usize = 512;

    fn ext(&self) -> &Ext {
        &self.ext
    }
}

impl Greeting {
    /// Greets the other end of a connection.
    #[must_use]
    pub fn new(nonce: [u8; 32], authority: &PeerId, asker: &PeerId, time: Timestamp) -> Self {
        Self { nonce, authority: authority.to_bytes(), asker: asker.to_bytes(), time, ext: Ext::none() }
    }
}

/// "One more year for this certificate, and I pay up to so much"; signed by the office key in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Renewal {
    /// SHA-256 of the certificate at hand.
    pub certificate: Hash,
    /// What the office agrees to pay, in yen; 0 where nobody has been asked.
    pub fee: u32,
    /// When.
    pub time: Timestamp,
    /// Extensions.
    pub ext: Ext,
}

impl Payload for Renewal {
    const NAME: &'static str = "renewal";
    const MAX: usize = 512;

    fn ext(&self) -> &Ext {
        &self.ext
    }
}

impl Renewal {
    /// Asks for one more year.
    #[must_use]
    pub fn new(certificate: Hash, fee: u32, time: Timestamp) -> Self {
        Self { certificate, fee, time, ext: Ext::none() }
    }
}

/// "A proof that my office takes part, please, for me at this end of the connection"; signed by the office key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct ProofRequest {
    /// SHA-256 of a certificate of the office, by whose key this is signed.
    pub certificate: Hash,
    /// The PeerId of the asker's end: passed on by somebody else it is worth nothing.
    #[serde(with = "serde_bytes")]
    pub asker: Vec<u8>,
    /// When.
    pub time: Timestamp,
    /// Extensions.
    pub ext: Ext,
}

impl Payload for ProofRequest {
    const NAME: &'static str = "proof-request";
    const MAX: usize = 512;

    fn ext(&self) -> &Ext {
        &self.ext
    }
}

impl ProofRequest {
    /// Asks for a proof on the connection whose own end is `asker`.
    #[must_use]
    pub fn new(certificate: Hash, asker: &PeerId, time: Timestamp) -> Self {
        Self { certificate, asker: asker.to_bytes(), time, ext: Ext::none() }
    }
}

/// Why the other end is not the authority that the invitation means.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Impostor {
    /// Its trust bundle is none.
    #[error("what it shows is not a trust bundle")]
    Bundle(#[from] BundleError),
    /// Its first root is another.
    #[error("its first root is not the one that the invitation names")]
    Root,
    /// Its greeting is not signed by one of its issuing CAs.
    #[error("its greeting is not signed by an issuing CA")]
    Greeting,
    /// Its greeting is for another connection.
    #[error("its greeting is for another connection")]
    Connection,
}

/// Judges the authority's answer to type 1 by the pin of an invitation: what it is to trust, and the authority's time.
///
/// # Errors
/// [`Impostor`]: then nothing is sent to it.
pub fn recognise(
    bundle: &[u8],
    greeting: &[u8],
    pin: &ShortPin,
    expected: (&[u8; 32], &PeerId, &PeerId),
) -> Result<(Trust, Timestamp), Impostor> {
    let trust = Trust::first(bundle, None)?;
    if !pin.matches(&trust.root_pin()) {
        return Err(Impostor::Root);
    }
    let greeting = Unverified::<Greeting>::from_bytes(greeting).map_err(|_| Impostor::Greeting)?;
    let time = greeting.claim().time;
    // An issuing CA that root 1 or 2 has revoked greets nobody any more, nor one that has expired.
    let greeting = trust
        .issuing()
        .filter(|ca| ca.not_before() <= time && time <= ca.not_after())
        .filter(|ca| trust.crls().all(|crl| crl.entry(&ca.serial()).is_none()))
        .find_map(|ca| greeting.clone().verify(ca.key()).ok())
        .ok_or(Impostor::Greeting)?;
    let (nonce, authority, asker) = expected;
    let Greeting { nonce: theirs, authority: here, asker: there, .. } = greeting.value();
    if theirs != nonce || *here != authority.to_bytes() || *there != asker.to_bytes() {
        return Err(Impostor::Connection);
    }
    Ok((trust, time))
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Who are you?
    Greet {
        /// Random, new each time.
        nonce: [u8; 32],
    },
    /// I apply.
    Apply {
        /// The request, DER.
        request: Vec<u8>,
        /// The code of the invitation, if there is one.
        code: Option<Code>,
        /// The certificate that is to be revoked when this is granted: of a PC that was lost or replaced.
        replaces: Option<Serial>,
    },
    /// What has become of my application?
    State {
        /// SHA-256 of the request.
        request: Hash,
    },
    /// Newer CRLs, please.
    Crls {
        /// Those at hand: issuer id and number.
        held: Vec<(Hash, u64)>,
    },
    /// A newer trust bundle, please.
    Bundle {
        /// The number of the one at hand.
        number: u64,
    },
    /// The leaves after these, please.
    Leaves {
        /// How many are at hand.
        size: u64,
    },
    /// The newest certificate of the key in this one, please: renewed, under a new name, after a revocation in error.
    Newest {
        /// SHA-256 of the certificate at hand.
        certificate: Hash,
    },
    /// One more year, please.
    Renew {
        /// A signed [`Renewal`].
        renewal: Vec<u8>,
    },
    /// A proof that the office takes part, please.
    Membership {
        /// A signed [`ProofRequest`].
        request: Vec<u8>,
    },
    /// How does your log lead on from that size? Asked where it seems to be another log than the asker's.
    LeadOn {
        /// The size, at least 1.
        size: u64,
    },
}

/// What the authority answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Who I am.
    Greeting {
        /// The trust bundle.
        bundle: Vec<u8>,
        /// A signed [`Greeting`].
        greeting: Vec<u8>,
    },
    /// Where an application stands.
    State(State),
    /// CRLs that are newer.
    Crls {
        /// Deltas that lead on from what the asker holds.
        deltas: Vec<Vec<u8>>,
        /// Whole CRLs where no delta does.
        crls: Vec<Vec<u8>>,
    },
    /// A trust bundle that is newer, if there is one.
    Bundle(Option<Vec<u8>>),
    /// Leaves of the log, at most [`MAX_LEAVES`].
    Leaves {
        /// The index of the first.
        first: u64,
        /// Their bytes.
        leaves: Vec<u8>,
        /// The signed head that the log has now.
        head: Vec<u8>,
    },
    /// Too much at once.
    Busy {
        /// Seconds to wait.
        again: u64,
    },
    /// A proof of membership ([`crate::proof`]).
    Membership {
        /// Its bytes, at most [`MAX_PROOF`].
        proof: Vec<u8>,
    },
    /// How the log leads on from the size asked for, to the signed head that covers what is held.
    LeadOn(Side),
}

/// Where an application stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The authority knows of no such application.
    Unknown,
    /// A person decides about it; ask again after so many seconds.
    Waiting(u64),
    /// Granted.
    Granted {
        /// The certificate, DER.
        certificate: Vec<u8>,
        /// The id of the CA that issued it.
        issuer: Hash,
        /// What shows that it stands in the log; none where whoever answers cannot show it.
        proof: Option<Inclusion>,
    },
    /// Not granted.
    Refused(Refusal),
    /// So many yen are due; it is granted to a renewal that agrees to them.
    Fee(u32),
}

/// Why an application is not granted. Numbers are part of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The request cannot be read.
    Malformed = 1,
    /// The code is wrong, for this office number, or not valid any more.
    Code = 2,
    /// Another request has used the code.
    CodeUsed = 3,
    /// Too many wrong codes for this office number: no code counts for it until tomorrow.
    Locked = 4,
    /// Another live desk of the office number holds one of the kinds.
    Overlap = 5,
    /// The key belongs to another office number, or is known to be in other hands.
    Key = 6,
    /// The certificate that is to be replaced is none of this office number, or not valid any more.
    Replaces = 7,
    /// A person has declined.
    Declined = 8,
    /// It is too early to renew the licence.
    Early = 9,
    /// The certificate is revoked, has expired, or is none of this authority.
    Certificate = 10,
    /// What is asked bears a time that is far from the authority's.
    Clock = 11,
    /// A reason of a later version.
    Other = 255,
}

impl Refusal {
    const ALL: [Self; 11] = [
        Self::Malformed,
        Self::Code,
        Self::CodeUsed,
        Self::Locked,
        Self::Overlap,
        Self::Key,
        Self::Replaces,
        Self::Declined,
        Self::Early,
        Self::Certificate,
        Self::Clock,
    ];
}

impl Refusal {
    /// The name that scripts see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Code => "code",
            Self::CodeUsed => "code_used",
            Self::Locked => "locked",
            Self::Overlap => "overlap",
            Self::Key => "key",
            Self::Replaces => "replaces",
            Self::Declined => "declined",
            Self::Early => "early",
            Self::Certificate => "certificate",
            Self::Clock => "clock",
            Self::Other => "other",
        }
    }
}

impl From<u64> for Refusal {
    fn from(number: u64) -> Self {
        Self::ALL.into_iter().find(|refusal| *refusal as u64 == number).unwrap_or(Self::Other)
    }
}

/// Why bytes are no message of this protocol.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageError {
    /// A type that has no place here.
    #[error("type {0} has no place here")]
    Type(u8),
    /// No type at all.
    #[error("an empty message")]
    Empty,
    /// Not the array of that type.
    #[error(transparent)]
    Encoding(#[from] cbor::Error),
    /// Values that the array may not hold.
    #[error("a value is out of its bounds")]
    Value,
}

#[derive(Serialize, Deserialize)]
struct Nonce((ByteBuf,));
#[derive(Serialize, Deserialize)]
struct Application(ByteBuf, ByteBuf, ByteBuf);
#[derive(Serialize, Deserialize)]
struct Standing(u8, u64, Vec<ByteBuf>, Hash);
#[derive(Serialize, Deserialize)]
struct Lists(Vec<ByteBuf>, Vec<ByteBuf>);
#[derive(Serialize, Deserialize)]
struct Leaves(u64, ByteBuf, ByteBuf);

impl Question {
    /// Encodes type and array, without the length in front. It may hold the code.
    ///
    /// # Errors
    /// None that can occur for questions built from our types.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, cbor::Error> {
        Ok(Zeroizing::new(match self {
            Self::Greet { nonce } => message(1, &Nonce((ByteBuf::from(*nonce),)))?,
            Self::Apply { request, code, replaces } => {
                let code = code.as_ref().map(Code::as_bytes).unwrap_or_default();
                let replaces = replaces.as_ref().map(|serial| serial.as_bytes().as_slice()).unwrap_or_default();
                message(2, &Application(bytes(request), bytes(code), bytes(replaces)))?
            }
            Self::State { request } => message(3, &(request,))?,
            Self::Crls { held } => message(4, &(held,))?,
            Self::Bundle { number } => message(5, &(number,))?,
            Self::Leaves { size } => message(6, &(size,))?,
            Self::Newest { certificate } => message(7, &(certificate,))?,
            Self::Renew { renewal } => message(8, &(bytes(renewal),))?,
            Self::Membership { request } => message(9, &(bytes(request),))?,
            Self::LeadOn { size } => message(10, &(size,))?,
        }))
    }

    /// Decodes type and array.
    ///
    /// # Errors
    /// [`MessageError`]; never panics.
    pub fn decode(message: &[u8]) -> Result<Self, MessageError> {
        let (kind, array) = message.split_first().ok_or(MessageError::Empty)?;
        Ok(match kind {
            1 => {
                let Nonce((nonce,)) = read(array, MAX_QUESTION)?;
                Self::Greet { nonce: nonce.as_slice().try_into().map_err(|_| MessageError::Value)? }
            }
            2 => {
                let Application(request, code, replaces) = read(array, MAX_QUESTION)?;
                let code = Zeroizing::new(code.into_vec());
                if request.len() > MAX_CERTIFICATE {
                    return Err(MessageError::Value);
                }
                let code = match code.as_slice() {
                    [] => None,
                    code => Some(Code::from_bytes(code).ok_or(MessageError::Value)?),
                };
                let replaces = match replaces.as_slice() {
                    [] => None,
                    serial => Some(Serial::from_bytes(serial).map_err(|_| MessageError::Value)?),
                };
                Self::Apply { request: request.into_vec(), code, replaces }
            }
            3 => Self::State { request: read::<(Hash,)>(array, MAX_QUESTION)?.0 },
            4 => Self::Crls { held: read::<(Vec<(Hash, u64)>,)>(array, MAX_QUESTION)?.0 },
            5 => Self::Bundle { number: read::<(u64,)>(array, MAX_QUESTION)?.0 },
            6 => Self::Leaves { size: read::<(u64,)>(array, MAX_QUESTION)?.0 },
            7 => Self::Newest { certificate: read::<(Hash,)>(array, MAX_QUESTION)?.0 },
            8 => Self::Renew { renewal: read::<(ByteBuf,)>(array, MAX_QUESTION)?.0.into_vec() },
            9 => Self::Membership { request: read::<(ByteBuf,)>(array, MAX_QUESTION)?.0.into_vec() },
            10 => Self::LeadOn { size: read::<(u64,)>(array, MAX_QUESTION)?.0 },
            other => return Err(MessageError::Type(*other)),
        })
    }
}

impl Answer {
    /// Encodes type and array, without the length in front.
    ///
    /// # Errors
    /// None that can occur for answers built from our types.
    pub fn encode(&self) -> Result<Vec<u8>, cbor::Error> {
        let several = |list: &[Vec<u8>]| list.iter().map(|item| bytes(item)).collect::<Vec<_>>();
        match self {
            Self::Greeting { bundle, greeting } => message(65, &(bytes(bundle), bytes(greeting))),
            Self::State(state) => {
                let standing = match state {
                    State::Unknown => Standing(0, 0, vec![], Hash::ZERO),
                    State::Waiting(again) => Standing(1, *again, vec![], Hash::ZERO),
                    State::Granted { certificate, issuer, proof } => {
                        let proof = proof.as_ref().map(Inclusion::to_parts).unwrap_or_default();
                        Standing(2, 0, [vec![bytes(certificate)], proof].concat(), *issuer)
                    }
                    State::Refused(refusal) => Standing(3, *refusal as u64, vec![], Hash::ZERO),
                    State::Fee(yen) => Standing(4, u64::from(*yen), vec![], Hash::ZERO),
                };
                message(66, &standing)
            }
            Self::Crls { deltas, crls } => message(67, &Lists(several(deltas), several(crls))),
            Self::Bundle(bundle) => message(68, &(several(bundle.as_slice()),)),
            Self::Leaves { first, leaves, head } => message(69, &Leaves(*first, bytes(leaves), bytes(head))),
            Self::Busy { again } => message(70, &(again,)),
            Self::Membership { proof } => message(71, &(bytes(proof),)),
            Self::LeadOn(side) => message(72, side),
        }
    }

    /// Decodes type and array.
    ///
    /// # Errors
    /// [`MessageError`]; never panics.
    pub fn decode(message: &[u8]) -> Result<Self, MessageError> {
        let (kind, array) = message.split_first().ok_or(MessageError::Empty)?;
        let several = |list: Vec<ByteBuf>| list.into_iter().map(ByteBuf::into_vec).collect::<Vec<_>>();
        Ok(match kind {
            65 => {
                let (bundle, greeting): (ByteBuf, ByteBuf) = read(array, MAX_ANSWER)?;
                Self::Greeting { bundle: bundle.into_vec(), greeting: greeting.into_vec() }
            }
            66 => {
                let Standing(state, detail, certificate, issuer) = read(array, MAX_ANSWER)?;
                Self::State(match (state, certificate.as_slice()) {
                    (0, []) if detail == 0 && issuer == Hash::ZERO => State::Unknown,
                    (1, []) if issuer == Hash::ZERO => State::Waiting(detail),
                    (2, [certificate, proof @ ..]) if detail == 0 => {
                        let read = || Inclusion::from_parts(proof).map_err(|_| MessageError::Value);
                        let proof = (!proof.is_empty()).then(read).transpose()?;
                        State::Granted { certificate: certificate.to_vec(), issuer, proof }
                    }
                    (3, []) if issuer == Hash::ZERO => State::Refused(detail.into()),
                    (4, []) if issuer == Hash::ZERO => State::Fee(detail.try_into().map_err(|_| MessageError::Value)?),
                    _ => return Err(MessageError::Value),
                })
            }
            67 => {
                let Lists(deltas, crls) = read(array, MAX_ANSWER)?;
                Self::Crls { deltas: several(deltas), crls: several(crls) }
            }
            68 => {
                let (list,): (Vec<ByteBuf>,) = read(array, MAX_ANSWER)?;
                let mut list = several(list);
                let bundle = list.pop();
                if !list.is_empty() {
                    return Err(MessageError::Value);
                }
                Self::Bundle(bundle)
            }
            69 => {
                let Leaves(first, leaves, head) = read(array, MAX_ANSWER)?;
                if leaves.len() % LEAF != 0 || leaves.len() > MAX_LEAVES * LEAF {
                    return Err(MessageError::Value);
                }
                Self::Leaves { first, leaves: leaves.into_vec(), head: head.into_vec() }
            }
            70 => Self::Busy { again: read::<(u64,)>(array, MAX_ANSWER)?.0 },
            71 => {
                let (proof,): (ByteBuf,) = read(array, MAX_ANSWER)?;
                if MAX_PROOF < proof.len() {
                    return Err(MessageError::Value);
                }
                Self::Membership { proof: proof.into_vec() }
            }
            72 => Self::LeadOn(read(array, MAX_QUESTION)?),
            other => return Err(MessageError::Type(*other)),
        })
    }
}

/// Signs a greeting.
///
/// # Errors
/// None that can occur for a greeting built here.
pub fn greet(greeting: Greeting, issuing: &ed25519_dalek::SigningKey) -> Result<Vec<u8>, signed::Error> {
    Ok(Signed::sign(greeting, issuing)?.bytes().to_vec())
}

fn bytes(bytes: &[u8]) -> ByteBuf {
    ByteBuf::from(bytes)
}

fn message(kind: u8, array: &impl Serialize) -> Result<Vec<u8>, cbor::Error> {
    let array = Zeroizing::new(cbor::to_vec(array)?);
    let mut message = Vec::with_capacity(array.len() + 1);
    message.push(kind);
    message.extend_from_slice(&array);
    Ok(message)
}

fn read<T: Serialize + DeserializeOwned>(array: &[u8], limit: usize) -> Result<T, cbor::Error> {
    cbor::from_slice(array, limit)
}

#[cfg(test)]
mod tests {
    use libp2p_identity::Keypair;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        certificate::{Authority, CaName},
        crl::Reason,
        time::DAY,
        trust::testing::TestAuthority,
    };

    const NOW: Timestamp = Timestamp(1_790_000_000);

    fn peer(seed: u8) -> PeerId {
        Keypair::ed25519_from_bytes([seed; 32]).unwrap().public().to_peer_id()
    }

    fn every_question() -> Vec<Question> {
        let serial = Serial::from_bytes(&[0x41; 16]).ok();
        vec![
            Question::Greet { nonce: [7; 32] },
            Question::Apply { request: vec![1; 600], code: Code::from_bytes(&[3; 10]), replaces: serial },
            Question::Apply { request: vec![], code: None, replaces: None },
            Question::State { request: Hash([9; 32]) },
            Question::Crls { held: vec![(Hash([1; 32]), 5), (Hash([2; 32]), u64::MAX)] },
            Question::Bundle { number: 3 },
            Question::Leaves { size: 1 << 40 },
            Question::Newest { certificate: Hash([8; 32]) },
            Question::Renew { renewal: vec![5; 200] },
            Question::Membership { request: vec![6; 200] },
            Question::LeadOn { size: 9 },
        ]
    }

    fn every_answer() -> Vec<Answer> {
        let refused = Refusal::ALL.into_iter().chain([Refusal::Other]).map(|r| Answer::State(State::Refused(r)));
        let mut answers: Vec<Answer> = refused.collect();
        let proof = Some(Inclusion::new(vec![5; 130], 9, vec![Hash([6; 32]); 20]));
        answers.extend([
            Answer::Greeting { bundle: vec![1], greeting: vec![2] },
            Answer::State(State::Unknown),
            Answer::State(State::Waiting(60)),
            Answer::State(State::Fee(21_000)),
            Answer::State(State::Granted { certificate: vec![4; 700], issuer: Hash([3; 32]), proof: None }),
            Answer::State(State::Granted { certificate: vec![4; 700], issuer: Hash([3; 32]), proof }),
            Answer::LeadOn(Side { head: bytes(&[5; 130]), root: Hash([6; 32]), path: vec![Hash([7; 32]); 20] }),
            Answer::Crls { deltas: vec![vec![1], vec![2]], crls: vec![vec![3; crl::MAX]] },
            Answer::Bundle(None),
            Answer::Bundle(Some(vec![8; 100])),
            Answer::Leaves { first: 7, leaves: vec![1; 2 * LEAF], head: vec![9] },
            Answer::Busy { again: 30 },
            Answer::Membership { proof: vec![7; MAX_PROOF] },
        ]);
        answers
    }

    #[test]
    fn every_message_comes_back() {
        for question in every_question() {
            assert_eq!(Question::decode(&question.encode().unwrap()), Ok(question));
        }
        for answer in every_answer() {
            assert_eq!(Answer::decode(&answer.encode().unwrap()), Ok(answer));
        }
    }

    #[test]
    fn messages_out_of_place_are_refused() {
        assert_eq!(Question::decode(&Answer::Busy { again: 1 }.encode().unwrap()), Err(MessageError::Type(70)));
        assert_eq!(Answer::decode(&Question::Bundle { number: 1 }.encode().unwrap()), Err(MessageError::Type(5)));
        assert_eq!((Question::decode(&[]), Answer::decode(&[])), (Err(MessageError::Empty), Err(MessageError::Empty)));
        let state = |state: u8, detail: u64, certificates: usize| {
            let list = vec![bytes(&[1]); certificates];
            Answer::decode(&message(66, &Standing(state, detail, list, Hash::ZERO)).unwrap())
        };
        for (number, detail, certificates) in [
            (0, 1, 0),
            (0, 0, 1),
            (1, 1, 1),
            (2, 0, 0),
            (2, 0, 2),
            (2, 0, 3),
            (2, 0, 4),
            (3, 1, 1),
            (4, 1 << 32, 0),
            (4, 1, 1),
            (5, 0, 0),
        ] {
            assert_eq!(state(number, detail, certificates), Err(MessageError::Value), "{number}");
        }
        let leaves = message(69, &Leaves(0, bytes(&[0; LEAF - 1]), bytes(&[]))).unwrap();
        assert_eq!(Answer::decode(&leaves), Err(MessageError::Value));
        let long = message(2, &Application(bytes(&[0; MAX_CERTIFICATE + 1]), bytes(&[]), bytes(&[]))).unwrap();
        assert_eq!(Question::decode(&long), Err(MessageError::Value));
        let proof = message(71, &(bytes(&[0; MAX_PROOF + 1]),)).unwrap();
        assert_eq!(Answer::decode(&proof), Err(MessageError::Value));
        let code = message(2, &Application(bytes(&[]), bytes(&[1; 9]), bytes(&[]))).unwrap();
        assert_eq!(Question::decode(&code), Err(MessageError::Value));
    }

    /// An authority, its bundle, and a greeting between two ends.
    struct Meeting {
        authority: TestAuthority,
        bundle: Vec<u8>,
        ends: (PeerId, PeerId),
    }

    impl Meeting {
        fn new() -> Self {
            let mut authority = TestAuthority::new(1, NOW);
            let bundle = authority.bundle();
            let bundle = authority.sign(bundle);
            Self { authority, bundle, ends: (peer(1), peer(2)) }
        }

        fn pin(&self) -> ShortPin {
            ShortPin::of(&self.authority.root1.ca().id())
        }

        fn greeting(&self) -> Greeting {
            Greeting::new([5; 32], &self.ends.0, &self.ends.1, NOW)
        }

        fn judge(&self, bundle: &[u8], greeting: &[u8]) -> Result<Timestamp, Impostor> {
            let expected = (&[5; 32], &self.ends.0, &self.ends.1);
            recognise(bundle, greeting, &self.pin(), expected).map(|(_, time)| time)
        }
    }

    #[test]
    fn the_authority_is_known_by_root_key_and_connection() {
        let meeting = Meeting::new();
        let key = meeting.authority.issuing.key();
        let signed = |greeting: Greeting| greet(greeting, key).unwrap();
        let good = signed(meeting.greeting());
        assert_eq!(meeting.judge(&meeting.bundle, &good), Ok(NOW));

        // Another authority of the same name, with its own bundle and keys.
        let mut other = TestAuthority::new(2, NOW);
        let theirs = other.bundle();
        let theirs = other.sign(theirs);
        let by_them = greet(meeting.greeting(), other.issuing.key()).unwrap();
        assert_eq!(meeting.judge(&theirs, &by_them), Err(Impostor::Root));
        // The right bundle, which is public, without the key.
        assert_eq!(meeting.judge(&meeting.bundle, &by_them), Err(Impostor::Greeting));
        // Nor by a root, which greets nobody, nor by an office.
        let by_root = greet(meeting.greeting(), meeting.authority.root1.key()).unwrap();
        assert_eq!(meeting.judge(&meeting.bundle, &by_root), Err(Impostor::Greeting));
        // Somebody in between passes on what the authority has said to him.
        let between = peer(3);
        for passed_on in [
            Greeting { asker: between.to_bytes(), ..meeting.greeting() },
            Greeting { authority: between.to_bytes(), ..meeting.greeting() },
            Greeting { nonce: [6; 32], ..meeting.greeting() },
        ] {
            assert_eq!(meeting.judge(&meeting.bundle, &signed(passed_on)), Err(Impostor::Connection));
        }
        assert!(matches!(meeting.judge(&[1, 2, 3], &good), Err(Impostor::Bundle(_))));
        assert_eq!(meeting.judge(&meeting.bundle, &[1, 2, 3]), Err(Impostor::Greeting));
    }

    /// Root 1 is public: whoever puts a root of his own beside it signs by that one.
    #[test]
    fn a_foreign_second_root_beside_the_true_first_is_no_authority() {
        let mut meeting = Meeting::new();
        let own = TestAuthority::new(9, NOW);
        let mut bundle = meeting.authority.bundle();
        let (key, serial) = (ed25519_dalek::SigningKey::from_bytes(&[9; 32]), Serial::from_bytes(&[0x42; 16]).unwrap());
        let name = CaName { organisation: "見本中央機関", common_name: "Musubi Test Issuing CA" };
        let issuing = own.root2.issuing(name, key, serial, NOW.minus(DAY), NOW.plus(400 * DAY)).unwrap();
        bundle.roots = vec![bundle.roots[0].clone(), ByteBuf::from(own.root2.ca().der())];
        bundle.issuing = vec![ByteBuf::from(issuing.ca().der())];
        bundle.root_crl = own.root2.crl(1, NOW, &[]).unwrap().der().to_vec();
        bundle.head = None;
        let bundle = Signed::sign(bundle, own.root2.key()).unwrap().bytes().to_vec();
        let greeting = greet(meeting.greeting(), issuing.key()).unwrap();
        assert!(matches!(meeting.judge(&bundle, &greeting), Err(Impostor::Bundle(BundleError::Signed(_)))));
    }

    #[test]
    fn a_revoked_or_expired_issuing_ca_greets_nobody() {
        let mut meeting = Meeting::new();
        let late = Greeting { time: meeting.authority.issuing.ca().not_after().plus(1), ..meeting.greeting() };
        let late = greet(late, meeting.authority.issuing.key()).unwrap();
        assert_eq!(meeting.judge(&meeting.bundle, &late), Err(Impostor::Greeting));

        let serial = meeting.authority.issuing.ca().serial();
        meeting.authority.root_revoked.push(crl::Revoked { serial, at: NOW, reason: Reason::CaCompromise });
        let bundle = meeting.authority.bundle();
        meeting.bundle = meeting.authority.sign(bundle.clone());
        let by_revoked = greet(meeting.greeting(), meeting.authority.issuing.key()).unwrap();
        assert_eq!(meeting.judge(&meeting.bundle, &by_revoked), Err(Impostor::Greeting));

        // Its successor in a later bundle does.
        let (key, serial) = (ed25519_dalek::SigningKey::from_bytes(&[9; 32]), Serial::from_bytes(&[0x42; 16]).unwrap());
        let name = CaName { organisation: "見本中央機関", common_name: "Musubi Test Issuing CA 2" };
        let next: Authority =
            meeting.authority.root1.issuing(name, key, serial, NOW.minus(DAY), NOW.plus(400 * DAY)).unwrap();
        let mut with_next = bundle;
        with_next.issuing.push(ByteBuf::from(next.ca().der()));
        meeting.bundle = meeting.authority.sign(with_next);
        let by_next = greet(meeting.greeting(), next.key()).unwrap();
        assert_eq!(meeting.judge(&meeting.bundle, &by_next), Ok(NOW));
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = (Question::decode(&bytes), Answer::decode(&bytes));
        }
    }
}
