//! What a node keeps, behind typed doors: which space holds what, under which key, in which format.
//!
//! Nothing that names a person is kept in clear: names of files, months and serials lie in the wrapped
//! [`INDEX`](Db::index); entries hold numbers, kinds, codes, times and sizes only.

mod partner_key;
mod writes;

use musubi_protocol::{
    cbor,
    delivery::{Inbound, Outbound, Receipts},
    entry::{Entry, Position},
    ids::{Address, Hash, MessageId, OfficeNumber},
    link::{Log, book::Shelf},
    proof::Attested,
    signed::{self, Unverified},
};
use musubi_store::{Batch, BodyId, Space, Store, StoreError, bodies::BodyError};
use serde::{Serialize, de::DeserializeOwned};

pub use self::partner_key::KnownKey;

/// Single values by name.
const META: Space = Space::new(16, "meta");
/// Issuer id -> body id of the newest CRL.
const CRLS: Space = Space::new(17, "crls");
/// Desk number -> desk.
const DESKS: Space = Space::new(18, "desks");
/// Certificate hash -> issuer id and DER.
const CERTIFICATES: Space = Space::new(19, "certificates");
/// Desk number and key id -> wrapped sealing key.
const SEALING: Space = Space::new(20, "sealing keys");
/// Side, log, epoch, seq -> entry as signed.
const ENTRIES: Space = Space::new(21, "entries");
/// Side and log -> its newest position.
const HEADS: Space = Space::new(22, "heads");
/// Message id -> state of a message sent from here.
const OUTBOUND: Space = Space::new(23, "outbound");
/// Message id -> state of a message for an address here.
const INBOUND: Space = Space::new(24, "inbound");
/// Side and message id -> its ciphertext.
const BODIES: Space = Space::new(25, "bodies");
/// Side and message id -> content key, wrapped under the reading root.
const CONTENT_KEYS: Space = Space::new(26, "content keys");
/// Side and message id -> what lists show, wrapped under the reading root.
const INDEX: Space = Space::new(27, "index");
/// Side and message id -> newest envelope.
const ENVELOPES: Space = Space::new(28, "envelopes");
/// Address -> a partner's record as signed.
const RECORDS: Space = Space::new(29, "records");
/// Log and message id of messages announced to us that are not complete.
const INCOMPLETE: Space = Space::new(30, "incomplete");
/// Keyed hash of link and document key -> serial and content hash last sent, wrapped.
const SENT: Space = Space::new(31, "sent");
/// Log, epoch, seq, hash -> a second entry at one place: evidence of a fork.
const FORKS: Space = Space::new(32, "forks");
/// Address -> hash of the partner's certificate with the highest issue number seen.
const PARTNERS: Space = Space::new(33, "partners");
/// Message id -> what was found in the files of a message sent from here, wrapped under the reading root.
const FINDINGS: Space = Space::new(34, "findings");

/// Message id -> what our own log, taken back, says of a partner's message that is not here.
const SAID: Space = Space::new(35, "said");
/// Log of a partner -> how far it was held here once, as our own log, taken back, says.
const LOST: Space = Space::new(36, "lost");
/// Own log -> how far the partner says it held it; neither side has it any more.
const VANISHED: Space = Space::new(37, "vanished");
/// Id of a message that was announced anew -> its id now.
const MOVED: Space = Space::new(38, "moved");
/// Id of such a message -> the id under which its secrets were wrapped.
const ORIGIN: Space = Space::new(39, "origin");

/// Number of a chunk of the authority's log -> its leaves.
const LOG: Space = Space::new(40, "log");
/// Issue number -> leaf about a certificate for an office number of a desk here.
const OWN_ACTS: Space = Space::new(41, "own acts");
/// Hash of a partner's certificate that was shown to be in the authority's log -> nothing.
const SHOWN: Space = Space::new(50, "shown in log");
/// Address -> the office key for which mail to a partner is sealed.
const PARTNER_KEYS: Space = Space::new(51, "partner keys");

/// Office number of a desk here -> its newest proof of membership.
const MEMBERSHIPS: Space = Space::new(42, "memberships");
/// Office number of a desk here, fiscal year, partner's office number -> what the partner has attested.
const ATTESTATIONS: Space = Space::new(43, "attestations");

