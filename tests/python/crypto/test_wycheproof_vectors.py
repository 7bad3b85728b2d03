"""C2SP Wycheproof: what implementations of these signatures got wrong before.

Every `valid` must hold and every `invalid` be refused. `acceptable` means that implementations may
differ. What we do with each flag, and why:

- MissingNull (RSA PKCS#1 v1.5): refused. The DigestInfo lacks the NULL that RFC 8017 §9.2 demands
  of whoever encodes; a signature has one encoding here, as in Go, with which Notary checks it.
- SmallPublicKey (RSA, exponent 3): taken. RFC 8017 allows it, and so does Go. What makes it
  dangerous is a sloppy check of the padding, and against that stand the other vectors.
- SmallOrderPublicKey, MixedOrderPublicKey (Ed25519): the key is not usable. Anyone can sign for a
  key of small order, and about signatures of one with a part of small order libraries differ. No
  key that was made as RFC 8032 §5.1.5 says is such a key.
- WeakHash (SHA-1): refused like every digest other than SHA-256.

Files for other digests and salts hold signatures that are right for somebody else: they must not
hold here. Each has one that is wrong for its file because it was made as Notary makes them. The
answer to that one must be yes.
"""

from __future__ import annotations

import dataclasses

import pytest

from signature_vectors import answer, side_by_side, tally, wycheproof

REFUSED = {"valid": "refused", "invalid": "refused", "acceptable": "refused"}


def test_p1363_signatures_with_sha256_have_the_published_verdict() -> None:
    vectors = wycheproof("ecdsa_secp256r1_sha256_p1363")

    counts = tally(vectors, "ecdsa", valid="holds", invalid="refused")
    assert counts == {"valid": 173, "invalid": 89}


@pytest.mark.parametrize(
    ("curve", "name", "valid", "invalid"),
    [
        ("P-256", "ecdsa_secp256r1_sha256", 174, 310),
        ("P-384", "ecdsa_secp384r1_sha256", 162, 310),
    ],
)
def test_der_is_no_signature_and_its_numbers_have_the_published_verdict(
    curve: str, name: str, valid: int, invalid: int
) -> None:
    # Notary's ecdsa is r and s one after the other. Wycheproof has P-384 with SHA-256 in DER only.
    vectors = list(wycheproof(name))
    rewritten = [raw for vector in vectors if (raw := side_by_side(vector, curve))]

    assert tally(vectors, "ecdsa", **REFUSED) == {"valid": valid, "invalid": invalid}
    counts = tally(rewritten, "ecdsa", valid="holds", invalid="refused")
    assert counts["valid"] == valid
    assert counts["invalid"] > 50


@pytest.mark.parametrize(
    ("name", "valid", "invalid"),
    [
        ("ecdsa_secp256r1_sha512_p1363", 242, 90),
        ("ecdsa_secp384r1_sha384_p1363", 193, 87),
        ("ecdsa_secp384r1_sha512_p1363", 230, 88),
        ("ecdsa_secp521r1_sha512_p1363", 231, 87),
    ],
)
def test_p1363_signatures_over_another_digest_do_not_hold(
    name: str, valid: int, invalid: int
) -> None:
    assert tally(wycheproof(name), "ecdsa", **REFUSED) == {"valid": valid, "invalid": invalid}


@pytest.mark.parametrize(
    "name",
    [
        "ecdsa_secp224r1_sha256_p1363",
        "ecdsa_secp256k1_sha256_p1363",
    ],
)
def test_keys_on_other_curves_are_not_usable(name: str) -> None:
    counts = tally(wycheproof(name), "ecdsa", valid="unusable", invalid="unusable")
    assert min(counts["valid"], counts["invalid"]) > 50


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_pss_signatures_have_the_published_verdict(bits: int) -> None:
    vectors = wycheproof(f"rsa_pss_{bits}_sha256_mgf1_32")

    counts = tally(vectors, "rsapss", valid="holds", invalid="refused")
    assert counts == {"valid": 63, "invalid": 45}


