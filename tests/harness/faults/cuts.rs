//! Power cuts: what has reached the block device at a random moment is all that a node has left.
//!
//! Each of two nodes has a file system of its own. While messages flow both ways one node is frozen, its device
//! copied, the node killed, the copy mounted in its place and the node started on it; the partner goes on as it was.
//! Nothing that was acknowledged may be missing on the copy, and the two must come to an end together.

use std::{
    collections::BTreeSet,
    mem,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use musubi_node::{api::types::Row, db::Db};
use musubi_protocol::{entry::What, ids::MessageId, link::Log};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::{
    HOME_VISIT, MANAGER, Office, Report, case,
    mail::{Book, LARGE, Writer, all_opened},
};
use crate::{
    Installed, NodeProcess, TestNetwork,
    disk::{Image, Mount},
    logs, place,
    process::{Down, Start, copy, log_file},
    proxy::Line,
    system::must,
};

/// Bytes of a node's file system; sparse.
const SIZE: u64 = 1 << 30;
/// Cuts that a pair lives through before two offices begin anew.
const LIVES: usize = 10;
/// Patience with a node of which it is not known whether it is frozen.
const PATIENCE: Duration = Duration::from_secs(20);
/// Longest time for everything to come to its end.
const END: Duration = Duration::from_secs(90);
/// Pause of a reader who has found nothing new.
const LOOK_AGAIN: Duration = Duration::from_millis(30);
/// Pause of a sender after each message, in the mean.
const PACE: Duration = Duration::from_millis(60);
/// How long messages flow before a cut at most.
const LONGEST: Duration = Duration::from_millis(2500);

/// One of the two nodes.
struct Side {
    address: &'static str,
    partner: &'static str,
    start: Start,
    at: PathBuf,
    image: Option<Image>,
    mount: Option<Mount>,
    node: Option<Arc<NodeProcess>>,
}

/// Two nodes that write to each other.
struct Pair {
    // Dropped in this order: nodes, then what they run on.
    sides: [Side; 2],
    _line: Line,
    _net: TestNetwork,
    _place: TempDir,
    writer: Arc<Writer>,
    book: Arc<Book>,
}

/// What flows between the two until it is told to stop.
struct Flow {
    stop: Arc<AtomicBool>,
    /// Of each side.
    tasks: Vec<(usize, JoinHandle<()>)>,
}

impl Pair {
    async fn begin(program: &Path) -> Self {
        let (place, net) = (place(), TestNetwork::default());
        let side = |name: &str, office: Office, partner: &'static str, address: &'static str| {
            let installed = net.install(name, &[office]);
            let (disk, at) = (place.path().join(format!("{name}.img")), place.path().join(name));
            let image = Image::create(&disk, SIZE);
            // No commit of the journal by the clock: what is not synced stays in memory.
            let mount = image.mount_with(&at, "loop,commit=600");
            let home = copy(&installed, &at.join("office"));
            // What was there before the node is on the disk.
            must("sync", ["-f".as_ref(), at.as_os_str()]);
            let mut start = start(program, &installed, &home);
            start.stderr = Some(log_file(place.path(), name));
            Side { address, partner, start, at, image: Some(image), mount: Some(mount), node: None }
        };
        let mut sides = [
            side("manager", MANAGER, "1379900010-11", "1379905001-43"),
            side("home-visit", HOME_VISIT, "1379905001-43", "1379900010-11"),
        ];
        let manager = NodeProcess::start(sides[0].start.clone()).await;
        let line = Line::tcp(tcp_of(&manager.listen()), 1).await.expect("a line");
        let aimer = line.aimer();
        manager.on_ready(move |listen| aimer.aim(tcp_of(listen)));
        sides[0].node = Some(Arc::new(manager));
        sides[1].start.peers = vec![format!("/ip4/127.0.0.1/tcp/{}", line.address().port())];
        sides[1].node = Some(Arc::new(NodeProcess::start(sides[1].start.clone()).await));
        let (writer, book) = (Arc::default(), Arc::default());
        Self { sides, _line: line, _net: net, _place: place, writer, book }
    }

    fn node(&self, side: usize) -> &Arc<NodeProcess> {
        self.sides[side].node.as_ref().expect("runs between cuts")
    }

    /// Has both sides send, and open what comes. `dice` decides on sizes.
    fn flow(&self, sides: &[usize], dice: &mut StdRng) -> Flow {
        let stop = Arc::new(AtomicBool::new(false));
        let mut tasks = Vec::new();
        for &side in sides {
            let (address, partner) = (self.sides[side].address, self.sides[side].partner);
            let (node, writer, book) = (Arc::clone(self.node(side)), Arc::clone(&self.writer), Arc::clone(&self.book));
            let (ends, mut dice) = (Arc::clone(&stop), StdRng::seed_from_u64(dice.random()));
            let task = tokio::spawn(async move {
                while !ends.load(Ordering::Relaxed) {
                    let bytes = if dice.random_bool(0.15) { dice.random_range(LARGE + 1..3 * LARGE) } else { 0 };
                    let letter = writer.letter(address, partner, bytes);
                    book.send(&node, letter, PATIENCE).await;
                    tokio::time::sleep(PACE.mul_f64(dice.random_range(0.0..2.0))).await;
                }
            });
            tasks.push((side, task));
            let (node, book, ends) = (Arc::clone(self.node(side)), Arc::clone(&self.book), Arc::clone(&stop));
            let task = tokio::spawn(async move {
                while !ends.load(Ordering::Relaxed) {
                    // Gone: it is the one that was cut, and the next round asks again.
                    if !matches!(book.open_new(&node, PATIENCE).await, Ok(1..)) {
                        tokio::time::sleep(LOOK_AGAIN).await;
                    }
                }
            });
            tasks.push((side, task));
        }
        Flow { stop, tasks }
    }

    /// Cuts one side's power at a moment of the dice's choice, and sees the two to an end. Gives how many
    /// acknowledgements were looked for on what was left.
    async fn cut(&mut self, side: usize, number: usize, dice: &mut StdRng) -> usize {
        let flow = self.flow(&[0, 1], dice);
        tokio::time::sleep(LONGEST.mul_f64(dice.random_range(0.05..1.0))).await;
        let node = Arc::clone(self.node(side));
        node.freeze();
        let copied = self.sides[side].at.with_extension(format!("{number}.img"));
        let copied = self.sides[side].image.take().expect("one image").cut_away(&copied);
        let down = node.strike().await;
        // Whatever it answered by now it had made durable before it was frozen.
        flow.stop(Some(side)).await;
        let mine = |from: &str| from == self.sides[side].address;
        let acknowledged: BTreeSet<String> = self.book.sent_by(mine).into_iter().collect();
        let handed_over = self.book.opened_ids();
        let seen = self.node(1 - side).outbox().await;

        self.sides[side].mount = None;
        self.sides[side].mount = Some(copied.mount_with(&self.sides[side].at, "loop,commit=600"));
        self.sides[side].image = Some(copied);
        let shown = acknowledged.len() + seen.iter().map(|row| row.receipts.len()).sum::<usize>();
        {
            let db = logs::open(&self.sides[side].start.home).unwrap_or_else(|error| panic!("{error}"));
            nothing_lost(&db, &acknowledged, &seen, &handed_over, self.sides[side].address);
        }
        self.come_to_an_end(down, dice).await;
        shown
    }

    /// Starts the cut side again, goes on for a while, and waits until everything has arrived and was opened.
    async fn come_to_an_end(&self, down: Down, dice: &mut StdRng) {
        down.up();
        let flow = self.flow(&[0, 1], dice);
        for side in [0, 1] {
            // As somebody would who got no answer; what was sent after all is found sent.
            for letter in self.book.take_unsure(|from| from == self.sides[side].address) {
                self.book.send(self.node(side), letter, PATIENCE).await;
            }
        }
        flow.stop(None).await;
        let until = Instant::now() + END;
        loop {
            for side in [0, 1] {
                for letter in self.book.take_unsure(|from| from == self.sides[side].address) {
                    self.book.send(self.node(side), letter, PATIENCE).await;
                }
                // An answer that does not come is asked for again.
                let _ = self.book.open_new(self.node(side), PATIENCE).await;
            }
            let outboxes = [self.node(0).outbox().await, self.node(1).outbox().await];
            let waiting: Vec<String> = outboxes
                .iter()
                .flatten()
                .filter(|row| row.state != "opened")
                .map(|row| format!("{:?} {:?} {} {:?}", row.id, row.from, row.state, row.why))
                .collect();
            let stopped = outboxes.iter().flatten().any(|row| row.why.as_deref() == Some("stopped"));
            if outboxes.iter().all(|outbox| all_opened(outbox)) && self.book.opened() >= self.book.sent() {
                let inboxes = [self.node(0).inbox().await, self.node(1).inbox().await];
                let (undelivered, problems) = self.book.compare(&outboxes, &inboxes);
                assert!(undelivered.is_empty() && problems.is_empty(), "{undelivered:#?} {problems:#?}");
                return;
            }
            assert!(Instant::now() < until, "no end came (stopped: {stopped}): {waiting:#?}");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Stops both for good and compares their logs.
    async fn end(mut self) -> Result<usize, String> {
        for side in &mut self.sides {
            let node = side.node.take().and_then(Arc::into_inner).ok_or("a node is still in use")?;
            node.kill().await;
        }
        let address = |side: usize| self.sides[side].address.parse().expect("an address");
        let log = Log::new(address(0), address(1));
        let stories = logs::check_link_at(log, &self.sides[0].start.home, &self.sides[1].start.home)?;
        let told: usize = stories.iter().map(std::collections::BTreeMap::len).sum();
        for (id, signed) in stories.iter().flatten() {
            if signed.as_slice() != [What::Delivered, What::Opened] {
                return Err(format!("{id}: {signed:?} was signed"));
            }
        }
        if told != self.book.sent() {
            return Err(format!("{} messages were acknowledged, the logs tell of {told}", self.book.sent()));
        }
        Ok(told)
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        for side in &mut self.sides {
            // Killed at once, also where a task that asks still holds it.
            if let Some(node) = mem::take(&mut side.node) {
                node.destroy();
            }
        }
    }
}

impl Flow {
    /// Ends it; nothing is asked any more of the side that is gone.
    async fn stop(self, gone: Option<usize>) {
        self.stop.store(true, Ordering::Relaxed);
        for (side, task) in self.tasks {
            if Some(side) == gone {
                task.abort();
            }
            match task.await {
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                _ => {}
            }
        }
    }
}

/// What was acknowledged stands in the store: its own messages, what it received, what it handed over.
fn nothing_lost(db: &Db, sent: &BTreeSet<String>, seen: &[Row], handed_over: &BTreeSet<String>, whose: &str) {
    let id = |text: &str| text.parse::<MessageId>().expect("an id");
    for message in sent {
        assert!(
            db.outbound(&id(message)).expect("a readable store").is_some(),
            "{message} was acknowledged and is lost"
        );
    }
    for row in seen {
        let text = row.id.as_deref().unwrap_or_default();
        let inbound = db.inbound(&id(text)).expect("a readable store");
        for receipt in &row.receipts {
            let what = if receipt.kind == "opened" { What::Opened } else { What::Delivered };
            let kept = inbound.as_ref().is_some_and(|message| message.receipts.has(what));
            assert!(kept, "the partner has the receipt {what:?} for {text}, which is lost");
        }
    }
    for message in handed_over {
        if let Some(inbound) = db.inbound(&id(message)).expect("a readable store")
            && inbound.log.to.to_string() == whose
        {
            assert!(inbound.receipts.has(What::Opened), "{message} was handed over, and `opened` is lost");
        }
    }
}

fn start(program: &Path, installed: &Installed, home: &Installed) -> Start {
    let mut start = Start::new(program, home);
    // Cuts are to fall between the journal and the engine, too.
    start.settle_at = Some(16 << 10);
    start.machine_key.clone_from(&installed.machine_key);
    start.listen = vec!["/ip4/127.0.0.1/tcp/0".into()];
    start
}

/// Where a node takes TCP.
///
/// # Panics
/// If it does not.
#[must_use]
pub fn tcp_of(listen: &[String]) -> SocketAddr {
    let port = listen.iter().find_map(|address| address.split("/tcp/").nth(1)?.split('/').next()?.parse().ok());
    SocketAddr::from(([127, 0, 0, 1], port.expect("a node listens on TCP")))
}

/// Cuts the power of the two sides in turn, `times` times in all.
///
/// # Panics
/// If two nodes cannot be set up.
pub async fn cut_power(program: &Path, times: usize, seed: u64) -> Report {
    let head =
        ["cut side", "cuts", "opened cleanly, nothing lost, came to an end", "acknowledgements looked at", "messages"];
    let mut report = Report::new("power cuts", seed, &head);
    let mut dice = StdRng::seed_from_u64(seed);
    let mut sides = [(0, 0, 0); 2];
    let (mut messages, mut done) = (0, 0);
    while done < times {
        let mut pair = Pair::begin(program).await;
        let mut broken = false;
        for _ in 0..LIVES.min(times - done) {
            let side = done % 2;
            done += 1;
            sides[side].0 += 1;
            match case(pair.cut(side, done, &mut dice)).await {
                Ok(shown) => {
                    sides[side].1 += 1;
                    sides[side].2 += shown;
                }
                Err(error) => {
                    report.problems.push(format!("cut {done} of side {side}: {error}"));
                    // What comes after would only tell the same again.
                    broken = true;
                    break;
                }
            }
        }
        if !broken {
            match pair.end().await {
                Ok(told) => messages += told,
                Err(error) => report.problems.push(format!("logs after cut {done}: {error}")),
            }
        }
    }
    for (name, (cuts, good, acknowledged)) in ["care manager", "home visit"].iter().zip(sides) {
        report.row(&[name, &cuts, &good, &acknowledged, &""]);
    }
    report.row(&[
        &"both",
        &(sides[0].0 + sides[1].0),
        &(sides[0].1 + sides[1].1),
        &(sides[0].2 + sides[1].2),
        &messages,
    ]);
    report
}
