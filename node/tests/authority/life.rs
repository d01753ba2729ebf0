//! The whole life of an authority, judged from its files alone.

use ed25519_dalek::SigningKey;
use jiff::civil::Date;
use musubi_node::authority::{Authority, CRL_AGE, Error, HEAD_AGE, MAX_LICENCE, Period, Register, Row, State, Target};
use musubi_protocol::{
    certificate::{
        GRACE, Rank, TAIL,
        material::{self, Material},
    },
    crl::{Outcome, Reason},
    log::Head,
    request::Request,
    signed::Unverified,
    time::{DAY, Timestamp},
    trust::{Bundle, Distrust, Trust},
};

use super::support::*;

#[test]
fn an_authority_is_founded_once() {
    let dir = tempfile::tempdir().unwrap();
    let (authority, report) = found(dir.path()).unwrap();
    assert_eq!(authority.root_pin(), report.root_pin);
    assert_eq!(report.network.to_string()[..16], report.short_network);
    assert_eq!((authority.name(), authority.log_size(), authority.bundle_number()), ("見本中央機関", 0, 1));
    assert!(authority.list(NOW).unwrap().is_empty());

    assert_eq!(found(dir.path()).unwrap_err().code(), "in_use");
    drop(authority);
    assert_eq!(found(dir.path()).unwrap_err().code(), "exists");
    assert_eq!(Authority::open(dir.path(), &passphrase("wrong")).unwrap_err().code(), "wrong_passphrase");
    assert_eq!(Authority::open(dir.path(), &passphrase("right")).unwrap().root_pin(), report.root_pin);

    let empty = tempfile::tempdir().unwrap();
    assert_eq!(Authority::open(empty.path(), &passphrase("right")).unwrap_err().code(), "no_authority");
    assert_eq!(Register::open(empty.path()).unwrap_err().code(), "no_authority");
    assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 0);
}

#[test]
fn names_are_checked_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let inner = dir.path().join("a");
    for name in ["", "  ", "a\nb", &"長".repeat(65)] {
        let error = Authority::init(&inner, name, &passphrase("right"), NOW, &mut rng(1)).unwrap_err();
        assert_eq!(error.code(), "name");
    }
    assert!(!inner.exists());
}

#[test]
fn a_founding_that_was_cut_off_is_finished() {
    let dir = tempfile::tempdir().unwrap();
    let (authority, _) = found(dir.path()).unwrap();
    drop(authority);
    // The key file is made before the records are: this is what a crash in between leaves.
    std::fs::remove_dir_all(dir.path().join("store")).unwrap();
    let wrong = Authority::init(dir.path(), "見本中央機関", &passphrase("wrong"), NOW, &mut rng(2)).unwrap_err();
    assert_eq!(wrong.code(), "wrong_passphrase");
    assert_eq!(Register::open(dir.path()).unwrap_err().code(), "no_authority");
    let (authority, _) = found(dir.path()).unwrap();
    reopen(&dir, authority);
}

