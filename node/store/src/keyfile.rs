//! The key file: two root keys, wrapped once per opener.
//!
//! Two *locks*: the signing root wraps what a node needs to admit, receive and sign; the reading root what it needs to
//! read documents. An *opener* (passphrase, this machine, recovery sheet) opens one lock or both.
//!
//! Each opener has a random *opener key* per lock, sealed under a key derived from its secret. The opener key seals the
//! lock's root, and the root seals the opener key. So whoever holds a root can replace it for every opener, without
//! the recovery sheet at hand ([`KeyFile::begin_rotation`]), and no secret of an opener is ever kept.
//!
//! The file is a pair of slots, written in turn and in place; `slots` tells why, `contents` has the bytes. On a flash
//! disk "in place" is up to the disk: a removed opener's old wrapping may survive in cells nobody can address.

use std::fmt;
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use crate::platform::machine::{Machine, MachineError, Seal};
use crate::wrap::{self, Keyring, Root};
use crate::{crash, platform, random};

mod contents;
mod recovery;
mod slots;

use contents::{Contents, Door, Entry, Method, SEALED, Sealed};
pub use recovery::RecoveryCode;

/// Most openers a key file holds.
pub const MAX_OPENERS: usize = 16;

/// Why the key file refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// No opener fits this passphrase.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// No opener fits this recovery code, which is well formed: it belongs to another key file, or was replaced.
    #[error("the recovery code belongs to another key file")]
    WrongRecoveryCode,
    /// No opener fits this machine's secret.
    #[error("this machine does not open the key file")]
    WrongMachine,
    /// The key file has no opener of this kind.
    #[error("the key file has no opener of this kind")]
    NoSuchOpener,
    /// Without this opener nothing would open one of the locks any more.
    #[error("the last opener of a lock cannot be removed")]
    LastOpener,
    /// The root that this needs is not unlocked.
    #[error("the lock is closed")]
    Locked,
    /// A replacement of this root has begun; finish it first.
    #[error("a root key is already being replaced")]
    RotationPending,
    /// No further opener fits.
    #[error("the key file is full")]
    Full,
    /// Another process changed the file meanwhile. This handle now shows the new state: try again.
    #[error("the key file was changed meanwhile")]
    Changed,
    /// Neither slot holds a whole generation.
    #[error("the key file is damaged")]
    Damaged,
    /// A newer version wrote it.
    #[error("the key file has format {found}")]
    TooNew {
        /// The number found.
        found: u16,
    },
    /// The system's store for machine secrets refused.
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// The file system or the operating system refused.
    #[error("the key file could not be used")]
    Io(#[from] io::Error),
}

/// One of the two locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Admit, receive, sign.
    Signing,
    /// Read documents.
    Reading,
}

impl Lock {
    pub(crate) const ALL: [Self; 2] = [Self::Signing, Self::Reading];

    fn index(self) -> usize {
        match self {
            Self::Signing => 0,
            Self::Reading => 1,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Reading => "reading",
        }
    }
}

/// Which locks an opener opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locks {
    /// Opens the signing lock.
    pub signing: bool,
    /// Opens the reading lock.
    pub reading: bool,
}

impl Locks {
    /// Both locks.
    pub const BOTH: Self = Self { signing: true, reading: true };
    /// The signing lock alone: the machine's share in split mode.
    pub const SIGNING: Self = Self { signing: true, reading: false };

    fn has(self, lock: Lock) -> bool {
        match lock {
            Lock::Signing => self.signing,
            Lock::Reading => self.reading,
        }
    }
}

/// How hard a passphrase is to guess at: the parameters of argon2id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for Cost {
    /// 64 MiB, 3 passes, 1 lane: the second recommended choice of RFC 9106 with one lane, about 0.2 s.
    fn default() -> Self {
        Self { memory_kib: 64 << 10, passes: 3, lanes: 1 }
    }
}

impl Cost {
    /// Bounds that a file may ask for; above them it is taken for damaged.
    fn is_sane(self) -> bool {
        (8..=1 << 20).contains(&self.memory_kib) && (1..=64).contains(&self.passes) && (1..=16).contains(&self.lanes)
    }
}

