//! The authority and its public log: proofs in what it hands out, and the day from which they are required.

use musubi_node::authority::{Act, Done, Error, Period, Register, Target};
use musubi_protocol::{
    certificate::material::{self, Material},
    crl::Reason,
    log::{GROUP, Inclusion},
    time::{DAY, Timestamp},
};

use crate::support::{NOW, authority, install, issue, issue_at, key, reopen};

fn proof(pem: &str) -> Inclusion {
    let items = material::read(pem.as_bytes()).unwrap();
    let found = items.into_iter().find_map(|item| match item {
        Material::Proof(_, proof, _) => Some(proof),
        _ => None,
    });
    found.unwrap()
}

fn date(text: &str) -> jiff::civil::Date {
    text.parse().unwrap()
}

#[test]
fn every_certificate_comes_with_a_proof_and_gets_newer_ones() {
    let (dir, mut authority) = authority();
    let first = issue(&mut authority, "1379900028", &["15"], &key(7)).unwrap();
    let before = proof(&first.pem);
    for n in 0..20_u8 {
        issue(&mut authority, &format!("13799001{n:02}"), &["11"], &key(100 + n)).unwrap();
    }
    authority.revoke(Target::Office("1379900100".parse().unwrap()), Reason::Unspecified, NOW).unwrap();
    let office = install(&first.pem, &authority.root_pin());
    // Another file of it has the newest head, after a start too.
    let authority = reopen(&dir, authority);
    let now = proof(&authority.certificate_file(&first.row.serial).unwrap());
    assert_eq!((before.index(), now.index()), (0, 0));
    assert_ne!(before, now);
    for proof in [before, now] {
        assert!(proof.verify(&office.leaf, &office.trust, NOW).is_ok());
    }
    let side = authority.lead_on(1).unwrap().unwrap();
    assert_eq!(side.verify(1, &office.trust).unwrap().value().size, 22);
    assert_eq!((authority.lead_on(0).unwrap(), authority.lead_on(23).unwrap()), (None, None));
}

#[test]
fn a_day_is_required_in_time_moves_and_does_not_go() {
    let (dir, mut authority) = authority();
    // Where no office has a certificate yet, any day from today on.
    assert!(matches!(authority.require_proofs(date("2026-11-21"), NOW), Err(Error::TooSoon { .. })));
    assert!(matches!(authority.require_proofs(date("1970-01-01"), NOW), Err(Error::TooSoon { .. })));
    assert_eq!(authority.require_proofs(date("2026-11-22"), NOW).unwrap(), 2);
    let issued = issue(&mut authority, "1379900028", &["15"], &key(7)).unwrap();
    let office = install(&issued.pem, &authority.root_pin());
    assert!(office.trust.wants_log_proof(NOW));
    // Then offices have sixty days, also where the day has passed already.
    let Err(Error::TooSoon { first }) = authority.require_proofs(date("2027-01-21"), NOW) else { panic!("too soon") };
    assert_eq!(first, NOW.plus(60 * DAY));
    assert_eq!(authority.require_proofs(date("2027-01-22"), NOW).unwrap(), 3);
    assert_eq!(authority.require_proofs(date("2027-03-01"), NOW).unwrap(), 4);
    // It stays with every later bundle, and stands in the audit log.
    let authority = reopen(&dir, authority);
    let expected = Timestamp(1_803_826_800);
    assert_eq!(authority.proofs_required(), Some(expected));
    let deeds = authority.audit().unwrap();
    assert_eq!(deeds.iter().filter(|deed| deed.deed().as_str() == "log_required").count(), 3);
    let shown = Register::open(dir.path());
    assert!(shown.is_err(), "one process has it");
    let Ok(Some(Done::ProofsRequired { from, bundle: 4, size: 1 })) = authority.look(&Act::ProofsRequired, NOW) else {
        panic!("what is shown")
    };
    assert_eq!(from, Some(expected));
}

#[test]
fn proofs_reach_over_full_groups() {
    let (_dir, mut authority) = authority();
    // Enough leaves for a full group: one office renewed again and again would be too early, so issue to many.
    let first = issue(&mut authority, "1379900028", &["15"], &key(7)).unwrap();
    let requests: Vec<Vec<u8>> = (0..GROUP as u32 + 10)
        .map(|n| {
            let mut seed = [9; 32];
            seed[..4].copy_from_slice(&n.to_be_bytes());
            crate::support::request(&format!("14{n:08}"), &["11"], &ed25519_dalek::SigningKey::from_bytes(&seed))
        })
        .collect();
    let mut rng = crate::support::rng(5);
    let issued = authority.issue_all(&requests, Period::default(), NOW, &mut rng);
    let last = issued.into_iter().next_back().unwrap().unwrap();
    for pem in [&last.pem, &authority.certificate_file(&first.row.serial).unwrap()] {
        let office = install(pem, &authority.root_pin());
        let proof = proof(pem);
        assert!(proof.verify(&office.leaf, &office.trust, NOW).is_ok(), "{}", proof.index());
    }
    // The clock may stand a little behind: then certificates are dated by the newest signature, and so are leaves.
    let early = issue_at(&mut authority, "1379900036", &["15"], &key(8), NOW.minus(60)).unwrap();
    let office = install(&early.pem, &authority.root_pin());
    assert!(proof(&early.pem).verify(&office.leaf, &office.trust, NOW).is_ok());
}
