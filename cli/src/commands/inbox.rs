//! `musubi inbox`: what has come.

/// Nothing to choose yet.
#[derive(clap::Args, Debug)]
pub struct Args {}
