//! The model: read from files, held by offices, written to files.

mod read;
mod sample;
