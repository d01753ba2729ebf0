//! Looking for exchange files: those named, and those found in the directories named.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use careplan::FileName;

use crate::error::CommandError;

/// Files that systems leave behind.
const CLUTTER: [&str; 4] = ["thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"];

/// A file that may be one of the exchange's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Where it is, as it was named or found.
    pub path: PathBuf,
    /// Where it is inside of the directory that was searched; its name alone if the file was named itself.
    pub within: PathBuf,
    /// Its own name.
    pub name: String,
    /// Its size when it was found.
    pub size: u64,
    /// Why it is no good, whatever is in it.
    pub trouble: Option<Trouble>,
}

/// Why a file is no good, whatever is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It cannot be read, or is gone.
    Unreadable,
    /// It is no ordinary file.
    NoFile,
    /// Its name has characters that cannot be shown.
    Name,
    /// It, or what belongs together with it, is too large.
    TooLarge,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Search {
    /// Files, each once, in the order of paths and names.
    pub found: Vec<Found>,
    /// Files in directories that are no exchange files by name nor by ending.
    pub passed_over: Vec<PathBuf>,
    /// The directories that were named.
    pub directories: Vec<PathBuf>,
    /// Whatever is in a directory is looked for.
    any: bool,
    seen: HashSet<PathBuf>,
}

/// Looks for files; a file that is named is taken whatever it is, and judged later.
///
/// # Errors
/// A path that does not exist or cannot be read.
pub(crate) fn search(paths: &[PathBuf]) -> Result<Search, CommandError> {
    search_for(paths, false)
}

/// The same for files of any kind: in directories all are taken but what systems leave behind.
///
/// # Errors
/// As [`search`].
pub(crate) fn search_all(paths: &[PathBuf]) -> Result<Search, CommandError> {
    search_for(paths, true)
}

fn search_for(paths: &[PathBuf], any: bool) -> Result<Search, CommandError> {
    let mut search = Search { any, ..Search::default() };
    for path in paths {
        let about = fs::metadata(path).map_err(CommandError::reading(path))?;
        if about.is_dir() {
            let entries = list(path).map_err(CommandError::reading(path))?;
            search.directory(path, entries);
            search.directories.push(path.clone());
        } else {
            search.take(path.parent().unwrap_or(path), path, Ok(about));
        }
    }
    Ok(search)
}

impl Search {
    /// What is in the way here and there does not keep the rest from going.
    fn directory(&mut self, root: &Path, entries: Vec<fs::DirEntry>) {
        for entry in entries {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            if is_clutter(&name) {
                continue;
            }
            // A linked directory could lead round in a circle; a linked file is a file.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                match list(&path) {
                    Ok(entries) => self.directory(root, entries),
                    // There may be documents in it: it is told, not passed over.
                    Err(_) => self.push(root, &path, 0, Some(Trouble::Unreadable)),
                }
                continue;
            }
            let about = fs::metadata(&path);
            // Something else under such a name is told, not passed over.
            if self.any || could_be_ours(&name) {
                self.take(root, &path, about);
            } else if about.is_ok_and(|about| about.is_file()) {
                self.passed_over.push(path);
            }
        }
    }

    /// Takes a file once, however often it was named.
    fn take(&mut self, root: &Path, path: &Path, about: io::Result<fs::Metadata>) {
        let size = about.as_ref().map_or(0, fs::Metadata::len);
        let trouble = match about {
            Ok(about) if !about.is_file() => Some(Trouble::NoFile),
            // Opened now, so that what belongs together is refused together.
            Ok(_) if fs::File::open(path).is_ok() => None,
            _ => Some(Trouble::Unreadable),
        };
        self.push(root, path, size, trouble);
    }

    fn push(&mut self, root: &Path, path: &Path, size: u64, trouble: Option<Trouble>) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let unfit = name.chars().any(char::is_control).then_some(Trouble::Name);
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if self.seen.insert(real) {
            let within = path.strip_prefix(root).map_or_else(|_| PathBuf::from(&name), Path::to_owned);
            self.found.push(Found { path: path.to_owned(), within, name, size, trouble: trouble.or(unfit) });
        }
    }
}

/// What is in a directory, by name.
fn list(dir: &Path) -> io::Result<Vec<fs::DirEntry>> {
    let mut entries = fs::read_dir(dir)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    Ok(entries)
}

fn is_clutter(name: &str) -> bool {
    name.starts_with('.') || name.starts_with("~$") || CLUTTER.contains(&name.to_lowercase().as_str())
}

/// Whether somebody may have meant it: then it is told what is wrong with it, not passed over.
fn could_be_ours(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    FileName::from_str(name).is_ok() || ending.is_some_and(|ending| matches!(ending.as_str(), "csv" | "jpg" | "jpeg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_searched_and_each_file_knows_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let name = "DLTPLAN_202511_1379905001_43_1379900036_17_20251105090320.CSV";
        fs::create_dir(dir.path().join("a")).unwrap();
        for path in [&format!("a/{name}"), "memo.csv", "readme.txt", "Thumbs.db", "~$x.csv", ".DS_Store"] {
            fs::write(dir.path().join(path), b"x").unwrap();
        }
        let found = search(&[dir.path().to_owned(), dir.path().join("a").join(name)]).unwrap();
        let within: Vec<_> = found.found.iter().map(|found| found.within.clone()).collect();
        assert_eq!(within, [Path::new("a").join(name), PathBuf::from("memo.csv")]);
        assert_eq!(found.passed_over, [dir.path().join("readme.txt")]);
        let alone = search(&[dir.path().join("a").join(name)]).unwrap();
        assert_eq!(alone.found[0].within, Path::new(name));
        assert!(alone.directories.is_empty());
        let all = search_all(&[dir.path().to_owned()]).unwrap();
        assert_eq!((all.found.len(), all.passed_over.len()), (3, 0));
        assert_eq!(search(&[dir.path().join("none")]).unwrap_err().code(), "file-missing");
    }
}
