//! What has changed between two CRLs of one CA, small enough to be passed on at every revocation.
//!
//! A delta is CBOR `[issuer id, from, number, thisUpdate, nextUpdate, [entry, ..], [serial, ..], signature, ext]`, an
//! entry `[serial, at, reason code]`; both lists rise by serial number. It is not signed itself: it carries the
//! signature of the CRL that it leads to, and [`Delta::apply`] builds that CRL in its one encoding and checks it, so
//! that any peer may serve it. An entry that changed stands in both lists.

use rcgen::Issuer;
use rustls_pki_types::CertificateDer;
use serde_bytes::ByteBuf;
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use super::{Crl, CrlIn, Error, MAX, Reason, Revoked, encode};
use crate::{
    cbor::{self, Ext},
    certificate::{Ca, Serial},
    ids::Hash,
    time::Timestamp,
};

/// Why a delta led nowhere. The whole CRL does.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeltaError {
    /// Not CBOR of this form, or an extension that must be understood.
    #[error(transparent)]
    Encoding(#[from] cbor::Error),
    /// Lists that do not rise, a reason that does not exist, a number that does not rise.
    #[error("not a well-formed delta")]
    Malformed,
    /// It leads on from another CRL than the one at hand.
    #[error("leads on from CRL number {from}")]
    Base {
        /// The number from which it does.
        from: u64,
    },
    /// What it leads to is not a CRL that its CA has signed.
    #[error("the CRL that it leads to is not good")]
    Crl(#[from] Error),
}

/// The change from one CRL to a later one of the same CA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    issuer: Hash,
    from: u64,
    number: u64,
    this_update: Timestamp,
    next_update: Timestamp,
    added: Vec<Revoked>,
    removed: Vec<Serial>,
    signature: [u8; 64],
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Entry(ByteBuf, Timestamp, u8);

#[derive(Serialize_tuple, Deserialize_tuple)]
struct Wire {
    issuer: Hash,
    from: u64,
    number: u64,
    this_update: Timestamp,
    next_update: Timestamp,
    added: Vec<Entry>,
    removed: Vec<ByteBuf>,
    signature: ByteBuf,
    ext: Ext,
}

/// Stands in for the CA's key where the signature is known already.
struct Recorded<'a> {
    ca: &'a Ca,
    signature: &'a [u8; 64],
}

impl rcgen::PublicKeyData for Recorded<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.ca.key().as_bytes()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ED25519
    }
}

impl rcgen::SigningKey for Recorded<'_> {
    fn sign(&self, _bytes: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(self.signature.to_vec())
    }
}

impl Delta {
    /// Tells what leads from one CRL to a later one. `None` if they are of two CAs, if the second is not later, or if
    /// it is in an encoding that could not be built again.
    #[must_use]
    pub fn between(old: &Crl, new: &Crl, ca: &Ca) -> Option<Self> {
        if old.issuer() != ca.id() || new.issuer() != ca.id() || new.number() <= old.number() {
            return None;
        }
        let news = |entry: &&Revoked| old.entry(&entry.serial) != Some(entry);
        let gone = |entry: &&Revoked| new.entry(&entry.serial) != Some(entry);
        let delta = Self {
            issuer: ca.id(),
            from: old.number(),
            number: new.number(),
            this_update: new.this_update(),
            next_update: new.next_update(),
            added: new.revoked().iter().filter(news).copied().collect(),
            removed: old.revoked().iter().filter(gone).map(|entry| entry.serial).collect(),
            signature: new.signature,
        };
        (delta.build(old, ca).ok()? == new.der()).then_some(delta)
    }

    /// Puts two deltas together of which the second leads on from where the first leads to; `None` for others.
    #[must_use]
    pub fn then(&self, next: &Self) -> Option<Self> {
        if self.issuer != next.issuer || self.number != next.from {
            return None;
        }
        let mut added: Vec<Revoked> =
            self.added.iter().filter(|entry| !has(&next.removed, &entry.serial)).copied().collect();
        added.extend(&next.added);
        added.sort_by_key(|entry| entry.serial);
        // What the first added and the second takes away again was never in the older CRL.
        let never = |serial: &&Serial| self.added.binary_search_by_key(*serial, |entry| entry.serial).is_ok();
        let mut removed: Vec<Serial> = next.removed.iter().filter(|serial| !never(serial)).copied().collect();
        removed.extend(&self.removed);
        removed.sort_unstable();
        removed.dedup();
        Some(Self { from: self.from, added, removed, ..next.clone() })
    }

    /// Leads from the CRL at hand to the next, built to the byte as its CA has signed it.
    ///
    /// # Errors
    /// [`DeltaError::Base`] if it leads on from another CRL, [`DeltaError::Malformed`] if it does not fit that one,
    /// [`DeltaError::Crl`] if the CA has not signed what comes out.
    pub fn apply(&self, old: &Crl, ca: &Ca) -> Result<Crl, DeltaError> {
        if old.issuer() != self.issuer || ca.id() != self.issuer {
            return Err(DeltaError::Crl(Error::Issuer));
        }
        if old.number() != self.from {
            return Err(DeltaError::Base { from: self.from });
        }
        Ok(CrlIn::parse(&self.build(old, ca)?)?.verify(ca)?)
    }

