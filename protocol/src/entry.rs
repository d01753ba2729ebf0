//! Entries: the signed lines of the log that one address keeps towards another.
//!
//! ```text
//! entry   = [type, from, to, epoch, seq, prev hash, peer epoch, peer seq, peer hash,
//!            log size, log root, time, signer certificate hash, body, ext]
//! message = [suite, ciphertext length, ciphertext SHA-256, commitment, ext]     type 1
//! receipt = [message id, what, code, by, ext]                                   type 2
//! cancel  = [message id, code, ext]                                             type 3
//! expire  = [message id, code, ext]                                             type 4
//! restart = [old epoch, last known seq, its hash]                               type 5
//! ```
//! Types 6 (checkpoint) and 7 (anchor) are reserved. An entry says nothing about a person:
//! numbers, kinds, codes, times, sizes and salted commitments only.

use serde::{Deserialize, Serialize};
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use crate::{
    cbor::{self, Ext},
    ids::{Address, Hash, MessageId},
    signed::{Payload, Signed, Unverified},
    time::Timestamp,
};

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Entry {
    /// Who writes.
    pub from: Address,
    /// To whom.
    pub to: Address,
    /// Unix seconds when this run of the log was begun.
    pub epoch: u64,
    /// 1, 2, 3, ... within the epoch.
    pub seq: u64,
    /// Id of the entry before; zeros at seq 1.
    pub prev: Hash,
    /// The newest entry of the partner's log that the writer held; zeros while there is none.
    pub peer: Position,
    /// Size of the authority's log in the newest signed head that the writer held; 0 without one.
    pub log_size: u64,
    /// Root of that log.
    pub log_root: Hash,
    /// The writer's clock.
    pub time: Timestamp,
    /// SHA-256 of the writer's certificate (DER).
    pub signer: Hash,
    /// What is said.
    pub body: Body,
    /// Extensions.
    pub ext: Ext,
}

/// A place in a log: epoch, sequence number and the id of the entry there.
///
/// The default, all zero, stands for "nothing yet".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize_tuple, Deserialize_tuple)]
pub struct Position {
    /// Epoch of the log.
    pub epoch: u64,
    /// Number within the epoch.
    pub seq: u64,
    /// Id of the entry.
    pub hash: Hash,
}

impl Position {
    /// "Nothing yet": before the first entry of a log.
    pub const NONE: Self = Self { epoch: 0, seq: 0, hash: Hash::ZERO };

    /// Epoch and number, which order the entries of a log.
    #[must_use]
    pub const fn at(&self) -> (u64, u64) {
        (self.epoch, self.seq)
    }
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A message was sealed.
    Message(Message),
    /// Something happened to a message of the partner.
    Receipt(Receipt),
    /// A message of the writer is withdrawn before it was opened.
    Cancel(Ended),
    /// A message of the writer was not collected in time.
    Expire(Ended),
    /// The log goes on in a new epoch after a loss.
    Restart(Restart),
}

/// Header of a sealed message. The ciphertext itself is stored beside the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Message {
    /// Suite of the envelope ([`crate::seal`]).
    pub suite: u16,
    /// Ciphertext length in bytes.
    pub length: u64,
    /// SHA-256 of the ciphertext.
    pub sha256: Hash,
    /// Commits to the content key and the manifest.
    pub commitment: Hash,
    /// Extensions.
    pub ext: Ext,
}

/// What the receiver says of one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Receipt {
    /// The message.
    pub id: MessageId,
    /// What happened.
    pub what: What,
    /// Reason of a rejection; 0 otherwise.
    pub code: u64,
    /// Who or what did it, never a name.
    pub by: By,
    /// Extensions.
    pub ext: Ext,
}

/// What a receipt reports. Numbers are part of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub enum What {
    /// Complete and durable at the receiver.
    Delivered = 1,
    /// Handed over for the first time.
    Opened = 2,
    /// Taken into the care software.
    Imported = 3,
    /// Sent back with a reason (差し戻し).
    Rejected = 4,
}

/// Through what a receipt came about. Numbers are part of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub enum By {
    /// The node itself.
    Node = 1,
    /// A person at the page.
    Person = 2,
    /// A folder.
    Folder = 3,
    /// A program over the API.
    Api = 4,
}

/// A message that came to an end at the sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Ended {
    /// The message.
    pub id: MessageId,
    /// Reason code; 0 = none.
    pub code: u64,
    /// Extensions.
    pub ext: Ext,
}

/// The end of the epoch before, as far as the writer still knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Restart {
    /// The epoch before.
    pub old_epoch: u64,
    /// Last sequence number known of it.
    pub last_seq: u64,
    /// Id of that entry.
    pub last_hash: Hash,
}

/// A number that stands for nothing known.
#[derive(Debug, thiserror::Error)]
#[error("unknown {what} {number}")]
pub struct UnknownNumber {
    what: &'static str,
    number: u64,
}

