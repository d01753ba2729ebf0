//! Newer lists, bundles and certificates: from the authority every quarter of an hour, from partners at once.
//!
//! Whoever tells is not believed: CRLs and bundles are judged by their signatures, a delta by the CRL that it builds.
//! So it does not matter from whom they come, and each node passes on what it has taken.

mod deltas;
mod poll;

use std::{collections::BTreeSet, future::Future, sync::Arc, time::Duration};

use libp2p_identity::PeerId;
use musubi_network::enrol::{AskError, Asker};
use musubi_protocol::{
    cbor,
    crl::Delta,
    enrol::{Answer, MAX_ANSWER, MessageError, Question},
    gate::CRLS_COUNT,
    ids::Hash,
    link::frame::Frame,
    news::Known,
    trust::Trust,
};
use tokio::{
    sync::{Semaphore, watch},
    time::timeout,
};

pub(crate) use self::deltas::Deltas;
pub use self::poll::{Asked, Renewing, remember_place};
pub(crate) use self::poll::{agree, freshen, place, poll, reach};
use crate::{
    core::{Core, CoreError},
    exchange::{Frames, Opener, SessionError},
    transparency,
    trust::InstallError,
};

/// How many partners are asked at one time; the longest answer is some 4 MiB. The authority is asked beside them.
pub(crate) const ASKED_AT_ONCE: usize = 8;
/// How many answers are made and on their way at one time.
pub(crate) const ANSWERED_AT_ONCE: usize = 32;
/// Longest time for one answer.
const ANSWER: Duration = Duration::from_secs(20);
/// Longest time for all that follows one piece of news.
const SESSION: Duration = Duration::from_secs(60);
/// Most questions about one piece of news.
const QUESTIONS: usize = 16;
/// First pause before a partner is told again who could not be told; it doubles up to [`LONGEST_PAUSE`].
const AGAIN: Duration = Duration::from_secs(5);
/// Longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// Somebody who is asked.
pub(crate) trait Source: Send {
    /// Asks one question.
    fn ask(&mut self, question: &Question) -> impl Future<Output = Result<Answer, NewsError>> + Send;
}

