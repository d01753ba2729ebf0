//! `musubi authority proof`: a proof of membership for an office.

use std::path::PathBuf;

use musubi_node::authority::{Act, Done};
use musubi_protocol::{ids::OfficeNumber, proof::LABEL};

use crate::{
    args::values,
    commands::proof::qr_code,
    context::Context,
    error::{CommandError, Exit},
    msg,
    output::Output,
    ui::Ui,
};

/// Which office, and where to.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The office.
    #[arg(value_name = "OFFICE", value_parser = values::office)]
    pub office: OfficeNumber,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Signs a proof, writes the file and shows its QR code.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let out = Output::prepare(&args.out, &[LABEL])?;
    let Done::Proof { file, text } = super::perform(ui, context, None, Act::Membership { office: args.office })? else {
        return Err(super::unexpected());
    };
    out.finish(&file)?;
    ui.line(&msg!("authority-proof-written", office = args.office, path = &args.out));
    qr_code(ui, &text, false)?;
    ui.result(&serde_json::json!({"office": args.office, "out": args.out, "text": text}));
    Ok(Exit::Done)
}
