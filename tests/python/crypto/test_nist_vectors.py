"""NIST's CAVP vectors for FIPS 186: SigVer, and what SigGen made, which must hold.

Notary signs with SHA-256 alone. The files have four more digests, other salts and short moduli:
those signatures are right for somebody else, and must not hold here.
"""

from __future__ import annotations

import pytest

from signature_vectors import CURVES, Vector, cavp_ecdsa, cavp_rsa, tally

SHA256 = {"SHA-256", "SHA256"}


def section(vector: Vector) -> str:
    return vector.name.split(": ")[1]


def ours(vector: Vector) -> bool:
    """Whether it was made as the methods of Notary are."""
    return vector.digest in SHA256 and vector.salt in {None, 32}


@pytest.mark.parametrize("curve", CURVES)
def test_ecdsa_signatures_have_the_published_verdict(curve: str) -> None:
    checked = [v for v in cavp_ecdsa("ECDSA/SigVer.rsp") if section(v).startswith(curve)]
    made = [v for v in cavp_ecdsa("ECDSA/SigGen.txt") if section(v).startswith(curve)]

    counts = tally(filter(ours, checked), "ecdsa", valid="holds", invalid="refused")
    assert counts == {"valid": 3, "invalid": 12}
    assert tally(filter(ours, made), "ecdsa", valid="holds") == {"valid": 15}


@pytest.mark.parametrize(
    ("file", "valid", "invalid"),
    [
        ("ECDSA/SigVer.rsp", 27, 108),
        ("ECDSA/SigVer_TruncatedSHAs.rsp", 18, 72),
        ("ECDSA/SigGen.txt", 135, 0),
    ],
)
def test_ecdsa_signatures_over_another_digest_do_not_hold(
    file: str, valid: int, invalid: int
) -> None:
    others = [vector for vector in cavp_ecdsa(file) if not ours(vector)]

    counts = tally(others, "ecdsa", valid="refused", invalid="refused")
    assert (counts["valid"], counts["invalid"]) == (valid, invalid)


@pytest.mark.parametrize(
    ("method", "file", "valid", "invalid"),
    [
        ("rsapkcs1v15", "PKCS1-v1.5/SigVer15_186-3.rsp", 6, 30),
        ("rsapkcs1v15", "PKCS1-v1.5/SigGen15_186-3.txt", 20, 0),
        ("rsapss", "PKCS1-PSS/SigVerPSS_186-3.rsp", 3, 15),
        ("rsapss", "PKCS1-PSS/SigGenPSS_186-3.txt", 10, 0),
    ],
)
def test_rsa_signatures_have_the_published_verdict(
    method: str, file: str, valid: int, invalid: int
) -> None:
    vectors = [v for v in cavp_rsa(file) if "mod = 1024" not in v.name]
    pkcs1 = method == "rsapkcs1v15"  # has no salt
    fitting = [v for v in vectors if v.digest in SHA256 and (pkcs1 or v.salt == 32)]

    counts = tally(fitting, method, valid="holds", invalid="refused")
    assert (counts["valid"], counts["invalid"]) == (valid, invalid)


@pytest.mark.parametrize(
    ("method", "file", "valid", "invalid"),
    [
        ("rsapkcs1v15", "PKCS1-v1.5/SigVer15_186-3.rsp", 24, 120),
        ("rsapkcs1v15", "PKCS1-v1.5/SigGen15_186-3.txt", 60, 0),
        ("rsapss", "PKCS1-PSS/SigVerPSS_186-3.rsp", 27, 135),
        ("rsapss", "PKCS1-PSS/SigGenPSS_186-3.txt", 70, 0),
    ],
)
def test_rsa_signatures_with_another_digest_or_salt_do_not_hold(
    method: str, file: str, valid: int, invalid: int
) -> None:
    vectors = [v for v in cavp_rsa(file) if "mod = 1024" not in v.name]
    pkcs1 = method == "rsapkcs1v15"
    others = [v for v in vectors if v.digest not in SHA256 or not (pkcs1 or v.salt == 32)]

    counts = tally(others, method, valid="refused", invalid="refused")
    assert (counts["valid"], counts["invalid"]) == (valid, invalid)


@pytest.mark.parametrize(
    ("method", "file"),
    [
        ("rsapkcs1v15", "PKCS1-v1.5/SigVer15_186-3.rsp"),
        ("rsapss", "PKCS1-PSS/SigVerPSS_186-3.rsp"),
    ],
)
def test_a_modulus_of_1024_bits_is_no_usable_key(method: str, file: str) -> None:
    short = [vector for vector in cavp_rsa(file) if "mod = 1024" in vector.name]

    counts = tally(short, method, valid="unusable", invalid="unusable")
    assert counts == {"valid": 15, "invalid": 75}
