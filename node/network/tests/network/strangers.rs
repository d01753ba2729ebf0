//! Who is not let in: one byte or a closed connection, and the swarm never hears of it.

use std::time::Duration;

use futures::{AsyncWriteExt, StreamExt};
use libp2p::swarm::{self, SwarmEvent, dummy};
use musubi_network::{
    Keypair, PeerId,
    event::DialFailure,
    gate::{Error, Gatekeeper},
    multiaddr::Protocol,
};
use musubi_protocol::gate::{HELLO_MAX, MAGIC, Refusal, TALK_MAX, VERSION};
use tokio::{io::AsyncReadExt as _, net::TcpStream};

use crate::harness::{BOTH, Kind, Node, Raw, Toy, short, soon};

async fn listener(kind: Kind) -> Node {
    Node::with(kind, Toy::desk("listener"), short()).await
}

/// The control: at the same node, somebody with a credential gets in.
async fn lets_in(node: &mut Node, kind: Kind, keypair: Keypair) {
    let mut guest = Node::keyed(kind, Toy::desk("guest"), short(), keypair).await;
    guest.handle.dial(node.address()).await.unwrap();
    assert_eq!(node.connected().await.1, ["guest"]);
    assert_eq!(guest.connected().await.1, ["listener"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reason_reaches_the_stranger_and_nothing_else() {
    for kind in BOTH {
        let mut node = listener(kind).await;
        for reason in Refusal::ALL.iter().copied().chain([Refusal::Other(200)]) {
            let keypair = Keypair::generate_ed25519();
            let claims = Toy::claims(&format!("refuse {}", reason.code()));
            let mut stranger = Node::keyed(kind, claims, short(), keypair.clone()).await;
            let failure = stranger.dial_fails(node.address()).await;
            assert!(
                matches!(failure, DialFailure::Gate(Error::RefusedByPeer(said)) if said == reason),
                "{kind:?} {reason}: {failure:?}"
            );
            assert!(matches!(node.refused().await, Error::Refused(said) if said == reason));
            stranger.saw_nobody();
        }
        let mut nobody = Node::with(kind, Toy::default(), short()).await;
        let failure = nobody.dial_fails(node.address()).await;
        assert!(matches!(failure, DialFailure::Gate(Error::RefusedByPeer(Refusal::NoCredential))), "{failure:?}");
        let mut elsewhere = Node::with(kind, Toy { network: 9, ..Toy::desk("guest") }, short()).await;
        let failure = elsewhere.dial_fails(node.address()).await;
        assert!(matches!(failure, DialFailure::Gate(Error::RefusedByPeer(Refusal::Network))), "{failure:?}");
        node.saw_nobody();
        assert_eq!(node.handle.counters().refused[&Refusal::Revoked], 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_peer_gets_in_once_it_has_a_credential() {
    for kind in BOTH {
        let mut node = listener(kind).await;
        let keypair = Keypair::generate_ed25519();
        let mut stranger = Node::keyed(kind, Toy::default(), short(), keypair.clone()).await;
        stranger.dial_fails(node.address()).await;
        node.refused().await;
        node.saw_nobody();
        stranger.handle.shutdown().await;
        lets_in(&mut node, kind, keypair).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_gets_one_byte() {
    for kind in BOTH {
        let mut node = listener(kind).await;
        let mut version = MAGIC.to_vec();
        version.push(VERSION + 1);
        let mut not_cbor = MAGIC.to_vec();
        not_cbor.extend([VERSION, 0, 0, 0, 3, 0xff, 0xff, 0xff]);
        let mut too_long = MAGIC.to_vec();
        too_long.push(VERSION);
        too_long.extend(u32::try_from(HELLO_MAX + 1).unwrap().to_be_bytes());
        too_long.extend(vec![0; HELLO_MAX + 1]);
        let cases = [
            (b"\x13/multistream/1.0.0\n\x07/ls/1.0\n".to_vec(), Refusal::Malformed),
            (vec![0x5a; 100_000], Refusal::Malformed),
            (not_cbor, Refusal::Malformed),
            (too_long, Refusal::Malformed),
            (version, Refusal::Version),
        ];
        for (words, reason) in cases {
            let mut raw = Raw::dial(node.address()).await;
            let answer = raw.say(&words).await;
            // Who goes on talking past every limit may be cut before the byte has left.
            if !(words.len() > TALK_MAX && answer.is_empty()) {
                assert_eq!(answer, [reason.code()], "{kind:?}");
            }
            drop(raw);
            assert!(matches!(node.refused().await, Error::Refused(said) if said == reason));
        }
        node.saw_nobody();
        lets_in(&mut node, kind, Keypair::generate_ed25519()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_is_cut_at_the_first_byte() {
    for kind in BOTH {
        let mut node = listener(kind).await;
        let mut raw = Raw::dial(node.address()).await;
        let _silent = raw.substream().await;
        raw.cut().await;
        assert!(matches!(node.refused().await, Error::Silent));
        node.saw_nobody();
        assert_eq!(node.handle.counters().pending, 0);
    }
    let mut node = listener(Kind::Tcp).await;
    let port = node.address().iter().find_map(|part| if let Protocol::Tcp(port) = part { Some(port) } else { None });
    let mut socket = TcpStream::connect(("127.0.0.1", port.unwrap())).await.unwrap();
    assert_eq!(soon("close", socket.read(&mut [0; 16])).await.unwrap_or_default(), 0);
    let reason = node.refused().await;
    assert!(matches!(reason, Error::Lost(_)), "{reason:?}");
    node.saw_nobody();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_begins_and_dawdles_is_cut_at_the_end_of_the_gate() {
    for kind in BOTH {
        let mut node = listener(kind).await;
        let mut raw = Raw::dial(node.address()).await;
        assert_eq!(raw.say(&MAGIC[..1]).await, [], "{kind:?}: nothing is said before a verdict");
        assert!(matches!(node.refused().await, Error::TooSlow));
        node.saw_nobody();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_substream_closes_the_connection() {
    for kind in BOTH {
        let mut node = listener(kind).await;
        let mut raw = Raw::dial(node.address()).await;
        let (mut first, mut second) = (raw.substream().await, raw.substream().await);
        raw.run(async {
            first.write_all(&MAGIC[..1]).await.unwrap();
            first.flush().await.unwrap();
            second.write_all(&MAGIC[..1]).await.unwrap();
            second.flush().await.unwrap();
        })
        .await;
        raw.cut().await;
        assert!(matches!(node.refused().await, Error::SecondStream), "{kind:?}");
        node.saw_nobody();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_libp2p_is_cut() {
    for kind in BOTH {
        let mut node = listener(kind).await;
        let keypair = Keypair::generate_ed25519();
        let config = swarm::Config::with_tokio_executor().with_idle_connection_timeout(Duration::from_secs(60));
        let transport = crate::harness::plain(&keypair);
        let mut plain = libp2p::Swarm::new(transport, dummy::Behaviour, keypair.public().to_peer_id(), config);
        plain.dial(node.address()).unwrap();
        soon("end of the connection", async {
            while !matches!(plain.select_next_some().await, SwarmEvent::ConnectionClosed { .. }) {}
        })
        .await;
        assert!(matches!(node.refused().await, Error::Silent));
        node.saw_nobody();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_shows_nothing_before_it_accepts() {
    for kind in BOTH {
        let mut node = Node::with(kind, Toy::desk("listener-name"), short()).await;
        let hello = Toy::claims("refuse 8").hello().frame().unwrap();
        let mut raw = Raw::dial(node.address()).await;
        assert_eq!(raw.say(&hello).await, [8], "{kind:?}");
        node.refused().await;
        node.saw_nobody();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_dialer_that_goes_on_talking_is_cut() {
    for kind in BOTH {
        let mut node = listener(kind).await;
        let mut words = Toy::desk("guest").hello().frame().unwrap();
        words.extend([0, 0]);
        let mut raw = Raw::dial(node.address()).await;
        // The connection may be cut before the listener's own hello has left it.
        assert!(matches!(raw.say(&words).await.first(), None | Some(0)), "{kind:?}");
        assert!(matches!(node.refused().await, Error::Refused(Refusal::Malformed)));
        node.saw_nobody();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_node_than_the_dialed_one_is_told_nothing() {
    for kind in BOTH {
        let mut node = listener(kind).await;
        let mut address = node.address();
        address.pop();
        let mut guest = Node::with(kind, Toy::desk("guest"), short()).await;
        let failure = guest.dial_fails(address.clone().with(Protocol::P2p(PeerId::random()))).await;
        assert!(matches!(failure, DialFailure::Gate(Error::OtherNode)), "{failure:?}");
        assert!(matches!(node.refused().await, Error::Silent | Error::Lost(_)));
        node.saw_nobody();
        // Without a name in the address, whoever answers and is admitted is the right one.
        guest.handle.dial(address).await.unwrap();
        assert_eq!(guest.connected().await.1, ["listener"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialer_refuses_a_listener_too() {
    for kind in BOTH {
        let mut node = Node::with(kind, Toy::claims("refuse 7"), short()).await;
        let mut guest = Node::with(kind, Toy::desk("guest"), short()).await;
        let failure = guest.dial_fails(node.address()).await;
        assert!(matches!(failure, DialFailure::Gate(Error::Refused(Refusal::Certificate))), "{failure:?}");
        assert!(matches!(node.refused().await, Error::RefusedByPeer(Refusal::Certificate)));
        node.saw_nobody();
        guest.saw_nobody();
    }
}
