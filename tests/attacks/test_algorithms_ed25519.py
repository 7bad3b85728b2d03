"""Ed25519 points and scalars about which libraries differ."""

from __future__ import annotations

import hashlib

import pytest

from attacks.judge import Judge, repository, signed_with
from simulator import KeyPair, Signing, key_pair
from simulator import signatures as forms
from simulator.signatures import Maker

ORDER = forms.ED25519_ORDER
IDENTITY = (1).to_bytes(32, "little")
SMALL_ORDER_POINTS = {
    "identity": IDENTITY,
    "order 2": (2**255 - 20).to_bytes(32, "little"),
    "order 4": bytes(32),
    "order 8": bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    "order 8 too": bytes.fromhex(
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
    ),
    "identity, not canonical": (2**255 - 18).to_bytes(32, "little"),
    "identity, other sign": (1 | 1 << 255).to_bytes(32, "little"),
}


@pytest.mark.parametrize("point", SMALL_ORDER_POINTS.values(), ids=SMALL_ORDER_POINTS.keys())
def test_t025_a_key_for_which_anyone_can_sign_signs_nothing(judge: Judge, point: bytes) -> None:
    repo = repository()
    key = key_pair("targets", "ed25519").bare.holding(point)
    repo.top.keys = [key]
    # 0·B = R + k·A wherever k is a multiple of A's order: try contents until it is
    repo.top.signers = [Signing(key, make=lambda *_: IDENTITY + bytes(32))]
    for number in range(16):
        repo.top.say("x-number", number)
        judge.refuses(repo.publish(), "signature", "targets")


def _s_plus_order(signature: bytes) -> bytes:
    return signature[:32] + (int.from_bytes(signature[32:], "little") + ORDER).to_bytes(
        32, "little"
    )


def _with_identity_as_r(pair: KeyPair, message: bytes) -> bytes:
    """A signature whose nonce is zero: S = k·a, R the identity."""
    challenge = int.from_bytes(hashlib.sha512(IDENTITY + pair.raw + message).digest(), "little")
    return IDENTITY + (challenge * forms.eddsa_scalar(pair) % ORDER).to_bytes(32, "little")


def _with_non_canonical_r(pair: KeyPair, message: bytes) -> bytes:
    point = SMALL_ORDER_POINTS["identity, not canonical"]
    challenge = int.from_bytes(hashlib.sha512(point + pair.raw + message).digest(), "little")
    return point + (challenge * forms.eddsa_scalar(pair) % ORDER).to_bytes(32, "little")


EDDSA_FORMS: dict[str, Maker] = {
    "S + L": forms.of(forms.eddsa, _s_plus_order),
    "S with high bits": forms.of(forms.eddsa, lambda sig: sig[:63] + bytes([sig[63] | 0xE0])),
    "R of small order": _with_identity_as_r,
    "R not canonical": _with_non_canonical_r,
    "S = 0": forms.of(forms.eddsa, lambda sig: sig[:32] + bytes(32)),
    "all zeros": lambda *_: bytes(64),
    "63 bytes": forms.of(forms.eddsa, lambda sig: sig[:63]),
    "65 bytes": forms.of(forms.eddsa, lambda sig: sig + b"\x00"),
    "empty": lambda *_: b"",
    "signature and message": lambda pair, message: forms.eddsa(pair, message) + message,
    "hashed first": lambda pair, message: forms.eddsa(pair, hashlib.sha512(message).digest()),
}


@pytest.mark.parametrize("make", EDDSA_FORMS.values(), ids=EDDSA_FORMS.keys())
def test_t025_only_one_form_of_a_signature_is_accepted(judge: Judge, make: Maker) -> None:
    judge.refuses(signed_with("ed25519", make).publish(), "signature", "targets")


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_t025_a_key_has_32_bytes(judge: Judge, length: int) -> None:
    repo = repository()
    pair = key_pair("targets", "ed25519")
    repo.top.keys = [pair.bare.holding((pair.raw * 2)[:length])]

    judge.refuses(repo.publish(), "signature", "targets")


def test_t025_a_key_in_der_is_no_ed25519_key(judge: Judge) -> None:
    repo = repository()
    pair = key_pair("targets", "ed25519")
    repo.top.keys = [pair.bare.holding(pair.spki)]

    judge.refuses(repo.publish(), "signature", "targets")
