//! `musubi proof use`: the proof that this office exchanges, confirmed by its partners.

use std::path::PathBuf;

use musubi_node::api::types::{PartnerRow, UsePlan, UseRequest, UseRow};
use musubi_protocol::{ids::OfficeNumber, proof::LABEL};

use super::{Picture, qr_code};
use crate::{
    args::values,
    client::Client,
    context::Context,
    error::{CommandError, Exit},
    msg,
    output::Output,
    text::Message,
    ui::Ui,
};

/// What may have become of a partner that has confirmed nothing, in the order in which it is told.
const OUTCOMES: [&str; 8] =
    ["not_connected", "not_admitted", "no_answer", "nothing", "busy", "unfit", "no_certificate", "revoked"];

/// Of which office and year, and where to.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The fiscal year, by the calendar year in which it begins; the running one if left out.
    #[arg(long, value_name = "YEAR")]
    pub fiscal_year: Option<u16>,
    /// The office, where this directory has several.
    #[arg(long, value_name = "OFFICE", value_parser = values::office)]
    pub office: Option<OfficeNumber>,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The QR code as a picture, to print.
    #[arg(long, value_name = "FILE")]
    pub qr: Option<PathBuf>,
    /// How long partners that are not connected are waited for; the node waits 600 s at most.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub wait: u64,
    /// Partners may be asked, and named in the file.
    #[arg(long)]
    pub yes: bool,
}

/// Asks the person, then the partners; writes what came of it and says who is missing.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let client = Client::find(&context.home()?, ui.text().lang())?;
    let office = args.office.map(|office| office.to_string());
    let plan = client.use_plan(office.as_deref(), args.fiscal_year)?;
    let year = plan.fiscal_year.to_string();
    if plan.partners == 0 {
        return Err(CommandError::failed(msg!("err-use-nothing", year = year)));
    }
    if !agrees(ui, &plan, args.yes)? {
        ui.note(&msg!("use-not-asked"));
        return Ok(Exit::Refused);
    }
    let path =
        args.out.clone().unwrap_or_else(|| format!("musubi-use-{}-{}.pem", plan.office, plan.fiscal_year).into());
    let out = Output::prepare(&path, &[LABEL])?;
    let picture = Picture::prepare(args.qr.as_deref())?;
    ui.note(&msg!("use-asking", seconds = i64::try_from(args.wait).unwrap_or(i64::MAX)));
    let request = UseRequest { office, fiscal_year: Some(plan.fiscal_year), seconds: args.wait, agreed: true };
    let row = client.used(&request)?;

    let (written, picture) = match (&row.file, &row.text) {
        (Some(file), Some(text)) => {
            out.finish(file)?;
            (Some(&path), picture.finish(text)?)
        }
        _ => (None, false),
    };
    tell(ui, &row);
    match written {
        Some(path) => ui.line(&msg!("use-written", path = path)),
        None => ui.line(&msg!("use-none")),
    }
    missing(ui, &row.partners);
    if let Some(text) = &row.text {
        ui.line(&msg!("use-qr"));
        qr_code(ui, text, picture)?;
    }
    ui.result(&serde_json::json!({
        "proof": "use",
        "office": row.office,
        "fiscal_year": row.fiscal_year,
        "months": row.months,
        "attested": row.attested,
        "enough": row.enough,
        "partners": row.partners,
        "signed": row.signed,
        "out": written,
        "text": row.text,
    }));
    Ok(if written.is_some() { Exit::Done } else { Exit::Refused })
}

/// Says in plain words what will be done and who will be named, and asks whether it may be.
fn agrees(ui: &mut Ui, plan: &UsePlan, yes: bool) -> Result<bool, CommandError> {
    let count = i64::try_from(plan.partners).unwrap_or(i64::MAX);
    let (office, year, months) = (&plan.office, plan.fiscal_year.to_string(), months(ui, &plan.months));
    ui.note(&msg!("use-plan", office = office, year = year, partners = count, months = months));
    if plan.partners < plan.enough {
        ui.note(&msg!("use-few", enough = i64::try_from(plan.enough).unwrap_or(i64::MAX)));
    }
    ui.note(&msg!("use-names"));
    if yes {
        return Ok(true);
    }
    let unanswered = || CommandError::usage(msg!("err-use-not-agreed"));
    if ui.json() {
        return Err(unanswered());
    }
    ui.confirm(&msg!("use-question", partners = count))?.ok_or_else(unanswered)
}

