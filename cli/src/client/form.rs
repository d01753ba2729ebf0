//! A form with files as browsers send it (RFC 7578).

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Cursor, Read},
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER;

/// Parts, laid end to end.
#[derive(Debug, Default)]
pub struct Form {
    parts: Vec<(String, Part)>,
}

#[derive(Debug)]
enum Part {
    Bytes(Vec<u8>),
    /// A file that is read when its turn comes, and its size.
    File(PathBuf, u64),
}

/// A form as bytes, read once from its beginning to its end. Files in it are opened one after the other and never held.
#[derive(Debug)]
pub struct Reading {
    coming: VecDeque<Part>,
    now: Option<Now>,
    /// What came after bytes that were still good.
    failed: Option<io::Error>,
}

#[derive(Debug)]
enum Now {
    Bytes(Cursor<Vec<u8>>),
    File(File, PathBuf, u64),
}

/// A file of a form that could not be read, or was another than when it was found.
#[derive(Debug, thiserror::Error)]
#[error("a file could not be read while it was sent")]
pub struct Unread {
    /// Where it is.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub cause: io::Error,
}

impl Form {
    /// An empty form.
    #[must_use]
    pub const fn new() -> Self {
        Self { parts: Vec::new() }
    }

    /// Adds a field.
    pub fn text(&mut self, name: &str, value: &str) {
        self.parts.push((format!("form-data; name=\"{name}\""), Part::Bytes(value.as_bytes().to_vec())));
    }

    /// Adds a file whose name is of no importance.
    pub fn file(&mut self, name: &str, bytes: &[u8]) {
        self.named_file(name, "file", bytes.to_vec());
    }

    /// Adds a file under its own name, which is written as UTF-8. What would end the name or the
    /// line is escaped as browsers do.
    pub fn named_file(&mut self, name: &str, file: &str, bytes: Vec<u8>) {
        self.parts.push((file_head(name, file), Part::Bytes(bytes)));
    }

    /// Adds a file that is read only when the form is sent. It must have this size then.
    pub fn file_at(&mut self, name: &str, file: &str, path: PathBuf, size: u64) {
        self.parts.push((file_head(name, file), Part::File(path, size)));
    }

    /// The content type, the length, and the body to read.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn into_reading(self) -> io::Result<(String, u64, Reading)> {
        let boundary = boundary()?;
        let mut coming = VecDeque::new();
        for (head, part) in self.parts {
            let kind = if head.contains("filename=") { "Content-Type: application/octet-stream\r\n" } else { "" };
            let head = format!("--{boundary}\r\nContent-Disposition: {head}\r\n{kind}\r\n");
            coming.extend([Part::Bytes(head.into_bytes()), part, Part::Bytes(b"\r\n".to_vec())]);
        }
        coming.push_back(Part::Bytes(format!("--{boundary}--\r\n").into_bytes()));
        let length = coming.iter().map(Part::size).sum();
        Ok((format!("multipart/form-data; boundary={boundary}"), length, Reading { coming, now: None, failed: None }))
    }

    /// The content type and the body in memory.
    ///
    /// # Errors
    /// A file that cannot be read, or has another size by now.
    pub fn finish(self) -> io::Result<(String, Vec<u8>)> {
        let (kind, _, mut reading) = self.into_reading()?;
        let mut body = Vec::new();
        reading.read_to_end(&mut body)?;
        Ok((kind, body))
    }
}

impl Part {
    fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(_, size) => *size,
        }
    }
}

impl Read for Reading {
    /// Fills what it is given as long as anything comes: each piece costs a system call here, and wakes the node.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let mut filled = 0;
        while filled < into.len() {
            match self.read_piece(&mut into[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if filled == 0 => return Err(error),
                Err(error) => {
                    self.failed = Some(error);
                    break;
                }
            }
        }
        Ok(filled)
    }
}

impl Reading {
    /// Reads a part, or some of it; 0 at the end.
    fn read_piece(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match &mut self.now {
                None => match self.coming.pop_front() {
                    None => return Ok(0),
                    Some(Part::Bytes(bytes)) => self.now = Some(Now::Bytes(Cursor::new(bytes))),
                    Some(Part::File(path, size)) => {
                        let file = File::open(&path).map_err(|cause| unread(&path, cause))?;
                        self.now = Some(Now::File(file, path, size));
                    }
                },
                Some(Now::Bytes(bytes)) => match bytes.read(into)? {
                    0 if !into.is_empty() => self.now = None,
                    count => return Ok(count),
                },
                Some(Now::File(file, path, left)) => match read_some(file, *left, into) {
                    Ok(0) if !into.is_empty() => self.now = None,
                    Ok(count) => {
                        *left -= count as u64;
                        return Ok(count);
                    }
                    Err(cause) => return Err(unread(path, cause)),
                },
            }
        }
    }
}

