//! The files that leave the house: certificates, CRLs, trust bundle.

use musubi_protocol::{
    certificate::{
        Serial,
        material::{self, CERTIFICATE, CRL, LOG_HEAD, TRUST_BUNDLE},
    },
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

impl Register {
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
