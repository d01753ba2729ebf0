//! Questions of those who have no certificate: a swarm of its own that speaks `/musubi/enrol/1` and nothing else.
//!
//! [`listen`] serves the authority's end, [`Asker`] is the other one. TCP with Noise and yamux; what the messages mean is
//! none of this module's business. Every connection, question and answer is bounded in number, size and time, and from
//! one address (one IPv6 /64) only so much is taken that others get their turn.

use std::{
    collections::HashMap,
    fmt, io,
    net::IpAddr,
    num::NonZeroUsize,
    task::{Context, Poll},
    time::Duration,
};

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, StreamExt, stream::FuturesUnordered};
use libp2p::{
    Multiaddr, PeerId, StreamProtocol, Swarm,
    connection_limits::{self, ConnectionLimits},
    core::{
        Endpoint,
        muxing::StreamMuxerBox,
        transport::{Boxed, PortUse, Transport, upgrade::Version},
    },
    dns,
    identity::Keypair,
    noise,
    request_response::{self, Codec, OutboundFailure, ProtocolSupport, ResponseChannel},
    swarm::{
        self, ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, SwarmEvent, THandler, THandlerInEvent,
        THandlerOutEvent, ToSwarm, dial_opts::DialOpts, dummy,
    },
    tcp, yamux,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{pending::address_of, service::StartError};

/// The protocol's name. It holds no network id: who asks for the first time knows none.
const PROTOCOL: StreamProtocol = StreamProtocol::new("/musubi/enrol/1");

/// Bounds of the authority's end, and of what its answers may be.
#[derive(Clone, Debug)]
pub struct EnrolLimits {
    /// Connections at one time.
    pub connections: u32,
    /// Of these, from one IPv4 address or one IPv6 /64. Many offices may share one address.
    pub connections_per_address: usize,
    /// Incoming connections that are not secured yet.
    pub pending: u32,
    /// Questions of one connection at one time.
    pub questions: usize,
    /// Questions that wait for an answer, of all connections; beyond, the swarm rests.
    pub waiting: usize,
    /// Reaching the authority and securing the connection, when asking.
    pub dial: Duration,
    /// From the first byte of a question to the last of its answer.
    pub answer: Duration,
    /// How long a connection without questions is kept.
    pub idle: Duration,
    /// The longest question in bytes.
    pub question: usize,
    /// The longest answer in bytes.
    pub reply: usize,
}

impl Default for EnrolLimits {
    fn default() -> Self {
        Self {
            connections: 1024,
            connections_per_address: 64,
            pending: 256,
            questions: 4,
            waiting: 64,
            dial: Duration::from_secs(10),
            answer: Duration::from_secs(20),
            idle: Duration::from_secs(10),
            question: musubi_protocol::enrol::MAX_QUESTION,
            reply: musubi_protocol::enrol::MAX_ANSWER,
        }
    }
}

/// A question, and where its answer goes. Dropped, it stays unanswered.
pub struct Asked {
    /// Who asks: the other end of the connection, and no more.
    pub peer: PeerId,
    /// From where; of an IPv6 address its /64.
    pub address: Option<IpAddr>,
    /// Type and array.
    pub question: Vec<u8>,
    /// Takes type and array of the answer.
    pub answer: oneshot::Sender<Vec<u8>>,
}

/// Without the question, which may hold a code.
impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Asked({}, {} bytes)", self.peer, self.question.len())
    }
}

/// A listening authority. Dropped, it stops.
#[derive(Debug)]
pub struct Enrolment {
    /// Its end's peer id.
    pub peer: PeerId,
    /// Where it listens.
    pub listen: Vec<Multiaddr>,
    /// The questions, in the order in which they came.
    pub questions: mpsc::Receiver<Asked>,
    stop: CancellationToken,
}

