//! Partners that speak with another office key than before: nothing is sealed for it until
//! [`key_change`](musubi_protocol::key_change) says so, or a person.

use std::sync::{Arc, MutexGuard, PoisonError};

use ed25519_dalek::VerifyingKey;
use musubi_protocol::{
    certificate::LeafIn,
    ids::{Address, Hash, OfficeNumber},
    key_change::{self, WAIT},
    record::Record,
    time::Timestamp,
    trust::Distrust,
};

use super::{Core, CoreError, Event};
use crate::{
    db::{KnownKey, Writes},
    transparency::{self, Logged},
};

/// A partner's office key that is another one than before, and that nothing is sealed for yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// The partner.
    pub address: Address,
    /// The number by which people compare the key ([`key_change::spoken`]).
    pub spoken: String,
    /// What the log that is held here says of the certificate; `None` if it does not show it.
    pub logged: Option<Logged>,
    /// The certificate that showed the key first, of those that are not revoked.
    pub certificate: LeafIn,
}

/// What a new key waits for, if nobody confirms it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaits {
    /// That it has stood in the log for long enough.
    Time(Timestamp),
    /// That time is over: a newer signature over the log, or a clock that is right.
    News,
    /// The log that is held here does not show it.
    Leaf,
    /// Nothing is held of the log.
    Log,
}

/// What became of a person's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// Mail goes to these addresses.
    Addresses(Vec<Address>),
    /// No key of this office waits.
    Nothing,
    /// A key of this office waits, and has another number.
    OtherNumber,
}

impl Core {
    /// The record for which mail to an address is sealed: none if there is none, or if nothing is sealed for the key of
    /// its desk yet.
    ///
    /// # Errors
    /// [`CoreError`].
    pub fn sealing_record(&self, to: Address) -> Result<Option<Record>, CoreError> {
        let Some(record) = self.record_of(to)? else { return Ok(None) };
        Ok(self.seals_for(to, &record)?.then_some(record))
    }

    /// Whether mail to an address may be sealed for the desk of a record.
    ///
    /// # Errors
    /// [`CoreError`].
    pub fn seals_for(&self, to: Address, record: &Record) -> Result<bool, CoreError> {
        if self.holds(to) {
            return Ok(true);
        }
        // Of a partner who was never here nobody knows another key.
        let Some(held) = self.known_key(to)? else { return Ok(true) };
        let Some(leaf) = self.certificate_of(&record.claim().certificate)? else { return Ok(false) };
        if held.is_key(leaf.key()) {
            return Ok(true);
        }
        let next = self.next_key(to, &held)?.filter(|next| next.certificate.key() == leaf.key());
        Ok(next.is_some_and(|next| self.is_settled(&next)))
    }

    /// The key for which mail to a partner is sealed: what is kept of it, or the one with which it was admitted last.
    fn known_key(&self, address: Address) -> Result<Option<KnownKey>, CoreError> {
        if let Some(kept) = self.db.partner_key(address)? {
            return Ok(Some(kept));
        }
        let before = self.db.partner(address)?.map(|hash| self.certificate_of(&hash)).transpose()?.flatten();
        Ok(before.map(|before| KnownKey::of(before.key())))
    }

    /// Whoever notes keys of partners does so alone.
    pub(super) fn noting_keys(&self) -> MutexGuard<'_, ()> {
        self.noting_keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes with which key a partner speaks. The caller holds [`Self::noting_keys`] until it is applied, and notes the
    /// certificate afterwards.
    pub(super) fn note_key(&self, writes: &mut Writes, address: Address, leaf: &LeafIn) -> Result<(), CoreError> {
        if self.holds(address) {
            return Ok(());
        }
        let held = match self.known_key(address)? {
            Some(held) => held,
            None => self.known_elsewhere(leaf)?.unwrap_or_else(|| KnownKey::of(leaf.key())),
        };
        let next = if held.is_key(leaf.key()) {
            Vec::new()
        } else {
            let shown = self.next_key(address, &held)?;
            let shown = shown.filter(|next| next.certificate.key() == leaf.key());
            // A renewal does not make it younger.
            vec![shown.map_or_else(|| leaf.hash(), |next| next.certificate.hash())]
        };
        if !next.is_empty() && next != held.next {
            tracing::warn!(partner = %address, "a partner speaks with another key than before: its mail waits");
        }
        let noted = KnownKey { next, ..held };
        if self.db.partner_key(address)?.as_ref() != Some(&noted) {
            writes.partner_key(address, &noted)?;
        }
        Ok(())
    }

