//! Link sessions: logs on one side, streams on the other.
//!
//! For each connection the side that has something to say opens one main stream and pushes its logs
//! ([`push`]); the other takes them and answers on the same stream ([`take`]). Desks of one node run the very same
//! two halves over a pipe in memory ([`local`]).

mod body;
mod local;
mod push;
mod take;

use std::io;

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

/// Frames over a stream. Reading is cancel safe.
pub(crate) struct Frames(Framed<Stream, LengthDelimitedCodec>);

impl Frames {
    pub(crate) fn new(stream: Stream) -> Self {
        let codec = LengthDelimitedCodec::builder().length_field_length(4).max_frame_length(MAX_FRAME).new_codec();
        Self(Framed::new(stream, codec))
    }

    /// The next frame; [`SessionError::Ended`] at the end.
    pub(crate) async fn next(&mut self) -> Result<Frame, SessionError> {
        Ok(Frame::decode(&self.raw().await?)?)
    }

    /// The next bytes of a body stream.
    pub(crate) async fn raw(&mut self) -> Result<Bytes, SessionError> {
        let bytes = self.0.next().await.ok_or(SessionError::Ended)??;
        Ok(bytes.freeze())
    }

    /// Queues a frame; flushes when the buffer is full.
    pub(crate) async fn feed(&mut self, frame: &Frame) -> Result<(), SessionError> {
        Ok(self.0.feed(Bytes::from(frame.encode()?)).await?)
    }

    pub(crate) async fn feed_raw(&mut self, bytes: Vec<u8>) -> Result<(), SessionError> {
        Ok(self.0.feed(Bytes::from(bytes)).await?)
    }

    pub(crate) async fn flush(&mut self) -> Result<(), SessionError> {
        Ok(SinkExt::<Bytes>::flush(&mut self.0).await?)
    }

    pub(crate) async fn close(mut self) -> Result<(), SessionError> {
        Ok(SinkExt::<Bytes>::close(&mut self.0).await?)
    }
}
