//! The authority by files: who may take part, on one computer, in one directory.
//!
//! ```text
//! DIR/keys     key file: the root key that wraps all private keys of CAs, under a passphrase
//! DIR/store/   certificates, revocations, CRLs, trust bundle and log (see `records`)
//! ```
//!
//! An [`Authority`] acts: it issues and revokes. A [`Register`] shows what was done and needs no passphrase. Every act
//! is one batch of the store with its log leaves and a new signed head, durable before anything is returned: no
//! certificate leaves the house before its leaf. What is returned can be made again from the store at any time, so a
//! crash between an act and its file loses nothing.
//!
//! Everything here blocks. Time and randomness are arguments; nothing prints.

use std::{collections::BTreeMap, fmt, io, ops::Deref, path::Path, sync::Arc};

use ed25519_dalek::SigningKey;
use musubi_protocol::{
    cbor::Ext,
    certificate::{self, BACKDATE, Ca, CaName, MAX_NAME, ProfileError, Serial, TAIL},
    crl::CrlIn,
    ids::Hash,
    log::{Head, Tree},
    signed::Signed,
    time::{DAY, Timestamp},
    trust::{Bundle, Trust, network_id},
};
use musubi_store::{
    Options, Store,
    keyfile::{KeyFile, KeyFileError, Locks, Opener, Roots},
    platform,
    wrap::Keyring,
};
use rand::CryptoRng;
use serde_bytes::ByteBuf;

mod acts;
mod admins;
mod applications;
mod audit;
mod ceremony;
mod charges;
mod codes;
mod dates;
mod door;
mod draft;
mod error;
mod groups;
mod identity;
mod issue;
mod licensing;
mod members;
mod orders;
mod publish;
mod records;
mod recover;
mod register;
mod revoke;
mod root;
mod rooted;
mod service;
#[cfg(test)]
mod tests;

pub use acts::{Act, Done, Told};
pub use admins::{Admin, Word, change_passphrase};
pub use applications::{Application, ApplicationState, Chosen};
pub use audit::{Deed, Entry as AuditEntry};
pub use ceremony::{RootRequest, RootTasks};
pub use charges::Due;
pub use codes::{CODE_LIFETIME, Letter, MAX_TRIES};
pub use dates::Period;
pub use door::{ACTS, Errand};
use draft::Draft;
pub use error::Error;
pub use issue::Issued;
pub use licensing::RENEW;
pub use musubi_store::keyfile::Passphrase;
pub use orders::{ALONE, Order};
pub use publish::{NOTICE, NewerCrls};
use records::{Audited, CaEntry, Groups, Public, ROOT, SECOND_ROOT, Standing, Writer};
pub use recover::TakenBack;
pub use register::{Register, Row, State};
pub use revoke::{MAX_TOGETHER, Revoked, RevokedBy, Target};
pub use root::{Review, Root, RootShown, RootSigned};
pub use rooted::RootAsked;
pub use service::{Doors, Failed, Recovery, Service, ServiceError, limits};

/// How long a root is valid.
pub const ROOT_LIFETIME: u64 = 30 * 365 * DAY;
/// How long an issuing CA is valid: the year in which it issues, the longest licence and the certificate's tail.
pub const ISSUING_LIFETIME: u64 = 5 * 365 * DAY;
/// How far ahead a licence may end.
pub const MAX_LICENCE: u64 = 3 * 366 * DAY;
/// From this age on a CRL is made anew when somebody asks for it.
pub const CRL_AGE: u64 = DAY;
/// Once the log's head is older than this, in seconds, it is signed anew while the authority serves.
pub const HEAD_AGE: u64 = 3_600;
/// How far a clock may fall behind the newest signature and is moved up to it; further is an error.
const CLOCK_SLACK: u64 = 300;

const _: () = assert!(366 * DAY + MAX_LICENCE + TAIL <= ISSUING_LIFETIME);

/// What the key file's root key wraps here; keeps these keys apart from all others.
const KEY_LABEL: &str = "authority key";

/// An authority whose keys are open. It reads as its [`Register`].
pub struct Authority {
    register: Register,
    ring: Keyring,
    /// CAs with their keys, by number.
    keys: BTreeMap<u32, Arc<certificate::Authority>>,
    /// Who acts, for the audit log.
    admin: String,
    /// Nodes have shown that it was put back: it signs no more.
    restored: bool,
}

