//! Whether others are shown the log that is held here: heads in credentials, and what entries name.
//!
//! A head is signed by the authority: one that contradicts what is held here is proof, to anybody, that it has signed two
//! logs ([`Fork`]). What an entry names is the word of the office that has signed it; it is kept as a doubt until a head
//! decides. Numbers that nobody has signed decide nothing.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use libp2p_identity::PeerId;
use musubi_protocol::{
    entry::Entry,
    ids::{Address, Hash},
    log::{Fork, Head, Side},
    signed::{Signed, Unverified},
    time::{DAY, Timestamp},
    trust::Trust,
};
use serde_bytes::ByteBuf;

use super::{covered_head, covered_size, group};
use crate::{
    core::Core,
    db::{Db, DbError, Writes},
    partners::look,
};

/// Name of the single value that holds two logs of the authority, as evidence.
const FORK: &str = "log fork evidence";
/// Name of the single value that holds an entry that names another log, and when it came.
const DOUBT: &str = "log doubt";
/// Name of the single value that says how far a signed head reaches beyond what is here, and since when that is known.
const AHEAD: &str = "log ahead";
/// Heads beyond what is held here that are remembered until it has grown.
const MAX_PENDING: usize = 16;
/// Sizes and roots that are remembered as good.
const MAX_SAME: usize = 256;
/// How long leaves that a signed head covers may be missing without a word.
const PATIENCE: u64 = DAY;

/// What was seen of others' logs.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Heads beyond what is held, by size.
    pending: BTreeMap<u64, Vec<u8>>,
    /// Sizes and roots that are those of the log here: partners name the same ones again and again.
    same: VecDeque<(u64, Hash)>,
}

/// How another log stands to the one that is held here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compared {
    /// One is the beginning of the other.
    Same,
    /// It goes further than what is here: that cannot be said yet.
    Unknown,
    /// It is another log.
    Other,
}

/// Leaves that nobody has given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// How far a signed head reaches.
    pub size: u64,
    /// Since when that is known, in trusted time.
    pub since: Timestamp,
}

impl Seen {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far the longest signed head reaches that goes beyond what is held here.
    fn longest(&self) -> u64 {
        self.inner().pending.last_key_value().map_or(0, |(size, _)| *size)
    }
}

/// Compares a size and a root with the log that is held here.
fn compare(core: &Core, size: u64, root: &Hash) -> Result<Compared, DbError> {
    if size == 0 {
        return Ok(Compared::Same);
    }
    if core.seen.inner().same.contains(&(size, *root)) {
        return Ok(Compared::Same);
    }
    let held = core.log.with(&core.db, |tree| tree.root_at(size, |number| group(&core.db, number)))??;
    Ok(match held {
        None => Compared::Unknown,
        Some(held) if held == *root => {
            let mut inner = core.seen.inner();
            if MAX_SAME <= inner.same.len() {
                inner.same.pop_front();
            }
            inner.same.push_back((size, *root));
            Compared::Same
        }
        Some(_) => Compared::Other,
    })
}

/// Compares a head that an issuing CA has signed, and keeps the evidence if it is of another log.
pub(crate) fn head(core: &Core, head: &Signed<Head>) -> Result<Compared, DbError> {
    let compared = compare(core, head.value().size, &head.value().root)?;
    match compared {
        Compared::Same => {}
        Compared::Unknown => {
            let mut inner = core.seen.inner();
            inner.pending.insert(head.value().size, head.bytes().to_vec());
            if MAX_PENDING < inner.pending.len() {
                // The longest is worth most: it says how much is missing here.
                inner.pending.pop_first();
            }
        }
        Compared::Other => found(core, head.value().size, Side::of(head))?,
    }
    Ok(compared)
}

/// Looks again at heads that went further than what was held.
pub(crate) fn again(core: &Core, trust: &Trust) -> Result<(), DbError> {
    let covered = covered_size(&core.db)?;
    let reached: Vec<Vec<u8>> = {
        let mut inner = core.seen.inner();
        let beyond = inner.pending.split_off(&covered.saturating_add(1));
        std::mem::replace(&mut inner.pending, beyond).into_values().collect()
    };
    for bytes in reached {
        if let Some(reached) = trust.head(&bytes) {
            head(core, &reached)?;
        }
    }
    Ok(())
}

/// Compares what an entry names, and keeps it if it is of another log.
pub(crate) fn entry(core: &Core, entry: &Signed<Entry>) -> Result<(), DbError> {
    let Entry { from, log_size, log_root, .. } = entry.value();
    if compare(core, *log_size, log_root)? != Compared::Other || doubt(&core.db)?.is_some() {
        return Ok(());
    }
    tracing::error!(%from, size = log_size, "an entry names another log of the authority than the one that is held");
    let mut writes = Writes::new();
    writes.meta(DOUBT, &(ByteBuf::from(entry.bytes()), core.now()))?;
    core.db.apply_lazily(writes)
}

/// How somebody else's log, of which something does not fit what is held, was when it had as many leaves as are held.
pub(crate) fn side(core: &Core, trust: &Trust, size: u64, theirs: Side) -> Result<(), DbError> {
    let verified = theirs.verify(size, trust).is_some();
    if verified && compare(core, size, &theirs.root)? == Compared::Other { found(core, size, theirs) } else { Ok(()) }
}

