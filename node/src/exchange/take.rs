//! The receiving half of a connection.

use std::{
    collections::{BTreeSet, HashMap},
    future::Future,
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use futures::{FutureExt, StreamExt, stream::FuturesOrdered};
use libp2p_identity::PeerId;
use musubi_protocol::{
    cbor,
    certificate::LeafIn,
    credential::{AdmittedDesk, Credential},
    ids::MessageId,
    link::{
        Log,
        frame::{Frame, Stop},
        sender::WINDOW,
    },
};
use musubi_store::crash;
use tokio::{
    sync::broadcast,
    time::{Instant, interval_at},
};

use super::{Budget, Frames, SessionError, Stream, body};
use crate::{
    core::{Core, CoreError, Event},
    db::{Side, Writes},
    inbox::{self, Parcel, Prepared, Received},
    news,
    outbox::short,
    partners::{SharedAdmitted, look},
    proofs::attest,
    recovery,
};

/// How often a body that gets no further is asked for again without being offered again.
const AGAIN: u32 = 3;
/// How often everything that is incomplete is asked for again.
const ASK_AGAIN: Duration = Duration::from_secs(60);

/// Entries that are taken on one thread without handing over, and of how many bytes.
const TOGETHER: usize = 16;
const TOGETHER_BYTES: usize = 1 << 20;
/// From so many on they are checked on two threads.
const WORTH_TWO: usize = 4;

/// An entry, and what checking it gave, if that was done.
type Checked = (Parcel, Option<Result<Prepared, Stop>>);
type Pending = Pin<Box<dyn Future<Output = Result<Vec<Frame>, CoreError>> + Send>>;

/// Serves a stream that a peer has opened: its main stream, one body, news, or a question for an attestation.
///
/// Dropping the future closes the stream. What was applied becomes durable all the same; the peer hears of it on
/// the next connection.
///
/// # Errors
/// [`SessionError`]: every end is one, [`SessionError::Ended`] the peaceful one.
pub async fn accept(
    core: Arc<Core>,
    peer: PeerId,
    admitted: SharedAdmitted,
    stream: Stream,
) -> Result<(), SessionError> {
    let mut frames = Frames::new(stream);
    match frames.next().await? {
        Frame::Body { log, id, offset, length } => {
            body::take(&core, &admitted, frames, (log, id, offset, length)).await
        }
        Frame::News(known) => news::hear(&core, peer, frames, known).await,
        Frame::Attest { log, fiscal_year } => attest::answer(&core, &admitted, frames, log, fiscal_year).await,
        first => {
            let mut session = Take {
                events: core.events(),
                core,
                peer,
                admitted,
                frames,
                pending: FuturesOrdered::new(),
                offered: BTreeSet::new(),
                asked_again: HashMap::new(),
                stopped: BTreeSet::new(),
                gave_back: BTreeSet::new(),
                budget: Budget::new(),
            };
            session.on_frame(first).await?;
            session.run().await
        }
    }
}

struct Take {
    core: Arc<Core>,
    peer: PeerId,
    admitted: SharedAdmitted,
    frames: Frames,
    /// Answers that wait for durability, in order.
    pending: FuturesOrdered<Pending>,
    events: broadcast::Receiver<Event>,
    /// Logs that this stream carries: of admitted desks to desks here.
    offered: BTreeSet<Log>,
    /// How often the rest of a body was asked for again, by message, and from where.
    asked_again: HashMap<MessageId, (u64, u32)>,
    /// Logs of which no more is taken until they are offered again.
    stopped: BTreeSet<Log>,
    /// Logs of which the partner has asked for entries back: offered again, it has them.
    gave_back: BTreeSet<Log>,
    budget: Budget,
}

impl Take {
    async fn run(mut self) -> Result<(), SessionError> {
        let mut again = interval_at(Instant::now() + ASK_AGAIN, ASK_AGAIN);
        loop {
            let room = self.pending.len() < 2 * WINDOW;
            tokio::select! {
                biased;
                Some(answers) = self.pending.next() => {
                    for answer in answers? {
                        self.frames.feed(&answer).await?;
                    }
                    // Whatever became durable with the same commit is answered in one piece.
                    if self.pending.is_empty() || !room {
                        self.frames.flush().await?;
                    } else {
                        self.ready_answers().await?;
                        self.frames.flush().await?;
                    }
                    crash::point("receive.answered");
                }
                event = self.events.recv() => match event {
                    Ok(Event::Lacking(log, id)) => self.ask_again(log, id).await?,
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => self.ask_for_all().await?,
                    Err(broadcast::error::RecvError::Closed) => return Ok(()),
                },
                // A disk that was full, a queue of the sender's that was: neither tells when that is over.
                _ = again.tick() => {
                    self.asked_again.clear();
                    self.ask_for_all().await?;
                }
                frame = self.frames.next(), if room => self.on_frame(frame?).await?,
            }
        }
    }

    /// A body stream ended too early, or what came was not it. A partner who gets no further is asked a few times,
    /// and then when it offers the log again.
    async fn ask_again(&mut self, log: Log, id: MessageId) -> Result<(), SessionError> {
        if !self.offered.contains(&log) || !self.is_admitted(log) {
            return Ok(());
        }
        let answers = self.missing(log, id)?;
        let at = answers.iter().find_map(|frame| match frame {
            Frame::Want { offset, .. } => Some(*offset),
            _ => None,
        });
        let (before, times) = self.asked_again.get(&id).copied().unwrap_or_default();
        let at = at.unwrap_or(before);
        let times = if at > before { 1 } else { times + 1 };
        if times > AGAIN {
            tracing::warn!(id = %short(&id), "a body does not get on and is not asked for again for now");
            return Ok(());
        }
        self.asked_again.insert(id, (at, times));
        self.say(answers).await
    }

    /// After missed events: whatever may lack.
    async fn ask_for_all(&mut self) -> Result<(), SessionError> {
        for log in self.offered.clone() {
            for id in self.core.db.incomplete(log).map_err(CoreError::from)? {
                if !self.core.is_taking(&id) {
                    self.ask_again(log, id).await?;
                }
            }
        }
        Ok(())
    }

    /// Feeds the answers that are ready without waiting.
    async fn ready_answers(&mut self) -> Result<(), SessionError> {
        while let Some(Some(answers)) = self.pending.next().now_or_never() {
            for answer in answers? {
                self.frames.feed(&answer).await?;
            }
        }
        Ok(())
    }

    async fn on_frame(&mut self, frame: Frame) -> Result<(), SessionError> {
        tracing::trace!(peer = %self.peer, ?frame, "frame");
        match frame {
            Frame::Credential(bytes) => {
                self.budget.spend()?;
                self.credential(&bytes)?;
            }
            Frame::Certificate(der) => {
                self.budget.spend()?;
                self.certificate(&der)?;
            }
            Frame::Record(record) => {
                self.budget.spend()?;
                if self.core.take_record(&record)? {
                    crash::point("record.taken");
                    self.core.tell(Event::PartnerRecord);
                }
            }
            Frame::Offer(log) => {
                if self.is_admitted(log) {
                    self.offered.insert(log);
                    self.stopped.remove(&log);
                    if self.gave_back.remove(&log) {
                        self.core.tell(Event::TookBack(log.reverse()));
                    }
                    self.asked_again.clear();
                    // An earlier session may have applied what is not durable yet.
                    let (stand, newest) = (self.stand(log)?, self.core.db.store().newest());
                    self.wait(async move {
                        newest.durable().await?;
                        Ok(stand)
                    });
                } else {
                    self.say(not_admitted(log)).await?;
                }
            }
            Frame::Entry { log, entry, envelope, body } => {
                let parcel = Parcel { log, entry, envelope, body };
                self.entries(parcel).await?;
            }
            Frame::Envelope { log, id, envelope } => {
                self.budget.spend()?;
                if self.is_admitted(log) && !self.stopped.contains(&log) {
                    let core = Arc::clone(&self.core);
                    let take = move || inbox::take_envelope(&core, log, id, &envelope);
                    let taken = tokio::task::spawn_blocking(take).await.map_err(|_| CoreError::Stopped)?;
                    if let Some(applied) = taken? {
                        crash::point("envelope.taken");
                        let core = Arc::clone(&self.core);
                        self.wait(async move {
                            core.settle(applied).await?;
                            Ok(Vec::new())
                        });
                    }
                }
            }
            Frame::Back { log, at } => {
                self.budget.spend()?;
                if self.is_admitted(log) {
                    self.gave_back.insert(log);
                    // What is given back must not be lost here afterwards: the log goes on behind it. One at a time, so
                    // that asking costs no memory.
                    self.core.db.store().newest().durable().await.map_err(CoreError::from)?;
                    let core = Arc::clone(&self.core);
                    let give = move || recovery::give_back(&core, log, at);
                    let given = tokio::task::spawn_blocking(give).await.map_err(|_| CoreError::Stopped)?;
                    self.say(given?).await?;
                }
            }
            Frame::Gone { log, id } => {
                if self.is_admitted(log) && !self.stopped.contains(&log) {
                    let applied = recovery::gone(&self.core, log, id)?;
                    let core = Arc::clone(&self.core);
                    self.wait(async move {
                        core.settle(applied).await?;
                        Ok(Vec::new())
                    });
                }
            }
            Frame::Ping(number) => self.say(vec![Frame::Pong(number)]).await?,
            // Only a first frame is of a body stream, and the rest is not a sender's.
            _ => return Err(SessionError::Unexpected),
        }
        Ok(())
    }

    async fn say(&mut self, answers: Vec<Frame>) -> Result<(), SessionError> {
        for answer in &answers {
            self.frames.feed(answer).await?;
        }
        self.frames.flush().await
    }

    fn wait(&mut self, answers: impl Future<Output = Result<Vec<Frame>, CoreError>> + Send + 'static) {
        self.pending.push_back(Box::pin(answers));
    }

    fn is_admitted(&self, log: Log) -> bool {
        self.core.holds(log.to) && look(&self.admitted).contains(&log.from)
    }

    fn credential(&mut self, bytes: &[u8]) -> Result<(), SessionError> {
        let credential: Credential = cbor::from_slice(bytes, 16 * 1024)?;
        match self.core.admit(&credential, &self.peer) {
            Ok(desk) => {
                let mut set = look(&self.admitted);
                let before = set.addresses();
                if set.add(desk).is_err() {
                    return Err(SessionError::Unexpected);
                }
                // A list may have come while this desk was judged, and all others judged again without it.
                self.core.recheck(&self.peer, &mut set);
                let set = set.clone();
                self.core.note_partners(&set)?;
                if set.addresses() != before {
                    self.core.tell(Event::Connections);
                }
            }
            Err(error) => tracing::info!(peer = %self.peer, %error, "a further desk was not admitted"),
        }
        Ok(())
    }

    /// Keeps an older certificate of an admitted desk, under which it signed earlier entries. Whether it still counts is
    /// judged at each entry.
    fn certificate(&mut self, der: &[u8]) -> Result<(), SessionError> {
        let (Ok(leaf), Some(trust)) = (LeafIn::parse(der), self.core.trust.trust()) else { return Ok(()) };
        if self.core.db.certificate(&leaf.hash()).map_err(CoreError::from)?.is_some() {
            return Ok(());
        }
        let Some(issuer) = trust.issuer_of(&leaf).map(musubi_protocol::certificate::Ca::id) else { return Ok(()) };
        let of_admitted = leaf.addresses().any(|address| look(&self.admitted).contains(&address));
        if of_admitted && trust.judge_but_revocation(der, &issuer, leaf.not_after()).is_ok() {
            let mut writes = Writes::new();
            writes.certificate(&leaf.hash(), &issuer, der).map_err(CoreError::from)?;
            self.core.db.apply_lazily(writes).map_err(CoreError::from)?;
        }
        Ok(())
    }

    /// Where we stand with a log, and what is missing of its messages.
    fn stand(&self, log: Log) -> Result<Vec<Frame>, CoreError> {
        let mut answers = vec![self.have(log)?];
        for id in self.core.db.incomplete(log)? {
            answers.extend(self.missing(log, id)?);
        }
        Ok(answers)
    }

    fn missing(&self, log: Log, id: MessageId) -> Result<Vec<Frame>, CoreError> {
        let mut answers = Vec::new();
        if let Some(partial) = inbox::partial(&self.core, log, &id)? {
            answers.push(Frame::Want { log, id, offset: partial.at });
        }
        let inbound = self.core.db.inbound(&id)?;
        let unopened = inbound.is_some_and(|inbound| inbound.body && !inbound.is_complete());
        if unopened || self.core.db.envelope(Side::Partner, &id)?.is_none() {
            answers.push(Frame::NeedEnvelope { log, id });
        }
        Ok(answers)
    }

    fn have(&self, log: Log) -> Result<Frame, CoreError> {
        Ok(Frame::Have { log, at: self.core.db.head(Side::Partner, log)? })
    }

    /// Takes an entry, together with those of the same log that are here already: one after the other, on one thread.
    async fn entries(&mut self, first: Parcel) -> Result<(), SessionError> {
        let log = first.log;
        let mut size = first.size();
        let mut parcels = vec![first];
        while parcels.len() < TOGETHER && size < TOGETHER_BYTES {
            match self.frames.next().now_or_never() {
                Some(Ok(Frame::Entry { log: of, entry, envelope, body })) if of == log => {
                    let parcel = Parcel { log, entry, envelope, body };
                    size += parcel.size();
                    parcels.push(parcel);
                }
                // What came before it counts first, whatever this is.
                Some(other) => {
                    self.frames.put_back(other);
                    break;
                }
                None => break,
            }
        }
        self.take(log, parcels).await
    }

    async fn take(&mut self, log: Log, parcels: Vec<Parcel>) -> Result<(), SessionError> {
        if self.stopped.contains(&log) {
            // On its way when it was stopped.
            return Ok(());
        }
        let desk = look(&self.admitted).desk(&log.from).cloned();
        let Some(desk) = desk.filter(|_| self.core.holds(log.to)) else {
            return self.say(not_admitted(log)).await;
        };
        let desk = Arc::new(desk);
        let checked: Vec<Checked> = if parcels.len() < WORTH_TWO {
            parcels.into_iter().map(|parcel| (parcel, None)).collect()
        } else {
            let checked = prepare(&self.core, &desk, parcels).await?;
            // That takes its time, and a revocation may have come.
            if look(&self.admitted).desk(&log.from).is_none() {
                return self.say(not_admitted(log)).await;
            }
            checked
        };
        // Without an offer nothing says when to go on, so each entry is answered for itself.
        let stops = self.offered.contains(&log);
        let core = Arc::clone(&self.core);
        let receive = move || {
            let mut received = Vec::with_capacity(checked.len());
            for (parcel, prepared) in checked {
                let prepared = match prepared {
                    Some(prepared) => prepared,
                    None => inbox::prepare(&core, desk.leaf(), &parcel)?,
                };
                let one = inbox::receive(&core, parcel, prepared)?;
                let last = stops && matches!(one, Received::Behind(_) | Received::Refused(_));
                received.push(one);
                if last {
                    break;
                }
            }
            Ok::<_, CoreError>(received)
        };
        let received = tokio::task::spawn_blocking(receive).await.map_err(|_| CoreError::Stopped)??;
        // Of those that follow each other one answer says it, with what is to be asked for.
        let mut wanted: Option<Vec<Frame>> = None;
        for one in received {
            match one {
                Received::New { missing, need_envelope } => {
                    let wanted = wanted.get_or_insert_default();
                    wanted.extend(missing.map(|id| Frame::Want { log, id, offset: 0 }));
                    wanted.extend(need_envelope.map(|id| Frame::NeedEnvelope { log, id }));
                }
                // Perhaps applied a moment ago and not durable yet.
                Received::Known => {
                    wanted.get_or_insert_default();
                }
                other => {
                    self.answer(log, wanted.take())?;
                    self.not_taken(log, other).await?;
                }
            }
        }
        self.answer(log, wanted)
    }

    /// Says where we stand, once that is durable, and what is to be asked for.
    fn answer(&mut self, log: Log, wanted: Option<Vec<Frame>>) -> Result<(), SessionError> {
        let Some(wanted) = wanted else { return Ok(()) };
        // In this order: whatever the place stands for was applied before the ticket.
        let (have, newest) = (self.have(log)?, self.core.db.store().newest());
        self.wait(async move {
            newest.durable().await?;
            crash::point("receive.durable");
            Ok(std::iter::once(have).chain(wanted).collect())
        });
        Ok(())
    }

    async fn not_taken(&mut self, log: Log, received: Received) -> Result<(), SessionError> {
        let reason = match received {
            Received::New { .. } | Received::Known => return Ok(()),
            Received::Gap(at) => {
                let newest = self.core.db.store().newest();
                self.wait(async move {
                    newest.durable().await?;
                    Ok(vec![Frame::Missing { log, at }])
                });
                return Ok(());
            }
            Received::Behind(named) => {
                // Ours comes back first, on the stream that carries it; then they offer theirs again.
                self.core.partners.claims(log.reverse(), named);
                self.core.tell(Event::Behind(log.reverse()));
                Stop::Busy
            }
            Received::Refused(reason) => reason,
        };
        if self.offered.contains(&log) {
            self.stopped.insert(log);
        }
        self.say(vec![Frame::Stop { log, reason }]).await
    }
}

/// Checks signatures and tries envelopes of many entries on two threads.
async fn prepare(
    core: &Arc<Core>,
    desk: &Arc<AdmittedDesk>,
    mut parcels: Vec<Parcel>,
) -> Result<Vec<Checked>, SessionError> {
    let rest = parcels.split_off(parcels.len() / 2);
    let halves = [parcels, rest].map(|parcels| {
        let (core, desk) = (Arc::clone(core), Arc::clone(desk));
        let check =
            move |parcel: Parcel| inbox::prepare(&core, desk.leaf(), &parcel).map(|prepared| (parcel, Some(prepared)));
        tokio::task::spawn_blocking(move || parcels.into_iter().map(check).collect::<Result<Vec<_>, _>>())
    });
    let mut checked = Vec::new();
    for half in halves {
        checked.extend(half.await.map_err(|_| CoreError::Stopped)??);
    }
    Ok(checked)
}

fn not_admitted(log: Log) -> Vec<Frame> {
    vec![Frame::Stop { log, reason: Stop::NotAdmitted }]
}
