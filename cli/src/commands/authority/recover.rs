//! `musubi authority recover`: after the authority was put back from a backup, what it has done since is read back.

use std::num::NonZeroUsize;

use musubi_node::{
    Clock,
    authority::{Authority, Passphrase, Recovery, ServiceError, Word},
};

use crate::{
    args::values,
    context::Context,
    error::{CommandError, Exit},
    logging, msg,
    signals::Stop,
    ui::Ui,
};

/// Where members find it, and how many have to tell.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Addresses to listen at for members: those that the authority has served them at.
    #[arg(long, value_name = "MULTIADDR", value_parser = values::listen, required_unless_present = "alone")]
    pub members: Vec<String>,
    /// How many offices have to tell.
    #[arg(long, value_name = "N", default_value = "3")]
    pub nodes: NonZeroUsize,
    /// Asks nobody: the directory was moved, and nothing was done since.
    #[arg(long, conflicts_with = "members")]
    pub alone: bool,
    /// Asks no question.
    #[arg(long, requires = "alone")]
    pub yes: bool,
    /// Who acts.
    #[command(flatten)]
    pub acting: super::Acting,
}

/// Waits for members, reads back, and has the authority at home in its directory.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    logging::start(logging::filter(context.verbose).unwrap_or("warn"))?;
    let (dir, admin) = (context.dir()?.to_owned(), args.acting.name()?);
    let passphrase = context.passphrase.existing(ui, &msg!("ask-authority-passphrase"))?;
    let word = Word { admin, passphrase: passphrase.to_string() };
    let authority = Authority::open_restored(&dir, &Passphrase::new(passphrase))?.proven_as(&dir, &word)?;
    if args.alone {
        let question = msg!("authority-recover-question");
        if !args.yes && ui.confirm(&question)? != Some(true) {
            ui.line(&msg!("authority-recover-stopped"));
            return Ok(Exit::Refused);
        }
        authority.moved(&dir, Clock::system().now())?;
        ui.line(&msg!("authority-recover-alone"));
        ui.result(&serde_json::json!({"offices": 0, "acts": 0, "lost": []}));
        return Ok(Exit::Done);
    }
    let internal = |error: std::io::Error| CommandError::failed(msg!("err-internal")).because(&error);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("musubi")
        .enable_all()
        .build()
        .map_err(internal)?;
    runtime.block_on(async {
        let mut stop = Stop::listen(false).map_err(internal)?;
        let listen = args.members.iter().filter_map(|address| address.parse().ok()).collect();
        let recovery = Recovery::start(authority, listen, Clock::system()).await.map_err(|error| match error {
            ServiceError::Authority(error) => error.into(),
            error => CommandError::failed(msg!("err-authority-listen")).because(&error),
        })?;
        let wanted = args.nodes.get();
        ui.line(&msg!("authority-recovering", count = i64::try_from(wanted).unwrap_or(i64::MAX)));
        let mut told = recovery.told();
        let mut before = 0;
        while before < wanted {
            tokio::select! {
                changed = told.changed() => changed.map_err(|_| CommandError::failed(msg!("err-internal")))?,
                _ = stop.asked() => {
                    ui.line(&msg!("authority-recover-stopped"));
                    return Ok(Exit::Refused);
                }
            }
            let now = *told.borrow_and_update();
            if now != before {
                ui.note(&msg!("authority-recover-told", count = i64::try_from(now).unwrap_or(i64::MAX)));
            }
            before = now;
        }
        let back = recovery.finish(dir).await?;
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        ui.line(&msg!("authority-recovered", count = whole(back.acts), offices = whole(back.offices)));
        if !back.lost.is_empty() {
            let offices: Vec<String> = back.lost.iter().map(ToString::to_string).collect();
            ui.line(&msg!("authority-recover-lost", offices = offices.join(", ")));
        }
        ui.line(&msg!("authority-recover-next"));
        ui.result(&back);
        Ok(Exit::Done)
    })
}
