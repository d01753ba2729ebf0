//! What one node keeps of a link, in memory, for tests of the rules.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use musubi_protocol::{
    delivery::{Inbound, Outbound, Receipts},
    entry::{Body, Entry, Position},
    ids::{Hash, MessageId},
    link::{
        Log,
        book::{Change, Shelf},
    },
    signed::Signed,
};

/// What one node keeps: enough for the rules, nothing more.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    pub entries: BTreeMap<(Log, u64, u64), Rc<Signed<Entry>>>,
    pub outbound: BTreeMap<MessageId, Outbound>,
    pub inbound: BTreeMap<MessageId, Inbound>,
    pub said: BTreeMap<MessageId, Receipts>,
    pub lost: BTreeMap<Log, Position>,
    pub vanished: BTreeMap<Log, Position>,
    /// Messages of ours whose content is at hand.
    pub bodies: BTreeSet<MessageId>,
}

impl Shelf for Kept {
    type Error = std::convert::Infallible;

    fn head(&self, log: Log) -> Result<Position, Self::Error> {
        Ok(self.after(log, (0, 0)).last().map_or(Position::NONE, |entry| entry.position()))
    }

    fn hash_at(&self, log: Log, at: (u64, u64)) -> Result<Option<Hash>, Self::Error> {
        Ok(self.entries.get(&(log, at.0, at.1)).map(|entry| entry.id().hash()))
    }

    fn outbound(&self, id: &MessageId) -> Result<Option<Outbound>, Self::Error> {
        Ok(self.outbound.get(id).cloned())
    }

    fn inbound(&self, id: &MessageId) -> Result<Option<Inbound>, Self::Error> {
        Ok(self.inbound.get(id).cloned())
    }

    fn after(&self, log: Log, at: (u64, u64)) -> Result<Vec<(MessageId, Entry)>, Self::Error> {
        Ok(Self::after(self, log, at).map(|entry| (entry.id(), entry.value().clone())).collect())
    }

    fn said(&self, id: &MessageId) -> Result<Receipts, Self::Error> {
        Ok(self.said.get(id).cloned().unwrap_or_default())
    }

    fn lost(&self, log: Log) -> Result<Position, Self::Error> {
        Ok(self.lost.get(&log).copied().unwrap_or_default())
    }

    fn vanished(&self, log: Log) -> Result<Position, Self::Error> {
        Ok(self.vanished.get(&log).copied().unwrap_or_default())
    }
}

impl Kept {
    /// The entries of a log after a place, in order.
    pub fn after(&self, log: Log, at: (u64, u64)) -> impl Iterator<Item = &Rc<Signed<Entry>>> {
        self.entries.range((log, at.0, at.1 + 1)..(log, u64::MAX, u64::MAX)).map(|(_, entry)| entry)
    }

    /// Only what takes a log back may write where something was written before.
    ///
    /// # Errors
    /// The rule that the batch breaks.
    pub fn write(&mut self, changes: Vec<Change>) -> Result<(), &'static str> {
        let may_replace = changes.iter().any(|change| match change {
            Change::Append(entry) => matches!(entry.value().body, Body::Restart(_)),
            _ => false,
        });
        for change in changes {
            match change {
                Change::Append(entry) => {
                    let value = entry.value();
                    let key = (Log::new(value.from, value.to), value.epoch, value.seq);
                    if !may_replace && self.entries.contains_key(&key) {
                        return Err("a place in a log is written once");
                    }
                    self.entries.insert(key, Rc::from(entry));
                }
                Change::Outbound(id, state) => drop(self.outbound.insert(id, state)),
                Change::Inbound(id, state) => drop(self.inbound.insert(id, state)),
                Change::Remove(log, at) => drop(self.entries.remove(&(log, at.0, at.1))),
                Change::Moved(old, new) => {
                    if !self.bodies.remove(&old) || self.outbound.remove(&old).is_none() {
                        return Err("only a message that is here moves");
                    }
                    self.bodies.insert(new);
                }
                Change::Said(id, receipts) => drop(self.said.insert(id, receipts)),
                Change::Lost(log, at) => drop(self.lost.insert(log, at)),
                Change::Vanished(log, at) => drop(self.vanished.insert(log, at)),
            }
        }
        Ok(())
    }
}
