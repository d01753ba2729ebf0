//! Measures tidying up: `cargo run --release -p musubi-store --example rewrite [DIR] [LOG_MIB] [PERCENT]`.
//!
//! Fills a store until its log has so many MiB (500), removes all but so many percent (10), and opens it twice.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use musubi_store::{Batch, Options, Space, Store};

const SPACE: Space = Space::new(16, "bench");
const VALUE: usize = 20_000;
const EACH: u32 = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let base = env::args_os().nth(1).map_or_else(env::temp_dir, PathBuf::from);
    let number = |at, usual: u64| env::args().nth(at).map_or(Ok(usual), |text| text.parse());
    let (log, percent) = (number(2, 500)? << 20, number(3, 10)?);
    let dir = base.join(format!("musubi-rewrite-{}", std::process::id()));
    let outcome = measure(&dir, log, percent);
    std::fs::remove_dir_all(&dir)?;
    outcome
}

fn measure(dir: &Path, log: u64, percent: u64) -> Result<(), Box<dyn Error>> {
    let store = Store::open(dir, Options::default())?;
    let mut end = 0_u32;
    while store.filling()?.log < log {
        let mut batch = Batch::new();
        for number in end..end + EACH {
            let value: Vec<u8> =
                (0..VALUE as u32).map(|at| (at.wrapping_mul(2_654_435_761 ^ number) >> 13) as u8).collect();
            batch.put(SPACE, &number.to_be_bytes(), 1, &value)?;
        }
        store.commit_blocking(batch)?;
        end += EACH;
    }
    for from in (0..end).step_by(EACH as usize) {
        let mut batch = Batch::new();
        for number in (from..from + EACH).filter(|number| u64::from(number % 100) >= percent) {
            batch.remove(SPACE, &number.to_be_bytes())?;
        }
        store.commit_blocking(batch)?;
    }
    let begin = Instant::now();
    let live = store.count(|| true)?.unwrap_or_default();
    println!("counting {:>4} MiB in use: {:>6.0?}", live >> 20, begin.elapsed());
    drop(store);
    for _ in 0..2 {
        let mut told = false;
        let begin = Instant::now();
        let store = Store::open_tidied(dir, Options::default(), |_| told = true)?;
        let took = begin.elapsed();
        let what = if told { "opening with tidying up" } else { "opening" };
        println!("{what}: {took:>6.0?}, log now {} MiB", store.filling()?.log >> 20);
    }
    Ok(())
}
