//! `kill -9` between any two steps of sending and receiving: delivered once, one receipt of each kind.
//!
//! A first run, in which nobody is killed, tells which crash points a node passes and how often. Then, for each of
//! them, two offices begin anew and one of the two is killed there, started again and left to finish what was begun.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicUsize, Ordering},
};

use data_encoding::BASE64;
use futures::{StreamExt, stream};
use musubi_node::{
    api::types::{Detail, Row},
    db::{Db, Side},
};
use musubi_protocol::{
    certificate::LeafIn,
    entry::{Body, Entry, What},
    ids::MessageId,
    link::Log,
    signed::Unverified,
};
use musubi_tests::{
    Installed, NodeProcess, TestNetwork,
    process::{Start, copy, passed},
    sample,
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_musubi-under-test");
const MANAGER: (&str, &[&str]) = ("1379905001", &["43"]);
const HOME_VISIT: (&str, &[&str]) = ("1379900010", &["11"]);
/// Cases that run at the same time.
const AT_ONCE: usize = 3;
/// How often a case is run until it meets its point.
const TRIES: usize = 4;
/// The steps of sending and receiving, whatever comes first.
const STEPS: [&str; 15] = [
    "send.checked",
    "send.sealed",
    "send.applied",
    "send.durable",
    "push.entry",
    "push.flushed",
    "receive.checked",
    "receive.applied",
    "receive.durable",
    "receive.answered",
    "open.read",
    "open.durable",
    "store.applied",
    "store.flushed",
    "store.synced",
];
/// What a body above 1 MiB passes besides.
const STEPS_OF_A_BODY: [&str; 6] =
    ["body.offered", "body.piece", "body.sent", "body.checked", "receive.body", "body.durable"];
/// Files under their names.
type Files = Vec<(String, Vec<u8>)>;

/// Whose process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Victim {
    Sender,
    Receiver,
    /// Both desks are on one node.
    Both,
}

/// Two offices that are set up and have never met.
struct Stage {
    net: TestNetwork,
    sender: Installed,
    /// None where the sender's node has the receiver's desk too.
    receiver: Option<Installed>,
    log: Log,
    files: Files,
    cases: AtomicUsize,
}

/// What a case left behind.
struct Outcome {
    /// Whether the process was killed.
    killed: bool,
    /// The points that each node passed, over all its processes.
    passed: BTreeMap<Victim, Vec<String>>,
}

impl Stage {
    fn between_two_nodes((from, to): (Office, Office), files: Files) -> Self {
        let net = TestNetwork::default();
        let (sender, receiver) = (net.install("sender", &[from]), net.install("receiver", &[to]));
        Self { net, sender, receiver: Some(receiver), log: log(from, to), files, cases: AtomicUsize::new(0) }
    }

    fn on_one_node((from, to): (Office, Office), files: Files) -> Self {
        let net = TestNetwork::default();
        let sender = net.install("both", &[from, to]);
        Self { net, sender, receiver: None, log: log(from, to), files, cases: AtomicUsize::new(0) }
    }

    fn victims(&self) -> Vec<Victim> {
        if self.receiver.is_some() { vec![Victim::Sender, Victim::Receiver] } else { vec![Victim::Both] }
    }

    /// Sends the files and has them opened while a process is killed at a point, and checks what is left.
    async fn run(&self, kill: Option<(Victim, String)>) -> Outcome {
        let dir = self.net.dir().join(format!("case-{}", self.cases.fetch_add(1, Ordering::Relaxed)));
        let case = |victim: Victim, installed: &Installed| {
            let name = format!("{victim:?}").to_lowercase();
            let mut start = Start::new(PROGRAM, &copy(installed, &dir.join(&name)));
            start.log = Some(dir.join(format!("{name}.passed")));
            start.crash_at = kill.as_ref().filter(|(who, _)| *who == victim).map(|(_, point)| point.clone());
            start
        };
        let outcome = match &self.receiver {
            None => {
                let both = case(Victim::Both, &self.sender);
                let node = NodeProcess::start(both.clone()).await;
                self.exchange(&node, &node).await;
                let killed = node.kill().await;
                let db = db(&both);
                self.check_logs(&db, &db);
                Outcome { killed: killed > 0, passed: BTreeMap::from([(Victim::Both, points(&both))]) }
            }
            Some(receiver) => {
                let (mut from, mut to) = (case(Victim::Sender, &self.sender), case(Victim::Receiver, receiver));
                // The one that may go dials the one that stays: an address of the system's choice is gone with
                // its process.
                let (sender, receiver);
                if kill.as_ref().is_some_and(|(who, _)| *who == Victim::Receiver) {
                    sender = NodeProcess::start(from.clone()).await;
                    to.peers = sender.listen();
                    receiver = NodeProcess::start(to.clone()).await;
                } else {
                    receiver = NodeProcess::start(to.clone()).await;
                    from.peers = receiver.listen();
                    sender = NodeProcess::start(from.clone()).await;
                }
                self.exchange(&sender, &receiver).await;
                let killed = sender.kill().await + receiver.kill().await;
                self.check_logs(&db(&from), &db(&to));
                let passed = BTreeMap::from([(Victim::Sender, points(&from)), (Victim::Receiver, points(&to))]);
                Outcome { killed: killed > 0, passed }
            }
        };
        std::fs::remove_dir_all(dir).expect("a case can be cleared away");
        outcome
    }

