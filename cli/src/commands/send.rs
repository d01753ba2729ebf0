//! `musubi send`: bundles, to the partners whom the files name.

use std::path::PathBuf;

use musubi_protocol::ids::{Address, Kind};

use crate::args::values::{self, Wait};

/// What to send, and what file names may leave open.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Files and directories; a directory is searched.
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// The sending address, where several fit.
    #[arg(long, value_name = "ADDRESS", value_parser = values::address)]
    pub from: Option<Address>,
    /// The receiver's kind, where the file names carry none.
    #[arg(long, value_name = "KIND", value_parser = values::kind)]
    pub to_kind: Option<Kind>,
    /// Waits until the partners have it.
    #[arg(long, value_name = "WAIT", value_parser = values::wait)]
    pub wait: Option<Wait>,
}
