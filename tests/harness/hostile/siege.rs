//! A node under attack, and the honest partner who wants to get to it.

use std::{
    cell::{Cell, RefCell},
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use libp2p::identity::Keypair;
use musubi_network::Multiaddr;
use musubi_protocol::{
    certificate::LeafIn,
    crl,
    gate::Hello,
    ids::Address,
    link::Log,
    record::{Holder, Record, verify},
    signed::Unverified,
    trust::{Trust, testing::TestDesk},
};

use super::{KEPT_OUT, QUIET, gauge::Gauge};
use crate::{
    Installed, LIMIT, NodeProcess, TestNetwork,
    faults::{HOME_VISIT, MANAGER},
    partner::Partner,
    process::{Start, copy, log_file},
    sample,
};

/// The attacked office, which is the manager of the sample.
pub const TARGET: &str = "1379905001-43";
/// How often is looked whether something has gone.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Seconds of which one has to be quiet.
const SECONDS: usize = 10;
/// Descriptors that may come and go with the store and the API, whatever happens.
const SLACK: usize = 12;

/// An authority and two offices that are set up: every attack begins with copies of them, which have never met.
pub struct Ground {
    program: PathBuf,
    net: TestNetwork,
    target: Installed,
    leaf: LeafIn,
    guest: Installed,
    trust: Trust,
    count: AtomicUsize,
}

/// One attack under way.
pub struct Siege<'a> {
    ground: &'a Ground,
    dir: PathBuf,
    /// The attacked node.
    pub target: NodeProcess,
    gauge: Gauge,
    before: Cell<u64>,
    strict: bool,
    /// The honest partner, once it has come.
    guest: RefCell<Option<NodeProcess>>,
    problems: RefCell<Vec<String>>,
    /// What the attacker counts.
    seen: RefCell<Seen>,
}

/// What an attacker has seen.
#[derive(Clone, Debug, Default)]
struct Seen {
    connections: u64,
    kept_out: Duration,
    ended: String,
}

/// What came of an attack.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Connections that the attacker began.
    pub connections: u64,
    /// How long an honest partner's first delivery took, from when its node was ready.
    pub kept_out: Duration,
    /// Memory before, in bytes.
    pub before: u64,
    /// Most memory meanwhile, in bytes.
    pub peak: u64,
    /// Processor time of the node, honest mail included.
    pub processor: Duration,
    /// The same in a quiet second afterwards.
    pub quiet: Duration,
    /// Descriptors more than before.
    pub left: usize,
    /// How the attacker's connections ended.
    pub ended: String,
    /// What did not hold.
    pub problems: Vec<String>,
}

impl Ground {
    /// Sets two offices up.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    pub fn new(program: &Path) -> Self {
        let net = TestNetwork::default();
        let (target, guest) = (net.install("target", &[MANAGER]), net.install("guest", &[HOME_VISIT]));
        let files = net.trust_files();
        let mut trust = Trust::first(&files[0], None).expect("a good bundle");
        let learnt = trust.accept_crl(&files[1]).expect("a good list");
        assert_eq!(learnt, crl::Outcome::New);
        let leaf = target.leaves[0].clone();
        Self { program: program.to_owned(), net, target, leaf, guest, trust, count: AtomicUsize::new(0) }
    }
}

