//! The admitted set of every connection, from the gate until the connection is gone.
//!
//! The swarm's transport can hand over nothing but a peer and a muxer. So the gate writes here,
//! the muxer carries the [`Ticket`] that removes the line again, and the behaviour looks the line
//! up when the swarm shows the connection. A line that is taken away in between (a revocation)
//! denies the connection: what is not here is not admitted.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use libp2p::{Multiaddr, PeerId, swarm::ConnectionId};
use tokio::sync::mpsc;

use crate::link::OpenRequest;

/// The lines of all connections.
#[derive(Debug)]
pub(crate) struct Admissions<A> {
    book: Mutex<Book<A>>,
}

#[derive(Debug)]
struct Book<A> {
    /// Rises whenever somebody looked through all lines, so that a verdict from before is judged again.
    sweeps: u64,
    next: u64,
    lines: HashMap<u64, Line<A>>,
    connections: HashMap<ConnectionId, u64>,
}

#[derive(Debug)]
struct Line<A> {
    path: Path,
    admitted: A,
    connection: Option<ConnectionId>,
    opener: Option<mpsc::Sender<OpenRequest>>,
}

/// How a connection came about. Two that agree in all of it end at the same node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) peer: PeerId,
    pub(crate) remote: Multiaddr,
    pub(crate) dialed: bool,
}

/// Removes its line when the connection's muxer is dropped.
#[derive(Debug)]
pub(crate) struct Ticket<A> {
    admissions: Arc<Admissions<A>>,
    line: u64,
}

/// Why no line was written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotWritten {
    /// Somebody has looked through the lines since the verdict.
    Outdated,
    /// The peer has as many connections as it may have.
    Full,
}

impl<A> Admissions<A> {
    pub(crate) fn new() -> Self {
        Self { book: Mutex::new(Book { sweeps: 0, next: 0, lines: HashMap::new(), connections: HashMap::new() }) }
    }

    /// A number that a verdict has to be newer than.
    pub(crate) fn sweeps(&self) -> u64 {
        self.book().sweeps
    }

    /// Connections of a peer.
    pub(crate) fn count(&self, peer: PeerId) -> usize {
        self.book().lines.values().filter(|line| line.path.peer == peer).count()
    }

    /// All connections.
    pub(crate) fn len(&self) -> usize {
        self.book().lines.len()
    }

    /// Writes the line of a connection that passed the gate.
    pub(crate) fn write(
        self: &Arc<Self>,
        path: Path,
        admitted: A,
        sweeps: u64,
        per_peer: usize,
    ) -> Result<Ticket<A>, NotWritten> {
        let mut book = self.book();
        if book.sweeps != sweeps {
            return Err(NotWritten::Outdated);
        }
        if book.lines.values().filter(|line| line.path.peer == path.peer).count() >= per_peer {
            return Err(NotWritten::Full);
        }
        let line = book.next;
        book.next += 1;
        book.lines.insert(line, Line { path, admitted, connection: None, opener: None });
        Ok(Ticket { admissions: self.clone(), line })
    }

    /// Gives the connection that the swarm shows its line; false if it has none.
    pub(crate) fn claim(&self, connection: ConnectionId, path: &Path, opener: mpsc::Sender<OpenRequest>) -> bool {
        let mut book = self.book();
        let free = book.lines.iter_mut().find(|(_, line)| line.connection.is_none() && line.path == *path);
        let Some((&number, line)) = free else {
            return false;
        };
        line.connection = Some(connection);
        line.opener = Some(opener);
        book.connections.insert(connection, number);
        true
    }

    /// Where requests for a stream on this connection go.
    pub(crate) fn opener(&self, connection: ConnectionId) -> Option<mpsc::Sender<OpenRequest>> {
        let book = self.book();
        book.connections.get(&connection).and_then(|line| book.lines.get(line)?.opener.clone())
    }

    /// Looks through all lines: what `keep` gives takes the place of the old set, none takes the
    /// line away. Returns the connections to close.
    pub(crate) fn sweep(&self, mut keep: impl FnMut(PeerId, &A) -> Option<A>) -> Vec<ConnectionId> {
        let mut book = self.book();
        book.sweeps += 1;
        let mut closed = Vec::new();
        book.lines.retain(|_, line| match keep(line.path.peer, &line.admitted) {
            Some(admitted) => {
                line.admitted = admitted;
                true
            }
            None => {
                closed.extend(line.connection);
                false
            }
        });
        for connection in &closed {
            book.connections.remove(connection);
        }
        closed
    }

    fn book(&self) -> MutexGuard<'_, Book<A>> {
        // A panic inside `keep` leaves whole lines; those not yet looked at are the caller's loss.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A: Clone> Admissions<A> {
    /// The admitted set of a connection.
    pub(crate) fn of(&self, connection: ConnectionId) -> Option<A> {
        let book = self.book();
        book.connections.get(&connection).and_then(|line| Some(book.lines.get(line)?.admitted.clone()))
    }
}

impl<A> Drop for Ticket<A> {
    fn drop(&mut self) {
        let mut book = self.admissions.book();
        if let Some(connection) = book.lines.remove(&self.line).and_then(|line| line.connection) {
            book.connections.remove(&connection);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(peer: PeerId, port: u16) -> Path {
        Path { peer, remote: format!("/ip4/127.0.0.1/tcp/{port}").parse().unwrap(), dialed: false }
    }

    #[test]
    fn two_connections_of_one_peer_have_a_line_each() {
        let book = Arc::new(Admissions::new());
        let (peer, opener) = (PeerId::random(), mpsc::channel(1).0);
        let first = book.write(path(peer, 1), "first", book.sweeps(), 2).unwrap();
        let second = book.write(path(peer, 2), "second", book.sweeps(), 2).unwrap();
        assert_eq!(book.write(path(peer, 3), "third", book.sweeps(), 2).unwrap_err(), NotWritten::Full);
        let (one, two) = (ConnectionId::new_unchecked(1), ConnectionId::new_unchecked(2));
        assert!(book.claim(two, &path(peer, 2), opener.clone()));
        assert!(book.claim(one, &path(peer, 1), opener.clone()));
        assert!(!book.claim(ConnectionId::new_unchecked(3), &path(peer, 1), opener), "each line once");
        assert_eq!((book.of(one), book.of(two), book.count(peer)), (Some("first"), Some("second"), 2));
        drop(first);
        assert_eq!((book.of(one), book.of(two), book.len()), (None, Some("second"), 1));
        assert!(book.opener(one).is_none() && book.opener(two).is_some());
        drop(second);
        assert_eq!(book.len(), 0);
    }

    #[test]
    fn a_sweep_denies_what_is_not_yet_established_and_outdates_verdicts() {
        let book = Arc::new(Admissions::new());
        let (peer, opener) = (PeerId::random(), mpsc::channel(1).0);
        let before = book.sweeps();
        let _ticket = book.write(path(peer, 1), 1, before, 4).unwrap();
        assert!(book.sweep(|_, _| None).is_empty(), "no connection to close yet");
        assert!(!book.claim(ConnectionId::new_unchecked(1), &path(peer, 1), opener));
        assert_eq!(book.write(path(peer, 2), 1, before, 4).unwrap_err(), NotWritten::Outdated);
    }
}
