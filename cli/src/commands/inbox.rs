//! `musubi inbox`: what has come.

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

/// Lists what has come, oldest first.
pub(crate) fn run(ui: &mut Ui, context: &Context) -> Result<Exit, CommandError> {
    let messages = Client::find(&context.home()?, ui.text().lang())?.inbox()?;
    let text = ui.text();
    let headings =
        [msg!("column-id"), msg!("column-came"), msg!("column-from"), msg!("column-what"), msg!("column-state")];
    let mut table = Table::new(headings.iter().map(|heading| text.show(heading)).collect());
    for row in &messages {
        let came = rows::moment_of(row, &["delivered", "sealed"]);
        table.row([rows::short_id(row), came, rows::from(row), rows::what(text, row), rows::arrived(text, row)]);
    }
    let fresh = messages.iter().filter(|row| row.state == "delivered").count();
    if messages.is_empty() {
        ui.line(&msg!("inbox-empty"));
    } else {
        ui.table(&table);
        ui.text_line("");
        ui.line(&msg!("inbox-summary", all = messages.len(), fresh = fresh));
    }
    ui.result(&messages);
    Ok(Exit::Done)
}
