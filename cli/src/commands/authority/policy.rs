//! `musubi authority policy`: what a licence costs, for whom it is free, and how long its grace is.
//!
//! The file is TOML, with days of the Japanese calendar, both ends included:
//!
//! ```toml
//! [[term]]
//! from = 2023-04-01
//! fee = 21000        # yen for an office number and year
//! grace_days = 30
//!
//! [[waiver]]
//! from = 2025-06-01
//! until = 2027-03-31
//! classes = ["first_time", "current", "lapsed", "already_free"]
//! ```

use std::{fs, path::PathBuf};

use jiff::civil::Date;
use musubi_node::authority::{Act, Done};
use musubi_protocol::{
    policy::{Applicant, Policy, PolicyError, Term, Waiver},
    time::Timestamp,
};
use serde::Deserialize;

use crate::{
    context::Context,
    error::{CommandError, Exit},
    moment, msg,
    text::Text,
    ui::{Ui, table::Table},
};

/// Nothing, to look at it; a file, to publish another.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The file with the policy to publish.
    #[arg(long, value_name = "FILE")]
    pub set: Option<PathBuf>,
    /// Who acts.
    #[command(flatten)]
    pub acting: super::Acting,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    term: Vec<FileTerm>,
    #[serde(default)]
    waiver: Vec<FileWaiver>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTerm {
    from: toml::value::Datetime,
    fee: u32,
    grace_days: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileWaiver {
    from: toml::value::Datetime,
    until: toml::value::Datetime,
    classes: Vec<String>,
}

/// Shows the policy, or publishes another.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let internal = |error| CommandError::failed(msg!("err-internal")).because(&error);
    let (act, acting) = match &args.set {
        None => (Act::Policy, None),
        Some(path) => {
            let text = fs::read_to_string(path).map_err(CommandError::reading(path))?;
            let policy = read(&text)?.to_bytes().map_err(internal)?;
            (Act::SetPolicy { policy }, Some(&args.acting))
        }
    };
    let Done::Policy { policy, bundle } = super::perform(ui, context, acting, act)? else {
        return Err(super::unexpected());
    };
    let policy = Policy::from_bytes(&policy).map_err(|_| super::unexpected())?;
    let waits = args.set.is_some() && super::root::waits_for(ui, context, "policy")?;
    if args.set.is_some() && !waits {
        ui.line(&msg!("authority-policy-set", number = i64::try_from(bundle).unwrap_or(i64::MAX)));
    }
    show(ui, &policy);
    let mut shown = value(&policy);
    shown["waits_for_root"] = waits.into();
    ui.result(&shown);
    Ok(Exit::Done)
}

