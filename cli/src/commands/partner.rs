//! `musubi partner`: with whom this office exchanges, and whose new computer is to be trusted.

use clap::Subcommand;
use musubi_node::api::types::{ConfirmKeyRequest, NewKeyRow, PartnerKeyRow, Partners};
use musubi_protocol::ids::OfficeNumber;

use crate::{
    args::values,
    client::Client,
    context::Context,
    error::{CommandError, Exit},
    msg, rows,
    text::Message,
    ui::{Table, Ui, prompt::cancelled},
};

/// What to do about partners.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Lists them.
    List,
    /// Says that a partner's new key is its own.
    Confirm(Confirm),
}

/// Whose key.
#[derive(clap::Args, Debug)]
pub struct Confirm {
    /// The partner's office number.
    #[arg(value_name = "OFFICE", value_parser = values::office)]
    pub office: OfficeNumber,
    /// The number that the partner has read out.
    #[arg(long, value_name = "DIGITS", value_parser = values::key_number)]
    pub number: Option<String>,
}

/// Lists, or confirms.
pub(crate) fn run(ui: &mut Ui, context: &Context, command: &Command) -> Result<Exit, CommandError> {
    let client = Client::find(&context.home()?, ui.text().lang())?;
    let partners = client.partners()?;
    match command {
        Command::List => {
            list(ui, &partners);
            ui.result(&partners);
            Ok(Exit::Done)
        }
        Command::Confirm(Confirm { office, number }) => confirm(ui, &client, &partners, *office, number.as_deref()),
    }
}

fn list(ui: &mut Ui, known: &Partners) {
    let text = ui.text();
    let headings = [msg!("column-address"), msg!("column-name"), msg!("column-state")];
    let mut table = Table::new(headings.iter().map(|heading| text.show(heading)).collect());
    for partner in &known.partners {
        table.row([partner.address.clone(), partner.name.clone(), text.show(&state(partner))]);
    }
    if known.partners.is_empty() {
        ui.line(&msg!("partner-none"));
    } else {
        ui.table(&table);
    }
    ui.text_line("");
    let new_keys: Vec<NewKeyRow> = known.partners.iter().filter_map(|partner| partner.new_key.clone()).collect();
    warn(ui, &new_keys);
    ui.line(&msg!("partner-own-numbers"));
    for own in &known.own {
        let kinds = own.kinds.join(" ");
        ui.line(&msg!("partner-own-number", office = &own.office, kinds = kinds, number = &own.key_number));
    }
}

fn state(partner: &PartnerKeyRow) -> Message {
    match partner {
        PartnerKeyRow { revoked: true, .. } => msg!("partner-revoked"),
        PartnerKeyRow { new_key: Some(_), .. } => msg!("partner-new-key"),
        PartnerKeyRow { connected: true, .. } => msg!("partner-connected"),
        _ => msg!("partner-away"),
    }
}

/// That mail to a partner waits for its new key, for what, and what to do.
pub(crate) fn waiting(key: &NewKeyRow) -> (Message, Message) {
    let (office, _) = key.address.split_once('-').unwrap_or((&key.address, ""));
    let todo = match (key.awaits.as_str(), &key.goes_from) {
        ("time", Some(from)) => msg!("new-key-time", time = rows::moment(from), office = office),
        ("news", _) => msg!("new-key-news", office = office),
        ("log", _) => msg!("new-key-log", office = office),
        _ => msg!("new-key-leaf", office = office),
    };
    (msg!("new-key", name = &key.name, address = &key.address), todo)
}

/// Warns of partners whose mail waits for a new key.
pub(crate) fn warn(ui: &mut Ui, keys: &[NewKeyRow]) {
    for (words, todo) in keys.iter().map(waiting) {
        ui.warn(&words);
        ui.note(&todo);
    }
}

