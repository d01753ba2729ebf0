//! The code on the recovery sheet: 160 random bits that people can copy by hand.

use std::{fmt, io};

use musubi_paper::PaperError;
use zeroize::Zeroizing;

use crate::random;

const BYTES: usize = 20;

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

    /// Returns the text for the sheet: eight groups of five characters, joined by dashes.
    pub fn to_text(&self) -> Zeroizing<String> {
        musubi_paper::encode(&self.0[..])
    }

    /// Reads what a person typed.
    ///
    /// # Errors
    /// [`PaperError`], naming the first wrong group.
    pub fn parse(text: &str) -> Result<Self, PaperError> {
        Ok(Self(musubi_paper::decode(text)?))
    }

    pub(crate) fn secret(&self) -> &[u8] {
        &self.0[..]
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_stays_the_same() {
        let bytes: [u8; BYTES] = std::array::from_fn(|at| 31_u8.wrapping_add((at as u8).wrapping_mul(17)));
        let code = RecoveryCode(Zeroizing::new(bytes));
        // Printed on paper that is kept for years.
        assert_eq!(*code.to_text(), include_str!("../../tests/recorded/recovery-1.txt").trim_end());
        assert_eq!(RecoveryCode::parse(&code.to_text()).unwrap(), code);
        let fresh = RecoveryCode::generate().unwrap();
        assert_eq!(RecoveryCode::parse(&fresh.to_text()).unwrap(), fresh);
    }
}
