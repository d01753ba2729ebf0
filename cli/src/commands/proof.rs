//! `musubi proof`: proofs of membership and of use, for whoever has to judge them.

use clap::Subcommand;

use crate::{
    error::{CommandError, Exit},
    qr::{self, Medium},
    ui::Ui,
};

pub mod verify;

/// What is done with a proof.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Judges a proof, without a network.
    Verify(verify::Args),
}

/// Does it.
pub(crate) fn run(ui: &mut Ui, command: Command) -> Result<Exit, CommandError> {
    match command {
        Command::Verify(args) => verify::run(ui, &args),
    }
}

/// Shows a proof's QR code and its text.
pub(crate) fn qr_code(ui: &mut Ui, text: &str) -> Result<(), CommandError> {
    if !ui.json() {
        ui.text_line(&qr::drawing(text, Medium::Screen)?);
        ui.text_line(text);
    }
    Ok(())
}
