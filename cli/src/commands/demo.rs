//! `musubi demo`: an exchange between three offices, played by this very command.

use std::path::PathBuf;

/// What stays of it.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Keeps everything in this directory.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}
