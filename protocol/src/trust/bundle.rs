//! The trust bundle: which CAs exist, signed by a root and numbered.

use serde_bytes::ByteBuf;
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use crate::{
    cbor::{self, Ext},
    certificate::{Ca, ProfileError, Rank},
    crl::{self, Crl, CrlIn},
    ids::Hash,
    log::Head,
    policy::{Policy, PolicyError},
    signed::{self, Payload, Signed, Unverified},
    time::Timestamp,
};

/// The most issuing CAs in a bundle: one a year, and some to spare.
const MAX_ISSUING: usize = 32;

/// The extension that holds the network id, where the roots do not make it any more.
const EXT_NETWORK: u64 = 2;

/// What stands in a trust bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Bundle {
    /// Rises with every bundle.
    pub number: u64,
    /// When it was signed.
    pub time: Timestamp,
    /// The two roots, DER. The order of the first bundle makes the network id.
    pub roots: Vec<ByteBuf>,
    /// The issuing CAs, DER; also those of earlier years while desks below them are valid.
    pub issuing: Vec<ByteBuf>,
    /// The CRL of the root that issues, DER.
    #[serde(with = "serde_bytes")]
    pub root_crl: Vec<u8>,
    /// Licence policies, of which the first counts whose version is known here ([`Policy`]); none: nothing is charged.
    pub policy: Vec<ByteBuf>,
    /// Addresses of public nodes to begin with, as multiaddrs with a peer id.
    pub bootstrap: Vec<String>,
    /// From when on a certificate counts only with a proof from the log; 0 = never.
    pub enforce_from: Timestamp,
    /// The newest signed log head, as its bytes.
    #[serde(with = "cbor::optional")]
    pub head: Option<ByteBuf>,
    /// Extensions.
    pub ext: Ext,
}

impl Bundle {
    /// The extension that says which network this is: from the moment on at which a root was replaced, since the
    /// network id is made of the first two.
    #[must_use]
    pub fn network_ext(network: &Hash) -> Ext {
        Ext::of(vec![(EXT_NETWORK, network.0.to_vec())])
    }

    /// The network id, if the bundle says it.
    ///
    /// # Errors
    /// [`BundleError::Network`] if it has another length.
    pub fn network(&self) -> Result<Option<Hash>, BundleError> {
        let said = self.ext.get(EXT_NETWORK);
        said.map(|id| id.try_into().map(Hash).map_err(|_| BundleError::Network)).transpose()
    }
}

impl Payload for Bundle {
    const NAME: &'static str = "trust";
    const MAX: usize = 256 * 1024;

    fn ext(&self) -> &Ext {
        &self.ext
    }
}

