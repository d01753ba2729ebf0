//! Help in the reader's language.
//!
//! The words come from the message files by the shape of the tree: `cmd-send` (one line, `.long`
//! for more), `cmd-send-arg-to-kind`, `arg-dir` for options of every command, `value-dir` for what
//! an option takes. clap's own layout cannot break lines between Japanese characters, so the page
//! is laid out here and handed to clap as a whole.

use std::collections::BTreeSet;

use anstyle::Style;
use clap::{Arg, ArgAction, Command};

use crate::{
    msg,
    text::Text,
    ui::layout::{pad, width_of, wrap},
};

const HEADING: Style = Style::new().bold().underline();
const LITERAL: Style = Style::new().bold();

/// Puts words into the whole tree and lays out every page for `width` columns.
#[must_use]
pub fn localise(root: Command, text: &Text, width: usize) -> Command {
    let globals: Vec<Arg> = root.get_arguments().filter(|arg| arg.is_global_set()).cloned().collect();
    let globals: Vec<Arg> = globals.into_iter().map(|arg| words(arg, "arg", text)).collect();
    let name = root.get_name().to_owned();
    Page { text, width, globals: &globals }.command(root, &name, "cmd")
}

/// Every key that the help of this tree takes from the message files.
#[must_use]
pub fn keys(root: &Command) -> BTreeSet<String> {
    fn collect(command: &Command, key: &str, keys: &mut BTreeSet<String>) {
        keys.insert(key.to_owned());
        for arg in command.get_arguments() {
            keys.insert(arg_key(arg, key));
            keys.extend(arg.get_value_names().into_iter().flatten().filter(|_| takes_value(arg)).map(|n| value_key(n)));
        }
        for sub in command.get_subcommands() {
            collect(sub, &format!("{key}-{}", sub.get_name()), keys);
        }
    }
    let mut keys = BTreeSet::new();
    collect(root, "cmd", &mut keys);
    keys
}

fn arg_key(arg: &Arg, command: &str) -> String {
    let prefix = if arg.is_global_set() { "arg".to_owned() } else { format!("{command}-arg") };
    format!("{prefix}-{}", arg.get_id().as_str().replace('_', "-"))
}

fn value_key(name: &str) -> String {
    format!("value-{}", name.to_lowercase())
}

fn takes_value(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Set | ArgAction::Append)
}

/// Gives an argument its words.
fn words(arg: Arg, prefix: &str, text: &Text) -> Arg {
    let key = format!("{prefix}-{}", arg.get_id().as_str().replace('_', "-"));
    let names: Vec<String> = arg
        .get_value_names()
        .into_iter()
        .flatten()
        .map(|name| text.find(&value_key(name), None).unwrap_or_else(|| name.to_string()))
        .collect();
    let takes_value = takes_value(&arg) && !names.is_empty();
    let arg = arg.help(text.find(&key, None).unwrap_or_default());
    if takes_value { arg.value_names(names) } else { arg }
}

struct Page<'a> {
    text: &'a Text,
    width: usize,
    globals: &'a [Arg],
}

