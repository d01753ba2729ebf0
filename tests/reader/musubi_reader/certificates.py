"""Sections 5 and 6: certificates, and requests for them. What a certificate says is read by a library; then the
whole is written down anew from that and compared, so that nothing else can hide in it."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import NameOID

from . import cbor, der, ed25519, names
from .refused import Refused, need

LONGEST = 2048
DAY = 86400
LICENCE, KINDS, PURPOSE = "1.3.6.1.4.1.32473.1.2", "1.3.6.1.4.1.32473.1.3", "1.3.6.1.4.1.32473.1.1"
CLIENT = "1.3.6.1.5.5.7.3.2"
SAN, USAGE, EKU, BASIC = "2.5.29.17", "2.5.29.15", "2.5.29.37", "2.5.29.19"
SKI, AKI = "2.5.29.14", "2.5.29.35"
GRACE = 30 * DAY
ROLES = ["office", "relay", "directory", "courier", "authority"]


def key_identifier(key: bytes) -> bytes:
    return names.sha256(der.public_key_info(key))[:20]


def authority_key_identifier(identifier: bytes) -> bytes:
    return der.sequence(der.tlv(0x80, identifier))


def seconds(moment: datetime.datetime) -> int:
    return int(moment.timestamp())


def raw_values(extensions) -> dict:
    """Value by identifier, as the library writes it; the comparison of the whole shows whether that is what was."""
    found = {}
    for extension in extensions:
        dotted = extension.oid.dotted_string
        need(dotted not in found, "certificate", f"extension {dotted} twice")
        value = extension.value
        found[dotted] = value.value if isinstance(value, x509.UnrecognizedExtension) else value.public_bytes()
    return found


class Certificate:
    """What all certificates have in common, read and found to follow the profile; signatures are not checked."""

    def __init__(self, data: bytes):
        need(len(data) <= LONGEST, "certificate", "too long")
        self.der = data
        try:
            self.read = x509.load_der_x509_certificate(data)
            key = self.read.public_key()
            self.extensions = raw_values(self.read.extensions)
            self.issuer, self.subject = self.read.issuer.public_bytes(), self.read.subject.public_bytes()
            self.not_before = seconds(self.read.not_valid_before_utc)
            self.not_after = seconds(self.read.not_valid_after_utc)
            self.serial, self.signature = self.read.serial_number, self.read.signature
        except Refused:
            raise
        except Exception as error:
            raise Refused("certificate", f"cannot be read: {error}") from error
        need(isinstance(key, Ed25519PublicKey), "certificate", "another kind of key")
        self.key = key.public_bytes_raw()
        need(not ed25519.small_order(self.key), "certificate", "key of small order")
        self.identifier = key_identifier(self.key)
        self.hash = names.sha256(data)
        need(self.serial >> 126 == 1, "certificate", "serial number of another form")
        need(0 <= self.not_before < self.not_after, "certificate", "its time is none")

    def compare(self, expected: dict) -> None:
        """`expected` has (critical, value) for each extension; their order is the certificate's."""
        need(set(self.extensions) == set(expected), "certificate", "other extensions")
        extensions = [der.extension(one, *expected[one]) for one in self.extensions]
        self.inner = der.sequence(
            der.tlv(0xA0, der.integer(2)),
            der.integer(self.serial),
            der.ED25519,
            self.issuer,
            der.sequence(der.time(self.read.not_valid_before_utc), der.time(self.read.not_valid_after_utc)),
            self.subject,
            der.public_key_info(self.key),
            der.tlv(0xA3, der.sequence(*extensions)),
        )
        need(der.outer(self.inner, self.signature) == self.der, "certificate", "does not follow the profile")

    def signed_by(self, issuer: "Authority") -> None:
        need(self.issuer == issuer.subject, "certificate", "names another issuer")
        try:
            ed25519.verify(issuer.key, self.signature, self.inner)
        except Refused as error:
            raise Refused("certificate", "signature does not verify") from error

    def valid_at(self, now: int) -> None:
        need(now >= self.not_before, "not-yet-valid", "the certificate's time has not begun")
        need(now <= self.not_after, "expired", "the certificate's time is over")


class Authority(Certificate):
    """A root or an issuing CA."""

    def __init__(self, data: bytes):
        super().__init__(data)
        common = self.read.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        need(len(common) == 1, "certificate", "not exactly one CN")
        names.person_readable(common[0].value)
        self.root = self.issuer == self.subject
        basic = "30030101ff" if self.root else "30060101ff020100"
        expected = {
            BASIC: (True, bytes.fromhex(basic)),
            USAGE: (True, bytes.fromhex("03020106")),
            SKI: (False, der.octet_string(self.identifier)),
        }
        if not self.root:
            try:
                named = self.read.extensions.get_extension_for_oid(x509.OID_AUTHORITY_KEY_IDENTIFIER)
            except x509.ExtensionNotFound as error:
                raise Refused("certificate", "no authorityKeyIdentifier") from error
            self.issuer_identifier = named.value.key_identifier
            need(self.issuer_identifier is not None, "certificate", "no key identifier")
            expected[AKI] = (False, authority_key_identifier(self.issuer_identifier))
        self.compare(expected)
        self.id = self.hash
        if self.root:
            self.signed_by(self)


