use rcgen::{CrlDistributionPoint, CrlIssuingDistributionPoint};

use super::*;
use crate::trust::testing::TestAuthority;

const NOW: Timestamp = Timestamp(1_790_000_000);

fn entries(authority: &mut TestAuthority, count: usize) -> Vec<Revoked> {
    let reasons = Reason::ALL.iter().cycle();
    let entry = |(_, reason): (usize, &Reason)| Revoked {
        serial: Serial::random(&mut authority.rng),
        at: NOW.minus(5),
        reason: *reason,
    };
    (0..count).zip(reasons).map(entry).collect()
}

/// What a CRL of ours is to rcgen, to be bent.
fn params(authority: &TestAuthority, revoked_certs: Vec<RevokedCertParams>) -> CertificateRevocationListParams {
    CertificateRevocationListParams {
        this_update: certificate::time_of(NOW).unwrap(),
        next_update: certificate::time_of(NOW.plus(LIFETIME)).unwrap(),
        crl_number: SerialNumber::from(7),
        issuing_distribution_point: None,
        revoked_certs,
        key_identifier_method: KeyIdMethod::PreSpecified(authority.issuing.ca().key_id().to_vec()),
    }
}

fn revoked(serial: &[u8], reason: RevocationReason) -> RevokedCertParams {
    RevokedCertParams {
        serial_number: SerialNumber::from(serial.to_vec()),
        revocation_time: certificate::time_of(NOW).unwrap(),
        reason_code: Some(reason),
        invalidity_date: None,
    }
}

fn parse(authority: &TestAuthority, params: &CertificateRevocationListParams) -> Result<CrlIn, Error> {
    CrlIn::parse(params.signed_by(&authority.issuing.issuer().unwrap()).unwrap().der())
}

#[test]
fn a_crl_is_read_back() {
    let mut authority = TestAuthority::new(1, NOW);
    let mut entries = entries(&mut authority, 300);
    let crl = authority.issuing.crl(u64::MAX, NOW, &entries).unwrap();
    assert_eq!((crl.number(), crl.this_update(), crl.next_update()), (u64::MAX, NOW, NOW.plus(3 * DAY)));
    entries.sort_by_key(|entry| entry.serial);
    assert_eq!(crl.revoked(), entries);
    for entry in &entries {
        assert_eq!(crl.entry(&entry.serial), Some(entry));
    }
    assert_eq!(crl.entry(&Serial::random(&mut authority.rng)), None);
    assert!(crl.clone().verify(authority.issuing.ca()).is_ok());
    assert_eq!(crl.verify(authority.root1.ca()).err(), Some(Error::Issuer));
}

#[test]
fn the_same_entries_make_the_same_bytes() {
    let mut authority = TestAuthority::new(1, NOW);
    let mut entries = entries(&mut authority, 20);
    let first = authority.issuing.crl(3, NOW, &entries).unwrap();
    entries.reverse();
    // Revoked twice: the first time counts.
    entries.push(Revoked { at: NOW, ..entries[4] });
    assert_eq!(authority.issuing.crl(3, NOW, &entries).unwrap(), first);
}

#[test]
fn numbers_of_every_length_are_read() {
    let authority = TestAuthority::new(1, NOW);
    for number in [1, 127, 128, 255, 256, 32_767, 32_768, u64::MAX >> 1, u64::MAX] {
        assert_eq!(authority.issuing.crl(number, NOW, &[]).unwrap().number(), number);
    }
    for bad in
        [&[][..], &[2, 0], &[2, 1, 0x80], &[2, 2, 0, 1], &[2, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0], &[2, 2, 1], &[4, 1, 1]]
    {
        assert_eq!(read_number(bad), Err(Error::Number), "{bad:?}");
    }
}

#[test]
fn a_crl_of_another_kind_is_refused() {
    let authority = TestAuthority::new(1, NOW);
    let (low, high) = ([0x41; 16], [0x42; 16]);
    let good = params(&authority, vec![revoked(&low, RevocationReason::Superseded)]);
    assert!(parse(&authority, &good).is_ok());
    let with = |list: Vec<RevokedCertParams>| parse(&authority, &params(&authority, list));
    let plain = |serial: &[u8]| revoked(serial, RevocationReason::KeyCompromise);
    assert_eq!(with(vec![plain(&high), plain(&low)]), Err(Error::Entry));
    assert_eq!(with(vec![plain(&low), plain(&low)]), Err(Error::Entry));
    assert_eq!(with(vec![plain(&[0x41; 15])]), Err(Error::Profile(ProfileError::Serial)));
    assert_eq!(with(vec![revoked(&low, RevocationReason::CertificateHold)]), Err(Error::Entry));
    assert_eq!(with(vec![revoked(&low, RevocationReason::RemoveFromCrl)]), Err(Error::Entry));
    let dated = RevokedCertParams { invalidity_date: good.revoked_certs[0].revocation_time.into(), ..plain(&low) };
    assert!(matches!(with(vec![dated]), Err(Error::Profile(ProfileError::Unknown(_)))));
    let scope = CrlIssuingDistributionPoint {
        distribution_point: CrlDistributionPoint { uris: vec!["http://localhost/".into()] },
        scope: None,
    };
    let scoped = CertificateRevocationListParams { issuing_distribution_point: Some(scope), ..good.clone() };
    assert!(matches!(parse(&authority, &scoped), Err(Error::Profile(ProfileError::Unknown(_)))));
    let endless = CertificateRevocationListParams { crl_number: SerialNumber::from(vec![1; 9]), ..good.clone() };
    assert_eq!(parse(&authority, &endless), Err(Error::Number));
    assert_eq!(CrlIn::parse(&vec![0x30; MAX + 1]), Err(Error::TooLarge(MAX + 1)));
    let crl = parse(&authority, &good).unwrap();
    assert_eq!(CrlIn::parse(&[crl.der(), &[0]].concat()), Err(Error::Malformed));
    // Another key's identifier under the issuer's name.
    let key_identifier_method = KeyIdMethod::PreSpecified(vec![0; 20]);
    let foreign = parse(&authority, &CertificateRevocationListParams { key_identifier_method, ..good }).unwrap();
    assert_eq!(foreign.verify(authority.issuing.ca()).err(), Some(Error::Issuer));
}

#[test]
fn freshness_has_two_borders() {
    let next = NOW;
    let at = |now| Freshness::of(next, now);
    assert_eq!(at(Timestamp(0)), Freshness::Fresh);
    assert_eq!(at(next.minus(1)), Freshness::Fresh);
    assert_eq!(at(next), Freshness::Grace);
    assert_eq!(at(next.plus(GRACE)), Freshness::Grace);
    assert_eq!(at(next.plus(GRACE + 1)), Freshness::Stale);
    assert_eq!(Freshness::of(Timestamp(u64::MAX), Timestamp(u64::MAX)), Freshness::Grace);
}

#[test]
fn reasons_have_the_names_of_the_standard() {
    for reason in Reason::ALL {
        assert_eq!(reason.as_str().parse(), Ok(reason));
        assert_eq!(Reason::from_code(reason.code()), Some(reason));
    }
    assert_eq!("keycompromise".parse(), Ok(Reason::KeyCompromise));
    assert_eq!("certificateHold".parse::<Reason>(), Err(UnknownReason));
}
