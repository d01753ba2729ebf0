//! Administrators: who may act, each with a passphrase of his own.
//!
//! A name in the audit log says who acted only if nobody else can write it. So each administrator has an opener in the key
//! file, and the store says whose it is: whoever acts gives his name and his passphrase. Who is added or removed is a matter
//! for two, once there are two; else one would make himself a second one.

use std::{fmt, path::Path};

use musubi_protocol::time::Timestamp;
use musubi_store::{
    Store, crash,
    keyfile::{KeyFile, KeyFileError, Locks, Opener, OpenerId, OpenerInfo, OpenerKind, Passphrase, Roots},
};
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use serde_tuple::{Deserialize_tuple, Serialize_tuple};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{
    Authority, Done, Errand, Error, Register,
    acts::Act,
    audit::Deed,
    check_admin,
    groups::Work,
    records::{self, ADMINS},
};
use crate::times;

/// How often a change of the key file is begun again that another one has overtaken.
const TRIES: usize = 4;

#[derive(Serialize_tuple, Deserialize_tuple)]
struct Record {
    opener: u32,
    since: Timestamp,
}

/// An administrator. In JSON times are RFC 3339 with +09:00.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admin {
    /// The name that stands in the audit log.
    pub name: String,
    /// Since when.
    #[serde(with = "times::moment")]
    pub since: Timestamp,
}

/// What shows who somebody is. It is forgotten when it is dropped.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Word {
    /// The name.
    pub admin: String,
    /// The passphrase.
    pub passphrase: String,
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Word({:?})", self.admin)
    }
}

impl Register {
    /// The administrators by name; none where nobody was named yet: then whoever shows a passphrase is named by his next act.
    ///
    /// # Errors
    /// What the store refuses.
    pub fn admins(&self) -> Result<Vec<Admin>, Error> {
        admins(&self.store)
    }
}

/// An act whose words were judged, and what is needed beside the store to carry it out.
pub(super) struct Proven {
    admin: String,
    /// None once it is carried out, or under way.
    act: Option<Act>,
    /// Where nobody is named: the opener of whoever has shown a passphrase, and so is the first.
    first: Option<u32>,
    /// What a new administrator's passphrase is to open.
    opening: Option<Opening>,
    /// A long act under way.
    work: Option<Work>,
}

impl Proven {
    const fn new(admin: String, act: Act) -> Self {
        Self { admin, act: Some(act), first: None, opening: None, work: None }
    }
}

/// The key file with its roots, for one more opener.
struct Opening {
    keys: KeyFile,
    roots: Roots,
}

/// Judges whether an act is done by whom it names; what needs no name is let through. `dir` is the authority's directory.
/// Passphrases take their time on purpose: all of that is done here, where nobody else waits for the authority.
///
/// # Errors
/// [`Error::Unproven`] without a word, [`Error::NotAdmin`] for a name that is no administrator's or another's passphrase,
/// [`Error::SecondAdmin`] where two have to agree, [`Error::AdminTaken`] for a new passphrase that opens the keys already,
/// [`Error::WrongPassphrase`].
pub(super) fn check_words(store: &Store, dir: &Path, errand: Errand) -> Result<Proven, Error> {
    let Errand { admin, act, words } = errand;
    if act.is_nameless() {
        return Ok(Proven::new(admin, act));
    }
    let keys = KeyFile::open(&dir.join("keys"))?;
    let named = living(store, &keys)?.len();
    let of_two = matches!(act, Act::AdminAdd(_) | Act::AdminRemove { .. });
    let admin = check_admin(&admin)?;
    let [own, others @ ..] = &words[..] else { return Err(Error::Unproven) };
    if own.admin.trim() != admin {
        return Err(Error::NotAdmin);
    }
    let (opener, roots) = if named == 0 { keys.unlock_as(&opener(own))? } else { prove(store, &keys, own)? };
    if of_two && 1 < named {
        let second = others.first().filter(|second| second.admin.trim() != admin).ok_or(Error::SecondAdmin)?;
        prove(store, &keys, second)?;
    }
    let opening = match &act {
        // The first one's own passphrase is his, and no new one.
        Act::AdminAdd(new) if named == 0 && new.admin.trim() == admin && new.passphrase == own.passphrase => None,
        // Two persons with one passphrase would be one.
        Act::AdminAdd(new) if keys.unlock_as(&self::opener(new)).is_ok() => return Err(Error::AdminTaken),
        Act::AdminAdd(_) => Some(Opening { keys, roots }),
        _ => None,
    };
    Ok(Proven { first: (named == 0).then_some(opener.0), opening, ..Proven::new(admin, act) })
}

