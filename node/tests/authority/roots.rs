//! Roots that are kept elsewhere: what is carried to them and back.

use std::sync::atomic::{AtomicU64, Ordering};

use musubi_node::authority::{Act, Authority, Done, Error, Period, Root, RootAsked, RootRequest};
use musubi_protocol::{
    certificate::material::{self, Material},
    crl::{self, CrlIn, Outcome, Reason},
    policy::{Policy, Term},
    time::{DAY, Timestamp},
    trust::{Distrust, Trust},
};
use tempfile::TempDir;

use super::support::*;

const NAME: &str = "見本中央機関";
/// 2027-01-01, Japan.
const NEW_YEAR: Timestamp = Timestamp(1_798_729_200);

/// The computer without a network: a directory for each root.
struct Vault {
    roots: Vec<(TempDir, String)>,
}

impl Vault {
    fn new(count: u16) -> Self {
        let root = |number| {
            let dir = tempfile::tempdir().unwrap();
            let passphrase = passphrase(&format!("root {number}"));
            let seed = 1_000 + u64::from(number);
            let shown = Root::init(dir.path(), NAME, number, &passphrase, NOW, &mut rng(seed)).unwrap();
            assert_eq!(shown.name, format!("Musubi Root {number}"));
            (dir, shown.file)
        };
        Self { roots: (1..=count).map(root).collect() }
    }

    fn file(&self, number: usize) -> &[u8] {
        self.roots[number - 1].1.as_bytes()
    }

    fn open(&self, number: usize) -> Root {
        Root::open(self.roots[number - 1].0.path(), &passphrase(&format!("root {number}"))).unwrap()
    }

    /// Carries a request there as a file, and what was signed back.
    fn sign(&self, number: usize, request: &RootRequest, now: Timestamp) -> Result<Vec<u8>, Error> {
        let request = RootRequest::from_pem(request.to_pem().unwrap().as_bytes()).unwrap();
        // Whoever draws the same numbers again gives two CAs one serial number.
        static SEED: AtomicU64 = AtomicU64::new(10_000);
        let mut rng = rng(SEED.fetch_add(1, Ordering::Relaxed));
        self.open(number).sign(&request, now, &mut rng).map(String::into_bytes)
    }
}

fn begin(dir: &TempDir, vault: &Vault) -> Result<RootRequest, Error> {
    let roots = [vault.file(1), vault.file(2)];
    Authority::begin(dir.path(), NAME, roots, &passphrase("right"), NOW, &mut rng(1))
}

fn founded() -> (TempDir, Vault, Authority) {
    let (dir, vault) = (tempfile::tempdir().unwrap(), Vault::new(3));
    let request = begin(&dir, &vault).unwrap();
    let signed = vault.sign(1, &request, NOW).unwrap();
    let (authority, _) = Authority::complete(dir.path(), &passphrase("right"), &signed, NOW).unwrap();
    (dir, vault, authority)
}

fn ask(authority: &mut Authority, asked: &RootAsked, now: Timestamp) -> RootRequest {
    authority.root_request(asked, now, &mut rng(now.0 + 5)).unwrap()
}

/// Asks a root for what waits, and takes it over.
fn ceremony(authority: &mut Authority, vault: &Vault, root: usize, asked: &RootAsked, now: Timestamp) -> u64 {
    let request = ask(authority, asked, now);
    let signed = vault.sign(root, &request, now).unwrap();
    authority.accept(&signed, now).unwrap()
}

fn waiting(authority: &Authority, now: Timestamp) -> Vec<String> {
    authority.root_tasks(now).unwrap().waiting
}

fn bundle(authority: &Authority) -> Vec<u8> {
    let items = material::read(authority.trust_file().as_bytes()).unwrap();
    items.iter().find(|item| matches!(item, Material::TrustBundle(_))).unwrap().bytes().to_vec()
}

fn yearly(fee: u32) -> Policy {
    Policy::new(vec![Term { from: NEW_YEAR, fee, grace: 30 }], Vec::new()).unwrap()
}

