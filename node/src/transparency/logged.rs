//! Since when the log shows a certificate, for whoever waits for it to have stood there for a while.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use musubi_protocol::{
    certificate::LeafIn,
    ids::Hash,
    log::{Act, Inclusion, LEAF, Operation},
    time::Timestamp,
};

use super::{CHUNK, covered_signed, proofs};
use crate::db::{Db, DbError, Writes};

/// Name of the single value with the sizes that the log had, and until when.
const SIZES: &str = "log sizes";
/// These are noted at least so far apart, in seconds: [`MAX_SIZES`] of them are four days.
const APART: u64 = 3_600;
const MAX_SIZES: usize = 96;
/// Groups of leaves before one that are looked at for times later than its own: 4,096 leaves.
const GROUPS_BEFORE: u64 = 8;
/// Certificates that are remembered.
const MAX_FOUND: usize = 1_024;

/// What the log that is held here says of a certificate that it shows and does not show to be revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logged {
    /// Since when it stands there.
    pub since: Timestamp,
    /// When the head was signed that covers all that is held.
    pub signed: Timestamp,
}

/// What was found of certificates, so that nothing is looked through twice.
#[derive(Debug, Default)]
pub(crate) struct Sought(Mutex<HashMap<Hash, Found>>);

#[derive(Clone, Copy, Debug, Default)]
struct Found {
    /// Where it stands, and since when.
    at: Option<(u64, Timestamp)>,
    revoked: bool,
    /// How many leaves were looked through.
    upto: u64,
}

/// Notes that at a moment the log had no more than `size` leaves.
pub(super) fn note_size(db: &Db, writes: &mut Writes, size: u64, signed: Timestamp) -> Result<(), DbError> {
    let mut sizes = sizes(db)?;
    if sizes.last().is_some_and(|(last, at)| size < *last || (size == *last && signed <= *at)) {
        // Nothing that was not known: what is fetched again after a damage, or an older head.
        return Ok(());
    }
    let earlier = sizes.len().checked_sub(2).and_then(|before| sizes.get(before)).copied();
    match sizes.last_mut() {
        Some(last) if last.0 == size => last.1 = signed,
        Some(last) if earlier.is_some_and(|(_, at)| last.1.since(at) < APART) => *last = (size, signed),
        _ => sizes.push((size, signed)),
    }
    let surplus = sizes.len().saturating_sub(MAX_SIZES);
    writes.meta(SIZES, &sizes.split_off(surplus))
}

fn sizes(db: &Db) -> Result<Vec<(u64, Timestamp)>, DbError> {
    Ok(db.meta(SIZES)?.unwrap_or_default())
}

/// Since when a leaf stands in the log. One that claims to be older than those before it is as old as they are, and one
/// that was not there yet when a head was signed came after that: whoever keeps the log can write any time into it, but not
/// take away what others were given in the meantime.
fn since(db: &Db, at: u64, act: &Act, signed: Timestamp) -> Result<Timestamp, DbError> {
    let mut newest = act.time;
    for chunk in (at / CHUNK).saturating_sub(GROUPS_BEFORE)..=at / CHUNK {
        let leaves = db.log_chunk(chunk)?;
        let before = usize::try_from((at - chunk * CHUNK).min(CHUNK)).unwrap_or_default();
        let times = leaves.chunks_exact(LEAF).take(before).map(|leaf| Timestamp(proofs::time_of(leaf)));
        // A time to come says nothing: the head that covers it was signed before.
        newest = times.filter(|time| *time <= signed).fold(newest, Timestamp::max);
    }
    let without = sizes(db)?.into_iter().filter(|(size, _)| *size <= at).map(|(_, signed)| signed);
    Ok(without.fold(newest, Timestamp::max))
}

