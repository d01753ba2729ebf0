//! The state that all workers share.
//!
//! Every write of a log goes through [`Core::change`]: read, decide and apply under one lock, then wait for
//! durability without it. What is not durable is not announced and does not leave the process.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use libp2p_identity::{Keypair, PeerId};
use musubi_protocol::{
    certificate::Leaf,
    credential::{self, Admitted, AdmittedDesk, Credential},
    crl,
    delivery::Circumstances,
    entry::Position,
    gate::Refusal,
    ids::{Address, Hash, MessageId, OfficeNumber},
    link::{
        Log,
        book::{Voice, WriteError},
    },
    record::{self, Claim, Holder, Locator, Offer, Record},
    seal::{Suite, keys as sealing_rules},
    signed::{self, Unverified},
    time::{DAY, Timestamp},
    trust::{Distrust, Trust},
};
use musubi_store::crash;
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use serde_bytes::ByteBuf;
use tokio::{sync::broadcast, task::JoinHandle};

use crate::{
    db::{Db, DbError, Writes},
    desk::{self, Desk, DeskError, Kept},
    keys::{KeyError, Keys, Label, Mode},
    office::NODE_KEY,
    partners::Partners,
    trust::{InstallError, Installation, TrustKeeper},
};

/// How many events a slow listener may lag behind before it is told to look at everything again.
const EVENTS: usize = 1024;

/// Something that workers wait for. Sent only when it is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A log of ours has a new entry.
    Grew(Log),
    /// A message's state changed.
    Touched(MessageId),
    /// Certificates, lists or bundles changed.
    Trust,
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
    node: Keypair,
    desks: RwLock<Vec<Desk>>,
    records: RwLock<Vec<Record>>,
    listen: RwLock<Vec<String>>,
    /// Held from reading a log's head until its new entry is applied.
    book: Mutex<()>,
    /// Held from judging lists, bundles and certificates, or making keys and records, until they are in force: of two
    /// that come at once the later must build on the earlier.
    installing: tokio::sync::Mutex<()>,
    /// Held from looking what was sent before until the next message is appended.
    pub(crate) sending: tokio::sync::Mutex<()>,
    /// Messages whose body a stream is bringing now.
    taking: Mutex<HashSet<MessageId>>,
    /// Of each own log, how far it is durable.
    durable: Mutex<HashMap<Log, Position>>,
    events: broadcast::Sender<Event>,
}

