//! What the API does, request by request.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    body::Body,
    extract::{Multipart, Path, Query, State as Extract, multipart::MultipartError},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use careplan::Lang;
use musubi_protocol::{
    delivery::{self, inbound_state},
    entry::{By, What},
    gate::Refusal,
    ids::{Address, Hash, MessageId},
    log::{Act, Fork},
    policy::asks_due,
    time::Timestamp,
    trust::Trust,
};
use musubi_store::{Room, Usage};
use serde::Deserialize;
use tokio::{
    sync::broadcast::error::RecvError,
    time::{Instant, timeout},
};

use super::{
    ApiProblem, State,
    partners::new_keys,
    types::{
        CrlRow, DeskRow, Detail, DiskRow, DoubtRow, ForeignRow, ForkRow, HeadRow, Installed, LogRequest, LogRow,
        MissingRow, Ping, PingRequest, Problem, RefusedRow, RenewRequest, RenewalRow, Row, Status, WaitRequest,
    },
};
use crate::{
    attachments::{self, Upload},
    core::{Core, CoreError, standing},
    db::{DbError, Writes},
    desk::Desk,
    inbox as mail,
    news::Renewing,
    outbox::{self as mailer, Order},
    rows::{self, Rows},
    times::rfc3339,
    transparency,
    wire::{Dialed, places},
};

type Answer<T> = Result<Json<T>, ApiProblem>;

/// Shortest prefix of a message id that is accepted.
const SHORTEST_PREFIX: usize = 8;
/// Longest wait for the answer of a partner who is connected.
const PROBE: Duration = Duration::from_secs(5);
/// Longest wait for the authority.
const ASK_AUTHORITY: Duration = Duration::from_secs(90);
/// Most messages of one wait.
const MAX_WAITED: usize = 10_000;
/// Longest wait for a state.
const LONGEST_WAIT: u64 = 600;

fn lang(headers: &HeaderMap) -> Lang {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("ja");
    if wanted.to_ascii_lowercase().starts_with("en") { Lang::En } else { Lang::Ja }
}

fn db(error: DbError) -> ApiProblem {
    CoreError::from(error).into()
}

/// Finds the message that a unique prefix of its id means.
fn find(core: &Core, prefix: &str) -> Result<MessageId, ApiProblem> {
    if prefix.len() < SHORTEST_PREFIX {
        return Err(ApiProblem::bad("short_id"));
    }
    if let Ok(id) = prefix.parse::<MessageId>() {
        let id = core.db.newest_id(id).map_err(db)?;
        let known = core.db.outbound(&id).map_err(db)?.is_some() || core.db.inbound(&id).map_err(db)?.is_some();
        return known
            .then_some(id)
            .ok_or_else(|| ApiProblem::new(StatusCode::NOT_FOUND, "no_message").with("id", prefix));
    }
    match core.db.ids_with_prefix(&prefix.to_ascii_lowercase()).map_err(db)?.as_slice() {
        [] => Err(ApiProblem::new(StatusCode::NOT_FOUND, "no_message").with("id", prefix)),
        [id] => Ok(*id),
        _ => Err(ApiProblem::new(StatusCode::CONFLICT, "ambiguous_id").with("id", prefix)),
    }
}

/// Answers with what was read once all of that is durable: a state that somebody was told is not taken back by a power
/// cut.
async fn durable<T>(core: &Core, read: T) -> Answer<T> {
    core.db.store().durable().await.map_err(CoreError::from)?;
    Ok(Json(read))
}

