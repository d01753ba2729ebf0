//! `musubi authority orders`: what waits for a second administrator.

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

/// Lists orders. No passphrase is needed.
pub(crate) fn run(ui: &mut Ui, context: &Context, _args: &Args) -> Result<Exit, CommandError> {
    let Done::Orders(orders) = super::perform(ui, context, None, Act::Orders)? else {
        return Err(super::unexpected());
    };
    if orders.is_empty() {
        ui.line(&msg!("authority-orders-none"));
    } else {
        let text = ui.text();
        let headings = [
            msg!("authority-orders-column-id"),
            msg!("authority-audit-column-admin"),
            msg!("authority-audit-column-time"),
            msg!("authority-audit-column-detail"),
            msg!("authority-column-office"),
        ];
        let mut table = Table::new(headings.iter().map(|heading| text.show(heading)).collect());
        for order in &orders {
            let offices: Vec<_> = order.offices.iter().map(ToString::to_string).collect();
            let meant = match &order.serial {
                Some(serial) => format!("{} ({serial})", offices.join(" ")),
                None => offices.join(" "),
            };
            let (time, reason) = (moment::friendly(text, order.time), order.reason.to_string());
            table.row([order.id.clone(), order.admin.clone(), time, reason, meant]);
        }
        ui.table(&table);
        ui.line(&msg!("authority-orders-next"));
    }
    ui.result(&orders);
    Ok(Exit::Done)
}
