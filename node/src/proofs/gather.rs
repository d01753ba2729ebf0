//! The proof that an office here exchanges: each partner confirms it, and what has come is kept.
//!
//! A partner's word counts only together with our own: an attestation that names a month of which nothing is known here
//! is not taken, for the office signs for the months of all of them.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
    time::Duration,
};

use futures::{StreamExt, stream};
use musubi_network::ConnectionId;
use musubi_protocol::{
    certificate::LeafIn,
    ids::OfficeNumber,
    link::{
        Log,
        frame::{Frame, MAX_ATTESTED, Unattested},
    },
    proof::{Attested, Fact, Months, Proof, ProofError, Use, exchange::FiscalYear, verify_attested},
    signed,
};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use super::{attest, issuer_today, links, months, signer};
use crate::{
    core::{Core, CoreError, Event},
    db::{DbError, Writes},
    exchange::{Frames, Opener, SessionError},
    partners::look,
    wire::{OnConnection, Wire, places},
};

/// Partners that are asked, and dialed, at one time.
const AT_ONCE: usize = 32;
/// Longest time for one partner's answer.
const ANSWER: Duration = Duration::from_secs(10);

/// A partner office with which there was exchange in a fiscal year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partner {
    /// The office.
    pub office: OfficeNumber,
    /// In which months, by what is kept here.
    pub months: Months,
    /// Our logs towards it.
    links: Vec<Log>,
}

/// What became of asking a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has confirmed these months, now or earlier.
    Attested(Months),
    /// It was not connected in the time given.
    NotConnected,
    /// It does not let our desk in, or not yet: for want of a newer list, perhaps.
    NotAdmitted,
    /// Its certificate is revoked: it confirms nothing any more.
    Revoked,
    /// It has no certificate to sign by at the moment.
    NoCertificate,
    /// It says that it knows of nothing.
    Nothing,
    /// It has been asked too often; later.
    Busy,
    /// What it has signed does not verify, or says what is not known here.
    Unfit,
    /// It gave no answer: an older version, perhaps.
    NoAnswer,
}

/// The proof of an office here, and what became of each partner.
#[derive(Clone, Debug)]
pub struct Gathered {
    /// The partners by office number.
    pub partners: Vec<(OfficeNumber, Outcome)>,
    /// The proof with what was signed for it; none where nobody has confirmed anything.
    pub proof: Option<(Proof, Use)>,
}

/// Why no proof could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatherError {
    /// The office has no certificate that is good.
    #[error("the office has no certificate that is good")]
    NoCertificate,
    /// The proof that was made does not verify here.
    #[error("the proof does not verify here")]
    Proof(#[from] ProofError),
    /// It could not be signed.
    #[error(transparent)]
    Signed(#[from] signed::Error),
    /// Store or keys failed.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl From<DbError> for GatherError {
    fn from(error: DbError) -> Self {
        Self::Core(error.into())
    }
}

/// The partner offices with which an office here has exchanged in a fiscal year, by office number. Nobody is asked.
///
/// # Errors
/// [`CoreError`].
pub async fn partners(core: &Arc<Core>, office: OfficeNumber, year: FiscalYear) -> Result<Vec<Partner>, CoreError> {
    let core = Arc::clone(core);
    let look = move || {
        let now = core.now();
        let mut partners: BTreeMap<OfficeNumber, Partner> = BTreeMap::new();
        for log in links(&core, office)? {
            // Two kinds of one office are no partners.
            let other = log.to.office;
            let found = if other == office { Months::default() } else { months(&core, log, year, now)? };
            if !found.is_empty() {
                let partner = partners.entry(other).or_insert_with(|| Partner {
                    office: other,
                    months: Months::default(),
                    links: Vec::new(),
                });
                partner.months = partner.months.and(found);
                partner.links.push(log);
            }
        }
        Ok(partners.into_values().collect())
    };
    tokio::task::spawn_blocking(look).await.map_err(|_| CoreError::Stopped)?
}

/// Asks the partners of a fiscal year, keeps what they confirm, and makes the proof from all that is kept and good. Who
/// is not connected, breaks off or does not let our desk in is waited for at most `wait`; who is connected has ten seconds
/// to answer. Whoever calls this has the office's consent: the partners' office numbers stand in the proof.
///
/// Dropping the future ends the asking; what has come is kept.
///
/// # Errors
/// [`GatherError`].
pub async fn gather(
    core: &Arc<Core>,
    wire: &Wire,
    office: OfficeNumber,
    year: FiscalYear,
    wait: Duration,
) -> Result<Gathered, GatherError> {
    let deadline = Instant::now() + wait;
    if signer(core, office).is_none() {
        return Err(GatherError::NoCertificate);
    }
    let partners = partners(core, office, year).await?;
    let mut gathering = Gathering { judge: Judge { core: Arc::clone(core), office, year }, outcomes: BTreeMap::new() };
    // A signature to check for each partner: not on the threads that serve everybody.
    let (judge, looking) = (gathering.judge.clone(), partners.clone());
    let looked = blocking(move || looking.iter().map(|partner| judge.before(partner)).collect::<Result<Vec<_>, _>>());
    let mut open = Vec::new();
    for (partner, before) in partners.iter().zip(looked.await?) {
        match before {
            Before::Attested(months) => {
                gathering.outcomes.insert(partner.office, Outcome::Attested(months));
            }
            Before::Here => gathering.ask_here(partner).await?,
            Before::Revoked => {
                gathering.outcomes.insert(partner.office, Outcome::Revoked);
            }
            Before::Open => open.push(partner.clone()),
        }
    }
    gathering.ask(wire, open, deadline).await?;
    blocking(move || gathering.close(partners)).await
}

/// Does what reads the store or checks signatures off the threads that serve everybody.
async fn blocking<T: Send + 'static, E: From<CoreError> + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    tokio::task::spawn_blocking(work).await.map_err(|_| CoreError::Stopped)?
}

