//! `musubi authority issue`: a certificate for a request.

use std::path::PathBuf;

use jiff::civil::Date;

use crate::args::values;

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
}
