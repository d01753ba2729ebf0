//! When a partner speaks with another office key than before: it has a new computer, or somebody who is not that office
//! was given a certificate for its number.
//!
//! The office sees such a certificate in the authority's log and can have it revoked. So nothing is sealed for the new
//! key before the log has shown it for a day, unless a person here has heard from the office that it is its own.

use ed25519_dalek::VerifyingKey;

use crate::{
    ids::Hash,
    time::{DAY, Timestamp},
};

/// How long a certificate with another key stands in the log before anything is sealed for it, in seconds.
pub const WAIT: u64 = DAY;

/// Whether a certificate has stood in the log for [`WAIT`]: `since` is since when, `signed` when the head was signed that
/// covers all of the log that is held, `wall` what the clock shows.
///
/// What is sealed for a wrong key cannot be taken back. So it takes a head of after that time, for without news nobody
/// would hear that the certificate was revoked; and the clock has to be past it too, for an authority that certifies an
/// impostor could also sign a time to come.
#[must_use]
pub fn is_settled(since: Timestamp, signed: Timestamp, wall: Timestamp) -> bool {
    since.plus(WAIT) <= wall.min(signed)
}

/// The number by which two people compare an office key on the telephone: 20 digits in groups of four. That is 66 bits,
/// so nobody makes a second key that has the same number.
#[must_use]
pub fn spoken(key: &VerifyingKey) -> String {
    const DIGITS: u128 = 100_000_000_000_000_000_000;
    let hash = Hash::of(&[b"musubi/1 spoken key", key.as_bytes()]);
    let number = hash.0.iter().take(16).fold(0_u128, |number, byte| number << 8 | u128::from(*byte)) % DIGITS;
    let digits = format!("{number:020}");
    let groups: Vec<&str> = (0..digits.len()).step_by(4).filter_map(|at| digits.get(at..at + 4)).collect();
    groups.join(" ")
}

/// Whether what somebody has typed is that number, however it is spaced.
#[must_use]
pub fn is_spoken(key: &VerifyingKey, typed: &str) -> bool {
    let digits = |text: &str| text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect::<String>();
    digits(typed) == digits(&spoken(key))
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;

    const LOGGED: Timestamp = Timestamp(1_790_000_000);

    #[test]
    fn a_day_has_to_be_over_by_clock_and_signature() {
        let after = |seconds: i64| Timestamp(LOGGED.0.checked_add_signed(seconds).unwrap());
        let day = i64::try_from(WAIT).unwrap();
        let table = [
            (LOGGED, after(day - 1), after(day - 1), false),
            (LOGGED, after(day), after(day), true),
            (LOGGED, after(day - 1), after(day), false),
            (LOGGED, after(day), after(day - 1), false),
            // A clock that is years off decides nothing alone.
            (LOGGED, after(1), after(1_000 * day), false),
            (LOGGED, after(1_000 * day), after(-1_000 * day), false),
            (Timestamp(u64::MAX), after(day), after(day), false),
        ];
        for (since, signed, wall, settled) in table {
            assert_eq!(is_settled(since, signed, wall), settled, "{since:?} {signed:?} {wall:?}");
        }
    }

    #[test]
    fn a_key_is_spoken_as_twenty_digits() {
        let key = SigningKey::from_bytes(&[1; 32]).verifying_key();
        let number = spoken(&key);
        assert_eq!(number.split(' ').map(str::len).collect::<Vec<_>>(), [4; 5]);
        assert!(number.chars().all(|c| c == ' ' || c.is_ascii_digit()));
        // A second implementation has to say the same.
        assert_eq!(number, "7693 8895 9308 8196 7737");
        assert_ne!(number, spoken(&SigningKey::from_bytes(&[2; 32]).verifying_key()));
    }

    #[test]
    fn a_number_is_read_however_it_is_spaced() {
        let key = SigningKey::from_bytes(&[1; 32]).verifying_key();
        let number = spoken(&key);
        for typed in [number.clone(), number.replace(' ', ""), number.replace(' ', "-"), format!(" {number}\n")] {
            assert!(is_spoken(&key, &typed), "{typed:?}");
        }
        let other = number.replace('0', "1").replace('9', "8");
        for typed in ["", "0000", &number[..19], other.as_str()].into_iter().filter(|typed| *typed != number) {
            assert!(!is_spoken(&key, typed), "{typed:?}");
        }
    }
}
