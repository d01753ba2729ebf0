//! What the repository as a whole keeps: its top level, its words in two languages, and nothing of the machine on which
//! somebody wrote it.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
};

/// Everything that stands at the top; a new house needs a decision.
const TOP: &[&str] = &[
    ".ci",
    ".gitattributes",
    ".gitignore",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.ja.md",
    "README.md",
    "SECURITY.md",
    "cli",
    "clippy.toml",
    "config",
    "deny.toml",
    "docs",
    "fuzz",
    "node",
    "protocol",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "tests",
];

/// Made by tools, never part of the repository.
const MADE: &[&str] = &[".git", "target", "__pycache__"];

/// The commands of the READMEs, in their order.
const COMMANDS: [&str; 2] = ["cargo run --release -- demo", "cargo test --workspace"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files but those that tools make, as paths from the top.
fn files() -> Vec<PathBuf> {
    let (top, mut found, mut open) = (root(), Vec::new(), vec![PathBuf::new()]);
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(top.join(&dir)).unwrap() {
            let entry = entry.unwrap();
            let path = dir.join(entry.file_name());
            let made = MADE.contains(&entry.file_name().to_str().unwrap_or_default())
                || [Path::new("fuzz/corpus"), Path::new("fuzz/artifacts")].contains(&path.as_path());
            if made {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}

fn markdown() -> Vec<PathBuf> {
    files().into_iter().filter(|path| path.extension().is_some_and(|ext| ext == "md")).collect()
}

/// Lines of a text with "inside a fenced block" beside them; the fences count as inside.
fn fenced(text: &str) -> impl Iterator<Item = (bool, &str)> {
    let mut inside = false;
    text.lines().map(move |line| {
        let fence = line.starts_with("```");
        inside ^= fence;
        (inside || fence, line)
    })
}

fn headings(text: &str) -> Vec<(usize, &str)> {
    let lines = fenced(text).filter(|(inside, line)| !inside && line.starts_with('#'));
    lines
        .map(|(_, line)| (line.chars().take_while(|c| *c == '#').count(), line.trim_start_matches('#').trim()))
        .collect()
}

/// The lines of all blocks with this word behind the fence.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let (mut lines, mut wanted) = (Vec::new(), false);
    for (inside, line) in fenced(text) {
        if let Some(word) = line.strip_prefix("```") {
            wanted = word == language;
        } else if inside && wanted {
            lines.push(line);
        }
    }
    lines
}

/// Targets of `[text](target)` outside of fenced blocks.
fn links(text: &str) -> Vec<&str> {
    let outside = fenced(text).filter(|(inside, _)| !inside);
    outside.flat_map(|(_, line)| line.split("](").skip(1).filter_map(|rest| rest.split(')').next())).collect()
}

/// The anchor that renderers give a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn the_top_level_holds_what_it_should() {
    let found: BTreeSet<String> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !MADE.contains(&name.as_str()))
        .collect();
    assert_eq!(found, TOP.iter().map(|name| (*name).to_owned()).collect());
}

#[test]
fn no_file_tells_where_it_was_written() {
    // Put together here, so that this file does not name them.
    let mut places: Vec<String> = [["/ro", "ot/"], ["/ho", "me/"], ["/Us", "ers/"], ["C:\\Us", "ers\\"]]
        .iter()
        .map(|parts| parts.concat())
        .collect();
    places.push(root().to_string_lossy().into_owned());
    places.extend(env::var("HOME").ok().filter(|home| home.len() > 1).map(|home| format!("{home}/")));
    for path in files() {
        let bytes = fs::read(root().join(&path)).unwrap();
        for place in &places {
            let found = bytes.windows(place.len()).any(|window| window == place.as_bytes());
            assert!(!found, "{} holds {place}", path.display());
        }
    }
}

#[test]
fn a_checkout_alters_no_sample() {
    assert!(read(".gitattributes").lines().any(|line| line == "protocol/careplan/samples/** -text"));
}

#[test]
fn both_readmes_say_the_same() {
    let (english, japanese) = (read("README.md"), read("README.ja.md"));
    let levels = |text| headings(text).into_iter().map(|(level, _)| level).collect::<Vec<_>>();
    assert_eq!(levels(&english), levels(&japanese), "headings");
    assert_eq!(blocks(&english, "sh"), blocks(&japanese, "sh"), "commands");
    let targets =
        |text: &str| links(text).into_iter().map(|link| link.split('#').next().unwrap().to_owned()).collect::<Vec<_>>();
    let other = |targets: Vec<String>| {
        targets.into_iter().filter(|target| !target.starts_with("README") && !target.is_empty()).collect::<Vec<_>>()
    };
    assert_eq!(other(targets(&english)), other(targets(&japanese)), "links");
    // The first commands that a reader meets are these two and no more.
    for text in [&english, &japanese] {
        assert_eq!(blocks(text, "sh")[..2], COMMANDS);
        let first = text.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
        assert_eq!(first.lines().collect::<Vec<_>>(), COMMANDS);
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    for path in markdown() {
        let text = read(path.to_str().unwrap());
        for link in links(&text) {
            if link.contains("://") {
                continue;
            }
            let (file, part) = link.split_once('#').map_or((link, None), |(file, part)| (file, Some(part)));
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(root().join(&target).exists(), "{}: {link}", path.display());
            if let Some(part) = part {
                let text = read(target.to_str().unwrap());
                let found = headings(&text).iter().any(|(_, heading)| anchor(heading) == part);
                assert!(found, "{}: no heading for {link}", path.display());
            }
        }
    }
}

#[test]
fn decisions_are_numbered_without_gaps() {
    let mut names: Vec<String> = fs::read_dir(root().join("docs/decisions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    for (number, name) in (1..).zip(&names) {
        assert!(name.starts_with(&format!("{number:04}-")) && name.ends_with(".md"), "{name}");
        let text = read(&format!("docs/decisions/{name}"));
        let titles: Vec<&str> = headings(&text).into_iter().skip(1).map(|(_, title)| title).collect();
        assert_eq!(titles, ["Context", "Choice", "Consequence"], "{name}");
    }
    assert!(!names.is_empty());
}

#[test]
fn every_package_says_what_it_is() {
    let manifests = files().into_iter().filter(|path| path.ends_with("Cargo.toml") && path != Path::new("Cargo.toml"));
    for path in manifests {
        let table: toml::Table = read(path.to_str().unwrap()).parse().unwrap();
        let description = table["package"].get("description").and_then(toml::Value::as_str);
        assert!(description.is_some_and(|text| text.len() > 20), "{}", path.display());
    }
}