const FORMAT: u8 = 1;
/// Bytes in each part but the last of a value that is too long for one record.
const LONG_PART: usize = 60 << 10;

/// Why something kept could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A body could not be used.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// A value is not what was written.
    #[error("a kept value is damaged")]
    Damaged(#[from] cbor::Error),
    /// An entry is not what was written.
    #[error("a kept entry is damaged")]
    Entry(#[from] signed::Error),
    /// A newer version wrote it.
    #[error("a value has format {0}, which is newer than this program")]
    TooNew(u8),
    /// A body that is referred to is missing.
    #[error("a body is missing")]
    NoBody,
}

/// On which side of a message or log this node stands. Where both desks are on one node, it keeps both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Our own log; messages sent from here.
    Own,
    /// Our copy of a partner's log; messages for an address here.
    Partner,
}

/// The logs and messages of one address here, as the rules read them.
pub struct Book<'a> {
    db: &'a Db,
    owner: Address,
}

/// Typed reading of a [`Store`]; writing goes through [`Writes`].
#[derive(Clone, Debug)]
pub struct Db {
    store: Store,
}

/// Typed writes, applied together or not at all.
#[derive(Default)]
pub struct Writes {
    batch: Batch,
    /// Own logs that grew, with their new heads: announced once durable.
    pub grown: Vec<(Log, Position)>,
    /// Messages whose state changed.
    pub touched: Vec<MessageId>,
}

impl Side {
    const fn byte(self) -> u8 {
        match self {
            Self::Own => b'o',
            Self::Partner => b'p',
        }
    }

    fn of(log: Log, owner: Address) -> Self {
        if log.from == owner { Self::Own } else { Self::Partner }
    }

    fn message(self, id: &MessageId) -> Vec<u8> {
        [&[self.byte()], id.0.as_slice()].concat()
    }

    fn log(self, log: Log) -> Vec<u8> {
        [&[self.byte()], log_key(log).as_slice()].concat()
    }
}

fn log_key(log: Log) -> Vec<u8> {
    format!("{}{}", log.from, log.to).into_bytes()
}

fn place_key(side: Side, log: Log, (epoch, seq): (u64, u64)) -> Vec<u8> {
    let mut key = side.log(log);
    key.extend(epoch.to_be_bytes());
    key.extend(seq.to_be_bytes());
    key
}

fn attestation_key((about, by): (OfficeNumber, OfficeNumber), fiscal_year: u16) -> Vec<u8> {
    [about.as_str().as_bytes(), &fiscal_year.to_be_bytes(), by.as_str().as_bytes()].concat()
}

/// Length of a log's key: two addresses of 13 characters.
const LOG_KEY: usize = 26;

fn log_of(key: &[u8]) -> Option<Log> {
    let text = std::str::from_utf8(key.get(..LOG_KEY)?).ok()?;
    let (from, to) = text.split_at(LOG_KEY / 2);
    Some(Log::new(from.parse().ok()?, to.parse().ok()?))
}

impl Db {
    /// Opens the door.
    #[must_use]
    pub const fn new(store: Store) -> Self {
        Self { store }
    }

    /// The store itself: for committing, bodies and free space.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Applies writes without waiting for the disk: for what comes again by itself, or is covered by a later commit.
    ///
    /// # Errors
    /// [`DbError`] if the store does not take them.
    pub fn apply_lazily(&self, writes: Writes) -> Result<(), DbError> {
        let _ticket = self.store.apply(writes.into_batch())?;
        Ok(())
    }

