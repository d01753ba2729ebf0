//! `musubi authority approve`: grants an application.

use std::path::PathBuf;

use jiff::civil::Date;
use musubi_node::authority::{Act, Done, Period};

use crate::{
    args::values,
    context::Context,
    error::{CommandError, Exit},
    msg,
    output::{HANDED_OUT, Output},
    ui::Ui,
};

/// Which application, and how long.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The application's name, or its beginning.
    #[arg(value_name = "APPLICATION")]
    pub id: String,
    /// The licence's first day.
    #[arg(long, value_name = "DATE", value_parser = values::date)]
    pub from: Option<Date>,
    /// The licence's last day.
    #[arg(long, value_name = "DATE", value_parser = values::date)]
    pub until: Option<Date>,
    /// A file to write, for an office that does not fetch its certificate by itself.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Who acts.
    #[command(flatten)]
    pub acting: super::Acting,
}

/// Grants it: the office fetches its certificate by itself, or gets the file.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let out = args.out.as_ref().map(|path| Output::prepare(path, &HANDED_OUT)).transpose()?;
    let period = Period { from: args.from, until: args.until };
    let act = Act::Approve { id: args.id.clone(), period };
    let Done::Issued(issued) = super::perform(ui, context, Some(&args.acting), act)? else {
        return Err(super::unexpected());
    };
    match (out, &args.out) {
        (Some(out), Some(path)) => {
            out.finish(&issued.pem).map_err(|error| error.hint(msg!("authority-issued-anyway")))?;
            super::issue::told(ui, &issued, path);
        }
        _ => {
            ui.line(&msg!("authority-approved", office = issued.row.office, name = &issued.row.name));
            if issued.fee > 0 {
                ui.line(&msg!("authority-fee-due", fee = i64::from(issued.fee)));
            }
            let mut value = serde_json::json!(issued.row);
            value["fee"] = issued.fee.into();
            ui.result(&value);
        }
    }
    Ok(Exit::Done)
}
