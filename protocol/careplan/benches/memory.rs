//! What it takes to check a plan of 50 MB: `cargo bench -p careplan --bench memory`.
//!
//! A process of its own reads the file and checks it, and tells its peak of resident memory (VmHWM, Linux only).

mod support;

use std::{
    env, fs,
    io::Write,
    process::{Command, ExitCode},
    time::Instant,
};

use careplan::Collection;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    if arguments.next().as_deref() == Some("--file") {
        return arguments.next().map_or(ExitCode::FAILURE, |path| check(&path));
    }
    let path = env::temp_dir().join(format!("careplan-{}.csv", std::process::id()));
    let made = fs::File::create(&path).and_then(|mut file| {
        (0..10_600).step_by(100).try_for_each(|from| file.write_all(&support::month(from..from + 100, false)))
    });
    let done = made.is_ok()
        && env::current_exe()
            .and_then(|own| Command::new(own).arg("--file").arg(&path).status())
            .is_ok_and(|status| status.success());
    let removed = fs::remove_file(&path).is_ok();
    if done && removed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn check(path: &str) -> ExitCode {
    let Ok(bytes) = fs::read(path) else { return ExitCode::FAILURE };
    let start = Instant::now();
    let mut collection = Collection::new();
    collection.add(support::PLAN, &bytes);
    let sorted = collection.sort();
    let took = start.elapsed();
    let rows: usize = sorted.units.iter().flat_map(|unit| unit.files()).map(|file| file.rows()).sum();
    println!("{} bytes, {rows} rows, {:.3} s", bytes.len(), took.as_secs_f64());
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    match status.lines().find(|line| line.starts_with("VmHWM")) {
        Some(peak) => println!("{peak}"),
        None => println!("VmHWM: not told by this system"),
    }
    ExitCode::SUCCESS
}
