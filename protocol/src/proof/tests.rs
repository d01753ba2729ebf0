use proptest::prelude::*;

use super::*;
use crate::{
    crl::{CrlIn, GRACE, LIFETIME, Outcome},
    time::DAY,
    trust::testing::{TestAuthority, TestDesk},
};

const NOW: Timestamp = Timestamp(1_790_000_000);
const OFFICE: &str = "1379900028";

/// An authority, an office, five partners who have exchanged with it, and a verifier's data.
struct World {
    authority: TestAuthority,
    office: TestDesk,
    partners: Vec<TestDesk>,
    trust: Trust,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut authority = TestAuthority::new(seed, NOW);
        let office = authority.issue(OFFICE, &["15"]);
        let partners = (1..=5).map(|at| authority.issue(&format!("137990500{at}"), &["43"])).collect();
        let trust = authority.trust();
        Self { authority, office, partners, trust }
    }

    /// Hands the verifier the newest CRL.
    fn publish(&mut self) -> CrlIn {
        let crl = self.authority.crl();
        assert_eq!(self.trust.accept_crl(crl.der()), Ok(Outcome::New));
        crl
    }

    fn membership(&self) -> Membership {
        Membership::of(&self.office.leaf, NOW.minus(500 * DAY), NOW)
    }

    fn member(&self) -> Proof {
        Proof::membership(self.membership(), self.authority.issuing.ca(), self.authority.issuing.key()).unwrap()
    }

    fn attestation(&self, partner: &TestDesk) -> Attestation {
        Attestation {
            about: self.office.leaf.office(),
            by: partner.leaf.office(),
            fiscal_year: 2026,
            months: Months::default().with(4).with(8),
            certificate: partner.leaf.hash(),
            time: NOW,
            ext: Ext::none(),
        }
    }

    fn attested(partner: &TestDesk, attestation: Attestation) -> (OfficeNumber, Months, Attested) {
        let (by, months) = (attestation.by, attestation.months);
        let signed = Signed::sign(attestation, &partner.key).unwrap();
        let certificate = ByteBuf::from(partner.leaf.der());
        (by, months, Attested { issuer: partner.issuer, certificate, attestation: ByteBuf::from(signed.bytes()) })
    }

    fn list(&self) -> Vec<(OfficeNumber, Months, Attested)> {
        self.partners.iter().map(|partner| Self::attested(partner, self.attestation(partner))).collect()
    }

    fn used(&self, list: &[(OfficeNumber, Months, Attested)]) -> Proof {
        Proof::used((&self.office.leaf, self.office.issuer), &self.office.key, 2026, list, NOW).unwrap().unwrap()
    }

    fn verdict(&self, proof: &Proof) -> Result<Shown, ProofError> {
        proof.verify(&self.trust, NOW.plus(60))
    }
}

fn revoked(world: &mut World, who: usize, reason: Reason, at: Timestamp) {
    let leaf = if who == 0 { world.office.leaf.clone() } else { world.partners[who - 1].leaf.clone() };
    world.authority.now = at;
    world.authority.revoke(&leaf, reason);
    world.publish();
}

#[test]
fn membership_is_shown() {
    let world = World::new(1);
    let proof = world.member();
    for read in [
        Proof::read(&proof.to_bytes().unwrap()),
        Proof::read(proof.to_text().unwrap().as_bytes()),
        Proof::read(proof.to_text().unwrap().to_lowercase().as_bytes()),
        Proof::read(format!("  {}\r\n", proof.to_text().unwrap().replace("AA", "A\n A")).as_bytes()),
        Proof::read(proof.to_pem().unwrap().as_bytes()),
    ] {
        let read = read.unwrap();
        assert_eq!(read, proof);
        let shown = world.verdict(&read).unwrap();
        let fact = Fact::Member { membership: world.membership(), standing: Standing::Active };
        assert_eq!(shown, Shown { fact, freshness: Freshness::Fresh, as_of: NOW });
    }
}

