//! Whom to trust: pinned roots, the trust bundle and the newest CRLs.
//!
//! [`Trust`] is a value: cheap to clone, changed by offering it bundles and CRLs, asked with the
//! moment as an argument. Unknown, unreadable or stale means no.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{
    CertRevocationList, EndEntityCert, ExpirationPolicy, KeyUsage, RevocationCheckDepth, RevocationOptionsBuilder,
    UnknownStatusPolicy,
};

mod bundle;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use bundle::{Bundle, BundleError};
use bundle::{Checked, Signers, check, verify_head};

use crate::{
    certificate::{Ca, Leaf, LeafIn, ProfileError, in_force, oid},
    crl::{self, Crl, CrlIn, Freshness, Outcome},
    ids::Hash,
    log::Head,
    policy::Policy,
    signed::Signed,
    time::Timestamp,
};

/// Why a certificate is not trusted.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Distrust {
    /// Not a desk's certificate.
    #[error("not a desk's certificate")]
    Profile(#[from] ProfileError),
    /// Its issuing CA is not in the trust bundle.
    #[error("issued by a CA that is not in the trust bundle")]
    UnknownIssuer,
    /// The chain of signatures, or what its certificates may do, does not hold.
    #[error("the chain of certificates does not hold")]
    Chain,
    /// It, or a CA above it, is not valid yet.
    #[error("not valid yet")]
    NotYetValid,
    /// It, or a CA above it, is no longer valid.
    #[error("expired")]
    Expired,
    /// It, or a CA above it, is revoked.
    #[error("revoked")]
    Revoked,
    /// There is no CRL of its issuing CA, or none of the root.
    #[error("no revocation list of its issuer is at hand")]
    NoRevocation,
    /// The CRLs are in their days of grace, in which only partners already known are dealt with.
    #[error("the revocation list is past its date, and this is not a known partner")]
    OldRevocation,
    /// The CRLs are beyond grace.
    #[error("the revocation list is too old")]
    StaleRevocation,
}

/// Pinned roots, the trust bundle in force and the newest CRLs.
#[derive(Clone)]
pub struct Trust(Arc<State>);

#[derive(Clone)]
struct State {
    network: Hash,
    first_roots: [Ca; 2],
    bundle: Checked,
    /// The roots as webpki wants them.
    anchors: Vec<TrustAnchor<'static>>,
    /// By issuer id.
    crls: BTreeMap<Hash, Arc<Crl>>,
}

impl Trust {
    /// Begins with the first trust bundle, which its first root has signed, and pins its roots. With `pin` given, the
    /// first root must be that one; without, a person has to compare [`Trust::root_pin`].
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn first(bundle: &[u8], pin: Option<&Hash>) -> Result<Self, BundleError> {
        let (bundle, crl) = check(bundle, Signers::First)?;
        if pin.is_some_and(|pin| *pin != bundle.roots[0].id()) {
            return Err(BundleError::Pin);
        }
        Self::new(bundle.roots.clone(), bundle, crl)
    }

    /// Takes up again what was kept: the first roots ([`Trust::first_roots`]), the bundle in force
    /// ([`Trust::bundle_bytes`]) and the CRLs ([`Trust::crls`]), of which bad ones are left out.
    ///
    /// # Errors
    /// [`BundleError`] if what was kept is not what this type gave.
    pub fn restore(first_roots: [&[u8]; 2], bundle: &[u8], crls: &[Vec<u8>]) -> Result<Self, BundleError> {
        let first_roots = [Ca::parse(first_roots[0])?, Ca::parse(first_roots[1])?];
        let (bundle, crl) = check(bundle, Signers::Kept)?;
        let mut trust = Self::new(first_roots, bundle, crl)?;
        for crl in crls {
            // One that is damaged on disk will come again from a partner.
            let _ = trust.accept_crl(crl);
        }
        Ok(trust)
    }

    fn new(first_roots: [Ca; 2], bundle: Checked, crl: Crl) -> Result<Self, BundleError> {
        let made = || network_id(first_roots[0].der(), first_roots[1].der());
        let network = bundle.network.unwrap_or_else(made);
        let anchors = anchors(&bundle)?;
        let crls = BTreeMap::from([(crl.issuer(), Arc::new(crl))]);
        Ok(Self(Arc::new(State { network, first_roots, bundle, anchors, crls })))
    }

