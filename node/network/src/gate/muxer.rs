//! Muxers in the gate: kept running while one substream talks, and afterwards carrying the ticket.

use std::{
    pin::{Pin, pin},
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll},
    time::Duration,
};

use futures::future::poll_fn;
use libp2p::core::muxing::{StreamMuxer, StreamMuxerBox, StreamMuxerEvent, StreamMuxerExt, SubstreamBox};
use tokio::time::timeout;

use super::Error;
use crate::admissions::Ticket;

/// Opens the substream of the gate, or waits for the other side to open it.
pub(super) async fn first_substream(muxer: &mut StreamMuxerBox, dialer: bool) -> Result<SubstreamBox, Error> {
    poll_fn(|cx| {
        let opened = if dialer { muxer.poll_outbound_unpin(cx) } else { muxer.poll_inbound_unpin(cx) };
        match opened {
            Poll::Ready(opened) => Poll::Ready(opened.map_err(Error::Lost)),
            // `poll_outbound` alone does not move bytes.
            Poll::Pending => advance(muxer, cx).map(|error| Err(Error::Lost(error))),
        }
    })
    .await
}

/// Runs `talk`, which uses the first substream, to its end. Bytes move only while the muxer is
/// polled, so both are. Until `settled`, any further substream ends it.
pub(super) async fn drive<T>(
    muxer: &mut StreamMuxerBox,
    settled: &AtomicBool,
    talk: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let mut talk = pin!(talk);
    poll_fn(|cx| {
        if let Poll::Ready(done) = talk.as_mut().poll(cx) {
            return Poll::Ready(done);
        }
        // Once the listener has accepted, the dialer may be through and open its streams before
        // its verdict has been read here; on QUIC they may even overtake it. They stay in the
        // muxer for the swarm.
        let mut lost = None;
        if !settled.load(Ordering::Relaxed) {
            match muxer.poll_inbound_unpin(cx) {
                Poll::Ready(Ok(_)) => return Poll::Ready(Err(Error::SecondStream)),
                Poll::Ready(Err(error)) => lost = Some(error),
                Poll::Pending => {}
            }
        }
        if lost.is_none()
            && let Poll::Ready(error) = advance(muxer, cx)
        {
            lost = Some(error);
        }
        match lost {
            None => Poll::Pending,
            // What arrived before the end may still complete the talk: a refusal, then the close.
            Some(error) => match talk.as_mut().poll(cx) {
                Poll::Ready(done) => Poll::Ready(done),
                Poll::Pending => Poll::Ready(Err(Error::Lost(error))),
            },
        }
    })
    .await
}

/// Closes a connection that was not admitted, for at most `limit`.
pub(super) async fn close(muxer: StreamMuxerBox, limit: Duration) {
    // Dropping it afterwards closes what is left, so that neither outcome matters.
    let _ = timeout(limit, muxer.close()).await;
}

/// Moves bytes until there are none; ready only when the connection is lost.
///
/// Wake-ups are the muxer's: waking here after each poll would turn a waiting gate into a busy one.
fn advance(muxer: &mut StreamMuxerBox, cx: &mut Context<'_>) -> Poll<std::io::Error> {
    loop {
        match muxer.poll_unpin(cx) {
            Poll::Ready(Ok(StreamMuxerEvent::AddressChange(_))) => {}
            Poll::Ready(Err(error)) => return Poll::Ready(error),
            Poll::Pending => return Poll::Pending,
        }
    }
}

/// An admitted connection: its muxer and the ticket that ends the admission with it.
pub(super) struct Admitted<A> {
    muxer: StreamMuxerBox,
    _ticket: Ticket<A>,
}

impl<A> Admitted<A> {
    pub(super) fn new(muxer: StreamMuxerBox, ticket: Ticket<A>) -> Self {
        Self { muxer, _ticket: ticket }
    }
}

impl<A> StreamMuxer for Admitted<A> {
    type Substream = SubstreamBox;
    type Error = std::io::Error;

    fn poll_inbound(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<SubstreamBox, Self::Error>> {
        self.muxer.poll_inbound_unpin(cx)
    }

    fn poll_outbound(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<SubstreamBox, Self::Error>> {
        self.muxer.poll_outbound_unpin(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.muxer.poll_close_unpin(cx)
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<StreamMuxerEvent, Self::Error>> {
        self.muxer.poll_unpin(cx)
    }
}
