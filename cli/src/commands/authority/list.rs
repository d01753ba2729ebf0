//! `musubi authority list`: every certificate and its state.

use musubi_node::authority::{Act, Done, Row, State};

use crate::{
    context::Context,
    error::{CommandError, Exit},
    moment, msg,
    text::{Message, Text},
    ui::{Ui, table::Table},
};

/// Nothing to choose.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Lists the certificates. No passphrase is needed.
pub(crate) fn run(ui: &mut Ui, context: &Context, _args: &Args) -> Result<Exit, CommandError> {
    let Done::List(rows) = super::perform(ui, context, None, Act::List)? else { return Err(super::unexpected()) };
    if rows.is_empty() {
        ui.line(&msg!("authority-list-empty"));
    } else {
        let table = table(ui.text(), &rows);
        ui.table(&table);
    }
    ui.result(&rows);
    Ok(Exit::Done)
}

fn table(text: &Text, rows: &[Row]) -> Table {
    let headings = [
        msg!("authority-column-office"),
        msg!("authority-column-kinds"),
        msg!("authority-column-name"),
        msg!("authority-column-until"),
        msg!("authority-column-state"),
        msg!("authority-column-serial"),
    ];
    let mut table = Table::new(headings.iter().map(|heading| text.show(heading)).collect());
    for row in rows {
        let kinds: Vec<_> = row.kinds.iter().map(ToString::to_string).collect();
        table.row([
            row.office.to_string(),
            kinds.join(" "),
            row.name.clone(),
            moment::day(text, moment::date_of(row.until)),
            text.show(&state(row)),
            row.serial.to_string(),
        ]);
    }
    table
}

fn state(row: &Row) -> Message {
    match row.state {
        State::Coming => msg!("authority-state-coming"),
        State::Valid if !row.current => msg!("authority-state-renewed"),
        State::Valid => msg!("authority-state-valid"),
        State::Grace => msg!("authority-state-grace"),
        State::Ended => msg!("authority-state-ended"),
        State::Revoked => msg!("authority-state-revoked"),
        // `State` may gain members; what counts no longer reads as expired.
        _ => msg!("authority-state-expired"),
    }
}
