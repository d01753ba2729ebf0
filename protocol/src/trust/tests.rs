use proptest::prelude::*;
use serde_bytes::ByteBuf;

use super::{
    testing::{TestAuthority, TestDesk},
    *,
};
use crate::{
    cbor::Ext,
    certificate::{Authority, Ca, CaName, Serial},
    crl::{self, Reason, Revoked},
    signed,
    time::DAY,
};

const NOW: Timestamp = Timestamp(1_790_000_000);

fn office() -> (TestAuthority, TestDesk, Trust) {
    let mut authority = TestAuthority::new(1, NOW);
    let desk = authority.issue("1379900010", &["11"]);
    let trust = authority.trust();
    (authority, desk, trust)
}

/// Judges by both ways, which must agree where the second applies.
fn verdict(trust: &Trust, desk: &TestDesk, now: Timestamp, known: bool) -> Result<(), Distrust> {
    let full = trust.judge(desk.leaf.der(), &desk.issuer, now, known).map(|leaf| assert_eq!(*leaf, desk.leaf));
    let again = trust.judge_again(&Leaf::judged(desk.leaf.clone(), desk.issuer), now, |_| known);
    assert_eq!(full, again);
    full
}

#[test]
fn a_desk_is_trusted() {
    let (_, desk, trust) = office();
    assert_eq!(verdict(&trust, &desk, NOW, false), Ok(()));
    assert_eq!(trust.judge_but_revocation(desk.leaf.der(), &desk.issuer, NOW), Ok(desk.leaf.clone()));
}

#[test]
fn validity_is_judged_at_the_moment() {
    let (authority, desk, mut trust) = office();
    let (first, last) = (desk.leaf.not_before(), desk.leaf.not_after());
    assert_eq!((first, last), (NOW.minus(DAY), NOW.plus((365 + 75) * DAY)));
    for at in [first, last] {
        // CRLs of that day, so that only the certificate decides.
        trust = authority_at(&authority, at, trust);
        assert_eq!(verdict(&trust, &desk, at, false), Ok(()), "{at}");
    }
    assert_eq!(verdict(&trust, &desk, first.minus(1), true), Err(Distrust::NotYetValid));
    assert_eq!(verdict(&trust, &desk, last.plus(1), true), Err(Distrust::Expired));
}

/// The trust with new CRLs of a day.
fn authority_at(authority: &TestAuthority, now: Timestamp, mut trust: Trust) -> Trust {
    let number = 1_000 + now.0;
    for ca in [&authority.issuing, &authority.root1] {
        let crl = ca.crl(number, now, &[]).unwrap();
        assert_eq!(trust.accept_crl(crl.der()), Ok(Outcome::New));
    }
    trust
}

#[test]
fn a_revoked_desk_and_a_revoked_ca_are_refused() {
    let (mut authority, desk, mut trust) = office();
    let other = authority.issue("1379900028", &["15", "21"]);
    authority.revoke(&desk.leaf, Reason::KeyCompromise);
    assert_eq!(trust.accept_crl(authority.crl().der()), Ok(Outcome::New));
    assert_eq!(verdict(&trust, &desk, NOW, true), Err(Distrust::Revoked));
    assert!(trust.judge_but_revocation(desk.leaf.der(), &desk.issuer, NOW).is_ok());
    assert_eq!(verdict(&trust, &other, NOW, false), Ok(()));
    // Stale or not, revoked is revoked.
    assert_eq!(verdict(&trust, &desk, NOW.plus(30 * DAY), true), Err(Distrust::Revoked));

    let serial = authority.issuing.ca().serial();
    authority.root_revoked.push(Revoked { serial, at: NOW, reason: Reason::CaCompromise });
    assert_eq!(trust.accept_crl(authority.root_crl().der()), Ok(Outcome::New));
    assert_eq!(verdict(&trust, &other, NOW, true), Err(Distrust::Revoked));
}

#[test]
fn old_crls_serve_known_partners_and_stale_ones_nobody() {
    let (authority, desk, mut trust) = office();
    let end = NOW.plus(crl::LIFETIME);
    assert_eq!(verdict(&trust, &desk, end.minus(1), false), Ok(()));
    assert_eq!(verdict(&trust, &desk, end, false), Err(Distrust::OldRevocation));
    assert_eq!(verdict(&trust, &desk, end, true), Ok(()));
    assert_eq!(verdict(&trust, &desk, end.plus(crl::GRACE), true), Ok(()));
    assert_eq!(verdict(&trust, &desk, end.plus(crl::GRACE + 1), true), Err(Distrust::StaleRevocation));
    // The older of the two decides.
    let newer = authority.issuing.crl(1_000, end, &[]).unwrap();
    assert_eq!(trust.accept_crl(newer.der()), Ok(Outcome::New));
    assert_eq!(verdict(&trust, &desk, end, false), Err(Distrust::OldRevocation));
    assert_eq!(trust.least_fresh(end).map(|crl| crl.issuer()), Some(authority.root1.ca().id()));
}

