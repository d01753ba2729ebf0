//! Messages for fault runs, and the book of what the nodes have acknowledged about them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use musubi_node::api::types::Row;
use musubi_protocol::ids::Hash;

use super::Files;
use crate::{NodeProcess, process::Unanswered, sample};

/// Size of a message above which its body travels on a stream of its own.
pub const LARGE: usize = 1 << 20;

/// Which bundle of the sample stands for a message between two addresses.
const TEMPLATES: [(&str, &str, &str); 9] = [
    ("1379905001-43", "1379900010-11", "20251024090725-B2-1379905001-43-to-1379900010-11"),
    ("1379905001-43", "1379900028-15", "20251024090755-B2-1379905001-43-to-1379900028-15"),
    ("1379905001-43", "1379900028-21", "20251020090426-B1-1379905001-43-to-1379900028-21"),
    ("1379905001-43", "1379900036-17", "20251020090444-B1-1379905001-43-to-1379900036-17"),
    ("1379905001-43", "13A9900047-A2", "20251025092103-Y4-1379905001-43-to-13A9900047-A2"),
    ("1379900010-11", "1379905001-43", "20251202091006-B5-1379900010-11-to-1379905001-43"),
    ("1379900028-15", "1379905001-43", "20251202091037-B5-1379900028-15-to-1379905001-43"),
    ("1379900036-17", "1379905001-43", "20251202091115-B5-1379900036-17-to-1379905001-43"),
    ("13A9900047-A2", "1379905001-43", "20251202151351-Y8-13A9900047-A2-to-1379905001-43"),
];
/// Whose rows may be repeated for other persons.
const WIDE: [(&str, &str); 2] = [("1379905001-43", "1379900010-11"), ("1379900010-11", "1379905001-43")];

/// Between whom files go that are no bundles.
const ATTACHED: [(&str, &str); 8] = [
    ("1379900010-11", "1379900028-15"),
    ("1379900028-15", "1379900010-11"),
    ("1379900036-17", "1379900028-21"),
    ("1379900028-21", "1379900036-17"),
    ("13A9900047-A2", "1379900010-11"),
    ("1379900010-11", "13A9900047-A2"),
    ("1379905001-43", "1379900036-17"),
    ("1379900028-21", "1379905001-43"),
];

/// A message that is to be sent.
#[derive(Clone)]
pub struct Letter {
    /// Sender's address.
    pub from: &'static str,
    /// Receiver's address.
    pub to: &'static str,
    /// The files.
    pub files: Files,
    /// Whether they are no bundle.
    pub attached: bool,
}

/// Writes letters, each under a serial of its own.
#[derive(Default)]
pub struct Writer {
    number: AtomicU32,
}

/// What is known of the messages of a run.
#[derive(Default)]
pub struct Book {
    pages: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    /// Acknowledged as durable by the sender's node, with the files by name and hash.
    sent: BTreeMap<String, Page>,
    /// Handed over by the receiver's node, which has thereby signed `opened`.
    opened: BTreeSet<String>,
    /// Handed to a node that has not answered: perhaps sent.
    unsure: BTreeMap<u64, Letter>,
    handed: u64,
    problems: Vec<String>,
}

struct Page {
    from: &'static str,
    to: &'static str,
    files: BTreeMap<String, String>,
}

/// What came of sending.
pub enum Sent {
    /// Durable, under this id.
    Durable,
    /// No answer: it is to be sent again.
    Unsure,
    /// The node said that it will not for now: it is to be sent later.
    NotNow(String),
}

impl Letter {
    /// Whether its body travels on a stream of its own.
    #[must_use]
    pub fn is_large(&self) -> bool {
        self.files.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > LARGE
    }
}

/// All pairs of addresses between which [`Writer::letter`] knows a bundle.
pub fn routes() -> impl Iterator<Item = (&'static str, &'static str)> {
    TEMPLATES.iter().map(|(from, to, _)| (*from, *to))
}

/// Pairs of addresses between which files go that are no bundles.
pub fn attached_routes() -> impl Iterator<Item = (&'static str, &'static str)> {
    ATTACHED.iter().copied()
}

/// Whether [`Writer::letter`] can write a large one.
#[must_use]
pub fn may_be_large(from: &str, to: &str) -> bool {
    WIDE.contains(&(from, to))
}

