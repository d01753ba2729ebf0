//! Makes the pictures of `docs/screens` again: `screens FOLDER`. Needs poppler, Chromium (MUSUBI_CHROMIUM) and node with the
//! modules of `tests/browser/package.json` (MUSUBI_NODE_MODULES).

use std::{env, error::Error, fs, path::Path, process::Command};

use careplan_forms::{
    html::html,
    pdf::{Options, pdf},
};
use serde_json::{Value, json};

#[path = "../tests/every/mod.rs"]
mod every;

/// Pages of data at the edge: form, page, and what the picture is called after.
const PAGES: [(&str, u32, &str); 9] = [
    ("table1", 2, "3000-characters"),
    ("table2", 1, "names"),
    ("table3", 1, "3000-characters"),
    ("table6", 1, "60-services"),
    ("table6", 12, "60-services-last"),
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

/// Pages as a browser prints them: data, form, page.
const PRINTED: [(&str, &str, u32); 2] = [("sample", "table2", 1), ("extreme", "table1", 5)];

fn main() -> Result<(), Box<dyn Error>> {
    let Some(folder) = env::args().nth(1) else { return Err("say into which folder".into()) };
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    let work = tempfile::tempdir()?;
    let forms = [("sample", every::sample()), ("extreme", every::extremes())];
    for (data, packs) in &forms {
        for (name, pack) in packs {
            let file = |kind: &str| work.path().join(format!("{data}-{name}.{kind}"));
            fs::write(file("pdf"), pdf(pack, &Options::default())?.bytes)?;
            fs::write(file("html"), html(pack))?;
        }
    }
    let file = |data: &str, form: &str, kind: &str| work.path().join(format!("{data}-{form}.{kind}"));
    let prints = PRINTED
        .map(|(data, form, _)| json!({ "html": file(data, form, "html"), "pdf": file(data, form, "printed.pdf") }));
    browse(work.path(), prints.to_vec())?;

    let mut job = Vec::new();
    let mut page = |pdf: &Path, number: u32, picture: String| -> Result<(), Box<dyn Error>> {
        let root = work.path().join(&picture);
        let arguments = ["-gray", "-r", "90", "-singlefile", "-f", &number.to_string()].map(str::to_owned);
        poppler(&arguments, pdf, &root)?;
        job.push(json!({ "pgm": root.with_extension("pgm"), "png": absolute(folder, &picture)? }));
        Ok(())
    };
    for form in forms[0].1.keys() {
        page(&file("sample", form, "pdf"), 1, format!("pdf-{form}"))?;
    }
    page(&file("sample", "basic-information", "pdf"), 2, "pdf-basic-information-2".to_owned())?;
    for (form, number, what) in PAGES {
        page(&file("extreme", form, "pdf"), number, format!("pdf-extreme-{form}-{what}"))?;
    }
    for (data, form, number) in PRINTED {
        let name = if data == "sample" { form.to_owned() } else { format!("{data}-{form}") };
        page(&file(data, form, "printed.pdf"), number, format!("print-{name}"))?;
    }
    // As a fax sends it: twice as fine across as down, black or white.
    let fax =
        ["-mono", "-rx", "200", "-ry", "100", "-singlefile", "-W", "1200", "-H", "420", "-png"].map(str::to_owned);
    poppler(&fax, &file("sample", "table6", "pdf"), &folder.join("fax-table6"))?;
    for (data, form, width, height) in WINDOWS {
        let before = match (data, width < 600) {
            (_, true) => "phone",
            ("sample", false) => "screen",
            _ => "screen-extreme",
        };
        let png = absolute(folder, &format!("{before}-{form}"))?;
        job.push(json!({ "html": file(data, form, "html"), "width": width, "height": height, "png": png }));
    }
    browse(work.path(), job)
}

/// Has a browser do a job.
fn browse(work: &Path, job: Vec<Value>) -> Result<(), Box<dyn Error>> {
    let list = work.join("job.json");
    fs::write(&list, Value::from(job).to_string())?;
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let fonts = work.join("fonts.conf");
    fs::write(&fonts, every::fonts(work))?;
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
