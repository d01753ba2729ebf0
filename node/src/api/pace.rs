//! A request's body a little at a time.

use std::task::Poll;

use axum::{
    body::{Body, Bytes},
    extract::Request,
};
use futures::{StreamExt, stream};

/// Bytes after which whoever reads is to look at what it has. Buffers of so few are used again by the allocator, which
/// gives longer ones back to the system each time.
const PACE: usize = 32 << 10;

/// Has the reader of a form look at what has come, again and again. It takes whatever is ready before it gives the first
/// part away, which from a program on the same computer is all of it: in memory, and copied as that grows.
pub(super) async fn paced(request: Request) -> Request {
    request.map(|body| {
        let mut rest = body.into_data_stream();
        let mut held = Bytes::new();
        let mut pause = false;
        Body::from_stream(stream::poll_fn(move |context| {
            if std::mem::take(&mut pause) {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            if held.is_empty() {
                match rest.poll_next_unpin(context) {
                    Poll::Ready(Some(Ok(bytes))) => held = bytes,
                    other => return other,
                }
            }
            pause = true;
            Poll::Ready(Some(Ok(held.split_to(held.len().min(PACE)))))
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_of_a_body_comes_and_never_much_of_it_at_once() {
        let pieces: Vec<Vec<u8>> = (0..100_u8).map(|number| vec![number; usize::from(number) * 1_000]).collect();
        let whole = pieces.concat();
        let body = Body::from_stream(stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>)));
        let mut paced = paced(Request::new(body)).await.into_body().into_data_stream();
        let (mut come, mut at_once, mut most) = (Vec::new(), 0, 0);
        stream::poll_fn(|context| {
            loop {
                match paced.poll_next_unpin(context) {
                    Poll::Ready(Some(bytes)) => {
                        let bytes = bytes.unwrap();
                        come.extend_from_slice(&bytes);
                        at_once += bytes.len();
                        most = most.max(at_once);
                    }
                    Poll::Ready(None) => return Poll::Ready(None::<()>),
                    Poll::Pending => {
                        at_once = 0;
                        return Poll::Pending;
                    }
                }
            }
        })
        .next()
        .await;
        assert!(come == whole);
        assert!(0 < most && most <= PACE, "{most}");
    }
}