#[test]
fn use_is_shown_with_its_partners() {
    let world = World::new(1);
    let proof = world.used(&world.list());
    let shown = world.verdict(&Proof::read(proof.to_pem().unwrap().as_bytes()).unwrap()).unwrap();
    let Fact::User { name, statement, partners } = shown.fact else { panic!("{shown:?}") };
    assert_eq!((name.as_str(), statement.partners, statement.fiscal_year), ("みほん事業所", 5, 2026));
    assert_eq!(statement.months.iter().collect::<Vec<_>>(), [4, 8]);
    let named: Vec<String> = partners.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(named, (1..=5).map(|at| format!("137990500{at}")).collect::<Vec<_>>());

    let short = Proof::read(proof.short().to_text().unwrap().as_bytes()).unwrap();
    let shown = world.verdict(&short).unwrap();
    assert!(matches!(shown.fact, Fact::User { partners: None, .. }));
    assert!(
        Proof::used((&world.office.leaf, world.office.issuer), &world.office.key, 2026, &[], NOW).unwrap().is_none()
    );
}

/// QR codes hold 4,296 alphanumeric characters at most (ISO/IEC 18004, version 40-L); a camera wants far fewer.
#[test]
fn the_texts_fit_qr_codes() {
    let world = World::new(1);
    let (member, used) = (world.member().to_text().unwrap(), world.used(&world.list()).short().to_text().unwrap());
    assert!(member.len() <= 600 && used.len() <= 2_000, "{} {}", member.len(), used.len());
    let alphanumeric = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase() || " $%*+-./:".contains(c);
    assert!(member.chars().chain(used.chars()).all(alphanumeric));
}

#[test]
fn an_office_counts_once_and_the_last_attestation_of_it() {
    let world = World::new(1);
    let mut list = world.list();
    let more = Attestation { months: Months::default().with(4).with(9), ..world.attestation(&world.partners[0]) };
    list.push(World::attested(&world.partners[0], more));
    let shown = world.verdict(&world.used(&list)).unwrap();
    let Fact::User { statement, partners, .. } = shown.fact else { panic!("{shown:?}") };
    assert_eq!((statement.partners, partners.unwrap().len()), (5, 5));
    assert_eq!(statement.months.iter().collect::<Vec<_>>(), [4, 8, 9]);
}

#[test]
fn months_are_those_of_a_fiscal_year() {
    let all = (0..=255).fold(Months::default(), Months::with);
    assert_eq!(all.iter().collect::<Vec<_>>(), [4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3]);
    assert!(Months::default().is_empty() && all.check() && !Months(1 << 12).check());
}

#[test]
fn nothing_is_said_of_the_future() {
    let world = World::new(1);
    // NOW is in September 2026.
    let months = |list: &[u8]| list.iter().fold(Months::default(), |months, month| months.with(*month));
    assert!(months(&[4, 9]).had_begun(2026, NOW) && !months(&[10]).had_begun(2026, NOW));
    assert!(months(&[1, 12]).had_begun(2025, NOW) && !months(&[1]).had_begun(2026, NOW));
    let begin = Timestamp(1_790_780_400);
    assert!(months(&[10]).had_begun(2026, begin) && !months(&[10]).had_begun(2026, begin.minus(1)));
    let mut list = world.list();
    let early = Attestation { months: months(&[4, 10]), ..world.attestation(&world.partners[2]) };
    list[2] = World::attested(&world.partners[2], early);
    assert_eq!(world.verdict(&world.used(&list)), Err(ProofError::Mixed));
    let time = NOW.plus(60 + DAY);
    let at = |time| {
        Proof::membership(
            Membership { time, ..world.membership() },
            world.authority.issuing.ca(),
            world.authority.issuing.key(),
        )
    };
    assert!(world.verdict(&at(time).unwrap()).is_ok());
    assert_eq!(world.verdict(&at(time.plus(1)).unwrap()), Err(ProofError::Ahead { time: time.plus(1) }));
}

