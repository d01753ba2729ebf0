//! The authority's public log: every node keeps all of it, so that a certificate for its own number that nobody asked for
//! is seen.
//!
//! Leaves are taken from whoever has them. They count once a head that an issuing CA has signed covers them: from then on
//! the authority cannot take one back without showing two truths.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use musubi_protocol::{
    enrol::{Answer, MAX_LEAVES, Question},
    ids::{Hash, OfficeNumber},
    log::{Act, Head, LEAF, Operation, Tree, leaf_hash},
    signed::Signed,
    time::Timestamp,
    trust::Trust,
};
use serde_bytes::ByteBuf;

use crate::{
    core::{Core, CoreError},
    db::{Db, DbError, Writes},
    desk::Kept,
    news::{NewsError, Source},
};

/// Name of the single value that holds the newest head that covers what is kept.
const COVERED: &str = "log covered";
/// Name of the single value that holds two heads of one size with different roots.
const FORK: &str = "log fork";
/// Name of the single value with the issue numbers that a person has called its own.
const ACKNOWLEDGED: &str = "log acknowledged";
/// Leaves in one record: 32 KiB.
const CHUNK: u64 = 512;
/// Most answers in a row; at 4,096 leaves each more than all offices of the country for years.
const MAX_ANSWERS: usize = 4096;

/// The part of the log that a head covers; read from disk when it is first asked for.
#[derive(Debug, Default)]
pub(crate) struct Held(Mutex<Option<Tree>>);

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
    /// Two heads of one size with different roots are kept as evidence.
    pub fork: bool,
    /// Certificates for numbers of desks here that are in no desk here and that nobody has called their own.
    pub foreign: Vec<Act>,
}

/// The tree over what is kept and covered.
fn covered(db: &Db) -> Result<Tree, DbError> {
    let size = db.meta::<(u64, ByteBuf)>(COVERED)?.map_or(0, |(size, _)| size);
    let mut tree = Tree::new();
    while tree.size() < size {
        let chunk = db.log_chunk(tree.size() / CHUNK)?;
        let wanted = usize::try_from(CHUNK.min(size - tree.size())).unwrap_or(usize::MAX);
        let before = tree.size();
        tree.extend(chunk.chunks_exact(LEAF).take(wanted).map(leaf_hash));
        if tree.size() == before {
            // Less is kept than was covered: a damaged store. What is missing is fetched again.
            break;
        }
    }
    Ok(tree)
}

impl Held {
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
    let Some((covered, head)) = core.db.meta::<(u64, ByteBuf)>(COVERED)? else { return Ok(None) };
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

/// Fetches what the log has more, up to a signed head that covers it.
///
/// # Errors
/// [`NewsError`]; what is kept and covered stays as it was.
pub(crate) async fn follow(core: &Arc<Core>, source: &mut impl Source) -> Result<(), NewsError> {
    // Two at once would write the same chunks.
    let _one_at_a_time = core.following.lock().await;
    let reading = Arc::clone(core);
    let mut tree = blocking(move || reading.log.with(&reading.db, |tree| tree.clone())).await?;
    for _ in 0..MAX_ANSWERS {
        let size = tree.size();
        let Answer::Leaves { first, leaves, head } = source.ask(&Question::Leaves { size }).await? else {
            return Err(NewsError::Other);
        };
        let Some(trust) = core.trust.trust() else { return Ok(()) };
        let head = trust.head(&head).ok_or(NewsError::Other)?;
        if first != size || head.value().size < size {
            // Somebody who has less: a partner, or an authority that was put back.
            return Ok(());
        }
        let got = leaves.len() / LEAF;
        let taking = Arc::clone(core);
        let taken = blocking(move || {
            tree.extend(leaves.chunks_exact(LEAF).map(leaf_hash));
            take(&taking, &trust, &leaves, size, &tree, &head)?;
            Ok::<_, DbError>((tree, head))
        });
        let (grown, head) = taken.await?;
        tree = grown;
        match tree.size().cmp(&head.value().size) {
            std::cmp::Ordering::Less if got > 0 => {}
            std::cmp::Ordering::Less => return Ok(()),
            _ if tree.root() == head.value().root => {
                return core.learn_head(head.bytes().to_vec()).await.map_err(Into::into);
            }
            _ => {
                tracing::warn!("leaves of the log do not belong to the head that came with them");
                return Err(NewsError::Other);
            }
        }
    }
    Ok(())
}

/// Keeps leaves; they count only once a head covers them.
fn take(
    core: &Core,
    trust: &Trust,
    leaves: &[u8],
    first: u64,
    tree: &Tree,
    head: &Signed<Head>,
) -> Result<(), DbError> {
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
        // What is not of this version says nothing of us.
        let Some(act) = leaf.try_into().ok().and_then(|leaf: &[u8; LEAF]| Act::from_bytes(leaf).ok()) else { continue };
        if act.operation == Operation::Issue && core.has_desk_of(&act.office) {
            writes.own_act(act.issue_number, leaf)?;
        }
    }
    let covers = head.value().size == tree.size() && head.value().root == tree.root();
    let before: Option<(u64, ByteBuf)> = core.db.meta(COVERED)?;
    if covers {
        writes.meta(COVERED, &(tree.size(), ByteBuf::from(head.bytes())))?;
    }
    if let Some((size, held)) = before
        && size == head.value().size
        && let Some(held) = trust.head(&held)
        && held.value().root != head.value().root
        && core.db.meta::<(ByteBuf, ByteBuf)>(FORK)?.is_none()
    {
        tracing::error!(size, "the authority has signed two logs of one size; both heads are kept");
        writes.meta(FORK, &(ByteBuf::from(held.bytes()), ByteBuf::from(head.bytes())))?;
    }
    if !writes.is_empty() {
        // Leaves that are lost are fetched again.
        core.db.apply_lazily(writes)?;
    }
    if covers {
        core.log.with(&core.db, |held| *held = tree.clone())?;
    }
    Ok(())
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
    let tree = covered(db)?;
    let head = db.meta::<(u64, ByteBuf)>(COVERED)?;
    let size = head.as_ref().map_or(0, |(size, _)| *size);
    let head = head.and_then(|(_, head)| trust?.head(&head));
    let whole = match &head {
        Some(head) => head.value().size == tree.size() && head.value().root == tree.root(),
        None => size == 0,
    };
    Ok(Checked {
        size: tree.size(),
        root: tree.root(),
        signed: head.map(|head| head.value().time),
        whole,
        fork: db.meta::<(ByteBuf, ByteBuf)>(FORK)?.is_some(),
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
    let joined = |office: &OfficeNumber| {
        let ours = acts.iter().filter(|act| act.office == *office && own.contains(&act.certificate));
        ours.map(|act| act.issue_number).min()
    };
    Ok(acts
        .iter()
        .filter(|act| desks.iter().any(|desk| desk.office() == act.office))
        .filter(|act| !own.contains(&act.certificate) && !known.contains(&act.issue_number))
        .filter(|act| joined(&act.office).is_some_and(|joined| joined < act.issue_number))
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
