//! `musubi show`: one message with its receipts.

use crate::args::values::{self, IdPrefix};

/// Which message.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Its id, or the beginning of it.
    #[arg(value_name = "ID", value_parser = values::message_id)]
    pub id: IdPrefix,
}
