//! The files that leave the house: certificates, CRLs, trust bundle.

use ed25519_dalek::SigningKey;
use jiff::civil::Date;
use musubi_protocol::{
    certificate::{
        Role, Serial,
        material::{self, CERTIFICATE, CRL, LOG_HEAD, LOG_PROOF, TRUST_BUNDLE},
    },
    ids::Hash,
    log::{Inclusion, Side},
    policy::Policy,
    time::{DAY, Timestamp},
};
use serde_bytes::ByteBuf;

use super::{
    Authority, Error, HEAD_AGE, Register,
    audit::Deed,
    dates,
    records::{self, Issued, ROOT, SECOND_ROOT, Standing},
};

/// How long before the day from which certificates count only with a proof from the log it has to be known: lists travel
/// within hours, but an office may be closed for weeks, and one without Internet gets its proof by file.
pub const NOTICE: u64 = 60 * DAY;

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

    /// Makes CRLs anew that are a day old, and signs the log's head anew that is [`HEAD_AGE`] old: whoever waits for a
    /// certificate to have stood in the log for a day waits for a head of after that.
    ///
    /// # Errors
    /// [`Error::ClockBehind`], and what the store refuses.
    pub fn keep_fresh(&mut self, now: Timestamp) -> Result<(), Error> {
        let signed = self.standing.head.value().time;
        if self.fresh_crl(now).is_some() && now.since(signed) < HEAD_AGE {
            return Ok(());
        }
        self.act(now, |draft, now| draft.refresh_crls(now))
    }
}

impl Authority {
    /// Publishes from when on a certificate counts only with a proof from the log: a new trust bundle. Its number is
    /// returned.
    ///
    /// Every office has to have fetched its proof by then, so that the day lies at least [`NOTICE`] ahead; only where no
    /// office has a certificate in force yet it may be any day from today on. A date that was published may be moved like
    /// that, also when it has passed, but it does not go: nodes take no bundle without it any more.
    ///
    /// # Errors
    /// [`Error::TooSoon`], [`Error::ClockBehind`], and what the store refuses.
    pub fn require_proofs(&mut self, day: Date, now: Timestamp) -> Result<u64, Error> {
        let from = dates::start_of(day)?;
        let mut first = dates::start_of(dates::day_of(now)?)?;
        for issued in records::certificates(&self.store, None) {
            let issued = issued?;
            if issued.leaf.role() == Role::Office && issued.is_live(now) {
                first = now.plus(NOTICE);
                break;
            }
        }
        // Zero would say "never".
        if from < first || from.0 == 0 {
            return Err(Error::TooSoon { first });
        }
        self.act(now, |draft, _| {
            draft.set_enforce(from);
            draft.deed(Deed::LogRequired, None, day.to_string());
            Ok(())
        })?;
        Ok(self.bundle_number())
    }

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
    /// From when on a certificate counts only with a proof from the log; `None` for never.
    #[must_use]
    pub fn proofs_required(&self) -> Option<Timestamp> {
        Some(self.standing.public.enforce_from).filter(|from| from.0 != 0)
    }

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
        certificate_file(&self.standing, &issued, self.inclusion(&issued.leaf.hash())?.as_ref())
    }

    /// What shows that a certificate stands in the log, by the newest head; `None` for one that does not.
    ///
    /// # Errors
    /// What the store refuses.
    pub fn inclusion(&self, certificate: &Hash) -> Result<Option<Inclusion>, Error> {
        let Some(index) = records::place_of(&self.store, certificate)? else { return Ok(None) };
        let Standing { tree, head, .. } = &self.standing;
        let path = tree.prove(index, tree.size(), |group| self.group(group))?.ok_or(Error::Damaged("log"))?;
        Ok(Some(Inclusion::new(head.bytes().to_vec(), index, path)))
    }

    /// How the log leads on from an earlier size to the newest head; `None` from nothing, and from a size that it has not
    /// reached.
    ///
    /// # Errors
    /// What the store refuses.
    pub fn lead_on(&self, size: u64) -> Result<Option<Side>, Error> {
        let Standing { tree, head, .. } = &self.standing;
        let (root, path) = (
            tree.root_at(size, |group| self.group(group))?,
            tree.lead_on(size, tree.size(), |group| self.group(group))?,
        );
        Ok(root.zip(path).map(|(root, path)| Side { head: ByteBuf::from(head.bytes()), root, path }))
    }

    /// The hashes of the leaves of a full group.
    fn group(&self, group: u64) -> Result<Vec<Hash>, Error> {
        self.standing.groups.get(&self.store, group)
    }
}

/// Leaf, issuing CA, both roots, CRLs of issuing CA and root, trust bundle, newest log head, and the proof that the leaf
/// stands in the log of that head: with it an office that has no Internet is let in too.
pub(super) fn certificate_file(
    standing: &Standing,
    issued: &Issued,
    proof: Option<&Inclusion>,
) -> Result<String, Error> {
    let mut items = vec![(CERTIFICATE, issued.leaf.der())];
    for number in [issued.ca, ROOT, SECOND_ROOT] {
        items.push((CERTIFICATE, standing.cas.get(&number).ok_or(Error::Damaged("CA"))?.ca.der()));
    }
    for number in [issued.ca, ROOT] {
        items.push((CRL, &*standing.crls.get(&number).ok_or(Error::Damaged("CRL"))?.bytes));
    }
    items.push((TRUST_BUNDLE, &*standing.bundle.bytes));
    items.push((LOG_HEAD, standing.head.bytes()));
    let proof = proof.map(|proof| proof.to_file(issued.leaf.hash())).transpose()?;
    items.extend(proof.as_deref().map(|proof| (LOG_PROOF, proof)));
    Ok(material::to_pem(items))
}

fn crl_file(standing: &Standing, now: Timestamp) -> String {
    let crls = standing.crl_issuers(now).filter_map(|ca| standing.crls.get(&ca));
    material::to_pem(crls.map(|crl| (CRL, &*crl.bytes)))
}
