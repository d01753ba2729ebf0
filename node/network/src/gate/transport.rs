//! The gate as a transport around the secured transports.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use futures::{FutureExt, future::BoxFuture};
use libp2p::{
    Multiaddr, PeerId,
    core::{
        Endpoint,
        muxing::StreamMuxerBox,
        transport::{Boxed, DialOpts, ListenerId, Transport, TransportError, TransportEvent},
    },
    multiaddr::Protocol,
};
use musubi_protocol::gate::Refusal;
use tokio::time::timeout;

use super::{
    Error, Gatekeeper, Judgement,
    exchange::{Clock, Exchange, Verdict},
    muxer::{self, Admitted},
};
use crate::{
    admissions::{Admissions, NotWritten, Path, Ticket},
    counters::{Registry, count},
    limits::Limits,
    pending::{Place, Places, address_of},
};

/// Connections that are turned away in a row before other work gets its turn.
const TURNED_AWAY_IN_A_ROW: usize = 64;

/// What every gate of a node shares.
pub(crate) struct Shared<G: Gatekeeper> {
    pub(crate) local: PeerId,
    pub(crate) keeper: Arc<G>,
    pub(crate) limits: Limits,
    pub(crate) counters: Arc<Registry>,
    pub(crate) places: Arc<Places>,
    pub(crate) admissions: Arc<Admissions<G::Admitted>>,
    pub(crate) stopping: AtomicBool,
}

/// A gate that did not admit, and whom.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The peer, where the encryption has proven it.
    pub(crate) peer: Option<PeerId>,
    pub(crate) error: Error,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self { peer: None, error: Error::Lost(error) }
    }
}

/// A transport whose connections have all passed the gate.
pub(crate) struct Gated<G: Gatekeeper> {
    inner: Boxed<(PeerId, StreamMuxerBox)>,
    shared: Arc<Shared<G>>,
}

impl<G: Gatekeeper> Gated<G> {
    pub(crate) fn new(inner: Boxed<(PeerId, StreamMuxerBox)>, shared: Arc<Shared<G>>) -> Self {
        Self { inner, shared }
    }
}

type Output = (PeerId, StreamMuxerBox);
type Upgrade = BoxFuture<'static, Result<Output, Failure>>;

impl<G: Gatekeeper> Transport for Gated<G> {
    type Output = Output;
    type Error = Failure;
    type ListenerUpgrade = Upgrade;
    type Dial = Upgrade;

    fn listen_on(&mut self, id: ListenerId, address: Multiaddr) -> Result<(), TransportError<Failure>> {
        self.inner.listen_on(id, address).map_err(|error| error.map(Failure::from))
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        self.inner.remove_listener(id)
    }

