//! Which licence a certificate carries: from when, until when, of which class, and what is due for it.
//!
//! A licence belongs to an office number, not to a desk: a further desk, a new name or a new PC in its course carries
//! the licence that runs, and nothing is due. It is renewed at the earliest [`RENEW`] before its end, from the day after
//! on, so that no day is lost by renewing in time; once it is over, a new one begins on the day of the application.

use jiff::ToSpan;
use musubi_protocol::{
    crl::Reason,
    policy::{ASK_DAYS, Applicant, Policy},
    time::{DAY, Timestamp},
};

use super::{Error, Period, dates};

/// How long before its end a licence is renewed, in seconds: from the first time on at which an office is asked.
pub const RENEW: u64 = ASK_DAYS[0] * DAY;

/// A licence as a certificate carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Licence {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    pub(super) class: u16,
}

/// A certificate of the past, as far as licences go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Former {
    pub(super) licence: Licence,
    pub(super) revoked: Option<Reason>,
}

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// A certificate, with the licence that runs or a new one.
    Certificate,
    /// One more year.
    Renewal,
    /// These days, as an administrator says.
    Days(Period),
    /// This very licence: it was taken away in error.
    Same(Licence),
}

/// The licence to grant, and what is due for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    pub(super) licence: Licence,
    /// Who applied; `None` where the licence runs already and nothing is charged.
    pub(super) applicant: Option<Applicant>,
    /// Yen.
    pub(super) fee: u32,
}

/// The licences of an office number that were not taken away. A licence was, if one of its certificates was revoked for
/// that and none is left: what was superseded before says nothing of it.
fn standing(history: &[Former]) -> impl Iterator<Item = Licence> {
    history.iter().map(|former| former.licence).filter(|licence| {
        let own = || history.iter().filter(|former| former.licence == *licence).map(|former| former.revoked);
        let taken = |reason| matches!(reason, Some(Reason::PrivilegeWithdrawn | Reason::CessationOfOperation));
        own().any(|revoked| revoked.is_none()) || !own().any(taken)
    })
}

/// The last licence of an office number.
fn last_of(history: &[Former]) -> Option<Licence> {
    standing(history).max_by_key(|licence| licence.until)
}

/// The licence that runs at a moment.
pub(super) fn running(history: &[Former], now: Timestamp) -> Option<Licence> {
    standing(history).filter(|licence| licence.from <= now && now <= licence.until).max_by_key(|licence| licence.until)
}

