//! Asking the authority: for newer lists, and for each desk's next certificate.

use std::{sync::Arc, time::Duration};

use ed25519_dalek::SigningKey;
use musubi_network::{
    Keypair,
    enrol::{Asker, EnrolLimits},
};
use musubi_protocol::{
    certificate::{LeafIn, material},
    enrol::{Answer, Question, Refusal, Renewal, State},
    ids::{Hash, OfficeNumber},
    invitation::Place,
    log::Inclusion,
    policy::ASK_DAYS,
    signed::Signed,
    time::{DAY, Timestamp},
};
use rand::RngExt;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::{NewsError, Source, catch_up, is_alarm};
use crate::{
    core::{Core, CoreError},
    db::{DbError, Writes},
    enrol::dialed,
    transparency::{From, follow},
};

/// Name of the single value that says where the authority is.
const PLACE: &str = "authority place";
/// How often the authority is asked.
const EVERY: Duration = Duration::from_secs(15 * 60);
/// First pause after an attempt that failed; it doubles up to [`EVERY`].
const FIRST_PAUSE: Duration = Duration::from_secs(15);
/// Longest time for all that is asked at once.
const AT_MOST: Duration = Duration::from_secs(900);
/// Longest time for the log within it: some 20 MB the first time.
const FOLLOWING: Duration = Duration::from_secs(600);
/// Questions that nobody waits for are at least this far apart.
const APART: Duration = Duration::from_secs(20);
/// Longest time that a node which starts waits for a fresh list.
const AT_START: Duration = Duration::from_secs(20);
/// With a list younger than this a node is ready at once.
const FRESH: u64 = DAY;

/// What came of asking the authority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// How often asking it has begun.
    pub begun: u64,
    /// Which of these has ended.
    pub ended: u64,
    /// Whether it has answered then.
    pub answered: bool,
}

/// What has become of the renewal of a desk's licence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewing {
    /// So many yen are due: a person has to agree.
    Fee(u32),
    /// The authority has refused.
    Refused(Refusal),
}

/// Notes where the authority is reached.
///
/// # Errors
/// [`DbError`].
pub fn remember_place(writes: &mut Writes, place: &Place) -> Result<(), DbError> {
    writes.meta(PLACE, &place.to_string())
}

/// Where the authority is: as the settings say, else as the invitation has said.
pub(crate) fn place(core: &Core, configured: Option<&Place>) -> Option<Place> {
    let remembered = || core.db.meta::<String>(PLACE).ok().flatten().and_then(|place| place.parse().ok());
    configured.cloned().or_else(remembered)
}

/// Asks the authority at the start, every quarter of an hour, and when somebody wants it.
pub(crate) async fn poll(core: Arc<Core>, configured: Option<Place>, stop: CancellationToken) {
    let mut failures = 0;
    loop {
        let (mut pause, mut answered) = (EVERY, false);
        core.asked.send_modify(|asked| asked.begun += 1);
        if let Some(place) = place(&core, configured.as_ref()) {
            let asking = timeout(AT_MOST, ask_authority(&core, &place));
            let asked = tokio::select! {
                () = stop.cancelled() => return,
                asked = asking => asked.unwrap_or(Err(NewsError::Late)),
            };
            match asked {
                Ok(()) => (failures, answered) = (0, true),
                Err(error) => {
                    if is_alarm(&error) {
                        tracing::error!(%error, "the authority says two things under one number");
                    }
                    tracing::warn!(%error, %place, "the authority could not be asked");
                    let wanted = if let NewsError::Busy(seconds) = error { seconds } else { 0 };
                    let doubled = FIRST_PAUSE.saturating_mul(1 << failures.min(8));
                    pause = doubled.max(Duration::from_secs(wanted)).min(EVERY);
                    failures += 1;
                }
            }
        }
        core.asked.send_modify(|asked| *asked = Asked { ended: asked.begun, answered, ..*asked });
        let at_least = Instant::now() + APART;
        let pause = pause.mul_f64(rand::rng().random_range(0.75..1.0));
        tokio::select! {
            () = stop.cancelled() => return,
            () = core.ask.notified() => {}
            () = async { sleep_until(at_least).await; core.ask_soon.notified().await } => {}
            () = sleep_until(Instant::now() + pause) => {}
        }
    }
}