/// Whether leaves from `from` on revoke a certificate.
fn is_revoked(db: &Db, act: &Act, from: u64, size: u64) -> Result<bool, DbError> {
    for chunk in from / CHUNK..size.div_ceil(CHUNK) {
        let leaves = db.log_chunk(chunk)?;
        let within = usize::try_from(CHUNK.min(size - chunk * CHUNK)).unwrap_or_default();
        let acts =
            leaves.chunks_exact(LEAF).take(within).filter_map(|leaf| Act::from_bytes(leaf.try_into().ok()?).ok());
        let mut revoking = acts.filter(|other| other.operation == Operation::Revoke);
        if revoking.any(|other| other.certificate == act.certificate) {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Sought {
    /// What the log that is held here says of a certificate; `None` if it does not show it, or shows it to be revoked. The
    /// first time for a certificate it reads the log back to when that was issued.
    ///
    /// # Errors
    /// [`DbError`].
    pub(crate) fn logged(&self, db: &Db, certificate: &LeafIn) -> Result<Option<Logged>, DbError> {
        self.act(db, &Inclusion::act_of(certificate))
    }

    fn act(&self, db: &Db, act: &Act) -> Result<Option<Logged>, DbError> {
        let Some((size, signed)) = covered_signed(db)? else { return Ok(None) };
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&act.certificate).copied();
        // One that has become shorter was damaged here, and is fetched again.
        let mut found = known.filter(|found| found.upto <= size).unwrap_or_default();
        if found.upto < size {
            let from = found.upto;
            if found.at.is_none()
                && let Some(at) = proofs::search(db, &act.to_bytes(), from, size)?
            {
                found.at = Some((at, since(db, at, act, signed)?));
            }
            if let Some((at, _)) = found.at {
                found.revoked |= is_revoked(db, act, from.max(at), size)?;
            }
            found.upto = size;
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if MAX_FOUND <= all.len() {
                all.clear();
            }
            all.insert(act.certificate, found);
        }
        Ok(found.at.filter(|_| !found.revoked).map(|(_, since)| Logged { since, signed }))
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use musubi_protocol::{
        log::{Head, Tree, leaf_hash},
        signed::Signed,
    };
    use musubi_store::{Options, Store};
    use serde_bytes::ByteBuf;

    use super::{super::COVERED, *};

    const NOW: u64 = 1_790_000_000;
    const HOUR: u64 = 3_600;
    const DAY: u64 = 24 * HOUR;

    fn act(n: u64, time: u64) -> Act {
        Act {
            operation: Operation::Issue,
            office: "1379900010".parse().unwrap(),
            desk: 1,
            issue_number: n,
            certificate: Hash::of(&[&n.to_be_bytes()]),
            time: Timestamp(time),
        }
    }

    fn revoking(n: u64, time: u64) -> Act {
        Act { operation: Operation::Revoke, ..act(n, time) }
    }

    struct Log {
        db: Db,
        leaves: Vec<[u8; LEAF]>,
        sought: Sought,
        _dir: tempfile::TempDir,
    }

    impl Log {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let db = Db::new(Store::open(&dir.path().join("store"), Options::default()).unwrap());
            Self { db, leaves: Vec::new(), sought: Sought::default(), _dir: dir }
        }

        /// Holds more of the log, up to a head that was signed then.
        fn grow(&mut self, acts: impl IntoIterator<Item = Act>, signed: u64) -> &Self {
            self.leaves.extend(acts.into_iter().map(|act| act.to_bytes()));
            let mut tree = Tree::new();
            tree.extend(self.leaves.iter().map(|leaf| leaf_hash(leaf)));
            let signed = Timestamp(signed);
            let head = Signed::sign(Head::of(&tree, signed), &SigningKey::from_bytes(&[1; 32])).unwrap();
            let mut writes = Writes::new();
            for (number, chunk) in (0..).zip(self.leaves.chunks(CHUNK as usize)) {
                writes.log_chunk(number, &chunk.concat()).unwrap();
            }
            let size = self.leaves.len() as u64;
            writes.meta(COVERED, &(size, ByteBuf::from(head.bytes()))).unwrap();
            note_size(&self.db, &mut writes, size, signed).unwrap();
            self.db.store().commit_blocking(writes.into_batch()).unwrap();
            self
        }

        /// Since when, by the log as it is and as if it was just read from the disk.
        #[track_caller]
        fn since(&self, act: &Act) -> Option<u64> {
            let found = self.sought.act(&self.db, act).unwrap();
            assert_eq!(Sought::default().act(&self.db, act).unwrap(), found);
            found.map(|logged| logged.since.0)
        }
    }

    #[test]
    fn a_certificate_is_as_old_as_its_leaf_says() {
        let mut log = Log::new();
        assert_eq!(log.since(&act(1, NOW)), None, "nothing is held");
        log.grow([act(1, NOW), act(2, NOW + 10)], NOW + 20);
        assert_eq!(log.since(&act(1, NOW)), Some(NOW));
        assert_eq!(log.since(&act(2, NOW + 10)), Some(NOW + 10));
        // The leaf is that of the certificate, and of no other.
        assert_eq!(Sought::default().act(&log.db, &act(2, NOW + 11)).unwrap(), None);
        assert_eq!(log.since(&act(3, NOW + 30)), None);
        log.grow([act(3, NOW + 30)], NOW + 40);
        assert_eq!(log.since(&act(3, NOW + 30)), Some(NOW + 30), "found once it has come");
        let logged = log.sought.act(&log.db, &act(1, NOW)).unwrap().unwrap();
        assert_eq!(logged.signed, Timestamp(NOW + 40));
    }

    #[test]
    fn one_that_is_revoked_stands_there_no_more() {
        let mut log = Log::new();
        log.grow([act(1, NOW), act(2, NOW + 10)], NOW + 20);
        assert_eq!(log.since(&act(1, NOW)), Some(NOW));
        log.grow([revoking(1, NOW + DAY)], NOW + DAY);
        assert_eq!(log.since(&act(1, NOW)), None);
        assert_eq!(log.since(&act(2, NOW + 10)), Some(NOW + 10));
        log.grow([act(3, NOW + DAY)], NOW + 2 * DAY);
        assert_eq!(log.since(&act(1, NOW)), None, "that does not pass");
    }

    #[test]
    fn dating_back_gains_nothing() {
        let back = act(9, NOW - 2 * DAY);
        let mut log = Log::new();
        log.grow([act(1, NOW), act(2, NOW + 10), back, act(10, NOW + 30)], NOW + 30);
        assert_eq!(log.since(&back), Some(NOW + 10), "those before it are younger");
        // Hidden behind many that are dated back too.
        let mut log = Log::new();
        let many = (0..4_000).map(|n| act(1_000 + n, NOW - 2 * DAY));
        log.grow([act(1, NOW)].into_iter().chain(many).chain([back]), NOW + 30);
        assert_eq!(log.since(&back), Some(NOW));
        // In a log in which nothing happens: it was not there when the last head was signed.
        let mut log = Log::new();
        log.grow([act(1, NOW - 9 * DAY)], NOW - 9 * DAY);
        log.grow([], NOW - HOUR);
        log.grow([back], NOW);
        assert_eq!(log.since(&back), Some(NOW - HOUR));
    }

    #[test]
    fn a_leaf_of_a_time_to_come_makes_no_other_younger() {
        let mut log = Log::new();
        log.grow([act(1, NOW), act(2, NOW + 900 * DAY), act(3, NOW + 10)], NOW + 20);
        assert_eq!(log.since(&act(3, NOW + 10)), Some(NOW + 10));
    }

    #[test]
    fn sizes_are_noted_by_the_hour_and_for_some_days() {
        let mut log = Log::new();
        for n in 0..1_000 {
            log.grow([act(n, NOW + n * 600)], NOW + n * 600);
        }
        let noted = sizes(&log.db).unwrap();
        assert_eq!(noted.len(), MAX_SIZES);
        assert_eq!(noted.last(), Some(&(1_000, Timestamp(NOW + 999 * 600))));
        let apart = noted.windows(2).map(|two| two[1].1.since(two[0].1)).collect::<Vec<_>>();
        // The last one is that of now.
        assert!(apart.iter().rev().skip(1).all(|apart| (APART..2 * APART).contains(apart)), "{apart:?}");
        // An older head over the same leaves, or fewer, changes nothing.
        log.grow([], NOW);
        let mut writes = Writes::new();
        note_size(&log.db, &mut writes, 3, Timestamp(NOW + 5_000 * 600)).unwrap();
        assert!(writes.is_empty());
        assert_eq!(sizes(&log.db).unwrap(), noted);
        let first = noted[0].1;
        assert!(3 * DAY < Timestamp(NOW + 999 * 600).since(first), "{first:?}");
    }
}
