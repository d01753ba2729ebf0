//! An authority whose roots are kept elsewhere: what it asks them for, and what it takes over from them.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use ed25519_dalek::SigningKey;
use musubi_protocol::{
    certificate::{
        self, BACKDATE, Ca,
        material::{self, Material},
    },
    crl::{CrlIn, Outcome},
    log::{Head, Tree},
    signed::{Signed, Unverified},
    time::{DAY, Timestamp},
    trust::{Bundle, Trust},
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

use super::{
    Authority, Error, Founded, ISSUING_LIFETIME, Register,
    audit::Deed,
    ceremony::{CaWanted, RootRequest, RootTasks, read_root},
    check_name, dates, establish,
    records::{self, Begun, CaEntry, Public, ROOT, SECOND_ROOT, WantedCa, Writer},
    signing,
};

/// What the key file's root key wraps: the key of a CA that has no certificate yet.
const KEY_LABEL: &str = "authority key to be certified";
/// So long before its end a root's CRL is called for.
const CRL_SOON: u64 = 60 * DAY;

/// What a root is to be asked for, beside what waits anyway.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RootAsked {
    /// The root that is to go, 1 or 2, and the file of the one that comes.
    pub replace: Option<(u8, Vec<u8>)>,
    /// Issuing CAs to be revoked, by common name.
    pub revoke: Vec<String>,
    /// Another issuing CA, though this year has one.
    pub issuing: bool,
}