    fn dial(&mut self, address: Multiaddr, options: DialOpts) -> Result<Upgrade, TransportError<Failure>> {
        let dialing = self.inner.dial(address.clone(), options).map_err(|error| error.map(Failure::from))?;
        let shared = self.shared.clone();
        // When both ends dial through a relay's help, one of them speaks as the listener.
        let speaks_first = options.role == Endpoint::Dialer;
        Ok(async move {
            let secured = timeout(shared.limits.dial, dialing).await;
            shared.counted(shared.gate(secured, address, true, speaks_first, None).await)
        }
        .boxed())
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<TransportEvent<Upgrade, Failure>> {
        for _ in 0..TURNED_AWAY_IN_A_ROW {
            let event = match Pin::new(&mut self.inner).poll(cx) {
                Poll::Ready(event) => event,
                Poll::Pending => return Poll::Pending,
            };
            let (mut place, mut remote) = (None, Multiaddr::empty());
            if let TransportEvent::Incoming { send_back_addr, .. } = &event {
                let address = address_of(send_back_addr);
                let quic = send_back_addr.iter().any(|part| matches!(part, Protocol::Udp(_)));
                place = self.shared.places.enter(send_back_addr, self.shared.keeper.knows_address(address), quic);
                if place.is_none() {
                    // Dropping the event closes the connection; the swarm never hears of it.
                    count(&self.shared.counters.turned_away);
                    continue;
                }
                remote.clone_from(send_back_addr);
            }
            let shared = self.shared.clone();
            let event = event.map_upgrade(|upgrade| {
                async move {
                    let displaced = place.as_ref().map(Place::displaced).unwrap_or_default();
                    let admitting = async {
                        let secured = timeout(shared.limits.handshake, upgrade).await;
                        shared.gate(secured, remote, false, false, place).await
                    };
                    let outcome = tokio::select! {
                        biased;
                        outcome = admitting => outcome,
                        // Without a word: whoever said nothing hears nothing, and nobody is waited for.
                        () = displaced.cancelled() => Err(Failure { peer: None, error: Error::Displaced }),
                    };
                    shared.counted(outcome)
                }
                .boxed()
            });
            return Poll::Ready(event.map_err(Failure::from));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<G: Gatekeeper> Shared<G> {
    fn counted(&self, outcome: Result<Output, Failure>) -> Result<Output, Failure> {
        if let Err(failure) = &outcome {
            self.counters.failed(&failure.error);
        }
        outcome
    }

    /// Takes a secured connection through the gate.
    async fn gate(
        &self,
        secured: Result<std::io::Result<Output>, tokio::time::error::Elapsed>,
        remote: Multiaddr,
        dialed: bool,
        speaks_first: bool,
        mut place: Option<Place>,
    ) -> Result<Output, Failure> {
        let (peer, mut muxer) =
            secured.map_err(|_| Failure { peer: None, error: Error::TooSlow })?.map_err(Failure::from)?;
        if let Some(place) = &place {
            place.secured();
            if self.keeper.knows_peer(peer) {
                place.is_known(peer);
            }
        }
        let path = Path { peer, remote, dialed };
        match self.admit(&mut muxer, path, speaks_first, place.as_ref()).await {
            Ok(ticket) => {
                if let Some(place) = &mut place {
                    place.is_admitted();
                }
                Ok((peer, StreamMuxerBox::new(Admitted::new(muxer, ticket))))
            }
            Err(error) => {
                muxer::close(muxer, self.limits.linger).await;
                Err(Failure { peer: Some(peer), error })
            }
        }
    }

    async fn admit(
        &self,
        muxer: &mut StreamMuxerBox,
        path: Path,
        speaks_first: bool,
        place: Option<&Place>,
    ) -> Result<Ticket<G::Admitted>, Error> {
        let peer = path.peer;
        if peer == self.local {
            return Err(Error::OwnNode);
        }
        // Checked before anything is said: what this node is, is for the dialed node only.
        if path.dialed && named_peer(&path.remote).is_some_and(|named| named != peer) {
            return Err(Error::OtherNode);
        }
        let mut sweeps = self.admissions.sweeps();
        let settled = AtomicBool::new(false);
        let clock = Clock::start(&self.limits);
        let mut stream = clock.first(muxer::first_substream(muxer, speaks_first)).await?;
        let exchange = Exchange { keeper: &*self.keeper, peer, clock, settled: &settled, place };
        let Verdict { mut admitted, hello } = if speaks_first {
            muxer::drive(muxer, &settled, exchange.dial(&mut stream)).await?
        } else {
            let full = self.full(peer);
            muxer::drive(muxer, &settled, exchange.listen(&mut stream, full)).await?
        };
        loop {
            match self.admissions.write(path.clone(), admitted, sweeps, self.limits.connections_per_peer) {
                Ok(ticket) => return Ok(ticket),
                Err(NotWritten::Full) => return Err(Error::Refused(Refusal::Busy)),
                // Something was revoked while the two were talking: the verdict may be of before.
                Err(NotWritten::Outdated) => {
                    sweeps = self.admissions.sweeps();
                    admitted = match self.keeper.judge(peer, &hello, true) {
                        Judgement::Admit(admitted) => admitted,
                        Judgement::SendCrls => return Err(Error::Refused(Refusal::Stale)),
                        Judgement::Refuse(refusal) => return Err(Error::Refused(refusal)),
                    };
                }
            }
        }
    }

    /// What a listener answers without looking at credentials.
    fn full(&self, peer: PeerId) -> Option<Refusal> {
        if self.stopping.load(Ordering::Relaxed) {
            Some(Refusal::Stopping)
        } else if self.admissions.count(peer) >= self.limits.connections_per_peer {
            Some(Refusal::Busy)
        } else {
            None
        }
    }
}

/// The peer that a dialed address names.
pub(crate) fn named_peer(address: &Multiaddr) -> Option<PeerId> {
    match address.iter().last() {
        Some(Protocol::P2p(peer)) => Some(peer),
        _ => None,
    }
}
