//! The authority's own node, to which members connect: it tells them of newer lists at once.
//!
//! It stands behind the same gate as every node, shows a certificate of role authority, and speaks for no address: it
//! takes no document and sends none.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use musubi_network::{
    Config, Multiaddr, NetworkHandle, PeerId,
    event::Event as NetworkEvent,
    gate::{Gatekeeper, Judgement},
    limits::Limits,
};
use musubi_protocol::{
    cbor,
    certificate::Role,
    credential::{self, Admitted, Credential},
    enrol::{Answer, Question},
    gate::{CRLS_COUNT, HELLO_MAX, Hello, Refusal},
    ids::{Hash, OfficeNumber},
    link::frame::Frame,
    news::Known,
    time::Timestamp,
    trust::Trust,
};
use serde_bytes::ByteBuf;
use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::JoinHandle,
    time::timeout,
};
use tokio_util::{compat::FuturesAsyncReadCompatExt, sync::CancellationToken, task::TaskTracker};

use super::{
    Authority, Error,
    audit::Deed,
    identity::{Identity, RENEW},
    recover::{self, Found, Leaves},
    service::{Elsewhere, Shared, act, act_aside, reply},
};
use crate::{
    clock::Clock,
    exchange::{Frames, SessionError},
    gatekeeper::refusal_for,
    news::{
        ANSWERED_AT_ONCE, ASKED_AT_ONCE, Deltas, NewsError, Partner, Source, Teller, answer, keep_telling, rebuild,
    },
    wire::OnConnection,
};

/// Members that are connected at one time; others hear from each other, and ask every quarter of an hour.
const MAX_MEMBERS: usize = 4096;
/// Nodes from which one office number may be connected: its PCs, and one that is being replaced.
const NODES_EACH: usize = 8;
/// Members of which is remembered what they have shown before they were connected.
const MAX_SHOWN: usize = 256;

/// Longest time for all that follows one piece of news.
const HEARING: Duration = Duration::from_secs(60);

impl Authority {
    /// Publishes where the authority's own node is reached, if that has changed.
    pub(super) fn announce(&mut self, addresses: Vec<String>, now: Timestamp) -> Result<(), Error> {
        let said = self.standing.wanted.as_ref().map_or(&self.standing.public, |wanted| &wanted.public);
        if addresses == said.bootstrap {
            return Ok(());
        }
        self.act(now, |draft, _| {
            draft.deed(Deed::Announced, None, addresses.join(" "));
            draft.set_bootstrap(addresses);
            Ok(())
        })
    }

    /// What is known of CRLs, bundle and log.
    pub(super) fn known(&self) -> Known {
        Known { crls: self.crl_numbers(), bundle: self.standing.bundle.number, log: self.log_size() }
    }
}

/// What the node shows and judges by, replaced as a whole.
struct Public {
    trust: Trust,
    credential: Vec<u8>,
}

/// What members are told, and who has been told what.
struct Desk {
    shared: Shared,
    network: Hash,
    clock: Clock,
    public: RwLock<Public>,
    /// What members are told: as far as `public` has it.
    known: watch::Sender<Known>,
    deltas: Deltas,
    answering: Semaphore,
    /// One for each member that is asked.
    hearing: Semaphore,
    members: Mutex<Connected>,
    /// What nodes have given back, where the authority reads back what it has lost; else it serves.
    found: Option<Mutex<Found>>,
    /// How many offices have told.
    told: watch::Sender<usize>,
}

/// Who is connected, and who may be in a moment.
#[derive(Default)]
struct Connected {
    connected: HashMap<PeerId, Member>,
    /// What nodes in the gate have shown; forgotten when there are too many.
    shown: HashMap<PeerId, Known>,
    /// The few nodes that are told of every new leaf of the log.
    keepers: Vec<PeerId>,
}

struct Member {
    offices: Vec<OfficeNumber>,
    known: Known,
    connections: usize,
}