/// Has the number compared that the partner has read out. It is not shown before: whoever sees it types what he sees.
fn confirm(
    ui: &mut Ui,
    client: &Client,
    known: &Partners,
    office: OfficeNumber,
    number: Option<&str>,
) -> Result<Exit, CommandError> {
    let new_keys = known.partners.iter().filter_map(|partner| partner.new_key.as_ref());
    let waiting: Vec<&NewKeyRow> = new_keys.filter(|key| is_of(&key.address, office)).collect();
    let Some(first) = waiting.first() else {
        return Err(CommandError::failed(msg!("err-partner-no-new-key", office = office.as_str())));
    };
    let number = match number {
        Some(number) => number.to_owned(),
        None => {
            let addresses: Vec<&str> = waiting.iter().map(|key| key.address.as_str()).collect();
            ui.note(&msg!("partner-call", name = &first.name, addresses = addresses.join(" ")));
            let number = heard(ui)?;
            if number.is_empty() {
                ui.line(&msg!("partner-not-confirmed"));
                return Ok(Exit::Refused);
            }
            number
        }
    };
    let request = ConfirmKeyRequest { office: office.to_string(), key_number: number };
    let confirmed = client.confirm_key(&request)?;
    for address in &confirmed.addresses {
        ui.line(&msg!("partner-confirmed", name = &first.name, address = address));
    }
    ui.result(&confirmed);
    Ok(Exit::Done)
}

/// The number as it was heard; empty if the person gives up.
fn heard(ui: &mut Ui) -> Result<String, CommandError> {
    loop {
        let Some((text, person)) = ui.person() else {
            return Err(CommandError::usage(msg!("err-partner-unanswered")));
        };
        let typed = person.line(&text.show(&msg!("partner-question"))).map_err(|error| cancelled(&error))?;
        if typed.trim().is_empty() {
            return Ok(String::new());
        }
        match values::key_number(&typed) {
            Ok(number) => return Ok(number),
            Err(invalid) => ui.note(&invalid.message()),
        }
    }
}

fn is_of(address: &str, office: OfficeNumber) -> bool {
    address.split_once('-').is_some_and(|(of, _)| of == office.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Lang, Text};

    fn key(awaits: &str) -> NewKeyRow {
        NewKeyRow {
            address: "1379900028-11".into(),
            name: "みどり訪問介護".into(),
            key_number: "1111 2222 3333 4444 5555".into(),
            issued: "2026-11-26T09:00:00+09:00".into(),
            awaits: awaits.into(),
            goes_from: (awaits == "time").then(|| "2026-11-27T09:00:00+09:00".into()),
        }
    }

    #[test]
    fn what_is_waited_for_has_its_own_words() {
        let text = Text::new(Lang::Ja);
        let todo = ["time", "news", "leaf", "log"].map(|awaits| text.show(&waiting(&key(awaits)).1));
        assert!(todo[0].contains("2026-11-27 09:00"), "{todo:?}");
        assert!(todo.iter().all(|todo| todo.contains("musubi partner confirm 1379900028")), "{todo:?}");
        assert!(todo.windows(2).all(|two| two[0] != two[1]));
        // Nobody is told that it goes by itself where it never does.
        assert!(todo[3].contains("自動では送られません"), "{todo:?}");
    }

    #[test]
    fn every_state_has_words() {
        let text = Text::new(Lang::Ja);
        let connected = PartnerKeyRow {
            address: "1379900028-11".into(),
            name: "みどり訪問介護".into(),
            key_number: String::new(),
            connected: true,
            revoked: false,
            new_key: None,
        };
        let away = PartnerKeyRow { connected: false, ..connected.clone() };
        let waiting = PartnerKeyRow { new_key: Some(key("time")), ..connected.clone() };
        let revoked = PartnerKeyRow { revoked: true, ..waiting.clone() };
        let words = [waiting, revoked, connected, away].map(|partner| text.show(&state(&partner)));
        assert_eq!(words, ["確認を待っています", "失効", "接続中", "接続していません"]);
    }
}
