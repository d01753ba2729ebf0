//! `musubi authority init`: two roots, an issuing CA, and their keys.

use musubi_node::{
    Clock,
    authority::{Authority, Error, Passphrase, Register},
    office,
};

use crate::{
    args::values,
    context::Context,
    error::{CommandError, Exit, problem::grouped},
    msg,
    ui::Ui,
};

/// Who it is.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The authority's name.
    #[arg(long, value_name = "NAME", value_parser = values::name)]
    pub name: String,
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
    let passphrase = Passphrase::new(context.passphrase.chosen(ui)?);
    let (_, founded) = Authority::init(dir, &args.name, &passphrase, Clock::system().now(), &mut rand::rng())?;
    ui.line(&msg!("authority-founded", name = &args.name, dir = dir));
    ui.line(&msg!("authority-pin", pin = grouped(&founded.root_pin.to_string())));
    ui.line(&msg!("authority-founded-next"));
    ui.result(&serde_json::json!({
        "name": args.name,
        "root_sha256": founded.root_pin.to_string(),
        "network_id": founded.network.to_string(),
        "network": founded.short_network,
    }));
    Ok(Exit::Done)
}