/// State of the node
#[utoipa::path(get, path = "/api/status", responses((status = 200, body = Status)))]
pub(super) async fn status(Extract(state): Extract<State>) -> Answer<Status> {
    let core = &state.core;
    let (now, wall) = (core.now(), core.trust.wall());
    let trust = core.trust.trust();
    let required = trust.as_ref().map(|trust| trust.bundle().enforce_from);
    let crl = trust.as_ref().and_then(|trust| trust.least_fresh(now));
    let desks = core.with_desks(|desks| desks.iter().map(|desk| desk_row(core, desk, now)).collect());
    let inbound = core.db.all_inbound().map_err(db)?;
    let new = inbound.iter().filter(|(_, message)| inbound_state(message) == Some(delivery::State::Delivered));
    let usage = core.db.store().usage().map_err(CoreError::from)?;
    let handle = state.wire.handle();
    let pending = mailer::pending(core)?;
    Ok(Json(Status {
        peer_id: core.peer_id().to_string(),
        listen: handle.map(|h| h.listen_addrs().iter().map(ToString::to_string).collect()).unwrap_or_default(),
        api: format!("http://{}", state.address),
        desks,
        crl: crl.map(|crl| CrlRow { number: crl.number(), age_s: now.since(crl.this_update()) }),
        waiting: pending.waiting,
        held: pending.held,
        new: new.count() as u64,
        mode: core.mode.name().into(),
        reading: core.keys.reading.is_some(),
        connected: core.partners.addresses().iter().map(ToString::to_string).collect(),
        refused: core.refusals()?.into_iter().map(refused_row).collect(),
        disk_low: Room::of(usage.free, usage.reserve) != Room::Ample,
        disk: disk_row(usage),
        clock_behind_s: core.trust.trusted_time().map_or(0, |signed| signed.since(wall)),
        clock_ahead_s: core.trust.trusted_time().map_or(0, |signed| wall.since(signed)),
        foreign: transparency::foreign(&core.db).map_err(db)?.len() as u64,
        log: transparency::covered_size(&core.db).map_err(db)?,
        bundle: trust.as_ref().map_or(0, |trust| trust.bundle().number),
        log_fork: transparency::fork(&core.db).map_err(db)?.is_some(),
        log_doubt: transparency::doubt(&core.db).map_err(db)?.map(doubt_row),
        log_missing: transparency::withheld(core)
            .map_err(db)?
            .map(|missing| MissingRow { size: missing.size, since: rfc3339(missing.since) }),
        new_keys: new_keys(core).await?,
        log_required: required.filter(|from| from.0 != 0).map(rfc3339),
        version: env!("CARGO_PKG_VERSION").into(),
    }))
}

fn desk_row(core: &Core, desk: &Desk, now: Timestamp) -> DeskRow {
    let certificate = desk.certificate().map(|(_, leaf)| leaf);
    let until = certificate.map(|leaf| leaf.until());
    let newest = desk.certificates.iter().map(|(_, leaf)| leaf).max_by_key(|leaf| leaf.issue_number());
    let next = newest.map(|leaf| leaf.until()).filter(|next| until.is_some_and(|until| until < *next));
    let asked = until.map_or(0, |until| asks_due(until, now) as u64);
    let renewal = core.renewal(desk.kept().number()).map(|renewing| match renewing {
        Renewing::Fee(yen) => RenewalRow { fee: Some(yen), refused: None, asked },
        Renewing::Refused(refusal) => RenewalRow { fee: None, refused: Some(refusal.name().into()), asked },
    });
    DeskRow {
        office: desk.kept().office().to_string(),
        kinds: desk.kept().kinds().iter().map(ToString::to_string).collect(),
        name: certificate.map_or_else(|| desk.kept().name().to_owned(), |leaf| leaf.name().to_owned()),
        state: standing(desk, &core.trust, now).name().into(),
        until: until.map(rfc3339),
        next_until: next.map(rfc3339),
        renewal,
        in_log: certificate.is_some_and(|leaf| core.has_proof(leaf)),
    }
}

