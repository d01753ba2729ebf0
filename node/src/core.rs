//! The state that all workers share.
//!
//! Every write of a log goes through [`Core::change`]: read, decide and apply under one lock, then wait for
//! durability without it. What is not durable is not announced and does not leave the process.

mod admission;
mod installing;
mod key_change;
mod records;
mod standing;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use libp2p_identity::{Keypair, PeerId};
use musubi_config::settings::Attachments;
use musubi_protocol::{
    certificate::LeafIn,
    delivery::Circumstances,
    entry::Position,
    ids::{Address, MessageId, OfficeNumber},
    link::{
        Log,
        book::{Voice, WriteError},
    },
    news::Known,
    record::{self, Record},
    seal::PublicKey,
    signed,
    time::Timestamp,
};
use musubi_store::{Ticket, crash};
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use serde_bytes::ByteBuf;
use tokio::sync::{Notify, Semaphore, broadcast, watch};

use crate::{
    clock::Clock,
    db::{Db, DbError, Writes},
    desk::{Desk, DeskError, Kept},
    keys::{KeyError, Keys, Label, Mode},
    news::{self, Asked, Deltas, Renewing},
    office::NODE_KEY,
    partners::Partners,
    proofs::attest::Attesting,
    transparency,
    trust::{InstallError, TrustKeeper},
};

pub use key_change::{Awaits, Confirmed, NewKey};
pub use standing::{Standing, standing};

/// How many events a slow listener may lag behind before it is told to look at everything again.
const EVENTS: usize = 4096;

/// Something that workers wait for. Sent only when it is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A log of ours has a new entry.
    Grew(Log),
    /// A message's state changed.
    Touched(MessageId),
    /// A partner names an entry of a log of ours that is not here: it is to be asked what it has.
    Behind(Log),
    /// The partner takes no more of a log of ours, or again.
    Stopped(Log),
    /// The partner of a log of ours has taken its own back: it judges ours by that from now on.
    TookBack(Log),
    /// Certificates, lists or bundles changed.
    Trust,
    /// More of the authority's log is held.
    Log,
    /// Our records were issued anew.
    Records,
    /// A partner's record came, or a newer one.
    PartnerRecord,
    /// A body stream ended, and its message is still incomplete here.
    Lacking(Log, MessageId),
    /// A connection came or went.
    Connections,
}

/// Why the core could not do something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CoreError {
    /// The store refused.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A key does not open.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A record or statement could not be signed.
    #[error(transparent)]
    Signed(#[from] signed::Error),
    /// A record could not be made.
    #[error(transparent)]
    Record(#[from] record::Error),
    /// No desk here holds the address.
    #[error("no desk here holds {0}")]
    NoDesk(Address),
    /// The desk has no certificate yet.
    #[error("{0} has no certificate yet")]
    NoCertificate(OfficeNumber),
    /// No message is meant.
    #[error("no such message in that state")]
    NoMessage,
    /// What was kept of trust is damaged, or an installation is refused.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// Less than the reserve is free on the disk: no new mail is taken.
    #[error("the disk is nearly full")]
    DiskLow,
    /// Work was ended by a shutdown.
    #[error("the node is shutting down")]
    Stopped,
}

impl From<musubi_store::StoreError> for CoreError {
    fn from(error: musubi_store::StoreError) -> Self {
        Self::Db(error.into())
    }
}

impl From<DeskError> for CoreError {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Db(error) => error.into(),
            DeskError::Key(error) => error.into(),
        }
    }
}

impl From<WriteError<DbError>> for CoreError {
    fn from(error: WriteError<DbError>) -> Self {
        match error {
            WriteError::Shelf(error) => error.into(),
            WriteError::Sign(error) => error.into(),
            _ => Self::NoMessage,
        }
    }
}

