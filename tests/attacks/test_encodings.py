"""Base64 and PEM in forms that a lenient decoder would take."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import serialization as form

from attacks.judge import Judge, repository
from simulator import Key, KeyPair, Signing, key_pair
from simulator import signatures as forms


def _loose_bits(text: str) -> str:
    """Another letter before the padding, whose surplus bits are not zero."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    body = text.rstrip("=")
    return body[:-1] + alphabet[alphabet.index(body[-1]) + 1] + text[len(body) :]


BASE64_FORMS: dict[str, Callable[[str], str]] = {
    "no padding": lambda text: text.rstrip("="),
    "too much padding": lambda text: text + "=",
    "four more paddings": lambda text: text + "====",
    "line feed behind": lambda text: text + "\n",
    "line feed inside": lambda text: text[:20] + "\n" + text[20:],
    "space in front": lambda text: " " + text,
    "tab": lambda text: text[:8] + "\t" + text[8:],
    "loose bits": _loose_bits,
    "hexadecimal": lambda text: base64.b64decode(text).hex() + "=",
    "star": lambda text: "*" + text,
    "text behind": lambda text: text + "AAAA",
}


@pytest.mark.parametrize("form", BASE64_FORMS.values(), ids=BASE64_FORMS.keys())
def test_t028_a_signature_is_strict_base64(judge: Judge, form: Callable[[str], str]) -> None:
    repo = repository()
    repo.top.signers = [
        Signing(repo.top.keys[0], write=lambda sig: form(base64.b64encode(sig).decode()))
    ]

    judge.refuses(repo.publish(), "malformed", "targets")


def test_t028_a_signature_is_not_in_the_alphabet_for_urls(judge: Judge) -> None:
    repo = repository()

    def with_slash(pair: KeyPair, message: bytes) -> bytes:
        while not {"/", "+"} & set(
            base64.b64encode(signature := forms.ecdsa_fresh(pair, message)).decode()
        ):
            pass
        return signature

    key = repo.top.keys[0]
    repo.top.signers = [
        Signing(key, make=with_slash, write=lambda sig: base64.urlsafe_b64encode(sig).decode())
    ]
    judge.refuses(repo.publish(), "malformed", "targets")


@pytest.mark.parametrize("form", BASE64_FORMS.values(), ids=BASE64_FORMS.keys())
def test_t028_a_key_is_strict_base64(judge: Judge, form: Callable[[str], str]) -> None:
    repo = repository()
    pair = next(
        p for i in range(99) if (p := key_pair(f"padded {i}", "ed25519")).bare.text.endswith("=")
    )
    repo.top.keys = [pair.bare.written(form(pair.bare.text))]
    files = repo.publish()

    judge.refuses(files, "malformed", "root")


def pem_lines(key: Key) -> list[str]:
    """The certificate as lines of PEM."""
    return key.public.decode().splitlines()


def _private_pem(key: Key) -> bytes:
    return key.pair.private.private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
    )


PEM_FORMS: dict[str, Callable[[Key], bytes]] = {
    "text in front": lambda key: b"hello\n" + key.public,
    "text behind": lambda key: key.public + b"hello\n",
    "two leaves": lambda key: (
        key.public + key.pair.certified("docker.io/acme/app", serial=77).public
    ),
    "wrong label": lambda key: key.public.replace(b"CERTIFICATE", b"PUBLIC KEY"),
    "trusted certificate": lambda key: key.public.replace(b"CERTIFICATE", b"TRUSTED CERTIFICATE"),
    "private key": _private_pem,
    "private key behind": lambda key: key.public + _private_pem(key),
    "public key": lambda key: (
        b"-----BEGIN PUBLIC KEY-----\n"
        + base64.encodebytes(key.pair.spki)
        + b"-----END PUBLIC KEY-----\n"
    ),
    "no end": lambda key: key.public[:-30],
    "no begin": lambda key: key.public[30:],
    "der": lambda key: base64.b64decode("".join(pem_lines(key)[1:-1])),
    "empty": lambda key: b"",
    "empty block": lambda key: b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
    "byte behind the certificate": lambda key: (
        b"-----BEGIN CERTIFICATE-----\n"
        + base64.encodebytes(base64.b64decode("".join(pem_lines(key)[1:-1])) + b"\x00")
        + b"-----END CERTIFICATE-----\n"
    ),
    "64 KiB of lines": lambda key: b"\n" * 70_000 + key.public,
    "seventeen times": lambda key: key.public * 17,
    "begin in begin": lambda key: b"-----BEGIN CERTIFICATE-----\n" * 1000 + key.public,
}


@pytest.mark.parametrize("form", PEM_FORMS.values(), ids=PEM_FORMS.keys())
def test_t029_a_root_key_is_one_certificate_and_nothing_else(
    judge: Judge, form: Callable[[Key], bytes]
) -> None:
    repo = repository()
    [key] = repo.root.keys
    repo.root.keys = [key.pair.in_pem(form(key))]

    judge.refuses(repo.publish(), "root_certificate", "root")


@pytest.mark.parametrize(
    "form",
    [
        lambda pem: pem.replace(b"\n", b"\r\n"),
        lambda pem: pem.rstrip(b"\n"),
        lambda pem: b"\n" + pem,
    ],
    ids=["CRLF", "no final line feed", "empty line in front"],
)
def test_t029_line_ends_do_not_matter(judge: Judge, form: Callable[[bytes], bytes]) -> None:
    repo = repository()
    [key] = repo.root.keys
    repo.root.keys = [key.pair.in_pem(form(key.public))]

    judge.accepts(repo.publish())


def test_t029_ten_megabytes_of_pem_are_refused_quickly(judge: Judge) -> None:
    repo = repository()
    pair = key_pair("targets")
    repo.delegate("targets/releases", keys=[pair.in_pem(pair.certified("x").public * 12_000)])
    files = repo.publish()

    started = time.process_time()
    judge.degrades(files, "signature", "targets/releases")
    assert time.process_time() - started < 2
