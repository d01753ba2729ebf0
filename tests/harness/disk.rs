//! File systems of a test's own: they can be full, and what has reached their device can be copied at any moment.
//! Needs root, and mkfs.ext4, mount and umount.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use crate::system::{must, run};

/// Tools that this module needs.
pub const TOOLS: [&str; 4] = ["mkfs.ext4", "mount", "umount", "fallocate"];
/// Least that a file can take.
const BLOCK: u64 = 4096;
/// How often an unmount is tried: a process that was killed a moment ago may still hold a file.
const TRIES: usize = 100;

/// An ext4 file system in a file.
pub struct Image {
    path: PathBuf,
}

/// A mounted image; dropped, it is unmounted and its loop device is free.
pub struct Mount {
    at: PathBuf,
}

impl Image {
    /// Makes a file system of so many bytes; it takes only the room that is used.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn create(path: &Path, bytes: u64) -> Self {
        let file = File::create_new(path).expect("a new file for an image");
        file.set_len(bytes).expect("a sparse file");
        // The whole of it is for the test: nothing reserved for root.
        must("mkfs.ext4", ["-q".as_ref(), "-F".as_ref(), "-m".as_ref(), "0".as_ref(), path.as_os_str()]);
        Self { path: path.to_owned() }
    }

    /// Copies what has reached the device by now. What lies only in the page cache of the file system on it is not in
    /// the copy, as after a power cut.
    ///
    /// # Panics
    /// If it cannot be copied.
    #[must_use]
    pub fn cut(&self, to: &Path) -> Self {
        must("cp", ["--sparse=always".as_ref(), "--".as_ref(), self.path.as_os_str(), to.as_os_str()]);
        Self { path: to.to_owned() }
    }

    /// As [`Image::cut`], and removes the old file; a file system that is mounted from it lives on until it is
    /// unmounted.
    ///
    /// # Panics
    /// If it cannot be copied.
    #[must_use]
    pub fn cut_away(self, to: &Path) -> Self {
        let copy = self.cut(to);
        fs::remove_file(self.path).expect("an image can be removed");
        copy
    }

    /// Mounts it; one that was cut is recovered by its journal, as at a start after a power cut.
    ///
    /// # Panics
    /// If it cannot be mounted.
    #[must_use]
    pub fn mount(&self, at: &Path) -> Mount {
        self.mount_with(at, "loop")
    }

    /// As [`Image::mount`], with options of one's own, of which `loop` must be one.
    ///
    /// # Panics
    /// If it cannot be mounted.
    #[must_use]
    pub fn mount_with(&self, at: &Path, options: &str) -> Mount {
        fs::create_dir_all(at).expect("a directory to mount at");
        must("mount", ["-o".as_ref(), options.as_ref(), self.path.as_os_str(), at.as_os_str()]);
        Mount { at: at.to_owned() }
    }
}

impl Mount {
    /// The directory of the file system.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.at
    }

    /// Takes room until so many bytes are free, or as few as can be.
    ///
    /// # Panics
    /// If the file system does not say what is free.
    pub fn fill(&self, left: u64) {
        let path = self.filler();
        // The blocks that describe a large file take room too: what is not given whole is asked for in halves.
        let mut most = u64::MAX;
        loop {
            let free = musubi_store::platform::free_bytes(&self.at).expect("free bytes");
            let take = free.saturating_sub(left).min(most);
            if take < BLOCK {
                return;
            }
            let held = fs::metadata(&path).map_or(0, |file| file.len());
            let (offset, length) = (held.to_string(), take.to_string());
            let args = ["-o".as_ref(), offset.as_ref(), "-l".as_ref(), length.as_ref(), path.as_os_str()];
            if run("fallocate", args).is_err() {
                most = take / 2;
            }
        }
    }

    /// Gives the room back.
    ///
    /// # Panics
    /// If it was taken and cannot be given back.
    pub fn free(&self) {
        match fs::remove_file(self.filler()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("the filler stays: {error}"),
            _ => {}
        }
    }

    fn filler(&self) -> PathBuf {
        self.at.join("filler")
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        for _ in 0..TRIES {
            if run("umount", [self.at.as_os_str()]).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        // Out of the way at least; the device is free when its last user is gone.
        if let Err(error) = run("umount", ["-l".as_ref(), self.at.as_os_str()]) {
            eprintln!("{error}");
        }
    }
}
