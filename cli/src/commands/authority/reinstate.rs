//! `musubi authority reinstate`: undoes a revocation in error.

use std::path::PathBuf;

use musubi_node::authority::{Act, Done, Error};
use musubi_protocol::certificate::Serial;

use crate::{
    args::values,
    context::Context,
    error::{CommandError, Exit},
    msg,
    output::{HANDED_OUT, Output},
    ui::Ui,
};

/// Which certificate, and where to.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The certificate that was revoked.
    #[arg(value_name = "SERIAL", value_parser = values::serial)]
    pub serial: super::revoke::Serial,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Who acts.
    #[command(flatten)]
    pub acting: super::Acting,
}

/// Issues a new certificate for the same key, then writes the file.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let serial = Serial::from_bytes(&args.serial).map_err(|_| Error::Unknown)?;
    let out = Output::prepare(&args.out, &HANDED_OUT)?;
    let Done::Issued(issued) = super::perform(ui, context, Some(&args.acting), Act::Reinstate { serial })? else {
        return Err(super::unexpected());
    };
    out.finish(&issued.pem).map_err(|error| error.hint(msg!("authority-issued-anyway")))?;
    super::issue::told(ui, &issued, &args.out);
    Ok(Exit::Done)
}