impl Desk {
    fn members(&self) -> MutexGuard<'_, Connected> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> Known {
        self.known.borrow().clone()
    }

    fn connected(&self, peer: PeerId, admitted: &Admitted) {
        let mut members = self.members();
        let known = members.shown.remove(&peer).unwrap_or_default();
        let offices = admitted.desks().map(|desk| desk.leaf().office()).collect();
        members.connected.entry(peer).or_insert(Member { offices, known, connections: 0 }).connections += 1;
        if members.keepers.len() < KEEPERS && !members.keepers.contains(&peer) {
            members.keepers.push(peer);
        }
        self.note_elsewhere(&members);
    }

    /// What keepers have had of the log, for whoever waits for that. What one claims beyond what there is does not count.
    fn note_elsewhere(&self, members: &Connected) {
        let there = self.shared.known.borrow().log;
        let held = members.keepers.iter().filter_map(|peer| Some(members.connected.get(peer)?.known.log));
        let log = held.filter(|log| *log <= there).max().unwrap_or_default();
        let nodes = members.keepers.len();
        self.shared.elsewhere.send_modify(|elsewhere| {
            *elsewhere = Elsewhere { log: elsewhere.log.max(log), nodes };
        });
    }

    fn closed(&self, peer: &PeerId) {
        let mut members = self.members();
        if let Some(member) = members.connected.get_mut(peer) {
            member.connections -= 1;
            if member.connections == 0 {
                members.connected.remove(peer);
                members.keepers.retain(|keeper| keeper != peer);
                if members.keepers.len() < KEEPERS {
                    let other = members.connected.keys().find(|other| !members.keepers.contains(other)).copied();
                    members.keepers.extend(other);
                }
                self.note_elsewhere(&members);
            }
        }
    }

    /// Judges what has come by `trust`, or, where the authority reads back, by all that has come before; gives the trust after
    /// that. A list of half a megabyte is built and its signature checked: not on the threads that serve everybody.
    async fn judged(
        self: &Arc<Self>,
        mut trust: Trust,
        bundle: Option<Vec<u8>>,
        (deltas, mut crls): (Vec<Vec<u8>>, Vec<Vec<u8>>),
    ) -> Result<Trust, NewsError> {
        let desk = Arc::clone(self);
        let judge = move || {
            crls.extend(rebuild(&trust, &deltas).0);
            let Some(found) = &desk.found else {
                recover::learn(&mut trust, bundle.as_deref(), &crls);
                return trust;
            };
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.learn(bundle.as_deref(), &crls);
            desk.public.write().unwrap_or_else(PoisonError::into_inner).trust = found.trust().clone();
            found.trust().clone()
        };
        tokio::task::spawn_blocking(judge).await.map_err(|_| NewsError::Stopped)
    }

    /// Follows up what a member says it knows. Where the authority serves, nobody can know more than it does: if that is
    /// shown it was put back from a backup, and signs no more.
    async fn hear(self: &Arc<Self>, admitted: &Admitted, frames: Frames, known: &Known) -> Result<(), NewsError> {
        let mut member = Partner::new(frames);
        if self.found.is_none() {
            let ours = self.shared.known.borrow().clone();
            if !known.is_news_to(&ours) && known.log <= ours.log {
                return Ok(member.close().await?);
            }
        }
        let mut trust = self.trust();
        let number = trust.bundle().number;
        if number < known.bundle {
            let Answer::Bundle(bundle) = member.ask(&Question::Bundle { number }).await? else {
                return Err(NewsError::Other);
            };
            trust = self.judged(trust, bundle, (Vec::new(), Vec::new())).await?;
        }
        let held = trust.crl_numbers();
        let Answer::Crls { deltas, crls } = member.ask(&Question::Crls { held }).await? else {
            return Err(NewsError::Other);
        };
        if CRLS_COUNT < deltas.len() || CRLS_COUNT < crls.len() {
            return Err(NewsError::Other);
        }
        trust = self.judged(trust, None, (deltas, crls)).await?;
        match &self.found {
            Some(found) => self.read_log(found, &mut member, admitted, known).await?,
            None => {
                let (mut log, size) = (0, self.shared.known.borrow().log);
                if size < known.log
                    && let Answer::Leaves { head, .. } = member.ask(&Question::Leaves { size }).await?
                {
                    log = trust.head(&head).map_or(0, |head| head.value().size);
                }
                self.stop_if_behind(trust, log).await;
            }
        }
        Ok(member.close().await?)
    }

    /// Reads back what a member has of the log, and notes that it has told.
    async fn read_log(
        &self,
        found: &Mutex<Found>,
        member: &mut Partner,
        admitted: &Admitted,
        known: &Known,
    ) -> Result<(), NewsError> {
        let mut pending = Vec::new();
        let found = || found.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let size = found().size(&pending);
            if known.log <= size {
                break;
            }
            let Answer::Leaves { first, leaves, head } = member.ask(&Question::Leaves { size }).await? else {
                return Err(NewsError::Other);
            };
            let taken = found().take(&mut pending, first, &leaves, &head);
            match taken {
                Leaves::More => {}
                Leaves::All => break,
                Leaves::False => {
                    tracing::warn!(
                        "what a member holds of the log does not lead on from this copy; if others say the same, it has signed \
                         since it was put back: put the backup back once more"
                    );
                    return Err(NewsError::Other);
                }
            }
        }
        let mut found = found();
        admitted.desks().for_each(|desk| found.shown(desk.leaf()));
        found.heard(admitted.desks().map(|desk| desk.leaf().office()));
        self.told.send_replace(found.offices());
        Ok(())
    }

    async fn stop_if_behind(&self, trust: Trust, log: u64) {
        let judge = move |authority: &mut Authority| {
            let behind = authority.is_behind(&trust, log);
            if behind && let Err(error) = authority.restored() {
                tracing::error!(%error, "that it was put back could not be noted");
            }
            Ok(behind)
        };
        match act_aside(&self.shared, judge).await {
            Ok(true) => {
                tracing::error!("a member holds what this authority has signed and does not know of: it was put back");
                self.shared.restored.send_replace(true);
            }
            Ok(false) => {}
            Err(error) => tracing::debug!(%error, "not looked at any more"),
        }
    }

    /// Takes back the certificates of members that were lost.
    async fn adopt(&self, admitted: Admitted) {
        let hashes = || admitted.desks().map(|desk| desk.leaf().hash());
        let now = self.clock.now();
        let lost = |authority: &mut Authority| authority.lost_certificates();
        match act_aside(&self.shared, lost).await {
            Ok(lost) if hashes().any(|hash| lost.contains(&hash)) => {}
            Ok(_) => return,
            Err(error) => return tracing::error!(%error, "the list of lost certificates cannot be read"),
        }
        let ders: Vec<Vec<u8>> = admitted.desks().map(|desk| desk.leaf().der().to_vec()).collect();
        if let Err(error) = act_aside(&self.shared, move |authority| authority.adopt(ders, now)).await {
            tracing::error!(%error, "a lost certificate is not taken back");
        }
    }

    fn trust(&self) -> Trust {
        self.public.read().unwrap_or_else(PoisonError::into_inner).trust.clone()
    }

    fn admit(&self, peer: &PeerId, hello: &Hello) -> Result<Admitted, Refusal> {
        let (trust, now) = (self.trust(), self.clock.now());
        let (mut admitted, mut refusal) = (Admitted::new(), Refusal::NoCredential);
        for bytes in &hello.credentials {
            let Ok(shown) = cbor::from_slice::<Credential>(bytes, HELLO_MAX) else { continue };
            // Who reads back has old lists: members are known, and show newer ones.
            match credential::admit(&shown, peer, &trust, now, |_| self.found.is_some()) {
                Ok(desk) if desk.leaf().role() == Role::Office => drop(admitted.add(desk)),
                Ok(_) => refusal = Refusal::Role,
                Err(error) => refusal = refusal_for(&error),
            }
        }
        if admitted.is_empty() { Err(refusal) } else { Ok(admitted) }
    }
}

