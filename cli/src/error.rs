//! What went wrong, for a person and for a script: the one place that turns errors into a sentence,
//! what to do next, and an exit code.
//!
//! Libraries say what happened; `From` here says what it means to someone at the keyboard. The
//! sentence is `err-...` in the message files (what happened and why), its `.hint` what to do.

use std::{error::Error as StdError, io, path::Path};

use musubi_config::{Problem, check::BadValue};

pub mod node;
pub mod problem;

use crate::{
    msg,
    text::{Message, Text},
};

mod authority;

/// How a command ended that has shown its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done: exit code 0.
    Done,
    /// The result says that something was refused or failed: exit code 1.
    Refused,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Refused or failed: exit code 1.
    Failed,
    /// Typed wrongly, or an answer was needed and nobody could be asked: exit code 2.
    Usage,
    /// The disk did not take what was written, and nothing goes on: exit code 3.
    Disk,
}

/// An error at the edge.
#[derive(Debug)]
pub struct CommandError {
    kind: Kind,
    message: Message,
    hints: Vec<Message>,
    detail: Option<String>,
}

impl CommandError {
    /// Something was refused or failed.
    #[must_use]
    pub const fn failed(message: Message) -> Self {
        Self { kind: Kind::Failed, message, hints: Vec::new(), detail: None }
    }

    /// Something was typed wrongly.
    #[must_use]
    pub const fn usage(message: Message) -> Self {
        Self { kind: Kind::Usage, message, hints: Vec::new(), detail: None }
    }

    /// The disk did not take what was written.
    #[must_use]
    pub const fn disk(message: Message) -> Self {
        Self { kind: Kind::Disk, message, hints: Vec::new(), detail: None }
    }

    /// Adds a line on what to do, behind the sentence's own hint.
    #[must_use]
    pub fn hint(mut self, hint: Message) -> Self {
        self.hints.push(hint);
        self
    }

    /// Adds what the system or a library said, for whoever helps. Must name no person.
    #[must_use]
    pub fn because(mut self, source: &(dyn StdError + 'static)) -> Self {
        let mut parts = vec![source.to_string()];
        let mut cause = source.source();
        while let Some(error) = cause {
            parts.push(error.to_string());
            cause = error.source();
        }
        self.detail = Some(parts.join(": "));
        self
    }

    /// Adds what another program said.
    #[must_use]
    pub fn detailed(mut self, detail: &str) -> Self {
        self.detail = Some(detail.to_owned());
        self
    }

    /// A file could not be read: `.map_err(CommandError::reading(path))`.
    pub fn reading(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| match error.kind() {
            io::ErrorKind::NotFound => Self::failed(msg!("err-file-missing", path = path)),
            io::ErrorKind::PermissionDenied => Self::failed(msg!("err-file-forbidden", path = path)).because(&error),
            _ => Self::failed(msg!("err-file-read", path = path)).because(&error),
        }
    }

    /// A file could not be written: `.map_err(CommandError::writing(path))`.
    pub fn writing(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| match error.kind() {
            io::ErrorKind::AlreadyExists => Self::failed(msg!("err-file-exists", path = path)),
            io::ErrorKind::PermissionDenied => Self::failed(msg!("err-file-forbidden", path = path)).because(&error),
            io::ErrorKind::StorageFull => Self::failed(msg!("err-disk-full", path = path)).because(&error),
            _ => Self::failed(msg!("err-file-write", path = path)).because(&error),
        }
    }

    /// The exit code.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Failed => 1,
            Kind::Usage => 2,
            Kind::Disk => 3,
        }
    }

    /// The name of the error for scripts: its key without `err-`. Names stay once released.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.message.key().trim_start_matches("err-")
    }

    /// The words for a reader.
    #[must_use]
    pub fn words(&self, text: &Text) -> Words {
        let hints = text.hint(&self.message).into_iter().chain(self.hints.iter().map(|hint| text.show(hint))).collect();
        Words { message: text.show(&self.message), hints, detail: self.detail.as_deref().map(crate::text::harmless) }
    }

    /// The error as the value that `--json` prints:
    /// `{"error":{"code","kind","message","hint","detail"}}`, kind `failed`, `usage` or `disk`.
    #[must_use]
    pub fn to_json(&self, text: &Text) -> serde_json::Value {
        let words = self.words(text);
        let kind = match self.kind {
            Kind::Failed => "failed",
            Kind::Usage => "usage",
            Kind::Disk => "disk",
        };
        serde_json::json!({"error": {
            "code": self.code(),
            "kind": kind,
            "message": words.message,
            "hint": words.hints.join("\n"),
            "detail": words.detail,
        }})
    }
}

