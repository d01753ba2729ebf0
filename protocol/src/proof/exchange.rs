//! In which months two offices have exchanged: read out of the two logs of a link.
//!
//! A month counts if a message went either way and its receipt `delivered` bears a time in that month, in Japan. Both
//! offices hold both entries, so both come to the same months. The receipt has to follow the message within the time in
//! which a message can be delivered: otherwise one of the two clocks was wrong, and nobody can tell which month it was.
//!
//! Only where somebody at the own office has acted towards the other, by sending it something or by opening what it has
//! sent, is it a partner. Whoever only pushes messages at an office that never looked at them has no exchange with it.

use std::collections::HashMap;

use time::{Date, Month, OffsetDateTime, UtcOffset};

use super::Months;
use crate::{
    delivery::LIFETIME,
    entry::{Body, Entry, What},
    ids::MessageId,
    time::{DAY, Timestamp},
};

/// Japan's hours ahead of UTC.
const TOKYO: i8 = 9;
/// How far two clocks may differ; by so much a receipt may come before its message.
const SKEW: u64 = DAY;

/// A fiscal year (年度): April to March in Japan, named by the calendar year in which it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FiscalYear {
    number: u16,
    from: Timestamp,
    /// The first moment behind it.
    until: Timestamp,
}

impl FiscalYear {
    /// A fiscal year by its number; none where a clock cannot show it: before 1970 or beyond 9998.
    #[must_use]
    pub fn new(number: u16) -> Option<Self> {
        let begins = |year: u16| {
            let day = Date::from_calendar_date(i32::from(year), Month::April, 1).ok()?;
            let moment = day.midnight().assume_offset(UtcOffset::from_hms(TOKYO, 0, 0).ok()?);
            moment.unix_timestamp().try_into().ok().map(Timestamp)
        };
        Some(Self { number, from: begins(number)?, until: begins(number.checked_add(1)?)? })
    }

    /// The fiscal year in which a moment lies.
    #[must_use]
    pub fn of(time: Timestamp) -> Option<Self> {
        let (year, month) = calendar(time)?;
        Self::new(if month < 4 { year.checked_sub(1)? } else { year })
    }

    /// The calendar year in which it begins.
    #[must_use]
    pub const fn number(&self) -> u16 {
        self.number
    }

    /// The month of the calendar, 1 to 12, in which a moment of this fiscal year lies.
    #[must_use]
    pub fn month_of(&self, time: Timestamp) -> Option<u8> {
        if self.from <= time && time < self.until { calendar(time).map(|(_, month)| month) } else { None }
    }

    /// Whether a message of that time may have been delivered in this year.
    fn may_hold(&self, sealed: Timestamp) -> bool {
        self.from.minus(LIFETIME + SKEW) <= sealed && sealed < self.until.plus(SKEW)
    }
}

/// Year and month in Japan.
pub(super) fn calendar(time: Timestamp) -> Option<(u16, u8)> {
    let moment = OffsetDateTime::from_unix_timestamp(time.0.try_into().ok()?).ok()?;
    let there = moment.checked_to_offset(UtcOffset::from_hms(TOKYO, 0, 0).ok()?)?;
    Some((there.year().try_into().ok()?, there.month().into()))
}

/// What one log says about a fiscal year: filled entry by entry, in any order.
#[derive(Clone, Debug)]
pub struct Told {
    year: FiscalYear,
    /// Messages that may have been delivered in the year, with their time.
    messages: HashMap<MessageId, Timestamp>,
    /// Messages of the other log that were delivered in the year, with the receipt's time and its month.
    delivered: Vec<(MessageId, Timestamp, u8)>,
    acts: bool,
}

impl Told {
    /// Nothing yet.
    #[must_use]
    pub fn about(year: FiscalYear) -> Self {
        Self { year, messages: HashMap::new(), delivered: Vec::new(), acts: false }
    }

