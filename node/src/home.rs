//! The data directory of an office.

use std::{
    io,
    path::{Path, PathBuf},
};

use musubi_protocol::time::Timestamp;
use musubi_store::{AsideError, OpenError, Options, Store, platform};

use crate::times;

/// Paths inside a data directory.
///
/// ```text
/// keys         key file: root keys, wrapped once per opener
/// store/       sled and larger bodies; store.damaged-.. if one was set aside
/// musubi.toml  settings, if somebody wrote some
/// api-token    what a program must show to the local API, for the owner only
/// api.json     where the API of the running node is
/// ```
#[derive(Clone, Debug)]
pub struct Home(PathBuf);

impl Home {
    /// Names a directory; nothing is touched.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self(dir.into())
    }

    /// The directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.0
    }

    /// The key file.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.0.join("keys")
    }

    /// The store's directory.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.0.join("store")
    }

    /// The settings file.
    #[must_use]
    pub fn settings(&self) -> PathBuf {
        self.0.join("musubi.toml")
    }

    /// The token that the local API asks for.
    #[must_use]
    pub fn api_token(&self) -> PathBuf {
        self.0.join("api-token")
    }

    /// Where the running node says how to reach its API.
    #[must_use]
    pub fn api(&self) -> PathBuf {
        self.0.join("api.json")
    }

    /// Whether an office was set up here.
    #[must_use]
    pub fn is_set_up(&self) -> bool {
        self.keys().exists()
    }

    /// Makes the directory for its owner only.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn create(&self) -> io::Result<()> {
        if self.0.is_dir() { Ok(()) } else { platform::create_private_dir(&self.0) }
    }

    /// Opens the store, which one process at a time can.
    ///
    /// # Errors
    /// [`OpenError::InUse`] while a node or another command has it, [`OpenError::Missing`] if there is none, and the
    /// rest of [`OpenError`].
    pub fn open_store(&self, cache_bytes: u64) -> Result<Store, OpenError> {
        Store::open(&self.store(), Options { cache_bytes, create: false, ..Options::default() })
    }

    /// Opens the store, or makes it.
    ///
    /// # Errors
    /// As [`Self::open_store`], but for a missing one.
    pub fn make_store(&self, cache_bytes: u64) -> Result<Store, OpenError> {
        Store::open(&self.store(), Options { cache_bytes, ..Options::default() })
    }

    /// Moves a damaged store to a new place beside it, `store.damaged-..` with the time in Japan; with `any` one that can
    /// be read, too. Gives the new place.
    ///
    /// # Errors
    /// [`AsideError`]; nothing was moved then.
    pub fn set_store_aside(&self, now: Timestamp, any: bool) -> Result<PathBuf, AsideError> {
        musubi_store::set_aside(&self.store(), &format!("damaged-{}", times::compact(now)), any)
    }
}
