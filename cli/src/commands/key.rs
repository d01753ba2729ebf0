//! `musubi key`: what opens the keys of this directory.

use clap::Subcommand;

pub mod add;
pub mod change;
pub mod list;
pub mod remove;

/// What to do with the openers.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Lists them.
    List(list::Args),
    /// Adds one.
    Add(add::Args),
    /// Removes one.
    Remove(remove::Args),
    /// Changes the passphrase.
    Change(change::Args),
}
