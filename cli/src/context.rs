//! What every command may need: the data directory and the passphrase.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use musubi_node::home::Home;
use zeroize::Zeroizing;

use crate::{args::Global, error::CommandError, msg, passphrase::Passphrase, text::typed};

/// What the options of every command and the environment say.
#[derive(Debug)]
pub struct Context {
    dir: Option<PathBuf>,
    /// Whether the directory was named on the command line.
    dir_typed: bool,
    /// Where the passphrase comes from.
    pub passphrase: Passphrase,
    /// `MUSUBI_MACHINE_KEY`: the file that stands for this machine where it has no key store.
    pub machine_key: Option<PathBuf>,
    /// How often `-v` was given.
    pub verbose: u8,
}

impl Context {
    /// Puts options and environment together. `platform` is the data folder of this system's user.
    #[must_use]
    pub fn new(global: &Global, env: impl Fn(&str) -> Option<OsString>, platform: Option<PathBuf>) -> Self {
        let var = |name: &str| env(name).filter(|value| !value.is_empty());
        let variable = var("MUSUBI_PASSPHRASE").and_then(|value| value.into_string().ok()).map(Zeroizing::new);
        Self {
            dir_typed: global.dir.is_some(),
            dir: global.dir.clone().or_else(|| var("MUSUBI_DIR").map(Into::into)).or(platform),
            passphrase: Passphrase { file: global.passphrase_file.clone(), variable },
            machine_key: var("MUSUBI_MACHINE_KEY").map(Into::into),
            verbose: global.verbose,
        }
    }

    /// The data directory: `--dir`, else `MUSUBI_DIR`, else the platform's. It may not exist yet.
    ///
    /// # Errors
    /// Exit code 2 where the system knows no data folder for this user.
    pub fn dir(&self) -> Result<&Path, CommandError> {
        self.dir.as_deref().ok_or_else(|| CommandError::usage(msg!("err-no-data-folder")))
    }

    /// What the next command needs to find the same directory: ` --dir PATH` where it was typed, else nothing.
    #[must_use]
    pub fn dir_words(&self) -> String {
        match &self.dir {
            Some(dir) if self.dir_typed => format!(" --dir {}", typed(dir)),
            _ => String::new(),
        }
    }

    /// The data directory of an office.
    ///
    /// # Errors
    /// As [`Context::dir`].
    pub fn home(&self) -> Result<Home, CommandError> {
        Ok(Home::new(self.dir()?))
    }
}

/// The platform's folder: `~/.local/share/musubi`, or `%LOCALAPPDATA%\musubi\data` on Windows,
/// where the roaming folder would copy keys to other PCs.
#[must_use]
pub fn platform_dir() -> Option<PathBuf> {
    Some(directories::ProjectDirs::from("", "", "musubi")?.data_local_dir().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_directory_wins() {
        let env = |name: &str| (name == "MUSUBI_DIR").then(|| OsString::from("from-env"));
        let platform = Some(PathBuf::from("platform"));
        let option = Global { dir: Some("option".into()), ..Global::default() };
        let none = Global::default();
        assert_eq!(Context::new(&option, env, platform.clone()).dir().unwrap(), Path::new("option"));
        assert_eq!(Context::new(&none, env, platform.clone()).dir().unwrap(), Path::new("from-env"));
        assert_eq!(Context::new(&option, env, None).dir_words(), " --dir option");
        assert_eq!(Context::new(&none, env, None).dir_words(), "");
        assert_eq!(Context::new(&none, |_| Some("".into()), platform).dir().unwrap(), Path::new("platform"));
        assert_eq!(Context::new(&none, |_| None, None).dir().unwrap_err().exit_code(), 2);
    }
}
