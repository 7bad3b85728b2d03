"""ECDSA signatures and keys that a careless reader of numbers and encodings would take."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes

from attacks.judge import Judge, repository, signed_with
from simulator import KeyPair, Signing, key_pair
from simulator import encodings as lies
from simulator import signatures as forms
from simulator.signatures import Maker


@pytest.mark.parametrize("kind", ["p256", "p384", "p521", "rsa2048", "rsa3072", "ed25519"])
def test_every_kind_of_key_that_notary_knows_is_accepted(judge: Judge, kind: str) -> None:
    judge.accepts(signed_with(kind).publish())


@pytest.mark.parametrize("kind", ["p256", "p384", "rsa2048"])
def test_every_kind_of_certified_key_is_accepted(judge: Judge, kind: str) -> None:
    repo = repository()
    repo.top.keys = [key_pair("targets", kind).certified("anyone")]
    judge.accepts(repo.publish())


NUMBERS_OUT_OF_RANGE: dict[str, Callable[[int, int, int], tuple[int, int]]] = {
    "r=0": lambda r, s, n: (0, s),
    "s=0": lambda r, s, n: (r, 0),
    "r=s=0": lambda r, s, n: (0, 0),
    "r=n": lambda r, s, n: (n, s),
    "s=n": lambda r, s, n: (r, n),
    "r=s=n": lambda r, s, n: (n, n),
    "s+n": lambda r, s, n: (r, s + n if (s + n).bit_length() <= n.bit_length() else n + 1),
    "r=s=1": lambda r, s, n: (1, 1),
    "swapped": lambda r, s, n: (s, r),
    "all ones": lambda r, s, n: ((1 << n.bit_length()) - 1, (1 << n.bit_length()) - 1),
}


@pytest.mark.parametrize("change", NUMBERS_OUT_OF_RANGE.values(), ids=NUMBERS_OUT_OF_RANGE.keys())
@pytest.mark.parametrize("kind", ["p256", "p384"])
def test_t018_numbers_that_sign_nothing_are_refused(
    judge: Judge, kind: str, change: Callable[[int, int, int], tuple[int, int]]
) -> None:
    judge.refuses(signed_with(kind, forms.ecdsa_of(change)).publish(), "signature", "targets")


@pytest.mark.parametrize("high", [True, False])
@pytest.mark.parametrize("kind", ["p256", "p384"])
def test_t019_both_twins_of_a_signature_are_accepted(judge: Judge, kind: str, high: bool) -> None:
    def twin(r: int, s: int, n: int) -> tuple[int, int]:
        return r, max(s, n - s) if high else min(s, n - s)

    judge.accepts(signed_with(kind, forms.ecdsa_of(twin)).publish())


def test_t019_both_twins_of_a_signature_count_once(judge: Judge) -> None:
    repo = repository()
    first, second = key_pair("first").bare, key_pair("second").bare
    repo.top.keys, repo.top.threshold = [first, second], 2
    other = forms.of(
        forms.ecdsa,
        lambda sig: sig[:32] + (forms.ORDERS["secp256r1"] - int.from_bytes(sig[32:])).to_bytes(32),
    )
    repo.top.signers = [Signing(first), Signing(first, make=other)]

    judge.refuses(repo.publish(), "threshold", "targets")


def _long_length(der: bytes) -> bytes:
    return der[:1] + bytes([0x81, der[1]]) + der[2:]


def _der_of_64(pair: KeyPair, message: bytes) -> bytes:
    """DER around numbers short enough that it has the length of the raw form."""
    number = lies.tlv(lies.INTEGER, b"\x01" * 29)
    return lies.tlv(lies.SEQUENCE, number, number).ljust(64, b"\x00")


ECDSA_ENCODINGS: dict[str, Maker] = {
    "der": forms.ecdsa_der,
    "der and a byte": forms.of(forms.ecdsa_der, lambda der: der + b"\x00"),
    "ber": forms.of(forms.ecdsa_der, _long_length),
    "der cut to 64 bytes": forms.of(forms.ecdsa_der, lambda der: der[:64]),
    "der of 64 bytes": _der_of_64,
    "one byte more": forms.of(forms.ecdsa, lambda raw: raw + b"\x00"),
    "one byte less": forms.of(forms.ecdsa, lambda raw: raw[:-1]),
    "zero in front": forms.of(forms.ecdsa, lambda raw: b"\x00" + raw),
    "zeros in front of both": forms.of(
        forms.ecdsa, lambda raw: b"\x00" + raw[:32] + b"\x00" + raw[32:]
    ),
    "twice": forms.of(forms.ecdsa, lambda raw: raw + raw),
    "half": forms.of(forms.ecdsa, lambda raw: raw[:32]),
    "empty": lambda pair, message: b"",
    "little-endian": forms.of(forms.ecdsa, lambda raw: raw[31::-1] + raw[:31:-1]),
    "point compression byte": forms.of(forms.ecdsa, lambda raw: b"\x04" + raw),
}


@pytest.mark.parametrize("make", ECDSA_ENCODINGS.values(), ids=ECDSA_ENCODINGS.keys())
def test_t020_only_two_padded_numbers_are_a_signature(judge: Judge, make: Maker) -> None:
    judge.refuses(signed_with("p256", make).publish(), "signature", "targets")


def test_t020_a_signature_that_starts_like_der_is_read_as_numbers(judge: Judge) -> None:
    def starting_with_sequence_tag(pair: KeyPair, message: bytes) -> bytes:
        while (signature := forms.ecdsa_fresh(pair, message))[0] != lies.SEQUENCE:
            pass
        return signature

    judge.accepts(signed_with("p256", starting_with_sequence_tag).publish())


@pytest.mark.parametrize("kind", ["p256", "p384", "p521"])
@pytest.mark.parametrize(
    "digest", [hashes.SHA1(), hashes.SHA384(), hashes.SHA512()], ids=lambda d: d.name
)
def test_t021_only_sha_256_is_signed_whatever_the_curve(
    judge: Judge, kind: str, digest: hashes.HashAlgorithm
) -> None:
    judge.refuses(signed_with(kind, forms.ecdsa_with(digest)).publish(), "signature", "targets")


def _flipped(point: bytes) -> bytes:
    return point[:-1] + bytes([point[-1] ^ 1])


CURVE_LIES: dict[str, Callable[[KeyPair], bytes]] = {
    "explicit parameters": lies.explicit_spki,
    "explicit parameters, generator = key": lambda pair: lies.explicit_spki(pair, lies.point(pair)),
    "unknown curve": lambda pair: lies.ec_spki(lies.point(pair), lies.UNKNOWN_CURVE),
    "another curve's name": lambda pair: lies.ec_spki(lies.point(pair), lies.P384),
    "no curve": lambda pair: lies.spki(lies.EC_PUBLIC_KEY, b"", lies.point(pair)),
    "implicit curve": lambda pair: lies.spki(
        lies.EC_PUBLIC_KEY, lies.tlv(lies.NULL), lies.point(pair)
    ),
    "infinity": lambda pair: lies.ec_spki(b"\x00"),
    "infinity in full length": lambda pair: lies.ec_spki(b"\x00" * 65),
    "(0, 0)": lambda pair: lies.ec_spki(b"\x04" + b"\x00" * 64),
    "off the curve": lambda pair: lies.ec_spki(_flipped(lies.point(pair))),
    "coordinate above the prime": lambda pair: lies.ec_spki(b"\x04" + b"\xff" * 64),
    "hybrid": lies.hybrid_spki,
    "compressed": lies.compressed_spki,
    "point and a byte": lambda pair: lies.ec_spki(lies.point(pair) + b"\x00"),
    "no point": lambda pair: lies.ec_spki(b""),
    "trailing byte": lambda pair: pair.spki + b"\x00",
    "rsa's name": lambda pair: lies.spki(
        lies.RSA_ENCRYPTION, lies.tlv(lies.NULL), lies.point(pair)
    ),
    "empty": lambda pair: b"",
    "bare point": lies.point,
}


@pytest.mark.parametrize("lie", CURVE_LIES.values(), ids=CURVE_LIES.keys())
def test_t021_a_key_that_is_no_named_curve_and_point_signs_nothing(
    judge: Judge, lie: Callable[[KeyPair], bytes]
) -> None:
    repo = repository()
    pair = key_pair("targets")
    repo.top.keys = [pair.bare.holding(lie(pair))]
    files = repo.publish()

    started = time.process_time()
    judge.refuses(files, "signature", "targets")
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("kind", ["p224", "k256"])
def test_t021_a_key_on_a_curve_that_notary_does_not_use_signs_nothing(
    judge: Judge, kind: str
) -> None:
    judge.refuses(signed_with(kind).publish(), "signature", "targets")
