//! `musubi show`: one message with its receipts.

use musubi_node::api::types::Detail;

use crate::{
    args::values::{self, IdPrefix, Wait},
    client::Client,
    context::Context,
    error::{CommandError, Exit},
    msg, rows,
    text::harmless,
    ui::{Ui, layout::wrap},
};

/// Which message.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Its id, or the beginning of it.
    #[arg(value_name = "ID", value_parser = values::message_id)]
    pub id: IdPrefix,
    /// Waits first until the partner has it, or has opened it.
    #[arg(long, value_name = "WAIT", value_parser = values::wait_for_receipt)]
    pub wait: Option<Wait>,
}

/// Shows one message; with `--wait`, exit code 1 where the receipt did not come in time.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let client = Client::find(&context.home()?, ui.text().lang())?;
    let mut detail = client.show(args.id.as_str())?;
    let mut missing = false;
    if let (Some(wait), Some(id)) = (args.wait, detail.row.id.clone()) {
        // A message that came has its receipts already, or gets them by hands here.
        if detail.direction == "out" {
            client.wait(&id, wait.state, wait.until())?;
            detail = client.show(&id)?;
        }
        missing = !detail.row.times.contains_key(wait.state);
    }
    words(ui, &detail);
    if missing && detail.row.state == "held" {
        ui.warn(&msg!("warn-send-held", count = 1));
    } else if missing {
        ui.warn(&msg!("warn-show-not-yet"));
    }
    ui.result(&detail);
    Ok(if missing { Exit::Refused } else { Exit::Done })
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
    if came {
        ui.line(&msg!("show-came", at = rows::moment_of(row, &["delivered"])));
    }
    ui.line(&msg!("show-receipts", count = row.receipts.len()));
    for receipt in &row.receipts {
        let shown = rows::receipt(ui.text(), receipt, came);
        ui.text_line(&format!("    {shown}"));
    }
    if let Some(note) = &row.note {
        ui.line(&msg!("show-note"));
        indented(ui, &note.replace('\t', " "));
    }
    ui.line(&msg!("show-files", count = row.files.len()));
    for file in &row.files {
        let shown = ui.text().show(&msg!("show-file", name = &file.name, bytes = file.bytes.to_string()));
        ui.text_line(&format!("    {shown}"));
    }
    if !row.findings.is_empty() {
        ui.line(&msg!("show-findings", count = row.findings.len()));
        for finding in &row.findings {
            let shown = rows::finding(ui.text(), finding);
            indented(ui, &shown);
        }
    }
    if came && row.state == "delivered" {
        ui.line(&msg!("show-next", id = rows::short_id(row)));
    }
}

/// Somebody else's words, harmless and within the width.
fn indented(ui: &mut Ui, words: &str) {
    let lines = wrap(&harmless(words), ui.width().saturating_sub(4).max(20));
    ui.text_line(&format!("    {}", lines.join("\n    ")));
}

#[cfg(test)]
mod tests {
    use musubi_node::api::types::Row;

    use super::*;
    use crate::{text::Lang, ui::testing};

    #[test]
    fn a_note_cannot_steer_the_terminal() {
        let note = Some("一行目\n\u{1b}[2J二行目\u{202e}fdp.exe\u{2066}\t終".to_owned());
        let row = Row { id: Some("abcdefghij".into()), note, ..Row::default() };
        let (mut ui, out, _) = testing::ui(Lang::Ja, false, None);
        words(&mut ui, &Detail { row, direction: "in".into(), evidence: Vec::new() });
        let shown = out.text();
        assert!(shown.contains("    一行目\n    \u{fffd}[2J二行目\u{fffd}fdp.exe\u{fffd} 終"), "{shown}");
        assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{2066}']), "{shown}");
    }
}
