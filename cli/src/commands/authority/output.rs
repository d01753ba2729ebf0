//! Files for others: prepared before an act, so that a bad path stops the act, and complete or not there at all.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use crate::error::CommandError;

/// A file that will have its name once it is complete. One of that name is replaced: newer lists replace older ones.
pub(super) struct Output {
    file: NamedTempFile,
    path: PathBuf,
}

impl Output {
    /// Makes an empty file beside the one to be.
    pub(super) fn prepare(path: &Path) -> Result<Self, CommandError> {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if path.is_dir() {
            return Err(CommandError::writing(path)(io::ErrorKind::IsADirectory.into()));
        }
        let file = builder().tempfile_in(parent).map_err(CommandError::writing(path))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// Writes the content, makes it durable and gives the file its name.
    pub(super) fn finish(mut self, content: &str) -> Result<(), CommandError> {
        let written = self.file.write_all(content.as_bytes()).and_then(|()| self.file.as_file().sync_all());
        written.map_err(CommandError::writing(&self.path))?;
        self.file.persist(&self.path).map_err(|failed| CommandError::writing(&self.path)(failed.error))?;
        Ok(())
    }
}

fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".musubi-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // These files hold no secret and are meant to be handed on; the umask still applies.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("crl.pem");
        Output::prepare(&path).unwrap().finish("first").unwrap();
        drop(Output::prepare(&path).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "first");
        Output::prepare(&path).unwrap().finish("second").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(Output::prepare(dir.path()).is_err());
        assert!(Output::prepare(&dir.path().join("no/crl.pem")).is_err());
    }
}
