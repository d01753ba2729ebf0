//! `musubi authority reissue`: new certificates for what a revoked CA has issued.

use musubi_node::authority::{Act, Done};

use crate::{
    context::Context,
    error::{CommandError, Exit},
    msg,
    ui::Ui,
};

/// Who acts.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Who acts.
    #[command(flatten)]
    pub acting: super::Acting,
}

/// Issues anew, with the licences that run. Offices fetch their certificates by themselves.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let Done::Reissued { count, refused } = super::perform(ui, context, Some(&args.acting), Act::Reissue)? else {
        return Err(super::unexpected());
    };
    ui.line(&msg!("authority-reissued", count = i64::try_from(count).unwrap_or(i64::MAX)));
    if !refused.is_empty() {
        let offices: Vec<String> = refused.iter().map(ToString::to_string).collect();
        ui.line(&msg!("authority-reissue-refused", offices = offices.join(", ")));
    }
    ui.result(&serde_json::json!({"certificates": count, "refused": refused}));
    Ok(if refused.is_empty() { Exit::Done } else { Exit::Refused })
}
