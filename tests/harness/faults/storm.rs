//! Everything at once: four nodes, messages in all directions, and on a schedule of the dice partitions, bad lines,
//! kills, full disks and jumping clocks. In the end all is healed, and every message has to be there once.

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use musubi_protocol::{entry::What, link::Log};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use tempfile::TempDir;
use tokio::{task::JoinHandle, time::Instant};

use super::{
    DAY_CARE, EQUIPMENT, HOME_VISIT, MANAGER, Office, Report, case,
    cuts::tcp_of,
    mail::{Book, LARGE, Letter, Sent, Writer, attached_routes, routes},
};
use crate::{
    NodeProcess, TestNetwork,
    disk::{self, Image, Mount},
    logs, place,
    process::{Start, copy, log_file, put_clock},
    proxy::{Line, Weather},
    system,
};

/// Preventive visits, as a desk of its own.
const PREVENTIVE: Office = ("13A9900047", &["A2"]);
/// The offices of each node: one node has two desks that write to each other, one has a desk of two kinds.
const NODES: [&[Office]; 4] = [&[MANAGER, EQUIPMENT], &[HOME_VISIT], &[DAY_CARE], &[PREVENTIVE]];
/// Bytes of a node's file system; sparse.
const SIZE: u64 = 2 << 30;
/// What a nearly full disk has left: below every reserve that mail has to leave.
const NEARLY_FULL: u64 = 24 << 20;
/// How long a node may take for an answer before somebody tries again.
const PATIENCE: Duration = Duration::from_secs(30);
/// Pause before a letter that was not taken is tried again.
const LATER: Duration = Duration::from_millis(500);
/// Pause of a reader.
const LOOK_AGAIN: Duration = Duration::from_millis(400);
/// Longest time for everything to arrive when all is healed: dials come again within five quarters of a minute.
const END: Duration = Duration::from_secs(240);
const DAY: i64 = 86_400;

/// How a run is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Messages in all.
    pub messages: usize,
    /// How long faults come, and messages are spread over.
    pub time: Duration,
    /// Mean time between two faults.
    pub every: Duration,
    /// Whether half of the lines carry QUIC. Whoever dialed a node that was killed notices it late there, for nothing
    /// tells that a port is dead.
    pub quic: bool,
    /// The dice.
    pub seed: u64,
}

/// Something that goes wrong, and for how long.
#[derive(Clone, Debug)]
enum Fault {
    /// Bad weather on a line.
    Weather(usize, Weather),
    /// Nothing gets to or from a node.
    Alone(usize),
    /// Nothing gets from the nodes of one half to those of the other.
    Halves([usize; 2]),
    /// The connections of a line break.
    Cut(usize),
    /// A node is killed and comes back.
    Kill(usize),
    /// So many bytes are left on a node's disk.
    Disk(usize, u64),
    /// A node's clock is wrong by so many seconds.
    Clock(usize, i64),
}

impl Fault {
    const fn name(&self) -> &'static str {
        match self {
            Self::Weather(_, weather) if weather.hole => "a line is dead",
            Self::Weather(_, weather) if weather.closed => "a line is closed",
            Self::Weather(..) => "a line is slow and lossy",
            Self::Alone(_) => "a node is cut off",
            Self::Halves(_) => "the net is parted",
            Self::Cut(_) => "connections break",
            Self::Kill(_) => "kill -9",
            Self::Disk(_, 0) => "a disk is full",
            Self::Disk(..) => "a disk is nearly full",
            Self::Clock(..) => "a clock is wrong",
        }
    }
}

/// A node and what it stands on.
struct Site {
    node: Arc<NodeProcess>,
    start: Start,
    clock: PathBuf,
    stderr: PathBuf,
    mount: Option<Mount>,
    _image: Option<Image>,
}

/// A line and the two nodes at its ends.
struct Way {
    ends: (usize, usize),
    line: Line,
}

/// The whole of it.
struct World {
    // Dropped in this order: nodes, then what they run on.
    sites: Vec<Site>,
    ways: Vec<Way>,
    _net: TestNetwork,
    _place: TempDir,
    book: Arc<Book>,
    writer: Writer,
}

