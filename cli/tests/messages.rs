//! The message files against the sources: no sentence missing, none unused, the same arguments
//! everywhere, and every error with what to do.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, Resource};
use musubi_cli::{
    args, help,
    text::{Lang, Text},
};

/// Sentence -> arguments; attributes as `key.attribute`.
type Sentences = BTreeMap<String, BTreeSet<String>>;

const FILES: [(Lang, &str); 2] =
    [(Lang::Ja, include_str!("../messages/ja.ftl")), (Lang::En, include_str!("../messages/en.ftl"))];

#[test]
fn both_languages_say_the_same_things() {
    let [ja, en] = FILES.map(|(_, source)| sentences(source));
    assert_eq!(ja, en);
}

#[test]
fn the_code_and_the_files_agree() {
    let written = sentences(FILES[0].1);
    let mut used = BTreeSet::new();
    for (place, key, given) in used_in_code() {
        let wanted = written.get(&key).unwrap_or_else(|| panic!("{place}: `{key}` is in no message file"));
        let hint = written.get(&format!("{key}.hint")).cloned().unwrap_or_default();
        let wanted: BTreeSet<_> = wanted.union(&hint).cloned().collect();
        assert_eq!(given, wanted, "{place}: arguments of `{key}`");
        used.insert(key);
    }
    used.extend(help::keys(&args::bare()));
    let unused: Vec<_> = written.keys().filter(|key| !used.contains(key.split('.').next().unwrap())).collect();
    assert!(unused.is_empty(), "no code uses {unused:?}");
}

#[test]
fn every_error_says_what_to_do() {
    let written = sentences(FILES[0].1);
    for key in written.keys().filter(|key| key.starts_with("err-") && !key.contains('.')) {
        assert!(written.contains_key(&format!("{key}.hint")), "{key} has no .hint");
    }
}

#[test]
fn attributes_stand_where_code_looks_for_them() {
    for name in sentences(FILES[0].1).keys() {
        let Some((key, attribute)) = name.split_once('.') else { continue };
        let known = match attribute {
            "hint" => key.starts_with("err-") || key.starts_with("warn-"),
            "long" => key == "cmd" || (key.starts_with("cmd-") && !key.contains("-arg-")),
            _ => false,
        };
        assert!(known, "nothing shows {name}");
    }
}

