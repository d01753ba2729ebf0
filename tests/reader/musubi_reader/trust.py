"""Section 8: the trust bundle, and when a certificate is trusted."""

from . import cbor, names, transparency
from .certificates import Authority, Desk
from .refused import Refused, need
from .revocation import RevocationList
from .signed import Signed

WORST = ["fresh", "grace", "stale"]


class Bundle:
    """A bundle whose content is good; who may have signed it, `first` and `follows` say."""

    def __init__(self, data: bytes):
        self.signed = Signed("trust", data)
        value = cbor.array(self.signed.value, 10, "trust bundle")
        self.number, self.time = cbor.uint(value[0], "number"), cbor.uint(value[1], "time")
        self.roots = [Authority(cbor.octets(one, "root")) for one in cbor.array(value[2], 2, "roots")]
        need(all(root.root for root in self.roots), "trust", "a root that is none")
        a, b = self.roots
        need(a.subject != b.subject and a.key != b.key, "trust", "roots with equal subjects or keys")
        self.issuing = [Authority(cbor.octets(one, "CA")) for one in cbor.several(value[3], "CAs", most=32)]
        for ca in self.issuing:
            need(not ca.root, "trust", "a root among the issuing CAs")
            ca.signed_by(self.root_of(ca))
        need(len({ca.subject for ca in self.issuing}) == len(self.issuing), "trust", "CAs with equal subjects")
        self.root_crl = RevocationList(cbor.octets(value[4], "root CRL"))
        self.root_crl.verify(self.signer_of(self.root_crl, self.roots))
        for policy in cbor.several(value[5], "policy"):
            cbor.octets(policy, "policy")
        for multiaddr in cbor.several(value[6], "bootstrap"):
            cbor.text(multiaddr, "bootstrap")
        self.enforce_from = cbor.uint(value[7], "enforce from")
        head = cbor.optional(value[8], "head")
        self.head = None
        if head is not None:
            self.head = transparency.Head(cbor.octets(head, "head"))
            self.head.verify(self.issuing)
        cbor.ext(value[9])

    @staticmethod
    def signer_of(crl: RevocationList, cas: list) -> Authority:
        for ca in cas:
            if ca.subject == crl.issuer:
                return ca
        raise Refused("crl", "of a CA that is not in the bundle")

    def root_of(self, ca: Authority) -> Authority:
        for root in self.roots:
            # Its authorityKeyIdentifier is not compared: name and signature decide.
            if root.subject == ca.issuer:
                return root
        raise Refused("issuer", "a CA of another root")

    def signed_by_root(self, roots: list) -> None:
        for root in roots:
            try:
                return self.signed.verify(root.key)
            except Refused:
                continue
        raise Refused("trust", "no root has signed this bundle")

    def first(self, pin: bytes) -> bytes:
        """Takes it as the first one and answers the network's id."""
        need(names.sha256(self.roots[0].der) == pin, "pin", "another authority")
        # By the root that the pin names: nobody knows the second by then.
        self.signed_by_root(self.roots[:1])
        return names.network_id(self.roots[0].der, self.roots[1].der)

    def follows(self, before: "Bundle") -> None:
        self.signed_by_root(before.roots)
        if self.number == before.number:
            need(self.signed.data == before.signed.data, "alarm", "two bundles of one number")
        need(self.number > before.number, "trust", "not a newer bundle")
        need(before.enforce_from == 0 or self.enforce_from != 0, "trust", "the date of proofs is gone")


class Trust:
    """The bundle in force and the newest list of each CA."""

    def __init__(self, pin: bytes, bundles: list):
        self.bundle = Bundle(bundles[0])
        self.network_id = self.bundle.first(pin)
        for data in bundles[1:]:
            later = Bundle(data)
            later.follows(self.bundle)
            self.bundle = later
        self.lists = {}
        self._hold(self.bundle.root_crl)

    def take(self, data: bytes) -> None:
        self._hold(RevocationList(data))

    def _hold(self, crl: RevocationList) -> None:
        ca = Bundle.signer_of(crl, self.bundle.roots + self.bundle.issuing)
        crl.verify(ca)
        held = self.lists.get(ca.id)
        if held is None or held.number < crl.number:
            self.lists[ca.id] = crl
        elif held.number == crl.number:
            need(held.der == crl.der, "alarm", "two lists of one number")

    def issuer_of(self, desk: Desk) -> Authority:
        for ca in self.bundle.issuing:
            if ca.subject == desk.issuer and ca.identifier == desk.issuer_identifier:
                return ca
        raise Refused("issuer", "issuer in no bundle held here")

    def trusted(self, desk: Desk, now: int, issuer_id: bytes | None = None, partner: bool = True) -> None:
        """Refuses unless the certificate is trusted at that moment. `partner`: a desk that was admitted before."""
        ca = self.issuer_of(desk)
        # An id that nobody here has may be that of the same CA under another root.
        others = [other.id for other in self.bundle.roots + self.bundle.issuing if other is not ca]
        need(issuer_id not in others, "issuer", "another issuer is named")
        root = self.bundle.root_of(ca)
        desk.signed_by(ca)
        ca.signed_by(root)
        worst = 0
        for certificate, issuer in [(desk, ca), (ca, root)]:
            crl = self.lists.get(issuer.id)
            need(crl is not None, "stale", "no revocation list of the issuer")
            need(certificate.serial not in crl.revoked, "revoked", f"reason {crl.revoked.get(certificate.serial)}")
            worst = max(worst, WORST.index(crl.age(now)))
        for certificate in [desk, ca, root]:
            certificate.valid_at(now)
        need(worst < 2 and (worst == 0 or partner), "stale", "the revocation lists are too old")

    def wants_proof(self, now: int) -> bool:
        return 0 < self.bundle.enforce_from <= now

    def in_log(self, desk: Desk, proof: list, now: int) -> None:
        """Refuses unless a credential's proof shows that the log holds the certificate (section 12)."""
        need(len(proof) == 2, "proof", "not in the public log, and has to be")
        head = transparency.Head(proof[0])
        ca = head.verify(self.bundle.issuing)
        root = self.bundle.root_of(ca)
        ca.valid_at(now)
        root.valid_at(now)
        crl = self.lists.get(root.id)
        need(crl is not None and ca.serial not in crl.revoked, "proof", "by a CA that is revoked")
        index, path = transparency.place(proof[1])
        leaf = transparency.leaf_hash(transparency.issued(desk))
        need(transparency.included(leaf, index, head.size, path) == head.root, "proof", "another log")
