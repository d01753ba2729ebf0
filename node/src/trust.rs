//! Roots, lists and heads: kept on disk, shared in memory, and the time that they vouch for.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError, RwLock},
    time::Instant,
};

use musubi_protocol::{
    certificate::{
        Leaf, LeafIn,
        material::{self, Material},
    },
    crl::{self, CrlIn, Outcome},
    ids::Hash,
    log::{Fork, Head, Inclusion, Side},
    news::Known,
    signed::Signed,
    time::{Timestamp, Trusted},
    trust::{BundleError, Distrust, Trust},
};
use serde_bytes::ByteBuf;

use crate::{
    api::types::{Installed, InstalledItem},
    clock::Clock,
    db::{Db, DbError, Writes},
    desk::Kept,
    transparency,
};

/// Names of single values.
const FIRST_ROOTS: &str = "first roots";
const BUNDLE: &str = "trust bundle";
const HEAD: &str = "log head";
const TRUSTED_TIME: &str = "trusted time";

/// Certificates that are remembered as good; some 3 KiB each.
const MAX_GOOD: usize = 4096;

/// What this node trusts, and the clock that judges it.
pub struct TrustKeeper {
    held: RwLock<Held>,
    /// Certificates that were judged good before, by hash: their signatures need not be checked again.
    good: Mutex<HashMap<Hash, Leaf>>,
    trusted: Mutex<Option<Trusted>>,
    clock: Clock,
    started: Instant,
}

#[derive(Default)]
struct Held {
    trust: Option<Trust>,
    head: Option<Signed<Head>>,
}

