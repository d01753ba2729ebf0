//! TCP with Noise and Yamux, and QUIC, both with names resolved where the system can.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use libp2p::{
    Multiaddr, PeerId,
    core::{
        muxing::StreamMuxerBox,
        transport::{Boxed, DialOpts, ListenerId, Transport, TransportError, TransportEvent},
        upgrade::Version,
    },
    dns,
    identity::Keypair,
    noise, quic, tcp, yamux,
};
use tokio::time::timeout;
use tokio_util::compat::TokioAsyncReadCompatExt;

use crate::{limits::Limits, pending::Places, service::StartError};

/// Quiet time after which QUIC asks whether the other side is there, and after which it gives up;
/// libp2p's ten seconds would cut a laptop that only dozes.
const QUIC_KEEP_ALIVE: Duration = Duration::from_secs(15);
const QUIC_GIVE_UP_MS: u32 = 60_000;

/// What one stream may send ahead of its reader; libp2p's 10 MB a stream could be pushed before the gate, by everybody
/// in it at once. Enough for 100 Mbit/s over 80 ms.
const QUIC_STREAM: u32 = 1 << 20;

/// Builds the secured transports, without the gate.
pub(crate) fn secured(
    keypair: &Keypair,
    limits: &Limits,
    places: &Arc<Places>,
) -> Result<Boxed<(PeerId, StreamMuxerBox)>, StartError> {
    match dns::tokio::Transport::system(plain(keypair, limits, places)?) {
        Ok(resolving) => Ok(resolving.boxed()),
        Err(error) => {
            tracing::warn!(%error, "names are not resolved, only numeric addresses can be dialed");
            plain(keypair, limits, places)
        }
    }
}

fn plain(
    keypair: &Keypair,
    limits: &Limits,
    places: &Arc<Places>,
) -> Result<Boxed<(PeerId, StreamMuxerBox)>, StartError> {
    let noise = noise::Config::new(keypair).map_err(|_| StartError::Key)?;
    let mut yamux = yamux::Config::default();
    yamux.set_max_num_streams(limits.substreams);
    let (first_byte, places) = (limits.first_byte, places.clone());
    let tcp = tcp::tokio::Transport::new(tcp::Config::default())
        .and_then(move |stream, point| async move {
            let stream = tokio::net::TcpStream::from(stream);
            // Whoever connects and says nothing does not keep its place for a whole handshake.
            // (`readable` may be ready for nothing; `peek` is not.)
            if point.is_listener() {
                if timeout(first_byte, stream.peek(&mut [0])).await?? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                places.spoke(point.get_remote_address());
            }
            io::Result::Ok(stream.compat())
        })
        .upgrade(Version::V1Lazy)
        .authenticate(noise)
        .multiplex(yamux)
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));

    let mut config = quic::Config::new(keypair);
    config.max_concurrent_stream_limit = u32::try_from(limits.substreams).unwrap_or(u32::MAX);
    config.max_idle_timeout = QUIC_GIVE_UP_MS;
    config.keep_alive_interval = QUIC_KEEP_ALIVE;
    config.handshake_timeout = limits.handshake;
    config.max_stream_data = QUIC_STREAM;
    config.max_connection_data = 2 * QUIC_STREAM;
    let quic = quic::tokio::Transport::new(config).map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));

    Ok(Both { tcp: tcp.boxed(), quic: quic.boxed(), quic_first: false }.boxed())
}

type Output = (PeerId, StreamMuxerBox);

/// TCP and QUIC, in turns: of two of which the first is always asked first, a flood of one kind keeps the other out.
struct Both {
    tcp: Boxed<Output>,
    quic: Boxed<Output>,
    quic_first: bool,
}

impl Transport for Both {
    type Output = Output;
    type Error = io::Error;
    type ListenerUpgrade = <Boxed<Output> as Transport>::ListenerUpgrade;
    type Dial = <Boxed<Output> as Transport>::Dial;

    fn listen_on(&mut self, id: ListenerId, address: Multiaddr) -> Result<(), TransportError<io::Error>> {
        match self.quic.listen_on(id, address) {
            Err(TransportError::MultiaddrNotSupported(address)) => self.tcp.listen_on(id, address),
            done => done,
        }
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        self.quic.remove_listener(id) || self.tcp.remove_listener(id)
    }

    fn dial(&mut self, address: Multiaddr, options: DialOpts) -> Result<Self::Dial, TransportError<io::Error>> {
        match self.quic.dial(address, options) {
            Err(TransportError::MultiaddrNotSupported(address)) => self.tcp.dial(address, options),
            done => done,
        }
    }

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, Self::Error>> {
        let this = &mut *self;
        this.quic_first = !this.quic_first;
        let order = if this.quic_first { [&mut this.quic, &mut this.tcp] } else { [&mut this.tcp, &mut this.quic] };
        for transport in order {
            if let Poll::Ready(event) = Pin::new(transport).poll(cx) {
                return Poll::Ready(event);
            }
        }
        Poll::Pending
    }
}
