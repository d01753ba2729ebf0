//! `musubi authority`: issues and revokes certificates, by files.

use std::env;

use clap::Subcommand;
use musubi_node::authority::{Authority, Passphrase};

use crate::{
    args::values,
    context::Context,
    error::{CommandError, Exit},
    msg,
    ui::Ui,
};

pub mod audit;
pub mod codes;
pub mod crl;
pub mod fees;
pub mod init;
pub mod issue;
pub mod list;
pub mod policy;
pub mod proof;
pub mod reinstate;
pub mod revoke;
pub mod serve;
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
    /// Makes invitations for letters.
    Codes(codes::Args),
    /// Answers those who want to take part.
    Serve(serve::Args),
    /// Undoes a revocation.
    Reinstate(reinstate::Args),
    /// Shows or publishes the licence policy.
    Policy(policy::Args),
    /// Lists what is due.
    Fees(fees::Args),
    /// Shows who did what.
    Audit(audit::Args),
    /// Writes a proof of membership.
    Proof(proof::Args),
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
        Command::Codes(args) => codes::run(ui, context, &args),
        Command::Serve(args) => serve::run(ui, context, &args),
        Command::Reinstate(args) => reinstate::run(ui, context, &args),
        Command::Policy(args) => policy::run(ui, context, &args),
        Command::Fees(args) => fees::run(ui, context, &args),
        Command::Audit(args) => audit::run(ui, context, &args),
        Command::Proof(args) => proof::run(ui, context, &args),
    }
}

/// Who acts, for the audit log.
#[derive(clap::Args, Debug, Default)]
pub struct Acting {
    /// The administrator's name; else `MUSUBI_ADMIN`, else the name of the system's user.
    #[arg(long, value_name = "NAME", value_parser = values::name)]
    pub admin: Option<String>,
}

impl Acting {
    fn name(&self) -> Result<String, CommandError> {
        let var = |name| env::var(name).ok().filter(|name: &String| !name.trim().is_empty());
        let user = || var("USER").or_else(|| var("LOGNAME")).or_else(|| var("USERNAME"));
        let named = self.admin.clone().or_else(|| var("MUSUBI_ADMIN")).or_else(user);
        named.ok_or_else(|| CommandError::usage(msg!("err-authority-admin")))
    }
}

/// Opens the authority with its passphrase, to act or to sign something that changes nothing.
fn open(ui: &mut Ui, context: &Context) -> Result<Authority, CommandError> {
    let passphrase = context.passphrase.existing(ui, &msg!("ask-authority-passphrase"))?;
    Ok(Authority::open(context.dir()?, &Passphrase::new(passphrase))?)
}

/// Opens the authority for an act of a named administrator.
fn open_as(ui: &mut Ui, context: &Context, acting: &Acting) -> Result<Authority, CommandError> {
    let name = acting.name()?;
    Ok(open(ui, context)?.acting_as(&name)?)
}
