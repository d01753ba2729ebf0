//! `musubi proof membership`: the proof that this office takes part.

use std::path::PathBuf;

use musubi_protocol::{ids::OfficeNumber, proof::LABEL};

use super::{Picture, day, qr_code};
use crate::{
    args::values,
    client::Client,
    context::Context,
    error::{CommandError, Exit},
    msg,
    output::Output,
    ui::Ui,
};

/// Of which office, and where to.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The office, where this directory has several.
    #[arg(long, value_name = "OFFICE", value_parser = values::office)]
    pub office: Option<OfficeNumber>,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The QR code as a picture, to print.
    #[arg(long, value_name = "FILE")]
    pub qr: Option<PathBuf>,
}

/// Has the node fetch the newest proof, writes it and shows its QR code.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    // Whatever stands in the way of writing is told before the authority is asked.
    let given = args.out.as_ref().map(|path| Output::prepare(path, &[LABEL])).transpose()?;
    let picture = Picture::prepare(args.qr.as_deref())?;
    let client = Client::find(&context.home()?, ui.text().lang())?;
    let row = client.membership(args.office.map(|office| office.to_string()))?;
    let path = args.out.clone().unwrap_or_else(|| format!("musubi-membership-{}.pem", row.office).into());
    let out = given.map_or_else(|| Output::prepare(&path, &[LABEL]), Ok)?;
    out.finish(&row.file)?;
    let picture = picture.finish(&row.text)?;

    let (joined, until, signed) = (day(ui, &row.joined), day(ui, &row.until), day(ui, &row.signed));
    ui.line(&msg!("proof-member", office = &row.office, name = &row.name, joined = joined, until = until));
    match row.kept.as_deref() {
        None => ui.line(&msg!("membership-signed", day = signed)),
        Some("unreachable") => ui.line(&msg!("membership-kept", day = signed)),
        Some(_) => ui.line(&msg!("membership-kept-refused", day = signed)),
    }
    ui.line(&msg!("membership-written", path = &path));
    qr_code(ui, &row.text, picture)?;
    ui.result(&serde_json::json!({
        "proof": "membership",
        "office": row.office,
        "name": row.name,
        "joined": row.joined,
        "from": row.from,
        "until": row.until,
        "signed": row.signed,
        "kept": row.kept,
        "out": path,
        "text": row.text,
    }));
    Ok(Exit::Done)
}
