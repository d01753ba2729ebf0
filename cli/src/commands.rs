//! The commands, one file each: an `Args` struct, and where it is short the work itself.

use clap::Subcommand;

use crate::{
    context::Context,
    error::{CommandError, Exit},
    ui::Ui,
};

pub mod authority;
pub mod bench;
pub mod check;
pub mod demo;
pub mod diff;
pub mod doctor;
pub mod enrol;
pub mod export;
pub mod handover;
pub mod help;
pub mod inbox;
pub mod init;
pub mod install;
pub mod key;
pub mod log;
pub mod outbox;
pub mod partner;
pub mod ping;
pub mod proof;
pub mod reconcile;
pub mod render;
pub mod renew;
pub mod request;
pub mod run;
pub mod send;
pub mod show;
pub mod status;
pub mod store;

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Makes the keys of an office on this machine.
    Init(init::Args),
    /// Writes the request for a certificate.
    Request(request::Args),
    /// Joins with the invitation of a letter.
    Enrol(enrol::Args),
    /// Takes in certificates, CRLs and trust bundles.
    Install(install::Args),
    /// Has the licence's next year granted.
    Renew(renew::Args),
    /// Runs the node.
    Run(run::Args),
    /// Checks exchange files.
    Check(check::Args),
    /// Holds actuals against the plan.
    Reconcile(reconcile::Args),
    /// Tells what changed between two versions.
    Diff(diff::Args),
    /// Shows documents as forms.
    Render(render::Args),
    /// Makes what goes by fax or by the national system.
    Handover(handover::Args),
    /// Sends bundles.
    Send(send::Args),
    /// Lists what has come.
    Inbox(inbox::Args),
    /// Lists what was sent.
    Outbox(outbox::Args),
    /// Shows one message.
    Show(show::Args),
    /// Writes the files of one message.
    Export(export::Args),
    /// Shows how the node is.
    Status(status::Args),
    /// Looks for causes of trouble.
    Doctor(doctor::Args),
    /// Asks whether a partner answers.
    Ping(ping::Args),
    /// Lists partners, and confirms new keys.
    #[command(subcommand)]
    Partner(partner::Command),
    /// Looks after what opens the keys.
    #[command(subcommand)]
    Key(key::Command),
    /// Checks the authority's public log.
    #[command(subcommand)]
    Log(log::Command),
    /// Looks after the store.
    #[command(subcommand)]
    Store(store::Command),
    /// Issues and revokes certificates.
    #[command(subcommand)]
    Authority(authority::Command),
    /// Proofs of membership and of use.
    #[command(subcommand)]
    Proof(proof::Command),
    /// Plays an exchange between three offices.
    Demo(demo::Args),
    /// Measures how fast this computer delivers.
    Bench(bench::Args),
    /// Shows the help of a command.
    Help(help::Args),
}

/// Does what was typed.
///
/// # Errors
/// Whatever the command could not do.
pub fn dispatch(ui: &mut Ui, context: &Context, command: Command) -> Result<Exit, CommandError> {
    match command {
        Command::Init(args) => init::run(ui, context, &args),
        Command::Request(args) => request::run(ui, context, &args),
        Command::Enrol(args) => enrol::run(ui, context, &args),
        Command::Install(args) => install::run(ui, context, &args),
        Command::Renew(args) => renew::run(ui, context, &args),
        Command::Run(args) => run::run(ui, context, &args),
        Command::Check(args) => check::run(ui, &args),
        Command::Reconcile(args) => reconcile::run(ui, &args),
        Command::Diff(args) => diff::run(ui, &args),
        Command::Render(args) => render::run(ui, &args),
        Command::Handover(args) => handover::run(ui, &args),
        Command::Send(args) => send::run(ui, context, &args),
        Command::Inbox(_) => inbox::run(ui, context),
        Command::Outbox(_) => outbox::run(ui, context),
        Command::Show(args) => show::run(ui, context, &args),
        Command::Export(args) => export::run(ui, context, &args),
        Command::Status(_) => status::run(ui, context),
        Command::Doctor(_) => doctor::run(ui, context),
        Command::Ping(args) => ping::run(ui, context, &args),
        Command::Partner(command) => partner::run(ui, context, &command),
        Command::Key(command) => key::run(ui, context, command),
        Command::Log(command) => log::run(ui, context, &command),
        Command::Store(command) => store::run(ui, context, &command),
        Command::Authority(command) => authority::run(ui, context, command),
        Command::Proof(command) => proof::run(ui, context, command),
        Command::Demo(args) => demo::run(ui, &args),
        Command::Bench(args) => bench::run(ui, &args),
        Command::Help(args) => help::run(ui, &args),
    }
}
