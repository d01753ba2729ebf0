//! A request's body a little at a time.

use std::task::Poll;

use axum::{body::Body, extract::Request};
use futures::{StreamExt, stream};

/// Bytes after which whoever reads is to look at what it has.
const PACE: usize = 128 << 10;

/// Has the reader of a form look at what has come, again and again. It takes whatever is ready before it gives the first
/// part away, which from a program on the same computer is all of it: in memory, and copied as that grows.
pub(super) async fn paced(request: Request) -> Request {
    request.map(|body| {
        let mut rest = body.into_data_stream();
        let mut taken = 0;
        Body::from_stream(stream::poll_fn(move |context| {
            if taken >= PACE {
                taken = 0;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            let next = rest.poll_next_unpin(context);
            if let Poll::Ready(Some(Ok(bytes))) = &next {
                taken += bytes.len();
            } else {
                taken = 0;
            }
            next
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_of_a_body_comes_and_never_much_of_it_at_once() {
        let pieces: Vec<Vec<u8>> = (0..100_u8).map(|number| vec![number; 10_000]).collect();
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
        assert!(most < PACE + 10_000, "{most}");
    }
}