impl Writer {
    /// A letter of its own, with at least so many bytes if that is possible on this way.
    ///
    /// # Panics
    /// If there is no sample for this way.
    pub fn letter(&self, from: &str, to: &str, bytes: usize) -> Letter {
        let template = TEMPLATES.iter().find(|(f, t, _)| (*f, *t) == (from, to)).expect("a sample for this way");
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        // The seconds of one day, after all of the sample's.
        let (hours, minutes, seconds) = (number / 3600, number / 60 % 60, number % 60);
        let serial = format!("20260105{hours:02}{minutes:02}{seconds:02}");
        let files = sample::renumbered(&sample::bundle(template.2), &serial);
        let files = if bytes > 0 && may_be_large(from, to) { sample::widened(&files, bytes) } else { files };
        Letter { from: template.0, to: template.1, files, attached: false }
    }

    /// A text of so many bytes that is no bundle and that nobody has sent before.
    pub fn attachment(&self, from: &'static str, to: &'static str, bytes: usize) -> Letter {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let line = format!("みほん {number}\r\n").into_bytes();
        let text = line.iter().copied().cycle().take((bytes / line.len() + 1) * line.len()).collect();
        Letter { from, to, files: vec![(format!("みほん-{number:04}.txt"), text)], attached: true }
    }
}

impl Book {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that something does not hold.
    pub fn problem(&self, what: String) {
        self.pages().problems.push(what);
    }

    /// Hands a letter to its sender's node and notes what it says. Dropped, the letter counts as one without an answer.
    pub async fn send(&self, node: &NodeProcess, letter: Letter, patience: Duration) -> Sent {
        let handed = {
            let mut pages = self.pages();
            pages.handed += 1;
            let handed = pages.handed;
            pages.unsure.insert(handed, letter.clone());
            handed
        };
        let answer = if letter.attached {
            node.try_attach(letter.from, letter.to, letter.files.clone(), patience).await
        } else {
            node.try_send(letter.files.clone(), patience).await
        };
        if !matches!(answer, Err(Unanswered::Gone)) {
            self.pages().unsure.remove(&handed);
        }
        match answer {
            Ok(rows) => match rows.as_slice() {
                [Row { id: Some(id), .. }] => {
                    let files = letter.files.iter().map(|(name, bytes)| (name.clone(), Hash::of(&[bytes]).to_string()));
                    let page = Page { from: letter.from, to: letter.to, files: files.collect() };
                    self.pages().sent.insert(id.clone(), page);
                    Sent::Durable
                }
                [row] if row.state == "refused" && row.findings.iter().all(|finding| finding.file.is_none()) => {
                    let rules: Vec<&str> = row.findings.iter().map(|finding| finding.rule.as_str()).collect();
                    Sent::NotNow(rules.join(", "))
                }
                rows => {
                    self.problem(format!("{} to {} was refused: {rows:#?}", letter.from, letter.to));
                    Sent::Durable
                }
            },
            Err(Unanswered::Gone) => Sent::Unsure,
            Err(Unanswered::Refused(status, body)) => Sent::NotNow(format!("{status} {body}")),
        }
    }

    /// Letters whose node did not answer, of senders that `whose` chooses.
    pub fn take_unsure(&self, whose: impl Fn(&str) -> bool) -> Vec<Letter> {
        self.pages().unsure.extract_if(.., |_, letter| whose(letter.from)).map(|(_, letter)| letter).collect()
    }

    /// How many messages are acknowledged as durable.
    pub fn sent(&self) -> usize {
        self.pages().sent.len()
    }

    /// How many of them were handed over at their receiver's.
    pub fn opened(&self) -> usize {
        self.pages().opened.len()
    }

    /// Ids of messages acknowledged as durable, of senders that `whose` chooses.
    pub fn sent_by(&self, whose: impl Fn(&str) -> bool) -> Vec<String> {
        let pages = self.pages();
        pages.sent.iter().filter(|(_, page)| whose(page.from)).map(|(id, _)| id.clone()).collect()
    }

    /// Ids of messages that were handed over.
    pub fn opened_ids(&self) -> BTreeSet<String> {
        self.pages().opened.clone()
    }