#[test]
fn the_file_of_a_certificate_is_all_that_an_office_needs() {
    let (_dir, mut authority) = authority();
    let issued = issue(&mut authority, "1379900028", &["21", "15"], &key(7)).unwrap();
    let items = material::read(issued.pem.as_bytes()).unwrap();
    let labels: Vec<_> = items.iter().map(Material::label).collect();
    let (cert, crl) = (material::CERTIFICATE, material::CRL);
    assert_eq!(
        labels,
        [cert, cert, cert, cert, crl, crl, material::TRUST_BUNDLE, material::LOG_HEAD, material::LOG_PROOF]
    );
    let Some(Material::Proof(of, proof, _)) = items.last() else { panic!("a proof comes last") };
    let ranks = items[1..4].iter().map(|item| match item {
        Material::Ca(ca) => ca.rank(),
        other => panic!("{}", other.label()),
    });
    assert_eq!(ranks.collect::<Vec<_>>(), [Rank::Issuing, Rank::Root, Rank::Root]);

    let office = install(&issued.pem, &authority.root_pin());
    office.judge(NOW).unwrap();
    assert_eq!(*of, office.leaf.hash());
    assert!(proof.verify(&office.leaf, &office.trust, NOW).is_ok());
    Request::parse(&pem_body(&request("1379900028", &["15", "21"], &key(7)))).unwrap().matches(&office.leaf).unwrap();
    assert_eq!((office.leaf.desk(), office.leaf.issue_number()), (1, 1));
    assert_eq!(office.leaf.not_after(), office.leaf.until().plus(TAIL));
    assert_eq!(office.judge(office.leaf.not_after().plus(1)), Err(Distrust::Expired));
    assert_eq!(head_size(&issued.pem), 1);
    assert!(!issued.renewal);

    let row = serde_json::to_value(&issued.row).unwrap();
    assert_eq!(row["office"], "1379900028");
    assert_eq!(row["kinds"], serde_json::json!(["15", "21"]));
    assert_eq!(row["from"], "2026-11-22T00:00:00+09:00");
    assert_eq!(row["until"], "2027-11-21T23:59:59+09:00");
    assert_eq!(row["not_after"], "2028-02-04T23:59:59+09:00");
    assert_eq!(row["issued_at"], "2026-11-22T12:00:00+09:00");
    assert_eq!((&row["state"], &row["current"], &row["reason"]), (&"valid".into(), &true.into(), &().into()));
    assert_eq!(row["serial"], issued.row.serial.to_string());
}

fn pem_body(file: &[u8]) -> Vec<u8> {
    material::read(file).unwrap()[0].bytes().to_vec()
}

#[test]
fn a_revocation_reaches_offices_by_the_crl_file() {
    let (_dir, mut authority) = authority();
    let kept = issue(&mut authority, "1379900010", &["11"], &key(1)).unwrap();
    let lost = issue(&mut authority, "1379900028", &["15"], &key(2)).unwrap();
    let mut office = install(&lost.pem, &authority.root_pin());
    assert_eq!(office.take(&authority.crl(NOW).unwrap()), [Outcome::Known, Outcome::Known]);

    let at = NOW.plus(HOUR);
    let target = Target::Office("1379900028".parse().unwrap());
    let revoked = authority.revoke(target, Reason::KeyCompromise, at).unwrap();
    assert_eq!(revoked.crls.iter().map(|crl| crl.number).collect::<Vec<_>>(), [2]);
    assert_eq!(revoked.crls[0].issuer, "Musubi Issuing CA 2026");
    let [row] = &revoked.rows[..] else { panic!("one certificate") };
    assert_eq!((row.serial, row.state, row.current), (lost.row.serial, State::Revoked, false));
    assert_eq!((row.revoked_at, row.reason), (Some(at), Some(Reason::KeyCompromise)));

    office.judge(at).unwrap();
    let file = authority.crl(at).unwrap();
    assert_eq!(office.take(&file), [Outcome::New, Outcome::Known]);
    assert_eq!(office.judge(at), Err(Distrust::Revoked));
    install(&authority.certificate_file(&kept.row.serial).unwrap(), &authority.root_pin()).judge(at).unwrap();

    // Two issues and a revocation.
    assert_eq!(head_size(&authority.trust_file()), 3);
    assert_eq!(authority.revoke(target, Reason::Superseded, at).unwrap_err().code(), "nothing_to_revoke");
    let serial = Target::Serial(lost.row.serial);
    assert_eq!(authority.revoke(serial, Reason::Superseded, at).unwrap_err().code(), "nothing_to_revoke");
    let nobody = Target::Office("1300000000".parse().unwrap());
    assert_eq!(authority.revoke(nobody, Reason::Superseded, at).unwrap_err().code(), "unknown");
    assert_eq!(authority.log_size(), 3);
    assert_eq!(authority.crl(at).unwrap(), file);
}

