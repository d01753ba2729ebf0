//! Taking certificates back.

use std::collections::{BTreeMap, BTreeSet};

use musubi_protocol::{
    certificate::Serial,
    crl::{self, Reason},
    ids::OfficeNumber,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use super::{
    Authority, Error, Row,
    audit::Deed,
    codes,
    records::{self, Issued},
    recover,
};
use crate::times;

/// The most that are revoked in one act, which has to fit one batch of the store.
pub const MAX_TOGETHER: usize = 1_000;

/// What is to be revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// All unexpired certificates of an office number.
    Office(OfficeNumber),
    /// One certificate.
    Serial(#[serde(with = "times::text")] Serial),
}

/// What was revoked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Revoked {
    /// The certificates as the list shows them.
    pub rows: Vec<Row>,
    /// The CRLs that say so.
    pub crls: Vec<RevokedBy>,
    /// Certificates from before the authority was put back, which are revoked as soon as they are seen.
    pub later: usize,
}

/// A CRL that was made by a revocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokedBy {
    /// The common name of the CA.
    pub issuer: String,
    /// The CRL's number.
    pub number: u64,
}

impl Authority {
    /// Revokes certificates: a log leaf for each, and a new CRL of every CA that had issued one. With an office number, codes
    /// of letters to it that nobody has used count no more.
    ///
    /// # Errors
    /// [`Error::Unknown`] if nothing was ever issued to the target, [`Error::NothingToRevoke`] if all of it is revoked
    /// or expired, [`Error::ClockBehind`], and what the store refuses.
    pub fn revoke(&mut self, target: Target, reason: Reason, now: Timestamp) -> Result<Revoked, Error> {
        self.revoke_all(&[target], reason, now)
    }

    /// As [`Authority::revoke`], of at most [`MAX_TOGETHER`] in one act: all of them or none.
    ///
    /// # Errors
    /// As [`Authority::revoke`], of any of them; [`Error::TooManyOffices`].
    pub fn revoke_all(&mut self, targets: &[Target], reason: Reason, now: Timestamp) -> Result<Revoked, Error> {
        self.revoke_for(targets, reason, None, now)
    }

    /// Revokes and takes away the order by which it was done.
    pub(super) fn revoke_for(
        &mut self,
        targets: &[Target],
        reason: Reason,
        order: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<Revoked, Error> {
        if MAX_TOGETHER < targets.len() {
            return Err(Error::TooManyOffices);
        }
        let (revoked, numbers, later) = self.act(now, |draft, now| {
            let (mut revoked, mut seen, mut later): (Vec<Issued>, _, _) = (Vec::new(), BTreeSet::new(), 0);
            for target in targets {
                let found: Vec<Issued> = match target {
                    Target::Office(office) => {
                        records::certificates(draft.store(), Some(office)).collect::<Result<_, _>>()?
                    }
                    Target::Serial(serial) => records::certificate(draft.store(), serial)?.into_iter().collect(),
                };
                // By an order what is there is revoked: some of it may be gone meanwhile.
                let lost = match target {
                    Target::Office(office) => recover::revoke_lost(draft, office, reason)?,
                    Target::Serial(_) => 0,
                };
                later += lost;
                if 0 < lost
                    && let Target::Office(office) = target
                {
                    let deed = if order.is_some() { Deed::Confirmed } else { Deed::Revoked };
                    draft.deed(deed, Some(*office), format!("lost {reason}"));
                }
                if found.is_empty() && order.is_none() && lost == 0 {
                    return Err(Error::Unknown);
                }
                let before = revoked.len();
                revoked.extend(
                    found.into_iter().filter(|issued| issued.is_live(now) && seen.insert(issued.leaf.serial())),
                );
                if revoked.len() == before && order.is_none() && lost == 0 {
                    return Err(Error::NothingToRevoke);
                }
                if let Target::Office(office) = target {
                    // A letter in wrong hands would bring the office back.
                    codes::withdraw(draft, office)?;
                }
            }
            if revoked.is_empty() && later == 0 {
                return Err(Error::NothingToRevoke);
            }
            if let Some(order) = order {
                draft.no_order(order)?;
            }
            let mut numbers = BTreeMap::new();
            for issued in &mut revoked {
                let entry = crl::Revoked { serial: issued.leaf.serial(), at: now, reason };
                issued.revoked = Some(entry);
                draft.revoked(issued, entry)?;
                let detail = format!("{} {reason}", entry.serial);
                let deed = if order.is_some() { Deed::Confirmed } else { Deed::Revoked };
                draft.deed(deed, Some(issued.leaf.office()), detail);
                numbers.insert(issued.ca, 0);
            }
            for (ca, number) in &mut numbers {
                *number = draft.new_crl(*ca, now)?;
            }
            Ok((revoked, numbers, later))
        })?;
        let standing = &self.register.standing;
        let rows = revoked.iter().map(|issued| Row::new(standing, issued, false, now)).collect();
        let crls = numbers.into_iter().filter_map(|(ca, number)| {
            let issuer = standing.cas.get(&ca)?.ca.common_name().to_owned();
            Some(RevokedBy { issuer, number })
        });
        Ok(Revoked { rows, crls: crls.collect(), later })
    }
}
