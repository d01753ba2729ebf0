//! Which files to send: those named, and those found in the directories named.

use std::{
    collections::{BTreeMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use careplan::{End, FileName, Serial};
use musubi_node::api::types::FindingRow;

use crate::{error::CommandError, msg};

/// Most bytes of one request where it can be split; what belongs together is never split.
const BATCH: u64 = 64 << 20;
/// Most bytes of one bundle, as the node takes it.
pub(super) const MAX_BUNDLE: u64 = musubi_node::outbox::MAX_BUNDLE;
/// Files that systems leave behind.
const CLUTTER: [&str; 4] = ["thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"];

/// A file to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// Its own name.
    pub name: String,
    /// Its size when it was found.
    pub size: u64,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Files for one request each; all files of a sender, receiver and serial are in one.
    pub batches: Vec<Vec<Found>>,
    /// Files that no bundle is large enough for.
    pub too_large: Vec<Found>,
    /// Files in directories that are no exchange files by name nor by ending.
    pub passed_over: Vec<PathBuf>,
}

impl Gathered {
    /// Whether there is nothing to send and nothing to refuse.
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty() && self.too_large.is_empty()
    }
}

impl Found {
    /// A finding about this file.
    pub fn finding(&self, rule: &str, text: String) -> FindingRow {
        let (rule, file) = (rule.to_owned(), Some(self.name.clone()));
        FindingRow { rule, severity: "error".into(), file, row: None, column: None, text }
    }
}

/// Looks for files; a file that is named is taken whatever it is, and refused later if need be.
///
/// # Errors
/// A path that does not exist or cannot be read.
pub(super) fn gather(paths: &[PathBuf]) -> Result<Gathered, CommandError> {
    let mut search = Search::default();
    for path in paths {
        let about = fs::metadata(path).map_err(CommandError::reading(path))?;
        if about.is_dir() {
            search.directory(path)?;
        } else {
            search.take(path, about.len())?;
        }
    }
    Ok(search.sorted())
}

#[derive(Default)]
struct Search {
    found: Vec<Found>,
    seen: HashSet<PathBuf>,
    passed_over: Vec<PathBuf>,
}

impl Search {
    fn directory(&mut self, dir: &Path) -> Result<(), CommandError> {
        let entries = fs::read_dir(dir).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries = entries.map_err(CommandError::reading(dir))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            if is_clutter(&name) {
                continue;
            }
            // A linked directory could lead round in a circle; a linked file is a file.
            let kind = entry.file_type().map_err(CommandError::reading(&path))?;
            if kind.is_dir() {
                self.directory(&path)?;
                continue;
            }
            let about = fs::metadata(&path).map_err(CommandError::reading(&path))?;
            if about.is_file() && could_be_ours(&name) {
                self.take(&path, about.len())?;
            } else if about.is_file() {
                self.passed_over.push(path);
            }
        }
        Ok(())
    }

    /// Takes a file once, however often it was named.
    fn take(&mut self, path: &Path, size: u64) -> Result<(), CommandError> {
        let real = path.canonicalize().map_err(CommandError::reading(path))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.ok_or_else(|| CommandError::failed(msg!("err-file-read", path = path)))?;
        if self.seen.insert(real) {
            self.found.push(Found { path: path.to_owned(), name, size });
        }
        Ok(())
    }

    /// Sorts by serial, sender and receiver, and fills requests with what belongs together.
    fn sorted(self) -> Gathered {
        let mut groups: BTreeMap<(Serial, End, End), Vec<Found>> = BTreeMap::new();
        let mut strays = Vec::new();
        for found in self.found {
            match FileName::from_str(&found.name) {
                Ok(name) => groups.entry((name.serial(), name.sender(), name.receiver())).or_default().push(found),
                Err(_) => strays.push(vec![found]),
            }
        }
        let mut gathered = Gathered { passed_over: self.passed_over, ..Gathered::default() };
        let mut filled = 0;
        for group in groups.into_values().chain(strays) {
            let size: u64 = group.iter().map(|found| found.size).sum();
            if size > MAX_BUNDLE {
                gathered.too_large.extend(group);
                continue;
            }
            match gathered.batches.last_mut() {
                Some(batch) if filled + size <= BATCH => batch.extend(group),
                _ => {
                    filled = 0;
                    gathered.batches.push(group);
                }
            }
            filled += size;
        }
        gathered
    }
}

fn is_clutter(name: &str) -> bool {
    name.starts_with('.') || name.starts_with("~$") || CLUTTER.contains(&name.to_lowercase().as_str())
}

/// Whether somebody may have meant to send it: then it is told what is wrong with it, not passed over.
fn could_be_ours(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    FileName::from_str(name).is_ok() || ending.is_some_and(|ending| matches!(ending.as_str(), "csv" | "jpg" | "jpeg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(batch: &[Found]) -> Vec<&str> {
        batch.iter().map(|found| found.name.as_str()).collect()
    }

    #[test]
    fn a_directory_is_searched_and_sorted() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"x").unwrap();
        };
        let (late, early) = (
            "DLTPLAN_202511_1379905001_43_1379900036_17_20251105090320.CSV",
            "DLT1KYO_1379905001_43_1379900036_17_20251105090300.CSV",
        );
        for path in [&format!("a/{late}"), &format!("b/{early}"), "memo.csv", "readme.txt", "Thumbs.db", ".DS_Store"] {
            write(path);
        }
        let gathered = gather(&[dir.path().to_owned(), dir.path().join("a").join(late)]).unwrap();
        assert_eq!(gathered.batches.iter().map(|batch| names(batch)).collect::<Vec<_>>(), [[early, late, "memo.csv"]]);
        assert_eq!(gathered.passed_over, [dir.path().join("readme.txt")]);
    }

    #[test]
    fn what_is_named_is_taken_and_what_is_missing_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("readme.txt");
        assert_eq!(gather(std::slice::from_ref(&path)).unwrap_err().code(), "file-missing");
        fs::write(&path, b"x").unwrap();
        assert_eq!(names(&gather(&[path]).unwrap().batches[0]), ["readme.txt"]);
        assert!(gather(&[]).unwrap().is_empty());
    }

    #[test]
    fn requests_are_split_between_bundles_only() {
        let found = |serial: u64, size: u64| Found {
            path: PathBuf::new(),
            name: format!("DLT1KYO_1379905001_43_1379900036_17_{serial}.CSV"),
            size,
        };
        let found = vec![
            found(20_251_105_090_303, MAX_BUNDLE + 1),
            found(20_251_105_090_302, 40 << 20),
            found(20_251_105_090_301, 40 << 20),
            found(20_251_105_090_301, 40 << 20),
            found(20_251_105_090_300, 1),
        ];
        let gathered = Search { found, ..Search::default() }.sorted();
        assert_eq!(gathered.batches.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 1]);
        assert_eq!(gathered.too_large.len(), 1);
    }
}
