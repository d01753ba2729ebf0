//! Codes, applications, decisions; what replaces a lost PC; what undoes an error.

use musubi_node::authority::{
    ApplicationState, Authority, CODE_LIFETIME, Chosen, Deed, Error, MAX_TRIES, Period, State, Target,
};
use musubi_protocol::{
    certificate::{LeafIn, Serial, material},
    crl::Reason,
    enrol::{self, Refusal},
    ids::{Hash, OfficeNumber},
    invitation::{Code, Invitation},
    log::Head,
    request::Request,
    signed::Unverified,
    time::{DAY, Timestamp},
};

use super::support::*;

const OFFICE: &str = "1379900010";

fn office() -> OfficeNumber {
    OFFICE.parse().unwrap()
}

fn der(office: &str, kinds: &[&str], seed: u8) -> Vec<u8> {
    let kinds: Vec<_> = kinds.iter().map(|kind| kind.parse().unwrap()).collect();
    Request::create(office.parse().unwrap(), "みほん通所", &kinds, &key(seed)).unwrap().der().to_vec()
}

fn code(authority: &mut Authority, seed: u64, now: Timestamp) -> Code {
    let letters = authority.codes(&[office()], None, now, &mut rng(seed)).unwrap();
    assert_eq!((letters.len(), letters[0].until), (1, now.plus(CODE_LIFETIME)));
    let invitation = Invitation::parse(&letters[0].invitation).unwrap();
    assert!(invitation.pin.matches(&authority.root_pin()));
    invitation.code
}

/// Applies with its own random numbers.
fn apply(
    authority: &mut Authority,
    request: &[u8],
    code: Option<&Code>,
    replaces: Option<Serial>,
    now: Timestamp,
) -> enrol::State {
    let seed = 1_000 + authority.log_size() * 7 + now.0 % 1_000 + u64::from(request[request.len() - 1]);
    authority.apply(request, code, replaces, now, &mut rng(seed)).unwrap()
}