/// What was founded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Founded {
    /// SHA-256 of root 1's DER, which offices compare when they install for the first time.
    pub root_pin: Hash,
    /// The network id.
    pub network: Hash,
    /// Its short form, as in protocol names.
    pub short_network: String,
    /// The last moment of the roots' validity.
    pub until: Timestamp,
}

impl Authority {
    /// Founds an authority: two roots, the issuing CA of the year, first CRLs, trust bundle and an empty log.
    ///
    /// What was begun and not finished is finished by founding again with the same passphrase.
    ///
    /// # Errors
    /// [`Error::Exists`] if the directory holds one, [`Error::Name`], and what store and key file refuse.
    pub fn init(
        dir: &Path,
        name: &str,
        passphrase: &Passphrase,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, Founded), Error> {
        let name = check_name(name)?;
        platform::create_private_dir(dir)?;
        let store = Store::open(&dir.join("store"), Options::default())?;
        if records::is_founded(&store)? {
            return Err(Error::Exists);
        }
        let (keys, opener) = (dir.join("keys"), Opener::Passphrase(passphrase.clone()));
        // Keys without an authority are those of an unfinished founding, and nothing is under them yet. They are not
        // thrown away all the same: perhaps the store was lost and will come back from a backup.
        let roots = if keys.try_exists()? {
            KeyFile::open(&keys)?.unlock_with(&opener)?
        } else {
            KeyFile::create(&keys, &[(opener, Locks::BOTH)])?.1
        };
        let mut authority = found(store, signing(roots)?, name, now, rng)?;
        authority.settle(dir)?;
        let founded = authority.founded()?;
        Ok((authority, founded))
    }

    /// What was founded.
    fn founded(&self) -> Result<Founded, Error> {
        let trust = self.trust()?;
        Ok(Founded {
            root_pin: trust.root_pin(),
            network: trust.network_id(),
            short_network: trust.short_network_id(),
            until: trust.first_roots()[0].not_after(),
        })
    }

    /// Opens an authority with its passphrase.
    ///
    /// # Errors
    /// [`Error::NoAuthority`], [`Error::WrongPassphrase`], [`Error::InUse`], [`Error::Damaged`] if the records do not
    /// belong together, [`Error::Ownerless`] for a passphrase that belongs to no administrator where there are some,
    /// [`Error::Restored`] for a copy of the directory in which it was last.
    pub fn open(dir: &Path, passphrase: &Passphrase) -> Result<Self, Error> {
        let mut authority = Self::open_anywhere(dir, passphrase)?;
        match (records::home(&authority.store)?, recover::home(dir)) {
            (Some(noted), Some(home)) if noted != home => Err(Error::Restored),
            (Some(noted), None) if noted == recover::BEHIND => Err(Error::Restored),
            (None, Some(_)) => {
                authority.settle(dir)?;
                Ok(authority)
            }
            _ => Ok(authority),
        }
    }

    /// Notes that this directory is the authority's own, and no copy of it.
    fn settle(&mut self, dir: &Path) -> Result<(), Error> {
        let mut writer = Writer::new(&self.register.store);
        writer.home(&recover::home(dir).unwrap_or_default())?;
        writer.commit()
    }

    fn open_anywhere(dir: &Path, passphrase: &Passphrase) -> Result<Self, Error> {
        let keys = match KeyFile::open(&dir.join("keys")) {
            // With a store beside it, it is the key file that is missing.
            Err(KeyFileError::Io(error)) if error.kind() == io::ErrorKind::NotFound && !dir.join("store").exists() => {
                return Err(Error::NoAuthority);
            }
            other => other?,
        };
        // An office's directory has keys and a store too; to be told of a wrong passphrase there would mislead.
        let register = Register::open(dir)?;
        let (opener, roots) = keys.unlock_as(&Opener::Passphrase(passphrase.clone()))?;
        admins::check_owner(&register.store, &keys, opener)?;
        let ring = signing(roots)?;
        let mut keys = BTreeMap::new();
        for (&number, CaEntry { ca, .. }) in &register.standing.cas {
            let wrapped = records::wrapped_key(&register.store, number)?;
            // A root that is kept elsewhere.
            if wrapped.is_empty() && number <= SECOND_ROOT {
                continue;
            }
            let key = ring.unwrap(KEY_LABEL, &ca.id().0, &wrapped)?;
            let key: &[u8; 32] = key.as_slice().try_into().map_err(|_| Error::Damaged("key"))?;
            let ca = certificate::Authority::new(ca.clone(), SigningKey::from_bytes(key))?;
            keys.insert(number, Arc::new(ca));
        }
        Ok(Self { register, ring, keys, admin: String::new(), restored: false })
    }