/// Why material was not installed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// A file is not one of ours, or damaged.
    #[error("file {index} cannot be read")]
    Material {
        /// Which of the files, from 0.
        index: usize,
        /// Why.
        #[source]
        source: material::Error,
    },
    /// The trust bundle is not good.
    #[error("the trust bundle is refused")]
    Bundle(#[source] BundleError),
    /// The roots are not the ones that were announced.
    #[error("the roots have another fingerprint: {found}")]
    Pin {
        /// SHA-256 of root 1's DER as found.
        found: Hash,
    },
    /// Nothing can be judged before the first trust bundle.
    #[error("no trust bundle is installed or among the files")]
    NoTrust,
    /// A revocation list is not good.
    #[error("a revocation list is refused")]
    Crl(#[source] crl::Error),
    /// Same number, other bytes: somebody signs two truths.
    #[error("a second {0} under the same number")]
    Alarm(&'static str),
    /// The certificate answers no request of this directory.
    #[error("the certificate is for {office} and answers no request made here")]
    NoRequest {
        /// The certificate's office number.
        office: String,
    },
    /// The certificate is not good.
    #[error("the certificate is refused")]
    Certificate(#[source] Distrust),
    /// The store refused.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What an installation changed, ready to be written and then taken over.
pub struct Installation {
    /// The report.
    pub report: Installed,
    /// Writes to commit.
    pub writes: Writes,
    /// Desks with a certificate more.
    pub desks: Vec<Kept>,
    held: Held,
}

impl TrustKeeper {
    /// Takes up what was kept; `clock` is the one on the wall.
    ///
    /// # Errors
    /// [`InstallError::Db`] if the store refuses, [`InstallError::Bundle`] if what was kept is damaged.
    pub fn load(db: &Db, clock: Clock) -> Result<Self, InstallError> {
        let roots: Option<(ByteBuf, ByteBuf)> = db.meta(FIRST_ROOTS)?;
        let bundle: Option<ByteBuf> = db.meta(BUNDLE)?;
        let mut held = Held::default();
        if let (Some((one, two)), Some(bundle)) = (roots, bundle) {
            let trust = Trust::restore([&one, &two], &bundle, &db.crls()?).map_err(InstallError::Bundle)?;
            let head: Option<ByteBuf> = db.meta(HEAD)?;
            held.head = head.and_then(|head| trust.head(&head)).or_else(|| trust.bundled_head());
            held.trust = Some(trust);
        }
        let started = Instant::now();
        let kept: Option<Timestamp> = db.meta(TRUSTED_TIME)?;
        let signed = held.newest_signed_time();
        let trusted = kept.max(signed).map(|time| Trusted::new(time, started.elapsed()));
        Ok(Self { held: RwLock::new(held), good: Mutex::default(), trusted: Mutex::new(trusted), clock, started })
    }

    /// Judges a certificate now, of a desk that is known. The signatures of one that was good before are not checked
    /// again; everything else is, each time ([`Trust::judge_again`]).
    ///
    /// # Errors
    /// [`Distrust`]; without trust data nothing is good.
    pub fn certificate(&self, der: &[u8], issuer: &Hash) -> Result<Leaf, Distrust> {
        let (trust, now) = (self.trust().ok_or(Distrust::UnknownIssuer)?, self.now());
        let hash = Hash::of(&[der]);
        let good = || self.good.lock().unwrap_or_else(PoisonError::into_inner);
        let before = good().get(&hash).filter(|leaf| leaf.issuer() == *issuer).cloned();
        if let Some(leaf) = before {
            trust.judge_again(&leaf, now, |_| true)?;
            return Ok(leaf);
        }
        let leaf = trust.judge(der, issuer, now, true)?;
        let mut good = good();
        if good.len() >= MAX_GOOD {
            // All of them are judged in full once more: that is slow, not wrong.
            good.clear();
        }
        good.insert(hash, leaf.clone());
        Ok(leaf)
    }

    /// What is trusted now; cheap to take.
    #[must_use]
    pub fn trust(&self) -> Option<Trust> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).trust.clone()
    }

    /// Says whether the licence of a certificate covers something sealed at that time, by the policy in force; without
    /// trust nothing is covered.
    #[must_use]
    pub fn covers(&self, leaf: &LeafIn, sealed_at: Timestamp) -> bool {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.trust.as_ref().is_some_and(|trust| trust.policy().covers(leaf, sealed_at))
    }

    /// Size and root of the authority's log in the newest head; zeros without one.
    #[must_use]
    pub fn log_seen(&self) -> (u64, Hash) {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.head.as_ref().map_or((0, Hash::ZERO), |head| (head.value().size, head.value().root))
    }

    /// What is known of lists, bundle and log, as others are told; nothing without trust.
    #[must_use]
    pub fn known(&self) -> Known {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let log = held.head.as_ref().map_or(0, |head| head.value().size);
        held.trust.as_ref().map(|trust| Known::of(trust, log)).unwrap_or_default()
    }

    /// The newest head of the authority's log that is held.
    #[must_use]
    pub fn head(&self) -> Option<Signed<Head>> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).head.clone()
    }

    /// Trusted time, which irreversible acts wait for; `None` before anything signed was seen.
    #[must_use]
    pub fn trusted_time(&self) -> Option<Timestamp> {
        let trusted = self.trusted.lock().unwrap_or_else(PoisonError::into_inner);
        trusted.map(|trusted| trusted.at(self.started.elapsed()))
    }

    /// The time that reversible decisions use: the later of clock and trusted time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now().max(self.trusted_time().unwrap_or_default())
    }

    /// What the clock on the wall shows, right or wrong: for showing it, not for deciding.
    #[must_use]
    pub fn wall(&self) -> Timestamp {
        self.clock.now()
    }

    /// Notes how far trusted time has run, so that it goes on from there after a restart.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn persist_time(&self, writes: &mut Writes) -> Result<(), DbError> {
        match self.trusted_time() {
            Some(time) => writes.meta(TRUSTED_TIME, &time),
            None => Ok(()),
        }
    }

    /// Reads and judges files without changing anything yet. A certificate counts only if it answers the request of
    /// one of `desks`.
    ///
    /// # Errors
    /// [`InstallError`]; then nothing of the files is taken.
    pub fn examine(
        &self,
        db: &Db,
        desks: &[Kept],
        files: &[Vec<u8>],
        pin: Option<Hash>,
    ) -> Result<Installation, InstallError> {
        let mut items = Vec::new();
        for (index, file) in files.iter().enumerate() {
            items.extend(material::read(file).map_err(|source| InstallError::Material { index, source })?);
        }
        self.judge(db, desks, items, pin)
    }

    /// As [`Self::examine`] for one CRL in DER, and for nothing else.
    ///
    /// # Errors
    /// [`InstallError`].
    pub fn examine_crl(&self, db: &Db, der: &[u8]) -> Result<Installation, InstallError> {
        let crl = CrlIn::parse(der).map_err(InstallError::Crl)?;
        self.judge(db, &[], vec![Material::Crl(crl)], None)
    }

    /// As [`Self::examine`] for one trust bundle as it was signed.
    ///
    /// # Errors
    /// [`InstallError`].
    pub fn examine_bundle(&self, db: &Db, bytes: Vec<u8>) -> Result<Installation, InstallError> {
        self.judge(db, &[], vec![Material::TrustBundle(bytes)], None)
    }

    /// As [`Self::examine`] for one log head.
    ///
    /// # Errors
    /// [`InstallError`].
    pub fn examine_head(&self, db: &Db, bytes: Vec<u8>) -> Result<Installation, InstallError> {
        self.judge(db, &[], vec![Material::Head(bytes)], None)
    }

    fn judge(
        &self,
        db: &Db,
        desks: &[Kept],
        mut items: Vec<Material>,
        pin: Option<Hash>,
    ) -> Result<Installation, InstallError> {
        // Each kind is judged by the one before: roots, then lists, then certificates.
        items.sort_by_key(|item| match item {
            Material::TrustBundle(_) => 0,
            Material::Ca(_) => 1,
            Material::Crl(_) => 2,
            Material::Head(_) => 3,
            // Of a certificate that may come along.
            Material::Proof(..) => 5,
            _ => 4,
        });
        let held = {
            let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
            Held { trust: held.trust.clone(), head: held.head.clone() }
        };
        let mut examination = Examination {
            now: self.now(),
            db,
            pin,
            desks: desks.to_vec(),
            changed: Vec::new(),
            report: Installed::default(),
            writes: Writes::new(),
            leaves: Vec::new(),
            held,
        };
        for item in items {
            examination.item(item)?;
        }
        let desks = examination.desks.into_iter().filter(|desk| examination.changed.contains(&desk.number())).collect();
        Ok(Installation { report: examination.report, writes: examination.writes, desks, held: examination.held })
    }

    /// Takes over what was written.
    pub fn adopt(&self, installation: Installation) {
        let signed = installation.held.newest_signed_time();
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = installation.held;
        if let Some(signed) = signed {
            let elapsed = self.started.elapsed();
            let mut trusted = self.trusted.lock().unwrap_or_else(PoisonError::into_inner);
            trusted.get_or_insert(Trusted::new(signed, elapsed)).learn(signed, elapsed);
        }
    }
}

