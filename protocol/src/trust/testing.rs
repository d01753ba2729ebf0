//! A whole authority in memory, for tests. Everything follows from the seed.

use std::convert::Infallible;

use ed25519_dalek::SigningKey;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_bytes::ByteBuf;

use super::{Bundle, Trust};
use crate::{
    cbor::Ext,
    certificate::{Authority, CaName, Grant, LeafIn, Role, Serial},
    crl::{CrlIn, Reason, Revoked},
    ids::{Address, Hash, Kind, OfficeNumber},
    log::{Act, Head, Inclusion, Operation, Tree},
    request::Request,
    signed::Signed,
    time::{DAY, Timestamp},
};

/// Two roots, an issuing CA and all that they have issued and revoked. Its methods panic where
/// a test has asked for the impossible.
pub struct TestAuthority {
    /// The root that issues.
    pub root1: Authority,
    /// The root kept apart.
    pub root2: Authority,
    /// The issuing CA.
    pub issuing: Authority,
    /// Where keys and serial numbers come from.
    pub rng: StdRng,
    /// The moment at which the next act takes place.
    pub now: Timestamp,
    /// What the issuing CA has revoked.
    pub revoked: Vec<Revoked>,
    /// What root 1 has revoked.
    pub root_revoked: Vec<Revoked>,
    /// The log so far.
    pub log: Tree,
    /// The acts in it.
    pub acts: Vec<Act>,
    /// The number of the next CRL and bundle.
    pub number: u64,
    issue_number: u64,
}

/// A desk that a [`TestAuthority`] has certified.
#[derive(Clone)]
pub struct TestDesk {
    /// The office key.
    pub key: SigningKey,
    /// The certificate.
    pub leaf: LeafIn,
    /// The id of the issuing CA.
    pub issuer: Hash,
}

impl TestDesk {
    /// The first address of the desk.
    #[must_use]
    pub fn address(&self) -> Address {
        self.leaf.addresses().next().expect("a test desk holds a kind")
    }
}

