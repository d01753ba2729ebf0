//! What is due, for billing: one record for each licence that was granted, be it free.

use musubi_protocol::{
    ids::OfficeNumber,
    policy::{Applicant, WAIVED},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use super::{
    Error, Register,
    draft::Draft,
    licensing::Decision,
    records::{self, CHARGES},
};
use crate::times::rfc3339;

#[derive(Serialize_tuple, Deserialize_tuple)]
struct Record {
    at: Timestamp,
    from: Timestamp,
    until: Timestamp,
    class: u16,
    applicant: Applicant,
    fee: u32,
}

/// What is due for a licence. In JSON times are RFC 3339 with +09:00.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// The office number.
    pub office: OfficeNumber,
    /// When the licence was granted.
    pub at: String,
    /// The licence's first moment.
    pub from: String,
    /// Its last.
    pub until: String,
    /// Who applied, as far as fees go.
    pub applicant: String,
    /// Whether a waiver made it free.
    pub waived: bool,
    /// Yen; 0 where a waiver or the term made it free.
    pub fee: u32,
}

/// Notes a licence that was granted anew. A licence that runs already was noted when it began.
pub(super) fn note(
    draft: &mut Draft<'_>,
    office: OfficeNumber,
    issue_number: u64,
    decision: &Decision,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(applicant) = decision.applicant else { return Ok(()) };
    let licence = decision.licence;
    let record = Record {
        at: now,
        from: licence.from,
        until: licence.until,
        class: licence.class,
        applicant,
        fee: decision.fee,
    };
    let key = [office.as_str().as_bytes(), &issue_number.to_be_bytes()].concat();
    draft.put(CHARGES, &key, &record)
}

impl Register {
    /// What is due for licences granted from `since` on and before `before`, by office number.
    ///
    /// # Errors
    /// What the store refuses.
    pub fn charges(&self, since: Timestamp, before: Timestamp) -> Result<Vec<Due>, Error> {
        let mut out = Vec::new();
        for found in self.store.prefix(CHARGES, &[]) {
            let (key, value) = found?;
            let Record { at, from, until, class, applicant, fee } = records::decode(&value)?;
            if at < since || before <= at {
                continue;
            }
            let office = key.get(..10).and_then(|office| std::str::from_utf8(office).ok()?.parse().ok());
            out.push(Due {
                office: office.ok_or(Error::Damaged("charge"))?,
                at: rfc3339(at),
                from: rfc3339(from),
                until: rfc3339(until),
                applicant: applicant.as_str().to_owned(),
                waived: class == WAIVED,
                fee,
            });
        }
        Ok(out)
    }
}