/// Seeks a fresh list before mail is taken, where there is somebody to ask and the one held is a day old; and the proof of
/// a certificate, where one is wanted by now and none is at hand: without it nobody would let this node in.
pub(crate) async fn freshen(core: &Arc<Core>, configured: Option<&Place>) {
    let Some(place) = place(core, configured) else { return };
    let now = core.now();
    // That of a root kept offline is as old as the last ceremony.
    let age = core.trust.trust().and_then(|trust| trust.least_fresh(now).map(|crl| now.since(crl.this_update())));
    let proof = core.wants_proofs() && core.lacks_proof();
    if age.is_none_or(|age| age < FRESH) && !proof {
        return;
    }
    match timeout(AT_START, ask_for_lists(core, &place, proof)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "no fresh list from the authority at the start"),
        Err(_) => tracing::warn!("no fresh list from the authority at the start"),
    }
}

/// Opens a connection to ask the authority on.
///
/// # Errors
/// [`NewsError::Ask`].
pub(crate) async fn reach(place: &Place) -> Result<Asker, NewsError> {
    // A key for this connection alone: whoever watches learns nothing of the node's. What is answered is judged by its
    // signatures, so it does not matter who answers.
    let key = Keypair::generate_ed25519();
    Ok(Asker::reach(&key, dialed(place), EnrolLimits::default()).await?)
}

async fn ask_for_lists(core: &Arc<Core>, place: &Place, proof: bool) -> Result<(), NewsError> {
    let mut asker = reach(place).await?;
    catch_up(core, &mut asker, None).await?;
    if proof { next_certificates(core, &mut asker).await } else { Ok(()) }
}

async fn ask_authority(core: &Arc<Core>, place: &Place) -> Result<(), NewsError> {
    let mut asker = reach(place).await?;
    catch_up(core, &mut asker, None).await?;
    next_certificates(core, &mut asker).await?;
    // Last, so that a certificate that was just fetched is known as ours. Whatever comes of it, the rest was answered.
    match timeout(FOLLOWING, follow(core, &mut asker, From::Authority)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the authority's log could not be followed"),
        Err(_) => tracing::warn!("the authority's log did not come in time"),
    }
    Ok(())
}

