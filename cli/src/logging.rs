//! The log, on stderr. Commands are quiet unless `-v` is given; `run` follows its settings.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::{error::CommandError, msg};

/// What `-v`, `-vv` and `-vvv` show; `None` without one.
#[must_use]
pub const fn filter(verbose: u8) -> Option<&'static str> {
    match verbose {
        0 => None,
        1 => Some("info"),
        2 => Some("info,musubi_cli=debug,musubi_node=debug,musubi_network=debug,musubi_store=debug"),
        _ => Some("debug,musubi_cli=trace,musubi_node=trace,musubi_network=trace,musubi_store=trace"),
    }
}

/// Starts the log with a filter as `config` has checked it. A second start changes nothing.
///
/// # Errors
/// Exit code 2 for a filter that `tracing` does not take.
pub fn start(filter: &str) -> Result<(), CommandError> {
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| CommandError::usage(msg!("err-log-filter", filter = filter)).because(&error))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .finish();
    // Only tests start it twice.
    let _ = tracing::subscriber::set_global_default(log);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_is_a_filter_that_settings_accept() {
        for verbose in 1..=4 {
            let filter = filter(verbose).unwrap();
            assert_eq!(musubi_config::check::log_filter(filter), Ok(()));
            EnvFilter::try_new(filter).unwrap();
        }
        assert_eq!(filter(0), None);
    }
}
