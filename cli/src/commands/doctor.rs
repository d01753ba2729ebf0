//! `musubi doctor`: causes of trouble, in words.

/// Nothing to choose.
#[derive(clap::Args, Debug)]
pub struct Args {}
