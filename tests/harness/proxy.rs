//! Lines between nodes that are slow, lossy, cut or dead: a proxy on loopback for TCP and for UDP (QUIC).
//!
//! Each [`Line`] carries what comes to its port on to one target, with the [`Weather`] of the moment. What a test
//! awaits are its [counters](Line::until), never the time.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep_until},
};

use crate::within;

mod tcp;
mod udp;

/// Bytes that count as one packet where a stream is lossy.
const SEGMENT: usize = 1460;
/// How long a lost segment of a stream keeps everything behind it waiting: the usual first retransmission timeout.
const RETRANSMISSION: Duration = Duration::from_millis(200);

/// What happens to bytes on their way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weather {
    /// How long each byte takes, one way.
    pub delay: Duration,
    /// Bytes a second, each way and connection; no limit without.
    pub rate: Option<u64>,
    /// The part of packets that are lost, 0 to 1. A datagram is gone; on a stream everything behind a lost segment
    /// waits until it was sent again.
    pub loss: f64,
    /// Nothing comes through, and nobody is told. Datagrams are gone; bytes of a stream wait.
    pub hole: bool,
    /// Streams are cut as soon as they are opened. Datagrams are gone.
    pub closed: bool,
}

impl Weather {
    /// Everything comes through at once.
    pub const FAIR: Self = Self { delay: Duration::ZERO, rate: None, loss: 0.0, hole: false, closed: false };
}

/// What has happened on a line, both ways taken together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections, or senders of datagrams, that were carried.
    pub opened: u64,
    /// Connections that were cut on purpose.
    pub cut: u64,
    /// Bytes that were taken from one end.
    pub taken: u64,
    /// Bytes that were handed to the other end.
    pub passed: u64,
    /// Packets that were lost, or, on a stream, sent again.
    pub lost: u64,
}

/// A line to one target. Dropped, it is gone with all its connections.
pub struct Line {
    address: SocketAddr,
    state: Arc<State>,
    carrier: JoinHandle<()>,
}

/// What the tasks of a line share.
struct State {
    target: watch::Sender<SocketAddr>,
    weather: watch::Sender<Weather>,
    /// Counts cuts: whoever sees it grow ends.
    cuts: watch::Sender<u64>,
    counters: watch::Sender<Counters>,
    dice: Mutex<StdRng>,
}

impl Line {
    /// Opens a line for TCP. The same `seed` loses the same packets.
    ///
    /// # Errors
    /// Those of the socket.
    pub async fn tcp(target: SocketAddr, seed: u64) -> io::Result<Self> {
        let socket = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (address, state) = (socket.local_addr()?, State::new(target, seed));
        let carrier = tokio::spawn(tcp::carry(socket, Arc::clone(&state)));
        Ok(Self { address, state, carrier })
    }

    /// Opens a line for UDP. The same `seed` loses the same packets.
    ///
    /// # Errors
    /// Those of the socket.
    pub async fn udp(target: SocketAddr, seed: u64) -> io::Result<Self> {
        let socket = tokio::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (address, state) = (socket.local_addr()?, State::new(target, seed));
        let carrier = tokio::spawn(udp::carry(socket, Arc::clone(&state)));
        Ok(Self { address, state, carrier })
    }

    /// Where the line begins.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Leads new connections, and all datagrams, to another target.
    pub fn aim(&self, target: SocketAddr) {
        self.state.target.send_replace(target);
    }

    /// Gives a handle that can only [aim](Line::aim).
    #[must_use]
    pub fn aimer(&self) -> Aimer {
        Aimer(Arc::clone(&self.state))
    }

    /// Changes the weather, for open connections too.
    pub fn set(&self, weather: Weather) {
        self.state.weather.send_replace(weather);
    }

    /// The weather of the moment.
    #[must_use]
    pub fn weather(&self) -> Weather {
        *self.state.weather.borrow()
    }

    /// Cuts every open connection; the next one is carried again.
    pub fn cut(&self) {
        self.state.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// What has happened so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        *self.state.counters.borrow()
    }

    /// Waits until the counters satisfy something.
    ///
    /// # Panics
    /// If that takes too long.
    pub async fn until(&self, holds: impl Fn(&Counters) -> bool) -> Counters {
        let mut counters = self.state.counters.subscribe();
        let met = within("what a line should carry", counters.wait_for(holds)).await;
        *met.expect("the line holds the sender")
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.carrier.abort();
        self.cut();
    }
}

/// Leads a line elsewhere.
#[derive(Clone)]
pub struct Aimer(Arc<State>);

impl Aimer {
    /// As [`Line::aim`].
    pub fn aim(&self, target: SocketAddr) {
        self.0.target.send_replace(target);
    }
}

impl State {
    fn new(target: SocketAddr, seed: u64) -> Arc<Self> {
        Arc::new(Self {
            target: watch::Sender::new(target),
            weather: watch::Sender::new(Weather::FAIR),
            cuts: watch::Sender::new(0),
            counters: watch::Sender::default(),
            dice: Mutex::new(StdRng::seed_from_u64(seed)),
        })
    }

    fn weather(&self) -> Weather {
        *self.weather.borrow()
    }

    fn count(&self, change: impl FnOnce(&mut Counters)) {
        self.counters.send_modify(change);
    }

    fn dice(&self) -> MutexGuard<'_, StdRng> {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many of these packets are lost.
    fn lost(&self, packets: usize, loss: f64) -> u32 {
        if loss <= 0.0 {
            return 0;
        }
        let mut dice = self.dice();
        // At most a few dozen packets in one read.
        (0..packets).filter(|_| dice.random_bool(loss.min(1.0))).count().try_into().unwrap_or(u32::MAX)
    }

    /// Waits until bytes come through.
    async fn passable(&self) {
        let mut weather = self.weather.subscribe();
        // The sender is held by `self`.
        let _ = weather.wait_for(|weather| !weather.hole).await;
    }
}

/// When the next bytes may leave: one after the other at the rate of the moment.
struct Pace {
    next: Instant,
}

impl Pace {
    fn new() -> Self {
        Self { next: Instant::now() }
    }

    /// The moment at which so many bytes have left.
    fn leave(&mut self, bytes: usize, rate: Option<u64>) -> Instant {
        self.next = self.next.max(Instant::now());
        if let Some(rate) = rate {
            #[expect(clippy::cast_precision_loss, reason = "bytes of one read, and a rate")]
            let seconds = bytes as f64 / rate.max(1) as f64;
            self.next += Duration::from_secs_f64(seconds);
        }
        self.next
    }
}

#[cfg(test)]
mod tests;
