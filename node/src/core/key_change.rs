//! Partners that speak with another office key than before: nothing is sealed for it until
//! [`key_change`](musubi_protocol::key_change) says so, or a person.

use ed25519_dalek::VerifyingKey;
use musubi_protocol::{
    certificate::LeafIn,
    ids::{Address, Hash, OfficeNumber},
    key_change::{self, WAIT},
    log::Inclusion,
    record::Record,
    time::Timestamp,
};
use serde_bytes::ByteBuf;

use super::{Core, CoreError, Event};
use crate::{
    db::{KnownKey, Writes},
    transparency,
};

/// A partner's office key that is another one than before, and that nothing is sealed for yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// The partner.
    pub address: Address,
    /// Its name by the certificate that showed the key first.
    pub name: String,
    /// The number by which people compare the key ([`key_change::spoken`]).
    pub spoken: String,
    /// Since when the log has shown the certificate; `None` if what is held of the log does not.
    pub logged: Option<Timestamp>,
    /// The certificate that showed the key first.
    pub certificate: LeafIn,
}

impl NewKey {
    /// From when on mail goes to the key without anybody's word; `None` while nobody can say.
    #[must_use]
    pub fn goes_from(&self) -> Option<Timestamp> {
        self.logged.map(|logged| logged.plus(WAIT))
    }
}

fn known(key: &VerifyingKey) -> KnownKey {
    KnownKey { key: ByteBuf::from(key.as_bytes()), next: Vec::new() }
}

fn is(known: &KnownKey, key: &VerifyingKey) -> bool {
    known.key.as_slice() == key.as_bytes()
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
        let Some(held) = self.db.partner_key(to)? else { return Ok(true) };
        let Some(leaf) = self.certificate_of(&record.claim().certificate)? else { return Ok(false) };
        if is(&held, leaf.key()) {
            return Ok(true);
        }
        let next = self.next_key(to, &held)?;
        let next = next.filter(|next| next.certificate.key() == leaf.key());
        Ok(next.is_some_and(|next| self.is_settled(&next)))
    }

    /// Notes with which key a partner speaks; `before` is the certificate under which it spoke last.
    pub(super) fn note_key(
        &self,
        writes: &mut Writes,
        address: Address,
        leaf: &LeafIn,
        before: Option<Hash>,
    ) -> Result<(), CoreError> {
        let kept = self.db.partner_key(address)?;
        let held = match &kept {
            Some(kept) => kept.clone(),
            None => {
                let before = before.map(|hash| self.certificate_of(&hash)).transpose()?.flatten();
                known(before.as_ref().unwrap_or(leaf).key())
            }
        };
        let next = if is(&held, leaf.key()) {
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
        if kept.as_ref() != Some(&noted) {
            writes.partner_key(address, &noted)?;
        }
        Ok(())
    }

    /// The partners that speak with another key than before, for which nothing is sealed yet.
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

    /// Takes the word of a person that an office is the owner of a new key: what waits for it goes. Gives the addresses;
    /// none if no key of this office that has this number waits.
    ///
    /// # Errors
    /// [`CoreError`].
    pub async fn confirm_key(&self, office: OfficeNumber, spoken: &str) -> Result<Vec<Address>, CoreError> {
        let _one_at_a_time = self.changing_keys.lock().await;
        let meant: Vec<NewKey> = self
            .new_keys()?
            .into_iter()
            .filter(|key| key.address.office == office && key_change::is_spoken(key.certificate.key(), spoken))
            .collect();
        self.take_up(&meant).await?;
        for key in &meant {
            tracing::info!(partner = %key.address, "a person has confirmed the new key of a partner");
        }
        Ok(meant.into_iter().map(|key| key.address).collect())
    }

    /// Takes up the keys that the log has shown for long enough. Gives in how many seconds the next one is due.
    ///
    /// # Errors
    /// [`CoreError`].
    pub async fn settle_keys(&self) -> Result<Option<u64>, CoreError> {
        let _one_at_a_time = self.changing_keys.lock().await;
        let (mut settled, mut due) = (Vec::new(), None::<u64>);
        let now = self.trust.wall().min(self.trust.trusted_time().unwrap_or_default());
        for (address, held) in self.db.partner_keys()? {
            let Some(next) = self.next_key(address, &held)? else { continue };
            if self.is_settled(&next) {
                tracing::info!(partner = %address, "the log has shown the new key of a partner for a day");
                settled.push(next);
            } else if let Some(from) = next.goes_from() {
                let left = from.since(now);
                due = Some(due.map_or(left, |due| due.min(left)));
            }
        }
        self.take_up(&settled).await?;
        Ok(due)
    }

    async fn take_up(&self, keys: &[NewKey]) -> Result<(), CoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        let mut writes = Writes::new();
        for key in keys {
            writes.partner_key(key.address, &known(key.certificate.key()))?;
        }
        self.db.store().commit(writes.into_batch()).await?;
        // What lacked an envelope gets one.
        self.tell(Event::PartnerRecord);
        Ok(())
    }

    /// The key of a partner that is another one than the known one.
    fn next_key(&self, address: Address, held: &KnownKey) -> Result<Option<NewKey>, CoreError> {
        let Some(hash) = held.next.first() else { return Ok(None) };
        // Was it an impostor, then the key before stays the known one.
        if self.is_revoked(address)? {
            return Ok(None);
        }
        let Some(certificate) = self.certificate_of(hash)? else { return Ok(None) };
        let logged = transparency::logged(&self.db, &Inclusion::act_of(&certificate))?;
        let spoken = key_change::spoken(certificate.key());
        Ok(Some(NewKey { address, name: certificate.name().to_owned(), spoken, logged, certificate }))
    }

    fn is_settled(&self, key: &NewKey) -> bool {
        key_change::is_settled(key.logged, self.trust.wall(), self.trust.trusted_time())
    }

    pub(super) fn certificate_of(&self, hash: &Hash) -> Result<Option<LeafIn>, CoreError> {
        let kept = self.db.certificate(hash)?;
        // It was judged before it was kept.
        Ok(kept.and_then(|(_, der)| LeafIn::parse(&der).ok()))
    }
}
