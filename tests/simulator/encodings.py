"""Public keys in encodings that no honest library writes. Only written here, never read."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from simulator.keys import KeyPair

SEQUENCE, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x30, 0x02, 0x03, 0x04, 0x05, 0x06

EC_PUBLIC_KEY = bytes.fromhex("2a8648ce3d0201")
RSA_ENCRYPTION = bytes.fromhex("2a864886f70d010101")
P256 = bytes.fromhex("2a8648ce3d030107")
P384 = bytes.fromhex("2b81040022")
UNKNOWN_CURVE = bytes.fromhex("2a8648ce3d03017f")
PRIME_FIELD = bytes.fromhex("2a8648ce3d0101")

P256_PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
P256_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
P256_GENERATOR = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def tlv(tag: int, *parts: bytes) -> bytes:
    """One DER element."""
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def integer(number: int) -> bytes:
    """A non-negative INTEGER."""
    return tlv(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def spki(algorithm: bytes, parameters: bytes, key: bytes) -> bytes:
    """A SubjectPublicKeyInfo of those parts (RFC 5280 §4.1)."""
    identifier = tlv(SEQUENCE, tlv(OID, algorithm), parameters)
    return tlv(SEQUENCE, identifier, tlv(BIT_STRING, b"\x00", key))


def point(pair: KeyPair, form: PublicFormat = PublicFormat.UncompressedPoint) -> bytes:
    """The point of an ECDSA key."""
    assert isinstance(pair.private, ec.EllipticCurvePrivateKey)
    return pair.private.public_key().public_bytes(Encoding.X962, form)


def ec_spki(key: bytes, curve: bytes = P256) -> bytes:
    """A key on a named curve, whatever `key` is."""
    return spki(EC_PUBLIC_KEY, tlv(OID, curve), key)


def compressed_spki(pair: KeyPair) -> bytes:
    """The same key with its point compressed."""
    return ec_spki(point(pair, PublicFormat.CompressedPoint))


def hybrid_spki(pair: KeyPair) -> bytes:
    """The same key with its point in the hybrid form of X9.62: 6 or 7, then both coordinates."""
    whole = point(pair)
    return ec_spki(bytes([6 + (whole[-1] & 1)]) + whole[1:])


def explicit_spki(pair: KeyPair, generator: bytes = P256_GENERATOR) -> bytes:
    """The same key with the curve's parameters spelt out (RFC 3279 §2.3.5), `generator` too."""
    curve = tlv(
        SEQUENCE,
        integer(1),
        tlv(SEQUENCE, tlv(OID, PRIME_FIELD), integer(P256_PRIME)),
        tlv(
            SEQUENCE,
            tlv(OCTET_STRING, (P256_PRIME - 3).to_bytes(32, "big")),
            tlv(OCTET_STRING, P256_B.to_bytes(32, "big")),
        ),
        tlv(OCTET_STRING, generator),
        integer(P256_ORDER),
        integer(1),
    )
    return spki(EC_PUBLIC_KEY, curve, point(pair))


def rsa_spki(modulus: int, exponent: int) -> bytes:
    """An RSA key of any numbers."""
    key = tlv(SEQUENCE, integer(modulus), integer(exponent))
    return spki(RSA_ENCRYPTION, tlv(NULL), key)


def spki_without_null(pair: KeyPair) -> bytes:
    """The same RSA key without the NULL that RFC 3279 §2.3.1 demands."""
    assert isinstance(pair.private, rsa.RSAPrivateKey)
    numbers = pair.private.public_key().public_numbers()
    return spki(RSA_ENCRYPTION, b"", tlv(SEQUENCE, integer(numbers.n), integer(numbers.e)))
