//! Mended copies: all files of the exchange in a directory of their own, complete or none of them.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    str::FromStr,
};

use careplan::{Collection, FileName, MAX_FILE_BYTES, Sorted};
use musubi_protocol::ids::Hash;
use musubi_store::platform;
use tempfile::TempDir;

use crate::{
    error::CommandError,
    msg,
    search::{Found, Search},
};

/// Copies on their way into the directory. Dropped, they go, and so does the directory if it was made for them.
pub(super) struct Mending {
    dir: PathBuf,
    made: bool,
    staging: Option<TempDir>,
    /// By where a copy goes, in small letters: some systems know no others.
    taken: HashMap<String, Copy>,
    collection: Collection,
    positions: Vec<usize>,
    twins: Vec<(usize, usize)>,
    left_out: Vec<PathBuf>,
    changed: usize,
}

struct Copy {
    position: usize,
    from: PathBuf,
    hash: Hash,
}

/// The copies, in place.
#[derive(Debug)]
pub(super) struct Mended {
    /// Where they are.
    pub dir: PathBuf,
    /// What was found in them.
    pub sorted: Sorted,
    /// Of each copy the position of the file it was made of.
    pub positions: Vec<usize>,
    /// Files that were not copied, with those whose copies have the same name and bytes.
    pub twins: Vec<(usize, usize)>,
    /// Files that are none of the exchange's and were not copied.
    pub left_out: Vec<PathBuf>,
    /// How many copies differ from their files in name or bytes.
    pub changed: usize,
}

impl Mending {
    /// Makes the directory, or takes an empty one.
    ///
    /// # Errors
    /// A directory that has something in it, or lies where files are looked for.
    pub(super) fn begin(dir: &Path, search: &Search) -> Result<Self, CommandError> {
        let place = real(dir);
        if search.directories.iter().any(|searched| place.starts_with(real(searched))) {
            return Err(CommandError::usage(msg!("err-check-fix-inside", path = dir)));
        }
        let made = match fs::read_dir(dir) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    return Err(CommandError::failed(msg!("err-check-fix-not-empty", path = dir)));
                }
                false
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(dir).map_err(CommandError::writing(dir))?;
                true
            }
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return Err(CommandError::writing(dir)(io::ErrorKind::AlreadyExists.into()));
            }
            Err(error) => return Err(CommandError::writing(dir)(error)),
        };
        let mut mending = Self {
            dir: dir.to_owned(),
            made,
            staging: None,
            taken: HashMap::new(),
            collection: Collection::new(),
            positions: Vec::new(),
            twins: Vec::new(),
            left_out: Vec::new(),
            changed: 0,
        };
        let staging = tempfile::Builder::new().prefix(".musubi-").suffix(".part").tempdir_in(dir);
        mending.staging = Some(staging.map_err(CommandError::writing(dir))?);
        Ok(mending)
    }

    /// Copies a file, mended where that is safe. A file that is none of the exchange's is left out.
    ///
    /// # Errors
    /// Another file whose copy has this name and other bytes, or what the disk says.
    pub(super) fn take(&mut self, position: usize, found: &Found, bytes: &[u8]) -> Result<(), CommandError> {
        if FileName::from_str(&found.name).is_err() {
            self.left_out.push(found.path.clone());
            return Ok(());
        }
        let mended = careplan::mend(&found.name, bytes);
        let within = found.within.with_file_name(&mended.name);
        let copy = Copy { position, from: found.path.clone(), hash: Hash::of(&[&mended.bytes]) };
        // What was read of a file that is too large is not all of it.
        let whole = bytes.len() <= MAX_FILE_BYTES;
        let key = within.to_string_lossy().to_lowercase();
        if let Some(other) = self.taken.get(&key) {
            if whole && copy.hash == other.hash {
                self.twins.push((position, other.position));
                return Ok(());
            }
            let (first, second) = (&other.from, &found.path);
            let collision = msg!("err-check-fix-collision", name = &mended.name, file = first, other = second);
            return Err(CommandError::failed(collision));
        }
        self.taken.insert(key, copy);
        let Some(staging) = &self.staging else { return Ok(()) };
        let path = staging.path().join(&within);
        let written = if whole { write(&path, &mended.bytes) } else { copy_whole(&found.path, &path) };
        written.map_err(CommandError::writing(&self.dir.join(&within)))?;
        self.changed += usize::from(!mended.rules.is_empty());
        self.collection.add(&mended.name, &mended.bytes);
        self.positions.push(position);
        Ok(())
    }

    /// Puts all copies in place.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn finish(mut self) -> Result<Mended, CommandError> {
        if let Some(staging) = self.staging.take() {
            place(staging.path(), &self.dir).map_err(CommandError::writing(&self.dir))?;
            staging.close().map_err(CommandError::writing(&self.dir))?;
        }
        platform::sync_dir(&self.dir).map_err(CommandError::writing(&self.dir))?;
        self.made = false;
        Ok(Mended {
            dir: self.dir.clone(),
            sorted: std::mem::take(&mut self.collection).sort(),
            positions: std::mem::take(&mut self.positions),
            twins: std::mem::take(&mut self.twins),
            left_out: std::mem::take(&mut self.left_out),
            changed: self.changed,
        })
    }
}

impl Drop for Mending {
    fn drop(&mut self) {
        drop(self.staging.take());
        if self.made {
            // Only if nothing is in it.
            let _ = fs::remove_dir(&self.dir);
        }
    }
}

/// Writes a file that is not there yet, and makes it durable.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn copy_whole(from: &Path, to: &Path) -> io::Result<()> {
    let mut file = create(to)?;
    io::copy(&mut File::open(from)?, &mut file)?;
    file.sync_all()
}

fn create(path: &Path) -> io::Result<File> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    File::create_new(path)
}

/// Moves everything over, each entry at once.
fn place(staging: &Path, dir: &Path) -> io::Result<()> {
    sync_tree(staging)?;
    for entry in fs::read_dir(staging)? {
        let entry = entry?;
        fs::rename(entry.path(), dir.join(entry.file_name()))?;
    }
    Ok(())
}

fn sync_tree(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_tree(&entry.path())?;
        }
    }
    platform::sync_dir(dir)
}

/// Where a path really is, also where its end is not there yet.
fn real(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for ancestor in path.ancestors() {
        if let (Ok(found), Ok(rest)) = (ancestor.canonicalize(), path.strip_prefix(ancestor)) {
            // `join` of nothing would add a separator.
            return if rest.as_os_str().is_empty() { found } else { found.join(rest) };
        }
    }
    path
}
