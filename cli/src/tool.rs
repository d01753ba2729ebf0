//! The `musubi` command as a child process, and a directory for what it does: demo and benchmark happen by what a
//! person could type.

use std::{
    env,
    ffi::OsStr,
    fs::File,
    io,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use crate::{error::CommandError, msg, text::Lang};

mod root;

pub(crate) use root::{Root, new_passphrase};

/// Longest time for one command; `send --wait` has its own limit inside it.
const LIMIT: Duration = Duration::from_secs(120);
/// Longest time that a node may take to stop by itself; it promises 10 s.
const STOP: Duration = Duration::from_secs(12);

/// This very program.
pub(crate) struct Musubi {
    program: PathBuf,
    lang: Lang,
}

/// A command line that grows.
pub(crate) struct Call {
    name: &'static str,
    command: Command,
    limit: Duration,
}

/// A running node. Dropped, it is killed; [`Node::stop`] is the graceful way.
pub(crate) struct Node {
    /// Where its network listens.
    pub(crate) listen: Vec<String>,
    child: Child,
    /// As long as it is open the node runs; it ends with this process, however that ends.
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

/// The line of `run --json`.
#[derive(serde::Deserialize)]
struct Ready {
    listen: Vec<String>,
}

impl Musubi {
    /// Finds the program that is running.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub(crate) fn this(lang: Lang) -> Result<Self, CommandError> {
        let internal = |error: io::Error| CommandError::failed(msg!("err-internal")).because(&error);
        Ok(Self { program: env::current_exe().map_err(internal)?, lang })
    }

    /// The language of its words.
    pub(crate) const fn lang(&self) -> Lang {
        self.lang
    }

    /// Where the program lies.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// Begins a command line with the words of `name`, for a data directory.
    pub(crate) fn call(&self, name: &'static str, dir: &Path) -> Call {
        let mut command = Command::new(&self.program);
        let lang = match self.lang {
            Lang::Ja => "ja",
            Lang::En => "en",
        };
        command.args(name.split(' ')).arg("--json").args(["--lang", lang]).arg("--dir").arg(dir);
        // What the environment says is meant for the person's own office.
        for (variable, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MUSUBI_")) {
            command.env_remove(variable);
        }
        // An audit log wants a name, and a bare machine's user has none.
        command.env("MUSUBI_ADMIN", "musubi");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        Call { name, command, limit: LIMIT }
    }
}

impl Call {
    /// Adds a word.
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Adds an option with its value.
    pub(crate) fn option(self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.arg(name).arg(value)
    }

    /// Lets it take longer than a command usually may.
    pub(crate) fn at_most(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// As [`Call::json`], with the time from its start to its exit.
    ///
    /// # Errors
    /// As [`Call::json`].
    pub(crate) async fn timed<T: DeserializeOwned>(self) -> Result<(T, Duration), CommandError> {
        let (name, began) = (self.name, Instant::now());
        let (status, answer, took) = self.run_from(began).await?;
        if !status.success() {
            return Err(failed(name, &explained(&answer)));
        }
        Ok((parsed(name, answer)?, took))
    }

    /// Runs it and reads its answer, which must be exit code 0.
    ///
    /// # Errors
    /// `err-tool-command` with what the command said.
    pub(crate) async fn json<T: DeserializeOwned>(self) -> Result<T, CommandError> {
        let name = self.name;
        let (status, answer) = self.run().await?;
        if !status.success() {
            return Err(failed(name, &explained(&answer)));
        }
        parsed(name, answer)
    }

    /// Runs it and reads its answer, whatever the exit code.
    ///
    /// # Errors
    /// As [`Call::json`], for an answer of another shape.
    pub(crate) async fn answer<T: DeserializeOwned>(self) -> Result<T, CommandError> {
        let name = self.name;
        let (_, answer) = self.run().await?;
        parsed(name, answer)
    }

    async fn run(self) -> Result<(ExitStatus, Value), CommandError> {
        let (status, answer, _) = self.run_from(Instant::now()).await?;
        Ok((status, answer))
    }

    async fn run_from(mut self, began: Instant) -> Result<(ExitStatus, Value, Duration), CommandError> {
        let output = match timeout(self.limit, self.command.output()).await {
            Ok(output) => output.map_err(|error| failed(self.name, &error.to_string()))?,
            Err(_) => return Err(CommandError::failed(msg!("err-tool-time", command = self.name))),
        };
        let took = began.elapsed();
        let last = output.stdout.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        match serde_json::from_slice(last) {
            Ok(value) => Ok((output.status, value, took)),
            Err(_) => Err(failed(self.name, &String::from_utf8_lossy(&output.stderr))),
        }
    }

    /// Starts a node and waits until it takes messages; what it says goes into `log`.
    ///
    /// # Errors
    /// `err-tool-command` if it ended instead.
    pub(crate) async fn node(mut self, log: &Path) -> Result<Node, CommandError> {
        let said = File::create_new(log).map_err(CommandError::writing(log))?;
        self.command.arg("--until-stdin-ends").stdin(Stdio::piped()).stderr(said);
        let unstarted = |error: io::Error| failed("run", &error.to_string());
        let mut child = self.command.spawn().map_err(unstarted)?;
        let stdin = child.stdin.take();
        let Some(stdout) = child.stdout.take() else { return Err(failed("run", "no pipe")) };
        let mut node = Node { listen: Vec::new(), child, stdin, stdout: BufReader::new(stdout) };
        let mut line = String::new();
        match timeout(LIMIT, node.stdout.read_line(&mut line)).await {
            Ok(read) => read.map_err(unstarted)?,
            Err(_) => return Err(CommandError::failed(msg!("err-tool-time", command = self.name))),
        };
        let said = || std::fs::read_to_string(log).unwrap_or_default();
        let ready: Ready = serde_json::from_str(&line).map_err(|_| failed("run", &said()))?;
        node.listen = ready.listen;
        Ok(node)
    }
}

impl Node {
    /// The process, as long as it has not been waited for.
    pub(crate) fn process(&self) -> Option<u32> {
        self.child.id()
    }

    /// Stops it as a person would who closes its window, and kills it if it does not stop in time. True if it
    /// ended by itself and in order.
    pub(crate) async fn stop(mut self) -> bool {
        drop(self.stdin.take());
        let mut rest = Vec::new();
        let ended = timeout(STOP, async {
            // Nothing is expected here; read so that it can never block the node.
            let _ = self.stdout.read_to_end(&mut rest).await;
            self.child.wait().await
        });
        match ended.await {
            Ok(ended) => ended.is_ok_and(|status| status.success()),
            Err(_) => {
                // It may have ended at this moment.
                let _ = self.child.kill().await;
                false
            }
        }
    }
}

fn failed(command: &str, detail: &str) -> CommandError {
    CommandError::failed(msg!("err-tool-command", command = command)).detailed(detail.trim())
}

/// What an answer says of its failure: the sentence of an error, or states and findings of messages.
fn explained(answer: &Value) -> String {
    let rows = answer.as_array().into_iter().flatten();
    let findings = rows.clone().flat_map(|row| row["findings"].as_array().into_iter().flatten());
    let parts = [&answer["error"]["message"], &answer["error"]["detail"], &answer["state"], &answer["why"]].into_iter();
    let parts = parts.chain(rows.flat_map(|row| [&row["state"], &row["why"]])).chain(findings.map(|f| &f["text"]));
    parts.filter_map(Value::as_str).collect::<Vec<_>>().join(" / ")
}

fn parsed<T: DeserializeOwned>(name: &str, answer: Value) -> Result<T, CommandError> {
    let said = explained(&answer);
    let unlike = |error: serde_json::Error| if said.is_empty() { error.to_string() } else { said };
    serde_json::from_value(answer).map_err(|error| failed(name, &unlike(error)))
}
