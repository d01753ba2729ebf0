//! The clock on the wall, which may be wrong and which tests own.
//!
//! Built with the feature `crash-points` the system's clock can be put wrong while a process runs:
//! `MUSUBI_TEST_CLOCK=file` names a file with a signed number of seconds, read at each question.

use std::{fmt, sync::Arc};

use musubi_protocol::time::Timestamp;

/// Where the time of day comes from. What a node decides by it goes through
/// [`TrustKeeper::now`](crate::trust::TrustKeeper::now). Clones tell the same time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The clock of this machine.
    #[must_use]
    pub fn system() -> Self {
        Self::new(system)
    }

    /// A clock that shows what a function says.
    pub fn new(read: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

#[cfg(not(feature = "crash-points"))]
fn system() -> Timestamp {
    Timestamp::now()
}

#[cfg(feature = "crash-points")]
fn system() -> Timestamp {
    use std::{ffi::OsString, sync::OnceLock};

    static FILE: OnceLock<Option<OsString>> = OnceLock::new();
    match FILE.get_or_init(|| std::env::var_os("MUSUBI_TEST_CLOCK")) {
        None => Timestamp::now(),
        Some(file) => shifted(Timestamp::now(), std::fs::read_to_string(file).as_deref().unwrap_or_default()),
    }
}

/// A moment and a signed number of seconds; text that is no number, such as a file being written, shifts nothing.
#[cfg(any(test, feature = "crash-points"))]
fn shifted(now: Timestamp, offset: &str) -> Timestamp {
    Timestamp(now.0.saturating_add_signed(offset.trim().parse().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_goes_wrong_both_ways_and_not_below_1970() {
        let now = Timestamp(1_000);
        for (offset, shows) in [("0", 1_000), ("+5\n", 1_005), (" -900 ", 100), ("-2000", 0), ("", 1_000), ("x", 1_000)]
        {
            assert_eq!(shifted(now, offset), Timestamp(shows), "{offset:?}");
        }
    }
}