#[test]
fn every_verdict_is_its_own() {
    let world = World::new(1);
    let at = |now: Timestamp| {
        // The verifier has fetched new lists meanwhile.
        let mut later = World::new(1);
        later.authority.now = now;
        let root = later.authority.root_crl();
        assert_eq!(later.trust.accept_crl(root.der()), Ok(Outcome::New));
        later.publish();
        world.member().verify(&later.trust, now)
    };
    let until = world.office.leaf.until();
    let standing = |now| at(now).map(|shown| shown.fact);
    let fact = |standing| Ok(Fact::Member { membership: world.membership(), standing });
    assert_eq!(standing(until), fact(Standing::Active));
    assert_eq!(standing(until.plus(1)), fact(Standing::Grace));
    assert_eq!(standing(until.plus(30 * DAY)), fact(Standing::Grace));
    assert_eq!(standing(until.plus(30 * DAY + 1)), Err(ProofError::Ended { until }));
    let begin = Membership { from: NOW.plus(DAY), ..world.membership() };
    let coming = Proof::membership(begin, world.authority.issuing.ca(), world.authority.issuing.key()).unwrap();
    assert_eq!(world.verdict(&coming), Err(ProofError::NotYet { from: NOW.plus(DAY) }));

    // By the age of the lists alone.
    let aged = |age: u64| world.member().verify(&world.trust, NOW.plus(age)).map(|shown| shown.freshness);
    assert_eq!(aged(LIFETIME - 1), Ok(Freshness::Fresh));
    assert_eq!(aged(LIFETIME), Ok(Freshness::Grace));
    assert_eq!(aged(LIFETIME + GRACE + 1), Err(ProofError::OldData));
    // Without a list of the issuing CA.
    let mut bare = World::new(1);
    let bundle = bare.authority.bundle();
    let bare = Trust::first(&bare.authority.sign(bundle), None).unwrap();
    assert_eq!(world.member().verify(&bare, NOW), Err(ProofError::OldData));
    assert_eq!(world.used(&world.list()).verify(&bare, NOW), Err(ProofError::OldData));
}

#[test]
fn a_revoked_office_proves_nothing_and_an_older_list_does_not_help() {
    let mut world = World::new(1);
    let (member, used) = (world.member(), world.used(&world.list()));
    let before = world.publish();
    for reason in [Reason::Superseded, Reason::PrivilegeWithdrawn, Reason::KeyCompromise] {
        let mut world = World::new(1);
        revoked(&mut world, 0, reason, NOW.plus(30));
        let entry = Revoked { serial: world.office.leaf.serial(), at: NOW.plus(30), reason };
        assert_eq!(world.verdict(&member), Err(ProofError::Revoked(entry)));
        assert_eq!(world.verdict(&used), Err(ProofError::Revoked(entry)));
        assert_eq!(world.verdict(&used.short()), Err(ProofError::Revoked(entry)));
    }
    revoked(&mut world, 0, Reason::Superseded, NOW.plus(30));
    assert_eq!(world.trust.accept_crl(before.der()), Ok(Outcome::Older));
    assert!(matches!(world.verdict(&member), Err(ProofError::Revoked(_))));
}

#[test]
fn what_a_partner_said_before_it_closed_still_counts() {
    for (reason, at, counts) in [
        (Reason::CessationOfOperation, NOW.plus(30), true),
        (Reason::Superseded, NOW.plus(30), true),
        (Reason::Superseded, NOW, false),
        (Reason::KeyCompromise, NOW.plus(30), false),
        (Reason::PrivilegeWithdrawn, NOW.plus(30), false),
    ] {
        let mut world = World::new(1);
        let used = world.used(&world.list());
        revoked(&mut world, 3, reason, at);
        assert_eq!(world.verdict(&used).is_ok(), counts, "{reason} {at}");
        assert!(world.verdict(&used.short()).is_ok());
    }
}

#[test]
fn a_revoked_issuing_ca_vouches_for_nobody() {
    let mut world = World::new(1);
    let (member, used) = (world.member(), world.used(&world.list()));
    let serial = world.authority.issuing.ca().serial();
    world.authority.root_revoked.push(Revoked { serial, at: NOW, reason: Reason::CaCompromise });
    let crl = world.authority.root_crl();
    assert_eq!(world.trust.accept_crl(crl.der()), Ok(Outcome::New));
    assert_eq!(world.verdict(&member), Err(ProofError::Issuer));
    assert_eq!(world.verdict(&used), Err(ProofError::Issuer));
}

