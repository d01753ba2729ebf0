//! A secret that only this machine can recover.
//!
//! Where the system has a store for it, 32 random bytes are handed to that store, which returns them sealed under a
//! key of the machine (TPM, or a file only root may read); the sealed form lies in the key file. Where it has none,
//! the secret is a key file of its own, outside the data directory: weaker, since copying both directories copies all.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use zeroize::Zeroizing;

use crate::{platform, random};

/// Why there is no machine secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MachineError {
    /// This system has no store for secrets that this user may use. A key file is the alternative.
    #[error("this system offers no store for machine secrets")]
    Unavailable,
    /// The system did not open the secret: another machine, another user, or its own key is gone.
    #[error("the system did not open the machine secret")]
    Refused,
    /// Sealed by another operating system's store.
    #[error("the machine secret was sealed by another kind of system")]
    OtherSystem,
    /// The key file is needed and was not named.
    #[error("the machine key file has to be named")]
    KeyFileNeeded,
    /// The key file holds something else.
    #[error("the machine key file cannot be read as one")]
    KeyFileMalformed,
    /// Others than its owner may read the key file.
    #[error("the machine key file is open to others than its owner")]
    KeyFileShared,
    /// The key file would lie in the directory it protects.
    #[error("the machine key file has to lie outside the data directory")]
    KeyFileInside,
    /// The file system or the operating system refused.
    #[error("the machine secret could not be used")]
    Io(#[from] io::Error),
}

/// How to recover a machine secret; lies in the key file and is worth nothing elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seal {
    /// Sealed by `systemd-creds`.
    SystemdCreds(Vec<u8>),
    /// Sealed by Windows' DPAPI in machine scope.
    Dpapi(Vec<u8>),
    /// In a key file elsewhere.
    KeyFile,
}

/// A machine secret, at hand.
#[derive(Clone)]
pub struct Machine {
    pub(crate) secret: Zeroizing<[u8; 32]>,
    pub(crate) seal: Seal,
}

impl Machine {
    /// Makes a new secret and has this system's store seal it.
    ///
    /// The store is asked to open it again before it is trusted.
    ///
    /// # Errors
    /// [`MachineError::Unavailable`] where there is no such store.
    pub fn protect() -> Result<Self, MachineError> {
        let secret = Zeroizing::new(random::bytes()?);
        let seal = system::seal(&secret)?;
        match Self::recover(&seal, None) {
            Ok(machine) if machine.secret == secret => Ok(machine),
            _ => Err(MachineError::Unavailable),
        }
    }

    /// Recovers the secret behind a seal; `key_file` is needed for [`Seal::KeyFile`] only.
    ///
    /// # Errors
    /// [`MachineError`].
    pub fn recover(seal: &Seal, key_file: Option<&Path>) -> Result<Self, MachineError> {
        match seal {
            Seal::KeyFile => Self::read_key_file(key_file.ok_or(MachineError::KeyFileNeeded)?),
            sealed => Ok(Self { secret: system::unseal(sealed)?, seal: seal.clone() }),
        }
    }

    /// Makes a new secret in a key file for its owner only, outside `data_dir`, where no such file may exist.
    ///
    /// # Errors
    /// [`MachineError::KeyFileInside`], or [`MachineError::Io`] if it exists.
    pub fn create_key_file(path: &Path, data_dir: &Path) -> Result<Self, MachineError> {
        let parent = platform::parent(path);
        if data_dir.exists() && parent.canonicalize()?.starts_with(data_dir.canonicalize()?) {
            return Err(MachineError::KeyFileInside);
        }
        let secret = Zeroizing::new(random::bytes()?);
        let text = Zeroizing::new(HEXLOWER.encode(&secret[..]));
        let mut file = platform::create_private(path)?;
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        platform::sync_dir(parent)?;
        Ok(Self { secret, seal: Seal::KeyFile })
    }

    /// Reads a key file: 64 hexadecimal digits, for its owner only.
    ///
    /// # Errors
    /// [`MachineError::KeyFileShared`], [`MachineError::KeyFileMalformed`] or [`MachineError::Io`].
    pub fn read_key_file(path: &Path) -> Result<Self, MachineError> {
        let file = File::open(path)?;
        if platform::is_shared(&file)? {
            return Err(MachineError::KeyFileShared);
        }
        let mut text = Zeroizing::new(Vec::with_capacity(128));
        file.take(128).read_to_end(&mut text)?;
        let mut secret = Zeroizing::new([0; 32]);
        let digits = text.trim_ascii();
        if digits.len() != 64 {
            return Err(MachineError::KeyFileMalformed);
        }
        HEXLOWER_PERMISSIVE.decode_mut(digits, &mut secret[..]).map_err(|_| MachineError::KeyFileMalformed)?;
        Ok(Self { secret, seal: Seal::KeyFile })
    }

    /// Returns how the secret is recovered.
    pub fn seal(&self) -> &Seal {
        &self.seal
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Machine(..)")
    }
}

#[cfg(target_os = "linux")]
mod system {
    //! `systemd-creds` (systemd 250 and later), as a command: it needs root, or from 256 on a running system manager.

    use std::process::{Child, Command, Stdio};
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// A TPM may think for seconds; a password agent that nobody answers would think for ever.
    const PATIENCE: Duration = Duration::from_secs(30);
    /// Largest sealed secret that the key file has room for.
    const MAX: usize = 2048;

    pub(super) fn seal(secret: &[u8; 32]) -> Result<Seal, MachineError> {
        let text = run(&["encrypt", "--name=musubi", "-", "-"], secret).map_err(|_| MachineError::Unavailable)?;
        // It wraps its base64 into lines.
        let sealed: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        if sealed.is_empty() || MAX < sealed.len() {
            return Err(MachineError::Unavailable);
        }
        Ok(Seal::SystemdCreds(sealed))
    }

