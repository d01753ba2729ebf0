//! Faults on purpose, at length: `musubi-faults [kills|random|powercuts|partitions|run|hostile|all|clean] [--seed N]
//! [--times N] [--json]`. See docs/testing.md.

#[cfg(target_os = "linux")]
mod faults {
    use std::{env, process::ExitCode, time::Duration};

    use musubi_tests::{
        disk,
        faults::{Report, cuts, kills, parts, storm},
        hostile::{self, Attack, Size, siege::Outcome},
        lan,
        process::AS_NODE,
        system::{self, clean_up},
    };
    use tokio::signal::unix::{SignalKind, signal};

    const USAGE: &str = "musubi-faults [kills|random|powercuts|partitions|run|hostile|all|clean] [--seed N] [--times N] [--seconds N] \
         [--only TEXT] [--json]";

    struct Wanted {
        what: String,
        seed: u64,
        times: Option<usize>,
        seconds: Option<u64>,
        only: String,
        json: bool,
    }

    pub(super) fn main() -> ExitCode {
        // This program is the node under test too, so that one build suffices.
        if env::var_os(AS_NODE).is_some() {
            return musubi_cli::main();
        }
        let wanted = match read(env::args().skip(1)) {
            Ok(wanted) => wanted,
            Err(error) => {
                eprintln!("{error}\n{USAGE}");
                return ExitCode::from(2);
            }
        };
        for taken in clean_up() {
            eprintln!("an earlier run has left {taken}; it is gone now");
        }
        if wanted.what == "clean" {
            return ExitCode::SUCCESS;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        let reports = runtime.block_on(async {
            let mut terminate = signal(SignalKind::terminate()).expect("signals can be heard");
            // Dropped where it stands, it takes away all that it has made.
            tokio::select! {
                reports = run(&wanted) => Some(reports),
                _ = tokio::signal::ctrl_c() => None,
                _ = terminate.recv() => None,
            }
        });
        runtime.shutdown_timeout(Duration::from_secs(5));
        let Some(reports) = reports else {
            eprintln!("stopped");
            return ExitCode::FAILURE;
        };
        if wanted.json {
            println!("{}", serde_json::to_string(&reports).expect("tables have a JSON form"));
        }
        let good = !reports.is_empty() && reports.iter().all(|report| report.problems.is_empty());
        if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn read(mut args: impl Iterator<Item = String>) -> Result<Wanted, String> {
        let mut wanted =
            Wanted { what: "all".into(), seed: 1, times: None, seconds: None, only: String::new(), json: false };
        while let Some(arg) = args.next() {
            let mut number = || {
                let text = args.next().unwrap_or_default();
                text.parse::<u64>().map_err(|_| format!("{arg} wants a number, not {text:?}"))
            };
            match arg.as_str() {
                "--json" => wanted.json = true,
                "--only" => wanted.only = args.next().unwrap_or_default(),
                "--seed" => wanted.seed = number()?,
                "--times" => wanted.times = Some(usize::try_from(number()?).map_err(|error| error.to_string())?),
                "--seconds" => wanted.seconds = Some(number()?),
                "kills" | "random" | "powercuts" | "partitions" | "run" | "hostile" | "all" | "clean" => {
                    wanted.what = arg
                }
                other => return Err(format!("{other} is not known")),
            }
        }
        Ok(wanted)
    }

    async fn run(wanted: &Wanted) -> Vec<Report> {
        let program = env::current_exe().expect("a path of its own");
        let (what, seed) = (wanted.what.as_str(), wanted.seed);
        let is = |name: &str| what == name || what == "all";
        let times = |usual: usize| wanted.times.unwrap_or(usual);
        let mut reports = Vec::new();
        let mut tell = |report: Report| {
            // JSON alone on stdout.
            if wanted.json {
                eprintln!("{}", report.text())
            } else {
                println!("{}", report.text())
            }
            reports.push(report);
        };
        if is("kills") {
            kills::at_each_step(&program, times(20)).await.into_iter().for_each(&mut tell);
        }
        if is("random") {
            kills::at_random_moments(&program, times(60), seed).await.into_iter().for_each(&mut tell);
        }
        if is("powercuts") && system::has("powercuts", true, &disk::TOOLS) {
            tell(cuts::cut_power(&program, times(60), seed).await);
        }
        if is("partitions") && system::has("partitions", true, &lan::TOOLS) {
            tell(parts::part(&program, "long", times(12), seed, true).await);
        }
        if is("run") {
            if !system::is_root() {
                eprintln!("SKIPPED full disks: root");
            }
            let time = Duration::from_secs(wanted.seconds.unwrap_or(300));
            let plan =
                storm::Plan { messages: times(1000), time, every: Duration::from_millis(1500), quic: true, seed };
            tell(storm::run(&program, plan).await);
        }
        if is("hostile") {
            match system::descriptors() {
                most if most < hostile::DESCRIPTORS => eprintln!("SKIPPED hostile: {most} open files are allowed"),
                _ => {
                    let attacks = Attack::all().into_iter().filter(|attack| attack.name().contains(&wanted.only));
                    let attacks: Vec<Attack> = attacks.collect();
                    let told = |name: &str, outcome: &Outcome| eprintln!("{name}: {}", outcome.line());
                    tell(hostile::run(&program, &attacks, Size::FULL, true, told).await);
                }
            }
        }
        reports
    }
}

fn main() -> std::process::ExitCode {
    #[cfg(target_os = "linux")]
    return faults::main();
    #[cfg(not(target_os = "linux"))]
    {
        eprintln!("faults are tried on Linux only");
        std::process::ExitCode::FAILURE
    }
}
