//! Which file names may travel: those that mean one plain file in one folder on any system.
//!
//! A hostile sender must not write outside a folder, into a device, over another file of the
//! same message, or make a name look like another. Both sides apply the same rule.

/// The longest name in bytes of UTF-8: what common file systems hold.
pub const MAX: usize = 255;

/// Names of devices on Windows, with any extension (`CON.csv` is the console).
const DEVICES: [&str; 7] = ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"];
/// Names of devices that a digit follows.
const NUMBERED: [&str; 2] = ["com", "lpt"];

/// Why a name may not travel. The name itself may name a person, so it is not told.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Nothing, or more than [`MAX`] bytes.
    #[error("a file name must have 1 to {MAX} bytes")]
    Length,
    /// A separator, a wildcard, a control or direction character.
    #[error("a file name holds a character that is not allowed")]
    Character,
    /// Blanks at an end, a dot at an end: hidden, special or silently dropped on some system.
    #[error("a file name begins or ends with a blank or a dot")]
    Ends,
    /// A device of Windows.
    #[error("a file name is reserved by the system")]
    Reserved,
}

/// Accepts a name that is harmless on every system.
///
/// # Errors
/// See [`Error`].
pub fn check(name: &str) -> Result<(), Error> {
    if name.is_empty() || name.len() > MAX {
        return Err(Error::Length);
    }
    if name.chars().any(is_forbidden) {
        return Err(Error::Character);
    }
    let at_end = |c: char| c == '.' || c.is_whitespace();
    if name.starts_with(at_end) || name.ends_with(at_end) {
        return Err(Error::Ends);
    }
    if is_device(name) { Err(Error::Reserved) } else { Ok(()) }
}

/// A form in which names are equal if any usual file system takes them for the same.
#[must_use]
pub fn folded(name: &str) -> String {
    // Up and down: some letters meet only in capitals, as on NTFS.
    name.to_uppercase().to_lowercase()
}

const fn is_forbidden(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|'
        // Characters without a shape, and those that turn the direction: names that look like others.
        | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let numbered = NUMBERED.iter().filter_map(|device| stem.strip_prefix(device)).any(|rest| {
        let mut rest = rest.chars();
        // Windows counts the superscripts among the digits.
        matches!((rest.next(), rest.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
    });
    numbered || DEVICES.contains(&stem.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn usual_names_pass() {
        let longest = "a".repeat(MAX);
        for name in [
            "UP2KYO_1379905001_43_1379900028_15_20251020090353.CSV",
            "UPKIHON_IMAGE_0001.jpg",
            "連絡 メモ（十一月）.pdf",
            "console.csv",
            "com10",
            "nulls",
            "a..b",
            longest.as_str(),
        ] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let too_long = "あ".repeat(86);
        for (name, error) in [
            ("", Error::Length),
            (too_long.as_str(), Error::Length),
            ("../a", Error::Character),
            ("a/b", Error::Character),
            ("a\\b", Error::Character),
            ("C:a", Error::Character),
            ("a.csv:stream", Error::Character),
            ("a\0b", Error::Character),
            ("a\nb", Error::Character),
            ("a\u{85}b", Error::Character),
            ("a\u{202e}vsc.exe", Error::Character),
            ("..", Error::Ends),
            (".", Error::Ends),
            (".profile", Error::Ends),
            ("a.csv.", Error::Ends),
            ("a.csv ", Error::Ends),
            ("　a", Error::Ends),
            ("CON", Error::Reserved),
            ("nul.csv", Error::Reserved),
            ("Com1.txt", Error::Reserved),
            ("LPT²", Error::Reserved),
            ("aux .txt", Error::Reserved),
            ("CONIN$", Error::Reserved),
        ] {
            assert_eq!(check(name), Err(error), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn a_name_that_passes_is_one_plain_component(name in any::<String>()) {
            if check(&name).is_ok() {
                let path = std::path::Path::new(&name);
                let mut parts = path.components();
                prop_assert!(matches!(parts.next(), Some(std::path::Component::Normal(part)) if part == name.as_str()));
                prop_assert!(parts.next().is_none());
            }
        }
    }
}