/// The shared state of a running node.
pub struct Core {
    /// What is kept.
    pub db: Db,
    /// The unlocked roots.
    pub keys: Keys,
    /// How they were opened.
    pub mode: Mode,
    /// What is trusted.
    pub trust: TrustKeeper,
    /// Who is connected.
    pub partners: Partners,
    /// What may be sent as attachments, and how large a message is taken.
    pub attachments: Attachments,
    node: Keypair,
    desks: RwLock<Vec<Desk>>,
    records: RwLock<Vec<Record>>,
    /// Partners' records as kept, whose signatures were checked.
    checked: Mutex<HashMap<Address, (Vec<u8>, Record)>>,
    /// The keys that partners' records offer, ready for sealing.
    sealing_to: Mutex<HashMap<Address, PublicKey>>,
    listen: RwLock<Vec<String>>,
    /// Held from reading a log's head until its new entry is applied.
    book: Mutex<()>,
    /// Held from judging lists, bundles and certificates, or making keys and records, until they are in force: of two
    /// that come at once the later must build on the earlier.
    installing: tokio::sync::Mutex<()>,
    /// Held from looking what was sent before until the next message is appended.
    pub(crate) sending: tokio::sync::Mutex<()>,
    /// Whoever notes keys of partners does so alone.
    noting_keys: Mutex<()>,
    /// What was found of certificates in the authority's log.
    sought: transparency::Sought,
    /// Messages whose body a stream is bringing now.
    taking: Mutex<HashSet<MessageId>>,
    /// What leads from earlier lists to those in force.
    pub(crate) deltas: Deltas,
    /// What is known of lists, for those who tell others.
    pub(crate) known: watch::Sender<Known>,
    /// The authority's log, as far as it is kept.
    pub(crate) log: transparency::Held,
    /// What shows that own certificates stand in it.
    pub(crate) proofs: transparency::Proofs,
    /// What was seen of it at others.
    pub(crate) seen: transparency::Seen,
    /// Held while more of the log is fetched.
    pub(crate) following: Arc<tokio::sync::Mutex<()>>,
    /// Held while somebody who knows more is asked: a bound on what answers take.
    pub(crate) asking: Semaphore,
    /// Held while an answer about lists is made and on its way: a bound on what they take.
    pub(crate) answering: Semaphore,
    /// Bounds what confirming to partners costs.
    pub(crate) attesting: Attesting,
    /// Wakes whoever asks the authority.
    pub(crate) ask: Notify,
    /// The same, where it has a little time.
    pub(crate) ask_soon: Notify,
    /// What came of asking the authority last.
    pub(crate) asked: watch::Sender<Asked>,
    /// Desks whose licence is to be renewed and is not.
    renewals: Mutex<HashMap<u16, Renewing>>,
    news: Arc<News>,
}

/// What is known to be durable, and who is told. Apart from the core, which the store's own thread must not hold: the
/// store ends with it.
struct News {
    /// Of each own log, how far it is durable.
    durable: Mutex<HashMap<Log, Position>>,
    events: broadcast::Sender<Event>,
}

impl News {
    fn announce(&self, grown: &[(Log, Position)], touched: &[MessageId]) {
        crash::point("commit.durable");
        {
            let mut durable = lock(&self.durable);
            for (log, head) in grown {
                let known = durable.entry(*log).or_insert(Position::NONE);
                if head.at() > known.at() {
                    *known = *head;
                }
            }
        }
        let grown = grown.iter().map(|(log, _)| Event::Grew(*log));
        for event in grown.chain(touched.iter().map(|id| Event::Touched(*id))) {
            // Nobody listening is fine.
            let _ = self.events.send(event);
        }
    }
}

/// Writes that are applied and not yet durable. They become so, and are announced then, whether somebody waits or not.
/// What was applied later is durable later.
#[must_use = "applied is not yet durable"]
pub struct Applied(Option<Ticket>);

/// A body that one stream is bringing; dropped, another may.
pub(crate) struct Taking {
    core: Arc<Core>,
    id: MessageId,
}

