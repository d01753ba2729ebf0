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

/// Reads a moment as [`rfc3339`] writes it.
#[must_use]
pub fn read(text: &str) -> Option<Timestamp> {
    let moment: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(moment.as_second()).ok().map(Timestamp)
}

/// For `#[serde(with)]`: a moment as [`rfc3339`] writes it.
pub(crate) mod moment {
    use musubi_protocol::time::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::rfc3339(*at))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        super::read(&String::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("not a moment"))
    }
}

/// For `#[serde(with)]`: a moment as [`rfc3339`] writes it, or null.
pub(crate) mod optional_moment {
    use musubi_protocol::time::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        at.map(super::rfc3339).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        let read = |text: String| super::read(&text).ok_or_else(|| D::Error::custom("not a moment"));
        Option::<String>::deserialize(deserializer)?.map(read).transpose()
    }
}

/// For `#[serde(with)]`: a value by its text.
pub(crate) mod text {
    use std::{fmt::Display, str::FromStr};

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, T: FromStr>(deserializer: D) -> Result<T, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(|_| D::Error::custom("not what is written here"))
    }
}

/// For `#[serde(with)]`: a value by its text, or null.
pub(crate) mod optional_text {
    use std::{fmt::Display, str::FromStr};

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(value: &Option<impl Display>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, T: FromStr>(deserializer: D) -> Result<Option<T>, D::Error> {
        let read = |text: String| text.parse().map_err(|_| D::Error::custom("not what is written here"));
        Option::<String>::deserialize(deserializer)?.map(read).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_shown_in_japanese_time() {
        assert_eq!(rfc3339(Timestamp(0)), "1970-01-01T09:00:00+09:00");
        assert_eq!(rfc3339(Timestamp(1_795_345_661)), "2026-11-22T20:07:41+09:00");
        assert_eq!(rfc3339(Timestamp(u64::MAX)).len(), 25);
        assert_eq!(read("2026-11-22T20:07:41+09:00"), Some(Timestamp(1_795_345_661)));
        assert_eq!((read("2026-11-22"), read("1901-01-01T00:00:00Z")), (None, None));
        assert_eq!(compact(Timestamp(1_795_345_661)), "20261122-200741");
    }
}