/// Two thousand proofs put together from good parts, or signed by keys that may not: none shows anything.
#[test]
fn structured_forgeries_fail() {
    let (world, foreign) = (World::new(1), World::new(2));
    let mut rejected = 0;
    let mut refused = |proof: &Proof, why: &[ProofError]| {
        for read in [Ok(proof.clone()), Proof::read(&proof.to_bytes().unwrap())] {
            let verdict = read.and_then(|proof| world.verdict(&proof));
            assert!(verdict.as_ref().is_err_and(|error| why.contains(error)), "{verdict:?} not in {why:?}");
        }
        rejected += 1;
    };
    let (ca, ca_key) = (world.authority.issuing.ca(), world.authority.issuing.key());

    // Another authority of the same name, under its own id and under ours.
    let Proof::Membership { membership: theirs, issuer } = foreign.member() else { panic!() };
    assert_ne!(issuer, ca.id());
    assert_eq!(foreign.authority.issuing.ca().subject(), ca.subject());
    refused(&foreign.member(), &[ProofError::UnknownIssuer]);
    refused(&Proof::Membership { issuer: ca.id(), membership: theirs }, &[ProofError::Forged]);
    refused(&foreign.used(&foreign.list()), &[ProofError::UnknownIssuer]);
    refused(&foreign.used(&foreign.list()).short(), &[ProofError::UnknownIssuer]);
    for list in [world.list(), foreign.list()] {
        let Some(Proof::Use { certificate, statement, attested, .. }) =
            Proof::used((&foreign.office.leaf, ca.id()), &foreign.office.key, 2026, &list, NOW).unwrap()
        else {
            panic!()
        };
        refused(&Proof::Use { issuer: ca.id(), certificate, statement, attested }, &[ProofError::Forged]);
    }

    // Other keys in place of the issuing key: a root's, the office's own, a partner's.
    let keys = [
        world.authority.root1.key(),
        world.authority.root2.key(),
        &world.office.key,
        &world.partners[0].key,
        foreign.authority.issuing.key(),
    ];
    for key in keys {
        refused(&Proof::membership(world.membership(), ca, key).unwrap(), &[ProofError::Forged]);
    }
    // A statement of one sort under the signature of another sort.
    let Proof::Use { statement, certificate, attested, issuer } = world.used(&world.list()) else { panic!() };
    let not_one = [ProofError::Malformed, ProofError::Forged];
    refused(&Proof::Membership { issuer: ca.id(), membership: statement.clone() }, &not_one);
    let Proof::Membership { membership, .. } = world.member() else { panic!() };
    refused(
        &Proof::Use { issuer, certificate: certificate.clone(), statement: membership, attested: attested.clone() },
        &not_one,
    );

    // Every field of a membership bent, and signed by the office itself.
    for at in 1..=500_u64 {
        let good = world.membership();
        let bent = match at % 5 {
            0 => Membership { joined: good.joined.minus(at), ..good },
            1 => Membership { until: good.until.plus(at), ..good },
            2 => Membership { from: good.from.minus(at), ..good },
            3 => Membership { office: format!("14799{at:05}").parse().unwrap(), ..good },
            _ => Membership { name: format!("みほん{at}"), ..good },
        };
        refused(&Proof::membership(bent.clone(), ca, &world.office.key).unwrap(), &[ProofError::Forged]);
        // Under the signature of the good one.
        let signed = Signed::sign(world.membership(), ca_key).unwrap();
        let swapped = swapped_payload(signed.bytes(), signed.payload(), &cbor::to_vec(&bent).unwrap());
        refused(&Proof::Membership { issuer: ca.id(), membership: swapped }, &not_one);
    }

    // Attestations: about another office, by the office itself, for another year, without months, by a key of another
    // certificate, exchanged between proofs, left out, doubled.
    let mixed = [ProofError::Mixed, ProofError::Forged];
    for at in 0..200_usize {
        let partner = &world.partners[at % 5];
        let good = world.attestation(partner);
        let other = &world.partners[(at + 1) % 5];
        let bent = match at % 6 {
            0 => Attestation { about: other.leaf.office(), ..good },
            1 => Attestation { by: other.leaf.office(), ..good },
            2 => Attestation { fiscal_year: 2025, ..good },
            3 => Attestation { months: Months::default(), ..good },
            4 => Attestation { certificate: other.leaf.hash(), ..good },
            _ => Attestation { months: Months(1 << 12), ..good },
        };
        let mut list = world.list();
        let (_, months, attested) = World::attested(partner, bent);
        list[at % 5] = (partner.leaf.office(), months, attested);
        refused(&world.used(&list), &mixed);
        // Signed by somebody else, under the partner's certificate.
        let mut list = world.list();
        let (by, months, mut forged) = World::attested(other, world.attestation(partner));
        forged.certificate = ByteBuf::from(partner.leaf.der());
        list[at % 5] = (by, months, forged);
        refused(&world.used(&list), &[ProofError::Forged]);
    }
    let own = Attestation {
        by: world.office.leaf.office(),
        certificate: world.office.leaf.hash(),
        ..world.attestation(&world.partners[0])
    };
    let mut list = world.list();
    list.push(World::attested(&world.office, own));
    refused(&world.used(&list), &mixed);

    let full = attested.unwrap();
    for at in 0..400_usize {
        let mut list = full.clone();
        match at % 4 {
            0 => drop(list.remove(at % 5)),
            1 => list.push(full[at % 5].clone()),
            2 => list.swap(at % 5, (at + 1) % 5),
            _ => list[at % 5] = foreign.list()[at % 5].2.clone(),
        }
        let proof =
            Proof::Use { issuer, certificate: certificate.clone(), statement: statement.clone(), attested: Some(list) };
        refused(&proof, &[ProofError::Mixed]);
    }

    // More partners or months than there are attestations, signed by the office.
    for at in 0..200_u32 {
        let good = Unverified::<Use>::from_bytes(&statement).unwrap().claim().clone();
        let bent = match at % 4 {
            0 => Use { partners: 6 + at, ..good },
            1 => Use { months: good.months.with(5), ..good },
            2 => Use { office: world.partners[at as usize % 5].leaf.office(), ..good },
            _ => Use { fiscal_year: 2027, ..good },
        };
        let signed = Signed::sign(bent, &world.office.key).unwrap().bytes().to_vec();
        let proof =
            Proof::Use { issuer, certificate: certificate.clone(), statement: signed, attested: Some(full.clone()) };
        refused(&proof, &[ProofError::Mixed]);
    }
    // A partner's certificate, or a CA's, in place of the office's.
    for partner in &world.partners {
        let proof = Proof::Use {
            issuer,
            certificate: partner.leaf.der().to_vec(),
            statement: statement.clone(),
            attested: Some(full.clone()),
        };
        refused(&proof, &[ProofError::Forged]);
    }
    for ca in [world.authority.issuing.ca(), world.authority.root1.ca()] {
        let proof = Proof::Use {
            issuer,
            certificate: ca.der().to_vec(),
            statement: statement.clone(),
            attested: Some(full.clone()),
        };
        refused(&proof, &[ProofError::Malformed]);
    }
    assert!(rejected >= 2_000, "{rejected}");
}

