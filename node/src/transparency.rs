//! The authority's public log: every node keeps all of it, so that a certificate for its own number that nobody asked for
//! is seen.
//!
//! Leaves are taken from whoever has them. They count once a head that an issuing CA has signed covers them: from then on
//! the authority cannot take one back without showing two truths.

mod compare;
mod logged;
mod proofs;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use libp2p_identity::PeerId;
use musubi_protocol::{
    enrol::{Answer, MAX_LEAVES, Question},
    ids::{Hash, OfficeNumber},
    log::{Act, Fork, GROUP, Head, LEAF, Operation, Side, Tree, leaf_hash},
    signed::{Signed, Unverified},
    time::Timestamp,
    trust::Trust,
};
use serde_bytes::ByteBuf;

pub(crate) use self::{
    compare::{Compared, Seen, entry as compare_entry, head as compare_head, keep as keep_fork, look_ahead},
    logged::Sought,
    proofs::{Proofs, keep as keep_proof, refresh as refresh_proofs},
};
pub use self::{
    compare::{Withheld, doubt, fork, withheld},
    logged::Logged,
};
use crate::{
    core::{Core, CoreError},
    db::{Db, DbError, Writes},
    desk::Kept,
    news::{NewsError, Source},
};

/// Name of the single value that holds the newest head that covers what is kept.
const COVERED: &str = "log covered";
/// Name of the single value that says how far leaves behind those are kept too, with what shows that they are of the log.
const BEHIND: &str = "log behind";
/// Name of the single value with the issue numbers that a person has called its own.
const ACKNOWLEDGED: &str = "log acknowledged";
/// Name of the single value with the office numbers whose acts are indexed.
const INDEXED: &str = "log offices";
/// Leaves in one record: 32 KiB.
const CHUNK: u64 = GROUP;
/// Most answers in a row from the authority; at 4,096 leaves each more than all offices of the country for years.
const MAX_ANSWERS: usize = 4096;
/// Most answers in a row from a partner, who gives no more to one piece of news.
const MAX_FROM_PARTNER: usize = 12;
/// Most acts about own numbers in one go; an office has a few a year.
const MAX_OWN: usize = 10_000;

/// The part of the log that a head covers; read from disk at the start.
#[derive(Debug, Default)]
pub(crate) struct Held(Mutex<Option<Tree>>);

/// From whom leaves are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// The authority: all there are, however long it takes.
    Authority,
    /// A partner who says that the log has so many leaves: a part, if nobody else has given that by then.
    Partner(u64),
}

/// What a check of the whole log has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// How many leaves are kept and covered.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// When the head that covers them was signed.
    pub signed: Option<Timestamp>,
    /// Whether the head covers exactly what is kept.
    pub whole: bool,
    /// The evidence that the authority has signed two logs, if there is any.
    pub fork: Option<Fork>,
    /// Certificates for numbers of desks here that are in no desk here and that nobody has called their own.
    pub foreign: Vec<Act>,
}

/// The tree over what is kept and covered; an empty one where less is kept than was covered, or something else: then
/// all of it is fetched again.
fn covered(db: &Db) -> Result<Tree, DbError> {
    let Some((size, head)) = covered_head(db)? else { return Ok(Tree::new()) };
    let mut tree = Tree::new();
    while tree.size() < size {
        let chunk = db.log_chunk(tree.size() / CHUNK)?;
        let wanted = usize::try_from(CHUNK.min(size - tree.size())).unwrap_or(usize::MAX);
        if chunk.len() / LEAF < wanted {
            return Ok(Tree::new());
        }
        tree.extend(chunk.chunks_exact(LEAF).take(wanted).map(leaf_hash));
    }
    // It was verified before it was kept.
    let root = Unverified::<Head>::from_bytes(&head).map(|head| head.claim().root);
    Ok(if root.is_ok_and(|root| root == tree.root()) { tree } else { Tree::new() })
}

/// How many leaves are kept and covered, by what was noted last, and the head that covers them.
fn covered_head(db: &Db) -> Result<Option<(u64, ByteBuf)>, DbError> {
    db.meta(COVERED)
}

/// How many leaves are kept and covered, by what was noted last.
pub(crate) fn covered_size(db: &Db) -> Result<u64, DbError> {
    Ok(covered_head(db)?.map_or(0, |(size, _)| size))
}

