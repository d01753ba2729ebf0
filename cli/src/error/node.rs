//! What the node's and the store's errors mean to someone at the keyboard.

use std::io::ErrorKind;

use musubi_node::{
    api::ApiProblem, core::CoreError, db::DbError, keys::KeyError, office::OfficeError, run::StartError,
    trust::InstallError,
};
use musubi_store::{AsideError, OpenError, StoreError, keyfile::KeyFileError, platform::machine::MachineError};

use super::CommandError;
use crate::msg;

impl From<MachineError> for CommandError {
    fn from(error: MachineError) -> Self {
        match error {
            MachineError::Unavailable => Self::failed(msg!("err-machine-no-store")),
            MachineError::KeyFileNeeded => Self::failed(msg!("err-machine-key-needed")),
            MachineError::KeyFileMalformed => Self::failed(msg!("err-machine-key-malformed")),
            MachineError::KeyFileShared => Self::failed(msg!("err-machine-key-shared")),
            MachineError::KeyFileInside => Self::usage(msg!("err-machine-key-inside")),
            MachineError::Io(error) => Self::failed(msg!("err-machine-key-io")).because(&error),
            other => Self::failed(msg!("err-machine-wrong")).because(&other),
        }
    }
}

impl From<KeyFileError> for CommandError {
    fn from(error: KeyFileError) -> Self {
        match error {
            KeyFileError::WrongPassphrase => Self::failed(msg!("err-passphrase-wrong")),
            KeyFileError::WrongRecoveryCode => Self::failed(msg!("err-recovery-wrong")),
            KeyFileError::WrongMachine => Self::failed(msg!("err-machine-wrong")),
            KeyFileError::NoSuchOpener => Self::failed(msg!("err-opener-none")),
            KeyFileError::LastOpener => Self::failed(msg!("err-opener-last")),
            KeyFileError::Full => Self::failed(msg!("err-opener-full")),
            KeyFileError::Changed => Self::failed(msg!("err-keys-changed")),
            KeyFileError::Damaged => Self::failed(msg!("err-keys-damaged")),
            KeyFileError::TooNew { .. } => Self::failed(msg!("err-too-new")).because(&error),
            KeyFileError::Machine(error) => error.into(),
            KeyFileError::Io(error) => Self::failed(msg!("err-keys-io")).because(&error),
            other => Self::failed(msg!("err-internal")).because(&other),
        }
    }
}

impl From<KeyError> for CommandError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::File(error) => error.into(),
            KeyError::Closed => Self::failed(msg!("err-reading-closed")),
            other => Self::failed(msg!("err-store-damaged")).because(&other),
        }
    }
}

impl From<OpenError> for CommandError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::InUse => Self::failed(msg!("err-store-in-use")),
            OpenError::Missing => Self::failed(msg!("err-store-missing")),
            OpenError::TooNew { .. } => Self::failed(msg!("err-too-new")).because(&error),
            OpenError::Damaged { .. } => Self::failed(msg!("err-store-damaged")).because(&error),
            OpenError::Io(error) => Self::failed(msg!("err-store-io")).because(&error),
            other => Self::failed(msg!("err-internal")).because(&other),
        }
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::SyncFailed => Self::disk(msg!("err-disk-failed")),
            StoreError::Damaged { .. } => Self::failed(msg!("err-store-damaged")).because(&error),
            // What the engine says of the records; anything else comes from the disk.
            StoreError::Engine(ref source) if matches!(source.kind(), ErrorKind::Other | ErrorKind::InvalidData) => {
                Self::failed(msg!("err-store-damaged")).because(&error)
            }
            other => Self::failed(msg!("err-store-io")).because(&other),
        }
    }
}

impl From<AsideError> for CommandError {
    fn from(error: AsideError) -> Self {
        match error {
            AsideError::Healthy => Self::failed(msg!("err-store-healthy")),
            AsideError::Open(error) => error.into(),
            other => Self::failed(msg!("err-store-io")).because(&other),
        }
    }
}

impl From<DbError> for CommandError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Store(error) => error.into(),
            other => Self::failed(msg!("err-store-damaged")).because(&other),
        }
    }
}

impl From<InstallError> for CommandError {
    /// Worded as the answer of a running node, so that both ways to install tell the same.
    fn from(error: InstallError) -> Self {
        Self::from(ApiProblem::from(error).problem())
    }
}

impl From<CoreError> for CommandError {
    fn from(error: CoreError) -> Self {
        match error {
            CoreError::Db(error) => error.into(),
            CoreError::Key(error) => error.into(),
            CoreError::Install(error) => error.into(),
            other => Self::failed(msg!("err-internal")).because(&other),
        }
    }
}

impl From<OfficeError> for CommandError {
    fn from(error: OfficeError) -> Self {
        match error {
            OfficeError::NotSetUp => Self::failed(msg!("err-not-set-up")),
            OfficeError::Exists(office) => Self::failed(msg!("err-office-exists", office = office)),
            OfficeError::WhichOffice(offices) => {
                let list: Vec<_> = offices.iter().map(ToString::to_string).collect();
                Self::usage(msg!("err-office-which", offices = list.join(", ")))
            }
            OfficeError::NoOffice(office) => Self::failed(msg!("err-office-none", office = office)),
            OfficeError::NoMachineStore(error) => error.into(),
            OfficeError::Key(error) => error.into(),
            OfficeError::Open(error) => error.into(),
            OfficeError::Db(error) => error.into(),
            OfficeError::Install(error) => error.into(),
            OfficeError::Io(error) => Self::failed(msg!("err-store-io")).because(&error),
            other => Self::failed(msg!("err-internal")).because(&other),
        }
    }
}

impl From<StartError> for CommandError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::NotSetUp => Self::failed(msg!("err-not-set-up")),
            StartError::Key(error) => error.into(),
            StartError::Store(OpenError::InUse) => Self::failed(msg!("err-run-already")),
            StartError::Store(error) => error.into(),
            StartError::Core(error) => error.into(),
            StartError::Network(error) => Self::failed(msg!("err-run-listen")).because(&error),
            StartError::Api { ref address, .. } => Self::failed(msg!("err-run-api", address = address)).because(&error),
            StartError::Io(error) => Self::failed(msg!("err-store-io")).because(&error),
            other => Self::failed(msg!("err-run-stopped")).because(&other),
        }
    }
}
