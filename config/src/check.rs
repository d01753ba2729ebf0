//! What a single value must look like; the command line uses the same checks for its options.

use std::net::SocketAddr;

use multiaddr::{Multiaddr, Protocol};
use musubi_protocol::invitation::Place;

/// Why a value cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadValue {
    /// Not a multiaddress with a transport a node can use.
    #[error("not an address such as /ip4/192.0.2.1/tcp/47200 or /ip4/192.0.2.1/udp/47200/quic-v1")]
    Multiaddr,
    /// A listening address that names a peer or a host name.
    #[error("a listening address is /ip4/.. or /ip6/.. with a port and nothing behind it")]
    Listen,
    /// Not where an authority could be.
    #[error("not a name and port such as authority.example.jp:47300")]
    Place,
    /// Not `address:port`.
    #[error("not an address and port such as 127.0.0.1:0")]
    Socket,
    /// Reachable from other machines.
    #[error("only an address of this machine (127.0.0.1 or [::1]) is accepted")]
    NotLoopback,
    /// Outside the limits.
    #[error("must be between {min} and {max}")]
    OutOfRange {
        /// The smallest accepted value.
        min: u64,
        /// The largest accepted value.
        max: u64,
    },
    /// Not a list of levels.
    #[error("not a level (error, warn, info, debug, trace, off) or a list of name=level")]
    LogFilter,
}

/// Checks the address of a partner's node: IP or DNS name, TCP or QUIC, perhaps `/p2p/..` last.
///
/// # Errors
/// [`BadValue::Multiaddr`] where the node could not dial it.
pub fn peer(text: &str) -> Result<(), BadValue> {
    parts(text).map(|_| ())
}

/// Checks an address to listen at: an IP address, TCP or QUIC, nothing more.
///
/// # Errors
/// [`BadValue::Multiaddr`] where it is no address, [`BadValue::Listen`] where it is one to dial.
pub fn listen(text: &str) -> Result<(), BadValue> {
    let (by_ip, has_peer) = parts(text)?;
    if by_ip && !has_peer { Ok(()) } else { Err(BadValue::Listen) }
}

/// Checks where the authority is: nothing, or host and port.
///
/// # Errors
/// [`BadValue::Place`].
pub fn authority(text: &str) -> Result<(), BadValue> {
    if text.is_empty() || text.parse::<Place>().is_ok() { Ok(()) } else { Err(BadValue::Place) }
}

/// Reads `host/transport[/p2p]`: whether the host is an IP address, and whether a peer is named.
fn parts(text: &str) -> Result<(bool, bool), BadValue> {
    let address: Multiaddr = text.parse().map_err(|_| BadValue::Multiaddr)?;
    let mut rest = address.iter();
    let by_ip = match rest.next() {
        Some(Protocol::Ip4(_) | Protocol::Ip6(_)) => true,
        Some(Protocol::Dns(_) | Protocol::Dns4(_) | Protocol::Dns6(_)) => false,
        _ => return Err(BadValue::Multiaddr),
    };
    match (rest.next(), text.contains("/udp/").then(|| rest.next()).flatten()) {
        (Some(Protocol::Tcp(_)), None) | (Some(Protocol::Udp(_)), Some(Protocol::QuicV1)) => {}
        _ => return Err(BadValue::Multiaddr),
    }
    match (rest.next(), rest.next()) {
        (None, None) => Ok((by_ip, false)),
        (Some(Protocol::P2p(_)), None) => Ok((by_ip, true)),
        _ => Err(BadValue::Multiaddr),
    }
}

/// Checks the address of the local API: IP and port, loopback only.
///
/// # Errors
/// [`BadValue::Socket`] or [`BadValue::NotLoopback`].
pub fn api(text: &str) -> Result<(), BadValue> {
    let address: SocketAddr = text.parse().map_err(|_| BadValue::Socket)?;
    if address.ip().is_loopback() { Ok(()) } else { Err(BadValue::NotLoopback) }
}

/// Checks a log filter: levels and `name=level`, separated by commas.
///
/// # Errors
/// [`BadValue::LogFilter`].
pub fn log_filter(text: &str) -> Result<(), BadValue> {
    let level = |word: &str| matches!(word, "off" | "error" | "warn" | "info" | "debug" | "trace");
    let name = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "_:-".contains(c));
    let good = |directive: &str| match directive.split_once('=') {
        Some((target, value)) => name(target) && level(value),
        None => level(directive),
    };
    if text.split(',').map(str::trim).all(good) { Ok(()) } else { Err(BadValue::LogFilter) }
}

/// Checks a number against its limits, both included.
///
/// # Errors
/// [`BadValue::OutOfRange`].
pub fn range(value: u64, min: u64, max: u64) -> Result<(), BadValue> {
    if (min..=max).contains(&value) { Ok(()) } else { Err(BadValue::OutOfRange { min, max }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: &str = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";

    #[test]
    fn addresses_to_dial() {
        for good in [
            "/ip4/192.0.2.1/tcp/47200".to_owned(),
            "/ip6/2001:db8::1/udp/47200/quic-v1".into(),
            "/dns4/node.example.jp/tcp/1".into(),
            format!("/ip4/192.0.2.1/tcp/47200/p2p/{PEER}"),
            format!("/ip4/192.0.2.1/udp/47200/quic-v1/p2p/{PEER}"),
        ] {
            assert_eq!(peer(&good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "192.0.2.1:47200",
            "/ip4/192.0.2.1",
            "/ip4/192.0.2.1/udp/1",
            "/ip4/192.0.2.1/udp/1/quic",
            "/ip4/192.0.2.1/tcp/1/ws",
            "/ip4/192.0.2.1/tcp/1/quic-v1",
            "/tcp/1",
            "/memory/1",
        ] {
            assert_eq!(peer(bad), Err(BadValue::Multiaddr), "{bad}");
        }
        assert_eq!(peer(&format!("/ip4/192.0.2.1/tcp/1/p2p/{PEER}/tcp/2")), Err(BadValue::Multiaddr));
    }

    #[test]
    fn addresses_to_listen_at() {
        assert_eq!(listen("/ip4/0.0.0.0/tcp/0"), Ok(()));
        assert_eq!(listen("/ip6/::/udp/0/quic-v1"), Ok(()));
        assert_eq!(listen("/dns4/node.example.jp/tcp/1"), Err(BadValue::Listen));
        assert_eq!(listen(&format!("/ip4/0.0.0.0/tcp/0/p2p/{PEER}")), Err(BadValue::Listen));
        assert_eq!(listen("0.0.0.0"), Err(BadValue::Multiaddr));
    }

    #[test]
    fn the_api_never_leaves_the_machine() {
        assert_eq!(api("127.0.0.1:0"), Ok(()));
        assert_eq!(api("[::1]:8080"), Ok(()));
        assert_eq!(api("0.0.0.0:8080"), Err(BadValue::NotLoopback));
        assert_eq!(api("192.0.2.1:8080"), Err(BadValue::NotLoopback));
        assert_eq!(api("localhost:8080"), Err(BadValue::Socket));
    }

    #[test]
    fn log_filters() {
        for good in ["info", "warn,musubi_network=debug", "off, musubi_node::worker=trace"] {
            assert_eq!(log_filter(good), Ok(()), "{good}");
        }
        for bad in ["", "loud", "a=", "=info", "info,,warn", "musubi node=info"] {
            assert_eq!(log_filter(bad), Err(BadValue::LogFilter), "{bad}");
        }
    }
}
