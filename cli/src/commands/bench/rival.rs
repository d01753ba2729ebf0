//! `rsync -a --fsync` over an sshd of its own: own settings, own keys, own port, all in one directory.

use std::{
    env, fs, io,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// Longest time for anything but a transfer.
const LIMIT: Duration = Duration::from_secs(30);
/// Longest time for a transfer.
const TRANSFER: Duration = Duration::from_secs(900);

/// Why there is nothing to compare with: a tool that is missing or does not work, and what it said.
#[derive(Debug)]
pub(super) struct Missing {
    pub(super) tool: &'static str,
    pub(super) detail: String,
}

/// A running sshd that takes files for rsync. Dropped, it ends.
pub(super) struct Rival {
    rsync: PathBuf,
    /// The command that reaches it, for `rsync -e`.
    shell: String,
    dir: PathBuf,
    version: String,
    /// A directory that sshd wants and the system has not made.
    made: Option<PathBuf>,
    sshd: Child,
    transfers: usize,
}

impl Drop for Rival {
    fn drop(&mut self) {
        // What remains is an empty directory of the system's.
        let _ = self.sshd.start_kill();
        if let Some(made) = &self.made {
            let _ = fs::remove_dir(made);
        }
    }
}

impl Rival {
    /// Starts it in an existing directory of its own, and logs in once.
    pub(super) async fn start(dir: &Path) -> Result<Self, Missing> {
        let rsync = find("rsync").ok_or_else(|| missing("rsync"))?;
        let ssh = find("ssh").ok_or_else(|| missing("ssh"))?;
        let keygen = find("ssh-keygen").ok_or_else(|| missing("ssh-keygen"))?;
        let sshd = find("sshd").ok_or_else(|| missing("sshd"))?;
        let help = said("rsync", Command::new(&rsync).arg("--help")).await?;
        if !help.contains("--fsync") {
            return Err(broken("rsync", "it does not know --fsync, which came with 3.2.4"));
        }
        let version = said("rsync", Command::new(&rsync).arg("--version")).await?;
        let version = version.lines().next().unwrap_or_default().split("  protocol").next().unwrap_or_default();
        let io = |error: io::Error| broken("sshd", &error.to_string());
        for key in ["host", "user"] {
            let path = dir.join(key);
            let command = &mut Command::new(&keygen);
            command.args(["-q", "-t", "ed25519", "-N", "", "-C", "musubi-bench", "-f"]).arg(&path);
            said("ssh-keygen", command).await?;
        }
        fs::copy(dir.join("user.pub"), dir.join("authorized")).map_err(io)?;
        // Given back at once: nobody else is likely to be given it in this moment, and if so, sshd says so.
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr()).map_err(io)?.port();
        let host_key = fs::read_to_string(dir.join("host.pub")).map_err(io)?;
        fs::write(dir.join("known"), format!("[127.0.0.1]:{port} {host_key}")).map_err(io)?;
        let at = |name: &str| format!("\"{}\"", dir.join(name).display());
        let settings = dir.join("sshd.conf");
        let (host, authorized) = (at("host"), at("authorized"));
        let text = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {host}\nAuthorizedKeysFile {authorized}\nPidFile none\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             PermitRootLogin prohibit-password\n"
        );
        fs::write(&settings, text).map_err(io)?;
        let client = dir.join("ssh.conf");
        let (user, known) = (at("user"), at("known"));
        let text = format!(
            "Host bench\nHostName 127.0.0.1\nPort {port}\nIdentityFile {user}\nIdentitiesOnly yes\n\
             UserKnownHostsFile {known}\nGlobalKnownHostsFile none\nStrictHostKeyChecking yes\nBatchMode yes\n"
        );
        fs::write(&client, text).map_err(io)?;
        let made = separation_directory(&sshd, &settings).await?;
        let mut command = Command::new(&sshd);
        command.arg("-D").arg("-e").arg("-f").arg(&settings);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(io)?;
        let said_by = child.stderr.take();
        let shell = format!("'{}' -F '{}'", ssh.display(), client.display());
        let (dir, version) = (dir.to_owned(), version.to_owned());
        let rival = Self { rsync, shell, dir, version, made, sshd: child, transfers: 0 };
        if let Some(stderr) = said_by {
            listening(stderr).await?;
        }
        said("ssh", Command::new(&ssh).arg("-F").arg(&client).args(["bench", "true"])).await?;
        Ok(rival)
    }

    /// The program and its version.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// Brings a directory over, into a new one each time; the time from the start of the command to its exit.
    pub(super) async fn transfer(&mut self, from: &Path, files: usize) -> Result<Duration, Missing> {
        self.transfers += 1;
        let to = self.dir.join(format!("to-{}", self.transfers));
        fs::create_dir(&to).map_err(|error| broken("rsync", &error.to_string()))?;
        let mut command = Command::new(&self.rsync);
        command.args(["-a", "--fsync", "-e"]).arg(&self.shell).arg("--rsync-path").arg(&self.rsync);
        command.arg(format!("{}/", from.display())).arg(format!("bench:{}/", to.display()));
        let began = Instant::now();
        said_within(TRANSFER, "rsync", &mut command).await?;
        let took = began.elapsed();
        let arrived = fs::read_dir(&to).map_or(0, Iterator::count);
        if arrived != files {
            return Err(broken("rsync", &format!("{arrived} of {files} files arrived")));
        }
        // The disk is for the next round.
        fs::remove_dir_all(&to).map_err(|error| broken("rsync", &error.to_string()))?;
        Ok(took)
    }
}