    fn build(&self, old: &Crl, ca: &Ca) -> Result<Vec<u8>, DeltaError> {
        let mut entries: Vec<Revoked> =
            old.revoked().iter().filter(|entry| !has(&self.removed, &entry.serial)).copied().collect();
        if entries.len() + self.removed.len() != old.revoked().len() {
            return Err(DeltaError::Malformed);
        }
        entries.extend(&self.added);
        entries.sort_by_key(|entry| entry.serial);
        if entries.windows(2).any(|pair| pair[0].serial == pair[1].serial) {
            return Err(DeltaError::Malformed);
        }
        let key = Recorded { ca, signature: &self.signature };
        let issuer =
            Issuer::from_ca_cert_der(&CertificateDer::from(ca.der()), key).map_err(|_| DeltaError::Malformed)?;
        encode(&issuer, ca.key_id(), self.number, (self.this_update, self.next_update), &entries)
            .map_err(|_| DeltaError::Malformed)
    }

    /// Reads a delta strictly.
    ///
    /// # Errors
    /// [`DeltaError`]; never panics.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DeltaError> {
        let wire: Wire = cbor::from_slice(bytes, MAX)?;
        wire.ext.check()?;
        let serial = |bytes: &ByteBuf| Serial::from_bytes(bytes).map_err(|_| DeltaError::Malformed);
        let added: Vec<Revoked> = wire
            .added
            .iter()
            .map(|Entry(bytes, at, code)| {
                let reason = Reason::from_code(*code).ok_or(DeltaError::Malformed)?;
                Ok(Revoked { serial: serial(bytes)?, at: *at, reason })
            })
            .collect::<Result<_, DeltaError>>()?;
        let removed: Vec<Serial> = wire.removed.iter().map(serial).collect::<Result<_, DeltaError>>()?;
        let rising = added.windows(2).all(|pair| pair[0].serial < pair[1].serial)
            && removed.windows(2).all(|pair| pair[0] < pair[1]);
        let signature = wire.signature.as_slice().try_into().map_err(|_| DeltaError::Malformed)?;
        if !rising || wire.number <= wire.from || wire.next_update <= wire.this_update {
            return Err(DeltaError::Malformed);
        }
        let Wire { issuer, from, number, this_update, next_update, .. } = wire;
        Ok(Self { issuer, from, number, this_update, next_update, added, removed, signature })
    }

    /// The delta's bytes: some 25 for each entry, and 150.
    ///
    /// # Errors
    /// [`cbor::Error`], which a delta that was read or told does not have.
    pub fn to_bytes(&self) -> Result<Vec<u8>, cbor::Error> {
        let octets = |serial: &Serial| ByteBuf::from(serial.as_bytes().as_slice());
        let entry = |entry: &Revoked| Entry(octets(&entry.serial), entry.at, entry.reason.code());
        cbor::to_vec(&Wire {
            issuer: self.issuer,
            from: self.from,
            number: self.number,
            this_update: self.this_update,
            next_update: self.next_update,
            added: self.added.iter().map(entry).collect(),
            removed: self.removed.iter().map(octets).collect(),
            signature: ByteBuf::from(self.signature.as_slice()),
            ext: Ext::none(),
        })
    }

    /// The id of the CA.
    #[must_use]
    pub const fn issuer(&self) -> Hash {
        self.issuer
    }

    /// The number of the CRL from which it leads on.
    #[must_use]
    pub const fn from(&self) -> u64 {
        self.from
    }

    /// The number of the CRL that it leads to.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }
}

