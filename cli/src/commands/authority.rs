//! `musubi authority`: who may take part. Acts go to the authority that serves, or to its directory where none does.

use std::env;

use clap::Subcommand;
use musubi_node::{
    Clock,
    authority::{Act, Authority, Done, Errand, Error, Passphrase, Register, Word},
};

use crate::{
    args::values,
    client::{self, Client},
    context::Context,
    error::{CommandError, Exit},
    msg,
    ui::Ui,
};

pub mod admin;
pub mod applications;
pub mod approve;
pub mod audit;
pub mod batch;
pub mod codes;
pub mod confirm;
pub mod crl;
pub mod decline;
pub mod fees;
pub mod init;
pub mod invitation;
pub mod issue;
pub mod list;
pub mod log;
pub mod orders;
pub mod policy;
pub mod proof;
pub mod recover;
pub mod reinstate;
pub mod reissue;
pub mod revoke;
pub mod root;
pub mod serve;
pub mod trust;

/// What the authority does.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Has to do with administrators.
    #[command(subcommand)]
    Admin(admin::Command),
    /// Makes the authority's keys.
    Init(init::Args),
    /// Issues a certificate.
    Issue(issue::Args),
    /// Issues certificates for a folder of requests.
    Batch(batch::Args),
    /// Revokes certificates.
    Revoke(revoke::Args),
    /// Lists what waits for a second administrator.
    Orders(orders::Args),
    /// Confirms what another administrator has ordered.
    Confirm(confirm::Args),
    /// Writes the newest CRLs.
    Crl(crl::Args),
    /// Writes the trust bundle.
    Trust(trust::Args),
    /// Lists the certificates.
    List(list::Args),
    /// Shows the public log, or from when on it counts.
    Log(log::Args),
    /// Makes invitations for letters.
    Codes(codes::Args),
    /// Makes an invitation for everybody.
    Invitation(invitation::Args),
    /// Answers those who want to take part.
    Serve(serve::Args),
    /// Lists who has applied.
    Applications(applications::Args),
    /// Grants an application.
    Approve(approve::Args),
    /// Declines an application.
    Decline(decline::Args),
    /// Undoes a revocation.
    Reinstate(reinstate::Args),
    /// Reads back what was lost.
    Recover(recover::Args),
    /// Issues anew what a revoked CA has issued.
    Reissue(reissue::Args),
    /// Has to do with roots, which are kept elsewhere.
    #[command(subcommand)]
    Root(root::Command),
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
        Command::Admin(command) => admin::run(ui, context, command),
        Command::Init(args) => init::run(ui, context, &args),
        Command::Issue(args) => issue::run(ui, context, &args),
        Command::Revoke(args) => revoke::run(ui, context, &args),
        Command::Batch(args) => batch::run(ui, context, &args),
        Command::Orders(args) => orders::run(ui, context, &args),
        Command::Confirm(args) => confirm::run(ui, context, &args),
        Command::Crl(args) => crl::run(ui, context, &args),
        Command::Trust(args) => trust::run(ui, context, &args),
        Command::List(args) => list::run(ui, context, &args),
        Command::Log(args) => log::run(ui, context, &args),
        Command::Codes(args) => codes::run(ui, context, &args),
        Command::Invitation(args) => invitation::run(ui, context, &args),
        Command::Serve(args) => serve::run(ui, context, &args),
        Command::Applications(args) => applications::run(ui, context, &args),
        Command::Approve(args) => approve::run(ui, context, &args),
        Command::Decline(args) => decline::run(ui, context, &args),
        Command::Reinstate(args) => reinstate::run(ui, context, &args),
        Command::Recover(args) => recover::run(ui, context, &args),
        Command::Reissue(args) => reissue::run(ui, context, &args),
        Command::Root(command) => root::run(ui, context, command),
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

/// Has an act done: by the authority that serves in this directory, or here. Without `acting` nothing is done that needs
/// a name.
fn perform(ui: &mut Ui, context: &Context, acting: Option<&Acting>, act: Act) -> Result<Done, CommandError> {
    let admin = acting.map(Acting::name).transpose()?.unwrap_or_default();
    let mut errand = Errand { admin, act, words: Vec::new() };
    let home = context.home()?;
    let act = |errand: &Errand, lang| Client::find(&home, lang).and_then(|client| client.act(errand));
    match act(&errand, ui.text().lang()) {
        // Whoever acts where names are proven is asked only then.
        Ok(Err(told)) if told.code == Error::Unproven.code() => {
            let passphrase = context.passphrase.existing(ui, &msg!("ask-authority-own", name = &errand.admin))?;
            errand.words = vec![Word { admin: errand.admin.clone(), passphrase: passphrase.to_string() }];
            return Ok(act(&errand, ui.text().lang())??);
        }
        Ok(answer) => return Ok(answer?),
        Err(client::Error::NoNode) => {}
        Err(error) => return Err(error.into()),
    }
    let register = Register::open(context.dir()?)?;
    if let Some(shown) = register.look(&errand.act, Clock::system().now())? {
        return Ok(shown);
    }
    let names_first = acting.is_some() && register.admins()?.is_empty();
    drop(register);
    let passphrase = context.passphrase.existing(ui, &msg!("ask-authority-passphrase"))?;
    let name = errand.admin.clone();
    errand.words = vec![Word { admin: name.clone(), passphrase: passphrase.to_string() }];
    let done = here(context, errand)?;
    if names_first {
        ui.note(&msg!("authority-admin-first", name = name));
    }
    Ok(done)
}

/// Has an act done by somebody who has shown who he is, and by a second one where two have to agree.
fn perform_with(
    ui: &mut Ui,
    context: &Context,
    act: Act,
    own: Word,
    second: Option<Word>,
) -> Result<Done, CommandError> {
    let errand = Errand { admin: own.admin.clone(), act, words: std::iter::once(own).chain(second).collect() };
    match Client::find(&context.home()?, ui.text().lang()).and_then(|client| client.act(&errand)) {
        Ok(answer) => Ok(answer?),
        Err(client::Error::NoNode) => here(context, errand),
        Err(error) => Err(error.into()),
    }
}

/// Does it in the directory, where no authority serves; the first word opens the keys.
fn here(context: &Context, errand: Errand) -> Result<Done, CommandError> {
    let (dir, now) = (context.dir()?, Clock::system().now());
    let passphrase = errand.words.first().map(|word| word.passphrase.clone()).unwrap_or_default();
    let mut authority = Authority::open(dir, &Passphrase::new(passphrase))?;
    Ok(authority.perform_proven(dir, errand, now, &mut rand::rng())?)
}

/// Whatever answered is of another version.
fn unexpected() -> CommandError {
    CommandError::failed(msg!("err-api-other-version"))
}
