//! The code on the recovery sheet: 160 random bits that people can copy by hand.
//!
//! Eight groups of five characters, `K3W9M-...`: four carry 20 bits, the fifth checks them. The alphabet is Crockford's
//! base32 (no I, L, O, U). The check is a linear code over GF(32), whose five places have different weights and which
//! starts from the group's number: every single wrong character, every swap of two characters within a group and every
//! swap of two groups is noticed, and the group is named.

use std::fmt;
use std::io;

use zeroize::Zeroizing;

use crate::random;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUPS: usize = 8;
const DATA: usize = 4;
const GROUP: usize = DATA + 1;
const BYTES: usize = GROUPS * DATA * 5 / 8;

/// Why a text is no recovery code. Groups are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryCodeError {
    /// Characters are missing or too many.
    #[error("{found} characters instead of 40")]
    Length {
        /// How many there are, dashes and spaces not counted.
        found: usize,
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

/// A recovery code. It opens everything, so it does not print itself: [`to_text`](Self::to_text) is the explicit call.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(Zeroizing<[u8; BYTES]>);

impl RecoveryCode {
    /// Makes a new code.
    ///
    /// # Errors
    /// If the operating system gives no random bytes.
    pub fn generate() -> io::Result<Self> {
        Ok(Self(Zeroizing::new(random::bytes()?)))
    }

    /// Returns the text for the sheet, in groups joined by dashes.
    pub fn to_text(&self) -> Zeroizing<String> {
        // Allocated once, so that no copy of the secret stays behind.
        let mut text = Zeroizing::new(String::with_capacity(GROUPS * (GROUP + 1)));
        for group in 0..GROUPS {
            if 0 < group {
                text.push('-');
            }
            let digits = self.digits(group);
            for digit in digits.into_iter().chain([check(group, &digits)]) {
                text.push(char::from(ALPHABET[usize::from(digit)])); // digits are below 32
            }
        }
        text
    }

    /// Reads what a person typed: upper or lower case, full-width, O for 0, I or L for 1, with any dashes and spaces.
    ///
    /// # Errors
    /// [`RecoveryCodeError`], naming the first wrong group.
    pub fn parse(text: &str) -> Result<Self, RecoveryCodeError> {
        let mut symbols = Zeroizing::new(Vec::with_capacity(text.len()));
        symbols.extend(text.chars().filter(|&c| !is_separator(c)).map(digit));
        if symbols.len() != GROUPS * GROUP {
            return Err(RecoveryCodeError::Length { found: symbols.len() });
        }
        let mut bytes = Zeroizing::new([0; BYTES]);
        let (mut held, mut bits, mut at) = (0_u32, 0, 0);
        for (group, symbols) in symbols.chunks(GROUP).enumerate() {
            let mut digits = [0; GROUP];
            for (digit, symbol) in digits.iter_mut().zip(symbols) {
                *digit = symbol.ok_or(RecoveryCodeError::Character { group: group + 1 })?;
            }
            let [data @ .., last] = digits;
            if check(group, &data) != last {
                return Err(RecoveryCodeError::Group { group: group + 1 });
            }
            for digit in data {
                held = held << 5 | u32::from(digit);
                bits += 5;
                if 8 <= bits {
                    bits -= 8;
                    bytes[at] = (held >> bits) as u8; // the eight bits on top
                    held &= (1 << bits) - 1;
                    at += 1;
                }
            }
        }
        Ok(Self(bytes))
    }

    pub(crate) fn secret(&self) -> &[u8] {
        &self.0[..]
    }

    /// Returns the four five-bit digits of a group.
    fn digits(&self, group: usize) -> [u8; DATA] {
        let bit = |at: usize| self.0[at / 8] >> (7 - at % 8) & 1;
        std::array::from_fn(|digit| {
            let start = (group * DATA + digit) * 5;
            (start..start + 5).fold(0, |value, at| value << 1 | bit(at))
        })
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(..)")
    }
}

/// Evaluates the group as a polynomial at the generator of GF(32); the check character makes it zero.
fn check(group: usize, data: &[u8; DATA]) -> u8 {
    let start = group as u8 + 1; // at most GROUPS
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

    fn code(seed: u8) -> RecoveryCode {
        RecoveryCode(Zeroizing::new(std::array::from_fn(|at| {
            seed.wrapping_mul(31).wrapping_add((at as u8).wrapping_mul(17))
        })))
    }

    #[test]
    fn the_text_has_eight_groups_of_five_and_stays_the_same() {
        let text = code(1).to_text();
        assert_eq!(text.split('-').map(str::len).collect::<Vec<_>>(), [5; 8]);
        // Printed on paper that is kept for years.
        assert_eq!(*text, include_str!("../../tests/recorded/recovery-1.txt").trim_end());
        assert_eq!(RecoveryCode::parse(&text).unwrap(), code(1));
        let fresh = RecoveryCode::generate().unwrap();
        assert_eq!(RecoveryCode::parse(&fresh.to_text()).unwrap(), fresh);
    }

    #[test]
    fn what_people_type_is_understood() {
        let code = RecoveryCode(Zeroizing::new([
            0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf, 0x84, 0x65, 0x3a, 0x56, 0xd7, 0xc6, 0x75, 0xbe,
            0x77, 0xdf,
        ]));
        let text = code.to_text();
        let typed = text.to_lowercase().replace('-', "　").replace('0', "o").replace('1', "l");
        assert_eq!(RecoveryCode::parse(&typed).unwrap(), code);
        let wide: String =
            text.chars().map(|c| if c == '-' { 'ー' } else { char::from_u32(c as u32 + 0xfee0).unwrap() }).collect();
        assert_eq!(RecoveryCode::parse(&wide).unwrap(), code);
    }

    #[test]
    fn every_single_typo_names_its_group() {
        let text = code(2).to_text();
        for (at, right) in text.char_indices().filter(|&(_, c)| c != '-') {
            for &wrong in ALPHABET.iter().filter(|&&c| char::from(c) != right) {
                let mut typed = text.to_string();
                typed.replace_range(at..=at, char::from(wrong).encode_utf8(&mut [0; 4]));
                assert_eq!(RecoveryCode::parse(&typed), Err(RecoveryCodeError::Group { group: at / 6 + 1 }));
            }
            let mut typed = text.to_string();
            typed.replace_range(at..=at, "U");
            assert_eq!(RecoveryCode::parse(&typed), Err(RecoveryCodeError::Character { group: at / 6 + 1 }));
        }
    }

    #[test]
    fn swaps_are_noticed() {
        for seed in 0..50 {
            let text = code(seed).to_text();
            let chars: Vec<char> = text.chars().collect();
            for (a, b) in (0..46).flat_map(|a| (a + 1..47).map(move |b| (a, b))) {
                if a / 6 == b / 6 && chars[a] != '-' && chars[b] != '-' && chars[a] != chars[b] {
                    let mut typed = chars.clone();
                    typed.swap(a, b);
                    assert!(RecoveryCode::parse(&typed.iter().collect::<String>()).is_err());
                }
            }
            let mut groups: Vec<&str> = text.split('-').collect();
            groups.swap(2, 5);
            assert_eq!(RecoveryCode::parse(&groups.join("-")), Err(RecoveryCodeError::Group { group: 3 }));
        }
    }

    #[test]
    fn a_missing_group_is_a_matter_of_length() {
        let text = code(3).to_text();
        assert_eq!(RecoveryCode::parse(&text[6..]), Err(RecoveryCodeError::Length { found: 35 }));
        assert_eq!(RecoveryCode::parse(""), Err(RecoveryCodeError::Length { found: 0 }));
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_panic(text in ".{0,60}") {
            let _ = RecoveryCode::parse(&text);
        }

        #[test]
        fn any_code_comes_back(bytes in any::<[u8; BYTES]>()) {
            let code = RecoveryCode(Zeroizing::new(bytes));
            prop_assert_eq!(RecoveryCode::parse(&code.to_text()).unwrap(), code);
        }
    }
}
