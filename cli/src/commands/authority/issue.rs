//! `musubi authority issue`: a certificate for a request.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use jiff::civil::Date;
use musubi_node::authority::{Act, Done, Issued, Period};
use musubi_protocol::certificate::material::MAX_FILE;

use crate::{
    args::values,
    context::Context,
    error::{CommandError, Exit},
    moment, msg,
    output::{HANDED_OUT, Output},
    ui::Ui,
};

/// For which request, and how long.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The request.
    #[arg(value_name = "FILE")]
    pub request: PathBuf,
    /// The licence's first day; today where not given.
    #[arg(long, value_name = "DATE", value_parser = values::date)]
    pub from: Option<Date>,
    /// The licence's last day; a year from the first where not given.
    #[arg(long, value_name = "DATE", value_parser = values::date)]
    pub until: Option<Date>,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Who acts.
    #[command(flatten)]
    pub acting: super::Acting,
}

/// Issues, then writes the file.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let request = read(&args.request).map_err(CommandError::reading(&args.request))?;
    let out = Output::prepare(&args.out, &HANDED_OUT)?;
    let act = Act::Issue { request, period: Period { from: args.from, until: args.until } };
    let Done::Issued(issued) = super::perform(ui, context, Some(&args.acting), act)? else {
        return Err(super::unexpected());
    };
    // From here on the certificate exists, whatever becomes of the file.
    out.finish(&issued.pem).map_err(|error| error.hint(msg!("authority-issued-anyway")))?;
    told(ui, &issued, &args.out);
    Ok(Exit::Done)
}

/// Says what was issued, and where it lies.
pub(super) fn told(ui: &mut Ui, issued: &Issued, path: &Path) {
    let row = &issued.row;
    let until = moment::day(ui.text(), moment::date_of(row.until));
    let office = row.office;
    if issued.renewal {
        ui.line(&msg!("authority-renewed", office = office, name = &row.name, path = path, until = until));
    } else {
        ui.line(&msg!("authority-issued", office = office, name = &row.name, path = path, until = until));
    }
    if issued.fee > 0 {
        ui.line(&msg!("authority-fee-due", fee = i64::from(issued.fee)));
    }
    let mut value = serde_json::json!(row);
    value["renewal"] = issued.renewal.into();
    value["fee"] = issued.fee.into();
    value["out"] = serde_json::json!(path);
    ui.result(&value);
}

/// Reads a file, of which one byte more than any request has is enough.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
