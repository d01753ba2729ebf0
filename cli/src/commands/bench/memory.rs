//! Memory and processor time of a process, where the system tells them.

use std::time::Duration;

/// What a process holds, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Memory {
    /// Now.
    pub(super) resident: u64,
    /// At most, since its start or since [`forget_peak`].
    pub(super) peak: u64,
}

/// Looks at a running process; none where the system does not tell.
#[cfg(target_os = "linux")]
pub(super) fn of(process: u32) -> Option<Memory> {
    parse(&std::fs::read_to_string(format!("/proc/{process}/status")).ok()?)
}

/// Looks at a running process; none where the system does not tell.
#[cfg(not(target_os = "linux"))]
pub(super) fn of(_process: u32) -> Option<Memory> {
    None
}

/// Begins the peak of a process anew; false where that cannot be done.
#[cfg(target_os = "linux")]
pub(super) fn forget_peak(process: u32) -> bool {
    // 5 stands for "reset the peak resident set size" (proc(5)).
    std::fs::write(format!("/proc/{process}/clear_refs"), "5").is_ok()
}

/// Begins the peak of a process anew; false where that cannot be done.
#[cfg(not(target_os = "linux"))]
pub(super) fn forget_peak(_process: u32) -> bool {
    false
}

/// What a running process has used of the processors so far; none where the system does not tell.
#[cfg(target_os = "linux")]
pub(super) fn processor_time(process: u32) -> Option<Duration> {
    parse_time(&std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

/// What a running process has used of the processors so far; none where the system does not tell.
#[cfg(not(target_os = "linux"))]
pub(super) fn processor_time(_process: u32) -> Option<Duration> {
    None
}

/// Reads `utime` and `stime` of `/proc/PID/stat`, which are in hundredths of a second (proc(5)).
#[cfg(any(target_os = "linux", test))]
fn parse_time(stat: &str) -> Option<Duration> {
    // The name, in parentheses, may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some(Duration::from_millis((ticks()? + ticks()?).checked_mul(10)?))
}

/// Reads `VmRSS` and `VmHWM` of `/proc/PID/status`, which are in KiB.
#[cfg(any(target_os = "linux", test))]
fn parse(status: &str) -> Option<Memory> {
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_start_matches(':').split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
    };
    Some(Memory { resident: field("VmRSS")?, peak: field("VmHWM")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read() {
        let status = "Name:\tmusubi\nVmPeak:\t   90000 kB\nVmHWM:\t   20480 kB\nVmRSS:\t   10240 kB\n";
        assert_eq!(parse(status), Some(Memory { resident: 10 << 20, peak: 20 << 20 }));
        // A process that is ending has none.
        assert_eq!(parse("Name:\tmusubi\nState:\tZ (zombie)\n"), None);
    }

    #[test]
    fn processor_time_is_read() {
        let stat = "77 (a ) name) S 1 77 77 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 4 0 100 1000 10";
        assert_eq!(parse_time(stat), Some(Duration::from_secs(3)));
        assert_eq!(parse_time("77 (name) S 1 77"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_some_and_its_peak_is_no_less() {
        let memory = of(std::process::id()).unwrap();
        assert!(0 < memory.resident && memory.resident <= memory.peak, "{memory:?}");
    }
}
