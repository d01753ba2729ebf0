//! The network of a node: who is let in, and streams to those who are.
//!
//! One task owns the libp2p swarm ([`start`]); everyone else holds a [`NetworkHandle`]. A
//! connection exists for the node only after the gate (design: [`musubi_protocol::gate`]) has
//! passed below the swarm. What a stream carries is none of this crate's business.
//!
//! | module | subject |
//! |---|---|
//! | [`gate`] | the exchange that admits a connection, and the trait that judges |
//! | [`link`] | streams of admitted connections: ready, busy, bounded |
//! | [`enrol`] | questions of those who have no certificate, on a swarm of its own |
//! | [`limits`] | every bound and time limit in one place |
//! | [`counters`] | what happened, in numbers without names |
//! | [`event`] | what the node hears |

mod admissions;
pub mod counters;
pub mod enrol;
pub mod event;
pub mod gate;
mod handle;
pub mod limits;
pub mod link;
mod pending;
mod service;
mod transport;

pub use handle::{NetworkHandle, Stopped};
pub use libp2p::{Multiaddr, PeerId, identity::Keypair, multiaddr, swarm::ConnectionId};
pub use pending::address_of;
pub use service::{Config, StartError, start};
