//! Wrong usage in the reader's language: clap finds the fault, the words are ours.

use std::ffi::OsString;

use clap::{
    ArgAction, Command,
    error::{ContextKind, ContextValue, ErrorKind},
};

use crate::{args::values::InvalidValue, error::CommandError, msg, text::Message};

/// What parsing stopped for.
#[derive(Debug)]
pub enum Stopped {
    /// Help or version, wanted: stdout, exit code 0.
    Shown(String),
    /// Help because nothing was said: stderr, exit code 2.
    Bare(String),
    /// A fault.
    Wrong(CommandError),
}

/// Turns clap's error about `args` into words; `tree` is what they were parsed with.
#[must_use]
pub fn explain(error: &clap::Error, tree: &Command, args: &[OsString]) -> Stopped {
    let rendered = || error.render().ansi().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Stopped::Shown(rendered()),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Stopped::Bare(rendered()),
        kind => Stopped::Wrong(wrong(kind, error, usage(tree, args))),
    }
}

fn wrong(kind: ErrorKind, error: &clap::Error, usage: Option<String>) -> CommandError {
    let arg = || strings(error, ContextKind::InvalidArg).join(", ");
    let value = || strings(error, ContextKind::InvalidValue).join(", ");
    let message = match kind {
        ErrorKind::UnknownArgument => msg!("err-usage-unknown", arg = arg()),
        ErrorKind::InvalidSubcommand => {
            msg!("err-usage-subcommand", name = strings(error, ContextKind::InvalidSubcommand).join(" "))
        }
        ErrorKind::MissingSubcommand => msg!("err-usage-no-subcommand"),
        ErrorKind::MissingRequiredArgument => msg!("err-usage-missing", args = arg()),
        ErrorKind::InvalidValue if value().is_empty() => msg!("err-usage-no-value", arg = arg()),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => msg!("err-usage-value", arg = arg(), value = value()),
        ErrorKind::TooFewValues | ErrorKind::NoEquals => msg!("err-usage-no-value", arg = arg()),
        ErrorKind::TooManyValues | ErrorKind::WrongNumberOfValues => {
            msg!("err-usage-too-many", arg = arg(), value = value())
        }
        ErrorKind::ArgumentConflict => {
            let prior = strings(error, ContextKind::PriorArg).join(", ");
            if prior == arg() || prior.is_empty() {
                msg!("err-usage-twice", arg = arg())
            } else {
                msg!("err-usage-conflict", arg = arg(), other = prior)
            }
        }
        ErrorKind::InvalidUtf8 => msg!("err-usage-utf8"),
        _ => msg!("err-usage-other"),
    };
    let mut command_error = CommandError::usage(message);
    for hint in hints(error, usage) {
        command_error = command_error.hint(hint);
    }
    command_error
}

/// What the value must look like, what was perhaps meant, what can be said, how it is typed.
fn hints(error: &clap::Error, usage: Option<String>) -> Vec<Message> {
    use std::error::Error as _;

    let mut hints = Vec::new();
    if let Some(invalid) = error.source().and_then(|source| source.downcast_ref::<InvalidValue>()) {
        hints.push(invalid.message());
    } else if error.kind() == ErrorKind::ValueValidation {
        hints.push(msg!("want-number"));
    }
    for kind in [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue] {
        let meant = strings(error, kind);
        if !meant.is_empty() {
            hints.push(msg!("usage-meant", names = meant.join(", ")));
        }
    }
    let valid = strings(error, ContextKind::ValidValue);
    if !valid.is_empty() {
        hints.push(msg!("usage-values", values = valid.join(", ")));
    }
    if matches!(error.kind(), ErrorKind::InvalidSubcommand | ErrorKind::MissingSubcommand) {
        hints.push(msg!("usage-list-commands"));
    } else if let Some(usage) = usage {
        hints.push(msg!("usage-usage", usage = usage));
    }
    hints
}

/// The usage line of the command that was meant: the words that name it may have options between
/// them. clap knows it too, but does not tell it with every fault.
fn usage(tree: &Command, args: &[OsString]) -> Option<String> {
    let mut command = tree;
    let mut words = args.iter().skip(1).map(|word| word.to_string_lossy());
    while let Some(word) = words.next() {
        if let Some(option) = word.strip_prefix("--") {
            let arg = tree.get_arguments().chain(command.get_arguments()).find(|arg| arg.get_long() == Some(option));
            if arg.is_some_and(|arg| matches!(arg.get_action(), ArgAction::Set | ArgAction::Append)) {
                words.next();
            }
        } else if let Some(sub) = command.find_subcommand(word.as_ref()) {
            command = sub;
        } else if !word.starts_with('-') {
            break;
        }
    }
    command.get_overridden_usage().map(ToString::to_string)
}

fn strings(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        Some(ContextValue::StyledStr(text)) => vec![text.to_string()],
        Some(ContextValue::StyledStrs(texts)) => texts.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}
