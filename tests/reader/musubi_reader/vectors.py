"""Section 23: the recorded vectors, each made again or verified by this reader."""

import json
from pathlib import Path

from . import content, ed25519, envelopes, records
from .entries import CANCEL, EXPIRE, MESSAGE, RECEIPT, RESTART, id_of
from . import cbor
from .evidence import octets
from .names import ZEROS, shown
from .refused import need

FROM, TO = "1379905001-43", "1379900010-11"


def pattern(length: int) -> bytes:
    return bytes(n * 7 % 251 for n in range(length))


def _content(path: Path) -> int:
    cases = json.loads((path / "content.json").read_text("utf-8"))["cases"]
    heads = [["B2", 202511, "20251024090725", "4.1"], [None] * 4]
    for case, head in zip(cases, heads, strict=True):
        key = octets(case["content_key"])
        files = [(one["name"], pattern(one["size"])) for one in case["files"]]
        ciphertext, manifest, commitment = content.seal_content(key, head, files)
        need(manifest.hex() == case["manifest"], "vector", "manifest")
        need(content.opening_of(key).hex() == case["opening"], "vector", "opening")
        need(commitment.hex() == case["commitment"], "vector", "commitment")
        need(len(ciphertext) == case["ciphertext_length"], "vector", "ciphertext length")
        need(content.sha256(ciphertext).hex() == case["ciphertext_sha256"], "vector", "ciphertext SHA-256")
        need(case.get("ciphertext", ciphertext.hex()) == ciphertext.hex(), "vector", "ciphertext")
        opened, inside = content.open_content(key, ciphertext, commitment)
        need(inside == [data for _, data in files] and opened.data == manifest, "vector", "content opened")
    return len(cases)


def _envelopes(path: Path) -> int:
    cases = json.loads((path / "envelope.json").read_text("utf-8"))["cases"]
    for case in cases:
        suite, private = case["suite"], octets(case["private_key"])
        public, message = octets(case["public_key"]), octets(case["message_id"])
        envelopes.check_public(suite, public)
        need(envelopes.public_key(suite, private) == public, "vector", f"suite {suite}: public key")
        need(envelopes.key_id(public).hex() == case["key_id"], "vector", "key id")
        opened = envelopes.Envelope(octets(case["envelope"])).open(private, message)
        need(opened.hex() == case["content_key"], "vector", "content key")
        ikm = octets(case["randomness"]) if suite == 2 else None
        again = envelopes.seal_envelope(suite, public, opened, message, ikm)
        if suite == 2:
            need(again.hex() == case["envelope"], "vector", "envelope")
        need(envelopes.Envelope(again).open(private, message) == opened, "vector", "an envelope of our own")
    return len(cases)


def _record(path: Path) -> int:
    row = json.loads((path / "record.json").read_text("utf-8"))
    record = records.Record(octets(row["record"]))
    record.signed.verify(ed25519.public(octets(row["office_key"])))
    need(record.certificate.hex() == row["certificate"] and record.issued == row["issued"], "vector", "record")
    keys = {case["suite"]: case["public_key"] for case in json.loads((path / "envelope.json").read_text("utf-8"))["cases"]}
    need(all(public.hex() == keys[suite] for suite, public, _, _ in record.keys), "vector", "sealing keys")
    need({record.issued - made for _, _, made, _ in record.keys} == {0, 3 * 86400}, "vector", "when keys were made")
    return 1


def _entry_ids(path: Path) -> int:
    message = b"\x09" * 32
    rows = [
        (MESSAGE, [1, 4112, b"\1" * 32, b"\2" * 32, []]),
        (RECEIPT, [message, 1, 0, 1, []]),
        (RECEIPT, [message, 2, 0, 4, []]),
        (CANCEL, [message, 0, []]),
        (EXPIRE, [message, 0, []]),
        (RESTART, [5, 7, b"\4" * 32]),
    ]
    expected = (path / "entry-ids.txt").read_text("ascii").split()
    for (kind, body), line in zip(rows, expected, strict=True):
        place = [FROM, TO, 1761000000, 1, ZEROS, 0, 0, ZEROS, 0, ZEROS]
        payload = cbor.encode([kind, *place, 1761000001, b"\3" * 32, body, []])
        need(shown(id_of(payload)) == line, "vector", f"id of {body}")
    return len(rows)


def check(path: Path) -> dict:
    return {
        "content": _content(path),
        "envelope": _envelopes(path),
        "record": _record(path),
        "entry_ids": _entry_ids(path),
    }
