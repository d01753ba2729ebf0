//! Named points at which a test may end the process as a power switch would, or have the disk refuse.
//!
//! Compiled to nothing unless the feature `crash-points` is on. With it, `MUSUBI_CRASH_AT=name` ends the process
//! when `name` is reached for the first time, `MUSUBI_CRASH_AT=name:3` when it is reached for the third.
//! `MUSUBI_FAULT_AT=name` or `name:3` has the disk refuse what is written there, from that time on.
//! `MUSUBI_SETTLE_AT=bytes` has the engine get records sooner than it would. `MUSUBI_CRASH_LOG=file` appends each name that is passed to a file, so that a test knows what there is to end at.

/// Ends the process here if a test asked for it; otherwise does nothing.
///
/// No destructor, flush or exit handler runs: what is not durable is as lost as after `kill -9`.
#[inline]
pub fn point(name: &str) {
    #[cfg(any(test, feature = "crash-points"))]
    armed::pass(name);
    #[cfg(not(any(test, feature = "crash-points")))]
    let _ = name;
}

/// Refuses like a full disk if a test asked for it; otherwise does nothing.
///
/// # Errors
/// [`StorageFull`](std::io::ErrorKind::StorageFull), in a test only.
#[inline]
pub fn fault(name: &str) -> std::io::Result<()> {
    #[cfg(any(test, feature = "crash-points"))]
    return armed::refuse(name);
    #[cfg(not(any(test, feature = "crash-points")))]
    {
        let _ = name;
        Ok(())
    }
}

/// Bytes after which the engine gets what the journal has, where a test has them be few (`MUSUBI_SETTLE_AT`).
pub(crate) fn settle_at() -> Option<usize> {
    #[cfg(any(test, feature = "crash-points"))]
    return std::env::var("MUSUBI_SETTLE_AT").ok()?.parse().ok();
    #[cfg(not(any(test, feature = "crash-points")))]
    None
}

#[cfg(any(test, feature = "crash-points"))]
mod armed {
    use std::env;
    use std::fs::{File, OpenOptions};
    use std::io::{self, Write};
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    struct Trap {
        name: String,
        /// Passes still to come, the fatal one included.
        left: AtomicU64,
    }

    static TRAP: OnceLock<Option<Trap>> = OnceLock::new();
    static FAULT: OnceLock<Option<Trap>> = OnceLock::new();
    static LOG: OnceLock<Option<File>> = OnceLock::new();

    pub(super) fn pass(name: &str) {
        let log = LOG.get_or_init(|| {
            let path = env::var_os("MUSUBI_CRASH_LOG")?;
            OpenOptions::new().create(true).append(true).open(path).ok()
        });
        if let Some(mut log) = log.as_ref() {
            // One write for each line, so that lines of several threads do not mix. A test misses what is missing.
            let _ = log.write_all(format!("{name}\n").as_bytes());
        }
        let trap = TRAP.get_or_init(|| env::var("MUSUBI_CRASH_AT").ok().map(|text| parse(&text)));
        if let Some(trap) = trap
            && trap.name == name
            && trap.left.fetch_sub(1, Ordering::SeqCst) == 1
        {
            end();
        }
    }

    pub(super) fn refuse(name: &str) -> io::Result<()> {
        let trap = FAULT.get_or_init(|| env::var("MUSUBI_FAULT_AT").ok().map(|text| parse(&text)));
        let Some(trap) = trap.as_ref().filter(|trap| trap.name == name) else { return Ok(()) };
        // Like a disk that is full: once it has refused, it refuses.
        let left = trap.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| Some(left.saturating_sub(1)));
        match left {
            Ok(0 | 1) => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }

    fn parse(text: &str) -> Trap {
        let (name, pass) = match text.rsplit_once(':') {
            Some((name, pass)) => (name, pass.parse().unwrap_or(1)),
            None => (text, 1),
        };
        Trap { name: name.to_owned(), left: AtomicU64::new(pass) }
    }

    fn end() -> ! {
        #[cfg(unix)]
        {
            use rustix::process::{Signal, getpid, kill_process};
            // If the signal cannot be sent, the abort below ends the process just as suddenly.
            let _ = kill_process(getpid(), Signal::KILL);
        }
        std::process::abort()
    }

    #[cfg(test)]
    mod tests {
        use std::process::Command;

        use super::*;

        /// Passes a point three times; an ordinary test unless the one below starts it.
        #[test]
        fn passing() {
            for pass in 1..=3 {
                super::super::point("test.point");
                println!("through {pass}");
            }
        }

        #[test]
        fn the_process_ends_at_its_point_and_pass() {
            for (at, passed) in [("test.point", 0), ("test.point:3", 2), ("other.point", 3)] {
                let log = tempfile::NamedTempFile::new().unwrap();
                let output = Command::new(env::current_exe().unwrap())
                    .args(["--exact", "crash::armed::tests::passing", "--nocapture"])
                    .env("MUSUBI_CRASH_AT", at)
                    .env("MUSUBI_CRASH_LOG", log.path())
                    .output()
                    .unwrap();
                let names = std::fs::read_to_string(log.path()).unwrap();
                assert_eq!(names, "test.point\n".repeat((passed + 1).min(3)), "the fatal pass is logged too");
                let text = String::from_utf8(output.stdout).unwrap();
                assert_eq!(text.matches("through ").count(), passed, "{at}: {text}");
                assert_eq!(output.status.success(), passed == 3);
                #[cfg(unix)]
                if passed != 3 {
                    use std::os::unix::process::ExitStatusExt;
                    assert_eq!(output.status.signal(), Some(9));
                }
            }
        }

        #[test]
        fn a_name_may_carry_the_number_of_the_fatal_pass() {
            let trap = parse("store.synced:3");
            assert_eq!((trap.name.as_str(), trap.left.into_inner()), ("store.synced", 3));
            let trap = parse("store.synced");
            assert_eq!((trap.name.as_str(), trap.left.into_inner()), ("store.synced", 1));
        }
    }
}