#[test]
fn an_authority_is_founded_by_a_root_elsewhere() {
    let (dir, vault) = (tempfile::tempdir().unwrap(), Vault::new(2));
    let request = begin(&dir, &vault).unwrap();
    assert!(Authority::is_begun(dir.path()).unwrap());
    assert!(matches!(Authority::open(dir.path(), &passphrase("right")), Err(Error::NoAuthority)));
    // Whoever begins again gets the same to carry.
    assert_eq!(begin(&dir, &vault).unwrap(), request);

    let review = Root::review(vault.roots[0].0.path(), &request).unwrap();
    assert_eq!((review.base, review.number, review.certified.len(), review.new_roots.len()), (0, 1, 1, 2));
    assert_eq!(review.fingerprint, request.fingerprint().unwrap());
    assert!(!review.behind && review.retired_roots.is_empty() && !review.policy);
    assert!(matches!(vault.sign(2, &request, NOW), Err(Error::OtherRoot)));
    let signed = vault.sign(1, &request, NOW).unwrap();

    // A bundle that says nothing of this authority is not taken.
    let (other_dir, other) = (tempfile::tempdir().unwrap(), Vault::new(2));
    let theirs = other.sign(1, &begin(&other_dir, &other).unwrap(), NOW).unwrap();
    let complete = |file: &[u8]| Authority::complete(dir.path(), &passphrase("right"), file, NOW);
    // Roots of one seed are the same roots; their issuing CA is another's.
    assert!(matches!(complete(&theirs[..theirs.len() / 2]), Err(Error::RootAnswer)));
    let wrong = Authority::complete(dir.path(), &passphrase("wrong"), &signed, NOW);
    assert!(matches!(wrong, Err(Error::WrongPassphrase)));
    let (mut authority, founded) = complete(&signed).unwrap();
    assert!(matches!(complete(&signed), Err(Error::InUse)));

    let issued = issue(&mut authority, "1379900010", &["11"], &key(1)).unwrap();
    assert_eq!(founded.root_pin, Root::look(vault.roots[0].0.path()).unwrap().id);
    install(&issued.pem, &founded.root_pin).judge(NOW).unwrap();
    let tasks = authority.root_tasks(NOW).unwrap();
    assert_eq!((tasks.here, tasks.bundle, tasks.crl_until), (false, 1, NOW.plus(crl::ROOT_LIFETIME)));
    assert!(tasks.waiting.is_empty());
    let mut authority = reopen(&dir, authority);
    // The desks' list is made anew each day, without the root.
    let later = NOW.plus(10 * DAY);
    let mut office = install(&issued.pem, &founded.root_pin);
    assert_eq!(office.judge(later), Err(Distrust::OldRevocation));
    office.take(&authority.crl(later).unwrap());
    office.judge(later).unwrap();
    drop(authority);
    assert!(matches!(Root::look(dir.path()), Err(Error::NoRoot)));
    assert!(matches!(Authority::open(vault.roots[0].0.path(), &passphrase("root 1")), Err(Error::NoAuthority)));
}

#[test]
fn what_the_bundle_says_waits_for_the_root() {
    let (dir, vault, mut authority) = founded();
    authority.set_policy(yearly(21_000), NOW).unwrap();
    assert_eq!((authority.bundle_number(), waiting(&authority, NOW)), (1, vec!["policy".to_owned()]));
    assert_eq!(*authority.policy(), Policy::none());
    let mut authority = reopen(&dir, authority);
    assert_eq!(waiting(&authority, NOW), ["policy"]);
    // Another thought before it is carried away.
    authority.set_policy(yearly(10_000), NOW).unwrap();
    let request = ask(&mut authority, &RootAsked::default(), NOW);
    let review = Root::review(vault.roots[0].0.path(), &request).unwrap();
    assert!(review.policy && review.certified.is_empty() && review.bootstrap.is_none());
    let signed = vault.sign(1, &request, NOW).unwrap();
    // And one after: it goes on waiting.
    authority.set_policy(yearly(5_000), NOW).unwrap();
    assert_eq!(authority.accept(&signed, NOW).unwrap(), 2);
    assert_eq!((authority.policy(), waiting(&authority, NOW)), (&yearly(10_000), vec!["policy".to_owned()]));
    // Once more the same is nothing new.
    assert_eq!(authority.accept(&signed, NOW).unwrap(), 2);
    assert_eq!(ceremony(&mut authority, &vault, 1, &RootAsked::default(), NOW), 3);
    let authority = reopen(&dir, authority);
    assert_eq!(authority.policy(), &yearly(5_000));
    assert!(waiting(&authority, NOW).is_empty());
    assert_eq!(Root::look(vault.roots[0].0.path()).unwrap().signed.len(), 3);
}