/// Asks the authority for newer lists and certificates, and renews a licence
#[utoipa::path(post, path = "/api/renew", request_body = RenewRequest, responses((status = 200, body = Vec<DeskRow>)))]
pub(super) async fn renew(Extract(state): Extract<State>, Json(request): Json<RenewRequest>) -> Answer<Vec<DeskRow>> {
    let core = &state.core;
    let wanted = |desk: &Desk| request.office.as_ref().is_none_or(|office| desk.kept().office().as_str() == office);
    let numbers: Vec<u16> =
        core.with_desks(|desks| desks.iter().filter(|desk| wanted(desk)).map(|desk| desk.kept().number()).collect());
    if numbers.is_empty() {
        return Err(ApiProblem::new(StatusCode::NOT_FOUND, "no_desk"));
    }
    if let Some(yen) = request.agree {
        for number in &numbers {
            core.agree(*number, yen).await?;
        }
    }
    // The node goes on asking by itself, whatever comes of this.
    let asked = timeout(ASK_AUTHORITY, core.ask_authority()).await.unwrap_or(false);
    if !asked {
        return Err(ApiProblem::new(StatusCode::SERVICE_UNAVAILABLE, "authority_unreachable"));
    }
    let now = core.now();
    let of = |desk: &&Desk| numbers.contains(&desk.kept().number());
    Ok(Json(core.with_desks(|desks| desks.iter().filter(of).map(|desk| desk_row(core, desk, now)).collect())))
}

/// Checks the authority's public log, all of it
#[utoipa::path(post, path = "/api/log", request_body = LogRequest, responses((status = 200, body = LogRow)))]
pub(super) async fn log(Extract(state): Extract<State>, Json(request): Json<LogRequest>) -> Answer<LogRow> {
    let core = Arc::clone(&state.core);
    if let Some(number) = request.known {
        if transparency::foreign(&core.db).map_err(db)?.iter().all(|act| act.issue_number != number) {
            return Err(ApiProblem::new(StatusCode::NOT_FOUND, "log_number"));
        }
        let mut writes = Writes::new();
        transparency::acknowledge(&core.db, &mut writes, number).map_err(db)?;
        core.db.store().commit(writes.into_batch()).await.map_err(CoreError::from)?;
    }
    let trust = state.core.trust.trust();
    let handed = request.evidence.is_some();
    let evidence = match (&request.evidence, &trust) {
        (Some(file), Some(trust)) => Some(
            Fork::from_pem(file)
                .and_then(|fork| fork_row(&fork, trust))
                .ok_or_else(|| ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, "log_evidence"))?,
        ),
        _ => None,
    };
    let doubt = transparency::doubt(&core.db).map_err(db)?;
    let check = move || transparency::check(&core.db, core.trust.trust().as_ref());
    let checked = tokio::task::spawn_blocking(check).await.map_err(|_| CoreError::Stopped)?.map_err(db)?;
    let row = |act: &Act| ForeignRow {
        office: act.office.to_string(),
        issue_number: act.issue_number,
        at: rfc3339(act.time),
        certificate: act.certificate.to_string(),
    };
    Ok(Json(LogRow {
        size: checked.size,
        root: checked.root.to_string(),
        signed: checked.signed.map(rfc3339),
        whole: checked.whole,
        fork: checked.fork.is_some(),
        evidence: match handed {
            true => evidence,
            false => checked.fork.zip(trust).and_then(|(fork, trust)| fork_row(&fork, &trust)),
        },
        doubt: doubt.map(doubt_row),
        foreign: checked.foreign.iter().map(row).collect(),
    }))
}

fn doubt_row((address, at): (Address, Timestamp)) -> DoubtRow {
    DoubtRow { address: address.to_string(), at: rfc3339(at) }
}

/// Evidence that holds.
fn fork_row(fork: &Fork, trust: &Trust) -> Option<ForkRow> {
    let [ours, theirs] = fork.verify(trust)?.map(|head| {
        let head = head.value();
        HeadRow { size: head.size, root: head.root.to_string(), signed: rfc3339(head.time) }
    });
    Some(ForkRow { size: fork.size, ours, theirs, file: fork.to_pem().ok()? })
}

fn disk_row(usage: Usage) -> DiskRow {
    let Usage { free, reserve, log, bodies, live } = usage;
    let live_percent = live.map(|live| live.saturating_mul(100) / log.max(1));
    DiskRow { free, reserve, log, bodies, live, live_percent }
}