impl World {
    async fn begin(program: &Path, Plan { seed, quic, .. }: Plan) -> Self {
        let (place, net) = (place(), TestNetwork::default());
        // Without root there are no disks to fill; everything else is the same.
        let with_disks = system::is_root() && disk::TOOLS.iter().all(|tool| system::find(tool).is_some());
        let (mut sites, mut ways): (Vec<Site>, Vec<Way>) = (Vec::new(), Vec::new());
        for (number, offices) in NODES.iter().enumerate() {
            let name = format!("node-{number}");
            let installed = net.install(&name, offices);
            let at = place.path().join(&name);
            let image = with_disks.then(|| Image::create(&place.path().join(format!("{name}.img")), SIZE));
            let mount = image.as_ref().map(|image| image.mount(&at));
            let home = copy(&installed, &at.join("office"));
            let mut start = Start::new(program, &home);
            start.settle_at = Some(64 << 10);
            let (clock, stderr) = (place.path().join(format!("{name}.clock")), log_file(place.path(), &name));
            put_clock(&clock, 0);
            start.clock = Some(clock.clone());
            start.stderr = Some(stderr.clone());
            start.kept_up = true;
            start.listen = vec!["/ip4/127.0.0.1/tcp/0".into(), "/ip4/127.0.0.1/udp/0/quic-v1".into()];
            let mut lines = Vec::new();
            for (other, site) in sites.iter().enumerate() {
                let listen = site.node.listen();
                let udp = quic && (number + other) % 2 == 0;
                let target = if udp { udp_of(&listen) } else { tcp_of(&listen) };
                let seed = seed.wrapping_add((number * NODES.len() + other) as u64);
                let line = if udp { Line::udp(target, seed).await } else { Line::tcp(target, seed).await };
                let line = line.expect("a line");
                let port = line.address().port();
                start.peers.push(match udp {
                    true => format!("/ip4/127.0.0.1/udp/{port}/quic-v1"),
                    false => format!("/ip4/127.0.0.1/tcp/{port}"),
                });
                let aimer = line.aimer();
                site.node.on_ready(move |listen| aimer.aim(if udp { udp_of(listen) } else { tcp_of(listen) }));
                lines.push(Way { ends: (other, number), line });
            }
            let node = Arc::new(NodeProcess::start(start.clone()).await);
            ways.extend(lines);
            sites.push(Site { node, start, clock, stderr, mount, _image: image });
        }
        Self { sites, ways, _net: net, _place: place, book: Arc::default(), writer: Writer::default() }
    }

    /// The node that holds an address.
    fn home_of(address: &str) -> usize {
        let office = address.split('-').next().unwrap_or_default();
        NODES.iter().position(|offices| offices.iter().any(|(number, _)| *number == office)).expect("a known office")
    }

    /// Letters for each node in the order in which it sends them.
    fn letters(&self, plan: &Plan, dice: &mut StdRng) -> Vec<Vec<Letter>> {
        let (bundles, attached) = (routes().collect::<Vec<_>>(), attached_routes().collect::<Vec<_>>());
        let mut letters = vec![Vec::new(); NODES.len()];
        for number in 0..plan.messages {
            let bytes = if dice.random_bool(0.3) { dice.random_range(LARGE + 1..3 * LARGE) } else { 0 };
            let letter = match bundles.get(number % (bundles.len() + attached.len())) {
                Some((from, to)) => self.writer.letter(from, to, bytes),
                None => {
                    let (from, to) = attached[number % attached.len()];
                    // Mostly of the size of a photograph or less.
                    let bytes = if dice.random_bool(0.7) { dice.random_range(0..LARGE) } else { bytes };
                    self.writer.attachment(from, to, bytes)
                }
            };
            letters[Self::home_of(letter.from)].push(letter);
        }
        for letters in &mut letters {
            letters.shuffle(dice);
        }
        letters
    }