    fn bytes(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, DbError> {
        match self.store.get(space, key)? {
            None => Ok(None),
            Some(value) if value.format() == FORMAT => Ok(Some(value.bytes().to_vec())),
            Some(value) => Err(DbError::TooNew(value.format())),
        }
    }

    /// A value that [`Writes::put_long`] may have taken apart.
    fn long_bytes(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, DbError> {
        let Some(mut bytes) = self.bytes(space, key)? else { return Ok(None) };
        // A shorter first part is the whole: no need to look for more.
        for part in 1..=u8::MAX {
            if bytes.len() != LONG_PART * usize::from(part) {
                break;
            }
            let Some(more) = self.bytes(space, &[key, &[part]].concat())? else { break };
            bytes.extend(more);
        }
        Ok(Some(bytes))
    }

    fn value<T: Serialize + DeserializeOwned>(&self, space: Space, key: &[u8]) -> Result<Option<T>, DbError> {
        self.bytes(space, key)?.map(|bytes| cbor::from_slice(&bytes, usize::MAX)).transpose().map_err(Into::into)
    }

    fn scan<T>(
        &self,
        space: Space,
        prefix: &[u8],
        read: impl Fn(&[u8], &[u8]) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        self.store
            .prefix(space, prefix)
            .map(|found| {
                let (key, value) = found?;
                if value.format() == FORMAT { read(&key, value.bytes()) } else { Err(DbError::TooNew(value.format())) }
            })
            .collect()
    }

    /// A single value by name.
    ///
    /// # Errors
    /// [`DbError`], here and below.
    pub fn meta<T: Serialize + DeserializeOwned>(&self, name: &str) -> Result<Option<T>, DbError> {
        self.value(META, name.as_bytes())
    }

    /// The newest CRLs, DER.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn crls(&self) -> Result<Vec<Vec<u8>>, DbError> {
        self.scan(CRLS, &[], |_, id| self.whole_body(id))
    }

    fn whole_body(&self, id: &[u8]) -> Result<Vec<u8>, DbError> {
        let id = BodyId::from_bytes(id).ok_or(DbError::NoBody)?;
        let bodies = self.store.bodies();
        let length = usize::try_from(bodies.len(id)?).map_err(|_| DbError::NoBody)?;
        Ok(bodies.read(id, 0, length)?)
    }

    /// Leaves of the authority's log, by the number of their chunk; empty where none are kept.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn log_chunk(&self, chunk: u64) -> Result<Vec<u8>, DbError> {
        Ok(self.bytes(LOG, &chunk.to_be_bytes())?.unwrap_or_default())
    }