fn refused_row((addresses, refusal): (Vec<Address>, Refusal)) -> RefusedRow {
    let addresses = addresses.iter().map(ToString::to_string).collect();
    RefusedRow { addresses, refusal: refusal.name().into() }
}

/// A form with files; only for the description.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "its fields describe the form, nobody reads them")]
pub(super) struct SendForm {
    /// Files of one or many bundles, each a part with its own file name.
    #[schema(format = Binary)]
    file: Vec<String>,
    /// Sender's address, where the files leave it open.
    from: Option<String>,
    /// Receiver's kind, where the files leave it open.
    to_kind: Option<String>,
    /// `true`: send even where a newer serial went out before.
    older: Option<bool>,
}

/// Checks, seals and stores bundles for their receivers
#[utoipa::path(
    post, path = "/api/messages",
    request_body(content = SendForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = Vec<Row>, description = "One row for each bundle and each file that belongs to none; accepted ones are durable"),
        (status = 400, body = Problem),
    )
)]
pub(super) async fn send(Extract(state): Extract<State>, headers: HeaderMap, form: Multipart) -> Answer<Vec<Row>> {
    let order = read_order(form).await?;
    if order.files.is_empty() {
        return Err(ApiProblem::bad("no_files"));
    }
    Ok(Json(mailer::send(&state.core, order, lang(&headers)).await?))
}

async fn read_order(mut form: Multipart) -> Result<Order, ApiProblem> {
    let bad = |_: MultipartError| ApiProblem::bad("form");
    let mut order = Order::default();
    while let Some(field) = form.next_field().await.map_err(bad)? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "file" => {
                let file = field.file_name().ok_or_else(|| ApiProblem::bad("form"))?.to_owned();
                order.files.push((file, field.bytes().await.map_err(bad)?.to_vec()));
            }
            "from" => {
                let text = field.text().await.map_err(bad)?;
                order.from = Some(text.parse().map_err(|_| ApiProblem::bad("address").with("text", &text))?);
            }
            "to_kind" => {
                let text = field.text().await.map_err(bad)?;
                order.to_kind = Some(text.parse().map_err(|_| ApiProblem::bad("kind").with("text", &text))?);
            }
            "older" => order.older = field.text().await.map_err(bad)? == "true",
            _ => return Err(ApiProblem::bad("form")),
        }
    }
    Ok(order)
}

/// A form with attachments; only for the description. Fields stand before the first file.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "its fields describe the form, nobody reads them")]
pub(super) struct AttachmentsForm {
    /// Receiver's address.
    to: String,
    /// Sender's address; may be left out where this node has one.
    from: Option<String>,
    /// What is said with the files: at most 8,192 bytes of UTF-8.
    note: Option<String>,
    /// `true`: each file is a message of its own.
    each: Option<bool>,
    /// `true`: send even what was sent the same within a day.
    again: Option<bool>,
    /// `true`: let programs and scripts through.
    allow_programs: Option<bool>,
    /// `true`: let files of the care-plan standard through; they are not imported.
    as_attachment: Option<bool>,
    /// The files, each a part with its own file name. They are sealed while they come.
    #[schema(format = Binary)]
    file: Vec<String>,
}

/// Seals files of any kind for one receiver while they come in
///
/// A request that breaks off leaves nothing of the message that was not complete.
#[utoipa::path(
    post, path = "/api/attachments",
    request_body(content = AttachmentsForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = Vec<Row>, description = "One row for each message, refused ones included; accepted ones are durable"),
        (status = 400, body = Problem),
    )
)]
pub(super) async fn attach(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    mut form: Multipart,
) -> Answer<Vec<Row>> {
    let bad = |_: MultipartError| ApiProblem::bad("form");
    let mut fields = AttachmentFields::default();
    let mut upload: Option<Upload> = None;
    while let Some(mut field) = form.next_field().await.map_err(bad)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name != "file" {
            // What a field says of files that have gone already would come too late.
            if upload.is_some() {
                return Err(ApiProblem::bad("form"));
            }
            fields.take(&name, field.text().await.map_err(bad)?)?;
            continue;
        }
        let file = field.file_name().ok_or_else(|| ApiProblem::bad("form"))?.to_owned();
        let upload = match &mut upload {
            Some(upload) => upload,
            None => {
                let order = std::mem::take(&mut fields).order(&headers)?;
                upload.insert(Upload::begin(&state.core, order, lang(&headers)))
            }
        };
        upload.file(&file).await;
        while let Some(bytes) = field.chunk().await.map_err(bad)? {
            upload.bytes(bytes).await;
        }
    }
    let upload = upload.ok_or_else(|| ApiProblem::bad("no_files"))?;
    Ok(Json(upload.finish().await?))
}