    /// What goes wrong when, and for how long.
    fn schedule(&self, plan: &Plan, dice: &mut StdRng) -> Vec<(Duration, Fault, Duration)> {
        let mut faults = Vec::new();
        let mut at = Duration::ZERO;
        loop {
            at += plan.every.mul_f64(dice.random_range(0.2..1.8));
            if at >= plan.time {
                return faults;
            }
            let (way, node) = (dice.random_range(0..self.ways.len()), dice.random_range(0..self.sites.len()));
            let weather = Weather {
                delay: Duration::from_millis(dice.random_range(5..150)),
                rate: Some(dice.random_range(50_000..5_000_000)),
                loss: dice.random_range(0.0..0.08),
                ..Weather::FAIR
            };
            let fault = match dice.random_range(0..20) {
                0..5 => Fault::Weather(way, weather),
                5 | 6 => Fault::Weather(way, Weather { hole: true, ..Weather::FAIR }),
                7 => Fault::Weather(way, Weather { closed: true, ..Weather::FAIR }),
                8 => Fault::Alone(node),
                9 => {
                    let other = (node + dice.random_range(1..self.sites.len())) % self.sites.len();
                    Fault::Halves([node, other])
                }
                10 | 11 => Fault::Cut(way),
                12..16 => Fault::Kill(node),
                16 if self.sites[node].mount.is_some() => Fault::Disk(node, NEARLY_FULL),
                17 if self.sites[node].mount.is_some() => Fault::Disk(node, 0),
                18 | 19 => {
                    let jumps = [-400 * DAY, -2 * DAY, -3600, 600, 3600, 2 * DAY, 40 * DAY, 400 * DAY];
                    Fault::Clock(node, jumps[dice.random_range(0..jumps.len())])
                }
                _ => Fault::Kill(node),
            };
            let longest = if matches!(fault, Fault::Kill(_)) { 3.0 } else { plan.time.as_secs_f64().min(100.0) / 5.0 };
            faults.push((at, fault, Duration::from_secs_f64(dice.random_range(0.05..longest))));
        }
    }

    /// Lets one thing go wrong for its time.
    async fn suffer(&self, fault: Fault, time: Duration) {
        let hole = Weather { hole: true, ..Weather::FAIR };
        let over = |holds: &dyn Fn((usize, usize)) -> bool, weather: Weather| {
            for way in self.ways.iter().filter(|way| holds(way.ends)) {
                way.line.set(weather);
            }
        };
        let chosen: Box<dyn Fn((usize, usize)) -> bool + Send + Sync> = match &fault {
            Fault::Alone(node) => {
                let node = *node;
                Box::new(move |(one, other)| one == node || other == node)
            }
            Fault::Halves(half) => {
                let half = *half;
                Box::new(move |(one, other)| half.contains(&one) != half.contains(&other))
            }
            _ => Box::new(|_| false),
        };
        match fault {
            Fault::Weather(way, weather) => {
                self.ways[way].line.set(weather);
                tokio::time::sleep(time).await;
                self.ways[way].line.set(Weather::FAIR);
            }
            Fault::Alone(_) | Fault::Halves(_) => {
                over(&*chosen, hole);
                tokio::time::sleep(time).await;
                over(&*chosen, Weather::FAIR);
            }
            Fault::Cut(way) => self.ways[way].line.cut(),
            Fault::Kill(node) => {
                let down = self.sites[node].node.strike().await;
                tokio::time::sleep(time).await;
                down.up();
            }
            Fault::Disk(node, left) => {
                let Some(mount) = &self.sites[node].mount else { return };
                tokio::task::block_in_place(|| mount.fill(left));
                tokio::time::sleep(time).await;
                mount.free();
            }
            Fault::Clock(node, shift) => {
                put_clock(&self.sites[node].clock, shift);
                tokio::time::sleep(time).await;
                put_clock(&self.sites[node].clock, 0);
            }
        }
    }

    /// Runs the schedule; faults of one kind may overlap, and the first to end heals the other too.
    async fn weather_it(&self, schedule: Vec<(Duration, Fault, Duration)>, began: Instant) {
        let suffering = schedule.into_iter().map(|(at, fault, time)| async move {
            tokio::time::sleep_until(began + at).await;
            self.suffer(fault, time).await;
        });
        futures::future::join_all(suffering).await;
    }

