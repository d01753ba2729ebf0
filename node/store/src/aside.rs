//! Setting a damaged store aside, on somebody's word and never by itself.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::open::{self, OpenError, Options, damaged, lock};
use crate::platform::{self, parent};
use crate::quiet::caught;
use crate::{reclaim, rewrite};

/// Why a store was not set aside.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AsideError {
    /// It opens, and every record can be read.
    #[error("the store is not damaged")]
    Healthy,
    /// It is in use, missing, newer, or its disk does not answer: nothing that setting aside would mend.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The file system refused.
    #[error("the store could not be moved")]
    Io(#[from] io::Error),
}

/// Looks whether the store in `dir` opens, every record can be read, and every small body is there. Takes as long as
/// reading the records.
///
/// # Errors
/// [`OpenError`]; [`OpenError::Damaged`] only where the disk answers and what it says makes no sense.
pub fn examine(dir: &Path) -> Result<(), OpenError> {
    let opened = open::open(dir, Options { create: false, ..Options::default() }, None)?;
    let db = &opened.disk.db;
    let looked = caught(|| {
        rewrite::count(db, || true)?;
        reclaim::examine(db, &opened.journal)
    });
    match looked {
        Ok(Ok(None)) => Ok(()),
        Ok(Ok(Some(what))) => Err(damaged(what.to_owned())),
        Ok(Err(error)) => Err(open::broken(error)),
        Err(_) => Err(damaged("the storage engine stopped while reading it".to_owned())),
    }
}

/// Moves a damaged store, whole, from `dir` to a new directory beside it: its name, a dot and `suffix`. The next opening
/// begins with an empty one. Returns the new path. With `any` one that can be read goes, too.
///
/// Where `dir` is the root of a disk of its own, the new directory lies in it.
///
/// # Errors
/// [`AsideError`]; nothing was moved then. On Windows a directory cannot be renamed while a failed opening still holds
/// files in it: try again in a new process.
pub fn set_aside(dir: &Path, suffix: &str, any: bool) -> Result<PathBuf, AsideError> {
    match examine(dir) {
        Ok(()) if any => {}
        Ok(()) => return Err(AsideError::Healthy),
        Err(OpenError::Damaged { .. }) => {}
        Err(other) => return Err(other.into()),
    }
    let _lock = lock(dir)?;
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let (beside, within) = (parent(dir).join(format!("{name}.{suffix}")), dir.join(suffix));
    match rename(dir, &beside) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            rename(dir, &within)?;
            Ok(within)
        }
        other => {
            other?;
            Ok(beside)
        }
    }
}

fn rename(dir: &Path, to: &Path) -> Result<(), io::Error> {
    if to.try_exists()? {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(dir.join("live"), to)?;
    platform::sync_dir(dir)?;
    platform::sync_dir(parent(to))
}