/// Judges what partners confirm about one office and year.
#[derive(Clone)]
struct Judge {
    core: Arc<Core>,
    office: OfficeNumber,
    year: FiscalYear,
}

/// How a partner stands before anybody is asked.
enum Before {
    /// It has confirmed all there is to confirm.
    Attested(Months),
    /// It is a desk of this node.
    Here,
    /// Nobody waits for who cannot come.
    Revoked,
    /// It is to be asked.
    Open,
}

/// What is being gathered for one office and year.
struct Gathering {
    judge: Judge,
    outcomes: BTreeMap<OfficeNumber, Outcome>,
}

type Asked = (Partner, ConnectionId, Result<Result<Attested, Unattested>, SessionError>);

impl Judge {
    /// How a partner stands before anybody is asked. Blocks.
    fn before(&self, partner: &Partner) -> Result<Before, CoreError> {
        Ok(match self.kept(partner)? {
            Some((months, _)) if months.contains(partner.months) => Before::Attested(months),
            _ if self.core.has_desk_of(&partner.office) => Before::Here,
            _ if self.is_revoked(partner)? => Before::Revoked,
            _ => Before::Open,
        })
    }

    /// What a partner has confirmed before, if it is good now and says nothing beyond what is known here.
    fn kept(&self, partner: &Partner) -> Result<Option<(Months, Attested)>, CoreError> {
        let kept = self.core.db.attestation((self.office, partner.office), self.year.number())?;
        let kept = kept.map(|attested| self.today(attested));
        Ok(kept.and_then(|attested| Some((self.judge(&attested, partner)?, attested))))
    }

