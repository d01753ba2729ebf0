//! The local REST API: loopback only, behind a token that only the owner of the directory can read.
//!
//! A page in a browser on the same PC can send requests to loopback too, so besides the token every request must
//! name this API as its host (DNS rebinding) and may come from no other origin.

pub mod types;

mod handlers;
mod pace;
mod partners;
mod problem;
mod proofs;

use std::{
    convert::Infallible,
    io::{self, Write},
    net::SocketAddr,
    path::Path,
    sync::Arc,
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State as Extract},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use data_encoding::BASE64URL_NOPAD;
use musubi_protocol::invitation;
use musubi_store::platform;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt},
    routes,
};
use zeroize::Zeroizing;

pub use self::problem::ApiProblem;
use crate::{core::Core, home::Home, outbox::MAX_BUNDLE, wire::Wire};

/// Where the description of the API is; readable without the token.
pub const DESCRIPTION: &str = "/api/openapi.json";
/// What a request may carry at most: one bundle and its frame.
const MAX_REQUEST: usize = MAX_BUNDLE as usize + (1 << 20);

/// What the handlers share.
#[derive(Clone)]
pub struct State {
    pub(crate) core: Arc<Core>,
    pub(crate) wire: Wire,
    pub(crate) address: SocketAddr,
    /// Where the authority is, if the settings say so.
    pub(crate) authority: Option<invitation::Place>,
}

/// Where the API of the running node is; the content of `api.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Base URL.
    pub url: String,
    /// Process id of the node.
    pub pid: u32,
}

/// The secret that a program shows; a file for the owner only.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

impl State {
    /// Puts the state together.
    #[must_use]
    pub const fn new(core: Arc<Core>, wire: Wire, address: SocketAddr, authority: Option<invitation::Place>) -> Self {
        Self { core, wire, address, authority }
    }
}

