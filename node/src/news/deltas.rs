//! What leads from earlier CRLs to those in force, for partners who hold an earlier one.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use musubi_protocol::{
    crl::{Crl, Delta},
    ids::Hash,
    trust::Trust,
};

/// From how many earlier CRLs of one CA a delta is remembered.
const MAX_EARLIER: usize = 64;
/// The longest that is remembered, in bytes; beyond, the whole CRL is no worse.
const MAX_BYTES: usize = 8 << 10;

/// Deltas by the CA's id, oldest start first. They are made again after a restart, as lists come.
#[derive(Debug, Default)]
pub(crate) struct Deltas(Mutex<HashMap<Hash, Vec<Delta>>>);

impl Deltas {
    /// Learns what leads from the lists of before to those of now.
    pub(crate) fn learn(&self, before: &Trust, now: &Trust) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for crl in now.crls() {
            let Some(old) = before.crls().find(|old| old.issuer() == crl.issuer()) else { continue };
            if old.number() < crl.number() {
                step(held.entry(crl.issuer()).or_default(), old, crl, now);
            }
        }
    }

    /// What leads from one number to another, as its bytes.
    pub(crate) fn leading(&self, issuer: &Hash, from: u64, to: u64) -> Option<Vec<u8>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let delta = held.get(issuer)?.iter().find(|delta| (delta.from(), delta.number()) == (from, to))?;
        delta.to_bytes().ok()
    }
}

/// Leads all deltas of a CA on to its new CRL.
fn step(deltas: &mut Vec<Delta>, old: &Crl, new: &Crl, trust: &Trust) {
    let ca = trust.issuing().chain(trust.roots()).find(|ca| ca.id() == new.issuer());
    let Some(last) = ca.and_then(|ca| Delta::between(old, new, ca)) else {
        deltas.clear();
        return;
    };
    let mut led: Vec<Delta> = deltas.iter().filter_map(|delta| delta.then(&last)).collect();
    led.push(last);
    led.retain(|delta| delta.to_bytes().is_ok_and(|bytes| bytes.len() <= MAX_BYTES));
    let surplus = led.len().saturating_sub(MAX_EARLIER);
    led.drain(..surplus);
    *deltas = led;
}
