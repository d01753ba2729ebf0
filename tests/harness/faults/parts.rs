//! Partitions: nodes in network namespaces, between some of which no packet passes for a while.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use musubi_protocol::link::Log;
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::{
    DAY_CARE, EQUIPMENT, HOME_VISIT, MANAGER, Office, Report, case,
    mail::{Book, Sent, Writer},
};
use crate::{
    LIMIT, NodeProcess, TestNetwork,
    lan::Lan,
    logs,
    process::{Start, log_file},
};

/// Who stands where; the first one has a link with each other.
const OFFICES: [Office; 4] = [MANAGER, HOME_VISIT, DAY_CARE, EQUIPMENT];
/// Port of every node, each in a namespace of its own.
const PORT: u16 = 47_200;
/// Both ways of each link that partitions are tried on: place of the other side, its address.
const WAYS: [(usize, &str); 3] = [(1, "1379900010-11"), (2, "1379900028-15"), (3, "1379900036-17")];
/// The care manager's address.
const CENTRE: &str = "1379905001-43";
/// Longest time until everything has arrived after a partition: a node that was given up dials again within
/// five quarters of a minute.
const END: Duration = Duration::from_secs(150);

/// Four nodes on a bridge.
struct Town {
    nodes: Vec<NodeProcess>,
    starts: Vec<Start>,
    lan: Lan,
    _net: TestNetwork,
    writer: Writer,
    book: Book,
}

impl Town {
    async fn begin(program: &Path, name: &str) -> Self {
        let (net, lan) = (TestNetwork::default(), Lan::new(name, OFFICES.len()));
        let (mut nodes, mut starts) = (Vec::new(), Vec::new());
        for (place, office) in OFFICES.into_iter().enumerate() {
            let installed = net.install(&format!("office-{place}"), &[office]);
            let mut start = Start::new(program, &installed);
            start.stderr = Some(log_file(net.dir(), &format!("place-{place}")));
            start.namespace = Some(lan.namespace(place));
            start.listen = vec![format!("/ip4/{}/tcp/{PORT}", Lan::address(place))];
            if place > 0 {
                start.peers = vec![format!("/ip4/{}/tcp/{PORT}", Lan::address(0))];
            }
            nodes.push(NodeProcess::start(start.clone()).await);
            starts.push(start);
        }
        Self { nodes, starts, lan, _net: net, writer: Writer::default(), book: Book::default() }
    }

    /// Sends one message each way of a link.
    async fn write(&self, way: usize) {
        let (place, address) = WAYS[way];
        for (from, to, node) in [(CENTRE, address, 0), (address, CENTRE, place)] {
            let letter = self.writer.letter(from, to, 0);
            let sent = self.book.send(&self.nodes[node], letter, LIMIT).await;
            assert!(matches!(sent, Sent::Durable), "{from} to {to} was not taken");
        }
    }

    /// How many messages of the centre for an address have arrived, and how many have not.
    async fn arrived(&self, address: &str) -> (usize, usize) {
        let outbox = self.nodes[0].outbox().await;
        let (there, waiting): (Vec<_>, Vec<_>) = outbox
            .iter()
            .filter(|row| row.to.as_deref() == Some(address))
            .partition(|row| row.times.contains_key("delivered"));
        (there.len(), waiting.len())
    }

    /// Parts some links, sends on all of them, and waits until the others have brought theirs. For so long the parted
    /// ones bring nothing; then they are healed.
    async fn part(&self, parted: &[usize], pause: Duration) {
        let before =
            [self.arrived(WAYS[0].1).await.0, self.arrived(WAYS[1].1).await.0, self.arrived(WAYS[2].1).await.0];
        let pairs: Vec<(usize, usize)> = parted.iter().map(|way| (0, WAYS[*way].0)).collect();
        self.lan.part(&pairs);
        for way in 0..WAYS.len() {
            self.write(way).await;
        }
        for way in (0..WAYS.len()).filter(|way| !parted.contains(way)) {
            self.until_arrived(way).await;
        }
        tokio::time::sleep(pause).await;
        for way in parted {
            let (there, waiting) = self.arrived(WAYS[*way].1).await;
            assert_eq!((there, waiting), (before[*way], 1), "something came through a partition");
        }
        self.lan.heal();
        for way in parted {
            self.until_arrived(*way).await;
        }
        for node in &self.nodes {
            self.book.open_new(node, LIMIT).await.expect("files are handed over");
        }
    }

