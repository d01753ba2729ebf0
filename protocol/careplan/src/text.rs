//! Bytes to text: CP932 as the standard says, UTF-8 where software writes it all the same.

use std::borrow::Cow;

use encoding_rs::SHIFT_JIS;

/// How the text of a file is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Encoding {
    /// Shift-JIS as Windows writes it (CP932, MS932): what the standard asks for.
    #[default]
    Cp932,
    /// UTF-8, with or without a byte order mark.
    Utf8,
}

/// What the first bytes and the whole of a file say about its encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detected {
    /// Text that begins after so many bytes.
    Text { encoding: Encoding, start: usize },
    /// UTF-16, which is not read.
    Utf16,
}

/// Tells the encoding of a file.
///
/// Half-width kana in CP932 can look like two-byte UTF-8 (`ﾂｱ` is C2 B1), so only a longer sequence, or text
/// that CP932 cannot be, makes a file UTF-8.
pub(crate) fn detect(bytes: &[u8]) -> Detected {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Detected::Text { encoding: Encoding::Utf8, start: 3 };
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Detected::Utf16;
    }
    let utf8 = !bytes.is_ascii()
        && std::str::from_utf8(bytes).is_ok()
        && (bytes.iter().any(|&byte| byte >= 0xe0)
            || SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes).is_none());
    Detected::Text { encoding: if utf8 { Encoding::Utf8 } else { Encoding::Cp932 }, start: 0 }
}

/// Decodes bytes; `true` if some could not be decoded and stand as U+FFFD.
pub(crate) fn decode(encoding: Encoding, bytes: &[u8]) -> (Cow<'_, str>, bool) {
    if let (true, Ok(text)) = (bytes.is_ascii(), std::str::from_utf8(bytes)) {
        return (Cow::Borrowed(text), false);
    }
    match encoding {
        Encoding::Cp932 => SHIFT_JIS.decode_without_bom_handling(bytes),
        Encoding::Utf8 => match String::from_utf8_lossy(bytes) {
            Cow::Borrowed(text) => (Cow::Borrowed(text), false),
            Cow::Owned(text) => (Cow::Owned(text), true),
        },
    }
}

/// Tells whether a text holds characters that an office made itself (gaiji); other computers show something else.
pub(crate) fn has_gaiji(text: &str) -> bool {
    text.chars().any(|c| ('\u{e000}'..='\u{f8ff}').contains(&c))
}

/// Brings a cell of letters and digits to its plain form; `true` if that changed it.
///
/// Blanks round it go, full-width letters, digits, minus and point become half-width, small letters capitals.
pub(crate) fn plain(text: &str) -> (String, bool) {
    let plain: String = text
        .trim()
        .chars()
        .map(|c| match c {
            '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' | '－' | '．' => {
                char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c).to_ascii_uppercase()
            }
            _ => c.to_ascii_uppercase(),
        })
        .collect();
    let changed = plain != text;
    (plain, changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(encoding: Encoding, start: usize) -> Detected {
        Detected::Text { encoding, start }
    }

    #[test]
    fn encodings_are_told_apart() {
        assert_eq!(detect(b"202407,139014"), text(Encoding::Cp932, 0));
        assert_eq!(detect(b"\x8c\xa9\x96{"), text(Encoding::Cp932, 0)); // 見本
        assert_eq!(detect(b"\xc2\xb1\xc3\xb2"), text(Encoding::Cp932, 0)); // ﾂｱﾃｲ, also UTF-8 by its looks
        assert_eq!(detect("見本".as_bytes()), text(Encoding::Utf8, 0));
        assert_eq!(detect("\u{feff}見本".as_bytes()), text(Encoding::Utf8, 3));
        assert_eq!(detect(b"\xff\xfe2\0"), Detected::Utf16);
    }

    #[test]
    fn both_byte_pairs_of_a_character_are_read() {
        assert_eq!(decode(Encoding::Cp932, b"\xfb\xfc\xee\xe0"), ("髙髙".into(), false));
        assert!(decode(Encoding::Cp932, b"a\xff").1);
        assert!(has_gaiji(&decode(Encoding::Cp932, b"\xf0\x40").0));
    }

    #[test]
    fn plain_forms() {
        assert_eq!(plain(" ０００９a "), ("0009A".into(), true));
        assert_eq!(plain("0009A"), ("0009A".into(), false));
    }
}
