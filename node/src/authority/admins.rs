//! Administrators: who may act, each with a passphrase of his own.
//!
//! A name in the audit log says who acted only if nobody else can write it. So each administrator has an opener in the key
//! file, and the store says whose it is: whoever acts gives his name and his passphrase. Who is added or removed is a matter
//! for two, once there are two; else one would make himself a second one.

use std::{fmt, path::Path};

use musubi_protocol::time::Timestamp;
use musubi_store::{
    Store,
    keyfile::{KeyFile, Locks, Opener, OpenerId, Passphrase},
};
use serde::{Deserialize, Serialize};
use serde_tuple::{Deserialize_tuple, Serialize_tuple};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{
    Authority, Errand, Error, Register,
    acts::Act,
    audit::Deed,
    check_admin,
    records::{self, ADMINS},
};
use crate::times;

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
    /// The administrators by name; none where nobody was named yet: then whoever opens the keys acts under any name.
    ///
    /// # Errors
    /// What the store refuses.
    pub fn admins(&self) -> Result<Vec<Admin>, Error> {
        admins(&self.store)
    }
}

/// Judges whether an act is done by whom it names; what needs no name is let through. `dir` is the authority's directory.
///
/// # Errors
/// [`Error::Unproven`] without a word, [`Error::NotAdmin`] for a name that is no administrator's or another's passphrase,
/// [`Error::SecondAdmin`] where two have to agree, [`Error::WrongPassphrase`].
pub(super) fn check_words(store: &Store, dir: &Path, errand: &Errand) -> Result<(), Error> {
    let Errand { admin, act, words } = errand;
    let named = admins(store)?.len();
    if act.is_nameless() || named == 0 {
        return Ok(());
    }
    let admin = check_admin(admin)?;
    let [first, others @ ..] = &words[..] else { return Err(Error::Unproven) };
    if first.admin.trim() != admin {
        return Err(Error::NotAdmin);
    }
    let keys = KeyFile::open(&dir.join("keys"))?;
    prove(store, &keys, first)?;
    if matches!(act, Act::AdminAdd { .. } | Act::AdminRemove { .. }) && 1 < named {
        let second = others.first().filter(|second| second.admin.trim() != admin).ok_or(Error::SecondAdmin)?;
        prove(store, &keys, second)?;
    }
    Ok(())
}

fn prove(store: &Store, keys: &KeyFile, word: &Word) -> Result<(), Error> {
    let record: Option<Record> = records::get(store, ADMINS, word.admin.trim().as_bytes())?;
    let record = record.ok_or(Error::NotAdmin)?;
    let opener = Opener::Passphrase(Passphrase::new(word.passphrase.clone()));
    let (opener, _) = keys.unlock_as(&opener)?;
    if opener.0 == record.opener { Ok(()) } else { Err(Error::NotAdmin) }
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
        self.admin = check_admin(name)?;
        let added = self.add_admin(name, opener.0, now);
        self.admin.clear();
        added
    }

    pub(super) fn add_admin(&mut self, name: &str, opener: u32, now: Timestamp) -> Result<(), Error> {
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

    /// Takes an administrator's name away; the opener of his passphrase is returned, for [`remove_opener`].
    pub(super) fn remove_admin(&mut self, name: &str, now: Timestamp) -> Result<u32, Error> {
        let name = check_admin(name)?;
        let record: Option<Record> = records::get(&self.store, ADMINS, name.as_bytes())?;
        let record = record.ok_or(Error::NoAdmin)?;
        if self.admins()?.len() == 1 {
            return Err(Error::LastAdmin);
        }
        self.act(now, |draft, _| {
            draft.no_admin(name.as_bytes())?;
            draft.deed(Deed::AdminRemoved, None, name.clone());
            Ok(())
        })?;
        Ok(record.opener)
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

/// Lets another passphrase open the authority's keys; the number of its opener, for [`Act::AdminAdd`]. By itself it acts under
/// no name.
///
/// # Errors
/// [`Error::WrongPassphrase`], [`Error::AdminTaken`] for a passphrase that opens the keys already, and what the key file
/// refuses.
pub fn add_opener(dir: &Path, held: &Passphrase, new: &Passphrase) -> Result<u32, Error> {
    let mut keys = KeyFile::open(&dir.join("keys"))?;
    let (_, roots) = keys.unlock_as(&Opener::Passphrase(held.clone()))?;
    // Two persons with one passphrase would be one.
    if keys.unlock_as(&Opener::Passphrase(new.clone())).is_ok() {
        return Err(Error::AdminTaken);
    }
    Ok(keys.add(&roots, &Opener::Passphrase(new.clone()), Locks::BOTH)?.0)
}

/// Lets a passphrase open the keys no more.
///
/// # Errors
/// What the key file refuses.
pub fn remove_opener(dir: &Path, opener: u32) -> Result<(), Error> {
    Ok(KeyFile::open(&dir.join("keys"))?.remove(OpenerId(opener))?)
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
    Ok(keys.change_passphrase(old, new)?)
}
