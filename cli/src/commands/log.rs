//! `musubi log`: the authority's public log, as this computer keeps it.

use std::{fs, path::PathBuf};

use clap::Subcommand;
use musubi_node::api::types::{ForkRow, LogRequest, LogRow};

use crate::{
    client::Client,
    context::Context,
    error::{CommandError, Exit},
    msg,
    output::{EVIDENCE, Output},
    rows,
    ui::Ui,
};

/// What to do with the log.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Checks all of it.
    Verify(Verify),
    /// Says that a certificate is the office's own.
    Known(Known),
    /// Writes the evidence of two logs.
    Evidence(Evidence),
}

/// What is checked.
#[derive(clap::Args, Debug)]
pub struct Verify {
    /// Evidence of two logs that somebody has handed over.
    #[arg(long, value_name = "FILE")]
    pub evidence: Option<PathBuf>,
}

/// Which certificate.
#[derive(clap::Args, Debug)]
pub struct Known {
    /// Its issue number.
    #[arg(value_name = "NUMBER")]
    pub number: u64,
}

/// Where to.
#[derive(clap::Args, Debug)]
pub struct Evidence {
    /// The file to write.
    #[arg(value_name = "FILE")]
    pub out: PathBuf,
}

/// Checks, acknowledges and checks, or writes evidence.
pub(crate) fn run(ui: &mut Ui, context: &Context, command: &Command) -> Result<Exit, CommandError> {
    let client = Client::find(&context.home()?, ui.text().lang())?;
    let mut request = LogRequest::default();
    match command {
        Command::Verify(Verify { evidence: Some(path) }) => return handed_over(ui, &client, path),
        Command::Evidence(Evidence { out }) => return write(ui, &client, out),
        Command::Verify(Verify { evidence: None }) => {}
        Command::Known(known) => request.known = Some(known.number),
    }
    let log = client.log(&request)?;
    told(ui, &log);
    ui.result(&log);
    let good = log.whole && !log.fork && log.doubt.is_none() && log.foreign.is_empty();
    Ok(if good { Exit::Done } else { Exit::Refused })
}

/// Checks evidence that somebody else has found.
fn handed_over(ui: &mut Ui, client: &Client, path: &PathBuf) -> Result<Exit, CommandError> {
    let file = fs::read_to_string(path).map_err(CommandError::reading(path))?;
    let log = client.log(&LogRequest { evidence: Some(file), ..LogRequest::default() })?;
    let fork = log.evidence.as_ref().ok_or_else(|| CommandError::failed(msg!("err-log-evidence")))?;
    ui.warn(&msg!("log-fork"));
    heads(ui, fork);
    ui.result(fork);
    Ok(Exit::Refused)
}

/// Writes the evidence that is kept here.
fn write(ui: &mut Ui, client: &Client, path: &PathBuf) -> Result<Exit, CommandError> {
    let log = client.log(&LogRequest::default())?;
    let fork = log.evidence.as_ref().ok_or_else(|| CommandError::failed(msg!("err-log-no-evidence")))?;
    let out = Output::prepare(path, &[EVIDENCE])?;
    out.finish(&fork.file)?;
    ui.line(&msg!("log-evidence-written", path = path));
    ui.result(fork);
    Ok(Exit::Done)
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
        if let Some(fork) = &log.evidence {
            heads(ui, fork);
        }
        ui.note(&msg!("log-fork-next"));
    }
    if let Some(doubt) = &log.doubt {
        ui.warn(&msg!("log-doubt", address = &doubt.address, time = rows::moment(&doubt.at)));
        ui.note(&msg!("log-doubt-next"));
    }
    for act in &log.foreign {
        let number = i64::try_from(act.issue_number).unwrap_or(i64::MAX);
        ui.warn(&msg!("log-foreign", office = &act.office, time = rows::moment(&act.at), number = number));
    }
    if !log.foreign.is_empty() {
        ui.note(&msg!("log-foreign-next"));
    }
}

/// The two signatures of evidence.
fn heads(ui: &mut Ui, fork: &ForkRow) {
    for head in [&fork.ours, &fork.theirs] {
        let count = i64::try_from(head.size).unwrap_or(i64::MAX);
        ui.line(&msg!("log-fork-head", count = count, time = rows::moment(&head.signed), root = &head.root[..16]));
    }
}