/// Why nothing could be learned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NewsError {
    /// The authority was not reached, or did not answer.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The stream of a partner broke.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// What was answered is no answer.
    #[error("the answer cannot be read")]
    Answer(#[from] MessageError),
    /// An answer to something else.
    #[error("the answer is to another question")]
    Other,
    /// The question could not be written.
    #[error("the question cannot be encoded")]
    Question(#[from] cbor::Error),
    /// Too busy, for so many seconds.
    #[error("too busy")]
    Busy(u64),
    /// No answer in time.
    #[error("no answer in time")]
    Late,
    /// Nothing could be asked any more.
    #[error("the node is shutting down")]
    Stopped,
    /// What came was refused, or could not be kept.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Source for Asker {
    async fn ask(&mut self, question: &Question) -> Result<Answer, NewsError> {
        let answer = Self::ask(self, question.encode()?.to_vec()).await?;
        answered(&answer)
    }
}

/// A partner on a news stream.
pub(crate) struct Partner(Frames);

impl Partner {
    /// A partner whose news has just come.
    pub(crate) fn new(mut frames: Frames) -> Self {
        frames.widen(MAX_ANSWER);
        Self(frames)
    }

    /// Tells it that it was heard.
    ///
    /// # Errors
    /// [`SessionError`].
    pub(crate) async fn close(self) -> Result<(), SessionError> {
        self.0.close().await
    }
}

impl Source for Partner {
    async fn ask(&mut self, question: &Question) -> Result<Answer, NewsError> {
        let Self(frames) = self;
        let asked = async {
            frames.feed_raw(question.encode()?.to_vec()).await?;
            frames.flush().await?;
            Ok::<_, NewsError>(frames.raw().await?)
        };
        answered(&timeout(ANSWER, asked).await.map_err(|_| NewsError::Late)??)
    }
}

fn answered(answer: &[u8]) -> Result<Answer, NewsError> {
    match Answer::decode(answer)? {
        Answer::Busy { again } => Err(NewsError::Busy(again)),
        answer => Ok(answer),
    }
}

/// Asks for whatever somebody knows beyond what is known here. `theirs` is what they say they know; without it
/// they are asked for everything.
///
/// Dropping the future changes nothing about what has been learned.
///
/// # Errors
/// [`NewsError`]; what came before the error is in force.
pub(crate) async fn catch_up(
    core: &Arc<Core>,
    source: &mut impl Source,
    theirs: Option<&Known>,
) -> Result<(), NewsError> {
    let Some(trust) = core.trust.trust() else { return Ok(()) };
    let number = trust.bundle().number;
    if theirs.is_none_or(|theirs| number < theirs.bundle) {
        match source.ask(&Question::Bundle { number }).await? {
            Answer::Bundle(Some(bundle)) => {
                core.learn_bundle(bundle).await?;
            }
            Answer::Bundle(None) => {}
            _ => return Err(NewsError::Other),
        }
    }
    let Some(trust) = core.trust.trust() else { return Ok(()) };
    if theirs.is_none_or(|theirs| trust.is_behind(&theirs.crls)) {
        let failed = ask_for_crls(core, source, trust.crl_numbers()).await?;
        if !failed.is_empty() {
            // Their deltas do not fit what is here: once more, as if nothing were.
            let Some(trust) = core.trust.trust() else { return Ok(()) };
            let held = trust.crl_numbers().into_iter().filter(|(issuer, _)| !failed.contains(issuer)).collect();
            ask_for_crls(core, source, held).await?;
        }
    }
    Ok(())
}

/// Asks for newer CRLs and takes them; gives the CAs whose deltas did not fit.
async fn ask_for_crls(
    core: &Arc<Core>,
    source: &mut impl Source,
    held: Vec<(Hash, u64)>,
) -> Result<Vec<Hash>, NewsError> {
    let Answer::Crls { deltas, crls } = source.ask(&Question::Crls { held }).await? else {
        return Err(NewsError::Other);
    };
    if CRLS_COUNT < deltas.len() || CRLS_COUNT < crls.len() {
        return Err(NewsError::Other);
    }
    let trust = core.trust.trust();
    // A CRL of half a megabyte is built and its signature checked: not on the threads that serve everybody.
    let built = tokio::task::spawn_blocking(move || trust.map(|trust| rebuild(&trust, &deltas)).unwrap_or_default());
    let (mut ders, failed) = built.await.map_err(|_| NewsError::Stopped)?;
    ders.extend(crls);
    if !ders.is_empty() {
        core.learn_crls(ders).await?;
    }
    Ok(failed)
}

/// The CRLs to which deltas lead, and the CAs of those that lead nowhere.
pub(crate) fn rebuild(trust: &Trust, deltas: &[Vec<u8>]) -> (Vec<Vec<u8>>, Vec<Hash>) {
    let (mut ders, mut failed) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for delta in deltas {
        let Ok(delta) = Delta::from_bytes(delta) else { continue };
        let issuer = delta.issuer();
        // One for each CA: building a list takes its size.
        if !seen.insert(issuer) {
            continue;
        }
        let ca = trust.issuing().chain(trust.roots()).find(|ca| ca.id() == issuer);
        let old = trust.crls().find(|crl| crl.issuer() == issuer);
        match (old, ca) {
            (Some(old), Some(ca)) => match delta.apply(old, ca) {
                Ok(crl) => ders.push(crl.der().to_vec()),
                Err(error) => {
                    tracing::debug!(%error, "a delta does not lead on from the list that is held");
                    failed.push(issuer);
                }
            },
            _ => failed.push(issuer),
        }
    }
    (ders, failed)
}

/// Hears news on a stream that a partner has opened, and asks for what is new.
///
/// # Errors
/// [`SessionError`].
pub(crate) async fn hear(core: &Arc<Core>, peer: PeerId, frames: Frames, known: Known) -> Result<(), SessionError> {
    // One at a time of each partner, so that none takes the turns of the others.
    let Some(hearing) = core.partners.hearing(peer) else { return Err(SessionError::Unexpected) };
    let mut partner = Partner::new(frames);
    let turn = core.asking.acquire().await.map_err(|_| CoreError::Stopped)?;
    let heard = catch_up(core, &mut partner, Some(&known));
    // Not closed but broken off, the other side knows that it was not heard, and tells again.
    match timeout(SESSION, heard).await {
        Ok(Ok(())) => {}
        Ok(Err(NewsError::Core(error))) => return Err(error.into()),
        Ok(Err(error)) => {
            tracing::debug!(%peer, %error, "a partner's news could not be followed up");
            return Err(SessionError::Unexpected);
        }
        Err(_) => return Err(SessionError::Silent),
    }
    // The next news must not wait for the log, which is worth having from whoever has it.
    drop((turn, hearing));
    // What it has not got it will not give.
    core.seen.asked(core.trust.trusted_time());
    if transparency::covered_size(&core.db).map_err(CoreError::from)? < known.log {
        let followed =
            timeout(SESSION, transparency::follow(core, &mut partner, transparency::From::Partner(known.log))).await;
        if let Ok(Err(error)) = followed {
            tracing::debug!(%peer, %error, "a partner's log could not be followed");
        }
    }
    let cleared = timeout(ANSWER, transparency::clear_up(core, &mut partner, peer, known.log)).await;
    if let Ok(Err(error)) = cleared {
        tracing::debug!(%peer, %error, "a doubt about a partner's log could not be cleared up");
    }
    core.partners.knows(peer, known);
    partner.close().await
}

/// Somebody who tells others what is new, and answers what they ask then.
pub(crate) trait Teller: Send + Sync + 'static {
    /// What is known, now and later.
    fn changes(&self) -> watch::Receiver<Known>;

    /// What a node is known to know.
    fn known_to(&self, peer: &PeerId) -> Known;

    /// Whether a node is to be told.
    fn is_news(&self, peer: &PeerId, ours: &Known) -> bool {
        ours.is_news_to(&self.known_to(peer))
    }

    /// Notes that a node was told.
    fn told(&self, peer: PeerId, known: Known);

    /// One for each answer that is made and on its way.
    fn turns(&self) -> &Semaphore;

    /// The answer to a question; `None` for one that is not asked here. Blocks.
    fn answer(&self, question: &Question) -> Option<Answer>;
}

