//! Partners, and which of their keys mail is sealed for.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use axum::{Json, extract::State as Extract, http::StatusCode};
use musubi_protocol::{
    certificate::LeafIn,
    ids::{Address, OfficeNumber},
    key_change,
    log::Inclusion,
};

use super::{
    ApiProblem, State,
    types::{ConfirmKeyRequest, ConfirmedKey, NewKeyRow, OwnKeyRow, PartnerKeyRow, Partners, Problem},
};
use crate::{
    core::{Awaits, Confirmed, Core, CoreError},
    desk::Desk,
    times::rfc3339,
};

type Answer<T> = Result<Json<T>, ApiProblem>;

/// The new keys of partners. Reads of the log what was not read yet: blocks.
fn rows(core: &Core) -> Result<Vec<(Address, NewKeyRow)>, CoreError> {
    let row = |key: &crate::core::NewKey| {
        let (awaits, goes_from) = match core.awaits(key)? {
            Awaits::Time(from) => ("time", Some(rfc3339(from))),
            Awaits::News => ("news", None),
            Awaits::Leaf => ("leaf", None),
            Awaits::Log => ("log", None),
        };
        let row = NewKeyRow {
            address: key.address.to_string(),
            name: key.certificate.name().to_owned(),
            key_number: key.spoken.clone(),
            issued: rfc3339(Inclusion::act_of(&key.certificate).time),
            awaits: awaits.into(),
            goes_from,
        };
        Ok((key.address, row))
    };
    core.new_keys()?.iter().map(row).collect()
}

/// The new keys of partners.
pub(super) async fn new_keys(core: &Arc<Core>) -> Result<Vec<NewKeyRow>, CoreError> {
    let core = Arc::clone(core);
    let found = tokio::task::spawn_blocking(move || rows(&core)).await.map_err(|_| CoreError::Stopped)?;
    Ok(found?.into_iter().map(|(_, row)| row).collect())
}

/// The partners of this node
#[utoipa::path(get, path = "/api/partners", responses((status = 200, body = Partners)))]
pub(super) async fn partners(Extract(state): Extract<State>) -> Answer<Partners> {
    let core = state.core;
    let found = tokio::task::spawn_blocking(move || all(&core)).await.map_err(|_| CoreError::Stopped)?;
    Ok(Json(found?))
}

fn all(core: &Core) -> Result<Partners, CoreError> {
    let own = core.with_desks(|desks| {
        let row = |desk: &Desk| OwnKeyRow {
            office: desk.kept().office().to_string(),
            kinds: desk.kept().kinds().iter().map(ToString::to_string).collect(),
            key_number: key_change::spoken(&desk.key().verifying_key()),
        };
        desks.iter().map(row).collect()
    });
    let mut new_keys: HashMap<Address, NewKeyRow> = rows(core)?.into_iter().collect();
    let connected: BTreeSet<Address> = core.partners.addresses().into_iter().collect();
    let mut partners = Vec::new();
    for (address, certificate) in core.db.partners()? {
        let leaf = core.db.certificate(&certificate)?.and_then(|(_, der)| LeafIn::parse(&der).ok());
        partners.push(PartnerKeyRow {
            address: address.to_string(),
            name: leaf.as_ref().map(|leaf| leaf.name().to_owned()).unwrap_or_default(),
            key_number: leaf.map(|leaf| key_change::spoken(leaf.key())).unwrap_or_default(),
            connected: connected.contains(&address),
            revoked: core.is_revoked(address)?,
            new_key: new_keys.remove(&address),
        });
    }
    Ok(Partners { own, partners })
}

/// Takes a person's word that a partner's new key is its own
///
/// Whoever says so has heard the number from the partner itself, by telephone or in person: what waits for this partner is
/// sealed for the key and goes, which cannot be taken back.
#[utoipa::path(
    post, path = "/api/partners/confirm", request_body = ConfirmKeyRequest,
    responses(
        (status = 200, body = ConfirmedKey),
        (status = 404, body = Problem, description = "No new key of this office waits"),
        (status = 409, body = Problem, description = "The new key of this office has another number"),
    )
)]
pub(super) async fn confirm(
    Extract(state): Extract<State>,
    Json(request): Json<ConfirmKeyRequest>,
) -> Answer<ConfirmedKey> {
    let nothing = || ApiProblem::new(StatusCode::NOT_FOUND, "no_new_key").with("office", &request.office);
    let office: OfficeNumber = request.office.parse().map_err(|_| nothing())?;
    match state.core.confirm_key(office, &request.key_number).await? {
        Confirmed::Addresses(addresses) => {
            Ok(Json(ConfirmedKey { addresses: addresses.iter().map(ToString::to_string).collect() }))
        }
        Confirmed::Nothing => Err(nothing()),
        Confirmed::OtherNumber => {
            Err(ApiProblem::new(StatusCode::CONFLICT, "other_key_number").with("office", &request.office))
        }
    }
}
