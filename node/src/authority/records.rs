//! What the authority keeps, and how it lies in the store.
//!
//! | space | key | value (CBOR array) |
//! |---|---|---|
//! | authority | `name`, `issued`, `head`, `bundle`, `audit`, `node`, `wanted`, `begun`, `root`, `home`, `recovering` | name; last issue number; signed head; number and body of the bundle; length and head of the audit log; the authority's own node; what waits for a root; what waits for the first bundle; a root, on the computer where roots are kept (see `root`); what tells this place from a copy, and where taking back what was lost began (see `recover`) |
//! | CAs | number u32 (1, 2 roots, 3.. issuing) | year, DER, wrapped private key; that of a root that is kept elsewhere is empty |
//! | CRLs | number of the CA | number, body of the newest CRL |
//! | certificates | serial number | number of the CA, DER, revocation |
//! | offices | office number, issue number u64 | serial number |
//! | keys | office key | office number |
//! | revocations | number of the CA, serial number | time, reason, end of the certificate |
//! | log | index u64 | the leaf's 64 bytes |
//! | deltas | number of the CA, number u64 of an older CRL | what leads from it to the newest |
//! | hashes | SHA-256 of a certificate | its serial number |
//! | codes | office number, SHA-256 of the code | see `codes` |
//! | tries | office number | see `codes` |
//! | applications | SHA-256 of the request | see `applications` |
//! | charges | office number, issue number u64 | see `charges` |
//! | audit | index u64 | see `audit` |
//! | orders | 8 bytes | see `orders` |
//! | administrators | name | see `admins` |
//! | lost | office number, SHA-256 of the certificate | see `recover` |
//! | places | SHA-256 of a certificate | index of its leaf in the log |
//!
//! Integers in keys are big-endian, so that order of keys is order of numbers. All values have format 1.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Arc, Mutex, PoisonError},
};

use musubi_protocol::{
    cbor,
    certificate::{Ca, LeafIn, Rank, Serial},
    crl::{CrlIn, Delta, Reason, Revoked},
    ids::{Hash, OfficeNumber},
    log::{Act, GROUP, Head, LEAF, Tree, leaf_hash},
    policy::Policy,
    signed::{Signed, Unverified},
    time::Timestamp,
    trust::{Bundle, network_id},
};
use musubi_store::{Batch, BodyId, Space, Store, Value, bodies};
use serde::{Serialize, de::DeserializeOwned};
use serde_bytes::ByteBuf;
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use super::{Error, root};

const FORMAT: u8 = 1;
/// The longest record; longer things are bodies.
pub(super) const MAX_RECORD: usize = 16 << 10;
/// Bodies up to this length lie among the records: sixteen of them fit one batch.
const SMALL: usize = 256 << 10;

const AUTHORITY: Space = Space::new(128, "authority");
const CAS: Space = Space::new(129, "CAs");
const CRLS: Space = Space::new(130, "CRLs");
const CERTIFICATES: Space = Space::new(131, "certificates");
const OFFICES: Space = Space::new(132, "offices");
const KEYS: Space = Space::new(133, "keys");
const REVOCATIONS: Space = Space::new(134, "revocations");
const LOG: Space = Space::new(135, "log");
pub(super) const CODES: Space = Space::new(136, "codes");
pub(super) const TRIES: Space = Space::new(137, "tries");
pub(super) const APPLICATIONS: Space = Space::new(138, "applications");
pub(super) const CHARGES: Space = Space::new(139, "charges");
pub(super) const AUDIT: Space = Space::new(140, "audit");
const HASHES: Space = Space::new(141, "hashes");
const DELTAS: Space = Space::new(142, "deltas");
pub(super) const ORDERS: Space = Space::new(143, "orders");
pub(super) const LOST: Space = Space::new(144, "lost");
pub(super) const ADMINS: Space = Space::new(145, "administrators");
const PLACES: Space = Space::new(150, "places");

