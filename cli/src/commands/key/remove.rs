//! `musubi key remove`: one opener less; the last one stays.

/// Which opener.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Its number in `musubi key list`.
    #[arg(value_name = "NUMBER")]
    pub number: u32,
}
