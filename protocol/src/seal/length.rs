//! Lengths: padding that hides sizes, and what a ciphertext's length says of its plaintext.
//!
//! The padded total needs the manifest's length, which depends on names and sizes but not on
//! hashes; so it is known before the first byte is sealed ([`super::Draft::ciphertext_len`]), and
//! yet takes effect only behind the manifest: one pass over the files suffices.

/// Plaintext bytes of a chunk; only the last may be shorter, and none is empty.
pub const CHUNK: u64 = 64 * 1024;
/// What sealing adds to each chunk: the Poly1305 tag.
pub const TAG: u64 = 16;
/// The smallest plaintext.
pub const SMALLEST: u64 = 4096;
/// The largest plaintext, 4 GiB: 65,536 chunks, far below the counter's end. A node may set less.
pub const LARGEST: u64 = 1 << 32;
/// The two fields at the end: end of the manifest (u64) and its length (u32), big-endian.
pub const TRAILER: u64 = 12;

/// Rounds a length up by Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files
/// and Communication with PURBs", PoPETs 2019(4), algorithm 1): at most 12 % more, less for long
/// content, and only O(log log length) bits of the length stay visible.
///
/// A length beyond 2^63 is returned as it is; no content is so long.
#[must_use]
pub const fn padme(length: u64) -> u64 {
    if length < 2 || length > 1 << 63 {
        return length;
    }
    let exponent = length.ilog2();
    // Bits that tell the length; the rest, rounded up, are zero.
    let kept = if exponent == 0 { 0 } else { exponent.ilog2() + 1 };
    let mask = (1_u64 << (exponent - kept)) - 1;
    (length + mask) & !mask
}

/// The plaintext's total for files and manifest that end at `end`: max(4096, Padmé of `end` and
/// the trailer). None above [`LARGEST`].
#[must_use]
pub fn total(end: u64) -> Option<u64> {
    let total = padme(end.checked_add(TRAILER)?.max(SMALLEST));
    (total <= LARGEST).then_some(total)
}

/// The ciphertext's length for a plaintext of `total` bytes.
#[must_use]
pub const fn ciphertext_len(total: u64) -> u64 {
    total.saturating_add(total.div_ceil(CHUNK) * TAG)
}

/// The plaintext's length for a ciphertext of `length` bytes.
///
/// None if no content has that length: too short or long, a last chunk without a byte, or a total
/// that padding never gives. So a nonsense length is refused before anything is fetched.
#[must_use]
pub fn plaintext_len(length: u64) -> Option<u64> {
    let total = length.checked_sub(length.div_ceil(CHUNK + TAG) * TAG)?;
    let possible = (SMALLEST..=LARGEST).contains(&total) && padme(total) == total && ciphertext_len(total) == length;
    possible.then_some(total)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn padme_gives_the_values_of_the_paper() {
        // 9 = 0b1001 keeps 3 of 4 bits; the others follow from the algorithm by hand.
        for (length, padded) in
            [(0, 0), (1, 1), (2, 2), (9, 10), (100, 104), (4096, 4096), (4097, 4352), (65_537, 67_584)]
        {
            assert_eq!(padme(length), padded, "{length}");
        }
    }

    #[test]
    fn only_lengths_that_sealing_gives_are_possible() {
        assert_eq!(plaintext_len(4096 + 16), Some(4096));
        for bad in [0, 15, 16, 17, 4096 + 15, 4096 + 17, 65_536 + 16 + 16, 65_536 + 16 + 17, u64::MAX] {
            assert_eq!(plaintext_len(bad), None, "{bad}");
        }
        assert_eq!(plaintext_len(ciphertext_len(65_536)), Some(65_536));
        assert_eq!(ciphertext_len(65_536), 65_552);
        assert_eq!(total(u64::MAX), None);
        assert_eq!(total(LARGEST - TRAILER), Some(LARGEST));
        assert_eq!(total(LARGEST - TRAILER + 1), None);
    }

    proptest! {
        #[test]
        fn padding_is_bounded_monotone_and_stable(length in 0..=LARGEST, other in 0..=LARGEST) {
            let padded = padme(length);
            prop_assert!(padded >= length);
            prop_assert!((padded - length) * 100 <= length * 12);
            prop_assert_eq!(padme(padded), padded);
            let ordered = if length <= other { padded <= padme(other) } else { padded >= padme(other) };
            prop_assert!(ordered);
        }

        #[test]
        fn lengths_go_there_and_back(end in 0..=LARGEST - TRAILER) {
            let total = total(end).unwrap();
            prop_assert_eq!(plaintext_len(ciphertext_len(total)), Some(total));
        }

        #[test]
        fn any_length_is_judged_without_panic(length: u64) {
            let _ = (padme(length), total(length), plaintext_len(length));
        }
    }
}
