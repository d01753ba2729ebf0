//! The store as its callers see it: real files, reopened.

use std::fs;
use std::path::Path;

use musubi_store::bodies::{BodyError, SMALL, Swept};
use musubi_store::{
    AsideError, Batch, BodyId, MAX_KEY, MAX_VALUE, OpenError, Options, Room, Space, Store, StoreError, set_aside,
};

const A: Space = Space::new(16, "a");
const B: Space = Space::new(17, "b");

fn open(dir: &Path) -> Store {
    Store::open(dir, Options::default()).unwrap()
}

fn put(pairs: &[(Space, &[u8], &[u8])]) -> Batch {
    let mut batch = Batch::new();
    for (space, key, value) in pairs {
        batch.put(*space, key, 1, value).unwrap();
    }
    batch
}

fn keys(scan: impl Iterator<Item = Result<(Vec<u8>, musubi_store::Value), StoreError>>) -> Vec<Vec<u8>> {
    scan.map(|entry| entry.unwrap().0).collect()
}

#[tokio::test]
async fn what_was_committed_is_there_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.commit(put(&[(A, b"k", b"one"), (B, b"k", b"two")])).await.unwrap();
    let mut batch = put(&[(A, b"k", b"three")]);
    batch.remove(B, b"k").unwrap();
    let ticket = store.apply(batch).unwrap();
    assert_eq!(store.get(A, b"k").unwrap().unwrap().bytes(), b"three");
    assert!(!store.contains(B, b"k").unwrap());
    ticket.durable().await.unwrap();
    drop(store);

    let store = open(dir.path());
    let value = store.get(A, b"k").unwrap().unwrap();
    assert_eq!((value.format(), value.bytes()), (1, &b"three"[..]));
    assert!(store.get(B, b"k").unwrap().is_none());
}

#[test]
fn what_was_only_applied_is_committed_when_the_store_closes() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0_u8..20 {
        let store = open(dir.path());
        for before in 0..round {
            assert!(store.contains(A, &[before]).unwrap());
        }
        let _ = store.apply(put(&[(A, &[round], b"")])).unwrap();
    }
}

#[test]
fn spaces_are_walked_in_order_both_ways_and_within_bounds() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for key in [&b"1/a"[..], b"1/b", b"2/a", b"", b"\xff\xff"] {
        store.commit_blocking(put(&[(A, key, b"x"), (B, b"other", b"y")])).unwrap();
    }
    let all: Vec<&[u8]> = vec![b"", b"1/a", b"1/b", b"2/a", b"\xff\xff"];
    assert_eq!(keys(store.prefix(A, b"")), all);
    assert_eq!(keys(store.range(A, ..)), all);
    assert_eq!(keys(store.prefix(A, b"1/").rev()), [b"1/b", b"1/a"]);
    assert_eq!(keys(store.range(A, ..).rev().take(2)), [&b"\xff\xff"[..], b"2/a"]);
    assert_eq!(keys(store.range(A, &b"1/b"[..]..)), [&b"1/b"[..], b"2/a", b"\xff\xff"]);
    assert_eq!(keys(store.range(A, &b"1/a"[..]..=&b"1/b"[..])), [b"1/a", b"1/b"]);
    assert_eq!(keys(store.range(A, ..&b"1/b"[..])), [&b""[..], b"1/a"]);
    assert!(keys(store.range(A, &b"2"[..]..&b"1"[..])).is_empty());
    assert_eq!(keys(store.prefix(B, b"")), [b"other"]);
}

