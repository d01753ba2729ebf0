//! Giving back what small bodies that are gone have left in the journal, and erasing what the engine has of it.
//!
//! A file of the journal goes when the engine has all its records and no body in it is in use. Where few are, or the file
//! is small, those are written anew at the journal's end first.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use crate::bodies::BodyError;
use crate::clear::clear;
use crate::commit::Committer;
use crate::crash;
use crate::engine::Engine;
use crate::journal::{self, Span};
use crate::space::Space;
use crate::store::StoreError;

/// A file of which less than so much is in use is emptied, in percent.
const SHARE: u64 = 40;
/// And one that is shorter than this.
const SHORT: u64 = 1 << 20;

pub(crate) fn run(engine: &Arc<Engine>, committer: &Committer, go_on: impl Fn() -> bool) -> Result<u64, StoreError> {
    let (old, settled) = engine.old_segments()?;
    let ends = old.keys().map(|segment| (*segment, None)).chain([(settled.segment, Some(settled.at))]);
    for (segment, until) in ends {
        if !go_on() {
            return Ok(0);
        }
        if let Err(error) = clear(engine.journal(), segment, until) {
            tracing::warn!(%error, segment, "records in a file of the journal could not be erased");
            // Bodies in a damaged file may be whole; whoever reads one finds out. But of the file that is being written a
            // sync that failed may have had bytes of a commit, which may not be told again to the one who syncs next.
            if until.is_some() && !matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof) {
                committer.failer().fail();
                return Err(StoreError::SyncFailed);
            }
        }
    }
    if old.is_empty() {
        return Ok(0);
    }
    let mut live: BTreeMap<u64, u64> = BTreeMap::new();
    for found in spans(engine) {
        let (_, span) = found?;
        *live.entry(span.place.segment).or_default() += u64::from(span.len);
        if !go_on() {
            return Ok(0);
        }
    }
    let emptied: BTreeMap<u64, u64> =
        old.into_iter().filter(|(segment, len)| is_due(*len, live.get(segment))).collect();
    for found in spans(engine) {
        let (key, span) = found?;
        if !go_on() {
            return Ok(0);
        }
        if !emptied.contains_key(&span.place.segment) {
            continue;
        }
        let bytes = match engine.read_body(&key, 0, span.len as usize) {
            Ok(bytes) => bytes,
            Err(BodyError::Missing) => continue,
            Err(BodyError::Store(error)) => return Err(error),
            Err(BodyError::Io(error)) => return Err(error.into()),
            Err(_) => return Err(StoreError::Damaged { space: Space::BODIES.name() }),
        };
        if let Some(ticket) = engine.move_body(&key, span, &bytes, || committer.applied([], None))? {
            // One at a time: nobody waits for it, and it shall not be in the way of those who do.
            ticket.durable_blocking()?;
        }
    }
    // That a body went is durable, too, before its bytes go.
    committer.newest().durable_blocking()?;
    crash::point("reclaim.moved");
    let mut freed = 0;
    for (segment, len) in emptied {
        match engine.remove_segment(segment) {
            Ok(()) => freed += len,
            // Windows removes no file that somebody reads; the next time, then.
            Err(error) => tracing::warn!(%error, "a file of the journal could not be removed"),
        }
    }
    Ok(freed)
}

fn is_due(len: u64, live: Option<&u64>) -> bool {
    live.is_none_or(|live| len < SHORT || live * 100 < len * SHARE)
}

/// Looks whether every small body has its place in the journal; says what is wrong.
pub(crate) fn examine(db: &sled::Db, journal: &Path) -> sled::Result<Option<&'static str>> {
    let segments = journal::segments(journal)?;
    for found in db.scan_prefix(Space::BODIES.key(&[])) {
        let (_, value) = found?;
        let Some(span) = Span::from_value(&value) else { return Ok(Some("the place of a body makes no sense")) };
        let end = span.place.at.saturating_add(span.len.into());
        if segments.get(&span.place.segment).is_none_or(|len| *len < end) {
            return Ok(Some("a part of the journal with bodies is missing"));
        }
    }
    Ok(None)
}

/// The small bodies: the engine's key of each, and where it lies.
fn spans(engine: &Arc<Engine>) -> impl Iterator<Item = Result<(sled::IVec, Span), StoreError>> {
    engine.prefix(&Space::BODIES.key(&[])).map(|found| {
        let (key, value) = found.map_err(StoreError::engine)?;
        let span = Span::from_value(&value).ok_or(StoreError::Damaged { space: Space::BODIES.name() })?;
        Ok((key, span))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Batch;
    use crate::bodies::BodyId;
    use crate::open::Options;
    use crate::store::Store;

    #[test]
    fn files_with_little_in_use_are_emptied() {
        for (len, live, due) in [
            (32 << 20, None, true),
            (32 << 20, Some(12 << 20), true),
            (32 << 20, Some(13 << 20), false),
            (SHORT - 1, Some(SHORT - 100), true),
            (SHORT, Some(SHORT - 100), false),
        ] {
            assert_eq!(is_due(len, live.as_ref()), due, "{len} {live:?}");
        }
    }

    fn open(dir: &Path) -> Store {
        Store::open(dir, Options::default()).unwrap()
    }

    fn body(number: u32) -> Vec<u8> {
        vec![number as u8; 900 << 10]
    }

    fn put(store: &Store, numbers: std::ops::Range<u32>) -> Vec<BodyId> {
        numbers
            .map(|number| {
                let mut batch = Batch::new();
                let id = store.bodies().put(&mut batch, &body(number)).unwrap();
                store.commit_blocking(batch).unwrap();
                id
            })
            .collect()
    }

    #[test]
    fn what_is_gone_comes_back_and_what_stays_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        let ids = put(&store, 0..120);
        // Nothing is known to be in the engine yet.
        assert_eq!(store.reclaim(|| true).unwrap(), 0);
        drop(store);
        let store = open(dir.path());
        assert_eq!(store.reclaim(|| true).unwrap(), 0, "all of it is in use");
        let kept = |at: usize| at.is_multiple_of(10) || 80 < at;
        let mut batch = Batch::new();
        for (at, id) in ids.iter().enumerate().filter(|(at, _)| !kept(*at)) {
            assert!(!kept(at));
            store.bodies().discard(&mut batch, *id).unwrap();
        }
        store.commit_blocking(batch).unwrap();
        let before = store.usage().unwrap().bodies;
        assert_eq!(store.reclaim(|| false).unwrap(), 0);
        let freed = store.reclaim(|| true).unwrap();
        assert!(freed > 60 << 20, "{freed}");
        assert!(store.usage().unwrap().bodies < before - (50 << 20));
        let check = |store: &Store| {
            for (at, id) in ids.iter().enumerate() {
                let read = store.bodies().read(*id, 0, usize::MAX);
                match kept(at) {
                    true => assert!(read.unwrap() == body(at as u32), "{at}"),
                    false => assert!(matches!(read, Err(BodyError::Missing))),
                }
            }
            assert_eq!(store.reclaim(|| true).unwrap(), 0);
        };
        check(&store);
        drop(store);
        check(&open(dir.path()));
    }
}
