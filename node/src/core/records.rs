//! Records: ours, issued anew as they become due, and those of partners.

use std::sync::{Arc, PoisonError};

use musubi_protocol::{
    cbor::Ext,
    ids::Address,
    record::{self, Claim, Holder, Locator, Offer, Record},
    seal::{PublicKey, Suite, keys as sealing_rules},
    signed::Unverified,
    time::{DAY, Timestamp},
};
use serde_bytes::ByteBuf;

use super::{Core, CoreError, Event, lock, rng};
use crate::db::Writes;

/// Records whose signatures are remembered as good; at most 16 KiB each.
const MAX_CHECKED: usize = 1024;

impl Core {
    /// The newest valid record of an address: ours, or a partner's as kept.
    ///
    /// # Errors
    /// [`CoreError::Db`].
    pub fn record_of(&self, address: Address) -> Result<Option<Record>, CoreError> {
        let own = self.records().into_iter().find(|record| record.speaks_for(address));
        if own.is_some() {
            return Ok(own);
        }
        let Some(bytes) = self.db.record(address)? else { return Ok(None) };
        let checked =
            lock(&self.checked).get(&address).filter(|(of, _)| *of == bytes).map(|(_, record)| record.clone());
        if let Some(record) = checked {
            // Its signature holds for ever; the certificate is judged each time.
            let certificate = self.db.certificate(&record.claim().certificate)?;
            let good = certificate.is_some_and(|(issuer, der)| self.trust.certificate(&der, &issuer).is_ok());
            return Ok(good.then_some(record));
        }
        let record = self.verify_record(&bytes)?;
        if let Some(record) = &record {
            let mut checked = lock(&self.checked);
            if checked.len() >= MAX_CHECKED {
                checked.clear();
            }
            checked.insert(address, (bytes, record.clone()));
        }
        Ok(record)
    }

    /// The key to seal for, which an address offers in its record; none if it offers none that may be used now.
    pub fn key_of(&self, address: Address, record: &Record) -> Option<PublicKey> {
        let offer = record.offer_for(&Suite::ORDER, self.now())?;
        let mut ready = lock(&self.sealing_to);
        if let Some(key) = ready
            .get(&address)
            .filter(|key| key.suite().number() == offer.suite && key.as_bytes() == offer.key.as_slice())
        {
            return Some(key.clone());
        }
        let key = offer.public_key().ok()?;
        if ready.len() >= MAX_CHECKED {
            ready.clear();
        }
        ready.insert(address, key.clone());
        Some(key)
    }

    /// Verifies a record against the certificate that it names, if that is kept and good now.
    fn verify_record(&self, bytes: &[u8]) -> Result<Option<Record>, CoreError> {
        let Ok(record) = Unverified::<Claim>::from_bytes(bytes) else { return Ok(None) };
        let Some((issuer, der)) = self.db.certificate(&record.claim().certificate)? else { return Ok(None) };
        let Ok(leaf) = self.trust.certificate(&der, &issuer) else { return Ok(None) };
        let kinds = leaf.kinds();
        let holder = Holder { office: leaf.office(), kinds, certificate: leaf.hash(), key: leaf.key() };
        Ok(record::verify(record, &holder).ok())
    }

    /// Keeps a record that an admitted desk has sent, if it is newer than the one held: for each address that the desk
    /// speaks for. A record under another certificate than the one that speaks counts for nothing, however new it is.
    ///
    /// # Errors
    /// [`CoreError::Db`]. A record that is not good is not kept, and that is no error.
    pub fn take_record(&self, bytes: &[u8]) -> Result<bool, CoreError> {
        let Some(record) = self.verify_record(bytes)? else { return Ok(false) };
        let mut writes = Writes::new();
        // One from the future would keep all later ones out.
        if record.claim().sequence > self.now().plus(DAY).0 {
            return Ok(false);
        }
        for kind in &record.claim().kinds {
            let address = Address::new(record.claim().office, *kind);
            let certificate = record.claim().certificate;
            if self.db.partner(address)? != Some(certificate) {
                continue;
            }
            let held = self.db.record(address)?.map(|bytes| self.verify_record(&bytes)).transpose()?.flatten();
            // A new computer does not know how far the one before has counted.
            let speaks = |record: &Record| record.claim().certificate == certificate;
            let held = held.filter(speaks).map(|held| held.claim().sequence);
            if !self.holds(address) && held < Some(record.claim().sequence) {
                writes.record(address, bytes)?;
            }
        }
        let new = !writes.is_empty();
        if new {
            // It comes with every connection: no need to wait for the disk.
            self.db.apply_lazily(writes)?;
        }
        Ok(new)
    }

