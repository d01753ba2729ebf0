"""Writes a message as a partner would: content, envelope and signed entry, so that a node can judge this reader."""

import os

from . import content, entries, envelopes
from .certificates import Desk
from .evidence import octets
from .names import ZEROS
from .records import Record
from .refused import need


def seal(order: dict) -> dict:
    """`order`: record and its certificate, office key and certificate of the writer, from, to, time, suite, log
    (epoch, seq, prev, peer) and files."""
    record = Record(octets(order["record"]))
    record.verify(Desk(octets(order["record_certificate"])))
    need(order["to"][:10] == record.office and order["to"][11:] in record.kinds, "record", "of another office")
    chosen = record.key_for([order["suite"]], order["time"])
    need(chosen is not None, "record", f"no key of suite {order['suite']}")
    key = os.urandom(32)
    files = [(one["name"], octets(one["bytes"])) for one in order["files"]]
    ciphertext, manifest, commitment = content.seal_content(key, [None] * 4, files)
    epoch, seq, peer = order["epoch"], order["seq"], order["peer"]
    entry = entries.write(
        octets(order["office_key"]),
        entries.MESSAGE,
        order["from"],
        order["to"],
        (epoch, seq),
        octets(order["prev"]) if seq > 1 else ZEROS,
        (peer[0], peer[1], octets(peer[2])),
        (0, ZEROS),
        order["time"],
        Desk(octets(order["certificate"])).hash,
        [order["suite"], len(ciphertext), content.sha256(ciphertext), commitment, []],
    )
    envelope = envelopes.seal_envelope(chosen[0], chosen[1], key, entry.id)
    return {
        "id": entry.id.hex(),
        "entry": entry.signed.data.hex(),
        "envelope": envelope.hex(),
        "ciphertext": ciphertext.hex(),
        "manifest": manifest.hex(),
        "content_key": key.hex(),
    }
