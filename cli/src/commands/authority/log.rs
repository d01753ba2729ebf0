//! `musubi authority log`: the public log, and from when on a certificate counts only if it is shown to be in it.

use jiff::civil::Date;
use musubi_node::authority::{Act, Done};

use crate::{
    args::values,
    context::Context,
    error::{CommandError, Exit},
    moment, msg,
    ui::Ui,
};

/// Nothing, to look at it; a day, to publish it.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The day from which on certificates that the log does not hold are refused.
    #[arg(long, value_name = "DATE", value_parser = values::date)]
    pub required_from: Option<Date>,
    /// Who acts.
    #[command(flatten)]
    pub acting: super::Acting,
}

/// Shows the day, or publishes it.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let (act, acting) = match args.required_from {
        None => (Act::ProofsRequired, None),
        Some(day) => (Act::RequireProofs { day }, Some(&args.acting)),
    };
    let Done::ProofsRequired { from, bundle, size } = super::perform(ui, context, acting, act)? else {
        return Err(super::unexpected());
    };
    let day = from.map(moment::date_of);
    ui.line(&msg!("authority-log-size", count = i64::try_from(size).unwrap_or(i64::MAX)));
    match day {
        None => ui.line(&msg!("authority-log-never")),
        Some(day) => ui.line(&msg!("authority-log-required", day = moment::day(ui.text(), day))),
    }
    let waits = args.required_from.is_some() && super::root::waits_for(ui, context, "enforce_from")?;
    if args.required_from.is_some() && !waits {
        ui.line(&msg!("authority-log-published", number = i64::try_from(bundle).unwrap_or(i64::MAX)));
    }
    let day = day.map(|day| day.to_string());
    ui.result(&serde_json::json!({
        "size": size,
        "required_from": day,
        "bundle": bundle,
        "waits_for_root": waits,
    }));
    Ok(Exit::Done)
}
