//! Small disks of their own, which tests fill.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A disk in memory, gone with this value.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one of so many MiB at `at`. None, and a line that says so, where that is not allowed: it takes root.
    ///
    /// # Panics
    /// If it does not work and `MUSUBI_REQUIRE_TOOLS` is set, or the directory cannot be made.
    #[must_use]
    pub fn mount(test: &str, at: &Path, mib: u64) -> Option<Self> {
        fs::create_dir_all(at).expect("a directory can be made");
        let size = format!("size={mib}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(at.to_owned())),
            _ => {
                assert!(std::env::var_os("MUSUBI_REQUIRE_TOOLS").is_none(), "{test} needs to mount a small disk");
                println!("SKIPPED {test}: mount (as root)");
                None
            }
        }
    }

    /// Fills it with a file until so many MiB are free.
    ///
    /// # Panics
    /// If that cannot be reached.
    pub fn fill_up_to(&self, free_mib: u64) {
        self.clear();
        let free = musubi_store::platform::free_bytes(&self.0).expect("free space");
        let file = fs::File::create(self.filling()).expect("a file can be made");
        let mut left = free.saturating_sub(free_mib << 20);
        let piece = vec![0x5a; 1 << 20];
        while left > 0 {
            let part = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
            std::io::Write::write_all(&mut &file, &piece[..part]).expect("the disk takes what it has room for");
            left -= part as u64;
        }
        let free = musubi_store::platform::free_bytes(&self.0).expect("free space");
        assert_eq!(free >> 20, free_mib, "free MiB");
    }

    /// Gives back what [`Self::fill_up_to`] took.
    pub fn clear(&self) {
        // It may not be there.
        let _ = fs::remove_file(self.filling());
    }

    fn filling(&self) -> PathBuf {
        self.0.join("filling")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a node that is going down may still hold a file.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
