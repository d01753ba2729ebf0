//! An authority that was put back from a backup: it reads back from nodes what it has done since, before it signs anything.
//!
//! Everything that it has published is held by every node: leaves of the log, CRLs, trust bundles. All of it is signed by
//! this authority's own keys, so that it does not matter who gives it back. What nobody else holds are certificates
//! themselves; those come back when their offices connect, by the hash that stands in the log.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::UNIX_EPOCH,
};

use musubi_protocol::{
    certificate::{BACKDATE, LeafIn},
    crl::{CrlIn, Reason, Revoked},
    ids::{Hash, OfficeNumber},
    log::{Act, Head, LEAF, Operation, Tree, leaf_hash},
    policy::{Applicant, WAIVED},
    signed::Signed,
    time::Timestamp,
    trust::Trust,
};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use super::{
    Authority, Error, Passphrase, Register,
    audit::Deed,
    charges, codes,
    draft::Draft,
    identity::OWN_NUMBER,
    licensing::{Decision, Licence},
    records::{self, Issued, LOST, ROOT, SECOND_ROOT},
};

/// Numbers that are left out behind the newest that anybody has shown, in case more was signed that nobody here has seen.
const SKIPPED_CRLS: u64 = 100;
const SKIPPED_ISSUES: u64 = 1_000;
/// Leaves that are taken back in one act.
const GROUP: usize = 1_000;
/// The most leaves that are held while no head covers them.
const MAX_PENDING: usize = 4_000_000 * LEAF;

/// A certificate that stands in the log and is not here.
#[derive(Serialize_tuple, Deserialize_tuple)]
struct LostRecord {
    leaf: ByteBuf,
    /// The reason for which it is to be revoked when it is seen, and one; 0: it is not.
    revoke: u8,
}

/// What nodes have given back so far.
#[derive(Clone)]
pub(super) struct Found {
    trust: Trust,
    /// The log as far as a signed head covers it, and the leaves that are not in the store yet.
    tree: Tree,
    leaves: Vec<u8>,
    head: Option<Signed<Head>>,
    /// Who has told.
    offices: BTreeSet<OfficeNumber>,
    /// Certificates that were shown.
    shown: BTreeMap<Hash, Vec<u8>>,
}

/// Takes a bundle and CRLs that are newer.
pub(super) fn learn(trust: &mut Trust, bundle: Option<&[u8]>, crls: &[Vec<u8>]) {
    // Judged by their signatures; what is not newer changes nothing.
    if let Some(bundle) = bundle {
        let _ = trust.accept_bundle(bundle);
    }
    for crl in crls {
        let _ = trust.accept_crl(crl);
    }
}

/// What became of leaves that were offered.
pub(super) enum Leaves {
    /// There are more.
    More,
    /// That is all that the other has.
    All,
    /// They are not those of a head that this authority has signed.
    False,
}

/// What was read back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenBack {
    /// How many offices have told.
    pub offices: u64,
    /// Acts of the log that were missing.
    pub acts: u64,
    /// The number of the trust bundle.
    pub bundle: u64,
    /// Certificates that have not been seen again: they come back when their offices connect.
    pub lost: Vec<OfficeNumber>,
}

impl Found {
    /// What is known of lists and bundles.
    pub(super) const fn trust(&self) -> &Trust {
        &self.trust
    }

    /// How many leaves are here, with those of one conversation that no head covers yet.
    pub(super) fn size(&self, pending: &[u8]) -> u64 {
        self.tree.size() + (pending.len() / LEAF) as u64
    }

    /// How many offices have told.
    pub(super) fn offices(&self) -> usize {
        self.offices.len()
    }

    /// Takes a bundle and CRLs that are newer; what is not by this authority is left out.
    pub(super) fn learn(&mut self, bundle: Option<&[u8]>, crls: &[Vec<u8>]) {
        learn(&mut self.trust, bundle, crls);
    }