impl<'a> Siege<'a> {
    /// Starts the node, with so many places of the gate in all and for one address. If `strict`, it has to be quiet
    /// afterwards.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn begin(ground: &'a Ground, name: &str, places: Option<(usize, usize)>, strict: bool) -> Self {
        let number = ground.count.fetch_add(1, Ordering::Relaxed);
        let dir = ground.net.dir().join(format!("siege-{number}"));
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let target = copy(&ground.target, &dir.join("target"));
        if let Some((all, of_one)) = places {
            let settings = format!("[limits]\npending = {all}\npending_per_ip = {of_one}\n");
            std::fs::write(target.home.settings(), settings).expect("settings can be written");
        }
        let mut start = Start::new(&ground.program, &target);
        start.listen = ["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"].map(Into::into).to_vec();
        start.stderr = Some(log_file(&dir, &format!("target-{name}")));
        let target = NodeProcess::start(start).await;
        let gauge = Gauge::new(target.pid());
        Self {
            ground,
            dir,
            target,
            gauge,
            before: Cell::new(0),
            strict,
            guest: RefCell::default(),
            problems: RefCell::default(),
            seen: RefCell::default(),
        }
    }

    /// Runs an attack, in which [`Siege::newcomer`] has to be called once, and looks at the node afterwards.
    ///
    /// # Panics
    /// If an honest partner is not served, or the node ends.
    pub async fn run(self, attack: impl AsyncFnOnce(&Self)) -> Outcome {
        let (files, used) = (self.gauge.descriptors(), self.gauge.processor());
        self.begin_here();
        attack(&self).await;
        self.still_serves().await;
        // A partner's connection may stay; the attacker's are gone or closed by now.
        let left = self.until_few(files).await;
        let (peak, processor) = (self.gauge.peak(), self.gauge.processor() - used);
        let quiet = if self.strict { self.quiet_second().await } else { Duration::ZERO };
        let seen = self.seen.take();
        let outcome = Outcome {
            connections: seen.connections,
            kept_out: seen.kept_out,
            before: self.before.get(),
            peak,
            processor,
            quiet,
            left,
            ended: seen.ended,
            problems: self.problems.take(),
        };
        if let Some(guest) = self.guest.take() {
            guest.kill().await;
        }
        self.target.kill().await;
        // Large, and there may be many.
        std::fs::remove_dir_all(&self.dir).expect("a siege can be cleared away");
        outcome
    }

    /// From here on memory counts: what was prepared before is no attack.
    pub fn begin_here(&self) {
        self.before.set(self.gauge.memory());
        self.gauge.begin();
    }

    /// An honest partner comes for the first time, and its first message is delivered: notes how long that took.
    ///
    /// # Panics
    /// If that takes more than [`LIMIT`].
    pub async fn newcomer(&self) {
        let mut start = Start::new(&self.ground.program, &copy(&self.ground.guest, &self.dir.join("guest")));
        start.peers = self.target.listen().into_iter().filter(|address| address.contains("/tcp/")).collect();
        start.stderr = Some(log_file(&self.dir, "guest"));
        let guest = NodeProcess::start(start).await;
        let began = Instant::now();
        Self::deliver(&guest, sample::bundle("20251202091006-B5-1379900010-11-to-1379905001-43")).await;
        self.seen.borrow_mut().kept_out = began.elapsed();
        *self.guest.borrow_mut() = Some(guest);
    }

    /// The honest partner sends once more, and what it sent can be read.
    async fn still_serves(&self) {
        let guest = self.guest.take().expect("a newcomer came in the attack");
        let files = sample::bundle("20251202091006-B5-1379900010-11-to-1379905001-43");
        let files = sample::renumbered(&files, "20251203091006");
        let id = Self::deliver(&guest, files.clone()).await;
        let inbox = self.target.inbox().await;
        let row = inbox.iter().find(|row| row.id.as_ref() == Some(&id)).expect("what was delivered is in the inbox");
        assert_eq!(self.target.files(row).await, files.into_iter().collect());
        *self.guest.borrow_mut() = Some(guest);
    }

    async fn deliver(guest: &NodeProcess, files: Vec<(String, Vec<u8>)>) -> String {
        let rows = guest.send(files).await;
        let [row] = rows.as_slice() else { panic!("one message: {rows:#?}") };
        let id = row.id.clone().unwrap_or_else(|| panic!("refused: {row:#?}"));
        guest.until(&id, "delivered").await;
        id
    }

    /// Waits until the node has let go of the attacker's descriptors, or time is up; gives how many are left.
    async fn until_few(&self, before: usize) -> usize {
        let end = Instant::now() + LIMIT;
        loop {
            let left = self.gauge.descriptors().saturating_sub(before);
            if left <= SLACK || Instant::now() > end {
                return left;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// What the node uses in a second in which nobody does anything. The first ones are not quiet yet: connections that
    /// were left lying run into their limits.
    async fn quiet_second(&self) -> Duration {
        let mut least = Duration::MAX;
        for _ in 0..SECONDS {
            let used = self.gauge.processor();
            tokio::time::sleep(Duration::from_secs(1)).await;
            least = least.min(self.gauge.processor() - used);
            if least <= QUIET / 5 {
                break;
            }
        }
        least
    }

    /// Notes something that did not hold.
    pub fn problem(&self, problem: impl Into<String>) {
        self.problems.borrow_mut().push(problem.into());
    }

    /// Notes a problem unless something holds.
    pub fn expect(&self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.problem(what());
        }
    }

    /// Notes how many connections the attacker began, and how they ended.
    pub fn ended(&self, connections: u64, how: impl Into<String>) {
        let mut seen = self.seen.borrow_mut();
        (seen.connections, seen.ended) = (connections, how.into());
    }

    /// Where the node listens: over TCP, or QUIC.
    ///
    /// # Panics
    /// If it listens nowhere.
    #[must_use]
    pub fn address(&self, quic: bool) -> Multiaddr {
        let listen = self.target.listen();
        let address = listen.iter().find(|address| address.contains("quic") == quic).expect("the node listens");
        address.parse().expect("an address")
    }

    /// What attackers know of the network: everything that is public.
    #[must_use]
    pub const fn trust(&self) -> &Trust {
        &self.ground.trust
    }

    /// Certifies a desk.
    #[must_use]
    pub fn certify(&self, office: &str, kind: &str) -> TestDesk {
        self.ground.net.authority().issue(office, &[kind])
    }

    /// A certified partner with a new node key and these desks, not connected yet. It claims to hold no lists, so that
    /// the node does not ask for them.
    pub async fn partner(&self, desks: Vec<TestDesk>) -> Partner {
        Partner::certified(self.trust(), Keypair::generate_ed25519(), desks, Vec::new(), Vec::new()).await
    }

    /// What a certified peer with this key says in the gate.
    #[must_use]
    pub fn hello(&self, keypair: &Keypair, desks: &[TestDesk]) -> Hello {
        Partner::hello(self.trust(), keypair, desks, Vec::new())
    }

    /// The log that a desk keeps towards the node.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn log(&self, desk: &TestDesk) -> Log {
        Log::new(desk.address(), target())
    }

    /// The node's record, as it has shown it to a partner.
    ///
    /// # Panics
    /// If it is none.
    pub async fn record(&self, partner: &Partner) -> Record {
        let bytes = partner.until_record().await;
        let leaf = &self.ground.leaf;
        let kinds = leaf.kinds();
        let holder = Holder { office: leaf.office(), kinds, certificate: leaf.hash(), key: leaf.key() };
        verify(Unverified::from_bytes(&bytes).expect("a record"), &holder).expect("a good record")
    }
}