/// A passphrase as typed, taken byte by byte.
#[derive(Clone)]
pub struct Passphrase {
    text: Zeroizing<String>,
    cost: Cost,
}

impl Passphrase {
    /// Takes a passphrase.
    pub fn new(text: impl Into<Zeroizing<String>>) -> Self {
        Self { text: text.into(), cost: Cost::default() }
    }

    /// Sets the cost with which an opener made from it is protected; opening follows the file.
    pub fn with_cost(self, cost: Cost) -> Self {
        Self { cost, ..self }
    }

    fn stretch(&self, salt: &[u8], cost: Cost) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
        let params =
            Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).map_err(|_| KeyFileError::Damaged)?;
        let mut out = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(self.text.as_bytes(), salt, &mut out[..])
            .map_err(|_| KeyFileError::Io(io::ErrorKind::OutOfMemory.into()))?;
        Ok(out)
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// A secret that opens locks.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Opener {
    /// What a person knows.
    Passphrase(Passphrase),
    /// What this machine keeps.
    Machine(Machine),
    /// What lies on paper.
    Recovery(RecoveryCode),
}

/// The kind of an opener, for lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenerKind {
    /// Passphrase.
    Passphrase,
    /// This machine, by systemd-creds or DPAPI.
    Machine,
    /// This machine, by a key file elsewhere: the weaker way.
    MachineKeyFile,
    /// Recovery sheet.
    Recovery,
}

/// Names an opener within its key file; never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OpenerId(pub u32);

/// One opener as listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenerInfo {
    /// For [`KeyFile::remove`].
    pub id: OpenerId,
    /// Its kind.
    pub kind: OpenerKind,
    /// What it opens.
    pub locks: Locks,
}

/// The unlocked roots: as many locks as the opener opens.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    /// Wraps what a node needs to admit, receive and sign.
    pub signing: Option<Keyring>,
    /// Wraps what it needs to read.
    pub reading: Option<Keyring>,
}

impl Roots {
    fn get(&self, lock: Lock) -> Option<&Keyring> {
        match lock {
            Lock::Signing => self.signing.as_ref(),
            Lock::Reading => self.reading.as_ref(),
        }
    }

    fn set(&mut self, lock: Lock, ring: Keyring) {
        match lock {
            Lock::Signing => self.signing = Some(ring),
            Lock::Reading => self.reading = Some(ring),
        }
    }
}

/// A key file on disk. Everything here blocks; unlocking by passphrase takes a fraction of a second on purpose.
#[derive(Debug)]
pub struct KeyFile {
    path: PathBuf,
    generation: u64,
    contents: Contents,
}

impl KeyFile {
    /// Makes new roots and a key file for its owner only, which must not exist yet. Durable on return.
    ///
    /// # Errors
    /// [`KeyFileError::LastOpener`] if a lock would have no opener, [`KeyFileError::Full`], [`KeyFileError::Io`].
    pub fn create(path: &Path, openers: &[(Opener, Locks)]) -> Result<(Self, Roots), KeyFileError> {
        let mut roots = Roots::default();
        for lock in Lock::ALL {
            roots.set(lock, Keyring { current: Root::generate(1)?, previous: None });
        }
        let mut contents = Contents::new();
        for (opener, locks) in openers {
            contents.admit(&roots, opener, *locks)?;
        }
        contents.check_covered()?;
        let mut file = platform::create_private(path)?;
        slots::write(&mut file, 1, &contents.encode())?;
        platform::sync_dir(platform::parent(path))?;
        Ok((Self { path: path.to_owned(), generation: 1, contents }, roots))
    }

    /// Reads a key file; nothing is unlocked yet.
    ///
    /// # Errors
    /// [`KeyFileError::Damaged`] if neither slot is whole, [`KeyFileError::TooNew`], [`KeyFileError::Io`].
    pub fn open(path: &Path) -> Result<Self, KeyFileError> {
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        file.lock()?; // a writer may be between its two slots
        let (generation, contents) = slots::read(&mut file)?;
        Ok(Self { path: path.to_owned(), generation, contents })
    }

