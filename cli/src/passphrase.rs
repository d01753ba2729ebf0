//! The passphrase: from `--passphrase-file`, then `MUSUBI_PASSPHRASE`, then a question.
//!
//! With one given nothing is asked. Without one and without a terminal the command ends with
//! exit code 2 and says how to give one.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use crate::{
    error::CommandError,
    msg,
    text::Message,
    ui::{Ui, prompt::cancelled},
};

/// Characters that a new passphrase must have when a person chooses it. One that a script gives
/// is taken as it is, with a warning: whoever automates has reasons that we cannot see.
pub const MIN_CHARS: usize = 12;
/// Attempts at typing a new passphrase before the command gives up.
const ATTEMPTS: usize = 3;

/// Where passphrases come from.
#[derive(Default)]
pub struct Passphrase {
    /// `--passphrase-file`.
    pub file: Option<PathBuf>,
    /// `MUSUBI_PASSPHRASE`, if it is not empty.
    pub variable: Option<Zeroizing<String>>,
}

impl Passphrase {
    /// Whether one is given, so that no question may be asked.
    #[must_use]
    pub const fn is_given(&self) -> bool {
        self.file.is_some() || self.variable.is_some()
    }

    /// The passphrase of keys that exist; the question says which keys it opens.
    ///
    /// # Errors
    /// An unreadable or empty file, an ended input, or nobody to ask (exit code 2).
    pub fn existing(&self, ui: &mut Ui, question: &Message) -> Result<Zeroizing<String>, CommandError> {
        if let Some(given) = self.given()? {
            return Ok(given);
        }
        let (text, person) = ui.person().ok_or_else(nobody)?;
        let answer = person.secret(&text.show(question)).map_err(|error| cancelled(&error))?;
        if answer.is_empty() { Err(CommandError::usage(msg!("err-passphrase-empty"))) } else { Ok(answer) }
    }

    /// A new passphrase: asked twice and at least [`MIN_CHARS`] long if a person chooses it.
    ///
    /// # Errors
    /// As [`Passphrase::existing`]; also after three attempts that were too short or unequal.
    pub fn chosen(&self, ui: &mut Ui) -> Result<Zeroizing<String>, CommandError> {
        if let Some(given) = self.given()? {
            if given.chars().count() < MIN_CHARS {
                ui.warn(&msg!("warn-passphrase-short", min = MIN_CHARS));
            }
            return Ok(given);
        }
        for _ in 0..ATTEMPTS {
            let (text, person) = ui.person().ok_or_else(nobody)?;
            let first = person
                .secret(&text.show(&msg!("ask-new-passphrase", min = MIN_CHARS)))
                .map_err(|error| cancelled(&error))?;
            if first.chars().count() < MIN_CHARS {
                ui.note(&msg!("passphrase-too-short", min = MIN_CHARS));
                continue;
            }
            let second = person.secret(&text.show(&msg!("ask-passphrase-again"))).map_err(|error| cancelled(&error))?;
            if first == second {
                return Ok(first);
            }
            ui.note(&msg!("passphrase-unequal"));
        }
        Err(CommandError::failed(msg!("err-passphrase-attempts")))
    }

    /// Where another new passphrase comes from while this one is in use: the file named for it, or
    /// a question; never the file or variable that gives the old one.
    #[must_use]
    pub fn replacement(file: Option<&Path>) -> Self {
        Self { file: file.map(ToOwned::to_owned), variable: None }
    }

    fn given(&self) -> Result<Option<Zeroizing<String>>, CommandError> {
        let Some(path) = &self.file else { return Ok(self.variable.clone()) };
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(CommandError::reading(path))?);
        match first_line(&text) {
            "" => Err(CommandError::usage(msg!("err-passphrase-file-empty", path = path))),
            line => Ok(Some(Zeroizing::new(line.to_owned()))),
        }
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passphrase").field("file", &self.file).finish_non_exhaustive()
    }
}

/// The first line, without its end and without a byte order mark.
fn first_line(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text).lines().next().unwrap_or_default()
}

fn nobody() -> CommandError {
    CommandError::usage(msg!("err-passphrase-missing"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        text::Lang,
        ui::{prompt::testing::Answers, testing::ui},
    };

    fn variable(text: &str) -> Option<Zeroizing<String>> {
        Some(Zeroizing::new(text.to_owned()))
    }

    #[test]
    fn the_file_comes_before_the_variable_and_nothing_is_asked() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("p");
        std::fs::write(&file, "\u{feff}from the file\r\nnot this\n").unwrap();
        let (mut ui, ..) = ui(Lang::Ja, false, Answers::boxed(&["asked"]));
        let both = Passphrase { file: Some(file), variable: variable("v") };
        assert_eq!(*both.existing(&mut ui, &msg!("ask-passphrase-again")).unwrap(), "from the file");
        let one = Passphrase { file: None, variable: variable("v") };
        assert_eq!(*one.existing(&mut ui, &msg!("ask-passphrase-again")).unwrap(), "v");
        assert!(!format!("{both:?}").contains("\"v\""));
        let none = Passphrase::default();
        assert_eq!(*none.existing(&mut ui, &msg!("ask-passphrase-again")).unwrap(), "asked");
    }

    #[test]
    fn without_anybody_to_ask_it_is_wrong_usage() {
        let (mut ui, ..) = ui(Lang::En, false, None);
        let none = Passphrase::default();
        assert_eq!(none.existing(&mut ui, &msg!("ask-passphrase-again")).unwrap_err().exit_code(), 2);
        assert_eq!(none.chosen(&mut ui).unwrap_err().exit_code(), 2);
    }

    #[test]
    fn a_new_one_is_long_enough_and_typed_twice() {
        let chosen = |answers: &[&'static str]| {
            let (mut ui, ..) = ui(Lang::Ja, false, Answers::boxed(answers));
            Passphrase::default().chosen(&mut ui)
        };
        let good = "みほんの長い合言葉です。";
        assert_eq!(good.chars().count(), MIN_CHARS);
        assert_eq!(*chosen(&["short", good, "other", good, good]).unwrap(), good);
        assert_eq!(chosen(&["a", "b", "c"]).unwrap_err().code(), "passphrase-attempts");
        assert_eq!(chosen(&[good]).unwrap_err().code(), "cancelled");
    }

    #[test]
    fn a_short_one_from_a_script_is_taken_with_a_warning() {
        let (mut ui, out, err) = ui(Lang::En, false, None);
        let given = Passphrase { file: None, variable: variable("short") };
        assert_eq!(*given.chosen(&mut ui).unwrap(), "short");
        assert!(out.text().is_empty() && err.text().contains("12"), "{}", err.text());
    }
}