/// The node's address.
///
/// # Panics
/// Never.
#[must_use]
pub fn target() -> Address {
    TARGET.parse().expect("an address")
}

impl Outcome {
    /// By how much memory grew, in bytes.
    #[must_use]
    pub const fn growth(&self) -> u64 {
        self.peak.saturating_sub(self.before)
    }

    /// The figures in one line.
    #[must_use]
    pub fn line(&self) -> String {
        format!(
            "kept out {:.2?}, {} connections, {} MiB and {} more at most, {:.2?} of processor time, {:?} in a quiet \
             second, {} descriptors left; {}",
            self.kept_out,
            self.connections,
            self.before >> 20,
            self.growth() >> 20,
            self.processor,
            self.quiet,
            self.left,
            self.ended,
        )
    }

    /// Notes which bounds were broken; those that a busy machine breaks too only if `strict`.
    pub fn judge(&mut self, most_mib: u64, strict: bool) {
        let growth = self.growth() >> 20;
        if growth > most_mib {
            self.problems.push(format!("memory grew by {growth} MiB, more than {most_mib}"));
        }
        if self.left > SLACK {
            self.problems.push(format!("{} descriptors are left", self.left));
        }
        if strict && self.kept_out > KEPT_OUT {
            self.problems.push(format!("an honest partner was kept out for {:?}", self.kept_out));
        }
        if strict && self.quiet > QUIET {
            self.problems.push(format!("{:?} of processor time in a quiet second", self.quiet));
        }
    }
}