/// Decides by what was issued to the office number before.
///
/// # Errors
/// [`Error::TooEarly`] for a renewal, and what [`Period`] refuses.
pub(super) fn decide(history: &[Former], wish: Wish, policy: &Policy, now: Timestamp) -> Result<Decision, Error> {
    let last = last_of(history);
    let free = |licence| Ok(Decision { licence, applicant: None, fee: 0 });
    // Granted already, for the whole office number: by another desk, perhaps.
    let coming = last.filter(|licence| now < licence.from);
    let (from, until) = match (wish, running(history, now), coming) {
        (Wish::Same(licence), _, _)
        | (Wish::Certificate, Some(licence), _)
        | (Wish::Certificate | Wish::Renewal, _, Some(licence)) => return free(licence),
        (Wish::Renewal, Some(licence), None) => {
            if RENEW < licence.until.since(now) {
                return Err(Error::TooEarly { from: licence.until.minus(RENEW) });
            }
            let first = dates::day_of(licence.until)?.checked_add(1.day())?;
            (dates::start_of(first)?, dates::end_of(dates::year_from(first)?)?)
        }
        (Wish::Days(period), _, _) => {
            let (from, until) = period.settle(now)?;
            if let Some(licence) = standing(history).find(|licence| (licence.from, licence.until) == (from, until)) {
                return free(licence);
            }
            (from, until)
        }
        (Wish::Certificate | Wish::Renewal, None, None) => Period::default().settle(now)?,
    };
    let applicant = Applicant::of(last.map(|licence| (licence.class, licence.until)), now);
    let charge = policy.charge(applicant, now, from);
    Ok(Decision { licence: Licence { from, until, class: charge.class }, applicant: Some(applicant), fee: charge.fee })
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;
    use musubi_protocol::policy::{ORDINARY, Term, WAIVED, Waiver};

    use super::*;
    use crate::times::rfc3339;

    fn day(text: &str) -> Timestamp {
        dates::start_of(text.parse::<Date>().unwrap()).unwrap()
    }

    fn end(text: &str) -> Timestamp {
        dates::end_of(text.parse::<Date>().unwrap()).unwrap()
    }

    fn noon(text: &str) -> Timestamp {
        day(text).plus(12 * 3_600)
    }

    fn licence(from: &str, until: &str, class: u16) -> Licence {
        Licence { from: day(from), until: end(until), class }
    }

    fn former(from: &str, until: &str, class: u16, revoked: Option<Reason>) -> Former {
        Former { licence: licence(from, until, class), revoked }
    }

    fn policy() -> Policy {
        let term = |from: &str, fee| Term { from: day(from), fee, grace: 30 };
        let waiver = Waiver {
            from: day("2025-06-01"),
            until: end("2026-12-31"),
            classes: vec![Applicant::FirstTime, Applicant::AlreadyFree],
        };
        Policy::new(vec![term("2023-04-01", 21_000), term("2027-04-01", 0)], vec![waiver]).unwrap()
    }

    /// First and last day, class, applicant and fee.
    fn decided(
        history: &[Former],
        wish: Wish,
        now: Timestamp,
    ) -> Result<(String, String, u16, Option<Applicant>, u32), &'static str> {
        let Decision { licence, applicant, fee } =
            decide(history, wish, &policy(), now).map_err(|error| error.code())?;
        let day = |moment| rfc3339(moment)[..10].to_owned();
        assert!(
            rfc3339(licence.from).ends_with("T00:00:00+09:00") && rfc3339(licence.until).ends_with("T23:59:59+09:00")
        );
        Ok((day(licence.from), day(licence.until), licence.class, applicant, fee))
    }

    fn is(
        from: &str,
        until: &str,
        class: u16,
        applicant: Option<Applicant>,
        fee: u32,
    ) -> Result<(String, String, u16, Option<Applicant>, u32), &'static str> {
        Ok((from.to_owned(), until.to_owned(), class, applicant, fee))
    }

    #[test]
    fn who_comes_first_pays_or_is_waived() {
        let first = Some(Applicant::FirstTime);
        let at = |now| decided(&[], Wish::Certificate, noon(now));
        assert_eq!(at("2025-05-31"), is("2025-05-31", "2026-05-30", ORDINARY, first, 21_000));
        assert_eq!(at("2025-06-01"), is("2025-06-01", "2026-05-31", WAIVED, first, 0));
        assert_eq!(at("2027-01-01"), is("2027-01-01", "2027-12-31", ORDINARY, first, 21_000));
        assert_eq!(at("2027-04-01"), is("2027-04-01", "2028-03-31", ORDINARY, first, 0));
        // A renewal of nothing is a first licence.
        assert_eq!(decided(&[], Wish::Renewal, noon("2025-06-01")), at("2025-06-01"));
    }

    #[test]
    fn a_licence_belongs_to_the_office_number() {
        let held = [former("2025-07-01", "2026-06-30", WAIVED, None)];
        let running = |now| decided(&held, Wish::Certificate, noon(now));
        for now in ["2025-07-01", "2026-01-01", "2026-06-30"] {
            assert_eq!(running(now), is("2025-07-01", "2026-06-30", WAIVED, None, 0));
        }
        // A lost PC changes nothing; a licence taken away does.
        for (reason, runs) in [
            (Reason::KeyCompromise, true),
            (Reason::Superseded, true),
            (Reason::AffiliationChanged, true),
            (Reason::CessationOfOperation, false),
            (Reason::PrivilegeWithdrawn, false),
        ] {
            let history = [former("2025-07-01", "2026-06-30", WAIVED, Some(reason))];
            let decision = decided(&history, Wish::Certificate, noon("2026-01-01"));
            let anew = is("2026-01-01", "2026-12-31", WAIVED, Some(Applicant::FirstTime), 0);
            assert_eq!(decision, if runs { running("2026-01-01") } else { anew }, "{reason}");
        }
    }

    #[test]
    fn renewing_in_time_loses_no_day() {
        let waived = [former("2025-07-01", "2026-06-30", WAIVED, None)];
        let renew = |history: &[Former], now| decided(history, Wish::Renewal, noon(now));
        assert_eq!(renew(&waived, "2026-04-30"), Err("too_early"));
        let free = is("2026-07-01", "2027-06-30", WAIVED, Some(Applicant::AlreadyFree), 0);
        assert_eq!(renew(&waived, "2026-05-02"), free);
        assert_eq!(renew(&waived, "2026-06-30"), free);
        // Over: from the day on which it is asked for, as somebody whose licence has lapsed.
        let lapsed = is("2026-07-20", "2027-07-19", ORDINARY, Some(Applicant::Lapsed), 21_000);
        assert_eq!(renew(&waived, "2026-07-20"), lapsed);
        assert_eq!(decided(&waived, Wish::Certificate, noon("2026-07-20")), lapsed);
        let paid = [former("2025-05-01", "2026-04-30", ORDINARY, None)];
        assert_eq!(
            renew(&paid, "2026-04-01"),
            is("2026-05-01", "2027-04-30", ORDINARY, Some(Applicant::Current), 21_000)
        );
        // No fees any more.
        let late = [former("2026-05-01", "2027-04-30", ORDINARY, None)];
        assert_eq!(renew(&late, "2027-03-31"), is("2027-05-01", "2028-04-30", ORDINARY, Some(Applicant::Current), 0));
        // Renewed twice in the same spring, by two desks perhaps: one licence and one charge.
        let both = [waived[0], former("2026-07-01", "2027-06-30", WAIVED, None)];
        assert_eq!(renew(&both, "2026-06-01"), is("2026-07-01", "2027-06-30", WAIVED, None, 0));
        // Until it begins, who comes new carries the one that runs.
        let certificate = decided(&both, Wish::Certificate, noon("2026-06-01"));
        assert_eq!(certificate, is("2025-07-01", "2026-06-30", WAIVED, None, 0));
        assert_eq!(renew(&both, "2026-07-01"), Err("too_early"));
        // Leap days.
        let leap = [former("2027-03-01", "2028-02-29", ORDINARY, None)];
        assert_eq!(renew(&leap, "2028-02-01"), is("2028-03-01", "2029-02-28", ORDINARY, Some(Applicant::Current), 0));
    }

    /// The PC was replaced, and then the licence withdrawn: what was superseded does not bring it back.
    #[test]
    fn a_licence_taken_away_stays_away() {
        let of = |reason| former("2025-07-01", "2026-06-30", WAIVED, reason);
        let taken = Some(Reason::PrivilegeWithdrawn);
        let at = |history: &[Former]| decided(history, Wish::Certificate, noon("2026-01-01")).unwrap().3;
        let anew = Some(Applicant::FirstTime);
        assert_eq!(at(&[of(Some(Reason::Superseded)), of(taken)]), anew);
        assert_eq!(at(&[of(Some(Reason::KeyCompromise)), of(taken)]), anew);
        // One of two desks was closed, or an error was undone.
        assert_eq!(at(&[of(taken), of(None)]), None);
        assert_eq!(at(&[of(None), of(Some(Reason::CessationOfOperation))]), None);
    }

    #[test]
    fn an_administrator_names_days() {
        let date = |text: &str| Some(text.parse().unwrap());
        let wish = Wish::Days(Period { from: date("2026-04-01"), until: date("2027-03-31") });
        let held = [former("2025-07-01", "2026-06-30", WAIVED, None)];
        assert_eq!(
            decided(&held, wish, noon("2026-01-10")),
            is("2026-04-01", "2027-03-31", WAIVED, Some(Applicant::AlreadyFree), 0)
        );
        // The very days of a licence that was granted before: no second charge.
        let same = Wish::Days(Period { from: date("2025-07-01"), until: date("2026-06-30") });
        assert_eq!(decided(&held, same, noon("2026-01-10")), is("2025-07-01", "2026-06-30", WAIVED, None, 0));
    }

    #[test]
    fn the_last_licence_is_the_one_that_ends_last() {
        let history = [
            former("2026-07-01", "2027-06-30", ORDINARY, None),
            former("2025-07-01", "2026-06-30", WAIVED, None),
            former("2027-07-01", "2028-06-30", WAIVED, Some(Reason::PrivilegeWithdrawn)),
        ];
        let last = last_of(&history).unwrap();
        assert_eq!((last.until, last.class), (end("2027-06-30"), ORDINARY));
        assert_eq!(last_of(&[]), None);
    }
}
