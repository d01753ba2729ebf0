//! The behaviour: gives each admitted connection its handler, and hands on what they take.

use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context, Poll},
};

use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent, THandlerOutEvent,
        ToSwarm,
    },
};
use tokio::sync::mpsc;

use super::{Settings, Stream, handler::Handler};
use crate::admissions::{Admissions, Path};

/// The link behaviour.
pub(crate) struct Behaviour<A> {
    settings: Settings,
    admissions: Arc<Admissions<A>>,
    /// Taken streams; each connection has at most as many as its handler gives places.
    taken: VecDeque<Inbound>,
}

/// A stream that the other side opened and that was answered "ready".
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(crate) peer: PeerId,
    pub(crate) connection: ConnectionId,
    pub(crate) stream: Stream,
}

/// The swarm shows a connection that has no admission (any more).
#[derive(Debug, thiserror::Error)]
#[error("the connection is not admitted")]
struct NotAdmitted;

impl<A> Behaviour<A> {
    pub(crate) const fn new(settings: Settings, admissions: Arc<Admissions<A>>) -> Self {
        Self { settings, admissions, taken: VecDeque::new() }
    }

    fn handler(&self, connection: ConnectionId, path: &Path) -> Result<Handler, ConnectionDenied> {
        // As many may wait as may be open; who comes later waits in `open`.
        let (opener, requests) = mpsc::channel(self.settings.streams);
        if self.admissions.claim(connection, path, opener) {
            Ok(Handler::new(self.settings.clone(), requests))
        } else {
            Err(ConnectionDenied::new(NotAdmitted))
        }
    }
}

impl<A: Send + 'static> NetworkBehaviour for Behaviour<A> {
    type ConnectionHandler = Handler;
    type ToSwarm = Inbound;

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.handler(connection, &Path { peer, remote: remote.clone(), dialed: false })
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        remote: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.handler(connection, &Path { peer, remote: remote.clone(), dialed: true })
    }

    fn on_swarm_event(&mut self, _: FromSwarm) {}

    fn on_connection_handler_event(&mut self, peer: PeerId, connection: ConnectionId, stream: THandlerOutEvent<Self>) {
        self.taken.push_back(Inbound { peer, connection, stream });
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        match self.taken.pop_front() {
            Some(inbound) => Poll::Ready(ToSwarm::GenerateEvent(inbound)),
            // The swarm polls again after each event of a handler.
            None => Poll::Pending,
        }
    }
}
