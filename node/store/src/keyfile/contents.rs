//! What a slot says, as bytes. Integers are big-endian.
//!
//! ```text
//! contents = [lock] x 2 (signing, reading) | next opener id u32 | number of openers u8 | [opener]
//! lock     = current root u32 | former root u32 (0: none)
//! opener   = id u32 | kind u8 | method | locks u8 (1 signing, 2 reading) | [door] per lock
//! method   = passphrase (1): salt 32 | KiB u32 | passes u32 | lanes u32
//!            machine (2):    seal u8 (0 key file, 1 systemd-creds, 2 DPAPI) | length u16 | bytes
//!            recovery (3):   nothing
//! door     = opener key under the secret | root under the opener key | opener key under the root
//!            | former root under the opener key, if the lock has one
//! ```
//! Each part of a door is sealed: nonce 24, ciphertext 32, tag 16.

use super::{Cost, KeyFileError, MAX_OPENERS};
use crate::platform::machine::Seal;

/// Length of a sealed key.
pub(super) const SEALED: usize = 24 + 32 + 16;
pub(super) type Sealed = [u8; SEALED];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) locks: [Numbers; 2],
    pub(super) next_id: u32,
    pub(super) entries: Vec<Entry>,
}

/// The numbers of a lock's roots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) current: u32,
    pub(super) previous: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: u32,
    pub(super) method: Method,
    pub(super) doors: [Option<Door>; 2],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Passphrase { salt: [u8; 32], cost: Cost },
    Machine { seal: Seal },
    Recovery,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Door {
    pub(super) key: Sealed,
    pub(super) current: Sealed,
    pub(super) back: Sealed,
    pub(super) previous: Option<Sealed>,
}

impl Contents {
    pub(super) fn new() -> Self {
        Self { locks: [Numbers { current: 1, previous: None }; 2], next_id: 1, entries: Vec::new() }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for numbers in &self.locks {
            out.extend_from_slice(&numbers.current.to_be_bytes());
            out.extend_from_slice(&numbers.previous.unwrap_or(0).to_be_bytes());
        }
        out.extend_from_slice(&self.next_id.to_be_bytes());
        out.push(self.entries.len() as u8); // at most MAX_OPENERS
        for entry in &self.entries {
            entry.encode(&mut out);
        }
        out
    }

    /// Reads contents; bytes from anywhere are safe to pass.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, KeyFileError> {
        let mut reader = Reader(bytes);
        let contents = reader.contents().ok_or(KeyFileError::Damaged)?;
        if reader.0.is_empty() { Ok(contents) } else { Err(KeyFileError::Damaged) }
    }
}

impl Entry {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.id.to_be_bytes());
        match &self.method {
            Method::Passphrase { salt, cost } => {
                out.push(1);
                out.extend_from_slice(salt);
                for number in [cost.memory_kib, cost.passes, cost.lanes] {
                    out.extend_from_slice(&number.to_be_bytes());
                }
            }
            Method::Machine { seal } => {
                let (kind, bytes): (u8, &[u8]) = match seal {
                    Seal::KeyFile => (0, &[]),
                    Seal::SystemdCreds(bytes) => (1, bytes),
                    Seal::Dpapi(bytes) => (2, bytes),
                };
                out.push(2);
                out.push(kind);
                out.extend_from_slice(&(bytes.len() as u16).to_be_bytes()); // a longer one does not fit into a slot
                out.extend_from_slice(bytes);
            }
            Method::Recovery => out.push(3),
        }
        let [signing, reading] = self.doors.each_ref().map(Option::is_some);
        out.push(u8::from(signing) | u8::from(reading) << 1);
        for door in self.doors.iter().flatten() {
            for sealed in [Some(&door.key), Some(&door.current), Some(&door.back), door.previous.as_ref()] {
                out.extend(sealed.into_iter().flatten());
            }
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn contents(&mut self) -> Option<Contents> {
        let locks = [self.numbers()?, self.numbers()?];
        let next_id = self.u32()?;
        let count = usize::from(self.u8()?);
        if MAX_OPENERS < count {
            return None;
        }
        let entries = (0..count).map(|_| self.entry(&locks)).collect::<Option<Vec<_>>>()?;
        entries.iter().all(|entry| entry.id < next_id).then_some(Contents { locks, next_id, entries })
    }

    fn numbers(&mut self) -> Option<Numbers> {
        let (current, previous) = (self.u32()?, self.u32()?);
        (0 < current).then_some(Numbers { current, previous: (0 < previous).then_some(previous) })
    }

    fn entry(&mut self, locks: &[Numbers; 2]) -> Option<Entry> {
        let id = self.u32()?;
        let method = match self.u8()? {
            1 => {
                let salt = self.array()?;
                let cost = Cost { memory_kib: self.u32()?, passes: self.u32()?, lanes: self.u32()? };
                cost.is_sane().then_some(Method::Passphrase { salt, cost })?
            }
            2 => Method::Machine { seal: self.seal()? },
            3 => Method::Recovery,
            _ => return None,
        };
        let mask = self.u8()?;
        if 3 < mask {
            return None;
        }
        let mut doors = [None, None];
        for (at, (door, numbers)) in doors.iter_mut().zip(locks).enumerate() {
            if mask >> at & 1 == 1 {
                let (key, current, back) = (self.array()?, self.array()?, self.array()?);
                let previous = if numbers.previous.is_some() { Some(self.array()?) } else { None };
                *door = Some(Door { key, current, back, previous });
            }
        }
        Some(Entry { id, method, doors })
    }

    fn seal(&mut self) -> Option<Seal> {
        let kind = self.u8()?;
        let len = usize::from(u16::from_be_bytes(self.array()?));
        let bytes = self.take(len)?.to_vec();
        match kind {
            0 if bytes.is_empty() => Some(Seal::KeyFile),
            1 => Some(Seal::SystemdCreds(bytes)),
            2 => Some(Seal::Dpapi(bytes)),
            _ => None,
        }
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }
}
