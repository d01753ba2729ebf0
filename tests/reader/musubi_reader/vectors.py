"""Section 23: the recorded vectors, each made again or verified by this reader."""

import json
from pathlib import Path

from . import cbor, content, ed25519, envelopes, gate, records, transparency
from .certificates import Authority, Desk, Request
from .entries import CANCEL, EXPIRE, MESSAGE, RECEIPT, RESTART, Entry, id_of
from .evidence import Evidence, octets
from .names import ZEROS, shown
from .refused import Refused, need
from .revocation import RevocationList
from .trust import Trust

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
    cases = json.loads((path / "envelope.json").read_text("utf-8"))["cases"]
    keys = {case["suite"]: case["public_key"] for case in cases}
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


def _cas(row: dict, trust: Trust) -> None:
    known = [*trust.bundle.roots, *trust.bundle.issuing]
    need(len(known) == len(row["cas"]), "vector", "CAs")
    for ca, given in zip(known, row["cas"]):
        read = Authority(octets(given["certificate"]))
        need(read.der == ca.der and read.id.hex() == given["issuer_id"], "vector", given["name"])
        need(read.key == ed25519.public(octets(given["private_key"])), "vector", f"key of {given['name']}")


def _desks(row: dict, trust: Trust) -> dict:
    desks = {}
    for given in row["desks"]:
        desk = desks[given["name"]] = Desk(octets(given["certificate"]))
        said = (desk.hash.hex(), f"{desk.serial:032x}", desk.office, desk.licence.kinds, desk.licence.number)
        named = [given[one] for one in ("certificate_hash", "serial", "office", "kinds", "issue_number")]
        need(list(said) == named, "vector", given["name"])
        need([desk.licence.starts, desk.licence.ends] == [given["from"], given["until"]], "vector", "licence")
        need(desk.key == ed25519.public(octets(given["private_key"])), "vector", f"key of {given['name']}")
        need(Request(octets(given["request"])).answered_by(desk), "vector", f"request of {given['name']}")
        try:
            trust.trusted(desk, row["now"], partner=False)
            need(given["trusted"], "vector", f"{given['name']} is trusted")
        except Refused as error:
            need(not given["trusted"] and error.reason == "revoked", "vector", f"{given['name']}: {error}")
    return desks


def _transparency(row: dict, trust: Trust) -> None:
    leaves = [transparency.Leaf(octets(one)) for one in row["leaves"]]
    head = transparency.Head(octets(row["head"]))
    head.verify(trust.bundle.issuing)
    need(head.signed.data == trust.bundle.head.signed.data, "vector", "head of the bundle")
    root = transparency.root([leaf.data for leaf in leaves])
    need(head.size == len(leaves) and head.root == root and root.hex() == row["root"], "vector", "root")
    for index, (leaf, path) in enumerate(zip(leaves, row["proofs"], strict=True)):
        path = [octets(one) for one in path]
        found = transparency.included(transparency.leaf_hash(leaf.data), index, head.size, path)
        need(found == root, "vector", f"proof of leaf {index}")


