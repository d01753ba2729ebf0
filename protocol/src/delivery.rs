//! What is known of a message, and the state that follows from it.
//!
//! Nodes store facts (receipts, ends); the state that people see is computed from them and
//! from the circumstances of the moment, never stored, so it cannot disagree with the logs.

use serde::{Deserialize, Serialize};
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use crate::{
    cbor::optional,
    entry::{By, Message, Receipt, What},
    ids::MessageId,
    link::Log,
    time::{DAY, Timestamp},
};

/// Seconds after which a message that nobody collected raises a warning: 3 days.
pub const NOT_COLLECTED_AFTER: u64 = 3 * DAY;
/// Life of a message in seconds: 30 days.
pub const LIFETIME: u64 = 30 * DAY;
/// How long the sender keeps ciphertext and content key of what was delivered, in seconds: 35 days, so that a
/// restored receiver can be filled again.
pub const KEPT_FOR: u64 = 35 * DAY;
/// Code of a cancel: the sender has lost the content.
pub const CODE_LOST: u64 = 1;

/// A message sent from here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Outbound {
    /// The log it stands in.
    pub log: Log,
    /// Its place there: epoch and number.
    pub place: (u64, u64),
    /// When it was sealed: the entry's time.
    pub sealed_at: Timestamp,
    /// Its header.
    pub header: Message,
    /// What the partner said of it.
    pub receipts: Receipts,
    /// Cancelled or expired, and when.
    #[serde(with = "optional")]
    pub ended: Option<(End, Timestamp)>,
}

/// A message for an address here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Inbound {
    /// The log it stands in.
    pub log: Log,
    /// Its place there: epoch and number, which is the order of hand-over.
    pub place: (u64, u64),
    /// The sender's time.
    pub sealed_at: Timestamp,
    /// Its header.
    pub header: Message,
    /// The whole ciphertext is durable here.
    pub body: bool,
    /// An envelope for a key held here is durable.
    pub envelope: bool,
    /// What was said of it here.
    pub receipts: Receipts,
    /// Cancelled or expired by the sender, and when.
    #[serde(with = "optional")]
    pub ended: Option<Timestamp>,
}

/// How a message came to an end at the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// Withdrawn by the sender.
    Cancelled,
    /// Not collected in time.
    Expired,
}

/// One receipt: what, and the entry that proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Fact {
    /// What happened.
    pub what: What,
    /// Reason of a rejection; 0 otherwise.
    pub code: u64,
    /// Through what.
    pub by: By,
    /// The receiver's time.
    pub at: Timestamp,
    /// The receipt's entry.
    pub entry: MessageId,
}

/// Receipts of one message, the first of each kind, in order of arrival.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Receipts(Vec<Fact>);

impl Outbound {
    /// Begins the state of a message that was just sealed.
    #[must_use]
    pub fn new(log: Log, place: (u64, u64), sealed_at: Timestamp, header: Message) -> Self {
        Self { log, place, sealed_at, header, receipts: Receipts::default(), ended: None }
    }
}

impl Inbound {
    /// Begins the state of a message that was just announced.
    #[must_use]
    pub fn new(log: Log, place: (u64, u64), sealed_at: Timestamp, header: Message) -> Self {
        Self { log, place, sealed_at, header, body: false, envelope: false, receipts: Receipts::default(), ended: None }
    }

    /// Whether nothing is missing any more, or nothing is wanted.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        (self.body && self.envelope) || self.ended.is_some()
    }
}

impl Fact {
    /// What a receipt says, with the time and id of its entry.
    #[must_use]
    pub const fn of(receipt: &Receipt, at: Timestamp, entry: MessageId) -> Self {
        Self { what: receipt.what, code: receipt.code, by: receipt.by, at, entry }
    }
}

impl Receipts {
    /// Adds a receipt; one of a kind already held changes nothing, and nothing follows a last word.
    pub fn add(&mut self, fact: Fact) {
        if !self.has(fact.what) && !self.ended() {
            self.0.push(fact);
        }
    }

    /// Whether there is one of this kind.
    #[must_use]
    pub fn has(&self, what: What) -> bool {
        self.get(what).is_some()
    }

    /// The receipt of this kind.
    #[must_use]
    pub fn get(&self, what: What) -> Option<&Fact> {
        self.0.iter().find(|fact| fact.what == what)
    }

    /// Whether the receiver has said its last word: imported or rejected.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.has(What::Imported) || self.has(What::Rejected)
    }

    /// All receipts in order of arrival.
    pub fn iter(&self) -> impl Iterator<Item = &Fact> {
        self.0.iter()
    }

    /// Takes back the receipt that an entry proves.
    pub fn forget(&mut self, entry: &MessageId) {
        self.0.retain(|fact| fact.entry != *entry);
    }

    fn furthest(&self) -> Option<What> {
        self.0.iter().map(|fact| fact.what).max()
    }
}