/// The next bytes of a file that has `left` more; 0 at its end, which must come then and not before.
fn read_some(file: &mut File, left: u64, into: &mut [u8]) -> io::Result<usize> {
    if left == 0 {
        // Somebody writes to it still: what was read is not what it will be.
        let grew = file.read(&mut [0])? > 0;
        return if grew { Err(io::Error::other("the file grew while it was sent")) } else { Ok(0) };
    }
    let most = usize::try_from(left).map_or(into.len(), |left| left.min(into.len()));
    match file.read(&mut into[..most])? {
        0 if most > 0 => Err(io::Error::other("the file shrank while it was sent")),
        count => Ok(count),
    }
}

fn unread(path: &Path, cause: io::Error) -> io::Error {
    io::Error::other(Unread { path: path.to_owned(), cause })
}

fn file_head(name: &str, file: &str) -> String {
    let file: String = file
        .chars()
        .map(|c| match c {
            '"' => "%22".to_owned(),
            '\r' => "%0D".to_owned(),
            '\n' => "%0A".to_owned(),
            '\\' => "%5C".to_owned(),
            c => c.to_string(),
        })
        .collect();
    format!("form-data; name=\"{name}\"; filename=\"{file}\"")
}

/// A line that nobody can have put into a file: it is drawn after the files were chosen.
fn boundary() -> io::Result<String> {
    let mut random = [0; 16];
    rand::TryRng::try_fill_bytes(&mut rand::rngs::SysRng, &mut random).map_err(io::Error::other)?;
    Ok(format!("musubi-{}", HEXLOWER.encode(&random)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_as_the_standard_says() {
        let mut form = Form::new();
        form.text("to_kind", "11");
        form.named_file("file", "見本\"1\".csv", b"a\r\nb".to_vec());
        let (kind, body) = form.finish().unwrap();
        let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
        assert!((30..=70).contains(&boundary.len()), "{boundary}");
        let expected = "--B\r\nContent-Disposition: form-data; name=\"to_kind\"\r\n\r\n11\r\n\
                        --B\r\n\
                        Content-Disposition: form-data; name=\"file\"; filename=\"見本%221%22.csv\"\r\n\
                        Content-Type: application/octet-stream\r\n\r\na\r\nb\r\n--B--\r\n";
        assert_eq!(String::from_utf8(body).unwrap(), expected.replace("--B", &format!("--{boundary}")));
    }

    #[test]
    fn no_two_forms_have_one_boundary() {
        let kind = || Form::new().finish().unwrap().0;
        assert_ne!(kind(), kind());
    }

    #[test]
    fn files_are_read_as_they_are_sent() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.bin");
        let bytes: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        let form = |size: u64| {
            let mut form = Form::new();
            form.file_at("file", "a.bin", path.clone(), size);
            form.named_file("file", "b.bin", b"second".to_vec());
            form
        };
        let (kind, length, mut reading) = form(200_000).into_reading().unwrap();
        let mut body = Vec::new();
        reading.read_to_end(&mut body).unwrap();
        assert_eq!(body.len() as u64, length);
        let boundary = kind.split_once('=').unwrap().1;
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        assert!(body.starts_with(head.as_bytes()) && body[head.len()..].starts_with(&bytes));
        assert!(body.ends_with(format!("\r\n\r\nsecond\r\n--{boundary}--\r\n").as_bytes()));
        // All that there is room for at once, however many parts that is.
        let (_, length, mut reading) = form(200_000).into_reading().unwrap();
        let mut at_once = vec![0; body.len() + 1];
        assert_eq!(reading.read(&mut at_once).unwrap() as u64, length);
        // Half a file must not go as a whole one.
        for other in [199_999, 200_001] {
            let error = form(other).finish().unwrap_err().downcast::<Unread>().unwrap();
            assert_eq!(error.path, path, "{other}");
        }
    }
}