#[test]
fn without_a_crl_nobody_is_trusted() {
    let (mut authority, desk, _) = office();
    let bundle = authority.bundle();
    let trust = Trust::first(&authority.sign(bundle), None).unwrap();
    assert_eq!(verdict(&trust, &desk, NOW, true), Err(Distrust::NoRevocation));
    assert_eq!(trust.least_fresh(NOW).map(|crl| crl.number()), None);
}

#[test]
fn another_network_with_the_same_names_is_refused() {
    let (_, _, trust) = office();
    let mut other = TestAuthority::new(2, NOW);
    let stranger = other.issue("1379900010", &["11"]);
    assert_eq!(verdict(&trust, &stranger, NOW, true), Err(Distrust::UnknownIssuer));
    // Claiming our issuer does not help, though it has the same name.
    let ours = trust.issuing().next().unwrap().id();
    assert_eq!(trust.judge(stranger.leaf.der(), &ours, NOW, true), Err(Distrust::Chain));
    assert_eq!(trust.clone().accept_crl(other.crl().der()), Err(crl::Error::Issuer));
    assert_ne!(trust.network_id(), other.trust().network_id());
}

#[test]
fn a_root_is_no_issuer_of_desks() {
    let (authority, desk, trust) = office();
    let root = authority.root1.ca().id();
    assert_eq!(trust.judge(desk.leaf.der(), &root, NOW, true), Err(Distrust::UnknownIssuer));
}

#[test]
fn every_altered_byte_of_a_certificate_is_refused() {
    let (_, desk, trust) = office();
    for at in 0..desk.leaf.der().len() {
        let mut altered = desk.leaf.der().to_vec();
        altered[at] ^= 1;
        assert!(trust.judge(&altered, &desk.issuer, NOW, true).is_err(), "byte {at}");
    }
}

#[test]
fn every_altered_byte_of_a_crl_is_refused() {
    let (mut authority, desk, mut trust) = office();
    authority.revoke(&desk.leaf, Reason::Superseded);
    let crl = authority.crl();
    for at in 0..crl.der().len() {
        for bit in [0x01, 0x80] {
            let mut altered = crl.der().to_vec();
            altered[at] ^= bit;
            assert!(trust.accept_crl(&altered).is_err(), "byte {at}");
        }
    }
    assert_eq!(trust.accept_crl(crl.der()), Ok(Outcome::New));
}

#[test]
fn crl_numbers_only_rise() {
    let (authority, desk, mut trust) = office();
    let revoked = [Revoked { serial: desk.leaf.serial(), at: NOW, reason: Reason::Unspecified }];
    let crl = |number, entries: &[Revoked]| authority.issuing.crl(number, NOW, entries).unwrap();
    assert_eq!(trust.accept_crl(crl(100, &revoked).der()), Ok(Outcome::New));
    assert_eq!(trust.accept_crl(crl(100, &revoked).der()), Ok(Outcome::Known));
    assert_eq!(trust.accept_crl(crl(99, &[]).der()), Ok(Outcome::Older));
    assert_eq!(trust.accept_crl(crl(100, &[]).der()), Ok(Outcome::Alarm));
    assert_eq!(verdict(&trust, &desk, NOW, true), Err(Distrust::Revoked));
    assert_eq!(trust.accept_crl(crl(101, &[]).der()), Ok(Outcome::New));
    assert_eq!(verdict(&trust, &desk, NOW, true), Ok(()));
}

#[test]
fn two_sides_find_out_who_has_the_newer_crl() {
    let (mut authority, _, ours) = office();
    let mut theirs = ours.clone();
    let crl = authority.crl();
    assert_eq!(theirs.accept_crl(crl.der()), Ok(Outcome::New));
    assert!(ours.is_behind(&theirs.crl_numbers()));
    assert!(!theirs.is_behind(&ours.crl_numbers()));
    assert_eq!(theirs.crls_newer_than(&ours.crl_numbers()), vec![crl.der().to_vec()]);
    assert!(ours.crls_newer_than(&theirs.crl_numbers()).is_empty());
    assert_eq!(ours.crls_newer_than(&[]).len(), 2);
    // A CA that we do not know is nothing that we could be behind in.
    assert!(!ours.is_behind(&[(Hash::of(&[b"x"]), 9)]));
}