/// Keeps the evidence of two logs that differ at a size.
pub(crate) fn found(core: &Core, size: u64, theirs: Side) -> Result<(), DbError> {
    let Some(ours) = own_side(core, size)? else { return Ok(()) };
    keep(&core.db, &Fork { size, ours, theirs })
}

/// Keeps evidence, unless some is kept: one proves it.
pub(crate) fn keep(db: &Db, fork: &Fork) -> Result<(), DbError> {
    if self::fork(db)?.is_some() {
        return Ok(());
    }
    tracing::error!(size = fork.size, "the authority has signed two logs");
    let mut writes = Writes::new();
    writes.meta(FORK, &ByteBuf::from(fork.to_bytes()?))?;
    db.apply_lazily(writes)
}

/// How the log that is held here was at a size, and how it leads on to the head that covers it.
pub(crate) fn own_side(core: &Core, size: u64) -> Result<Option<Side>, DbError> {
    let Some((covered, head)) = covered_head(&core.db)? else { return Ok(None) };
    core.log.with(&core.db, |tree| {
        let read = |number| group(&core.db, number);
        let (root, path) = (tree.root_at(size, read)?, tree.lead_on(size, covered, read)?);
        Ok(root.zip(path).map(|(root, path)| Side { head, root, path }))
    })?
}

/// The evidence that the authority has signed two logs.
///
/// # Errors
/// [`DbError`].
pub fn fork(db: &Db) -> Result<Option<Fork>, DbError> {
    let kept: Option<ByteBuf> = db.meta(FORK)?;
    kept.map(|bytes| Ok(Fork::from_bytes(&bytes)?)).transpose()
}

/// Who has named another log in an entry, and when it came: the authority may have shown it another one, or it does not
/// say the truth.
///
/// # Errors
/// [`DbError`].
pub fn doubt(db: &Db) -> Result<Option<(Address, Timestamp)>, DbError> {
    let kept: Option<(ByteBuf, Timestamp)> = db.meta(DOUBT)?;
    let named = |bytes: &ByteBuf| Unverified::<Entry>::from_bytes(bytes).ok().map(|entry| entry.claim().from);
    Ok(kept.and_then(|(entry, at)| Some((named(&entry)?, at))))
}

/// The size at which an entry of a desk at this node names another log, where nothing has decided yet who is right.
pub(crate) fn doubted(core: &Core, peer: &PeerId) -> Result<Option<u64>, DbError> {
    let (None, Some((from, _))) = (fork(&core.db)?, doubt(&core.db)?) else { return Ok(None) };
    let there = core.partners.peers().iter().any(|(other, desks)| other == peer && look(desks).contains(&from));
    let kept: Option<(ByteBuf, Timestamp)> = core.db.meta(DOUBT)?.filter(|_| there);
    Ok(kept.and_then(|(entry, _)| Some(Unverified::<Entry>::from_bytes(&entry).ok()?.claim().log_size)))
}

/// Decides a doubt by what the partner shows of its log: another one is evidence; that of here ends it.
pub(crate) fn cleared_up(core: &Core, trust: &Trust, size: u64, theirs: Side) -> Result<(), DbError> {
    if theirs.verify(size, trust).is_none() {
        return Ok(());
    }
    if compare(core, size, &theirs.root)? == Compared::Other {
        return found(core, size, theirs);
    }
    let mut writes = Writes::new();
    writes.meta(DOUBT, &(ByteBuf::new(), Timestamp(0)))?;
    core.db.apply_lazily(writes)
}

/// Compares the head that is held, which may have come in a bundle or a file, and notes how far a signed head reaches beyond
/// what is here, or that none does any more. Asked now and then.
pub(crate) fn look_ahead(core: &Core) -> Result<(), DbError> {
    if let Some(held) = core.trust.head() {
        head(core, &held)?;
    }
    let covered = covered_size(&core.db)?;
    let noted = ahead(&core.db)?;
    let shown = core.seen.longest();
    let next = match (noted, core.trust.trusted_time()) {
        (Some(noted), _) if covered < noted.size => return Ok(()),
        (_, Some(since)) if covered < shown => Withheld { size: shown, since },
        (None, _) => return Ok(()),
        (Some(_), _) => Withheld { size: 0, since: Timestamp(0) },
    };
    let mut writes = Writes::new();
    writes.meta(AHEAD, &(next.size, next.since))?;
    core.db.apply_lazily(writes)
}

fn ahead(db: &Db) -> Result<Option<Withheld>, DbError> {
    let kept: Option<(u64, Timestamp)> = db.meta(AHEAD)?;
    Ok(kept.filter(|(size, _)| 0 < *size).map(|(size, since)| Withheld { size, since }))
}

/// Leaves that a signed head covers and nobody has given for a day.
///
/// # Errors
/// [`DbError`].
pub fn withheld(core: &Core) -> Result<Option<Withheld>, DbError> {
    let (covered, now) = (covered_size(&core.db)?, core.trust.trusted_time().unwrap_or_default());
    Ok(ahead(&core.db)?.filter(|noted| covered < noted.size && PATIENCE < now.since(noted.since)))
}
