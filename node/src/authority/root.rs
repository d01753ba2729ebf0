//! A root, on a computer without a network: it signs what is carried to it, and says before what that is.
//!
//! ```text
//! DIR/keys     key file: the root key that wraps the root's private key, under a passphrase
//! DIR/store/   the root's certificate, the numbers it has used, what it has signed
//! ```
//!
//! Numbers of bundles and CRLs are its own: however old the authority is that asks (one that was restored from a backup,
//! for instance), none is used twice.

use std::path::Path;

use ed25519_dalek::SigningKey;
use musubi_protocol::{
    cbor::Ext,
    certificate::{self, BACKDATE, Ca, CaName, Rank, Serial, material},
    crl::{self, Reason, Revoked},
    ids::Hash,
    policy::Policy,
    signed::{Signed, Unverified},
    time::Timestamp,
    trust::{Bundle, Trust, network_id},
};
use musubi_store::{
    Options, Store,
    keyfile::{KeyFile, Locks, Opener, Passphrase},
    platform,
    wrap::Keyring,
};
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use super::{
    CLOCK_SLACK, Error, ISSUING_LIFETIME, ROOT_LIFETIME,
    ceremony::{CaWanted, RootRequest, root_pem},
    check_name,
    records::{self, Writer},
    signing,
};
use crate::times;

/// What the key file's root key wraps here.
const KEY_LABEL: &str = "root key";

/// How many of its acts a root shows.
const MAX_SIGNED: usize = 100;

/// A root whose key is open.
pub struct Root {
    store: Store,
    ring: Keyring,
    record: Record,
    ca: Ca,
}

/// What a root keeps.
#[derive(Clone, Serialize_tuple, Deserialize_tuple)]
pub(super) struct Record {
    organisation: String,
    der: ByteBuf,
    key: ByteBuf,
    /// The last number of a bundle.
    bundle: u64,
    /// The last number of a CRL.
    crl: u64,
    /// When it last signed.
    time: Timestamp,
    /// CAs that it has revoked: serial number and when.
    revoked: Vec<(ByteBuf, Timestamp)>,
    /// SHA-256 of keys of CAs that were revoked, by this root or by one before it: none of them is certified again.
    banned: Vec<Hash>,
    /// The request by which the authority was founded; zeros: none.
    founded: Hash,
    /// What it has signed, newest last.
    signed: Vec<Signature>,
}

/// One act of a root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
struct Signature {
    number: u64,
    time: Timestamp,
    bundle: Hash,
}

/// A root as it is shown. In JSON times are RFC 3339 with +09:00.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootShown {
    /// The authority's name.
    pub organisation: String,
    /// The root's own name.
    pub name: String,
    /// SHA-256 of its certificate.
    #[serde(with = "times::text")]
    pub id: Hash,
    /// Its last day.
    #[serde(with = "times::moment")]
    pub until: Timestamp,
    /// Its certificate as a file.
    pub file: String,
    /// What it has signed: number, time and SHA-256 of trust bundles, oldest first.
    pub signed: Vec<RootSigned>,
}

/// A trust bundle that a root has signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootSigned {
    /// Its number.
    pub number: u64,
    /// When.
    #[serde(with = "times::moment")]
    pub time: Timestamp,
    /// SHA-256 of it.
    #[serde(with = "times::text")]
    pub bundle: Hash,
}

/// What a request would change, for the person who decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// SHA-256 of the request.
    #[serde(with = "times::text")]
    pub fingerprint: Hash,
    /// The authority's name.
    pub organisation: String,
    /// The number of the bundle in force; 0: the authority is founded by this.
    pub base: u64,
    /// The number that the new one will have.
    pub number: u64,
    /// The request knows less than this root has signed before: the authority has lost something.
    pub behind: bool,
    /// CAs that are certified: name, and SHA-256 of the key.
    pub certified: Vec<(String, String)>,
    /// Of these, those that had another root above them before.
    pub taken_over: usize,
    /// CAs that are revoked, by name.
    pub revoked: Vec<String>,
    /// CAs that the bundle in force names and the next one would not, by name: their desks would be out.
    pub left_out: Vec<String>,
    /// Roots that come: name, and SHA-256.
    pub new_roots: Vec<(String, String)>,
    /// Roots that go, by name.
    pub retired_roots: Vec<String>,
    /// The licence policy changes.
    pub policy: bool,
    /// The addresses of public nodes, if they change.
    pub bootstrap: Option<Vec<String>>,
    /// From when on certificates need a proof from the log, if that changes.
    #[serde(with = "times::optional_moment")]
    pub enforce_from: Option<Timestamp>,
}

