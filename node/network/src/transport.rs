//! TCP with Noise and Yamux, and QUIC, both with names resolved where the system can.

use std::{io, time::Duration};

use futures::future::Either;
use libp2p::{
    PeerId, Transport as _,
    core::{
        muxing::StreamMuxerBox,
        transport::{Boxed, OrTransport},
        upgrade::Version,
    },
    dns,
    identity::Keypair,
    noise, quic, tcp, yamux,
};
use tokio::time::timeout;
use tokio_util::compat::TokioAsyncReadCompatExt;

use crate::{limits::Limits, service::StartError};

/// Quiet time after which QUIC asks whether the other side is there, and after which it gives up;
/// libp2p's ten seconds would cut a laptop that only dozes.
const QUIC_KEEP_ALIVE: Duration = Duration::from_secs(15);
const QUIC_GIVE_UP_MS: u32 = 60_000;

/// Builds the secured transports, without the gate.
pub(crate) fn secured(keypair: &Keypair, limits: &Limits) -> Result<Boxed<(PeerId, StreamMuxerBox)>, StartError> {
    match dns::tokio::Transport::system(plain(keypair, limits)?) {
        Ok(resolving) => Ok(resolving.boxed()),
        Err(error) => {
            tracing::warn!(%error, "names are not resolved, only numeric addresses can be dialed");
            plain(keypair, limits)
        }
    }
}

fn plain(keypair: &Keypair, limits: &Limits) -> Result<Boxed<(PeerId, StreamMuxerBox)>, StartError> {
    let noise = noise::Config::new(keypair).map_err(|_| StartError::Key)?;
    let mut yamux = yamux::Config::default();
    yamux.set_max_num_streams(limits.substreams);
    let first_byte = limits.first_byte;
    let tcp = tcp::tokio::Transport::new(tcp::Config::default())
        .and_then(move |stream, point| async move {
            let stream = tokio::net::TcpStream::from(stream);
            // Whoever connects and says nothing does not keep its place for a whole handshake.
            // (`readable` may be ready for nothing; `peek` is not.)
            if point.is_listener() && timeout(first_byte, stream.peek(&mut [0])).await?? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
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
    let quic = quic::tokio::Transport::new(config).map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));

    Ok(OrTransport::new(quic, tcp)
        .map(|either, _| match either {
            Either::Left(output) | Either::Right(output) => output,
        })
        .boxed())
}
