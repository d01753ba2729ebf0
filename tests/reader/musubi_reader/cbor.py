"""Section 3: one encoding for everything, and nothing but integers, byte strings, text strings and arrays."""

import cbor2

from .refused import Refused, need

DEEPEST = 16


def encode(value) -> bytes:
    _check(value, 0)
    return cbor2.dumps(value, canonical=True)


def decode(data: bytes, longest: int):
    """Exactly one value from all bytes, which must be the bytes that this value is encoded to."""
    need(len(data) <= longest, "too-long", f"{len(data)} bytes, at most {longest}")
    try:
        value = cbor2.loads(data)
    except Exception as error:
        raise Refused("cbor", str(error)) from error
    _check(value, 0)
    need(cbor2.dumps(value, canonical=True) == data, "cbor", "not the canonical encoding")
    return value


def _check(value, depth: int) -> None:
    if type(value) is int:
        need(0 <= value < 2**64, "cbor", "not an unsigned integer of 64 bits")
    elif type(value) is list:
        need(depth < DEEPEST, "cbor", "nested too deep")
        for inner in value:
            _check(inner, depth + 1)
    else:
        need(type(value) in (bytes, str), "cbor", f"a {type(value).__name__} is not allowed")


def array(value, length: int, what: str) -> list:
    need(type(value) is list and len(value) == length, "shape", f"{what}: not an array of {length}")
    return value


def several(value, what: str, least: int = 0, most: int = 2**32) -> list:
    need(type(value) is list, "shape", f"{what}: not a list")
    need(least <= len(value) <= most, "shape", f"{what}: {len(value)} elements")
    return value


def uint(value, what: str, bits: int = 64) -> int:
    need(type(value) is int and value < 2**bits, "shape", f"{what}: not an integer of {bits} bits")
    return value


def text(value, what: str) -> str:
    need(type(value) is str, "shape", f"{what}: not text")
    return value


def octets(value, what: str, length: int | None = None) -> bytes:
    need(type(value) is bytes, "shape", f"{what}: not bytes")
    need(length is None or len(value) == length, "shape", f"{what}: {len(value)} bytes, not {length}")
    return value


def optional(value, what: str):
    """`[]` or `[value]`."""
    need(type(value) is list and len(value) <= 1, "shape", f"{what}: not an array of no or one element")
    return value[0] if value else None


def ext(value) -> None:
    """The last element: `[id, bytes]` with ids strictly rising; an unknown odd id refuses, and all are unknown."""
    last = -1
    for pair in several(value, "ext"):
        number = uint(array(pair, 2, "ext")[0], "ext id")
        octets(pair[1], "ext")
        need(number > last, "shape", "ext: ids do not rise")
        need(number % 2 == 0, "extension", f"ext {number} is unknown and must be understood")
        last = number


def rising(values: list, what: str) -> None:
    need(all(a < b for a, b in zip(values, values[1:])), "shape", f"{what}: not strictly rising")