#[test]
fn revoking_an_office_takes_all_its_certificates() {
    let (_dir, mut authority) = authority();
    for (kinds, seed) in [("11", 1), ("15", 2), ("11", 1)] {
        issue(&mut authority, "1379900010", &[kinds], &key(seed)).unwrap();
    }
    issue(&mut authority, "1379900028", &["15"], &key(3)).unwrap();
    let one = authority.list(NOW).unwrap()[0].serial;
    assert_eq!(authority.revoke(Target::Serial(one), Reason::Superseded, NOW).unwrap().rows.len(), 1);
    let target = Target::Office("1379900010".parse().unwrap());
    assert_eq!(authority.revoke(target, Reason::CessationOfOperation, NOW).unwrap().rows.len(), 2);
    let crl = crls(&authority.crl(NOW).unwrap()).remove(0);
    assert_eq!((crl.number(), crl.revoked().len()), (3, 3));
    assert_eq!(crl.entry(&one).unwrap().reason, Reason::Superseded);
    let states: Vec<_> = authority.list(NOW).unwrap().iter().map(|row| row.state).collect();
    assert_eq!(states, [State::Revoked, State::Revoked, State::Revoked, State::Valid]);
}

#[test]
fn a_kind_belongs_to_one_live_desk() {
    let (_dir, mut authority) = authority();
    let first = issue(&mut authority, "1379900010", &["11", "15"], &key(1)).unwrap();
    match issue(&mut authority, "1379900010", &["15", "21"], &key(2)).unwrap_err() {
        Error::Overlap { kinds, desk } => assert_eq!((kinds, desk), (vec!["15".parse().unwrap()], 1)),
        other => panic!("{other}"),
    }
    // Nothing of a refused request is left: no number, no leaf.
    assert_eq!(authority.log_size(), 1);
    let second = issue(&mut authority, "1379900010", &["21"], &key(2)).unwrap();
    assert_eq!((second.row.desk, second.row.issue_number), (2, 2));
    // Another office number is another matter.
    assert_eq!(issue(&mut authority, "1379900028", &["11"], &key(3)).unwrap().row.desk, 1);

    // Until the first desk's certificate has expired or is revoked, its kinds are its own.
    let expired = first.row.not_after.plus(1);
    assert_eq!(
        issue_at(&mut authority, "1379900010", &["11"], &key(4), first.row.not_after).unwrap_err().code(),
        "overlap"
    );
    assert_eq!(issue_at(&mut authority, "1379900010", &["11"], &key(4), expired).unwrap().row.desk, 3);
}

#[test]
fn a_revoked_desk_can_be_replaced() {
    let (_dir, mut authority) = authority();
    let first = issue(&mut authority, "1379900010", &["11"], &key(1)).unwrap();
    authority.revoke(Target::Serial(first.row.serial), Reason::KeyCompromise, NOW).unwrap();
    assert_eq!(issue(&mut authority, "1379900010", &["11"], &key(1)).unwrap_err().code(), "key_compromised");
    let second = issue(&mut authority, "1379900010", &["11"], &key(2)).unwrap();
    assert_eq!((second.row.desk, second.renewal), (2, false));
    assert_eq!(issue(&mut authority, "1379900028", &["15"], &key(2)).unwrap_err().code(), "key_of_other_office");
}

