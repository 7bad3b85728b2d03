"""How a signature is made and written: Notary's way, and the ways in which it can be wrong."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from simulator.keys import Key, KeyPair

Maker = Callable[[KeyPair, bytes], bytes]

ORDERS = {
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp384r1": int(
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
        "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973",
        16,
    ),
}
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493

# DigestInfo of SHA-256 up to the digest (RFC 8017 §9.2, note 1), with its NULL and without
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
DIGEST_INFO_WITHOUT_NULL = bytes.fromhex("302f300b0609608648016503040201" + "0420")


@dataclass(frozen=True, eq=False)
class Signing:
    """One entry of `signatures`: which key, under which id and method, and what bytes."""

    key: Key
    make: Maker | None = None
    method: str | None = None
    key_id: str | None = None
    write: Callable[[bytes], Any] = lambda signature: base64.b64encode(signature).decode()

    def entry(self, message: bytes) -> dict[str, Any]:
        """The entry for `message`."""
        make = self.make or DEFAULT_MAKERS[self.key.pair.family]
        method = DEFAULT_METHODS[self.key.pair.family] if self.method is None else self.method
        return {
            "keyid": self.key_id or self.key.id,
            "method": method,
            "sig": self.write(make(self.key.pair, message)),
        }


def ecdsa_numbers(
    pair: KeyPair, message: bytes, digest: hashes.HashAlgorithm | None = None
) -> tuple[int, int]:
    """A fresh (r, s) over `message`."""
    return decode_dss_signature(ecdsa_der(pair, message, digest))


def ecdsa_der(pair: KeyPair, message: bytes, digest: hashes.HashAlgorithm | None = None) -> bytes:
    """A fresh signature in DER, which Notary refuses."""
    assert isinstance(pair.private, ec.EllipticCurvePrivateKey)
    return pair.private.sign(message, ec.ECDSA(digest or hashes.SHA256()))


def octets(pair: KeyPair, r: int, s: int) -> bytes:
    """r and s, each padded to the octets of the curve, one behind the other."""
    assert isinstance(pair.private, ec.EllipticCurvePrivateKey)
    size = (pair.private.curve.key_size + 7) // 8
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def ecdsa(pair: KeyPair, message: bytes) -> bytes:
    """What Notary writes: r and s in octets. Deterministic: equal content gives equal files."""
    assert isinstance(pair.private, ec.EllipticCurvePrivateKey)
    algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    return octets(pair, *decode_dss_signature(pair.private.sign(message, algorithm)))


def ecdsa_fresh(pair: KeyPair, message: bytes) -> bytes:
    """The same with a random nonce: another signature each time."""
    return octets(pair, *ecdsa_numbers(pair, message))


def ecdsa_with(digest: hashes.HashAlgorithm) -> Maker:
    """An ECDSA signature over another digest than SHA-256."""
    return lambda pair, message: octets(pair, *ecdsa_numbers(pair, message, digest))


def ecdsa_of(change: Callable[[int, int, int], tuple[int, int]]) -> Maker:
    """An ECDSA signature whose (r, s) went through `change(r, s, order)`."""

    def make(pair: KeyPair, message: bytes) -> bytes:
        assert isinstance(pair.private, ec.EllipticCurvePrivateKey)
        r, s = ecdsa_numbers(pair, message)
        return octets(pair, *change(r, s, ORDERS[pair.private.curve.name]))

    return make


def rsa_pss(pair: KeyPair, message: bytes) -> bytes:
    """What Notary writes: SHA-256, MGF1 with SHA-256, 32 bytes of salt."""
    return rsa_pss_with()(pair, message)


def rsa_pss_with(
    salt: int = 32,
    digest: hashes.HashAlgorithm | None = None,
    mask: hashes.HashAlgorithm | None = None,
) -> Maker:
    """RSA-PSS with other parameters."""

    def make(pair: KeyPair, message: bytes) -> bytes:
        assert isinstance(pair.private, rsa.RSAPrivateKey)
        pss = padding.PSS(padding.MGF1(mask or hashes.SHA256()), salt)
        return pair.private.sign(message, pss, digest or hashes.SHA256())

    return make


def rsa_pkcs1(pair: KeyPair, message: bytes) -> bytes:
    """RSASSA-PKCS1-v1_5 with SHA-256."""
    assert isinstance(pair.private, rsa.RSAPrivateKey)
    return pair.private.sign(message, padding.PKCS1v15(), hashes.SHA256())


def rsa_of(block: Callable[[bytes, int], bytes]) -> Maker:
    """The bare RSA operation over `block(SHA-256 of the message, octets of the modulus)`."""

    def make(pair: KeyPair, message: bytes) -> bytes:
        assert isinstance(pair.private, rsa.RSAPrivateKey)
        numbers = pair.private.private_numbers()
        modulus = numbers.public_numbers.n
        size = (modulus.bit_length() + 7) // 8
        encoded = int.from_bytes(block(hashlib.sha256(message).digest(), size), "big")
        return pow(encoded, numbers.d, modulus).to_bytes(size, "big")

    return make


def pkcs1_block(
    info: bytes, size: int, *, padding_octets: int | None = None, tail: bytes = b""
) -> bytes:
    """EMSA-PKCS1-v1_5 around `info` (RFC 8017 §9.2); padding fills the block unless told."""
    fill = size - 3 - len(info) - len(tail) if padding_octets is None else padding_octets
    block = b"\x00\x01" + b"\xff" * fill + b"\x00" + info + tail
    return block.ljust(size, b"\x00")


def eddsa(pair: KeyPair, message: bytes) -> bytes:
    """Ed25519, 64 octets."""
    return pair.private.sign(message)  # type: ignore[call-arg]


def eddsa_scalar(pair: KeyPair) -> int:
    """The secret scalar of an Ed25519 key (RFC 8032 §5.1.5)."""
    seed = pair.private.private_bytes_raw()  # type: ignore[union-attr]
    octet = bytearray(hashlib.sha512(seed).digest()[:32])
    octet[0] &= 248
    octet[31] = (octet[31] & 127) | 64
    return int.from_bytes(octet, "little")


def of(maker: Maker, change: Callable[[bytes], bytes]) -> Maker:
    """What `maker` makes, changed afterwards."""
    return lambda pair, message: change(maker(pair, message))


DEFAULT_MAKERS: dict[str, Maker] = {"ecdsa": ecdsa, "rsa": rsa_pss, "ed25519": eddsa}
DEFAULT_METHODS = {"ecdsa": "ecdsa", "rsa": "rsapss", "ed25519": "eddsa"}
