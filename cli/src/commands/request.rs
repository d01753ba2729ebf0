//! `musubi request`: the request for a certificate (PKCS#10).

use std::path::PathBuf;

use musubi_node::office;
use musubi_protocol::{certificate::material::REQUEST, ids::OfficeNumber};

use crate::{
    args::values,
    context::Context,
    error::{CommandError, Exit},
    msg,
    output::Output,
    ui::Ui,
    unlock,
};

/// For which desk, and where to.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The office, where the directory holds several.
    #[arg(long, value_name = "OFFICE", value_parser = values::office)]
    pub office: Option<OfficeNumber>,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The file that stands for this machine where it has no key store.
    #[arg(long, value_name = "FILE")]
    pub machine_key: Option<PathBuf>,
}

/// Writes the request. An older request is replaced: one can be made again at any time.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let home = context.home()?;
    let out = Output::prepare(&args.out, &[REQUEST])?;
    let unlock = unlock::choose(ui, context, &home, args.machine_key.as_deref())?;
    let (office, pem) = office::request(&home, &unlock, args.office)?;
    out.finish(&pem)?;
    ui.line(&msg!("request-done", office = office, path = &args.out));
    ui.line(&msg!("request-next"));
    ui.result(&serde_json::json!({"office": office.to_string(), "out": args.out.to_string_lossy()}));
    Ok(Exit::Done)
}
