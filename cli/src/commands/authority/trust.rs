//! `musubi authority trust`: the trust bundle.

use std::path::PathBuf;

use musubi_node::authority::{Act, Done};

use crate::{
    context::Context,
    error::{CommandError, Exit, problem::grouped},
    msg,
    output::{HANDED_OUT, Output},
    ui::Ui,
};

/// Where to.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Writes the trust bundle and the newest log head. No passphrase is needed.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let out = Output::prepare(&args.out, &HANDED_OUT)?;
    let Done::Trust { file, number, root_pin } = super::perform(ui, context, None, Act::Trust)? else {
        return Err(super::unexpected());
    };
    out.finish(&file)?;
    ui.line(&msg!("authority-trust-written", path = &args.out));
    ui.line(&msg!("authority-pin", pin = grouped(&root_pin.to_string())));
    ui.result(&serde_json::json!({
        "out": args.out,
        "number": number,
        "root_sha256": root_pin.to_string(),
    }));
    Ok(Exit::Done)
}
