use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use ed25519_dalek::SigningKey;
use musubi_protocol::ids::Kind;
use musubi_store::keyfile::{Cost, Passphrase};
use rand::{SeedableRng, rngs::StdRng};
use tempfile::TempDir;

use super::*;
use crate::authority::{
    Root, RootAsked, State, Target,
    service::{Shared, act, act_in_groups},
};

const NOW: Timestamp = Timestamp(1_795_316_400);
const NAME: &str = "見本中央機関";
/// Offices of these tests, and certificates in a group: four groups, of which the last is not full.
const OFFICES: u8 = 7;
const SIZE: usize = 2;

fn passphrase() -> Passphrase {
    Passphrase::new("right".to_owned()).with_cost(Cost { memory_kib: 8, passes: 1, lanes: 1 })
}

fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

fn office(n: u8) -> OfficeNumber {
    format!("13799001{n:02}").parse().unwrap()
}

fn request(n: u8, name: &str, key: u8) -> Vec<u8> {
    let kinds: Vec<Kind> = vec!["11".parse().unwrap()];
    Request::create(office(n), name, &kinds, &SigningKey::from_bytes(&[key; 32])).unwrap().der().to_vec()
}

fn requests() -> Vec<Vec<u8>> {
    (1..=OFFICES).map(|n| request(n, "みほん", n)).collect()
}

fn found(dir: &Path) -> Authority {
    Authority::init(dir, NAME, &passphrase(), NOW, &mut rng(1)).unwrap().0
}

fn reopen(dir: &TempDir, authority: Authority) -> Authority {
    drop(authority);
    Authority::open(dir.path(), &passphrase()).unwrap()
}

/// An authority whose CA is revoked, and that has issued to all offices by it.
fn bereft() -> (TempDir, Authority) {
    let (dir, vault) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = |number: u16| {
        let home = vault.path().join(number.to_string());
        Root::init(&home, NAME, number, &passphrase(), NOW, &mut rng(number.into())).unwrap().file
    };
    let (first, second) = (root(1), root(2));
    let sign = |request, seed| {
        let mut root = Root::open(&vault.path().join("1"), &passphrase()).unwrap();
        root.sign(request, NOW, &mut rng(seed)).unwrap().into_bytes()
    };
    let roots = [first.as_bytes(), second.as_bytes()];
    let request = Authority::begin(dir.path(), NAME, roots, &passphrase(), NOW, &mut rng(3)).unwrap();
    let (mut authority, _) = Authority::complete(dir.path(), &passphrase(), &sign(&request, 4), NOW).unwrap();
    for issued in authority.issue_all(&requests(), Period::default(), NOW, &mut rng(5)) {
        issued.unwrap();
    }
    let asked = RootAsked { revoke: vec!["Musubi Issuing CA 2026".to_owned()], ..RootAsked::default() };
    let request = authority.root_request(&asked, NOW, &mut rng(6)).unwrap();
    authority.accept(&sign(&request, 7), NOW).unwrap();
    (dir, authority)
}

fn reissue() -> Reissue {
    Reissue { size: SIZE, ..Reissue::new() }
}

fn issue_all(requests: Vec<Vec<u8>>) -> IssueAll {
    IssueAll { size: SIZE, ..IssueAll::new(requests, Period::default()) }
}

/// The offices that have a certificate in force by the newest CA; each has one, and none by a CA before.
fn served(authority: &Authority) -> BTreeSet<OfficeNumber> {
    let rows = authority.list(NOW).unwrap();
    let newest = authority.standing.cas.values().next_back().unwrap().ca.common_name();
    let live: Vec<_> = rows.iter().filter(|row| row.state == State::Valid && row.issuer == newest).collect();
    let offices: BTreeSet<OfficeNumber> = live.iter().map(|row| row.office).collect();
    assert_eq!(offices.len(), live.len(), "nobody has two");
    offices
}

fn all() -> BTreeSet<OfficeNumber> {
    (1..=OFFICES).map(office).collect()
}

