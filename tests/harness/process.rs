//! Nodes as processes of their own, which may be killed and come back.
//!
//! The program is the product's own main with crash points compiled in. A process that ends by the kill it was
//! armed with is started again, unarmed, with the same arguments, and so is one that a test killed. Any other end
//! fails the test, unless the node is [kept up](Start::kept_up).

use std::{
    collections::BTreeMap,
    fs::{self, File},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use musubi_cli::client::Form;
use musubi_node::{
    api::{
        self as node_api,
        types::{Detail, Row, Status},
    },
    home::Home,
};
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};

use self::api::Api;
use crate::{Installed, LIMIT, within};

mod api;

/// Set for processes that are nodes: a program that runs itself as the node under test knows them by it.
pub const AS_NODE: &str = "MUSUBI_FAULTS_AS_NODE";
/// The signal of `kill -9`.
const KILL: i32 = 9;
/// Pause before a node that ended by itself is started again, as a service manager makes it.
const PAUSE: Duration = Duration::from_secs(1);

/// What a process is started with.
#[derive(Clone)]
pub struct Start {
    /// The program.
    pub program: PathBuf,
    /// The office's directory.
    pub home: Home,
    /// What opens its keys.
    pub machine_key: PathBuf,
    /// Where it listens.
    pub listen: Vec<String>,
    /// Addresses of partners' nodes.
    pub peers: Vec<String>,
    /// Where the first process ends, as `MUSUBI_CRASH_AT` takes it.
    pub crash_at: Option<String>,
    /// After how many bytes the engine gets what the journal has, as `MUSUBI_SETTLE_AT` takes it.
    pub settle_at: Option<u32>,
    /// Where the process writes the names of the points that it passes.
    pub log: Option<PathBuf>,
    /// A file with the number of seconds by which its clock is wrong; see [`put_clock`].
    pub clock: Option<PathBuf>,
    /// The network namespace in which it runs.
    pub namespace: Option<String>,
    /// Where its log goes, appended; to the test's stderr without one.
    pub stderr: Option<PathBuf>,
    /// Whether it is started again after an end of its own, as a service manager does.
    pub kept_up: bool,
}

/// A node in a process of its own. Dropped, the process is killed at once.
pub struct NodeProcess {
    running: watch::Receiver<Running>,
    orders: mpsc::Sender<Order>,
    watcher: Option<JoinHandle<()>>,
    namespace: Option<String>,
}

/// The process at this moment.
#[derive(Clone, Default)]
struct Running {
    /// How many processes came to be ready.
    generation: u32,
    /// How many processes were killed at their point.
    killed: u32,
    /// How processes ended that nobody killed.
    ended: Vec<String>,
    pid: Option<Pid>,
    ready: Option<Arc<Ready>>,
}

/// The line that a node prints when it takes messages, and the token.
#[derive(Deserialize)]
struct Ready {
    listen: Vec<String>,
    api: String,
    #[serde(skip)]
    token: String,
}

/// Why a question got no answer.
#[derive(Debug)]
pub enum Unanswered {
    /// The process went away before it answered, or takes too long.
    Gone,
    /// It answered that it will not: status and body.
    Refused(u16, String),
}

enum Order {
    /// Kill it; it is started again when the receiver has been dropped, or at once if it is gone already.
    Kill(oneshot::Sender<oneshot::Sender<()>>),
    /// Kill it for good.
    End,
}

/// A node that was killed and is down until this is dropped or [brought back](Down::up).
#[must_use]
pub struct Down(oneshot::Sender<()>);

impl Down {
    /// Has the node started again.
    pub fn up(self) {
        // A watcher that has ended starts nothing.
        let _ = self.0.send(());
    }
}