    /// Takes leaves from place `first` on, and the head that came with them. `pending` is what has come of one member
    /// before and no head covers yet: nobody spoils what another gives.
    pub(super) fn take(&mut self, pending: &mut Vec<u8>, first: u64, leaves: &[u8], head: &[u8]) -> Leaves {
        let Some(head) = self.trust.head(head) else { return Leaves::False };
        let (size, got) = (self.size(pending), (leaves.len() / LEAF) as u64);
        if first != size || head.value().size <= self.tree.size() {
            return Leaves::All;
        }
        if !leaves.len().is_multiple_of(LEAF) || head.value().size < size + got || MAX_PENDING < pending.len() {
            return Leaves::False;
        }
        pending.extend_from_slice(leaves);
        if size + got < head.value().size {
            return if got == 0 { Leaves::All } else { Leaves::More };
        }
        let mut tree = self.tree.clone();
        tree.extend(pending.chunks_exact(LEAF).map(leaf_hash));
        if tree.root() != head.value().root {
            return Leaves::False;
        }
        self.leaves.append(pending);
        (self.tree, self.head) = (tree, Some(head));
        Leaves::All
    }

    /// Notes certificates that somebody has shown.
    pub(super) fn shown(&mut self, leaf: &LeafIn) {
        self.shown.insert(leaf.hash(), leaf.der().to_vec());
    }

    /// Notes that an office has told all that it knows.
    pub(super) fn heard(&mut self, offices: impl IntoIterator<Item = OfficeNumber>) {
        self.offices.extend(offices);
    }
}

impl Authority {
    /// Opens an authority that was put back, which [`Authority::open`] refuses: for [`Recovery`](super::Recovery) and
    /// [`Authority::moved`].
    ///
    /// # Errors
    /// As [`Authority::open`], but for [`Error::Restored`].
    pub fn open_restored(dir: &Path, passphrase: &Passphrase) -> Result<Self, Error> {
        Self::open_anywhere(dir, passphrase)
    }

    /// What nodes are to add to.
    pub(super) fn found(&self) -> Result<Found, Error> {
        Ok(Found {
            trust: self.trust()?,
            tree: self.standing.tree.clone(),
            leaves: Vec::new(),
            head: None,
            offices: BTreeSet::new(),
            shown: BTreeMap::new(),
        })
    }

    /// Takes back what nodes have, in several acts of which each is whole: an interrupted one is done again. Then the
    /// authority is at home in `dir`, and its numbers go on behind all that was shown.
    ///
    /// Nobody else has the authority between these acts, however long they take: a list or certificate that was signed
    /// before all is back could have a number that was used before, or leave out a revocation that is still to come.
    ///
    /// # Errors
    /// [`Error::LostCa`] if an issuing CA was made since whose key is lost, [`Error::ClockBehind`], and what the store
    /// refuses.
    pub(super) fn take_back(&mut self, found: Found, dir: &Path, now: Timestamp) -> Result<TakenBack, Error> {
        let Found { trust, leaves, head, offices, shown, .. } = found;
        let signed = head.as_ref().map_or(Timestamp(0), |head| head.value().time);
        let now = now.max(signed).max(trust.newest_signed_time());
        if self.bundle_number() < trust.bundle().number {
            let (bundle, cas, root_crl) = self.follow(&trust).map_err(|error| match error {
                Error::RootAnswer => Error::LostCa,
                other => other,
            })?;
            self.act(now, |draft, now| draft.bundled(&bundle, cas, &root_crl, now))?;
        }
        // Where it began, so that an interrupted one takes nothing for done.
        let before = match records::recovering(&self.store)? {
            Some(before) => before,
            None => {
                let size = self.log_size();
                self.act(now, |draft, _| draft.recovering(Some(size)))?;
                size
            }
        };
        for group in leaves.chunks(GROUP * LEAF) {
            self.act(now, |draft, _| group.chunks_exact(LEAF).try_for_each(|leaf| again(draft, leaf)))?;
        }
        let theirs = self.newer_lists(&trust);
        let root_here = self.standing.root_here;
        let mut revoked = Vec::new();
        for index in before..self.log_size() {
            let act = act_of(&records::leaf(&self.store, index)?)?;
            revoked.extend((act.operation == Operation::Revoke).then_some(act));
        }
        let (home, acts) = (home(dir).unwrap_or_default(), self.log_size() - before);
        self.act(now, |draft, now| {
            for (ca, crl) in &theirs {
                listed(draft, *ca, crl)?;
            }
            // A list of those who were asked may be older than the log that they gave.
            for act in &revoked {
                revoked_in_log(draft, act)?;
            }
            let signs = |number: &u32| SECOND_ROOT < *number || (root_here && *number == ROOT);
            let signing: Vec<u32> = draft.standing.cas.keys().copied().filter(signs).collect();
            for ca in signing {
                let newest = theirs.iter().find(|(of, _)| *of == ca).map_or(0, |(_, crl)| crl.number());
                draft.skip_crls(ca, newest, SKIPPED_CRLS);
                draft.new_crl(ca, now)?;
            }
            draft.standing.issued += SKIPPED_ISSUES;
            if root_here {
                draft.skip_bundles(SKIPPED_CRLS);
            }
            draft.home(&home)?;
            draft.recovering(None)?;
            draft.deed(Deed::Recovered, None, format!("{before} {}", before + acts));
            Ok(())
        })?;
        self.adopt(shown.into_values(), now)?;
        let lost = self.lost()?;
        Ok(TakenBack { offices: offices.len() as u64, acts, bundle: self.bundle_number(), lost })
    }

