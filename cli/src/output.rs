//! Files for others: prepared before an act, so that a bad path stops the act, and complete or not there at all.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use musubi_protocol::certificate::material::{CERTIFICATE, CRL, LOG_HEAD, LOG_PROOF, MAX_FILE, TRUST_BUNDLE};
use tempfile::NamedTempFile;

use crate::error::CommandError;

/// Labels of what an authority hands out.
pub(crate) const HANDED_OUT: [&str; 5] = [CERTIFICATE, CRL, TRUST_BUNDLE, LOG_HEAD, LOG_PROOF];
/// Evidence that the authority has signed two logs.
pub(crate) const EVIDENCE: &str = musubi_protocol::log::FORK_LABEL;

/// A file that will have its name once it is complete. One of that name is replaced: newer lists replace older ones.
pub(crate) struct Output {
    file: NamedTempFile,
    path: PathBuf,
}

impl Output {
    /// Makes an empty file beside the one to be, which may replace a file that holds one of these PEM `labels`.
    pub(crate) fn prepare(path: &Path, labels: &[&str]) -> Result<Self, CommandError> {
        let first_lines: Vec<String> = labels.iter().map(|label| format!("-----BEGIN {label}-----")).collect();
        Self::make(path, &first_lines, false)
    }

    fn make(path: &Path, replaceable: &[String], is_private: bool) -> Result<Self, CommandError> {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if path.is_dir() {
            return Err(CommandError::writing(path)(io::ErrorKind::IsADirectory.into()));
        }
        // What is newer replaces what is older of its kind, and nothing else: not a key file that was typed by mistake.
        if path.exists() && !holds(path, replaceable) {
            return Err(CommandError::writing(path)(io::ErrorKind::AlreadyExists.into()));
        }
        let file = builder(is_private).tempfile_in(parent).map_err(CommandError::writing(path))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// As [`Self::prepare`], for a file that may replace one that holds these words.
    pub(crate) fn prepare_text(path: &Path, words: &str) -> Result<Self, CommandError> {
        Self::make(path, &[words.to_owned()], false)
    }

    /// As [`Self::prepare`], for a file about persons, which its owner alone may read. It may replace one that ends with
    /// this mark; an empty mark replaces nothing.
    pub(crate) fn prepare_private(path: &Path, mark: &str) -> Result<Self, CommandError> {
        let is_same = !mark.is_empty() && ends_with(path, mark).unwrap_or(false);
        // Whatever it holds then.
        let replaceable: Vec<String> = is_same.then(String::new).into_iter().collect();
        Self::make(path, &replaceable, true)
    }

    /// Writes the content, makes it durable and gives the file its name.
    pub(crate) fn finish(self, content: &str) -> Result<(), CommandError> {
        self.finish_bytes(content.as_bytes())
    }

    /// As [`Self::finish`], for any bytes.
    pub(crate) fn finish_bytes(mut self, content: &[u8]) -> Result<(), CommandError> {
        let written = self.file.write_all(content).and_then(|()| self.file.as_file().sync_all());
        written.map_err(CommandError::writing(&self.path))?;
        self.file.persist(&self.path).map_err(|failed| CommandError::writing(&self.path)(failed.error))?;
        Ok(())
    }
}

/// Whether a file holds one of these words.
fn holds(path: &Path, words: &[String]) -> bool {
    let mut bytes = Vec::new();
    if File::open(path).and_then(|file| file.take(MAX_FILE as u64).read_to_end(&mut bytes)).is_err() {
        return false;
    }
    let text = String::from_utf8_lossy(&bytes);
    words.iter().any(|words| text.contains(words))
}

fn ends_with(path: &Path, mark: &str) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let mut found = vec![0; mark.len()];
    file.seek(SeekFrom::End(-i64::try_from(found.len()).unwrap_or(i64::MAX)))?;
    file.read_exact(&mut found)?;
    Ok(found == mark.as_bytes())
}

/// What is private keeps the mode 0600 that temporary files have; on Windows files take the rights of their folder.
fn builder(is_private: bool) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".musubi-");
    #[cfg(unix)]
    if !is_private {
        use std::os::unix::fs::PermissionsExt;
        // These files hold no secret and are meant to be handed on; the umask still applies.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepare(path: &Path) -> Result<Output, CommandError> {
        Output::prepare(path, &HANDED_OUT)
    }

    #[test]
    fn what_another_program_wrote_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("forms.pdf");
        Output::prepare_private(&path, "%mark").unwrap().finish_bytes(b"%PDF-1.7 \xff one%mark").unwrap();
        Output::prepare_private(&path, "%mark").unwrap().finish_bytes(b"%PDF-1.7 \xff two%mark").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"%PDF-1.7 \xff two%mark");
        for other in [&b"%PDF-1.7 a contract"[..], b"mark", b""] {
            std::fs::write(&path, other).unwrap();
            let refused = Output::prepare_private(&path, "%mark").err().unwrap();
            assert_eq!(refused.code(), "file-exists", "{other:?}");
        }
        assert_eq!(Output::prepare_private(&path, "").err().unwrap().code(), "file-exists");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_about_persons_only_its_owner_reads() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("forms.pdf");
        Output::prepare_private(&path, "").unwrap().finish("x").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("crl.pem");
        let crl = |text: &str| format!("{text}\n-----BEGIN X509 CRL-----");
        prepare(&path).unwrap().finish(&crl("first")).unwrap();
        drop(prepare(&path).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), crl("first"));
        prepare(&path).unwrap().finish(&crl("second")).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), crl("second"));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        std::fs::write(&path, "-----BEGIN CERTIFICATE REQUEST-----").unwrap();
        assert_eq!(prepare(&path).err().unwrap().code(), "file-exists");
        assert!(prepare(dir.path()).is_err());
        assert!(prepare(&dir.path().join("no/crl.pem")).is_err());
    }
}
