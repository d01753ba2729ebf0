//! After a loss: our own log comes back from the partner, and a partner gets its own from us.
//!
//! The rules are those of [`musubi_protocol::link::recovery`]; here they meet store, keys and certificates.

use std::{collections::BTreeSet, sync::Arc};

use musubi_protocol::{
    certificate::{Ca, LeafIn, Role},
    delivery::{CODE_LOST, End},
    entry::{Entry, Position, What},
    ids::MessageId,
    link::{
        Log, book,
        frame::Frame,
        recovery::{self as rules, MAX_BYTES, MAX_ENTRIES, ReturnError, Returned},
    },
    signed::{self, Unverified},
};

use crate::{
    core::{Applied, Core, CoreError},
    db::{Side, Writes},
};

/// Entries that are given back at once; who needs more asks again.
pub const AT_ONCE: usize = 256;

/// Why an own log could not be taken back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecoveryError {
    /// What came is no entry.
    #[error("what the partner gave back is no entry")]
    Entry(#[from] signed::Error),
    /// There are more than are taken back.
    #[error("the log that the partner has is too long")]
    TooLong,
    /// The entries are not ours.
    #[error(transparent)]
    Return(#[from] ReturnError),
    /// The certificate of the last entry is not known here, or was never one for this address.
    #[error("the newest entry is signed under a certificate that is not known to be ours")]
    Signer,
    /// Store or keys failed.
    #[error(transparent)]
    Core(#[from] CoreError),
}

/// An own log that is coming back.
pub struct Returning {
    log: Log,
    /// Both sides have the same up to here.
    common: Position,
    /// Where the partner says its copy ends.
    end: Position,
    entries: Vec<Unverified<Entry>>,
    bytes: usize,
}

/// What is to be done next.
pub enum Step {
    /// More entries are on their way.
    Wait,
    /// Ask for those after this place.
    Ask((u64, u64)),
    /// Everything is here.
    Complete,
}

impl Returning {
    /// Begins, where the partner has something of a log of ours that is not here; `None` where it has not.
    ///
    /// # Errors
    /// [`CoreError`].
    pub fn begin(core: &Core, log: Log, theirs: Position) -> Result<Option<Self>, CoreError> {
        let book = core.db.book(log.from);
        if !rules::is_lost(&book, log, theirs)? {
            return Ok(None);
        }
        let common = rules::common(&book, log, core.db.named_by_partner(log)?)?;
        Ok(Some(Self { log, common, end: theirs, entries: Vec::new(), bytes: 0 }))
    }

    /// From where on entries are missing.
    #[must_use]
    pub fn after(&self) -> (u64, u64) {
        self.entries.last().map_or(self.common.at(), |entry| entry.position().at())
    }

    /// Takes an entry.
    ///
    /// # Errors
    /// [`RecoveryError`]; then nothing more is to be expected of this partner.
    pub fn add(&mut self, entry: &[u8]) -> Result<Step, RecoveryError> {
        self.bytes = self.bytes.saturating_add(entry.len());
        if self.entries.len() >= MAX_ENTRIES || self.bytes > MAX_BYTES {
            return Err(RecoveryError::TooLong);
        }
        let entry = Unverified::<Entry>::from_bytes(entry)?;
        let at = entry.position();
        self.entries.push(entry);
        Ok(match () {
            () if at == self.end => Step::Complete,
            () if self.entries.len().is_multiple_of(AT_ONCE) => Step::Ask(at.at()),
            () => Step::Wait,
        })
    }

    /// Takes the log back; what waits here goes on in a new epoch. Blocks on keys.
    ///
    /// # Errors
    /// [`RecoveryError`]; then nothing has changed.
    pub fn complete(self, core: &Arc<Core>) -> Result<Applied, RecoveryError> {
        let Self { log, common, end, entries, .. } = self;
        let signer = entries.last().ok_or(RecoveryError::Signer)?.claim().signer;
        let (issuer, der) = core.db.certificate(&signer).map_err(CoreError::from)?.ok_or(RecoveryError::Signer)?;
        let trust = core.trust.trust().ok_or(RecoveryError::Signer)?;
        let leaf = LeafIn::parse(&der).map_err(|_| RecoveryError::Signer)?;
        // Whether it is still good does not matter: it says what was ours, not what may be done.
        let leaf = trust.judge_but_revocation(&der, &issuer, leaf.not_after()).map_err(|_| RecoveryError::Signer)?;
        if leaf.role() != Role::Office || !leaf.holds(&log.from) {
            return Err(RecoveryError::Signer);
        }
        let count = entries.len();
        let returned = Returned::check(log, end, entries, leaf.key())?;
        let taken = core.change(|db, writes| {
            let now = core.now();
            let changes = core.speak(log.from, |voice| {
                Ok(rules::take_back(&db.book(log.from), log, common, returned, voice, now)?)
            })?;
            Ok(writes.changes(db, log.from, changes)?)
        });
        let ((), applied) = taken.map_err(|error| match error {
            // Their beginning was left out.
            CoreError::NoMessage => ReturnError::Chain.into(),
            other => RecoveryError::Core(other),
        })?;
        tracing::warn!(from = %log.from, to = %log.to, entries = count, "entries of our own log were lost here and came back");
        Ok(applied)
    }
}

/// Keeps a certificate of ours from earlier days, under which entries that come back were signed.
///
/// # Errors
/// [`CoreError`] if the store fails; one that is not ours is not kept.
pub fn keep_certificate(core: &Core, der: &[u8]) -> Result<(), CoreError> {
    let (Ok(leaf), Some(trust)) = (LeafIn::parse(der), core.trust.trust()) else { return Ok(()) };
    if core.db.certificate(&leaf.hash())?.is_some() || !leaf.addresses().any(|address| core.holds(address)) {
        return Ok(());
    }
    let Some(issuer) = trust.issuer_of(&leaf).map(Ca::id) else { return Ok(()) };
    if trust.judge_but_revocation(der, &issuer, leaf.not_after()).is_ok() {
        let mut writes = Writes::new();
        writes.certificate(&leaf.hash(), &issuer, der)?;
        core.db.apply_lazily(writes)?;
    }
    Ok(())
}

/// What a partner wants back of its own log: entries after a place, before them the certificates that they name. What
/// is given has to be durable here.
///
/// # Errors
/// [`CoreError`].
pub fn give_back(core: &Core, log: Log, at: (u64, u64)) -> Result<Vec<Frame>, CoreError> {
    let entries = core.db.entries_after(Side::Partner, log, at, AT_ONCE)?;
    let signers: BTreeSet<_> = entries.iter().map(|entry| entry.claim().signer).collect();
    let mut frames = Vec::new();
    for signer in signers {
        frames.extend(core.db.certificate(&signer)?.map(|(_, der)| Frame::Certificate(der)));
    }
    frames.extend(entries.into_iter().map(|entry| Frame::Yours { log, entry: entry.bytes().to_vec() }));
    Ok(frames)
}

/// Goes on where a partner names an entry of a log of ours that neither side has any more. `None` if that is not so.
///
/// # Errors
/// [`CoreError`].
pub fn go_on_without(
    core: &Arc<Core>,
    log: Log,
    theirs: Position,
    claimed: Position,
) -> Result<Option<Applied>, CoreError> {
    let (known, applied) = core.change(|db, writes| {
        let now = core.now();
        let changes = core
            .speak(log.from, |voice| Ok(rules::go_on_without(&db.book(log.from), log, theirs, claimed, voice, now)?))?;
        let new = changes.is_some();
        writes.changes(db, log.from, changes.unwrap_or_default())?;
        Ok(new)
    })?;
    if known {
        tracing::warn!(from = %log.from, to = %log.to, at = ?claimed.at(), "entries of our own log are lost on both sides");
    }
    Ok(known.then_some(applied))
}

/// What to say of a message of ours whose content is not here: a partner who had it once learns that it is gone, and
/// one who never had it, that it will not come.
///
/// # Errors
/// [`CoreError`].
pub async fn not_here(core: &Arc<Core>, log: Log, id: MessageId) -> Result<Option<Frame>, CoreError> {
    let Some(message) = core.db.outbound(&id)?.filter(|message| message.log == log) else { return Ok(None) };
    if message.receipts.has(What::Delivered) {
        return Ok(Some(Frame::Gone { log, id }));
    }
    core.commit(|db, writes| {
        let now = core.now();
        let lost = (End::Cancelled, CODE_LOST);
        let changes = core.speak(log.from, |voice| Ok(book::end(&db.book(log.from), id, lost, voice, now)?))?;
        Ok(writes.changes(db, log.from, changes)?)
    })
    .await?;
    Ok(None)
}

/// Takes note that a partner keeps the body of a message no more.
///
/// # Errors
/// [`CoreError`].
pub fn gone(core: &Arc<Core>, log: Log, id: MessageId) -> Result<Applied, CoreError> {
    let ((), applied) = core.change(|db, writes| {
        if let Some(change) = rules::gone(&db.book(log.to), log, id, core.now())? {
            writes.discard_body(db, Side::Partner, &id)?;
            writes.changes(db, log.to, vec![change])?;
        }
        Ok(())
    })?;
    Ok(applied)
}
