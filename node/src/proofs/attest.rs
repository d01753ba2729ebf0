//! Confirms to partners that they exchange with an office here.
//!
//! Whoever asks is admitted, and a partner: somebody here has sent it something or looked at what it sent. It is told
//! in which months there was exchange, signed by the office's key, and nothing else. Strangers hear that there is
//! nothing.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use musubi_protocol::{
    cbor::Ext,
    ids::{Address, OfficeNumber},
    link::{
        Log,
        frame::{Frame, Unattested},
    },
    proof::{Attestation, Attested, Months, exchange::FiscalYear},
    signed::Signed,
};
use serde_bytes::ByteBuf;
use tokio::{sync::Semaphore, time::timeout};

use super::{links, months, signer};
use crate::{
    core::{Core, CoreError},
    exchange::{Frames, SessionError},
    partners::{SharedAdmitted, look},
};

/// Questions that an office may ask at once, and how long one more takes to come back.
const AT_ONCE: u32 = 8;
/// See [`AT_ONCE`].
const ONE_MORE: Duration = Duration::from_secs(60);
/// Longest time that a question waits for its turn: whoever asks waits ten seconds for the answer.
const TURN: Duration = Duration::from_secs(4);
/// Offices whose questions are counted; beyond, those that have been quiet are forgotten.
const MAX_COUNTED: usize = 4096;

/// Bounds what answering costs.
pub(crate) struct Attesting {
    /// One answer is made at a time.
    turn: Semaphore,
    /// Questions that each office has left, and since when.
    asked: Mutex<HashMap<OfficeNumber, (u32, Instant)>>,
    /// Offices of which a question is being answered or waits for its turn: one of each.
    pending: Mutex<HashSet<OfficeNumber>>,
}

/// The one question of an office; dropped, it may ask another.
struct Pending<'a> {
    attesting: &'a Attesting,
    office: OfficeNumber,
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.attesting.pending().remove(&self.office);
    }
}

impl Default for Attesting {
    fn default() -> Self {
        Self { turn: Semaphore::new(1), asked: Mutex::default(), pending: Mutex::default() }
    }
}

impl Attesting {
    fn pending(&self) -> MutexGuard<'_, HashSet<OfficeNumber>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a question of an office; none while another of it is there, or when it has asked too often.
    fn begin(&self, office: OfficeNumber, now: Instant) -> Option<Pending<'_>> {
        if !self.pending().insert(office) {
            return None;
        }
        let pending = Pending { attesting: self, office };
        self.take(office, now).then_some(pending)
    }

    /// Counts a question; false when an office has asked too often.
    fn take(&self, office: OfficeNumber, now: Instant) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let back = |since: Instant| {
            let passed = now.saturating_duration_since(since).as_secs() / ONE_MORE.as_secs();
            u32::try_from(passed).unwrap_or(u32::MAX)
        };
        if MAX_COUNTED <= asked.len() && !asked.contains_key(&office) {
            asked.retain(|_, (left, since)| left.saturating_add(back(*since)) < AT_ONCE);
            if MAX_COUNTED <= asked.len() {
                return false;
            }
        }
        let (left, since) = asked.entry(office).or_insert((AT_ONCE, now));
        let more = back(*since);
        *left = left.saturating_add(more).min(AT_ONCE);
        // What has passed of the next one stays, except where there is nothing to come back.
        *since = if *left == AT_ONCE { now } else { *since + ONE_MORE * more };
        let is_left = *left > 0;
        *left = left.saturating_sub(1);
        is_left
    }
}

/// Answers on an attestation stream that a peer has opened.
///
/// # Errors
/// [`SessionError`].
pub(crate) async fn answer(
    core: &Arc<Core>,
    admitted: &SharedAdmitted,
    mut frames: Frames,
    log: Log,
    fiscal_year: u16,
) -> Result<(), SessionError> {
    let is_admitted = || core.holds(log.to) && look(admitted).contains(&log.from);
    let answer = if !is_admitted() {
        Err(Unattested::NotAdmitted)
    } else if let Some(_pending) = core.attesting.begin(log.from.office, Instant::now()) {
        let theirs = look(admitted).addresses().into_iter().filter(|address| address.office == log.from.office);
        attest(core, theirs.collect(), log.to.office, fiscal_year).await?
    } else {
        Err(Unattested::Busy)
    };
    // Revoked meanwhile, it gets nothing.
    let answer = if is_admitted() { answer } else { Err(Unattested::NotAdmitted) };
    tracing::info!(from = %log.from, to = %log.to, fiscal_year, given = answer.is_ok(), "a partner asked for an attestation");
    frames.feed(&Frame::Attested { log, fiscal_year, answer }).await?;
    frames.flush().await?;
    frames.close().await
}

