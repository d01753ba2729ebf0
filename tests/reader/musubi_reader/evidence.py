"""Judges a whole file of evidence: what an inspector is handed, and what a test takes from running nodes."""

from . import content, envelopes, link
from .certificates import Desk
from .entries import MESSAGE, Entry
from .names import shown
from .records import Credential, Record
from .refused import need
from .trust import Trust

KNOWN = {"about", "now", "pin", "bundles", "crls", "certificates", "logs", "records", "credentials", "messages"}
OF_MESSAGE = {"id", "opening", "manifest", "content_key", "envelope", "private_key", "ciphertext", "files"}


def octets(value: str) -> bytes:
    return bytes.fromhex(value)


class Evidence:
    """Reads and verifies everything in order; the counts say what was verified, and nothing else is counted."""

    def __init__(self, file: dict):
        need(set(file) <= KNOWN, "file", f"unknown members {sorted(set(file) - KNOWN)}")
        self.counts = dict.fromkeys(
            ["certificates", "records", "credentials", "entries", "messages", "receipts", "commitments", "envelopes",
             "contents", "files"], 0,
        )  # fmt: skip
        self.now = file["now"]
        self.trust = Trust(octets(file["pin"]), [octets(one) for one in file["bundles"]])
        for crl in file["crls"]:
            self.trust.take(octets(crl))
        self.desks = {}
        for data in file["certificates"]:
            desk = Desk(octets(data))
            self.trust.trusted(desk, self.now)
            self.desks[desk.hash] = desk
            self.counts["certificates"] += 1
        for data in file.get("records", []):
            record = Record(octets(data))
            record.verify(self.desk(record.certificate))
            self.counts["records"] += 1
        for row in file.get("credentials", []):
            Credential(octets(row["credential"])).admits(self.trust, self.now, octets(row["peer"]))
            self.counts["credentials"] += 1
        self.logs = {}
        for row in file["logs"]:
            self._log(row)
        self.receipts = {}
        for (sender, receiver), log in self.logs.items():
            other = self.logs.get((receiver, sender)) or link.Log(receiver, sender)
            link.check_peers(log, other)
            for message, what in link.check_receipts(log, other).items():
                self.receipts[message] = what
                self.counts["receipts"] += len(what)
        for row in file.get("messages", []):
            self._message(row)

    def desk(self, digest: bytes) -> Desk:
        need(digest in self.desks, "certificate", "a certificate that is not here")
        return self.desks[digest]

    def _log(self, row: dict) -> None:
        key = (row["from"], row["to"])
        need(key not in self.logs, "file", "a log twice")
        log = self.logs[key] = link.Log(*key)
        for data in row["entries"]:
            entry = Entry(octets(data))
            desk = self.desk(entry.certificate)
            need(desk.licence.role == "office" and desk.holds(entry.sender), "certificate", "does not hold the sender")
            entry.signed.verify(desk.key)
            log.add(entry)
            self.counts["entries"] += 1
            if entry.type == MESSAGE:
                need(desk.licence.covers(entry.time), "licence", "over when the message was sealed")
                content.total_of(entry.length)
                self.counts["messages"] += 1

    def _message(self, row: dict) -> None:
        """Whatever is given for a message is held against its signed entry."""
        need(set(row) <= OF_MESSAGE, "file", f"unknown members {sorted(set(row) - OF_MESSAGE)}")
        wanted = octets(row["id"])
        entry = next((log.ids[wanted] for log in self.logs.values() if wanted in log.ids), None)
        need(entry is not None and entry.type == MESSAGE, "missing", f"message {shown(wanted)} is not in the logs")
        key = octets(row["content_key"]) if "content_key" in row else None
        if "envelope" in row:
            opened = envelopes.Envelope(octets(row["envelope"])).open(octets(row["private_key"]), wanted)
            need(key is None or key == opened, "content-key", "the envelope holds another one")
            key = opened
            self.counts["envelopes"] += 1
        if "manifest" in row:
            opening = octets(row["opening"]) if key is None else content.opening_of(key)
            manifest = octets(row["manifest"])
            made = content.commitment(opening, manifest)
            need(made == entry.commitment, "commitment", f"{shown(wanted)}: this manifest was not committed to")
            content.Manifest(manifest)
            self.counts["commitments"] += 1
        if "ciphertext" in row:
            sealed = octets(row["ciphertext"])
            need(len(sealed) == entry.length, "ciphertext", "another length")
            need(content.sha256(sealed) == entry.sha256, "ciphertext", "another SHA-256")
            manifest, files = content.open_content(key, sealed, entry.commitment)
            need("manifest" not in row or manifest.data == octets(row["manifest"]), "manifest", "another one inside")
            if "files" in row:
                given = [(one["name"], octets(one["bytes"])) for one in row["files"]]
                inside = [(name, data) for (name, _, _), data in zip(manifest.files, files)]
                need(given == inside, "files", "others are inside")
            self.counts["contents"] += 1
            self.counts["files"] += len(files)
