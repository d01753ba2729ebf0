//! The running node, asked over its local API: a plain HTTP client that waits for each answer.
//!
//! Where the API is stands in `DIR/api.json`, the secret that opens it in `DIR/api-token`; both are
//! the node's. A file that outlived its node (a power cut) counts as no node.

use std::{
    io::{self, Read},
    time::{Duration, Instant},
};

use musubi_node::{
    api::{
        self, Token,
        types::{
            ConfirmKeyRequest, ConfirmedKey, DeskRow, Detail, Installed, LogRequest, LogRow, MembershipRequest,
            MembershipRow, Partners, Ping, PingRequest, Problem, RenewRequest, Row, Status, UsePlan, UseRequest,
            UseRow, WaitRequest,
        },
    },
    authority::{ACTS, Done, Errand, Told},
    home::Home,
};
use musubi_protocol::ids::Hash;
use serde::{Serialize, de::DeserializeOwned};
use ureq::{Agent, Body, SendBody, http::Response};

use crate::{error::CommandError, msg, rows, text::Lang};

pub mod form;

pub use form::Form;

/// How long an ordinary answer may take: the node may be busy with the disk.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a node may take to say how it is.
const SHORT_PATIENCE: Duration = Duration::from_secs(10);
/// How long sealing or installing may take.
const LONG_PATIENCE: Duration = Duration::from_secs(600);
/// Longest single question to the node; a longer wait asks again.
const LONGEST_QUESTION: u64 = 300;
/// More than any list of an office; files are read as they come.
const MAX_ANSWER: u64 = 272 << 20;

