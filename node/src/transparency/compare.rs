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
    core::{Core, CoreError},
    db::{Db, DbError, Writes},
    partners::look,
};

/// Name of the single value that holds two logs of the authority, as evidence.
const FORK: &str = "log fork evidence";
/// Name of the single value that holds entries that name another log, one of each office, and when each came.
const DOUBTS: &str = "log doubts";
/// Name of the single value that says how far a signed head reaches beyond what is here, and since when that is known.
const AHEAD: &str = "log ahead";
/// Heads beyond what is held here that are remembered until it has grown.
const MAX_PENDING: usize = 16;
/// Sizes and roots that are remembered as good.
const MAX_SAME: usize = 256;
/// Offices whose doubts are kept: of more, the later ones are left out until one is decided.
const MAX_DOUBTS: usize = 16;
/// How long leaves that a signed head covers may be missing without a word.
const PATIENCE: u64 = DAY;

/// What was seen of others' logs.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Heads beyond what is held, by size and root: of two of one size one is of another log.
    pending: BTreeMap<(u64, Hash), Vec<u8>>,
    /// When somebody was last asked for leaves, in trusted time.
    asked: Option<Timestamp>,
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
        self.inner().pending.last_key_value().map_or(0, |((size, _), _)| *size)
    }

    /// Notes that somebody was asked for leaves, or has said that there are no more.
    pub(crate) fn asked(&self, at: Option<Timestamp>) {
        let mut inner = self.inner();
        inner.asked = inner.asked.max(at);
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
            inner.pending.insert((head.value().size, head.value().root), head.bytes().to_vec());
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
        let beyond = inner.pending.split_off(&(covered.saturating_add(1), Hash([0; 32])));
        std::mem::replace(&mut inner.pending, beyond).into_values().collect()
    };
    for bytes in reached {
        if let Some(reached) = trust.head(&bytes) {
            head(core, &reached)?;
        }
    }
    Ok(())
}

/// Compares what an entry names, and keeps it if it is of another log, one for each office. Naming the log that is held
/// here at that size or a later one ends the office's doubt.
pub(crate) fn entry(core: &Core, entry: &Signed<Entry>) -> Result<(), DbError> {
    let Entry { from, log_size, log_root, .. } = entry.value();
    let compared = compare(core, *log_size, log_root)?;
    if compared == Compared::Unknown {
        return Ok(());
    }
    let mut doubts = kept_doubts(&core.db)?;
    let of = doubts.iter().position(|doubt| doubt.from.office == from.office);
    match (compared, of) {
        (Compared::Same, Some(at)) if doubts[at].size <= *log_size => drop(doubts.remove(at)),
        (Compared::Other, None) if doubts.len() < MAX_DOUBTS => {
            tracing::error!(%from, size = log_size, "an entry names another log of the authority than the one that is held");
            let bytes = ByteBuf::from(entry.bytes());
            doubts.push(Doubt { entry: bytes, at: core.now(), from: *from, size: *log_size });
        }
        _ => return Ok(()),
    }
    keep_doubts(&core.db, &doubts)
}

/// An entry that names another log, as its office has signed it.
struct Doubt {
    entry: ByteBuf,
    at: Timestamp,
    from: Address,
    size: u64,
}

/// The doubts, the oldest first.
fn kept_doubts(db: &Db) -> Result<Vec<Doubt>, DbError> {
    let kept: Vec<(ByteBuf, Timestamp)> = db.meta(DOUBTS)?.unwrap_or_default();
    let read = |(entry, at): (ByteBuf, Timestamp)| {
        let signed = Unverified::<Entry>::from_bytes(&entry).ok()?;
        let (from, size) = (signed.claim().from, signed.claim().log_size);
        Some(Doubt { entry, at, from, size })
    };
    Ok(kept.into_iter().filter_map(read).collect())
}

fn keep_doubts(db: &Db, doubts: &[Doubt]) -> Result<(), DbError> {
    let kept: Vec<(&ByteBuf, Timestamp)> = doubts.iter().map(|doubt| (&doubt.entry, doubt.at)).collect();
    let mut writes = Writes::new();
    writes.meta(DOUBTS, &kept)?;
    db.apply_lazily(writes)
}

/// Drops the doubts of offices that were revoked since: nobody will ask them any more.
fn drop_revoked(core: &Core) -> Result<(), CoreError> {
    let mut doubts = kept_doubts(&core.db)?;
    let before = doubts.len();
    let mut revoked = Vec::new();
    for doubt in &doubts {
        if core.is_revoked(doubt.from)? {
            revoked.push(doubt.from);
        }
    }
    doubts.retain(|doubt| !revoked.contains(&doubt.from));
    if doubts.len() < before { Ok(keep_doubts(&core.db, &doubts)?) } else { Ok(()) }
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

/// Who has named another log in an entry, and when it came, of several the first: the authority may have shown it another
/// one, or it does not say the truth.
///
/// # Errors
/// [`DbError`].
pub fn doubt(db: &Db) -> Result<Option<(Address, Timestamp)>, DbError> {
    Ok(kept_doubts(db)?.first().map(|doubt| (doubt.from, doubt.at)))
}

/// The desks at this node of which an entry names another log, and at which size, where nothing has decided yet who is
/// right.
pub(crate) fn doubted(core: &Core, peer: &PeerId) -> Result<Vec<(Address, u64)>, DbError> {
    if fork(&core.db)?.is_some() {
        return Ok(Vec::new());
    }
    let peers = core.partners.peers();
    let there = |from: &Address| peers.iter().any(|(other, desks)| other == peer && look(desks).contains(from));
    let doubts = kept_doubts(&core.db)?.into_iter().map(|doubt| (doubt.from, doubt.size));
    Ok(doubts.filter(|(from, _)| there(from)).collect())
}

/// Decides a doubt by what the partner shows of its log: another one is evidence; that of here ends it.
pub(crate) fn cleared_up(
    core: &Core,
    trust: &Trust,
    (from, size): (Address, u64),
    theirs: Side,
) -> Result<(), DbError> {
    if theirs.verify(size, trust).is_none() {
        return Ok(());
    }
    if compare(core, size, &theirs.root)? == Compared::Other {
        return found(core, size, theirs);
    }
    let mut doubts = kept_doubts(&core.db)?;
    doubts.retain(|doubt| (doubt.from, doubt.size) != (from, size));
    keep_doubts(&core.db, &doubts)
}

/// Compares the head that is held, which may have come in a bundle or a file, and notes how far a signed head reaches beyond
/// what is here, or that none does any more. Asked now and then.
pub(crate) fn look_ahead(core: &Core) -> Result<(), CoreError> {
    drop_revoked(core)?;
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
    Ok(core.db.apply_lazily(writes)?)
}

fn ahead(db: &Db) -> Result<Option<Withheld>, DbError> {
    let kept: Option<(u64, Timestamp)> = db.meta(AHEAD)?;
    Ok(kept.filter(|(size, _)| 0 < *size).map(|(size, since)| Withheld { size, since }))
}

/// Leaves that a signed head covers and nobody has given for a day: somebody was asked after that day, and has not given
/// them. After a weekend without power nobody was asked yet.
///
/// # Errors
/// [`DbError`].
pub fn withheld(core: &Core) -> Result<Option<Withheld>, DbError> {
    let (covered, now) = (covered_size(&core.db)?, core.trust.trusted_time().unwrap_or_default());
    let asked = core.seen.inner().asked.unwrap_or_default();
    let late = |noted: &Withheld| PATIENCE < asked.min(now).since(noted.since);
    Ok(ahead(&core.db)?.filter(|noted| covered < noted.size && late(noted)))
}
