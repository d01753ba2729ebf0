//! What the node holds of its network.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::AsyncReadExt;
use libp2p::{Multiaddr, PeerId, swarm::ConnectionId};
use tokio::{
    sync::{mpsc, oneshot},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    admissions::Admissions,
    counters::{Counters, Registry, count},
    event::DialFailure,
    limits::Limits,
    link::{self, OpenError, Stream},
    pending::Places,
    service::{self, Command},
};

/// A handle on the running network; clones are cheap.
#[derive(Debug)]
pub struct NetworkHandle<A> {
    board: Arc<Board<A>>,
    commands: mpsc::Sender<Command>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// The network has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the network has stopped")]
pub struct Stopped;

/// What the task and the handles see in common.
#[derive(Debug)]
pub(crate) struct Board<A> {
    peer: PeerId,
    limits: Limits,
    counters: Arc<Registry>,
    places: Arc<Places>,
    admissions: Arc<Admissions<A>>,
    listening: Mutex<Vec<Multiaddr>>,
}

impl<A> Clone for NetworkHandle<A> {
    fn clone(&self) -> Self {
        Self {
            board: self.board.clone(),
            commands: self.commands.clone(),
            stop: self.stop.clone(),
            tasks: self.tasks.clone(),
        }
    }
}

impl<A: Clone + Send + Sync + 'static> NetworkHandle<A> {
    pub(crate) const fn new(
        board: Arc<Board<A>>,
        commands: mpsc::Sender<Command>,
        stop: CancellationToken,
        tasks: TaskTracker,
    ) -> Self {
        Self { board, commands, stop, tasks }
    }

    /// This node's peer id.
    #[must_use]
    pub fn peer(&self) -> PeerId {
        self.board.peer
    }

    /// The addresses at which this node listens, each with its `/p2p/` part.
    #[must_use]
    pub fn listen_addrs(&self) -> Vec<Multiaddr> {
        self.board.listening(|addresses| addresses.clone())
    }

