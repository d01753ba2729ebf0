//! Text to MS932, the Shift-JIS of Windows that the standard asks for.
//!
//! MS932 lacks many characters that people type. Nothing is ever written as `&#...;` or silently as `?`: a character
//! that is missing is replaced by one that looks or means alike, else by 〓 (the geta mark), and each is reported.

mod replacements;

use std::{collections::HashSet, fmt};

use encoding_rs::SHIFT_JIS;

/// What stands for a character that nothing else can stand for.
const GETA: &str = "〓";

/// Characters that were not written as they stand, or that other computers may show otherwise.
///
/// `Debug` prints neither: they come from texts about persons.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Replacement {
    /// What stood in the text: one character, or one with the marks that follow it.
    pub from: Box<str>,
    /// What was written instead; empty where an invisible character was dropped. Characters that an office made
    /// itself (gaiji, U+E000 to U+E757) are written as they stand, and are told with `to` being the same.
    pub to: Box<str>,
}

impl Replacement {
    /// Tells whether the character was written as it stands: a gaiji, which other computers show as something else.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.from == self.to
    }
}

impl fmt::Debug for Replacement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_kept() { "Replacement(kept)" } else { "Replacement(..)" })
    }
}

/// Encodes text as MS932, and tells each replacement once, in the order of their first place.
///
/// Of two byte pairs for one character it takes the one that Windows writes (髙 is FB FC). What comes out reads back as
/// the text with the replacements made, and writing that again changes nothing.
#[must_use]
pub fn encode_ms932(text: &str) -> (Vec<u8>, Vec<Replacement>) {
    let mut replacements: Vec<Replacement> = Vec::new();
    let mut known: HashSet<Box<str>> = HashSet::new();
    let bytes = encode_telling(text, |from, to| {
        if known.insert(from.into()) {
            replacements.push(Replacement { from: from.into(), to: to.into() });
        }
        true
    });
    (bytes.unwrap_or_default(), replacements)
}

/// Encodes text and tells each character that is written as another, or kept although it is an office's own; `None` if
/// `told` wants no more.
fn encode_telling(text: &str, mut told: impl FnMut(&str, &str) -> bool) -> Option<Vec<u8>> {
    if text.is_ascii() {
        return Some(text.as_bytes().to_vec());
    }
    if !text.chars().any(is_altered) {
        let (bytes, _, unmappable) = SHIFT_JIS.encode(text);
        if !unmappable {
            return Some(bytes.into_owned());
        }
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let mut utf8 = [0; 4];
        let go_on = if let Some(composed) = chars.peek().and_then(|&mark| compose(c, mark)) {
            let from: String = [c].into_iter().chain(chars.next()).collect();
            let composed = composed.encode_utf8(&mut utf8);
            encode(composed, &mut bytes);
            told(&from, composed)
        } else if let Some(pair) = gaiji(c) {
            let same = c.encode_utf8(&mut utf8);
            bytes.extend_from_slice(&pair);
            told(same, same)
        } else {
            let own = c.encode_utf8(&mut utf8);
            if is_altered(c) || !encode(own, &mut bytes) {
                // A test makes sure that every replacement can be encoded.
                let to = replacements::of(c).unwrap_or(GETA);
                encode(to, &mut bytes);
                told(own, to)
            } else {
                true
            }
        };
        if !go_on {
            return None;
        }
    }
    Some(bytes)
}

/// Encodes text as MS932; `None` if a character would become another one.
///
/// Other systems map a few signs of JIS to neighbours of those that MS932 has, and write sound marks apart: that is the
/// same character under another number.
pub(crate) fn encode_without_loss(text: &str) -> Option<Vec<u8>> {
    encode_telling(text, |from, to| {
        let mut chars = from.chars();
        match (chars.next(), chars.next()) {
            (Some('\u{301c}' | '\u{2016}' | '\u{2212}' | '\u{2014}' | '\u{a2}' | '\u{a3}' | '\u{ac}'), None) => true,
            (Some(_), Some('\u{3099}' | '\u{309a}')) => to != GETA,
            _ => from == to,
        }
    })
}

/// Appends a text; `false`, and nothing appended, if MS932 lacks one of its characters.
fn encode(text: &str, bytes: &mut Vec<u8>) -> bool {
    let (encoded, _, unmappable) = SHIFT_JIS.encode(text);
    if !unmappable {
        bytes.extend_from_slice(&encoded);
    }
    !unmappable
}

/// Tells characters that the encoder of web pages writes as others without a word, or that it cannot write although
/// MS932 has a place for them.
fn is_altered(c: char) -> bool {
    matches!(c, '\u{a5}' | '\u{203e}' | '\u{2212}') || gaiji(c).is_some()
}

/// Returns the bytes of a character from the range that offices fill themselves.
fn gaiji(c: char) -> Option<[u8; 2]> {
    let place = u32::from(c).checked_sub(0xe000).filter(|&place| place < 10 * 188)?;
    let lead = u8::try_from(place / 188).ok()?;
    let trail = u8::try_from(place % 188).ok()?;
    Some([0xf0 + lead, trail + if trail < 0x3f { 0x40 } else { 0x41 }])
}

