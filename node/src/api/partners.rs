//! Partners, and which of their keys mail is sealed for.

use axum::{Json, extract::State as Extract, http::StatusCode};
use musubi_protocol::{certificate::LeafIn, ids::OfficeNumber, key_change, log::Inclusion};

use super::{
    ApiProblem, State,
    types::{ConfirmKeyRequest, ConfirmedKey, KnownPartnerRow, NewKeyRow, OwnKeyRow, PartnersRow, Problem},
};
use crate::{
    core::{CoreError, NewKey},
    times::rfc3339,
};

type Answer<T> = Result<Json<T>, ApiProblem>;

pub(super) fn new_key_row(key: &NewKey) -> NewKeyRow {
    NewKeyRow {
        address: key.address.to_string(),
        name: key.name.clone(),
        key_number: key.spoken.clone(),
        issued: rfc3339(Inclusion::act_of(&key.certificate).time),
        logged: key.logged.map(rfc3339),
        goes_from: key.goes_from().map(rfc3339),
    }
}

/// The partners of this node
#[utoipa::path(get, path = "/api/partners", responses((status = 200, body = PartnersRow)))]
pub(super) async fn partners(Extract(state): Extract<State>) -> Answer<PartnersRow> {
    let core = &state.core;
    let own = core.with_desks(|desks| {
        let row = |desk: &crate::desk::Desk| OwnKeyRow {
            office: desk.kept().office().to_string(),
            kinds: desk.kept().kinds().iter().map(ToString::to_string).collect(),
            key_number: key_change::spoken(&desk.key().verifying_key()),
        };
        desks.iter().map(row).collect()
    });
    let new_keys = core.new_keys()?;
    let mut partners = Vec::new();
    for (address, certificate) in core.db.partners().map_err(CoreError::from)? {
        let kept = core.db.certificate(&certificate).map_err(CoreError::from)?;
        let leaf = kept.and_then(|(_, der)| LeafIn::parse(&der).ok());
        partners.push(KnownPartnerRow {
            address: address.to_string(),
            name: leaf.as_ref().map(|leaf| leaf.name().to_owned()).unwrap_or_default(),
            key_number: leaf.map(|leaf| key_change::spoken(leaf.key())).unwrap_or_default(),
            connected: core.partners.is_connected(address),
            revoked: core.is_revoked(address)?,
            new_key: new_keys.iter().find(|key| key.address == address).map(new_key_row),
        });
    }
    Ok(Json(PartnersRow { own, partners }))
}

/// Takes a person's word that a partner's new key is its own
///
/// Whoever says so has heard the number from the partner itself, by telephone or in person: what waits for this partner is
/// sealed for the key and goes, which cannot be taken back.
#[utoipa::path(
    post, path = "/api/partners/confirm", request_body = ConfirmKeyRequest,
    responses(
        (status = 200, body = ConfirmedKey),
        (status = 404, body = Problem, description = "No new key of this office with this number waits"),
    )
)]
pub(super) async fn confirm(
    Extract(state): Extract<State>,
    Json(request): Json<ConfirmKeyRequest>,
) -> Answer<ConfirmedKey> {
    let nothing = || ApiProblem::new(StatusCode::NOT_FOUND, "no_new_key").with("office", &request.office);
    let office: OfficeNumber = request.office.parse().map_err(|_| nothing())?;
    let addresses = state.core.confirm_key(office, &request.key_number).await?;
    if addresses.is_empty() {
        return Err(nothing());
    }
    Ok(Json(ConfirmedKey { addresses: addresses.iter().map(ToString::to_string).collect() }))
}
