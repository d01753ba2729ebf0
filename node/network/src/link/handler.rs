//! The handler of one connection: opens what is asked for, answers what the other side opens.

use std::{
    convert::Infallible,
    io,
    sync::Arc,
    task::{Context, Poll},
};

use futures::{AsyncWriteExt, FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use libp2p::{
    StreamProtocol,
    core::upgrade::ReadyUpgrade,
    swarm::{
        ConnectionHandler, ConnectionHandlerEvent, StreamUpgradeError, SubstreamProtocol,
        handler::{ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound},
    },
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::timeout,
};

use super::{BUSY, OpenError, OpenRequest, READY, Settings, Stream};
use crate::counters::count;

/// Answers being written at once, beyond the streams taken; above it a stream is reset, which
/// the other side sees.
const ANSWERS: usize = 16;

/// The handler of one connection.
pub(crate) struct Handler {
    settings: Settings,
    /// What [`open`](crate::NetworkHandle::open) asks for; it comes here without passing the swarm.
    requests: mpsc::Receiver<OpenRequest>,
    places: Arc<Semaphore>,
    answers: FuturesUnordered<BoxFuture<'static, Answered>>,
}

/// An answer was written to a stream, or could not be.
enum Answered {
    Ready(Stream),
    Busy,
    Broken,
}

impl Handler {
    pub(super) fn new(settings: Settings, requests: mpsc::Receiver<OpenRequest>) -> Self {
        let places = Arc::new(Semaphore::new(settings.streams));
        Self { settings, requests, places, answers: FuturesUnordered::new() }
    }

    fn answer(&mut self, stream: libp2p::Stream) {
        let limit = self.settings.answer;
        match self.places.clone().try_acquire_owned() {
            Ok(place) => {
                let ready = async move { timeout(limit, ready(stream, place)).await };
                self.answers.push(
                    ready.map(|done| done.ok().and_then(Result::ok).map_or(Answered::Broken, Answered::Ready)).boxed(),
                );
            }
            Err(_) if self.answers.len() < ANSWERS => {
                let busy = async move { timeout(limit, busy(stream)).await };
                self.answers.push(
                    busy.map(|done| if let Ok(Ok(())) = done { Answered::Busy } else { Answered::Broken }).boxed(),
                );
            }
            Err(_) => count(&self.settings.counters.streams_broken),
        }
    }
}

async fn ready(mut stream: libp2p::Stream, place: OwnedSemaphorePermit) -> io::Result<Stream> {
    stream.write_all(&[READY]).await?;
    stream.flush().await?;
    Ok(Stream::taken(stream, place))
}

async fn busy(mut stream: libp2p::Stream) -> io::Result<()> {
    stream.write_all(&[BUSY]).await?;
    stream.close().await
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Infallible;
    type ToBehaviour = Stream;
    type InboundProtocol = ReadyUpgrade<StreamProtocol>;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = OpenRequest;

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol> {
        SubstreamProtocol::new(ReadyUpgrade::new(self.settings.protocol.clone()), ()).with_timeout(self.settings.answer)
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, Self::OutboundOpenInfo, Self::ToBehaviour>> {
        while let Poll::Ready(Some(answered)) = self.answers.poll_next_unpin(cx) {
            match answered {
                Answered::Ready(stream) => {
                    count(&self.settings.counters.streams_in);
                    return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(stream));
                }
                Answered::Busy => count(&self.settings.counters.streams_busy),
                Answered::Broken => count(&self.settings.counters.streams_broken),
            }
        }
        if let Poll::Ready(Some(request)) = self.requests.poll_recv(cx) {
            let protocol = SubstreamProtocol::new(ReadyUpgrade::new(self.settings.protocol.clone()), request)
                .with_timeout(self.settings.answer);
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
        }
        Poll::Pending
    }

    fn on_behaviour_event(&mut self, event: Infallible) {
        match event {}
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<Self::InboundProtocol, Self::OutboundProtocol, (), Self::OutboundOpenInfo>,
    ) {
        // Who asked may have stopped waiting; the stream or the error then ends here.
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol, .. }) => self.answer(protocol),
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol, info }) => {
                let _ = info.send(Ok(protocol));
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info, error }) => {
                let _ = info.send(Err(match error {
                    StreamUpgradeError::Timeout => OpenError::Silent,
                    StreamUpgradeError::NegotiationFailed => OpenError::Unsupported,
                    StreamUpgradeError::Io(error) => OpenError::Lost(error),
                    StreamUpgradeError::Apply(never) => match never {},
                }));
            }
            _ => {}
        }
    }
}
