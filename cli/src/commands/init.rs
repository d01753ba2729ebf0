//! `musubi init`: the keys of an office on this machine.

use std::path::PathBuf;

use musubi_node::{
    Clock,
    authority::Register,
    keys::{self, Unlock},
    office::{self, Init},
};
use musubi_protocol::ids::{Kind, OfficeNumber};

use crate::{
    args::values,
    context::Context,
    error::{CommandError, Exit},
    msg,
    recovery_sheet::{self, Sheet},
    text::typed,
    ui::Ui,
    unlock,
};

/// Which desk, and what opens its keys.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The office number.
    #[arg(long, value_name = "OFFICE", value_parser = values::office)]
    pub office: OfficeNumber,
    /// The kinds that this desk holds.
    #[arg(long, value_name = "KIND", required = true, value_parser = values::kind)]
    pub kind: Vec<Kind>,
    /// The office's name.
    #[arg(long, value_name = "NAME", value_parser = values::name)]
    pub name: String,
    /// Who opens the keys when the node starts.
    #[arg(long, value_name = "MODE", default_value = "attended")]
    pub mode: Mode,
    /// The file that stands for this machine where it has no key store.
    #[arg(long, value_name = "FILE")]
    pub machine_key: Option<PathBuf>,
    /// Where the recovery sheet goes instead of the screen.
    #[arg(long, value_name = "FILE")]
    pub recovery_out: Option<PathBuf>,
}

/// Who opens the keys when the node starts. The split mode comes with the system service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// A person, by the passphrase.
    Attended,
    /// This machine, without a person.
    Unattended,
}

impl From<Mode> for keys::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Attended => Self::Attended,
            Mode::Unattended => Self::Unattended,
        }
    }
}

/// Sets up a desk; the first one with new keys and a recovery sheet.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let home = context.home()?;
    if Register::open(home.dir()).is_ok() {
        return Err(CommandError::failed(msg!("err-init-authority")));
    }
    let first = !home.is_set_up();
    let (unlock, machine_key) = if first {
        // Before keys are made that only the sheet would open.
        recovery_sheet::check_place(ui, args.recovery_out.as_deref())?;
        let machine_key = args.machine_key.clone().or_else(|| context.machine_key.clone());
        (Unlock::Passphrase(context.passphrase.chosen(ui)?), machine_key)
    } else {
        (unlock::choose(ui, context, &home, args.machine_key.as_deref())?, None)
    };
    let what = Init {
        office: args.office,
        kinds: args.kind.clone(),
        name: args.name.clone(),
        mode: args.mode.into(),
        unlock,
        machine_key: machine_key.filter(|_| args.mode == Mode::Unattended),
    };
    let made = office::init(&home, what)?;
    let mode = unlock::mode(&home)?;
    let kinds: Vec<String> = args.kind.iter().map(ToString::to_string).collect();
    ui.line(&msg!("init-done", name = &args.name, office = args.office, kinds = kinds.join(", ")));
    ui.line(&msg!("init-place", path = home.dir()));
    match mode {
        _ if !first => ui.line(&msg!("init-more", desks = made.desks)),
        keys::Mode::Attended => ui.line(&msg!("init-attended")),
        keys::Mode::Unattended => ui.line(&msg!("init-unattended")),
    }
    if !first && mode != args.mode.into() && args.mode == Mode::Unattended {
        ui.warn(&msg!("warn-init-mode"));
    }
    if let Some(code) = &made.recovery {
        let owner = format!("{} {}", args.name, args.office);
        let sheet = Sheet { code, owner: &owner, made: Clock::system().now() };
        // The keys exist and the passphrase opens them: another sheet can be made.
        let out = args.recovery_out.as_deref();
        sheet.hand_over(ui, out).map_err(|error| error.hint(msg!("init-sheet-again")))?;
    }
    let key = args.machine_key.as_ref().map(|key| format!(" --machine-key {}", typed(key))).unwrap_or_default();
    ui.line(&msg!("init-next"));
    // In one piece, so that it can be copied.
    let dir = context.dir_words();
    ui.text_line(&format!("    musubi request{dir}{key} --office {} --out request.pem", args.office));
    ui.result(&serde_json::json!({
        "office": args.office.to_string(),
        "kinds": kinds,
        "name": args.name,
        "mode": mode.name(),
        "desks": made.desks,
        "recovery_out": made.recovery.as_ref().and(args.recovery_out.as_ref()).map(|path| path.to_string_lossy()),
    }));
    Ok(Exit::Done)
}