/// How many leaves are kept and covered, and when the head was signed that covers them.
fn covered_signed(db: &Db) -> Result<Option<(u64, Timestamp)>, DbError> {
    let Some((size, head)) = covered_head(db)? else { return Ok(None) };
    // It was verified before it was kept.
    Ok(Unverified::<Head>::from_bytes(&head).ok().map(|head| (size, head.claim().time)))
}

/// The hashes of the leaves of a full group.
fn group(db: &Db, number: u64) -> Result<Vec<Hash>, DbError> {
    Ok(db.log_chunk(number)?.chunks_exact(LEAF).map(leaf_hash).collect())
}

impl Held {
    /// Reads it from disk, which takes a second at national size.
    pub(crate) fn load(&self, db: &Db) -> Result<(), DbError> {
        self.with(db, |_| ())
    }

    fn with<T>(&self, db: &Db, act: impl FnOnce(&mut Tree) -> T) -> Result<T, DbError> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_none() {
            *held = Some(covered(db)?);
        }
        Ok(act(held.get_or_insert_default()))
    }
}

/// The leaves after the first `size`, at most [`MAX_LEAVES`], with the head that covers what is kept; for a partner.
pub(crate) fn leaves_after(core: &Core, size: u64) -> Result<Option<Answer>, DbError> {
    let Some((covered, head)) = covered_head(&core.db)? else { return Ok(None) };
    let end = covered.min(size.saturating_add(MAX_LEAVES as u64));
    let mut leaves = Vec::new();
    let mut at = size;
    while at < end {
        let chunk = core.db.log_chunk(at / CHUNK)?;
        let from = usize::try_from(at % CHUNK).unwrap_or_default() * LEAF;
        let upto = usize::try_from((end - at).min(CHUNK - at % CHUNK)).unwrap_or_default() * LEAF + from;
        let Some(part) = chunk.get(from..upto) else { return Ok(None) };
        leaves.extend_from_slice(part);
        at += (part.len() / LEAF) as u64;
    }
    Ok(Some(Answer::Leaves { first: size, leaves, head: head.into_vec() }))
}

/// How the log that is kept leads on from an earlier size to the head that covers it; for a partner.
pub(crate) fn lead_on(core: &Core, size: u64) -> Result<Option<Answer>, DbError> {
    Ok(compare::own_side(core, size)?.map(Answer::LeadOn))
}

/// Fetches what the log has more, up to a signed head that covers it. Of a partner only a part may come: where it shows that
/// this is of the log, the next one goes on from there.
///
/// Dropping the future leaves what is kept and covered as it was.
///
/// # Errors
/// [`NewsError`]; what is kept and covered stays as it was.
pub(crate) async fn follow(core: &Arc<Core>, source: &mut impl Source, from: From) -> Result<(), NewsError> {
    // Two at once would write the same chunks. Whoever writes holds it, also where nobody waits for that any more.
    let mut guard = Arc::clone(&core.following).lock_owned().await;
    if let From::Partner(size) = from
        && size <= covered_size(&core.db).map_err(CoreError::from)?
    {
        return Ok(());
    }
    let begin = Arc::clone(core);
    let (held, mut taking) = blocking(move || {
        index_new_offices(&begin)?;
        Ok((guard, Taking::begin(&begin)?))
    })
    .await?;
    guard = held;
    for _ in 0..if from == From::Authority { MAX_ANSWERS } else { MAX_FROM_PARTNER } {
        let size = taking.tree.size();
        core.seen.asked(core.trust.trusted_time());
        let Answer::Leaves { first, leaves, head } = source.ask(&Question::Leaves { size }).await? else {
            return Err(NewsError::Other);
        };
        let Some(trust) = core.trust.trust() else { return Ok(()) };
        let head = trust.head(&head).ok_or(NewsError::Other)?;
        let got = (leaves.len() / LEAF) as u64;
        if first != size || head.value().size < size {
            // Somebody who has less: a partner, or an authority that was put back, or has another log.
            let comparing = Arc::clone(core);
            return blocking(move || compare_head(&comparing, &head).map(drop)).await;
        }
        if head.value().size < size + got {
            return Err(NewsError::Other);
        }
        let (writing, judging) = (Arc::clone(core), trust.clone());
        let taken = blocking(move || {
            let outcome = taking.take(&writing, &judging, &leaves, &head)?;
            Ok((guard, taking, outcome, head))
        });
        let (held, grown, outcome, head) = taken.await?;
        (guard, taking) = (held, grown);
        match outcome {
            Took::More if got > 0 => {}
            // There is more, and nobody here has it.
            Took::More => return Err(NewsError::Other),
            Took::All => {
                core.learn_head(head.bytes().to_vec()).await?;
                let grown = Arc::clone(core);
                return blocking(move || {
                    compare::again(&grown, &trust)?;
                    proofs::refresh(&grown)
                })
                .await;
            }
            Took::False => {
                tracing::warn!("leaves of the log do not belong to the head that came with them");
                differs(core, source, trust, taking.begun).await?;
                return Err(NewsError::Other);
            }
        }
    }
    part(core, source, &taking).await
}

