//! What the authority has done so far: reading, without keys.

use std::{collections::BTreeMap, fmt, path::Path};

use musubi_protocol::{
    certificate::{BACKDATE, Serial},
    crl::Reason,
    ids::{Hash, Kind, OfficeNumber},
    policy::{self, Policy},
    time::Timestamp,
};
use musubi_store::{Options, Store};
use serde::{Deserialize, Serialize};

use super::{
    Error,
    records::{self, Issued, ROOT, Standing},
};
use crate::times;

/// The public side of an authority: what was issued and revoked, CRLs, trust bundle and log. It holds no key.
pub struct Register {
    pub(super) store: Store,
    pub(super) standing: Standing,
}

/// What a certificate is worth at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// The licence has not begun.
    Coming,
    /// In force.
    Valid,
    /// The licence has ended; in its days of grace the office still sends.
    Grace,
    /// Grace has ended too; the office still receives and answers.
    Ended,
    /// The certificate has expired.
    Expired,
    /// Revoked.
    Revoked,
}

/// A certificate in the list. In JSON times are RFC 3339 with +09:00.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The office number.
    pub office: OfficeNumber,
    /// The office's name.
    pub name: String,
    /// The kinds.
    pub kinds: Vec<Kind>,
    /// The serial number.
    #[serde(with = "times::text")]
    pub serial: Serial,
    /// The desk's number within the office number.
    pub desk: u16,
    /// The issue number.
    pub issue_number: u64,
    /// The common name of the issuing CA.
    pub issuer: String,
    /// When it was issued.
    #[serde(with = "times::moment")]
    pub issued_at: Timestamp,
    /// When the licence begins.
    #[serde(with = "times::moment")]
    pub from: Timestamp,
    /// When the licence ends.
    #[serde(with = "times::moment")]
    pub until: Timestamp,
    /// When the certificate expires.
    #[serde(with = "times::moment")]
    pub not_after: Timestamp,
    /// What it is worth.
    pub state: State,
    /// Whether it is the one that speaks for its desk: neither revoked nor expired, with the highest issue number.
    pub current: bool,
    /// When it was revoked.
    #[serde(with = "times::optional_moment")]
    pub revoked_at: Option<Timestamp>,
    /// Why it was revoked.
    #[serde(with = "times::optional_text")]
    pub reason: Option<Reason>,
}

impl Register {
    /// Opens an authority to look at it; no passphrase is needed.
    ///
    /// # Errors
    /// [`Error::NoAuthority`], [`Error::InUse`], [`Error::Damaged`].
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let path = dir.join("store");
        // Opening a store would make one.
        if !path.try_exists()? {
            return Err(Error::NoAuthority);
        }
        let store = Store::open(&path, Options::default())?;
        let standing = records::load(&store)?;
        Ok(Self { store, standing })
    }

    /// All certificates ever issued, by office number and then by issue number.
    ///
    /// # Errors
    /// What the store refuses.
    pub fn list(&self, now: Timestamp) -> Result<Vec<Row>, Error> {
        let issued: Vec<Issued> = records::certificates(&self.store, None).collect::<Result<_, _>>()?;
        let mut live: Vec<_> = issued.iter().filter(|issued| issued.is_live(now)).collect();
        // Of a desk the last one in this order speaks, which is as nodes choose: a licence that has begun, then the
        // highest issue number.
        live.sort_by_key(|Issued { leaf, .. }| (leaf.from() <= now, leaf.issue_number()));
        let current: BTreeMap<(OfficeNumber, u16), u64> =
            live.iter().map(|Issued { leaf, .. }| ((leaf.office(), leaf.desk()), leaf.issue_number())).collect();
        let rows = issued.iter().map(|issued| {
            let leaf = &issued.leaf;
            let speaks = current.get(&(leaf.office(), leaf.desk())) == Some(&leaf.issue_number());
            Row::new(&self.standing, issued, speaks, now)
        });
        Ok(rows.collect())
    }

    /// The authority's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.standing.name
    }

    /// SHA-256 of root 1's DER.
    #[must_use]
    pub fn root_pin(&self) -> Hash {
        // A standing without roots is not loaded.
        self.standing.cas.get(&ROOT).map(|entry| entry.ca.id()).unwrap_or_default()
    }

    /// The licence policy in force.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.standing.public.policy
    }

    /// The number of the trust bundle.
    #[must_use]
    pub const fn bundle_number(&self) -> u64 {
        self.standing.bundle.number
    }

    /// How many acts the log holds.
    #[must_use]
    pub const fn log_size(&self) -> u64 {
        self.standing.tree.size()
    }
}

impl fmt::Debug for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Register({} acts)", self.log_size())
    }
}

impl Row {
    pub(super) fn new(standing: &Standing, issued: &Issued, current: bool, now: Timestamp) -> Self {
        let Issued { ca, leaf, revoked } = issued;
        let state = match revoked {
            Some(_) => State::Revoked,
            None if leaf.not_after() < now => State::Expired,
            None => match standing.public.policy.standing(leaf.from(), leaf.until(), now) {
                policy::Standing::NotYet => State::Coming,
                policy::Standing::Active => State::Valid,
                policy::Standing::Grace => State::Grace,
                policy::Standing::Ended => State::Ended,
            },
        };
        Self {
            office: leaf.office(),
            name: leaf.name().to_owned(),
            kinds: leaf.kinds().to_vec(),
            serial: leaf.serial(),
            desk: leaf.desk(),
            issue_number: leaf.issue_number(),
            issuer: standing.cas.get(ca).map(|entry| entry.ca.common_name().to_owned()).unwrap_or_default(),
            issued_at: leaf.not_before().plus(BACKDATE),
            from: leaf.from(),
            until: leaf.until(),
            not_after: leaf.not_after(),
            state,
            current,
            revoked_at: revoked.map(|revoked| revoked.at),
            reason: revoked.map(|revoked| revoked.reason),
        }
    }
}
