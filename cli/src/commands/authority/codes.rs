//! `musubi authority codes`: invitations for letters.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use musubi_node::authority::{Act, Done, Letter};
use musubi_protocol::{ids::OfficeNumber, invitation::Place};
use zeroize::Zeroizing;

use crate::{
    args::values,
    context::Context,
    error::{CommandError, Exit},
    moment, msg, private_file,
    qr::{self, Medium},
    ui::Ui,
};

/// For whom, and where to.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The offices.
    #[arg(value_name = "OFFICE", value_parser = values::office)]
    pub offices: Vec<OfficeNumber>,
    /// A file with an office number in each line.
    #[arg(long, value_name = "FILE")]
    pub list: Option<PathBuf>,
    /// Where the authority is reached.
    #[arg(long, value_name = "PLACE", value_parser = values::place)]
    pub at: Option<Place>,
    /// A CSV file to write.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Who acts.
    #[command(flatten)]
    pub acting: super::Acting,
}

/// Makes the codes, and writes or shows them: they are kept nowhere else.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let mut offices = args.offices.clone();
    if let Some(path) = &args.list {
        offices.extend(offices_of(path)?);
    }
    if offices.is_empty() {
        return Err(CommandError::usage(msg!("err-authority-no-office")));
    }
    // The file first: with the act, earlier letters count no more, and the new codes are kept nowhere else.
    if let Some(path) = &args.out {
        private_file::create(path, &[]).map_err(CommandError::writing(path))?;
    }
    let act = Act::Codes { offices, place: args.at.clone() };
    let made = super::perform(ui, context, Some(&args.acting), act);
    if let (Err(_), Some(path)) = (&made, &args.out) {
        let _ = fs::remove_file(path);
    }
    let Done::Letters(letters) = made? else { return Err(super::unexpected()) };
    match &args.out {
        Some(path) => {
            write(path, csv(&letters).as_bytes()).map_err(CommandError::writing(path))?;
            let count = i64::try_from(letters.len()).unwrap_or(i64::MAX);
            ui.line(&msg!("authority-codes-written", count = count, path = path));
        }
        None => show(ui, &letters)?,
    }
    ui.line(&msg!("authority-codes-next"));
    let rows: Vec<_> = letters
        .iter()
        .map(|letter| {
            // In a file that was named, or here: the code stands in one place only.
            let invitation = args.out.is_none().then(|| letter.invitation.to_string());
            serde_json::json!({"office": letter.office, "invitation": invitation, "until": moment::rfc3339(letter.until)})
        })
        .collect();
    ui.result(&rows);
    Ok(Exit::Done)
}

/// Reads a file with an office number in each line.
pub(super) fn offices_of(path: &Path) -> Result<Vec<OfficeNumber>, CommandError> {
    let text = fs::read_to_string(path).map_err(CommandError::reading(path))?;
    let lines = text.lines().map(|line| line.trim().trim_start_matches('\u{feff}')).filter(|line| !line.is_empty());
    let read = |line: &str| {
        values::office(line).map_err(|_| CommandError::failed(msg!("err-authority-list-line", line = line)))
    };
    lines.map(read).collect()
}

fn show(ui: &mut Ui, letters: &[Letter]) -> Result<(), CommandError> {
    if ui.json() {
        return Ok(());
    }
    for letter in letters {
        let until = moment::day(ui.text(), moment::date_of(letter.until));
        ui.line(&msg!("authority-code", office = letter.office, until = until));
        ui.text_line(&letter.invitation);
        ui.text_line(&qr::drawing(&letter.invitation, Medium::Screen)?);
    }
    Ok(())
}

/// Fills the file that was made before.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Comma separated, a heading, CRLF (RFC 4180). No field needs quotes.
fn csv(letters: &[Letter]) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(64 + letters.len() * 512));
    out.push_str("office,invitation,until\r\n");
    for Letter { office, invitation, until } in letters {
        for part in [office.as_str(), ",", invitation, ",", &moment::rfc3339(*until), "\r\n"] {
            out.push_str(part);
        }
    }
    out
}
