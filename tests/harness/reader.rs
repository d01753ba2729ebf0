//! The second reader of the protocol, in Python, as a separate process: `tests/reader`.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// An interpreter that has what the reader needs.
pub struct Reader {
    python: OsString,
    dir: PathBuf,
}

/// What the reader said of a file.
#[derive(Debug)]
pub enum Verdict {
    /// All is good; what was counted.
    Good(Value),
    /// Refused: the reason's word.
    Refused(String),
}

impl Reader {
    /// Looks for the interpreter that `MUSUBI_PYTHON` names, or `python3`, and its packages. Without them the test says
    /// so and ends; with `MUSUBI_REQUIRE_TOOLS=1`, as in CI, that is a failure.
    ///
    /// # Panics
    /// If something is missing and required.
    #[must_use]
    pub fn find(test: &str) -> Option<Self> {
        let python = std::env::var_os("MUSUBI_PYTHON").unwrap_or_else(|| "python3".into());
        let needs = "import cbor2, cryptography.hazmat.primitives.asymmetric.mlkem";
        let found = Command::new(&python).args(["-c", needs]).output().is_ok_and(|output| output.status.success());
        if found {
            return Some(Self { python, dir: Path::new(env!("CARGO_MANIFEST_DIR")).join("reader") });
        }
        let required = std::env::var_os("MUSUBI_REQUIRE_TOOLS").is_some();
        assert!(!required, "{test} needs Python with tests/reader/requirements.txt");
        println!("SKIPPED {test}: python3 with tests/reader/requirements.txt");
        None
    }

    /// Runs one of the reader's commands on a file or directory.
    ///
    /// # Panics
    /// If it fails otherwise than by refusing.
    #[must_use]
    pub fn run(&self, command: &str, path: &Path) -> Verdict {
        let mut python = Command::new(&self.python);
        // Without bytecode beside the sources, and with UTF-8 on Windows too.
        python.args(["-B", "-X", "utf8", "-m", "musubi_reader", command]).arg(path).current_dir(&self.dir);
        let output = python.output().expect("the interpreter was found before");
        let said = || serde_json::from_slice::<Value>(&output.stdout).ok();
        match (output.status.code(), said()) {
            (Some(0), Some(counts)) => Verdict::Good(counts),
            (Some(1), Some(said)) if said["refused"].is_string() => {
                Verdict::Refused(said["refused"].as_str().unwrap_or_default().to_owned())
            }
            _ => panic!("{output:?}"),
        }
    }

    /// The same for what it should read, written to a file in `dir`.
    ///
    /// # Panics
    /// If the file cannot be written.
    #[must_use]
    pub fn judge(&self, command: &str, dir: &Path, input: &Value) -> Verdict {
        let path = dir.join(format!("{command}.json"));
        std::fs::write(&path, input.to_string()).expect("a file can be written");
        self.run(command, &path)
    }
}

impl Verdict {
    /// What was counted.
    ///
    /// # Panics
    /// If the file was refused.
    #[must_use]
    pub fn good(self) -> Value {
        match self {
            Self::Good(counts) => counts,
            Self::Refused(reason) => panic!("refused: {reason}"),
        }
    }

    /// Why the file was refused.
    ///
    /// # Panics
    /// If it was not.
    #[must_use]
    pub fn refused(self) -> String {
        match self {
            Self::Refused(reason) => reason,
            Self::Good(counts) => panic!("not refused: {counts}"),
        }
    }
}
