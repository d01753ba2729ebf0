//! The files that leave the house: certificates, CRLs, trust bundle.

use ed25519_dalek::SigningKey;
use musubi_protocol::{
    certificate::{
        Serial,
        material::{self, CERTIFICATE, CRL, LOG_HEAD, TRUST_BUNDLE},
    },
    ids::Hash,
    policy::Policy,
    time::Timestamp,
};

use super::{
    Authority, Error, Register,
    audit::Deed,
    records::{self, Issued, ROOT, SECOND_ROOT, Standing},
};

impl Authority {
    /// The CRLs, made anew where the newest is older than [`CRL_AGE`](super::CRL_AGE): issuing CAs from the newest to
    /// the oldest, then the root.
    ///
    /// # Errors
    /// [`Error::ClockBehind`], and what the store refuses.
    pub fn crl(&mut self, now: Timestamp) -> Result<String, Error> {
        if let Some(file) = self.fresh_crl(now) {
            return Ok(file);
        }
        self.act(now, |draft, now| draft.refresh_crls(now))?;
        Ok(crl_file(&self.register.standing, now))
    }
}

impl Authority {
    /// Publishes another licence policy: a new trust bundle. Its number is returned.
    ///
    /// # Errors
    /// [`Error::PolicyChanged`], [`Error::ClockBehind`], and what the store refuses.
    pub fn set_policy(&mut self, policy: Policy, now: Timestamp) -> Result<u64, Error> {
        if !policy.may_follow(self.policy(), now) {
            return Err(Error::PolicyChanged);
        }
        self.act(now, |draft, _| {
            draft.set_policy(policy);
            draft.deed(Deed::Policy, None, (draft.standing.bundle.number + 1).to_string());
            Ok(())
        })?;
        Ok(self.bundle_number())
    }
}

/// CRLs that somebody does not have yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewerCrls {
    /// Deltas, as their bytes.
    pub deltas: Vec<Vec<u8>>,
    /// Whole CRLs, DER.
    pub crls: Vec<Vec<u8>>,
}

impl Authority {
    /// The key that greets: that of the newest issuing CA.
    pub(super) fn greeting_key(&self) -> Result<&SigningKey, Error> {
        let newest = self.keys.range(SECOND_ROOT + 1..).next_back().ok_or(Error::Damaged("CA"))?;
        Ok(newest.1.key())
    }

    /// What somebody with CRLs of these numbers does not have yet: deltas that lead on from those, and whole CRLs where
    /// none does. CRLs that are a day old are made anew before.
    ///
    /// # Errors
    /// [`Error::ClockBehind`], and what the store refuses.
    pub fn crls_newer_than(&mut self, held: &[(Hash, u64)], now: Timestamp) -> Result<NewerCrls, Error> {
        if !self.standing.stale_crls(now).is_empty() {
            self.act(now, |draft, now| draft.refresh_crls(now))?;
        }
        let Register { store, standing } = &self.register;
        let mut newer = NewerCrls::default();
        for number in standing.crl_issuers(now) {
            let (Some(entry), Some(crl)) = (standing.cas.get(&number), standing.crls.get(&number)) else { continue };
            let has = held.iter().find(|(issuer, _)| *issuer == entry.ca.id()).map(|(_, number)| *number);
            match has {
                Some(has) if crl.number <= has => {}
                Some(has) => match records::delta(store, number, has)? {
                    Some(delta) => newer.deltas.push(delta),
                    None => newer.crls.push(crl.bytes.to_vec()),
                },
                None => newer.crls.push(crl.bytes.to_vec()),
            }
        }
        Ok(newer)
    }
}

impl Register {
    /// The trust bundle as it was signed.
    #[must_use]
    pub fn bundle_bytes(&self) -> &[u8] {
        &self.standing.bundle.bytes
    }

    /// Issuer ids and numbers of the newest CRLs.
    #[must_use]
    pub fn crl_numbers(&self) -> Vec<(Hash, u64)> {
        let newest = self.standing.crls.iter().filter_map(|(number, crl)| {
            let ca = &self.standing.cas.get(number)?.ca;
            Some((ca.id(), crl.number))
        });
        newest.collect()
    }

    /// The leaves of the log after the first `size`, at most `most`, one after another, and the newest signed head.
    ///
    /// # Errors
    /// What the store refuses.
    pub fn leaves_after(&self, size: u64, most: usize) -> Result<(Vec<u8>, Vec<u8>), Error> {
        let end = self.log_size().min(size.saturating_add(most as u64));
        let mut leaves = Vec::new();
        for index in size..end {
            leaves.extend(records::leaf(&self.store, index)?);
        }
        Ok((leaves, self.standing.head.bytes().to_vec()))
    }

    /// The CRLs as [`Authority::crl`] gives them, if none of them has to be made anew.
    #[must_use]
    pub fn fresh_crl(&self, now: Timestamp) -> Option<String> {
        self.standing.stale_crls(now).is_empty().then(|| crl_file(&self.standing, now))
    }

    /// The trust bundle, and the newest log head behind it.
    #[must_use]
    pub fn trust_file(&self) -> String {
        material::to_pem([(TRUST_BUNDLE, &*self.standing.bundle.bytes), (LOG_HEAD, self.standing.head.bytes())])
    }

    /// The file of a certificate issued before, with the newest of everything else: for an office that lost it, or
    /// when it could not be written.
    ///
    /// # Errors
    /// [`Error::Unknown`], and what the store refuses.
    pub fn certificate_file(&self, serial: &Serial) -> Result<String, Error> {
        let issued = records::certificate(&self.store, serial)?.ok_or(Error::Unknown)?;
        certificate_file(&self.standing, &issued)
    }
}

/// Leaf, issuing CA, both roots, CRLs of issuing CA and root, trust bundle, newest log head.
pub(super) fn certificate_file(standing: &Standing, issued: &Issued) -> Result<String, Error> {
    let mut items = vec![(CERTIFICATE, issued.leaf.der())];
    for number in [issued.ca, ROOT, SECOND_ROOT] {
        items.push((CERTIFICATE, standing.cas.get(&number).ok_or(Error::Damaged("CA"))?.ca.der()));
    }
    for number in [issued.ca, ROOT] {
        items.push((CRL, &*standing.crls.get(&number).ok_or(Error::Damaged("CRL"))?.bytes));
    }
    items.push((TRUST_BUNDLE, &*standing.bundle.bytes));
    items.push((LOG_HEAD, standing.head.bytes()));
    Ok(material::to_pem(items))
}

fn crl_file(standing: &Standing, now: Timestamp) -> String {
    let crls = standing.crl_issuers(now).filter_map(|ca| standing.crls.get(&ca));
    material::to_pem(crls.map(|crl| (CRL, &*crl.bytes)))
}
