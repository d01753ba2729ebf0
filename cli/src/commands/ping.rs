//! `musubi ping`: whether a partner answers.

use musubi_protocol::ids::Address;

use crate::args::values;

/// Whom to ask.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The partner's address.
    #[arg(value_name = "ADDRESS", value_parser = values::address)]
    pub address: Address,
}
