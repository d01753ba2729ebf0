//! `musubi bench`: how fast this computer delivers, beside `rsync -a --fsync` on the same files.
//!
//! Both sides are timed as a person would time them: from the start of a command to its exit. Ours exits after the
//! last durable receipt `delivered` has come back. Nodes and sshd run before the clock starts.

use std::{
    path::PathBuf,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use musubi_node::{
    api::types::{Ping, Row},
    home::Home,
};
use musubi_protocol::seal::{self, Draft};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde::Deserialize;
use serde_json::Value;

mod account;
mod figures;
mod memory;
mod place;
mod rival;

use account::Account;
use figures::{Figures, median, mib, p50_p99, ratio, rounded, seconds};
use memory::Memory;
use place::{Office, Place, RECEIVER, SENDER};
use rival::Rival;

use crate::{
    client::{Client, Form},
    error::{CommandError, Exit},
    msg,
    signals::Stop,
    tool::{Call, Musubi, Node},
    ui::Ui,
};

/// Longest time for what is sent at once.
const PATIENCE: Duration = Duration::from_secs(900);
/// Longest time until the nodes have found each other.
const MEETING: Duration = Duration::from_secs(30);
/// How often, and how many times at most, the nodes are looked at until they have nothing to do.
const REST_LOOK: Duration = Duration::from_millis(400);
const REST_LOOKS: u32 = 50;
/// Most small documents beside a large file.
const MEANWHILE: usize = 2000;
/// Bytes that are sealed to see how fast that is.
const SEALED: usize = 32 << 20;

/// What to measure. The sizes are for tests; the figures that are told to others are those without them.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Measures rsync over ssh on the same files too.
    #[arg(long)]
    pub compare: bool,
    /// The large file during which small ones are sent has 2 GB.
    #[arg(long)]
    pub large: bool,
    /// Keeps everything in this directory.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Documents of one round.
    #[arg(long, value_name = "COUNT", default_value_t = 1000, hide = true, value_parser = clap::value_parser!(u16).range(1..=5000))]
    pub documents: u16,
    /// Bytes of each.
    #[arg(long, value_name = "BYTES", default_value_t = 20_000, hide = true)]
    pub size: u64,
    /// Bytes of the attachment.
    #[arg(long, value_name = "BYTES", default_value_t = 100_000_000, hide = true)]
    pub attachment: u64,
    /// Rounds of each.
    #[arg(long, value_name = "COUNT", default_value_t = 5, hide = true, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub rounds: u16,
    /// Documents that are sent one by one.
    #[arg(long, value_name = "COUNT", default_value_t = 200, hide = true, value_parser = clap::value_parser!(u16).range(1..=5000))]
    pub singles: u16,
    /// Bytes of the large file.
    #[arg(long, value_name = "BYTES", hide = true)]
    pub transfer: Option<u64>,
}