/// Puts another payload into a signed object, with the lengths that belong to it.
fn swapped_payload(signed: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = signed.windows(old.len()).position(|window| window == old).unwrap();
    // 58 nn: a byte string of 24 to 255 bytes.
    assert_eq!(signed[at - 2..at], [0x58, old.len() as u8]);
    [&signed[..at - 1], &[new.len() as u8], new, &signed[at + old.len()..]].concat()
}

/// Eight thousand proofs with a byte or a character changed, cut off or doubled.
#[test]
fn damaged_proofs_fail() {
    let mut world = World::new(3);
    let used = world.used(&world.list());
    let proofs = [world.member(), used.short(), used];
    let (mut bytes_tried, mut texts_tried) = (0, 0);
    for round in 0..8_400_u64 {
        let proof = &proofs[round as usize % 3];
        let at = world.authority.random() as usize;
        let change = world.authority.random() as u8;
        if round % 2 == 0 {
            let mut bytes = proof.to_bytes().unwrap();
            let at = at % bytes.len();
            match round % 16 {
                0 => bytes.truncate(at),
                2 => bytes.insert(at, change),
                4 => drop(bytes.remove(at)),
                _ => bytes[at] ^= change | 1,
            }
            if bytes == proof.to_bytes().unwrap() {
                continue;
            }
            assert!(Proof::read(&bytes).and_then(|proof| world.verdict(&proof)).is_err(), "{round} {at}");
            bytes_tried += 1;
        } else {
            let mut text = proof.to_text().unwrap();
            let at = at % text.len();
            let other = char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[usize::from(change) % 32]);
            if text[at..].starts_with(other) {
                continue;
            }
            text.replace_range(at..=at, other.encode_utf8(&mut [0; 4]));
            assert!(Proof::read(text.as_bytes()).and_then(|proof| world.verdict(&proof)).is_err(), "{round} {at}");
            texts_tried += 1;
        }
    }
    assert!(bytes_tried + texts_tried >= 8_000, "{bytes_tried} {texts_tried}");
}

proptest! {
    #[test]
    fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in ".{0,200}") {
        let _ = (Proof::read(&bytes), Proof::read(text.as_bytes()), Proof::read(format!("{PREFIX}{text}").as_bytes()));
    }
}
