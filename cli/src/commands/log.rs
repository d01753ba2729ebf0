//! `musubi log`: the authority's public log, as this computer keeps it.

use clap::Subcommand;
use musubi_node::api::types::LogRow;

use crate::{
    client::Client,
    context::Context,
    error::{CommandError, Exit},
    msg, rows,
    ui::Ui,
};

/// What to do with the log.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Checks all of it.
    Verify,
    /// Says that a certificate is the office's own.
    Known(Known),
}

/// Which certificate.
#[derive(clap::Args, Debug)]
pub struct Known {
    /// Its issue number.
    #[arg(value_name = "NUMBER")]
    pub number: u64,
}

/// Checks, or acknowledges and checks.
pub(crate) fn run(ui: &mut Ui, context: &Context, command: &Command) -> Result<Exit, CommandError> {
    let client = Client::find(&context.home()?, ui.text().lang())?;
    let known = match command {
        Command::Verify => None,
        Command::Known(known) => Some(known.number),
    };
    let log = client.log(known)?;
    told(ui, &log);
    ui.result(&log);
    let good = log.whole && !log.fork && log.foreign.is_empty();
    Ok(if good { Exit::Done } else { Exit::Refused })
}

fn told(ui: &mut Ui, log: &LogRow) {
    let count = i64::try_from(log.size).unwrap_or(i64::MAX);
    match &log.signed {
        Some(signed) if log.whole => ui.line(&msg!("log-whole", count = count, time = rows::moment(signed))),
        None if log.whole => ui.line(&msg!("log-none")),
        _ => ui.warn(&msg!("log-damaged")),
    }
    if log.fork {
        ui.warn(&msg!("log-fork"));
    }
    for act in &log.foreign {
        let number = i64::try_from(act.issue_number).unwrap_or(i64::MAX);
        ui.warn(&msg!("log-foreign", office = &act.office, time = rows::moment(&act.at), number = number));
    }
    if !log.foreign.is_empty() {
        ui.note(&msg!("log-foreign-next"));
    }
}
