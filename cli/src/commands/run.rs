//! `musubi run`: the node, until it is stopped.

use std::{path::PathBuf, time::Duration};

use musubi_config::Settings;
use musubi_node::{Clock, Node, Options, home::Home};
use serde::Serialize;
use tokio::sync::oneshot;

use crate::{
    args::values,
    context::Context,
    error::{CommandError, Exit},
    logging, msg,
    signals::Stop,
    ui::Ui,
    unlock,
};

/// Threads for the network and the API; blocking work has its own.
const WORKERS: usize = 2;
/// What stages of the stop leave behind may take this long, which keeps the whole inside 10 s.
const LEFT_BEHIND: Duration = Duration::from_millis(500);

/// Where the node listens and whom it dials; the settings file holds the rest.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Addresses to listen at, instead of those in the settings.
    #[arg(long, value_name = "MULTIADDR", value_parser = values::listen)]
    pub listen: Vec<String>,
    /// Partners' nodes, instead of those in the settings.
    #[arg(long, value_name = "MULTIADDR", value_parser = values::peer)]
    pub peer: Vec<String>,
    /// The local API.
    #[arg(long, value_name = "SOCKET", value_parser = values::api)]
    pub api: Option<String>,
    /// The file that stands for this machine where it has no key store.
    #[arg(long, value_name = "FILE")]
    pub machine_key: Option<PathBuf>,
    /// Stops also when stdin ends: a program that starts the node holds the other end of a pipe, and however that
    /// program ends, the node does not outlive it.
    #[arg(long)]
    pub until_stdin_ends: bool,
}

impl Args {
    /// The command line's layer of the settings; `-v` sets the log.
    #[must_use]
    pub fn overrides(&self, verbose: u8) -> musubi_config::Overrides {
        musubi_config::Overrides {
            listen: self.listen.clone(),
            peers: self.peer.clone(),
            api: self.api.clone(),
            log: logging::filter(verbose).map(ToOwned::to_owned),
        }
    }
}

/// The line for scripts.
#[derive(Serialize)]
struct Ready<'a> {
    ready: bool,
    peer_id: &'a str,
    listen: &'a [String],
    api: &'a str,
}

/// Runs the node until a signal comes, or until it stops by itself, which is an error.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let home = context.home()?;
    if !home.is_set_up() {
        return Err(CommandError::failed(msg!("err-not-set-up")));
    }
    let settings = Settings::load(home.dir(), &args.overrides(context.verbose))?;
    logging::start(&settings.log.filter)?;
    let unlock = unlock::choose(ui, context, &home, args.machine_key.as_deref())?;
    let options = Options { home: home.clone(), unlock, settings, clock: Clock::system(), tidying: None };
    let internal = |error: std::io::Error| CommandError::failed(msg!("err-internal")).because(&error);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("musubi")
        .enable_all()
        .build()
        .map_err(internal)?;
    let ended = runtime.block_on(async {
        let mut stop = Stop::listen(args.until_stdin_ends).map_err(internal)?;
        serve(ui, &home, options, &mut stop).await
    });
    runtime.shutdown_timeout(LEFT_BEHIND);
    ended
}

async fn serve(ui: &mut Ui, home: &Home, mut options: Options, stop: &mut Stop) -> Result<Exit, CommandError> {
    let (tell, tidying) = oneshot::channel();
    options.tidying = Some(tell);
    let node = {
        let starting = Node::start(options);
        tokio::pin!(starting, tidying);
        let mut told = false;
        loop {
            tokio::select! {
                () = stop.asked() => return Ok(Exit::Done),
                started = &mut starting => break started?,
                begun = &mut tidying, if !told => {
                    told = true;
                    if begun.is_ok() {
                        ui.note(&msg!("run-tidying"));
                    }
                }
            }
        }
    };
    ready(ui, home, &node);
    let by_itself = tokio::select! {
        () = stop.asked() => false,
        () = node.stopped() => true,
    };
    if !by_itself {
        ui.note(&msg!("run-stopping"));
    }
    let disk_failed = node.disk_failed();
    let stopped = node.shutdown().await;
    if disk_failed {
        return Err(CommandError::disk(msg!("err-disk-failed")));
    }
    if by_itself {
        return Err(CommandError::failed(msg!("err-run-stopped")));
    }
    stopped?;
    ui.note(&msg!("run-stopped"));
    Ok(Exit::Done)
}

/// Says that messages are taken now, and where.
fn ready(ui: &mut Ui, home: &Home, node: &Node) {
    let listen = node.listen();
    ui.result(&Ready { ready: true, peer_id: &node.peer_id(), listen: &listen, api: &node.api() });
    ui.line(&msg!("run-ready", path = home.dir()));
    if listen.is_empty() {
        ui.line(&msg!("run-no-trust"));
    }
    for address in &listen {
        ui.line(&msg!("run-listen", address = address));
    }
    ui.line(&msg!("run-how-to-stop"));
}