impl Root {
    /// Makes a root. `number` stands in its name, which no other root of the authority may have.
    ///
    /// # Errors
    /// [`Error::Exists`] if the directory holds something, [`Error::Name`], and what store and key file refuse.
    pub fn init(
        dir: &Path,
        organisation: &str,
        number: u16,
        passphrase: &Passphrase,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<RootShown, Error> {
        let organisation = check_name(organisation)?;
        platform::create_private_dir(dir)?;
        let store = Store::open(&dir.join("store"), Options::default())?;
        if records::is_founded(&store)? || records::root(&store)?.is_some() {
            return Err(Error::Exists);
        }
        let (keys, opener) = (dir.join("keys"), Opener::Passphrase(passphrase.clone()));
        // Keys without a root are those of an unfinished beginning.
        let roots = if keys.try_exists()? {
            KeyFile::open(&keys)?.unlock_with(&opener)?
        } else {
            KeyFile::create(&keys, &[(opener, Locks::BOTH)])?.1
        };
        let ring = signing(roots)?;
        let (key, serial) = (SigningKey::generate(rng), Serial::random(rng));
        let name = format!("Musubi Root {number}");
        let name = CaName { organisation, common_name: &name };
        let until = now.plus(ROOT_LIFETIME);
        let made = certificate::Authority::root(name, key, serial, now.minus(BACKDATE), until)?;
        let ca = made.ca().clone();
        let record = Record {
            organisation: organisation.to_owned(),
            der: ByteBuf::from(ca.der()),
            key: ByteBuf::from(ring.wrap(KEY_LABEL, &ca.id().0, made.key().as_bytes())?),
            bundle: 0,
            crl: 0,
            time: now,
            revoked: Vec::new(),
            banned: Vec::new(),
            founded: Hash::ZERO,
            signed: Vec::new(),
        };
        write(&store, &record)?;
        shown(&record, &ca)
    }

    /// Shows a root; no passphrase is needed.
    ///
    /// # Errors
    /// [`Error::NoRoot`], and what the store refuses.
    pub fn look(dir: &Path) -> Result<RootShown, Error> {
        let (_, record, ca) = read(dir)?;
        shown(&record, &ca)
    }

    /// Opens a root with its passphrase.
    ///
    /// # Errors
    /// [`Error::NoRoot`], [`Error::WrongPassphrase`], [`Error::InUse`].
    pub fn open(dir: &Path, passphrase: &Passphrase) -> Result<Self, Error> {
        let (store, record, ca) = read(dir)?;
        let ring = signing(KeyFile::open(&dir.join("keys"))?.unlock_with(&Opener::Passphrase(passphrase.clone()))?)?;
        Ok(Self { store, ring, record, ca })
    }

    /// Says what a request would change.
    ///
    /// # Errors
    /// [`Error::RootRequest`] for one that is not sound, [`Error::OtherRoot`] for one that another root has to sign.
    pub fn review(dir: &Path, request: &RootRequest) -> Result<Review, Error> {
        let (_, record, ca) = read(dir)?;
        Ok(Plan::of(&record, &ca, request)?.review)
    }

    /// Signs what a request asks for: the next trust bundle, as a file, with a CRL of this root and the certificates of
    /// issuing CAs in it. Its number is used up before anything is returned.
    ///
    /// # Errors
    /// As [`Root::review`]; [`Error::PolicyChanged`], [`Error::ClockBehind`], and what the store refuses.
    pub fn sign(&mut self, request: &RootRequest, now: Timestamp, rng: &mut impl CryptoRng) -> Result<String, Error> {
        let plan = Plan::of(&self.record, &self.ca, request)?;
        let newest = self.record.time.max(plan.newest);
        if CLOCK_SLACK < newest.since(now) {
            return Err(Error::ClockBehind { newest });
        }
        let now = now.max(newest);
        if !plan.policy.may_follow(&plan.former_policy, now) {
            return Err(Error::PolicyChanged);
        }
        let key = self.ring.unwrap(KEY_LABEL, &self.ca.id().0, &self.record.key)?;
        let key: &[u8; 32] = key.as_slice().try_into().map_err(|_| Error::Damaged("key"))?;
        let signer = certificate::Authority::new(self.ca.clone(), SigningKey::from_bytes(key))?;

        let mut issuing = Vec::with_capacity(request.cas.len());
        for asked in &plan.cas {
            issuing.push(ByteBuf::from(match asked {
                CaPlan::Kept(ca) => ca.der().to_vec(),
                CaPlan::Certified(wanted) => {
                    let name = CaName { organisation: &request.organisation, common_name: &wanted.name };
                    let until = wanted.until.min(self.ca.not_after());
                    let key = wanted.key(&request.organisation)?;
                    signer.certify(name, &key, Serial::random(rng), wanted.from, until)?.der().to_vec()
                }
            }));
        }
        let mut record = self.record.clone();
        record.revoked.extend(plan.revoke.iter().map(|serial| (ByteBuf::from(serial.as_bytes().as_slice()), now)));
        let revoked = record.revoked.iter().map(|(serial, at)| {
            let serial = Serial::from_bytes(serial).map_err(|_| Error::Damaged("serial number"))?;
            Ok(Revoked { serial, at: *at, reason: Reason::CaCompromise })
        });
        let revoked: Vec<Revoked> = revoked.collect::<Result<_, Error>>()?;
        record.banned.clone_from(&plan.banned);
        if request.base.is_none() {
            record.founded = plan.review.fingerprint;
        }
        record.crl = plan.crl;
        let root_crl = signer.crl_for(crl::ROOT_LIFETIME, record.crl, now, &revoked)?;
        let network = plan.network;
        let made = network_id(&request.roots[0], &request.roots[1]);
        let bundle = Bundle {
            number: plan.review.number,
            time: now,
            roots: request.roots.clone(),
            issuing,
            root_crl: root_crl.der().to_vec(),
            policy: request.policy.clone(),
            bootstrap: request.bootstrap.clone(),
            enforce_from: request.enforce_from,
            head: request.head.clone(),
            ext: if network == made { Ext::none() } else { Bundle::network_ext(&network) },
        };
        let bundle = Signed::sign(bundle, signer.key())?;
        // What leaves here is read back as every office will read it.
        match &plan.trust {
            Some(trust) => drop(trust.clone().accept_bundle(bundle.bytes())?),
            None => drop(Trust::first(bundle.bytes(), Some(&self.ca.id()))?),
        }
        (record.bundle, record.time) = (plan.review.number, now);
        record.signed.push(Signature { number: record.bundle, time: now, bundle: Hash::of(&[bundle.bytes()]) });
        let old = record.signed.len().saturating_sub(MAX_SIGNED);
        record.signed.drain(..old);
        write(&self.store, &record)?;
        self.record = record;
        Ok(material::to_pem([(material::TRUST_BUNDLE, bundle.bytes())]))
    }
}

/// What is to become of an issuing CA.
enum CaPlan {
    /// Its certificate stays.
    Kept(Box<Ca>),
    /// This root certifies it.
    Certified(CaWanted),
}

/// A request, judged.
struct Plan {
    review: Review,
    cas: Vec<CaPlan>,
    revoke: Vec<Serial>,
    banned: Vec<Hash>,
    /// What the bundle in force says; none at the founding.
    trust: Option<Trust>,
    network: Hash,
    policy: Policy,
    former_policy: Policy,
    crl: u64,
    newest: Timestamp,
}

impl Plan {
    fn of(record: &Record, own: &Ca, request: &RootRequest) -> Result<Self, Error> {
        let bad = || Error::RootRequest;
        let [first, second] = &request.roots[..] else { return Err(bad()) };
        if first.as_slice() != own.der() {
            return Err(Error::OtherRoot);
        }
        let roots = [own.clone(), Ca::parse(second).map_err(|_| bad())?];
        if roots[1].rank() != Rank::Root || request.organisation != record.organisation {
            return Err(bad());
        }
        let (trust, base) = match &request.base {
            Some(bytes) => {
                let (trust, bundle) = in_force(bytes, own)?;
                (Some(trust), Some(bundle))
            }
            None => (None, None),
        };
        let policy = policy_of(&request.policy)?;
        let former_policy = trust.as_ref().map_or_else(Policy::none, |trust| trust.policy().clone());
        // Founded once, an authority is not founded again by the same root: nobody would see what such a bundle leaves out.
        if trust.is_none() && record.founded != Hash::ZERO && record.founded != request.fingerprint()? {
            return Err(bad());
        }
        let mut banned = record.banned.clone();
        for ca in trust.iter().flat_map(Trust::issuing) {
            let above = trust.iter().flat_map(Trust::roots).find(|root| ca.is_signed_by(root));
            let lists = trust.iter().flat_map(Trust::crls);
            let revoked = lists.filter(|crl| above.is_some_and(|root| crl.issuer() == root.id()));
            if revoked.into_iter().any(|crl| crl.entry(&ca.serial()).is_some()) {
                banned.push(Hash::of(&[ca.key().as_bytes()]));
            }
        }
        let (mut cas, mut certified, mut taken_over) = (Vec::new(), Vec::new(), 0);
        for wanted in &request.cas {
            let key = wanted.key(&request.organisation)?;
            if banned.contains(&Hash::of(&[&wanted.key])) {
                return Err(bad());
            }
            let held = wanted.held.as_ref().map(|der| Ca::parse(der)).transpose().map_err(|_| bad())?;
            let fits = |ca: &Ca| *ca.key() == key && ca.common_name() == wanted.name && ca.rank() == Rank::Issuing;
            match held {
                Some(ca) if !fits(&ca) => return Err(bad()),
                Some(ca) if roots.iter().any(|root| ca.is_signed_by(root)) => {
                    // One that the bundle in force does not name was left out for a reason.
                    let named = trust.iter().flat_map(Trust::issuing).any(|named| named.id() == ca.id());
                    if !named {
                        return Err(bad());
                    }
                    cas.push(CaPlan::Kept(Box::new(ca)));
                }
                held => {
                    if ISSUING_LIFETIME + BACKDATE < wanted.until.since(wanted.from) {
                        return Err(bad());
                    }
                    taken_over += usize::from(held.is_some());
                    certified.push((wanted.name.clone(), Hash::of(&[&wanted.key]).to_string()));
                    cas.push(CaPlan::Certified(wanted.clone()));
                }
            }
        }
        let (mut revoke, mut revoked) = (Vec::new(), Vec::new());
        for serial in &request.revoke {
            let serial = Serial::from_bytes(serial).map_err(|_| bad())?;
            let kept = cas.iter().find_map(|plan| match plan {
                CaPlan::Kept(ca) if ca.serial() == serial && ca.is_signed_by(own) => Some(ca),
                _ => None,
            });
            let kept = kept.ok_or_else(bad)?;
            banned.push(Hash::of(&[kept.key().as_bytes()]));
            revoked.push(kept.common_name().to_owned());
            revoke.push(serial);
        }
        let stays = |ca: &Ca| request.cas.iter().any(|wanted| wanted.key.as_slice() == ca.key().as_bytes());
        let left_out = trust.iter().flat_map(Trust::issuing).filter(|ca| !stays(ca));
        let left_out = left_out.map(|ca| ca.common_name().to_owned()).collect();
        let former: Vec<Ca> = trust.as_ref().map(|trust| trust.roots().to_vec()).unwrap_or_default();
        let is_new = |root: &&Ca| former.iter().all(|other| other.id() != root.id());
        let is_gone = |root: &&Ca| roots.iter().all(|other| other.id() != root.id());
        let number_in_force = base.as_ref().map_or(0, |bundle| bundle.number);
        let crl_in_force = trust.as_ref().and_then(|trust| trust.crls().find(|crl| crl.issuer() == own.id()));
        let review = Review {
            fingerprint: request.fingerprint()?,
            organisation: request.organisation.clone(),
            base: number_in_force,
            number: number_in_force.max(record.bundle) + 1,
            behind: number_in_force < record.bundle,
            certified,
            taken_over,
            revoked,
            left_out,
            new_roots: roots
                .iter()
                .filter(is_new)
                .map(|root| (root.common_name().to_owned(), root.id().to_string()))
                .collect(),
            retired_roots: former.iter().filter(is_gone).map(|root| root.common_name().to_owned()).collect(),
            policy: policy != former_policy,
            bootstrap: match &base {
                Some(bundle) if bundle.bootstrap == request.bootstrap => None,
                None if request.bootstrap.is_empty() => None,
                _ => Some(request.bootstrap.clone()),
            },
            enforce_from: (base.as_ref().map_or(Timestamp(0), |bundle| bundle.enforce_from) != request.enforce_from)
                .then_some(request.enforce_from),
        };
        let crl = crl_in_force.map_or(0, |crl| crl.number()).max(record.crl) + 1;
        let made = || network_id(roots[0].der(), roots[1].der());
        let network = trust.as_ref().map_or_else(made, Trust::network_id);
        let newest = trust.as_ref().map_or(Timestamp(0), Trust::newest_signed_time);
        banned.sort_unstable();
        banned.dedup();
        Ok(Self { review, cas, revoke, banned, trust, network, policy, former_policy, crl, newest })
    }
}

/// The bundle in force as an office has it that knows this root as one of its two.
fn in_force(bytes: &[u8], own: &Ca) -> Result<(Trust, Bundle), Error> {
    let bundle = Unverified::<Bundle>::from_bytes(bytes).map_err(|_| Error::RootRequest)?;
    let bundle = bundle.claim().clone();
    let [one, two] = &bundle.roots[..] else { return Err(Error::RootRequest) };
    if ![one, two].iter().any(|root| root.as_slice() == own.der()) {
        return Err(Error::OtherRoot);
    }
    let trust = Trust::restore([one, two], bytes, &[])?;
    Ok((trust, bundle))
}

fn policy_of(said: &[ByteBuf]) -> Result<Policy, Error> {
    match said {
        [] => Ok(Policy::none()),
        [policy] => Policy::from_bytes(policy).map_err(|_| Error::RootRequest),
        _ => Err(Error::RootRequest),
    }
}

fn read(dir: &Path) -> Result<(Store, Record, Ca), Error> {
    let path = dir.join("store");
    if !path.try_exists()? {
        return Err(Error::NoRoot);
    }
    let store = Store::open(&path, Options::default())?;
    let record = records::root(&store)?.ok_or(Error::NoRoot)?;
    let ca = Ca::parse(&record.der).map_err(|_| Error::Damaged("root"))?;
    Ok((store, record, ca))
}

fn write(store: &Store, record: &Record) -> Result<(), Error> {
    let mut writer = Writer::new(store);
    writer.root(record)?;
    writer.commit()
}

fn shown(record: &Record, ca: &Ca) -> Result<RootShown, Error> {
    let signed = record.signed.iter().map(|signature| {
        let Signature { number, time, bundle } = signature.clone();
        RootSigned { number, time, bundle }
    });
    Ok(RootShown {
        organisation: record.organisation.clone(),
        name: ca.common_name().to_owned(),
        id: ca.id(),
        until: ca.not_after(),
        file: root_pem(ca),
        signed: signed.collect(),
    })
}
