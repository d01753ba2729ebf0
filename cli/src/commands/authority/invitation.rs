//! `musubi authority invitation`: an invitation for everybody, without a code.

use musubi_node::authority::{Act, Done};
use musubi_protocol::invitation::{Code, Invitation, Place, ShortPin};

use crate::{
    args::values,
    context::Context,
    error::{CommandError, Exit},
    msg,
    qr::{self, Medium},
    ui::Ui,
};

/// Where to.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Where the authority is reached.
    #[arg(long, value_name = "PLACE", value_parser = values::place)]
    pub at: Place,
}

/// Shows it, to be printed anywhere: whoever applies with it waits for a decision. No passphrase is needed.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let Done::Trust { root_pin, .. } = super::perform(ui, context, None, Act::Trust)? else {
        return Err(super::unexpected());
    };
    let invitation = Invitation { code: Code::none(), pin: ShortPin::of(&root_pin), place: Some(args.at.clone()) };
    let text = invitation.to_text();
    if !ui.json() {
        ui.text_line(&text);
        ui.text_line(&qr::drawing(&text, Medium::Screen)?);
        ui.line(&msg!("authority-invitation-next"));
    }
    ui.result(&serde_json::json!({"invitation": text.as_str()}));
    Ok(Exit::Done)
}