def _network(path: Path) -> int:
    row = json.loads((path / "network.json").read_text("utf-8"))
    trust = Trust(octets(row["pin"]), [octets(one) for one in row["bundles"]])
    need(trust.network_id.hex() == row["network_id"], "vector", "network id")
    crl = RevocationList(octets(row["crl"]["der"]))
    trust.take(crl.der)
    need(crl.number == row["crl"]["number"], "vector", "CRL number")
    revoked = {int(one["serial"], 16): one["reason"] for one in row["crl"]["revoked"]}
    need(crl.revoked == revoked, "vector", "revoked")
    _cas(row, trust)
    desks = _desks(row, trust)
    _transparency(row["log"], trust)
    for given in row["records"]:
        record = records.Record(octets(given["record"]))
        record.verify(desks[given["of"]])
        for order in ([1], [2]):
            suite, public = record.key_for(order, row["now"])
            need(envelopes.public_key(suite, octets(given["private_key"])) == public, "vector", "sealing key")
    for given in row["credentials"]:
        peer = octets(given["peer"])
        need(peer == records.PEER_ID + ed25519.public(octets(given["node_key"])), "vector", "PeerId")
        records.Credential(octets(given["credential"])).admits(trust, row["now"], peer)
    hello = gate.Hello(octets(row["hello"]))
    need(hello.network == trust.network_id and hello.bundle == trust.bundle.number, "vector", "hello")
    held = {issuer: crl.number for issuer, crl in trust.lists.items()}
    need(dict(hello.lists) == held and not hello.rest, "vector", "lists of the hello")
    verdicts = []
    for credential in hello.readable():
        try:
            credential.admits(trust, row["now"], octets(row["credentials"][0]["peer"]))
            verdicts.append("admitted")
        except Refused as error:
            verdicts.append(error.reason)
    need(verdicts == ["admitted", "revoked"], "vector", f"credentials of the hello: {verdicts}")
    need([one.der for one in gate.lists(octets(row["crl_list"]))] == [crl.der], "vector", "CRL list")
    return len(desks)


def _log_proofs(path: Path) -> int:
    row = json.loads((path / "log-proof.json").read_text("utf-8"))
    network = json.loads((path / "network.json").read_text("utf-8"))
    trust = Trust(octets(network["pin"]), [*map(octets, network["bundles"]), octets(row["bundle"])])
    trust.take(octets(network["crl"]["der"]))
    need(trust.wants_proof(row["now"]) and not trust.wants_proof(row["now"] - 1), "vector", "the date")
    for case in row["cases"]:
        credential = records.Credential(octets(case["credential"]))
        credential.admits(trust, row["now"] - 1, octets(row["peer"]))
        try:
            credential.admits(trust, row["now"], octets(row["peer"]))
            need(case["admits"], "vector", f"taken: {case['name']}")
        except Refused as error:
            need(not case["admits"], "vector", f"{case['name']}: {error}")
    return len(row["cases"])


def _evidence(path: Path) -> int:
    evidence = Evidence(json.loads((path / "evidence.json").read_text("utf-8")))
    kinds = {entry.type for log in evidence.logs.values() for entry in log.entries}
    need(kinds == {MESSAGE, RECEIPT, CANCEL, EXPIRE, RESTART}, "vector", "not every type of entry")
    return evidence.counts["entries"]


def _plain(value: object) -> object:
    if type(value) is dict:
        return octets(value["bytes"])
    return [_plain(one) for one in value] if type(value) is list else value


def _frames(path: Path) -> int:
    cases = json.loads((path / "frames.json").read_text("utf-8"))["cases"]
    for case in cases:
        need(gate.frame(octets(case["frame"])) == (case["type"], _plain(case["array"])), "vector", f"frame {case['type']}")
    need({case["type"] for case in cases} == set(gate.FRAMES), "vector", "not every type of frame")
    return len(cases)


def _take(case: dict) -> None:
    data = octets(case["bytes"])
    if case["object"] == "entry":
        Entry(data).signed.verify(octets(case["key"]))
    else:
        readers = {"certificate": Desk, "crl": RevocationList, "manifest": content.Manifest, "frame": gate.frame}
        readers[case["object"]](data)


def _refused(path: Path) -> int:
    cases = json.loads((path / "refused.json").read_text("utf-8"))["cases"]
    for case in cases:
        try:
            _take(case)
        except Refused:
            continue
        raise Refused("vector", f"taken: {case['object']}, {case['why']}")
    return len(cases)


def check(path: Path) -> dict:
    return {
        "content": _content(path),
        "envelope": _envelopes(path),
        "record": _record(path),
        "entry_ids": _entry_ids(path),
        "network": _network(path),
        "log_proof": _log_proofs(path),
        "evidence": _evidence(path),
        "frames": _frames(path),
        "refused": _refused(path),
    }
