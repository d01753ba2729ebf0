//! What can be typed. The words of the help stand in the message files; [`help`]
//! puts them in, so the comments here are for whoever reads the code.

use std::path::PathBuf;

use clap::{ArgAction, CommandFactory, Parser};

use crate::{
    commands::Command,
    help,
    text::{Lang, Text},
};

pub mod values;

/// The whole command line.
#[derive(Parser, Debug)]
#[command(name = "musubi", version)]
#[command(disable_help_flag = true, disable_version_flag = true, disable_help_subcommand = true)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// Shows the version.
    #[arg(long, short = 'V', action = ArgAction::Version)]
    pub version: Option<bool>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(clap::Args, Debug, Default)]
pub struct Global {
    /// The data directory.
    #[arg(long, global = true, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// The file whose first line is the passphrase.
    #[arg(long, global = true, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Prints one JSON value instead of words.
    #[arg(long, global = true)]
    pub json: bool,
    /// The language.
    #[arg(long, global = true, value_name = "LANG")]
    pub lang: Option<Lang>,
    /// Tells more on stderr; twice: still more.
    #[arg(long, short = 'v', global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Shows the help.
    #[arg(long, short = 'h', global = true, action = ArgAction::Help)]
    pub help: Option<bool>,
}

/// The tree of commands without words, as clap derives it.
#[must_use]
pub fn bare() -> clap::Command {
    Cli::command()
}

/// The tree of commands with help in the reader's language, laid out for `width` columns.
#[must_use]
pub fn command(text: &Text, width: usize) -> clap::Command {
    help::localise(bare(), text, width)
}
