//! `musubi export`: the files of one message, under their own names.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use musubi_node::{
    api::types::{FileRow, Row},
    attachments::kind,
};
use musubi_protocol::ids::Hash;
use musubi_store::platform;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::{
    args::values::{self, IdPrefix},
    client::{self, Client},
    context::Context,
    error::{CommandError, Exit},
    msg, rows,
    ui::Ui,
};

/// Which message, and where to.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Its id, or the beginning of it.
    #[arg(value_name = "ID", value_parser = values::message_id)]
    pub id: IdPrefix,
    /// The directory to write into.
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
}

/// A file on its way into the directory.
struct Writing {
    path: PathBuf,
    /// Complete and synced under another name; `None` where the same file lies there already.
    ready: Option<NamedTempFile>,
}

/// Writes the files, all of them or none.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let client = Client::find(&context.home()?, ui.text().lang())?;
    let row = client.show(args.id.as_str())?.row;
    let id = row.id.clone().unwrap_or_default();
    if row.files.is_empty() {
        return Err(CommandError::failed(msg!("err-export-nothing")));
    }
    let there = check(&args.to, &row)?;
    // Nothing stands in the way, as far as can be seen.
    fs::create_dir_all(&args.to).map_err(CommandError::writing(&args.to))?;
    let mut writing = Vec::new();
    let mut risky = Vec::new();
    for (index, (file, there)) in row.files.iter().zip(there).enumerate() {
        let path = args.to.join(&file.name);
        let ready = match there {
            true => None,
            false => Some(fetch(client.file(&id, index)?, &args.to, file)?),
        };
        if let (Some(ready), None) = (&ready, &row.bundle)
            && is_risky(ready.path(), file).map_err(CommandError::reading(ready.path()))?
        {
            risky.push(&file.name);
        }
        writing.push(Writing { path, ready });
    }
    let mut written = Vec::new();
    for (Writing { path, ready }, file) in writing.into_iter().zip(&row.files) {
        let new = match ready {
            Some(ready) => place(ready, &path, file)?,
            None => false,
        };
        written.push((path, new));
    }
    platform::sync_dir(&args.to).map_err(CommandError::writing(&args.to))?;
    // All of it lies there for good: only now does the sender hear `opened`.
    client.opened(&id)?;
    report(ui, &row, args, &written);
    for name in risky {
        ui.warn(&msg!("warn-export-program", file = name));
    }
    Ok(Exit::Done)
}

/// Checks names and what lies in the directory already; tells for each file whether it is there.
fn check(dir: &Path, row: &Row) -> Result<Vec<bool>, CommandError> {
    let mut seen = std::collections::HashSet::new();
    let mut there = Vec::new();
    for file in &row.files {
        // Names were checked when the message came; here a mistake would write somewhere else.
        if !is_plain(&file.name) || !seen.insert(file.name.to_lowercase()) {
            return Err(CommandError::failed(msg!("err-export-name", file = &file.name)));
        }
        let path = dir.join(&file.name);
        there.push(match path.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(CommandError::reading(&path)(error)),
            Ok(_) if is_same(&path, file).map_err(CommandError::reading(&path))? => true,
            Ok(_) => return Err(CommandError::failed(msg!("err-export-exists", path = &path))),
        });
    }
    Ok(there)
}

/// Whether a name names a file in the directory and nothing else, on Linux and on Windows.
fn is_plain(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|rest| rest.len() == 1 && rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let device = matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT");
    let odd = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    !stem.is_empty() && !device && !name.contains(odd) && !name.ends_with(['.', ' ']) && name.len() <= 255
}

fn is_same(path: &Path, file: &FileRow) -> io::Result<bool> {
    let found = fs::metadata(path)?;
    if !found.is_file() || found.len() != file.bytes {
        return Ok(false);
    }
    // Its size was just seen; should it grow, it is another file.
    let mut copied = Copied::new(io::sink());
    io::copy(&mut File::open(path)?.take(file.bytes + 1), &mut copied)?;
    Ok(copied.is(file))
}

/// Whether a file that came as an attachment runs when it is opened, or is not what its name says. It is written all
/// the same: whoever sent it may have meant it.
fn is_risky(path: &Path, file: &FileRow) -> io::Result<bool> {
    let mut head = Vec::new();
    File::open(path)?.take(kind::HEAD as u64).read_to_end(&mut head)?;
    Ok(kind::judge(&file.name, &head, false).is_err())
}

/// A sink that knows how much went into it, and its hash.
struct Copied<W> {
    sink: W,
    bytes: u64,
    hasher: Sha256,
}

impl<W> Copied<W> {
    fn new(sink: W) -> Self {
        Self { sink, bytes: 0, hasher: Sha256::new() }
    }

    fn is(self, file: &FileRow) -> bool {
        self.bytes == file.bytes && Hash(self.hasher.finalize().into()).to_string() == file.sha256
    }
}

impl<W: Write> Write for Copied<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.sink.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

