//! `musubi outbox`: what was sent.

/// Nothing to choose yet.
#[derive(clap::Args, Debug)]
pub struct Args {}
