//! Real nodes on loopback with a test authority: ports of the system's choice, own directories, a time limit on
//! every wait and no sleeping.

#[cfg(target_os = "linux")]
pub mod disk;
#[cfg(target_os = "linux")]
pub mod faults;
#[cfg(target_os = "linux")]
pub mod hostile;
#[cfg(target_os = "linux")]
pub mod lan;
pub mod logs;
#[cfg(target_os = "linux")]
pub mod mount;
pub mod network;
pub mod partner;
#[cfg(unix)]
pub mod process;
pub mod proxy;
pub mod raw;
pub mod reader;
pub mod sample;
#[cfg(unix)]
pub mod system;

use std::{future::Future, time::Duration};

pub use network::{Installed, TestNetwork, TestNode, WrongClock};
#[cfg(unix)]
pub use process::NodeProcess;

/// Longest time that a test waits for one thing. Generous: a busy CI machine is slow, never that slow.
pub const LIMIT: Duration = Duration::from_secs(30);

/// Names of everything that a test makes on the machine begin so; the process id follows.
pub const PREFIX: &str = "musubi-f";

/// A directory for a test. Its name tells whose it was, should it be left behind.
///
/// # Panics
/// If there is none to be had.
#[must_use]
pub fn place() -> tempfile::TempDir {
    let prefix = format!("{PREFIX}{}-", std::process::id());
    tempfile::Builder::new().prefix(&prefix).tempdir().expect("a temporary directory")
}

/// Waits for something that must happen.
///
/// # Panics
/// If it takes longer than [`LIMIT`].
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(LIMIT, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not happen within {LIMIT:?}"),
    }
}

/// Whether an outside tool is there. Without it a test says so and ends; with `MUSUBI_REQUIRE_TOOLS=1`, as in CI,
/// that is a failure.
///
/// # Panics
/// If the tool is missing and required.
#[must_use]
pub fn has_tool(test: &str, tool: &str) -> bool {
    let found = std::process::Command::new(tool).arg("version").output().is_ok();
    if !found {
        assert!(std::env::var_os("MUSUBI_REQUIRE_TOOLS").is_none(), "{test} needs {tool}");
        println!("SKIPPED {test}: {tool}");
    }
    found
}
