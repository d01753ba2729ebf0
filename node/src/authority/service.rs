//! The authority on the network: questions of those who want to take part, and of everybody who wants newer lists.
//!
//! One task takes the questions in turn; what touches the store runs on threads for blocking work. Everything that is
//! answered is public but for what a code decides, so that nobody has to be known. From one address only so much is
//! answered in a minute.

use std::{
    collections::HashMap,
    net::IpAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use musubi_network::{
    Keypair, Multiaddr, PeerId, StartError,
    enrol::{Asked, EnrolLimits, Enrolment, listen},
    multiaddr::Protocol,
};
use musubi_protocol::{
    enrol::{Answer, Greeting, MAX_LEAVES, Question, Refusal, State, greet},
    news::Known,
    time::Timestamp,
};
use musubi_store::Store;
use tokio::sync::{Semaphore, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Authority, Error, NewerCrls, TakenBack, door::Door, members::Members};
use crate::{clock::Clock, home::Home};

/// Questions that are worked on at one time.
const AT_ONCE: u32 = 4;
/// Questions from one address in a minute: many offices may share one, and an office asks every quarter of an hour.
const PER_MINUTE: f64 = 600.0;
/// Applications from one address in a minute.
const APPLICATIONS_PER_MINUTE: f64 = 30.0;
/// Addresses that are remembered; beyond, those that are at rest are forgotten.
const MAX_ADDRESSES: usize = 16_384;
/// How often it is looked whether CRLs are to be made anew.
const LOOK: Duration = Duration::from_secs(600);
/// A certificate is held back for so long at most until a member holds its leaf.
const TO_LEAVE: Duration = Duration::from_secs(3);
/// How many seconds somebody is told to wait who asks too much.
const BUSY: u64 = 30;

/// The bounds of the network for strangers.
#[must_use]
pub fn limits() -> EnrolLimits {
    EnrolLimits::default()
}

/// Where the authority listens, and what it tells others about that.
#[derive(Clone, Debug, Default)]
pub struct Doors {
    /// TCP addresses for those who want to take part, and for whoever asks for lists.
    pub strangers: Vec<Multiaddr>,
    /// Addresses for members, who are told of newer lists at once; none: they ask every quarter of an hour.
    pub members: Vec<Multiaddr>,
    /// Where members reach those, as the trust bundle is to name them; empty: as they are listened at, where that is one
    /// address.
    pub announce: Vec<Multiaddr>,
    /// The directory whose administrators may act while it serves; none: nobody may.
    pub home: Option<Home>,
}

/// The authority, and who is told when something is new.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub(super) authority: Arc<Mutex<Authority>>,
    /// Held by whoever has it next. A thread that gives the authority away and wants it back at once would else be faster
    /// than those who wait: it has to go behind the first of them.
    pub(super) line: Arc<Mutex<()>>,
    pub(super) known: Arc<watch::Sender<Known>>,
    /// What is being done on threads for blocking work.
    pub(super) work: TaskTracker,
    /// A member has shown that the authority was put back from a backup.
    pub(super) restored: Arc<watch::Sender<bool>>,
    /// What members hold of the log.
    pub(super) elsewhere: Arc<watch::Sender<Elsewhere>>,
}

/// What is known of the log in other houses.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Elsewhere {
    /// How many leaves some member has had.
    pub(super) log: u64,
    /// How many nodes of members are connected.
    pub(super) nodes: usize,
}

impl Shared {
    pub(super) fn new(authority: Authority) -> Self {
        let known = Arc::new(watch::Sender::new(authority.known()));
        let (authority, restored) = (Arc::new(Mutex::new(authority)), Arc::new(watch::Sender::new(false)));
        let elsewhere = Arc::default();
        Self { authority, line: Arc::default(), known, work: TaskTracker::new(), restored, elsewhere }
    }

