//! Streams of admitted connections.

use std::time::Duration;

use futures::{AsyncReadExt, AsyncWriteExt, future::join_all};
use musubi_network::{
    event::Event,
    limits::Limits,
    link::{OpenError, Stream},
};
use tokio::{task::JoinHandle, time::timeout};

use crate::harness::{BOTH, Kind, Node, Toy, echoes, pair, soon};

/// Takes every stream that is opened and sends back what comes.
fn echo_all(mut node: Node) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut tasks = tokio::task::JoinSet::new();
        while let Some(event) = node.events.recv().await {
            if let Event::Inbound { stream, .. } = event {
                tasks.spawn(async move {
                    let (read, mut write) = stream.split();
                    // Ends with the stream, however that ends.
                    let _ = futures::io::copy(read, &mut write).await;
                    let _ = write.close().await;
                });
            }
        }
    })
}

async fn inbound(node: &mut Node) -> Stream {
    match node.event().await {
        Event::Inbound { stream, admitted, .. } => {
            assert!(!admitted.is_empty());
            stream
        }
        other => panic!("{other:?} instead of a stream"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn either_side_opens() {
    for kind in BOTH {
        let (mut dialer, here, mut listener, there) = pair(kind, Limits::default()).await;
        let (opened, mut taken) = tokio::join!(dialer.handle.open(here), inbound(&mut listener));
        let mut opened = opened.unwrap();
        opened.write_all(b"hello").await.unwrap();
        opened.flush().await.unwrap();
        let mut word = [0; 5];
        soon("word", taken.read_exact(&mut word)).await.unwrap();
        assert_eq!(&word, b"hello");

        let (opened, mut taken) = tokio::join!(listener.handle.open(there), inbound(&mut dialer));
        taken.write_all(b"x").await.unwrap();
        taken.close().await.unwrap();
        let mut all = Vec::new();
        soon("end", opened.unwrap().read_to_end(&mut all)).await.unwrap();
        assert_eq!(all, b"x");
        assert_eq!(dialer.handle.counters().streams_out, 1);
        assert_eq!(dialer.handle.counters().streams_in, 1);
    }
}

async fn burst(kind: Kind) {
    const PEERS: usize = 120;
    let limits = Limits { pending_per_address: 512, ..Limits::default() };
    let listener = Node::with(kind, Toy::desk("listener"), limits).await;
    let (address, counters) = (listener.address(), listener.handle.clone());
    let echo = echo_all(listener);
    let peers = join_all((0..PEERS).map(|number| {
        let address = address.clone();
        async move {
            let mut peer = Node::new(kind, Toy::desk(&format!("peer {number}"))).await;
            peer.handle.dial(address).await.unwrap();
            let connection = peer.connected().await.0;
            (peer, connection)
        }
    }))
    .await;
    // All at the same moment, all three that each may have.
    let opened =
        join_all(peers.iter().flat_map(|(peer, connection)| (0..3).map(move |_| peer.handle.open(*connection))));
    let mut streams: Vec<Stream> =
        soon("streams", opened).await.into_iter().map(|opened| opened.expect("served")).collect();
    assert_eq!(streams.len(), PEERS * 3);
    join_all(streams.iter_mut().map(|stream| echoes(stream, b"here"))).await;
    let seen = counters.counters();
    assert_eq!((seen.streams_in, seen.streams_busy, seen.streams_broken), (360, 0, 0));
    echo.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_peers_that_open_at_once_over_tcp_are_all_served() {
    burst(Kind::Tcp).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_peers_that_open_at_once_over_quic_are_all_served() {
    burst(Kind::Quic).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_stream_too_many_hears_busy_and_comes_again() {
    for kind in BOTH {
        let limits = Limits { open_again: 0, ..Limits::default() };
        let (dialer, here, mut listener, _) = pair(kind, limits).await;
        let mut held = Vec::new();
        for _ in 0..4 {
            let (opened, taken) = tokio::join!(dialer.handle.open(here), inbound(&mut listener));
            held.push((opened.unwrap(), taken));
        }
        assert!(matches!(dialer.handle.open(here).await, Err(OpenError::Busy)));
        assert_eq!(listener.handle.counters().streams_busy, 1);
        held.pop();
        let (opened, _taken) = tokio::join!(dialer.handle.open(here), inbound(&mut listener));
        assert!(opened.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_waits_out_a_busy_moment() {
    for kind in BOTH {
        let (dialer, here, mut listener, _) = pair(kind, Limits { streams: 1, ..Limits::default() }).await;
        let (first, taken) = tokio::join!(dialer.handle.open(here), inbound(&mut listener));
        let (handle, first) = (dialer.handle.clone(), first.unwrap());
        let second = tokio::spawn(async move { handle.open(here).await });
        soon("busy answer", async {
            while listener.handle.counters().streams_busy == 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        drop((first, taken));
        inbound(&mut listener).await;
        assert!(soon("stream", second).await.unwrap().is_ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_streams_is_answered_and_nothing_is_lost_without_a_word() {
    for kind in BOTH {
        let limits = Limits { open_again: 0, ..Limits::default() };
        let (dialer, here, listener, _) = pair(kind, limits).await;
        let outcomes = join_all((0..40).map(|_| dialer.handle.open(here))).await;
        let ready = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(ready, 4, "as many as there are places, nobody having given one back");
        for failure in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            assert!(matches!(failure, OpenError::Busy | OpenError::Lost(_)), "{failure:?}");
        }
        let seen = listener.handle.counters();
        assert_eq!(seen.streams_in + seen.streams_busy + seen.streams_broken, 40);
    }
}

/// Sends `total` bytes of a pattern and closes.
async fn send(write: &mut (impl futures::AsyncWrite + Unpin), total: usize) {
    let block: Vec<u8> = (0..64 * 1024).map(|n: usize| u8::try_from(n % 251).unwrap()).collect();
    for _ in 0..total / block.len() {
        write.write_all(&block).await.unwrap();
    }
    write.close().await.unwrap();
}

async fn receive(read: &mut (impl futures::AsyncRead + Unpin)) -> usize {
    let (mut buffer, mut total) = (vec![0; 64 * 1024], 0);
    loop {
        match read.read(&mut buffer).await.unwrap() {
            0 => return total,
            got => {
                let right = |(n, byte): (usize, &u8)| usize::from(*byte) == (total + n) % (64 * 1024) % 251;
                assert!(buffer[..got].iter().enumerate().all(right));
                total += got;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_goes_both_ways_at_once_through_one_stream() {
    const TOTAL: usize = 32 << 20;
    for kind in BOTH {
        let (dialer, here, mut listener, _) = pair(kind, Limits::default()).await;
        let (opened, taken) = tokio::join!(dialer.handle.open(here), inbound(&mut listener));
        let (mut read_here, mut write_here) = opened.unwrap().split();
        let (mut read_there, mut write_there) = taken.split();
        let (.., here, there) = soon("bulk", async {
            tokio::join!(
                send(&mut write_here, TOTAL),
                send(&mut write_there, TOTAL),
                receive(&mut read_here),
                receive(&mut read_there)
            )
        })
        .await;
        assert_eq!((here, there), (TOTAL, TOTAL));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_rests_holds_the_writer_back() {
    const TOTAL: usize = 64 << 20;
    for kind in BOTH {
        let (dialer, here, mut listener, _) = pair(kind, Limits::default()).await;
        let (opened, mut taken) = tokio::join!(dialer.handle.open(here), inbound(&mut listener));
        let mut opened = opened.unwrap();
        let (block, mut written) = (vec![1; 64 * 1024], 0);
        // Stalled: a block that does not go within this time while nobody reads.
        while let Ok(done) = timeout(Duration::from_millis(400), opened.write_all(&block)).await {
            done.unwrap();
            written += block.len();
            assert!(written < TOTAL, "{kind:?}: the writer was never held back");
        }
        drop(opened);
        let (mut buffer, mut read) = (vec![0; 64 * 1024], 0);
        while let Ok(got @ 1..) = soon("bytes", taken.read(&mut buffer)).await {
            read += got;
        }
        assert!(read <= written + block.len());
    }
}
