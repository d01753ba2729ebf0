"""Section 7: revocation lists."""

from cryptography import x509

from . import der, ed25519
from .certificates import AKI, Authority, authority_key_identifier, seconds
from .refused import Refused, need

LONGEST = 2 * 1024 * 1024
GRACE = 14 * 86400
NUMBER, REASON = "2.5.29.20", "2.5.29.21"
REASONS = {
    x509.ReasonFlags.key_compromise: 1,
    x509.ReasonFlags.ca_compromise: 2,
    x509.ReasonFlags.affiliation_changed: 3,
    x509.ReasonFlags.superseded: 4,
    x509.ReasonFlags.cessation_of_operation: 5,
    x509.ReasonFlags.privilege_withdrawn: 9,
}


class RevocationList:
    """A list as read; `verify` says whether it is that of a CA."""

    def __init__(self, data: bytes):
        need(len(data) <= LONGEST, "crl", "too long")
        self.der = data
        try:
            read = x509.load_der_x509_crl(data)
            self.issuer, self.signature = read.issuer.public_bytes(), read.signature
            self.this_update, self.next_update = read.last_update_utc, read.next_update_utc
            extensions = {one.oid.dotted_string: one for one in read.extensions}
            self.revoked = {one.serial_number: self._reason(one) for one in read}
            rows = [(one.serial_number, one.revocation_date_utc) for one in read]
        except Refused:
            raise
        except Exception as error:
            raise Refused("crl", f"cannot be read: {error}") from error
        need(set(extensions) == {NUMBER, AKI}, "crl", "other extensions")
        self.number = extensions[NUMBER].value.crl_number
        need(0 <= self.number < 2**64, "crl", "number of more than 64 bits")
        self.identifier = extensions[AKI].value.key_identifier
        need(self.identifier is not None, "crl", "no key identifier")
        need(self.next_update is not None and self.next_update > self.this_update, "crl", "no later nextUpdate")
        need(all(seconds(date) >= 0 for date in [self.this_update, *(date for _, date in rows)]), "crl", "before 1970")
        serials = [serial for serial, _ in rows]
        need(all(a < b for a, b in zip(serials, serials[1:])), "crl", "serial numbers do not rise")
        need(all(serial >> 126 == 1 for serial in serials), "crl", "serial number of another form")
        self._compare(extensions, rows)

    @staticmethod
    def _reason(row) -> int:
        found = list(row.extensions)
        if not found:
            return 0
        need(len(found) == 1 and found[0].oid.dotted_string == REASON, "crl", "another entry extension")
        reason = REASONS.get(found[0].value.reason)
        need(reason is not None, "crl", "a reason that is never used")
        return reason

    def _compare(self, extensions, rows) -> None:
        entries = []
        for serial, date in rows:
            reason = self.revoked[serial]
            value = der.tlv(0x0A, bytes([reason]))
            inner = der.sequence(der.extension(REASON, False, value)) if reason else b""
            entries.append(der.sequence(der.integer(serial), der.time(date), inner))
        values = {NUMBER: der.integer(self.number), AKI: authority_key_identifier(self.identifier)}
        self.inner = der.sequence(
            der.integer(1),
            der.ED25519,
            self.issuer,
            der.time(self.this_update),
            der.time(self.next_update),
            der.sequence(*entries) if entries else b"",
            der.tlv(0xA0, der.sequence(*(der.extension(one, False, values[one]) for one in extensions))),
        )
        need(der.outer(self.inner, self.signature) == self.der, "crl", "does not follow the profile")

    def verify(self, ca: Authority) -> None:
        need(self.issuer == ca.subject and self.identifier == ca.identifier, "crl", "of another CA")
        try:
            ed25519.verify(ca.key, self.signature, self.inner)
        except Refused as error:
            raise Refused("crl", "signature does not verify") from error

    def age(self, now: int) -> str:
        end = seconds(self.next_update)
        return "fresh" if now < end else "grace" if now < end + GRACE else "stale"