/// Writes that are applied and not yet durable. They become so, and are announced then, whether somebody waits or not.
#[must_use = "applied is not yet durable"]
pub struct Applied(JoinHandle<Result<(), CoreError>>);

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
    pub fn load(db: Db, keys: Keys, mode: Mode) -> Result<Self, CoreError> {
        let trust = TrustKeeper::load(&db)?;
        let wrapped: ByteBuf = db.meta(NODE_KEY)?.ok_or(CoreError::NoMessage)?;
        let mut secret = keys.unwrap_key(Label::NodeKey, &[], &wrapped)?;
        // Taking the 32 bytes fails for no value (RFC 8032: any seed is a key).
        let node = Keypair::ed25519_from_bytes(&mut *secret).map_err(|_| CoreError::Random)?;
        let mut desks = Vec::new();
        for kept in db.desks::<Kept>()? {
            desks.push(Desk::load(&db, &keys, kept)?);
        }
        let durable = db.own_heads()?.into_iter().collect();
        let core = Self {
            db,
            keys,
            mode,
            trust,
            partners: Partners::default(),
            node,
            desks: RwLock::new(desks),
            records: RwLock::default(),
            listen: RwLock::default(),
            book: Mutex::new(()),
            installing: tokio::sync::Mutex::new(()),
            sending: tokio::sync::Mutex::new(()),
            taking: Mutex::default(),
            durable: Mutex::new(durable),
            events: broadcast::channel(EVENTS).0,
        };
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
        self.events.subscribe()
    }

    /// Tells all listeners.
    pub fn tell(&self, event: Event) {
        // Nobody listening is fine.
        let _ = self.events.send(event);
    }

    /// Reads, decides and applies under the lock of the logs. `decide` fills the writes; nothing is durable yet.
    ///
    /// # Errors
    /// Those of `decide`, and [`CoreError::Db`] if the store does not take the batch.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn change<T>(
        self: &Arc<Self>,
        decide: impl FnOnce(&Db, &mut Writes) -> Result<T, CoreError>,
    ) -> Result<(T, Applied), CoreError> {
        let guard = lock(&self.book);
        let mut writes = Writes::new();
        let outcome = decide(&self.db, &mut writes)?;
        let (grown, touched) = (std::mem::take(&mut writes.grown), std::mem::take(&mut writes.touched));
        let ticket = self.db.store().apply(writes.into_batch())?;
        drop(guard);
        let core = Arc::clone(self);
        // A task of its own: whoever asked for the change may be gone before it is durable.
        let settled = tokio::spawn(async move {
            ticket.durable().await?;
            core.announce(&grown, &touched);
            Ok(())
        });
        Ok((outcome, Applied(settled)))
    }

    /// Waits until applied writes are durable and announced. Dropping the future changes nothing about that.
    ///
    /// # Errors
    /// [`CoreError::Db`] if the commit failed; the node ends then.
    pub async fn settle(&self, applied: Applied) -> Result<(), CoreError> {
        applied.0.await.map_err(|_| CoreError::Stopped)?
    }

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
        for (log, _) in grown {
            self.tell(Event::Grew(*log));
        }
        for id in touched {
            self.tell(Event::Touched(*id));
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
        let (trust, now) = (self.trust.trust(), self.now());
        let mut desks = self.desks.write().unwrap_or_else(PoisonError::into_inner);
        // All of them choose, whatever the first has said.
        desks.iter_mut().filter_map(|desk| desk.choose(trust.as_ref(), now).then_some(())).count() > 0
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
        lock(&self.durable).get(&log).map_or((0, 0), Position::at)
    }

    /// Our logs that have entries, durable ones.
    #[must_use]
    pub fn own_logs(&self) -> Vec<Log> {
        lock(&self.durable).keys().copied().filter(|log| self.holds(log.from)).collect()
    }

    /// Whether a desk here holds an address.
    #[must_use]
    pub fn holds(&self, address: Address) -> bool {
        self.with_desks(|desks| desks.iter().any(|desk| desk.holds(address)))
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
        let (trust, now) = (self.trust.trust(), self.now());
        self.with_desks(|desks| {
            let desk = desks.iter().find(|desk| desk.holds(address)).ok_or(CoreError::NoDesk(address))?;
            Ok(standing(desk, trust.as_ref(), now))
        })
    }

    /// The credentials that this node shows: one for each desk whose certificate is good.
    ///
    /// # Errors
    /// [`CoreError::Signed`].
    pub fn credentials(&self) -> Result<Vec<Credential>, CoreError> {
        let (peer, now) = (self.peer_id(), self.now());
        let trust = self.trust.trust();
        self.with_desks(|desks| {
            desks
                .iter()
                .filter(|desk| standing(desk, trust.as_ref(), now).may_receive())
                .filter_map(|desk| desk.certificate().map(|certificate| (desk, certificate)))
                .map(|(desk, (issuer, leaf))| Ok(Credential::new(leaf, *issuer, &peer, desk.key(), now)?))
                .collect()
        })
    }

    /// Judges a credential shown by a peer.
    ///
    /// # Errors
    /// [`credential::Refused`]; without trust data everything is refused.
    pub fn admit(&self, credential: &Credential, peer: &PeerId) -> Result<AdmittedDesk, credential::Refused> {
        let trust = self.trust.trust().ok_or(Distrust::UnknownIssuer)?;
        let known = |leaf: &musubi_protocol::certificate::LeafIn| {
            leaf.addresses().any(|address| matches!(self.db.partner(address), Ok(Some(_))))
        };
        let desk = credential::admit(credential, peer, &trust, self.now(), known)?;
        let superseded = desk.leaf().addresses().any(|address| self.speaks_newer(address, desk.leaf(), &trust));
        if superseded { Err(credential::Refused::Superseded) } else { Ok(desk) }
    }

    /// Whether a partner's certificate is held that is good, whose licence has begun, and whose issue number is higher
    /// than this one's: of several the highest speaks, also where an old PC still shows an older one.
    fn speaks_newer(&self, address: Address, leaf: &Leaf, trust: &Trust) -> bool {
        let Ok(Some(hash)) = self.db.partner(address) else { return false };
        let Ok(Some((issuer, der))) = self.db.certificate(&hash) else { return false };
        if hash == leaf.hash() {
            return false;
        }
        let now = self.now();
        let held = trust.judge(&der, &issuer, now, true);
        held.is_ok_and(|held| held.issue_number() > leaf.issue_number() && held.from() <= now && held.holds(&address))
    }

    /// Our own desks as a partner on this node sees them: judged like anyone else.
    #[must_use]
    pub fn admitted_here(&self) -> Admitted {
        let peer = self.peer_id();
        let mut admitted = Admitted::new();
        for credential in self.credentials().unwrap_or_default() {
            match self.admit(&credential, &peer) {
                // Bounded by the desks of this directory.
                Ok(desk) => drop(admitted.add(desk)),
                Err(error) => tracing::warn!(%error, "a desk of this node is not admitted here"),
            }
        }
        admitted
    }

    /// Notes the certificates under which partners were admitted.
    ///
    /// # Errors
    /// [`CoreError::Db`].
    pub fn note_partners(&self, admitted: &Admitted) -> Result<(), CoreError> {
        let (mut writes, trust) = (Writes::new(), self.trust.trust());
        for desk in admitted.desks() {
            let leaf = desk.leaf();
            let hash = leaf.hash();
            if self.db.certificate(&hash)?.is_none() {
                writes.certificate(&hash, &leaf.issuer(), leaf.der())?;
            }
            for address in leaf.addresses() {
                let held = self.db.partner(address)?;
                let speaks = admitted.desk(&address).is_some_and(|desk| desk.leaf().hash() == hash);
                let speaks = speaks && !trust.as_ref().is_some_and(|trust| self.speaks_newer(address, leaf, trust));
                if speaks && held != Some(hash) {
                    writes.partner(address, &hash)?;
                }
            }
        }
        if !writes.is_empty() {
            // Certificates are public and come again: no need to wait for the disk.
            self.db.apply_lazily(writes)?;
        }
        Ok(())
    }

    /// Whether a partner's newest certificate is revoked.
    ///
    /// # Errors
    /// [`CoreError::Db`].
    pub fn is_revoked(&self, address: Address) -> Result<bool, CoreError> {
        let Some(trust) = self.trust.trust() else { return Ok(false) };
        if self.holds(address) {
            return Ok(self.may_send(address)? == Standing::Revoked);
        }
        let certificate = self.db.partner(address)?.map(|hash| self.db.certificate(&hash)).transpose()?.flatten();
        let Some((issuer, der)) = certificate else { return Ok(false) };
        Ok(matches!(trust.judge(&der, &issuer, self.now(), true), Err(Distrust::Revoked)))
    }

    /// The nodes that did not let this one in at the last attempt: the addresses known to be there, and why.
    ///
    /// # Errors
    /// [`CoreError::Db`].
    pub fn refusals(&self) -> Result<Vec<(Vec<Address>, Refusal)>, CoreError> {
        let refusals = self.partners.refusals();
        if refusals.is_empty() {
            return Ok(Vec::new());
        }
        let mut places: HashMap<PeerId, Vec<Address>> = HashMap::new();
        for (address, _) in self.db.partners()? {
            for peer in self.record_of(address)?.iter().flat_map(Record::peer_ids) {
                places.entry(peer).or_default().push(address);
            }
        }
        Ok(refusals.into_iter().map(|(peer, why)| (places.remove(&peer).unwrap_or_default(), why)).collect())
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
            has_key: record.is_some_and(|record| record.is_valid(self.now())),
            connected: here || self.partners.is_connected(log.to),
            refused: self.partners.refused_by(&peers).is_some(),
            stopped: self.partners.is_stopped(log),
        })
    }

    /// The newest valid record of an address: ours, or a partner's as kept.
    ///
    /// # Errors
    /// [`CoreError::Db`].
    pub fn record_of(&self, address: Address) -> Result<Option<Record>, CoreError> {
        let own = self.records().into_iter().find(|record| record.speaks_for(address));
        if own.is_some() {
            return Ok(own);
        }
        let Some(bytes) = self.db.record(address)? else { return Ok(None) };
        self.verify_record(&bytes)
    }

    /// Verifies a record against the certificate that it names, if that is kept and good now.
    fn verify_record(&self, bytes: &[u8]) -> Result<Option<Record>, CoreError> {
        let Ok(record) = Unverified::<Claim>::from_bytes(bytes) else { return Ok(None) };
        let Some((issuer, der)) = self.db.certificate(&record.claim().certificate)? else { return Ok(None) };
        let Some(trust) = self.trust.trust() else { return Ok(None) };
        let Ok(leaf) = trust.judge(&der, &issuer, self.now(), true) else { return Ok(None) };
        let kinds = leaf.kinds();
        let holder = Holder { office: leaf.office(), kinds, certificate: leaf.hash(), key: leaf.key() };
        Ok(record::verify(record, &holder).ok())
    }

    /// Keeps a record that an admitted desk has sent, if it is newer than the one held.
    ///
    /// # Errors
    /// [`CoreError::Db`]. A record that is not good is not kept, and that is no error.
    pub fn take_record(&self, bytes: &[u8]) -> Result<bool, CoreError> {
        let Some(record) = self.verify_record(bytes)? else { return Ok(false) };
        let mut writes = Writes::new();
        // One from the future would keep all later ones out.
        if record.claim().sequence > self.now().plus(DAY).0 {
            return Ok(false);
        }
        for kind in &record.claim().kinds {
            let address = Address::new(record.claim().office, *kind);
            let held = self.db.record(address)?.map(|bytes| self.verify_record(&bytes)).transpose()?.flatten();
            if !self.holds(address) && held.is_none_or(|held| held.claim().sequence < record.claim().sequence) {
                writes.record(address, bytes)?;
            }
        }
        let new = !writes.is_empty();
        if new {
            // It comes with every connection: no need to wait for the disk.
            self.db.apply_lazily(writes)?;
        }
        Ok(new)
    }

    /// Our records in force.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        self.records.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The addresses that we listen on, as records show them.
    #[must_use]
    pub fn listening(&self) -> Vec<String> {
        self.listen.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes new listen addresses; records follow with [`Self::renew`].
    pub fn listens_on(&self, addresses: Vec<String>) {
        *self.listen.write().unwrap_or_else(PoisonError::into_inner) = addresses;
    }

    /// Makes sealing keys that are due, destroys those past their time, and issues records anew.
    ///
    /// # Errors
    /// [`CoreError`].
    pub async fn renew(self: &Arc<Self>) -> Result<(), CoreError> {
        let _one_at_a_time = self.installing.lock().await;
        self.renew_now().await
    }

    /// As [`Self::renew`], for who holds the lock.
    async fn renew_now(self: &Arc<Self>) -> Result<(), CoreError> {
        let now = self.now();
        let mut writes = Writes::new();
        {
            let mut desks = self.desks.write().unwrap_or_else(PoisonError::into_inner);
            for desk in desks.iter_mut() {
                desk.renew_sealing_keys(&self.keys, &mut writes, now, &mut rng()?)?;
                if let Some(trusted) = self.trust.trusted_time() {
                    let gone = desk.destroy_sealing_keys(&mut writes, trusted)?;
                    if gone > 0 {
                        tracing::info!(office = %desk.kept().office(), gone, "destroyed sealing keys past their time");
                    }
                }
            }
        }
        self.trust.persist_time(&mut writes)?;
        let records = self.make_records(now, &mut writes)?;
        // The keys that a record offers are durable before anybody seals for them.
        self.db.store().commit(writes.into_batch()).await?;
        *self.records.write().unwrap_or_else(PoisonError::into_inner) = records;
        self.tell(Event::Records);
        Ok(())
    }

    fn make_records(&self, now: Timestamp, writes: &mut Writes) -> Result<Vec<Record>, CoreError> {
        const SEQUENCE: &str = "record sequence";
        let sequence = record::next_sequence(self.db.meta(SEQUENCE)?, now);
        writes.meta(SEQUENCE, &sequence)?;
        let peer = ByteBuf::from(self.peer_id().to_bytes());
        let locator = Locator { peers: vec![peer], addresses: self.listening(), ..Locator::default() };
        self.with_desks(|desks| {
            let mut records = Vec::new();
            for desk in desks {
                let Some((_, leaf)) = desk.certificate() else { continue };
                // The youngest of each suite: older ones stay good for what was sealed for them.
                let usable = |suite: Suite| {
                    let of = desk.sealing.iter().filter(|key| key.pair.public().suite() == suite);
                    let of = of.filter(|key| sealing_rules::is_plausible(key.made, now));
                    of.filter(|key| sealing_rules::usable_by_sender(key.made, now)).max_by_key(|key| key.made)
                };
                let youngest = [Suite::XWing, Suite::X25519].into_iter().filter_map(usable);
                let keys: Vec<Offer> = youngest.map(|key| Offer::new(key.pair.public(), key.made)).collect();
                if keys.is_empty() {
                    continue;
                }
                let mut kinds = leaf.kinds().to_vec();
                kinds.sort_unstable();
                let claim = Claim {
                    office: leaf.office(),
                    kinds,
                    certificate: leaf.hash(),
                    sequence,
                    issued: now,
                    until: now.plus(record::VALID_FOR),
                    locator: locator.clone(),
                    keys,
                    ext: musubi_protocol::cbor::Ext::none(),
                };
                records.push(record::sign(claim, desk.key())?);
            }
            Ok(records)
        })
    }

    /// Installs certificates, lists and bundles into the running node.
    ///
    /// Dropping the future does not call it off.
    ///
    /// # Errors
    /// [`CoreError::Install`]; then nothing has changed.
    pub async fn install(
        self: &Arc<Self>,
        files: Vec<Vec<u8>>,
        pin: Option<Hash>,
    ) -> Result<crate::api::types::Installed, CoreError> {
        let core = Arc::clone(self);
        let installing = tokio::spawn(async move { core.install_now(&files, pin).await });
        installing.await.map_err(|_| CoreError::Stopped)?
    }

    async fn install_now(
        self: &Arc<Self>,
        files: &[Vec<u8>],
        pin: Option<Hash>,
    ) -> Result<crate::api::types::Installed, CoreError> {
        let _one_at_a_time = self.installing.lock().await;
        let kept: Vec<Kept> = self.with_desks(|desks| desks.iter().map(|desk| desk.kept().clone()).collect());
        let mut installation: Installation = self.trust.examine(&self.db, &kept, files, pin)?;
        let writes = std::mem::take(&mut installation.writes);
        self.db.store().commit(writes.into_batch()).await?;
        {
            let mut desks = self.desks.write().unwrap_or_else(PoisonError::into_inner);
            for kept in std::mem::take(&mut installation.desks) {
                let certificates = desk::certificates(&self.db, &kept)?;
                if let Some(desk) = desks.iter_mut().find(|desk| desk.kept().number() == kept.number()) {
                    desk.refresh(kept, certificates);
                }
            }
        }
        let report = installation.report.clone();
        self.trust.adopt(installation);
        self.choose_certificates();
        self.tell(Event::Trust);
        self.renew_now().await?;
        Ok(report)
    }

    /// Takes newer CRLs from a peer in the gate, up to the first that is not good. Dropping the future does not call
    /// it off.
    ///
    /// # Errors
    /// [`CoreError::Db`] if the store fails.
    pub async fn learn_crls(self: &Arc<Self>, crls: Vec<Vec<u8>>) -> Result<(), CoreError> {
        let core = Arc::clone(self);
        let learning = tokio::spawn(async move { core.learn_crls_now(crls).await });
        learning.await.map_err(|_| CoreError::Stopped)?
    }

    async fn learn_crls_now(self: &Arc<Self>, crls: Vec<Vec<u8>>) -> Result<(), CoreError> {
        let _one_at_a_time = self.installing.lock().await;
        let learned = self.take_crls(crls).await;
        if *learned.as_ref().unwrap_or(&true) {
            self.choose_certificates();
            self.tell(Event::Trust);
        }
        learned.map(drop)
    }

    /// Takes lists one by one; true if one was new.
    async fn take_crls(self: &Arc<Self>, crls: Vec<Vec<u8>>) -> Result<bool, CoreError> {
        let mut new = false;
        for crl in crls {
            let core = Arc::clone(self);
            // Megabytes of list are parsed and verified: not on the threads that serve everybody.
            let examine = move || core.trust.examine_crl(&core.db, &crl);
            let mut installation = match tokio::task::spawn_blocking(examine).await.map_err(|_| CoreError::Stopped)? {
                Ok(installation) => installation,
                Err(InstallError::Db(error)) => return Err(error.into()),
                // Of a CA of a later trust bundle, which does not travel with it: no reason to pass over the rest.
                Err(InstallError::Crl(crl::Error::Issuer)) => continue,
                Err(error) => {
                    tracing::warn!(%error, "a revocation list from a peer was not taken");
                    return Ok(new);
                }
            };
            let writes = std::mem::take(&mut installation.writes);
            if !writes.is_empty() {
                self.db.store().commit(writes.into_batch()).await?;
                self.trust.adopt(installation);
                new = true;
            }
        }
        Ok(new)
    }

    /// Waits until a message's state changes or `limit` is over. `done` is asked first and after each change.
    ///
    /// # Errors
    /// Those of `done`.
    pub async fn wait_for(
        &self,
        id: MessageId,
        limit: Duration,
        mut done: impl FnMut() -> Result<bool, CoreError>,
    ) -> Result<bool, CoreError> {
        let mut events = self.events();
        let waiting = async {
            loop {
                if done()? {
                    return Ok(true);
                }
                loop {
                    match events.recv().await {
                        Ok(Event::Touched(touched)) if touched == id => break,
                        Ok(_) => {}
                        Err(broadcast::error::RecvError::Lagged(_)) => break,
                        Err(broadcast::error::RecvError::Closed) => return Ok(false),
                    }
                }
            }
        };
        tokio::time::timeout(limit, waiting).await.unwrap_or(Ok(false))
    }
}