/// Measures, and leaves no process and, unless it is to be kept, no file behind.
pub(crate) fn run(ui: &mut Ui, args: &Args) -> Result<Exit, CommandError> {
    let internal = |error: std::io::Error| CommandError::failed(msg!("err-internal")).because(&error);
    let place = Place::make(args.keep.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(internal)?;
    let musubi = Musubi::this(ui.text().lang())?;
    let mut stage = Stage { musubi, place, nodes: Vec::new(), rival: None };
    let mut account = Account::open(ui, &stage, args);
    let mut figures = Figures { load_before: load(), ..Figures::default() };
    let played = runtime.block_on(async {
        let mut stop = Stop::listen(false).map_err(internal)?;
        let played = tokio::select! {
            played = stage.play(args, &mut account, &mut figures) => played,
            () = stop.asked() => Err(CommandError::failed(msg!("err-bench-stopped"))),
        };
        figures.nodes_stopped_in_order = stage.stop().await;
        played
    });
    // Every child has ended or been killed; the runtime has nothing left to wait for.
    drop(runtime);
    if let Err(error) = played {
        // What broke it counts, not what was left over by it.
        let _ = stage.place.clear();
        return Err(error);
    }
    figures.kept = stage.place.root().is_kept().then(|| stage.place.root().path().to_string_lossy().into_owned());
    account.close(&figures);
    stage.place.clear()?;
    ui.result(&figures);
    let all = figures.messages == figures.delivered && figures.messages == figures.received;
    Ok(if all && figures.nodes_stopped_in_order { Exit::Done } else { Exit::Refused })
}

/// The program, the directories, and what runs.
struct Stage {
    musubi: Musubi,
    place: Place,
    /// Sender and receiver; both or none.
    nodes: Vec<Node>,
    rival: Option<Rival>,
}

/// The answer of `authority init`.
#[derive(Deserialize)]
struct Founded {
    root_sha256: String,
}

impl Stage {
    async fn play(
        &mut self,
        args: &Args,
        account: &mut Account<'_>,
        figures: &mut Figures,
    ) -> Result<(), CommandError> {
        (figures.rounds, figures.documents) = (args.rounds.into(), args.documents.into());
        (figures.document_bytes, figures.attachment_bytes) = (args.size, args.attachment);
        let usual = if args.large { 2_000_000_000 } else { 500_000_000 };
        figures.transfer_bytes = args.transfer.unwrap_or(usual);
        self.found().await?;
        self.start_nodes().await?;
        self.meet(figures).await?;
        figures.idle_mib = self.memory().map(|all| mib(all.iter().map(|memory| memory.resident).max().unwrap_or(0)));
        if args.compare {
            self.start_rival(account, figures).await;
        }
        account.step(&msg!("bench-step-singles", count = args.singles));
        self.commands(args, figures).await?;
        account.step(&msg!("bench-step-documents", count = args.documents, rounds = args.rounds));
        self.documents(args, account, figures).await?;
        account.step(&msg!("bench-step-attachment", rounds = args.rounds));
        self.attachment(args, account, figures).await?;
        account.step(&msg!("bench-step-transfer"));
        self.transfer(args, figures).await?;
        figures.seal_mb_s = seal_speed();
        figures.received = self.office("inbox", &RECEIVER).json::<Vec<Value>>().await?.len();
        Ok(())
    }

    /// Begins a command of an office.
    fn office(&self, name: &'static str, office: &Office) -> Call {
        self.musubi.call(name, &self.place.path(office.name))
    }

    /// Begins to send files to the receiver, each as a message of its own.
    fn send(&self, files: &[PathBuf]) -> Call {
        let call = self.office("send", &SENDER).option("--to", RECEIVER.address()).arg("--each");
        let call = call.option("--wait", format!("delivered={}", PATIENCE.as_secs())).at_most(PATIENCE * 2);
        files.iter().fold(call, |call, file| call.arg(file))
    }

    /// An authority, and two offices that it certifies.
    async fn found(&self) -> Result<(), CommandError> {
        let authority = |command| {
            let call = self.musubi.call(command, &self.place.path("authority"));
            call.option("--passphrase-file", self.place.passphrase("authority"))
        };
        let founded: Founded = authority("authority init").option("--name", "musubi bench").json().await?;
        for office in [&SENDER, &RECEIVER] {
            let paper = |what| self.place.paper(office, what);
            let with_passphrase = |command| {
                let call = self.office(command, office);
                call.option("--passphrase-file", self.place.passphrase(office.name))
            };
            let init = with_passphrase("init").option("--office", office.number).option("--name", office.name);
            let init = init.option("--kind", office.kind).option("--recovery-out", paper("recovery.txt"));
            init.json::<Value>().await?;
            with_passphrase("request").option("--out", paper("request.pem")).json::<Value>().await?;
            let issue = authority("authority issue").arg(paper("request.pem"));
            issue.option("--out", paper("certificate.pem")).json::<Value>().await?;
            let install = self.office("install", office).arg(paper("certificate.pem"));
            install.option("--root-sha256", &founded.root_sha256).json::<Value>().await?;
        }
        Ok(())
    }

    /// Two nodes; the receiver dials the sender over TCP.
    async fn start_nodes(&mut self) -> Result<(), CommandError> {
        for office in [&SENDER, &RECEIVER] {
            let call = self.office("run", office).option("--passphrase-file", self.place.passphrase(office.name));
            let call = call.option("--listen", "/ip4/127.0.0.1/tcp/0").option("--api", "127.0.0.1:0");
            let peers = self.nodes.first().into_iter().flat_map(|node| &node.listen);
            let call = peers.fold(call, |call, peer| call.option("--peer", peer));
            let node = call.node(&self.place.log(office)).await?;
            self.nodes.push(node);
        }
        Ok(())
    }

    /// Waits for the connection, and has one message delivered, so that records are exchanged.
    async fn meet(&self, figures: &mut Figures) -> Result<(), CommandError> {
        let began = Instant::now();
        loop {
            let ping: Ping = self.office("ping", &SENDER).arg(RECEIVER.address()).answer().await?;
            if ping.outcome == "connected" {
                break;
            }
            if began.elapsed() > MEETING {
                let failed = CommandError::failed(msg!("err-tool-command", command = "ping"));
                return Err(failed.detailed(&ping.outcome));
            }
        }
        let (_, files) = self.place.files("first", 1, 1000)?;
        self.send_all(&files, figures).await?;
        Ok(())
    }

    /// Sends files, sees to it that every one was delivered, and tells how long that took.
    async fn send_all(&self, files: &[PathBuf], figures: &mut Figures) -> Result<Duration, CommandError> {
        let (rows, took) = self.send(files).timed::<Vec<Row>>().await?;
        figures.messages += files.len();
        figures.delivered += rows.iter().filter(|row| row.times.contains_key("delivered")).count();
        Ok(took)
    }

    /// What both nodes hold.
    fn memory(&self) -> Option<Vec<Memory>> {
        self.nodes.iter().map(|node| memory::of(node.process()?)).collect()
    }

    /// Begins the peaks anew; gives what is held now, if they can be begun anew.
    fn forget_peaks(&self) -> Option<Vec<Memory>> {
        let all = self.nodes.iter().all(|node| node.process().is_some_and(memory::forget_peak));
        self.memory().filter(|_| all)
    }

    /// How much the node that took more took beyond what it held before; notes the peaks.
    fn beyond(&self, before: Option<Vec<Memory>>, figures: &mut Figures) -> Option<f64> {
        let now = self.memory()?;
        self.note_peaks(figures);
        let beyond = before?.iter().zip(&now).map(|(before, now)| now.peak.saturating_sub(before.resident)).max()?;
        Some(mib(beyond))
    }

    fn note_peaks(&self, figures: &mut Figures) {
        let Some([sender, receiver]) = self.memory().as_deref().and_then(|all| all.first_chunk().copied()) else {
            return;
        };
        for (peak, memory) in [(&mut figures.sender_peak_mib, sender), (&mut figures.receiver_peak_mib, receiver)] {
            *peak = Some(peak.unwrap_or(0.0).max(mib(memory.peak)));
        }
    }

    /// The way to the sender's node, as care software has it.
    fn client(&self) -> Result<Arc<Client>, CommandError> {
        Ok(Arc::new(Client::find(&Home::new(self.place.path(SENDER.name)), self.musubi.lang())?))
    }

    async fn start_rival(&mut self, account: &mut Account<'_>, figures: &mut Figures) {
        match Rival::start(&self.place.path("rsync")).await {
            Ok(rival) => {
                figures.compared_with = Some(rival.version().to_owned());
                self.rival = Some(rival);
            }
            Err(missing) => self.without_rival(missing, account, figures),
        }
    }

    /// Goes on without anything to compare with.
    fn without_rival(&mut self, missing: rival::Missing, account: &mut Account<'_>, figures: &mut Figures) {
        self.rival = None;
        account.without_rival(&missing);
        figures.compare_missing = Some(missing.tool.to_owned());
    }

    /// Waits until the nodes have nothing to do, so that neither side pays for what the other has left.
    async fn rest(&self) {
        let used = || {
            let nodes = self.nodes.iter().map(|node| memory::processor_time(node.process()?));
            nodes.collect::<Option<Vec<Duration>>>()
        };
        let mut before = used();
        for _ in 0..REST_LOOKS {
            // Nothing tells that a process has become idle: how much it uses in a time does.
            tokio::time::sleep(REST_LOOK).await;
            let now = used();
            let idle = |(before, now): (&Duration, &Duration)| now.saturating_sub(*before) <= REST_LOOK / 20;
            match (&before, &now) {
                // Where that is not told, a moment must do.
                (None, _) | (_, None) => return,
                (Some(before), Some(now)) if before.iter().zip(now).all(idle) => return,
                _ => before = now,
            }
        }
    }

    /// Lets rsync bring the same files, if it is there.
    async fn rival_round(
        &mut self,
        dir: &std::path::Path,
        files: usize,
        account: &mut Account<'_>,
        figures: &mut Figures,
    ) -> Option<Duration> {
        match self.rival.as_mut()?.transfer(dir, files).await {
            Ok(took) => Some(took),
            Err(missing) => {
                self.without_rival(missing, account, figures);
                None
            }
        }
    }

    /// One document at a time through the API.
    async fn singles(&self, count: usize, size: u64, figures: &mut Figures) -> Result<Vec<f64>, CommandError> {
        let client = self.client()?;
        let (dir, files) = self.place.files("single", count, size)?;
        self.rest().await;
        let mut took = Vec::new();
        for file in files {
            took.push(deliver(&client, file, figures).await?.as_secs_f64());
        }
        self.tidy(&dir)?;
        Ok(took)
    }

    /// One document at a time by a command.
    async fn commands(&mut self, args: &Args, figures: &mut Figures) -> Result<(), CommandError> {
        let (dir, files) = self.place.files("command", args.singles.into(), args.size)?;
        let mut took = Vec::new();
        for file in &files {
            took.push(self.send_all(std::slice::from_ref(file), figures).await?.as_secs_f64());
        }
        self.tidy(&dir)?;
        let (p50, p99) = p50_p99(&took);
        (figures.delivery_command_p50_ms, figures.delivery_command_p99_ms) =
            (p50.unwrap_or_default(), p99.unwrap_or_default());
        Ok(())
    }

    async fn documents(
        &mut self,
        args: &Args,
        account: &mut Account<'_>,
        figures: &mut Figures,
    ) -> Result<(), CommandError> {
        // Single ones in as many parts: a machine's pace changes from one minute to the next.
        let part = usize::from(args.singles.div_ceil(args.rounds));
        let mut singles = Vec::new();
        for round in 1..=args.rounds {
            singles.extend(self.singles(part, args.size, figures).await?);
            let (dir, files) = self.place.files(&format!("documents-{round}"), args.documents.into(), args.size)?;
            self.rest().await;
            let ours = self.send_all(&files, figures).await?;
            figures.documents_all_s.push(seconds(ours));
            self.rest().await;
            let theirs = self.rival_round(&dir, files.len(), account, figures).await;
            figures.documents_rsync_all_s.extend(theirs.map(seconds));
            self.tidy(&dir)?;
        }
        self.note_peaks(figures);
        let (p50, p99) = p50_p99(&singles);
        figures.deliveries = singles.len();
        (figures.delivery_p50_ms, figures.delivery_p99_ms) = (p50.unwrap_or_default(), p99.unwrap_or_default());
        let ours = median(&figures.documents_all_s).unwrap_or_default();
        figures.documents_s = rounded(ours, 6);
        figures.documents_per_s = rounded(f64::from(args.documents) / ours, 1);
        figures.documents_rsync_s = self.median_of_rival(&figures.documents_rsync_all_s);
        figures.documents_vs_rsync = ratio(ours, figures.documents_rsync_s);
        Ok(())
    }

    async fn attachment(
        &mut self,
        args: &Args,
        account: &mut Account<'_>,
        figures: &mut Figures,
    ) -> Result<(), CommandError> {
        for round in 1..=args.rounds {
            let (dir, files) = self.place.files(&format!("attachment-{round}"), 1, args.attachment)?;
            self.rest().await;
            let before = self.forget_peaks();
            let ours = self.send_all(&files, figures).await?;
            figures.attachment_all_s.push(seconds(ours));
            self.rest().await;
            let beyond = self.beyond(before, figures);
            figures.attachment_extra_mib = figures.attachment_extra_mib.into_iter().chain(beyond).reduce(f64::max);
            let theirs = self.rival_round(&dir, files.len(), account, figures).await;
            figures.attachment_rsync_all_s.extend(theirs.map(seconds));
            self.tidy(&dir)?;
        }
        let ours = median(&figures.attachment_all_s).unwrap_or_default();
        figures.attachment_s = rounded(ours, 6);
        figures.attachment_mb_s = rounded(args.attachment as f64 / 1e6 / ours, 1);
        figures.attachment_rsync_s = self.median_of_rival(&figures.attachment_rsync_all_s);
        figures.attachment_vs_rsync = ratio(ours, figures.attachment_rsync_s);
        Ok(())
    }

    /// Small documents, one by one, while a large file goes to the same partner.
    async fn transfer(&mut self, args: &Args, figures: &mut Figures) -> Result<(), CommandError> {
        let (_, large) = self.place.files("transfer", 1, figures.transfer_bytes)?;
        let (_, small) = self.place.files("meanwhile", MEANWHILE, args.size)?;
        let client = self.client()?;
        let before = self.forget_peaks();
        let mut took = Vec::new();
        let (mut large_sent, mut small_sent) = (Figures::default(), Figures::default());
        figures.transfer_s = {
            let mut transfer = pin!(self.send_all(&large, &mut large_sent));
            let mut small = small.into_iter();
            loop {
                // One that has begun is waited for, so that none is left uncounted; it counts if the large file was
                // still on its way when it began.
                let Some(file) = small.next() else { break seconds(transfer.await?) };
                let mut one = pin!(deliver(&client, file, &mut small_sent));
                tokio::select! {
                    one = &mut one => took.push(one?.as_secs_f64()),
                    done = &mut transfer => {
                        took.push(one.await?.as_secs_f64());
                        break seconds(done?);
                    }
                }
            }
        };
        figures.transfer_extra_mib = self.beyond(before, figures);
        figures.messages += large_sent.messages + small_sent.messages;
        figures.delivered += large_sent.delivered + small_sent.delivered;
        figures.deliveries_during_transfer = took.len();
        (figures.delivery_during_transfer_p50_ms, figures.delivery_during_transfer_p99_ms) = p50_p99(&took);
        Ok(())
    }

    fn median_of_rival(&self, all: &[f64]) -> Option<f64> {
        // Rounds without it would make the median one of other rounds than ours.
        self.rival.as_ref().and_then(|_| median(all)).map(|seconds| rounded(seconds, 6))
    }

    /// Makes room on the disk.
    fn tidy(&self, dir: &std::path::Path) -> Result<(), CommandError> {
        std::fs::remove_dir_all(dir).map_err(CommandError::writing(dir))
    }

    /// Stops everything; true if each node ended by itself, in order and in time.
    async fn stop(&mut self) -> bool {
        self.rival = None;
        let mut in_order = true;
        for node in self.nodes.drain(..) {
            in_order &= node.stop().await;
        }
        in_order
    }
}

/// Sends one document by the node's API; the time from the request until its receipt is there. Dropped, it goes on.
async fn deliver(client: &Arc<Client>, file: PathBuf, figures: &mut Figures) -> Result<Duration, CommandError> {
    let client = Arc::clone(client);
    let sending = tokio::task::spawn_blocking(move || {
        let bytes = std::fs::read(&file).map_err(CommandError::reading(&file))?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let began = Instant::now();
        let mut form = Form::new();
        form.text("to", &RECEIVER.address());
        form.named_file("file", &name, bytes);
        let id = client.attach(form)?.pop().and_then(|row| row.id).unwrap_or_default();
        let row = client.wait(&id, "delivered", began.checked_add(PATIENCE))?;
        Ok::<_, CommandError>((began.elapsed(), row.times.contains_key("delivered")))
    });
    let internal = |error: tokio::task::JoinError| CommandError::failed(msg!("err-internal")).because(&error);
    let (took, delivered) = sending.await.map_err(internal)??;
    figures.messages += 1;
    figures.delivered += usize::from(delivered);
    Ok(took)
}

/// Megabytes a second of sealing in memory, the best of three.
fn seal_speed() -> f64 {
    let mut rng = StdRng::from_rng(&mut rand::rng());
    let mut bytes = vec![0; SEALED];
    rng.fill_bytes(&mut bytes);
    let speed = |_| {
        let files = vec![("bench.dat".to_owned(), SEALED as u64)];
        let draft = Draft { files, ..Draft::default() };
        let began = Instant::now();
        let sealed = seal::seal(draft, &[&bytes], &mut rng).is_ok();
        if sealed { SEALED as f64 / 1e6 / began.elapsed().as_secs_f64() } else { 0.0 }
    };
    rounded((0..3).map(speed).fold(0.0, f64::max), 1)
}

/// Processes that wanted to run in the last minute, where the system tells.
fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}
