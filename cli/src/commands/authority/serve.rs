//! `musubi authority serve`: answers those who want to take part.

use musubi_node::{
    Clock,
    authority::{Doors, Error, Failed, Service, ServiceError, limits},
};

use crate::{
    args::values,
    context::Context,
    error::{CommandError, Exit},
    logging, msg,
    signals::Stop,
    ui::Ui,
};

/// Threads for the network; what touches the store has its own.
const WORKERS: usize = 2;

/// Where it listens.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Addresses to listen at.
    #[arg(long, value_name = "MULTIADDR", value_parser = values::listen_tcp, default_values = ["/ip4/0.0.0.0/tcp/47300"])]
    pub listen: Vec<String>,
    /// Addresses to listen at for members.
    #[arg(long, value_name = "MULTIADDR", value_parser = values::listen)]
    pub members: Vec<String>,
    /// Where members reach those.
    #[arg(long, value_name = "MULTIADDR", value_parser = values::peer, requires = "members")]
    pub announce: Vec<String>,
    /// Stops also when stdin ends.
    #[arg(long)]
    pub until_stdin_ends: bool,
}

/// Serves until it is stopped.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    logging::start(logging::filter(context.verbose).unwrap_or("warn"))?;
    let authority = super::open(ui, context)?;
    if authority.admins()?.is_empty() {
        ui.note(&msg!("authority-admins-none"));
    }
    let internal = |error: std::io::Error| CommandError::failed(msg!("err-internal")).because(&error);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("musubi")
        .enable_all()
        .build()
        .map_err(internal)?;
    runtime.block_on(async {
        let mut stop = Stop::listen(args.until_stdin_ends).map_err(internal)?;
        // All of them were checked when they were read.
        let addresses = |texts: &[String]| texts.iter().filter_map(|address| address.parse().ok()).collect();
        let doors = Doors {
            strangers: addresses(&args.listen),
            members: addresses(&args.members),
            announce: addresses(&args.announce),
            home: Some(context.home()?),
        };
        let service = Service::start(authority, doors, limits(), Clock::system()).await.map_err(failed)?;
        let members: Vec<String> = service.members().iter().map(ToString::to_string).collect();
        let listen: Vec<String> = service.listen().iter().map(ToString::to_string).collect();
        ui.result(&serde_json::json!({"ready": true, "listen": listen, "members": members}));
        ui.line(&msg!("authority-serving"));
        for address in &listen {
            ui.line(&msg!("run-listen", address = address));
        }
        for address in &members {
            ui.line(&msg!("authority-serving-members", address = address));
        }
        let now = Clock::system().now();
        let tasks = tokio::task::block_in_place(|| service.with(|authority| authority.root_tasks(now)))?;
        super::root::waiting(ui, &tasks);
        ui.line(&msg!("run-how-to-stop"));
        tokio::select! {
            _ = stop.asked() => {}
            failed = service.failed() => return Err(match failed {
                Failed::Restored => Error::Restored.into(),
                _ => CommandError::failed(msg!("err-authority-store")),
            }),
        }
        service.stop().await;
        ui.note(&msg!("authority-served"));
        Ok(Exit::Done)
    })
}

fn failed(error: ServiceError) -> CommandError {
    match error {
        ServiceError::Authority(error) => error.into(),
        error => CommandError::failed(msg!("err-authority-listen")).because(&error),
    }
}
