"""Section 4: signed objects, COSE_Sign1 in exactly one form."""

import cbor2

from . import cbor, ed25519
from .refused import need

LONGEST = {"entry": 4096, "node": 512, "record": 8064, "head": 1024, "trust": 262144}
PROTECTED = bytes.fromhex("a10127")
START = bytes.fromhex("8443a10127a0")


def _to_be_signed(name: str, payload: bytes) -> bytes:
    return cbor2.dumps(["Signature1", PROTECTED, b"musubi/1 " + name.encode(), payload], canonical=True)


class Signed:
    """An object as received: its bytes, its payload, and what the payload says. Nothing is verified yet."""

    def __init__(self, name: str, data: bytes):
        longest = LONGEST[name]
        need(len(data) <= longest + 96, "too-long", f"{name}: {len(data)} bytes")
        need(data[: len(START)] == START, "cose", f"{name}: another header")
        need(len(data) >= len(START) + 1 + 66 and data[-66:-64] == b"\x58\x40", "cose", f"{name}: no signature")
        middle = data[len(START) : -66]
        payload = cbor.decode(middle, longest + 9)
        need(type(payload) is bytes, "cose", f"{name}: the payload is not a byte string")
        self.name, self.data, self.payload, self.signature = name, data, payload, data[-64:]
        self.value = cbor.decode(payload, longest)

    def verify(self, key: bytes) -> None:
        ed25519.verify(key, self.signature, _to_be_signed(self.name, self.payload))


def sign(name: str, value, seed: bytes) -> bytes:
    payload = cbor.encode(value)
    need(len(payload) <= LONGEST[name], "too-long", name)
    signature = ed25519.sign(seed, _to_be_signed(name, payload))
    return START + cbor2.dumps(payload) + b"\x58\x40" + signature
