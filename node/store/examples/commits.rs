//! Measures durable commits: `cargo run --release -p musubi-store --example commits [DIR]`.
//!
//! For 1, 16 and 64 tasks that each wait for their own commit, with values of 200 bytes and 20 KB.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use musubi_store::{Batch, Options, Space, Store};

const SPACE: Space = Space::new(16, "bench");
const COMMITS: u32 = 6_400;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let base = env::args_os().nth(1).map_or_else(env::temp_dir, PathBuf::from);
    let dir = base.join(format!("musubi-commits-{}", std::process::id()));
    for size in [200, 20_000] {
        for tasks in [1, 16, 64] {
            let rate = measure(&dir, size, tasks).await?;
            println!("{size:>6} bytes, {tasks:>2} tasks: {rate:>6.0} commits/s");
            std::fs::remove_dir_all(&dir)?;
        }
    }
    Ok(())
}

async fn measure(dir: &Path, size: usize, tasks: u32) -> Result<f64, Box<dyn Error>> {
    let store = Store::open(dir, Options::default())?;
    let each = COMMITS / tasks / if tasks == 1 { 4 } else { 1 };
    let begin = Instant::now();
    let running: Vec<_> = (0..tasks)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                // Not compressible, and different each time.
                let mut value: Vec<u8> =
                    (0..size as u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
                for at in 0..each {
                    value[..4].copy_from_slice(&at.to_be_bytes());
                    let mut batch = Batch::new();
                    batch.put(SPACE, &[task.to_be_bytes(), at.to_be_bytes()].concat(), 1, &value)?;
                    store.commit(batch).await?;
                }
                Ok::<_, musubi_store::StoreError>(())
            })
        })
        .collect();
    for task in running {
        task.await??;
    }
    Ok(f64::from(each * tasks) / begin.elapsed().as_secs_f64())
}