fn has(rising: &[Serial], serial: &Serial) -> bool {
    rising.binary_search(serial).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{time::DAY, trust::testing::TestAuthority};

    const NOW: Timestamp = Timestamp(1_790_000_000);

    /// A CA whose list lives: some are revoked, some fall off, some get another reason.
    struct Life {
        authority: TestAuthority,
        entries: Vec<Revoked>,
        number: u64,
        now: Timestamp,
    }

    impl Life {
        fn new(seed: u64) -> Self {
            Self { authority: TestAuthority::new(seed, NOW), entries: vec![], number: 0, now: NOW }
        }

        fn ca(&self) -> &Ca {
            self.authority.issuing.ca()
        }

        fn below(&mut self, limit: usize) -> usize {
            (self.authority.random() % limit as u64) as usize
        }

        fn step(&mut self) -> Crl {
            self.now = self.now.plus(1 + self.below(DAY as usize) as u64);
            self.number += 1 + self.below(3) as u64;
            for _ in 0..self.below(4) {
                let reason = Reason::ALL[self.below(Reason::ALL.len())];
                let serial = Serial::random(&mut self.authority.rng);
                self.entries.push(Revoked { serial, at: self.now, reason });
            }
            for _ in 0..self.below(3).min(self.entries.len()) {
                let at = self.below(self.entries.len());
                match self.below(3) {
                    0 => self.entries[at].reason = Reason::KeyCompromise,
                    _ => drop(self.entries.swap_remove(at)),
                }
            }
            let crl = self.authority.issuing.crl(self.number, self.now, &self.entries).unwrap();
            crl.verify(self.ca()).unwrap()
        }
    }

    fn through_bytes(delta: &Delta) -> Delta {
        Delta::from_bytes(&delta.to_bytes().unwrap()).unwrap()
    }

    #[test]
    fn a_thousand_deltas_rebuild_each_list_to_the_byte() {
        let mut life = Life::new(1);
        let mut held = life.step();
        let (mut far, first) =
            (None::<Delta>, life.authority.issuing.crl(held.number(), held.this_update(), held.revoked()));
        let first = first.unwrap().verify(life.ca()).unwrap();
        for _ in 0..1_000 {
            let next = life.step();
            let delta = Delta::between(&held, &next, life.ca()).unwrap();
            let delta = through_bytes(&delta);
            held = delta.apply(&held, life.ca()).unwrap();
            assert_eq!(held.der(), next.der());
            // The whole way in one delta.
            let whole = match &far {
                Some(far) => through_bytes(&far.then(&delta).unwrap()),
                None => delta,
            };
            assert_eq!(whole.apply(&first, life.ca()).unwrap().der(), next.der());
            far = Some(whole);
        }
        assert!(life.entries.len() > 100, "{}", life.entries.len());
    }

    #[test]
    fn a_delta_fits_its_own_list_only() {
        let mut life = Life::new(2);
        let lists: Vec<Crl> = (0..40).map(|_| life.step()).collect();
        let ca = life.ca();
        let delta = Delta::between(&lists[20], &lists[39], ca).unwrap();
        assert_eq!(delta.apply(&lists[19], ca).err(), Some(DeltaError::Base { from: lists[20].number() }));
        assert_eq!(Delta::between(&lists[21], &lists[20], ca), None);
        assert_eq!(Delta::between(&lists[20], &lists[20], ca), None);
        let root = life.authority.root1.ca();
        assert_eq!(Delta::between(&lists[20], &lists[21], root), None);
        assert_eq!(delta.apply(&lists[20], root).err(), Some(DeltaError::Crl(Error::Issuer)));
        assert_eq!(delta.then(&delta), None);
    }

    #[test]
    fn whoever_serves_a_delta_can_change_nothing() {
        let mut life = Life::new(3);
        let mut old = life.step();
        let (old, new) = loop {
            let new = life.step();
            let kept = old.revoked().iter().any(|entry| new.entry(&entry.serial) == Some(entry));
            let delta = Delta::between(&old, &new, life.ca()).unwrap();
            if kept && !delta.added.is_empty() && !delta.removed.is_empty() {
                break (old, new);
            }
            old = new;
        };
        let ca = life.ca();
        let good = Delta::between(&old, &new, ca).unwrap();
        let bent = |bend: &dyn Fn(&mut Delta)| {
            let mut delta = good.clone();
            bend(&mut delta);
            through_bytes(&delta).apply(&old, ca).err()
        };
        assert_eq!(bent(&|_| {}), None);
        let forged = Some(DeltaError::Crl(Error::Signature));
        assert_eq!(bent(&|d| d.added.truncate(d.added.len() - 1)), forged);
        assert_eq!(bent(&|d| d.added[0].at = NOW), forged);
        assert_eq!(bent(&|d| d.added[0].reason = Reason::CaCompromise), forged);
        // An entry that is kept and added as well is no list at all; one that is only kept is another list.
        let kept = bent(&|d| d.removed.truncate(d.removed.len() - 1));
        assert!(kept == forged || kept == Some(DeltaError::Malformed), "{kept:?}");
        assert_eq!(bent(&|d| d.number += 1), forged);
        assert_eq!(bent(&|d| d.this_update = d.this_update.plus(1)), forged);
        assert_eq!(bent(&|d| d.next_update = d.next_update.plus(1)), forged);
        assert_eq!(bent(&|d| d.signature[7] ^= 1), forged);
        assert_eq!(bent(&|d| d.removed = vec![Serial::from_bytes(&[0x7f; 16]).unwrap()]), Some(DeltaError::Malformed));
        let kept = *old.revoked().iter().find(|entry| new.entry(&entry.serial).is_some()).unwrap();
        let twice = bent(&|d| {
            d.added.push(kept);
            d.added.sort_by_key(|entry| entry.serial);
        });
        assert_eq!(twice, Some(DeltaError::Malformed));
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Delta::from_bytes(&bytes);
        }

        #[test]
        fn altered_bytes_lead_nowhere_else(at in any::<prop::sample::Index>(), byte: u8) {
            let mut life = Life::new(4);
            let (old, new) = (life.step(), { life.step(); life.step() });
            let mut bytes = Delta::between(&old, &new, life.ca()).unwrap().to_bytes().unwrap();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(crl) = Delta::from_bytes(&bytes).and_then(|delta| delta.apply(&old, life.ca())) {
                prop_assert_eq!(crl.der(), new.der());
            }
        }
    }
}
