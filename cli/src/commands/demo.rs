//! `musubi demo`: a month between three offices, then a revocation; played by this very command, in directories as
//! users have them.

use std::{
    collections::BTreeSet,
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use musubi_node::api::types::{Detail, Ping, Row};
use musubi_protocol::ids::Hash;
use serde::Deserialize;
use serde_json::Value;

mod account;
mod evidence;
mod place;
mod sample;

use account::Account;
use evidence::Judge;
use place::Place;
use sample::{Bundle, FROM_REVOKED, MONTH, OFFICES, Office, TO_REVOKED};

use crate::{
    error::{CommandError, Exit},
    msg,
    signals::Stop,
    tool::{Call, Musubi, Node},
    ui::Ui,
};

/// The care-management office, which the others dial.
const MANAGER: &Office = &OFFICES[0];
/// The office whose certificate is revoked.
const REVOKED: &Office = &OFFICES[1];
/// Longest wait for a receipt, as `--wait` takes it.
const PATIENCE: u64 = 60;
/// Longest time until a node whose connection was cut has noticed.
const NOTICING: Duration = Duration::from_secs(30);

/// What stays of it.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Keeps everything in this directory.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// What was seen. The first three count messages accepted before the revocation.
#[derive(Default)]
struct Seen {
    messages: usize,
    delivered: usize,
    receipts_verified: usize,
    files_differ: bool,
    inboxes_differ: bool,
    refused_after_revocation: bool,
    stopped_in_order: bool,
}

impl Seen {
    fn is_good(&self) -> bool {
        let all = [MONTH.len(); 3] == [self.messages, self.delivered, self.receipts_verified];
        let files = !self.files_differ && !self.inboxes_differ;
        all && files && self.refused_after_revocation && self.stopped_in_order
    }
}

/// A month, two refusals, and no process left behind.
pub(crate) fn run(ui: &mut Ui, args: &Args) -> Result<Exit, CommandError> {
    let internal = |error: std::io::Error| CommandError::failed(msg!("err-internal")).because(&error);
    let began = Instant::now();
    let place = Place::make(args.keep.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(internal)?;
    let mut stage = Stage { musubi: Musubi::this(ui.text().lang())?, place, nodes: Vec::new() };
    let mut account = Account::open(ui, &stage);
    let mut seen = Seen::default();
    let played = runtime.block_on(async {
        let mut stop = Stop::listen(false).map_err(internal)?;
        let played = tokio::select! {
            played = stage.play(&mut account, &mut seen) => played,
            () = stop.asked() => Err(CommandError::failed(msg!("err-demo-stopped"))),
        };
        seen.stopped_in_order = stage.stop_nodes().await;
        played
    });
    // Every child has ended or been killed; the runtime has nothing left to wait for.
    drop(runtime);
    if let Err(error) = played {
        // What broke it counts, not what was left over by it.
        let _ = stage.place.clear();
        return Err(error);
    }
    let seconds = began.elapsed();
    account.close(&seen, seconds, &stage);
    let kept = stage.place.is_kept().then(|| stage.place.root().to_string_lossy().into_owned());
    stage.place.clear()?;
    ui.result(&serde_json::json!({
        "messages": seen.messages,
        "delivered": seen.delivered,
        "receipts_verified": seen.receipts_verified,
        "files_identical": !seen.files_differ,
        "inboxes_complete": !seen.inboxes_differ,
        "refused_after_revocation": seen.refused_after_revocation,
        "nodes_stopped_in_order": seen.stopped_in_order,
        "seconds": (seconds.as_secs_f64() * 1000.0).round() / 1000.0,
        "kept": kept,
    }));
    Ok(if seen.is_good() { Exit::Done } else { Exit::Refused })
}

/// The program, the directories, and the nodes that run.
struct Stage {
    musubi: Musubi,
    place: Place,
    /// In the order of [`OFFICES`]; all of them or none.
    nodes: Vec<Node>,
}

/// The answer of `authority init`.
#[derive(Deserialize)]
struct Founded {
    root_sha256: String,
}

impl Stage {
    /// Everything from the first key to the last refusal.
    async fn play(&mut self, account: &mut Account<'_>, seen: &mut Seen) -> Result<(), CommandError> {
        let pin = self.found(account).await?;
        let judge = Judge::read(&self.place.paper(MANAGER, "certificate.pem"), &pin)?;
        self.start_nodes(account).await?;
        let mut progress = account.progress(MONTH.len());
        for bundle in MONTH {
            let (row, took) = self.exchange(bundle, &judge, seen).await?;
            account.exchanged(&row, took);
            progress.step();
        }
        drop(progress);
        for office in &OFFICES {
            seen.inboxes_differ |= !self.inbox_is_complete(office).await?;
        }
        account.month(seen);
        self.revoke(account, seen).await
    }

    /// Begins a command of an office.
    fn office(&self, name: &'static str, office: &Office) -> Call {
        self.musubi.call(name, &self.place.data(office))
    }

    /// An authority, and three offices that it certifies; returns its fingerprint.
    async fn found(&self, account: &mut Account<'_>) -> Result<Hash, CommandError> {
        let began = Instant::now();
        let name = account.say(&msg!("demo-authority-name"));
        let authority = |command| {
            let call = self.musubi.call(command, &self.place.authority());
            call.option("--passphrase-file", self.place.authority_passphrase())
        };
        let founded: Founded = authority("authority init").option("--name", &name).json().await?;
        for office in &OFFICES {
            let paper = |what| self.place.paper(office, what);
            let with_passphrase = |command| {
                let call = self.office(command, office);
                call.option("--passphrase-file", self.place.passphrase(office))
            };
            let kinds = office.kinds.iter();
            let init = with_passphrase("init").option("--office", office.number).option("--name", office.name);
            let init = kinds.fold(init, |call, kind| call.option("--kind", kind));
            init.option("--recovery-out", paper("recovery.txt")).json::<Value>().await?;
            with_passphrase("request").option("--out", paper("request.pem")).json::<Value>().await?;
            let issue = authority("authority issue").arg(paper("request.pem"));
            issue.option("--out", paper("certificate.pem")).json::<Value>().await?;
            let install = self.office("install", office).arg(paper("certificate.pem"));
            install.option("--root-sha256", &founded.root_sha256).json::<Value>().await?;
        }
        account.founded(&name, &founded.root_sha256, began.elapsed());
        let internal = |error| CommandError::failed(msg!("err-internal")).because(&error);
        founded.root_sha256.parse().map_err(internal)
    }

    /// The care manager's node, which the others dial: one over TCP, one over QUIC.
    async fn start_nodes(&mut self, account: &mut Account<'_>) -> Result<(), CommandError> {
        let began = Instant::now();
        for (office, transport) in OFFICES.iter().zip(["", "/tcp/", "/quic-v1"]) {
            let call = self.office("run", office).option("--passphrase-file", self.place.passphrase(office));
            let call = call.option("--listen", "/ip4/127.0.0.1/tcp/0").option("--api", "127.0.0.1:0");
            let call = call.option("--listen", "/ip4/127.0.0.1/udp/0/quic-v1");
            let manager = self.nodes.first().into_iter().flat_map(|node| &node.listen);
            let peers: Vec<String> = manager.filter(|address| address.contains(transport)).cloned().collect();
            let call = peers.iter().fold(call, |call, peer| call.option("--peer", peer));
            let node = call.node(&self.place.log(office)).await?;
            if self.place.is_kept() {
                // With these it is found again where it was.
                self.place.write_settings(office, &node.listen, &peers)?;
            }
            self.nodes.push(node);
        }
        account.started(began.elapsed());
        Ok(())
    }

    /// Sends a bundle, takes it out at the other end, and looks at what proves it.
    /// Gives the row, and how long sending took up to the receipt *delivered*.
    async fn exchange(&self, bundle: &Bundle, judge: &Judge, seen: &mut Seen) -> Result<(Row, Duration), CommandError> {
        let (sender, receiver) = (bundle.sender(), bundle.receiver());
        let wait = |state: &str| format!("{state}={PATIENCE}");
        let send = self.office("send", sender).option("--wait", wait("delivered"));
        let send = send.arg(self.place.write_out(bundle)?);
        let began = Instant::now();
        let row = one(bundle, send.json().await?)?;
        let took = began.elapsed();
        let id = row.id.clone().unwrap_or_default();
        seen.messages += usize::from(row.id.is_some());
        seen.delivered += usize::from(row.times.contains_key("delivered"));
        let incoming = self.place.incoming(receiver);
        self.office("export", receiver).arg(&id).option("--to", &incoming).json::<Value>().await?;
        for file in bundle.files {
            let path = incoming.join(file.name);
            let arrived = fs::read(&path).map_err(CommandError::reading(&path))?;
            seen.files_differ |= arrived != file.bytes || Hash::of(&[&arrived]).to_string() != file.sha256;
        }
        let show = self.office("show", sender).arg(&id).option("--wait", wait("opened"));
        let detail: Detail = show.json().await?;
        seen.receipts_verified += usize::from(judge.proves(bundle, &id, &detail));
        Ok((detail.row, took))
    }

    async fn inbox(&self, office: &Office) -> Result<Vec<Row>, CommandError> {
        self.office("inbox", office).json().await
    }

    /// Whether an office has exactly what the month holds for it, each once.
    async fn inbox_is_complete(&self, office: &Office) -> Result<bool, CommandError> {
        let rows = self.inbox(office).await?;
        let came: BTreeSet<_> = rows.iter().map(|row| (row.bundle.as_deref(), row.serial.as_deref())).collect();
        let meant = MONTH.iter().filter(|bundle| bundle.receiver().number == office.number);
        let meant: BTreeSet<_> = meant.map(|bundle| (Some(bundle.code), Some(bundle.serial))).collect();
        Ok(rows.len() == meant.len() && came == meant)
    }

    /// Revokes an office, tells the care manager alone, and tries both directions.
    async fn revoke(&self, account: &mut Account<'_>, seen: &mut Seen) -> Result<(), CommandError> {
        let began = Instant::now();
        let authority = |command| {
            let call = self.musubi.call(command, &self.place.authority());
            call.option("--passphrase-file", self.place.authority_passphrase())
        };
        let before = (self.inbox(MANAGER).await?.len(), self.inbox(REVOKED).await?.len());
        let revoke = authority("authority revoke").arg(REVOKED.number).option("--reason", "keyCompromise");
        revoke.json::<Value>().await?;
        authority("authority crl").option("--out", self.place.crl()).json::<Value>().await?;
        self.office("install", MANAGER).arg(self.place.crl()).json::<Value>().await?;
        // To it: nothing leaves.
        let send = self.office("send", MANAGER).option("--to-kind", TO_REVOKED.to_kind());
        let held = one(&TO_REVOKED, send.arg(self.place.write_out(&TO_REVOKED)?).json().await?)?;
        // From it: the care manager's gate has heard of the revocation. Its own node may have, too: the care manager tells
        // whoever is connected, and cuts it off.
        let send = self.office("send", REVOKED).arg(self.place.write_out(&FROM_REVOKED)?);
        let sent = one(&FROM_REVOKED, send.answer().await?)?;
        let ping = self.ping_until_noticed().await?;
        let outbox: Vec<Row> = self.office("outbox", REVOKED).json().await?;
        let knows = sent.state == "refused";
        let row = if knows { Some(sent) } else { outbox.into_iter().find(|row| row.id == sent.id) };
        let from = row.unwrap_or_default();
        let after = (self.inbox(MANAGER).await?.len(), self.inbox(REVOKED).await?.len());
        let is = |row: &Row, state: &str, why: &str| row.state == state && row.why.as_deref() == Some(why);
        // Once it has heard of it, it shows no credential any more.
        let refused = ping.outcome == "refused" && matches!(ping.refusal.as_deref(), Some("revoked" | "no-credential"));
        seen.refused_after_revocation =
            is(&held, "held", "revoked") && refused && (knows || from.state == "waiting") && before == after;
        account.revoked(&held, (&from, knows), before == after, began.elapsed());
        Ok(())
    }

    /// Asks the revoked office's node for the care manager until it has noticed that it was cut off. A node notices
    /// when the other end closes the connection, for which no command waits.
    async fn ping_until_noticed(&self) -> Result<Ping, CommandError> {
        let began = Instant::now();
        loop {
            let ping: Ping = self.office("ping", REVOKED).arg(FROM_REVOKED.to).answer().await?;
            if ping.outcome != "connected" || began.elapsed() > NOTICING {
                return Ok(ping);
            }
        }
    }

    /// Stops all nodes; true if each ended by itself, in order and in time.
    async fn stop_nodes(&mut self) -> bool {
        let mut in_order = true;
        for node in self.nodes.drain(..) {
            in_order &= node.stop().await;
        }
        in_order
    }
}

/// The one row of `send`.
fn one(bundle: &Bundle, rows: Vec<Row>) -> Result<Row, CommandError> {
    match <[Row; 1]>::try_from(rows) {
        Ok([row]) => Ok(row),
        Err(rows) => {
            let failed = CommandError::failed(msg!("err-tool-command", command = "send"));
            Err(failed.detailed(&format!("{}: {} rows", bundle.folder, rows.len())))
        }
    }
}