impl Start {
    /// Starts on loopback, without partners and unarmed.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>, installed: &Installed) -> Self {
        Self {
            program: program.into(),
            home: installed.home.clone(),
            machine_key: installed.machine_key.clone(),
            listen: vec!["/ip4/127.0.0.1/tcp/0".into()],
            peers: Vec::new(),
            crash_at: None,
            settle_at: None,
            log: None,
            clock: None,
            namespace: None,
            stderr: None,
            kept_up: false,
        }
    }

    fn spawn(&self, crash_at: Option<&str>) -> Child {
        let mut command = match &self.namespace {
            None => Command::new(&self.program),
            // Replaces itself by the program, so that the process is the node.
            Some(name) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", name]).arg(&self.program);
                command
            }
        };
        // Whatever ends this process ends the node too: then its stdin ends.
        command.args(["run", "--json", "--until-stdin-ends", "--api", "127.0.0.1:0", "--dir"]);
        command.arg(self.home.dir()).arg("--machine-key").arg(&self.machine_key);
        for listen in &self.listen {
            command.args(["--listen", listen]);
        }
        for peer in &self.peers {
            command.args(["--peer", peer]);
        }
        command.env(AS_NODE, "1");
        if let Some(point) = crash_at {
            command.env("MUSUBI_CRASH_AT", point);
        }
        if let Some(bytes) = self.settle_at {
            command.env("MUSUBI_SETTLE_AT", bytes.to_string());
        }
        if let Some(log) = &self.log {
            command.env("MUSUBI_CRASH_LOG", log);
        }
        if let Some(clock) = &self.clock {
            command.env("MUSUBI_TEST_CLOCK", clock);
        }
        if let Some(path) = &self.stderr {
            let file = File::options().create(true).append(true).open(path).expect("a file for the log");
            command.stderr(file);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        command.spawn().expect("the program under test can be started")
    }
}

impl NodeProcess {
    /// Starts a node and waits until it takes messages; a kill on the way there counts.
    ///
    /// # Panics
    /// If it ends otherwise, or takes too long.
    pub async fn start(start: Start) -> Self {
        let node = Self::begin(start);
        let mut running = node.running.clone();
        let ready = running.wait_for(|running| running.ready.is_some());
        assert!(within("a start of a process", ready).await.is_ok(), "the node did not start");
        node
    }

    /// Has a node started and does not wait for it.
    #[must_use]
    pub fn begin(start: Start) -> Self {
        let (tell, running) = watch::channel(Running::default());
        let (orders, ordered) = mpsc::channel(8);
        let namespace = start.namespace.clone();
        let watcher = tokio::spawn(watch_over(start, tell, ordered));
        Self { running, orders, watcher: Some(watcher), namespace }
    }

    /// Where it listens.
    ///
    /// # Panics
    /// While it is being started again.
    #[must_use]
    pub fn listen(&self) -> Vec<String> {
        self.running.borrow().ready.as_ref().expect("a running process").listen.clone()
    }