/// Shows that a word is an administrator's own: his opener, and the roots that it opens.
fn prove(store: &Store, keys: &KeyFile, word: &Word) -> Result<(OpenerId, Roots), Error> {
    let record: Option<Record> = records::get(store, ADMINS, word.admin.trim().as_bytes())?;
    let record = record.ok_or(Error::NotAdmin)?;
    let (opener, roots) = keys.unlock_as(&opener(word))?;
    if opener.0 == record.opener { Ok((opener, roots)) } else { Err(Error::NotAdmin) }
}

fn opener(word: &Word) -> Opener {
    Opener::Passphrase(Passphrase::new(word.passphrase.clone()))
}

/// Refuses a passphrase that belongs to no administrator, though somebody is one: it was left over when a process was killed.
/// Where nobody is named it is the founder's, who was killed before his name was written down.
///
/// # Errors
/// [`Error::Ownerless`], and what the store refuses.
pub(super) fn check_owner(store: &Store, keys: &KeyFile, opener: OpenerId) -> Result<(), Error> {
    let living = living(store, keys)?;
    if living.is_empty() || living.contains(&opener.0) { Ok(()) } else { Err(Error::Ownerless) }
}

impl Authority {
    /// Says who acts from now on, by a word that shows it; where no administrator is named any name will do.
    ///
    /// # Errors
    /// [`Error::NotAdmin`], [`Error::WrongPassphrase`], [`Error::Admin`], and what store and key file refuse.
    pub fn proven_as(self, dir: &Path, word: &Word) -> Result<Self, Error> {
        if !self.admins()?.is_empty() {
            prove(&self.store, &KeyFile::open(&dir.join("keys"))?, word)?;
        }
        self.acting_as(&word.admin)
    }

    /// Names the first administrator: whoever has the passphrase by which the authority was founded. Does nothing where
    /// there are administrators.
    ///
    /// # Errors
    /// [`Error::Admin`], [`Error::WrongPassphrase`], and what store and key file refuse.
    pub fn first_admin(
        &mut self,
        dir: &Path,
        name: &str,
        passphrase: &Passphrase,
        now: Timestamp,
    ) -> Result<(), Error> {
        if !self.admins()?.is_empty() {
            return Ok(());
        }
        let keys = KeyFile::open(&dir.join("keys"))?;
        let (opener, _) = keys.unlock_as(&Opener::Passphrase(passphrase.clone()))?;
        self.by(check_admin(name)?, |authority| authority.add_admin(name, opener.0, now))
    }