/// Why the node gave no answer to use.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No node runs in this directory.
    #[error("no node runs")]
    NoNode,
    /// The files that lead to the node cannot be read.
    #[error("the files that lead to the node cannot be read")]
    Unreadable(#[source] io::Error),
    /// The node refused or failed.
    #[error("the node refused: {}", .0.code)]
    Problem(Problem),
    /// A file could not be read while it was sent.
    #[error(transparent)]
    File(form::Unread),
    /// The connection broke: the node has stopped meanwhile, perhaps.
    #[error("the connection to the node broke")]
    Broken(#[source] ureq::Error),
    /// Something answered that is no node of ours, or of another version.
    #[error("not an answer of this version")]
    Foreign(u16),
}

impl From<Error> for CommandError {
    fn from(error: Error) -> Self {
        match error {
            Error::File(form::Unread { path, cause }) => Self::reading(&path)(cause),
            error => Self::from_node(&error),
        }
    }
}

impl CommandError {
    fn from_node(error: &Error) -> Self {
        match error {
            Error::File(unread) => Self::failed(msg!("err-api-broken")).because(unread),
            Error::NoNode => Self::failed(msg!("err-no-node")),
            Error::Unreadable(cause) => Self::failed(msg!("err-api-unreadable")).because(cause),
            Error::Problem(problem) => problem.into(),
            Error::Broken(cause) => Self::failed(msg!("err-api-broken")).because(cause),
            Error::Foreign(status) => Self::failed(msg!("err-api-other-version")).detailed(&format!("HTTP {status}")),
        }
    }
}

/// The way to a node.
pub struct Client {
    agent: Agent,
    url: String,
    token: Token,
    lang: Lang,
}

impl Client {
    /// Finds the node of a directory. That it still runs shows with the first request.
    ///
    /// # Errors
    /// [`Error::NoNode`], [`Error::Unreadable`].
    pub fn find(home: &Home, lang: Lang) -> Result<Self, Error> {
        let place = api::place(home).map_err(Error::Unreadable)?.ok_or(Error::NoNode)?;
        // The file may have outlived its node, and another program may have its port by now: it must get neither
        // token nor documents.
        if !musubi_store::is_open(&home.store()).map_err(Error::Unreadable)? {
            return Err(Error::NoNode);
        }
        let token = match api::read_token(&home.api_token()) {
            Ok(token) => token,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Error::NoNode),
            Err(error) => return Err(Error::Unreadable(error)),
        };
        let agent = Agent::config_builder()
            // Loopback only: a proxy in the environment is for the Internet.
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(Duration::from_secs(5)))
            .build()
            .new_agent();
        Ok(Self { agent, url: place.url, token, lang })
    }

    /// State of the node.
    ///
    /// # Errors
    /// [`Error`].
    pub fn status(&self) -> Result<Status, Error> {
        self.get("/api/status", SHORT_PATIENCE)
    }

    /// Messages for addresses here.
    ///
    /// # Errors
    /// [`Error`].
    pub fn inbox(&self) -> Result<Vec<Row>, Error> {
        self.get("/api/inbox", PATIENCE)
    }

    /// Messages sent from here.
    ///
    /// # Errors
    /// [`Error`].
    pub fn outbox(&self) -> Result<Vec<Row>, Error> {
        self.get("/api/outbox", PATIENCE)
    }

    /// One message; `id` may be the beginning of its id.
    ///
    /// # Errors
    /// [`Error`].
    pub fn show(&self, id: &str) -> Result<Detail, Error> {
        self.get(&format!("/api/messages/{id}"), PATIENCE)
    }

    /// As [`Self::wait`], for many messages together; gives them in the order of `ids`.
    ///
    /// # Errors
    /// [`Error`].
    pub fn wait_for_all(&self, ids: &[String], state: &str, until: Option<Instant>) -> Result<Vec<Row>, Error> {
        loop {
            let (seconds, last) = question(until);
            let request = WaitRequest { ids: ids.to_vec(), state: state.to_owned(), seconds };
            let patience = PATIENCE.saturating_add(Duration::from_secs(seconds));
            let body = Sent::json(&request);
            let rows: Vec<Row> = json(self.call("/api/wait", Some(body), patience)?)?;
            if last || rows.iter().all(|row| row.times.contains_key(state) || rows::is_over(row)) {
                return Ok(rows);
            }
        }
    }

    /// Waits until a message sent from here was `delivered` or `opened`, can no longer be, or `until` has come (never
    /// for `None`); either way it is returned as it stands then.
    ///
    /// # Errors
    /// [`Error`].
    pub fn wait(&self, id: &str, state: &str, until: Option<Instant>) -> Result<Row, Error> {
        loop {
            let (seconds, last) = question(until);
            let patience = PATIENCE.saturating_add(Duration::from_secs(seconds));
            let row: Row = self.get(&format!("/api/messages/{id}/wait?state={state}&seconds={seconds}"), patience)?;
            // Cancelled and expired messages arrive no more.
            if last || row.times.contains_key(state) || rows::is_over(&row) {
                return Ok(row);
            }
        }
    }

    /// One file of a message, to be read as it comes. It is whole only if it has its size and hash. The sender hears
    /// of it by [`Client::opened`] only.
    ///
    /// # Errors
    /// [`Error`].
    pub fn file(&self, id: &str, index: usize) -> Result<impl Read, Error> {
        let answer = self.call(&format!("/api/messages/{id}/files/{index}?opens=false"), None, PATIENCE)?;
        Ok(answer.into_body().into_reader())
    }

    /// Tells the sender that the files have been taken out, once.
    ///
    /// # Errors
    /// [`Error`].
    pub fn opened(&self, id: &str) -> Result<(), Error> {
        let nothing = Sent::bytes("application/octet-stream", Vec::new());
        self.call(&format!("/api/messages/{id}/opened"), Some(nothing), PATIENCE).map(drop)
    }

    /// Checks, seals and stores bundles.
    ///
    /// # Errors
    /// [`Error`]. Bundles that are no good are rows.
    pub fn send(&self, form: Form) -> Result<Vec<Row>, Error> {
        self.post("/api/messages", form)
    }

    /// Seals files of any kind for one receiver, as they are read.
    ///
    /// # Errors
    /// [`Error`]. Messages that are refused are rows.
    pub fn attach(&self, form: Form) -> Result<Vec<Row>, Error> {
        self.post("/api/attachments", form)
    }

    /// Installs certificates, revocation lists and trust bundles.
    ///
    /// # Errors
    /// [`Error`].
    pub fn install(&self, files: &[Vec<u8>], pin: Option<Hash>) -> Result<Installed, Error> {
        let mut form = Form::new();
        for file in files {
            form.file("file", file);
        }
        if let Some(pin) = pin {
            form.text("root_sha256", &pin.to_string());
        }
        self.post("/api/install", form)
    }

    /// Has the authority that serves do something; the inner error is its refusal.
    ///
    /// # Errors
    /// [`Error`].
    pub fn act(&self, errand: &Errand) -> Result<Result<Done, Told>, Error> {
        let answer = self.answer(ACTS, Some(Sent::json(errand)), LONG_PATIENCE)?;
        match answer.status().as_u16() {
            200 => Ok(Ok(json(answer)?)),
            422 => Ok(Err(json(answer)?)),
            _ => Err(problem(answer)),
        }
    }

    /// Has the authority asked about licences; with `agree` the office agrees to so many yen.
    ///
    /// # Errors
    /// [`Error`].
    pub fn renew(&self, office: Option<String>, agree: Option<u32>) -> Result<Vec<DeskRow>, Error> {
        let body = Sent::json(&RenewRequest { office, agree });
        json(self.call("/api/renew", Some(body), LONG_PATIENCE)?)
    }

    /// The proof that an office takes part, as new as the node can get it.
    ///
    /// # Errors
    /// [`Error`].
    pub fn membership(&self, office: Option<String>) -> Result<MembershipRow, Error> {
        json(self.call("/api/proof/membership", Some(Sent::json(&MembershipRequest { office })), LONG_PATIENCE)?)
    }

    /// With how many offices there was exchange in a fiscal year. Nobody is asked.
    ///
    /// # Errors
    /// [`Error`].
    pub fn use_plan(&self, office: Option<&str>, fiscal_year: Option<u16>) -> Result<UsePlan, Error> {
        let office = office.map(|office| format!("office={office}"));
        let year = fiscal_year.map(|year| format!("fiscal_year={year}"));
        let wanted: Vec<String> = office.into_iter().chain(year).collect();
        self.get(&format!("/api/proof/use?{}", wanted.join("&")), LONG_PATIENCE)
    }

    /// Has partners asked to confirm that there was exchange.
    ///
    /// # Errors
    /// [`Error`].
    pub fn used(&self, request: &UseRequest) -> Result<UseRow, Error> {
        let patience = LONG_PATIENCE.saturating_add(Duration::from_secs(request.seconds.min(LONGEST_QUESTION)));
        json(self.call("/api/proof/use", Some(Sent::json(request)), patience)?)
    }

    /// Has the authority's log checked; `known` calls a certificate the office's own first.
    ///
    /// # Errors
    /// [`Error`].
    pub fn log(&self, request: &LogRequest) -> Result<LogRow, Error> {
        json(self.call("/api/log", Some(Sent::json(request)), LONG_PATIENCE)?)
    }

    /// The partners of the node.
    ///
    /// # Errors
    /// [`Error`].
    pub fn partners(&self) -> Result<Partners, Error> {
        self.get("/api/partners", PATIENCE)
    }

    /// Says that a partner's new key is its own.
    ///
    /// # Errors
    /// [`Error`].
    pub fn confirm_key(&self, request: &ConfirmKeyRequest) -> Result<ConfirmedKey, Error> {
        json(self.call("/api/partners/confirm", Some(Sent::json(request)), PATIENCE)?)
    }

    /// Asks whether a partner can be reached.
    ///
    /// # Errors
    /// [`Error`].
    pub fn ping(&self, address: &str) -> Result<Ping, Error> {
        let body = Sent::json(&PingRequest { address: address.to_owned() });
        json(self.call("/api/ping", Some(body), PATIENCE)?)
    }

    fn get<T: DeserializeOwned>(&self, path: &str, patience: Duration) -> Result<T, Error> {
        json(self.call(path, None, patience)?)
    }

    fn post<T: DeserializeOwned>(&self, path: &str, form: Form) -> Result<T, Error> {
        let (kind, length, body) = form.into_reading().map_err(Error::Unreadable)?;
        json(self.call(path, Some(Sent { kind, length, body: Box::new(body) }), LONG_PATIENCE)?)
    }

    /// One request; a body, with its type, makes it a POST. Answers that are problems are errors.
    fn call(&self, path: &str, body: Option<Sent>, patience: Duration) -> Result<Response<Body>, Error> {
        let answer = self.answer(path, body, patience)?;
        if answer.status().is_success() { Ok(answer) } else { Err(problem(answer)) }
    }

    /// As [`Self::call`], with any answer.
    fn answer(&self, path: &str, body: Option<Sent>, patience: Duration) -> Result<Response<Body>, Error> {
        let url = format!("{}{path}", self.url);
        let bearer = format!("Bearer {}", self.token.as_str());
        let lang = match self.lang {
            Lang::Ja => "ja",
            Lang::En => "en",
        };
        let answer = match body {
            None => {
                let request = self.agent.get(&url).header("Authorization", &bearer).header("Accept-Language", lang);
                request.config().timeout_recv_response(Some(patience)).build().call()
            }
            Some(Sent { kind, length, mut body }) => {
                let request = self.agent.post(&url).header("Authorization", &bearer).header("Accept-Language", lang);
                let request = request.config().timeout_recv_response(Some(patience)).build();
                let request = request.content_type(kind).header("Content-Length", length.to_string());
                request.send(SendBody::from_reader(&mut *body))
            }
        };
        answer.map_err(unanswered)
    }
}

