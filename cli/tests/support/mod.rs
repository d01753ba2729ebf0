//! The command as a process, and what it said.

use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A person's passphrase.
pub const PASSPHRASE: &str = "みほんの長い合言葉です。";

/// What a command said and how it ended.
pub struct Run {
    pub out: String,
    pub err: String,
    pub code: i32,
}

impl Run {
    /// The one JSON value of stdout.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.out.lines().count(), 1, "{}{}", self.out, self.err);
        serde_json::from_str(&self.out).unwrap()
    }

    /// It has failed by this error, and says what to do.
    #[track_caller]
    pub fn fails(&self, code: i32, name: &str) {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        assert_eq!(self.json()["error"]["code"], name, "{}", self.err);
        assert!(self.json()["error"]["hint"].as_str().is_some_and(|hint| !hint.is_empty()));
    }
}

/// The command without what the environment says of Musubi, in Japanese.
pub fn musubi() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_musubi"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MUSUBI_") {
            command.env_remove(name);
        }
    }
    command.env("MUSUBI_LANG", "ja").env("COLUMNS", "80").env("MUSUBI_ADMIN", "佐藤");
    command
}

/// Runs it to its end, with nothing on stdin.
pub fn finish(mut command: Command) -> Run {
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { out: text(stdout), err: text(stderr), code: status.code().unwrap() }
}
