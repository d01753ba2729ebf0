//! Stories, one file each.

mod altered;
mod commands;
mod exchange;
#[cfg(unix)]
mod kill;
mod privacy;
#[cfg(unix)]
mod recovery;
mod renewal;
mod revocation;
mod strangers;
