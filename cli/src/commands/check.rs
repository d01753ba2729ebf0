//! `musubi check`: exchange files against the standard, before they are sent or after they came.

use std::path::PathBuf;

use careplan::{Collection, Purpose};

use crate::{
    error::{CommandError, Exit},
    exchange, msg,
    search::search,
    ui::Ui,
};

mod fix;
mod report;
mod told;

use fix::Mending;
use told::{Account, Counts};

/// What to check, and for what.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Files and directories; a directory is searched.
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// Judges files that have come: an error is only what cannot be read.
    #[arg(long)]
    pub received: bool,
    /// The directory for mended copies.
    #[arg(long, value_name = "DIR")]
    pub fix: Option<PathBuf>,
}

/// Checks all files; exit code 1 where an error is left.
pub(crate) fn run(ui: &mut Ui, args: &Args) -> Result<Exit, CommandError> {
    let search = search(&args.paths)?;
    exchange::note_passed_over(ui, &search.passed_over);
    if search.found.is_empty() {
        return Err(CommandError::failed(msg!("err-exchange-nothing")));
    }
    let mut mending = args.fix.as_ref().map(|dir| Mending::begin(dir, &search)).transpose()?;
    let purpose = if args.received { Purpose::Reading } else { Purpose::Sending };
    let mut account = Account::new(exchange::lang(ui.text()), purpose);
    let mut collection = Collection::new();
    let mut places = Vec::new();
    let mut progress = ui.progress(&msg!("check-progress"), search.found.len() as u64);
    for found in &search.found {
        progress.step();
        let bytes = match found.trouble {
            None => exchange::read(&found.path),
            Some(trouble) => {
                account.trouble(ui.text(), found, trouble);
                continue;
            }
        };
        let Ok(bytes) = bytes else {
            account.trouble(ui.text(), found, crate::search::Trouble::Unreadable);
            continue;
        };
        let position = collection.add(&found.name, &bytes);
        places.push(found);
        if let Some(mending) = &mut mending {
            mending.take(position, found, &bytes)?;
        }
    }
    drop(progress);
    let sorted = collection.sort();
    let mended = mending.map(Mending::finish).transpose()?;
    match &mended {
        Some(mended) => account.mended(&sorted, mended, &places),
        None => account.sorted(&sorted, &places, |position| position),
    }
    let counts = Counts::of(&account, search.found.len());
    report::words(ui, &account, &counts);
    match &mended {
        Some(mended) => report::mended(ui, mended, &places),
        None => report::mendable(ui, &account),
    }
    ui.result(&account.rows());
    Ok(if counts.errors > 0 { Exit::Refused } else { Exit::Done })
}

#[cfg(test)]
mod tests;