fn leaf(state: &enrol::State) -> LeafIn {
    match state {
        enrol::State::Granted { certificate, .. } => LeafIn::parse(certificate).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn deeds(authority: &Authority) -> Vec<(Deed, String)> {
    authority.audit().unwrap().iter().map(|entry| (entry.deed(), entry.admin().to_owned())).collect()
}

#[test]
fn a_code_grants_at_once_and_asking_again_grants_nothing_more() {
    let (dir, authority) = authority();
    let mut authority = authority.acting_as("佐藤").unwrap();
    let code = code(&mut authority, 5, NOW);
    let request = der(OFFICE, &["11"], 1);
    let first = apply(&mut authority, &request, Some(&code), None, NOW);
    let certificate = leaf(&first);
    assert_eq!((certificate.office(), certificate.desk(), certificate.issue_number()), (office(), 1, 1));
    // The answer was lost: the same again, with or without the code, whenever, and after a restart.
    assert_eq!(apply(&mut authority, &request, Some(&code), None, NOW.plus(40 * DAY)), first);
    assert_eq!(apply(&mut authority, &request, None, None, NOW), first);
    let authority = reopen(&dir, authority);
    assert_eq!(authority.application_state(&Hash::of(&[&request])).unwrap(), first);
    assert_eq!(authority.log_size(), 1);
    let done = deeds(&authority);
    assert_eq!(done.iter().map(|(deed, _)| *deed).collect::<Vec<_>>(), [Deed::Code, Deed::Issued, Deed::Granted]);
    assert!(done.iter().all(|(_, admin)| admin == "佐藤"));
    // No code is kept in clear.
    let store = std::fs::read_dir(dir.path().join("store/live")).unwrap();
    for file in store.filter_map(|entry| std::fs::read(entry.unwrap().path()).ok()) {
        assert!(!file.windows(10).any(|window| window == code.as_bytes()));
    }
}

#[test]
fn codes_that_do_not_count() {
    let (_dir, mut authority) = authority();
    let refused = |authority: &mut Authority, request: &[u8], code: &Code, now| match apply(
        authority,
        request,
        Some(code),
        None,
        now,
    ) {
        enrol::State::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    };
    let used = code(&mut authority, 5, NOW);
    leaf(&apply(&mut authority, &der(OFFICE, &["11"], 1), Some(&used), None, NOW));
    // For another request of the office, and for another office.
    assert_eq!(refused(&mut authority, &der(OFFICE, &["15"], 2), &used, NOW), Refusal::CodeUsed);
    let other = code(&mut authority, 6, NOW);
    assert_eq!(refused(&mut authority, &der("1379900028", &["15"], 2), &other, NOW), Refusal::Code);
    // Withdrawn by a newer letter; over.
    let newer = code(&mut authority, 7, NOW);
    assert_eq!(refused(&mut authority, &der(OFFICE, &["15"], 2), &other, NOW), Refusal::Code);
    assert_eq!(refused(&mut authority, &der(OFFICE, &["15"], 2), &newer, NOW.plus(CODE_LIFETIME + 1)), Refusal::Code);
    // A request that is none.
    assert_eq!(refused(&mut authority, &[0x30, 0], &newer, NOW.plus(CODE_LIFETIME + 1)), Refusal::Malformed);
}

#[test]
fn guessing_ends_after_five_tries_and_keeps_nobody_out() {
    let (dir, mut authority) = authority();
    let good = code(&mut authority, 5, NOW);
    let request = der(OFFICE, &["11"], 1);
    let guess = |authority: &mut Authority, n: u64, now| {
        let wrong = Code::random(&mut rng(900 + n));
        apply(authority, &request, Some(&wrong), None, now)
    };
    for n in 0..u64::from(MAX_TRIES) {
        assert_eq!(guess(&mut authority, n, NOW), enrol::State::Refused(Refusal::Code));
    }
    // Nor does a restart help.
    let mut authority = reopen(&dir, authority);
    assert_eq!(guess(&mut authority, 9, NOW), enrol::State::Refused(Refusal::Locked));
    let acts = authority.audit().unwrap().len();
    assert_eq!(guess(&mut authority, 10, NOW), enrol::State::Refused(Refusal::Locked));
    assert_eq!(authority.audit().unwrap().len(), acts, "what is locked is not written down");
    // Another office is not concerned.
    let letters = authority.codes(&["1379900028".parse().unwrap()], None, NOW, &mut rng(8)).unwrap();
    let theirs = Invitation::parse(&letters[0].invitation).unwrap().code;
    leaf(&apply(&mut authority, &der("1379900028", &["15"], 2), Some(&theirs), None, NOW));
    // And the right code counts all the same: nobody is kept out by others who guess.
    leaf(&apply(&mut authority, &request, Some(&good), None, NOW));
    let wrong = deeds(&authority).iter().filter(|(deed, _)| *deed == Deed::WrongCode).count();
    assert_eq!(wrong, MAX_TRIES as usize);
    // Where no letter is out, guessing leaves no trace.
    let acts = authority.audit().unwrap().len();
    let nobody = der("1379905001", &["43"], 3);
    assert_eq!(apply(&mut authority, &nobody, Some(&good), None, NOW), enrol::State::Refused(Refusal::Code));
    assert_eq!(authority.audit().unwrap().len(), acts);
}

/// A new letter is a new decision about the same request: after a revocation, a refusal, a year.
#[test]
fn the_same_request_with_another_code_is_decided_anew() {
    let (_dir, mut authority) = authority();
    let request = der(OFFICE, &["11"], 1);
    apply(&mut authority, &request, None, None, NOW);
    let id = authority.applications(Chosen::Waiting).unwrap()[0].id.clone();
    authority.decline(&id, NOW).unwrap();
    let first = code(&mut authority, 5, NOW);
    let granted = leaf(&apply(&mut authority, &request, Some(&first), None, NOW));
    // Revoked, and the letter that was out with it.
    let second = code(&mut authority, 6, NOW);
    authority.revoke(Target::Office(office()), Reason::PrivilegeWithdrawn, NOW).unwrap();
    let refused = enrol::State::Refused(Refusal::Code);
    assert_eq!(apply(&mut authority, &request, Some(&second), None, NOW), refused);
    let third = code(&mut authority, 7, NOW.plus(60));
    let again = leaf(&apply(&mut authority, &request, Some(&third), None, NOW.plus(60)));
    assert!(granted.serial() != again.serial() && again.issue_number() == 2);
    // A year later, in time for the renewal.
    let spring = again.until().minus(30 * DAY);
    let fourth = code(&mut authority, 8, spring);
    let renewed = leaf(&apply(&mut authority, &request, Some(&fourth), None, spring));
    assert_eq!((renewed.desk(), renewed.from()), (again.desk(), again.until().plus(1)));
}

#[test]
fn a_number_that_is_named_twice_gets_one_code() {
    let (_dir, mut authority) = authority();
    let other = "1379900028".parse().unwrap();
    let letters = authority.codes(&[office(), other, office()], None, NOW, &mut rng(5)).unwrap();
    assert_eq!(letters.iter().map(|letter| letter.office).collect::<Vec<_>>(), [office(), other]);
}

#[test]
fn without_a_code_a_person_decides() {
    let (_dir, mut authority) = authority();
    let request = der(OFFICE, &["11"], 1);
    assert_eq!(apply(&mut authority, &request, None, None, NOW), enrol::State::Waiting(60));
    assert_eq!(apply(&mut authority, &request, None, None, NOW), enrol::State::Waiting(60));
    apply(&mut authority, &der("1379900011", &["15"], 2), None, None, NOW.plus(5));
    let waiting = authority.applications(Chosen::Waiting).unwrap();
    let shown: Vec<_> = waiting.iter().map(|a| (a.office.to_string(), a.state, a.check_digit)).collect();
    // The second number has another check digit: told, and no more.
    let (first, second) = (OFFICE.to_owned(), "1379900011".to_owned());
    assert_eq!(shown, [(first, ApplicationState::Waiting, true), (second, ApplicationState::Waiting, false)]);

    let issued = authority.approve(&waiting[0].id[..8], Period::default(), NOW, &mut rng(50)).unwrap();
    assert_eq!(leaf(&authority.application_state(&Hash::of(&[&request])).unwrap()).serial(), issued.row.serial);
    let again = authority.approve(&waiting[0].id, Period::default(), NOW, &mut rng(51)).unwrap_err();
    assert!(matches!(again, Error::AlreadyGranted));
    assert!(matches!(authority.decline(&waiting[0].id, NOW), Err(Error::AlreadyGranted)));

    let declined = authority.decline(&waiting[1].id, NOW).unwrap();
    assert_eq!(declined.state, ApplicationState::Declined);
    let theirs = der("1379900011", &["15"], 2);
    let state = authority.application_state(&Hash::of(&[&theirs])).unwrap();
    assert_eq!(state, enrol::State::Refused(Refusal::Declined));
    // A person may think again.
    authority.approve(&waiting[1].id, Period::default(), NOW, &mut rng(52)).unwrap();
    assert!(authority.applications(Chosen::Waiting).unwrap().is_empty());
    assert_eq!(authority.applications(Chosen::All).unwrap().len(), 2);
    assert!(matches!(authority.decline("0000", NOW), Err(Error::NoApplication)));
    assert!(matches!(authority.decline("zzzzzzzz", NOW), Err(Error::NoApplication)));
    let unknown = authority.application_state(&Hash([1; 32])).unwrap();
    assert_eq!(unknown, enrol::State::Unknown);
}

#[test]
fn applications_of_one_office_do_not_pile_up() {
    let (_dir, mut authority) = authority();
    for seed in 1..=4 {
        apply(&mut authority, &der(OFFICE, &["11"], seed), None, None, NOW);
    }
    let fifth = authority.apply(&der(OFFICE, &["11"], 5), None, None, NOW, &mut rng(9));
    assert!(matches!(fifth, Err(Error::TooManyApplications)));
    assert_eq!(apply(&mut authority, &der("1379900028", &["11"], 6), None, None, NOW), enrol::State::Waiting(60));
}

#[test]
fn what_speaks_against_a_request_is_said_before_a_code_is_looked_at() {
    let (_dir, mut authority) = authority();
    let first = code(&mut authority, 5, NOW);
    leaf(&apply(&mut authority, &der(OFFICE, &["11", "15"], 1), Some(&first), None, NOW));
    let second = code(&mut authority, 6, NOW);
    let refusal =
        |authority: &mut Authority, request: &[u8], replaces| apply(authority, request, Some(&second), replaces, NOW);
    let overlap = enrol::State::Refused(Refusal::Overlap);
    assert_eq!(refusal(&mut authority, &der(OFFICE, &["15", "21"], 2), None), overlap);
    assert_eq!(refusal(&mut authority, &der("1379900028", &["11"], 1), None), enrol::State::Refused(Refusal::Key));
    let nothing = Serial::from_bytes(&[0x55; 16]).unwrap();
    let replaces = enrol::State::Refused(Refusal::Replaces);
    assert_eq!(refusal(&mut authority, &der(OFFICE, &["21"], 2), Some(nothing)), replaces);
    // The code is still good.
    assert_eq!(leaf(&refusal(&mut authority, &der(OFFICE, &["21"], 2), None)).desk(), 2);
}

#[test]
fn a_new_pc_takes_the_place_of_the_lost_one_in_one_act() {
    let (_dir, mut authority) = authority();
    let first = code(&mut authority, 5, NOW);
    let old = leaf(&apply(&mut authority, &der(OFFICE, &["11"], 1), Some(&first), None, NOW));
    let mut partner =
        install(&issue(&mut authority, "1379900028", &["15"], &key(9)).unwrap().pem, &authority.root_pin());
    let later = NOW.plus(10 * DAY);
    let second = code(&mut authority, 6, later);
    let new = leaf(&apply(&mut authority, &der(OFFICE, &["11"], 2), Some(&second), Some(old.serial()), later));
    assert_eq!((new.desk(), new.from(), new.until(), new.class()), (old.desk(), old.from(), old.until(), old.class()));
    assert_ne!(new.key(), old.key());

    let lists = authority.crl(later).unwrap();
    partner.take(&lists);
    let judged = |leaf: &LeafIn| {
        let issuer = partner.trust.issuer_of(leaf).unwrap().id();
        partner.trust.judge(leaf.der(), &issuer, later, false).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!((judged(&new), judged(&old)), (Ok(()), Err("revoked".to_owned())));
    let entry = *crls(&lists)[0].entry(&old.serial()).unwrap();
    assert_eq!((entry.reason, entry.at), (Reason::Superseded, later));
    let rows = authority.list(later).unwrap();
    let states: Vec<_> = rows.iter().filter(|row| row.office == office()).map(|row| (row.state, row.current)).collect();
    assert_eq!(states, [(State::Revoked, false), (State::Valid, true)]);
    // One licence, one charge.
    let charges = authority.charges(Timestamp(0), Timestamp(u64::MAX)).unwrap();
    assert_eq!(charges.iter().filter(|due| due.office == office()).count(), 1);
}

/// After a renewal two certificates of the lost PC are in force: both go.
#[test]
fn a_pc_that_was_renewed_is_replaced_as_a_whole() {
    let (_dir, mut authority) = authority();
    let first = issue(&mut authority, OFFICE, &["11"], &key(1)).unwrap().row;
    let spring = first.until.minus(30 * DAY);
    let renewed = issue_at(&mut authority, OFFICE, &["11"], &key(1), spring).unwrap().row;
    let letter = code(&mut authority, 6, spring);
    let new = leaf(&apply(&mut authority, &der(OFFICE, &["11"], 2), Some(&letter), Some(renewed.serial), spring));
    // It carries the licence that runs, and the coming one when it is renewed, without a second charge.
    assert_eq!((new.desk(), new.from(), new.until()), (1, first.from, first.until));
    let coming = issue_at(&mut authority, OFFICE, &["11"], &key(2), spring).unwrap();
    assert_eq!((coming.row.from, coming.row.until, coming.fee), (renewed.from, renewed.until, 0));
    let states: Vec<_> = authority.list(spring).unwrap().iter().map(|row| row.state).collect();
    assert_eq!(states, [State::Revoked, State::Revoked, State::Valid, State::Coming]);
    assert_eq!(authority.charges(Timestamp(0), Timestamp(u64::MAX)).unwrap().len(), 2);
}

#[test]
fn a_revocation_in_error_is_undone_in_one_step() {
    let (_dir, mut authority) = authority();
    let issued = issue(&mut authority, OFFICE, &["11"], &key(1)).unwrap();
    let first = install(&issued.pem, &authority.root_pin()).leaf.hash();
    let issued = issued.row;
    let not_yet = authority.reinstate(&issued.serial, NOW, &mut rng(60));
    assert!(matches!(not_yet, Err(Error::NotRevoked)));
    for (n, reason) in
        [Reason::PrivilegeWithdrawn, Reason::CessationOfOperation, Reason::Superseded].into_iter().enumerate()
    {
        let newest = authority.list(NOW).unwrap().last().unwrap().serial;
        authority.revoke(Target::Office(office()), reason, NOW).unwrap();
        let again = authority.reinstate(&newest, NOW, &mut rng(61 + n as u64)).unwrap();
        assert_eq!(
            (again.row.desk, again.row.from, again.row.until, again.fee),
            (issued.desk, issued.from, issued.until, 0)
        );
        install(&again.pem, &authority.root_pin()).judge(NOW).unwrap();
        // The node finds it by the certificate that it holds.
        let newest = leaf(&authority.newest_for(&first, NOW).unwrap());
        assert_eq!(newest.serial(), again.row.serial);
    }
    let newest = authority.list(NOW).unwrap().last().unwrap().serial;
    authority.revoke(Target::Office(office()), Reason::KeyCompromise, NOW).unwrap();
    assert!(matches!(authority.reinstate(&newest, NOW, &mut rng(70)), Err(Error::KeyCompromised)));
    assert_eq!(authority.newest_for(&first, NOW).unwrap(), enrol::State::Unknown);
    assert_eq!(authority.newest_for(&Hash([1; 32]), NOW).unwrap(), enrol::State::Unknown);
    let unknown = Serial::from_bytes(&[0x55; 16]).unwrap();
    assert!(matches!(authority.reinstate(&unknown, NOW, &mut rng(71)), Err(Error::Unknown)));
}

#[test]
fn a_change_of_name_keeps_desk_and_licence() {
    let (_dir, mut authority) = authority();
    let first = issue(&mut authority, OFFICE, &["11"], &key(1)).unwrap().row;
    let renamed = Request::create(office(), "新しい名前", &["11".parse().unwrap()], &key(1)).unwrap();
    let file = material::to_pem([(material::REQUEST, renamed.der())]);
    let second = authority.issue(file.as_bytes(), Period::default(), NOW.plus(DAY), &mut rng(80)).unwrap();
    assert_eq!((second.row.name.as_str(), second.row.desk, second.renewal, second.fee), ("新しい名前", 1, true, 0));
    assert_eq!((second.row.from, second.row.until), (first.from, first.until));
}

#[test]
fn letters_for_many_offices_are_made_at_once() {
    let (_dir, mut authority) = authority();
    let offices: Vec<OfficeNumber> = (0..2_500).map(|at| format!("13{at:08}").parse().unwrap()).collect();
    let place = "authority.example.jp:47300".parse().unwrap();
    let letters = authority.codes(&offices, Some(&place), NOW, &mut rng(5)).unwrap();
    assert_eq!(letters.iter().map(|letter| letter.office).collect::<Vec<_>>(), offices);
    let mut codes: Vec<_> = letters.iter().map(|letter| Invitation::parse(&letter.invitation).unwrap()).collect();
    assert!(codes.iter().all(|invitation| invitation.place.as_ref() == Some(&place)));
    codes.sort_by(|a, b| a.code.as_bytes().cmp(b.code.as_bytes()));
    assert!(codes.windows(2).all(|pair| pair[0].code != pair[1].code));
    assert_eq!(authority.audit().unwrap().len(), 2_500);
}

/// What the audit log says of one act is durable with the act, and a changed log is noticed.
#[test]
fn the_audit_log_is_whole_after_every_act() {
    let (dir, authority) = authority();
    let mut authority = authority.acting_as("  鈴木 ").unwrap();
    let row = issue(&mut authority, OFFICE, &["11"], &key(1)).unwrap().row;
    authority.revoke(Target::Serial(row.serial), Reason::Superseded, NOW).unwrap();
    // An act that fails leaves nothing.
    assert!(authority.revoke(Target::Serial(row.serial), Reason::Superseded, NOW).is_err());
    let authority = reopen(&dir, authority);
    let entries = authority.audit().unwrap();
    let shown: Vec<_> = entries.iter().map(|e| (e.deed(), e.admin(), e.office(), e.detail().to_owned())).collect();
    let serial = row.serial.to_string();
    assert_eq!(
        shown,
        [
            (Deed::Issued, "鈴木", Some(office()), serial.clone()),
            (Deed::Revoked, "鈴木", Some(office()), format!("{serial} superseded")),
        ]
    );
    assert!(entries.iter().all(|entry| entry.time() == NOW));
    for bad in ["", " ", "a\nb", &"a".repeat(65)] {
        let authority =
            Authority::init(tempfile::tempdir().unwrap().path(), "a", &passphrase("right"), NOW, &mut rng(1));
        assert!(matches!(authority.unwrap().0.acting_as(bad), Err(Error::Admin)), "{bad:?}");
    }
}

/// Every act signs a head, and heads only grow.
#[test]
fn heads_follow_the_acts() {
    let (_dir, mut authority) = authority();
    let sizes: Vec<u64> = (1..=3)
        .map(|seed| {
            issue(&mut authority, &format!("137990500{seed}"), &["43"], &key(seed)).unwrap();
            let items = material::read(authority.trust_file().as_bytes()).unwrap();
            Unverified::<Head>::from_bytes(items.last().unwrap().bytes()).unwrap().claim().size
        })
        .collect();
    assert_eq!(sizes, [1, 2, 3]);
}

/// Whoever holds an older list is led on by a delta, from wherever it stands.
#[test]
fn deltas_lead_on_from_every_recent_list() {
    let (dir, mut authority) = authority();
    let mut held = Vec::new();
    let issuing = |authority: &mut Authority, now| crls(&authority.crl(now).unwrap()).remove(0);
    for seed in 1..=70_u8 {
        held.push(issuing(&mut authority, NOW));
        let row = issue(&mut authority, &format!("13799{seed:05}"), &["11"], &key(seed)).unwrap().row;
        authority.revoke(Target::Serial(row.serial), Reason::Superseded, NOW).unwrap();
    }
    let mut authority = reopen(&dir, authority);
    let newest = issuing(&mut authority, NOW);
    let pem = issue(&mut authority, OFFICE, &["15"], &key(99)).unwrap().pem;
    let office = install(&pem, &authority.root_pin());
    let ca = office.trust.issuing().next().unwrap().clone();
    let mut led = 0;
    for old in held {
        let newer = authority.crls_newer_than(&[(ca.id(), old.number())], NOW).unwrap();
        // The root's list comes too: nothing was said of it.
        assert_eq!(newer.crls.len() + newer.deltas.len(), 2);
        if let [delta] = &newer.deltas[..] {
            let delta = musubi_protocol::crl::Delta::from_bytes(delta).unwrap();
            let rebuilt = delta.apply(&old.verify(&ca).unwrap(), &ca).unwrap();
            assert_eq!(rebuilt.der(), newest.der());
            led += 1;
        }
    }
    assert_eq!(led, 64);
    let known = authority.crls_newer_than(&[(ca.id(), newest.number())], NOW).unwrap();
    assert!(known.deltas.is_empty());
}
