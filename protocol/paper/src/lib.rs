//! Codes that people copy by hand from paper: recovery sheets, invitations.
//!
//! Groups of five characters, `K3W9M-...`: four carry 20 bits, the fifth checks them. The alphabet is Crockford's
//! base32 (no I, L, O, U). The check is a linear code over GF(32), whose five places have different weights and which
//! starts from the group's number: every single wrong character, every swap of two characters within a group and every
//! swap of two groups is noticed, and the group is named.

use zeroize::Zeroizing;

/// The most bytes that a code carries: the check tells 31 groups apart.
pub const MAX_BYTES: usize = MAX_GROUPS * DATA * 5 / 8;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const MAX_GROUPS: usize = 31;
const DATA: usize = 4;
const GROUP: usize = DATA + 1;

/// Why a text is no such code. Groups are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaperError {
    /// Characters are missing or too many.
    #[error("{found} characters instead of {wanted}")]
    Length {
        /// How many there are, dashes and spaces not counted.
        found: usize,
        /// How many there should be.
        wanted: usize,
    },
    /// A character that no code contains.
    #[error("group {group} holds a character that no code contains")]
    Character {
        /// In which group.
        group: usize,
    },
    /// A typo.
    #[error("group {group} has a typing mistake")]
    Group {
        /// In which group; all before it are right.
        group: usize,
    },
}

/// How many groups carry `bytes` bytes.
#[must_use]
pub const fn groups_for(bytes: usize) -> usize {
    (bytes * 8).div_ceil(DATA * 5)
}

/// Writes bytes, at most [`MAX_BYTES`], as groups joined by dashes; what the last group does not need is zero. More
/// bytes are a fault of the program: they are cut off.
#[must_use]
pub fn encode(bytes: &[u8]) -> Zeroizing<String> {
    let bytes = &bytes[..bytes.len().min(MAX_BYTES)];
    let groups = groups_for(bytes.len());
    // Allocated once, so that no copy of a secret stays behind.
    let mut text = Zeroizing::new(String::with_capacity(groups * (GROUP + 1)));
    for group in 0..groups {
        if 0 < group {
            text.push('-');
        }
        let digits = digits(bytes, group);
        for digit in digits.into_iter().chain([check(group, &digits)]) {
            text.push(char::from(ALPHABET[usize::from(digit)])); // digits are below 32
        }
    }
    text
}

/// Reads what a person typed: upper or lower case, full-width, O for 0, I or L for 1, with any dashes and spaces.
///
/// # Errors
/// [`PaperError`], naming the first wrong group.
pub fn decode<const BYTES: usize>(text: &str) -> Result<Zeroizing<[u8; BYTES]>, PaperError> {
    let groups = groups_for(BYTES);
    let mut symbols = Zeroizing::new(Vec::with_capacity(text.len()));
    symbols.extend(text.chars().filter(|&c| !is_separator(c)).map(digit));
    if symbols.len() != groups * GROUP {
        return Err(PaperError::Length { found: symbols.len(), wanted: groups * GROUP });
    }
    let mut bytes = Zeroizing::new([0; BYTES]);
    let (mut held, mut bits, mut at) = (0_u32, 0, 0);
    for (group, symbols) in symbols.chunks(GROUP).enumerate() {
        let mut digits = [0; GROUP];
        for (digit, symbol) in digits.iter_mut().zip(symbols) {
            *digit = symbol.ok_or(PaperError::Character { group: group + 1 })?;
        }
        let [data @ .., last] = digits;
        if check(group, &data) != last {
            return Err(PaperError::Group { group: group + 1 });
        }
        for digit in data {
            held = held << 5 | u32::from(digit);
            bits += 5;
            if 8 <= bits {
                bits -= 8;
                let byte = (held >> bits) as u8; // the eight bits on top
                held &= (1 << bits) - 1;
                match bytes.get_mut(at) {
                    Some(place) => *place = byte,
                    None if byte == 0 => {}
                    None => return Err(PaperError::Group { group: group + 1 }),
                }
                at += 1;
            }
        }
    }
    // What the last group does not need is zero, so that one value has one text.
    if held == 0 { Ok(bytes) } else { Err(PaperError::Group { group: groups }) }
}

/// Returns the four five-bit digits of a group; beyond the end there are zeros.
fn digits(bytes: &[u8], group: usize) -> [u8; DATA] {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    std::array::from_fn(|digit| {
        let start = (group * DATA + digit) * 5;
        (start..start + 5).fold(0, |value, at| value << 1 | bit(at))
    })
}

/// Evaluates the group as a polynomial at the generator of GF(32); the check character makes it zero.
fn check(group: usize, data: &[u8; DATA]) -> u8 {
    let start = group as u8 + 1; // at most MAX_GROUPS
    double(data.iter().fold(start, |sum, digit| double(sum) ^ digit))
}

