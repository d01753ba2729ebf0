//! `kill -9` while a message is sent, received and opened: delivered once, one receipt of each kind.
//!
//! A first run, in which nobody is killed, tells which crash points a node passes, how often, and how long an exchange
//! takes. Then, in each case, two offices begin anew, one of the two is killed at a point or a moment, started again
//! and left to finish what was begun.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use data_encoding::BASE64;
use futures::{StreamExt, stream};
use musubi_node::api::types::{Detail, Row};
use musubi_protocol::{
    certificate::LeafIn,
    entry::{Body, Entry, What},
    ids::MessageId,
    link::Log,
    signed::Unverified,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::{DAY_CARE, Files, HOME_VISIT, MANAGER, Office, Report, case};
use crate::{
    Installed, NodeProcess, TestNetwork,
    logs::{check_link_at, open},
    process::{Start, copy, log_file, passed},
    sample,
};

/// A message and its receipt are more.
const SETTLE_AT: u32 = 2048;
/// Cases that run at the same time.
const AT_ONCE: usize = 3;
/// How often a case is run until it meets its point or moment.
const TRIES: usize = 6;

/// The steps of sending and receiving, whatever comes first.
pub const STEPS: [&str; 17] = [
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
    "store.written",
    "store.synced",
    "settle.applied",
    "settle.durable",
    "settle.noted",
];
/// What a body above 1 MiB passes besides.
pub const STEPS_OF_A_BODY: [&str; 6] =
    ["body.offered", "body.piece", "body.sent", "body.checked", "receive.body", "body.durable"];

/// Whose process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Victim {
    Sender,
    Receiver,
    /// Both desks are on one node.
    Both,
}

/// When.
#[derive(Clone, Debug)]
enum When {
    /// At a crash point, as `MUSUBI_CRASH_AT` takes it.
    At(String),
    /// So long after the files were handed over.
    After(Duration),
}

/// Two offices that are set up and have never met.
pub struct Stage {
    program: PathBuf,
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
    /// From handing the files over to the last receipt.
    took: Duration,
}