impl Gatekeeper for Desk {
    type Admitted = Admitted;

    fn hello(&self) -> Hello {
        let public = self.public.read().unwrap_or_else(PoisonError::into_inner);
        // Who seems to know nothing is told everything.
        let Known { crls, bundle, log } = if self.found.is_some() { Known::default() } else { self.known() };
        let credentials = vec![ByteBuf::from(public.credential.clone())];
        Hello { network: self.network, trust: bundle, crls, log_size: log, credentials }
    }

    fn judge(&self, peer: PeerId, hello: &Hello, _after_catch_up: bool) -> Judgement<Admitted> {
        if hello.network != self.network {
            return Judgement::Refuse(Refusal::Network);
        }
        let admitted = match self.admit(&peer, hello) {
            Ok(admitted) => admitted,
            Err(refusal) => return Judgement::Refuse(refusal),
        };
        let mut members = self.members();
        let others = || members.connected.iter().filter(|(other, _)| **other != peer);
        let everywhere = admitted.desks().any(|desk| {
            others().filter(|(_, member)| member.offices.contains(&desk.leaf().office())).count() >= NODES_EACH
        });
        if everywhere || MAX_MEMBERS <= others().count() {
            return Judgement::Refuse(Refusal::Busy);
        }
        if MAX_SHOWN <= members.shown.len() {
            members.shown.clear();
        }
        let known = Known { crls: hello.crls.clone(), bundle: hello.trust, log: hello.log_size };
        members.shown.insert(peer, known);
        Judgement::Admit(admitted)
    }