    /// Lists the openers in the order in which they were added.
    pub fn openers(&self) -> Vec<OpenerInfo> {
        self.contents.entries.iter().map(Entry::info).collect()
    }

    /// Tells whether a replacement of this lock's root has begun and not ended.
    pub fn is_rotating(&self, lock: Lock) -> bool {
        self.contents.locks[lock.index()].previous.is_some()
    }

    /// Unlocks what this opener opens.
    ///
    /// # Errors
    /// [`KeyFileError::NoSuchOpener`] if there is none of its kind, else [`KeyFileError::WrongPassphrase`],
    /// [`KeyFileError::WrongRecoveryCode`] or [`KeyFileError::WrongMachine`].
    pub fn unlock_with(&self, opener: &Opener) -> Result<Roots, KeyFileError> {
        self.contents.unlock(opener).map(|(roots, _)| roots)
    }

    /// Unlocks what this opener opens, and says which one it was.
    ///
    /// # Errors
    /// As [`KeyFile::unlock_with`].
    pub fn unlock_as(&self, opener: &Opener) -> Result<(OpenerId, Roots), KeyFileError> {
        let (roots, at) = self.contents.unlock(opener)?;
        // Unlock found it there.
        Ok((self.contents.entries[at].info().id, roots))
    }

    /// Unlocks by whatever this machine has to offer; `key_file` is the machine key file, if one is in use.
    ///
    /// # Errors
    /// [`KeyFileError::NoSuchOpener`] without a machine opener, else the last one's failure.
    pub fn unlock_with_machine(&self, key_file: Option<&Path>) -> Result<Roots, KeyFileError> {
        let mut outcome = Err(KeyFileError::NoSuchOpener);
        for entry in &self.contents.entries {
            let Method::Machine { seal } = &entry.method else { continue };
            outcome = Machine::recover(seal, key_file)
                .map_err(KeyFileError::from)
                .and_then(|machine| self.unlock_with(&Opener::Machine(machine)));
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    /// Adds an opener for `locks`, which have to be unlocked in `roots`.
    ///
    /// # Errors
    /// [`KeyFileError::Locked`], [`KeyFileError::Full`], [`KeyFileError::Changed`], [`KeyFileError::Io`].
    pub fn add(&mut self, roots: &Roots, opener: &Opener, locks: Locks) -> Result<OpenerId, KeyFileError> {
        self.update(false, |contents| contents.admit(roots, opener, locks))
    }

    /// Removes an opener, in both slots.
    ///
    /// # Errors
    /// [`KeyFileError::LastOpener`], [`KeyFileError::NoSuchOpener`], [`KeyFileError::Changed`], [`KeyFileError::Io`].
    pub fn remove(&mut self, id: OpenerId) -> Result<(), KeyFileError> {
        self.update(true, |contents| {
            let before = contents.entries.len();
            contents.entries.retain(|entry| entry.id != id.0);
            if contents.entries.len() == before {
                return Err(KeyFileError::NoSuchOpener);
            }
            contents.check_covered()
        })
    }

    /// Replaces a passphrase by another, in both slots. The opener keeps its id and its locks.
    ///
    /// # Errors
    /// [`KeyFileError::WrongPassphrase`], [`KeyFileError::Changed`], [`KeyFileError::Io`].
    pub fn change_passphrase(&mut self, old: &Passphrase, new: &Passphrase) -> Result<(), KeyFileError> {
        self.update(true, |contents| {
            let (roots, at) = contents.unlock(&Opener::Passphrase(old.clone()))?;
            let info = contents.entries[at].info(); // unlock found it there
            contents.entries[at] = contents.entry(info.id.0, &roots, &Opener::Passphrase(new.clone()), info.locks)?;
            Ok(())
        })
    }

    /// The openers whose former wrapping still lies in the older slot: a change that should be in both slots was ended
    /// between them. Whoever has such an opener's former secret and reads the disk would open the keys with it.
    ///
    /// # Errors
    /// [`KeyFileError::Damaged`], [`KeyFileError::Io`].
    pub fn left_over(&self) -> Result<Vec<OpenerId>, KeyFileError> {
        let mut file = OpenOptions::new().read(true).write(true).open(&self.path)?;
        file.lock()?;
        let (_, newest) = slots::read(&mut file)?;
        let former = slots::read_former(&mut file)?;
        let old = former.iter().flat_map(|former| &former.entries);
        Ok(old.filter(|entry| !newest.entries.contains(entry)).map(|entry| OpenerId(entry.id)).collect())
    }

    /// Ends such a change: the newest state goes into the older slot too.
    ///
    /// # Errors
    /// [`KeyFileError::Changed`], [`KeyFileError::Io`].
    pub fn clear_left_over(&mut self) -> Result<(), KeyFileError> {
        self.update(false, |_| Ok(()))
    }

    /// Begins to replace a lock's root: from now on every opener opens the new root and the old one.
    ///
    /// The caller then wraps again, under the new root, whatever [`Keyring::is_stale`] names, makes that durable and
    /// calls [`finish_rotation`](Self::finish_rotation). A crash in between loses nothing: after it,
    /// [`is_rotating`](Self::is_rotating) tells to go on. Returns the roots with this lock's new pair.
    ///
    /// # Errors
    /// [`KeyFileError::Locked`] if the root is not in `roots` or not the current one,
    /// [`KeyFileError::RotationPending`], [`KeyFileError::Changed`], [`KeyFileError::Io`].
    pub fn begin_rotation(&mut self, roots: &Roots, lock: Lock) -> Result<Roots, KeyFileError> {
        self.update(false, |contents| contents.begin_rotation(roots, lock))
    }

    /// Drops a lock's former root for good, in both slots. Wrapped values still under it can never be opened again.
    ///
    /// Without a replacement under way it does nothing. The caller forgets [`Keyring::previous`].
    ///
    /// # Errors
    /// [`KeyFileError::Changed`], [`KeyFileError::Io`].
    pub fn finish_rotation(&mut self, lock: Lock) -> Result<(), KeyFileError> {
        if !self.is_rotating(lock) {
            return Ok(());
        }
        self.update(true, |contents| {
            contents.locks[lock.index()].previous = None;
            for door in contents.entries.iter_mut().filter_map(|entry| entry.doors[lock.index()].as_mut()) {
                door.previous = None;
            }
            Ok(())
        })
    }

    /// Writes a changed state: into the older slot, and with `both` into the other one too, so that the state before
    /// cannot be read from it.
    fn update<T>(
        &mut self,
        both: bool,
        change: impl FnOnce(&mut Contents) -> Result<T, KeyFileError>,
    ) -> Result<T, KeyFileError> {
        let mut file = OpenOptions::new().read(true).write(true).open(&self.path)?;
        file.lock()?;
        let (generation, contents) = slots::read(&mut file)?;
        if generation != self.generation {
            (self.generation, self.contents) = (generation, contents);
            return Err(KeyFileError::Changed);
        }
        let mut next = contents;
        let out = change(&mut next)?;
        let payload = next.encode();
        if slots::CAPACITY < payload.len() {
            return Err(KeyFileError::Full);
        }
        for step in 1..=if both { 2 } else { 1 } {
            slots::write(&mut file, generation + step, &payload)?;
            crash::point("keyfile.written");
            self.generation = generation + step;
        }
        self.contents = next;
        Ok(out)
    }
}

impl Contents {
    fn admit(&mut self, roots: &Roots, opener: &Opener, locks: Locks) -> Result<OpenerId, KeyFileError> {
        if MAX_OPENERS <= self.entries.len() {
            return Err(KeyFileError::Full);
        }
        let id = self.next_id;
        let entry = self.entry(id, roots, opener, locks)?;
        self.entries.push(entry);
        self.next_id = id.checked_add(1).ok_or(KeyFileError::Full)?;
        if self.encode().len() <= slots::CAPACITY { Ok(OpenerId(id)) } else { Err(KeyFileError::Full) }
    }

    fn check_covered(&self) -> Result<(), KeyFileError> {
        let covered = |lock: Lock| self.entries.iter().any(|entry| entry.doors[lock.index()].is_some());
        if Lock::ALL.into_iter().all(covered) { Ok(()) } else { Err(KeyFileError::LastOpener) }
    }

    /// Wraps the roots for an opener, under fresh opener keys.
    fn entry(&self, id: u32, roots: &Roots, opener: &Opener, locks: Locks) -> Result<Entry, KeyFileError> {
        let method = match opener {
            Opener::Passphrase(passphrase) if passphrase.cost.is_sane() => {
                Method::Passphrase { salt: random::bytes()?, cost: passphrase.cost }
            }
            Opener::Passphrase(_) => return Err(KeyFileError::Io(io::ErrorKind::InvalidInput.into())),
            Opener::Machine(machine) => Method::Machine { seal: machine.seal().clone() },
            Opener::Recovery(_) => Method::Recovery,
        };
        let secret = method.secret(opener)?.ok_or(KeyFileError::NoSuchOpener)?;
        let mut doors = [None, None];
        for lock in Lock::ALL.into_iter().filter(|&lock| locks.has(lock)) {
            let numbers = &self.locks[lock.index()];
            let ring = roots.get(lock).ok_or(KeyFileError::Locked)?;
            if ring.current.number() != numbers.current {
                return Err(KeyFileError::Locked);
            }
            let key = Zeroizing::new(random::bytes::<32>()?);
            let previous = match (numbers.previous, &ring.previous) {
                (None, _) => None,
                (Some(number), Some(root)) if root.number() == number => {
                    Some(seal(&key, &place(id, lock, Role::Root, number), root.key())?)
                }
                _ => return Err(KeyFileError::Locked),
            };
            doors[lock.index()] = Some(Door {
                key: seal(&unlocker(&secret, lock), &place(id, lock, Role::Key, 0), &key)?,
                current: seal(&key, &place(id, lock, Role::Root, numbers.current), ring.current.key())?,
                back: seal(ring.current.key(), &place(id, lock, Role::Back, numbers.current), &key)?,
                previous,
            });
        }
        Ok(Entry { id, method, doors })
    }

    /// Returns the roots and the place of the entry that opened them.
    fn unlock(&self, opener: &Opener) -> Result<(Roots, usize), KeyFileError> {
        let mut outcome = KeyFileError::NoSuchOpener;
        for (at, entry) in self.entries.iter().enumerate() {
            let Some(secret) = entry.method.secret(opener)? else { continue };
            if let Some(roots) = self.unlock_entry(entry, &secret)? {
                return Ok((roots, at));
            }
            outcome = match opener {
                Opener::Passphrase(_) => KeyFileError::WrongPassphrase,
                Opener::Machine(_) => KeyFileError::WrongMachine,
                Opener::Recovery(_) => KeyFileError::WrongRecoveryCode,
            };
        }
        Err(outcome)
    }

    fn unlock_entry(&self, entry: &Entry, secret: &[u8; 32]) -> Result<Option<Roots>, KeyFileError> {
        let mut roots = Roots::default();
        for lock in Lock::ALL {
            let Some(door) = &entry.doors[lock.index()] else { continue };
            let Some(key) = unseal(&unlocker(secret, lock), &place(entry.id, lock, Role::Key, 0), &door.key) else {
                return Ok(None);
            };
            let numbers = &self.locks[lock.index()];
            let root = |number, sealed: &Sealed| {
                unseal(&key, &place(entry.id, lock, Role::Root, number), sealed)
                    .map(|key| Root::new(number, key))
                    .ok_or(KeyFileError::Damaged)
            };
            let previous = match (numbers.previous, &door.previous) {
                (Some(number), Some(sealed)) => Some(root(number, sealed)?),
                _ => None,
            };
            roots.set(lock, Keyring { current: root(numbers.current, &door.current)?, previous });
        }
        Ok(Some(roots))
    }

    fn begin_rotation(&mut self, roots: &Roots, lock: Lock) -> Result<Roots, KeyFileError> {
        let numbers = &mut self.locks[lock.index()];
        if numbers.previous.is_some() {
            return Err(KeyFileError::RotationPending);
        }
        let old = &roots.get(lock).ok_or(KeyFileError::Locked)?.current;
        if old.number() != numbers.current {
            return Err(KeyFileError::Locked);
        }
        let new = Root::generate(old.number().checked_add(1).ok_or(KeyFileError::Full)?)?;
        (numbers.current, numbers.previous) = (new.number(), Some(old.number()));
        for entry in &mut self.entries {
            let Some(door) = entry.doors[lock.index()].as_mut() else { continue };
            let key = unseal(old.key(), &place(entry.id, lock, Role::Back, old.number()), &door.back)
                .ok_or(KeyFileError::Damaged)?;
            door.previous = Some(door.current);
            door.current = seal(&key, &place(entry.id, lock, Role::Root, new.number()), new.key())?;
            door.back = seal(new.key(), &place(entry.id, lock, Role::Back, new.number()), &key)?;
        }
        let mut out = roots.clone();
        out.set(lock, Keyring { current: new, previous: Some(old.clone()) });
        Ok(out)
    }
}

impl Entry {
    fn info(&self) -> OpenerInfo {
        let kind = match &self.method {
            Method::Passphrase { .. } => OpenerKind::Passphrase,
            Method::Machine { seal: Seal::KeyFile } => OpenerKind::MachineKeyFile,
            Method::Machine { .. } => OpenerKind::Machine,
            Method::Recovery => OpenerKind::Recovery,
        };
        let [signing, reading] = self.doors.each_ref().map(Option::is_some);
        OpenerInfo { id: OpenerId(self.id), kind, locks: Locks { signing, reading } }
    }
}

impl Method {
    /// Derives this entry's secret from an opener of the same kind; none for another kind.
    fn secret(&self, opener: &Opener) -> Result<Option<Zeroizing<[u8; 32]>>, KeyFileError> {
        match (self, opener) {
            (Self::Passphrase { salt, cost }, Opener::Passphrase(passphrase)) => {
                passphrase.stretch(salt, *cost).map(Some)
            }
            // Random already: nothing to stretch.
            (Self::Machine { .. }, Opener::Machine(machine)) => Ok(Some(machine.secret.clone())),
            (Self::Recovery, Opener::Recovery(code)) => {
                Ok(Some(wrap::derive(code.secret(), "musubi/1 keyfile ", "recovery")))
            }
            _ => Ok(None),
        }
    }
}

/// What a sealed key is for; stands in its associated data.
#[derive(Clone, Copy)]
enum Role {
    /// An opener key, under the opener's secret.
    Key = 1,
    /// A root, under an opener key.
    Root = 2,
    /// An opener key, under the root.
    Back = 3,
}

/// Binds a sealed key to its opener, lock, role and root.
fn place(id: u32, lock: Lock, role: Role, number: u32) -> [u8; 10] {
    let mut out = [0; 10];
    out[..4].copy_from_slice(&id.to_be_bytes());
    out[4] = lock.index() as u8;
    out[5] = role as u8;
    out[6..].copy_from_slice(&number.to_be_bytes());
    out
}

/// Derives, from an opener's secret, the key that seals its opener key of one lock.
fn unlocker(secret: &[u8; 32], lock: Lock) -> Zeroizing<[u8; 32]> {
    wrap::derive(secret, "musubi/1 keyfile unlock ", lock.name())
}

fn seal(key: &[u8; 32], place: &[u8], plaintext: &[u8; 32]) -> Result<Sealed, KeyFileError> {
    // Opener keys and roots also act as keys elsewhere, so here they are used through a label of their own.
    let key = wrap::derive(key, "musubi/1 keyfile ", "seal");
    let sealed = wrap::seal(&key, place, plaintext)?;
    <[u8; SEALED]>::try_from(sealed).map_err(|_| KeyFileError::Damaged) // nonce, 32 bytes, tag: always SEALED bytes
}

fn unseal(key: &[u8; 32], place: &[u8], sealed: &Sealed) -> Option<Zeroizing<[u8; 32]>> {
    let key = wrap::derive(key, "musubi/1 keyfile ", "seal");
    let plain = wrap::open(&key, place, sealed)?;
    let plain: &[u8; 32] = plain.as_slice().try_into().ok()?;
    Some(Zeroizing::new(*plain))
}

#[cfg(test)]
mod tests;
