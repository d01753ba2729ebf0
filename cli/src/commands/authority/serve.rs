//! `musubi authority serve`: answers those who want to take part.

use musubi_node::{
    Clock,
    authority::{Service, ServiceError, limits},
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
    /// Stops also when stdin ends.
    #[arg(long)]
    pub until_stdin_ends: bool,
}

/// Serves until it is stopped.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    logging::start(logging::filter(context.verbose).unwrap_or("warn"))?;
    let authority = super::open(ui, context)?;
    let internal = |error: std::io::Error| CommandError::failed(msg!("err-internal")).because(&error);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("musubi")
        .enable_all()
        .build()
        .map_err(internal)?;
    runtime.block_on(async {
        let mut stop = Stop::listen(args.until_stdin_ends).map_err(internal)?;
        let listen = args.listen.iter().filter_map(|address| address.parse().ok()).collect();
        let service = Service::start(authority, listen, limits(), Clock::system()).await.map_err(|error| {
            let ServiceError::Network(_) = &error else { return CommandError::failed(msg!("err-internal")) };
            CommandError::failed(msg!("err-authority-listen")).because(&error)
        })?;
        let listen: Vec<String> = service.listen().iter().map(ToString::to_string).collect();
        ui.result(&serde_json::json!({"ready": true, "listen": listen}));
        ui.line(&msg!("authority-serving"));
        for address in &listen {
            ui.line(&msg!("run-listen", address = address));
        }
        ui.line(&msg!("run-how-to-stop"));
        stop.asked().await;
        service.stop().await;
        ui.note(&msg!("authority-served"));
        Ok(Exit::Done)
    })
}