#[test]
fn the_first_bundle_pins_its_root() {
    let (mut authority, _, trust) = office();
    let (root1, root2) = (authority.root1.ca().der().to_vec(), authority.root2.ca().der().to_vec());
    assert_eq!(trust.root_pin(), Hash::of(&[&root1]));
    assert_eq!(trust.network_id(), Hash::of(&[b"musubi/1 network", &root1, &root2]));
    assert_eq!(trust.network_id().to_string()[..16], trust.short_network_id());
    let bundle = authority.bundle();
    let bytes = authority.sign(bundle);
    assert!(Trust::first(&bytes, Some(&Hash::of(&[&root1]))).is_ok());
    assert_eq!(Trust::first(&bytes, Some(&Hash::of(&[&root2]))).err(), Some(BundleError::Pin));
}

#[test]
fn later_bundles_are_signed_by_a_root_and_rise() {
    let (mut authority, _, mut trust) = office();
    let held = trust.bundle_bytes().to_vec();
    assert_eq!(trust.accept_bundle(&held), Ok(Outcome::Known));
    let next = authority.bundle();
    assert_eq!(trust.accept_bundle(&authority.sign(next.clone())), Ok(Outcome::New));
    assert_eq!(trust.accept_bundle(&held), Ok(Outcome::Older));
    let twin = Bundle { bootstrap: vec!["/ip4/192.0.2.1/tcp/1".into()], ..next.clone() };
    assert_eq!(trust.accept_bundle(&authority.sign(twin.clone())), Ok(Outcome::Alarm));
    // The second root may sign too; a CA or a stranger may not.
    let by = |number, key| Signed::sign(Bundle { number, ..twin.clone() }, key).unwrap().bytes().to_vec();
    let by_second = by(1_000, authority.root2.key());
    assert_eq!(trust.accept_bundle(&by_second), Ok(Outcome::New));
    let wrong = Err(BundleError::Signed(signed::Error::Signature));
    assert_eq!(trust.accept_bundle(&by(2_000, authority.issuing.key())), wrong);
    let mut other = TestAuthority::new(2, NOW);
    let bundle = other.bundle();
    assert_eq!(trust.accept_bundle(&other.sign(bundle)), wrong);
    assert_eq!(trust.bundle_bytes(), by_second);
}

#[test]
fn a_replaced_root_can_no_longer_sign() {
    let (mut authority, desk, mut trust) = office();
    let network = trust.network_id();
    let mut other = TestAuthority::new(2, NOW);
    let name = CaName { organisation: "見本中央機関", common_name: "Musubi Test Root 3" };
    let key = ed25519_dalek::SigningKey::generate(&mut other.rng);
    let serial = Serial::random(&mut other.rng);
    let root3 = Authority::root(name, key, serial, NOW.minus(DAY), NOW.plus(DAY * 3_650)).unwrap();
    // Root 1 goes: root 2 signs a bundle with itself and root 3, and a new issuing CA below it.
    let key = ed25519_dalek::SigningKey::generate(&mut other.rng);
    let serial = Serial::random(&mut other.rng);
    let name = CaName { organisation: "見本中央機関", common_name: "Musubi Test Issuing CA 2" };
    let issuing = authority.root2.issuing(name, key, serial, NOW, NOW.plus(DAY * 900)).unwrap();
    let next = Bundle {
        number: 500,
        roots: [&authority.root2, &root3].map(|root| ByteBuf::from(root.ca().der())).to_vec(),
        issuing: vec![ByteBuf::from(issuing.ca().der())],
        root_crl: authority.root2.crl(1, NOW, &[]).unwrap().der().to_vec(),
        head: None,
        ..authority.bundle()
    };
    let bytes = Signed::sign(next.clone(), authority.root2.key()).unwrap();
    assert_eq!(trust.accept_bundle(bytes.bytes()), Ok(Outcome::New));
    assert_eq!(trust.network_id(), network);
    assert_eq!(trust.crl_numbers(), vec![(authority.root2.ca().id(), 1)]);
    assert_eq!(verdict(&trust, &desk, NOW, true), Err(Distrust::UnknownIssuer));
    let relapse = authority.sign(Bundle { number: 501, ..next });
    assert_eq!(trust.accept_bundle(&relapse), Err(BundleError::Signed(signed::Error::Signature)));
    // What is kept on disk brings all of that back.
    let roots = [trust.first_roots()[0].der(), trust.first_roots()[1].der()];
    let again = Trust::restore(roots, trust.bundle_bytes(), &[]).unwrap();
    assert_eq!((again.network_id(), again.bundle()), (network, trust.bundle()));
}

