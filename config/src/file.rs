//! The settings file against the defaults.
//!
//! `defaults.toml` holds every key, so it is the list of what a file may say: a key that it does
//! not hold is unknown, a value of another type is wrong. Both are found with their line.

use std::{collections::BTreeMap, io, path::PathBuf};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{DEFAULTS, check::BadValue};

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file is there but cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A place in the file is wrong.
    #[error("{}, line {line}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        problem: Problem,
    },
    /// An option of the command line is wrong.
    #[error("{problem}")]
    Option {
        /// What is wrong with it; its key is that of the setting.
        problem: Problem,
    },
    /// The defaults do not fit the settings: a fault of the program, which tests exclude.
    #[error("the built-in defaults are wrong")]
    Defaults(#[source] toml::de::Error),
}

/// What is wrong at one place.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// Not TOML.
    #[error("not TOML: {0}")]
    Syntax(String),
    /// No such setting.
    #[error("unknown key `{key}`")]
    UnknownKey {
        /// The key with its table, `network.adress`.
        key: String,
        /// A setting that was perhaps meant.
        meant: Option<String>,
    },
    /// A setting of another type.
    #[error("`{key}` must be {expected}")]
    WrongType {
        /// The key with its table.
        key: String,
        /// What it must be.
        expected: Type,
    },
    /// A value that cannot be used.
    #[error("`{key}`: {reason}")]
    Value {
        /// The key with its table.
        key: String,
        /// Why not.
        #[source]
        reason: BadValue,
    },
}

/// The type of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Type {
    /// A table, `[network]`.
    #[error("a table")]
    Table,
    /// Text in quotes.
    #[error("a text in quotes")]
    Text,
    /// A whole number from 0.
    #[error("a whole number")]
    Number,
    /// A list of texts.
    #[error("a list of texts in quotes")]
    Texts,
}

/// Where the keys of a file stand, by `table.key`; list items by `table.key.0`.
pub(crate) type Lines = BTreeMap<String, usize>;

/// Reads a settings file's text: every key known, every type right.
pub(crate) fn read(text: &str) -> Result<(toml::Table, Lines), (usize, Problem)> {
    let syntax = |error: toml::de::Error| {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        (line, Problem::Syntax(error.message().to_owned()))
    };
    let tree = DeTable::parse(text).map_err(syntax)?;
    let table: toml::Table = toml::from_str(text).map_err(syntax)?;
    let known = keys_of_defaults();
    let mut lines = Lines::new();
    walk(text, "", tree.get_ref(), &known, &mut lines)?;
    Ok((table, lines))
}

/// Every key of the defaults with its type, tables included.
fn keys_of_defaults() -> BTreeMap<String, Type> {
    fn collect(prefix: &str, table: &toml::Table, keys: &mut BTreeMap<String, Type>) {
        for (name, value) in table {
            let key = format!("{prefix}{name}");
            let kind = match value {
                toml::Value::Table(inner) => {
                    collect(&format!("{key}."), inner, keys);
                    Type::Table
                }
                toml::Value::Array(_) => Type::Texts,
                toml::Value::Integer(_) => Type::Number,
                _ => Type::Text,
            };
            keys.insert(key, kind);
        }
    }
    let mut keys = BTreeMap::new();
    collect("", &DEFAULTS.parse().unwrap_or_default(), &mut keys);
    keys
}

fn walk(
    text: &str,
    prefix: &str,
    table: &DeTable<'_>,
    known: &BTreeMap<String, Type>,
    lines: &mut Lines,
) -> Result<(), (usize, Problem)> {
    // In the order of the file, so that the first fault is reported first.
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    for (name, value) in entries {
        let key = format!("{prefix}{}", name.get_ref());
        let line = line_of(text, name.span().start);
        let Some(&expected) = known.get(&key) else {
            let meant = meant(&key, known);
            return Err((line, Problem::UnknownKey { key, meant }));
        };
        if let Some(span) = misfit(value, expected) {
            return Err((line_of(text, span), Problem::WrongType { key, expected }));
        }
        if let DeValue::Array(items) = value.get_ref() {
            for (index, item) in items.iter().enumerate() {
                lines.insert(format!("{key}.{index}"), line_of(text, item.span().start));
            }
        }
        lines.insert(key.clone(), line);
        if let DeValue::Table(inner) = value.get_ref() {
            walk(text, &format!("{key}."), inner, known, lines)?;
        }
    }
    Ok(())
}

/// Where a value is not of the expected type, if it is not.
fn misfit(value: &Spanned<DeValue<'_>>, expected: Type) -> Option<usize> {
    let start = value.span().start;
    match (expected, value.get_ref()) {
        (Type::Table, DeValue::Table(_)) | (Type::Text, DeValue::String(_)) => None,
        (Type::Number, DeValue::Integer(number)) => {
            u64::from_str_radix(number.as_str(), number.radix()).is_err().then_some(start)
        }
        (Type::Texts, DeValue::Array(items)) => {
            items.iter().find(|item| !item.get_ref().is_str()).map(|item| item.span().start)
        }
        _ => Some(start),
    }
}

/// The known key that is nearest, if one is near.
fn meant(key: &str, known: &BTreeMap<String, Type>) -> Option<String> {
    let name = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let near = |candidate: &&String| {
        distance(key, candidate) <= 2 || distance(&name(key), &name(candidate)) <= key.len().min(12) / 6
    };
    known.keys().filter(near).min_by_key(|candidate| distance(key, candidate)).cloned()
}

/// Levenshtein's distance, in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let next = (corner + usize::from(x != *y)).min(row[j] + 1).min(row[j + 1] + 1);
            corner = row[j + 1];
            row[j + 1] = next;
        }
    }
    row[b.len()]
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}
