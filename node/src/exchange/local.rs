//! Desks of one node: the same two halves over a pipe in memory, with the same states, signatures and receipts.
//! libp2p refuses to dial itself, and two kinds of one office may write to each other too.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::duplex,
    sync::{broadcast, mpsc},
    task::JoinSet,
    time::{interval, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{Opener, SessionError, Stream, accept, push};
use crate::core::{Core, Event};

/// Bytes that one half may be ahead of the other.
const PIPE: usize = 256 << 10;
/// Streams that may wait to be served.
const STREAMS: usize = 8;

/// Pause before a session that broke is begun anew.
const PAUSE: Duration = Duration::from_secs(1);
/// How often it is looked whether other desks take part than at the beginning.
const RECHECK: Duration = Duration::from_secs(30);

/// Opens pipes to the receiving half.
#[derive(Clone)]
struct Pipes(mpsc::Sender<Stream>);

impl Opener for Pipes {
    async fn open(&self) -> Result<Stream, SessionError> {
        let (ours, theirs) = duplex(PIPE);
        self.0.send(Box::new(theirs)).await.map_err(|_| SessionError::Ended)?;
        Ok(Box::new(ours))
    }
}

/// Connects the desks of this node with each other until `stop`; begins anew when certificates or lists change.
pub async fn run(core: Arc<Core>, stop: CancellationToken) {
    let mut events = core.events();
    loop {
        let session = session(Arc::clone(&core));
        tokio::select! {
            () = stop.cancelled() => return,
            () = trust_changes(&mut events) => {}
            error = session => {
                tracing::debug!(%error, "the local exchange begins anew");
                // Whatever is wrong may be so for a while.
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = sleep(PAUSE) => {}
                }
            }
        }
    }
}

/// Waits until trust changed, or may have.
async fn trust_changes(events: &mut broadcast::Receiver<Event>) {
    while !matches!(events.recv().await, Ok(Event::Trust) | Err(broadcast::error::RecvError::Lagged(_))) {}
}

/// One pair of halves. Ends with an error only; with fewer than two addresses it waits.
async fn session(core: Arc<Core>) -> SessionError {
    let admitted = core.admitted_here();
    tracing::debug!(addresses = admitted.addresses().len(), "the local exchange begins");
    if admitted.addresses().len() < 2 {
        return std::future::pending().await;
    }
    let shown = admitted.addresses();
    let admitted = Arc::new(Mutex::new(admitted));
    let mut recheck = interval(RECHECK);
    let (pipes, mut incoming) = mpsc::channel(STREAMS);
    let opener = Pipes(pipes);
    // Dropped with the session, which ends every half.
    let mut halves = JoinSet::new();
    {
        let (core, admitted, opener) = (Arc::clone(&core), Arc::clone(&admitted), opener.clone());
        halves.spawn(async move {
            let stream = opener.open().await?;
            push(core, admitted, Arc::default(), stream, opener).await
        });
    }
    loop {
        tokio::select! {
            Some(stream) = incoming.recv() => {
                let (core, admitted, peer) = (Arc::clone(&core), Arc::clone(&admitted), core.peer_id());
                halves.spawn(accept(core, peer, admitted, stream));
            }
            // A licence or certificate may have ended, or begun.
            _ = recheck.tick() => if core.admitted_here().addresses() != shown {
                return SessionError::Ended;
            },
            Some(ended) = halves.join_next() => match ended {
                // A body stream has done its work.
                Ok(Ok(())) => {}
                Ok(Err(error)) => return error,
                Err(_) => return SessionError::Ended,
            },
        }
    }
}
