//! What tests ask of the machine: outside tools, root, and that everything is as it was afterwards.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use crate::PREFIX;

/// Whether a test has what it needs: root, if it says so, and tools. Without, it says so and ends; with
/// `MUSUBI_REQUIRE_TOOLS=1`, as in CI, a missing tool is a failure. Root cannot be installed, so it is never required.
///
/// # Panics
/// If a tool is missing and required.
#[must_use]
pub fn has(test: &str, root: bool, tools: &[&str]) -> bool {
    if root && !is_root() {
        println!("SKIPPED {test}: root");
        return false;
    }
    let Some(missing) = tools.iter().find(|tool| find(tool).is_none()) else { return true };
    assert!(env::var_os("MUSUBI_REQUIRE_TOOLS").is_none(), "{test} needs {missing}");
    println!("SKIPPED {test}: {missing}");
    false
}

/// Whether this process may mount and make namespaces.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// How many descriptors this process may have open, and each that it starts.
#[must_use]
pub fn descriptors() -> u64 {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Where a program is.
#[must_use]
pub fn find(tool: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // Where administrators' tools are, which are not in everybody's path.
    let dirs = env::split_paths(&path).chain([PathBuf::from("/usr/sbin"), PathBuf::from("/sbin")]);
    dirs.map(|dir| dir.join(tool)).find(|path| path.is_file())
}

/// Runs a program to its end.
///
/// # Errors
/// What it said, if it failed.
pub fn run<A: AsRef<OsStr>>(tool: &str, args: impl IntoIterator<Item = A>) -> Result<Output, String> {
    run_with(tool, args, "")
}

/// As [`run`], with an input.
///
/// # Errors
/// What it said, if it failed.
pub fn run_with<A: AsRef<OsStr>>(tool: &str, args: impl IntoIterator<Item = A>, input: &str) -> Result<Output, String> {
    use std::io::Write;

    let program = find(tool).ok_or_else(|| format!("{tool} is not there"))?;
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("{tool}: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // It may not want any.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(|error| format!("{tool}: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    Err(format!("{tool}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim()))
}

/// As [`run`], where a failure fails the test.
///
/// # Panics
/// If it failed.
pub fn must<A: AsRef<OsStr>>(tool: &str, args: impl IntoIterator<Item = A>) -> Output {
    run(tool, args).unwrap_or_else(|error| panic!("{error}"))
}

/// Takes away what fault tests have left whose process is gone: mounts, and with them loop devices, network
/// namespaces and bridges. Gives what it took away.
#[must_use]
pub fn clean_up() -> Vec<String> {
    let gone = |name: &str| {
        let pid = name.strip_prefix(PREFIX)?.split(|c: char| !c.is_ascii_digit()).next()?.to_owned();
        (!pid.is_empty() && !Path::new("/proc").join(pid).exists()).then(|| name.to_owned())
    };
    let mut taken = Vec::new();
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    // The last one mounted goes first.
    let at = mounts.lines().rev().filter_map(|line| line.split(' ').nth(1));
    // Namespaces are mounts too, and go as namespaces.
    for at in at.filter(|at| !at.starts_with("/run/netns")) {
        let left =
            Path::new(at).components().filter_map(|part| part.as_os_str().to_str()).any(|part| gone(part).is_some());
        if left && run("umount", [at]).is_ok() {
            taken.push(format!("mount {at}"));
        }
    }
    let listed = |args: &[&str]| {
        let output = run("ip", args).map(|output| output.stdout).unwrap_or_default();
        String::from_utf8_lossy(&output).into_owned()
    };
    for name in listed(&["netns", "list"]).lines().filter_map(|line| gone(line.split(' ').next()?)) {
        if run("ip", ["netns", "delete", &name]).is_ok() {
            taken.push(format!("namespace {name}"));
        }
    }
    for dir in std::fs::read_dir(env::temp_dir()).into_iter().flatten().flatten() {
        let name = dir.file_name().to_string_lossy().into_owned();
        if gone(&name).is_some() && std::fs::remove_dir_all(dir.path()).is_ok() {
            taken.push(format!("directory {}", dir.path().display()));
        }
    }
    taken
}