/// What stands before the first file.
#[derive(Default)]
struct AttachmentFields {
    to: Option<Address>,
    from: Option<Address>,
    note: Option<String>,
    flags: Vec<String>,
}

impl AttachmentFields {
    fn take(&mut self, name: &str, text: String) -> Result<(), ApiProblem> {
        let address = |text: &str| text.parse().map_err(|_| ApiProblem::bad("address").with("text", text));
        match name {
            "to" => self.to = Some(address(&text)?),
            "from" => self.from = Some(address(&text)?),
            "note" => self.note = Some(text),
            "each" | "again" | "allow_programs" | "as_attachment" => {
                self.flags.extend((text == "true").then(|| name.to_owned()));
            }
            _ => return Err(ApiProblem::bad("form")),
        }
        Ok(())
    }

    fn order(self, headers: &HeaderMap) -> Result<attachments::Order, ApiProblem> {
        let has = |flag: &str| self.flags.iter().any(|set| set == flag);
        let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        Ok(attachments::Order {
            to: self.to.ok_or_else(|| ApiProblem::bad("form"))?,
            from: self.from,
            each: has("each"),
            again: has("again"),
            programs: has("allow_programs"),
            standard: has("as_attachment"),
            expected: length.and_then(|length| length.parse().ok()),
            note: self.note,
        })
    }
}

/// Messages for addresses here, in order of delivery
#[utoipa::path(get, path = "/api/inbox", responses((status = 200, body = Vec<Row>)))]
pub(super) async fn inbox(Extract(state): Extract<State>) -> Answer<Vec<Row>> {
    durable(&state.core, rows::inbox(&state.core)?).await
}

/// Messages sent from here, oldest first
#[utoipa::path(get, path = "/api/outbox", responses((status = 200, body = Vec<Row>)))]
pub(super) async fn outbox(Extract(state): Extract<State>) -> Answer<Vec<Row>> {
    durable(&state.core, rows::outbox(&state.core)?).await
}

/// One message with its evidence
#[utoipa::path(
    get, path = "/api/messages/{id}",
    params(("id" = String, Path, description = "Message id, or a unique prefix of at least 8 characters")),
    responses((status = 200, body = Detail), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn show(Extract(state): Extract<State>, Path(id): Path<String>) -> Answer<Detail> {
    let id = find(&state.core, &id)?;
    let detail = rows::detail(&state.core, id)?;
    let detail = detail.ok_or_else(|| ApiProblem::new(StatusCode::NOT_FOUND, "no_message").with("id", id))?;
    durable(&state.core, detail).await
}

/// What is waited for.
#[derive(Deserialize, utoipa::IntoParams)]
pub(super) struct Wanted {
    /// delivered or opened
    state: String,
    /// Seconds to wait at most, 600 and less
    seconds: u64,
}

/// Waits until a message sent from here reaches a state, or time is up
#[utoipa::path(
    get, path = "/api/messages/{id}/wait",
    params(("id" = String, Path, description = "Message id or prefix"), Wanted),
    responses((status = 200, body = Row, description = "The message as it stands then"), (status = 404, body = Problem))
)]
pub(super) async fn wait(
    Extract(state): Extract<State>,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Answer<Row> {
    let id = find(&state.core, &id)?;
    let mut rows = waited(&state.core, &[id], &wanted.state, wanted.seconds).await?;
    Ok(Json(rows.pop().ok_or(CoreError::NoMessage)?))
}

/// Waits until messages sent from here reach a state, or time is up
///
/// One request for many messages, at most 10,000.
#[utoipa::path(
    post, path = "/api/wait", request_body = WaitRequest,
    responses(
        (status = 200, body = Vec<Row>, description = "The messages as they stand then, in the order of their ids in the request"),
        (status = 404, body = Problem),
    )
)]
pub(super) async fn wait_for_all(Extract(state): Extract<State>, Json(request): Json<WaitRequest>) -> Answer<Vec<Row>> {
    if request.ids.len() > MAX_WAITED {
        return Err(ApiProblem::bad("form"));
    }
    let ids = request.ids.iter().map(|id| find(&state.core, id)).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(waited(&state.core, &ids, &request.state, request.seconds).await?))
}

