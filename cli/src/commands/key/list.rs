//! `musubi key list`: the openers of this directory.

use super::{name, words};
use crate::{
    context::Context,
    error::{CommandError, Exit},
    msg,
    ui::{Table, Ui},
    unlock,
};

/// Nothing to choose.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Lists the openers. Their secrets are not needed for that.
pub(crate) fn run(ui: &mut Ui, context: &Context) -> Result<Exit, CommandError> {
    let openers = unlock::open(&context.home()?)?.openers();
    let text = ui.text();
    let headings = [msg!("column-number"), msg!("column-opener"), msg!("column-opens")];
    let mut table = Table::new(headings.iter().map(|heading| text.show(heading)).collect());
    let mut list = Vec::new();
    for opener in openers {
        let opens = if opener.locks.reading { msg!("opens-all") } else { msg!("opens-signing") };
        table.row([opener.id.0.to_string(), text.show(&words(opener.kind)), text.show(&opens)]);
        list.push(serde_json::json!({
            "number": opener.id.0,
            "kind": name(opener.kind),
            "signing": opener.locks.signing,
            "reading": opener.locks.reading,
        }));
    }
    ui.table(&table);
    ui.result(&list);
    Ok(Exit::Done)
}
