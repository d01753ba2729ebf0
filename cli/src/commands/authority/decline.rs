//! `musubi authority decline`: declines an application.

use musubi_node::authority::{Act, Done};

use crate::{
    context::Context,
    error::{CommandError, Exit},
    msg,
    ui::Ui,
};

/// Which application.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The application's name, or its beginning.
    #[arg(value_name = "APPLICATION")]
    pub id: String,
    /// Who acts.
    #[command(flatten)]
    pub acting: super::Acting,
}

/// Declines it; it may be granted later all the same.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let act = Act::Decline { id: args.id.clone() };
    let Done::Declined(declined) = super::perform(ui, context, Some(&args.acting), act)? else {
        return Err(super::unexpected());
    };
    ui.line(&msg!("authority-declined", office = declined.office, name = &declined.name));
    ui.result(&declined);
    Ok(Exit::Done)
}