/// Joins kana with the sound mark that follows, as text from a Mac has them apart.
fn compose(kana: char, mark: char) -> Option<char> {
    let step = match mark {
        '\u{3099}' => 1,
        '\u{309a}' => 2,
        _ => return None,
    };
    let hiragana = match kana {
        'ァ'..='ヶ' => char::from_u32(u32::from(kana) - 0x60)?,
        _ => kana,
    };
    let takes = match hiragana {
        'は' | 'ひ' | 'ふ' | 'へ' | 'ほ' => true,
        'か' | 'き' | 'く' | 'け' | 'こ' | 'さ' | 'し' | 'す' | 'せ' | 'そ' | 'た' | 'ち' | 'つ' | 'て' | 'と' => {
            step == 1
        }
        // Hiragana ゔ is missing in MS932.
        'う' if step == 1 => return Some('ヴ'),
        _ => false,
    };
    takes.then(|| char::from_u32(u32::from(kana) + step)).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(bytes: &[u8]) -> String {
        let (text, wrong) = SHIFT_JIS.decode_without_bom_handling(bytes);
        assert!(!wrong);
        text.into_owned()
    }

    fn written(text: &str) -> (String, Vec<(String, String)>) {
        let (bytes, replacements) = encode_ms932(text);
        let pair = |told: Replacement| (told.from.into_string(), told.to.into_string());
        (decode(&bytes), replacements.into_iter().map(pair).collect())
    }

    fn pair(from: &str, to: &str) -> (String, String) {
        (from.to_owned(), to.to_owned())
    }

    #[test]
    fn the_usual_pitfalls() {
        let (text, told) = written("〜‖−¢£¬—¥‾");
        assert_eq!(text, "～∥－￠￡￢―￥￣");
        assert_eq!(told.len(), 9);
        assert_eq!(written("～∥－￠￡￢―￥￣\\~①㈱Ⅳ髙﨑ｱ"), ("～∥－￠￡￢―￥￣\\~①㈱Ⅳ髙﨑ｱ".into(), vec![]));
        assert_eq!(encode_ms932("髙").0, b"\xfb\xfc");
        assert_eq!(encode_ms932("∵￢").0, b"\x81\xe6\x81\xca");
    }

    #[test]
    fn characters_are_replaced_and_told() {
        assert_eq!(written("𠮷田"), ("吉田".into(), vec![pair("𠮷", "吉")]));
        assert_eq!(written("Café"), ("Cafe".into(), vec![pair("é", "e")]));
        assert_eq!(written("Cafe\u{301}"), ("Cafe".into(), vec![pair("\u{301}", "")]));
        assert_eq!(written("葛\u{e0100}飾"), ("葛飾".into(), vec![pair("\u{e0100}", "")]));
        assert_eq!(written("㋿7年"), ("令和7年".into(), vec![pair("㋿", "令和")]));
        assert_eq!(written("😀a😀\u{fffd}"), ("〓a〓〓".into(), vec![pair("😀", "〓"), pair("\u{fffd}", "〓")]));
        assert_eq!(
            written("か\u{3099}ハ\u{309a}う\u{3099}ウ\u{3099}"),
            (
                "がパヴヴ".into(),
                vec![
                    pair("か\u{3099}", "が"),
                    pair("ハ\u{309a}", "パ"),
                    pair("う\u{3099}", "ヴ"),
                    pair("ウ\u{3099}", "ヴ")
                ]
            )
        );
        assert_eq!(written("あ\u{3099}").0, "あ゛");
        assert_eq!(format!("{:?}", encode_ms932("𠮷\u{e000}").1), "[Replacement(..), Replacement(kept)]");
    }

    #[test]
    fn gaiji_are_kept_and_told() {
        assert_eq!(encode_ms932("\u{e000}").0, b"\xf0\x40");
        for c in '\u{e000}'..='\u{e757}' {
            let (bytes, told) = encode_ms932(&c.to_string());
            assert_eq!(decode(&bytes), c.to_string());
            assert!(told.len() == 1 && told[0].is_kept());
        }
        assert_eq!(written("\u{e758}").0, GETA);
    }

    #[test]
    fn every_character_is_written_as_it_stands_or_told() {
        for c in '\0'..=char::MAX {
            let text = c.to_string();
            let (read, told) = written(&text);
            assert_eq!(told.iter().filter(|(from, to)| from != to).count(), usize::from(read != text), "{c:?}");
            assert!(told.iter().all(|(from, to)| *from == text && *to == read), "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn writing_again_changes_nothing(text in any::<String>(), kana in "[うかはウカハあ\u{3099}\u{309a}é\u{301}]{0,6}") {
            let (once, _) = encode_ms932(&(text + &kana));
            let (twice, told) = encode_ms932(&decode(&once));
            prop_assert_eq!(once, twice);
            prop_assert!(told.iter().all(Replacement::is_kept));
        }
    }
}