    /// Waits until a member holds that many leaves of the log: no certificate is handed out before its leaf has left the
    /// house, so that one of which only its office knows does not come up after a loss. Where no member is connected there
    /// is nobody to wait for, and for one that does not take it nobody waits long.
    pub(super) fn until_elsewhere(&self, size: u64) -> impl Future<Output = ()> + Send + use<> {
        until_taken(self.elsewhere.subscribe(), size)
    }
}

async fn until_taken(mut elsewhere: watch::Receiver<Elsewhere>, size: u64) {
    let taken = elsewhere.wait_for(|elsewhere| size <= elsewhere.log || elsewhere.nodes == 0);
    if tokio::time::timeout(TO_LEAVE, taken).await.is_err() {
        tracing::warn!(size, "no member has taken the newest leaf of the log");
    }
}

/// Does something with the authority, and lets members know if something is new. Blocks.
pub(super) fn act<T>(shared: &Shared, act: impl FnOnce(&mut Authority) -> T) -> T {
    let next = shared.line.lock().unwrap_or_else(PoisonError::into_inner);
    let mut authority = shared.authority.lock().unwrap_or_else(PoisonError::into_inner);
    drop(next);
    let done = act(&mut authority);
    let now = authority.known();
    shared.known.send_if_modified(|held| std::mem::replace(held, now.clone()) != now);
    done
}

/// As [`act`], on a thread for blocking work.
pub(super) async fn act_aside<T: Send + 'static>(
    shared: &Shared,
    act: impl FnOnce(&mut Authority) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let acting = shared.clone();
    shared.work.spawn_blocking(move || self::act(&acting, act)).await.unwrap_or(Err(Error::Stopped))
}

/// As [`act_aside`], group by group until something comes back: whoever waits has the authority between two of them. When
/// the service stops, or the future is dropped because nobody waits for the outcome, it ends with the group under way.
///
/// # Errors
/// Those of a group; [`Error::Stopped`].
pub(super) async fn act_in_groups<T: Send + 'static>(
    shared: &Shared,
    mut group: impl FnMut(&mut Authority) -> Result<Option<T>, Error> + Send + 'static,
) -> Result<T, Error> {
    let (acting, gone) = (shared.clone(), CancellationToken::new());
    let _waits = gone.clone().drop_guard();
    let work = move || {
        loop {
            if acting.work.is_closed() || gone.is_cancelled() {
                return Err(Error::Stopped);
            }
            if let Some(done) = act(&acting, &mut group)? {
                return Ok(done);
            }
        }
    };
    shared.work.spawn_blocking(work).await.unwrap_or(Err(Error::Stopped))
}

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The network refused.
    #[error(transparent)]
    Network(#[from] StartError),
    /// The authority's own node could not be certified or announced.
    #[error(transparent)]
    Authority(#[from] Error),
}

/// Why a service cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failed {
    /// The disk does not take what is written.
    Store,
    /// Nodes hold what this authority has signed and does not know of.
    Restored,
}

/// An authority that was put back from a backup and asks members for what it has lost. It signs nothing before
/// [`Recovery::finish`].
pub struct Recovery {
    shared: Shared,
    members: Members,
    clock: Clock,
}

impl Recovery {
    /// Listens where members look for the authority's own node.
    ///
    /// # Errors
    /// [`ServiceError`]; [`Error::NothingValid`] for an authority that never had members.
    pub async fn start(authority: Authority, listen: Vec<Multiaddr>, clock: Clock) -> Result<Self, ServiceError> {
        let shared = Shared::new(authority);
        let members = Members::start(shared.clone(), listen, clock.clone(), true).await?;
        Ok(Self { shared, members, clock })
    }

    /// Where it listens.
    #[must_use]
    pub fn listen(&self) -> &[Multiaddr] {
        &self.members.listen
    }

    /// How many offices have told what they hold, now and later.
    #[must_use]
    pub fn told(&self) -> watch::Receiver<usize> {
        self.members.told()
    }