    /// Its process id.
    ///
    /// # Panics
    /// While no process runs.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.running.borrow().pid.expect("a running process").as_raw_nonzero().get()
    }

    /// Calls back with the places where it listens, each time that it is ready; until the node is dropped.
    pub fn on_ready(&self, tell: impl Fn(&[String]) + Send + 'static) {
        let mut running = self.running.clone();
        tokio::spawn(async move {
            let mut seen = 0;
            loop {
                let new = running.wait_for(|now| now.ready.is_some() && now.generation > seen).await;
                let Ok(now) = new.map(|now| now.clone()) else { return };
                seen = now.generation;
                tell(&now.ready.expect("waited for").listen);
            }
        });
    }

    /// How many of its processes were killed at their point.
    #[must_use]
    pub fn killed(&self) -> u32 {
        self.running.borrow().killed
    }

    /// How processes ended that nobody killed.
    #[must_use]
    pub fn ended(&self) -> Vec<String> {
        self.running.borrow().ended.clone()
    }

    /// Kills it for good and waits until it is gone.
    ///
    /// # Panics
    /// If the process ended by itself.
    pub async fn kill(mut self) -> u32 {
        let killed = self.killed();
        let _ = self.orders.send(Order::End).await;
        let watcher = self.watcher.take().expect("taken here only");
        within("an end of a process", watcher).await.expect("a process that ended as it was told");
        killed
    }

    /// As [`NodeProcess::kill`], while others may still hold it.
    ///
    /// # Panics
    /// If it takes too long.
    pub async fn end(&self) {
        let _ = self.orders.send(Order::End).await;
        within("an end of a process", self.orders.closed()).await;
    }

    /// Kills it now; it stays down until what is returned is dropped.
    ///
    /// # Panics
    /// If the process ended by itself.
    pub async fn strike(&self) -> Down {
        let (down, is_down) = oneshot::channel();
        self.orders.send(Order::Kill(down)).await.expect("a watched process");
        Down(within("a kill", is_down).await.expect("a watched process"))
    }

    /// Stops every thread of it where it stands; [`NodeProcess::thaw`] lets it go on.
    ///
    /// # Panics
    /// While no process runs.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets a frozen process go on.
    ///
    /// # Panics
    /// While no process runs.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = self.running.borrow().pid.expect("a running process");
        kill_process(pid, signal).expect("a process of ours takes signals");
    }

    /// Asks until a process answers: if it is killed meanwhile, the next one is asked the same again.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl Fn(&Api) -> Result<T, Unanswered> + Send + Sync + 'static,
    ) -> T {
        match self.ask_for(LIMIT, question).await {
            Ok(answer) => answer,
            Err(why) => panic!("an answer of a process did not come: {why:?}"),
        }
    }

    /// As [`NodeProcess::ask`], within a time.
    async fn ask_for<T: Send + 'static>(
        &self,
        patience: Duration,
        question: impl Fn(&Api) -> Result<T, Unanswered> + Send + Sync + 'static,
    ) -> Result<T, Unanswered> {
        let question = Arc::new(question);
        let mut running = self.running.clone();
        let namespace = self.namespace.clone();
        let mut tried = 0;
        let asking = async move {
            loop {
                let now = running.wait_for(|now| now.ready.is_some() && now.generation > tried);
                let now = now.await.map_err(|_| Unanswered::Gone)?.clone();
                tried = now.generation;
                let (question, ready) = (Arc::clone(&question), now.ready.expect("waited for"));
                let api = Api::new(ready, namespace.clone(), patience);
                let answer = tokio::task::spawn_blocking(move || api.run(|api| question(api)));
                match answer.await.expect("a question does not panic") {
                    Err(Unanswered::Gone) => {}
                    answer => return answer,
                }
            }
        };
        tokio::time::timeout(patience, asking).await.unwrap_or(Err(Unanswered::Gone))
    }

    /// Sends files; the answer has one row for each bundle.
    pub async fn send(&self, files: Vec<(String, Vec<u8>)>) -> Vec<Row> {
        self.ask(move |api| api.post("/api/messages", form(&files, false))).await
    }

    /// Sends files, also such whose serials are below those sent before.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub async fn try_send(&self, files: Vec<(String, Vec<u8>)>, patience: Duration) -> Result<Vec<Row>, Unanswered> {
        self.ask_for(patience, move |api| api.post("/api/messages", form(&files, true))).await
    }

    /// Sends a file as an attachment.
    pub async fn attach(&self, to: &str, name: &str, bytes: Vec<u8>) -> Vec<Row> {
        let (to, name) = (to.to_owned(), name.to_owned());
        self.ask(move |api| {
            let mut form = Form::new();
            form.text("to", &to);
            form.named_file("file", &name, bytes.clone());
            api.post("/api/attachments", form)
        })
        .await
    }

    /// Sends files as attachments of one message.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub async fn try_attach(
        &self,
        from: &'static str,
        to: &'static str,
        files: Vec<(String, Vec<u8>)>,
        patience: Duration,
    ) -> Result<Vec<Row>, Unanswered> {
        let attach = move |api: &Api| {
            let mut form = Form::new();
            form.text("from", from);
            form.text("to", to);
            for (name, bytes) in &files {
                form.named_file("file", name, bytes.clone());
            }
            api.post("/api/attachments", form)
        };
        self.ask_for(patience, attach).await
    }

    /// Waits until a message sent from here is `delivered` or `opened`.
    ///
    /// # Panics
    /// If that does not happen in time.
    pub async fn until(&self, id: &str, state: &'static str) -> Row {
        let path = format!("/api/messages/{id}/wait?state={state}&seconds={}", LIMIT.as_secs());
        let row: Row = self.ask(move |api| api.json(&path)).await;
        assert!(row.times.contains_key(state), "{state} did not come: {row:#?}");
        row
    }

    /// Waits until a message sent from here has a state, or time is up; gives it as it stands then.
    ///
    /// # Panics
    /// If the node does not answer.
    pub async fn wait(&self, id: &str, state: &'static str, patience: Duration) -> Row {
        let path = format!("/api/messages/{id}/wait?state={state}&seconds={}", patience.as_secs());
        match self.ask_for(patience + LIMIT, move |api| api.json(&path)).await {
            Ok(row) => row,
            Err(why) => panic!("a node did not answer: {why:?}"),
        }
    }

    /// How it is.
    pub async fn status(&self) -> Status {
        self.ask(|api| api.json("/api/status")).await
    }

    /// All messages for addresses here.
    pub async fn inbox(&self) -> Vec<Row> {
        self.ask(|api| api.json("/api/inbox")).await
    }

    /// All messages for addresses here, if it answers in time.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub async fn try_inbox(&self, patience: Duration) -> Result<Vec<Row>, Unanswered> {
        self.ask_for(patience, |api| api.json("/api/inbox")).await
    }

    /// All messages sent from here.
    pub async fn outbox(&self) -> Vec<Row> {
        self.ask(|api| api.json("/api/outbox")).await
    }

    /// All messages sent from here, if it answers in time.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub async fn try_outbox(&self, patience: Duration) -> Result<Vec<Row>, Unanswered> {
        self.ask_for(patience, |api| api.json("/api/outbox")).await
    }

    /// One message with its evidence.
    pub async fn show(&self, id: &str) -> Detail {
        let path = format!("/api/messages/{id}");
        self.ask(move |api| api.json(&path)).await
    }

    /// The files of a message by name, as the API hands them over.
    pub async fn files(&self, row: &Row) -> BTreeMap<String, Vec<u8>> {
        match self.try_files(row, LIMIT).await {
            Ok(files) => files,
            Err(why) => panic!("the files of {row:#?} were not handed over: {why:?}"),
        }
    }

    /// The files of a message by name, if it answers in time.
    ///
    /// # Errors
    /// [`Unanswered`].
    ///
    /// # Panics
    /// If the row is none of a message.
    pub async fn try_files(&self, row: &Row, patience: Duration) -> Result<BTreeMap<String, Vec<u8>>, Unanswered> {
        let id = row.id.clone().expect("a message");
        let mut files = BTreeMap::new();
        for (index, file) in row.files.iter().enumerate() {
            let path = format!("/api/messages/{id}/files/{index}");
            files.insert(file.name.clone(), self.ask_for(patience, move |api| api.get(&path)).await?);
        }
        Ok(files)
    }

    /// Kills it at once, without waiting and for good, while others may still hold it.
    pub fn destroy(&self) {
        if let Some(watcher) = &self.watcher {
            watcher.abort();
            let pid = self.running.borrow().pid;
            if let Some(pid) = pid {
                // Ended already is as good. At once, for what it runs on may be taken away next.
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        self.destroy();
    }
}

fn form(files: &[(String, Vec<u8>)], older: bool) -> Form {
    let mut form = Form::new();
    for (name, bytes) in files {
        form.named_file("file", name, bytes.clone());
    }
    if older {
        form.text("older", "true");
    }
    form
}

/// What ended a process.
enum End {
    Itself(ExitStatus),
    /// Started again when the other side says so or is gone.
    Struck(oneshot::Receiver<()>),
    ForGood,
}

/// Keeps a node running until told to stop.
async fn watch_over(start: Start, tell: watch::Sender<Running>, mut orders: mpsc::Receiver<Order>) {
    let mut crash_at = start.crash_at.clone();
    loop {
        let mut child = start.spawn(crash_at.as_deref());
        let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        tell.send_modify(|now| now.pid = pid);
        match until_end(&mut child, &start, &tell, &mut orders).await {
            End::ForGood => return,
            End::Struck(up) => {
                tell.send_modify(|now| (now.pid, now.ready) = (None, None));
                // Dropped is as good as sent.
                let _ = up.await;
            }
            End::Itself(status) => {
                let armed = status.signal() == Some(KILL) && crash_at.take().is_some();
                assert!(armed || start.kept_up, "the process ended by itself: {status}");
                tell.send_modify(|now| {
                    (now.pid, now.ready) = (None, None);
                    if armed {
                        now.killed += 1;
                    } else {
                        now.ended.push(status.to_string());
                    }
                });
                if !armed {
                    tokio::select! {
                        () = tokio::time::sleep(PAUSE) => {}
                        order = orders.recv() => match order {
                            None | Some(Order::End) => return,
                            Some(Order::Kill(down)) => wait_while_down(down).await,
                        },
                    }
                }
            }
        }
    }
}

/// Announces the process when it is ready and sees it to its end.
async fn until_end(
    child: &mut Child,
    start: &Start,
    tell: &watch::Sender<Running>,
    orders: &mut mpsc::Receiver<Order>,
) -> End {
    // Held: when it is dropped, the node stops.
    let _stdin = child.stdin.take();
    let stdout = child.stdout.take().expect("piped");
    let mut lines = BufReader::new(stdout).lines();
    let mut announced = false;
    let order = loop {
        tokio::select! {
            line = lines.next_line(), if !announced => {
                announced = true;
                // A node that does not start says why instead, or nothing.
                if let Ok(Some(line)) = line
                    && let Ok(mut ready) = serde_json::from_str::<Ready>(&line)
                {
                    let token = node_api::read_token(&start.home.api_token()).expect("a token");
                    token.as_str().clone_into(&mut ready.token);
                    tell.send_modify(|now| {
                        now.generation += 1;
                        now.ready = Some(Arc::new(ready));
                    });
                }
            }
            status = child.wait() => return End::Itself(status.expect("a status")),
            order = orders.recv() => break order,
        }
    };
    child.kill().await.expect("a process can be killed");
    match order {
        None | Some(Order::End) => End::ForGood,
        Some(Order::Kill(down)) => {
            let (up, is_up) = oneshot::channel();
            // Whoever ordered it may be gone: then it comes back at once.
            let _ = down.send(up);
            End::Struck(is_up)
        }
    }
}

async fn wait_while_down(down: oneshot::Sender<oneshot::Sender<()>>) {
    let (up, is_up) = oneshot::channel();
    let _ = down.send(up);
    let _ = is_up.await;
}

/// Puts the clock of the processes that read `file` so many seconds ahead, or behind, at one stroke.
///
/// # Panics
/// If the file cannot be written.
pub fn put_clock(file: &Path, seconds: i64) {
    let new = file.with_extension("new");
    fs::write(&new, seconds.to_string()).expect("a file can be written");
    fs::rename(new, file).expect("a file can be replaced");
}

/// Where the log of a node goes that is not for the screen: into `dir`, or, to be kept, into the directory that
/// `MUSUBI_FAULTS_KEEP` names, under a name of its own.
#[must_use]
pub fn log_file(dir: &Path, name: &str) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    match std::env::var_os("MUSUBI_FAULTS_KEEP") {
        None => dir.join(format!("{name}.log")),
        Some(keep) => {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            Path::new(&keep).join(format!("{}-{count:04}-{name}.log", std::process::id()))
        }
    }
}

/// The names in a log of passed points, in order; none if no point was passed.
#[must_use]
pub fn passed(log: &Path) -> Vec<String> {
    fs::read_to_string(log).unwrap_or_default().lines().map(Into::into).collect()
}

/// Copies an office that is not running.
///
/// # Panics
/// If its directory cannot be copied.
#[must_use]
pub fn copy(installed: &Installed, to: &Path) -> Installed {
    copy_dir(installed.home.dir(), to);
    Installed { home: Home::new(to), machine_key: installed.machine_key.clone(), leaves: Vec::new() }
}

/// Copies a directory with all that lies in it.
///
/// # Panics
/// If it cannot be copied.
pub fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory can be made");
    for entry in fs::read_dir(from).expect("a directory can be read") {
        let entry = entry.expect("a directory can be read");
        let to = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy_dir(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("a file can be copied");
        }
    }
}
