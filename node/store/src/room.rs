//! How much room the disk leaves, and what is taken with it.

use std::io;
use std::path::Path;

/// Free space below which a node takes no new mail, where the settings do not say otherwise: there must always be room
/// to finish what was taken.
pub const RESERVE: u64 = 512 << 20;
/// Least of the reserve's last rest: twice what the engine may write at one stroke.
const REST: u64 = 16 << 20;

/// What the disk has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    /// Hardly anything: of what others bring nothing is taken, not even receipts. What is small and must be goes on:
    /// own receipts, keys that are due, revocation lists.
    Rest,
    /// Less than the reserve: no new mail is taken or sent, and everything else goes on.
    Low,
    /// The reserve or more.
    Ample,
}

impl Room {
    /// Tells what there is room for with so many bytes free.
    #[must_use]
    pub const fn of(free: u64, reserve: u64) -> Self {
        let eighth = reserve / 8;
        let rest = if eighth < REST { REST } else { eighth };
        if free < rest {
            Self::Rest
        } else if free < reserve {
            Self::Low
        } else {
            Self::Ample
        }
    }
}

/// What a store takes up, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Free on the disk, for this user.
    pub free: u64,
    /// Below this much free no new mail is taken.
    pub reserve: u64,
    /// The engine's log with everything beside it.
    pub log: u64,
    /// Bodies in files of their own, and the journal with the small ones.
    pub bodies: u64,
    /// Records in use, when they were last counted; none before the first count.
    pub live: Option<u64>,
}

/// Sums up the files of a directory and of those in it.
pub(crate) fn size_of(dir: &Path) -> io::Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        sum += match entry.metadata() {
            Ok(about) if about.is_dir() => size_of(&entry.path())?,
            Ok(about) => about.len(),
            // Removed since the directory was read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_the_reserve_the_room_is_low_and_an_eighth_is_the_rest() {
        for (free, room) in [
            (u64::MAX, Room::Ample),
            (RESERVE, Room::Ample),
            (RESERVE - 1, Room::Low),
            (RESERVE / 8, Room::Low),
            (RESERVE / 8 - 1, Room::Rest),
            (0, Room::Rest),
        ] {
            assert_eq!(Room::of(free, RESERVE), room, "{free}");
        }
        // A small reserve still leaves the engine what it needs.
        assert_eq!(Room::of(REST, 64 << 20), Room::Low);
        assert_eq!(Room::of(REST - 1, 64 << 20), Room::Rest);
    }

    #[test]
    fn files_are_summed_up_with_those_below() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("inner")).unwrap();
        std::fs::write(dir.path().join("a"), [0; 10]).unwrap();
        std::fs::write(dir.path().join("inner/b"), [0; 5]).unwrap();
        assert_eq!(size_of(dir.path()).unwrap(), 15);
    }
}