    /// Ends asking, and takes back what was told; from now on the authority in `dir` can be opened as ever.
    ///
    /// # Errors
    /// [`Error::LostCa`], and what the store refuses.
    pub async fn finish(mut self, dir: PathBuf) -> Result<TakenBack, Error> {
        self.members.stop().await;
        let found = self.members.found().ok_or(Error::Stopped)?;
        let now = self.clock.now();
        act_aside(&self.shared, move |authority| authority.take_back(found, &dir, now)).await
    }
}

/// An authority that answers on the network. Dropped, it stops listening; what it was asked is done or not done.
pub struct Service {
    shared: Shared,
    members: Option<Members>,
    door: Option<Door>,
    store: Store,
    peer: PeerId,
    listen: Vec<Multiaddr>,
    task: tokio::task::JoinHandle<()>,
    daily: tokio::task::JoinHandle<()>,
    /// One for each question that is worked on.
    turns: Arc<Semaphore>,
}

impl Service {
    /// Starts to answer at these TCP addresses.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn start(
        mut authority: Authority,
        doors: Doors,
        limits: EnrolLimits,
        clock: Clock,
    ) -> Result<Self, ServiceError> {
        let Doors { strangers, members, announce, home } = doors;
        // What an asker trusts is the greeting: the key of the connection may be another each time.
        let enrolment = listen(Keypair::generate_ed25519(), strangers, limits).await?;
        let (peer, listen) = (enrolment.peer, enrolment.listen.clone());
        let store = authority.store.clone();
        let authority = match &home {
            Some(home) => {
                let (dir, now) = (home.dir().to_owned(), clock.now());
                let swept = tokio::task::spawn_blocking(move || {
                    authority.sweep(&dir, now);
                    authority
                });
                swept.await.map_err(|_| Error::Stopped)?
            }
            None => authority,
        };
        let shared = Shared::new(authority);
        let members = if members.is_empty() {
            None
        } else {
            let started = Members::start(shared.clone(), members, clock.clone(), false).await?;
            let (named, now) = (announced(&announce, &started.listen), clock.now());
            act_aside(&shared, move |authority| authority.announce(named, now)).await?;
            Some(started)
        };
        let door = match home {
            Some(home) => Some(Door::open(home, shared.clone(), clock.clone()).await?),
            None => None,
        };
        let turns = Arc::new(Semaphore::new(AT_ONCE as usize));
        let daily = tokio::spawn(keep_fresh(shared.clone(), clock.clone()));
        let task = tokio::spawn(answer_all(enrolment, shared.clone(), Arc::clone(&turns), clock));
        Ok(Self { shared, members, door, store, peer, listen, task, daily, turns })
    }

    /// Ends what is being answered, and listens no more. A long act ends with the group under way.
    pub async fn stop(mut self) {
        self.shared.work.close();
        // Nobody is waited for any more.
        self.shared.elsewhere.send_replace(Elsewhere::default());
        self.task.abort();
        self.daily.abort();
        let _ = ((&mut self.task).await, (&mut self.daily).await);
        if let Some(door) = &mut self.door {
            door.close().await;
        }
        if let Some(members) = &mut self.members {
            members.stop().await;
        }
        // When all turns are here and no work is left, nobody else has the authority.
        let _ = self.turns.acquire_many(AT_ONCE).await;
        self.shared.work.wait().await;
    }

    /// Where it listens.
    #[must_use]
    pub fn listen(&self) -> &[Multiaddr] {
        &self.listen
    }

    /// Where it listens for members, each with its `/p2p/` part.
    #[must_use]
    pub fn members(&self) -> &[Multiaddr] {
        self.members.as_ref().map_or(&[], |members| &members.listen)
    }

    /// The peer id of its end.
    #[must_use]
    pub const fn peer(&self) -> PeerId {
        self.peer
    }

    /// Does something with the authority while it serves. Blocks; not for asynchronous code.
    pub fn with<T>(&self, act: impl FnOnce(&mut Authority) -> T) -> T {
        self::act(&self.shared, act)
    }

    /// Waits until nothing may be answered any more, and says why: the disk does not take what is written, or members
    /// have shown that the authority was put back from a backup.
    pub async fn failed(&self) -> Failed {
        let mut restored = self.shared.restored.subscribe();
        tokio::select! {
            () = self.store.failed() => Failed::Store,
            // Its sender is held here.
            _ = restored.wait_for(|restored| *restored) => Failed::Restored,
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
        self.daily.abort();
    }
}

