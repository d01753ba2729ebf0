//! `musubi enrol`: joins with the invitation of the authority's letter.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use musubi_node::{
    enrol::{Application, EnrolError, has_certificate, until_decided},
    office,
};
use musubi_protocol::{
    certificate::{
        Serial,
        material::{self, Material},
    },
    enrol::Refusal,
    ids::OfficeNumber,
    invitation::{Invitation, InvitationError, Place},
    key_change,
};
use zeroize::Zeroizing;

use crate::{
    args::values,
    commands::authority::revoke,
    context::Context,
    error::{CommandError, Exit},
    msg,
    text::Message,
    ui::{Ui, prompt::cancelled},
    unlock,
};

/// Which desk joins, and by which invitation.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The office, where the directory holds several.
    #[arg(long, value_name = "OFFICE", value_parser = values::office)]
    pub office: Option<OfficeNumber>,
    /// A file with the invitation, or `-` for what comes in; without it, it is asked for.
    #[arg(long, value_name = "FILE")]
    pub invitation: Option<PathBuf>,
    /// Where the authority is reached, if the invitation does not say.
    #[arg(long, value_name = "PLACE", value_parser = values::place)]
    pub at: Option<Place>,
    /// The certificate of the PC that this one takes the place of.
    #[arg(long, value_name = "SERIAL", value_parser = values::serial)]
    pub replace: Option<revoke::Serial>,
    /// The file that stands for this machine where it has no key store.
    #[arg(long, value_name = "FILE")]
    pub machine_key: Option<PathBuf>,
}

/// Applies, waits for the decision, and installs what comes.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let home = context.home()?;
    if !home.is_set_up() {
        return Err(CommandError::failed(msg!("err-not-set-up")));
    }
    let replaces = match &args.replace {
        None => None,
        Some(serial) => {
            let serial = Serial::from_bytes(serial);
            Some(serial.map_err(|_| CommandError::usage(msg!("want-serial")))?)
        }
    };
    let invitation = invitation(ui, args)?;
    let unlock = unlock::choose(ui, context, &home, args.machine_key.as_deref())?;
    let (office, request) = office::request(&home, &unlock, args.office)?;
    let number = number(&request);
    let application = Application { request, invitation, place: args.at.clone(), replaces };
    ui.note(&msg!("enrol-applying", office = office));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::failed(msg!("err-internal")).because(&error))?;
    let mut told = false;
    let decided = runtime.block_on(until_decided(&application, |again: Duration| {
        if !std::mem::replace(&mut told, true) {
            ui.note(&msg!("enrol-waiting"));
        }
        async move {
            tokio::time::sleep(again).await;
            true
        }
    }));
    let (file, pin) = match decided.map_err(failed)? {
        Some(granted) => granted,
        None => return Ok(Exit::Refused),
    };
    let installed = office::install_from(&home, &[file.into_bytes()], Some(pin), application.place())?;
    if !has_certificate(&installed) {
        return Err(CommandError::failed(msg!("err-enrol-answer")));
    }
    ui.line(&msg!("enrol-done", office = office));
    if let (Some(_), Some(number)) = (&args.replace, number) {
        ui.line(&msg!("enrol-replaced", number = number));
    }
    ui.line(&msg!("install-next"));
    ui.text_line(&format!("    musubi run{}", context.dir_words()));
    ui.result(&serde_json::json!({"office": office, "root_sha256": pin.to_string(), "installed": installed}));
    Ok(Exit::Done)
}

/// The number by which partners compare the key of a request.
fn number(request: &str) -> Option<String> {
    match material::read(request.as_bytes()).ok()?.as_slice() {
        [Material::Request(request)] => Some(key_change::spoken(request.key())),
        _ => None,
    }
}

fn invitation(ui: &mut Ui, args: &Args) -> Result<Invitation, CommandError> {
    match &args.invitation {
        Some(path) => {
            let text = Zeroizing::new(read(path).map_err(CommandError::reading(path))?);
            Invitation::parse(text.trim()).map_err(|error| CommandError::failed(mistyped(error)))
        }
        // Asked again until it is right: a typing mistake is named by its group.
        None => loop {
            let Some((text, person)) = ui.person() else {
                return Err(CommandError::usage(msg!("err-enrol-no-invitation")));
            };
            let question = text.show(&msg!("ask-invitation"));
            let typed = Zeroizing::new(person.line(&question).map_err(|error| cancelled(&error))?);
            match Invitation::parse(&typed) {
                Ok(invitation) => break Ok(invitation),
                Err(error) => ui.note(&mistyped(error)),
            }
        },
    }
}

fn read(path: &Path) -> io::Result<String> {
    if path != Path::new("-") {
        return fs::read_to_string(path);
    }
    let mut text = String::new();
    io::stdin().take(4096).read_to_string(&mut text)?;
    Ok(text)
}

fn mistyped(error: InvitationError) -> Message {
    use musubi_node::enrol::PaperError;

    let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    match error {
        InvitationError::Groups(PaperError::Length { found, wanted }) => {
            msg!("err-invitation-length", found = number(found), meant = number(wanted))
        }
        InvitationError::Groups(PaperError::Character { group } | PaperError::Group { group }) => {
            msg!("err-invitation-group", at = number(group))
        }
        _ => msg!("err-invitation-place"),
    }
}

/// What happened, in words for an office.
fn failed(error: EnrolError) -> CommandError {
    let minutes = |wait: Duration| i64::try_from(wait.as_secs().div_ceil(60)).unwrap_or(i64::MAX);
    let message = match &error {
        EnrolError::NoPlace => return CommandError::usage(msg!("err-enrol-no-place")),
        EnrolError::Ask(_) => msg!("err-enrol-unreachable"),
        EnrolError::Impostor(_) => msg!("err-enrol-impostor"),
        EnrolError::Busy(wait) => msg!("err-enrol-busy", minutes = minutes(*wait)),
        EnrolError::Refused(refusal) => match refusal {
            Refusal::Code => msg!("err-enrol-code"),
            Refusal::CodeUsed => msg!("err-enrol-code-used"),
            Refusal::Locked => msg!("err-enrol-locked"),
            Refusal::Overlap => msg!("err-enrol-overlap"),
            Refusal::Key => msg!("err-enrol-key"),
            Refusal::Replaces => msg!("err-enrol-replaces"),
            Refusal::Declined => msg!("err-enrol-declined"),
            _ => msg!("err-enrol-refused"),
        },
        EnrolError::Answer => msg!("err-enrol-answer"),
        _ => msg!("err-internal"),
    };
    let failed = CommandError::failed(message);
    if matches!(error, EnrolError::Refused(_) | EnrolError::Busy(_)) { failed } else { failed.because(&error) }
}
