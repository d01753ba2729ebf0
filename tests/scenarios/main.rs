//! Stories, one file each.

mod exchange;
#[cfg(unix)]
mod kill;
