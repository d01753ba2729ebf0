//! `musubi proof`: proofs of membership and of use, made for an office, and judged by whoever is shown them.

use std::path::Path;

use clap::Subcommand;

use crate::{
    context::Context,
    error::{CommandError, Exit},
    msg,
    output::Output,
    qr::{self, Medium},
    rows,
    ui::Ui,
};

pub mod membership;
pub mod used;
pub mod verify;

/// What is done with a proof.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Gets the proof that this office takes part.
    Membership(membership::Args),
    /// Makes the proof that this office exchanges.
    Use(used::Args),
    /// Judges a proof, without a network.
    Verify(verify::Args),
}

/// Does it.
pub(crate) fn run(ui: &mut Ui, context: &Context, command: Command) -> Result<Exit, CommandError> {
    match command {
        Command::Membership(args) => membership::run(ui, context, &args),
        Command::Use(args) => used::run(ui, context, &args),
        Command::Verify(args) => verify::run(ui, &args),
    }
}

/// What a picture of a QR code holds, as far as a first look tells.
const PICTURE: &str = "<svg";

/// The picture of a QR code that is wanted, if one is.
pub(crate) struct Picture(Option<Output>);

impl Picture {
    /// Makes sure that it can be written.
    pub(crate) fn prepare(path: Option<&Path>) -> Result<Self, CommandError> {
        Ok(Self(path.map(|path| Output::prepare_text(path, PICTURE)).transpose()?))
    }

    /// Writes it; false if none is wanted.
    pub(crate) fn finish(self, text: &str) -> Result<bool, CommandError> {
        match self.0 {
            Some(output) => output.finish(&qr::picture(text)?).map(|()| true),
            None => Ok(false),
        }
    }
}

/// Shows a proof's QR code, whole or not at all, and its text. Where the window is too narrow and there is no picture
/// of it either, it is said what to do.
pub(crate) fn qr_code(ui: &mut Ui, text: &str, has_picture: bool) -> Result<(), CommandError> {
    if ui.json() {
        return Ok(());
    }
    match qr::fitting(text, ui.columns(), Medium::Screen)? {
        Ok(drawing) => ui.text_line(&drawing),
        Err(_) if has_picture => {}
        Err(columns) => ui.line(&msg!("proof-qr-wide", columns = i64::try_from(columns).unwrap_or(i64::MAX))),
    }
    ui.text_line(text);
    Ok(())
}

/// The day of a time, which says enough.
fn day(ui: &Ui, moment: &str) -> String {
    rows::day(ui.text(), moment)
}