    /// Whether every desk of a partner that is known here is revoked.
    fn is_revoked(&self, partner: &Partner) -> Result<bool, CoreError> {
        for log in &partner.links {
            if !self.core.is_revoked(log.to)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Judges an attestation as a verifier would, and by what is known here.
    fn judge(&self, attested: &Attested, partner: &Partner) -> Option<Months> {
        let (trust, now) = (self.core.trust.trust()?, self.core.now());
        let judged = verify_attested(attested, &self.office, self.year.number(), &trust, now);
        let (by, months) = judged.ok()?;
        (by == partner.office && partner.months.contains(months)).then_some(months)
    }

    /// The same under the id that its issuing CA has today, which nobody has signed: with a new root it is another one than
    /// when it was confirmed, or than the partner has heard of.
    fn today(&self, attested: Attested) -> Attested {
        let leaf = LeafIn::parse(&attested.certificate).ok();
        let issuer = leaf.and_then(|leaf| issuer_today(&self.core, &leaf)).unwrap_or(attested.issuer);
        Attested { issuer, ..attested }
    }

    /// Judges what a partner has answered: the months, if it is good, and what is to be kept of it. Blocks.
    fn weigh(&self, partner: &Partner, attested: Attested) -> Result<Option<(Months, Writes)>, CoreError> {
        let attested = self.today(attested);
        let Some(months) = self.judge(&attested, partner) else { return Ok(None) };
        // Two nodes of one office confirm what each has: of two good ones the one that says more stays.
        let kept = self.kept(partner)?;
        let mut writes = Writes::new();
        if kept.is_none_or(|(kept, _)| kept.iter().count() <= months.iter().count()) {
            writes.attestation((self.office, partner.office), self.year.number(), &attested)?;
        }
        Ok(Some((months, writes)))
    }
}

impl Gathering {
    /// Takes what a partner has answered; what is good is durable when this returns.
    async fn take(&mut self, partner: &Partner, answer: Result<Attested, Unattested>) -> Result<(), CoreError> {
        let outcome = match answer {
            Ok(attested) => {
                let (judge, of) = (self.judge.clone(), partner.clone());
                match blocking(move || judge.weigh(&of, attested)).await? {
                    Some((months, writes)) => {
                        if !writes.is_empty() {
                            self.judge.core.db.store().commit(writes.into_batch()).await?;
                        }
                        Outcome::Attested(months)
                    }
                    None => {
                        tracing::warn!(partner = %partner.office, "an attestation is not good, or says what nobody here knows");
                        Outcome::Unfit
                    }
                }
            }
            Err(Unattested::NotAdmitted) => Outcome::NotAdmitted,
            Err(Unattested::Nothing) => Outcome::Nothing,
            Err(Unattested::Busy) => Outcome::Busy,
            Err(Unattested::NoCertificate) => Outcome::NoCertificate,
            Err(Unattested::Other) => Outcome::NoAnswer,
        };
        if !matches!(self.outcomes.get(&partner.office), Some(Outcome::Attested(_))) {
            self.outcomes.insert(partner.office, outcome);
        }
        Ok(())
    }

    /// A partner that is a desk of this node confirms in process.
    async fn ask_here(&mut self, partner: &Partner) -> Result<(), CoreError> {
        let ours: BTreeSet<_> = partner.links.iter().map(|log| log.from).collect();
        let Judge { core, year, .. } = &self.judge;
        let answer = attest::attest(core, ours, partner.office, year.number()).await?;
        self.take(partner, answer).await
    }

    /// Asks partners as they are, or until the deadline become, connected. One whose connection breaks may come back, and one
    /// that does not let our desk in may do so when it has heard more: both are asked again.
    async fn ask(&mut self, wire: &Wire, mut open: Vec<Partner>, deadline: Instant) -> Result<(), CoreError> {
        let Judge { core, year, .. } = self.judge.clone();
        let mut events = core.events();
        // Those who are not connected are looked for where they have said they are.
        let mut dialing = JoinSet::new();
        dialing.spawn(dial(Arc::clone(&core), wire.clone(), open.clone()));
        // Once on each connection; who has not let our desk in, again when connections have changed.
        let mut asked: HashSet<(ConnectionId, OfficeNumber)> = HashSet::new();
        let mut again = Vec::new();
        let mut asking: JoinSet<Asked> = JoinSet::new();
        let mut late = false;
        loop {
            for (peer, admitted) in core.partners.peers() {
                for partner in &open {
                    let connected = |log: &&Log| look(&admitted).contains(&log.to) && core.holds(log.from);
                    let Some(log) = partner.links.iter().find(connected).copied() else { continue };
                    // Its main stream is not open yet: the next event tells.
                    let Some(opener) = wire.opener(&peer) else { continue };
                    let on = opener.connection;
                    // After the deadline nobody is asked a second time.
                    let done = late && asked.iter().any(|(_, office)| *office == partner.office);
                    if done || AT_ONCE <= asking.len() || !asked.insert((on, partner.office)) {
                        continue;
                    }
                    let (partner, year) = (partner.clone(), year.number());
                    asking.spawn(async move { (partner, on, question(opener, log, year).await) });
                }
            }
            if open.is_empty() || (late && asking.is_empty()) {
                return Ok(());
            }
            tokio::select! {
                Some(ended) = asking.join_next() => {
                    // A task that did not end in order has no answer.
                    let Ok((partner, on, answer)) = ended else { continue };
                    let waits = match &answer {
                        Ok(answer) => matches!(answer, Err(Unattested::NotAdmitted)),
                        Err(_) => true,
                    };
                    match answer {
                        Ok(answer) => {
                            if waits {
                                again.push((on, partner.office));
                            }
                            self.take(&partner, answer).await?;
                        }
                        Err(error) => {
                            tracing::info!(partner = %partner.office, %error, "a partner gave no attestation");
                            self.outcomes.entry(partner.office).or_insert(Outcome::NoAnswer);
                        }
                    }
                    if !waits {
                        open.retain(|other| other.office != partner.office);
                    }
                }
                runs = connections_change(&mut events) => {
                    if !runs {
                        return Ok(());
                    }
                    for ended in again.drain(..) {
                        asked.remove(&ended);
                    }
                }
                () = sleep_until(deadline), if !late => late = true,
            }
        }
    }

    /// Makes the proof from all that is kept and good.
    fn close(self, partners: Vec<Partner>) -> Result<Gathered, GatherError> {
        let mut good = Vec::new();
        let mut outcomes = Vec::new();
        for partner in partners {
            let outcome = match self.judge.kept(&partner)? {
                Some((months, attested)) => {
                    good.push((partner.office, months, attested));
                    Outcome::Attested(months)
                }
                None => self.outcomes.get(&partner.office).copied().unwrap_or(Outcome::NotConnected),
            };
            outcomes.push((partner.office, outcome));
        }
        let Judge { core, office, year } = &self.judge;
        let signer = signer(core, *office).ok_or(GatherError::NoCertificate)?;
        let now = core.now();
        let made = Proof::used((&signer.leaf, signer.issuer), &signer.key, year.number(), &good, now)?;
        let proof = match made {
            Some(proof) => {
                let trust = core.trust.trust().ok_or(ProofError::UnknownIssuer)?;
                // What a verifier with our own lists would refuse is not handed out.
                match proof.verify(&trust, now)?.fact {
                    Fact::User { statement, .. } => Some((proof, statement)),
                    Fact::Member { .. } => return Err(ProofError::Mixed.into()),
                }
            }
            None => None,
        };
        Ok(Gathered { partners: outcomes, proof })
    }
}

/// Waits until a connection has come or gone, or may have; false if the node has stopped. Cancel safe.
async fn connections_change(events: &mut broadcast::Receiver<Event>) -> bool {
    loop {
        match events.recv().await {
            Ok(Event::Connections) | Err(RecvError::Lagged(_)) => return true,
            Ok(_) => {}
            Err(RecvError::Closed) => return false,
        }
    }
}

/// Asks one partner on a stream of its own.
async fn question(
    opener: OnConnection,
    log: Log,
    fiscal_year: u16,
) -> Result<Result<Attested, Unattested>, SessionError> {
    let asking = async {
        let mut frames = Frames::new(opener.open().await?);
        frames.feed(&Frame::Attest { log, fiscal_year }).await?;
        frames.flush().await?;
        // Longer than any answer: whoever says more is not heard.
        frames.widen(MAX_ATTESTED);
        match frames.next().await? {
            Frame::Attested { log: of, fiscal_year: in_year, answer } if (of, in_year) == (log, fiscal_year) => {
                Ok(answer)
            }
            _ => Err(SessionError::Unexpected),
        }
    };
    timeout(ANSWER, asking).await.unwrap_or(Err(SessionError::Silent))
}

/// Dials partners that are not connected, as their records say.
async fn dial(core: Arc<Core>, wire: Wire, partners: Vec<Partner>) {
    let away = |partner: &Partner| !partner.links.iter().any(|log| core.partners.is_connected(log.to));
    let lost = partners.into_iter().filter(away);
    stream::iter(lost)
        .for_each_concurrent(AT_ONCE, |partner| {
            let (core, wire) = (Arc::clone(&core), wire.clone());
            async move {
                for log in partner.links {
                    // A record that cannot be read is none.
                    let Ok(Some(record)) = core.record_of(log.to) else { continue };
                    for place in places(&record) {
                        if core.partners.is_connected(log.to) {
                            return;
                        }
                        wire.dial(place).await;
                    }
                }
            }
        })
        .await;
}
