"""Section 11: what the two sides of a connection say first, and section 18: frames."""

from . import cbor, names
from .records import Credential
from .refused import Refused, need
from .revocation import RevocationList

PREAMBLE = b"MUSUBI\x01"
LONGEST_HELLO, LONGEST_LISTS = 16384, 2 * 1024 * 1024


def _long(data: bytes, longest: int) -> tuple:
    need(len(data) >= 4, "gate", "no length")
    length = int.from_bytes(data[:4], "big")
    need(length <= longest, "too-long", f"{length} bytes")
    need(len(data) >= 4 + length, "gate", "fewer bytes than said")
    return data[4 : 4 + length], data[4 + length :]


class Hello:
    """Preamble and hello; `rest` is what came after."""

    def __init__(self, data: bytes):
        need(data[:7] == PREAMBLE, "version", "another preamble")
        body, self.rest = _long(data[7:], LONGEST_HELLO)
        network, self.bundle, lists, log_size, credentials = cbor.array(cbor.decode(body, LONGEST_HELLO), 5, "hello")
        self.network = cbor.octets(network, "network id", 32)
        cbor.uint(self.bundle, "trust bundle number")
        self.lists = []
        for pair in cbor.several(lists, "CRLs"):
            issuer, number = cbor.array(pair, 2, "CRL")
            self.lists.append((cbor.octets(issuer, "issuer id", 32), cbor.uint(number, "CRL number")))
        self.log_size = cbor.uint(log_size, "log size")
        self.credentials = [cbor.octets(one, "credential") for one in cbor.several(credentials, "credentials", most=8)]

    def readable(self) -> list:
        good = []
        for data in self.credentials:
            try:
                good.append(Credential(data))
            except Refused:
                continue
        return good


def lists(data: bytes) -> list:
    body, rest = _long(data, LONGEST_LISTS)
    need(not rest, "gate", "bytes after the list")
    value = cbor.several(cbor.decode(body, LONGEST_LISTS), "CRL list", most=34)
    return [RevocationList(cbor.octets(one, "CRL")) for one in value]


BYTES, ID, NUMBER, YEAR, ADDRESS = range(5)
LOG = [ADDRESS, ADDRESS]
FRAMES = {
    1: LOG,
    2: [*LOG, BYTES, BYTES, BYTES],
    3: [*LOG, ID, BYTES],
    4: [BYTES],
    5: [BYTES],
    6: [BYTES],
    7: [NUMBER],
    8: [*LOG, NUMBER, NUMBER],
    9: [*LOG, ID],
    16: [*LOG, NUMBER, NUMBER, ID],
    17: [*LOG, NUMBER, NUMBER],
    18: [*LOG, ID, NUMBER],
    19: [*LOG, ID],
    20: [*LOG, NUMBER],
    21: [NUMBER],
    22: [*LOG, BYTES],
    32: [*LOG, ID, NUMBER, NUMBER],
    # In brackets: any number of these.
    33: [[ID, NUMBER], NUMBER, NUMBER],
    34: [*LOG, YEAR],
    35: [*LOG, YEAR, NUMBER, [ID, BYTES, BYTES]],
}


def frame(data: bytes) -> tuple:
    """Type and elements of a link frame."""
    need(data and data[0] in FRAMES, "frame", "of an unknown type")
    form = FRAMES[data[0]]
    value = cbor.array(cbor.decode(data[1:], 1064960), len(form), "frame")
    for one, element in zip(form, value):
        _element(one, element)
    if data[0] == 35:
        need(len(data) <= 4097, "frame", "a long answer")
        need(len(value[4]) == (value[3] == 0), "frame", "an attestation with a reason why there is none, or neither")
    return data[0], value


def _element(form: int | list, value: object) -> None:
    if isinstance(form, list):
        for row in cbor.several(value, "frame"):
            for one, element in zip(form, cbor.array(row, len(form), "frame")):
                _element(one, element)
    elif form == ADDRESS:
        names.address(value)
    elif form in (NUMBER, YEAR):
        cbor.uint(value, "frame", 16 if form == YEAR else 64)
    else:
        cbor.octets(value, "frame", 32 if form == ID else None)
