//! What a process uses, as the kernel counts it.

use std::{fs, time::Duration};

/// A page of `clear_refs` that begins a new peak.
const RESET_PEAK: &str = "5";

/// Measures a process.
#[derive(Clone, Copy, Debug)]
pub struct Gauge {
    pid: i32,
}

impl Gauge {
    /// Measures the process with this id.
    #[must_use]
    pub const fn new(pid: i32) -> Self {
        Self { pid }
    }

    /// Memory in use now, in bytes.
    ///
    /// # Panics
    /// If the process is gone.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// Most memory in use since [`Gauge::begin`], in bytes.
    ///
    /// # Panics
    /// If the process is gone.
    #[must_use]
    pub fn peak(&self) -> u64 {
        self.status("VmHWM:")
    }

    /// Begins a new peak at what is in use now.
    ///
    /// # Panics
    /// If the process is gone.
    pub fn begin(&self) {
        fs::write(self.path("clear_refs"), RESET_PEAK).expect("the peak of a process of ours can be reset");
    }

    /// Processor time used so far, by all threads.
    ///
    /// # Panics
    /// If the process is gone.
    #[must_use]
    pub fn processor(&self) -> Duration {
        let stat = fs::read_to_string(self.path("stat")).expect("a running process");
        // The name in brackets may hold anything.
        let (_, fields) = stat.rsplit_once(')').expect("a name in brackets");
        let field = |at: usize| fields.split_whitespace().nth(at).and_then(|text| text.parse::<u64>().ok());
        // User and system time are the fields 14 and 15 of all, in ticks of which there are always 100 a second here.
        let ticks = field(11).zip(field(12)).map(|(user, system)| user + system).expect("numbers");
        Duration::from_millis(ticks * 10)
    }

    /// Open descriptors.
    ///
    /// # Panics
    /// If the process is gone.
    #[must_use]
    pub fn descriptors(&self) -> usize {
        fs::read_dir(self.path("fd")).expect("a running process").count()
    }

    fn status(&self, name: &str) -> u64 {
        let status = fs::read_to_string(self.path("status")).expect("a running process");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line of that name");
        let kib = line.split_whitespace().next().and_then(|text| text.parse::<u64>().ok()).expect("a number");
        kib << 10
    }

    fn path(&self, name: &str) -> String {
        format!("/proc/{}/{name}", self.pid)
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    #[test]
    fn what_this_process_uses_is_seen() {
        let gauge = Gauge::new(i32::try_from(std::process::id()).unwrap());
        let (before, files) = (gauge.memory(), gauge.descriptors());
        gauge.begin();
        let block = black_box(vec![1_u8; 64 << 20]);
        assert!(gauge.peak() >= before + (60 << 20));
        drop(block);
        assert!(gauge.peak() >= before + (60 << 20));
        let file = fs::File::open("/proc/self/stat").unwrap();
        // Other tests of this process open and close too; this one is among them.
        assert!(files > 0 && gauge.descriptors() > 0);
        drop(file);
        let used = gauge.processor();
        let mut sum = 0_u64;
        while gauge.processor() < used + Duration::from_millis(30) {
            sum = (0..100_000).fold(sum, |sum, n| black_box(sum.wrapping_add(n)));
        }
        black_box(sum);
    }
}
