//! `musubi authority crl`: the newest CRLs.

use std::path::PathBuf;

/// Where to.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}
