//! From the process's arguments to its exit code.

use std::{env, ffi::OsString, io::Write, process::ExitCode, sync::Arc};

use clap::FromArgMatches;

use crate::{
    args::{self, Cli},
    commands,
    context::{self, Context},
    error::{CommandError, Exit},
    logging, msg,
    text::{Lang, Text},
    ui::Ui,
    usage::{self, Stopped},
};

/// Runs the `musubi` command of this process.
#[must_use]
pub fn main() -> ExitCode {
    let args: Vec<OsString> = env::args_os().collect();
    let text = Arc::new(Text::new(Lang::choose(&args, |name| env::var_os(name), sys_locale::get_locale)));
    let mut ui = Ui::of_process(text, wants_json(&args));
    let code = run(&mut ui, &args);
    match ui.finish() {
        Ok(()) => ExitCode::from(code),
        // Stdout is full or gone: the result was not delivered, whatever the command did.
        Err(_) => ExitCode::from(code.max(1)),
    }
}

/// Parses and does it; the exit code is 0 done, 1 refused or failed, 2 wrong usage, 3 the disk took no more.
fn run(ui: &mut Ui, args: &[OsString]) -> u8 {
    match parse(ui, args) {
        Ok(cli) => match execute(ui, cli) {
            Ok(Exit::Done) => 0,
            Ok(Exit::Refused) => 1,
            Err(error) => {
                ui.error(&error);
                error.exit_code()
            }
        },
        Err(Stopped::Shown(shown)) => {
            ui.text_line(shown.trim_end());
            let plain = anstream::adapter::strip_str(shown.trim_end()).to_string();
            ui.result(&serde_json::json!({"text": plain}));
            0
        }
        Err(Stopped::Bare(help)) => {
            // Not through `ui`: the page is laid out already, and it is no message of a command.
            let _ = writeln!(anstream::stderr(), "{}", help.trim_end());
            if ui.json() {
                let error = CommandError::usage(msg!("err-usage-no-subcommand")).to_json(ui.text());
                ui.result(&error);
            }
            2
        }
        Err(Stopped::Wrong(error)) => {
            ui.error(&error);
            error.exit_code()
        }
    }
}

/// Reads the command line.
pub(crate) fn parse(ui: &Ui, args: &[OsString]) -> Result<Cli, Stopped> {
    let tree = args::command(ui.text(), ui.width());
    tree.clone()
        .try_get_matches_from(args)
        .and_then(|matches| Cli::from_arg_matches(&matches))
        .map_err(|error| usage::explain(&error, &tree, args))
}

fn execute(ui: &mut Ui, cli: Cli) -> Result<Exit, CommandError> {
    let context = Context::new(&cli.global, |name| env::var_os(name), context::platform_dir());
    if context.passphrase.is_given() {
        // The promise to scripts: with a passphrase given no command asks anything.
        ui.ask_nobody();
    }
    // `run` starts the log itself, by its settings.
    if let (false, Some(filter)) = (matches!(cli.command, commands::Command::Run(_)), logging::filter(context.verbose))
    {
        logging::start(filter)?;
    }
    commands::dispatch(ui, &context, cli.command)
}

/// Whether a script reads stdout; seen before parsing, so that wrong usage too is told to it.
fn wants_json(args: &[OsString]) -> bool {
    args.iter().skip(1).take_while(|word| *word != "--").any(|word| word == "--json")
}
