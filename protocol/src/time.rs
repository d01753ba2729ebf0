//! Seconds, and which clock decides what.
//!
//! A PC's clock may be years off. What can be undone is decided by the later of clock and
//! trusted time; what cannot (destroying a key, expiring a message) waits for trusted time.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

/// One day in seconds.
pub const DAY: u64 = 86_400;

/// A moment: seconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Reads the clock of this machine; a clock before 1970 reads as 0.
    #[must_use]
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// The moment `seconds` later, at most the end of time.
    #[must_use]
    pub const fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// The moment `seconds` earlier, at least 1970.
    #[must_use]
    pub const fn minus(self, seconds: u64) -> Self {
        Self(self.0.saturating_sub(seconds))
    }

    /// Seconds from `earlier` to this moment; 0 if it lies later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        Self(time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The newest time an authority has signed, carried on by the running time since.
///
/// Only authority-signed times enter; a partner cannot move it. It never goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trusted {
    /// The vouched-for moment.
    base: Timestamp,
    /// Running time (monotonic clock) when `base` was learnt.
    at: Duration,
}

impl Trusted {
    /// Starts from a moment that was persisted or signed, at running time `at`.
    #[must_use]
    pub const fn new(base: Timestamp, at: Duration) -> Self {
        Self { base, at }
    }

    /// Trusted time at running time `at`: never ahead of real time, perhaps behind it.
    #[must_use]
    pub fn at(&self, at: Duration) -> Timestamp {
        self.base.plus(at.saturating_sub(self.at).as_secs())
    }

    /// Takes an authority-signed time in; an older one changes nothing.
    pub fn learn(&mut self, signed: Timestamp, at: Duration) {
        if signed > self.at(at) {
            *self = Self::new(signed, at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trusted_time_runs_on_and_never_back() {
        let mut time = Trusted::new(Timestamp(1_000), Duration::from_secs(5));
        assert_eq!(time.at(Duration::from_secs(15)), Timestamp(1_010));
        time.learn(Timestamp(900), Duration::from_secs(15));
        assert_eq!(time.at(Duration::from_secs(15)), Timestamp(1_010));
        time.learn(Timestamp(5_000), Duration::from_secs(15));
        assert_eq!(time.at(Duration::from_secs(16)), Timestamp(5_001));
    }
}
