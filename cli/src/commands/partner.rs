//! `musubi partner`: with whom this office exchanges, and whose new computer is to be trusted.

use std::collections::BTreeMap;

use clap::Subcommand;
use musubi_node::api::types::{ConfirmKeyRequest, KnownPartnerRow, NewKeyRow, PartnersRow};
use musubi_protocol::ids::OfficeNumber;

use crate::{
    args::values,
    client::Client,
    context::Context,
    error::{CommandError, Exit},
    msg, rows,
    text::Message,
    ui::{Table, Ui},
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

fn list(ui: &mut Ui, known: &PartnersRow) {
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

fn state(partner: &KnownPartnerRow) -> Message {
    match partner {
        KnownPartnerRow { revoked: true, .. } => msg!("partner-revoked"),
        KnownPartnerRow { new_key: Some(_), .. } => msg!("partner-new-key"),
        KnownPartnerRow { connected: true, .. } => msg!("partner-connected"),
        _ => msg!("partner-away"),
    }
}

/// That mail to a partner waits for its new key, until when, and what to do.
pub(crate) fn waiting(key: &NewKeyRow) -> (Message, Message) {
    let (office, _) = key.address.split_once('-').unwrap_or((&key.address, ""));
    let todo = match &key.goes_from {
        Some(from) => msg!("new-key-goes", time = rows::moment(from), office = office),
        None => msg!("new-key-unlogged", office = office),
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

/// Shows the number, and takes the person's word.
fn confirm(
    ui: &mut Ui,
    client: &Client,
    known: &PartnersRow,
    office: OfficeNumber,
    number: Option<&str>,
) -> Result<Exit, CommandError> {
    let mut confirmed = Vec::new();
    let waiting = new_keys(known, office);
    if waiting.is_empty() {
        return Err(CommandError::failed(msg!("err-partner-no-new-key", office = office.as_str())));
    }
    match number {
        Some(number) => confirmed = client.confirm_key(&request(office, number))?.addresses,
        None => {
            for (number, keys) in waiting {
                if asked(ui, number, &keys)? {
                    confirmed.extend(client.confirm_key(&request(office, number))?.addresses);
                }
            }
        }
    }
    for address in &confirmed {
        ui.line(&msg!("partner-confirmed", address = address));
    }
    if confirmed.is_empty() {
        ui.line(&msg!("partner-not-confirmed"));
    }
    ui.result(&serde_json::json!({"confirmed": confirmed}));
    Ok(if confirmed.is_empty() { Exit::Refused } else { Exit::Done })
}

fn request(office: OfficeNumber, number: &str) -> ConfirmKeyRequest {
    ConfirmKeyRequest { office: office.to_string(), key_number: number.to_owned() }
}

/// The new keys of an office, by number.
fn new_keys(known: &PartnersRow, office: OfficeNumber) -> BTreeMap<&str, Vec<&NewKeyRow>> {
    let mut keys: BTreeMap<&str, Vec<&NewKeyRow>> = BTreeMap::new();
    for key in known.partners.iter().filter_map(|partner| partner.new_key.as_ref()) {
        if key.address.split_once('-').is_some_and(|(of, _)| of == office.as_str()) {
            keys.entry(&key.key_number).or_default().push(key);
        }
    }
    keys
}

/// Whether the partner has read out this number, by the person's word.
fn asked(ui: &mut Ui, number: &str, keys: &[&NewKeyRow]) -> Result<bool, CommandError> {
    let addresses: Vec<&str> = keys.iter().map(|key| key.address.as_str()).collect();
    let name = keys.first().map(|key| key.name.as_str()).unwrap_or_default();
    ui.note(&msg!("partner-call", name = name, addresses = addresses.join(" ")));
    ui.note(&msg!("partner-number", number = number));
    ui.confirm(&msg!("partner-question"))?.ok_or_else(|| CommandError::usage(msg!("err-partner-unanswered")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Lang, Text};

    fn partner(address: &str, number: Option<&str>) -> KnownPartnerRow {
        let new_key = number.map(|number| NewKeyRow {
            address: address.into(),
            name: "みどり訪問介護".into(),
            key_number: number.into(),
            issued: "2026-11-26T09:00:00+09:00".into(),
            logged: None,
            goes_from: None,
        });
        KnownPartnerRow {
            address: address.into(),
            name: "みどり訪問介護".into(),
            key_number: String::new(),
            connected: true,
            revoked: false,
            new_key,
        }
    }

    #[test]
    fn keys_of_one_office_are_asked_about_by_number() {
        let partners = vec![
            partner("1379900028-11", Some("1111 2222 3333 4444 5555")),
            partner("1379900028-15", Some("6666 2222 3333 4444 5555")),
            partner("1379900028-A2", Some("1111 2222 3333 4444 5555")),
            partner("1379900028-12", None),
            partner("1379900036-11", Some("7777 2222 3333 4444 5555")),
        ];
        let known = PartnersRow { own: Vec::new(), partners };
        let found: Vec<(&str, usize)> = new_keys(&known, "1379900028".parse().unwrap())
            .into_iter()
            .map(|(number, keys)| (number, keys.len()))
            .collect();
        assert_eq!(found, [("1111 2222 3333 4444 5555", 2), ("6666 2222 3333 4444 5555", 1)]);
    }

    #[test]
    fn every_state_has_words() {
        let text = Text::new(Lang::Ja);
        let waiting = partner("1379900028-11", Some("1"));
        let revoked = KnownPartnerRow { revoked: true, ..waiting.clone() };
        let connected = partner("1379900028-11", None);
        let away = KnownPartnerRow { connected: false, ..connected.clone() };
        let words = [waiting, revoked, connected, away].map(|partner| text.show(&state(&partner)));
        assert_eq!(words, ["本人確認を待っています", "失効", "接続中", "接続していません"]);
    }
}