    /// Whether a partner's certificate was ever shown to be in the authority's log.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn was_shown(&self, certificate: &Hash) -> Result<bool, DbError> {
        Ok(self.store.contains(SHOWN, &certificate.0)?)
    }

    /// The leaves about certificates for office numbers of desks here, by issue number.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn own_acts(&self) -> Result<Vec<Vec<u8>>, DbError> {
        self.scan(OWN_ACTS, &[], |_, leaf| Ok(leaf.to_vec()))
    }

    /// All desks as kept.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn desks<T: Serialize + DeserializeOwned>(&self) -> Result<Vec<T>, DbError> {
        self.scan(DESKS, &[], |_, bytes| Ok(cbor::from_slice(bytes, usize::MAX)?))
    }

    /// A certificate: issuer id and DER.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn certificate(&self, hash: &Hash) -> Result<Option<(Hash, Vec<u8>)>, DbError> {
        Ok(self.bytes(CERTIFICATES, &hash.0)?.and_then(|bytes| {
            let (issuer, der) = bytes.split_at_checked(32)?;
            Some((Hash(issuer.try_into().ok()?), der.to_vec()))
        }))
    }

    /// The wrapped sealing keys of a desk.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn sealing_keys<T: Serialize + DeserializeOwned>(&self, desk: u16) -> Result<Vec<T>, DbError> {
        self.scan(SEALING, &desk.to_be_bytes(), |_, bytes| Ok(cbor::from_slice(bytes, usize::MAX)?))
    }

    /// The first entry of an own log after a place, as kept.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn entry_after(&self, log: Log, at: (u64, u64)) -> Result<Option<Unverified<Entry>>, DbError> {
        let from = place_key(Side::Own, log, (at.0, at.1.saturating_add(1)));
        let to = place_key(Side::Own, log, (u64::MAX, u64::MAX));
        match self.store.range(ENTRIES, from.as_slice()..to.as_slice()).next() {
            None => Ok(None),
            Some(found) => Ok(Some(Unverified::from_bytes(found?.1.bytes())?)),
        }
    }

    /// The entry at one place of a log, as kept.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn entry_at(&self, side: Side, log: Log, at: (u64, u64)) -> Result<Option<Vec<u8>>, DbError> {
        self.bytes(ENTRIES, &place_key(side, log, at))
    }

    /// The entry with this id in a log, for evidence; walks the log.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn entry_by_id(&self, side: Side, log: Log, id: MessageId) -> Result<Option<Vec<u8>>, DbError> {
        for found in self.store.prefix(ENTRIES, &side.log(log)) {
            let (_, value) = found?;
            if Unverified::<Entry>::from_bytes(value.bytes())?.id() == id {
                return Ok(Some(value.bytes().to_vec()));
            }
        }
        Ok(None)
    }

    /// Looks at the newest entries of a log as kept, the newest first, at most `limit`.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn newest_entries(
        &self,
        side: Side,
        log: Log,
        limit: usize,
        mut see: impl FnMut(MessageId, &Entry),
    ) -> Result<(), DbError> {
        for found in self.store.prefix(ENTRIES, &side.log(log)).rev().take(limit) {
            let entry = Unverified::<Entry>::from_bytes(found?.1.bytes())?;
            see(entry.id(), entry.claim());
        }
        Ok(())
    }

    /// The newest proof of membership of an office here.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn membership(&self, office: OfficeNumber) -> Result<Option<Vec<u8>>, DbError> {
        self.bytes(MEMBERSHIPS, office.as_str().as_bytes())
    }

    /// What a partner has attested to an office here about a fiscal year.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn attestation(
        &self,
        (about, by): (OfficeNumber, OfficeNumber),
        fiscal_year: u16,
    ) -> Result<Option<Attested>, DbError> {
        self.value(ATTESTATIONS, &attestation_key((about, by), fiscal_year))
    }

    /// Our own logs with their heads.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn own_heads(&self) -> Result<Vec<(Log, Position)>, DbError> {
        let own = [Side::Own.byte()];
        let found =
            self.scan(HEADS, &own, |key, bytes| Ok((key.get(1..).and_then(log_of), cbor::from_slice(bytes, 256)?)))?;
        Ok(found.into_iter().filter_map(|(log, head)| Some((log?, head))).collect())
    }

    /// Messages sent from here, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn all_outbound(&self) -> Result<Vec<(MessageId, Outbound)>, DbError> {
        self.scan(OUTBOUND, &[], message)
    }

    /// Messages for addresses here.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn all_inbound(&self) -> Result<Vec<(MessageId, Inbound)>, DbError> {
        self.scan(INBOUND, &[], message)
    }

    /// Messages whose id, now or before they were announced anew, begins with this text.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn ids_with_prefix(&self, prefix: &str) -> Result<Vec<MessageId>, DbError> {
        let mut ids = Vec::new();
        for space in [OUTBOUND, INBOUND, MOVED] {
            ids.extend(self.scan(space, &[], |key, _| Ok(message_id(key)))?.into_iter().flatten());
        }
        ids.retain(|id| id.to_string().starts_with(prefix));
        for id in &mut ids {
            *id = self.newest_id(*id)?;
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// The id of a message now: another than before, if it was announced anew.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn newest_id(&self, mut id: MessageId) -> Result<MessageId, DbError> {
        while let Some(next) = self.bytes(MOVED, &id.0)?.as_deref().and_then(message_id) {
            id = next;
        }
        Ok(id)
    }

    /// The id under which a message's secrets were wrapped: the first that it had.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn origin(&self, id: &MessageId) -> Result<MessageId, DbError> {
        Ok(self.bytes(ORIGIN, &id.0)?.as_deref().and_then(message_id).unwrap_or(*id))
    }

    /// Entries of a log after a place as kept, at most `limit`.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn entries_after(
        &self,
        side: Side,
        log: Log,
        at: (u64, u64),
        limit: usize,
    ) -> Result<Vec<Unverified<Entry>>, DbError> {
        let from = place_key(side, log, (at.0, at.1.saturating_add(1)));
        let to = place_key(side, log, (u64::MAX, u64::MAX));
        let found = self.store.range(ENTRIES, from.as_slice()..to.as_slice()).take(limit);
        found.map(|found| Ok(Unverified::from_bytes(found?.1.bytes())?)).collect()
    }

    /// The newest entry of an own log that the partner's newest one names; [`Position::NONE`] if there is none.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn named_by_partner(&self, log: Log) -> Result<Position, DbError> {
        let theirs = log.reverse();
        let head = self.head(Side::Partner, theirs)?;
        let newest = self.bytes(ENTRIES, &place_key(Side::Partner, theirs, head.at()))?;
        Ok(newest
            .map(|bytes| Unverified::<Entry>::from_bytes(&bytes))
            .transpose()?
            .map_or(Position::NONE, |entry| entry.claim().peer))
    }

    /// Where a message's ciphertext lies.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn body(&self, side: Side, id: &MessageId) -> Result<Option<BodyId>, DbError> {
        Ok(self.bytes(BODIES, &side.message(id))?.as_deref().and_then(BodyId::from_bytes))
    }

    /// Writes a body that is too large for the records as a file, complete and synced; none if it is small. Blocks.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn large_body(&self, bytes: &[u8]) -> Result<Option<BodyId>, DbError> {
        if bytes.len() <= musubi_store::bodies::SMALL {
            return Ok(None);
        }
        let bodies = self.store.bodies();
        let id = bodies.create()?;
        bodies.append(id, 0, bytes)?;
        bodies.sync(id)?;
        Ok(Some(id))
    }

    /// Every body that something refers to.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn bodies_in_use(&self) -> Result<Vec<BodyId>, DbError> {
        let mut bodies = self.scan(BODIES, &[], |_, bytes| Ok(BodyId::from_bytes(bytes)))?;
        bodies.extend(self.scan(CRLS, &[], |_, bytes| Ok(BodyId::from_bytes(bytes)))?);
        Ok(bodies.into_iter().flatten().collect())
    }

    /// A content key as wrapped.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn content_key(&self, side: Side, id: &MessageId) -> Result<Option<Vec<u8>>, DbError> {
        self.bytes(CONTENT_KEYS, &side.message(id))
    }

    /// What lists show of a message, as wrapped.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn index(&self, side: Side, id: &MessageId) -> Result<Option<Vec<u8>>, DbError> {
        self.long_bytes(INDEX, &side.message(id))
    }

    /// The newest envelope of a message.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn envelope(&self, side: Side, id: &MessageId) -> Result<Option<Vec<u8>>, DbError> {
        self.bytes(ENVELOPES, &side.message(id))
    }

    /// A partner's record as signed.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn record(&self, address: Address) -> Result<Option<Vec<u8>>, DbError> {
        self.bytes(RECORDS, address.to_string().as_bytes())
    }

    /// The certificate under which a partner was last admitted.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn partner(&self, address: Address) -> Result<Option<Hash>, DbError> {
        self.value(PARTNERS, address.to_string().as_bytes())
    }

    /// All partners that were ever admitted, with their certificates' hashes.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn partners(&self) -> Result<Vec<(Address, Hash)>, DbError> {
        let found = self.scan(PARTNERS, &[], |key, bytes| {
            let address = std::str::from_utf8(key).ok().and_then(|text| text.parse().ok());
            Ok((address, cbor::from_slice(bytes, 64)?))
        })?;
        Ok(found.into_iter().filter_map(|(address, hash)| Some((address?, hash))).collect())
    }

    /// The office key for which mail to a partner is sealed.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn partner_key(&self, address: Address) -> Result<Option<KnownKey>, DbError> {
        self.value(PARTNER_KEYS, address.to_string().as_bytes())
    }

    /// The office keys of all partners for which mail is sealed.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn partner_keys(&self) -> Result<Vec<(Address, KnownKey)>, DbError> {
        let found = self.scan(PARTNER_KEYS, &[], |key, bytes| {
            let address = std::str::from_utf8(key).ok().and_then(|text| text.parse().ok());
            Ok((address, cbor::from_slice(bytes, 256)?))
        })?;
        Ok(found.into_iter().filter_map(|(address, known)| Some((address?, known))).collect())
    }

    /// Messages of a log that were announced to us and are not complete.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn incomplete(&self, log: Log) -> Result<Vec<MessageId>, DbError> {
        let ids = self.scan(INCOMPLETE, &log_key(log), |key, _| Ok(key.get(LOG_KEY..).and_then(message_id)))?;
        Ok(ids.into_iter().flatten().collect())
    }

    /// What was last sent under a keyed hash of link and document key, as wrapped.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn sent(&self, key: &[u8; 32]) -> Result<Option<Vec<u8>>, DbError> {
        self.bytes(SENT, key)
    }

    /// What was found in the files of a message when it was sent from here, as wrapped.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn findings(&self, id: &MessageId) -> Result<Option<Vec<u8>>, DbError> {
        self.long_bytes(FINDINGS, &id.0)
    }

    /// How many second entries of one log are kept as evidence.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn forks_of(&self, log: Log) -> Result<usize, DbError> {
        Ok(self.scan(FORKS, &Side::Partner.log(log), |_, _| Ok(()))?.len())
    }

    /// How many second entries at one place are kept as evidence.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn forks(&self) -> Result<usize, DbError> {
        Ok(self.scan(FORKS, &[], |_, _| Ok(()))?.len())
    }
}