    fn heal(&self) {
        for way in &self.ways {
            way.line.set(Weather::FAIR);
        }
        for site in &self.sites {
            put_clock(&site.clock, 0);
            if let Some(mount) = &site.mount {
                mount.free();
            }
        }
    }

    /// Has a node send its letters, spread over the time.
    fn send(
        &self,
        node: usize,
        letters: Vec<Letter>,
        time: Duration,
        seed: u64,
    ) -> JoinHandle<BTreeMap<String, usize>> {
        let (node, book) = (Arc::clone(&self.sites[node].node), Arc::clone(&self.book));
        let mut dice = StdRng::seed_from_u64(seed);
        tokio::spawn(async move {
            let mut refused = BTreeMap::new();
            let began = Instant::now();
            let count = letters.len().max(1);
            for (number, letter) in letters.into_iter().enumerate() {
                let share = (number as f64 + dice.random_range(0.0..1.0)) / count as f64;
                tokio::time::sleep_until(began + time.mul_f64(share)).await;
                let whose = letter.from;
                let mut letter = Some(letter);
                while let Some(next) = letter.take() {
                    if Instant::now() >= began + time + END {
                        // A node that does not come up again; what is missing is told in the end.
                        return refused;
                    }
                    match book.send(&node, next.clone(), PATIENCE).await {
                        Sent::Durable => {}
                        Sent::Unsure => letter = book.take_unsure(|from| from == whose).pop(),
                        Sent::NotNow(why) => {
                            *refused.entry(why).or_default() += 1;
                            tokio::time::sleep(LATER).await;
                            letter = Some(next);
                        }
                    }
                }
            }
            refused
        })
    }

