//! `musubi authority init`: two roots, an issuing CA, and their keys.

use std::{
    fs,
    path::{Path, PathBuf},
};

use musubi_node::{
    Clock,
    authority::{Authority, Error, Passphrase, Register},
    office,
};

use crate::{
    args::values,
    context::Context,
    error::{CommandError, Exit},
    msg,
    output::Output,
    ui::Ui,
};

/// Who it is.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The authority's name.
    #[arg(long, value_name = "NAME", value_parser = values::name)]
    pub name: String,
    /// The certificates of its two roots, which are kept elsewhere; root 1 first.
    #[arg(long, value_name = "FILE", num_args = 1, requires = "out")]
    pub root: Vec<PathBuf>,
    /// The file for what root 1 has to sign.
    #[arg(long, value_name = "FILE", requires = "root")]
    pub out: Option<PathBuf>,
    /// Who is its first administrator.
    #[command(flatten)]
    pub acting: super::Acting,
}

/// Founds the authority and shows the fingerprint that offices compare.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let dir = context.dir()?;
    let home = context.home()?;
    // A node that runs there has a token; without one its desks tell.
    if home.api_token().exists() || office::desks(&home).is_ok_and(|desks| !desks.is_empty()) {
        return Err(CommandError::failed(msg!("err-authority-office")));
    }
    // Nobody shall think up a passphrase for nothing.
    match Register::open(dir) {
        Ok(_) => return Err(Error::Exists.into()),
        Err(Error::NoAuthority) => {}
        Err(error) => return Err(error.into()),
    }
    let now = Clock::system().now();
    if let Some(out) = &args.out {
        return begin(ui, context, args, out);
    }
    let admin = args.acting.name()?;
    let passphrase = Passphrase::new(context.passphrase.chosen(ui)?);
    let (mut authority, founded) = Authority::init(dir, &args.name, &passphrase, now, &mut rand::rng())?;
    authority.first_admin(dir, &admin, &passphrase, now)?;
    drop(authority);
    super::root::founded(ui, context, &args.name, &founded)?;
    ui.line(&msg!("authority-admin-first", name = &admin));
    ui.note(&msg!("authority-root-here"));
    Ok(Exit::Done)
}

/// Begins an authority whose roots are kept elsewhere.
fn begin(ui: &mut Ui, context: &Context, args: &Args, out: &Path) -> Result<Exit, CommandError> {
    let [first, second] = &args.root[..] else { return Err(CommandError::usage(msg!("err-authority-two-roots"))) };
    let read = |path: &PathBuf| fs::read(path).map_err(CommandError::reading(path));
    let (first, second) = (read(first)?, read(second)?);
    let file = Output::prepare(out, &[super::root::REQUEST])?;
    let dir = context.dir()?;
    // Begun before, it wants the passphrase that it was begun with.
    let passphrase = match Authority::is_begun(dir)? {
        true => context.passphrase.existing(ui, &msg!("ask-authority-passphrase"))?,
        false => context.passphrase.chosen(ui)?,
    };
    let (passphrase, now) = (Passphrase::new(passphrase), Clock::system().now());
    let request = Authority::begin(dir, &args.name, [&first, &second], &passphrase, now, &mut rand::rng())?;
    file.finish(&request.to_pem()?)?;
    super::root::carried(ui, out, &request.fingerprint()?.to_string());
    Ok(Exit::Done)
}
