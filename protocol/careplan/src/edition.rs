//! Editions of the standard whose files are read.

use std::fmt;

use crate::ids::Month;

/// An edition of the standard, as far as files differ.
///
/// 3, 3.1 and 3.2 are one, and 4.0 never took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Edition {
    /// Edition 3: short file names, no table 3, no preventive care.
    V3,
    /// Edition 4.1 of October 2024.
    V4_1,
}

impl Edition {
    /// Tells the edition that files of a service month have: 4.1 since April 2025.
    #[must_use]
    pub fn of_month(month: Month) -> Self {
        if (month.year(), month.month()) >= (2025, 4) { Self::V4_1 } else { Self::V3 }
    }

    /// Returns the version (CSVバージョン) that the writer puts into files.
    #[must_use]
    pub fn csv_version(self) -> &'static str {
        match self {
            Self::V3 => "202208",
            Self::V4_1 => "202407",
        }
    }

    /// Tells the edition from the version cell (CSVバージョン), `None` if the value is not a known one.
    ///
    /// The values do not rise with the editions, so they are never compared as numbers. 202410 and
    /// 202504 are not the value of edition 4.1, but stand in its files here and there.
    pub(crate) fn of_version(version: &str) -> Option<Self> {
        match version {
            "201910" | "202003" | "202208" => Some(Self::V3),
            "202407" | "202410" | "202504" => Some(Self::V4_1),
            _ => None,
        }
    }

    /// Tells whether the standard has this value in an edition that took effect.
    pub(crate) fn is_standard(version: &str) -> bool {
        matches!(version, "201910" | "202003" | "202208" | "202407")
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::V3 => "3",
            Self::V4_1 => "4.1",
        })
    }
}
