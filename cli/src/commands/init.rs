//! `musubi init`: the keys of an office on this machine.

use std::path::PathBuf;

use musubi_protocol::ids::{Kind, OfficeNumber};

use crate::args::values;

/// Which desk, and what opens its keys.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The office number.
    #[arg(long, value_name = "OFFICE", value_parser = values::office)]
    pub office: OfficeNumber,
    /// The kinds that this desk holds.
    #[arg(long, value_name = "KIND", required = true, value_parser = values::kind)]
    pub kind: Vec<Kind>,
    /// The office's name.
    #[arg(long, value_name = "NAME", value_parser = values::name)]
    pub name: String,
    /// Who opens the keys when the node starts.
    #[arg(long, value_name = "MODE", default_value = "attended")]
    pub mode: Mode,
    /// The file that stands for this machine where it has no key store.
    #[arg(long, value_name = "FILE")]
    pub machine_key: Option<PathBuf>,
    /// Where the recovery sheet goes instead of the screen.
    #[arg(long, value_name = "FILE")]
    pub recovery_out: Option<PathBuf>,
}

/// Who opens the keys when the node starts. The split mode comes with the system service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// A person, by the passphrase.
    Attended,
    /// This machine, without a person.
    Unattended,
}
