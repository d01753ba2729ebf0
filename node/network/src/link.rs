//! Streams of admitted connections.
//!
//! Protocol `/musubi/<first 16 hex characters of the network id>/link/1`. Either side opens; the
//! side that did not open says one byte first: [`READY`], and the stream is the two nodes', or
//! [`BUSY`], and it is closed. An opener that hears neither in time opens again. Of each
//! connection a bounded number of the other side's streams is held here at once, counted until
//! the node drops them; what is above is answered with [`BUSY`], never dropped without a word.
//! What a stream is for its first frame says; that is the node's.

mod behaviour;
mod handler;
mod stream;

use std::{sync::Arc, time::Duration};

use libp2p::StreamProtocol;
use musubi_protocol::ids::Hash;
use tokio::sync::oneshot;

pub(crate) use behaviour::{Behaviour, Inbound};
pub use stream::Stream;

use crate::{counters::Registry, limits::Limits};

/// The first byte: the stream was taken.
pub const READY: u8 = 0;
/// The first byte: too many at the moment, open again later.
pub const BUSY: u8 = 1;

/// The name under which streams are negotiated in a network.
#[must_use]
pub fn protocol_name(network: &Hash) -> String {
    format!("/musubi/{}/link/1", &network.to_string()[..16])
}

/// A stream that somebody waits for.
pub(crate) type OpenRequest = oneshot::Sender<Result<libp2p::Stream, OpenError>>;

/// Why no stream was opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no such connection (any more).
    #[error("the connection is closed")]
    Closed,
    /// The other side takes no further stream at the moment.
    #[error("the other side is busy")]
    Busy,
    /// The other side said neither ready nor busy in time.
    #[error("the other side does not answer")]
    Silent,
    /// The other side does not speak this protocol on this network.
    #[error("the other side does not speak the link protocol")]
    Unsupported,
    /// The other side said something else.
    #[error("byte {0} is no answer")]
    Answer(u8),
    /// The stream broke.
    #[error("the stream broke: {0}")]
    Lost(#[from] std::io::Error),
}

/// What the handlers of all connections share.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) protocol: StreamProtocol,
    pub(crate) streams: usize,
    pub(crate) answer: Duration,
    pub(crate) counters: Arc<Registry>,
}

impl Settings {
    /// None if the name were no protocol name, which [`protocol_name`] excludes.
    pub(crate) fn new(network: &Hash, limits: &Limits, counters: Arc<Registry>) -> Option<Self> {
        Some(Self {
            protocol: StreamProtocol::try_from_owned(protocol_name(network)).ok()?,
            streams: limits.streams,
            answer: limits.answer,
            counters,
        })
    }
}
