"""Says of many objects, good and altered ones, whether they are taken: to be compared with another implementation."""

from . import gate, transparency
from .certificates import Desk, Request
from .content import Manifest
from .entries import Entry
from .evidence import octets
from .records import Credential, Record
from .refused import Refused
from .revocation import RevocationList
from .trust import Bundle, Trust


def verdicts(file: dict) -> dict:
    trust = Trust(octets(file["pin"]), [octets(file["bundle"])])
    for crl in file["crls"]:
        trust.take(octets(crl))
    desk, now, peer = Desk(octets(file["certificate"])), file["now"], octets(file["peer"])
    [issuing] = trust.bundle.issuing

    def first_bundle(data: bytes) -> None:
        bundle = Bundle(data)
        bundle.signed_by_root(bundle.roots)

    def hello(data: bytes) -> None:
        # As a node reads it, whose preamble has been read before.
        gate.Hello(gate.PREAMBLE + len(data).to_bytes(4, "big") + data)

    readers = {
        "entry": lambda data: Entry(data).signed.verify(desk.key),
        "record": lambda data: Record(data).verify(desk),
        "credential": lambda data: Credential(data).admits(trust, now, peer),
        "certificate": lambda data: trust.trusted(Desk(data), now, issuing.id, partner=False),
        "request": Request,
        "crl": lambda data: RevocationList(data).verify(issuing),
        "trust": first_bundle,
        "head": lambda data: transparency.Head(data).verify(trust.bundle.issuing),
        "manifest": Manifest,
        "hello": hello,
    }
    said = []
    for name, data in file["cases"]:
        try:
            readers[name](octets(data))
            said.append(None)
        except Refused as error:
            said.append(str(error))
    return {"said": said}
