//! Where the benchmark plays, and the files that it sends.
//!
//! | in it | what |
//! |---|---|
//! | `authority`, `sender`, `receiver` | the data directories |
//! | `papers`, `passphrases`, `logs` | of each |
//! | `files` | what is sent: outside both stores, on the same disk |
//! | `rsync` | keys and settings of the throwaway sshd, and what rsync writes |

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};

use crate::{
    error::CommandError,
    private_file,
    tool::{Root, new_passphrase},
};

/// Bytes made at a time.
const PIECE: usize = 1 << 20;

/// One of the two offices.
#[derive(Debug)]
pub(super) struct Office {
    pub(super) number: &'static str,
    pub(super) kind: &'static str,
    /// Of its directory.
    pub(super) name: &'static str,
}

impl Office {
    /// What documents are sent to.
    pub(super) fn address(&self) -> String {
        format!("{}-{}", self.number, self.kind)
    }
}

pub(super) const SENDER: Office = Office { number: "1379905001", kind: "43", name: "sender" };
pub(super) const RECEIVER: Office = Office { number: "1379900010", kind: "11", name: "receiver" };

/// The directory of everything.
pub(super) struct Place {
    root: Root,
}

impl Place {
    /// Makes the directories. `keep` must be new or empty.
    ///
    /// # Errors
    /// As [`Root::make`].
    pub(super) fn make(keep: Option<&Path>) -> Result<Self, CommandError> {
        let place = Self { root: Root::make("musubi-bench-", keep)? };
        for dir in ["papers", "passphrases", "logs", "files", "rsync"] {
            let dir = place.path(dir);
            fs::create_dir(&dir).map_err(CommandError::writing(&dir))?;
        }
        for name in ["authority", SENDER.name, RECEIVER.name] {
            let path = place.passphrase(name);
            private_file::create(&path, new_passphrase().as_bytes()).map_err(CommandError::writing(&path))?;
        }
        Ok(place)
    }

    pub(super) const fn root(&self) -> &Root {
        &self.root
    }

    /// Removes what is not kept.
    ///
    /// # Errors
    /// What the system says; then something is left.
    pub(super) fn clear(self) -> Result<(), CommandError> {
        self.root.clear()
    }

    /// Something in it.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(super) fn passphrase(&self, name: &str) -> PathBuf {
        self.path("passphrases").join(name).with_extension("txt")
    }

    pub(super) fn paper(&self, office: &Office, what: &str) -> PathBuf {
        self.path("papers").join(format!("{}-{what}", office.name))
    }

    pub(super) fn log(&self, office: &Office) -> PathBuf {
        self.path("logs").join(office.name).with_extension("log")
    }

    /// Makes files of random bytes in a directory of their own and has them reach the disk, so that nobody pays for
    /// them later; gives directory and files, these in random order. Blocks.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn files(&self, name: &str, count: usize, bytes: u64) -> Result<(PathBuf, Vec<PathBuf>), CommandError> {
        let dir = self.path("files").join(name);
        fs::create_dir(&dir).map_err(CommandError::writing(&dir))?;
        let mut rng = StdRng::from_rng(&mut rand::rng());
        let mut files = Vec::with_capacity(count);
        for at in 0..count {
            let path = dir.join(format!("{name}-{at:06}.dat"));
            write_random(&path, bytes, &mut rng).map_err(CommandError::writing(&path))?;
            files.push(path);
        }
        files.shuffle(&mut rng);
        Ok((dir, files))
    }
}

fn write_random(path: &Path, mut bytes: u64, rng: &mut StdRng) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    let mut piece = vec![0; PIECE];
    let mut first = true;
    while bytes > 0 {
        let count = piece.len().min(usize::try_from(bytes).unwrap_or(PIECE));
        rng.fill_bytes(&mut piece[..count]);
        // By chance a file would begin as a program does, which nobody may send.
        if std::mem::take(&mut first) {
            piece[0] = 0;
        }
        file.write_all(&piece[..count])?;
        bytes -= count as u64;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_as_many_and_as_large_as_wanted_and_all_different() {
        let place = Place::make(None).unwrap();
        let (dir, files) = place.files("some", 40, 3_000_000 / 40).unwrap();
        let mut bytes: Vec<Vec<u8>> = files.iter().map(|path| fs::read(path).unwrap()).collect();
        assert!(files.iter().all(|path| path.parent() == Some(&dir)));
        assert!(bytes.iter().all(|bytes| bytes.len() == 75_000));
        bytes.sort();
        bytes.dedup();
        assert_eq!(bytes.len(), 40);
        assert!(!files.is_sorted(), "40 files in their order by chance is unlikely enough");
        let (_, large) = place.files("large", 1, PIECE as u64 + 1).unwrap();
        assert_eq!(fs::metadata(&large[0]).unwrap().len(), PIECE as u64 + 1);
        let root = place.root().path().to_owned();
        place.clear().unwrap();
        assert!(!root.exists());
    }
}