/// An error in the reader's language.
#[derive(Debug)]
pub struct Words {
    /// What happened and why.
    pub message: String,
    /// What to do.
    pub hints: Vec<String>,
    /// What the system said, in its own language.
    pub detail: Option<String>,
}

impl From<musubi_config::Error> for CommandError {
    fn from(error: musubi_config::Error) -> Self {
        use musubi_config::Error;
        match error {
            Error::Read { path, source } => Self::reading(&path)(source),
            Error::File { path, line, problem } => {
                let failed = |key: &str, reason: Message| {
                    Self::failed(msg!("err-settings", path = &path, line = line, key = key)).hint(reason)
                };
                match problem {
                    Problem::Syntax(detail) => Self {
                        detail: Some(detail),
                        ..Self::failed(msg!("err-settings-syntax", path = &path, line = line))
                    },
                    Problem::UnknownKey { key, meant: None } => failed(&key, msg!("settings-unknown-key")),
                    Problem::UnknownKey { key, meant: Some(meant) } => {
                        failed(&key, msg!("settings-unknown-key-meant", meant = meant))
                    }
                    Problem::WrongType { key, expected } => failed(&key, wrong_type(expected)),
                    Problem::Value { key, reason } => failed(&key, bad_value(&reason)),
                    other => Self::failed(msg!("err-internal")).because(&other),
                }
            }
            Error::Option { problem: Problem::Value { key, reason } } => {
                Self::usage(msg!("err-settings-option", key = key)).hint(bad_value(&reason))
            }
            other => Self::failed(msg!("err-internal")).because(&other),
        }
    }
}

fn wrong_type(expected: musubi_config::file::Type) -> Message {
    use musubi_config::file::Type;
    match expected {
        Type::Table => msg!("settings-want-table"),
        Type::Text => msg!("settings-want-text"),
        Type::Number => msg!("settings-want-number"),
        Type::Texts => msg!("settings-want-texts"),
    }
}

/// What a value must look like.
pub(crate) fn bad_value(reason: &BadValue) -> Message {
    match *reason {
        BadValue::Listen => msg!("want-listen"),
        BadValue::Place => msg!("want-place"),
        BadValue::Socket => msg!("want-api"),
        BadValue::NotLoopback => msg!("want-loopback"),
        BadValue::OutOfRange { min, max } => msg!("want-range", min = min.to_string(), max = max.to_string()),
        BadValue::LogFilter => msg!("want-log-filter"),
        // `BadValue` may gain reasons; a multiaddress is the one without a kind of its own.
        _ => msg!("want-peer"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    #[test]
    fn an_error_says_what_happened_and_what_to_do() {
        let error = CommandError::reading(Path::new("見本.csv"))(io::ErrorKind::NotFound.into());
        assert_eq!((error.code(), error.exit_code()), ("file-missing", 1));
        for lang in [Lang::Ja, Lang::En] {
            let words = error.words(&Text::new(lang));
            assert!(words.message.contains("見本.csv"), "{words:?}");
            assert_eq!(words.hints.len(), 1, "{words:?}");
        }
        let json = error.to_json(&Text::new(Lang::En));
        assert_eq!(json["error"]["kind"], "failed");
        assert!(json["error"]["hint"].is_string());
    }

    #[test]
    fn wrong_settings_name_line_and_key() {
        let read = |text: &str| {
            musubi_config::Settings::from_text(Path::new("musubi.toml"), text, &musubi_config::Overrides::default())
        };
        let text = Text::new(Lang::Ja);
        for (file, parts) in [
            ("[network]\npeer = []", ["2 行目", "network.peer", "network.peers"]),
            ("[store]\ncache_mib = 1", ["2 行目", "store.cache_mib", "1024"]),
            ("api = 1", ["1 行目", "api", "[api]"]),
            ("[api", ["1 行目", "musubi.toml", "引用符"]),
        ] {
            let words = CommandError::from(read(file).unwrap_err()).words(&text);
            let shown = format!("{}\n{}", words.message, words.hints.join("\n"));
            assert!(parts.iter().all(|part| shown.contains(part)), "{shown}");
        }
    }
}