/// Confirms to an office, of which these addresses are known to be meant, when it has exchanged with an office here.
pub(super) async fn attest(
    core: &Arc<Core>,
    theirs: BTreeSet<Address>,
    by: OfficeNumber,
    fiscal_year: u16,
) -> Result<Result<Attested, Unattested>, CoreError> {
    let Ok(turn) = timeout(TURN, core.attesting.turn.acquire()).await else { return Ok(Err(Unattested::Busy)) };
    let _turn = turn.map_err(|_| CoreError::Stopped)?;
    // What is signed for is not taken back by a power cut.
    core.db.store().durable().await?;
    let signing = Arc::clone(core);
    let signed = tokio::task::spawn_blocking(move || sign(&signing, &theirs, by, fiscal_year));
    signed.await.map_err(|_| CoreError::Stopped)?
}

fn sign(
    core: &Core,
    theirs: &BTreeSet<Address>,
    by: OfficeNumber,
    fiscal_year: u16,
) -> Result<Result<Attested, Unattested>, CoreError> {
    let now = core.now();
    let Some(about) = theirs.first().map(|address| address.office) else { return Ok(Err(Unattested::Nothing)) };
    let begun = FiscalYear::of(now).is_some_and(|running| fiscal_year <= running.number());
    let Some(year) = FiscalYear::new(fiscal_year).filter(|_| begun && about != by) else {
        return Ok(Err(Unattested::Nothing));
    };
    let mut all = Months::default();
    for log in links(core, by)?.into_iter().filter(|log| theirs.contains(&log.to)) {
        all = all.and(months(core, log, year, now)?);
    }
    if all.is_empty() {
        return Ok(Err(Unattested::Nothing));
    }
    let Some(signer) = signer(core, by) else { return Ok(Err(Unattested::NoCertificate)) };
    let (certificate, ext) = (signer.leaf.hash(), Ext::none());
    let attestation = Attestation { about, by, fiscal_year, months: all, certificate, time: now, ext };
    let signed = Signed::sign(attestation, &signer.key)?;
    Ok(Ok(Attested {
        issuer: signer.issuer,
        certificate: ByteBuf::from(signer.leaf.der()),
        attestation: ByteBuf::from(signed.bytes()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn office(number: usize) -> OfficeNumber {
        format!("{:010}", 1_379_900_000 + number).parse().unwrap()
    }

    #[test]
    fn an_office_asks_so_often_and_no_more() {
        let (attesting, now) = (Attesting::default(), Instant::now());
        let granted = |now| (0..20).filter(|_| attesting.take(office(1), now)).count();
        assert_eq!(granted(now), AT_ONCE as usize);
        assert_eq!(granted(now + ONE_MORE / 2), 0);
        // What has passed counts.
        assert_eq!(granted(now + ONE_MORE), 1);
        assert_eq!(granted(now + ONE_MORE * 3), 2);
        assert_eq!(granted(now + ONE_MORE * 1000), AT_ONCE as usize);
        assert!(attesting.take(office(2), now), "others have their own");
    }

    #[test]
    fn an_office_has_one_question_at_a_time() {
        let (attesting, now) = (Attesting::default(), Instant::now());
        let first = attesting.begin(office(1), now);
        assert!(first.is_some() && attesting.begin(office(1), now).is_none());
        assert!(attesting.begin(office(2), now).is_some(), "others have their own");
        drop(first);
        assert!(attesting.begin(office(1), now).is_some());
    }

    #[test]
    fn many_offices_are_bounded_and_pass() {
        let (attesting, now) = (Attesting::default(), Instant::now());
        assert!((0..MAX_COUNTED).all(|number| attesting.take(office(number), now)));
        assert!(!attesting.take(office(MAX_COUNTED), now));
        assert!(attesting.take(office(0), now));
        assert!(attesting.take(office(MAX_COUNTED), now + ONE_MORE * 2));
    }
}
