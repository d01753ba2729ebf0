//! Nodes with a toy gatekeeper, raw dialers, and waiting with a limit.

use std::{
    collections::HashSet,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, future::poll_fn};
use libp2p::{
    Transport,
    core::{
        Endpoint,
        muxing::{StreamMuxerBox, StreamMuxerExt, SubstreamBox},
        transport::{Boxed, DialOpts, PortUse},
        upgrade::Version,
    },
    noise, quic, tcp, yamux,
};
use musubi_network::{
    Config, ConnectionId, Keypair, Multiaddr, NetworkHandle, PeerId,
    event::{Closed, DialFailure, Event},
    gate::{Error, Gatekeeper, Judgement},
    limits::Limits,
    start,
};
use musubi_protocol::{
    gate::{Hello, Refusal},
    ids::Hash,
};
use tokio::{sync::mpsc, time::timeout};

pub const BOTH: [Kind; 2] = [Kind::Tcp, Kind::Quic];

/// Over what two nodes meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Tcp,
    Quic,
}

impl Kind {
    pub fn listen(self) -> Multiaddr {
        match self {
            Self::Tcp => "/ip4/127.0.0.1/tcp/0",
            Self::Quic => "/ip4/127.0.0.1/udp/0/quic-v1",
        }
        .parse()
        .unwrap()
    }
}

/// Everything here ends in time or fails.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), future).await.unwrap_or_else(|_| panic!("no {what} in time"))
}

/// A gatekeeper of one made-up issuer. A credential is text: `desk NAME` is admitted as NAME
/// unless the CRL names it, `refuse N` is refused with the number N, `stale NAME` is refused as
/// stale unless the CRL here is at least as new as there. A CRL is `NUMBER NAME,NAME`, padded
/// with spaces.
#[derive(Default)]
pub struct Toy {
    pub network: u8,
    pub credentials: Vec<String>,
    pub crl: Mutex<(u64, HashSet<String>)>,
    pub crl_padding: usize,
    pub withholds_crls: bool,
    pub known_addresses: HashSet<IpAddr>,
    pub known_peers: HashSet<PeerId>,
}

const ISSUER: Hash = Hash([7; 32]);

impl Toy {
    pub fn desk(name: &str) -> Self {
        Self { credentials: vec![format!("desk {name}")], crl: Mutex::new((1, HashSet::new())), ..Self::default() }
    }

    pub fn claims(credential: &str) -> Self {
        Self { credentials: vec![credential.into()], ..Self::desk("-") }
    }

    pub fn with_crl(self, number: u64, revoked: &[&str]) -> Self {
        *self.crl.lock().unwrap() = (number, revoked.iter().map(ToString::to_string).collect());
        self
    }

    pub fn crl_number(&self) -> u64 {
        self.crl.lock().unwrap().0
    }
}

impl Gatekeeper for Toy {
    type Admitted = Vec<String>;

    fn hello(&self) -> Hello {
        Hello {
            network: Hash([self.network; 32]),
            trust: 1,
            crls: vec![(ISSUER, self.crl_number())],
            log_size: 0,
            credentials: self.credentials.iter().map(|text| text.as_bytes().to_vec().into()).collect(),
        }
    }

    fn judge(&self, _: PeerId, hello: &Hello, after_catch_up: bool) -> Judgement<Vec<String>> {
        if hello.network != Hash([self.network; 32]) {
            return Judgement::Refuse(Refusal::Network);
        }
        let theirs = hello.crls.iter().find(|(issuer, _)| *issuer == ISSUER).map_or(0, |(_, number)| *number);
        let (ours, revoked) = &*self.crl.lock().unwrap();
        let mut admitted = Vec::new();
        for credential in &hello.credentials {
            match std::str::from_utf8(credential).unwrap().split_once(' ').unwrap() {
                ("refuse", code) => return Judgement::Refuse(Refusal::from_code(code.parse().unwrap())),
                (word, name) => {
                    if theirs > *ours && !after_catch_up {
                        return Judgement::SendCrls;
                    }
                    if revoked.contains(name) {
                        return Judgement::Refuse(Refusal::Revoked);
                    }
                    if word == "stale" && theirs > *ours {
                        return Judgement::Refuse(Refusal::Stale);
                    }
                    admitted.push(name.to_string());
                }
            }
        }
        if admitted.is_empty() { Judgement::Refuse(Refusal::NoCredential) } else { Judgement::Admit(admitted) }
    }

