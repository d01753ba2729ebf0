"""Ed25519 as section 4 wants it: strict. OpenSSL checks the equation and the canonical S; small orders are checked
here, with the curve's arithmetic of RFC 8032, section 5.1."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .refused import Refused, need

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P


def _point(data: bytes):
    """The point as (x, y), or None where there is none."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, (number & (2**255 - 1)) % P
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P:
        return None
    return (P - x if x % 2 != sign else x) % P, y


def _double(point):
    x, y = point
    product = D * x * x * y * y % P
    return 2 * x * y * pow(1 + product, -1, P) % P, (y * y + x * x) * pow(1 - product, -1, P) % P


def small_order(data: bytes) -> bool:
    """Whether eight times the point is the neutral one. What is no point at all is refused with it."""
    point = _point(data)
    if point is None:
        return True
    for _ in range(3):
        point = _double(point)
    return point == (0, 1)


def verify(key: bytes, signature: bytes, message: bytes) -> None:
    need(len(key) == 32 and not small_order(key), "key", "no key, or one of small order")
    need(len(signature) == 64 and not small_order(signature[:32]), "signature", "R is of small order")
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature as error:
        raise Refused("signature", "does not verify") from error


def public(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign(seed: bytes, message: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)