    /// Takes a later trust bundle: signed by a root of the one in force, with a higher number. A date from which proofs
    /// from the log are wanted may move, but not go.
    /// CRLs of CAs that it no longer names are dropped. One of a CA that another root has certified anew is kept: name
    /// and key are the same.
    ///
    /// # Errors
    /// [`BundleError`]; then nothing has changed.
    pub fn accept_bundle(&mut self, bytes: &[u8]) -> Result<Outcome, BundleError> {
        let (bundle, crl) = check(bytes, Signers::Of(&self.0.bundle.roots))?;
        let gone = self.0.bundle.network.is_some() && bundle.network.is_none();
        if gone || bundle.network.is_some_and(|network| network != self.0.network) {
            return Err(BundleError::Network);
        }
        let outcome = Outcome::of(
            Some((self.bundle().number, self.bundle_bytes())),
            (bundle.signed.value().number, bundle.signed.bytes()),
        );
        if outcome == Outcome::New {
            if self.bundle().enforce_from.0 != 0 && bundle.signed.value().enforce_from.0 == 0 {
                return Err(BundleError::Enforcement);
            }
            let anchors = anchors(&bundle)?;
            let state = Arc::make_mut(&mut self.0);
            (state.bundle, state.anchors) = (bundle, anchors);
            for (issuer, held) in std::mem::take(&mut state.crls) {
                let anew = || state.cas().find(|ca| held.names(ca));
                if state.cas().any(|ca| ca.id() == issuer) {
                    state.crls.insert(issuer, held);
                } else if let Some(crl) = anew().and_then(|ca| CrlIn::clone(&held).verify(ca).ok()) {
                    state.crls.insert(crl.issuer(), Arc::new(crl));
                }
            }
            // Whether the root's CRL was newer, known or older than ours changes no verdict on the
            // bundle.
            let _ = self.take_crl(crl);
        }
        Ok(outcome)
    }

    /// Takes a CRL of any CA in the bundle, root or issuing.
    ///
    /// # Errors
    /// [`crl::Error`]; then nothing has changed.
    pub fn accept_crl(&mut self, der: &[u8]) -> Result<Outcome, crl::Error> {
        let crl = CrlIn::parse(der)?;
        let issuer = self.0.cas().find(|ca| crl.names(ca)).ok_or(crl::Error::Issuer)?;
        // The one in force has been verified: the same bytes need not be again.
        if self.0.crls.get(&issuer.id()).is_some_and(|held| held.der() == crl.der()) {
            return Ok(Outcome::Known);
        }
        let crl = crl.verify(issuer)?;
        Ok(self.take_crl(crl))
    }

    fn take_crl(&mut self, crl: Crl) -> Outcome {
        let held = self.0.crls.get(&crl.issuer()).map(|held| (held.number(), held.der()));
        let outcome = Outcome::of(held, (crl.number(), crl.der()));
        if outcome == Outcome::New {
            Arc::make_mut(&mut self.0).crls.insert(crl.issuer(), Arc::new(crl));
        }
        outcome
    }

    /// Judges a desk's certificate at a moment: profile, chain to a root, validity, revocation of
    /// every link, age of the CRLs. `issuer` is the id of the issuing CA that it is said to be
    /// from; `known` says whether this is already a partner, who is dealt with in the days of
    /// grace too.
    ///
    /// # Errors
    /// [`Distrust`].
    pub fn judge(&self, leaf: &[u8], issuer: &Hash, now: Timestamp, known: bool) -> Result<Leaf, Distrust> {
        self.judge_with(LeafIn::parse(leaf)?, issuer, now, |_| known)
    }

    /// The same for a certificate already read; `known` is asked only in the days of grace.
    ///
    /// # Errors
    /// [`Distrust`].
    pub fn judge_with(
        &self,
        leaf: LeafIn,
        issuer: &Hash,
        now: Timestamp,
        known: impl FnOnce(&LeafIn) -> bool,
    ) -> Result<Leaf, Distrust> {
        let (ca, root) = self.0.issuing(issuer, &leaf)?;
        let crls = [self.0.crls.get(&ca.id()), self.0.crls.get(&root.id())];
        let [Some(crl), Some(root_crl)] = crls else {
            // What is wrong with the certificate itself is the better answer.
            self.0.chain(&leaf, (ca, root), now, &[])?;
            return Err(Distrust::NoRevocation);
        };
        self.0.chain(&leaf, (ca, root), now, &[crl.list(), root_crl.list()])?;
        fresh_enough(crl, root_crl, now, || known(&leaf))?;
        Ok(Leaf::judged(leaf, ca.id()))
    }