    /// The key by which another address of a desk is known, where it is another one than the desk's: what is new for that
    /// address is new for all.
    fn known_elsewhere(&self, leaf: &LeafIn) -> Result<Option<KnownKey>, CoreError> {
        for address in leaf.addresses() {
            let held = self.known_key(address)?;
            if let Some(held) = held.filter(|held| !held.is_key(leaf.key())) {
                return Ok(Some(KnownKey { next: Vec::new(), ..held }));
            }
        }
        Ok(None)
    }

    /// The partners that speak with another key than before, for which nothing is sealed yet. Reads of the log what was not
    /// read yet: blocks.
    ///
    /// # Errors
    /// [`CoreError`].
    pub fn new_keys(&self) -> Result<Vec<NewKey>, CoreError> {
        let mut all = Vec::new();
        for (address, held) in self.db.partner_keys()? {
            all.extend(self.next_key(address, &held)?.filter(|next| !self.is_settled(next)));
        }
        Ok(all)
    }

    /// What a new key waits for.
    ///
    /// # Errors
    /// [`CoreError`].
    pub fn awaits(&self, key: &NewKey) -> Result<Awaits, CoreError> {
        Ok(match key.logged.map(|logged| logged.since.plus(WAIT)) {
            Some(from) if self.now() < from => Awaits::Time(from),
            Some(_) => Awaits::News,
            None if transparency::covered_size(&self.db)? == 0 => Awaits::Log,
            None => Awaits::Leaf,
        })
    }

    /// Takes the word of a person that an office is the owner of a new key: what waits for it goes.
    ///
    /// # Errors
    /// [`CoreError`].
    pub async fn confirm_key(self: &Arc<Self>, office: OfficeNumber, spoken: &str) -> Result<Confirmed, CoreError> {
        let of_office = |key: &NewKey| key.address.office == office;
        let core = Arc::clone(self);
        let looking = tokio::task::spawn_blocking(move || core.new_keys());
        let found = looking.await.map_err(|_| CoreError::Stopped)??;
        let waiting: Vec<NewKey> = found.into_iter().filter(of_office).collect();
        if waiting.is_empty() {
            return Ok(Confirmed::Nothing);
        }
        let meant = |key: &NewKey| key_change::is_spoken(key.certificate.key(), spoken);
        let meant: Vec<NewKey> = waiting.into_iter().filter(meant).collect();
        if meant.is_empty() {
            return Ok(Confirmed::OtherNumber);
        }
        let taken = self.take_up(&meant).await?;
        for address in &taken {
            tracing::info!(partner = %address, "a person has confirmed the new key of a partner");
        }
        // With yet another key by now, it is as if none had that number.
        Ok(if taken.is_empty() { Confirmed::OtherNumber } else { Confirmed::Addresses(taken) })
    }

    /// Takes up the keys that the log has shown for long enough. Gives in how many seconds the next one is due, by the
    /// clock.
    ///
    /// # Errors
    /// [`CoreError`].
    pub async fn settle_keys(self: &Arc<Self>) -> Result<Option<u64>, CoreError> {
        let core = Arc::clone(self);
        let looking = tokio::task::spawn_blocking(move || core.settled_keys());
        let (settled, due) = looking.await.map_err(|_| CoreError::Stopped)??;
        let _ = self.take_up(&settled).await?;
        Ok(due)
    }