    /// Takes an entry of the log; its signature was judged when it was taken into the log.
    pub fn add(&mut self, id: MessageId, entry: &Entry) {
        match &entry.body {
            Body::Message(_) => {
                self.acts = true;
                if self.year.may_hold(entry.time) {
                    self.messages.insert(id, entry.time);
                }
            }
            Body::Receipt(receipt) if receipt.what == What::Delivered => {
                if let Some(month) = self.year.month_of(entry.time) {
                    self.delivered.push((receipt.id, entry.time, month));
                }
            }
            // Opened, imported or sent back: somebody has looked at it.
            Body::Receipt(_) => self.acts = true,
            Body::Cancel(_) | Body::Expire(_) | Body::Restart(_) => {}
        }
    }

    /// Months in which the other side has received something of this log.
    fn received_by(&self, other: &Self, now: Timestamp) -> Months {
        let counts = |(id, at, _): &&(MessageId, Timestamp, u8)| {
            let in_time = |sealed: &Timestamp| *sealed <= at.plus(SKEW) && *at <= sealed.plus(LIFETIME + SKEW);
            self.messages.get(id).is_some_and(in_time)
        };
        let months = other.delivered.iter().filter(counts).fold(Months::default(), |all, (.., month)| all.with(*month));
        months.begun(self.year.number(), now)
    }
}