    /// Carries out what words have shown, in the authority's directory: all of it, or of a long act the next group. Nothing
    /// comes back while more is to be done.
    ///
    /// Openers are added and removed only here, by the process that has the store: no other one can take an opener for
    /// left over that is about to be named. Each order of the two writes leaves, when it is broken off, an opener without
    /// a name and never a name without an opener; [`Authority::sweep`] takes that away.
    ///
    /// # Errors
    /// Those of the act.
    pub(super) fn carry_out(
        &mut self,
        dir: &Path,
        proven: &mut Proven,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<Done>, Error> {
        let Proven { admin, act, first, opening, work } = proven;
        if let Some(opener) = first.take() {
            // Somebody else was faster: now it takes his word.
            if !living(&self.store, &KeyFile::open(&dir.join("keys"))?)?.is_empty() {
                return Err(Error::NotAdmin);
            }
            self.by(admin.clone(), |authority| authority.add_admin(admin, opener, now))?;
            self.sweep(dir, now);
        }
        match act.take() {
            Some(Act::AdminAdd(new)) => {
                if let Some(opening) = opening.take() {
                    self.by(admin.clone(), |authority| authority.open_to(dir, &new, opening, now))?;
                }
                return Ok(Some(Done::Admins(self.admins()?)));
            }
            Some(Act::AdminRemove { name }) => {
                self.by(admin.clone(), |authority| authority.remove_admin(dir, &name, now))?;
                return Ok(Some(Done::Admins(self.admins()?)));
            }
            Some(act) => match Work::of(act) {
                Ok(long) => *work = Some(long),
                Err(act) => return self.perform(admin, act, now, rng).map(Some),
            },
            None => {}
        }
        match work {
            Some(work) => self.next_group(admin, work, now, rng),
            None => Err(Error::Stopped),
        }
    }

    /// Does something under an administrator's name. Whatever the authority does next, it does by itself.
    pub(super) fn by<T>(&mut self, admin: String, act: impl FnOnce(&mut Self) -> T) -> T {
        self.admin = admin;
        let done = act(self);
        self.admin.clear();
        done
    }

    /// Lets a new administrator's passphrase open the keys, then names him.
    fn open_to(&mut self, dir: &Path, new: &Word, opening: Opening, now: Timestamp) -> Result<(), Error> {
        let name = check_admin(&new.admin)?;
        if self.admins()?.iter().any(|admin| admin.name == name) {
            return Err(Error::AdminTaken);
        }
        let Opening { mut keys, roots } = opening;
        let opener = again(&mut keys, |keys| keys.add(&roots, &opener(new), Locks::BOTH))?.0;
        crash::point("authority.opened");
        self.add_admin(&name, opener, now).inspect_err(|_| {
            if let Err(error) = remove_opener(dir, opener) {
                tracing::warn!(%error, "a passphrase that belongs to nobody opens the keys until the authority is opened again");
            }
        })
    }

    fn add_admin(&mut self, name: &str, opener: u32, now: Timestamp) -> Result<(), Error> {
        let name = check_admin(name)?;
        let taken = self.admins()?.iter().any(|admin| admin.name == name);
        if taken || openers(&self.store)?.contains(&opener) {
            return Err(Error::AdminTaken);
        }
        self.act(now, |draft, now| {
            draft.put(ADMINS, name.as_bytes(), &Record { opener, since: now })?;
            draft.deed(Deed::AdminAdded, None, name.clone());
            Ok(())
        })
    }

    /// Takes an administrator's name away, then lets his passphrase open the keys no more.
    fn remove_admin(&mut self, dir: &Path, name: &str, now: Timestamp) -> Result<(), Error> {
        let name = check_admin(name)?;
        let record: Option<Record> = records::get(&self.store, ADMINS, name.as_bytes())?;
        let opener = record.ok_or(Error::NoAdmin)?.opener;
        let living = living(&self.store, &KeyFile::open(&dir.join("keys"))?)?;
        if living.iter().all(|other| *other == opener) {
            return Err(Error::LastAdmin);
        }
        self.act(now, |draft, _| {
            draft.no_admin(name.as_bytes())?;
            draft.deed(Deed::AdminRemoved, None, name.clone());
            Ok(())
        })?;
        // A name that nothing opened any more has no opener to remove.
        if living.contains(&opener) { remove_opener(dir, opener) } else { Ok(()) }
    }

    /// Takes away what a killed process has left in the key file: passphrases that belong to no administrator, and former
    /// ones whose change was not finished. What cannot be taken away now is so when the authority is opened again; that
    /// keeps nobody from acting.
    ///
    /// Only the process that has the store knows who is about to be named: it opens and names in one go.
    pub(super) fn sweep(&mut self, dir: &Path, now: Timestamp) {
        if let Err(error) = self.try_sweep(dir, now) {
            tracing::warn!(%error, code = error.code(), "the key file could not be looked through");
        }
    }

    fn try_sweep(&mut self, dir: &Path, now: Timestamp) -> Result<(), Error> {
        let mut keys = KeyFile::open(&dir.join("keys"))?;
        let living = living(&self.store, &keys)?;
        // One of them is the founder's, who has no name yet; which one, nobody knows before he opens the keys.
        let ownerless = |info: &OpenerInfo| {
            info.kind == OpenerKind::Passphrase && !living.is_empty() && !living.contains(&info.id.0)
        };
        let ownerless: Vec<u32> = keys.openers().into_iter().filter(ownerless).map(|info| info.id.0).collect();
        let half_changed = keys.left_over()?;
        if ownerless.is_empty() && half_changed.is_empty() {
            return Ok(());
        }
        // Written down first: what was taken away without a word of it nobody would ever see.
        self.by(String::new(), |authority| {
            authority.act(now, |draft, _| {
                for opener in &ownerless {
                    draft.deed(Deed::OpenerRemoved, None, opener.to_string());
                }
                for opener in half_changed.iter().filter(|opener| !ownerless.contains(&opener.0)) {
                    draft.deed(Deed::OpenerRemoved, None, format!("{} former", opener.0));
                }
                Ok(())
            })
        })?;
        if !half_changed.is_empty() {
            again(&mut keys, KeyFile::clear_left_over)?;
        }
        for opener in ownerless {
            tracing::warn!(opener, "a passphrase that belonged to no administrator opens the keys no more");
            remove_opener(dir, opener)?;
        }
        Ok(())
    }
}

fn admins(store: &Store) -> Result<Vec<Admin>, Error> {
    let admins = store.prefix(ADMINS, &[]).map(|found| {
        let (key, value) = found?;
        let name = String::from_utf8(key).map_err(|_| Error::Damaged("administrator"))?;
        Ok(Admin { name, since: records::decode::<Record>(&value)?.since })
    });
    admins.collect()
}

fn openers(store: &Store) -> Result<Vec<u32>, Error> {
    store.prefix(ADMINS, &[]).map(|found| Ok(records::decode::<Record>(&found?.1)?.opener)).collect()
}

/// The openers of administrators whose passphrase opens the keys. One that is not among them can do nothing; a key file
/// from a backup may know less than the store.
fn living(store: &Store, keys: &KeyFile) -> Result<Vec<u32>, Error> {
    let held: Vec<u32> = keys.openers().into_iter().map(|info| info.id.0).collect();
    Ok(openers(store)?.into_iter().filter(|opener| held.contains(opener)).collect())
}

/// Lets a passphrase open the keys no more.
fn remove_opener(dir: &Path, opener: u32) -> Result<(), Error> {
    again(&mut KeyFile::open(&dir.join("keys"))?, |keys| keys.remove(OpenerId(opener)))
}

/// Changes the key file, and begins again where somebody has changed it in between: one who chooses a new passphrase does
/// that without the store.
fn again<T>(keys: &mut KeyFile, mut change: impl FnMut(&mut KeyFile) -> Result<T, KeyFileError>) -> Result<T, Error> {
    for _ in 1..TRIES {
        match change(keys) {
            // The handle shows the new state.
            Err(KeyFileError::Changed) => {}
            done => return Ok(done?),
        }
    }
    Ok(change(keys)?)
}

/// Replaces a passphrase by another: whose it is stays as it was.
///
/// # Errors
/// [`Error::WrongPassphrase`], [`Error::AdminTaken`] for one that opens the keys already, and what the key file refuses.
pub fn change_passphrase(dir: &Path, old: &Passphrase, new: &Passphrase) -> Result<(), Error> {
    let mut keys = KeyFile::open(&dir.join("keys"))?;
    if keys.unlock_as(&Opener::Passphrase(new.clone())).is_ok() {
        return Err(Error::AdminTaken);
    }
    again(&mut keys, |keys| keys.change_passphrase(old, new))
}