/// The state of a message as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Read and found good; not yet sealed.
    Checked,
    /// Sealed and on its way.
    Sealed,
    /// Sealed; waits for something.
    Waiting(Why),
    /// Sealed; does not go out, and will not by itself.
    Held(Why),
    /// Complete and durable at the receiver.
    Delivered,
    /// Handed over there for the first time.
    Opened,
    /// Taken into the care software there.
    Imported,
    /// Sent back with a reason.
    Rejected,
    /// Withdrawn.
    Cancelled,
    /// Not collected in time.
    Expired,
    /// It was here; a disk was lost, and the sender does not keep it any more.
    Lost,
}

/// What a waiting or held message waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// No valid record of the partner is at hand, so nobody can open it yet.
    NoKey,
    /// The partner speaks with another office key than before, which neither the log has shown for a day nor a person has
    /// confirmed.
    NewKey,
    /// The partner cannot be reached.
    NotConnected,
    /// The partner's node refused this office.
    Refused,
    /// The partner's certificate is revoked.
    Revoked,
    /// The partner stopped the link (see the log).
    Stopped,
    /// This office's own certificate does not allow sending.
    OwnCertificate,
}

impl State {
    /// The name that scripts see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Checked => "checked",
            Self::Sealed => "sealed",
            Self::Waiting(_) => "waiting",
            Self::Held(_) => "held",
            Self::Delivered => "delivered",
            Self::Opened => "opened",
            Self::Imported => "imported",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Lost => "lost",
        }
    }

    /// Why it waits or is held.
    #[must_use]
    pub const fn why(self) -> Option<Why> {
        match self {
            Self::Waiting(why) | Self::Held(why) => Some(why),
            _ => None,
        }
    }
}

impl Why {
    /// The code that scripts see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoKey => "no_key",
            Self::NewKey => "new_key",
            Self::NotConnected => "not_connected",
            Self::Refused => "refused",
            Self::Revoked => "revoked",
            Self::Stopped => "stopped",
            Self::OwnCertificate => "own_certificate",
        }
    }
}

/// What surrounds a message that is still here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// The partner's newest certificate is revoked.
    pub partner_revoked: bool,
    /// The own certificate is missing, revoked, or its licence and grace are over.
    pub may_not_send: bool,
    /// A valid record of the partner, or an envelope made from one, is at hand.
    pub has_key: bool,
    /// The partner's office key is another one than before, and nothing is sealed for it yet.
    pub new_key: bool,
    /// The partner is connected and admitted.
    pub connected: bool,
    /// The partner's node refused the last attempt to connect.
    pub refused: bool,
    /// The partner stopped the link on this connection.
    pub stopped: bool,
}

/// The state of a message sent from here.
#[must_use]
pub fn outbound_state(message: &Outbound, around: Circumstances) -> State {
    match (message.receipts.furthest(), message.ended) {
        (Some(what), _) => reached(what),
        (None, Some((End::Cancelled, _))) => State::Cancelled,
        (None, Some((End::Expired, _))) => State::Expired,
        (None, None) if around.partner_revoked => State::Held(Why::Revoked),
        (None, None) if around.may_not_send => State::Held(Why::OwnCertificate),
        (None, None) if around.new_key => State::Waiting(Why::NewKey),
        (None, None) if around.connected && around.stopped => State::Waiting(Why::Stopped),
        (None, None) if around.connected && around.has_key => State::Sealed,
        (None, None) if around.refused => State::Waiting(Why::Refused),
        (None, None) if !around.has_key => State::Waiting(Why::NoKey),
        (None, None) => State::Waiting(Why::NotConnected),
    }
}

/// What time alone does to a message sent from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nobody has collected it in [`LIFETIME`]: it ends.
    Expire,
    /// The partner has had it for [`KEPT_FOR`], or it ended that long ago: ciphertext and content key go.
    Purge,
}

/// What has become due, by trusted time: neither can be undone, so a clock alone must not do it.
///
/// A message whose seal or receipt claims a later time waits for that.
#[must_use]
pub fn due(message: &Outbound, trusted: Timestamp) -> Option<Due> {
    let delivered = message.receipts.get(What::Delivered).map(|fact| fact.at);
    match delivered.or(message.ended.map(|(_, at)| at)) {
        Some(at) => (trusted > at.max(message.sealed_at).plus(KEPT_FOR)).then_some(Due::Purge),
        None => (trusted > message.sealed_at.plus(LIFETIME)).then_some(Due::Expire),
    }
}