/// The months of a fiscal year in which two addresses have exchanged, by the log that the own one keeps and its copy of
/// the partner's. None where the other is no partner. A month that has not begun now is not among them.
#[must_use]
pub fn exchanged(ours: &Told, theirs: &Told, now: Timestamp) -> Months {
    if !ours.acts {
        return Months::default();
    }
    ours.received_by(theirs, now).and(theirs.received_by(ours, now))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        cbor::Ext,
        entry::{By, Message, Position, Receipt},
        ids::Hash,
    };

    /// A moment in Japan.
    fn at(text: &str) -> Timestamp {
        let moment = OffsetDateTime::parse(&format!("{text}+09:00"), &time::format_description::well_known::Rfc3339);
        Timestamp(moment.unwrap().unix_timestamp().unsigned_abs())
    }

    const ONE: (&str, &str) = ("1379905001-43", "1379900010-11");

    fn entry((from, to): (&str, &str), time: Timestamp, body: Body) -> Entry {
        Entry {
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            epoch: 1,
            seq: 1,
            prev: Hash::ZERO,
            peer: Position::NONE,
            log_size: 0,
            log_root: Hash::ZERO,
            time,
            signer: Hash::ZERO,
            body,
            ext: Ext::none(),
        }
    }

    fn message(time: Timestamp) -> Entry {
        let (sha256, commitment) = (Hash::ZERO, Hash::ZERO);
        entry(ONE, time, Body::Message(Message { suite: 1, length: 4112, sha256, commitment, ext: Ext::none() }))
    }

    fn receipt(id: MessageId, what: What, time: Timestamp) -> Entry {
        let (from, to) = ONE;
        entry((to, from), time, Body::Receipt(Receipt { id, what, code: 0, by: By::Node, ext: Ext::none() }))
    }

    /// The months of a message that was sealed and delivered at these moments, as its sender and its receiver see them.
    fn seen(year: u16, sealed: Timestamp, delivered: Timestamp, now: Timestamp) -> (Months, Months) {
        let year = FiscalYear::new(year).unwrap();
        let (mut sender, mut receiver) = (Told::about(year), Told::about(year));
        let id = MessageId([1; 32]);
        sender.add(id, &message(sealed));
        receiver.add(MessageId([2; 32]), &receipt(id, What::Delivered, delivered));
        let at_sender = exchanged(&sender, &receiver, now);
        receiver.add(MessageId([3; 32]), &receipt(id, What::Opened, delivered));
        (at_sender, exchanged(&receiver, &sender, now))
    }

    #[test]
    fn fiscal_years_begin_in_april_in_japan() {
        for (moment, year, month) in [
            ("2026-03-31T23:59:59", 2025, 3),
            ("2026-04-01T00:00:00", 2026, 4),
            ("2026-12-31T23:59:59", 2026, 12),
            ("2027-01-01T00:00:00", 2026, 1),
            ("2027-03-31T23:59:59", 2026, 3),
            ("2027-04-01T00:00:00", 2027, 4),
            ("2028-02-29T12:00:00", 2027, 2),
        ] {
            let found = FiscalYear::of(at(moment)).unwrap();
            assert_eq!((found.number(), found.month_of(at(moment))), (year, Some(month)), "{moment}");
            let others = [year - 1, year + 1].map(|other| FiscalYear::new(other).unwrap().month_of(at(moment)));
            assert_eq!(others, [None, None], "{moment}");
        }
        assert_eq!(FiscalYear::new(1969), None);
        assert_eq!(FiscalYear::new(u16::MAX), None);
        assert_eq!(FiscalYear::of(Timestamp(u64::MAX)), None);
    }

    #[test]
    fn the_month_is_that_of_the_receipt() {
        let now = at("2027-06-01T00:00:00");
        for (year, sealed, delivered, months) in [
            (2026, "2026-05-10T09:00:00", "2026-05-10T09:00:05", &[5][..]),
            // Over the border of a month, and of the year.
            (2026, "2026-04-30T23:59:00", "2026-05-01T00:00:00", &[5]),
            (2026, "2026-03-20T09:00:00", "2026-04-01T08:00:00", &[4]),
            (2025, "2026-03-20T09:00:00", "2026-04-01T08:00:00", &[]),
            (2026, "2027-03-31T23:59:00", "2027-04-01T00:00:00", &[]),
            (2026, "2027-03-31T23:58:00", "2027-03-31T23:59:59", &[3]),
            // The receiver's clock is a little behind; or so far that nothing can be said.
            (2026, "2026-05-01T00:10:00", "2026-04-30T23:55:00", &[4]),
            (2026, "2026-06-10T09:00:00", "2026-04-10T09:00:00", &[]),
            // Longer under way than any message lives.
            (2026, "2026-04-10T09:00:00", "2026-05-12T09:00:00", &[]),
        ] {
            let (sender, receiver) = seen(year, at(sealed), at(delivered), now);
            assert_eq!(sender, receiver, "{sealed}: both say the same");
            assert_eq!(sender.iter().collect::<Vec<_>>(), months, "{sealed} {delivered}");
        }
    }

    #[test]
    fn what_is_still_to_come_does_not_count() {
        let (sealed, delivered) = (at("2026-07-31T23:00:00"), at("2026-08-01T00:00:00"));
        assert!(seen(2026, sealed, delivered, at("2026-07-31T23:59:59")).0.is_empty());
        assert!(!seen(2026, sealed, delivered, at("2026-08-01T00:00:00")).0.is_empty());
    }

    #[test]
    fn nothing_counts_without_both_entries_or_towards_a_stranger() {
        let (year, now) = (FiscalYear::new(2026).unwrap(), at("2026-08-01T00:00:00"));
        let (time, id) = (at("2026-06-01T00:00:00"), MessageId([1; 32]));
        let (mut ours, mut theirs) = (Told::about(year), Told::about(year));
        theirs.add(id, &message(time));
        assert!(exchanged(&ours, &theirs, now).is_empty(), "only announced");
        ours.add(MessageId([2; 32]), &receipt(id, What::Delivered, time));
        assert!(exchanged(&ours, &theirs, now).is_empty(), "a stranger's mail that nobody here has looked at");
        assert!(exchanged(&ours, &Told::about(year), now).is_empty());
        ours.add(MessageId([3; 32]), &receipt(id, What::Opened, time.plus(90 * DAY)));
        assert_eq!(exchanged(&ours, &theirs, now).iter().collect::<Vec<_>>(), [6]);
        // A receipt about a message that the other log does not hold.
        let mut alone = Told::about(year);
        alone.add(MessageId([4; 32]), &message(time));
        let mut claims = Told::about(year);
        claims.add(MessageId([5; 32]), &receipt(MessageId([6; 32]), What::Delivered, time));
        assert!(exchanged(&alone, &claims, now).is_empty());
    }

    proptest! {
        #[test]
        fn both_sides_and_all_years_agree(sealed in 946_684_800_u64..4_102_444_800, under_way in 0..LIFETIME) {
            let (sealed, delivered) = (Timestamp(sealed), Timestamp(sealed + under_way));
            let year = FiscalYear::of(delivered).unwrap().number();
            let mut months = 0;
            for year in year - 1..=year + 1 {
                let (sender, receiver) = seen(year, sealed, delivered, delivered);
                prop_assert_eq!(sender, receiver);
                months += sender.iter().count();
            }
            prop_assert_eq!(months, 1);
        }
    }
}
