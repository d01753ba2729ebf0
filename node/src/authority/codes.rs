//! Codes for letters: made for an office number, used once.
//!
//! What is kept of a code is its hash, bound to the office number, so that whoever reads the store has no code. A new
//! code for an office number withdraws the one before it: the letter was lost.

use std::collections::BTreeSet;

use musubi_protocol::{
    enrol::Refusal,
    ids::{Hash, OfficeNumber},
    invitation::{Code, Invitation, Place, ShortPin},
    time::{DAY, Timestamp},
};
use musubi_store::Store;
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use serde_tuple::{Deserialize_tuple, Serialize_tuple};
use zeroize::Zeroizing;

use super::{
    Authority, Error,
    audit::Deed,
    draft::Draft,
    records::{self, CODES, TRIES},
};
use crate::times;

/// How long a code counts.
pub const CODE_LIFETIME: u64 = 30 * DAY;
/// How many wrong codes may be tried for an office number on a day.
pub const MAX_TRIES: u32 = 5;
/// Codes that are made in one batch of the store.
pub(super) const TOGETHER: usize = 1_000;

/// What stands in the letter to an office.
#[derive(Debug, Serialize, Deserialize)]
pub struct Letter {
    /// The office number.
    pub office: OfficeNumber,
    /// The invitation.
    #[serde(with = "secret")]
    pub invitation: Zeroizing<String>,
    /// The last moment at which its code counts.
    #[serde(with = "times::moment")]
    pub until: Timestamp,
}

/// A text that is wiped where it was.
mod secret {
    use serde::{Deserialize, Deserializer, Serializer};
    use zeroize::Zeroizing;

    pub(super) fn serialize<S: Serializer>(text: &Zeroizing<String>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
        String::deserialize(deserializer).map(Zeroizing::new)
    }
}

/// A code as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub(super) struct CodeRecord {
    made: Timestamp,
    until: Timestamp,
    /// SHA-256 of the request that has used it.
    #[serde(with = "musubi_protocol::cbor::optional")]
    used: Option<Hash>,
    withdrawn: u8,
}

/// Wrong codes of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub(super) struct Tries {
    /// Days since 1970 in Japan.
    day: u64,
    wrong: u32,
}

impl Tries {
    fn on(self, day: u64) -> Self {
        if self.day == day { self } else { Self { day, wrong: 0 } }
    }
}

/// Judges a code that came with a request. Nothing tells a wrong code from one that is over, withdrawn or another
/// office's. The right one always counts: were it locked with the others, anybody could keep an office out by guessing
/// badly, and 80 bits are not guessed.
pub(super) fn judge(record: Option<&CodeRecord>, tries: Tries, request: &Hash, now: Timestamp) -> Result<(), Refusal> {
    match record {
        Some(CodeRecord { used: Some(used), .. }) if used == request => Ok(()),
        Some(CodeRecord { used: Some(_), .. }) => Err(Refusal::CodeUsed),
        Some(CodeRecord { withdrawn: 0, until, .. }) if now <= *until => Ok(()),
        _ if MAX_TRIES <= tries.on(day_number(now)).wrong => Err(Refusal::Locked),
        _ => Err(Refusal::Code),
    }
}

fn day_number(now: Timestamp) -> u64 {
    now.plus(9 * 3_600).0 / DAY
}

fn key(office: &OfficeNumber, hash: &Hash) -> Vec<u8> {
    [office.as_str().as_bytes(), &hash.0].concat()
}

impl Authority {
    /// Makes a code for each of these office numbers, however often one is named. Every thousand of them are durable together.
    ///
    /// # Errors
    /// [`Error::ClockBehind`], and what the store refuses; letters before that were not returned count all the same, until
    /// codes are made again.
    pub fn codes(
        &mut self,
        offices: &[OfficeNumber],
        place: Option<&Place>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<Letter>, Error> {
        let pin = ShortPin::of(&self.root_pin());
        let mut seen = BTreeSet::new();
        let offices: Vec<OfficeNumber> = offices.iter().copied().filter(|office| seen.insert(*office)).collect();
        let mut letters = Vec::with_capacity(offices.len());
        for offices in offices.chunks(TOGETHER) {
            let until = now.plus(CODE_LIFETIME);
            let codes: Vec<(OfficeNumber, Code)> = offices.iter().map(|office| (*office, Code::random(rng))).collect();
            self.act(now, |draft, now| {
                for (office, code) in &codes {
                    withdraw(draft, office)?;
                    let record = CodeRecord { made: now, until, used: None, withdrawn: 0 };
                    draft.put(CODES, &key(office, &code.hash(office)), &record)?;
                    draft.deed(Deed::Code, Some(*office), String::new());
                }
                Ok(())
            })?;
            letters.extend(codes.into_iter().map(|(office, code)| {
                let invitation = Invitation { code, pin, place: place.cloned() };
                Letter { office, invitation: invitation.to_text(), until }
            }));
        }
        Ok(letters)
    }
}

/// Withdraws what was made for the office before and not used.
pub(super) fn withdraw(draft: &mut Draft<'_>, office: &OfficeNumber) -> Result<(), Error> {
    let found: Vec<_> = draft.store().prefix(CODES, office.as_str().as_bytes()).collect::<Result<_, _>>()?;
    for (key, value) in found {
        let record: CodeRecord = records::decode(&value)?;
        if record.used.is_none() && record.withdrawn == 0 {
            draft.put(CODES, &key, &CodeRecord { withdrawn: 1, ..record })?;
        }
    }
    Ok(())
}

/// What a code is worth to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worth {
    /// It grants.
    Good,
    /// This request has used it before.
    Used,
    /// It grants nothing. `noted`: it is a try against a letter that is out, and counts.
    Not { refusal: Refusal, noted: bool },
}

