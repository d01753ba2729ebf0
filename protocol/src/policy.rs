//! The licence policy: what a year costs whom, and for how long an office may go on when it is over.
//!
//! It stands in the trust bundle as CBOR `[version = 1, [term, ..], [waiver, ..], ext]`, so that every office computes
//! the same answers as the authority. A term is `[from, fee, grace]`: what holds for licences that begin from then on;
//! the last of them that has begun counts, and before the first one nothing is charged and the grace is [`GRACE`]. A
//! waiver is `[from, until, [class, ..]]`: who applies in that time (both ends included) and is of one of these classes
//! pays nothing for the year applied for. That there are no fees any more is a term with fee 0.
//!
//! Terms that have begun are never changed: both ends of a link compute the grace of a licence by the term in which it
//! began.

use serde::{Deserialize, Serialize};
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use crate::{
    cbor::{self, Ext},
    certificate::{GRACE, LeafIn},
    time::{DAY, Timestamp},
};

/// The version written here; another is refused.
pub const VERSION: u8 = 1;
/// The longest policy in bytes.
pub const MAX: usize = 16 * 1024;
/// The most terms, and the most waivers.
const MAX_ITEMS: usize = 64;
/// The highest fee in yen.
pub const MAX_FEE: u32 = 10_000_000;
/// The class of a licence for which the fee of its term was due, be it 0.
pub const ORDINARY: u16 = 0;
/// The class of a licence that a waiver made free.
pub const WAIVED: u16 = 1;
/// How many days before the end of a licence an office is asked, where a fee is due, whether it wants to go on.
pub const ASK_DAYS: [u64; 3] = [60, 30, 7];

/// Why a policy is none.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyError {
    /// Not CBOR of this form, or an extension that must be understood.
    #[error(transparent)]
    Encoding(#[from] cbor::Error),
    /// Of a version that this program does not know.
    #[error("a licence policy of version {0}")]
    Version(u8),
    /// Terms that do not rise, or too many.
    #[error("the terms do not rise, or are more than {MAX_ITEMS}")]
    Terms,
    /// A fee beyond [`MAX_FEE`].
    #[error("a fee of more than {MAX_FEE} yen")]
    Fee,
    /// More grace than a certificate outlives its licence for.
    #[error("a grace of more than 30 days")]
    Grace,
    /// A waiver that ends before it begins or is for nobody, or too many.
    #[error("a waiver that ends before it begins or is for nobody, or more than {MAX_ITEMS}")]
    Waivers,
}

/// Who applies, as far as fees go. The order is that of the codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum Applicant {
    /// Has never had a licence.
    FirstTime,
    /// Has one that was charged by its term.
    Current,
    /// Had one, and it is over.
    Lapsed,
    /// Has one that a waiver made free.
    AlreadyFree,
}

impl Applicant {
    /// Every class.
    pub const ALL: [Self; 4] = [Self::FirstTime, Self::Current, Self::Lapsed, Self::AlreadyFree];

    /// The name that files and scripts use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FirstTime => "first_time",
            Self::Current => "current",
            Self::Lapsed => "lapsed",
            Self::AlreadyFree => "already_free",
        }
    }

    /// Tells an applicant's class from the last licence that the office number had: its class and its end.
    #[must_use]
    pub fn of(last: Option<(u16, Timestamp)>, applied: Timestamp) -> Self {
        match last {
            None => Self::FirstTime,
            Some((_, until)) if until < applied => Self::Lapsed,
            Some((WAIVED, _)) => Self::AlreadyFree,
            Some(_) => Self::Current,
        }
    }
}

impl From<Applicant> for u8 {
    fn from(class: Applicant) -> Self {
        class as Self
    }
}

impl TryFrom<u8> for Applicant {
    type Error = UnknownApplicant;

    fn try_from(code: u8) -> Result<Self, UnknownApplicant> {
        Self::ALL.into_iter().find(|class| *class as u8 == code).ok_or(UnknownApplicant)
    }
}

impl std::str::FromStr for Applicant {
    type Err = UnknownApplicant;

    fn from_str(text: &str) -> Result<Self, UnknownApplicant> {
        Self::ALL.into_iter().find(|class| class.as_str() == text).ok_or(UnknownApplicant)
    }
}

/// Not a class of applicants.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a class of applicants")]
pub struct UnknownApplicant;

/// What holds for licences that begin at `from` or later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Term {
    /// The first moment.
    pub from: Timestamp,
    /// Yen for an office number and year.
    pub fee: u32,
    /// Days after a licence's end in which its office may still send; at most 30.
    pub grace: u8,
}

/// A time in which some applicants pay nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Waiver {
    /// The first moment.
    pub from: Timestamp,
    /// The last moment.
    pub until: Timestamp,
    /// For whom, rising.
    pub classes: Vec<Applicant>,
}

/// The policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Policy {
    version: u8,
    terms: Vec<Term>,
    waivers: Vec<Waiver>,
    ext: Ext,
}

/// What a year costs, and the class of the licence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// Yen.
    pub fee: u32,
    /// [`ORDINARY`] or [`WAIVED`].
    pub class: u16,
}