#[test]
fn bounds_are_errors_and_leave_the_batch_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut batch = Batch::new();
    let largest = vec![7; MAX_VALUE - 1];
    batch.put(A, &[1; MAX_KEY], 1, &largest).unwrap();
    assert!(matches!(batch.put(A, b"k", 1, &[0; MAX_VALUE]), Err(StoreError::TooLarge { what: "value", .. })));
    assert!(matches!(batch.put(A, &[1; MAX_KEY + 1], 1, b""), Err(StoreError::TooLarge { what: "key", .. })));
    let mut count = 1;
    while batch.put(A, &[count], 1, &largest).is_ok() {
        count += 1;
    }
    assert_eq!((batch.len(), count), (63, 63));
    store.commit_blocking(batch).unwrap();
    drop(store);
    let store = open(dir.path());
    assert_eq!(store.get(A, &[1; MAX_KEY]).unwrap().unwrap().bytes(), largest);
    // Nothing went into the engine's unsynced side files.
    assert_eq!(fs::read_dir(dir.path().join("live/records/blobs")).unwrap().count(), 0);
}

#[tokio::test]
async fn many_tasks_share_the_commits() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let tasks: Vec<_> = (0..32_u8)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                for at in 0..20_u8 {
                    store.commit(put(&[(A, &[task, at], &[task; 2000])])).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let count = store.run(|store| Ok::<_, StoreError>(store.prefix(A, b"").count())).await.unwrap();
    assert_eq!(count, 640);
    store.durable().await.unwrap();
}

/// A commit whose caller went away is behind what that caller does next, never on top of it.
#[tokio::test]
async fn a_dropped_commit_keeps_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for round in 0_u32..200 {
        let (old, new) = (format!("old {round}"), format!("new {round}"));
        {
            let mut commit = std::pin::pin!(store.commit(put(&[(A, b"k", old.as_bytes())])));
            let once = std::future::poll_fn(|context| std::task::Poll::Ready(commit.as_mut().poll(context)));
            let _ = once.await;
        }
        let ticket = store.apply(put(&[(A, b"k", new.as_bytes())])).unwrap();
        assert_eq!(store.get(A, b"k").unwrap().unwrap().bytes(), new.as_bytes());
        if round % 10 == 0 {
            ticket.durable().await.unwrap();
            assert_eq!(store.get(A, b"k").unwrap().unwrap().bytes(), new.as_bytes());
        }
    }
}

#[test]
fn a_second_opening_is_refused_until_the_first_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert!(matches!(Store::open(dir.path(), Options::default()), Err(OpenError::InUse)));
    assert!(matches!(set_aside(dir.path(), "aside", true), Err(AsideError::Open(OpenError::InUse))));
    let other = store.clone();
    drop(store);
    assert!(matches!(Store::open(dir.path(), Options::default()), Err(OpenError::InUse)));
    drop(other);
    open(dir.path());
}

#[test]
fn a_newer_format_is_refused_unread() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    fs::write(dir.path().join("live/format"), "3\n").unwrap();
    assert!(matches!(Store::open(dir.path(), Options::default()), Err(OpenError::TooNew { found: 3 })));
    // A torn marker is no newer format: the number among the records decides, and the marker is written again.
    fs::write(dir.path().join("live/format"), "").unwrap();
    drop(open(dir.path()));
    assert_eq!(fs::read_to_string(dir.path().join("live/format")).unwrap(), "2\n");
}

#[test]
fn the_directory_is_for_its_owner_only() {
    let dir = tempfile::tempdir().unwrap();
    let inner = dir.path().join("store");
    let store = open(&inner);
    assert_eq!(store.room().unwrap(), Room::Ample);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for path in [inner.clone(), inner.join("live"), inner.join("live/records"), inner.join("live/bodies")] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }
}

