//! `musubi install`: certificates, CRLs and trust bundles, told by content.

use std::path::PathBuf;

use musubi_protocol::ids::Hash;

use crate::args::values;

/// What to take in.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The files, in any order.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// SHA-256 of the first root's DER: pins the roots without a question.
    #[arg(long, value_name = "HEX", value_parser = values::sha256)]
    pub root_sha256: Option<Hash>,
}
