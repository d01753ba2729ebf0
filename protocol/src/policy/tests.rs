use proptest::prelude::*;

use super::*;

/// 00:00 in Tokyo on the day of a date.
fn day(text: &str) -> Timestamp {
    let [year, month, day]: [i64; 3] =
        text.split('-').map(|part| part.parse().unwrap()).collect::<Vec<_>>().try_into().unwrap();
    // Days from the civil calendar, with years that begin in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Timestamp(u64::try_from(days).unwrap() * DAY - 9 * 3600)
}

fn last_of(text: &str) -> Timestamp {
    day(text).plus(DAY - 1)
}

/// 21,000 yen a year, nothing from April 2027 on; a campaign for all from June 2025 to March 2026, and for those
/// who come back or come for the first time until March 2027.
fn policy() -> Policy {
    use Applicant::{FirstTime, Lapsed};
    Policy::new(
        vec![
            Term { from: day("2023-04-01"), fee: 21_000, grace: 30 },
            Term { from: day("2027-04-01"), fee: 0, grace: 14 },
        ],
        vec![
            Waiver { from: day("2025-06-01"), until: last_of("2026-03-31"), classes: Applicant::ALL.to_vec() },
            Waiver { from: day("2026-04-01"), until: last_of("2027-03-31"), classes: vec![FirstTime, Lapsed] },
        ],
    )
    .unwrap()
}

#[test]
fn fees_follow_class_and_date() {
    use Applicant::{AlreadyFree, Current, FirstTime, Lapsed};
    let (full, waived, none) =
        (Charge { fee: 21_000, class: ORDINARY }, Charge { fee: 0, class: WAIVED }, Charge { fee: 0, class: ORDINARY });
    // Applied and begins on; then by class: first time, current, lapsed, already free.
    let table = [
        ("2023-03-31", "2023-03-31", [none, none, none, none]),
        ("2023-03-31", "2023-04-01", [full, full, full, full]),
        ("2025-05-31", "2025-06-01", [full, full, full, full]),
        ("2025-06-01", "2025-06-01", [waived, waived, waived, waived]),
        ("2025-06-01", "2025-07-20", [waived, waived, waived, waived]),
        ("2026-03-31", "2026-05-01", [waived, waived, waived, waived]),
        ("2026-04-01", "2026-04-01", [waived, full, waived, full]),
        ("2027-03-31", "2027-03-31", [waived, full, waived, full]),
        ("2027-03-01", "2027-04-01", [none, none, none, none]),
        ("2027-04-01", "2027-04-01", [none, none, none, none]),
        ("2031-01-01", "2031-02-01", [none, none, none, none]),
    ];
    for (applied, begins, charges) in table {
        for (class, charge) in [FirstTime, Current, Lapsed, AlreadyFree].into_iter().zip(charges) {
            assert_eq!(policy().charge(class, day(applied), day(begins)), charge, "{applied} {begins} {class:?}");
        }
    }
    // The borders are seconds.
    let at = |applied: Timestamp| policy().charge(Current, applied, day("2026-06-01"));
    assert_eq!((at(last_of("2026-03-31")), at(last_of("2026-03-31").plus(1))), (waived, full));
    assert_eq!((at(day("2025-06-01").minus(1)), at(day("2025-06-01"))), (full, waived));
    assert_eq!(Policy::none().charge(Current, day("2026-06-01"), day("2026-06-01")), none);
}

#[test]
fn classes_follow_the_last_licence() {
    let until = last_of("2026-06-30");
    let of = |last| [until.minus(1), until, until.plus(1)].map(|now| Applicant::of(last, now));
    assert_eq!(of(None), [Applicant::FirstTime; 3]);
    assert_eq!(of(Some((ORDINARY, until))), [Applicant::Current, Applicant::Current, Applicant::Lapsed]);
    assert_eq!(of(Some((WAIVED, until))), [Applicant::AlreadyFree, Applicant::AlreadyFree, Applicant::Lapsed]);
}

#[test]
fn a_licence_lives_through_four_states() {
    let states = |from: &str, until: &str, moments: &[Timestamp]| -> Vec<Standing> {
        moments.iter().map(|now| policy().standing(day(from), last_of(until), *now)).collect()
    };
    use Standing::{Active, Ended, Grace, NotYet};
    // Begun before the fees ended: 30 days, whenever it ends.
    let moments = [
        day("2026-07-01").minus(1),
        day("2026-07-01"),
        last_of("2027-06-30"),
        day("2027-07-01"),
        last_of("2027-07-30"),
        day("2027-07-31"),
    ];
    assert_eq!(states("2026-07-01", "2027-06-30", &moments), [NotYet, Active, Active, Grace, Grace, Ended]);
    // Begun after: 14 days.
    let moments = [last_of("2028-03-31"), day("2028-04-01"), last_of("2028-04-14"), day("2028-04-15")];
    assert_eq!(states("2027-04-01", "2028-03-31", &moments), [Active, Grace, Grace, Ended]);
    // Without a policy, or before its first term: the profile's 30 days.
    assert_eq!(Policy::none().grace(day("2027-04-01")), GRACE);
    assert_eq!(policy().grace(day("2020-01-01")), GRACE);
}

#[test]
fn asked_sixty_thirty_and_seven_days_before() {
    let until = last_of("2027-06-30");
    let at = |days: u64| asks_due(until, until.minus(days * DAY));
    assert_eq!([61, 60, 31, 30, 8, 7, 0].map(at), [0, 1, 1, 2, 2, 3, 3]);
    assert_eq!(asks_due(until, until.minus(60 * DAY + 1)), 0);
    assert_eq!(asks_due(until, until.plus(400 * DAY)), 3);
}