async fn waited(core: &Core, ids: &[MessageId], state: &str, seconds: u64) -> Result<Vec<Row>, ApiProblem> {
    let what = match state {
        "delivered" => What::Delivered,
        "opened" => What::Opened,
        _ => return Err(ApiProblem::bad("wait_state").with("text", state)),
    };
    let now = |id: &MessageId| {
        // It may be announced anew while somebody waits.
        let id = core.db.newest_id(*id)?;
        Ok::<_, CoreError>((id, core.db.outbound(&id)?.ok_or(CoreError::NoMessage)?))
    };
    let reached = |id| {
        let (id, message) = now(&id)?;
        let over = message.receipts.has(what) || message.receipts.ended() || message.ended.is_some();
        // What is held does not go on by itself.
        Ok(over || Rows::new(core).is_held(&id, &message)?)
    };
    core.wait_for(ids, Duration::from_secs(seconds.min(LONGEST_WAIT)), reached).await?;
    let mut lister = Rows::new(core);
    let mut row = |id: &MessageId| {
        let (id, message) = now(id)?;
        lister.outbound(id, &message)
    };
    let rows = ids.iter().map(&mut row).collect::<Result<Vec<_>, CoreError>>()?;
    core.db.store().durable().await.map_err(CoreError::from)?;
    Ok(rows)
}

/// How a file is fetched.
#[derive(Deserialize, utoipa::IntoParams)]
pub(super) struct Fetch {
    /// `false`: nothing is signed yet. The program says itself when it has the files for good, by
    /// `POST /api/messages/{id}/opened`.
    #[serde(default = "yes")]
    opens: bool,
}

const fn yes() -> bool {
    true
}

/// The bytes of one file; the first file of a received message that is fetched signs `opened`
#[utoipa::path(
    get, path = "/api/messages/{id}/files/{index}",
    params(
        ("id" = String, Path, description = "Message id or prefix"),
        ("index" = usize, Path, description = "Place in the message's list of files, from 0"),
        Fetch,
    ),
    responses((status = 200, content_type = "application/octet-stream"), (status = 404, body = Problem))
)]
pub(super) async fn file(
    Extract(state): Extract<State>,
    Path((id, index)): Path<(String, usize)>,
    Query(fetch): Query<Fetch>,
) -> Result<Response, ApiProblem> {
    let id = find(&state.core, &id)?;
    let handed = mail::hand_over(&state.core, id, index, fetch.opens.then_some(By::Api)).await?;
    let length = handed.bytes;
    // A file that turns out bad ends the answer before its length: whoever fetches it must not take that for the end.
    let pieces = futures::stream::unfold(handed, async |mut handed| Some((handed.next().await?, handed)));
    let headers =
        [(header::CONTENT_TYPE, "application/octet-stream".to_owned()), (header::CONTENT_LENGTH, length.to_string())];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// Signs `opened` for a received message whose files a program has taken, once
#[utoipa::path(
    post, path = "/api/messages/{id}/opened",
    params(("id" = String, Path, description = "Message id or prefix")),
    responses((status = 204), (status = 404, body = Problem))
)]
pub(super) async fn opened(Extract(state): Extract<State>, Path(id): Path<String>) -> Result<StatusCode, ApiProblem> {
    let id = find(&state.core, &id)?;
    mail::opened(&state.core, id, By::Api).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A form with certificates, lists and bundles; only for the description.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "its fields describe the form, nobody reads them")]