impl Drop for Enrolment {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Listens for strangers on the current runtime. When it returns, every listener has an address.
///
/// # Errors
/// [`StartError`]; nothing is left running then.
pub async fn listen(keypair: Keypair, addresses: Vec<Multiaddr>, limits: EnrolLimits) -> Result<Enrolment, StartError> {
    let mut swarm = swarm(&keypair, &limits, true)?;
    let failed = |address: &Multiaddr, reason: String| StartError::Listen { address: address.clone(), reason };
    for address in &addresses {
        let _ = swarm.listen_on(address.clone()).map_err(|error| failed(address, error.to_string()))?;
    }
    let mut listen = Vec::new();
    while listen.len() < addresses.len() {
        match swarm.select_next_some().await {
            SwarmEvent::NewListenAddr { address, .. } => listen.push(address),
            SwarmEvent::ListenerError { error, .. } => return Err(failed(&addresses[listen.len()], error.to_string())),
            SwarmEvent::ListenerClosed { reason: Err(error), .. } => {
                return Err(failed(&addresses[listen.len()], error.to_string()));
            }
            _ => {}
        }
    }
    let (hand_over, questions) = mpsc::channel(limits.waiting);
    let (peer, stop) = (*swarm.local_peer_id(), CancellationToken::new());
    tokio::spawn(serve(swarm, hand_over, limits.waiting, stop.clone()));
    Ok(Enrolment { peer, listen, questions, stop })
}

async fn serve(mut swarm: Swarm<Strangers>, hand_over: mpsc::Sender<Asked>, bound: usize, stop: CancellationToken) {
    type Reply = (ResponseChannel<Vec<u8>>, Option<Vec<u8>>);
    let mut answers = FuturesUnordered::new();
    let wait = async |channel, answer: oneshot::Receiver<Vec<u8>>| -> Reply { (channel, answer.await.ok()) };
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            Some((channel, answer)) = answers.next() => {
                // Without an answer the stream is closed.
                if let Some(answer) = answer {
                    let _ = swarm.behaviour_mut().talk.send_response(channel, answer);
                }
            }
            // With too many open questions nobody is heard until one is answered.
            event = swarm.select_next_some(), if answers.len() < bound => {
                let SwarmEvent::Behaviour(StrangersEvent::Talk(request_response::Event::Message {
                    peer,
                    connection_id,
                    message: request_response::Message::Request { request, channel, .. },
                })) = event else { continue };
                let address = swarm.behaviour().share.address(connection_id);
                let (answer, answered) = oneshot::channel();
                answers.push(wait(channel, answered));
                if hand_over.send(Asked { peer, address, question: request, answer }).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// The own end could not be made.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The authority was not reached.
    #[error("the authority cannot be reached: {0}")]
    Dial(String),
    /// The connection broke, or the answer did not come in time.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// What answers there does not speak this protocol.
    #[error("what answers there is not an authority")]
    NotAnAuthority,
}

/// Somebody who asks, over one connection.
pub struct Asker {
    swarm: Swarm<Strangers>,
    authority: PeerId,
    limits: EnrolLimits,
}

impl Asker {
    /// Reaches an authority at a TCP address. Who is there is to be proven by what it says.
    ///
    /// # Errors
    /// [`AskError::Dial`], [`AskError::Start`].
    pub async fn reach(keypair: &Keypair, address: Multiaddr, limits: EnrolLimits) -> Result<Self, AskError> {
        let mut swarm = swarm(keypair, &limits, false)?;
        let failed = |error: &dyn std::error::Error| AskError::Dial(chain(error));
        swarm.dial(DialOpts::unknown_peer_id().address(address).build()).map_err(|error| failed(&error))?;
        let connected = async {
            loop {
                match swarm.select_next_some().await {
                    SwarmEvent::ConnectionEstablished { peer_id, .. } => return Ok(peer_id),
                    SwarmEvent::OutgoingConnectionError { error, .. } => return Err(failed(&error)),
                    _ => {}
                }
            }
        };
        let authority = timeout(limits.dial, connected).await.map_err(|late| failed(&late))??;
        Ok(Self { swarm, authority, limits })
    }

    /// The peer ids of both ends: theirs, then ours.
    #[must_use]
    pub fn ends(&self) -> (PeerId, PeerId) {
        (self.authority, *self.swarm.local_peer_id())
    }

    /// Asks, and waits for the answer. Not cancel safe: an answer that comes later is lost.
    ///
    /// # Errors
    /// [`AskError::NoAnswer`], [`AskError::NotAnAuthority`]; the connection is of no more use then.
    pub async fn ask(&mut self, question: Vec<u8>) -> Result<Vec<u8>, AskError> {
        let asked = self.swarm.behaviour_mut().talk.send_request(&self.authority, question);
        let answered = async {
            loop {
                let event = self.swarm.select_next_some().await;
                match event {
                    SwarmEvent::Behaviour(StrangersEvent::Talk(request_response::Event::Message {
                        message: request_response::Message::Response { request_id, response },
                        ..
                    })) if request_id == asked => return Ok(response),
                    SwarmEvent::Behaviour(StrangersEvent::Talk(request_response::Event::OutboundFailure {
                        request_id,
                        error,
                        ..
                    })) if request_id == asked => {
                        return Err(match error {
                            OutboundFailure::UnsupportedProtocols => AskError::NotAnAuthority,
                            other => AskError::NoAnswer(chain(&other)),
                        });
                    }
                    _ => {}
                }
            }
        };
        // The protocol's own limit comes first; this one is for whatever it does not cover.
        let limit = self.limits.answer + self.limits.dial;
        timeout(limit, answered).await.map_err(|late| AskError::NoAnswer(late.to_string()))?
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut parts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        parts.push(cause.to_string());
        source = cause.source();
    }
    parts.join(": ")
}

fn swarm(keypair: &Keypair, limits: &EnrolLimits, serving: bool) -> Result<Swarm<Strangers>, StartError> {
    let support = if serving { ProtocolSupport::Inbound } else { ProtocolSupport::Outbound };
    let config = request_response::Config::default()
        .with_request_timeout(limits.answer)
        .with_max_concurrent_streams(limits.questions);
    let messages = Messages { question: limits.question, reply: limits.reply };
    let behaviour = Strangers {
        limits: connection_limits::Behaviour::new(
            ConnectionLimits::default()
                .with_max_pending_incoming(Some(limits.pending))
                .with_max_established_incoming(Some(if serving { limits.connections } else { 0 }))
                .with_max_established_per_peer(Some(2)),
        ),
        share: Share { most: limits.connections_per_address, open: HashMap::new() },
        talk: request_response::Behaviour::with_codec(messages, [(PROTOCOL, support)], config),
    };
    let config = swarm::Config::with_tokio_executor()
        .with_idle_connection_timeout(limits.idle)
        .with_max_negotiating_inbound_streams(limits.questions)
        .with_notify_handler_buffer_size(NonZeroUsize::MIN);
    Ok(Swarm::new(transport(keypair, limits)?, behaviour, keypair.public().to_peer_id(), config))
}

fn transport(keypair: &Keypair, limits: &EnrolLimits) -> Result<Boxed<(PeerId, StreamMuxerBox)>, StartError> {
    let plain = || -> Result<Boxed<(PeerId, StreamMuxerBox)>, StartError> {
        let noise = noise::Config::new(keypair).map_err(|_| StartError::Key)?;
        let mut yamux = yamux::Config::default();
        yamux.set_max_num_streams(limits.questions * 2);
        Ok(tcp::tokio::Transport::new(tcp::Config::default().nodelay(true))
            .upgrade(Version::V1Lazy)
            .authenticate(noise)
            .multiplex(yamux)
            .timeout(limits.dial)
            .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
            .boxed())
    };
    match dns::tokio::Transport::system(plain()?) {
        Ok(resolving) => Ok(resolving.boxed()),
        Err(error) => {
            tracing::warn!(%error, "names are not resolved, only numeric addresses can be dialed");
            plain()
        }
    }
}

#[derive(NetworkBehaviour)]
#[behaviour(prelude = "libp2p::swarm::derive_prelude")]
struct Strangers {
    limits: connection_limits::Behaviour,
    share: Share,
    talk: request_response::Behaviour<Messages>,
}

/// Keeps one address from taking the places of all others.
struct Share {
    most: usize,
    open: HashMap<ConnectionId, IpAddr>,
}

impl Share {
    fn address(&self, connection: ConnectionId) -> Option<IpAddr> {
        self.open.get(&connection).copied()
    }
}

/// From this address there are as many connections as it gets.
#[derive(Debug, thiserror::Error)]
#[error("too many connections from one address")]
struct TooMany;

impl NetworkBehaviour for Share {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = std::convert::Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        let address = address_of(remote);
        if self.most <= self.open.values().filter(|other| **other == address).count() {
            return Err(ConnectionDenied::new(TooMany));
        }
        self.open.insert(connection, address);
        Ok(())
    }

    fn handle_established_inbound_connection(
        &mut self,
        _connection: ConnectionId,
        _peer: PeerId,
        _local: &Multiaddr,
        _remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(dummy::ConnectionHandler)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _connection: ConnectionId,
        _peer: PeerId,
        _remote: &Multiaddr,
        _role: Endpoint,
        _port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionClosed(closed) => drop(self.open.remove(&closed.connection_id)),
            FromSwarm::ListenFailure(failed) => drop(self.open.remove(&failed.connection_id)),
            _ => {}
        }
    }

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

/// u32 BE length of the rest, and the rest.
#[derive(Clone)]
struct Messages {
    question: usize,
    reply: usize,
}

impl Codec for Messages {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = Vec<u8>;

    async fn read_request<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<Vec<u8>> {
        read(io, self.question).await
    }

    async fn read_response<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<Vec<u8>> {
        read(io, self.reply).await
    }

    async fn write_request<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        message: Vec<u8>,
    ) -> io::Result<()> {
        write(io, &message).await
    }

    async fn write_response<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        message: Vec<u8>,
    ) -> io::Result<()> {
        write(io, &message).await
    }
}

/// Reads a message; its memory grows with what has come, not with what was announced.
async fn read(io: &mut (impl AsyncRead + Unpin), limit: usize) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    io.read_exact(&mut length).await?;
    let length = u32::from_be_bytes(length);
    if length as usize > limit {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut message = Vec::new();
    io.take(u64::from(length)).read_to_end(&mut message).await?;
    if message.len() == length as usize { Ok(message) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

async fn write(io: &mut (impl AsyncWrite + Unpin), message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    io.write_all(&length.to_be_bytes()).await?;
    io.write_all(message).await?;
    io.close().await
}