#[test]
fn what_has_begun_stays() {
    let now = day("2026-11-26");
    let with = |terms: &[(&str, u32, u8)]| {
        let terms = terms.iter().map(|(from, fee, grace)| Term { from: day(from), fee: *fee, grace: *grace }).collect();
        Policy::new(terms, vec![]).unwrap()
    };
    let (begun, coming) = (("2023-04-01", 21_000, 30), ("2027-04-01", 0, 14));
    for (newer, may) in [
        (vec![begun], true),
        (vec![begun, coming, ("2028-04-01", 500, 3)], true),
        (vec![begun, ("2026-11-27", 0, 0)], true),
        (vec![begun, ("2026-11-26", 0, 30)], false),
        (vec![("2023-04-01", 21_000, 29)], false),
        (vec![("2023-04-02", 21_000, 30)], false),
        (vec![coming], false),
        (vec![], false),
    ] {
        assert_eq!(with(&newer).may_follow(&policy(), now), may, "{newer:?}");
    }
    // The first policy ever: what has begun keeps the grace with which licences were issued.
    assert!(policy().may_follow(&Policy::none(), now));
    assert!(!with(&[("2023-04-01", 21_000, 14)]).may_follow(&Policy::none(), now));
    assert!(with(&[coming]).may_follow(&Policy::none(), now));
}

#[test]
fn bad_policies_are_refused() {
    let term = |from, fee, grace| Term { from: Timestamp(from), fee, grace };
    let terms = |terms| Policy::new(terms, vec![]).err();
    assert_eq!(terms(vec![term(1, MAX_FEE, 30), term(2, 0, 0)]), None);
    assert_eq!(terms(vec![term(2, 0, 0), term(2, 1, 0)]), Some(PolicyError::Terms));
    assert_eq!(terms((0..65).map(|from| term(from, 0, 0)).collect()), Some(PolicyError::Terms));
    assert_eq!(terms(vec![term(1, MAX_FEE + 1, 0)]), Some(PolicyError::Fee));
    assert_eq!(terms(vec![term(1, 0, 31)]), Some(PolicyError::Grace));
    let waiver = |from, until, classes: &[Applicant]| {
        let waiver = Waiver { from: Timestamp(from), until: Timestamp(until), classes: classes.to_vec() };
        Policy::new(vec![], vec![waiver]).err()
    };
    assert_eq!(waiver(3, 3, &[Applicant::Lapsed]), None);
    assert_eq!(waiver(3, 2, &[Applicant::Lapsed]), Some(PolicyError::Waivers));
    assert_eq!(waiver(3, 3, &[]), Some(PolicyError::Waivers));
    assert_eq!(waiver(3, 3, &[Applicant::Lapsed, Applicant::Current]), Some(PolicyError::Waivers));
    let newer = Policy { version: 2, ..policy() };
    assert_eq!(Policy::from_bytes(&newer.to_bytes().unwrap()), Err(PolicyError::Version(2)));
    let odd = Policy { ext: Ext::of(vec![(1, vec![])]), ..policy() };
    let unknown = PolicyError::Encoding(cbor::Error::UnknownExtension(1));
    assert_eq!(Policy::from_bytes(&odd.to_bytes().unwrap()), Err(unknown));
    assert!(Policy::from_bytes(&vec![0x80; MAX + 1]).is_err());
}

#[test]
fn names_and_codes_of_classes_are_read_back() {
    for class in Applicant::ALL {
        assert_eq!(class.as_str().parse(), Ok(class));
        assert_eq!(Applicant::try_from(u8::from(class)), Ok(class));
    }
    assert_eq!((Applicant::try_from(4), "new".parse::<Applicant>()), (Err(UnknownApplicant), Err(UnknownApplicant)));
}

proptest! {
    #[test]
    fn a_policy_is_read_back(
        terms in proptest::collection::btree_map(any::<u64>(), (0..=MAX_FEE, 0..=30u8), 0..8),
        waivers in proptest::collection::vec((any::<u64>(), any::<u64>(), 1..16u8), 0..8),
    ) {
        let terms = terms.into_iter().map(|(from, (fee, grace))| Term { from: Timestamp(from), fee, grace }).collect();
        let waivers = waivers.into_iter().map(|(a, b, set)| Waiver {
            from: Timestamp(a.min(b)),
            until: Timestamp(a.max(b)),
            classes: Applicant::ALL.into_iter().filter(|class| set >> u8::from(*class) & 1 == 1).collect(),
        }).collect();
        let policy = Policy::new(terms, waivers).unwrap();
        prop_assert_eq!(Policy::from_bytes(&policy.to_bytes().unwrap()), Ok(policy));
    }

    #[test]
    fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        let _ = Policy::from_bytes(&bytes);
    }

    /// Whoever pays nothing at the fee's own term is not marked as free by a campaign, and nobody pays twice.
    #[test]
    fn a_waiver_only_ever_lowers(applied: u32, begins: u32, class in 0..4u8) {
        let class = Applicant::try_from(class).unwrap();
        let without = Policy::new(policy().terms().to_vec(), vec![]).unwrap();
        let (applied, begins) = (Timestamp(applied.into()), Timestamp(begins.into()));
        let (charge, plain) = (policy().charge(class, applied, begins), without.charge(class, applied, begins));
        let waived = charge == Charge { fee: 0, class: WAIVED };
        prop_assert!(charge.fee == plain.fee || waived);
        prop_assert!(plain.fee > 0 || charge == plain);
    }
}
