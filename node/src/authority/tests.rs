use musubi_protocol::crl::{Reason, Revoked as Entry};
use musubi_store::keyfile::Cost;
use rand::{SeedableRng, rngs::StdRng};

use super::*;

const NOW: Timestamp = Timestamp(1_795_316_400);

#[test]
fn a_crl_larger_than_a_batch_is_kept_and_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let passphrase = Passphrase::new("right".to_owned()).with_cost(Cost { memory_kib: 8, passes: 1, lanes: 1 });
    let mut rng = StdRng::seed_from_u64(1);
    let (mut authority, _) = Authority::init(dir.path(), "見本中央機関", &passphrase, NOW, &mut rng).unwrap();

    // A CRL as after 30,000 revocations, put where the newest one lies.
    let entry = |_| Entry { serial: Serial::random(&mut rng), at: NOW, reason: Reason::Superseded };
    let entries: Vec<Entry> = (0..30_000).map(entry).collect();
    let large = authority.keys[&ROOT].crl(2, NOW, &entries).unwrap();
    assert!(1 << 20 < large.der().len());
    let mut writer = Writer::new(&authority.register.store);
    writer.crl(ROOT, &large, authority.register.standing.crls.get(&ROOT)).unwrap();
    writer.commit().unwrap();
    drop(authority);

    authority = Authority::open(dir.path(), &passphrase).unwrap();
    assert_eq!(&*authority.register.standing.crls[&ROOT].bytes, large.der());
    // A day later the next one takes its place; its file goes with it.
    let files = || std::fs::read_dir(dir.path().join("store/live/bodies")).unwrap().count();
    assert_eq!(files(), 1);
    authority.crl(NOW.plus(CRL_AGE + 1)).unwrap();
    drop(authority);
    let register = Register::open(dir.path()).unwrap();
    assert_eq!(register.standing.crls[&ROOT].number, 3);
    assert_eq!(files(), 0);
}

/// What was done since a backup comes back from what everybody holds, certificates when they are seen.
mod restored {
    use std::path::Path;

    use musubi_protocol::{
        certificate::{LeafIn, material},
        enrol,
        ids::{Kind, OfficeNumber},
        invitation::Invitation,
        request::Request,
        time::DAY,
    };

    use super::*;

    struct Original {
        dir: tempfile::TempDir,
        authority: Authority,
    }

    fn passphrase() -> Passphrase {
        Passphrase::new("right".to_owned()).with_cost(Cost { memory_kib: 8, passes: 1, lanes: 1 })
    }

    fn office(n: u8) -> OfficeNumber {
        format!("13799001{n:02}").parse().unwrap()
    }

    fn request(n: u8, kind: &str, key: u8) -> Vec<u8> {
        let kinds: Vec<Kind> = vec![kind.parse().unwrap()];
        Request::create(office(n), "みほん", &kinds, &SigningKey::from_bytes(&[key; 32])).unwrap().der().to_vec()
    }

