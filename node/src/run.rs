//! Start and staged stop.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use musubi_config::Settings;
use musubi_network::StartError as NetworkError;
use musubi_protocol::time::{DAY, Timestamp};
use musubi_store::{OpenError, Store, StoreError};
use serde_bytes::ByteBuf;
use tokio::{
    net::TcpListener,
    sync::{broadcast::error::RecvError, oneshot},
    time::{Instant, sleep_until, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    api,
    clock::Clock,
    core::{Core, CoreError, Event},
    db::{Db, DbError},
    exchange,
    home::Home,
    keys::{KeyError, Keys, Mode, Unlock},
    news,
    office::NODE_KEY,
    tidy::tidy,
    wire::{self, Wire},
};

/// How long each stage of a stop may take; three stages stay inside 10 s.
const STAGE: Duration = Duration::from_secs(3);
/// How often what is due by the day is looked at.
const HOUR: Duration = Duration::from_secs(3600);
/// New keys of partners are looked at this often.
const SETTLE_EVERY: Duration = Duration::from_secs(15 * 60);

/// What a node needs to start.
pub struct Options {
    /// Its directory.
    pub home: Home,
    /// How its keys are opened.
    pub unlock: Unlock,
    /// Its settings.
    pub settings: Settings,
    /// The clock on the wall.
    pub clock: Clock,
    /// Is told if the store is tidied up first, which takes as long as copying what is in use.
    pub tidying: Option<oneshot::Sender<()>>,
}

/// Why a node did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// No office was set up in this directory.
    #[error("nothing is set up in this directory")]
    NotSetUp,
    /// The keys do not open.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store cannot be opened: another node has it, or it is damaged.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// What is kept cannot be read.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// The network cannot listen.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The local API cannot listen.
    #[error("the local API cannot listen on {address}")]
    Api {
        /// Where.
        address: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A worker ended before the node was ready.
    #[error("the node stopped while starting")]
    Stopped,
}

impl From<DbError> for StartError {
    fn from(error: DbError) -> Self {
        Self::Core(error.into())
    }
}

/// A running node. Dropping it stops its workers at once; [`Node::shutdown`] does so in stages.
pub struct Node {
    core: Arc<Core>,
    wire: Wire,
    home: Home,
    api: SocketAddr,
    /// Takes no new work.
    taking: CancellationToken,
    /// Connections and the rest.
    running: CancellationToken,
    api_tasks: TaskTracker,
    tasks: TaskTracker,
}

impl Node {
    /// Starts a node and returns once it takes messages: the store is open, network and API listen.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running then.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let Options { home, unlock, settings, clock, mut tidying } = options;
        if !home.is_set_up() {
            return Err(StartError::NotSetUp);
        }
        let core = {
            let home = home.clone();
            let store = musubi_store::Options {
                cache_bytes: settings.store.cache_mib << 20,
                reserve_bytes: settings.store.reserve_mib << 20,
                create: false,
                ..musubi_store::Options::default()
            };
            let attachments = settings.attachments;
            let load = move || {
                let mode = Mode::of(&home).map_err(KeyError::from)?;
                let keys = Keys::unlock(&home, &unlock)?;
                let opened = Store::open_tidied(&home.store(), store, |_| {
                    if let Some(tell) = tidying.take() {
                        // Whoever started the node may not care.
                        let _ = tell.send(());
                    }
                });
                let db = Db::new(opened?);
                // One that a killed node has left would lead commands, and the new token, to whoever has its port.
                match std::fs::remove_file(home.api()) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                    _ => {}
                }
                if db.meta::<ByteBuf>(NODE_KEY)?.is_none() {
                    // An authority's directory, or an office that was never finished.
                    return Err(StartError::NotSetUp);
                }
                let in_use: std::collections::HashSet<_> = db.bodies_in_use()?.into_iter().collect();
                db.store().bodies().sweep(|id| in_use.contains(&id)).map_err(DbError::from)?;
                Ok::<_, StartError>(Core::load(db, keys, mode, attachments, clock)?)
            };
            Arc::new(tokio::task::spawn_blocking(load).await.map_err(|_| StartError::Stopped)??)
        };
        core.renew().await?;
        let running = CancellationToken::new();
        // If starting fails, what has started stops with the guard.
        let guard = running.clone().drop_guard();
        let taking = running.child_token();
        let wire = Wire::default();
        let (tasks, api_tasks) = (TaskTracker::new(), TaskTracker::new());

        let listener = TcpListener::bind(&settings.api.listen).await;
        let listener = listener.map_err(|source| StartError::Api { address: settings.api.listen.clone(), source })?;
        let api = listener.local_addr()?;
        let token = api::new_token(&home)?;
        let authority = settings.authority.place();
        let state = api::State::new(Arc::clone(&core), wire.clone(), api, authority.clone());
        api_tasks.spawn(api::serve(listener, state, token, taking.clone()));

        let (ready, is_ready) = oneshot::channel();
        let (network_core, network_wire, stop) = (Arc::clone(&core), wire.clone(), running.clone());
        let network = tasks.spawn(async move {
            let _guard = stop.clone().drop_guard();
            wire::run(network_core, network_wire, settings, stop, ready).await
        });
        if is_ready.await.is_err() {
            network.await.map_err(|_| StartError::Stopped)??;
            return Err(StartError::Stopped);
        }
        tasks.spawn(exchange::local(Arc::clone(&core), running.clone()));
        tasks.spawn(news::poll(Arc::clone(&core), authority, running.clone()));
        tasks.spawn(daily(Arc::clone(&core), running.clone()));
        tasks.spawn(settle_keys(Arc::clone(&core), running.clone()));
        tasks.spawn(count_records(Arc::clone(&core), running.clone()));
        tasks.spawn(watch_store(Arc::clone(&core), running.clone()));
        api::announce(&home, api)?;
        guard.disarm();
        Ok(Self { core, wire, home, api, taking, running, api_tasks, tasks })
    }

    /// The libp2p id.
    #[must_use]
    pub fn peer_id(&self) -> String {
        self.core.peer_id().to_string()
    }

    /// Where the network listens, with `/p2p/`; empty before the first trust bundle.
    #[must_use]
    pub fn listen(&self) -> Vec<String> {
        let addresses = self.wire.handle().map(|handle| handle.listen_addrs()).unwrap_or_default();
        addresses.iter().map(ToString::to_string).collect()
    }

    /// URL of the local API.
    #[must_use]
    pub fn api(&self) -> String {
        format!("http://{}", self.api)
    }

    /// The shared state, for tests and further doors.
    #[must_use]
    pub const fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// The network's handle, once it runs.
    #[must_use]
    pub const fn wire(&self) -> &Wire {
        &self.wire
    }

    /// Waits until the node stops by itself: a worker died or the disk failed.
    pub async fn stopped(&self) {
        self.running.cancelled().await;
    }

    /// Whether the disk did not take what was written, which ends a node: nothing may be acknowledged any more.
    #[must_use]
    pub fn disk_failed(&self) -> bool {
        self.core.db.store().has_failed()
    }

    /// Stops in stages inside 10 s: no new requests, then connections, then the last commit.
    ///
    /// # Errors
    /// [`CoreError::Db`] if the last commit failed.
    pub async fn shutdown(self) -> Result<(), CoreError> {
        self.taking.cancel();
        wind_down(&self.api_tasks, "requests").await;
        self.running.cancel();
        wind_down(&self.tasks, "workers").await;
        // Gone already, perhaps.
        let _ = std::fs::remove_file(self.home.api());
        let durable = self.core.db.store().durable();
        match timeout(STAGE, durable).await {
            Ok(done) => Ok(done?),
            Err(_) => Err(CoreError::Stopped),
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.running.cancel();
    }
}