#[test]
fn terms_that_have_begun_are_not_changed_by_a_root_either() {
    let (_dir, vault, mut authority) = founded();
    authority.set_policy(yearly(21_000), NOW).unwrap();
    ceremony(&mut authority, &vault, 1, &RootAsked::default(), NOW);
    authority.set_policy(yearly(5_000), NOW).unwrap();
    let request = ask(&mut authority, &RootAsked::default(), NOW);
    assert!(matches!(vault.sign(1, &request, NEW_YEAR.plus(DAY)), Err(Error::PolicyChanged)));
}

#[test]
fn the_ca_of_a_new_year_waits_and_the_old_one_serves() {
    let (dir, vault, mut authority) = founded();
    let old = issue_at(&mut authority, "1379900010", &["11"], &key(1), NEW_YEAR.plus(DAY)).unwrap();
    assert_eq!(old.row.issuer, "Musubi Issuing CA 2026");
    assert_eq!(waiting(&authority, NEW_YEAR.plus(DAY)), ["issuing_ca"]);
    let at = NEW_YEAR.plus(5 * DAY);
    // However often it is asked for, it is one key.
    let first = ask(&mut authority, &RootAsked::default(), at);
    let mut authority = reopen(&dir, authority);
    let review = |request| Root::review(vault.roots[0].0.path(), request).unwrap().certified;
    let again = ask(&mut authority, &RootAsked::default(), at);
    assert_eq!(review(&first), review(&again));
    assert_eq!(review(&again)[0].0, "Musubi Issuing CA 2027");
    let mut office = install(&old.pem, &authority.root_pin());
    authority.accept(&vault.sign(1, &again, at).unwrap(), at).unwrap();
    assert!(waiting(&authority, at).is_empty());
    let mut authority = reopen(&dir, authority);
    let new = issue_at(&mut authority, "1379900028", &["15"], &key(2), at).unwrap();
    assert_eq!(new.row.issuer, "Musubi Issuing CA 2027");
    install(&new.pem, &authority.root_pin()).judge(at).unwrap();
    assert_eq!(office.trust.accept_bundle(&bundle(&authority)).unwrap(), Outcome::New);
    office.take(&authority.crl(at).unwrap());
    office.judge(at).unwrap();
    // A year on the root's own list has to be made anew.
    let later = at.plus(crl::ROOT_LIFETIME - 30 * DAY);
    assert!(waiting(&authority, later).contains(&"root_crl".to_owned()));
    ceremony(&mut authority, &vault, 1, &RootAsked::default(), later);
    assert_eq!(authority.root_tasks(later).unwrap().crl_until, later.plus(crl::ROOT_LIFETIME));
}

#[test]
fn root_2_retires_root_1_and_nobody_needs_a_new_certificate() {
    let (dir, vault, mut authority) = founded();
    let issued = issue(&mut authority, "1379900010", &["11"], &key(1)).unwrap();
    let mut office = install(&issued.pem, &authority.root_pin());
    let (first_pin, network) = (authority.root_pin(), office.trust.network_id());
    let asked = RootAsked { replace: Some((1, vault.file(3).to_vec())), ..RootAsked::default() };
    let request = ask(&mut authority, &asked, NOW);
    assert!(matches!(vault.sign(1, &request, NOW), Err(Error::OtherRoot)));
    let review = Root::review(vault.roots[1].0.path(), &request).unwrap();
    assert_eq!(review.retired_roots, ["Musubi Root 1"]);
    assert_eq!((review.new_roots[0].0.as_str(), review.taken_over), ("Musubi Root 3", 1));
    let signed = vault.sign(2, &request, NOW).unwrap();
    // What root 1 has signed before it was retired, and nobody has taken over.
    let plain = ask(&mut authority, &RootAsked::default(), NOW);
    let by_the_first = vault.sign(1, &plain, NOW).unwrap();
    assert_eq!(authority.accept(&signed, NOW).unwrap(), 2);
    assert!(matches!(authority.accept(&by_the_first, NOW), Err(Error::RootAnswer)));

    let mut authority = reopen(&dir, authority);
    assert_eq!(office.trust.accept_bundle(&bundle(&authority)).unwrap(), Outcome::New);
    office.judge(NOW).unwrap();
    assert_eq!(office.trust.network_id(), network);
    // Newcomers compare root 2, and are in the same network.
    assert_ne!(authority.root_pin(), first_pin);
    let newcomer = issue(&mut authority, "1379900028", &["15"], &key(2)).unwrap();
    let newcomer = install(&newcomer.pem, &authority.root_pin());
    newcomer.judge(NOW).unwrap();
    assert_eq!(newcomer.trust.network_id(), network);
    // Lists, revocations and later ceremonies go on.
    let revoked =
        authority.revoke(musubi_node::authority::Target::Serial(issued.row.serial), Reason::KeyCompromise, NOW);
    assert_eq!(revoked.unwrap().rows.len(), 1);
    office.take(&authority.crl(NOW).unwrap());
    assert_eq!(office.judge(NOW), Err(Distrust::Revoked));
    let at = NEW_YEAR.plus(DAY);
    assert_eq!(ceremony(&mut authority, &vault, 2, &RootAsked::default(), at), 3);
    let later = issue_at(&mut authority, "1379900036", &["21"], &key(3), at).unwrap();
    let later = install(&later.pem, &authority.root_pin());
    later.judge(at).unwrap();
    assert_eq!(later.trust.network_id(), network);
    assert_eq!(office.trust.accept_bundle(&bundle(&authority)).unwrap(), Outcome::New);
    // The third root, which was kept apart, can follow the second.
    let fourth = Vault::new(4);
    let asked = RootAsked { replace: Some((1, fourth.file(4).to_vec())), ..RootAsked::default() };
    assert_eq!(ceremony(&mut authority, &vault, 3, &asked, at), 4);
    let newest = Trust::first(&bundle(&authority), Some(&authority.root_pin())).unwrap();
    assert_eq!(newest.network_id(), network);
}