    /// Says who acts from now on; it stands in the audit log beside every act.
    ///
    /// # Errors
    /// [`Error::Admin`] for a name that is empty, longer than 64 characters or not printable.
    pub fn acting_as(mut self, admin: &str) -> Result<Self, Error> {
        self.admin = check_admin(admin)?;
        Ok(self)
    }

    /// Ends signing: nodes have shown that this authority was put back from a backup. So it stays when it is opened again.
    fn restored(&mut self) -> Result<(), Error> {
        self.restored = true;
        let mut writer = Writer::new(&self.register.store);
        writer.home(recover::BEHIND)?;
        writer.commit()
    }

    /// Makes a directory that `open_restored` has opened the authority's own without asking anybody: it was moved and has
    /// lost nothing.
    ///
    /// # Errors
    /// What the store refuses.
    pub fn moved(mut self, dir: &Path, now: Timestamp) -> Result<(), Error> {
        self.act(now, |draft, _| {
            draft.deed(Deed::Recovered, None, "alone".to_owned());
            Ok(())
        })?;
        self.settle(dir)
    }

    /// Runs one act: all of it is durable when this returns, or none of it has happened.
    fn act<T>(
        &mut self,
        now: Timestamp,
        act: impl FnOnce(&mut Draft<'_>, Timestamp) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.restored {
            return Err(Error::Restored);
        }
        let newest = self.register.standing.head.value().time;
        if CLOCK_SLACK < newest.since(now) {
            return Err(Error::ClockBehind { newest });
        }
        let now = now.max(newest);
        let Register { store, standing } = &mut self.register;
        let mut draft = Draft::new(store, &self.ring, &self.admin, standing.clone(), self.keys.clone());
        let out = act(&mut draft, now)?;
        (*standing, self.keys) = draft.commit(now)?;
        Ok(out)
    }

    /// Judges the first trust bundle as an office would.
    fn trust(&self) -> Result<Trust, Error> {
        let mut trust = Trust::first(&self.register.standing.bundle.bytes, None)?;
        for crl in self.register.standing.crls.values() {
            let _ = trust.accept_crl(&crl.bytes).map_err(|_| Error::Damaged("CRL"))?;
        }
        Ok(trust)
    }
}

impl Deref for Authority {
    type Target = Register;

    fn deref(&self) -> &Register {
        &self.register
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authority({} CAs)", self.keys.len())
    }
}

/// The name of an authority.
fn check_name(name: &str) -> Result<&str, Error> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(Error::Name(ProfileError::Name));
    }
    Ok(name)
}

/// The name of an administrator.
fn check_admin(admin: &str) -> Result<String, Error> {
    let admin = admin.trim();
    if admin.is_empty() || admin.chars().count() > MAX_NAME || admin.chars().any(char::is_control) {
        return Err(Error::Admin);
    }
    Ok(admin.to_owned())
}

fn signing(roots: Roots) -> Result<Keyring, Error> {
    roots.signing.ok_or(Error::KeyFile(KeyFileError::Locked))
}

