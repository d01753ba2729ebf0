//! Puts the part of the sample month that `musubi demo` plays into the program: the bundles among three of its
//! offices, with the hashes that `oracle.json` states for their files.

use std::{
    env,
    error::Error,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// The care-management office, then the service offices.
const OFFICES: [&str; 3] = ["1379905001", "1379900010", "1379900028"];
/// What is tried after the revocation: one bundle to the revoked office, one from it.
const AFTER: [&str; 2] = ["20250220090747-B2-", "20250402090613-B5-"];

fn main() -> Result<(), Box<dyn Error>> {
    let sample = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../protocol/careplan/samples/aoba-202511");
    let oracle_file = sample.join("oracle.json");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", oracle_file.display());
    let oracle: Value = serde_json::from_slice(&fs::read(oracle_file)?)?;
    let mut code = String::new();
    let offices = OFFICES.iter().map(|number| office(&oracle, number)).collect::<Result<Vec<_>, _>>()?;
    writeln!(code, "pub(super) static OFFICES: [Office; {}] = [{}];", OFFICES.len(), offices.join(", "))?;
    let mut bundles: Vec<&Value> = list(&oracle["bundles"]).iter().filter(|bundle| is_among(bundle)).collect();
    bundles.sort_by_key(|bundle| text(&bundle["folder"]));
    let month = bundles.iter().filter(|bundle| bundle["edition"] == "4.1");
    let month = month.map(|found| bundle(&oracle, found, &sample)).collect::<Result<Vec<_>, _>>()?;
    writeln!(code, "pub(super) static MONTH: &[Bundle] = &[{}];", month.join(", "))?;
    for (name, start) in ["TO_REVOKED", "FROM_REVOKED"].iter().zip(AFTER) {
        let found = bundles.iter().find(|bundle| text(&bundle["folder"]).starts_with(start));
        let found = bundle(&oracle, found.ok_or(start)?, &sample)?;
        writeln!(code, "pub(super) static {name}: Bundle = {found};")?;
    }
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("sample.rs"), code)?;
    Ok(())
}

fn is_among(bundle: &Value) -> bool {
    OFFICES.contains(&text(&bundle["sender"])) && OFFICES.contains(&text(&bundle["receiver"]))
}

fn office(oracle: &Value, number: &str) -> Result<String, String> {
    let found = list(&oracle["offices"]).iter().find(|office| office["number"] == number).ok_or(number)?;
    let kinds: Vec<&str> = list(&found["kinds"]).iter().map(text).collect();
    Ok(format!("Office {{ number: {number:?}, name: {:?}, kinds: &{kinds:?} }}", text(&found["name"])))
}

fn bundle(oracle: &Value, bundle: &Value, sample: &Path) -> Result<String, String> {
    let folder = text(&bundle["folder"]);
    let end = |who: &str| format!("{}-{}", text(&bundle[who]), text(&bundle[format!("{who}_kind").as_str()]));
    let mut files = Vec::new();
    for name in list(&bundle["files"]).iter().map(text) {
        let place = format!("bundles/{folder}/{name}");
        let file = list(&oracle["files"]).iter().find(|file| file["path"] == place.as_str()).ok_or(name)?;
        // An absolute path, because the code stands in another directory; only the bytes reach the program.
        let path = sample.join(&place).to_string_lossy().into_owned();
        let sha256 = text(&file["sha256"]);
        files.push(format!("File {{ name: {name:?}, sha256: {sha256:?}, bytes: include_bytes!({path:?}) }}"));
    }
    let (code, serial) = (text(&bundle["code"]), text(&bundle["serial"]));
    let (from, to, files) = (end("sender"), end("receiver"), files.join(", "));
    let head = format!("folder: {folder:?}, code: {code:?}, serial: {serial:?}, from: {from:?}, to: {to:?}");
    Ok(format!("Bundle {{ {head}, files: &[{files}] }}"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
