//! `musubi renew`: the licence's next year.

use musubi_node::api::types::{DeskRow, RenewalRow};
use musubi_protocol::ids::OfficeNumber;

use crate::{
    args::values,
    client::Client,
    context::Context,
    error::{CommandError, Exit},
    msg, rows,
    ui::Ui,
};

/// Which office, and up to how much.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The office; all of this directory where none is named.
    #[arg(value_name = "OFFICE", value_parser = values::office)]
    pub office: Option<OfficeNumber>,
    /// Agrees to a fee of up to so many yen without a question.
    #[arg(long, value_name = "YEN")]
    pub agree: Option<u32>,
}

/// Asks the authority, shows how licences stand, and agrees to a fee where a person says so.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let client = Client::find(&context.home()?, ui.text().lang())?;
    let mut desks = client.renew(args.office.map(|office| office.to_string()), None)?;
    for desk in &mut desks {
        let Some(fee) = desk.renewal.as_ref().and_then(|renewal| renewal.fee) else { continue };
        let yen = i64::from(fee);
        let agrees = match args.agree {
            Some(most) => fee <= most,
            None => {
                let until = day(desk.until.as_deref());
                ui.note(&msg!("renew-fee", office = &desk.office, until = until, fee = yen));
                ui.confirm(&msg!("renew-question", fee = yen))? == Some(true)
            }
        };
        if agrees {
            let renewed = client.renew(Some(desk.office.clone()), Some(fee))?;
            if let Some(renewed) = renewed.into_iter().find(|renewed| renewed.kinds == desk.kinds) {
                *desk = renewed;
            }
        }
    }
    for desk in &desks {
        told(ui, desk);
    }
    ui.result(&desks);
    Ok(if desks.iter().any(|desk| desk.renewal.is_some()) { Exit::Refused } else { Exit::Done })
}

/// How a desk's licence stands.
fn told(ui: &mut Ui, desk: &DeskRow) {
    let (office, until) = (&desk.office, day(desk.until.as_deref()));
    let line = match (&desk.renewal, &desk.next_until) {
        (Some(RenewalRow { fee: Some(fee), .. }), _) => msg!("renew-due", office = office, fee = i64::from(*fee)),
        (Some(_), _) => msg!("renew-refused", office = office),
        (None, Some(next)) => msg!("renew-done", office = office, until = day(Some(next))),
        (None, None) if desk.until.is_none() => msg!("renew-no-certificate", office = office),
        (None, None) => msg!("renew-nothing", office = office, until = until),
    };
    ui.line(&line);
}

/// The day says enough: a licence ends with a day.
fn day(moment: Option<&str>) -> String {
    let shown = moment.map(rows::moment).unwrap_or_default();
    shown.split(' ').next().unwrap_or_default().to_owned()
}
