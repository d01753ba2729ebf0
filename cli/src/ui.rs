//! What the person sees: results on stdout, everything else on stderr.
//!
//! With `--json` words for stdout are dropped and exactly one JSON value is written: the command's
//! result; or, where it failed before it had one, `{"error":{..}}`
//! (see [`CommandError::to_json`](crate::error::CommandError::to_json)); or `{"done":true}` where
//! a command has nothing to tell. Colours go only to a terminal, and not with `NO_COLOR`.

use std::{
    io::{self, IsTerminal, Write},
    sync::Arc,
};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::{
    error::CommandError,
    msg,
    text::{Message, Text},
};

pub mod layout;
pub mod progress;
pub mod prompt;
pub mod table;

use layout::wrap;
pub use progress::Progress;
pub use prompt::{Console, Person};
pub use table::Table;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const QUIET: Style = Style::new().dimmed();

/// Stdout, stderr and the person in front.
pub struct Ui {
    text: Arc<Text>,
    json: bool,
    json_written: bool,
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    /// The person who can be asked; `None` without a terminal.
    person: Option<Box<dyn Person + Send>>,
    width: usize,
    columns: Option<usize>,
    draws: bool,
    failure: Option<io::Error>,
}

impl Ui {
    /// The process's own streams.
    #[must_use]
    pub fn of_process(text: Arc<Text>, json: bool) -> Self {
        let person: Option<Box<dyn Person + Send>> =
            if io::stdin().is_terminal() { Some(Box::new(Console)) } else { None };
        Self {
            text,
            json,
            json_written: false,
            out: Box::new(anstream::AutoStream::auto(io::stdout())),
            err: Box::new(anstream::AutoStream::auto(io::stderr())),
            person,
            width: terminal_width(),
            columns: io::stdout().is_terminal().then(terminal_columns),
            draws: io::stderr().is_terminal(),
            failure: None,
        }
    }

    /// Streams of the caller's choice, without colours and progress, for tests.
    #[must_use]
    pub fn new(
        text: Arc<Text>,
        json: bool,
        out: impl Write + Send + 'static,
        err: impl Write + Send + 'static,
        person: Option<Box<dyn Person + Send>>,
    ) -> Self {
        let (out, err) = (Box::new(Plain(out)), Box::new(Plain(err)));
        Self {
            text,
            json,
            json_written: false,
            out,
            err,
            person,
            width: 80,
            columns: None,
            draws: false,
            failure: None,
        }
    }

    /// The sentences of the reader's language.
    #[must_use]
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// Columns of the terminal, 80 where there is none; at most 100, which can still be read.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Columns of the terminal that stdout is, all of them; `None` where it is none and a line may be of any length.
    #[must_use]
    pub const fn columns(&self) -> Option<usize> {
        self.columns
    }

    /// Whether a script reads stdout.
    #[must_use]
    pub const fn json(&self) -> bool {
        self.json
    }

    /// Writes a sentence of the result.
    pub fn line(&mut self, message: &Message) {
        let shown = wrap(&self.text.show(message), self.width).join("\n");
        self.text_line(&shown);
    }

    /// Writes a part of the result that is laid out already.
    pub fn text_line(&mut self, text: &str) {
        if !self.json {
            self.write_out(&format!("{text}\n"));
        }
    }

    /// Writes a table of the result.
    pub fn table(&mut self, table: &Table) {
        let shown = table.render(self.width);
        self.text_line(shown.trim_end());
    }

    /// Writes the result for a script; does nothing without `--json`, and only the first value
    /// counts. Written at once: `run` goes on after its line.
    pub fn result(&mut self, value: &impl Serialize) {
        if !self.json || self.json_written {
            return;
        }
        self.json_written = true;
        match serde_json::to_string(value) {
            Ok(line) => self.write_out(&format!("{line}\n")),
            Err(error) => self.failure = Some(error.into()),
        }
    }

    /// Writes what happens meanwhile to stderr.
    pub fn note(&mut self, message: &Message) {
        let shown = wrap(&self.text.show(message), self.width).join("\n");
        self.write_err(&format!("{shown}\n"));
    }

    /// Writes a warning, and what to do about it, to stderr.
    pub fn warn(&mut self, message: &Message) {
        let label = self.text.show(&msg!("label-warning"));
        let shown = self.text.show(message);
        self.labelled(WARNING, &label, &shown);
        if let Some(hint) = self.text.hint(message) {
            self.labelled(Style::new(), &self.text.show(&msg!("label-hint")), &hint);
        }
    }