/// Looks at a code, without an act.
pub(super) fn look(
    store: &Store,
    office: &OfficeNumber,
    code: &Code,
    request: &Hash,
    now: Timestamp,
) -> Result<Worth, Error> {
    let record: Option<CodeRecord> = records::get(store, CODES, &key(office, &code.hash(office)))?;
    let tries: Tries = records::get(store, TRIES, office.as_str().as_bytes())?.unwrap_or_default();
    match judge(record.as_ref(), tries, request, now) {
        Ok(()) if record.is_some_and(|record| record.used.is_some()) => Ok(Worth::Used),
        Ok(()) => Ok(Worth::Good),
        // Where no letter is out, guessing is not worth a line: strangers would fill the store.
        Err(refusal) => Ok(Worth::Not { refusal, noted: refusal == Refusal::Code && is_out(store, office, now)? }),
    }
}

/// Whether a letter to the office is out whose code counts.
fn is_out(store: &Store, office: &OfficeNumber, now: Timestamp) -> Result<bool, Error> {
    for found in store.prefix(CODES, office.as_str().as_bytes()) {
        let record: CodeRecord = records::decode(&found?.1)?;
        if record.used.is_none() && record.withdrawn == 0 && now <= record.until {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Notes that a code is used.
pub(super) fn mark_used(
    draft: &mut Draft<'_>,
    office: &OfficeNumber,
    code: &Code,
    request: &Hash,
) -> Result<(), Error> {
    let key = key(office, &code.hash(office));
    let record: CodeRecord = records::get(draft.store(), CODES, &key)?.ok_or(Error::Damaged("code"))?;
    draft.put(CODES, &key, &CodeRecord { used: Some(*request), ..record })
}

/// Notes that a wrong code was tried.
pub(super) fn mark_wrong(draft: &mut Draft<'_>, office: &OfficeNumber, now: Timestamp) -> Result<(), Error> {
    let tries: Tries = records::get(draft.store(), TRIES, office.as_str().as_bytes())?.unwrap_or_default();
    let tries = tries.on(day_number(now));
    draft.put(TRIES, office.as_str().as_bytes(), &Tries { wrong: tries.wrong + 1, ..tries })?;
    draft.deed(Deed::WrongCode, Some(*office), String::new());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_316_400);

    #[test]
    fn a_code_counts_once_and_for_thirty_days() {
        let (mine, other) = (Hash([1; 32]), Hash([2; 32]));
        let record = CodeRecord { made: NOW, until: NOW.plus(CODE_LIFETIME), used: None, withdrawn: 0 };
        let used = CodeRecord { used: Some(mine), ..record.clone() };
        let withdrawn = CodeRecord { withdrawn: 1, ..record.clone() };
        let judge = |record, request, now| judge(record, Tries::default(), request, now);
        let last = NOW.plus(CODE_LIFETIME);
        assert_eq!(judge(Some(&record), &mine, NOW), Ok(()));
        assert_eq!(judge(Some(&record), &mine, last), Ok(()));
        assert_eq!(judge(Some(&record), &mine, last.plus(1)), Err(Refusal::Code));
        assert_eq!(judge(Some(&withdrawn), &mine, NOW), Err(Refusal::Code));
        assert_eq!(judge(None, &mine, NOW), Err(Refusal::Code));
        // Asked again because the answer was lost: the same answer, however late.
        assert_eq!(judge(Some(&used), &mine, last.plus(1)), Ok(()));
        assert_eq!(judge(Some(&used), &other, NOW), Err(Refusal::CodeUsed));
    }

    #[test]
    fn five_wrong_codes_lock_for_the_day() {
        let record = CodeRecord { made: NOW, until: NOW.plus(CODE_LIFETIME), used: None, withdrawn: 0 };
        let tried = |wrong| Tries { day: day_number(NOW), wrong };
        let judge = |tries, now| judge(None, tries, &Hash([1; 32]), now);
        assert_eq!(judge(tried(MAX_TRIES - 1), NOW), Err(Refusal::Code));
        assert_eq!(judge(tried(MAX_TRIES), NOW), Err(Refusal::Locked));
        // NOW is noon in Japan: the day ends twelve hours later.
        assert_eq!(judge(tried(MAX_TRIES), NOW.plus(12 * 3_600 - 1)), Err(Refusal::Locked));
        assert_eq!(judge(tried(MAX_TRIES), NOW.plus(12 * 3_600)), Err(Refusal::Code));
        // The right one counts whatever others have tried.
        let right = super::judge(Some(&record), tried(MAX_TRIES), &Hash([1; 32]), NOW);
        assert_eq!(right, Ok(()));
    }
}
