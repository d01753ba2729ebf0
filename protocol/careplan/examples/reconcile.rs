//! Reconciles two folders of files: `cargo run --example reconcile -- PLANS ACTUALS` (both may be the same folder).

use std::{env, error::Error, fs, path::Path};

use careplan::{Collection, Contents, Ledger, reconcile::Reconciliation};

fn read(folder: &Path, side: &mut Ledger) -> Result<(), Box<dyn Error>> {
    let (mut collection, mut files) = (Collection::new(), Vec::new());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read(&path, side)?;
            continue;
        }
        files.push(fs::read(&path)?);
        collection.add(&path.file_name().unwrap_or_default().to_string_lossy(), &files[files.len() - 1]);
    }
    let read = collection.sort().units.into_iter().filter_map(|unit| Contents::read(&unit, |at| &files[at]));
    read.for_each(|read| drop(side.apply(read.contents)));
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut sides = [Ledger::new(), Ledger::new()];
    env::args().skip(1).zip(&mut sides).try_for_each(|(folder, side)| read(Path::new(&folder), side))?;
    println!("{}", serde_json::to_string_pretty(&Reconciliation::of_ledgers(&sides[0], &sides[1]).differences)?);
    Ok(())
}