/// Reads the file.
fn read(text: &str) -> Result<Policy, CommandError> {
    let bad =
        |error: &(dyn std::error::Error + 'static)| CommandError::failed(msg!("err-authority-policy")).because(error);
    let file: File = toml::from_str(text).map_err(|error| bad(&error))?;
    let term =
        |term: &FileTerm| Ok(Term { from: moment::start_of(date(&term.from)?), fee: term.fee, grace: term.grace_days });
    let waiver = |waiver: &FileWaiver| {
        let mut classes: Vec<Applicant> = waiver
            .classes
            .iter()
            .map(|class| class.parse())
            .collect::<Result<_, _>>()
            .map_err(|error: musubi_protocol::policy::UnknownApplicant| bad(&error))?;
        classes.sort_unstable();
        classes.dedup();
        let (from, until) = (date(&waiver.from)?, date(&waiver.until)?);
        Ok(Waiver { from: moment::start_of(from), until: moment::end_of(until), classes })
    };
    let terms = file.term.iter().map(term).collect::<Result<_, CommandError>>()?;
    let waivers = file.waiver.iter().map(waiver).collect::<Result<_, CommandError>>()?;
    Policy::new(terms, waivers).map_err(|error: PolicyError| bad(&error))
}

/// A day, without a time.
fn date(value: &toml::value::Datetime) -> Result<Date, CommandError> {
    let bad = || CommandError::failed(msg!("err-authority-policy-date", date = value.to_string()));
    match (value.date, value.time) {
        (Some(date), None) => {
            let year = i16::try_from(date.year).map_err(|_| bad())?;
            let (month, day) = (i8::try_from(date.month), i8::try_from(date.day));
            Date::new(year, month.map_err(|_| bad())?, day.map_err(|_| bad())?).map_err(|_| bad())
        }
        _ => Err(bad()),
    }
}

fn show(ui: &mut Ui, policy: &Policy) {
    if policy.terms().is_empty() {
        ui.line(&msg!("authority-policy-none"));
        return;
    }
    let day = |text: &Text, time: Timestamp| moment::day(text, moment::date_of(time));
    let text = ui.text();
    let headings = [
        msg!("authority-policy-column-from"),
        msg!("authority-policy-column-fee"),
        msg!("authority-policy-column-grace"),
    ];
    let mut terms = Table::new(headings.iter().map(|heading| text.show(heading)).collect());
    for term in policy.terms() {
        terms.row([
            day(text, term.from),
            text.show(&msg!("authority-yen", fee = i64::from(term.fee))),
            text.show(&msg!("authority-days", days = i64::from(term.grace))),
        ]);
    }
    let headings = [
        msg!("authority-policy-column-from"),
        msg!("authority-policy-column-until"),
        msg!("authority-policy-column-classes"),
    ];
    let mut waivers = Table::new(headings.iter().map(|heading| text.show(heading)).collect());
    for waiver in policy.waivers() {
        let classes: Vec<String> =
            waiver.classes.iter().map(|class| text.show(&msg!("authority-class", class = class.as_str()))).collect();
        waivers.row([day(text, waiver.from), day(text, waiver.until), classes.join(", ")]);
    }
    ui.table(&terms);
    if !policy.waivers().is_empty() {
        ui.line(&msg!("authority-policy-waivers"));
        ui.table(&waivers);
    }
}

fn value(policy: &Policy) -> serde_json::Value {
    let terms: Vec<_> = policy
        .terms()
        .iter()
        .map(|term| serde_json::json!({"from": moment::rfc3339(term.from), "fee": term.fee, "grace_days": term.grace}))
        .collect();
    let waivers: Vec<_> = policy
        .waivers()
        .iter()
        .map(|waiver| {
            let classes: Vec<_> = waiver.classes.iter().map(|class| class.as_str()).collect();
            let (from, until) = (moment::rfc3339(waiver.from), moment::rfc3339(waiver.until));
            serde_json::json!({"from": from, "until": until, "classes": classes})
        })
        .collect();
    serde_json::json!({"terms": terms, "waivers": waivers})
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "[[term]]\nfrom = 2023-04-01\nfee = 21000\ngrace_days = 30\n\
        [[term]]\nfrom = 2027-04-01\nfee = 0\ngrace_days = 30\n\
        [[waiver]]\nfrom = 2025-06-01\nuntil = 2027-03-31\nclasses = [\"lapsed\", \"first_time\"]\n";

    #[test]
    fn a_file_is_read_in_days_of_japan() {
        let policy = read(FILE).unwrap();
        let value = value(&policy);
        assert_eq!(
            value["terms"][0],
            serde_json::json!({"from": "2023-04-01T00:00:00+09:00", "fee": 21000, "grace_days": 30})
        );
        assert_eq!(value["waivers"][0]["until"], "2027-03-31T23:59:59+09:00");
        assert_eq!(value["waivers"][0]["classes"], serde_json::json!(["first_time", "lapsed"]));
        assert_eq!(read("").unwrap(), Policy::none());
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let code = |from: &str, to: &str| read(&FILE.replacen(from, to, 1)).unwrap_err().code().to_owned();
        assert_eq!(code("grace_days = 30", "grace_days = 31"), "authority-policy");
        assert_eq!(code("lapsed", "laspsed"), "authority-policy");
        assert_eq!(code("fee = 21000", "fees = 21000"), "authority-policy");
        assert_eq!(code("2023-04-01", "2023-04-01T00:00:00"), "authority-policy-date");
        assert_eq!(code("2027-04-01", "2022-04-01"), "authority-policy");
    }
}
