//! `musubi authority audit`: who did what, and when.

use musubi_node::authority::{Act, Done};

use crate::{
    context::Context,
    error::{CommandError, Exit},
    moment, msg,
    ui::{Ui, table::Table},
};

/// Nothing to choose.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Checks the audit log from its first entry to its last, and shows it. No passphrase is needed.
pub(crate) fn run(ui: &mut Ui, context: &Context, _args: &Args) -> Result<Exit, CommandError> {
    let Done::Audit(entries) = super::perform(ui, context, None, Act::Audit)? else { return Err(super::unexpected()) };
    let text = ui.text();
    let headings = [
        msg!("authority-audit-column-time"),
        msg!("authority-audit-column-admin"),
        msg!("authority-audit-column-deed"),
        msg!("authority-column-office"),
        msg!("authority-audit-column-detail"),
    ];
    let mut table = Table::new(headings.iter().map(|heading| text.show(heading)).collect());
    for entry in &entries {
        let admin = match entry.admin() {
            "" => text.show(&msg!("authority-audit-itself")),
            admin => admin.to_owned(),
        };
        table.row([
            moment::friendly(text, entry.time()),
            admin,
            text.show(&msg!("authority-audit-deed", deed = entry.deed().as_str())),
            entry.office().map(|office| office.to_string()).unwrap_or_default(),
            entry.detail().to_owned(),
        ]);
    }
    if entries.is_empty() {
        ui.line(&msg!("authority-audit-none"));
    } else {
        ui.table(&table);
        ui.line(&msg!("authority-audit-whole", count = i64::try_from(entries.len()).unwrap_or(i64::MAX)));
    }
    ui.result(&entries);
    Ok(Exit::Done)
}
