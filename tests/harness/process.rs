//! Nodes as processes of their own, which may be killed and come back.
//!
//! The program is the product's own main with crash points compiled in. A process that ends by the kill it was
//! armed with is started again, unarmed, with the same arguments; any other end fails the test.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use musubi_cli::client::Form;
use musubi_node::{
    api::{
        self,
        types::{Detail, Row},
    },
    home::Home,
};
use serde::{Deserialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::{oneshot, watch},
    task::JoinHandle,
};

use crate::{Installed, LIMIT, within};

/// The signal of `kill -9`.
const KILL: i32 = 9;

/// What a process is started with.
#[derive(Clone)]
pub struct Start {
    /// The program.
    pub program: PathBuf,
    /// The office's directory.
    pub home: Home,
    /// What opens its keys.
    pub machine_key: PathBuf,
    /// Addresses of partners' nodes.
    pub peers: Vec<String>,
    /// Where the first process ends, as `MUSUBI_CRASH_AT` takes it.
    pub crash_at: Option<String>,
    /// Where the process writes the names of the points that it passes.
    pub log: Option<PathBuf>,
}

/// A node in a process of its own.
pub struct NodeProcess {
    running: watch::Receiver<Running>,
    stop: oneshot::Sender<()>,
    watcher: JoinHandle<()>,
}

/// The process at this moment.
#[derive(Clone, Default)]
struct Running {
    /// How many processes came to be ready.
    generation: u32,
    /// How many processes were killed.
    killed: u32,
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

/// The process went away before it answered.
#[derive(Debug)]
pub struct Gone;

impl Start {
    /// Starts without partners and unarmed.
    #[must_use]
    pub fn new(program: &str, installed: &Installed) -> Self {
        Self {
            program: program.into(),
            home: installed.home.clone(),
            machine_key: installed.machine_key.clone(),
            peers: Vec::new(),
            crash_at: None,
            log: None,
        }
    }

    fn spawn(&self, crash_at: Option<&str>) -> Child {
        let mut command = Command::new(&self.program);
        command.args(["run", "--json", "--api", "127.0.0.1:0", "--listen", "/ip4/127.0.0.1/tcp/0", "--dir"]);
        command.arg(self.home.dir()).arg("--machine-key").arg(&self.machine_key);
        for peer in &self.peers {
            command.args(["--peer", peer]);
        }
        if let Some(point) = crash_at {
            command.env("MUSUBI_CRASH_AT", point);
        }
        if let Some(log) = &self.log {
            command.env("MUSUBI_CRASH_LOG", log);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        command.spawn().expect("the program under test can be started")
    }
}

impl NodeProcess {
    /// Starts a node and waits until it takes messages; a kill on the way there counts.
    ///
    /// # Panics
    /// If it ends otherwise, or takes too long.
    pub async fn start(start: Start) -> Self {
        let (tell, mut running) = watch::channel(Running::default());
        let (stop, stopped) = oneshot::channel();
        let watcher = tokio::spawn(watch_over(start, tell, stopped));
        let ready = running.wait_for(|running| running.ready.is_some());
        if within("a start of a process", ready).await.is_err() {
            watcher.await.expect("a node that starts");
            unreachable!("the watcher ends with a panic or when it is told to");
        }
        Self { running, stop, watcher }
    }

    /// Where it listens.
    ///
    /// # Panics
    /// While it is being started again.
    #[must_use]
    pub fn listen(&self) -> Vec<String> {
        self.running.borrow().ready.as_ref().expect("a running process").listen.clone()
    }

    /// How many of its processes were killed at their point.
    #[must_use]
    pub fn killed(&self) -> u32 {
        self.running.borrow().killed
    }

    /// Kills it for good and waits until it is gone.
    ///
    /// # Panics
    /// If the process ended by itself.
    pub async fn kill(self) -> u32 {
        let killed = self.killed();
        let _ = self.stop.send(());
        within("an end of a process", self.watcher).await.expect("a process that ended as it was told");
        killed
    }

    /// Asks until a process answers: if it is killed meanwhile, the next one is asked the same again.
    async fn ask<T: Send + 'static>(&self, question: impl Fn(&Api) -> Result<T, Gone> + Send + Sync + 'static) -> T {
        let question = Arc::new(question);
        let mut running = self.running.clone();
        let mut tried = 0;
        let asking = async move {
            loop {
                let now = running.wait_for(|now| now.ready.is_some() && now.generation > tried);
                let now = now.await.expect("the watcher did not fail").clone();
                tried = now.generation;
                let (question, ready) = (Arc::clone(&question), now.ready.expect("waited for"));
                let answer = tokio::task::spawn_blocking(move || question(&Api(ready)));
                if let Ok(answer) = answer.await.expect("a question does not panic") {
                    return answer;
                }
            }
        };
        within("an answer of a process", asking).await
    }