async fn wind_down(tasks: &TaskTracker, what: &str) {
    tasks.close();
    if timeout(STAGE, tasks.wait()).await.is_err() {
        tracing::warn!(what, left = tasks.len(), "did not end in time");
    }
}

/// Renews records and keys as they become due, and ends what time has ended.
async fn daily(core: Arc<Core>, stop: CancellationToken) {
    let mut issued = core.now();
    loop {
        if let Err(error) = tidy(&core).await {
            tracing::error!(%error, "messages could not come to their end");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep_until(Instant::now() + HOUR) => {}
        }
        let now = core.now();
        if !is_due(issued, now) {
            continue;
        }
        match core.renew().await {
            Ok(()) => issued = now,
            Err(error) => tracing::error!(%error, "records could not be renewed"),
        }
    }
}

/// Takes up new keys of partners once the log has shown them for long enough.
async fn settle_keys(core: Arc<Core>, stop: CancellationToken) {
    let mut events = core.events();
    loop {
        // What is noted meanwhile has a day to go, or its leaf has not come yet.
        let due = core.settle_keys().await.unwrap_or_else(|error| {
            tracing::error!(%error, "new keys of partners could not be looked at");
            None
        });
        let pause = due.map_or(SETTLE_EVERY, |due| Duration::from_secs(due.saturating_add(1)).min(SETTLE_EVERY));
        let until = Instant::now() + pause;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep_until(until) => break,
                event = events.recv() => match event {
                    // Trusted time may have gone on, or a leaf has come.
                    Ok(Event::Trust | Event::Log) | Err(RecvError::Lagged(_)) => break,
                    Ok(_) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        }
    }
}

/// Counts what is in use of the store, at the start and each day: the next start goes by it, and `status` shows it. What
/// small bodies that are gone have left is given back, and what was removed is erased.
async fn count_records(core: Arc<Core>, stop: CancellationToken) {
    loop {
        let stopping = stop.clone();
        let counted = core.db.store().run(move |store| store.count(|| !stopping.is_cancelled())).await;
        let stopping = stop.clone();
        let reclaimed = core.db.store().run(move |store| store.reclaim(|| !stopping.is_cancelled())).await;
        match counted.and_then(|live| Ok((live, reclaimed?))) {
            Ok((live, reclaimed)) => tracing::debug!(?live, reclaimed, "records counted"),
            Err(error @ (StoreError::SyncFailed | StoreError::Interrupted)) => tracing::debug!(%error, "not counted"),
            Err(error) => tracing::error!(%error, "a record cannot be read: the store may be damaged"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep_until(Instant::now() + Duration::from_secs(DAY)) => {}
        }
    }
}

/// Whether records of a moment are to be issued anew. Those that a wrong clock has dated ahead are: once it is right,
/// partners take none from the future.
const fn is_due(issued: Timestamp, now: Timestamp) -> bool {
    now.since(issued) >= DAY || issued.since(now) >= HOUR.as_secs()
}

/// A store that cannot make durable ends the node: nothing may be acknowledged any more.
async fn watch_store(core: Arc<Core>, running: CancellationToken) {
    tokio::select! {
        () = running.cancelled() => {}
        () = core.db.store().failed() => {
            tracing::error!("the disk did not take what was written; the node stops");
            running.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_due_each_day_and_when_the_clock_was_put_back() {
        let issued = Timestamp(100 * DAY);
        assert!(!is_due(issued, issued) && !is_due(issued, issued.plus(DAY - 1)));
        assert!(is_due(issued, issued.plus(DAY)));
        assert!(!is_due(issued, issued.minus(60)), "a clock that was set right by a little");
        assert!(is_due(issued, issued.minus(3600)) && is_due(issued.plus(3 * 365 * DAY), issued));
    }
}