    fn newer_crls(&self, theirs: &[(Hash, u64)]) -> Vec<Vec<u8>> {
        self.trust().crls_newer_than(theirs)
    }

    /// All CRLs are made here; only who reads back learns.
    async fn learn_crls(&self, crls: Vec<Vec<u8>>) {
        let Some(found) = &self.found else { return };
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        found.learn(None, &crls);
        self.public.write().unwrap_or_else(PoisonError::into_inner).trust = found.trust().clone();
    }

    fn knows_address(&self, _address: IpAddr) -> bool {
        false
    }

    fn knows_peer(&self, peer: PeerId) -> bool {
        self.members().connected.contains_key(&peer)
    }
}

impl Teller for Desk {
    fn changes(&self) -> watch::Receiver<Known> {
        self.known.subscribe()
    }

    fn known_to(&self, peer: &PeerId) -> Known {
        self.members().connected.get(peer).map(|member| member.known.clone()).unwrap_or_default()
    }

    /// A longer log alone is told to keepers only: everybody else asks for it four times an hour.
    fn is_news(&self, peer: &PeerId, ours: &Known) -> bool {
        let theirs = self.known_to(peer);
        ours.is_news_to(&theirs) || (theirs.log < ours.log && self.members().keepers.contains(peer))
    }

    fn told(&self, peer: PeerId, known: Known) {
        let mut members = self.members();
        if let Some(member) = members.connected.get_mut(&peer) {
            member.known = known;
        }
        self.note_elsewhere(&members);
    }

    fn turns(&self) -> &Semaphore {
        &self.answering
    }

    fn answer(&self, question: &Question) -> Option<Answer> {
        if !matches!(question, Question::Leaves { .. } | Question::LeadOn { .. }) {
            return answer(&self.trust(), &self.deltas, question);
        }
        // Only a greeting names the ends of a connection.
        let (nobody, now) = (PeerId::random(), self.clock.now());
        match act(&self.shared, |authority| reply(authority, question.clone(), (nobody, nobody), now)) {
            Ok(answer) => Some(answer),
            Err(error) => {
                tracing::error!(%error, "a member's question is not answered");
                None
            }
        }
    }
}

/// The running node. Dropped, it stops.
pub(super) struct Members {
    pub(super) listen: Vec<Multiaddr>,
    stop: CancellationToken,
    task: JoinHandle<()>,
    desk: Arc<Desk>,
}

