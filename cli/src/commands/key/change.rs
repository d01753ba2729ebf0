//! `musubi key change`: another passphrase.

use std::path::PathBuf;

/// Where the new passphrase comes from.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The file that holds it; without one it is asked for.
    #[arg(long, value_name = "FILE")]
    pub new_passphrase_file: Option<PathBuf>,
}
