//! Moments as people and scripts see them: RFC 3339 with +09:00.

use jiff::{SignedDuration, tz};
use musubi_protocol::time::Timestamp;

/// Japan's offset in hours; the country has no summer time.
const JST: i8 = 9;

/// Writes a moment as `2026-11-22T20:07:41+09:00`. Moments beyond the year 9999 show as that year's end.
#[must_use]
pub fn rfc3339(at: Timestamp) -> String {
    written(at, "%Y-%m-%dT%H:%M:%S%:z")
}

/// Writes a moment of Japanese time as `20261122-200741`, for names of files.
#[must_use]
pub fn compact(at: Timestamp) -> String {
    written(at, "%Y%m%d-%H%M%S")
}

fn written(at: Timestamp, form: &str) -> String {
    let seconds = i64::try_from(at.0).unwrap_or(i64::MAX);
    let moment =
        jiff::Timestamp::from_second(seconds).unwrap_or_else(|_| jiff::Timestamp::MAX - SignedDuration::from_hours(24));
    let zone = tz::Offset::constant(JST).to_time_zone();
    moment.to_zoned(zone).strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_shown_in_japanese_time() {
        assert_eq!(rfc3339(Timestamp(0)), "1970-01-01T09:00:00+09:00");
        assert_eq!(rfc3339(Timestamp(1_795_345_661)), "2026-11-22T20:07:41+09:00");
        assert_eq!(rfc3339(Timestamp(u64::MAX)).len(), 25);
        assert_eq!(compact(Timestamp(1_795_345_661)), "20261122-200741");
    }
}
