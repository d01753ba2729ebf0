//! A connection that is secured and no more, to say on it what one likes.

use std::{future::Future, io, pin::Pin, task::Poll};

use futures::{AsyncReadExt, AsyncWriteExt, future::poll_fn};
use libp2p::{
    Multiaddr, PeerId, Transport,
    core::{
        Endpoint, UpgradeInfo,
        muxing::{StreamMuxerBox, StreamMuxerExt, SubstreamBox},
        transport::{Boxed, DialOpts, PortUse},
        upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade, Version},
    },
    identity::Keypair,
    noise, quic, tcp, yamux,
};

use crate::within;

/// The secured transports as any libp2p program has them.
fn transport(keypair: &Keypair) -> Boxed<(PeerId, StreamMuxerBox)> {
    let tcp = tcp::tokio::Transport::new(tcp::Config::default())
        .upgrade(Version::V1)
        .authenticate(noise::Config::new(keypair).expect("a key for Noise"))
        .multiplex(yamux::Config::default())
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    let quic = quic::tokio::Transport::new(quic::Config::new(keypair))
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    tcp.or_transport(quic).map(|either, _| either.into_inner()).boxed()
}

/// A secured connection.
pub struct Raw {
    /// QUIC lives as long as this.
    _transport: Option<Boxed<(PeerId, StreamMuxerBox)>>,
    muxer: StreamMuxerBox,
}

pub(crate) async fn dial<T>(transport: &mut Boxed<T>, address: Multiaddr) -> io::Result<T> {
    let options = DialOpts { role: Endpoint::Dialer, port_use: PortUse::New };
    let dialing = transport.dial(address, options).map_err(|error| io::Error::other(error.to_string()))?;
    tokio::pin!(dialing);
    // QUIC moves packets only while its transport is polled.
    let connected = poll_fn(|cx| {
        let _ = Pin::new(&mut *transport).poll(cx);
        dialing.as_mut().poll(cx)
    });
    within("a secured connection", connected).await
}

impl Raw {
    /// Dials as the node with this key.
    ///
    /// # Panics
    /// If the connection is not secured.
    pub async fn dial(keypair: &Keypair, address: Multiaddr) -> Self {
        Self::try_dial(transport(keypair), address).await.expect("a secured connection")
    }

    /// Dials over a transport of one's choice.
    ///
    /// # Errors
    /// The connection was not secured.
    pub async fn try_dial(mut transport: Boxed<(PeerId, StreamMuxerBox)>, address: Multiaddr) -> io::Result<Self> {
        let (_, muxer) = dial(&mut transport, address).await?;
        Ok(Self { _transport: Some(transport), muxer })
    }

    /// A connection whose transport somebody else keeps.
    #[must_use]
    pub const fn of(muxer: StreamMuxerBox) -> Self {
        Self { _transport: None, muxer }
    }

    /// Its multiplexer, to do with it what one likes.
    pub const fn muxer(&mut self) -> &mut StreamMuxerBox {
        &mut self.muxer
    }

    /// Opens a substream.
    ///
    /// # Errors
    /// The connection is lost.
    pub async fn open(&mut self) -> io::Result<SubstreamBox> {
        poll_fn(|cx| {
            if let Poll::Ready(opened) = self.muxer.poll_outbound_unpin(cx) {
                return Poll::Ready(opened);
            }
            while let Poll::Ready(event) = self.muxer.poll_unpin(cx) {
                event?;
            }
            Poll::Pending
        })
        .await
    }

    /// Moves bytes until the other side has cut the connection; what it opens meanwhile is held and not read.
    pub async fn hold(&mut self) {
        let mut held = Vec::new();
        poll_fn(|cx| {
            loop {
                match self.muxer.poll_inbound_unpin(cx) {
                    Poll::Ready(Ok(stream)) => held.push(stream),
                    Poll::Ready(Err(_)) => return Poll::Ready(()),
                    Poll::Pending => break,
                }
            }
            while let Poll::Ready(event) = self.muxer.poll_unpin(cx) {
                if event.is_err() {
                    return Poll::Ready(());
                }
            }
            Poll::Pending
        })
        .await;
    }

