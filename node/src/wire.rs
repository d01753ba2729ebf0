//! The node's side of the network: keeps configured partners connected, runs a session for each connection, and
//! cuts whoever is no longer trusted.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use libp2p_identity::PeerId;
use musubi_config::Settings;
use musubi_network::{
    Config, ConnectionId, Multiaddr, NetworkHandle, StartError, address_of,
    event::{DialFailure, Event as NetworkEvent},
    gate,
    limits::Limits,
    link,
    multiaddr::Protocol,
};
use musubi_protocol::{credential::Admitted, gate::Refusal, ids::Hash, record::Record};
use rand::RngExt;
use tokio::{
    sync::{broadcast, mpsc, oneshot},
    time::{Instant, sleep_until},
};
use tokio_util::{compat::FuturesAsyncReadCompatExt, sync::CancellationToken, task::TaskTracker};

use crate::{
    core::{Core, Event},
    exchange::{self, Opener, SessionError, Stream},
    gatekeeper::Keeper,
    news,
    partners::{SharedAdmitted, look},
    transparency,
};

/// First pause after a failed dial; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Longest pause between dials of a configured partner.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Longest pause between dials of a public node: it may have no place for everybody.
const LONGEST_PUBLIC_PAUSE: Duration = Duration::from_secs(15 * 60);
/// How often certificates of open connections are judged again, for expiry.
const RECHECK: Duration = Duration::from_secs(30);

type Handle = NetworkHandle<Admitted>;

/// What others may ask of the network; cheap to clone. Empty until the first trust bundle names a network.
#[derive(Clone, Default)]
pub struct Wire {
    handle: Arc<RwLock<Option<Handle>>>,
    pings: Arc<Mutex<HashMap<ConnectionId, oneshot::Sender<Dialed>>>>,
    /// For each peer, the connection on which our logs go out.
    pushing: Arc<Mutex<HashMap<PeerId, ConnectionId>>>,
}

/// How a dial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialed {
    /// Connected and admitted on both sides.
    Connected,
    /// The other node refused.
    Refused(Refusal),
    /// Nobody there, or not a node of this network.
    Unreachable,
}

impl Wire {
    /// The running network.
    #[must_use]
    pub fn handle(&self) -> Option<Handle> {
        self.handle.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Dials an address once and waits for the outcome.
    pub async fn dial(&self, address: Multiaddr) -> Dialed {
        let Some(handle) = self.handle() else { return Dialed::Unreachable };
        let (done, outcome) = oneshot::channel();
        let mut number = None;
        let expect = |connection| {
            number = Some(connection);
            self.pings().insert(connection, done);
        };
        if handle.dial_as(address, expect).await.is_err() {
            if let Some(connection) = number {
                self.pings().remove(&connection);
            }
            return Dialed::Unreachable;
        }
        // The network answers every dial inside its own limits, and a network that stops drops who waits.
        outcome.await.unwrap_or(Dialed::Unreachable)
    }

    /// Opens streams to a peer that is connected.
    pub(crate) fn opener(&self, peer: &PeerId) -> Option<OnConnection> {
        let (handle, connection) = (self.handle()?, self.pushing().get(peer).copied()?);
        Some(OnConnection { handle, connection })
    }

    fn pushing(&self) -> MutexGuard<'_, HashMap<PeerId, ConnectionId>> {
        self.pushing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pings(&self) -> MutexGuard<'_, HashMap<ConnectionId, oneshot::Sender<Dialed>>> {
        self.pings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, connection: ConnectionId, outcome: Dialed) {
        if let Some(waiting) = self.pings().remove(&connection) {
            // Whoever asked may have gone.
            let _ = waiting.send(outcome);
        }
    }
}

/// Opens streams on one connection.
#[derive(Clone)]
pub(crate) struct OnConnection {
    pub(crate) handle: Handle,
    pub(crate) connection: ConnectionId,
}

impl Opener for OnConnection {
    async fn open(&self) -> Result<Stream, SessionError> {
        let stream = self.handle.open(self.connection).await;
        let stream: link::Stream = stream.map_err(|error| SessionError::Open(error.to_string()))?;
        Ok(Box::new(stream.compat()))
    }
}

/// A node that is to be kept connected: a partner's, or a public one.
struct Target {
    address: Multiaddr,
    /// It stands in the trust bundle and not in the settings.
    public: bool,
    /// The dial or connection at this moment.
    connection: Option<ConnectionId>,
    failures: u32,
    next: Instant,
}

