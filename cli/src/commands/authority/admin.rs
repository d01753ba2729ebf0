//! `musubi authority admin`: who may act. Each administrator has a passphrase of his own.

use std::path::PathBuf;

use clap::Subcommand;
use musubi_node::authority::{Act, Admin, Done, Passphrase, Word, change_passphrase};

use crate::{
    args::values,
    context::Context,
    error::{CommandError, Exit},
    moment, msg, passphrase,
    ui::{Ui, table::Table},
};

/// What is done with administrators.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Lists them.
    List,
    /// Names one.
    Add(AddArgs),
    /// Takes one's name away.
    Remove(RemoveArgs),
    /// Changes one's own passphrase.
    Passphrase(PassphraseArgs),
}

/// Who, and who agrees.
#[derive(clap::Args, Debug)]
pub struct AddArgs {
    /// The name.
    #[arg(value_name = "NAME", value_parser = values::name)]
    pub name: String,
    /// The file that holds the new passphrase.
    #[arg(long, value_name = "FILE")]
    pub new_passphrase_file: Option<PathBuf>,
    /// The second administrator.
    #[command(flatten)]
    pub second: Second,
    /// Who acts.
    #[command(flatten)]
    pub acting: super::Acting,
}

/// Who, and who agrees.
#[derive(clap::Args, Debug)]
pub struct RemoveArgs {
    /// The name.
    #[arg(value_name = "NAME", value_parser = values::name)]
    pub name: String,
    /// The second administrator.
    #[command(flatten)]
    pub second: Second,
    /// Who acts.
    #[command(flatten)]
    pub acting: super::Acting,
}

/// The new passphrase.
#[derive(clap::Args, Debug)]
pub struct PassphraseArgs {
    /// The file that holds the new passphrase.
    #[arg(long, value_name = "FILE")]
    pub new_passphrase_file: Option<PathBuf>,
}

/// A second administrator, who agrees at the same keyboard.
#[derive(clap::Args, Debug, Default)]
pub struct Second {
    /// The second administrator's name.
    #[arg(long, value_name = "NAME", value_parser = values::name)]
    pub second: Option<String>,
    /// The file that holds that one's passphrase.
    #[arg(long, value_name = "FILE", requires = "second")]
    pub second_passphrase_file: Option<PathBuf>,
}

impl Second {
    fn word(&self, ui: &mut Ui) -> Result<Option<Word>, CommandError> {
        let Some(name) = &self.second else { return Ok(None) };
        let given = passphrase::Passphrase::replacement(self.second_passphrase_file.as_deref());
        let passphrase = given.existing(ui, &msg!("ask-authority-second", name = name))?;
        Ok(Some(Word { admin: name.clone(), passphrase: passphrase.to_string() }))
    }
}

/// Does it.
pub(crate) fn run(ui: &mut Ui, context: &Context, command: Command) -> Result<Exit, CommandError> {
    match command {
        Command::List => list(ui, context),
        Command::Add(args) => add(ui, context, &args),
        Command::Remove(args) => remove(ui, context, &args),
        Command::Passphrase(args) => change(ui, context, &args),
    }
}

fn list(ui: &mut Ui, context: &Context) -> Result<Exit, CommandError> {
    let admins = admins(ui, context)?;
    if admins.is_empty() {
        ui.line(&msg!("authority-admins-none"));
    }
    show(ui, &admins);
    Ok(Exit::Done)
}

fn add(ui: &mut Ui, context: &Context, args: &AddArgs) -> Result<Exit, CommandError> {
    let named = admins(ui, context)?;
    // Where nobody is named, whoever has the passphrase by which the authority was founded is the first.
    let acting = match &args.acting.admin {
        None if named.is_empty() => args.name.clone(),
        _ => args.acting.name()?,
    };
    let own = own_word(ui, context, acting)?;
    let second = args.second.word(ui)?;
    needs_second(&named, second.as_ref())?;
    let is_first = named.is_empty() && own.admin == args.name;
    let new = if is_first {
        own.clone()
    } else {
        ui.note(&msg!("authority-admin-new", name = &args.name));
        let new = passphrase::Passphrase::replacement(args.new_passphrase_file.as_deref()).chosen(ui)?;
        Word { admin: args.name.clone(), passphrase: new.to_string() }
    };
    let Done::Admins(admins) = super::perform_with(ui, context, Act::AdminAdd(new), own, second)? else {
        return Err(super::unexpected());
    };
    if is_first {
        ui.line(&msg!("authority-admin-first", name = &args.name));
    } else {
        ui.line(&msg!("authority-admin-added", name = &args.name));
    }
    show(ui, &admins);
    Ok(Exit::Done)
}

fn remove(ui: &mut Ui, context: &Context, args: &RemoveArgs) -> Result<Exit, CommandError> {
    let named = admins(ui, context)?;
    let own = own_word(ui, context, args.acting.name()?)?;
    let second = args.second.word(ui)?;
    needs_second(&named, second.as_ref())?;
    let act = Act::AdminRemove { name: args.name.clone() };
    let Done::Admins(admins) = super::perform_with(ui, context, act, own, second)? else {
        return Err(super::unexpected());
    };
    ui.line(&msg!("authority-admin-removed", name = &args.name));
    show(ui, &admins);
    Ok(Exit::Done)
}

fn change(ui: &mut Ui, context: &Context, args: &PassphraseArgs) -> Result<Exit, CommandError> {
    let old = context.passphrase.existing(ui, &msg!("ask-authority-passphrase"))?;
    let new = passphrase::Passphrase::replacement(args.new_passphrase_file.as_deref()).chosen(ui)?;
    change_passphrase(context.dir()?, &Passphrase::new(old), &Passphrase::new(new))?;
    ui.line(&msg!("authority-admin-changed"));
    ui.result(&serde_json::json!({"changed": true}));
    Ok(Exit::Done)
}

fn own_word(ui: &mut Ui, context: &Context, admin: String) -> Result<Word, CommandError> {
    let passphrase = context.passphrase.existing(ui, &msg!("ask-authority-passphrase"))?;
    Ok(Word { admin, passphrase: passphrase.to_string() })
}

fn admins(ui: &mut Ui, context: &Context) -> Result<Vec<Admin>, CommandError> {
    match super::perform(ui, context, None, Act::Admins)? {
        Done::Admins(admins) => Ok(admins),
        _ => Err(super::unexpected()),
    }
}

/// Asks for a second one before anything is typed for nothing.
fn needs_second(named: &[Admin], second: Option<&Word>) -> Result<(), CommandError> {
    match second {
        None if 1 < named.len() => Err(musubi_node::authority::Error::SecondAdmin.into()),
        _ => Ok(()),
    }
}

fn show(ui: &mut Ui, admins: &[Admin]) {
    let text = ui.text();
    let headings = [msg!("authority-audit-column-admin"), msg!("authority-admin-column-since")];
    let mut table = Table::new(headings.iter().map(|heading| text.show(heading)).collect());
    for admin in admins {
        table.row([admin.name.clone(), moment::friendly(text, admin.since)]);
    }
    if !admins.is_empty() {
        ui.table(&table);
    }
    ui.result(&admins);
}