impl Drop for Taking {
    fn drop(&mut self) {
        lock(&self.core.taking).remove(&self.id);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No code panics while it holds one of these locks with half a change made.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A generator seeded by the system, for keys and nonces.
///
/// # Errors
/// [`CoreError::Random`].
pub fn rng() -> Result<StdRng, CoreError> {
    StdRng::try_from_rng(&mut SysRng).map_err(|_| CoreError::Random)
}

impl Core {
    /// Takes up what is kept, with unlocked keys.
    ///
    /// # Errors
    /// [`CoreError`].
    pub fn load(db: Db, keys: Keys, mode: Mode, attachments: Attachments, clock: Clock) -> Result<Self, CoreError> {
        let trust = TrustKeeper::load(&db, clock)?;
        let wrapped: ByteBuf = db.meta(NODE_KEY)?.ok_or(CoreError::NoMessage)?;
        let mut secret = keys.unwrap_key(Label::NodeKey, &[], &wrapped)?;
        // Taking the 32 bytes fails for no value (RFC 8032: any seed is a key).
        let node = Keypair::ed25519_from_bytes(&mut *secret).map_err(|_| CoreError::Random)?;
        let mut desks = Vec::new();
        for kept in db.desks::<Kept>()? {
            desks.push(Desk::load(&db, &keys, kept)?);
        }
        let durable = db.own_heads()?.into_iter().collect();
        let known = Known { log: transparency::covered_size(&db)?, ..trust.known() };
        let core = Self {
            db,
            keys,
            mode,
            trust,
            partners: Partners::default(),
            attachments,
            node,
            desks: RwLock::new(desks),
            records: RwLock::default(),
            checked: Mutex::default(),
            sealing_to: Mutex::default(),
            listen: RwLock::default(),
            book: Mutex::new(()),
            installing: tokio::sync::Mutex::new(()),
            sending: tokio::sync::Mutex::new(()),
            noting_keys: Mutex::default(),
            sought: transparency::Sought::default(),
            taking: Mutex::default(),
            deltas: Deltas::default(),
            log: transparency::Held::default(),
            proofs: transparency::Proofs::default(),
            seen: transparency::Seen::default(),
            following: Arc::default(),
            known: watch::Sender::new(known),
            asking: Semaphore::new(news::ASKED_AT_ONCE),
            answering: Semaphore::new(news::ANSWERED_AT_ONCE),
            attesting: Attesting::default(),
            ask: Notify::new(),
            ask_soon: Notify::new(),
            asked: watch::Sender::new(Asked::default()),
            renewals: Mutex::default(),
            news: Arc::new(News { durable: Mutex::new(durable), events: broadcast::channel(EVENTS).0 }),
        };
        core.log.load(&core.db)?;
        core.load_proofs()?;
        transparency::refresh_proofs(&core)?;
        core.choose_certificates();
        Ok(core)
    }

    /// The libp2p identity.
    #[must_use]
    pub const fn node_key(&self) -> &Keypair {
        &self.node
    }

    /// The libp2p id.
    #[must_use]
    pub fn peer_id(&self) -> PeerId {
        self.node.public().to_peer_id()
    }

    /// The time that reversible decisions use.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.trust.now()
    }

    /// Listens for events from now on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.news.events.subscribe()
    }

    /// Tells all listeners.
    pub fn tell(&self, event: Event) {
        // Nobody listening is fine.
        let _ = self.news.events.send(event);
    }

    /// Reads, decides and applies under the lock of the logs. `decide` fills the writes; nothing is durable yet.
    ///
    /// # Errors
    /// Those of `decide`, and [`CoreError::Db`] if the store does not take the batch.
    pub fn change<T>(
        self: &Arc<Self>,
        decide: impl FnOnce(&Db, &mut Writes) -> Result<T, CoreError>,
    ) -> Result<(T, Applied), CoreError> {
        let guard = lock(&self.book);
        let mut writes = Writes::new();
        let outcome = decide(&self.db, &mut writes)?;
        if writes.is_empty() {
            // A replay or a refusal: a partner who repeats himself must not cost a commit each time.
            return Ok((outcome, Applied(None)));
        }
        let (grown, touched) = (std::mem::take(&mut writes.grown), std::mem::take(&mut writes.touched));
        let news = Arc::clone(&self.news);
        let ticket = self.db.store().apply_then(writes.into_batch(), move || news.announce(&grown, &touched))?;
        drop(guard);
        Ok((outcome, Applied(Some(ticket))))
    }

    /// Waits until applied writes are durable and announced. Dropping the future changes nothing about that.
    ///
    /// # Errors
    /// [`CoreError::Db`] if the commit failed; the node ends then.
    pub async fn settle(&self, applied: Applied) -> Result<(), CoreError> {
        match applied.0 {
            Some(ticket) => Ok(ticket.durable().await?),
            // What made writing unnecessary may be a moment old.
            None => Ok(self.db.store().durable().await?),
        }
    }

    /// Whether a stream is bringing a message's body now.
    pub(crate) fn is_taking(&self, id: &MessageId) -> bool {
        lock(&self.taking).contains(id)
    }

    /// Takes a message's body for one stream; none while another brings it.
    pub(crate) fn take_body(self: &Arc<Self>, id: MessageId) -> Option<Taking> {
        lock(&self.taking).insert(id).then(|| Taking { core: Arc::clone(self), id })
    }

    /// Has each desk choose the certificate that speaks; true if one chose another. To be asked when trust changes,
    /// and now and then, for licences begin and end.
    pub fn choose_certificates(&self) -> bool {
        let now = self.now();
        let mut desks = self.desks.write().unwrap_or_else(PoisonError::into_inner);
        // All of them choose, whatever the first has said.
        let wanted = self.wants_proofs();
        let shown = |leaf: &LeafIn| !wanted || self.has_proof(leaf);
        desks.iter_mut().filter_map(|desk| desk.choose(&self.trust, now, shown).then_some(())).count() > 0
    }

    /// Applies, waits and announces in one.
    ///
    /// # Errors
    /// As [`Self::change`] and [`Self::settle`].
    pub async fn commit<T>(
        self: &Arc<Self>,
        decide: impl FnOnce(&Db, &mut Writes) -> Result<T, CoreError>,
    ) -> Result<T, CoreError> {
        let (outcome, applied) = self.change(decide)?;
        self.settle(applied).await?;
        Ok(outcome)
    }

