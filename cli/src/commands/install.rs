//! `musubi install`: certificates, CRLs and trust bundles, told by content.

use std::{
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use musubi_node::{
    api::ApiProblem,
    api::types::{Installed, InstalledItem, Problem},
    home::Home,
    office::{self, OfficeError},
};
use musubi_protocol::ids::Hash;
use musubi_store::OpenError;

use crate::{
    args::values,
    client::{self, Client},
    context::Context,
    error::{CommandError, Exit, problem::grouped},
    msg,
    text::{Lang, Message},
    ui::Ui,
};

/// How long another command, or a node that is starting, may have the store.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often to look whether it is free; nothing tells.
const LOOK: Duration = Duration::from_millis(50);

/// What to take in.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The files, in any order.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// SHA-256 of the first root's DER: pins the roots without a question.
    #[arg(long, value_name = "HEX", value_parser = values::sha256)]
    pub root_sha256: Option<Hash>,
}

/// Installs, by the running node or without one.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let home = context.home()?;
    let read = |path: &PathBuf| std::fs::read(path).map_err(CommandError::reading(path));
    let files: Vec<Vec<u8>> = args.files.iter().map(read).collect::<Result<_, _>>()?;
    let (installed, by_node) = install(&home, ui.text().lang(), &files, args)?;
    for item in &installed.items {
        ui.line(&words(item));
    }
    if let Some(root) = &installed.pinned_root {
        ui.line(&msg!("install-pinned"));
        ui.text_line(&format!("    {}", grouped(root)));
        if args.root_sha256.is_none() {
            ui.line(&msg!("install-compare"));
        }
    }
    let certified = installed.items.iter().any(|item| item.kind == "certificate" && item.outcome == "installed");
    if certified && !by_node {
        ui.line(&msg!("install-next"));
    }
    ui.result(&installed);
    Ok(Exit::Done)
}

/// The report, and whether a running node made it.
fn install(home: &Home, lang: Lang, files: &[Vec<u8>], args: &Args) -> Result<(Installed, bool), CommandError> {
    let started = Instant::now();
    loop {
        match Client::find(home, lang).and_then(|client| client.install(files, args.root_sha256)) {
            Ok(installed) => return Ok((installed, true)),
            Err(client::Error::NoNode) => {}
            Err(client::Error::Problem(problem)) => return Err(refused(problem, args)),
            Err(error) => return Err(error.into()),
        }
        match office::install(home, files, args.root_sha256) {
            Ok(installed) => return Ok((installed, false)),
            Err(OfficeError::Open(OpenError::InUse)) if started.elapsed() < PATIENCE => thread::sleep(LOOK),
            Err(OfficeError::Install(error)) => return Err(refused(ApiProblem::from(error).problem().clone(), args)),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Names the file that the node knows by its place only.
fn refused(mut problem: Problem, args: &Args) -> CommandError {
    let index = problem.args.get("index").and_then(|index| index.parse::<usize>().ok());
    if let Some(path) = index.and_then(|index| args.files.get(index)) {
        problem.args.insert("file".into(), path.to_string_lossy().into_owned());
    }
    CommandError::from(&problem)
}

/// What one item was and what became of it.
fn words(item: &InstalledItem) -> Message {
    let subject = item.subject.as_deref().unwrap_or_default();
    let outcome = item.outcome.as_str();
    match item.kind.as_str() {
        "certificate" => msg!("install-certificate", office = subject, outcome = outcome),
        "ca" => msg!("install-ca", outcome = outcome),
        "crl" => msg!("install-crl", number = subject, outcome = outcome),
        "trust_bundle" => msg!("install-trust-bundle", number = subject, outcome = outcome),
        "log_head" => msg!("install-log-head", number = subject, outcome = outcome),
        kind => msg!("install-other", kind = kind),
    }
}