/// Fetches each desk's newest certificate.
async fn next_certificates(core: &Arc<Core>, source: &mut impl Source) -> Result<(), NewsError> {
    for held in held(core) {
        match next_certificate(core, source, held).await {
            Ok(()) => {}
            // One that cannot be used is no reason to leave the other desks without theirs.
            Err(error @ (NewsError::Core(_) | NewsError::Other | NewsError::Answer(_))) => {
                tracing::warn!(%error, "the authority's answer about a certificate cannot be used");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A desk as far as its certificates go.
struct Held {
    desk: u16,
    office: OfficeNumber,
    key: SigningKey,
    /// The certificate with the highest issue number.
    newest: LeafIn,
}

fn held(core: &Core) -> Vec<Held> {
    core.with_desks(|desks| {
        let of = |desk: &crate::desk::Desk| {
            let newest = desk.certificates.iter().map(|(_, leaf)| leaf).max_by_key(|leaf| leaf.issue_number())?;
            let (number, office) = (desk.kept().number(), desk.kept().office());
            Some(Held { desk: number, office, key: desk.key().clone(), newest: newest.clone() })
        };
        desks.iter().filter_map(of).collect()
    })
}

/// Fetches a desk's newest certificate, and renews its licence when it is time.
async fn next_certificate(core: &Arc<Core>, source: &mut impl Source, mut held: Held) -> Result<(), NewsError> {
    match source.ask(&Question::Newest { certificate: held.newest.hash() }).await? {
        Answer::State(State::Granted { certificate: newest, issuer, proof }) => {
            let newest_leaf = LeafIn::parse(&newest).map_err(|_| NewsError::Other)?;
            if newest_leaf.issue_number() > held.newest.issue_number() {
                install(core, source, &held, (&newest, &issuer, proof.as_ref())).await?;
                // What was due was due for the one before.
                core.renewing(held.desk, None);
                return Ok(());
            }
            if let Some(proof) = &proof {
                core.learn_proof(&newest_leaf.hash(), proof)?;
            }
            // The last one of those held that is in force: what was issued later is revoked.
            if newest_leaf.key() == held.newest.key() {
                held.newest = newest_leaf;
            }
        }
        Answer::State(State::Unknown) => {}
        _ => return Err(NewsError::Other),
    }
    let certificate = held.newest.hash();
    let now = core.now();
    if !is_due(held.newest.until(), now) {
        core.renewing(held.desk, None);
        return Ok(());
    }
    let agreed: Option<(Hash, u32)> = core.db.meta(&agreement(held.desk)).map_err(CoreError::from)?;
    let fee = agreed.filter(|(of, _)| *of == certificate).map_or(0, |(_, fee)| fee);
    let renewal = Signed::sign(Renewal::new(certificate, fee, now), &held.key).map_err(CoreError::from)?;
    match source.ask(&Question::Renew { renewal: renewal.bytes().to_vec() }).await? {
        Answer::State(State::Granted { certificate, issuer, proof }) => {
            install(core, source, &held, (&certificate, &issuer, proof.as_ref())).await?;
            core.renewing(held.desk, None);
        }
        // Whoever answers is nobody to be believed: the policy is signed.
        Answer::State(State::Fee(yen)) if !may_cost(core, yen) => return Err(NewsError::Other),
        Answer::State(State::Fee(yen)) => core.renewing(held.desk, Some(Renewing::Fee(yen))),
        Answer::State(State::Refused(refusal)) => core.renewing(held.desk, Some(Renewing::Refused(refusal))),
        _ => return Err(NewsError::Other),
    }
    Ok(())
}

/// Whether a year may cost so much by the policy in force.
fn may_cost(core: &Core, yen: u32) -> bool {
    core.trust.trust().is_some_and(|trust| trust.policy().terms().iter().any(|term| term.fee == yen))
}

async fn install(
    core: &Arc<Core>,
    source: &mut impl Source,
    held: &Held,
    (certificate, issuer, proof): (&[u8], &Hash, Option<&Inclusion>),
) -> Result<(), NewsError> {
    if core.trust.trust().is_some_and(|trust| trust.issuing().all(|ca| ca.id() != *issuer)) {
        // Of a CA that was made for it.
        catch_up(core, source, None).await?;
    }
    let hash = Hash::of(&[certificate]);
    let proof = proof.map(|proof| proof.to_file(hash)).transpose().map_err(|_| NewsError::Other)?;
    let items = std::iter::once((material::CERTIFICATE, certificate));
    let file = material::to_pem(items.chain(proof.as_deref().map(|proof| (material::LOG_PROOF, proof))));
    core.install(vec![file.into_bytes()], None).await?;
    tracing::info!(office = %held.office, "a newer certificate was installed");
    Ok(())
}

/// Whether a licence is to be renewed: from the first day on at which an office is asked.
const fn is_due(until: Timestamp, now: Timestamp) -> bool {
    until.since(now) <= ASK_DAYS[0] * DAY
}

/// Name of the single value that says what a desk's office has agreed to pay.
fn agreement(desk: u16) -> String {
    format!("agreed {desk}")
}

/// Notes that an office agrees to pay so many yen for the year after its newest certificate.
///
/// # Errors
/// [`DbError`].
pub(crate) fn agree(writes: &mut Writes, desk: u16, certificate: Hash, yen: u32) -> Result<(), DbError> {
    writes.meta(&agreement(desk), &(certificate, yen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_are_renewed_from_sixty_days_before_their_end_on() {
        let until = Timestamp(400 * DAY);
        assert!(!is_due(until, until.minus(60 * DAY + 1)));
        assert!(is_due(until, until.minus(60 * DAY)) && is_due(until, until.plus(5 * DAY)));
    }
}