/// Groups of leaves of which the hashes are kept at hand: 16 MiB, enough for half a million acts.
const MAX_GROUPS: usize = 1024;
/// The longest delta that is kept; after more at once the whole list is served.
const MAX_DELTA: usize = 8 << 10;
/// How many older CRLs are led on from.
const MAX_DELTAS: u64 = 64;

const NAME: &[u8] = b"name";
const ISSUED: &[u8] = b"issued";
const HEAD: &[u8] = b"head";
const BUNDLE: &[u8] = b"bundle";
const AUDITED: &[u8] = b"audit";
const NODE: &[u8] = b"node";
const WANTED: &[u8] = b"wanted";
const BEGUN: &[u8] = b"begun";
const ROOT_KEPT: &[u8] = b"root";
const HOME: &[u8] = b"home";
const RECOVERING: &[u8] = b"recovering";

/// The number of the root that issues.
pub(super) const ROOT: u32 = 1;
/// The number of the root kept apart.
pub(super) const SECOND_ROOT: u32 = 2;

/// Everything public that the next act builds on; what the store holds, read once.
#[derive(Clone)]
pub(super) struct Standing {
    pub(super) name: String,
    /// By number: roots, then issuing CAs in the order in which they were made.
    pub(super) cas: BTreeMap<u32, CaEntry>,
    /// The newest CRL of each CA that has any.
    pub(super) crls: BTreeMap<u32, Numbered>,
    pub(super) bundle: Numbered,
    /// What the bundle says beside CAs and CRL.
    pub(super) public: Public,
    pub(super) head: Signed<Head>,
    pub(super) tree: Tree,
    pub(super) groups: Groups,
    /// The last issue number given.
    pub(super) issued: u64,
    /// How far the audit log goes.
    pub(super) audited: Audited,
    /// The key of the root that issues lies here, and not on a computer of its own.
    pub(super) root_here: bool,
    /// What the next bundle is to say, once a root has signed it.
    pub(super) wanted: Option<Wanted>,
    /// The network id.
    pub(super) network: Hash,
}

/// What waits for a root that is kept elsewhere.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) public: Public,
    /// A CA of ours that is to be certified.
    pub(super) issuing: Option<WantedCa>,
}

/// The key of an issuing CA without a certificate.
#[derive(Clone, PartialEq, Serialize_tuple, Deserialize_tuple)]
pub(super) struct WantedCa {
    pub(super) year: i16,
    pub(super) name: String,
    pub(super) key: ByteBuf,
    pub(super) wrapped: ByteBuf,
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

/// An authority that waits for its first bundle.
#[derive(Serialize_tuple, Deserialize_tuple)]
pub(super) struct Begun {
    pub(super) name: String,
    pub(super) roots: Vec<ByteBuf>,
    pub(super) issuing: WantedCa,
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct WantedRecord {
    policy: Vec<ByteBuf>,
    bootstrap: Vec<String>,
    enforce_from: Timestamp,
    #[serde(with = "cbor::optional")]
    issuing: Option<WantedCa>,
}

/// Hashes of the leaves of full groups that were read for proofs: every node asks every quarter of an hour. They never
/// change; 16 KiB each.
#[derive(Clone, Default)]
pub(super) struct Groups(Arc<Mutex<BTreeMap<u64, Vec<Hash>>>>);

impl Groups {
    /// The hashes of a full group's leaves.
    pub(super) fn get(&self, store: &Store, group: u64) -> Result<Vec<Hash>, Error> {
        let mut read = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = read.get(&group) {
            return Ok(held.clone());
        }
        let leaves = (group * GROUP..(group + 1) * GROUP).map(|index| Ok(leaf_hash(&leaf(store, index)?)));
        let leaves: Vec<Hash> = leaves.collect::<Result<_, Error>>()?;
        if MAX_GROUPS <= read.len() {
            read.clear();
        }
        read.insert(group, leaves.clone());
        Ok(leaves)
    }
}

/// What the trust bundle says beside CAs and CRL, carried on from one to the next.
#[derive(Clone, PartialEq)]
pub(super) struct Public {
    pub(super) policy: Policy,
    pub(super) bootstrap: Vec<String>,
    pub(super) enforce_from: Timestamp,
}

impl Public {
    /// What the first bundle says. Certificates count without a proof from the log until a date is set.
    pub(super) fn first() -> Self {
        Self { policy: Policy::none(), bootstrap: Vec::new(), enforce_from: Timestamp(0) }
    }