/// An address with the peer that is to answer there.
fn with_peer(address: &Multiaddr, own: &Protocol<'_>) -> String {
    let bare: Multiaddr = address.iter().filter(|part| !matches!(part, Protocol::P2p(_))).collect();
    bare.with(own.clone().acquire()).to_string()
}

/// Makes CRLs and the log's head anew when they are old, whether somebody asks or not.
async fn keep_fresh(shared: Shared, clock: Clock) {
    let mut look = tokio::time::interval(LOOK);
    let mut waiting = Vec::new();
    loop {
        look.tick().await;
        let now = clock.now();
        let done = act_aside(&shared, move |authority| {
            authority.keep_fresh(now)?;
            authority.root_tasks(now)
        });
        match done.await {
            // Each once: it may take days until somebody has been at the root.
            Ok(tasks) => {
                for what in tasks.waiting.iter().filter(|what| !waiting.contains(*what)) {
                    tracing::warn!(what, "waits for a root");
                }
                waiting = tasks.waiting;
            }
            Err(Error::Stopped) => return,
            Err(error) => tracing::error!(%error, code = error.code(), "the lists could not be made anew"),
        }
    }
}

/// What the trust bundle is to say of the members' door.
fn announced(wanted: &[Multiaddr], listening: &[Multiaddr]) -> Vec<String> {
    let own = listening.iter().find_map(|address| address.iter().find(|part| matches!(part, Protocol::P2p(_))));
    let anywhere = |address: &&Multiaddr| {
        address.iter().any(|part| match part {
            Protocol::Ip4(ip) => ip.is_unspecified(),
            Protocol::Ip6(ip) => ip.is_unspecified(),
            _ => false,
        })
    };
    match own {
        Some(own) if !wanted.is_empty() => {
            let named = wanted.iter().map(|address| with_peer(address, &own));
            named.collect()
        }
        _ => listening.iter().filter(|address| !anywhere(address)).map(ToString::to_string).collect(),
    }
}

async fn answer_all(mut enrolment: Enrolment, shared: Shared, turns: Arc<Semaphore>, clock: Clock) {
    let mut pace = Pace::default();
    while let Some(Asked { peer, address, question, answer }) = enrolment.questions.recv().await {
        let Ok(question) = Question::decode(&question) else {
            // Whoever sends something else hears nothing.
            tracing::debug!("a question cannot be read");
            continue;
        };
        if !pace.take(address, cost(&question), Instant::now()) {
            tell(answer, Answer::Busy { again: BUSY });
            continue;
        }
        let Ok(turn) = Arc::clone(&turns).acquire_owned().await else { return };
        let (shared, here, now) = (shared.clone(), enrolment.peer, clock.now());
        tokio::spawn(async move {
            let acting = shared.clone();
            let replied = tokio::task::spawn_blocking(move || {
                let replied = act(&acting, |authority| reply(authority, question, (here, peer), now));
                // The turn goes last: whoever has all of them has the authority alone.
                drop((acting, turn));
                replied
            });
            match replied.await.unwrap_or(Err(Error::Stopped)) {
                Ok(reply) => {
                    let granted = match &reply {
                        Answer::State(State::Granted { proof: Some(proof), .. }) => Some(proof.index()),
                        _ => None,
                    };
                    let there = granted.map(|leaf| shared.until_elsewhere(leaf.saturating_add(1)));
                    // Whoever waits has the authority no more.
                    drop(shared);
                    if let Some(there) = there {
                        there.await;
                    }
                    tell(answer, reply);
                }
                // The asker hears nothing and tries again; what is wrong is for the log.
                Err(error) => tracing::error!(%error, code = error.code(), "a question is not answered"),
            }
        });
    }
}

