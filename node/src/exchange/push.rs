//! The sending half of a connection.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use futures::FutureExt;
use musubi_protocol::{
    entry::{Body, Position},
    ids::{Hash, MessageId},
    link::{
        Log,
        frame::{Frame, INLINE_BODY, Stop},
        sender::{MAX_REQUESTS, Send, Sender},
    },
    signed::Unverified,
};
use musubi_store::crash;
use tokio::{
    sync::broadcast::{
        self,
        error::{RecvError, TryRecvError},
    },
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval_at, sleep_until},
};

use super::{Budget, Frames, Opener, SessionError, Stream, body};
use crate::{
    core::{Core, CoreError, Event},
    db::{DbError, Side},
    outbox,
    partners::{Probe, SharedAdmitted, look},
    recovery::{self, RecoveryError, Returning, Step},
};

/// Streams for large bodies at one time.
const BODY_STREAMS: usize = 2;
/// Pause before a log is offered again of which a body did not get through or which the partner had no room for; it
/// doubles up to [`RETRY_LONGEST`], and begins anew with what gets through.
const RETRY_FIRST: Duration = Duration::from_secs(1);
/// Longest such pause.
const RETRY_LONGEST: Duration = Duration::from_secs(60);
/// Introductions of a session are at least this far apart, unless an entry needs one.
const INTRODUCE_EVERY: Duration = Duration::from_secs(60);
/// How often the other side is asked whether it is still there.
const ASK_EVERY: Duration = Duration::from_secs(20);
/// A session without an answer for this long ends.
const SILENCE: Duration = Duration::from_secs(40);

/// Pushes our logs to one peer until the stream ends or breaks.
///
/// Dropping the future ends the stream; whatever the peer had made durable it says again next time.
///
/// # Errors
/// [`SessionError`]: every end is one, [`SessionError::Ended`] the peaceful one.
pub async fn push<O: Opener>(
    core: Arc<Core>,
    admitted: SharedAdmitted,
    probe: Arc<Probe>,
    stream: Stream,
    opener: O,
) -> Result<(), SessionError> {
    // Listening begins before the logs are read, so that nothing falls in between.
    let events = core.events();
    let mut session = Push {
        core,
        admitted,
        probe,
        frames: Frames::new(stream),
        opener,
        wanted: VecDeque::new(),
        streams: JoinSet::new(),
        active: HashSet::new(),
        failed: BTreeSet::new(),
        retry_at: Instant::now(),
        retry_pause: RETRY_FIRST,
        sender: Sender::new(),
        stopped: BTreeSet::new(),
        returning: BTreeMap::new(),
        forgiven: BTreeSet::new(),
        budget: Budget::new(),
        desks: 0,
        lacking: BTreeSet::new(),
        lacking_more: BTreeSet::new(),
        asked: 0,
        silent_since: None,
        introduced: HashSet::new(),
        introduced_at: Instant::now(),
        due: false,
    };
    session.introduce().await?;
    session.offer_all().await?;
    session.frames.flush().await?;
    session.run(events).await
}

/// A body stream that ended: whose body, and how.
type Sent = (Log, MessageId, Result<(), SessionError>);

