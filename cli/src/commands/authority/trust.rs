//! `musubi authority trust`: the trust bundle.

use std::path::PathBuf;

use musubi_node::authority::Register;

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
    let register = Register::open(context.dir()?)?;
    out.finish(&register.trust_file())?;
    ui.line(&msg!("authority-trust-written", path = &args.out));
    ui.line(&msg!("authority-pin", pin = grouped(&register.root_pin().to_string())));
    ui.result(&serde_json::json!({
        "out": args.out,
        "number": register.bundle_number(),
        "root_sha256": register.root_pin().to_string(),
    }));
    Ok(Exit::Done)
}