#[test]
fn every_sentence_can_be_shown() {
    for (lang, source) in FILES {
        let text = Text::new(lang);
        for (name, _) in sentences(source) {
            let (key, attribute) = name.split_once('.').map_or((name.as_str(), None), |(key, a)| (key, Some(a)));
            let args: Vec<(&'static str, &str)> = ARGUMENTS.iter().map(|name| (*name, "x")).collect();
            let (shown, errors) = text.try_show(key, attribute, &args);
            assert!(errors.is_empty(), "{lang:?} {name}: {errors:?}");
            assert!(!shown.unwrap().trim().is_empty(), "{lang:?} {name} is empty");
        }
    }
}

/// Names of arguments in use; a new one is added here.
const ARGUMENTS: &[&str] = &[
    "address",
    "addresses",
    "all",
    "arg",
    "args",
    "at",
    "bodies",
    "bundle",
    "by",
    "bytes",
    "characters",
    "class",
    "columns",
    "command",
    "count",
    "date",
    "day",
    "days",
    "deed",
    "delivered",
    "desk",
    "desks",
    "dir",
    "enough",
    "errors",
    "fee",
    "file",
    "files",
    "filter",
    "finding",
    "fingerprint",
    "found",
    "free",
    "fresh",
    "from",
    "gib",
    "hour",
    "hours",
    "id",
    "joined",
    "kb",
    "key",
    "kind",
    "kinds",
    "limit",
    "line",
    "live",
    "log",
    "mark",
    "max",
    "mb",
    "meant",
    "median",
    "mib",
    "min",
    "minute",
    "minutes",
    "missing",
    "month",
    "months",
    "more",
    "ms",
    "name",
    "names",
    "new",
    "newest",
    "now",
    "number",
    "numbers",
    "office",
    "offices",
    "old",
    "opener",
    "organisation",
    "other",
    "outcome",
    "owner",
    "partners",
    "pages",
    "path",
    "pending",
    "people",
    "percent",
    "pin",
    "rate",
    "reason",
    "received",
    "receiver",
    "refused",
    "repaired",
    "reserve",
    "root",
    "rounds",
    "row",
    "rows",
    "rule",
    "seconds",
    "sender",
    "sent",
    "serial",
    "size",
    "standing",
    "state",
    "text",
    "time",
    "to",
    "todo",
    "tool",
    "total",
    "units",
    "until",
    "usage",
    "value",
    "values",
    "verified",
    "version",
    "waiting",
    "warnings",
    "weekday",
    "what",
    "why",
    "words",
    "worst",
    "year",
];

/// The parsed file; entries that do not parse fail the test.
fn sentences(source: &str) -> Sentences {
    let resource: Resource<&str> = fluent_syntax::parser::parse(source).expect("the file parses");
    let mut found = Sentences::new();
    let mut add = |name: String, pattern: &Pattern<&str>| {
        let mut args = BTreeSet::new();
        of_pattern(pattern, &mut args);
        assert!(found.insert(name.clone(), args).is_none(), "{name} stands there twice");
    };
    for entry in &resource.body {
        if let Entry::Message(message) = entry {
            let value = message.value.as_ref().unwrap_or_else(|| panic!("{} has no text", message.id.name));
            add(message.id.name.to_owned(), value);
            for attribute in &message.attributes {
                add(format!("{}.{}", message.id.name, attribute.id.name), &attribute.value);
            }
        }
    }
    found
}

fn of_pattern(pattern: &Pattern<&str>, args: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            match expression {
                Expression::Inline(inline) => of_inline(inline, args),
                Expression::Select { selector, variants } => {
                    of_inline(selector, args);
                    variants.iter().for_each(|variant| of_pattern(&variant.value, args));
                }
            }
        }
    }
}

fn of_inline(inline: &InlineExpression<&str>, args: &mut BTreeSet<String>) {
    if let InlineExpression::VariableReference { id } = inline {
        args.insert(id.name.to_owned());
    }
}

/// Every `msg!("key", name = value, ..)` of the sources: place, key, argument names.
fn used_in_code() -> Vec<(String, String, BTreeSet<String>)> {
    let mut found = Vec::new();
    read_dir(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut |path, source| {
        // Comments show the macro too.
        let code: String = source
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .map(|line| format!("{line}\n"))
            .collect();
        for (at, _) in code.match_indices("msg!(") {
            let inside = up_to_close(&code[at + "msg!(".len()..]);
            let mut parts = split_arguments(inside).into_iter();
            let key = parts.next().unwrap_or_default();
            let key = key.trim().strip_prefix('"').and_then(|key| key.strip_suffix('"'));
            let key = key.unwrap_or_else(|| panic!("{}: a key that is no literal", path.display())).to_owned();
            let names = parts.filter_map(|part| part.split_once('=').map(|(name, _)| name.trim().to_owned())).collect();
            found.push((path.display().to_string(), key, names));
        }
    });
    assert!(found.len() > 20, "the search finds the macro");
    found
}

fn read_dir(dir: &Path, each: &mut impl FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_dir(&path, each);
        } else {
            each(&path, &std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// The text up to the parenthesis that closes what was open.
fn up_to_close(text: &str) -> &str {
    let mut depth = 0_i32;
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' if !escaped => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' if !quoted && depth == 0 => return &text[..at],
            ')' | ']' | '}' if !quoted => depth -= 1,
            _ => {}
        }
        escaped = quoted && c == '\\' && !escaped;
    }
    text
}

/// Splits at the commas of the outermost level.
fn split_arguments(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut depth, mut quoted) = (0_i32, false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth -= 1,
            _ => {}
        }
        match (c, parts.last_mut()) {
            (',', _) if depth == 0 && !quoted => parts.push(String::new()),
            (c, Some(part)) => part.push(c),
            _ => {}
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}