/// Has somebody who may not be asked for more leaves show that those that have come are of the log, so that the next one is
/// asked for those behind.
async fn part(core: &Arc<Core>, source: &mut impl Source, taking: &Taking) -> Result<(), NewsError> {
    let (size, root) = (taking.tree.size(), taking.tree.root());
    let Answer::LeadOn(side) = source.ask(&Question::LeadOn { size }).await? else { return Err(NewsError::Other) };
    let Some(trust) = core.trust.trust() else { return Ok(()) };
    if side.root != root || side.verify(size, &trust).is_none() {
        return Err(NewsError::Other);
    }
    let noting = Arc::clone(core);
    blocking(move || note_behind(&noting.db, size, &side)).await
}

fn note_behind(db: &Db, size: u64, side: &Side) -> Result<(), DbError> {
    let mut writes = Writes::new();
    writes.meta(BEHIND, &(size, side))?;
    db.apply_lazily(writes)
}

/// Has somebody whose leaves do not fit show how its log was when it had as many leaves as are held here: if it is
/// another log, that and the head are evidence. `begun` is what leaves behind the covered ones were shown by.
async fn differs(
    core: &Arc<Core>,
    source: &mut impl Source,
    trust: Trust,
    begun: Option<(u64, Side)>,
) -> Result<(), NewsError> {
    if let Some((size, ours)) = begun {
        let Answer::LeadOn(theirs) = source.ask(&Question::LeadOn { size }).await? else {
            return Err(NewsError::Other);
        };
        let keeping = Arc::clone(core);
        return blocking(move || {
            let fork = Fork { size, ours, theirs };
            if fork.verify(&trust).is_none() {
                return Ok(());
            }
            compare::keep(&keeping.db, &fork)?;
            // Which of the two is that of the others nobody knows: from what is covered on, once more.
            note_behind(&keeping.db, 0, &fork.ours)
        })
        .await;
    }
    let size = covered_size(&core.db).map_err(CoreError::from)?;
    if size == 0 {
        return Ok(());
    }
    let Answer::LeadOn(theirs) = source.ask(&Question::LeadOn { size }).await? else { return Err(NewsError::Other) };
    let comparing = Arc::clone(core);
    blocking(move || compare::side(&comparing, &trust, size, theirs)).await
}

/// Has a partner whose entry names another log show how its log was then, if it has it still: with a signed head that is
/// evidence, and with the log that is held here the doubt is over.
pub(crate) async fn clear_up(
    core: &Arc<Core>,
    source: &mut impl Source,
    peer: PeerId,
    theirs: u64,
) -> Result<(), NewsError> {
    let asking = Arc::clone(core);
    let doubted = blocking(move || compare::doubted(&asking, &peer)).await?;
    // One for each piece of news: the number of questions is bounded.
    let doubt = doubted.into_iter().find(|(_, size)| *size <= theirs);
    let (Some(doubt), Some(trust)) = (doubt, core.trust.trust()) else { return Ok(()) };
    let Answer::LeadOn(side) = source.ask(&Question::LeadOn { size: doubt.1 }).await? else {
        return Err(NewsError::Other);
    };
    let comparing = Arc::clone(core);
    blocking(move || compare::cleared_up(&comparing, &trust, doubt, side)).await
}

/// Leaves on their way to be covered.
struct Taking {
    tree: Tree,
    /// Those about own numbers: they count with the others, once a head covers them.
    own: Vec<(u64, Vec<u8>)>,
    /// How many leaves were kept at the beginning, and what they were shown by, where that is more than is covered.
    begun: Option<(u64, Side)>,
}

/// What became of leaves.
enum Took {
    /// The head covers more than there is yet.
    More,
    /// The head covers all.
    All,
    /// They are not the head's.
    False,
}