    /// What a bundle says.
    pub(super) fn of(bundle: &Bundle) -> Result<Self, Error> {
        Ok(Self {
            policy: read_policy(&bundle.policy)?,
            bootstrap: bundle.bootstrap.clone(),
            enforce_from: bundle.enforce_from,
        })
    }

    /// The policy as it stands in a bundle: none, or the one.
    pub(super) fn policy_bytes(&self) -> Result<Vec<ByteBuf>, Error> {
        Ok(match self.policy.terms().is_empty() && self.policy.waivers().is_empty() {
            true => Vec::new(),
            false => vec![ByteBuf::from(self.policy.to_bytes()?)],
        })
    }
}

/// Length and head of the audit log.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub(super) struct Audited {
    pub(super) size: u64,
    pub(super) head: Hash,
}

#[derive(Clone)]
pub(super) struct CaEntry {
    pub(super) ca: Ca,
    /// The year of an issuing CA; 0 for a root.
    pub(super) year: i16,
}

/// Something that is published again and again under rising numbers.
#[derive(Clone)]
pub(super) struct Numbered {
    pub(super) number: u64,
    pub(super) time: Timestamp,
    pub(super) bytes: Arc<[u8]>,
    body: BodyId,
}

/// A certificate that was issued.
#[derive(Clone)]
pub(super) struct Issued {
    pub(super) ca: u32,
    pub(super) leaf: LeafIn,
    pub(super) revoked: Option<Revoked>,
}

impl Issued {
    /// Says whether anybody accepts the certificate still.
    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && now <= self.leaf.not_after()
    }
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct CaRecord {
    year: i16,
    der: ByteBuf,
    key: ByteBuf,
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct NumberedRecord {
    number: u64,
    body: ByteBuf,
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct CertificateRecord {
    ca: u32,
    der: ByteBuf,
    #[serde(with = "cbor::optional")]
    revoked: Option<RevocationRecord>,
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct RevocationRecord {
    at: Timestamp,
    reason: String,
    /// Until when the certificate would have been valid.
    not_after: Timestamp,
}

impl RevocationRecord {
    fn read(&self, serial: Serial) -> Result<Revoked, Error> {
        let reason = self.reason.parse().map_err(|_| Error::Damaged("reason"))?;
        Ok(Revoked { serial, at: self.at, reason })
    }
}

/// Says whether the store holds a founded authority.
pub(super) fn is_founded(store: &Store) -> Result<bool, Error> {
    Ok(store.contains(AUTHORITY, NAME)?)
}

/// Reads everything and checks that it belongs together.
pub(super) fn load(store: &Store) -> Result<Standing, Error> {
    let name = get(store, AUTHORITY, NAME)?.ok_or(Error::NoAuthority)?;
    let issued = get(store, AUTHORITY, ISSUED)?.ok_or(Error::Damaged("issue number"))?;
    let mut cas = BTreeMap::new();
    for found in store.prefix(CAS, &[]) {
        let (key, value) = found?;
        let record: CaRecord = decode(&value)?;
        let ca = Ca::parse(&record.der).map_err(|_| Error::Damaged("CA"))?;
        cas.insert(number_of(&key)?, CaEntry { ca, year: record.year });
    }
    if ![ROOT, SECOND_ROOT].iter().all(|root| cas.get(root).is_some_and(|entry| entry.ca.rank() == Rank::Root)) {
        return Err(Error::Damaged("roots"));
    }
    let mut crls = BTreeMap::new();
    for found in store.prefix(CRLS, &[]) {
        let (key, value) = found?;
        let read = |bytes: &[u8]| CrlIn::parse(bytes).ok().map(|crl| (crl.number(), crl.this_update()));
        crls.insert(number_of(&key)?, numbered(store, &value, read)?);
    }
    let bundle = store.get(AUTHORITY, BUNDLE)?.ok_or(Error::Damaged("trust bundle"))?;
    let bundle = numbered(store, &bundle, |bytes| {
        let bundle = Unverified::<Bundle>::from_bytes(bytes).ok()?;
        Some((bundle.claim().number, bundle.claim().time))
    })?;
    let said = Unverified::<Bundle>::from_bytes(&bundle.bytes)?;
    let said = said.claim();
    let public = Public::of(said)?;
    let root_here = !wrapped_key(store, ROOT)?.is_empty();
    let wanted = match get::<WantedRecord>(store, AUTHORITY, WANTED)? {
        Some(WantedRecord { policy, bootstrap, enforce_from, issuing }) => {
            Some(Wanted { public: Public { policy: read_policy(&policy)?, bootstrap, enforce_from }, issuing })
        }
        None => None,
    };
    let made = || Some(network_id(&said.roots.first()?[..], &said.roots.get(1)?[..]));
    let network = said.network()?.or_else(made).ok_or(Error::Damaged("trust bundle"))?;
    // An authority of an earlier version has none.
    let audited = get(store, AUTHORITY, AUDITED)?.unwrap_or_default();
    let tree = read_log(store)?;
    let head: ByteBuf = get(store, AUTHORITY, HEAD)?.ok_or(Error::Damaged("log head"))?;
    let head = Unverified::<Head>::from_bytes(&head)?;
    let head = cas
        .values()
        .find_map(|entry| head.clone().verify(entry.ca.key()).ok())
        .filter(|head| head.value().size == tree.size() && head.value().root == tree.root())
        .ok_or(Error::Damaged("log"))?;

    let held: Vec<BodyId> = crls.values().chain([&bundle]).map(|numbered| numbered.body).collect();
    store.bodies().sweep(|id| held.contains(&id))?;
    let groups = Groups::default();
    Ok(Standing { name, cas, crls, bundle, public, head, tree, groups, issued, audited, root_here, wanted, network })
}

/// None, or the one that this version wrote.
fn read_policy(said: &[ByteBuf]) -> Result<Policy, Error> {
    match said.first() {
        Some(policy) => Policy::from_bytes(policy).map_err(|_| Error::Damaged("licence policy")),
        None => Ok(Policy::none()),
    }
}

/// The root that is kept here, if this is the computer where roots are kept.
pub(super) fn root(store: &Store) -> Result<Option<root::Record>, Error> {
    get(store, AUTHORITY, ROOT_KEPT)
}

/// The authority that waits here for its first bundle.
pub(super) fn begun(store: &Store) -> Result<Option<Begun>, Error> {
    get(store, AUTHORITY, BEGUN)
}

/// The authority's own node: its wrapped keys, and the serial number of its certificate.
#[derive(Serialize_tuple, Deserialize_tuple)]
pub(super) struct NodeRecord {
    pub(super) node: ByteBuf,
    pub(super) desk: ByteBuf,
    pub(super) certificate: ByteBuf,
}

/// The authority's own node, if it has one.
pub(super) fn node(store: &Store) -> Result<Option<NodeRecord>, Error> {
    get(store, AUTHORITY, NODE)
}

/// The wrapped private key of a CA.
pub(super) fn wrapped_key(store: &Store, number: u32) -> Result<Vec<u8>, Error> {
    let record: CaRecord = get(store, CAS, &number.to_be_bytes())?.ok_or(Error::Damaged("CA"))?;
    Ok(record.key.into_vec())
}

/// The certificate with a serial number.
pub(super) fn certificate(store: &Store, serial: &Serial) -> Result<Option<Issued>, Error> {
    let Some(record) = get::<CertificateRecord>(store, CERTIFICATES, serial.as_bytes())? else { return Ok(None) };
    let leaf = LeafIn::parse(&record.der).map_err(|_| Error::Damaged("certificate"))?;
    let revoked = record.revoked.map(|revoked| revoked.read(*serial)).transpose()?;
    Ok(Some(Issued { ca: record.ca, leaf, revoked }))
}

/// The serial number of a certificate by its hash.
pub(super) fn serial_of(store: &Store, certificate: &Hash) -> Result<Option<Serial>, Error> {
    let Some(serial) = get::<ByteBuf>(store, HASHES, &certificate.0)? else { return Ok(None) };
    Ok(Some(Serial::from_bytes(&serial).map_err(|_| Error::Damaged("serial number"))?))
}

/// Where the leaf of a certificate's issue stands in the log.
pub(super) fn place_of(store: &Store, certificate: &Hash) -> Result<Option<u64>, Error> {
    get(store, PLACES, &certificate.0)
}

/// The certificates of one office, or of all, by office number and then by issue number.
pub(super) fn certificates(
    store: &Store,
    office: Option<&OfficeNumber>,
) -> impl Iterator<Item = Result<Issued, Error>> {
    let prefix = office.map(|office| office.as_str().as_bytes()).unwrap_or_default();
    store.prefix(OFFICES, prefix).map(move |found| named(store, &found?.1))
}

/// All that stand behind a place in this order, each with its own place.
pub(super) fn certificates_after(
    store: &Store,
    place: &[u8],
) -> impl Iterator<Item = Result<(Vec<u8>, Issued), Error>> {
    let found = store.range(OFFICES, (Bound::Excluded(place), Bound::Unbounded));
    found.map(move |found| found.map_err(Error::from).and_then(|(key, value)| Ok((key, named(store, &value)?))))
}

fn named(store: &Store, value: &Value) -> Result<Issued, Error> {
    let serial: ByteBuf = decode(value)?;
    let serial = Serial::from_bytes(&serial).map_err(|_| Error::Damaged("serial number"))?;
    certificate(store, &serial)?.ok_or(Error::Damaged("certificate"))
}

/// The office that has asked with this key before.
pub(super) fn office_of_key(store: &Store, key: &[u8; 32]) -> Result<Option<OfficeNumber>, Error> {
    get(store, KEYS, key)
}

/// How a CA has revoked the certificate with a serial number, if it has.
pub(super) fn revocation(store: &Store, ca: u32, serial: &Serial) -> Result<Option<Revoked>, Error> {
    let key = [&ca.to_be_bytes()[..], serial.as_bytes()].concat();
    let record: Option<RevocationRecord> = get(store, REVOCATIONS, &key)?;
    record.map(|record| record.read(*serial)).transpose()
}

/// From which size of the log on what was lost is being taken back, if that has begun and not ended.
pub(super) fn recovering(store: &Store) -> Result<Option<u64>, Error> {
    get(store, AUTHORITY, RECOVERING)
}

/// What tells this place from a copy, if that was noted.
pub(super) fn home(store: &Store) -> Result<Option<Vec<u8>>, Error> {
    Ok(get::<ByteBuf>(store, AUTHORITY, HOME)?.map(ByteBuf::into_vec))
}

/// What a CA has revoked among certificates that would be valid at `since` or later.
pub(super) fn revocations(store: &Store, ca: u32, since: Timestamp) -> Result<Vec<Revoked>, Error> {
    let mut out = Vec::new();
    for found in store.prefix(REVOCATIONS, &ca.to_be_bytes()) {
        let (key, value) = found?;
        let record: RevocationRecord = decode(&value)?;
        let serial = key.get(4..).unwrap_or_default();
        let serial = Serial::from_bytes(serial).map_err(|_| Error::Damaged("serial number"))?;
        if since <= record.not_after {
            out.push(record.read(serial)?);
        }
    }
    Ok(out)
}

/// The changes of one act.
pub(super) struct Writer<'a> {
    store: &'a Store,
    batch: Batch,
}

impl<'a> Writer<'a> {
    pub(super) fn new(store: &'a Store) -> Self {
        Self { store, batch: Batch::new() }
    }

    pub(super) const fn store(&self) -> &'a Store {
        self.store
    }

    pub(super) fn name(&mut self, name: &str) -> Result<(), Error> {
        self.put(AUTHORITY, NAME, &name)
    }

    pub(super) fn issued(&mut self, issue_number: u64) -> Result<(), Error> {
        self.put(AUTHORITY, ISSUED, &issue_number)
    }

    pub(super) fn ca(&mut self, number: u32, entry: &CaEntry, wrapped_key: Vec<u8>) -> Result<(), Error> {
        let der = ByteBuf::from(entry.ca.der());
        self.put(CAS, &number.to_be_bytes(), &CaRecord { year: entry.year, der, key: wrapped_key.into() })
    }

    pub(super) fn crl(&mut self, ca: u32, crl: &CrlIn, former: Option<&Numbered>) -> Result<Numbered, Error> {
        let crl = (crl.number(), crl.this_update(), crl.der());
        self.numbered(CRLS, &ca.to_be_bytes(), crl, former)
    }

    pub(super) fn bundle(&mut self, bundle: &Signed<Bundle>, former: Option<&Numbered>) -> Result<Numbered, Error> {
        let bundle = (bundle.value().number, bundle.value().time, bundle.bytes());
        self.numbered(AUTHORITY, BUNDLE, bundle, former)
    }

    pub(super) fn head(&mut self, head: &Signed<Head>) -> Result<(), Error> {
        self.put(AUTHORITY, HEAD, &ByteBuf::from(head.bytes()))
    }

    /// Keeps what leads to a new CRL from the one before it, and from those before that.
    pub(super) fn lead_on(&mut self, number: u32, ca: &Ca, old: &[u8], new: &CrlIn) -> Result<(), Error> {
        let read = |crl: CrlIn| crl.verify(ca).map_err(|_| Error::Damaged("CRL"));
        let old = read(CrlIn::parse(old).map_err(|_| Error::Damaged("CRL"))?)?;
        let step = Delta::between(&old, &read(new.clone())?, ca);
        let mut kept = Vec::new();
        for found in self.store.prefix(DELTAS, &number.to_be_bytes()) {
            let (key, value) = found?;
            let earlier: ByteBuf = decode(&value)?;
            let earlier = Delta::from_bytes(&earlier).map_err(|_| Error::Damaged("delta"))?;
            kept.push((key, step.as_ref().and_then(|step| earlier.then(step))));
        }
        kept.push((delta_key(number, old.number()), step));
        for (key, delta) in kept {
            let recent = |delta: &Delta| delta.number() - delta.from() <= MAX_DELTAS;
            let bytes = delta.filter(recent).map(|delta| delta.to_bytes()).transpose()?;
            match bytes.filter(|bytes| bytes.len() <= MAX_DELTA) {
                Some(bytes) => self.put(DELTAS, &key, &ByteBuf::from(bytes))?,
                None => drop(self.batch.remove(DELTAS, &key)?),
            }
        }
        Ok(())
    }

    pub(super) fn no_order(&mut self, id: &[u8]) -> Result<(), Error> {
        self.batch.remove(ORDERS, id)?;
        Ok(())
    }

    pub(super) fn node(&mut self, node: &NodeRecord) -> Result<(), Error> {
        self.put(AUTHORITY, NODE, node)
    }

    pub(super) fn root(&mut self, root: &root::Record) -> Result<(), Error> {
        self.put(AUTHORITY, ROOT_KEPT, root)
    }

    pub(super) fn begun(&mut self, begun: &Begun) -> Result<(), Error> {
        self.put(AUTHORITY, BEGUN, begun)
    }

    pub(super) fn not_begun(&mut self) -> Result<(), Error> {
        self.batch.remove(AUTHORITY, BEGUN)?;
        Ok(())
    }

    pub(super) fn wanted(&mut self, wanted: Option<&Wanted>) -> Result<(), Error> {
        let Some(Wanted { public, issuing }) = wanted else {
            self.batch.remove(AUTHORITY, WANTED)?;
            return Ok(());
        };
        let record = WantedRecord {
            policy: public.policy_bytes()?,
            bootstrap: public.bootstrap.clone(),
            enforce_from: public.enforce_from,
            issuing: issuing.clone(),
        };
        self.put(AUTHORITY, WANTED, &record)
    }

    pub(super) fn recovering(&mut self, size: Option<u64>) -> Result<(), Error> {
        match size {
            Some(size) => self.put(AUTHORITY, RECOVERING, &size)?,
            None => drop(self.batch.remove(AUTHORITY, RECOVERING)?),
        }
        Ok(())
    }

    pub(super) fn home(&mut self, home: &[u8]) -> Result<(), Error> {
        self.put(AUTHORITY, HOME, &ByteBuf::from(home))
    }

    /// Notes the revocation of a certificate that is not here.
    pub(super) fn revocation(&mut self, ca: u32, revoked: Revoked, not_after: Timestamp) -> Result<(), Error> {
        let key = [&ca.to_be_bytes()[..], revoked.serial.as_bytes()].concat();
        let record = RevocationRecord { at: revoked.at, reason: reason_text(revoked.reason), not_after };
        self.put(REVOCATIONS, &key, &record)
    }

    pub(super) fn no_admin(&mut self, name: &[u8]) -> Result<(), Error> {
        self.batch.remove(ADMINS, name)?;
        Ok(())
    }

    /// Forgets that a certificate was lost.
    pub(super) fn not_lost(&mut self, key: &[u8]) -> Result<(), Error> {
        self.batch.remove(LOST, key)?;
        Ok(())
    }

    /// Forgets what leads on from older CRLs of a CA: they name it by its former certificate.
    pub(super) fn no_deltas(&mut self, number: u32) -> Result<(), Error> {
        for found in self.store.prefix(DELTAS, &number.to_be_bytes()) {
            self.batch.remove(DELTAS, &found?.0)?;
        }
        Ok(())
    }

    pub(super) fn audited(&mut self, audited: &Audited) -> Result<(), Error> {
        self.put(AUTHORITY, AUDITED, audited)
    }

    pub(super) fn place(&mut self, certificate: &Hash, index: u64) -> Result<(), Error> {
        self.put(PLACES, &certificate.0, &index)
    }

    pub(super) fn log(&mut self, index: u64, act: &Act) -> Result<(), Error> {
        self.put(LOG, &index.to_be_bytes(), &ByteBuf::from(act.to_bytes()))
    }

    pub(super) fn certificate(&mut self, issued: &Issued) -> Result<(), Error> {
        let leaf = &issued.leaf;
        let revoked = issued.revoked.map(|revoked| RevocationRecord {
            at: revoked.at,
            reason: reason_text(revoked.reason),
            not_after: leaf.not_after(),
        });
        if let Some(revoked) = &revoked {
            let key = [&issued.ca.to_be_bytes()[..], leaf.serial().as_bytes()].concat();
            self.put(REVOCATIONS, &key, revoked)?;
        }
        let record = CertificateRecord { ca: issued.ca, der: ByteBuf::from(leaf.der()), revoked };
        self.put(CERTIFICATES, leaf.serial().as_bytes(), &record)?;
        let key = [leaf.office().as_str().as_bytes(), &leaf.issue_number().to_be_bytes()].concat();
        self.put(OFFICES, &key, &ByteBuf::from(leaf.serial().as_bytes().as_slice()))?;
        self.put(HASHES, &leaf.hash().0, &ByteBuf::from(leaf.serial().as_bytes().as_slice()))?;
        self.put(KEYS, leaf.key().as_bytes(), &leaf.office())
    }

    /// Makes the act durable; until this returns nothing of it may leave the house.
    pub(super) fn commit(self) -> Result<(), Error> {
        Ok(self.store.commit_blocking(self.batch)?)
    }

    pub(super) fn put(&mut self, space: Space, key: &[u8], value: &impl Serialize) -> Result<(), Error> {
        self.batch.put(space, key, FORMAT, &cbor::to_vec(value)?)?;
        Ok(())
    }

    fn numbered(
        &mut self,
        space: Space,
        key: &[u8],
        (number, time, bytes): (u64, Timestamp, &[u8]),
        former: Option<&Numbered>,
    ) -> Result<Numbered, Error> {
        let bodies = self.store.bodies();
        if let Some(former) = former {
            bodies.discard(&mut self.batch, former.body)?;
        }
        let body = if bytes.len() <= SMALL.min(bodies::SMALL) {
            bodies.put(&mut self.batch, bytes)?
        } else {
            let body = bodies.create()?;
            bodies.append(body, 0, bytes)?;
            bodies.sync(body)?;
            body
        };
        self.put(space, key, &NumberedRecord { number, body: ByteBuf::from(body.to_bytes()) })?;
        Ok(Numbered { number, time, bytes: bytes.into(), body })
    }
}

fn reason_text(reason: Reason) -> String {
    reason.as_str().to_owned()
}

/// Reads a record.
pub(super) fn get<T: Serialize + DeserializeOwned>(
    store: &Store,
    space: Space,
    key: &[u8],
) -> Result<Option<T>, Error> {
    store.get(space, key)?.map(|value| decode(&value)).transpose()
}

/// Reads a record's value.
pub(super) fn decode<T: Serialize + DeserializeOwned>(value: &Value) -> Result<T, Error> {
    match value.format() {
        FORMAT => Ok(cbor::from_slice(value.bytes(), MAX_RECORD)?),
        _ => Err(Error::TooNew),
    }
}

fn number_of(key: &[u8]) -> Result<u32, Error> {
    key.try_into().map(u32::from_be_bytes).map_err(|_| Error::Damaged("key"))
}

fn numbered(
    store: &Store,
    value: &Value,
    read: impl FnOnce(&[u8]) -> Option<(u64, Timestamp)>,
) -> Result<Numbered, Error> {
    let record: NumberedRecord = decode(value)?;
    let body = BodyId::from_bytes(&record.body).ok_or(Error::Damaged("body"))?;
    let bytes = store.bodies().read(body, 0, usize::MAX)?;
    match read(&bytes) {
        Some((number, time)) if number == record.number => Ok(Numbered { number, time, bytes: bytes.into(), body }),
        _ => Err(Error::Damaged("body")),
    }
}

/// What leads from an older CRL of a CA to the newest, if that is kept.
pub(super) fn delta(store: &Store, ca: u32, from: u64) -> Result<Option<Vec<u8>>, Error> {
    Ok(get::<ByteBuf>(store, DELTAS, &delta_key(ca, from))?.map(ByteBuf::into_vec))
}

fn delta_key(ca: u32, from: u64) -> Vec<u8> {
    [&ca.to_be_bytes()[..], &from.to_be_bytes()].concat()
}

/// A leaf of the log.
pub(super) fn leaf(store: &Store, index: u64) -> Result<[u8; LEAF], Error> {
    let leaf: ByteBuf = get(store, LOG, &index.to_be_bytes())?.ok_or(Error::Damaged("log"))?;
    leaf.as_slice().try_into().map_err(|_| Error::Damaged("log"))
}

/// Builds the tree from all leaves: at national size a second, and the signed head then proves every leaf.
fn read_log(store: &Store) -> Result<Tree, Error> {
    let mut tree = Tree::new();
    for found in store.prefix(LOG, &[]) {
        let (key, value) = found?;
        let leaf: ByteBuf = decode(&value)?;
        if key != tree.size().to_be_bytes() || leaf.len() != LEAF {
            return Err(Error::Damaged("log"));
        }
        tree.push(leaf_hash(&leaf));
    }
    Ok(tree)
}