    fn settled_keys(&self) -> Result<(Vec<NewKey>, Option<u64>), CoreError> {
        let (mut settled, mut due) = (Vec::new(), None::<u64>);
        for (address, held) in self.db.partner_keys()? {
            let Some(next) = self.next_key(address, &held)? else { continue };
            if self.is_settled(&next) {
                tracing::info!(partner = %address, "the log has shown the new key of a partner for a day");
                settled.push(next);
            } else if let Some(logged) = next.logged {
                let left = logged.since.plus(WAIT).since(self.trust.wall());
                // Once it is over, news are waited for.
                if 0 < left {
                    due = Some(due.map_or(left, |due| due.min(left)));
                }
            }
        }
        Ok((settled, due))
    }

    /// Takes keys up with which their partners speak still; whose.
    async fn take_up(&self, keys: &[NewKey]) -> Result<Vec<Address>, CoreError> {
        let mut taken = Vec::new();
        if keys.is_empty() {
            return Ok(taken);
        }
        {
            let _alone = self.noting_keys();
            let mut writes = Writes::new();
            for key in keys {
                // It may speak with yet another one by now.
                let held = self.db.partner_key(key.address)?;
                let next = held.map(|held| self.next_key(key.address, &held)).transpose()?.flatten();
                if next.is_some_and(|next| next.certificate.key() == key.certificate.key()) {
                    writes.partner_key(key.address, &KnownKey::of(key.certificate.key()))?;
                    taken.push(key.address);
                }
            }
            self.db.apply_lazily(writes)?;
        }
        self.db.store().durable().await?;
        // What lacked an envelope gets one.
        self.tell(Event::PartnerRecord);
        Ok(taken)
    }

    /// The key of a partner that is another one than the known one, while its certificate is not revoked.
    fn next_key(&self, address: Address, held: &KnownKey) -> Result<Option<NewKey>, CoreError> {
        let Some(first) = held.next.first() else { return Ok(None) };
        // Was it an impostor, then the key before stays the known one.
        if self.is_revoked(address)? {
            return Ok(None);
        }
        let Some(mut certificate) = self.certificate_of(first)? else { return Ok(None) };
        if self.is_revoked_certificate(first)? {
            // How long that one has stood in the log says nothing for a later one.
            let speaks = self.db.partner(address)?.map(|hash| self.certificate_of(&hash)).transpose()?.flatten();
            let Some(speaks) = speaks.filter(|speaks| speaks.key() == certificate.key()) else { return Ok(None) };
            certificate = speaks;
        }
        let logged = self.sought.logged(&self.db, &certificate)?;
        let spoken = key_change::spoken(certificate.key());
        Ok(Some(NewKey { address, spoken, logged, certificate }))
    }

    fn is_settled(&self, key: &NewKey) -> bool {
        key.logged.is_some_and(|logged| key_change::is_settled(logged.since, logged.signed, self.trust.wall()))
    }

    fn is_revoked_certificate(&self, hash: &Hash) -> Result<bool, CoreError> {
        let Some((issuer, der)) = self.db.certificate(hash)? else { return Ok(false) };
        Ok(matches!(self.trust.certificate(&der, &issuer), Err(Distrust::Revoked)))
    }

    fn certificate_of(&self, hash: &Hash) -> Result<Option<LeafIn>, CoreError> {
        let kept = self.db.certificate(hash)?;
        // It was judged before it was kept.
        Ok(kept.and_then(|(_, der)| LeafIn::parse(&der).ok()))
    }
}

impl KnownKey {
    fn of(key: &VerifyingKey) -> Self {
        Self { key: key.to_bytes(), next: Vec::new() }
    }

    fn is_key(&self, key: &VerifyingKey) -> bool {
        self.key == key.to_bytes()
    }
}