fn tell(to: tokio::sync::oneshot::Sender<Vec<u8>>, answer: Answer) {
    match answer.encode() {
        // Whoever has gone meanwhile asks again.
        Ok(bytes) => drop(to.send(bytes)),
        Err(error) => tracing::error!(%error, "an answer cannot be encoded"),
    }
}

/// Answers a question.
pub(super) fn reply(
    authority: &mut Authority,
    question: Question,
    (here, there): (PeerId, PeerId),
    now: Timestamp,
) -> Result<Answer, Error> {
    Ok(match question {
        Question::Greet { nonce } => {
            let greeting = greet(Greeting::new(nonce, &here, &there, now), authority.greeting_key()?)?;
            Answer::Greeting { bundle: authority.bundle_bytes().to_vec(), greeting }
        }
        Question::Apply { request, code, replaces } => {
            match authority.apply(&request, code.as_ref(), replaces, now, &mut rand::rng()) {
                Ok(state) => Answer::State(state),
                Err(Error::TooManyApplications) => Answer::Busy { again: 3_600 },
                // The authority's own rules refuse it: what exactly, is for its people.
                Err(error @ (Error::PeriodPast | Error::PeriodOrder | Error::PeriodTooLong | Error::Date(_))) => {
                    tracing::warn!(%error, "an application cannot be granted");
                    Answer::State(State::Refused(Refusal::Other))
                }
                Err(error) => return Err(error),
            }
        }
        Question::State { request } => Answer::State(authority.application_state(&request)?),
        Question::Newest { certificate } => Answer::State(authority.newest_for(&certificate, now)?),
        Question::Renew { renewal } => Answer::State(authority.renew(&renewal, now, &mut rand::rng())?),
        Question::Membership { request } => authority.prove(&request, &there, now)?,
        Question::Crls { held } => {
            let NewerCrls { deltas, crls } = authority.crls_newer_than(&held, now)?;
            Answer::Crls { deltas, crls }
        }
        Question::Bundle { number } => {
            Answer::Bundle((number < authority.bundle_number()).then(|| authority.bundle_bytes().to_vec()))
        }
        Question::LeadOn { size } => match authority.lead_on(size)? {
            Some(side) => Answer::LeadOn(side),
            // To ask for what is not there helps nobody later either; the answer has to be one.
            None => Answer::Busy { again: BUSY },
        },
        Question::Leaves { size } => {
            let (leaves, head) = authority.leaves_after(size, MAX_LEAVES)?;
            Answer::Leaves { first: size, leaves, head }
        }
    })
}

/// What a question takes of an address's share, and what of its applications: long answers count as many short ones.
const fn cost(question: &Question) -> [f64; 2] {
    match question {
        Question::Apply { .. } | Question::Renew { .. } | Question::Membership { .. } => [1.0, 1.0],
        Question::Crls { .. } => [20.0, 0.0],
        // A sixteenth of the longest answer.
        Question::Leaves { .. } | Question::LeadOn { .. } => [2.0, 0.0],
        Question::Greet { .. } | Question::Bundle { .. } => [5.0, 0.0],
        Question::State { .. } | Question::Newest { .. } => [1.0, 0.0],
    }
}

/// How much each address has asked lately.
#[derive(Default)]
struct Pace {
    addresses: HashMap<Option<IpAddr>, Bucket>,
}

struct Bucket {
    /// Questions and applications that are left.
    left: [f64; 2],
    at: Instant,
}

