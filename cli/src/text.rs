//! Every sentence a person reads, from `messages/ja.ftl` and `messages/en.ftl`.
//!
//! Code names a sentence with [`msg!`](crate::msg) and shows it through [`Text`]; until then it has
//! no language. A test reads the sources and fails on a key that is missing, unused, or has other
//! arguments than the code gives it, so keys are always literals inside `msg!`.

use std::{borrow::Cow, fmt, path::Path};

use fluent_bundle::{FluentArgs, FluentError, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

pub mod lang;

pub use lang::Lang;

/// Names a sentence of the message files with its arguments: `msg!("err-file-read", path = p)`.
///
/// An argument is anything that is [`IntoArg`]; numbers stay numbers, so that a sentence can
/// choose by them.
#[macro_export]
macro_rules! msg {
    ($key:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::text::Message::new($key)$(.with(stringify!($name), $value))*
    };
}

/// A sentence without a language yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    key: &'static str,
    args: Vec<(&'static str, FluentValue<'static>)>,
}

impl Message {
    /// Names a sentence; use [`msg!`](crate::msg), which tests can see.
    #[must_use]
    pub const fn new(key: &'static str) -> Self {
        Self { key, args: Vec::new() }
    }

    /// Adds an argument.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl IntoArg) -> Self {
        self.args.push((name, value.into_arg()));
        self
    }

    /// The key in the message files.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        self.key
    }
}

/// What can stand in a sentence.
pub trait IntoArg {
    /// Turns the value into what Fluent takes. Control characters in texts become `\u{fffd}`:
    /// a file name must not steer the terminal.
    fn into_arg(self) -> FluentValue<'static>;
}

impl IntoArg for &str {
    fn into_arg(self) -> FluentValue<'static> {
        FluentValue::String(Cow::Owned(harmless(self)))
    }
}

impl IntoArg for String {
    fn into_arg(self) -> FluentValue<'static> {
        self.as_str().into_arg()
    }
}

impl IntoArg for &String {
    fn into_arg(self) -> FluentValue<'static> {
        self.as_str().into_arg()
    }
}

impl IntoArg for &Path {
    fn into_arg(self) -> FluentValue<'static> {
        self.to_string_lossy().as_ref().into_arg()
    }
}

impl IntoArg for &std::path::PathBuf {
    fn into_arg(self) -> FluentValue<'static> {
        self.as_path().into_arg()
    }
}

macro_rules! into_arg {
    (number: $($number:ty),+; shown: $($shown:ty),+) => {
        $(impl IntoArg for $number {
            fn into_arg(self) -> FluentValue<'static> {
                FluentValue::from(self)
            }
        })+
        $(impl IntoArg for $shown {
            fn into_arg(self) -> FluentValue<'static> {
                self.to_string().as_str().into_arg()
            }
        })+
    };
}
into_arg!(
    number: u8, u16, u32, u64, usize, i32, i64;
    shown: musubi_protocol::ids::OfficeNumber, musubi_protocol::ids::Kind, musubi_protocol::ids::Address,
        musubi_protocol::ids::MessageId, musubi_protocol::ids::Hash
);

/// A path as it can be typed: in quotation marks where a shell would take it apart.
#[must_use]
pub fn typed(path: &Path) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/\\:._-+@".contains(c);
    let path = path.to_string_lossy();
    if path.chars().all(plain) { path.into_owned() } else { format!("\"{path}\"") }
}

/// Replaces what could steer a terminal or turn a line around: control and direction characters.
/// Line ends stay.
#[must_use]
pub fn harmless(text: &str) -> String {
    let steers = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

/// The sentences of one language.
pub struct Text {
    lang: Lang,
    bundle: FluentBundle<FluentResource>,
}

impl Text {
    /// Loads the sentences of a language; they are part of the program.
    #[must_use]
    pub fn new(lang: Lang) -> Self {
        let (id, source) = match lang {
            Lang::Ja => ("ja", include_str!("../messages/ja.ftl")),
            Lang::En => ("en", include_str!("../messages/en.ftl")),
        };
        // The identifier only chooses plural rules and number forms.
        let id: LanguageIdentifier = id.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        // The marks would stand as boxes in many consoles, and neither language runs right to left.
        bundle.set_use_isolating(false);
        // A broken entry is skipped here and shown by its key; tests allow none.
        let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
        Self { lang, bundle }
    }

    /// The language.
    #[must_use]
    pub const fn lang(&self) -> Lang {
        self.lang
    }

    /// The sentence in this language.
    #[must_use]
    pub fn show(&self, message: &Message) -> String {
        self.format(message.key, None, &message.args, &mut Vec::new()).unwrap_or_else(|| message.key.to_owned())
    }

    /// What to do about it: the sentence's `.hint`, if it has one.
    #[must_use]
    pub fn hint(&self, message: &Message) -> Option<String> {
        self.format(message.key, Some("hint"), &message.args, &mut Vec::new())
    }

    /// A sentence without arguments by a key that is put together at run time, with an attribute
    /// or without. For the help texts, whose keys follow the tree of commands.
    #[must_use]
    pub fn find(&self, key: &str, attribute: Option<&str>) -> Option<String> {
        self.format(key, attribute, &[], &mut Vec::new())
    }

    /// The sentence and what Fluent has to complain about, for tests.
    #[must_use]
    pub fn try_show(
        &self,
        key: &str,
        attribute: Option<&str>,
        args: &[(&'static str, &str)],
    ) -> (Option<String>, Vec<FluentError>) {
        let args: Vec<_> = args.iter().map(|(name, value)| (*name, (*value).into_arg())).collect();
        let mut errors = Vec::new();
        (self.format(key, attribute, &args, &mut errors), errors)
    }

    fn format(
        &self,
        key: &str,
        attribute: Option<&str>,
        args: &[(&'static str, FluentValue<'static>)],
        errors: &mut Vec<FluentError>,
    ) -> Option<String> {
        let message = self.bundle.get_message(key)?;
        let pattern = match attribute {
            None => message.value()?,
            Some(name) => message.get_attribute(name)?.value(),
        };
        let args: FluentArgs<'_> = args.iter().map(|(name, value)| (*name, value.clone())).collect();
        Some(self.bundle.format_pattern(pattern, Some(&args), errors).into_owned())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({:?})", self.lang)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_can_be_typed() {
        assert_eq!(typed(Path::new("/tmp/見本/care-manager")), "/tmp/見本/care-manager");
        assert_eq!(typed(Path::new("/tmp/my demo")), "\"/tmp/my demo\"");
    }

    #[test]
    fn arguments_carry_no_marks_and_no_control_characters() {
        let text = Text::new(Lang::Ja);
        let shown = text.show(&msg!("err-file-read", path = "a\u{1b}[31m\u{202e}b"));
        assert!(shown.contains("a\u{fffd}[31m\u{fffd}b"), "{shown}");
        assert!(!shown.chars().any(|c| ('\u{2066}'..='\u{2069}').contains(&c)), "{shown}");
    }

    #[test]
    fn text_is_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Text>();
    }
}
