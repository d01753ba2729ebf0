//! `musubi key add`: one more opener.

use std::path::PathBuf;

use musubi_node::{Clock, office};
use musubi_store::{
    keyfile::{self, KeyFileError, Locks, RecoveryCode},
    platform::machine::Machine,
};

use super::{name, words};
use crate::{
    context::Context,
    error::{CommandError, Exit},
    msg,
    passphrase::Passphrase,
    recovery_sheet::{self, Sheet},
    ui::Ui,
    unlock,
};

/// Which opener.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Its sort.
    #[arg(value_name = "OPENER")]
    pub opener: Opener,
    /// The file that stands for this machine where it has no key store.
    #[arg(long, value_name = "FILE")]
    pub machine_key: Option<PathBuf>,
    /// Where the recovery sheet goes instead of the screen.
    #[arg(long, value_name = "FILE")]
    pub recovery_out: Option<PathBuf>,
    /// The file that holds the new passphrase.
    #[arg(long, value_name = "FILE")]
    pub new_passphrase_file: Option<PathBuf>,
}

/// A sort of opener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Opener {
    /// A passphrase.
    Passphrase,
    /// This machine.
    Machine,
    /// A recovery sheet.
    Recovery,
}

/// Adds an opener; one that exists has to open the keys first.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let home = context.home()?;
    let mut file = unlock::open(&home)?;
    if args.opener == Opener::Recovery {
        recovery_sheet::check_place(ui, args.recovery_out.as_deref())?;
    }
    let roots = unlock::roots(ui, context, &home, &file)?;
    let (opener, code) = match args.opener {
        Opener::Passphrase => {
            let chosen = Passphrase::replacement(args.new_passphrase_file.as_deref()).chosen(ui)?;
            (keyfile::Opener::Passphrase(keyfile::Passphrase::new(chosen)), None)
        }
        Opener::Machine => {
            let machine = match &args.machine_key {
                Some(path) => Machine::create_key_file(path, home.dir()).map_err(KeyFileError::from)?,
                None => Machine::protect().map_err(KeyFileError::from)?,
            };
            (keyfile::Opener::Machine(machine), None)
        }
        Opener::Recovery => {
            let code = RecoveryCode::generate().map_err(KeyFileError::from)?;
            let text = code.to_text();
            (keyfile::Opener::Recovery(code), Some(text))
        }
    };
    let id = file.add(&roots, &opener, Locks::BOTH)?;
    let kind = file.openers().into_iter().find(|opener| opener.id == id).map(|opener| opener.kind);
    let kind = kind.ok_or(KeyFileError::Changed)?;
    let shown = ui.text().show(&words(kind));
    ui.line(&msg!("key-added", number = id.0, opener = shown));
    if let Some(code) = &code {
        // A running node has the store; then the sheet names the directory.
        let desks = office::desks(&home).unwrap_or_default();
        let owners: Vec<String> = desks.iter().map(|(desk, _)| format!("{} {}", desk.name(), desk.office())).collect();
        let place = home.dir().display().to_string();
        let owner = if owners.is_empty() { place } else { owners.join(", ") };
        let out = args.recovery_out.as_deref();
        let sheet = Sheet { code, owner: &owner, made: Clock::system().now() };
        sheet.hand_over(ui, out).map_err(|error| error.hint(msg!("init-sheet-again")))?;
    }
    let out = code.as_ref().and(args.recovery_out.as_ref()).map(|path| path.to_string_lossy());
    ui.result(&serde_json::json!({"number": id.0, "kind": name(kind), "recovery_out": out}));
    Ok(Exit::Done)
}
