//! The one task that owns the swarm.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    net::{IpAddr, SocketAddr},
    sync::{Arc, atomic::Ordering},
};

use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm,
    core::{
        transport::{ListenerId, Transport as _, TransportError},
        upgrade::Version,
    },
    identity::Keypair,
    multiaddr::Protocol,
    swarm::{self, ConnectionId, SwarmEvent, dial_opts::DialOpts},
};
use musubi_protocol::ids::Hash;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    admissions::Admissions,
    counters::{Registry, count},
    event::{self, Closed, DialFailure, Event},
    gate::{self, Gated, Gatekeeper, Shared},
    handle::{Board, NetworkHandle},
    limits::Limits,
    link::{Behaviour, Inbound, Settings},
    pending::Places,
    transport,
};

/// What a network needs to start.
pub struct Config {
    /// The node key; the peer id follows from it.
    pub keypair: Keypair,
    /// Where to listen: `/ip4/../tcp/<port>` and `/ip4/../udp/<port>/quic-v1`; port 0 takes a free one.
    pub listen: Vec<Multiaddr>,
    /// The network id, whose first 16 hexadecimal characters stand in the protocol names.
    pub network: Hash,
    /// Bounds and time limits.
    pub limits: Limits,
}

/// Why the network did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The node key cannot secure connections.
    #[error("the node key cannot be used")]
    Key,
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address.
        address: Multiaddr,
        /// The operating system's reason.
        reason: String,
    },
}

/// What the task is asked to do.
#[derive(Debug)]
pub(crate) enum Command {
    Dial { address: Multiaddr, options: DialOpts, reply: oneshot::Sender<Result<(), DialFailure>> },
    Disconnect { peer: PeerId, reply: oneshot::Sender<()> },
    Close { connections: Vec<ConnectionId>, reply: oneshot::Sender<()> },
}

/// Starts the network on the current runtime. When it returns, every listener has an address,
/// or a second has passed without one (an interface that is down may come up later).
///
/// The receiver has to be read: when the node is [`Limits::events`] behind, the swarm rests, and
/// nobody gets in. Dropping the receiver or all handles stops the network.
///
/// # Errors
/// See [`StartError`]; nothing is left running then.
pub async fn start<G: Gatekeeper>(
    config: Config,
    keeper: Arc<G>,
) -> Result<(NetworkHandle<G::Admitted>, mpsc::Receiver<Event<G::Admitted>>), StartError> {
    let Config { keypair, listen, network, limits } = config;
    let peer = keypair.public().to_peer_id();
    let counters = Arc::new(Registry::default());
    let admissions = Arc::new(Admissions::new());
    let places = Arc::new(Places::new(&limits));
    let settings = Settings::new(&network, &limits, counters.clone()).ok_or(StartError::Key)?;
    let shared = Arc::new(Shared {
        local: peer,
        keeper,
        limits: limits.clone(),
        counters: counters.clone(),
        places: places.clone(),
        admissions: admissions.clone(),
        stopping: false.into(),
    });

    let tasks = TaskTracker::new();
    let spawner = tasks.clone();
    let swarm_config = swarm::Config::with_executor(move |task| drop(spawner.spawn(task)))
        // One round trip less for each stream.
        .with_substream_upgrade_protocol_override(Version::V1Lazy)
        .with_max_negotiating_inbound_streams(limits.substreams)
        .with_idle_connection_timeout(limits.idle);
    let gated = Gated::new(transport::secured(&keypair, &limits, &places)?, shared.clone()).boxed();
    let swarm = Swarm::new(gated, Behaviour::new(settings, admissions.clone()), peer, swarm_config);

    let (commands, received) = mpsc::channel(limits.commands);
    let (events, heard) = mpsc::channel(limits.events);
    let stop = CancellationToken::new();
    let board = Arc::new(Board::new(peer, limits.clone(), counters, places, admissions));
    let mut service = Service {
        swarm,
        shared,
        board: board.clone(),
        commands: received,
        events,
        waiting: VecDeque::new(),
        listeners: Vec::new(),
        dialing: HashMap::new(),
        announced: HashSet::new(),
        stop: stop.clone(),
    };
    service.listen(listen).await?;
    tasks.spawn(service.run());
    tasks.close();
    Ok((NetworkHandle::new(board, commands, stop, tasks), heard))
}

