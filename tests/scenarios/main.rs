//! Stories, one file each.

mod altered;
mod exchange;
#[cfg(unix)]
mod kill;
mod strangers;
