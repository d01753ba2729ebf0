"""As much of DER (X.690) as is needed to write down the one encoding that a certificate or a list may have."""

import datetime


def tlv(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def sequence(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def octet_string(body: bytes) -> bytes:
    return tlv(0x04, body)


def integer(value: int) -> bytes:
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    first, second, *rest = (int(part) for part in dotted.split("."))
    body = b""
    for arc in [first * 40 + second, *rest]:
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(arc & 0x7F | 0x80)
        body += bytes(reversed(groups))
    return tlv(0x06, body)


def time(moment: datetime.datetime) -> bytes:
    if moment.year <= 2049:
        return tlv(0x17, moment.strftime("%y%m%d%H%M%SZ").encode())
    return tlv(0x18, moment.strftime("%Y%m%d%H%M%SZ").encode())


def extension(dotted: str, critical: bool, value: bytes) -> bytes:
    return sequence(oid(dotted), bytes.fromhex("0101ff") if critical else b"", octet_string(value))


ED25519 = sequence(oid("1.3.101.112"))


def public_key_info(key: bytes) -> bytes:
    return sequence(ED25519, tlv(0x03, b"\0", key))


def outer(inner: bytes, signature: bytes) -> bytes:
    """What goes around the signed part of certificates, requests and lists."""
    return sequence(inner, ED25519, tlv(0x03, b"\0", signature))
