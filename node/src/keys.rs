//! Keys at rest: what opens the key file, and what is wrapped under which root.

use std::path::PathBuf;

use musubi_store::{
    keyfile::{KeyFile, KeyFileError, Opener, OpenerKind, Passphrase, Roots},
    wrap::{Keyring, WrapError},
};
use zeroize::Zeroizing;

use crate::home::Home;

/// How somebody wants to open the key file.
#[derive(Clone)]
pub enum Unlock {
    /// With the passphrase that was chosen at `init`.
    Passphrase(Zeroizing<String>),
    /// With what this machine knows: the system's store, or the key file given.
    Machine(Option<PathBuf>),
}

/// How the keys of a directory are opened, as `status` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A person gives the passphrase at each start.
    Attended,
    /// This machine opens both locks; as safe as the disk's encryption.
    Unattended,
}

impl Mode {
    /// The name that scripts see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Attended => "attended",
            Self::Unattended => "unattended",
        }
    }

    /// How this directory's keys are opened.
    ///
    /// # Errors
    /// [`KeyFileError`] if the key file cannot be read.
    pub fn of(home: &Home) -> Result<Self, KeyFileError> {
        let file = KeyFile::open(&home.keys())?;
        let machine = |kind| matches!(kind, OpenerKind::Machine | OpenerKind::MachineKeyFile);
        let machine = file.openers().iter().any(|opener| machine(opener.kind));
        Ok(if machine { Self::Unattended } else { Self::Attended })
    }
}

/// The unlocked roots of an office.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Wraps node and office keys: admit, receive, sign.
    pub signing: Keyring,
    /// Wraps sealing keys, content keys and indexes; closed in split mode.
    pub reading: Option<Keyring>,
}

/// What a wrapped value is for; each has its own derivation.
#[derive(Clone, Copy, Debug)]
pub enum Label {
    /// The node's libp2p key.
    NodeKey,
    /// A desk's office key.
    OfficeKey,
    /// A sealing key.
    SealingKey,
    /// A content key.
    ContentKey,
    /// What lists show of a message.
    Index,
    /// What was last sent under a document key.
    Sent,
    /// What was found in the files of a message.
    Findings,
}

impl Label {
    const fn text(self) -> &'static str {
        match self {
            Self::NodeKey => "node key",
            Self::OfficeKey => "office key",
            Self::SealingKey => "sealing key",
            Self::ContentKey => "content key",
            Self::Index => "index",
            Self::Sent => "sent",
            Self::Findings => "findings",
        }
    }
}

/// Why something wrapped could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The key file refused.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// A wrapped value does not open.
    #[error("a wrapped value does not open")]
    Wrap(#[from] WrapError),
    /// The reading lock is closed.
    #[error("the reading lock is closed")]
    Closed,
}

impl Keys {
    /// Opens the key file of a directory. Takes a fraction of a second with a passphrase.
    ///
    /// # Errors
    /// [`KeyError::File`].
    pub fn unlock(home: &Home, how: &Unlock) -> Result<Self, KeyError> {
        let file = KeyFile::open(&home.keys())?;
        let roots = match how {
            Unlock::Passphrase(text) => file.unlock_with(&Opener::Passphrase(Passphrase::new(text.clone())))?,
            Unlock::Machine(key_file) => file.unlock_with_machine(key_file.as_deref())?,
        };
        Self::from_roots(roots)
    }

    /// Takes unlocked roots.
    ///
    /// # Errors
    /// [`KeyError::Closed`] if not even the signing lock is open.
    pub fn from_roots(roots: Roots) -> Result<Self, KeyError> {
        Ok(Self { signing: roots.signing.ok_or(KeyError::Closed)?, reading: roots.reading })
    }

    fn ring(&self, label: Label) -> Result<&Keyring, KeyError> {
        match label {
            Label::NodeKey | Label::OfficeKey => Ok(&self.signing),
            Label::SealingKey | Label::ContentKey | Label::Index | Label::Sent | Label::Findings => {
                self.reading.as_ref().ok_or(KeyError::Closed)
            }
        }
    }

    /// Wraps a value for the disk; `about` (an id, a number) is bound to it.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn wrap(&self, label: Label, about: &[u8], plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        Ok(self.ring(label)?.wrap(label.text(), about, plain)?)
    }

    /// Opens a wrapped value.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn unwrap(&self, label: Label, about: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        Ok(self.ring(label)?.unwrap(label.text(), about, wrapped)?)
    }

    /// Opens a wrapped key of 32 bytes.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn unwrap_key(&self, label: Label, about: &[u8], wrapped: &[u8]) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let bytes = self.unwrap(label, about, wrapped)?;
        let key: &[u8; 32] = bytes.as_slice().try_into().map_err(|_| WrapError::Refused)?;
        Ok(Zeroizing::new(*key))
    }
}