    /// Sending again after a kill, as somebody would, must find what was sent or send it for the first time.
    async fn exchange(&self, sender: &NodeProcess, receiver: &NodeProcess) {
        let sent = sender.send(self.files.clone()).await;
        let [Row { id: Some(id), .. }] = sent.as_slice() else { panic!("one accepted message: {sent:#?}") };
        sender.until(id, "delivered").await;
        let inbox = receiver.inbox().await;
        let [row] = inbox.as_slice() else { panic!("one message: {inbox:#?}") };
        assert_eq!((row.id.as_ref(), row.from.as_ref()), (Some(id), Some(&self.log.from.to_string())));
        assert_eq!(receiver.files(row).await, self.files.iter().cloned().collect());
        sender.until(id, "opened").await;

        let outbox = sender.outbox().await;
        let [row] = outbox.as_slice() else { panic!("one message: {outbox:#?}") };
        let receipts = |row: &Row| row.receipts.iter().map(|r| (r.kind.clone(), r.by.clone())).collect::<Vec<_>>();
        let both = [("delivered".to_owned(), "node".to_owned()), ("opened".to_owned(), "api".to_owned())];
        assert_eq!((row.id.as_ref(), receipts(row)), (Some(id), both.to_vec()));
        let inbox = receiver.inbox().await;
        assert_eq!((inbox.len(), receipts(&inbox[0])), (1, both.to_vec()));
        let (of_sender, of_receiver) = (sender.show(id).await, receiver.show(id).await);
        self.check_evidence(id, &of_sender);
        let entries = |detail: &Detail| detail.evidence.iter().map(|row| row.entry.clone()).collect::<Vec<_>>();
        assert_eq!(entries(&of_sender), entries(&of_receiver));
    }

    /// The message and its two receipts, each signed by the desk that it names.
    fn check_evidence(&self, id: &str, detail: &Detail) {
        let id: MessageId = id.parse().unwrap();
        let told: Vec<_> = detail
            .evidence
            .iter()
            .map(|row| {
                let entry = Unverified::<Entry>::from_bytes(&BASE64.decode(row.entry.as_bytes()).unwrap()).unwrap();
                let certificate = row.certificate.as_ref().expect("the signer's certificate");
                let leaf = LeafIn::parse(&BASE64.decode(certificate.as_bytes()).unwrap()).unwrap();
                let entry = entry.verify(leaf.key()).expect("a good signature");
                let claim = entry.value();
                assert!(leaf.addresses().any(|address| address == claim.from));
                match &claim.body {
                    Body::Message(_) => (Log::new(claim.from, claim.to), entry.id(), None),
                    Body::Receipt(receipt) => (Log::new(claim.from, claim.to), receipt.id, Some(receipt.what)),
                    other => panic!("{other:?}"),
                }
            })
            .collect();
        let back = self.log.reverse();
        assert_eq!(told, [(self.log, id, None), (back, id, Some(What::Delivered)), (back, id, Some(What::Opened))]);
    }

    /// Both sides hold the same two logs, with one message in one and two receipts in the other.
    fn check_logs(&self, sender: &Db, receiver: &Db) {
        for (log, owner, partner, length) in
            [(self.log, sender, receiver, 1), (self.log.reverse(), receiver, sender, 2)]
        {
            let head = owner.head(Side::Own, log).unwrap();
            assert_eq!(head, partner.head(Side::Partner, log).unwrap());
            assert_eq!(head.seq, length);
        }
        for db in [sender, receiver] {
            assert_eq!(db.forks().unwrap(), 0);
            assert!(db.incomplete(self.log).unwrap().is_empty());
        }
    }