    /// The CRLs of issuing CAs that are newer than those here.
    fn newer_lists(&self, trust: &Trust) -> Vec<(u32, CrlIn)> {
        let newer = trust.crls().filter_map(|crl| {
            let signs = |number: u32| SECOND_ROOT < number || (self.standing.root_here && number == ROOT);
            let mut signing = self.standing.cas.iter().filter(|(number, _)| signs(**number));
            let (number, _) = signing.find(|(_, entry)| crl.names(&entry.ca))?;
            let held = self.standing.crls.get(number).map_or(0, |held| held.number);
            (held < crl.number()).then(|| (*number, CrlIn::clone(crl)))
        });
        newer.collect()
    }

    /// Whether somebody holds what this authority has signed and does not know of: it was put back, and must not sign.
    /// `log` is the size of a log that it has signed. A bundle that a root elsewhere has signed may not be here yet.
    pub(super) fn is_behind(&self, trust: &Trust, log: u64) -> bool {
        let bundle = self.standing.root_here && self.bundle_number() < trust.bundle().number;
        bundle || self.log_size() < log || !self.newer_lists(trust).is_empty()
    }

    /// Takes certificates back that stand in the log and are not here; others are left out. How many came back.
    ///
    /// # Errors
    /// [`Error::ClockBehind`], and what the store refuses.
    pub(super) fn adopt(&mut self, ders: impl IntoIterator<Item = Vec<u8>>, now: Timestamp) -> Result<u64, Error> {
        let trust = self.trust()?;
        let mut back = 0;
        for der in ders {
            let Ok(leaf) = LeafIn::parse(&der) else { continue };
            let key = lost_key(&leaf.office(), &leaf.hash());
            let Some(lost) = records::get::<LostRecord>(&self.store, LOST, &key)? else { continue };
            let Some(issuer) = trust.issuer_of(&leaf).map(musubi_protocol::certificate::Ca::id) else { continue };
            if trust.judge_but_revocation(leaf.der(), &issuer, leaf.not_before().plus(BACKDATE)).is_err() {
                continue;
            }
            let number = self.standing.cas.iter().find(|(_, entry)| entry.ca.id() == issuer).map(|(number, _)| *number);
            let Some(ca) = number else { continue };
            let revoked = records::revocation(&self.store, ca, &leaf.serial())?;
            let licence = Licence { from: leaf.from(), until: leaf.until(), class: leaf.class() };
            let mut known = false;
            let mut first = true;
            for other in records::certificates(&self.store, Some(&leaf.office())) {
                let other = other?.leaf;
                (first, known) = (false, known || (other.until(), other.from()) == (licence.until, licence.from));
            }
            // What was noted for billing is lost with the rest. Whether a licence is the first can be told only by what is here.
            let applicant = if first { Applicant::FirstTime } else { Applicant::Current };
            let policy = self.policy();
            let fee = match leaf.class() {
                WAIVED => 0,
                _ => policy.charge(applicant, licence.from, licence.from).fee,
            };
            let decision = Decision { licence, applicant: (!known).then_some(applicant), fee };
            let reason = lost.revoke.checked_sub(1).and_then(Reason::from_code).filter(|_| revoked.is_none());
            self.act(now, |draft, now| {
                let mut issued = Issued { ca, leaf: leaf.clone(), revoked };
                draft.again(&issued, &key)?;
                charges::note(draft, leaf.office(), leaf.issue_number(), &decision, leaf.not_before().plus(BACKDATE))?;
                draft.deed(Deed::Recovered, Some(leaf.office()), leaf.serial().to_string());
                if let Some(reason) = reason {
                    let entry = Revoked { serial: leaf.serial(), at: now, reason };
                    issued.revoked = Some(entry);
                    draft.revoked(&issued, entry)?;
                    draft.deed(Deed::Revoked, Some(leaf.office()), format!("{} {reason}", entry.serial));
                    draft.new_crl(ca, now)?;
                }
                Ok(())
            })?;
            back += 1;
        }
        Ok(back)
    }
}