fn missing(tool: &'static str) -> Missing {
    Missing { tool, detail: String::new() }
}

fn broken(tool: &'static str, detail: &str) -> Missing {
    Missing { tool, detail: detail.trim().to_owned() }
}

/// Looks where programs are, also where those for administrators are.
fn find(tool: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let more = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    env::split_paths(&path).chain(more).map(|dir| dir.join(tool)).find(|path| path.is_file())
}

async fn said(tool: &'static str, command: &mut Command) -> Result<String, Missing> {
    said_within(LIMIT, tool, command).await
}

async fn said_within(limit: Duration, tool: &'static str, command: &mut Command) -> Result<String, Missing> {
    let output = finish(limit, tool, command).await?;
    if !output.status.success() {
        return Err(broken(tool, &String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

async fn finish(limit: Duration, tool: &'static str, command: &mut Command) -> Result<Output, Missing> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    match timeout(limit, command.output()).await {
        Ok(output) => output.map_err(|error| broken(tool, &error.to_string())),
        Err(_) => Err(broken(tool, "it did not end in time")),
    }
}

/// Run by root, sshd wants an empty directory that the system makes when its own sshd starts. Gives the one that was
/// made here.
async fn separation_directory(sshd: &Path, settings: &Path) -> Result<Option<PathBuf>, Missing> {
    let test = || {
        let mut command = Command::new(sshd);
        command.arg("-t").arg("-f").arg(settings);
        command
    };
    let output = finish(LIMIT, "sshd", &mut test()).await?;
    if output.status.success() {
        return Ok(None);
    }
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    let wanted = words.lines().find_map(|line| line.strip_prefix("Missing privilege separation directory: "));
    let Some(wanted) = wanted.map(|path| PathBuf::from(path.trim())) else { return Err(broken("sshd", &words)) };
    fs::create_dir(&wanted).map_err(|error| broken("sshd", &error.to_string()))?;
    if let Err(error) = said("sshd", &mut test()).await {
        let _ = fs::remove_dir(&wanted);
        return Err(error);
    }
    Ok(Some(wanted))
}

/// Waits until sshd says that it listens; what it says later is thrown away.
async fn listening(stderr: tokio::process::ChildStderr) -> Result<(), Missing> {
    let mut lines = BufReader::new(stderr).lines();
    let wait = async {
        let mut words = String::new();
        while let Ok(Some(line)) = lines.next_line().await {
            if line.contains("listening on") {
                return Ok(());
            }
            words.push_str(&line);
            words.push('\n');
        }
        Err(broken("sshd", &words))
    };
    timeout(LIMIT, wait).await.unwrap_or_else(|_| Err(broken("sshd", "it did not begin to listen")))?;
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok(())
}