fn found(
    store: Store,
    ring: Keyring,
    name: &str,
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> Result<Authority, Error> {
    let mut root = |common_name| {
        let (key, serial) = (SigningKey::generate(rng), Serial::random(rng));
        let name = CaName { organisation: name, common_name };
        certificate::Authority::root(name, key, serial, now.minus(BACKDATE), now.plus(ROOT_LIFETIME))
    };
    let roots = [root("Musubi Root 1")?, root("Musubi Root 2")?];
    let year = dates::year_of(now)?;
    let issuing = new_issuing(&roots[0], name, year, 0, now, rng)?;

    let head = Signed::sign(Head::of(&Tree::new(), now), issuing.key())?;
    let [first, second] = roots.map(Arc::new);
    let members = [(ROOT, 0, &first), (SECOND_ROOT, 0, &second), (SECOND_ROOT + 1, year, &Arc::new(issuing))];
    let entry = |(number, year, ca): (u32, i16, &Arc<certificate::Authority>)| {
        (number, (CaEntry { ca: ca.ca().clone(), year }, Some(Arc::clone(ca))))
    };
    let cas = BTreeMap::from(members.map(entry));
    let root_crl = first.crl(1, now, &[])?;
    let shown: BTreeMap<u32, CaEntry> = cas.iter().map(|(number, (entry, _))| (*number, entry.clone())).collect();
    let bundle = bundle(1, now, &shown, &Public::first(), root_crl.der(), &head, Ext::none())?;
    let bundle = Signed::sign(bundle, first.key())?;
    establish(store, ring, name, cas, &root_crl, &bundle, now)
}

/// Writes down an authority with its CAs by number (those of roots that are kept elsewhere have no key), the CRL of its
/// root and the first bundle.
fn establish(
    store: Store,
    ring: Keyring,
    name: &str,
    cas: BTreeMap<u32, (CaEntry, Option<Arc<certificate::Authority>>)>,
    root_crl: &CrlIn,
    bundle: &Signed<Bundle>,
    now: Timestamp,
) -> Result<Authority, Error> {
    let mut writer = Writer::new(&store);
    let (mut entries, mut keys) = (BTreeMap::new(), BTreeMap::new());
    for (number, (entry, key)) in cas {
        let wrapped = key.as_ref().map(|key| wrap_key(&ring, key)).transpose()?;
        writer.ca(number, &entry, wrapped.unwrap_or_default())?;
        entries.insert(number, entry);
        keys.extend(key.map(|key| (number, key)));
    }
    let issuing = keys.get(&(SECOND_ROOT + 1)).ok_or(Error::Damaged("CA"))?;
    let crls = BTreeMap::from([
        (ROOT, writer.crl(ROOT, root_crl, None)?),
        (SECOND_ROOT + 1, writer.crl(SECOND_ROOT + 1, &issuing.crl(1, now, &[])?, None)?),
    ]);
    let tree = Tree::new();
    let head = Signed::sign(Head::of(&tree, now), issuing.key())?;
    let [one, two] = [ROOT, SECOND_ROOT].map(|root| entries.get(&root).map(|entry| entry.ca.der()).unwrap_or_default());
    let network = network_id(one, two);
    let public = Public::of(bundle.value())?;
    let bundle = writer.bundle(bundle, None)?;
    writer.head(&head)?;
    writer.issued(0)?;
    writer.name(name)?;
    writer.not_begun()?;
    writer.commit()?;
    let standing = Standing {
        name: name.to_owned(),
        cas: entries,
        crls,
        bundle,
        public,
        head,
        tree,
        groups: Groups::default(),
        issued: 0,
        audited: Audited::default(),
        root_here: keys.contains_key(&ROOT),
        wanted: None,
        network,
    };
    Ok(Authority { register: Register { store, standing }, ring, keys, admin: String::new(), restored: false })
}

/// Makes an issuing CA; `earlier` others were made in the same year.
fn new_issuing(
    root: &certificate::Authority,
    organisation: &str,
    year: i16,
    earlier: usize,
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> Result<certificate::Authority, Error> {
    let common_name = issuing_name(year, earlier);
    let (key, serial) = (SigningKey::generate(rng), Serial::random(rng));
    let name = CaName { organisation, common_name: &common_name };
    let until = now.plus(ISSUING_LIFETIME).min(root.ca().not_after());
    Ok(root.issuing(name, key, serial, now.minus(BACKDATE), until)?)
}

/// What an issuing CA is called, of which `earlier` others were made in the same year.
fn issuing_name(year: i16, earlier: usize) -> String {
    let also = if earlier > 0 { format!("-{}", earlier + 1) } else { String::new() };
    format!("Musubi Issuing CA {year}{also}")
}

fn wrap_key(ring: &Keyring, ca: &certificate::Authority) -> Result<Vec<u8>, Error> {
    Ok(ring.wrap(KEY_LABEL, &ca.ca().id().0, ca.key().as_bytes())?)
}

/// What a trust bundle says: both roots, and the issuing CAs that have not expired.
fn bundle(
    number: u64,
    time: Timestamp,
    cas: &BTreeMap<u32, CaEntry>,
    public: &Public,
    root_crl: &[u8],
    head: &Signed<Head>,
    ext: Ext,
) -> Result<Bundle, Error> {
    let der = |ca: &Ca| ByteBuf::from(ca.der());
    let (roots, issuing): (Vec<_>, Vec<_>) = cas.iter().partition(|(number, _)| **number <= SECOND_ROOT);
    Ok(Bundle {
        number,
        time,
        roots: roots.iter().map(|(_, entry)| der(&entry.ca)).collect(),
        issuing: issuing.iter().filter(|(_, e)| time <= e.ca.not_after()).map(|(_, e)| der(&e.ca)).collect(),
        root_crl: root_crl.to_vec(),
        policy: public.policy_bytes()?,
        bootstrap: public.bootstrap.clone(),
        enforce_from: public.enforce_from,
        head: Some(ByteBuf::from(head.bytes())),
        ext,
    })
}
