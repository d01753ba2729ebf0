//! `musubi authority batch`: certificates for a folder of requests.

use std::{
    fs,
    path::{Path, PathBuf},
};

use musubi_node::authority::{Act, Done, Period};
use musubi_protocol::certificate::material::MAX_FILE;

use crate::{
    context::Context,
    error::{CommandError, Exit},
    msg,
    output::{HANDED_OUT, Output},
    ui::Ui,
};

/// Which requests, and where to.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The folder with the requests.
    #[arg(value_name = "DIR")]
    pub requests: PathBuf,
    /// The folder to write to.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Who acts.
    #[command(flatten)]
    pub acting: super::Acting,
}

/// Issues for each request, writes each file under the request's name, and says which were refused.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let paths = requests(&args.requests)?;
    let read = |path: &PathBuf| fs::read(path).map_err(CommandError::reading(path));
    let requests: Vec<Vec<u8>> = paths.iter().map(read).collect::<Result<_, _>>()?;
    fs::create_dir_all(&args.out).map_err(CommandError::writing(&args.out))?;
    let same = |path: &Path| path.canonicalize().ok();
    if same(&args.out) == same(&args.requests) {
        // A certificate would take its request's place.
        return Err(CommandError::usage(msg!("err-authority-batch-same")));
    }
    let act = Act::IssueAll { requests, period: Period::default() };
    let Done::IssuedAll(outcomes) = super::perform(ui, context, Some(&args.acting), act)? else {
        return Err(super::unexpected());
    };
    let (mut rows, mut refused) = (Vec::new(), 0_i64);
    for (path, outcome) in paths.iter().zip(outcomes) {
        let name = path.file_name().unwrap_or_default();
        match outcome {
            Ok(issued) => {
                let out = args.out.join(name);
                // One that cannot be written is issued all the same, and no reason to lose the others.
                match Output::prepare(&out, &HANDED_OUT).and_then(|file| file.finish(&issued.pem)) {
                    Ok(()) => rows.push(serde_json::json!({"file": path, "certificate": issued.row, "out": out})),
                    Err(error) => {
                        refused += 1;
                        ui.note(&msg!("authority-batch-refused", path = &out, why = error.code()));
                        ui.note(&msg!("authority-issued-anyway"));
                        rows.push(
                            serde_json::json!({"file": path, "certificate": issued.row, "refused": error.code()}),
                        );
                    }
                }
            }
            Err(told) => {
                refused += 1;
                let error = CommandError::from(told);
                ui.note(&msg!("authority-batch-refused", path = path, why = error.code()));
                rows.push(serde_json::json!({"file": path, "refused": error.code()}));
            }
        }
    }
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX) - refused;
    ui.line(&msg!("authority-batch-done", count = count, refused = refused, path = &args.out));
    ui.result(&rows);
    Ok(if refused == 0 { Exit::Done } else { Exit::Refused })
}

/// The files of a folder that are no larger than requests are, by name.
fn requests(dir: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(CommandError::reading(dir))? {
        let entry = entry.map_err(CommandError::reading(dir))?;
        let is_file = entry.metadata().is_ok_and(|found| found.is_file() && found.len() <= MAX_FILE as u64);
        if is_file {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}
