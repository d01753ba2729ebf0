//! The licence policy in what is issued, charged and proven.

use musubi_node::authority::{Authority, Error, Period, RENEW, Target};
use musubi_protocol::{
    crl::Reason,
    policy::{Applicant, ORDINARY, Policy, Standing, Term, WAIVED, Waiver},
    proof::{Fact, Proof, ProofError},
    time::{DAY, Timestamp},
    trust::Trust,
};

use super::support::*;

/// The first moment of 2026-11-22 in Japan; [`NOW`] is its noon.
const TODAY: Timestamp = Timestamp(NOW.0 - 12 * HOUR);
const YEAR: u64 = 365 * DAY;

/// 21,000 yen, nothing from two years on; a campaign for who comes first or is free already, for a hundred days.
fn policy() -> Policy {
    Policy::new(
        vec![
            Term { from: TODAY.minus(YEAR), fee: 21_000, grace: 30 },
            Term { from: TODAY.plus(2 * YEAR), fee: 0, grace: 14 },
        ],
        vec![Waiver {
            from: TODAY.minus(10 * DAY),
            until: TODAY.plus(100 * DAY).minus(1),
            classes: vec![Applicant::FirstTime, Applicant::AlreadyFree],
        }],
    )
    .unwrap()
}

fn with_policy() -> (tempfile::TempDir, Authority) {
    let (dir, mut authority) = authority();
    assert_eq!(authority.set_policy(policy(), NOW).unwrap(), 2);
    (dir, authority)
}

#[test]
fn a_policy_reaches_offices_in_the_trust_bundle_and_stays() {
    let (dir, authority) = with_policy();
    let mut authority = reopen(&dir, authority);
    assert_eq!(*authority.policy(), policy());
    let issued = issue(&mut authority, "1379900010", &["11"], &key(1)).unwrap();
    let installed = install(&issued.pem, &authority.root_pin());
    assert_eq!(*installed.trust.policy(), policy());
    // A new CA in another year carries it on.
    issue_at(&mut authority, "1379900028", &["15"], &key(2), NOW.plus(YEAR)).unwrap();
    assert_eq!(*reopen(&dir, authority).policy(), policy());
}

#[test]
fn terms_that_have_begun_are_not_changed() {
    let (_dir, mut authority) = with_policy();
    let mut terms = policy().terms().to_vec();
    terms[0].grace = 29;
    let changed = Policy::new(terms, vec![]).unwrap();
    assert!(matches!(authority.set_policy(changed, NOW), Err(Error::PolicyChanged)));
    assert!(matches!(authority.set_policy(Policy::none(), NOW), Err(Error::PolicyChanged)));
    let longer = Policy::new(policy().terms().to_vec(), vec![]).unwrap();
    assert_eq!(authority.set_policy(longer, NOW).unwrap(), 3);
}

#[test]
fn class_and_fee_follow_from_what_was_issued_before() {
    let (_dir, mut authority) = with_policy();
    let first = issue(&mut authority, "1379900010", &["11"], &key(1)).unwrap();
    let class = |pem: &str, authority: &Authority| install(pem, &authority.root_pin()).leaf.class();
    assert_eq!((first.fee, class(&first.pem, &authority)), (0, WAIVED));
    // After the campaign somebody new pays; a second desk of the first does not.
    let late = NOW.plus(120 * DAY);
    let paid = issue_at(&mut authority, "1379900028", &["15"], &key(2), late).unwrap();
    assert_eq!((paid.fee, class(&paid.pem, &authority)), (21_000, ORDINARY));
    let desk = issue_at(&mut authority, "1379900010", &["21"], &key(3), late).unwrap();
    assert_eq!((desk.fee, desk.row.until, class(&desk.pem, &authority)), (0, first.row.until, WAIVED));
    // Renewal of the free one after the campaign: the fee, from the day after.
    let early = first.row.until.minus(RENEW + 1);
    assert_eq!(authority.fee_for(&"1379900010".parse().unwrap(), early).unwrap(), 0);
    let spring = first.row.until.minus(30 * DAY);
    assert_eq!(authority.fee_for(&"1379900010".parse().unwrap(), spring).unwrap(), 21_000);
    let renewed = issue_at(&mut authority, "1379900010", &["11"], &key(1), spring).unwrap();
    assert_eq!((renewed.fee, renewed.row.from), (21_000, first.row.until.plus(1)));
    assert_eq!(class(&renewed.pem, &authority), ORDINARY);
    // Then the fees end.
    let last = renewed.row.until.minus(DAY);
    let free = issue_at(&mut authority, "1379900010", &["11"], &key(1), last).unwrap();
    assert_eq!((free.fee, class(&free.pem, &authority)), (0, ORDINARY));

    let due: Vec<_> = authority.charges(Timestamp(0), Timestamp(u64::MAX)).unwrap();
    let shown: Vec<_> =
        due.iter().map(|due| (due.office.to_string(), due.applicant.as_str(), due.waived, due.fee)).collect();
    let (a, b) = ("1379900010".to_owned(), "1379900028".to_owned());
    assert_eq!(
        shown,
        [
            (a.clone(), "first_time", true, 0),
            (a.clone(), "already_free", false, 21_000),
            (a, "current", false, 0),
            (b, "first_time", false, 21_000),
        ]
    );
    // By the day on which they were granted.
    assert_eq!(authority.charges(late, late.plus(1)).unwrap().len(), 1);
}

