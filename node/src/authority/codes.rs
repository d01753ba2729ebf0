//! Codes for letters: made for an office number, used once.
//!
//! What is kept of a code is its hash, bound to the office number, so that whoever reads the store has no code. A new
//! code for an office number withdraws the one before it: the letter was lost.

use musubi_protocol::{
    enrol::Refusal,
    ids::{Hash, OfficeNumber},
    invitation::{Code, Invitation, Place, ShortPin},
    time::{DAY, Timestamp},
};
use rand::CryptoRng;
use serde_tuple::{Deserialize_tuple, Serialize_tuple};
use zeroize::Zeroizing;

use super::{
    Authority, Error,
    audit::Deed,
    draft::Draft,
    records::{self, CODES, TRIES},
};

/// How long a code counts.
pub const CODE_LIFETIME: u64 = 30 * DAY;
/// How many wrong codes may be tried for an office number on a day.
pub const MAX_TRIES: u32 = 5;
/// Codes that are made in one batch of the store.
const TOGETHER: usize = 1_000;

/// What stands in the letter to an office.
#[derive(Debug)]
pub struct Letter {
    /// The office number.
    pub office: OfficeNumber,
    /// The invitation.
    pub invitation: Zeroizing<String>,
    /// The last moment at which its code counts.
    pub until: Timestamp,
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

/// Judges a code that came with a request. Nothing tells a wrong code from one that is used up, over, or another
/// office's, except to the request that has used it.
pub(super) fn judge(record: Option<&CodeRecord>, tries: Tries, request: &Hash, now: Timestamp) -> Result<(), Refusal> {
    if MAX_TRIES <= tries.on(day_number(now)).wrong {
        return Err(Refusal::Locked);
    }
    match record {
        Some(CodeRecord { used: Some(used), .. }) if used == request => Ok(()),
        Some(CodeRecord { used: Some(_), .. }) => Err(Refusal::CodeUsed),
        Some(CodeRecord { withdrawn: 0, until, .. }) if now <= *until => Ok(()),
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
    /// Makes a code for each of these office numbers. Every thousand of them are durable together.
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
fn withdraw(draft: &mut Draft<'_>, office: &OfficeNumber) -> Result<(), Error> {
    let found: Vec<_> = draft.store().prefix(CODES, office.as_str().as_bytes()).collect::<Result<_, _>>()?;
    for (key, value) in found {
        let record: CodeRecord = records::decode(&value)?;
        if record.used.is_none() && record.withdrawn == 0 {
            draft.put(CODES, &key, &CodeRecord { withdrawn: 1, ..record })?;
        }
    }
    Ok(())
}

/// Judges a code, and notes in the act that it is used, or that it was wrong.
pub(super) fn take(
    draft: &mut Draft<'_>,
    office: &OfficeNumber,
    code: &Code,
    request: &Hash,
    now: Timestamp,
) -> Result<Result<(), Refusal>, Error> {
    let key = key(office, &code.hash(office));
    let record: Option<CodeRecord> = records::get(draft.store(), CODES, &key)?;
    let tries: Tries = records::get(draft.store(), TRIES, office.as_str().as_bytes())?.unwrap_or_default();
    let verdict = judge(record.as_ref(), tries, request, now);
    match (&verdict, record) {
        (Ok(()), Some(record)) => draft.put(CODES, &key, &CodeRecord { used: Some(*request), ..record })?,
        (Err(Refusal::Code), _) => {
            let tries = tries.on(day_number(now));
            let tries = Tries { wrong: tries.wrong + 1, ..tries };
            draft.put(TRIES, office.as_str().as_bytes(), &tries)?;
            draft.deed(Deed::WrongCode, Some(*office), String::new());
        }
        _ => {}
    }
    Ok(verdict)
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
        let judge = |tries, now| judge(Some(&record), tries, &Hash([1; 32]), now);
        assert_eq!(judge(tried(MAX_TRIES - 1), NOW), Ok(()));
        assert_eq!(judge(tried(MAX_TRIES), NOW), Err(Refusal::Locked));
        // NOW is noon in Japan: the day ends twelve hours later.
        assert_eq!(judge(tried(MAX_TRIES), NOW.plus(12 * 3_600 - 1)), Err(Refusal::Locked));
        assert_eq!(judge(tried(MAX_TRIES), NOW.plus(12 * 3_600)), Ok(()));
    }
}