struct Service<G: Gatekeeper> {
    swarm: Swarm<Behaviour<G::Admitted>>,
    shared: Arc<Shared<G>>,
    board: Arc<Board<G::Admitted>>,
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<Event<G::Admitted>>,
    /// Events for which the channel had no room; the swarm rests while they are too many.
    waiting: VecDeque<Event<G::Admitted>>,
    listeners: Vec<ListenerId>,
    dialing: HashMap<ConnectionId, Multiaddr>,
    /// Connections that the node has heard of and not yet heard the end of.
    announced: HashSet<ConnectionId>,
    stop: CancellationToken,
}

/// How long [`start`] waits for the listeners' addresses.
const ADDRESSES: std::time::Duration = std::time::Duration::from_secs(1);

impl<G: Gatekeeper> Service<G> {
    async fn listen(&mut self, addresses: Vec<Multiaddr>) -> Result<(), StartError> {
        let mut missing = HashSet::new();
        // The transport shares ports among programs of one user, which is for punching holes; a second node at the same
        // port would take every other connection of the first. All are tried before the first is held: IPv6 may take
        // IPv4's place.
        for address in &addresses {
            if let Some(socket) = tcp_socket(address) {
                std::net::TcpListener::bind(socket)
                    .map_err(|error| StartError::Listen { address: address.clone(), reason: error.to_string() })?;
            }
        }
        for address in addresses {
            let listener = self.swarm.listen_on(address.clone()).map_err(|error| StartError::Listen {
                address,
                reason: match error {
                    TransportError::Other(error) => error.to_string(),
                    TransportError::MultiaddrNotSupported(_) => "not a TCP or QUIC address".into(),
                },
            })?;
            self.listeners.push(listener);
            missing.insert(listener);
        }
        let end = Instant::now() + ADDRESSES;
        while !missing.is_empty() {
            let Ok(event) = timeout_at(end, self.swarm.select_next_some()).await else { break };
            if let SwarmEvent::NewListenAddr { listener_id, .. } = &event {
                missing.remove(listener_id);
            }
            self.on_swarm(event);
        }
        Ok(())
    }

