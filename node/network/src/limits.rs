//! Every bound and time limit of the network in one place.

use std::time::Duration;

/// Bounds; [`Limits::default`] holds the values of the design.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Incoming connections that have not passed the gate yet.
    pub pending: usize,
    /// Of these, from one IPv4 address or one IPv6 /64. Many offices may share one address.
    pub pending_per_address: usize,
    /// Of `pending`, what is kept free for known partners.
    pub reserved_for_known: usize,
    /// Reaching an address and securing the connection, when dialing.
    pub dial: Duration,
    /// Securing an incoming connection (Noise and Yamux, or the QUIC handshake).
    pub handshake: Duration,
    /// From the secured connection to the first byte of the dialer's hello.
    pub first_byte: Duration,
    /// How long a stranger may take for securing the connection, and as long for the gate, while others want its place;
    /// between the two a quarter of it.
    pub patience: Duration,
    /// From the secured connection to the end of the gate.
    pub gate: Duration,
    /// The same where CRLs are handed over, counted from their first byte on.
    pub catch_up: Duration,
    /// Waiting for the other side to take a refusal before the connection is cut.
    pub linger: Duration,
    /// Admitted connections of one peer, counting those that either side dialed.
    pub connections_per_peer: usize,
    /// Substreams of one connection (muxer level).
    pub substreams: usize,
    /// Streams that one connection may have open here, per direction: one for links, two for large bodies, one for news.
    pub streams: usize,
    /// How long an opened stream may say neither ready nor busy.
    pub answer: Duration,
    /// How often [`open`](crate::NetworkHandle::open) tries a silent or busy stream again.
    pub open_again: u32,
    /// The pause after the first busy answer; it doubles with each.
    pub busy_pause: Duration,
    /// How long a connection without streams is kept.
    pub idle: Duration,
    /// How long closing all connections may take when stopping.
    pub shutdown: Duration,
    /// Events that wait for the node; beyond, the swarm rests.
    pub events: usize,
    /// Commands that wait for the network task.
    pub commands: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pending: 512,
            pending_per_address: 64,
            reserved_for_known: 128,
            dial: Duration::from_secs(10),
            handshake: Duration::from_secs(5),
            first_byte: Duration::from_secs(2),
            patience: Duration::from_secs(1),
            gate: Duration::from_secs(5),
            catch_up: Duration::from_secs(20),
            linger: Duration::from_secs(1),
            connections_per_peer: 4,
            substreams: 64,
            streams: 4,
            answer: Duration::from_secs(5),
            open_again: 3,
            busy_pause: Duration::from_millis(50),
            idle: Duration::from_secs(300),
            shutdown: Duration::from_millis(1500),
            events: 256,
            commands: 64,
        }
    }
}