impl Members {
    /// Listens for members.
    ///
    /// # Errors
    /// The network's, and what the store refuses.
    pub(super) async fn start(
        shared: Shared,
        listen: Vec<Multiaddr>,
        clock: Clock,
        reads_back: bool,
    ) -> Result<Self, super::ServiceError> {
        let now = clock.now();
        let (identity, proof, trust, found) = act_aside(&shared, move |authority| {
            let found = reads_back.then(|| authority.found()).transpose()?;
            // Before it has read back it signs nothing, not even for itself.
            let identity = match reads_back {
                true => authority.held_identity()?.ok_or(Error::NothingValid)?,
                false => authority.identity(now, &mut rand::rng())?,
            };
            let proof = authority.inclusion(&identity.leaf.hash())?;
            Ok((identity, proof, authority.trust()?, found))
        })
        .await?;
        let keypair = identity.node.clone();
        let network = trust.network_id();
        let public = RwLock::new(Public { trust, credential: identity.credential(proof.as_ref(), now)? });
        let known = shared.known.borrow().clone();
        let desk = Arc::new(Desk {
            known: watch::Sender::new(known),
            shared,
            network,
            clock,
            public,
            deltas: Deltas::default(),
            answering: Semaphore::new(ANSWERED_AT_ONCE),
            hearing: Semaphore::new(ASKED_AT_ONCE),
            members: Mutex::default(),
            found: found.map(Mutex::new),
            told: watch::Sender::new(0),
        });
        let config = Config { keypair, listen, network, limits: Limits::default() };
        let (handle, incoming) = musubi_network::start(config, Arc::clone(&desk)).await?;
        let (listen, stop) = (handle.listen_addrs(), CancellationToken::new());
        let judged_by = desk.known();
        let told = Arc::clone(&desk);
        let sessions = TaskTracker::new();
        let worker = Worker { desk, identity, judged_by, handle, sessions, stop: stop.clone() };
        let task = tokio::spawn(worker.run(incoming));
        Ok(Self { listen, stop, task, desk: told })
    }

    /// How many offices have told, where the authority reads back.
    pub(super) fn told(&self) -> watch::Receiver<usize> {
        self.desk.told.subscribe()
    }

