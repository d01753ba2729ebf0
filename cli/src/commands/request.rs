//! `musubi request`: the request for a certificate (PKCS#10).

use std::path::PathBuf;

use musubi_protocol::ids::OfficeNumber;

use crate::args::values;

/// For which desk, and where to.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The office, where the directory holds several.
    #[arg(long, value_name = "OFFICE", value_parser = values::office)]
    pub office: Option<OfficeNumber>,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}