    /// Has a node open what comes until it is told to stop.
    fn open(&self, node: usize, stop: &Arc<AtomicBool>) -> JoinHandle<()> {
        let (node, book, stop) = (Arc::clone(&self.sites[node].node), Arc::clone(&self.book), Arc::clone(stop));
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                // Down, full or slow: the next look finds it.
                let _ = book.open_new(&node, PATIENCE).await;
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        })
    }

    /// Waits until every outbox is at its end; gives whether it came in time.
    async fn settle(&self) -> bool {
        let until = Instant::now() + END;
        loop {
            let mut open = 0;
            for site in &self.sites {
                match site.node.try_outbox(PATIENCE).await {
                    Ok(rows) => open += rows.iter().filter(|row| row.state != "opened").count(),
                    Err(_) => open += 1,
                }
            }
            if open == 0 || Instant::now() >= until {
                return open == 0;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Stops all nodes and compares the logs of every link; gives how many links there are and what they tell.
    async fn compare_logs(&mut self, problems: &mut Vec<String>) -> (usize, usize) {
        for site in &self.sites {
            site.node.end().await;
        }
        let mut links: Vec<Log> = Vec::new();
        for (from, to) in routes().chain(attached_routes()) {
            let log = Log::new(from.parse().expect("an address"), to.parse().expect("an address"));
            if !links.contains(&log) && !links.contains(&log.reverse()) {
                links.push(log);
            }
        }
        let mut told = 0;
        for log in &links {
            let home = |address: String| &self.sites[Self::home_of(&address)].start.home;
            match logs::check_link_at(*log, home(log.from.to_string()), home(log.to.to_string())) {
                Ok(stories) => {
                    for (id, signed) in stories.iter().flatten() {
                        told += 1;
                        if signed.as_slice() != [What::Delivered, What::Opened] {
                            problems.push(format!("{id}: {signed:?} was signed"));
                        }
                    }
                }
                Err(error) => problems.push(error),
            }
        }
        (links.len(), told)
    }

    /// Lines of a node's log that tell of a panic.
    fn panics(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (number, site) in self.sites.iter().enumerate() {
            let text = fs::read(&site.stderr).unwrap_or_default();
            let text = String::from_utf8_lossy(&text).into_owned();
            found.extend(
                text.lines().filter(|line| line.contains("panicked")).map(|line| format!("node {number}: {line}")),
            );
        }
        found.sort();
        found
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for site in &self.sites {
            // Killed at once, also where a task that asks still holds it.
            site.node.destroy();
        }
    }
}

/// Where a node takes QUIC.
fn udp_of(listen: &[String]) -> SocketAddr {
    let port = listen.iter().find_map(|address| address.split("/udp/").nth(1)?.split('/').next()?.parse().ok());
    SocketAddr::from(([127, 0, 0, 1], port.expect("a node listens on UDP")))
}

/// Runs a plan to its end.
///
/// # Panics
/// If the nodes cannot be set up.
pub async fn run(program: &Path, plan: Plan) -> Report {
    let mut report = Report::new("everything at once", plan.seed, &["what", "count"]);
    let mut world = World::begin(program, plan).await;
    if let Err(error) = case(weathered(&mut world, plan, &mut report)).await {
        report.problems.push(error);
    }
    report
}

async fn weathered(world: &mut World, plan: Plan, report: &mut Report) {
    let mut dice = StdRng::seed_from_u64(plan.seed);
    let letters = world.letters(&plan, &mut dice);
    let schedule = world.schedule(&plan, &mut dice);
    let large = letters.iter().flatten().filter(|letter| letter.is_large()).count();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, fault, _) in &schedule {
        *kinds.entry(fault.name()).or_default() += 1;
    }
    let (began, stop) = (Instant::now(), Arc::new(AtomicBool::new(false)));
    let sending: Vec<_> = letters
        .into_iter()
        .enumerate()
        .map(|(node, letters)| world.send(node, letters, plan.time, dice.random()))
        .collect();
    let opening: Vec<_> = (0..NODES.len()).map(|node| world.open(node, &stop)).collect();
    world.weather_it(schedule, began).await;
    world.heal();
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    for sender in sending {
        for (why, count) in sender.await.expect("a sender does not panic") {
            *refused.entry(why).or_default() += count;
        }
    }
    let settled = world.settle().await;
    stop.store(true, Ordering::Relaxed);
    for reader in opening {
        reader.await.expect("a reader does not panic");
    }
    let (mut outboxes, mut inboxes) = (Vec::new(), Vec::new());
    for site in &world.sites {
        outboxes.push(site.node.outbox().await);
        inboxes.push(site.node.inbox().await);
    }
    let (undelivered, problems) = world.book.compare(&outboxes, &inboxes);
    report.problems.extend(problems);
    let took = began.elapsed();
    let sent = world.book.sent();
    let (links, told) = world.compare_logs(&mut report.problems).await;
    report.row(&[&"messages asked for", &plan.messages]);
    report.row(&[&"  above 1 MiB", &large]);
    report.row(&[&"acknowledged as durable", &sent]);
    report.row(&[&"delivered once", &(sent - undelivered.len())]);
    report.row(&[&"opened", &world.book.opened()]);
    report.row(&[&"links whose logs were compared", &links]);
    report.row(&[&"messages that the logs tell of", &told]);
    for (kind, count) in kinds {
        report.row(&[&format!("fault: {kind}"), &count]);
    }
    let mut ended: BTreeMap<String, usize> = BTreeMap::new();
    for how in world.sites.iter().flat_map(|site| site.node.ended()) {
        *ended.entry(how).or_default() += 1;
    }
    for (how, count) in ended {
        report.row(&[&format!("a node ended by itself: {how}"), &count]);
    }
    for (why, count) in refused {
        report.row(&[&format!("not taken for now: {why}"), &count]);
    }
    for panic in world.panics() {
        report.row(&[&format!("panic: {panic}"), &1]);
    }
    report.row(&[&"seconds", &took.as_secs()]);
    if sent != plan.messages {
        report.problems.push(format!("{sent} of {} messages were taken", plan.messages));
    }
    // 99.9 %, and each that is missing with its state.
    report.problems.extend(undelivered.iter().map(|missing| format!("not delivered: {missing}")));
    if !settled {
        report.problems.push(format!("not everything had come to its end {END:?} after all was healed"));
    }
}
