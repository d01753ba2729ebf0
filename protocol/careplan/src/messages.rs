//! Texts from the message files, in Japanese and English.

use std::sync::LazyLock;

use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};

use crate::{
    finding::{Argument, Lang},
    kind::FileKind,
    rule::{Rule, Severity},
};

const JA: &str = include_str!("../messages/ja.ftl");
const EN: &str = include_str!("../messages/en.ftl");
const DIFF_JA: &str = include_str!("../messages/diff.ja.ftl");
const DIFF_EN: &str = include_str!("../messages/diff.en.ftl");

static BUNDLES: LazyLock<[FluentBundle<FluentResource>; 2]> =
    LazyLock::new(|| [bundle("ja", &[JA, DIFF_JA]), bundle("en", &[EN, DIFF_EN])]);

/// How much of a file name or argument is shown.
const SHOWN: usize = 120;

fn bundle(lang: &str, sources: &[&str]) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![lang.parse().unwrap_or_default()]);
    // No marks round arguments: these texts also go to terminals and printers.
    bundle.set_use_isolating(false);
    // The message files are part of this crate and a test reads them without errors.
    for source in sources {
        let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(resource, _)| resource);
        let _ = bundle.add_resource(resource);
    }
    bundle
}

/// Formats a message or one of its attributes; a missing one gives its key, which a test excludes.
pub(crate) fn format(lang: Lang, key: &str, attribute: Option<&str>, arguments: &[(&'static str, String)]) -> String {
    let bundle = match lang {
        Lang::Ja => &BUNDLES[0],
        Lang::En => &BUNDLES[1],
    };
    let pattern = bundle.get_message(key).and_then(|message| match attribute {
        Some(attribute) => message.get_attribute(attribute).map(|attribute| attribute.value()),
        None => message.value(),
    });
    let Some(pattern) = pattern else { return key.to_owned() };
    let arguments: FluentArgs<'_> = arguments.iter().map(|(name, value)| (*name, value.as_str())).collect();
    bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
}

/// Puts the parts of a finding together.
pub(crate) fn finding(lang: Lang, place: &str, what: &str, remedy: &str) -> String {
    let arguments = [("place", place.to_owned()), ("what", what.to_owned()), ("remedy", remedy.to_owned())];
    format(lang, "finding", None, &arguments)
}

/// Tells a place: file, row, column with its name.
pub(crate) fn place(lang: Lang, file: &str, row: Option<u32>, column: Option<(u16, String)>) -> String {
    let mut arguments = vec![("file", file.to_owned())];
    let Some(row) = row else { return format(lang, "place-file", None, &arguments) };
    arguments.push(("row", row.to_string()));
    let Some((number, field)) = column else { return format(lang, "place-row", None, &arguments) };
    arguments.push(("column", number.to_string()));
    if field.is_empty() {
        return format(lang, "place-cell", None, &arguments);
    }
    arguments.push(("field", field));
    format(lang, "place-field", None, &arguments)
}

/// Tells what is wrong.
pub(crate) fn what(lang: Lang, rule: Rule, arguments: &[(&'static str, Argument)]) -> String {
    format(lang, &key(rule), None, &shown(lang, arguments))
}

/// Tells what a reader can do.
pub(crate) fn remedy_of_reader(lang: Lang, severity: Severity) -> String {
    let key = match severity {
        Severity::Error => "reader-error",
        Severity::Warning => "reader-warning",
        Severity::Info => "reader-info",
    };
    format(lang, key, None, &[])
}

/// Tells what a rule finds and what to do, without a case at hand: dots stand for what a case would fill in.
pub(crate) fn of_rule(lang: Lang, rule: Rule) -> [String; 2] {
    let dots: Vec<_> = rule.arguments().iter().map(|&name| (name, "…".to_owned())).collect();
    [None, Some("remedy")].map(|attribute| format(lang, &key(rule), attribute, &dots))
}

/// Tells what to do.
pub(crate) fn remedy(lang: Lang, rule: Rule, arguments: &[(&'static str, Argument)]) -> String {
    format(lang, &key(rule), Some("remedy"), &shown(lang, arguments))
}

/// Makes a text from outside safe to show: bounded, and without control or direction characters.
pub(crate) fn safe(text: &str) -> String {
    let mut safe: String = text.chars().take(SHOWN).map(|c| if is_hidden(c) { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(SHOWN).is_some() {
        safe.push('…');
    }
    safe
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn key(rule: Rule) -> String {
    rule.code().to_ascii_lowercase()
}

fn kind_key(kind: FileKind) -> String {
    format!("kind-{}", kind.prefix().to_ascii_lowercase())
}

fn shown(lang: Lang, arguments: &[(&'static str, Argument)]) -> Vec<(&'static str, String)> {
    arguments
        .iter()
        .map(|(name, value)| {
            let text = match value {
                Argument::Text(text) => safe(text),
                Argument::Month(month) => {
                    let parts = [("year", month.year().to_string()), ("month", month.month().to_string())];
                    format(lang, "year-and-month", None, &parts)
                }
                Argument::Part(part) => part.to_string(),
                Argument::Column(field) => match lang {
                    Lang::Ja => field.name_ja().to_owned(),
                    Lang::En => field.name_en().replace('_', " "),
                },
                Argument::Kinds(kinds) => {
                    let names: Vec<_> = kinds.iter().map(|&kind| format(lang, &kind_key(kind), None, &[])).collect();
                    names.join(&format(lang, "list-separator", None, &[]))
                }
            };
            (*name, text)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::{finding::Finding, ids::Month, name::NamePart};

    const SHARED: [(&str, &[&str]); 10] = [
        ("finding", &["place", "what", "remedy"]),
        ("place-file", &["file"]),
        ("place-row", &["file", "row"]),
        ("place-cell", &["file", "row", "column"]),
        ("place-field", &["file", "row", "column", "field"]),
        ("list-separator", &[]),
        ("reader-error", &[]),
        ("reader-warning", &[]),
        ("reader-info", &[]),
        ("year-and-month", &["year", "month"]),
    ];

    /// Key to the arguments it uses, read from the source: a key begins a line, all that is its own is indented.
    fn keys(source: &'static str) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
        let mut keys = BTreeMap::new();
        let mut current = "";
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            if let Some((key, _)) = line.split_once(" =").filter(|_| !line.starts_with(' ')) {
                current = key;
                assert!(keys.insert(key, BTreeSet::new()).is_none(), "{key} stands twice");
            }
            for argument in line.split('$').skip(1) {
                let end = argument.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(argument.len());
                keys.entry(current).or_default().insert(&argument[..end]);
            }
        }
        keys
    }

    #[test]
    fn message_files_are_complete_and_without_rubbish() {
        let mut expected: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for (key, arguments) in SHARED {
            expected.insert(key.to_owned(), arguments.iter().copied().collect());
        }
        for kind in FileKind::ALL {
            expected.insert(kind_key(kind), BTreeSet::new());
        }
        for &rule in Rule::ALL {
            let twice = expected.insert(key(rule), rule.arguments().iter().copied().collect());
            assert!(twice.is_none(), "{} stands for two rules", rule.code());
        }
        for (name, source) in [("ja", JA), ("en", EN)] {
            assert!(FluentResource::try_new(source.to_owned()).is_ok(), "{name}.ftl has errors");
            let found: BTreeMap<String, BTreeSet<&str>> =
                keys(source).into_iter().map(|(key, arguments)| (key.to_owned(), arguments)).collect();
            assert_eq!(found, expected, "{name}.ftl");
            assert!(!source.contains("返戻"));
        }
    }

    /// The English text tells a code beside its meaning, which is in Japanese; the Japanese one needs the meaning only.
    #[test]
    fn message_files_of_changes_are_complete_and_without_rubbish() {
        let expected: BTreeMap<&str, BTreeSet<&str>> =
            crate::diff::KEYS.iter().map(|(key, arguments)| (*key, arguments.iter().copied().collect())).collect();
        for (name, source) in [("ja", DIFF_JA), ("en", DIFF_EN)] {
            assert!(FluentResource::try_new(source.to_owned()).is_ok(), "diff.{name}.ftl has errors");
            let mut found = keys(source);
            found.entry("change-meaning").or_default().insert("code");
            assert_eq!(found, expected, "diff.{name}.ftl");
            assert!(!source.contains("返戻"));
            // A key in both files would hide the other.
            assert!(keys(if name == "ja" { JA } else { EN }).keys().all(|key| !found.contains_key(key)));
        }
    }

    #[test]
    fn every_rule_reads_well_in_both_languages() {
        for &rule in Rule::ALL {
            let mut finding = Finding::new(rule, "UPPLAN.CSV").row(3).column(4, None);
            for &name in rule.arguments() {
                finding = match name {
                    "kind" | "missing" => finding.with(name, FileKind::UpSikyu),
                    "others" => finding.with(name, Argument::Kinds(vec![FileKind::UpPlan, FileKind::UpHosoku])),
                    "month" | "other" => finding.with(name, "202501".parse::<Month>().unwrap()),
                    "part" => finding.with(name, NamePart::Serial),
                    _ => finding.with(name, "12".to_owned()),
                };
            }
            for lang in [Lang::Ja, Lang::En] {
                let text = finding.text(lang);
                assert!(!text.contains(['{', '}', '$']), "{text}");
                assert!(!text.contains("cp-"), "{text}");
                assert!(text.contains(if lang == Lang::Ja { "3行目・5列目" } else { "row 3, column 5" }), "{text}");
                for part in [finding.what(lang), finding.remedy(lang)] {
                    assert!(part.ends_with(['。', '.']), "{part}");
                }
            }
        }
    }

    #[test]
    fn every_part_of_a_name_has_its_words() {
        let parts = [
            NamePart::Month,
            NamePart::Sender,
            NamePart::Receiver,
            NamePart::ServiceKinds,
            NamePart::Serial,
            NamePart::Number,
            NamePart::Ending,
        ];
        let texts: BTreeSet<String> = parts
            .iter()
            .map(|&part| {
                Finding::new(Rule::NamePart, "x").with("kind", FileKind::UpPlan).with("part", part).what(Lang::Ja)
            })
            .collect();
        assert_eq!(texts.len(), parts.len());
    }

    #[test]
    fn texts_from_outside_are_made_safe() {
        assert_eq!(safe("a\u{1b}[31mb\u{202e}c"), "a\u{fffd}[31mb\u{fffd}c");
        assert_eq!(safe(&"長".repeat(500)).chars().count(), SHOWN + 1);
    }
}
