//! What is to be written in one batch.

use musubi_protocol::{
    cbor,
    delivery::Receipts,
    entry::Entry,
    ids::{Address, Hash, MessageId, OfficeNumber},
    link::{Log, book::Change},
    proof::Attested,
    signed::Signed,
};
use musubi_store::{Batch, BodyId, Space};
use serde::Serialize;

use super::{
    ATTESTATIONS, BODIES, CERTIFICATES, CONTENT_KEYS, CRLS, DESKS, Db, DbError, ENTRIES, ENVELOPES, FINDINGS, FORKS,
    FORMAT, HEADS, INBOUND, INCOMPLETE, INDEX, KnownKey, LOG, LONG_PART, LOST, MEMBERSHIPS, META, MOVED, ORIGIN,
    OUTBOUND, OWN_ACTS, PARTNER_KEYS, PARTNERS, RECORDS, SAID, SEALING, SENT, SHOWN, Side, VANISHED, Writes,
    attestation_key, log_key, place_key,
};

impl Writes {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The batch to apply.
    #[must_use]
    pub fn into_batch(self) -> Batch {
        self.batch
    }

    /// Whether there is anything to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    fn put(&mut self, space: Space, key: &[u8], bytes: &[u8]) -> Result<(), DbError> {
        self.batch.put(space, key, FORMAT, bytes)?;
        Ok(())
    }

    /// Puts a value that may be longer than a record holds: further parts stand under the key and their number. What
    /// was there before must not have been longer.
    fn put_long(&mut self, space: Space, key: &[u8], bytes: &[u8]) -> Result<(), DbError> {
        let (first, rest) = bytes.split_at(bytes.len().min(LONG_PART));
        self.put(space, key, first)?;
        for (part, bytes) in (1_u8..=u8::MAX).zip(rest.chunks(LONG_PART)) {
            self.put(space, &[key, &[part]].concat(), bytes)?;
        }
        Ok(())
    }

    /// Removes what [`Self::put_long`] has put.
    fn remove_long(&mut self, space: Space, key: &[u8], length: usize) -> Result<(), DbError> {
        self.batch.remove(space, key)?;
        for (part, _) in (1_u8..=u8::MAX).zip((LONG_PART..length).step_by(LONG_PART)) {
            self.batch.remove(space, &[key, &[part]].concat())?;
        }
        Ok(())
    }

    fn put_value<T: Serialize>(&mut self, space: Space, key: &[u8], value: &T) -> Result<(), DbError> {
        let bytes = cbor::to_vec(value)?;
        self.put(space, key, &bytes)
    }

    /// Takes the changes that a rule has decided on for the book of `owner`.
    ///
    /// # Errors
    /// [`DbError`], here and below.
    pub fn changes(&mut self, db: &Db, owner: Address, changes: Vec<Change>) -> Result<(), DbError> {
        for change in changes {
            match change {
                Change::Append(entry) => self.append(owner, &entry)?,
                Change::Outbound(id, state) => {
                    self.put_value(OUTBOUND, &id.0, &state)?;
                    self.touched.push(id);
                }
                Change::Inbound(id, state) => {
                    let mut key = log_key(state.log);
                    key.extend(id.0);
                    if state.is_complete() {
                        self.batch.remove(INCOMPLETE, &key)?;
                    } else {
                        self.put(INCOMPLETE, &key, &[])?;
                    }
                    self.put_value(INBOUND, &id.0, &state)?;
                    self.touched.push(id);
                }
                Change::Remove(log, at) => {
                    self.batch.remove(ENTRIES, &place_key(Side::Own, log, at))?;
                }
                Change::Moved(old, new) => self.moved(db, old, new)?,
                Change::Said(id, receipts) if receipts == Receipts::default() => {
                    self.batch.remove(SAID, &id.0)?;
                }
                Change::Said(id, receipts) => self.put_value(SAID, &id.0, &receipts)?,
                Change::Lost(log, at) => self.put_value(LOST, &log_key(log), &at)?,
                Change::Vanished(log, at) => self.put_value(VANISHED, &log_key(log), &at)?,
            }
        }
        Ok(())
    }

    /// What is kept of a message of ours goes to its new id. Only the envelope is bound to the old one.
    fn moved(&mut self, db: &Db, old: MessageId, new: MessageId) -> Result<(), DbError> {
        let (from, to) = (Side::Own.message(&old), Side::Own.message(&new));
        for (space, from, to) in
            [(BODIES, &from[..], &to[..]), (CONTENT_KEYS, &from, &to), (INDEX, &from, &to), (FINDINGS, &old.0, &new.0)]
        {
            if let Some(bytes) = db.long_bytes(space, from)? {
                self.put_long(space, to, &bytes)?;
                self.remove_long(space, from, bytes.len())?;
            }
        }
        self.batch.remove(ENVELOPES, &from)?;
        self.batch.remove(OUTBOUND, &old.0)?;
        self.put(ORIGIN, &new.0, &db.origin(&old)?.0)?;
        self.put(MOVED, &old.0, &new.0)?;
        // Whoever waits for the old one looks again.
        self.touched.extend([old, new]);
        Ok(())
    }

    fn append(&mut self, owner: Address, entry: &Signed<Entry>) -> Result<(), DbError> {
        let value = entry.value();
        let log = Log::new(value.from, value.to);
        let side = Side::of(log, owner);
        self.put(ENTRIES, &place_key(side, log, (value.epoch, value.seq)), entry.bytes())?;
        self.put_value(HEADS, &side.log(log), &entry.position())?;
        if side == Side::Own {
            self.grown.push((log, entry.position()));
        }
        Ok(())
    }

    /// Keeps a second entry at one place.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn fork(&mut self, entry: &Signed<Entry>) -> Result<(), DbError> {
        let value = entry.value();
        let mut key = place_key(Side::Partner, Log::new(value.from, value.to), (value.epoch, value.seq));
        key.extend(entry.id().0);
        self.put(FORKS, &key, entry.bytes())
    }

    /// Sets a single value.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn meta<T: Serialize>(&mut self, name: &str, value: &T) -> Result<(), DbError> {
        self.put_value(META, name.as_bytes(), value)
    }

    /// Keeps leaves of the authority's log.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn log_chunk(&mut self, chunk: u64, leaves: &[u8]) -> Result<(), DbError> {
        self.put(LOG, &chunk.to_be_bytes(), leaves)
    }

    /// Notes that a partner's certificate was shown to be in the authority's log.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn shown(&mut self, certificate: &Hash) -> Result<(), DbError> {
        self.put(SHOWN, &certificate.0, &[])
    }

    /// Takes back that a certificate was shown to be in the log.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn not_shown(&mut self, certificate: &Hash) -> Result<(), DbError> {
        self.batch.remove(SHOWN, &certificate.0)?;
        Ok(())
    }

    /// Keeps a leaf about a certificate for an office number of a desk here.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn own_act(&mut self, issue_number: u64, leaf: &[u8]) -> Result<(), DbError> {
        self.put(OWN_ACTS, &issue_number.to_be_bytes(), leaf)
    }

    /// Keeps the newest proof of membership of an office here.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn membership(&mut self, office: OfficeNumber, proof: &[u8]) -> Result<(), DbError> {
        self.put(MEMBERSHIPS, office.as_str().as_bytes(), proof)
    }

    /// Keeps what a partner has attested to an office here about a fiscal year.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn attestation(
        &mut self,
        (about, by): (OfficeNumber, OfficeNumber),
        fiscal_year: u16,
        attested: &Attested,
    ) -> Result<(), DbError> {
        self.put_value(ATTESTATIONS, &attestation_key((about, by), fiscal_year), attested)
    }

    /// Keeps a CRL, which may be larger than a value; the body of the one before goes.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn crl(&mut self, db: &Db, issuer: &Hash, der: &[u8]) -> Result<(), DbError> {
        if let Some(old) = db.bytes(CRLS, &issuer.0)?.as_deref().and_then(BodyId::from_bytes) {
            db.store.bodies().discard(&mut self.batch, old)?;
        }
        let id = self.new_body(db, der)?;
        self.put(CRLS, &issuer.0, &id.to_bytes())
    }

    /// Adds a complete body: among the records if it is small, else as [`Db::large_body`].
    ///
    /// # Errors
    /// [`DbError`].
    pub fn new_body(&mut self, db: &Db, bytes: &[u8]) -> Result<BodyId, DbError> {
        match db.large_body(bytes)? {
            Some(file) => Ok(file),
            None => Ok(db.store.bodies().put(&mut self.batch, bytes)?),
        }
    }

    /// Removes a message's ciphertext.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn discard_body(&mut self, db: &Db, side: Side, id: &MessageId) -> Result<(), DbError> {
        if let Some(body) = db.body(side, id)? {
            db.store.bodies().discard(&mut self.batch, body)?;
            self.batch.remove(BODIES, &side.message(id))?;
        }
        Ok(())
    }

    /// Sets where a message's ciphertext lies.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn body(&mut self, side: Side, id: &MessageId, body: BodyId) -> Result<(), DbError> {
        self.put(BODIES, &side.message(id), &body.to_bytes())
    }

    /// Sets a desk.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn desk<T: Serialize>(&mut self, number: u16, desk: &T) -> Result<(), DbError> {
        self.put_value(DESKS, &number.to_be_bytes(), desk)
    }

    /// Keeps a certificate.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn certificate(&mut self, hash: &Hash, issuer: &Hash, der: &[u8]) -> Result<(), DbError> {
        self.put(CERTIFICATES, &hash.0, &[&issuer.0, der].concat())
    }

    /// Keeps a wrapped sealing key.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn sealing_key<T: Serialize>(&mut self, desk: u16, id: &[u8], key: &T) -> Result<(), DbError> {
        self.put_value(SEALING, &[&desk.to_be_bytes(), id].concat(), key)
    }

    /// Removes a sealing key.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn forget_sealing_key(&mut self, desk: u16, id: &[u8]) -> Result<(), DbError> {
        self.batch.remove(SEALING, &[&desk.to_be_bytes(), id].concat())?;
        Ok(())
    }

    /// Keeps a wrapped content key.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn content_key(&mut self, side: Side, id: &MessageId, wrapped: &[u8]) -> Result<(), DbError> {
        self.put(CONTENT_KEYS, &side.message(id), wrapped)
    }

    /// Keeps what lists show of a message, wrapped.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn index(&mut self, side: Side, id: &MessageId, wrapped: &[u8]) -> Result<(), DbError> {
        self.put_long(INDEX, &side.message(id), wrapped)
    }

    /// Keeps an envelope.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn envelope(&mut self, side: Side, id: &MessageId, bytes: &[u8]) -> Result<(), DbError> {
        self.put(ENVELOPES, &side.message(id), bytes)
    }

    /// Forgets the envelope and the content key of a message: they were another's.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn no_envelope(&mut self, side: Side, id: &MessageId) -> Result<(), DbError> {
        self.batch.remove(ENVELOPES, &side.message(id))?;
        self.batch.remove(CONTENT_KEYS, &side.message(id))?;
        Ok(())
    }

    /// Keeps a partner's record.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn record(&mut self, address: Address, bytes: &[u8]) -> Result<(), DbError> {
        self.put(RECORDS, address.to_string().as_bytes(), bytes)
    }

    /// Notes the certificate under which a partner was admitted.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn partner(&mut self, address: Address, certificate: &Hash) -> Result<(), DbError> {
        self.put_value(PARTNERS, address.to_string().as_bytes(), certificate)
    }

    /// Notes the office key for which mail to a partner is sealed.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn partner_key(&mut self, address: Address, known: &KnownKey) -> Result<(), DbError> {
        self.put_value(PARTNER_KEYS, address.to_string().as_bytes(), known)
    }

    /// Keeps what was found in the files of a message sent from here, wrapped.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn findings(&mut self, id: &MessageId, wrapped: &[u8]) -> Result<(), DbError> {
        self.put_long(FINDINGS, &id.0, wrapped)
    }

    /// Keeps what was sent last under a keyed hash.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn sent(&mut self, key: &[u8; 32], wrapped: &[u8]) -> Result<(), DbError> {
        self.put(SENT, key, wrapped)
    }
}