    /// Writes an error to stderr, and with `--json` its value to stdout if there is none yet.
    pub fn error(&mut self, error: &CommandError) {
        let words = error.words(&self.text);
        let (label, hint) = (self.text.show(&msg!("label-error")), self.text.show(&msg!("label-hint")));
        self.labelled(ERROR, &label, &words.message);
        if !words.hints.is_empty() {
            self.labelled(Style::new(), &hint, &words.hints.join("\n"));
        }
        if let Some(detail) = &words.detail {
            let label = self.text.show(&msg!("label-detail"));
            self.labelled(QUIET, &label, detail);
        }
        let value = error.to_json(&self.text);
        self.result(&value);
    }

    /// A bar on stderr; nothing where stderr is no terminal.
    #[must_use]
    pub fn progress(&self, label: &Message, total: u64) -> Progress {
        Progress::new(self.draws.then(|| self.text.show(label)), total, self.width)
    }

    /// Asks the person who is there, if anybody is.
    pub(crate) fn person(&mut self) -> Option<(&Text, &mut (dyn Person + Send))> {
        match &mut self.person {
            Some(person) => Some((&self.text, person.as_mut())),
            None => None,
        }
    }

    /// Asks nobody from here on: every question is answered as without a terminal.
    pub fn ask_nobody(&mut self) {
        self.person = None;
    }

    /// Ends the output of a command that succeeded or has reported its error.
    ///
    /// # Errors
    /// The first write that failed, unless the reader of a pipe has just gone.
    pub fn finish(mut self) -> io::Result<()> {
        if self.json && !self.json_written {
            self.result(&serde_json::json!({"done": true}));
        }
        match self.failure {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }

    /// `label: words`, the words indented below each other.
    fn labelled(&mut self, style: Style, label: &str, words: &str) {
        let indent = layout::width_of(label) + 2;
        let lines = wrap(words, self.width.saturating_sub(indent).max(20));
        let body = lines.join(&format!("\n{}", " ".repeat(indent)));
        self.write_err(&format!("{style}{label}:{style:#} {body}\n"));
    }

    fn write_out(&mut self, text: &str) {
        let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
        if let (Err(error), None) = (written, &self.failure) {
            self.failure = Some(error);
        }
    }

    fn write_err(&mut self, text: &str) {
        // Nobody is left to be told that stderr does not work.
        let _ = self.err.write_all(text.as_bytes()).and_then(|()| self.err.flush());
    }
}

/// Takes colours out. (`anstream::StripStream` wants streams it knows.)
struct Plain<W>(W);

impl<W: Write> Write for Plain<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(&anstream::adapter::strip_bytes(bytes).into_vec())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn terminal_width() -> usize {
    terminal_columns().clamp(20, 100)
}

fn terminal_columns() -> usize {
    let of_variable = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let of_terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    of_variable.or_else(of_terminal).unwrap_or(80)
}

#[cfg(test)]
pub(crate) mod testing {
    //! A `Ui` whose output can be read.

    use std::sync::Mutex;

    use super::*;
    use crate::text::Lang;

    #[derive(Clone, Default)]
    pub(crate) struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Sink {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    pub(crate) fn ui(lang: Lang, json: bool, person: Option<Box<dyn Person + Send>>) -> (Ui, Sink, Sink) {
        let (out, err) = (Sink::default(), Sink::default());
        (Ui::new(Arc::new(Text::new(lang)), json, out.clone(), err.clone(), person), out, err)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::text::Lang;

    fn missing() -> CommandError {
        CommandError::reading(Path::new("a.csv"))(io::ErrorKind::NotFound.into())
    }

    #[test]
    fn an_error_goes_to_stderr_in_words() {
        let (mut ui, out, err) = testing::ui(Lang::En, false, None);
        ui.error(&missing());
        ui.finish().unwrap();
        assert_eq!(out.text(), "");
        assert!(err.text().starts_with("error: "), "{}", err.text());
        assert!(err.text().contains("\nwhat to do: "), "{}", err.text());
        assert!(!err.text().contains('\u{1b}'));
    }

    #[test]
    fn json_is_one_value_on_one_line() {
        let (mut ui, out, _) = testing::ui(Lang::Ja, true, None);
        ui.text_line("words");
        ui.result(&[1, 2]);
        ui.result(&[3]);
        ui.error(&missing());
        ui.finish().unwrap();
        assert_eq!(out.text(), "[1,2]\n");
    }

    #[test]
    fn json_says_how_it_failed_or_that_it_is_done() {
        let (mut ui, out, _) = testing::ui(Lang::En, true, None);
        ui.error(&missing());
        ui.finish().unwrap();
        let value: serde_json::Value = serde_json::from_str(&out.text()).unwrap();
        assert_eq!(value["error"]["code"], "file-missing");
        assert_eq!(out.text().lines().count(), 1);

        let (ui, out, _) = testing::ui(Lang::En, true, None);
        ui.finish().unwrap();
        assert_eq!(out.text(), "{\"done\":true}\n");
    }
}