/// Conversions between an enum and its number in the format.
macro_rules! numbered {
    ($name:ident, $what:literal, $($variant:ident),+) => {
        impl TryFrom<u64> for $name {
            type Error = UnknownNumber;

            fn try_from(number: u64) -> Result<Self, UnknownNumber> {
                $(if number == Self::$variant as u64 { return Ok(Self::$variant); })+
                Err(UnknownNumber { what: $what, number })
            }
        }

        impl From<$name> for u64 {
            fn from(value: $name) -> Self {
                value as Self
            }
        }
    };
}
numbered!(What, "receipt", Delivered, Opened, Imported, Rejected);
numbered!(By, "originator", Node, Person, Folder, Api);

/// The array as it stands in the payload; the body's shape follows from the type.
#[derive(Serialize_tuple, Deserialize_tuple)]
struct Wire {
    kind: u64,
    from: Address,
    to: Address,
    epoch: u64,
    seq: u64,
    prev: Hash,
    peer_epoch: u64,
    peer_seq: u64,
    peer_hash: Hash,
    log_size: u64,
    log_root: Hash,
    time: Timestamp,
    signer: Hash,
    body: ciborium::Value,
    ext: Ext,
}

/// Why an entry's array is not one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// A type of a later version.
    #[error("unknown entry type {0}")]
    Type(u64),
    /// The body does not fit the type.
    #[error("malformed body: {0}")]
    Body(String),
    /// Numbers that no log can hold.
    #[error("impossible place in a log")]
    Place,
    /// Extensions of the body.
    #[error(transparent)]
    Extension(#[from] cbor::Error),
}

impl Body {
    const fn kind(&self) -> u64 {
        match self {
            Self::Message(_) => 1,
            Self::Receipt(_) => 2,
            Self::Cancel(_) => 3,
            Self::Expire(_) => 4,
            Self::Restart(_) => 5,
        }
    }

    fn to_value(&self) -> Result<ciborium::Value, ciborium::value::Error> {
        match self {
            Self::Message(body) => ciborium::Value::serialized(body),
            Self::Receipt(body) => ciborium::Value::serialized(body),
            Self::Cancel(body) | Self::Expire(body) => ciborium::Value::serialized(body),
            Self::Restart(body) => ciborium::Value::serialized(body),
        }
    }

    fn from_value(kind: u64, value: &ciborium::Value) -> Result<Self, ShapeError> {
        let bad = |error: ciborium::value::Error| ShapeError::Body(error.to_string());
        let body = match kind {
            1 => Self::Message(value.deserialized().map_err(bad)?),
            2 => Self::Receipt(value.deserialized().map_err(bad)?),
            3 => Self::Cancel(value.deserialized().map_err(bad)?),
            4 => Self::Expire(value.deserialized().map_err(bad)?),
            5 => Self::Restart(value.deserialized().map_err(bad)?),
            other => return Err(ShapeError::Type(other)),
        };
        match &body {
            Self::Receipt(Receipt { what, code, .. }) if *what != What::Rejected && *code != 0 => {
                return Err(ShapeError::Body("a reason without a rejection".into()));
            }
            Self::Message(Message { ext, .. }) | Self::Receipt(Receipt { ext, .. }) => ext.check()?,
            Self::Cancel(Ended { ext, .. }) | Self::Expire(Ended { ext, .. }) => ext.check()?,
            Self::Restart(_) => {}
        }
        Ok(body)
    }
}

impl TryFrom<Wire> for Entry {
    type Error = ShapeError;

    fn try_from(wire: Wire) -> Result<Self, ShapeError> {
        let body = Body::from_value(wire.kind, &wire.body)?;
        let first = wire.seq == 1;
        let restart = matches!(body, Body::Restart(_));
        let possible = wire.epoch > 0
            && wire.seq > 0
            && wire.from != wire.to
            && first == (wire.prev == Hash::ZERO)
            && (first || !restart)
            && (wire.peer_seq == 0) == (wire.peer_hash == Hash::ZERO)
            && (wire.peer_seq == 0) == (wire.peer_epoch == 0);
        if !possible {
            return Err(ShapeError::Place);
        }
        Ok(Self {
            from: wire.from,
            to: wire.to,
            epoch: wire.epoch,
            seq: wire.seq,
            prev: wire.prev,
            peer: Position { epoch: wire.peer_epoch, seq: wire.peer_seq, hash: wire.peer_hash },
            log_size: wire.log_size,
            log_root: wire.log_root,
            time: wire.time,
            signer: wire.signer,
            body,
            ext: wire.ext,
        })
    }
}

