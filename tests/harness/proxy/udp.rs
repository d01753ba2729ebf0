//! Datagrams on a line.

use std::{
    collections::{HashMap, hash_map::Entry},
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::UdpSocket,
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::{Pace, State};

/// Largest datagram.
const LARGEST: usize = 64 << 10;
/// How long the queue of a router may become; what would wait longer is dropped.
const QUEUE: Duration = Duration::from_millis(100);

/// Datagrams from one sender to the target.
struct Flow {
    far: Arc<UdpSocket>,
    forth: Way,
}

/// Carries datagrams until it is dropped.
pub(super) async fn carry(socket: UdpSocket, state: Arc<State>) {
    let near = Arc::new(socket);
    let mut flows: HashMap<SocketAddr, Flow> = HashMap::new();
    // Dropped with this future, and forgotten at each cut.
    let mut tasks = JoinSet::new();
    let (mut targets, mut cuts) = (state.target.subscribe(), state.cuts.subscribe());
    let mut datagram = vec![0; LARGEST];
    loop {
        tokio::select! {
            received = near.recv_from(&mut datagram) => {
                // An answer to an earlier datagram that nobody listens for any more.
                let Ok((count, from)) = received else { continue };
                let flow = match flows.entry(from) {
                    Entry::Occupied(flow) => flow.into_mut(),
                    Entry::Vacant(place) => {
                        let Ok(flow) = open(&near, from, &state, &mut tasks).await else { continue };
                        state.count(|counters| counters.opened += 1);
                        place.insert(flow)
                    }
                };
                flow.forth.send(&datagram[..count], &state);
            }
            changed = targets.changed() => {
                if changed.is_err() {
                    return;
                }
                let target = *targets.borrow_and_update();
                for flow in flows.values() {
                    // It stays where it was, and nothing comes through.
                    let _ = flow.far.connect(target).await;
                }
            }
            _ = cuts.changed() => {
                let cut = flows.len() as u64;
                flows.clear();
                tasks.abort_all();
                state.count(|counters| counters.cut += cut);
            }
            Some(_) = tasks.join_next() => {}
        }
    }
}

async fn open(
    near: &Arc<UdpSocket>,
    from: SocketAddr,
    state: &Arc<State>,
    tasks: &mut JoinSet<()>,
) -> io::Result<Flow> {
    let far = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?);
    let target = *state.target.borrow();
    far.connect(target).await?;
    let (forth, leaving) = Way::new();
    let (to, of) = (Arc::clone(&far), Arc::clone(state));
    tasks.spawn(deliver(leaving, of, move |bytes| {
        let to = Arc::clone(&to);
        async move { to.send(&bytes).await }
    }));
    let (mut back, leaving) = Way::new();
    let (to, of) = (Arc::clone(near), Arc::clone(state));
    tasks.spawn(deliver(leaving, of, move |bytes| {
        let to = Arc::clone(&to);
        async move { to.send_to(&bytes, from).await }
    }));
    let (answers, of) = (Arc::clone(&far), Arc::clone(state));
    tasks.spawn(async move {
        let mut datagram = vec![0; LARGEST];
        loop {
            // Refused while the target is being started again.
            if let Ok(count) = answers.recv(&mut datagram).await {
                back.send(&datagram[..count], &of);
            }
        }
    });
    Ok(Flow { far, forth })
}

/// One direction of a flow.
struct Way {
    pace: Pace,
    leaving: mpsc::UnboundedSender<(Instant, Vec<u8>)>,
}

impl Way {
    fn new() -> (Self, mpsc::UnboundedReceiver<(Instant, Vec<u8>)>) {
        // Bounded by rate and queue where there is a rate, and without one by how fast sockets are.
        let (leaving, left) = mpsc::unbounded_channel();
        (Self { pace: Pace::new(), leaving }, left)
    }

    fn send(&mut self, datagram: &[u8], state: &State) {
        let weather = state.weather();
        let full = self.pace.next > Instant::now() + QUEUE;
        let lost = weather.hole || weather.closed || full || state.lost(1, weather.loss) > 0;
        state.count(|counters| {
            counters.taken += datagram.len() as u64;
            counters.lost += u64::from(lost);
        });
        if lost {
            return;
        }
        let at = self.pace.leave(datagram.len(), weather.rate) + weather.delay;
        // The deliverer ends with the line.
        let _ = self.leaving.send((at, datagram.to_vec()));
    }
}

async fn deliver<F: Future<Output = io::Result<usize>>>(
    mut leaving: mpsc::UnboundedReceiver<(Instant, Vec<u8>)>,
    state: Arc<State>,
    send: impl Fn(Vec<u8>) -> F,
) {
    while let Some((at, datagram)) = leaving.recv().await {
        sleep_until(at).await;
        // Nobody at the other end: gone like any lost one.
        if let Ok(count) = send(datagram).await {
            state.count(|counters| counters.passed += count as u64);
        }
    }
}
