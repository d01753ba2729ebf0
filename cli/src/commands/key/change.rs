//! `musubi key change`: another passphrase.

use std::path::PathBuf;

use musubi_store::keyfile::{self, KeyFileError, Locks, OpenerKind, RecoveryCode};

use crate::{
    context::Context,
    error::{CommandError, Exit},
    msg,
    passphrase::Passphrase,
    ui::Ui,
    unlock,
};

/// Where the new passphrase comes from.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The file that holds it; without one it is asked for.
    #[arg(long, value_name = "FILE")]
    pub new_passphrase_file: Option<PathBuf>,
}

/// Changes the passphrase. Whoever has lost it types the code of the recovery sheet instead.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let mut file = unlock::open(&context.home()?)?;
    let old = context.passphrase.existing(ui, &msg!("ask-old-passphrase"))?;
    // A wrong one is told before a new one is thought out.
    let roots = unlock::typed(&file, old.clone())?;
    let chosen = Passphrase::replacement(args.new_passphrase_file.as_deref()).chosen(ui)?;
    let new = keyfile::Passphrase::new(chosen);
    match file.change_passphrase(&keyfile::Passphrase::new(old.clone()), &new) {
        Err(KeyFileError::WrongPassphrase | KeyFileError::NoSuchOpener) if RecoveryCode::parse(&old).is_ok() => {
            let forgotten = file.openers();
            file.add(&roots, &keyfile::Opener::Passphrase(new), Locks::BOTH)?;
            for opener in forgotten.into_iter().filter(|opener| opener.kind == OpenerKind::Passphrase) {
                file.remove(opener.id)?;
            }
        }
        outcome => outcome?,
    }
    ui.line(&msg!("key-changed"));
    ui.result(&serde_json::json!({"changed": true}));
    Ok(Exit::Done)
}
