//! `musubi authority applications`: who has applied and waits for a decision.

use musubi_node::{
    authority::{Act, Application, ApplicationState, Chosen, Done},
    times,
};

use crate::{
    context::Context,
    error::{CommandError, Exit},
    moment, msg,
    text::{Message, Text},
    ui::{Ui, table::Table},
};

/// Which.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Decided ones as well.
    #[arg(long)]
    pub all: bool,
}

/// How much of an application's name is shown; commands take as much.
const SHOWN: usize = 12;

/// Lists applications. No passphrase is needed.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let chosen = if args.all { Chosen::All } else { Chosen::Waiting };
    let Done::Applications(found) = super::perform(ui, context, None, Act::Applications { chosen })? else {
        return Err(super::unexpected());
    };
    if found.is_empty() {
        ui.line(&msg!("authority-applications-none"));
    } else {
        let table = table(ui.text(), &found);
        ui.table(&table);
        if found.iter().any(|application| !application.check_digit) {
            ui.line(&msg!("authority-applications-check-digit"));
        }
        ui.line(&msg!("authority-applications-next"));
    }
    ui.result(&found);
    Ok(Exit::Done)
}

fn table(text: &Text, found: &[Application]) -> Table {
    let headings = [
        msg!("authority-applications-column-id"),
        msg!("authority-column-office"),
        msg!("authority-column-kinds"),
        msg!("authority-column-name"),
        msg!("authority-applications-column-received"),
        msg!("authority-column-state"),
    ];
    let mut table = Table::new(headings.iter().map(|heading| text.show(heading)).collect());
    for application in found {
        let kinds: Vec<_> = application.kinds.iter().map(ToString::to_string).collect();
        let doubt = if application.check_digit { "" } else { " (?)" };
        table.row([
            application.id.chars().take(SHOWN).collect(),
            format!("{}{doubt}", application.office),
            kinds.join(" "),
            application.name.clone(),
            times::read(&application.received).map(|at| moment::friendly(text, at)).unwrap_or_default(),
            text.show(&state(application)),
        ]);
    }
    table
}

/// Where an application stands, in words.
pub(super) fn state(application: &Application) -> Message {
    match application.state {
        ApplicationState::Waiting if application.replaces.is_some() => msg!("authority-application-replaces"),
        ApplicationState::Waiting => msg!("authority-application-waiting"),
        ApplicationState::Granted => msg!("authority-application-granted"),
        ApplicationState::Declined => msg!("authority-application-declined"),
    }
}
