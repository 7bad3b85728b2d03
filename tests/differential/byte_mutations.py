"""Changes to the bytes of a file, without regard to what they mean."""

from __future__ import annotations

from random import Random

from differential.draft import Draft

TOKENS = (
    b"{}",
    b"[]",
    b"null",
    b"true",
    b"0",
    b"-",
    b"1",
    b'"',
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b",",
    b":",
    b"\x00",
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\n",
    b" ",
    b"\t",
    b"\x0c",
    b"\xc2\xa0",
    b"e1",
    b".0",
    b"/*x*/",
    b"//x\n",
    b"NaN",
    b"9" * 40,
    b'"signed":{},',
    b'"signatures":[],',
)


def change_bytes(random: Random, draft: Draft, donors: list[bytes]) -> None:
    """Change one file; mostly its parents are made to fit, so that not only the hash is wrong."""
    name = random.choice(sorted(draft.files))
    kind = random.choice(sorted(KINDS))
    data = bytearray(draft.files[name])
    KINDS[kind](random, data, donors)
    draft.files[name] = bytes(data)
    fitted = random.random() < 0.8
    if fitted:
        draft.refit([name])
    draft.changes.append(f"bytes: {kind}{'' if fitted else ', hash left'}")


def _flip(random: Random, data: bytearray, _donors: list[bytes]) -> None:
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _put(random: Random, data: bytearray, _donors: list[bytes]) -> None:
    if data:
        data[random.randrange(len(data))] = random.randrange(256)


def _insert(random: Random, data: bytearray, _donors: list[bytes]) -> None:
    at = random.randrange(len(data) + 1)
    data[at:at] = random.choice(TOKENS)


def _replace(random: Random, data: bytearray, _donors: list[bytes]) -> None:
    at = random.randrange(len(data) + 1)
    data[at : at + random.randrange(1, 9)] = random.choice(TOKENS)


def _delete(random: Random, data: bytearray, _donors: list[bytes]) -> None:
    at = random.randrange(len(data) + 1)
    del data[at : at + random.choice((1, 1, 2, 8, 64))]


def _cut(random: Random, data: bytearray, _donors: list[bytes]) -> None:
    del data[random.randrange(len(data) + 1) :]


def _repeat(random: Random, data: bytearray, _donors: list[bytes]) -> None:
    at = random.randrange(len(data) + 1)
    piece = data[at : at + random.choice((1, 4, 16, 200))]
    data[at:at] = piece


def _splice(random: Random, data: bytearray, donors: list[bytes]) -> None:
    donor = random.choice(donors)
    size = random.choice((8, 64, 256))
    start = random.randrange(max(1, len(donor) - size))
    at = random.randrange(len(data) + 1)
    data[at : at + size] = donor[start : start + size]


def _append(random: Random, data: bytearray, _donors: list[bytes]) -> None:
    data += random.choice(
        (b"\n", b" \t\r\n", b"}", b"{}", b"\x00", b"\xef\xbb\xbf", b"x", bytes(data))
    )


def _prepend(random: Random, data: bytearray, _donors: list[bytes]) -> None:
    data[0:0] = random.choice((b"\n", b" \t\r\n", b"{", b"\x00", b"\xef\xbb\xbf", b"x", b"\x1e"))


KINDS = {
    "flip a bit": _flip,
    "put a byte": _put,
    "insert a token": _insert,
    "replace by a token": _replace,
    "delete": _delete,
    "cut off": _cut,
    "repeat": _repeat,
    "splice": _splice,
    "append": _append,
    "prepend": _prepend,
}