impl Taking {
    /// Begins behind what is covered, or where an earlier one has come to.
    fn begin(core: &Core) -> Result<Self, DbError> {
        let tree = core.log.with(&core.db, |tree| tree.clone())?;
        let from_covered = Self { tree, own: Vec::new(), begun: None };
        let kept: Option<(u64, Side)> = core.db.meta(BEHIND)?;
        let Some((size, side)) = kept.filter(|(size, _)| from_covered.tree.size() < *size) else {
            return Ok(from_covered);
        };
        let (mut tree, mut own) = (from_covered.tree.clone(), Vec::new());
        while tree.size() < size {
            let (at, chunk) = (tree.size(), core.db.log_chunk(tree.size() / CHUNK)?);
            let skip = usize::try_from(at % CHUNK).unwrap_or_default();
            let wanted = usize::try_from((CHUNK - at % CHUNK).min(size - at)).unwrap_or_default();
            let leaves: Vec<&[u8]> = chunk.chunks_exact(LEAF).skip(skip).take(wanted).collect();
            if leaves.len() < wanted {
                return Ok(from_covered);
            }
            tree.extend(leaves.iter().map(|leaf| leaf_hash(leaf)));
            own.extend(leaves.iter().filter_map(|leaf| Some((self::own(core, leaf)?.issue_number, leaf.to_vec()))));
        }
        own.truncate(MAX_OWN);
        // Another one may have written other leaves there since.
        Ok(if tree.root() == side.root { Self { tree, own, begun: Some((size, side)) } } else { from_covered })
    }

    /// Keeps leaves behind what is covered, and notes all of it as covered where the head says so.
    fn take(&mut self, core: &Core, trust: &Trust, leaves: &[u8], head: &Signed<Head>) -> Result<Took, DbError> {
        let first = self.tree.size();
        self.tree.extend(leaves.chunks_exact(LEAF).map(leaf_hash));
        let mut writes = Writes::new();
        for (at, leaf) in (first..).zip(leaves.chunks_exact(LEAF)) {
            if at % CHUNK == 0 || at == first {
                let mut chunk = if at % CHUNK == 0 { Vec::new() } else { core.db.log_chunk(at / CHUNK)? };
                chunk.truncate(usize::try_from(at % CHUNK).unwrap_or_default() * LEAF);
                let room = usize::try_from(CHUNK - at % CHUNK).unwrap_or_default() * LEAF;
                let from = usize::try_from(at - first).unwrap_or_default() * LEAF;
                chunk.extend(leaves[from..].iter().take(room));
                writes.log_chunk(at / CHUNK, &chunk)?;
            }
            if let Some(act) = own(core, leaf)
                && self.own.len() < MAX_OWN
            {
                self.own.push((act.issue_number, leaf.to_vec()));
            }
        }
        let outcome = match (self.tree.size() == head.value().size, self.tree.root() == head.value().root) {
            (false, _) => Took::More,
            (true, false) => Took::False,
            (true, true) => Took::All,
        };
        let fork = self.fork(core, trust, head)?;
        if let Some(held) = &fork {
            let (ours, theirs) = (Side::of(held), Side::of(head));
            compare::keep(&core.db, &Fork { size: head.value().size, ours, theirs })?;
        }
        // An older head over the same leaves says less.
        let newer =
            covered_signed(&core.db)?.is_none_or(|(size, at)| size != head.value().size || at < head.value().time);
        if matches!(outcome, Took::All) && fork.is_none() && newer {
            writes.meta(COVERED, &(self.tree.size(), ByteBuf::from(head.bytes())))?;
            logged::note_size(&core.db, &mut writes, self.tree.size(), head.value().time)?;
            for (number, leaf) in &self.own {
                writes.own_act(*number, leaf)?;
            }
        }
        if !writes.is_empty() {
            // Leaves that are lost are fetched again.
            core.db.apply_lazily(writes)?;
        }
        if fork.is_some() {
            return Ok(Took::False);
        }
        if matches!(outcome, Took::All) {
            core.log.with(&core.db, |held| *held = self.tree.clone())?;
            if !self.own.is_empty() {
                // It may be a certificate that this node has not fetched yet.
                core.ask_soon.notify_one();
            }
        }
        Ok(outcome)
    }

    /// A head held here of the same size with another root.
    fn fork(&self, core: &Core, trust: &Trust, head: &Signed<Head>) -> Result<Option<Signed<Head>>, DbError> {
        let covering = covered_head(&core.db)?.and_then(|(_, held)| trust.head(&held));
        let other =
            |held: &Signed<Head>| held.value().size == head.value().size && held.value().root != head.value().root;
        Ok([covering, core.trust.head()].into_iter().flatten().find(other))
    }
}

