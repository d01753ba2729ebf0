//! Forms as a browser shows, reads aloud and prints them. Needs Chromium, node with the modules of `browser/package.json`
//! (MUSUBI_NODE_MODULES names the folder that holds node_modules) and poppler; without them the test says `SKIPPED` and
//! passes, unless MUSUBI_REQUIRE_TOOLS=1.

mod every;
mod tools;

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use careplan_forms::{
    html::html,
    sheet::{Block, Orientation, Pack, Sheet},
};
use serde_json::{Value, json};
use tools::{asked, bare, is_here, parts, shown};

const TEST: &str = "a_browser_shows_reads_and_prints_every_form";

#[test]
fn a_browser_shows_reads_and_prints_every_form() {
    let Some(browser) = Browser::find() else { return };
    let mut forms = BTreeMap::new();
    for (data, packs) in [("sample", every::sample()), ("extreme", every::extremes())] {
        forms.extend(packs.into_iter().map(|(name, pack)| (format!("{data}-{name}"), pack)));
    }
    let folder = tempfile::tempdir().unwrap();
    let report = browser.look(folder.path(), &forms);
    for (name, pack) in &forms {
        let found = &report[name];
        for what in ["screen", "torn", "wide", "phone", "print", "colours", "faint", "headless", "nameless", "happened"]
        {
            assert_eq!(found[what], json!([]), "{name}: {what}");
        }
        assert_eq!(found["ran"], Value::Null, "{name}: a text ran");
        assert_eq!(found["axe"]["violations"], json!([]), "{name}");
        for undecided in strings(&found["axe"]["undecided"]) {
            // Contrast of single characters is not judged; `faint` does. A column without an entry heads nothing yet.
            let is_known = ["color-contrast ", "th-has-data-cells "].iter().any(|rule| undecided.starts_with(rule));
            assert!(is_known, "{name}: {undecided}");
        }
        for (role, count) in found["headings"].as_object().unwrap() {
            assert_eq!(found["roles"][role].as_u64().unwrap_or_default(), count.as_u64().unwrap(), "{name}: {role}");
        }
        is_read_in_order(name, pack, &strings(&found["texts"]));
        is_printed(name, pack, &fs::read(folder.path().join(format!("{name}.pdf"))).unwrap());
    }
    // What looks for faults finds them.
    let found = &report["wrong"];
    for (what, words) in [
        ("screen", &["holds more", "stands out", "lies on another"][..]),
        ("print", &["holds more", "stands out", "lies on another"]),
        ("torn", &["12,345 is torn", "□一 is torn", "framed through"]),
        ("wide", &["too wide"]),
        ("phone", &["12,345 is torn", "too wide"]),
        ("colours", &["rgb(204, 0, 0)"]),
        ("faint", &["薄い文字"]),
        ("headless", &["値"]),
        ("happened", &["request ", "console ran"]),
    ] {
        for word in words {
            assert!(strings(&found[what]).iter().any(|told| told.contains(word)), "{what}: {word} in {}", found[what]);
        }
    }
    assert_eq!(found["nameless"].as_array().unwrap().len(), 1);
    assert_eq!(found["ran"], 1);
    assert!(strings(&found["axe"]["violations"]).iter().any(|rule| rule.starts_with("html-has-lang ")));
}

/// A browser and what drives it.
struct Browser {
    chromium: PathBuf,
    modules: PathBuf,
}

impl Browser {
    /// Finds the tools; none if one is not here and may be missing.
    fn find() -> Option<Self> {
        let answers = |tool: &str, argument: &str| Command::new(tool).arg(argument).output().is_ok();
        for (tool, argument) in [("node", "--version"), ("pdftotext", "-v"), ("pdfinfo", "-v")] {
            if !is_here(TEST, tool, answers(tool, argument)) {
                return None;
            }
        }
        let chromium = every::chromium();
        let modules = env::var_os("MUSUBI_NODE_MODULES")
            .map(PathBuf::from)
            .filter(|folder| folder.join("node_modules/playwright-core").is_dir());
        if !is_here(TEST, "chromium", chromium.is_some()) || !is_here(TEST, "playwright-core", modules.is_some()) {
            return None;
        }
        Some(Self { chromium: chromium?, modules: modules? })
    }

    /// Writes the forms as pages, one for each, and returns what is found on each and on the page that is all wrong.
    fn look(&self, folder: &Path, forms: &BTreeMap<String, Pack>) -> Value {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
        let entry = |name: &str, page: &Path, landscape: bool| json!({ "name": name, "html": page, "pdf": folder.join(format!("{name}.pdf")), "landscape": landscape });
        let mut job = vec![entry("wrong", &tests.join("wrong.html"), false)];
        for (name, pack) in forms {
            let page = folder.join(format!("{name}.html"));
            fs::write(&page, html(pack)).unwrap();
            job.push(entry(name, &page, lies(pack) == Orientation::Landscape));
        }
        fs::write(folder.join("job.json"), Value::from(job).to_string()).unwrap();
        fs::write(folder.join("fonts.conf"), every::fonts(folder)).unwrap();
        let output = Command::new("node")
            .arg(tests.join("check.mjs"))
            .args([folder.join("job.json"), folder.join("report.json")])
            .env("FONTCONFIG_FILE", folder.join("fonts.conf"))
            .env("MUSUBI_CHROMIUM", &self.chromium)
            .env("MUSUBI_NODE_MODULES", &self.modules)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&fs::read(folder.join("report.json")).unwrap()).unwrap()
    }
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// How all sheets of a form lie.
fn lies(pack: &Pack) -> Orientation {
    let lies = pack.sheets[0].orientation;
    assert!(pack.sheets.iter().all(|sheet| sheet.orientation == lies), "{}", pack.title);
    lies
}

