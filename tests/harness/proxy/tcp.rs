//! Streams on a line.

use std::{io, sync::Arc};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
    time::Instant,
};

use super::{Pace, RETRANSMISSION, SEGMENT, State, sleep_until};

/// Bytes taken at once.
const PIECE: usize = 16 << 10;
/// Pieces that may be on their way in one direction.
const UNDER_WAY: usize = 256;

/// Carries connections until it is dropped.
pub(super) async fn carry(socket: TcpListener, state: Arc<State>) {
    // Dropped with this future, which ends every connection.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = socket.accept() => {
                // Out of files, perhaps: the next one may do better.
                let Ok((near, _)) = accepted else { continue };
                connections.spawn(connection(near, Arc::clone(&state)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(near: TcpStream, state: Arc<State>) {
    let mut cuts = state.cuts.subscribe();
    // From now on; a cut before it was opened does not count.
    cuts.mark_unchanged();
    if state.weather().closed {
        state.count(|counters| counters.cut += 1);
        reset(near);
        return;
    }
    let target = *state.target.borrow();
    // In a hole the first packet is lost like all others, and the far end hears nothing.
    let far = async {
        state.passable().await;
        TcpStream::connect(target).await
    };
    let far = tokio::select! {
        far = far => far,
        _ = cuts.changed() => Err(io::ErrorKind::ConnectionAborted.into()),
    };
    let Ok(far) = far else {
        state.count(|counters| counters.cut += 1);
        reset(near);
        return;
    };
    state.count(|counters| counters.opened += 1);
    // Delays are this line's business, not the kernel's.
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let (mut near, mut far) = (near, far);
    let cut = {
        let (near_in, near_out) = near.split();
        let (far_in, far_out) = far.split();
        let both = async { tokio::join!(one_way(near_in, far_out, &state), one_way(far_in, near_out, &state)) };
        tokio::select! {
            _ = both => false,
            _ = cuts.changed() => true,
        }
    };
    if cut {
        state.count(|counters| counters.cut += 1);
        reset(near);
        reset(far);
    }
}

/// Ends a connection as a broken line does: no goodbye.
fn reset(stream: TcpStream) {
    // Gone already is as good.
    let _ = stream.set_zero_linger();
}

/// Carries one direction to its end.
async fn one_way(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, state: &State) {
    let (sender, mut on_their_way) = mpsc::channel::<(Instant, Vec<u8>)>(UNDER_WAY);
    let taking = async move {
        let (mut pace, mut piece, mut not_before) = (Pace::new(), vec![0; PIECE], Instant::now());
        while let Ok(count @ 1..) = from.read(&mut piece).await {
            let weather = state.weather();
            state.count(|counters| counters.taken += count as u64);
            let left = pace.leave(count, weather.rate);
            let lost = state.lost(count.div_ceil(SEGMENT), weather.loss);
            if lost > 0 {
                state.count(|counters| counters.lost += u64::from(lost));
            }
            // In order: nothing overtakes.
            not_before = not_before.max(left + weather.delay) + RETRANSMISSION * lost;
            sleep_until(left).await;
            if sender.send((not_before, piece[..count].to_vec())).await.is_err() {
                break;
            }
        }
    };
    let handing = async move {
        while let Some((at, piece)) = on_their_way.recv().await {
            sleep_until(at).await;
            state.passable().await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
            state.count(|counters| counters.passed += piece.len() as u64);
        }
        // The other end may be gone.
        let _ = to.shutdown().await;
    };
    tokio::select! {
        // What is still on its way arrives.
        ((), ()) = async { tokio::join!(taking, handing) } => {}
    }
}