    pub(super) fn unseal(seal: &Seal) -> Result<Zeroizing<[u8; 32]>, MachineError> {
        let Seal::SystemdCreds(sealed) = seal else { return Err(MachineError::OtherSystem) };
        let plain = run(&["decrypt", "--name=musubi", "-", "-"], sealed)?;
        let secret: &[u8; 32] = plain.as_slice().try_into().map_err(|_| MachineError::Refused)?;
        Ok(Zeroizing::new(*secret))
    }

    fn run(args: &[&str], input: &[u8]) -> Result<Zeroizing<Vec<u8>>, MachineError> {
        let mut child = Command::new("systemd-creds")
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|_| MachineError::Unavailable)?;
        let outcome = talk(&mut child, input);
        if outcome.is_err() {
            let _ = child.kill(); // it may have ended already
        }
        let status = child.wait()?;
        if status.success() { outcome } else { Err(MachineError::Refused) }
    }

    fn talk(child: &mut Child, input: &[u8]) -> Result<Zeroizing<Vec<u8>>, MachineError> {
        let (Some(mut stdin), Some(mut stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(MachineError::Unavailable);
        };
        let (done, output) = mpsc::channel();
        // Ends with the child, whose end of the pipe it reads.
        thread::Builder::new().name("musubi-creds".to_owned()).spawn(move || {
            let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
            let read = stdout.read_to_end(&mut bytes).map(|_| bytes);
            let _ = done.send(read); // nobody listens after the time limit
        })?;
        stdin.write_all(input)?; // at most MAX bytes: a pipe holds more
        drop(stdin);
        output.recv_timeout(PATIENCE).map_err(|_| MachineError::Refused)?.map_err(MachineError::Io)
    }
}

#[cfg(windows)]
mod system {
    //! DPAPI in machine scope: a service has no login session. Any program on this PC that can read the key file
    //! could ask for it, so the folder's access list and the disk's encryption carry the weight.

    use windows_dpapi::{Scope, decrypt_data, encrypt_data};

    use super::*;

    /// Keeps other programs' sealed data apart; no secret.
    const USE: &[u8] = b"musubi/1 machine";

    pub(super) fn seal(secret: &[u8; 32]) -> Result<Seal, MachineError> {
        encrypt_data(secret, Scope::Machine, Some(USE)).map(Seal::Dpapi).map_err(|_| MachineError::Unavailable)
    }

    pub(super) fn unseal(seal: &Seal) -> Result<Zeroizing<[u8; 32]>, MachineError> {
        let Seal::Dpapi(sealed) = seal else { return Err(MachineError::OtherSystem) };
        let plain = decrypt_data(sealed, Scope::Machine, Some(USE)).map_err(|_| MachineError::Refused)?;
        let plain = Zeroizing::new(plain);
        let secret: &[u8; 32] = plain.as_slice().try_into().map_err(|_| MachineError::Refused)?;
        Ok(Zeroizing::new(*secret))
    }
}

#[cfg(not(any(target_os = "linux", windows)))]
mod system {
    use super::*;

    pub(super) fn seal(_: &[u8; 32]) -> Result<Seal, MachineError> {
        Err(MachineError::Unavailable)
    }

    pub(super) fn unseal(_: &Seal) -> Result<Zeroizing<[u8; 32]>, MachineError> {
        Err(MachineError::OtherSystem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_brings_the_secret_back() {
        let (data, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = keys.path().join("machine.key");
        let made = Machine::create_key_file(&path, data.path()).unwrap();
        let read = Machine::recover(&Seal::KeyFile, Some(&path)).unwrap();
        assert_eq!(made.secret, read.secret);
        assert!(matches!(Machine::create_key_file(&path, data.path()), Err(MachineError::Io(_))));
        assert!(matches!(Machine::recover(&Seal::KeyFile, None), Err(MachineError::KeyFileNeeded)));
    }

    #[test]
    fn a_key_file_beside_what_it_protects_is_refused() {
        let data = tempfile::tempdir().unwrap();
        let made = Machine::create_key_file(&data.path().join("machine.key"), data.path());
        assert!(matches!(made, Err(MachineError::KeyFileInside)));
    }

    #[test]
    fn a_key_file_with_other_content_is_refused() {
        let keys = tempfile::tempdir().unwrap();
        let path = keys.path().join("machine.key");
        for text in ["", "abc", &"g".repeat(64), &"a".repeat(128)] {
            platform::open_private(&path).unwrap();
            std::fs::write(&path, text).unwrap();
            assert!(matches!(Machine::read_key_file(&path), Err(MachineError::KeyFileMalformed)));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_open_to_others_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let (data, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = keys.path().join("machine.key");
        Machine::create_key_file(&path, data.path()).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Machine::read_key_file(&path), Err(MachineError::KeyFileShared)));
    }

    /// Where the system has a store, it gives back what it took; where it has none, it says so.
    #[test]
    fn the_system_store_works_or_says_that_it_does_not() {
        match Machine::protect() {
            Ok(machine) => {
                let again = Machine::recover(machine.seal(), None).unwrap();
                assert_eq!(again.secret, machine.secret);
                let mut other = machine.seal().clone();
                if let Seal::SystemdCreds(bytes) | Seal::Dpapi(bytes) = &mut other {
                    bytes[20] ^= 1;
                }
                assert!(Machine::recover(&other, None).is_err());
            }
            Err(error) => assert!(matches!(error, MachineError::Unavailable), "{error:?}"),
        }
    }
}
