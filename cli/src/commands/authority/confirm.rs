//! `musubi authority confirm`: the second administrator's word.

use musubi_node::authority::{Act, Done};

use crate::{
    context::Context,
    error::{CommandError, Exit},
    ui::Ui,
};

/// Which order.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Its name.
    #[arg(value_name = "ORDER")]
    pub id: String,
    /// Who acts.
    #[command(flatten)]
    pub acting: super::Acting,
}

/// Carries an order out that another administrator has given.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let act = Act::Confirm { id: args.id.clone() };
    let Done::Revoked(revoked) = super::perform(ui, context, Some(&args.acting), act)? else {
        return Err(super::unexpected());
    };
    super::revoke::told(ui, &revoked);
    Ok(Exit::Done)
}
