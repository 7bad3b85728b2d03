"""Headers of PEM blocks, written as Go writes them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contenttrust._core import KeyFile, PrivateKey, PublicKey, Secret
from contenttrust.errors import KeyFileError
from contenttrust.keys.pem import public_key_pem, with_headers

BLOCK = PrivateKey.generate("rsa").encode(Secret(b"passphrase"), role="root", rounds=2048)
KEY_ID = PrivateKey.decode(BLOCK, Secret(b"passphrase")).key_id


def test_headers_are_sorted_and_the_text_stays() -> None:
    written = with_headers(BLOCK, {"role": "targets", "path": "x", "gun": "a/b", "empty": ""})
    assert written.splitlines()[:5] == [
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----",
        b"gun: a/b",
        b"path: x",
        b"role: targets",
        b"",
    ]
    assert written.split(b"\n\n")[1] == BLOCK.split(b"\n\n")[1]
    assert PrivateKey.decode(written, Secret(b"passphrase")).key_id == KEY_ID


def test_without_headers_there_is_no_empty_line() -> None:
    assert b"\n\n" not in with_headers(BLOCK, {})
    assert with_headers(with_headers(BLOCK, {}), {"role": "root"}) == BLOCK


@pytest.mark.parametrize(
    "change",
    [
        lambda block: block.replace(b"\n", b"\r\n"),
        lambda block: block[:-1],
        lambda block: b"\n" + block + b"\n",
        lambda block: block.replace(b"-----END", b" -----END").replace(b" -----END", b"-----END"),
    ],
)
def test_other_ends_of_lines_are_read(change) -> None:
    assert with_headers(change(BLOCK), {"role": "root"}) == BLOCK


@given(st.dictionaries(st.sampled_from(["role", "gun", "path"]), st.text(max_size=40)))
def test_headers_are_read_back_or_refused(headers: dict[str, str]) -> None:
    try:
        written = with_headers(BLOCK, headers)
    except KeyFileError:
        return
    wanted = {name: value for name, value in headers.items() if value}
    assert KeyFile.parse(written).headers == wanted
    assert PrivateKey.decode(written, Secret(b"passphrase")).key_id == KEY_ID


@pytest.mark.parametrize("value", ["a\nrole: root", "a\r\n\r\nAAAA", "\n-----END X-----", "\udc80"])
def test_a_header_brings_no_second_one(value: str) -> None:
    """T102: a name from elsewhere ends with its line."""
    with pytest.raises(KeyFileError):
        with_headers(BLOCK, {"gun": value, "role": "targets"})


@pytest.mark.parametrize("file", ["ec-dek-aes256.key", "rsa2048-dek-aes128.key"])
def test_how_a_key_was_encrypted_of_old_comes_first(originals: Path, file: str) -> None:
    block = (originals / file).read_bytes()
    headers = KeyFile.parse(block).headers
    written = with_headers(block, {**headers, "gun": "a/b", "role": "targets"})
    assert written.splitlines()[1].startswith(b"Proc-Type: ")
    assert PrivateKey.decode(written, Secret(b"import-pass")).key_id


@pytest.mark.parametrize("algorithm", ["ecdsa", "ecdsa-p384", "rsa", "ed25519"])
def test_a_public_key_is_read_back(algorithm: str) -> None:
    key = PrivateKey.generate(algorithm)
    read = PublicKey.read(public_key_pem(key.public, "alice"))
    assert (read.key_id, read.role, read.public) == (key.key_id, "alice", key.public)