impl TestAuthority {
    /// Founds an authority whose CAs have been valid for a year.
    #[must_use]
    pub fn new(seed: u64, now: Timestamp) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let (from, until) = (now.minus(400 * DAY), now.plus(3_650 * DAY));
        let name = |common_name| CaName { organisation: "見本中央機関", common_name };
        let mut root = |common_name| {
            let key = SigningKey::generate(&mut rng);
            let serial = Serial::random(&mut rng);
            Authority::root(name(common_name), key, serial, from, until).expect("a test root can be made")
        };
        let (root1, root2) = (root("Musubi Test Root 1"), root("Musubi Test Root 2"));
        let (key, serial) = (SigningKey::generate(&mut rng), Serial::random(&mut rng));
        let issuing =
            root1.issuing(name("Musubi Test Issuing CA"), key, serial, from, until).expect("a test CA can be made");
        Self {
            root1,
            root2,
            issuing,
            rng,
            now,
            revoked: Vec::new(),
            root_revoked: Vec::new(),
            log: Tree::new(),
            acts: Vec::new(),
            number: 1,
            issue_number: 1,
        }
    }

    /// Issues a certificate for a year, for a new key, at `self.now`.
    pub fn issue(&mut self, office: &str, kinds: &[&str]) -> TestDesk {
        let key = SigningKey::generate(&mut self.rng);
        let until = self.now.plus(365 * DAY);
        self.issue_for(office, kinds, key, self.now, until)
    }

    /// Issues a certificate for a given key and licence period.
    pub fn issue_for(
        &mut self,
        office: &str,
        kinds: &[&str],
        key: SigningKey,
        from: Timestamp,
        until: Timestamp,
    ) -> TestDesk {
        let office: OfficeNumber = office.parse().expect("a test office has a number");
        let kinds: Vec<Kind> = kinds.iter().map(|kind| kind.parse().expect("a test kind is one")).collect();
        let request = Request::create(office, "みほん事業所", &kinds, &key).expect("a test request can be made");
        let grant = Grant { role: Role::Office, desk: 1, class: 0, from, until, issue_number: self.issue_number };
        self.issue_number += 1;
        let serial = Serial::random(&mut self.rng);
        let leaf = self.issuing.issue(&request, &grant, serial, self.now).expect("a test certificate can be made");
        self.note(Act::about(&leaf, Operation::Issue, self.now));
        TestDesk { key, leaf, issuer: self.issuing.ca().id() }
    }

    /// Revokes a certificate; the next [`TestAuthority::crl`] shows it.
    pub fn revoke(&mut self, leaf: &LeafIn, reason: Reason) {
        self.revoked.push(Revoked { serial: leaf.serial(), at: self.now, reason });
        self.note(Act::about(leaf, Operation::Revoke, self.now));
    }

    /// Makes a CRL of the issuing CA with the next number.
    pub fn crl(&mut self) -> CrlIn {
        self.number += 1;
        self.issuing.crl(self.number, self.now, &self.revoked).expect("a test CRL can be made")
    }

    /// Makes a CRL of root 1 with the next number.
    pub fn root_crl(&mut self) -> CrlIn {
        self.number += 1;
        self.root1.crl(self.number, self.now, &self.root_revoked).expect("a test CRL can be made")
    }

    /// Shows that a certificate stands in the log as it is now, which holds fewer than 512 leaves.
    #[must_use]
    pub fn inclusion(&self, leaf: &LeafIn) -> Inclusion {
        self.inclusion_by(leaf, &self.head())
    }

    /// The same by an earlier or another head.
    #[must_use]
    pub fn inclusion_by(&self, leaf: &LeafIn, head: &Signed<Head>) -> Inclusion {
        let wanted = Inclusion::act_of(leaf);
        let index = self.acts.iter().position(|act| *act == wanted).expect("the certificate stands in the log") as u64;
        let none = |_| Ok::<_, Infallible>(Vec::new());
        let Ok(Some(path)) = self.log.prove(index, head.value().size, none) else { panic!("a short log") };
        Inclusion::new(head.bytes().to_vec(), index, path)
    }

    /// Acts without a word in the log: what is done leaves no leaf.
    pub fn silently<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        let (log, acts) = (self.log.clone(), self.acts.clone());
        let done = act(self);
        (self.log, self.acts) = (log, acts);
        done
    }

    /// Puts an act into the log.
    pub fn note(&mut self, act: Act) {
        self.log.push(act.leaf_hash());
        self.acts.push(act);
    }

    /// Signs a log head.
    #[must_use]
    pub fn head(&self) -> Signed<Head> {
        Signed::sign(Head::of(&self.log, self.now), self.issuing.key()).expect("a test head can be made")
    }

    /// What the next trust bundle says.
    pub fn bundle(&mut self) -> Bundle {
        let root_crl = self.root_crl();
        self.number += 1;
        Bundle {
            number: self.number,
            time: self.now,
            roots: [&self.root1, &self.root2].map(|root| ByteBuf::from(root.ca().der())).to_vec(),
            issuing: vec![ByteBuf::from(self.issuing.ca().der())],
            root_crl: root_crl.der().to_vec(),
            policy: Vec::new(),
            bootstrap: Vec::new(),
            enforce_from: Timestamp(0),
            head: Some(ByteBuf::from(self.head().bytes())),
            ext: Ext::none(),
        }
    }

    /// Signs a trust bundle with root 1.
    #[must_use]
    pub fn sign(&self, bundle: Bundle) -> Vec<u8> {
        Signed::sign(bundle, self.root1.key()).expect("a test bundle can be signed").bytes().to_vec()
    }

    /// The trust of an office that has just installed the newest bundle and CRLs.
    pub fn trust(&mut self) -> Trust {
        let bundle = self.bundle();
        let mut trust = Trust::first(&self.sign(bundle), None).expect("a test bundle is good");
        let crl = self.crl();
        assert_eq!(trust.accept_crl(crl.der()), Ok(crate::crl::Outcome::New));
        trust
    }

    /// A random number, for tests that need one more.
    pub fn random(&mut self) -> u64 {
        self.rng.next_u64()
    }
}