/// Where a desk stands with the authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No certificate is installed.
    NoCertificate,
    /// The licence has not begun.
    NotYetValid,
    /// All is well.
    Active,
    /// The licence is over; exchange goes on for 30 days.
    Grace,
    /// Grace is over: receives and collects, sends nothing new.
    Ended,
    /// The certificate has expired.
    Expired,
    /// The certificate is revoked.
    Revoked,
}

impl Standing {
    /// The name that scripts see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoCertificate => "no_certificate",
            Self::NotYetValid => "not_yet_valid",
            Self::Active => "active",
            Self::Grace => "grace",
            Self::Ended => "ended",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    /// May seal something new.
    #[must_use]
    pub const fn may_send(self) -> bool {
        matches!(self, Self::Active | Self::Grace)
    }

    /// May deliver what was sealed in time.
    #[must_use]
    pub const fn may_deliver(self) -> bool {
        matches!(self, Self::NotYetValid | Self::Active | Self::Grace | Self::Ended)
    }

    /// May show itself and receive: for that a certificate is enough, whatever the licence.
    #[must_use]
    pub const fn may_receive(self) -> bool {
        self.may_deliver()
    }
}

/// Where a desk stands.
#[must_use]
pub fn standing(desk: &Desk, trust: Option<&Trust>, now: Timestamp) -> Standing {
    let (Some((issuer, leaf)), Some(trust)) = (desk.certificate(), trust) else { return Standing::NoCertificate };
    match trust.judge(leaf.der(), issuer, now, true) {
        Err(Distrust::Revoked) => Standing::Revoked,
        Err(Distrust::NotYetValid) => Standing::NotYetValid,
        Err(Distrust::Expired) => Standing::Expired,
        Err(_) if leaf.not_after() < now => Standing::Expired,
        // With a list of our own that is old or missing, others judge by theirs, and say so.
        _ if now < leaf.from() => Standing::NotYetValid,
        _ if now <= leaf.until() => Standing::Active,
        _ if leaf.may_send(now) => Standing::Grace,
        _ => Standing::Ended,
    }
}
