//! `musubi authority`: issues and revokes certificates, by files.

use clap::Subcommand;
use musubi_node::authority::{Authority, Passphrase};

use crate::{
    context::Context,
    error::{CommandError, Exit},
    msg,
    ui::Ui,
};

pub mod crl;
pub mod init;
pub mod issue;
pub mod list;
pub mod revoke;
pub mod trust;

/// What the authority does.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Makes the authority's keys.
    Init(init::Args),
    /// Issues a certificate.
    Issue(issue::Args),
    /// Revokes certificates.
    Revoke(revoke::Args),
    /// Writes the newest CRLs.
    Crl(crl::Args),
    /// Writes the trust bundle.
    Trust(trust::Args),
    /// Lists the certificates.
    List(list::Args),
}

/// Does what the authority is asked.
pub(crate) fn run(ui: &mut Ui, context: &Context, command: Command) -> Result<Exit, CommandError> {
    match command {
        Command::Init(args) => init::run(ui, context, &args),
        Command::Issue(args) => issue::run(ui, context, &args),
        Command::Revoke(args) => revoke::run(ui, context, &args),
        Command::Crl(args) => crl::run(ui, context, &args),
        Command::Trust(args) => trust::run(ui, context, &args),
        Command::List(args) => list::run(ui, context, &args),
    }
}

/// Opens the authority with its passphrase.
fn open(ui: &mut Ui, context: &Context) -> Result<Authority, CommandError> {
    let passphrase = context.passphrase.existing(ui, &msg!("ask-authority-passphrase"))?;
    Ok(Authority::open(context.dir()?, &Passphrase::new(passphrase))?)
}
