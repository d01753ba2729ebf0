//! `musubi key list`: the openers of this directory.

/// Nothing to choose.
#[derive(clap::Args, Debug)]
pub struct Args {}
