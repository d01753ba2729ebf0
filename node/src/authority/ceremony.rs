//! What a root is asked to sign. Roots are kept on a computer without a network: the authority writes a request, somebody
//! carries it there, and what comes back is the next trust bundle.
//!
//! ```text
//! request = CBOR [1, organisation, [] or [bundle in force], [root, root], [[name, key, from, until, [] or [certificate], proof], ..],
//!                 [serial number, ..], [policy, ..], [bootstrap, ..], enforce from, [] or [log head]]
//! ```
//!
//! The roots are those of the bundle to be, and the first of them signs it; the list is of its issuing CAs, each with the
//! certificate that it has so far; then come the serial numbers of CAs to be revoked. *proof* is a signature by the CA's
//! key, so that nobody has a key certified that he does not hold. As a file a request is PEM.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use musubi_protocol::{
    cbor,
    certificate::{Ca, Rank, Serial, material},
    ids::Hash,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use super::{Error, records::Public};

/// PEM label of requests to a root; ours.
const LABEL: &str = "MUSUBI ROOT REQUEST";
const VERSION: u8 = 1;
/// The longest request: a trust bundle and what the next one says.
const MAX: usize = 1 << 20;

/// What a root is asked to sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct RootRequest {
    version: u8,
    /// The authority's name, O of its CAs.
    pub(super) organisation: String,
    /// The trust bundle in force; none: the authority is founded by this.
    #[serde(with = "cbor::optional")]
    pub(super) base: Option<ByteBuf>,
    /// The two roots of the bundle to be; the first signs it.
    pub(super) roots: Vec<ByteBuf>,
    /// Its issuing CAs.
    pub(super) cas: Vec<CaWanted>,
    /// CAs to be revoked.
    pub(super) revoke: Vec<ByteBuf>,
    pub(super) policy: Vec<ByteBuf>,
    pub(super) bootstrap: Vec<String>,
    pub(super) enforce_from: Timestamp,
    #[serde(with = "cbor::optional")]
    pub(super) head: Option<ByteBuf>,
}

/// An issuing CA of the bundle to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub(super) struct CaWanted {
    pub(super) name: String,
    pub(super) key: ByteBuf,
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    /// The certificate that it has so far.
    #[serde(with = "cbor::optional")]
    pub(super) held: Option<ByteBuf>,
    proof: ByteBuf,
}

#[derive(Serialize)]
struct Proven<'a>(&'static str, &'a str, &'a str, &'a [u8], u64, u64);

impl CaWanted {
    pub(super) fn new(
        organisation: &str,
        name: &str,
        key: &SigningKey,
        (from, until): (Timestamp, Timestamp),
        held: Option<&Ca>,
    ) -> Result<Self, Error> {
        let key_bytes = key.verifying_key().to_bytes();
        let proven = proven(organisation, name, &key_bytes, from, until)?;
        Ok(Self {
            name: name.to_owned(),
            key: ByteBuf::from(key_bytes),
            from,
            until,
            held: held.map(|ca| ByteBuf::from(ca.der())),
            proof: ByteBuf::from(key.sign(&proven).to_bytes()),
        })
    }

    /// The key, if whoever asks has shown that he holds it.
    pub(super) fn key(&self, organisation: &str) -> Result<VerifyingKey, Error> {
        let bytes: [u8; 32] = self.key.as_slice().try_into().map_err(|_| Error::RootRequest)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| Error::RootRequest)?;
        let proof = Signature::from_slice(&self.proof).map_err(|_| Error::RootRequest)?;
        let proven = proven(organisation, &self.name, &bytes, self.from, self.until)?;
        key.verify_strict(&proven, &proof).map_err(|_| Error::RootRequest)?;
        Ok(key)
    }
}

fn proven(organisation: &str, name: &str, key: &[u8], from: Timestamp, until: Timestamp) -> Result<Vec<u8>, Error> {
    Ok(cbor::to_vec(&Proven("musubi/1 issuing CA", organisation, name, key, from.0, until.0))?)
}

impl RootRequest {
    pub(super) fn new(organisation: &str, base: Option<&[u8]>, roots: [&Ca; 2], cas: Vec<CaWanted>) -> Self {
        Self {
            version: VERSION,
            organisation: organisation.to_owned(),
            base: base.map(ByteBuf::from),
            roots: roots.iter().map(|root| ByteBuf::from(root.der())).collect(),
            cas,
            revoke: Vec::new(),
            policy: Vec::new(),
            bootstrap: Vec::new(),
            enforce_from: Timestamp(0),
            head: None,
        }
    }

    /// Takes over what the bundle is to say beside CAs.
    pub(super) fn says(mut self, public: &Public, revoke: &[Serial], head: &[u8]) -> Result<Self, Error> {
        self.policy = public.policy_bytes()?;
        self.bootstrap.clone_from(&public.bootstrap);
        self.enforce_from = public.enforce_from;
        self.revoke = revoke.iter().map(|serial| ByteBuf::from(serial.as_bytes().as_slice())).collect();
        self.head = Some(ByteBuf::from(head));
        Ok(self)
    }

    /// The request as a file.
    ///
    /// # Errors
    /// [`Error::Record`].
    pub fn to_pem(&self) -> Result<String, Error> {
        Ok(material::to_pem([(LABEL, &*cbor::to_vec(self)?)]))
    }

    /// Reads a file; what it asks for is judged by whoever signs.
    ///
    /// # Errors
    /// [`Error::RootRequest`].
    pub fn from_pem(file: &[u8]) -> Result<Self, Error> {
        let pem = pem::parse(file).map_err(|_| Error::RootRequest)?;
        if pem.tag() != LABEL {
            return Err(Error::RootRequest);
        }
        let request: Self = cbor::from_slice(pem.contents(), MAX).map_err(|_| Error::RootRequest)?;
        if request.version == VERSION { Ok(request) } else { Err(Error::RootRequest) }
    }

    /// SHA-256 of the request, which is compared on both computers.
    ///
    /// # Errors
    /// [`Error::Record`].
    pub fn fingerprint(&self) -> Result<Hash, Error> {
        Ok(Hash::of(&[&cbor::to_vec(self)?]))
    }
}

/// What waits for a root, and what a root kept offline has signed last; for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootTasks {
    /// The roots' keys are in the authority's own directory.
    pub here: bool,
    /// The number of the trust bundle in force.
    pub bundle: u64,
    /// Until when the root's CRL is current.
    #[serde(with = "crate::times::moment")]
    pub crl_until: Timestamp,
    /// What is to be signed: `policy`, `bootstrap`, `enforce_from`, `issuing_ca`, `root_crl`.
    pub waiting: Vec<String>,
}

/// The certificate of a root as a file.
pub(super) fn root_pem(root: &Ca) -> String {
    material::to_pem([(material::CERTIFICATE, root.der())])
}

/// Reads the file of a root.
pub(super) fn read_root(file: &[u8]) -> Result<Ca, Error> {
    let pem = pem::parse(file).map_err(|_| Error::NoRoot)?;
    let ca = Ca::parse(pem.contents()).map_err(|_| Error::NoRoot)?;
    if ca.rank() == Rank::Root { Ok(ca) } else { Err(Error::NoRoot) }
}
