//! A form with files as browsers send it (RFC 7578).

use musubi_protocol::ids::Hash;

/// Parts, laid end to end.
#[derive(Debug, Default)]
pub struct Form {
    parts: Vec<(String, Vec<u8>)>,
}

impl Form {
    /// An empty form.
    #[must_use]
    pub const fn new() -> Self {
        Self { parts: Vec::new() }
    }

    /// Adds a field.
    pub fn text(&mut self, name: &str, value: &str) {
        self.parts.push((format!("form-data; name=\"{name}\""), value.as_bytes().to_vec()));
    }

    /// Adds a file whose name is of no importance.
    pub fn file(&mut self, name: &str, bytes: &[u8]) {
        self.named_file(name, "file", bytes.to_vec());
    }

    /// Adds a file under its own name, which is written as UTF-8. What would end the name or the
    /// line is escaped as browsers do.
    pub fn named_file(&mut self, name: &str, file: &str, bytes: Vec<u8>) {
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
        self.parts.push((format!("form-data; name=\"{name}\"; filename=\"{file}\""), bytes));
    }

    /// The content type and the body.
    #[must_use]
    pub fn finish(self) -> (String, Vec<u8>) {
        let boundary = self.boundary();
        let size: usize = self.parts.iter().map(|(head, bytes)| head.len() + bytes.len() + boundary.len() + 64).sum();
        let mut body = Vec::with_capacity(size + boundary.len() + 8);
        for (head, bytes) in self.parts {
            body.extend_from_slice(format!("--{boundary}\r\nContent-Disposition: {head}\r\n").as_bytes());
            if head.contains("filename=") {
                body.extend_from_slice(b"Content-Type: application/octet-stream\r\n");
            }
            body.extend_from_slice(b"\r\n");
            body.extend_from_slice(&bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        (format!("multipart/form-data; boundary={boundary}"), body)
    }

    /// A line that occurs in no part: it holds a hash over all of them, and nothing holds its own.
    fn boundary(&self) -> String {
        let parts: Vec<&[u8]> = self.parts.iter().map(|(_, bytes)| bytes.as_slice()).collect();
        format!("musubi-{:.32}", Hash::of(&parts).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_as_the_standard_says() {
        let mut form = Form::new();
        form.text("to_kind", "11");
        form.named_file("file", "見本\"1\".csv", b"a\r\nb".to_vec());
        let (kind, body) = form.finish();
        let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
        assert!((30..=70).contains(&boundary.len()), "{boundary}");
        let expected = "--B\r\nContent-Disposition: form-data; name=\"to_kind\"\r\n\r\n11\r\n\
                        --B\r\n\
                        Content-Disposition: form-data; name=\"file\"; filename=\"見本%221%22.csv\"\r\n\
                        Content-Type: application/octet-stream\r\n\r\na\r\nb\r\n--B--\r\n";
        assert_eq!(String::from_utf8(body).unwrap(), expected.replace("--B", &format!("--{boundary}")));
    }

    #[test]
    fn another_content_has_another_boundary() {
        let boundary = |bytes: &[u8]| {
            let mut form = Form::new();
            form.file("file", bytes);
            form.finish().0
        };
        let first = boundary(b"x");
        let line = first.split_once('=').unwrap().1;
        assert_ne!(boundary(format!("--{line}--\r\n").as_bytes()), first);
    }
}
