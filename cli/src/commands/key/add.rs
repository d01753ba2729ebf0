//! `musubi key add`: one more opener.

use std::path::PathBuf;

/// Which opener.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Its sort.
    #[arg(value_name = "OPENER")]
    pub opener: Opener,
    /// The file that stands for this machine where it has no key store.
    #[arg(long, value_name = "FILE")]
    pub machine_key: Option<PathBuf>,
    /// Where the recovery sheet goes instead of the screen.
    #[arg(long, value_name = "FILE")]
    pub recovery_out: Option<PathBuf>,
    /// The file that holds the new passphrase.
    #[arg(long, value_name = "FILE")]
    pub new_passphrase_file: Option<PathBuf>,
}

/// A sort of opener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Opener {
    /// A passphrase.
    Passphrase,
    /// This machine.
    Machine,
    /// A recovery sheet.
    Recovery,
}