pub(super) struct InstallForm {
    /// Certificate files, CRLs, trust bundles, log heads: PEM or binary, told apart by content.
    #[schema(format = Binary)]
    file: Vec<String>,
    /// SHA-256 of root 1's DER, hexadecimal: refuse anything else.
    root_sha256: Option<String>,
}

/// Installs certificates, revocation lists and trust bundles, all of them or none
#[utoipa::path(
    post, path = "/api/install",
    request_body(content = InstallForm, content_type = "multipart/form-data"),
    responses((status = 200, body = Installed), (status = 422, body = Problem))
)]
pub(super) async fn install(Extract(state): Extract<State>, mut form: Multipart) -> Answer<Installed> {
    let bad = |_: MultipartError| ApiProblem::bad("form");
    let (mut files, mut pin) = (Vec::new(), None);
    while let Some(field) = form.next_field().await.map_err(bad)? {
        match field.name() {
            Some("file") => files.push(field.bytes().await.map_err(bad)?.to_vec()),
            Some("root_sha256") => {
                let text = field.text().await.map_err(bad)?;
                pin = Some(text.parse::<Hash>().map_err(|_| ApiProblem::bad("hash"))?);
            }
            _ => return Err(ApiProblem::bad("form")),
        }
    }
    Ok(Json(state.core.install(files, pin).await?))
}

/// Asks whether a partner can be reached
#[utoipa::path(post, path = "/api/ping", request_body = PingRequest, responses((status = 200, body = Ping)))]
pub(super) async fn ping(Extract(state): Extract<State>, Json(request): Json<PingRequest>) -> Answer<Ping> {
    let bad = |_| ApiProblem::bad("address").with("text", &request.address);
    let address: Address = request.address.parse().map_err(bad)?;
    let core = &state.core;
    let answer = |outcome: &str, refusal: Option<String>, ms: Option<u64>| {
        Json(Ping { address: request.address.clone(), outcome: outcome.into(), refusal, ms })
    };
    if core.holds(address) {
        return Ok(answer("local", None, None));
    }
    let began = Instant::now();
    let since = || u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    if core.is_revoked(address)? {
        return Ok(answer("revoked", None, None));
    }
    if let Some(probe) = core.partners.probe_of(address) {
        // The connection stands; whether anybody is at its other end shows by an answer.
        return Ok(match timeout(PROBE, probe.answer()).await {
            Ok(()) => answer("connected", None, Some(since())),
            Err(_) => answer("unreachable", None, None),
        });
    }
    let Some(record) = core.record_of(address)? else { return Ok(answer("unknown", None, None)) };
    let mut refused = None;
    for place in places(&record) {
        match state.wire.dial(place).await {
            // A record says where to look; what counts is whether the desk is there.
            Dialed::Connected if timeout(PROBE, connected(core, address)).await.is_ok() => {
                return Ok(answer("connected", None, Some(since())));
            }
            Dialed::Connected => {}
            Dialed::Refused(refusal) => refused = Some(refusal.name().to_owned()),
            Dialed::Unreachable => {}
        }
    }
    Ok(if refused.is_some() { answer("refused", refused, None) } else { answer("unreachable", None, None) })
}

/// Waits until a desk is connected: beyond the eighth, a node shows its desks after the gate.
async fn connected(core: &Core, address: Address) {
    let mut events = core.events();
    while !core.partners.is_connected(address) {
        // Lagging means that much has happened; a core that is gone tells nothing any more.
        if matches!(events.recv().await, Err(RecvError::Closed)) {
            std::future::pending::<()>().await;
        }
    }
}