    async fn until_arrived(&self, way: usize) {
        let until = Instant::now() + END;
        let (place, address) = WAYS[way];
        for (node, to) in [(0, address), (place, CENTRE)] {
            for row in self.nodes[node].outbox().await.iter().filter(|row| row.to.as_deref() == Some(to)) {
                let id = row.id.clone().expect("a message");
                while !self.nodes[node].wait(&id, "delivered", LIMIT).await.times.contains_key("delivered") {
                    assert!(Instant::now() < until, "{id} to {to} did not arrive");
                }
            }
        }
    }

    async fn end(self) -> Result<usize, String> {
        let (mut outboxes, mut inboxes) = (Vec::new(), Vec::new());
        for node in &self.nodes {
            self.book.open_new(node, LIMIT).await.map_err(|error| format!("{error:?}"))?;
        }
        for (place, address) in WAYS {
            for (node, to) in [(0, address), (place, CENTRE)] {
                for row in self.nodes[node].outbox().await.iter().filter(|row| row.to.as_deref() == Some(to)) {
                    self.nodes[node].until(row.id.as_deref().unwrap_or_default(), "opened").await;
                }
            }
        }
        for node in &self.nodes {
            outboxes.push(node.outbox().await);
            inboxes.push(node.inbox().await);
        }
        let (undelivered, problems) = self.book.compare(&outboxes, &inboxes);
        if !undelivered.is_empty() || !problems.is_empty() {
            return Err(format!("{undelivered:#?} {problems:#?}"));
        }
        for node in self.nodes {
            node.kill().await;
        }
        let mut messages = 0;
        for (place, address) in WAYS {
            let log = Log::new(CENTRE.parse().expect("an address"), address.parse().expect("an address"));
            let stories = logs::check_link_at(log, &self.starts[0].home, &self.starts[place].home)?;
            messages += stories.iter().map(std::collections::BTreeMap::len).sum::<usize>();
        }
        Ok(messages)
    }
}

/// Parts links of four nodes `times` times, chosen by the dice; with `long`, one partition outlasts the patience of
/// both sides. `name` tells several of one process apart.
///
/// # Panics
/// If the nodes cannot be set up.
pub async fn part(program: &Path, name: &str, times: usize, seed: u64, long: bool) -> Report {
    let head = ["partitions", "links parted", "nothing through, all after", "messages", "logs equal"];
    let mut report = Report::new("partitions between namespaces", seed, &head);
    let mut dice = StdRng::seed_from_u64(seed);
    let town = Town::begin(program, name).await;
    let (mut links, mut good) = (0, 0);
    for number in 0..times {
        let mut parted: Vec<usize> = (0..WAYS.len()).filter(|_| dice.random_bool(0.5)).collect();
        if parted.is_empty() {
            parted.push(dice.random_range(0..WAYS.len()));
        }
        links += parted.len();
        // A session is given up after 40 to 60 seconds of silence.
        let pause = if long && number == times / 2 {
            Duration::from_secs(75)
        } else {
            Duration::from_millis(dice.random_range(0..3000))
        };
        match case(town.part(&parted, pause)).await {
            Ok(()) => good += 1,
            Err(error) => {
                report.problems.push(format!("partition {number} of {parted:?} for {pause:?}: {error}"));
                break;
            }
        }
    }
    let mut messages = 0;
    if report.problems.is_empty() {
        match case(town.end()).await.and_then(|end| end) {
            Ok(told) => messages = told,
            Err(error) => report.problems.push(error),
        }
    }
    let equal = if report.problems.is_empty() { "yes" } else { "no" };
    report.row(&[&times, &links, &good, &messages, &equal]);
    report
}
