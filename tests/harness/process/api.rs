//! The local API of one process.

use std::{sync::Arc, time::Duration};

use musubi_cli::client::Form;
use serde::de::DeserializeOwned;
use ureq::Agent;

use super::{Ready, Unanswered};

/// Largest answer that is read.
const LARGEST: u64 = 64 << 20;

/// Asks one process.
pub(super) struct Api {
    ready: Arc<Ready>,
    /// Where its loopback is.
    namespace: Option<String>,
    agent: Agent,
}

impl Api {
    pub(super) fn new(ready: Arc<Ready>, namespace: Option<String>, patience: Duration) -> Self {
        // A frozen process takes connections and never answers.
        let config = Agent::config_builder().proxy(None).http_status_as_error(false).timeout_global(Some(patience));
        Self { ready, namespace, agent: config.build().new_agent() }
    }

    /// Runs questions where the process is; blocks.
    ///
    /// # Panics
    /// If a question does.
    pub(super) fn run<T: Send>(&self, ask: impl FnOnce(&Self) -> T + Send) -> T {
        match &self.namespace {
            None => ask(self),
            #[cfg(target_os = "linux")]
            Some(name) => {
                // A thread of its own: the namespace is the thread's, and this one serves others too.
                let asking = || {
                    crate::lan::enter(name);
                    ask(self)
                };
                std::thread::scope(|scope| scope.spawn(asking).join()).expect("a question does not panic")
            }
            #[cfg(not(target_os = "linux"))]
            Some(name) => panic!("no namespace {name} on this system"),
        }
    }

    pub(super) fn get(&self, path: &str) -> Result<Vec<u8>, Unanswered> {
        self.answer(self.agent.get(self.url(path)).header("Authorization", self.bearer()).call())
    }

    pub(super) fn json<T: DeserializeOwned>(&self, path: &str) -> Result<T, Unanswered> {
        Ok(serde_json::from_slice(&self.get(path)?).expect("an answer of this version"))
    }

    pub(super) fn post<T: DeserializeOwned>(&self, path: &str, form: Form) -> Result<T, Unanswered> {
        let (kind, body) = form.finish().expect("a form in memory");
        let request = self.agent.post(self.url(path)).header("Authorization", self.bearer());
        let answer = self.answer(request.content_type(kind).send(body.as_slice()))?;
        Ok(serde_json::from_slice(&answer).expect("an answer of this version"))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.ready.api)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.ready.token)
    }

    fn answer(&self, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Vec<u8>, Unanswered> {
        let mut answer = answer.map_err(|_| Unanswered::Gone)?;
        let status = answer.status();
        let bytes = answer.body_mut().with_config().limit(LARGEST).read_to_vec().map_err(|_| Unanswered::Gone)?;
        if status.is_success() {
            return Ok(bytes);
        }
        Err(Unanswered::Refused(status.as_u16(), String::from_utf8_lossy(&bytes).into_owned()))
    }
}
