//! What time alone does: messages that nobody collected end, and what partners have had for long is not kept for them.
//!
//! Neither can be undone, so both wait for trusted time ([`musubi_protocol::delivery::due`]).

use std::sync::Arc;

use musubi_protocol::{
    delivery::{Due, End, due},
    ids::MessageId,
    link::book,
};

use crate::{
    core::{Core, CoreError, Standing},
    db::Side,
};

/// Does what has become due; gives how many messages have expired and of how many the content went.
///
/// Dropping the future does not call it off.
///
/// # Errors
/// [`CoreError`].
pub async fn tidy(core: &Arc<Core>) -> Result<(usize, usize), CoreError> {
    let worker = Arc::clone(core);
    let work = tokio::task::spawn_blocking(move || all(&worker));
    let (expired, purged) = work.await.map_err(|_| CoreError::Stopped)??;
    core.db.store().durable().await?;
    if expired + purged > 0 {
        tracing::info!(expired, purged, "messages came to their end");
    }
    Ok((expired, purged))
}

fn all(core: &Arc<Core>) -> Result<(usize, usize), CoreError> {
    let Some(trusted) = core.trust.trusted_time() else { return Ok((0, 0)) };
    let (mut expired, mut purged) = (0, 0);
    for (id, message) in core.db.all_outbound()? {
        match due(&message, trusted) {
            // One that may not be written to now is looked at again next time.
            Some(what @ Due::Expire) if core.may_send(message.log.from).is_ok_and(Standing::may_deliver) => {
                expired += usize::from(one(core, id, what)?);
            }
            Some(what @ Due::Purge) if core.db.content_key(Side::Own, &id)?.is_some() => {
                purged += usize::from(one(core, id, what)?);
            }
            _ => {}
        }
    }
    Ok((expired, purged))
}

/// Applies what is due for one message, if it still is.
fn one(core: &Arc<Core>, id: MessageId, what: Due) -> Result<bool, CoreError> {
    let (done, _applied) = core.change(|db, writes| {
        let Some(message) = db.outbound(&id)? else { return Ok(false) };
        match what {
            Due::Expire => {
                let (log, now) = (message.log, core.now());
                let end = (End::Expired, 0);
                let changes = core.speak(log.from, |voice| Ok(book::end(&db.book(log.from), id, end, voice, now)?))?;
                let ended = !changes.is_empty();
                writes.changes(db, log.from, changes)?;
                Ok(ended)
            }
            Due::Purge => {
                writes.discard_body(db, Side::Own, &id)?;
                writes.no_envelope(Side::Own, &id)?;
                Ok(true)
            }
        }
    })?;
    Ok(done)
}