/// The act of a leaf about a certificate for an office number of a desk here. What is not of this version says nothing.
fn own(core: &Core, leaf: &[u8]) -> Option<Act> {
    let act = Act::from_bytes(leaf.try_into().ok()?).ok()?;
    (act.operation == Operation::Issue && core.has_desk_of(&act.office)).then_some(act)
}

/// Looks through what is covered for the numbers of desks that came later.
fn index_new_offices(core: &Core) -> Result<(), DbError> {
    let offices: BTreeSet<OfficeNumber> =
        core.with_desks(|desks| desks.iter().map(|desk| desk.kept().office()).collect());
    let indexed: Vec<OfficeNumber> = core.db.meta(INDEXED)?.unwrap_or_default();
    if offices.iter().all(|office| indexed.contains(office)) {
        return Ok(());
    }
    let (mut writes, size) = (Writes::new(), covered_size(&core.db)?);
    for chunk in 0..size.div_ceil(CHUNK) {
        let leaves = core.db.log_chunk(chunk)?;
        let within = usize::try_from(CHUNK.min(size - chunk * CHUNK)).unwrap_or_default();
        for leaf in leaves.chunks_exact(LEAF).take(within) {
            if let Some(act) = own(core, leaf) {
                writes.own_act(act.issue_number, leaf)?;
            }
        }
    }
    writes.meta(INDEXED, &offices.into_iter().collect::<Vec<_>>())?;
    core.db.apply_lazily(writes)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DbError> + Send + 'static,
) -> Result<T, NewsError> {
    let worked = tokio::task::spawn_blocking(work).await.map_err(|_| NewsError::Stopped)?;
    Ok(worked.map_err(CoreError::from)?)
}

/// Checks all that is kept, from the first leaf to the head that covers them. Works without keys, also where no node runs.
///
/// # Errors
/// [`DbError`].
pub fn check(db: &Db, trust: Option<&Trust>) -> Result<Checked, DbError> {
    let noted = covered_head(db)?;
    let tree = covered(db)?;
    let size = noted.as_ref().map_or(0, |(size, _)| *size);
    let head = noted.and_then(|(_, head)| trust?.head(&head));
    // Where something was covered in between, the tree is the longer one.
    let whole = size <= tree.size() && (size == 0 || head.is_some());
    Ok(Checked {
        size: tree.size(),
        root: tree.root(),
        signed: head.map(|head| head.value().time),
        whole,
        fork: fork(db)?,
        foreign: foreign(db)?,
    })
}

/// Certificates for office numbers of desks here that came after a desk's first and are in none of them.
///
/// # Errors
/// [`DbError`].
pub fn foreign(db: &Db) -> Result<Vec<Act>, DbError> {
    let desks: Vec<Kept> = db.desks()?;
    let known: BTreeSet<u64> = db.meta::<Vec<u64>>(ACKNOWLEDGED)?.unwrap_or_default().into_iter().collect();
    let mut own: BTreeSet<Hash> = BTreeSet::new();
    for desk in &desks {
        own.extend(desk.certificates());
    }
    let acts: Vec<Act> =
        db.own_acts()?.iter().filter_map(|leaf| Act::from_bytes(leaf.as_slice().try_into().ok()?).ok()).collect();
    // What was there before an office joined here is its past, and seen when it joins.
    let mut joined: BTreeMap<OfficeNumber, u64> = BTreeMap::new();
    for act in acts.iter().filter(|act| own.contains(&act.certificate)) {
        let first = joined.entry(act.office).or_insert(act.issue_number);
        *first = act.issue_number.min(*first);
    }
    Ok(acts
        .iter()
        .filter(|act| desks.iter().any(|desk| desk.office() == act.office))
        .filter(|act| !own.contains(&act.certificate) && !known.contains(&act.issue_number))
        .filter(|act| joined.get(&act.office).is_some_and(|joined| *joined < act.issue_number))
        .copied()
        .collect())
}