    fn newer_crls(&self, theirs: &[(Hash, u64)]) -> Vec<Vec<u8>> {
        let (number, revoked) = &*self.crl.lock().unwrap();
        let held = theirs.iter().find(|(issuer, _)| *issuer == ISSUER).map_or(0, |(_, number)| *number);
        if self.withholds_crls || held >= *number {
            return Vec::new();
        }
        let names: Vec<&str> = revoked.iter().map(String::as_str).collect();
        let mut crl = format!("{number} {}", names.join(",")).into_bytes();
        crl.resize(crl.len() + self.crl_padding, b' ');
        vec![crl]
    }

    async fn learn_crls(&self, crls: Vec<Vec<u8>>) {
        for crl in crls {
            let text = String::from_utf8(crl).unwrap();
            let (number, names) = text.trim_end().split_once(' ').unwrap_or((text.trim_end(), ""));
            let mut held = self.crl.lock().unwrap();
            if number.parse::<u64>().unwrap() > held.0 {
                *held = (number.parse().unwrap(), names.split(',').map(Into::into).collect());
            }
        }
    }

    fn knows_address(&self, address: IpAddr) -> bool {
        self.known_addresses.contains(&address)
    }

    fn knows_peer(&self, peer: PeerId) -> bool {
        self.known_peers.contains(&peer)
    }
}

/// Limits short enough for tests that wait for one to pass.
pub fn short() -> Limits {
    Limits {
        first_byte: Duration::from_millis(400),
        gate: Duration::from_millis(900),
        handshake: Duration::from_millis(900),
        pending_per_address: 512,
        ..Limits::default()
    }
}

/// A running node.
pub struct Node {
    pub handle: NetworkHandle<Vec<String>>,
    pub events: mpsc::Receiver<Event<Vec<String>>>,
    pub keeper: Arc<Toy>,
}

impl Node {
    pub async fn new(kind: Kind, keeper: Toy) -> Self {
        Self::with(kind, keeper, Limits { pending_per_address: 512, ..Limits::default() }).await
    }

    pub async fn with(kind: Kind, keeper: Toy, limits: Limits) -> Self {
        Self::keyed(kind, keeper, limits, Keypair::generate_ed25519()).await
    }

    pub async fn keyed(kind: Kind, keeper: Toy, limits: Limits, keypair: Keypair) -> Self {
        let keeper = Arc::new(keeper);
        let config = Config { keypair, listen: vec![kind.listen()], network: Hash([0xab; 32]), limits };
        let (handle, events) = start(config, keeper.clone()).await.unwrap();
        Self { handle, events, keeper }
    }

    pub fn address(&self) -> Multiaddr {
        self.handle.listen_addrs()[0].clone()
    }

    pub async fn event(&mut self) -> Event<Vec<String>> {
        loop {
            match soon("event", self.events.recv()).await.expect("the network runs") {
                Event::Listening { .. } => {}
                event => return event,
            }
        }
    }

    /// Waits for the next connection: its id and what it is admitted for.
    pub async fn connected(&mut self) -> (ConnectionId, Vec<String>) {
        match self.event().await {
            Event::Connected { connection, admitted, .. } => (connection, admitted),
            other => panic!("{other:?} instead of a connection"),
        }
    }

    pub async fn closed(&mut self) -> (ConnectionId, Closed) {
        match self.event().await {
            Event::Closed { connection, reason, .. } => (connection, reason),
            other => panic!("{other:?} instead of the end of a connection"),
        }
    }

    /// Dials and waits for the reason why not.
    pub async fn dial_fails(&mut self, address: Multiaddr) -> DialFailure {
        let dialed = self.handle.dial(address).await.unwrap();
        match self.event().await {
            Event::DialFailed { connection, reason, .. } if connection == dialed => reason,
            other => panic!("{other:?} instead of a failed dial"),
        }
    }

    pub async fn refused(&mut self) -> Error {
        match self.event().await {
            Event::Refused { reason, .. } => reason,
            other => panic!("{other:?} instead of a refusal"),
        }
    }

    /// Nobody has been shown to the swarm, and no stream was opened.
    pub fn saw_nobody(&mut self) {
        let counters = self.handle.counters();
        assert_eq!((counters.established, counters.admitted), (0, 0));
        assert_eq!((counters.streams_in, counters.streams_busy, counters.streams_broken), (0, 0, 0));
        while let Ok(event) = self.events.try_recv() {
            assert!(matches!(event, Event::Listening { .. } | Event::Refused { .. }), "{event:?}");
        }
    }
}