    /// Kills at each point that a first run passes, at most `most` times at each, and prints what came of it.
    /// `steps` are those that every run passes.
    async fn kill_everywhere(&self, title: &str, most: usize, steps: &[&str]) {
        let quiet = self.run(None).await;
        assert!(!quiet.killed);
        let passed: BTreeSet<&str> = quiet.passed.values().flatten().map(String::as_str).collect();
        for step in steps {
            assert!(passed.contains(step), "{step} was not passed; these were: {passed:?}");
        }
        let mut cases = Vec::new();
        for victim in self.victims() {
            for (point, times) in count(&quiet.passed[&victim]) {
                cases.extend(spread(times, most).map(|pass| (victim, point.clone(), pass)));
            }
        }
        let outcomes = stream::iter(cases).map(|(victim, point, pass)| async move {
            // Which of two things comes first is not in the test's hands: some points are passed now and then.
            for tried in 1..=TRIES {
                if self.run(Some((victim, format!("{point}:{pass}")))).await.killed {
                    return (victim, point, 1, tried);
                }
            }
            (victim, point, 0, TRIES)
        });
        // Once for each run: it would have failed otherwise.
        let mut table: BTreeMap<(Victim, String), (usize, usize)> = BTreeMap::new();
        for (victim, point, killed, runs) in outcomes.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await {
            let row = table.entry((victim, point)).or_default();
            *row = (row.0 + killed, row.1 + runs);
        }
        println!(
            "{title}\n{:<10} {:<18} {:>7} {:>14} {:>13}",
            "killed", "step", "crashes", "delivered once", "receipts once"
        );
        for ((victim, point), (killed, whole)) in &table {
            println!("{:<10} {point:<18} {killed:>7} {whole:>14} {whole:>13}", format!("{victim:?}").to_lowercase());
            assert!(*killed > 0 || !steps.contains(&point.as_str()), "nobody was killed at {point}");
        }
    }
}

type Office = (&'static str, &'static [&'static str]);

fn log(from: Office, to: Office) -> Log {
    let address = |(office, kinds): Office| format!("{office}-{}", kinds[0]).parse().unwrap();
    Log::new(address(from), address(to))
}

fn db(start: &Start) -> Db {
    Db::new(start.home.open_store(8 << 20).expect("a killed node leaves a store that opens"))
}

fn points(start: &Start) -> Vec<String> {
    passed(start.log.as_ref().expect("logged"))
}

fn count(names: &[String]) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for name in names {
        *counted.entry(name.clone()).or_default() += 1;
    }
    counted
}

/// At most `most` of the passes 1..=times, the first and the last among them.
fn spread(times: usize, most: usize) -> impl Iterator<Item = usize> {
    let chosen = times.min(most);
    (0..chosen).map(move |at| 1 + at * (times - 1) / chosen.saturating_sub(1).max(1))
}

fn small() -> Files {
    sample::bundle("20251024090725-B2-1379905001-43-to-1379900010-11")
}

/// Actuals of 3 MiB: the rows of the sample again and again, each time for another insured person.
fn large() -> Files {
    let mut files = sample::bundle("20251202091006-B5-1379900010-11-to-1379905001-43");
    let (_, bytes) = files.first_mut().expect("one file");
    let rows = bytes.clone();
    let mut person = 9_000_000_u32;
    while bytes.len() < 3 << 20 {
        person += 1;
        for row in rows.split_inclusive(|byte| *byte == b'\n') {
            // Cells 1 to 3: creation, insurer, insured person.
            bytes.extend_from_slice(&row[..14]);
            bytes.extend_from_slice(format!("{person:010}").as_bytes());
            bytes.extend_from_slice(&row[24..]);
        }
    }
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_two_nodes() {
    Stage::between_two_nodes((MANAGER, HOME_VISIT), small()).kill_everywhere("two nodes", 3, &STEPS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_a_long_body_is_on_its_way() {
    let stage = Stage::between_two_nodes((HOME_VISIT, MANAGER), large());
    stage.kill_everywhere("two nodes, a body of 3 MiB", 2, &[&STEPS[..], &STEPS_OF_A_BODY].concat()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_with_both_desks_on_one_node() {
    Stage::on_one_node((MANAGER, HOME_VISIT), small()).kill_everywhere("two desks of one node", 2, &STEPS).await;
}
