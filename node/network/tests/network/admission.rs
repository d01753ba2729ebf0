//! Who is let in, for what, what the CRLs have to do with it, and how it ends.

use musubi_network::{
    event::{Closed, DialFailure, Event},
    gate::Error,
    limits::Limits,
};
use musubi_protocol::gate::Refusal;

use crate::harness::{BOTH, Node, Toy, pair, short, soon};

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_learn_what_the_other_is_admitted_for() {
    for kind in BOTH {
        let mut listener = Node::new(kind, Toy::desk("listener")).await;
        let two = Toy { credentials: vec!["desk one".into(), "desk two".into()], ..Toy::desk("-") };
        let mut dialer = Node::new(kind, two).await;
        dialer.handle.dial(listener.address()).await.unwrap();
        let (there, admitted) = listener.connected().await;
        assert_eq!(admitted, ["one", "two"]);
        let (here, admitted) = dialer.connected().await;
        assert_eq!(admitted, ["listener"]);

        listener.handle.set_admitted(dialer.handle.peer(), &vec!["one".to_string()]);
        assert_eq!(listener.handle.admitted(there).unwrap(), ["one"]);
        assert_eq!(dialer.handle.admitted(here).unwrap(), ["listener"]);
        assert_eq!(listener.handle.counters().admitted, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_with_older_crls_asks_for_the_newer_ones() {
    for kind in BOTH {
        let mut listener = Node::new(kind, Toy::desk("listener").with_crl(3, &[])).await;
        let newer = Toy { crl_padding: 1_500_000, ..Toy::desk("dialer").with_crl(5, &["other"]) };
        let mut dialer = Node::new(kind, newer).await;
        dialer.handle.dial(listener.address()).await.unwrap();
        assert_eq!(listener.connected().await.1, ["dialer"]);
        assert_eq!(listener.keeper.crl_number(), 5);
        dialer.connected().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialer_brings_the_crl_that_revokes_it() {
    for kind in BOTH {
        let mut listener = Node::new(kind, Toy::desk("listener").with_crl(3, &[])).await;
        let mut dialer = Node::new(kind, Toy::desk("dialer").with_crl(5, &["dialer"])).await;
        let failure = dialer.dial_fails(listener.address()).await;
        assert!(matches!(failure, DialFailure::Gate(Error::RefusedByPeer(Refusal::Revoked))), "{failure:?}");
        assert!(matches!(listener.refused().await, Error::Refused(Refusal::Revoked)));
        listener.saw_nobody();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_that_nobody_helps_says_stale() {
    for kind in BOTH {
        let mut listener = Node::new(kind, Toy::desk("listener").with_crl(3, &[])).await;
        let withholds = Toy { withholds_crls: true, ..Toy::claims("stale dialer").with_crl(5, &[]) };
        let mut dialer = Node::new(kind, withholds).await;
        let failure = dialer.dial_fails(listener.address()).await;
        assert!(matches!(failure, DialFailure::Gate(Error::RefusedByPeer(Refusal::Stale))), "{failure:?}");
        listener.refused().await;
        listener.saw_nobody();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialer_with_older_crls_gets_the_newer_ones_before_it_judges() {
    for kind in BOTH {
        let newer = Toy { crl_padding: 1_500_000, ..Toy::desk("listener").with_crl(9, &["gone"]) };
        let mut listener = Node::new(kind, newer).await;
        let mut dialer = Node::new(kind, Toy::desk("dialer").with_crl(2, &[])).await;
        dialer.handle.dial(listener.address()).await.unwrap();
        dialer.connected().await;
        assert_eq!(dialer.keeper.crl_number(), 9);
        listener.connected().await;

        let mut revoked = Node::new(kind, Toy::desk("listener").with_crl(9, &["listener"])).await;
        let mut dialer = Node::new(kind, Toy::desk("dialer").with_crl(2, &[])).await;
        let failure = dialer.dial_fails(revoked.address()).await;
        assert!(matches!(failure, DialFailure::Gate(Error::Refused(Refusal::Revoked))), "{failure:?}");
        assert!(matches!(revoked.refused().await, Error::RefusedByPeer(Refusal::Revoked)));
        revoked.saw_nobody();
        dialer.saw_nobody();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn taking_back_an_admission_closes_the_connection() {
    for kind in BOTH {
        let (mut dialer, here, mut listener, there) = pair(kind, Limits::default()).await;
        let mut stream = dialer.handle.open(here).await.unwrap();
        let dialing = dialer.handle.peer();
        listener.handle.sweep(|peer, desks| (peer != dialing).then(|| desks.clone())).await.unwrap();
        assert_eq!(listener.handle.admitted(there), None);
        assert!(listener.handle.open(there).await.is_err());
        loop {
            // The stream may have been handed over before.
            match listener.event().await {
                Event::Closed { connection, reason, .. } => {
                    assert_eq!((connection, reason), (there, Closed::Here));
                    break;
                }
                other => assert!(matches!(other, Event::Inbound { .. }), "{other:?}"),
            }
        }
        assert_eq!(dialer.closed().await.0, here);
        let read = soon("end", futures::AsyncReadExt::read(&mut stream, &mut [0])).await;
        assert!(!matches!(read, Ok(1..)), "{read:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn disconnecting_closes_all_connections_of_a_peer() {
    for kind in BOTH {
        let (mut dialer, here, mut listener, there) = pair(kind, Limits::default()).await;
        dialer.handle.dial(listener.address()).await.unwrap();
        let (second_here, second_there) = (dialer.connected().await.0, listener.connected().await.0);
        dialer.handle.disconnect(listener.handle.peer()).await.unwrap();
        let mut closed = [dialer.closed().await.0, dialer.closed().await.0];
        closed.sort();
        assert_eq!(closed, [here, second_here]);
        let mut closed = [listener.closed().await.0, listener.closed().await.0];
        closed.sort();
        assert_eq!(closed, [there, second_there]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_dial_each_other_have_two_connections() {
    for kind in BOTH {
        let mut one = Node::new(kind, Toy::desk("one")).await;
        let mut two = Node::new(kind, Toy::desk("two")).await;
        let (first, second) = tokio::join!(one.handle.dial(two.address()), two.handle.dial(one.address()));
        first.unwrap();
        second.unwrap();
        let (a, b) = (one.connected().await.0, one.connected().await.0);
        two.connected().await;
        two.connected().await;
        assert_ne!(a, b);
        assert_eq!((one.handle.counters().admitted, two.handle.counters().admitted), (2, 2));
        one.handle.close(a).await.unwrap();
        assert_eq!(one.closed().await.0, a);
        assert!(one.handle.open(b).await.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_has_only_so_many_connections() {
    for kind in BOTH {
        let limits = Limits { connections_per_peer: 1, ..short() };
        let (mut dialer, _, mut listener, _) = pair(kind, limits).await;
        let failure = dialer.dial_fails(listener.address()).await;
        assert!(matches!(failure, DialFailure::Gate(Error::RefusedByPeer(Refusal::Busy))), "{failure:?}");
        assert!(matches!(listener.refused().await, Error::Refused(Refusal::Busy)));
        assert_eq!(listener.handle.counters().established, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_own_address_is_no_partner() {
    for kind in BOTH {
        let node = Node::new(kind, Toy::desk("one")).await;
        assert!(matches!(node.handle.dial(node.address()).await, Err(DialFailure::Own)));
        let mut unnamed = node.address();
        unnamed.pop();
        assert!(matches!(node.handle.dial(unnamed).await, Err(DialFailure::Own)));
        assert_eq!(node.handle.counters().established, 0);
    }
}
