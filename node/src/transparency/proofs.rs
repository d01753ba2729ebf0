//! What shows that own certificates stand in the log: found in what is kept, renewed as the log grows, shown to everybody.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use musubi_protocol::{
    certificate::LeafIn,
    ids::Hash,
    log::{Inclusion, LEAF, Tree},
    signed::Unverified,
    time::{DAY, Timestamp},
    trust::Trust,
};
use serde_bytes::ByteBuf;

use super::{
    CHUNK, Head,
    compare::{self, Compared},
    covered_head, group,
};
use crate::{
    core::{Core, CoreError, Event},
    db::{Db, DbError, Writes},
};

/// The proofs at hand, by certificate.
#[derive(Debug, Default)]
pub(crate) struct Proofs(Mutex<HashMap<Hash, Found>>);

#[derive(Clone, Debug, Default)]
struct Found {
    proof: Option<Inclusion>,
    /// How many leaves were looked through in vain.
    searched: u64,
}

/// Name of the single value that holds the proof of a certificate.
fn name(certificate: &Hash) -> String {
    format!("log proof {certificate}")
}

/// Keeps the proof of a certificate; whoever calls has verified it.
///
/// # Errors
/// [`DbError`].
pub(crate) fn keep(writes: &mut Writes, certificate: &Hash, proof: &Inclusion) -> Result<(), DbError> {
    writes.meta(&name(certificate), &ByteBuf::from(proof.to_file(*certificate).map_err(DbError::from)?))
}

/// The proof of a certificate that is kept.
pub(crate) fn kept(db: &Db, certificate: &Hash) -> Result<Option<Inclusion>, DbError> {
    let bytes: Option<ByteBuf> = db.meta(&name(certificate))?;
    // One that cannot be read is found again.
    Ok(bytes.and_then(|bytes| Inclusion::from_file(&bytes).ok()).map(|(_, proof)| proof))
}

impl Proofs {
    fn found(&self) -> MutexGuard<'_, HashMap<Hash, Found>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The proof of a certificate, by the newest head by which one is at hand.
    pub(crate) fn of(&self, certificate: &Hash) -> Option<Inclusion> {
        self.found().get(certificate)?.proof.clone()
    }

    fn put(&self, certificate: Hash, proof: Inclusion) {
        self.found().entry(certificate).or_default().proof = Some(proof);
    }
}

impl Core {
    /// Own certificates that are worth a proof: all that are at hand.
    fn own_certificates(&self) -> Vec<LeafIn> {
        self.with_desks(|desks| {
            desks.iter().flat_map(|desk| desk.certificates.iter().map(|(_, leaf)| leaf.clone())).collect()
        })
    }

    /// Whether there is a proof of a certificate that holds now: one by a CA that was revoked since, or by a head of another
    /// log than the one that is held here, is as good as none.
    pub(crate) fn has_proof(&self, leaf: &LeafIn) -> bool {
        self.proofs.of(&leaf.hash()).is_some_and(|proof| self.proof_holds(&proof, leaf))
    }

    fn proof_holds(&self, proof: &Inclusion, leaf: &LeafIn) -> bool {
        let verifies = self.trust.trust().is_some_and(|trust| proof.verify(leaf, &trust, self.now()).is_ok());
        verifies && !self.contradicts(proof)
    }

    /// Whether the head of a proof is of another log than the one that is held here.
    fn contradicts(&self, proof: &Inclusion) -> bool {
        let head = self.trust.trust().and_then(|trust| trust.head(proof.head()));
        head.is_some_and(|head| matches!(compare::head(self, &head), Ok(Compared::Other)))
    }

    /// Takes up what is kept for own certificates that have no proof at hand that holds.
    ///
    /// # Errors
    /// [`DbError`].
    pub(crate) fn load_proofs(&self) -> Result<(), DbError> {
        for leaf in self.own_certificates() {
            let certificate = leaf.hash();
            if self.has_proof(&leaf) {
                continue;
            }
            let Some(proof) = kept(&self.db, &certificate)? else { continue };
            // One that does not hold yet, for a clock that is wrong, may do so later.
            let better_than_none = self.proofs.of(&certificate).is_none() && !self.contradicts(&proof);
            if better_than_none || self.proof_holds(&proof, &leaf) {
                self.proofs.put(certificate, proof);
            }
        }
        Ok(())
    }

    /// Whether one of the certificates that speak here has no proof from the log.
    pub(crate) fn lacks_proof(&self) -> bool {
        self.with_desks(|desks| {
            let mut speaking = desks.iter().filter_map(|desk| desk.certificate());
            speaking.any(|(_, leaf)| !self.has_proof(leaf))
        })
    }

    /// Whether the day has come from which certificates count only with a proof.
    pub(crate) fn wants_proofs(&self) -> bool {
        self.trust.trust().is_some_and(|trust| trust.wants_log_proof(self.now()))
    }

