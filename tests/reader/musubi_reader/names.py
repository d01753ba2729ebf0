"""Section 2: names."""

import base64
import hashlib
import re

from .refused import need

ZEROS = bytes(32)


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def office(value, what: str = "office number") -> str:
    need(type(value) is str and re.fullmatch(r"[0-9]{2}[0-9A-Z]{8}", value, re.ASCII), "name", f"{what}: {value!r}")
    return value


def kind(value) -> str:
    need(type(value) is str and re.fullmatch(r"[0-9A-Z]{2}", value, re.ASCII), "name", f"kind: {value!r}")
    return value


def address(value) -> str:
    need(type(value) is str and len(value) == 13 and value[10] == "-", "name", f"address: {value!r}")
    office(value[:10])
    kind(value[11:])
    return value


def kinds(values: list, least: int = 1) -> list:
    need(type(values) is list and least <= len(values) <= 64, "shape", "kinds: wrong number")
    for value in values:
        kind(value)
    need(all(a < b for a, b in zip(values, values[1:])), "shape", "kinds: not strictly rising")
    return values


def shown(message_id: bytes) -> str:
    """As people see a message id: 52 characters of lower-case base32."""
    return base64.b32encode(message_id).decode().rstrip("=").lower()


def network_id(root1: bytes, root2: bytes) -> bytes:
    return sha256(b"musubi/1 network", root1, root2)


FORBIDDEN = [(0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x2069), (0xFEFF, 0xFEFF)]


def person_readable(value: str) -> None:
    """The rule for names in certificates."""
    import unicodedata

    need(1 <= len(value) <= 64, "name", "1 to 64 characters")
    need(value.strip(), "name", "only blanks")
    for letter in value:
        code = ord(letter)
        need(unicodedata.category(letter) != "Cc", "name", "a control character")
        need(not any(a <= code <= b for a, b in FORBIDDEN), "name", f"U+{code:04X} in a name")
