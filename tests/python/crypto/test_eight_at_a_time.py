"""The same vectors on the other road: eight P-256 signatures at a time.

A yes of the eight lanes counts and is never asked again, so it may be given to nothing that is not
valid. A no is asked again of libcrypto. Where the lanes are there, two kinds of valid signatures
need that: up to two that are left over after the last eight, and those over a digest that is, read
as a number, not below the order of the curve. crypto_mb refuses such a digest where FIPS 186-4 §6.4
reduces it; one SHA-256 in 2^32 is like this.
"""

from __future__ import annotations

import dataclasses
import hashlib
import random

import pytest

from contenttrust import _core, crypto
from signature_vectors import Vector, cavp_ecdsa, side_by_side, wycheproof

HAS_LANES = _core.build_info()["p256_batch"].startswith("crypto_mb")


ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # FIPS 186-4 D.1.2.3


def p1363() -> list[Vector]:
    return list(wycheproof("ecdsa_secp256r1_sha256_p1363"))


def der() -> list[Vector]:
    vectors = wycheproof("ecdsa_secp256r1_sha256")
    return [raw for vector in vectors if (raw := side_by_side(vector, "P-256"))]


def nist() -> list[Vector]:
    files = ("ECDSA/SigVer.rsp", "ECDSA/SigGen.txt")
    vectors = [vector for file in files for vector in cavp_ecdsa(file)]
    return [vector for vector in vectors if ": P-256,SHA-256 " in vector.name]


def others() -> list[Vector]:
    """What is valid for another digest or curve."""
    files = ("ecdsa_secp256r1_sha512_p1363", "ecdsa_secp384r1_sha384_p1363")
    vectors = [vector for file in files for vector in wycheproof(file)]
    return [dataclasses.replace(vector, result="invalid") for vector in vectors]


def jobs(vectors: list[Vector]) -> list[tuple[bytes, bytes, bytes]]:
    return [(vector.key, vector.signature, vector.message) for vector in vectors]


def digest_is_large(vector: Vector) -> bool:
    return int.from_bytes(hashlib.sha256(vector.message).digest(), "big") >= ORDER


@pytest.mark.parametrize(
    ("group", "valid", "invalid"),
    [(p1363, 173, 89), (der, 174, 50), (nist, 18, 12), (others, 0, 600)],
    ids=lambda value: getattr(value, "__name__", ""),
)
@pytest.mark.parametrize("order", ["as published", "shuffled", "eight of each"])
def test_the_eight_lanes_accept_what_is_valid_and_nothing_else(group, valid, invalid, order):
    vectors = group()
    if order == "shuffled":
        random.Random(7).shuffle(vectors)  # others beside it in the lanes
    elif order == "eight of each":
        vectors = [vector for vector in vectors for _ in range(8)]
    copies = 8 if order == "eight of each" else 1

    accepted = _core.accepted_together(jobs(vectors))

    assert sum(vector.result == "valid" for vector in vectors) == valid * copies
    assert sum(vector.result == "invalid" for vector in vectors) >= invalid * copies
    answers = list(zip(vectors, accepted, strict=True))
    assert [v.name for v, yes in answers if yes and v.result != "valid"] == []
    missed = [v for v, yes in answers if v.result == "valid" and not yes]
    if HAS_LANES:
        left_over = {vector.name for vector in vectors[-2:]}
        assert [v.name for v in missed if not digest_is_large(v) and v.name not in left_over] == []
    assert any(accepted) == (HAS_LANES and valid > 0)


def test_both_roads_together_give_the_published_verdict():
    vectors = [*p1363(), *der(), *nist(), *others()]

    accepted = _core.accepted_together(jobs(vectors))
    answers = [
        yes or crypto.verify(vector.key, vector.signature, vector.message, "ecdsa")
        for vector, yes in zip(vectors, accepted, strict=True)
    ]

    assert answers == [vector.result == "valid" for vector in vectors]
    assert any(accepted) == HAS_LANES


@pytest.mark.skipif(not HAS_LANES, reason="this processor or build checks one by one")
def test_a_large_digest_is_what_the_lanes_leave_to_libcrypto():
    large = [vector for vector in [*p1363(), *der()] if digest_is_large(vector)]

    assert {vector.result for vector in large} == {"valid"}
    for vector in large:
        assert not any(_core.accepted_together(jobs([vector]) * 8))
        assert crypto.verify(vector.key, vector.signature, vector.message, "ecdsa")


def test_jobs_that_are_none_are_type_errors():
    for job in ((b"",), (b"", b"", "")):
        with pytest.raises(TypeError):
            _core.accepted_together([job])


def test_an_unusable_key_is_not_accepted():
    assert _core.accepted_together([(b"", b"\1" * 64, b"")] * 8) == [False] * 8