/// Two connected nodes and the connection as each sees it.
pub async fn pair(kind: Kind, limits: Limits) -> (Node, ConnectionId, Node, ConnectionId) {
    let mut listener = Node::with(kind, Toy::desk("listener"), limits.clone()).await;
    let mut dialer = Node::with(kind, Toy::desk("dialer"), limits).await;
    dialer.handle.dial(listener.address()).await.unwrap();
    let (there, _) = listener.connected().await;
    let (here, _) = dialer.connected().await;
    (dialer, here, listener, there)
}

/// The secured transports as any libp2p program has them.
pub fn plain(keypair: &Keypair) -> Boxed<(PeerId, StreamMuxerBox)> {
    let tcp = tcp::tokio::Transport::new(tcp::Config::default())
        .upgrade(Version::V1)
        .authenticate(noise::Config::new(keypair).unwrap())
        .multiplex(yamux::Config::default())
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    let quic = quic::tokio::Transport::new(quic::Config::new(keypair))
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    tcp.or_transport(quic).map(|either, _| either.into_inner()).boxed()
}

/// A connection that is secured and no more, to say what one likes on it.
pub struct Raw {
    _transport: Boxed<(PeerId, StreamMuxerBox)>,
    pub muxer: StreamMuxerBox,
}

impl Raw {
    pub async fn dial(address: Multiaddr) -> Self {
        let mut transport = plain(&Keypair::generate_ed25519());
        let options = DialOpts { role: Endpoint::Dialer, port_use: PortUse::New };
        let dialing = transport.dial(address, options).unwrap();
        // QUIC moves packets only while its transport is polled.
        let (_, muxer) = soon("secured connection", async {
            tokio::pin!(dialing);
            poll_fn(|cx| {
                let _ = std::pin::Pin::new(&mut transport).poll(cx);
                dialing.as_mut().poll(cx)
            })
            .await
        })
        .await
        .unwrap();
        Self { _transport: transport, muxer }
    }

    pub async fn substream(&mut self) -> SubstreamBox {
        soon("substream", poll_fn(|cx| self.muxer.poll_outbound_unpin(cx))).await.unwrap()
    }

    /// Runs a future while bytes move; none if the connection is lost before it ends.
    pub async fn run<T>(&mut self, future: impl Future<Output = T>) -> Option<T> {
        soon("answer", async {
            tokio::pin!(future);
            poll_fn(|cx| {
                if let Poll::Ready(done) = future.as_mut().poll(cx) {
                    return Poll::Ready(Some(done));
                }
                while let Poll::Ready(event) = self.muxer.poll_unpin(cx) {
                    if event.is_err() {
                        // What arrived before the end still counts.
                        return match future.as_mut().poll(cx) {
                            Poll::Ready(done) => Poll::Ready(Some(done)),
                            Poll::Pending => Poll::Ready(None),
                        };
                    }
                }
                Poll::Pending
            })
            .await
        })
        .await
    }

    /// Says `words` on a first substream and gives all that comes back until it is closed.
    pub async fn say(&mut self, words: &[u8]) -> Vec<u8> {
        let mut stream = self.substream().await;
        let answer = self
            .run(async move {
                let mut answer = Vec::new();
                // The listener may close in the middle of it.
                let _ = stream.write_all(words).await;
                let _ = stream.flush().await;
                let _ = stream.read_to_end(&mut answer).await;
                answer
            })
            .await;
        answer.unwrap_or_default()
    }

    /// Waits until the other side has cut the connection.
    pub async fn cut(&mut self) {
        soon(
            "cut connection",
            poll_fn(|cx| {
                loop {
                    match self.muxer.poll_inbound_unpin(cx) {
                        Poll::Ready(Ok(_)) => panic!("a stranger was opened a stream"),
                        Poll::Ready(Err(_)) => return Poll::Ready(()),
                        Poll::Pending => {}
                    }
                    match self.muxer.poll_unpin(cx) {
                        Poll::Ready(Ok(_)) => {}
                        Poll::Ready(Err(_)) => return Poll::Ready(()),
                        Poll::Pending => return Poll::Pending,
                    }
                }
            }),
        )
        .await;
    }
}

pub fn loopback(last: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 0, last).into()
}

/// Sends a word and waits for it to come back.
pub async fn echoes(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), word: &[u8]) {
    soon("echo", async {
        stream.write_all(word).await.unwrap();
        stream.flush().await.unwrap();
        let mut back = vec![0; word.len()];
        stream.read_exact(&mut back).await.unwrap();
        assert_eq!(back, word);
    })
    .await;
}
