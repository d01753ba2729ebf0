//! `musubi store`: what a damaged store asks for.

use clap::Subcommand;
use musubi_node::Clock;

use crate::{
    context::Context,
    error::{CommandError, Exit},
    msg,
    ui::Ui,
};

/// What to do with the store.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Moves a damaged one to a place beside it.
    SetAside(SetAside),
}

/// Which ones go.
#[derive(clap::Args, Debug)]
pub struct SetAside {
    /// Also one in which every record can be read.
    #[arg(long)]
    pub even_if_readable: bool,
}

pub(crate) fn run(ui: &mut Ui, context: &Context, command: &Command) -> Result<Exit, CommandError> {
    match command {
        Command::SetAside(args) => set_aside(ui, context, args),
    }
}

fn set_aside(ui: &mut Ui, context: &Context, args: &SetAside) -> Result<Exit, CommandError> {
    let home = context.home()?;
    if !home.is_set_up() {
        return Err(CommandError::failed(msg!("err-not-set-up")));
    }
    let aside = home.set_store_aside(Clock::system().now(), args.even_if_readable)?;
    ui.line(&msg!("store-set-aside", path = aside.as_path()));
    ui.line(&msg!("store-begin-anew"));
    ui.result(&serde_json::json!({"set_aside": aside}));
    Ok(Exit::Done)
}
