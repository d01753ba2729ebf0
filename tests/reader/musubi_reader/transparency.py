"""Section 9: the transparency log (RFC 6962, section 2.1)."""

from . import cbor, names
from .certificates import DAY
from .names import sha256
from .refused import Refused, need
from .signed import Signed


class Head:
    def __init__(self, data: bytes):
        self.signed = Signed("head", data)
        size, root, time, ext = cbor.array(self.signed.value, 4, "head")
        self.size, self.time = cbor.uint(size, "size"), cbor.uint(time, "time")
        self.root = cbor.octets(root, "root", 32)
        cbor.ext(ext)

    def verify(self, issuing: list):
        for ca in issuing:
            try:
                self.signed.verify(ca.key)
                return ca
            except Refused:
                continue
        raise Refused("head", "no issuing CA has signed this head")


class Leaf:
    """64 bytes of the log."""

    def __init__(self, data: bytes):
        need(len(data) == 64 and data[0] == 1, "leaf", "another length or version")
        need(data[1] in (1, 2), "leaf", "neither issue nor revoke")
        need(data[14:16] == b"\0\0", "leaf", "bytes 14 and 15 are not zero")
        self.data, self.kind = data, {1: "issue", 2: "revoke"}[data[1]]
        try:
            self.office = names.office(data[2:12].decode("ascii"))
        except UnicodeDecodeError as error:
            raise Refused("leaf", "no office number") from error
        self.desk = int.from_bytes(data[12:14], "big")
        self.number = int.from_bytes(data[16:24], "big")
        self.certificate, self.time = data[24:56], int.from_bytes(data[56:], "big")


def leaf_hash(leaf: bytes) -> bytes:
    return sha256(b"\0", leaf)


def issued(desk) -> bytes:
    """The leaf that says that a certificate was issued, a day after its notBefore."""
    about = desk.office.encode() + desk.licence.desk.to_bytes(2, "big") + bytes(2) + desk.licence.number.to_bytes(8, "big")
    return b"\1\1" + about + desk.hash + (desk.not_before + DAY).to_bytes(8, "big")


def place(data: bytes):
    """Index and audit path as a credential has them."""
    need(len(data) >= 8 and len(data) % 32 == 8 and len(data) <= 8 + 64 * 32, "proof", "another length")
    path = [data[at : at + 32] for at in range(8, len(data), 32)]
    return int.from_bytes(data[:8], "big"), path


def root(leaves: list) -> bytes:
    """The hash of the tree over these leaves."""
    if not leaves:
        return sha256()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1", root(leaves[:half]), root(leaves[half:]))


def included(hash_of_leaf: bytes, index: int, size: int, path: list) -> bytes:
    """The root that an audit path of RFC 6962, section 2.1.1, leads to."""
    need(index < size, "proof", "outside of the tree")
    if size == 1:
        need(not path, "proof", "too long")
        return hash_of_leaf
    need(path, "proof", "too short")
    half = 1 << (size - 1).bit_length() - 1
    if index < half:
        return sha256(b"\1", included(hash_of_leaf, index, half, path[:-1]), path[-1])
    return sha256(b"\1", path[-1], included(hash_of_leaf, index - half, size - half, path[:-1]))