    /// Judges a certificate again that a trust of this network has once judged good: the
    /// signatures hold for ever, so only CAs in force, validity, revocation and the age of the
    /// CRLs are looked at. Takes microseconds, however long the CRL is; the verdict is that of
    /// [`Trust::judge`].
    ///
    /// # Errors
    /// [`Distrust`].
    pub fn judge_again(
        &self,
        leaf: &Leaf,
        now: Timestamp,
        known: impl FnOnce(&LeafIn) -> bool,
    ) -> Result<(), Distrust> {
        let (ca, root) = self.0.issuing(&leaf.issuer(), leaf)?;
        let periods = [
            (leaf.not_before(), leaf.not_after()),
            (ca.not_before(), ca.not_after()),
            (root.not_before(), root.not_after()),
        ];
        for (not_before, not_after) in periods {
            if !in_force(not_before, now, not_after) {
                return Err(if now < not_before { Distrust::NotYetValid } else { Distrust::Expired });
            }
        }
        let crls = [self.0.crls.get(&ca.id()), self.0.crls.get(&root.id())];
        let [Some(crl), Some(root_crl)] = crls else {
            return Err(Distrust::NoRevocation);
        };
        if crl.entry(&leaf.serial()).is_some() || root_crl.entry(&ca.serial()).is_some() {
            return Err(Distrust::Revoked);
        }
        fresh_enough(crl, root_crl, now, || known(leaf))
    }

    /// Judges everything but revocation: whether a peer is worth asking for newer CRLs.
    ///
    /// # Errors
    /// [`Distrust`], never about revocation.
    pub fn judge_but_revocation(&self, leaf: &[u8], issuer: &Hash, now: Timestamp) -> Result<LeafIn, Distrust> {
        let leaf = LeafIn::parse(leaf)?;
        self.0.chain(&leaf, self.0.issuing(issuer, &leaf)?, now, &[])?;
        Ok(leaf)
    }

    /// The network id: SHA-256("musubi/1 network" | DER root 1 | DER root 2) of the first roots that there ever were.
    #[must_use]
    pub fn network_id(&self) -> Hash {
        self.0.network
    }

    /// Its first 16 hexadecimal characters, as they stand in protocol names.
    #[must_use]
    pub fn short_network_id(&self) -> String {
        self.0.network.to_string()[..16].to_owned()
    }

    /// The root pin: SHA-256 of the DER of the first root 1.
    #[must_use]
    pub fn root_pin(&self) -> Hash {
        self.0.first_roots[0].id()
    }

    /// Says whether a root pin is that of this network: of the first root 1, or of the one that has taken its place.
    #[must_use]
    pub fn is_pinned_by(&self, pin: &Hash) -> bool {
        *pin == self.root_pin() || *pin == self.roots()[0].id()
    }

    /// The roots of the first bundle.
    #[must_use]
    pub fn first_roots(&self) -> &[Ca; 2] {
        &self.0.first_roots
    }

    /// The bundle in force.
    #[must_use]
    pub fn bundle(&self) -> &Bundle {
        self.0.bundle.signed.value()
    }

    /// The bundle in force as it was signed.
    #[must_use]
    pub fn bundle_bytes(&self) -> &[u8] {
        self.0.bundle.signed.bytes()
    }