/// What an answer that is none says.
fn problem(answer: Response<Body>) -> Error {
    let status = answer.status().as_u16();
    match json::<Problem>(answer) {
        // The port of a node that is gone has gone to another directory's node.
        Ok(problem) if matches!(problem.code.as_str(), "token" | "host") => Error::NoNode,
        Ok(problem) => Error::Problem(problem),
        Err(_) => Error::Foreign(status),
    }
}

/// Seconds to ask for, whole and rounded up, and whether that is the last question before `until`; in the last round 0
/// asks how it stands.
fn question(until: Option<Instant>) -> (u64, bool) {
    let left = until.map_or(u64::MAX, |until| {
        let left = until.saturating_duration_since(Instant::now());
        left.as_secs() + u64::from(left.subsec_nanos() > 0)
    });
    (left.min(LONGEST_QUESTION), left <= LONGEST_QUESTION)
}

/// What a request carries.
struct Sent {
    kind: String,
    length: u64,
    body: Box<dyn Read>,
}

impl Sent {
    fn bytes(kind: &str, bytes: Vec<u8>) -> Self {
        Self { kind: kind.into(), length: bytes.len() as u64, body: Box::new(io::Cursor::new(bytes)) }
    }

    fn json(request: &impl Serialize) -> Self {
        // Structures of texts and numbers have a JSON form.
        Self::bytes("application/json", serde_json::to_vec(request).unwrap_or_default())
    }
}

/// Nobody listens: what `api.json` names is gone. Anything else broke on the way.
fn unanswered(error: ureq::Error) -> Error {
    match error {
        ureq::Error::Io(cause) if cause.kind() == io::ErrorKind::ConnectionRefused => Error::NoNode,
        ureq::Error::Io(cause) => match cause.downcast::<form::Unread>() {
            Ok(unread) => Error::File(unread),
            Err(cause) => Error::Broken(ureq::Error::Io(cause)),
        },
        ureq::Error::ConnectionFailed | ureq::Error::Timeout(ureq::Timeout::Connect) => Error::NoNode,
        error => Error::Broken(error),
    }
}

fn bytes(mut answer: Response<Body>) -> Result<Vec<u8>, Error> {
    answer.body_mut().with_config().limit(MAX_ANSWER).read_to_vec().map_err(Error::Broken)
}

fn json<T: DeserializeOwned>(answer: Response<Body>) -> Result<T, Error> {
    let status = answer.status().as_u16();
    serde_json::from_slice(&bytes(answer)?).map_err(|_| Error::Foreign(status))
}