struct Push<O> {
    core: Arc<Core>,
    admitted: SharedAdmitted,
    /// Who wants to know whether the other side is there.
    probe: Arc<Probe>,
    frames: Frames,
    opener: O,
    /// Bodies that wait for a stream, each once; at most [`MAX_REQUESTS`].
    wanted: VecDeque<(Log, MessageId, u64)>,
    /// Body streams under way; they end with the session.
    streams: JoinSet<Sent>,
    /// The messages whose bodies these streams carry.
    active: HashSet<MessageId>,
    /// Logs of which a body did not get through: they are offered again when [`Push::retry_at`] has come.
    failed: BTreeSet<Log>,
    retry_at: Instant,
    retry_pause: Duration,
    sender: Sender,
    /// Logs that the partner takes no more of on this connection.
    stopped: BTreeSet<Log>,
    /// Logs that were lost here and come back; none where that has failed on this connection.
    returning: BTreeMap<Log, Option<Returning>>,
    /// Logs whose next refusal was decided before the partner had its own log back.
    forgiven: BTreeSet<Log>,
    budget: Budget,
    /// Desks of the partner when logs were last offered.
    desks: usize,
    /// Messages whose envelope was asked for before one can be made: the partner's record is not here, or nothing is sealed
    /// for its key yet.
    lacking: BTreeSet<(Log, MessageId)>,
    /// Logs of which there are more such messages than are remembered: the receiver is to say once more what it lacks.
    lacking_more: BTreeSet<Log>,
    /// Number of the last ping.
    asked: u64,
    /// Since when the partner has been asked and has said nothing.
    silent_since: Option<Instant>,
    /// Our certificates that were shown on this stream.
    introduced: HashSet<Hash>,
    introduced_at: Instant,
    /// We are to be introduced again.
    due: bool,
}

impl<O> Drop for Push<O> {
    /// On the next connection everything is taken anew.
    fn drop(&mut self) {
        for log in &self.stopped {
            self.core.partners.goes_on(*log);
        }
    }
}

impl<O: Opener> Push<O> {
    /// Shows all desks, also those of the gate: what speaks may have changed since. Then older certificates, records.
    async fn introduce(&mut self) -> Result<(), SessionError> {
        (self.introduced_at, self.due) = (Instant::now(), false);
        for credential in self.core.credentials()? {
            self.introduced.insert(Hash::of(&[&credential.leaf]));
            let bytes = musubi_protocol::cbor::to_vec(&credential)?;
            self.frames.feed(&Frame::Credential(bytes)).await?;
        }
        let now = self.core.now();
        let older: Vec<(Hash, Vec<u8>)> = self.core.with_desks(|desks| {
            let all = desks.iter().flat_map(|desk| {
                let speaks = desk.certificate().map(|(_, leaf)| leaf.hash());
                desk.certificates.iter().filter(move |(_, leaf)| Some(leaf.hash()) != speaks)
            });
            // One that has expired proves nothing any more.
            all.filter(|(_, leaf)| now <= leaf.not_after())
                .map(|(_, leaf)| (leaf.hash(), leaf.der().to_vec()))
                .collect()
        });
        for (hash, certificate) in older {
            self.introduced.insert(hash);
            self.frames.feed(&Frame::Certificate(certificate)).await?;
        }
        for record in self.core.records() {
            self.frames.feed(&Frame::Record(record.bytes().to_vec())).await?;
        }
        Ok(())
    }

    async fn offer_all(&mut self) -> Result<(), SessionError> {
        // A partner that named an entry of a log which is not here may have done so before this stream was open.
        for log in self.core.own_logs().into_iter().chain(self.core.partners.claimed()) {
            self.offer(log).await?;
        }
        Ok(())
    }

    /// Offers a log towards a desk of this peer, once.
    async fn offer(&mut self, log: Log) -> Result<(), SessionError> {
        let towards_peer = look(&self.admitted).contains(&log.to);
        if towards_peer && self.core.holds(log.from) && self.sender.offer(log) {
            self.frames.feed(&Frame::Offer(log)).await?;
        }
        Ok(())
    }

