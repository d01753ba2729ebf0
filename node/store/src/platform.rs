//! What differs between operating systems: files for the owner only, directory syncs, free space, machine secrets.
//!
//! | | Linux | Windows |
//! |---|---|---|
//! | owner only | mode 0700 / 0600 | the access list inherited from the folder (a profile or service folder) |
//! | directory sync | fsync of the directory | nothing to call: NTFS journals names together with the files |
//! | machine secret | systemd-creds, or a key file | DPAPI in machine scope, or a key file |
//!
//! The Windows side was written from the documentation and has been neither compiled nor run.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

pub mod machine;

/// Creates a directory for its owner only, and missing parents as usual; one that exists stays as it is.
///
/// The new name is durable on return.
///
/// # Errors
/// What the file system says.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = parent(path);
    fs::create_dir_all(parent)?;
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => {
            sync_dir(path)?;
            sync_dir(parent)
        }
    }
}

/// Creates a file for its owner only; one that exists is an error.
///
/// # Errors
/// What the file system says.
pub fn create_private(path: &Path) -> io::Result<File> {
    private().create_new(true).open(path)
}

/// Opens a file for reading and writing, creating it for its owner only.
///
/// # Errors
/// What the file system says.
pub fn open_private(path: &Path) -> io::Result<File> {
    private().create(true).truncate(false).open(path)
}

/// Makes the names in a directory durable.
///
/// # Errors
/// What the file system says.
pub fn sync_dir(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    return File::open(path)?.sync_all();
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(())
    }
}

/// Tells whether others than the owner may read or write a file.
///
/// Always no on Windows, where the folder's access list decides.
///
/// # Errors
/// What the file system says.
pub fn is_shared(file: &File) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        Ok(false)
    }
}

/// Returns the bytes free for this user on the file system that holds `path`.
///
/// # Errors
/// What the file system says.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    fs4::available_space(path)
}

/// Returns the directory that holds a name; for a bare name the current one.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn files_and_directories_are_for_the_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("a/b");
        create_private_dir(&inner).unwrap();
        create_private_dir(&inner).unwrap();
        assert_eq!(fs::metadata(&inner).unwrap().permissions().mode() & 0o777, 0o700);
        let path = inner.join("f");
        let file = create_private(&path).unwrap();
        assert!(!is_shared(&file).unwrap());
        assert!(create_private(&path).is_err());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(is_shared(&open_private(&path).unwrap()).unwrap());
    }

    #[test]
    fn free_space_is_known() {
        assert!(0 < free_bytes(&std::env::temp_dir()).unwrap());
    }
}
