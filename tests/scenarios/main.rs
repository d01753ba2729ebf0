//! Stories, one file each.

mod altered;
mod attachments;
mod commands;
mod exchange;
#[cfg(unix)]
mod kill;
mod privacy;
mod renewal;
mod revocation;
mod strangers;
