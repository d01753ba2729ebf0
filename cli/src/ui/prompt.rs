//! Questions to the person in front.

use std::io::{self, Write};

use zeroize::Zeroizing;

use super::Ui;
use crate::{error::CommandError, msg, text::Message};

/// Someone who can be asked. Questions go to stderr, so that stdout stays the result's.
pub trait Person {
    /// Asks for a line that is shown while it is typed.
    ///
    /// # Errors
    /// What the terminal said; `UnexpectedEof` where the person ended the input.
    fn line(&mut self, question: &str) -> io::Result<String>;

    /// Asks for a line that is not shown.
    ///
    /// # Errors
    /// As [`Person::line`].
    fn secret(&mut self, question: &str) -> io::Result<Zeroizing<String>>;
}

/// The terminal of this process.
#[derive(Debug)]
pub struct Console;

impl Person for Console {
    fn line(&mut self, question: &str) -> io::Result<String> {
        write!(io::stderr(), "{question} ")?;
        io::stderr().flush()?;
        let mut line = String::new();
        match io::stdin().read_line(&mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim().to_owned()),
        }
    }

    fn secret(&mut self, question: &str) -> io::Result<Zeroizing<String>> {
        write!(io::stderr(), "{question} ")?;
        io::stderr().flush()?;
        rpassword::read_password().map(Zeroizing::new)
    }
}

impl Ui {
    /// Asks a yes-or-no question; `None` where nobody can be asked, so that the command can name
    /// the option that answers it. Empty means no; anything else is asked again.
    ///
    /// # Errors
    /// `err-cancelled` where the person ended the input.
    pub fn confirm(&mut self, question: &Message) -> Result<Option<bool>, CommandError> {
        let Some((text, person)) = self.person() else { return Ok(None) };
        let question = format!("{} {}", text.show(question), text.show(&msg!("ask-yes-no")));
        loop {
            match person.line(&question).map_err(|error| cancelled(&error))?.to_lowercase().as_str() {
                "y" | "yes" | "はい" | "ｙ" => return Ok(Some(true)),
                "" | "n" | "no" | "いいえ" | "ｎ" => return Ok(Some(false)),
                _ => {}
            }
        }
    }
}

/// The input ended before the answer.
pub(crate) fn cancelled(error: &io::Error) -> CommandError {
    CommandError::failed(msg!("err-cancelled")).because(error)
}

#[cfg(test)]
pub(crate) mod testing {
    //! A person who answers from a list.

    use std::collections::VecDeque;

    use super::*;

    pub(crate) struct Answers(VecDeque<&'static str>);

    impl Answers {
        pub(crate) fn boxed(answers: &[&'static str]) -> Option<Box<dyn Person + Send>> {
            Some(Box::new(Self(answers.iter().copied().collect())))
        }
    }

    impl Person for Answers {
        fn line(&mut self, _: &str) -> io::Result<String> {
            self.0.pop_front().map(ToOwned::to_owned).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
        }

        fn secret(&mut self, question: &str) -> io::Result<Zeroizing<String>> {
            self.line(question).map(Zeroizing::new)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::testing::ui, testing::Answers};
    use crate::{msg, text::Lang};

    #[test]
    fn yes_no_and_nobody() {
        let ask = |answers: Option<&[&'static str]>| {
            let person = answers.and_then(Answers::boxed);
            ui(Lang::Ja, false, person).0.confirm(&msg!("ask-passphrase-again"))
        };
        assert_eq!(ask(Some(&["what?", "はい"])).unwrap(), Some(true));
        assert_eq!(ask(Some(&[""])).unwrap(), Some(false));
        assert_eq!(ask(None).unwrap(), None);
        assert_eq!(ask(Some(&[])).unwrap_err().code(), "cancelled");
    }
}