impl Teller for Core {
    fn changes(&self) -> watch::Receiver<Known> {
        self.known.subscribe()
    }

    fn known_to(&self, peer: &PeerId) -> Known {
        self.partners.known_to(peer)
    }

    /// The authority is told of a longer log, too: if it has a shorter one itself it was put back from a backup.
    fn is_news(&self, peer: &PeerId, ours: &Known) -> bool {
        let theirs = self.partners.known_to(peer);
        ours.is_news_to(&theirs) || (theirs.log < ours.log && self.partners.is_authority(peer))
    }

    fn told(&self, peer: PeerId, known: Known) {
        self.partners.knows(peer, known);
    }

    fn turns(&self) -> &Semaphore {
        &self.answering
    }

    fn answer(&self, question: &Question) -> Option<Answer> {
        match question {
            Question::Leaves { size } => transparency::leaves_after(self, *size).ok()?,
            Question::LeadOn { size } => transparency::lead_on(self, *size).ok()?,
            question => answer(&self.trust.trust()?, &self.deltas, question),
        }
    }
}

/// Tells a node of newer lists whenever there are any, each time on a stream of its own. Ends with the connection.
///
/// # Errors
/// [`SessionError`]: every end is one.
pub(crate) async fn keep_telling<T: Teller, O: Opener>(
    teller: Arc<T>,
    peer: PeerId,
    opener: O,
) -> Result<(), SessionError> {
    let (mut changes, mut pause) = (teller.changes(), AGAIN);
    loop {
        let ours = changes.borrow_and_update().clone();
        if teller.is_news(&peer, &ours) {
            let told = timeout(SESSION, tell(&teller, &ours, &opener)).await;
            match told.unwrap_or(Err(SessionError::Silent)) {
                Ok(()) => {
                    teller.told(peer, ours);
                    pause = AGAIN;
                }
                Err(error) => {
                    tracing::debug!(%peer, %error, "a partner could not be told of newer lists");
                    // Nothing tells when the other side would hear: time itself is what is waited for.
                    tokio::time::sleep(pause).await;
                    pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
                    continue;
                }
            }
        }
        changes.changed().await.map_err(|_| SessionError::Ended)?;
    }
}

/// Tells once, and answers what is asked then.
async fn tell<T: Teller, O: Opener>(teller: &Arc<T>, known: &Known, opener: &O) -> Result<(), SessionError> {
    let mut frames = Frames::new(opener.open().await?);
    frames.feed(&Frame::News(known.clone())).await?;
    frames.flush().await?;
    frames.widen(MAX_ANSWER);
    for _ in 0..QUESTIONS {
        let question = match frames.raw().await {
            Ok(question) => question,
            Err(SessionError::Ended) => return Ok(()),
            Err(error) => return Err(error),
        };
        let question = Question::decode(&question).map_err(|_| SessionError::Unexpected)?;
        let _turn = teller.turns().acquire().await.map_err(|_| CoreError::Stopped)?;
        let answering = Arc::clone(teller);
        let answer = tokio::task::spawn_blocking(move || answering.answer(&question));
        let answer = answer.await.map_err(|_| CoreError::Stopped)?.ok_or(SessionError::Unexpected)?;
        frames.feed_raw(answer.encode()?).await?;
        frames.flush().await?;
    }
    // Whoever wants more asks the authority.
    Ok(())
}

/// What a partner is answered about lists and bundles; `None` for what is asked of the authority alone.
pub(crate) fn answer(trust: &Trust, deltas: &Deltas, question: &Question) -> Option<Answer> {
    match question {
        Question::Bundle { number } => {
            let newer = *number < trust.bundle().number;
            Some(Answer::Bundle(newer.then(|| trust.bundle_bytes().to_vec())))
        }
        Question::Crls { held } => {
            let (mut leading, mut crls) = (Vec::new(), Vec::new());
            for crl in trust.crls() {
                match held.iter().find(|(issuer, _)| *issuer == crl.issuer()) {
                    Some((_, number)) if crl.number() <= *number => {}
                    Some((issuer, number)) => match deltas.leading(issuer, *number, crl.number()) {
                        Some(delta) => leading.push(delta),
                        None => crls.push(crl.der().to_vec()),
                    },
                    None => crls.push(crl.der().to_vec()),
                }
            }
            Some(Answer::Crls { deltas: leading, crls })
        }
        _ => None,
    }
}

/// Whether something learned shows that somebody signs two truths.
pub(crate) const fn is_alarm(error: &NewsError) -> bool {
    matches!(error, NewsError::Core(CoreError::Install(InstallError::Alarm(_))))
}