#[test]
fn grace_is_that_of_the_term_in_which_the_licence_began() {
    let (_dir, mut authority) = with_policy();
    let day = |moment: Timestamp| {
        let moment = jiff::Timestamp::from_second(moment.0 as i64).unwrap();
        Some(jiff::tz::offset(9).to_datetime(moment).date())
    };
    for (office, begins, grace) in [("1379900010", TODAY, 30), ("1379900028", TODAY.plus(2 * YEAR), 14)] {
        let period = Period { from: day(begins), until: day(begins.plus(90 * DAY)) };
        let issued =
            authority.issue(&request(office, &["11"], &key(grace)), period, NOW, &mut rng(grace.into())).unwrap();
        let Installed { trust, leaf } = install(&issued.pem, &authority.root_pin());
        let standing = |now| trust.policy().standing(leaf.from(), leaf.until(), now);
        let last = leaf.until().plus(u64::from(grace) * DAY);
        assert_eq!((standing(leaf.until()), standing(leaf.until().plus(1))), (Standing::Active, Standing::Grace));
        assert_eq!((standing(last), standing(last.plus(1))), (Standing::Grace, Standing::Ended));
        assert!(trust.policy().covers(&leaf, last) && !trust.policy().covers(&leaf, last.plus(1)));
    }
}

#[test]
fn membership_is_proven_until_it_is_not() {
    let (_dir, mut authority) = with_policy();
    let office = "1379900010".parse().unwrap();
    assert!(matches!(authority.membership(&office, NOW), Err(Error::Unknown)));
    let first = issue(&mut authority, "1379900010", &["11"], &key(1)).unwrap();
    let spring = first.row.until.minus(10 * DAY);
    let second = issue_at(&mut authority, "1379900010", &["11"], &key(1), spring).unwrap();
    let trust = |authority: &mut Authority, now| -> Trust {
        let mut installed = install(&second.pem, &authority.root_pin());
        installed.take(&authority.crl(now).unwrap());
        installed.trust
    };
    // In spring the first licence still runs: what is proven is what holds.
    let proof = authority.membership(&office, spring).unwrap();
    let proof = Proof::read(proof.to_text().unwrap().as_bytes()).unwrap();
    let shown = proof.verify(&trust(&mut authority, spring), spring).unwrap();
    let Fact::Member { membership, standing } = shown.fact else { panic!() };
    assert_eq!((membership.joined, membership.until, standing), (first.row.from, first.row.until, Standing::Active));
    // Later the second, joined since the first.
    let summer = second.row.from.plus(DAY);
    let later = authority.membership(&office, summer).unwrap();
    let Fact::Member { membership, .. } = later.verify(&trust(&mut authority, summer), summer).unwrap().fact else {
        panic!()
    };
    assert_eq!((membership.joined, membership.until), (first.row.from, second.row.until));

    authority.revoke(Target::Office(office), Reason::PrivilegeWithdrawn, summer).unwrap();
    let verdict = later.verify(&trust(&mut authority, summer), summer);
    assert!(matches!(verdict, Err(ProofError::Revoked(entry)) if entry.reason == Reason::PrivilegeWithdrawn));
    assert!(matches!(authority.membership(&office, summer), Err(Error::NothingValid)));
}