impl Stage {
    /// Sets up two offices, each with its own node.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    pub fn between_two_nodes(program: &Path, (from, to): (Office, Office), files: Files) -> Self {
        let net = TestNetwork::default();
        let (sender, receiver) = (net.install("sender", &[from]), net.install("receiver", &[to]));
        let (receiver, program) = (Some(receiver), program.to_owned());
        Self { program, net, sender, receiver, log: log(from, to), files, cases: AtomicUsize::new(0) }
    }

    /// Sets up two offices on one node.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    pub fn on_one_node(program: &Path, (from, to): (Office, Office), files: Files) -> Self {
        let net = TestNetwork::default();
        let sender = net.install("both", &[from, to]);
        let program = program.to_owned();
        Self { program, net, sender, receiver: None, log: log(from, to), files, cases: AtomicUsize::new(0) }
    }

    fn victims(&self) -> Vec<Victim> {
        if self.receiver.is_some() { vec![Victim::Sender, Victim::Receiver] } else { vec![Victim::Both] }
    }

    /// Sends the files and has them opened while a process is killed, and checks what is left.
    async fn run(&self, kill: Option<(Victim, When)>) -> Outcome {
        let dir = self.net.dir().join(format!("case-{}", self.cases.fetch_add(1, Ordering::Relaxed)));
        let case = |victim: Victim, installed: &Installed| {
            let name = format!("{victim:?}").to_lowercase();
            let mut start = Start::new(&self.program, &copy(installed, &dir.join(&name)));
            start.log = Some(dir.join(format!("{name}.passed")));
            start.stderr = Some(log_file(&dir, &name));
            // So that the engine gets what there is while the message is on its way.
            start.settle_at = (!matches!(kill, Some((_, When::After(_))))).then_some(SETTLE_AT);
            if let Some((who, When::At(point))) = &kill
                && *who == victim
            {
                start.crash_at = Some(point.clone());
            }
            start
        };
        let after = match kill {
            Some((victim, When::After(moment))) => Some((victim, moment)),
            _ => None,
        };
        let outcome = match &self.receiver {
            None => {
                let both = case(Victim::Both, &self.sender);
                let node = NodeProcess::start(both.clone()).await;
                let (took, struck) = self.exchange(&node, &node, after.map(|(_, moment)| (&node, moment))).await;
                let killed = node.kill().await;
                self.check_logs(&both, &both);
                let passed = BTreeMap::from([(Victim::Both, points(&both))]);
                Outcome { killed: struck || killed > 0, passed, took }
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
                let strike = after
                    .map(|(victim, moment)| (if victim == Victim::Receiver { &receiver } else { &sender }, moment));
                let (took, struck) = self.exchange(&sender, &receiver, strike).await;
                let killed = sender.kill().await + receiver.kill().await;
                self.check_logs(&from, &to);
                let passed = BTreeMap::from([(Victim::Sender, points(&from)), (Victim::Receiver, points(&to))]);
                Outcome { killed: struck || killed > 0, passed, took }
            }
        };
        std::fs::remove_dir_all(dir).expect("a case can be cleared away");
        outcome
    }

    /// Sends, has it opened and looks at it from both sides; `strike` is killed meanwhile. Tells how long that took,
    /// and whether the kill came before the last receipt.
    async fn exchange(
        &self,
        sender: &NodeProcess,
        receiver: &NodeProcess,
        strike: Option<(&NodeProcess, Duration)>,
    ) -> (Duration, bool) {
        let began = Instant::now();
        let exchanging = async {
            let id = self.send_and_open(sender, receiver).await;
            (id, began.elapsed())
        };
        let Some((victim, moment)) = strike else {
            let (id, took) = exchanging.await;
            self.check_rows(&id, sender, receiver).await;
            return (took, false);
        };
        let striking = async {
            tokio::time::sleep(moment).await;
            victim.strike().await.up();
            began.elapsed()
        };
        let ((id, took), struck) = tokio::join!(exchanging, striking);
        self.check_rows(&id, sender, receiver).await;
        (took, struck < took)
    }

    /// Sending again after a kill, as somebody would, must find what was sent or send it for the first time.
    async fn send_and_open(&self, sender: &NodeProcess, receiver: &NodeProcess) -> String {
        let sent = sender.send(self.files.clone()).await;
        let [Row { id: Some(id), .. }] = sent.as_slice() else { panic!("one accepted message: {sent:#?}") };
        sender.until(id, "delivered").await;
        let inbox = receiver.inbox().await;
        let [row] = inbox.as_slice() else { panic!("one message: {inbox:#?}") };
        assert_eq!((row.id.as_ref(), row.from.as_ref()), (Some(id), Some(&self.log.from.to_string())));
        assert_eq!(receiver.files(row).await, self.files.iter().cloned().collect());
        sender.until(id, "opened").await;
        id.clone()
    }

    async fn check_rows(&self, id: &String, sender: &NodeProcess, receiver: &NodeProcess) {
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
    fn check_logs(&self, sender: &Start, receiver: &Start) {
        let [forth, back] =
            check_link_at(self.log, &sender.home, &receiver.home).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(forth.into_values().collect::<Vec<_>>(), [vec![What::Delivered, What::Opened]]);
        assert!(back.is_empty(), "{back:?}");
        assert_eq!(open(&sender.home).expect("a store that opens").forks().expect("forks are counted"), 0);
    }

    /// Kills at each point that a first run passes, at most `most` times at each. `steps` are those that every run
    /// passes; with `only` no other points are ends, and each is one `most` times.
    ///
    /// # Panics
    /// If the first run fails.
    pub async fn kill_everywhere(&self, title: &str, most: usize, steps: &[&str], only: bool) -> Report {
        let quiet = self.run(None).await;
        assert!(!quiet.killed);
        let passed: BTreeSet<&str> = quiet.passed.values().flatten().map(String::as_str).collect();
        let head = ["step", "killed", "crashes", "runs", "delivered once, receipts once, logs equal"];
        let mut report = Report::new(title, 0, &head);
        for step in steps {
            if !passed.contains(step) {
                report.problems.push(format!("{step} was not passed; these were: {passed:?}"));
            }
        }
        let mut cases = Vec::new();
        for victim in self.victims() {
            for (point, times) in count(&quiet.passed[&victim]) {
                if !only {
                    cases.extend(spread(times, most).map(|pass| (victim, point.clone(), pass)));
                } else if steps.contains(&point.as_str()) {
                    cases.extend((0..most).map(|at| (victim, point.clone(), 1 + at % times)));
                }
            }
        }
        let outcomes = stream::iter(cases).map(|(victim, point, pass)| async move {
            // Which of two things comes first is not in the test's hands: some points are passed now and then.
            let mut runs = 0;
            while runs < TRIES {
                runs += 1;
                // Further passes come now and then only; the first one always.
                let pass = if runs > TRIES / 2 { 1 } else { pass };
                let at = format!("{point}:{pass}");
                match case(self.run(Some((victim, When::At(at.clone()))))).await {
                    Ok(outcome) if outcome.killed => return (victim, point, runs, true, None),
                    Ok(_) => {}
                    Err(error) => return (victim, point, runs, true, Some(format!("{victim:?} at {at}: {error}"))),
                }
            }
            (victim, point, runs, false, None)
        });
        // Crashes, runs, and runs that ended well.
        let mut table: BTreeMap<(String, Victim), (usize, usize, usize)> = BTreeMap::new();
        for (victim, point, runs, killed, problem) in outcomes.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await {
            let row = table.entry((point, victim)).or_default();
            *row = (row.0 + usize::from(killed), row.1 + runs, row.2 + runs - usize::from(problem.is_some()));
            report.problems.extend(problem);
        }
        for ((point, victim), (killed, runs, good)) in &table {
            report.row(&[point, &format!("{victim:?}").to_lowercase(), killed, runs, good]);
        }
        for step in steps {
            if !table.iter().any(|((point, _), (killed, _, _))| point == step && *killed > 0) {
                report.problems.push(format!("nobody was killed at {step}"));
            }
        }
        report
    }

    /// Kills a side of the dice's choice at a moment of its choice, `times` times.
    ///
    /// # Panics
    /// If a first run, in which nobody is killed, fails.
    pub async fn kill_at_random(&self, title: &str, times: usize, seed: u64) -> Report {
        let quiet = self.run(None).await;
        let mut report =
            Report::new(title, seed, &["killed", "kills", "delivered once", "receipts once", "logs equal"]);
        let mut dice = StdRng::seed_from_u64(seed);
        let victims = self.victims();
        let drawn: Vec<(Victim, Duration)> = (0..times)
            .map(|_| (victims[dice.random_range(0..victims.len())], quiet.took.mul_f64(dice.random_range(0.0..1.0))))
            .collect();
        let outcomes = stream::iter(drawn).map(|(victim, moment)| async move {
            for _ in 0..TRIES {
                match case(self.run(Some((victim, When::After(moment))))).await {
                    Ok(outcome) if outcome.killed => return (victim, true, None),
                    // This time everything was over by then.
                    Ok(_) => {}
                    Err(error) => return (victim, true, Some(format!("{victim:?} after {moment:?}: {error}"))),
                }
            }
            (victim, false, None)
        });
        let mut table: BTreeMap<Victim, (usize, usize)> = BTreeMap::new();
        for (victim, killed, problem) in outcomes.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await {
            let row = table.entry(victim).or_default();
            *row = (row.0 + usize::from(killed), row.1 + usize::from(killed && problem.is_none()));
            report.problems.extend(problem);
        }
        for (victim, (killed, good)) in &table {
            report.row(&[&format!("{victim:?}").to_lowercase(), killed, good, good, good]);
        }
        let killed: usize = table.values().map(|(killed, _)| killed).sum();
        if killed == 0 {
            report.problems.push("nobody was killed".into());
        }
        report
    }
}

