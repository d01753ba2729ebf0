//! `musubi authority init`: two roots, an issuing CA, and their keys.

use crate::args::values;

/// Who it is.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The authority's name.
    #[arg(long, value_name = "NAME", value_parser = values::name)]
    pub name: String,
}
