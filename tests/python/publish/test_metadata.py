"""Documents as notary writes them: digests, moments, and text that survives being signed."""

from __future__ import annotations

import base64
import json

import pytest

from contenttrust import _core
from contenttrust.errors import MalformedError
from contenttrust.publish import metadata

NOW = _core.Instant(1_795_000_000)
SHA256 = "0F" * 32
LARGEST = 2**53


@pytest.mark.parametrize(
    "document", [b"", b"{", b"[]", b"7", b"{}", b'{"signed": []}', b'{"signed": 7}', b"[" * 99_999]
)
def test_what_is_no_envelope_has_no_signed_part(document):
    with pytest.raises(MalformedError):
        metadata.signed_part(document)


def test_the_signed_part_is_what_was_signed():
    signed = {"_type": "Targets", "version": 3}
    assert metadata.signed_part(metadata.envelope(metadata.message_of(signed), [])) == signed


@pytest.mark.parametrize("moment", [{}, {"expires": ""}, {"expires": None}, {"expires": "soon"}])
def test_a_document_says_when_it_expires(moment):
    with pytest.raises(MalformedError, match="when it expires"):
        metadata.ends(moment)


def test_what_is_renewed_has_its_whole_life_before_it():
    renewed = metadata.renewed(metadata.new_targets(), "root", NOW)
    assert renewed["version"] == 1
    assert not metadata.is_soon(renewed, NOW)
    ends = metadata.ends(renewed)
    assert ends.seconds - NOW.seconds == metadata.LIFE_DAYS["root"] * metadata.DAY_S
    assert metadata.is_soon(renewed, _core.Instant(ends.seconds - 1))


@pytest.mark.parametrize(
    "text", ["<a>&b", "\u2028\u2029", "".join(map(chr, range(1, 0x20))), '"\\', "ü🙂\x7f"]
)
def test_any_text_can_be_read_out_of_the_file_as_it_was_signed(text):
    signed = {"targets": {text: {"custom": text}}}
    file = metadata.envelope(metadata.message_of(signed), [])
    assert json.loads(file)["signed"] == signed
    # Go escapes what a browser could take for markup; nothing else may be escaped differently.
    assert not any(character in file for character in (b"<", b">", b"&"))
    assert not any(byte < 0x20 for byte in file)


@pytest.mark.parametrize("size", [-1, LARGEST + 1, True, 1.0, "1", None])
def test_a_size_that_is_none_is_refused(size):
    with pytest.raises(ValueError, match="number of bytes"):
        metadata.target_meta(size, sha256=SHA256)


@pytest.mark.parametrize(
    ("digests", "words"),
    [
        ({}, "must be given"),
        ({"sha256": "0f"}, "64 hexadecimal digits"),
        ({"sha256": "g" * 64}, "64 hexadecimal digits"),
        ({"sha256": f" {SHA256[1:]}"}, "64 hexadecimal digits"),
        ({"sha512": SHA256}, "128 hexadecimal digits"),
        ({"sha256": SHA256, "sha512": "x"}, "128 hexadecimal digits"),
    ],
)
def test_a_digest_that_is_none_is_refused(digests, words):
    with pytest.raises(ValueError, match=words):
        metadata.target_meta(1, **digests)


def test_the_digits_of_a_digest_may_be_large():
    hashes = metadata.target_meta(LARGEST - 1, sha256=SHA256)["hashes"]
    assert base64.b64decode(hashes["sha256"]) == bytes.fromhex(SHA256)


@pytest.mark.parametrize("custom", [b"1.5", b"{", b'{"a": 1, "a": 2}'])
def test_custom_data_without_a_canonical_form_are_refused(custom):
    with pytest.raises(MalformedError, match="custom data of a target cannot be signed: ") as it:
        metadata.target_meta(1, sha256=SHA256, custom=custom)
    assert str(it.value).endswith(
        "Give JSON with whole numbers and without a name that stands twice."
    )


def test_a_file_is_described_by_both_digests_and_its_length():
    meta = metadata.file_meta(b"abc")
    assert meta["length"] == 3
    assert {name: len(base64.b64decode(text)) for name, text in meta["hashes"].items()} == {
        "sha256": 32,
        "sha512": 64,
    }


def test_text_that_go_and_we_could_read_differently_is_not_signed():
    with pytest.raises(MalformedError, match=r"U\+0000"):
        metadata.message_of({"targets": {"\0": {}}})
