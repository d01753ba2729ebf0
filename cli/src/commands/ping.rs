//! `musubi ping`: whether a partner answers.

use musubi_protocol::ids::Address;

use crate::{
    args::values,
    client::Client,
    context::Context,
    error::{CommandError, Exit},
    msg,
    text::Message,
    ui::Ui,
};

/// Whom to ask.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The partner's address.
    #[arg(value_name = "ADDRESS", value_parser = values::address)]
    pub address: Address,
}

/// Asks; an answer is exit code 0, none is 1.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let ping = Client::find(&context.home()?, ui.text().lang())?.ping(&args.address.to_string())?;
    let address = &ping.address;
    let (message, advice, exit) = match ping.outcome.as_str() {
        "connected" => (msg!("ping-connected", address = address, ms = ping.ms.unwrap_or(0)), None, Exit::Done),
        "local" => (msg!("ping-local", address = address), None, Exit::Done),
        "refused" => {
            let why = refusal(ping.refusal.as_deref().unwrap_or_default());
            (msg!("ping-refused", address = address), Some(why), Exit::Refused)
        }
        "unreachable" => {
            (msg!("ping-unreachable", address = address), Some(msg!("ping-unreachable-advice")), Exit::Refused)
        }
        "revoked" => (msg!("ping-revoked", address = address), Some(msg!("ping-revoked-advice")), Exit::Refused),
        _ => (msg!("ping-unknown", address = address), Some(msg!("ping-unknown-advice")), Exit::Refused),
    };
    ui.line(&message);
    if let Some(advice) = advice {
        ui.line(&advice);
    }
    ui.result(&ping);
    Ok(exit)
}

/// Why a partner's node refused, and whose turn it is.
pub(crate) fn refusal(name: &str) -> Message {
    match name {
        "version" => msg!("refusal-version"),
        "network" => msg!("refusal-network"),
        "no-credential" => msg!("refusal-no-credential"),
        "issuer" => msg!("refusal-issuer"),
        "certificate" | "peer" | "statement" | "role" => msg!("refusal-certificate"),
        "proof" => msg!("refusal-proof"),
        "revoked" => msg!("refusal-revoked"),
        "expired" => msg!("refusal-expired"),
        "not-yet-valid" => msg!("refusal-not-yet-valid"),
        "stale" => msg!("refusal-stale"),
        "busy" | "stopping" => msg!("refusal-busy"),
        "unwanted" => msg!("refusal-unwanted"),
        _ => msg!("refusal-other"),
    }
}

#[cfg(test)]
mod tests {
    use musubi_protocol::gate::Refusal;

    use super::*;

    #[test]
    fn every_refusal_has_words() {
        for known in Refusal::ALL {
            let named = refusal(known.name()).key() != "refusal-other";
            assert!(named || *known == Refusal::Malformed, "{}", known.name());
        }
    }
}
