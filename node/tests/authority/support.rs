//! An authority, requests, and what an office has after it has installed a file.

use std::{
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use ed25519_dalek::SigningKey;
use musubi_node::authority::{Authority, Error, Issued, Period};
use musubi_protocol::{
    certificate::{
        LeafIn,
        material::{self, Material},
    },
    crl::{CrlIn, Outcome},
    ids::{Hash, Kind},
    request::Request,
    signed::Unverified,
    time::Timestamp,
    trust::{Distrust, Trust},
};
use musubi_store::keyfile::{Cost, Passphrase};
use rand::{SeedableRng, rngs::StdRng};
use tempfile::TempDir;

/// 2026-11-22T12:00:00+09:00.
pub const NOW: Timestamp = Timestamp(1_795_316_400);
pub const HOUR: u64 = 3_600;

pub fn passphrase(text: &str) -> Passphrase {
    // As cheap as the key file allows: what is tested here is not its cost.
    Passphrase::new(text.to_owned()).with_cost(Cost { memory_kib: 8, passes: 1, lanes: 1 })
}

pub fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

pub fn authority() -> (TempDir, Authority) {
    let dir = tempfile::tempdir().unwrap();
    let (authority, _) = found(dir.path()).unwrap();
    (dir, authority)
}

pub fn found(dir: &Path) -> Result<(Authority, musubi_node::authority::Founded), Error> {
    Authority::init(dir, "見本中央機関", &passphrase("right"), NOW, &mut rng(1))
}

pub fn reopen(dir: &TempDir, authority: Authority) -> Authority {
    drop(authority);
    Authority::open(dir.path(), &passphrase("right")).unwrap()
}

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub fn request(office: &str, kinds: &[&str], key: &SigningKey) -> Vec<u8> {
    let kinds: Vec<Kind> = kinds.iter().map(|kind| kind.parse().unwrap()).collect();
    let request = Request::create(office.parse().unwrap(), "みほん通所", &kinds, key).unwrap();
    material::to_pem([(material::REQUEST, request.der())]).into_bytes()
}

pub fn issue(authority: &mut Authority, office: &str, kinds: &[&str], key: &SigningKey) -> Result<Issued, Error> {
    issue_at(authority, office, kinds, key, NOW)
}

pub fn issue_at(
    authority: &mut Authority,
    office: &str,
    kinds: &[&str],
    key: &SigningKey,
    now: Timestamp,
) -> Result<Issued, Error> {
    // Whoever draws the same numbers again gets no certificate: each issue has its own seed.
    static SEED: AtomicU64 = AtomicU64::new(100);
    let mut rng = rng(SEED.fetch_add(1, Ordering::Relaxed));
    authority.issue(&request(office, kinds, key), Period::default(), now, &mut rng)
}

/// What an office has after it has installed a file.
pub struct Installed {
    pub trust: Trust,
    pub leaf: LeafIn,
}

impl Installed {
    pub fn judge(&self, now: Timestamp) -> Result<(), Distrust> {
        let issuer = self.trust.issuer_of(&self.leaf).ok_or(Distrust::UnknownIssuer)?.id();
        self.trust.judge(self.leaf.der(), &issuer, now, false).map(|_| ())
    }

    pub fn take(&mut self, crls: &str) -> Vec<Outcome> {
        let items = material::read(crls.as_bytes()).unwrap();
        items.iter().map(|item| self.trust.accept_crl(item.bytes()).unwrap()).collect()
    }
}

pub fn install(pem: &str, pin: &Hash) -> Installed {
    let items = material::read(pem.as_bytes()).unwrap();
    let bundle = items.iter().find(|item| matches!(item, Material::TrustBundle(_))).unwrap();
    let mut trust = Trust::first(bundle.bytes(), Some(pin)).unwrap();
    for item in &items {
        match item {
            Material::Crl(crl) => drop(trust.accept_crl(crl.der()).unwrap()),
            Material::Head(head) => drop(trust.head(head).unwrap()),
            _ => {}
        }
    }
    let Material::Leaf(leaf) = items.into_iter().next().unwrap() else { panic!("the leaf comes first") };
    Installed { trust, leaf }
}

pub fn crls(file: &str) -> Vec<CrlIn> {
    let read = |item| match item {
        Material::Crl(crl) => crl,
        other => panic!("a {} among CRLs", other.label()),
    };
    material::read(file.as_bytes()).unwrap().into_iter().map(read).collect()
}

pub fn head_size(pem: &str) -> u64 {
    let items = material::read(pem.as_bytes()).unwrap();
    let head = items.iter().find(|item| matches!(item, Material::Head(_))).unwrap();
    let head = Unverified::<musubi_protocol::log::Head>::from_bytes(head.bytes()).unwrap();
    head.claim().size
}
