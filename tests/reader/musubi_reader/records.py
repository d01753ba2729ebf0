"""Sections 12 and 13: node statements, credentials and records."""

from . import cbor, envelopes, names
from .certificates import DAY, Desk
from .refused import need
from .signed import Signed

PEER_ID = bytes.fromhex("002408011220")


def peer_id(value) -> bytes:
    need(type(value) is bytes and len(value) == 38 and value[:6] == PEER_ID, "peer", "not the PeerId of Ed25519")
    return value


def any_peer_id(value) -> bytes:
    """What libp2p reads as a PeerId: an identity multihash of at most 42 bytes, or SHA-256."""
    data = cbor.octets(value, "PeerId")
    need(len(data) >= 2 and data[1] == len(data) - 2, "record", "not a PeerId")
    need((data[0] == 0 and data[1] <= 42) or data[:2] == b"\x12\x20", "record", "not a PeerId")
    return data


class NodeStatement:
    def __init__(self, data: bytes):
        self.signed = Signed("node", data)
        peer, self.certificate, starts, ends, ext = cbor.array(self.signed.value, 5, "node statement")
        self.peer = peer_id(peer)
        cbor.octets(self.certificate, "certificate hash", 32)
        self.starts, self.ends = cbor.uint(starts, "from"), cbor.uint(ends, "until")
        need(self.starts + 1 <= self.ends <= self.starts + 7 * DAY, "statement", "another length of time")
        cbor.ext(ext)


class Credential:
    """`[leaf, issuer id, node statement, proof]`."""

    def __init__(self, data: bytes):
        leaf, issuer, statement, proof = cbor.array(cbor.decode(data, 65536), 4, "credential")
        self.desk = Desk(cbor.octets(leaf, "leaf"))
        self.issuer = cbor.octets(issuer, "issuer id", 32)
        self.statement = NodeStatement(cbor.octets(statement, "node statement"))
        self.proof = [cbor.octets(part, "proof") for part in cbor.several(proof, "proof")]

    def admits(self, trust, now: int, peer: bytes) -> None:
        """All but the last condition, which is about the other certificates that a node holds."""
        trust.trusted(self.desk, now, self.issuer)
        need(self.desk.licence.role == "office", "role", self.desk.licence.role)
        self.statement.signed.verify(self.desk.key)
        need(self.statement.certificate == self.desk.hash, "statement", "of another certificate")
        need(self.statement.peer == peer, "peer", "credential of another node")
        need(self.statement.starts <= now <= self.statement.ends, "statement", "not of this time")
        if trust.wants_proof(now):
            trust.in_log(self.desk, self.proof, now)


def multiaddr(value) -> None:
    cbor.text(value, "address")
    graphic = all("!" <= letter <= "~" for letter in value)
    need(graphic and len(value) <= 256 and value[:1] == "/", "record", f"address {value!r}")


class Record:
    def __init__(self, data: bytes):
        need(len(data) <= 8192, "record", "too long")
        self.signed = Signed("record", data)
        office, kinds, self.certificate, sequence, issued, until, places, keys, ext = cbor.array(
            self.signed.value, 9, "record"
        )
        self.office, self.kinds = names.office(office), names.kinds(kinds)
        cbor.octets(self.certificate, "certificate hash", 32)
        self.sequence = cbor.uint(sequence, "sequence")
        self.issued, self.until = cbor.uint(issued, "issued"), cbor.uint(until, "until")
        need(self.issued < self.until <= self.issued + 35 * DAY, "record", "another length of time")
        peers, addresses, relays, couriers, capabilities = cbor.array(places, 5, "places")
        self.peers = [any_peer_id(peer) for peer in cbor.several(peers, "PeerIds", 1, 8)]
        self.addresses = cbor.several(addresses, "addresses", most=32)
        few = [*cbor.several(relays, "relays", most=8), *cbor.several(couriers, "couriers", most=8)]
        for one in [*self.addresses, *few]:
            multiaddr(one)
        for number in cbor.several(capabilities, "capabilities", most=64):
            cbor.uint(number, "capability")
        cbor.rising(capabilities, "capabilities")
        self.keys = []
        for row in cbor.several(keys, "sealing keys", most=8):
            suite, public, made, ends = cbor.array(row, 4, "sealing key")
            cbor.octets(public, "public key")
            need(cbor.uint(made, "made") < cbor.uint(ends, "until") <= made + 42 * DAY, "record", "time of a key")
            if cbor.uint(suite, "suite") in envelopes.KEM:
                envelopes.check_public(suite, public)
            self.keys.append((suite, public, made, ends))
        need(any(key[0] == 1 for key in self.keys), "record", "no key of suite 1")
        cbor.ext(ext)

    def verify(self, desk: Desk) -> None:
        need(self.certificate == desk.hash, "record", "names another certificate")
        need(self.office == desk.office and set(self.kinds) <= set(desk.licence.kinds), "record", "not its kinds")
        self.signed.verify(desk.key)

    def key_for(self, order: list, now: int):
        """The key that a sender takes, as (suite, public key), or None."""
        # One from the future may be used: the clock here can be slow.
        if now > self.until:
            return None
        for suite in order:
            good = [key for key in self.keys if key[0] == suite and now < key[3] and now - key[2] < 42 * DAY]
            if good:
                return max(good, key=lambda key: key[2])[:2]
        return None