    /// What they have told.
    pub(super) fn found(&self) -> Option<Found> {
        self.desk.found.as_ref().map(|found| found.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Closes all connections.
    pub(super) async fn stop(&mut self) {
        self.stop.cancel();
        // A task that has panicked has closed them too.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Members {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

struct Worker {
    desk: Arc<Desk>,
    identity: Identity,
    /// What the lists say by which members are judged.
    judged_by: Known,
    handle: NetworkHandle<Admitted>,
    sessions: TaskTracker,
    stop: CancellationToken,
}

/// Nodes that are told of every new leaf of the log, so that it is known in other houses at once.
const KEEPERS: usize = 3;

/// How often certificates of open connections are judged again, and the own statement is made anew.
const RECHECK: Duration = Duration::from_secs(30);

impl Worker {
    async fn run(mut self, mut incoming: mpsc::Receiver<NetworkEvent<Admitted>>) {
        let stop = self.stop.clone();
        let mut changes = self.desk.shared.known.subscribe();
        let mut recheck = tokio::time::interval(RECHECK);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                event = incoming.recv() => match event {
                    Some(event) => self.on_event(event),
                    None => break,
                },
                _ = recheck.tick() => self.sweep().await,
                changed = changes.changed() => match changed {
                    // The log grows with every certificate; that alone changes nobody's standing.
                    Ok(()) if changes.borrow_and_update().is_news_to(&self.judged_by) => self.sweep().await,
                    Ok(()) => {
                        let log = changes.borrow_and_update().log;
                        self.desk.known.send_if_modified(|known| std::mem::replace(&mut known.log, log) != log);
                    }
                    Err(_) => break,
                },
            }
        }
        // Whatever ended the loop, sessions end with it.
        self.stop.cancel();
        self.handle.shutdown().await;
        self.sessions.close();
        self.sessions.wait().await;
    }

    fn on_event(&self, event: NetworkEvent<Admitted>) {
        match event {
            NetworkEvent::Connected { peer, connection, admitted, .. } => {
                self.desk.connected(peer, &admitted);
                if self.desk.found.is_none() {
                    let (desk, admitted) = (Arc::clone(&self.desk), admitted.clone());
                    self.sessions.spawn(async move { desk.adopt(admitted).await });
                }
                let opener = OnConnection { handle: self.handle.clone(), connection };
                let (desk, stop) = (Arc::clone(&self.desk), self.stop.clone());
                self.sessions.spawn(async move {
                    let ended = tokio::select! {
                        ended = keep_telling(desk, peer, opener.clone()) => ended,
                        () = gone(&opener) => return,
                        () = stop.cancelled() => return,
                    };
                    if let Err(error) = ended {
                        tracing::debug!(%peer, %error, "a member hears no more");
                    }
                });
            }
            NetworkEvent::Closed { peer, .. } => {
                self.desk.closed(&peer);
            }
            NetworkEvent::Inbound { peer, connection, stream, .. } => {
                let stop = self.stop.clone();
                let (desk, admitted) = (Arc::clone(&self.desk), self.handle.admitted(connection));
                self.sessions.spawn(async move {
                    tokio::select! {
                        ended = listen_to(desk, admitted, Frames::new(Box::new(stream.compat()))) => {
                            tracing::debug!(%peer, ?ended, "a member's stream ended");
                        }
                        () = stop.cancelled() => {}
                    }
                });
            }
            _ => {}
        }
    }

    /// Takes up the next certificate of this node when it is time.
    async fn renew(&mut self, now: Timestamp) {
        if self.desk.found.is_some() || RENEW < self.identity.leaf.until().since(now) {
            return;
        }
        match act_aside(&self.desk.shared, move |authority| authority.identity(now, &mut rand::rng())).await {
            Ok(next) if next.node.public() == self.identity.node.public() => self.identity = next,
            Ok(_) => tracing::error!("the authority's own node was revoked; it serves members again after a restart"),
            Err(error) => tracing::error!(%error, "the authority's own node got no next certificate"),
        }
    }

    /// Judges all members again, by the newest lists.
    async fn sweep(&mut self) {
        let now = self.desk.clock.now();
        let newest = self.desk.shared.known.borrow().clone();
        let mut trust = None;
        if newest.is_news_to(&self.judged_by) {
            match act_aside(&self.desk.shared, |authority| authority.trust()).await {
                Ok(read) => (trust, self.judged_by) = (Some(read), newest),
                Err(error) => tracing::error!(%error, "the newest lists cannot be read"),
            }
        }
        self.renew(now).await;
        let certificate = self.identity.leaf.hash();
        let proof = act_aside(&self.desk.shared, move |authority| authority.inclusion(&certificate)).await;
        let credential = proof.and_then(|proof| self.identity.credential(proof.as_ref(), now));
        let before = self.desk.trust();
        if let Some(trust) = trust.clone() {
            let desk = Arc::clone(&self.desk);
            // What is not learned costs those who ask a whole list.
            let _ = tokio::task::spawn_blocking(move || desk.deltas.learn(&before, &trust)).await;
        }
        let changed = trust.is_some();
        {
            let mut public = self.desk.public.write().unwrap_or_else(PoisonError::into_inner);
            if let Some(trust) = trust {
                public.trust = trust;
            }
            if let Ok(credential) = credential {
                public.credential = credential;
            }
        }
        if changed {
            // Told only now, so that what is asked next is answered by it.
            self.desk.known.send_replace(self.judged_by.clone());
        }
        let trust = self.desk.trust();
        let swept = self.handle.sweep(|peer, admitted| {
            let mut admitted = admitted.clone();
            for (desk, reason) in admitted.recheck(&trust, now, |_| false) {
                tracing::info!(%peer, office = %desk.leaf().office(), %reason, "no member any more");
            }
            (!admitted.is_empty()).then_some(admitted)
        });
        if swept.await.is_err() {
            tracing::debug!("the network has stopped");
        }
    }
}

/// Waits until a connection is no more; looked at now and then, for a member that is told nothing opens nothing.
async fn gone(opener: &OnConnection) {
    let mut look = tokio::time::interval(RECHECK);
    loop {
        look.tick().await;
        if opener.handle.admitted(opener.connection).is_none() {
            return;
        }
    }
}

/// Answers that somebody is here, and follows up news; whatever else a member pushes is not for the authority.
async fn listen_to(desk: Arc<Desk>, admitted: Option<Admitted>, mut frames: Frames) -> Result<(), SessionError> {
    loop {
        match frames.next().await? {
            Frame::Ping(number) => {
                frames.feed(&Frame::Pong(number)).await?;
                frames.flush().await?;
            }
            Frame::News(known) => {
                let (Some(admitted), Ok(_turn)) = (admitted, desk.hearing.try_acquire()) else {
                    return Err(SessionError::Unexpected);
                };
                let heard = timeout(HEARING, desk.hear(&admitted, frames, &known)).await;
                return match heard {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(error)) => {
                        tracing::debug!(%error, "a member's news could not be followed up");
                        Err(SessionError::Unexpected)
                    }
                    Err(_) => Err(SessionError::Silent),
                };
            }
            _ => {}
        }
    }
}
