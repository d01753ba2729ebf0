"""Section 14: sealing of content. Everything is held in memory; this reader is for evidence, not for large files."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from . import cbor
from .names import sha256
from .refused import Refused, need

CHUNK, TAG = 65536, 16
LEAST, MOST = 4096, 4 * 2**30
LONGEST_MANIFEST = 393216


def _derive(content_key: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(content_key)


def opening_of(content_key: bytes) -> bytes:
    return _derive(content_key, b"musubi/1 opening")


def commitment(opening: bytes, manifest: bytes) -> bytes:
    return sha256(b"musubi/1 commit", opening, sha256(manifest))


def padme(length: int) -> int:
    if length < 2:
        return length
    e = length.bit_length() - 1
    s = e.bit_length() if e else 0
    unit = 1 << (e - s)
    return -(-length // unit) * unit


def total_for(end: int) -> int:
    return padme(max(LEAST, end + 12))


def total_of(ciphertext_length: int) -> int:
    """Length of the plaintext, after the rules that need nothing but the length."""
    chunks = -(-ciphertext_length // (CHUNK + TAG))
    total = ciphertext_length - chunks * TAG
    need(total > (chunks - 1) * CHUNK, "length", "a last chunk without a byte")
    need(LEAST <= total <= MOST and padme(total) == total, "length", "no content has this length")
    return total


def _nonce(number: int, last: bool) -> bytes:
    return bytes(7) + number.to_bytes(4, "big") + bytes([last])


class Manifest:
    def __init__(self, data: bytes):
        need(len(data) <= LONGEST_MANIFEST, "manifest", "too long")
        value = cbor.array(cbor.decode(data, LONGEST_MANIFEST), 6, "manifest")
        self.data = data
        self.bundle, self.month, self.serial, self.edition = (cbor.optional(one, "manifest") for one in value[:4])
        for one in (self.bundle, self.serial, self.edition):
            if one is not None:
                cbor.text(one, "manifest")
                need(1 <= len(one) <= 32 and all("!" <= c <= "~" for c in one), "manifest", repr(one))
        if self.month is not None:
            year, month = divmod(cbor.uint(self.month, "month"), 100)
            need(1900 <= year <= 9999 and 1 <= month <= 12, "manifest", f"month {self.month}")
        self.files = []
        for row in cbor.several(value[4], "files", 1, 1000):
            name, size, digest = cbor.array(row, 3, "file")
            file_name(cbor.text(name, "name"))
            self.files.append((name, cbor.uint(size, "size"), cbor.octets(digest, "sha256", 32)))
        folded = {name.upper().lower() for name, _, _ in self.files}
        need(len(folded) == len(self.files), "manifest", "two files of one name")
        cbor.ext(value[5])


INVISIBLE = [
    (0x00, 0x1F), (0x7F, 0x9F), (0xAD, 0xAD), (0x61C, 0x61C), (0x180E, 0x180E), (0x200B, 0x200F), (0x2028, 0x202E),
    (0x2060, 0x206F), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB), (0xE0000, 0xE007F),
]  # fmt: skip
DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"}
DEVICES |= {port + number for port in ("com", "lpt") for number in "0123456789¹²³"}


def file_name(name: str) -> None:
    need(1 <= len(name.encode()) <= 255, "manifest", "length of a name")
    for letter in name:
        code = ord(letter)
        need(letter not in '/\\:*?"<>|' and not any(a <= code <= b for a, b in INVISIBLE), "manifest", repr(name))
    for edge in (name[0], name[-1]):
        need(edge != "." and not edge.isspace(), "manifest", repr(name))
    need(name.split(".")[0].rstrip().lower() not in DEVICES, "manifest", repr(name))


def open_content(content_key: bytes, ciphertext: bytes, expected: bytes) -> tuple:
    """Manifest and files; `expected` is the commitment of the signed entry."""
    total = total_of(len(ciphertext))
    aead = ChaCha20Poly1305(_derive(content_key, b"musubi/1 content"))
    sealed = [ciphertext[i : i + CHUNK + TAG] for i in range(0, len(ciphertext), CHUNK + TAG)]
    try:
        plain = b"".join(
            aead.decrypt(_nonce(number, number == len(sealed) - 1), chunk, None) for number, chunk in enumerate(sealed)
        )
    except InvalidTag as error:
        raise Refused("content-key", "the content does not open") from error
    assert len(plain) == total
    end, length = int.from_bytes(plain[-12:-4], "big"), int.from_bytes(plain[-4:], "big")
    need(length <= LONGEST_MANIFEST and length <= end <= total - 12, "content", "the trailer points outside")
    need(total_for(end) == total, "content", "another length follows from the trailer")
    data = plain[end - length : end]
    need(commitment(opening_of(content_key), data) == expected, "commitment", "this content is not the announced one")
    manifest = Manifest(data)
    need(sum(size for _, size, _ in manifest.files) == end - length, "content", "the sizes do not add up")
    need(not any(plain[end : total - 12]), "content", "the padding is not zeros")
    files, at = [], 0
    for name, size, digest in manifest.files:
        files.append(plain[at : at + size])
        need(sha256(files[-1]) == digest, "content", f"{name}: another SHA-256")
        at += size
    return manifest, files


def seal_content(content_key: bytes, manifest_head: list, files: list) -> tuple:
    """Ciphertext, manifest and commitment. `manifest_head`: bundle, month, serial, edition; files: (name, bytes)."""
    rows = [[name, len(data), sha256(data)] for name, data in files]
    manifest = cbor.encode([*([] if one is None else [one] for one in manifest_head), rows, []])
    Manifest(manifest)
    body = b"".join(data for _, data in files) + manifest
    total = total_for(len(body))
    trailer = len(body).to_bytes(8, "big") + len(manifest).to_bytes(4, "big")
    plain = body + bytes(total - 12 - len(body)) + trailer
    aead = ChaCha20Poly1305(_derive(content_key, b"musubi/1 content"))
    chunks = [plain[i : i + CHUNK] for i in range(0, total, CHUNK)]
    ciphertext = b"".join(
        aead.encrypt(_nonce(number, number == len(chunks) - 1), chunk, None) for number, chunk in enumerate(chunks)
    )
    return ciphertext, manifest, commitment(opening_of(content_key), manifest)
