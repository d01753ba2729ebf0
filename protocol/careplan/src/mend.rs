//! Safe repairs of files: what can be put right without knowing more than the file says.
//!
//! A repair never touches a number, a date or a unit, and loses nothing; what was repaired is told by rule. The
//! caller keeps the original.

use std::borrow::Cow;

use crate::{
    file::File,
    ids::ServiceKind,
    kind::FileKind,
    ms932::encode_without_loss,
    name::{FileName, Oddity},
    rows::Rows,
    rule::Rule,
    text::{self, Detected, Encoding},
};

/// A file after its repair.
#[derive(Clone, PartialEq, Eq)]
pub struct Mended<'a> {
    /// Its name, as the standard spells it.
    pub name: String,
    /// Its bytes.
    pub bytes: Cow<'a, [u8]>,
    /// The rules whose findings the repair took away; empty if nothing was repaired.
    pub rules: Vec<Rule>,
}

impl std::fmt::Debug for Mended<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mended({:?})", self.rules)
    }
}

/// Repairs a file as far as that is safe: the spelling of its name, the mark of a copy, its ending, service kinds the
/// wrong way round in the name of actuals, UTF-8 whose every character MS932 has, and line ends.
///
/// A name that is none of the standard's comes back as it is, and so do pictures.
///
/// ```
/// let mended = careplan::mend("dltplan_202511_1379905001_43_1379900036_17_20251105090320 (1).csv", b"202407,\n");
/// assert_eq!(mended.name, "DLTPLAN_202511_1379905001_43_1379900036_17_20251105090320.CSV");
/// assert_eq!(*mended.bytes, *b"202407,\r\n");
/// ```
#[must_use]
pub fn mend<'a>(name: &str, bytes: &'a [u8]) -> Mended<'a> {
    let as_it_is = || Mended { name: name.to_owned(), bytes: Cow::Borrowed(bytes), rules: Vec::new() };
    let Ok(read) = FileName::read(name) else { return as_it_is() };
    let mut mended = as_it_is();
    for oddity in &read.oddities {
        match oddity {
            Oddity::Spelling => mended.rules.push(Rule::NameSpelling),
            Oddity::Copied => mended.rules.push(Rule::NameCopied),
            Oddity::Ending => mended.rules.push(Rule::NameEnding),
            // Which kinds or month are meant is not known.
            Oddity::LongServiceKinds | Oddity::UnexpectedMonth => {}
        }
    }
    if !mended.rules.is_empty() {
        mended.name = read.tidy;
    }
    if read.name.kind().is_image() || bytes.len() > crate::MAX_FILE_BYTES {
        return mended;
    }
    if let Some(swapped) = with_kinds_swapped(&mended.name, bytes) {
        mended.name = swapped;
        mended.rules.push(Rule::NameKindsSwapped);
    }
    if let Some(encoded) = as_ms932(bytes) {
        mended.bytes = Cow::Owned(encoded);
        mended.rules.push(Rule::TextUtf8);
    }
    if let Some(ended) = with_line_ends(&mended.bytes) {
        mended.bytes = Cow::Owned(ended);
        mended.rules.push(Rule::TextLineEnds);
    }
    mended
}

/// Returns the name with its service kinds exchanged, where the content says so.
fn with_kinds_swapped(name: &str, bytes: &[u8]) -> Option<String> {
    // Only actuals can tell; of the others the content need not be read.
    let actuals = name.parse::<FileName>().is_ok_and(|name| matches!(name.kind(), FileKind::UpJsk | FileKind::DltJsk));
    let file = actuals.then(|| File::read(name, bytes).ok())??;
    let kinds = |sender: Option<ServiceKind>| sender != file.parsed().sender().kind;
    kinds(file.sender().kind).then(|| file.parsed().with_kinds_swapped().to_string())
}

/// Encodes UTF-8 as MS932; `None` if it is not UTF-8, a character would be lost, or what comes out would look like
/// UTF-8 again, which only a few characters can.
fn as_ms932(bytes: &[u8]) -> Option<Vec<u8>> {
    let Detected::Text { encoding: Encoding::Utf8, start } = text::detect(bytes) else { return None };
    let encoded = encode_without_loss(std::str::from_utf8(bytes.get(start..)?).ok()?)?;
    matches!(text::detect(&encoded), Detected::Text { encoding: Encoding::Cp932, .. }).then_some(encoded)
}