/// Writes a file as it comes, under a name of no importance, and syncs it; dropped, it goes.
fn fetch(mut coming: impl Read, dir: &Path, file: &FileRow) -> Result<NamedTempFile, CommandError> {
    let path = dir.join(&file.name);
    let mut ready = aside(dir).map_err(CommandError::writing(&path))?;
    let mut copied = Copied::new(&mut ready);
    let mut piece = vec![0; 64 << 10];
    loop {
        // The node ends the answer early where it finds the rest of the file damaged.
        let count = coming.read(&mut piece).map_err(|cause| client::Error::Broken(cause.into()))?;
        if count == 0 {
            break;
        }
        copied.write_all(&piece[..count]).map_err(CommandError::writing(&path))?;
    }
    if !copied.is(file) {
        return Err(CommandError::failed(msg!("err-export-altered", file = &file.name)));
    }
    ready.as_file().sync_all().map_err(CommandError::writing(&path))?;
    Ok(ready)
}

/// A file under a name of no importance; dropped, it goes.
fn aside(dir: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".musubi-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any file that a person makes: the care software may run as somebody else.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(dir)
}

/// Gives the file its name, unless another file has it by now. False if that is the same file.
fn place(ready: NamedTempFile, path: &Path, file: &FileRow) -> Result<bool, CommandError> {
    match ready.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => {
            if is_same(path, file).map_err(CommandError::reading(path))? {
                return Ok(false);
            }
            Err(CommandError::failed(msg!("err-export-exists", path = path)))
        }
        Err(refused) => Err(CommandError::writing(path)(refused.error)),
    }
}

fn report(ui: &mut Ui, row: &Row, args: &Args, written: &[(PathBuf, bool)]) {
    let what = rows::what(ui.text(), row);
    ui.line(&msg!("export-done", what = what, path = &args.to));
    let mut files = Vec::new();
    for (file, (path, new)) in row.files.iter().zip(written) {
        let line = if *new { msg!("export-file", file = &file.name) } else { msg!("export-there", file = &file.name) };
        let line = ui.text().show(&line);
        ui.text_line(&format!("    {line}"));
        files.push(serde_json::json!({
            "name": file.name, "bytes": file.bytes, "sha256": file.sha256, "path": path.to_string_lossy(), "new": new,
        }));
    }
    ui.result(&serde_json::json!({"id": row.id, "to": args.to.to_string_lossy(), "files": files}));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(files: &[(&str, &[u8])]) -> Row {
        let file = |(name, bytes): &(&str, &[u8])| FileRow {
            name: (*name).to_owned(),
            bytes: bytes.len() as u64,
            sha256: Hash::of(&[bytes]).to_string(),
            kind: "text".into(),
        };
        Row { files: files.iter().map(file).collect(), ..Row::default() }
    }

    #[test]
    fn names_that_leave_the_directory_are_refused() {
        for bad in ["../a", "a/b", "a\\b", "..", ".", "", "c:x", "NUL.csv", "com1", "a\u{7}", "a.", " .x/"] {
            assert!(!is_plain(bad), "{bad}");
        }
        for good in ["UPPLAN_202511_1379905001_43_1379900010_11_20251024090725.CSV", "家族構成.jpg", "COMMON.CSV"] {
            assert!(is_plain(good), "{good}");
        }
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(check(dir.path(), &row(&[("../x", b"1")])).unwrap_err().code(), "export-name");
        assert_eq!(check(dir.path(), &row(&[("x", b"1"), ("X", b"1")])).unwrap_err().code(), "export-name");
    }

    #[test]
    fn other_bytes_are_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        let wanted = row(&[("a.csv", b"new")]);
        assert_eq!(check(dir.path(), &wanted).unwrap(), [false]);
        let ready = fetch(&b"new"[..], dir.path(), &wanted.files[0]).unwrap();
        fs::write(&path, b"old").unwrap();
        assert_eq!(check(dir.path(), &wanted).unwrap_err().code(), "export-exists");
        assert_eq!(place(ready, &path, &wanted.files[0]).unwrap_err().code(), "export-exists");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn the_same_file_may_be_there_already() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        let wanted = row(&[("a.csv", b"same")]);
        let same = || fetch(&b"same"[..], dir.path(), &wanted.files[0]).unwrap();
        assert!(place(same(), &path, &wanted.files[0]).unwrap());
        assert!(!place(same(), &path, &wanted.files[0]).unwrap());
        assert_eq!(check(dir.path(), &wanted).unwrap(), [true]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_ne!(fs::metadata(&path).unwrap().permissions().mode() & 0o400, 0);
        }
    }

    #[test]
    fn what_is_not_the_whole_file_is_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let wanted = row(&[("a.csv", b"whole")]);
        for other in [&b"whol"[..], b"whole and more", b"Whole"] {
            let error = fetch(other, dir.path(), &wanted.files[0]).unwrap_err();
            assert_eq!(error.code(), "export-altered");
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_runs_is_seen_whatever_it_is_called() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        for (name, bytes, risky) in [
            ("a.pdf", &b"%PDF-1.7"[..], false),
            ("a.pdf", b"MZ\x90\0\x03\0\0\0", true),
            ("a.exe", b"words", true),
            ("a.txt", b"words", false),
        ] {
            fs::write(&path, bytes).unwrap();
            assert_eq!(is_risky(&path, &row(&[(name, bytes)]).files[0]).unwrap(), risky, "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_elsewhere_counts_as_what_it_leads_to() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(dir.path().join("nowhere"), dir.path().join("a.csv")).unwrap();
        assert!(check(dir.path(), &row(&[("a.csv", b"x")])).is_err());
    }
}
