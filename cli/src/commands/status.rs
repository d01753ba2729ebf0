//! `musubi status`: how the node is.

/// Nothing to choose.
#[derive(clap::Args, Debug)]
pub struct Args {}
