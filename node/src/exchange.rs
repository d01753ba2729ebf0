//! Link sessions: logs on one side, streams on the other.
//!
//! For each connection the side that has something to say opens one main stream and pushes its logs
//! ([`push`]); the other takes them and answers on the same stream ([`accept`]). Desks of one node run the very same
//! two halves over a pipe in memory ([`local`]).

mod body;
mod local;
mod push;
mod take;

use std::{
    io,
    time::{Duration, Instant},
};

use futures::{SinkExt, StreamExt};
use musubi_protocol::{
    cbor,
    link::frame::{Frame, FrameError, MAX_FRAME},
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::{
    bytes::Bytes,
    codec::{Framed, LengthDelimitedCodec},
};

pub use self::{local::run as local, push::push, take::accept};
use crate::core::CoreError;

/// A stream of either kind: from the network or inside the process.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A stream, boxed.
pub type Stream = Box<dyn Io>;

/// Opens further streams on the connection that a session runs on.
pub trait Opener: Clone + Send + Sync + 'static {
    /// Opens a stream.
    fn open(&self) -> impl Future<Output = Result<Stream, SessionError>> + Send;
}

/// Why a session ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The stream broke.
    #[error("the stream broke")]
    Io(#[from] io::Error),
    /// What came is not a frame.
    #[error("the partner sent what is not a frame")]
    Frame(#[from] FrameError),
    /// A frame could not be written.
    #[error("a frame could not be encoded")]
    Encode(#[from] cbor::Error),
    /// A frame that does not belong here.
    #[error("the partner sent a frame that does not belong here")]
    Unexpected,
    /// The stream ended.
    #[error("the stream ended")]
    Ended,
    /// The other side has not answered for a minute.
    #[error("the other side does not answer any more")]
    Silent,
    /// No stream could be opened.
    #[error("no stream could be opened: {0}")]
    Open(String),
    /// Store or keys failed here.
    #[error(transparent)]
    Core(#[from] CoreError),
}

/// How many frames of the costly kinds the other side may send: some at once, and then one a second. Those that
/// introduce a partner cost signatures and writes here, and no honest one needs many.
pub(crate) struct Budget {
    left: u32,
    counted: Instant,
}

impl Budget {
    /// At once: 256 desks with a certificate and a record each, and envelopes for what waited.
    const FULL: u32 = 2048;

    pub(crate) fn new() -> Self {
        Self { left: Self::FULL, counted: Instant::now() }
    }

    /// Counts one; an error when there is nothing left.
    pub(crate) fn spend(&mut self) -> Result<(), SessionError> {
        let seconds = self.counted.elapsed().as_secs();
        self.counted += Duration::from_secs(seconds);
        self.left = self.left.saturating_add(u32::try_from(seconds).unwrap_or(u32::MAX)).min(Self::FULL);
        self.left = self.left.checked_sub(1).ok_or(SessionError::Unexpected)?;
        Ok(())
    }
}

/// Frames over a stream. Reading is cancel safe.
pub(crate) struct Frames {
    stream: Framed<Stream, LengthDelimitedCodec>,
    /// What was read and put back.
    held: Option<Result<Frame, SessionError>>,
}

impl Frames {
    pub(crate) fn new(stream: Stream) -> Self {
        let codec = LengthDelimitedCodec::builder().length_field_length(4).max_frame_length(MAX_FRAME).new_codec();
        Self { stream: Framed::new(stream, codec), held: None }
    }

    /// The next frame; [`SessionError::Ended`] at the end.
    pub(crate) async fn next(&mut self) -> Result<Frame, SessionError> {
        match self.held.take() {
            Some(held) => held,
            None => Ok(Frame::decode(&self.raw().await?)?),
        }
    }

    /// Puts what [`Self::next`] gave last back: it gives that again.
    pub(crate) fn put_back(&mut self, frame: Result<Frame, SessionError>) {
        self.held = Some(frame);
    }

    /// The next bytes of a body stream.
    pub(crate) async fn raw(&mut self) -> Result<Bytes, SessionError> {
        let bytes = self.stream.next().await.ok_or(SessionError::Ended)??;
        Ok(bytes.freeze())
    }

    /// Queues a frame; flushes when the buffer is full.
    pub(crate) async fn feed(&mut self, frame: &Frame) -> Result<(), SessionError> {
        let bytes = Bytes::from(frame.encode()?);
        in_time(self.stream.feed(bytes)).await
    }

    /// Lets longer frames pass: on a stream that carries other messages from here on.
    pub(crate) fn widen(&mut self, longest: usize) {
        self.stream.codec_mut().set_max_frame_length(longest);
    }

    pub(crate) async fn feed_raw(&mut self, bytes: Vec<u8>) -> Result<(), SessionError> {
        in_time(self.stream.feed(Bytes::from(bytes))).await
    }

    pub(crate) async fn flush(&mut self) -> Result<(), SessionError> {
        in_time(SinkExt::<Bytes>::flush(&mut self.stream)).await
    }

    pub(crate) async fn close(mut self) -> Result<(), SessionError> {
        Ok(SinkExt::<Bytes>::close(&mut self.stream).await?)
    }
}

/// Longest time in which one frame must have left: a mebibyte at the pace of the slowest line that is of use.
const LEAVING: Duration = Duration::from_secs(120);

/// A partner who takes nothing any more holds nobody up: while a frame waits to leave, no question can be asked.
async fn in_time(leaving: impl Future<Output = io::Result<()>>) -> Result<(), SessionError> {
    match tokio::time::timeout(LEAVING, leaving).await {
        Ok(left) => Ok(left?),
        Err(_) => Err(SessionError::Silent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_frame_that_was_put_back_comes_again_once_and_before_the_next() {
        let (here, there) = tokio::io::duplex(4096);
        let (mut one, mut other) = (Frames::new(Box::new(here)), Frames::new(Box::new(there)));
        for number in 1..=2 {
            one.feed(&Frame::Ping(number)).await.unwrap();
        }
        one.close().await.unwrap();
        let first = other.next().await;
        other.put_back(first);
        for number in 1..=2 {
            assert!(matches!(other.next().await, Ok(Frame::Ping(found)) if found == number));
        }
        let end = other.next().await;
        other.put_back(end);
        for _ in 0..2 {
            assert!(matches!(other.next().await, Err(SessionError::Ended)));
        }
    }

    #[test]
    fn a_budget_runs_out_and_comes_back() {
        let mut budget = Budget::new();
        for _ in 0..Budget::FULL {
            budget.spend().unwrap();
        }
        assert!(budget.spend().is_err());
        budget.counted -= Duration::from_secs(3);
        for _ in 0..3 {
            budget.spend().unwrap();
        }
        assert!(budget.spend().is_err());
    }
}
