//! `musubi authority fees`: what is due, for billing.

use std::path::PathBuf;

use jiff::civil::Date;
use musubi_node::authority::{Act, Done, Due};
use musubi_protocol::time::Timestamp;

use crate::{
    args::values,
    context::Context,
    error::{CommandError, Exit},
    moment, msg, private_file,
    text::Text,
    ui::{Ui, table::Table},
};

/// From when to when, and where to.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The first day on which licences were granted.
    #[arg(long, value_name = "DATE", value_parser = values::date)]
    pub since: Option<Date>,
    /// The last such day.
    #[arg(long, value_name = "DATE", value_parser = values::date)]
    pub until: Option<Date>,
    /// Those for which nothing is due as well.
    #[arg(long)]
    pub all: bool,
    /// A CSV file to write.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Lists what is due, or writes it. No passphrase is needed.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let since = args.since.map_or(Timestamp(0), moment::start_of);
    let before = args.until.map_or(Timestamp(u64::MAX), |day| moment::end_of(day).plus(1));
    let act = Act::Charges { since, before };
    let Done::Charges(mut charges) = super::perform(ui, context, None, act)? else { return Err(super::unexpected()) };
    charges.retain(|due| args.all || due.fee > 0);
    let total: u64 = charges.iter().map(|due| u64::from(due.fee)).sum();
    match &args.out {
        Some(path) => {
            private_file::create(path, csv(&charges).as_bytes()).map_err(CommandError::writing(path))?;
            ui.line(&msg!("authority-fees-written", path = path));
        }
        None if charges.is_empty() => ui.line(&msg!("authority-fees-none")),
        None => {
            let table = table(ui.text(), &charges);
            ui.table(&table);
        }
    }
    let count = i64::try_from(charges.len()).unwrap_or(i64::MAX);
    ui.line(&msg!("authority-fees-total", count = count, total = i64::try_from(total).unwrap_or(i64::MAX)));
    ui.result(&serde_json::json!({"charges": charges, "total": total}));
    Ok(Exit::Done)
}

/// Comma separated, a heading, CRLF (RFC 4180). No field needs quotes.
fn csv(charges: &[Due]) -> String {
    let mut out = String::from("office,granted,from,until,applicant,waived,fee\r\n");
    for Due { office, at, from, until, applicant, waived, fee } in charges {
        out.push_str(&format!("{office},{at},{},{},{applicant},{waived},{fee}\r\n", day(from), day(until)));
    }
    out
}

fn day(rfc3339: &str) -> &str {
    rfc3339.get(..10).unwrap_or(rfc3339)
}

fn table(text: &Text, charges: &[Due]) -> Table {
    let headings = [
        msg!("authority-column-office"),
        msg!("authority-fees-column-granted"),
        msg!("authority-policy-column-from"),
        msg!("authority-column-until"),
        msg!("authority-policy-column-classes"),
        msg!("authority-policy-column-fee"),
    ];
    let mut table = Table::new(headings.iter().map(|heading| text.show(heading)).collect());
    for due in charges {
        table.row([
            due.office.to_string(),
            day(&due.at).to_owned(),
            day(&due.from).to_owned(),
            day(&due.until).to_owned(),
            text.show(&msg!("authority-class", class = due.applicant.as_str())),
            text.show(&msg!("authority-yen", fee = i64::from(due.fee))),
        ]);
    }
    table
}