    async fn run(mut self, mut events: broadcast::Receiver<Event>) -> Result<(), SessionError> {
        let probe = Arc::clone(&self.probe);
        let mut ask = interval_at(Instant::now() + ASK_EVERY, ASK_EVERY);
        ask.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                frame = self.frames.next() => self.on_frame(frame?).await?,
                _ = ask.tick() => {
                    // While a frame was on its way out, none was read: look once more before giving up.
                    match self.frames.next().now_or_never() {
                        Some(frame) => self.on_frame(frame?).await?,
                        None if self.silent_since.is_some_and(|since| since.elapsed() >= SILENCE) => {
                            return Err(SessionError::Silent);
                        }
                        None => {}
                    }
                    self.ask().await?;
                }
                () = probe.asked.notified() => self.ask().await?,
                // A task that did not end in order leaves nothing to go by: the session begins anew.
                Some(sent) = self.streams.join_next() => self.body_ended(sent.map_err(|_| SessionError::Ended)?),
                () = sleep_until(self.retry_at), if !self.failed.is_empty() => self.offer_again().await?,
                () = sleep_until(self.introduced_at + INTRODUCE_EVERY), if self.due => self.introduce().await?,
                event = events.recv() => {
                    self.on_event(event).await?;
                    // Whatever became durable with the same commit goes out together.
                    loop {
                        match events.try_recv() {
                            Ok(event) => self.on_event(Ok(event)).await?,
                            Err(TryRecvError::Empty) => break,
                            Err(TryRecvError::Lagged(count)) => self.on_event(Err(RecvError::Lagged(count))).await?,
                            Err(TryRecvError::Closed) => return Err(SessionError::Ended),
                        }
                    }
                }
            }
            self.drain().await?;
            self.frames.flush().await?;
            crash::point("push.flushed");
        }
    }

    async fn on_event(&mut self, event: Result<Event, RecvError>) -> Result<(), SessionError> {
        match event {
            Ok(Event::Grew(log)) => {
                self.offer(log).await?;
                self.sender.wake(log);
            }
            // Daily, and when trust has changed: statements are renewed before they end.
            Ok(Event::Records) => self.due = true,
            Ok(Event::Trust) => {
                self.due = true;
                self.wake_all().await?;
            }
            Ok(Event::Behind(log)) => self.ask_what_they_have(log).await?,
            Ok(Event::TookBack(log)) => self.judged_anew(log).await?,
            Ok(Event::PartnerRecord) => self.envelopes().await?,
            Ok(Event::Connections) => self.further_desks().await?,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => self.everything().await?,
            Err(RecvError::Closed) => return Err(SessionError::Ended),
        }
        Ok(())
    }

    /// After missed events: whatever may have grown.
    async fn everything(&mut self) -> Result<(), SessionError> {
        self.due = true;
        self.wake_all().await?;
        self.envelopes().await
    }

    /// The partner may have shown more desks than in the gate.
    async fn further_desks(&mut self) -> Result<(), SessionError> {
        let desks = look(&self.admitted).desks().count();
        if desks == std::mem::replace(&mut self.desks, desks) {
            return Ok(());
        }
        self.wake_all().await
    }

    /// Offers what can be offered by now and looks at every log again.
    async fn wake_all(&mut self) -> Result<(), SessionError> {
        self.offer_all().await?;
        for log in self.core.own_logs() {
            self.sender.wake(log);
        }
        Ok(())
    }

    /// A record has come, or a new key of the partner may be sealed for: what lacked an envelope for want of it may get one
    /// now.
    async fn envelopes(&mut self) -> Result<(), SessionError> {
        for (log, id) in std::mem::take(&mut self.lacking) {
            self.envelope(log, id).await?;
        }
        if self.lacking.is_empty() {
            for log in std::mem::take(&mut self.lacking_more) {
                self.frames.feed(&Frame::Offer(log)).await?;
            }
        }
        Ok(())
    }

    async fn envelope(&mut self, log: Log, id: MessageId) -> Result<(), SessionError> {
        if !look(&self.admitted).contains(&log.to) {
            return Ok(());
        }
        match outbox::envelope_of(&self.core, log, &id, true)? {
            Some(envelope) => self.frames.feed(&Frame::Envelope { log, id, envelope }).await?,
            None if self.lacking.len() < MAX_REQUESTS => _ = self.lacking.insert((log, id)),
            None => _ = self.lacking_more.insert(log),
        }
        Ok(())
    }

    fn is_lacking(&self, log: Log, id: MessageId) -> bool {
        self.lacking.contains(&(log, id)) || (self.lacking_more.contains(&log) && MAX_REQUESTS <= self.lacking.len())
    }

    /// Asks whether the other side is still there.
    async fn ask(&mut self) -> Result<(), SessionError> {
        self.silent_since.get_or_insert_with(Instant::now);
        self.asked += 1;
        self.frames.feed(&Frame::Ping(self.asked)).await
    }

    async fn on_frame(&mut self, frame: Frame) -> Result<(), SessionError> {
        tracing::trace!(?frame, "answer");
        // Whoever says anything is there.
        self.silent_since = None;
        match frame {
            Frame::Have { log, at } if self.sender.has_offered(log) => self.have(log, at).await?,
            // About a log that was never offered here, here and below.
            Frame::Have { .. } => {}
            // What they miss is asked for again once the log is back.
            Frame::Missing { log, .. } if self.returning.contains_key(&log) => {}
            Frame::Missing { log, at } => self.sender.missing(log, at),
            Frame::Yours { log, entry } => self.comes_back(log, &entry).await?,
            Frame::Certificate(der) => {
                self.budget.spend()?;
                recovery::keep_certificate(&self.core, &der)?;
            }
            Frame::Want { log, id, offset } => self.sender.want(log, id, offset),
            // It is not forgotten: a receiver asks again and again, and it costs nothing.
            Frame::NeedEnvelope { log, id } if self.is_lacking(log, id) => {}
            Frame::NeedEnvelope { log, id } => self.sender.need_envelope(log, id),
            Frame::Stop { log, reason } if self.sender.has_offered(log) => {
                let reason = if self.forgiven.remove(&log) { Stop::Busy } else { reason };
                tracing::warn!(from = %log.from, to = %log.to, ?reason, "the partner takes no more of a log");
                self.sender.stop(log, reason);
                self.stopped.insert(log);
                self.core.partners.stopped(log, reason);
                self.core.tell(Event::Stopped(log));
                if reason == Stop::Busy {
                    // That passes.
                    self.retry_later(log);
                }
            }
            Frame::Stop { .. } => {}
            Frame::Pong(number) if number <= self.asked => self.probe.answered(),
            _ => return Err(SessionError::Unexpected),
        }
        Ok(())
    }

    /// The receiver has said where it stands. What it has of our log and we have not was lost here.
    async fn have(&mut self, log: Log, at: Position) -> Result<(), SessionError> {
        if self.sender.is_on_its_way(log, at.at()) {
            // It takes what we send: whatever it refuses next has not lasted yet.
            self.retry_pause = RETRY_FIRST;
            self.sender.have(log, at.at());
            return Ok(());
        }
        if self.returning.contains_key(&log) {
            return Ok(());
        }
        if let Some(returning) = Returning::begin(&self.core, log, at)? {
            self.sender.hold(log);
            self.frames.feed(&Frame::Back { log, at: returning.after() }).await?;
            self.returning.insert(log, Some(returning));
            return Ok(());
        }
        if let Some(claimed) = self.core.partners.take_claim(log)
            && let Some(applied) = recovery::go_on_without(&self.core, log, at, claimed)?
        {
            self.core.settle(applied).await?;
        }
        self.sender.have(log, at.at());
        Ok(())
    }

    /// An entry of our own log, which was lost here.
    async fn comes_back(&mut self, log: Log, entry: &[u8]) -> Result<(), SessionError> {
        // Nothing was asked for, or it has failed: the rest of what was asked for may still be on its way.
        let Some(returning) = self.returning.get_mut(&log).ok_or(SessionError::Unexpected)? else { return Ok(()) };
        let complete = match returning.add(entry) {
            Ok(Step::Wait) => return Ok(()),
            Ok(Step::Ask(at)) => return self.frames.feed(&Frame::Back { log, at }).await,
            Ok(Step::Complete) => self.returning.get_mut(&log).and_then(Option::take),
            Err(error) => {
                self.returning.insert(log, None);
                return self.stays_lost(log, &error);
            }
        };
        let Some(returning) = complete else { return Ok(()) };
        let core = Arc::clone(&self.core);
        let completed = tokio::task::spawn_blocking(move || returning.complete(&core)).await;
        match completed.map_err(|_| CoreError::Stopped)? {
            Ok(applied) => {
                crash::point("recovery.applied");
                self.core.settle(applied).await?;
                crash::point("recovery.durable");
                self.returning.remove(&log);
                self.core.partners.goes_on(log);
                self.core.tell(Event::Stopped(log));
                self.frames.feed(&Frame::Offer(log)).await
            }
            Err(RecoveryError::Core(error)) => Err(error.into()),
            Err(error) => self.stays_lost(log, &error),
        }
    }

    /// Nothing more goes out of a log that cannot be taken back; it is tried again on the next connection.
    fn stays_lost(&mut self, log: Log, error: &RecoveryError) -> Result<(), SessionError> {
        tracing::error!(from = %log.from, to = %log.to, %error, "our own log was lost here and does not come back");
        self.sender.stop(log, Stop::Restart);
        self.stopped.insert(log);
        self.core.partners.stopped(log, Stop::Restart);
        self.core.tell(Event::Stopped(log));
        Ok(())
    }

    /// The partner has its own log back. What it refused without that, it may take now; its refusal may still be on
    /// its way on the other stream.
    async fn judged_anew(&mut self, log: Log) -> Result<(), SessionError> {
        if self.returning.contains_key(&log) || !look(&self.admitted).contains(&log.to) {
            return Ok(());
        }
        if self.sender.stopped(log).is_none() {
            self.forgiven.insert(log);
            return Ok(());
        }
        self.reopen(log);
        self.frames.feed(&Frame::Offer(log)).await
    }

    /// Lets a stopped log go on once it is offered again.
    fn reopen(&mut self, log: Log) {
        self.sender.reopen(log);
        self.stopped.remove(&log);
        self.core.partners.goes_on(log);
        self.core.tell(Event::Stopped(log));
    }

    /// The partner names an entry of a log of ours that is not here: offered, it says what it has.
    async fn ask_what_they_have(&mut self, log: Log) -> Result<(), SessionError> {
        let towards_peer = look(&self.admitted).contains(&log.to) && self.core.holds(log.from);
        if towards_peer && !self.returning.contains_key(&log) {
            self.sender.offer(log);
            self.frames.feed(&Frame::Offer(log)).await?;
        }
        Ok(())
    }

    async fn drain(&mut self) -> Result<(), SessionError> {
        while let Some(send) = self.sender.poll() {
            match send {
                Send::EntryAfter(log, at) => self.entry(log, at).await?,
                Send::Envelope(log, id) => {
                    self.budget.spend()?;
                    match self.core.db.content_key(Side::Own, &id).map_err(CoreError::from)? {
                        Some(_) => self.envelope(log, id).await?,
                        None => self.not_here(log, id).await?,
                    }
                }
                Send::Body(log, id, _) if self.core.db.body(Side::Own, &id).map_err(CoreError::from)?.is_none() => {
                    self.budget.spend()?;
                    self.not_here(log, id).await?;
                }
                Send::Body(log, id, offset) => {
                    // The newest wish for a body counts.
                    self.wanted.retain(|(_, other, _)| *other != id);
                    if self.wanted.len() < MAX_REQUESTS {
                        self.wanted.push_back((log, id, offset));
                    }
                    self.next_body();
                }
            }
        }
        Ok(())
    }

    /// Sends the next entry of a log, if it is durable here.
    async fn entry(&mut self, log: Log, at: (u64, u64)) -> Result<(), SessionError> {
        let Some(entry) = self.core.db.entry_after(log, at).map_err(CoreError::from)? else { return Ok(()) };
        let place = (entry.claim().epoch, entry.claim().seq);
        if place > self.core.durable_head(log) {
            return Ok(());
        }
        let may_deliver = self.core.may_send(log.from).is_ok_and(crate::core::Standing::may_deliver);
        if !may_deliver || !look(&self.admitted).contains(&log.to) {
            return Ok(());
        }
        let (envelope, body) = match &entry.claim().body {
            Body::Message(header) => self.parcel(log, &entry, header.length)?,
            _ => (Vec::new(), Vec::new()),
        };
        // Signed by a certificate that the partner may not have seen yet: it was installed while this session runs.
        let signer = entry.claim().signer;
        if !self.introduced.contains(&signer) {
            self.introduce().await?;
        }
        // It may have expired, or was revoked: to a partner who lost the log it shows what he had.
        if self.introduced.insert(signer)
            && let Some((_, der)) = self.core.db.certificate(&signer).map_err(CoreError::from)?
        {
            self.frames.feed(&Frame::Certificate(der)).await?;
        }
        crash::point("push.entry");
        let is_message = matches!(entry.claim().body, Body::Message(_));
        let is_here = !is_message || self.core.db.body(Side::Own, &entry.id()).map_err(CoreError::from)?.is_some();
        self.frames.feed(&Frame::Entry { log, entry: entry.bytes().to_vec(), envelope, body }).await?;
        self.sender.sent(log, place);
        if !is_here {
            self.not_here(log, entry.id()).await?;
        }
        Ok(())
    }

    /// The content of a message of ours is not kept any more, or was lost.
    async fn not_here(&mut self, log: Log, id: MessageId) -> Result<(), SessionError> {
        match recovery::not_here(&self.core, log, id).await? {
            Some(gone) => self.frames.feed(&gone).await,
            None => Ok(()),
        }
    }

    /// What travels with a message's entry: an envelope if one can be made, and the body if it is small.
    fn parcel(
        &self,
        log: Log,
        entry: &Unverified<musubi_protocol::entry::Entry>,
        length: u64,
    ) -> Result<(Vec<u8>, Vec<u8>), CoreError> {
        let id = entry.id();
        let envelope = outbox::envelope_of(&self.core, log, &id, false)?.unwrap_or_default();
        if length > INLINE_BODY {
            return Ok((envelope, Vec::new()));
        }
        let Some(body) = self.core.db.body(Side::Own, &id)? else { return Ok((envelope, Vec::new())) };
        // At most INLINE_BODY, so it fits.
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let bytes = self.core.db.store().bodies().read(body, 0, length).map_err(DbError::from)?;
        Ok((envelope, bytes))
    }

    /// Sends wanted bodies on streams of their own, two at a time and never one body twice.
    fn next_body(&mut self) {
        while self.streams.len() < BODY_STREAMS
            && let Some(at) = self.wanted.iter().position(|(_, id, _)| !self.active.contains(id))
            && let Some((log, id, offset)) = self.wanted.remove(at)
        {
            self.active.insert(id);
            let (core, opener, admitted) = (Arc::clone(&self.core), self.opener.clone(), Arc::clone(&self.admitted));
            self.streams.spawn(async move {
                let sent = body::send(&core, &admitted, &opener, log, id, offset).await;
                (log, id, sent)
            });
        }
    }

    /// A stream that could not be opened, or broke, is not known to the receiver: the log is offered again after a
    /// pause, and the receiver says what it lacks.
    fn body_ended(&mut self, (log, id, sent): Sent) {
        self.active.remove(&id);
        match sent {
            Ok(()) => self.retry_pause = RETRY_FIRST,
            Err(error) => {
                tracing::debug!(id = %outbox::short(&id), %error, "a body stream ended early");
                self.retry_later(log);
            }
        }
        self.next_body();
    }

    fn retry_later(&mut self, log: Log) {
        if self.failed.is_empty() {
            self.retry_at = Instant::now() + self.retry_pause;
            self.retry_pause = (self.retry_pause * 2).min(RETRY_LONGEST);
        }
        self.failed.insert(log);
    }

    async fn offer_again(&mut self) -> Result<(), SessionError> {
        for log in std::mem::take(&mut self.failed) {
            if self.sender.stopped(log) == Some(Stop::Busy) {
                self.reopen(log);
            }
            if look(&self.admitted).contains(&log.to) && self.sender.stopped(log).is_none() {
                self.frames.feed(&Frame::Offer(log)).await?;
            }
        }
        Ok(())
    }
}
