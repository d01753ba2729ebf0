//! The door for administrators while the authority serves: loopback only, behind a token that only the owner of the
//! directory can read.

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use musubi_store::Store;
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    Authority, Error,
    acts::{Act, Told},
    admins::{Word, check_words},
    service::{Shared, act_in_groups},
};
use crate::{api, clock::Clock, home::Home};

/// Where acts are asked for.
pub const ACTS: &str = "/api/authority/acts";
/// More than codes for every office of the country in one request.
const MAX_REQUEST: usize = 16 << 20;

/// How long requests under way may take when the door closes.
const CLOSING: Duration = Duration::from_secs(3);

/// A request at the door.
#[derive(Debug, Serialize, Deserialize)]
pub struct Errand {
    /// Who acts; empty for what needs no name.
    pub admin: String,
    /// What is wanted.
    pub act: Act,
    /// Who acts, shown by his passphrase; and a second administrator, where two have to agree.
    #[serde(default)]
    pub words: Vec<Word>,
}

/// The open door.
#[derive(Debug)]
pub(super) struct Door {
    home: Home,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Door {
    /// Opens the door and writes down where it is.
    ///
    /// # Errors
    /// Those of the file system and of listening.
    pub(super) async fn open(home: Home, shared: Shared, clock: Clock) -> Result<Self, Error> {
        let store = shared.authority.lock().unwrap_or_else(PoisonError::into_inner).store.clone();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let token = api::new_token(&home)?;
        let app = Router::new()
            .route(ACTS, post(perform))
            .layer(DefaultBodyLimit::max(MAX_REQUEST))
            .with_state(Arc::new((shared, clock, home.dir().to_owned(), store)));
        let stop = CancellationToken::new();
        let task = tokio::spawn(api::serve_guarded(listener, app, address, token, stop.clone()));
        api::announce(&home, address)?;
        Ok(Self { home, stop, task })
    }

    /// Ends what is under way, and closes.
    pub(super) async fn close(&mut self) {
        // Gone already, perhaps.
        let _ = std::fs::remove_file(self.home.api());
        self.stop.cancel();
        if timeout(CLOSING, &mut self.task).await.is_err() {
            // A connection that somebody holds open without asking anything.
            self.task.abort();
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn perform(State(state): State<Arc<(Shared, Clock, PathBuf, Store)>>, Json(errand): Json<Errand>) -> Response {
    let (shared, clock) = (&state.0, state.1.clone());
    let dir = state.2.clone();
    let store = state.3.clone();
    // A passphrase takes its time on purpose: nobody else waits for that.
    let checking = dir.clone();
    let proven = tokio::task::spawn_blocking(move || check_words(&store, &checking, errand)).await;
    let done = match proven.unwrap_or(Err(Error::Stopped)) {
        // Each group has its own moment: others sign between two of them.
        Ok(mut proven) => {
            let group =
                move |authority: &mut Authority| authority.carry_out(&dir, &mut proven, clock.now(), &mut rand::rng());
            let before = shared.known.borrow().log;
            let done = act_in_groups(shared, group).await;
            let after = shared.known.borrow().log;
            if before < after {
                // It may be certificates that this answer carries.
                shared.until_elsewhere(after).await;
            }
            done
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(done) => Json(done).into_response(),
        Err(error) => {
            let told: Told = error.told();
            (StatusCode::UNPROCESSABLE_ENTITY, Json(told)).into_response()
        }
    }
}