    /// What happened so far, in numbers.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.board.counters.read(self.board.places.len(), self.board.admissions.len())
    }

    /// Dials an address, with or without a `/p2p/` part; with one, another node that answers is
    /// told nothing. The outcome is an event that carries the returned number:
    /// [`Connected`](crate::event::Event::Connected) or [`DialFailed`](crate::event::Event::DialFailed).
    /// Dialing a connected peer makes a second connection: whether to is the node's decision.
    ///
    /// Cancel safe; the dial may go on.
    ///
    /// # Errors
    /// A [`DialFailure`] for what could not even be begun; no event follows then.
    pub async fn dial(&self, address: Multiaddr) -> Result<ConnectionId, DialFailure> {
        self.dial_as(address, |_| ()).await
    }

    /// As [`NetworkHandle::dial`]; `expect` is told the number before anything is dialed, so that whoever waits for
    /// the event is ready before it can come.
    ///
    /// # Errors
    /// As [`NetworkHandle::dial`].
    pub async fn dial_as(
        &self,
        address: Multiaddr,
        expect: impl FnOnce(ConnectionId),
    ) -> Result<ConnectionId, DialFailure> {
        let options = service::dial_options(&address);
        let connection = options.connection_id();
        expect(connection);
        let begun = self.ask(|reply| Command::Dial { address, options, reply }).await;
        begun.unwrap_or(Err(DialFailure::GivenUp)).map(|()| connection)
    }

    /// Opens a stream on a connection. It comes back when the other side has said "ready"; a
    /// silent or busy one is tried again a few times, within half a minute in all.
    ///
    /// Cancel safe: a stream that opens meanwhile is reset.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(&self, connection: ConnectionId) -> Result<Stream, OpenError> {
        let Limits { open_again, busy_pause, .. } = self.board.limits;
        let mut pause: Duration = busy_pause;
        for _ in 0..open_again {
            match self.open_once(connection).await {
                Err(OpenError::Silent) => tracing::debug!(%connection, "a stream was not answered, opening again"),
                Err(OpenError::Busy) => {
                    sleep(pause).await;
                    pause *= 2;
                }
                outcome => return outcome,
            }
        }
        self.open_once(connection).await
    }

    async fn open_once(&self, connection: ConnectionId) -> Result<Stream, OpenError> {
        let opener = self.board.admissions.opener(connection).ok_or(OpenError::Closed)?;
        let answered = async {
            let (reply, opened) = oneshot::channel();
            opener.send(reply).await.map_err(|_| OpenError::Closed)?;
            let mut stream = opened.await.map_err(|_| OpenError::Closed)??;
            let mut answer = [0];
            // Reading also sends the name of the protocol, which waits for the first use.
            stream.read_exact(&mut answer).await?;
            match answer[0] {
                link::READY => Ok(Stream::opened(stream)),
                link::BUSY => Err(OpenError::Busy),
                other => Err(OpenError::Answer(other)),
            }
        };
        let outcome = timeout(self.board.limits.answer, answered).await.unwrap_or(Err(OpenError::Silent));
        if outcome.is_ok() {
            count(&self.board.counters.streams_out);
        }
        outcome
    }

    /// What a connection is admitted for now; none once it is closed or was taken back.
    #[must_use]
    pub fn admitted(&self, connection: ConnectionId) -> Option<A> {
        self.board.admissions.of(connection)
    }

    /// Sets what all connections of a peer are admitted for.
    pub fn set_admitted(&self, peer: PeerId, admitted: &A) {
        // No connection is given up here, so none has to be closed.
        self.board.admissions.sweep(|other, old| Some(if other == peer { admitted } else { old }.clone()));
    }

    /// Judges all connections again, after a revocation or an expiry: `keep` gives what a
    /// connection is admitted for from now on, or none to close it. It takes effect before this
    /// returns, for connections in the gate too: these are judged again by the gatekeeper.
    ///
    /// # Errors
    /// [`Stopped`]; the admissions are changed all the same.
    pub async fn sweep(&self, keep: impl FnMut(PeerId, &A) -> Option<A>) -> Result<(), Stopped> {
        let connections = self.board.admissions.sweep(keep);
        self.ask(|reply| Command::Close { connections, reply }).await
    }

    /// Closes all connections of a peer. It may come again: only the gatekeeper keeps it out.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn disconnect(&self, peer: PeerId) -> Result<(), Stopped> {
        self.ask(|reply| Command::Disconnect { peer, reply }).await
    }

    /// Closes one connection, of two to the same peer for example.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn close(&self, connection: ConnectionId) -> Result<(), Stopped> {
        self.ask(|reply| Command::Close { connections: vec![connection], reply }).await
    }

    /// Stops in stages and inside [`Limits::shutdown`] and half a second: takes no more
    /// connections, closes those there are, and waits for every task. May be called by several
    /// and again; dropping the future does not call the stop off.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        let limit = self.board.limits.shutdown + Duration::from_millis(500);
        if timeout(limit, self.tasks.wait()).await.is_err() {
            tracing::warn!(tasks = self.tasks.len(), "network tasks did not end in time");
        }
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, Stopped> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| Stopped)?;
        answer.await.map_err(|_| Stopped)
    }
}

impl<A> Board<A> {
    pub(crate) fn new(
        peer: PeerId,
        limits: Limits,
        counters: Arc<Registry>,
        places: Arc<Places>,
        admissions: Arc<Admissions<A>>,
    ) -> Self {
        Self { peer, limits, counters, places, admissions, listening: Mutex::default() }
    }

    pub(crate) const fn peer(&self) -> PeerId {
        self.peer
    }

    pub(crate) fn listening<T>(&self, look: impl FnOnce(&mut Vec<Multiaddr>) -> T) -> T {
        // A list of addresses is never half-written.
        look(&mut self.listening.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
