//! `musubi key`: what opens the keys of this directory.

use clap::Subcommand;
use musubi_store::keyfile::OpenerKind;

use crate::{
    context::Context,
    error::{CommandError, Exit},
    msg,
    text::Message,
    ui::Ui,
};

pub mod add;
pub mod change;
pub mod list;
pub mod remove;

/// What to do with the openers.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Lists them.
    List(list::Args),
    /// Adds one.
    Add(add::Args),
    /// Removes one.
    Remove(remove::Args),
    /// Changes the passphrase.
    Change(change::Args),
}

pub(crate) fn run(ui: &mut Ui, context: &Context, command: Command) -> Result<Exit, CommandError> {
    match command {
        Command::List(_) => list::run(ui, context),
        Command::Add(args) => add::run(ui, context, &args),
        Command::Remove(args) => remove::run(ui, context, &args),
        Command::Change(args) => change::run(ui, context, &args),
    }
}

/// The name that scripts see.
const fn name(kind: OpenerKind) -> &'static str {
    match kind {
        OpenerKind::Passphrase => "passphrase",
        OpenerKind::Machine => "machine",
        OpenerKind::MachineKeyFile => "machine_key_file",
        OpenerKind::Recovery => "recovery",
        // `OpenerKind` may gain members.
        _ => "other",
    }
}

fn words(kind: OpenerKind) -> Message {
    match kind {
        OpenerKind::Passphrase => msg!("opener-passphrase"),
        OpenerKind::Machine => msg!("opener-machine"),
        OpenerKind::MachineKeyFile => msg!("opener-machine-key-file"),
        OpenerKind::Recovery => msg!("opener-recovery"),
        _ => msg!("opener-other"),
    }
}
