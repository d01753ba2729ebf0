//! Tools that are not ours. Without them a test says `SKIPPED` and passes, unless MUSUBI_REQUIRE_TOOLS=1.
#![allow(dead_code, reason = "each user takes some of it")]

use std::path::Path;
use std::process::Command;

/// Tells whether a tool is here; panics if it is not and has to be.
pub fn is_here(test: &str, tool: &str, here: bool) -> bool {
    if !here {
        assert!(std::env::var_os("MUSUBI_REQUIRE_TOOLS").is_none_or(|value| value != "1"), "{tool} is missing");
        println!("SKIPPED {test}: {tool}");
    }
    here
}

/// What a tool of poppler says about a PDF; none if it is not here and may be missing.
pub fn asked(test: &str, tool: &str, arguments: &[&str], pdf: &[u8]) -> Option<String> {
    let bytes = asked_for_bytes(test, tool, arguments, pdf)?;
    Some(String::from_utf8(bytes).unwrap())
}

/// The same, for pictures.
pub fn asked_for_bytes(test: &str, tool: &str, arguments: &[&str], pdf: &[u8]) -> Option<Vec<u8>> {
    if !is_here(test, tool, Command::new(tool).arg("-v").output().is_ok()) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let file: &Path = &folder.path().join("made.pdf");
    std::fs::write(file, pdf).unwrap();
    let mut command = Command::new(tool);
    command.args(arguments).arg(file);
    if tool == "pdftotext" {
        command.arg("-");
    }
    let output = command.output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

/// A text without its spaces: where lines break is not what a test is about.
pub fn bare(text: &str) -> String {
    text.split_whitespace().collect()
}

/// Characters that cannot be seen as the forms show them.
pub fn shown(text: &str) -> String {
    text.replace('\u{202e}', "[U+202E]").replace('\u{1b}', "[U+001B]").replace('\0', "[U+0000]")
}

/// Into how few parts a bare text falls that are all found, each as long as can be: one, or one more for each page on
/// which a long text goes on. None if a part is not there.
pub fn parts(found: &str, text: &str) -> Option<usize> {
    let mut rest = text;
    let mut parts = 0;
    while !rest.is_empty() {
        let ends: Vec<usize> = rest.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
        let held = ends.partition_point(|end| found.contains(&rest[..*end]));
        let end = ends[held.checked_sub(1)?];
        rest = &rest[end..];
        parts += 1;
    }
    Some(parts)
}
