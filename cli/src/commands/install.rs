//! `musubi install`: certificates, CRLs and trust bundles, told by content.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use musubi_node::{
    Clock,
    api::ApiProblem,
    api::types::{Installed, InstalledItem, Problem},
    db::Db,
    home::Home,
    office::{self, OfficeError},
    trust::TrustKeeper,
};
use musubi_protocol::{
    certificate::material::{self, Material},
    ids::Hash,
    trust::Trust,
};
use musubi_store::{OpenError, Options};

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
    let read = |path: &PathBuf| read(path).map_err(CommandError::reading(path));
    let files: Vec<Vec<u8>> = args.files.iter().map(read).collect::<Result<_, _>>()?;
    let mut pin = args.root_sha256;
    let unseen = if pin.is_none() { first_root(&home, ui.text().lang(), &files)? } else { None };
    if let Some(root) = unseen {
        ui.note(&msg!("install-root", fingerprint = grouped(&root.to_string())));
        if ui.confirm(&msg!("install-question"))? == Some(false) {
            ui.note(&msg!("install-nothing"));
            return Ok(Exit::Refused);
        }
        // What was shown is what counts, should the file change now.
        pin = Some(root);
    }
    let (installed, by_node) = install(&home, ui.text().lang(), &files, pin, args)?;
    for item in telling(&installed.items) {
        ui.line(&words(item));
    }
    if let Some(root) = &installed.pinned_root {
        ui.line(&msg!("install-pinned", fingerprint = grouped(root)));
    }
    let certified = installed.items.iter().any(|item| item.kind == "certificate" && item.outcome == "installed");
    if certified && !by_node {
        ui.line(&msg!("install-next"));
        ui.text_line(&format!("    musubi run{}", context.dir_words()));
    }
    ui.result(&installed);
    let of_use = installed.items.iter().any(|item| item.outcome != "not_ours");
    Ok(if of_use { Exit::Done } else { Exit::Refused })
}

/// Reads a file, of which one byte more than any of its kind has is enough.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(material::MAX_FILE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The fingerprint that a first installation would pin; `None` where roots are pinned already, or the files hold no
/// trust bundle (installing tells then what they lack).
fn first_root(home: &Home, lang: Lang, files: &[Vec<u8>]) -> Result<Option<Hash>, CommandError> {
    let bundle = files.iter().filter_map(|file| material::read(file).ok()).flatten().find_map(|item| match item {
        Material::TrustBundle(bytes) => Some(bytes),
        _ => None,
    });
    let Some(root) = bundle.and_then(|bundle| Trust::first(&bundle, None).ok()).map(|trust| trust.root_pin()) else {
        return Ok(None);
    };
    let pinned = match Client::find(home, lang).and_then(|client| client.status()) {
        // A node with roots has the root's revocation list, which comes in the bundle.
        Ok(status) => status.crl.is_some(),
        Err(client::Error::NoNode) => has_roots(home)?,
        Err(error) => return Err(error.into()),
    };
    Ok((!pinned).then_some(root))
}

/// Whether roots are pinned in a directory without a node. One that another process has counts as such:
/// installing waits for it, and no question is asked of the wrong state.
fn has_roots(home: &Home) -> Result<bool, CommandError> {
    if !home.is_set_up() {
        return Err(CommandError::failed(msg!("err-not-set-up")));
    }
    match home.open_store(Options::default().cache_bytes) {
        Ok(store) => Ok(TrustKeeper::load(&Db::new(store), Clock::system())?.trust().is_some()),
        Err(OpenError::InUse) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// One item of each kind and number: a file from the authority holds the same list twice, and what was installed
/// tells more than what was there already.
fn telling(items: &[InstalledItem]) -> Vec<&InstalledItem> {
    let mut telling: Vec<&InstalledItem> = Vec::new();
    for item in items {
        match telling.iter_mut().find(|told| told.kind == item.kind && told.subject == item.subject) {
            Some(told) if item.outcome == "installed" => *told = item,
            Some(told) if told.outcome == "installed" || told.outcome == item.outcome => {}
            _ => telling.push(item),
        }
    }
    telling
}

/// The report, and whether a running node made it.
fn install(
    home: &Home,
    lang: Lang,
    files: &[Vec<u8>],
    pin: Option<Hash>,
    args: &Args,
) -> Result<(Installed, bool), CommandError> {
    let started = Instant::now();
    loop {
        match Client::find(home, lang).and_then(|client| client.install(files, pin)) {
            Ok(installed) => return Ok((installed, true)),
            Err(client::Error::NoNode) => {}
            Err(client::Error::Problem(problem)) => return Err(refused(problem, args)),
            Err(error) => return Err(error.into()),
        }
        match office::install(home, files, pin) {
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
        "log_proof" => msg!("install-log-proof", outcome = outcome),
        "request" => msg!("install-request"),
        kind => msg!("install-other", kind = kind),
    }
}