    async fn substream(&mut self) -> SubstreamBox {
        within("a substream", poll_fn(|cx| self.muxer.poll_outbound_unpin(cx))).await.expect("a substream")
    }

    /// Runs a future while bytes move; `None` if the connection is lost before it ends.
    ///
    /// # Panics
    /// If that takes too long.
    pub async fn run<T>(&mut self, future: impl Future<Output = T>) -> Option<T> {
        tokio::pin!(future);
        let running = poll_fn(|cx| {
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
        });
        within("an answer", running).await
    }

    /// Says `words` on a first substream and gives all that comes back until it is closed.
    pub async fn say(&mut self, words: &[u8]) -> Vec<u8> {
        let mut stream = self.substream().await;
        let talk = async move {
            let mut answer = Vec::new();
            // The listener may close in the middle of it.
            let _ = stream.write_all(words).await;
            let _ = stream.flush().await;
            let _ = stream.read_to_end(&mut answer).await;
            answer
        };
        self.run(talk).await.unwrap_or_default()
    }

    /// As [`Raw::say`], and closes its own half then; nothing comes back where the connection is lost first.
    pub async fn say_and_close(&mut self, words: &[u8]) -> Vec<u8> {
        let Ok(mut stream) = self.open().await else { return Vec::new() };
        let talk = async move {
            let mut answer = Vec::new();
            // The listener may close in the middle of it.
            let _ = stream.write_all(words).await;
            let _ = stream.close().await;
            let _ = stream.read_to_end(&mut answer).await;
            answer
        };
        self.run(talk).await.unwrap_or_default()
    }

    /// Waits until the other side has cut the connection.
    ///
    /// # Panics
    /// If it opens a stream instead.
    pub async fn cut(&mut self) {
        let cut = poll_fn(|cx| {
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
        });
        within("the end of a connection", cut).await;
    }
}

/// Speaks Noise over TCP and then says `words` where a multiplexer should begin; gives what comes back.
///
/// # Panics
/// If the other side lets it go on.
pub async fn garbage_after_noise(address: Multiaddr, words: &'static [u8]) {
    let keypair = Keypair::generate_ed25519();
    let mut transport = tcp::tokio::Transport::new(tcp::Config::default())
        .upgrade(Version::V1)
        .authenticate(noise::Config::new(&keypair).expect("a key for Noise"))
        .multiplex(Garbage(words))
        .boxed();
    let outcome = dial(&mut transport, address).await;
    assert!(outcome.is_err(), "the node took garbage for a multiplexer");
}

/// Names the multiplexer and does not speak it.
#[derive(Clone)]
struct Garbage(&'static [u8]);

impl UpgradeInfo for Garbage {
    type Info = &'static str;
    type InfoIter = std::iter::Once<&'static str>;

    fn protocol_info(&self) -> Self::InfoIter {
        std::iter::once("/yamux/1.0.0")
    }
}

type Refused<C> = Pin<Box<dyn Future<Output = io::Result<yamux::Muxer<C>>> + Send>>;

impl<C: futures::AsyncRead + futures::AsyncWrite + Send + Unpin + 'static> OutboundConnectionUpgrade<C> for Garbage {
    type Output = yamux::Muxer<C>;
    type Error = io::Error;
    type Future = Refused<C>;

    fn upgrade_outbound(self, mut socket: C, _: &'static str) -> Self::Future {
        Box::pin(async move {
            socket.write_all(self.0).await?;
            socket.flush().await?;
            // Until the node closes.
            socket.read_to_end(&mut Vec::new()).await?;
            Err(io::ErrorKind::ConnectionAborted.into())
        })
    }
}

impl<C: futures::AsyncRead + futures::AsyncWrite + Send + Unpin + 'static> InboundConnectionUpgrade<C> for Garbage {
    type Output = yamux::Muxer<C>;
    type Error = io::Error;
    type Future = Refused<C>;

    fn upgrade_inbound(self, socket: C, name: &'static str) -> Self::Future {
        self.upgrade_outbound(socket, name)
    }
}
