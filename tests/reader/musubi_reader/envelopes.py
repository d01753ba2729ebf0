"""Section 15: envelopes. HPKE (RFC 9180) base mode with both KEMs, written out, on primitives of a library."""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from . import cbor
from .names import sha256
from .refused import Refused, need

LONGEST = 2048
XWING_LABEL = bytes.fromhex("5c2e2f2f5e5c")
KEM = {1: 0x647A, 2: 0x0020}
PUBLIC, ENC = {1: 1216, 2: 32}, {1: 1120, 2: 32}


def _u16(value: int) -> bytes:
    return value.to_bytes(2, "big")


def _extract(suite_id: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite_id + label + ikm, "sha256")


def _expand(suite_id: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    info = _u16(length) + b"HPKE-v1" + suite_id + label + info
    output = block = b""
    for number in range(-(-length // 32)):
        block = hmac.digest(prk, block + info + bytes([number + 1]), "sha256")
        output += block
    return output[:length]


def _exchange(private: bytes, public: bytes) -> bytes:
    try:
        return X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise Refused("envelope", "a secret of zeros") from error


def _x25519_public(private: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def _xwing_keys(private: bytes) -> tuple:
    expanded = hashlib.shake_256(private).digest(96)
    return MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), expanded[64:]


def public_key(suite: int, private: bytes) -> bytes:
    if suite == 2:
        return _x25519_public(private)
    lattice, curve = _xwing_keys(private)
    return lattice.public_key().public_bytes_raw() + _x25519_public(curve)


def check_public(suite: int, public: bytes) -> None:
    need(len(public) == PUBLIC[suite], "key", "another length")
    if suite == 1:
        # Coefficients out of range: decode and encode again gives other bytes (FIPS 203, section 7.2).
        for i in range(0, 1152, 3):
            a, b, c = public[i : i + 3]
            need((a | (b & 15) << 8) < 3329 and (b >> 4 | c << 4) < 3329, "key", "coefficient out of range")


def key_id(public: bytes) -> bytes:
    return sha256(public)[:8]


def _dh_secret(shared: bytes, enc: bytes, public: bytes) -> bytes:
    suite_id = b"KEM" + _u16(KEM[2])
    prk = _extract(suite_id, b"", b"eae_prk", shared)
    return _expand(suite_id, prk, b"shared_secret", enc + public, 32)


def _xwing_secret(lattice: bytes, curve: bytes, enc: bytes, public: bytes) -> bytes:
    return hashlib.sha3_256(lattice + curve + enc[1088:] + public[1184:] + XWING_LABEL).digest()


def _decapsulate(suite: int, private: bytes, enc: bytes) -> bytes:
    public = public_key(suite, private)
    if suite == 2:
        return _dh_secret(_exchange(private, enc), enc, public)
    lattice, curve = _xwing_keys(private)
    return _xwing_secret(lattice.decapsulate(enc[:1088]), _exchange(curve, enc[1088:]), enc, public)


def _encapsulate(suite: int, public: bytes, ikm: bytes | None) -> tuple:
    """Secret and enc; `ikm` is the ikmE of suite 2, for vectors."""
    if suite == 2:
        suite_id = b"KEM" + _u16(KEM[2])
        prk = _extract(suite_id, b"", b"dkp_prk", ikm or os.urandom(32))
        ephemeral = _expand(suite_id, prk, b"sk", b"", 32)
        enc = _x25519_public(ephemeral)
        return _dh_secret(_exchange(ephemeral, public), enc, public), enc
    ephemeral = os.urandom(32)
    secret, sealed = MLKEM768PublicKey.from_public_bytes(public[:1184]).encapsulate()
    enc = sealed + _x25519_public(ephemeral)
    return _xwing_secret(secret, _exchange(ephemeral, public[1184:]), enc, public), enc


def _context(suite: int, secret: bytes) -> tuple:
    suite_id = b"HPKE" + _u16(KEM[suite]) + _u16(1) + _u16(3)
    info = b"musubi/1 envelope" + _u16(suite)
    context = b"\0" + _extract(suite_id, b"", b"psk_id_hash", b"") + _extract(suite_id, b"", b"info_hash", info)
    secret = _extract(suite_id, secret, b"secret", b"")
    aead = ChaCha20Poly1305(_expand(suite_id, secret, b"key", context, 32))
    return aead, _expand(suite_id, secret, b"base_nonce", context, 12)


class Envelope:
    def __init__(self, data: bytes):
        suite, self.key_id, self.enc, self.ciphertext = cbor.array(cbor.decode(data, LONGEST), 4, "envelope")
        self.suite = cbor.uint(suite, "suite")
        need(suite in KEM, "envelope", f"suite {suite} is unknown")
        cbor.octets(self.key_id, "sealing key id", 8)
        cbor.octets(self.enc, "enc", ENC[suite])
        cbor.octets(self.ciphertext, "ciphertext", 48)

    def open(self, private: bytes, message_id: bytes) -> bytes:
        """The content key."""
        need(key_id(public_key(self.suite, private)) == self.key_id, "envelope", "for another key")
        aead, nonce = _context(self.suite, _decapsulate(self.suite, private, self.enc))
        try:
            return aead.decrypt(nonce, self.ciphertext, message_id)
        except InvalidTag as error:
            raise Refused("envelope", "does not open") from error


def seal_envelope(suite: int, public: bytes, content_key: bytes, message_id: bytes, ikm: bytes | None = None) -> bytes:
    check_public(suite, public)
    secret, enc = _encapsulate(suite, public, ikm)
    aead, nonce = _context(suite, secret)
    return cbor.encode([suite, key_id(public), enc, aead.encrypt(nonce, content_key, message_id)])
