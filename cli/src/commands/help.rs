//! `musubi help`: the help of a command.

use crate::{
    args,
    error::{CommandError, Exit},
    msg,
    ui::Ui,
};

/// Which command.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The command's words; none for the list of commands.
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// Shows the help of a command.
pub(crate) fn run(ui: &mut Ui, args: &Args) -> Result<Exit, CommandError> {
    let mut command = &args::command(ui.text(), ui.width());
    for word in &args.command {
        command = command.find_subcommand(word).ok_or_else(|| {
            CommandError::usage(msg!("err-usage-subcommand", name = word)).hint(msg!("usage-list-commands"))
        })?;
    }
    let help = command.clone().render_help().ansi().to_string();
    ui.text_line(help.trim_end());
    ui.result(&serde_json::json!({"text": help.trim_end()}));
    Ok(Exit::Done)
}
