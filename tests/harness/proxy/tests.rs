use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
};

use super::*;

const LOCAL: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

/// Both ends of a stream through a line.
async fn stream(line: &Line, listener: &TcpListener) -> (TcpStream, TcpStream) {
    let near = TcpStream::connect(line.address()).await.unwrap();
    let (far, _) = within("a connection through the line", listener.accept()).await.unwrap();
    (near, far)
}

async fn tcp_line() -> (Line, TcpListener) {
    let listener = TcpListener::bind(LOCAL).await.unwrap();
    let line = Line::tcp(listener.local_addr().unwrap(), 1).await.unwrap();
    (line, listener)
}

/// A line for datagrams, who sends on it, and who receives.
async fn udp_line(seed: u64) -> (Line, UdpSocket, UdpSocket) {
    let far = UdpSocket::bind(LOCAL).await.unwrap();
    let line = Line::udp(far.local_addr().unwrap(), seed).await.unwrap();
    let near = UdpSocket::bind(LOCAL).await.unwrap();
    near.connect(line.address()).await.unwrap();
    (line, near, far)
}

#[tokio::test]
async fn a_stream_is_carried_both_ways_and_to_its_end() {
    let (line, listener) = tcp_line().await;
    let (mut near, mut far) = stream(&line, &listener).await;
    let sent: Vec<u8> = (0..1_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let expected = sent.clone();
    let sending = tokio::spawn(async move {
        near.write_all(&sent).await.unwrap();
        near.shutdown().await.unwrap();
        let mut answer = Vec::new();
        near.read_to_end(&mut answer).await.unwrap();
        answer
    });
    let mut received = Vec::new();
    within("all bytes", far.read_to_end(&mut received)).await.unwrap();
    assert_eq!(received, expected);
    far.write_all(b"answer").await.unwrap();
    drop(far);
    assert_eq!(within("an answer", sending).await.unwrap(), b"answer");
    let counters = line.until(|counters| counters.passed == 1_000_006).await;
    assert_eq!((counters.opened, counters.cut), (1, 0));
}

#[tokio::test]
async fn bytes_take_their_time() {
    let (line, listener) = tcp_line().await;
    let delay = Duration::from_millis(60);
    line.set(Weather { delay, rate: Some(1_000_000), ..Weather::FAIR });
    let (mut near, mut far) = stream(&line, &listener).await;
    let began = Instant::now();
    near.write_all(&[7; 50_000]).await.unwrap();
    let mut received = vec![0; 50_000];
    within("all bytes", far.read_exact(&mut received)).await.unwrap();
    // 50 ms at this rate, and the way of the last byte. A line is never early.
    assert!(began.elapsed() >= delay + Duration::from_millis(50));
}

#[tokio::test]
async fn a_lost_segment_keeps_a_stream_waiting_and_loses_nothing() {
    let (line, listener) = tcp_line().await;
    let (mut near, mut far) = stream(&line, &listener).await;
    line.set(Weather { loss: 1.0, ..Weather::FAIR });
    let began = Instant::now();
    near.write_all(b"one segment").await.unwrap();
    let mut received = [0; 11];
    within("the segment", far.read_exact(&mut received)).await.unwrap();
    assert_eq!(&received, b"one segment");
    assert!(began.elapsed() >= RETRANSMISSION);
    assert_eq!(line.until(|counters| counters.passed == 11).await.lost, 1);
}

#[tokio::test]
async fn a_hole_holds_a_stream_back_until_it_is_gone() {
    let (line, listener) = tcp_line().await;
    let (mut near, mut far) = stream(&line, &listener).await;
    line.set(Weather { hole: true, ..Weather::FAIR });
    near.write_all(b"held").await.unwrap();
    let held = line.until(|counters| counters.taken == 4).await;
    assert_eq!(held.passed, 0);
    // A new connection does not get through either.
    let mut late = TcpStream::connect(line.address()).await.unwrap();
    late.write_all(b"late").await.unwrap();
    line.set(Weather::FAIR);
    let mut received = [0; 4];
    within("what was held", far.read_exact(&mut received)).await.unwrap();
    assert_eq!(&received, b"held");
    let (mut far, _) = within("the late connection", listener.accept()).await.unwrap();
    within("what came late", far.read_exact(&mut received)).await.unwrap();
    assert_eq!(&received, b"late");
}

#[tokio::test]
async fn a_cut_breaks_both_ends_and_the_next_connection_is_carried() {
    let (line, listener) = tcp_line().await;
    let (mut near, mut far) = stream(&line, &listener).await;
    line.until(|counters| counters.opened == 1).await;
    line.cut();
    let mut bytes = Vec::new();
    assert!(within("the near end", near.read_to_end(&mut bytes)).await.is_err(), "reset, not closed in order");
    assert!(within("the far end", far.read_to_end(&mut bytes)).await.is_err());
    assert_eq!(line.until(|counters| counters.cut == 1).await.opened, 1);
    let (mut near, mut far) = stream(&line, &listener).await;
    near.write_all(b"x").await.unwrap();
    assert_eq!(within("a byte", far.read_u8()).await.unwrap(), b'x');
}

#[tokio::test]
async fn a_closed_line_takes_no_connection() {
    let (line, listener) = tcp_line().await;
    line.set(Weather { closed: true, ..Weather::FAIR });
    let mut near = TcpStream::connect(line.address()).await.unwrap();
    let mut bytes = Vec::new();
    assert!(within("the refusal", near.read_to_end(&mut bytes)).await.is_err());
    line.set(Weather::FAIR);
    stream(&line, &listener).await;
    assert_eq!(line.until(|counters| counters.opened > 0).await.opened, 1);
}

#[tokio::test]
async fn a_line_leads_where_it_is_aimed() {
    let (line, first) = tcp_line().await;
    let second = TcpListener::bind(LOCAL).await.unwrap();
    stream(&line, &first).await;
    line.aim(second.local_addr().unwrap());
    stream(&line, &second).await;
}

#[tokio::test]
async fn datagrams_are_carried_both_ways() {
    let (line, near, far) = udp_line(1).await;
    near.send(b"ask").await.unwrap();
    let mut datagram = [0; 16];
    let (count, from) = within("a datagram", far.recv_from(&mut datagram)).await.unwrap();
    assert_eq!(&datagram[..count], b"ask");
    far.send_to(b"answer", from).await.unwrap();
    let count = within("an answer", near.recv(&mut datagram)).await.unwrap();
    assert_eq!(&datagram[..count], b"answer");
    assert_eq!(line.until(|counters| counters.passed == 9).await.opened, 1);
}

#[tokio::test]
async fn a_lossy_line_loses_the_same_datagrams_with_the_same_seed() {
    let mut lost = Vec::new();
    for seed in [5, 5, 6] {
        let (line, near, far) = udp_line(seed).await;
        line.set(Weather { loss: 0.4, ..Weather::FAIR });
        let mut missing = Vec::new();
        for number in 0..100_u8 {
            let before = line.counters().lost;
            near.send(&[number]).await.unwrap();
            let counters = line.until(|counters| counters.taken == u64::from(number) + 1).await;
            if counters.lost > before {
                missing.push(number);
                continue;
            }
            let mut datagram = [0; 1];
            within("a datagram", far.recv(&mut datagram)).await.unwrap();
            assert_eq!(datagram[0], number);
        }
        assert!((10..80).contains(&missing.len()), "{missing:?}");
        lost.push(missing);
    }
    assert_eq!(lost[0], lost[1]);
    assert_ne!(lost[0], lost[2]);
}

#[tokio::test]
async fn a_hole_swallows_datagrams() {
    let (line, near, far) = udp_line(1).await;
    line.set(Weather { hole: true, ..Weather::FAIR });
    near.send(b"gone").await.unwrap();
    line.until(|counters| counters.lost == 1).await;
    line.set(Weather::FAIR);
    near.send(b"here").await.unwrap();
    let mut datagram = [0; 16];
    let count = within("a datagram", far.recv(&mut datagram)).await.unwrap();
    assert_eq!(&datagram[..count], b"here");
}
