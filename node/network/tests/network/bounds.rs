//! Many at once: strangers do not lock out partners, and stopping is quick.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use musubi_network::{Keypair, event::Event, limits::Limits, multiaddr::Protocol};
use tokio::net::{TcpSocket, TcpStream};

use crate::harness::{BOTH, Kind, Node, Raw, Toy, loopback, pair, short, soon};

fn socket_of(node: &Node) -> SocketAddr {
    let port = node.address().iter().find_map(|part| if let Protocol::Tcp(port) = part { Some(port) } else { None });
    (loopback(1), port.unwrap()).into()
}

/// Connects from another loopback address and says nothing.
async fn loiter(to: SocketAddr, from: u8) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((loopback(from), 0).into()).unwrap();
    soon("connection", socket.connect(to)).await.unwrap()
}

/// Waits until so many were turned away or had to make room for others.
async fn until_away(node: &Node, count: u64) {
    let away = async {
        loop {
            let counted = node.handle.counters();
            if counted.turned_away + counted.displaced >= count {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    soon("end of a stranger", away).await;
}

/// Strangers as silent as can be, after the first packet or after the handshake, in every place that is theirs.
#[tokio::test(flavor = "multi_thread")]
async fn strangers_do_not_lock_out_a_newcomer() {
    for secured in [false, true] {
        let limits = Limits {
            pending: 12,
            reserved_for_known: 2,
            first_byte: Duration::from_secs(15),
            handshake: Duration::from_secs(15),
            patience: Duration::from_millis(8),
            ..Limits::default()
        };
        let mut node = Node::with(Kind::Tcp, Toy::desk("listener"), limits).await;
        let (mut mute, mut silent) = (Vec::new(), Vec::new());
        for number in 0..10 {
            if secured {
                silent.push(Raw::dial(node.address()).await);
            } else {
                mute.push(loiter(socket_of(&node), 2 + number).await);
            }
        }
        let full = async {
            while node.handle.counters().pending < 10 {
                tokio::task::yield_now().await;
            }
        };
        soon("full gate", full).await;
        let mut partner = Node::new(Kind::Tcp, Toy::desk("partner")).await;
        partner.handle.dial(node.address()).await.unwrap();
        assert_eq!(node.connected().await.1, ["partner"], "secured {secured}");
        partner.connected().await;
        until_away(&node, 1).await;
        assert_eq!(node.handle.counters().displaced, 1);
        drop((mute, silent));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_do_not_lock_out_a_known_partner() {
    let limits = Limits {
        pending: 40,
        pending_per_address: 20,
        reserved_for_known: 10,
        first_byte: Duration::from_secs(15),
        handshake: Duration::from_secs(15),
        ..Limits::default()
    };
    let knows = Toy { known_addresses: [loopback(1)].into(), ..Toy::desk("listener") };
    let mut node = Node::with(Kind::Tcp, knows, limits).await;
    let address = socket_of(&node);
    let mut strangers = Vec::new();
    for number in 0..100 {
        strangers.push(loiter(address, 2 + number % 4).await);
    }
    until_away(&node, 70).await;
    assert_eq!(node.handle.counters().pending, 30);

    let mut partner = Node::new(Kind::Tcp, Toy::desk("partner")).await;
    partner.handle.dial(node.address()).await.unwrap();
    assert_eq!(node.connected().await.1, ["partner"]);
    partner.connected().await;
    assert_eq!(node.handle.counters().established, 1);
    drop(strangers);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_does_not_lock_out_another() {
    let limits = Limits { pending_per_address: 5, first_byte: Duration::from_secs(15), ..Limits::default() };
    let mut node = Node::with(Kind::Tcp, Toy::desk("listener"), limits).await;
    let address = socket_of(&node);
    let mut strangers = Vec::new();
    for _ in 0..20 {
        strangers.push(loiter(address, 9).await);
    }
    until_away(&node, 15).await;
    let mut partner = Node::new(Kind::Tcp, Toy::desk("partner")).await;
    partner.handle.dial(node.address()).await.unwrap();
    assert_eq!(node.connected().await.1, ["partner"]);
    partner.connected().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proven_partner_gives_its_strangers_place_back() {
    for kind in BOTH {
        let keypair = Keypair::generate_ed25519();
        let limits = Limits { pending: 2, reserved_for_known: 1, ..short() };
        let knows = Toy { known_peers: [keypair.public().to_peer_id()].into(), ..Toy::desk("listener") };
        let mut node = Node::with(kind, knows, limits).await;
        let mut partner = Node::keyed(kind, Toy::desk("partner"), short(), keypair).await;
        partner.handle.dial(node.address()).await.unwrap();
        node.connected().await;
        partner.connected().await;
        assert_eq!(node.handle.counters().pending, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_is_quick_and_the_partner_hears_it() {
    for kind in BOTH {
        let (mut dialer, here, listener, _) = pair(kind, Limits::default()).await;
        let _stream = dialer.handle.open(here).await.unwrap();
        let _loiterer = Raw::dial(listener.address()).await;
        let Node { handle, mut events, .. } = listener;
        let begun = Instant::now();
        soon("stop", handle.shutdown()).await;
        assert!(begun.elapsed() < Duration::from_secs(2), "{kind:?}: {:?}", begun.elapsed());
        assert_eq!(dialer.closed().await.0, here);
        let mut last = None;
        while let Some(event) = soon("end of events", events.recv()).await {
            last = Some(event);
        }
        assert!(matches!(last, Some(Event::Closed { .. })), "{last:?}");
        assert!(handle.dial(dialer.address()).await.is_err());
        assert!(handle.disconnect(dialer.handle.peer()).await.is_err());
        assert_eq!(handle.counters().admitted, 0);
        handle.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admitted_dialer_stays_while_nothing_is_said() {
    for kind in BOTH {
        // The gate's limits are the gate's: they do not reach the connection afterwards.
        let (dialer, here, _listener, _) = pair(kind, short()).await;
        tokio::time::timeout(Duration::from_millis(1200), std::future::pending::<()>()).await.unwrap_err();
        assert!(dialer.handle.admitted(here).is_some());
        assert!(dialer.handle.open(here).await.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_an_error_at_the_start() {
    let node = Node::new(Kind::Tcp, Toy::desk("one")).await;
    let config = musubi_network::Config {
        keypair: Keypair::generate_ed25519(),
        listen: vec!["/ip4/127.0.0.1/sctp/1".parse().unwrap(), node.address()],
        network: musubi_protocol::ids::Hash::ZERO,
        limits: Limits::default(),
    };
    assert!(musubi_network::start(config, node.keeper.clone()).await.is_err());
}