    /// Sends files; the answer has one row for each bundle.
    pub async fn send(&self, files: Vec<(String, Vec<u8>)>) -> Vec<Row> {
        self.ask(move |api| {
            let mut form = Form::new();
            for (name, bytes) in &files {
                form.named_file("file", name, bytes.clone());
            }
            api.post("/api/messages", form)
        })
        .await
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

    /// All messages for addresses here.
    pub async fn inbox(&self) -> Vec<Row> {
        self.ask(|api| api.json("/api/inbox")).await
    }

    /// All messages sent from here.
    pub async fn outbox(&self) -> Vec<Row> {
        self.ask(|api| api.json("/api/outbox")).await
    }

    /// One message with its evidence.
    pub async fn show(&self, id: &str) -> Detail {
        let path = format!("/api/messages/{id}");
        self.ask(move |api| api.json(&path)).await
    }

    /// The files of a message by name, as the API hands them over.
    pub async fn files(&self, row: &Row) -> BTreeMap<String, Vec<u8>> {
        let id = row.id.clone().expect("a message");
        let mut files = BTreeMap::new();
        for (index, file) in row.files.iter().enumerate() {
            let path = format!("/api/messages/{id}/files/{index}");
            files.insert(file.name.clone(), self.ask(move |api| api.get(&path)).await);
        }
        files
    }
}

/// Keeps a node running until told to stop: killed at its point, it is started again without one.
async fn watch_over(start: Start, tell: watch::Sender<Running>, mut stop: oneshot::Receiver<()>) {
    let mut crash_at = start.crash_at.clone();
    loop {
        let mut child = start.spawn(crash_at.as_deref());
        let stdout = child.stdout.take().expect("piped");
        let mut lines = BufReader::new(stdout).lines();
        if let Ok(Some(line)) = lines.next_line().await {
            let mut ready: Ready = serde_json::from_str(&line).expect("a ready line");
            let token = api::read_token(&start.home.api_token()).expect("a token");
            token.as_str().clone_into(&mut ready.token);
            tell.send_modify(|now| {
                now.generation += 1;
                now.ready = Some(Arc::new(ready));
            });
        }
        let status = tokio::select! {
            status = child.wait() => status.expect("a status"),
            _ = &mut stop => return child.kill().await.expect("a process can be killed"),
        };
        assert_eq!(status.signal(), Some(KILL), "the process ended by itself: {status}");
        assert!(crash_at.take().is_some(), "an unarmed process was killed");
        tell.send_modify(|now| {
            now.killed += 1;
            now.ready = None;
        });
    }
}

/// The local API of one process.
struct Api(Arc<Ready>);

impl Api {
    fn get(&self, path: &str) -> Result<Vec<u8>, Gone> {
        self.answer(self.agent().get(format!("{}{path}", self.0.api)).header("Authorization", self.bearer()).call())
    }

    fn json<T: DeserializeOwned>(&self, path: &str) -> Result<T, Gone> {
        Ok(serde_json::from_slice(&self.get(path)?).expect("an answer of this version"))
    }

    fn post<T: DeserializeOwned>(&self, path: &str, form: Form) -> Result<T, Gone> {
        let (kind, body) = form.finish().expect("a form");
        let request = self.agent().post(format!("{}{path}", self.0.api)).header("Authorization", self.bearer());
        let answer = self.answer(request.content_type(kind).send(body.as_slice()))?;
        Ok(serde_json::from_slice(&answer).expect("an answer of this version"))
    }

    fn agent(&self) -> ureq::Agent {
        ureq::Agent::config_builder().proxy(None).http_status_as_error(false).build().new_agent()
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.0.token)
    }

    fn answer(&self, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Vec<u8>, Gone> {
        let mut answer = answer.map_err(|_| Gone)?;
        let status = answer.status();
        let bytes = answer.body_mut().with_config().limit(64 << 20).read_to_vec().map_err(|_| Gone)?;
        assert!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&bytes));
        Ok(bytes)
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

fn copy_dir(from: &Path, to: &Path) {
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
