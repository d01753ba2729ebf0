//! The model: read from files, held by offices, written to files.

mod ledger;
mod read;
mod sample;
mod strategies;
mod write;