/// Runs the network until `stop`; `ready` hears when it listens, or that there is no trust to start with yet.
///
/// # Errors
/// [`StartError`] if it cannot listen.
pub async fn run(
    core: Arc<Core>,
    wire: Wire,
    settings: Settings,
    stop: CancellationToken,
    ready: oneshot::Sender<()>,
) -> Result<(), StartError> {
    let mut ready = Some(ready);
    let mut events = core.events();
    let network = loop {
        if let Some(trust) = core.trust.trust() {
            break trust.network_id();
        }
        if let Some(ready) = ready.take() {
            // The starter may have given up.
            let _ = ready.send(());
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = events.recv() => {}
        }
    };
    let place = settings.authority.place();
    tokio::select! {
        () = stop.cancelled() => return Ok(()),
        () = news::freshen(&core, place.as_ref()) => {}
    }
    let (handle, incoming) = start(&core, &settings, network).await?;
    *wire.handle.write().unwrap_or_else(PoisonError::into_inner) = Some(handle.clone());
    core.listens_on(advertised(&handle.listen_addrs()));
    if let Err(error) = core.renew().await {
        tracing::error!(%error, "records could not be issued");
    }
    if let Some(ready) = ready.take() {
        let _ = ready.send(());
    }
    remember_partners(&core);
    let targets = addresses(&settings.network.peers).into_iter().map(|address| Target::new(address, false)).collect();
    let sessions = TaskTracker::new();
    let mut worker = Worker { core, wire, handle, targets, open: HashMap::new(), sessions, events };
    worker.public_nodes();
    worker.run(incoming, stop).await;
    Ok(())
}

async fn start(
    core: &Arc<Core>,
    settings: &Settings,
    network: Hash,
) -> Result<(Handle, mpsc::Receiver<NetworkEvent<Admitted>>), StartError> {
    let bound = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let pending = bound(settings.limits.pending);
    let limits = Limits {
        pending,
        pending_per_address: bound(settings.limits.pending_per_ip),
        reserved_for_known: pending / 4,
        ..Limits::default()
    };
    let listen = addresses(&settings.network.listen);
    let config = Config { keypair: core.node_key().clone(), listen, network, limits };
    musubi_network::start(config, Arc::new(Keeper::new(Arc::clone(core), network))).await
}

/// Partners of earlier days may use the places that the gate reserves.
fn remember_partners(core: &Core) {
    let known = core.db.partners().unwrap_or_default();
    for (address, _) in known {
        if let Ok(Some(record)) = core.record_of(address) {
            for peer in record.peer_ids() {
                core.partners.seen(Some(peer), None);
            }
            for address in addresses(&record.claim().locator.addresses) {
                core.partners.seen(None, Some(address_of(&address)));
            }
        }
    }
}

/// Where a record says that its desk is reached, each with the node that is to answer there.
pub(crate) fn places(record: &Record) -> Vec<Multiaddr> {
    let peer = record.peer_ids().first().copied();
    let with_peer = |place: Multiaddr| {
        let named = place.iter().any(|part| matches!(part, Protocol::P2p(_)));
        match peer {
            Some(peer) if !named => place.with(Protocol::P2p(peer)),
            _ => place,
        }
    };
    addresses(&record.claim().locator.addresses).into_iter().map(with_peer).collect()
}

/// The settings were checked when they were read: what does not parse here is not there.
fn addresses(texts: &[String]) -> Vec<Multiaddr> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

/// What a record tells others: where we listen, as far as others can get there.
fn advertised(listening: &[Multiaddr]) -> Vec<String> {
    listening.iter().take(16).map(ToString::to_string).collect()
}

struct Worker {
    core: Arc<Core>,
    wire: Wire,
    handle: Handle,
    targets: Vec<Target>,
    /// Open connections of each peer.
    open: HashMap<PeerId, Vec<(ConnectionId, SharedAdmitted)>>,
    sessions: TaskTracker,
    events: broadcast::Receiver<Event>,
}