    /// Takes the proof of an own certificate from somebody who is not to be believed, where none is at hand that holds.
    ///
    /// # Errors
    /// [`CoreError::Db`]. A proof that does not hold is not taken, and that is no error.
    pub(crate) fn learn_proof(&self, certificate: &Hash, proof: &Inclusion) -> Result<(), CoreError> {
        let Some(leaf) = self.own_certificates().into_iter().find(|leaf| leaf.hash() == *certificate) else {
            return Ok(());
        };
        if self.has_proof(&leaf) || !self.proof_holds(proof, &leaf) {
            return Ok(());
        }
        let mut writes = Writes::new();
        keep(&mut writes, certificate, proof)?;
        // One that is lost is asked for again.
        self.db.apply_lazily(writes)?;
        self.proofs.put(*certificate, proof.clone());
        self.shows_more();
        Ok(())
    }

    /// A certificate has a proof, or has none any more: another may speak, which whoever hears this decides, and partners
    /// are shown it.
    fn shows_more(&self) {
        self.tell(Event::Trust);
    }
}

/// Finds the proofs of own certificates in what is covered, by the head that covers it. Blocks.
///
/// # Errors
/// [`DbError`].
pub(crate) fn refresh(core: &Core) -> Result<(), DbError> {
    let (Some(trust), Some((_, head))) = (core.trust.trust(), covered_head(&core.db)?) else { return Ok(()) };
    let tree = core.log.with(&core.db, |tree| tree.clone())?;
    let covers = Unverified::<Head>::from_bytes(&head).is_ok_and(|head| head.claim().size == tree.size());
    if !covers {
        return Ok(());
    }
    let (now, mut new) = (core.now(), false);
    for leaf in core.own_certificates() {
        new |= renew(core, &trust, &tree, &head, &leaf, now)?;
    }
    if new {
        core.shows_more();
    }
    Ok(())
}

/// Finds the proof of one certificate; true if it had none that holds, or has none any more.
fn renew(core: &Core, trust: &Trust, tree: &Tree, head: &[u8], leaf: &LeafIn, now: Timestamp) -> Result<bool, DbError> {
    let certificate = leaf.hash();
    let Found { proof, searched } = core.proofs.found().get(&certificate).cloned().unwrap_or_default();
    if proof.as_ref().is_some_and(|proof| proof.head() == head) {
        return Ok(false);
    }
    let had = core.has_proof(leaf);
    let make = |index| -> Result<Option<Inclusion>, DbError> {
        let path = tree.prove(index, tree.size(), |number| group(&core.db, number))?;
        let made = path.map(|path| Inclusion::new(head.to_vec(), index, path));
        Ok(made.filter(|made| made.verify(leaf, trust, now).is_ok()))
    };
    let known = proof.as_ref().map(Inclusion::index).filter(|index| *index < tree.size());
    let mut made = known.map(make).transpose()?.flatten();
    if made.is_none() {
        // Where it stood elsewhere in what the proof was of, nothing was looked through yet.
        let from = if known.is_some() { 0 } else { searched };
        let at = search(&core.db, &Inclusion::act_of(leaf).to_bytes(), from, tree.size())?;
        made = at.map(make).transpose()?.flatten();
    }
    let Some(made) = made else {
        // One that was learned by a head that is not covered here yet stays; one of another log does not.
        let other = proof.as_ref().is_some_and(|proof| core.contradicts(proof));
        let mut found = core.proofs.found();
        let entry = found.entry(certificate).or_default();
        entry.searched = tree.size();
        if other {
            entry.proof = None;
        }
        return Ok(other);
    };
    // What is kept serves after a restart, until the log has grown again: a day old is good enough.
    let signed =
        |proof: &Inclusion| Unverified::<Head>::from_bytes(proof.head()).map_or(Timestamp(0), |head| head.claim().time);
    let stale = kept(&core.db, &certificate)?
        .is_none_or(|kept| DAY < signed(&made).since(signed(&kept)) || !core.proof_holds(&kept, leaf));
    if stale {
        let mut writes = Writes::new();
        keep(&mut writes, &certificate, &made)?;
        core.db.apply_lazily(writes)?;
    }
    core.proofs.put(certificate, made);
    Ok(!had)
}

/// The time in a leaf of any version, which are its last eight bytes.
pub(super) fn time_of(leaf: &[u8]) -> u64 {
    leaf.iter().skip(LEAF - 8).fold(0, |time, byte| time << 8 | u64::from(*byte))
}

/// Looks for a leaf among the covered ones from `from` on, the newest first.
pub(super) fn search(db: &Db, leaf: &[u8; LEAF], from: u64, size: u64) -> Result<Option<u64>, DbError> {
    for chunk in (from / CHUNK..size.div_ceil(CHUNK)).rev() {
        let leaves = db.log_chunk(chunk)?;
        let within = usize::try_from(CHUNK.min(size - chunk * CHUNK)).unwrap_or_default();
        let found = leaves.chunks_exact(LEAF).take(within).position(|held| held == leaf);
        if let Some(at) = found {
            return Ok(Some(chunk * CHUNK + at as u64));
        }
        // The authority's clock only goes forward: what was issued later does not stand earlier.
        if leaves.chunks_exact(LEAF).next().is_some_and(|first| time_of(first).saturating_add(DAY) < time_of(leaf)) {
            break;
        }
    }
    Ok(None)
}
