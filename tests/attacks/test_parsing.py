"""Numbers, text and surroundings that two readers would read differently."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from attacks.judge import Judge, facts, repository, with_releases
from simulator import Pairs, Raw, image

ROLES = ["root", "targets", "targets/releases", "snapshot", "timestamp"]

NO_INTEGERS = [
    "1.0",
    "1e0",
    "1E0",
    "10e-1",
    "-0",
    "0",
    "-1",
    "0.5",
    "9007199254740993",
    "18446744073709551615",
]
NO_JSON = [
    "01",
    "+1",
    "NaN",
    "Infinity",
    "0x1",
    "1_000",
    "1.",
    ".5",
    "1,",
    "--1",
    "1 2",
    "'1'",
    "nul",
    "True",
    "",
]


@pytest.mark.parametrize("text", NO_INTEGERS)
@pytest.mark.parametrize("role", ROLES)
def test_t049_a_version_is_a_plain_integer(judge: Judge, role: str, text: str) -> None:
    repo = with_releases()
    repo[role].version = Raw(text)

    judge.refuses(repo.publish(), "version", role)


@pytest.mark.parametrize("text", NO_JSON)
@pytest.mark.parametrize("role", ["root", "targets", "timestamp"])
def test_t049_what_is_no_json_number_is_refused(judge: Judge, role: str, text: str) -> None:
    repo = with_releases()
    repo[role].version = Raw(text)

    judge.refuses(repo.publish(), "malformed", role)


@pytest.mark.parametrize(
    "text", ["1.5", "1.0", "1e2", "-0", "9007199254740993", "1e400", "18446744073709551616"]
)
def test_t049_a_number_without_one_canonical_form_is_refused_anywhere_in_signed(
    judge: Judge, text: str
) -> None:
    repo = repository()
    repo.targets["1.0"]["custom"] = {"deep": [{"er": Raw(text)}]}

    judge.refuses(repo.publish(), "malformed", "targets")


@pytest.mark.parametrize("number", [0, -1, 2**53, -(2**53)])
def test_t049_plain_integers_are_accepted_in_custom_data(judge: Judge, number: int) -> None:
    repo = repository()
    repo.targets["1.0"]["custom"] = {"number": number}

    assert judge.accepts(repo.publish()).tags["1.0"].custom == {"number": number}


BROKEN_TEXT = {
    "stray continuation": "\udc80",
    "never a byte": "\udcff",
    "overlong slash": "\udcc0\udcaf",
    "overlong of three": "\udce0\udc80\udcaf",
    "cut short": "\udce2\udc82",
    "raw lone surrogate": "\udced\udca0\udc80",
    "raw pair of surrogates": "\udced\udca0\udcbd\udced\udcb8\udc80",
    "above U+10FFFF": "\udcf4\udc90\udc80\udc80",
    "five bytes": "\udcf8\udc88\udc80\udc80\udc80",
    "escaped high surrogate": "\\ud800",
    "escaped low surrogate": "\\udc00",
    "escaped pair, wrong way round": "\\udc00\\ud800",
    "high surrogate and text": "\\ud800x",
    "escaped NUL": "\\u0000",
    "raw NUL": "\x00",
    "raw control character": "\x1f",
    "raw line feed": "\n",
    "raw tab": "\t",
    "bad escape": "\\x41",
    "cut escape": "\\u00",
}


TEXT_PLACES: dict[str, Callable[[dict[str, Any], Raw], Any]] = {
    "name": lambda part, text: part.__setitem__("targets", Pairs([(text, image("x"))])),
    "custom": lambda part, text: part["targets"]["1.0"].__setitem__("custom", text),
    "custom name": lambda part, text: part["targets"]["1.0"].__setitem__(
        "custom", Pairs([(text, 1)])
    ),
    "unknown": lambda part, text: part.__setitem__("zzz", text),
    "type": lambda part, text: part.__setitem__("_type", text),
}


def with_raw_control_characters(document: bytes) -> bytes:
    """The document with its control characters as they are, not as the escapes of a file."""
    return re.sub(rb"\\u00([01][0-9a-f])", lambda found: bytes.fromhex(found[1].decode()), document)


@pytest.mark.parametrize("text", BROKEN_TEXT.values(), ids=BROKEN_TEXT.keys())
@pytest.mark.parametrize("place", TEXT_PLACES.values(), ids=TEXT_PLACES.keys())
def test_t050_text_that_is_no_text_is_refused(
    judge: Judge, place: Callable[[dict[str, Any], Raw], Any], text: str
) -> None:
    repo = repository()
    repo.top.edit(lambda part: place(part, Raw(f'"a{text}b"')) and None)
    if text < " ":
        repo.top.edit_file(with_raw_control_characters)

    judge.refuses(repo.publish(), "malformed", "targets")


@pytest.mark.parametrize("place", list(TEXT_PLACES.values())[:-1], ids=list(TEXT_PLACES)[:-1])
@pytest.mark.parametrize(
    "text",
    ["", "\u001f", "\u007f", "\U0001f600", "\\ud83d\\ude00", "\\/", "\\u0041", "\ufffd", "\uffff"],
)
def test_t050_text_that_is_text_is_accepted(
    judge: Judge, place: Callable[[dict[str, Any], Raw], Any], text: str
) -> None:
    repo = repository()
    repo.top.edit(lambda part: place(part, Raw(f'"a{text}b"')) and None)

    judge.accepts(repo.publish())


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "mark",
    [
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xfe\xff",
        b"\x00",
        b"\x1f\x8b",
        b"\xc2\xa0",
        b"//\n",
        b"/**/",
    ],
    ids=lambda mark: mark.hex(),
)
def test_t050_t053_nothing_but_white_space_stands_before_a_document(
    judge: Judge, role: str, mark: bytes
) -> None:
    repo = with_releases()
    repo[role].edit_file(lambda data: mark + data)

    judge.refuses(repo.publish(), "malformed", role)


def test_t050_a_document_in_utf_16_is_refused(judge: Judge) -> None:
    repo = repository()
    repo.top.edit_file(lambda data: data.decode().encode("utf-16-le"))

    judge.refuses(repo.publish(), "malformed", "targets")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "tail",
    [
        b"{}",
        b"null",
        b"x",
        b",",
        b"}",
        b"]",
        b"\x00",
        b"//",
        b"\xc2\xa0",
        b"\x0b",
        b"\x0c",
        b"\n{}",
    ],
    ids=lambda tail: tail.hex(),
)
def test_t053_nothing_but_white_space_stands_behind_a_document(
    judge: Judge, role: str, tail: bytes
) -> None:
    repo = with_releases()
    repo[role].edit_file(lambda data: data + tail)

    judge.refuses(repo.publish(), "malformed", role)


@pytest.mark.parametrize("role", ROLES)
def test_t053_white_space_stands_anywhere(judge: Judge, role: str) -> None:
    repo = with_releases()
    repo[role].edit_file(lambda data: b" \t\r\n" + data + b"\r\n\t ")

    assert set(judge.accepts(repo.publish()).tags) == {"1.0", "2.0"}


@pytest.mark.parametrize(
    "comment",
    [b"/* x */", b"// x\n", b"# x\n", b"<!-- x -->", b","],
    ids=lambda comment: comment.decode().strip(),
)
def test_t053_comments_are_refused(judge: Judge, comment: bytes) -> None:
    repo = repository()
    repo.top.edit_file(
        lambda data: data.replace(b',"signatures"', b"," + comment + b'"signatures"')
    )

    judge.refuses(repo.publish(), "malformed", "targets")


@pytest.mark.parametrize("role", ROLES)
def test_t054_unknown_members_are_signed_for_and_have_no_effect(judge: Judge, role: str) -> None:
    repo = with_releases()
    good = facts(judge.accepts(repo.publish()))
    repo[role].say("x-unknown", {"signed": {"version": 7}, "targets": {"evil": image("evil")}})

    assert facts(judge.accepts(repo.publish())) == good
    repo[role].edit_file(lambda data: data.replace(b'"x-unknown"', b'"x-unsigned"'))
    code = "signature"
    judge.turns_down(repo.publish(), code, role)


TYPES = ["Root", "Targets", "Snapshot", "Timestamp"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "value",
    [*TYPES, "root", "TARGETS", "targets", "", "Mirrors", "Targets ", None, 1, [], {}, True],
)
def test_t054_a_document_says_of_which_kind_it_is(judge: Judge, role: str, value: Any) -> None:
    repo = with_releases()
    right = "Targets" if role.startswith("targets") else role.capitalize()
    repo[role].say("_type", value)

    if value == right:
        judge.accepts(repo.publish())
    else:
        judge.refuses(repo.publish(), "wrong_type", role)


@pytest.mark.parametrize("role", ROLES)
def test_t054_a_document_without_a_kind_is_refused(judge: Judge, role: str) -> None:
    repo = with_releases()
    repo[role].forget("_type")

    judge.refuses(repo.publish(), "wrong_type", role)


@pytest.mark.parametrize(
    "name", ["", "target", "targets/", "Targets", "mirrors", "targets/A", "root.json", "../root"]
)
def test_t054_a_snapshot_lists_only_roles(judge: Judge, name: str) -> None:
    repo = repository()
    repo.snapshot.edit(lambda part: part["meta"].__setitem__(name, part["meta"]["targets"]))

    judge.refuses(repo.publish(), "role_name", "snapshot")