#[test]
fn a_small_body_comes_and_goes_with_its_record() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for len in [0, 1, 61_439, 61_440, 61_441, SMALL] {
        let body: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
        let mut batch = Batch::new();
        let id = store.bodies().put(&mut batch, &body).unwrap();
        batch.put(A, b"entry", 1, &id.to_bytes()).unwrap();
        store.commit_blocking(batch).unwrap();

        let id = BodyId::from_bytes(store.get(A, b"entry").unwrap().unwrap().bytes()).unwrap();
        assert_eq!(store.bodies().len(id).unwrap(), len as u64);
        assert_eq!(store.bodies().read(id, 0, usize::MAX).unwrap(), body);
        let part = &body[len / 3..len / 3 + len / 2];
        assert_eq!(store.bodies().read(id, len as u64 / 3, len / 2).unwrap(), part);
        assert!(store.bodies().read(id, len as u64, 10).unwrap().is_empty());
        assert!(store.bodies().read(id, u64::MAX, 10).unwrap().is_empty());
        assert!(matches!(store.bodies().append(id, 0, b""), Err(BodyError::Small)));

        let mut batch = Batch::new();
        store.bodies().discard(&mut batch, id).unwrap();
        store.commit_blocking(batch).unwrap();
        assert!(matches!(store.bodies().len(id), Err(BodyError::Missing)));
    }
    let too_large = store.bodies().put(&mut Batch::new(), &vec![0; SMALL + 1]);
    assert!(matches!(too_large, Err(BodyError::Store(StoreError::TooLarge { .. }))));
}

#[test]
fn a_large_body_resumes_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let body: Vec<u8> = (0..3 << 20).map(|at| (at % 249) as u8).collect();
    let half = body.len() / 2;
    let store = open(dir.path());
    let id = store.bodies().create().unwrap();
    store.commit_blocking(put(&[(A, b"partial", &id.to_bytes())])).unwrap();
    assert_eq!(store.bodies().append(id, 0, &body[..half]).unwrap(), half as u64);
    drop(store);

    let store = open(dir.path());
    let referenced = |found| found == id;
    assert_eq!(store.bodies().sweep(referenced).unwrap(), Swept { kept: 1, removed: 0 });
    let len = store.bodies().len(id).unwrap();
    assert_eq!(len, half as u64);
    let wrong = store.bodies().append(id, len + 1, b"x");
    assert!(matches!(wrong, Err(BodyError::Offset { len }) if len == half as u64));
    assert!(matches!(store.bodies().append(id, 0, b"x"), Err(BodyError::Offset { .. })));
    store.bodies().truncate(id, len - 10).unwrap();
    store.bodies().append(id, len - 10, &body[half - 10..]).unwrap();
    store.bodies().sync(id).unwrap();
    assert_eq!(store.bodies().read(id, 0, usize::MAX).unwrap(), body);
    assert_eq!(store.bodies().read(id, half as u64, 100).unwrap(), &body[half..half + 100]);
    assert!(matches!(store.bodies().truncate(id, u64::MAX), Err(BodyError::Offset { .. })));
}

#[test]
fn rubbish_is_swept_and_only_before_work_begins() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (kept, lost, gone) = {
        let bodies = store.bodies();
        (bodies.create().unwrap(), bodies.create().unwrap(), bodies.create().unwrap())
    };
    store.commit_blocking(put(&[(A, b"kept", &kept.to_bytes()), (A, b"gone", &gone.to_bytes())])).unwrap();
    assert!(matches!(store.bodies().sweep(|_| true), Err(BodyError::TooLate)));
    let mut batch = Batch::new();
    batch.remove(A, b"gone").unwrap();
    store.bodies().discard(&mut batch, gone).unwrap();
    store.commit_blocking(batch).unwrap();
    drop(store);
    fs::write(dir.path().join("live/bodies/README"), "not ours").unwrap();

    let store = open(dir.path());
    assert!(matches!(store.bodies().len(gone), Err(BodyError::Missing)));
    assert_eq!(store.bodies().sweep(|id| id == kept).unwrap(), Swept { kept: 1, removed: 1 });
    assert!(matches!(store.bodies().len(lost), Err(BodyError::Missing)));
    assert_eq!(store.bodies().len(kept).unwrap(), 0);
    store.bodies().remove(kept).unwrap();
    assert!(matches!(store.bodies().remove(kept), Err(BodyError::Missing)));
    assert!(dir.path().join("live/bodies/README").exists());
}
