//! Proofs that an office here takes part and exchanges: fetched from the authority, confirmed by partners, kept.
//!
//! | module | subject |
//! |---|---|
//! | [`membership`] | "this office takes part": the authority signs it, the node keeps the newest |
//! | `attest` | what this node confirms to a partner: office, fiscal year, months, and nothing else |
//! | [`gather`] | "this office exchanges": asks partners for that, and puts the proof together |

pub(crate) mod attest;
pub mod gather;
pub mod membership;

use ed25519_dalek::SigningKey;
use musubi_protocol::{
    certificate::{Ca, LeafIn},
    ids::{Hash, OfficeNumber},
    link::Log,
    proof::{
        Months,
        exchange::{FiscalYear, Told, exchanged},
    },
    time::Timestamp,
};

use crate::{
    core::{Core, CoreError, standing},
    db::{DbError, Side},
};

/// Entries of one log that are looked at, the newest: more than a pair of offices writes in a fiscal year. A bound on
/// what a partner with a long log can cost.
const MAX_ENTRIES: usize = 1 << 18;

/// What an office here signs by.
struct Signer {
    key: SigningKey,
    leaf: LeafIn,
    /// The id that the issuing CA has today.
    issuer: Hash,
}

/// The key and certificate of an office here; none while no certificate of it is good.
fn signer(core: &Core, office: OfficeNumber) -> Option<Signer> {
    let now = core.now();
    core.with_desks(|desks| {
        let of = desks.iter().filter(|desk| desk.kept().office() == office);
        let mut good = of.filter(|desk| standing(desk, &core.trust, now).may_receive());
        good.find_map(|desk| {
            let (issuer, leaf) = desk.certificate()?;
            let issuer = issuer_today(core, leaf).unwrap_or(*issuer);
            Some(Signer { key: desk.key().clone(), leaf: leaf.clone(), issuer })
        })
    })
}

/// The id that the issuing CA of a certificate has today: after a root was replaced it is another one than that which came
/// with the certificate, and whoever is shown a proof goes by the id.
fn issuer_today(core: &Core, leaf: &LeafIn) -> Option<Hash> {
    core.trust.trust()?.issuer_of(leaf).map(Ca::id)
}

/// Our own logs of an office here that have entries.
fn links(core: &Core, office: OfficeNumber) -> Result<Vec<Log>, DbError> {
    let own = core.db.own_heads()?.into_iter().map(|(log, _)| log);
    Ok(own.filter(|log| log.from.office == office && core.holds(log.from)).collect())
}

/// The months of a fiscal year in which there was exchange over a link, by what is kept here of both logs. Blocks.
fn months(core: &Core, log: Log, year: FiscalYear, now: Timestamp) -> Result<Months, CoreError> {
    let (mut ours, mut theirs) = (Told::about(year), Told::about(year));
    core.db.newest_entries(Side::Own, log, MAX_ENTRIES, |id, entry| ours.add(id, entry))?;
    core.db.newest_entries(Side::Partner, log.reverse(), MAX_ENTRIES, |id, entry| theirs.add(id, entry))?;
    Ok(exchanged(&ours, &theirs, now))
}
