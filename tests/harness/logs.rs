//! Both sides of a link, read from the stores of two nodes that do not run.

use std::{collections::BTreeMap, path::Path};

use musubi_node::{
    db::{Db, Side},
    home::Home,
};
use musubi_protocol::{
    certificate::LeafIn,
    entry::{Body, Entry, Position, What},
    ids::{Hash, MessageId},
    link::Log,
    signed::Unverified,
};

/// Cache of a store that is only looked at.
const CACHE: u64 = 8 << 20;

/// What the logs of one direction say: its messages, each with what the other side has signed about it.
pub type Story = BTreeMap<MessageId, Vec<What>>;

/// Opens the store of a node that does not run.
///
/// # Errors
/// What the store says.
pub fn open(home: &Home) -> Result<Db, String> {
    home.open_store(CACHE).map(Db::new).map_err(|error| format!("the store does not open: {error}"))
}

/// Checks the log that `owner` keeps, and that `partner` holds the very same: every entry signed by the desk that it
/// names, chained without a gap, equal to the partner's copy, and nothing incomplete or forked. Gives its messages.
///
/// # Errors
/// What is not so.
pub fn check_log(log: Log, owner: &Db, partner: &Db) -> Result<Vec<MessageId>, String> {
    let said = |error: &dyn std::fmt::Display| format!("{} to {}: {error}", log.from, log.to);
    let head = owner.head(Side::Own, log).map_err(|error| said(&error))?;
    let copied = partner.head(Side::Partner, log).map_err(|error| said(&error))?;
    if head != copied {
        return Err(said(&format!("the owner is at {:?}, the partner at {:?}", head.at(), copied.at())));
    }
    let (mut at, mut messages) = (Position::NONE, Vec::new());
    while let Some(entry) = owner.entry_after(log, at.at()).map_err(|error| said(&error))? {
        let (id, bytes) = (entry.id(), entry.bytes().to_vec());
        let claim = entry.claim().clone();
        let begins = claim.seq == 1 && (at == Position::NONE || matches!(claim.body, Body::Restart(_)));
        let follows = claim.epoch == at.epoch && claim.seq == at.seq + 1 && claim.prev == at.hash;
        if !(begins || follows) || (claim.from, claim.to) != (log.from, log.to) {
            return Err(said(&format!("an entry at {:?} does not follow {:?}", (claim.epoch, claim.seq), at.at())));
        }
        verify(owner, log, &claim.signer, entry).map_err(|error| said(&error))?;
        let copy = partner.entry_at(Side::Partner, log, (claim.epoch, claim.seq)).map_err(|error| said(&error))?;
        if copy.as_ref() != Some(&bytes) {
            return Err(said(&format!("the partner does not hold the entry at {:?}", (claim.epoch, claim.seq))));
        }
        if matches!(claim.body, Body::Message(_)) {
            messages.push(id);
        }
        at = Position { epoch: claim.epoch, seq: claim.seq, hash: Hash(id.0) };
    }
    if at != head {
        return Err(said(&format!("the chain ends at {:?}, the head is {:?}", at.at(), head.at())));
    }
    for db in [owner, partner] {
        if db.forks().map_err(|error| said(&error))? > 0 {
            return Err(said(&"a fork"));
        }
    }
    if !partner.incomplete(log).map_err(|error| said(&error))?.is_empty() {
        return Err(said(&"a message is incomplete"));
    }
    Ok(messages)
}

fn verify(db: &Db, log: Log, signer: &Hash, entry: Unverified<Entry>) -> Result<(), String> {
    let (_, der) = db.certificate(signer).map_err(|error| error.to_string())?.ok_or("an unknown signer")?;
    let leaf = LeafIn::parse(&der).map_err(|error| error.to_string())?;
    if !leaf.addresses().any(|address| address == log.from) {
        return Err("the signer is another desk".into());
    }
    entry.verify(leaf.key()).map(drop).map_err(|error| error.to_string())
}

/// Checks both logs of a link, and gives what they say of the messages of each direction.
///
/// # Errors
/// What is not so; a receipt that was signed twice, or about a message that is not there, among it.
pub fn check_link(log: Log, owner: &Db, partner: &Db) -> Result<[Story; 2], String> {
    let forth = check_log(log, owner, partner)?;
    let back = check_log(log.reverse(), partner, owner)?;
    Ok([story(log, &forth, partner)?, story(log.reverse(), &back, owner)?])
}

/// What the receiver of these messages signed about them, read from its own log.
fn story(log: Log, messages: &[MessageId], receiver: &Db) -> Result<Story, String> {
    let mut story: Story = messages.iter().map(|id| (*id, Vec::new())).collect();
    if story.len() < messages.len() {
        return Err(format!("{} to {}: a message stands there twice", log.from, log.to));
    }
    let (back, mut at) = (log.reverse(), (0, 0));
    while let Some(entry) = receiver.entry_after(back, at).map_err(|error| error.to_string())? {
        at = (entry.claim().epoch, entry.claim().seq);
        let Body::Receipt(receipt) = &entry.claim().body else { continue };
        let Some(signed) = story.get_mut(&receipt.id) else {
            return Err(format!("{} to {}: a receipt for a message that is not there", log.from, log.to));
        };
        if signed.contains(&receipt.what) {
            return Err(format!("{} to {}: {:?} was signed twice", log.from, log.to, receipt.what));
        }
        signed.push(receipt.what);
    }
    Ok(story)
}

/// As [`check_link`], from the directories of the two nodes; one and the same for two desks of one node.
///
/// # Errors
/// As [`check_link`].
pub fn check_link_at(log: Log, owner: &Home, partner: &Home) -> Result<[Story; 2], String> {
    let first = open(owner)?;
    if same(owner.dir(), partner.dir()) {
        check_link(log, &first, &first)
    } else {
        check_link(log, &first, &open(partner)?)
    }
}

fn same(one: &Path, other: &Path) -> bool {
    one == other
}