class Licence:
    def __init__(self, data: bytes):
        value = cbor.array(cbor.decode(data, LONGEST), 9, "licence")
        need(value[0] == 1, "certificate", "another version of the licence")
        role = cbor.uint(value[1], "role")
        need(role < len(ROLES), "certificate", f"role {role} is unknown")
        self.role = ROLES[role]
        self.desk = cbor.uint(value[2], "desk", 16)
        need(self.desk >= 1, "certificate", "desks count from 1")
        self.kinds = names.kinds(value[3], 1 if self.role == "office" else 0)
        cbor.uint(value[4], "class", 16)
        self.starts, self.ends = cbor.uint(value[5], "from"), cbor.uint(value[6], "until")
        need(self.starts < self.ends, "certificate", "the licence ends before it begins")
        self.number = cbor.uint(value[7], "issue number")
        cbor.ext(value[8])

    def covers(self, time: int) -> bool:
        """Whether a message may be sealed at that time."""
        return self.starts <= time <= self.ends + GRACE


class Desk(Certificate):
    """The certificate of a desk."""

    def __init__(self, data: bytes):
        super().__init__(data)
        self.name, self.office = office_subject(self.read.subject)
        value = self.extensions.get(LICENCE, b"")
        need(value[:1] == b"\x04", "certificate", "no licence")
        inner = value[2:] if len(value) < 130 else value[3:]
        need(der.octet_string(inner) == value, "certificate", "licence: not an OCTET STRING")
        self.licence = Licence(inner)
        need(self.not_after == self.licence.ends + 75 * DAY, "certificate", "notAfter does not follow the licence")
        try:
            named = self.read.extensions.get_extension_for_oid(x509.OID_AUTHORITY_KEY_IDENTIFIER)
        except x509.ExtensionNotFound as error:
            raise Refused("certificate", "no authorityKeyIdentifier") from error
        self.issuer_identifier = named.value.key_identifier
        need(self.issuer_identifier is not None, "certificate", "no key identifier")
        self.compare(
            {
                SAN: (False, alternative_name(self.office)),
                USAGE: (True, bytes.fromhex("03020780")),
                EKU: (False, der.sequence(der.oid(PURPOSE), der.oid(CLIENT))),
                BASIC: (True, bytes.fromhex("3000")),
                SKI: (False, der.octet_string(self.identifier)),
                AKI: (False, authority_key_identifier(self.issuer_identifier)),
                LICENCE: (False, value),
            }
        )

    def holds(self, address: str) -> bool:
        return address[:10] == self.office and address[11:] in self.licence.kinds

    @property
    def addresses(self) -> list:
        return [f"{self.office}-{kind}" for kind in self.licence.kinds]


def alternative_name(office: str) -> bytes:
    return der.sequence(der.tlv(0x86, b"urn:musubi:office:" + office.encode()))


def office_subject(subject) -> tuple:
    """Name and office number, after the subject has been found to be the one that follows from them."""
    values = [attribute.value for attribute in subject]
    need(len(values) == 3, "certificate", "another subject")
    name, organisation, office = values
    need(name == organisation, "certificate", "CN and O differ")
    names.person_readable(name)
    names.office(office)
    parts = [("2.5.4.3", 0x0C, name), ("2.5.4.10", 0x0C, name), ("2.5.4.5", 0x13, office)]
    expected = der.sequence(
        *(der.tlv(0x31, der.sequence(der.oid(one), der.tlv(tag, value.encode()))) for one, tag, value in parts)
    )
    need(subject.public_bytes() == expected, "certificate", "subject of another form")
    return name, office


class Request:
    """Section 6: PKCS#10, signed by the key inside."""

    def __init__(self, data: bytes):
        need(len(data) <= LONGEST, "request", "too long")
        try:
            read = x509.load_der_x509_csr(data)
            key = read.public_key()
            extensions, signature, subject = raw_values(read.extensions), read.signature, read.subject
        except Refused:
            raise
        except Exception as error:
            raise Refused("request", f"cannot be read: {error}") from error
        need(isinstance(key, Ed25519PublicKey), "request", "another kind of key")
        self.key = key.public_bytes_raw()
        self.name, self.office = office_subject(subject)
        need(set(extensions) == {SAN, KINDS}, "request", "other extensions")
        value = extensions[KINDS]
        inner = value[2:] if len(value) < 130 else value[3:]
        need(der.octet_string(inner) == value, "request", "kinds: not an OCTET STRING")
        version, kinds, ext = cbor.array(cbor.decode(inner, LONGEST), 3, "kinds")
        need(version == 1, "request", "another version")
        self.kinds = names.kinds(kinds)
        cbor.ext(ext)
        expected = {SAN: alternative_name(self.office), KINDS: value}
        attribute = der.sequence(
            der.oid("1.2.840.113549.1.9.14"),
            der.tlv(0x31, der.sequence(*(der.extension(one, False, expected[one]) for one in extensions))),
        )
        inner = der.sequence(
            der.integer(0), subject.public_bytes(), der.public_key_info(self.key), der.tlv(0xA0, attribute)
        )
        need(der.outer(inner, signature) == data, "request", "does not follow the profile")
        ed25519.verify(self.key, signature, inner)

    def answered_by(self, certificate: Desk) -> bool:
        return (self.key, self.office, self.kinds) == (
            certificate.key,
            certificate.office,
            certificate.licence.kinds,
        )