    /// The licence policy in force.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.0.bundle.policy
    }

    /// The roots of the bundle in force.
    #[must_use]
    pub fn roots(&self) -> &[Ca; 2] {
        &self.0.bundle.roots
    }

    /// The issuing CAs in the bundle.
    pub fn issuing(&self) -> impl Iterator<Item = &Ca> {
        self.0.bundle.issuing.iter().map(|(ca, _)| ca)
    }

    /// The issuing CA that a certificate names, by key; its signature is not checked.
    #[must_use]
    pub fn issuer_of(&self, leaf: &LeafIn) -> Option<&Ca> {
        self.issuing().find(|ca| ca.key_id() == leaf.issuer_key_id())
    }

    /// The CRLs in force, at most one for each CA.
    pub fn crls(&self) -> impl Iterator<Item = &Crl> {
        self.0.crls.values().map(AsRef::as_ref)
    }

    /// Issuer ids and numbers of the CRLs in force, as the gate's hello has them.
    #[must_use]
    pub fn crl_numbers(&self) -> Vec<(Hash, u64)> {
        self.crls().map(|crl| (crl.issuer(), crl.number())).collect()
    }

    /// The CRLs that somebody with these numbers does not have yet.
    #[must_use]
    pub fn crls_newer_than(&self, theirs: &[(Hash, u64)]) -> Vec<Vec<u8>> {
        let newer = |crl: &&Crl| {
            let has = theirs.iter().find(|(issuer, _)| *issuer == crl.issuer());
            has.is_none_or(|(_, number)| *number < crl.number())
        };
        self.crls().filter(newer).map(|crl| crl.der().to_vec()).collect()
    }

    /// Says whether somebody with these numbers has a newer CRL of a CA that we know.
    #[must_use]
    pub fn is_behind(&self, theirs: &[(Hash, u64)]) -> bool {
        self.0.cas().any(|ca| {
            let ours = self.0.crls.get(&ca.id()).map(|crl| crl.number());
            theirs.iter().any(|(issuer, number)| *issuer == ca.id() && Some(*number) > ours)
        })
    }

    /// The CRL, among those that verdicts need now, whose nextUpdate comes first; `None` if one of
    /// them is not at hand.
    #[must_use]
    pub fn least_fresh(&self, now: Timestamp) -> Option<&Crl> {
        let in_use = self.0.bundle.issuing.iter().filter(|(ca, _)| in_force(ca.not_before(), now, ca.not_after()));
        let needed = in_use.flat_map(|(ca, root)| [ca.id(), self.0.bundle.roots[*root].id()]);
        let crls: Option<Vec<&Crl>> = needed.map(|id| self.0.crls.get(&id).map(AsRef::as_ref)).collect();
        crls?.into_iter().min_by_key(|crl| crl.next_update())
    }

    /// Reads a log head that an issuing CA of the bundle has signed.
    #[must_use]
    pub fn head(&self, bytes: &[u8]) -> Option<Signed<Head>> {
        verify_head(bytes, self.issuing())
    }

    /// Reads a log head of an issuing CA that is in force, and gives the CA's id too.
    #[must_use]
    pub fn head_in_force(&self, bytes: &[u8], now: Timestamp) -> Option<(Signed<Head>, Hash)> {
        let in_force: Vec<&Ca> = self.issuing().filter(|ca| self.is_in_force(&ca.id(), now)).collect();
        in_force.into_iter().find_map(|ca| Some((verify_head(bytes, [ca])?, ca.id())))
    }

    /// Says whether an issuing CA is in the bundle, within its validity and its root's, and not in its root's CRL, which
    /// has to be at hand.
    #[must_use]
    pub fn is_in_force(&self, ca: &Hash, now: Timestamp) -> bool {
        let Some((ca, root)) = self.0.bundle.issuing.iter().find(|(held, _)| held.id() == *ca) else { return false };
        let root = &self.0.bundle.roots[*root];
        let within = |ca: &Ca| in_force(ca.not_before(), now, ca.not_after());
        let revoked = self.0.crls.get(&root.id()).is_none_or(|crl| crl.entry(&ca.serial()).is_some());
        within(ca) && within(root) && !revoked
    }

    /// The log head that came with the bundle.
    #[must_use]
    pub fn bundled_head(&self) -> Option<Signed<Head>> {
        self.head(self.bundle().head.as_ref()?)
    }

    /// The newest time that the authority has signed in what is held here; trusted time learns it.
    #[must_use]
    pub fn newest_signed_time(&self) -> Timestamp {
        let head = self.bundled_head().map(|head| head.value().time);
        let crls = self.crls().map(|crl| crl.this_update());
        crls.chain(head).fold(self.bundle().time, Timestamp::max)
    }

    /// Says whether certificates count only with a proof from the log.
    #[must_use]
    pub fn wants_log_proof(&self, now: Timestamp) -> bool {
        let from = self.bundle().enforce_from;
        from.0 != 0 && from <= now
    }
}

impl Distrust {
    /// Whether it says nothing of the certificate itself, only that a list to judge it by is old or missing.
    #[must_use]
    pub const fn is_about_the_list(&self) -> bool {
        matches!(self, Self::NoRevocation | Self::OldRevocation | Self::StaleRevocation)
    }
}