impl Page<'_> {
    fn command(&self, command: Command, path: &str, key: &str) -> Command {
        let command = command.about(self.text.find(key, None).unwrap_or_default()).mut_args(|arg| {
            let prefix = if arg.is_global_set() { "arg".to_owned() } else { format!("{key}-arg") };
            words(arg, &prefix, self.text)
        });
        let command = command.mut_subcommands(|sub| {
            let name = sub.get_name().to_owned();
            self.command(sub, &format!("{path} {name}"), &format!("{key}-{name}"))
        });
        let usage = self.usage(&command, path);
        let page = self.page(&command, path, key, &usage);
        command.override_usage(usage).override_help(page)
    }

    /// `musubi send [options] <path>...`: what must be typed, optional things in one word.
    fn usage(&self, command: &Command, path: &str) -> String {
        let mut parts = vec![path.to_owned()];
        // Members of a required group are each optional, though one of them must stand there.
        let grouped =
            |arg: &Arg| command.get_groups().any(|g| g.is_required_set() && g.get_args().any(|id| id == arg.get_id()));
        let own = || command.get_arguments().filter(|arg| !arg.is_global_set());
        for arg in own().filter(|arg| !arg.is_positional() && arg.is_required_set()) {
            parts.push(signature(arg));
        }
        parts.push(format!("[{}]", self.text.show(&msg!("help-options-word"))));
        let group: Vec<String> = own().filter(|arg| grouped(arg)).map(signature).collect();
        if !group.is_empty() {
            parts.push(format!("({})", group.join(" | ")));
        }
        for arg in own().filter(|arg| arg.is_positional() && !grouped(arg)) {
            let shown = signature(arg);
            parts.push(if arg.is_required_set() { shown } else { shown.replace('<', "[").replace('>', "]") });
        }
        if command.has_subcommands() {
            parts.push(format!("<{}>", self.text.show(&msg!("help-command-word"))));
        }
        parts.join(" ")
    }

    fn page(&self, command: &Command, path: &str, key: &str, usage: &str) -> String {
        let mut out = String::new();
        let about = self.text.find(key, None).unwrap_or_default();
        self.paragraph(&mut out, &about);
        if let Some(long) = self.text.find(key, Some("long")) {
            out.push('\n');
            self.paragraph(&mut out, &long);
        }
        self.heading(&mut out, &self.text.show(&msg!("help-usage")));
        for line in wrap(usage, self.width.saturating_sub(4)) {
            let line = line.strip_prefix(path).map_or(line.clone(), |rest| format!("{LITERAL}{path}{LITERAL:#}{rest}"));
            out.push_str(&format!("  {line}\n"));
        }
        let commands: Vec<_> = command
            .get_subcommands()
            .map(|sub| (sub.get_name().to_owned(), sub.get_about().map(ToString::to_string).unwrap_or_default()))
            .collect();
        self.section(&mut out, &self.text.show(&msg!("help-commands")), &commands);
        let own = |positional: bool| -> Vec<(String, String)> {
            let args = command.get_arguments().filter(|arg| !arg.is_global_set() && arg.is_positional() == positional);
            args.map(|arg| self.item(arg)).collect()
        };
        self.section(&mut out, &self.text.show(&msg!("help-arguments")), &own(true));
        self.section(&mut out, &self.text.show(&msg!("help-options")), &own(false));
        let globals: Vec<_> = self.globals.iter().map(|arg| self.item(arg)).collect();
        self.section(&mut out, &self.text.show(&msg!("help-global")), &globals);
        if command.has_subcommands() {
            out.push('\n');
            self.paragraph(&mut out, &self.text.show(&msg!("help-more", command = path)));
        }
        out
    }

    /// An argument's left column and its words.
    fn item(&self, arg: &Arg) -> (String, String) {
        let left = match (arg.get_short(), arg.get_long()) {
            (Some(short), Some(_)) => format!("-{short}, {}", signature(arg)),
            _ => signature(arg),
        };
        let mut words = vec![arg.get_help().map(ToString::to_string).unwrap_or_default()];
        let possible: Vec<_> = arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
        if takes_value(arg) && !possible.is_empty() {
            words.push(self.text.show(&msg!("help-possible", values = possible.join(" / "))));
        }
        if let (true, Some(default)) = (takes_value(arg), arg.get_default_values().first()) {
            words.push(self.text.show(&msg!("help-default", value = default.to_string_lossy().as_ref())));
        }
        (left, words.join(" "))
    }

    fn heading(&self, out: &mut String, heading: &str) {
        out.push_str(&format!("\n{HEADING}{heading}{HEADING:#}\n"));
    }

    fn paragraph(&self, out: &mut String, words: &str) {
        for line in words.lines() {
            // Indented lines are examples to type: never broken.
            let lines = if line.starts_with(' ') { vec![line.to_owned()] } else { wrap(line, self.width) };
            for line in lines {
                out.push_str(line.trim_end());
                out.push('\n');
            }
        }
    }

    /// Two columns; in a narrow window, or beside a long name, the words stand below the name.
    fn section(&self, out: &mut String, heading: &str, items: &[(String, String)]) {
        if items.is_empty() {
            return;
        }
        self.heading(out, heading);
        let column = items.iter().map(|(left, _)| width_of(left)).filter(|width| *width <= 28).max().unwrap_or(0) + 4;
        let below = self.width < column + 30;
        for (left, words) in items {
            let beside = !below && width_of(left) + 4 <= column;
            let indent = if below { 6 } else { column };
            let mut lines = wrap(words, self.width.saturating_sub(indent).max(10)).into_iter();
            let first = if beside { lines.next().unwrap_or_default() } else { String::new() };
            let shown = if beside { pad(left, column - 2) } else { left.clone() };
            let (name, gap) = shown.split_at(left.len());
            out.push_str(format!("  {LITERAL}{name}{LITERAL:#}{gap}{first}").trim_end());
            out.push('\n');
            for line in lines {
                out.push_str(&format!("{}{line}\n", " ".repeat(indent)));
            }
        }
    }
}

/// `--kind <kind>...` or `<file>`: how an argument is typed.
fn signature(arg: &Arg) -> String {
    let dots = if many(arg) { "..." } else { "" };
    let value = match arg.get_value_names().and_then(|names| names.first()) {
        Some(name) if takes_value(arg) => format!("<{name}>{dots}"),
        _ => String::new(),
    };
    arg.get_long().map_or(value.clone(), |long| format!("--{long} {value}").trim_end().to_owned())
}

fn many(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append) || arg.get_num_args().is_some_and(|range| range.max_values() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{args, text::Lang, ui::layout::width_of};

    fn each(command: &Command, see: &mut impl FnMut(&Command)) {
        see(command);
        command.get_subcommands().for_each(|sub| each(sub, see));
    }

    #[test]
    fn every_command_and_argument_has_words_in_both_languages() {
        for lang in [Lang::Ja, Lang::En] {
            each(&args::command(&Text::new(lang), 80), &mut |command| {
                let name = command.get_name();
                assert!(command.get_about().is_some_and(|about| !about.to_string().is_empty()), "{lang:?} {name}");
                for arg in command.get_arguments() {
                    let words = arg.get_help().map(ToString::to_string).unwrap_or_default();
                    assert!(!words.is_empty(), "{lang:?} {name} {}", arg.get_id());
                }
            });
            let text = Text::new(lang);
            for key in keys(&args::bare()) {
                assert!(text.find(&key, None).is_some(), "{lang:?} {key}");
            }
        }
    }

    #[test]
    fn clap_accepts_the_tree() {
        args::command(&Text::new(Lang::Ja), 80).debug_assert();
        args::bare().debug_assert();
    }

    #[test]
    fn pages_fit_narrow_and_wide_windows() {
        for lang in [Lang::Ja, Lang::En] {
            for width in [40, 60, 80, 100] {
                each(&args::command(&Text::new(lang), width), &mut |command| {
                    let page = command.clone().render_help().to_string();
                    for line in page.lines().filter(|line| !line.trim_start().starts_with("musubi")) {
                        assert!(width_of(line) <= width, "{lang:?} {width} {}: {line}", command.get_name());
                    }
                });
            }
        }
    }
}
