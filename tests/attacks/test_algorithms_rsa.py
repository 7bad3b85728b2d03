"""RSA keys with senseless numbers, and paddings that a careless reader would take."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from attacks.judge import Judge, repository, signed_with
from simulator import KeyPair, Signing, key_pair
from simulator import encodings as lies
from simulator import signatures as forms
from simulator.signatures import Maker


def _rsa(pair: KeyPair) -> rsa.RSAPublicNumbers:
    assert isinstance(pair.private, rsa.RSAPrivateKey)
    return pair.private.public_key().public_numbers()


RSA_LIES: dict[str, Callable[[KeyPair], bytes]] = {
    "even modulus": lambda pair: lies.rsa_spki(_rsa(pair).n - 1, 65537),
    "exponent 0": lambda pair: lies.rsa_spki(_rsa(pair).n, 0),
    "exponent 1": lambda pair: lies.rsa_spki(_rsa(pair).n, 1),
    "exponent 2": lambda pair: lies.rsa_spki(_rsa(pair).n, 2),
    "even exponent": lambda pair: lies.rsa_spki(_rsa(pair).n, 65536),
    "modulus 0": lambda pair: lies.rsa_spki(0, 65537),
    "modulus 1": lambda pair: lies.rsa_spki(1, 65537),
    "no NULL": lies.spki_without_null,
    "trailing byte": lambda pair: pair.spki + b"\x00",
    "ecdsa's name": lambda pair: pair.spki.replace(
        lies.tlv(lies.OID, lies.RSA_ENCRYPTION),
        lies.tlv(lies.OID, lies.EC_PUBLIC_KEY + b"\x00\x01"),
    ),
}


@pytest.mark.parametrize("lie", RSA_LIES.values(), ids=RSA_LIES.keys())
def test_t022_a_key_with_senseless_numbers_signs_nothing(
    judge: Judge, lie: Callable[[KeyPair], bytes]
) -> None:
    repo = repository()
    pair = key_pair("targets", "rsa2048")
    repo.top.keys = [pair.bare.holding(lie(pair))]

    judge.refuses(repo.publish(), "signature", "targets")


def test_t022_the_padded_digest_is_no_signature_of_a_key_with_exponent_one(judge: Judge) -> None:
    repo = repository()
    pair = key_pair("targets", "rsa2048")
    key = pair.bare.holding(lies.rsa_spki(_rsa(pair).n, 1))

    def unsigned_block(_: KeyPair, message: bytes) -> bytes:
        return forms.pkcs1_block(forms.DIGEST_INFO + hashlib.sha256(message).digest(), 256)

    repo.top.keys = [key]
    repo.top.signers = [Signing(key, make=unsigned_block, method="rsapkcs1v15")]
    judge.refuses(repo.publish(), "signature", "targets")


@pytest.mark.parametrize("kind", ["rsa1024", "rsa1536", "rsa2047"])
def test_t022_a_short_modulus_signs_nothing(judge: Judge, kind: str) -> None:
    judge.refuses(signed_with(kind).publish(), "signature", "targets")


@pytest.mark.parametrize("bits", [8200, 16384, 32768])
def test_t022_a_long_modulus_signs_nothing_and_costs_nothing(judge: Judge, bits: int) -> None:
    repo = repository()
    pair = key_pair("targets", "rsa2048")
    key = pair.bare.holding(lies.rsa_spki((1 << bits) - 1, 65537))
    repo.top.keys = [key]
    repo.top.signers = [Signing(key, make=lambda *_: b"\x7f" * (bits // 8))]
    files = repo.publish()

    started = time.process_time()
    judge.refuses(files, "signature", "targets")
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("make", [forms.rsa_pss, forms.rsa_pkcs1])
def test_t022_exponent_three_is_accepted_with_exact_padding(judge: Judge, make: Maker) -> None:
    method = "rsapss" if make is forms.rsa_pss else "rsapkcs1v15"
    judge.accepts(signed_with("rsa2048e3", make, method).publish())


def test_t022_exponent_three_does_not_forgive_loose_padding(judge: Judge) -> None:
    def cube_root(pair: KeyPair, message: bytes) -> bytes:
        """Short padding, the digest, then whatever makes the block a cube (Bleichenbacher 2006)."""
        block = forms.pkcs1_block(
            forms.DIGEST_INFO + hashlib.sha256(message).digest(), 256, padding_octets=8
        )
        wanted = int.from_bytes(block[:100].ljust(256, b"\xff"), "big")
        low, high = 0, 1 << 700
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if middle**3 <= wanted else (low, middle - 1)
        forged = low.to_bytes(256, "big")
        assert (low**3).to_bytes(256, "big")[:60] == block[:60]
        return forged

    judge.refuses(
        signed_with("rsa2048e3", cube_root, "rsapkcs1v15").publish(), "signature", "targets"
    )


@pytest.mark.parametrize("method", ["rsapss", "rsapkcs1v15"])
@pytest.mark.parametrize(
    "change",
    [
        lambda sig: b"\x00" + sig,
        lambda sig: sig + b"\x00",
        lambda sig: sig[:-1],
        lambda sig: sig[1:],
        lambda sig: b"",
        lambda sig: sig[::-1],
    ],
    ids=["longer in front", "longer behind", "shorter", "cut in front", "empty", "reversed"],
)
def test_t022_a_signature_has_the_length_of_the_modulus(
    judge: Judge, method: str, change: Callable[[bytes], bytes]
) -> None:
    make = forms.rsa_pss if method == "rsapss" else forms.rsa_pkcs1
    judge.refuses(
        signed_with("rsa2048", forms.of(make, change), method).publish(), "signature", "targets"
    )


@pytest.mark.parametrize("method", ["rsapss", "rsapkcs1v15"])
def test_t022_a_signature_is_below_the_modulus(judge: Judge, method: str) -> None:
    make = forms.rsa_pss if method == "rsapss" else forms.rsa_pkcs1

    fits = False

    def plus_modulus(pair: KeyPair, message: bytes) -> bytes:
        nonlocal fits
        number = int.from_bytes(make(pair, message), "big") + _rsa(pair).n
        fits = number.bit_length() <= 2048
        return (number % (1 << 2048)).to_bytes(256, "big")

    repo = signed_with("rsa2048", plus_modulus, method)
    attempt = 0
    while not fits:  # not every sum has room in the length of the modulus
        attempt += 1
        repo.top.edits[:] = [lambda part, number=attempt: part.update({"x-attempt": number})]
        files = repo.publish()

    judge.refuses(files, "signature", "targets")


@pytest.mark.parametrize("salt", [0, 20, 31, 33, 64, 222])
def test_t023_the_salt_has_32_bytes(judge: Judge, salt: int) -> None:
    judge.refuses(
        signed_with("rsa2048", forms.rsa_pss_with(salt)).publish(), "signature", "targets"
    )


def test_t023_the_salt_may_have_32_bytes(judge: Judge) -> None:
    judge.accepts(signed_with("rsa2048", forms.rsa_pss_with(32)).publish())


@pytest.mark.parametrize(
    "make",
    [
        forms.rsa_pss_with(mask=hashes.SHA1()),
        forms.rsa_pss_with(mask=hashes.SHA512()),
        forms.rsa_pss_with(digest=hashes.SHA1()),
        forms.rsa_pss_with(digest=hashes.SHA512()),
        forms.rsa_pss_with(digest=hashes.SHA512(), mask=hashes.SHA512()),
    ],
    ids=["mask sha1", "mask sha512", "digest sha1", "digest sha512", "both sha512"],
)
def test_t023_digest_and_mask_are_sha_256(judge: Judge, make: Maker) -> None:
    judge.refuses(signed_with("rsa2048", make).publish(), "signature", "targets")


INFO, BARE_INFO = forms.DIGEST_INFO, forms.DIGEST_INFO_WITHOUT_NULL
SHA1_INFO = bytes.fromhex("3021300906052b0e03021a05000414")
SHA512_INFO = bytes.fromhex("3051300d060960864801650304020305000440")
PKCS1_BLOCKS: dict[str, Callable[[bytes, int], bytes]] = {
    "no NULL": lambda digest, size: forms.pkcs1_block(BARE_INFO + digest, size),
    "bytes behind the digest": lambda digest, size: forms.pkcs1_block(
        INFO + digest, size, tail=b"\x00" * 16
    ),
    "short padding": lambda digest, size: forms.pkcs1_block(INFO + digest, size, padding_octets=8),
    "no digest info": forms.pkcs1_block,
    "info of sha1": lambda digest, size: forms.pkcs1_block(SHA1_INFO + digest[:20], size),
    "info of sha512": lambda digest, size: forms.pkcs1_block(SHA512_INFO + digest * 2, size),
    "block type 0": lambda digest, size: forms.pkcs1_block(INFO + digest, size).replace(
        b"\x00\x01", b"\x00\x00", 1
    ),
    "block type 2": lambda digest, size: forms.pkcs1_block(INFO + digest, size).replace(
        b"\x00\x01", b"\x00\x02", 1
    ),
    "padding of other bytes": lambda digest, size: forms.pkcs1_block(INFO + digest, size).replace(
        b"\xff", b"\xfe", 1
    ),
    "another digest": lambda digest, size: forms.pkcs1_block(INFO + digest[::-1], size),
    "bytes in the info": lambda digest, size: forms.pkcs1_block(
        bytes.fromhex("3033300f0609608648016503040201050201ff0420") + digest, size
    ),
}


def test_t024_the_padding_of_rfc_8017_is_accepted(judge: Judge) -> None:
    make = forms.rsa_of(lambda digest, size: forms.pkcs1_block(INFO + digest, size))
    judge.accepts(signed_with("rsa2048", make, "rsapkcs1v15").publish())


@pytest.mark.parametrize("block", PKCS1_BLOCKS.values(), ids=PKCS1_BLOCKS.keys())
@pytest.mark.parametrize("kind", ["rsa2048", "rsa2048e3"])
def test_t024_any_other_padding_is_refused(
    judge: Judge, kind: str, block: Callable[[bytes, int], bytes]
) -> None:
    judge.refuses(
        signed_with(kind, forms.rsa_of(block), "rsapkcs1v15").publish(), "signature", "targets"
    )