impl Worker {
    async fn run(mut self, mut incoming: mpsc::Receiver<NetworkEvent<Admitted>>, stop: CancellationToken) {
        let mut recheck = Instant::now() + RECHECK;
        loop {
            let next_dial = self.targets.iter().filter(|t| t.connection.is_none()).map(|t| t.next).min();
            tokio::select! {
                () = stop.cancelled() => break,
                event = incoming.recv() => match event {
                    Some(event) => self.on_event(event),
                    None => break,
                },
                event = self.events.recv() => match event {
                    Ok(Event::Trust) | Err(broadcast::error::RecvError::Lagged(_)) => {
                        self.public_nodes();
                        self.sweep().await;
                    }
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Closed) => break,
                },
                () = sleep_until(next_dial.unwrap_or(recheck)), if next_dial.is_some() => self.dial_due().await,
                () = sleep_until(recheck) => {
                    self.sweep().await;
                    recheck = Instant::now() + RECHECK;
                }
            }
        }
        self.handle.shutdown().await;
        // Events end here: whoever still waits for one hears that nothing comes.
        self.wire.pings().clear();
        self.wire.pushing().clear();
        self.sessions.close();
        // Streams are closed now, so every session ends.
        self.sessions.wait().await;
    }

    /// Takes up the public nodes that the trust bundle names.
    fn public_nodes(&mut self) {
        let Some(trust) = self.core.trust.trust() else { return };
        let named = addresses(&trust.bundle().bootstrap);
        self.targets.retain(|target| !target.public || target.connection.is_some() || named.contains(&target.address));
        for address in named {
            if self.targets.iter().all(|target| target.address != address) {
                self.targets.push(Target::new(address, true));
            }
        }
    }

    async fn dial_due(&mut self) {
        let now = Instant::now();
        for target in self.targets.iter_mut().filter(|t| t.connection.is_none() && t.next <= now) {
            match self.handle.dial(target.address.clone()).await {
                Ok(connection) => target.connection = Some(connection),
                Err(reason) => {
                    tracing::warn!(address = %target.address, %reason, "a configured partner cannot be dialed");
                    target.pause();
                }
            }
        }
    }

    fn on_event(&mut self, event: NetworkEvent<Admitted>) {
        match event {
            NetworkEvent::Connected { peer, connection, admitted, remote, .. } => {
                self.connected(peer, connection, admitted, &remote);
            }
            NetworkEvent::Closed { peer, connection, reason } => {
                tracing::info!(%peer, %connection, %reason, "connection closed");
                self.closed(peer, connection);
            }
            NetworkEvent::Inbound { peer, connection, stream, .. } => self.serve(peer, connection, stream),
            NetworkEvent::DialFailed { connection, address, peer, reason } => {
                self.dial_failed(connection, &address, peer, &reason);
            }
            NetworkEvent::Refused { peer, reason, .. } => tracing::debug!(?peer, %reason, "somebody was not let in"),
            NetworkEvent::Listening { .. } | NetworkEvent::ListenerClosed { .. } => {
                self.core.listens_on(advertised(&self.handle.listen_addrs()));
            }
            _ => {}
        }
    }

    fn connected(&mut self, peer: PeerId, connection: ConnectionId, mut admitted: Admitted, remote: &Multiaddr) {
        // What was judged in the gate may have been revoked before this was heard.
        self.core.recheck(&peer, &mut admitted);
        if let Err(error) = self.core.note_partners(&admitted) {
            // Nobody would know with which keys they speak.
            tracing::error!(%error, "partners could not be noted");
            admitted = Admitted::new();
        }
        if admitted.is_empty() {
            let handle = self.handle.clone();
            self.sessions.spawn(async move {
                // Gone already is as good.
                let _ = handle.close(connection).await;
            });
            self.wire.answer(connection, Dialed::Unreachable);
            return;
        }
        tracing::info!(%peer, %connection, desks = admitted.desks().count(), "connected");
        let shared = self.core.partners.connected(peer, admitted);
        self.core.partners.seen(Some(peer), Some(address_of(remote)));
        self.open.entry(peer).or_default().push((connection, shared));
        if let Some(target) = self.targets.iter_mut().find(|target| target.connection == Some(connection)) {
            target.failures = 0;
        }
        self.wire.answer(connection, Dialed::Connected);
        self.start_pushing(peer);
        self.core.tell(Event::Connections);
    }

    /// Runs the sending half on one of the peer's connections, if none runs.
    fn start_pushing(&mut self, peer: PeerId) {
        let Some((connection, shared)) = self.open.get(&peer).and_then(|open| open.first()).cloned() else { return };
        {
            let mut pushing = self.wire.pushing();
            if pushing.contains_key(&peer) {
                return;
            }
            pushing.insert(peer, connection);
        }
        let (core, opener) = (Arc::clone(&self.core), OnConnection { handle: self.handle.clone(), connection });
        let probe = self.core.partners.probe(&peer);
        self.sessions.spawn(async move {
            let outcome = match opener.open().await {
                Ok(stream) => tokio::select! {
                    ended = exchange::push(Arc::clone(&core), shared, probe, stream, opener.clone()) => ended,
                    ended = news::keep_telling(core, peer, opener.clone()) => ended,
                },
                Err(error) => Err(error),
            };
            if let Err(error) = outcome {
                tracing::info!(%peer, %connection, %error, "the sending session ended");
            }
            // A connection without its main stream is of no use: both sides begin anew. If the network has
            // stopped, it is closed already.
            let _ = opener.handle.close(connection).await;
        });
    }

    fn serve(&mut self, peer: PeerId, connection: ConnectionId, stream: link::Stream) {
        let of_peer = self.open.get(&peer);
        let shared = of_peer.and_then(|open| open.iter().find(|(id, _)| *id == connection)).map(|(_, s)| s.clone());
        // A stream of a connection that was closed meanwhile.
        let Some(shared) = shared else { return };
        let core = Arc::clone(&self.core);
        self.sessions.spawn(async move {
            let outcome = exchange::accept(core, peer, shared, Box::new(stream.compat())).await;
            if let Err(error) = outcome {
                tracing::debug!(%peer, %connection, %error, "a receiving session ended");
            }
        });
    }

    fn closed(&mut self, peer: PeerId, connection: ConnectionId) {
        if let Some(open) = self.open.get_mut(&peer) {
            let before = open.len();
            open.retain(|(id, _)| *id != connection);
            if open.len() < before {
                self.core.partners.closed(&peer);
            }
            if open.is_empty() {
                self.open.remove(&peer);
            }
        }
        let was_pushing = self.wire.pushing().get(&peer) == Some(&connection);
        if was_pushing {
            self.wire.pushing().remove(&peer);
            self.start_pushing(peer);
        }
        self.release(connection, false);
        self.core.tell(Event::Connections);
    }

    fn dial_failed(
        &mut self,
        connection: ConnectionId,
        address: &Multiaddr,
        peer: Option<PeerId>,
        reason: &DialFailure,
    ) {
        let outcome = match reason {
            DialFailure::Gate(gate::Error::RefusedByPeer(refusal)) => Dialed::Refused(*refusal),
            _ => Dialed::Unreachable,
        };
        tracing::info!(%address, %reason, "a dial failed");
        if let (Dialed::Refused(refusal), Some(peer)) = (outcome, peer) {
            self.core.partners.refused(peer, refusal);
            if matches!(refusal, Refusal::Revoked | Refusal::Expired | Refusal::Certificate | Refusal::Proof) {
                // Of that the authority knows more: a list that is not here yet, the next certificate, or its proof.
                self.core.ask_soon.notify_one();
            }
            self.core.tell(Event::Connections);
        }
        self.wire.answer(connection, outcome);
        self.release(connection, true);
    }

    fn release(&mut self, connection: ConnectionId, failed: bool) {
        if let Some(target) = self.targets.iter_mut().find(|target| target.connection == Some(connection)) {
            target.connection = None;
            if failed {
                target.pause();
            } else {
                target.next = Instant::now() + jittered(FIRST_PAUSE);
            }
        }
    }

    /// Judges every open connection again: one desk may go, or the whole connection.
    async fn sweep(&mut self) {
        if self.core.choose_certificates() {
            // A licence has begun or ended: what we say of ourselves changes.
            self.core.tell(Event::Trust);
            let core = Arc::clone(&self.core);
            self.sessions.spawn(async move {
                if let Err(error) = core.renew().await {
                    tracing::error!(%error, "records could not be issued");
                }
            });
        }
        let mut sets = HashMap::new();
        for (peer, shared) in self.core.partners.peers() {
            let (set, revoked) = {
                let mut set = look(&shared);
                let revoked = self.core.recheck(&peer, &mut set);
                (set.clone(), revoked)
            };
            if revoked && set.is_empty() {
                self.core.partners.forget(&peer);
            }
            sets.insert(peer, set);
        }
        let swept = self.handle.sweep(|peer, admitted| {
            let set = sets.get(&peer).cloned().unwrap_or_else(|| {
                // Its connection passed the gate and was not heard of yet.
                let mut admitted = admitted.clone();
                self.core.recheck(&peer, &mut admitted);
                admitted
            });
            (!set.is_empty()).then_some(set)
        });
        if swept.await.is_err() {
            tracing::debug!("the network has stopped");
        }
        if let Err(error) = transparency::look_ahead(&self.core) {
            tracing::error!(%error, "how far the log reaches could not be noted");
        }
        self.core.tell(Event::Connections);
    }
}

impl Target {
    fn new(address: Multiaddr, public: bool) -> Self {
        Self { address, public, connection: None, failures: 0, next: Instant::now() }
    }

    fn pause(&mut self) {
        let longest = if self.public { LONGEST_PUBLIC_PAUSE } else { LONGEST_PAUSE };
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(11)).min(longest);
        self.failures = self.failures.saturating_add(1);
        self.next = Instant::now() + jittered(pause);
    }
}

/// Between three quarters and five quarters of a pause, so that many nodes do not come back at one moment.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(rand::rng().random_range(0.75..1.25))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute() {
        let address = "/ip4/127.0.0.1/tcp/1".parse().unwrap();
        let mut target = Target::new(address, false);
        let mut longest = Duration::ZERO;
        for _ in 0..40 {
            let before = Instant::now();
            target.pause();
            longest = longest.max(target.next - before);
        }
        assert!(longest > LONGEST_PAUSE / 2 && longest < LONGEST_PAUSE * 2, "{longest:?}");
    }
}