impl State {
    fn cas(&self) -> impl Iterator<Item = &Ca> {
        self.bundle.roots.iter().chain(self.bundle.issuing.iter().map(|(ca, _)| ca))
    }

    /// The issuing CA of a certificate and its root. Where no CA has this id it is found by its key: when a root takes
    /// the place of another it certifies the issuing CAs anew, and one side may know of it before the other.
    fn issuing(&self, id: &Hash, leaf: &LeafIn) -> Result<(&Ca, &Ca), Distrust> {
        let by_id = self.bundle.issuing.iter().find(|(ca, _)| ca.id() == *id);
        let is_root = || self.bundle.roots.iter().any(|root| root.id() == *id);
        let by_key = || self.bundle.issuing.iter().find(|(ca, _)| ca.key_id() == leaf.issuer_key_id() && !is_root());
        let (ca, root) = by_id.or_else(by_key).ok_or(Distrust::UnknownIssuer)?;
        Ok((ca, &self.bundle.roots[*root]))
    }

    /// Has webpki judge the chain; without CRLs, all but revocation.
    fn chain(
        &self,
        leaf: &LeafIn,
        (ca, root): (&Ca, &Ca),
        now: Timestamp,
        crls: &[&CertRevocationList<'_>],
    ) -> Result<(), Distrust> {
        if leaf.issuer_key_id() != ca.key_id() {
            return Err(Distrust::Chain);
        }
        let (der, issuing) = (CertificateDer::from(leaf.der()), [CertificateDer::from(ca.der())]);
        let certificate = EndEntityCert::try_from(&der).map_err(distrust)?;
        let revocation = RevocationOptionsBuilder::new(crls).ok().map(|options| {
            options
                .with_depth(RevocationCheckDepth::Chain)
                .with_status_policy(UnknownStatusPolicy::Deny)
                // nextUpdate is judged with our own days of grace.
                .with_expiration_policy(ExpirationPolicy::Ignore)
                .build()
        });
        certificate
            .verify_for_usage(
                &[webpki::ring::ED25519],
                &self.anchors,
                &issuing,
                UnixTime::since_unix_epoch(Duration::from_secs(now.0)),
                // A `LeafIn` always has this usage; webpki would require it of the issuing CA too,
                // which has none.
                KeyUsage::required_if_present(oid::EKU_OFFICE_DER),
                revocation,
                None,
            )
            .map_err(distrust)?;
        // To webpki roots are trust anchors, whose dates it does not look at.
        if now < root.not_before() {
            return Err(Distrust::NotYetValid);
        }
        if root.not_after() < now { Err(Distrust::Expired) } else { Ok(()) }
    }
}

/// Judges the age of the two CRLs of a chain by the older.
fn fresh_enough(crl: &Crl, root_crl: &Crl, now: Timestamp, known: impl FnOnce() -> bool) -> Result<(), Distrust> {
    match Freshness::of(crl.next_update().min(root_crl.next_update()), now) {
        Freshness::Fresh => Ok(()),
        Freshness::Grace if known() => Ok(()),
        Freshness::Grace => Err(Distrust::OldRevocation),
        Freshness::Stale => Err(Distrust::StaleRevocation),
    }
}

fn anchors(bundle: &Checked) -> Result<Vec<TrustAnchor<'static>>, BundleError> {
    let anchor = |root: &Ca| {
        let der = CertificateDer::from(root.der());
        webpki::anchor_from_trusted_cert(&der).map(|anchor| anchor.to_owned()).map_err(|_| BundleError::Roots)
    };
    bundle.roots.iter().map(anchor).collect()
}

fn distrust(error: webpki::Error) -> Distrust {
    match error {
        webpki::Error::CertExpired { .. } => Distrust::Expired,
        webpki::Error::CertNotValidYet { .. } => Distrust::NotYetValid,
        webpki::Error::CertRevoked => Distrust::Revoked,
        webpki::Error::UnknownRevocationStatus => Distrust::NoRevocation,
        _ => Distrust::Chain,
    }
}

/// Computes the network id from the DER of two roots.
#[must_use]
pub fn network_id(root1: &[u8], root2: &[u8]) -> Hash {
    Hash::of(&[b"musubi/1 network", root1, root2])
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust")
            .field("network", &self.0.network)
            .field("bundle", &self.bundle().number)
            .field("crls", &self.crl_numbers())
            .finish()
    }
}
