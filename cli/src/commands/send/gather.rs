//! Which files to send, and what goes together in one request.

use std::{collections::BTreeMap, path::PathBuf, str::FromStr};

use careplan::{End, FileName, Serial};
use musubi_node::api::types::FindingRow;

use crate::{
    error::CommandError,
    search::{Found, Search, Trouble, search},
};

/// Most bytes of one request where it can be split; what belongs together is never split.
const BATCH: u64 = 64 << 20;
/// Most bytes of one bundle, as the node takes it.
pub(super) const MAX_BUNDLE: u64 = musubi_node::outbox::MAX_BUNDLE;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Files for one request each; all files of a sender, receiver and serial are in one.
    pub batches: Vec<Vec<Found>>,
    /// What cannot be sent because of one of its files: all that belongs together, with that file first.
    pub refused: Vec<(Vec<Found>, Trouble)>,
    /// Files in directories that are no exchange files by name nor by ending.
    pub passed_over: Vec<PathBuf>,
}

/// A finding about a file that is no good.
pub(super) fn finding(found: &Found, rule: &str, text: String) -> FindingRow {
    let (rule, file) = (rule.to_owned(), Some(found.name.clone()));
    FindingRow { rule, severity: "error".into(), file, row: None, column: None, text }
}

/// Looks for files and puts together what belongs together.
///
/// # Errors
/// A path that does not exist or cannot be read.
pub(super) fn gather(paths: &[PathBuf]) -> Result<Gathered, CommandError> {
    Ok(sorted(search(paths)?))
}

/// Sorts by serial, sender and receiver, and fills requests with what belongs together.
fn sorted(search: Search) -> Gathered {
    let mut groups: BTreeMap<(Serial, End, End), Vec<Found>> = BTreeMap::new();
    let mut strays = Vec::new();
    for found in search.found {
        match FileName::from_str(&found.name) {
            Ok(name) => groups.entry((name.serial(), name.sender(), name.receiver())).or_default().push(found),
            Err(_) => strays.push(vec![found]),
        }
    }
    let mut gathered = Gathered { passed_over: search.passed_over, ..Gathered::default() };
    let mut filled = 0;
    for mut group in groups.into_values().chain(strays) {
        let size: u64 = group.iter().map(|found| found.size).sum();
        if size > MAX_BUNDLE {
            group.sort_by_key(|found| std::cmp::Reverse(found.size));
            group[0].trouble.get_or_insert(Trouble::TooLarge);
        }
        // The first that is in the way stands for all.
        group.sort_by_key(|found| found.trouble.is_none());
        if let Some(trouble) = group[0].trouble {
            gathered.refused.push((group, trouble));
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

#[cfg(test)]
mod tests {
    use std::fs;

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
        assert!(gather(&[]).unwrap().batches.is_empty());
    }

    #[test]
    fn requests_are_split_between_bundles_only() {
        let found = |serial: u64, size: u64| Found {
            path: PathBuf::new(),
            within: PathBuf::new(),
            name: format!("DLT1KYO_1379905001_43_1379900036_17_{serial}.CSV"),
            size,
            trouble: None,
        };
        let found = vec![
            found(20_251_105_090_303, MAX_BUNDLE + 1),
            found(20_251_105_090_302, 40 << 20),
            found(20_251_105_090_301, 40 << 20),
            found(20_251_105_090_301, 40 << 20),
            found(20_251_105_090_300, 1),
        ];
        let mut search = Search::default();
        search.found = found;
        let gathered = sorted(search);
        assert_eq!(gathered.batches.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 1]);
        assert!(matches!(gathered.refused.as_slice(), [(group, Trouble::TooLarge)] if group.len() == 1));
    }

    #[test]
    fn what_cannot_be_sent_does_not_keep_the_rest() {
        let dir = tempfile::tempdir().unwrap();
        let file = |serial: &str| format!("DLT1KYO_1379905001_43_1379900036_17_{serial}.CSV");
        let other = "DLTPLAN_202511_1379905001_43_1379900036_17_20251105090301.CSV";
        fs::write(dir.path().join(file("20251105090300")), b"x").unwrap();
        fs::write(dir.path().join(other), b"x").unwrap();
        let gathered = |paths: &[PathBuf]| {
            let gathered = gather(paths).unwrap();
            let refused: Vec<_> = gathered.refused.iter().map(|(group, trouble)| (group.len(), *trouble)).collect();
            (gathered.batches.concat().len(), refused)
        };
        assert_eq!(gathered(&[dir.path().to_owned()]), (2, vec![]));
        #[cfg(unix)]
        {
            let gone = dir.path().join("gone");
            std::os::unix::fs::symlink(gone, dir.path().join(file("20251105090301"))).unwrap();
            assert_eq!(gathered(&[dir.path().to_owned()]), (1, vec![(2, Trouble::Unreadable)]));
            fs::remove_file(dir.path().join(file("20251105090301"))).unwrap();
            fs::write(dir.path().join("bad\u{1b}name.csv"), b"x").unwrap();
            let device = PathBuf::from("/dev/null");
            let refused = vec![(1, Trouble::Name), (1, Trouble::NoFile)];
            assert_eq!(gathered(&[dir.path().to_owned(), device]), (2, refused));
            // Under the name of a file that belongs to the bundle, what is no file keeps it back.
            std::os::unix::fs::symlink("/dev/null", dir.path().join(file("20251105090301"))).unwrap();
            fs::remove_file(dir.path().join("bad\u{1b}name.csv")).unwrap();
            assert_eq!(gathered(&[dir.path().to_owned()]), (1, vec![(2, Trouble::NoFile)]));
        }
    }
}