/// Why a trust bundle was not accepted.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BundleError {
    /// Not a trust bundle, or not signed by a root we hold.
    #[error("not a trust bundle signed by a root of this network")]
    Signed(#[from] signed::Error),
    /// Not two different roots.
    #[error("the bundle does not hold two roots")]
    Roots,
    /// The first root is not the expected one.
    #[error("the first root is not the expected one")]
    Pin,
    /// It is another network's.
    #[error("the bundle is for another network")]
    Network,
    /// Too many issuing CAs, two of one name, or one that no root has signed.
    #[error("an issuing CA is not signed by a root, or two share a name")]
    Issuing,
    /// A CA's certificate is outside the profile.
    #[error("a CA in the bundle is not within the profile")]
    Ca(#[from] ProfileError),
    /// The root's CRL is not good.
    #[error("the root's CRL is not good")]
    Crl(#[from] crl::Error),
    /// The licence policy cannot be read.
    #[error("the licence policy cannot be read")]
    Policy(#[from] PolicyError),
    /// The date from which proofs from the log are wanted is gone.
    #[error("the date from which the public log has to show certificates is gone")]
    Enforcement,
    /// The log head is not signed by an issuing CA.
    #[error("the log head is not signed by an issuing CA")]
    Head,
}

/// A bundle taken apart, everything in it checked against its own roots.
#[derive(Clone)]
pub(super) struct Checked {
    pub(super) signed: Signed<Bundle>,
    pub(super) roots: [Ca; 2],
    /// Each with the place of its root.
    pub(super) issuing: Vec<(Ca, usize)>,
    pub(super) policy: Policy,
    /// The network id, if the bundle says it.
    pub(super) network: Option<Hash>,
}

/// Who may have signed a bundle.
#[derive(Clone, Copy)]
pub(super) enum Signers<'a> {
    /// The first bundle: its own first root, which a person or an invitation compares. Nobody knows the second by then, so
    /// that whoever may sign by it could put a root of his own beside the true first one.
    First,
    /// One that was accepted before: either of its own roots.
    Kept,
    /// A later one: the roots of the one in force.
    Of(&'a [Ca; 2]),
}

/// Reads a bundle and checks it.
pub(super) fn check(bytes: &[u8], signers: Signers<'_>) -> Result<(Checked, Crl), BundleError> {
    let unverified = Unverified::<Bundle>::from_bytes(bytes)?;
    let [first, second] = &unverified.claim().roots[..] else {
        return Err(BundleError::Roots);
    };
    let roots = [Ca::parse(first)?, Ca::parse(second)?];
    if roots.iter().any(|root| root.rank() != Rank::Root) || roots[0].key() == roots[1].key() {
        return Err(BundleError::Roots);
    }
    // Two roots of one name would leave open whose certificate and CRL is meant.
    if roots[0].subject() == roots[1].subject() {
        return Err(BundleError::Roots);
    }
    let signed = match signers {
        Signers::First => unverified.verify(roots[0].key())?,
        Signers::Kept => signed_by_one(unverified, &roots)?,
        Signers::Of(signers) => signed_by_one(unverified, signers)?,
    };
    let bundle = signed.value();
    if bundle.issuing.len() > MAX_ISSUING {
        return Err(BundleError::Issuing);
    }
    let mut issuing = Vec::<(Ca, usize)>::with_capacity(bundle.issuing.len());
    for der in &bundle.issuing {
        let ca = Ca::parse(der)?;
        let root = roots.iter().position(|root| ca.is_signed_by(root)).ok_or(BundleError::Issuing)?;
        if ca.rank() != Rank::Issuing || issuing.iter().any(|(other, _)| other.subject() == ca.subject()) {
            return Err(BundleError::Issuing);
        }
        issuing.push((ca, root));
    }
    let crl = CrlIn::parse(&bundle.root_crl)?;
    let root = roots.iter().find(|root| crl.names(root)).ok_or(crl::Error::Issuer)?;
    let crl = crl.verify(root)?;
    if let Some(head) = &bundle.head {
        verify_head(head, issuing.iter().map(|(ca, _)| ca)).ok_or(BundleError::Head)?;
    }
    let (policy, network) = (policy_of(bundle)?, bundle.network()?);
    Ok((Checked { signed, roots, issuing, policy, network }, crl))
}

/// The first policy of a known version. One that is damaged is no reason to look further.
fn policy_of(bundle: &Bundle) -> Result<Policy, PolicyError> {
    for bytes in &bundle.policy {
        match Policy::from_bytes(bytes) {
            Err(PolicyError::Version(_)) => {}
            other => return other,
        }
    }
    Ok(Policy::none())
}

/// Reads a log head that one of these CAs has signed.
pub(super) fn verify_head<'a>(bytes: &[u8], cas: impl IntoIterator<Item = &'a Ca>) -> Option<Signed<Head>> {
    let head = Unverified::<Head>::from_bytes(bytes).ok()?;
    cas.into_iter().find_map(|ca| head.clone().verify(ca.key()).ok())
}

fn signed_by_one(bundle: Unverified<Bundle>, roots: &[Ca; 2]) -> Result<Signed<Bundle>, signed::Error> {
    match bundle.clone().verify(roots[0].key()) {
        Ok(signed) => Ok(signed),
        Err(_) => bundle.verify(roots[1].key()),
    }
}