fn message_id(key: &[u8]) -> Option<MessageId> {
    Some(MessageId(key.try_into().ok()?))
}

fn message<T: Serialize + DeserializeOwned>(key: &[u8], bytes: &[u8]) -> Result<(MessageId, T), DbError> {
    let id = message_id(key).ok_or(DbError::Damaged(cbor::Error::NotDeterministic))?;
    Ok((id, cbor::from_slice(bytes, usize::MAX)?))
}

impl Db {
    /// The logs and messages of one address here.
    #[must_use]
    pub const fn book(&self, owner: Address) -> Book<'_> {
        Book { db: self, owner }
    }

    /// The newest entry of a log; [`Position::NONE`] for an empty one.
    ///
    /// # Errors
    /// [`DbError`], here and below.
    pub fn head(&self, side: Side, log: Log) -> Result<Position, DbError> {
        Ok(self.value(HEADS, &side.log(log))?.unwrap_or(Position::NONE))
    }

    /// A message sent from here.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn outbound(&self, id: &MessageId) -> Result<Option<Outbound>, DbError> {
        self.value(OUTBOUND, &id.0)
    }

    /// A message for an address here.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn inbound(&self, id: &MessageId) -> Result<Option<Inbound>, DbError> {
        self.value(INBOUND, &id.0)
    }
}

