//! Why a request was not carried out, as JSON with a stable code.

use std::collections::BTreeMap;

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use musubi_store::StoreError;

use super::types::Problem;
use crate::{core::CoreError, db::DbError, keys::KeyError, trust::InstallError};

/// An answer that is a problem.
#[derive(Debug)]
pub struct ApiProblem {
    status: StatusCode,
    problem: Problem,
}

impl ApiProblem {
    /// A problem with a code.
    #[must_use]
    pub fn new(status: StatusCode, code: &str) -> Self {
        Self { status, problem: Problem { code: code.into(), args: BTreeMap::new() } }
    }

    /// A request that cannot be understood.
    #[must_use]
    pub fn bad(code: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code)
    }

    /// What went wrong, as its body says it.
    #[must_use]
    pub const fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Adds a value for the sentence.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.problem.args.insert(name.into(), value.to_string());
        self
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        (self.status, Json(self.problem)).into_response()
    }
}

impl From<CoreError> for ApiProblem {
    fn from(error: CoreError) -> Self {
        match error {
            CoreError::NoMessage => Self::new(StatusCode::NOT_FOUND, "no_message"),
            CoreError::Key(KeyError::Closed) => Self::new(StatusCode::CONFLICT, "reading_closed"),
            CoreError::Install(error) => error.into(),
            CoreError::DiskLow => Self::new(StatusCode::INSUFFICIENT_STORAGE, "disk_low"),
            CoreError::Db(DbError::Store(StoreError::SyncFailed)) => {
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "disk_failed")
            }
            CoreError::Stopped => Self::new(StatusCode::SERVICE_UNAVAILABLE, "stopping"),
            other => {
                tracing::error!(error = %other, "a request failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "failed")
            }
        }
    }
}

impl From<InstallError> for ApiProblem {
    fn from(error: InstallError) -> Self {
        let refused = |code: &str| Self::new(StatusCode::UNPROCESSABLE_ENTITY, code).with("reason", reason(&error));
        match &error {
            InstallError::Material { index, .. } => refused("install_unreadable").with("index", index),
            InstallError::Bundle(_) => refused("install_bundle"),
            InstallError::Pin { found } => refused("install_pin").with("found", found),
            InstallError::NoTrust => refused("install_no_trust"),
            InstallError::Crl(_) => refused("install_crl"),
            InstallError::Alarm(what) => refused("install_alarm").with("what", what),
            InstallError::NoRequest { office } => refused("install_no_request").with("office", office),
            InstallError::Certificate(_) => refused("install_certificate"),
            InstallError::Db(cause) => {
                tracing::error!(error = %cause, "an installation failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "failed")
            }
        }
    }
}

/// The innermost cause, in the words of the library that found it.
fn reason(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
