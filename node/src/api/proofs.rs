//! Proofs of membership and of use, request by request.

use std::{collections::BTreeSet, time::Duration};

use axum::{
    Json,
    extract::{Query, State as Extract},
    http::StatusCode,
};
use musubi_protocol::{
    ids::OfficeNumber,
    proof::{ENOUGH_PARTNERS, Months, ProofError, exchange::FiscalYear},
};
use serde::Deserialize;

use super::{
    ApiProblem, State,
    types::{MembershipRequest, MembershipRow, PartnerRow, Problem, UsePlan, UseRequest, UseRow},
};
use crate::{
    core::Core,
    proofs::{
        gather::{self, GatherError, Gathered, Outcome},
        membership::{self, Lack, Member, MemberError},
    },
    times::rfc3339,
};

type Answer<T> = Result<Json<T>, ApiProblem>;

/// Longest wait for partners.
const LONGEST_WAIT: u64 = 600;

/// The office that is meant: the one named, or the only one of this node.
fn office(core: &Core, wanted: Option<&str>) -> Result<OfficeNumber, ApiProblem> {
    let here: BTreeSet<OfficeNumber> = core.with_desks(|desks| desks.iter().map(|desk| desk.kept().office()).collect());
    match wanted {
        Some(wanted) => here.into_iter().find(|office| office.as_str() == wanted),
        None if here.len() > 1 => {
            let offices: Vec<&str> = here.iter().map(OfficeNumber::as_str).collect();
            return Err(ApiProblem::bad("which_office").with("offices", offices.join(" ")));
        }
        None => here.into_iter().next(),
    }
    .ok_or_else(|| ApiProblem::new(StatusCode::NOT_FOUND, "no_desk"))
}

/// The fiscal year that is meant: the one named if it has begun, or the running one.
fn fiscal_year(core: &Core, wanted: Option<u16>) -> Result<FiscalYear, ApiProblem> {
    let running = FiscalYear::of(core.now());
    let year = wanted.map_or(running, FiscalYear::new).filter(|year| running.is_some_and(|running| *year <= running));
    year.ok_or_else(|| ApiProblem::bad("fiscal_year").with("year", wanted.unwrap_or_default()))
}

fn no_certificate(office: OfficeNumber) -> ApiProblem {
    ApiProblem::new(StatusCode::CONFLICT, "proof_no_certificate").with("office", office)
}

/// The proof's forms; encoding what was built here does not fail.
fn failed(error: impl std::error::Error) -> ApiProblem {
    tracing::error!(%error, "a proof cannot be written");
    ApiProblem::new(StatusCode::INTERNAL_SERVER_ERROR, "failed")
}

/// The proof that an office here takes part
///
/// A new one from the authority; where there is none, the newest that is kept here and still verifies.
#[utoipa::path(
    post, path = "/api/proof/membership", request_body = MembershipRequest,
    responses(
        (status = 200, body = MembershipRow),
        (status = 503, body = Problem, description = "The authority gave none, and none is kept that verifies"),
    )
)]
pub(super) async fn membership(
    Extract(state): Extract<State>,
    Json(request): Json<MembershipRequest>,
) -> Answer<MembershipRow> {
    let office = office(&state.core, request.office.as_deref())?;
    let found = membership::membership(&state.core, state.authority.as_ref(), office).await;
    let Member { proof, membership, kept } = found.map_err(|error| match error {
        MemberError::NoCertificate => no_certificate(office),
        MemberError::None(Lack::Unreachable) => {
            ApiProblem::new(StatusCode::SERVICE_UNAVAILABLE, "membership_unreachable")
        }
        MemberError::None(Lack::Refused(_)) => ApiProblem::new(StatusCode::SERVICE_UNAVAILABLE, "membership_refused"),
        MemberError::None(Lack::Licence) => ApiProblem::new(StatusCode::CONFLICT, "membership_licence"),
        MemberError::None(Lack::Unfit) => ApiProblem::new(StatusCode::SERVICE_UNAVAILABLE, "membership_unfit"),
        MemberError::Core(error) => error.into(),
    })?;
    Ok(Json(MembershipRow {
        office: office.to_string(),
        name: membership.name,
        joined: rfc3339(membership.joined),
        from: rfc3339(membership.from),
        until: rfc3339(membership.until),
        signed: rfc3339(membership.time),
        kept: kept.map(|lack| {
            let name = match lack {
                Lack::Unreachable => "unreachable",
                Lack::Refused(_) => "refused",
                Lack::Licence => "licence",
                Lack::Unfit => "unfit",
            };
            name.into()
        }),
        file: proof.to_pem().map_err(failed)?,
        text: proof.to_text().map_err(failed)?,
    }))
}