impl From<Entry> for Wire {
    fn from(entry: Entry) -> Self {
        Self {
            kind: entry.body.kind(),
            from: entry.from,
            to: entry.to,
            epoch: entry.epoch,
            seq: entry.seq,
            prev: entry.prev,
            peer_epoch: entry.peer.epoch,
            peer_seq: entry.peer.seq,
            peer_hash: entry.peer.hash,
            log_size: entry.log_size,
            log_root: entry.log_root,
            time: entry.time,
            signer: entry.signer,
            // Plain structs of numbers and byte strings: no value among them lacks an encoding,
            // and `Null` would be refused by every reader.
            body: entry.body.to_value().unwrap_or(ciborium::Value::Null),
            ext: entry.ext,
        }
    }
}

impl Payload for Entry {
    const NAME: &'static str = "entry";
    const MAX: usize = 4096;

    fn ext(&self) -> &Ext {
        &self.ext
    }
}

impl Signed<Entry> {
    /// The id of the entry: of the message, if it announces one.
    #[must_use]
    pub fn id(&self) -> MessageId {
        MessageId::of_payload(self.payload())
    }

    /// The entry's place in its log.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { epoch: self.value().epoch, seq: self.value().seq, hash: self.id().hash() }
    }
}

impl Unverified<Entry> {
    /// The id that the entry has if its signature is good.
    #[must_use]
    pub fn id(&self) -> MessageId {
        MessageId::of_payload(self.payload())
    }

    /// The place in its log that the entry claims.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { epoch: self.claim().epoch, seq: self.claim().seq, hash: self.id().hash() }
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use proptest::prelude::*;

    use super::*;

    fn message() -> Body {
        Body::Message(Message {
            suite: 1,
            length: 4112,
            sha256: Hash([1; 32]),
            commitment: Hash([2; 32]),
            ext: Ext::none(),
        })
    }

    fn entry(body: Body) -> Entry {
        Entry {
            from: "1379905001-43".parse().unwrap(),
            to: "1379900010-11".parse().unwrap(),
            epoch: 1_761_000_000,
            seq: 1,
            prev: Hash::ZERO,
            peer: Position::NONE,
            log_size: 0,
            log_root: Hash::ZERO,
            time: Timestamp(1_761_000_001),
            signer: Hash([3; 32]),
            body,
            ext: Ext::none(),
        }
    }

    fn every_body() -> Vec<Body> {
        let id = MessageId([9; 32]);
        let receipt = |what, by| Body::Receipt(Receipt { id, what, code: 0, by, ext: Ext::none() });
        vec![
            message(),
            receipt(What::Delivered, By::Node),
            receipt(What::Opened, By::Api),
            Body::Cancel(Ended { id, code: 0, ext: Ext::none() }),
            Body::Expire(Ended { id, code: 0, ext: Ext::none() }),
            Body::Restart(Restart { old_epoch: 5, last_seq: 7, last_hash: Hash([4; 32]) }),
        ]
    }

    #[test]
    fn every_body_comes_back() {
        let key = SigningKey::from_bytes(&[1; 32]);
        for body in every_body() {
            let signed = Signed::sign(entry(body), &key).unwrap();
            let read = Unverified::<Entry>::from_bytes(signed.bytes()).unwrap();
            assert_eq!(read.id(), signed.id());
            assert_eq!(read.verify(&key.verifying_key()).unwrap(), signed);
        }
    }

    #[test]
    fn impossible_places_are_refused() {
        let wrong: [fn(&mut Entry); 6] = [
            |e| e.seq = 0,
            |e| e.epoch = 0,
            |e| e.seq = 2,
            |e| e.prev = Hash([1; 32]),
            |e| e.to = e.from,
            |e| e.peer.seq = 1,
        ];
        for change in wrong {
            let mut entry = entry(message());
            change(&mut entry);
            let bytes = cbor::to_vec(&entry).unwrap();
            assert!(cbor::from_slice::<Entry>(&bytes, 4096).is_err(), "{entry:?}");
        }
    }

    #[test]
    fn bytes_of_version_1_stay_the_same() {
        let ids: Vec<String> = every_body()
            .into_iter()
            .map(|body| MessageId::of_payload(&cbor::to_vec(&entry(body)).unwrap()).to_string())
            .collect();
        assert_eq!(ids.join("\n"), include_str!("../vectors/entry-ids.txt").trim_end());
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Unverified::<Entry>::from_bytes(&bytes);
            let _ = cbor::from_slice::<Entry>(&bytes, 4096);
        }

        #[test]
        fn a_flipped_payload_byte_is_another_id_or_refused(at in 0usize..200, bit in 0u8..8) {
            let bytes = cbor::to_vec(&entry(message())).unwrap();
            let mut altered = bytes.clone();
            let at = at % altered.len();
            altered[at] ^= 1 << bit;
            if let Ok(read) = cbor::from_slice::<Entry>(&altered, 4096) {
                prop_assert_ne!(read, entry(message()));
                prop_assert_ne!(MessageId::of_payload(&altered), MessageId::of_payload(&bytes));
            }
        }
    }
}