impl Register {
    /// The office numbers of certificates that stand in the log and are not here, each once.
    ///
    /// # Errors
    /// What the store refuses.
    pub fn lost(&self) -> Result<Vec<OfficeNumber>, Error> {
        let mut offices = BTreeSet::new();
        for found in self.store.prefix(LOST, &[]) {
            let record: LostRecord = records::decode(&found?.1)?;
            offices.insert(act_of(&record.leaf)?.office);
        }
        Ok(offices.into_iter().collect())
    }

    /// The hashes of those certificates.
    pub(super) fn lost_certificates(&self) -> Result<BTreeSet<Hash>, Error> {
        let lost = self.store.prefix(LOST, &[]).map(|found| {
            let record: LostRecord = records::decode(&found?.1)?;
            Ok(act_of(&record.leaf)?.certificate)
        });
        lost.collect()
    }
}

/// Whether certificates of an office number were lost, of which nobody has said that they are to be revoked.
pub(super) fn has_lost(store: &musubi_store::Store, office: &OfficeNumber) -> Result<bool, Error> {
    for found in store.prefix(LOST, office.as_str().as_bytes()) {
        if records::decode::<LostRecord>(&found?.1)?.revoke == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Has the lost certificates of an office number revoked as soon as they are seen; how many there are.
pub(super) fn revoke_lost(draft: &mut Draft<'_>, office: &OfficeNumber, reason: Reason) -> Result<usize, Error> {
    let found: Vec<_> = draft.store().prefix(LOST, office.as_str().as_bytes()).collect::<Result<_, _>>()?;
    for (key, value) in &found {
        let record: LostRecord = records::decode(value)?;
        draft.put(LOST, key, &LostRecord { revoke: reason.code() + 1, ..record })?;
    }
    Ok(found.len())
}

/// Takes one leaf of the log back.
pub(super) fn again(draft: &mut Draft<'_>, leaf: &[u8]) -> Result<(), Error> {
    let act = act_of(leaf)?;
    let index = draft.standing.tree.size();
    draft.log(&act)?;
    let key = lost_key(&act.office, &act.certificate);
    if act.operation == Operation::Issue && act.office.as_str() != OWN_NUMBER {
        draft.standing.issued = draft.standing.issued.max(act.issue_number);
        draft.place(&act.certificate, index)?;
        draft.put(LOST, &key, &LostRecord { leaf: ByteBuf::from(leaf), revoke: 0 })?;
        // The code that it was issued for may be the one that is still good here.
        codes::withdraw(draft, &act.office)?;
    }
    Ok(())
}

/// Takes over what a newer CRL of this authority says.
fn listed(draft: &mut Draft<'_>, ca: u32, crl: &CrlIn) -> Result<(), Error> {
    let until = draft.standing.cas.get(&ca).ok_or(Error::Damaged("CA"))?.ca.not_after();
    for entry in crl.revoked() {
        match records::certificate(draft.store(), &entry.serial)? {
            Some(issued) if issued.revoked.is_some() => {}
            Some(issued) => draft.listed(&Issued { revoked: Some(*entry), ..issued })?,
            None => draft.listed_unknown(ca, *entry, until)?,
        }
    }
    Ok(())
}

/// Takes over a revocation that stands in the log, where no list has told of it.
fn revoked_in_log(draft: &mut Draft<'_>, act: &Act) -> Result<(), Error> {
    if let Some(serial) = records::serial_of(draft.store(), &act.certificate)? {
        let issued = records::certificate(draft.store(), &serial)?.ok_or(Error::Damaged("certificate"))?;
        if issued.revoked.is_none() && !draft.is_revoked(&serial) {
            let revoked = Revoked { serial, at: act.time, reason: Reason::Unspecified };
            draft.listed(&Issued { revoked: Some(revoked), ..issued })?;
        }
        return Ok(());
    }
    let key = lost_key(&act.office, &act.certificate);
    if let Some(record) = records::get::<LostRecord>(draft.store(), LOST, &key)? {
        draft.put(LOST, &key, &LostRecord { revoke: Reason::Unspecified.code() + 1, ..record })?;
    }
    Ok(())
}

fn act_of(leaf: &[u8]) -> Result<Act, Error> {
    let leaf: &[u8; LEAF] = leaf.try_into().map_err(|_| Error::Damaged("log"))?;
    Act::from_bytes(leaf).map_err(|_| Error::Damaged("log"))
}

fn lost_key(office: &OfficeNumber, certificate: &Hash) -> Vec<u8> {
    [office.as_str().as_bytes(), &certificate.0].concat()
}

/// What tells this place from a copy: when the key file and the store's directory were made here, which no copy keeps. `None` where the file system
/// does not say; then only nodes tell that something is missing.
pub(super) fn home(dir: &Path) -> Option<Vec<u8>> {
    let made = |name: &str| {
        let made = fs::metadata(dir.join(name)).ok()?.created().ok()?;
        Some(made.duration_since(UNIX_EPOCH).ok()?.as_nanos().to_be_bytes())
    };
    Some([made("keys")?, made("store")?].concat())
}

/// Stands instead of that where members have shown that something is missing.
pub(super) const BEHIND: &[u8] = b"behind";

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use musubi_protocol::trust::testing::TestAuthority;

    use super::*;

    const NOW: Timestamp = Timestamp(1_790_000_000);

    fn leaf(n: u8) -> Vec<u8> {
        let act = Act {
            operation: Operation::Issue,
            office: "1379900010".parse().unwrap(),
            desk: 1,
            issue_number: u64::from(n),
            certificate: Hash([n; 32]),
            time: NOW,
        };
        act.to_bytes().to_vec()
    }

    /// An authority whose log has `size` leaves, and those.
    fn with(size: u8) -> (TestAuthority, Found, Vec<u8>) {
        let mut authority = TestAuthority::new(1, NOW);
        let leaves: Vec<u8> = (0..size).flat_map(leaf).collect();
        let trust = authority.trust();
        authority.log.extend(leaves.chunks_exact(LEAF).map(leaf_hash));
        let found = Found {
            trust,
            tree: Tree::new(),
            leaves: Vec::new(),
            head: None,
            offices: BTreeSet::new(),
            shown: BTreeMap::new(),
        };
        (authority, found, leaves)
    }

    #[test]
    fn leaves_count_once_a_head_covers_them() {
        let (authority, mut found, leaves) = with(9);
        let (head, mut pending) = (authority.head(), Vec::new());
        let (first, rest) = leaves.split_at(4 * LEAF);
        assert!(matches!(found.take(&mut pending, 0, first, head.bytes()), Leaves::More));
        assert_eq!((found.size(&pending), found.tree.size(), found.leaves.len()), (4, 0, 0));
        // From the wrong place they are not taken.
        assert!(matches!(found.take(&mut pending, 9, rest, head.bytes()), Leaves::All));
        assert!(matches!(found.take(&mut pending, 4, rest, head.bytes()), Leaves::All));
        assert_eq!((found.size(&pending), found.tree.size(), &found.leaves), (9, 9, &leaves));
        assert!(matches!(found.take(&mut pending, 9, &[], head.bytes()), Leaves::All));
    }

    #[test]
    fn what_is_not_the_authoritys_is_not_taken() {
        let (authority, mut found, leaves) = with(9);
        let head = authority.head();
        let other = Signed::sign(head.value().clone(), &SigningKey::from_bytes(&[9; 32])).unwrap();
        assert!(matches!(found.take(&mut Vec::new(), 0, &leaves, other.bytes()), Leaves::False));
        let mut altered = leaves.clone();
        altered[5 * LEAF + 30] ^= 1;
        assert!(matches!(found.take(&mut Vec::new(), 0, &altered, head.bytes()), Leaves::False));
        assert!(matches!(found.take(&mut Vec::new(), 0, &leaves[..leaves.len() - 1], head.bytes()), Leaves::False));
        let more: Vec<u8> = [leaves.clone(), leaf(77)].concat();
        assert!(matches!(found.take(&mut Vec::new(), 0, &more, head.bytes()), Leaves::False));
        assert_eq!((found.size(&[]), found.tree.size()), (0, 0));
        // And the honest one after all of them.
        assert!(matches!(found.take(&mut Vec::new(), 0, &leaves, head.bytes()), Leaves::All));
        assert_eq!(found.tree.root(), head.value().root);
    }
}