    async fn run(mut self) {
        let (stop, events) = (self.stop.clone(), self.events.clone());
        loop {
            let room = self.waiting.len() < self.shared.limits.events;
            tokio::select! {
                () = stop.cancelled() => break,
                () = events.closed() => break,
                place = events.reserve(), if !self.waiting.is_empty() => match place {
                    Ok(place) => {
                        if let Some(event) = self.waiting.pop_front() {
                            place.send(event);
                        }
                    }
                    Err(_) => break,
                },
                command = self.commands.recv() => match command {
                    Some(command) => self.on_command(command),
                    None => break,
                },
                event = self.swarm.select_next_some(), if room => self.on_swarm(event),
            }
        }
        self.shutdown().await;
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Dial { address, options, reply } => {
                // Whoever asked may have gone; the outcome is an event all the same.
                let _ = reply.send(self.dial(address, options));
            }
            Command::Disconnect { peer, reply } => {
                // An error says that there is no connection, which is what was wanted.
                let _ = self.swarm.disconnect_peer_id(peer);
                let _ = reply.send(());
            }
            Command::Close { connections, reply } => {
                for connection in connections {
                    self.swarm.close_connection(connection);
                }
                let _ = reply.send(());
            }
        }
    }

    fn dial(&mut self, address: Multiaddr, options: DialOpts) -> Result<(), DialFailure> {
        if gate::named_peer(&address) == Some(self.board.peer()) {
            return Err(DialFailure::Own);
        }
        let connection = options.connection_id();
        self.swarm.dial(options).map_err(|error| DialFailure::from_swarm(error).0)?;
        self.dialing.insert(connection, address);
        Ok(())
    }

    fn on_swarm(&mut self, event: SwarmEvent<Inbound>) {
        match event {
            SwarmEvent::Behaviour(Inbound { peer, connection, stream }) => {
                // Without an admission the connection is being closed, and the stream with it.
                if let Some(admitted) = self.shared.admissions.of(connection) {
                    self.tell(Event::Inbound { peer, connection, admitted, stream });
                }
            }
            SwarmEvent::ConnectionEstablished { peer_id: peer, connection_id: connection, endpoint, .. } => {
                count(&self.shared.counters.established);
                let dialed = self.dialing.remove(&connection);
                if let Some(admitted) = self.shared.admissions.of(connection) {
                    self.announced.insert(connection);
                    let (dialer, remote) = (endpoint.is_dialer(), endpoint.get_remote_address().clone());
                    self.tell(Event::Connected { peer, connection, admitted, dialer, remote });
                } else {
                    self.swarm.close_connection(connection);
                    if let Some(address) = dialed {
                        let reason = DialFailure::GivenUp;
                        self.tell(Event::DialFailed { connection, address, peer: Some(peer), reason });
                    }
                }
            }
            SwarmEvent::ConnectionClosed { peer_id: peer, connection_id: connection, cause, .. } => {
                let reason = Closed::from_swarm(cause.as_ref());
                if self.announced.remove(&connection) {
                    self.tell(Event::Closed { peer, connection, reason });
                }
            }
            SwarmEvent::OutgoingConnectionError { connection_id: connection, error, .. } => {
                // A dial that failed at once has been answered directly.
                if let Some(address) = self.dialing.remove(&connection) {
                    let (reason, peer) = DialFailure::from_swarm(error);
                    self.tell(Event::DialFailed { connection, address, peer, reason });
                }
            }
            SwarmEvent::IncomingConnectionError { send_back_addr: remote, error, .. } => {
                let Some(failure) = event::refused(error) else { return };
                // Counted, and no news: as of those who got no place at all.
                if matches!(failure.error, gate::Error::Displaced) {
                    return;
                }
                tracing::debug!(reason = %failure, "not admitted");
                // Strangers must not push out what matters.
                if self.waiting.len() < self.shared.limits.events / 2 {
                    self.tell(Event::Refused { remote, peer: failure.peer, reason: failure.error });
                }
            }
            SwarmEvent::NewListenAddr { address, .. } => {
                let address = address.with(Protocol::P2p(self.board.peer()));
                tracing::info!(%address, "listening");
                self.board.listening(|addresses| addresses.push(address.clone()));
                self.tell(Event::Listening { address });
            }
            SwarmEvent::ExpiredListenAddr { address, .. } => self.not_listening(&[address]),
            SwarmEvent::ListenerClosed { addresses, reason, .. } => {
                self.not_listening(&addresses);
                if let Err(error) = reason {
                    self.tell(Event::ListenerClosed { addresses, reason: error.to_string() });
                }
            }
            SwarmEvent::ListenerError { error, .. } => tracing::warn!(%error, "listener"),
            _ => {}
        }
    }

    fn not_listening(&self, gone: &[Multiaddr]) {
        let own = Protocol::P2p(self.board.peer());
        let gone: Vec<_> = gone.iter().map(|address| address.clone().with(own.clone())).collect();
        self.board.listening(|addresses| addresses.retain(|address| !gone.contains(address)));
    }

    /// Puts an event where [`Service::run`] finds it.
    fn tell(&mut self, event: Event<G::Admitted>) {
        self.waiting.push_back(event);
    }

    /// Stops in stages: no new connection, then none at all, then no task.
    async fn shutdown(mut self) {
        let end = Instant::now() + self.shared.limits.shutdown;
        self.shared.stopping.store(true, Ordering::Relaxed);
        // Commands that wait get their error now and not at the end.
        self.commands.close();
        while self.commands.try_recv().is_ok() {}
        for listener in std::mem::take(&mut self.listeners) {
            self.swarm.remove_listener(listener);
        }
        let peers: Vec<PeerId> = self.swarm.connected_peers().copied().collect();
        for peer in peers {
            // Gone already is as good.
            let _ = self.swarm.disconnect_peer_id(peer);
        }
        while self.swarm.network_info().num_peers() > 0 {
            let Ok(event) = timeout_at(end, self.swarm.select_next_some()).await else { break };
            // A connection that passed the gate in this moment goes too.
            if let SwarmEvent::ConnectionEstablished { connection_id, .. } = &event {
                self.swarm.close_connection(*connection_id);
            }
            self.on_swarm(event);
        }
        // What fits into the channel still reaches the node, in order.
        while let Some(event) = self.waiting.pop_front() {
            if self.events.try_send(event).is_err() {
                break;
            }
        }
    }
}

/// How an address is dialed.
pub(crate) fn dial_options(address: &Multiaddr) -> DialOpts {
    let options = DialOpts::unknown_peer_id().address(address.clone());
    // Dialing TCP from the listening port fails now and then ("address in use") and lets two
    // that dial each other meet as two dialers. Only a hole to be punched needs it.
    let over_tcp = address.iter().any(|part| matches!(part, Protocol::Tcp(_)));
    if over_tcp { options.allocate_new_port() } else { options }.build()
}

/// The TCP socket of an address with a port of its own choice.
fn tcp_socket(address: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = address.iter();
    let ip: IpAddr = match parts.next()? {
        Protocol::Ip4(ip) => ip.into(),
        Protocol::Ip6(ip) => ip.into(),
        _ => return None,
    };
    match parts.next()? {
        Protocol::Tcp(port) if port != 0 => Some(SocketAddr::new(ip, port)),
        _ => None,
    }
}