impl Bucket {
    const FULL: [f64; 2] = [PER_MINUTE, APPLICATIONS_PER_MINUTE];

    fn refill(&mut self, now: Instant) {
        let minutes = now.saturating_duration_since(self.at).as_secs_f64() / 60.0;
        for (left, full) in self.left.iter_mut().zip(Self::FULL) {
            *left = (*left + minutes * full).min(full);
        }
        self.at = now;
    }
}

impl Pace {
    /// Says whether one more is answered.
    fn take(&mut self, address: Option<IpAddr>, wanted: [f64; 2], now: Instant) -> bool {
        if MAX_ADDRESSES <= self.addresses.len() && !self.addresses.contains_key(&address) {
            // Whoever was quiet for a minute has a full bucket again.
            self.addresses.retain(|_, bucket| now.saturating_duration_since(bucket.at) < Duration::from_secs(60));
            if MAX_ADDRESSES <= self.addresses.len() {
                return false;
            }
        }
        let bucket = self.addresses.entry(address).or_insert(Bucket { left: Bucket::FULL, at: now });
        bucket.refill(now);
        if bucket.left.iter().zip(wanted).any(|(left, wanted)| *left < wanted) {
            return false;
        }
        for (left, wanted) in bucket.left.iter_mut().zip(wanted) {
            *left -= wanted;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_certificate_waits_for_its_leaf_to_be_elsewhere() {
        let elsewhere = watch::Sender::new(Elsewhere::default());
        let wait = |size| until_taken(elsewhere.subscribe(), size);
        assert!(wait(5).now_or_never().is_some(), "nobody is there");
        elsewhere.send_replace(Elsewhere { log: 4, nodes: 1 });
        assert!(wait(4).now_or_never().is_some(), "it is there");
        let mut waiting = std::pin::pin!(wait(5));
        assert!((&mut waiting).now_or_never().is_none(), "it is not there");
        elsewhere.send_replace(Elsewhere { log: 5, nodes: 1 });
        assert!(waiting.now_or_never().is_some(), "it has come");
        let mut waiting = std::pin::pin!(wait(6));
        assert!((&mut waiting).now_or_never().is_none(), "it is not there");
        elsewhere.send_replace(Elsewhere { log: 5, nodes: 0 });
        assert!(waiting.now_or_never().is_some(), "the last one has gone");
    }

    #[test]
    fn one_address_gets_its_share_and_others_theirs() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        let ip = |last| Some(IpAddr::from([192, 0, 2, last]));
        let (applies, asks) = ([1.0, 1.0], [1.0, 0.0]);
        let granted = (0..1_000).filter(|_| pace.take(ip(1), applies, now)).count();
        assert_eq!(granted, APPLICATIONS_PER_MINUTE as usize);
        let asked = (0..1_000).filter(|_| pace.take(ip(1), asks, now)).count();
        assert_eq!(asked, PER_MINUTE as usize - granted);
        assert!(pace.take(ip(2), applies, now));
        // Half a minute later half of it is there again.
        let later = now + Duration::from_secs(30);
        assert_eq!(
            (0..1_000).filter(|_| pace.take(ip(1), applies, later)).count(),
            APPLICATIONS_PER_MINUTE as usize / 2
        );
    }

    #[test]
    fn a_flood_of_addresses_is_bounded_and_passes() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        let ip = |n: u32| Some(IpAddr::from(n.to_be_bytes()));
        let asks = [1.0, 0.0];
        assert!((0..MAX_ADDRESSES as u32).all(|n| pace.take(ip(n), asks, now)));
        assert!(!pace.take(ip(u32::MAX), asks, now));
        // Who is known already goes on.
        assert!(pace.take(ip(1), asks, now));
        assert!(pace.take(ip(u32::MAX), asks, now + Duration::from_secs(60)));
        assert!(pace.addresses.len() <= MAX_ADDRESSES);
    }
}