/// The long form: each step of sending and receiving `most` times.
///
/// # Panics
/// If a first run, in which nobody is killed, fails.
pub async fn at_each_step(program: &Path, most: usize) -> Vec<Report> {
    let small = Stage::between_two_nodes(program, (MANAGER, HOME_VISIT), small());
    let first = small.kill_everywhere("kill -9 at each step, two nodes", most, &STEPS, true).await;
    let large = Stage::between_two_nodes(program, (HOME_VISIT, MANAGER), large());
    let title = "kill -9 at each step of a body of 3 MiB, two nodes";
    vec![first, large.kill_everywhere(title, most, &STEPS_OF_A_BODY, true).await]
}

/// The long form: at random moments, a third of the times with a long body.
///
/// # Panics
/// If a first run, in which nobody is killed, fails.
pub async fn at_random_moments(program: &Path, times: usize, seed: u64) -> Vec<Report> {
    let small = Stage::between_two_nodes(program, (MANAGER, DAY_CARE), plans_of_day_care());
    let first = small.kill_at_random("kill -9 at random moments", times - times / 3, seed).await;
    let large = Stage::between_two_nodes(program, (HOME_VISIT, MANAGER), large());
    let title = "kill -9 at random moments, a body of 3 MiB";
    vec![first, large.kill_at_random(title, times / 3, seed.wrapping_add(1)).await]
}

fn log(from: Office, to: Office) -> Log {
    let address = |(office, kinds): Office| format!("{office}-{}", kinds[0]).parse().unwrap();
    Log::new(address(from), address(to))
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

/// A month's plan.
#[must_use]
pub fn small() -> Files {
    sample::bundle("20251024090725-B2-1379905001-43-to-1379900010-11")
}

fn plans_of_day_care() -> Files {
    sample::bundle("20251024090755-B2-1379905001-43-to-1379900028-15")
}

/// Actuals of 3 MiB.
#[must_use]
pub fn large() -> Files {
    sample::widened(&sample::bundle("20251202091006-B5-1379900010-11-to-1379905001-43"), 3 << 20)
}
