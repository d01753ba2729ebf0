//! `musubi authority crl`: the newest CRLs.

use std::path::PathBuf;

use musubi_node::{Clock, authority::Register};

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
    let fresh = Register::open(context.dir()?)?.fresh_crl(Clock::system().now());
    let file = match fresh {
        Some(file) => file,
        None => super::open(ui, context)?.crl(Clock::system().now())?,
    };
    out.finish(&file)?;
    ui.line(&msg!("authority-crl-written", path = &args.out));
    ui.result(&serde_json::json!({"out": args.out}));
    Ok(Exit::Done)
}