#[test]
fn what_is_kept_comes_back() {
    let (_, desk, trust) = office();
    let mut crls: Vec<Vec<u8>> = trust.crls().map(|crl| crl.der().to_vec()).collect();
    crls.push(vec![0x30, 0]);
    let roots = [trust.first_roots()[0].der(), trust.first_roots()[1].der()];
    let again = Trust::restore(roots, trust.bundle_bytes(), &crls).unwrap();
    assert_eq!(again.crl_numbers(), trust.crl_numbers());
    assert_eq!(verdict(&again, &desk, NOW, false), Ok(()));
}

#[test]
fn bundles_that_contradict_themselves_are_refused() {
    let mut authority = TestAuthority::new(1, NOW);
    let mut other = TestAuthority::new(2, NOW);
    let good = authority.bundle();
    let der = |ca: &Ca| ByteBuf::from(ca.der());
    let first = |authority: &TestAuthority, bundle| Trust::first(&authority.sign(bundle), None).err();
    assert_eq!(first(&authority, good.clone()), None);
    let [root1, root2] = [der(authority.root1.ca()), der(authority.root2.ca())];
    for roots in [vec![], vec![root1.clone()], vec![root1.clone(), root1.clone()], vec![root1.clone(), root2, root1]] {
        assert_eq!(first(&authority, Bundle { roots, ..good.clone() }), Some(BundleError::Roots));
    }
    let same_name = vec![der(authority.root1.ca()), der(other.root1.ca())];
    assert_eq!(first(&authority, Bundle { roots: same_name, ..good.clone() }), Some(BundleError::Roots));
    let (ours, theirs) = (der(authority.issuing.ca()), der(other.issuing.ca()));
    for issuing in [vec![theirs], vec![ours.clone(), ours], vec![der(authority.root1.ca())]] {
        assert_eq!(first(&authority, Bundle { issuing, ..good.clone() }), Some(BundleError::Issuing));
    }
    let root_crl = other.root_crl().der().to_vec();
    let foreign = Bundle { root_crl, ..good.clone() };
    assert_eq!(first(&authority, foreign), Some(BundleError::Crl(crl::Error::Issuer)));
    let head = Some(ByteBuf::from(other.head().bytes()));
    assert_eq!(first(&authority, Bundle { head, ..good }), Some(BundleError::Head));
}

#[test]
fn signed_times_and_heads_are_known() {
    let (mut authority, _, mut trust) = office();
    assert_eq!(trust.newest_signed_time(), NOW);
    assert_eq!(trust.bundled_head().map(|head| head.value().size), Some(1));
    let later = NOW.plus(DAY);
    authority.now = later;
    assert_eq!(trust.accept_crl(authority.crl().der()), Ok(Outcome::New));
    assert_eq!(trust.newest_signed_time(), later);
    assert!(trust.head(TestAuthority::new(2, NOW).head().bytes()).is_none());
    assert!(!trust.wants_log_proof(Timestamp(u64::MAX)));
}