/// What a licence is worth at a moment. The order is that of a licence's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It has not begun.
    NotYet,
    /// In force.
    Active,
    /// Over, but in its days of grace everything goes on.
    Grace,
    /// Over: receives, answers and collects; sends nothing new.
    Ended,
}

impl Policy {
    /// Puts a policy together.
    ///
    /// # Errors
    /// [`PolicyError`].
    pub fn new(terms: Vec<Term>, waivers: Vec<Waiver>) -> Result<Self, PolicyError> {
        let policy = Self { version: VERSION, terms, waivers, ext: Ext::none() };
        policy.check()?;
        Ok(policy)
    }

    /// The policy of a trust bundle that names none: nothing is charged.
    #[must_use]
    pub fn none() -> Self {
        Self { version: VERSION, terms: Vec::new(), waivers: Vec::new(), ext: Ext::none() }
    }

    /// Reads a policy strictly.
    ///
    /// # Errors
    /// [`PolicyError`]; never panics.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PolicyError> {
        let policy: Self = cbor::from_slice(bytes, MAX)?;
        policy.check()?;
        Ok(policy)
    }

    /// The policy's bytes.
    ///
    /// # Errors
    /// [`cbor::Error`], which a policy that [`Policy::new`] made does not have.
    pub fn to_bytes(&self) -> Result<Vec<u8>, cbor::Error> {
        cbor::to_vec(self)
    }

    fn check(&self) -> Result<(), PolicyError> {
        if self.version != VERSION {
            return Err(PolicyError::Version(self.version));
        }
        if self.terms.len() > MAX_ITEMS || self.terms.windows(2).any(|pair| pair[0].from >= pair[1].from) {
            return Err(PolicyError::Terms);
        }
        for term in &self.terms {
            if term.fee > MAX_FEE {
                return Err(PolicyError::Fee);
            }
            if u64::from(term.grace) * DAY > GRACE {
                return Err(PolicyError::Grace);
            }
        }
        let bad = |waiver: &Waiver| {
            let rising = waiver.classes.windows(2).all(|pair| pair[0] < pair[1]);
            waiver.until < waiver.from || waiver.classes.is_empty() || !rising
        };
        if self.waivers.len() > MAX_ITEMS || self.waivers.iter().any(bad) {
            return Err(PolicyError::Waivers);
        }
        Ok(self.ext.check()?)
    }

    /// Says whether this policy may take the place of an older one: terms that have begun stay as they are. Where there
    /// were none, licences may have been issued with the profile's grace, which terms that have begun keep.
    #[must_use]
    pub fn may_follow(&self, older: &Self, now: Timestamp) -> bool {
        let begun =
            |policy: &Self| -> Vec<Term> { policy.terms.iter().filter(|term| term.from <= now).copied().collect() };
        if begun(older).is_empty() {
            return begun(self).iter().all(|term| u64::from(term.grace) * DAY == GRACE);
        }
        begun(older) == begun(self)
    }

    /// The terms, rising.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The waivers.
    #[must_use]
    pub fn waivers(&self) -> &[Waiver] {
        &self.waivers
    }

    fn term(&self, begins: Timestamp) -> Option<&Term> {
        self.terms.iter().rev().find(|term| term.from <= begins)
    }

    /// What a year that begins at `begins` costs an applicant of this class who applied at `applied`.
    #[must_use]
    pub fn charge(&self, applicant: Applicant, applied: Timestamp, begins: Timestamp) -> Charge {
        let fee = self.term(begins).map_or(0, |term| term.fee);
        let waived =
            |waiver: &Waiver| waiver.from <= applied && applied <= waiver.until && waiver.classes.contains(&applicant);
        if fee > 0 && self.waivers.iter().any(waived) {
            return Charge { fee: 0, class: WAIVED };
        }
        Charge { fee, class: ORDINARY }
    }

    /// The seconds of grace of a licence that began at `from`.
    #[must_use]
    pub fn grace(&self, from: Timestamp) -> u64 {
        self.term(from).map_or(GRACE, |term| u64::from(term.grace) * DAY)
    }

    /// What a licence from `from` to `until` (both included) is worth.
    #[must_use]
    pub fn standing(&self, from: Timestamp, until: Timestamp, now: Timestamp) -> Standing {
        if now < from {
            Standing::NotYet
        } else if now <= until {
            Standing::Active
        } else if now <= until.plus(self.grace(from)) {
            Standing::Grace
        } else {
            Standing::Ended
        }
    }

    /// Says whether the licence of a certificate covers something that was sealed at that time: from its beginning to
    /// its end and grace. Receiving, answering and collecting need no licence.
    #[must_use]
    pub fn covers(&self, leaf: &LeafIn, sealed_at: Timestamp) -> bool {
        matches!(self.standing(leaf.from(), leaf.until(), sealed_at), Standing::Active | Standing::Grace)
    }
}

/// How often an office has been due to be asked about its renewal: 0 before the first of [`ASK_DAYS`], 3 from the
/// last on. When the number rises, the office is asked anew.
#[must_use]
pub fn asks_due(until: Timestamp, now: Timestamp) -> usize {
    ASK_DAYS.into_iter().filter(|days| until.minus(days * DAY) <= now).count()
}

#[cfg(test)]
mod tests;