/// Does a long act, and revokes the last office as soon as its first group has begun: the revocation is durable behind
/// that group, and before all others.
async fn revoked_meanwhile(authority: Authority, mut work: Work) -> (Done, Shared) {
    let shared = Shared::new(authority);
    let order = Arc::new(Mutex::new(Vec::new()));
    let (revoking, noting) = (shared.clone(), Arc::clone(&order));
    let mut revoker = None;
    let group = move |authority: &mut Authority| {
        let done = authority.next_group("佐藤", &mut work, NOW, &mut rng(10 + authority.log_size()))?;
        noting.lock().unwrap().push("group");
        if revoker.is_none() {
            let (revoking, noting) = (revoking.clone(), Arc::clone(&noting));
            let line = Arc::clone(&revoking.line);
            revoker = Some(thread::spawn(move || {
                act(&revoking, |authority| {
                    authority.revoke(Target::Office(office(OFFICES)), Reason::CessationOfOperation, NOW).unwrap();
                    noting.lock().unwrap().push("revocation");
                });
            }));
            // It waits for its turn before this group is over.
            let began = Instant::now();
            while line.try_lock().is_ok() {
                assert!(began.elapsed() < Duration::from_secs(60), "nobody waits");
                thread::yield_now();
            }
        }
        Ok(done)
    };
    let done = act_in_groups(&shared, group).await.unwrap();
    let order = order.lock().unwrap();
    assert_eq!(order[..3], ["group", "revocation", "group"], "{order:?}");
    (done, shared)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_does_not_wait_for_a_reissue() {
    let (_dir, authority) = bereft();
    let (done, shared) = revoked_meanwhile(authority, Work::Reissue(reissue())).await;
    // Whoever was revoked meanwhile gets no new certificate.
    assert!(matches!(&done, Done::Reissued { count: 6, refused } if refused.is_empty()), "{done:?}");
    let mut expected = all();
    expected.remove(&office(OFFICES));
    act(&shared, |authority| {
        assert_eq!(served(authority), expected);
        let audit = authority.audit().unwrap();
        assert!(
            audit
                .iter()
                .rev()
                .take(6)
                .filter(|entry| entry.deed().as_str() == "issued")
                .all(|entry| entry.admin() == "佐藤")
        );
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_does_not_wait_for_a_batch() {
    let dir = tempfile::tempdir().unwrap();
    let mut authority = found(dir.path());
    let last = request(OFFICES, "みほん", 99);
    authority.issue(&last, Period::default(), NOW, &mut rng(5)).unwrap();
    let requests = requests().into_iter().take(usize::from(OFFICES) - 1).collect();
    let (done, shared) = revoked_meanwhile(authority, Work::IssueAll(Box::new(issue_all(requests)))).await;
    let Done::IssuedAll(outcomes) = done else { panic!("{done:?}") };
    let offices: Vec<OfficeNumber> = outcomes.iter().map(|issued| issued.as_ref().unwrap().row.office).collect();
    assert_eq!(offices, (1..OFFICES).map(office).collect::<Vec<_>>());
    act(&shared, |authority| assert_eq!(served(authority).len(), usize::from(OFFICES) - 1));
}

#[test]
fn letters_for_all_offices_are_made_in_groups() {
    let dir = tempfile::tempdir().unwrap();
    let mut authority = found(dir.path());
    let mut offices: Vec<OfficeNumber> = (0..2_001).map(|n| format!("14{n:08}").parse().unwrap()).collect();
    offices.push(offices[0]);
    let Ok(mut work) = Work::of(Act::Codes { offices: offices.clone(), place: None }) else { panic!("not long") };
    let mut next = |seed| authority.next_group("佐藤", &mut work, NOW, &mut rng(seed)).unwrap();
    assert!(next(2).is_none() && next(3).is_none());
    let Some(Done::Letters(letters)) = next(4) else { panic!("no letters") };
    offices.pop();
    assert_eq!(letters.into_iter().map(|letter| letter.office).collect::<Vec<_>>(), offices);
    assert_eq!(authority.audit().unwrap().len(), 2_001);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stops_does_not_wait_for_the_rest() {
    let (_dir, authority) = bereft();
    let shared = Shared::new(authority);
    let (stopping, mut work) = (shared.clone(), Work::Reissue(reissue()));
    let group = move |authority: &mut Authority| {
        stopping.work.close();
        authority.next_group("佐藤", &mut work, NOW, &mut rng(10))
    };
    assert!(matches!(act_in_groups(&shared, group).await, Err(Error::Stopped)));
    act(&shared, |authority| assert_eq!(served(authority).len(), SIZE));
}

#[test]
fn a_reissue_that_was_killed_goes_on() {
    for groups in 0..5 {
        let (dir, mut authority) = bereft();
        let mut work = reissue();
        for group in 0..groups {
            authority.reissue_some(&mut work, NOW, &mut rng(20 + group)).unwrap();
        }
        let mut authority = reopen(&dir, authority);
        let done = served(&authority).len();
        assert_eq!(done, usize::from(OFFICES).min(SIZE * usize::try_from(groups).unwrap()));
        let (count, refused) = authority.reissue(NOW, &mut rng(30)).unwrap();
        assert_eq!((count, refused), (u64::from(OFFICES) - done as u64, Vec::new()));
        assert_eq!(served(&authority), all());
        // And once more there is nothing to do.
        let size = authority.log_size();
        assert_eq!(authority.reissue(NOW, &mut rng(31)).unwrap(), (0, Vec::new()));
        assert_eq!(authority.log_size(), size);
    }
}

#[test]
fn a_batch_that_was_killed_goes_on() {
    for groups in 0..5 {
        let dir = tempfile::tempdir().unwrap();
        let (mut authority, mut work) = (found(dir.path()), issue_all(requests()));
        for group in 0..groups {
            authority.issue_some(&mut work, NOW, &mut rng(20 + group));
        }
        let before: Vec<Serial> = work.outcomes.iter().map(|issued| issued.as_ref().unwrap().row.serial).collect();
        assert_eq!(before.len(), usize::from(OFFICES).min(SIZE * usize::try_from(groups).unwrap()));
        let mut authority = reopen(&dir, authority);
        let issued = authority.issue_all(&requests(), Period::default(), NOW, &mut rng(30));
        let after: Vec<Serial> = issued.iter().map(|issued| issued.as_ref().unwrap().row.serial).collect();
        // Those of before the kill are the same, so that their files can be written now.
        assert_eq!((&after[..before.len()], after.len()), (&before[..], usize::from(OFFICES)));
        assert_eq!((served(&authority), authority.log_size()), (all(), u64::from(OFFICES)));
        assert_eq!(authority.charges(Timestamp(0), Timestamp(u64::MAX)).unwrap().len(), usize::from(OFFICES));
    }
}

#[test]
fn what_cannot_be_granted_keeps_its_place_and_no_other_waiting() {
    let dir = tempfile::tempdir().unwrap();
    let mut authority = found(dir.path());
    // Office 3 has a desk with this kind, and key 5 is another's.
    authority.issue(&request(3, "みほん", 90), Period::default(), NOW, &mut rng(5)).unwrap();
    authority.issue(&request(50, "みほん", 5), Period::default(), NOW, &mut rng(6)).unwrap();
    let mut requests = requests();
    requests.insert(1, b"no request".to_vec());
    let mut work = issue_all(requests);
    while authority.issue_some(&mut work, NOW, &mut rng(10 + authority.log_size())) {}
    let codes: Vec<&str> =
        work.outcomes.iter().map(|one| one.as_ref().map_or_else(Error::code, |_| "issued")).collect();
    let expected = ["issued", "request", "issued", "overlap", "issued", "key_of_other_office", "issued", "issued"];
    assert_eq!(codes, expected);
}

#[test]
fn what_says_something_new_is_issued() {
    let dir = tempfile::tempdir().unwrap();
    let mut authority = found(dir.path());
    let issue = |authority: &mut Authority, name: &str, now: Timestamp| {
        let seed = 10 + authority.log_size();
        let issued = authority.issue_all(&[request(1, name, 1)], Period::default(), now, &mut rng(seed));
        let row = issued.into_iter().next().unwrap().unwrap().row;
        (row.serial, row.until)
    };
    let first = issue(&mut authority, "みほん", NOW);
    assert_eq!(issue(&mut authority, "みほん", NOW), first);
    // Another name, the name of before, and a year later another licence.
    let renamed = issue(&mut authority, "べつ", NOW);
    assert!(renamed.0 != first.0 && renamed.1 == first.1);
    let back = issue(&mut authority, "みほん", NOW);
    assert!(back.0 != first.0 && back.0 != renamed.0);
    let later = first.1.minus(10 * 86_400);
    let renewed = issue(&mut authority, "みほん", later);
    assert!(first.1 < renewed.1);
    assert_eq!(issue(&mut authority, "みほん", later), renewed);
    // What was revoked is not handed out again.
    authority.revoke(Target::Serial(renewed.0), Reason::Superseded, later).unwrap();
    assert_ne!(issue(&mut authority, "みほん", later).0, renewed.0);
    let compromised = authority.revoke(Target::Serial(back.0), Reason::KeyCompromise, later);
    assert_eq!(compromised.unwrap().rows.len(), 1);
    let refused = authority.issue_all(&[request(1, "みほん", 1)], Period::default(), later, &mut rng(99));
    assert!(matches!(refused[0], Err(Error::KeyCompromised)));
}
