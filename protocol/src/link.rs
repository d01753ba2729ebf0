//! A link is two logs: the one that `a` keeps towards `b`, and the one back.
//!
//! Delivery is replication of these logs. [`book`] holds the rules that decide what a log may
//! take and what follows from an entry, [`recovery`] how a log goes on after a loss, [`sender`]
//! what goes out on a connection and when, [`frame`] the bytes in between. None of them knows a socket, a disk or a clock.

pub mod book;
pub mod frame;
pub mod recovery;
pub mod sender;

use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use crate::ids::Address;

/// Names a log: the one that `from` keeps towards `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize_tuple, Deserialize_tuple)]
pub struct Log {
    /// Who writes it.
    pub from: Address,
    /// Towards whom.
    pub to: Address,
}

impl Log {
    /// Names the log that `from` keeps towards `to`.
    #[must_use]
    pub const fn new(from: Address, to: Address) -> Self {
        Self { from, to }
    }

    /// The other log of the same link.
    #[must_use]
    pub const fn reverse(self) -> Self {
        Self { from: self.to, to: self.from }
    }
}