#[test]
fn an_authority_that_was_restored_gets_no_number_twice() {
    let (dir, vault, mut authority) = founded();
    let copy = tempfile::tempdir().unwrap();
    drop(authority);
    copy_dir(dir.path(), copy.path());
    authority = Authority::open(dir.path(), &passphrase("right")).unwrap();
    assert_eq!(ceremony(&mut authority, &vault, 1, &RootAsked::default(), NOW), 2);
    let later = bundle(&authority);
    drop(authority);

    assert!(matches!(Authority::open(copy.path(), &passphrase("right")), Err(Error::Restored)));
    let mut restored = Authority::open_restored(copy.path(), &passphrase("right")).unwrap();
    restored.set_policy(yearly(7_000), NOW).unwrap();
    let request = ask(&mut restored, &RootAsked::default(), NOW);
    let review = Root::review(vault.roots[0].0.path(), &request).unwrap();
    assert!(review.behind);
    assert_eq!((review.base, review.number), (1, 3));
    let signed = vault.sign(1, &request, NOW).unwrap();
    assert_eq!(restored.accept(&signed, NOW).unwrap(), 3);
    // Whoever has the second takes the third; the root's list has a new number too.
    let mut trust = Trust::first(&later, None).unwrap();
    assert_eq!(trust.accept_bundle(&bundle(&restored)).unwrap(), Outcome::New);
    let crl = trust.crls().map(|crl| crl.number()).max();
    assert_eq!(crl, Some(3));
}