/// The state of a message for an address here; `None` while it is not complete, for then it
/// is not in the inbox. That includes one that was received before, was lost, and is on its way again.
#[must_use]
pub fn inbound_state(message: &Inbound) -> Option<State> {
    let what = message.receipts.furthest()?;
    match (message.body && message.envelope, message.ended) {
        (true, _) => Some(reached(what)),
        (false, Some(_)) => Some(State::Lost),
        (false, None) => None,
    }
}

const fn reached(what: What) -> State {
    match what {
        What::Delivered => State::Delivered,
        What::Opened => State::Opened,
        What::Imported => State::Imported,
        What::Rejected => State::Rejected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cbor::Ext, ids::Hash};

    fn outbound(receipts: &[What]) -> Outbound {
        let log = Log::new("1379905001-43".parse().unwrap(), "1379900010-11".parse().unwrap());
        let header = Message { suite: 1, length: 1, sha256: Hash::ZERO, commitment: Hash::ZERO, ext: Ext::none() };
        let mut message = Outbound::new(log, (1, 1), Timestamp(1), header);
        for (n, what) in receipts.iter().enumerate() {
            let entry = MessageId([n as u8; 32]);
            message.receipts.add(Fact { what: *what, code: 0, by: By::Node, at: Timestamp(2), entry });
        }
        message
    }

    #[test]
    fn the_state_follows_the_furthest_receipt() {
        use What::{Delivered, Imported, Opened, Rejected};
        for (receipts, state) in [
            (&[Delivered][..], State::Delivered),
            (&[Opened, Delivered], State::Opened),
            (&[Delivered, Opened, Imported], State::Imported),
            (&[Delivered, Rejected, Imported], State::Rejected),
        ] {
            assert_eq!(outbound_state(&outbound(receipts), Circumstances::default()), state, "{receipts:?}");
        }
    }

    #[test]
    fn circumstances_say_why_it_waits() {
        let state = |change: fn(&mut Circumstances)| {
            let mut around = Circumstances { has_key: true, connected: true, ..Circumstances::default() };
            change(&mut around);
            outbound_state(&outbound(&[]), around)
        };
        assert_eq!(state(|_| ()), State::Sealed);
        assert_eq!(state(|c| c.connected = false), State::Waiting(Why::NotConnected));
        assert_eq!(state(|c| c.has_key = false), State::Waiting(Why::NoKey));
        assert_eq!(state(|c| (c.connected, c.refused) = (false, true)), State::Waiting(Why::Refused));
        assert_eq!(state(|c| c.stopped = true), State::Waiting(Why::Stopped));
        assert_eq!(state(|c| c.partner_revoked = true), State::Held(Why::Revoked));
        assert_eq!(state(|c| c.may_not_send = true), State::Held(Why::OwnCertificate));
    }

    #[test]
    fn time_ends_what_nobody_collected_and_later_what_was_kept() {
        let waiting = outbound(&[]);
        let day = |day: u64| Timestamp(1).plus(day * DAY).plus(1);
        assert_eq!(due(&waiting, day(29)), None);
        assert_eq!(due(&waiting, day(30)), Some(Due::Expire));
        let ended = Outbound { ended: Some((End::Expired, Timestamp(1).plus(31 * DAY))), ..waiting.clone() };
        assert_eq!((due(&ended, day(65)), due(&ended, day(66))), (None, Some(Due::Purge)));
        let delivered = outbound(&[What::Delivered]);
        assert_eq!((due(&delivered, day(34)), due(&delivered, day(36))), (None, Some(Due::Purge)));
        // The receiver's clock was years behind, or the sender's years ahead.
        let sealed_at = Timestamp(1).plus(1000 * DAY);
        for message in [waiting, delivered] {
            assert_eq!(due(&Outbound { sealed_at, ..message }, day(1000)), None);
        }
        // And a clock that is years behind brings nothing about.
        assert_eq!(due(&ended, Timestamp(0)), None);
    }

    #[test]
    fn what_comes_again_after_a_loss_is_not_in_the_inbox_before_it_is_here() {
        let sent = outbound(&[What::Delivered, What::Opened]);
        let mut inbound = Inbound::new(sent.log, (1, 1), Timestamp(1), sent.header);
        inbound.receipts = sent.receipts;
        assert_eq!(inbound_state(&inbound), None);
        inbound.ended = Some(Timestamp(3));
        assert_eq!(inbound_state(&inbound), Some(State::Lost));
        (inbound.body, inbound.envelope) = (true, true);
        assert_eq!(inbound_state(&inbound), Some(State::Opened));
    }

    #[test]
    fn a_receipt_counts_over_any_circumstance_and_only_once() {
        let around = Circumstances { partner_revoked: true, ..Circumstances::default() };
        let message = outbound(&[What::Delivered, What::Delivered]);
        assert_eq!(message.receipts.iter().count(), 1);
        assert_eq!(outbound_state(&message, around), State::Delivered);
    }
}
