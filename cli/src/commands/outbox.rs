//! `musubi outbox`: what was sent.

use crate::{
    client::Client,
    context::Context,
    error::{CommandError, Exit},
    msg, rows,
    ui::{Table, Ui},
};

/// Nothing to choose yet.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Lists what was sent, oldest first.
pub(crate) fn run(ui: &mut Ui, context: &Context) -> Result<Exit, CommandError> {
    let messages = Client::find(&context.home()?, ui.text().lang())?.outbox()?;
    let text = ui.text();
    let headings =
        [msg!("column-id"), msg!("column-sent"), msg!("column-to"), msg!("column-what"), msg!("column-state")];
    let mut table = Table::new(headings.iter().map(|heading| text.show(heading)).collect());
    for row in &messages {
        let sent = rows::moment_of(row, &["sealed"]);
        table.row([rows::short_id(row), sent, rows::to(row), rows::what(text, row), rows::sent(text, row)]);
    }
    let pending = messages.iter().filter(|row| rows::is_pending(row)).count();
    if messages.is_empty() {
        ui.line(&msg!("outbox-empty"));
    } else {
        ui.table(&table);
        ui.text_line("");
        ui.line(&msg!("outbox-summary", all = messages.len(), pending = pending));
    }
    ui.result(&messages);
    Ok(Exit::Done)
}