impl Held {
    fn newest_signed_time(&self) -> Option<Timestamp> {
        let trust = self.trust.as_ref()?.newest_signed_time();
        Some(self.head.as_ref().map_or(trust, |head| head.value().time.max(trust)))
    }
}

/// Judges one installation item by item.
struct Examination<'a> {
    now: Timestamp,
    db: &'a Db,
    pin: Option<Hash>,
    desks: Vec<Kept>,
    changed: Vec<u16>,
    report: Installed,
    writes: Writes,
    /// Certificates of desks here among the items.
    leaves: Vec<LeafIn>,
    held: Held,
}

const fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::New => "installed",
        Outcome::Known => "known",
        Outcome::Older => "older",
        Outcome::Alarm => "alarm",
    }
}

impl Examination<'_> {
    fn note(&mut self, kind: &str, outcome: &str, subject: Option<String>) {
        self.report.items.push(InstalledItem { kind: kind.into(), outcome: outcome.into(), subject });
    }

    fn item(&mut self, item: Material) -> Result<(), InstallError> {
        match item {
            Material::TrustBundle(bytes) => self.bundle(&bytes),
            Material::Ca(ca) => {
                // CA certificates count only out of the trust bundle; beside it they are for other tools.
                let trust = self.held.trust.as_ref().ok_or(InstallError::NoTrust)?;
                let in_bundle = trust.issuing().any(|held| held.id() == ca.id())
                    || trust.bundle().roots.iter().any(|root| Hash::of(&[root]) == ca.id());
                self.note("ca", if in_bundle { "known" } else { "not_ours" }, None);
                Ok(())
            }
            Material::Crl(crl) => {
                let number = crl.number().to_string();
                let trust = self.held.trust.as_mut().ok_or(InstallError::NoTrust)?;
                let outcome = trust.accept_crl(crl.der()).map_err(InstallError::Crl)?;
                match outcome {
                    Outcome::Alarm => return Err(InstallError::Alarm("revocation list")),
                    Outcome::New => {
                        let issuer = trust.crls().find(|held| held.der() == crl.der()).map(|held| held.issuer());
                        if let Some(issuer) = issuer {
                            self.writes.crl(self.db, &issuer, crl.der())?;
                        }
                    }
                    Outcome::Known | Outcome::Older => {}
                }
                self.note("crl", outcome_name(&outcome), Some(number));
                Ok(())
            }
            Material::Head(bytes) => self.head(&bytes),
            Material::Leaf(leaf) => self.leaf(leaf),
            Material::Proof(certificate, proof, _) => self.proof(&certificate, &proof),
            _ => {
                self.note("request", "not_ours", None);
                Ok(())
            }
        }
    }

    fn bundle(&mut self, bytes: &[u8]) -> Result<(), InstallError> {
        let outcome = if let Some(trust) = &mut self.held.trust {
            if let Some(pin) = self.pin
                && !trust.is_pinned_by(&pin)
            {
                return Err(InstallError::Pin { found: trust.root_pin() });
            }
            trust.accept_bundle(bytes).map_err(InstallError::Bundle)?
        } else {
            let first = Trust::first(bytes, None).map_err(InstallError::Bundle)?;
            if self.pin.is_some_and(|pin| pin != first.root_pin()) {
                return Err(InstallError::Pin { found: first.root_pin() });
            }
            let [one, two] = first.first_roots();
            let roots = (ByteBuf::from(one.der().to_vec()), ByteBuf::from(two.der().to_vec()));
            self.writes.meta(FIRST_ROOTS, &roots)?;
            self.report.pinned_root = Some(first.root_pin().to_string());
            self.held.trust = Some(first);
            Outcome::New
        };
        if outcome == Outcome::Alarm {
            return Err(InstallError::Alarm("trust bundle"));
        }
        if outcome == Outcome::New {
            self.writes.meta(BUNDLE, &ByteBuf::from(bytes.to_vec()))?;
            // The root's list came inside the bundle; kept beside the others it survives the next one.
            let trust = self.held.trust.as_ref().ok_or(InstallError::NoTrust)?;
            for crl in trust.crls() {
                self.writes.crl(self.db, &crl.issuer(), crl.der())?;
            }
            if let Some(head) = trust.bundled_head() {
                self.take_head(head)?;
            }
        }
        let number = self.held.trust.as_ref().map(|trust| trust.bundle().number.to_string());
        self.note("trust_bundle", outcome_name(&outcome), number);
        Ok(())
    }

    fn head(&mut self, bytes: &[u8]) -> Result<(), InstallError> {
        let trust = self.held.trust.as_ref().ok_or(InstallError::NoTrust)?;
        let Some(head) = trust.head(bytes) else {
            self.note("log_head", "not_ours", None);
            return Ok(());
        };
        let size = head.value().size;
        let outcome = if self.take_head(head)? { "installed" } else { "known" };
        self.note("log_head", outcome, Some(size.to_string()));
        Ok(())
    }

    /// Takes a head that reaches further than the one held, or as far with a later time.
    fn take_head(&mut self, head: Signed<Head>) -> Result<bool, InstallError> {
        let reach = |head: &Signed<Head>| (head.value().size, head.value().time);
        if let Some(held) = &self.held.head {
            if held.value().size == head.value().size && held.value().root != head.value().root {
                let (ours, theirs) = (Side::of(held), Side::of(&head));
                transparency::keep_fork(self.db, &Fork { size: head.value().size, ours, theirs })?;
                return Err(InstallError::Alarm("log head"));
            }
            if reach(held) >= reach(&head) {
                return Ok(false);
            }
        }
        self.writes.meta(HEAD, &ByteBuf::from(head.bytes().to_vec()))?;
        self.held.head = Some(head);
        Ok(true)
    }

    fn leaf(&mut self, leaf: LeafIn) -> Result<(), InstallError> {
        let office = leaf.office().to_string();
        let trust = self.held.trust.as_ref().ok_or(InstallError::NoTrust)?;
        let desk = self
            .desks
            .iter_mut()
            .find(|desk| desk.matches(&leaf))
            .ok_or_else(|| InstallError::NoRequest { office: office.clone() })?;
        let unknown = || InstallError::Certificate(Distrust::UnknownIssuer);
        let issuer = trust.issuer_of(&leaf).ok_or_else(unknown)?.id();
        trust.judge(leaf.der(), &issuer, self.now, true).map_err(InstallError::Certificate)?;
        let hash = leaf.hash();
        let new = desk.add_certificate(hash);
        if new {
            self.changed.push(desk.number());
            self.writes.desk(desk.number(), desk)?;
            self.writes.certificate(&hash, &issuer, leaf.der())?;
        }
        self.note("certificate", if new { "installed" } else { "known" }, Some(office));
        self.leaves.push(leaf);
        Ok(())
    }

    /// Keeps the proof that an own certificate stands in the log. One that does not hold is as good as none: the node finds
    /// it in the log itself.
    fn proof(&mut self, certificate: &Hash, proof: &Inclusion) -> Result<(), InstallError> {
        let trust = self.held.trust.as_ref().ok_or(InstallError::NoTrust)?;
        let ours = self.desks.iter().any(|desk| desk.certificates().contains(certificate));
        let beside = self.leaves.iter().find(|leaf| leaf.hash() == *certificate).cloned();
        let leaf = match beside {
            None if ours => self.db.certificate(certificate)?.and_then(|(_, der)| LeafIn::parse(&der).ok()),
            beside => beside,
        };
        let holds = leaf.is_some_and(|leaf| proof.verify(&leaf, trust, self.now).is_ok());
        if holds {
            transparency::keep_proof(&mut self.writes, certificate, proof)?;
        }
        self.note("log_proof", if holds { "installed" } else { "not_ours" }, None);
        Ok(())
    }
}
