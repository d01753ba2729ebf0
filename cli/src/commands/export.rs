//! `musubi export`: the files of one message, under their own names.

use std::path::PathBuf;

use crate::args::values::{self, IdPrefix};

/// Which message, and where to.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Its id, or the beginning of it.
    #[arg(value_name = "ID", value_parser = values::message_id)]
    pub id: IdPrefix,
    /// The directory to write into.
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
}
