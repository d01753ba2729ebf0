//! Streams for bodies that are too large to travel with their entry.

use std::sync::Arc;

use musubi_protocol::{
    ids::MessageId,
    link::{Log, frame::Frame},
};
use musubi_store::{Room, crash};

use super::{Frames, Opener, SessionError};
use crate::{
    core::{Core, CoreError, Event},
    db::{DbError, Side},
    inbox,
    partners::{SharedAdmitted, look},
};

/// Bytes in one frame of a body stream.
const PIECE: usize = 256 << 10;

/// Sends the body of a message of ours from an offset on.
pub(super) async fn send<O: Opener>(
    core: &Arc<Core>,
    admitted: &SharedAdmitted,
    opener: &O,
    log: Log,
    id: MessageId,
    offset: u64,
) -> Result<(), SessionError> {
    let message = core.db.outbound(&id).map_err(CoreError::from)?;
    let Some(message) = message.filter(|message| message.log == log) else { return Ok(()) };
    let Some(body) = core.db.body(Side::Own, &id).map_err(CoreError::from)? else { return Ok(()) };
    // Nothing is left where the receiver stopped between the last byte and its check: the stream says so.
    let Some(length) = message.header.length.checked_sub(offset) else { return Ok(()) };
    let mut frames = Frames::new(opener.open().await?);
    frames.feed(&Frame::Body { log, id, offset, length }).await?;
    crash::point("body.offered");
    let mut at = offset;
    while at < message.header.length {
        // The desk may have gone while the connection lives on for another.
        if !look(admitted).contains(&log.to) {
            return Err(SessionError::Unexpected);
        }
        let piece = core.db.store().run(move |store| store.bodies().read(body, at, PIECE).map_err(DbError::from)).await;
        let piece = piece.map_err(CoreError::from)?;
        if piece.is_empty() {
            return Err(SessionError::Ended);
        }
        at += piece.len() as u64;
        frames.feed_raw(piece).await?;
        crash::point("body.piece");
    }
    frames.close().await?;
    crash::point("body.sent");
    Ok(())
}

/// Takes a body stream whose first frame has been read. If the message is still incomplete when it ends, the main
/// session hears of it.
pub(super) async fn take(
    core: &Arc<Core>,
    admitted: &SharedAdmitted,
    frames: Frames,
    (log, id, offset, length): (Log, MessageId, u64, u64),
) -> Result<(), SessionError> {
    if !core.holds(log.to) || !look(admitted).contains(&log.from) {
        return Err(SessionError::Unexpected);
    }
    // Two streams that append to one body would spoil it.
    let Some(only) = core.take_body(id) else { return Err(SessionError::Unexpected) };
    let taken = take_rest(core, admitted, frames, (log, id, offset, length)).await;
    // Before anybody is asked for the rest: the next stream may come at once.
    drop(only);
    let inbound = core.db.inbound(&id).map_err(CoreError::from)?;
    if inbound.is_some_and(|inbound| inbound.log == log && !inbound.is_complete()) {
        core.tell(Event::Lacking(log, id));
    }
    taken
}

async fn take_rest(
    core: &Arc<Core>,
    admitted: &SharedAdmitted,
    mut frames: Frames,
    (log, id, offset, length): (Log, MessageId, u64, u64),
) -> Result<(), SessionError> {
    let Some(mut partial) = inbox::partial(core, log, &id)? else { return Ok(()) };
    if offset != partial.at || length != partial.rest() {
        return Err(SessionError::Unexpected);
    }
    while partial.rest() > 0 {
        let bytes = frames.raw().await?;
        // The desk may have gone while the connection lives on for another.
        if !look(admitted).contains(&log.from) {
            return Err(SessionError::Unexpected);
        }
        partial = core
            .db
            .store()
            .run(move |store| {
                if store.room()? != Room::Ample {
                    return Err(CoreError::DiskLow);
                }
                partial.append(store, &bytes)?;
                Ok(partial)
            })
            .await?;
    }
    let good = core.db.store().run(move |store| partial.check(store)).await?;
    if !good {
        tracing::warn!(id = %crate::outbox::short(&id), "a body does not match its entry and is asked for again");
        return Err(SessionError::Unexpected);
    }
    if !look(admitted).contains(&log.from) {
        return Err(SessionError::Unexpected);
    }
    let worker = Arc::clone(core);
    let work = move || inbox::body_complete(&worker, log, id);
    crash::point("body.checked");
    let applied = tokio::task::spawn_blocking(work).await.map_err(|_| CoreError::Stopped)??;
    core.settle(applied).await?;
    crash::point("body.durable");
    Ok(())
}