/// Ends rows with CR LF; `None` if they all do. Line breaks inside of quotes stay.
fn with_line_ends(bytes: &[u8]) -> Option<Vec<u8>> {
    if matches!(text::detect(bytes), Detected::Utf16) {
        return None;
    }
    let mut rows = Rows::new(bytes);
    let mut ended = Vec::with_capacity(bytes.len() + bytes.len() / 64);
    let mut at = 0;
    while let Some(row) = rows.next_row() {
        if row.has_open_quote() {
            // Where the row ends is not known.
            return None;
        }
        let range = row.range();
        line_ends(&bytes[at..range.start], &mut ended);
        ended.extend_from_slice(&bytes[range.clone()]);
        at = range.end;
    }
    let other = rows.has_other_line_ends();
    line_ends(&bytes[at..], &mut ended);
    other.then_some(ended)
}

/// Copies what stands between rows: line ends, and marks at the ends of the file.
fn line_ends(between: &[u8], to: &mut Vec<u8>) {
    let mut bytes = between.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' => {
                bytes.next_if_eq(&b'\n');
                to.extend_from_slice(b"\r\n");
            }
            b'\n' => to.extend_from_slice(b"\r\n"),
            other => to.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAME: &str = "UPJSK_202511_1379900010_11_1379905001_43_20251202091006.CSV";
    const ROW: &str = "202407,139014,0009000000,20251204,202511,1379905001,\"髙見本～\n専門\",1,,20251101,,0900,0930,1,111111,,,,,1379900010,,,0,,";

    #[test]
    fn clean_files_stay() {
        let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(ROW);
        let file = [&bytes, b"\r\n".as_slice()].concat();
        let mended = mend(NAME, &file);
        assert_eq!((mended.name.as_str(), &*mended.bytes, mended.rules), (NAME, file.as_slice(), vec![]));
        assert_eq!(mend("memo.txt", b"a\n").rules, []);
    }

    #[test]
    fn utf8_becomes_ms932_without_loss() {
        let file = format!("\u{feff}{}\r\n", ROW.replace('～', "\u{301c}"));
        let mended = mend(NAME, file.as_bytes());
        assert_eq!(mended.rules, [Rule::TextUtf8]);
        assert_eq!(encoding_rs::SHIFT_JIS.decode(&mended.bytes).0, format!("{ROW}\r\n"));
        // 辯？ is E7 87 81 48 in MS932, which is 燁H in UTF-8.
        assert_eq!(mend(NAME, "辯？".as_bytes()).rules, []);
        let lost = file.replace('専', "𠮷");
        assert_eq!(mend(NAME, lost.as_bytes()).rules, []);
    }

    #[test]
    fn rows_end_alike_and_breaks_in_text_stay() {
        let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(ROW);
        let file = [&*bytes, b"\n\n", &bytes, b"\r", &bytes].concat();
        let mended = mend(NAME, &file);
        assert_eq!(mended.rules, [Rule::TextLineEnds]);
        assert_eq!(*mended.bytes, [&*bytes, b"\r\n\r\n", &bytes, b"\r\n", &bytes].concat());
        assert_eq!(mend(NAME, b"a,\"b\nc").rules, []);
    }

    #[test]
    fn kinds_are_put_the_right_way_round() {
        let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(ROW);
        let file = [&bytes, b"\r\n".as_slice()].concat();
        let swapped = "UPJSK_202511_1379900010_43_1379905001_11_20251202091006.CSV";
        let mended = mend(swapped, &file);
        assert_eq!((mended.name.as_str(), mended.rules), (NAME, vec![Rule::NameKindsSwapped]));
        let both = mend("upjsk_202511_1379900010_43_1379905001_11_20251202091006 (1).csv", &file);
        assert_eq!((both.name.as_str(), both.rules), (NAME, vec![Rule::NameCopied, Rule::NameKindsSwapped]));
        // Another office's actuals do not tell.
        let other = [&*bytes, b"\r\n"].concat().iter().map(|b| if *b == b'9' { b'8' } else { *b }).collect::<Vec<_>>();
        assert_eq!(mend(swapped, &other).rules, []);
    }

    proptest! {
        /// What is mended once needs no second time, and holds the same cells.
        #[test]
        fn mending_is_done_once(bytes in proptest::collection::vec(prop_oneof![
            Just(b'"'), Just(b','), Just(b'\r'), Just(b'\n'), Just(b'a'), any::<u8>()
        ], 0..200)) {
            let once = mend(NAME, &bytes);
            let twice = mend(&once.name, &once.bytes);
            prop_assert!(twice.rules.is_empty());
            prop_assert_eq!(&twice.bytes, &once.bytes);
            if !once.rules.contains(&Rule::TextUtf8) {
                let cells = |bytes: &[u8]| {
                    let mut rows = Rows::new(bytes);
                    let mut all = Vec::new();
                    while let Some(row) = rows.next_row() {
                        all.push(row.cells().iter().map(|cell| row.raw(cell).to_vec()).collect::<Vec<_>>());
                    }
                    all
                };
                prop_assert_eq!(cells(&bytes), cells(&once.bytes));
            }
        }
    }
}