/// Multiplies by the generator, modulo x^5 + x^2 + 1.
fn double(value: u8) -> u8 {
    let doubled = value << 1;
    if doubled & 0x20 == 0 { doubled } else { doubled ^ 0x25 }
}

fn digit(c: char) -> Option<u8> {
    let ascii = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0)?, // full-width forms
        other => other,
    };
    let upper = match ascii.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    ALPHABET.iter().position(|&symbol| char::from(symbol) == upper).map(|at| at as u8) // below 32
}

fn is_separator(c: char) -> bool {
    // Dashes as an input method may produce them, the long-vowel mark included.
    c.is_whitespace()
        || matches!(c, '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30fc}' | '\u{ff0d}' | '\u{ff70}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(seed: u8) -> [u8; 20] {
        std::array::from_fn(|at| seed.wrapping_mul(31).wrapping_add((at as u8).wrapping_mul(17)))
    }

    fn read(text: &str) -> Result<[u8; 20], PaperError> {
        decode::<20>(text).map(|bytes| *bytes)
    }

    #[test]
    fn what_people_type_is_understood() {
        let code = [
            0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf, 0x84, 0x65, 0x3a, 0x56, 0xd7, 0xc6, 0x75, 0xbe,
            0x77, 0xdf,
        ];
        let text = encode(&code);
        assert_eq!(text.split('-').map(str::len).collect::<Vec<_>>(), [5; 8]);
        let typed = text.to_lowercase().replace('-', "　").replace('0', "o").replace('1', "l");
        assert_eq!(read(&typed), Ok(code));
        let wide: String =
            text.chars().map(|c| if c == '-' { 'ー' } else { char::from_u32(c as u32 + 0xfee0).unwrap() }).collect();
        assert_eq!(read(&wide), Ok(code));
    }

    #[test]
    fn every_single_typo_names_its_group() {
        let text = encode(&code(2));
        for (at, right) in text.char_indices().filter(|&(_, c)| c != '-') {
            for &wrong in ALPHABET.iter().filter(|&&c| char::from(c) != right) {
                let mut typed = text.to_string();
                typed.replace_range(at..=at, char::from(wrong).encode_utf8(&mut [0; 4]));
                assert_eq!(read(&typed), Err(PaperError::Group { group: at / 6 + 1 }));
            }
            let mut typed = text.to_string();
            typed.replace_range(at..=at, "U");
            assert_eq!(read(&typed), Err(PaperError::Character { group: at / 6 + 1 }));
        }
    }

    #[test]
    fn swaps_are_noticed() {
        for seed in 0..50 {
            let text = encode(&code(seed));
            let chars: Vec<char> = text.chars().collect();
            for (a, b) in (0..46).flat_map(|a| (a + 1..47).map(move |b| (a, b))) {
                if a / 6 == b / 6 && chars[a] != '-' && chars[b] != '-' && chars[a] != chars[b] {
                    let mut typed = chars.clone();
                    typed.swap(a, b);
                    assert!(read(&typed.iter().collect::<String>()).is_err());
                }
            }
            let mut groups: Vec<&str> = text.split('-').collect();
            groups.swap(2, 5);
            assert_eq!(read(&groups.join("-")), Err(PaperError::Group { group: 3 }));
        }
    }

    #[test]
    fn a_missing_group_is_a_matter_of_length() {
        let text = encode(&code(3));
        assert_eq!(read(&text[6..]), Err(PaperError::Length { found: 35, wanted: 40 }));
        assert_eq!(read(""), Err(PaperError::Length { found: 0, wanted: 40 }));
    }

    #[test]
    fn what_a_last_group_does_not_need_is_zero() {
        // 16 bits in 20.
        let text = encode(&[0xff, 0xfe]);
        assert_eq!(decode::<2>(&text).as_deref(), Ok(&[0xff, 0xfe]));
        let digits = [31, 31, 31, 17];
        let bent: String =
            digits.iter().chain([&check(0, &digits)]).map(|d| char::from(ALPHABET[*d as usize])).collect();
        assert_eq!(decode::<2>(&bent), Err(PaperError::Group { group: 1 }));
        assert_eq!((groups_for(0), groups_for(20), groups_for(21), groups_for(MAX_BYTES)), (0, 8, 9, MAX_GROUPS));
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_panic(text in ".{0,60}") {
            let _ = decode::<5>(&text);
            let _ = decode::<3>(&text);
        }

        #[test]
        fn any_code_comes_back(bytes: [u8; 32], short: [u8; 3], full in proptest::array::uniform(0..=255u8)) {
            prop_assert_eq!(*decode::<32>(&encode(&bytes)).unwrap(), bytes);
            prop_assert_eq!(*decode::<3>(&encode(&short)).unwrap(), short);
            let full: [u8; 25] = full;
            prop_assert_eq!(*decode::<25>(&encode(&full)).unwrap(), full);
        }
    }
}