/// Makes a new token for a node that starts: what was read while another program held the port of the last one is
/// worth nothing now.
///
/// # Errors
/// Those of the file system.
pub fn new_token(home: &Home) -> io::Result<Token> {
    let path = home.api_token();
    if path.exists() {
        std::fs::remove_file(&path)?;
    }
    let mut secret = Zeroizing::new([0; 32]);
    rand::TryRng::try_fill_bytes(&mut rand::rngs::SysRng, &mut *secret).map_err(io::Error::other)?;
    let text = Zeroizing::new(BASE64URL_NOPAD.encode(&*secret));
    let mut file = platform::create_private(&path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(Token(text))
}

/// Reads a token that a node has made.
///
/// # Errors
/// Those of the file system.
pub fn read_token(path: &Path) -> io::Result<Token> {
    Ok(Token(Zeroizing::new(std::fs::read_to_string(path)?.trim().to_owned())))
}

impl Token {
    /// As it stands in the header `Authorization: Bearer ..`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Writes down where the API is.
///
/// # Errors
/// Those of the file system.
pub fn announce(home: &Home, address: SocketAddr) -> io::Result<()> {
    let place = Place { url: format!("http://{address}"), pid: std::process::id() };
    let text = serde_json::to_string(&place).map_err(io::Error::other)?;
    let path = home.api();
    if path.exists() {
        std::fs::remove_file(&path)?;
    }
    platform::create_private(&path)?.write_all(text.as_bytes())
}

/// Reads where the API of a running node is; `None` if none has said so.
///
/// # Errors
/// Those of the file system.
pub fn place(home: &Home) -> io::Result<Option<Place>> {
    match std::fs::read_to_string(home.api()) {
        Ok(text) => Ok(serde_json::from_str(&text).ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// What the description says besides the paths.
#[derive(OpenApi)]
#[openapi(
    info(title = "Musubi", description = "Local API of an office's node"),
    modifiers(&Bearer),
    security(("token" = []))
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        api.components.get_or_insert_default().add_security_scheme("token", scheme);
    }
}

fn router() -> (Router<State>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(handlers::status))
        .routes(routes!(handlers::send))
        .routes(
            routes!(handlers::attach)
                .layer::<_, Infallible>(middleware::map_request(pace::paced))
                .layer(DefaultBodyLimit::disable()),
        )
        .routes(routes!(handlers::inbox))
        .routes(routes!(handlers::outbox))
        .routes(routes!(handlers::show))
        .routes(routes!(handlers::wait))
        .routes(routes!(handlers::wait_for_all))
        .routes(routes!(handlers::file))
        .routes(routes!(handlers::opened))
        .routes(routes!(handlers::install))
        .routes(routes!(handlers::ping))
        .routes(routes!(handlers::renew))
        .routes(routes!(handlers::log))
        .routes(routes!(partners::partners))
        .routes(routes!(partners::confirm))
        .routes(routes!(proofs::membership))
        .routes(routes!(proofs::use_plan, proofs::used))
        .split_for_parts()
}

/// The description of the API, generated from its code.
#[must_use]
pub fn description() -> utoipa::openapi::OpenApi {
    router().1
}

/// Serves until `stop`; requests under way are finished.
pub async fn serve(listener: TcpListener, state: State, token: Token, stop: CancellationToken) {
    let (router, description) = router();
    let description = serde_json::to_string(&description).unwrap_or_default();
    let address = state.address;
    let describe = move || async move { ([(header::CONTENT_TYPE, "application/json")], description) };
    let app = router
        .route(DESCRIPTION, axum::routing::get(describe))
        .layer(DefaultBodyLimit::max(MAX_REQUEST))
        .with_state(state);
    serve_guarded(listener, app, address, token, stop).await;
}

/// Serves a router behind host, origin and token, until `stop`.
pub(crate) async fn serve_guarded(
    listener: TcpListener,
    app: Router,
    address: SocketAddr,
    token: Token,
    stop: CancellationToken,
) {
    let door = Door { host: address.to_string(), port: address.port(), token };
    let app = app.layer(middleware::from_fn_with_state(Arc::new(door), guard));
    let served = axum::serve(listener, app).with_graceful_shutdown(stop.cancelled_owned());
    if let Err(error) = served.await {
        tracing::error!(%error, "the local API ended");
    }
}

struct Door {
    host: String,
    port: u16,
    token: Token,
}

/// Host, origin and token, in this order, before any handler.
async fn guard(Extract(door): Extract<Arc<Door>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if !door.is_ours(text(header::HOST)) {
        return refuse(StatusCode::MISDIRECTED_REQUEST, "host");
    }
    if let Some(origin) = text(header::ORIGIN)
        && !door.is_ours(origin.strip_prefix("http://"))
    {
        return refuse(StatusCode::FORBIDDEN, "origin");
    }
    let shown = text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    if request.uri().path() != DESCRIPTION && !shown.is_some_and(|shown| door.opens(shown)) {
        return refuse(StatusCode::UNAUTHORIZED, "token");
    }
    next.run(request).await
}

impl Door {
    fn is_ours(&self, host: Option<&str>) -> bool {
        host.is_some_and(|host| host == self.host || host == format!("localhost:{}", self.port))
    }

    /// Compares by hash, so that time tells nothing of how much was right.
    fn opens(&self, shown: &str) -> bool {
        let hash = |text: &str| musubi_protocol::ids::Hash::of(&[text.as_bytes()]);
        hash(shown) == hash(self.token.as_str())
    }
}

fn refuse(status: StatusCode, code: &str) -> Response {
    ApiProblem::new(status, code).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_names_every_path() {
        let api = description();
        let paths: Vec<&str> = api.paths.paths.keys().map(String::as_str).collect();
        for path in [
            "/api/status",
            "/api/messages",
            "/api/attachments",
            "/api/inbox",
            "/api/outbox",
            "/api/messages/{id}",
            "/api/install",
            "/api/wait",
            "/api/proof/membership",
            "/api/proof/use",
        ] {
            assert!(paths.contains(&path), "{path} in {paths:?}");
        }
    }

    #[test]
    fn only_this_host_and_the_right_token_pass() {
        let door =
            Door { host: "127.0.0.1:47299".into(), port: 47299, token: Token(Zeroizing::new("secret".to_owned())) };
        assert!(door.is_ours(Some("127.0.0.1:47299")) && door.is_ours(Some("localhost:47299")));
        for other in [None, Some("evil.example:47299"), Some("127.0.0.1"), Some("127.0.0.1:1")] {
            assert!(!door.is_ours(other), "{other:?}");
        }
        assert!(door.opens("secret") && !door.opens("secre") && !door.opens(""));
    }
}