impl Authority {
    /// Begins an authority whose roots are kept elsewhere (their files' bytes): makes the key of its issuing CA, and the
    /// request that root 1 has to sign. Beginning again gives the same request.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::Name`], [`Error::NoRoot`] for files that are no two roots, and what store and key file
    /// refuse.
    pub fn begin(
        dir: &Path,
        name: &str,
        roots: [&[u8]; 2],
        passphrase: &Passphrase,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<RootRequest, Error> {
        let name = check_name(name)?;
        let roots = [read_root(roots[0])?, read_root(roots[1])?];
        if roots[0].key() == roots[1].key() || roots[0].subject() == roots[1].subject() {
            return Err(Error::NoRoot);
        }
        platform::create_private_dir(dir)?;
        let store = Store::open(&dir.join("store"), Options::default())?;
        if records::is_founded(&store)? || records::root(&store)?.is_some() {
            return Err(Error::Exists);
        }
        let (keys, opener) = (dir.join("keys"), Opener::Passphrase(passphrase.clone()));
        let ring = signing(if keys.try_exists()? {
            KeyFile::open(&keys)?.unlock_with(&opener)?
        } else {
            KeyFile::create(&keys, &[(opener, Locks::BOTH)])?.1
        })?;
        let ders: Vec<ByteBuf> = roots.iter().map(|root| ByteBuf::from(root.der())).collect();
        let begun = match records::begun(&store)? {
            Some(begun) if begun.name == name && begun.roots == ders => begun,
            // The request of that one may be at the root already.
            Some(_) => return Err(Error::Exists),
            None => {
                let issuing = wanted_ca(&ring, dates::year_of(now)?, 0, &roots[0], now, rng)?;
                let begun = Begun { name: name.to_owned(), roots: ders, issuing };
                let mut writer = Writer::new(&store);
                writer.begun(&begun)?;
                writer.commit()?;
                begun
            }
        };
        let key = unwrap(&ring, &begun.issuing)?;
        // As when it was begun, so that the request is the same each time.
        let head = Signed::sign(Head::of(&Tree::new(), begun.issuing.from.plus(BACKDATE)), &key)?;
        let period = (begun.issuing.from, begun.issuing.until);
        let wanted = CaWanted::new(name, &begun.issuing.name, &key, period, None)?;
        RootRequest::new(name, None, [&roots[0], &roots[1]], vec![wanted]).says(&Public::first(), &[], head.bytes())
    }

    /// Says whether a directory holds an authority that was begun and waits for its first bundle.
    ///
    /// # Errors
    /// [`Error::InUse`], and what the store refuses.
    pub fn is_begun(dir: &Path) -> Result<bool, Error> {
        let path = dir.join("store");
        if !path.try_exists()? {
            return Ok(false);
        }
        Ok(records::begun(&Store::open(&path, Options::default())?)?.is_some())
    }

    /// Founds the authority that was begun, by the bundle that root 1 has signed (the file's bytes).
    ///
    /// # Errors
    /// [`Error::NoAuthority`] where nothing was begun, [`Error::Exists`], [`Error::RootAnswer`],
    /// [`Error::WrongPassphrase`], and what the store refuses.
    pub fn complete(
        dir: &Path,
        passphrase: &Passphrase,
        file: &[u8],
        now: Timestamp,
    ) -> Result<(Self, Founded), Error> {
        let path = dir.join("store");
        if !path.try_exists()? {
            return Err(Error::NoAuthority);
        }
        let store = Store::open(&path, Options::default())?;
        if records::is_founded(&store)? {
            return Err(Error::Exists);
        }
        let begun = records::begun(&store)?.ok_or(Error::NoAuthority)?;
        let ring = signing(KeyFile::open(&dir.join("keys"))?.unlock_with(&Opener::Passphrase(passphrase.clone()))?)?;
        let bytes = bundle_of(file)?;
        let trust = Trust::first(&bytes, None).map_err(|_| Error::RootAnswer)?;
        let ders: Vec<&[u8]> = trust.roots().iter().map(Ca::der).collect();
        let issuing: Vec<&Ca> = trust.issuing().collect();
        let [issuing] = issuing[..] else { return Err(Error::RootAnswer) };
        if begun.roots.iter().any(|root| !ders.contains(&root.as_slice()))
            || issuing.key().as_bytes()[..] != begun.issuing.key[..]
        {
            return Err(Error::RootAnswer);
        }
        let issuing = certificate::Authority::new(issuing.clone(), unwrap(&ring, &begun.issuing)?)?;
        let (bundle, root_crl) = taken_apart(&trust)?;
        let [first, second] = trust.roots().clone();
        let cas = BTreeMap::from([
            (ROOT, (CaEntry { ca: first, year: 0 }, None)),
            (SECOND_ROOT, (CaEntry { ca: second, year: 0 }, None)),
            (
                SECOND_ROOT + 1,
                (CaEntry { ca: issuing.ca().clone(), year: begun.issuing.year }, Some(Arc::new(issuing))),
            ),
        ]);
        let now = now.max(trust.newest_signed_time());
        let mut authority = establish(store, ring, &begun.name, cas, &root_crl, &bundle, now)?;
        authority.settle(dir)?;
        let founded = authority.founded()?;
        Ok((authority, founded))
    }

    /// Makes the request that has to be carried to a root: for what waits, for the issuing CA of a new year, and for what
    /// is asked here.
    ///
    /// # Errors
    /// [`Error::RootHere`] where nothing has to be carried, [`Error::NoRoot`] for a file that is no root,
    /// [`Error::NoCa`] for a name of no issuing CA, [`Error::ClockBehind`], and what the store refuses.
    pub fn root_request(
        &mut self,
        asked: &RootAsked,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<RootRequest, Error> {
        if self.standing.root_here {
            return Err(Error::RootHere);
        }
        let new_root = asked.replace.as_ref().map(|(which, file)| Ok::<_, Error>((*which, read_root(file)?)));
        let new_root = new_root.transpose()?;
        let mut revoke = Vec::new();
        for name in &asked.revoke {
            let found = self.issuing_cas().find(|(_, entry)| entry.ca.common_name() == name);
            revoke.push(found.ok_or(Error::NoCa)?.1.ca.serial());
        }
        let newest = self.issuing_cas().next_back().ok_or(Error::Damaged("CA"))?.1;
        let year = dates::year_of(now)?;
        let waits = self.standing.wanted.as_ref().is_some_and(|wanted| wanted.issuing.is_some());
        let wants = asked.issuing || newest.year < year || revoke.contains(&newest.ca.serial());
        let earlier = self.standing.cas.values().filter(|entry| entry.year == year).count();
        let above = self.root_der(ROOT)?.clone();
        let made = (wants && !waits).then(|| wanted_ca(&self.ring, year, earlier, &above, now, rng)).transpose()?;
        self.act(now, |draft, _| {
            if let Some(wanted) = made {
                draft.want(wanted);
            }
            draft.deed(Deed::RootAsked, None, String::new());
            Ok(())
        })?;

        let standing = &self.register.standing;
        let [one, two] = [self.root_der(ROOT)?, self.root_der(SECOND_ROOT)?];
        let roots = match &new_root {
            None => [one, two],
            Some((1, new)) => [two, new],
            Some((2, new)) => [one, new],
            Some(_) => return Err(Error::NoRoot),
        };
        let mut cas = Vec::new();
        let void = self.standing.revoked_cas()?;
        let lives = |(number, entry): &(u32, &CaEntry)| now <= entry.ca.not_after() && !void.contains(number);
        for (number, entry) in self.issuing_cas().filter(lives) {
            let key = self.keys.get(&number).ok_or(Error::Damaged("CA"))?.key();
            let period = (entry.ca.not_before(), entry.ca.not_after());
            cas.push(CaWanted::new(&standing.name, entry.ca.common_name(), key, period, Some(&entry.ca))?);
        }
        let mut head = standing.head.clone();
        let public = standing.wanted.as_ref().map_or(&standing.public, |wanted| &wanted.public);
        if let Some(wanted) = standing.wanted.as_ref().and_then(|wanted| wanted.issuing.as_ref()) {
            let key = unwrap(&self.ring, wanted)?;
            cas.push(CaWanted::new(&standing.name, &wanted.name, &key, (wanted.from, wanted.until), None)?);
            // The newest CA signs heads; it may be the one that is revoked.
            head = Signed::sign(head.value().clone(), &key)?;
        }
        RootRequest::new(&standing.name, Some(&standing.bundle.bytes), roots, cas).says(public, &revoke, head.bytes())
    }

    /// Takes over the trust bundle that a root has signed (the file's bytes): its number is returned. What this makes
    /// known to offices is published at once.
    ///
    /// # Errors
    /// [`Error::RootAnswer`] for a bundle that does not follow the one in force, or does not name every CA that this
    /// authority issues with, or others; [`Error::ClockBehind`], and what the store refuses.
    pub fn accept(&mut self, file: &[u8], now: Timestamp) -> Result<u64, Error> {
        let bytes = bundle_of(file)?;
        let mut trust = self.trust()?;
        match trust.accept_bundle(&bytes).map_err(|_| Error::RootAnswer)? {
            Outcome::New => {}
            Outcome::Known => return Ok(self.bundle_number()),
            Outcome::Older | Outcome::Alarm => return Err(Error::RootAnswer),
        }
        let (bundle, cas, root_crl) = self.follow(&trust)?;
        self.act(now.max(bundle.value().time), |draft, now| draft.bundled(&bundle, cas, &root_crl, now))?;
        Ok(self.bundle_number())
    }

    /// The bundle of a trust that leads on from the one in force here, with its CAs under their numbers.
    ///
    /// # Errors
    /// [`Error::RootAnswer`] if it leaves out a CA that this authority issues with, or names others.
    pub(super) fn follow(&self, trust: &Trust) -> Result<Follows, Error> {
        let now = trust.bundle().time;
        let (bundle, root_crl) = taken_apart(trust)?;
        let named: Vec<&Ca> = trust.issuing().collect();
        let is_left_out = |entry: &CaEntry| named.iter().all(|ca| ca.key() != entry.ca.key());
        let void = self.standing.revoked_cas()?;
        let lives = |(number, entry): &(u32, &CaEntry)| now <= entry.ca.not_after() && !void.contains(number);
        if self.issuing_cas().filter(lives).any(|(_, entry)| is_left_out(entry)) {
            return Err(Error::RootAnswer);
        }
        let [first, second] = trust.roots().clone();
        let mut cas = BTreeMap::from([
            (ROOT, (CaEntry { ca: first, year: 0 }, None)),
            (SECOND_ROOT, (CaEntry { ca: second, year: 0 }, None)),
        ]);
        let mut next = self.standing.cas.keys().next_back().ok_or(Error::Damaged("CA"))? + 1;
        let wanted = self.standing.wanted.as_ref().and_then(|wanted| wanted.issuing.as_ref());
        for ca in named {
            let held = self.issuing_cas().find(|(_, entry)| entry.ca.key() == ca.key());
            let (number, year, key) = match (held, wanted) {
                (Some((number, entry)), _) => {
                    (number, entry.year, self.keys.get(&number).ok_or(Error::Damaged("CA"))?.key().clone())
                }
                (None, Some(wanted)) if ca.key().as_bytes()[..] == wanted.key[..] => {
                    next += 1;
                    (next - 1, wanted.year, unwrap(&self.ring, wanted)?)
                }
                _ => return Err(Error::RootAnswer),
            };
            let key = certificate::Authority::new(ca.clone(), key)?;
            cas.insert(number, (CaEntry { ca: ca.clone(), year }, Some(Arc::new(key))));
        }
        Ok((bundle, cas, root_crl))
    }

    fn issuing_cas(&self) -> impl DoubleEndedIterator<Item = (u32, &CaEntry)> {
        self.standing.cas.range(SECOND_ROOT + 1..).map(|(number, entry)| (*number, entry))
    }

    fn root_der(&self, number: u32) -> Result<&Ca, Error> {
        Ok(&self.standing.cas.get(&number).ok_or(Error::Damaged("CA"))?.ca)
    }
}

impl Register {
    /// What a root that is kept elsewhere has to sign, and until when.
    ///
    /// # Errors
    /// [`Error::Damaged`], and a date outside the calendar.
    pub fn root_tasks(&self, now: Timestamp) -> Result<RootTasks, Error> {
        let standing = &self.standing;
        let crl = standing.crls.get(&ROOT).ok_or(Error::Damaged("CRL"))?;
        let crl_until = CrlIn::parse(&crl.bytes).map_err(|_| Error::Damaged("CRL"))?.next_update();
        let mut waiting = Vec::new();
        if !standing.root_here {
            if let Some(wanted) = &standing.wanted {
                let parts = [
                    ("policy", wanted.public.policy != standing.public.policy),
                    ("bootstrap", wanted.public.bootstrap != standing.public.bootstrap),
                    ("enforce_from", wanted.public.enforce_from != standing.public.enforce_from),
                ];
                waiting.extend(parts.iter().filter(|(_, differs)| *differs).map(|(name, _)| (*name).to_owned()));
            }
            let year = standing.cas.values().map(|entry| entry.year).max().unwrap_or_default();
            if year < dates::year_of(now)? || standing.wanted.as_ref().is_some_and(|wanted| wanted.issuing.is_some()) {
                waiting.push("issuing_ca".to_owned());
            }
            if crl_until <= now.plus(CRL_SOON) {
                waiting.push("root_crl".to_owned());
            }
        }
        Ok(RootTasks { here: standing.root_here, bundle: standing.bundle.number, crl_until, waiting })
    }
}

/// A bundle, its CAs by number with the keys that are here, and its root's CRL.
type Follows = (Signed<Bundle>, BTreeMap<u32, (CaEntry, Option<Arc<certificate::Authority>>)>, CrlIn);

/// Makes the key of an issuing CA that a root is to certify.
fn wanted_ca(
    ring: &Keyring,
    year: i16,
    earlier: usize,
    root: &Ca,
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> Result<WantedCa, Error> {
    let name = super::issuing_name(year, earlier);
    let key = SigningKey::generate(rng);
    let public = key.verifying_key().to_bytes();
    let wrapped = ring.wrap(KEY_LABEL, &public, key.as_bytes())?;
    let until = now.plus(ISSUING_LIFETIME).min(root.not_after());
    let (public, wrapped) = (ByteBuf::from(public), ByteBuf::from(wrapped));
    Ok(WantedCa { year, name, key: public, wrapped, from: now.minus(BACKDATE), until })
}

fn unwrap(ring: &Keyring, wanted: &WantedCa) -> Result<SigningKey, Error> {
    let key = ring.unwrap(KEY_LABEL, &wanted.key, &wanted.wrapped)?;
    let key: &[u8; 32] = key.as_slice().try_into().map_err(|_| Error::Damaged("key"))?;
    Ok(SigningKey::from_bytes(key))
}

/// The one trust bundle in a file.
fn bundle_of(file: &[u8]) -> Result<Vec<u8>, Error> {
    match material::read(file).map(<[Material; 1]>::try_from) {
        Ok(Ok([Material::TrustBundle(bytes)])) => Ok(bytes),
        _ => Err(Error::RootAnswer),
    }
}

/// The bundle in force, which its first root has signed, and that root's CRL.
fn taken_apart(trust: &Trust) -> Result<(Signed<Bundle>, CrlIn), Error> {
    let root = &trust.roots()[0];
    let bundle = Unverified::<Bundle>::from_bytes(trust.bundle_bytes())?;
    let bundle = bundle.verify(root.key()).map_err(|_| Error::RootAnswer)?;
    let crl = trust.crls().find(|crl| crl.issuer() == root.id()).ok_or(Error::RootAnswer)?;
    Ok((bundle, CrlIn::clone(crl)))
}