    /// How far a log is durable: entries beyond must not leave.
    #[must_use]
    pub fn durable_head(&self, log: Log) -> (u64, u64) {
        lock(&self.news.durable).get(&log).map_or((0, 0), Position::at)
    }

    /// Our logs that have entries, durable ones.
    #[must_use]
    pub fn own_logs(&self) -> Vec<Log> {
        lock(&self.news.durable).keys().copied().filter(|log| self.holds(log.from)).collect()
    }

    /// Whether a desk here holds an address.
    #[must_use]
    pub fn holds(&self, address: Address) -> bool {
        self.with_desks(|desks| desks.iter().any(|desk| desk.holds(address)))
    }

    /// Whether a desk here has this office number.
    #[must_use]
    pub fn has_desk_of(&self, office: &OfficeNumber) -> bool {
        self.with_desks(|desks| desks.iter().any(|desk| desk.kept().office() == *office))
    }

    /// Looks at the desks.
    pub fn with_desks<T>(&self, look: impl FnOnce(&[Desk]) -> T) -> T {
        look(&self.desks.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lets the desk that holds `address` speak.
    ///
    /// # Errors
    /// [`CoreError::NoDesk`], [`CoreError::NoCertificate`], and those of `speak`.
    pub fn speak<T>(
        &self,
        address: Address,
        speak: impl FnOnce(Voice<'_>) -> Result<T, CoreError>,
    ) -> Result<T, CoreError> {
        let log = self.trust.log_seen();
        self.with_desks(|desks| {
            let desk = desks.iter().find(|desk| desk.holds(address)).ok_or(CoreError::NoDesk(address))?;
            let (_, leaf) = desk.certificate().ok_or(CoreError::NoCertificate(address.office))?;
            speak(Voice { key: desk.key(), certificate: leaf.hash(), log })
        })
    }

    /// Whether the desk of an own address may send something new, and why not.
    ///
    /// # Errors
    /// [`CoreError::NoDesk`], [`CoreError::NoCertificate`].
    pub fn may_send(&self, address: Address) -> Result<Standing, CoreError> {
        let now = self.now();
        self.with_desks(|desks| {
            let desk = desks.iter().find(|desk| desk.holds(address)).ok_or(CoreError::NoDesk(address))?;
            Ok(standing(desk, &self.trust, now))
        })
    }

    /// What surrounds messages from one address to another.
    ///
    /// # Errors
    /// [`CoreError::Db`].
    pub fn circumstances(&self, log: Log) -> Result<Circumstances, CoreError> {
        let record = self.record_of(log.to)?;
        let peers = record.as_ref().map(Record::peer_ids).unwrap_or_default();
        let here = self.holds(log.to);
        Ok(Circumstances {
            partner_revoked: self.is_revoked(log.to)?,
            may_not_send: !self.may_send(log.from).is_ok_and(Standing::may_deliver),
            new_key: record.as_ref().map(|record| self.seals_for(log.to, record)).transpose()? == Some(false),
            has_key: record.is_some_and(|record| record.is_valid(self.now())),
            connected: here || self.partners.is_connected(log.to),
            refused: self.partners.refused_by(&peers).is_some(),
            stopped: self.partners.is_stopped(log),
        })
    }

    /// Waits until messages are where somebody wants them, or `limit` is over. `done` is asked first about each, and
    /// again after each change of its state until it says yes. True if it did so about all.
    ///
    /// # Errors
    /// Those of `done`.
    pub async fn wait_for(
        &self,
        ids: &[MessageId],
        limit: Duration,
        mut done: impl FnMut(MessageId) -> Result<bool, CoreError>,
    ) -> Result<bool, CoreError> {
        let mut events = self.events();
        let mut open: HashSet<MessageId> = ids.iter().copied().collect();
        let waiting = async {
            let mut changed = open.clone();
            loop {
                for id in std::mem::take(&mut changed) {
                    if done(id)? {
                        open.remove(&id);
                    }
                }
                if open.is_empty() {
                    return Ok(true);
                }
                match events.recv().await {
                    Ok(Event::Touched(id)) if open.contains(&id) => changed.extend([id]),
                    // It may have been announced anew, under another id.
                    Ok(Event::Touched(id)) if self.db.origin(&id)? != id => {
                        for asked in &open {
                            changed.extend((self.db.newest_id(*asked)? == id).then_some(*asked));
                        }
                    }
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => changed.clone_from(&open),
                    Err(broadcast::error::RecvError::Closed) => return Ok(false),
                }
            }
        };
        tokio::time::timeout(limit, waiting).await.unwrap_or(Ok(false))
    }
}
