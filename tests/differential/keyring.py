"""The keys of all generated repositories: the same in every run, so that it can be repeated."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from simulator import Key, KeyPair

VECTOR_KEYS = Path(__file__).parents[1] / "vectors" / "keys" / "synthetic"
CURVES: dict[str, type[ec.EllipticCurve]] = {
    "p224": ec.SECP224R1,
    "p256": ec.SECP256R1,
    "p384": ec.SECP384R1,
    "p521": ec.SECP521R1,
}
KINDS = (*CURVES, "ed25519", "rsa")
BEGIN = datetime(2020, 1, 1, tzinfo=timezone.utc)
END = datetime(2046, 1, 1, tzinfo=timezone.utc)

_known: dict[str, Key] = {}


def known(key_id: str) -> Key | None:
    """The key of that id, if this run has made or read it."""
    return _known.get(key_id)


def remember(key: Key) -> Key:
    """The key; from now on it is found by its id."""
    _known[key.id] = key
    return key


@cache
def pair(name: str, kind: str = "p256") -> KeyPair:
    """The key pair of that name and kind, the same in every run."""
    seed = hashlib.sha512(f"{kind} {name}".encode()).digest()
    if kind == "ed25519":
        return KeyPair(ed25519.Ed25519PrivateKey.from_private_bytes(seed[:32]), "ed25519")
    if kind == "rsa":
        stored = _stored_rsa()
        return KeyPair(stored[seed[0] % len(stored)], "rsa")
    # Less than the order of the smallest curve.
    secret = int.from_bytes(seed[:27], "big") + 1
    return KeyPair(ec.derive_private_key(secret, CURVES[kind]()), "ecdsa")


@cache
def _stored_rsa() -> list[rsa.RSAPrivateKey]:
    found = []
    for path in sorted(VECTOR_KEYS.rglob("*.key")):
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= 2048:
            found.append(key)
    return found


@cache
def bare(name: str, kind: str = "p256") -> Key:
    """A key without a certificate."""
    return remember(pair(name, kind).bare)


@cache
def certified(name: str, common_name: str, kind: str = "p256", **wishes: Any) -> Key:
    """A key in a certificate; `wishes` as `certificate` takes them."""
    made = certificate(pair(name, kind), common_name, **wishes)
    return remember(pair(name, kind).in_pem(made))


def certificate(
    keys: KeyPair,
    common_name: str,
    *,
    begin: datetime = BEGIN,
    end: datetime = END,
    is_ca: bool = False,
    serial: int = 1,
) -> bytes:
    """A self-signed certificate like Notary's, with the same bytes whenever it is made."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    usage = x509.KeyUsage(
        digital_signature=True,
        key_encipherment=not is_ca,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    code_signing = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING])
    builder = (
        x509.CertificateBuilder(name, name, keys.private.public_key(), serial, begin, end)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(code_signing, critical=False)
    )
    if keys.family == "ecdsa":
        made = builder.sign(keys.private, hashes.SHA256(), ecdsa_deterministic=True)
    else:
        made = builder.sign(keys.private, None if keys.family == "ed25519" else hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)


def remember_vector_keys(case: str, listed: dict[str, dict[str, Any]]) -> None:
    """Know the private keys of a scripted vector under the ids by which its files list them."""
    held = {}
    for path in sorted((VECTOR_KEYS / case).glob("*.key")):
        private = serialization.load_pem_private_key(path.read_bytes(), None)
        families = {ec.EllipticCurvePrivateKey: "ecdsa", rsa.RSAPrivateKey: "rsa"}
        family = next((f for t, f in families.items() if isinstance(private, t)), "ed25519")
        keys = KeyPair(private, family)  # type: ignore[arg-type]
        held[keys.spki] = keys
        if family == "ed25519":
            held[keys.raw] = keys
    for key in listed.values():
        public = base64.b64decode(key["keyval"]["public"])
        spki = public
        if key["keytype"].endswith("-x509"):
            spki = (
                x509.load_pem_x509_certificate(public)
                .public_key()
                .public_bytes(
                    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
                )
            )
        if spki in held:
            remember(Key(held[spki], key["keytype"], public))
