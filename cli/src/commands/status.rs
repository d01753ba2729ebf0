//! `musubi status`: how the node is.

use musubi_node::api::types::{DeskRow, Status};

use super::{
    doctor::{missing_log, not_in_log, wrong_clock},
    partner,
    ping::refusal,
};
use crate::{
    client::Client,
    context::Context,
    error::{CommandError, Exit},
    msg, rows,
    text::{Message, Text},
    ui::{Table, Ui},
};

/// Nothing to choose.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Seconds of an hour.
const HOUR: u64 = 3600;

/// Shows how the node is.
pub(crate) fn run(ui: &mut Ui, context: &Context) -> Result<Exit, CommandError> {
    let status = Client::find(&context.home()?, ui.text().lang())?.status()?;
    words(ui, &status);
    ui.result(&status);
    Ok(Exit::Done)
}

fn words(ui: &mut Ui, status: &Status) {
    let text = ui.text();
    let headings = [msg!("column-office"), msg!("column-kinds"), msg!("column-name"), msg!("column-certificate")];
    let mut table = Table::new(headings.iter().map(|heading| text.show(heading)).collect());
    for desk in &status.desks {
        table.row([desk.office.clone(), desk.kinds.join(" "), desk.name.clone(), standing(text, desk)]);
    }
    ui.line(&msg!("status-running"));
    ui.text_line("");
    ui.table(&table);
    ui.text_line("");
    for desk in &status.desks {
        renewal(ui, desk);
    }
    if status.foreign > 0 {
        ui.warn(&msg!("status-foreign", count = status.foreign));
    }
    partner::warn(ui, &status.new_keys);
    if status.log_fork {
        ui.warn(&msg!("log-fork"));
    }
    if let Some(doubt) = &status.log_doubt {
        ui.warn(&msg!("log-doubt", address = &doubt.address, time = rows::moment(&doubt.at)));
    }
    if let Some((words, todo)) = missing_log(status) {
        ui.line(&words);
        ui.note(&todo);
    }
    for desk in &status.desks {
        if let Some((_, words, todo)) = not_in_log(status, desk) {
            ui.warn(&words);
            ui.note(&todo);
        }
    }
    ui.line(&msg!("status-new", count = status.new));
    ui.line(&msg!("status-waiting", count = status.waiting));
    let crl = match &status.crl {
        Some(crl) => msg!("status-crl", number = crl.number.to_string(), hours = crl.age_s / HOUR),
        None => msg!("status-no-crl"),
    };
    ui.line(&crl);
    if status.connected.is_empty() {
        ui.line(&msg!("status-alone"));
    } else {
        ui.line(&msg!("status-connected", addresses = status.connected.join(", ")));
    }
    for refused in &status.refused {
        ui.line(&match refused.addresses.as_slice() {
            [] => msg!("doctor-refused-unknown"),
            addresses => msg!("doctor-refused", addresses = addresses.join(", ")),
        });
        ui.line(&refusal(&refused.refusal));
    }
    if status.mode == "unattended" {
        ui.line(&msg!("status-unattended"));
    }
    if !status.reading {
        ui.line(&msg!("status-not-reading"));
    }
    if let Some((words, todo)) = wrong_clock(status) {
        ui.warn(&words);
        ui.note(&todo);
    }
    let mib = |bytes: u64| (bytes >> 20).to_string();
    let disk = &status.disk;
    ui.line(&msg!("status-disk", free = mib(disk.free), reserve = mib(disk.reserve)));
    ui.line(&match (disk.live, disk.live_percent) {
        (Some(live), Some(percent)) => {
            msg!("status-store", log = mib(disk.log), live = mib(live), percent = percent, bodies = mib(disk.bodies))
        }
        _ => msg!("status-store-uncounted", log = mib(disk.log), bodies = mib(disk.bodies)),
    });
    if status.disk_low {
        ui.warn(&msg!("warn-disk-low"));
    }
    for address in &status.listen {
        ui.line(&msg!("status-listen", address = address));
    }
}

/// What is to be done about a licence that ends.
fn renewal(ui: &mut Ui, desk: &DeskRow) {
    match desk.renewal.as_ref().map(|renewal| renewal.fee) {
        Some(Some(fee)) => ui.warn(&msg!("renew-due", office = &desk.office, fee = i64::from(fee))),
        Some(None) => ui.warn(&msg!("renew-refused", office = &desk.office)),
        None => {}
    }
}

/// Where a desk stands with the authority, and until when.
pub(crate) fn standing(text: &Text, desk: &DeskRow) -> String {
    let until = desk.until.as_deref().map(rows::moment).unwrap_or_default();
    // The day says enough: a licence ends with a day.
    let until = until.split(' ').next().unwrap_or_default().to_owned();
    text.show(&in_words(&desk.state, &until))
}

fn in_words(state: &str, until: &str) -> Message {
    match state {
        "active" => msg!("desk-active", until = until),
        "grace" => msg!("desk-grace", until = until),
        "ended" => msg!("desk-ended", until = until),
        "expired" => msg!("desk-expired", until = until),
        "revoked" => msg!("desk-revoked"),
        "not_yet_valid" => msg!("desk-not-yet"),
        _ => msg!("desk-no-certificate"),
    }
}