/// What the proof shows.
fn tell(ui: &mut Ui, row: &UseRow) {
    if row.attested == 0 {
        return;
    }
    let (partners, months) = (i64::try_from(row.attested).unwrap_or(i64::MAX), months(ui, &row.months));
    let year = row.fiscal_year.to_string();
    ui.line(&msg!("use-attested", office = &row.office, year = year, partners = partners, months = months));
    let named: Vec<&str> = offices(&row.partners, "attested");
    ui.line(&msg!("proof-use-partners", partners = named.join(" ")));
    if row.attested < row.enough {
        ui.line(&msg!("use-few", enough = i64::try_from(row.enough).unwrap_or(i64::MAX)));
    }
}

/// Who is missing, and what to do about it.
fn missing(ui: &mut Ui, partners: &[PartnerRow]) {
    let mut any = false;
    for outcome in OUTCOMES {
        let offices = offices(partners, outcome);
        if offices.is_empty() {
            continue;
        }
        any = true;
        ui.line(&why(outcome, &offices.join(" ")));
    }
    if any {
        ui.line(&msg!("use-again"));
    }
}

fn why(outcome: &str, offices: &str) -> Message {
    match outcome {
        "not_connected" => msg!("use-not-connected", offices = offices),
        "not_admitted" => msg!("use-not-admitted", offices = offices),
        "nothing" => msg!("use-nothing-there", offices = offices),
        "no_certificate" | "revoked" => msg!("use-no-certificate", offices = offices),
        "busy" => msg!("use-busy", offices = offices),
        "unfit" => msg!("use-unfit", offices = offices),
        _ => msg!("use-no-answer", offices = offices),
    }
}

fn offices<'a>(partners: &'a [PartnerRow], outcome: &str) -> Vec<&'a str> {
    partners.iter().filter(|row| row.outcome == outcome).map(|row| row.office.as_str()).collect()
}

fn months(ui: &Ui, months: &[u8]) -> String {
    let shown: Vec<String> =
        months.iter().map(|month| ui.text().show(&msg!("proof-month", month = i64::from(*month)))).collect();
    shown.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        text::Lang,
        ui::{prompt::testing::Answers, testing::ui},
    };

    fn plan(partners: u64) -> UsePlan {
        UsePlan { office: "1379900028".into(), fiscal_year: 2026, partners, months: vec![4, 12, 1], enough: 5 }
    }

    #[test]
    fn nobody_is_asked_before_the_person_knows_who_will_be_named() {
        for (answer, agreed) in [("はい", true), ("", false), ("n", false)] {
            let (mut ui, _, err) = ui(Lang::Ja, false, Answers::boxed(&[answer]));
            assert_eq!(agrees(&mut ui, &plan(3), false).unwrap(), agreed);
            let said = err.text().replace('\n', "");
            for words in ["3 事業所", "2026 年度", "4月 12月 1月", "事業所番号", "5 事業所に足りません"]
            {
                assert!(said.contains(words), "{words}: {said}");
            }
        }
    }

    #[test]
    fn where_nobody_can_be_asked_only_the_option_agrees() {
        for (json, person) in [(false, None), (true, Answers::boxed(&["y"]))] {
            let (mut ui, ..) = ui(Lang::Ja, json, person);
            let error = agrees(&mut ui, &plan(7), false).unwrap_err();
            assert_eq!((error.code(), error.exit_code()), ("use-not-agreed", 2));
            assert!(agrees(&mut ui, &plan(7), true).unwrap());
        }
    }

    #[test]
    fn each_partner_that_is_missing_is_named_with_what_to_do() {
        let row = |office: &str, outcome: &str| PartnerRow {
            office: office.into(),
            outcome: outcome.into(),
            months: Vec::new(),
        };
        let rows = [
            row("1379900010", "attested"),
            row("1379900028", "not_connected"),
            row("1379900036", "nothing"),
            row("1379900044", "busy"),
            row("1379900051", "unfit"),
            row("1379900069", "no_answer"),
            row("1379900077", "no_certificate"),
            row("1379900085", "revoked"),
            row("1379900093", "not_admitted"),
        ];
        let (mut ui, out, _) = ui(Lang::Ja, false, None);
        missing(&mut ui, &rows);
        let said = out.text();
        assert!(!said.contains("1379900010"), "{said}");
        for row in &rows[1..] {
            assert!(said.contains(&row.office), "{said}");
        }
        assert!(said.replace('\n', "").contains("もう一度"), "{said}");
        let (mut ui, out, _) = crate::ui::testing::ui(Lang::Ja, false, None);
        missing(&mut ui, &rows[..1]);
        assert_eq!(out.text(), "");
    }
}
