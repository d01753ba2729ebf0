"""Section 16: entries."""

from . import cbor, names
from .names import ZEROS, sha256
from .refused import need
from .signed import Signed, sign

MESSAGE, RECEIPT, CANCEL, EXPIRE, RESTART = 1, 2, 3, 4, 5
NAMES = {MESSAGE: "message", RECEIPT: "receipt", CANCEL: "cancel", EXPIRE: "expire", RESTART: "restart"}
DELIVERED, OPENED, IMPORTED, REJECTED = 1, 2, 3, 4
WHAT = {DELIVERED: "delivered", OPENED: "opened", IMPORTED: "imported", REJECTED: "rejected"}
BY = {1: "node", 2: "person", 3: "folder", 4: "api"}


class Entry:
    """An entry as read; nothing is said about who signed it until `verify`."""

    def __init__(self, data: bytes):
        self.signed = Signed("entry", data)
        self.id = id_of(self.signed.payload)
        (
            self.type, self.sender, self.receiver, self.epoch, self.seq, self.prev, self.peer_epoch, self.peer_seq,
            self.peer_hash, self.log_size, self.log_root, self.time, self.certificate, body, ext,
        ) = cbor.array(self.signed.value, 15, "entry")  # fmt: skip
        need(self.type in NAMES and type(self.type) is int, "entry", f"type {self.type} is unknown")
        names.address(self.sender)
        names.address(self.receiver)
        need(self.sender != self.receiver, "entry", "from and to are equal")
        need(cbor.uint(self.epoch, "epoch") >= 1, "entry", "epoch 0")
        need(cbor.uint(self.seq, "seq") >= 1, "entry", "seq 0")
        cbor.octets(self.prev, "prev hash", 32)
        need((self.prev == ZEROS) == (self.seq == 1), "entry", "prev hash is zeros exactly at seq 1")
        peer = cbor.uint(self.peer_epoch, "peer epoch"), cbor.uint(self.peer_seq, "peer seq")
        cbor.octets(self.peer_hash, "peer hash", 32)
        nothing = [peer[0] == 0, peer[1] == 0, self.peer_hash == ZEROS]
        need(all(nothing) or not any(nothing), "entry", "peer: all zero or none")
        self.peer = peer
        cbor.uint(self.log_size, "log size")
        cbor.octets(self.log_root, "log root", 32)
        cbor.uint(self.time, "time")
        cbor.octets(self.certificate, "certificate hash", 32)
        cbor.ext(ext)
        self._body(body)

    def _body(self, body) -> None:
        if self.type == MESSAGE:
            self.suite, self.length, self.sha256, self.commitment, ext = cbor.array(body, 5, "message")
            cbor.uint(self.suite, "suite", 16)
            cbor.uint(self.length, "length")
            cbor.octets(self.sha256, "sha256", 32)
            cbor.octets(self.commitment, "commitment", 32)
            cbor.ext(ext)
        elif self.type == RECEIPT:
            self.message, self.what, self.code, self.by, ext = cbor.array(body, 5, "receipt")
            cbor.octets(self.message, "message id", 32)
            need(type(self.what) is int and self.what in WHAT, "entry", f"what {self.what} is unknown")
            need(type(self.by) is int and self.by in BY, "entry", f"by {self.by} is unknown")
            cbor.uint(self.code, "code")
            need(self.what == REJECTED or self.code == 0, "entry", "a code that rejects nothing")
            cbor.ext(ext)
        elif self.type in (CANCEL, EXPIRE):
            self.message, self.code, ext = cbor.array(body, 3, NAMES[self.type])
            cbor.octets(self.message, "message id", 32)
            cbor.uint(self.code, "code")
            cbor.ext(ext)
        else:
            need(self.seq == 1, "entry", "restart, but not at seq 1")
            self.old_epoch, self.old_seq, self.old_hash = cbor.array(body, 3, "restart")
            cbor.uint(self.old_epoch, "old epoch")
            cbor.uint(self.old_seq, "last known seq")
            cbor.octets(self.old_hash, "its hash", 32)


def id_of(payload: bytes) -> bytes:
    return sha256(b"musubi/1 entry", payload)


def write(
    seed: bytes, kind: int, sender: str, receiver: str, place: tuple, prev: bytes, peer: tuple, log: tuple, time: int,
    certificate: bytes, body: list,
) -> Entry:  # fmt: skip
    """Signs an entry. `place` and `peer` are (epoch, seq) and (epoch, seq, id), `log` is (size, root)."""
    value = [kind, sender, receiver, *place, prev, *peer, *log, time, certificate, body, []]
    return Entry(sign("entry", value, seed))
