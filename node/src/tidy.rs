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
    core::{Core, CoreError},
    db::Side,
};

/// Messages of one batch.
const AT_ONCE: usize = 256;

/// Does what has become due; gives how many messages have expired and of how many the content went.
///
/// Dropping the future leaves the rest for the next time.
///
/// # Errors
/// [`CoreError`].
pub async fn tidy(core: &Arc<Core>) -> Result<(usize, usize), CoreError> {
    let Some(trusted) = core.trust.trusted_time() else { return Ok((0, 0)) };
    let (mut expired, mut purged) = (0, 0);
    let mut all = Vec::new();
    for (id, message) in core.db.all_outbound()? {
        match due(&message, trusted) {
            // One that may not be written to now is looked at again next time.
            Some(Due::Expire) if core.may_send(message.log.from).is_ok_and(crate::core::Standing::may_deliver) => {
                all.push((id, Due::Expire));
            }
            Some(Due::Purge) if core.db.content_key(Side::Own, &id)?.is_some() => all.push((id, Due::Purge)),
            _ => {}
        }
    }
    for some in all.chunks(AT_ONCE) {
        for (id, what) in some {
            let written = match what {
                Due::Expire => &mut expired,
                Due::Purge => &mut purged,
            };
            *written += usize::from(one(core, *id, *what)?);
        }
        // Batches become durable in order.
        core.db.store().durable().await?;
    }
    if expired + purged > 0 {
        tracing::info!(expired, purged, "messages came to their end");
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
