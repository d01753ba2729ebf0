//! The `musubi` command: arguments, messages, exit codes. It asks the running node over its local
//! API and never opens the store of a running node.
//!
//! | module | subject |
//! |---|---|
//! | [`args`], [`commands`] | what can be typed; one file per command |
//! | [`text`] | every sentence, from `messages/*.ftl`; [`msg!`] names one |
//! | [`help`], [`usage`] | help and wrong usage in the reader's language |
//! | [`error`] | what went wrong, what to do next, which exit code |
//! | [`ui`] | stdout, stderr, tables, progress, questions |
//! | [`context`], [`passphrase`], [`unlock`] | data directory, passphrase, what opens the keys |
//! | [`client`] | the running node, asked over its local API |
//! | `search`, `exchange` | exchange files: found, read, put into words |
//! | `sheets` | forms and other sheets as files |
//! | [`rows`], [`signals`] | messages in words; how a node is stopped |
//! | `tool` | this very command as a child process, for demo and benchmark |
//! | [`moment`], [`recovery_sheet`], [`qr`], [`private_file`], [`logging`] | helpers of several commands |
//!
//! To add
//! - **a text**: the key into both message files, `msg!("key", name = value)` where it is used;
//! - **an error**: `err-...` with `.hint` into both files, `CommandError::failed(msg!("err-..."))` or
//!   `usage`; for a library's error one `From` in [`error`], and nowhere else;
//! - **a command**: a file in `commands/` with `Args` and `run(ui, context, args)`, a variant and an
//!   arm in [`commands`], `cmd-NAME` and `cmd-NAME-arg-...` in both files.
//!
//! Tests name whatever was forgotten.

pub mod app;
pub mod args;
pub mod client;
pub mod commands;
pub mod context;
pub mod error;
mod exchange;
pub mod help;
pub mod logging;
pub mod moment;
mod output;
pub mod passphrase;
pub mod private_file;
pub mod qr;
pub mod recovery_sheet;
pub mod rows;
mod search;
mod sheets;
pub mod signals;
pub mod text;
mod tool;
pub mod ui;
pub mod unlock;
pub mod usage;

pub use app::main;
