//! What the node hears from its network.

use std::{fmt, io};

use libp2p::{
    Multiaddr, PeerId,
    core::transport::TransportError,
    swarm::{ConnectionError, ConnectionId, DialError, ListenError},
};

use crate::{
    gate::{Error, Failure},
    link::Stream,
};

/// Something happened. Of one connection, [`Event::Connected`] comes first and [`Event::Closed`]
/// last; both come exactly once. `A` is what the gatekeeper admits.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<A> {
    /// The node can be reached at this address, given with its own `/p2p/` part.
    Listening {
        /// The address.
        address: Multiaddr,
    },
    /// The node can no longer be reached at these addresses, by an error.
    ListenerClosed {
        /// The addresses.
        addresses: Vec<Multiaddr>,
        /// The error's text, from the operating system.
        reason: String,
    },
    /// A connection passed the gate, on both sides.
    Connected {
        /// The other node.
        peer: PeerId,
        /// This connection; one peer may have several, also when both dialed at once.
        connection: ConnectionId,
        /// What it is admitted for, at this moment.
        admitted: A,
        /// Whether this node dialed.
        dialer: bool,
        /// Its address, or the dialed one.
        remote: Multiaddr,
    },
    /// A connection ended.
    Closed {
        /// The other node.
        peer: PeerId,
        /// The connection.
        connection: ConnectionId,
        /// Why.
        reason: Closed,
    },
    /// The other side opened a stream and was answered "ready".
    Inbound {
        /// The other node.
        peer: PeerId,
        /// The connection.
        connection: ConnectionId,
        /// What the connection is admitted for, at this moment.
        admitted: A,
        /// The stream.
        stream: Stream,
    },
    /// A dial did not lead to a connection.
    DialFailed {
        /// The number that [`dial`](crate::NetworkHandle::dial) gave.
        connection: ConnectionId,
        /// The dialed address.
        address: Multiaddr,
        /// The node that was met there, where the encryption has proven it.
        peer: Option<PeerId>,
        /// Why.
        reason: DialFailure,
    },
    /// Somebody was not let in. Left out when the node is far behind with its events; the
    /// counters are complete.
    Refused {
        /// Where from.
        remote: Multiaddr,
        /// The node, where the encryption has proven it.
        peer: Option<PeerId>,
        /// Why.
        reason: Error,
    },
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Closed {
    /// This node closed it.
    Here,
    /// No stream was open for the idle limit.
    Idle,
    /// The other side closed it, or it broke.
    Lost(io::ErrorKind),
}

/// Why a dial did not lead to a connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DialFailure {
    /// The two met, and the gate stayed closed.
    #[error(transparent)]
    Gate(Error),
    /// The address is this node's own, or leads back to it.
    #[error("this is the node's own address")]
    Own,
    /// The address is none that this node can dial.
    #[error("the address cannot be dialed")]
    Address,
    /// The dial was given up, because the node stops or an admission was taken back.
    #[error("given up")]
    GivenUp,
}

impl Closed {
    pub(crate) fn from_swarm(cause: Option<&ConnectionError>) -> Self {
        match cause {
            None => Self::Here,
            Some(ConnectionError::KeepAliveTimeout) => Self::Idle,
            Some(ConnectionError::IO(error)) => Self::Lost(error.kind()),
        }
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here => f.write_str("closed here"),
            Self::Idle => f.write_str("idle"),
            Self::Lost(kind) => write!(f, "lost: {kind}"),
        }
    }
}

impl DialFailure {
    /// Why, and whom the dial met if anybody.
    pub(crate) fn from_swarm(error: DialError) -> (Self, Option<PeerId>) {
        match error {
            DialError::LocalPeerId { .. } | DialError::NoAddresses => (Self::Own, None),
            DialError::WrongPeerId { obtained, .. } => (Self::Gate(Error::OtherNode), Some(obtained)),
            DialError::Transport(attempts) => match attempts.into_iter().next() {
                Some((_, TransportError::Other(error))) => match failure(error) {
                    Failure { error: Error::OwnNode, .. } => (Self::Own, None),
                    Failure { error, peer } => (Self::Gate(error), peer),
                },
                _ => (Self::Address, None),
            },
            DialError::Aborted | DialError::Denied { .. } | DialError::DialPeerConditionFalse(_) => {
                (Self::GivenUp, None)
            }
        }
    }
}

/// What the gate said about an incoming connection; none where it was not the gate.
pub(crate) fn refused(error: ListenError) -> Option<Failure> {
    match error {
        ListenError::Transport(TransportError::Other(error)) => Some(failure(error)),
        _ => None,
    }
}

/// Takes the gate's own error out of the box that the swarm makes.
fn failure(error: io::Error) -> Failure {
    match error.downcast::<Failure>() {
        Ok(failure) => failure,
        Err(error) => Failure::from(error),
    }
}