/// Which office, and which fiscal year.
#[derive(Deserialize, utoipa::IntoParams)]
pub(super) struct Wanted {
    /// The office number; may be left out where this node has one
    office: Option<String>,
    /// The calendar year in which the fiscal year begins (April); the running one if left out
    fiscal_year: Option<u16>,
}

/// With how many offices there was exchange in a fiscal year
///
/// Read from what is kept here; nobody is asked, and no partner is named.
#[utoipa::path(get, path = "/api/proof/use", params(Wanted), responses((status = 200, body = UsePlan)))]
pub(super) async fn use_plan(Extract(state): Extract<State>, Query(wanted): Query<Wanted>) -> Answer<UsePlan> {
    let office = office(&state.core, wanted.office.as_deref())?;
    let year = fiscal_year(&state.core, wanted.fiscal_year)?;
    let partners = gather::partners(&state.core, office, year).await?;
    let months = partners.iter().fold(Months::default(), |all, partner| all.and(partner.months));
    Ok(Json(UsePlan {
        office: office.to_string(),
        fiscal_year: year.number(),
        partners: partners.len() as u64,
        months: months.iter().collect(),
        enough: ENOUGH_PARTNERS as u64,
    }))
}

/// The proof that an office here exchanges: asks its partners to confirm it
///
/// Partners hear who asks, and their office numbers stand in the proof: `agreed` says that a person knows that. What
/// has come is kept, so that asking again later costs only those who were missing.
#[utoipa::path(
    post, path = "/api/proof/use", request_body = UseRequest,
    responses((status = 200, body = UseRow), (status = 400, body = Problem))
)]
pub(super) async fn used(Extract(state): Extract<State>, Json(request): Json<UseRequest>) -> Answer<UseRow> {
    let core = &state.core;
    let office = office(core, request.office.as_deref())?;
    let year = fiscal_year(core, request.fiscal_year)?;
    if !request.agreed {
        return Err(ApiProblem::bad("use_not_agreed"));
    }
    let wait = Duration::from_secs(request.seconds.min(LONGEST_WAIT));
    let gathered = gather::gather(core, &state.wire, office, year, wait).await;
    let Gathered { partners, proof } = gathered.map_err(|error| match error {
        GatherError::NoCertificate => no_certificate(office),
        GatherError::Proof(ProofError::OldData) => ApiProblem::new(StatusCode::CONFLICT, "proof_old_lists"),
        GatherError::Core(error) => error.into(),
        error => failed(error),
    })?;
    let rows = partners.into_iter().map(|(partner, outcome)| {
        let (name, months) = match outcome {
            Outcome::Attested(months) => ("attested", months),
            Outcome::NotConnected => ("not_connected", Months::default()),
            Outcome::NotAdmitted => ("not_admitted", Months::default()),
            Outcome::Revoked => ("revoked", Months::default()),
            Outcome::NoCertificate => ("no_certificate", Months::default()),
            Outcome::Nothing => ("nothing", Months::default()),
            Outcome::Busy => ("busy", Months::default()),
            Outcome::Unfit => ("unfit", Months::default()),
            Outcome::NoAnswer => ("no_answer", Months::default()),
        };
        PartnerRow { office: partner.to_string(), outcome: name.into(), months: months.iter().collect() }
    });
    let mut row = UseRow {
        office: office.to_string(),
        fiscal_year: year.number(),
        partners: rows.collect(),
        enough: ENOUGH_PARTNERS as u64,
        ..UseRow::default()
    };
    if let Some((proof, statement)) = proof {
        row.attested = u64::from(statement.partners);
        row.months = statement.months.iter().collect();
        row.signed = Some(rfc3339(statement.time));
        row.file = Some(proof.to_pem().map_err(failed)?);
        row.text = Some(proof.short().to_text().map_err(failed)?);
    }
    Ok(Json(row))
}
