//! `musubi key remove`: one opener less; the last one stays.

use musubi_store::keyfile::{OpenerId, OpenerKind};

use super::{name, words};
use crate::{
    context::Context,
    error::{CommandError, Exit},
    msg,
    ui::Ui,
    unlock,
};

/// Which opener.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Its number in `musubi key list`.
    #[arg(value_name = "NUMBER")]
    pub number: u32,
}

/// Removes an opener, after a question where somebody can be asked.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let mut file = unlock::open(&context.home()?)?;
    let openers = file.openers();
    let Some(opener) = openers.iter().find(|opener| opener.id.0 == args.number) else {
        return Err(CommandError::failed(msg!("err-opener-number", number = args.number)));
    };
    let kind = opener.kind;
    let shown = ui.text().show(&words(kind));
    if ui.confirm(&msg!("key-remove-question", number = args.number, opener = &shown))? == Some(false) {
        ui.note(&msg!("key-kept"));
        return Ok(Exit::Refused);
    }
    file.remove(OpenerId(args.number))?;
    ui.line(&msg!("key-removed", number = args.number, opener = shown));
    if file.openers().iter().all(|opener| opener.kind == OpenerKind::Recovery) {
        ui.warn(&msg!("warn-key-sheet-only"));
    }
    ui.result(&serde_json::json!({"number": args.number, "kind": name(kind)}));
    Ok(Exit::Done)
}
