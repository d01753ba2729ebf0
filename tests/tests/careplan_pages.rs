//! Two pages of the documentation are written from the code of `careplan`: the rules and the layouts.
//!
//! `MUSUBI_WRITE_DOCS=1 cargo test -p musubi-tests --test careplan_pages` writes them anew.

use std::{env, fmt::Write, fs, path::Path};

use careplan::{FieldType, Lang, Layout, Purpose, Required, Rule, Severity};

const WRITTEN: &str = "<!-- Written by tests/tests/careplan_pages.rs from the code; see there. -->";

/// Compares a page with what the code says, or writes it.
fn page(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    if env::var_os("MUSUBI_WRITE_DOCS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == text, "docs/{name} is not what the code says: see the first lines of this test");
}

fn weight(lang: Lang, severity: Severity) -> &'static str {
    match (lang, severity) {
        (Lang::Ja, Severity::Error) => "誤り",
        (Lang::Ja, Severity::Warning) => "注意",
        (Lang::Ja, Severity::Info) => "参考",
        (Lang::En, Severity::Error) => "error",
        (Lang::En, Severity::Warning) => "warning",
        (Lang::En, Severity::Info) => "info",
    }
}

fn rules(lang: Lang) -> String {
    let mut text = String::new();
    let (title, head) = match lang {
        Lang::Ja => (
            "# 点検のルール\n\n`musubi check`と`musubi send`が見つけるものの一覧です。番号の意味は変わりません。\
             「送る前」に誤りがあると送れません。「受けた後」の誤りは、その行やファイルが読めないという意味です。\
             「直せる」は、`musubi check --fix`が安全に直せるものです。\n",
            "| 番号 | 送る前 | 受けた後 | 直せる | 見つけるもの | どうするか |\n|---|---|---|---|---|---|\n",
        ),
        Lang::En => (
            "# Rules of the check\n\nWhat `musubi check` and `musubi send` find. A code never changes its meaning. \
             Before sending, an error stops the bundle; after receiving, it means that the row or file cannot be read. \
             What is mendable is mended by `musubi check --fix`.\n",
            "| code | sending | receiving | mendable | what it finds | what to do |\n|---|---|---|---|---|---|\n",
        ),
    };
    write!(text, "{WRITTEN}\n{title}").unwrap();
    let mut group = "";
    for rule in Rule::ALL {
        let of = rule.code().rsplit_once('-').unwrap().0;
        if of != group {
            group = of;
            write!(text, "\n## {group}\n\n{head}").unwrap();
        }
        let [sending, reading] =
            [Purpose::Sending, Purpose::Reading].map(|purpose| weight(lang, rule.severity(purpose)));
        let mendable = match (rule.is_mendable(), lang) {
            (false, _) => "",
            (true, Lang::Ja) => "はい",
            (true, Lang::En) => "yes",
        };
        let cell = |words: String| words.replace('|', "\\|").replace('\n', " ");
        let (what, remedy) = (cell(rule.what(lang)), cell(rule.remedy(lang)));
        writeln!(text, "| {} | {sending} | {reading} | {mendable} | {what} | {remedy} |", rule.code()).unwrap();
    }
    text
}

fn layouts() -> String {
    let mut text = format!(
        "{WRITTEN}\n# Layouts\n\nThe columns of each kind of file, as reader, checker and writer use them. An edition 3 \
         table stands only where edition 4.1 changed it. Lengths count characters. *required*: yes; expected (the \
         standard asks for it as far as its text could be read, and its absence is a warning); conditional.\n"
    );
    for layout in Layout::all() {
        let kind = layout.kind();
        write!(text, "\n## {kind}, edition {}\n\n", layout.edition()).unwrap();
        text.push_str(
            "| no. | name | identifier | holds | length | required | codes |\n|---|---|---|---|---|---|---|\n",
        );
        for field in layout.fields() {
            let holds = match field.field_type() {
                FieldType::Version => "version",
                FieldType::Insurer => "insurer number",
                FieldType::Insured => "insured number",
                FieldType::Month => "month",
                FieldType::Date => "date",
                FieldType::Time => "time",
                FieldType::Office => "office number",
                FieldType::ServiceCode => "service code",
                FieldType::ServiceKind => "service kind",
                FieldType::Flag => "code",
                FieldType::Alnum => "letters and digits",
                FieldType::Integer => "whole number",
                FieldType::Decimal => "decimal",
                FieldType::Days => "days",
                FieldType::Text => "text",
                FieldType::Unused => "not used",
                other => panic!("{other:?} is new"),
            };
            let required = match field.required() {
                Required::Yes => "yes",
                Required::Probably => "expected",
                Required::Conditional => "conditional",
                Required::No => "",
            };
            let length = field.max_len().map(|length| length.to_string()).unwrap_or_default();
            let codes: Vec<_> = field.codes().iter().map(|(code, meaning)| format!("{code} {meaning}")).collect();
            writeln!(
                text,
                "| {} | {} | `{}` | {holds} | {length} | {required} | {} |",
                field.number(),
                field.name_ja(),
                field.name_en(),
                codes.join(", ")
            )
            .unwrap();
        }
    }
    text
}

#[test]
fn the_rule_pages_are_what_the_code_says() {
    page("rules.ja.md", &rules(Lang::Ja));
    page("rules.md", &rules(Lang::En));
}

#[test]
fn the_layout_page_is_what_the_code_says() {
    page("layouts.md", &layouts());
}