    /// Fetches what has come and was not fetched before. Tells how many.
    ///
    /// # Errors
    /// [`Unanswered`]; some may have been fetched.
    pub async fn open_new(&self, node: &NodeProcess, patience: Duration) -> Result<usize, Unanswered> {
        let inbox = node.try_inbox(patience).await?;
        let mut count = 0;
        for row in inbox {
            let Some(id) = row.id.clone() else { continue };
            if self.pages().opened.contains(&id) {
                continue;
            }
            let files = node.try_files(&row, patience).await?;
            let found = files.iter().map(|(name, bytes)| (name.clone(), Hash::of(&[bytes]).to_string())).collect();
            let mut pages = self.pages();
            // What its sender has not acknowledged yet is compared at the end.
            if pages.sent.get(&id).is_some_and(|page| page.files != found) {
                pages.problems.push(format!("{id} was handed over with other bytes"));
            }
            pages.opened.insert(id);
            count += 1;
        }
        Ok(count)
    }

    /// Compares the book with what the nodes list in the end, all outboxes and all inboxes: each message there once
    /// on both sides, with the same files and one receipt of each kind, and none that nobody sent.
    ///
    /// Gives ids that have not been delivered, with their state, and in how many messages something did not hold.
    pub fn compare(&self, outboxes: &[Vec<Row>], inboxes: &[Vec<Row>]) -> (Vec<String>, Vec<String>) {
        let pages = self.pages();
        let mut problems = pages.problems.clone();
        let (out, arrived) = (by_id(outboxes), by_id(inboxes));
        let mut undelivered = Vec::new();
        for (id, page) in &pages.sent {
            let (out, arrived) = (out.get(id.as_str()).map_or(&[][..], Vec::as_slice), arrived.get(id.as_str()));
            let [sent] = out else {
                problems.push(format!("{id} stands in {} outboxes, and was acknowledged", out.len()));
                continue;
            };
            let Some(arrived) = arrived else {
                undelivered.push(format!("{id} {} to {}: {} {:?}", page.from, page.to, sent.state, sent.why));
                continue;
            };
            let [row] = arrived.as_slice() else {
                problems.push(format!("{id} has come {} times", arrived.len()));
                continue;
            };
            if (row.from.as_deref(), row.to.as_deref()) != (Some(page.from), Some(page.to)) {
                problems.push(format!("{id} came from {:?} to {:?}", row.from, row.to));
            }
            let listed: BTreeMap<String, String> =
                row.files.iter().map(|file| (file.name.clone(), file.sha256.clone())).collect();
            if listed != page.files {
                problems.push(format!("{id} has come with other files: {listed:?}"));
            }
            for row in [sent, row] {
                let kinds: Vec<&str> = row.receipts.iter().map(|receipt| receipt.kind.as_str()).collect();
                let wanted: &[&str] = if pages.opened.contains(id) { &["delivered", "opened"] } else { &["delivered"] };
                if kinds != wanted {
                    problems.push(format!("{id} has receipts {kinds:?}, not {wanted:?}"));
                }
            }
        }
        for id in out.keys().chain(arrived.keys()).filter(|id| !pages.sent.contains_key(**id)) {
            problems.push(format!("{id} was never acknowledged to anybody"));
        }
        (undelivered, problems)
    }
}

fn by_id(lists: &[Vec<Row>]) -> BTreeMap<&str, Vec<&Row>> {
    let mut rows: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in lists.iter().flatten() {
        rows.entry(row.id.as_deref().unwrap_or_default()).or_default().push(row);
    }
    rows
}

/// Whether everything that was sent has come to its end.
#[must_use]
pub fn all_opened(outbox: &[Row]) -> bool {
    outbox.iter().all(|row| row.state == "opened")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_sendable_and_each_is_its_own() {
        let writer = Writer::default();
        let mut names = BTreeSet::new();
        for (from, to) in routes() {
            for bytes in [0, 2 * LARGE] {
                let letter = writer.letter(from, to, bytes);
                assert_eq!(letter.is_large(), bytes > 0 && may_be_large(from, to), "{from} to {to}");
                let mut collection = careplan::Collection::new();
                for (name, bytes) in &letter.files {
                    collection.add(name, bytes);
                    assert!(names.insert(name.clone()), "{name} twice");
                }
                let sorted = collection.sort();
                let [unit] = sorted.units.as_slice() else { panic!("one unit: {from} to {to}") };
                assert!(unit.is_sendable(), "{from} to {to}: {:#?}", unit.findings());
            }
        }
    }
}
