//! `musubi authority crl`: the newest CRLs.

use std::path::PathBuf;

use musubi_node::authority::{Act, Done};

use crate::{
    context::Context,
    error::{CommandError, Exit},
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

/// Writes the CRLs. The passphrase is needed only where they have to be signed anew.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let out = Output::prepare(&args.out, &HANDED_OUT)?;
    let Done::File(file) = super::perform(ui, context, None, Act::Crl)? else { return Err(super::unexpected()) };
    out.finish(&file)?;
    ui.line(&msg!("authority-crl-written", path = &args.out));
    ui.result(&serde_json::json!({"out": args.out}));
    Ok(Exit::Done)
}
