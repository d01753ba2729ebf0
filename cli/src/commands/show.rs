//! `musubi show`: one message with its receipts.

use musubi_node::api::types::Detail;

use crate::{
    args::values::{self, IdPrefix},
    client::Client,
    context::Context,
    error::{CommandError, Exit},
    msg, rows,
    ui::Ui,
};

/// Which message.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Its id, or the beginning of it.
    #[arg(value_name = "ID", value_parser = values::message_id)]
    pub id: IdPrefix,
}

/// Shows one message.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let detail = Client::find(&context.home()?, ui.text().lang())?.show(args.id.as_str())?;
    words(ui, &detail);
    ui.result(&detail);
    Ok(Exit::Done)
}

fn words(ui: &mut Ui, detail: &Detail) {
    let row = &detail.row;
    let (text, came) = (ui.text(), detail.direction == "in");
    let what = rows::what(text, row);
    let state = if came { rows::arrived(text, row) } else { rows::sent(text, row) };
    ui.line(&msg!("show-id", id = row.id.as_deref().unwrap_or("-")));
    ui.line(&msg!("show-what", what = what));
    ui.line(&msg!("show-from", from = rows::from(row)));
    ui.line(&msg!("show-to", to = rows::to(row)));
    if let Some(serial) = &row.serial {
        ui.line(&msg!("show-serial", serial = serial));
    }
    ui.line(&msg!("show-state", state = state));
    ui.line(&msg!("show-sealed", at = rows::moment_of(row, &["sealed"])));
    ui.line(&msg!("show-receipts", count = row.receipts.len()));
    for receipt in &row.receipts {
        let shown = rows::receipt(ui.text(), receipt);
        ui.text_line(&format!("    {shown}"));
    }
    ui.line(&msg!("show-files", count = row.files.len()));
    for file in &row.files {
        let shown = ui.text().show(&msg!("show-file", name = &file.name, bytes = file.bytes.to_string()));
        ui.text_line(&format!("    {shown}"));
    }
    if came && row.state == "delivered" {
        ui.line(&msg!("show-next", id = rows::short_id(row)));
    }
}
