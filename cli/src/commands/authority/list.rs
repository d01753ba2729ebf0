//! `musubi authority list`: every certificate and its state.

/// Nothing to choose.
#[derive(clap::Args, Debug)]
pub struct Args {}
