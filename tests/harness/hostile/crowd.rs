//! Many at once: strangers who take places and say nothing, and come again as soon as they are dropped.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use futures::{
    future::{BoxFuture, Pending, poll_fn},
    stream::StreamExt,
};
use libp2p::{
    Multiaddr, PeerId, Transport,
    core::{
        Endpoint,
        muxing::StreamMuxerBox,
        transport::{Boxed, DialOpts, ListenerId, PortUse, TransportError, TransportEvent},
        upgrade::Version,
    },
    identity::Keypair,
    multiaddr::Protocol,
    noise, quic, yamux,
};
use tokio::{
    io::AsyncReadExt,
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::timeout,
};
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};

use super::{Size, siege::Siege};
use crate::raw::Raw;

/// How long an attacker waits for a connection before it tries again.
const PATIENCE: Duration = Duration::from_secs(10);

/// How far a stranger goes before it says nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// Connects.
    Tcp,
    /// Connects and speaks Noise and Yamux.
    Noise,
    /// Connects over QUIC.
    Quic,
}

impl Stranger {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Tcp, Self::Noise, Self::Quic];

    /// The name in the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Noise => "TCP and Noise",
            Self::Quic => "QUIC",
        }
    }
}

/// Where strangers come from. An honest partner comes from 127.0.0.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Each from an address of its own, or a few from one.
    Many,
    /// All from one.
    One,
    /// All from the honest partner's, as behind one router.
    Beside,
}

impl Source {
    /// The name in the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Many => "many addresses",
            Self::One => "one address",
            Self::Beside => "the partner's address",
        }
    }

    /// The address of the stranger with this number.
    #[must_use]
    pub fn of(self, number: usize) -> IpAddr {
        let last = |number: usize| u8::try_from(number % 250 + 1).expect("at most 250");
        match self {
            Self::Many => Ipv4Addr::new(127, 0, last(number / 250), last(number)).into(),
            Self::One => Ipv4Addr::new(127, 9, 9, 9).into(),
            Self::Beside => Ipv4Addr::LOCALHOST.into(),
        }
    }
}

/// What a crowd has seen together.
#[derive(Debug, Default)]
pub struct Seen {
    begun: AtomicU64,
    open: AtomicU64,
    longest: AtomicU64,
    failed: AtomicU64,
}

impl Seen {
    /// Connections begun.
    #[must_use]
    pub fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// Connections open now, as far as the attackers know.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.open.load(Ordering::Relaxed)
    }

    /// Connections that never came to be.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// The longest time that one was held.
    #[must_use]
    pub fn longest(&self) -> Duration {
        Duration::from_millis(self.longest.load(Ordering::Relaxed))
    }

    /// Counts an attempt.
    pub fn begin(&self) {
        self.begun.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an attempt that came to nothing.
    pub fn fail(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a connection while it is held.
    pub async fn hold<T>(&self, held: impl Future<Output = T>) -> T {
        let (began, _open) = (Instant::now(), Open::count(self));
        let done = held.await;
        let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.longest.fetch_max(took, Ordering::Relaxed);
        done
    }
}

/// Counted as long as it lives, also where a task is stopped in the middle.
struct Open<'a>(&'a Seen);

impl<'a> Open<'a> {
    fn count(seen: &'a Seen) -> Self {
        seen.open.fetch_add(1, Ordering::Relaxed);
        Self(seen)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Attackers that go on until this is dropped.
pub struct Crowd {
    _tasks: JoinSet<()>,
    /// What they see.
    pub seen: Arc<Seen>,
}

impl Crowd {
    /// Gathers so many; each does its own again and again.
    pub fn gather<F, Fut>(count: usize, member: F) -> Self
    where
        F: Fn(usize, Arc<Seen>) -> Fut,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let seen = Arc::<Seen>::default();
        let mut tasks = JoinSet::new();
        for number in 0..count {
            tasks.spawn(member(number, Arc::clone(&seen)));
        }
        Self { _tasks: tasks, seen }
    }

    /// Waits until so many connections have been begun, or were in vain.
    pub async fn until_begun(&self, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let begun = async {
            while self.seen.begun() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        crate::within("a crowd", begun).await;
    }
}

/// Strangers who say nothing, and come again as soon as they are dropped.
pub async fn silent(siege: &Siege<'_>, stranger: Stranger, source: Source, size: Size) {
    let address = siege.address(stranger == Stranger::Quic);
    let crowd = Crowd::gather(size.strangers, |number, seen| {
        let (address, source) = (address.clone(), source.of(number));
        async move {
            match stranger {
                Stranger::Tcp => loop {
                    seen.begin();
                    match connect(source, socket_of(&address)).await {
                        Ok(mut stream) => {
                            // It is closed, or reset.
                            let _ = seen.hold(stream.read(&mut [0])).await;
                        }
                        Err(_) => seen.fail(),
                    }
                },
                Stranger::Noise | Stranger::Quic => {
                    let mut caller = Caller::new(stranger, source).await;
                    loop {
                        seen.begin();
                        match caller.dial(&address).await {
                            Ok(mut raw) => seen.hold(raw.hold()).await,
                            Err(_) => seen.fail(),
                        }
                    }
                }
            }
        }
    });
    crowd.until_begun(size.strangers).await;
    siege.newcomer().await;
    let (begun, open, longest) = (crowd.seen.begun(), crowd.seen.open(), crowd.seen.longest());
    siege.ended(begun, format!("held for {:.1} s at most", longest.as_secs_f64()));
    siege.expect(begun >= open, || "nobody came".into());
    // Who says nothing is cut after 2 s, wherever it stopped. The rest is this machine's.
    siege.expect(longest < Duration::from_secs(8), || format!("a silent connection was held for {longest:?}"));
}

/// The TCP or UDP socket of an address.
///
/// # Panics
/// If it is none of ours.
#[must_use]
pub fn socket_of(address: &Multiaddr) -> SocketAddr {
    let mut parts = address.iter();
    match (parts.next(), parts.next()) {
        (Some(Protocol::Ip4(ip)), Some(Protocol::Tcp(port) | Protocol::Udp(port))) => SocketAddr::new(ip.into(), port),
        _ => panic!("{address} is no address of a node on loopback"),
    }
}

/// Connects from an address of one's choice.
///
/// # Errors
/// The other side does not answer.
pub async fn connect(source: IpAddr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(source, 0))?;
    // Its end leaves nothing behind that would take a port.
    socket.set_zero_linger()?;
    socket.connect(to).await
}

/// Somebody who secures connections from an address of its own.
pub struct Caller {
    source: IpAddr,
    keypair: Keypair,
    /// Over QUIC the socket stays.
    quic: Option<Boxed<(PeerId, StreamMuxerBox)>>,
}

impl Caller {
    /// With a new key.
    ///
    /// # Panics
    /// If it cannot take a UDP socket at that address.
    pub async fn new(stranger: Stranger, source: IpAddr) -> Self {
        Self::with_key(stranger, source, Keypair::generate_ed25519()).await
    }

