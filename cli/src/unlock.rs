//! How an office's keys are opened: by this machine in unattended mode, otherwise by the passphrase.

use std::path::Path;

use musubi_node::{
    home::Home,
    keys::{Mode, Unlock},
};
use musubi_store::keyfile::{KeyFile, KeyFileError, Opener, OpenerKind, Passphrase, RecoveryCode, Roots};
use zeroize::Zeroizing;

use crate::{context::Context, error::CommandError, msg, ui::Ui};

/// Chooses what opens the keys of a directory; asks for a passphrase only if nothing else does.
///
/// A machine key that was named comes first, then `--passphrase-file`, then this machine, then the
/// passphrase: a node that starts by itself never waits for a person.
///
/// # Errors
/// A directory where nothing is set up, a machine key file that was not named, and those of
/// [`Passphrase::existing`](crate::passphrase::Passphrase::existing).
pub fn choose(ui: &mut Ui, context: &Context, home: &Home, machine_key: Option<&Path>) -> Result<Unlock, CommandError> {
    let file = open(home)?;
    let has = |kind| file.openers().iter().any(|opener| opener.kind == kind);
    let by_machine = |path: Option<&Path>| Ok(Unlock::Machine(path.map(ToOwned::to_owned)));
    let machine_key = machine_key.or(context.machine_key.as_deref());
    if machine_key.is_some() && (has(OpenerKind::MachineKeyFile) || has(OpenerKind::Machine)) {
        return by_machine(machine_key);
    }
    if context.passphrase.file.is_some() {
        return passphrase(ui, context);
    }
    if has(OpenerKind::Machine) {
        return by_machine(None);
    }
    if has(OpenerKind::MachineKeyFile) && !context.passphrase.is_given() {
        return Err(CommandError::failed(msg!("err-machine-key-needed")));
    }
    passphrase(ui, context)
}

fn passphrase(ui: &mut Ui, context: &Context) -> Result<Unlock, CommandError> {
    Ok(Unlock::Passphrase(context.passphrase.existing(ui, &msg!("ask-passphrase"))?))
}

/// The key file of a directory.
///
/// # Errors
/// `err-not-set-up` where there is none, and what reading it gives.
pub fn open(home: &Home) -> Result<KeyFile, CommandError> {
    if !home.is_set_up() {
        return Err(CommandError::failed(msg!("err-not-set-up")));
    }
    Ok(KeyFile::open(&home.keys())?)
}

/// Whether a person opens the keys of a directory or this machine, by a store of the system or by a key file.
///
/// # Errors
/// As [`open`].
pub fn mode(home: &Home) -> Result<Mode, CommandError> {
    let machine = |kind| matches!(kind, OpenerKind::Machine | OpenerKind::MachineKeyFile);
    let by_machine = open(home)?.openers().iter().any(|opener| machine(opener.kind));
    Ok(if by_machine { Mode::Unattended } else { Mode::Attended })
}

/// Opens the roots themselves, which adding an opener needs.
///
/// # Errors
/// As [`choose`], and what the key file says.
pub fn roots(ui: &mut Ui, context: &Context, home: &Home, file: &KeyFile) -> Result<Roots, CommandError> {
    match choose(ui, context, home, None)? {
        Unlock::Machine(path) => Ok(file.unlock_with_machine(path.as_deref())?),
        Unlock::Passphrase(text) => typed(file, text),
    }
}

/// Opens with what was typed where the passphrase is asked for: that, or the code of the recovery sheet.
///
/// # Errors
/// What the key file says of the passphrase.
pub fn typed(file: &KeyFile, text: Zeroizing<String>) -> Result<Roots, CommandError> {
    let code = RecoveryCode::parse(&text).ok();
    match file.unlock_with(&Opener::Passphrase(Passphrase::new(text))) {
        Err(KeyFileError::WrongPassphrase | KeyFileError::NoSuchOpener) if code.is_some() => {
            let code = code.ok_or(KeyFileError::WrongPassphrase)?;
            Ok(file.unlock_with(&Opener::Recovery(code))?)
        }
        outcome => Ok(outcome?),
    }
}