#[test]
fn the_same_key_again_is_a_renewal() {
    let (_dir, mut authority) = authority();
    let first = issue(&mut authority, "1379900010", &["11", "15"], &key(1)).unwrap();
    issue(&mut authority, "1379900010", &["21"], &key(2)).unwrap();
    let at = NOW.plus(300 * DAY);
    assert_eq!(issue_at(&mut authority, "1379900010", &["11", "21"], &key(1), at).unwrap_err().code(), "overlap");
    let renewed = issue_at(&mut authority, "1379900010", &["11"], &key(1), at).unwrap();
    assert!(renewed.renewal);
    assert_eq!((renewed.row.desk, renewed.row.issue_number), (1, 3));
    install(&renewed.pem, &authority.root_pin()).judge(at).unwrap();
    // The kind that was given up goes free when the older certificate does.
    assert_eq!(issue_at(&mut authority, "1379900010", &["15"], &key(3), at).unwrap_err().code(), "overlap");
    authority.revoke(Target::Serial(first.row.serial), Reason::Superseded, at).unwrap();
    assert_eq!(issue_at(&mut authority, "1379900010", &["15"], &key(3), at).unwrap().row.desk, 3);

    let shown = |row: &Row| (row.issue_number, row.desk, row.state, row.current);
    let rows: Vec<_> = authority.list(at).unwrap().iter().map(shown).collect();
    let expected = [
        (1, 1, State::Revoked, false),
        (2, 2, State::Valid, true),
        (3, 1, State::Valid, true),
        (4, 3, State::Valid, true),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn the_list_tells_what_a_certificate_is_worth() {
    let (_dir, mut authority) = authority();
    let day = |text: &str| Some(text.parse::<Date>().unwrap());
    let period = Period { from: day("2026-12-01"), until: day("2027-03-31") };
    let row = authority.issue(&request("1379900010", &["11"], &key(1)), period, NOW, &mut rng(5)).unwrap().row;
    let state = |at: Timestamp| authority.list(at).unwrap()[0].state;
    assert_eq!((row.state, state(row.from)), (State::Coming, State::Valid));
    assert_eq!((state(row.until), state(row.until.plus(1))), (State::Valid, State::Grace));
    assert_eq!((state(row.until.plus(GRACE)), state(row.until.plus(GRACE + 1))), (State::Grace, State::Ended));
    assert_eq!((state(row.not_after), state(row.not_after.plus(1))), (State::Ended, State::Expired));
    assert!(authority.list(row.not_after).unwrap()[0].current);
    assert!(!authority.list(row.not_after.plus(1)).unwrap()[0].current);
}

#[test]
fn periods_and_files_that_make_no_sense_are_refused() {
    let (_dir, mut authority) = authority();
    let day = |text: &str| Some(text.parse::<Date>().unwrap());
    let mut code =
        |file: &[u8], from, until| authority.issue(file, Period { from, until }, NOW, &mut rng(5)).unwrap_err().code();
    let good = request("1379900010", &["11"], &key(1));
    assert_eq!(code(&good, day("2027-01-02"), day("2027-01-01")), "period_order");
    assert_eq!(code(&good, day("2026-01-01"), day("2026-11-21")), "period_past");
    assert_eq!(code(&good, None, day("2031-01-01")), "period_too_long");
    assert_eq!(code(b"hello", None, None), "request");
    assert_eq!(code(&good.repeat(2), None, None), "not_one_request");
    let mut bent = pem_body(&good);
    *bent.last_mut().unwrap() ^= 1;
    assert_eq!(code(&bent, None, None), "request");
    let crl = authority.crl(NOW).unwrap();
    let mut code = |file: &[u8]| authority.issue(file, Period::default(), NOW, &mut rng(5)).unwrap_err().code();
    assert_eq!(code(crl.as_bytes()), "not_one_request");
    assert_eq!(authority.log_size(), 0);
    // DER is as good as PEM.
    authority.issue(&pem_body(&good), Period::default(), NOW, &mut rng(5)).unwrap();
}

#[test]
fn a_crl_is_made_anew_when_it_is_a_day_old() {
    let (dir, mut authority) = authority();
    let numbers = |file: &str| crls(file).iter().map(|crl| (crl.number(), crl.this_update())).collect::<Vec<_>>();
    let first = authority.crl(NOW.plus(CRL_AGE)).unwrap();
    assert_eq!(numbers(&first), [(1, NOW), (1, NOW)]);
    assert_eq!(authority.fresh_crl(NOW.plus(CRL_AGE)), Some(first));

    let later = NOW.plus(CRL_AGE + 1);
    assert_eq!(authority.fresh_crl(later), None);
    let second = authority.crl(later).unwrap();
    assert_eq!(numbers(&second), [(2, later), (2, later)]);
    assert_eq!(authority.log_size(), 0);
    let mut authority = reopen(&dir, authority);
    assert_eq!(authority.crl(later).unwrap(), second);

    // What an office gets with its certificate is never older, either.
    let at = later.plus(10 * DAY);
    let issued = issue_at(&mut authority, "1379900010", &["11"], &key(1), at).unwrap();
    install(&issued.pem, &authority.root_pin()).judge(at).unwrap();
    assert_eq!(numbers(&authority.crl(at).unwrap()), [(3, at), (3, at)]);
}

/// Offices wait for a head of a day later before they seal for a new key, also where nobody joins or leaves.
#[test]
fn a_head_is_signed_anew_when_it_is_an_hour_old() {
    let (dir, mut authority) = authority();
    let head = |authority: &Authority| {
        let (_, head) = authority.leaves_after(0, 10).unwrap();
        Unverified::<Head>::from_bytes(&head).unwrap().claim().clone()
    };
    issue(&mut authority, "1379900010", &["11"], &key(1)).unwrap();
    let first = head(&authority);
    authority.keep_fresh(NOW.plus(HEAD_AGE - 1)).unwrap();
    assert_eq!(head(&authority), first);
    authority.keep_fresh(NOW.plus(HEAD_AGE)).unwrap();
    let authority = reopen(&dir, authority);
    let second = head(&authority);
    assert_eq!(second.time, NOW.plus(HEAD_AGE));
    assert_eq!((second.size, second.root), (first.size, first.root), "nothing else has changed");
    let lists = authority.fresh_crl(NOW.plus(HEAD_AGE)).unwrap();
    assert!(crls(&lists).iter().all(|crl| crl.number() == 1));
}

#[test]
fn each_year_has_its_issuing_ca() {
    let (dir, mut authority) = authority();
    let old = issue(&mut authority, "1379900010", &["11"], &key(1)).unwrap();
    let first_bundle = authority.trust_file();
    // 2026-12-31T23:59:59+09:00, and a second later.
    let new_year = Timestamp(1_798_729_200);
    let last = issue_at(&mut authority, "1379900028", &["15"], &key(2), new_year.minus(1)).unwrap();
    assert_eq!((last.row.issuer.as_str(), authority.bundle_number()), ("Musubi Issuing CA 2026", 1));
    let new = issue_at(&mut authority, "1379900036", &["21"], &key(3), new_year).unwrap();
    assert_eq!((new.row.issuer.as_str(), authority.bundle_number()), ("Musubi Issuing CA 2027", 2));

    let mut authority = reopen(&dir, authority);
    let mut office = install(&new.pem, &authority.root_pin());
    office.judge(new_year).unwrap();
    // The new bundle still knows the old CA, and an office with the old bundle takes the new one.
    let crl = authority.crl(new_year).unwrap();
    assert_eq!(crls(&crl).len(), 3);
    office.take(&crl);
    let issuer = office.trust.issuer_of(&install(&old.pem, &authority.root_pin()).leaf).unwrap().id();
    office.trust.judge(&pem_body(old.pem.as_bytes()), &issuer, new_year, false).unwrap();
    let mut trust = Trust::first(&pem_body(first_bundle.as_bytes()), Some(&authority.root_pin())).unwrap();
    assert_eq!(trust.accept_bundle(&pem_body(authority.trust_file().as_bytes())).unwrap(), Outcome::New);
    assert_eq!(trust.network_id(), office.trust.network_id());

    // The old CA goes on revoking what it has issued.
    let revoked = authority.revoke(Target::Serial(old.row.serial), Reason::Superseded, new_year).unwrap();
    assert_eq!(revoked.crls[0].issuer, "Musubi Issuing CA 2026");
    office.take(&authority.crl(new_year).unwrap());
    let judged = office.trust.judge(&pem_body(old.pem.as_bytes()), &issuer, new_year, false);
    assert_eq!(judged.unwrap_err(), Distrust::Revoked);

    // Six years on the first CA has expired and disappears from what is published.
    let later = NOW.plus(6 * 365 * DAY);
    let issued = issue_at(&mut authority, "1379900010", &["11"], &key(4), later).unwrap();
    let bundle = pem_body(authority.trust_file().as_bytes());
    assert_eq!(Unverified::<Bundle>::from_bytes(&bundle).unwrap().claim().issuing.len(), 1);
    assert_eq!(crls(&authority.crl(later).unwrap()).len(), 2);
    install(&issued.pem, &authority.root_pin()).judge(later).unwrap();
}

#[test]
fn the_longest_licence_fits_the_last_day_of_a_ca() {
    let (_dir, mut authority) = authority();
    // 2027-01-01 and 2027-12-31, Japan.
    let (first, last) = (Timestamp(1_798_729_200), Timestamp(1_798_729_200 + 364 * DAY));
    issue_at(&mut authority, "1379900010", &["11"], &key(1), first).unwrap();
    let until = jiff::Timestamp::from_second((last.0 + MAX_LICENCE - DAY) as i64).unwrap();
    let until = Some(jiff::tz::offset(9).to_datetime(until).date());
    let file = request("1379900028", &["15"], &key(2));
    let issued = authority.issue(&file, Period { from: None, until }, last, &mut rng(9)).unwrap();
    assert_eq!(issued.row.issuer, "Musubi Issuing CA 2027");
    install(&issued.pem, &authority.root_pin()).judge(last).unwrap();
}

#[test]
fn nothing_is_lost_between_an_act_and_its_file() {
    let (dir, mut authority) = authority();
    let issued = issue(&mut authority, "1379900010", &["11"], &key(1)).unwrap();
    let (list, trust, crl) = (authority.list(NOW).unwrap(), authority.trust_file(), authority.crl(NOW).unwrap());
    drop(authority);

    // Without a passphrase everything but new signatures is at hand.
    let register = Register::open(dir.path()).unwrap();
    assert_eq!(register.list(NOW).unwrap(), list);
    assert_eq!(register.trust_file(), trust);
    assert_eq!(register.fresh_crl(NOW), Some(crl));
    assert_eq!(register.certificate_file(&issued.row.serial).unwrap(), issued.pem);
    drop(register);

    let mut authority = Authority::open(dir.path(), &passphrase("right")).unwrap();
    let second = issue(&mut authority, "1379900028", &["15"], &key(2)).unwrap();
    assert_eq!((second.row.issue_number, head_size(&second.pem)), (2, 2));
}

#[test]
fn a_serial_number_is_never_given_twice() {
    let (_dir, mut authority) = authority();
    let file = |n| request("1379900010", &["11"], &key(n));
    authority.issue(&file(1), Period::default(), NOW, &mut rng(5)).unwrap();
    let again = authority.issue(&file(1), Period::default(), NOW, &mut rng(5)).unwrap_err();
    assert_eq!(again.code(), "serial_taken");
    authority.issue(&file(1), Period::default(), NOW, &mut rng(6)).unwrap();
}

#[test]
fn a_clock_that_has_fallen_back_signs_nothing() {
    let (_dir, mut authority) = authority();
    let later = NOW.plus(30 * DAY);
    issue_at(&mut authority, "1379900010", &["11"], &key(1), later).unwrap();
    match issue_at(&mut authority, "1379900028", &["15"], &key(2), NOW).unwrap_err() {
        Error::ClockBehind { newest } => assert_eq!(newest, later),
        other => panic!("{other}"),
    }
    // A clock that was set right by a minute is not worth a word.
    let issued = issue_at(&mut authority, "1379900028", &["15"], &key(2), later.minus(60)).unwrap();
    assert_eq!(issued.row.issued_at, later);
}

#[test]
fn keys_do_not_lie_in_clear() {
    let (dir, authority) = authority();
    drop(authority);
    // The keys follow from the seed: root 1's is the first draw.
    let expected = SigningKey::generate(&mut rng(1));
    let mut files = vec![dir.path().to_owned()];
    let mut searched = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        searched += bytes.len();
        assert!(!bytes.windows(32).any(|window| window == expected.as_bytes()), "{}", path.display());
    }
    assert!(searched > 0);
}
