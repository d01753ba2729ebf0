//! Settings of a node: read, checked and complete before another crate sees them.
//!
//! Three layers, the later one wins: the embedded `defaults.toml`, then `musubi.toml` in the data
//! directory (may be absent), then the command line. No environment variable is read here; the
//! command line alone knows `MUSUBI_DIR`. A wrong file is an error that names line and key, never
//! a silently ignored line.
//!
//! | module | subject |
//! |---|---|
//! | [`settings`] | the values, and how the layers become them |
//! | [`check`] | what a single value must look like |
//! | [`file`](mod@file) | the file against the defaults: unknown keys, wrong types, lines |

pub mod check;
pub mod file;
pub mod settings;

pub use file::{Error, Problem};
pub use settings::{Overrides, Settings};

/// The name of the optional settings file in the data directory.
pub const FILE_NAME: &str = "musubi.toml";

/// The file that holds every default, with comments for people.
pub const DEFAULTS: &str = include_str!("../defaults.toml");
