"""Key pairs, and the keys that metadata makes of them: type, public part, id."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from simulator.canonical import canonical
from simulator.certificates import Certificate, PrivateKey

_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "p256": ec.SECP256R1,
    "p384": ec.SECP384R1,
    "p521": ec.SECP521R1,
    "p224": ec.SECP224R1,
    "k256": ec.SECP256K1,
}


@dataclass(frozen=True, eq=False)
class KeyPair:
    """A private key and its family: "ecdsa", "rsa" or "ed25519"."""

    private: PrivateKey
    family: str

    @property
    def spki(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def raw(self) -> bytes:
        """The public key as its raw bytes (Ed25519 only)."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )

    @property
    def bare(self) -> Key:
        """The key without a certificate."""
        return Key(self, self.family, self.raw if self.family == "ed25519" else self.spki)

    def certified(self, common_name: str, **certificate: Any) -> Key:
        """The key inside a certificate; `certificate`: fields of `Certificate`."""
        return self.in_pem(Certificate(common_name, **certificate).pem(self.private))

    def in_pem(self, pem: bytes) -> Key:
        """The key with `pem` as its public part."""
        return Key(self, f"{self.family}-x509", pem)


@dataclass(frozen=True, eq=False)
class Key:
    """A key as metadata carries it."""

    pair: KeyPair
    keytype: str
    public: bytes
    filed_as: str | None = None
    public_text: str | None = None

    @property
    def text(self) -> str:
        """The member `public`: base64, unless a test gave its own text."""
        return (
            base64.b64encode(self.public).decode() if self.public_text is None else self.public_text
        )

    @property
    def json(self) -> dict[str, Any]:
        """The key object."""
        return {"keytype": self.keytype, "keyval": {"private": None, "public": self.text}}

    @property
    def right_id(self) -> str:
        """The id that belongs to the content."""
        return hashlib.sha256(canonical(self.json).encode()).hexdigest()

    @property
    def id(self) -> str:
        """The id under which the key is filed: the right one, unless a test chose another."""
        return self.right_id if self.filed_as is None else self.filed_as

    @property
    def canonical_id(self) -> str:
        """The id of the same key without its certificate: what names private key files."""
        return self.pair.bare.id

    def holding(self, public: bytes) -> Key:
        """The same key with another public part."""
        return replace(self, public=public)

    def written(self, text: str) -> Key:
        """The same key with another text for its public part."""
        return replace(self, public_text=text)

    def filed(self, key_id: str) -> Key:
        """The same key under another id."""
        return replace(self, filed_as=key_id)


def new_key_pair(kind: str) -> KeyPair:
    """A fresh key pair. `kind`: a curve, ed25519, or rsa and the bits of the modulus."""
    if kind in _CURVES:
        return KeyPair(ec.generate_private_key(_CURVES[kind]()), "ecdsa")
    if kind == "ed25519":
        return KeyPair(ed25519.Ed25519PrivateKey.generate(), "ed25519")
    exponent = 3 if kind.endswith("e3") else 65537
    bits = int(kind.removeprefix("rsa").removesuffix("e3"))
    return KeyPair(rsa.generate_private_key(exponent, bits), "rsa")


@cache
def key_pair(name: str, kind: str = "p256") -> KeyPair:
    """The key pair of that name and kind, made once a run: RSA keys are slow to make."""
    del name  # only tells one pair from another
    return new_key_pair(kind)
