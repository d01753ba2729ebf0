//! A directory for something that is played: temporary, or one that stays.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use data_encoding::BASE32_NOPAD;
use rand::Rng;
use tempfile::TempDir;

use crate::{error::CommandError, msg};

/// The directory; a temporary one goes with this.
pub(crate) struct Root {
    path: PathBuf,
    /// Removes it in the end, unless it is kept.
    temporary: Option<TempDir>,
}

impl Root {
    /// Makes it. `keep` must be new or empty.
    ///
    /// # Errors
    /// `err-tool-keep` where something lies in it, and what the system says.
    pub(crate) fn make(prefix: &str, keep: Option<&Path>) -> Result<Self, CommandError> {
        match keep {
            None => {
                let dir = tempfile::Builder::new().prefix(prefix).tempdir();
                let dir = dir.map_err(CommandError::writing(&std::env::temp_dir()))?;
                Ok(Self { path: dir.path().to_owned(), temporary: Some(dir) })
            }
            Some(dir) => {
                // Commands that are printed later are typed anywhere.
                let path = std::path::absolute(dir).map_err(CommandError::writing(dir))?;
                make_private(&path).map_err(CommandError::writing(&path))?;
                let mut entries = fs::read_dir(&path).map_err(CommandError::reading(&path))?;
                if entries.next().is_some() {
                    return Err(CommandError::failed(msg!("err-tool-keep", path = &path)));
                }
                Ok(Self { path, temporary: None })
            }
        }
    }

    /// Whether it stays.
    pub(crate) const fn is_kept(&self) -> bool {
        self.temporary.is_none()
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it, unless it is kept.
    ///
    /// # Errors
    /// What the system says; then something is left.
    pub(crate) fn clear(self) -> Result<(), CommandError> {
        let Some(dir) = self.temporary else { return Ok(()) };
        dir.close().map_err(CommandError::writing(&self.path))
    }
}

/// 80 random bits, in letters that can be typed.
pub(crate) fn new_passphrase() -> String {
    let mut bytes = [0; 10];
    rand::rng().fill_bytes(&mut bytes);
    BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()
}

/// Makes a directory for its owner alone, or takes the one that is there.
fn make_private(dir: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
    }
    // On Windows it takes the rights of the folder above it.
    #[cfg(not(unix))]
    fs::create_dir_all(dir)
}