impl Shelf for Book<'_> {
    type Error = DbError;

    fn head(&self, log: Log) -> Result<Position, DbError> {
        self.db.head(Side::of(log, self.owner), log)
    }

    fn hash_at(&self, log: Log, at: (u64, u64)) -> Result<Option<Hash>, DbError> {
        let bytes = self.db.bytes(ENTRIES, &place_key(Side::of(log, self.owner), log, at))?;
        bytes.map(|bytes| Ok(Unverified::<Entry>::from_bytes(&bytes)?.id().hash())).transpose()
    }

    fn outbound(&self, id: &MessageId) -> Result<Option<Outbound>, DbError> {
        self.db.outbound(id)
    }

    fn inbound(&self, id: &MessageId) -> Result<Option<Inbound>, DbError> {
        self.db.inbound(id)
    }

    fn after(&self, log: Log, at: (u64, u64)) -> Result<Vec<(MessageId, Entry)>, DbError> {
        let entries = self.db.entries_after(Side::Own, log, at, usize::MAX)?;
        Ok(entries.into_iter().map(|entry| (entry.id(), entry.claim().clone())).collect())
    }

    fn said(&self, id: &MessageId) -> Result<Receipts, DbError> {
        Ok(self.db.value(SAID, &id.0)?.unwrap_or_default())
    }

    fn lost(&self, log: Log) -> Result<Position, DbError> {
        Ok(self.db.value(LOST, &log_key(log))?.unwrap_or_default())
    }

    fn vanished(&self, log: Log) -> Result<Position, DbError> {
        Ok(self.db.value(VANISHED, &log_key(log))?.unwrap_or_default())
    }
}