proptest! {
    #[test]
    fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Trust::first(&bytes, None).is_ok();
        let _ = CrlIn::parse(&bytes);
        let _ = LeafIn::parse(&bytes);
        let _ = Ca::parse(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Damage in the middle of good bytes gets further into the parsers than noise does.
    #[test]
    fn damaged_bytes_never_panic(
        what in 0_usize..4, damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(), shorten: bool,
    ) {
        static GOOD: std::sync::OnceLock<[Vec<u8>; 4]> = std::sync::OnceLock::new();
        let good = GOOD.get_or_init(|| {
            let (mut authority, desk, trust) = office();
            authority.revoke(&desk.leaf, Reason::KeyCompromise);
            let ca = authority.issuing.ca().der().to_vec();
            [desk.leaf.der().to_vec(), ca, authority.crl().der().to_vec(), trust.bundle_bytes().to_vec()]
        });
        let mut bytes = good[what].clone();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if shorten {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = LeafIn::parse(&bytes);
        let _ = Ca::parse(&bytes);
        let _ = CrlIn::parse(&bytes);
        // webpki's parser too, though here it only ever sees signed bytes.
        let _ = webpki::OwnedCertRevocationList::from_der(&bytes);
        let _ = Trust::first(&bytes, None).is_ok();
        let _ = crate::certificate::material::read(&bytes);
    }
}

/// What root 2 signs when it takes the place of root 1: the issuing CA certified anew, and a root 3 beside it.
fn taken_over(authority: &mut TestAuthority) -> (Bundle, Ca) {
    let (from, until) = (authority.issuing.ca().not_before(), authority.issuing.ca().not_after());
    let name = |common_name| CaName { organisation: "見本中央機関", common_name };
    let key = ed25519_dalek::SigningKey::generate(&mut authority.rng);
    let serial = Serial::random(&mut authority.rng);
    let root3 = Authority::root(name("Musubi Test Root 3"), key, serial, from, until).unwrap();
    let serial = Serial::random(&mut authority.rng);
    let issuing = authority.issuing.ca().clone();
    let again = authority.root2.certify(name(issuing.common_name()), issuing.key(), serial, from, until).unwrap();
    let root_crl = authority.root2.crl_for(crl::ROOT_LIFETIME, 1, authority.now, &[]).unwrap();
    let network = network_id(authority.root1.ca().der(), authority.root2.ca().der());
    let bundle = Bundle {
        roots: vec![ByteBuf::from(authority.root2.ca().der()), ByteBuf::from(root3.ca().der())],
        issuing: vec![ByteBuf::from(again.der())],
        root_crl: root_crl.der().to_vec(),
        ext: Bundle::network_ext(&network),
        ..authority.bundle()
    };
    (bundle, again)
}

#[test]
fn root_2_takes_the_place_of_root_1_and_desks_keep_their_certificates() {
    let (mut authority, desk, before) = office();
    let other = authority.issue("1379900028", &["15"]);
    let (bundle, again) = taken_over(&mut authority);
    let by_root1 = authority.sign(bundle.clone());
    let by_root2 = Signed::sign(bundle, authority.root2.key()).unwrap().bytes().to_vec();

    let mut trust = before.clone();
    assert_eq!(trust.accept_bundle(&by_root2), Ok(Outcome::New));
    assert_eq!(trust.network_id(), before.network_id());
    assert!(trust.is_pinned_by(&before.root_pin()) && trust.is_pinned_by(&authority.root2.ca().id()));
    assert!(!before.is_pinned_by(&authority.root2.ca().id()));
    // By the old id of the issuing CA, as one shows it who has not heard, and by the new one.
    let heard = TestDesk { issuer: again.id(), ..other.clone() };
    for desk in [&desk, &other, &heard] {
        assert_eq!(verdict(&trust, desk, NOW, false), Ok(()));
        assert_eq!(verdict(&before, desk, NOW, false), Ok(()));
    }
    // The list that was there goes on, under its CA's new id, and newer ones are taken.
    assert!(trust.crl_numbers().iter().any(|(issuer, _)| *issuer == again.id()));
    authority.revoke(&desk.leaf, Reason::KeyCompromise);
    assert_eq!(trust.accept_crl(authority.crl().der()), Ok(Outcome::New));
    assert_eq!(verdict(&trust, &desk, NOW, true), Err(Distrust::Revoked));
    assert_eq!(verdict(&trust, &heard, NOW, false), Ok(()));

    // Root 1 has no say any more, and a newcomer pins root 2 into the same network.
    let later = authority.bundle();
    assert!(matches!(trust.accept_bundle(&authority.sign(later)), Err(BundleError::Signed(_))));
    let newcomer = Trust::first(&by_root2, Some(&authority.root2.ca().id())).unwrap();
    assert_eq!(newcomer.network_id(), before.network_id());
    assert_eq!(Trust::first(&by_root1, None).map(|_| ()), Err(BundleError::Signed(signed::Error::Signature)));
    assert_eq!(Trust::first(&by_root2, Some(&before.root_pin())).map(|_| ()), Err(BundleError::Pin));
    // What was kept says the same when it is read again.
    let [one, two] = newcomer.first_roots();
    let crls: Vec<Vec<u8>> = newcomer.crls().map(|crl| crl.der().to_vec()).collect();
    let kept = Trust::restore([one.der(), two.der()], newcomer.bundle_bytes(), &crls).unwrap();
    assert_eq!(kept.network_id(), before.network_id());
}

#[test]
fn a_bundle_of_another_network_is_refused() {
    let (mut authority, _, mut trust) = office();
    for network in [vec![7; 32], vec![7; 31], Vec::new()] {
        let bundle = Bundle { ext: Ext::of(vec![(2, network)]), ..authority.bundle() };
        assert_eq!(trust.accept_bundle(&authority.sign(bundle)), Err(BundleError::Network));
    }
    let network = trust.network_id();
    let bundle = Bundle { ext: Bundle::network_ext(&network), ..authority.bundle() };
    assert_eq!(trust.accept_bundle(&authority.sign(bundle)), Ok(Outcome::New));
}
