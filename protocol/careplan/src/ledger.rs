//! What an office holds: units replace and remove documents by key, the highest serial last.

use std::{collections::BTreeMap, fmt};

use crate::{
    ids::Serial,
    key::Key,
    model::{Action, Contents, Document},
    name::End,
};

/// The documents that units brought and nothing has replaced or removed.
///
/// Keys count per sender and receiver, each an office number with a service kind. Names of edition 3 tell no kinds;
/// see [`Unit::assume_kinds`](crate::Unit::assume_kinds). Units may come in any order: removals are remembered with
/// their serials, and the state is the same as if units had come in the order of their serials. Only where two units
/// of one serial say different things under one key does the first to come stay.
///
/// A month sent again with fewer people removes nobody: what a unit does not name stays.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    scopes: BTreeMap<(End, End), BTreeMap<Key, Entry>>,
}

/// What was last said under a key.
#[derive(Clone, PartialEq, Eq)]
struct Entry {
    serial: Serial,
    /// `None` after a removal.
    document: Option<Document>,
}

/// What a unit did under one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The key.
    pub key: Key,
    /// What happened.
    pub effect: Effect,
}

/// What happened under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// Nothing was held, now the document is.
    Added,
    /// The document is held in place of another.
    Replaced {
        /// The one that was held.
        before: Box<Document>,
    },
    /// The document is no longer held.
    Removed {
        /// The one that was held.
        before: Box<Document>,
    },
    /// Nothing was held that could be removed. It is remembered, for units may come late.
    Unknown,
    /// Something of a higher serial is known under the key: nothing changed.
    Stale,
    /// The same was said before under the same serial: nothing changed.
    Same,
    /// Something else was said before under the same serial: nothing changed, a human has to decide.
    Conflict {
        /// What the unit says; `None` where it removes. What is held, [`Ledger::get`] gives.
        other: Option<Box<Document>>,
    },
    /// The document stands in attached files only ([`Document::has_head`]) and so replaces nothing: nothing changed.
    Headless,
}

/// A document that is held.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// Who sent it.
    pub sender: End,
    /// Whom it was sent to.
    pub receiver: End,
    /// The serial of the unit that brought it.
    pub serial: Serial,
    /// The document.
    pub document: &'a Document,
}

impl Ledger {
    /// Starts without a document.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a unit over. The changes stand in the order of its documents or keys.
    pub fn apply(&mut self, contents: Contents) -> Vec<Change> {
        let Contents { sender, receiver, serial, action, .. } = contents;
        let entries = self.scopes.entry((sender, receiver)).or_default();
        let said: Vec<(Key, Option<Document>)> = match action {
            Action::Replace(documents) => {
                documents.into_iter().map(|document| (document.key(), Some(document))).collect()
            }
            Action::Remove(keys) => keys.into_iter().map(|key| (key, None)).collect(),
        };
        let change = |(key, document)| {
            let effect = say(entries, &key, serial, document);
            Change { key, effect }
        };
        said.into_iter().map(change).collect()
    }

    /// Returns the documents, by sender, receiver and key.
    pub fn documents(&self) -> impl Iterator<Item = Held<'_>> {
        self.scopes.iter().flat_map(|(&ends, entries)| entries.values().filter_map(move |entry| entry.held(ends)))
    }

    /// Returns what was removed and has not come again: sender, receiver, key.
    pub fn removed(&self) -> impl Iterator<Item = (End, End, &Key)> {
        self.scopes.iter().flat_map(|(&(sender, receiver), entries)| {
            let removed = entries.iter().filter(|(_, entry)| entry.document.is_none());
            removed.map(move |(key, _)| (sender, receiver, key))
        })
    }

    /// Finds the document of a key.
    #[must_use]
    pub fn get(&self, sender: End, receiver: End, key: &Key) -> Option<Held<'_>> {
        self.scopes.get(&(sender, receiver))?.get(key)?.held((sender, receiver))
    }

    /// Finds the documents of a key, whoever sent them.
    pub fn find(&self, key: &Key) -> impl Iterator<Item = Held<'_>> {
        self.scopes.iter().filter_map(move |(&ends, entries)| entries.get(key)?.held(ends))
    }
}

impl Entry {
    fn held(&self, (sender, receiver): (End, End)) -> Option<Held<'_>> {
        self.document.as_ref().map(|document| Held { sender, receiver, serial: self.serial, document })
    }
}

fn say(entries: &mut BTreeMap<Key, Entry>, key: &Key, serial: Serial, document: Option<Document>) -> Effect {
    if document.as_ref().is_some_and(|document| !document.has_head()) {
        return Effect::Headless;
    }
    let Some(entry) = entries.get_mut(key) else {
        let effect = if document.is_some() { Effect::Added } else { Effect::Unknown };
        entries.insert(key.clone(), Entry { serial, document });
        return effect;
    };
    if serial < entry.serial {
        return Effect::Stale;
    }
    if serial == entry.serial {
        return if document == entry.document {
            Effect::Same
        } else {
            Effect::Conflict { other: document.map(Box::new) }
        };
    }
    let removes = document.is_none();
    entry.serial = serial;
    match (std::mem::replace(&mut entry.document, document).map(Box::new), removes) {
        (None, false) => Effect::Added,
        (None, true) => Effect::Unknown,
        (Some(before), false) => Effect::Replaced { before },
        (Some(before), true) => Effect::Removed { before },
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ledger({} documents)", self.documents().count())
    }
}