    fn issue(authority: &mut Authority, n: u8, kind: &str, key: u8, seed: u64) -> Result<LeafIn, Error> {
        let mut rng = StdRng::seed_from_u64(seed);
        let issued = authority.issue(&request(n, kind, key), Period::default(), NOW, &mut rng)?;
        let items = material::read(issued.pem.as_bytes()).unwrap();
        Ok(LeafIn::parse(items[0].bytes()).unwrap())
    }

    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            match entry.file_type().unwrap().is_dir() {
                true => copy(&entry.path(), &target),
                false => drop(std::fs::copy(entry.path(), target).unwrap()),
            }
        }
    }

    /// An authority, and the copy of its directory that was made after `before`; then comes `since`.
    fn story<T, U>(
        before: impl FnOnce(&mut Authority) -> T,
        since: impl FnOnce(&mut Authority, &T) -> U,
    ) -> (Original, tempfile::TempDir, T, U) {
        let (dir, backup) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut rng = StdRng::seed_from_u64(1);
        let (mut authority, _) = Authority::init(dir.path(), "見本中央機関", &passphrase(), NOW, &mut rng).unwrap();
        let first = before(&mut authority);
        drop(authority);
        copy(dir.path(), backup.path());
        let mut authority = Authority::open(dir.path(), &passphrase()).unwrap();
        let second = since(&mut authority, &first);
        (Original { dir, authority }, backup, first, second)
    }

    /// What a node that follows the original would give back.
    fn read_back(original: &Original, backup: &Path) -> (Authority, TakenBack) {
        read_back_with(original, backup, true)
    }

    /// The same from members that have the log, and the newest lists or not.
    fn read_back_with(original: &Original, backup: &Path, lists: bool) -> (Authority, TakenBack) {
        assert!(matches!(Authority::open(backup, &passphrase()), Err(Error::Restored)));
        let mut authority = Authority::open_restored(backup, &passphrase()).unwrap();
        let trust = original.authority.trust().unwrap();
        assert!(authority.is_behind(&trust, original.authority.log_size()));
        let mut found = authority.found().unwrap();
        let crls: Vec<Vec<u8>> = trust.crls().map(|crl| crl.der().to_vec()).collect();
        found.learn(Some(trust.bundle_bytes()), if lists { &crls } else { &[] });
        let size = found.size(&[]);
        let (leaves, head) = original.authority.leaves_after(size, 4_096).unwrap();
        assert!(matches!(found.take(&mut Vec::new(), size, &leaves, &head), recover::Leaves::All));
        found.heard([office(1)]);
        let back = authority.take_back(found, backup, NOW).unwrap();
        drop(authority);
        (Authority::open(backup, &passphrase()).unwrap(), back)
    }

    #[test]
    fn no_number_is_used_twice() {
        let (original, backup, _, issued) = story(
            |authority| issue(authority, 1, "11", 1, 11).unwrap(),
            |authority, first| {
                let second = issue(authority, 2, "11", 2, 12).unwrap();
                let target = Target::Serial(first.serial());
                authority.revoke(target, Reason::CessationOfOperation, NOW).unwrap();
                second
            },
        );
        let (mut back, taken) = read_back(&original, backup.path());
        assert_eq!((taken.acts, taken.offices, taken.lost), (2, 1, vec![office(2)]));
        let list = |authority: &Authority| authority.crl_numbers().into_iter().map(|(_, number)| number).max();
        assert!(list(&original.authority) < list(&back));
        // The log goes on where it was, and what was revoked stays so in the next list.
        assert_eq!(back.standing.tree.root(), original.authority.standing.tree.root());
        let rows = back.list(NOW).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].reason, Some(Reason::CessationOfOperation));
        let next = issue(&mut back, 3, "11", 3, 13).unwrap();
        assert!(issued.issue_number() < next.issue_number());
        let trust = back.trust().unwrap();
        let mut theirs = original.authority.trust().unwrap();
        for crl in trust.crls() {
            let _ = theirs.accept_crl(crl.der()).unwrap();
        }
        assert_eq!(theirs.crl_numbers(), trust.crl_numbers());
        let revoked = rows[0].serial;
        assert!(trust.crls().any(|crl| crl.entry(&revoked).is_some()));
        assert!(back.audit().unwrap().iter().any(|entry| entry.deed() == Deed::Recovered));
        drop(original.dir);
    }

    #[test]
    fn a_lost_certificate_comes_back_and_nothing_overlaps_it_meanwhile() {
        let (original, backup, _, lost) = story(|_| (), |authority, ()| issue(authority, 2, "11", 2, 12).unwrap());
        let (mut back, _) = read_back(&original, backup.path());
        assert_eq!(back.lost_certificates().unwrap().len(), 1);
        // Its kinds are not known: another desk of that number has to wait, others do not.
        assert!(matches!(issue(&mut back, 2, "15", 9, 13), Err(Error::Lost)));
        issue(&mut back, 3, "15", 3, 14).unwrap();
        // A certificate that the log does not know is not taken in.
        let other = issue(&mut back, 4, "15", 4, 15).unwrap();
        assert_eq!(back.adopt([other.der().to_vec(), vec![1, 2, 3]], NOW).unwrap(), 0);
        assert_eq!(back.adopt([lost.der().to_vec()], NOW).unwrap(), 1);
        assert_eq!(back.adopt([lost.der().to_vec()], NOW).unwrap(), 0);
        assert!(back.lost().unwrap().is_empty());
        assert!(matches!(issue(&mut back, 2, "11", 9, 16), Err(Error::Overlap { .. })));
        let row = back.list(NOW).unwrap().into_iter().find(|row| row.office == office(2)).unwrap();
        assert_eq!((row.serial, row.current), (lost.serial(), true));
        assert_eq!(back.charges(Timestamp(0), Timestamp(u64::MAX)).unwrap().len(), 3);
    }

    #[test]
    fn a_lost_certificate_can_be_revoked_before_it_is_seen() {
        let (original, backup, _, lost) = story(|_| (), |authority, ()| issue(authority, 2, "11", 2, 12).unwrap());
        let (mut back, _) = read_back(&original, backup.path());
        assert!(matches!(back.revoke(Target::Office(office(5)), Reason::KeyCompromise, NOW), Err(Error::Unknown)));
        let revoked = back.revoke(Target::Office(office(2)), Reason::KeyCompromise, NOW).unwrap();
        assert_eq!((revoked.rows.len(), revoked.later), (0, 1));
        // The number is free for a new PC, and the old certificate is revoked at first sight.
        issue(&mut back, 2, "11", 9, 13).unwrap();
        assert_eq!(back.adopt([lost.der().to_vec()], NOW).unwrap(), 1);
        let rows = back.list(NOW).unwrap();
        let old = rows.iter().find(|row| row.serial == lost.serial()).unwrap();
        assert_eq!(old.reason, Some(Reason::KeyCompromise));
        assert!(back.trust().unwrap().crls().any(|crl| crl.entry(&lost.serial()).is_some()));
    }

    #[test]
    fn a_revocation_since_the_backup_holds_for_a_certificate_that_comes_back() {
        let (original, backup, _, lost) = story(
            |_| (),
            |authority, ()| {
                let lost = issue(authority, 2, "11", 2, 12).unwrap();
                authority.revoke(Target::Serial(lost.serial()), Reason::KeyCompromise, NOW).unwrap();
                lost
            },
        );
        let (mut back, taken) = read_back(&original, backup.path());
        assert_eq!(taken.acts, 2);
        back.adopt([lost.der().to_vec()], NOW).unwrap();
        let rows = back.list(NOW).unwrap();
        assert_eq!((rows.len(), rows[0].reason), (1, Some(Reason::KeyCompromise)));
        // Each list from now on names it.
        let later = NOW.plus(2 * DAY);
        back.crl(later).unwrap();
        assert!(back.trust().unwrap().crls().any(|crl| crl.entry(&lost.serial()).is_some()));
    }

    #[test]
    fn a_letter_that_was_used_since_the_backup_is_void() {
        let letter = |authority: &mut Authority| {
            let letters = authority.codes(&[office(2)], None, NOW, &mut StdRng::seed_from_u64(5)).unwrap();
            Invitation::parse(&letters[0].invitation).unwrap().code
        };
        let apply = |authority: &mut Authority, key: u8, code: &musubi_protocol::invitation::Code, seed| {
            let request = request(2, "11", key);
            authority.apply(&request, Some(code), None, NOW, &mut StdRng::seed_from_u64(seed)).unwrap()
        };
        let (original, backup, code, _) = story(letter, |authority, code| {
            assert!(matches!(apply(authority, 2, code, 12), enrol::State::Granted { .. }));
        });
        let (mut back, taken) = read_back(&original, backup.path());
        assert_eq!(taken.lost, [office(2)]);
        assert!(!matches!(apply(&mut back, 9, &code, 13), enrol::State::Granted { .. }));
    }

    #[test]
    fn what_the_log_says_is_revoked_though_no_list_was_given_back() {
        let (original, backup, kept, lost) = story(
            |authority| issue(authority, 1, "11", 1, 11).unwrap(),
            |authority, kept| {
                let lost = issue(authority, 2, "11", 2, 12).unwrap();
                for leaf in [kept, &lost] {
                    authority.revoke(Target::Serial(leaf.serial()), Reason::KeyCompromise, NOW).unwrap();
                }
                lost
            },
        );
        let (mut back, taken) = read_back_with(&original, backup.path(), false);
        assert_eq!(taken.acts, 3);
        let listed = |back: &Authority, leaf: &LeafIn| {
            back.trust().unwrap().crls().any(|crl| crl.entry(&leaf.serial()).is_some())
        };
        assert!(listed(&back, &kept) && !listed(&back, &lost));
        back.adopt([lost.der().to_vec()], NOW).unwrap();
        assert!(listed(&back, &lost));
        assert!(back.list(NOW).unwrap().iter().all(|row| row.reason.is_some()));
    }

    #[test]
    fn that_members_know_more_is_not_forgotten() {
        let (mut original, ..) = story(|_| (), |authority, ()| issue(authority, 2, "11", 2, 12).map(drop).unwrap());
        let (trust, size) = (original.authority.trust().unwrap(), original.authority.log_size());
        assert!(!original.authority.is_behind(&trust, size));
        // A log alone that is longer than its own.
        assert!(original.authority.is_behind(&trust, size + 1));
        original.authority.restored().unwrap();
        assert!(matches!(issue(&mut original.authority, 3, "11", 3, 13), Err(Error::Restored)));
        drop(original.authority);
        assert!(matches!(Authority::open(original.dir.path(), &passphrase()), Err(Error::Restored)));
        Authority::open_restored(original.dir.path(), &passphrase()).unwrap().moved(original.dir.path(), NOW).unwrap();
        let mut again = Authority::open(original.dir.path(), &passphrase()).unwrap();
        issue(&mut again, 3, "11", 3, 14).unwrap();
    }

    #[test]
    fn what_was_interrupted_is_done_again() {
        let (original, backup, kept, _) = story(
            |authority| issue(authority, 1, "11", 1, 11).unwrap(),
            |authority, kept| {
                issue(authority, 2, "11", 2, 12).unwrap();
                authority.revoke(Target::Serial(kept.serial()), Reason::KeyCompromise, NOW).unwrap();
            },
        );
        // As far as the leaves, and no further.
        let mut half = Authority::open_restored(backup.path(), &passphrase()).unwrap();
        let size = half.log_size();
        let (leaves, _) = original.authority.leaves_after(size, 4_096).unwrap();
        half.act(NOW, |draft, _| draft.recovering(Some(size))).unwrap();
        half.act(NOW, |draft, _| leaves.chunks_exact(64).try_for_each(|leaf| recover::again(draft, leaf))).unwrap();
        drop(half);
        let mut again = Authority::open_restored(backup.path(), &passphrase()).unwrap();
        let found = again.found().unwrap();
        let taken = again.take_back(found, backup.path(), NOW).unwrap();
        assert_eq!((taken.acts, taken.lost), (2, vec![office(2)]));
        assert!(again.trust().unwrap().crls().any(|crl| crl.entry(&kept.serial()).is_some()));
        drop(again);
        Authority::open(backup.path(), &passphrase()).unwrap();
    }
}