    /// With this key.
    ///
    /// # Panics
    /// If it cannot take a UDP socket at that address.
    pub async fn with_key(stranger: Stranger, source: IpAddr, keypair: Keypair) -> Self {
        let quic = match stranger {
            Stranger::Quic => Some(listening(&keypair, source).await),
            Stranger::Tcp | Stranger::Noise => None,
        };
        Self { source, keypair, quic }
    }

    /// Secures a connection as soon as there is a place for it.
    pub async fn dial_until(&mut self, address: &Multiaddr) -> Raw {
        loop {
            match self.dial(address).await {
                Ok(raw) => return raw,
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// Secures a connection.
    ///
    /// # Errors
    /// The other side does not let it come to that.
    pub async fn dial(&mut self, address: &Multiaddr) -> io::Result<Raw> {
        match &mut self.quic {
            None => {
                let options = DialOpts { role: Endpoint::Dialer, port_use: PortUse::New };
                let mut tcp = tcp_from(&self.keypair, self.source);
                let dialing =
                    tcp.dial(address.clone(), options).map_err(|error| io::Error::other(error.to_string()))?;
                let (_, muxer) = timeout(PATIENCE, dialing).await??;
                Ok(Raw::of(muxer))
            }
            Some(quic) => {
                let options = DialOpts { role: Endpoint::Dialer, port_use: PortUse::Reuse };
                let dialing =
                    quic.dial(address.clone(), options).map_err(|error| io::Error::other(error.to_string()))?;
                tokio::pin!(dialing);
                let connected = poll_fn(|cx| {
                    let _ = Pin::new(&mut *quic).poll(cx);
                    dialing.as_mut().poll(cx)
                });
                let (_, muxer) = timeout(PATIENCE, connected).await??;
                Ok(Raw::of(muxer))
            }
        }
    }
}

/// QUIC whose socket is at this address.
async fn listening(keypair: &Keypair, source: IpAddr) -> Boxed<(PeerId, StreamMuxerBox)> {
    let mut config = quic::Config::new(keypair);
    config.handshake_timeout = Duration::from_secs(5);
    let mut quic =
        quic::tokio::Transport::new(config).map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer))).boxed();
    let listen = format!("/ip4/{source}/udp/0/quic-v1").parse().expect("an address");
    quic.listen_on(ListenerId::next(), listen).expect("a UDP socket");
    while !matches!(quic.select_next_some().await, TransportEvent::NewAddress { .. }) {}
    quic
}

/// Noise and Yamux over TCP from this address.
fn tcp_from(keypair: &Keypair, source: IpAddr) -> Boxed<(PeerId, StreamMuxerBox)> {
    FromAddress(source)
        .upgrade(Version::V1)
        .authenticate(noise::Config::new(keypair).expect("a key for Noise"))
        .multiplex(yamux::Config::default())
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
        .boxed()
}

/// TCP from an address of one's choice; only dials.
struct FromAddress(IpAddr);

impl Transport for FromAddress {
    type Output = Compat<TcpStream>;
    type Error = io::Error;
    type ListenerUpgrade = Pending<io::Result<Self::Output>>;
    type Dial = BoxFuture<'static, io::Result<Self::Output>>;

    fn listen_on(&mut self, _: ListenerId, address: Multiaddr) -> Result<(), TransportError<io::Error>> {
        Err(TransportError::MultiaddrNotSupported(address))
    }

    fn remove_listener(&mut self, _: ListenerId) -> bool {
        false
    }

    fn dial(&mut self, address: Multiaddr, _: DialOpts) -> Result<Self::Dial, TransportError<io::Error>> {
        let (source, to) = (self.0, socket_of(&address));
        Ok(Box::pin(async move { Ok(connect(source, to).await?.compat()) }))
    }

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
        Poll::Pending
    }
}
