//! Checks files and prints what they are: `cargo run --example check -- FILE...`
//!
//! The texts here are for programmers; findings come in Japanese, or in English after `--english`.

use std::{env, fs, path::Path, process::ExitCode};

use careplan::{Collection, Finding, Lang};

fn main() -> ExitCode {
    let mut lang = Lang::Ja;
    let mut collection = Collection::new();
    for argument in env::args().skip(1) {
        if argument == "--english" {
            lang = Lang::En;
            continue;
        }
        let name = Path::new(&argument).file_name().map(|name| name.to_string_lossy().into_owned());
        match (name, fs::read(&argument)) {
            (Some(name), Ok(bytes)) => {
                collection.add(&name, &bytes);
            }
            _ => {
                eprintln!("{argument}: cannot be read");
                return ExitCode::from(2);
            }
        }
    }
    let sorted = collection.sort();
    let mut good = sorted.strays.is_empty();
    for unit in &sorted.units {
        let code = unit.bundle().map_or("--", |bundle| bundle.code());
        let month = unit.month().map(|month| month.to_string()).unwrap_or_default();
        println!("{code} {} {} -> {} {month}", unit.serial(), unit.sender(), unit.receiver());
        unit.findings().iter().for_each(|finding| print(finding, lang));
        good &= unit.is_sendable();
    }
    sorted.strays.iter().for_each(|(_, finding)| print(finding, lang));
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print(finding: &Finding, lang: Lang) {
    println!("   {} {}", finding.code(), finding.text(lang));
}