/// Notes that a person knows a certificate for its own number that lies elsewhere: on another PC of the office.
///
/// # Errors
/// [`DbError`].
pub fn acknowledge(db: &Db, writes: &mut Writes, issue_number: u64) -> Result<(), DbError> {
    let mut known: BTreeSet<u64> = db.meta::<Vec<u64>>(ACKNOWLEDGED)?.unwrap_or_default().into_iter().collect();
    known.insert(issue_number);
    writes.meta(ACKNOWLEDGED, &known.into_iter().collect::<Vec<u64>>())
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use musubi_store::{Options, Store};

    use super::*;

    const SIZE: u64 = 1_000;

    /// A store with a covered log of a thousand leaves.
    fn kept() -> (tempfile::TempDir, Db, Tree) {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::new(Store::open(&dir.path().join("store"), Options::default()).unwrap());
        let leaves: Vec<[u8; LEAF]> = (0..SIZE).map(|n| [n as u8; LEAF]).collect();
        let mut tree = Tree::new();
        tree.extend(leaves.iter().map(|leaf| leaf_hash(leaf)));
        let head = Signed::sign(Head::of(&tree, Timestamp(1)), &SigningKey::from_bytes(&[1; 32])).unwrap();
        let mut writes = Writes::new();
        for (number, chunk) in (0..).zip(leaves.chunks(CHUNK as usize)) {
            writes.log_chunk(number, &chunk.concat()).unwrap();
        }
        writes.meta(COVERED, &(SIZE, ByteBuf::from(head.bytes()))).unwrap();
        db.store().commit_blocking(writes.into_batch()).unwrap();
        (dir, db, tree)
    }

    fn put(db: &Db, chunk: u64, leaves: &[u8]) {
        let mut writes = Writes::new();
        writes.log_chunk(chunk, leaves).unwrap();
        db.store().commit_blocking(writes.into_batch()).unwrap();
    }

    #[test]
    fn what_is_covered_is_read_back() {
        let (_dir, db, tree) = kept();
        assert_eq!((covered(&db).unwrap(), covered_size(&db).unwrap()), (tree.clone(), SIZE));
        // What lies behind is not covered, and changes nothing.
        let last = [db.log_chunk(1).unwrap(), vec![9; 3 * LEAF]].concat();
        put(&db, 1, &last);
        assert_eq!(covered(&db).unwrap(), tree);
    }

    #[test]
    fn a_log_that_lacks_something_or_was_changed_counts_as_none() {
        let (_dir, db, tree) = kept();
        let first = db.log_chunk(0).unwrap();
        put(&db, 0, &first[..100 * LEAF]);
        assert_eq!(covered(&db).unwrap(), Tree::new());
        let mut changed = first.clone();
        changed[70] ^= 1;
        put(&db, 0, &changed);
        assert_eq!(covered(&db).unwrap(), Tree::new());
        assert!(!check(&db, None).unwrap().whole);
        put(&db, 0, &first);
        assert_eq!(covered(&db).unwrap(), tree);
    }

    #[test]
    fn a_leaf_is_found_wherever_it_stands() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::new(Store::open(&dir.path().join("store"), Options::default()).unwrap());
        let act = |n: u64| Act {
            operation: Operation::Issue,
            office: "1379900010".parse().unwrap(),
            desk: 1,
            issue_number: n,
            certificate: Hash([7; 32]),
            // A leaf every hour, so that a group is three weeks.
            time: Timestamp(1_790_000_000 + n * 3_600),
        };
        let leaves: Vec<[u8; LEAF]> = (0..1_300).map(|n| act(n).to_bytes()).collect();
        let mut tree = Tree::new();
        tree.extend(leaves.iter().map(|leaf| leaf_hash(leaf)));
        for (number, chunk) in (0..).zip(leaves.chunks(CHUNK as usize)) {
            put(&db, number, &chunk.concat());
        }
        for at in [0, 1, 511, 512, 1_023, 1_024, 1_299] {
            let leaf = act(at).to_bytes();
            assert_eq!(proofs::search(&db, &leaf, 0, 1_300).unwrap(), Some(at));
            // Not beyond what is covered.
            assert_eq!(proofs::search(&db, &leaf, 0, at).unwrap(), None);
            for size in [at + 1, 1_300] {
                let path = tree.prove(at, size, |number| group(&db, number)).unwrap().unwrap();
                let root = tree.root_at(size, |number| group(&db, number)).unwrap().unwrap();
                assert!(musubi_protocol::log::verify(leaf_hash(&leaf), at, size, &path, &root), "{at} of {size}");
            }
        }
        // One that is not there is not looked for in older groups: they are from before it was issued.
        assert_eq!(proofs::search(&db, &act(1_400).to_bytes(), 0, 1_300).unwrap(), None);
    }

    #[test]
    fn nothing_kept_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::new(Store::open(&dir.path().join("store"), Options::default()).unwrap());
        let checked = check(&db, None).unwrap();
        assert_eq!((checked.size, checked.whole, checked.signed, checked.fork), (0, true, None, None));
    }
}