def held_of_refused(name: str, method: str) -> list[str]:
    """Descriptions of what holds, in a file most of whose signatures must not."""
    vectors = list(wycheproof(name))
    assert sum(vector.result == "valid" for vector in vectors) > 5
    assert sum(vector.result == "invalid" for vector in vectors) > 40
    return [v.name.partition(": ")[2] for v in vectors if answer(v, method) != "refused"]


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("rsa_pss_2048_sha1_mgf1_20", []),
        ("rsa_pss_2048_sha256_mgf1_0", ["s_len changed to 32"]),
        ("rsa_pss_2048_sha256_mgf1sha1_20", []),
        ("rsa_pss_2048_sha384_mgf1_48", []),
        ("rsa_pss_2048_sha512_256_mgf1_32", []),
        ("rsa_pss_4096_sha512_mgf1_32", []),
    ],
)
def test_pss_signatures_with_another_digest_mask_or_salt_do_not_hold(
    name: str, held: list[str]
) -> None:
    assert held_of_refused(name, "rsapss") == held


def test_of_every_mix_of_digest_mask_and_salt_only_notary_s_holds() -> None:
    vectors = list(wycheproof("rsa_pss_misc"))
    held = [v for v in vectors if answer(v, "rsapss") == "holds"]

    assert len(vectors) == 150
    assert {(v.digest, v.mask, v.salt) for v in held} == {("SHA-256", "SHA-256", 32)}


def test_keys_that_are_bound_to_pss_by_their_algorithm_are_not_usable() -> None:
    # RFC 4055 §3.1: id-RSASSA-PSS. Notary's keys are rsaEncryption; Go reads no others.
    vectors = wycheproof("rsa_pss_2048_sha256_mgf1_32_params")

    counts = tally(vectors, "rsapss", valid="unusable", invalid="unusable")
    assert counts == {"valid": 63, "invalid": 45}


@pytest.mark.parametrize(
    ("bits", "valid", "invalid"), [(2048, 9, 249), (3072, 8, 250), (4096, 7, 250), (8192, 7, 250)]
)
def test_pkcs1_signatures_have_the_published_verdict(bits: int, valid: int, invalid: int) -> None:
    vectors = list(wycheproof(f"rsa_signature_{bits}_sha256"))

    counts = tally(vectors, "rsapkcs1v15", valid="holds", invalid="refused", acceptable="refused")
    assert counts == {"valid": valid, "invalid": invalid, "acceptable": 1}
    assert {v.flags for v in vectors if v.result == "acceptable"} == {("MissingNull",)}


@pytest.mark.parametrize(
    ("bits", "digest"),
    [(2048, "SHA-224"), (2048, "SHA-512/256"), (3072, "SHA-512"), (4096, "SHA-384")],
)
def test_pkcs1_signatures_over_another_digest_do_not_hold(bits: int, digest: str) -> None:
    name = f"rsa_signature_{bits}_{digest.lower().replace('-', '', 1).replace('/', '_')}"

    held = held_of_refused(name, "rsapkcs1v15")
    assert held == [f"The message is hashed with SHA-256 instead of {digest}."]


@pytest.mark.parametrize(("bits", "held", "others"), [(2048, 10, 33), (3072, 9, 17), (4096, 8, 16)])
def test_pkcs1_signatures_hold_that_were_made_with_sha256(
    bits: int, held: int, others: int
) -> None:
    vectors = list(wycheproof(f"rsa_pkcs1_{bits}_sig_gen"))
    ours = [v for v in vectors if v.digest == "SHA-256"]
    theirs = [v for v in vectors if v.digest != "SHA-256"]

    assert tally(ours, "rsapkcs1v15", valid="holds", acceptable="holds").total() == held
    assert {v.flags for v in ours if v.result == "acceptable"} <= {("SmallPublicKey",)}
    assert tally(theirs, "rsapkcs1v15", **REFUSED).total() == others


@pytest.mark.parametrize("octets", [44, 32], ids=["in a SubjectPublicKeyInfo", "raw"])
def test_ed25519_signatures_have_the_published_verdict(octets: int) -> None:
    vectors = [
        dataclasses.replace(vector, key=vector.key[-octets:]) for vector in wycheproof("ed25519")
    ]
    torsion = [v for v in vectors if {"SmallOrderPublicKey", "MixedOrderPublicKey"} & {*v.flags}]
    usual = [v for v in vectors if v not in torsion]

    counts = tally(usual, "eddsa", valid="holds", invalid="refused")
    assert counts == {"valid": 117, "invalid": 63}
    counts = tally(torsion, "eddsa", acceptable="unusable", invalid="unusable")
    assert counts == {"acceptable": 29, "invalid": 1}
