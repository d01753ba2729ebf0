//! What a Musubi node keeps on disk: records, message bodies and keys.
//!
//! - [`Store`] holds small records behind typed [`Space`]s. A [`Batch`] is applied whole or not at all and counts as
//!   done when its [`Ticket`] is durable: then it survives a power cut, not only the end of the process.
//! - [`Bodies`] holds ciphertext: small bodies in the journal, with the batch that names them, larger ones as files that
//!   can be resumed.
//! - [`keyfile`] holds the two root keys, wrapped once per opener; [`wrap`] wraps everything else under them.
//! - [`platform`] is the only place that knows which operating system this is; [`crash`] is for tests.
//!
//! Only this crate names the storage engine. Nothing here knows the network, and values are opaque: whoever stores
//! something that names a person wraps it first.

#![deny(missing_docs)]

pub mod bodies;
pub mod crash;
pub mod keyfile;
pub mod platform;
pub mod wrap;

mod aside;
mod batch;
mod clear;
mod commit;
mod engine;
mod journal;
mod open;
mod quiet;
mod random;
mod reclaim;
mod rewrite;
mod room;
mod scan;
mod settle;
mod space;
mod store;

pub use aside::{AsideError, examine, set_aside};
pub use batch::{Batch, MAX_BATCH, MAX_KEY, MAX_VALUE};
pub use bodies::{Bodies, BodyId};
pub use commit::Ticket;
pub use open::{OpenError, Options, is_open};
pub use rewrite::Filling;
pub use room::{RESERVE, Room, Usage};
pub use scan::Scan;
pub use space::{Space, Value};
pub use store::{Store, StoreError};
