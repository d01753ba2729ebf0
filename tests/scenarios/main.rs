//! Stories, one file each.

mod admins;
mod agree;
mod altered;
mod attachments;
mod authority;
mod authority_lost;
mod clock;
mod commands;
#[cfg(target_os = "linux")]
mod disk;
mod exchange;
#[cfg(target_os = "linux")]
mod faults;
mod grace;
#[cfg(target_os = "linux")]
mod hostile;
#[cfg(target_os = "linux")]
mod kill;
mod logproof;
mod new_computer;
mod privacy;
mod proof;
mod reader;
#[cfg(unix)]
mod recovery;
mod renewal;
mod revocation;
mod strangers;