/// The page's title, then every text of every sheet in its order, and between them nothing but names of tables that are
/// there for the ear alone.
fn is_read_in_order(name: &str, pack: &Pack, heard: &[&str]) {
    let mut heard = heard.iter().map(|text| bare(text)).filter(|text| !text.is_empty());
    assert_eq!(heard.next(), Some(bare(&pack.title)), "{name}");
    let mut unseen: Vec<String> = Vec::new();
    for (at, sheet) in pack.sheets.iter().enumerate() {
        unseen.extend(sheet.blocks.iter().filter_map(|block| match block {
            Block::Table(table) if !table.shows_caption => Some(bare(&table.caption)),
            _ => None,
        }));
        for text in sheet.texts().into_iter().map(|text| bare(&shown(text))).filter(|text| !text.is_empty()) {
            let mut said = String::new();
            loop {
                let Some(next) = heard.next() else { panic!("{name}: sheet {at}: {text} is not read") };
                // Choices come one by one.
                said.push_str(&next);
                if said == text {
                    break;
                }
                if said.starts_with(['□', '■']) && text.starts_with(&said) {
                    continue;
                }
                said.clear();
                let caption = unseen.iter().position(|caption| *caption == next);
                unseen
                    .swap_remove(caption.unwrap_or_else(|| panic!("{name}: sheet {at}: {next} is read before {text}")));
            }
        }
    }
    assert_eq!(heard.next(), None, "{name}");
    assert!(unseen.is_empty(), "{name}: {unseen:?}");
}

/// What below a page says of which sheet it is, and of whom: without its end, for a very long one is shortened.
fn foot(sheet: &Sheet) -> String {
    let foot = [&sheet.corner, &sheet.title, &sheet.subtitle, &sheet.about].map(|text| bare(&shown(text))).concat();
    foot.chars().take(40).collect()
}

/// A4 as the form lies, and every text on it.
fn is_printed(name: &str, pack: &Pack, pdf: &[u8]) {
    let Some(properties) = asked(TEST, "pdfinfo", &["-l", "9999"], pdf) else { return };
    let sizes: Vec<&str> =
        properties.lines().filter(|line| line.starts_with("Page ") && line.contains(" size:")).collect();
    assert!(pack.sheets.len() <= sizes.len(), "{name}: {} pages", sizes.len());
    let a4 = match lies(pack) {
        Orientation::Landscape => [842.0, 595.0],
        Orientation::Portrait => [595.0, 842.0],
    };
    for line in &sizes {
        let size = line.split_whitespace().filter_map(|word| word.parse::<f64>().ok()).skip(1);
        assert!(size.zip(a4).all(|(side, wanted)| (side - wanted).abs() < 1.0), "{name}: {line}");
        assert!(line.ends_with("(A4)"), "{name}: {line}");
    }
    let Some(found) = asked(TEST, "pdftotext", &["-raw"], pdf) else { return };
    for (at, page) in found.trim_end_matches('\u{c}').split('\u{c}').enumerate() {
        // The sheet it is of, by its own foot where its heading is on a page before.
        let bare_page = bare(page);
        let Some(of) = pack.sheets.iter().find(|sheet| bare_page.contains(&foot(sheet))) else {
            panic!("{name}: page {} is of no sheet: {page}", at + 1);
        };
        let foot = foot(of);
        // Headings of a table are not left alone at the end of a page.
        for table in
            of.blocks.iter().filter_map(|block| if let Block::Table(table) = block { Some(table) } else { None })
        {
            let Some(head) = table.head.last().filter(|_| !table.groups.is_empty()) else { continue };
            let head: String = head.cells.iter().map(|cell| bare(&shown(&cell.text))).collect();
            let number = |c: char| c.is_ascii_digit() || c == '/';
            let caption = if table.shows_caption { bare(&table.caption) } else { head.clone() };
            let mut parts = bare_page.split(&foot).map(|part| part.trim_end_matches(number));
            let is_alone = parts.any(|part| part.ends_with(&head) || part.ends_with(&caption));
            assert!(!is_alone, "{name}: page {}: {caption} is alone", at + 1);
        }
    }
    let found = bare(&found);
    for text in pack.sheets.iter().flat_map(Sheet::texts).map(|text| bare(&shown(text))) {
        let parts = parts(&found, &text);
        assert!(parts.is_some_and(|parts| parts <= sizes.len()), "{name}: {parts:?} parts of {text}");
    }
}
