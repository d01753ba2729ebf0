//! Makes the pictures of `docs/screens` again: `screens FOLDER`. Needs poppler, Chromium (MUSUBI_CHROMIUM) and node with the
//! modules of `tests/browser/package.json` (MUSUBI_NODE_MODULES).

use std::{collections::BTreeMap, env, error::Error, fs, path::Path, process::Command};

use careplan_forms::{
    html::html,
    pdf::{Options, pdf},
    sheet::Pack,
};
use serde_json::{Value, json};

#[path = "../tests/every/mod.rs"]
mod every;

/// Pages of data at the edge: form, page, and what the picture is called after.
const PAGES: [(&str, u32, &str); 8] = [
    ("table1", 2, "3000-characters"),
    ("table2", 1, "names"),
    ("table3", 1, "3000-characters"),
    ("table6", 1, "60-services"),
    ("table7", 1, "60-services"),
    ("by-office", 1, "45-persons"),
    ("telephone", 1, "45-persons"),
    ("difference", 1, "3000-characters"),
];

/// Pages in a browser: data, form, width and height of the window.
const WINDOWS: [(&str, &str, u32, u32); 7] = [
    ("sample", "table2", 1280, 800),
    ("sample", "table6", 1280, 800),
    ("sample", "by-person", 1280, 800),
    ("sample", "table1", 390, 844),
    ("sample", "table6", 390, 844),
    ("extreme", "table1", 1280, 800),
    ("extreme", "table6", 1280, 800),
];

fn main() -> Result<(), Box<dyn Error>> {
    let Some(folder) = env::args().nth(1) else { return Err("say into which folder".into()) };
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    let work = tempfile::tempdir()?;
    let forms = [("sample", every::sample()), ("extreme", every::extremes())];
    let mut job = Vec::new();
    for (data, packs) in &forms {
        for (name, pack) in packs {
            let file = work.path().join(format!("{data}-{name}.pdf"));
            fs::write(&file, pdf(pack, &Options::default())?.bytes)?;
        }
    }
    let mut page = |data: &str, form: &str, number: u32, picture: String| -> Result<(), Box<dyn Error>> {
        let root = work.path().join(&picture);
        let arguments = ["-gray", "-r", "90", "-singlefile", "-f", &number.to_string()].map(str::to_owned);
        poppler(&arguments, &work.path().join(format!("{data}-{form}.pdf")), &root)?;
        job.push(json!({ "pgm": root.with_extension("pgm"), "png": absolute(folder, &picture)? }));
        Ok(())
    };
    for form in forms[0].1.keys() {
        page("sample", form, 1, format!("pdf-{form}"))?;
    }
    page("sample", "basic-information", 2, "pdf-basic-information-2".to_owned())?;
    for (form, number, what) in PAGES {
        page("extreme", form, number, format!("pdf-extreme-{form}-{what}"))?;
    }
    // As a fax sends it: twice as fine across as down, black or white.
    let fax =
        ["-mono", "-rx", "200", "-ry", "100", "-singlefile", "-W", "1200", "-H", "420", "-png"].map(str::to_owned);
    poppler(&fax, &work.path().join("sample-table6.pdf"), &folder.join("fax-table6"))?;
    for (data, form, width, height) in WINDOWS {
        let packs: &BTreeMap<&str, Pack> = if data == "sample" { &forms[0].1 } else { &forms[1].1 };
        let file = work.path().join(format!("{data}-{form}.html"));
        fs::write(&file, html(&packs[form]))?;
        let before = match (data, width < 600) {
            (_, true) => "phone",
            ("sample", false) => "screen",
            _ => "screen-extreme",
        };
        let png = absolute(folder, &format!("{before}-{form}"))?;
        job.push(json!({ "html": file, "width": width, "height": height, "png": png }));
    }
    let list = work.path().join("job.json");
    fs::write(&list, Value::from(job).to_string())?;
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let fonts = work.path().join("fonts.conf");
    fs::write(&fonts, every::fonts(work.path()))?;
    let chromium = every::chromium().ok_or("there is no chromium")?;
    let mut node = Command::new("node");
    node.arg(tests.join("screens.mjs")).arg(list).env("FONTCONFIG_FILE", fonts).env("MUSUBI_CHROMIUM", chromium);
    run(node)
}

fn absolute(folder: &Path, picture: &str) -> Result<std::path::PathBuf, Box<dyn Error>> {
    Ok(folder.canonicalize()?.join(format!("{picture}.png")))
}

fn poppler(arguments: &[String], pdf: &Path, root: &Path) -> Result<(), Box<dyn Error>> {
    let mut command = Command::new("pdftoppm");
    command.args(arguments).arg(pdf).arg(root);
    run(command)
}

fn run(mut command: Command) -> Result<(), Box<dyn Error>> {
    if command.status()?.success() { Ok(()) } else { Err(format!("{command:?} failed").into()) }
}
