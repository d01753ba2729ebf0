//! The gate below the swarm: every connection, dialed or accepted, over TCP or QUIC, speaks
//! [`musubi_protocol::gate`] on its first substream before the swarm hears of it.

mod exchange;
mod muxer;
mod transport;

use std::{io, net::IpAddr};

use libp2p::PeerId;
use musubi_protocol::{
    gate::{self, Hello, Refusal},
    ids::Hash,
};

pub(crate) use transport::{Failure, Gated, Shared, named_peer};

/// Judges who is let in; the node implements it over its certificates and CRLs.
///
/// All methods but [`Gatekeeper::learn_crls`] are called on the network's tasks and must return
/// without waiting for disk or network.
pub trait Gatekeeper: Send + Sync + 'static {
    /// What an admission is good for: the desks of the other node.
    type Admitted: Clone + Send + Sync + 'static;

    /// What this node says of itself.
    fn hello(&self) -> Hello;

    /// Judges a peer, whose id the connection's encryption has proven, by what it says.
    ///
    /// `after_catch_up` is true when its CRLs have been asked for or taken already;
    /// [`Judgement::SendCrls`] then counts as [`Refusal::Stale`]. Where this node dialed and CRLs
    /// come along unasked, it is asked with false first: whether they are worth reading. It may be
    /// asked again about the same hello, after [`sweep`](crate::NetworkHandle::sweep).
    fn judge(&self, peer: PeerId, hello: &Hello, after_catch_up: bool) -> Judgement<Self::Admitted>;

    /// The CRLs held here, in DER, that are newer than `theirs` (issuer id, number) or missing there.
    fn newer_crls(&self, theirs: &[(Hash, u64)]) -> Vec<Vec<u8>>;

    /// Takes CRLs from another node. They are unverified: who signed them decides, not who sent
    /// them. Dropped if the connection ends meanwhile.
    fn learn_crls(&self, crls: Vec<Vec<u8>>) -> impl Future<Output = ()> + Send;

    /// Whether a known partner was seen at this address: it may then use the reserved places.
    fn knows_address(&self, address: IpAddr) -> bool;

    /// Whether this is the node of a known partner.
    fn knows_peer(&self, peer: PeerId) -> bool;
}

/// What the gatekeeper says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement<A> {
    /// Let in, for this.
    Admit(A),
    /// All is well but revocation, which is newer there than here: ask for it.
    SendCrls,
    /// Not let in.
    Refuse(Refusal),
}

/// Why a connection did not pass the gate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// This node refused the other, and told it so where the protocol has a place for that.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The other node refused this one.
    #[error("refused by the other node: {0}")]
    RefusedByPeer(Refusal),
    /// Another node than the dialed one answered; it was told nothing.
    #[error("another node answered at this address")]
    OtherNode,
    /// The node met itself: an address of its own, or one that leads back to it.
    #[error("the node met itself")]
    OwnNode,
    /// The dialer did not begin in time.
    #[error("nothing was said in time")]
    Silent,
    /// The gate or the encryption before it took too long.
    #[error("took too long")]
    TooSlow,
    /// It had not come far when somebody else wanted its place.
    #[error("its place was given to somebody else")]
    Displaced,
    /// A second substream was opened before the verdict.
    #[error("a second substream was opened in the gate")]
    SecondStream,
    /// What this node wanted to say does not fit the protocol.
    #[error("own hello: {0}")]
    Own(gate::Error),
    /// The connection broke, or was never secured.
    #[error("connection lost: {0}")]
    Lost(#[from] io::Error),
}
