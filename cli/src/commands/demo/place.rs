//! Where the demo plays: directories as users would have them, in a temporary directory or in one that stays.
//!
//! | in it | what |
//! |---|---|
//! | `authority`, `care-manager`, `home-visit`, `day-care` | the data directories |
//! | `papers` | requests, certificates, CRL, recovery sheets: what travels by mail or lies in a safe |
//! | `passphrases`, `logs` | for each of them |
//! | `outgoing`, `incoming` | what the care software wrote, and what it is to read |

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::sample::{Bundle, OFFICES, Office};
use crate::{
    error::CommandError,
    private_file,
    tool::{Root, new_passphrase},
};

/// Directory names of the offices, in the order of [`OFFICES`].
const NAMES: [&str; 3] = ["care-manager", "home-visit", "day-care"];

/// The directory of everything.
pub(super) struct Place {
    root: Root,
}

impl Place {
    /// Makes the directories. `keep` must be new or empty.
    ///
    /// # Errors
    /// `err-tool-keep` where something lies in it, and what the system says.
    pub(super) fn make(keep: Option<&Path>) -> Result<Self, CommandError> {
        let place = Self { root: Root::make("musubi-demo-", keep)? };
        for dir in ["papers", "passphrases", "logs", "outgoing", "incoming"] {
            let dir = place.root().join(dir);
            fs::create_dir(&dir).map_err(CommandError::writing(&dir))?;
        }
        for name in NAMES.iter().chain(&["authority"]) {
            let path = place.passphrase_of(name);
            private_file::create(&path, new_passphrase().as_bytes()).map_err(CommandError::writing(&path))?;
        }
        Ok(place)
    }

    /// Whether it stays.
    pub(super) fn is_kept(&self) -> bool {
        self.root.is_kept()
    }

    /// The directory of everything.
    pub(super) fn root(&self) -> &Path {
        self.root.path()
    }

    /// The authority's data directory.
    pub(super) fn authority(&self) -> PathBuf {
        self.root().join("authority")
    }

    /// The authority's passphrase file.
    pub(super) fn authority_passphrase(&self) -> PathBuf {
        self.passphrase_of("authority")
    }

    /// An office's data directory.
    pub(super) fn data(&self, office: &Office) -> PathBuf {
        self.root().join(name_of(office.number))
    }

    /// An office's passphrase file.
    pub(super) fn passphrase(&self, office: &Office) -> PathBuf {
        self.passphrase_of(name_of(office.number))
    }

    /// What an office's node says.
    pub(super) fn log(&self, office: &Office) -> PathBuf {
        self.root().join("logs").join(name_of(office.number)).with_extension("log")
    }

    /// A paper of an office.
    pub(super) fn paper(&self, office: &Office, what: &str) -> PathBuf {
        self.root().join("papers").join(format!("{}-{what}", name_of(office.number)))
    }

    /// The CRL that the authority hands out.
    pub(super) fn crl(&self) -> PathBuf {
        self.root().join("papers").join("crl.pem")
    }

    /// Where an office's care software finds what has come.
    pub(super) fn incoming(&self, office: &Office) -> PathBuf {
        self.root().join("incoming").join(name_of(office.number))
    }

    /// Writes the files of a bundle where the sender's care software would.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn write_out(&self, bundle: &Bundle) -> Result<PathBuf, CommandError> {
        let dir = self.root().join("outgoing").join(name_of(bundle.sender().number)).join(bundle.serial);
        fs::create_dir_all(&dir).map_err(CommandError::writing(&dir))?;
        for file in bundle.files {
            let path = dir.join(file.name);
            fs::write(&path, file.bytes).map_err(CommandError::writing(&path))?;
        }
        Ok(dir)
    }

    /// Writes settings with which an office's node is found again where it was.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn write_settings(
        &self,
        office: &Office,
        listen: &[String],
        peers: &[String],
    ) -> Result<(), CommandError> {
        // The settings name a port, the id behind it is the node's own.
        let ports: Vec<&str> = listen.iter().map(|at| at.split("/p2p/").next().unwrap_or(at)).collect();
        let path = self.data(office).join("musubi.toml");
        let text = format!("[network]\nlisten = {ports:?}\npeers = {peers:?}\n");
        fs::write(&path, text).map_err(CommandError::writing(&path))
    }

    /// Removes what is not kept.
    ///
    /// # Errors
    /// What the system says; then something is left.
    pub(super) fn clear(self) -> Result<(), CommandError> {
        self.root.clear()
    }

    fn passphrase_of(&self, name: &str) -> PathBuf {
        self.root().join("passphrases").join(name).with_extension("txt")
    }
}

/// The directory name of an office of the sample.
fn name_of(number: &str) -> &'static str {
    let names = OFFICES.iter().zip(NAMES);
    names.into_iter().find(|(office, _)| office.number == number).map_or(NAMES[0], |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_in_use_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("mine"), "x").unwrap();
        let refused = Place::make(Some(dir.path())).err().unwrap();
        assert_eq!((refused.code(), refused.exit_code()), ("tool-keep", 1));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(Place::make(Some(&dir.path().join("mine"))).is_err());
        let kept = dir.path().join("a/b");
        Place::make(Some(&kept)).unwrap().clear().unwrap();
        assert!(kept.join("passphrases/authority.txt").exists());
    }

    #[test]
    fn what_is_not_kept_goes() {
        let place = Place::make(None).unwrap();
        let root = place.root().to_owned();
        assert!(root.exists());
        place.clear().unwrap();
        assert!(!root.exists());
    }
}