    /// Our records in force.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        self.records.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The addresses that we listen on, as records show them.
    #[must_use]
    pub fn listening(&self) -> Vec<String> {
        self.listen.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes new listen addresses; records follow with [`Self::renew`].
    pub fn listens_on(&self, addresses: Vec<String>) {
        *self.listen.write().unwrap_or_else(PoisonError::into_inner) = addresses;
    }

    /// Makes sealing keys that are due, destroys those past their time, and issues records anew.
    ///
    /// # Errors
    /// [`CoreError`].
    pub async fn renew(self: &Arc<Self>) -> Result<(), CoreError> {
        let _one_at_a_time = self.installing.lock().await;
        self.renew_now().await
    }

    /// As [`Self::renew`], for who holds the lock.
    pub(super) async fn renew_now(self: &Arc<Self>) -> Result<(), CoreError> {
        let now = self.now();
        let mut writes = Writes::new();
        {
            let mut desks = self.desks.write().unwrap_or_else(PoisonError::into_inner);
            for desk in desks.iter_mut() {
                desk.renew_sealing_keys(&self.keys, &mut writes, now, &mut rng()?)?;
                if let Some(trusted) = self.trust.trusted_time() {
                    let gone = desk.destroy_sealing_keys(&mut writes, trusted)?;
                    if gone > 0 {
                        tracing::info!(office = %desk.kept().office(), gone, "destroyed sealing keys past their time");
                    }
                }
            }
        }
        self.trust.persist_time(&mut writes)?;
        let records = self.make_records(now, &mut writes)?;
        // The keys that a record offers are durable before anybody seals for them.
        self.db.store().commit(writes.into_batch()).await?;
        *self.records.write().unwrap_or_else(PoisonError::into_inner) = records;
        self.tell(Event::Records);
        Ok(())
    }

    fn make_records(&self, now: Timestamp, writes: &mut Writes) -> Result<Vec<Record>, CoreError> {
        const SEQUENCE: &str = "record sequence";
        let sequence = record::next_sequence(self.db.meta(SEQUENCE)?, now);
        writes.meta(SEQUENCE, &sequence)?;
        let peer = ByteBuf::from(self.peer_id().to_bytes());
        let locator = Locator { peers: vec![peer], addresses: self.listening(), ..Locator::default() };
        self.with_desks(|desks| {
            let mut records = Vec::new();
            for desk in desks {
                let Some((_, leaf)) = desk.certificate() else { continue };
                // The youngest of each suite: older ones stay good for what was sealed for them.
                let usable = |suite: Suite| {
                    let of = desk.sealing.iter().filter(|key| key.pair.public().suite() == suite);
                    let of = of.filter(|key| sealing_rules::is_plausible(key.made, now));
                    of.filter(|key| sealing_rules::usable_by_sender(key.made, now)).max_by_key(|key| key.made)
                };
                let youngest = [Suite::XWing, Suite::X25519].into_iter().filter_map(usable);
                let keys: Vec<Offer> = youngest.map(|key| Offer::new(key.pair.public(), key.made)).collect();
                if keys.is_empty() {
                    continue;
                }
                let mut kinds = leaf.kinds().to_vec();
                kinds.sort_unstable();
                let claim = Claim {
                    office: leaf.office(),
                    kinds,
                    certificate: leaf.hash(),
                    sequence,
                    issued: now,
                    until: now.plus(record::VALID_FOR),
                    locator: locator.clone(),
                    keys,
                    ext: Ext::none(),
                };
                records.push(record::sign(claim, desk.key())?);
            }
            Ok(records)
        })
    }
}