fn copy_dir(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_dir(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_ca_is_revoked_and_its_offices_get_new_certificates() {
    let (dir, vault, mut authority) = founded();
    let issued = issue(&mut authority, "1379900010", &["11"], &key(1)).unwrap();
    let gone = issue(&mut authority, "1379900028", &["15"], &key(2)).unwrap();
    authority.revoke(musubi_node::authority::Target::Serial(gone.row.serial), Reason::KeyCompromise, NOW).unwrap();
    let mut office = install(&issued.pem, &authority.root_pin());
    let name = "Musubi Issuing CA 2026".to_owned();
    let unknown = RootAsked { revoke: vec!["Musubi Issuing CA 1999".to_owned()], ..RootAsked::default() };
    assert!(matches!(authority.root_request(&unknown, NOW, &mut rng(3)), Err(Error::NoCa)));
    let asked = RootAsked { revoke: vec![name.clone()], ..RootAsked::default() };
    let request = ask(&mut authority, &asked, NOW);
    let review = Root::review(vault.roots[0].0.path(), &request).unwrap();
    assert_eq!((review.revoked, review.certified[0].0.as_str()), (vec![name], "Musubi Issuing CA 2026-2"));
    authority.accept(&vault.sign(1, &request, NOW).unwrap(), NOW).unwrap();
    assert_eq!(office.trust.accept_bundle(&bundle(&authority)).unwrap(), Outcome::New);
    assert_eq!(office.judge(NOW), Err(Distrust::Revoked));

    let at = NOW.plus(HOUR);
    let done = authority.perform("佐藤", Act::Reissue, at, &mut rng(4)).unwrap();
    assert!(matches!(&done, Done::Reissued { count: 1, refused } if refused.is_empty()), "{done:?}");
    let mut authority = reopen(&dir, authority);
    assert_eq!(authority.reissue(at, &mut rng(5)).unwrap(), (0, Vec::new()));
    let rows = authority.list(at).unwrap();
    let new = rows.iter().find(|row| row.current).unwrap();
    assert_eq!((new.office.as_str(), new.issuer.as_str()), ("1379900010", "Musubi Issuing CA 2026-2"));
    assert_eq!((new.until, new.desk), (issued.row.until, issued.row.desk));
    let office = install(&authority.certificate_file(&new.serial).unwrap(), &authority.root_pin());
    office.judge(at).unwrap();
    // Not even a change of roots brings it back.
    let asked = RootAsked { replace: Some((1, vault.file(3).to_vec())), ..RootAsked::default() };
    ceremony(&mut authority, &vault, 2, &asked, at);
    let newest = Trust::first(&bundle(&authority), Some(&authority.root_pin())).unwrap();
    let names: Vec<&str> = newest.issuing().map(musubi_protocol::certificate::Ca::common_name).collect();
    assert_eq!(names, ["Musubi Issuing CA 2026-2"]);
    // The same office key, and a request of a compromised CA's time is not needed.
    assert_eq!(*office.leaf.key(), key(1).verifying_key());
    // Its list would grow with every certificate that is issued anew, and nobody wants it any more.
    let numbers = |authority: &Authority, now| {
        crls(&authority.fresh_crl(now).unwrap()).iter().map(CrlIn::number).collect::<Vec<_>>()
    };
    let [newest, void, root] = numbers(&authority, at)[..] else { panic!("three lists") };
    let later = at.plus(2 * DAY);
    authority.keep_fresh(later).unwrap();
    assert_eq!(numbers(&authority, later), [newest + 1, void, root]);
}

#[test]
fn nothing_has_to_be_carried_where_roots_are_at_home() {
    let (_dir, mut authority) = authority();
    let asked = authority.root_request(&RootAsked::default(), NOW, &mut rng(2));
    assert!(matches!(asked, Err(Error::RootHere)));
    assert!(authority.root_tasks(NOW.plus(4_000 * DAY)).unwrap().waiting.is_empty());
    let period = Period::default();
    let file = request("1379900010", &["11"], &key(1));
    assert!(authority.issue(&file, period, NEW_YEAR.plus(DAY), &mut rng(9)).is_ok());
}

#[test]
fn a_request_that_was_altered_is_not_signed() {
    let (_dir, vault, mut authority) = founded();
    let request = ask(&mut authority, &RootAsked { issuing: true, ..RootAsked::default() }, NOW);
    let good = pem::parse(request.to_pem().unwrap()).unwrap().into_contents();
    let root = vault.roots[0].0.path();
    assert!(Root::review(root, &request).is_ok());
    let (mut unread, mut refused, mut same) = (0, 0, 0);
    let fingerprint = request.fingerprint().unwrap();
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 1 << (at % 8);
        let file = pem::encode(&pem::Pem::new("MUSUBI ROOT REQUEST", bytes));
        match RootRequest::from_pem(file.as_bytes()) {
            Err(_) => unread += 1,
            Ok(altered) => match Root::review(root, &altered) {
                Err(_) => refused += 1,
                // What reads well has another fingerprint, which people compare.
                Ok(review) => {
                    assert_ne!(review.fingerprint, fingerprint);
                    same += 1;
                }
            },
        }
    }
    // Only what a person sees and compares may differ: head, addresses, the day from which proofs count.
    assert!(0 < unread && good.len() / 2 < refused, "{unread} {refused} {same}");
    // Nobody has a key certified that he does not hold.
    let other = key(77).verifying_key();
    let mut bytes = good.clone();
    let certified = Root::review(root, &request).unwrap();
    assert_eq!(certified.certified.len(), 1);
    let name = b"Musubi Issuing CA 2026-2";
    let at = bytes.windows(name.len()).rposition(|window| window == name).unwrap() + name.len();
    let at = at + bytes[at..].windows(2).position(|window| window == [0x58, 32]).unwrap() + 2;
    bytes[at..at + 32].copy_from_slice(other.as_bytes());
    let file = pem::encode(&pem::Pem::new("MUSUBI ROOT REQUEST", bytes));
    let altered = RootRequest::from_pem(file.as_bytes()).unwrap();
    assert!(matches!(Root::review(root, &altered), Err(Error::RootRequest)));
}
